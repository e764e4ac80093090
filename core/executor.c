// Problem: many tasks, one thread. Who is polled next, when does the kernel
// get a look, and when is it certain that nothing will ever happen again?
// Idea: the turn.
//
//     ┌► take what other threads left at the door
//     │  poll at most 61 tasks from the run queue
//     │  reactor: wait 0 if work remains, else until the next deadline
//     │  fire due timers, release deferred yields
//     └──┘
//
// 61 polls bound how long a busy queue can keep I/O and timers waiting; a poll
// that was long (it spent its budget) counts for several. A wake only queues;
// nothing is polled from inside a wake, so no poll ever nests.
// Invariants: a task is in at most one queue; one task is polled at a time.
// Concurrency: the runtime belongs to one thread; others come by the door. One
// task's turn and the look into the door also serve several workers, which
// take turns of their own (workers.c).
#include "emit.h"
#include "hostile.h"

#include <errno.h>

enum {
    POLLS_A_TURN = 61,
    POLLS_OF_A_BUDGET = 8, // what a poll counts that spent its whole budget
};

// ---- the run queue ----

void fb__queue_link(struct fb_runtime *rt, struct fb_task *task) {
    bool front = rt->order == FB_ORDER_LIFO;

    task->queued = true;
    task->queue_next = front ? rt->queue_head : NULL;
    if (rt->queue_head == NULL) {
        rt->queue_head = rt->queue_tail = task;
    } else if (front) {
        rt->queue_head = task;
    } else {
        rt->queue_tail->queue_next = task;
        rt->queue_tail = task;
    }
    rt->queue_len++;
}

void fb__queue_push(struct fb_runtime *rt, struct fb_task *task,
                    enum fb_queue queue) {
    fb__queue_link(rt, task);
    fb__emit_scheduled(rt, task->id, queue, rt->queue_len, rt->worker);
}

void fb__executor_push(struct fb_runtime *rt, struct fb_task *task,
                       enum fb_queue queue) {
    if (fb__have_workers() && rt->group == fb__group_here) {
        fb__workers_push(rt, task, queue);
    } else {
        fb__queue_push(rt, task, queue);
    }
}

// xorshift64*: small, seedable, good enough to shuffle. Source: Vigna (2016).
uint32_t fb__random(struct fb_runtime *rt, uint32_t below) {
    rt->random ^= rt->random >> 12;
    rt->random ^= rt->random << 25;
    rt->random ^= rt->random >> 27;
    return (uint32_t)((rt->random * 0x2545f4914f6cdd1du >> 32) % below);
}

struct fb_task *fb__queue_take_after(struct fb_runtime *rt,
                                     struct fb_task *before) {
    struct fb_task **link =
        before != NULL ? &before->queue_next : &rt->queue_head;
    struct fb_task *task = *link;

    if (task != NULL) {
        *link = task->queue_next;
        if (rt->queue_tail == task) {
            rt->queue_tail = before;
        }
        task->queue_next = NULL;
        task->queued = false;
        rt->queue_len--;
    }
    return task;
}

struct fb_task *fb__queue_take(struct fb_runtime *rt) {
    // Whoever is first, but where that is not so.
    return rt->picks ? fb__queue_pick(rt) : fb__queue_take_after(rt, NULL);
}

// ---- the turn ----

static void take_one(struct fb_runtime *rt, struct fb_task *task) {
    uint32_t state = atomic_load_explicit(&task->state, memory_order_acquire);

    if (state < FB__REF) {
        fb__task_free(task); // its last waker went on another thread
    } else if (state & FB__COMPLETE) {
        fb__task_unref(task); // it was cancelled on its way
    } else {
        if (state & FB__CANCELLED) {
            fb__note_abort(rt, task);
        } else {
            fb__note_thread_wake(rt, task, FB_WAKE_SCHEDULED);
        }
        fb__executor_push(rt, task, FB_QUEUE_INJECT);
    }
}

void fb__take_from_door(struct fb_runtime *rt) {
    struct fb__door *door = rt->home->door;
    struct fb_task *next;

    fb__shared_begin();
    fb__blocking_take(rt);
    // Acquire: pairs with the release in fb__door_leave.
    if (atomic_load_explicit(&door->waiting, memory_order_acquire) > 0) {
        for (struct fb_task *task = fb__door_take(door); task != NULL;
             task = next) {
            next = task->queue_next;
            take_one(rt, task);
        }
    }
    fb__shared_end();
}

