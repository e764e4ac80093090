// Problem: every event of a program that runs, from a ring that it overwrites,
//     in a file that needs neither the program nor its sources any more.
//
// Idea: be registered as recorder, so that the program waits rather than
//     overwrite. Begin with the oldest place from which a model is exact; ask
//     for a census, for only from its answer on is the program bound to wait:
//
//     sync … what is in the ring … │ census answered … nothing is lost … end
//
// A program that makes events all the time is looked at every few milliseconds,
// so that each look finds many: a look costs a system call, a wake and a block
// for the compressor, an event almost nothing.
//
//
// Invariants: what was told to the program as taken is in our memory. Numbers
// rise; what is missing between two batches was lost, and the recording says so.
#include "fishbowl/trace/merge.h"
#include "record_state.h"
#include "sources.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const uint64_t MS = 1000000, FLUSH_MS = 50, PROGRESS_MS = 500,
                      ANSWER_MS = 5000;
static const uint64_t PAUSE_MOST_NS = 20000000, PAUSE_STEP_NS = 1000000;

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- where to begin ----

static void give_free(struct recorder *r) {
    for (uint32_t i = 0; i < r->reader.header.ring_count; i++) {
        fb_trace_recorder_took(&r->reader, i,
                               fb_trace_merge_taken(r->events, i, r->next));
    }
    fb_trace_recorder_beat(&r->reader);
}

// Registers, so that what is still there from `next` on stays there.
static int bind_at(struct recorder *r) {
    uint64_t taken[FB_TRACE_RINGS_MAX], first;
    int err;

    // looking there sets the place in each ring
    (void)fb_trace_merge_read(r->events, r->next, r->batch, 0, &first);
    for (uint32_t i = 0; i < r->reader.header.ring_count; i++) {
        taken[i] = fb_trace_merge_taken(r->events, i, r->next);
    }
    err = fb_trace_recorder_claim(&r->reader, taken);
    if (err == 0) {
        r->token = fb_trace_census_ask(&r->reader);
        r->bind_ns = now_ns();
        r->bound = false;
    }
    return err;
}

static int bind_program(struct recorder *r) {
    const uint64_t sync = fb_trace_merge_sync(r->events);

    r->next = sync != 0 ? sync : fb_trace_merge_head(r->events) + 1;
    return bind_at(r);
}

// ---- taking events ----

static struct fb_recording_head head_of(const struct fb_trace_reader *reader) {
    const struct fb_trace_header *h = &reader->header;

    return (struct fb_recording_head){
        .pid = h->pid,
        .flags = h->flags | FB_TRACE_RECORDING,
        .workers = h->ring_count,
        .start_realtime_ns = h->start_realtime_ns,
        .start_time_ns = h->start_time_ns,
        .program = h->program,
        .address = h->address,
    };
}

// A program opens its trace before it listens; many never do, so the longer it
// has not, the more seldom we look.
static int learn_address(struct recorder *r, uint64_t now) {
    struct fb_trace_header *h = &r->reader.header;
    struct fb_recording_head head;

    if (r->has_address ||
        now - r->address_ns < (r->address_ns - r->start_ns) / 4 ||
        pread(r->reader.fd, h->address, sizeof(h->address) - 1,
              offsetof(struct fb_trace_header, address)) < 0) {
        return 0;
    }
    r->address_ns = now;
    r->has_address = h->address[0] != '\0';
    head = head_of(&r->reader);
    return r->has_address ? fb_recording_head(r->out, &head) : 0;
}

// How many of a batch belong into the recording: none before a whole census,
// if the trace had no place to begin at.
static size_t skip(struct recorder *r, uint64_t first, size_t count) {
    if (r->result.first != 0 || first == 1) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (r->batch[i].kind == FB_EV_CENSUS &&
            r->batch[i].detail == FB_CENSUS_BEGIN) {
            return i;
        }
    }
    return count;
}

// How many events to ask for.
static size_t most(const struct recorder *r) {
    const uint64_t bound = r->options->most_events;
    const uint64_t left = bound - r->result.events;

    return bound != 0 && left < FB__RECORD_BATCH ? left : FB__RECORD_BATCH;
}

// Returns how many events were there, or an error.
static int take(struct recorder *r) {
    uint64_t first, before = r->next;
    const size_t n =
        fb_trace_merge_read(r->events, r->next, r->batch, most(r), &first);
    const size_t skipped = skip(r, first, n);
    int err = 0;

    r->next = first + n;
    if (r->result.first != 0) {
        r->result.lost += first - before;
    }
    if (n > skipped) {
        err = fb_needs_write(&r->needs, r->batch + skipped, n - skipped);
        if (err == 0) {
            err = fb_recording_events(r->out, first + skipped,
                                      r->batch + skipped, n - skipped);
        }
        r->result.first =
            r->result.first != 0 ? r->result.first : first + skipped;
        r->result.last = first + n - 1;
        r->result.events += n - skipped;
    }
    give_free(r);
    return err < 0 ? err : (int)n;
}

