// A nap, and the alarm that ends it.
#ifndef NAP_H
#define NAP_H

#include "exercise.h"

// One timer of the runtime. Zeroed: not set.
struct alarm {
    struct fb_sleep timer;
    uint64_t deadline_ns;
};

// Has the task being polled woken when the clock gets to `deadline_ns`; at once
// if that time is over. Costs nothing until then. Set again, it keeps the later
// call.
void alarm_set(struct alarm *alarm, uint64_t deadline_ns,
               struct fb_context *cx);

// Ready `duration_ns` after its first poll.
struct nap {
    struct fb_future future;
    int out;
    uint64_t duration_ns;
    uint64_t deadline_ns; // 0 until the first poll
    struct alarm alarm;
};

// In nap.c.
struct nap nap_for(uint64_t duration_ns);

// Gives the alarm back, whether it rang or not.
void nap_drop(struct fb_future *future);

#endif
