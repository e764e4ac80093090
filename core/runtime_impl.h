// The runtime's parts, as core's own sources see them.
//
//     executor.c   the run queue, turns                  owns the order
//     choice.c     who is next, where it is not the first
//     turn.c       one task's poll, or its end
//     task.c       a task's memory, end and handles      task_state.c its word
//     slab.c       where most tasks lie
//     reactor.c    epoll, sources, readiness             door.c   other threads
//     timer.c      the pairing heap                      clock.c  what time is
//     blocking.c   the pool of threads
//     workers.c    several threads for one runtime (workers.h)
//     emit.h       the one place where each event is written
#ifndef FB_RUNTIME_IMPL_H
#define FB_RUNTIME_IMPL_H

#include "fishbowl/budget.h"
#include "fishbowl/join_set.h"
#include "fishbowl/net.h"
#include "fishbowl/runtime.h"
#include "fishbowl/sync.h"
#include "fishbowl/time.h"
#include "slab.h"
#include "stamp.h"
#include "sys.h"
#include "task_state.h"
#include "workers.h"

#include <pthread.h>

// ---- tasks ----

// What people say of a task; allocated only for those that have something.
struct fb__notes {
    const char *message; // why it failed
    uint8_t label_len;
    char label[]; // raw, not NUL-ended
};

// Who has the handle of a task.
#define FB__WAKE_NOTED 0x80000000u // in foreign_coalesced

enum fb__holder {
    FB__HELD_HANDLE,   // the program, or nobody any more
    FB__HELD_SET,      // a join set
    FB__HELD_BLOCK_ON, // which also has its root future
};

// A task that waits for nothing takes 128 bytes of malloc's: this header, a
// future and its `out`. There is no room left.
struct fb_task {
    // any thread
    fb__task_state state;
    _Atomic uint32_t outside; // wakers cloned for holders we do not know
    // Wakes of other threads, not yet noted; and with several workers the flag
    // that the wake which came in its poll has been.
    _Atomic uint32_t foreign_coalesced;
    uint32_t id;
    struct fb__door *door;      // its runtime's; its own once that is gone
    struct fb_task *queue_next; // run queue, inject queue
    // executor thread
    struct fb_task *all_next, *all_prev;
    union {
        struct fb_waiter *joiner;      // waits in fb_join_task
        struct fb_join_set *set;       // held by it, until it is complete; then
        struct fb_task *finished_next; // the next complete one of its set
    } owner;
    struct fb__notes *notes;
    struct fb_trace_site *site;
    uint32_t parent;
    uint32_t polls, wakes;
    uint8_t outcome;  // enum fb_task_outcome
    uint8_t holder;   // enum fb__holder
    bool queued;      // is in the run queue
    bool abort_noted; // TASK_ABORT has been written
};

_Static_assert(sizeof(struct fb_task) + sizeof(struct fb_future) +
                       2 * sizeof(int) <=
                   128 - sizeof(size_t),
               "an idle task fits into 128 bytes");

// What lies behind the header of a block_on: its caller's future, and what is
// left to say of that once it is the caller's again.
struct fb__borrowed {
    struct fb_future *root, kept;
};

// The root future lies behind the header; for block_on a pointer to it does.
static inline struct fb_future *fb__task_root(struct fb_task *task) {
    void *behind = task + 1;

    return task->holder == FB__HELD_BLOCK_ON
               ? ((struct fb__borrowed *)behind)->root
               : behind;
}

extern const struct fb_waker_ops fb__task_waker_ops;

// The task that a waker wakes, or NULL for a waker of another make.
static inline struct fb_task *fb__waker_task(const struct fb_waker *waker) {
    return waker->ops == &fb__task_waker_ops ? waker->data : NULL;
}

// ---- the door: where other threads leave woken tasks ----

// Outlives the runtime for as long as a task's memory does, so that a wake
// that comes late finds a closed door instead of freed memory.
struct fb__door {
    pthread_mutex_t lock;
    struct fb_task *first, *last; // woken or to be freed; under lock
    bool closed;                  // under lock
    bool slab;                    // small tasks lie in the runtime's slab
    int bell_fd;                  // eventfd that interrupts a parked executor
    _Atomic uint32_t waiting;     // length of the list: a look without the lock
    _Atomic uint32_t interrupted;
    _Atomic uint32_t refs; // the runtime; then the tasks it left behind
    void *_Atomic owner;   // fb__thread of the thread that may use the runtime
    struct fb_runtime *_Atomic runtime; // NULL once that is gone
};

