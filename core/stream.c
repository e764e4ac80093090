// Streams of bytes, TCP's and Unix sockets' alike: they differ in how a
// connection comes about, not in how it is read and written.
//
// Problem: a call moves as many bytes as it likes; whoever wants n bytes, or a
// line, calls again, and may be dropped in the middle.
// Idea: what takes one call (read, write) is cancel-safe. What takes several
// (write_all, read_exact, read_until) counts in its struct what it has moved,
// so that a caller who drops it early can still see where it stood.
// Concurrency: executor thread.
#include "leaf.h"

#include "fishbowl/tcp.h"
#include "fishbowl/unix.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int receive(const struct fb_source *source, void *buf, size_t len,
                   int flags) {
    return fb__count_or_errno(
        fb__sys.recv(source->fd, buf, len > INT_MAX ? INT_MAX : len, flags));
}

// MSG_NOSIGNAL: a peer that is gone is an error to handle, not a signal.
static int transmit(const struct fb_source *source, const void *buf, size_t len,
                    int flags) {
    return fb__count_or_errno(fb__sys.send(
        source->fd, buf, len > INT_MAX ? INT_MAX : len, flags | MSG_NOSIGNAL));
}

// ---- one call: read, peek, write ----

static int read_attempt(struct fb_future *future) {
    struct fb_read *self = fb_container_of(future, struct fb_read, future);

    return receive(self->source, self->buf, self->len, self->flags);
}

static enum fb_poll read_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_read *self = fb_container_of(future, struct fb_read, future);
    const struct fb__leaf leaf = {.source = self->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_READABLE,
                                  .op = self->flags & MSG_PEEK ? FB_IO_PEEK
                                                               : FB_IO_READ,
                                  .asked = self->len};

    return fb__leaf_drive(future, cx, &leaf, read_attempt, &self->out);
}

static void read_drop(struct fb_future *future) {
    fb_waiter_disarm(&fb_container_of(future, struct fb_read, future)->waiter);
}

static struct fb_type read_type =
    FB_TYPE(fb_read, .poll = read_poll, .drop = read_drop,
            .waiter_offset = offsetof(struct fb_read, waiter));

static struct fb_read make_read(struct fb_source *s, void *buf, size_t len,
                                int flags) {
    return (struct fb_read){.future.type = &read_type,
                            .flags = flags,
                            .source = s,
                            .buf = buf,
                            .len = len};
}

static int write_attempt(struct fb_future *future) {
    struct fb_write *self = fb_container_of(future, struct fb_write, future);

    return transmit(self->source, self->buf, self->len, 0);
}

static enum fb_poll write_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fb_write *self = fb_container_of(future, struct fb_write, future);
    const struct fb__leaf leaf = {.source = self->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_WRITABLE,
                                  .op = FB_IO_WRITE,
                                  .asked = self->len};

    return fb__leaf_drive(future, cx, &leaf, write_attempt, &self->out);
}

static void write_drop(struct fb_future *future) {
    fb_waiter_disarm(&fb_container_of(future, struct fb_write, future)->waiter);
}

static struct fb_type write_type =
    FB_TYPE(fb_write, .poll = write_poll, .drop = write_drop,
            .waiter_offset = offsetof(struct fb_write, waiter));

static struct fb_write make_write(struct fb_source *s, const void *buf,
                                  size_t len) {
    return (struct fb_write){
        .future.type = &write_type, .source = s, .buf = buf, .len = len};
}

// ---- several calls: write all, and maybe close ----

// MSG_MORE before a close: TCP keeps a last, short segment back for more to
// come, and what comes is the FIN, in the same segment.
static int write_all_attempt(struct fb_future *future) {
    struct fb_write_all *self =
        fb_container_of(future, struct fb_write_all, future);

    return transmit(self->source, self->buf + self->done,
                    self->len - self->done, self->closes ? MSG_MORE : 0);
}

