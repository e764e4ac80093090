// Problem: every event of a program that runs, from a ring that it overwrites,
//     in a file that needs neither the program nor its sources any more.
//
// Idea: be registered as recorder, so that the program waits rather than
//     overwrite. Begin with the oldest place from which a model is exact; ask
//     for a census, for only from its answer on is the program bound to wait:
//
//     sync … what is in the ring … │ census answered … nothing is lost … end
//
// Before events that name a table entry, the entry is written, and with the
// first entry of a file that file's text.
//
// Invariants: what was told to the program as taken is in our memory. Numbers
// rise; what is missing between two batches was lost, and the recording says so.
#include "record.h"
#include "fishbowl/trace/merge.h"
#include "fishbowl/trace/text.h"
#include "recording.h"
#include "sources.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 4096, FILES = 256 };
static const uint64_t MS = 1000000, FLUSH_MS = 50, PROGRESS_MS = 1000,
                      ANSWER_MS = 5000;

struct recorder {
    const struct fb_record_options *options;
    struct fb_trace_reader reader;
    struct fb_trace_merge *events;
    struct fb_recording_writer *out;
    struct fb_sources *sources;
    struct fb_record_result result;
    uint64_t next;  // number of the event to be taken next
    uint32_t token; // of the census that binds the program
    bool bound, has_address;
    uint64_t start_ns, flush_ns, progress_ns, bind_ns;
    bool named[UINT16_MAX + 1];
    char *files[FILES]; // whose text is written
    size_t file_count;
    struct fb_event batch[BATCH];
};

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- names and sources ----

static int write_source(struct recorder *r, const char *file) {
    const struct fb_source_text *text;

    for (size_t i = 0; i < r->file_count; i++) {
        if (strcmp(r->files[i], file) == 0) {
            return 0;
        }
    }
    if (r->file_count == FILES || file[0] == '\0') {
        return 0; // more files than a person reads: they stay outside
    }
    r->files[r->file_count] = strdup(file);
    if (r->files[r->file_count] == NULL) {
        return -ENOMEM;
    }
    r->file_count++;
    text = fb_sources_get(r->sources, file);
    return text->why[0] != '\0'
               ? 0 // not to be had: the reader will say so
               : fb_recording_source(r->out, file, text->bytes, text->len);
}

static int write_name(struct recorder *r, uint16_t index) {
    struct fb_trace_place place;
    int err;

    if (r->named[index] || index == 0) {
        return 0;
    }
    r->named[index] = true;
    place = fb_trace_reader_place(&r->reader, index);
    err = fb_recording_name(r->out, index, place.name, place.file, place.line,
                            place.size);
    return err == 0 ? write_source(r, place.file) : err;
}

static int write_names(struct recorder *r, const struct fb_event *events,
                       size_t count) {
    int err = 0;

    for (size_t i = 0; err == 0 && i < count; i++) {
        if (events[i].kind == FB_EV_TASK_SPAWN) {
            err = write_name(r, events[i].spawn.type);
            if (err == 0) {
                err = write_name(r, events[i].spawn.site);
            }
        } else if (events[i].kind == FB_EV_FUTURE_ENTER) {
            err = write_name(r, events[i].enter.type);
        }
    }
    return err;
}

// ---- where to begin ----

static void give_free(struct recorder *r) {
    for (uint32_t i = 0; i < r->reader.header.ring_count; i++) {
        fb_trace_recorder_took(&r->reader, i,
                               fb_trace_merge_taken(r->events, i, r->next));
    }
    fb_trace_recorder_beat(&r->reader);
}

