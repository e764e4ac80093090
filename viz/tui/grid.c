// Problem: views must be drawable without a terminal, on sheets of any size,
//     from text that a client may have chosen.
// Idea: a flat array of cells, and drawing calls that are relative to an area
//     and clipped by it. All positions are signed ints that may lie outside;
//     the one function that stores a cell (set) decides.
// Invariants: a cell's scalar has a width of 1 or 2; a wide one is followed by
//     a cell with scalar 0 in the same row. No control character, mark without
//     width or direction override is ever stored.
#include "grid.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int clamp_size(int n) {
    return n < 0 ? 0 : n > FB_GRID_MAX ? FB_GRID_MAX : n;
}

int fb_grid_init(struct fb_grid *g, int cols, int rows) {
    *g = (struct fb_grid){0};
    return fb_grid_resize(g, cols, rows);
}

void fb_grid_deinit(struct fb_grid *g) {
    free(g->cells);
    g->cells = NULL;
    g->cols = g->rows = 0;
}

int fb_grid_resize(struct fb_grid *g, int cols, int rows) {
    struct fb_cell *cells;

    cols = clamp_size(cols);
    rows = clamp_size(rows);
    if (!g->cells || cols != g->cols || rows != g->rows) {
        cells = calloc((size_t)cols * (size_t)rows + 1, sizeof(*cells));
        if (!cells) {
            return -ENOMEM;
        }
        free(g->cells);
        g->cells = cells;
        g->cols = cols;
        g->rows = rows;
    }
    fb_grid_clear(g);
    return 0;
}

void fb_grid_clear(struct fb_grid *g) {
    for (int i = 0; i < g->cols * g->rows; i++) {
        g->cells[i] = (struct fb_cell){.scalar = ' '};
    }
}

struct fb_area fb_grid_area(const struct fb_grid *g) {
    return (struct fb_area){.rows = g->rows, .cols = g->cols};
}

static struct fb_cell *row_of(const struct fb_grid *g, int row) {
    return g->cells + (ptrdiff_t)row * g->cols;
}

const struct fb_cell *fb_grid_at(const struct fb_grid *g, int row, int col) {
    if (row < 0 || row >= g->rows || col < 0 || col >= g->cols) {
        return NULL;
    }
    return row_of(g, row) + col;
}

// Half a wide character is no character: whoever overwrites one half blanks
// the other.
static void store(struct fb_grid *g, int row, int col, uint32_t scalar,
                  enum fb_style style) {
    struct fb_cell *line = row_of(g, row);

    if (line[col].scalar == 0 && col > 0 && scalar != 0) {
        line[col - 1].scalar = ' ';
    }
    if (col + 1 < g->cols && line[col + 1].scalar == 0) {
        line[col + 1].scalar = ' ';
    }
    line[col] = (struct fb_cell){.scalar = scalar, .style = (uint8_t)style};
}

// Stores a scalar of `width` columns if all of it lies inside.
static void set(struct fb_grid *g, struct fb_area a, int row, int col,
                int width, uint32_t scalar, enum fb_style style) {
    int y = a.row + row;
    int x = a.col + col;

    if (row < 0 || row >= a.rows || col < 0 || col + width > a.cols || y < 0 ||
        y >= g->rows || x < 0 || x + width > g->cols) {
        return;
    }
    if (width == 2) {
        store(g, y, x + 1, ' ', style);
        store(g, y, x, scalar, style);
        row_of(g, y)[x + 1] =
            (struct fb_cell){.scalar = 0, .style = (uint8_t)style};
    } else {
        store(g, y, x, scalar, style);
    }
}

// Takes one character off *text. Returns its columns (0: show nothing).
static int take(const char **text, bool ascii, uint32_t *ret_scalar) {
    size_t len = strnlen(*text, 4);
    size_t used = fb_text_decode(*text, len, ret_scalar);
    int width;

    if (used == 0) { // not UTF-8: one byte is one "?"
        *ret_scalar = '?';
        *text += 1;
        return 1;
    }
    *text += used;
    width = fb_text_width(*ret_scalar);
    if (width < 0) {
        *ret_scalar = '?';
        return 1;
    }
    if (width > 0 && ascii && *ret_scalar >= 0x80) {
        *ret_scalar = (uint32_t)fb_grid_ascii(*ret_scalar);
        return 1;
    }
    return width;
}

