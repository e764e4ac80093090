// The timeline's sheet; between its two sources only.
#ifndef FISHBOWL_SVG_TIMELINE_H
#define FISHBOWL_SVG_TIMELINE_H

#include "svg.h"
#include "timeline_lanes.h"

enum {
    FB__SVG_LANES_MOST = 30,
    FB__SVG_NAME_BYTES = 160,
};

struct fb__svg_timeline {
    struct fb__svg svg;
    const struct fb__svg_scene *c;
    struct fb_timeline_window w;
    struct fb_lanes lanes;
    size_t all; // tasks that might have a lane
    char (*names)[FB__SVG_NAME_BYTES];
    bool workers; // say which one polls
    bool lints;
    int x, px;       // of the first column, of each
    int top, bottom; // of the rows; the heads lie above `top`
};

// Reads the lanes of sh->w: all of its tasks, or the busiest, and how each is
// called. Errors: -ENOMEM, -ESRCH; deinit is due all the same.
__attribute__((warn_unused_result)) int
fb__svg_timeline_read(struct fb__svg_timeline *sh);
void fb__svg_timeline_deinit(struct fb__svg_timeline *sh);

#endif
