// What the lints keep beside the world, and how their rules report.
#ifndef FISHBOWL_MODEL_LINTS_STATE_H
#define FISHBOWL_MODEL_LINTS_STATE_H

#include "lints.h"
#include "pool.h"

// The poll under way on one executor thread, and the doubt that its last one
// has left.
struct fb__lint_poll {
    uint32_t task, slot;  // its id, and where the model keeps it
    uint64_t begin_event; // 0: no poll was seen to begin
    uint64_t begin_ns;
    uint64_t self_wake; // the first wake of its own task, 0 none
    uint32_t results;   // children that were Ready in it
    bool progress;      // something came of it
    bool budget_out;    // it was ended by its budget
    bool told;          // found to have no end
    // ended Pending, and nobody seemed to hold a waker
    uint32_t doubtful;
    uint64_t doubtful_polled, doubtful_event;
};

// Polls in a row in which a task woke itself for nothing.
struct fb__lint_streak {
    uint32_t task;  // id; the slot may have gone to another one
    uint32_t polls; // 0: no streak
    uint64_t first; // its first self-wake
};

struct fb_lints {
    struct fb_lint_options options;
    struct fb_finding *findings; // FB_LINTS_KEPT of them
    size_t count;
    uint64_t left_out;
    struct fb_model_index found[FB_LINTS]; // task (or type + 1) → finding

    struct fb__lint_poll polls[FB_TRACE_RINGS_MAX];
    uint64_t doubts; // a bit per worker with a doubtful task
    // by the task's slot in the model; grows with it
    struct fb__lint_streak *streaks;
    uint32_t streak_room, streaks_live;
    uint64_t streaks_from; // older ones ended at a gap

    uint64_t anomalies;   // of the model, before this event
    uint64_t stall_polls; // the model's polls at the last stall looked into
    uint32_t turns;       // since clocks were compared
    bool in_sight;        // no gap since the rules began to watch
    bool ended;
};

// A new finding about `task`, to be filled in further; NULL if it was found
// before (then it is counted) or there is no room. `key`: what makes it the
// same one again.
struct fb_finding *fb__lint_found(struct fb_lints *l, const struct fb_model *m,
                                  enum fb_lint_kind kind, uint32_t key,
                                  uint32_t task);
// Adds to its evidence; event 0 is not known and left out.
void fb__lint_show(struct fb_finding *f, uint64_t event,
                   enum fb_lint_role role);
// Whether this was found already.
bool fb__lint_known(const struct fb_lints *l, enum fb_lint_kind kind,
                    uint32_t key);

// ---- lints_polls.c: what polls do ----
void fb__lint_poll_begin(struct fb_lints *l, const struct fb_model *m,
                         const struct fb_event *e);
void fb__lint_poll_end(struct fb_lints *l, const struct fb_model *m,
                       const struct fb_event *e);
void fb__lint_result(struct fb_lints *l, const struct fb_model *m,
                     uint32_t task);
// Something came of the poll of `task`, if it is being polled.
void fb__lint_progress(struct fb_lints *l, const struct fb_model *m,
                       uint32_t task);
void fb__lint_self_wake(struct fb_lints *l, const struct fb_model *m,
                        const struct fb_event *e);
void fb__lint_budget_out(struct fb_lints *l, const struct fb_model *m,
                         const struct fb_event *e);
// Several workers: whether one of them is in a poll without an end.
void fb__lint_endless(struct fb_lints *l, const struct fb_model *m,
                      const struct fb_event *e);

// ---- lints_wakes.c: what was promised ----
// The poll of this worker has just ended Pending.
void fb__lint_doubt(struct fb_lints *l, const struct fb_model *m,
                    uint32_t worker);
void fb__lint_judge_doubts(struct fb_lints *l, const struct fb_model *m,
                           const struct fb_event *e);
void fb__lint_stall(struct fb_lints *l, const struct fb_model *m);
void fb__lint_late_wake(struct fb_lints *l, const struct fb_model *m,
                        const struct fb_event *e);
void fb__lint_drop(struct fb_lints *l, const struct fb_model *m,
                   const struct fb_event *e);
void fb__lint_polled_again(struct fb_lints *l, const struct fb_model *m,
                           const struct fb_event *e);

#endif
