// Problem: a task whose every await is ready at once never returns Pending, so
// it keeps its thread: other tasks, I/O and timers wait for ever.
// Idea: each poll begins with a budget. What got somewhere counts; at the end
// of the budget the task wakes itself and says Pending, as if it had to wait:
//
//     POLL ─ 1, 2, 3 … 128 things got ─ BUDGET_OUT, self-wake ─ PENDING
//       ▲                                                          │
//       └──────── the others, then a look at the reactor ──────────┘
//
// The count lies in the context of the poll, so a leaf that has some left pays
// for one comparison.
// Invariants: told once a poll; a poll that ran out has issued a wake.
// Concurrency: executor thread.
// Source: Tokio's coop module, with its 128 operations a poll.
#include "emit.h"

#include "fishbowl/budget.h"

bool fb_budget_ran_out(struct fb_context *cx) {
    if (cx->unconstrained || cx->task == NULL) {
        return true;
    }
    if (!cx->out_of_budget) {
        cx->out_of_budget = true;
        cx->runtime->long_poll = true;
        fb__count(&cx->runtime->forced_yields);
        fb__emit_budget_out(cx->runtime, cx->task->id, cx->future, cx->spent);
        fb_waker_wake_by_ref(cx->waker);
    }
    return false;
}

static enum fb_poll consume_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    (void)future;
    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    return FB_READY;
}

static struct fb_type consume_type = FB_TYPE(fb_consume, .poll = consume_poll);

struct fb_consume fb_consume_budget(void) {
    return (struct fb_consume){.future.type = &consume_type};
}

static enum fb_poll unconstrained_poll(struct fb_future *future,
                                       struct fb_context *cx) {
    struct fb_unconstrained *self =
        fb_container_of(future, struct fb_unconstrained, future);
    const bool outer = cx->unconstrained;
    const uint32_t spent = cx->spent;
    enum fb_poll result;

    cx->unconstrained = true;
    result = fb_future_poll(self->inner, cx);
    cx->unconstrained = outer;
    cx->spent = spent;
    if (result == FB_READY) {
        self->out = fb_future_out(self->inner);
        fb_future_drop(self->inner);
    }
    return result;
}

static void unconstrained_visit(struct fb_future *future, fb_visit_fn *visit,
                                void *arg) {
    visit(fb_container_of(future, struct fb_unconstrained, future)->inner, arg);
}

static struct fb_type unconstrained_type = FB_TYPE(
    fb_unconstrained, .poll = unconstrained_poll, .visit = unconstrained_visit);

struct fb_unconstrained fb_unconstrained(struct fb_future *inner) {
    return (struct fb_unconstrained){.future.type = &unconstrained_type,
                                     .inner = inner};
}