static int half_close(struct fb_source *source) {
    const struct fb__outside outside = fb__source_step_out(source);
    int result = outside.closing                             ? -EBADF
                 : fb__sys.shutdown(source->fd, SHUT_WR) < 0 ? -errno
                                                             : 0;

    fb__source_step_in(outside);
    if (source->runtime != NULL) {
        fb__emit_io(fb__here(source->runtime), source, NULL, FB_IO_SHUTDOWN,
                    result, 0);
    }
    return result;
}

static enum fb_poll write_all_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct fb_write_all *self =
        fb_container_of(future, struct fb_write_all, future);
    int sent = 0;

    while (self->done < self->len && sent >= 0) {
        const struct fb__leaf leaf = {.source = self->source,
                                      .waiter = &self->waiter,
                                      .interest = FB_WRITABLE,
                                      .op = FB_IO_WRITE,
                                      .asked = self->len - self->done};

        if (fb__leaf_drive(future, cx, &leaf, write_all_attempt, &sent) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->done += sent > 0 ? (size_t)sent : 0;
    }
    self->out = sent < 0 ? sent : 0;
    if (self->closes) {
        // The FIN goes with what MSG_MORE holds back, and before the close: one
        // that finds unread input resets, and would throw the last bytes away.
        if (self->out == 0) {
            (void)half_close(self->source);
        }
        fb_source_close(self->source);
    }
    return FB_READY;
}

static void write_all_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_write_all, future)->waiter);
}

static struct fb_type write_all_type =
    FB_TYPE(fb_write_all, .poll = write_all_poll, .drop = write_all_drop,
            .waiter_offset = offsetof(struct fb_write_all, waiter));

// The same future under the name by which people look for it.
static struct fb_type write_close_type = {
    .site = {.name = "fb_write_close",
             .file = __FILE__,
             .line = __LINE__,
             .size = sizeof(struct fb_write_all)},
    .poll = write_all_poll,
    .drop = write_all_drop,
    .out_offset = offsetof(struct fb_write_all, out),
    .waiter_offset = offsetof(struct fb_write_all, waiter),
};

static struct fb_write_all make_write_all(struct fb_source *s, const void *buf,
                                          size_t len, bool closes) {
    return (struct fb_write_all){.future.type = closes ? &write_close_type
                                                       : &write_all_type,
                                 .closes = closes,
                                 .source = s,
                                 .buf = buf,
                                 .len = len};
}

// ---- several calls: read exactly so many ----

static int read_exact_attempt(struct fb_future *future) {
    struct fb_read_exact *self =
        fb_container_of(future, struct fb_read_exact, future);

    return receive(self->source, self->buf + self->done, self->len - self->done,
                   0);
}

static enum fb_poll read_exact_poll(struct fb_future *future,
                                    struct fb_context *cx) {
    struct fb_read_exact *self =
        fb_container_of(future, struct fb_read_exact, future);
    int got;

    self->out = 0;
    while (self->done < self->len && self->out == 0) {
        const struct fb__leaf leaf = {.source = self->source,
                                      .waiter = &self->waiter,
                                      .interest = FB_READABLE,
                                      .op = FB_IO_READ,
                                      .asked = self->len - self->done};

        if (fb__leaf_drive(future, cx, &leaf, read_exact_attempt, &got) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->done += got > 0 ? (size_t)got : 0;
        self->out = got > 0 ? 0 : got == 0 ? -ENODATA : got;
    }
    return FB_READY;
}

static void read_exact_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_read_exact, future)->waiter);
}

static struct fb_type read_exact_type =
    FB_TYPE(fb_read_exact, .poll = read_exact_poll, .drop = read_exact_drop,
            .waiter_offset = offsetof(struct fb_read_exact, waiter));

static struct fb_read_exact make_read_exact(struct fb_source *s, void *buf,
                                            size_t len) {
    return (struct fb_read_exact){
        .future.type = &read_exact_type, .source = s, .buf = buf, .len = len};
}

// ---- several calls: read until a byte has come ----

static int read_until_attempt(struct fb_future *future) {
    struct fb_read_until *self =
        fb_container_of(future, struct fb_read_until, future);

    return receive(self->source, self->buf + self->filled,
                   self->size - self->filled, 0);
}

