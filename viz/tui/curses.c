// Problem: a raw terminal left behind makes the shell unusable, and there are
//     many ways out of a program; ncurses exits by itself where it fails.
// Idea: newterm instead of initscr, so that failure is a value. Before the
//     terminal is touched, its settings and the strings that undo ours are
//     kept; a handler of fatal signals writes and sets those, which is all
//     that is safe there. exit() restores through atexit.
// Invariants: `screen` is set exactly while ncurses owns the terminal.
// Concurrency: signal handlers read only `rescue`, which is complete before
//     they are installed and never changes while they are.
#include "curses.h"
#include "view.h"
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static SCREEN *screen;
static enum fb_theme theme;
static int colors; // that may be used; 0: none
static bool exit_hooked;

// ---- restoring from a signal handler ----

static struct {
    volatile sig_atomic_t armed;
    struct termios settings;
    char strings[256];
    size_t len;
} rescue;

static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
enum { FATAL = sizeof(fatal_signals) / sizeof(fatal_signals[0]) };
static struct sigaction before[FATAL];
static char fatal_stack[32768]; // a stack overflow must find another one

// tigetstr wants a char * though it does not write; "" where there is none.
static const char *capability(const char *name) {
    char copy[16];
    const char *value;

    snprintf(copy, sizeof(copy), "%s", name);
    value = tigetstr(copy);
    return value && (intptr_t)value != -1 ? value : "";
}

// Appends a capability without its padding ("$<5>").
static void keep_string(const char *name) {
    const char *s = capability(name);

    while (*s && rescue.len < sizeof(rescue.strings)) {
        if (s[0] == '$' && s[1] == '<') {
            while (*s && *s != '>') {
                s++;
            }
            s += *s ? 1 : 0;
        } else {
            rescue.strings[rescue.len++] = *s++;
        }
    }
}

static void on_fatal(int signal_number) {
    if (rescue.armed) {
        ssize_t ignored = write(STDOUT_FILENO, rescue.strings, rescue.len);

        (void)ignored;
        tcsetattr(STDIN_FILENO, TCSANOW, &rescue.settings);
        rescue.armed = 0;
    }
    // SA_RESETHAND: this time the default action ends the process
    raise(signal_number);
}

static void arm_rescue(void) {
    static const char mouse_off[] = "\033[?1000l";
    struct sigaction action = {.sa_handler = on_fatal,
                               .sa_flags = SA_RESETHAND | SA_ONSTACK};
    stack_t stack = {.ss_sp = fatal_stack, .ss_size = sizeof(fatal_stack)};

    rescue.len = 0;
    keep_string("sgr0");
    keep_string("rmkx");
    keep_string("cnorm");
    if (capability("kmous")[0] &&
        rescue.len + sizeof(mouse_off) < sizeof(rescue.strings)) {
        memcpy(rescue.strings + rescue.len, mouse_off, sizeof(mouse_off) - 1);
        rescue.len += sizeof(mouse_off) - 1;
    }
    keep_string("rmcup");
    rescue.armed = 1;
    sigaltstack(&stack, NULL);
    for (int i = 0; i < FATAL; i++) {
        sigaction(fatal_signals[i], &action, &before[i]);
    }
}

static void disarm_rescue(void) {
    if (rescue.armed) {
        rescue.armed = 0;
        for (int i = 0; i < FATAL; i++) {
            sigaction(fatal_signals[i], &before[i], NULL);
        }
    }
}

// ---- open and close ----

static int check_terminal(char *why, size_t why_bytes) {
    const char *term = getenv("TERM");
    int err = 0;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &rescue.settings) < 0) {
        snprintf(why, why_bytes, "terminal: this is none (use --plain)");
        return -ENOTTY;
    }
    if (!term || !term[0]) {
        snprintf(why, why_bytes,
                 "terminal: $TERM is not set (set it, for "
                 "example to xterm, or use --plain)");
        return -ENOENT;
    }
    if (setupterm(NULL, STDOUT_FILENO, &err) != OK) {
        snprintf(why, why_bytes,
                 "terminal: $TERM names an unknown terminal "
                 "(set it to a known one, or use --plain)");
        return -ENOENT;
    }
    if (!capability("cup")[0]) {
        snprintf(why, why_bytes,
                 "terminal: this one cannot move its cursor "
                 "(use --plain)");
        return -ENOTSUP;
    }
    return 0;
}

