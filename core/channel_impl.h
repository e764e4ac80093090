// What everything that tasks wait for each other with has in common: it is
// numbered, it writes CHANNEL events, and it wakes its waiters in its name.
//
// One of them may outlive its runtime, for futures that name it are dropped
// with that. Then nobody waits any more, and no event is written: the runtime
// is only compared with the one of this thread before it is used.
//
// With several workers every function of theirs is inside the bracket of
// workers.h: a leaf's poll and drop are so already (future.c), the others that
// users call open it themselves.
#ifndef FB_CHANNEL_IMPL_H
#define FB_CHANNEL_IMPL_H

#include "emit.h"
#include "fishbowl/budget.h"
#include "fishbowl/channel.h"

#include <errno.h>
#include <string.h>

// Trace: CHANNEL.
static inline void fb__channel_note(const struct fb_channel *c,
                                    enum fb_channel_op op, uint32_t count,
                                    uint32_t amount) {
    if (c->runtime == fb__home_here) {
        fb__emit_channel(fb__runtime_here, c, op, count, amount);
    }
}

// `count`: what can be taken from the start. Trace: CHANNEL (open).
static inline void fb__channel_open(struct fb_channel *c, struct fb_runtime *rt,
                                    enum fb_channel_kind kind, uint32_t count,
                                    uint32_t capacity) {
    struct fb_runtime *home = rt->home;

    fb__shared_begin();
    *c = (struct fb_channel){.runtime = home,
                             .id = ++home->next_channel_id,
                             .kind = (uint8_t)kind,
                             .capacity = capacity};
    fb__channel_note(c, FB_CHANNEL_OPEN, count, 0);
    fb__shared_end();
}

static inline void fb__channel_wait(const struct fb_channel *c,
                                    struct fb_waiter *w, struct fb_context *cx,
                                    struct fb_waiter_list *list,
                                    enum fb_channel_wait what) {
    fb_assert(cx->runtime->home == c->runtime,
              "a channel is waited for in its own runtime");
    fb_waiter_arm(w, cx, list, FB_PARTY_CHANNEL, c->id, what);
}

// The end of a poll that has looked for a message: `result` is -EAGAIN if there
// was none, and then it is waited for; else it is the future's out.
static inline enum fb_poll fb__channel_received(const struct fb_channel *c,
                                                struct fb_waiter *w,
                                                struct fb_context *cx,
                                                struct fb_waiter_list *list,
                                                int result, int *ret_out) {
    if (result == -EAGAIN) {
        fb__channel_wait(c, w, cx, list, FB_AWAITS_MESSAGE);
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    *ret_out = result;
    return FB_READY;
}

static inline void fb__channel_wake(const struct fb_channel *c,
                                    struct fb_waiter *w) {
    fb_waiter_wake(w, FB_PARTY_CHANNEL, c->id);
}

// Those that wait now; a wake may run a stranger's code, which waits again.
static inline void fb__channel_wake_all(const struct fb_channel *c,
                                        struct fb_waiter_list *list) {
    const struct fb_waiter *last = list->last;

    while (list->first != NULL) {
        struct fb_waiter *w = list->first;

        fb__channel_wake(c, w);
        if (w == last) {
            break;
        }
    }
}

// Whoever is in `list` has a future that would look for its channel in vain.
static inline void fb__channel_left(const struct fb_waiter_list *list) {
    fb_assert(list->first == NULL,
              "futures go before the ends they were made from");
}

// ---- the messages of a channel: slots behind its header ----

// Bytes of a channel with `count` messages, or 0 if there is no such number.
static inline size_t fb__slots_bytes(size_t header, struct fb_values values,
                                     uint32_t count) {
    size_t slots, all;

    return __builtin_mul_overflow(values.bytes, (size_t)count, &slots) ||
                   __builtin_add_overflow(slots, header, &all)
               ? 0
               : all;
}

// A channel of signals carries no bytes, and may be given no place for them.
static inline void fb__value_copy(const struct fb_values *values, void *to,
                                  const void *from) {
    if (values->bytes == sizeof(uint64_t)) { // a pointer or a number, mostly
        memcpy(to, from, sizeof(uint64_t));
    } else if (values->bytes > 0) {
        memcpy(to, from, values->bytes);
    }
}

static inline void fb__value_drop(const struct fb_values *values, void *value) {
    if (values->drop != NULL) {
        values->drop(value);
    }
}

#endif
