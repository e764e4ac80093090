// Several workers for one runtime: what the rest of core knows of them.
//
// Each worker is a thread with a struct fb_runtime of its own for the step that
// it has under way; what they share lies in the one that the user made, their
// home. Whoever touches that brackets it:
//
//     fb__shared_begin();      // one lock for all that is shared
//     … lists, waiters, timers, sources, channels …
//     fb__shared_end();
//
// The brackets nest. Where nobody runs several workers they are one compare.
// Code of users (their polls, their destructors) is not called inside: what has
// to call it steps out with fb__shared_pause. The exceptions, which must not
// wait for another worker: drop of a channel's values, wakers of another make.
#ifndef FB_WORKERS_H
#define FB_WORKERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_runtime;
struct fb_runtime_stats;
struct fb_task;

// The group in whose run this thread is a worker; NULL: it is none.
extern _Thread_local struct fb__group *fb__group_here;
// How many such runs there are in this process: one look at memory says in most
// programs that there is nothing to ask of the thread.
extern _Atomic uint32_t fb__group_runs;

void fb__group_lock(struct fb__group *g);
void fb__group_unlock(struct fb__group *g);

static inline bool fb__have_workers(void) {
    // Relaxed: a worker's own run was counted before it began.
    return __builtin_expect(
               atomic_load_explicit(&fb__group_runs, memory_order_relaxed) != 0,
               0) &&
           fb__group_here != NULL;
}

static inline void fb__shared_begin(void) {
    if (fb__have_workers()) {
        fb__group_lock(fb__group_here);
    }
}

static inline void fb__shared_end(void) {
    if (fb__have_workers()) {
        fb__group_unlock(fb__group_here);
    }
}

// Steps out of all brackets that this thread is in, to call a stranger's code,
// and gives how deep it was, for fb__shared_resume. Legal outside of all.
// Whatever was read before has to be read again after.
uint32_t fb__shared_pause(void);
void fb__shared_resume(uint32_t depth);

// Inside the outermost bracket: waits until another worker has called
// fb__shared_news, which may be for any reason: look again.
// Requires: several workers.
void fb__shared_wait(void);
void fb__shared_news(void);

// ---- workers.c ----

// Makes the further workers of `home`. Errors: -ENOMEM, -EINVAL too many, and
// those of fb_trace_ring_open.
int fb__workers_create(struct fb_runtime *home, uint32_t count);
// Legal without any. Requires: no run.
void fb__workers_destroy(struct fb_runtime *home);

// Adds what each worker has counted. Legal without any.
void fb__workers_count(struct fb_runtime *home, struct fb_runtime_stats *ret);
// The queue of worker `index`, or NULL: there are no more.
struct fb_runtime *fb__workers_at(struct fb_runtime *home, uint32_t index);

// The run of all workers, until `until` is complete or, if it is NULL, all
// tasks are. Returns as fb_block_on does.
int fb__workers_run(struct fb_runtime *home, const struct fb_task *until);

// A task has just become complete, and `live` is right. Requires: the bracket.
void fb__workers_note_done(struct fb_runtime *rt, const struct fb_task *task);
// A timer was armed: a reactor that sleeps beyond it is woken. Requires: the
// bracket.
void fb__workers_note_timer(uint64_t deadline_ns);

// ---- workers_queue.c: the run queues of several workers ----

// fb__executor_push of a worker: into its own queue. Rouses an idle worker.
// `queue`: enum fb_queue.
void fb__workers_push(struct fb_runtime *rt, struct fb_task *task,
                      unsigned queue);

#endif
