// The rows of the timeline: one for each task, and those above them. Drawn by
// the view, and printed by `print --timeline`.
#ifndef FISHBOWL_TIMELINE_LANES_H
#define FISHBOWL_TIMELINE_LANES_H

#include "timeline.h"
#include "view.h"

struct fb_lanes {
    struct fb_timeline_window w;
    struct fb_timeline_column *columns;
    struct fb_timeline_cell *cells; // lane after lane
    uint32_t *tasks;                // ids of these lanes
    size_t count;
    int cursor, mark; // columns of the event shown and of the one being read;
                      // outside: below 0 or beyond
    int end;          // columns from here on are not to be seen
    bool workers;     // say which one polls
};

// What stands in the rows above the tasks.
enum fb_lanes_row {
    FB_LANES_WAKES,
    FB_LANES_REACTOR,
    FB_LANES_TIMERS,
    FB_LANES_ALL
}; // the three in one row

// Reads `count` lanes, whose ids are copied. Ownership: fb_lanes_deinit.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_lanes_read(struct fb_lanes *l, const struct fb_history *h,
              const struct fb_timeline_window *w, const uint32_t *tasks,
              size_t count);
void fb_lanes_deinit(struct fb_lanes *l); // legal on a zeroed one

// Each draws a row of w.cols columns from `col` on.
void fb_lanes_draw_axis(const struct fb_lanes *l, uint64_t start_ns,
                        struct fb_grid *g, struct fb_area a, int row, int col);
void fb_lanes_draw_head(const struct fb_lanes *l, enum fb_lanes_row what,
                        struct fb_grid *g, struct fb_area a, int row, int col);
void fb_lanes_draw_task(const struct fb_lanes *l, size_t lane,
                        struct fb_grid *g, struct fb_area a, int row, int col);
const char *fb_lanes_name(enum fb_lanes_row what);

// Whether the task runs in this column: nothing may be drawn over it.
bool fb_lanes_runs(const struct fb_lanes *l, size_t lane, int col);
// A lane's columns from … to - 1 together.
struct fb_timeline_cell fb_lanes_sum(const struct fb_lanes *l, size_t lane,
                                     int from, int to);

#endif
