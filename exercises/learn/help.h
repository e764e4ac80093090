// Help for one exercise, as pages: what verbs print and `watch` shows.
// Both write down that it was asked for, and return an exit status; what
// stands in the way is said on stderr.
#ifndef FISHBOWL_LEARN_HELP_H
#define FISHBOWL_LEARN_HELP_H

#include "learn.h"

// The next of three hints; the third again when all were seen.
int help_hint(struct learn *l, const struct course_exercise *e, struct page *p);
// How to solve it, as a difference to the learner's file.
int help_solution(struct learn *l, const struct course_exercise *e,
                  struct page *p);

#endif
