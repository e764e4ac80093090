// Lints: mistakes of the watched program, each proved by its own events.
//
// A finding says which task did what, names the two to four events that prove
// it, and carries an explanation and a remedy. Lints are fed beside the model,
// event by event; they read the world after the event and keep only what it
// does not say. What follows from doubt is no finding: where events were lost,
// and until the next census ends, nothing is found.
//
//     struct fb_lints *lints;
//     fb_lints_create(&lints, NULL);
//     for each event: fb_model_feed(&m, number, e);
//                     fb_lints_feed(lints, &m, number, e);
//     for (i = 0; (f = fb_lints_at(lints, i)) != NULL; i++) …
//
// Findings stand in order of the events at which they fired, so that a screen
// at event n shows the first fb_lints_until(lints, n) of them.
#ifndef FISHBOWL_LINTS_H
#define FISHBOWL_LINTS_H

#include "history.h"
#include "story.h"

enum fb_lint_kind {
    // Pending, and no waker of the task is stored anywhere.
    FB_LINT_LOST_WAKE,
    // One poll without an end: very many results in it, or very long.
    FB_LINT_NEVER_YIELDED,
    // Poll after poll the task wakes itself, and gets nothing done in them.
    FB_LINT_SELF_WAKE_STORM,
    // A future is polled that has been Ready (or was dropped).
    FB_LINT_POLL_AFTER_READY,
    // A waker is used after its task is complete, or kept after its future.
    FB_LINT_STALE_WAKER,
    // A poll that took long: its whole thread stood still.
    FB_LINT_BLOCKING_CALL,
    // It failed, and nobody has asked or can ask how it ended.
    FB_LINT_UNJOINED_TASK,
    // A task that is spawned with very many bytes; one finding per type.
    FB_LINT_LARGE_FUTURE,
    FB_LINTS
};

struct fb_lint_options {
    uint64_t long_poll_ns;    // a poll that takes so long blocks
    uint64_t endless_poll_ns; // one under way so long has not yielded
    uint32_t endless_results; // nor has one with so many Ready children
    uint32_t self_wakes;      // polls in a row that make a storm
    uint32_t large_bytes;     // of a task and its futures
};
// A thread that has to wait for a processor holds its poll up, on a busy machine
// for some tens of milliseconds: a tenth of a second is more than that, and
// what a person begins to feel.
// A budget ends a poll after 128 results, so 10,000 is one that has none.
#define FB_LINT_LONG_POLL_NS    100000000ull
#define FB_LINT_ENDLESS_POLL_NS 1000000000ull
#define FB_LINT_ENDLESS_RESULTS 10000u
#define FB_LINT_SELF_WAKES      100u
#define FB_LINT_LARGE_BYTES     16384u
#define FB_LINT_USUAL                                                          \
    {                                                                          \
        .long_poll_ns = FB_LINT_LONG_POLL_NS,                                  \
        .endless_poll_ns = FB_LINT_ENDLESS_POLL_NS,                            \
        .endless_results = FB_LINT_ENDLESS_RESULTS,                            \
        .self_wakes = FB_LINT_SELF_WAKES, .large_bytes = FB_LINT_LARGE_BYTES   \
    }

// What an event of the evidence shows.
enum fb_lint_role {
    FB_LINT_ROLE_SPAWNED,
    FB_LINT_ROLE_POLLED,
    FB_LINT_ROLE_PENDING,     // its poll returned Pending
    FB_LINT_ROLE_WENT_ON,     // its worker went on: nobody had woken it
    FB_LINT_ROLE_STALL,       // the executor found that nothing can happen
    FB_LINT_ROLE_RESULT,      // one result too many
    FB_LINT_ROLE_STILL,       // it was in the same poll still
    FB_LINT_ROLE_QUIET,       // the last event, for a long time by now
    FB_LINT_ROLE_POLL_END,    // its poll ended
    FB_LINT_ROLE_FIRST_WAKE,  // the first of the self-wakes
    FB_LINT_ROLE_LAST_WAKE,   // the one that is too much
    FB_LINT_ROLE_READY,       // it was Ready
    FB_LINT_ROLE_DROPPED,     // its future was dropped
    FB_LINT_ROLE_AGAIN,       // it was polled again
    FB_LINT_ROLE_COMPLETE,    // the task was complete
    FB_LINT_ROLE_WOKEN,       // it was woken
    FB_LINT_ROLE_STORED,      // its waker was stored
    FB_LINT_ROLE_FAILED,      // the task failed, or ended with an error
    FB_LINT_ROLE_TRACE_ENDED, // the trace's last event
    FB_LINT_ROLES
};

