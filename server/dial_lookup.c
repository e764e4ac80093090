// Where the greeter is: the addresses of a host, or a signal's end of waiting.
#include "dial.h"

#include <errno.h>
#include <string.h>

enum { ARM_STOP, ARM_FOUND };

static enum fb_poll lookup_poll(struct fb_future *f, struct fb_context *cx) {
    struct dial_lookup *self = fb_container_of(f, struct dial_lookup, future);

    FB_ASYNC(self, cx);
    self->stop = fb_signals_next(self->signals);
    self->resolve = fb_resolve(cx->runtime, self->text);
    FB_AWAIT(self->select,
             FB_SELECT(&self->stop.future, &self->resolve.future));
    if (self->select.out == ARM_STOP) {
        FB_RETURN(-ECANCELED);
    }
    FB_TRY(self->resolve.out);
    self->script->addr_count = self->resolve.found.count;
    memcpy(self->script->addrs, self->resolve.found.addrs,
           sizeof self->script->addrs);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type lookup_type = FB_TYPE(dial_lookup, .poll = lookup_poll);

struct dial_lookup dial_lookup(const char *text, struct fb_signals *signals,
                               struct dial_script *script) {
    return (struct dial_lookup){.future.type = &lookup_type,
                                .text = text,
                                .signals = signals,
                                .script = script};
}
