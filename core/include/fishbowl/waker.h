// A waker: the handle with which anyone tells an executor "poll this again".
//
// A waker is two words. Futures get it borrowed through their context and copy
// it only to keep it: fb_waker_clone for a holder that the runtime does not
// know, struct fb_waiter (future.h) for one that it does. The borrowed one
// belongs to the executor's thread; a clone, made there, may go to any.
#ifndef FISHBOWL_WAKER_H
#define FISHBOWL_WAKER_H

#include "fishbowl/base.h"
#include <stdbool.h>

struct fb_waker_ops;

struct fb_waker {
    const struct fb_waker_ops *ops; // NULL: an empty waker, does nothing
    void *data;
};

// How a waker of another make works. With several workers, core calls these
// while it holds its own lock: they must not wait for what holds another one
// around a call into core.
struct fb_waker_ops {
    struct fb_waker (*clone)(void *data);
    void (*wake)(void *data); // uses the waker up
    void (*wake_by_ref)(void *data);
    void (*drop)(void *data);
};

// A waker that the caller owns, to be used up by fb_waker_wake or
// fb_waker_drop. Context: any thread. Trace: WAKER_CLONE (holder: outside),
// when called on the executor's thread.
FB_MUST_USE struct fb_waker fb_waker_clone(const struct fb_waker *waker);

// Wakes and uses the waker up; it is empty afterwards. Never polls, drops or
// frees a task on the caller's stack. Legal after the runtime is gone.
// Context: any thread. Trace: WAKE; WAKER_DROP.
void fb_waker_wake(struct fb_waker *waker);

// Wakes and keeps the waker. Context: any thread. Trace: WAKE.
void fb_waker_wake_by_ref(const struct fb_waker *waker);

// Gives the waker up; it is empty afterwards. Context: any thread.
// Trace: WAKER_DROP, on the executor's thread.
void fb_waker_drop(struct fb_waker *waker);

// Whether both wake the same task.
bool fb_waker_same(const struct fb_waker *a, const struct fb_waker *b);

#endif
