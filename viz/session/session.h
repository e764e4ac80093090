// A session: one trace being looked at, live or dead, whole or late.
//
// It joins what every viewer needs and no two should do differently: finding
// the trace, starting where a model is exact, taking new events into the
// history, knowing exactly what was lost, and the way to control the program.
// Screens and texts read the history; none of them opens a trace by itself.
//
// One thread uses a session. All strings it gives are sanitised.
#ifndef FISHBOWL_SESSION_H
#define FISHBOWL_SESSION_H

#include "fishbowl/trace/merge.h"
#include "history.h"
#include "lints.h"
#include "story.h"

struct fb_session; // opaque
struct fb_source_provider;

#define FB_SESSION_LIVE_EVENTS (4u << 20) // kept of a live program
#define FB_SESSION_CENSUS_NS   2000000000ull
#define FB_SESSION_PUMP_EVENTS 65536u     // taken by one pump at most
#define FB_SESSION_AT_ONCE     (1u << 20) // more than this may come in slices
#define FB_SESSION_WHY_BYTES   400

struct fb_session_options {
    // A pid, a path, or NULL: the newest live program of this user. What has
    // only digits is a pid; "./123" is a file.
    const char *what;
    bool control;            // claim the control page at once
    uint64_t max_events;     // kept at most, the newest, of a recording the
                             // first; 0: of a live program the default above,
                             // of a finished trace what half of this
                             // machine's memory can hold
    uint64_t census_wait_ns; // for a live ring without a sync point
    // Limits of the lints; NULL: those of lints.h.
    const struct fb_lint_options *lints;
    // A finished trace of more than FB_SESSION_AT_ONCE events opens as soon as
    // its first ones are there; pumps bring the others (fb_session_missing).
    bool in_slices;
};

// Opens and loads all that is in the trace now: in the rings of a program, or in
// a recording (viz/recording). What is recorded beyond a cut or damage is not
// there, and facts.end says so. `why` receives one sentence
// with a remedy when it fails: "what: why (what to do)".
// Ownership: fb_session_close.
// Errors: -ENOENT no such trace or program, -ETIMEDOUT the program did not
// answer the request for a census, -EBUSY another viewer controls it,
// -ENOTSUP it cannot be controlled, -EBADMSG its rings contradict each other,
// and those of fb_trace_reader_open and fb_history_push.
__attribute__((warn_unused_result)) int
fb_session_open(struct fb_session **ret_session, const char *what, bool control,
                char *why, size_t why_bytes);
__attribute__((warn_unused_result)) int
fb_session_open_with(struct fb_session **ret_session,
                     const struct fb_session_options *options, char *why,
                     size_t why_bytes);
// Releases the control page if it was claimed. NULL is legal.
void fb_session_close(struct fb_session *s);

// Takes new events into the history, at most FB_SESSION_PUMP_EVENTS. Notes a
// gap where the writer was faster, and asks a live program for a census while
// the model is uncertain. Never waits.
// Returns how many were taken (0: nothing new), or -ENOMEM; with `in_slices`,
// when all has been read, -EBADMSG once if the rings contradict each other.
__attribute__((warn_unused_result)) int fb_session_pump(struct fb_session *s);
// How many events of a trace that is opened in slices are still to be taken, of
// a recording about: not 0 before a pump has found nothing more.
uint64_t fb_session_missing(const struct fb_session *s);

struct fb_history *fb_session_history(struct fb_session *s);
const struct fb_names *fb_session_names(const struct fb_session *s);
// What the lints have found so far, fed with every event that was taken; lives
// as long as the session.
const struct fb_lints *fb_session_lints(const struct fb_session *s);
// How many of these findings, the newest, came with the last pump.
size_t fb_session_new_lints(const struct fb_session *s);
// How the writer fares now. Once it is not FB_LIFE_RUNNING, a pump that
// returns 0 has taken the last event. Of a recording it is FB_LIFE_LEFT until
// its end has been read.
enum fb_trace_life fb_session_life(const struct fb_session *s);
// The source text that a recording brings, for struct fb_sources_options; lives
// as long as the session. NULL: a program's rings bring none.
const struct fb_source_provider *
fb_session_source_provider(const struct fb_session *s);

