// A pseudo terminal with an emulator behind it.
//
// The parent keeps the slave side open: so the terminal outlives the program,
// its settings can be read afterwards, and the end of the program is told by
// waitpid alone.
#include "pty.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

struct fb_pty {
    int master_fd, slave_fd;
    pid_t pid; // 0: has ended
    int status;
    VTerm *term;
    VTermScreen *screen;
    int cols, rows;
    bool alternate, cursor_shown, mouse;
    int mouse_seen; // characters of "1000" that have just come by
    unsigned bells;
    char title[256];
    struct termios before;
    char *text; // the screen as text
    size_t text_bytes;
};

static uint64_t clock_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- the emulator ----------------------------------------------------------

static void note_title(struct fb_pty *p, const char *text, size_t len) {
    size_t used = strlen(p->title);
    size_t room = sizeof(p->title) - 1 - used;

    len = len < room ? len : room;
    memcpy(p->title + used, text, len);
    p->title[used + len] = '\0';
}

static int on_property(VTermProp prop, VTermValue *val, void *user) {
    struct fb_pty *p = user;

    switch (prop) {
    case VTERM_PROP_ALTSCREEN: p->alternate = val->boolean; break;
    case VTERM_PROP_CURSORVISIBLE: p->cursor_shown = val->boolean; break;
    case VTERM_PROP_TITLE:
    case VTERM_PROP_ICONNAME:
#if defined(VTERM_VERSION_MINOR) && VTERM_VERSION_MINOR >= 2
        note_title(p, val->string.str, val->string.len);
#else
        note_title(p, val->string, strlen(val->string));
#endif
        break;
    default: break;
    }
    return 1;
}

static int on_bell(void *user) {
    struct fb_pty *p = user;

    p->bells++;
    return 1;
}

// Answers of the terminal to questions of the program.
static void on_answer(const char *bytes, size_t len, void *user) {
    const struct fb_pty *p = user;
    ssize_t n = write(p->master_fd, bytes, len);

    (void)n; // a lost answer shows up as a wait in vain
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property,
                                               .bell = on_bell};

static int make_emulator(struct fb_pty *p) {
    p->term = vterm_new(p->rows, p->cols);
    if (!p->term) {
        return -ENOMEM;
    }
    vterm_set_utf8(p->term, 1);
    vterm_output_set_callback(p->term, on_answer, p);
    p->screen = vterm_obtain_screen(p->term);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_reset(p->screen, 1);
    p->cursor_shown = true;
    p->bells = 0;
    return 0;
}

// ---- the program -----------------------------------------------------------

static void set_environment(const char *const *env) {
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    // not the tester's own; and nowhere, for root neither
    setenv("XDG_CONFIG_HOME", "/proc/none", 1);
    setenv("XDG_STATE_HOME", "/proc/none", 1);
    unsetenv("COLUMNS");
    unsetenv("LINES");
    for (size_t i = 0; env && env[i]; i++) {
        if (strchr(env[i], '=')) {
            putenv((char *)env[i]);
        } else {
            unsetenv(env[i]);
        }
    }
}

__attribute__((noreturn)) static void
run_program(struct fb_pty *p, const struct fb_pty_options *o, pid_t parent) {
    setsid();
    ioctl(p->slave_fd, TIOCSCTTY, 0);
    dup2(p->slave_fd, STDIN_FILENO);
    dup2(p->slave_fd, STDOUT_FILENO);
    dup2(p->slave_fd, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    set_environment(o->env);
    execv(o->argv[0], (char *const *)o->argv);
    perror(o->argv[0]);
    _exit(127);
}

static int open_terminal(struct fb_pty *p) {
    struct winsize size = {.ws_row = (unsigned short)p->rows,
                           .ws_col = (unsigned short)p->cols};
    const char *name;

    p->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->master_fd < 0 || grantpt(p->master_fd) < 0 ||
        unlockpt(p->master_fd) < 0) {
        return -errno;
    }
    name = ptsname(p->master_fd);
    p->slave_fd = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (p->slave_fd < 0 || ioctl(p->slave_fd, TIOCSWINSZ, &size) < 0 ||
        tcgetattr(p->slave_fd, &p->before) < 0) {
        return -errno;
    }
    fcntl(p->master_fd, F_SETFL, O_NONBLOCK);
    return 0;
}

