// The two lines at the bottom: what was said or asked last, and the keys that
// work now.
#include "view.h"

// The next key of the footer from *at on that fits after *col; NULL: none.
// *col becomes where it stands.
static const struct fb_key_line *next_key(const struct fb_scene *s, int cols,
                                          size_t *at, int *col, int *ret_need) {
    for (; *at < s->key_count; (*at)++) {
        const struct fb_key_line *key = &s->keys[*at];

        if (key->works && key->label) {
            *ret_need = fb_text_cols(key->name) + 1 + fb_text_cols(key->label);
            if (*col + *ret_need <= cols) {
                (*at)++;
                return key;
            } // else: a shorter one may still fit
        }
    }
    return NULL;
}

void fb_footer_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    const struct fb_key_line *key;
    int col = 1, need;
    size_t at = 0;

    while ((key = next_key(s, area.cols, &at, &col, &need))) {
        col = fb_grid_put(g, area, 0, col, FB_STYLE_KEY, key->name);
        col = fb_grid_put(g, area, 0, col + 1, FB_STYLE_NORMAL, key->label);
        col += 2;
    }
}

uint32_t fb_footer_hit(const struct fb_scene *s, int cols, int col) {
    const struct fb_key_line *key;
    int from = 1, need;
    size_t at = 0;

    while ((key = next_key(s, cols, &at, &from, &need))) {
        if (col >= from && col < from + need) {
            return key->key;
        }
        from += need + 2;
    }
    return FB_KEY_NONE;
}

bool fb_status_any(const struct fb_scene *s) {
    return s->prompt.label[0] || s->status[0];
}

// The line being typed, moved so that its cursor is seen, and the hint after it
// as far as there is room.
static void draw_prompt(const struct fb_prompt *q, struct fb_grid *g,
                        struct fb_area area) {
    int label = fb_text_cols(q->label), text = fb_text_cols(q->text);
    int room = area.cols - label - 3;
    int first = q->cursor > room ? q->cursor - room : 0;
    struct fb_area line = {area.row, area.col + 1 + label, 1,
                           room > 0 ? room + 1 : 0};
    struct fb_area cell = line;

    fb_grid_put(g, area, 0, 1, FB_STYLE_STRONG, q->label);
    fb_grid_put(g, line, 0, -first, FB_STYLE_STRONG, q->text);
    if (first > 0) {
        fb_grid_put(g, line, 0, 0, FB_STYLE_DIM, "…");
    }
    cell.col += q->cursor - first;
    cell.cols = 1;
    fb_grid_paint(g, cell, 0, FB_STYLE_SELECTED);
    if (text < room - 8) {
        line.col += text + 3;
        line.cols = area.cols - 1 - (line.col - area.col);
        fb_grid_field(g, line, 0, 0, line.cols,
                      q->wrong ? FB_STYLE_WARNING : FB_STYLE_DIM, q->hint);
    }
}

void fb_status_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    if (s->prompt.label[0]) {
        draw_prompt(&s->prompt, g, area);
    } else {
        fb_grid_field(g, area, 0, 1, area.cols - 1, s->status_style, s->status);
    }
}
