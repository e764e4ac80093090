// Claims: what a trace can be held to, each with a number and a misconception.
//
// A trial is one run that is over, read by the model, and the verdict on it.
// Each claim looks at the whole run and gives whether it holds. The first that
// does not becomes the verdict: what happened (with the events that show it and
// the lines of source), why that is a mistake, and what people who make it
// believe. Claims after it are not looked at, so that a learner reads of one
// thing at a time; the order in a check is therefore the order of teaching.
//
//     fb_claim_must_happen(t, &(struct fb_wanted){…});   // no vacuous pass
//     fb_claim_pending_has_source(t);
//     fb_claim_poll_count(t, "yield_once", 2, 2);
//     if (fb_trial_verdict(t)->failed) …
//
// `name` below selects by the name of a type: a task by its root future's, a
// future by its own; NULL means all. Of several instances each is held to the
// claim. An instance that is missing never fails a claim: ask for it with T14.
//
// Pure: a trace, as the model reads it, is all that decides. Events are hostile
// input: no claim crashes, hangs or recurses over what they say. Where events
// were lost nothing is claimed; the trial says so (fb_trial_exact).
#ifndef FISHBOWL_CLAIMS_H
#define FISHBOWL_CLAIMS_H

#include "history.h"
#include "story.h"
#include <stdbool.h>

enum fb_claim_id {
    FB_CLAIM_NONE,
    FB_T1,           // pending_has_source
    FB_T2,           // wake_then_poll
    FB_T3,           // no_poll_after_done
    FB_T4,           // polls_earned
    FB_T5,           // overlap
    FB_T6,           // poll_span
    FB_T7,           // bytes_kept
    FB_T8,           // closed_once
    FB_T9,           // spawns_joined
    FB_T10,          // errors_seen_once
    FB_T11,          // timer_exact
    FB_T12,          // ends_quiet
    FB_T13,          // same_behaviour
    FB_T14,          // must_happen
    FB_CLAIM_ANSWER, // "A": a prediction that the trace contradicts
    // How a run can end that claims nothing (kit): "X1" …
    FB_X1, // it does not compile
    FB_X2, // it crashed
    FB_X3, // it ran out of time
    FB_X4, // it took too much memory
    FB_X5, // it tried what exercises may not: fork, exec
    FB_X6, // it leaked
    FB_X7, // a sanitizer found broken memory or undefined behaviour
    FB_CLAIMS
};

// "T1", "A", "X3".
const char *fb_claim_short(enum fb_claim_id id);
// "pending_has_source".
const char *fb_claim_name(enum fb_claim_id id);
// One line: what it demands.
const char *fb_claim_demands(enum fb_claim_id id);
// What those believe who break it: "Pending means: ask me again soon".
const char *fb_claim_misconception(enum fb_claim_id id);
// Why that is wrong, in a sentence or two.
const char *fb_claim_truth(enum fb_claim_id id);

enum {
    FB_VERDICT_EVENTS = 6,
    FB_VERDICT_PLACES = 4,
    FB_VERDICT_BYTES = 480,
};

// All text is sanitised.
struct fb_verdict {
    bool failed;
    enum fb_claim_id id;
    char text[FB_VERDICT_BYTES]; // what happened, in this run, one or two
                                 // sentences with task and event numbers
    uint64_t at;                 // the event to look at: the failing moment
    struct {
        uint64_t event;
        char role[80];           // what it shows: "returned Pending"
    } events[FB_VERDICT_EVENTS]; // the evidence, rising
    int event_count;
    struct {
        char file[120];
        uint32_t line;
    } places[FB_VERDICT_PLACES]; // lines of source that it is about
    int place_count;
    uint32_t task; // it is about; 0: the run as a whole
    // What an exercise knows better than the claim; NULL: the claim's own.
    const char *misconception, *truth;
};

struct fb_trial; // opaque

// Both are borrowed and outlive the trial. `ended`: the program closed its
// trace in good order, so what is left in it is left for good.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_trial_create(struct fb_history *history, const struct fb_names *names,
                bool ended, struct fb_trial **ret_trial);
void fb_trial_destroy(struct fb_trial *t); // NULL is legal
struct fb_history *fb_trial_history(struct fb_trial *t);
const struct fb_names *fb_trial_names(const struct fb_trial *t);
const struct fb_verdict *fb_trial_verdict(const struct fb_trial *t);
// No event is missing, so that claims decide.
bool fb_trial_exact(const struct fb_trial *t);

// From here on nothing fails by this claim: a net with a hole, to see what slips
// through. Of the latest call; FB_CLAIM_NONE: no hole.
void fb_trial_leave_out(struct fb_trial *t, enum fb_claim_id id);

