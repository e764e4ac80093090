// Problem: a task that hangs was woken too little, one that spins too often; and
// a waker that nobody releases keeps a task's memory for ever.
// Idea: the stored wakers are in the world. The last wakes are looked for in
// the events, from the newest back, no further than a frame has time for; how
// many there were in all is known anyway, so the list says when it is whole.
#include "holders.h"
#include "phrase.h"
#include "world.h"
#include <inttypes.h>

// A source's SOURCE_READY stands before the wakes that it causes.
enum { READY_BEFORE = 64 };

// ---- what is wrong with a stored waker ----

static bool holder_is_gone(const struct fb_model *m,
                           const struct fb_model_hold *h) {
    const struct fb_model_task *t;

    // While a holder ends it releases its wakers, a few events later.
    if (m->last.subject == h->holder || fb_model_workers(m) > 1) {
        return false;
    }
    switch ((enum fb_party)h->party) {
    case FB_PARTY_SOURCE: return fb_model_source(m, h->holder) == NULL;
    case FB_PARTY_TIMER: return fb_model_timer(m, h->holder) == NULL;
    case FB_PARTY_TASK:
        t = fb_model_task(m, h->holder);
        return t == NULL || t->state == FB_TASK_FREED;
    default: return false; // the world keeps no such thing
    }
}

enum fb_hold_flaw fb_hold_flaw(const struct fb_model *m,
                               const struct fb_model_hold *h) {
    const struct fb_model_task *t = fb_model_task(m, h->task);
    const struct fb_model_future *f = fb_model_future(m, h->future);

    if (t != NULL && t->state >= FB_TASK_COMPLETE) {
        return FB_HOLD_AFTER_END;
    }
    if (m->uncertain || m->in_census) {
        return FB_HOLD_SOUND; // who knows
    }
    if (h->future != 0 && (f == NULL || f->state == FB_FUTURE_DROPPED)) {
        return FB_HOLD_NO_FUTURE;
    }
    return holder_is_gone(m, h) ? FB_HOLD_NO_HOLDER : FB_HOLD_SOUND;
}

// ---- the last wakes ----

// The descriptor of the source that caused the wake `number`; -1 unknown.
static int32_t fd_of(const struct fb_history *h, const struct fb_model *m,
                     uint64_t number, uint32_t source) {
    const struct fb_model_source *s = fb_model_source(m, source);

    if (s != NULL) {
        return s->fd;
    }
    for (uint64_t back = 1; back <= READY_BEFORE && back < number; back++) {
        const struct fb_event *e = fb_history_event(h, number - back);

        if (e == NULL) {
            break;
        }
        if (e->kind == FB_EV_SOURCE_READY && e->subject == source) {
            return e->source.fd;
        }
    }
    return -1;
}

static void add_wake(const struct fb_history *h, const struct fb_model *m,
                     uint64_t number, const struct fb_event *e,
                     struct fb_wakes *ret) {
    const bool source = e->flags == FB_PARTY_SOURCE;

    ret->items[ret->count++] =
        (struct fb_wake){.event = number,
                         .time_ns = e->time_ns,
                         .cause = e->wake.cause,
                         .fd = source ? fd_of(h, m, number, e->wake.cause) : -1,
                         .effect = e->detail,
                         .party = (uint8_t)e->flags,
                         .interest = (uint8_t)e->wake.interest};
}

void fb_wakes_last(const struct fb_history *h, const struct fb_model *m,
                   uint32_t task, uint64_t look_back, struct fb_wakes *ret) {
    const struct fb_model_task *t = fb_model_task(m, task);
    uint64_t at = t != NULL ? fb_history_prev(h, m->event + 1) : 0;
    uint64_t limit = t != NULL ? t->spawn_event : 0;

    *ret = (struct fb_wakes){0};
    if (look_back != 0 && m->event >= look_back &&
        m->event - look_back + 1 > limit) {
        limit = m->event - look_back + 1;
    }
    while (at != 0 && at >= limit && ret->count < FB_WAKES_KEPT &&
           ret->count < t->wakes) {
        uint64_t first = 0;
        size_t count = 0;
        const struct fb_event *run = fb_history_run(h, at, &first, &count);

        for (; run != NULL && at >= first && at >= limit; at--) {
            const struct fb_event *e = &run[at - first];

            if (e->subject == task && e->kind == FB_EV_WAKE) {
                add_wake(h, m, at, e, ret);
                if (ret->count == FB_WAKES_KEPT || ret->count == t->wakes) {
                    return;
                }
            }
        }
        at = fb_history_prev(h, at + 1);
    }
    if (t != NULL && ret->count < t->wakes) {
        ret->from = at + 1 > limit ? at + 1 : limit;
        if (fb_history_event(h, ret->from) == NULL) {
            ret->from = fb_history_next(h, ret->from);
        }
    }
}

