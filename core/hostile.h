// The hostile build (-DFISHBOWL_HOSTILE=ON): whatever the contracts allow to
// happen, happens often. Compiled out of every other build.
#ifndef FB_HOSTILE_IMPL_H
#define FB_HOSTILE_IMPL_H

#include "runtime_impl.h"

#ifdef FB_HOSTILE

// For tests of what happens exactly: none of it, for runtimes and calls to come.
// Requires: no runtime runs.
void fb__hostile_hush(bool hush);
// A new runtime: gives it its generator, and a random order for FIFO.
void fb__hostile_begin(struct fb_runtime *rt);
// Between two polls: may wake an idle task for no reason (a spurious poll).
// Trace: WAKE (cause: nobody).
void fb__hostile_between_polls(struct fb_runtime *rt);
// Before a poll: what a poll may not rely on is overwritten.
void fb__hostile_before_poll(const struct fb_runtime *rt);
// A task has been queued by a wake: may wake it once more. Trace: WAKE.
void fb__hostile_after_wake(struct fb_runtime *rt, struct fb_task *task);

// System calls that are interrupted, and sends that come short.
int fb__hostile_epoll_wait(int epoll, struct epoll_event *events, int max,
                           int64_t timeout_ns);
int fb__hostile_accept(int fd, struct sockaddr *addr, socklen_t *len,
                       int flags);
ssize_t fb__hostile_recv(int fd, void *buf, size_t len, int flags);
ssize_t fb__hostile_send(int fd, const void *buf, size_t len, int flags);

#else

static inline void fb__hostile_hush(bool hush) {
    (void)hush;
}
static inline void fb__hostile_begin(struct fb_runtime *rt) {
    (void)rt;
}
static inline void fb__hostile_between_polls(struct fb_runtime *rt) {
    (void)rt;
}
static inline void fb__hostile_before_poll(const struct fb_runtime *rt) {
    (void)rt;
}
static inline void fb__hostile_after_wake(struct fb_runtime *rt,
                                          struct fb_task *task) {
    (void)rt;
    (void)task;
}

#endif
#endif
