// Problem: getaddrinfo() may ask servers far away and has no form that does
// not block; most addresses that people type need none of it.
// Idea: what can be read as an address is one. The rest is blocking work: a
// thread of the pool asks, the future brings the answer.
// Concurrency: run_lookup on a thread of the pool, with its own copy of the
// question; all else on the executor's thread.
#include "runtime_impl.h"

#include "fishbowl/resolve.h"

#include <errno.h>
#include <string.h>

static int to_errno(int eai) {
    switch (eai) {
    case 0: return 0;
    case EAI_AGAIN: return -EAGAIN;
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM: return errno != 0 ? -errno : -EIO;
    case EAI_NONAME:
    case EAI_NODATA: return -ENOENT;
    default: return -EIO;
    }
}

static void keep(struct fb__lookup *l, const struct addrinfo *info) {
    struct fb_addr *addr = &l->addrs[l->count];

    if (info->ai_family == AF_INET) {
        memcpy(&addr->u.v4, info->ai_addr, sizeof addr->u.v4);
        addr->u.v4.sin_port = htons(l->port);
        l->count++;
    } else if (info->ai_family == AF_INET6) {
        memcpy(&addr->u.v6, info->ai_addr, sizeof addr->u.v6);
        addr->u.v6.sin6_port = htons(l->port);
        l->count++;
    }
}

static int run_lookup(void *args) {
    // One socket type, else each address comes once for every type.
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct fb__lookup *l = args;
    struct addrinfo *list = NULL;
    int err = to_errno(fb__sys.getaddrinfo(l->host, NULL, &hints, &list));

    if (err < 0) {
        return err;
    }
    for (const struct addrinfo *info = list;
         info != NULL && l->count < FB_RESOLVE_MAX; info = info->ai_next) {
        keep(l, info);
    }
    fb__sys.freeaddrinfo(list);
    return l->count > 0 ? (int)l->count : -ENOENT;
}

// Splits "host:port". A host with a colon would be an address, and a bad one.
static int split(const char *text, struct fb__lookup *l) {
    const char *colon = strchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;

    if (len == 0 || len >= sizeof l->host || text[0] == '[') {
        return -EINVAL;
    }
    memcpy(l->host, text, len);
    return fb__port_parse(colon + 1, &l->port);
}

static enum fb_poll resolve_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_resolve *self =
        fb_container_of(future, struct fb_resolve, future);

    if (self->work.future.type == NULL) {
        return FB_READY; // decided when it was made
    }
    self->work.args = &self->found; // it does not move any more
    if (fb_future_await(future, &self->work.future, cx, __LINE__) ==
        FB_PENDING) {
        return FB_PENDING;
    }
    self->out = self->work.out;
    return FB_READY;
}

static void resolve_drop(struct fb_future *future) {
    // Not yet a child if it was never polled.
    fb_future_drop(
        &fb_container_of(future, struct fb_resolve, future)->work.future);
}

static struct fb_type resolve_type =
    FB_TYPE(fb_resolve, .poll = resolve_poll, .drop = resolve_drop);

struct fb_resolve fb_resolve(struct fb_runtime *rt, const char *text) {
    struct fb_resolve made = {.future.type = &resolve_type};

    if (fb_addr_parse(text, &made.found.addrs[0]) == 0) {
        made.out = (int)(made.found.count = 1);
        return made;
    }
    made.out = split(text, &made.found);
    if (made.out == 0) {
        made.work =
            fb_spawn_blocking(rt, run_lookup, NULL, NULL, sizeof made.found);
    }
    return made;
}
