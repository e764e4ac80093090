// The rules of futures, wakers, the reactor and the census.
#include "lives_state.h"
#include "world.h"
#include <errno.h>

// ---- futures ----

// A future that is lent is polled by one below its parent.
static void judge_lent(struct fb_lives *l, const struct fb_event *e) {
    const struct fb__lives_worker *w = fb__lives_worker(l, e);

    for (size_t i = 0; i < w->depth; i++) {
        if (w->stack[i] == e->enter.parent) {
            return;
        }
    }
    fb__fault(l, FB_LIFE_NESTING,
              "Future %u is polled, lent by future %u, which is not being "
              "polled.",
              e->subject, e->enter.parent);
}

// The line of an await is in the file of the future that awaits.
static void judge_parent_type(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_future *p =
        fb_model_future(&l->world, e->enter.parent);

    if (p != NULL && p->type != 0 && e->enter.parent_type != 0 &&
        p->type != e->enter.parent_type) {
        fb__fault(l, FB_LIFE_NESTING,
                  "Future %u is polled by future %u of type %u, but its event "
                  "says type %u.",
                  e->subject, p->id, p->type, e->enter.parent_type);
    }
}

static void judge_enter(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t = fb_model_task(m, e->enter.task);
    const struct fb_model_future *f = fb_model_future(m, e->subject);
    const struct fb__lives_worker *w = fb__lives_worker(l, e);

    if (t == NULL || t->state != FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_NESTING,
                  "Future %u of task %u is polled while "
                  "that task is not.",
                  e->subject, e->enter.task);
        return;
    }
    judge_parent_type(l, e);
    if ((e->flags & FB_ENTER_LENT) != 0) {
        judge_lent(l, e);
    } else if (w->depth > 0 && w->stack[w->depth - 1] != e->enter.parent) {
        fb__fault(l, FB_LIFE_NESTING,
                  "Future %u is polled below future %u, but "
                  "future %u is the one being polled.",
                  e->subject, e->enter.parent, w->stack[w->depth - 1]);
    }
    if (fb__set_has(&l->dropped, e->subject)) {
        fb__fault(l, FB_LIFE_POLL, "Future %u is polled after it was dropped.",
                  e->subject);
    } else if (f != NULL && f->state == FB_FUTURE_READY) {
        fb__fault(l, FB_LIFE_POLL, "Future %u is polled after it was Ready.",
                  e->subject);
    } else if (f != NULL && f->task != e->enter.task) {
        fb__fault(l, FB_LIFE_NESTING,
                  "Future %u of task %u is polled by task "
                  "%u.",
                  e->subject, f->task, e->enter.task);
    } else if (f != NULL && f->state == FB_FUTURE_POLLING) {
        fb__fault(l, FB_LIFE_NESTING,
                  "Future %u is polled inside its own poll.", e->subject);
    }
}

static void judge_exit(struct fb_lives *l, const struct fb_event *e) {
    const struct fb__lives_worker *w = fb__lives_worker(l, e);

    if (w->depth <= 1 || w->stack[w->depth - 1] != e->subject) {
        fb__fault(l, FB_LIFE_NESTING,
                  "The poll of future %u ends, but it is "
                  "not the one being polled.",
                  e->subject);
    }
    if (e->detail > FB_RESULT_FAILED) {
        fb__fault(l, FB_LIFE_NUMBERS, "A poll of future %u has result %u.",
                  e->subject, e->detail);
    }
}

static void judge_children(struct fb_lives *l,
                           const struct fb_model_future *f) {
    const struct fb_model_future *c;

    for (uint32_t at = f->first_child;
         (c = fb_model_future_at(&l->world, at)) != NULL;
         at = c->next_sibling) {
        if (c->state != FB_FUTURE_DROPPED) {
            fb__fault(l, FB_LIFE_DROP,
                      "Future %u is dropped before its child "
                      "%u.",
                      f->id, c->id);
            return;
        }
    }
}

