// The run that failed, in the visualiser.
#ifndef FISHBOWL_LEARN_SHOW_H
#define FISHBOWL_LEARN_SHOW_H

#include "learn.h"

// `fishbowl watch` at the failing event, until it is quit; an exit status.
int show_screen(struct learn *l, const struct course_exercise *e);

#endif