int fb_pty_open(struct fb_pty **ret_pty, const struct fb_pty_options *options) {
    struct fb_pty *p = calloc(1, sizeof(*p));
    pid_t parent = getpid();
    int err;

    if (!p) {
        return -ENOMEM;
    }
    p->master_fd = p->slave_fd = -1;
    p->cols = options->cols ? options->cols : 80;
    p->rows = options->rows ? options->rows : 24;
    err = open_terminal(p);
    if (!err) {
        err = make_emulator(p);
    }
    if (!err) {
        p->pid = fork();
        if (p->pid == 0) {
            run_program(p, options, parent);
        }
        err = p->pid < 0 ? -errno : 0;
    }
    if (err) {
        p->pid = 0;
        fb_pty_close(p);
        return err;
    }
    *ret_pty = p;
    return 0;
}

void fb_pty_close(struct fb_pty *p) {
    if (!p) {
        return;
    }
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, &p->status, 0);
    }
    if (p->master_fd >= 0) {
        close(p->master_fd);
    }
    if (p->slave_fd >= 0) {
        close(p->slave_fd);
    }
    if (p->term) {
        vterm_free(p->term);
    }
    free(p->text);
    free(p);
}

pid_t fb_pty_pid(const struct fb_pty *p) {
    return p->pid;
}

void fb_pty_type(struct fb_pty *p, const char *keys) {
    size_t len = strlen(keys);

    while (len > 0) {
        ssize_t n = write(p->master_fd, keys, len);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return;
        }
        if (n < 0) {
            fb_pty_drain(p);
            continue;
        }
        keys += n;
        len -= (size_t)n;
    }
}

void fb_pty_resize(struct fb_pty *p, int cols, int rows) {
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)cols};

    p->cols = cols;
    p->rows = rows;
    vterm_set_size(p->term, rows, cols);
    ioctl(p->slave_fd, TIOCSWINSZ, &size);
}

// ---- looking ---------------------------------------------------------------

// "CSI ? 1006 ; 1000 h": libvterm takes only the first of several modes.
static void note_mouse(struct fb_pty *p, const char *bytes, size_t n) {
    static const char mode[] = "1000";

    for (size_t i = 0; i < n; i++) {
        if (p->mouse_seen == 4 && (bytes[i] == 'h' || bytes[i] == 'l')) {
            p->mouse = bytes[i] == 'h';
        }
        p->mouse_seen = p->mouse_seen < 4 && bytes[i] == mode[p->mouse_seen]
                            ? p->mouse_seen + 1
                            : bytes[i] == '1';
    }
}

void fb_pty_drain(struct fb_pty *p) {
    char buf[8192];
    ssize_t n;

    while ((n = read(p->master_fd, buf, sizeof(buf))) > 0) {
        vterm_input_write(p->term, buf, (size_t)n);
        note_mouse(p, buf, (size_t)n);
    }
    vterm_screen_flush_damage(p->screen);
}

