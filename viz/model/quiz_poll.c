// "How does this poll end?", and what all questions at the beginning of a poll
// share (quiz_wait.c has the others).
//
// Idea: one walk over the poll notes all that is needed. The poll is the events
// from its POLL_BEGIN to the POLL_END of that task; what lies between and names
// the task, or a system call of that worker, belongs to it.
#include "quiz_parts.h"
#include <errno.h>

bool fb__quiz_poll_fits(const struct fb_history *h, uint64_t at,
                        const struct fb_event *e) {
    (void)h, (void)at;
    return e->kind == FB_EV_POLL_BEGIN && !(e->flags & FB_EV_FLAG_CENSUS);
}

bool fb__quiz_poll_begin(struct fb__desk *d) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const struct fb_model_task *t;

    if (e->kind != FB_EV_POLL_BEGIN) {
        return false; // a live question may be asked anywhere
    }
    d->q->task = e->subject;
    d->q->worker = fb_event_worker(e);
    t = fb_model_task(d->m, e->subject);
    return t && t->exact && t->state == FB_TASK_RUNNING && !t->aborted;
}

static void note(const struct fb__desk *d, const struct fb_event *e,
                 uint64_t number, struct fb__quiz_poll *p) {
    const bool ours = e->subject == d->q->task;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_IO:
        if (fb_event_worker(e) == d->q->worker && e->io.result == -EAGAIN) {
            p->blocked_io = number;
        }
        break;
    case FB_EV_WAKER_CLONE:
        if (ours) {
            p->holds++;
            p->hold = e;
            p->hold_event = number;
        }
        break;
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE:
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT:
    case FB_EV_TASK_ABORT: p->unclear |= ours; break;
    default: break;
    }
}

// Walks over the poll; `a` then stands at its end. Returns 1, 0 or -ENODATA.
int fb__quiz_look(const struct fb__desk *d, struct fb__ahead *a,
                  struct fb__quiz_poll *p) {
    const struct fb_event *e;

    *p = (struct fb__quiz_poll){0};
    while ((e = fb__ahead_next(a))) {
        if (e->subject == d->q->task && e->kind == FB_EV_POLL_BEGIN) {
            return -ENODATA; // a poll inside a poll: no runtime writes this
        }
        if (e->subject == d->q->task && e->kind == FB_EV_POLL_END) {
            p->result = e->detail;
            p->end = a->number;
            return 1;
        }
        note(d, e, a->number, p);
    }
    return fb__ahead_none(a);
}

// "Task 4 (Ada) is polled now, for the first time."
void fb__quiz_say_polled(const struct fb__desk *d, struct fb__phrase *p) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);

    fb__phrase_task(p, "Task", d->names, d->m, d->q->task);
    fb__phrase_add(p, t->polls <= 1 ? " is polled now, for the first time"
                                    : " is polled now, once more");
}

// ---- Ready or Pending ----

// Values: an enum fb_poll_result, or this.
enum { BLOCKS = 99 };
#define LONG_NS 10000000u

// By the runtime's clock, of which the time it stood still is no part.
static uint64_t took_ns(const struct fb__desk *d, uint64_t end) {
    const uint64_t from_ns = fb_history_event(d->h, d->q->at)->time_ns;
    const uint64_t to_ns = fb_history_event(d->h, end)->time_ns;

    return to_ns > from_ns ? to_ns - from_ns : 0;
}

static int result_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    struct fb__quiz_poll p;
    const int err = fb__quiz_look(d, &a, &p);

    if (err != 1) {
        return err;
    }
    // one that failed is no choice; one that took long may well have waited
    if (p.result > FB_RESULT_READY || took_ns(d, p.end) > LONG_NS) {
        return -ENODATA;
    }
    d->truth = p.result;
    d->q->until = p.end;
    fb__quiz_fact(d->q, d->q->at);
    fb__quiz_fact(d->q, p.result == FB_RESULT_PENDING ? p.blocked_io : 0);
    fb__quiz_fact(d->q, p.result == FB_RESULT_PENDING ? p.hold_event : 0);
    fb__quiz_fact(d->q, p.end);
    return 1;
}

static void result_pose(struct fb__desk *d) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);
    struct fb__phrase p = fb__quiz_question(d->q);

    fb__quiz_say_polled(d, &p);
    fb__phrase_add(&p, ". How does this poll end?");
    (void)fb__phrase_end(&p);
    fb__quiz_choose(d->q, FB_RESULT_READY, "Ready: the task is complete");
    fb__quiz_choose(d->q, FB_RESULT_PENDING,
                    t->polls <= 1 ? "Pending: the task must wait"
                                  : "Pending: the task must wait again");
    fb__quiz_choose(
        d->q, BLOCKS,
        "it does not end yet: the thread waits inside it for what is "
        "missing");
    fb__quiz_shuffle(d->q);
}

static void explain_pending(const struct fb__desk *d, bool right,
                            struct fb__phrase *p) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);
    const unsigned long long until = d->q->until;

    if (!right) {
        fb__phrase_add(p,
                       "Nothing was left to wait for: the task's outermost "
                       "future returned Ready at event %llu.",
                       until);
        return;
    }
    fb__phrase_add(p, "It returned Pending at event %llu", until);
    if (t->woken_event > 0) {
        fb__phrase_add(p,
                       ". The wake of event %llu got it this poll, and no "
                       "more than that",
                       (unsigned long long)t->woken_event);
    }
    fb__phrase_add(p, ".");
}

static void explain_ready(const struct fb__desk *d, bool right,
                          struct fb__phrase *p) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);
    const unsigned long long until = d->q->until;

    if (right) {
        fb__phrase_add(p,
                       "Its outermost future returned Ready at event "
                       "%llu: nothing was left to wait for.",
                       until);
    } else if (t->polls > 1) {
        fb__phrase_add(p,
                       "That it was woken does not make it Ready: a wake "
                       "says that a poll may get further, and this one "
                       "ended Pending at event %llu.",
                       until);
    } else {
        fb__phrase_add(p,
                       "A poll goes only as far as it can without "
                       "waiting: this one ended Pending at event %llu.",
                       until);
    }
}

static void result_explain(const struct fb__desk *d, int i,
                           struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;

    if (value == FB_RESULT_PENDING) {
        explain_pending(d, value == d->truth, p);
    } else if (value == FB_RESULT_READY) {
        explain_ready(d, value == d->truth, p);
    } else {
        fb__phrase_add(p,
                       d->truth == FB_RESULT_PENDING
                           ? "A poll does not wait: it began at event %llu "
                             "and ended at event %llu. What waits is the "
                             "waker that it leaves behind, not the thread."
                           : "Nothing was missing: it began at event %llu and "
                             "ended at event %llu, and did not wait.",
                       (unsigned long long)d->q->at,
                       (unsigned long long)d->q->until);
    }
}

const struct fb__quiz_maker fb__quiz_result = {
    .name = "result",
    .fits = fb__quiz_poll_fits,
    .begin = fb__quiz_poll_begin,
    .seek = result_seek,
    .pose = result_pose,
    .explain = result_explain,
    .can_live = true,
};
