// Yield once: step aside, so that others can run, then go on.
//
// Two walkers share one thread. Each takes a step, steps aside, and takes its
// second step. Stepping aside is a future of ten lines, and you write it.
#include "yield.h"

// Fishbowl calls this to ask: are you ready?
//
//     FB_READY      yes. You are never asked again.
//     FB_PENDING    not yet. You are asked again when somebody wakes the task,
//                   and only then.
//
// cx->waker is what wakes this task. fb_waker_wake_by_ref(cx->waker) puts the
// task back into the queue of those who want to run.
static enum fb_poll yield_once_poll(struct fb_future *self,
                                    struct fb_context *cx) {
    struct yield_once *y = fb_container_of(self, struct yield_once, future);

    // YOURS: begin
    (void)y;  // y->stepped_aside is false at the first poll
    (void)cx; // cx->waker wakes this task
    return FB_READY;
    // YOURS: end
}

// The rest is given: the name that the trace shows, and how one is made.
static struct fb_type yield_once_type =
    FB_TYPE(yield_once, .poll = yield_once_poll);

struct yield_once yield_once(void) {
    return (struct yield_once){.future.type = &yield_once_type};
}
