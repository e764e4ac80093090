// The lints of a trace that a test has made.
#include "linter.h"

#include <stdio.h>

bool linter_begin(struct linter *x, bool real_clock) {
    struct fb_lint_options limits = FB_LINT_USUAL;

    if (real_clock) {
        limits.long_poll_ns *= 20;
        limits.endless_poll_ns *= 20;
    }
    x->lints = NULL;
    return fb_model_init(&x->world) == 0 &&
           fb_lints_create(&x->lints, &limits) == 0;
}

bool linter_feed(struct linter *x, uint64_t number, const struct fb_event *e) {
    if (fb_model_feed(&x->world, number, e) < 0) {
        return false;
    }
    fb_lints_feed(x->lints, &x->world, number, e);
    return true;
}

unsigned linter_end(struct linter *x, bool ended, unsigned mistakes) {
    static const struct fb_names unnamed = {0};
    const struct fb_finding *f;
    unsigned found = 0;
    char text[300];

    if (ended) {
        fb_lints_end(x->lints, &x->world);
    }
    for (size_t i = 0; (f = fb_lints_at(x->lints, i)) != NULL; i++) {
        if ((mistakes & 1u << f->kind) == 0) {
            found |= 1u << f->kind;
            fb_lint_sentence(text, sizeof text, &unnamed, f);
            fprintf(stderr, "event %llu: %s: %s\n",
                    (unsigned long long)f->event,
                    fb_name_lint((enum fb_lint_kind)f->kind), text);
        }
    }
    fb_lints_destroy(x->lints);
    fb_model_deinit(&x->world);
    return found;
}
