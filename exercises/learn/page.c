// Problem: the same words go to screens of every width, to pipes, to terminals
//     without colours or without Unicode, and to a scrolled picture.
// Idea: a page keeps whole lines. lay() breaks them at blanks into rows of the
//     width at hand and gives each row to a pen; there is a pen for streams
//     and one for grids.
// Invariants: every text in a page has been through the sanitiser.
#include "page.h"

#include "fishbowl/trace/text.h"
#include "theme.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void page_deinit(struct page *p) {
    for (size_t i = 0; i < p->count; i++) {
        free(p->lines[i].text);
    }
    free(p->lines);
    *p = (struct page){0};
}

static bool make_room(struct page *p) {
    if (p->count == p->room) {
        const size_t room = p->room == 0 ? 32 : p->room * 2;
        struct page_line *lines =
            realloc(p->lines, room * sizeof(struct page_line));

        if (lines == NULL) {
            return false;
        }
        p->lines = lines;
        p->room = room;
    }
    return true;
}

static void add_line(struct page *p, enum fb_style style, bool code,
                     const char *indent, const char *text, size_t len) {
    const size_t before = strlen(indent);
    const size_t bytes = before + FB_TEXT_SAFE_BYTES(len) + 4;
    char *copy = malloc(bytes);

    if (copy == NULL || !make_room(p)) {
        free(copy);
        p->broken = true;
        return;
    }
    memcpy(copy, indent, before);
    fb_text_sanitise(text, len, copy + before, bytes - before);
    p->lines[p->count++] =
        (struct page_line){.style = style, .code = code, .text = copy};
}

// Tabs are for code only, and stand for blanks there.
static void add_lines(struct page *p, enum fb_style style, bool code,
                      const char *indent, const char *text) {
    for (;;) {
        const size_t len = strcspn(text, "\n");

        add_line(p, style, code, indent, text, len);
        if (text[len] == '\0' || text[len + 1] == '\0') {
            return;
        }
        text += len + 1;
    }
}

static void add_format(struct page *p, enum fb_style style, bool code,
                       const char *format, va_list args) {
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0) {
        p->broken = true;
        return;
    }
    add_lines(p, style, code, "", text);
    free(text);
}

void page_add(struct page *p, enum fb_style style, const char *format, ...) {
    va_list args;

    va_start(args, format);
    add_format(p, style, false, format, args);
    va_end(args);
}

void page_code(struct page *p, enum fb_style style, const char *format, ...) {
    va_list args;

    va_start(args, format);
    add_format(p, style, true, format, args);
    va_end(args);
}

void page_text(struct page *p, enum fb_style style, const char *indent,
               const char *text) {
    if (text != NULL && text[0] != '\0') {
        add_lines(p, style, false, indent, text);
    }
}

void page_gap(struct page *p) {
    if (p->count > 0 && p->lines[p->count - 1].text[0] != '\0') {
        add_line(p, FB_STYLE_NORMAL, false, "", "", 0);
    }
}

// ---- markdown ----

// Where a file breaks its lines says nothing about a screen: the lines of a
// paragraph, or of one item of a list, are joined before they are broken anew.
struct markdown {
    struct page *page;
    char *block; // joined so far, without stars
    bool code;   // between fences
};

// The bytes of "- " or "12. " at the beginning of `text`; 0: no item begins.
static size_t item_mark(const char *text) {
    const size_t digits = strspn(text, "0123456789");

    if (digits == 0) {
        return strncmp(text, "- ", 2) == 0 ? 2 : 0;
    }
    return strncmp(text + digits, ". ", 2) == 0 ? digits + 2 : 0;
}

static void end_block(struct markdown *m) {
    if (m->block[0] != '\0') {
        page_add(m->page, FB_STYLE_NORMAL, "%s", m->block);
        m->block[0] = '\0';
    }
}

// Adds a line without the pairs of stars that make it bold.
static void join(struct markdown *m, const char *line, size_t len) {
    char *out = m->block + strlen(m->block);
    size_t i = 0;

    if (out != m->block) {
        i = strspn(line, " ");
        *out++ = ' ';
    }
    while (i < len) {
        if (line[i] == '*' && i + 1 < len && line[i + 1] == '*') {
            i += 2;
        } else {
            *out++ = line[i++];
        }
    }
    *out = '\0';
}

static void add_markdown(struct markdown *m, const char *line, size_t len) {
    const size_t indent = strspn(line, " ");
    const bool fence = strncmp(line, "```", 3) == 0;
    const bool alone = m->code || fence || line[0] == '#' || indent >= len;

    if (alone || item_mark(line + indent) > 0) {
        end_block(m);
    }
    if (fence) {
        m->code = !m->code;
    } else if (m->code) {
        page_code(m->page, FB_STYLE_SAY, "    %.*s", (int)len, line);
    } else if (indent >= len) {
        page_gap(m->page);
    } else if (m->block[0] == '\0' && indent >= 4) {
        page_code(m->page, FB_STYLE_SAY, "%.*s", (int)len, line);
    } else if (line[0] == '#') {
        join(m, line, len);
        page_add(m->page, FB_STYLE_STRONG, "%s",
                 m->block + strspn(m->block, "# "));
        m->block[0] = '\0';
    } else {
        join(m, line, len);
    }
}

