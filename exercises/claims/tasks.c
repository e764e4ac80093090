// T9: each spawned task is joined, or detached on purpose. T12: at the end
// nothing is left.
//
// Idea: a runtime that goes cancels all tasks that are left, on nobody's
// behalf, after its last poll. So what is aborted then, by nobody, is what was
// left when the run was over.
#include "claims_impl.h"
#include <stdio.h>

// ---- T9 ----

struct child {
    uint32_t id, parent;
    uint64_t spawned, aborted; // events
    uint16_t type, site;
    bool settled;    // joined, detached, or aborted by its spawner
    bool over;       // cancelled by nobody: the run was over
    uint64_t waited; // event: somebody has begun to wait for it
    uint64_t done;   // event: it has come to its end
};

struct parent {
    uint32_t id;
    uint64_t done;
};

struct family {
    struct fb__table children, parents;
};

static void spawned(struct family *x, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct child *c;

    if (e->spawn.parent == 0) {
        return; // by the program, outside of any task
    }
    c = fb__table_make(&x->children, e->subject);
    if (c == NULL || fb__table_make(&x->parents, e->spawn.parent) == NULL) {
        look->trial->exact = look->trial->exact && e->subject == 0;
    } else if (c->parent == 0) {
        c->parent = e->spawn.parent;
        c->spawned = look->number;
        c->type = e->spawn.type;
        c->site = e->spawn.site;
    }
}

static bool see_family(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct family *x = arg;
    struct parent *p;
    struct child *c;

    if (e->kind == FB_EV_TASK_SPAWN) {
        spawned(x, look);
    } else if (e->kind == FB_EV_TASK_DONE &&
               (p = fb__table_find(&x->parents, e->subject)) != NULL) {
        p->done = look->number;
    }
    if ((e->kind != FB_EV_TASK_JOIN && e->kind != FB_EV_TASK_ABORT &&
         e->kind != FB_EV_TASK_DONE) ||
        (c = fb__table_find(&x->children, e->subject)) == NULL) {
        return true;
    }
    if (e->kind == FB_EV_TASK_JOIN) {
        c->settled = c->settled || e->detail != FB_JOIN_AWAIT;
        c->waited = e->detail == FB_JOIN_AWAIT ? look->number : c->waited;
    } else if (e->kind == FB_EV_TASK_ABORT) {
        c->settled = c->settled || e->by.by == c->parent;
        c->aborted = e->by.by == 0 ? look->number : 0;
    } else {
        c->done = look->number;
        c->over = c->aborted != 0 && e->detail == FB_OUTCOME_CANCELLED;
    }
    return true;
}

static bool judge_child(struct fb_trial *t, const struct child *c,
                        const struct parent *p) {
    const struct fb_model *m = fb_history_at(t->history, c->spawned);
    const bool left = !c->settled && p != NULL && p->done != 0 && t->ended;
    char who[FB__NAME], parent[FB__NAME];

    if (m == NULL || (!left && !c->over)) {
        return true;
    }
    fb__say_who(t, m, c->id, who, sizeof who);
    fb__say_Who(t, m, c->parent, parent, sizeof parent);
    if (left && c->waited != 0 && c->done != 0 && c->done < p->done) {
        fb_trial_fail(t, FB_T9, p->done,
                      "%s has waited for %s, and ended at event %llu without "
                      "giving up its handle.",
                      parent, who, (unsigned long long)p->done);
        fb_trial_believed(t, "Who has waited for a task is done with it.",
                          "A task stays in memory, with its result, as long as "
                          "somebody holds its handle. Read the result, then "
                          "give the handle up: fb_task_detach.");
        fb_trial_show(t, c->waited, "it is waited for");
        fb_trial_show(t, c->done, "its end");
    } else if (left) {
        fb_trial_fail(t, FB_T9, p->done,
                      "%s ended at event %llu. Nobody has waited for %s, which "
                      "it had spawned at event %llu, nor let it go on its "
                      "own%s.",
                      parent, (unsigned long long)p->done, who,
                      (unsigned long long)c->spawned,
                      c->over ? "; it was cancelled in the end" : "");
    } else {
        fb_trial_fail(t, FB_T9, c->aborted,
                      "%s spawned %s at event %llu and let it go. When the run "
                      "was over, at event %llu, it was not done, and was "
                      "cancelled.",
                      parent, who, (unsigned long long)c->spawned,
                      (unsigned long long)c->aborted);
    }
    t->verdict.task = c->id;
    fb_trial_show(t, c->spawned, "it is spawned");
    fb_trial_show(t, p != NULL ? p->done : 0, "its spawner ends");
    fb_trial_show(t, c->over ? c->aborted : 0, "the run is over: cancelled");
    fb__place_type(t, c->site);
    fb__place_type(t, c->type);
    return false;
}

