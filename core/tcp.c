// TCP: listening, accepting, connecting, and the options that matter.
//
// Problem: a connection may die in the listener's queue, and a connect takes a
// round trip; both must look like any other leaf future (leaf.c).
// Invariants: a descriptor belongs to a source from the moment it is open; on
// every error path it is closed.
// Concurrency: executor thread.
#include "leaf.h"

#include "fishbowl/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>

// ---- listening and accepting ----

static int bind_and_listen(int fd, const struct fb_addr *addr, int backlog,
                           struct fb_addr *ret_local) {
    int on = 1;
    socklen_t len = fb__addr_len(addr);

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
    int fd = open_socket(addr), err;

    if (fd < 0) {
        return fd;
    }
    err = bind_and_listen(fd, addr, backlog, &listener.local);
    if (err < 0) {
        fb__sys.close(fd);
        return err;
    }
    err = fb__source_adopt(&listener.source, rt, fd, FB_SOURCE_LISTENER);
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

static int accept_attempt(struct fb_future *future) {
    struct fb_accept *self = fb_container_of(future, struct fb_accept, future);

    return fb__leaf_accept(self->listener->source.fd, &self->peer.u.any,
                           sizeof self->peer.u);
}

static enum fb_poll accept_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_accept *self = fb_container_of(future, struct fb_accept, future);
    const struct fb__leaf leaf = {.source = &self->listener->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_READABLE,
                                  .op = FB_IO_ACCEPT};

    return fb__leaf_accept_poll(future, cx, &leaf, accept_attempt,
                                &self->stream.source, &self->out);
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
    err = fb__source_adopt(source, cx->runtime, fd, FB_SOURCE_STREAM);
    if (err < 0) {
        return err;
    }
    err = fb__sys.connect(fd, &self->addr.u.any, fb__addr_len(&self->addr)) < 0
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
    struct fb__leaf leaf = {.source = &self->stream.source,
                            .waiter = &self->waiter,
                            .interest = FB_WRITABLE,
                            .op = FB_IO_CONNECT};

    if (future->state == 0) {
        self->out = connect_start(self, cx);
    }
    if (self->out == 0 && fb__leaf_drive(future, cx, &leaf, connect_attempt,
                                         &self->out) == FB_PENDING) {
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

// ---- options ----

static int set_option(const struct fb_tcp_stream *s, int level, int name,
                      int value) {
    return fb__sys.setsockopt(s->source.fd, level, name, &value, sizeof value) <
                   0
               ? -errno
               : 0;
}

int fb_tcp_set_nodelay(const struct fb_tcp_stream *s, bool on) {
    return set_option(s, IPPROTO_TCP, TCP_NODELAY, on);
}

int fb_tcp_set_keepalive(const struct fb_tcp_stream *s, unsigned idle_s,
                         unsigned interval_s, unsigned probes) {
    int err = set_option(s, SOL_SOCKET, SO_KEEPALIVE, idle_s > 0);

    if (err == 0 && idle_s > 0) {
        err = set_option(s, IPPROTO_TCP, TCP_KEEPIDLE, (int)idle_s);
    }
    if (err == 0 && idle_s > 0) {
        err = set_option(s, IPPROTO_TCP, TCP_KEEPINTVL, (int)interval_s);
    }
    if (err == 0 && idle_s > 0) {
        err = set_option(s, IPPROTO_TCP, TCP_KEEPCNT, (int)probes);
    }
    return err;
}

int fb_tcp_set_send_timeout(const struct fb_tcp_stream *s, unsigned ms) {
    return set_option(s, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)ms);
}

int fb_tcp_reset(struct fb_tcp_stream *s) {
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    int err = fb__sys.setsockopt(s->source.fd, SOL_SOCKET, SO_LINGER, &none,
                                 sizeof none) < 0
                  ? -errno
                  : 0;

    fb_tcp_close(s);
    return err;
}

int fb_tcp_peer(const struct fb_tcp_stream *s, struct fb_addr *ret_addr) {
    struct fb_addr addr = {0};
    socklen_t len = sizeof addr.u;

    if (fb__sys.getpeername(s->source.fd, &addr.u.any, &len) < 0) {
        return -errno;
    }
    *ret_addr = addr;
    return 0;
}
