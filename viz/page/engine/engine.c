// Problem: a page has a trace as bytes that come piece by piece, and may hold
//     anything.
// Idea: records are taken as they become whole; each goes where a session of
//     the other viewers would put it: events into the history and the lints,
//     names, texts and gaps beside them. What cannot be read ends the trace,
//     and is said; what came before stays good.
// Invariants: every event was fed to history and lints in order. Memory is in
//     proportion to the bytes that have come.
#include "engine_state.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAFE_INTEGER ((UINT64_C(1) << 53) - 1) // what a number of JavaScript is

int fb__engine_refuse(struct fb_engine *e, int err, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(e->why, sizeof(e->why), format, args);
    va_end(args);
    return err;
}

static int out_of_memory(struct fb_engine *e) {
    return fb__engine_refuse(
        e, -ENOMEM,
        "this page has no memory left for the trace (close "
        "other pages, or export fewer events)");
}

// ---- events ----

static int note_gap(struct fb_engine *e, uint64_t first, uint64_t last) {
    if (e->gap_count == e->gap_room) {
        const size_t room = e->gap_room == 0 ? 16 : e->gap_room * 2;
        struct fb__engine_gap *more = realloc(e->gaps, room * sizeof(*more));

        if (more == NULL) {
            return -ENOMEM;
        }
        e->gaps = more;
        e->gap_room = room;
    }
    e->gaps[e->gap_count++] = (struct fb__engine_gap){first, last};
    e->lost += last - first + 1;
    return 0;
}

// What a GAP record says shows in the numbers, too: so a gap is noted where
// events come again, or at the end.
static int take_events(struct fb_engine *e, const struct fb_record *r) {
    const uint64_t last = fb_history_last(e->history);
    int err = 0;

    if (r->last > SAFE_INTEGER) {
        return fb__engine_refuse(e, -EOVERFLOW,
                                 "the trace numbers its events beyond what a "
                                 "page can count (2^53)");
    }
    if (last == 0) {
        if (r->events[0].time_ns < e->head.start_time_ns) {
            e->head.start_time_ns = r->events[0].time_ns; // a clock of its own
        }
        e->exact = r->first == 1 || (r->events[0].kind == FB_EV_CENSUS &&
                                     r->events[0].detail == FB_CENSUS_BEGIN);
    } else if (r->first > last + 1) {
        err = note_gap(e, last + 1, r->first - 1);
    }
    for (size_t i = 0; i < r->count && err >= 0; i++) {
        err = fb_history_push(e->history, r->first + i, &r->events[i]);
        if (err >= 0) {
            fb_lints_feed(e->lints, fb_history_live(e->history), r->first + i,
                          &r->events[i]);
        }
    }
    return err;
}

// ---- records ----

static int take_text(char **ret_copy, const char *text) {
    const size_t room = FB_TEXT_SAFE_BYTES(strnlen(text, 512));
    char *copy = malloc(room + 4);

    if (copy == NULL) {
        return -ENOMEM;
    }
    fb_text_sanitise(text, strnlen(text, 512), copy, room + 4);
    free(*ret_copy);
    *ret_copy = copy;
    return 0;
}

static int take_head(struct fb_engine *e, const struct fb_record *r) {
    int err;

    if (e->begun) { // a later one differs only in its address
        return take_text(&e->address, r->head.address);
    }
    e->begun = true;
    e->head = r->head;
    err = take_text(&e->program, r->head.program);
    return err < 0 ? err : take_text(&e->address, r->head.address);
}

static int take_record(struct fb_engine *e, const struct fb_record *r) {
    if (!e->begun && r->kind != FB_RECORD_HEAD) {
        return fb__engine_refuse(
            e, -EINVAL, "the trace does not begin as a recording does");
    }
    switch (r->kind) {
    case FB_RECORD_HEAD: return take_head(e, r);
    case FB_RECORD_NAME: return fb__recorded_name(&e->recorded, r);
    case FB_RECORD_SOURCE: return fb__recorded_source(&e->recorded, r);
    case FB_RECORD_EVENTS: return take_events(e, r);
    case FB_RECORD_GAP: e->told = r->last > e->told ? r->last : e->told; break;
    case FB_RECORD_END:
        e->how = FB__ENGINE_WHOLE;
        e->end = r->end;
        break;
    }
    return 0;
}

// Takes the whole records of `bytes`. *ret_taken: how much they were.
static int take_records(struct fb_engine *e, const char *bytes, size_t len,
                        size_t *ret_taken) {
    struct fb_record record;
    size_t at = 0;
    int got;

    while ((got = fb__records_next(&e->records, bytes, len, &at, &record)) ==
           1) {
        const int err = take_record(e, &record);

        if (err < 0) {
            return err == -ENOMEM ? out_of_memory(e) : err;
        }
    }
    *ret_taken = at;
    if (got == -ENOMEM) {
        return out_of_memory(e);
    }
    if (got == -EBADMSG && !e->begun) {
        return fb__engine_refuse(
            e, -EINVAL, "the trace does not begin as a recording does");
    }
    if (got == -EBADMSG) {
        e->how = FB__ENGINE_DAMAGED;
    }
    e->stopped = got != -ENODATA;
    return 0;
}

