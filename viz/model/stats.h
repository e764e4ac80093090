// Statistics: how long polls take, how long a woken task waits for its poll,
// how often which kind of wake, and what each worker's time went into.
//
// What is of the whole run is part of the world: fb_model.durations and its
// counters are right after any event, forwards and back. The durations of one
// task are read from its events.
#ifndef FISHBOWL_STATS_H
#define FISHBOWL_STATS_H

#include "history.h"
#include "story.h"

// How far back a picture looks for the events of one task: about a millisecond.
#define FB_STATS_LOOK_BACK (1u << 18)

// The durations of one task between two events.
struct fb_task_durations {
    struct fb_histogram of[FB_DURATIONS];
    uint64_t from;   // the first event that was looked at; 0: none
    bool from_birth; // nothing of the task's life lies before it
};
// Those until event m->event, as far as the history keeps them and at most
// `look_back` events long (0: without a limit). `m` is a world of `h`.
void fb_stats_task(const struct fb_history *h, const struct fb_model *m,
                   uint32_t task, uint64_t look_back,
                   struct fb_task_durations *ret);

// What a worker's time went into, up to now. What is under way counts.
struct fb_worker_time {
    uint64_t polls_ns, parked_ns;
    uint64_t rest_ns; // the executor's own: reactor, queues, turns
};
struct fb_worker_time fb_stats_worker(const struct fb_model *m,
                                      uint32_t worker);

// ---- in words; as those of story.h ----

// "Poll time", "From wake to poll": what a histogram is of.
const char *fb_name_duration(enum fb_duration what);
// "412 polls: half took at most 12 µs, 90 % 40 µs, 99 % 1.2 ms, 99.9 % 3 ms, the
// longest 4 ms; 15 µs on average".
size_t fb_say_histogram(char *out, size_t out_bytes, enum fb_duration what,
                        const struct fb_histogram *h);
// "from 12 µs": where a bar begins.
size_t fb_say_bar(char *out, size_t out_bytes,
                  const struct fb_histogram_bar *bar);

// "its whole life"; "from event 4711 on": what the durations of a task cover.
size_t fb_say_stats_range(char *out, size_t out_bytes,
                          const struct fb_task_durations *d);

// A line of text; it is the callee's only during the call.
typedef void fb_line_fn(void *arg, const char *text);

// Calls `each` with a sentence for everything that is counted and is no
// duration: of the task, or of the whole run and its workers for task 0.
void fb_tell_stats(const struct fb_model *m, uint32_t task, fb_line_fn *each,
                   void *arg);
// The same with what limits the numbers. `trace_flags`: enum fb_trace_flag.
void fb_tell_stats_limits(const struct fb_model *m, uint32_t trace_flags,
                          fb_line_fn *each, void *arg);

#endif
