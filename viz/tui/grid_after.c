// What is done to rows that have been drawn: marking what a search found, and
// moving rows apart for a projector. Both keep every cell's text, so a wide
// character is never cut.
#include "fishbowl/trace/text.h"
#include "grid.h"
#include <string.h>

static uint32_t lower(uint32_t scalar) {
    return scalar >= 'A' && scalar <= 'Z' ? scalar - 'A' + 'a' : scalar;
}

static struct fb_cell *cell_at(struct fb_grid *g, struct fb_area a, int row,
                               int col) {
    const struct fb_cell *cell = NULL;

    if (row >= 0 && row < a.rows && col >= 0 && col < a.cols) {
        cell = fb_grid_at(g, a.row + row, a.col + col);
    }
    return cell ? &g->cells[cell - g->cells] : NULL;
}

// The column after `words` if they stand at `col`, else -1.
static int words_end(struct fb_grid *g, struct fb_area a, int row, int col,
                     const char *words) {
    size_t len = strlen(words);

    while (len > 0) {
        const struct fb_cell *cell = cell_at(g, a, row, col);
        uint32_t scalar;
        size_t n = fb_text_decode(words, len, &scalar);

        if (n == 0 || !cell || lower(cell->scalar) != lower(scalar)) {
            return -1;
        }
        words += n;
        len -= n;
        cell = cell_at(g, a, row, ++col);
        col += cell && cell->scalar == 0; // the right half of a wide one
    }
    return col;
}

bool fb_grid_mark(struct fb_grid *g, struct fb_area a, int row,
                  const char *words, enum fb_style style) {
    bool found = false;
    int end;

    for (int col = 0; words[0] && col < a.cols; col++) {
        end = words_end(g, a, row, col, words);
        if (end < 0) {
            continue;
        }
        found = true;
        for (; col < end; col++) {
            struct fb_cell *cell = cell_at(g, a, row, col);

            if (cell) {
                cell->style = (uint8_t)style;
            }
        }
        col--;
    }
    return found;
}

static bool is_blank(struct fb_grid *g, struct fb_area a, int row) {
    for (int col = 0; col < a.cols; col++) {
        const struct fb_cell *cell = cell_at(g, a, row, col);

        if (cell && cell->scalar != ' ') {
            return false;
        }
    }
    return true;
}

// Whether a line leaves this cell downwards.
static bool goes_down(uint32_t scalar) {
    return scalar == 0x2502 || scalar == 0x251c || scalar == 0x252c ||
           scalar == '|';
}

// Whether a line comes into this cell from above.
static bool comes_down(uint32_t scalar) {
    return scalar == 0x2502 || scalar == 0x251c || scalar == 0x2514 ||
           scalar == '|' || scalar == '`';
}

// The row between two: lines that go from one to the other.
static void join_rows(struct fb_grid *g, struct fb_area a, int row) {
    for (int col = 0; col < a.cols; col++) {
        struct fb_cell *cell = cell_at(g, a, row, col);
        const struct fb_cell *above = cell_at(g, a, row - 1, col);
        const struct fb_cell *below = cell_at(g, a, row + 1, col);

        if (!cell) {
            continue;
        }
        *cell = (struct fb_cell){.scalar = ' '};
        if (above && below && goes_down(above->scalar) &&
            comes_down(below->scalar)) {
            cell->scalar = g->ascii ? '|' : 0x2502;
            cell->style = above->style;
        }
    }
}

void fb_grid_spread(struct fb_grid *g, struct fb_area a) {
    int used = a.rows;

    while (used > 0 && is_blank(g, a, used - 1)) {
        used--;
    }
    if (2 * used - 1 > a.rows) {
        return;
    }
    for (int row = used - 1; row > 0; row--) { // the last one first
        for (int col = 0; col < a.cols; col++) {
            struct fb_cell *to = cell_at(g, a, 2 * row, col);
            const struct fb_cell *from = cell_at(g, a, row, col);

            if (to && from) {
                *to = *from;
            }
        }
    }
    for (int row = 1; row < 2 * used - 1; row += 2) {
        join_rows(g, a, row);
    }
}

void fb_grid_strengthen(struct fb_grid *g, struct fb_area a) {
    for (int row = 0; row < a.rows; row++) {
        for (int col = 0; col < a.cols; col++) {
            struct fb_cell *cell = cell_at(g, a, row, col);

            if (!cell) {
                continue;
            }
            switch ((enum fb_style)cell->style) {
            case FB_STYLE_DIM:
            case FB_STYLE_COMPLETE:
            case FB_STYLE_RULE: cell->style = FB_STYLE_NORMAL; break;
            case FB_STYLE_NORMAL:
            case FB_STYLE_HEADING:
            case FB_STYLE_IDLE: cell->style = FB_STYLE_STRONG; break;
            default: break;
            }
        }
    }
}
