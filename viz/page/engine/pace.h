// A pace: two worlds one event apart, for whoever tells what happens.
#ifndef FISHBOWL_ENGINE_PACE_H
#define FISHBOWL_ENGINE_PACE_H

#include "history.h"

struct fb__pace {
    struct fb_model before, now; // `before` lacks the last event of `now`
    bool valid;
};

void fb__pace_deinit(struct fb__pace *p); // legal when zeroed
// Goes to the world after event `number`, which is kept, or 0: before the
// first. Steps where it is near, jumps where it is not. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__pace_go(struct fb__pace *p, struct fb_history *h, uint64_t number);

#endif
