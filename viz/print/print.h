// Print: the picture as text, from the same model and with the same sentences.
//
// For screen readers, pipes, continuous integration and exercises. The same
// events give the same bytes: nothing here asks a clock, a locale or a
// terminal.
#ifndef FISHBOWL_PRINT_H
#define FISHBOWL_PRINT_H

#include "query.h"
#include "quiz.h"
#include "session.h"
#include <signal.h>
#include <stdio.h>

struct fb_print_options {
    uint64_t at;            // the world after this event; 0: the newest
    uint64_t from, to;      // story and events: only these numbers; 0: no bound
    uint32_t task;          // only this task; 0: all
    bool follow;            // story and events: go on while the program lives
    bool ascii;             // draw without box characters
    const char *source_dir; // searched first for source; NULL none
    int cols;               // timeline: at most so many columns; 0: 100
    bool by_event, by_time; // timeline: its scale; neither: what suits
    const struct fb_query *query; // which tasks, in which order; NULL all
    bool bare;                    // without the lines at the head of the page
    FILE *out;
    const volatile sig_atomic_t *interrupted; // ends --follow; may be NULL
};

// Each prints one form of the session to options->out.
// Errors: -ENOMEM, -ERANGE event `at` is not in this trace, -ESRCH there is no
// task `task` in that world, -EIO the output cannot be written.
// A sentence for each event.
__attribute__((warn_unused_result)) int
fb_print_story(struct fb_session *s, const struct fb_print_options *options);
// Each event's fields.
__attribute__((warn_unused_result)) int
fb_print_events(struct fb_session *s, const struct fb_print_options *options);
// A table, one row a task.
__attribute__((warn_unused_result)) int
fb_print_tasks(struct fb_session *s, const struct fb_print_options *options);
// Tasks, their futures, why each is pending.
__attribute__((warn_unused_result)) int
fb_print_tree(struct fb_session *s, const struct fb_print_options *options);
// The source lines at which tasks stand, and what wrote the event shown.
__attribute__((warn_unused_result)) int
fb_print_source(struct fb_session *s, const struct fb_print_options *options);
// Sources, timers, who waits for them.
__attribute__((warn_unused_result)) int
fb_print_reactor(struct fb_session *s, const struct fb_print_options *options);
// Lanes, and a sentence for each task; -ERANGE also where `from` is beyond the
// end. `at` is its end, as `to` is.
__attribute__((warn_unused_result)) int
fb_print_timeline(struct fb_session *s, const struct fb_print_options *options);
// What the lints have found. Returns how many findings there were.
__attribute__((warn_unused_result)) int
fb_print_lints(struct fb_session *s, const struct fb_print_options *options);
// The polls before which more than one task was runnable, and who else it could
// have been.
__attribute__((warn_unused_result)) int
fb_print_decisions(struct fb_session *s,
                   const struct fb_print_options *options);
// Histograms and counts, of all tasks and of options->task.
__attribute__((warn_unused_result)) int
fb_print_stats(struct fb_session *s, const struct fb_print_options *options);
// Each task's stored wakers and last wakes.
__attribute__((warn_unused_result)) int
fb_print_wakers(struct fb_session *s, const struct fb_print_options *options);
// Who waits for whom. Returns 1 when there is a ring that is certain, else 0.
__attribute__((warn_unused_result)) int
fb_print_waits(struct fb_session *s, const struct fb_print_options *options);
// What all runs of it have in common; up to `at`.
__attribute__((warn_unused_result)) int
fb_print_normal(struct fb_session *s, const struct fb_print_options *options);
// All of it; README.md has the schema.
__attribute__((warn_unused_result)) int
fb_print_json(struct fb_session *s, const struct fb_print_options *options);

// Questions about what comes next, with or without the answers; `from` and `to`
// bound where they are asked, `at` asks for the first one from there on.
__attribute__((warn_unused_result)) int
fb_print_quiz(struct fb_session *s, const struct fb_print_options *options,
              bool answers);

// One question with its choices; one that was judged, with what is right, why
// the others are wrong, and the events that prove it. Errors: -ENOMEM.
void fb_print_question(const struct fb_quiz *q, FILE *out);
__attribute__((warn_unused_result)) int
fb_print_answer(struct fb_session *s, const struct fb_quiz *q, FILE *out);

// `fishbowl print`. Returns an exit status: 0, 1, 2.
int fb_print_main(int argc, char **argv);

#endif
