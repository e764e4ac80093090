// Signals as futures (signalfd): the way to a clean end on SIGINT and SIGTERM.
#ifndef FISHBOWL_SIGNALS_H
#define FISHBOWL_SIGNALS_H

#include "fishbowl/net.h"
#include <signal.h>

struct fb_signals {
    struct fb_source source;
    sigset_t mask, old_mask;
};

// Blocks the signals in `mask` for this thread and collects them instead.
// Errors: those of sigprocmask and signalfd.
FB_MUST_USE int fb_signals_open(struct fb_signals *s, struct fb_runtime *rt,
                                const sigset_t *mask);
// Restores the thread's mask. Legal when zeroed.
void fb_signals_close(struct fb_signals *s);

// Waits for the next signal. out: its number, or -errno.
struct fb_signal_wait {
    struct fb_future future;
    int out;
    struct fb_signals *signals;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_signal_wait fb_signals_next(struct fb_signals *s);

#endif
