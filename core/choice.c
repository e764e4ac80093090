// Problem: the first in the run queue is polled next, unless the order is
// random, or somebody wants to see what would happen if it were another one.
// Idea: `picks` says that there is something to ask; then the order names whom
// it would take, and a choice, if one stands for this poll, names another one
// in its place. The random draw is made all the same, so that one choice
// changes nothing else of a seeded order.
// Invariants: nobody is polled who is not in the run queue; each choice is used
// once, and told (CHOICE) directly before what it leads to.
// Concurrency: the executor's thread. A viewer's choice is set while all
// workers stand between two polls; the first to go on takes it
// (workers_queue.c).
#include "emit.h"
#include "workers_impl.h"

enum { RANDOM_REACH = 64 };

struct fb_task *fb__queue_order(struct fb_runtime *rt) {
    struct fb_task *before = NULL;

    if (rt->order == FB_ORDER_SEEDED && rt->queue_len > 1) {
        // Any of the first 64: a walk through a long list would cost more
        // than its randomness is worth.
        uint32_t reach =
            rt->queue_len < RANDOM_REACH ? rt->queue_len : RANDOM_REACH;

        for (uint32_t skip = fb__random(rt, reach); skip > 0; skip--) {
            before = before != NULL ? before->queue_next : rt->queue_head;
        }
    }
    return before;
}

bool fb__queue_find(struct fb_runtime *rt, uint32_t id,
                    struct fb_task **ret_before) {
    struct fb_task *before = NULL;

    for (struct fb_task *t = rt->queue_head; t != NULL; t = t->queue_next) {
        // One that was cancelled where it stood is only passed over.
        if (t->id == id && t->outcome == FB_OUTCOME_NONE) {
            *ret_before = before;
            return true;
        }
        before = t;
    }
    return false;
}

static uint32_t id_after(const struct fb_runtime *rt,
                         const struct fb_task *before) {
    return (before != NULL ? before->queue_next : rt->queue_head)->id;
}

// Whom a choice names for the poll that comes; *before is left alone if none.
static bool chosen_by_list(struct fb_runtime *rt, struct fb_task **before) {
    // Relaxed: counted by this thread.
    const uint64_t poll =
        atomic_load_explicit(&rt->polls, memory_order_relaxed) + 1;

    for (size_t i = 0; i < rt->choice_count; i++) {
        struct fb_choice *c = &rt->choices[i];

        if (c->poll == poll && !c->made &&
            fb__queue_find(rt, c->task, before)) {
            c->made = true;
            return true;
        }
    }
    return false;
}

static bool chosen_by_viewer(struct fb_runtime *rt, struct fb_task **before) {
    const uint32_t id = atomic_load(&rt->chosen);

    if (id == 0) {
        return false;
    }
    atomic_store(&rt->chosen, 0);
    rt->picks = rt->order == FB_ORDER_SEEDED || rt->choice_count > 0;
    return fb__queue_find(rt, id, before);
}

struct fb_task *fb__queue_pick(struct fb_runtime *rt) {
    struct fb_task *before = fb__queue_order(rt);
    const uint32_t instead = id_after(rt, before);

    if (fb__have_workers()) {
        return before; // a choice is not one worker's
    }
    if (chosen_by_viewer(rt, &before)) {
        fb__emit_choice(rt, id_after(rt, before), FB_CHOICE_BY_VIEWER, instead);
    } else if (chosen_by_list(rt, &before)) {
        fb__emit_choice(rt, id_after(rt, before), FB_CHOICE_BY_LIST, instead);
    }
    return before;
}

// ---- what a viewer asks for ----

static bool is_queued(struct fb_runtime *home, uint32_t id) {
    struct fb_runtime *rt;
    struct fb_task *before;
    bool found = false;

    for (uint32_t i = 0; !found && (rt = fb__workers_at(home, i)) != NULL;
         i++) {
        pthread_mutex_t *lock =
            rt->group != NULL ? &fb__worker_of(rt)->queue_lock : NULL;

        if (lock != NULL) {
            pthread_mutex_lock(lock);
        }
        found = fb__queue_find(rt, id, &before);
        if (lock != NULL) {
            pthread_mutex_unlock(lock);
        }
    }
    return found;
}

static enum fb_choice_answer why_not(const struct fb_runtime *home,
                                     uint32_t id) {
    for (const struct fb_task *t = home->all_first; t != NULL;
         t = t->all_next) {
        if (t->id == id) {
            return t->outcome == FB_OUTCOME_NONE ? FB_CHOICE_WAITING
                                                 : FB_CHOICE_OVER;
        }
    }
    return FB_CHOICE_NO_TASK;
}

uint32_t fb__choose(void *arg, uint32_t task) {
    struct fb_runtime *home = arg;
    const bool queued = task != 0 && is_queued(home, task);

    atomic_store(&home->chosen, queued ? task : 0);
    if (queued) {
        home->picks = true;
    }
    return queued      ? FB_CHOICE_TAKEN
           : task == 0 ? FB_CHOICE_NONE
                       : why_not(home, task);
}
