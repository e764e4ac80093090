// Problem: something is to happen every period; a sleep after each time would
// drift by what the work takes, and a program that was busy for long must say
// what becomes of the ticks it missed.
// Idea: the next tick's time is computed from the time at which the last one
// was due, not from when it was taken:
//
//     due    0         10        20        30        40        50
//     busy             ├────────────────────────┤
//     BURST  0         10                       20,30 40        50
//     DELAY  0         10                       20        45        55
//     SKIP   0         10                       20    40        50
//
// Invariants: no tick is taken before it is due; only a tick that is taken
// moves the interval on, so dropping a pending one loses nothing.
// Concurrency: executor thread; with several workers inside their bracket.
#include "emit.h"

#include <errno.h>

int fb_interval_init(uint64_t start_ns, uint64_t period_ns,
                     enum fb_missed missed, struct fb_interval *ret) {
    if (period_ns == 0) {
        return -EINVAL;
    }
    *ret = (struct fb_interval){
        .period_ns = period_ns, .next_ns = start_ns, .missed = missed};
    return 0;
}

void fb_interval_reset_at(struct fb_interval *i, uint64_t deadline_ns) {
    fb__shared_begin();
    i->next_ns = deadline_ns;
    if (i->pending != NULL) {
        fb__timer_move(i->pending, deadline_ns);
    }
    fb__shared_end();
}

void fb_interval_reset(struct fb_interval *i, const struct fb_runtime *rt) {
    fb_interval_reset_after(i, rt, i->period_ns);
}

void fb_interval_reset_now(struct fb_interval *i, const struct fb_runtime *rt) {
    fb_interval_reset_after(i, rt, 0);
}

void fb_interval_reset_after(struct fb_interval *i, const struct fb_runtime *rt,
                             uint64_t after_ns) {
    fb_interval_reset_at(i, fb__later_ns(fb_runtime_now_ns(rt), after_ns));
}

// When the tick after one that was due at next_ns and is taken now is due.
static uint64_t after_tick(const struct fb_interval *i, uint64_t now_ns) {
    uint64_t late_ns = now_ns - i->next_ns;

    switch (i->missed) {
    case FB_MISSED_DELAY: return fb__later_ns(now_ns, i->period_ns);
    case FB_MISSED_SKIP:
        return fb__later_ns(now_ns, i->period_ns - late_ns % i->period_ns);
    case FB_MISSED_BURST:
    default: return fb__later_ns(i->next_ns, i->period_ns);
    }
}

static enum fb_poll tick_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_tick *self = fb_container_of(future, struct fb_tick, future);
    struct fb_interval *i = self->interval;
    uint64_t now_ns = fb_runtime_now_ns(cx->runtime);

    fb_assert(i->pending == NULL || i->pending == &self->timer,
              "an interval has one pending tick at a time");
    if (now_ns < i->next_ns) {
        i->pending = &self->timer;
        fb__timer_arm(&self->timer, cx, i->next_ns);
        return FB_PENDING;
    }
    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    fb__timer_disarm(&self->timer);
    i->pending = NULL;
    self->deadline_ns = i->next_ns;
    i->next_ns = after_tick(i, now_ns);
    return FB_READY;
}

static void tick_drop(struct fb_future *future) {
    struct fb_tick *self = fb_container_of(future, struct fb_tick, future);

    fb__timer_disarm(&self->timer);
    // Once Ready it is no business of the interval's, which may be gone.
    if (future->state != FB_STATE_DONE && future->state != 0 &&
        self->interval->pending == &self->timer) {
        self->interval->pending = NULL;
    }
}

static struct fb_type tick_type =
    FB_TYPE(fb_tick, .poll = tick_poll, .drop = tick_drop,
            .waiter_offset = offsetof(struct fb_tick, timer.waiter));

struct fb_tick fb_interval_tick(struct fb_interval *i) {
    return (struct fb_tick){.future.type = &tick_type, .interval = i};
}
