// Busy room. Three guests wait for their dishes. Each has a bell that the cook
// rings when the dish is ready.
#include "kitchen.h"

#include <stdlib.h>

// YOURS: begin
struct bell {
    bool rung;
};

struct bell *bell_create(struct fb_runtime *rt) {
    (void)rt;
    return calloc(1, sizeof(struct bell));
}

void bell_destroy(struct bell *bell) {
    free(bell);
}

void bell_ring(struct bell *bell) {
    bell->rung = true;
}

// Waits until the bell has rung.
struct hear_bell {
    struct fb_future future;
    int out;
    struct bell *bell;
};

static enum fb_poll hear_bell_poll(struct fb_future *f, struct fb_context *cx) {
    struct hear_bell *self = fb_container_of(f, struct hear_bell, future);

    if (self->bell->rung) {
        return FB_READY;
    }
    // Pending is a promise that somebody wakes us. So we do it ourselves.
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static struct fb_type hear_bell_type =
    FB_TYPE(hear_bell, .poll = hear_bell_poll);

static struct hear_bell hear_bell(struct bell *bell) {
    return (struct hear_bell){.future = {.type = &hear_bell_type},
                              .bell = bell};
}
// YOURS: end

struct guest {
    struct fb_future future;
    int out;
    const char *name;
    struct bell *bell;
    struct hear_bell hear;
    struct chat chat;
    struct fb_join both;
};

static enum fb_poll guest_poll(struct fb_future *f, struct fb_context *cx) {
    struct guest *self = fb_container_of(f, struct guest, future);

    FB_ASYNC(self, cx);
    self->hear = hear_bell(self->bell);
    self->chat = chat();
    FB_AWAIT(self->both, FB_JOIN(&self->hear.future, &self->chat.future));
    guest_eats(self->name);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type guest_type = FB_TYPE(guest, .poll = guest_poll);

int guest_spawn(struct fb_runtime *rt, const char *name, struct bell *bell,
                struct fb_join_handle *ret_handle) {
    struct guest guest = {
        .future = {.type = &guest_type}, .name = name, .bell = bell};

    return FB_SPAWN(rt, guest, ret_handle);
}
