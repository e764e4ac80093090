// Problem: one queue for all workers would be fought over; a queue for each
// leaves some without work while others have too much.
// Idea: each worker has a queue with a small lock of its own; what is woken or
// spawned goes into the queue of the worker that does it. Who has nothing left
// takes half of another one's, from the front: what would run next there.
// Invariants: a task is in at most one queue (its state word says scheduled).
// What is in a queue is taken by someone: whoever queues looks for an idle
// worker (workers_idle.c).
// Concurrency: rt's queue fields and `queued` of the tasks in it under
// queue_lock. `ready` is changed under it, and sequentially consistent: the
// other half of the agreement is in workers_idle.c. While a trace is written
// all of it is inside the bracket, so TASK_SCHEDULED comes in order.
// Source: the work stealing of Blumofe and Leiserson (1999), with a lock.
#include "emit.h"
#include "workers_impl.h"

enum { STEAL_MAX = 256 };

void fb__workers_push(struct fb_runtime *rt, struct fb_task *task,
                      unsigned queue) {
    struct fb__worker *w = fb__worker_of(rt);
    // A task that has just been polled: this worker goes on with it at once.
    bool again = task == rt->current;
    const uint32_t id = task->id;
    uint32_t depth;

    pthread_mutex_lock(&w->queue_lock);
    fb__queue_link(rt, task); // from its unlocking on it may end elsewhere
    depth = atomic_fetch_add(&w->ready, 1) + 1;
    pthread_mutex_unlock(&w->queue_lock);
    fb__emit_scheduled(rt, id, (enum fb_queue)queue, depth, rt->worker);
    if (!again || depth > 1) {
        fb__workers_notify(w->group);
    }
}

// Out of the queue of `from`, if it lies there.
static struct fb_task *take_from(struct fb__worker *from, uint32_t id) {
    struct fb_task *before, *task = NULL;

    pthread_mutex_lock(&from->queue_lock);
    if (fb__queue_find(from->rt, id, &before)) {
        task = fb__queue_take_after(from->rt, before);
        atomic_fetch_sub(&from->ready, 1);
    }
    pthread_mutex_unlock(&from->queue_lock);
    return task;
}

// Whom it would take by its own order; 0: its queue is empty.
static uint32_t next_by_order(struct fb__worker *w) {
    struct fb_runtime *rt = w->rt;
    uint32_t id = 0;

    pthread_mutex_lock(&w->queue_lock);
    if (rt->queue_len > 0) {
        const struct fb_task *before = fb__queue_order(rt);

        id = (before != NULL ? before->queue_next : rt->queue_head)->id;
    }
    pthread_mutex_unlock(&w->queue_lock);
    return id;
}

// Whom a viewer chose is polled next by whichever worker comes first, wherever
// the task lies: out of another one's queue it is stolen. NULL: it lies in none.
static struct fb_task *take_chosen(struct fb__worker *w) {
    struct fb__group *g = w->group;
    const uint32_t id = atomic_exchange(&g->home->chosen, 0);
    struct fb_task *task = NULL;
    uint32_t instead, i;

    if (id == 0) {
        return NULL; // another worker was faster
    }
    fb__told_begin(w->rt);
    instead = next_by_order(w);
    for (i = 0; i < g->count && task == NULL; i++) {
        task = take_from(&g->workers[(w->rt->worker + i) % g->count], id);
    }
    if (task != NULL && i > 1) {
        fb__emit_scheduled(w->rt, id, FB_QUEUE_STOLEN,
                           atomic_load(&w->ready) + 1, w->rt->worker);
    }
    if (task != NULL) {
        fb__emit_choice(w->rt, id, FB_CHOICE_BY_VIEWER, instead);
    }
    fb__told_end(w->rt);
    return task;
}

struct fb_task *fb__workers_take(struct fb__worker *w) {
    struct fb_task *task = NULL;

    // Only for a poll: after a run the queues are collected by this, too.
    if (atomic_load(&w->group->home->chosen) != 0 && fb__have_workers()) {
        task = take_chosen(w);
    }
    if (task == NULL && atomic_load(&w->ready) > 0) {
        pthread_mutex_lock(&w->queue_lock);
        task = fb__queue_take(w->rt);
        if (task != NULL) {
            atomic_fetch_sub(&w->ready, 1);
        }
        pthread_mutex_unlock(&w->queue_lock);
    }
    return task;
}

struct loot {
    struct fb_task *first, *last;
    uint32_t count;
};

// Cuts the first half out.
static struct loot take_half(struct fb__worker *from) {
    struct fb_runtime *rt = from->rt;
    struct loot loot = {0};
    uint32_t half;

    pthread_mutex_lock(&from->queue_lock);
    half = (rt->queue_len + 1) / 2;
    half = half < STEAL_MAX ? half : STEAL_MAX;
    if (half > 0) {
        loot.first = loot.last = rt->queue_head;
        for (loot.count = 1; loot.count < half; loot.count++) {
            loot.last = loot.last->queue_next;
        }
        rt->queue_head = loot.last->queue_next;
        if (rt->queue_head == NULL) {
            rt->queue_tail = NULL;
        }
        rt->queue_len -= half;
        atomic_fetch_sub(&from->ready, half);
        loot.last->queue_next = NULL;
    }
    pthread_mutex_unlock(&from->queue_lock);
    return loot;
}

// All but the first one, which it runs at once.
// Requires: this worker's queue is empty, and only this worker adds to it.
static void keep(struct fb__worker *w, const struct loot *loot) {
    struct fb_task *first = loot->first;
    struct fb_runtime *rt = w->rt;
    uint32_t depth = 0;

    for (const struct fb_task *t = loot->first; t != NULL; t = t->queue_next) {
        if (FB__TRACED(rt) && t->outcome == FB_OUTCOME_NONE) {
            // not one that was cancelled where it stood
            fb__emit_scheduled(rt, t->id, FB_QUEUE_STOLEN, ++depth, rt->worker);
        }
    }
    pthread_mutex_lock(&w->queue_lock);
    rt->queue_head = first->queue_next;
    rt->queue_tail = loot->last != first ? loot->last : NULL;
    rt->queue_len = loot->count - 1;
    atomic_store(&w->ready, loot->count - 1);
    first->queue_next = NULL;
    first->queued = false;
    pthread_mutex_unlock(&w->queue_lock);
}

struct fb_task *fb__workers_steal(struct fb__worker *w) {
    struct fb__group *g = w->group;
    struct loot loot = {0};

    for (uint32_t i = 1; i < g->count && loot.count == 0; i++) {
        struct fb__worker *from = &g->workers[(w->rt->worker + i) % g->count];

        if (atomic_load(&from->ready) > 0) {
            fb__told_begin(w->rt);
            loot = take_half(from);
            if (loot.count > 0) {
                keep(w, &loot);
            }
            fb__told_end(w->rt);
        }
    }
    if (loot.count > 1) { // who looked for work meanwhile has not seen it
        fb__workers_notify(g);
    }
    return loot.first;
}

void fb__workers_collect(struct fb__group *g) {
    struct fb_runtime *home = g->home;
    struct fb_task *task;

    for (uint32_t i = 1; i < g->count; i++) {
        while ((task = fb__workers_take(&g->workers[i])) != NULL) {
            fb__queue_link(home, task);
            if (task->outcome == FB_OUTCOME_NONE) {
                fb__emit_scheduled(home, task->id, FB_QUEUE_STOLEN,
                                   home->queue_len, home->worker);
            }
        }
    }
}
