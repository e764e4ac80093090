// The loop: waits for keys, the guest's descriptors, signals and time, and
// draws when something changed, at most 20 times a second.
//
// Concurrency: the signals below are blocked except while ppoll waits, so a
// handler only ever runs there, and no signal can slip in between looking at
// the flags and going to sleep.
#include "curses.h"
#include "watch.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MS = 50, GUEST_FDS = 256 };

static volatile sig_atomic_t got_quit, got_resize, got_stop;

static void on_quit(int signal_number) {
    got_quit = signal_number;
}

static void on_resize(int signal_number) {
    (void)signal_number;
    got_resize = 1;
}

static void on_stop(int signal_number) {
    (void)signal_number;
    got_stop = 1;
}

static const struct {
    int number;
    void (*handler)(int);
} handled[] = {
    {SIGINT, on_quit},  {SIGTERM, on_quit},    {SIGHUP, on_quit},
    {SIGQUIT, on_quit}, {SIGWINCH, on_resize}, {SIGTSTP, on_stop},
};
enum { HANDLED = sizeof(handled) / sizeof(handled[0]) };

struct signals {
    struct sigaction before[HANDLED];
    sigset_t old_mask;
};

static void take_signals(struct signals *s) {
    sigset_t mask;

    got_quit = got_resize = got_stop = 0;
    sigemptyset(&mask);
    for (int i = 0; i < HANDLED; i++) {
        sigaddset(&mask, handled[i].number);
    }
    sigprocmask(SIG_BLOCK, &mask, &s->old_mask);
    for (int i = 0; i < HANDLED; i++) {
        struct sigaction action = {.sa_handler = handled[i].handler};

        sigaction(handled[i].number, &action, &s->before[i]);
    }
}

