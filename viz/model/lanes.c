// Which lane a task stands in; see lanes.h.
#include "lanes.h"

static enum fb_lane_group group_for(enum fb_party party) {
    switch (party) {
    case FB_PARTY_SOURCE: return FB_LANE_FOR_REACTOR;
    case FB_PARTY_TIMER: return FB_LANE_FOR_TIMER;
    case FB_PARTY_TASK: return FB_LANE_FOR_TASK;
    case FB_PARTY_JOIN_SET: return FB_LANE_FOR_JOIN_SET;
    case FB_PARTY_CHANNEL: return FB_LANE_FOR_CHANNEL;
    case FB_PARTY_EXECUTOR: return FB_LANE_FOR_EXECUTOR;
    case FB_PARTY_BLOCKING: return FB_LANE_FOR_BLOCKING;
    case FB_PARTY_THREAD:
    case FB_PARTY_OUTSIDE:
    case FB_PARTY_SPAWN:
    case FB_PARTY_ABORT:
    case FB_PARTY_NONE: break;
    }
    return FB_LANE_FOR_OUTSIDE;
}

enum fb_lane_group fb_lane_group(const struct fb_model *m,
                                 const struct fb_model_task *t) {
    const struct fb_model_hold *hold = fb_model_hold_at(m, t->holds);

    if (fb_model_task_is_waking(m, t)) {
        return FB_LANE_WAKING;
    }
    if (hold == NULL) {
        return fb_model_task_is_lost(m, t) ? FB_LANE_LOST : FB_LANE_WAKING;
    }
    return group_for((enum fb_party)hold->party);
}

const char *fb_lane_title(enum fb_lane_group group) {
    static const char *const titles[FB_LANE_GROUPS] = {
        [FB_LANE_FOR_REACTOR] = "for the reactor",
        [FB_LANE_FOR_TIMER] = "for a timer",
        [FB_LANE_FOR_TASK] = "for another task",
        [FB_LANE_FOR_JOIN_SET] = "for a join set",
        [FB_LANE_FOR_CHANNEL] = "for a channel",
        [FB_LANE_FOR_OUTSIDE] = "for somebody outside",
        [FB_LANE_FOR_EXECUTOR] = "for the executor's next turn",
        [FB_LANE_FOR_BLOCKING] = "for blocking work",
        [FB_LANE_WAKING] = "woken, on their way to the run queue",
        [FB_LANE_LOST] = "for nobody: the waker is lost"};

    return titles[group];
}

struct fb_lane_counts fb_lane_count(const struct fb_model *m) {
    struct fb_lane_counts c = {.only = -1};
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        if (t->state == FB_TASK_IDLE) {
            c.groups[fb_lane_group(m, t)]++;
            c.waiting++;
        }
    }
    for (int i = 0; i < FB_LANE_GROUPS; i++) {
        if (c.waiting > 0 && c.groups[i] == c.waiting) {
            c.only = i;
        }
    }
    return c;
}

const struct fb_model_task *fb_lane_next(const struct fb_model *m,
                                         enum fb_lane_group group,
                                         uint32_t *cursor) {
    const struct fb_model_task *t;

    do {
        t = fb_model_task_next(m, cursor);
    } while (t != NULL &&
             (t->state != FB_TASK_IDLE || fb_lane_group(m, t) != group));
    return t;
}

struct fb_lane_queue fb_lane_queue(const struct fb_model *m,
                                   const struct fb_model_worker *w) {
    return (struct fb_lane_queue){m, w != NULL ? w->queue_head : FB_MODEL_NONE,
                                  w != NULL ? w->queue_len : 0};
}

const struct fb_model_task *fb_lane_queue_next(struct fb_lane_queue *q) {
    const struct fb_model_task *t =
        q->left > 0 ? fb_model_task_at(q->m, q->next) : NULL;

    if (t != NULL) {
        q->next = t->queue_next;
        q->left--;
    }
    return t;
}
