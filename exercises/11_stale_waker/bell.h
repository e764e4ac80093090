// What bell.c and its check agree on.
#ifndef BELL_H
#define BELL_H

#include "exercise.h"
#include <stdbool.h>

// One visitor waits at a time. To ring is to set `rung`, and to use up the waker
// if there is one (it is empty then: its `ops` are NULL).
struct bell {
    bool rung;
    struct fb_waker waker;
};

// Waits for the next ring. out: 0.
struct at_bell {
    struct fb_future future;
    int out;
    struct bell *bell;
};
struct at_bell at_bell(struct bell *bell);

#endif
