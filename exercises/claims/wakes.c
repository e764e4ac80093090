// T2: who is woken is polled before its worker parks; nothing parks while
// something is runnable.
//
// Idea: woken tasks are in a table until their poll, or their end. When the
// only worker parks, or finds that nothing can happen any more, the table and
// its run queue are empty. Of several workers one may park while another one
// still has what was woken: there only its own queue counts.
//
// And a wake that goes astray: it reaches a task that has waited for the news
// once and does not any more, while who waits for it now is not told. Somebody
// has kept the waker of an earlier poll (fb_claim_wakes_reach).
#include "claims_impl.h"
#include <stdio.h>

struct woken {
    uint32_t task;
    uint64_t event;
};

struct search {
    struct fb__table woken;
};

static void woke(struct search *s, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct woken *w;

    if (e->detail != FB_WAKE_SCHEDULED && e->detail != FB_WAKE_DURING_POLL) {
        return;
    }
    w = fb__table_make(&s->woken, e->subject);
    if (w == NULL) {
        look->trial->exact = look->trial->exact && e->subject == 0;
    } else if (w->event == 0) {
        w->event = look->number;
    }
}

// The task that is left, and the event that made it runnable.
static uint32_t left_behind(const struct search *s, const struct fb__look *look,
                            uint64_t *ret_event) {
    const struct fb_model *m = look->world;
    const uint32_t worker = fb_event_worker(look->event);
    const struct fb_model_worker *w =
        fb_model_worker(m, worker == FB_MODEL_NONE ? 0 : worker);
    const struct fb_model_task *t =
        w != NULL ? fb_model_task_at(m, w->queue_head) : NULL;
    const struct woken *left;
    uint32_t cursor = 0;

    if (t != NULL) {
        *ret_event = t->scheduled_event;
        return t->id;
    }
    left = fb_model_workers(m) == 1 ? fb__table_next(&s->woken, &cursor) : NULL;
    *ret_event = left != NULL ? left->event : 0;
    return left != NULL ? left->task : 0;
}

static bool parks(const struct search *s, const struct fb__look *look) {
    struct fb_trial *t = look->trial;
    const bool stall = look->event->kind == FB_EV_STALL;
    char who[FB__NAME];
    uint64_t since;
    const uint32_t task = left_behind(s, look, &since);

    if (task == 0) {
        return true;
    }
    fb__say_who(t, look->world, task, who, sizeof who);
    fb_trial_fail(t, FB_T2, look->number,
                  "The executor %s at event %llu, but %s had been woken at "
                  "event %llu and was not polled since.",
                  stall ? "gave up" : "parked",
                  (unsigned long long)look->number, who,
                  (unsigned long long)since);
    t->verdict.task = task;
    fb_trial_show(t, since, "it became runnable");
    fb_trial_show(t, look->number,
                  stall ? "the executor gave up" : "the executor parked");
    return false;
}

static bool see(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct search *s = arg;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_WAKE: woke(s, look); return true;
    case FB_EV_POLL_BEGIN:
    case FB_EV_TASK_DONE: fb__table_remove(&s->woken, e->subject); return true;
    case FB_EV_PARK:
    case FB_EV_STALL: return parks(s, look);
    default: return true;
    }
}

bool fb_claim_wake_then_poll(struct fb_trial *t) {
    struct search s;

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.woken, sizeof(struct woken));
    (void)fb__trial_walk(t, see, &s);
    fb__table_deinit(&s.woken);
    return !t->verdict.failed;
}

// ---- wakes that go astray ----

// A task that has waited in a future of the name: in which, if it still does.
struct waiter {
    uint32_t task;
    uint32_t future;        // 0: in none
    uint64_t since, before; // events: polled last; when it waited last
    uint16_t type;
};

struct straying {
    const char *name;
    struct fb__table waiters;
};

static void waits(struct straying *s, const struct fb__look *look) {
    enum fb_poll_result result;
    const struct fb_model_future *f = fb__left(look, &result);
    struct waiter *w;

    if (f == NULL || !fb__type_is(look->trial, f->type, s->name)) {
        return;
    }
    w = fb__table_make(&s->waiters, f->task);
    if (w == NULL) {
        look->trial->exact = false;
        return;
    }
    w->type = f->type;
    w->before = look->number;
    w->since = look->number;
    w->future = result == FB_RESULT_PENDING ? f->id : 0;
}

static void waits_no_more(struct straying *s, const struct fb_event *e) {
    struct waiter *w = fb__table_find(&s->waiters, e->drop.task);

    if (w != NULL && w->future == e->subject) {
        w->future = 0;
    }
}

// Who was polled last of those that wait still, besides the one that wakes;
// NULL: nobody waits.
static const struct waiter *last_waiter(const struct straying *s,
                                        uint32_t waker) {
    const struct waiter *w, *last = NULL;
    uint32_t cursor = 0;

    while ((w = fb__table_next(&s->waiters, &cursor)) != NULL) {
        if (w->future != 0 && w->task != waker &&
            (last == NULL || w->since > last->since)) {
            last = w;
        }
    }
    return last;
}

static bool reaches(const struct straying *s, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *by =
        e->flags == FB_PARTY_TASK ? fb_model_task(look->world, e->wake.cause)
                                  : NULL;
    const struct waiter *hit = fb__table_find(&s->waiters, e->subject);
    char waker[FB__NAME], who[FB__NAME], should[FB__NAME], name[FB__NAME];
    struct fb_trial *t = look->trial;
    const struct waiter *last;

    if (by == NULL || by->state != FB_TASK_RUNNING || by->id == e->subject ||
        hit == NULL || hit->future != 0 ||
        (last = last_waiter(s, by->id)) == NULL) {
        return true; // a task that ends wakes who joins it: it is complete
    }
    fb__say_who(t, look->world, by->id, waker, sizeof waker);
    fb__say_who(t, look->world, e->subject, who, sizeof who);
    fb__say_who(t, look->world, last->task, should, sizeof should);
    (void)fb_say_type(name, sizeof name, t->names, last->type);
    fb_trial_fail(t, FB_T2, look->number,
                  "At event %llu %s woke %s, which does not wait for it any "
                  "more. But %s, whose %s returned Pending at event %llu, was "
                  "not woken: the stored waker was an old one.",
                  (unsigned long long)look->number, waker, who, should, name,
                  (unsigned long long)last->since);
    t->verdict.task = last->task;
    fb_trial_show(t, hit->before, "who is woken here has waited before");
    fb_trial_show(t, last->since, "the last who was polled, and waits now");
    fb_trial_show(t, look->number, "the wake goes astray");
    fb__place_type(t, last->type);
    return false;
}

static bool see_stray(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct straying *s = arg;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_FUTURE_EXIT:
    case FB_EV_POLL_END: waits(s, look); return true;
    case FB_EV_FUTURE_DROP: waits_no_more(s, e); return true;
    case FB_EV_WAKE: return reaches(s, look);
    default: return true;
    }
}

bool fb_claim_wakes_reach(struct fb_trial *t, const char *name) {
    struct straying s = {.name = name};

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.waiters, sizeof(struct waiter));
    (void)fb__trial_walk(t, see_stray, &s);
    fb__table_deinit(&s.waiters);
    return !t->verdict.failed;
}