void fb_curses_theme(enum fb_theme wanted) {
    theme = wanted;
    for (int i = 0; i < FB_STYLES && colors > 0; i++) {
        struct fb_look look = fb_theme_look(theme, (enum fb_style)i, colors);

        init_pair((short)(i + 1), (short)look.fg, (short)look.bg);
    }
}

static void init_colors(const struct fb_curses_options *options) {
    colors = 0;
    if (!options->no_color && has_colors() && start_color() == OK &&
        use_default_colors() == OK && COLOR_PAIRS > FB_STYLES) {
        colors = COLORS;
    }
    fb_curses_theme(options->theme);
}

// Many terminals send these whatever mode they were put into.
static void define_cursor_keys(void) {
    static const struct {
        const char *bytes;
        int code;
    } keys[] = {{"\033[A", KEY_UP},    {"\033[B", KEY_DOWN},
                {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033[H", KEY_HOME},  {"\033[F", KEY_END}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        define_key(keys[i].bytes, keys[i].code);
    }
}

static void enter_modes(bool no_mouse) {
    const char *term = getenv("TERM");

    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    define_cursor_keys();
    set_escdelay(25);
    // On the Linux console curses would load a mouse daemon's library.
    if (!no_mouse && (!term || strncmp(term, "linux", 5) != 0)) {
        mouseinterval(0); // a click is a press: no waiting for doubles
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    }
}

int fb_curses_open(const struct fb_curses_options *options, char *why,
                   size_t why_bytes) {
    int err;

    setlocale(LC_CTYPE, "");
    err = check_terminal(why, why_bytes);
    if (err) {
        return err;
    }
    arm_rescue();
    del_curterm(cur_term); // newterm reads its own
    screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        disarm_rescue();
        snprintf(why, why_bytes,
                 "terminal: it cannot be used for a picture "
                 "(use --plain)");
        return -ENOTSUP;
    }
    if (!exit_hooked) {
        exit_hooked = atexit(fb_curses_close) == 0;
    }
    init_colors(options);
    enter_modes(options->no_mouse);
    return 0;
}

void fb_curses_close(void) {
    if (screen) {
        endwin();
        delscreen(screen);
        screen = NULL;
        disarm_rescue();
    }
}

bool fb_curses_is_unicode(void) {
    // consoles whose fonts lack most symbols, whatever the locale says
    static const char *const plain[] = {"linux", "vt100", "vt102",
                                        "vt220", "ansi",  "cons25"};
    const char *term = getenv("TERM");

    for (size_t i = 0; term && i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(term, plain[i]) == 0) {
            return false;
        }
    }
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void fb_curses_size(int *ret_cols, int *ret_rows) {
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0) {
        resizeterm(size.ws_row, size.ws_col);
    }
    *ret_cols = COLS;
    *ret_rows = LINES;
}

void fb_curses_suspend(void) {
    struct sigaction stop = {.sa_handler = SIG_DFL}, ours;
    sigset_t just_stop, old;

    endwin();
    sigaction(SIGTSTP, &stop, &ours);
    sigemptyset(&just_stop);
    sigaddset(&just_stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &just_stop, &old); // stands still in here
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGTSTP, &ours, NULL);
    refresh();
}

// ---- showing ----

static attr_t attrs_of(struct fb_look look) {
    attr_t attrs = A_NORMAL;

    attrs |= look.attrs & FB_ATTR_BOLD ? A_BOLD : 0;
    attrs |= look.attrs & FB_ATTR_DIM ? A_DIM : 0;
    attrs |= look.attrs & FB_ATTR_REVERSE ? A_REVERSE : 0;
    attrs |= look.attrs & FB_ATTR_UNDERLINE ? A_UNDERLINE : 0;
    return attrs;
}

