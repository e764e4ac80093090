// A value that goes from one task to another and back, through two channels
// with room for one.
#include "micro.h"
#include <fishbowl/async.h>

enum { ROUND_TRIPS = 20000 };

// Takes a number out of one channel and puts the next one into the other.
struct player {
    struct fb_future future;
    int out;
    bool serves;
    uint64_t value;
    uint64_t *last; // where the one that serves leaves what came back
    struct fb_mpsc_sender to;
    struct fb_mpsc_receiver from;
    union {
        struct fb_mpsc_send send;
        struct fb_mpsc_receive receive;
    };
};

static enum fb_poll player_poll(struct fb_future *f, struct fb_context *cx) {
    struct player *self = fb_container_of(f, struct player, future);

    FB_ASYNC(self, cx);
    if (self->serves) {
        FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->to, &self->value));
    }
    for (;;) {
        FB_AWAIT(self->receive, fb_mpsc_receive(&self->from, &self->value));
        if (self->receive.out == 0) {
            FB_RETURN(0); // the other one has stopped
        }
        self->value++;
        if (self->serves && self->value >= 2 * ROUND_TRIPS) {
            *self->last = self->value;
            FB_RETURN(0);
        }
        FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->to, &self->value));
    }
    FB_ASYNC_END;
}

static void player_drop(struct fb_future *f) {
    struct player *self = fb_container_of(f, struct player, future);

    fb_mpsc_sender_close(&self->to);
    fb_mpsc_receiver_close(&self->from);
}

static struct fb_type player_type =
    FB_TYPE(player, .poll = player_poll, .drop = player_drop);

static uint64_t channel_round_trip(struct fb_runtime *rt) {
    const struct fb_values numbers = {.bytes = sizeof(uint64_t)};
    uint64_t last = 0;
    struct player one = {.future = {.type = &player_type}};
    struct player two = one;

    micro_must("channel", fb_mpsc_create(rt, numbers, 1, &one.to, &two.from));
    micro_must("channel", fb_mpsc_create(rt, numbers, 1, &two.to, &one.from));
    one.serves = true;
    one.last = &last;
    micro_must("spawn", FB_SPAWN(rt, one, NULL));
    micro_must("spawn", FB_SPAWN(rt, two, NULL));
    micro_must("run", fb_run(rt));
    return last / 2;
}

const struct micro_work micro_channel_works[] = {
    {"channel_round_trip", NULL, channel_round_trip, ROUND_TRIPS},
    {0},
};
