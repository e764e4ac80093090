// Two numbers are fetched; each takes its time.
#ifndef BOTH_H
#define BOTH_H

#include "exercise.h"

// Ready after some time; then `out` is the number.
struct fetch {
    struct fb_future future;
    int out;
    int number;
    uint64_t takes_ns;
    struct fb_sleep way;
};

// Ready when both are; then `out` is the sum of their numbers.
struct both {
    struct fb_future future;
    int out;
    struct fetch left, right;
    bool left_done, right_done;
};

// In both.c.
struct both both_of(struct fetch left, struct fetch right);

// Names the children, so that they are seen, and dropped with their parent.
void both_visit(struct fb_future *future, fb_visit_fn *visit, void *arg);

#endif
