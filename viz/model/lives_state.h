// What the checker keeps beside the world, and how its rules report.
#ifndef FISHBOWL_MODEL_LIVES_STATE_H
#define FISHBOWL_MODEL_LIVES_STATE_H

#include "lives.h"
#include "pool.h"

// What is kept of one executor thread.
struct fb__lives_worker {
    uint32_t *stack; // ids of the futures being polled, outermost first
    size_t depth, capacity;
    uint32_t just_ended; // its POLL_END was the last event (several workers:
                         // the last step of this one)
    uint32_t doubtful;   // ended Pending, and nobody seemed to hold a waker
    uint64_t doubtful_event;
    uint64_t time_ns; // of its last event that names it
    bool budget_out;  // told in the poll under way
    uint32_t chosen;  // task that it must poll, or end, next
};

struct fb_lives {
    struct fb_model world; // before the event under judgement
    struct fb_life_fault faults[FB_LIVES_FAULTS_KEPT];
    size_t kept, violations, lints;

    struct fb__lives_worker workers[FB_TRACE_RINGS_MAX];
    bool several; // workers: what one thread does in one go, others interrupt
    struct fb_model_index dropped;  // ids of futures that are gone for good
    struct fb_model_index loose;    // futures that are polled outside any task
    struct fb_model_index failed;   // tasks that have failed
    struct fb_model_index ready;    // tasks whose root has been Ready
    struct fb_model_index channels; // their kinds
    struct fb_model_index works;    // blocking works that are out
    size_t works_out;
    bool works_known; // every one of them was seen to begin

    uint64_t number;            // of the event under judgement
    uint32_t due;               // woken, and not yet seen to join the run queue
    struct fb_model_index dues; // several workers: all such tasks
    bool depth_known;           // the queue's length is the executor's too
};

__attribute__((format(printf, 3, 4))) void
fb__fault(struct fb_lives *l, enum fb_life_rule rule, const char *format, ...);

// Judges event `e` before it is folded into the world.
void fb__lives_judge(struct fb_lives *l, const struct fb_event *e);
// The rules of futures, wakers and the reactor.
void fb__lives_judge_future(struct fb_lives *l, const struct fb_event *e);
void fb__lives_judge_waker(struct fb_lives *l, const struct fb_event *e);
void fb__lives_judge_reactor(struct fb_lives *l, const struct fb_event *e);
void fb__lives_judge_census(struct fb_lives *l, const struct fb_event *e);
void fb__lives_judge_channel(struct fb_lives *l, const struct fb_event *e);
// A choice, and whether `e`, of worker `w`, is what has to come of one.
void fb__lives_judge_choice(struct fb_lives *l, const struct fb_event *e);
void fb__lives_judge_chosen(struct fb_lives *l,
                            const struct fb__lives_worker *w,
                            const struct fb_event *e);
// Keeps what channels have been opened. Requires: reserved.
void fb__lives_note_channel(struct fb_lives *l, const struct fb_event *e);
// What is kept of the worker that the event names, or that polls (or polled
// last) the task that it is about; worker 0's if neither is known.
struct fb__lives_worker *fb__lives_worker(struct fb_lives *l,
                                          const struct fb_event *e);
// The model's view of the worker that the event names; an idle one if it was
// never heard of.
const struct fb_model_worker *fb__lives_named(const struct fb_lives *l,
                                              const struct fb_event *e);
// Whether any worker polls a task.
bool fb__lives_polling(const struct fb_lives *l);
// Reports the worker's doubtful task, if it has one.
void fb__lives_doubt(struct fb_lives *l, struct fb__lives_worker *w);
// A task that may be spoken of; else a fault, and NULL.
const struct fb_model_task *fb__lives_task(struct fb_lives *l,
                                           const struct fb_event *e,
                                           enum fb_life_rule rule);

static inline bool fb__set_has(const struct fb_model_index *set, uint32_t id) {
    return fb__index_find(set, id) != FB_MODEL_NONE;
}
// Requires: reserved.
static inline void fb__set_add(struct fb_model_index *set, uint32_t id) {
    if (id != 0 && !fb__set_has(set, id)) {
        fb__index_put(set, id, 0);
    }
}

#endif
