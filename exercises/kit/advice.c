// Problem: two programs of one behaviour may differ in how well they read. That
// is worth a sentence, and no verdict.
// Idea: the judge of an exercise looks at the learner's file and adds sentences
// to a list of its own, which no claim reads.
#include "kit_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ADVICE_MAX = sizeof((struct kit_advice *)0)->text / 240 };

void kit_advise(struct kit_case *c, const char *format, ...) {
    struct kit_advice *a = &c->advice;
    char text[sizeof a->text[0]];
    va_list args;

    if (a->count == ADVICE_MAX) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fb_text_sanitise(text, strlen(text), a->text[a->count],
                           sizeof a->text[0]);
    a->count++;
}

const char *kit_source(struct kit_case *c, const char *name) {
    char path[KIT_PATH_BYTES];
    size_t bytes = 0;
    FILE *file;

    free(c->source);
    c->source = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", c->options->files, name);
    file = fopen(path, "re");
    if (file != NULL) {
        if (getdelim(&c->source, &bytes, '\0', file) < 0) {
            free(c->source);
            c->source = NULL;
        }
        (void)fclose(file);
    }
    return c->source != NULL ? c->source : "";
}
