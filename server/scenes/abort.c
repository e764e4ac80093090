// Stopping a task from outside.
//
// A keeper turns on a lamp and sleeps until morning, which never comes. An
// abort does not interrupt code: it drops the task's futures where they stand
// suspended, innermost first. So the sleep leaves its timer, and the keeper's
// drop puts the lamp out: what a future owns, its drop gives back.
#include "scene.h"
#include <errno.h>
#include <stdio.h>

struct keeper {
    struct fb_future future;
    int out;
    bool lamp; // owned while true
    struct fb_sleep night;
};

static enum fb_poll keeper_poll(struct fb_future *f, struct fb_context *cx) {
    struct keeper *self = fb_container_of(f, struct keeper, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "keeper", sizeof "keeper" - 1);
    self->lamp = true;
    printf("the lamp is lit\n");
    FB_AWAIT(self->night, fb_sleep(24 * (3600 * FB_S)));
    printf("this line is never reached\n");
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void keeper_drop(struct fb_future *f) {
    struct keeper *self = fb_container_of(f, struct keeper, future);

    if (self->lamp) {
        printf("the keeper's drop runs: the lamp is out\n");
    }
}

static struct fb_type keeper_type =
    FB_TYPE(keeper, .poll = keeper_poll, .drop = keeper_drop);

struct harbour {
    struct fb_future future;
    int out;
    struct fb_join_handle keeper;
    union {
        struct fb_sleep patience;
        struct fb_join_task end;
    };
};

// DOC: abort-scene
static enum fb_poll harbour_poll(struct fb_future *f, struct fb_context *cx) {
    struct harbour *self = fb_container_of(f, struct harbour, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "harbour", sizeof "harbour" - 1);
    // let keeper = spawn(keeper());
    FB_TRY(FB_SPAWN(cx->runtime,
                    ((struct keeper){.future = {.type = &keeper_type}}),
                    &self->keeper));
    FB_AWAIT(self->patience, fb_sleep(1 * FB_S));

    // keeper.abort();
    fb_task_abort(&self->keeper);
    // assert!(keeper.await.unwrap_err().is_cancelled());
    FB_AWAIT(self->end, fb_join_task(&self->keeper));
    printf("the keeper was %s\n",
           self->end.out == -ECANCELED ? "aborted" : "faster than the abort");
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: abort-scene

static void harbour_drop(struct fb_future *f) {
    fb_task_detach(&fb_container_of(f, struct harbour, future)->keeper);
}

static struct fb_type harbour_type =
    FB_TYPE(harbour, .poll = harbour_poll, .drop = harbour_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct harbour harbour;

    (void)none;
    harbour = (struct harbour){.future = {.type = &harbour_type}};
    return &harbour.future;
}

const struct scene scene_abort = {.name = "abort",
                                  .about = "a task is aborted while it sleeps",
                                  .root = root};