// An exercise's own rule, under the number it belongs to. `at` 0: no event.
// Nothing happens if the trial has failed already. Gives false; of the claim
// that is left out true.
bool fb_trial_fail(struct fb_trial *t, enum fb_claim_id id, uint64_t at,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Adds evidence, or a place, to the verdict if the last failure has made it.
void fb_trial_show(struct fb_trial *t, uint64_t event, const char *role);
void fb_trial_place(struct fb_trial *t, const char *file, uint32_t line);
// Says of it what was believed, and why it is not so, in place of the claim's
// own words. The texts are borrowed, and outlive the trial.
void fb_trial_believed(struct fb_trial *t, const char *misconception,
                       const char *truth);
// The same, of the line whose await polled a future: the last FUTURE_ENTER at or
// before `event`.
void fb_trial_place_await(struct fb_trial *t, uint64_t event);

// ---- the claims. Each gives whether it holds (true if already failed) ----

// T1. A poll that gives Pending leaves a waker stored, or has woken its task.
// Anchor: tokio-console's lint of lost wakers.
bool fb_claim_pending_has_source(struct fb_trial *t);

// T2. After each wake that schedules a task, that task is polled before its
// worker parks; and nothing parks while something is runnable.
bool fb_claim_wake_then_poll(struct fb_trial *t);
// T2 as well: who waits in a future `name` is who is woken. Fails where a task
// wakes one that has waited in such a future and does not any more, while
// another one does: the waker of an earlier poll was kept.
bool fb_claim_wakes_reach(struct fb_trial *t, const char *name);

// T3. No future is polled after Ready or after its drop.
bool fb_claim_no_poll_after_done(struct fb_trial *t);

// T4. Polls of a task <= its wakes + 1 (wakes of nobody, as the hostile build
// makes them, count as wakes); and of its wakes at most `self_percent` are by
// itself (100: no limit). `name`: tasks.
bool fb_claim_polls_earned(struct fb_trial *t, const char *name,
                           unsigned self_percent);
// T4 as well: each future (or task, by its root) `name` is polled between
// `least` and `most` times. Spurious polls that nobody asked for (the hostile
// build's) are not counted.
bool fb_claim_poll_count(struct fb_trial *t, const char *name, uint32_t least,
                         uint32_t most);

// T5. At some event `n` futures (or tasks) of that name are Pending at once.
bool fb_claim_overlap(struct fb_trial *t, const char *name, unsigned n);

// T6. No poll takes longer than `budget_ns` on the run's clock, and none makes a
// call that blocks (the kit writes those down as CLOCK, blocked).
bool fb_claim_poll_span(struct fb_trial *t, const char *name,
                        uint64_t budget_ns);

// T7. Bytes that reads of the trace brought = delivered + held. Both as the
// check knows them; `in` is counted from IO events of sources of that `fd` (-1:
// all).
bool fb_claim_bytes_kept(struct fb_trial *t, int fd, uint64_t delivered,
                         uint64_t held);

// T8. Each descriptor that was registered is closed exactly once. `bad_closes`:
// closes of what was not open, as the kit counted them.
bool fb_claim_closed_once(struct fb_trial *t, uint64_t bad_closes);

// T9. Each spawned task was joined, or detached on purpose, before its spawner
// ended; none was cancelled because the run was over.
bool fb_claim_spawns_joined(struct fb_trial *t);

// T10. Each injected error was seen exactly once. Counts as the check knows
// them; `what` names the error in the sentence.
bool fb_claim_errors_seen_once(struct fb_trial *t, const char *what,
                               uint64_t injected, uint64_t seen);

// T11. Each timer that fired did so once and not before its deadline; with
// `late_ns` not more than that after it.
bool fb_claim_timer_exact(struct fb_trial *t, uint64_t late_ns);
// T11 as well: the first / the only future `name` is Ready at `ns` after the
// run's first event, give or take `tolerance_ns`. Of a run that broke off it is
// not said that it never was.
bool fb_claim_ready_at(struct fb_trial *t, const char *name, uint64_t ns,
                       uint64_t tolerance_ns);

// T12. At the end: no task lives, nothing stalled, no source, timer or stored
// waker is left.
bool fb_claim_ends_quiet(struct fb_trial *t);

// T13. The same behaviour as `golden`: their normalised task trees agree
// (normal.h; poll counts bounded, not equal: at most `more_polls` more).
// What clients heard is compared by the check with kit_same_transcript.
bool fb_claim_same_behaviour(struct fb_trial *t, struct fb_trial *golden,
                             unsigned more_polls);

// T14. Something that has to happen does. Fields that are 0 or NULL match all.
struct fb_wanted {
    const char *what; // for the sentence: "yield_once is polled"
    enum fb_event_kind kind;
    const char *name;  // type of the task's root or of the future
    unsigned at_least; // times; 0: once
};
bool fb_claim_must_happen(struct fb_trial *t, const struct fb_wanted *wanted);

#endif
