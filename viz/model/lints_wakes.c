// Lints of promises: lost wake, stale waker, poll after Ready.
//
// Lost wake   A poll ends Pending and the task has no stored waker. Whether
//             another thread woke it meanwhile is told right after POLL_END, so
//             it stays a doubt until its worker goes on: with one worker at the
//             next event, with several at that worker's next poll or park. A
//             task of which code outside has ever cloned a waker is left alone,
//             for clones of clones are not in the trace; unless the executor
//             itself finds that nothing can wake anybody (STALL).
// Stale waker A wake after TASK_DONE. Or a future is dropped (whoever drops it
//             takes its waker out first) and its waker is still stored.
// After Ready The model has called the event impossible; here is why.
#include "lints_state.h"
#include "world.h"

enum {
    HOLDS_WALKED = 64, // of one task; with more, nothing is said
    STALLED_WALKED = 256,
};

// ---- lost wake ----

void fb__lint_doubt(struct fb_lints *l, const struct fb_model *m,
                    uint32_t worker) {
    struct fb__lint_poll *p = &l->polls[worker];
    const struct fb_model_task *t = fb_model_task_at(m, p->slot);

    if (t != NULL && t->id == p->task && t->holds == FB_MODEL_NONE &&
        !t->outside && !t->wake_during_poll && !t->aborted) {
        p->doubtful = t->id;
        p->doubtful_polled = p->begin_event;
        p->doubtful_event = m->event;
        l->doubts |= 1ull << worker;
    }
}

static void lost(struct fb_lints *l, const struct fb_model *m, uint32_t task,
                 uint64_t polled, uint64_t pending, enum fb_lint_role role) {
    struct fb_finding *f = fb__lint_found(l, m, FB_LINT_LOST_WAKE, task, task);

    if (f != NULL) {
        fb__lint_show(f, polled, FB_LINT_ROLE_POLLED);
        fb__lint_show(f, pending, FB_LINT_ROLE_PENDING);
        fb__lint_show(f, m->event, role);
    }
}

// Whether what its last poll has left is told in full by now.
static bool is_told(const struct fb_model *m, uint32_t worker,
                    const struct fb_event *e) {
    if (m->workers.count == 0 || e->kind == FB_EV_STALL) {
        return true;
    }
    return fb_event_worker(e) == worker &&
           (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_PARK);
}

static void judge_doubt(struct fb_lints *l, const struct fb_model *m,
                        uint32_t worker, const struct fb_event *e) {
    struct fb__lint_poll *p = &l->polls[worker];
    const struct fb_model_task *t = fb_model_task(m, p->doubtful);

    if (!is_told(m, worker, e)) {
        return;
    }
    l->doubts &= ~(1ull << worker);
    // its futures are being dropped: somebody has cancelled it
    if (t != NULL && fb_model_task_is_lost(m, t) &&
        (e->kind != FB_EV_FUTURE_DROP || e->drop.task != t->id)) {
        lost(l, m, t->id, p->doubtful_polled, p->doubtful_event,
             e->kind == FB_EV_STALL ? FB_LINT_ROLE_STALL
                                    : FB_LINT_ROLE_WENT_ON);
    }
}

void fb__lint_judge_doubts(struct fb_lints *l, const struct fb_model *m,
                           const struct fb_event *e) {
    uint64_t left = l->doubts;

    while (left != 0) {
        const uint32_t worker = (uint32_t)__builtin_ctzll(left);

        left &= left - 1;
        judge_doubt(l, m, worker, e);
    }
}

// At a stall no waker is outside: what seems to be there has gone unseen.
static bool only_outside(const struct fb_model *m,
                         const struct fb_model_task *t) {
    const struct fb_model_hold *h;
    uint32_t at = t->holds;

    for (int i = 0; i < HOLDS_WALKED; i++) {
        h = fb_model_hold_at(m, at);
        if (h == NULL || h->party != FB_PARTY_OUTSIDE) {
            return h == NULL;
        }
        at = h->next_of_task;
    }
    return false;
}

void fb__lint_stall(struct fb_lints *l, const struct fb_model *m) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    if (l->stall_polls == m->polls) {
        return; // the same stall again
    }
    l->stall_polls = m->polls;
    for (int i = 0; i < STALLED_WALKED; i++) {
        const struct fb_model_future *root;

        t = fb_model_task_next(m, &cursor);
        root = t != NULL ? fb_model_future_at(m, t->root) : NULL;
        if (t == NULL) {
            return;
        }
        if (t->state == FB_TASK_IDLE && root != NULL &&
            root->state == FB_FUTURE_PENDING && !t->aborted && !t->failing &&
            only_outside(m, t) &&
            !fb__lint_known(l, FB_LINT_LOST_WAKE, t->id)) {
            lost(l, m, t->id, root->enter_event, root->last_event,
                 FB_LINT_ROLE_STALL);
        }
    }
}

