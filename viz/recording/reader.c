// Problem: a recording comes from anywhere: cut off, damaged, or made to harm.
// Idea: decompress just as much as the next record needs. Nothing is believed:
//     a length is bounded before memory is asked for; what a payload says is
//     judged in records.c.
// Invariants: payload[0..room) holds the record being read; memory is at most
//     one record and Zstandard's window.
#include "records.h"
#include "wire.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    ROOM = 1 << 17,
    SKIP_MOST = 64 << 20, // bytes of unknown records in a row: else a few
                          // kilobytes of zeros keep us for hours
};

struct fb_recording_reader {
    int fd;
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
    bool file_ended, frame_ended;
    bool broken, altered;       // the frame; its checksum is wrong
    bool cut;                   // the events of a part of a record were given
    uint64_t taken, file_bytes; // of the file, and there are
    uint64_t skipped;           // unpacked since the last record was given
    char *payload;
    size_t room;
    struct fb__records records;
    char buffer[ROOM];
};

__attribute__((format(printf, 4, 5))) static int
refuse(char *why, size_t why_bytes, int err, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(why, why_bytes, format, args);
    va_end(args);
    return err;
}

bool fb_recording_is(const char *path) {
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    char magic[8] = "";
    struct stat st;
    bool is = false;

    if (fd >= 0) {
        is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
             read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
             memcmp(magic, FB__RECORDING_MAGIC, sizeof(magic)) == 0;
        (void)close(fd);
    }
    return is;
}

// ---- bytes ----

// More of the file into the buffer. 0 at its end.
static int refill(struct fb_recording_reader *r) {
    ssize_t n;

    do {
        n = read(r->fd, r->buffer, sizeof(r->buffer));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return -errno;
    }
    r->in = (ZSTD_inBuffer){r->buffer, (size_t)n, 0};
    r->file_ended = n == 0;
    r->taken += (uint64_t)n;
    return 0;
}

// Exactly `len` bytes of what the frame holds; *done grows by those that came,
// also before an error. Errors: -ENODATA the file ends before, -EBADMSG it is
// damaged, those of read.
static int get(struct fb_recording_reader *r, void *bytes, size_t len,
               size_t *done) {
    ZSTD_outBuffer out = {bytes, len, 0};

    r->skipped += len;
    if (r->skipped > SKIP_MOST) {
        return -EBADMSG;
    }
    while (out.pos < len) {
        const size_t before = out.pos;
        size_t left;
        int err;

        if (r->in.pos == r->in.size && !r->file_ended) {
            err = refill(r);
            if (err < 0) {
                return err;
            }
        }
        if (r->frame_ended) {
            return -EBADMSG; // the frame is over, the record is not
        }
        left = ZSTD_decompressStream(r->zstd, &out, &r->in);
        if (ZSTD_isError(left)) {
            r->broken = true;
            r->altered = ZSTD_getErrorCode(left) == ZSTD_error_checksum_wrong;
            return -EBADMSG;
        }
        r->frame_ended = left == 0;
        *done += out.pos - before;
        if (r->file_ended && out.pos == before && r->in.pos == r->in.size) {
            return -ENODATA;
        }
    }
    return 0;
}

static int make_room(struct fb_recording_reader *r, size_t len) {
    char *grown;

    if (len <= r->room) {
        return 0;
    }
    grown = realloc(r->payload, len);
    if (grown == NULL) {
        return -ENOMEM;
    }
    r->payload = grown;
    r->room = len;
    return 0;
}

