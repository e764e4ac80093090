// "Who is polled next?": asked where several tasks lie in a run queue and
// nobody is being polled.
//
// The answer is the next POLL_BEGIN of that worker. A choice claims a task's
// id, or one of the two below.
#include "quiz_parts.h"
#include <errno.h>

#define ALL   UINT64_MAX       // all of them at once
#define OTHER (UINT64_MAX - 1) // live only: one that is not named

enum { NAMED = 3, QUEUE_WALKED = 4096 };

static bool next_fits(const struct fb_history *h, uint64_t at,
                      const struct fb_event *e) {
    const struct fb_event *next = fb_history_event(h, at + 1);

    (void)e;
    return next && next->kind == FB_EV_POLL_BEGIN &&
           !(next->flags & FB_EV_FLAG_CENSUS);
}

// The worker that polls next; in a live question the one with most to choose.
static uint32_t whose_queue(const struct fb__desk *d) {
    const struct fb_event *next = fb_history_event(d->h, d->q->at + 1);
    uint32_t best = 0;

    if (!d->live) {
        return fb_event_worker(next);
    }
    for (uint32_t i = 1; i < fb_model_workers(d->m); i++) {
        if (fb_model_worker(d->m, i)->queue_len >
            fb_model_worker(d->m, best)->queue_len) {
            best = i;
        }
    }
    return best;
}

// Whom a choice names is no question any more.
static bool is_chosen(const struct fb_model *m) {
    const struct fb_model_task *t = fb_model_task(m, m->last.subject);

    return m->last.kind == FB_EV_CHOICE ||
           ((m->last.kind == FB_EV_WAKE ||
             m->last.kind == FB_EV_TASK_SCHEDULED) &&
            t != NULL && t->unwoken);
}

static bool next_begin(struct fb__desk *d) {
    const struct fb_model_worker *w;

    d->q->worker = whose_queue(d);
    w = fb_model_worker(d->m, d->q->worker);
    return w && w->running == FB_MODEL_NONE && w->queue_len >= 2 &&
           !is_chosen(d->m);
}

static int next_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    const struct fb_event *e;

    while ((e = fb__ahead_next(&a))) {
        if (e->kind == FB_EV_POLL_BEGIN &&
            (e->flags & FB_EV_WORKER_MASK) == d->q->worker) {
            d->truth = e->subject;
            d->q->until = a.number;
            fb__quiz_fact(d->q,
                          fb__quiz_last(d, FB_EV_TASK_SCHEDULED, e->subject));
            fb__quiz_fact(d->q, a.number);
            return 1;
        }
    }
    return fb__ahead_none(&a);
}

// Who would be polled if the queue were served in the order of arrival: an
// aborted task is not polled at its turn. NULL: a hostile file.
static const struct fb_model_task *front_of(const struct fb__desk *d) {
    const struct fb_model_worker *w = fb_model_worker(d->m, d->q->worker);
    const struct fb_model_task *t =
        w ? fb_model_task_at(d->m, w->queue_head) : NULL;

    for (int i = 0; t && t->aborted && i < QUEUE_WALKED; i++) {
        t = fb_model_task_at(d->m, t->queue_next);
    }
    return t;
}

static bool is_queued(const struct fb__desk *d, uint64_t task) {
    const struct fb_model_task *t =
        task <= UINT32_MAX ? fb_model_task(d->m, (uint32_t)task) : NULL;

    return t && t->state == FB_TASK_SCHEDULED && t->worker == d->q->worker;
}

// Up to NAMED tasks of the queue, in the order of their ids. From a long queue
// the place decides which, not their order in it; the truth is one of them.
static int pick(const struct fb__desk *d, uint32_t ids[NAMED]) {
    const struct fb_model_worker *w = fb_model_worker(d->m, d->q->worker);
    uint64_t ranks[NAMED];
    uint32_t slot = w->queue_head;
    const struct fb_model_task *t;
    int count = 0;

    for (int i = 0; i < QUEUE_WALKED && (t = fb_model_task_at(d->m, slot));
         i++, slot = t->queue_next) {
        const bool is_truth = !d->live && t->id == d->truth;
        const uint64_t rank = is_truth ? 0 : fb__quiz_seed(d->q, t->id) | 1;
        int at = count < NAMED ? count++ : NAMED;

        for (; at > 0 && ranks[at - 1] > rank; at--) {
            if (at < NAMED) {
                ranks[at] = ranks[at - 1];
                ids[at] = ids[at - 1];
            }
        }
        if (at < NAMED) {
            ranks[at] = rank;
            ids[at] = t->id;
        }
    }
    for (int i = 1; i < count; i++) { // by id, as the task table has them
        for (int k = i; k > 0 && ids[k - 1] > ids[k]; k--) {
            const uint32_t moved = ids[k];

            ids[k] = ids[k - 1];
            ids[k - 1] = moved;
        }
    }
    return count;
}

