// The story: one plain sentence for each event, and the same words everywhere.
//
// Screens, text, exports and exercises all take their sentences, reasons and
// names from here, so that nothing is called by two names. Every string that
// came from the trace leaves through the one sanitiser.
#ifndef FISHBOWL_STORY_H
#define FISHBOWL_STORY_H

#include "model.h"

// Names from the trace's table, given by whoever read the file, so that the
// model library needs no reader. Index 0 and unknown: name "?".
struct fb_names {
    void *arg;
    void (*place)(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size);
};

// One sentence (no line end) for event `number`. `before` is the world before
// it, `after` the world after it. Returns bytes as snprintf does.
size_t fb_story_sentence(char *out, size_t out_bytes, const struct fb_names *n,
                         uint64_t number, const struct fb_event *e,
                         const struct fb_model *before,
                         const struct fb_model *after);

// Short words. Each writes a NUL-ended, sanitised text and returns its length.
// "Ada 127.0.0.1:51234", or the root future's name: how a person calls a task.
size_t fb_say_task(char *out, size_t out_bytes, const struct fb_names *n,
                   const struct fb_model *m, uint32_t task);
// Why a pending future (or a task) waits: "fd 7 readable", "timer in 120 ms",
// "task 4 finishing", "nobody holds its waker".
size_t fb_say_reason(char *out, size_t out_bytes, const struct fb_names *n,
                     const struct fb_model *m, uint32_t future);
// What a task waits for at its leaf or leaves, in one line.
size_t fb_say_task_waits(char *out, size_t out_bytes, const struct fb_names *n,
                         const struct fb_model *m, uint32_t task);
// Who will wake a task, and at what: "the reactor, when fd 7 becomes readable".
// Several are joined by "; or". Empty once it is complete.
size_t fb_say_who_wakes(char *out, size_t out_bytes, const struct fb_names *n,
                        const struct fb_model *m, uint32_t task);
// Who woke it last: "reactor, fd 7", "timer 3", "task 4", "its spawn".
size_t fb_say_waker(char *out, size_t out_bytes, const struct fb_names *n,
                    const struct fb_model *m, uint32_t task);
// Where: "named.c:31" (base name of the file, sanitised).
size_t fb_say_place(char *out, size_t out_bytes, const struct fb_names *n,
                    uint16_t type, uint32_t line);
// Where a task stands with a future: "pair.c:31", the innermost await around it
// that has a line; empty if none is known.
size_t fb_say_await(char *out, size_t out_bytes, const struct fb_names *n,
                    const struct fb_model *m, uint32_t future);
// "1.2 ms", "40 µs", "3 s".
size_t fb_say_duration(char *out, size_t out_bytes, uint64_t ns);
// "1.200345": seconds since the start, to the microsecond; 0 before it. All
// digits, so that a column of them does not jump.
size_t fb_say_time(char *out, size_t out_bytes, uint64_t start_ns,
                   uint64_t time_ns);
// The same for time that is still to come: "2 s", also where it is 1.9997 s.
size_t fb_say_remaining(char *out, size_t out_bytes, uint64_t ns);
// "readable, writable"
size_t fb_say_bits(char *out, size_t out_bytes, unsigned bits);

// Name and file of an entry of the table; "?" if it is not known.
size_t fb_say_type(char *out, size_t out_bytes, const struct fb_names *n,
                   uint32_t index);
size_t fb_say_file(char *out, size_t out_bytes, const struct fb_names *n,
                   uint32_t index);
// The line at which a future stands suspended, in its own file; 0: not known,
// or it has no await of its own (a leaf, select), so there is no such line.
uint32_t fb_future_suspended(const struct fb_names *n,
                             const struct fb_model_future *f);
// What a tree says of a future beside its place: "pending: fd 7 readable",
// "dropped: cancelled", "ready: 5"; empty if it waits for its children.
size_t fb_say_future(char *out, size_t out_bytes, const struct fb_names *n,
                     const struct fb_model *m, const struct fb_model_future *f);
// A task's label, empty if it has none.
size_t fb_say_label(char *out, size_t out_bytes, const struct fb_model_task *t);
// "ok", "error ECONNRESET", "failed: \"…\"", "cancelled".
size_t fb_say_outcome(char *out, size_t out_bytes,
                      const struct fb_model_task *t);
// What a table says of it: how it ended, else what it waits for.
size_t fb_say_task_now(char *out, size_t out_bytes, const struct fb_names *n,
                       const struct fb_model *m, const struct fb_model_task *t);

const char *fb_name_task_state(enum fb_task_state s); // "scheduled" …
const char *fb_name_future_state(enum fb_future_state s);
const char *fb_name_event(enum fb_event_kind kind);  // "TASK_SPAWN" …
const char *fb_name_outcome(enum fb_task_outcome o); // "ok", "failed" …
const char *fb_name_party(enum fb_party p);
const char *fb_name_source_kind(unsigned kind);           // "listener" …
const char *fb_name_io(enum fb_io_op op);                 // "read" …
const char *fb_name_channel_kind(enum fb_channel_kind k); // "mpsc" …
const char *fb_name_channel_op(enum fb_channel_op op);    // "give" …
const char *fb_name_channel_wait(enum fb_channel_wait w); // "message" …
const char *fb_name_errno(int err); // or -err: "ECONNRESET"; unknown: "?"

#endif
