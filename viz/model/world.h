// What the reducer's parts share. Views include model.h only.
//
// Requires, for all fb__world functions that fold an event: the pools were
// reserved before (model.c does it once per event), so none of them can fail.
#ifndef FISHBOWL_MODEL_WORLD_H
#define FISHBOWL_MODEL_WORLD_H

#include "pool.h"

static inline struct fb_model_task *fb__task_in(const struct fb_model *m,
                                                uint32_t slot) {
    return fb__pool_at(&m->tasks, slot);
}
static inline struct fb_model_future *fb__future_in(const struct fb_model *m,
                                                    uint32_t slot) {
    return fb__pool_at(&m->futures, slot);
}
static inline struct fb_model_hold *fb__hold_in(const struct fb_model *m,
                                                uint32_t slot) {
    return fb__pool_at(&m->holds, slot);
}
// Requires: the worker has been heard of.
static inline struct fb_model_worker *fb__worker_at(const struct fb_model *m,
                                                    uint32_t number) {
    return number == 0 ? (struct fb_model_worker *)&m->first
                       : fb__pool_at(&m->workers, number - 1);
}
static inline bool fb__is_census(const struct fb_event *e) {
    return (e->flags & FB_EV_FLAG_CENSUS) != 0;
}
// The slots of a task and of a future, or FB_MODEL_NONE. Nearly every event is
// about what the one before it was about, so a look there saves most searches.
static inline uint32_t fb__find_task(struct fb_model *m, uint32_t id) {
    const struct fb_model_task *t = fb__task_in(m, m->seen_last);

    if (t == NULL || t->id != id) {
        m->seen_last = fb__index_find(&m->task_index, id);
    }
    return m->seen_last;
}
// `t`, which may be NULL, is the task that the event says it belongs to.
static inline uint32_t fb__find_future(const struct fb_model *m,
                                       const struct fb_model_task *t,
                                       uint32_t id) {
    const struct fb_model_worker *w = fb__worker_at(m, t ? t->worker : 0);
    const struct fb_model_future *f;
    uint32_t top;

    if (w->stack_len > 0) {
        top = w->stack[w->stack_len - 1];
        f = fb__future_in(m, top);
        if (f != NULL && f->id == id) {
            return top;
        }
        top = f != NULL ? f->last_child : FB_MODEL_NONE;
        f = fb__future_in(m, top);
        if (f != NULL && f->id == id) {
            return top;
        }
    }
    return fb__index_find(&m->future_index, id);
}
// A time that runs backwards (a hostile file) gives no negative duration.
static inline uint64_t fb__since(uint64_t now_ns, uint64_t then_ns) {
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

// ---- model.c ----
void fb__world_init(struct fb_model *m);
// All memory that a world has beside the struct itself. What is listed here is
// copied, counted, packed and freed with it.
enum { FB__POOLS = 7, FB__INDICES = 6 };
struct fb__memory {
    struct fb_model_pool *pools[FB__POOLS];
    struct fb_model_index *indices[FB__INDICES];
};
struct fb__memory fb__world_memory(struct fb_model *m);
// Makes `to` as large as `from`, and like it in all but the memory that pools
// and indices have: what is in that is anything. Errors: -ENOMEM; `to` is then
// empty.
__attribute__((warn_unused_result)) int
fb__world_shape(struct fb_model *to, const struct fb_model *from);

// ---- tasks.c ----
// The slot of task `id`; while the world is uncertain an unknown task gets an
// inexact record. FB_MODEL_NONE, and an anomaly: there is none, or it is freed.
uint32_t fb__world_task(struct fb_model *m, uint32_t id);
void fb__world_spawn(struct fb_model *m, const struct fb_event *e);
void fb__world_scheduled(struct fb_model *m, const struct fb_event *e);
void fb__world_poll_begin(struct fb_model *m, const struct fb_event *e);
void fb__world_poll_end(struct fb_model *m, const struct fb_event *e);
void fb__world_done(struct fb_model *m, const struct fb_event *e);
void fb__world_free(struct fb_model *m, const struct fb_event *e);
void fb__world_abort(struct fb_model *m, const struct fb_event *e);
void fb__world_join(struct fb_model *m, const struct fb_event *e);
void fb__world_text(struct fb_model *m, const struct fb_event *e);
// The worker that the event names, made if it is new; worker 0, and an anomaly,
// if there can be none. Requires: reserved.
struct fb_model_worker *fb__world_worker(struct fb_model *m,
                                         const struct fb_event *e);
// A worker polls nobody any more; all of them (events were lost, or a census
// begins).
void fb__world_stop_worker(struct fb_model *m, struct fb_model_worker *w);
void fb__world_stop_running(struct fb_model *m);
void fb__queue_remove(struct fb_model *m, uint32_t slot);
// Forgets a task and all it has, as if it had never been.
void fb__world_forget_task(struct fb_model *m, uint32_t slot);

// ---- futures.c ----
void fb__world_enter(struct fb_model *m, const struct fb_event *e);
void fb__world_exit(struct fb_model *m, const struct fb_event *e);
void fb__world_drop(struct fb_model *m, const struct fb_event *e);
// Makes `id` the root of the task, above whatever was taken for its root.
void fb__world_set_root(struct fb_model *m, uint32_t task_slot, uint32_t id,
                        uint16_t type);
void fb__world_begin_root(struct fb_model *m, uint32_t task_slot);
// Removes a future with all below it. FB_MODEL_NONE is legal.
void fb__world_remove_future(struct fb_model *m, uint32_t slot);
void fb__stack_clear(struct fb_model *m, struct fb_model_worker *w);
// One that is on no stack is legal.
void fb__stack_take_out(struct fb_model *m, uint32_t slot);

// ---- wakers.c ----
void fb__world_clone(struct fb_model *m, const struct fb_event *e);
void fb__world_waker_drop(struct fb_model *m, const struct fb_event *e);
void fb__world_wake(struct fb_model *m, const struct fb_event *e);
// Requires: one of the task's.
void fb__world_release_hold(struct fb_model *m, struct fb_model_task *t,
                            uint32_t slot);
void fb__world_release_holds(struct fb_model *m, struct fb_model_task *t);

// ---- channels.c ----
void fb__world_channel(struct fb_model *m, const struct fb_event *e);
// A free mutex was given to a task that waits for it.
void fb__world_granted(struct fb_model *m, uint32_t channel, uint32_t task);
void fb__world_forget_channels(struct fb_model *m);

// ---- stats.c ----
// A wait in the run queue is over; a poll that was seen to begin is.
void fb__world_note_wait(struct fb_model *m, struct fb_model_task *t);
void fb__world_note_poll(struct fb_model *m, struct fb_model_worker *w,
                         struct fb_model_task *t, const struct fb_event *e);
// Notes that something comes of the poll in which `e` happens, if it does.
void fb__world_note_move(struct fb_model *m, const struct fb_event *e);

// ---- reactor.c ----
void fb__world_source(struct fb_model *m, const struct fb_event *e);
void fb__world_io(struct fb_model *m, const struct fb_event *e);
void fb__world_timer_set(struct fb_model *m, const struct fb_event *e);
void fb__world_timer_end(struct fb_model *m, const struct fb_event *e);
void fb__world_park(struct fb_model *m, const struct fb_event *e);
void fb__world_unpark(struct fb_model *m, const struct fb_event *e);

// ---- census.c ----
void fb__world_census(struct fb_model *m, const struct fb_event *e);

#endif
