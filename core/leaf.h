// The one loop of all leaf futures that wait for a descriptor.
#ifndef FB_LEAF_H
#define FB_LEAF_H

#include "emit.h"

// One attempt of a leaf. Returns a count or -errno as the system call did.
typedef int fb__attempt_fn(struct fb_future *future);

struct fb__leaf {
    struct fb_source *source;
    struct fb_waiter *waiter;
    unsigned interest; // FB_READABLE or FB_WRITABLE
    enum fb_io_op op;
    size_t asked;
};

// Runs the loop that leaf.c draws. FB_READY with *ret_result, or FB_PENDING.
// Trace: IO, SOURCE_CLEAR, WAKER_CLONE, WAKER_DROP.
enum fb_poll fb__leaf_drive(struct fb_future *future, struct fb_context *cx,
                            const struct fb__leaf *leaf,
                            fb__attempt_fn *attempt, int *ret_result);

// Steps out of the bracket of workers.h for a system call on a source, and keeps
// its descriptor from being closed meanwhile. With one worker: nothing.
struct fb__outside {
    struct fb__entry *entry;
    uint32_t depth;
    bool closing; // another worker waits to close it: no call, but -EBADF
};
struct fb__outside fb__source_step_out(const struct fb_source *source);
void fb__source_step_in(struct fb__outside outside);

// What a system call that gives a count has given: that, or -errno.
int fb__count_or_errno(ssize_t result);

// Accepts from the listener at `fd`, passing over connections that died in
// its queue. A new descriptor or -errno.
int fb__leaf_accept(int fd, struct sockaddr *addr, socklen_t size);

// The poll of a future that accepts: drives `leaf`, whose attempt is
// fb__leaf_accept, and makes what it gives the source of the new stream.
// FB_READY with *ret_out 0 or -errno, or FB_PENDING.
enum fb_poll fb__leaf_accept_poll(struct fb_future *future,
                                  struct fb_context *cx,
                                  const struct fb__leaf *leaf,
                                  fb__attempt_fn *attempt,
                                  struct fb_source *stream, int *ret_out);

// Makes `fd` a source, or closes it: 0 or -errno.
int fb__source_adopt(struct fb_source *s, struct fb_runtime *rt, int fd,
                     enum fb_source_kind kind);

#endif
