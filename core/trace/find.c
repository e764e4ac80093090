// Problem: a viewer should find this user's programs without being told where,
// and no other user may plant a trace there or read one.
//
// Idea: one directory per user, mode 0700, checked each time and never followed
// through a symbolic link. What lies in it is still read as hostile.
#include "fishbowl/trace/reader.h"
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// $XDG_RUNTIME_DIR, if it is an absolute directory of ours.
static const char *runtime_dir(void) {
    const char *dir = getenv("XDG_RUNTIME_DIR");
    struct stat st;

    if (!dir || dir[0] != '/' || stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) ||
        st.st_uid != geteuid()) {
        return NULL;
    }
    return dir;
}

// Whether `path` itself is a directory that only this user can enter.
static int check_private(const char *path) {
    struct stat st;

    if (lstat(path, &st) < 0) {
        return -errno;
    }
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
                   (st.st_mode & 0777) == 0700
               ? 0
               : -EPERM;
}

int fb_trace_dir(char *out, size_t out_bytes, bool create) {
    const char *base = runtime_dir();
    char path[4096];
    int len;
    int err;

    len = base ? snprintf(path, sizeof path, "%s/fishbowl", base)
               : snprintf(path, sizeof path, "/tmp/fishbowl-%lu",
                          (unsigned long)geteuid());
    if (len < 0 || (size_t)len >= sizeof path || (size_t)len >= out_bytes) {
        return -ENAMETOOLONG;
    }
    if (create) {
        // A umask may only have taken bits; that is put right below, on what
        // is certain to be our own new directory.
        if (mkdir(path, 0700) == 0) {
            (void)chmod(path, 0700);
        } else if (errno != EEXIST) {
            return -errno;
        }
    }
    err = check_private(path);
    if (err < 0) {
        return err;
    }
    memcpy(out, path, (size_t)len + 1);
    return 0;
}

// ---- listing ---------------------------------------------------------------

static bool has_suffix(const char *name, const char *suffix) {
    size_t len = strlen(name);
    size_t end = strlen(suffix);

    return len > end && strcmp(name + len - end, suffix) == 0;
}

static void text_copy(char *to, const char *from, size_t bytes) {
    memcpy(to, from, bytes);
    to[bytes - 1] = '\0';
}

// Describes the trace in `fd`; false if it is none that we could read.
static bool describe(int fd, struct fb_trace_found *f) {
    struct fb_trace_header h;
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        fb__pread(fd, &h, sizeof h, 0) != sizeof h ||
        memcmp(h.magic, FB_TRACE_MAGIC, sizeof h.magic) != 0 ||
        h.byte_order != FB_TRACE_BYTE_ORDER || h.version != FB_TRACE_VERSION) {
        return false;
    }
    f->pid = h.pid;
    f->start_realtime_ns = h.start_realtime_ns;
    f->alive =
        !(h.flags & FB_TRACE_RECORDING) &&
        atomic_load_explicit(&h.end, memory_order_relaxed) == FB_TRACE_OPEN &&
        fb__pid_alive(h.pid) && fb__locked(fd);
    text_copy(f->program, h.program, sizeof f->program);
    text_copy(f->address, h.address, sizeof f->address);
    return true;
}

static int newest_first(const void *a, const void *b) {
    const struct fb_trace_found *x = a;
    const struct fb_trace_found *y = b;

    if (x->start_realtime_ns != y->start_realtime_ns) {
        return x->start_realtime_ns > y->start_realtime_ns ? -1 : 1;
    }
    return strcmp(x->path, y->path);
}

// Describes directory entry `name`; false if it is no trace.
static bool look_at(int dir_fd, const char *dir, const char *name,
                    struct fb_trace_found *f) {
    int len = snprintf(f->path, sizeof f->path, "%s/%s", dir, name);
    bool good;
    int fd;

    if (!has_suffix(name, ".ring") || len < 0 ||
        (size_t)len >= sizeof f->path) {
        return false;
    }
    // Not blocking: it might be a FIFO.
    fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    good = describe(fd, f);
    (void)close(fd);
    return good;
}

// Appends to a growing array.
static int found_push(struct fb_trace_found **all, size_t *count,
                      const struct fb_trace_found *f) {
    if ((*count & (*count - 1)) == 0) { // 0, 1, 2, 4 …: full
        size_t capacity = *count ? *count * 2 : 1;
        struct fb_trace_found *grown =
            reallocarray(*all, capacity, sizeof **all);

        if (!grown) {
            return -ENOMEM;
        }
        *all = grown;
    }
    (*all)[(*count)++] = *f;
    return 0;
}

static int collect(DIR *dir, const char *path, struct fb_trace_found **all,
                   size_t *count) {
    struct dirent *entry;

    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        struct fb_trace_found f = {0};

        if (look_at(dirfd(dir), path, entry->d_name, &f)) {
            int err = found_push(all, count, &f);

            if (err < 0) {
                return err;
            }
        }
    }
    return -errno;
}

int fb_trace_list(struct fb_trace_found *found, size_t max) {
    struct fb_trace_found *all = NULL;
    char path[sizeof found->path];
    size_t count = 0;
    DIR *dir;
    int err;

    err = fb_trace_dir(path, sizeof path, false);
    if (err < 0) {
        return err == -ENOENT ? 0 : err; // no program was ever traced
    }
    dir = opendir(path);
    if (!dir) {
        return -errno;
    }
    err = collect(dir, path, &all, &count);
    (void)closedir(dir);
    if (err == 0 && count > 0) {
        qsort(all, count, sizeof *all, newest_first);
        memcpy(found, all, (count < max ? count : max) * sizeof *all);
    }
    free(all);
    return err < 0 ? err : (int)count;
}
