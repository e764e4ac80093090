// The judge of questions: reads what a question and its choices SAY, and the
// bare events; knows nothing of how the quiz is made or of the model.
#ifndef FB_TEST_QUIZ_CHECK_H
#define FB_TEST_QUIZ_CHECK_H

#include "quiz.h"

struct quiz_tape {
    const struct fb_event *events; // event number n is events[n - 1]
    uint64_t count;
};

// Exactly one choice is true, and it is the one that the quiz says; all texts
// are there; the facts are events of the tape. Fails the test otherwise.
void quiz_check(const struct quiz_tape *t, const struct fb_quiz *q);

// Asks every kind at every event, and checks what is asked. Adds to `asked`.
void quiz_check_all(const struct quiz_tape *t, struct fb_history *h,
                    const struct fb_names *names,
                    uint32_t asked[FB_QUIZ_KINDS]);

#endif
