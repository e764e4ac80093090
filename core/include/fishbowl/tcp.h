// TCP over IPv4 and IPv6.
#ifndef FISHBOWL_TCP_H
#define FISHBOWL_TCP_H

#include "fishbowl/stream.h"

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

// See stream.h for what each does and gives.
FB_MUST_USE struct fb_read fb_tcp_read(struct fb_tcp_stream *s, void *buf,
                                       size_t len);
FB_MUST_USE struct fb_read fb_tcp_peek(struct fb_tcp_stream *s, void *buf,
                                       size_t len);
FB_MUST_USE struct fb_read_exact fb_tcp_read_exact(struct fb_tcp_stream *s,
                                                   void *buf, size_t len);
// `filled` bytes of buf are there already. Requires: filled <= size <= INT_MAX.
FB_MUST_USE struct fb_read_until fb_tcp_read_until(struct fb_tcp_stream *s,
                                                   void *buf, size_t size,
                                                   size_t filled,
                                                   char delimiter);
FB_MUST_USE struct fb_write fb_tcp_write(struct fb_tcp_stream *s,
                                         const void *buf, size_t len);
FB_MUST_USE struct fb_write_all fb_tcp_write_all(struct fb_tcp_stream *s,
                                                 const void *buf, size_t len);

// Writes all len bytes as the last ones, sends FIN and closes the stream. The
// FIN travels in the segment of the last byte, which write_all and a close
// would send without it. Once Ready the stream is closed, whatever `out` says
// (0 or -errno); dropped early it stays open, `done` bytes written. Like any
// close it answers input that was never read with a reset, but after the last
// bytes. Trace: IO (write, shutdown), SOURCE_CLEAR, WAKER_CLONE, SOURCE_DEL.
// Source: MSG_MORE in send(2); RFC 2525, 2.17.
FB_MUST_USE struct fb_write_all fb_tcp_write_close(struct fb_tcp_stream *s,
                                                   const void *buf, size_t len);

// Sends FIN (SHUT_WR); reading still works. Never blocks; again is harmless.
// 0 or -errno (ENOTCONN after a reset, or when both ends have done so).
// Trace: IO.
FB_MUST_USE int fb_tcp_shutdown(struct fb_tcp_stream *s);

// Closes with a reset: what is still in flight is thrown away, the peer reads
// ECONNRESET. 0 or -errno; closed in any case. Trace: SOURCE_DEL.
int fb_tcp_reset(struct fb_tcp_stream *s);

// ---- options: 0 or -errno ----

// Sends small writes at once instead of waiting for the answer to the last
// (Nagle's algorithm, RFC 896). For conversations of many small writes.
FB_MUST_USE int fb_tcp_set_nodelay(const struct fb_tcp_stream *s, bool on);
// Asks an idle peer whether it is still there: first after idle_s, then every
// interval_s, and gives up (ETIMEDOUT) after `probes` without an answer.
// idle_s 0: never asks.
FB_MUST_USE int fb_tcp_set_keepalive(const struct fb_tcp_stream *s,
                                     unsigned idle_s, unsigned interval_s,
                                     unsigned probes);
// How long written bytes may stay unacknowledged before the connection fails
// with ETIMEDOUT; 0: the system's choice, many minutes. Source: RFC 5482.
FB_MUST_USE int fb_tcp_set_send_timeout(const struct fb_tcp_stream *s,
                                        unsigned ms);
// Who is at the other end. Errors: -ENOTCONN; *ret_addr is untouched.
FB_MUST_USE int fb_tcp_peer(const struct fb_tcp_stream *s,
                            struct fb_addr *ret_addr);

#endif
