// The lints of a trace that a test has made: none may fire on a program that
// makes no mistake. Events come one by one, in their order.
#ifndef FB_TEST_LINTER_H
#define FB_TEST_LINTER_H

#include "lints.h"

struct linter {
    struct fb_model world;
    struct fb_lints *lints;
};

// On the real clock a poll takes as long as the machine is busy elsewhere: only
// very long ones count then. False: out of memory.
bool linter_begin(struct linter *x, bool real_clock);
// False: the event could not be folded in.
bool linter_feed(struct linter *x, uint64_t number, const struct fb_event *e);
// Ends it. Says on stderr what was found beyond the `mistakes` (a bit for each
// enum fb_lint_kind) that were made on purpose, and returns the bits of that.
// `ended`: the trace's program is gone.
unsigned linter_end(struct linter *x, bool ended, unsigned mistakes);

#endif
