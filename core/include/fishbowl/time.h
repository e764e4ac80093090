// Time: sleep, interval, timeout, yield. Deadlines inside, durations only at
// the edge.
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
// Gives a sleep another deadline, earlier, later or past; also one whose timer
// has fired, while it is not Ready. Whoever waits goes on waiting.
// Requires: not Ready. Context: executor thread.
// Trace: if armed, the old timer's end and the new one's start.
void fb_sleep_reset(struct fb_sleep *s, uint64_t deadline_ns);

// What comes after a tick that was taken late. Ticks are due at 0, 10, 20 …, and
// the program is busy from 10 to 35. From then on it takes ticks at
//     BURST  35 35 40 50   as many as ever: what was missed comes at once
//     DELAY  35 45 55      never two closer than a period
//     SKIP   35 40 50      on the grid: what was missed is gone
enum fb_missed { FB_MISSED_BURST, FB_MISSED_DELAY, FB_MISSED_SKIP };

// A clock that ticks every period. Memory of the caller, who keeps it from
// tick to tick; must not move while a tick is pending.
struct fb_interval {
    uint64_t period_ns, next_ns;
    enum fb_missed missed;
    struct fb_timer *pending; // of the tick that waits, or NULL
};
// The first tick is due at start_ns (now: fb_runtime_now_ns), the others follow
// a period apart. Errors: -EINVAL for a period of zero; *ret is untouched.
FB_MUST_USE int fb_interval_init(uint64_t start_ns, uint64_t period_ns,
                                 enum fb_missed missed,
                                 struct fb_interval *ret);
// The next tick is due at deadline_ns, the others a period apart from there. A
// tick that is pending waits for the new time. Context: executor thread.
void fb_interval_reset_at(struct fb_interval *i, uint64_t deadline_ns);
// The same, a period from now; now; and after_ns from now.
void fb_interval_reset(struct fb_interval *i, const struct fb_runtime *rt);
void fb_interval_reset_now(struct fb_interval *i, const struct fb_runtime *rt);
void fb_interval_reset_after(struct fb_interval *i, const struct fb_runtime *rt,
                             uint64_t after_ns);

// Waits for the next tick. out: 0; `deadline_ns`: when it was due. Dropped
// early it takes no tick. One at a time for each interval.
// Trace: TIMER_SET, TIMER_END, WAKER_*. Source: the behaviour of Tokio's
// time::interval, but for DELAY without its 5 ms of grace.
struct fb_tick {
    struct fb_future future;
    int out;
    struct fb_interval *interval;
    uint64_t deadline_ns;
    struct fb_timer timer;
};
FB_MUST_USE struct fb_tick fb_interval_tick(struct fb_interval *i);

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
// Trace: YIELD, inside a task.
struct fb_yield {
    struct fb_future future;
    int out;
    bool yielded;
    struct fb_waiter waiter; // armed until the executor releases it
};
FB_MUST_USE struct fb_yield fb_yield(void);

#endif