static int keep_pending(struct fb_engine *e, const char *bytes, size_t len) {
    if (len == 0) {
        return 0;
    }
    if (len > e->pending_room - e->pending_len) {
        const size_t least = e->pending_len + len;
        size_t room = e->pending_room == 0 ? 1 << 16 : e->pending_room;
        char *grown;

        while (room < least && room <= SIZE_MAX / 2) {
            room *= 2;
        }
        grown = room < least ? NULL : realloc(e->pending, room);
        if (grown == NULL) {
            return out_of_memory(e);
        }
        e->pending = grown;
        e->pending_room = room;
    }
    memcpy(e->pending + e->pending_len, bytes, len);
    e->pending_len += len;
    return 0;
}

int fb_engine_take(struct fb_engine *e, const char *bytes, size_t len) {
    size_t taken = 0;
    int err;

    if (e->stopped || len == 0) {
        return 0;
    }
    if (e->pending_len == 0) { // most pieces are looked at where they lie
        err = take_records(e, bytes, len, &taken);
        return err < 0 || e->stopped
                   ? err
                   : keep_pending(e, bytes + taken, len - taken);
    }
    err = keep_pending(e, bytes, len);
    if (err == 0) {
        err = take_records(e, e->pending, e->pending_len, &taken);
    }
    if (err == 0) {
        e->pending_len -= taken;
        memmove(e->pending, e->pending + taken, e->pending_len);
    }
    return err;
}

// ---- begin and end ----

int fb_engine_create(struct fb_engine **ret_engine) {
    struct fb_engine *e = calloc(1, sizeof(*e));

    if (e == NULL) {
        return -ENOMEM;
    }
    e->table = (struct fb_names){&e->recorded, fb__recorded_place};
    if (fb_history_create(&e->history, 0) < 0 ||
        fb_lints_create(&e->lints, NULL) < 0) {
        fb_engine_destroy(e);
        return -ENOMEM;
    }
    *ret_engine = e;
    return 0;
}

void fb_engine_destroy(struct fb_engine *e) {
    if (e == NULL) {
        return;
    }
    fb__recorded_deinit(&e->recorded);
    fb__records_deinit(&e->records);
    fb_history_destroy(e->history);
    fb_lints_destroy(e->lints);
    fb__pace_deinit(&e->at);
    fb__pace_deinit(&e->story);
    fb__answer_deinit(&e->answer);
    free(e->program);
    free(e->address);
    free(e->gaps);
    free(e->pending);
    free(e->blob);
    free(e);
}

int fb_engine_end(struct fb_engine *e) {
    const uint64_t last = fb_history_last(e->history);
    int err;

    free(e->pending);
    e->pending = NULL;
    e->pending_len = e->pending_room = 0;
    e->stopped = true;
    if (!e->begun) {
        return fb__engine_refuse(
            e, -ENODATA,
            "there is no trace in this page, or it was cut "
            "off before it began");
    }
    if (e->told > last && last > 0 && note_gap(e, last + 1, e->told) < 0) {
        return out_of_memory(e);
    }
    if (e->how == FB__ENGINE_WHOLE && e->end == FB_RECORDING_CLOSED) {
        fb_lints_end(e->lints, fb_history_live(e->history));
    }
    err = fb__pace_go(&e->at, e->history, fb_history_first(e->history));
    return err < 0 ? out_of_memory(e) : 0;
}

// ---- answers ----

const char *fb_engine_why(const struct fb_engine *e) {
    return e->why;
}

const char *fb_engine_answer(const struct fb_engine *e, size_t *ret_len) {
    *ret_len = e->answer.len;
    return e->answer.bytes;
}

const void *fb_engine_blob(const struct fb_engine *e, size_t *ret_len) {
    *ret_len = e->blob_len;
    return e->blob;
}

struct fb__answer *fb__engine_begin(struct fb_engine *e) {
    fb__answer_reset(&e->answer);
    e->blob_len = 0;
    return &e->answer;
}

int fb__engine_done(struct fb_engine *e) {
    return e->answer.failed ? out_of_memory(e) : 0;
}

void *fb__engine_make_blob(struct fb_engine *e, size_t bytes) {
    if (bytes > e->blob_room) {
        char *grown = realloc(e->blob, bytes);

        if (grown == NULL) {
            return NULL;
        }
        e->blob = grown;
        e->blob_room = bytes;
    }
    e->blob_len = bytes;
    if (bytes > 0) {
        memset(e->blob, 0, bytes);
    }
    return e->blob;
}
