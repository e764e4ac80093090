// Problem: a signal interrupts anything anywhere; a clean end needs it as an
// ordinary event among others.
// Idea: block the signals and read them from a signalfd, a source like any.
// Linux only, and here only.
#include "leaf.h"

#include "fishbowl/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>

// How many open sets of this thread collect each signal, and which signals
// were blocked before any did: those are not ours to unblock. Sets may thus
// overlap and be closed in any order. A thread's mask is the thread's, and so
// is this.
static _Thread_local uint16_t collectors[NSIG];
static _Thread_local bool blocked_before[NSIG];

static void hold(const sigset_t *mask, const sigset_t *before) {
    for (int n = 1; n < NSIG; n++) {
        if (sigismember(mask, n) == 1 && collectors[n]++ == 0) {
            blocked_before[n] = sigismember(before, n) == 1;
        }
    }
}

static void let_go(const sigset_t *mask) {
    sigset_t free_again;

    sigemptyset(&free_again);
    for (int n = 1; n < NSIG; n++) {
        if (sigismember(mask, n) == 1 && --collectors[n] == 0 &&
            !blocked_before[n]) {
            sigaddset(&free_again, n);
        }
    }
    pthread_sigmask(SIG_UNBLOCK, &free_again, NULL);
}

int fb_signals_open(struct fb_signals *s, struct fb_runtime *rt,
                    const sigset_t *mask) {
    struct fb_signals made = {.mask = *mask};
    sigset_t before;
    int fd, err;

    err = -pthread_sigmask(SIG_BLOCK, mask, &before);
    if (err < 0) {
        return err;
    }
    hold(mask, &before);
    fd = fb__sys.signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
    err = fd < 0 ? -errno
                 : fb__source_adopt(&made.source, rt, fd, FB_SOURCE_SIGNAL);
    if (err < 0) {
        let_go(mask);
        return err;
    }
    *s = made;
    return 0;
}

void fb_signals_close(struct fb_signals *s) {
    if (s->source.runtime != NULL) {
        fb_source_close(&s->source);
        let_go(&s->mask);
    }
}

static int take_signal(struct fb_future *future) {
    struct fb_signal_wait *self =
        fb_container_of(future, struct fb_signal_wait, future);
    struct signalfd_siginfo info;
    ssize_t got = fb__sys.read(self->signals->source.fd, &info, sizeof info);

    return got < 0 ? -errno : (int)info.ssi_signo;
}

static enum fb_poll signal_wait_poll(struct fb_future *future,
                                     struct fb_context *cx) {
    struct fb_signal_wait *self =
        fb_container_of(future, struct fb_signal_wait, future);
    const struct fb__leaf leaf = {.source = &self->signals->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_READABLE,
                                  .op = FB_IO_READ,
                                  .asked = sizeof(struct signalfd_siginfo)};

    return fb__leaf_drive(future, cx, &leaf, take_signal, &self->out);
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
