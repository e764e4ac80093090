// What your file and the check agree on.
#ifndef KITCHEN_H
#define KITCHEN_H

#include "exercise.h"

// The sound that means: a dish is ready. One guest listens for it. In kitchen.c.
struct bell;

// NULL: no memory. Destroyed once nobody listens any more.
FB_MUST_USE struct bell *bell_create(struct fb_runtime *rt);
void bell_destroy(struct bell *bell);

// The cook rings it, once; before or while the guest listens.
// Context: executor thread.
void bell_ring(struct bell *bell);

// A few words with the neighbours: Ready after a while, after several polls.
struct chat {
    struct fb_future future;
    int out;
    unsigned words;
    struct fb_sleep pause;
};
FB_MUST_USE struct chat chat(void);

// What a guest says when the dish has come.
void guest_eats(const char *guest);

// In kitchen.c: spawns a guest, who chats until the bell rings, then eats.
FB_MUST_USE int guest_spawn(struct fb_runtime *rt, const char *name,
                            struct bell *bell,
                            struct fb_join_handle *ret_handle);

#endif
