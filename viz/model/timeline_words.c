// The timeline in words: the same numbers that a picture draws.
#include "phrase.h"
#include "timeline.h"
#include <inttypes.h>

// "ran 3 µs in 2 polls", or by events "running at 3 of 12 events".
static void add_part(struct fb__phrase *p, const char *word, uint64_t amount,
                     enum fb_scale scale) {
    fb__phrase_add(p, "%s%s ", p->len > 0 ? ", " : "", word);
    if (scale == FB_SCALE_TIME) {
        fb__phrase_duration(p, amount);
    } else {
        fb__phrase_add(p, "for %" PRIu64 " event%s", amount,
                       amount == 1 ? "" : "s");
    }
}

size_t fb_say_lane(char *out, size_t out_bytes, enum fb_scale scale,
                   const struct fb_timeline_cell *c) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    if (c->ran > 0 || c->polls > 0) {
        add_part(&p, "ran", c->ran, scale);
        if (c->polls > 0) {
            fb__phrase_add(&p, " in %" PRIu32 " poll%s", c->polls,
                           c->polls == 1 ? "" : "s");
        } else {
            fb__phrase_add(&p, " of a poll that began before");
        }
    }
    if (c->queued > 0) {
        add_part(&p, "was scheduled", c->queued, scale);
    }
    if (c->waited > 0) {
        add_part(&p, "waited", c->waited, scale);
    }
    if (c->known && c->state >= FB_TASK_COMPLETE) {
        fb__phrase_add(&p, "%s%s", p.len > 0 ? ", then " : "",
                       c->state == FB_TASK_COMPLETE ? "was complete"
                       : p.len > 0                  ? "was gone"
                                                    : "was not there");
    } else if (p.len == 0) {
        fb__phrase_add(&p, "%s", c->known ? "did nothing" : "is not known");
    }
    return fb__phrase_end(&p);
}

size_t fb_say_step(char *out, size_t out_bytes, enum fb_scale scale,
                   uint64_t step) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_add(&p, "1 col = ");
    if (scale == FB_SCALE_TIME) {
        fb__phrase_duration(&p, step);
    } else {
        fb__phrase_add(&p, "%" PRIu64 " event%s", step, step == 1 ? "" : "s");
    }
    return fb__phrase_end(&p);
}