// Where the C library's idea of a width differs from ours, the picture would
// shift: such a character gets a stand-in.
static cchar_t to_cell(const struct fb_cell *cell, bool wide) {
    struct fb_look look =
        fb_theme_look(theme, (enum fb_style)cell->style, colors);
    short pair = colors > 0 ? (short)(cell->style + 1) : 0;
    wchar_t text[2] = {(wchar_t)cell->scalar, L'\0'};
    cchar_t out;

    if (wcwidth(text[0]) != (wide ? 2 : 1)) {
        text[0] = L'?';
    }
    setcchar(&out, text, attrs_of(look), pair, NULL);
    return out;
}

static void show_row(const struct fb_grid *g, int row, cchar_t *line) {
    const struct fb_cell *cells = fb_grid_at(g, row, 0);
    static const struct fb_cell blank = {.scalar = ' '};
    int n = 0;

    for (int col = 0; col < g->cols; col++) {
        bool wide = col + 1 < g->cols && cells[col + 1].scalar == 0;

        if (cells[col].scalar == 0) {
            continue;
        }
        line[n] = to_cell(&cells[col], wide);
        n++;
        if (wide && wcwidth((wchar_t)cells[col].scalar) != 2) {
            line[n++] = to_cell(&blank, false);
        }
    }
    mvadd_wchnstr(row, 0, line, n);
}

void fb_curses_show(const struct fb_grid *g, bool repaint) {
    cchar_t line[FB_GRID_MAX];

    if (repaint) {
        clearok(stdscr, TRUE);
    }
    for (int row = 0; row < g->rows && row < LINES; row++) {
        show_row(g, row, line);
    }
    refresh();
}

// ---- keys ----

static uint32_t from_curses(int code) {
    static const struct {
        int code;
        uint32_t key;
    } map[] = {
        {KEY_UP, FB_KEY_UP},
        {KEY_DOWN, FB_KEY_DOWN},
        {KEY_LEFT, FB_KEY_LEFT},
        {KEY_RIGHT, FB_KEY_RIGHT},
        {KEY_PPAGE, FB_KEY_PAGE_UP},
        {KEY_NPAGE, FB_KEY_PAGE_DOWN},
        {KEY_HOME, FB_KEY_HOME},
        {KEY_END, FB_KEY_END},
        {KEY_BTAB, FB_KEY_BACKTAB},
        {KEY_ENTER, FB_KEY_ENTER},
        {KEY_F(1), FB_KEY_F1},
        {KEY_F(2), FB_KEY_F2},
        {KEY_F(3), FB_KEY_F3},
        {KEY_F(4), FB_KEY_F4},
        {KEY_F(5), FB_KEY_F5},
        {KEY_F(6), FB_KEY_F6},
        {KEY_F(7), FB_KEY_F7},
        {KEY_F(8), FB_KEY_F8},
        {KEY_F(9), FB_KEY_F9},
        {KEY_F(10), FB_KEY_F10},
        {KEY_DC, FB_KEY_DELETE},
        {KEY_RESIZE, FB_KEY_RESIZE},
        {KEY_BACKSPACE, FB_KEY_BACKSPACE},
    };

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (map[i].code == code) {
            return map[i].key;
        }
    }
    return FB_KEY_NONE;
}

static uint32_t from_mouse(int *ret_row, int *ret_col) {
    MEVENT event;

    if (getmouse(&event) != OK) {
        return FB_KEY_NONE;
    }
    *ret_row = event.y;
    *ret_col = event.x;
    return event.bstate & BUTTON4_PRESSED   ? FB_KEY_WHEEL_UP
           : event.bstate & BUTTON5_PRESSED ? FB_KEY_WHEEL_DOWN
                                            : FB_KEY_CLICK;
}

uint32_t fb_curses_key(int *ret_row, int *ret_col, bool *ret_gone) {
    wint_t code;
    int kind;

    *ret_gone = false;
    errno = 0;
    kind = get_wch(&code);
    if (kind == ERR) {
        *ret_gone = errno == EIO || errno == EBADF || errno == ENXIO;
        return FB_KEY_NONE;
    }
    if (kind == KEY_CODE_YES) {
        return code == KEY_MOUSE ? from_mouse(ret_row, ret_col)
                                 : from_curses((int)code);
    }
    if (code == '\r' || code == '\n') {
        return FB_KEY_ENTER;
    }
    return code == 8 ? FB_KEY_BACKSPACE : (uint32_t)code;
}
