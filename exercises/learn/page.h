// A page: lines of text with a meaning each, for a terminal, a pipe or a grid.
//
// What `learn` has to say is put together once. It is then written to a stream
// (with colours or without), or drawn into a grid that can be scrolled: the
// words are the same everywhere.
#ifndef FISHBOWL_LEARN_PAGE_H
#define FISHBOWL_LEARN_PAGE_H

#include "grid.h"
#include <stdbool.h>
#include <stdio.h>

struct page_line {
    enum fb_style style;
    bool code; // cut, not broken, where it is too long
    char *text;
};

// All zero is an empty page. When memory runs out, `broken` is set and lines
// are missing; who writes the page says so.
struct page {
    struct page_line *lines;
    size_t count, room;
    bool broken;
};

void page_deinit(struct page *p); // empty again, legal on a zeroed one

// Adds text, sanitised; each line of it becomes one of the page. Blanks at the
// beginning of a line are its indent, also where it is broken.
void page_add(struct page *p, enum fb_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Code: what is too long for the screen is cut on a grid, and left in a pipe.
void page_code(struct page *p, enum fb_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same of a text that may be long; NULL is nothing.
void page_text(struct page *p, enum fb_style style, const char *indent,
               const char *text);
// Markdown as it stands in READMEs and hints, without the marks that a terminal
// has no use for.
void page_markdown(struct page *p, const char *text);
void page_gap(struct page *p); // one empty line, never two

struct page_look {
    int cols; // 0: lines are not broken
    bool color, ascii;
};

void page_write(const struct page *p, FILE *out, const struct page_look *look);
// Draws the rows from `top` on. Returns how many rows the whole page has.
int page_draw(const struct page *p, struct fb_grid *g, struct fb_area area,
              int top);

#endif
