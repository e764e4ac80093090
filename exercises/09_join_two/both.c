// Fetches two numbers and adds them. Both are on their way for a while; why
// should the right one only start when the left one is there?
#include "both.h"

static enum fb_poll both_poll(struct fb_future *future, struct fb_context *cx) {
    struct both *self = fb_container_of(future, struct both, future);

    // fb_future_poll polls a child: FB_READY when it is done, else FB_PENDING,
    // and then the child has kept our waker.
    // YOURS: begin
    if (!self->left_done) {
        if (fb_future_poll(&self->left.future, cx) == FB_PENDING) {
            return FB_PENDING;
        }
        self->left_done = true;
    }
    if (!self->right_done) {
        if (fb_future_poll(&self->right.future, cx) == FB_PENDING) {
            return FB_PENDING;
        }
        self->right_done = true;
    }
    self->out = self->left.out + self->right.out;
    return FB_READY;
    // YOURS: end
    return FB_PENDING;
}

static struct fb_type both_type =
    FB_TYPE(both, .poll = both_poll, .visit = both_visit);

struct both both_of(struct fetch left, struct fetch right) {
    return (struct both){
        .future.type = &both_type, .left = left, .right = right};
}
