// Problem: a prediction is worth something only if it was made before, in
// writing, and is compared with what happened.
// Idea: a file of lines "name: answer", read by the judge. Lines that begin
// with # are the questions' text.
#include "kit_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ANSWERS_BYTES = 16 << 10 };

static const char *answers(struct kit_case *c) {
    char path[KIT_PATH_BYTES];
    FILE *file;

    if (c->answers == NULL) {
        (void)snprintf(path, sizeof path, "%s/answers.txt", c->options->files);
        c->answers = calloc(1, ANSWERS_BYTES);
        file = fopen(path, "re");
        if (file != NULL && c->answers != NULL) {
            (void)!fread(c->answers, 1, ANSWERS_BYTES - 1, file);
        }
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    return c->answers != NULL ? c->answers : "";
}

static void keep_trimmed(char *out, size_t out_bytes, const char *text) {
    size_t len = strcspn(text, "\r\n");

    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        len--;
    }
    (void)fb_text_sanitise(text, len, out, out_bytes);
}

const char *kit_answer(struct kit_case *c, const char *name) {
    const size_t len = strlen(name);
    const char *line = answers(c);

    c->last_answer[0] = '\0';
    while (*line != '\0') {
        const char *text = line + strspn(line, " \t");

        if (strncasecmp(text, name, len) == 0 &&
            text[len + strspn(text + len, " \t")] == ':') {
            keep_trimmed(c->last_answer, sizeof c->last_answer,
                         strchr(text, ':') + 1);
            break;
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return c->last_answer;
}

static bool same_answer(const char *given, const char *right) {
    char *given_end, *right_end;
    const double a = strtod(given, &given_end), b = strtod(right, &right_end);

    if (given_end != given && *given_end == '\0' && right_end != right &&
        *right_end == '\0') {
        return a >= b && a <= b; // the same number, however it is written
    }
    return strcasecmp(given, right) == 0;
}

bool kit_claim_answer(struct kit_case *c, const char *name, const char *right,
                      uint64_t at, const char *why) {
    const char *given = kit_answer(c, name);

    if (given[0] == '\0') {
        return fb_trial_fail(c->trial, FB_T14, 0,
                             "The answer to \"%s\" is still empty: write down "
                             "what you think happens.",
                             name);
    }
    if (same_answer(given, right)) {
        return true;
    }
    return fb_trial_fail(c->trial, FB_CLAIM_ANSWER, at,
                         "To \"%s\" you answered %s. %s", name, given, why);
}
