// Signals as futures (signalfd): the way to a clean end on SIGINT and SIGTERM.
#ifndef FISHBOWL_SIGNALS_H
#define FISHBOWL_SIGNALS_H

#include "fishbowl/net.h"
#include <signal.h>

struct fb_signals {
    struct fb_source source;
    sigset_t mask;
};

// Blocks the signals in `mask` for this thread and collects them instead.
// Several sets may be open, on one runtime or many, and may overlap; they are
// closed in any order. A signal is taken once: by whoever of all those that
// wait for it is polled first, the others go on waiting.
// With several workers: outside of their run, and for signals that are sent to
// the process, not to one thread.
// Errors: those of sigprocmask and signalfd, -ENOMEM.
FB_MUST_USE int fb_signals_open(struct fb_signals *s, struct fb_runtime *rt,
                                const sigset_t *mask);
// Unblocks those of its signals that no other set of this thread collects and
// that were not blocked before the first one did. One that came and was not
// taken then does what it would have done without us. Legal when zeroed.
// Context: the thread that opened it.
void fb_signals_close(struct fb_signals *s);

// Waits for the next signal. out: its number, or -errno. Signals of one kind
// that come before one is taken are one. Cancel-safe.
struct fb_signal_wait {
    struct fb_future future;
    int out;
    struct fb_signals *signals;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_signal_wait fb_signals_next(struct fb_signals *s);

#endif
