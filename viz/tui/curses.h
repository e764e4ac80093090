// The terminal: the only door to ncurses. One terminal at a time.
#ifndef FISHBOWL_CURSES_H
#define FISHBOWL_CURSES_H

#include "grid.h"
#include "theme.h"

// Takes the terminal over: full screen, keys one by one, mouse clicks.
// `why` receives one sentence with a remedy when it fails. From here on the
// terminal is restored on every way out: close, exit, a fatal signal.
// Errors: -ENOTTY no terminal, -ENOENT unknown $TERM, -ENOTSUP it cannot do
// what a picture needs.
struct fb_curses_options {
    enum fb_theme theme;
    bool no_color; // whatever the theme
    bool no_mouse; // the terminal keeps it, for selecting text
};
__attribute__((warn_unused_result)) int
fb_curses_open(const struct fb_curses_options *options, char *why,
               size_t why_bytes);
// Another theme from now on; the next fb_curses_show must repaint.
void fb_curses_theme(enum fb_theme theme);
void fb_curses_close(void); // legal when not open

// Whether this terminal can show box drawing and symbols.
bool fb_curses_is_unicode(void);

// Reads the size from the terminal and adopts it.
void fb_curses_size(int *ret_cols, int *ret_rows);
// Shows the grid; only what differs is sent. `repaint`: all of it, in case
// something else wrote on the screen.
void fb_curses_show(const struct fb_grid *g, bool repaint);

// The next key, or FB_KEY_NONE; for clicks and the wheel also the cell. *ret_gone:
// the terminal went away.
uint32_t fb_curses_key(int *ret_row, int *ret_col, bool *ret_gone);

// Gives the terminal back, stops this process (Ctrl-Z), and takes the
// terminal again once it is continued.
void fb_curses_suspend(void);

#endif
