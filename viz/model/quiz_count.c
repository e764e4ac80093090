// "How many polls until it answers?": asked when a task has just been spawned,
// or has just returned Pending.
//
// The answer is the number of its polls up to the one that ends Ready, or, of a
// task that waits, up to the one in which it next sends bytes. More than three
// can be guessed only: they depend on what the world outside will do.
#include "quiz_parts.h"

#include <errno.h>

#define ENDLESS UINT64_MAX // the mistake: it is polled again and again

enum { MOST = 3 };

static bool is_spawned(const struct fb_history *h, uint64_t at) {
    const struct fb_event *e = fb_history_event(h, at);
    const struct fb_event *before = fb_history_event(h, at - 1);

    return e->kind == FB_EV_TASK_SCHEDULED && before &&
           before->kind == FB_EV_TASK_SPAWN && before->subject == e->subject;
}

static bool polls_fits(const struct fb_history *h, uint64_t at,
                       const struct fb_event *e) {
    return !(e->flags & FB_EV_FLAG_CENSUS) &&
           ((e->kind == FB_EV_POLL_END && e->detail == FB_RESULT_PENDING) ||
            is_spawned(h, at));
}

static bool polls_begin(struct fb__desk *d) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const struct fb_model_task *t = fb_model_task(d->m, e->subject);

    d->q->task = e->subject;
    return polls_fits(d->h, d->q->at, e) && t && t->exact && !t->aborted &&
           (t->state == FB_TASK_IDLE || t->state == FB_TASK_SCHEDULED);
}

// What the walk looks for, and has seen so far.
struct tally {
    bool to_end; // until it completes, not until it sends
    uint64_t polls;
    uint32_t worker; // that polls it now
    bool running;
};

static bool is_over(const struct fb_event *e, const struct tally *t,
                    uint32_t task) {
    if (t->to_end) {
        return e->kind == FB_EV_POLL_END && e->subject == task &&
               e->detail == FB_RESULT_READY;
    }
    return e->kind == FB_EV_IO && t->running &&
           fb_event_worker(e) == t->worker && e->io.result > 0 &&
           (e->detail == FB_IO_WRITE || e->detail == FB_IO_SEND_TO);
}

// The event is about the task. Returns whether the answer is lost with it.
static bool note(struct fb_quiz *q, const struct fb_event *e, uint64_t number,
                 struct tally *t) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
        t->worker = fb_event_worker(e);
        t->running = true;
        fb__quiz_fact(q, number);
        return ++t->polls > MOST;
    case FB_EV_POLL_END:
        t->running = false;
        return e->detail != FB_RESULT_PENDING;
    case FB_EV_WAKE: fb__quiz_fact(q, number); return false;
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_DONE: return true;
    default: return false;
    }
}

static int polls_seek(struct fb__desk *d) {
    struct tally t = {.to_end = is_spawned(d->h, d->q->at)};
    struct fb__ahead a = fb__ahead_of(d);
    struct fb_quiz *q = d->q;
    const struct fb_event *e;

    while ((e = fb__ahead_next(&a))) {
        if (is_over(e, &t, q->task)) {
            d->truth = t.polls;
            q->until = a.number;
            fb__quiz_fact(q, a.number);
            return t.polls > 0 ? 1 : -ENODATA;
        }
        if (e->subject == q->task && note(q, e, a.number, &t)) {
            return -ENODATA;
        }
    }
    return fb__ahead_none(&a);
}

static void polls_pose(struct fb__desk *d) {
    struct fb__phrase p = fb__quiz_question(d->q);

    fb__phrase_add(&p, "How many polls of ");
    fb__phrase_task(&p, "task", d->names, d->m, d->q->task);
    fb__phrase_add(&p, " are still to come, up to the one in which %s?",
                   is_spawned(d->h, d->q->at) ? "it completes"
                                              : "it next sends bytes");
    (void)fb__phrase_end(&p);
    for (uint64_t n = 1; n <= MOST; n++) {
        p = fb__quiz_choice(d->q, n);
        fb__phrase_add(&p, "%u", (unsigned)n);
        (void)fb__phrase_end(&p);
    }
    fb__quiz_choose(d->q, ENDLESS,
                    "nobody can say: it is polled again and again meanwhile");
}

static void polls_explain(const struct fb__desk *d, int i,
                          struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;
    const unsigned count = (unsigned)d->truth;
    const unsigned long long until = d->q->until;
    const char *s = count == 1 ? "" : "s";

    if (value == ENDLESS) {
        fb__phrase_add(p,
                       "It is polled for its spawn and after a wake, never in "
                       "between: up to event %llu that made %u poll%s.",
                       until, count, s);
    } else if (value == d->truth) {
        fb__phrase_add(p,
                       count == 1 ? "One poll was enough, up to event %llu."
                                  : "Each of them followed the spawn or a "
                                    "wake, up to event %llu.",
                       until);
    } else if (value < d->truth) {
        fb__phrase_add(p,
                       "The polls before the last one ended Pending: up to "
                       "event %llu it took %u poll%s.",
                       until, count, s);
    } else {
        fb__phrase_add(p,
                       "Nobody polls a task without need: up to event %llu it "
                       "took %u poll%s.",
                       until, count, s);
    }
}

const struct fb__quiz_maker fb__quiz_polls = {
    .name = "polls",
    .fits = polls_fits,
    .begin = polls_begin,
    .seek = polls_seek,
    .pose = polls_pose,
    .explain = polls_explain,
    .can_live = true,
};
