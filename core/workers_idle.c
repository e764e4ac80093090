// Problem: a worker without work must sleep, someone must hear what the kernel
// and other threads have to say, no wake may be lost between a last look and
// the sleep, and when all sleep for ever that is a stall.
// Idea: of those that have nothing to do one drives the reactor, and sleeps in
// epoll until the next deadline; the others sleep on their own condition.
//
//     busy ── nothing anywhere ──► idle: PARKED, or DRIVING if nobody is
//       ▲                                 │
//       └── searching ◄── roused ─────────┘     the kernel rouses the driver
//
// Who queues something rouses one idle worker, unless one is searching already;
// a searcher that finds something rouses the next one if there is more.
//     who queues:  ready += 1; then looks at idle and searching
//     who idles:   searching -= 1; idle += 1; then looks at every ready
// All sequentially consistent, so that one of the two sees the other.
// The last one to become idle asks whether anything can ever happen again. With
// a virtual clock only the last one drives, and moves the clock where a runtime
// with one worker would.
// Invariants: while one is PARKED another one is driving, or busy and will be.
// Concurrency: idleness, driving and searching under idle_lock, which is taken
// inside the bracket, never around it.
// Source: the searching workers of Tokio's scheduler.
#include "workers_impl.h"

#include <errno.h>

// ---- rousing ----

// Requires: idle_lock; it is idle.
static void rouse(struct fb__worker *w) {
    struct fb__group *g = w->group;
    bool driving = w->idleness == FB__DRIVING;

    w->idleness = FB__BUSY;
    atomic_fetch_sub(&g->idle, 1);
    if (driving) {
        fb__door_ring(g->home->door);
    } else {
        pthread_cond_signal(&w->woken);
    }
}

void fb__workers_rouse_all(struct fb__group *g) {
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->workers[i].idleness != FB__BUSY) {
            rouse(&g->workers[i]);
        }
    }
}

static struct fb__worker *find_idle(struct fb__group *g,
                                    enum fb__idleness idleness) {
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->workers[i].idleness == idleness) {
            return &g->workers[i];
        }
    }
    return NULL;
}

// Requires: idle_lock.
static void rouse_searcher(struct fb__group *g) {
    struct fb__worker *w = find_idle(g, FB__PARKED);

    if (atomic_load(&g->searching) > 0) {
        return; // that one will look at all queues, and rouse the next
    }
    if (w == NULL) {
        w = find_idle(g, FB__DRIVING);
    }
    if (w != NULL) {
        w->searching = true;
        atomic_fetch_add(&g->searching, 1);
        rouse(w);
    }
}

void fb__workers_notify(struct fb__group *g) {
    if (atomic_load(&g->idle) > 0 && atomic_load(&g->searching) == 0) {
        pthread_mutex_lock(&g->idle_lock);
        rouse_searcher(g);
        pthread_mutex_unlock(&g->idle_lock);
    }
}

static bool work_somewhere(const struct fb__group *g) {
    for (uint32_t i = 0; i < g->count; i++) {
        if (atomic_load(&g->workers[i].ready) > 0) {
            return true;
        }
    }
    return false;
}

// Requires: idle_lock.
static void end_search(struct fb__worker *w) {
    if (w->searching) {
        w->searching = false;
        atomic_fetch_sub(&w->group->searching, 1);
    }
}

void fb__workers_found(struct fb__worker *w) {
    struct fb__group *g = w->group;
    // With a virtual clock nobody listens before all are idle.
    bool unheard = atomic_load(&g->idle) > 0 && !atomic_load(&g->driving) &&
                   !g->home->virtual_clock;

    // `searching` is set by others only while this worker is idle.
    if (w->searching || unheard) {
        pthread_mutex_lock(&g->idle_lock);
        end_search(w);
        if (unheard || work_somewhere(g)) {
            rouse_searcher(g);
        }
        pthread_mutex_unlock(&g->idle_lock);
    }
}

// ---- the reactor ----

static bool begin_driving(struct fb__group *g) {
    bool mine;

    pthread_mutex_lock(&g->idle_lock);
    mine = !atomic_load(&g->driving);
    atomic_store(&g->driving, true);
    pthread_mutex_unlock(&g->idle_lock);
    return mine;
}

// The next one drives: who becomes idle from now on; or one that is parked, if
// this worker has something to run (fb__workers_found).
static void end_driving(struct fb__group *g) {
    pthread_mutex_lock(&g->idle_lock);
    atomic_store(&g->driving, false);
    pthread_mutex_unlock(&g->idle_lock);
}

// Requires: the bracket.
static void fire_and_release(struct fb_runtime *rt) {
    fb__timers_fire(rt);
    fb__release_deferred(rt);
}