void page_markdown(struct page *p, const char *text) {
    // a line's end becomes a blank: it never gets longer
    struct markdown m = {.page = p, .block = calloc(1, strlen(text) + 2)};

    if (m.block == NULL) {
        p->broken = true;
        return;
    }
    while (text[0] != '\0') {
        const size_t len = strcspn(text, "\n");

        add_markdown(&m, text, len);
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    end_block(&m);
    free(m.block);
}

// ---- rows ----

struct pen {
    void (*row)(struct pen *pen, enum fb_style style, const char *text);
    FILE *out;
    const struct page_look *look;
    struct fb_grid *grid;
    struct fb_area area;
    int top, rows; // rows given so far
};

enum { ROW_BYTES = 4096 };

static size_t next_scalar(const char *text, uint32_t *ret_scalar) {
    const size_t n = fb_text_decode(text, strlen(text), ret_scalar);

    if (n == 0) {
        *ret_scalar = '?'; // never: pages are sanitised
        return 1;
    }
    return n;
}

// How many bytes of `text` fit into `cols`: up to a blank if there is one, else
// as many as fit. A word that is too long for any row stays whole in a stream.
static size_t fitting(const char *text, int cols, bool split) {
    size_t last = 0, at = 0;
    int used = 0;

    while (text[at] != '\0') {
        uint32_t scalar;
        const size_t n = next_scalar(text + at, &scalar);
        const int width = fb_text_width(scalar);

        if (text[at] == ' ' && at > 0 && text[at - 1] != ' ') {
            last = at;
        }
        if (used + width > cols && (last > 0 || split) && at > 0) {
            return last > 0 ? last : at;
        }
        used += width > 0 ? width : 0;
        at += n;
    }
    return used > cols && last > 0 ? last : at;
}

static void lay_line(struct pen *pen, const struct page_line *line, int cols,
                     bool split) {
    size_t indent = strspn(line->text, " ");
    const char *rest = line->text + indent;
    size_t item = item_mark(rest); // of a list
    char row[ROW_BYTES];

    if (line->code || cols <= 0 || (int)indent + 8 > cols) {
        pen->row(pen, line->style, line->text);
        pen->rows++;
        return;
    }
    do {
        const size_t n = fitting(rest, cols - (int)indent, split);

        snprintf(row, sizeof(row), "%*s%.*s", (int)indent, "", (int)n, rest);
        pen->row(pen, line->style, row);
        pen->rows++;
        rest += n;
        rest += strspn(rest, " ");
        indent += item; // its second row stands below the first one's words
        item = 0;
    } while (rest[0] != '\0');
}

static void lay(struct pen *pen, const struct page *p, int cols, bool split) {
    for (size_t i = 0; i < p->count; i++) {
        lay_line(pen, &p->lines[i], cols, split);
    }
}

// ---- pens ----

static void write_plain(FILE *out, const char *text, bool ascii) {
    while (ascii && text[0] != '\0') {
        uint32_t scalar;

        text += next_scalar(text, &scalar);
        (void)fputc(fb_grid_ascii(scalar), out);
    }
    (void)fputs(text, out);
}

static void begin_style(FILE *out, enum fb_style style) {
    const struct fb_look look = fb_theme_look(FB_THEME_COLOR, style, 8);

    (void)fputs("\033[0", out);
    if (look.attrs & FB_ATTR_BOLD) {
        (void)fputs(";1", out);
    }
    if (look.attrs & FB_ATTR_DIM) {
        (void)fputs(";2", out);
    }
    if (look.attrs & FB_ATTR_UNDERLINE) {
        (void)fputs(";4", out);
    }
    if (look.attrs & FB_ATTR_REVERSE) {
        (void)fputs(";7", out);
    }
    if (look.fg >= 0) {
        fprintf(out, ";%d", 30 + look.fg % 8);
    }
    (void)fputc('m', out);
}

static void stream_row(struct pen *pen, enum fb_style style, const char *text) {
    const bool color =
        pen->look->color && style != FB_STYLE_NORMAL && text[0] != '\0';

    if (color) {
        begin_style(pen->out, style);
    }
    write_plain(pen->out, text, pen->look->ascii);
    if (color) {
        (void)fputs("\033[0m", pen->out);
    }
    (void)fputc('\n', pen->out);
}

static void grid_row(struct pen *pen, enum fb_style style, const char *text) {
    const int row = pen->rows - pen->top;

    if (row >= 0 && row < pen->area.rows) {
        fb_grid_put(pen->grid, pen->area, row, 0, style, text);
    }
}

void page_write(const struct page *p, FILE *out, const struct page_look *look) {
    struct pen pen = {.row = stream_row, .out = out, .look = look};

    lay(&pen, p, look->cols, false);
    if (p->broken) {
        (void)fputs("(out of memory: the rest is missing)\n", out);
    }
}

int page_draw(const struct page *p, struct fb_grid *g, struct fb_area area,
              int top) {
    struct pen pen = {.row = grid_row, .grid = g, .area = area, .top = top};

    lay(&pen, p, area.cols, true);
    return pen.rows;
}
