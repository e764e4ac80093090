// What your file and the check agree on.
#ifndef DOOR_H
#define DOOR_H

#include "exercise.h"

#include <errno.h>

#define OPEN_MS 100 // so long the door is open

struct door {
    struct fb_mpsc_receiver arrivals; // of int: the number of a guest
};

// Lets a guest in.
void door_let_in(struct door *door, int guest);

// In door.c: spawns the task that keeps the door, from now on for OPEN_MS.
// Whoever comes before that is let in. At the stroke of OPEN_MS the door shuts:
// who comes at that very moment stays outside. 0 or -errno.
FB_MUST_USE int door_keep(struct fb_runtime *rt, struct door *door,
                          struct fb_join_handle *ret_handle);

#endif
