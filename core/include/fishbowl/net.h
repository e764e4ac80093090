// TCP over IPv4 and IPv6, and the sources that tie descriptors to the reactor.
#ifndef FISHBOWL_NET_H
#define FISHBOWL_NET_H

#include "fishbowl/future.h"
#include <netinet/in.h>
#include <sys/socket.h>

struct fb_addr {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
};
#define FB_ADDR_TEXT_BYTES 64

// Reads "127.0.0.1:6142" or "[::1]:6142" (numeric only).
// Errors: -EINVAL; *ret_addr is untouched.
FB_MUST_USE int fb_addr_parse(const char *text, struct fb_addr *ret_addr);
// Writes it back in the same form. Requires: out_bytes >= FB_ADDR_TEXT_BYTES.
void fb_addr_format(const struct fb_addr *addr, char *out, size_t out_bytes);
uint16_t fb_addr_port(const struct fb_addr *addr);

// A descriptor and its place in the reactor. Movable; zero-initialised
// (runtime NULL) it refers to nothing. Registered at its first would-block.
struct fb_source {
    struct fb_runtime *runtime;
    int fd;
    uint32_t index; // into the reactor's table
    uint32_t generation;
    uint32_t id; // for people: never used twice
};

// Takes a non-blocking descriptor over. Errors: -ENOMEM, -EEXIST it is already
// a source (the first stays); the caller then still owns fd.
// Trace: SOURCE_ADD.
FB_MUST_USE int fb_source_open(struct fb_source *s, struct fb_runtime *rt,
                               int fd, enum fb_source_kind kind);
// Wakes whoever waits on it (their next attempt gives -EBADF), deregisters and
// closes. Legal when closed or zeroed. Trace: SOURCE_DEL.
void fb_source_close(struct fb_source *s);

// The leaf future's three steps, for those who write their own:
// 1. ready = fb_source_ready(): 0 → fb_source_wait, return Pending;
// 2. try the system call; 3. EAGAIN → fb_source_clear(tick of 1), loop to 1.
unsigned fb_source_ready(const struct fb_source *s, unsigned interest,
                         uint32_t *ret_tick);
void fb_source_clear(const struct fb_source *s, unsigned bits, uint32_t tick);
// Errors: those of epoll_ctl (first registration).
FB_MUST_USE int fb_source_wait(const struct fb_source *s, struct fb_waiter *w,
                               struct fb_context *cx, unsigned interest);

struct fb_tcp_listener {
    struct fb_source source;
    struct fb_addr local; // with the port that was picked
};
struct fb_tcp_stream {
    struct fb_source source;
};

// Binds (SO_REUSEADDR, dual stack off) and listens. Errors: those of socket,
// bind, listen; nothing is left open.
FB_MUST_USE int fb_tcp_listen(struct fb_runtime *rt, const struct fb_addr *addr,
                              int backlog, struct fb_tcp_listener *ret);
void fb_tcp_listener_close(struct fb_tcp_listener *l);
void fb_tcp_close(struct fb_tcp_stream *s);

// Waits for a connection. out: 0 with `stream` and `peer` filled, or -errno:
// EMFILE, ENFILE, ENOBUFS, ENOMEM are given to the caller, who decides (the
// greeter backs off); ECONNABORTED, EPROTO, EINTR and pending network errors
// of the connection are retried. From Ready on `stream` belongs to whoever owns
// the slot: it is taken out, or closed by them.
struct fb_accept {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    struct fb_tcp_stream stream;
    struct fb_addr peer;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_accept fb_tcp_accept(struct fb_tcp_listener *l);

// Connects. out: 0 with `stream` filled, which from then on belongs to whoever
// owns the slot, or -errno.
struct fb_connect {
    struct fb_future future;
    int out;
    struct fb_addr addr;
    struct fb_tcp_stream stream;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_connect fb_tcp_connect(const struct fb_addr *addr);

// Reads what is there, up to len bytes, once. out: bytes, 0 at end of file, or
// -errno. Cancel-safe: while Pending no byte has been taken.
struct fb_read {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    void *buf;
    size_t len;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_read fb_tcp_read(struct fb_tcp_stream *s, void *buf,
                                       size_t len);

// Writes up to len bytes, once. out: bytes or -errno (EPIPE, ECONNRESET come
// as values, never as a signal).
struct fb_write {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    const void *buf;
    size_t len;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_write fb_tcp_write(struct fb_tcp_stream *s,
                                         const void *buf, size_t len);

// Writes all len bytes. out: 0 or -errno. Not cancel-safe: `done` bytes were
// written when it is dropped early. Requires: len <= INT_MAX.
struct fb_write_all {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    const char *buf;
    size_t len, done;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_write_all fb_tcp_write_all(struct fb_tcp_stream *s,
                                                 const void *buf, size_t len);

// Sends FIN (SHUT_WR); reading still works. Never blocks. 0 or -errno
// (ENOTCONN after a reset). Trace: IO.
FB_MUST_USE int fb_tcp_shutdown(struct fb_tcp_stream *s);

#endif
