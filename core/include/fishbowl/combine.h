// Several futures at once inside one task: join, try_join, select and race.
//
// The arms are futures that the caller's struct owns, beside the combinator;
// they are named by pointer. So a struct with a combinator must not move after
// it is made: make it inside the poll function, where the future no longer
// moves. A NULL arm is disabled: never polled, never waited for.
//
//                is Ready when            drops at once      begins a poll with
//     join       all arms are             each that is done  the next arm
//     try_join   all are, or one failed   the same; the rest the next arm
//     select     one arm is               all                the first arm
//     select (fair), race: one arm is     all                any, by the seed
//
// Where a poll does not always begin with the same arm, a busy one cannot keep
// the others from the budget of their task.
#ifndef FISHBOWL_COMBINE_H
#define FISHBOWL_COMBINE_H

#include "fishbowl/future.h"

#define FB_ARMS_MAX 8

// Whom a poll begins with; the others follow in order, round the end.
enum fb_arm_order {
    FB_ARMS_BIASED,   // the first
    FB_ARMS_ROTATING, // the one after whom the poll before began with
    FB_ARMS_RANDOM,   // drawn from the runtime's seed, each poll anew
};

// What all combinators keep of their arms.
struct fb_arms {
    struct fb_future *arm[FB_ARMS_MAX];
    struct fb_future *owner; // of the arms that are kept
    uint8_t count, order, start;
    uint8_t pending; // bit per arm
    uint8_t kept;    // bit per arm: see fb_select_keep
};

// Names arms: FB_ARMS(&self->a.future, &self->b.future).
#define FB_ARMS(...)                                                           \
    (struct fb_future *const[]){__VA_ARGS__},                                  \
        sizeof((struct fb_future *const[]){__VA_ARGS__}) /                     \
            sizeof(struct fb_future *)

// Waits until all arms are Ready. Polls each until it is done and never again;
// each arm is dropped when it is done. out: 0. Results: each arm's `out`.
// Source: the behaviour of Tokio's join!, rotating since 1.47.
struct fb_join {
    struct fb_future future;
    int out;
    struct fb_arms arms;
};
FB_MUST_USE struct fb_join fb_join_all(struct fb_future *const *arms,
                                       size_t count);
// The same, but every poll begins with the first arm.
FB_MUST_USE struct fb_join fb_join_biased(struct fb_future *const *arms,
                                          size_t count);
#define FB_JOIN(...)        fb_join_all(FB_ARMS(__VA_ARGS__))
#define FB_JOIN_BIASED(...) fb_join_biased(FB_ARMS(__VA_ARGS__))

// Waits until all arms are Ready or one has a negative out; then the rest are
// dropped before the caller goes on. out: 0, or that arm's error; `failed`:
// its index, or -1.
struct fb_try_join {
    struct fb_future future;
    int out;
    int failed;
    struct fb_arms arms;
};
FB_MUST_USE struct fb_try_join fb_try_join_all(struct fb_future *const *arms,
                                               size_t count);
#define FB_TRY_JOIN(...) fb_try_join_all(FB_ARMS(__VA_ARGS__))

// Waits until one arm is Ready. The losers are dropped before the caller goes
// on. out: the winner's index, or -ENOENT when all arms are disabled.
// FB_SELECT is biased: of two that are ready the first wins, always.
// FB_SELECT_FAIR gives each arm its chance to be the first.
struct fb_select {
    struct fb_future future;
    int out;
    struct fb_arms arms;
};
FB_MUST_USE struct fb_select fb_select_of(struct fb_future *const *arms,
                                          size_t count);
FB_MUST_USE struct fb_select fb_select_fair(struct fb_future *const *arms,
                                            size_t count);
#define FB_SELECT(...)      fb_select_of(FB_ARMS(__VA_ARGS__))
#define FB_SELECT_FAIR(...) fb_select_fair(FB_ARMS(__VA_ARGS__))

// The same select, not yet polled, with the arms of `mask` (bit per index) by
// reference: one that loses is not dropped and may be an arm again. One that
// wins is dropped, as every winner.
// Requires: `owner` is the future whose poll makes the select and whose type
// has a `visit` that names, after future.child, every future it keeps: that is
// how they are dropped with it, and seen while nothing polls them.
FB_MUST_USE struct fb_select
fb_select_keep(struct fb_select select, struct fb_future *owner, unsigned mask);

// Waits for the first of equals: whichever arm is Ready first. The losers are
// dropped before the caller goes on. out: the winner's out, or -ENOENT when all
// arms are disabled; `winner`: its index, or -1.
struct fb_race {
    struct fb_future future;
    int out;
    int winner;
    struct fb_arms arms;
};
FB_MUST_USE struct fb_race fb_race_of(struct fb_future *const *arms,
                                      size_t count);
#define FB_RACE(...) fb_race_of(FB_ARMS(__VA_ARGS__))

#endif
