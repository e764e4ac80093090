// Decisions: the polls before which more than one task was runnable, or for
// which a task was chosen that nobody had woken.
//
// A decision is named by the number of its poll, from 1: that is what a list of
// choices names it by too (core's struct fb_choice). A poll with one runnable
// task decides nothing.
#ifndef FISHBOWL_DECISIONS_H
#define FISHBOWL_DECISIONS_H

#include "history.h"

enum { FB_DECISION_TASKS = 64 };

struct fb_decision {
    uint64_t poll;  // number of the poll; 0: the run's beginning is not kept
    uint64_t event; // its POLL_BEGIN
    uint32_t task;  // who was polled
    uint32_t worker;
    uint64_t choice; // event of the CHOICE that led to it; 0: the order's own
    bool unwoken;    // chosen although nobody had woken it
    uint32_t count;  // runnable tasks, in that worker's queue; with `unwoken`
                     // besides that one
    uint32_t tasks[FB_DECISION_TASKS]; // the first of them, as they joined it
    const struct fb_model *before;     // the world before the poll
};

// Calls `each` for every decision in order; what it gives other than 0 ends
// the walk and is given back, as long as it is below 0. Valid during the call.
// Errors: -ENOMEM, and those of `each`.
__attribute__((warn_unused_result)) int
fb_decisions(struct fb_history *h,
             int (*each)(void *arg, const struct fb_decision *d), void *arg);

#endif
