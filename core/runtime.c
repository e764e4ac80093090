// Making a runtime and ending it.
//
// Problem: at the end, futures refer to each other's tasks, timers and sources,
// destructors spawn and wake, and other threads may be waking right now.
// Idea: cancel every task first, while everything still works; then close the
// door; then cut the tasks that outside wakers keep loose from the runtime.
#include "emit.h"

#include <errno.h>

static int init_parts(struct fb_runtime *rt) {
    int err = fb__reactor_init(&rt->reactor);

    if (err == 0) {
        err = fb__door_create(&rt->door);
    }
    if (err == 0) {
        err =
            fb__reactor_watch(&rt->reactor, rt->door->bell_fd, FB__TOKEN_DOOR);
    }
    if (err == 0 && rt->trace != NULL && rt->trace->bell_fd >= 0) {
        err =
            fb__reactor_watch(&rt->reactor, rt->trace->bell_fd, FB__TOKEN_BELL);
    }
    return err;
}

int fb_runtime_create(const struct fb_runtime_options *options,
                      struct fb_runtime **ret_runtime) {
    struct fb_runtime *rt = fb__sys.alloc(sizeof *rt);
    int err;

    if (rt == NULL) {
        return -ENOMEM;
    }
    rt->order = options->order;
    // The generator must not start at 0; any other seed gives another order.
    rt->random = options->seed != 0 ? options->seed : 0x9e3779b97f4a7c15u;
    rt->virtual_clock = options->virtual_clock;
    rt->trace = options->trace;
    rt->on_stall = options->on_stall;
    rt->on_stall_arg = options->on_stall_arg;
    rt->owner = fb__thread();
    err = init_parts(rt);
    if (err < 0) {
        fb__reactor_deinit(&rt->reactor);
        if (rt->door != NULL) {
            fb__door_unref(rt->door);
        }
        fb__sys.free(rt);
        return err;
    }
    fb__runtime_here = rt;
    fb__clock_refresh(rt);
    *ret_runtime = rt;
    return 0;
}

static bool complete(const struct fb_task *task) {
    return (atomic_load_explicit(&task->state, memory_order_acquire) &
            FB__COMPLETE) != 0;
}

// Cancels all tasks, those included that destructors spawn meanwhile.
static void cancel_all(struct fb_runtime *rt) {
    while (rt->live > 0) {
        struct fb_task *task = rt->all_first, *next;

        fb__state_ref(&task->state); // keeps it in the list under our feet
        for (; task != NULL; task = next) {
            if (!complete(task)) {
                fb__task_seize(rt, task);
            }
            next = task->all_next;
            if (next != NULL) {
                fb__state_ref(&next->state);
            }
            fb__task_unref(task);
        }
    }
}

static void give_back(struct fb_task *task) {
    if (atomic_load_explicit(&task->state, memory_order_acquire) < FB__REF) {
        fb__task_free(task);
    } else {
        fb__task_unref(task);
    }
}

void fb_runtime_destroy(struct fb_runtime *rt) {
    struct fb_task *task, *next;

    if (rt == NULL) {
        return;
    }
    fb_assert(!rt->running, "a runtime is not destroyed from inside a poll");
    rt->owner = fb__thread();
    fb__runtime_here = rt;
    fb__clock_refresh(rt);
    rt->running = true; // a destructor must not start a run
    cancel_all(rt);
    while ((task = fb__executor_pop(rt)) != NULL) {
        fb__task_unref(task);
    }
    for (task = fb__door_take(rt->door, true); task != NULL; task = next) {
        next = task->queue_next;
        give_back(task);
    }
    while ((task = rt->all_first) != NULL) { // zombies of outside holders
        rt->all_first = task->all_next;
        atomic_store_explicit(&task->runtime, NULL, memory_order_relaxed);
    }
    fb_assert(rt->reactor.open == 0, "sources are closed before their runtime");
    fb__reactor_deinit(&rt->reactor);
    fb__door_unref(rt->door);
    fb__runtime_here = NULL;
    fb__sys.free(rt);
}

struct fb_runtime_stats fb_runtime_stats(const struct fb_runtime *rt) {
    struct fb_runtime_stats stats = {
        .polls = rt->polls,
        .wakes = rt->wakes,
        .spawned = rt->spawned,
        .completed = rt->completed,
        .live_tasks = rt->live,
        .tasks = rt->tasks,
        .sources = rt->reactor.open,
        .timers = rt->timers_armed,
    };

    for (const struct fb_task *t = rt->all_first; t != NULL; t = t->all_next) {
        stats.outside_wakers +=
            atomic_load_explicit(&t->outside, memory_order_acquire);
    }
    return stats;
}