static void judge_drop(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_future *f = fb_model_future(&l->world, e->subject);

    if (fb__set_has(&l->dropped, e->subject)) {
        fb__fault(l, FB_LIFE_DROP, "Future %u is dropped twice.", e->subject);
        return;
    }
    if (f == NULL) {
        if (l->world.census > 0) {
            return; // Ready futures are not in a census, so not known after
        }
        fb__fault(l, FB_LIFE_DROP,
                  "Future %u is dropped, but was never "
                  "polled.",
                  e->subject);
        return;
    }
    judge_children(l, f);
    if (f->state == FB_FUTURE_POLLING) {
        fb__fault(l, FB_LIFE_DROP, "Future %u is dropped inside its own poll.",
                  f->id);
    } else if (e->detail == FB_DROP_UNPOLLED && f->polls > 0) {
        fb__fault(l, FB_LIFE_DROP,
                  "Future %u is dropped as never polled, after "
                  "%u polls.",
                  f->id, f->polls);
    } else if (e->detail == FB_DROP_CANCELLED && f->state == FB_FUTURE_READY) {
        fb__fault(l, FB_LIFE_DROP,
                  "Future %u is cancelled although it was "
                  "Ready.",
                  f->id);
    } else if (e->detail == FB_DROP_FINISHED && f->state != FB_FUTURE_READY &&
               !fb__set_has(&l->failed, f->task)) {
        fb__fault(l, FB_LIFE_DROP,
                  "Future %u is dropped as finished, but was "
                  "never Ready.",
                  f->id);
    } else if (e->detail > FB_DROP_UNPOLLED) {
        fb__fault(l, FB_LIFE_NUMBERS, "Future %u is dropped for reason %u.",
                  f->id, e->detail);
    }
}

void fb__lives_judge_future(struct fb_lives *l, const struct fb_event *e) {
    // Futures that are polled by hand, outside any task, are nobody's.
    if (e->kind == FB_EV_FUTURE_ENTER) {
        if (e->enter.task != 0) {
            judge_enter(l, e);
        }
    } else if (fb__set_has(&l->loose, e->subject)) {
        return;
    } else if (e->kind == FB_EV_FUTURE_EXIT) {
        judge_exit(l, e);
    } else {
        judge_drop(l, e);
    }
}

// ---- wakers ----

static void judge_waker_drop(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_WAKER);

    if (t == NULL || e->detail == FB_PARTY_OUTSIDE) {
        return; // clones of clones may be made on other threads, unseen
    }
    if (fb_model_hold(&l->world, t->id, e->waker.future,
                      (enum fb_party)e->detail, e->waker.holder) != NULL) {
        return;
    }
    fb__fault(l, FB_LIFE_WAKER,
              "A waker of task %u for future %u is released, "
              "but was never stored there.",
              t->id, e->waker.future);
}

static const char *effect_contradicts(const struct fb_lives *l,
                                      const struct fb_model_task *t,
                                      unsigned effect) {
    const bool complete = t->state == FB_TASK_COMPLETE;
    // Ready or failed: its futures are being dropped, which may wake it.
    const bool ending = fb__set_has(&l->ready, t->id) ||
                        fb__set_has(&l->failed, t->id) || t->aborted;

    if (effect > FB_WAKE_AFTER_COMPLETE) {
        return "has an effect that does not exist";
    }
    if (effect == FB_WAKE_AFTER_COMPLETE && !complete) {
        return "is called late, but it is not complete";
    }
    if (t->aborted || (ending && !complete)) {
        return NULL;
    }
    if (effect != FB_WAKE_AFTER_COMPLETE && complete) {
        return "is complete, so the wake cannot have an effect";
    }
    if (effect == FB_WAKE_SCHEDULED && t->state != FB_TASK_IDLE) {
        return "is to be scheduled, but it was not idle";
    }
    if (effect == FB_WAKE_DURING_POLL && t->state != FB_TASK_RUNNING) {
        return "is not being polled";
    }
    if (effect == FB_WAKE_COALESCED && t->state == FB_TASK_RUNNING &&
        !t->wake_during_poll) {
        return "is being polled, so its first wake is not coalesced";
    }
    return NULL; // idle and coalesced: another thread was first, its wake comes
}

static void judge_wake(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_WAKE);
    const char *what = t != NULL ? effect_contradicts(l, t, e->detail) : NULL;

    if (what != NULL) {
        fb__fault(l, FB_LIFE_WAKE, "Task %u, which is woken, %s.", t->id, what);
    }
}

