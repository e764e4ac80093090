// The frame: lays panes out on any size of screen and draws them all.
#ifndef FISHBOWL_FRAME_H
#define FISHBOWL_FRAME_H

#include "view.h"

struct fb_session;

// In the order of reading, slot by slot (layout.c); the first ten are on the
// keys 1 to 9 and 0. A pane without a view does not exist.
enum fb_pane_id {
    FB_PANE_TASKS,
    FB_PANE_TIMELINE,
    FB_PANE_TREE,
    FB_PANE_SOURCE,
    FB_PANE_LANES,
    FB_PANE_REACTOR,
    FB_PANE_WAKERS,
    FB_PANE_WAITS,
    FB_PANE_STORY,
    FB_PANE_LINTS,
    FB_PANE_STATS,
    FB_PANE_LOG,
    FB_PANE_GUEST, // only with a guest that has a pane
    FB_PANES
};

// Where a pane lives. A slot shows as many of its panes as fit, the one last
// looked at among them.
enum fb_slot {
    FB_SLOT_TOP,
    FB_SLOT_LEFT,
    FB_SLOT_RIGHT,
    FB_SLOT_BOTTOM,
    FB_SLOTS
};

// What lies over the panes.
enum fb_overlay {
    FB_OVERLAY_NONE,
    FB_OVERLAY_HELP,
    FB_OVERLAY_DETAILS,
    FB_OVERLAY_CHOOSE, // a box over the panes
    FB_OVERLAY_PLACES,
};

struct fb_frame {
    struct fb_pane panes[FB_PANES];
    enum fb_pane_id focus;
    bool zoom; // the focused pane has the whole screen
    bool big;  // and is drawn for the back row of a lecture hall
    enum fb_overlay overlay;
    struct fb_pane over;             // scroll of the overlay
    enum fb_pane_id shown[FB_SLOTS]; // last looked at
    enum fb_pane_id side;            // last looked at beside the story
    int cols;                        // of the screen, as of the last layout
    struct {                         // names of hidden panes in the titles
        int row, col, cols;
        enum fb_pane_id id;
    } tabs[FB_PANES];
    int tab_count;                // as of the last draw
    int header_rows, status_rows; // as of the last layout
    int scrub_row;                // where the scrubber is; -1: nowhere
};

enum { FB_FRAME_MIN_COLS = 40, FB_FRAME_MIN_ROWS = 10 };

void fb_frame_init(struct fb_frame *f, const struct fb_view *guest_pane);
// Whether the pane exists (the guest's may not).
bool fb_frame_has(const struct fb_frame *f, enum fb_pane_id id);
// The next pane that is to be seen; where only one is, the next of all.
void fb_frame_focus_next(struct fb_frame *f, int direction);
// The next pane in the slot of the focused one, seen or not.
void fb_frame_focus_turn(struct fb_frame *f, int direction);
// Makes a pane the one that its slot shows, without giving it the keys.
void fb_frame_show(struct fb_frame *f, enum fb_pane_id id);
// The slot of a pane on a screen of this width.
enum fb_slot fb_frame_slot(enum fb_pane_id id, int cols);
// The digit that leads to a pane, or 0.
char fb_frame_digit(enum fb_pane_id id);
// Places all panes for this size; fb_frame_draw does it too.
void fb_frame_layout(struct fb_frame *f, const struct fb_scene *s, int cols,
                     int rows);
void fb_frame_draw(struct fb_frame *f, const struct fb_scene *s,
                   struct fb_grid *g);
// The hidden pane whose name stands in this cell, or FB_PANES.
enum fb_pane_id fb_frame_hit_tab(const struct fb_frame *f, int row, int col);
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
// Lets a scene look for the source of a session's program, first in `dir` (NULL:
// only where it is likely). Ownership: fb_sources_destroy(scene->sources).
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_scene_sources(struct fb_scene *scene, const struct fb_session *s,
                 const char *dir);
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
