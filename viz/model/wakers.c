// Wakers: where they are stored, and the wakes that come of them.
//
// Problem: one task may have tens of thousands of stored wakers (a join of as
// many sleeps), and each of them goes one by one.
//
// Idea: each stored waker is a hold in two lists, newest first: of its task,
// and, if it names a future, of that future, which an index finds. A drop names
// task, holder and future; it takes the newest hold that agrees, so that clones
// which the program keeps itself are counted right too.
//
// Invariants: a hold belongs to a task that is alive; TASK_FREE releases all.
#include "world.h"

// Look-ups stop after this many stored wakers of one future, or of one task
// that name none: far more than any program has, and a bound for a hostile
// file.
enum { LOOK_THROUGH = 1024 };

// ---- the two lists ----

static void link_hold(struct fb_model *m, struct fb_model_task *t,
                      uint32_t slot) {
    struct fb_model_hold *h = fb__hold_in(m, slot);

    h->prev_of_task = h->prev_of_future = FB_MODEL_NONE;
    h->next_of_task = t->holds;
    h->next_of_future = fb__index_find(&m->hold_index, h->future);
    if (h->next_of_task != FB_MODEL_NONE) {
        fb__hold_in(m, h->next_of_task)->prev_of_task = slot;
    }
    if (h->next_of_future != FB_MODEL_NONE) {
        fb__hold_in(m, h->next_of_future)->prev_of_future = slot;
    }
    if (h->future != 0) {
        fb__index_set(&m->hold_index, h->future, slot);
    }
    t->holds = slot;
}

void fb__world_release_hold(struct fb_model *m, struct fb_model_task *t,
                            uint32_t slot) {
    const struct fb_model_hold *h = fb__hold_in(m, slot);

    if (h->prev_of_task != FB_MODEL_NONE) {
        fb__hold_in(m, h->prev_of_task)->next_of_task = h->next_of_task;
    } else {
        t->holds = h->next_of_task;
    }
    if (h->next_of_task != FB_MODEL_NONE) {
        fb__hold_in(m, h->next_of_task)->prev_of_task = h->prev_of_task;
    }
    if (h->next_of_future != FB_MODEL_NONE) {
        fb__hold_in(m, h->next_of_future)->prev_of_future = h->prev_of_future;
    }
    if (h->prev_of_future != FB_MODEL_NONE) {
        fb__hold_in(m, h->prev_of_future)->next_of_future = h->next_of_future;
    } else if (h->next_of_future != FB_MODEL_NONE) {
        fb__index_set(&m->hold_index, h->future, h->next_of_future);
    } else {
        fb__index_remove(&m->hold_index, h->future);
    }
    fb__pool_give(&m->holds, slot);
}

void fb__world_release_holds(struct fb_model *m, struct fb_model_task *t) {
    while (t->holds != FB_MODEL_NONE) {
        fb__world_release_hold(m, t, t->holds);
    }
}

// A walk through the holds that may agree.
static uint32_t first_like(const struct fb_model *m,
                           const struct fb_model_task *t, uint32_t future) {
    return future != 0 ? fb__index_find(&m->hold_index, future) : t->holds;
}

static uint32_t next_like(const struct fb_model_hold *h, uint32_t future) {
    return future != 0 ? h->next_of_future : h->next_of_task;
}

// The newest hold that agrees, and that census `but_seen` has not named.
static uint32_t find_hold(const struct fb_model *m,
                          const struct fb_model_task *t,
                          const struct fb_model_hold *like,
                          const uint32_t *but_seen) {
    uint32_t at = first_like(m, t, like->future);

    for (int looked = 0; looked < LOOK_THROUGH && at != FB_MODEL_NONE;
         looked++) {
        const struct fb_model_hold *h = fb__hold_in(m, at);

        if (h->task == t->id && h->party == like->party &&
            h->holder == like->holder && h->future == like->future &&
            (but_seen == NULL || h->seen != *but_seen)) {
            return at;
        }
        at = next_like(h, like->future);
    }
    return FB_MODEL_NONE;
}

static struct fb_model_hold named_by(const struct fb_event *e) {
    return (struct fb_model_hold){.holder = e->waker.holder,
                                  .future = e->waker.future,
                                  .party = e->detail};
}

const struct fb_model_hold *fb_model_hold(const struct fb_model *m,
                                          uint32_t task, uint32_t future,
                                          enum fb_party party,
                                          uint32_t holder) {
    const struct fb_model_hold like = {
        .holder = holder, .future = future, .party = (uint8_t)party};
    const struct fb_model_task *t = fb_model_task(m, task);

    return t != NULL ? fb__hold_in(m, find_hold(m, t, &like, NULL)) : NULL;
}

// ---- clones and drops ----

// A census states a stored waker; if the newest known one that agrees was
// named already, this is another clone of the same kind.
static bool census_knows(struct fb_model *m, const struct fb_model_task *t,
                         const struct fb_event *e) {
    const struct fb_model_hold like = named_by(e);
    struct fb_model_hold *h =
        fb__hold_in(m, find_hold(m, t, &like, &m->census));

    if (h != NULL) {
        h->seen = m->census;
        h->interest = (uint8_t)e->flags;
    }
    return h != NULL;
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
    h->seen = m->census;
    link_hold(m, t, slot);
    t->last_event = m->event;
    t->clones += !fb__is_census(e);
}

void fb__world_waker_drop(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));
    const struct fb_model_hold like = named_by(e);
    uint32_t slot;

    if (t == NULL) {
        return;
    }
    t->drops++;
    t->last_event = m->event;
    slot = find_hold(m, t, &like, NULL);
    if (slot == FB_MODEL_NONE) {
        // A clone made on another thread was never in the trace.
        m->anomalies += !m->uncertain && e->detail != FB_PARTY_OUTSIDE;
        return;
    }
    fb__world_release_hold(m, t, slot);
}

// ---- wakes ----

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
    t->unwoken = t->chosen;
    t->chosen = false;
}

void fb__world_wake(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    remember(m, e);
    if (t == NULL) {
        return;
    }
    t->wakes++;
    if (e->flags == FB_PARTY_TASK && e->wake.cause == e->subject) {
        t->wakes_self++;
        m->wakes_self++;
    }
    t->last_event = m->event;
    if (e->flags == FB_PARTY_CHANNEL && e->wake.interest == FB_AWAITS_MUTEX) {
        fb__world_granted(m, e->wake.cause, e->subject);
    }
    switch ((enum fb_wake_effect)e->detail) {
    case FB_WAKE_SCHEDULED:
        t->wakes_scheduled++;
        m->wakes_scheduled++;
        take_credit(m, t, e);
        break;
    case FB_WAKE_COALESCED:
        t->wakes_coalesced++;
        m->wakes_coalesced++;
        break;
    case FB_WAKE_DURING_POLL:
        t->wakes_during_poll++;
        m->wakes_during_poll++;
        t->wake_during_poll = true;
        take_credit(m, t, e);
        break;
    case FB_WAKE_AFTER_COMPLETE:
        t->wakes_late++;
        m->wakes_late++;
        break;
    default: m->anomalies++; break;
    }
}
