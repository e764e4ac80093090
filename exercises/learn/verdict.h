// A verdict in words.
#ifndef FISHBOWL_LEARN_VERDICT_H
#define FISHBOWL_LEARN_VERDICT_H

#include "learn.h"

// Adds what the learner is told about a run: of a failure what happened, where,
// which events show it, what people believe who do this, why it is not so, and
// what to do now; of a pass what has been shown, and what comes next.
void verdict_page(struct page *p, const struct learn *l,
                  const struct course_exercise *e,
                  const struct course_result *r, const struct state *s);
// The text of its README: what is to be done, its file, how to go on.
void verdict_task(struct page *p, const struct learn *l,
                  const struct course_exercise *e);
// "06 Yield once  (code, 10 min)"
void verdict_title(const struct course_exercise *e, char *out,
                   size_t out_bytes);

#endif
