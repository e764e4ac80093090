// T4: polls are earned, and as many as they should be.
//
// Idea: a poll is earned if anybody but nobody has woken the task since its
// last one, or if it is its first. The hostile build wakes on behalf of nobody,
// and who looks on may have any task polled: such polls are legal at any time,
// and nobody's mistake. So they are left out when there are too many polls, and
// counted when there are too few (a future may get done in one).
#include "claims_impl.h"
#include <stdio.h>

// ---- polls and wakes of tasks ----

struct earning {
    const char *name;
    unsigned self_percent;
};

// The type of the future whose poll event `n` of a task lies in, innermost; 0:
// its root's own poll.
static uint32_t type_polled_at(const struct fb_history *h, uint64_t n) {
    unsigned ended = 0; // polls of futures that began and ended on the way

    for (; n != 0; n = fb_history_prev(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_POLL_BEGIN) {
            break;
        }
        if (e->kind == FB_EV_FUTURE_EXIT) {
            ended++;
        } else if (e->kind == FB_EV_FUTURE_ENTER && ended-- == 0) {
            return e->enter.type;
        }
    }
    return 0;
}

// Shows the first and the last wake of the task by itself, and whose poll made
// the last one.
static void show_self_wakes(struct fb_trial *t, uint32_t task) {
    const struct fb_history *h = t->history;
    uint64_t first = 0, last = 0;
    uint32_t type;

    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_WAKE && e->subject == task &&
            e->flags == FB_PARTY_TASK && e->wake.cause == task) {
            first = first == 0 ? n : first;
            last = n;
        }
    }
    t->verdict.at = last;
    fb_trial_show(t, first, "it wakes itself for the first time");
    fb_trial_show(t, last, "and for the last time");
    type = type_polled_at(h, last);
    fb_trial_place_await(t, last);
    if (type != 0) {
        fb__place_type(t, type);
    }
}

static bool judge_task(const struct earning *x, struct fb_trial *t,
                       const struct fb_model *m,
                       const struct fb_model_task *task) {
    // Core wakes a task that has used up its budget on its own behalf.
    const uint32_t self = task->wakes_self > task->budgets_out
                              ? task->wakes_self - task->budgets_out
                              : 0;
    char who[FB__NAME];

    if (!fb__type_is(t, task->type, x->name)) {
        return true;
    }
    fb__say_Who(t, m, task->id, who, sizeof who);
    if (task->polls > task->wakes + 1) {
        fb_trial_fail(t, FB_T4, task->last_event,
                      "%s was polled %u times, but woken only %u time%s: polls "
                      "that nobody asked for.",
                      who, task->polls, task->wakes, fb__plural(task->wakes));
    } else if ((uint64_t)self * 100 > (uint64_t)x->self_percent * task->wakes) {
        fb_trial_fail(t, FB_T4, 0,
                      "%s was polled %u times: %u of its %u wake%s came from "
                      "itself, without any news.",
                      who, task->polls, self, task->wakes,
                      fb__plural(task->wakes));
        show_self_wakes(t, task->id);
    } else {
        return true;
    }
    t->verdict.task = task->id;
    fb__place_type(t, task->type);
    return false;
}

static bool see_task(void *arg, const struct fb__look *look) {
    const struct fb_model_task *t;

    if (look->event->kind != FB_EV_TASK_DONE) {
        return true;
    }
    t = fb_model_task(look->world, look->event->subject);
    return t == NULL || judge_task(arg, look->trial, look->world, t);
}

bool fb_claim_polls_earned(struct fb_trial *t, const char *name,
                           unsigned self_percent) {
    struct earning x = {name, self_percent};
    const struct fb_model_task *task;
    uint32_t cursor = 0;

    if (fb__trial_is_over(t) || !fb__trial_walk(t, see_task, &x)) {
        return true;
    }
    while (!t->verdict.failed &&
           (task = fb_model_task_next(&t->world, &cursor)) != NULL) {
        if (task->state < FB_TASK_COMPLETE) {
            (void)judge_task(&x, t, &t->world, task);
        }
    }
    return !t->verdict.failed;
}

