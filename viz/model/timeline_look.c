// What one cell of a timeline shows.
#include "timeline.h"

enum fb_timeline_look fb_timeline_look(const struct fb_timeline_window *w,
                                       const struct fb_timeline_column *column,
                                       const struct fb_timeline_cell *before,
                                       const struct fb_timeline_cell *c) {
    const bool lived =
        before && before->known && before->state < FB_TASK_COMPLETE;

    if (column->lost > w->step / 2) {
        return FB_LOOK_LOST;
    }
    if (!c->known) {
        return FB_LOOK_BLANK;
    }
    if (c->ran > 0 || c->polls > 0) {
        return FB_LOOK_RAN;
    }
    if (c->queued > c->waited ||
        (c->waited == 0 && c->state == FB_TASK_SCHEDULED)) {
        return FB_LOOK_SCHEDULED;
    }
    if (c->waited > 0 || c->state == FB_TASK_IDLE) {
        return FB_LOOK_WAITING;
    }
    if (c->state != FB_LANE_ABSENT && lived) {
        return FB_LOOK_ENDED;
    }
    return c->state == FB_TASK_COMPLETE ? FB_LOOK_COMPLETE : FB_LOOK_BLANK;
}