// A length is a claim: the payload grows only as its bytes really come.
static int get_payload(struct fb_recording_reader *r, size_t len,
                       size_t *done) {
    while (*done < len) {
        const size_t step = len - *done < ROOM ? len - *done : ROOM;
        int err = make_room(r, *done + step);

        if (err == 0) {
            err = get(r, r->payload + *done, step, done);
        }
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

// The payload up to the last whole event of an EVENTS record that was cut off
// behind `came` bytes; 0: it holds none.
static size_t whole_events(uint32_t kind, size_t came) {
    const size_t number = sizeof(uint64_t), event = sizeof(struct fb_event);

    return kind == FB_RECORD_EVENTS && came >= number + event
               ? came - (came - number) % event
               : 0;
}

// The payload of a record of that kind. Returns its length, of one that was cut
// off what can be used of it; or an error.
static int64_t read_payload(struct fb_recording_reader *r, uint32_t kind,
                            size_t len) {
    size_t came = 0;
    int err;

    if (len > FB_RECORDING_RECORD_BYTES) {
        return -EBADMSG;
    }
    err = make_room(r, 1); // an empty payload has an address, too
    if (err == 0) {
        err = get_payload(r, len, &came);
    }
    if (err == -ENODATA && whole_events(kind, came) > 0) {
        r->cut = true;
        return (int64_t)whole_events(kind, came);
    }
    return err < 0 ? err : (int64_t)len;
}

int fb_recording_read(struct fb_recording_reader *r,
                      struct fb_record *ret_record) {
    r->skipped = 0;
    for (;;) {
        char head[8];
        size_t done = 0;
        int64_t len;
        int err;

        if (r->records.ended || r->cut) {
            return r->records.ended ? 0 : -ENODATA;
        }
        err = get(r, head, sizeof(head), &done);
        if (err < 0) {
            return err;
        }
        len = read_payload(r, fb__get32(head), fb__get32(head + 4));
        if (len < 0) {
            return (int)len;
        }
        err = fb__record_parse(&r->records, fb__get32(head), r->payload,
                               (size_t)len, ret_record);
        if (err != 0) {
            return err;
        }
    }
}

// ---- open and close ----

static int check_start(struct fb_recording_reader *r, char *why,
                       size_t why_bytes) {
    char start[FB__RECORDING_HEAD_BYTES];
    struct stat st;

    if (fstat(r->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        read(r->fd, start, sizeof(start)) != (ssize_t)sizeof(start) ||
        memcmp(start, FB__RECORDING_MAGIC, 8) != 0) {
        return refuse(why, why_bytes, -EINVAL, "it is no recording");
    }
    if (fb__get32(start + 8) > FB_RECORDING_VERSION) {
        return refuse(why, why_bytes, -EPROTO,
                      "its format is version %u, this program knows 1 to %u "
                      "(use a newer Fishbowl)",
                      fb__get32(start + 8), FB_RECORDING_VERSION);
    }
    if (fb__get32(start + 8) == 0) {
        return refuse(why, why_bytes, -EINVAL,
                      "its format is version 0, which there never was: it is "
                      "damaged");
    }
    r->taken = sizeof(start);
    r->file_bytes = (uint64_t)st.st_size;
    return 0;
}

int fb_recording_open(struct fb_recording_reader **ret_reader, const char *path,
                      struct fb_recording_head *ret_head, char *why,
                      size_t why_bytes) {
    struct fb_recording_reader *r = calloc(1, sizeof(*r));
    struct fb_record record;
    int err;

    if (r == NULL) {
        return refuse(why, why_bytes, -ENOMEM, "out of memory");
    }
    r->zstd = ZSTD_createDCtx();
    r->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (r->fd < 0) {
        err = refuse(why, why_bytes, -errno, "cannot open it: %s",
                     strerror(errno));
    } else if (r->zstd == NULL) {
        err = refuse(why, why_bytes, -ENOMEM, "out of memory");
    } else {
        (void)ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax,
                                     FB__RECORDING_WINDOW_LOG);
        err = check_start(r, why, why_bytes);
    }
    if (err == 0) {
        err = fb_recording_read(r, &record);
        if (err != 1 || record.kind != FB_RECORD_HEAD) {
            err = refuse(why, why_bytes,
                         err < 0 && err != -ENODATA ? err : -EINVAL,
                         "it was cut off before it began, or is damaged");
        } else {
            err = 0;
        }
    }
    if (err < 0) {
        fb_recording_close(r);
        return err;
    }
    *ret_head = record.head;
    *ret_reader = r;
    return 0;
}

// The checksum is the last part of the frame: behind END there is nothing else.
bool fb_recording_altered(struct fb_recording_reader *r) {
    size_t done = 0;
    char more;

    if (!r->broken && !r->frame_ended) {
        (void)get(r, &more, sizeof(more), &done);
    }
    return r->altered;
}

void fb_recording_progress(const struct fb_recording_reader *r,
                           uint64_t *ret_read, uint64_t *ret_bytes) {
    const uint64_t read = r->taken - (r->in.size - r->in.pos);

    *ret_read = read < r->file_bytes ? read : r->file_bytes;
    *ret_bytes = r->file_bytes;
}

void fb_recording_close(struct fb_recording_reader *r) {
    if (r == NULL) {
        return;
    }
    if (r->fd >= 0) {
        (void)close(r->fd);
    }
    ZSTD_freeDCtx(r->zstd);
    free(r->payload);
    fb__records_deinit(&r->records);
    free(r);
}