static size_t put_scalar(char *out, uint32_t u) {
    if (u < 0x80) {
        out[0] = (char)u;
        return 1;
    }
    if (u < 0x800) {
        out[0] = (char)(0xC0 | (u >> 6));
        out[1] = (char)(0x80 | (u & 0x3F));
        return 2;
    }
    if (u < 0x10000) {
        out[0] = (char)(0xE0 | (u >> 12));
        out[1] = (char)(0x80 | ((u >> 6) & 0x3F));
        out[2] = (char)(0x80 | (u & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (u >> 18));
    out[1] = (char)(0x80 | ((u >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((u >> 6) & 0x3F));
    out[3] = (char)(0x80 | (u & 0x3F));
    return 4;
}

static size_t put_row(struct fb_pty *p, int row, char *out) {
    size_t len = 0, keep = 0;

    for (int col = 0; col < p->cols; col++) {
        VTermScreenCell cell;
        VTermPos pos = {.row = row, .col = col};
        if (!vterm_screen_get_cell(p->screen, pos, &cell) ||
            cell.chars[0] == (uint32_t)-1) {
            continue; // right half of a wide character
        }
        len += put_scalar(out + len, cell.chars[0] ? cell.chars[0] : ' ');
        for (int i = 1; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
            len += put_scalar(out + len, cell.chars[i]);
        }
        if (cell.chars[0] && cell.chars[0] != ' ') {
            keep = len;
        }
    }
    return keep;
}

static char *make_text(struct fb_pty *p, int first, int end) {
    size_t row_bytes = (size_t)p->cols * 4 * VTERM_MAX_CHARS_PER_CELL + 1;
    size_t bytes = row_bytes * (size_t)p->rows + 1, len = 0;

    if (bytes > p->text_bytes) {
        char *grown = realloc(p->text, bytes);
        if (!grown) {
            abort();
        }
        p->text = grown;
        p->text_bytes = bytes;
    }
    for (int row = first; row < end; row++) {
        len += put_row(p, row, p->text + len);
        p->text[len++] = '\n';
    }
    p->text[len] = '\0';
    return p->text;
}

const char *fb_pty_screen(struct fb_pty *p) {
    fb_pty_drain(p);
    return make_text(p, 0, p->rows);
}

const char *fb_pty_row(struct fb_pty *p, int row) {
    fb_pty_drain(p);
    return make_text(p, row, row + 1);
}

void fb_pty_dump(struct fb_pty *p, const char *why) {
    const char *line = fb_pty_screen(p);

    fprintf(stderr, "---- %s; the screen (%dx%d):\n", why, p->cols, p->rows);
    while (*line) {
        const char *end = strchr(line, '\n');
        fprintf(stderr, "|%.*s\n", (int)(end - line), line);
        line = end + 1;
    }
    fprintf(stderr, "----\n");
}

// ---- waiting ---------------------------------------------------------------

struct sight {
    const char *text, *also; // also NULL: `text` alone is enough
    bool wanted;             // false: it must go
};

static bool is_seen(struct fb_pty *p, const struct sight *s) {
    for (int row = 0; row < p->rows; row++) {
        const char *line = make_text(p, row, row + 1);
        if (strstr(line, s->text) && (!s->also || strstr(line, s->also))) {
            return s->wanted;
        }
    }
    return !s->wanted;
}

static bool await_sight(struct fb_pty *p, const struct sight *s) {
    uint64_t deadline_ms = clock_ms() + FB_PTY_LIMIT_MS;

    for (;;) {
        struct pollfd fd = {.fd = p->master_fd, .events = POLLIN};
        char why[256];

        fb_pty_drain(p);
        if (is_seen(p, s)) {
            return true;
        }
        if (clock_ms() >= deadline_ms) {
            snprintf(why, sizeof(why), "waited in vain %s \"%s\"%s%s",
                     s->wanted ? "for" : "for the end of", s->text,
                     s->also ? " with " : "", s->also ? s->also : "");
            fb_pty_dump(p, why);
            return false;
        }
        poll(&fd, 1, 100);
    }
}

bool fb_pty_shows(struct fb_pty *p, const char *text) {
    return await_sight(p, &(struct sight){.text = text, .wanted = true});
}

bool fb_pty_hides(struct fb_pty *p, const char *text) {
    return await_sight(p, &(struct sight){.text = text});
}

bool fb_pty_shows_row(struct fb_pty *p, const char *text, const char *also) {
    return await_sight(
        p, &(struct sight){.text = text, .also = also, .wanted = true});
}

bool fb_pty_ends(struct fb_pty *p, int *ret_status) {
    uint64_t deadline_ms = clock_ms() + FB_PTY_LIMIT_MS;

    while (p->pid > 0) {
        struct pollfd fd = {.fd = p->master_fd, .events = POLLIN};

        if (waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
            p->pid = 0;
            break;
        }
        if (clock_ms() >= deadline_ms) {
            fb_pty_dump(p, "waited in vain for the program's end");
            return false;
        }
        poll(&fd, 1, 10);
        fb_pty_drain(p);
    }
    fb_pty_drain(p);
    *ret_status = p->status;
    return true;
}

// ---- what must be put back, and what must not happen -----------------------

bool fb_pty_is_alternate(const struct fb_pty *p) {
    return p->alternate;
}

bool fb_pty_cursor_shown(const struct fb_pty *p) {
    return p->cursor_shown;
}

bool fb_pty_mouse_on(const struct fb_pty *p) {
    return p->mouse;
}

struct termios fb_pty_termios(const struct fb_pty *p) {
    struct termios now = {0};

    tcgetattr(p->slave_fd, &now);
    return now;
}

struct termios fb_pty_termios_before(const struct fb_pty *p) {
    return p->before;
}

unsigned fb_pty_bells(const struct fb_pty *p) {
    return p->bells;
}

const char *fb_pty_title(const struct fb_pty *p) {
    return p->title;
}

bool fb_pty_has_colour(struct fb_pty *p) {
    VTermScreenCell cell;

    fb_pty_drain(p);
    for (int row = 0; row < p->rows; row++) {
        for (int col = 0; col < p->cols; col++) {
            VTermPos pos = {.row = row, .col = col};

            if (vterm_screen_get_cell(p->screen, pos, &cell) &&
                (!VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) ||
                 !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg))) {
                return true;
            }
        }
    }
    return false;
}

// ---- cells -----------------------------------------------------------------

void fb_pty_size(const struct fb_pty *p, int *ret_cols, int *ret_rows) {
    *ret_cols = p->cols;
    *ret_rows = p->rows;
}

// The other 240 of xterm's 256, as xterm has them; libvterm's own differ.
static uint32_t xterm_color(unsigned index) {
    static const uint8_t ramp[] = {0, 95, 135, 175, 215, 255};
    const unsigned gray = 8 + 10 * (index - 232), cube = index - 16;

    return index >= 232
               ? gray << 16 | gray << 8 | gray
               : (uint32_t)ramp[cube / 36] << 16 |
                     (uint32_t)ramp[cube / 6 % 6] << 8 | ramp[cube % 6];
}

static struct fb_pty_color color_of(struct fb_pty *p, VTermColor c) {
    if (VTERM_COLOR_IS_DEFAULT_FG(&c) || VTERM_COLOR_IS_DEFAULT_BG(&c)) {
        return (struct fb_pty_color){.kind = FB_PTY_COLOR_DEFAULT};
    }
    if (VTERM_COLOR_IS_INDEXED(&c) && c.indexed.idx < 16) {
        return (struct fb_pty_color){FB_PTY_COLOR_INDEX, c.indexed.idx};
    }
    if (VTERM_COLOR_IS_INDEXED(&c)) {
        return (struct fb_pty_color){FB_PTY_COLOR_RGB,
                                     xterm_color(c.indexed.idx)};
    }
    vterm_screen_convert_color_to_rgb(p->screen, &c);
    return (struct fb_pty_color){FB_PTY_COLOR_RGB,
                                 (uint32_t)c.rgb.red << 16 |
                                     (uint32_t)c.rgb.green << 8 | c.rgb.blue};
}

bool fb_pty_cell(struct fb_pty *p, int row, int col,
                 struct fb_pty_cell *ret_cell) {
    const VTermPos pos = {.row = row, .col = col};
    VTermScreenCell cell;
    size_t len = 0;

    if (!vterm_screen_get_cell(p->screen, pos, &cell)) {
        return false;
    }
    *ret_cell = (struct fb_pty_cell){
        .width = cell.width > 1 ? cell.width : 1,
        .bold = cell.attrs.bold,
        .underline = cell.attrs.underline != 0,
        .reverse = cell.attrs.reverse,
        .ink = color_of(p, cell.fg),
        .ground = color_of(p, cell.bg),
    };
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] &&
                    cell.chars[i] != (uint32_t)-1;
         i++) {
        len += put_scalar(ret_cell->text + len, cell.chars[i]);
    }
    if (len == 0) {
        ret_cell->text[len++] = ' ';
    }
    ret_cell->text[len] = '\0';
    return true;
}
