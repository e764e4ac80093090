// Lints of polls: never yielded, self-wake storm, blocking call.
//
// Idea: of each worker the poll under way is kept: since when, whether its task
// woke itself in it, and whether anything came of it. At its end it is judged.
//
// Never yielded  One poll brought more Ready children than any budget allows;
//                or, seen by another worker's clock, it goes on and on. A lone
//                worker in an endless loop writes nothing more: only who
//                watches it live, with a clock, can tell (fb_lints_quiet).
// Storm          So many polls in a row that end Pending, after a self-wake,
//                without progress: no child was Ready, no system call, channel
//                or spawn got anywhere, nobody else was woken, nothing was
//                yielded. What the budget makes wake itself has made progress.
// Blocking call  By the clock of the worker that polled. Work that was handed
//                to the pool of threads is not in a poll, so it never counts.
#include "lints_state.h"
#include "world.h"
#include <stdlib.h>

enum { TURNS_BETWEEN_LOOKS = 64 };

// The poll of `task` that is under way; NULL if none is.
static struct fb__lint_poll *poll_of(struct fb_lints *l,
                                     const struct fb_model *m, uint32_t task) {
    const struct fb_model_task *t;
    struct fb__lint_poll *p = &l->polls[0];

    if (task == 0) {
        return NULL;
    }
    if (m->workers.count > 0) {
        t = fb_model_task(m, task);
        p = t != NULL ? &l->polls[t->worker % FB_TRACE_RINGS_MAX] : NULL;
    }
    return p != NULL && p->task == task && p->begin_event != 0 ? p : NULL;
}

void fb__lint_progress(struct fb_lints *l, const struct fb_model *m,
                       uint32_t task) {
    struct fb__lint_poll *p = poll_of(l, m, task);

    if (p != NULL) {
        p->progress = true;
    }
}

void fb__lint_self_wake(struct fb_lints *l, const struct fb_model *m,
                        const struct fb_event *e) {
    struct fb__lint_poll *p = poll_of(l, m, e->subject);

    if (p != NULL && p->self_wake == 0) {
        p->self_wake = m->event;
    }
}

void fb__lint_budget_out(struct fb_lints *l, const struct fb_model *m,
                         const struct fb_event *e) {
    struct fb__lint_poll *p = poll_of(l, m, e->subject);

    if (p != NULL) {
        p->budget_out = true;
    }
}

// ---- never yielded ----

static void never_yielded(struct fb_lints *l, const struct fb_model *m,
                          struct fb__lint_poll *p, uint64_t amount,
                          enum fb_lint_role role) {
    struct fb_finding *f =
        fb__lint_found(l, m, FB_LINT_NEVER_YIELDED, p->task, p->task);

    p->told = true;
    if (f != NULL) {
        f->amount = amount;
        fb__lint_show(f, p->begin_event, FB_LINT_ROLE_POLLED);
        fb__lint_show(f, m->event, role);
    }
}

void fb__lint_result(struct fb_lints *l, const struct fb_model *m,
                     uint32_t task) {
    struct fb__lint_poll *p = poll_of(l, m, task);

    if (p == NULL) {
        return;
    }
    p->progress = true;
    if (++p->results >= l->options.endless_results && !p->told) {
        never_yielded(l, m, p, p->results, FB_LINT_ROLE_RESULT);
    }
}

void fb__lint_endless(struct fb_lints *l, const struct fb_model *m,
                      const struct fb_event *e) {
    if (m->workers.count == 0 || ++l->turns % TURNS_BETWEEN_LOOKS != 0) {
        return;
    }
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        struct fb__lint_poll *p = &l->polls[i];
        const uint64_t took_ns = fb__since(e->time_ns, p->begin_ns);

        if (p->begin_event != 0 && !p->told &&
            took_ns >= l->options.endless_poll_ns) {
            never_yielded(l, m, p, took_ns, FB_LINT_ROLE_STILL);
        }
    }
}

void fb_lints_quiet(struct fb_lints *l, const struct fb_model *m,
                    uint64_t quiet_ns) {
    if (quiet_ns < l->options.endless_poll_ns || !l->in_sight || m->uncertain ||
        m->in_census) {
        return;
    }
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        struct fb__lint_poll *p = &l->polls[i];

        if (p->begin_event != 0 && !p->told) {
            never_yielded(l, m, p, quiet_ns, FB_LINT_ROLE_QUIET);
        }
    }
}

// ---- self-wakes ----