void fb__workers_look(struct fb__worker *w) {
    struct epoll_event events[FB__REACTOR_EVENTS];
    struct fb_runtime *rt = w->rt;
    bool driving = begin_driving(w->group);
    int count = driving ? fb__reactor_wait(rt, events, 0) : 0;

    fb__clock_refresh(rt);
    fb__shared_begin();
    if (driving) {
        fb__reactor_take(rt, events, count);
    }
    fire_and_release(rt);
    fb__shared_end();
    if (driving) {
        end_driving(w->group);
    }
    fb__take_from_door(rt);
}

// ---- being idle ----

// How long the driver may sleep. A timer that is set meanwhile for an earlier
// time rings for it (fb__workers_note_timer).
static int64_t sleep_ns(struct fb__worker *w) {
    const struct fb_timer *first;
    struct fb__group *g = w->group;
    int64_t ns;

    fb__clock_refresh(w->rt);
    fb__shared_begin();
    ns = fb__park_ns(w->rt);
    first = fb__timer_first(g->home);
    if (!g->home->virtual_clock && ns != 0) {
        g->driver_deadline_ns = first != NULL ? first->deadline_ns : UINT64_MAX;
    }
    fb__shared_end();
    return ns;
}

void fb__workers_note_timer(uint64_t deadline_ns) {
    struct fb__group *g = fb__group_here;

    if (deadline_ns < g->driver_deadline_ns) {
        g->driver_deadline_ns = deadline_ns;
        fb__door_ring(g->home->door);
    }
}

static void no_longer_idle(struct fb__worker *w) {
    pthread_mutex_lock(&w->group->idle_lock);
    if (w->idleness != FB__BUSY) {
        w->idleness = FB__BUSY;
        atomic_fetch_sub(&w->group->idle, 1);
    }
    pthread_mutex_unlock(&w->group->idle_lock);
}

// Inside the bracket: what was stolen from its queue has been told then.
static void note_park(struct fb_runtime *rt, int64_t timeout_ns) {
    fb__told_begin(rt);
    fb__reactor_park(rt, timeout_ns);
    fb__told_end(rt);
}

static void drive(struct fb__worker *w) {
    struct epoll_event events[FB__REACTOR_EVENTS];
    struct fb_runtime *rt = w->rt;
    int64_t timeout_ns = sleep_ns(w);
    int count;

    note_park(rt, timeout_ns);
    fb__gap_leave(w);
    count = fb__reactor_wait(rt, events, timeout_ns);
    fb__gap_pass(w);
    no_longer_idle(w);
    fb__shared_begin();
    w->group->driver_deadline_ns = 0;
    fb__clock_refresh(rt);
    if (fb__reactor_take(rt, events, count) == 0 && count == 0) {
        fb__jump_to_deadline(rt); // its driver is the last one to be idle
    }
    fire_and_release(rt);
    fb__shared_end();
    fb__take_from_door(rt);
    end_driving(w->group);
}

static void park(struct fb__worker *w) {
    struct fb__group *g = w->group;

    note_park(w->rt, -1);
    fb__gap_leave(w);
    pthread_mutex_lock(&g->idle_lock);
    while (w->idleness == FB__PARKED) {
        pthread_cond_wait(&w->woken, &g->idle_lock);
    }
    pthread_mutex_unlock(&g->idle_lock);
    fb__gap_pass(w);
    fb__clock_refresh(w->rt);
}

// All are idle. Nothing can happen any more but through a waker outside, a
// timer, the kernel or a pool thread: if there is none of these, it is a stall.
static void look_for_stall(struct fb__group *g) {
    fb__shared_begin();
    if (atomic_load(&g->idle) == g->count && fb__stalled(g->home)) {
        fb__group_end(g, -EDEADLK);
    }
    fb__shared_end();
}

void fb__workers_idle(struct fb__worker *w) {
    struct fb__group *g = w->group;
    bool last, drives = false, idle;

    pthread_mutex_lock(&g->idle_lock);
    end_search(w);
    last = atomic_fetch_add(&g->idle, 1) + 1 == g->count;
    idle = !work_somewhere(g) && !fb__group_is_over(g);
    if (idle) {
        drives = !atomic_load(&g->driving) && (last || !g->home->virtual_clock);
        if (drives) {
            atomic_store(&g->driving, true);
        }
        w->idleness = drives ? FB__DRIVING : FB__PARKED;
    } else {
        atomic_fetch_sub(&g->idle, 1);
    }
    pthread_mutex_unlock(&g->idle_lock);
    if (idle && last) {
        look_for_stall(g);
    }
    if (idle) {
        drives ? drive(w) : park(w);
    }
}
