// A moment: where a person wants to go in a trace, in words.
//
//     1234  1,234        the event with this number
//     +50  -50           so many events on, or back
//     1.5s  12ms  40us   that time since the program's start
//     +2s  -300ms        so much later, or earlier
//     start  end
//
// The answer is always an event that is kept, the nearest one at or before what
// was asked for (the first one, if there is none before).
#ifndef FISHBOWL_MOMENT_H
#define FISHBOWL_MOMENT_H

#include "history.h"

// `at` is where the picture stands, `start_ns` the events' clock at the
// program's start. Errors: -EINVAL; `why` then says what would be right.
__attribute__((warn_unused_result)) int
fb_moment_find(uint64_t *ret_event, const char *text,
               const struct fb_history *h, uint64_t at, uint64_t start_ns,
               char *why, size_t why_bytes);
// Whether the words mean a moment at all, of whichever trace. Errors: -EINVAL,
// with `why`.
__attribute__((warn_unused_result)) int
fb_moment_check(const char *text, char *why, size_t why_bytes);

#endif
