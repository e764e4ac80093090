// UDP over IPv4 and IPv6: datagrams, each whole or not at all.
#ifndef FISHBOWL_UDP_H
#define FISHBOWL_UDP_H

#include "fishbowl/net.h"

struct fb_udp {
    struct fb_source source;
    struct fb_addr local; // with the port that was picked
};

// Binds (dual stack off; no address is shared with others).
// Errors: those of socket and bind, -ENOMEM; nothing is left open.
// Trace: SOURCE_ADD.
FB_MUST_USE int fb_udp_bind(struct fb_runtime *rt, const struct fb_addr *addr,
                            struct fb_udp *ret);
// Legal when closed or zeroed. Trace: SOURCE_DEL.
void fb_udp_close(struct fb_udp *u);

// Fixes the peer: fb_udp_send_to may then do without an address, datagrams of
// others are not received, and a peer that is not there is an error:
// -ECONNREFUSED from a later send or receive. Sends nothing, never blocks.
FB_MUST_USE int fb_udp_connect(struct fb_udp *u, const struct fb_addr *peer);

// Sends one datagram. out: its length or -errno (-EMSGSIZE it is too long,
// -EDESTADDRREQ no address and not connected). Cancel-safe.
// Trace: IO, SOURCE_CLEAR, WAKER_CLONE.
struct fb_send_to {
    struct fb_future future;
    int out;
    bool connected; // `to` is not used
    struct fb_udp *udp;
    const void *buf;
    size_t len;
    struct fb_addr to;
    struct fb_waiter waiter;
};
// `to` NULL: the connected peer.
FB_MUST_USE struct fb_send_to fb_udp_send_to(struct fb_udp *u, const void *buf,
                                             size_t len,
                                             const struct fb_addr *to);

// Receives one datagram; `from` is its sender. out: its length (0 is a whole
// datagram, not an end) or -errno. Greater than len: it was cut, the rest is
// gone. Cancel-safe. Trace: IO, SOURCE_CLEAR, WAKER_CLONE.
struct fb_recv_from {
    struct fb_future future;
    int out;
    struct fb_udp *udp;
    void *buf;
    size_t len;
    struct fb_addr from;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_recv_from fb_udp_recv_from(struct fb_udp *u, void *buf,
                                                 size_t len);

#endif
