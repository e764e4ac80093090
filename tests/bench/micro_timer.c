// A timer that is set, waited for once, and given up before it fires: what
// every time limit costs that is kept.
#include "micro.h"
#include <fishbowl/async.h>

enum {
    ROUNDS = 50,   // a chunk: so often,
    TIMERS = 1000, // so many timers between two yields
    ARMED = 100000,
};

#define SOON_NS  (60 * FB_S)   // before all those that are armed
#define LATER_NS (7200 * FB_S) // after half of them
#define ARMED_NS (3600 * FB_S) // the first of them; one more each 72 ms

struct timers {
    struct fb_future future;
    int out;
    uint32_t left;
    uint64_t duration_ns;
    uint64_t dropped;
    struct fb_yield yield;
};

static void set_and_drop(struct timers *self, struct fb_context *cx) {
    for (uint32_t i = 0; i < TIMERS; i++) {
        struct fb_sleep sleep = fb_sleep(self->duration_ns + i);

        self->dropped += fb_future_poll(&sleep.future, cx) == FB_PENDING;
        fb_future_drop(&sleep.future);
    }
}

static enum fb_poll timers_poll(struct fb_future *f, struct fb_context *cx) {
    struct timers *self = fb_container_of(f, struct timers, future);

    FB_ASYNC(self, cx);
    for (; self->left > 0; self->left--) {
        set_and_drop(self, cx);
        FB_AWAIT(self->yield, fb_yield());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type timers_type = FB_TYPE(timers, .poll = timers_poll);

static uint64_t timers(struct fb_runtime *rt, uint64_t duration_ns) {
    struct timers work = {.future = {.type = &timers_type},
                          .left = ROUNDS,
                          .duration_ns = duration_ns};

    micro_must("block_on", fb_block_on(rt, &work.future));
    return work.dropped;
}

static uint64_t timer_first(struct fb_runtime *rt) {
    return timers(rt, SOON_NS);
}

static uint64_t timer_later(struct fb_runtime *rt) {
    return timers(rt, LATER_NS);
}

// Tasks that sleep, so that there are timers besides the one measured.
static void arm_many(struct fb_runtime *rt) {
    for (uint32_t i = 0; i < ARMED; i++) {
        micro_must("spawn",
                   FB_SPAWN(rt, fb_sleep(ARMED_NS + i * 72 * FB_MS), NULL));
    }
    micro_must("arming", fb_run_until_stalled(rt));
    if (fb_runtime_stats(rt).timers != ARMED) {
        micro_die("not all timers are armed", 0);
    }
}

const struct micro_work micro_timer_works[] = {
    {"timer_alone", NULL, timer_first, (uint64_t)ROUNDS *TIMERS},
    {"timer_first", arm_many, timer_first, (uint64_t)ROUNDS *TIMERS},
    {"timer_later", arm_many, timer_later, (uint64_t)ROUNDS *TIMERS},
    {0},
};
