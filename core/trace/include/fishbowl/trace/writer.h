// Writing a trace: one mapped file, one writer per executor thread.
//
// A writer never fails once it is open: the ring overwrites its oldest events.
// It makes its caller wait only for a recorder, when its ring is full of what
// that one has not taken (recorder.c), and when a viewer stops or steps the
// program (control.h).
//
// A program with several executor threads has one writer for each of them,
// all of the same file: the first from fb_trace_open, the others from
// fb_trace_ring_open. Each writes its own ring. What a viewer wishes is one
// state for all of them; a thread may touch it only while the program keeps
// every other thread between two polls ("exclusive" below).
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
    const char *path;     // NULL: "<per-user dir>/<pid>.ring"
    const char *program;  // shown in the header; NULL: "?"
    uint64_t ring_events; // of each ring; power of two; 0:
                          // FB_TRACE_RING_DEFAULT, shared out among the rings
    uint32_t rings;       // one per executor thread; 0 or 1: one,
                          // at most FB_TRACE_RINGS_MAX
    uint32_t flags;       // enum fb_trace_flag
    bool anonymous;       // memory only, no file, no bell: for tests
    bool wait_viewer;     // start STOPPED until a viewer says run
    // Asked about ten times a second, and after each signal, while the program
    // stands still for a viewer: true makes it run on (say, after SIGINT). Also
    // while it waits for a recorder: true, and one that is silent for a second
    // is not waited for any more.
    // NULL: never.
    bool (*give_up)(void *arg);
    void *give_up_arg;
};

#define FB_TRACE_RING_DEFAULT (1u << 20)
#define FB_TRACE_RING_MIN     64u

// What the owner of the control page wants; copied whole from the page when
// its sequence changes, so that a half-written wish is never obeyed.
struct fb_trace_wish {
    uint32_t mode; // enum fb_control_mode
    uint32_t step; // enum fb_control_step; NONE once it was met
    uint32_t step_task;
    uint32_t break_task;
    uint64_t break_kinds;
    uint64_t delay_ns;
    struct fb_trace_break breaks[FB_CONTROL_BREAKS]; // the first ones count
    uint32_t break_count;
};

struct fb_trace_writer {
    // touched by every event; only by the writer's own thread
    struct fb_event *events;
    uint64_t mask;
    uint64_t head;      // how many events this ring has been given
    uint64_t attention; // when head reaches it, the slow path looks around:
                        // 0 while each event counts (a step, slow motion, a
                        // break), else `room`
    uint64_t now_ns;    // stamp of the current step; set by the runtime
    struct fb_trace_ring *ring;
    uint64_t *numbers; // of the events in the slots; NULL: one ring, where the
                       // number of an event is its place
    bool enabled;      // ask this before writing an event
    // touched between polls
    struct fb_trace_control *control;
    struct fb_trace_writer *first; // of the file: its state counts for all
    struct fb_trace_writer *next;  // the file's writers, from `first` on
    _Atomic uint64_t census_due;   // a census must start before head is this
    uint64_t stopped_ns;           // clock that stood still, in all
    uint64_t room; // head may not reach it before the recorder has taken more;
                   // UINT64_MAX: nobody records
    uint32_t entries_written; // of the file's table, entry 0 included, as
                              // far as this writer knows
    // From here on only the first writer's count. What is atomic here is read
    // by fb_trace_wanted on any thread; all is written exclusively.
    _Atomic uint32_t sequence_seen;   // of the wish that is being obeyed
    _Atomic uint32_t census_answered; // the last request that was answered
    _Atomic uint32_t enabled_seen;    // the switch, as it was last read
    _Atomic bool must_look;           // fb_trace_check has something to do
    uint32_t recorder_seen;           // whom the rings make room for
    uint32_t census_asking; // the request that the next census answers
    bool census_forced;     // knowledge has a gap: switched on again
    bool waiting;           // for the first viewer (wait_viewer)
    uint32_t choosing;      // the choice that the gap under way answers
    uint32_t choose_task;   // whom it is about
    bool choice_asked;      // and is not answered yet
    uint32_t moving;        // the move_wanted that the wish is about
    // touched while it stands or steps
    struct fb_trace_wish wish;
    uint64_t beat_seen;     // the owner's last beat, and when it was first
    uint64_t beat_since_ns; // seen here
    uint64_t stood_ns;      // since the last free run
    uint64_t stood_from_ns; // the runtime's clock when that began
    bool (*give_up)(void *arg);
    void *give_up_arg;
    // Set by a runtime that lets a viewer choose whom it polls next; 0 takes a
    // choice back. Gives an enum fb_choice_answer. Context: exclusive, between
    // two polls; with 0 also elsewhere.
    uint32_t (*choose)(void *arg, uint32_t task);
    void *choose_arg;
    // set once; `header` in every writer
    struct fb_trace_header *header;
    size_t map_bytes;
    uint64_t strings_used;  // this and the next under the lock of the list of
    uint32_t table_written; // sites: what the file has
    int fd;                 // holds the writer's lock; -1 if anonymous
    int bell_fd;            // FIFO to watch for readability; -1 none
    char *path;             // owned; NULL if anonymous
    char *bell_path;
};

