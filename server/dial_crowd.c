// A crowd of clients: starts them, counts what became of each.
#include "dial.h"

#include <stdio.h>

enum { ARM_STOP, ARM_NEXT, ARM_TICK };

static struct fb_future *arm_stop(struct crowd *self) {
    if (self->signals == NULL) {
        return NULL;
    }
    self->stop = fb_signals_next(self->signals);
    return &self->stop.future;
}

static struct fb_future *arm_next(struct crowd *self) {
    self->next = fb_join_next(&self->members);
    return &self->next.future;
}

static struct fb_future *arm_tick(struct crowd *self) {
    if (!self->progress) {
        return NULL;
    }
    self->tick = fb_sleep_until(self->tell_ns);
    return &self->tick.future;
}

// As many as may be there at once.
static int fill(struct crowd *self) {
    while (self->started < self->clients &&
           self->members.members < self->concurrency) {
        const size_t line = self->started % self->line_count;
        const int err =
            dial_spawn(&self->members, self->script, &self->lines[line]);

        if (err < 0) {
            return err;
        }
        self->started++;
    }
    return 0;
}

static void count(struct crowd *self, const struct fb_join_result *result) {
    enum dial_verdict verdict = dial_verdict_of(result);

    // Who was to be silent until a signal came has done its part.
    if (verdict == DIAL_CANCELLED && self->script->role == DIAL_SILENT) {
        verdict = DIAL_OK;
    }
    self->finished++;
    if (self->verdicts[verdict]++ == 0 && result->out < 0) {
        self->reasons[verdict] = result->out;
    }
}

static enum fb_poll crowd_poll(struct fb_future *f, struct fb_context *cx) {
    struct crowd *self = fb_container_of(f, struct crowd, future);

    FB_ASYNC(self, cx);
    fb_join_set_init(&self->members, cx->runtime);
    self->tell_ns = fb_runtime_now_ns(cx->runtime) + FB_S;
    while (self->finished < self->clients) {
        FB_TRY(fill(self));
        FB_AWAIT(self->select,
                 FB_SELECT(arm_stop(self), arm_next(self), arm_tick(self)));
        if (self->select.out == ARM_STOP) {
            break;
        }
        if (self->select.out == ARM_TICK) {
            (void)fprintf(stderr, "%u of %u clients done, %u there\n",
                          self->finished, self->clients, self->members.members);
            self->tell_ns += FB_S;
        } else {
            count(self, &self->next.result);
        }
    }
    self->clients = self->started; // a signal: nobody else
    fb_join_set_abort_all(&self->members);
    while (self->members.members > 0) {
        FB_AWAIT(self->next, fb_join_next(&self->members));
        count(self, &self->next.result);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void crowd_drop(struct fb_future *f) {
    struct crowd *self = fb_container_of(f, struct crowd, future);

    fb_join_set_deinit(&self->members);
}

static struct fb_type crowd_type =
    FB_TYPE(crowd, .poll = crowd_poll, .drop = crowd_drop);

void crowd_init(struct crowd *crowd) {
    crowd->future = (struct fb_future){.type = &crowd_type};
}
