// The grid: an off-screen sheet of character cells that views draw into.
//
// Views never see a terminal: they draw into a grid, and a grid is shown by
// curses, printed as text (golden tests, `print --screen`) or thrown away.
// It is also the last line of defence: what is not valid UTF-8 or has no
// width on a terminal never gets into a cell.
#ifndef FISHBOWL_GRID_H
#define FISHBOWL_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// What a cell means; theme.h says how that looks.
enum fb_style {
    FB_STYLE_NORMAL,
    FB_STYLE_DIM,
    FB_STYLE_STRONG,
    FB_STYLE_TITLE,   // of a pane
    FB_STYLE_FOCUS,   // title of the pane that has the keys
    FB_STYLE_HEADING, // column headings
    FB_STYLE_RULE,    // lines between panes
    FB_STYLE_RUNNING,
    FB_STYLE_SCHEDULED,
    FB_STYLE_IDLE,
    FB_STYLE_COMPLETE,
    FB_STYLE_FAILED,
    FB_STYLE_WAKE,
    FB_STYLE_PENDING,
    FB_STYLE_READY,
    FB_STYLE_SELECTED, // a whole row
    FB_STYLE_WARNING,
    FB_STYLE_KEY, // a key's name in footer and help
    FB_STYLE_SAY, // what the script or the program says to the class
    FB_STYLE_MODE_LIVE,
    FB_STYLE_MODE_FROZEN,
    FB_STYLE_MODE_STOPPED,
    FB_STYLE_MATCH, // words that a search has found
    FB_STYLES
};

struct fb_cell {
    uint32_t scalar; // 0: the right half of a wide character
    uint8_t style;   // enum fb_style
};

struct fb_grid {
    int cols, rows;
    struct fb_cell *cells;
    bool ascii; // draw with ASCII only; other scalars get a stand-in
};

// A rectangle of the grid; drawing is relative to it and clipped by it.
struct fb_area {
    int row, col, rows, cols;
};

enum { FB_GRID_MAX = 1000 }; // columns or rows; more is cut off

// Errors: -ENOMEM. Sizes below 0 count as 0.
__attribute__((warn_unused_result)) int fb_grid_init(struct fb_grid *g,
                                                     int cols, int rows);
void fb_grid_deinit(struct fb_grid *g); // legal on a zeroed grid
// New size, all blank. Errors: -ENOMEM (the grid is as before).
__attribute__((warn_unused_result)) int fb_grid_resize(struct fb_grid *g,
                                                       int cols, int rows);
void fb_grid_clear(struct fb_grid *g);
struct fb_area fb_grid_area(const struct fb_grid *g); // all of it

// Draws UTF-8 `text` at row, col of the area. What lies outside is left out; a
// wide character is never cut in half; marks without a width are dropped and
// bytes that are not UTF-8 become "?". Returns the column after the text, as
// if nothing had been cut off on the right.
int fb_grid_put(struct fb_grid *g, struct fb_area a, int row, int col,
                enum fb_style style, const char *text);
// The same, printf style. At most 1023 bytes.
__attribute__((format(printf, 6, 7))) int
fb_grid_putf(struct fb_grid *g, struct fb_area a, int row, int col,
             enum fb_style style, const char *format, ...);
// Exactly `width` columns: padded with blanks, or cut with "…". A negative
// width aligns to the right. Returns the column after them.
int fb_grid_field(struct fb_grid *g, struct fb_area a, int row, int col,
                  int width, enum fb_style style, const char *text);
// Text over several rows, broken at blanks, from `row` on; continuation rows
// are indented to `col`. Returns how many rows it takes (also outside).
int fb_grid_wrap(struct fb_grid *g, struct fb_area a, int row, int col,
                 enum fb_style style, const char *text);
// Repeats one scalar.
void fb_grid_fill(struct fb_grid *g, struct fb_area a, int row, int col,
                  int cols, enum fb_style style, uint32_t scalar);
// Gives the cells of a row another style, keeping their text.
void fb_grid_paint(struct fb_grid *g, struct fb_area a, int row,
                   enum fb_style style);

// Gives the cells that show `words` this style, wherever they stand in the row;
// ASCII letters of both cases are alike. True: they were there. No words never
// are.
bool fb_grid_mark(struct fb_grid *g, struct fb_area a, int row,
                  const char *words, enum fb_style style);
// Moves the rows of the area apart, a blank one (or the lines that pass
// through it) between each two, if what is in it fits then.
void fb_grid_spread(struct fb_grid *g, struct fb_area a);

// Makes plain text bold, and dimmed text plain: what a projector needs.
void fb_grid_strengthen(struct fb_grid *g, struct fb_area a);

// Moves what is in the area up by `rows`, blanks below.
void fb_grid_lift(struct fb_grid *g, struct fb_area a, int rows);

// The cell at row, col of the grid, or NULL outside.
const struct fb_cell *fb_grid_at(const struct fb_grid *g, int row, int col);
// Writes all rows as UTF-8 lines, blanks at their ends trimmed.
void fb_grid_print(const struct fb_grid *g, FILE *out);

// Columns that `text` takes.
int fb_text_cols(const char *text);
// The ASCII stand-in of one scalar: itself, a look-alike, or '?'.
char fb_grid_ascii(uint32_t scalar);
// `scalar` as UTF-8 into out[5], NUL-ended. Returns its bytes.
size_t fb_grid_utf8(uint32_t scalar, char out[5]);

#endif
