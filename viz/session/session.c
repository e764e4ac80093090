// A session: one trace being looked at, live or dead, whole or late.
//
// Problem: a viewer comes late, reads slower than the program writes, and
// outlives it. Each of these loses events, and a picture that does not know
// what it lost is wrong without looking wrong.
//
// Idea: start only where a model is exact (event 1, or a whole census); where a
// live ring holds no such place, ask the program for one. From then on `next`
// is the only number that counts:
//
//     start            next                       head
//       |  in history   |   to be read by pump     |
//
// The feed (feed.h) says where it could really begin; what lies between is a
// gap, noted exactly, and a reason to ask for the next census.
//
// Invariants: every number from facts.first to next - 1 is either in the
// history (or slid out of it) or in one gap. A live program is asked for one
// census at a time. Nothing here writes to the trace but the control calls.
#include "session.h"

#include "fishbowl/trace/text.h"
#include "session_state.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t fb__session_now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- what the trace says about itself --------------------------------------

void fb__session_safe(char *out, size_t out_bytes, const char *text,
                      size_t max) {
    fb_text_sanitise(text, strnlen(text, max), out, out_bytes);
}

// ---- taking events ---------------------------------------------------------

static int note_gap(struct fb_session *s, uint64_t first, uint64_t last) {
    if (s->gap_count == s->gap_room) {
        const size_t room = s->gap_room == 0 ? 16 : s->gap_room * 2;
        struct fb_session_gap *more = realloc(s->gaps, room * sizeof(*more));

        if (more == NULL) {
            return -ENOMEM;
        }
        s->gaps = more;
        s->gap_room = room;
    }
    s->gaps[s->gap_count++] = (struct fb_session_gap){first, last};
    s->lost += last - first + 1;
    return 0;
}

// A program with a clock of its own (virtual time) has a header in the system's.
static void settle_start(struct fb_session *s, const struct fb_event *first) {
    if (fb_history_count(s->history) == 0 &&
        first->time_ns < s->facts.start_time_ns) {
        s->facts.start_time_ns = first->time_ns;
    }
}

int fb__session_take(struct fb_session *s, size_t max, uint64_t end) {
    size_t taken = 0;

    while (taken < max && s->next < end) {
        uint64_t first = s->next;
        const size_t room =
            max - taken < FB__SESSION_BATCH ? max - taken : FB__SESSION_BATCH;
        const int got = s->feed->read(s, s->next, s->batch, room, &first);
        int err = got < 0 ? got : 0;

        if (err == 0 && first > s->next) {
            err = note_gap(s, s->next, first - 1);
            s->next = err < 0 ? s->next : first;
        }
        if (err < 0 || got == 0) {
            return err < 0 ? err : (int)taken;
        }
        settle_start(s, &s->batch[0]);
        for (size_t i = 0; i < (size_t)got && err >= 0; i++) {
            err = fb_history_push(s->history, first + i, &s->batch[i]);
            if (err >= 0) {
                fb_lints_feed(s->lints, fb_history_live(s->history), first + i,
                              &s->batch[i]);
                s->next = first + i + 1;
                taken++;
            }
        }
        if (err < 0) {
            return err;
        }
    }
    return (int)taken;
}

// One census at a time. `answered` was read before the events were: a census
// that was whole by then has been read in whole, so if the model is uncertain
// still, a part of it was lost and a new one is needed.
static void ask_if_uncertain(struct fb_session *s, bool answered) {
    const struct fb_model *m = fb_history_live(s->history);

    if (s->reader.control == NULL || !m->uncertain || m->in_census ||
        (s->asked && !answered)) {
        return;
    }
    if (fb_session_life(s) == FB_LIFE_RUNNING) {
        s->census = fb_trace_census_ask(&s->reader);
        s->asked = true;
    }
}

void fb__session_end_lints(struct fb_session *s, enum fb_trace_life life) {
    if (life == FB_LIFE_CLOSED) {
        fb_lints_end(s->lints, fb_history_live(s->history));
    }
}

// Whether it writes what happens, and nobody holds it still or makes it slow;
// false if that cannot be seen.
static bool runs_free(const struct fb_session *s, enum fb_trace_life life) {
    struct fb_trace_control *c = s->reader.control;
    uint64_t after;

    return life == FB_LIFE_RUNNING && c != NULL &&
           !fb_trace_control_stopped(&s->reader, &after) &&
           atomic_load(&c->enabled) != 0 &&
           atomic_load(&c->mode) == FB_CONTROL_RUN;
}

