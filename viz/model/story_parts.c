// The story of futures, wakers, the reactor and the executor.
#include "story_parts.h"
#include <errno.h>

void fb__tell_task(struct fb__telling *s, uint32_t task) {
    // a task that this event ends is known before it, a new one after it
    const struct fb_model *m =
        fb_model_task(s->after, task) != NULL ? s->after : s->before;

    fb__phrase_task(&s->p, "Task", s->names, m, task);
}

bool fb__tell_several(const struct fb__telling *s) {
    return fb_model_workers(s->after) > 1;
}

void fb__tell_out(struct fb__telling *s, int32_t out) {
    if (out > 0) {
        fb__phrase_add(&s->p, " with %d", out);
    } else if (out < 0) {
        const char *name = fb_name_errno(out);

        if (name[0] == '?') {
            fb__phrase_add(&s->p, " with error %d", out);
        } else {
            fb__phrase_add(&s->p, " with %s", name);
        }
    }
}

void fb__tell_line(struct fb__telling *s, uint32_t type, uint32_t line) {
    if (fb__names_knows(s->names, type)) {
        fb__phrase_add(&s->p, " in ");
        fb__phrase_place(&s->p, s->names, type, line);
    } else {
        fb__phrase_add(&s->p, " on line %u", line);
    }
}

void fb__tell_gap(struct fb__telling *s, uint64_t first, uint64_t last) {
    if (first == last) {
        fb__phrase_add(&s->p, "Event %llu was lost. ",
                       (unsigned long long)first);
    } else {
        fb__phrase_add(&s->p, "Events %llu to %llu were lost. ",
                       (unsigned long long)first, (unsigned long long)last);
    }
}

// ---- futures ----

// "read" of a future that is known, or "future 9".
static void add_future(struct fb__telling *s, const struct fb_model *m,
                       uint32_t id) {
    const struct fb_model_future *f = fb_model_future(m, id);

    if (f != NULL && fb__names_knows(s->names, f->type)) {
        fb__phrase_type(&s->p, s->names, f->type);
        fb__phrase_add(&s->p, " (future %u)", id);
    } else {
        fb__phrase_add(&s->p, "future %u", id);
    }
}

static void say_enter(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    const struct fb_model_future *f = fb_model_future(s->after, e->subject);
    const struct fb_model_future *up =
        fb_model_future(s->after, e->enter.parent);

    fb__phrase_add(&s->p, "Task %u polls ", e->enter.task);
    add_future(s, s->after, e->subject);
    if (e->enter.line != 0) {
        fb__phrase_add(&s->p, ", awaited");
        fb__tell_line(s, up != NULL ? up->type : 0, e->enter.line);
    }
    if ((e->flags & FB_ENTER_LENT) != 0) {
        fb__phrase_add(&s->p, ", by reference");
    }
    if (f != NULL && f->polls > 1) {
        fb__phrase_add(&s->p, ", once more");
    } else if (f != NULL && fb_model_future(s->before, e->subject) == NULL) {
        fb__phrase_add(&s->p, ": its first poll");
    }
    fb__phrase_add(&s->p, ".");
}

static void say_exit(struct fb__telling *s) {
    const struct fb_event *e = s->e;

    add_future(s, s->after, e->subject);
    if (e->detail == FB_RESULT_READY) {
        fb__phrase_add(&s->p, " returns Ready");
        fb__tell_out(s, e->exit.out);
        fb__phrase_add(&s->p, ".");
        return;
    }
    if (e->detail == FB_RESULT_FAILED) {
        fb__phrase_add(&s->p, " returns: its task has failed.");
        return;
    }
    fb__phrase_add(&s->p, " returns Pending");
    if (fb_model_future_hold(s->after, e->subject) != NULL) {
        fb__phrase_add(&s->p, ": it waits for ");
        fb__phrase_reason(&s->p, s->names, s->after, e->subject);
    }
    fb__phrase_add(&s->p, ".");
}

