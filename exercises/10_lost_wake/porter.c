// Lost wake: the porter waits for the bell, and a letter lies in the box.
//
// What runs between two awaits cannot be interrupted: there is one thread, and
// it is busy with you. At an await everything can change: others run until you
// are polled again.
#include "porter.h"

static enum fb_poll porter_poll(struct fb_future *self, struct fb_context *cx) {
    struct porter *p = fb_container_of(self, struct porter, future);

    FB_ASYNC(p, cx);
    while (p->brought < LETTERS) {
        // YOURS: begin
        while (p->box->letters == 0) {
            FB_AWAIT(p->tea, make_tea());
            FB_AWAIT(p->ring, fb_notify_wait(&p->box->bell));
        }
        // YOURS: end
        box_take(p->box);
        p->brought++;
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

// The rest is given: the name that the trace shows, and how one is made.
static struct fb_type porter_type = FB_TYPE(porter, .poll = porter_poll);

struct porter porter(struct box *box) {
    return (struct porter){.future.type = &porter_type, .box = box};
}