static int flush(struct recorder *r, uint64_t now) {
    int err;

    if (now - r->flush_ns < FLUSH_MS * MS) {
        return 0;
    }
    r->flush_ns = now;
    err = learn_address(r, now);
    return err == 0 ? fb_recording_flush(r->out) : err;
}

static void measure(struct recorder *r, uint64_t now) {
    uint64_t waited;

    (void)fb_trace_recorder_awaited(&r->reader, &waited);
    r->result.waited_ns = waited - r->waited_before_ns;
    r->result.bytes = fb_recording_bytes(r->out);
    r->result.run_ns = now - r->start_ns;
}

static int keep_time(struct recorder *r) {
    const uint64_t now = now_ns();
    int err = flush(r, now);
    uint64_t after;

    if (r->options->progress != NULL &&
        now - r->progress_ns > PROGRESS_MS * MS) {
        r->progress_ns = now;
        measure(r, now);
        r->options->progress(r->options->arg, &r->result);
    }
    if (!r->bound) {
        r->bound = fb_trace_census_answered(&r->reader, r->token);
        if (fb_trace_control_stopped(&r->reader, &after)) {
            r->bind_ns = now; // inside a poll it cannot answer
        }
        if (err == 0 && r->result.first == 0 &&
            now - r->bind_ns > ANSWER_MS * MS) {
            err = -ETIMEDOUT;
        }
    }
    return err;
}

// Who was held up for too long (by a slow disk, by Ctrl-Z) was struck off, and
// begins anew: the numbers will say what was lost.
static int stay_bound(struct recorder *r) {
    return fb_trace_recorder_mine(&r->reader) ? 0 : bind_at(r);
}

static bool is_bound_met(const struct recorder *r) {
    const struct fb_record_options *o = r->options;

    return (o->most_events != 0 && r->result.events >= o->most_events) ||
           (o->most_ns != 0 && now_ns() - r->start_ns >= o->most_ns);
}

// Sleeps so long that the next look finds an eighth of a ring at most.
static void rest(struct recorder *r, uint64_t found) {
    const uint64_t room = r->reader.header.ring_capacity;
    struct timespec pause = {0};

    if (found >= room / 4) {
        r->pause_ns = 0;
        return;
    }
    if (found >= room / 8) {
        r->pause_ns /= 2;
    } else if (found < room / 16 && r->pause_ns < PAUSE_MOST_NS) {
        r->pause_ns += PAUSE_STEP_NS;
    }
    pause.tv_nsec = (long)r->pause_ns;
    nanosleep(&pause, NULL);
}

// All that is there now, at most a ring's worth: then it is time to look at the
// clock again. Returns how many events, or an error.
static int64_t take_all(struct recorder *r) {
    int64_t taken = 0;
    int n;

    do {
        n = take(r);
        taken += n > 0 ? n : 0;
    } while (n == FB__RECORD_BATCH && !is_bound_met(r) &&
             (uint64_t)taken < r->reader.header.ring_capacity);
    return n < 0 ? n : taken;
}

// Until the end. The life is asked before the last look: what was written
// before its end is read.
static int follow(struct recorder *r) {
    for (;;) {
        const enum fb_trace_life life = fb_trace_reader_life(&r->reader);
        const int64_t n = take_all(r);
        int err = n < 0 ? (int)n : keep_time(r);

        if (err == 0 && life == FB_LIFE_RUNNING) {
            err = stay_bound(r);
        }
        if (err < 0) {
            return err;
        }
        if (n == 0 && life != FB_LIFE_RUNNING) {
            r->result.why = life == FB_LIFE_CLOSED ? FB_RECORD_PROGRAM_CLOSED
                                                   : FB_RECORD_PROGRAM_KILLED;
            return 0;
        }
        if (is_bound_met(r)) {
            r->result.why = FB_RECORD_BOUND;
            return 0;
        }
        if (r->options->go_on != NULL && !r->options->go_on(r->options->arg)) {
            r->result.why = FB_RECORD_STOPPED;
            return 0;
        }
        if (life == FB_LIFE_RUNNING) {
            rest(r, (uint64_t)n);
        }
    }
}

// ---- the whole ----