int fb_grid_put(struct fb_grid *g, struct fb_area a, int row, int col,
                enum fb_style style, const char *text) {
    while (*text) {
        uint32_t scalar;
        int width = take(&text, g->ascii, &scalar);

        if (width > 0) {
            set(g, a, row, col, width, scalar, style);
            col += width;
        }
    }
    return col;
}

int fb_grid_putf(struct fb_grid *g, struct fb_area a, int row, int col,
                 enum fb_style style, const char *format, ...) {
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return fb_grid_put(g, a, row, col, style, text);
}

static int text_cols(const char *text, bool ascii) {
    int cols = 0;

    while (*text) {
        uint32_t scalar;

        cols += take(&text, ascii, &scalar);
    }
    return cols;
}

int fb_text_cols(const char *text) {
    return text_cols(text, false);
}

int fb_grid_field(struct fb_grid *g, struct fb_area a, int row, int col,
                  int width, enum fb_style style, const char *text) {
    bool right = width < 0;
    int room = right ? -width : width;
    int need = text_cols(text, g->ascii);
    int end = col + room;
    int at = right && need < room ? end - need : col;
    uint32_t scalar;

    fb_grid_fill(g, a, row, col, room, style, ' ');
    while (*text) {
        const char *here = text;
        int cols = take(&text, g->ascii, &scalar);

        // the last column is kept for the mark unless the rest fits
        if (at + cols > end - (need > room ? 1 : 0)) {
            if (room > 0) {
                fb_grid_put(g, a, row, at, style, "…");
            }
            break;
        }
        if (cols > 0) {
            set(g, a, row, at, cols, scalar, style);
            at += cols;
        }
        if (text == here) {
            break;
        }
    }
    return end;
}

// The bytes of `text` that fit into `room` columns, broken after a blank if
// there is one. At least one character, so that wrapping always moves on.
static size_t fit_words(const char *text, bool ascii, int room) {
    const char *p = text;
    size_t fits = 0, word = 0;
    int cols = 0;

    while (*p) {
        uint32_t scalar;
        int width = take(&p, ascii, &scalar);

        cols += width;
        if (cols > room && fits > 0) {
            return scalar == ' ' ? fits : word > 0 ? word : fits;
        }
        fits = (size_t)(p - text);
        if (scalar == ' ') {
            word = fits;
        }
    }
    return fits;
}

int fb_grid_wrap(struct fb_grid *g, struct fb_area a, int row, int col,
                 enum fb_style style, const char *text) {
    int rows = 0;

    while (*text) {
        char line[1024];
        size_t len = fit_words(text, g->ascii, a.cols - col);
        size_t kept = len < sizeof(line) ? len : sizeof(line) - 1;

        memcpy(line, text, kept);
        line[kept] = '\0';
        fb_grid_put(g, a, row + rows, col, style, line);
        rows++;
        text += len;
        while (*text == ' ') {
            text++;
        }
    }
    return rows;
}

void fb_grid_fill(struct fb_grid *g, struct fb_area a, int row, int col,
                  int cols, enum fb_style style, uint32_t scalar) {
    if (g->ascii && scalar >= 0x80) {
        scalar = (uint32_t)fb_grid_ascii(scalar);
    }
    for (int i = 0; i < cols && col + i < a.cols; i++) {
        set(g, a, row, col + i, 1, scalar, style);
    }
}

void fb_grid_paint(struct fb_grid *g, struct fb_area a, int row,
                   enum fb_style style) {
    int y = a.row + row;

    if (row < 0 || row >= a.rows || y < 0 || y >= g->rows) {
        return;
    }
    for (int i = 0; i < a.cols; i++) {
        if (a.col + i >= 0 && a.col + i < g->cols) {
            row_of(g, y)[a.col + i].style = (uint8_t)style;
        }
    }
}

size_t fb_grid_utf8(uint32_t scalar, char out[5]) {
    size_t n = scalar < 0x80      ? 1
               : scalar < 0x800   ? 2
               : scalar < 0x10000 ? 3
                                  : 4;

    if (n == 1) {
        out[0] = (char)scalar;
    } else {
        for (size_t i = n - 1; i > 0; i--) {
            out[i] = (char)(0x80 | (scalar & 0x3f));
            scalar >>= 6;
        }
        out[0] = (char)((0xf00 >> n) | scalar);
    }
    out[n] = '\0';
    return n;
}

