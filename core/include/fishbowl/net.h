// Addresses, and the sources that tie descriptors to the reactor.
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

// Reads "127.0.0.1:6142" or "[::1]:6142" (numeric only; names: resolve.h).
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

#endif