struct fb_lint_evidence {
    uint64_t event; // its number
    uint8_t role;   // enum fb_lint_role
};

enum { FB_LINT_EVIDENCE = 4 };

struct fb_finding {
    uint64_t event;      // at which it fired
    uint64_t last_event; // at which it was seen last
    uint32_t times;      // how often, for this task (large future: this type)
    uint8_t kind;        // enum fb_lint_kind
    uint8_t evidence_count;
    uint8_t outcome;      // unjoined task: enum fb_task_outcome
    uint8_t party;        // stale waker of a future: who holds it still
    uint16_t type;        // of the task's root future: table index
    uint16_t future_type; // of `future`
    uint32_t task;        // id
    uint32_t future;      // id; 0: it is about the task as a whole
    uint32_t holder;      // of party `party`
    int32_t out;          // unjoined task
    uint64_t amount;      // a poll's ns, results, self-wakes, bytes
    struct fb_lint_evidence evidence[FB_LINT_EVIDENCE]; // in order of events
};

enum { FB_LINTS_KEPT = 512 }; // more are counted, not kept

struct fb_lints; // opaque

// `options`: copied; NULL means those above. All memory but a few bytes per
// task is taken here. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lints_create(struct fb_lints **ret_lints,
                const struct fb_lint_options *options);
void fb_lints_destroy(struct fb_lints *l); // NULL is legal

// Looks at event `number`. Requires: `m` is the world right after it, and was
// fed every event that this has been fed. Never fails: short of memory it
// finds less.
void fb_lints_feed(struct fb_lints *l, const struct fb_model *m,
                   uint64_t number, const struct fb_event *e);
// For whoever watches a program that lives: no event has come for `quiet_ns`,
// and nobody holds the program still. Who is being polled may be in a poll that
// has no end, which writes nothing more.
void fb_lints_quiet(struct fb_lints *l, const struct fb_model *m,
                    uint64_t quiet_ns);
// No event will follow: the trace was closed in good order, so a task that
// nobody has asked about by now never will be. Once; later calls do nothing.
void fb_lints_end(struct fb_lints *l, const struct fb_model *m);

// How many findings are kept, and each of them; NULL beyond the last. A finding
// stays where it is; only `times` and `last_event` change.
size_t fb_lints_count(const struct fb_lints *l);
const struct fb_finding *fb_lints_at(const struct fb_lints *l, size_t index);
// How many of them had fired by event `event`.
size_t fb_lints_until(const struct fb_lints *l, uint64_t event);
// The first finding that fired at exactly this event, or NULL.
const struct fb_finding *fb_lints_fired(const struct fb_lints *l,
                                        uint64_t event);
// How often something was found that there was no room to keep.
uint64_t fb_lints_left_out(const struct fb_lints *l);

// ---- words, the same in every view ----

const char *fb_name_lint(enum fb_lint_kind kind);      // "lost wake"
const char *fb_lint_explains(enum fb_lint_kind kind);  // why it is a mistake
const char *fb_lint_remedy(enum fb_lint_kind kind);    // what to do
const char *fb_name_lint_role(enum fb_lint_role role); // "was polled"
// One sentence: what was found. Returns bytes as snprintf does; sanitised.
size_t fb_lint_sentence(char *out, size_t out_bytes, const struct fb_names *n,
                        const struct fb_finding *f);

#endif
