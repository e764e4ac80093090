// Unix sockets: streams between processes of one machine, found by a path.
#ifndef FISHBOWL_UNIX_H
#define FISHBOWL_UNIX_H

#include "fishbowl/stream.h"
#include <sys/un.h>

#define FB_UNIX_PATH_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)

struct fb_unix_listener {
    struct fb_source source;
    uint64_t device, inode; // of the socket's file, which is ours
    char path[FB_UNIX_PATH_BYTES];
};
struct fb_unix_stream {
    struct fb_source source;
};

// Makes a socket file at `path` and listens. Who may connect is who may write
// the file: umask, or better a directory of its own, decides. A file that is
// there already is never replaced, not even a dead listener's: -EADDRINUSE;
// whoever knows that it is theirs removes it first. Errors: -ENAMETOOLONG the
// path has more than 107 bytes, -EINVAL it is empty, those of socket, bind,
// listen and lstat; no file and no descriptor is left behind.
// Trace: SOURCE_ADD.
FB_MUST_USE int fb_unix_listen(struct fb_runtime *rt, const char *path,
                               int backlog, struct fb_unix_listener *ret);
// Closes, and removes the file if it is still the one that listen has made: a
// path that was given to someone else since is left alone. A relative path is
// taken from where the process is now. Legal when closed or zeroed.
void fb_unix_listener_close(struct fb_unix_listener *l);
void fb_unix_close(struct fb_unix_stream *s);

// Waits for a connection. out: 0 with `stream` filled, which belongs from then
// on to whoever owns the slot, or -errno (as fb_tcp_accept).
struct fb_unix_accept {
    struct fb_future future;
    int out;
    struct fb_unix_listener *listener;
    struct fb_unix_stream stream;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_unix_accept fb_unix_accept(struct fb_unix_listener *l);

// Connects, now or never: no round trip, so nothing to wait for. Errors:
// -ENAMETOOLONG, -EINVAL, -EAGAIN the listener's queue is full (no event tells
// when it is not: sleep and try again), those of socket and connect.
// Trace: SOURCE_ADD.
FB_MUST_USE int fb_unix_connect(struct fb_runtime *rt, const char *path,
                                struct fb_unix_stream *ret);
// Two ends of one stream, without a path. Errors: those of socketpair, -ENOMEM.
FB_MUST_USE int fb_unix_pair(struct fb_runtime *rt,
                             struct fb_unix_stream ret_ends[2]);

// See stream.h for what each does and gives.
FB_MUST_USE struct fb_read fb_unix_read(struct fb_unix_stream *s, void *buf,
                                        size_t len);
FB_MUST_USE struct fb_read_exact fb_unix_read_exact(struct fb_unix_stream *s,
                                                    void *buf, size_t len);
FB_MUST_USE struct fb_read_until fb_unix_read_until(struct fb_unix_stream *s,
                                                    void *buf, size_t size,
                                                    size_t filled,
                                                    char delimiter);
FB_MUST_USE struct fb_write_all fb_unix_write_all(struct fb_unix_stream *s,
                                                  const void *buf, size_t len);
// Ends the writing side; reading still works. 0 or -errno. Trace: IO.
FB_MUST_USE int fb_unix_shutdown(struct fb_unix_stream *s);

#endif
