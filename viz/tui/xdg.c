// The XDG base directories. A path there that is not absolute is to be ignored.
// Source: XDG Base Directory Specification 0.8.
#include "xdg.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int find(char out[FB_XDG_BYTES], const char *variable,
                const char *fallback, const char *name) {
    const char *base = getenv(variable), *home = getenv("HOME");
    int n;

    if (base && base[0] == '/') {
        n = snprintf(out, FB_XDG_BYTES, "%s/fishbowl/%s", base, name);
    } else if (home && home[0] == '/') {
        n = snprintf(out, FB_XDG_BYTES, "%s/%s/fishbowl/%s", home, fallback,
                     name);
    } else {
        return -ENOENT;
    }
    return n < FB_XDG_BYTES ? 0 : -ENAMETOOLONG;
}

int fb_xdg_config(char out[FB_XDG_BYTES], const char *name) {
    return find(out, "XDG_CONFIG_HOME", ".config", name);
}

int fb_xdg_state(char out[FB_XDG_BYTES], const char *name) {
    return find(out, "XDG_STATE_HOME", ".local/state", name);
}

int fb_xdg_cache(char out[FB_XDG_BYTES], const char *name) {
    return find(out, "XDG_CACHE_HOME", ".cache", name);
}

int fb_xdg_make_folders(const char *path) {
    char folder[FB_XDG_BYTES];

    if (strlen(path) >= sizeof(folder)) {
        return -ENAMETOOLONG;
    }
    for (size_t i = 1; path[i]; i++) {
        if (path[i] == '/') {
            memcpy(folder, path, i);
            folder[i] = '\0';
            if (mkdir(folder, 0700) && errno != EEXIST) {
                return -errno;
            }
        }
    }
    return 0;
}
