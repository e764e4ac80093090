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

// ---- names ----

static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    const struct fb_engine *e = arg;
    const struct fb__engine_name *n = &e->names[index % FB__ENGINE_TABLE];
    const bool known = index < FB__ENGINE_TABLE && n->name != NULL;

    *ret_name = known ? n->name : "?";
    *ret_file = known ? n->file : "?";
    *ret_line = known ? n->line : 0;
    *ret_size = 0;
}

// The first that names an index is right: sentences must not change later.
static int take_name(struct fb_engine *e, const struct fb_record *r) {
    struct fb__engine_name *n = &e->names[r->index];
    const size_t name = strlen(r->name) + 1, file = strlen(r->file) + 1;

    if (n->name != NULL || r->index == 0) {
        return 0;
    }
    n->name = malloc(name + file);
    if (n->name == NULL) {
        return -ENOMEM;
    }
    memcpy(n->name, r->name, name);
    n->file = n->name + name;
    memcpy(n->file, r->file, file);
    n->line = r->line;
    return 0;
}

const struct fb__engine_source *
fb__engine_find_source(const struct fb_engine *e, const char *file) {
    for (size_t i = 0; i < e->source_count; i++) {
        if (strcmp(e->sources[i].file, file) == 0) {
            return &e->sources[i];
        }
    }
    return NULL;
}

// Doubles `*items`, if it is full. False: no memory.
static bool make_place(void *items, size_t item_bytes, size_t count,
                       size_t *room) {
    const size_t more = *room == 0 ? 16 : *room * 2;
    void *old, *grown;

    if (count < *room) {
        return true;
    }
    memcpy(&old, items, sizeof(old)); // a pointer to items of any type
    grown =
        more > SIZE_MAX / item_bytes ? NULL : realloc(old, more * item_bytes);
    if (grown == NULL) {
        return false;
    }
    memcpy(items, &grown, sizeof(grown));
    *room = more;
    return true;
}

enum { SOURCES_MOST = 1024 };

static int take_source(struct fb_engine *e, const struct fb_record *r) {
    const size_t file = strlen(r->file) + 1;
    char *bytes;

    if (e->source_count == SOURCES_MOST ||
        fb__engine_find_source(e, r->file) != NULL) {
        return 0;
    }
    bytes = malloc(file + r->text_len);
    if (bytes == NULL || !make_place(&e->sources, sizeof(*e->sources),
                                     e->source_count, &e->source_room)) {
        free(bytes);
        return -ENOMEM;
    }
    memcpy(bytes, r->file, file);
    memcpy(bytes + file, r->text, r->text_len);
    e->sources[e->source_count++] = (struct fb__engine_source){
        .file = bytes, .text = bytes + file, .len = r->text_len};
    return 0;
}

// ---- events ----

static int note_gap(struct fb_engine *e, uint64_t first, uint64_t last) {
    if (!make_place(&e->gaps, sizeof(*e->gaps), e->gap_count, &e->gap_room)) {
        return -ENOMEM;
    }
    e->gaps[e->gap_count++] = (struct fb__engine_gap){first, last};
    e->lost += last - first + 1;
    return 0;
}

// What a GAP record says shows in the numbers, too: so a gap is noted where
// events come again, or never do.
static int take_events(struct fb_engine *e, const struct fb_record *r) {
    const uint64_t last = fb_history_last(e->history);
    int err = 0;

    if (r->last > SAFE_INTEGER) {
        return fb__engine_refuse(e, -EOVERFLOW,
                                 "the trace numbers its events beyond what a "
                                 "page can count (2^53)");
    }
    if (last == 0) {
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
    case FB_RECORD_NAME: return take_name(e, r);
    case FB_RECORD_SOURCE: return take_source(e, r);
    case FB_RECORD_EVENTS: return take_events(e, r);
    case FB_RECORD_GAP: break; // shows in the numbers
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
    e->table = (struct fb_names){.arg = e, .place = place};
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
    for (size_t i = 0; i < FB__ENGINE_TABLE; i++) {
        free(e->names[i].name);
    }
    for (size_t i = 0; i < e->source_count; i++) {
        free(e->sources[i].file);
    }
    fb__records_deinit(&e->records);
    fb_history_destroy(e->history);
    fb_lints_destroy(e->lints);
    fb__pace_deinit(&e->at);
    fb__pace_deinit(&e->story);
    fb__answer_deinit(&e->answer);
    free(e->program);
    free(e->address);
    free(e->sources);
    free(e->gaps);
    free(e->pending);
    free(e->blob);
    free(e);
}

int fb_engine_end(struct fb_engine *e) {
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