// ---- stale waker ----

void fb__lint_late_wake(struct fb_lints *l, const struct fb_model *m,
                        const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(m, e->subject);
    struct fb_finding *f;

    if (t == NULL || t->state != FB_TASK_COMPLETE || t->done_event == 0) {
        return;
    }
    f = fb__lint_found(l, m, FB_LINT_STALE_WAKER, t->id, t->id);
    if (f != NULL) {
        f->party = (uint8_t)e->flags;
        f->holder = e->wake.cause;
        fb__lint_show(f, t->done_event, FB_LINT_ROLE_COMPLETE);
        fb__lint_show(f, m->event, FB_LINT_ROLE_WOKEN);
    }
}

// The stored waker of this future; NULL if there is none, or too many to tell.
static const struct fb_model_hold *left_behind(const struct fb_model *m,
                                               const struct fb_model_task *t,
                                               uint32_t future) {
    const struct fb_model_hold *h, *found = NULL;
    uint32_t at = t->holds;

    for (int i = 0; i < HOLDS_WALKED; i++) {
        h = fb_model_hold_at(m, at);
        if (h == NULL) {
            return found;
        }
        found = h->future == future ? h : found;
        at = h->next_of_task;
    }
    return NULL;
}

void fb__lint_drop(struct fb_lints *l, const struct fb_model *m,
                   const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task_at(m, m->first.running);
    const struct fb_model_future *x;
    const struct fb_model_hold *h;
    struct fb_finding *f;

    // Mostly a task drops what it has polled, and waits for nothing else.
    if (t != NULL && t->id == e->drop.task && t->holds == FB_MODEL_NONE) {
        return;
    }
    x = fb_model_future(m, e->subject);
    t = x != NULL ? fb_model_task(m, x->task) : NULL;
    h = t != NULL && t->holds != FB_MODEL_NONE ? left_behind(m, t, x->id)
                                               : NULL;
    if (h == NULL) {
        return;
    }
    f = fb__lint_found(l, m, FB_LINT_STALE_WAKER, t->id, t->id);
    if (f != NULL) {
        f->future = x->id;
        f->future_type = x->type;
        f->party = h->party;
        f->holder = h->holder;
        fb__lint_show(f, h->event, FB_LINT_ROLE_STORED);
        fb__lint_show(f, m->event, FB_LINT_ROLE_DROPPED);
    }
}

// ---- poll after Ready ----

static void polled_again(struct fb_lints *l, const struct fb_model *m,
                         uint32_t task, const struct fb_model_future *x,
                         uint64_t ended, enum fb_lint_role role) {
    struct fb_finding *f =
        fb__lint_found(l, m, FB_LINT_POLL_AFTER_READY, task, task);

    if (f == NULL) {
        return;
    }
    if (x != NULL) {
        f->future = x->id;
        f->future_type = x->type;
    }
    fb__lint_show(f, ended, role);
    fb__lint_show(f, m->event, FB_LINT_ROLE_AGAIN);
}

void fb__lint_polled_again(struct fb_lints *l, const struct fb_model *m,
                           const struct fb_event *e) {
    const struct fb_model_task *t;
    const struct fb_model_future *x = NULL;

    if (e->kind == FB_EV_FUTURE_ENTER) {
        x = fb_model_future(m, e->subject);
        t = x != NULL && x->task == e->enter.task ? fb_model_task(m, x->task)
                                                  : NULL;
    } else if (e->kind == FB_EV_POLL_BEGIN) {
        t = fb_model_task(m, e->subject);
        if (t != NULL && t->state >= FB_TASK_COMPLETE) {
            polled_again(l, m, t->id, NULL, t->done_event,
                         FB_LINT_ROLE_COMPLETE);
            return;
        }
        x = t != NULL ? fb_model_future_at(m, t->root) : NULL;
    } else {
        return;
    }
    if (t == NULL || x == NULL) {
        return;
    }
    if (x->state == FB_FUTURE_READY) {
        polled_again(l, m, t->id, x, x->last_event, FB_LINT_ROLE_READY);
    } else if (x->state == FB_FUTURE_DROPPED) {
        polled_again(l, m, t->id, x, x->last_event, FB_LINT_ROLE_DROPPED);
    }
}
