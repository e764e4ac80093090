// T14: something that has to happen does.
#include "claims_impl.h"
#include <stdio.h>

struct search {
    const struct fb_wanted *wanted;
    uint64_t times;
};

// The table entry of what an event is about: a future, else the task's root.
static uint32_t type_of(const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model *m = look->world;
    const struct fb_model_future *f = NULL;
    const struct fb_model_task *t;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_FUTURE_ENTER: return e->enter.type;
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: f = fb_model_future(m, e->subject); break;
    case FB_EV_IO: f = fb_model_future(m, e->io.future); break;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: f = fb_model_future(m, e->timer.future); break;
    case FB_EV_BUDGET_OUT: f = fb_model_future(m, e->budget.future); break;
    case FB_EV_BLOCK_BEGIN: f = fb_model_future(m, e->block.future); break;
    default: break;
    }
    if (f != NULL) {
        return f->type;
    }
    t = fb_model_task(m, fb_event_task(e));
    return t != NULL ? t->type : 0;
}

// The root's polls are its task's: they begin and end with these.
static bool is_kind(const struct search *s, unsigned kind) {
    return kind == s->wanted->kind ||
           (s->wanted->kind == FB_EV_FUTURE_ENTER &&
            kind == FB_EV_POLL_BEGIN) ||
           (s->wanted->kind == FB_EV_FUTURE_EXIT && kind == FB_EV_POLL_END);
}

static bool see(void *arg, const struct fb__look *look) {
    struct search *s = arg;

    if (is_kind(s, look->event->kind) &&
        (s->wanted->name == NULL ||
         fb__type_is(look->trial, type_of(look), s->wanted->name))) {
        s->times++;
    }
    return s->times < s->wanted->at_least;
}

bool fb_claim_must_happen(struct fb_trial *t, const struct fb_wanted *wanted) {
    struct fb_wanted w = *wanted;
    struct search s = {.wanted = &w};

    w.at_least = w.at_least == 0 ? 1 : w.at_least;
    if (fb__trial_is_over(t) || !fb__trial_walk(t, see, &s) ||
        s.times >= w.at_least) {
        return true;
    }
    if (s.times == 0) {
        return fb_trial_fail(
            t, FB_T14, 0,
            "This never happened: %s. The run ended after %llu "
            "events.",
            w.what, (unsigned long long)fb_history_count(t->history));
    }
    return fb_trial_fail(t, FB_T14, 0,
                         "This happened only %llu time%s, and has to happen %u "
                         "times: %s.",
                         (unsigned long long)s.times, fb__plural(s.times),
                         w.at_least, w.what);
}
