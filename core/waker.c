// Problem: anyone may hold a waker, on any thread, longer than the task or
// even the runtime lives, and may use it at any moment.
// Idea: a waker is a counted reference to a task. Waking only moves the task's
// state word and puts the task into a queue; polling, dropping and freeing of
// futures happen elsewhere, on the executor's own stack.
// Invariants: one reference per waker. `outside` counts those whose holder the
// runtime does not know: while there is one, a stall cannot be proved.
// Concurrency: any thread. Events are written only by the executor's thread and
// its workers; wakes of other threads are noted when it takes them from the
// door. With several workers a waiter is armed, disarmed and woken inside the
// bracket (workers.h); so is a stranger's waker that waits there.
#include "emit.h"
#include "hostile.h"

static struct fb_waker task_waker_clone(void *data) {
    struct fb_task *task = data;

    fb__task_share(task); // the clone may go to any thread
    fb__state_ref(&task->state);
    atomic_fetch_add_explicit(&task->outside, 1, memory_order_relaxed);
    if (fb__task_here(task)) {
        fb__emit_waker_clone(fb__runtime_here, task->id, FB_PARTY_OUTSIDE, 0, 0,
                             0, 0);
    }
    return (struct fb_waker){.ops = &fb__task_waker_ops, .data = data};
}

static const enum fb_wake_effect effects[] = {
    [FB__WAKE_ENQUEUE] = FB_WAKE_SCHEDULED,
    [FB__WAKE_COALESCED] = FB_WAKE_COALESCED,
    [FB__WAKE_DURING_POLL] = FB_WAKE_DURING_POLL,
    [FB__WAKE_LATE] = FB_WAKE_AFTER_COMPLETE,
    [FB__WAKE_LAST] = FB_WAKE_AFTER_COMPLETE,
};

static inline void note_in_poll(struct fb_runtime *rt, struct fb_task *task,
                                enum fb__wake_action action, bool several) {
    if (action != FB__WAKE_DURING_POLL) {
        return;
    }
    rt->woken_in_poll = true;
    if (several) {
        // Relaxed: ordered by the state word, as the wake itself is.
        atomic_fetch_or_explicit(&task->foreign_coalesced, FB__WAKE_NOTED,
                                 memory_order_relaxed);
    }
}

// Between two of these a task's wakes are told in the order they happened.
static void told_begin(const struct fb_task *task) {
    if (fb__have_workers() && fb__task_here(task)) {
        fb__told_begin(fb__runtime_here);
    }
}

static void told_end(const struct fb_task *task) {
    if (fb__have_workers() && fb__task_here(task)) {
        fb__told_end(fb__runtime_here);
    }
}

// Records the wake and queues the task if that is what it takes.
// Requires: the caller keeps a reference of its own.
static inline void apply(struct fb_task *task, enum fb__wake_action action,
                         bool several) {
    if (fb__task_here(task)) {
        struct fb_runtime *rt = fb__runtime_here;

        fb__count(&rt->wakes);
        task->wakes += !several || rt->trace != NULL; // as fb__count_wake
        note_in_poll(rt, task, action, several);
        fb__emit_wake(rt, task->id, effects[action], rt->cause, rt->cause_id);
    } else {
        fb_assert(fb__state_shared(&task->state),
                  "a borrowed waker is cloned before another thread gets it");
        if (action == FB__WAKE_COALESCED) {
            atomic_fetch_add_explicit(&task->foreign_coalesced, 1,
                                      memory_order_relaxed);
        }
    }
    if (action == FB__WAKE_ENQUEUE) {
        fb__task_enqueue(task);
    }
}

// `ring`: nothing else will tell a parked executor that this waker is gone.
static void note_outside_drop(struct fb_task *task, enum fb_waker_drop_why why,
                              bool ring) {
    // Release: pairs with the look for a stall, which must see what this waker
    // has done once it does not see the waker any more.
    uint32_t before =
        atomic_fetch_sub_explicit(&task->outside, 1, memory_order_release);

    if (fb__task_here(task)) {
        fb__emit_waker_drop(fb__runtime_here, task->id, FB_PARTY_OUTSIDE, 0, 0,
                            0, why);
    } else if (before == 1 && ring) {
        fb__door_ring(task->door); // it may be the end of all hope: a stall
    }
}

