// Several futures at once inside one task: join and select.
//
// The arms are futures that the caller's struct owns, beside the combinator;
// they are named by pointer. So a struct with a join or a select must not move
// after the combinator is made: make it inside the poll function, where the
// future no longer moves.
#ifndef FISHBOWL_COMBINE_H
#define FISHBOWL_COMBINE_H

#include "fishbowl/future.h"

#define FB_ARMS_MAX 8

// Waits until all arms are Ready. Polls each until it is done and never again;
// each arm is dropped when it is done. out: 0. Results: each arm's `out`.
struct fb_join {
    struct fb_future future;
    int out;
    uint32_t count, pending; // pending: bit per arm
    struct fb_future *arms[FB_ARMS_MAX];
};
FB_MUST_USE struct fb_join fb_join_all(struct fb_future *const *arms,
                                       size_t count);
#define FB_JOIN(...)                                                           \
    fb_join_all((struct fb_future *const[]){__VA_ARGS__},                      \
                sizeof((struct fb_future *const[]){__VA_ARGS__}) /             \
                    sizeof(struct fb_future *))

// Waits until one arm is Ready, polling in order (biased: the first wins).
// A NULL arm is disabled. The losers are dropped before the caller goes on.
// out: the winner's index, or -ENOENT when all arms are disabled.
struct fb_select {
    struct fb_future future;
    int out;
    uint32_t count;
    struct fb_future *arms[FB_ARMS_MAX];
};
FB_MUST_USE struct fb_select fb_select_of(struct fb_future *const *arms,
                                          size_t count);
#define FB_SELECT(...)                                                         \
    fb_select_of((struct fb_future *const[]){__VA_ARGS__},                     \
                 sizeof((struct fb_future *const[]){__VA_ARGS__}) /            \
                     sizeof(struct fb_future *))

#endif
