// T3: no future is polled after Ready or after its drop.
//
// Idea: core writes the poll that must not be as the last word of its trace,
// before it ends the program. Ids of futures are never used twice, so a table
// of those that are over tells which poll that was, also where the model has
// forgotten the future by then.
#include "claims_impl.h"
#include <stdio.h>

struct over {
    uint32_t id;
    uint64_t event; // when it was over
    bool ready;     // else dropped
};

struct search {
    struct fb__table over; // futures
};

static void note(struct search *s, const struct fb__look *look, uint32_t id,
                 bool ready) {
    struct over *o = fb__table_make(&s->over, id);

    if (o == NULL) {
        look->trial->exact = look->trial->exact && id == 0;
    } else if (o->event == 0) { // Ready first, dropped later
        o->event = look->number;
        o->ready = ready;
    }
}

static bool fail(const struct fb__look *look, uint32_t task, uint16_t type,
                 const struct over *o) {
    const struct fb_event *e = look->event;
    struct fb_trial *t = look->trial;
    char who[FB__NAME], name[FB__NAME];

    fb__say_Who(t, look->world, task, who, sizeof who);
    (void)fb_say_type(name, sizeof name, t->names, type);
    fb_trial_fail(t, FB_T3, look->number,
                  "%s polled its future %s once more at event %llu, but %s %s "
                  "since event %llu.",
                  who, name, (unsigned long long)look->number, name,
                  o->ready ? "had been Ready" : "had been dropped",
                  (unsigned long long)o->event);
    if (!o->ready) {
        fb_trial_believed(t, "A future that was dropped goes on where it was.",
                          "A drop ends a future, like Ready: whatever it held "
                          "is given back. Make a new one, and keep what it has "
                          "to know somewhere that lives longer.");
    }
    t->verdict.task = task;
    fb_trial_show(t, o->event, o->ready ? "it was Ready" : "it was dropped");
    fb_trial_show(t, look->number, "it was polled again");
    if (e->kind == FB_EV_FUTURE_ENTER) {
        fb__place_line(t, e->enter.parent_type, e->enter.line);
        fb__place_type(t, e->enter.parent_type);
    }
    fb__place_type(t, type);
    return false;
}

static bool fail_task(const struct fb__look *look,
                      const struct fb_model_task *task) {
    struct fb_trial *t = look->trial;
    char who[FB__NAME];

    fb__say_Who(t, look->world, task->id, who, sizeof who);
    fb_trial_fail(t, FB_T3, look->number,
                  "%s was polled at event %llu, but it had been complete since "
                  "event %llu.",
                  who, (unsigned long long)look->number,
                  (unsigned long long)task->done_event);
    t->verdict.task = task->id;
    fb_trial_show(t, task->done_event, "it was complete");
    fb_trial_show(t, look->number, "it was polled again");
    fb__place_type(t, task->type);
    return false;
}

static bool see(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *t;
    struct search *s = arg;
    const struct over *o;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_FUTURE_EXIT:
        if (e->detail == FB_RESULT_READY) {
            note(s, look, e->subject, true);
        }
        return true;
    case FB_EV_POLL_END:
        if (e->detail == FB_RESULT_READY) {
            note(s, look, e->poll.future, true);
        }
        return true;
    case FB_EV_FUTURE_DROP: note(s, look, e->subject, false); return true;
    case FB_EV_FUTURE_ENTER:
        o = fb__table_find(&s->over, e->subject);
        return o == NULL || fail(look, e->enter.task, e->enter.type, o);
    case FB_EV_POLL_BEGIN:
        t = fb_model_task(look->world, e->subject);
        if (t != NULL && t->state >= FB_TASK_COMPLETE) {
            return fail_task(look, t);
        }
        o = t != NULL ? fb__table_find(&s->over, e->poll.future) : NULL;
        return o == NULL || fail(look, t->id, t->type, o);
    default: return true;
    }
}

bool fb_claim_no_poll_after_done(struct fb_trial *t) {
    struct search s;

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.over, sizeof(struct over));
    (void)fb__trial_walk(t, see, &s);
    fb__table_deinit(&s.over);
    return !t->verdict.failed;
}