// Looks among the bytes that nobody has looked at yet; true: `out` is decided.
static bool found(struct fb_read_until *self) {
    const char *at = memchr(self->buf + self->searched, self->delimiter,
                            self->filled - self->searched);

    self->searched = self->filled;
    if (at != NULL) {
        self->out = (int)(at - self->buf) + 1;
    } else if (self->filled == self->size) {
        self->out = -EMSGSIZE;
    }
    return at != NULL || self->filled == self->size;
}

static enum fb_poll read_until_poll(struct fb_future *future,
                                    struct fb_context *cx) {
    struct fb_read_until *self =
        fb_container_of(future, struct fb_read_until, future);
    int got;

    while (!found(self)) {
        const struct fb__leaf leaf = {.source = self->source,
                                      .waiter = &self->waiter,
                                      .interest = FB_READABLE,
                                      .op = FB_IO_READ,
                                      .asked = self->size - self->filled};

        if (fb__leaf_drive(future, cx, &leaf, read_until_attempt, &got) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        if (got <= 0) {
            self->out = got < 0 ? got : self->filled == 0 ? 0 : -ENODATA;
            return FB_READY;
        }
        self->filled += (size_t)got;
    }
    return FB_READY;
}

static void read_until_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_read_until, future)->waiter);
}

static struct fb_type read_until_type =
    FB_TYPE(fb_read_until, .poll = read_until_poll, .drop = read_until_drop,
            .waiter_offset = offsetof(struct fb_read_until, waiter));

static struct fb_read_until make_read_until(struct fb_source *s, void *buf,
                                            size_t size, size_t filled,
                                            char delimiter) {
    fb_assert(size <= INT_MAX && filled <= size,
              "a line's length is an int, and what is filled lies inside");
    return (struct fb_read_until){.future.type = &read_until_type,
                                  .delimiter = delimiter,
                                  .source = s,
                                  .buf = buf,
                                  .size = size,
                                  .filled = filled};
}

// ---- by their names ----

struct fb_read fb_tcp_read(struct fb_tcp_stream *s, void *buf, size_t len) {
    return make_read(&s->source, buf, len, 0);
}

struct fb_read fb_tcp_peek(struct fb_tcp_stream *s, void *buf, size_t len) {
    return make_read(&s->source, buf, len, MSG_PEEK);
}

struct fb_read_exact fb_tcp_read_exact(struct fb_tcp_stream *s, void *buf,
                                       size_t len) {
    return make_read_exact(&s->source, buf, len);
}

struct fb_read_until fb_tcp_read_until(struct fb_tcp_stream *s, void *buf,
                                       size_t size, size_t filled,
                                       char delimiter) {
    return make_read_until(&s->source, buf, size, filled, delimiter);
}

struct fb_write fb_tcp_write(struct fb_tcp_stream *s, const void *buf,
                             size_t len) {
    return make_write(&s->source, buf, len);
}

struct fb_write_all fb_tcp_write_all(struct fb_tcp_stream *s, const void *buf,
                                     size_t len) {
    return make_write_all(&s->source, buf, len, false);
}

struct fb_write_all fb_tcp_write_close(struct fb_tcp_stream *s, const void *buf,
                                       size_t len) {
    return make_write_all(&s->source, buf, len, true);
}

int fb_tcp_shutdown(struct fb_tcp_stream *s) {
    return half_close(&s->source);
}

struct fb_read fb_unix_read(struct fb_unix_stream *s, void *buf, size_t len) {
    return make_read(&s->source, buf, len, 0);
}

struct fb_read_exact fb_unix_read_exact(struct fb_unix_stream *s, void *buf,
                                        size_t len) {
    return make_read_exact(&s->source, buf, len);
}

struct fb_read_until fb_unix_read_until(struct fb_unix_stream *s, void *buf,
                                        size_t size, size_t filled,
                                        char delimiter) {
    return make_read_until(&s->source, buf, size, filled, delimiter);
}

struct fb_write_all fb_unix_write_all(struct fb_unix_stream *s, const void *buf,
                                      size_t len) {
    return make_write_all(&s->source, buf, len, false);
}

int fb_unix_shutdown(struct fb_unix_stream *s) {
    return half_close(&s->source);
}