// Registers, so that what is still there from the sync point on stays there.
static int bind_program(struct recorder *r) {
    uint64_t taken[FB_TRACE_RINGS_MAX], first;
    const uint64_t sync = fb_trace_merge_sync(r->events);
    int err;

    r->next = sync != 0 ? sync : fb_trace_merge_head(r->events) + 1;
    // looking there sets the place in each ring
    (void)fb_trace_merge_read(r->events, r->next, r->batch, 0, &first);
    for (uint32_t i = 0; i < r->reader.header.ring_count; i++) {
        taken[i] = fb_trace_merge_taken(r->events, i, r->next);
    }
    err = fb_trace_recorder_claim(&r->reader, taken);
    if (err == 0) {
        r->token = fb_trace_census_ask(&r->reader);
        r->bind_ns = now_ns();
    }
    return err;
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

// A program opens its trace before it listens.
static int learn_address(struct recorder *r) {
    struct fb_trace_reader now;
    struct fb_recording_head head;
    int err = 0;

    if (r->has_address ||
        fb_trace_reader_open(&now, r->options->trace, false) < 0) {
        return 0;
    }
    if (now.header.address[0] != '\0' &&
        now.header.pid == r->reader.header.pid) {
        r->has_address = true;
        head = head_of(&now);
        err = fb_recording_head(r->out, &head);
    }
    fb_trace_reader_close(&now);
    return err;
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

// Returns how many events were there, or an error.
static int take(struct recorder *r) {
    uint64_t first, before = r->next;
    const size_t n =
        fb_trace_merge_read(r->events, r->next, r->batch, BATCH, &first);
    const size_t skipped = skip(r, first, n);
    int err = 0;

    r->next = first + n;
    if (r->result.first != 0) {
        r->result.lost += first - before;
    }
    if (n > skipped) {
        err = write_names(r, r->batch + skipped, n - skipped);
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

static int keep_time(struct recorder *r) {
    const uint64_t now = now_ns();
    int err = 0;

    if (now - r->flush_ns > FLUSH_MS * MS) {
        r->flush_ns = now;
        err = learn_address(r);
        if (err == 0) {
            err = fb_recording_flush(r->out);
        }
        r->result.bytes = fb_recording_bytes(r->out);
    }
    if (r->options->progress != NULL &&
        now - r->progress_ns > PROGRESS_MS * MS) {
        r->progress_ns = now;
        r->options->progress(r->options->progress_arg, r->result.events,
                             r->result.bytes);
    }
    r->bound = r->bound || fb_trace_census_answered(&r->reader, r->token);
    if (err == 0 && !r->bound && r->result.first == 0 &&
        now - r->bind_ns > ANSWER_MS * MS) {
        err = -ETIMEDOUT;
    }
    return err;
}

static bool is_over(const struct recorder *r) {
    const struct fb_record_options *o = r->options;

    return (o->interrupted != NULL && *o->interrupted != 0) ||
           (o->most_events != 0 && r->result.events >= o->most_events) ||
           (o->most_ns != 0 && now_ns() - r->start_ns >= o->most_ns);
}

// Until the end. The life is asked before the last look: what was written
// before its end is read.
static int follow(struct recorder *r) {
    const struct timespec pause = {.tv_nsec = 1000000};

    for (;;) {
        const enum fb_trace_life life = fb_trace_reader_life(&r->reader);
        int n = take(r);
        const int err = n < 0 ? n : keep_time(r);

        if (err < 0) {
            return err;
        }
        if (n == 0 && life != FB_LIFE_RUNNING) {
            r->result.program_ended = true;
            return life == FB_LIFE_CLOSED ? FB_RECORDING_CLOSED
                                          : FB_RECORDING_KILLED;
        }
        if (is_over(r)) {
            return FB_RECORDING_RAN_ON;
        }
        if (n == 0) {
            nanosleep(&pause, NULL);
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

static int open_all(struct recorder *r, char *why, size_t why_bytes) {
    struct fb_recording_head head;
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
    err = fb_trace_merge_open(&r->events, &r->reader);
    if (err == 0) {
        err = fb_sources_create(
            &r->sources, &(struct fb_sources_options){
                             .dir = r->options->source_dir,
                             .pid = r->reader.header.pid,
                             .started_ns = r->reader.header.start_realtime_ns});
    }
    if (err < 0) {
        return say(why, why_bytes, err, "%s", strerror(-err));
    }
    head = head_of(&r->reader);
    r->has_address = head.address[0] != '\0';
    err = fb_recording_create(&r->out, r->options->out, &head);
    if (err < 0) {
        return say(why, why_bytes, err, "%s: %s", r->options->out,
                   strerror(-err));
    }
    err = bind_program(r);
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
    for (size_t i = 0; i < r->file_count; i++) {
        free(r->files[i]);
    }
    free(r);
}

int fb_record(const struct fb_record_options *options,
              struct fb_record_result *ret_result, char *why,
              size_t why_bytes) {
    struct recorder *r = calloc(1, sizeof(*r));
    int err;

    *ret_result = (struct fb_record_result){0};
    if (r == NULL) {
        return say(why, why_bytes, -ENOMEM, "out of memory");
    }
    r->options = options;
    r->start_ns = now_ns();
    err = open_all(r, why, why_bytes);
    if (err == 0) {
        int end = follow(r);

        if (end >= 0) {
            fb_trace_recorder_release(&r->reader);
            r->result.bytes = fb_recording_bytes(r->out);
            err = fb_recording_finish(r->out, (enum fb_recording_end)end);
            r->out = NULL;
        } else {
            err = end;
        }
        if (err < 0) {
            (void)say(why, why_bytes, err,
                      err == -ETIMEDOUT
                          ? "it does not answer (is it stuck in one poll?)"
                          : "the recording cannot be written: %s",
                      strerror(-err));
        }
    }
    *ret_result = r->result;
    close_all(r);
    return err;
}
