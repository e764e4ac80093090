// One small program, again and again: each time something else goes wrong.
//
//     the n-th allocation fails         n = 1, 2, … until a run is untouched
//     the n-th system call fails
//     the program is dropped while it waits for the k-th time
//
// After each run: no allocation and no descriptor is left, the trace describes
// legal lives, and what the program said is a result or an error, never a hang.
#ifndef FISHBOWL_TESTS_CORE_SWEEP_H
#define FISHBOWL_TESTS_CORE_SWEEP_H

#include "harness.h"

struct scenario {
    const char *name;
    // The program anew, in memory that stays; out: 0 or -errno.
    struct fb_future *(*make)(struct fb_runtime *rt);
    // Whether what lies outside the runtime is as it was (files); may be NULL.
    bool (*is_tidy)(void);
};

// Requires of all: the world is ended (world_end).
void sweep_untouched(struct world *w, const struct scenario *s);
void sweep_allocations(struct world *w, const struct scenario *s);
// With the error that each call usually gives (0), or with this one.
void sweep_calls(struct world *w, const struct scenario *s, int with_errno);
// Dropped by the task it runs in, and by the end of the run.
void sweep_suspends(struct world *w, const struct scenario *s);

#endif
