// Three futures by hand. In C a function that returns has lost its place and its
// locals; so `at` says where the next poll goes on, and what has to live from
// poll to poll is a member of the struct.
#include "by_hand.h"

// ---- tea: the last state is missing ----

static enum fb_poll tea_poll(struct fb_future *future, struct fb_context *cx) {
    struct tea *self = fb_container_of(future, struct tea, future);

    switch (self->at) {
    case START:
        self->thing = weigh("water");
        self->at = FIRST;
        __attribute__((fallthrough));
    case FIRST:
        if (fb_future_await(future, &self->thing.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->grams += self->thing.out;
        self->thing = weigh("leaves");
        self->at = SECOND;
        __attribute__((fallthrough));
    case SECOND:
        if (fb_future_await(future, &self->thing.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->grams += self->thing.out;
        self->thing = weigh("milk");
        self->at = THIRD;
        __attribute__((fallthrough));
    case THIRD:;
        // YOURS: begin
        // Wait for the milk, add it, return the sum.
        // YOURS: end
    }
    return FB_PENDING;
}

static struct fb_type tea_type = FB_TYPE(tea, .poll = tea_poll);

struct tea tea(void) {
    return (struct tea){.future.type = &tea_type};
}

// ---- soup: the last two are missing ----

static enum fb_poll soup_poll(struct fb_future *future, struct fb_context *cx) {
    struct soup *self = fb_container_of(future, struct soup, future);

    switch (self->at) {
    case START:
        self->thing = weigh("onions");
        self->at = FIRST;
        __attribute__((fallthrough));
    case FIRST:
        if (fb_future_await(future, &self->thing.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->grams += self->thing.out;
        self->thing = weigh("water");
        self->at = SECOND;
        __attribute__((fallthrough));
    case SECOND:;
        // YOURS: begin
        // Wait for the water and add it; then the same with carrots.
        // YOURS: end
    }
    return FB_PENDING;
}

static struct fb_type soup_type = FB_TYPE(soup, .poll = soup_poll);

struct soup soup(void) {
    return (struct soup){.future.type = &soup_type};
}

// ---- bread: all three are missing ----

static enum fb_poll bread_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct bread *self = fb_container_of(future, struct bread, future);

    switch (self->at) {
    case START:
        self->thing = weigh("flour");
        self->at = FIRST;
        __attribute__((fallthrough));
    case FIRST:;
        // YOURS: begin
        (void)cx; // flour; then water; then salt
        // YOURS: end
    }
    return FB_PENDING;
}

static struct fb_type bread_type = FB_TYPE(bread, .poll = bread_poll);

struct bread bread(void) {
    return (struct bread){.future.type = &bread_type};
}
