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
// The ring's reader says where it could really begin; what lies between is a
// gap, noted exactly, and a reason to ask for the next census.
//
// Invariants: every number from facts.first to next - 1 is either in the
// history (or slid out of it) or in one gap. A live program is asked for one
// census at a time. Nothing here writes to the trace but the control calls.
#include "session.h"

#include "fishbowl/trace/text.h"
#include "resolve.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 4096, PATH_BYTES = 4096, SYNC_TRIES = 8 };

struct fb_session {
    struct fb_trace_reader reader;
    struct fb_trace_merge *events; // all rings of it, in one row
    struct fb_history *history;
    struct fb_lints *lints;
    size_t lints_before; // findings there were before the last pump
    uint64_t news_ns;    // CLOCK_MONOTONIC: since when no event has come
    struct fb_names names;
    struct fb_session_facts facts;
    uint64_t next; // number of the next event to read
    struct fb_session_gap *gaps;
    size_t gap_count, gap_room;
    uint64_t lost;
    uint32_t census; // token of the census asked for, if `asked`
    bool asked, claimed;
    bool in_slices;      // a long trace may be opened so,
    uint64_t slices_end; // and is until a pump finds nothing more below this
    char path[FB_TEXT_SAFE_BYTES(PATH_BYTES)];
    char program[FB_TEXT_SAFE_BYTES(
        sizeof(((struct fb_trace_header *)0)->program))];
    char address[FB_TEXT_SAFE_BYTES(
        sizeof(((struct fb_trace_header *)0)->address))];
    struct fb_event batch[BATCH];
};

static uint64_t monotonic_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void give_place(void *arg, uint32_t index, const char **ret_name,
                       const char **ret_file, uint32_t *ret_line,
                       uint32_t *ret_size) {
    const struct fb_trace_place place = fb_trace_reader_place(arg, index);

    *ret_name = place.name;
    *ret_file = place.file;
    *ret_line = place.line;
    *ret_size = place.size;
}

// ---- what the trace says about itself --------------------------------------

static void make_safe(char *out, size_t out_bytes, const char *text,
                      size_t max) {
    fb_text_sanitise(text, strnlen(text, max), out, out_bytes);
}

// A program opens its trace before it listens, so its address comes later than
// the header that the reader has checked and copied.
static void refresh_address(struct fb_session *s) {
    char raw[sizeof(s->reader.header.address)];

    if (s->address[0] == '\0' &&
        pread(s->reader.fd, raw, sizeof(raw),
              offsetof(struct fb_trace_header, address)) ==
            (ssize_t)sizeof(raw)) {
        make_safe(s->address, sizeof(s->address), raw, sizeof(raw));
    }
}

