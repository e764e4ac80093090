// Which trace a person means.
//
// Problem: people name a running program by its pid, a recording by its path,
// and most often by nothing at all: "the one I just started".
//
// Idea: only digits is a pid and is looked up among this user's traces, where
// a live one wins over a dead one that had the same number; anything else is a
// path. Nothing at all is the newest program that is alive; a dead trace is
// never taken without being named, so that nobody explains yesterday's run.
#include "resolve.h"

#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_pid(const char *what) {
    return what[0] != '\0' && what[strspn(what, "0123456789")] == '\0';
}

// All traces of this user. Another program may start between the two calls,
// so the second one may find more than it stores; those are too new to miss.
static int list_all(struct fb_trace_found **ret_found) {
    size_t room = 64;

    for (;;) {
        struct fb_trace_found *found = calloc(room, sizeof(*found));
        int count;

        if (found == NULL) {
            return -ENOMEM;
        }
        count = fb_trace_list(found, room);
        if (count < 0 || (size_t)count <= room) {
            if (count <= 0) {
                free(found);
                found = NULL;
            }
            *ret_found = found;
            return count;
        }
        free(found);
        room = (size_t)count + 16;
    }
}

// The list is newest first, so the first match is the one that is meant.
static const struct fb_trace_found *pick(const struct fb_trace_found *found,
                                         int count, uint32_t pid) {
    const struct fb_trace_found *dead = NULL;

    for (int i = 0; i < count; i++) {
        if (pid != 0 && found[i].pid != pid) {
            continue;
        }
        if (found[i].alive) {
            return &found[i];
        }
        if (dead == NULL) {
            dead = &found[i];
        }
    }
    return pid != 0 ? dead : NULL;
}

static int take_path(const char *from, char *path, size_t path_bytes, char *why,
                     size_t why_bytes) {
    if (strlen(from) >= path_bytes) {
        snprintf(why, why_bytes,
                 "trace: the path is too long (at most %zu "
                 "bytes)",
                 path_bytes - 1);
        return -ENAMETOOLONG;
    }
    memcpy(path, from, strlen(from) + 1);
    return 0;
}

int fb_session_resolve(const char *what, char *path, size_t path_bytes,
                       char *why, size_t why_bytes) {
    struct fb_trace_found *found = NULL;
    const struct fb_trace_found *meant;
    unsigned long long pid = 0;
    int count, err;

    if (what != NULL && !is_pid(what)) {
        return take_path(what, path, path_bytes, why, why_bytes);
    }
    if (what != NULL) {
        pid = strtoull(what, NULL, 10);
    }
    count = list_all(&found);
    if (count < 0 && count != -ENOENT) {
        snprintf(why, why_bytes,
                 "trace directory: %s (it must be yours alone, mode 0700)",
                 strerror(-count));
        return count;
    }
    meant = what != NULL && (pid == 0 || pid > UINT32_MAX)
                ? NULL
                : pick(found, count < 0 ? 0 : count, (uint32_t)pid);
    if (meant != NULL) {
        err = take_path(meant->path, path, path_bytes, why, why_bytes);
    } else if (what != NULL) {
        snprintf(why, why_bytes,
                 "pid %.20s: no trace of that program (`fishbowl list --all` "
                 "names those there are; a trace kept with --ring is named by "
                 "its file; write ./%.20s for a file)",
                 what, what);
        err = -ENOENT;
    } else {
        snprintf(why, why_bytes,
                 "trace: no traced program is running (start one with "
                 "`fishbowl serve`, or name a file)");
        err = -ENOENT;
    }
    free(found);
    return err;
}

bool fb_session_is_written(const char *path) {
    struct fb_trace_reader r;
    bool is = false;

    if (fb_trace_reader_open(&r, path, false) == 0) {
        is = fb_trace_reader_life(&r) == FB_LIFE_RUNNING;
        fb_trace_reader_close(&r);
    }
    return is;
}
