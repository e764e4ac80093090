// What your file and the check agree on.
#ifndef TEA_H
#define TEA_H

#include "exercise.h"

#define STEEP_MS 100 // so long the leaves stay in the water

struct cup; // one guest's cup

// Pours hot water over the leaves. Takes no time.
void cup_fill(struct cup *cup);

// Hands the cup to its guest. Takes no time. 0, or -EAGAIN: the tea is weak,
// the leaves have not been in the water for STEEP_MS.
int cup_serve(struct cup *cup);

// In tea.c: spawns a task that makes this cup of tea. 0 or -errno.
FB_MUST_USE int tea_order(struct fb_runtime *rt, struct cup *cup,
                          struct fb_join_handle *ret_handle);

#endif
