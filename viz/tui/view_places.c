// The page of places: breakpoints and bookmarks, one row each, with a cursor.
#include "breaks.h"
#include "marks.h"
#include "view.h"
#include <inttypes.h>

int fb_view_places(const struct fb_scene *s) {
    return (int)((s->breaks ? s->breaks->count : 0) +
                 (s->marks ? s->marks->count : 0));
}

struct writer {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    int line, scroll, cursor_line;
};

static void write_line(struct writer *w, int col, enum fb_style style,
                       const char *text) {
    fb_grid_put(w->g, w->a, w->line - w->scroll, col, style, text);
    w->line++;
}

static void write_place(struct writer *w, int place, const char *text) {
    const int row = w->line - w->scroll;

    write_line(w, 3, FB_STYLE_NORMAL, text);
    if (place == w->s->place) {
        w->cursor_line = w->line - 1;
        fb_grid_paint(w->g, w->a, row, FB_STYLE_SELECTED);
        fb_grid_put(w->g, w->a, row, 1, FB_STYLE_SELECTED, "▸");
    }
}

static void write_breaks(struct writer *w) {
    const struct fb_breaks *breaks = w->s->breaks;
    char text[400];

    write_line(w, 1, FB_STYLE_STRONG, "Breakpoints");
    if (!breaks || breaks->count == 0) {
        write_line(w, 3, FB_STYLE_DIM,
                   "none: b asks for one (WAKE, task 5, named.c:42, lint)");
        return;
    }
    for (size_t i = 0; i < breaks->count; i++) {
        fb_break_say(text, sizeof(text), &breaks->list[i]);
        write_place(w, (int)i, text);
    }
}

static void write_marks(struct writer *w) {
    const struct fb_marks *marks = w->s->marks;
    const int first = w->s->breaks ? (int)w->s->breaks->count : 0;
    char text[FB_MARK_NAME + 80], n[32];

    write_line(w, 1, FB_STYLE_STRONG, "Bookmarks");
    if (!marks || marks->count == 0) {
        write_line(w, 3, FB_STYLE_DIM, "none: m sets one at the event shown");
        return;
    }
    for (size_t i = 0; i < marks->count; i++) {
        snprintf(text, sizeof(text), "⚑ event %s  %s",
                 fb_view_count(marks->list[i].event, n), marks->list[i].name);
        write_place(w, first + (int)i, text);
    }
}

// Two passes where the cursor is not to be seen: the first finds its line.
static void places_draw(const struct fb_scene *s, struct fb_pane *p,
                        struct fb_grid *g, struct fb_area a) {
    struct writer w = {
        .s = s, .g = g, .a = {0}, .scroll = p->scroll, .cursor_line = -1};

    for (int pass = 0; pass < 2; pass++) {
        w.line = 0;
        write_breaks(&w);
        w.line++;
        write_marks(&w);
        p->lines = w.line;
        p->scroll = fb_view_scroll(p->scroll, w.cursor_line, p->lines, a.rows);
        w.scroll = p->scroll;
        w.a = a;
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static const char *const places_help[] = {
    "Breakpoints and bookmarks. Enter goes to it, Delete or - removes it.",
    NULL};

const struct fb_view fb_view_places_page = {
    .name = "places",
    .title = "Breakpoints and bookmarks",
    .help = places_help,
    .draw = places_draw,
};
