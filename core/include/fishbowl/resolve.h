// Name resolution: "localhost:6142" → addresses, off the executor's thread.
#ifndef FISHBOWL_RESOLVE_H
#define FISHBOWL_RESOLVE_H

#include "fishbowl/blocking.h"
#include "fishbowl/net.h"

#define FB_RESOLVE_MAX 8   // addresses of a name; more are left out
#define FB_HOST_BYTES  254 // a name of the DNS has at most 253 (RFC 1035)

// Looks a host's addresses up. out: how many there are, in the order in which
// the system would try them; or
//   -EINVAL  the text is neither "host:port" nor an address of fb_addr_parse
//   -ENOENT  there is no such name, or it has no address
//   -EAGAIN  no answer now; maybe later
//   -ENOMEM, -EIO and what the resolver met otherwise.
// A numeric address is Ready at the first poll, without the pool of threads.
// Cancel-safe; a lookup that has started runs on for nobody.
struct fb_resolve {
    struct fb_future future;
    int out;
    struct fb__lookup {
        char host[FB_HOST_BYTES];
        uint16_t port;
        uint32_t count;
        struct fb_addr addrs[FB_RESOLVE_MAX];
    } found;
    struct fb_blocking work; // none for a numeric address
};

// Ownership: `text` is not kept; the future holds memory (fb_spawn_blocking),
// so one that is never awaited must be dropped. Context: executor thread.
// Trace: as fb_spawn_blocking.
FB_MUST_USE struct fb_resolve fb_resolve(struct fb_runtime *rt,
                                         const char *text);

#endif