static inline struct fb_runtime *fb__task_runtime(const struct fb_task *task) {
    // Relaxed: only compared, or used on the thread that wrote it.
    return atomic_load_explicit(&task->door->runtime, memory_order_relaxed);
}

// ---- the reactor ----

struct fb__entry {
    int fd; // -1: free
    uint32_t generation, id, tick;
    uint32_t next_free;
    uint32_t task; // that made it
    uint8_t kind;
    uint16_t attempts;  // system calls of other workers under way on fd
    uint8_t ready;      // what an attempt may find, where nothing is known too
    uint8_t known;      // of these: what an event has said
    bool closing;       // someone waits for the end of the attempts
    uint8_t registered; // directions that epoll watches; 0: not in epoll
    struct fb_waiter_list waiters;
};

enum { FB__CHUNK = 256 }; // entries never move: waiters point into them

struct fb__reactor {
    int epoll_fd;
    struct fb__entry **chunks;
    uint32_t chunk_count, used, free_head, open;
    uint32_t *by_fd; // fd → index + 1; 0: none
    uint32_t by_fd_len;
    uint32_t next_id;
};

// ---- the runtime ----

// With several workers each has one of these. `home` is the one that the user
// made, worker 0's; the second half counts there only.
struct fb_runtime {
    struct fb_runtime *home; // itself, but for further workers
    struct fb__group *group; // NULL: one worker
    uint16_t worker;         // which of them: 0 is the thread that runs it
    // run queue; with several workers under its own lock
    struct fb_task *queue_head, *queue_tail;
    uint32_t queue_len;
    enum fb_order order;
    bool picks;    // who is next may be another one than the first
    bool declined; // on_pick, asked last, named nobody
    uint64_t random;
#ifdef FB_HOSTILE
    uint64_t hostile; // its generator (hostile.c); 0: off
#endif
    // the step under way
    struct fb_task *current; // being polled
    bool woken_in_poll;      // and that is noted already: alone, else its flag
    bool long_poll;          // it spent its whole budget
    bool parked;             // a PARK has been written, its UNPARK not yet
    enum fb_party cause;     // why wakes happen now
    uint32_t cause_id;
    uint32_t cause_interest; // of the waiter that is being used up, else 0
    uint64_t now_ns;         // cached; fb__clock_refresh renews it
    struct fb_trace_writer *trace;          // NULL: not traced
    struct fb__stamp stamp;                 // for the trace, between two looks
    uint32_t last_future_id, end_future_id; // those it may give away
    // counted by its own thread
    _Atomic uint64_t polls, wakes, parks, empty_parks, forced_yields,
        remote_wakes;
    uint64_t polls_at_park; // when it parked last

    // ---- home only; with several workers inside the bracket ----
    // everything alive
    struct fb_task *all_first, *all_last;
    uint32_t tasks, live;
    struct fb__walk *walks;         // through them, under way
    struct fb__slab slab;           // their memory, if door->slab
    struct fb_waiter_list deferred; // yields: released after the reactor's turn
    struct fb_timer *timers;        // pairing heap's root
    uint32_t timers_armed, next_timer_id, next_set_id, next_channel_id;
    uint32_t next_task_id, next_future_ids;
    uint64_t timer_sequence;
    struct fb__reactor reactor;
    struct fb__door *door;
    struct fb__pool *pool; // NULL: there was no blocking work yet
    uint32_t blocking_threads, next_work_id;
    uint64_t virtual_now_ns;
    bool virtual_clock, running;
    void (*on_stall)(struct fb_runtime *rt, void *arg);
    void *on_stall_arg;
    uint64_t spawned, completed;
    _Atomic uint32_t chosen;   // task that a viewer wants polled next; 0 none
    struct fb_choice *choices; // that the program was started with
    size_t choice_count;
    uint32_t (*on_pick)(struct fb_runtime *rt, void *arg);
    void *on_pick_arg;
};

// Its address is another one on every thread.
extern _Thread_local char fb__thread_mark;

static inline void *fb__thread(void) {
    return &fb__thread_mark;
}

// The runtime that this thread is in: running, spawning or being destroyed; of
// several workers this thread's. With its home, which may be gone if another
// thread ended it: only compared until fb__task_here has said yes.
extern _Thread_local struct fb_runtime *fb__runtime_here, *fb__home_here;
// Whether fb__runtime_here is running or being destroyed.
extern _Thread_local bool fb__thread_runs;

