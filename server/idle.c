// A conversation under a time limit (`serve --idle-timeout`).
//
// The conversation is any handler's future, whose size is not known here: it
// lies in a box. Off by default, so the usual client pays nothing for it.
#include "accept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct limited {
    struct fb_future future;
    int out;
    struct fb_addr peer;
    uint64_t limit_ns;
    struct fb_future *inner; // owned
    struct fb_timeout race;
};

static void say_timed_out(const struct fb_addr *peer) {
    char addr[FB_ADDR_TEXT_BYTES];

    fb_addr_format(peer, addr, sizeof addr);
    printf("timed out: %s\n", addr);
}

static enum fb_poll limited_poll(struct fb_future *f, struct fb_context *cx) {
    struct limited *self = fb_container_of(f, struct limited, future);
    const uint64_t ns = self->limit_ns;

    FB_ASYNC(self, cx);
    // DOC: idle-race
    FB_AWAIT(self->race, fb_timeout(ns, self->inner));
    if (self->race.out == -ETIMEDOUT) {
        say_timed_out(&self->peer); // inner: dropped
        FB_RETURN(0);
    }
    FB_RETURN(self->race.out);
    // END: idle-race
    FB_ASYNC_END;
}

static void limited_drop(struct fb_future *f) {
    struct limited *self = fb_container_of(f, struct limited, future);

    fb_future_drop(self->inner); // if it was never polled; else it is done
    free(self->inner);
}

static struct fb_type limited_type =
    FB_TYPE(limited, .poll = limited_poll, .drop = limited_drop);

int idle_spawn(struct fb_join_set *clients, const struct greeter_client *client,
               const struct greeter_handler *handler, uint64_t limit_ns) {
    struct limited limited = {.future = {.type = &limited_type},
                              .peer = client->peer,
                              .limit_ns = limit_ns,
                              .inner = handler->box(client)};

    if (limited.inner == NULL) {
        return -ENOMEM;
    }
    return FB_JOIN_SET_SPAWN(clients, limited);
}