static void next_pose(struct fb__desk *d) {
    const uint32_t len = fb_model_worker(d->m, d->q->worker)->queue_len;
    struct fb__phrase p = fb__quiz_question(d->q);
    uint32_t ids[NAMED];
    const int count = pick(d, ids);

    if (fb_model_workers(d->m) > 1) {
        fb__phrase_add(&p,
                       "%u tasks are in the run queue of worker %u. Which "
                       "of them does it poll next?",
                       len, d->q->worker);
    } else {
        fb__phrase_add(&p, "%u tasks are in the run queue. Who is polled next?",
                       len);
    }
    (void)fb__phrase_end(&p);
    for (int i = 0; i < count; i++) {
        p = fb__quiz_choice(d->q, ids[i]);
        fb__phrase_task(&p, "task", d->names, d->m, ids[i]);
        (void)fb__phrase_end(&p);
    }
    if (d->live && len > NAMED) {
        fb__quiz_choose(d->q, OTHER, "another one of the queue");
    } else {
        p = fb__quiz_choice(d->q, ALL);
        fb__phrase_add(&p, "%s at once", len == 2 ? "both" : "all of them");
        (void)fb__phrase_end(&p);
    }
    fb__quiz_shuffle(d->q);
}

static void explain_right(const struct fb__desk *d, struct fb__phrase *p) {
    const uint32_t task = (uint32_t)d->truth;
    const struct fb_model_task *front = front_of(d);
    const uint64_t since = fb__quiz_last(d, FB_EV_TASK_SCHEDULED, task);

    fb__phrase_add(p, "Task %u is polled at event %llu. ", task,
                   (unsigned long long)d->q->until);
    if (front && front->id == task) {
        fb__phrase_add(p, "It was at the front of the run queue");
    } else {
        fb__phrase_add(p, "It was not at the front: here the queue is not "
                          "served in the order of arrival");
    }
    if (since > 0) {
        fb__phrase_add(p, " (it joined at event %llu)",
                       (unsigned long long)since);
    }
    fb__phrase_add(p, ".");
}

static void explain_task(const struct fb__desk *d, uint32_t task,
                         struct fb__phrase *p) {
    const struct fb_model_task *t = fb_model_task(d->m, task);
    const struct fb_model_task *front = front_of(d);
    const uint64_t since = fb__quiz_last(d, FB_EV_TASK_SCHEDULED, task);
    const bool fifo = front && front->id == d->truth;

    if (t && t->aborted) {
        fb__phrase_add(p,
                       "Task %u was aborted: at its turn its futures are "
                       "dropped, and it is not polled again.",
                       task);
        return;
    }
    if (t && d->truth <= UINT32_MAX && task < d->truth) {
        fb__phrase_add(p,
                       "It was spawned before task %u, but the age of a task "
                       "does not count: t",
                       (uint32_t)d->truth);
    } else {
        fb__phrase_add(p, "T");
    }
    if (since > 0) {
        fb__phrase_add(p, "ask %u joined the run queue at event %llu", task,
                       (unsigned long long)since);
    } else {
        fb__phrase_add(p, "ask %u waits in the run queue as well", task);
    }
    if (d->truth > UINT32_MAX) {
        fb__phrase_add(p, "; this executor took another one first.");
    } else {
        fb__phrase_add(p,
                       fifo ? ", behind task %u."
                            : "; this executor took task %u first.",
                       (uint32_t)d->truth);
    }
    fb__quiz_fact(d->q, since);
}

static void next_explain(const struct fb__desk *d, int i,
                         struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;

    if (value == d->truth && value <= UINT32_MAX) {
        explain_right(d, p);
    } else if (value == ALL) {
        fb__phrase_add(p, "A worker is one thread: it polls one task at a "
                          "time. They seem to run at once because no poll "
                          "waits for anything.");
    } else if (value == OTHER) {
        fb__phrase_add(p,
                       d->truth == OTHER
                           ? "At event %llu a task is polled that was in "
                             "the queue, and not named here."
                           : "The task that was polled at event %llu is "
                             "one of those named here.",
                       (unsigned long long)d->q->until);
    } else {
        explain_task(d, (uint32_t)value, p);
    }
}

// A live question is settled by whoever of the queue is polled.
static int next_seek_named(struct fb__desk *d) {
    const int err = next_seek(d);

    if (err == 1 && !is_queued(d, d->truth)) {
        return -ENODATA; // one that came meanwhile, or of another queue
    }
    if (err == 1 && d->live && !fb__quiz_has(d->q, d->truth)) {
        d->truth = OTHER;
    }
    return err;
}

const struct fb__quiz_maker fb__quiz_next = {
    .name = "next",
    .fits = next_fits,
    .begin = next_begin,
    .seek = next_seek_named,
    .pose = next_pose,
    .explain = next_explain,
    .can_live = true,
};