static inline void wake_by_ref(struct fb_task *task, bool several) {
    apply(task, fb__state_wake_by_ref(&task->state), several);
    if (fb__hostile_repeats(task)) {
        apply(task, fb__state_wake_by_ref(&task->state), several);
    }
}

static void task_waker_wake_by_ref(void *data) {
    struct fb_task *task = data;

    if (fb__have_workers()) {
        told_begin(task);
        wake_by_ref(task, true);
        told_end(task);
    } else {
        wake_by_ref(task, false);
    }
}

// Wake first, then be no waker any more, so that no stall is seen in between;
// the reference last: the task cannot vanish before.
static void task_waker_wake(void *data) {
    struct fb_task *task = data;
    enum fb__wake_action action;

    told_begin(task);
    if (fb__hostile_repeats(task)) {
        task_waker_wake_by_ref(task);
    }
    action = fb__state_wake_by_ref(&task->state);
    note_outside_drop(task, FB_WAKER_WOKEN, action != FB__WAKE_ENQUEUE);
    apply(task, action, fb__have_workers());
    told_end(task);
    fb__task_unref(task);
}

static void task_waker_drop(void *data) {
    struct fb_task *task = data;

    note_outside_drop(task, FB_WAKER_DROPPED, true);
    fb__task_unref(task);
}

const struct fb_waker_ops fb__task_waker_ops = {
    .clone = task_waker_clone,
    .wake = task_waker_wake,
    .wake_by_ref = task_waker_wake_by_ref,
    .drop = task_waker_drop,
};

struct fb_waker fb_waker_clone(const struct fb_waker *waker) {
    return waker->ops != NULL ? waker->ops->clone(waker->data)
                              : (struct fb_waker){0};
}

void fb_waker_wake(struct fb_waker *waker) {
    struct fb_waker taken = *waker;

    *waker = (struct fb_waker){0};
    if (taken.ops != NULL) {
        taken.ops->wake(taken.data);
    }
}

void fb_waker_wake_by_ref(const struct fb_waker *waker) {
    if (waker->ops != NULL) {
        waker->ops->wake_by_ref(waker->data);
    }
}

void fb_waker_drop(struct fb_waker *waker) {
    struct fb_waker taken = *waker;

    *waker = (struct fb_waker){0};
    if (taken.ops != NULL) {
        taken.ops->drop(taken.data);
    }
}

bool fb_waker_same(const struct fb_waker *a, const struct fb_waker *b) {
    return a->ops == b->ops && a->data == b->data;
}

// ---- waiters: stored wakers whose holder the runtime knows ----

// A copy that counts as the runtime's own, not as outside.
void fb__waker_keep(const struct fb_waker *waker, struct fb_waker *ret) {
    struct fb_task *task = fb__waker_task(waker);

    if (task == NULL) {
        *ret = fb_waker_clone(waker);
        return;
    }
    fb__state_ref(&task->state);
    *ret = *waker;
}

void fb__waker_release(struct fb_waker *waker) {
    struct fb_task *task = fb__waker_task(waker);

    if (task == NULL) {
        fb_waker_drop(waker);
        return;
    }
    *waker = (struct fb_waker){0};
    fb__task_unref(task);
}

static void list_append(struct fb_waiter_list *list, struct fb_waiter *w) {
    w->list = list;
    w->next = NULL;
    if (list == NULL) {
        w->prev = NULL;
        return;
    }
    w->prev = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = w;
    list->last = w;
}

static void list_remove(struct fb_waiter *w) {
    if (w->list != NULL) {
        *(w->prev != NULL ? &w->prev->next : &w->list->first) = w->next;
        *(w->next != NULL ? &w->next->prev : &w->list->last) = w->prev;
    }
    w->list = NULL;
    w->next = w->prev = NULL;
}

