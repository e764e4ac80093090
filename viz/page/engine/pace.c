// Problem: a sentence needs the world before its event and the one after it
//     ("its last waker is dropped" is in neither alone), and a copy of the
//     world costs its whole size.
// Idea: two worlds are kept. The next event goes into both, one late; only a
//     jump copies.
// Invariants: valid: `now` is after an event that is kept, or before the first
//     (then `before` is the same world).
#include "pace.h"
#include <errno.h>

enum { NEAR = 512 }; // events that are fed rather than copied past

void fb__pace_deinit(struct fb__pace *p) {
    fb_model_deinit(&p->before);
    fb_model_deinit(&p->now);
    p->valid = false;
}

// One event on. Requires: there is one.
static int step(struct fb__pace *p, const struct fb_history *h) {
    const uint64_t next = fb_history_next(h, p->now.event);
    int err = 0;

    if (p->before.event != p->now.event) {
        err = fb_model_feed(&p->before, p->now.event,
                            fb_history_event(h, p->now.event));
    }
    return err < 0 ? err
                   : fb_model_feed(&p->now, next, fb_history_event(h, next));
}

static int jump(struct fb__pace *p, struct fb_history *h, uint64_t number) {
    const uint64_t before = number != 0 ? fb_history_prev(h, number) : 0;
    const struct fb_model *world = fb_history_at(h, before);
    int err = world == NULL ? -ENOMEM : fb_model_copy(&p->before, world);

    return err < 0 ? err : fb_model_copy(&p->now, world);
}

int fb__pace_go(struct fb__pace *p, struct fb_history *h, uint64_t number) {
    const bool at_start = number < fb_history_first(h);
    int err = 0;

    if (p->valid && (p->now.event == number ||
                     (at_start && p->now.event == p->before.event))) {
        return 0;
    }
    if (!p->valid || at_start || p->now.event > number ||
        number - p->now.event > NEAR) {
        p->valid = false;
        err = jump(p, h, at_start ? 0 : number);
    }
    while (err == 0 && !at_start && p->now.event != number) {
        err = step(p, h);
    }
    p->valid = err == 0;
    return err;
}