void fb__lives_judge_waker(struct fb_lives *l, const struct fb_event *e) {
    if (e->kind == FB_EV_WAKE) {
        judge_wake(l, e);
    } else if (e->kind == FB_EV_WAKER_DROP) {
        judge_waker_drop(l, e);
    } else if (e->detail == FB_PARTY_BLOCKING && l->works_known &&
               !fb__set_has(&l->works, e->waker.holder)) {
        fb__fault(l, FB_LIFE_WAKER,
                  "A waker of task %u is stored in blocking work %u, which is "
                  "not under way.",
                  e->subject, e->waker.holder);
    } else if (fb__lives_task(l, e, FB_LIFE_WAKER) != NULL &&
               e->detail == FB_PARTY_SOURCE &&
               fb_model_source(&l->world, e->waker.holder) == NULL) {
        fb__fault(l, FB_LIFE_WAKER,
                  "A waker of task %u is stored in source "
                  "%u, which does not exist.",
                  e->subject, e->waker.holder);
    }
}

// ---- reactor, timers, rest ----

static void judge_source(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_source *s = fb_model_source(&l->world, e->subject);

    if (e->kind == FB_EV_SOURCE_STALE) {
        return;
    }
    if (e->kind == FB_EV_SOURCE_ADD) {
        if (s != NULL || e->subject == 0) {
            fb__fault(l, FB_LIFE_SOURCE, "Source %u is added, but it exists.",
                      e->subject);
        }
    } else if (s == NULL) {
        fb__fault(l, FB_LIFE_SOURCE,
                  "Event kind %u speaks of source %u, which "
                  "does not exist.",
                  e->kind, e->subject);
    } else if (s->fd != e->source.fd || s->generation != e->source.generation) {
        fb__fault(l, FB_LIFE_SOURCE,
                  "Source %u is fd %d, not fd %d of another "
                  "generation.",
                  s->id, s->fd, e->source.fd);
    }
}

// After a close, an attempt may still be made: it gives EBADF.
static void judge_io(struct fb_lives *l, const struct fb_event *e) {
    if (e->io.result >= 0 && e->detail != FB_IO_CLOSE && e->subject != 0 &&
        fb_model_source(&l->world, e->subject) == NULL) {
        fb__fault(l, FB_LIFE_SOURCE,
                  "Source %u, which does not exist, gives "
                  "%d.",
                  e->subject, e->io.result);
    }
}

static void judge_timer(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_timer *t = fb_model_timer(&l->world, e->subject);

    if (e->kind == FB_EV_TIMER_SET) {
        if (t != NULL || e->subject == 0) {
            fb__fault(l, FB_LIFE_TIMER, "Timer %u is set, but it was.",
                      e->subject);
        }
    } else if (t == NULL) {
        fb__fault(l, FB_LIFE_TIMER, "Timer %u ends, but was never set.",
                  e->subject);
    } else if (e->detail == FB_TIMER_FIRED && e->time_ns < t->deadline_ns) {
        fb__fault(l, FB_LIFE_TIMER, "Timer %u fires %llu ns early.", t->id,
                  (unsigned long long)(t->deadline_ns - e->time_ns));
    }
}

// Those that wait for their poll. With several workers a task that is aborted
// may be dropped by one while it is in another one's queue, which skips it.
static uint32_t runnable(struct fb_lives *l, const struct fb_model_worker *w) {
    uint32_t count = 0, slot = w->queue_head;

    while (slot != FB_MODEL_NONE) {
        const struct fb_model_task *t = fb__task_in(&l->world, slot);

        count += !(l->several && t->aborted);
        slot = t->queue_next;
    }
    return count;
}

static void judge_park(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_worker *w = fb__lives_named(l, e);
    uint32_t waiting = w->queue_len > 0 ? runnable(l, w) : 0;

    if (w->running != FB_MODEL_NONE) {
        fb__fault(l, FB_LIFE_PARK, "The executor parks inside a poll.");
    }
    if (waiting > 0) {
        fb__fault(l, FB_LIFE_PARK,
                  "The executor parks while %u tasks are in "
                  "the run queue.",
                  waiting);
    }
    if (w->parked) {
        fb__fault(l, FB_LIFE_PARK, "The executor parks twice.");
    }
}

