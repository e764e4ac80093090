// Between the sources of the screen only.
#ifndef FISHBOWL_DIFF_SCREEN_STATE_H
#define FISHBOWL_DIFF_SCREEN_STATE_H

#include "screen.h"
#include "story_log.h"

enum { FB_DIFF_LINES = 256 }; // rows of the transcripts that can be seen

// A row as it is drawn; told once, however often it is.
struct fb__diff_shown {
    char mark;
    bool differs, first;            // in a gap; in the first one
    uint64_t events[FB_DIFF_SIDES]; // 0: this side has none
    char text[FB_DIFF_SIDES][FB_DIFF_TEXT];
};

struct fb_diff_screen {
    struct fb_diff *d;
    struct fb_scene scenes[FB_DIFF_SIDES];
    struct fb_story_log logs[FB_DIFF_SIDES];
    struct fb_pane panes[FB_DIFF_SIDES];
    char verdict[200]; // where the first difference is
    // where it stands
    size_t row, rows, top;        // cursor, all of them, first one shown
    uint64_t at[FB_DIFF_SIDES];   // event of each side
    uint32_t task[FB_DIFF_SIDES]; // that the row is about
    int view; // index of what is drawn above; the last: none
    bool help;
    struct fb_pane help_pane;
    // what is told already
    struct fb__diff_shown *shown; // FB_DIFF_LINES
    size_t shown_top;
    int shown_count; // 0: nothing
    int page;        // rows of the transcripts, as of the last draw
    bool stale;      // the scenes must be loaded again
    bool dirty, done;
    struct fb_key_line keys[FB_KEY_LINES];
    size_t key_count;
};

// What can stand above the transcripts; NULL: nothing.
const struct fb_view *fb__diff_view(const struct fb_diff_screen *s);

// Tells the rows from `top` on and loads the scenes. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__diff_refresh(struct fb_diff_screen *s, int count);
// Fills `keys` for footer and help.
void fb__diff_list_keys(struct fb_diff_screen *s);

#endif
