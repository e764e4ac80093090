// What the kinds of questions share.
#ifndef FISHBOWL_MODEL_QUIZ_PARTS_H
#define FISHBOWL_MODEL_QUIZ_PARTS_H

#include "phrase.h"
#include "quiz.h"

// One question in the making.
struct fb__desk {
    struct fb_history *h;
    const struct fb_names *names;
    const struct fb_model *m; // the world after q->at
    struct fb_quiz *q;
    bool live;      // the answer is still to come
    uint64_t truth; // its value, once it is known
};

// How one kind is made. All look at d->h and d->m, and write to d->q.
struct fb__quiz_maker {
    const char *name;
    // Whether event `at`, with those next to it, is a place for this question:
    // cheap, from the events alone. Not asked for a live question.
    bool (*fits)(const struct fb_history *h, uint64_t at,
                 const struct fb_event *e);
    // Whom it is about, from the world. False: it cannot be asked here.
    bool (*begin)(struct fb__desk *d);
    // Reads the answer from the events: d->truth, q->until and the facts.
    // Returns 1; 0: it has not come yet; -ENODATA: it never will.
    int (*seek)(struct fb__desk *d);
    // The question and its choices. In a live question d->truth is not there.
    void (*pose)(struct fb__desk *d);
    // Why choice `i` is right, or wrong.
    void (*explain)(const struct fb__desk *d, int i, struct fb__phrase *p);
    bool can_live;
};

extern const struct fb__quiz_maker fb__quiz_next, fb__quiz_result, fb__quiz_why,
    fb__quiz_who, fb__quiz_wake, fb__quiz_polls;

// ---- events around a place ----

// The events after one, in one piece: a walk that ends at a gap, at the newest
// event or after FB_QUIZ_AHEAD of them. A census states what was: it is passed
// over.
struct fb__ahead {
    const struct fb_history *h;
    uint64_t number; // of the event that was given last
    int left;
};
struct fb__ahead fb__ahead_of(const struct fb__desk *d);
const struct fb_event *fb__ahead_next(struct fb__ahead *a); // NULL: the end
// What a walk that came to its end without an answer returns: 0 or -ENODATA.
int fb__ahead_none(const struct fb__ahead *a);

// The number of the newest event of this kind about the task up to `at`; 0:
// none not long before.
uint64_t fb__quiz_last(const struct fb__desk *d, enum fb_event_kind kind,
                       uint32_t task);
void fb__quiz_fact(struct fb_quiz *q, uint64_t event); // 0: none

// ---- a poll that has just begun (quiz_poll.c) ----

struct fb__quiz_poll {
    uint8_t result;              // enum fb_poll_result
    uint64_t end;                // its POLL_END
    const struct fb_event *hold; // the one waker that it left, or NULL
    uint64_t hold_event;
    uint64_t blocked_io; // the last call that found nothing; 0: none
    int holds;           // wakers that it stored
    bool unclear;        // a waker was given up or replaced, a wake came …
};

bool fb__quiz_poll_fits(const struct fb_history *h, uint64_t at,
                        const struct fb_event *e);
bool fb__quiz_poll_begin(struct fb__desk *d);
// Walks over the poll; `a` then stands at its end. Returns 1, 0 or -ENODATA.
int fb__quiz_look(const struct fb__desk *d, struct fb__ahead *a,
                  struct fb__quiz_poll *p);
// "Task 4 (Ada) is polled now, for the first time"
void fb__quiz_say_polled(const struct fb__desk *d, struct fb__phrase *p);

// ---- words ----

// Adds a choice; its text is written into the phrase that this returns, which
// fb__phrase_end ends. Requires: fewer than FB_QUIZ_CHOICES.
struct fb__phrase fb__quiz_choice(struct fb_quiz *q, uint64_t value);
void fb__quiz_choose(struct fb_quiz *q, uint64_t value, const char *text);
struct fb__phrase fb__quiz_question(struct fb_quiz *q);
// A number that depends on the question's place alone.
uint64_t fb__quiz_seed(const struct fb_quiz *q, uint64_t salt);
// Puts the choices in an order that tells nothing.
void fb__quiz_shuffle(struct fb_quiz *q);
bool fb__quiz_has(const struct fb_quiz *q, uint64_t value);

#endif
