// The cooperative budget: how much one poll may do before others come first.
//
// Every poll of a task may make FB_BUDGET operations that get somewhere. A
// leaf future asks before it tries and pays after it got something; one that
// has to wait pays nothing. When the budget is spent every leaf of that poll
// is Pending, however much is ready, and the task is queued again behind the
// others: no task, and no busy arm of one, can keep the rest waiting.
//
//     if (!fb_budget_left(cx)) {
//         return FB_PENDING; // a wake has been issued
//     }
//     ... take one thing that is there ...
//     fb_budget_spend(cx);
//     return FB_READY;
#ifndef FISHBOWL_BUDGET_H
#define FISHBOWL_BUDGET_H

#include "fishbowl/future.h"

enum { FB_BUDGET = 128 };

// The rare half of fb_budget_left; call that. Not marked cold: gcc 12 then takes
// all that calls it for cold, every leaf's poll among them.
bool fb_budget_ran_out(struct fb_context *cx);

// Whether this poll may make another operation. If not the caller returns
// FB_PENDING: its task has been woken. Always true outside any task and inside
// fb_unconstrained. Trace: BUDGET_OUT, WAKE, once a poll.
static inline bool fb_budget_left(struct fb_context *cx) {
    return __builtin_expect(cx->spent < FB_BUDGET, 1) || fb_budget_ran_out(cx);
}

// Takes one operation off: called where something was got.
static inline void fb_budget_spend(struct fb_context *cx) {
    cx->spent++;
}

// Takes one operation off on behalf of a loop that makes none itself: Ready at
// once, or Pending when the budget is spent. out: 0.
// Source: the behaviour of Tokio's task::consume_budget.
struct fb_consume {
    struct fb_future future;
    int out;
};
FB_MUST_USE struct fb_consume fb_consume_budget(void);

// Polls `inner` (not owned by value: a sibling member of the caller's struct)
// without regard to the budget, and spends none of it. inner is dropped with
// this future. out: inner's out. Other tasks, I/O and timers wait meanwhile.
struct fb_unconstrained {
    struct fb_future future;
    int out;
    struct fb_future *inner;
};
FB_MUST_USE struct fb_unconstrained fb_unconstrained(struct fb_future *inner);

#endif