static void learn_facts(struct fb_session *s, const char *path) {
    const struct fb_trace_header *h = &s->reader.header;

    make_safe(s->path, sizeof(s->path), path, PATH_BYTES);
    make_safe(s->program, sizeof(s->program), h->program, sizeof(h->program));
    make_safe(s->address, sizeof(s->address), h->address, sizeof(h->address));
    s->facts = (struct fb_session_facts){
        .path = s->path,
        .program = s->program,
        .address = s->address,
        .pid = h->pid,
        .flags = h->flags,
        .start_realtime_ns = h->start_realtime_ns,
        .start_time_ns = h->start_time_ns,
        .ring_events = h->ring_capacity * h->ring_count,
        .workers = h->ring_count,
    };
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

// Reads events below `end`, at most `max`. Where it fails, `next` names the
// first event that is not in the history, so that a later call goes on there.
static int take(struct fb_session *s, size_t max, uint64_t end) {
    size_t taken = 0;

    while (taken < max && s->next < end) {
        uint64_t first = s->next;
        const size_t room = max - taken < BATCH ? max - taken : BATCH;
        const size_t got =
            fb_trace_merge_read(s->events, s->next, s->batch, room, &first);
        int err = 0;

        if (first > s->next) {
            err = note_gap(s, s->next, first - 1);
            s->next = err < 0 ? s->next : first;
        }
        if (err < 0 || got == 0) {
            return err < 0 ? err : (int)taken;
        }
        for (size_t i = 0; i < got && err >= 0; i++) {
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

// `life` was read before the last pump, which found nothing more.
static void end_lints(struct fb_session *s, enum fb_trace_life life) {
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
    const uint64_t now_ns = monotonic_ns();

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
        return taken;
    }
    s->slices_end = 0;
    return taken == 0 && fb_trace_merge_refused(s->events) > 0 ? -EBADMSG
                                                               : taken;
}

int fb_session_pump(struct fb_session *s) {
    const bool answered =
        s->asked && fb_trace_census_answered(&s->reader, s->census);
    const enum fb_trace_life life = fb_session_life(s);
    int taken;

    s->lints_before = fb_lints_count(s->lints);
    taken = take(s, FB_SESSION_PUMP_EVENTS, UINT64_MAX);
    if (taken == 0) {
        end_lints(s, life);
    }
    note_quiet(s, taken != 0, life);
    refresh_address(s);
    if (taken >= 0 && taken < (int)FB_SESSION_PUMP_EVENTS) {
        ask_if_uncertain(s, answered);
    }
    return s->slices_end != 0 ? end_slices(s, taken) : taken;
}

uint64_t fb_session_missing(const struct fb_session *s) {
    if (s->slices_end == 0) {
        return 0;
    }
    return s->slices_end > s->next ? s->slices_end - s->next : 1;
}

// ---- where to start --------------------------------------------------------

// Asks the program for a census and waits until it is written.
static int wait_for_census(struct fb_session *s, uint64_t limit_ns) {
    const struct timespec pause = {.tv_nsec = 1000000};
    const uint64_t until = monotonic_ns() + limit_ns;

    s->census = fb_trace_census_ask(&s->reader);
    s->asked = true;
    while (!fb_trace_census_answered(&s->reader, s->census)) {
        if (fb_session_life(s) != FB_LIFE_RUNNING) {
            return 0; // it will not answer any more; what is there is all
        }
        if (monotonic_ns() >= until) {
            return -ETIMEDOUT;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

// Sets `next` to where reading begins. An empty ring begins at event 1.
static void place_start(struct fb_session *s) {
    const uint64_t sync = fb_trace_merge_sync(s->events);
    const bool empty = fb_trace_merge_head(s->events) == 0;

    s->facts.exact = sync != 0 || empty;
    s->next = sync != 0 ? sync : fb_trace_merge_tail(s->events);
    if (s->next == 0) {
        s->next = 1;
    }
    s->facts.first = s->next;
}

// Of a long trace that is finished the first slice may do. Returns whether.
static bool begin_slices(struct fb_session *s, uint64_t end) {
    const uint64_t events = end > s->next ? end - s->next : 0;

    if (fb_session_life(s) == FB_LIFE_RUNNING) {
        return false;
    }
    fb_history_expect(s->history, events);
    if (s->in_slices && events > FB_SESSION_AT_ONCE) {
        s->slices_end = end;
    }
    return s->slices_end != 0;
}

// Reads all that is there now. Between finding the start and reading it, a
// busy writer may overtake it: then the start is looked for again, as long as
// nothing has been read.
static int load(struct fb_session *s, uint64_t census_wait_ns) {
    const enum fb_trace_life life = fb_session_life(s);
    uint64_t end;
    int err;

    place_start(s);
    if (!s->facts.exact && s->reader.control != NULL &&
        fb_session_life(s) == FB_LIFE_RUNNING) {
        err = wait_for_census(s, census_wait_ns);
        if (err < 0) {
            return err;
        }
        place_start(s);
    }
    for (int i = 0; i < SYNC_TRIES; i++) {
        if (fb_trace_merge_tail(s->events) <= s->next) {
            break;
        }
        place_start(s);
    }
    // What is there now, not what comes meanwhile: a fast writer would keep us.
    end = fb_trace_merge_head(s->events) + 1;
    if (begin_slices(s, end)) {
        err = take(s, FB_SESSION_PUMP_EVENTS, end);
        return err < 0 ? err : 0;
    }
    do {
        err = take(s, FB_SESSION_PUMP_EVENTS, end);
    } while (err == (int)FB_SESSION_PUMP_EVENTS);
    if (err >= 0 && fb_trace_merge_refused(s->events) > 0) {
        return -EBADMSG;
    }
    if (err >= 0) {
        end_lints(s, life);
    }
    return err < 0 ? err : 0;
}

// ---- open and close --------------------------------------------------------

static void say_reader(char *why, size_t why_bytes, const char *path, int err,
                       const struct fb_trace_reader *r) {
    char safe[256];

    make_safe(safe, sizeof(safe), path, PATH_BYTES);
    snprintf(why, why_bytes, "%s: %s (%s)", safe,
             r->reason[0] != '\0' ? r->reason : strerror(-err),
             err == -EPROTO ? "use the fishbowl that wrote it"
                            : "`fishbowl list --all` names the traces");
}

static void say_failed(char *why, size_t why_bytes, const struct fb_session *s,
                       int err) {
    const char *reason, *remedy;

    switch (err) {
    case -ETIMEDOUT:
        reason = "it does not answer when asked for a census of its tasks";
        remedy = "it is inside one long poll, or stopped; try again later";
        break;
    case -EBUSY:
        reason = "another viewer controls it";
        remedy = "close that one, or look without control";
        break;
    case -ENOTSUP:
        reason = "it cannot be controlled, it does not run any more";
        remedy = "look without control";
        break;
    case -EBADMSG:
        reason = "its rings are damaged: the numbers of their events "
                 "contradict each other";
        remedy = "record it anew";
        break;
    default:
        reason = strerror(-err);
        remedy = "close other programs, or look at a shorter trace";
        break;
    }
    snprintf(why, why_bytes, "pid %u (%s): %s (%s)", s->facts.pid, s->program,
             reason, remedy);
}

// A file of a few bytes may say that it has billions of events, and be right
// as far as anyone can read.
static uint64_t events_that_fit(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    const uint64_t each = sizeof(struct fb_event) * 3 / 2; // with checkpoints

    return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes / 2 / each
                                  : FB_SESSION_LIVE_EVENTS;
}

static int prepare(struct fb_session *s,
                   const struct fb_session_options *options) {
    const bool live = fb_session_life(s) == FB_LIFE_RUNNING;
    uint64_t kept = options->max_events;
    int err;

    if (kept == 0) {
        kept = live ? FB_SESSION_LIVE_EVENTS : events_that_fit();
    }

    err = fb_trace_merge_open(&s->events, &s->reader);
    if (err < 0) {
        return err;
    }
    s->facts.controllable = live && s->reader.control != NULL;
    s->in_slices = options->in_slices;
    err = fb_history_create(&s->history, kept);
    if (err < 0) {
        return err;
    }
    s->news_ns = monotonic_ns();
    err = fb_lints_create(&s->lints, options->lints);
    if (err < 0) {
        return err;
    }
    if (options->control) {
        err = fb_session_claim(s);
        if (err < 0) {
            return err;
        }
    }
    return load(s, options->census_wait_ns);
}

int fb_session_open_with(struct fb_session **ret_session,
                         const struct fb_session_options *options, char *why,
                         size_t why_bytes) {
    struct fb_session *s;
    char path[PATH_BYTES];
    int err =
        fb__session_resolve(options->what, path, sizeof(path), why, why_bytes);

    if (err < 0) {
        return err;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        snprintf(why, why_bytes, "trace: out of memory (close something)");
        return -ENOMEM;
    }
    s->reader.fd = -1;
    s->names = (struct fb_names){.arg = &s->reader, .place = give_place};
    // Where the file may only be read, there is no control and no census.
    err = fb_trace_reader_open(&s->reader, path, true);
    if (err < 0) {
        say_reader(why, why_bytes, path, err, &s->reader);
        goto fail;
    }
    learn_facts(s, path);
    err = prepare(s, options);
    if (err < 0) {
        say_failed(why, why_bytes, s, err);
        goto fail;
    }
    *ret_session = s;
    return 0;

fail:
    fb_session_close(s);
    return err;
}

int fb_session_open(struct fb_session **ret_session, const char *what,
                    bool control, char *why, size_t why_bytes) {
    const struct fb_session_options options = {
        .what = what,
        .control = control,
        .census_wait_ns = FB_SESSION_CENSUS_NS,
    };

    return fb_session_open_with(ret_session, &options, why, why_bytes);
}

void fb_session_close(struct fb_session *s) {
    if (s == NULL) {
        return;
    }
    fb_session_release(s);
    fb_history_destroy(s->history);
    fb_lints_destroy(s->lints);
    fb_trace_merge_close(s->events);
    fb_trace_reader_close(&s->reader);
    free(s->gaps);
    free(s);
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
    return fb_trace_reader_life(&s->reader);
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

// ---- control ---------------------------------------------------------------

int fb_session_claim(struct fb_session *s) {
    int err;

    if (fb_session_claimed(s)) {
        return 0;
    }
    if (s->reader.control == NULL || fb_session_life(s) != FB_LIFE_RUNNING) {
        return -ENOTSUP;
    }
    err = fb_trace_control_claim(&s->reader);
    s->claimed = err >= 0;
    return err;
}

bool fb_session_claimed(const struct fb_session *s) {
    return s->claimed && fb_trace_control_mine(&s->reader);
}

void fb_session_release(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_release(&s->reader);
        s->claimed = false;
    }
}

void fb_session_beat(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_beat(&s->reader);
    }
}

void fb_session_run(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_run(&s->reader);
    }
}

void fb_session_stop(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_stop(&s->reader);
    }
}

void fb_session_step(struct fb_session *s, enum fb_control_step step,
                     uint32_t task) {
    if (s->claimed) {
        fb_trace_control_step(&s->reader, step, task);
    }
}

void fb_session_slow(struct fb_session *s, uint64_t delay_ns) {
    if (s->claimed) {
        fb_trace_control_slow(&s->reader, delay_ns);
    }
}

void fb_session_break(struct fb_session *s, uint64_t kinds, uint32_t task) {
    if (s->claimed) {
        fb_trace_control_break(&s->reader, kinds, task);
    }
}

uint32_t fb_session_choose(struct fb_session *s, uint32_t task,
                           enum fb_control_step step) {
    return s->claimed ? fb_trace_control_choose(&s->reader, task, step) : 0;
}

bool fb_session_chosen(const struct fb_session *s, uint32_t token,
                       enum fb_choice_answer *ret_answer) {
    return s->reader.control != NULL &&
           fb_trace_control_chosen(&s->reader, token, ret_answer);
}

void fb_session_breaks(struct fb_session *s,
                       const struct fb_trace_break *breaks, size_t count) {
    if (s->claimed) {
        fb_trace_control_breaks(&s->reader, breaks, count);
    }
}

bool fb_session_stopped(const struct fb_session *s, uint64_t *ret_after) {
    return s->reader.control != NULL &&
           fb_trace_control_stopped(&s->reader, ret_after);
}
