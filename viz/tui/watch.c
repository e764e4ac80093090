// `fishbowl watch`: the picture of a live program or a recording; without a
// terminal, its story.
#include "watch.h"
#include "print.h"
#include "session.h"
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_ASCII = 0x100, KEY_NO_COLOR, KEY_PLAIN, KEY_FROZEN, KEY_SOURCE };

struct request {
    const char *what, *source_dir;
    bool plain, frozen;
    struct fb_tui_options tui;
};

static const struct argp_option options[] = {
    {"plain", KEY_PLAIN, NULL, 0,
     "No picture: print the story as it happens (automatic when there is no "
     "terminal)",
     0},
    {"frozen", KEY_FROZEN, NULL, 0,
     "Start FROZEN at the first event that is kept", 0},
    {"source", KEY_SOURCE, "DIR", 0,
     "Look here first for the program's source (also: FISHBOWL_SOURCE)", 0},
    {"ascii", KEY_ASCII, NULL, 0, "Draw with ASCII characters only", 0},
    {"no-color", KEY_NO_COLOR, NULL, 0,
     "No colours (also: NO_COLOR in the environment)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;

    switch (key) {
    case KEY_PLAIN: r->plain = true; return 0;
    case KEY_FROZEN: r->frozen = true; return 0;
    case KEY_SOURCE: r->source_dir = arg; return 0;
    case KEY_ASCII: r->tui.ascii = true; return 0;
    case KEY_NO_COLOR: r->tui.no_color = true; return 0;
    case ARGP_KEY_ARG:
        if (r->what) {
            argp_error(state, "one trace at a time, please");
        }
        r->what = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[PID|FILE]",
    .doc = "Shows what the tasks of a traced program do: live, frozen, "
           "stopped and step by step, forwards and backwards. Without an "
           "argument: the newest live program of this user.\v"
           "Example:\n"
           "  fishbowl serve &\n"
           "  fishbowl watch        # s stops it, p makes one poll, ? helps\n",
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static int show_plain(struct fb_session *s) {
    struct fb_print_options print = {.follow =
                                         fb_session_life(s) == FB_LIFE_RUNNING,
                                     .out = stdout,
                                     .interrupted = &interrupted};
    struct sigaction action = {.sa_handler = on_interrupt};
    int err;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); // `watch | head` ends by EPIPE, quietly
    err = fb_print_story(s, &print);
    if (err && err != -EIO && err != -EPIPE) {
        fprintf(stderr, "fishbowl: watch: %s\n", strerror(-err));
    }
    return err ? 1 : 0;
}

static int show_picture(struct fb_session *s, const struct request *r) {
    struct fb_app_options app_options = {
        .session = s, .source_dir = r->source_dir, .start_frozen = r->frozen};
    struct fb_app *app;
    int status;

    if (fb_app_create(&app, &app_options)) {
        fprintf(stderr, "fishbowl: watch: out of memory\n");
        return 1;
    }
    status = fb_tui_run(app, &r->tui);
    fb_app_quiz_print(app, stdout);
    fb_app_destroy(app);
    return status;
}

int fb_watch_main(int argc, char **argv) {
    const char *no_color = getenv("NO_COLOR");
    struct request r = {.tui.no_color = no_color && no_color[0]};
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session_options wanted = {.census_wait_ns = FB_SESSION_CENSUS_NS};
    struct fb_session *session;
    int status;

    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, &r)) {
        return 2;
    }
    r.plain = r.plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    wanted.what = r.what;
    wanted.in_slices = !r.plain; // a text waits for all of it
    if (fb_session_open_with(&session, &wanted, why, sizeof(why))) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (r.plain) {
        status = show_plain(session);
    } else {
        status = show_picture(session, &r);
    }
    fb_session_close(session);
    return status;
}