static void judge_block(struct fb_lives *l, const struct fb_event *e) {
    const bool out = fb__set_has(&l->works, e->subject);

    if (e->kind == FB_EV_BLOCK_BEGIN) {
        if (out || e->subject == 0) {
            fb__fault(l, FB_LIFE_BLOCK, "Blocking work %u begins twice.",
                      e->subject);
        }
    } else if (!out && l->works_known) {
        fb__fault(l, FB_LIFE_BLOCK,
                  "Blocking work %u ends, but is not under way.", e->subject);
    } else if (e->detail > FB_BLOCK_ORPHAN) {
        fb__fault(l, FB_LIFE_NUMBERS, "Blocking work %u ends in way %u.",
                  e->subject, e->detail);
    }
}

void fb__lives_judge_reactor(struct fb_lives *l, const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL: judge_source(l, e); break;
    case FB_EV_IO: judge_io(l, e); break;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: judge_timer(l, e); break;
    case FB_EV_PARK: judge_park(l, e); break;
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: judge_block(l, e); break;
    case FB_EV_UNPARK:
    case FB_EV_STALL:
        if (e->kind == FB_EV_STALL
                ? fb__lives_polling(l)
                : fb__lives_named(l, e)->running != FB_MODEL_NONE) {
            fb__fault(l, FB_LIFE_PARK,
                      "The executor leaves a poll that has not ended.");
        }
        break;
    default: break;
    }
}

// ---- the census: it must name what is, all of it and nothing else ----

static void judge_census_end(struct fb_lives *l) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t;
    const struct fb_model_source *s;
    const struct fb_model_timer *timer;
    uint32_t cursor = 0;

    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        if (t->seen != m->census) {
            fb__fault(l, FB_LIFE_CENSUS, "The census does not name task %u.",
                      t->id);
        }
    }
    cursor = 0;
    while ((s = fb_model_source_next(m, &cursor)) != NULL) {
        if (s->seen != m->census) {
            fb__fault(l, FB_LIFE_CENSUS, "The census does not name source %u.",
                      s->id);
        }
    }
    cursor = 0;
    while ((timer = fb_model_timer_next(m, &cursor)) != NULL) {
        if (timer->seen != m->census) {
            fb__fault(l, FB_LIFE_CENSUS, "The census does not name timer %u.",
                      timer->id);
        }
    }
}

void fb__lives_judge_census(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t;

    if (fb__lives_polling(l)) {
        fb__fault(l, FB_LIFE_CENSUS, "A census is written inside a poll.");
    }
    if (e->kind != FB_EV_CENSUS) {
        if (!m->in_census) {
            fb__fault(l, FB_LIFE_CENSUS,
                      "Event kind %u states what is, but no "
                      "census is under way.",
                      e->kind);
        } else if ((e->kind == FB_EV_TASK_SPAWN &&
                    fb_model_task(m, e->subject) == NULL) ||
                   (e->kind == FB_EV_SOURCE_ADD &&
                    fb_model_source(m, e->subject) == NULL) ||
                   (e->kind == FB_EV_TIMER_SET &&
                    fb_model_timer(m, e->subject) == NULL) ||
                   (e->kind == FB_EV_FUTURE_ENTER &&
                    fb_model_future(m, e->subject) == NULL)) {
            fb__fault(l, FB_LIFE_CENSUS,
                      "The census names number %u (event "
                      "kind %u), which does not exist.",
                      e->subject, e->kind);
        }
    } else if (e->detail == FB_CENSUS_END) {
        judge_census_end(l);
    } else if (e->detail == FB_CENSUS_TASK) {
        t = fb__lives_task(l, e, FB_LIFE_CENSUS);
        if (t != NULL && t->polls != e->counts.polls) {
            fb__fault(l, FB_LIFE_CENSUS,
                      "The census counts %u polls of task "
                      "%u, not %u.",
                      e->counts.polls, t->id, t->polls);
        }
    }
}