static void say_drop(struct fb__telling *s) {
    add_future(s, s->before, s->e->subject);
    switch ((enum fb_drop_why)s->e->detail) {
    case FB_DROP_FINISHED:
        fb__phrase_add(&s->p, " is dropped: it has given its result.");
        break;
    case FB_DROP_CANCELLED:
        fb__phrase_add(&s->p, " is cancelled: dropped before it was Ready");
        if (s->e->drop.line != 0) {
            const struct fb_model_future *f =
                fb_model_future(s->before, s->e->subject);

            fb__phrase_add(&s->p, ", suspended");
            fb__tell_line(s, f != NULL ? f->type : 0, s->e->drop.line);
        }
        fb__phrase_add(&s->p, ".");
        break;
    case FB_DROP_UNPOLLED:
        fb__phrase_add(&s->p, " is dropped without ever having been polled.");
        break;
    default: fb__phrase_add(&s->p, " is dropped."); break;
    }
}

void fb__tell_of_future(struct fb__telling *s) {
    if (s->e->kind == FB_EV_FUTURE_ENTER) {
        say_enter(s);
    } else if (s->e->kind == FB_EV_FUTURE_EXIT) {
        say_exit(s);
    } else {
        say_drop(s);
    }
}

// ---- wakers ----

static void say_clone(struct fb__telling *s) {
    struct fb__phrase *p = &s->p;
    const uint32_t task = s->e->subject, holder = s->e->waker.holder;
    const unsigned interest = s->e->flags & ~FB_EV_FLAG_CENSUS;

    switch ((enum fb_party)s->e->detail) {
    case FB_PARTY_SOURCE:
        fb__phrase_add(p, "Its waker now sits in the reactor: ");
        fb__phrase_source(p, s->after, holder);
        fb__phrase_add(p, " becoming ");
        fb__phrase_bits(p, interest != 0 ? interest : FB_READABLE, " or ");
        break;
    case FB_PARTY_TIMER:
        fb__phrase_add(p, "Its waker now sits in timer %u: its deadline",
                       holder);
        break;
    case FB_PARTY_TASK:
        fb__phrase_add(p, "Its waker now sits in task %u: the end of that task",
                       holder);
        break;
    case FB_PARTY_JOIN_SET:
        fb__phrase_add(p,
                       "Its waker now sits in join set %u: the next task "
                       "of the set to finish",
                       holder);
        break;
    case FB_PARTY_CHANNEL:
        fb__phrase_add(p, "Its waker now sits in ");
        fb__phrase_channel(p, interest, holder);
        fb__phrase_add(p, ": ");
        fb__phrase_channel_wait(p, interest, holder);
        break;
    case FB_PARTY_BLOCKING:
        fb__phrase_add(p,
                       "Its waker now sits in blocking work %u: the end of "
                       "that work",
                       holder);
        break;
    case FB_PARTY_EXECUTOR:
        fb__phrase_add(p,
                       "Its waker now sits with the executor: the next turn");
        break;
    default:
        fb__phrase_add(p,
                       "The program keeps a waker of task %u: whoever "
                       "holds it",
                       task);
        fb__phrase_add(p, " can wake the task.");
        return;
    }
    fb__phrase_add(p, " will wake task %u.", task);
}

static void say_waker_drop(struct fb__telling *s) {
    struct fb__phrase *p = &s->p;
    const uint32_t holder = s->e->waker.holder;

    switch ((enum fb_party)s->e->detail) {
    case FB_PARTY_SOURCE:
        fb__phrase_add(p, "The reactor's waker for ");
        fb__phrase_source(p, s->before, holder);
        break;
    case FB_PARTY_EXECUTOR: fb__phrase_add(p, "The executor's waker"); break;
    case FB_PARTY_OUTSIDE: fb__phrase_add(p, "The program's waker"); break;
    case FB_PARTY_CHANNEL:
        fb__phrase_add(p, "The waker in ");
        fb__phrase_channel(p, s->e->waker.interest, holder);
        break;
    default:
        fb__phrase_add(p, "The waker in ");
        fb__phrase_party(p, s->before, s->e->detail, holder);
        break;
    }
    switch ((enum fb_waker_drop_why)s->e->flags) {
    case FB_WAKER_WOKEN:
        fb__phrase_add(p, " is used up: it wakes task %u.", s->e->subject);
        break;
    case FB_WAKER_REPLACED:
        fb__phrase_add(p, " is replaced by a newer one of task %u.",
                       s->e->subject);
        break;
    case FB_WAKER_DROPPED:
    default:
        fb__phrase_add(p, " is dropped: it will not wake task %u.",
                       s->e->subject);
        break;
    }
}

