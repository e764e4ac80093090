// T1: a poll that gives Pending leaves a waker stored, or has woken its task.
//
// Problem: a task with two children goes on by luck if one of them has stored
// nothing: the other's waker brings the poll that both need. So each future
// that gives Pending is asked for itself, not only the task as a whole.
//
// Idea: whenever a future gives Pending, a waker must be stored for it, or for
// one below it, at that moment: one that was stored in its poll and given up
// again does not count, and one of an earlier poll does. If there is none, it is
// doubtful.
//
//     ENTER race
//       ENTER tick … WAKER_CLONE … EXIT Pending    tick's waker is stored
//       ENTER nap … EXIT Pending                   nap is doubtful
//     EXIT race Pending                            tick's waker serves it, too
//
// When the task's poll ends Pending, those doubtful that are still there are
// mistakes, unless the task was woken: it polls them once more then. Whether
// another thread has woken it is told right after the poll's end.
#include "claims_impl.h"
#include <stdio.h>

enum {
    DOUBTS = 16,        // of one poll; the innermost come first
    HOLDS_WALKED = 64,  // of one task; with more, nothing is said
    LEVELS_WALKED = 64, // from a future up to the root
};

struct doubt {
    uint32_t future;
    uint64_t event; // its EXIT
};

// The poll that a worker makes, and when it is over what is left of it.
struct poll {
    uint32_t task; // 0: none
    struct doubt doubts[DOUBTS];
    uint32_t count;
    bool over;
};

// Which future stored a waker that names none (a clone of the program's own).
struct clone {
    uint32_t event; // its number, cut to 32 bits; the key
    uint32_t future;
};

struct search {
    struct poll polls[FB_TRACE_RINGS_MAX];
    struct fb__table clones;
};

static struct poll *poll_of(struct search *s, const struct fb_model *m,
                            uint32_t task) {
    const struct fb_model_task *t = fb_model_task(m, task);
    struct poll *p;

    if (t == NULL || task == 0) {
        return NULL;
    }
    p = &s->polls[t->worker % FB_TRACE_RINGS_MAX];
    return p->task == task && !p->over ? p : NULL;
}

// Whether a waker that `future` has stored serves `f`: that is `f` or below it.
// One of a future that is over serves whoever came after it; true, too, if it is
// not known, or too far to see.
static bool serves(const struct fb_model *m, uint32_t future,
                   const struct fb_model_future *f) {
    const struct fb_model_future *at = fb_model_future(m, future);

    if (at != NULL && at->state != FB_FUTURE_PENDING &&
        at->state != FB_FUTURE_POLLING) {
        return true;
    }
    for (int i = 0; i < LEVELS_WALKED && at != NULL; i++) {
        if (at == f) {
            return true;
        }
        if (at->parent == FB_MODEL_NONE) {
            return false;
        }
        at = fb_model_future_at(m, at->parent);
    }
    return true;
}

// Whether a waker is stored for `f` or for a future below it.
static bool is_held(const struct search *s, const struct fb_model *m,
                    const struct fb_model_future *f) {
    const struct fb_model_task *t = fb_model_task(m, f->task);
    uint32_t at;

    if (fb_model_future_hold(m, f->id) != NULL || t == NULL) {
        return true;
    }
    at = t->holds;
    for (int i = 0; i < HOLDS_WALKED; i++) {
        const struct fb_model_hold *h = fb_model_hold_at(m, at);
        const struct clone *c;

        if (h == NULL) {
            return false;
        }
        c = fb__table_find(&s->clones, (uint32_t)h->event);
        if (serves(m, h->future != 0 || c == NULL ? h->future : c->future, f)) {
            return true;
        }
        at = h->next_of_task;
    }
    return true;
}

static void stored(struct search *s, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model *m = look->world;
    struct poll *p = poll_of(s, m, e->subject);
    const struct fb_model_worker *w;
    const struct fb_model_future *f;
    struct clone *c;

    if (p == NULL) {
        return;
    }
    w = fb_model_worker(m, fb_model_task(m, e->subject)->worker);
    f = w->stack_len > 0 ? fb_model_future_at(m, w->stack[w->stack_len - 1])
                         : NULL;
    if (e->waker.future == 0 && f != NULL && f->task == e->subject) {
        c = fb__table_make(&s->clones, (uint32_t)look->number);
        if (c == NULL) {
            look->trial->exact = false;
            return;
        }
        c->future = f->id;
    }
}

static void left(struct search *s, const struct fb__look *look) {
    enum fb_poll_result result;
    const struct fb_model_future *f = fb__left(look, &result);
    struct poll *p = f != NULL ? poll_of(s, look->world, f->task) : NULL;

    if (p != NULL && result == FB_RESULT_PENDING && p->count < DOUBTS &&
        !is_held(s, look->world, f)) {
        p->doubts[p->count++] = (struct doubt){f->id, look->number};
    }
}