void fb__more_future_ids(struct fb_runtime *rt); // workers.c

static inline void fb__enter_thread(struct fb_runtime *rt) {
    fb__runtime_here = rt;
    fb__home_here = rt->home;
}

// Whether the owner of `door`, or a worker beside it, is this thread.
// Relaxed: only ever equal on the thread that wrote it.
static inline bool fb__door_is_mine(const struct fb__door *door) {
    return atomic_load_explicit(&door->owner, memory_order_relaxed) ==
               fb__thread() ||
           fb__have_workers();
}

static inline bool fb__on_thread(const struct fb_runtime *rt) {
    const struct fb__door *door = rt->home->door;

    return atomic_load_explicit(&door->owner, memory_order_relaxed) ==
               fb__thread() ||
           (fb__have_workers() && rt->home == fb__home_here);
}

// Whether this is the executor's thread, or one of its workers, of a runtime
// that is still there. Asks the door and not the runtime, which another thread
// may be ending right now. (A worker runs only while its runtime is there.)
static inline bool fb__task_here(const struct fb_task *task) {
    const struct fb_runtime *rt = fb__task_runtime(task);

    return rt != NULL && rt == fb__home_here && fb__door_is_mine(task->door);
}

// Of the runtime that `rt` belongs to, the part that is this thread's: users
// keep a pointer to any part.
static inline struct fb_runtime *fb__here(const struct fb_runtime *rt) {
    return rt->home == fb__home_here ? fb__runtime_here : rt->home;
}

// One more, by the one thread that counts here.
static inline void fb__count(_Atomic uint64_t *counter) {
    // Relaxed: others only read it, for statistics.
    atomic_store_explicit(
        counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
        memory_order_relaxed);
}

// The id of a future or task root that is new.
static inline uint32_t fb__next_future_id(struct fb_runtime *rt) {
    if (__builtin_expect(rt->last_future_id == rt->end_future_id, 0)) {
        fb__more_future_ids(rt);
    }
    return ++rt->last_future_id;
}

// A wake of `task`. Untraced, several workers may wake it at once, and nobody
// asks how often. Requires: fb__told_begin.
static inline void fb__count_wake(struct fb_runtime *rt, struct fb_task *task) {
    fb__count(&rt->wakes);
    if (!fb__have_workers() || rt->trace != NULL) {
        task->wakes++;
    }
}

// Brackets a step in a task's life that the trace tells of: the numbers of its
// events are then an order that really happened. Untraced, the task's state
// word alone decides.
static inline void fb__told_begin(const struct fb_runtime *rt) {
    if (fb__have_workers() && rt->trace != NULL) {
        fb__group_lock(fb__group_here);
    }
}

static inline void fb__told_end(const struct fb_runtime *rt) {
    if (fb__have_workers() && rt->trace != NULL) {
        fb__group_unlock(fb__group_here);
    }
}

// turn.c
// Has one task polled, or ended, that was taken from a queue.
void fb__run_task(struct fb_runtime *rt, struct fb_task *task);
// What other threads did to a task is told when it takes effect.
void fb__note_abort(struct fb_runtime *rt, struct fb_task *task);
void fb__note_thread_wake(struct fb_runtime *rt, struct fb_task *task,
                          enum fb_wake_effect effect);
// executor.c
void fb__take_from_door(struct fb_runtime *rt);
void fb__obey_viewer(struct fb_runtime *rt); // between two polls
int fb__say_stall(struct fb_runtime *rt);    // -EDEADLK
// Wakes those who yielded before this call. Requires: the bracket.
void fb__release_deferred(struct fb_runtime *rt);
// A virtual clock goes on to the first deadline, unless something that will
// come by itself comes before it. Requires: nothing is runnable, the kernel had
// nothing; the bracket.
void fb__jump_to_deadline(struct fb_runtime *rt);
// How long the reactor may wait if nothing is runnable; -1: without limit.
// Requires: the bracket.
int64_t fb__park_ns(const struct fb_runtime *rt);
// Alone: there are no other workers.
void fb__queue_push(struct fb_runtime *rt, struct fb_task *task,
                    enum fb_queue queue);
void fb__executor_push(struct fb_runtime *rt, struct fb_task *task,
                       enum fb_queue queue);
