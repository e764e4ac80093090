// The scrubber: the whole run on one line, by time, or by events where it took
// none. Height is how many events a column holds, beside the fullest.
//
//     ▁▂▂▁     ▁▇█▅▁░░▁▁▂▂▼▁▁▁▂▂ newest
#include "view.h"
#include <stdlib.h>

enum { WORD = 6 }; // columns kept for the word at the right end

static int bar_cols(int cols) {
    return cols > 4 * WORD ? cols - WORD - 2 : cols - 2;
}

static bool is_veiled(const struct fb_scene *s) {
    return (s->veil & FB_VEIL_FUTURE) != 0;
}

// Where the run ends, as far as it may be told.
static uint64_t end_of(const struct fb_scene *s, enum fb_scale scale,
                       uint64_t *ret_begin) {
    uint64_t end;

    fb_timeline_range(s->history, scale, ret_begin, &end);
    return is_veiled(s) ? fb_timeline_place(s->history, scale, s->at) : end;
}

// Requires: cols >= 1.
static struct fb_timeline_window whole(const struct fb_scene *s, int cols) {
    struct fb_timeline_window w = {.scale = FB_SCALE_TIME, .cols = cols};
    uint64_t end = end_of(s, w.scale, &w.from);

    if (end == w.from) {
        w.scale = FB_SCALE_EVENTS;
        end = end_of(s, w.scale, &w.from);
    }
    w.step = (end - w.from) / (uint64_t)cols + 1;
    return w;
}

static int col_of(const struct fb_scene *s, const struct fb_timeline_window *w,
                  uint64_t event) {
    return fb_timeline_col(w, fb_timeline_place(s->history, w->scale, event));
}

// Columns from `cols` on are not to be seen.
static void draw_density(const struct fb_timeline_column *columns, int cols,
                         struct fb_grid *g, struct fb_area a) {
    uint64_t most = 1;

    for (int i = 0; i < cols; i++) {
        most = columns[i].events > most ? columns[i].events : most;
    }
    for (int i = 0; i < cols; i++) {
        const double share = (double)columns[i].events / (double)most;
        const uint32_t height = (uint32_t)(share * 7);

        if (columns[i].lost > 0) {
            fb_grid_fill(g, a, 0, 1 + i, 1, FB_STYLE_WARNING, 0x2591);
        } else if (columns[i].events > 0) {
            fb_grid_fill(g, a, 0, 1 + i, 1, FB_STYLE_PENDING, 0x2581 + height);
        } else {
            fb_grid_fill(g, a, 0, 1 + i, 1, FB_STYLE_DIM, 0xb7);
        }
    }
}

static void draw_mark(const struct fb_scene *s,
                      const struct fb_timeline_window *w, uint64_t event,
                      char symbol, enum fb_style style, struct fb_grid *g,
                      struct fb_area a) {
    const int col = col_of(s, w, event);

    if (event <= fb_view_horizon(s) && col >= 0 && col < w->cols) {
        fb_grid_fill(g, a, 0, 1 + col, 1, style, (uint32_t)symbol);
    }
}

static void draw_marks(const struct fb_scene *s,
                       const struct fb_timeline_window *w, struct fb_grid *g,
                       struct fb_area a) {
    size_t lints = 0;

    if (s->lints) {
        lints = fb_lints_until(s->lints, fb_view_horizon(s));
    }
    for (size_t i = 0; i < lints; i++) {
        draw_mark(s, w, fb_lints_at(s->lints, i)->event, '!', FB_STYLE_WARNING,
                  g, a);
    }
    for (size_t i = 0; i < s->spot_count; i++) {
        draw_mark(s, w, s->spots[i].event,
                  s->spots[i].kind == FB_SPOT_BOOKMARK ? 'b' : 'B',
                  FB_STYLE_STRONG, g, a);
    }
}

// A coarse picture counts some events too early: not under a veil.
static int read_columns(const struct fb_scene *s,
                        const struct fb_timeline_window *w,
                        struct fb_timeline_column *columns) {
    return is_veiled(s)
               ? fb_timeline_read(s->history, w, columns, NULL, 0, NULL)
               : fb_timeline_density(s->history, w, columns);
}

void fb_scrubber_draw(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area area) {
    const int cols = bar_cols(area.cols);
    struct fb_timeline_column *columns;
    struct fb_timeline_window w;
    int at;

    if (area.rows < 1 || cols < 1 || !s->history ||
        fb_history_count(s->history) == 0) {
        return;
    }
    w = whole(s, cols);
    at = col_of(s, &w, s->at);
    columns = calloc((size_t)cols, sizeof(*columns));
    if (columns && read_columns(s, &w, columns) == 0) {
        // the column of the event shown may hold later ones, too
        draw_density(columns, is_veiled(s) ? at : cols, g, area);
    }
    free(columns);
    draw_marks(s, &w, g, area);
    fb_grid_fill(g, area, 0, 1 + at, 1, FB_STYLE_SELECTED, 0x25bc); // ▼
    if (cols < area.cols - 2) {
        fb_grid_put(g, area, 0, cols + 2, FB_STYLE_DIM,
                    s->end && s->end[0] ? "cut"
                    : s->recording      ? "end"
                                        : "newest");
    }
}

uint64_t fb_scrubber_event(const struct fb_scene *s, int col, int cols) {
    const int bar = bar_cols(cols);
    struct fb_timeline_window w;

    if (bar < 1 || col < 1 || !s->history ||
        fb_history_count(s->history) == 0) {
        return 0;
    }
    if (col - 1 >= bar) {
        return fb_view_horizon(s); // the word at the end
    }
    w = whole(s, bar);
    return fb_timeline_event(s->history, w.scale,
                             w.from + w.step * (uint64_t)(col - 1));
}
