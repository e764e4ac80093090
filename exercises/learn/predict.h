// Predictions: the visualiser asks, and the answers are locked before it shows
// what came. Of the exercises whose file is answers.txt they are what is judged;
// of all others they come before the first look at a run, and decide nothing.
#ifndef FISHBOWL_LEARN_PREDICT_H
#define FISHBOWL_LEARN_PREDICT_H

#include "learn.h"

// Whether there are questions that have no answer yet.
bool predict_is_open(const struct learn *l, const struct course_exercise *e);
// Makes the run that is asked about, and lets `fishbowl watch` ask: a picture
// on a terminal, else line by line. Returns an exit status.
int predict_ask(struct learn *l, const struct course_exercise *e);
// The questions of an exercise whose file is another one, about `trace`; once:
// nothing is asked if some were answered before. `folder`: of the source.
void predict_first(struct learn *l, const struct course_exercise *e,
                   const char *trace, const char *folder);

#endif
