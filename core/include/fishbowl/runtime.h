// The runtime: an executor (run queue, turns), a reactor and a timer queue.
//
// Several workers. With fb_runtime_options.workers = N the run functions start
// N - 1 threads, poll tasks on all of them and on the calling one, and end them
// before they return; all else is the calling thread's alone. Then
//     - a task is polled by one worker at a time, not always the same one, and
//       its polls see what its earlier polls did;
//     - "Context: executor thread" in these headers means any worker, and what
//       one function does to tasks, channels, timers and sources is one step
//       for all others. What tasks share besides is for them to protect;
//     - a stored pointer to the runtime, given by fb_runtime_create or found in
//       any context, means the same runtime on every worker;
//     - a waker of another make and a channel's drop of a value may be called
//       while others cannot use the runtime: they must not wait for a worker;
//     - a scope that is dropped waits for the end of a member's poll that is
//       under way; closing a source waits for a system call that is;
//     - with a virtual clock the last worker without work moves it. Which worker
//       runs what is chance: the same seed does not give the same order;
//     - a trace must have as many rings (fb_trace_options.rings); a viewer that
//       steps sees one worker move at a time, and whom it chooses is polled by
//       the worker that polls next.
// Source: the multi-threaded scheduler of Tokio, for what it promises.
#ifndef FISHBOWL_RUNTIME_H
#define FISHBOWL_RUNTIME_H

#include "fishbowl/task.h"
#include <stdio.h>

enum fb_order { FB_ORDER_FIFO, FB_ORDER_LIFO, FB_ORDER_SEEDED };

// For its `poll`-th poll (from 1) the runtime takes `task` instead of whom its
// order would, if it is alive. One that nobody woke is woken by nobody: it is
// polled in vain, which is always legal.
struct fb_choice {
    uint64_t poll;
    uint32_t task;
    bool made; // written by the runtime
};

struct fb_runtime_options {
    enum fb_order order;
    uint64_t seed;                 // FB_ORDER_SEEDED and random choices
    bool virtual_clock;            // time advances only when nothing can run
    struct fb_trace_writer *trace; // NULL: not traced. Outlives the runtime
    // Called when a run finds that nothing can ever happen again, before it
    // returns -EDEADLK and while all futures are still there: the place for
    // fb_runtime_report. On the calling thread. May be NULL.
    void (*on_stall)(struct fb_runtime *rt, void *arg);
    void *on_stall_arg;
    uint32_t blocking_threads; // at most, for fb_spawn_blocking; 0: 4
    // Threads that poll tasks, at most FB_WORKERS_MAX; 0 or 1: only the one
    // that calls fb_block_on or fb_run. See "Several workers" below.
    uint32_t workers;
    // What to change in the order, to see what becomes of it. Borrowed; outlives
    // the runtime. For one worker: which of several is polled first is chance.
    // Trace: CHOICE.
    struct fb_choice *choices;
    size_t choice_count;
};
#define FB_WORKERS_MAX 64

// Errors: -ENOMEM, those of epoll_create1 and eventfd, and -EINVAL for more than
// FB_WORKERS_MAX workers, more than the trace has rings, or choices for several.
FB_MUST_USE int fb_runtime_create(const struct fb_runtime_options *options,
                                  struct fb_runtime **ret_runtime);

// Drops every future once and frees the runtime. Destructors may spawn and
// wake; what they spawn is dropped unpolled. Wakers kept outside stay legal
// and do nothing. Waits for blocking work that has started.
// Requires: not called from inside a poll; sources that no
// future owns are closed. NULL is legal.
void fb_runtime_destroy(struct fb_runtime *rt);

// The program itself is the executor: from now on `pick` is asked before each
// poll, and nobody is polled but the task whose id it gives, as in fb_choice. 0,
// or who is not alive: nobody now; the executor waits until something happens,
// even if somebody could be polled, and asks again. NULL: the order's turn.
// Requires: one worker; not inside a poll. `pick` may ask and interrupt the
// runtime, no more.
// Trace: CHOICE (by a list).
void fb_runtime_on_pick(struct fb_runtime *rt,
                        uint32_t (*pick)(struct fb_runtime *rt, void *arg),
                        void *arg);

// Runs until `future` is Ready and returns 0. The future is task 1's root where
// it is the first; it stays where it is and is dropped before any return; `out`
// is readable, an output that owns something is the caller's.
// Other tasks stay in the runtime, unpolled, until the next run or destroy.
// Errors: -EDEADLK nothing can ever happen again (see on_stall), -EIO it failed
// (FB_PANIC), -EBUSY called inside a task, -EINTR fb_runtime_interrupt, -ENOMEM;
// with several workers -EAGAIN, before any poll: a thread could not be made.
FB_MUST_USE int fb_block_on(struct fb_runtime *rt, struct fb_future *future);

// Runs until all tasks are complete; 0, -EDEADLK, -EBUSY, -EINTR or -EAGAIN.
FB_MUST_USE int fb_run(struct fb_runtime *rt);

// Polls until nothing is runnable without waiting: takes what the kernel has
// ready, fires due timers, advances no clock. Returns the polls made, or
// -EBUSY.
FB_MUST_USE int fb_run_until_stalled(struct fb_runtime *rt);

// Advances a virtual clock by `ns`, firing timers in order on the way, running
// what they wake. Returns the polls made, or -EINVAL for a real clock.
FB_MUST_USE int fb_runtime_advance(struct fb_runtime *rt, uint64_t ns);

// Writes who waits for what, on which line: a task and its futures a line each.
// Context: executor thread, between polls. Names are sanitised.
void fb_runtime_report(struct fb_runtime *rt, FILE *out);

// The runtime's clock: real time less the time it stood stopped, or virtual.
uint64_t fb_runtime_now_ns(const struct fb_runtime *rt);

// Counted since the runtime was made, but for the lines that say "now".
struct fb_runtime_stats {
    uint64_t polls, wakes, spawned, completed;
    uint64_t parks;         // it waited for the kernel, having nothing to do
    uint64_t empty_parks;   // of these, after one that led to no poll
    uint64_t forced_yields; // polls that ran out of their budget
    uint64_t remote_wakes;  // that other threads made and that queued a task
    // now
    uint32_t live_tasks; // not complete
    uint32_t tasks;      // allocated, zombies included
    uint32_t sources, timers, outside_wakers;
    uint32_t blocking; // works handed to the pool and not back
};
struct fb_runtime_stats fb_runtime_stats(const struct fb_runtime *rt);

// The id of the task whose future is being polled or dropped, for the lines of
// a log; 0 between polls. An output is dropped on behalf of whoever gives it
// up: its own task if that is detached, else the task that gives up its handle.
// Context: executor thread. Source: the behaviour of Tokio's task::id.
uint32_t fb_runtime_current_task(const struct fb_runtime *rt);

// Makes any futures of this thread stop: used by tests and signal handlers of
// embedders. Context: any thread, any signal handler. The next turn returns
// -EINTR from the run function.
void fb_runtime_interrupt(struct fb_runtime *rt);

#endif
