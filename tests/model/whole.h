// Judges of a world that came of any events: whether it is whole, and whether
// all can be said of it. A claim that does not hold fails the test.
#ifndef FB_TEST_WHOLE_H
#define FB_TEST_WHOLE_H

#include "history.h"
#include "lints.h"

// Links, counts and states agree with each other.
void whole_world(const struct fb_model *m);
// Every sentence about event `number`, which leads from one world to the
// other, is there, fits, and is one printable line.
void whole_words(const struct fb_model *before, const struct fb_model *after,
                 uint64_t number, const struct fb_event *e);
// The findings are in order, within bounds, proved, and can be said.
void whole_lints(const struct fb_lints *l, const struct fb_model *m);

// What is asked of a world of `h` has an answer, and the answers words.
void whole_questions(const struct fb_history *h, const struct fb_model *m);

#endif
