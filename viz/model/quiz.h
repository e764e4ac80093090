// The quiz: questions about what happens next, answered by the events.
//
// A question is made from the world after event `at` and has two to four
// choices; which of them is right is read from the events that follow, never
// guessed. So a question whose truth is not there is not asked; nor is one
// with two true answers, or with only one possible. The choices come from the
// same world (tasks that could as well be next, what others wait for) or are a
// common mistake about async programs, with the explanation of why it is one.
// The same events and number give the same question, in every class.
//
// Pure, and safe with hostile events. All texts are sanitised.
#ifndef FISHBOWL_QUIZ_H
#define FISHBOWL_QUIZ_H

#include "history.h"
#include "story.h"

enum fb_quiz_kind {
    FB_QUIZ_NEXT,   // who is polled next
    FB_QUIZ_RESULT, // Ready or Pending
    FB_QUIZ_WHY,    // what it will wait for
    FB_QUIZ_WHO,    // who will wake it
    FB_QUIZ_WAKE,   // what a wake does
    FB_QUIZ_POLLS,  // how many polls until …
    FB_QUIZ_KINDS,
    FB_QUIZ_AUTHORED = FB_QUIZ_KINDS // by a teacher (lesson.h), not made here
};
#define FB_QUIZ_ALL ((1u << FB_QUIZ_KINDS) - 1)

enum {
    FB_QUIZ_CHOICES = 4,
    FB_QUIZ_FACTS = 8,
    FB_QUIZ_BYTES = 360,        // longest text, with its NUL
    FB_QUIZ_CHOICE_BYTES = 160, // longest choice
    FB_QUIZ_AHEAD = 10000,      // events in which the answer must come
    FB_QUIZ_SEARCHED = 200000,  // events that one search looks at
    FB_QUIZ_WINDOW = 64,        // events in which a rarer kind is preferred
};

struct fb_quiz_choice {
    uint64_t value; // what it claims; its meaning is the kind's own
    char text[FB_QUIZ_CHOICE_BYTES];
    char why[FB_QUIZ_BYTES]; // once judged: why it is right, or wrong
};

struct fb_quiz {
    enum fb_quiz_kind kind;
    uint64_t at;     // asked after this event
    uint32_t task;   // it is about; 0: several
    uint32_t worker; // whose queue or poll it is about
    char question[FB_QUIZ_BYTES];
    struct fb_quiz_choice choices[FB_QUIZ_CHOICES];
    int count;
    int right;      // index of the right choice; -1: not known yet
    uint64_t until; // the event that decided; 0: not known yet
    uint64_t facts[FB_QUIZ_FACTS]; // events that prove it, rising
    int fact_count;
};

struct fb_quiz_fact {
    uint64_t event;
    char sentence[FB_QUIZ_BYTES]; // the story's
};

// Asks a question of one of `kinds` (bits 1 << enum fb_quiz_kind) about what
// follows event `at`, whose answer is in the history. The result of an earlier
// fb_history_at is outdated.
// Returns 1, or 0: there is nothing to ask here. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_quiz_ask(struct fb_history *h, const struct fb_names *names, uint64_t at,
            unsigned kinds, struct fb_quiz *ret_quiz);
// The same about the newest event of a program that stands still: made from
// the world alone, to be judged by the events that will come.
__attribute__((warn_unused_result)) int
fb_quiz_ask_live(struct fb_history *h, const struct fb_names *names,
                 unsigned kinds, struct fb_quiz *ret_quiz);
// Judges a live question by the events that have come since.
// Returns 1: `right`, `until` and every `why` are filled in; 0: not yet.
// Errors: -ENODATA no choice came true, or it can no longer be known; -ENOMEM.
__attribute__((warn_unused_result)) int
fb_quiz_judge(struct fb_history *h, const struct fb_names *names,
              struct fb_quiz *quiz);

// The first event from `from` on, up to `to` (0: no bound), at which a question
// can be asked; of several close together one of a kind that was asked least
// (`asked`: how often, by kind; NULL: alike).
// Returns 1, or 0: none within FB_QUIZ_SEARCHED events. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_quiz_find(struct fb_history *h, const struct fb_names *names, uint64_t from,
             uint64_t to, unsigned kinds, const uint32_t *asked,
             struct fb_quiz *ret_quiz);

// The sentences of the events that prove a judged question.
// Returns how many were written to `facts`. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_quiz_tell(struct fb_history *h, const struct fb_names *names,
             const struct fb_quiz *quiz,
             struct fb_quiz_fact facts[FB_QUIZ_FACTS]);

const char *fb_quiz_name(enum fb_quiz_kind kind); // "next", "result" …
// The kind of that name, or FB_QUIZ_KINDS.
enum fb_quiz_kind fb_quiz_kind(const char *name, size_t len);

struct fb_quiz_score {
    uint32_t asked[FB_QUIZ_KINDS], right[FB_QUIZ_KINDS];
};
// Requires: judged; `chosen` is a choice.
void fb_quiz_count(struct fb_quiz_score *score, const struct fb_quiz *quiz,
                   int chosen);
uint32_t fb_quiz_asked(const struct fb_quiz_score *score); // all kinds
// "3 of 5 right (next 1/2, wake 2/3)"; "" while nothing was asked.
size_t fb_quiz_score_say(char *out, size_t out_bytes,
                         const struct fb_quiz_score *score);

#endif
