// The timer that never rang. A keeper lets guests in, and shuts the door when
// the bell rings, 100 ms after it was opened.
#include "door.h"

// YOURS: begin
struct keep_door {
    struct fb_future future;
    int out;
    struct door *door;
    int guest; // who has come
    // The two that we wait for, and the future that waits for both.
    struct fb_mpsc_receive arrival;
    struct fb_sleep bell;
    struct fb_select first;
};

static enum fb_poll keep_door_poll(struct fb_future *f, struct fb_context *cx) {
    struct keep_door *self = fb_container_of(f, struct keep_door, future);

    FB_ASYNC(self, cx);
    for (;;) {
        self->arrival = fb_mpsc_receive(&self->door->arrivals, &self->guest);
        self->bell = fb_sleep(OPEN_MS * FB_MS);
        // Whichever is Ready first; the other one is dropped.
        FB_AWAIT(self->first,
                 FB_SELECT(&self->arrival.future, &self->bell.future));
        if (self->first.out == 1) {
            break; // the bell
        }
        door_let_in(self->door, self->guest);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type keep_door_type =
    FB_TYPE(keep_door, .poll = keep_door_poll);
// YOURS: end

int door_keep(struct fb_runtime *rt, struct door *door,
              struct fb_join_handle *ret_handle) {
    struct keep_door keep = {.future = {.type = &keep_door_type}, .door = door};

    return FB_SPAWN(rt, keep, ret_handle);
}
