// Idea: one model is fed from the beginning; before each POLL_BEGIN its worker's
// run queue is what could have been polled.
#include "decisions.h"
#include <errno.h>
#include <string.h>

struct walk {
    struct fb_model m;
    uint64_t choice[FB_TRACE_RINGS_MAX]; // by worker: its last event, if CHOICE
    bool whole;                          // from the run's first event on
};

static uint64_t *choice_of(struct walk *w, const struct fb_event *e) {
    return &w->choice[fb_event_worker(e) % FB_TRACE_RINGS_MAX];
}

static void list_queue(const struct fb_model *m,
                       const struct fb_model_worker *queue,
                       struct fb_decision *d) {
    const struct fb_model_task *t = fb_model_task_at(m, queue->queue_head);

    for (; t != NULL && d->count < FB_DECISION_TASKS;
         t = fb_model_task_at(m, t->queue_next)) {
        if (!d->unwoken || t->id != d->task) {
            d->tasks[d->count++] = t->id;
        }
    }
    d->count = queue->queue_len - d->unwoken;
}

static int look(struct walk *w, uint64_t number, const struct fb_event *e,
                int (*each)(void *arg, const struct fb_decision *d),
                void *arg) {
    const struct fb_model_worker *queue =
        fb_model_worker(&w->m, fb_event_worker(e));
    struct fb_decision d = {.poll = w->whole ? w->m.polls + 1 : 0,
                            .event = number,
                            .task = e->subject,
                            .worker = fb_event_worker(e),
                            .choice = *choice_of(w, e),
                            .before = &w->m};

    const struct fb_model_task *t = fb_model_task(&w->m, e->subject);

    d.unwoken = d.choice != 0 && t != NULL && t->unwoken;
    if (queue == NULL || queue->queue_len == 0 ||
        (queue->queue_len == 1 && !d.unwoken)) {
        return 0;
    }
    list_queue(&w->m, queue, &d);
    return each(arg, &d);
}

static int step(struct walk *w, uint64_t number, const struct fb_event *e,
                int (*each)(void *arg, const struct fb_decision *d),
                void *arg) {
    int err = 0;

    if (number != w->m.event + 1) {
        w->whole = false; // polls were lost
    }
    if (e->kind == FB_EV_POLL_BEGIN) {
        err = look(w, number, e, each, arg);
        *choice_of(w, e) = 0;
    } else if (e->kind == FB_EV_CHOICE) {
        *choice_of(w, e) = number;
    }
    return err != 0 ? err : fb_model_feed(&w->m, number, e);
}

int fb_decisions(struct fb_history *h,
                 int (*each)(void *arg, const struct fb_decision *d),
                 void *arg) {
    struct walk w = {.whole = true};
    const struct fb_model *start = fb_history_at(h, 0);
    int err = start != NULL ? fb_model_copy(&w.m, start) : -ENOMEM;

    w.whole = err == 0 && w.m.event == 0;
    for (uint64_t at = fb_history_first(h); at != 0 && err == 0;
         at = fb_history_next(h, at)) {
        err = step(&w, at, fb_history_event(h, at), each, arg);
    }
    fb_model_deinit(&w.m);
    return err < 0 ? err : 0;
}
