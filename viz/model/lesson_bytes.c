// Problem: bytes that a read has brought belong to the future that asked. If it
//     is dropped before it is Ready they are gone, and no event says so.
// Idea: each read is done inside of futures: the chain from the one that reads
//     up to the root. It is lost if one of the type in question stands in that
//     chain and is cancelled later.
// Invariants: facts rise, for they are found in one walk over the events.
#include "lesson_parts.h"
#include <string.h>

enum { LEVELS = 64 }; // of a chain that are looked at

// Rising, as they are found; the newest are kept when there are too many.
void fb__lesson_fact(const struct fb__lesson_look *k, struct fb_quiz *facts,
                     uint64_t event) {
    if (!facts || event == 0 || !fb_history_event(k->h, event)) {
        return;
    }
    if (facts->fact_count == FB_QUIZ_FACTS) {
        memmove(facts->facts, facts->facts + 1,
                sizeof(facts->facts) - sizeof(*facts->facts));
        facts->fact_count--;
    }
    facts->facts[facts->fact_count++] = event;
}

// The innermost future of this type in which `inner` is; 0: none.
static uint32_t around(const struct fb__lesson_look *k,
                       const struct fb_model *m, uint32_t inner,
                       const char *type) {
    const struct fb_model_future *f = m ? fb_model_future(m, inner) : NULL;

    for (int level = 0; f && level < LEVELS; level++) {
        if (fb__lesson_is_type(k->names, f->type, type)) {
            return f->id;
        }
        f = fb_model_future_at(m, f->parent);
    }
    return 0;
}

// Whether this future is cancelled after `at`, by `until` at the latest.
static bool is_cancelled(const struct fb__lesson_look *k, uint32_t future,
                         uint64_t at, uint64_t until) {
    for (; at != 0 && at <= until; at = fb_history_next(k->h, at)) {
        const struct fb_event *e = fb_history_event(k->h, at);

        if (e && e->kind == FB_EV_FUTURE_DROP && e->subject == future) {
            return e->detail == FB_DROP_CANCELLED;
        }
    }
    return false;
}

uint64_t fb__lesson_dropped_bytes(const struct fb__lesson_look *k,
                                  const char *type, uint64_t until,
                                  struct fb_quiz *facts) {
    uint64_t at = fb_history_first(k->h), bytes = 0;

    for (; at != 0 && at <= until; at = fb_history_next(k->h, at)) {
        const struct fb_event *e = fb_history_event(k->h, at);
        uint32_t owner;

        if (!e || e->kind != FB_EV_IO || e->detail != FB_IO_READ ||
            e->io.result <= 0) {
            continue;
        }
        owner = around(k, fb_history_at(k->h, at), e->io.future, type);
        if (owner != 0 && is_cancelled(k, owner, at, until)) {
            fb__lesson_fact(k, facts, at);
            bytes += (uint64_t)e->io.result;
        }
    }
    return bytes;
}
