// Opening a session: where reading can begin, and why it cannot.
//
// A model is exact from event 1 on, or from a whole census. Reading begins at
// such a place; a live program whose ring holds none is asked for a census and
// waited for.
#include "resolve.h"
#include "session_state.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_TRIES = 8 };

// ---- where to start --------------------------------------------------------

// Asks the program for a census and waits until it is written.
static int wait_for_census(struct fb_session *s, uint64_t limit_ns) {
    const struct timespec pause = {.tv_nsec = 1000000};
    const uint64_t until = fb__session_now_ns() + limit_ns;

    s->census = fb_trace_census_ask(&s->reader);
    s->asked = true;
    while (!fb_trace_census_answered(&s->reader, s->census)) {
        if (fb_session_life(s) != FB_LIFE_RUNNING) {
            return 0; // it will not answer any more; what is there is all
        }
        if (fb__session_now_ns() >= until) {
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
        err = fb__session_take(s, FB_SESSION_PUMP_EVENTS, end);
        return err < 0 ? err : 0;
    }
    do {
        err = fb__session_take(s, FB_SESSION_PUMP_EVENTS, end);
    } while (err == (int)FB_SESSION_PUMP_EVENTS);
    if (err >= 0 && fb_trace_merge_refused(s->events) > 0) {
        return -EBADMSG;
    }
    if (err >= 0) {
        fb__session_end_lints(s, life);
    }
    return err < 0 ? err : 0;
}

// ---- open and close --------------------------------------------------------

static void give_place(void *arg, uint32_t index, const char **ret_name,
                       const char **ret_file, uint32_t *ret_line,
                       uint32_t *ret_size) {
    const struct fb_trace_place place = fb_trace_reader_place(arg, index);

    *ret_name = place.name;
    *ret_file = place.file;
    *ret_line = place.line;
    *ret_size = place.size;
}

static void learn_facts(struct fb_session *s, const char *path) {
    const struct fb_trace_header *h = &s->reader.header;

    fb__session_safe(s->path, sizeof(s->path), path, FB__SESSION_PATH_BYTES);
    fb__session_safe(s->program, sizeof(s->program), h->program,
                     sizeof(h->program));
    fb__session_safe(s->address, sizeof(s->address), h->address,
                     sizeof(h->address));
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

static void say_reader(char *why, size_t why_bytes, const char *path, int err,
                       const struct fb_trace_reader *r) {
    char safe[256];

    fb__session_safe(safe, sizeof(safe), path, FB__SESSION_PATH_BYTES);
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
    s->news_ns = fb__session_now_ns();
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
    char path[FB__SESSION_PATH_BYTES];
    int err =
        fb_session_resolve(options->what, path, sizeof(path), why, why_bytes);

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
