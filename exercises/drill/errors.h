// What became of the errors of a run, as its trace tells it.
#ifndef DRILL_ERRORS_H
#define DRILL_ERRORS_H

#include "claims.h"

enum { ERRORS_MAX = 32 };

// A read or a write that failed for good, and the task that made it.
struct drill_error {
    uint64_t event; // of the failing call
    int result;     // -ECONNRESET
    uint32_t task;
    uint16_t type;                // whose code awaited the call, and
    uint32_t line;                // on which line; 0: not known
    uint64_t done_event, done_ns; // 0: the task did not end
    enum fb_task_outcome outcome;
    int out;
    uint64_t taken_event, taken_ns; // 0: nobody took the task's result
};

struct drill_errors {
    struct drill_error list[ERRORS_MAX];
    unsigned count; // of the list
};

// Reads the whole history, once.
void drill_errors_find(struct drill_errors *errors, struct fb_history *h);

// The last event of a task's own; the last of all for task 0.
uint64_t drill_last_event(const struct fb_history *h, uint32_t task);

// Adds the last await that `task` came to to the verdict. 0: nothing.
void drill_place_task(struct fb_trial *t, uint32_t task);
// Adds the await of the last call that was made on `source` to the verdict.
void drill_place_source(struct fb_trial *t, uint32_t source);

// Adds a line of the file that type `type` is of to the verdict. 0: nothing.
void drill_place(struct fb_trial *t, uint16_t type, uint32_t line);

#endif
