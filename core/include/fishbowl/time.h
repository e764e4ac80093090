// Time: sleep, timeout, yield. Deadlines inside, durations only at the edge.
#ifndef FISHBOWL_TIME_H
#define FISHBOWL_TIME_H

#include "fishbowl/future.h"

#define FB_MS 1000000ull    // in ns
#define FB_S  1000000000ull // in ns

// A timer's node in the runtime's heap; embedded in futures.
struct fb_timer {
    uint64_t deadline_ns, sequence;
    struct fb_timer *child, *next, *prev; // pairing heap
    struct fb_runtime *runtime;           // NULL: not armed
    struct fb_waiter waiter;
    uint32_t id;
};

// Ready when the clock has reached the deadline, never before; at once for a
// deadline that has passed. out: 0. Trace: TIMER_SET, TIMER_END, WAKER_*.
struct fb_sleep {
    struct fb_future future;
    int out;
    bool relative;
    uint64_t deadline_ns; // while unpolled and relative: the duration
    struct fb_timer timer;
};
FB_MUST_USE struct fb_sleep fb_sleep(uint64_t duration_ns);
FB_MUST_USE struct fb_sleep fb_sleep_until(uint64_t deadline_ns);

// Polls `inner` (not owned by value: a sibling member of the caller's struct)
// until it is Ready or the time has passed. inner is polled first, so it wins
// at an equal deadline; it is dropped when either is decided.
// out: inner's out, or -ETIMEDOUT.
struct fb_timeout {
    struct fb_future future;
    int out;
    struct fb_future *inner;
    struct fb_sleep sleep;
};
FB_MUST_USE struct fb_timeout fb_timeout(uint64_t duration_ns,
                                         struct fb_future *inner);

// Pending once: every runnable task and the reactor run before it resumes.
// Trace: YIELD.
struct fb_yield {
    struct fb_future future;
    int out;
    bool yielded;
    struct fb_waiter waiter; // armed until the executor releases it
};
FB_MUST_USE struct fb_yield fb_yield(void);

#endif