// Opens a trace for writing: creates the file (0600), lays it out, reserves
// its space, locks it, makes the bell FIFO. Without a path it lies in the
// per-user directory (fb_trace_dir), which is created if need be. An old trace
// of this user at that path, whose writer is gone, is replaced. If the parent
// process has started this program to record it (FB_RECORDER_VARIABLE), the
// first trace waits for it here.
// Ownership: the caller closes it with fb_trace_close.
// Errors: -EEXIST the path is taken by something else (also: by a recording,
// or by a trace that is still written), -EPERM the per-user directory is not
// this user's alone, -EINVAL a bad ring size or too many rings, -ENOSPC the
// file system is full, and those of open, mmap, mkfifo. A half-opened writer is
// undone. `w` must stay where it is until it is closed.
// Context: any thread, before the writer is shared.
__attribute__((warn_unused_result)) int
fb_trace_open(struct fb_trace_writer *w,
              const struct fb_trace_options *options);

// Fills a further writer of the file of `first`, for another thread: it writes
// ring `ring` (1 … rings - 1), going on where that ring stands. It has no path
// and no bell of its own. `w` must stay where it is until it is closed.
// Ownership: fb_trace_ring_close, or fb_trace_close of `first`.
// Errors: -EINVAL no such ring, or it has a writer.
// Context: exclusive; so is any time before the other threads run.
__attribute__((warn_unused_result)) int
fb_trace_ring_open(struct fb_trace_writer *w, struct fb_trace_writer *first,
                   uint32_t ring);
// Takes the writer of a further ring out of its file; its events stay. Legal on
// a zeroed one. Context: as fb_trace_ring_open.
void fb_trace_ring_close(struct fb_trace_writer *w);

// Marks the trace as ended in good order, unmaps it, removes the bell, closes
// the writers of its other rings. The file stays if `keep`; else it is removed.
// Requires: the first writer of its file; no other thread uses one of them.
// Legal on a zeroed writer.
void fb_trace_close(struct fb_trace_writer *w, bool keep);

// Writes where the program can be reached into the header ("127.0.0.1:6142").
void fb_trace_set_address(struct fb_trace_writer *w, const char *address);

// Numbers `site` if need be and writes all entries up to its own: the slow path
// of fb_trace_site_index. Context: the writer's thread; several writers may do
// it at once.
uint16_t fb_trace_site_write(struct fb_trace_writer *w,
                             struct fb_trace_site *site);

// The index of `site` in this trace's table, writing missing entries first.
// Returns 0 ("unknown") when the table is full. When only its room for strings
// is full, further entries are named "?" and keep their line.
static inline uint16_t fb_trace_site_index(struct fb_trace_writer *w,
                                           struct fb_trace_site *site) {
    // Relaxed: what it leads to was written by this thread, or is read under
    // the lock of the slow path.
    uint32_t index = atomic_load_explicit(&site->index, memory_order_relaxed);

    // One compare for "has a number" and "is in this file": 0 wraps around.
    if (__builtin_expect(index - 1 < w->entries_written - 1, 1)) {
        return (uint16_t)index;
    }
    return fb_trace_site_write(w, site);
}

// The slow path of fb_trace_commit: step conditions, slow motion, stops.
void fb_trace_attend(struct fb_trace_writer *w, const struct fb_event *event);

// Whether fb_trace_check has something to do: a new wish, a stop, the switch
// was thrown, a census is asked for, or due by this ring's own count. A few
// loads. Context: the writer's thread, exclusive or not; a stale answer is put
// right by the next call.
static inline bool fb_trace_wanted(const struct fb_trace_writer *w) {
    const struct fb_trace_control *c = w->control;
    const struct fb_trace_writer *first = w->first;

    // Relaxed: each is only a hint to look, and is read again with acquire.
#define FB__NOW(word_) atomic_load_explicit(&(word_), memory_order_relaxed)
    uint32_t sequence = FB__NOW(c->sequence);

    // An odd sequence is a wish being written, maybe by one who died at it.
    return (sequence != FB__NOW(first->sequence_seen) && !(sequence & 1)) ||
           FB__NOW(c->enabled) != FB__NOW(first->enabled_seen) ||
           FB__NOW(first->must_look) ||
           (FB__NOW(first->enabled_seen) &&
            (w->head >= FB__NOW(w->census_due) ||
             FB__NOW(c->census_wanted) != FB__NOW(first->census_answered)));
#undef FB__NOW
}

