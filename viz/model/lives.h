// Lives: the checker of legal task lives.
//
// Reads a whole trace, event by event, and reports what no honest runtime can
// have done: a poll of a task that nobody scheduled, a future dropped twice, a
// wake that contradicts the state it names, a waker released that was never
// stored … Every trace that a test makes goes through it.
//
//     struct fb_lives *lives;
//     fb_lives_create(&lives);
//     for each event: fb_lives_feed(lives, number, event);
//     fb_lives_finish(lives, FB_LIVES_ENDED);
//     if (fb_lives_violations(lives) > 0) …
//
// Where events were lost, or before the first census of a trace that is read
// from its middle, it holds its tongue until a census makes the world exact.
#ifndef FISHBOWL_LIVES_H
#define FISHBOWL_LIVES_H

#include "history.h"

enum fb_life_rule {
    FB_LIFE_NUMBERS, // an event's own shape: kind, clock, order
    FB_LIFE_SPAWN,
    FB_LIFE_QUEUE,
    FB_LIFE_POLL,
    FB_LIFE_NESTING, // of FUTURE_ENTER and FUTURE_EXIT
    FB_LIFE_DROP,
    FB_LIFE_END, // TASK_DONE, TASK_FREE
    FB_LIFE_WAKE,
    FB_LIFE_WAKER,
    FB_LIFE_SOURCE,
    FB_LIFE_TIMER,
    FB_LIFE_PARK,
    FB_LIFE_BLOCK, // blocking work: begun once, ended once
    FB_LIFE_CENSUS,
    FB_LIFE_CHANNEL,
    FB_LIFE_LEAK,      // still there at the end of a trace that has ended
    FB_LIFE_LOST_WAKE, // lint: Pending, and nobody can wake it
    FB_LIFE_RULES
};

enum fb_life_severity {
    FB_LIFE_LINT,      // legal, but a mistake of the program that is watched
    FB_LIFE_VIOLATION, // impossible in an honest runtime
};

struct fb_life_fault {
    uint64_t event;
    enum fb_life_rule rule;
    enum fb_life_severity severity;
    char text[200]; // one sentence, made from numbers only: safe to print
};

enum { FB_LIVES_FAULTS_KEPT = 256 }; // more are counted, not kept

struct fb_lives; // opaque

// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lives_create(struct fb_lives **ret_lives);
void fb_lives_destroy(struct fb_lives *l);

// Errors: -EINVAL `number` is not above the last, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lives_feed(struct fb_lives *l, uint64_t number, const struct fb_event *e);

// The trace is one of several executor threads: between two events of one of
// them come others. Found out from the events too; said before the first one,
// it holds from there on.
void fb_lives_several(struct fb_lives *l);

enum fb_lives_end {
    FB_LIVES_CUT,   // the program went on after the last event
    FB_LIVES_ENDED, // its runtime is gone: every task must be freed, every
                    // source, timer and stored waker released
};
void fb_lives_finish(struct fb_lives *l, enum fb_lives_end end);

size_t fb_lives_violations(const struct fb_lives *l);
size_t fb_lives_lints(const struct fb_lives *l);
// The faults kept, in order of their events; NULL beyond the last.
const struct fb_life_fault *fb_lives_fault(const struct fb_lives *l,
                                           size_t index);
// The world as the checker sees it.
const struct fb_model *fb_lives_model(const struct fb_lives *l);

// All at once: events numbered from `first`. The number of violations, or
// -ENOMEM; *ret_fault (may be NULL) is the first violation, if any.
__attribute__((warn_unused_result)) int
fb_lives_check(const struct fb_event *events, size_t count, uint64_t first,
               enum fb_lives_end end, struct fb_life_fault *ret_fault);

const char *fb_name_life_rule(enum fb_life_rule rule); // "lost wake" …

#endif
