// A queue with room for one, between a fast maker and a slow taker.
//
// The baker makes a roll in no time, the belt holds one, the guest chews for a
// second. So the baker waits, not for the guest but for room: a bounded queue
// hands the slowness of the one end on to the other (backpressure). A task
// that waits costs nothing; an unbounded queue would cost memory instead.
#include "scene.h"
#include <stdio.h>

enum { ROLLS = 3 };

struct baker {
    struct fb_future future;
    int out;
    int roll;
    struct fb_mpsc_sender belt;
    struct fb_mpsc_send send;
};

// DOC: channel-scene
static enum fb_poll baker_poll(struct fb_future *f, struct fb_context *cx) {
    struct baker *self = fb_container_of(f, struct baker, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "baker", sizeof "baker" - 1);
    for (self->roll = 1; self->roll <= ROLLS; self->roll++) {
        // belt.send(roll).await?;
        FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->belt, &self->roll));
        printf("the baker puts roll %d on the belt\n", self->roll);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: channel-scene

static void baker_drop(struct fb_future *f) {
    fb_mpsc_sender_close(&fb_container_of(f, struct baker, future)->belt);
}

static struct fb_type baker_type =
    FB_TYPE(baker, .poll = baker_poll, .drop = baker_drop);

struct guest {
    struct fb_future future;
    int out;
    int roll;
    struct fb_mpsc_receiver belt;
    union {
        struct fb_mpsc_receive receive;
        struct fb_sleep chew;
    };
};

// The guest spawns the baker, then eats until no more rolls can come.
static enum fb_poll guest_poll(struct fb_future *f, struct fb_context *cx) {
    struct guest *self = fb_container_of(f, struct guest, future);
    struct baker baker = {.future = {.type = &baker_type}};
    const struct fb_values rolls = {.bytes = sizeof(int)};

    FB_ASYNC(self, cx);
    fb_context_label(cx, "guest", sizeof "guest" - 1);
    FB_TRY(fb_mpsc_create(cx->runtime, rolls, 1, &baker.belt, &self->belt));
    FB_TRY(FB_SPAWN(cx->runtime, baker, NULL));
    for (;;) {
        // while let Some(roll) = belt.recv().await
        FB_AWAIT(self->receive, fb_mpsc_receive(&self->belt, &self->roll));
        if (self->receive.out == 0) {
            break;
        }
        printf("the guest takes roll %d\n", self->roll);
        FB_AWAIT(self->chew, fb_sleep(1 * FB_S));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void guest_drop(struct fb_future *f) {
    fb_mpsc_receiver_close(&fb_container_of(f, struct guest, future)->belt);
}

static struct fb_type guest_type =
    FB_TYPE(guest, .poll = guest_poll, .drop = guest_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct guest guest;

    (void)none;
    guest = (struct guest){.future = {.type = &guest_type}};
    return &guest.future;
}

const struct scene scene_channel = {
    .name = "channel", .about = "a queue with room for one", .root = root};
