// Problem: a task that comes out of a queue may have been aborted, completed or
// woken again meanwhile, and its poll may be Ready, Pending, or a failure.
// Idea: what to do is what the transitions of its state word say (task_state.h);
// here each is taken together with what the trace tells of it:
//
//     begin ─► poll ─► end: idle | queued again | its end (futures dropped)
//       └─ aborted: its end      └─ skipped: complete already
//
// Invariants: a step of its life and the event that tells of it are one step
// for all other workers; futures are dropped outside of it.
// Concurrency: the executor's thread, or any one worker at a time.
//
// `several`: whether there are workers beside this one. Asked once a turn: with
// each function inlined, a lone executor's turn has nothing left of theirs.
#include "emit.h"
#include "hostile.h"

#define FB__INLINED static inline __attribute__((always_inline))

// An abort that another thread asked for is noted when it takes effect.
void fb__note_abort(struct fb_runtime *rt, struct fb_task *task) {
    struct fb_task *current = rt->current;

    fb__shared_begin();
    if (!task->abort_noted) {
        task->abort_noted = true;
        rt->current = NULL; // it was not this task that asked for it
        fb__emit_abort(rt, task->id);
        rt->current = current;
    }
    fb__shared_end();
}

void fb__note_thread_wake(struct fb_runtime *rt, struct fb_task *task,
                          enum fb_wake_effect effect) {
    fb__count_wake(rt, task);
    if (effect == FB_WAKE_SCHEDULED) {
        fb__count(&rt->remote_wakes);
    }
    fb__emit_wake(rt, task->id, effect, FB_PARTY_THREAD, 0);
}

FB__INLINED void told_begin(const struct fb_runtime *rt, bool several) {
    if (several) {
        fb__told_begin(rt);
    }
}

FB__INLINED void told_end(const struct fb_runtime *rt, bool several) {
    if (several) {
        fb__told_end(rt);
    }
}

FB__INLINED bool wake_is_noted(const struct fb_runtime *rt,
                               const struct fb_task *task, bool several) {
    // Relaxed: written and read between the same two polls.
    return several ? atomic_load_explicit(&task->foreign_coalesced,
                                          memory_order_relaxed) &
                         FB__WAKE_NOTED
                   : rt->woken_in_poll;
}

// Gives the outcome of a task that goes no further.
FB__INLINED enum fb_task_outcome
end_pending(struct fb_runtime *rt, struct fb_task *task, bool several) {
    switch (fb__state_end_pending(&task->state)) {
    case FB__END_CANCEL: return FB_OUTCOME_CANCELLED;
    case FB__END_REQUEUE:
        if (!wake_is_noted(rt, task, several)) {
            fb__note_thread_wake(rt, task, FB_WAKE_SCHEDULED);
        }
        if (several) {
            fb__executor_push(rt, task, FB_QUEUE_RUN);
        } else {
            fb__queue_push(rt, task, FB_QUEUE_RUN);
        }
        break;
    case FB__END_IDLE: break;
    }
    return FB_OUTCOME_NONE;
}

static void end_task(struct fb_runtime *rt, struct fb_task *task,
                     enum fb_task_outcome outcome) {
    if (outcome == FB_OUTCOME_CANCELLED) {
        fb__note_abort(rt, task);
    }
    fb__task_finish(rt, task, outcome);
    fb__task_unref(task); // the poll's
}

FB__INLINED void end_poll(struct fb_runtime *rt, struct fb_task *task,
                          enum fb_poll_result result, bool several) {
    enum fb_task_outcome outcome;

    told_begin(rt, several);
    fb__emit_poll_end(rt, task, result);
    switch (result) {
    case FB_RESULT_FAILED: outcome = FB_OUTCOME_FAILED; break;
    case FB_RESULT_READY:
        outcome = fb_future_out(fb__task_root(task)) < 0 ? FB_OUTCOME_ERROR
                                                         : FB_OUTCOME_OK;
        break;
    case FB_RESULT_PENDING:
    default: outcome = end_pending(rt, task, several); break;
    }
    told_end(rt, several);
    if (outcome != FB_OUTCOME_NONE) {
        end_task(rt, task, outcome);
    }
}

FB__INLINED void poll_task(struct fb_runtime *rt, struct fb_task *task,
                           bool several) {
    struct fb_future *root = fb__task_root(task);
    const struct fb_waker waker = {.ops = &fb__task_waker_ops, .data = task};
    struct fb_context cx = {
        .waker = &waker, .runtime = rt, .task = task, .future = root};
    enum fb_poll result;

    fb__hostile_before_poll(rt);
    result =
        several ? fb__future_call_poll(root, &cx) : root->type->poll(root, &cx);
    if (result == FB_READY && !cx.failed) {
        root->state = FB_STATE_DONE;
    } else if (root->state == 0) {
        root->state = root->type->site.line;
    }
    if (rt->trace != NULL) {
        fb__clock_stamp(rt); // one stamp a step: this poll's end
    }
    end_poll(rt, task,
             cx.failed            ? FB_RESULT_FAILED
             : result == FB_READY ? FB_RESULT_READY
                                  : FB_RESULT_PENDING,
             several);
}

// Wakes by other threads that found the task queued already are noted now.
static void note_foreign_wakes(struct fb_runtime *rt, struct fb_task *task) {
    uint32_t count = atomic_exchange_explicit(&task->foreign_coalesced, 0,
                                              memory_order_relaxed) &
                     ~FB__WAKE_NOTED;

    for (; count > 0; count--) {
        fb__note_thread_wake(rt, task, FB_WAKE_COALESCED);
    }
}

FB__INLINED enum fb__begin_action
begin_poll(struct fb_runtime *rt, struct fb_task *task, bool several) {
    enum fb__begin_action action;

    told_begin(rt, several);
    if (atomic_load_explicit(&task->foreign_coalesced, memory_order_relaxed)) {
        note_foreign_wakes(rt, task);
    }
    rt->current = task;
    rt->cause = FB_PARTY_TASK;
    rt->cause_id = task->id;
    rt->long_poll = false;
    action = fb__state_begin_poll(&task->state);
    if (action == FB__BEGIN_POLL) {
        fb_assert(fb__task_root(task)->state < FB_STATE_DONE,
                  "a root future is polled until Ready");
        task->polls++;
        fb__count(&rt->polls);
        rt->woken_in_poll = false;
        fb__emit_poll_begin(rt, task);
    }
    told_end(rt, several);
    return action;
}

FB__INLINED void run_task(struct fb_runtime *rt, struct fb_task *task,
                          bool several) {
    switch (begin_poll(rt, task, several)) {
    case FB__BEGIN_POLL: poll_task(rt, task, several); break;
    case FB__BEGIN_CANCEL: end_task(rt, task, FB_OUTCOME_CANCELLED); break;
    case FB__BEGIN_SKIP: fb__task_unref(task); break;
    }
    rt->current = NULL;
    rt->cause = FB_PARTY_NONE;
    rt->cause_id = 0;
}

void fb__run_task(struct fb_runtime *rt, struct fb_task *task) {
    if (fb__have_workers()) {
        run_task(rt, task, true);
    } else {
        run_task(rt, task, false);
    }
}
