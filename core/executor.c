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
// that was long (it spent its budget) counts for several. A wake only queues; nothing is polled from inside a wake, so no poll ever nests.
// Invariants: a task is in at most one queue; one task is polled at a time.
// Concurrency: the runtime belongs to one thread; others come by the door.
#include "emit.h"
#include "hostile.h"

#include <errno.h>

enum {
    POLLS_A_TURN = 61,
    POLLS_OF_A_BUDGET = 8, // what a poll counts that spent its whole budget
    RANDOM_REACH = 64
};

// ---- the run queue ----

void fb__executor_push(struct fb_runtime *rt, struct fb_task *task,
                       enum fb_queue queue) {
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
    fb__emit_scheduled(rt, task->id, queue, rt->queue_len, 0);
}

// xorshift64*: small, seedable, good enough to shuffle. Source: Vigna (2016).
uint32_t fb__random(struct fb_runtime *rt, uint32_t below) {
    rt->random ^= rt->random >> 12;
    rt->random ^= rt->random << 25;
    rt->random ^= rt->random >> 27;
    return (uint32_t)((rt->random * 0x2545f4914f6cdd1du >> 32) % below);
}

struct fb_task *fb__executor_pop(struct fb_runtime *rt) {
    struct fb_task **link = &rt->queue_head, *before = NULL, *task;

