// A recording as a session's feed.
//
// Problem: it is read once, from its beginning; nobody knows how long it is
//     before its end has come, and a few megabytes may claim to be terabytes.
//
// Idea: one record at a time. Names and texts are kept (recorded.c), events are
//     given out of the record they lie in:
//
//     HEAD NAME SOURCE │ EVENTS n … m │ GAP │ EVENTS … │ END
//                          ▲ the record being given
//
// What is there is kept from the beginning on, where a recording is opened, as
// far as the memory goes: the rest is left out and said to be, which also bounds
// what a bomb can cost. How it ends is a fact of the session.
//
// Invariants: `record` holds events, or its count is 0; all that was given lies
// before `next`. Once `ended`, the file is closed.
#include "fishbowl/trace/text.h"
#include "recorded.h"
#include "session_state.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fb__tape {
    struct fb_recording_reader *reader; // NULL once `ended`
    struct fb_record record;            // the events being given
    struct fb__recorded recorded;
    uint64_t next;   // number after the last event or gap that was read
    uint64_t events; // read
    uint64_t file_read, file_bytes;
    uint64_t others; // what records without events were worth, in bytes
    enum fb_recording_end how;
    bool ended;
};

enum {
    RECORD_COST = 64,       // of a record without events, besides its bytes
    OTHERS_MOST = 256 << 20 // more names and sources than any program has
};

// ---- the end ---------------------------------------------------------------

static int end_tape(struct fb_session *s, enum fb_session_end end) {
    struct fb__tape *t = s->tape;

    fb_recording_close(t->reader);
    t->reader = NULL;
    t->record.count = 0;
    t->ended = true;
    s->facts.end = end;
    return 0;
}

// `err` is what reading the next record gave instead of one.
static int end_by(struct fb_session *s, int err) {
    const bool altered = fb_recording_altered(s->tape->reader);

    switch (err) {
    case 0: return end_tape(s, altered ? FB_SESSION_ALTERED : FB_SESSION_WHOLE);
    case -ENODATA: return end_tape(s, FB_SESSION_CUT_OFF);
    case -EBADMSG:
        return end_tape(s, altered ? FB_SESSION_ALTERED : FB_SESSION_DAMAGED);
    case -ENOMEM: (void)end_tape(s, FB_SESSION_TOO_LONG); return -ENOMEM;
    default: return end_tape(s, FB_SESSION_UNREADABLE);
    }
}

// ---- reading ---------------------------------------------------------------

static void learn_address(struct fb_session *s,
                          const struct fb_recording_head *h) {
    if (h->address[0] != '\0') {
        fb__session_safe(s->address, sizeof(s->address), h->address,
                         sizeof(((struct fb_trace_header *)0)->address) - 1);
    }
}

static int take_other(struct fb_session *s) {
    struct fb__tape *t = s->tape;
    const struct fb_record *r = &t->record;
    int err = 0;

    t->others += RECORD_COST;
    switch (r->kind) {
    case FB_RECORD_HEAD: learn_address(s, &r->head); break;
    case FB_RECORD_NAME:
        t->others += strlen(r->name) + strlen(r->file);
        err = fb__recorded_name(&t->recorded, r);
        break;
    case FB_RECORD_SOURCE:
        t->others += strlen(r->file) + r->text_len;
        err = fb__recorded_source(&t->recorded, r);
        break;
    case FB_RECORD_GAP: t->next = r->last + 1; break;
    case FB_RECORD_END: t->how = r->end; break;
    case FB_RECORD_EVENTS: break;
    }
    return t->others > OTHERS_MOST ? -EBADMSG : err;
}

// Reads one record, or ends.
static int advance(struct fb_session *s) {
    struct fb__tape *t = s->tape;
    int err = fb_recording_read(t->reader, &t->record);

    if (err != 1) {
        return end_by(s, err);
    }
    fb_recording_progress(t->reader, &t->file_read, &t->file_bytes);
    if (t->record.kind == FB_RECORD_EVENTS) {
        t->next = t->record.last + 1;
        t->events += t->record.count;
        return 0;
    }
    t->record.count = 0;
    err = take_other(s);
    return err < 0 ? end_by(s, err) : 0;
}

static int give(struct fb_session *s, uint64_t first, struct fb_event *events,
                size_t max, uint64_t *ret_first) {
    const struct fb_record *r = &s->tape->record;
    const uint64_t room = fb__session_room(s);
    const uint64_t from = first > r->first ? first : r->first;
    uint64_t n = r->last - from + 1;

    if (room == 0) {
        *ret_first = first;
        s->tape->next = first;
        return end_tape(s, FB_SESSION_TOO_LONG);
    }
    n = n < max ? n : max;
    n = n < room ? n : room;
    memcpy(events, r->events + (from - r->first), n * sizeof(*events));
    *ret_first = from;
    return (int)n;
}

