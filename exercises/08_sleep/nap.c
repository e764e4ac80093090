// A future that is Ready after a while.
//
// This one never rests: it asks the clock again and again. And as long as some
// task can run, the runtime's clock stands still. It takes two things instead:
// remember when to get up, and set the alarm.
#include "nap.h"

static enum fb_poll nap_poll(struct fb_future *future, struct fb_context *cx) {
    struct nap *self = fb_container_of(future, struct nap, future);
    const uint64_t now_ns = fb_runtime_now_ns(cx->runtime);

    // YOURS: begin
    if (now_ns >= self->duration_ns) { // is that when it began to nap?
        return FB_READY;
    }
    fb_waker_wake_by_ref(cx->waker); // poll me again at once
    // YOURS: end
    return FB_PENDING;
}

static struct fb_type nap_type =
    FB_TYPE(nap, .poll = nap_poll, .drop = nap_drop);

struct nap nap_for(uint64_t duration_ns) {
    return (struct nap){.future.type = &nap_type, .duration_ns = duration_ns};
}