static void note_drop(const struct fb_waiter *w, enum fb_waker_drop_why why) {
    struct fb_task *task = fb__waker_task(&w->waker);

    if (task != NULL && fb__task_here(task)) {
        fb__emit_waker_drop(fb__runtime_here, task->id, w->party, w->holder,
                            w->future, w->interest, why);
    }
}

static void arm(struct fb_waiter *w, struct fb_context *cx,
                struct fb_waiter_list *list, enum fb_party party,
                uint32_t holder, unsigned interest) {
    struct fb_task *task = fb__waker_task(cx->waker);

    if (w->waker.ops != NULL) {
        struct fb_waker old = w->waker;

        if (fb_waker_same(&old, cx->waker)) {
            return;
        }
        note_drop(w, FB_WAKER_REPLACED);
        fb__waker_keep(cx->waker, &w->waker);
        fb__waker_release(&old); // last: it may run a stranger's code
    } else {
        fb__waker_keep(cx->waker, &w->waker);
        list_append(list, w);
    }
    w->party = (uint8_t)party;
    w->holder = holder;
    w->interest = (uint8_t)interest;
    w->future = cx->future != NULL ? cx->future->id : 0;
    if (task != NULL) {
        fb__emit_waker_clone(cx->runtime, task->id, party, holder, w->future,
                             interest, 0);
    }
}

void fb_waiter_arm(struct fb_waiter *w, struct fb_context *cx,
                   struct fb_waiter_list *list, enum fb_party party,
                   uint32_t holder, unsigned interest) {
    fb__shared_begin();
    arm(w, cx, list, party, holder, interest);
    fb__shared_end();
}

void fb_waiter_disarm(struct fb_waiter *w) {
    fb__shared_begin();
    if (w->waker.ops != NULL) {
        list_remove(w);
        note_drop(w, FB_WAKER_DROPPED);
        fb__waker_release(&w->waker);
    }
    fb__shared_end();
}

// On the executor's thread: a wake that uses the reference up. Only a queued
// or running task may still be touched after the transition.
static void wake_here(struct fb_runtime *rt, struct fb_task *task) {
    uint32_t id = task->id;
    enum fb__wake_action action = fb__state_wake_by_value(&task->state);

    fb__count(&rt->wakes);
    fb__emit_wake(rt, id, effects[action], rt->cause, rt->cause_id);
    if (action == FB__WAKE_LAST) {
        fb__task_free(task);
    } else if (action != FB__WAKE_LATE) {
        task->wakes++; // by its holder's only waker: inside the bracket
        note_in_poll(rt, task, action, fb__have_workers());
        if (action == FB__WAKE_ENQUEUE) {
            fb__executor_push(rt, task, FB_QUEUE_RUN);
            if (fb__hostile_repeats(task)) {
                apply(task, fb__state_wake_by_ref(&task->state),
                      fb__have_workers());
            }
        }
    }
}

static void wake(struct fb_waiter *w, enum fb_party cause, uint32_t cause_id) {
    struct fb_waker taken = w->waker;
    struct fb_task *task = fb__waker_task(&taken);
    struct fb_runtime *rt = fb__runtime_here;
    enum fb_party old_cause;
    uint32_t old_id;

    if (taken.ops == NULL) {
        return;
    }
    list_remove(w);
    note_drop(w, FB_WAKER_WOKEN);
    w->waker = (struct fb_waker){0};
    if (task == NULL) {
        fb_waker_wake(&taken);
        return;
    }
    fb_assert(fb__task_here(task),
              "waiters are woken on the executor's thread");
    old_cause = rt->cause;
    old_id = rt->cause_id;
    rt->cause = cause;
    rt->cause_id = cause_id;
    rt->cause_interest = w->interest;
    wake_here(rt, task);
    rt->cause_interest = 0;
    rt->cause = old_cause;
    rt->cause_id = old_id;
}

void fb_waiter_wake(struct fb_waiter *w, enum fb_party cause,
                    uint32_t cause_id) {
    fb__shared_begin();
    wake(w, cause, cause_id);
    fb__shared_end();
}
