// Reading a trace: hostile input, possibly still being written.
//
// Every offset, index and string is checked against the file that is really
// there; a torn, truncated or corrupted file is an error with a reason, never
// a crash. A reader never writes into the trace except through the control
// page of a live one.
#ifndef FISHBOWL_TRACE_READER_H
#define FISHBOWL_TRACE_READER_H

#include "fishbowl/trace/control.h"
#include "fishbowl/trace/format.h"
#include <stdbool.h>
#include <stddef.h>

struct fb_trace_reader {
    int fd;                        // events are read with pread: a file that
                                   // shrinks under us is short, not SIGBUS
    struct fb_trace_header header; // a checked copy
    struct fb_trace_entry *table;  // copied as it grows
    char *strings;
    uint32_t table_count;  // entries of `table` that are filled
    uint64_t strings_used; // bytes of `strings` that entries refer to
    struct fb_trace_control *control; // NULL: cannot be controlled
    void *control_map;                // its pages
    size_t control_map_bytes;
    char *bell_path;
    char reason[160]; // why open failed, one sentence, safe to print
};

// What a live or dead writer means for the viewer.
enum fb_trace_life {
    FB_LIFE_RUNNING, // its process is alive and has the trace open
    FB_LIFE_CLOSED,  // ended in good order
    FB_LIFE_KILLED,  // its process is gone without closing
    FB_LIFE_LEFT,    // what there is of it ends earlier; only of a recording
};

// A name with a place from the table; strings live as long as the reader.
struct fb_trace_place {
    const char *name; // NUL-ended, hostile: sanitise before showing
    const char *file;
    uint32_t line;
    uint32_t size;
};

// Opens the trace at `path`. With `control`, a live trace's control page is
// mapped writable (where that is not allowed, `control` stays NULL). A file
// cut short opens up to its last whole event. Errors: -EINVAL not a trace or
// corrupted, -EPROTO a newer version or a foreign byte order, -ENOMEM, and
// those of open; `reason` says why. Requires: nothing of *r. After an error it
// is closed, `reason` stays.
__attribute__((warn_unused_result)) int
fb_trace_reader_open(struct fb_trace_reader *r, const char *path, bool control);
// Legal on a zeroed or half-opened reader.
void fb_trace_reader_close(struct fb_trace_reader *r);

// ---- recording: no event is overwritten before it was taken ----
//
// At most one recorder a trace, beside any viewer. The writer is bound from its
// next census on: claim, ask for a census, and when it is answered nothing that
// comes is lost, until the recorder is released, dies, or is silent for
// FB_RECORDER_LIMIT_NS. What is before the census is read as always.

// `taken`: of each ring, the place up to which events are not needed; NULL: all
// that are there now. One that is dead or silent is put aside; legal again when
// we were. Errors: -EBUSY there is one, -ENOTSUP no control page.
__attribute__((warn_unused_result)) int
fb_trace_recorder_claim(struct fb_trace_reader *r, const uint64_t *taken);
// Whether it is still ours; false: we were struck off, and may lose events.
bool fb_trace_recorder_mine(const struct fb_trace_reader *r);
// All places of `ring` up to `place` have been copied.
void fb_trace_recorder_took(struct fb_trace_reader *r, uint32_t ring,
                            uint64_t place);
// Shows life and lets a waiting writer look: after some fb_trace_recorder_took,
// and at least once a second.
void fb_trace_recorder_beat(struct fb_trace_reader *r);
void fb_trace_recorder_release(struct fb_trace_reader *r);
// Whether the program waits now because its ring is full of what nobody has
// taken; and for how long it has done so in all, of each ring.
bool fb_trace_recorder_awaited(const struct fb_trace_reader *r,
                               uint64_t *ret_waited_ns);

// ---- one ring ----
//
// In a file with several rings these name an event by its place in its ring,
// counted from 1, and know nothing of its number: merge.h reads such a file as
// one row of events, and a file with one ring too.

// Number of the newest whole event of a ring (0: none).
uint64_t fb_trace_reader_head(const struct fb_trace_reader *r, uint32_t ring);
// Number of the oldest event that is still in the ring (head + 1: none).
uint64_t fb_trace_reader_tail(const struct fb_trace_reader *r, uint32_t ring);

