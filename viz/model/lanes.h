// Lanes: where every task stands on its way round, for every picture of it.
//
// Run queue in order → polled now → waiting, in groups by who will wake them.
// The screen, the page and the exported picture draw the same groups.
#ifndef FISHBOWL_LANES_H
#define FISHBOWL_LANES_H

#include "model.h"

// Who will wake a waiting task: the party that holds its first waker. Pictures
// show them from the last to the first, so that a lost waker comes first.
enum fb_lane_group {
    FB_LANE_FOR_REACTOR,
    FB_LANE_FOR_TIMER,
    FB_LANE_FOR_TASK,
    FB_LANE_FOR_JOIN_SET,
    FB_LANE_FOR_CHANNEL,
    FB_LANE_FOR_OUTSIDE,
    FB_LANE_FOR_EXECUTOR,
    FB_LANE_FOR_BLOCKING,
    FB_LANE_WAKING, // woken, not scheduled yet
    FB_LANE_LOST,   // nobody holds its waker
    FB_LANE_GROUPS
};

// Requires: `t` is idle.
enum fb_lane_group fb_lane_group(const struct fb_model *m,
                                 const struct fb_model_task *t);
// "for the reactor", "for nobody: the waker is lost" …
const char *fb_lane_title(enum fb_lane_group group);

struct fb_lane_counts {
    uint32_t groups[FB_LANE_GROUPS], waiting;
    int only; // the one group that anybody waits in, or -1
};
// Looks at every task once.
struct fb_lane_counts fb_lane_count(const struct fb_model *m);
// The next task that waits in `group`, in the order of their spawn: start with
// *cursor = 0; NULL at the end.
const struct fb_model_task *fb_lane_next(const struct fb_model *m,
                                         enum fb_lane_group group,
                                         uint32_t *cursor);

// The tasks of a run queue, first to be polled first.
struct fb_lane_queue {
    const struct fb_model *m;
    uint32_t next, left; // pool index; counted, whatever the links say
};
// `w` may be NULL, a worker that was not heard of: its queue is empty.
struct fb_lane_queue fb_lane_queue(const struct fb_model *m,
                                   const struct fb_model_worker *w);
// NULL at the end.
const struct fb_model_task *fb_lane_queue_next(struct fb_lane_queue *q);

#endif