// ---- in words ----

size_t fb_say_hold(char *out, size_t out_bytes, const struct fb_model *m,
                   const struct fb_model_hold *h) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_hold(&p, m, h);
    return fb__phrase_end(&p);
}

size_t fb_say_hold_origin(char *out, size_t out_bytes, const struct fb_names *n,
                          const struct fb_model *m,
                          const struct fb_model_hold *h) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_future *f = fb_model_future(m, h->future);
    char place[200];

    fb__phrase_add(&p, "stored ");
    if (f != NULL) {
        fb__phrase_add(&p, "by ");
        fb__phrase_type(&p, n, f->type);
        fb__phrase_add(&p, " (future %" PRIu32 ")", f->id);
    } else if (h->future != 0) {
        fb__phrase_add(&p, "by future %" PRIu32, h->future);
    } else {
        fb__phrase_add(&p, "by the program");
    }
    if (fb_say_await(place, sizeof place, n, m, h->future) > 0) {
        fb__phrase_add(&p, " at %s", place);
    }
    fb__phrase_add(&p, ", event %" PRIu64, h->event);
    return fb__phrase_end(&p);
}

size_t fb_say_hold_flaw(char *out, size_t out_bytes, enum fb_hold_flaw flaw) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    switch (flaw) {
    case FB_HOLD_AFTER_END:
        fb__phrase_add(&p, "after completion: it wakes nobody any more and "
                           "keeps the task's memory");
        break;
    case FB_HOLD_NO_FUTURE:
        fb__phrase_add(&p, "leaked: the future that stored it is gone");
        break;
    case FB_HOLD_NO_HOLDER:
        fb__phrase_add(&p, "leaked: who holds it is gone");
        break;
    case FB_HOLD_SOUND:
    default: break;
    }
    return fb__phrase_end(&p);
}

size_t fb_say_hold_balance(char *out, size_t out_bytes,
                           const struct fb_model *m, uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);
    uint32_t stored = 0;

    if (t == NULL) {
        return fb__phrase_end(&p);
    }
    for (uint32_t at = t->holds; at != FB_MODEL_NONE; stored++) {
        at = fb_model_hold_at(m, at)->next_of_task;
    }
    fb__phrase_add(&p, "%" PRIu32 " cloned, %" PRIu32 " dropped, ", t->clones,
                   t->drops);
    fb__phrase_add(&p, "%" PRIu32 " stored now", stored);
    if (t->state == FB_TASK_FREED) {
        return fb__phrase_end(&p);
    }
    if ((uint64_t)t->clones == (uint64_t)t->drops + stored) {
        fb__phrase_add(&p, ": that is all of them");
    } else {
        // a census, lost events, or clones that other threads have made
        fb__phrase_add(&p, ": the others were stored or dropped out of sight");
    }
    return fb__phrase_end(&p);
}

static const char *effect_words(unsigned effect) {
    switch ((enum fb_wake_effect)effect) {
    case FB_WAKE_SCHEDULED: return "scheduled it";
    case FB_WAKE_COALESCED: return "coalesced: it was scheduled already";
    case FB_WAKE_DURING_POLL: return "during its poll: it is polled again";
    case FB_WAKE_AFTER_COMPLETE: return "after completion: too late";
    default: return "of no known effect";
    }
}

size_t fb_say_wake(char *out, size_t out_bytes, const struct fb_model *m,
                   uint32_t task, const struct fb_wake *wake) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_add(&p, "by ");
    if (wake->party == FB_PARTY_TASK && wake->cause == task) {
        fb__phrase_add(&p, "itself");
    } else if (wake->party == FB_PARTY_SOURCE && wake->fd >= 0) {
        fb__phrase_add(&p, "reactor, fd %" PRId32, wake->fd);
    } else if (wake->party == FB_PARTY_CHANNEL) {
        fb__phrase_channel(&p, wake->interest, wake->cause);
    } else {
        fb__phrase_party(&p, m, wake->party, wake->cause);
    }
    fb__phrase_add(&p, "; %s", effect_words(wake->effect));
    return fb__phrase_end(&p);
}

size_t fb_say_wakes_end(char *out, size_t out_bytes, const struct fb_model *m,
                        uint32_t task, const struct fb_wakes *wakes) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);

    if (t == NULL || wakes->count >= t->wakes) {
        return fb__phrase_end(&p);
    }
    fb__phrase_add(&p, "%" PRIu64 " before these",
                   (uint64_t)t->wakes - wakes->count);
    if (wakes->from != 0) {
        fb__phrase_add(&p, ", before event %" PRIu64, wakes->from);
    }
    return fb__phrase_end(&p);
}
