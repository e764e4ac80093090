// What kitchen.c and its check agree on.
#ifndef KITCHEN_H
#define KITCHEN_H

#include "exercise.h"
#include <stdbool.h>

// Cooks for a while, then it is Ready. Made by the kitchen.
struct dish {
    struct fb_future future;
    int out;
    const char *name;
    uint64_t takes_ns;
    struct fb_sleep heat;
};

// Brings a dish to the table, once.
void bring(const struct dish *dish);

// The waiter. What he remembers from poll to poll lies here, not on the stack.
struct waiter {
    struct fb_future future;
    int out;
    struct dish soup, bread;
    int brought;                // dishes
    bool soup_done, bread_done; // false when he is made; yours to use
};
struct waiter waiter(struct dish soup, struct dish bread);

#endif
