// The screen as SVG: a rectangle for each run of cells with a ground of its
// own, a text for each run of one colour, stretched to its columns so that no
// reader's font shifts it.
#include "svg.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { CELL_W = 9, CELL_H = 18, BASE = 14, MARGIN = 10 };

struct colors {
    uint32_t ground, ink;
    uint32_t eight[16]; // the terminal's own
};

static const struct colors dark_colors = {
    0x16191d,
    0xd5d8dc,
    {0x3a3f45, 0xf0716f, 0x73c991, 0xe3c468, 0x6cb2f2, 0xd08ee8, 0x59c9d2,
     0xd5d8dc, 0x878d95, 0xff8a88, 0x8fe0ab, 0xf5d982, 0x8cc6ff, 0xe2a9f5,
     0x7fe0e8, 0xffffff}};
static const struct colors light_colors = {
    0xffffff,
    0x24292f,
    {0x24292f, 0xb3261e, 0x1a7f37, 0x7d5a00, 0x0b57b0, 0x8a2fb0, 0x0b6b75,
     0xdde1e6, 0x6a737d, 0xcf3a31, 0x2c974b, 0x946b00, 0x2672d0, 0xa446cc,
     0x1b8190, 0xf5f7f9}};

static uint32_t rgb_of(struct fb_pty_color color, const struct colors *c,
                       uint32_t normal) {
    switch (color.kind) {
    case FB_PTY_COLOR_DEFAULT: return normal;
    case FB_PTY_COLOR_INDEX: return c->eight[color.value % 16];
    case FB_PTY_COLOR_RGB: break;
    }
    return color.value;
}

struct look {
    uint32_t ink, ground;
    bool bold, underline;
};

static struct look look_of(const struct fb_pty_cell *cell,
                           const struct colors *c) {
    struct look l = {rgb_of(cell->ink, c, c->ink),
                     rgb_of(cell->ground, c, c->ground), cell->bold,
                     cell->underline};

    if (cell->reverse) {
        const uint32_t ink = l.ink;

        l.ink = l.ground;
        l.ground = ink;
    }
    return l;
}

static bool is_same(struct look a, struct look b) {
    return a.ink == b.ink && a.ground == b.ground && a.bold == b.bold &&
           a.underline == b.underline;
}

static void put_escaped(const char *text, FILE *out) {
    for (; *text; text++) {
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case ' ': fputs("\u00a0", out); break; // plain ones would collapse
        default: fputc(*text, out); break;
        }
    }
}

// Grounds first: a letter may reach below its row.
enum layer { LAYER_GROUND, LAYER_TEXT };

// One run of cells that look alike; `text` without blanks at its end.
static void put_run(FILE *out, enum layer layer, int row, int col, int cols,
                    struct look l, const char *text, int text_cols,
                    const struct colors *c) {
    const int x = MARGIN + col * CELL_W, y = MARGIN + row * CELL_H;

    if (layer == LAYER_GROUND && l.ground != c->ground) {
        fprintf(out,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                "fill=\"#%06x\"/>\n",
                x, y, cols * CELL_W, CELL_H, l.ground);
    }
    if (layer == LAYER_TEXT && text_cols > 0) {
        fprintf(out,
                "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s%s>",
                x, y + BASE, text_cols * CELL_W, l.ink,
                l.bold ? " font-weight=\"bold\"" : "",
                l.underline ? " text-decoration=\"underline\"" : "");
        put_escaped(text, out);
        fputs("</text>\n", out);
    }
}

static void put_row(struct fb_pty *p, enum layer layer, int row, int cols,
                    const struct colors *c, FILE *out) {
    struct fb_pty_cell cell;
    int col = 0;

    while (col < cols) {
        const int first = col;
        int text_cols = 0;
        char text[4096];
        size_t len = 0, kept = 0;
        struct look look = {0};

        for (; col < cols && len + sizeof(cell.text) < sizeof(text);
             col += cell.width) {
            if (!fb_pty_cell(p, row, col, &cell)) {
                return;
            }
            if (col == first) {
                look = look_of(&cell, c);
            } else if (!is_same(look, look_of(&cell, c))) {
                break;
            }
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                    cell.text);
            if (cell.text[0] != ' ' || look.underline) {
                kept = len;
                text_cols = col + cell.width - first;
            }
        }
        text[kept] = '\0';
        put_run(out, layer, row, first, col - first, look, text, text_cols, c);
    }
}

int fb_pty_svg(struct fb_pty *p, bool light, const char *title, FILE *out) {
    const struct colors *c = light ? &light_colors : &dark_colors;
    int cols, rows;

    fb_pty_size(p, &cols, &rows);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" "
            "font-size=\"15\" role=\"img\">\n<title>",
            cols * CELL_W + 2 * MARGIN, rows * CELL_H + 2 * MARGIN);
    put_escaped(title, out);
    fprintf(out,
            "</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"6\" "
            "fill=\"#%06x\"/>\n",
            c->ground);
    for (enum layer layer = LAYER_GROUND; layer <= LAYER_TEXT; layer++) {
        for (int row = 0; row < rows; row++) {
            put_row(p, layer, row, cols, c, out);
        }
    }
    fputs("</svg>\n", out);
    return ferror(out) ? -EIO : 0;
}
