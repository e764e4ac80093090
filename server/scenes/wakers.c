// Three tasks wait for a letter each. Who remembers them?
//
// A reader whose mailbox is empty leaves its waker there and gives Pending.
// That waker is all that anybody knows of it. The postman throws one away, and
// delivers all three letters: two readers are woken by theirs, the third one
// has his letter and sleeps on. Nothing is wrong with him, nobody will ever
// poll him again; the runtime sees that and says so.
#include "scene.h"
#include <stdio.h>

enum { READERS = 3, FORGOTTEN = 1 }; // whose waker is thrown away

static const char *const names[READERS] = {"Ada", "Ben", "Cleo"};

struct mailbox {
    bool letter;
    struct fb_waker waker; // of who waits for it; empty: nobody
};

struct letter {
    struct fb_future future;
    int out;
    struct mailbox *box;
};

// The newest waker counts: an earlier poll may have been another task's.
static void remember(struct mailbox *box, const struct fb_waker *waker) {
    struct fb_waker newest = fb_waker_clone(waker);

    fb_waker_drop(&box->waker);
    box->waker = newest;
}

static enum fb_poll letter_poll(struct fb_future *f, struct fb_context *cx) {
    struct mailbox *box = fb_container_of(f, struct letter, future)->box;

    // DOC: wakers-letter
    if (box->letter) {
        return FB_READY;
    }
    remember(box, cx->waker);
    return FB_PENDING;
    // END: wakers-letter
}

static struct fb_type letter_type = FB_TYPE(letter, .poll = letter_poll);

struct reader {
    struct fb_future future;
    int out;
    const char *name;
    struct mailbox *box;
    struct letter letter;
};

static enum fb_poll reader_poll(struct fb_future *f, struct fb_context *cx) {
    struct reader *self = fb_container_of(f, struct reader, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, self->name, __builtin_strlen(self->name));
    FB_AWAIT(self->letter,
             ((struct letter){.future.type = &letter_type, .box = self->box}));
    printf("%s has a letter\n", self->name);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type reader_type = FB_TYPE(reader, .poll = reader_poll);

struct postman {
    struct fb_future future;
    int out;
    struct mailbox boxes[READERS];
    struct fb_join_set readers;
    union {
        struct fb_sleep walk;
        struct fb_join_next finished;
    };
};

// DOC: wakers-deliver
static void deliver(struct mailbox *box) {
    box->letter = true;
    fb_waker_wake(&box->waker); // does nothing if there is none
}
// END: wakers-deliver

static enum fb_poll postman_poll(struct fb_future *f, struct fb_context *cx) {
    struct postman *self = fb_container_of(f, struct postman, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "postman", sizeof "postman" - 1);
    fb_join_set_init(&self->readers, cx->runtime);
    for (int i = 0; i < READERS; i++) {
        FB_TRY(FB_JOIN_SET_SPAWN(&self->readers,
                                 ((struct reader){.future.type = &reader_type,
                                                  .name = names[i],
                                                  .box = &self->boxes[i]})));
    }
    FB_AWAIT(self->walk, fb_sleep(1 * FB_S));
    printf("the postman throws a waker away: %s's\n", names[FORGOTTEN]);
    fb_waker_drop(&self->boxes[FORGOTTEN].waker);
    FB_AWAIT(self->walk, fb_sleep(1 * FB_S));
    for (int i = 0; i < READERS; i++) {
        deliver(&self->boxes[i]);
    }
    do {
        FB_AWAIT(self->finished, fb_join_next(&self->readers));
    } while (self->finished.out > 0);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void postman_drop(struct fb_future *f) {
    struct postman *self = fb_container_of(f, struct postman, future);

    fb_join_set_deinit(&self->readers);
    for (int i = 0; i < READERS; i++) {
        fb_waker_drop(&self->boxes[i].waker);
    }
}

static struct fb_type postman_type =
    FB_TYPE(postman, .poll = postman_poll, .drop = postman_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct postman postman; // outlives the readers, who use its boxes

    (void)none;
    postman = (struct postman){.future = {.type = &postman_type}};
    return &postman.future;
}

const struct scene scene_wakers = {
    .name = "wakers", .about = "a waker is thrown away", .root = root};
