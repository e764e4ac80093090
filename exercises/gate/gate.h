// The gate: what every exercise of the course is held to.
#ifndef FISHBOWL_GATE_H
#define FISHBOWL_GATE_H

#include "course.h"

enum { GATE_VARIANTS = 64, GATE_NAME = 96 };

// A form of the learner's files, and what the check must say of it.
struct gate_variant {
    char name[GATE_NAME]; // "untouched", "alt/own_waker.patch"
    char folder[512];     // its files
    char wants[8];        // a claim; "": it passes; "?": it fails, somehow
};

struct gate {
    struct course *course;
    const struct course_exercise *e;
    char scratch[512];
    const char *only;  // this variant alone; NULL: all that is held
    bool only_passing; // solution and alternatives alone
    unsigned held, failed;

    struct gate_variant variants[GATE_VARIANTS];
    unsigned count;
    char trace[1024]; // of the untouched starter; "": none
    uint64_t at;      // where it fails
};

// Says that `what` holds, or that it does not: why, and what to look at.
__attribute__((format(printf, 3, 4))) void gate_say(struct gate *g, bool holds,
                                                    const char *what, ...);

// ---- variants.c ----
// Makes the files of every variant. false: one cannot be made, and it was said.
bool gate_make(struct gate *g);
// Builds and plays each. Sets g->trace and g->at.
void gate_judge(struct gate *g);

// ---- words.c: README.md and hints.md ----
void gate_words(struct gate *g);

// ---- killed.c ----
// Each claim that check.c makes is one that the starter or a mutant fails with.
void gate_killed(struct gate *g);

// ---- render.c ----
// The failing run can be looked at without a terminal; questions are accepted.
void gate_render(struct gate *g);

// ---- plans.c ----
// Every plan in the teacher's page names exercises of the course with their own
// minutes, and sums them rightly. Returns whether all hold.
bool gate_plans(const struct course *c, const char *page);

#endif
