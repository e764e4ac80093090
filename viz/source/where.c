// The chain of places of a task. A loop over a file's links is bounded by
// FB_WHERE_MAX levels and SIBLINGS arms.
#include "where.h"
#include "fishbowl/trace/text.h"
#include <stdio.h>
#include <string.h>

enum { SIBLINGS = 256 };

// The arm to follow: polled now, else pending, else none.
static const struct fb_model_future *child_of(const struct fb_model *m,
                                              const struct fb_model_future *f) {
    const struct fb_model_future *child = fb_model_future_at(m, f->first_child);
    const struct fb_model_future *pending = NULL;

    for (int i = 0; child != NULL && i < SIBLINGS; i++) {
        if (child->state == FB_FUTURE_POLLING) {
            return child;
        }
        if (child->state == FB_FUTURE_PENDING && pending == NULL) {
            pending = child;
        }
        child = fb_model_future_at(m, child->next_sibling);
    }
    return pending;
}

static void fill(struct fb_where *w, const struct fb_names *names,
                 const struct fb_model_future *f) {
    const char *name = "?", *file = "";
    uint32_t line = 0, size = 0;

    if (names != NULL && names->place != NULL) {
        names->place(names->arg, f->type, &name, &file, &line, &size);
    }
    *w = (struct fb_where){.future = f->id,
                           .line = f->own_line != 0 ? f->own_line : line,
                           .awaits = f->own_line != 0 && f->own_line != line};
    fb_text_sanitise(name, strnlen(name, sizeof(w->name)), w->name,
                     sizeof(w->name));
    snprintf(w->file, sizeof(w->file), "%s", file);
}

size_t fb_where(const struct fb_model *m, const struct fb_names *names,
                uint32_t task, struct fb_where out[FB_WHERE_MAX],
                size_t *ret_best) {
    const struct fb_model_task *t = fb_model_task(m, task);
    const struct fb_model_future *f =
        t != NULL ? fb_model_future_at(m, t->root) : NULL;
    size_t count = 0;

    *ret_best = 0;
    for (; f != NULL && count < FB_WHERE_MAX; f = child_of(m, f)) {
        fill(&out[count], names, f);
        if (out[count].awaits) {
            *ret_best = count;
        }
        count++;
    }
    return count;
}
