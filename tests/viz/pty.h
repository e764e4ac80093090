// A pseudo terminal for tests: runs a program on it and sees what a person
// would see, through libvterm.
//
// Waits are on what is on the screen, never on time; each is bounded, and the
// screen is printed when it was in vain.
#ifndef FISHBOWL_TEST_PTY_H
#define FISHBOWL_TEST_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

enum { FB_PTY_LIMIT_MS = 15000 }; // longest wait, for slow machines

struct fb_pty; // opaque

struct fb_pty_options {
    const char *const *argv; // argv[0] is a path; NULL-ended
    const char *const *env;  // "NAME=value", NULL-ended; may be NULL.
                             // "NAME" alone takes it out of the environment
    int cols, rows;          // 0: 80, 24
};

// Starts the program on a new terminal (TERM=xterm-256color and C.UTF-8 unless
// env says otherwise). It is killed with us. Errors: those of posix_openpt,
// fork; -ENOMEM.
__attribute__((warn_unused_result)) int
fb_pty_open(struct fb_pty **ret_pty, const struct fb_pty_options *options);
// Kills the program if it still runs, by its pid. NULL is legal.
void fb_pty_close(struct fb_pty *p);

pid_t fb_pty_pid(const struct fb_pty *p);

// Types. Named keys are what xterm sends: "\t", "\r", "\033[A" …
void fb_pty_type(struct fb_pty *p, const char *keys);
void fb_pty_resize(struct fb_pty *p, int cols, int rows);

// Waits until the screen shows `text` in one row / shows it no more / shows a
// row with `text` and `also`. On failure the screen goes to stderr.
bool fb_pty_shows(struct fb_pty *p, const char *text);
bool fb_pty_hides(struct fb_pty *p, const char *text);
bool fb_pty_shows_row(struct fb_pty *p, const char *text, const char *also);
// Waits until the program has ended; *ret_status is that of waitpid.
bool fb_pty_ends(struct fb_pty *p, int *ret_status);
// Takes what the program has written up to now, without waiting for more.
void fb_pty_drain(struct fb_pty *p);

// The screen as UTF-8 lines; valid until the next call on `p`.
const char *fb_pty_screen(struct fb_pty *p);
// Row `row` of it, likewise.
const char *fb_pty_row(struct fb_pty *p, int row);
// A cell as a terminal would draw it.
enum fb_pty_color_kind {
    FB_PTY_COLOR_DEFAULT,
    FB_PTY_COLOR_INDEX, // value 0 to 15: the terminal's own
    FB_PTY_COLOR_RGB,   // value 0xrrggbb
};
struct fb_pty_color {
    enum fb_pty_color_kind kind;
    uint32_t value;
};
struct fb_pty_cell {
    char text[32]; // UTF-8, a blank if there is nothing
    int width;     // columns
    bool bold, underline, reverse;
    struct fb_pty_color ink, ground;
};
void fb_pty_size(const struct fb_pty *p, int *ret_cols, int *ret_rows);
bool fb_pty_cell(struct fb_pty *p, int row, int col,
                 struct fb_pty_cell *ret_cell);
// Prints the screen to stderr.
void fb_pty_dump(struct fb_pty *p, const char *why);

// What a program must put back.
bool fb_pty_is_alternate(const struct fb_pty *p); // the second screen is up
bool fb_pty_cursor_shown(const struct fb_pty *p);
bool fb_pty_mouse_on(const struct fb_pty *p);
struct termios fb_pty_termios(const struct fb_pty *p); // as it is now
struct termios fb_pty_termios_before(const struct fb_pty *p);
// What no hostile name may cause.
unsigned fb_pty_bells(const struct fb_pty *p);
const char *fb_pty_title(const struct fb_pty *p); // "" if never set
// Whether any cell has a colour that is not the terminal's own.
bool fb_pty_has_colour(struct fb_pty *p);

#endif
