// T11: a timer fires once, and not before its deadline.
#include "claims_impl.h"
#include <stdio.h>

// ---- each timer ----

struct alarm {
    uint32_t id;
    uint64_t set;
};

struct search {
    uint64_t late_ns;
    struct fb__table alarms; // timers that are set
};

static bool fails(const struct fb__look *look, const struct alarm *a,
                  const char *how) {
    const struct fb_event *e = look->event;
    struct fb_trial *t = look->trial;
    const struct fb_model_future *f =
        fb_model_future(look->world, e->timer.future);
    char who[FB__NAME];

    fb__say_who(t, look->world, e->timer.task, who, sizeof who);
    fb_trial_fail(t, FB_T11, look->number,
                  "Timer %u of %s fired at event %llu, %s.", e->subject, who,
                  (unsigned long long)look->number, how);
    t->verdict.task = e->timer.task;
    fb_trial_show(t, a != NULL ? a->set : 0, "it is set");
    fb_trial_show(t, look->number, "it fires");
    if (f != NULL) {
        fb__place_future(t, look->world, f);
    }
    return false;
}

static bool see(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const uint64_t now = e->time_ns, deadline = e->timer.deadline_ns;
    struct search *s = arg;
    char by[24], how[64];
    struct alarm *a;

    if (e->kind == FB_EV_TIMER_SET) {
        a = fb__table_make(&s->alarms, e->subject);
        if (a != NULL) {
            a->set = look->number;
        } else {
            look->trial->exact = look->trial->exact && e->subject == 0;
        }
        return true;
    }
    if (e->kind != FB_EV_TIMER_END) {
        return true;
    }
    a = fb__table_find(&s->alarms, e->subject);
    if (e->detail == FB_TIMER_FIRED && a == NULL) {
        return fails(look, NULL, "but it was not set: it had ended before");
    }
    if (e->detail == FB_TIMER_FIRED && now < deadline) {
        (void)fb_say_duration(by, sizeof by, deadline - now);
        (void)snprintf(how, sizeof how, "%s before its deadline", by);
        return fails(look, a, how);
    }
    if (e->detail == FB_TIMER_FIRED && now - deadline > s->late_ns) {
        (void)fb_say_duration(by, sizeof by, now - deadline);
        (void)snprintf(how, sizeof how, "%s after its deadline", by);
        return fails(look, a, how);
    }
    fb__table_remove(&s->alarms, e->subject);
    return true;
}

bool fb_claim_timer_exact(struct fb_trial *t, uint64_t late_ns) {
    struct search s = {.late_ns = late_ns};

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.alarms, sizeof(struct alarm));
    (void)fb__trial_walk(t, see, &s);
    fb__table_deinit(&s.alarms);
    return !t->verdict.failed;
}

// ---- when one is Ready ----

struct moment {
    const char *name;
    uint32_t future, task;
    uint16_t type;
    uint64_t first_ns, ready_ns;
    uint64_t entered, ready; // events
};

static bool watch(void *arg, const struct fb__look *look) {
    enum fb_poll_result result;
    const struct fb_model_future *in = fb__entered(look);
    const struct fb_model_future *out = fb__left(look, &result);
    struct moment *m = arg;

    if (look->number == fb_history_first(look->trial->history)) {
        m->first_ns = look->event->time_ns;
    }
    if (in != NULL && m->future == 0 &&
        fb__type_is(look->trial, in->type, m->name)) {
        m->future = in->id;
        m->task = in->task;
        m->type = in->type;
        m->entered = look->number;
    }
    if (out != NULL && out->id == m->future && result == FB_RESULT_READY) {
        m->ready = look->number;
        m->ready_ns = look->event->time_ns;
        return false;
    }
    return true;
}

bool fb_claim_ready_at(struct fb_trial *t, const char *name, uint64_t ns,
                       uint64_t tolerance_ns) {
    struct moment m = {.name = name};
    char who[FB__NAME], what[FB__NAME], is[24], wanted[24];
    uint64_t at_ns, off_ns;

    if (fb__trial_is_over(t) || !fb__trial_walk(t, watch, &m) ||
        m.future == 0) {
        return true;
    }
    if (m.ready == 0 && !t->ended) {
        return true; // where the run broke off, it might still have come
    }
    at_ns = m.ready_ns > m.first_ns ? m.ready_ns - m.first_ns : 0;
    off_ns = at_ns > ns ? at_ns - ns : ns - at_ns;
    if (m.ready != 0 && off_ns <= tolerance_ns) {
        return true;
    }
    fb__say_who(t, &t->world, m.task, who, sizeof who);
    (void)fb_say_type(what, sizeof what, t->names, m.type);
    (void)fb_say_duration(is, sizeof is, at_ns);
    (void)fb_say_duration(wanted, sizeof wanted, ns);
    if (m.ready == 0) {
        fb_trial_fail(t, FB_T11, m.entered,
                      "%s in %s was never Ready; it should be after %s.", what,
                      who, wanted);
    } else {
        fb_trial_fail(t, FB_T11, m.ready,
                      "%s in %s was Ready after %s (event %llu); it should be "
                      "after %s.",
                      what, who, is, (unsigned long long)m.ready, wanted);
    }
    t->verdict.task = m.task;
    fb_trial_show(t, m.entered, "its first poll");
    fb_trial_show(t, m.ready, "it is Ready");
    fb__place_type(t, m.type);
    return false;
}