// The queue's links alone; the order is the runtime's.
void fb__queue_link(struct fb_runtime *rt, struct fb_task *task);
struct fb_task *fb__queue_take(struct fb_runtime *rt); // NULL: empty
// The one behind `before`, or the first for NULL.
struct fb_task *fb__queue_take_after(struct fb_runtime *rt,
                                     struct fb_task *before);
// The next number, 0 … below - 1, that the runtime's seed gives.
// Requires: below > 0.
uint32_t fb__random(struct fb_runtime *rt, uint32_t below);
// choice.c
// fb_trace_writer.choose of a runtime.
uint32_t fb__choose(void *arg, uint32_t task);
// The one in the queue whose successor is next by the runtime's order; NULL: the
// first is next, if there is one.
struct fb_task *fb__queue_order(struct fb_runtime *rt);
// Takes whom a viewer, a picker or a list chose, or else by the order; NULL:
// nobody is to be polled now. Trace: CHOICE.
struct fb_task *fb__queue_pick(struct fb_runtime *rt);
// Whether task `id` is in the queue and not complete; *ret_before as above.
bool fb__queue_find(struct fb_runtime *rt, uint32_t id,
                    struct fb_task **ret_before);
// task.c
// Cancels a task that is not complete, now, wherever it waits or is queued.
// Requires: no other worker runs.
void fb__task_seize(struct fb_runtime *rt, struct fb_task *task);
// The same if it is not being polled (nor complete), else false. Steps out of
// the bracket while the task's futures are dropped.
bool fb__task_try_seize(struct fb_runtime *rt, struct fb_task *task);
void fb__task_finish(struct fb_runtime *rt, struct fb_task *task,
                     enum fb_task_outcome outcome);
void fb__task_unref(struct fb_task *task);
void fb__task_free(struct fb_task *task);    // no references are left
void fb__task_enqueue(struct fb_task *task); // from any thread
// Called before other threads get to know the task: its word is moved with
// locked instructions from then on. Legal again.
// With several workers all tasks are shared from the start.
// Context: the executor's thread, unless it is shared already.
static inline void fb__task_share(struct fb_task *task) {
    if (!fb__state_shared(&task->state)) {
        fb__state_share(&task->state);
    }
}
// `rt` is this thread's part.
int fb__task_create(struct fb_runtime *rt, struct fb_future *future,
                    bool borrowed, struct fb_trace_site *site,
                    struct fb_task **ret_task);
// As fb_spawn, and a member of `set`, if that is not NULL, from the start.
int fb__task_spawn(struct fb_runtime *rt, struct fb_future *future,
                   struct fb_trace_site *site, struct fb_join_set *set,
                   struct fb_task **ret_task);
void fb__task_result(struct fb_task *task, struct fb_join_result *ret_result);
const char *fb__task_message(const struct fb_task *task);
void fb__task_set_message(struct fb_task *task, const char *message);
// Gives the handle's interest and reference up.
void fb__task_release(struct fb_task *task, enum fb_join_step step);
// A walk through all tasks, in the order they were spawned, that bears any of
// them going meanwhile. Walks nest; begun first, ended last.
struct fb__walk {
    struct fb_task *next;
    struct fb__walk *outer;
};
void fb__walk_begin(struct fb_runtime *rt, struct fb__walk *walk);
struct fb_task *fb__walk_step(struct fb__walk *walk); // NULL: that was all
void fb__walk_end(struct fb_runtime *rt, struct fb__walk *walk);
// join_set.c
void fb__join_set_finished(struct fb_task *task);
// Cancels the members that still run, now: none is left running. Waits for the
// end of a poll that another worker is in.
// Requires: this thread polls none of them.
void fb__join_set_cancel(struct fb_join_set *set);
// waker.c
void fb__waker_keep(const struct fb_waker *waker, struct fb_waker *ret);
void fb__waker_release(struct fb_waker *waker);
// door.c
int fb__door_create(struct fb_runtime *rt, struct fb__door **ret_door);
struct fb__door *fb__door_ref(struct fb__door *door);
void fb__door_unref(struct fb__door *door);
// Leaves a task and rings; false: the door is closed, the task stays with the
// caller.
bool fb__door_leave(struct fb__door *door, struct fb_task *task);
// Takes all tasks, in the order they came.
struct fb_task *fb__door_take(struct fb__door *door);
// The same, lets no more in, and cuts all tasks loose from their runtime, of
// which `all` are left: from here on whoever gives up a last reference frees.
struct fb_task *fb__door_close(struct fb__door *door, struct fb_task *all);
void fb__door_ring(struct fb__door *door);
void fb__door_hush(struct fb__door *door); // empties the eventfd
// clock.c
void fb__clock_refresh(struct fb_runtime *rt);
// Only what the next events are stamped with: cheaper, and not to be used for
// deadlines. Requires: it is traced.
void fb__clock_stamp(struct fb_runtime *rt);
// A duration after a time; the end of time if that is too far.
static inline uint64_t fb__later_ns(uint64_t time_ns, uint64_t duration_ns) {
    return duration_ns > UINT64_MAX - time_ns ? UINT64_MAX
                                              : time_ns + duration_ns;
}
// timer.c
void fb__timer_arm(struct fb_timer *t, struct fb_context *cx,
                   uint64_t deadline_ns);
