// Fuzz entry: any bytes as a demo script. Either it is understood, and then
// every step is whole, or it is refused with one printable line that names a
// place in it.
#include "fuzz.h"
#include "script.h"

#include <errno.h>
#include <string.h>

static void check_step(const struct fb_script_step *step, uint32_t lines) {
    FUZZ_REQUIRE(step->verb <= FB_SCRIPT_END);
    FUZZ_REQUIRE(step->line >= 1 && step->line <= lines);
    FUZZ_REQUIRE(strlen(step->name) <= FB_SCRIPT_NAME_BYTES);
    FUZZ_REQUIRE(step->text != NULL || step->text_len == 0);
    FUZZ_REQUIRE(step->text == NULL || step->text[step->text_len] == '\0');
    FUZZ_REQUIRE(
        (step->verb != FB_SCRIPT_PAUSE && step->verb != FB_SCRIPT_TIMEOUT) ||
        step->number <= FB_SCRIPT_PAUSE_MAX_S * UINT64_C(1000000000));
}

// Its names are words: none leads out of the course, none is an option.
static void check_exercise(const struct fb_script *s) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *form = s->variant;

    FUZZ_REQUIRE(strspn(s->exercise, letters) == strlen(s->exercise));
    FUZZ_REQUIRE((s->exercise[0] == '\0') == (s->order[0] == '\0'));
    FUZZ_REQUIRE(form[0] == '\0' || s->exercise[0] != '\0');
    if (strncmp(form, "alternatives/", 13) == 0) {
        form += 13;
    } else if (strncmp(form, "mutants/", 8) == 0) {
        form += 8;
    } else {
        FUZZ_REQUIRE(form[0] == '\0' || strcmp(form, "solution") == 0);
    }
    FUZZ_REQUIRE(strspn(form, letters) == strlen(form));
    FUZZ_REQUIRE(strspn(s->order, "fifoliseed:/0123456789") ==
                 strlen(s->order));
}

// Whoever wrote it, what it starts is one of our programs, harmlessly.
static void check_program(const struct fb_script *s) {
    for (const char *c = s->scene; *c != '\0'; c++) {
        FUZZ_REQUIRE(*c >= 'a' && *c <= 'z');
    }
    FUZZ_REQUIRE(s->scene[0] == '\0' || s->exercise[0] == '\0');
    FUZZ_REQUIRE(!fb_script_has_own_program(s) || s->args[0] == NULL);
    check_exercise(s);
    for (size_t i = 0; s->args[i] != NULL; i++) {
        FUZZ_REQUIRE(i < FB_SCRIPT_ARGS_MAX);
        FUZZ_REQUIRE((strncmp(s->args[i], "--", 2) == 0) == (i % 2 == 0));
        FUZZ_REQUIRE(strstr(s->args[i], "ring") == NULL || i % 2 == 1);
    }
}

// Choices stand between their question and its answer, which is one of them.
static void check_questions(const struct fb_script *s) {
    uint64_t choices = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct fb_script_step *step = &s->steps[i];

        if (step->verb == FB_SCRIPT_CHOICE) {
            FUZZ_REQUIRE(i > 0 && step->number == ++choices);
            FUZZ_REQUIRE(choices <= FB_SCRIPT_CHOICES_MAX);
            FUZZ_REQUIRE(step[-1].verb == FB_SCRIPT_CHOICE ||
                         step[-1].verb == FB_SCRIPT_ASK);
        } else if (step->verb == FB_SCRIPT_ANSWER) {
            FUZZ_REQUIRE(step->number >= 1 && step->number <= choices);
            choices = 0;
        } else {
            FUZZ_REQUIRE(choices == 0);
        }
    }
    FUZZ_REQUIRE(choices == 0);
}

static uint32_t count_lines(const uint8_t *data, size_t size) {
    uint32_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n';
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fb_script s;
    char why[200];
    int err;

    memset(why, '\x1b', sizeof why);
    err = fb_script_parse(&s, "f\x1b.demo", (const char *)data, size, why,
                          sizeof why);
    FUZZ_REQUIRE(err == 0 || err == -EINVAL);
    if (err == 0) {
        FUZZ_REQUIRE(s.count <= FB_SCRIPT_STEPS_MAX);
        check_program(&s);
        check_questions(&s);
        for (size_t i = 0; i < s.count; i++) {
            check_step(&s.steps[i], count_lines(data, size));
        }
    } else {
        FUZZ_REQUIRE(memchr(why, '\0', sizeof why) != NULL);
        FUZZ_REQUIRE(strncmp(why, "f\\x1b.demo:", 11) == 0);
        for (const char *c = why; *c != '\0'; c++) {
            FUZZ_REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f);
        }
        FUZZ_REQUIRE(s.count == 0 && s.steps == NULL);
    }
    fb_script_deinit(&s);
    return 0;
}
