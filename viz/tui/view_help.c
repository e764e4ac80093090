// The help page: about the pane that has the keys, then every key there is.
// Keys that do not work now stay in the list, dimmed, so that it teaches.
#include "view.h"

enum { KEY_COL = 3, TEXT_COL = 13, TWO_COLS = 130 };

static int draw_about(const struct fb_view *about, struct fb_grid *g,
                      struct fb_area a, int row) {
    if (about && about->help) {
        fb_grid_put(g, a, row++, 1, FB_STYLE_STRONG, about->title);
        for (int i = 0; about->help[i]; i++) {
            row += fb_grid_wrap(g, a, row, KEY_COL, FB_STYLE_NORMAL,
                                about->help[i]);
        }
        row++;
    }
    return row;
}

static int draw_modes(struct fb_grid *g, struct fb_area a, int row) {
    static const struct {
        const char *word, *means;
        enum fb_style style;
    } modes[] = {
        {" LIVE ", "the program runs and the picture follows",
         FB_STYLE_MODE_LIVE},
        {" FROZEN ", "the picture stands still; the program runs on behind it",
         FB_STYLE_MODE_FROZEN},
        {" STOPPED ",
         "the program stands still: nothing is polled, its clock "
         "is frozen",
         FB_STYLE_MODE_STOPPED},
    };

    fb_grid_put(g, a, row++, 1, FB_STYLE_STRONG, "Three modes");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        fb_grid_put(g, a, row, KEY_COL, modes[i].style, modes[i].word);
        row +=
            fb_grid_wrap(g, a, row, TEXT_COL, FB_STYLE_NORMAL, modes[i].means);
    }
    return row + 1;
}

static int draw_scrubber_words(struct fb_grid *g, struct fb_area a, int row) {
    static const struct {
        const char *symbol, *means;
    } marks[] = {
        {"▼", "the event shown; a click goes there, and so does g"},
        {"▁▄█", "how much happened: events in a column, beside the fullest"},
        {"!", "a lint found something"},
        {"b B", "a bookmark (m); a breakpoint (b) that was met"},
        {"░", "events were lost"},
    };

    fb_grid_put(g, a, row++, 1, FB_STYLE_STRONG,
                "The whole run, in the line above the keys");
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        fb_grid_put(g, a, row, KEY_COL, FB_STYLE_STRONG, marks[i].symbol);
        row +=
            fb_grid_wrap(g, a, row, TEXT_COL, FB_STYLE_NORMAL, marks[i].means);
    }
    return row + 1;
}

// Beside each other where there is room for two columns of keys.
static int draw_keys(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a, int row) {
    struct fb_area half[2] = {a, a};
    int ends[2], told = 0, side = 0;
    bool two = a.cols >= TWO_COLS;

    fb_grid_put(g, a, row++, 1, FB_STYLE_STRONG, "Keys");
    ends[0] = ends[1] = row;
    half[0].cols = two ? a.cols / 2 - 1 : a.cols;
    half[1].col += a.cols / 2;
    half[1].cols -= a.cols / 2;
    for (size_t i = 0; i < s->key_count; i++) {
        told += s->keys[i].help != NULL;
    }
    for (size_t i = 0, n = 0; i < s->key_count; i++) {
        const struct fb_key_line *key = &s->keys[i];

        if (key->help) {
            side = two && (int)n >= (told + 1) / 2;
            fb_grid_put(g, half[side], ends[side], KEY_COL,
                        key->works ? FB_STYLE_KEY : FB_STYLE_DIM, key->name);
            ends[side] += fb_grid_wrap(
                g, half[side], ends[side], TEXT_COL,
                key->works ? FB_STYLE_NORMAL : FB_STYLE_DIM, key->help);
            n++;
        }
    }
    return ends[0] > ends[1] ? ends[0] : ends[1];
}

void fb_help_draw(const struct fb_scene *s, const struct fb_view *about,
                  struct fb_pane *p, struct fb_grid *g, struct fb_area a) {
    int row;

    p->scroll = p->scroll > p->lines - a.rows ? p->lines - a.rows : p->scroll;
    p->scroll = p->scroll < 0 ? 0 : p->scroll;
    row = -p->scroll; // rows above the area are clipped
    row = draw_about(about, g, a, row);
    row = draw_modes(g, a, row);
    row = draw_keys(s, g, a, row);
    row = draw_scrubber_words(g, a, row + 1);
    p->lines = row + p->scroll;
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}