// Whether nothing has changed for the doubtful future since, nor for its task.
static const struct fb_model_future *still(const struct fb_model *m,
                                           const struct doubt *d) {
    const struct fb_model_future *f = fb_model_future(m, d->future);
    const struct fb_model_task *t = f ? fb_model_task(m, f->task) : NULL;

    return t != NULL && f->state == FB_FUTURE_PENDING &&
                   f->last_event == d->event && t->state == FB_TASK_IDLE &&
                   !t->wake_during_poll && !t->aborted && !t->failing &&
                   t->woken_event < d->event && !fb_model_task_is_waking(m, t)
               ? f
               : NULL;
}

static void fail(const struct fb__look *look, const struct doubt *d,
                 const struct fb_model_future *f) {
    struct fb_trial *t = look->trial;
    const struct fb_model *m = look->world;
    const struct fb_model_task *task = fb_model_task(m, f->task);
    const bool luck = task->holds != FB_MODEL_NONE;
    char who[FB__NAME], name[FB__NAME];

    fb__say_Who(t, m, f->task, who, sizeof who);
    if (f->parent == FB_MODEL_NONE) {
        fb_trial_fail(t, FB_T1, d->event,
                      "%s returned Pending at event %llu, but nobody will ever "
                      "wake it: its waker is stored nowhere, and it has not "
                      "woken itself.",
                      who, (unsigned long long)d->event);
    } else {
        (void)fb_say_type(name, sizeof name, t->names, f->type);
        fb_trial_fail(t, FB_T1, d->event,
                      "%s: its future %s returned Pending at event %llu, but "
                      "has stored no waker and woken nobody. %s",
                      who, name, (unsigned long long)d->event,
                      luck ? "It is polled again only if something else "
                             "happens to wake the task."
                           : "Nobody will ever poll it again.");
    }
    t->verdict.task = f->task;
    fb_trial_show(t, f->enter_event, "it was polled");
    fb_trial_show(t, d->event, "it returned Pending, and no waker was stored");
    fb_trial_show(t, fb__stall_after(t, d->event),
                  "nothing can happen any more: it waits for ever");
    fb__place_future(t, m, f);
}

// What the poll of this worker has left doubtful is decided now.
static bool judge(struct poll *p, const struct fb__look *look) {
    for (uint32_t i = 0; i < p->count; i++) {
        const struct fb_model_future *f = still(look->world, &p->doubts[i]);

        if (f != NULL) {
            fail(look, &p->doubts[i], f);
            return false;
        }
    }
    p->task = 0;
    return true;
}

// Whether what another thread did meanwhile is told by now.
static bool is_told(const struct fb__look *look, uint32_t worker) {
    const struct fb_event *e = look->event;

    if (fb_model_workers(look->world) == 1 || e->kind == FB_EV_STALL) {
        return true;
    }
    return fb_event_worker(e) == worker &&
           (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_PARK);
}

static bool see(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct search *s = arg;
    struct poll *p;

    for (uint32_t i = 0; i < fb_model_workers(look->world); i++) {
        p = &s->polls[i];
        if (p->task != 0 && p->over && is_told(look, i) && !judge(p, look)) {
            return false;
        }
    }
    if (e->kind == FB_EV_POLL_BEGIN) {
        s->polls[fb_event_worker(e) % FB_TRACE_RINGS_MAX] =
            (struct poll){.task = e->subject};
    } else if (e->kind == FB_EV_WAKER_CLONE) {
        stored(s, look);
    } else if (e->kind == FB_EV_FUTURE_EXIT) {
        left(s, look);
    } else if (e->kind == FB_EV_POLL_END) {
        p = poll_of(s, look->world, e->subject);
        left(s, look);
        if (p != NULL) {
            p->over = true;
            p->task = e->detail == FB_RESULT_PENDING ? p->task : 0;
        }
    }
    return true;
}

// The trace ends right after a poll: nobody has woken the task.
static void judge_last(struct search *s, struct fb_trial *t) {
    const uint64_t last = fb_history_last(t->history);
    const struct fb__look look = {t, &t->world,
                                  fb_history_event(t->history, last), last};

    for (uint32_t i = 0; i < fb_model_workers(&t->world); i++) {
        if (s->polls[i].task != 0 && s->polls[i].over &&
            !judge(&s->polls[i], &look)) {
            return;
        }
    }
}

bool fb_claim_pending_has_source(struct fb_trial *t) {
    struct search s = {0};

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.clones, sizeof(struct clone));
    if (fb__trial_walk(t, see, &s) && !t->verdict.failed) {
        judge_last(&s, t);
    }
    fb__table_deinit(&s.clones);
    return !t->verdict.failed;
}