// The streak of the task, made if `make`; NULL where there is none.
static struct fb__lint_streak *streak_of(struct fb_lints *l,
                                         const struct fb_model *m,
                                         uint32_t task, bool make) {
    const uint32_t slot = fb__index_find(&m->task_index, task);
    struct fb__lint_streak *s;

    if (slot == FB_MODEL_NONE || (slot >= l->streak_room && !make)) {
        return NULL;
    }
    if (slot >= l->streak_room) {
        const uint32_t room =
            m->tasks.capacity > slot ? m->tasks.capacity : slot + 1;
        struct fb__lint_streak *grown =
            realloc(l->streaks, room * sizeof *grown);

        if (grown == NULL) {
            return NULL;
        }
        for (uint32_t i = l->streak_room; i < room; i++) {
            grown[i] = (struct fb__lint_streak){0};
        }
        l->streaks = grown;
        l->streak_room = room;
    }
    s = &l->streaks[slot];
    if (s->task != task || s->first < l->streaks_from) {
        l->streaks_live -= s->polls > 0;
        *s = (struct fb__lint_streak){.task = task};
    }
    return s;
}

static void storm(struct fb_lints *l, const struct fb_model *m,
                  const struct fb__lint_poll *p,
                  const struct fb__lint_streak *s) {
    struct fb_finding *f =
        fb__lint_found(l, m, FB_LINT_SELF_WAKE_STORM, s->task, s->task);

    if (f != NULL) {
        f->amount = s->polls;
        fb__lint_show(f, s->first, FB_LINT_ROLE_FIRST_WAKE);
        fb__lint_show(f, p->begin_event, FB_LINT_ROLE_POLLED);
        fb__lint_show(f, p->self_wake, FB_LINT_ROLE_LAST_WAKE);
        fb__lint_show(f, m->event, FB_LINT_ROLE_PENDING);
    }
}

static void judge_self_wakes(struct fb_lints *l, const struct fb_model *m,
                             const struct fb__lint_poll *p,
                             const struct fb_event *e) {
    const bool idle_turn = p->self_wake != 0 && !p->progress &&
                           !p->budget_out && e->detail == FB_RESULT_PENDING;
    struct fb__lint_streak *s;

    if (!idle_turn && l->streaks_live == 0) {
        return;
    }
    s = streak_of(l, m, e->subject, idle_turn);
    if (s == NULL) {
        return;
    }
    if (!idle_turn) {
        l->streaks_live -= s->polls > 0;
        s->polls = 0;
        return;
    }
    if (s->polls++ == 0) {
        s->first = p->self_wake;
        l->streaks_live++;
    }
    if (s->polls >= l->options.self_wakes) {
        storm(l, m, p, s);
        s->polls = 0; // another such row counts once more
        l->streaks_live--;
    }
}

// ---- begin and end ----

void fb__lint_poll_begin(struct fb_lints *l, const struct fb_model *m,
                         const struct fb_event *e) {
    const uint32_t worker = e->flags & FB_EV_WORKER_MASK;
    struct fb__lint_poll *p = &l->polls[worker % FB_TRACE_RINGS_MAX];

    if (worker >= FB_TRACE_RINGS_MAX) {
        return;
    }
    // the doubt that this worker had has just been judged
    *p = (struct fb__lint_poll){.task = e->subject,
                                .slot = fb__worker_at(m, worker)->running,
                                .begin_event = m->event,
                                .begin_ns = e->time_ns};
}

static void judge_time(struct fb_lints *l, const struct fb_model *m,
                       const struct fb__lint_poll *p,
                       const struct fb_event *e) {
    const uint64_t took_ns = fb__since(e->time_ns, p->begin_ns);
    struct fb_finding *f;

    if (took_ns < l->options.long_poll_ns || p->told) {
        return;
    }
    f = fb__lint_found(l, m, FB_LINT_BLOCKING_CALL, e->subject, e->subject);
    if (f != NULL) {
        f->amount = took_ns;
        fb__lint_show(f, p->begin_event, FB_LINT_ROLE_POLLED);
        fb__lint_show(f, m->event, FB_LINT_ROLE_POLL_END);
    }
}

void fb__lint_poll_end(struct fb_lints *l, const struct fb_model *m,
                       const struct fb_event *e) {
    const uint32_t worker = e->flags & FB_EV_WORKER_MASK;
    struct fb__lint_poll *p = &l->polls[worker % FB_TRACE_RINGS_MAX];

    if (worker >= FB_TRACE_RINGS_MAX || p->task != e->subject ||
        p->begin_event == 0) {
        return; // its begin was not seen
    }
    judge_time(l, m, p, e);
    judge_self_wakes(l, m, p, e);
    if (e->detail == FB_RESULT_PENDING) {
        fb__lint_doubt(l, m, worker);
    }
    p->begin_event = 0;
    fb__lint_endless(l, m, e);
}
