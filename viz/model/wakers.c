// Wakers: where they are stored, and the wakes that come of them.
//
// Idea: each stored waker is a hold in the list of its task, newest first. A
// drop names task, holder and future; it takes the newest hold that agrees, so
// that clones which the program keeps itself are counted right too.
//
// Invariants: a hold belongs to a task that is alive; TASK_FREE releases all.
#include "world.h"

// Look-ups stop after this many stored wakers of one task: far more than any
// program has, and a bound for a hostile file.
enum { LOOK_THROUGH = 1024 };

static bool same_hold(const struct fb_model_hold *h, const struct fb_event *e) {
    return h->party == e->detail && h->holder == e->waker.holder &&
           h->future == e->waker.future;
}

// Finds the hold that an event names; *ret_prev is the one before it.
static uint32_t find_hold(const struct fb_model *m,
                          const struct fb_model_task *t,
                          const struct fb_event *e, uint32_t *ret_prev) {
    uint32_t prev = FB_MODEL_NONE, at = t->holds;

    for (uint32_t looked = 0; looked < LOOK_THROUGH && at != FB_MODEL_NONE;
         looked++) {
        const struct fb_model_hold *h = fb__hold_in(m, at);

        if (same_hold(h, e)) {
            *ret_prev = prev;
            return at;
        }
        prev = at;
        at = h->next_of_task;
    }
    return FB_MODEL_NONE;
}

// A census states a stored waker; if the newest known one that agrees was
// named already, this is another clone of the same kind.
static bool census_knows(struct fb_model *m, const struct fb_model_task *t,
                         const struct fb_event *e) {
    uint32_t at = t->holds;

    for (uint32_t looked = 0; looked < LOOK_THROUGH && at != FB_MODEL_NONE;
         looked++) {
        struct fb_model_hold *h = fb__hold_in(m, at);

        if (same_hold(h, e) && h->seen != m->census) {
            h->seen = m->census;
            h->interest = (uint8_t)e->flags;
            return true;
        }
        at = h->next_of_task;
    }
    return false;
}

void fb__world_clone(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));
    struct fb_model_source *s;
    struct fb_model_hold *h;
    uint32_t slot;

    if (t == NULL) {
        return;
    }
    if (e->detail == FB_PARTY_SOURCE) {
        s = fb__pool_at(&m->sources,
                        fb__index_find(&m->source_index, e->waker.holder));
        if (s != NULL) {
            s->registered = true;
        }
    }
    t->outside |= e->detail == FB_PARTY_OUTSIDE;
    if (fb__is_census(e) && census_knows(m, t, e)) {
        return;
    }
    slot = fb__pool_take(&m->holds, e->subject);
    h = fb__hold_in(m, slot);
    h->future = e->waker.future;
    h->holder = e->waker.holder;
    h->party = e->detail;
    h->interest = (uint8_t)e->flags;
    h->event = m->event;
    h->next_of_task = t->holds;
    h->seen = m->census;
    t->holds = slot;
    t->last_event = m->event;
    t->clones += !fb__is_census(e);
}

void fb__world_waker_drop(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));
    uint32_t slot, prev = FB_MODEL_NONE, next;

    if (t == NULL) {
        return;
    }
    t->drops++;
    t->last_event = m->event;
    slot = find_hold(m, t, e, &prev);
    if (slot == FB_MODEL_NONE) {
        // A clone made on another thread was never in the trace.
        m->anomalies += !m->uncertain && e->detail != FB_PARTY_OUTSIDE;
        return;
    }
    next = fb__hold_in(m, slot)->next_of_task;
    if (prev != FB_MODEL_NONE) {
        fb__hold_in(m, prev)->next_of_task = next;
    } else {
        t->holds = next;
    }
    fb__pool_give(&m->holds, slot);
}

void fb__world_release_holds(struct fb_model *m, struct fb_model_task *t) {
    while (t->holds != FB_MODEL_NONE) {
        const uint32_t slot = t->holds;

        t->holds = fb__hold_in(m, slot)->next_of_task;
        fb__pool_give(&m->holds, slot);
    }
}

static void remember(struct fb_model *m, const struct fb_event *e) {
    m->recent[m->wake_count % FB_MODEL_RECENT_WAKES] =
        (struct fb_model_wake){.event = m->event,
                               .time_ns = m->time_ns,
                               .task = e->subject,
                               .cause = e->wake.cause,
                               .effect = e->detail,
                               .party = (uint8_t)e->flags};
    m->wake_count++;
    m->wakes++;
}

// Who brought the task to its next poll; a coalesced wake did not.
static void take_credit(struct fb_model *m, struct fb_model_task *t,
                        const struct fb_event *e) {
    const struct fb_model_source *s = NULL;

    if (e->flags == FB_PARTY_SOURCE) {
        s = fb__pool_at(&m->sources,
                        fb__index_find(&m->source_index, e->wake.cause));
    }
    t->woken_by_party = (uint8_t)e->flags;
    t->woken_by = e->wake.cause;
    t->woken_interest = (uint8_t)e->wake.interest;
    t->woken_by_fd = s != NULL ? s->fd : -1;
    t->woken_event = m->event;
}

void fb__world_wake(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    remember(m, e);
    if (t == NULL) {
        return;
    }
    t->wakes++;
    t->wakes_self += e->flags == FB_PARTY_TASK && e->wake.cause == e->subject;
    t->last_event = m->event;
    switch ((enum fb_wake_effect)e->detail) {
    case FB_WAKE_SCHEDULED:
        t->wakes_scheduled++;
        take_credit(m, t, e);
        break;
    case FB_WAKE_COALESCED: t->wakes_coalesced++; break;
    case FB_WAKE_DURING_POLL:
        t->wakes_during_poll++;
        t->wake_during_poll = true;
        take_credit(m, t, e);
        break;
    case FB_WAKE_AFTER_COMPLETE: t->wakes_late++; break;
    default: m->anomalies++; break;
    }
}
