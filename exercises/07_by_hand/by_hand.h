// Tea, soup and bread: each is made of three things, weighed one after the
// other, and is Ready with the sum of their grams.
#ifndef BY_HAND_H
#define BY_HAND_H

#include "exercise.h"

// Ready after a while; then `out` is how many grams it takes.
struct weigh {
    struct fb_future future;
    int out;
    const char *what;
    struct fb_sleep scales;
};
struct weigh weigh(const char *what);

// Values of `at`: not begun, or which thing is being weighed.
enum { START, FIRST, SECOND, THIRD };

struct tea {
    struct fb_future future;
    int out;            // the sum, once it is Ready
    int at;             // where the next poll goes on
    int grams;          // so far
    struct weigh thing; // the one being weighed
};

struct soup {
    struct fb_future future;
    int out, at, grams;
    struct weigh thing;
};

struct bread {
    struct fb_future future;
    int out, at, grams;
    struct weigh thing;
};

// In by_hand.c.
struct tea tea(void);
struct soup soup(void);
struct bread bread(void);

#endif
