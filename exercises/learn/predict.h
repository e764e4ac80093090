// Exercises whose file is answers.txt: the visualiser asks, and the answers
// are locked before it shows what came.
#ifndef FISHBOWL_LEARN_PREDICT_H
#define FISHBOWL_LEARN_PREDICT_H

#include "learn.h"

// Whether there are questions that have no answer yet.
bool predict_is_open(const struct learn *l, const struct course_exercise *e);
// Makes the run that is asked about, and lets `fishbowl watch` ask: a picture
// on a terminal, else line by line. Returns an exit status.
int predict_ask(struct learn *l, const struct course_exercise *e);

#endif
