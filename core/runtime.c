// Making a runtime and ending it.
//
// Problem: at the end, futures refer to each other's tasks, timers and sources,
// destructors spawn and wake, and other threads may be waking right now.
// Idea: cancel every task first, while everything still works; then close the
// door; then cut the tasks that outside wakers keep loose from the runtime.
#include "emit.h"
#include "hostile.h"

#include <errno.h>

static int init_parts(struct fb_runtime *rt) {
    int err = fb__reactor_init(&rt->reactor);

    if (err == 0) {
        err = fb__door_create(rt, &rt->door);
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
    struct fb_runtime *rt;
    int err;

    if (options->workers > 1 && options->choice_count > 0) {
        return -EINVAL;
    }
    rt = fb__sys.alloc(sizeof *rt);
    if (rt == NULL) {
        return -ENOMEM;
    }
    rt->home = rt;
    rt->end_future_id = UINT32_MAX;
    rt->order = options->order;
    rt->choices = options->choices;
    rt->choice_count = options->choice_count;
    rt->picks = rt->order == FB_ORDER_SEEDED || rt->choice_count > 0;
    // The generator must not start at 0; any other seed gives another order.
    rt->random = options->seed != 0 ? options->seed : 0x9e3779b97f4a7c15u;
    rt->polls_at_park = UINT64_MAX; // no park was before the first
    fb__hostile_begin(rt);
    rt->virtual_clock = options->virtual_clock;
    rt->blocking_threads = fb__blocking_limit(options->blocking_threads);
    rt->trace = options->trace;
    rt->on_stall = options->on_stall;
    rt->on_stall_arg = options->on_stall_arg;
    err = init_parts(rt);
    if (err == 0 && options->workers > 1) {
        err = fb__workers_create(rt, options->workers);
    }
    if (err < 0) {
        fb__reactor_deinit(&rt->reactor);
        if (rt->door != NULL) {
            fb__door_unref(rt->door);
        }
        fb__sys.free(rt);
        return err;
    }
    // Several workers would share it: malloc has locks of its own.
    rt->door->slab = rt->group == NULL && fb__slab_wanted();
    if (!fb__thread_runs) { // made inside a poll of another one: that goes on
        fb__enter_thread(rt);
    }
    if (rt->trace != NULL) {
        rt->trace->now_ns = 0; // whatever clock wrote there before
        rt->trace->choose = fb__choose;
        rt->trace->choose_arg = rt;
    }
    fb__clock_refresh(rt);
    *ret_runtime = rt;
    return 0;
}

// Cancels all tasks, those included that destructors spawn meanwhile.
static void cancel_all(struct fb_runtime *rt) {
    while (rt->live > 0) {
        struct fb__walk walk;
        struct fb_task *task;

        fb__walk_begin(rt, &walk);
        while ((task = fb__walk_step(&walk)) != NULL) {
            if (task->outcome == FB_OUTCOME_NONE) {
                fb__task_seize(rt, task);
            }
        }
        fb__walk_end(rt, &walk);
    }
}

// What other threads left at the door: tasks to be freed, and tasks that they
// woke, which come with the queue's reference.
static void give_back(struct fb_task *task) {
    struct fb_task *next;

    for (; task != NULL; task = next) {
        next = task->queue_next;
        if (atomic_load_explicit(&task->state, memory_order_acquire) <
            FB__REF) {
            fb__task_free(task);
        } else {
            fb__task_unref(task);
        }
    }
}

void fb_runtime_destroy(struct fb_runtime *rt) {
    struct fb_runtime *outer = fb__thread_runs ? fb__runtime_here : NULL;
    struct fb_task *task;

    if (rt == NULL) {
        return;
    }
    rt = rt->home;
    fb_assert(!rt->running, "a runtime is not destroyed from inside a poll");
    atomic_store_explicit(&rt->door->owner, fb__thread(), memory_order_relaxed);
    fb__enter_thread(rt);
    fb__thread_runs = true; // a destructor must not start a run
    rt->running = true;
    fb__clock_refresh(rt);
    if (rt->trace != NULL && rt->trace->choose_arg == rt) {
        rt->trace->choose = NULL; // it outlives the runtime
    }
    rt->picks = rt->declined = false;
    do { // what a work owns may, as it is released, spawn once more
        cancel_all(rt);
        fb__blocking_end(rt);
    } while (rt->live > 0);
    while ((task = fb__queue_take(rt)) != NULL) {
        fb__task_unref(task);
    }
    give_back(fb__door_take(rt->door));
    // What is left are zombies of outside holders.
    give_back(fb__door_close(rt->door, rt->all_first));
    fb__slab_end(&rt->slab);
    fb_assert(rt->reactor.open == 0, "sources are closed before their runtime");
    fb__reactor_deinit(&rt->reactor);
    fb__door_unref(rt->door);
    fb__workers_destroy(rt);
    fb__runtime_here = outer;
    fb__home_here = outer != NULL ? outer->home : NULL;
    fb__thread_runs = outer != NULL;
    fb__sys.free(rt);
}

static struct fb_runtime_stats stats_of(struct fb_runtime *rt) {
    struct fb_runtime_stats stats = {
        .spawned = rt->spawned,
        .completed = rt->completed,
        .live_tasks = rt->live,
        .tasks = rt->tasks,
        .sources = rt->reactor.open,
        .timers = rt->timers_armed,
        .blocking = fb__blocking_out(rt),
    };

    for (const struct fb_task *t = rt->all_first; t != NULL; t = t->all_next) {
        stats.outside_wakers +=
            atomic_load_explicit(&t->outside, memory_order_acquire);
    }
    fb__workers_count(rt, &stats);
    return stats;
}

struct fb_runtime_stats fb_runtime_stats(const struct fb_runtime *rt) {
    struct fb_runtime_stats stats;

    fb__shared_begin();
    stats = stats_of(rt->home);
    fb__shared_end();
    return stats;
}

uint32_t fb_runtime_current_task(const struct fb_runtime *rt) {
    return fb__emit_id(fb__here(rt)->current);
}
