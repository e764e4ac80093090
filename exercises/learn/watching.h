// The verb watch: judges on every save.
#ifndef FISHBOWL_LEARN_WATCHING_H
#define FISHBOWL_LEARN_WATCHING_H

#include "learn.h"

// On the screen, beginning with this exercise, until it is quit. Returns an
// exit status.
int watching_run(struct learn *l, const struct course_exercise *e);
// A row of keys with what they do, in pairs, NULL-ended.
void watching_footer(struct fb_grid *g, int row, const char *const *keys);

#endif