void fb_grid_print(const struct fb_grid *g, FILE *out) {
    for (int row = 0; row < g->rows; row++) {
        const struct fb_cell *line = row_of(g, row);
        int end = g->cols;

        while (end > 0 && line[end - 1].scalar == ' ') {
            end--;
        }
        for (int col = 0; col < end; col++) {
            char bytes[5];

            if (line[col].scalar != 0) {
                fb_grid_utf8(line[col].scalar, bytes);
                fputs(bytes, out);
            }
        }
        fputc('\n', out);
    }
}

char fb_grid_ascii(uint32_t scalar) {
    static const struct {
        uint32_t scalar;
        char ascii;
    } map[] = {
        {0x2500, '-'}, // ─
        {0x2502, '|'}, // │
        {0x250c, ','}, // ┌
        {0x2514, '`'}, // └
        {0x251c, '|'}, // ├
        {0x2524, '|'}, // ┤
        {0x252c, '-'}, // ┬
        {0x2534, '-'}, // ┴
        {0x253c, '+'}, // ┼
        {0x25cf, '*'}, // ● running
        {0x25cb, 'o'}, // ○ idle
        {0x25d4, '+'}, // ◔ scheduled
        {0x2713, '='}, // ✓ complete
        {0x2717, '!'}, // ✗ failed
        {0x25b8, '>'}, // ▸ selected, here
        {0x25b2, '^'}, // ▲ sorted, the other way round
        {0x25bc, 'v'}, // ▼ sorted
        {0x2691, 'P'}, // ⚑ bookmark
        {0x25c6, '#'}, // ◆ look here
        {0x2192, '>'}, // →
        {0x2190, '<'}, // ←
        {0x2191, '^'}, // ↑
        {0x2193, 'v'}, // ↓
        {0x21e5, '>'}, // ⇥
        {0x203a, '>'}, // ›
        {0x2550, '='}, // ═
        {0x2581, '_'}, // ▁ an eighth
        {0x2582, ','}, // ▂
        {0x2583, ':'}, // ▃
        {0x2584, '+'}, // ▄
        {0x2585, 'o'}, // ▅
        {0x2586, 'O'}, // ▆
        {0x2587, '@'}, // ▇
        {0x2588, '#'}, // █ all
        {0x2591, '?'}, // ░ lost
        {0x25b2, '^'}, // ▲
        {0x25bc, 'v'}, // ▼
        {0x25bd, 'V'}, // ▽
        {0x2026, '~'}, // … cut off
        {0x00b5, 'u'}, // µ
        {0x03bc, 'u'}, // μ
        {0x00b7, '.'}, // ·
        {0x00d7, 'x'}, // ×
        {0x2013, '-'}, // –
        {0x2014, '-'}, // —
        // blocks of a bar, from the whole to an eighth
        {0x2588, '#'},
        {0x2589, '#'},
        {0x258a, '#'},
        {0x258b, '='},
        {0x258c, '='},
        {0x258d, '-'},
        {0x258e, '-'},
        {0x258f, '-'},
        {0x2018, '\''},
        {0x2019, '\''},
        {0x201c, '"'},
        {0x201d, '"'},
    };

    if (scalar >= 0x20 && scalar < 0x7f) {
        return (char)scalar;
    }
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (map[i].scalar == scalar) {
            return map[i].ascii;
        }
    }
    return '?';
}

void fb_grid_lift(struct fb_grid *g, struct fb_area a, int rows) {
    for (int row = 0; row + rows < a.rows; row++) {
        for (int col = 0; col < a.cols; col++) {
            const struct fb_cell *from =
                fb_grid_at(g, a.row + row + rows, a.col + col);
            const struct fb_cell *to = fb_grid_at(g, a.row + row, a.col + col);

            if (from && to) {
                g->cells[to - g->cells] = *from;
            }
        }
    }
    for (int row = a.rows - rows; row < a.rows; row++) {
        fb_grid_fill(g, a, row, 0, a.cols, FB_STYLE_NORMAL, ' ');
    }
}