void fb__timer_disarm(struct fb_timer *t);
void fb__timer_move(struct fb_timer *t, uint64_t deadline_ns);
int fb__timers_fire(struct fb_runtime *rt);
const struct fb_timer *fb__timer_first(const struct fb_runtime *rt);
void fb__timers_visit(const struct fb_runtime *rt,
                      void (*visit)(const struct fb_timer *t, void *arg),
                      void *arg);
// reactor.c
int fb__reactor_init(struct fb__reactor *r);
void fb__reactor_deinit(struct fb__reactor *r);
struct fb__entry *fb__reactor_entry(const struct fb_runtime *rt,
                                    const struct fb_source *s);
struct fb__entry *fb__reactor_at(const struct fb__reactor *r, uint32_t index);
int fb__reactor_turn(struct fb_runtime *rt, int64_t timeout_ns);
// Its steps, which several workers have other things to do between: PARK if it
// may wait; what the kernel has, which nothing else of core is needed for; and
// what becomes of that. Only the last requires the bracket.
enum { FB__REACTOR_EVENTS = 128 };
void fb__reactor_park(struct fb_runtime *rt, int64_t timeout_ns);
int fb__reactor_wait(const struct fb_runtime *rt, struct epoll_event *events,
                     int64_t timeout_ns);
int fb__reactor_take(struct fb_runtime *rt, const struct epoll_event *events,
                     int count);
// Legal when not parked. Trace: UNPARK.
void fb__reactor_unpark(struct fb_runtime *rt, uint32_t events);
int fb__reactor_watch(struct fb__reactor *r, int fd, uint64_t token);
#define FB__TOKEN_DOOR UINT64_MAX
#define FB__TOKEN_BELL (UINT64_MAX - 1)
// addr.c
int fb__port_parse(const char *text, uint16_t *ret_port); // 0 or -EINVAL
socklen_t fb__addr_len(const struct fb_addr *addr);       // of its family
// blocking.c
uint32_t fb__blocking_limit(uint32_t wanted);  // threads; 0: the default
void fb__blocking_take(struct fb_runtime *rt); // what is done; wakes who waits
// Waits for work that has started, and ends the pool.
void fb__blocking_end(struct fb_runtime *rt);
uint32_t fb__blocking_out(const struct fb_runtime *rt);     // not back yet
uint32_t fb__blocking_awaited(const struct fb_runtime *rt); // of these
bool fb__blocking_is_done(const struct fb_runtime *rt); // some is to be taken
// report.c
// Nothing is runnable, no timer is armed, no I/O and no blocking work is waited
// for, and nobody outside holds a waker: nothing can ever happen again.
bool fb__stalled(const struct fb_runtime *rt);
// census.c
void fb__census_write(struct fb_runtime *rt);
// future.c
// Only calls type->poll, a leaf's inside the bracket.
enum fb_poll fb__future_call_poll(struct fb_future *f, struct fb_context *cx);
// Calls visit for each child of `f` that is there.
void fb__future_children(struct fb_future *f, fb_visit_fn *visit, void *arg);
// Polls a future that `owner` has lent to the one being polled: recorded as
// its owner's child, which it stays. Requires: `owner` is being polled.
FB_MUST_USE enum fb_poll fb__future_poll_lent(struct fb_future *f,
                                              struct fb_future *owner,
                                              struct fb_context *cx);
struct fb_waiter *fb__future_waiter(struct fb_future *f); // armed, or NULL

#endif
