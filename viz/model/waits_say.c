// Waits and rings in words.
#include "phrase.h"
#include "waits.h"
#include <inttypes.h>

enum { NAMED = 4 }; // tasks of a ring by number; more are counted

static void add_tie(struct fb__phrase *p, const struct fb_model *m,
                    const struct fb_wait *wait) {
    const struct fb_model_channel *c = fb_model_channel(m, wait->hold.holder);

    switch ((enum fb_tie)wait->tie) {
    case FB_TIE_OWNER:
        fb__phrase_add(p, ", locked by task %" PRIu32, wait->on);
        break;
    case FB_TIE_PERMITS:
        for (uint32_t i = 0; c != NULL && i < c->takers.count; i++) {
            if (c->takers.tasks[i].task == wait->on) {
                fb__phrase_add(p, "; task %" PRIu32 " holds %" PRIu32, wait->on,
                               c->takers.tasks[i].amount);
            }
        }
        break;
    case FB_TIE_SENDS:
        fb__phrase_add(p, "; task %" PRIu32 " sent before", wait->on);
        break;
    case FB_TIE_RECEIVES:
        fb__phrase_add(p, "; task %" PRIu32 " receives", wait->on);
        break;
    case FB_TIE_MEMBER:
        fb__phrase_add(p, "; maybe task %" PRIu32, wait->on);
        break;
    case FB_TIE_JOIN:
    case FB_TIE_LOST:
    case FB_TIE_NONE:
    default: break;
    }
}

// A lock that nobody who lives has.
static void add_owner_gone(struct fb__phrase *p, const struct fb_model *m,
                           const struct fb_wait *wait) {
    const struct fb_model_channel *c = fb_model_channel(m, wait->hold.holder);

    if (wait->hold.party != FB_PARTY_CHANNEL || wait->on != 0 ||
        wait->hold.interest != FB_AWAITS_MUTEX) {
        return;
    }
    if (c != NULL && c->takers.count > 0) {
        fb__phrase_add(p, ", locked by task %" PRIu32 ", which has ended",
                       c->takers.tasks[0].task);
    } else {
        fb__phrase_add(p, ", locked by somebody unknown");
    }
}

size_t fb_say_waits_row(char *out, size_t out_bytes, const struct fb_model *m,
                        const struct fb_waits *w,
                        const struct fb_waits_row *row) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_wait *wait = &w->items[row->wait];

    if (wait->tie == FB_TIE_LOST) {
        fb__phrase_add(&p, "nobody: its waker is lost");
        return fb__phrase_end(&p);
    }
    fb__phrase_hold(&p, m, &wait->hold);
    if (row->kind == FB_WAITS_CHAIN && wait->members > 1) {
        fb__phrase_add(&p, "; maybe one of %" PRIu32 " tasks", wait->members);
    } else {
        add_tie(&p, m, wait);
        add_owner_gone(&p, m, wait);
    }
    if (row->kind == FB_WAITS_CHAIN && row->ring < w->ring_count) {
        fb__phrase_add(&p, ", in a ring");
    } else if (row->again) {
        fb__phrase_add(&p, ", see above");
    }
    return fb__phrase_end(&p);
}

// "tasks 2, 3 and 4"; many are a number.
static void add_tasks(struct fb__phrase *p, const struct fb_waits *w,
                      const struct fb_ring *ring) {
    if (ring->count == 1) {
        fb__phrase_add(p, "task %" PRIu32,
                       w->items[w->members[ring->first]].task);
        return;
    }
    if (ring->count > NAMED) {
        fb__phrase_add(p, "%zu tasks", ring->count);
        return;
    }
    fb__phrase_add(p, "tasks ");
    for (size_t i = 0; i < ring->count; i++) {
        fb__phrase_add(p, "%s%" PRIu32,
                       i == 0                 ? ""
                       : i + 1 == ring->count ? " and "
                                              : ", ",
                       w->items[w->members[ring->first + i]].task);
    }
}

size_t fb_say_ring(char *out, size_t out_bytes, const struct fb_model *m,
                   const struct fb_waits *w, const struct fb_ring *ring) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const bool alone = ring->count == 1;

    fb__phrase_add(&p, "%s: ",
                   !ring->certain ? "Maybe a deadlock"
                   : ring->closed ? "Deadlock"
                                  : "A ring");
    add_tasks(&p, w, ring);
    fb__phrase_add(&p, alone ? " waits for itself" : " wait for each other");
    if (!ring->certain) {
        fb__phrase_add(&p, ", as far as the events tell");
    } else if (ring->closed) {
        fb__phrase_add(&p, alone ? ", and nothing else wakes it"
                                 : ", and nothing else wakes them");
    } else if (ring->way_out < w->count) {
        const struct fb_wait *out_of = &w->items[ring->way_out];

        fb__phrase_add(&p, ", but task %" PRIu32 " also for ", out_of->task);
        fb__phrase_hold(&p, m, &out_of->hold);
    }
    if (ring->tasks > ring->count) {
        fb__phrase_add(&p, " (one ring of a knot of %" PRIu32 " tasks)",
                       ring->tasks);
    }
    return fb__phrase_end(&p);
}

size_t fb_say_waits(char *out, size_t out_bytes, const struct fb_waits *w) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    size_t waiting = 0, certain = 0;
    uint32_t last = 0; // task counted

    for (size_t i = 0; i < w->count; i++) {
        if (w->items[i].on != 0 && w->items[i].task != last) {
            last = w->items[i].task;
            waiting++;
        }
    }
    for (size_t i = 0; i < w->ring_count; i++) {
        certain += w->rings[i].certain;
    }
    if (certain > 0) { // first: where there is little room it must be seen
        fb__phrase_add(&p, "%zu ring%s; ", certain, certain == 1 ? "" : "s");
    }
    if (w->ring_count > certain) {
        fb__phrase_add(&p, "maybe %zu ring%s; ", w->ring_count - certain,
                       w->ring_count - certain == 1 ? "" : "s");
    }
    if (waiting == 0) {
        fb__phrase_add(&p, "no task waits for another");
    } else {
        fb__phrase_add(&p, "%zu task%s", waiting,
                       waiting == 1 ? " waits for another"
                                    : "s wait for others");
    }
    return fb__phrase_end(&p);
}
