// What the pictures share; between the sources of the export only.
#ifndef FISHBOWL_SVG_H
#define FISHBOWL_SVG_H

#include "export.h"
#include "svg_out.h"
#include "timeline.h"
#include "view.h"

enum { FB__SVG_TEXT = 512 };

// What a picture is drawn from.
struct fb__svg_scene {
    struct fb_session *s;
    struct fb_history *h;
    const struct fb_names *names;
    const struct fb_export_options *o;
    const struct fb_model *m; // the world at `at`
    uint64_t first, last, at; // events; at: the one that is shown
    uint64_t start_ns;
    char title[FB__SVG_TEXT / 2]; // sanitised: as asked, or the program
};

// Each draws one picture. Errors: -ENOMEM, -ESRCH there is no such task.
__attribute__((warn_unused_result)) int
fb__svg_timeline(const struct fb__svg_scene *c);
__attribute__((warn_unused_result)) int
fb__svg_tree(const struct fb__svg_scene *c);
__attribute__((warn_unused_result)) int
fb__svg_lanes(const struct fb__svg_scene *c);
__attribute__((warn_unused_result)) int
fb__svg_run(const struct fb__svg_scene *c);

// "event 212 at 1.204512 s; 4 tasks, 83 polls, 21 wakes", and whether something
// is not known.
void fb__svg_say_moment(const struct fb__svg_scene *c, char *out,
                        size_t out_bytes);
// "4 Ada 127.0.0.1:51234"
void fb__svg_say_task(const struct fb__svg_scene *c, const struct fb_model *m,
                      uint32_t task, char *out, size_t out_bytes);

// The window of events first … last in at most `px` pixels: one column an event
// if they are wide enough to be seen, else of time, unless it took none. A
// column is *ret_px pixels wide.
struct fb_timeline_window fb__svg_window(const struct fb__svg_scene *c, int px,
                                         int *ret_px);
// Its axis, with lines down to `bottom`, and marks of events that were lost.
void fb__svg_axis(struct fb__svg *s, const struct fb__svg_scene *c,
                  const struct fb_timeline_window *w, int x, int px, int y,
                  int bottom);
void fb__svg_lost(struct fb__svg *s, const struct fb_timeline_window *w,
                  const struct fb_timeline_column *columns, int x, int px,
                  int y, int bottom);
// A line at the event that was asked for, if it lies in the window.
void fb__svg_cursor(struct fb__svg *s, const struct fb__svg_scene *c,
                    const struct fb_timeline_window *w, int x, int px, int y,
                    int bottom);
// A row of marks where lints fired in it. Returns how many there are.
int fb__svg_lints(struct fb__svg *s, const struct fb__svg_scene *c,
                  const struct fb_timeline_window *w, int x, int px, int y);

#endif
