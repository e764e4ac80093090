// Problem: the first in the run queue is polled next, unless the order is
// random, or somebody wants to see what would happen if it were another one.
// Idea: `picks` says that there is something to ask; then the order names whom
// it would take, and a choice, if one stands for this poll, names another one
// in its place. The random draw is made all the same, so that one choice
// changes nothing else of a seeded order. Any task that is alive may be chosen:
// one that nobody woke is woken by nobody, for a spurious poll is always legal.
// Invariants: nobody is polled who is not in the run queue; each choice is used
// once, and told (CHOICE) before what it leads to: that task's poll, and the
// wake by nobody if it takes one.
// Concurrency: the executor's thread. A viewer's choice is set while all
// workers stand between two polls; the first to go on takes it
// (workers_queue.c), if it lies in a run queue.
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
    const struct fb_task *task =
        before != NULL ? before->queue_next : rt->queue_head;

    return task != NULL ? task->id : 0;
}

static struct fb_task *find_task(const struct fb_runtime *rt, uint32_t id) {
    for (struct fb_task *t = rt->home->all_first; t != NULL; t = t->all_next) {
        if (t->id == id) {
            return t;
        }
    }
    return NULL;
}

// A task that waits is woken by nobody, so that it can be polled.
static void wake_by_nobody(struct fb_runtime *rt, struct fb_task *task) {
    fb__count_wake(rt, task);
    fb__emit_wake(rt, task->id, FB_WAKE_SCHEDULED, FB_PARTY_NONE, 0);
    fb__executor_push(rt, task, FB_QUEUE_RUN);
}

// Task `id` out of the queue, where it may have to be brought to; NULL: it is
// not alive. Trace: CHOICE.
static struct fb_task *take_chosen(struct fb_runtime *rt, uint32_t id,
                                   enum fb_choice_by by, uint32_t instead) {
    struct fb_task *task = find_task(rt, id), *before;

    if (task == NULL) {
        return NULL;
    }
    if (!task->queued &&
        fb__state_wake_by_ref(&task->state) == FB__WAKE_ENQUEUE) {
        fb__reactor_unpark(rt, 0); // the viewer's bell alone does not
        fb__emit_choice(rt, id, by, instead);
        wake_by_nobody(rt, task);
        return fb__queue_find(rt, id, &before)
                   ? fb__queue_take_after(rt, before)
                   : NULL;
    }
    if (!task->queued) {
        fb__take_from_door(rt); // another thread has woken it
    }
    if (!fb__queue_find(rt, id, &before)) {
        return NULL;
    }
    fb__reactor_unpark(rt, 0);
    fb__emit_choice(rt, id, by, instead);
    return fb__queue_take_after(rt, before);
}

// Whom a list names for the poll that comes.
static struct fb_task *chosen_by_list(struct fb_runtime *rt, uint32_t instead) {
    // Relaxed: counted by this thread.
    const uint64_t poll =
        atomic_load_explicit(&rt->polls, memory_order_relaxed) + 1;
    struct fb_task *task = NULL;

    for (size_t i = 0; i < rt->choice_count && task == NULL; i++) {
        struct fb_choice *c = &rt->choices[i];

        if (c->poll == poll && !c->made) {
            task = take_chosen(rt, c->task, FB_CHOICE_BY_LIST, instead);
            c->made = task != NULL;
        }
    }
    return task;
}

static struct fb_task *chosen_by_viewer(struct fb_runtime *rt,
                                        uint32_t instead) {
    const uint32_t id = atomic_load(&rt->chosen);

    if (id == 0) {
        return NULL;
    }
    atomic_store(&rt->chosen, 0);
    rt->picks = rt->order == FB_ORDER_SEEDED || rt->choice_count > 0 ||
                rt->on_pick != NULL;
    return take_chosen(rt, id, FB_CHOICE_BY_VIEWER, instead);
}

// Nobody is polled but whom the program's own picker names.
static struct fb_task *picked(struct fb_runtime *rt, uint32_t instead) {
    const uint32_t id = rt->on_pick(rt, rt->on_pick_arg);
    struct fb_task *task =
        id != 0 ? take_chosen(rt, id, FB_CHOICE_BY_LIST, instead) : NULL;

    rt->declined = task == NULL;
    return task;
}

struct fb_task *fb__queue_pick(struct fb_runtime *rt) {
    struct fb_task *before = fb__queue_order(rt), *task;
    const uint32_t instead = id_after(rt, before);

    if (fb__have_workers()) { // a choice is not one worker's
        return fb__queue_take_after(rt, before);
    }
    task = chosen_by_viewer(rt, instead);
    if (task != NULL) {
        rt->declined = false;
        return task;
    }
    if (rt->on_pick != NULL) {
        return picked(rt, instead);
    }
    if (instead != 0) {
        task = chosen_by_list(rt, instead);
    }
    return task != NULL ? task : fb__queue_take_after(rt, before);
}

void fb_runtime_on_pick(struct fb_runtime *rt,
                        uint32_t (*pick)(struct fb_runtime *rt, void *arg),
                        void *arg) {
    rt = rt->home;
    fb_assert(rt->group == NULL, "whom to poll is asked of one worker only");
    rt->on_pick = pick;
    rt->on_pick_arg = arg;
    rt->declined = false;
    rt->picks = rt->order == FB_ORDER_SEEDED || rt->choice_count > 0 ||
                pick != NULL || atomic_load(&rt->chosen) != 0;
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

// Of several workers none can be told to wake a task for itself.
static enum fb_choice_answer of_unqueued(const struct fb_runtime *home,
                                         uint32_t id) {
    const struct fb_task *t = find_task(home, id);

    return t == NULL                       ? FB_CHOICE_NO_TASK
           : t->outcome != FB_OUTCOME_NONE ? FB_CHOICE_OVER
           : home->group != NULL           ? FB_CHOICE_WAITING
                                           : FB_CHOICE_TAKEN;
}

uint32_t fb__choose(void *arg, uint32_t task) {
    struct fb_runtime *home = arg;
    const enum fb_choice_answer what = task == 0 ? FB_CHOICE_NONE
                                       : is_queued(home, task)
                                           ? FB_CHOICE_TAKEN
                                           : of_unqueued(home, task);

    atomic_store(&home->chosen, what == FB_CHOICE_TAKEN ? task : 0);
    if (what == FB_CHOICE_TAKEN) {
        home->picks = true;
    }
    return what;
}
