// What the parts of the lesson share.
#ifndef FISHBOWL_MODEL_LESSON_PARTS_H
#define FISHBOWL_MODEL_LESSON_PARTS_H

#include "lesson.h"

// A task, before it is known which one that is in a trace.
struct fb__lesson_task {
    char called[FB_LESSON_NAME]; // what people read
    char type[48];               // of its root future
    uint32_t nth;                // of that type, from 1; 0: it is `id`
    uint32_t id;                 // 0: not known before it is looked for
};

struct fb__lesson_place {
    enum fb__lesson_spot {
        FB__SPOT_START,
        FB__SPOT_END,
        FB__SPOT_NUMBER, // `nth` is the event's number
        FB__SPOT_EVENT,
    } spot;
    uint64_t nth; // of those that fit, from 1; 0: the last
    bool before;  // the place just before it
    enum fb_event_kind kind;
    bool has_task;
    struct fb__lesson_task task;
    char type[48]; // "" any
};

struct fb__lesson_measure {
    unsigned kind; // place in the table of lesson_measure.c
    struct fb__lesson_task task;
    char type[48];
};

struct fb__lesson_choice {
    const char *value, *says, *why; // in the lesson's text
};

struct fb__lesson_item {
    const char *name, *ask;
    bool has_at, has_until, has_truth;
    struct fb__lesson_place at, until;
    struct fb__lesson_measure truth;
    struct fb__lesson_choice choices[FB_QUIZ_CHOICES];
    int count;
    unsigned line; // where it begins
};

struct fb_lesson {
    char *text; // the values, one after the other, each ended by NUL
    struct fb__lesson_task tasks[FB_LESSON_TASKS];
    size_t task_count;
    struct fb__lesson_item items[FB_LESSON_QUESTIONS];
    size_t count;
    // of each text with {…}: the measures, read again when it is expanded
};

// A trace that is being looked at.
struct fb__lesson_look {
    const struct fb_lesson *l;
    struct fb_history *h;
    const struct fb_names *names;
};

// ---- lesson_place.c ----
// Both read what was written. False: it is none; `why` says what would be.
bool fb__lesson_read_task(const struct fb_lesson *l, const char *text,
                          struct fb__lesson_task *ret_task, char *why,
                          size_t why_bytes);
bool fb__lesson_read_place(const struct fb_lesson *l, const char *text,
                           struct fb__lesson_place *ret_place, char *why,
                           size_t why_bytes);
// The task's id in the trace; 0: it is not there.
uint32_t fb__lesson_find_task(const struct fb__lesson_look *k,
                              const struct fb__lesson_task *t);
// The event to stand at; 0: there is no such place.
uint64_t fb__lesson_find_place(const struct fb__lesson_look *k,
                               const struct fb__lesson_place *p);
// Whether the entry of the table is called so.
bool fb__lesson_is_type(const struct fb_names *names, uint32_t index,
                        const char *type);

// ---- lesson_measure.c ----
bool fb__lesson_read_measure(const struct fb_lesson *l, const char *text,
                             struct fb__lesson_measure *ret_measure, char *why,
                             size_t why_bytes);
// Whether it is who is polled next.
bool fb__lesson_is_next(const struct fb__lesson_measure *m);
// Takes it in the world after `event`. `facts` gets the events that prove it
// (NULL: nobody asks); `said` the sentence.
// Returns 1, 0: it has no value there. Errors: -ENOMEM.
int fb__lesson_take(const struct fb__lesson_look *k,
                    const struct fb__lesson_measure *m, uint64_t event,
                    char value[FB_LESSON_VALUE], char *said, size_t said_bytes,
                    struct fb_quiz *facts);

// ---- lesson_bytes.c ----
// One more event that proves it; `facts` may be NULL.
void fb__lesson_fact(const struct fb__lesson_look *k, struct fb_quiz *facts,
                     uint64_t event);
// Bytes that reads had brought inside of futures of this type which were
// cancelled, all of it by `until`. The facts are the reads.
uint64_t fb__lesson_dropped_bytes(const struct fb__lesson_look *k,
                                  const char *type, uint64_t until,
                                  struct fb_quiz *facts);

// ---- words ----
// Takes the next word off *text into `out` (cut there). False: there is none.
bool fb__lesson_word(const char **text, char *out, size_t out_bytes);
bool fb__lesson_equal(const char *a, const char *b); // ASCII case aside

#endif