__attribute__((format(printf, 4, 5))) static int
say(char *why, size_t why_bytes, int err, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(why, why_bytes, format, args);
    va_end(args);
    return err;
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

// The recording; its descriptor is taken also when this fails.
static int open_recording(struct recorder *r, char *why, size_t why_bytes) {
    const struct fb_recording_head head = head_of(&r->reader);
    const int err = fb_recording_create_in(&r->out, r->options->fd, &head);

    r->has_address = head.address[0] != '\0';
    fb_needs_init(&r->needs,
                  &(struct fb_needs_options){.out = r->out,
                                             .sources = r->sources,
                                             .names = {&r->reader, give_place},
                                             .flags = head.flags,
                                             .workers = head.workers});
    return err < 0 ? say(why, why_bytes, err,
                         "the recording cannot be written: %s", strerror(-err))
                   : 0;
}

static int open_trace(struct recorder *r, char *why, size_t why_bytes) {
    int err = fb_trace_reader_open(&r->reader, r->options->trace, true);

    if (err < 0 && fb_recording_is(r->options->trace)) {
        return say(why, why_bytes, err,
                   "it is a recording already (copy it as it is)");
    }
    if (err < 0) {
        return say(why, why_bytes, err, "%s", r->reader.reason);
    }
    if (r->reader.control == NULL) {
        return say(why, why_bytes, -ENOTSUP,
                   "it does not run any more, or cannot be controlled (a trace "
                   "that has ended can be copied as it is)");
    }
    (void)fb_trace_recorder_awaited(&r->reader, &r->waited_before_ns);
    err = fb_trace_merge_open(&r->events, &r->reader);
    if (err == 0) {
        err = fb_sources_create(
            &r->sources, &(struct fb_sources_options){
                             .dir = r->options->source_dir,
                             .pid = r->reader.header.pid,
                             .started_ns = r->reader.header.start_realtime_ns});
    }
    if (err == 0) {
        err = bind_program(r);
    }
    if (err == -EBUSY) {
        return say(why, why_bytes, err, "another recorder has it");
    }
    return err < 0 ? say(why, why_bytes, err, "%s", strerror(-err)) : 0;
}

static void close_all(struct recorder *r) {
    fb_trace_recorder_release(&r->reader);
    fb_recording_abandon(r->out);
    fb_sources_destroy(r->sources);
    fb_trace_merge_close(r->events);
    fb_trace_reader_close(&r->reader);
    fb_needs_deinit(&r->needs);
    free(r);
}

// In good order: the program is let go first, for the last block may take its
// time.
static int finish(struct recorder *r) {
    static const enum fb_recording_end ENDS[] = {
        [FB_RECORD_PROGRAM_CLOSED] = FB_RECORDING_CLOSED,
        [FB_RECORD_PROGRAM_KILLED] = FB_RECORDING_KILLED,
        [FB_RECORD_BOUND] = FB_RECORDING_RAN_ON,
        [FB_RECORD_STOPPED] = FB_RECORDING_RAN_ON};
    int err;

    fb_trace_recorder_release(&r->reader);
    err = fb_recording_flush(r->out);
    if (err == 0) {
        measure(r, now_ns());
        err = fb_recording_finish(r->out, ENDS[r->result.why]);
        r->out = NULL;
    }
    return err;
}

static int failed(int err, char *why, size_t why_bytes) {
    switch (err) {
    case -ETIMEDOUT:
        return say(why, why_bytes, err,
                   "it does not answer (is it stuck in one poll?)");
    case -EBUSY:
        return say(why, why_bytes, err,
                   "we were silent for too long, and another recorder has "
                   "taken our place");
    default:
        return say(why, why_bytes, err, "the recording cannot be written: %s",
                   strerror(-err));
    }
}

int fb_record(const struct fb_record_options *options,
              struct fb_record_result *ret_result, char *why,
              size_t why_bytes) {
    struct recorder *r = calloc(1, sizeof(*r));
    int err;

    *ret_result = (struct fb_record_result){0};
    if (r == NULL) {
        (void)close(options->fd);
        return say(why, why_bytes, -ENOMEM, "out of memory");
    }
    r->options = options;
    r->start_ns = r->address_ns = r->progress_ns = now_ns();
    err = open_trace(r, why, why_bytes);
    if (err < 0) {
        (void)close(options->fd);
    } else {
        err = open_recording(r, why, why_bytes);
    }
    if (err == 0) {
        err = follow(r);
        err = err < 0 ? err : finish(r);
        if (err < 0) {
            (void)failed(err, why, why_bytes);
        }
    }
    r->result.missing = r->needs.missing;
    r->result.changed = r->needs.changed;
    *ret_result = r->result;
    close_all(r);
    return err;
}
