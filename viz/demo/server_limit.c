// Taking a program's descriptors away.
//
// Problem: "what if it runs out of descriptors?" is asked of every server, and
// filling a thousand of them for an answer is no demonstration.
// Idea: prlimit(2) lowers the limit of the running program to the lowest number
// that is free. What it holds it keeps; the next one it asks for it does not
// get, and accept(2) fails as it would on a bad day.
#include "server.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

// The number that the next descriptor of a process will have.
static int lowest_free(pid_t pid, uint64_t *ret_number) {
    char path[64];
    uint64_t number = 0;

    for (;; number++) {
        struct stat st;

        snprintf(path, sizeof(path), "/proc/%d/fd/%llu", (int)pid,
                 (unsigned long long)number);
        if (lstat(path, &st) < 0) {
            break;
        }
    }
    if (errno != ENOENT || kill(pid, 0) < 0) {
        return -errno;
    }
    *ret_number = number;
    return 0;
}

int fb_server_starve(struct fb_server *s, bool starve) {
    struct rlimit now, wanted;
    int err = s->pid > 0 ? 0 : -ESRCH;

    if (err || starve == s->starved) {
        return err;
    }
    if (prlimit(s->pid, RLIMIT_NOFILE, NULL, &now) < 0) {
        return -errno;
    }
    wanted = now;
    if (starve) {
        err = lowest_free(s->pid, &s->files);
        s->files_before = now.rlim_cur;
        wanted.rlim_cur = s->files;
    } else {
        wanted.rlim_cur = s->files_before;
    }
    if (!err && prlimit(s->pid, RLIMIT_NOFILE, &wanted, NULL) < 0) {
        err = -errno;
    }
    s->starved = err ? s->starved : starve;
    return err;
}
