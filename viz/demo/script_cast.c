// The grammar of what is played.
//
// Problem: a play may come from anybody. What it starts must be harmless
// whatever it says.
// Idea: `program` names one of our scenes or exercises, never a path; `serve`
// takes only options that touch nothing outside the greeter.
#include "script_verbs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Not strndup: no NUL ends a script, and a library may look for one.
char *fb__script_copy(const char *word, size_t len) {
    char *copy = malloc(len + 1);

    if (copy) {
        memcpy(copy, word, len);
        copy[len] = '\0';
    }
    return copy;
}

// ---- a scene ---------------------------------------------------------------

static int take_scene(struct fb_script_parser *p, struct fb_script *s) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);

    for (size_t i = 0; i < len; i++) {
        if (word[i] < 'a' || word[i] > 'z') {
            len = 0;
        }
    }
    if (len == 0 || len > FB_SCRIPT_NAME_BYTES) {
        return fb_script_complain(
            &p->cursor, "a scene's name must follow (small letters only)");
    }
    memcpy(s->scene, word, len);
    s->scene[len] = '\0';
    return 1;
}

// ---- an exercise -----------------------------------------------------------

static bool is_made_of(const char *word, size_t len, const char *letters) {
    for (size_t i = 0; i < len; i++) {
        if (!strchr(letters, word[i]) || word[i] == '\0') {
            return false;
        }
    }
    return len > 0;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

// "solution", "alternatives/NAME", "mutants/NAME": words, never a path.
static bool is_variant(const char *word, size_t len) {
    static const char *const folders[] = {"alternatives/", "mutants/"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const size_t begin = strlen(folders[i]);

        if (len > begin && memcmp(word, folders[i], begin) == 0) {
            return len <= FB_SCRIPT_VARIANT_BYTES &&
                   is_made_of(word + begin, len - begin, letters);
        }
    }
    return fb__script_is(word, len, "solution");
}

static bool is_order(const char *word, size_t len) {
    const size_t begin = strlen("seed:");

    return fb__script_is(word, len, "fifo") ||
           fb__script_is(word, len, "lifo") ||
           (len > begin && len < 26 && memcmp(word, "seed:", begin) == 0 &&
            is_made_of(word + begin, len - begin, "0123456789"));
}

// [world N] [order ORDER], in either order, as the kit names both: "seed:7/2".
static int take_round(struct fb_script_parser *p, struct fb_script *s,
                      const char *word, size_t len) {
    uint64_t world = 0;
    char order[32] = "fifo";
    int err;

    for (; len > 0; len = fb_script_word(&p->cursor, &word)) {
        if (fb__script_is(word, len, "world")) {
            err = fb_script_number(&p->cursor, "world", FB_SCRIPT_WORLDS_MAX,
                                   &world);
            if (err) {
                return err;
            }
            continue;
        }
        if (!fb__script_is(word, len, "order")) {
            return fb_script_complain(
                &p->cursor,
                "program exercise NAME [solution | alternatives/X | mutants/X] "
                "[world N] [order fifo | lifo | seed:N]");
        }
        len = fb_script_word(&p->cursor, &word);
        if (!is_order(word, len)) {
            return fb_script_complain(&p->cursor,
                                      "the order is fifo, lifo or seed:N");
        }
        snprintf(order, sizeof(order), "%.*s", (int)len, word);
    }
    if (world > 0) {
        snprintf(s->order, sizeof(s->order), "%s/%u", order, (unsigned)world);
    } else {
        snprintf(s->order, sizeof(s->order), "%s", order);
    }
    return 1;
}

static int take_exercise(struct fb_script_parser *p, struct fb_script *s) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);

    if (len > FB_SCRIPT_EXERCISE_BYTES || !is_made_of(word, len, letters)) {
        return fb_script_complain(
            &p->cursor, "an exercise's name must follow (10_lost_wake)");
    }
    memcpy(s->exercise, word, len);
    s->exercise[len] = '\0';
    len = fb_script_word(&p->cursor, &word);
    if (is_variant(word, len)) {
        memcpy(s->variant, word, len);
        s->variant[len] = '\0';
        len = fb_script_word(&p->cursor, &word);
    }
    return take_round(p, s, word, len);
}

static int take_program(struct fb_script_parser *p, struct fb_script *s) {
    const char *word;
    const size_t len = fb_script_word(&p->cursor, &word);

    if (fb__script_is(word, len, "scene")) {
        return take_scene(p, s);
    }
    if (fb__script_is(word, len, "exercise")) {
        return take_exercise(p, s);
    }
    return fb_script_complain(
        &p->cursor,
        "program what? (program scene NAME, program exercise NAME)");
}

// ---- the greeter -----------------------------------------------------------

static bool is_harmless_option(const char *word, size_t len) {
    static const char *const options[] = {
        "--idle-timeout", "--max-clients", "--handler",      "--order",
        "--workers",      "--grace",       "--accept-errors"};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (fb__script_is(word, len, options[i])) {
            return true;
        }
    }
    return false;
}

// Options and their values take turns, so that no value can be an option.
static int take_options(struct fb_script_parser *p, struct fb_script *s) {
    const char *word;
    size_t len, count = 0;

    while ((len = fb_script_word(&p->cursor, &word)) > 0) {
        if (count == FB_SCRIPT_ARGS_MAX) {
            return fb_script_complain(&p->cursor,
                                      "serve takes %d options at most",
                                      FB_SCRIPT_ARGS_MAX / 2);
        }
        if (count % 2 == 0 ? !is_harmless_option(word, len) : word[0] == '-') {
            return fb_script_complain(
                &p->cursor, "serve takes --idle-timeout, --max-clients, "
                            "--handler, --order, --workers, --grace and "
                            "--accept-errors, each with its value");
        }
        s->args[count] = fb__script_copy(word, len);
        if (!s->args[count++]) {
            return -ENOMEM;
        }
    }
    if (count == 0 || count % 2 != 0) {
        return fb_script_complain(&p->cursor,
                                  "serve what? (serve --idle-timeout 2s)");
    }
    return 1;
}

int fb_script_header(struct fb_script_parser *p, struct fb_script *s) {
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    const size_t len = fb_script_word(&ahead, &word);
    const bool program = fb__script_is(word, len, "program");
    int err;

    if (!program && !fb__script_is(word, len, "serve")) {
        return 0;
    }
    p->cursor = ahead;
    if (s->count > 0 || fb_script_has_own_program(s) || s->args[0]) {
        return fb_script_complain(
            &p->cursor, "what is played is said once, before all else");
    }
    err = program ? take_program(p, s) : take_options(p, s);
    if (err > 0 && !fb_script_at_end(&p->cursor)) {
        return fb_script_complain(&p->cursor,
                                  "nothing more may follow this `program`");
    }
    return err;
}