static void give_signals_back(const struct signals *s) {
    for (int i = 0; i < HANDLED; i++) {
        sigaction(handled[i].number, &s->before[i], NULL);
    }
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct loop {
    struct fb_tui_client client;
    struct fb_app *app; // NULL: there is no guest either
    const struct fb_app_guest *guest;
    struct fb_grid grid;
    enum fb_theme theme; // as the terminal shows it
    bool ascii, repaint, resized, gone;
    uint64_t drawn_ns;
};

static void turn_wheel(struct loop *l, int row, int col, int direction) {
    if (l->app) {
        fb_app_wheel(l->app, row, col, direction);
    } else {
        l->client.key(l->client.arg, direction < 0 ? FB_KEY_UP : FB_KEY_DOWN);
    }
}

static void read_keys(struct loop *l) {
    for (;;) {
        int row = 0, col = 0;
        uint32_t key = fb_curses_key(&row, &col, &l->gone);

        if (key == FB_KEY_NONE) {
            return;
        }
        if (key == FB_KEY_CLICK) {
            if (l->client.click) {
                l->client.click(l->client.arg, row, col);
            }
        } else if (key == FB_KEY_WHEEL_UP || key == FB_KEY_WHEEL_DOWN) {
            turn_wheel(l, row, col, key == FB_KEY_WHEEL_UP ? -1 : 1);
        } else if (key == FB_KEY_RESIZE) {
            l->resized = true;
        } else if (key == 12) { // Ctrl-L: something else wrote on the screen
            l->repaint = true;
            l->client.touch(l->client.arg);
        } else {
            l->client.key(l->client.arg, key);
        }
    }
}

static int draw(struct loop *l) {
    int cols, rows;

    if (l->resized || !l->grid.cells) {
        fb_curses_size(&cols, &rows);
        if (fb_grid_resize(&l->grid, cols, rows)) {
            return -ENOMEM;
        }
        l->repaint = l->repaint || l->resized;
        l->resized = false;
    }
    l->grid.ascii = l->ascii;
    if (l->app && l->theme != fb_app_theme(l->app)) {
        l->theme = fb_app_theme(l->app);
        fb_curses_theme(l->theme);
        l->repaint = true;
    }
    l->client.draw(l->client.arg, &l->grid);
    fb_curses_show(&l->grid, l->repaint);
    l->repaint = false;
    l->drawn_ns = now_ns();
    return 0;
}

static int sooner(int a, int b) {
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

// Lets the app and the guest look at the time. Returns how long to wait.
static int tick(struct loop *l) {
    uint64_t now = now_ns();
    int wait = l->client.tick ? l->client.tick(l->client.arg, now) : -1;

    if (l->guest && l->guest->tick) {
        wait = sooner(wait, l->guest->tick(l->guest->arg, l->app, now));
    }
    return wait;
}

static void sleep_until_something(struct loop *l, int wait_ms,
                                  const sigset_t *mask) {
    struct pollfd fds[1 + GUEST_FDS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    struct timespec limit = {.tv_sec = wait_ms / 1000,
                             .tv_nsec = wait_ms % 1000 * 1000000L};
    size_t count = 0;
    int ready;

    if (l->guest && l->guest->fds) {
        count = l->guest->fds(l->guest->arg, fds + 1, GUEST_FDS);
        count = count < GUEST_FDS ? count : GUEST_FDS;
    }
    ready = ppoll(fds, 1 + count, wait_ms < 0 ? NULL : &limit, mask);
    if (ready > 0 && (fds[0].revents & POLLIN)) {
        read_keys(l);
    }
    if (ready > 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))) {
        l->gone = true;
    }
    if (ready > 0 && l->guest && l->guest->ready) {
        l->guest->ready(l->guest->arg, l->app, fds + 1, count);
    }
}

static void obey_signals(struct loop *l) {
    if (got_quit == SIGINT && l->client.interrupt &&
        l->client.interrupt(l->client.arg)) {
        got_quit = 0;
    }
    if (got_stop) {
        got_stop = 0;
        fb_curses_suspend();
        l->resized = l->repaint = true;
        l->client.touch(l->client.arg);
    }
    if (got_resize) {
        got_resize = 0;
        l->resized = true;
        l->client.touch(l->client.arg);
    }
}

// How long until the next frame may be drawn.
static int frame_wait(const struct loop *l) {
    uint64_t since_ms = (now_ns() - l->drawn_ns) / 1000000u;

    return since_ms >= FRAME_MS ? 0 : FRAME_MS - (int)since_ms;
}

static int run(struct loop *l, const sigset_t *mask) {
    while (!l->client.done(l->client.arg) && !got_quit && !l->gone) {
        int wait = tick(l);

        if (l->client.done(l->client.arg)) {
            break;
        }
        if (l->client.dirty(l->client.arg) || l->resized) {
            int until = frame_wait(l);

            if (until == 0 && draw(l)) {
                return -ENOMEM;
            }
            wait = until == 0 ? wait : sooner(wait, until);
        }
        sleep_until_something(l, wait, mask);
        obey_signals(l);
    }
    return 0;
}

static int show(struct loop *l, const struct fb_tui_options *options) {
    const struct fb_curses_options terminal = {.theme = l->theme,
                                               .no_color = options->no_color,
                                               .no_mouse = options->no_mouse};
    struct signals signals;
    char why[200];
    int err;

    take_signals(&signals);
    err = fb_curses_open(&terminal, why, sizeof(why));
    if (err) {
        give_signals_back(&signals);
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    l->ascii = options->ascii || !fb_curses_is_unicode();
    err = run(l, &signals.old_mask);
    fb_curses_close();
    fb_grid_deinit(&l->grid);
    give_signals_back(&signals);
    if (err) {
        fprintf(stderr, "fishbowl: screen: %s\n", strerror(-err));
        return 1;
    }
    return got_quit && got_quit != SIGINT ? 128 + got_quit : 0;
}

int fb_tui_show(const struct fb_tui_client *client,
                const struct fb_tui_options *options) {
    struct loop l = {.client = *client};

    return show(&l, options);
}

// ---- the app as a client ---------------------------------------------------

static void app_key(void *arg, uint32_t key) {
    fb_app_key(arg, key);
}

static void app_click(void *arg, int row, int col) {
    fb_app_click(arg, row, col);
}

static int app_tick(void *arg, uint64_t now) {
    return fb_app_tick(arg, now);
}

static void app_draw(void *arg, struct fb_grid *g) {
    fb_app_draw(arg, g);
}

static bool app_dirty(void *arg) {
    return fb_app_dirty(arg);
}

static bool app_done(void *arg) {
    return fb_app_done(arg);
}

static void app_touch(void *arg) {
    fb_app_touch(arg);
}

int fb_tui_run(struct fb_app *app, const struct fb_tui_options *options) {
    struct loop l = {.client = {app, app_key, app_click, app_tick, app_draw,
                                app_dirty, app_done, app_touch, NULL},
                     .app = app,
                     .guest = fb_app_scene(app)->guest,
                     .theme = fb_app_theme(app)};

    return show(&l, options);
}
