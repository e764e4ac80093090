// One poll too many: the waiter asks for a dish that he has brought already.
#include "kitchen.h"

// He is woken when either of the two may be ready, and then asks for both. That
// is how one task waits for two things at once.
static enum fb_poll waiter_poll(struct fb_future *self, struct fb_context *cx) {
    struct waiter *w = fb_container_of(self, struct waiter, future);

    // YOURS: begin
    if (fb_future_poll(&w->soup.future, cx) == FB_READY) {
        bring(&w->soup);
        w->brought++;
    }
    if (fb_future_poll(&w->bread.future, cx) == FB_READY) {
        bring(&w->bread);
        w->brought++;
    }
    return w->brought == 2 ? FB_READY : FB_PENDING;
    // YOURS: end
}

// The rest is given: what he waits for is dropped with him, and how he is made.
static void waiter_visit(struct fb_future *self, fb_visit_fn *visit,
                         void *arg) {
    struct waiter *w = fb_container_of(self, struct waiter, future);

    visit(&w->soup.future, arg);
    visit(&w->bread.future, arg);
}

static struct fb_type waiter_type =
    FB_TYPE(waiter, .poll = waiter_poll, .visit = waiter_visit);

struct waiter waiter(struct dish soup, struct dish bread) {
    return (struct waiter){
        .future.type = &waiter_type, .soup = soup, .bread = bread};
}
