// Reading and writing streams of bytes: the futures that TCP (tcp.h) and Unix
// sockets (unix.h) share. Each has its constructors there.
//
// Cancel-safe means: one that is dropped while Pending has moved no byte. What
// needs several calls is not, and counts in its struct what it has moved, for
// a caller who looks before dropping it.
#ifndef FISHBOWL_STREAM_H
#define FISHBOWL_STREAM_H

#include "fishbowl/net.h"

// Reads what is there, up to len bytes, once; a peek leaves it there for the
// next read. out: bytes, 0 at end of file, or -errno. Cancel-safe.
// Trace: IO, SOURCE_CLEAR, WAKER_CLONE.
struct fb_read {
    struct fb_future future;
    int out;
    int flags; // of recv(2)
    struct fb_source *source;
    void *buf;
    size_t len;
    struct fb_waiter waiter;
};

// Reads exactly len bytes. out: 0, -ENODATA if the stream ends before, or
// -errno. Not cancel-safe: `done` bytes are in buf when it is dropped early or
// fails.
struct fb_read_exact {
    struct fb_future future;
    int out;
    struct fb_source *source;
    char *buf;
    size_t len, done;
    struct fb_waiter waiter;
};

// Reads until buf holds the delimiter. It takes what the kernel has, which may
// be more: buf[0, filled) is what has come, and what lies behind the first
// `out` bytes belongs to the next call. Move it to the front and pass its
// length as `filled`; a whole line that is there already costs no call.
// out: length up to and with the delimiter; 0 at end of file with nothing read;
// -ENODATA the stream ended inside a line, -EMSGSIZE buf is full without the
// delimiter, or -errno. Not cancel-safe: the `filled` bytes were taken. Pass
// buf and `filled` on to another read_until and nothing is lost.
struct fb_read_until {
    struct fb_future future;
    int out;
    char delimiter;
    struct fb_source *source;
    char *buf;
    size_t size, filled, searched; // searched: no delimiter before here
    struct fb_waiter waiter;
};

// Writes up to len bytes, once. out: bytes or -errno (EPIPE, ECONNRESET come
// as values, never as a signal). Cancel-safe.
struct fb_write {
    struct fb_future future;
    int out;
    struct fb_source *source;
    const void *buf;
    size_t len;
    struct fb_waiter waiter;
};

// Writes all len bytes. out: 0 or -errno. Not cancel-safe: `done` bytes were
// written when it is dropped early or fails.
struct fb_write_all {
    struct fb_future future;
    int out;
    bool closes; // write_close: the stream, once Ready
    struct fb_source *source;
    const char *buf;
    size_t len, done;
    struct fb_waiter waiter;
};

#endif
