// A future for tests; see probe.h.
#include "probe.h"

#include <string.h>

static enum fb_poll probe_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct probe *self = fb_container_of(future, struct probe, future);
    struct probe_log *log = self->log;

    log->moved |= log->polls > 0 && log->address != self;
    log->address = self;
    log->polls++;
    if (log->on_poll != NULL) {
        log->on_poll(log, cx);
    }
    if (self->pendings == 0) {
        self->out = self->result;
        return FB_READY;
    }
    self->pendings -= self->pendings > 0;
    if (self->manner == PROBE_KEEP) {
        fb_waker_drop(&log->kept);
        log->kept = fb_waker_clone(cx->waker);
    } else if (self->manner == PROBE_SELF) {
        fb_waker_wake_by_ref(cx->waker);
    }
    return FB_PENDING;
}

static void probe_drop(struct fb_future *future) {
    struct probe_log *log = fb_container_of(future, struct probe, future)->log;

    log->drops++;
    if (log->trail != NULL) {
        strncat(log->trail, &log->name, 1);
    }
    if (log->on_drop != NULL) {
        log->on_drop(log);
    }
}

static void probe_drop_output(struct fb_future *future) {
    fb_container_of(future, struct probe, future)->log->outputs_dropped++;
}

static struct fb_type probe_type =
    FB_TYPE(probe, .poll = probe_poll, .drop = probe_drop,
            .drop_output = probe_drop_output);

struct probe probe(struct probe_log *log, int pendings,
                   enum probe_manner manner) {
    return (struct probe){.future.type = &probe_type,
                          .log = log,
                          .pendings = pendings,
                          .manner = manner};
}

struct probe probe_ready(struct probe_log *log, int result) {
    struct probe p = probe(log, 0, PROBE_SILENT);

    p.result = result;
    return p;
}
