// Problem: a socket call may succeed, fail, come back short, be interrupted or
// say "not now", and "not now" must become Pending without losing an edge.
// Idea: every leaf future is the same loop around one system call:
//
//     ready? ── no ──► wait: store the waker at the source, Pending
//       │ yes, at tick t; budget spent? Pending, woken
//       ▼
//     call ── EINTR ─► again    ── EAGAIN ─► clear(t), and look again
//       │
//       ▼ anything else: Ready
//
// TCP, Unix sockets, datagrams and signals differ in the call, not in this.
// Invariants: while Pending no byte has been taken and the waker is stored;
// a future that is dropped leaves no waiter behind.
// Concurrency: executor thread. With several workers all of it lies inside the
// bracket of workers.h but the call itself: what comes meanwhile makes a new
// tick, and whoever closes the source waits for the call's end. None begins
// while someone waits so: those who go on calling must not keep it open.
#include "leaf.h"

#include "fishbowl/budget.h"

#include <errno.h>
#include <limits.h>

static int try_it(struct fb_future *future, fb__attempt_fn *attempt) {
    int result;

    do {
        result = attempt(future);
    } while (result == -EINTR);
    return result;
}

struct fb__outside fb__source_step_out(const struct fb_source *source) {
    struct fb__outside outside = {0};
    struct fb__entry *entry;

    if (fb__have_workers()) {
        fb__shared_begin();
        entry = fb__reactor_entry(source->runtime, source);
        outside.closing = entry != NULL && entry->closing;
        if (entry != NULL && !entry->closing) {
            entry->attempts++;
            outside.entry = entry;
        }
        fb__shared_end();
        outside.depth = fb__shared_pause();
    }
    return outside;
}

void fb__source_step_in(struct fb__outside outside) {
    fb__shared_resume(outside.depth);
    if (outside.entry == NULL) {
        return;
    }
    fb__shared_begin();
    if (--outside.entry->attempts == 0 && outside.entry->closing) {
        fb__shared_news();
    }
    fb__shared_end();
}

static int try_outside(struct fb_future *future, const struct fb_source *source,
                       fb__attempt_fn *attempt) {
    const struct fb__outside outside = fb__source_step_out(source);
    int result = outside.closing ? -EBADF : try_it(future, attempt);

    fb__source_step_in(outside);
    return result;
}

enum fb_poll fb__leaf_drive(struct fb_future *future, struct fb_context *cx,
                            const struct fb__leaf *leaf,
                            fb__attempt_fn *attempt, int *ret_result) {
    for (;;) {
        uint32_t tick = 0;
        int result;

        if (fb_source_ready(leaf->source, leaf->interest, &tick) == 0) {
            result =
                fb_source_wait(leaf->source, leaf->waiter, cx, leaf->interest);
            if (result == 0) {
                return FB_PENDING;
            }
        } else if (!fb_budget_left(cx)) {
            return FB_PENDING;
        } else {
            result = fb__have_workers()
                         ? try_outside(future, leaf->source, attempt)
                         : try_it(future, attempt);
            fb__emit_io(cx->runtime, leaf->source, future, leaf->op, result,
                        leaf->asked);
        }
        if (result != -EAGAIN) {
            fb_waiter_disarm(leaf->waiter); // ready without its wake
            fb_budget_spend(cx);
            *ret_result = result;
            return FB_READY;
        }
        fb_source_clear(leaf->source, leaf->interest, tick);
    }
}

int fb__count_or_errno(ssize_t result) {
    int err = errno;

    if (result >= 0) {
        return result > INT_MAX ? INT_MAX : (int)result;
    }
    return err == EWOULDBLOCK ? -EAGAIN : -err;
}

// Errors that belong to a connection which died in the queue, not to the
// listener: the next one may be fine. Source: accept(2), "Error handling".
static bool is_of_the_connection(int result) {
    switch (-result) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return true;
    default: return false;
    }
}

int fb__leaf_accept(int fd, struct sockaddr *addr, socklen_t size) {
    socklen_t len;
    int result;

    do {
        len = size;
        result = fb__count_or_errno(
            fb__sys.accept(fd, addr, addr != NULL ? &len : NULL,
                           SOCK_NONBLOCK | SOCK_CLOEXEC));
    } while (result < 0 && is_of_the_connection(result));
    return result;
}

int fb__source_adopt(struct fb_source *s, struct fb_runtime *rt, int fd,
                     enum fb_source_kind kind) {
    int err = fb_source_open(s, rt, fd, kind);

    if (err < 0) {
        fb__sys.close(fd);
    }
    return err;
}

enum fb_poll fb__leaf_accept_poll(struct fb_future *future,
                                  struct fb_context *cx,
                                  const struct fb__leaf *leaf,
                                  fb__attempt_fn *attempt,
                                  struct fb_source *stream, int *ret_out) {
    int fd;

    if (fb__leaf_drive(future, cx, leaf, attempt, &fd) == FB_PENDING) {
        return FB_PENDING;
    }
    *ret_out =
        fd < 0 ? fd
               : fb__source_adopt(stream, cx->runtime, fd, FB_SOURCE_STREAM);
    return FB_READY;
}
