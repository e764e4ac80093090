// Problem: a run takes a second, or for ever. Meanwhile keys must work, Ctrl-C
//     must end the learner's program and not the runner, and a terminal that is
//     closed must leave no child and no half-written state behind.
// Idea: course_judge asks every 50 ms whether to give up. Handlers and keys
//     only set a flag that it reads; the course kills the child's group.
// Concurrency: `stop` and `done` are atomics. `done` is stored after err and
//     result (release) and read before them (acquire). The state is written by
//     the main thread alone, in judging_finish.
#include "judging.h"

#include "predict.h"
#include "work.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// A run of what was not begun is no attempt.
static bool is_untouched(const struct learn *l,
                         const struct course_exercise *e) {
    return work_untouched(l, e) || predict_is_open(l, e);
}

static int record(struct learn *l, const struct course_exercise *e,
                  const struct course_result *r, bool untouched, char *why,
                  size_t n) {
    const struct work_note note = {.result = r,
                                   .untouched = untouched,
                                   .partly = l->options.order != NULL};

    return work_record(l, e, &note, why, n);
}

// ---- in this thread ----

static volatile sig_atomic_t got_signal;

static void on_signal(int number) {
    got_signal = number;
}

static const int NUMBERS[JUDGING_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

void judging_listen(struct judging_signals *s) {
    const struct sigaction action = {.sa_handler = on_signal};

    got_signal = 0;
    for (int i = 0; i < JUDGING_SIGNALS; i++) {
        sigaction(NUMBERS[i], &action, &s->before[i]);
    }
}

int judging_listen_end(const struct judging_signals *s) {
    for (int i = 0; i < JUDGING_SIGNALS; i++) {
        sigaction(NUMBERS[i], &s->before[i], NULL);
    }
    return got_signal;
}

bool judging_give_up(void *unused) {
    (void)unused;
    return got_signal != 0;
}

static void show_progress(void *arg, const char *word) {
    const struct course_exercise *e = arg;

    fprintf(stderr, "\r\033[K%02u %s: %.60s", e->number, e->title, word);
    (void)fflush(stderr);
}

int judging_wait(struct learn *l, const struct course_exercise *e,
                 struct course_result *ret_result, int *ret_signal, char *why,
                 size_t n) {
    const bool shown = l->screen && isatty(STDERR_FILENO);
    const bool untouched = is_untouched(l, e);
    struct work_run run = {.order = l->options.order,
                           .progress = shown ? show_progress : NULL,
                           .progress_arg = (void *)(uintptr_t)e,
                           .give_up = judging_give_up};
    struct judging_signals before;
    int err, number;

    judging_listen(&before);
    err = work_judge(l, e, &run, ret_result, why, n);
    number = judging_listen_end(&before);
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    if (ret_signal != NULL) {
        *ret_signal = number;
    }
    if (err == 0) {
        err = record(l, e, ret_result, untouched, why, n);
        if (err < 0) {
            course_result_deinit(ret_result);
        }
    }
    return err;
}

// ---- beside a screen ----

static bool asked_to_stop(void *arg) {
    const struct judging *j = arg;

    return atomic_load_explicit(&j->stop, memory_order_relaxed);
}

static void take_word(void *arg, const char *word) {
    struct judging *j = arg;

    pthread_mutex_lock(&j->lock);
    snprintf(j->word, sizeof(j->word), "%s", word);
    pthread_mutex_unlock(&j->lock);
}

static void *judge(void *arg) {
    struct judging *j = arg;
    const struct work_run run = {.progress = take_word,
                                 .progress_arg = j,
                                 .give_up = asked_to_stop,
                                 .give_up_arg = j};

    j->err =
        work_judge(j->l, j->exercise, &run, &j->result, j->why, sizeof(j->why));
    // pairs with judging_busy: who sees it sees the result
    atomic_store_explicit(&j->done, true, memory_order_release);
    return NULL;
}

int judging_start(struct judging *j, struct learn *l,
                  const struct course_exercise *e) {
    int err;

    judging_deinit(j);
    *j = (struct judging){.l = l,
                          .exercise = e,
                          .untouched = is_untouched(l, e),
                          .lock = PTHREAD_MUTEX_INITIALIZER};
    snprintf(j->word, sizeof(j->word), "starting");
    err = pthread_create(&j->thread, NULL, judge, j);
    j->started = err == 0;
    return -err;
}

bool judging_busy(const struct judging *j) {
    return j->started && !atomic_load_explicit(&j->done, memory_order_acquire);
}

void judging_word(struct judging *j, char *out, size_t out_bytes) {
    pthread_mutex_lock(&j->lock);
    snprintf(out, out_bytes, "%s", j->word);
    pthread_mutex_unlock(&j->lock);
}

int judging_finish(struct judging *j, bool stop) {
    if (!j->started) {
        return -ECANCELED;
    }
    atomic_store_explicit(&j->stop, stop, memory_order_relaxed);
    pthread_join(j->thread, NULL);
    j->started = false;
    if (j->err == 0) {
        j->err = record(j->l, j->exercise, &j->result, j->untouched, j->why,
                        sizeof(j->why));
    }
    return j->err;
}

void judging_deinit(struct judging *j) {
    if (j->started) {
        (void)judging_finish(j, true);
    }
    course_result_deinit(&j->result);
    j->result = (struct course_result){0};
}
