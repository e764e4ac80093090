// Stuck room. Four guests have ordered tea. Each cup is made by a task of its
// own. At the door stands a porter, a task too, who opens every 10 ms.
#include "tea.h"

#include <unistd.h>

// YOURS: begin
// One cup in the making. What must be remembered while the task waits belongs
// in here: the C stack is gone meanwhile.
struct make_tea {
    struct fb_future future;
    int out;
    struct cup *cup;
};

static enum fb_poll make_tea_poll(struct fb_future *f, struct fb_context *cx) {
    struct make_tea *self = fb_container_of(f, struct make_tea, future);

    FB_ASYNC(self, cx);
    cup_fill(self->cup);
    usleep(STEEP_MS * 1000); // the leaves need their time
    FB_RETURN(cup_serve(self->cup));
    FB_ASYNC_END;
}
// YOURS: end

static struct fb_type make_tea_type = FB_TYPE(make_tea, .poll = make_tea_poll);

int tea_order(struct fb_runtime *rt, struct cup *cup,
              struct fb_join_handle *ret_handle) {
    struct make_tea tea = {.future = {.type = &make_tea_type}, .cup = cup};

    return FB_SPAWN(rt, tea, ret_handle);
}
