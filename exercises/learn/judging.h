// Judging while somebody waits: in this thread with a word of progress, or in
// a thread of its own beside a screen.
#ifndef FISHBOWL_LEARN_JUDGING_H
#define FISHBOWL_LEARN_JUDGING_H

#include "learn.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

// While it lasts, a signal to end (INT, TERM, HUP) only asks to give up.
enum { JUDGING_SIGNALS = 3 };
struct judging_signals {
    struct sigaction before[JUDGING_SIGNALS];
};
void judging_listen(struct judging_signals *s);
int judging_listen_end(const struct judging_signals *s); // the signal; 0: none
bool judging_give_up(void *unused);                      // as course_job asks

// In this thread. Progress stands on standard error if that is a terminal. A
// signal to end (INT, TERM, HUP) ends the learner's program, all of its group,
// and not us: -ECANCELED then, and *ret_signal (may be NULL) is its number.
// Records the outcome in the state. Ownership of *ret_result: the caller's.
int judging_wait(struct learn *l, const struct course_exercise *e,
                 struct course_result *ret_result, int *ret_signal, char *why,
                 size_t n);

// Beside a screen. All members are the judging's own until it is done.
struct judging {
    struct learn *l;
    const struct course_exercise *exercise;
    pthread_t thread;
    bool started, untouched;
    atomic_bool stop, done;
    int err; // valid when it is done, as the two below
    struct course_result result;
    char why[COURSE_WHY];
    pthread_mutex_t lock;
    char word[80]; // of progress, under `lock`
};

// Requires: a zeroed or ended one. Errors: those of pthread_create.
int judging_start(struct judging *j, struct learn *l,
                  const struct course_exercise *e);
bool judging_busy(const struct judging *j);
void judging_word(struct judging *j, char *out, size_t out_bytes);
// Waits for its end (`stop`: hurries it), and records the outcome unless it was
// stopped. The result stays in `j`. Returns its error.
int judging_finish(struct judging *j, bool stop);
void judging_deinit(struct judging *j);

#endif
