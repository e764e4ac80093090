// What porter.c and its check agree on.
#ifndef PORTER_H
#define PORTER_H

#include "exercise.h"

enum { LETTERS = 3 };

// The postman puts a letter in, and rings. What the bell does is in
// fishbowl/sync.h: fb_notify_all wakes all who wait now, and nobody later.
struct box {
    int letters; // in it now
    struct fb_notify bell;
};
// Takes one out. Requires: there is one.
void box_take(struct box *box);

// Takes its time (3 ms), in which others run.
struct tea {
    struct fb_future future;
    int out;
    struct fb_sleep water;
};
struct tea make_tea(void);

// Brings LETTERS letters.
struct porter {
    struct fb_future future;
    int out;
    struct box *box;
    int brought;
    struct tea tea;
    struct fb_notified ring;
};
struct porter porter(struct box *box);

#endif