// Whether a recording was there to its end; known when it has been read.
enum fb_session_end {
    FB_SESSION_WHOLE,      // or not a recording, or not read to its end yet
    FB_SESSION_CUT_OFF,    // a full disk, a killed recorder
    FB_SESSION_DAMAGED,    // what comes is no recording's
    FB_SESSION_TOO_LONG,   // the rest was left out: see max_events
    FB_SESSION_UNREADABLE, // the disk fails
    FB_SESSION_ALTERED,    // all is there, but its checksum is another one
};

// What the trace says about itself; lives as long as the session. `address`
// is filled by a pump once the program listens.
struct fb_session_facts {
    const char *path, *program, *address; // sanitised
    uint32_t pid;
    uint32_t flags;             // enum fb_trace_flag
    uint64_t start_realtime_ns; // wall clock at the start
    uint64_t start_time_ns;     // the events' clock at the start; or the first
                                // event's time, if that is less
    uint64_t ring_events;       // that fit, in all rings together
    uint32_t workers;           // executor threads: one ring each
    // Where the history begins: events before `first` had left the ring when
    // the session opened. `exact`: a model from there on is exact.
    uint64_t first;
    bool exact;
    bool controllable;
    enum fb_session_end end;
};
const struct fb_session_facts *fb_session_facts(const struct fb_session *s);
// Whether `path` is the file that is being looked at, by whatever name.
bool fb_session_is_of(const struct fb_session *s, const char *path);
// "cut off after event", "altered, ends at event" …, for its last number; "" if
// it is whole.
const char *fb_session_end_words(const struct fb_session *s);
// "this recording is cut off after event 4711", or "".
void fb_session_say_end(const struct fb_session *s, char *out,
                        size_t out_bytes);

// Events `first` to `last` were overwritten before they could be read.
struct fb_session_gap {
    uint64_t first, last;
};
// Gaps since the session began, oldest first; *ret_gaps is valid until the
// next pump. *ret_lost: events in them together. Returns how many gaps.
size_t fb_session_gaps(const struct fb_session *s,
                       const struct fb_session_gap **ret_gaps,
                       uint64_t *ret_lost);

// ---- control: all but claim do nothing while the page is not claimed ----

// Errors: -EBUSY another live viewer has it, -ENOTSUP not a live program.
__attribute__((warn_unused_result)) int fb_session_claim(struct fb_session *s);
// False again after a beat came too late: the program took the page back.
bool fb_session_claimed(const struct fb_session *s);
void fb_session_release(struct fb_session *s); // the program runs on
void fb_session_beat(struct fb_session *s);    // every <= 250 ms
void fb_session_run(struct fb_session *s);
void fb_session_stop(struct fb_session *s);
void fb_session_step(struct fb_session *s, enum fb_control_step step,
                     uint32_t task);
void fb_session_slow(struct fb_session *s, uint64_t delay_ns);
// Stop after an event of these kinds (a bit per enum fb_event_kind) and of this
// task (0: any); 0 and 0: no break.
void fb_session_break(struct fb_session *s, uint64_t kinds, uint32_t task);
// Has `task` polled next (0: no longer), going on by `step`, which a refusal ends
// before anybody is polled. Returns what to ask by; 0: the page is not claimed.
uint32_t fb_session_choose(struct fb_session *s, uint32_t task,
                           enum fb_control_step step);
// Whether that choice, the last one, is answered: between two polls.
bool fb_session_chosen(const struct fb_session *s, uint32_t token,
                       enum fb_choice_answer *ret_answer);
// The same, several at once, besides that one; at most FB_CONTROL_BREAKS.
void fb_session_breaks(struct fb_session *s,
                       const struct fb_trace_break *breaks, size_t count);
// Whether the executor stands still, whoever stopped it, and after which
// event. Legal without a claim.
bool fb_session_stopped(const struct fb_session *s, uint64_t *ret_after);

#endif
