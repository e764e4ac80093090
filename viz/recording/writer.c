// Problem: a recording must survive the death of whoever writes it, and cost
//     little while a program runs.
// Idea: one Zstandard frame, fed record by record and flushed by group. What
//     was flushed can be read whatever comes later.
//     Who packs records by other means gives a sink, and gets them as they are.
// Invariants: after the first error nothing is written any more; numbers rise.
#include "wire.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

// Level 1: on a greeter's events 3 makes 2 % less of it, for half as much time
// again.
enum { LEVEL = 1, ROOM = 1 << 17 };

struct fb_recording_writer {
    fb_recording_sink_fn *sink; // NULL: the file
    void *sink_arg;
    int fd;
    int err; // the first error, negative
    ZSTD_CCtx *zstd;
    uint64_t next;  // number after the last event
    uint64_t total; // events
    uint64_t bytes; // in the file
    bool flushed;   // nothing was appended since the last flush
    char out[ROOM];
};

static int write_all(struct fb_recording_writer *w, const char *bytes,
                     size_t len) {
    while (len > 0) {
        const ssize_t n = write(w->fd, bytes, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        bytes += n;
        len -= (size_t)n;
        w->bytes += (uint64_t)n;
    }
    return 0;
}

static int squeeze(struct fb_recording_writer *w, const void *bytes, size_t len,
                   ZSTD_EndDirective how) {
    ZSTD_inBuffer in = {bytes, len, 0};
    size_t left;

    if (w->sink != NULL) {
        w->bytes += len;
        w->err = len > 0 ? w->sink(w->sink_arg, bytes, len) : 0;
        return w->err;
    }
    do {
        ZSTD_outBuffer out = {w->out, sizeof(w->out), 0};

        left = ZSTD_compressStream2(w->zstd, &out, &in, how);
        if (ZSTD_isError(left)) {
            w->err = -ENOMEM; // nothing else can go wrong with good calls
        } else {
            w->err = write_all(w, w->out, out.pos);
        }
    } while (w->err == 0 && (how == ZSTD_e_continue ? in.pos < len : left > 0));
    return w->err;
}

// Begins a record whose payload follows in pieces.
static int begin(struct fb_recording_writer *w, enum fb_record_kind kind,
                 size_t len) {
    char head[8];

    if (w->err != 0) {
        return w->err;
    }
    if (len > FB_RECORDING_RECORD_BYTES) {
        return -EINVAL;
    }
    w->flushed = false;
    fb__put32(fb__put32(head, kind), (uint32_t)len);
    return squeeze(w, head, sizeof(head), ZSTD_e_continue);
}

static int more(struct fb_recording_writer *w, const void *bytes, size_t len) {
    return w->err != 0 || len == 0 ? w->err
                                   : squeeze(w, bytes, len, ZSTD_e_continue);
}

int fb_recording_create_in(struct fb_recording_writer **ret_writer, int fd,
                           const struct fb_recording_head *head) {
    struct fb_recording_writer *w = calloc(1, sizeof(*w));
    char start[FB__RECORDING_HEAD_BYTES] = FB__RECORDING_MAGIC;

    if (w == NULL) {
        (void)close(fd);
        return -ENOMEM;
    }
    w->fd = fd;
    w->zstd = ZSTD_createCCtx();
    w->err = w->zstd == NULL ? -ENOMEM : 0;
    if (w->err == 0) {
        (void)ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
        (void)ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
        (void)ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog, 20);
        fb__put32(start + 8, FB_RECORDING_VERSION);
        w->err = write_all(w, start, sizeof(start));
    }
    if (w->err == 0) {
        w->err = fb_recording_head(w, head);
    }
    if (w->err == 0) {
        w->err = fb_recording_flush(w);
    }
    if (w->err < 0) {
        const int err = w->err;

        fb_recording_abandon(w);
        return err;
    }
    *ret_writer = w;
    return 0;
}

int fb_recording_stream(struct fb_recording_writer **ret_writer,
                        fb_recording_sink_fn *sink, void *arg,
                        const struct fb_recording_head *head) {
    struct fb_recording_writer *w = calloc(1, sizeof(*w));
    int err;

    if (w == NULL) {
        return -ENOMEM;
    }
    w->fd = -1;
    w->sink = sink;
    w->sink_arg = arg;
    err = fb_recording_head(w, head);
    if (err < 0) {
        fb_recording_abandon(w);
        return err;
    }
    *ret_writer = w;
    return 0;
}

