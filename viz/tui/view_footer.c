// The two lines at the bottom: what was said or asked last, and the keys that
// work now.
#include "view.h"

void fb_footer_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    int col = 1;

    for (size_t i = 0; i < s->key_count; i++) {
        const struct fb_key_line *key = &s->keys[i];
        int need;

        if (!key->works || !key->label) {
            continue;
        }
        need = fb_text_cols(key->name) + 1 + fb_text_cols(key->label);
        if (col + need > area.cols) {
            continue; // a shorter one may still fit
        }
        col = fb_grid_put(g, area, 0, col, FB_STYLE_KEY, key->name);
        col = fb_grid_put(g, area, 0, col + 1, FB_STYLE_NORMAL, key->label);
        col += 2;
    }
}

bool fb_status_any(const struct fb_scene *s) {
    return s->prompt[0] || s->status[0];
}

void fb_status_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    if (s->prompt[0]) {
        int col = fb_grid_put(g, area, 0, 1, FB_STYLE_STRONG, s->prompt);

        fb_grid_put(g, area, 0, col, FB_STYLE_SELECTED, " ");
        fb_grid_put(g, area, 0, col + 2, FB_STYLE_DIM,
                    "Enter goes there, Esc leaves it");
    } else {
        fb_grid_field(g, area, 0, 1, area.cols - 1, s->status_style, s->status);
    }
}
