// The story: one plain sentence for each event, newest at the bottom. The last
// one is what just happened; the picture around it is the world after it.
#include "story_log.h"
#include "view.h"
#include <inttypes.h>

static enum fb_style style_of(const struct fb_story_line *line, bool newest) {
    if (newest) {
        return FB_STYLE_STRONG;
    }
    return line->kind == FB_EV_WAKE ? FB_STYLE_WAKE : FB_STYLE_NORMAL;
}

// Words that are broken over two rows are not painted, but their sentence has
// its star.
static void mark(const struct fb_scene *s, struct fb_grid *g, struct fb_area a,
                 int row, int indent, const char *text) {
    struct fb_area words = {a.row, a.col + indent, a.rows, a.cols - indent};
    int rows = fb_grid_wrap(g, (struct fb_area){.cols = a.cols}, 0, indent,
                            FB_STYLE_NORMAL, text);

    if (!fb_text_find(text, s->search)) {
        return;
    }
    for (int i = 0; i < rows; i++) {
        fb_grid_mark(g, words, row + i, s->search, FB_STYLE_MATCH);
    }
    fb_grid_put(g, a, row, indent - 1, FB_STYLE_MATCH, "*");
}

static void story_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    const struct fb_story_line *line = fb_story_log_line(s->story, 0);
    struct fb_area nowhere = {0};
    char number[32];
    int indent = 3 + fb_text_cols(fb_view_count(s->at, number));
    int row;

    a.rows = s->big ? (a.rows + 1) / 2 : a.rows; // they will be moved apart
    row = a.rows;
    p->lines = s->story->count < FB_STORY_LINES ? (int)s->story->count
                                                : FB_STORY_LINES;
    if (p->scroll > p->lines - 1) {
        p->scroll = p->lines > 0 ? p->lines - 1 : 0;
    }
    if (!line) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "nothing has happened yet");
        return;
    }
    nowhere.cols = a.cols;
    for (int back = p->scroll; row > 0; back++) {
        enum fb_style style;

        line = fb_story_log_line(s->story, (uint64_t)back);
        if (!line) {
            break;
        }
        style = style_of(line, back == 0);
        row -= fb_grid_wrap(g, nowhere, 0, indent, style, line->text);
        fb_grid_wrap(g, a, row, indent, style, line->text);
        fb_grid_field(g, a, row, 1, -(indent - 2), FB_STYLE_DIM,
                      fb_view_count(line->event, number));
        mark(s, g, a, row, indent, line->text);
        if (back == 0) {
            fb_grid_put(g, a, row, 0, FB_STYLE_STRONG, "▸");
        }
        if (s->lints && fb_lints_fired(s->lints, line->event)) {
            fb_grid_put(g, a, row, indent - 1, FB_STYLE_FAILED, "!");
        }
    }
    // a short story begins at the top of its pane: move it up
    if (row > 0) {
        fb_grid_lift(g, a, row);
    }
    fb_view_more(p, 0, p->scroll);
}

static bool story_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    (void)s;
    switch (key) { // upwards is back in time
    case FB_KEY_UP:
    case 'k': p->scroll++; break;
    case FB_KEY_DOWN:
    case 'j': p->scroll--; break;
    case FB_KEY_PAGE_UP: p->scroll += p->area.rows - 2; break;
    case FB_KEY_PAGE_DOWN: p->scroll -= p->area.rows - 2; break;
    case FB_KEY_HOME: p->scroll = p->lines - 1; break;
    case FB_KEY_END: p->scroll = 0; break;
    default: return false;
    }
    if (p->scroll > p->lines - 1) {
        p->scroll = p->lines - 1;
    }
    if (p->scroll < 0) {
        p->scroll = 0;
    }
    return true;
}

static const char *const story_help[] = {
    "One sentence for each event, with its number. The newest is the last.",
    "The other panes show the world right after that event.",
    "The same sentences come from `fishbowl print --story`.",
    "! a lint was found at this event; the pane of lints says which.",
    ("/ finds the next event whose sentence has the words; [ and ] go on from "
     "there, back and forth."),
    "A census restates what already was; only its begin and end are told.",
    NULL};

const struct fb_view fb_view_story = {
    .name = "story",
    .title = "Story",
    .help = story_help,
    .draw = story_draw,
    .key = story_key,
};
