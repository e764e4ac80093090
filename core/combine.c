// Problem: one task, several futures at once. A wake does not say which arm it
// is for, and an arm that is always ready must not keep the others waiting.
// Idea: a poll of the combinator polls each arm that is not done. An arm may
// thus be polled early: every future must bear that (a spurious poll). What
// differs is where a poll begins and what ends it:
//
//     begin:  the first arm | one further than last time | drawn by the seed
//     end:    all are done  | an error                   | one is done
//
// Invariants: an arm that was Ready is dropped and never polled again; when
// the combinator is Ready or dropped, so are all its arms but those it was
// lent. A lent arm is its owner's child, in the tree and in the trace.
// Concurrency: executor thread.
#include "emit.h"

#include "fishbowl/combine.h"

#include <errno.h>

// ---- the arms ----

static struct fb_arms arms_of(struct fb_future *const *arms, size_t count,
                              enum fb_arm_order order) {
    struct fb_arms a = {.count = (uint8_t)count, .order = (uint8_t)order};

    for (size_t i = 0; i < count; i++) {
        a.arm[i] = arms[i];
        a.pending |= (uint8_t)((arms[i] != NULL) << i);
    }
    return a;
}

static bool has(unsigned mask, unsigned arm) {
    return (mask >> arm & 1) != 0;
}

static void arms_visit(const struct fb_arms *a, fb_visit_fn *visit, void *arg) {
    for (unsigned i = 0; i < a->count; i++) {
        if (a->arm[i] != NULL && !has(a->kept, i)) {
            visit(a->arm[i], arg);
        }
    }
}

static void drop_arm(struct fb_future *arm, void *arg) {
    (void)arg;
    fb_future_drop(arm);
}

enum until { ALL_DONE, FIRST_ERROR, FIRST_DONE };

static unsigned next_start(struct fb_arms *a, struct fb_context *cx) {
    unsigned start = a->start;

    if (a->order == FB_ARMS_RANDOM) {
        return fb__random(cx->runtime, a->count);
    }
    if (a->order == FB_ARMS_ROTATING) {
        a->start = (uint8_t)((start + 1) % a->count);
    }
    return start;
}

static enum fb_poll poll_arm(const struct fb_arms *a, unsigned arm,
                             struct fb_context *cx) {
    return has(a->kept, arm) ? fb__future_poll_lent(a->arm[arm], a->owner, cx)
                             : fb_future_poll(a->arm[arm], cx);
}

// Polls the arms that are pending, each once. Returns the one that ends it all
// (done, not yet dropped), or -1.
static int arms_poll(struct fb_arms *a, struct fb_context *cx,
                     enum until until) {
    unsigned start = a->pending != 0 ? next_start(a, cx) : 0;

    for (unsigned i = 0; i < a->count; i++) {
        unsigned arm = (start + i) % a->count;

        if (!has(a->pending, arm) || poll_arm(a, arm, cx) == FB_PENDING) {
            continue;
        }
        a->pending &= (uint8_t) ~(1u << arm);
        if (until == FIRST_DONE ||
            (until == FIRST_ERROR && fb_future_out(a->arm[arm]) < 0)) {
            return (int)arm;
        }
        fb_future_drop(a->arm[arm]);
    }
    return -1;
}

// ---- join ----

static enum fb_poll join_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_join *self = fb_container_of(future, struct fb_join, future);

    (void)arms_poll(&self->arms, cx, ALL_DONE);
    return self->arms.pending == 0 ? FB_READY : FB_PENDING;
}

static void join_visit(struct fb_future *future, fb_visit_fn *visit,
                       void *arg) {
    arms_visit(&fb_container_of(future, struct fb_join, future)->arms, visit,
               arg);
}

static struct fb_type join_type =
    FB_TYPE(fb_join, .poll = join_poll, .visit = join_visit);

static struct fb_join join(struct fb_future *const *arms, size_t count,
                           enum fb_arm_order order) {
    fb_assert(count <= FB_ARMS_MAX, "a join has at most 8 arms");
    return (struct fb_join){.future.type = &join_type,
                            .arms = arms_of(arms, count, order)};
}

struct fb_join fb_join_all(struct fb_future *const *arms, size_t count) {
    return join(arms, count, FB_ARMS_ROTATING);
}

struct fb_join fb_join_biased(struct fb_future *const *arms, size_t count) {
    return join(arms, count, FB_ARMS_BIASED);
}

// ---- try_join ----