// ---- polls of futures ----

struct counted {
    uint32_t id;
    uint32_t task, polls, unearned;
    uint64_t first, last; // events
    uint16_t type;
};

struct roused {
    uint32_t task; // its next poll is earned
};

struct count {
    const char *name;
    uint32_t least, most;
    struct fb__table futures, roused;
    bool unearned[FB_TRACE_RINGS_MAX]; // the poll that each worker makes
};

static void entered(struct count *c, const struct fb__look *look) {
    const struct fb_model_future *f = fb__entered(look);
    const struct fb_model_task *t;
    struct counted *x;
    bool unearned;

    if (f == NULL || f->state != FB_FUTURE_POLLING ||
        !fb__type_is(look->trial, f->type, c->name)) {
        return;
    }
    x = fb__table_make(&c->futures, f->id);
    if (x == NULL) {
        look->trial->exact = false;
        return;
    }
    t = fb_model_task(look->world, f->task);
    unearned = t != NULL && c->unearned[t->worker % FB_TRACE_RINGS_MAX];
    x->task = f->task;
    x->type = f->type;
    x->polls++;
    x->unearned += unearned;
    x->first = x->first == 0 ? look->number : x->first;
    x->last = unearned ? x->last : look->number;
}

static bool count(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *t;
    struct count *c = arg;

    if (e->kind == FB_EV_WAKE && e->flags != FB_PARTY_NONE &&
        fb__table_make(&c->roused, e->subject) == NULL) {
        look->trial->exact = look->trial->exact && e->subject == 0;
    } else if (e->kind == FB_EV_POLL_BEGIN) {
        t = fb_model_task(look->world, e->subject);
        c->unearned[fb_event_worker(e) % FB_TRACE_RINGS_MAX] =
            t != NULL && t->polls > 1 &&
            fb__table_find(&c->roused, e->subject) == NULL;
        fb__table_remove(&c->roused, e->subject);
    }
    entered(c, look);
    return true;
}

static bool judge_count(const struct count *c, struct fb_trial *t,
                        const struct counted *x) {
    const uint32_t earned = x->polls - x->unearned;
    const bool more = earned > c->most;
    const uint32_t polls = more ? earned : x->polls;
    const uint32_t bound = more ? c->most : c->least;
    char who[FB__NAME], name[FB__NAME];

    if (!more && (x->polls >= c->least || !t->ended)) {
        return true; // where the run broke off, more might have come
    }
    fb__say_who(t, &t->world, x->task, who, sizeof who);
    (void)fb_say_type(name, sizeof name, t->names, x->type);
    fb_trial_fail(t, FB_T4, x->last,
                  "%s in %s was polled %u time%s; it takes %s%u.", name, who,
                  polls, fb__plural(polls),
                  c->least == c->most ? "exactly "
                  : more              ? "at most "
                                      : "at least ",
                  bound);
    if (!more) {
        fb_trial_believed(t, "Ready can be given as soon as somebody asks.",
                          "Ready says that it has happened. Until then each "
                          "poll gives Pending, and has seen to it that the "
                          "task is woken.");
    }
    t->verdict.task = x->task;
    fb_trial_show(t, x->first, "its first poll");
    fb_trial_show(t, x->last, "its last poll");
    fb__place_type(t, x->type);
    return false;
}

bool fb_claim_poll_count(struct fb_trial *t, const char *name, uint32_t least,
                         uint32_t most) {
    struct count c = {.name = name, .least = least, .most = most};
    const struct counted *x;
    uint32_t cursor = 0;

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&c.futures, sizeof(struct counted));
    fb__table_init(&c.roused, sizeof(struct roused));
    if (fb__trial_walk(t, count, &c)) {
        while ((x = fb__table_next(&c.futures, &cursor)) != NULL &&
               judge_count(&c, t, x)) {
        }
    }
    fb__table_deinit(&c.futures);
    fb__table_deinit(&c.roused);
    return !t->verdict.failed;
}
