// A join set: tasks that belong together, joined in the order they finish.
#ifndef FISHBOWL_JOIN_SET_H
#define FISHBOWL_JOIN_SET_H

#include "fishbowl/task.h"

// Memory of the caller; must not move between init and deinit.
struct fb_join_set {
    struct fb_runtime *runtime;
    uint32_t id;
    uint32_t members;               // spawned and not yet taken
    uint32_t running;               // of these, not complete
    struct fb_task *finished_first; // complete, not yet taken
    struct fb_task *finished_last;
    struct fb_waiter_list waiters; // futures in fb_join_next
    struct fb_join_handle taken;   // keeps the last result's memory
};

void fb_join_set_init(struct fb_join_set *set, struct fb_runtime *rt);
// Aborts the members that are left and gives them up. Legal when zeroed.
void fb_join_set_deinit(struct fb_join_set *set);
// Spawns into the set. Gives 0 or -ENOMEM (the future is dropped).
#define FB_JOIN_SET_SPAWN(set_, future_)                                       \
    __extension__({                                                            \
        static struct fb_trace_site fb_site_ = {                               \
            .name = "spawn", .file = __FILE__, .line = __LINE__};              \
        __typeof__(future_) fb_future_ = (future_);                            \
        fb_join_set_spawn((set_), &fb_future_.future, &fb_site_);              \
    })
FB_MUST_USE int fb_join_set_spawn(struct fb_join_set *set,
                                  struct fb_future *future,
                                  struct fb_trace_site *site);
// Asks every member to stop.
void fb_join_set_abort_all(struct fb_join_set *set);

// Takes the result of a member that has finished, without waiting. Gives 1 with
// *ret_result filled (valid as that of fb_join_next), 0 if the set is empty, or
// -EAGAIN: all that are left still run. Context: executor thread.
// Trace: TASK_JOIN (taken) of the result before.
FB_MUST_USE int fb_join_set_try_next(struct fb_join_set *set,
                                     struct fb_join_result *ret_result);

// Waits for the next member to finish. out: 1 and `result` filled, or 0 when
// the set is empty. The result's `root` and `message` are valid until the
// next fb_join_next on this set is Ready or the set ends.
struct fb_join_next {
    struct fb_future future;
    int out;
    struct fb_join_set *set;
    struct fb_join_result result;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_join_next fb_join_next(struct fb_join_set *set);

#endif