static enum fb_poll try_join_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct fb_try_join *self =
        fb_container_of(future, struct fb_try_join, future);

    self->failed = arms_poll(&self->arms, cx, FIRST_ERROR);
    if (self->failed >= 0) {
        self->out = fb_future_out(self->arms.arm[self->failed]);
        arms_visit(&self->arms, drop_arm, NULL);
        return FB_READY;
    }
    return self->arms.pending == 0 ? FB_READY : FB_PENDING;
}

static void try_join_visit(struct fb_future *future, fb_visit_fn *visit,
                           void *arg) {
    arms_visit(&fb_container_of(future, struct fb_try_join, future)->arms,
               visit, arg);
}

static struct fb_type try_join_type =
    FB_TYPE(fb_try_join, .poll = try_join_poll, .visit = try_join_visit);

struct fb_try_join fb_try_join_all(struct fb_future *const *arms,
                                   size_t count) {
    fb_assert(count <= FB_ARMS_MAX, "a try_join has at most 8 arms");
    return (struct fb_try_join){.future.type = &try_join_type,
                                .failed = -1,
                                .arms = arms_of(arms, count, FB_ARMS_ROTATING)};
}

// ---- select and race ----

// Polls the arms until one is done: *ret_winner, or -1 if all are disabled.
// Losers go before the winner's code runs.
static enum fb_poll first_of(struct fb_arms *a, struct fb_context *cx,
                             int *ret_winner) {
    int winner = -1;

    if (a->pending != 0) {
        // Without budget a leaf says Pending though it is ready: whoever won
        // now would owe it to that.
        if (!fb_budget_left(cx)) {
            return FB_PENDING;
        }
        winner = arms_poll(a, cx, FIRST_DONE);
        if (winner < 0) {
            return FB_PENDING;
        }
        a->kept &= (uint8_t) ~(1u << winner);
        arms_visit(a, drop_arm, NULL);
    }
    *ret_winner = winner;
    return FB_READY;
}

static enum fb_poll select_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_select *self = fb_container_of(future, struct fb_select, future);
    int winner;

    if (first_of(&self->arms, cx, &winner) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = winner >= 0 ? winner : -ENOENT;
    return FB_READY;
}

static void select_visit(struct fb_future *future, fb_visit_fn *visit,
                         void *arg) {
    arms_visit(&fb_container_of(future, struct fb_select, future)->arms, visit,
               arg);
}

static struct fb_type select_type =
    FB_TYPE(fb_select, .poll = select_poll, .visit = select_visit);

static struct fb_select select_in(struct fb_future *const *arms, size_t count,
                                  enum fb_arm_order order) {
    fb_assert(count <= FB_ARMS_MAX, "a select has at most 8 arms");
    return (struct fb_select){.future.type = &select_type,
                              .arms = arms_of(arms, count, order)};
}

struct fb_select fb_select_of(struct fb_future *const *arms, size_t count) {
    return select_in(arms, count, FB_ARMS_BIASED);
}

struct fb_select fb_select_fair(struct fb_future *const *arms, size_t count) {
    return select_in(arms, count, FB_ARMS_RANDOM);
}

struct fb_select fb_select_keep(struct fb_select select,
                                struct fb_future *owner, unsigned mask) {
    fb_assert(mask >> select.arms.count == 0, "the arms that are kept exist");
    fb_assert(owner->type->visit != NULL,
              "the type that keeps arms has a visit");
    select.arms.kept = (uint8_t)mask;
    select.arms.owner = owner;
    return select;
}

static enum fb_poll race_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_race *self = fb_container_of(future, struct fb_race, future);

    if (first_of(&self->arms, cx, &self->winner) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = self->winner >= 0 ? fb_future_out(self->arms.arm[self->winner])
                                  : -ENOENT;
    return FB_READY;
}

static void race_visit(struct fb_future *future, fb_visit_fn *visit,
                       void *arg) {
    arms_visit(&fb_container_of(future, struct fb_race, future)->arms, visit,
               arg);
}

static struct fb_type race_type =
    FB_TYPE(fb_race, .poll = race_poll, .visit = race_visit);

struct fb_race fb_race_of(struct fb_future *const *arms, size_t count) {
    fb_assert(count <= FB_ARMS_MAX, "a race has at most 8 arms");
    return (struct fb_race){.future.type = &race_type,
                            .winner = -1,
                            .arms = arms_of(arms, count, FB_ARMS_RANDOM)};
}
