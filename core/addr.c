// Addresses as people write them: "127.0.0.1:6142", "[::1]:6142". Numeric
// only: a name has to be looked up, and that blocks (resolve.c).
#include "runtime_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fb__port_parse(const char *text, uint16_t *ret_port) {
    unsigned port = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return -EINVAL;
    }
    for (size_t i = 0; i < digits; i++) {
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port > UINT16_MAX) {
        return -EINVAL;
    }
    *ret_port = (uint16_t)port;
    return 0;
}

int fb_addr_parse(const char *text, struct fb_addr *ret_addr) {
    struct fb_addr addr;
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';
    const char *begin = v6 ? text + 1 : text;
    const char *end = v6 ? strchr(text, ']') : colon;
    uint16_t port = 0;

    memset(&addr, 0, sizeof addr);
    if (colon == NULL || end == NULL || (v6 && colon != end + 1) ||
        (size_t)(end - begin) >= sizeof host ||
        fb__port_parse(colon + 1, &port) < 0) {
        return -EINVAL;
    }
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    if (v6) {
        addr.u.v6.sin6_family = AF_INET6;
        addr.u.v6.sin6_port = htons(port);
        if (inet_pton(AF_INET6, host, &addr.u.v6.sin6_addr) != 1) {
            return -EINVAL;
        }
    } else {
        addr.u.v4.sin_family = AF_INET;
        addr.u.v4.sin_port = htons(port);
        if (inet_pton(AF_INET, host, &addr.u.v4.sin_addr) != 1) {
            return -EINVAL;
        }
    }
    *ret_addr = addr;
    return 0;
}

void fb_addr_format(const struct fb_addr *addr, char *out, size_t out_bytes) {
    char host[INET6_ADDRSTRLEN] = "?";

    if (addr->u.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &addr->u.v6.sin6_addr, host, sizeof host);
        snprintf(out, out_bytes, "[%s]:%u", host, fb_addr_port(addr));
    } else {
        inet_ntop(AF_INET, &addr->u.v4.sin_addr, host, sizeof host);
        snprintf(out, out_bytes, "%s:%u", host, fb_addr_port(addr));
    }
}

uint16_t fb_addr_port(const struct fb_addr *addr) {
    return ntohs(addr->u.any.sa_family == AF_INET6 ? addr->u.v6.sin6_port
                                                   : addr->u.v4.sin_port);
}

socklen_t fb__addr_len(const struct fb_addr *addr) {
    return addr->u.any.sa_family == AF_INET6 ? sizeof addr->u.v6
                                             : sizeof addr->u.v4;
}
