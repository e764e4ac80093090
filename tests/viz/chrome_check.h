// A judge of Chrome traces: strict JSON in which slices nest, times never fall,
// everything is closed and every arrow has both ends inside a slice.
#ifndef FB_TEST_CHROME_CHECK_H
#define FB_TEST_CHROME_CHECK_H

#include <stddef.h>

struct chrome_seen {
    size_t slices, states, lives, arrows, counters, marks, threads;
    double connections; // what that counter showed last
};

// Returns what is wrong with it, in words that live until the next call, or
// NULL.
const char *chrome_check(const char *text, struct chrome_seen *seen);

#endif
