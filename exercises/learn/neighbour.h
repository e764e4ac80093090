// Calling `fishbowl`, our neighbour: what shows traces is not written twice.
#ifndef FISHBOWL_LEARN_NEIGHBOUR_H
#define FISHBOWL_LEARN_NEIGHBOUR_H

#include <stddef.h>

// Runs `fishbowl ARGS…` (NULL-ended) on our terminal and waits for it; signals
// of the terminal are its to obey meanwhile.
// Returns its exit status (128 + a signal that ended it), or -errno.
int neighbour_run(const char *const *args);
// The same with the program at `path`.
int neighbour_run_program(const char *path, const char *const *args);

#endif
