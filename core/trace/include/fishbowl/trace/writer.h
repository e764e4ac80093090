// Writing a trace: one mapped file, one writer per executor thread.
//
// A writer never blocks and never fails once it is open: the ring overwrites
// its oldest events. It stops and steps the program when a viewer asks
// (control.h), which is the only way it can make its caller wait.
#ifndef FISHBOWL_TRACE_WRITER_H
#define FISHBOWL_TRACE_WRITER_H

#include "fishbowl/trace/control.h"
#include "fishbowl/trace/format.h"
#include <stdbool.h>
#include <stddef.h>

// A name with a place: a future's type or a spawn's line. Static storage, one
// per place; `index` is given by the process-wide list at first use.
struct fb_trace_site {
    const char *name;
    const char *file;
    uint32_t line;
    uint32_t size;
    _Atomic uint32_t index;
};

struct fb_trace_options {
    const char *path;        // NULL: "<per-user dir>/<pid>.ring"
    const char *program;     // shown in the header; NULL: "?"
    uint64_t ring_events;    // power of two; 0: FB_TRACE_RING_DEFAULT
    uint32_t flags;          // enum fb_trace_flag
    bool anonymous;          // memory only, no file, no bell: for tests
    bool wait_viewer;        // start STOPPED until a viewer says run
};

#define FB_TRACE_RING_DEFAULT (1u << 20)
#define FB_TRACE_RING_MIN     64u

struct fb_trace_writer {
    // touched by every event
    struct fb_event *events;
    uint64_t mask;
    uint64_t head;      // number of the newest whole event
    uint64_t attention; // when head reaches it, the slow path looks around
    uint64_t now_ns;    // stamp of the current step
    struct fb_trace_ring *ring;
    // touched between polls
    struct fb_trace_control *control;
    uint64_t census_due; // a census must start before this number
    uint64_t stopped_ns; // clock that stood still, in all
    uint32_t sequence_seen;
    uint32_t entries_written;
    // set once
    struct fb_trace_header *header;
    size_t map_bytes;
    int bell_fd; // FIFO to watch for readability; -1 none
    char *path;  // owned; NULL if anonymous
    char *bell_path;
    bool enabled;
};

// Opens a trace for writing: creates the file (0600) in a directory of mode
// 0700 that belongs to this user, lays it out, makes the bell FIFO.
// Ownership: the caller closes it with fb_trace_close.
// Errors: -EEXIST the path is taken by something that is not an old trace of
// ours, -EPERM the directory belongs to someone else, -EINVAL a bad ring size,
// and those of open, mmap, mkfifo. A half-opened writer is undone.
// Context: any thread, before the writer is shared.
__attribute__((warn_unused_result)) int
fb_trace_open(struct fb_trace_writer *w, const struct fb_trace_options *options);

// Marks the trace as ended in good order, unmaps it, removes the bell. The
// file stays if `keep`; else it is removed. Legal on a zeroed writer.
void fb_trace_close(struct fb_trace_writer *w, bool keep);

// Writes where the program can be reached into the header ("127.0.0.1:6142").
void fb_trace_set_address(struct fb_trace_writer *w, const char *address);

// The index of `site` in this trace's table, writing missing entries first.
// Returns 0 ("unknown") when the table or its strings are full.
uint16_t fb_trace_site_index(struct fb_trace_writer *w,
                             struct fb_trace_site *site);

// The slow path of fb_trace_commit: step conditions, slow motion, stops.
void fb_trace_attend(struct fb_trace_writer *w, const struct fb_event *event);

// Between two polls: obeys a stop (standing still inside until run or step,
// or until the viewer is dead), notes a census request.
// Returns true if a census should be written now.
bool fb_trace_check(struct fb_trace_writer *w);

// Tells the writer that a census which started at `begin` has been written in
// whole. Answers the requests seen so far and sets the next one's due number.
void fb_trace_census_done(struct fb_trace_writer *w, uint64_t begin);

// Empties the bell FIFO; call when it is readable.
void fb_trace_bell_drain(struct fb_trace_writer *w);

// Fills the text parts of TASK_LABEL / TASK_MESSAGE (flags: extra bits).
void fb_trace_text(struct fb_trace_writer *w, enum fb_event_kind kind,
                   uint32_t task, const char *text, size_t len,
                   uint16_t flags);

// The next event's slot, zeroed but for time, kind and subject. Every
// fb_trace_next is followed by fb_trace_commit on the same thread.
// This pair is the one place where events are written.
static inline struct fb_event *fb_trace_next(struct fb_trace_writer *w,
                                             enum fb_event_kind kind,
                                             uint32_t subject) {
    struct fb_event *event = &w->events[w->head & w->mask];

    // The release fence keeps the overwriting stores below from becoming
    // visible before the head that outdates the old event. Pairs with the
    // acquire fence in the reader's copy.
    atomic_thread_fence(memory_order_release);
    *event = (struct fb_event){
        .time_ns = w->now_ns, .kind = (uint8_t)kind, .subject = subject};
    return event;
}

static inline void fb_trace_commit(struct fb_trace_writer *w) {
    const struct fb_event *event = &w->events[w->head & w->mask];

    w->head++;
    atomic_store_explicit(&w->ring->head, w->head, memory_order_release);
    if (__builtin_expect(w->head >= w->attention, 0)) {
        fb_trace_attend(w, event);
    }
}

#endif
