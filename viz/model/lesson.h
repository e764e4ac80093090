// A lesson: questions that a teacher wrote, answered by the trace.
//
// The text says where to ask and WHAT the truth is: a measure that the model
// takes from the events. No answer is ever written down, so none can be wrong.
//
//     format: 1
//     task: Ada = greet 2              a name for the 2nd task of type greet
//
//     question: ada-fd                 its name in answers.txt
//     ask: What does Ada's task wait for now?
//     at: POLL_END of Ada              where it is asked
//     until: end                       where the truth is taken (else there)
//     truth: fd of Ada                 the measure
//     choice: {fd of Ada}              what is written as the answer
//     says: descriptor {fd of Ada}     what is read (else the answer)
//     why: Her connection has this number; read() found nothing in it yet.
//     choice: {fd of acceptor}
//     why: That is where new callers arrive. The acceptor waits there.
//
// One `key: value` a line; a line that begins with a blank goes on with the one
// before; "#" begins a comment. {…} holds a measure, taken at `until`; in `ask`,
// at `at`.
//
// Places:    start   end   event 12   [before] [2nd|last] KIND [of TASK] [in TYPE]
//            KIND is an event as `print --events` calls it (POLL_END, WAKE …);
//            TYPE the future that it is about.
// Tasks:     a name from `task:`, or TYPE N: the N-th task with that root future.
// Measures:  live tasks, idle tasks, queued tasks, polls, thread,
//            next, order, clock (since the first event),
//            most TYPE, bytes dropped with TYPE, and of one task: polls of T, wakes of T, state of T,
//            fd of T, leaf of T, root of T, line of T, depth of T, waker of T,
//            outcome of T (README.md says what each is)
//
// Pure, and safe with hostile events and hostile text. All texts that come out
// are sanitised.
#ifndef FISHBOWL_LESSON_H
#define FISHBOWL_LESSON_H

#include "quiz.h"

struct fb_lesson; // opaque

enum {
    FB_LESSON_QUESTIONS = 32,
    FB_LESSON_TASKS = 16,
    FB_LESSON_NAME = 32,    // longest name of a question or task, with its NUL
    FB_LESSON_VALUE = 80,   // longest answer
    FB_LESSON_WHY = 240,    // longest complaint
    FB_LESSON_BYTES = 65536 // longest text
};

// One question, as it is in one trace. quiz.kind is FB_QUIZ_AUTHORED; the quiz
// is judged already: `right`, `until`, every `why` and the facts are there.
struct fb_lesson_question {
    char name[FB_LESSON_NAME];
    struct fb_quiz quiz;
    char truth[FB_LESSON_VALUE];                   // what the events say
    char values[FB_QUIZ_CHOICES][FB_LESSON_VALUE]; // answer of each choice
    char said[FB_QUIZ_BYTES];                      // the truth as a sentence
    bool about_queue; // the order of the run queue would tell it
};

// Errors: -EINVAL, `why` names the line and what would be right; -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lesson_read(struct fb_lesson **ret_lesson, const char *text, size_t len,
               char *why, size_t why_bytes);
void fb_lesson_destroy(struct fb_lesson *l); // NULL is legal
size_t fb_lesson_count(const struct fb_lesson *l);
const char *fb_lesson_name(const struct fb_lesson *l, size_t index);

// Question `index` in this trace. The result of an earlier fb_history_at is
// outdated.
// Errors: -ENODATA the place or the measure is not in this trace, or not
// exactly one choice is true there; `why` says which. -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lesson_pose(const struct fb_lesson *l, size_t index, struct fb_history *h,
               const struct fb_names *names,
               struct fb_lesson_question *ret_question, char *why,
               size_t why_bytes);

// ---- places ----

// Somebody whom a place may name.
struct fb_lesson_person {
    const char *called; // a word, shorter than FB_LESSON_NAME
    uint32_t task;      // its id in the trace; 0: it is not there
};

// The event that a place (as behind `at:`) stands for in this trace; without a
// history it is only read, and *ret_event stays. The result of an earlier
// fb_history_at is outdated.
// Errors: -EINVAL it is no place, -ENODATA it is not in this trace; `why` says
// what would be right, or what is missing. -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lesson_find(struct fb_history *h, const struct fb_names *names,
               const struct fb_lesson_person *people, size_t count,
               const char *text, uint64_t *ret_event, char *why,
               size_t why_bytes);

// ---- answers ----

// Whether two answers are the same: numbers as numbers; words whatever their
// case, and whatever blanks, commas or arrows stand between them.
bool fb_lesson_same(const char *a, const char *b);
// Which choice an answer means: its value, or its letter. -1: none.
int fb_lesson_choice(const struct fb_lesson_question *q, const char *answer);
// Whether it is right; also one that is no choice may be.
bool fb_lesson_right(const struct fb_lesson_question *q, const char *answer);

// An answer in the text of answers.txt, whose lines are `name: answer`, trimmed
// and sanitised. Returns its length, 0: there is none.
size_t fb_lesson_answer(const char *text, const char *name, char *out,
                        size_t out_bytes);
// The text with this answer in it, in the place of an empty one, else as a line
// of its own at the end. Ownership: the caller frees it. NULL: out of memory.
char *fb_lesson_put_answer(const char *text, const char *name,
                           const char *answer);

#endif
