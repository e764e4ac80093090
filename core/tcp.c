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
// Invariants: while Pending no byte has been taken and the waker is stored;
// a future that is dropped leaves no waiter behind.
// Concurrency: executor thread.
#include "emit.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <unistd.h>

// One attempt of a leaf. Returns a count or -errno as the system call did.
typedef int attempt_fn(struct fb_future *future);

struct leaf {
    struct fb_source *source;
    struct fb_waiter *waiter;
    unsigned interest; // FB_READABLE or FB_WRITABLE
    enum fb_io_op op;
    size_t asked;
};

// Runs the loop above. FB_READY with *ret_result, or FB_PENDING.
static enum fb_poll drive(struct fb_future *future, struct fb_context *cx,
                          const struct leaf *leaf, attempt_fn *attempt,
                          int *ret_result) {
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
            do {
                result = attempt(future);
            } while (result == -EINTR);
            fb__emit_io(leaf->source->runtime != NULL ? leaf->source->runtime
                                                      : cx->runtime,
                        leaf->source, future, leaf->op, result, leaf->asked);
        }
        if (result != -EAGAIN) {
            fb_waiter_disarm(
                leaf->waiter); // ready without its wake: not needed
            fb_budget_spend(cx);
            *ret_result = result;
            return FB_READY;
        }
        fb_source_clear(leaf->source, leaf->interest, tick);
    }
}

static int count_or_errno(ssize_t result) {
    int err = errno;

    if (result >= 0) {
        return result > INT_MAX ? INT_MAX : (int)result;
    }
    return err == EWOULDBLOCK ? -EAGAIN : -err;
}

// ---- listening and accepting ----

static int bind_and_listen(int fd, const struct fb_addr *addr, int backlog,
                           struct fb_addr *ret_local) {
    int on = 1;
    socklen_t len = addr->u.any.sa_family == AF_INET6 ? sizeof addr->u.v6
                                                      : sizeof addr->u.v4;

    *ret_local = *addr;
    if (fb__sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        (addr->u.any.sa_family == AF_INET6 &&
         fb__sys.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) <
             0) ||
        fb__sys.bind(fd, &addr->u.any, len) < 0 ||
        fb__sys.listen(fd, backlog) < 0) {
        return -errno;
    }
    len = sizeof ret_local->u;
    return fb__sys.getsockname(fd, &ret_local->u.any, &len) < 0 ? -errno : 0;
}

static int open_socket(const struct fb_addr *addr) {
    int fd = fb__sys.socket(addr->u.any.sa_family,
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd < 0 ? -errno : fd;
}

int fb_tcp_listen(struct fb_runtime *rt, const struct fb_addr *addr,
                  int backlog, struct fb_tcp_listener *ret) {
    struct fb_tcp_listener listener = {0};
    int fd = open_socket(addr), err = fd;

    if (fd >= 0) {
        err = bind_and_listen(fd, addr, backlog, &listener.local);
        if (err == 0) {
            err = fb_source_open(&listener.source, rt, fd, FB_SOURCE_LISTENER);
        }
        if (err < 0) {
            fb__sys.close(fd);
        }
    }
    if (err < 0) {
        return err;
    }
    *ret = listener;
    return 0;
}

void fb_tcp_listener_close(struct fb_tcp_listener *l) {
    fb_source_close(&l->source);
}

void fb_tcp_close(struct fb_tcp_stream *s) {
    fb_source_close(&s->source);
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

static int accept_attempt(struct fb_future *future) {
    struct fb_accept *self = fb_container_of(future, struct fb_accept, future);
    socklen_t len;
    int result;

    do {
        len = sizeof self->peer.u;
        result = count_or_errno(fb__sys.accept(self->listener->source.fd,
                                               &self->peer.u.any, &len,
                                               SOCK_NONBLOCK | SOCK_CLOEXEC));
    } while (result < 0 && is_of_the_connection(result));
    return result;
}

static enum fb_poll accept_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_accept *self = fb_container_of(future, struct fb_accept, future);
    const struct leaf leaf = {.source = &self->listener->source,
                              .waiter = &self->waiter,
                              .interest = FB_READABLE,
                              .op = FB_IO_ACCEPT};
    int fd, err;

    if (drive(future, cx, &leaf, accept_attempt, &fd) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = fd;
    if (fd >= 0) {
        err = fb_source_open(&self->stream.source, cx->runtime, fd,
                             FB_SOURCE_STREAM);
        self->out = err;
        if (err < 0) {
            fb__sys.close(fd);
        }
    }
    return FB_READY;
}

static void accept_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_accept, future)->waiter);
}