// "fd 7 is readable: the reactor", "Timer 3", "Task 5": who wakes.
static void add_waking(struct fb__telling *s) {
    struct fb__phrase *p = &s->p;
    const uint32_t cause = s->e->wake.cause;
    const struct fb_model_source *source;

    switch ((enum fb_party)s->e->flags) {
    case FB_PARTY_SOURCE:
        source = fb_model_source(s->after, cause);
        if (source != NULL && source->ready != 0) {
            fb__phrase_source(p, s->after, cause);
            fb__phrase_add(p, " is ");
            fb__phrase_bits(p, source->ready, " and ");
            fb__phrase_add(p, ": the reactor");
        } else {
            fb__phrase_add(p, "The reactor, for ");
            fb__phrase_source(p, s->after, cause);
            fb__phrase_add(p, ",");
        }
        break;
    case FB_PARTY_TIMER: fb__phrase_add(p, "Timer %u", cause); break;
    case FB_PARTY_TASK:
        if (cause == s->e->subject) {
            fb__phrase_add(p, "A task wakes itself: task %u", cause);
        } else {
            fb__tell_task(s, cause);
        }
        break;
    case FB_PARTY_JOIN_SET: fb__phrase_add(p, "Join set %u", cause); break;
    case FB_PARTY_CHANNEL:
        fb__phrase_add(p, "The ");
        fb__phrase_channel(p, s->e->wake.interest, cause);
        break;
    case FB_PARTY_THREAD: fb__phrase_add(p, "Thread %u", cause); break;
    case FB_PARTY_OUTSIDE: fb__phrase_add(p, "A waker kept outside"); break;
    case FB_PARTY_SPAWN: fb__phrase_add(p, "Its spawn"); break;
    case FB_PARTY_ABORT: fb__phrase_add(p, "An abort"); break;
    case FB_PARTY_EXECUTOR:
        fb__phrase_add(p, "The executor's next turn");
        break;
    case FB_PARTY_BLOCKING: fb__phrase_add(p, "Blocking work %u", cause); break;
    case FB_PARTY_NONE:
    default: fb__phrase_add(p, "Somebody unknown"); break;
    }
}

static void say_wake(struct fb__telling *s) {
    const struct fb_model_task *t = fb_model_task(s->after, s->e->subject);
    struct fb__phrase *p = &s->p;

    if (t != NULL && t->unwoken && t->woken_event == s->after->event) {
        fb__phrase_add(p, "Nobody wakes ");
        fb__phrase_task(p, "task", s->names, s->after, s->e->subject);
        fb__phrase_add(p, ": it goes to the run queue only because it was "
                          "chosen.");
        return;
    }

    add_waking(s);
    fb__phrase_add(p, " wakes ");
    fb__phrase_task(p, "task", s->names, s->after, s->e->subject);
    switch ((enum fb_wake_effect)s->e->detail) {
    case FB_WAKE_SCHEDULED:
        // not "joins": that is the next event, and the picture shows it then
        fb__phrase_add(p, ", which goes to the run queue.");
        break;
    case FB_WAKE_COALESCED:
        fb__phrase_add(p, "; it was scheduled already, so this wake is "
                          "coalesced.");
        break;
    case FB_WAKE_DURING_POLL:
        fb__phrase_add(p, " while it is being polled: it will be polled once "
                          "more.");
        break;
    case FB_WAKE_AFTER_COMPLETE:
        fb__phrase_add(p, ", which is complete: nothing happens.");
        break;
    default: fb__phrase_add(p, "."); break;
    }
}

void fb__tell_of_waker(struct fb__telling *s) {
    if (s->e->kind == FB_EV_WAKER_CLONE) {
        say_clone(s);
    } else if (s->e->kind == FB_EV_WAKER_DROP) {
        say_waker_drop(s);
    } else {
        say_wake(s);
    }
}
