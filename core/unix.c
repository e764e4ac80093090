// Unix sockets: listening at a path, accepting, connecting.
//
// Problem: the file of a Unix socket outlives its listener, and a path may
// belong to somebody else by the time one cleans up after oneself.
// Idea: remember which file bind has made (device and inode) and remove only
// that one. While the listener is open its inode stays in use, so the number
// cannot have been given to another file; hence: compare, remove, then close.
// Invariants: nothing is ever removed to make room for a bind.
// Concurrency: executor thread.
#include "leaf.h"

#include "fishbowl/unix.h"

#include <errno.h>
#include <string.h>

static int to_address(const char *path, struct sockaddr_un *ret) {
    size_t len = strlen(path);

    if (len == 0) {
        return -EINVAL; // Linux would pick a name: nobody could connect to it
    }
    if (len >= sizeof ret->sun_path) {
        return -ENAMETOOLONG;
    }
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, path, len);
    return 0;
}

static int open_socket(void) {
    int fd =
        fb__sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    return fd < 0 ? -errno : fd;
}

// ---- listening ----

// Notes the file that bind has made, and listens.
static int listen_at(int fd, int backlog, struct fb_unix_listener *l) {
    struct stat status;

    if (fb__sys.lstat(l->path, &status) < 0 ||
        fb__sys.listen(fd, backlog) < 0) {
        return -errno;
    }
    l->device = status.st_dev;
    l->inode = status.st_ino;
    return 0;
}

static int open_listener(struct fb_runtime *rt, int fd,
                         const struct sockaddr_un *addr, int backlog,
                         struct fb_unix_listener *l) {
    int err;

    if (fb__sys.bind(fd, (const struct sockaddr *)addr, sizeof *addr) < 0) {
        return -errno;
    }
    memcpy(l->path, addr->sun_path, sizeof l->path);
    err = listen_at(fd, backlog, l);
    if (err == 0) {
        err = fb_source_open(&l->source, rt, fd, FB_SOURCE_LISTENER);
    }
    if (err < 0) {
        (void)fb__sys.unlink(l->path); // made by bind a moment ago
    }
    return err;
}

int fb_unix_listen(struct fb_runtime *rt, const char *path, int backlog,
                   struct fb_unix_listener *ret) {
    struct fb_unix_listener listener = {0};
    struct sockaddr_un addr;
    int err = to_address(path, &addr), fd;

    if (err < 0) {
        return err;
    }
    fd = open_socket();
    if (fd < 0) {
        return fd;
    }
    err = open_listener(rt, fd, &addr, backlog, &listener);
    if (err < 0) {
        fb__sys.close(fd);
        return err;
    }
    *ret = listener;
    return 0;
}

void fb_unix_listener_close(struct fb_unix_listener *l) {
    struct stat status;

    if (l->source.runtime != NULL && fb__sys.lstat(l->path, &status) == 0 &&
        S_ISSOCK(status.st_mode) && status.st_dev == l->device &&
        status.st_ino == l->inode) {
        (void)fb__sys.unlink(l->path);
    }
    fb_source_close(&l->source);
}

void fb_unix_close(struct fb_unix_stream *s) {
    fb_source_close(&s->source);
}

// ---- accepting ----

static int accept_attempt(struct fb_future *future) {
    struct fb_unix_accept *self =
        fb_container_of(future, struct fb_unix_accept, future);

    return fb__leaf_accept(self->listener->source.fd, NULL, 0);
}

static enum fb_poll accept_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_unix_accept *self =
        fb_container_of(future, struct fb_unix_accept, future);
    const struct fb__leaf leaf = {.source = &self->listener->source,
                                  .waiter = &self->waiter,
                                  .interest = FB_READABLE,
                                  .op = FB_IO_ACCEPT};

    return fb__leaf_accept_poll(future, cx, &leaf, accept_attempt,
                                &self->stream.source, &self->out);
}

static void accept_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_unix_accept, future)->waiter);
}

static struct fb_type accept_type =
    FB_TYPE(fb_unix_accept, .poll = accept_poll, .drop = accept_drop,
            .waiter_offset = offsetof(struct fb_unix_accept, waiter));

struct fb_unix_accept fb_unix_accept(struct fb_unix_listener *l) {
    return (struct fb_unix_accept){.future.type = &accept_type, .listener = l};
}

// ---- connecting ----

int fb_unix_connect(struct fb_runtime *rt, const char *path,
                    struct fb_unix_stream *ret) {
    struct fb_unix_stream stream = {0};
    struct sockaddr_un addr;
    int err = to_address(path, &addr), fd;

    if (err < 0) {
        return err;
    }
    fd = open_socket();
    if (fd < 0) {
        return fd;
    }
    do {
        err = fb__sys.connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0
                  ? -errno
                  : 0;
    } while (err == -EINTR);
    if (err < 0) {
        fb__sys.close(fd);
        return err;
    }
    err = fb__source_adopt(&stream.source, rt, fd, FB_SOURCE_STREAM);
    if (err < 0) {
        return err;
    }
    *ret = stream;
    return 0;
}

int fb_unix_pair(struct fb_runtime *rt, struct fb_unix_stream ret_ends[2]) {
    struct fb_unix_stream ends[2] = {{{0}}};
    int fds[2], err;

    if (fb__sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           0, fds) < 0) {
        return -errno;
    }
    err = fb__source_adopt(&ends[0].source, rt, fds[0], FB_SOURCE_STREAM);
    if (err < 0) {
        fb__sys.close(fds[1]);
        return err;
    }
    err = fb__source_adopt(&ends[1].source, rt, fds[1], FB_SOURCE_STREAM);
    if (err < 0) {
        fb_unix_close(&ends[0]);
        return err;
    }
    memcpy(ret_ends, ends, sizeof ends);
    return 0;
}