int fb_recording_create(struct fb_recording_writer **ret_writer,
                        const char *path,
                        const struct fb_recording_head *head) {
    const int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);

    return fd < 0 ? -errno : fb_recording_create_in(ret_writer, fd, head);
}

int fb_recording_head(struct fb_recording_writer *w,
                      const struct fb_recording_head *h) {
    const size_t program = strlen(h->program) + 1;
    const size_t address = strlen(h->address) + 1;
    char fixed[32], *at = fixed;
    int err = begin(w, FB_RECORD_HEAD, sizeof(fixed) + program + address);

    at = fb__put32(fb__put32(fb__put32(at, h->pid), h->flags), h->workers);
    at = fb__put32(at, sizeof(struct fb_event));
    fb__put64(fb__put64(at, h->start_realtime_ns), h->start_time_ns);
    if (err == 0) {
        err = more(w, fixed, sizeof(fixed));
    }
    if (err == 0) {
        err = more(w, h->program, program);
    }
    return err == 0 ? more(w, h->address, address) : err;
}

int fb_recording_name(struct fb_recording_writer *w, uint32_t index,
                      const char *name, const char *file, uint32_t line,
                      uint32_t size) {
    const size_t name_bytes = strlen(name) + 1, file_bytes = strlen(file) + 1;
    char fixed[12];
    int err = begin(w, FB_RECORD_NAME, sizeof(fixed) + name_bytes + file_bytes);

    fb__put32(fb__put32(fb__put32(fixed, index), line), size);
    if (err == 0) {
        err = more(w, fixed, sizeof(fixed));
    }
    if (err == 0) {
        err = more(w, name, name_bytes);
    }
    return err == 0 ? more(w, file, file_bytes) : err;
}

int fb_recording_source(struct fb_recording_writer *w, const char *file,
                        const char *text, size_t len) {
    const size_t file_bytes = strlen(file) + 1;
    int err = begin(w, FB_RECORD_SOURCE, file_bytes + len);

    if (err == 0) {
        err = more(w, file, file_bytes);
    }
    return err == 0 ? more(w, text, len) : err;
}

static int put_gap(struct fb_recording_writer *w, uint64_t first,
                   uint64_t last) {
    char fixed[16];
    int err = begin(w, FB_RECORD_GAP, sizeof(fixed));

    fb__put64(fb__put64(fixed, first), last);
    if (err == 0) {
        err = more(w, fixed, sizeof(fixed));
    }
    if (err == 0) {
        w->next = last + 1; // whatever becomes of the events: it is said once
    }
    return err;
}

int fb_recording_events(struct fb_recording_writer *w, uint64_t first,
                        const struct fb_event *events, size_t count) {
    char number[8];
    int err = w->err;

    if (err == 0 && (first == 0 || first < w->next)) {
        return -EINVAL;
    }
    if (count == 0) {
        return err; // a record of no events is damage to a reader
    }
    if (err == 0 && w->next != 0 && first > w->next) {
        err = put_gap(w, w->next, first - 1);
    }
    if (err == 0) {
        err = begin(w, FB_RECORD_EVENTS,
                    sizeof(number) + count * sizeof(*events));
    }
    fb__put64(number, first);
    if (err == 0) {
        err = more(w, number, sizeof(number));
    }
    if (err == 0) {
        err = more(w, events, count * sizeof(*events));
    }
    if (err == 0) {
        w->next = first + count;
        w->total += count;
    }
    return err;
}

int fb_recording_flush(struct fb_recording_writer *w) {
    if (w->err == 0 && !w->flushed) {
        w->flushed = squeeze(w, NULL, 0, ZSTD_e_flush) == 0;
    }
    return w->err;
}

int fb_recording_finish(struct fb_recording_writer *w,
                        enum fb_recording_end end) {
    char fixed[16];
    int err = begin(w, FB_RECORD_END, sizeof(fixed));

    fb__put64(fb__put32(fb__put32(fixed, end), 0), w->total);
    if (err == 0) {
        err = more(w, fixed, sizeof(fixed));
    }
    if (err == 0) {
        err = squeeze(w, NULL, 0, ZSTD_e_end);
    }
    if (w->fd >= 0 && close(w->fd) < 0 && err == 0) {
        err = -errno; // a full disk may show itself only now
    }
    w->fd = -1;
    fb_recording_abandon(w);
    return err;
}

void fb_recording_abandon(struct fb_recording_writer *w) {
    if (w == NULL) {
        return;
    }
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    ZSTD_freeCCtx(w->zstd);
    free(w);
}

uint64_t fb_recording_bytes(const struct fb_recording_writer *w) {
    return w->bytes;
}
