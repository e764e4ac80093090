// What the files of the several workers share.
//
//     workers.c        making them, their threads, a worker's turns
//     workers_queue.c  their run queues, and stealing from each other
//     workers_idle.c   who waits for what when there is nothing to do
//     workers_gap.c    between two steps: standing still for a viewer
//     workers_lock.c   the bracket around what they share
#ifndef FB_WORKERS_IMPL_H
#define FB_WORKERS_IMPL_H

#include "runtime_impl.h"

enum fb__idleness {
    FB__BUSY,
    FB__PARKED,  // waits for `woken`
    FB__DRIVING, // waits for the kernel: the door's bell wakes it
};

struct fb__worker {
    struct fb_runtime *rt; // &part, or the home: worker 0's
    struct fb__group *group;
    pthread_t thread;
    // under queue_lock: rt's run queue
    pthread_mutex_t queue_lock;
    _Atomic uint32_t ready; // its length, for those without the lock
    // under the group's idle_lock
    enum fb__idleness idleness;
    pthread_cond_t woken;
    bool searching; // roused, and has found nothing yet
    // the gap
    _Atomic bool in_step;
    bool exclusive;  // its own thread
    uint32_t served; // tickets, when it last passed a gap
    // a further worker's own
    struct fb_runtime part;
    struct fb_trace_writer writer;
};

struct fb__group {
    struct fb_runtime *home;
    uint32_t count;
    // the bracket (workers_lock.c)
    pthread_mutex_t lock;
    void *_Atomic owner; // fb__thread of who is inside
    uint32_t depth;
    uint32_t listeners; // wait for news
    pthread_cond_t news;
    uint64_t driver_deadline_ns; // it sleeps until then; 0: nobody does
    // idleness (workers_idle.c); the atomics are written under idle_lock
    pthread_mutex_t idle_lock;
    _Atomic uint32_t idle, searching;
    _Atomic bool driving; // someone waits for the kernel, or takes what it gave
    // the gap (workers_gap.c)
    pthread_mutex_t gap_lock;
    pthread_cond_t gap_moved;
    _Atomic uint32_t tickets, serving; // unequal: someone is exclusive
    _Atomic bool one_by_one;           // each event counts
    // the run
    const struct fb_task *until; // NULL: all
    _Atomic bool over;
    int result;              // once it is over; under idle_lock
    bool gate_open, refused; // under idle_lock
    pthread_cond_t gate;
    struct fb__worker workers[];
};

static inline struct fb__worker *fb__worker_of(const struct fb_runtime *rt) {
    return &rt->group->workers[rt->worker];
}

static inline bool fb__group_is_over(const struct fb__group *g) {
    // Acquire: what was done for the result is seen with it.
    return atomic_load_explicit(&g->over, memory_order_acquire);
}

// ---- workers.c ----

// The first result counts. Context: any worker, also inside the bracket.
void fb__group_end(struct fb__group *g, int result);

// ---- workers_queue.c ----

struct fb_task *fb__workers_take(struct fb__worker *w); // NULL: empty
// Takes half of another's queue over, and the first of it out again, which the
// worker must run before it passes a gap: else one task may go round and round
// among thieves. NULL: all are empty. Trace: TASK_SCHEDULED (stolen).
struct fb_task *fb__workers_steal(struct fb__worker *w);
// After a run, when no other worker is left: all that is queued is worker 0's.
void fb__workers_collect(struct fb__group *g);

// ---- workers_idle.c ----

// Something was queued: an idle worker, if there is one, may come for it.
void fb__workers_notify(struct fb__group *g);
// It has found something, and is about to run it: another one is roused where
// there is more, or where nobody listens to the kernel meanwhile.
void fb__workers_found(struct fb__worker *w);
// Waits until there may be something to do, or the run is over. Notices a
// stall. Trace: PARK, UNPARK, and what a reactor turn emits.
void fb__workers_idle(struct fb__worker *w);
// Wakes them all. Requires: idle_lock.
void fb__workers_rouse_all(struct fb__group *g);
// A look at the reactor, if nobody else has it, at the timers, at those who
// have yielded, and at the door.
void fb__workers_look(struct fb__worker *w);

// ---- workers_gap.c ----

// Ends the step under way and begins the next one.
void fb__gap_pass(struct fb__worker *w);
// Ends the step under way: the worker touches nothing until it has passed.
void fb__gap_leave(struct fb__worker *w);

#endif
