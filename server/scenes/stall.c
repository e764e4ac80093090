// Two tasks that wait for each other for ever.
//
// Plato takes the left fork, Socrates the right one; a second later each wants
// the other's. Nothing runs, nothing is slow, no thread is blocked: there is
// just nobody left who could wake anybody. The runtime sees that and says who
// waits for what. (The cure is an order: both take the left fork first.)
#include "scene.h"
#include <stdio.h>

struct philosopher {
    struct fb_future future;
    int out;
    const char *name;
    struct fb_mutex *first, *second;       // the forks, in the order of taking
    struct fb_mutex_guard in_hand, wanted; // forks held; empty: none
    struct fb_lock lock;
    struct fb_sleep thought;
};

// DOC: stall-scene
static enum fb_poll philosopher_poll(struct fb_future *f,
                                     struct fb_context *cx) {
    struct philosopher *self = fb_container_of(f, struct philosopher, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, self->name, __builtin_strlen(self->name));
    // let in_hand = first.lock().await;
    FB_AWAIT(self->lock, fb_mutex_lock(self->first, &self->in_hand));
    FB_AWAIT(self->thought, fb_sleep(1 * FB_S));
    // let wanted = second.lock().await;
    FB_AWAIT(self->lock, fb_mutex_lock(self->second, &self->wanted));
    printf("%s eats\n", self->name);
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: stall-scene

// The forks go back to the table, however the meal ended.
static void philosopher_drop(struct fb_future *f) {
    struct philosopher *self = fb_container_of(f, struct philosopher, future);

    fb_mutex_unlock(&self->wanted);
    fb_mutex_unlock(&self->in_hand);
}

static struct fb_type philosopher_type =
    FB_TYPE(philosopher, .poll = philosopher_poll, .drop = philosopher_drop);

struct table {
    struct fb_future future;
    int out;
    struct fb_mutex left, right;
    struct fb_join_set guests;
    struct fb_join_next finished;
};

static enum fb_poll table_poll(struct fb_future *f, struct fb_context *cx) {
    struct table *self = fb_container_of(f, struct table, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "table", sizeof "table" - 1);
    fb_mutex_init(&self->left, cx->runtime);
    fb_mutex_init(&self->right, cx->runtime);
    fb_join_set_init(&self->guests, cx->runtime);
    FB_TRY(FB_JOIN_SET_SPAWN(
        &self->guests, ((struct philosopher){.future.type = &philosopher_type,
                                             .name = "Plato",
                                             .first = &self->left,
                                             .second = &self->right})));
    FB_TRY(FB_JOIN_SET_SPAWN(
        &self->guests, ((struct philosopher){.future.type = &philosopher_type,
                                             .name = "Socrates",
                                             .first = &self->right,
                                             .second = &self->left})));
    do {
        FB_AWAIT(self->finished, fb_join_next(&self->guests));
    } while (self->finished.out > 0);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void table_drop(struct fb_future *f) {
    struct table *self = fb_container_of(f, struct table, future);

    fb_join_set_deinit(&self->guests);
}

static struct fb_type table_type =
    FB_TYPE(table, .poll = table_poll, .drop = table_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct table table; // outlives the guests, who hold its forks

    (void)none;
    table = (struct table){.future = {.type = &table_type}};
    return &table.future;
}

const struct scene scene_stall = {
    .name = "stall", .about = "two tasks wait for each other", .root = root};