static int read_events(struct fb_session *s, uint64_t first,
                       struct fb_event *events, size_t max,
                       uint64_t *ret_first) {
    struct fb__tape *t = s->tape;

    for (;;) {
        int err;

        if (t->record.count > 0 && first <= t->record.last) {
            return give(s, first, events, max, ret_first);
        }
        if (t->ended) {
            *ret_first = first > t->next ? first : t->next;
            return 0;
        }
        err = advance(s);
        if (err < 0) {
            return err;
        }
    }
}

// A model is exact from event 1 on, or from a census: that it is whole, only
// the rest of the recording can tell.
static int begin(struct fb_session *s, uint64_t census_wait_ns) {
    struct fb__tape *t = s->tape;
    const struct fb_event *e;
    int err = 0;

    (void)census_wait_ns;
    while (err == 0 && t->record.count == 0 && !t->ended) {
        err = advance(s);
    }
    s->next = t->record.count > 0 ? t->record.first : 1;
    e = t->record.count > 0 ? t->record.events : NULL;
    s->facts.first = s->next;
    s->facts.exact = s->next == 1 || (e != NULL && e->kind == FB_EV_CENSUS &&
                                      e->detail == FB_CENSUS_BEGIN);
    return err;
}

static uint64_t end(struct fb_session *s) {
    (void)s;
    return UINT64_MAX;
}

// As many more as the rest of the file is longer than what was read of it.
static uint64_t left(const struct fb_session *s, uint64_t end) {
    const struct fb__tape *t = s->tape;
    const uint64_t rest = t->file_bytes - t->file_read;
    const uint64_t here = t->record.count > 0 && s->next <= t->record.last
                              ? t->record.last - s->next + 1
                              : 0;

    (void)end;
    if (t->ended || t->file_read == 0) {
        return 0;
    }
    return here +
           (uint64_t)((double)t->events * (double)rest / (double)t->file_read);
}

// A census that was cut off is no place to begin at.
static int settle(struct fb_session *s) {
    if (s->facts.first > 1 && fb_history_live(s->history)->in_census) {
        s->facts.exact = false;
    }
    return 0;
}

static enum fb_trace_life life(const struct fb_session *s) {
    const struct fb__tape *t = s->tape;

    if (!t->ended || s->facts.end != FB_SESSION_WHOLE) {
        return FB_LIFE_LEFT;
    }
    return t->how == FB_RECORDING_CLOSED   ? FB_LIFE_CLOSED
           : t->how == FB_RECORDING_KILLED ? FB_LIFE_KILLED
                                           : FB_LIFE_LEFT;
}

static void refresh(struct fb_session *s) {
    (void)s; // a later HEAD brings the address
}

// ---- open and close --------------------------------------------------------

static void learn_facts(struct fb_session *s,
                        const struct fb_recording_head *h) {
    fb__session_safe(s->program, sizeof(s->program), h->program,
                     sizeof(((struct fb_trace_header *)0)->program) - 1);
    learn_address(s, h);
    s->facts.pid = h->pid;
    s->facts.flags = h->flags | FB_TRACE_RECORDING;
    s->facts.start_realtime_ns = h->start_realtime_ns;
    s->facts.start_time_ns = h->start_time_ns;
    s->facts.workers = h->workers > 0 ? h->workers : 1;
}

// A reason may bring its remedy.
static int say(char *why, size_t why_bytes, const struct fb_session *s, int err,
               const char *reason) {
    const size_t len = strlen(reason);

    snprintf(why, why_bytes, "%s: %s%s", s->path, reason,
             len > 0 && reason[len - 1] == ')' ? "" : " (record the run anew)");
    return err;
}

static int open_recording(struct fb_session *s, const char *path, char *why,
                          size_t why_bytes) {
    char reason[FB_RECORDING_WHY_BYTES] = "";
    struct fb_recording_head head;
    struct fb__tape *t = calloc(1, sizeof(*t));
    int err;

    if (t == NULL) {
        return say(why, why_bytes, s, -ENOMEM,
                   "out of memory (close some"
                   "thing)");
    }
    s->tape = t;
    t->next = 1;
    err = fb_recording_open(&t->reader, path, &head, reason, sizeof(reason));
    if (err < 0) {
        return say(why, why_bytes, s, err, reason);
    }
    learn_facts(s, &head);
    s->names = (struct fb_names){&t->recorded, fb__recorded_place};
    s->provider = (struct fb_source_provider){&t->recorded, fb__recorded_load};
    return 0;
}

static void close_recording(struct fb_session *s) {
    if (s->tape != NULL) {
        fb_recording_close(s->tape->reader);
        fb__recorded_deinit(&s->tape->recorded);
        free(s->tape);
        s->tape = NULL;
    }
}

const struct fb__feed fb__feed_recording = {
    .finished = true,
    .open = open_recording,
    .close = close_recording,
    .begin = begin,
    .end = end,
    .read = read_events,
    .left = left,
    .settle = settle,
    .life = life,
    .refresh = refresh,
};