// Copies up to `max` events from number `first` on. What the writer overtook
// is left out: *ret_first is the number of the first event copied, so
// *ret_first - first events were lost, exactly. Returns how many were copied.
size_t fb_trace_reader_read(const struct fb_trace_reader *r, uint32_t ring,
                            uint64_t first, struct fb_event *events, size_t max,
                            uint64_t *ret_first);

// Where to start so that a model is exact: event 1 if it is still there, else
// the oldest whole census (its BEGIN) in the ring; 0 if there is none.
uint64_t fb_trace_reader_sync(const struct fb_trace_reader *r, uint32_t ring);

// ---- names and life ----

// Table entry `index`; entry 0 and any bad index give "?" with line 0. Reads
// what a live writer has added since: the reader's cache is not part of its
// visible state, hence const; still one thread at a time.
struct fb_trace_place fb_trace_reader_place(const struct fb_trace_reader *r,
                                            uint32_t index);

enum fb_trace_life fb_trace_reader_life(const struct fb_trace_reader *r);

// ---- control of a live program (all need r->control) ----

// Takes the control page. Errors: -EBUSY another live viewer has it,
// -ENOTSUP this trace cannot be controlled.
__attribute__((warn_unused_result)) int
fb_trace_control_claim(struct fb_trace_reader *r);
void fb_trace_control_release(struct fb_trace_reader *r); // runs the program on
void fb_trace_control_beat(struct fb_trace_reader *r);    // every <= 250 ms
void fb_trace_control_run(struct fb_trace_reader *r);
void fb_trace_control_stop(struct fb_trace_reader *r);
void fb_trace_control_step(struct fb_trace_reader *r, enum fb_control_step step,
                           uint32_t task);
void fb_trace_control_slow(struct fb_trace_reader *r, uint64_t delay_ns);
// Stops after events of these kinds (bit per fb_event_kind) that are about
// `task` (0: any); without kinds after any event about it; 0, 0: no break.
// Besides that one, up to FB_CONTROL_BREAKS others; what is beyond is left out.
void fb_trace_control_breaks(struct fb_trace_reader *r,
                             const struct fb_trace_break *breaks, size_t count);
void fb_trace_control_break(struct fb_trace_reader *r, uint64_t kinds,
                            uint32_t task);
// Has `task` polled next (0: no longer), and goes on by `step`, with NONE not
// yet: one wish, for a choice that is refused ends its step before anybody is
// polled. Answered between two polls, so maybe only after the poll under way. A
// choice that is taken stays when the page is given back, and is forgotten when
// its owner dies. Returns what to ask the answer by; 0: the page is not claimed.
// Trace: CHOICE, directly before that poll.
uint32_t fb_trace_control_choose(struct fb_trace_reader *r, uint32_t task,
                                 enum fb_control_step step);
// Whether that choice, the last one, is answered, and how.
bool fb_trace_control_chosen(const struct fb_trace_reader *r, uint32_t token,
                             enum fb_choice_answer *ret_answer);
// The global off switch: off, the program writes no events; on again, it
// writes a census first. Needs no claim.
void fb_trace_control_enable(struct fb_trace_reader *r, bool on);
// Whether this process still owns the page: false after it was too late with
// its beat. Wishes of one who does not own it are ignored.
bool fb_trace_control_mine(const struct fb_trace_reader *r);
// Whether the executor stands still, and after which event.
bool fb_trace_control_stopped(const struct fb_trace_reader *r,
                              uint64_t *ret_after);
// Asks for a census; done when fb_trace_census_answered(token).
uint32_t fb_trace_census_ask(struct fb_trace_reader *r);
bool fb_trace_census_answered(const struct fb_trace_reader *r, uint32_t token);

// ---- finding traces ----

// "$XDG_RUNTIME_DIR/fishbowl" or "/tmp/fishbowl-UID"; creates it (0700) if
// `create`. Errors: -EPERM it is not a directory of this user with mode 0700.
__attribute__((warn_unused_result)) int
fb_trace_dir(char *out, size_t out_bytes, bool create);

struct fb_trace_found {
    uint32_t pid;
    bool alive;
    uint64_t start_realtime_ns;
    char path[256];
    char program[64]; // hostile
    char address[64]; // hostile
};
// Traces in the per-user directory, newest first. Removes nothing.
// Returns how many were found (at most `max` are stored) or -errno.
int fb_trace_list(struct fb_trace_found *found, size_t max);

#endif
