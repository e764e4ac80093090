// Problem: a recording is made in a hurry, and its name is soon used twice.
// Idea: the kernel creates it only if it is not there; who says --force means
//     the recording of that name, not the trace of a program that runs.
#include "output.h"
#include "resolve.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAGS = O_WRONLY | O_CLOEXEC | O_NOCTTY, MODE = 0600 };

// Opens what is there already, and empties it if it is a file.
static int replace(struct fb_output *o) {
    struct stat st;

    if (fb_session_is_written(o->path)) {
        return -EBUSY; // it would die of it
    }
    o->fd = open(o->path, FLAGS);
    if (o->fd < 0) {
        return -errno;
    }
    if (fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode) &&
        ftruncate(o->fd, 0) < 0) {
        const int err = -errno;

        (void)close(o->fd);
        o->fd = -1;
        return err;
    }
    return 0;
}

int fb_output_open(struct fb_output *o, const char *path, bool force, char *why,
                   size_t why_bytes) {
    int err = 0;

    o->fd = -1;
    o->created = false;
    if (snprintf(o->path, sizeof(o->path), "%s", path) >= PATH_MAX) {
        err = -ENAMETOOLONG;
    }
    if (err == 0) {
        o->fd = open(o->path, FLAGS | O_CREAT | O_EXCL, MODE);
        o->created = o->fd >= 0;
        err = o->fd < 0 ? -errno : 0;
    }
    if (err == -EEXIST && force) {
        err = replace(o);
    }
    if (err == -EEXIST) {
        snprintf(why, why_bytes,
                 "it is there already (--force replaces it, -o takes another "
                 "name)");
    } else if (err == -EBUSY) {
        snprintf(why, why_bytes, "a program that runs writes its trace there");
    } else if (err < 0) {
        snprintf(why, why_bytes, "it cannot be written: %s", strerror(-err));
    }
    return err;
}

int fb_output_open_named(struct fb_output *o, const char *program, uint32_t pid,
                         bool force, char *why, size_t why_bytes) {
    char name[64 + 32], safe[64];
    size_t len = 0;

    // The program's name is its own: it may hold anything.
    for (; program[len] != '\0' && len < sizeof(safe) - 1; len++) {
        const unsigned char c = (unsigned char)program[len];

        safe[len] = (char)(c < 0x80 && isalnum(c) ? c : '_');
    }
    safe[len] = '\0';
    snprintf(name, sizeof(name), "%s-%u.fish", len > 0 ? safe : "program", pid);
    return fb_output_open(o, name, force, why, why_bytes);
}

void fb_output_drop(struct fb_output *o) {
    if (o->fd >= 0) {
        (void)close(o->fd);
        o->fd = -1;
    }
    if (o->created) {
        (void)unlink(o->path);
    }
}
