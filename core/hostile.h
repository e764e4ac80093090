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
// Whether the wake of this task, whoever makes it, is to be made twice.
bool fb__hostile_repeats(const struct fb_task *task);
// True once in `n` times, by the calling thread's generator; never when quiet.
bool fb__hostile_one_in(unsigned n);

// System calls, as the kernel may answer them (hostile_calls.c).
int fb__hostile_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int fb__hostile_epoll_wait(int epoll, struct epoll_event *events, int max,
                           int64_t timeout_ns);
int fb__hostile_accept(int fd, struct sockaddr *addr, socklen_t *len,
                       int flags);
int fb__hostile_connect(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t fb__hostile_recv(int fd, void *buf, size_t len, int flags);
ssize_t fb__hostile_send(int fd, const void *buf, size_t len, int flags);
ssize_t fb__hostile_recvfrom(int fd, void *buf, size_t len, int flags,
                             struct sockaddr *addr, socklen_t *addr_len);
ssize_t fb__hostile_sendto(int fd, const void *buf, size_t len, int flags,
                           const struct sockaddr *addr, socklen_t addr_len);
ssize_t fb__hostile_read(int fd, void *buf, size_t len);
int fb__hostile_close(int fd);

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
static inline bool fb__hostile_repeats(const struct fb_task *task) {
    (void)task;
    return false;
}

#endif
#endif