void fb__release_deferred(struct fb_runtime *rt) {
    struct fb_waiter_list *deferred = &rt->home->deferred;
    // Only those that wait now: one that yields again waits for the next turn.
    struct fb_waiter *last = deferred->last;

    while (deferred->first != NULL) {
        struct fb_waiter *w = deferred->first;

        fb_waiter_wake(w, FB_PARTY_EXECUTOR, 0);
        if (w == last) {
            break;
        }
    }
}

void fb__obey_viewer(struct fb_runtime *rt) {
#ifdef FB_NO_TRACE
    (void)rt;
#else
    // Again after a census: a stop that was interrupted for it goes on.
    while (rt->trace != NULL && fb_trace_check(rt->trace)) {
        fb__clock_refresh(rt);
        fb__census_write(rt);
    }
#endif
}

int64_t fb__park_ns(const struct fb_runtime *rt) {
    const struct fb_runtime *home = rt->home;
    const struct fb_timer *first = fb__timer_first(home);

    if (home->deferred.first != NULL) {
        return 0;
    }
    if (first == NULL) {
        return -1;
    }
    if (first->deadline_ns <= rt->now_ns) {
        return 0;
    }
    if (home->virtual_clock) { // it stands still while blocking work is out
        return fb__blocking_out(home) > 0 ? -1 : 0;
    }
    return first->deadline_ns - rt->now_ns > INT64_MAX
               ? INT64_MAX
               : (int64_t)(first->deadline_ns - rt->now_ns);
}

static void set_virtual_now(struct fb_runtime *rt, uint64_t now_ns) {
    struct fb_runtime *home = rt->home;

    if (now_ns > home->virtual_now_ns) {
        fb__emit_clock(rt, home->virtual_now_ns, now_ns);
        home->virtual_now_ns = now_ns;
        fb__clock_refresh(rt);
    }
}

void fb__jump_to_deadline(struct fb_runtime *rt) {
    const struct fb_runtime *home = rt->home;
    const struct fb_timer *first = fb__timer_first(home);

    if (home->virtual_clock && first != NULL && home->deferred.first == NULL &&
        fb__blocking_out(home) == 0) {
        set_virtual_now(rt, first->deadline_ns);
    }
}

// Nobody is to be polled now: nobody can be, or whoever picks named nobody.
static bool at_rest(const struct fb_runtime *rt) {
    return rt->queue_len == 0 || rt->declined;
}

// The second half of a turn. `wait`: the reactor may park, a virtual clock may
// jump. Returns whether anything came of it.
static bool look_around(struct fb_runtime *rt, bool wait) {
    int came;

    fb__clock_refresh(rt);
    came = fb__reactor_turn(rt, wait && at_rest(rt) ? fb__park_ns(rt) : 0);
    if (came == 0 && wait && at_rest(rt)) {
        fb__jump_to_deadline(rt);
    }
    came += fb__timers_fire(rt);
    if (rt->deferred.first != NULL) {
        fb__release_deferred(rt);
        came++;
    }
    fb__take_from_door(rt);
    return came > 0 || !at_rest(rt);
}

// Polls up to 61 tasks, stopping early once `until` (if any) is complete.
static void poll_some(struct fb_runtime *rt, const struct fb_task *until) {
    struct fb_task *task;

    for (int done = 0; done < POLLS_A_TURN;) {
        if (rt->trace != NULL) {
            fb__obey_viewer(rt);
        }
        fb__hostile_between_polls(rt);
        task = fb__queue_take(rt);
        if (task == NULL) {
            return;
        }
        fb__run_task(rt, task);
        done += rt->long_poll ? POLLS_OF_A_BUDGET : 1;
        rt->long_poll = false;
        if (until != NULL &&
            (atomic_load_explicit(&until->state, memory_order_relaxed) &
             FB__COMPLETE)) {
            return;
        }
    }
}

// ---- the run functions ----

static int enter(struct fb_runtime *rt) {
    if (rt->running || fb__thread_runs) {
        return -EBUSY;
    }
    // Relaxed: the threads that use a runtime by turns know of each other.
    atomic_store_explicit(&rt->door->owner, fb__thread(), memory_order_relaxed);
    fb__enter_thread(rt);
    fb__thread_runs = true;
    rt->running = true;
    fb__clock_refresh(rt);
    return 0;
}

