// Problem: what a record says may be damaged, or made to harm.
// Idea: nothing is believed: a text must end inside its payload, a number must
//     rise, a count must be what the payload holds, a total what there was.
//     Events are read where they lie, and copied only where they lie crooked.
// Invariants: after an error the caller reads no further.
#include "records.h"
#include "wire.h"
#include <errno.h>
#include <stdlib.h>

enum { RECORD_HEAD_BYTES = 8 }; // its kind, its length

void fb__records_deinit(struct fb__records *r) {
    free(r->copy);
    *r = (struct fb__records){0};
}

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

// The events that begin at `bytes`, where an event may begin. NULL: no memory.
static const struct fb_event *straight(struct fb__records *r, const void *bytes,
                                       size_t count) {
    struct fb_event *grown;

    if ((uintptr_t)bytes % _Alignof(struct fb_event) == 0) {
        return bytes;
    }
    if (count > r->copy_room) {
        grown = realloc(r->copy, count * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        r->copy = grown;
        r->copy_room = count;
    }
    return memcpy(r->copy, bytes, count * sizeof(*r->copy));
}

static int parse_events(struct fb__records *r, const char *payload, size_t len,
                        struct fb_record *record) {
    const size_t bytes = len - 8;

    if (len < 8 || bytes % sizeof(struct fb_event) != 0) {
        return -EBADMSG;
    }
    record->first = fb__get64(payload);
    record->count = bytes / sizeof(struct fb_event);
    if (record->first == 0 || record->first < r->next || record->count == 0 ||
        record->first - 1 > INT64_MAX - record->count) {
        return -EBADMSG;
    }
    record->events = straight(r, payload + 8, record->count);
    if (record->events == NULL) {
        return -ENOMEM;
    }
    record->last = record->first + record->count - 1;
    r->next = record->last + 1;
    r->total += record->count;
    return 0;
}

static int parse_gap(struct fb__records *r, const char *payload, size_t len,
                     struct fb_record *record) {
    if (len != 16) {
        return -EBADMSG;
    }
    record->first = fb__get64(payload);
    record->last = fb__get64(payload + 8);
    if (record->first == 0 || record->first < r->next ||
        record->last < record->first || record->last > INT64_MAX) {
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

static int parse_end(struct fb__records *r, const char *payload, size_t len,
                     struct fb_record *record) {
    if (len != 16 || fb__get32(payload) > FB_RECORDING_KILLED) {
        return -EBADMSG;
    }
    record->end = (enum fb_recording_end)fb__get32(payload);
    record->total = fb__get64(payload + 8);
    r->ended = true;
    return record->total == r->total ? 0 : -EBADMSG;
}

int fb__record_parse(struct fb__records *r, uint32_t kind, const char *payload,
                     size_t len, struct fb_record *record) {
    int err;

    *record = (struct fb_record){.kind = (enum fb_record_kind)kind};
    switch (record->kind) {
    case FB_RECORD_HEAD: err = parse_head(payload, len, &record->head); break;
    case FB_RECORD_NAME: err = parse_name(payload, len, record); break;
    case FB_RECORD_SOURCE: err = parse_source(payload, len, record); break;
    case FB_RECORD_EVENTS: err = parse_events(r, payload, len, record); break;
    case FB_RECORD_GAP: err = parse_gap(r, payload, len, record); break;
    case FB_RECORD_END: err = parse_end(r, payload, len, record); break;
    default: return 0;
    }
    return err < 0 ? err : 1;
}

int fb__records_next(struct fb__records *r, const char *bytes, size_t len,
                     size_t *at, struct fb_record *record) {
    while (!r->ended) {
        const char *head = bytes + *at;
        const size_t left = len - *at;
        size_t payload;
        int got;

        if (left < RECORD_HEAD_BYTES) {
            return -ENODATA;
        }
        payload = fb__get32(head + 4);
        if (payload > FB_RECORDING_RECORD_BYTES) {
            return -EBADMSG;
        }
        if (left - RECORD_HEAD_BYTES < payload) {
            return -ENODATA;
        }
        got = fb__record_parse(r, fb__get32(head), head + RECORD_HEAD_BYTES,
                               payload, record);
        *at += RECORD_HEAD_BYTES + payload;
        if (got != 0) {
            return got;
        }
    }
    return 0;
}
