// The runner: what its verbs share.
//
//     command.c   command line ─► a verb
//     verb_*.c    one verb or a few that belong together
//     work.h      an exercise in the learner's folder: files, judging, state
//     verdict.h   a result in words
//     page.h      words on whatever is at hand
#ifndef FISHBOWL_LEARN_H
#define FISHBOWL_LEARN_H

#include "course.h"
#include "page.h"
#include "place.h"
#include "state.h"

struct learn_options {
    const char *words[3]; // the verb and what follows it; NULL: none
    const char *folder, *course, *html, *learner, *order, *other, *without,
        *ring, *port_file;
    bool plain, ascii, no_color, json, csv, give_up, apply, stopped;
};

struct learn {
    struct learn_options options;
    struct course *course;
    struct place place;
    struct page_look look; // of standard output
    bool screen;           // a terminal that may be drawn on
    char me[200];          // how this program is called: "./learn"; shown
    char *complaint;       // while a screen is up: where it goes; else NULL
    size_t complaint_bytes;
};

// The program. Returns an exit status.
int learn_main(int argc, char **argv);

// Each verb returns an exit status: 0, 1 the answer is no, 2 usage.
int learn_verb_none(struct learn *l); // says what to do next
int learn_verb_init(struct learn *l);
int learn_verb_next(struct learn *l);
int learn_verb_run(struct learn *l);
int learn_verb_watch(struct learn *l);
int learn_verb_list(struct learn *l);
int learn_verb_hint(struct learn *l);
int learn_verb_reset(struct learn *l);
int learn_verb_check_all(struct learn *l);
int learn_verb_solution(struct learn *l);
int learn_verb_play(struct learn *l);
int learn_verb_viz(struct learn *l);
int learn_verb_report(struct learn *l);
int learn_verb_class(struct learn *l);
int learn_verb_mutants(struct learn *l);
int learn_verb_new(struct learn *l);
int learn_verb_stage(struct learn *l);

// "fishbowl learn: what: why (what to do)" on stderr, or into `complaint`.
// Returns 1.
int learn_fail(const struct learn *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Writes the page to standard output and empties it. Returns `status`, or 1 if
// it could not be written.
int learn_say(const struct learn *l, struct page *p, int status);

// Where the learner is: the exercise in whose folder somebody stands, else the one
// worked on last if it is open, else the next. NULL: there are none.
const struct course_exercise *learn_current(const struct learn *l,
                                            const struct state *s);
// Text of the course with `fishbowl learn` in it as it is called here. The caller
// frees it. NULL: no memory.
char *learn_as_called(const struct learn *l, const char *text);

// The exercise that words[1] names; without a word the current one.
// NULL: none, and it has been said.
const struct course_exercise *learn_exercise(struct learn *l);
// The first that is not passed and not given up, from `after` on if there is one
// and round; NULL: all are done.
const struct course_exercise *learn_next(const struct learn *l,
                                         const struct state *s,
                                         const struct course_exercise *after);
size_t learn_passed(const struct learn *l, const struct state *s);
// "[#####.....]  5 of 20 passed"
void learn_bar(const struct learn *l, const struct state *s, int cols,
               char *out, size_t out_bytes);
// Reads the state; says what is wrong with it. True: it is there.
bool learn_state(const struct learn *l, struct state *ret_state);

#endif