bool fb_claim_spawns_joined(struct fb_trial *t) {
    const struct child *c;
    uint32_t cursor = 0;
    struct family x;

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&x.children, sizeof(struct child));
    fb__table_init(&x.parents, sizeof(struct parent));
    if (fb__trial_walk(t, see_family, &x)) {
        while ((c = fb__table_next(&x.children, &cursor)) != NULL &&
               judge_child(t, c, fb__table_find(&x.parents, c->parent))) {
        }
    }
    fb__table_deinit(&x.children);
    fb__table_deinit(&x.parents);
    return !t->verdict.failed;
}

// ---- T12 ----

// The last event of the program's own work: after it come only ends.
static uint64_t last_poll(const struct fb_history *h) {
    for (uint64_t n = fb_history_last(h); n != 0; n = fb_history_prev(h, n)) {
        if (fb_history_event(h, n)->kind == FB_EV_POLL_END) {
            return n;
        }
    }
    return 0;
}

static bool fail_waiting(struct fb_trial *t, uint64_t at, uint32_t task,
                         bool stalled) {
    const struct fb_model *m = fb_history_at(t->history, at - 1);
    char who[FB__NAME], why[FB__NAME] = "";
    const struct fb_model_task *x;

    if (m == NULL) {
        t->exact = false;
        return true;
    }
    fb__say_who(t, m, task, who, sizeof who);
    (void)fb_say_task_waits(why, sizeof why, t->names, m, task);
    fb_trial_fail(t, FB_T12, at,
                  stalled ? "The run came to a standstill at event %llu: "
                            "nothing can happen any more, and %s still waits: "
                            "%s."
                          : "The run was over at event %llu, but %s still "
                            "waited: %s.",
                  (unsigned long long)at, who,
                  why[0] != '\0' ? why : "it was never polled");
    t->verdict.task = task;
    x = fb_model_task(m, task);
    if (x != NULL) {
        const struct fb_model_future *f = fb_model_future_at(m, x->root);

        fb_trial_show(t, x->spawn_event, "it is spawned");
        fb_trial_show(t, f != NULL ? f->last_event : 0, "its last poll");
        while (f != NULL && f->last_child != FB_MODEL_NONE) {
            const struct fb_model_future *child =
                fb_model_future_at(m, f->last_child);

            if (child == NULL || child->state != FB_FUTURE_PENDING) {
                break;
            }
            f = child;
        }
        if (f != NULL) {
            fb__place_future(t, m, f);
        }
    }
    fb_trial_show(t, at,
                  stalled ? "nothing can happen any more"
                          : "it is cancelled: the run is over");
    return false;
}

// The first live task of the world before event `at`.
static uint32_t first_live(struct fb_trial *t, uint64_t at) {
    const struct fb_model *m = fb_history_at(t->history, at - 1);
    const struct fb_model_task *task;
    uint32_t cursor = 0;

    while (m != NULL && (task = fb_model_task_next(m, &cursor)) != NULL) {
        if (task->state < FB_TASK_COMPLETE) {
            return task->id;
        }
    }
    return 0;
}

// What is left in the last world, besides tasks that wait.
static bool leaves_nothing(struct fb_trial *t) {
    const struct fb_model *m = fb_history_live(t->history);
    const uint64_t last = fb_history_last(t->history);
    const struct fb_model_task *task;
    const struct fb_model_source *s;
    uint32_t cursor = 0;
    char who[FB__NAME];

    if ((s = fb_model_source_next(m, &cursor)) != NULL) {
        fb_trial_fail(t, FB_T12, s->add_event,
                      "At the end fd %d is still open, since event "
                      "%llu.",
                      s->fd, (unsigned long long)s->add_event);
        fb_trial_show(t, s->add_event, "it was opened");
        fb_trial_show(t, last, "the end");
        return false;
    }
    cursor = 0;
    while ((task = fb_model_task_next(m, &cursor)) != NULL) {
        const struct fb_model_hold *h = fb_model_hold_at(m, task->holds);

        fb__say_who(t, m, task->id, who, sizeof who);
        if (h != NULL) {
            fb_trial_fail(t, FB_T12, h->event,
                          "At the end somebody still keeps a waker of %s, "
                          "stored at event %llu.",
                          who, (unsigned long long)h->event);
            fb_trial_show(t, h->event, "its waker was stored");
        } else {
            fb_trial_fail(t, FB_T12, task->last_event,
                          "At the end %s is still in memory: somebody keeps "
                          "its handle.",
                          who);
            fb_trial_show(t, task->spawn_event, "it was spawned");
        }
        t->verdict.task = task->id;
        fb_trial_show(t, last, "the end");
        fb__place_type(t, task->type);
        return false;
    }
    return true;
}

bool fb_claim_ends_quiet(struct fb_trial *t) {
    const struct fb_history *h = t->history;
    uint64_t stall, n;

    if (fb__trial_is_over(t)) {
        return true;
    }
    stall = fb__stall_after(t, 0);
    if (stall != 0) {
        return fail_waiting(t, stall, first_live(t, stall), true);
    }
    if (!t->ended) {
        return true;
    }
    for (n = fb_history_next(h, last_poll(h)); n != 0;
         n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_TASK_ABORT && e->by.by == 0) {
            return fail_waiting(t, n, e->subject, false);
        }
    }
    return leaves_nothing(t);
}
