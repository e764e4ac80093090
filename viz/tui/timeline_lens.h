// Which window of the run the timeline shows. The lens is what a person chose;
// the window follows from it, the event shown and the width of the picture.
#ifndef FISHBOWL_TIMELINE_LENS_H
#define FISHBOWL_TIMELINE_LENS_H

#include "view.h"

// The step in use: what one column covers.
uint64_t fb_lens_step(const struct fb_lens *l);
// Requires: cols >= 1.
struct fb_timeline_window fb_lens_window(const struct fb_scene *s, int cols);

// Closer (direction 1) or farther (-1); what is marked, or the event shown,
// stays where it is.
void fb_lens_zoom(struct fb_scene *s, int cols, int direction);
// The other scale, over about the same part of the run.
void fb_lens_turn(struct fb_scene *s, int cols);
// The whole run in one picture; by time where it takes any.
void fb_lens_fit(struct fb_scene *s, int cols);
// Moves the window by columns, as far as there are events.
void fb_lens_pan(struct fb_scene *s, int cols, int64_t by);
// Moves the marked column; the window follows it.
void fb_lens_mark(struct fb_scene *s, int cols, int by);
// Back to the event shown.
void fb_lens_home(struct fb_scene *s);

#endif