// A poll without an end shows only in that nothing comes any more.
static void note_quiet(struct fb_session *s, bool news,
                       enum fb_trace_life life) {
    const uint64_t now_ns = fb__session_now_ns();

    if (news || !runs_free(s, life)) {
        s->news_ns = now_ns;
    } else {
        fb_lints_quiet(s->lints, fb_history_live(s->history),
                       now_ns - s->news_ns);
    }
}

// What a pump took while the trace is still being opened.
static int end_slices(struct fb_session *s, int taken) {
    if (taken > 0) {
        fb__session_expect(s, s->slices_end);
        return taken;
    }
    s->slices_end = 0;
    return taken == 0 ? s->feed->settle(s) : taken;
}

int fb_session_pump(struct fb_session *s) {
    const bool answered =
        s->asked && fb_trace_census_answered(&s->reader, s->census);
    const enum fb_trace_life life = fb_session_life(s);
    int taken;

    s->lints_before = fb_lints_count(s->lints);
    taken = fb__session_take(s, FB_SESSION_PUMP_EVENTS, UINT64_MAX);
    if (taken == 0) {
        fb__session_end_lints(s, life);
    }
    note_quiet(s, taken != 0, life);
    s->feed->refresh(s);
    if (taken >= 0 && taken < (int)FB_SESSION_PUMP_EVENTS) {
        ask_if_uncertain(s, answered);
    }
    return s->slices_end != 0 ? end_slices(s, taken) : taken;
}

uint64_t fb_session_missing(const struct fb_session *s) {
    uint64_t left;

    if (s->slices_end == 0) {
        return 0;
    }
    left = s->feed->left(s, s->slices_end);
    return left > 0 ? left : 1;
}

// ---- looking ---------------------------------------------------------------

struct fb_history *fb_session_history(struct fb_session *s) {
    return s->history;
}

const struct fb_lints *fb_session_lints(const struct fb_session *s) {
    return s->lints;
}

size_t fb_session_new_lints(const struct fb_session *s) {
    return fb_lints_count(s->lints) - s->lints_before;
}

const struct fb_names *fb_session_names(const struct fb_session *s) {
    return &s->names;
}

enum fb_trace_life fb_session_life(const struct fb_session *s) {
    return s->feed->life(s);
}

const struct fb_source_provider *
fb_session_source_provider(const struct fb_session *s) {
    return s->provider.load != NULL ? &s->provider : NULL;
}

// ---- a recording that is not whole -------------------------------------------

const char *fb_session_end_words(const struct fb_session *s) {
    static const char *const words[] = {
        [FB_SESSION_WHOLE] = "",
        [FB_SESSION_CUT_OFF] = "cut off after event",
        [FB_SESSION_DAMAGED] = "damaged after event",
        [FB_SESSION_TOO_LONG] = "too long, ends at event",
        [FB_SESSION_UNREADABLE] = "unreadable after event",
        [FB_SESSION_ALTERED] = "altered, ends at event"};

    return words[s->facts.end];
}

void fb_session_say_end(const struct fb_session *s, char *out,
                        size_t out_bytes) {
    static const char *const why[] = {
        [FB_SESSION_WHOLE] = "",
        [FB_SESSION_CUT_OFF] = "is cut off",
        [FB_SESSION_DAMAGED] = "is damaged",
        [FB_SESSION_TOO_LONG] = "is too long for the memory: it is left out",
        [FB_SESSION_UNREADABLE] = "cannot be read",
        [FB_SESSION_ALTERED] = "is not what was written"};
    const uint64_t last = fb_history_last(s->history);

    out[0] = '\0';
    if (s->facts.end == FB_SESSION_WHOLE) {
        return;
    }
    if (s->facts.end == FB_SESSION_ALTERED) {
        snprintf(out, out_bytes,
                 "this recording %s: its checksum is wrong, and anything in it "
                 "may be",
                 why[s->facts.end]);
    } else if (last == 0) {
        snprintf(out, out_bytes, "this recording %s before its first event",
                 why[s->facts.end]);
    } else {
        snprintf(out, out_bytes, "this recording %s after event %" PRIu64,
                 why[s->facts.end], last);
    }
}

const struct fb_session_facts *fb_session_facts(const struct fb_session *s) {
    return &s->facts;
}

size_t fb_session_gaps(const struct fb_session *s,
                       const struct fb_session_gap **ret_gaps,
                       uint64_t *ret_lost) {
    *ret_gaps = s->gaps;
    *ret_lost = s->lost;
    return s->gap_count;
}
