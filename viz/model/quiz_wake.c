// "What does this wake do?": asked right before a waker is used.
//
// Recorded: the next event is the WAKE, or the WAKER_DROP in front of it. Live:
// a source has just become ready, or a timer fired, that holds a waker. The
// answer is the effect that the WAKE names.
#include "quiz_parts.h"
#include <errno.h>

// Values: an enum fb_wake_effect, or one of these mistakes.
enum { AT_ONCE = 100, HANDS_OVER };

// The number of the WAKE that comes next, 0: none does.
static uint64_t wake_after(const struct fb_history *h, uint64_t at) {
    const struct fb_event *e = fb_history_event(h, at + 1);
    const struct fb_event *then = fb_history_event(h, at + 2);

    if (e && e->kind == FB_EV_WAKE) {
        return at + 1;
    }
    return e && e->kind == FB_EV_WAKER_DROP && e->flags == FB_WAKER_WOKEN &&
                   then && then->kind == FB_EV_WAKE &&
                   then->subject == e->subject
               ? at + 2
               : 0;
}

static bool wake_fits(const struct fb_history *h, uint64_t at,
                      const struct fb_event *e) {
    const uint64_t wake = wake_after(h, at);

    return wake != 0 &&
           !(fb_history_event(h, wake)->flags & FB_EV_FLAG_CENSUS) &&
           !(e->kind == FB_EV_WAKER_DROP && e->flags == FB_WAKER_WOKEN);
}

// Whose waker the thing holds that has just become ready; 0: nobody's.
static uint32_t held_by(const struct fb_model *m, const struct fb_event *e) {
    uint32_t task = 0;
    enum { LOOKED_AT = 65536 };

    if (e->kind == FB_EV_TIMER_END) {
        return e->detail == FB_TIMER_FIRED ? e->timer.task : 0;
    }
    if (e->kind != FB_EV_SOURCE_READY) {
        return 0;
    }
    for (uint32_t i = 0; i < m->holds.used && i < LOOKED_AT; i++) {
        const struct fb_model_hold *hold = fb_model_hold_at(m, i);

        if (hold && hold->party == FB_PARTY_SOURCE &&
            hold->holder == e->subject && (hold->interest & e->flags)) {
            if (task != 0 && task != hold->task) {
                return 0; // two wait for it: which one is meant?
            }
            task = hold->task;
        }
    }
    return task;
}

static bool wake_begin(struct fb__desk *d) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const struct fb_model_task *t;

    d->q->task =
        d->live ? held_by(d->m, e)
                : fb_history_event(d->h, wake_after(d->h, d->q->at))->subject;
    t = fb_model_task(d->m, d->q->task);
    return t && t->exact && t->state != FB_TASK_FREED;
}

// Whether a wake of a task in this state has this effect. Where two threads are
// at it, or the file lies, it may not: then nothing sure can be said.
static bool is_plain(const struct fb_model_task *t, uint8_t effect) {
    switch ((enum fb_task_state)t->state) {
    case FB_TASK_IDLE: return effect == FB_WAKE_SCHEDULED;
    case FB_TASK_SCHEDULED: return effect == FB_WAKE_COALESCED;
    case FB_TASK_RUNNING: return effect == FB_WAKE_DURING_POLL;
    case FB_TASK_COMPLETE: return effect == FB_WAKE_AFTER_COMPLETE;
    default: return false;
    }
}

// Another worker may happen to poll it in the next event: "polls it at once"
// would then look right, for the wrong reason.
static bool is_polled_next(const struct fb__desk *d, uint64_t wake) {
    const struct fb_event *e = fb_history_event(d->h, wake + 1);

    return e && e->kind == FB_EV_POLL_BEGIN && e->subject == d->q->task;
}

static int wake_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    const struct fb_event *e;

    while ((e = fb__ahead_next(&a))) {
        if (e->subject != d->q->task) {
            continue;
        }
        if (e->kind == FB_EV_WAKE) {
            d->truth = e->detail;
            d->q->until = a.number;
            fb__quiz_fact(d->q, d->q->at);
            fb__quiz_fact(d->q, a.number);
            return is_plain(fb_model_task(d->m, d->q->task), e->detail) &&
                           !is_polled_next(d, a.number)
                       ? 1
                       : -ENODATA;
        }
        if (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_TASK_DONE) {
            return -ENODATA; // it came about in another way
        }
    }
    return fb__ahead_none(&a);
}