// Between two polls: obeys a stop (standing still inside until run or step,
// or until the viewer is dead), refreshes `enabled`, notes a census request.
// Returns true if a census should be written now; ask again after it, for the
// program may have to stand still on:
//     while (fb_trace_check(w)) { write the census; fb_trace_census_done(…); }
// Costs a few loads when nothing is wanted.
// Context: exclusive. While `attention` is 0 after it, the thread must stay
// exclusive for its next step too, for every event may stop the program.
// Trace: CLOCK (resumed), when a free run goes on after a stop.
bool fb_trace_check(struct fb_trace_writer *w);

// Tells the writer that a census has been written in whole; `begin` is what its
// head was before, plus 1 (with one ring: the number of its BEGIN). Answers the
// requests seen so far and sets when the next one is due, in every ring.
// Context: exclusive since before the census.
void fb_trace_census_done(struct fb_trace_writer *w, uint64_t begin);

// Empties the bell FIFO; call when it is readable.
void fb_trace_bell_drain(struct fb_trace_writer *w);

// Writes the parts of TASK_LABEL / TASK_MESSAGE (flags: FB_EV_FLAG_CENSUS or
// 0). Longer texts are cut at a whole UTF-8 sequence; an empty one is one part.
void fb_trace_text(struct fb_trace_writer *w, enum fb_event_kind kind,
                   uint32_t task, const char *text, size_t len, uint16_t flags);

// The slot of the event after `head` others, zeroed but for time, kind and
// subject. Requires: `head` is w->head.
static inline struct fb_event *fb__trace_slot(struct fb_trace_writer *w,
                                              uint64_t head,
                                              enum fb_event_kind kind,
                                              uint32_t subject) {
    struct fb_event *event = &w->events[head & w->mask];

    // The release fence keeps the overwriting stores below from becoming
    // visible before the head that outdates the old event. Pairs with the
    // acquire fence in the reader's copy.
    atomic_thread_fence(memory_order_release);
    *event = (struct fb_event){
        .time_ns = w->now_ns, .kind = (uint8_t)kind, .subject = subject};
    return event;
}

// Makes the event in the slot after `head` others the newest one. With several
// rings it takes its number here, from the one counter of the file: what one
// thread committed before another one began to write has the smaller number.
static inline void fb__trace_publish(struct fb_trace_writer *w, uint64_t head) {
    if (__builtin_expect(w->numbers != NULL, 0)) {
        w->numbers[head & w->mask] =
            atomic_fetch_add_explicit(&w->header->numbers, 1,
                                      memory_order_relaxed) +
            1;
    }
    w->head = head + 1;
    // Release: who sees the head sees the slot and its number.
    atomic_store_explicit(&w->ring->head, head + 1, memory_order_release);
}

static inline void fb__trace_commit(struct fb_trace_writer *w, uint64_t head,
                                    const struct fb_event *event) {
    fb__trace_publish(w, head);
    if (__builtin_expect(head + 1 >= w->attention, 0)) {
        fb_trace_attend(w, event);
    }
}

// Writes one event: the next slot as `e`, zeroed but for time, kind and
// subject, then the statements that follow, then it counts. They write no event
// of their own. The one place where events are written.
//
// A macro, so that writer, head and slot stay in registers: events have bytes
// as members, and what is stored to a byte might, as far as a compiler can
// know, change any of the three.
#define FB_TRACE_WRITE(writer_, kind_, subject_, ...)                          \
    do {                                                                       \
        struct fb_trace_writer *const fb_writer_ = (writer_);                  \
        const uint64_t fb_head_ = fb_writer_->head;                            \
        struct fb_event *const e =                                             \
            fb__trace_slot(fb_writer_, fb_head_, (kind_), (subject_));         \
        __VA_ARGS__;                                                           \
        fb__trace_commit(fb_writer_, fb_head_, e);                             \
    } while (0)

// The same in two steps. Every fb_trace_next is followed by fb_trace_commit on
// the same thread.
static inline struct fb_event *fb_trace_next(struct fb_trace_writer *w,
                                             enum fb_event_kind kind,
                                             uint32_t subject) {
    return fb__trace_slot(w, w->head, kind, subject);
}

static inline void fb_trace_commit(struct fb_trace_writer *w) {
    fb__trace_commit(w, w->head, &w->events[w->head & w->mask]);
}

#endif
