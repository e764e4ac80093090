// Problem: a viewer that comes late, or lost events, must see exactly what is
// alive now.
// Idea: between two polls, when no task is running, say everything once:
// tasks with their counters, futures parents first, sources, timers, stored
// wakers, the run queue in order. What a census does not name does not exist.
// Concurrency: executor thread, between polls; with several workers while the
// others stand still.
#include "emit.h"

enum { OUTSIDE_NAMED_MAX = 64 }; // of one task; more say nothing new

struct walk {
    struct fb_runtime *rt;
    struct fb_task *task;
    struct fb_future *parent;
    uint32_t futures;
};

static void say_future(struct fb_future *f, void *arg) {
    struct walk *walk = arg;
    struct fb_future *parent = walk->parent;

    if (f->type == NULL || f->id == 0 || f->state >= FB_STATE_DONE) {
        return;
    }
    if (parent != NULL) {
        fb__emit_enter(walk->rt, walk->task->id, parent, f, FB_EV_FLAG_CENSUS);
        walk->futures++;
    }
    walk->parent = f;
    fb__future_children(f, say_future, walk);
    walk->parent = parent;
}

static void say_waiters(struct fb_future *f, void *arg) {
    struct walk *walk = arg;
    struct fb_waiter *w;

    if (f->type == NULL || f->id == 0 || f->state >= FB_STATE_DONE) {
        return;
    }
    w = fb__future_waiter(f);
    if (w != NULL && fb__waker_task(&w->waker) != NULL) {
        fb__emit_waker_clone(walk->rt, fb__waker_task(&w->waker)->id, w->party,
                             w->holder, w->future, w->interest,
                             FB_EV_FLAG_CENSUS);
    }
    fb__future_children(f, say_waiters, walk);
}

static void say_task(struct fb_runtime *rt, struct fb_task *task,
                     struct walk *walk) {
    fb__emit_spawn(rt, task, FB_EV_FLAG_CENSUS);
    if (task->notes != NULL && task->notes->label_len > 0) {
        fb__emit_text(rt, FB_EV_TASK_LABEL, task->id, task->notes->label,
                      task->notes->label_len, FB_EV_FLAG_CENSUS);
    }
    FB__EMIT(rt, FB_EV_CENSUS, task->id, {
        e->detail = FB_CENSUS_TASK;
        e->flags = FB_EV_FLAG_CENSUS;
        e->counts.polls = task->polls;
        e->counts.wakes = task->wakes;
        // Not one on its way to the door: its wake is still to be told.
        e->counts.queued = task->queued && task->outcome == 0;
        e->counts.outcome = task->outcome;
    });
    walk->task = task;
    walk->parent = NULL;
    say_future(fb__task_root(task), walk);
}

static void say_wakers(struct fb_runtime *rt, struct fb_task *task,
                       struct walk *walk) {
    uint32_t outside =
        atomic_load_explicit(&task->outside, memory_order_relaxed);

    say_waiters(fb__task_root(task), walk);
    for (uint32_t i = 0; i < outside && i < OUTSIDE_NAMED_MAX; i++) {
        fb__emit_waker_clone(rt, task->id, FB_PARTY_OUTSIDE, 0, 0, 0,
                             FB_EV_FLAG_CENSUS);
    }
}

static void say_sources(struct fb_runtime *rt) {
    const struct fb__reactor *r = &rt->home->reactor;

    for (uint32_t i = 0; i < r->used; i++) {
        const struct fb__entry *entry = fb__reactor_at(r, i);

        if (entry->fd >= 0) {
            fb__emit_source(rt, FB_EV_SOURCE_ADD, entry, entry->known,
                            FB_EV_FLAG_CENSUS);
        }
    }
}

static void say_timer(const struct fb_timer *t, void *arg) {
    fb__emit_timer(arg, FB_EV_TIMER_SET, t, 0, FB_EV_FLAG_CENSUS);
}

static void say_edge(struct fb_runtime *rt, enum fb_census_step step,
                     uint32_t futures) {
    FB__EMIT(rt, FB_EV_CENSUS, 0, {
        e->detail = (uint8_t)step;
        e->flags = FB_EV_FLAG_CENSUS;
        e->census.tasks = rt->home->tasks;
        e->census.futures = futures;
        e->census.sources = rt->home->reactor.open;
        e->census.timers = rt->home->timers_armed;
    });
}

static void say_queue(struct fb_runtime *rt, const struct fb_runtime *of) {
    uint32_t depth = 0;

    for (struct fb_task *t = of->queue_head; t != NULL; t = t->queue_next) {
        if (t->outcome == 0) { // not one that was cancelled where it stood
            fb__emit_scheduled(rt, t->id, FB_QUEUE_RUN, ++depth,
                               FB_EV_FLAG_CENSUS | of->worker);
        }
    }
}

// Trace: CENSUS begin … end, as README.md of core/trace lists it.
void fb__census_write(struct fb_runtime *rt) {
    struct fb_runtime *home = rt->home;
    uint64_t begin = rt->trace->head + 1;
    struct walk walk = {.rt = rt};

    say_edge(rt, FB_CENSUS_BEGIN, 0);
    for (struct fb_task *t = home->all_first; t != NULL; t = t->all_next) {
        say_task(rt, t, &walk);
    }
    say_sources(rt);
    fb__timers_visit(home, say_timer, rt);
    for (struct fb_task *t = home->all_first; t != NULL; t = t->all_next) {
        say_wakers(rt, t, &walk);
    }
    for (uint32_t i = 0; fb__workers_at(home, i) != NULL; i++) {
        say_queue(rt, fb__workers_at(home, i));
    }
    say_edge(rt, FB_CENSUS_END, walk.futures);
    fb_trace_census_done(rt->trace, begin);
}
