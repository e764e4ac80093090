// What beasts.c and its check agree on.
#ifndef FISHBOWL_TESTS_ZOO_H
#define FISHBOWL_TESTS_ZOO_H

#include "exercise.h"

struct beast {
    struct fb_future future;
    int out;
};
struct beast beast(void);
// Spawns a task that has a sleep done by the pool of threads.
int spawn_offload(struct fb_runtime *rt);

#endif
