// T6: no poll takes long, and none makes a call that blocks.
//
// Idea: on the run's own clock. A call that blocks moves it on, and is written
// down (CLOCK, blocked) by whoever has put something in that call's place: so it
// is told by its name, whatever the budget.
#include "claims_impl.h"
#include <stdio.h>

struct search {
    const char *name;
    uint64_t budget_ns;
};

static bool is_held_to_it(const struct search *s, const struct fb__look *look,
                          const struct fb_model_task *t) {
    return t != NULL && fb__type_is(look->trial, t->type, s->name);
}

static void place(const struct fb__look *look, const struct fb_model_task *t) {
    const struct fb_model *m = look->world;
    const struct fb_model_worker *w = fb_model_worker(m, t->worker);
    const struct fb_model_future *f =
        w != NULL && w->stack_len > 0
            ? fb_model_future_at(m, w->stack[w->stack_len - 1])
            : fb_model_future_at(m, t->root);

    look->trial->verdict.task = t->id;
    if (f != NULL) {
        fb__place_future(look->trial, m, f);
    }
}

static bool ends(const struct search *s, const struct fb__look *look) {
    const struct fb_model_task *t =
        fb_model_task(look->world, look->event->subject);
    struct fb_trial *trial = look->trial;
    char who[FB__NAME], took[24], budget[24];
    const struct fb_model_future *root;
    uint64_t took_ns;

    if (!is_held_to_it(s, look, t) || look->event->time_ns < t->poll_begin_ns) {
        return true;
    }
    took_ns = look->event->time_ns - t->poll_begin_ns;
    root = fb_model_future_at(look->world, t->root);
    if (took_ns <= s->budget_ns) {
        return true;
    }
    fb__say_who(trial, look->world, t->id, who, sizeof who);
    (void)fb_say_duration(took, sizeof took, took_ns);
    (void)fb_say_duration(budget, sizeof budget, s->budget_ns);
    fb_trial_fail(trial, FB_T6, look->number,
                  "One poll of %s took %s, until event %llu; it may take %s. "
                  "Nobody else was polled meanwhile.",
                  who, took, (unsigned long long)look->number, budget);
    fb_trial_show(trial, root != NULL ? root->enter_event : 0,
                  "the poll begins");
    fb_trial_show(trial, look->number, "it ends");
    place(look, t);
    return false;
}

// The line of the call itself; of the task's type where whoever told of the call
// did not know.
static void place_call(const struct fb__look *look,
                       const struct fb_model_task *t) {
    const struct fb_names *n = look->trial->names;
    const char *name, *file;
    uint32_t line, size;

    n->place(n->arg, look->event->flags & FB_EV_WORKER_MASK, &name, &file,
             &line, &size);
    if (line != 0) {
        fb_trial_place(look->trial, file, line);
    } else {
        place(look, t);
    }
}

static bool blocks(const struct search *s, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *t = fb_model_task(look->world, e->subject);
    struct fb_trial *trial = look->trial;
    char who[FB__NAME], call[FB__NAME], took[24];

    if (e->detail != FB_CLOCK_BLOCKED || !is_held_to_it(s, look, t)) {
        return true;
    }
    fb__say_Who(trial, look->world, t->id, who, sizeof who);
    (void)fb_say_type(call, sizeof call, trial->names, e->flags);
    (void)fb_say_duration(took, sizeof took,
                          e->clock.to_ns > e->clock.from_ns
                              ? e->clock.to_ns - e->clock.from_ns
                              : 0);
    fb_trial_fail(trial, FB_T6, look->number,
                  "%s called %s in its poll, at event %llu: that blocked the "
                  "whole thread for %s, and nobody else could be polled.",
                  who, call, (unsigned long long)look->number, took);
    fb_trial_show(trial, t->last_event, "what the task did before");
    fb_trial_show(trial, look->number, "the call that blocks");
    place_call(look, t);
    return false;
}

static bool see(void *arg, const struct fb__look *look) {
    const struct search *s = arg;

    switch ((enum fb_event_kind)look->event->kind) {
    case FB_EV_POLL_END: return ends(s, look);
    case FB_EV_CLOCK: return blocks(s, look);
    default: return true;
    }
}

bool fb_claim_poll_span(struct fb_trial *t, const char *name,
                        uint64_t budget_ns) {
    struct search s = {.name = name, .budget_ns = budget_ns};

    if (fb__trial_is_over(t)) {
        return true;
    }
    (void)fb__trial_walk(t, see, &s);
    return !t->verdict.failed;
}
