// Problem: a recording comes from anywhere: cut off, damaged, or made to harm.
// Idea: decompress just as much as the next record needs. Nothing is believed:
//     a length is bounded before memory is asked for, a text must end inside
//     its payload, a number must rise.
// Invariants: payload[0..room) holds the record being read; memory is at most
//     one record and Zstandard's window.
#include "fishbowl/trace/text.h"
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
    uint64_t taken, file_bytes; // of the file, and there are
    uint64_t skipped;           // unpacked since the last record was given
    char *payload;
    size_t room;
    struct fb_event *events; // aligned copy of an EVENTS payload
    size_t event_room;
    uint64_t next;
    bool ended;
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

// Exactly `len` bytes of what the frame holds. Errors: -ENODATA the file ends
// before, -EBADMSG it is damaged, those of read.
static int get(struct fb_recording_reader *r, void *bytes, size_t len) {
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
static int get_payload(struct fb_recording_reader *r, size_t len) {
    size_t done = 0;

    while (done < len) {
        const size_t step = len - done < ROOM ? len - done : ROOM;
        int err = make_room(r, done + step);

        if (err == 0) {
            err = get(r, r->payload + done, step);
        }
        if (err < 0) {
            return err;
        }
        done += step;
    }
    return 0;
}

// ---- records ----

// The text at *at, which must end before `end`; *at moves behind it. NULL: it
// does not.
static const char *get_text(const char **at, const char *end) {
    const char *text = *at;
    const char *zero =
        text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;

    if (zero == NULL) {
        return NULL;
    }
    *at = zero + 1;
    return text;
}

static int parse_head(const char *at, size_t len, struct fb_recording_head *h) {
    const char *end = at + len;

    if (len < 34 || fb__get32(at + 12) != sizeof(struct fb_event)) {
        return -EBADMSG;
    }
    *h = (struct fb_recording_head){.pid = fb__get32(at),
                                    .flags = fb__get32(at + 4),
                                    .workers = fb__get32(at + 8),
                                    .start_realtime_ns = fb__get64(at + 16),
                                    .start_time_ns = fb__get64(at + 24)};
    at += 32;
    h->program = get_text(&at, end);
    h->address = h->program != NULL ? get_text(&at, end) : NULL;
    return h->address != NULL && h->workers <= FB_TRACE_RINGS_MAX ? 0
                                                                  : -EBADMSG;
}

static int parse_name(const char *at, size_t len, struct fb_record *record) {
    const char *end = at + len;

    if (len < 14) {
        return -EBADMSG;
    }
    record->index = fb__get32(at);
    record->line = fb__get32(at + 4);
    record->size = fb__get32(at + 8);
    at += 12;
    record->name = get_text(&at, end);
    record->file = record->name != NULL ? get_text(&at, end) : NULL;
    return record->file != NULL && record->index <= UINT16_MAX ? 0 : -EBADMSG;
}

static int parse_events(struct fb_recording_reader *r, size_t len,
                        struct fb_record *record) {
    const size_t bytes = len - 8;
    struct fb_event *grown;

    if (len < 8 || bytes % sizeof(struct fb_event) != 0) {
        return -EBADMSG;
    }
    record->first = fb__get64(r->payload);
    record->count = bytes / sizeof(struct fb_event);
    if (record->first == 0 || record->first < r->next ||
        record->first > INT64_MAX || record->count == 0) {
        return -EBADMSG;
    }
    if (record->count > r->event_room) {
        grown = realloc(r->events, bytes);
        if (grown == NULL) {
            return -ENOMEM;
        }
        r->events = grown;
        r->event_room = record->count;
    }
    memcpy(r->events, r->payload + 8, bytes);
    record->events = r->events;
    record->last = record->first + record->count - 1;
    r->next = record->last + 1;
    return 0;
}

static int parse_gap(struct fb_recording_reader *r, size_t len,
                     struct fb_record *record) {
    if (len != 16) {
        return -EBADMSG;
    }
    record->first = fb__get64(r->payload);
    record->last = fb__get64(r->payload + 8);
    if (record->first < r->next || record->last < record->first ||
        record->last > INT64_MAX) {
        return -EBADMSG;
    }
    r->next = record->last + 1;
    return 0;
}

static int parse_source(const char *at, size_t len, struct fb_record *record) {
    const char *end = at + len;

    record->file = get_text(&at, end);
    record->text = at;
    record->text_len = (size_t)(end - at);
    return record->file != NULL ? 0 : -EBADMSG;
}

static int parse_end(struct fb_recording_reader *r, size_t len,
                     struct fb_record *record) {
    if (len != 16 || fb__get32(r->payload) > FB_RECORDING_KILLED) {
        return -EBADMSG;
    }
    record->end = (enum fb_recording_end)fb__get32(r->payload);
    record->total = fb__get64(r->payload + 8);
    r->ended = true;
    return 0;
}

// 1: a record; 0: of a kind that is not known.
static int parse(struct fb_recording_reader *r, uint32_t kind, size_t len,
                 struct fb_record *record) {
    int err;

    *record = (struct fb_record){.kind = (enum fb_record_kind)kind};
    switch (record->kind) {
    case FB_RECORD_HEAD:
        err = parse_head(r->payload, len, &record->head);
        break;
    case FB_RECORD_NAME: err = parse_name(r->payload, len, record); break;
    case FB_RECORD_SOURCE: err = parse_source(r->payload, len, record); break;
    case FB_RECORD_EVENTS: err = parse_events(r, len, record); break;
    case FB_RECORD_GAP: err = parse_gap(r, len, record); break;
    case FB_RECORD_END: err = parse_end(r, len, record); break;
    default: return 0;
    }
    return err < 0 ? err : 1;
}

int fb_recording_read(struct fb_recording_reader *r,
                      struct fb_record *ret_record) {
    r->skipped = 0;
    for (;;) {
        char head[8];
        size_t len;
        int err;

        if (r->ended) {
            return 0;
        }
        err = get(r, head, sizeof(head));
        len = err < 0 ? 0 : fb__get32(head + 4);
        if (err == 0 && len > FB_RECORDING_RECORD_BYTES) {
            err = -EBADMSG;
        }
        if (err == 0) {
            err = make_room(r, 1); // an empty payload has an address, too
        }
        if (err == 0) {
            err = get_payload(r, len);
        }
        if (err == 0) {
            err = parse(r, fb__get32(head), len, ret_record);
        }
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
    char more;

    if (!r->broken && !r->frame_ended) {
        (void)get(r, &more, sizeof(more));
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
    free(r->events);
    free(r);
}