    if (rt->order == FB_ORDER_SEEDED && rt->queue_len > 1) {
        // Any of the first 64: a walk through a long list would cost more
        // than its randomness is worth.
        uint32_t reach =
            rt->queue_len < RANDOM_REACH ? rt->queue_len : RANDOM_REACH;
        uint32_t skip = fb__random(rt, reach);

        while (skip-- > 0) {
            before = *link;
            link = &before->queue_next;
        }
    }
    task = *link;
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

// ---- one task's turn ----

static void end_ready(struct fb_runtime *rt, struct fb_task *task) {
    fb__task_finish(rt, task,
                    fb_future_out(fb__task_root(task)) < 0 ? FB_OUTCOME_ERROR
                                                           : FB_OUTCOME_OK);
    fb__task_unref(task); // the poll's
}

// An abort that another thread asked for is noted when it takes effect.
static void note_abort(struct fb_runtime *rt, struct fb_task *task) {
    struct fb_task *current = rt->current;

    if (!task->abort_noted) {
        task->abort_noted = true;
        rt->current = NULL; // it was not this task that asked for it
        fb__emit_abort(rt, task->id);
        rt->current = current;
    }
}

static void note_thread_wake(struct fb_runtime *rt, struct fb_task *task,
                             enum fb_wake_effect effect) {
    rt->wakes++;
    rt->remote_wakes += effect == FB_WAKE_SCHEDULED;
    task->wakes++;
    fb__emit_wake(rt, task->id, effect, FB_PARTY_THREAD, 0);
}

static void end_pending(struct fb_runtime *rt, struct fb_task *task,
                        bool failed) {
    if (failed) {
        fb__task_finish(rt, task, FB_OUTCOME_FAILED);
        fb__task_unref(task);
        return;
    }
    switch (fb__state_end_pending(&task->state)) {
    case FB__END_IDLE: break;
    case FB__END_REQUEUE:
        if (!rt->woken_in_poll) {
            note_thread_wake(rt, task, FB_WAKE_SCHEDULED);
        }
        fb__executor_push(rt, task, FB_QUEUE_RUN);
        break;
    case FB__END_CANCEL:
        note_abort(rt, task);
        fb__task_finish(rt, task, FB_OUTCOME_CANCELLED);
        fb__task_unref(task);
        break;
    }
}

static void poll_task(struct fb_runtime *rt, struct fb_task *task) {
    struct fb_future *root = fb__task_root(task);
    const struct fb_waker waker = {.ops = &fb__task_waker_ops, .data = task};
    struct fb_context cx = {
        .waker = &waker, .runtime = rt, .task = task, .future = root};
    enum fb_poll result;

    fb_assert(root->state < FB_STATE_DONE,
              "a root future is polled until Ready");
    task->polls++;
    rt->polls++;
    rt->woken_in_poll = rt->long_poll = false;
    fb__emit_poll_begin(rt, task);
    fb__hostile_before_poll(rt);
    result = root->type->poll(root, &cx);
    if (result == FB_READY && !cx.failed) {
        root->state = FB_STATE_DONE;
    } else if (root->state == 0) {
        root->state = root->type->site.line;
    }
    if (rt->trace != NULL) {
        fb__clock_stamp(rt); // one stamp a step: this poll's end
    }
    fb__emit_poll_end(rt, task,
                      cx.failed            ? FB_RESULT_FAILED
                      : result == FB_READY ? FB_RESULT_READY
                                           : FB_RESULT_PENDING);
    if (result == FB_READY && !cx.failed) {
        end_ready(rt, task);
    } else {
        end_pending(rt, task, cx.failed);
    }
}

// Wakes by other threads that found the task queued already are noted now.
static void note_foreign_wakes(struct fb_runtime *rt, struct fb_task *task) {
    uint32_t count = atomic_exchange_explicit(&task->foreign_coalesced, 0,
                                              memory_order_relaxed);

    for (; count > 0; count--) {
        note_thread_wake(rt, task, FB_WAKE_COALESCED);
    }
}

static void run_task(struct fb_runtime *rt, struct fb_task *task) {
    if (atomic_load_explicit(&task->foreign_coalesced, memory_order_relaxed)) {
        note_foreign_wakes(rt, task);
    }
    rt->current = task;
    rt->cause = FB_PARTY_TASK;
    rt->cause_id = task->id;
    switch (fb__state_begin_poll(&task->state)) {
    case FB__BEGIN_POLL: poll_task(rt, task); break;
    case FB__BEGIN_CANCEL:
        note_abort(rt, task);
        fb__task_finish(rt, task, FB_OUTCOME_CANCELLED);
        fb__task_unref(task);
        break;
    case FB__BEGIN_SKIP: fb__task_unref(task); break;
    }
    rt->current = NULL;
    rt->cause = FB_PARTY_NONE;
    rt->cause_id = 0;
}

// ---- the turn ----

static void take_from_door(struct fb_runtime *rt) {
    struct fb_task *next;

    fb__blocking_take(rt);
    // Acquire: pairs with the release in fb__door_leave.
    if (atomic_load_explicit(&rt->door->waiting, memory_order_acquire) == 0) {
        return;
    }
    for (struct fb_task *task = fb__door_take(rt->door); task != NULL;
         task = next) {
        uint32_t state =
            atomic_load_explicit(&task->state, memory_order_acquire);

        next = task->queue_next;
        if (state < FB__REF) {
            fb__task_free(task); // its last waker went on another thread
        } else if (state & FB__COMPLETE) {
            fb__task_unref(task); // it was cancelled on its way
        } else {
            if (state & FB__CANCELLED) {
                note_abort(rt, task);
            } else {
                note_thread_wake(rt, task, FB_WAKE_SCHEDULED);
            }
            fb__executor_push(rt, task, FB_QUEUE_INJECT);
        }
    }
}

static void release_deferred(struct fb_runtime *rt) {
    // Only those that wait now: one that yields again waits for the next turn.
    struct fb_waiter *last = rt->deferred.last;

    while (rt->deferred.first != NULL) {
        struct fb_waiter *w = rt->deferred.first;

        fb_waiter_wake(w, FB_PARTY_EXECUTOR, 0);
        if (w == last) {
            break;
        }
    }
}

static void obey_viewer(struct fb_runtime *rt) {
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

static int64_t park_ns(struct fb_runtime *rt) {
    const struct fb_timer *first = fb__timer_first(rt);

    if (rt->queue_len > 0 || rt->deferred.first != NULL) {
        return 0;
    }
    if (first == NULL) {
        return -1;
    }
    if (first->deadline_ns <= rt->now_ns) {
        return 0;
    }
    if (rt->virtual_clock) { // it stands still while blocking work is out
        return fb__blocking_out(rt) > 0 ? -1 : 0;
    }
    return first->deadline_ns - rt->now_ns > INT64_MAX
               ? INT64_MAX
               : (int64_t)(first->deadline_ns - rt->now_ns);
}

static void set_virtual_now(struct fb_runtime *rt, uint64_t now_ns) {
    if (now_ns > rt->virtual_now_ns) {
        fb__emit_clock(rt, rt->virtual_now_ns, now_ns);
        rt->virtual_now_ns = now_ns;
        fb__clock_refresh(rt);
    }
}

// The second half of a turn. `wait`: the reactor may park, a virtual clock may
// jump. Returns whether anything came of it.
static bool look_around(struct fb_runtime *rt, bool wait) {
    int came;

    fb__clock_refresh(rt);
    came = fb__reactor_turn(rt, wait ? park_ns(rt) : 0);
    if (came == 0 && wait && rt->virtual_clock && rt->queue_len == 0 &&
        rt->deferred.first == NULL && fb__timer_first(rt) != NULL &&
        fb__blocking_out(rt) == 0) {
        set_virtual_now(rt, fb__timer_first(rt)->deadline_ns);
    }
    came += fb__timers_fire(rt);
    if (rt->deferred.first != NULL) {
        release_deferred(rt);
        came++;
    }
    take_from_door(rt);
    return came > 0 || rt->queue_len > 0;
}

// Polls up to 61 tasks, stopping early once `until` (if any) is complete.
static void poll_some(struct fb_runtime *rt, const struct fb_task *until) {
    struct fb_task *task;

    for (int done = 0; done < POLLS_A_TURN;) {
        obey_viewer(rt);
        fb__hostile_between_polls(rt);
        task = fb__executor_pop(rt);
        if (task == NULL) {
            return;
        }
        run_task(rt, task);
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
    fb__runtime_here = rt;
    fb__thread_runs = true;
    rt->running = true;
    fb__clock_refresh(rt);
    return 0;
}

static void leave(struct fb_runtime *rt) {
    fb__thread_runs = false;
    rt->running = false;
}

// Runs until `main_task` is complete, or all tasks are if it is NULL.
static int run(struct fb_runtime *rt, const struct fb_task *main_task) {
    for (;;) {
        take_from_door(rt);
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
        if (rt->queue_len == 0 && fb__stalled(rt)) {
            fb__reactor_unpark(rt, 0);
            fb__emit_stall(rt, rt->live);
            if (rt->on_stall != NULL) {
                rt->on_stall(rt, rt->on_stall_arg);
            }
            return -EDEADLK;
        }
        look_around(rt, true);
    }
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
    int err = enter(rt);

    if (err < 0) {
        fb_future_drop(future);
        return err;
    }
    err = block_on(rt, future);
    leave(rt);
    return err;
}

int fb_run(struct fb_runtime *rt) {
    int err = enter(rt);

    if (err == 0) {
        err = run(rt, NULL);
        leave(rt);
    }
    return err;
}

static int run_until_stalled(struct fb_runtime *rt) {
    uint64_t before = rt->polls;

    do {
        take_from_door(rt);
        while (rt->queue_len > 0) {
            poll_some(rt, NULL);
        }
    } while (look_around(rt, false));
    return (int)(rt->polls - before);
}

int fb_run_until_stalled(struct fb_runtime *rt) {
    int result = enter(rt);

    if (result == 0) {
        result = run_until_stalled(rt);
        leave(rt);
    }
    return result;
}

int fb_runtime_advance(struct fb_runtime *rt, uint64_t ns) {
    uint64_t target_ns = rt->virtual_now_ns + ns;
    const struct fb_timer *first;
    int polls, result;

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
    atomic_store_explicit(&rt->door->interrupted, 1, memory_order_release);
    fb__door_ring(rt->door);
}
