// Problem: a server spawns a task per client and wants each one's result, in
// the order they finish, without asking every one of them.
// Idea: a finished member links itself into the set's list (with the link
// that named its set) and wakes who waits.
// Invariants: each member holds its set's interest until it is taken; a set
// that ends gives all its members up, so none refers to it afterwards. Its
// runtime is asked only while a member runs: a set may outlive its runtime.
// Concurrency: executor thread. With several workers the set lies inside the
// bracket of workers.h, as its members end on any of them.
#include "emit.h"

#include <errno.h>

void fb_join_set_init(struct fb_join_set *set, struct fb_runtime *rt) {
    struct fb_runtime *home = rt->home;

    fb__shared_begin();
    *set = (struct fb_join_set){.runtime = home, .id = ++home->next_set_id};
    fb__shared_end();
}

int fb_join_set_spawn(struct fb_join_set *set, struct fb_future *future,
                      struct fb_trace_site *site) {
    struct fb_task *task;

    return fb__task_spawn(set->runtime, future, site, set, &task);
}

void fb__join_set_finished(struct fb_task *task) {
    struct fb_join_set *set = task->owner.set;

    task->owner.finished_next = NULL;
    *(set->finished_last != NULL ? &set->finished_last->owner.finished_next
                                 : &set->finished_first) = task;
    set->finished_last = task;
    set->running--;
    if (set->waiters.first != NULL) {
        fb_waiter_wake(set->waiters.first, FB_PARTY_TASK, task->id);
    }
}

// Calls visit for each member that is still running. Spawned by the set, they
// are in the list of all tasks; a set is ended rarely enough to look for them.
static void each_running(struct fb_join_set *set,
                         void (*visit)(struct fb_task *task)) {
    struct fb_runtime *rt = set->runtime;
    struct fb__walk walk;
    struct fb_task *t;

    if (set->running == 0) {
        return;
    }
    fb__walk_begin(rt, &walk);
    while ((t = fb__walk_step(&walk)) != NULL) {
        if (t->holder == FB__HELD_SET && t->outcome == 0 &&
            t->owner.set == set) {
            visit(t);
        }
    }
    fb__walk_end(rt, &walk);
}

static void abort_one(struct fb_task *task) {
    fb_task_abort(&(struct fb_join_handle){task});
}

static void give_up(struct fb_task *task) {
    task->owner.set = NULL;
    abort_one(task);
    fb__task_release(task, FB_JOIN_DETACH);
}

// Cancels a member where it stands; one that another worker polls right now is
// asked to end. Whether it was the first.
static bool cancel_one(struct fb_runtime *rt, struct fb_task *task) {
    if (fb__task_try_seize(rt, task)) {
        return true;
    }
    abort_one(task);
    // Untraced, its poll may have ended in between, and not known of that: then
    // it is in this worker's queue, and this worker is about to wait for it.
    return fb__task_try_seize(rt, task);
}

// Cancels all members that nobody polls. Gives whether there were any.
static bool cancel_waiting(struct fb_join_set *set) {
    struct fb_runtime *rt = fb__here(set->runtime);
    struct fb__walk walk;
    struct fb_task *t;
    bool some = false;

    fb__walk_begin(rt->home, &walk);
    while ((t = fb__walk_step(&walk)) != NULL) {
        if (t->holder == FB__HELD_SET && t->outcome == 0 &&
            t->owner.set == set) {
            some |= cancel_one(rt, t);
        }
    }
    fb__walk_end(rt->home, &walk);
    return some;
}

// Whether a member, in its poll or as it ends, has called what calls this.
static bool inside_member(const struct fb_join_set *set) {
    const struct fb_task *task = fb__here(set->runtime)->current;

    return task != NULL && task->holder == FB__HELD_SET &&
           task->outcome == FB_OUTCOME_NONE && task->owner.set == set;
}

// Those that it waits for are its descendants: nobody ever waits for one who
// waits for him.
void fb__join_set_cancel(struct fb_join_set *set) {
    fb__shared_begin();
    while (set->running > 0) { // destructors may have spawned more
        if (!cancel_waiting(set)) {
            fb_assert(fb__have_workers() && !inside_member(set),
                      "no member drops its own scope");
            fb__shared_wait();
        }
    }
    fb__shared_end();
}

void fb_join_set_abort_all(struct fb_join_set *set) {
    fb__shared_begin();
    if (set->runtime != NULL) {
        each_running(set, abort_one);
    }
    fb__shared_end();
}

static struct fb_task *take_finished(struct fb_join_set *set) {
    struct fb_task *task;

    fb__shared_begin();
    task = set->finished_first;
    if (task != NULL) {
        set->finished_first = task->owner.finished_next;
        if (set->finished_first == NULL) {
            set->finished_last = NULL;
        }
        task->owner.finished_next = NULL;
        set->members--;
    }
    fb__shared_end();
    return task;
}

void fb_join_set_deinit(struct fb_join_set *set) {
    struct fb_task *task;

    if (set->runtime == NULL) {
        return;
    }
    fb__shared_begin();
    fb_assert(set->waiters.first == NULL, "nobody waits for a set that ends");
    each_running(set, give_up);
    fb__shared_end();
    while ((task = take_finished(set)) != NULL) {
        fb__task_release(task, FB_JOIN_DETACH);
    }
    fb_task_detach(&set->taken);
    *set = (struct fb_join_set){0};
}

// A wake goes to one of those who wait; whoever has no use for it passes it on.
static void pass_on(struct fb_join_set *set) {
    if (set->waiters.first != NULL &&
        (set->finished_first != NULL || set->members == 0)) {
        fb_waiter_wake(set->waiters.first, FB_PARTY_JOIN_SET, set->id);
    }
}

static int try_next(struct fb_join_set *set,
                    struct fb_join_result *ret_result) {
    struct fb_join_handle before;
    struct fb_task *task;

    if (set->finished_first == NULL && set->members > 0) {
        return -EAGAIN;
    }
    task = take_finished(set);
    if (task != NULL) {
        fb__task_result(task, ret_result);
        before = set->taken;
        set->taken.task = task;
        fb_task_detach(&before);
    }
    pass_on(set);
    return task != NULL;
}

int fb_join_set_try_next(struct fb_join_set *set,
                         struct fb_join_result *ret_result) {
    int result;

    fb__shared_begin();
    result = try_next(set, ret_result);
    fb__shared_end();
    return result;
}

static enum fb_poll join_next_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct fb_join_next *self =
        fb_container_of(future, struct fb_join_next, future);
    struct fb_join_set *set = self->set;

    if (set->finished_first == NULL && set->members > 0) {
        fb_waiter_arm(&self->waiter, cx, &set->waiters, FB_PARTY_JOIN_SET,
                      set->id, 0);
        return FB_PENDING;
    }
    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    fb_waiter_disarm(&self->waiter);
    self->out = try_next(set, &self->result);
    return FB_READY;
}

static void join_next_drop(struct fb_future *future) {
    struct fb_join_next *self =
        fb_container_of(future, struct fb_join_next, future);

    fb_waiter_disarm(&self->waiter);
    if (future->state != 0 && future->state != FB_STATE_DONE) {
        pass_on(self->set); // it may have been woken, and not polled since
    }
}

static struct fb_type join_next_type =
    FB_TYPE(fb_join_next, .poll = join_next_poll, .drop = join_next_drop,
            .waiter_offset = offsetof(struct fb_join_next, waiter));

struct fb_join_next fb_join_next(struct fb_join_set *set) {
    return (struct fb_join_next){.future.type = &join_next_type, .set = set};
}
