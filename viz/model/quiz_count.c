// "How many polls until it answers?": asked when a task has just been spawned,
// or has just returned Pending.
//
// The answer is the number of its polls up to the one in which it next sends
// bytes; of a new task that never does, up to its end. More than three can be
// guessed only: they depend on what the world outside will do.
#include "quiz_parts.h"

#include <errno.h>

#define ENDLESS UINT64_MAX // the mistake: it is polled again and again

enum { MOST = 3 };

static bool polls_fits(const struct fb_history *h, uint64_t at,
                       const struct fb_event *e) {
    const struct fb_event *before = fb_history_event(h, at - 1);

    if (e->flags & FB_EV_FLAG_CENSUS) {
        return false;
    }
    return (e->kind == FB_EV_POLL_END && e->detail == FB_RESULT_PENDING) ||
           (e->kind == FB_EV_TASK_SCHEDULED && before &&
            before->kind == FB_EV_TASK_SPAWN && before->subject == e->subject);
}

static bool polls_begin(struct fb__desk *d) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const struct fb_model_task *t = fb_model_task(d->m, e->subject);

    d->q->task = e->subject;
    return t && t->exact && !t->aborted &&
           (t->state == FB_TASK_IDLE || t->state == FB_TASK_SCHEDULED);
}

// What the walk has seen so far.
struct tally {
    uint64_t polls;
    uint32_t worker; // that polls it now
    bool running;
};

static bool sends(const struct fb_event *e, const struct tally *t) {
    return e->kind == FB_EV_IO && t->running &&
           fb_event_worker(e) == t->worker && e->io.result > 0 &&
           (e->detail == FB_IO_WRITE || e->detail == FB_IO_SEND_TO);
}

// The event is about the task. Returns whether the answer is lost with it.
static bool note(struct fb_quiz *q, const struct fb_event *e, uint64_t number,
                 struct tally *t) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
        t->polls++;
        t->worker = fb_event_worker(e);
        t->running = true;
        fb__quiz_fact(q, number);
        return false;
    case FB_EV_POLL_END:
        t->running = false;
        return e->detail == FB_RESULT_FAILED;
    case FB_EV_WAKE: fb__quiz_fact(q, number); return false;
    case FB_EV_TASK_ABORT: return true;
    default: return false;
    }
}

// `truth` is the count, with this bit if it ends without sending again.
#define ENDS (1ull << 32)

static bool is_new(const struct fb__desk *d) {
    return fb_history_event(d->h, d->q->at)->kind == FB_EV_TASK_SCHEDULED;
}

static int polls_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    struct fb_quiz *q = d->q;
    struct tally t = {0};
    const struct fb_event *e;
    bool over = false;

    while (!over && (e = fb__ahead_next(&a))) {
        over = sends(e, &t);
        if (!over && e->subject == q->task) {
            if (note(q, e, a.number, &t) || t.polls > MOST) {
                return -ENODATA;
            }
            if (e->kind == FB_EV_TASK_DONE) {
                if (!is_new(d)) {
                    return -ENODATA;
                }
                t.polls |= ENDS;
                over = true;
            }
        }
    }
    if (!over || (t.polls & ~ENDS) == 0) {
        return over ? -ENODATA : fb__ahead_none(&a);
    }
    d->truth = t.polls;
    q->until = a.number;
    fb__quiz_fact(q, a.number);
    return 1;
}

static void polls_pose(struct fb__desk *d) {
    struct fb__phrase p = fb__quiz_question(d->q);
    const uint64_t ends = d->truth & ENDS;

    fb__phrase_add(&p, "How many polls of ");
    fb__phrase_task(&p, "task", d->names, d->m, d->q->task);
    fb__phrase_add(&p, " are still to come, up to the one in which %s?",
                   ends ? "it completes" : "it next sends bytes");
    (void)fb__phrase_end(&p);
    for (uint64_t n = 1; n <= MOST; n++) {
        p = fb__quiz_choice(d->q, n | ends);
        fb__phrase_add(&p, "%u", (unsigned)n);
        (void)fb__phrase_end(&p);
    }
    fb__quiz_choose(d->q, ENDLESS,
                    "nobody can say: it is polled again and again meanwhile");
}

static void polls_explain(const struct fb__desk *d, int i,
                          struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;
    const unsigned count = (unsigned)(d->truth & ~ENDS);
    const unsigned long long until = d->q->until;

    if (value == ENDLESS) {
        fb__phrase_add(p,
                       "It is polled for its spawn and after a wake, and "
                       "never in between: up to event %llu that made %u.",
                       until, count);
    } else if (value == d->truth) {
        fb__phrase_add(p,
                       count == 1 ? "One poll was enough, up to event %llu."
                                  : "Each poll followed a wake or the "
                                    "spawn, up to event %llu.",
                       until);
    } else {
        fb__phrase_add(p,
                       value < d->truth
                           ? "The polls before the last one ended Pending: "
                             "up to event %llu there were %u."
                           : "It was not polled without need: up to event "
                             "%llu there were %u.",
                       until, count);
    }
}

const struct fb__quiz_maker fb__quiz_polls = {
    .name = "polls",
    .fits = polls_fits,
    .begin = polls_begin,
    .seek = polls_seek,
    .pose = polls_pose,
    .explain = polls_explain,
};
