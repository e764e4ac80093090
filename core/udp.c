// UDP: sockets without connections.
//
// Problem: a datagram is taken or sent whole, may be empty, and may be longer
// than the buffer: the rules of a stream do not hold.
// Idea: the leaf loop (leaf.c) around recvfrom and sendto. MSG_TRUNC makes the
// kernel say the true length, so that a cut datagram is seen as one.
// Concurrency: executor thread.
#include "leaf.h"

#include "fishbowl/udp.h"

#include <errno.h>

static int bind_to(int fd, const struct fb_addr *addr,
                   struct fb_addr *ret_local) {
    int on = 1;
    socklen_t len = sizeof ret_local->u;

    *ret_local = *addr;
    if ((addr->u.any.sa_family == AF_INET6 &&
         fb__sys.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) <
             0) ||
        fb__sys.bind(fd, &addr->u.any, fb__addr_len(addr)) < 0 ||
        fb__sys.getsockname(fd, &ret_local->u.any, &len) < 0) {
        return -errno;
    }
    return 0;
}

int fb_udp_bind(struct fb_runtime *rt, const struct fb_addr *addr,
                struct fb_udp *ret) {
    struct fb_udp made = {0};
    int fd = fb__sys.socket(addr->u.any.sa_family,
                            SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0) {
        return -errno;
    }
    err = bind_to(fd, addr, &made.local);
    if (err < 0) {
        fb__sys.close(fd);
        return err;
    }
    err = fb__source_adopt(&made.source, rt, fd, FB_SOURCE_DATAGRAM);
    if (err < 0) {
        return err;
    }
    *ret = made;
    return 0;
}

void fb_udp_close(struct fb_udp *u) {
    fb_source_close(&u->source);
}

int fb_udp_connect(struct fb_udp *u, const struct fb_addr *peer) {
    int err;

    do {
        err =
            fb__sys.connect(u->source.fd, &peer->u.any, fb__addr_len(peer)) < 0
                ? -errno
                : 0;
    } while (err == -EINTR); // it only notes the address: as good as new
    return err;
}

// ---- sending ----

static int send_to_attempt(struct fb_future *future) {
    struct fb_send_to *self =
        fb_container_of(future, struct fb_send_to, future);

    return fb__count_or_errno(
        fb__sys.sendto(self->udp->source.fd, self->buf, self->len, MSG_NOSIGNAL,
                       self->connected ? NULL : &self->to.u.any,
                       self->connected ? 0 : fb__addr_len(&self->to)));
}

static enum fb_poll send_to_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_send_to *self =
        fb_container_of(future, struct fb_send_to, future);
    const struct fb__leaf leaf = {.source = &self->udp->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_WRITABLE,
                                  .op = FB_IO_SEND_TO,
                                  .asked = self->len};

    return fb__leaf_drive(future, cx, &leaf, send_to_attempt, &self->out);
}

static void send_to_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_send_to, future)->waiter);
}

static struct fb_type send_to_type =
    FB_TYPE(fb_send_to, .poll = send_to_poll, .drop = send_to_drop,
            .waiter_offset = offsetof(struct fb_send_to, waiter));

struct fb_send_to fb_udp_send_to(struct fb_udp *u, const void *buf, size_t len,
                                 const struct fb_addr *to) {
    struct fb_send_to made = {.future.type = &send_to_type,
                              .connected = to == NULL,
                              .udp = u,
                              .buf = buf,
                              .len = len};

    if (to != NULL) {
        made.to = *to;
    }
    return made;
}

// ---- receiving ----

static int recv_from_attempt(struct fb_future *future) {
    struct fb_recv_from *self =
        fb_container_of(future, struct fb_recv_from, future);
    socklen_t len = sizeof self->from.u;

    return fb__count_or_errno(fb__sys.recvfrom(self->udp->source.fd, self->buf,
                                               self->len, MSG_TRUNC,
                                               &self->from.u.any, &len));
}

static enum fb_poll recv_from_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct fb_recv_from *self =
        fb_container_of(future, struct fb_recv_from, future);
    const struct fb__leaf leaf = {.source = &self->udp->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_READABLE,
                                  .op = FB_IO_RECV_FROM,
                                  .asked = self->len};

    return fb__leaf_drive(future, cx, &leaf, recv_from_attempt, &self->out);
}

static void recv_from_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_recv_from, future)->waiter);
}

static struct fb_type recv_from_type =
    FB_TYPE(fb_recv_from, .poll = recv_from_poll, .drop = recv_from_drop,
            .waiter_offset = offsetof(struct fb_recv_from, waiter));

struct fb_recv_from fb_udp_recv_from(struct fb_udp *u, void *buf, size_t len) {
    return (struct fb_recv_from){
        .future.type = &recv_from_type, .udp = u, .buf = buf, .len = len};
}
