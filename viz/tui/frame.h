// The frame: lays panes out on any size of screen and draws them all.
#ifndef FISHBOWL_FRAME_H
#define FISHBOWL_FRAME_H

#include "view.h"

struct fb_session;

enum fb_pane_id {
    FB_PANE_TASKS,
    FB_PANE_TREE,
    FB_PANE_LANES,
    FB_PANE_REACTOR,
    FB_PANE_STORY,
    FB_PANE_LOG,
    FB_PANE_GUEST, // only with a guest that has a pane
    FB_PANES
};

// What lies over the panes.
enum fb_overlay { FB_OVERLAY_NONE, FB_OVERLAY_HELP, FB_OVERLAY_DETAILS };

struct fb_frame {
    struct fb_pane panes[FB_PANES];
    enum fb_pane_id focus;
    bool zoom; // the focused pane has the whole screen
    enum fb_overlay overlay;
    struct fb_pane over;          // scroll of the overlay
    enum fb_pane_id right;        // last looked at in the right group
    enum fb_pane_id bottom;       // last looked at beside the story
    int header_rows, status_rows; // as of the last layout
};

enum { FB_FRAME_MIN_COLS = 40, FB_FRAME_MIN_ROWS = 10 };

void fb_frame_init(struct fb_frame *f, const struct fb_view *guest_pane);
// Whether the pane exists (the guest's may not).
bool fb_frame_has(const struct fb_frame *f, enum fb_pane_id id);
void fb_frame_focus_next(struct fb_frame *f, int direction);
// Places all panes for this size; fb_frame_draw does it too.
void fb_frame_layout(struct fb_frame *f, const struct fb_scene *s, int cols,
                     int rows);
void fb_frame_draw(struct fb_frame *f, const struct fb_scene *s,
                   struct fb_grid *g);
// The pane whose area holds this cell, or FB_PANES.
enum fb_pane_id fb_frame_hit(const struct fb_frame *f, int row, int col);

// Fills the parts of a scene that come from a session: the world after event
// `at` with the sentences that lead up to it (`log`), and the program's facts.
// Valid until the session's next pump or the history's next fb_history_at.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb_scene_load(struct fb_scene *scene,
                                                      struct fb_session *s,
                                                      struct fb_story_log *log,
                                                      uint64_t at);
// The task to look at where nobody has chosen: the one the last event is
// about, else the newest living one; 0 none.
uint32_t fb_scene_pick(const struct fb_model *m);

// Prints the picture of the world after event `at` (0: the newest) as text:
// `print --screen COLSxROWS`. Deterministic: the same events and size give the
// same bytes; `ascii`: of ASCII only. Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int fb_frame_print(struct fb_session *s,
                                                       int cols, int rows,
                                                       uint64_t at, bool ascii,
                                                       FILE *out);

#endif