static void leave(struct fb_runtime *rt) {
    fb__thread_runs = false;
    rt->running = false;
}

int fb__say_stall(struct fb_runtime *rt) {
    fb__reactor_unpark(rt, 0);
    fb__emit_stall(rt, rt->live);
    if (rt->on_stall != NULL) {
        rt->on_stall(rt, rt->on_stall_arg);
    }
    return -EDEADLK;
}

// Runs until `main_task` is complete, or all tasks are if it is NULL.
static int run_alone(struct fb_runtime *rt, const struct fb_task *main_task) {
    for (;;) {
        fb__take_from_door(rt);
        poll_some(rt, main_task);
        if (main_task != NULL ? (atomic_load_explicit(&main_task->state,
                                                      memory_order_relaxed) &
                                 FB__COMPLETE) != 0
                              : rt->live == 0) {
            return 0;
        }
        if (atomic_exchange_explicit(&rt->door->interrupted, 0,
                                     memory_order_acquire)) {
            return -EINTR;
        }
        if (at_rest(rt) && fb__stalled(rt)) {
            return fb__say_stall(rt);
        }
        look_around(rt, true);
    }
}

static int run(struct fb_runtime *rt, const struct fb_task *main_task) {
    return rt->group != NULL ? fb__workers_run(rt, main_task)
                             : run_alone(rt, main_task);
}

static struct fb_trace_site block_on_site = {
    .name = "block_on", .file = __FILE__, .line = __LINE__};

// The future goes back to the caller, but a waker kept outside may keep its
// task in the runtime: what a census says of it is kept with the task.
static void return_root(struct fb_task *task) {
    struct fb__borrowed *behind = (void *)(task + 1);

    behind->kept = *behind->root;
    behind->root = &behind->kept;
}

static int block_on(struct fb_runtime *rt, struct fb_future *future) {
    struct fb_task *task;
    int err = fb__task_create(rt, future, true, &block_on_site, &task);

    if (err < 0) {
        fb_future_drop(future);
        return err;
    }
    fb__emit_spawn(rt, task, 0);
    fb__executor_push(rt, task, FB_QUEUE_RUN);
    err = run(rt, task);
    if (err < 0) {
        fb__task_seize(rt, task);
    } else if (task->outcome == FB_OUTCOME_FAILED) {
        err = -EIO;
    }
    return_root(task);
    fb__task_release(task, FB_JOIN_TAKEN);
    return err;
}

int fb_block_on(struct fb_runtime *rt, struct fb_future *future) {
    int err;

    rt = rt->home;
    err = enter(rt);
    if (err < 0) {
        fb_future_drop(future);
        return err;
    }
    err = block_on(rt, future);
    leave(rt);
    return err;
}

int fb_run(struct fb_runtime *rt) {
    int err;

    rt = rt->home;
    err = enter(rt);
    if (err == 0) {
        err = run(rt, NULL);
        leave(rt);
    }
    return err;
}

static int run_until_stalled(struct fb_runtime *rt) {
    uint64_t before = rt->polls;

    do {
        fb__take_from_door(rt);
        rt->declined = false;
        while (!at_rest(rt)) {
            poll_some(rt, NULL);
        }
    } while (look_around(rt, false));
    return (int)(rt->polls - before);
}

int fb_run_until_stalled(struct fb_runtime *rt) {
    int result;

    rt = rt->home;
    result = enter(rt);
    if (result == 0) {
        result = run_until_stalled(rt);
        leave(rt);
    }
    return result;
}

int fb_runtime_advance(struct fb_runtime *rt, uint64_t ns) {
    const struct fb_timer *first;
    uint64_t target_ns;
    int polls, result;

    rt = rt->home;
    target_ns = rt->virtual_now_ns + ns;
    if (!rt->virtual_clock || target_ns < ns) {
        return -EINVAL;
    }
    result = enter(rt);
    if (result < 0) {
        return result;
    }
    polls = run_until_stalled(rt);
    while ((first = fb__timer_first(rt)) != NULL &&
           first->deadline_ns <= target_ns) {
        set_virtual_now(rt, first->deadline_ns);
        polls += run_until_stalled(rt);
    }
    set_virtual_now(rt, target_ns);
    leave(rt);
    return polls;
}

void fb_runtime_interrupt(struct fb_runtime *rt) {
    struct fb__door *door = rt->home->door;

    atomic_store_explicit(&door->interrupted, 1, memory_order_release);
    fb__door_ring(door);
}
