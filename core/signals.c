// Problem: a signal interrupts anything anywhere; a clean end needs it as an
// ordinary event among others.
// Idea: block the signals and read them from a signalfd, a source like any.
// Linux only, and here only.
#include "emit.h"

#include "fishbowl/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>

int fb_signals_open(struct fb_signals *s, struct fb_runtime *rt,
                    const sigset_t *mask) {
    struct fb_signals made = {.mask = *mask};
    int fd, err;

    err = -pthread_sigmask(SIG_BLOCK, mask, &made.old_mask);
    if (err < 0) {
        return err;
    }
    fd = fb__sys.signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        err = -errno;
        goto fail;
    }
    err = fb_source_open(&made.source, rt, fd, FB_SOURCE_SIGNAL);
    if (err < 0) {
        fb__sys.close(fd);
        goto fail;
    }
    *s = made;
    return 0;

fail:
    pthread_sigmask(SIG_SETMASK, &made.old_mask, NULL);
    return err;
}

void fb_signals_close(struct fb_signals *s) {
    if (s->source.runtime != NULL) {
        fb_source_close(&s->source);
        pthread_sigmask(SIG_SETMASK, &s->old_mask, NULL);
    }
}

static int take_signal(const struct fb_source *source) {
    struct signalfd_siginfo info;
    ssize_t got = fb__sys.read(source->fd, &info, sizeof info);

    return got < 0 ? -errno : (int)info.ssi_signo;
}

static enum fb_poll signal_wait_poll(struct fb_future *future,
                                     struct fb_context *cx) {
    struct fb_signal_wait *self =
        fb_container_of(future, struct fb_signal_wait, future);
    const struct fb_source *source = &self->signals->source;

    for (;;) {
        uint32_t tick = 0;

        self->out = -EAGAIN;
        if (fb_source_ready(source, FB_READABLE, &tick) != 0) {
            if (!fb_budget_left(cx)) {
                return FB_PENDING;
            }
            self->out = take_signal(source);
            fb__emit_io(cx->runtime, source, future, FB_IO_READ, self->out,
                        sizeof(struct signalfd_siginfo));
            if (self->out == -EAGAIN) {
                fb_source_clear(source, FB_READABLE, tick);
            }
        } else {
            self->out = fb_source_wait(source, &self->waiter, cx, FB_READABLE);
            if (self->out == 0) {
                return FB_PENDING;
            }
        }
        if (self->out != -EAGAIN && self->out != -EINTR) {
            fb_waiter_disarm(&self->waiter);
            fb_budget_spend(cx);
            return FB_READY;
        }
    }
}

static void signal_wait_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_signal_wait, future)->waiter);
}

static struct fb_type signal_wait_type =
    FB_TYPE(fb_signal_wait, .poll = signal_wait_poll, .drop = signal_wait_drop,
            .waiter_offset = offsetof(struct fb_signal_wait, waiter));

struct fb_signal_wait fb_signals_next(struct fb_signals *s) {
    return (struct fb_signal_wait){.future.type = &signal_wait_type,
                                   .signals = s};
}
