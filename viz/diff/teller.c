// Problem: a sentence needs the world before and after its event, and the lines
// of a comparison leave most events out.
// Idea: two models are fed as print does it (walk.c); an event a little ahead
// is reached by feeding, any other one by the history's checkpoints.
#include "teller.h"
#include <errno.h>

enum { NEAR = 20000 }; // events that are fed faster than a world is copied

void fb_teller_init(struct fb_teller *t, struct fb_history *h,
                    const struct fb_names *names) {
    *t = (struct fb_teller){.history = h, .names = names};
}

void fb_teller_deinit(struct fb_teller *t) {
    fb_model_deinit(&t->before);
    fb_model_deinit(&t->after);
    *t = (struct fb_teller){0};
}

static int place(struct fb_teller *t, uint64_t at) {
    const struct fb_model *m = fb_history_at(t->history, at);
    int err = m != NULL ? fb_model_copy(&t->before, m) : -ENOMEM;

    t->placed = false;
    if (err == 0) {
        err = fb_model_copy(&t->after, m);
    }
    t->placed = err == 0;
    t->at = at;
    return err;
}

// Feeds one of the worlds up to `to`.
static int feed(struct fb_teller *t, struct fb_model *m, uint64_t to) {
    int err = 0;

    for (uint64_t n = fb_history_next(t->history, t->at);
         n != 0 && n <= to && err == 0; n = fb_history_next(t->history, n)) {
        err = fb_model_feed(m, n, fb_history_event(t->history, n));
    }
    return err;
}

int fb_teller_tell(struct fb_teller *t, uint64_t number, char *out,
                   size_t out_bytes) {
    const struct fb_event *e = fb_history_event(t->history, number);
    const uint64_t first = fb_history_first(t->history);
    const uint64_t prev = number > first ? number - 1 : 0;
    int err = 0;

    if (e == NULL) {
        return -ERANGE;
    }
    if (!t->placed || number <= t->at || number - t->at > NEAR) {
        err = place(t, prev);
    }
    if (err == 0) {
        err = feed(t, &t->before, prev);
    }
    if (err == 0) {
        err = feed(t, &t->after, number);
    }
    if (err == 0) {
        fb_story_sentence(out, out_bytes, t->names, number, e, &t->before,
                          &t->after);
        err = fb_model_feed(&t->before, number, e);
    }
    t->at = number;
    t->placed = err == 0;
    return err;
}