static struct fb_type accept_type =
    FB_TYPE(fb_accept, .poll = accept_poll, .drop = accept_drop,
            .waiter_offset = offsetof(struct fb_accept, waiter));

struct fb_accept fb_tcp_accept(struct fb_tcp_listener *l) {
    return (struct fb_accept){.future.type = &accept_type, .listener = l};
}

// ---- connecting ----

static int connect_attempt(struct fb_future *future) {
    struct fb_connect *self =
        fb_container_of(future, struct fb_connect, future);
    int err = 0;
    socklen_t len = sizeof err;

    if (fb__sys.getsockopt(self->stream.source.fd, SOL_SOCKET, SO_ERROR, &err,
                           &len) < 0) {
        return -errno;
    }
    return -err;
}

// Starts to connect: the source is open and, unless it was done at once, known
// not to be writable.
static int connect_start(struct fb_connect *self, struct fb_context *cx) {
    struct fb_source *source = &self->stream.source;
    int fd = open_socket(&self->addr), err;
    uint32_t tick;

    if (fd < 0) {
        return fd;
    }
    err = fb_source_open(source, cx->runtime, fd, FB_SOURCE_STREAM);
    if (err < 0) {
        fb__sys.close(fd);
        return err;
    }
    err = fb__sys.connect(fd, &self->addr.u.any,
                          self->addr.u.any.sa_family == AF_INET6
                              ? sizeof self->addr.u.v6
                              : sizeof self->addr.u.v4) < 0
              ? -errno
              : 0;
    // An interrupted connect goes on by itself. Source: connect(2), EINTR.
    if (err == -EINPROGRESS || err == -EINTR) {
        (void)fb_source_ready(source, FB_WRITABLE, &tick);
        fb_source_clear(source, FB_READABLE | FB_WRITABLE, tick);
        err = 0;
    }
    return err;
}

static enum fb_poll connect_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_connect *self =
        fb_container_of(future, struct fb_connect, future);
    struct leaf leaf = {.source = &self->stream.source,
                        .waiter = &self->waiter,
                        .interest = FB_WRITABLE,
                        .op = FB_IO_CONNECT};

    if (future->state == 0) {
        self->out = connect_start(self, cx);
    }
    if (self->out == 0 &&
        drive(future, cx, &leaf, connect_attempt, &self->out) == FB_PENDING) {
        return FB_PENDING;
    }
    if (self->out < 0) {
        fb_tcp_close(&self->stream);
    }
    return FB_READY;
}

static void connect_drop(struct fb_future *future) {
    struct fb_connect *self =
        fb_container_of(future, struct fb_connect, future);

    fb_waiter_disarm(&self->waiter);
    if (future->state != FB_STATE_DONE) {
        fb_tcp_close(&self->stream); // not yet anybody else's
    }
}

static struct fb_type connect_type =
    FB_TYPE(fb_connect, .poll = connect_poll, .drop = connect_drop,
            .waiter_offset = offsetof(struct fb_connect, waiter));

struct fb_connect fb_tcp_connect(const struct fb_addr *addr) {
    return (struct fb_connect){.future.type = &connect_type, .addr = *addr};
}

// ---- reading and writing ----

static int read_attempt(struct fb_future *future) {
    struct fb_read *self = fb_container_of(future, struct fb_read, future);

    return count_or_errno(
        fb__sys.recv(self->stream->source.fd, self->buf,
                     self->len > INT_MAX ? INT_MAX : self->len, 0));
}