static void say_cause(const struct fb__desk *d, struct fb__phrase *p) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const uint64_t wake = d->live ? 0 : wake_after(d->h, d->q->at);

    if (wake != 0) {
        e = fb_history_event(d->h, wake);
        fb__phrase_party(p, d->m, e->flags, e->wake.cause);
    } else {
        fb__phrase_party(p, d->m,
                         e->kind == FB_EV_TIMER_END ? FB_PARTY_TIMER
                                                    : FB_PARTY_SOURCE,
                         e->subject);
    }
}

static void wake_pose(struct fb__desk *d) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);
    struct fb__phrase p = fb__quiz_question(d->q);
    const uint32_t id = d->q->task;

    fb__phrase_add(&p, "A waker of ");
    fb__phrase_task(&p, "task", d->names, d->m, id);
    fb__phrase_add(&p, " is about to be used, by ");
    say_cause(d, &p);
    fb__phrase_add(&p, ". What does this wake do?");
    (void)fb__phrase_end(&p);

    p = fb__quiz_choice(d->q, FB_WAKE_SCHEDULED);
    fb__phrase_add(&p, "puts task %u into the run queue, to be polled later",
                   id);
    (void)fb__phrase_end(&p);
    p = fb__quiz_choice(d->q, AT_ONCE);
    fb__phrase_add(&p, "polls task %u at once", id);
    (void)fb__phrase_end(&p);
    p = fb__quiz_choice(d->q, FB_WAKE_COALESCED);
    fb__phrase_add(&p, "nothing: task %u is in the run queue already", id);
    (void)fb__phrase_end(&p);
    if (t->state == FB_TASK_RUNNING) {
        p = fb__quiz_choice(d->q, FB_WAKE_DURING_POLL);
        fb__phrase_add(&p, "task %u goes to the run queue after this poll", id);
    } else if (t->state == FB_TASK_COMPLETE) {
        p = fb__quiz_choice(d->q, FB_WAKE_AFTER_COMPLETE);
        fb__phrase_add(&p, "nothing: task %u is complete", id);
    } else {
        p = fb__quiz_choice(d->q, HANDS_OVER);
        fb__phrase_add(&p, "hands task %u what it waited for", id);
    }
    (void)fb__phrase_end(&p);
    fb__quiz_shuffle(d->q);
}

static void explain_effect(const struct fb__desk *d, bool right,
                           struct fb__phrase *p) {
    const uint32_t id = d->q->task;

    switch ((enum fb_wake_effect)d->truth) {
    case FB_WAKE_SCHEDULED:
        fb__phrase_add(p,
                       right ? "Task %u was idle, so the wake puts it into "
                               "the run queue; that is all a wake ever does."
                             : "Task %u was idle: neither in the run queue "
                               "nor in a poll, nor complete.",
                       id);
        break;
    case FB_WAKE_COALESCED:
        fb__phrase_add(p,
                       right ? "Task %u was to be polled anyway: two wakes "
                               "before a poll are worth one."
                             : "Task %u stood in the run queue already, "
                               "where no task stands twice.",
                       id);
        break;
    case FB_WAKE_DURING_POLL:
        fb__phrase_add(p,
                       right ? "Task %u was being polled, and may have "
                               "looked already: it is polled once more."
                             : "Task %u was being polled: it is not in the "
                               "run queue, and joins it after this poll.",
                       id);
        break;
    case FB_WAKE_AFTER_COMPLETE:
    default:
        fb__phrase_add(p, "Task %u is complete: nobody polls it again.", id);
        break;
    }
}

static void wake_explain(const struct fb__desk *d, int i,
                         struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;
    const unsigned long long until = d->q->until;

    if (value == AT_ONCE) {
        fb__phrase_add(p,
                       "A wake polls nobody (event %llu): whoever wakes "
                       "goes on with its own work, and the executor polls "
                       "the task when its turn comes.",
                       until);
    } else if (value == HANDS_OVER) {
        fb__phrase_add(p,
                       "A wake carries nothing (event %llu): it says that "
                       "a poll may get further. The task must fetch by "
                       "itself what there is, in its next poll.",
                       until);
    } else {
        explain_effect(d, value == d->truth, p);
    }
}

const struct fb__quiz_maker fb__quiz_wake = {
    .name = "wake",
    .fits = wake_fits,
    .begin = wake_begin,
    .seek = wake_seek,
    .pose = wake_pose,
    .explain = wake_explain,
    .can_live = true,
};
