// Problem: one task, several futures at once.
// Idea: a poll of the combinator polls each arm that is not done. Which arm
// the wake was for is not known, so an arm may be polled early: every future
// must bear that (a spurious poll).
// Invariants: an arm that was Ready is dropped and never polled again; when
// the combinator is Ready or dropped, so are all its arms.
// Concurrency: executor thread.
#include "emit.h"

#include "fishbowl/combine.h"

#include <errno.h>
#include <string.h>

static void visit_arms(struct fb_future *const *arms, uint32_t count,
                       fb_visit_fn *visit, void *arg) {
    for (uint32_t i = 0; i < count; i++) {
        if (arms[i] != NULL) {
            visit(arms[i], arg);
        }
    }
}

static enum fb_poll join_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_join *self = fb_container_of(future, struct fb_join, future);

    for (uint32_t i = 0; i < self->count; i++) {
        if ((self->pending & 1u << i) &&
            fb_future_poll(self->arms[i], cx) == FB_READY) {
            self->pending &= ~(1u << i);
            fb_future_drop(self->arms[i]);
        }
    }
    return self->pending == 0 ? FB_READY : FB_PENDING;
}

static void join_visit(struct fb_future *future, fb_visit_fn *visit,
                       void *arg) {
    struct fb_join *self = fb_container_of(future, struct fb_join, future);

    visit_arms(self->arms, self->count, visit, arg);
}

static struct fb_type join_type =
    FB_TYPE(fb_join, .poll = join_poll, .visit = join_visit);

struct fb_join fb_join_all(struct fb_future *const *arms, size_t count) {
    struct fb_join self = {.future.type = &join_type,
                           .count = (uint32_t)count,
                           .pending = (1u << count) - 1};

    fb_assert(count <= FB_ARMS_MAX, "a join has at most 8 arms");
    memcpy(self.arms, arms, count * sizeof *arms);
    return self;
}

static enum fb_poll select_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_select *self = fb_container_of(future, struct fb_select, future);
    bool any = false;

    self->out = -ENOENT;
    for (uint32_t i = 0; i < self->count && self->out < 0; i++) {
        if (self->arms[i] != NULL) {
            any = true;
            if (fb_future_poll(self->arms[i], cx) == FB_READY) {
                self->out = (int)i;
            }
        }
    }
    if (any && self->out < 0) {
        return FB_PENDING;
    }
    for (uint32_t i = 0; i < self->count; i++) {
        fb_future_drop(
            self->arms[i]); // losers go before the winner's code runs
    }
    return FB_READY;
}

static void select_visit(struct fb_future *future, fb_visit_fn *visit,
                         void *arg) {
    struct fb_select *self = fb_container_of(future, struct fb_select, future);

    visit_arms(self->arms, self->count, visit, arg);
}

static struct fb_type select_type =
    FB_TYPE(fb_select, .poll = select_poll, .visit = select_visit);

struct fb_select fb_select_of(struct fb_future *const *arms, size_t count) {
    struct fb_select self = {.future.type = &select_type,
                             .count = (uint32_t)count};

    fb_assert(count <= FB_ARMS_MAX, "a select has at most 8 arms");
    memcpy(self.arms, arms, count * sizeof *arms);
    return self;
}