static enum fb_poll read_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_read *self = fb_container_of(future, struct fb_read, future);
    const struct leaf leaf = {.source = &self->stream->source,
                              .waiter = &self->waiter,
                              .interest = FB_READABLE,
                              .op = FB_IO_READ,
                              .asked = self->len};

    return drive(future, cx, &leaf, read_attempt, &self->out);
}

static void read_drop(struct fb_future *future) {
    fb_waiter_disarm(&fb_container_of(future, struct fb_read, future)->waiter);
}

static struct fb_type read_type =
    FB_TYPE(fb_read, .poll = read_poll, .drop = read_drop,
            .waiter_offset = offsetof(struct fb_read, waiter));

struct fb_read fb_tcp_read(struct fb_tcp_stream *s, void *buf, size_t len) {
    return (struct fb_read){
        .future.type = &read_type, .stream = s, .buf = buf, .len = len};
}

// MSG_NOSIGNAL: a peer that is gone is an error to handle, not a signal.
static int send_some(struct fb_tcp_stream *s, const void *buf, size_t len) {
    return count_or_errno(fb__sys.send(
        s->source.fd, buf, len > INT_MAX ? INT_MAX : len, MSG_NOSIGNAL));
}

static int write_attempt(struct fb_future *future) {
    struct fb_write *self = fb_container_of(future, struct fb_write, future);

    return send_some(self->stream, self->buf, self->len);
}

static enum fb_poll write_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fb_write *self = fb_container_of(future, struct fb_write, future);
    const struct leaf leaf = {.source = &self->stream->source,
                              .waiter = &self->waiter,
                              .interest = FB_WRITABLE,
                              .op = FB_IO_WRITE,
                              .asked = self->len};

    return drive(future, cx, &leaf, write_attempt, &self->out);
}

static void write_drop(struct fb_future *future) {
    fb_waiter_disarm(&fb_container_of(future, struct fb_write, future)->waiter);
}

static struct fb_type write_type =
    FB_TYPE(fb_write, .poll = write_poll, .drop = write_drop,
            .waiter_offset = offsetof(struct fb_write, waiter));

struct fb_write fb_tcp_write(struct fb_tcp_stream *s, const void *buf,
                             size_t len) {
    return (struct fb_write){
        .future.type = &write_type, .stream = s, .buf = buf, .len = len};
}

static int write_all_attempt(struct fb_future *future) {
    struct fb_write_all *self =
        fb_container_of(future, struct fb_write_all, future);

    return send_some(self->stream, self->buf + self->done,
                     self->len - self->done);
}

static enum fb_poll write_all_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct fb_write_all *self =
        fb_container_of(future, struct fb_write_all, future);
    int sent;

    while (self->done < self->len) {
        const struct leaf leaf = {.source = &self->stream->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_WRITABLE,
                                  .op = FB_IO_WRITE,
                                  .asked = self->len - self->done};

        if (drive(future, cx, &leaf, write_all_attempt, &sent) == FB_PENDING) {
            return FB_PENDING;
        }
        if (sent < 0) {
            self->out = sent;
            return FB_READY;
        }
        self->done += (size_t)sent;
    }
    self->out = 0;
    return FB_READY;
}

static void write_all_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_write_all, future)->waiter);
}

static struct fb_type write_all_type =
    FB_TYPE(fb_write_all, .poll = write_all_poll, .drop = write_all_drop,
            .waiter_offset = offsetof(struct fb_write_all, waiter));

struct fb_write_all fb_tcp_write_all(struct fb_tcp_stream *s, const void *buf,
                                     size_t len) {
    return (struct fb_write_all){
        .future.type = &write_all_type, .stream = s, .buf = buf, .len = len};
}

int fb_tcp_shutdown(struct fb_tcp_stream *s) {
    int result = fb__sys.shutdown(s->source.fd, SHUT_WR) < 0 ? -errno : 0;

    if (s->source.runtime != NULL) {
        fb__emit_io(s->source.runtime, &s->source, NULL, FB_IO_SHUTDOWN, result,
                    0);
    }
    return result;
}
