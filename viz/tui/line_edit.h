// A line being typed: one small editor for every question that is asked.
//
// It holds printable UTF-8 only, so its text may go to a screen as it is.
#ifndef FISHBOWL_LINE_EDIT_H
#define FISHBOWL_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FB_LINE_BYTES = 96, FB_LINE_HISTORY = 8 };

// All zero: empty, with nothing to remember.
struct fb_line {
    char text[FB_LINE_BYTES];
    size_t len, cursor; // bytes; the cursor is never inside a character
    char past[FB_LINE_HISTORY][FB_LINE_BYTES]; // newest first
    size_t past_count, past_at;                // 0: the line itself
};

enum fb_line_end { FB_LINE_OPEN, FB_LINE_TAKEN, FB_LINE_LEFT };

// Begins with `text` in it, the cursor after it. What is not printable is left
// out.
void fb_line_begin(struct fb_line *l, const char *text);
// A key (enum fb_key or a scalar): letters, arrows, Home, End, Backspace,
// Delete, Ctrl-A, -E, -U, -W; up and down bring back what was taken before.
enum fb_line_end fb_line_key(struct fb_line *l, uint32_t key);
// Remembers the line for up and down.
void fb_line_keep(struct fb_line *l);
// Columns before the cursor.
int fb_line_cursor(const struct fb_line *l);

#endif
