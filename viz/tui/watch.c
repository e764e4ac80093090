// `fishbowl watch`: the picture of a live program or a recording; without a
// terminal, its story.
#include "watch.h"
#include "moment.h"
#include "plain.h"
#include "print.h"
#include "session.h"
#include "sheet.h"
#include "xdg.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_ASCII = 0x100,
    KEY_NO_COLOR,
    KEY_PLAIN,
    KEY_FROZEN,
    KEY_SOURCE,
    KEY_THEME,
    KEY_NO_MOUSE,
    KEY_PRINT_CONFIG,
    KEY_AT,
    KEY_QUESTIONS,
    KEY_ANSWERS,
    KEY_TEACHER,
};

struct request {
    const char *what, *source_dir, *at, *questions, *answers;
    bool plain, teacher, frozen, print_config;
    bool no_color, themed; // asked for here
    struct fb_config config;
};

static const struct argp_option options[] = {
    {"plain", KEY_PLAIN, NULL, 0,
     "No picture, for screen readers: sentences as they come, and commands by "
     "line (help lists them). Where there is no terminal: the story alone",
     0},
    {"frozen", KEY_FROZEN, NULL, 0,
     "Start FROZEN at the first event that is kept", 0},
    {"at", KEY_AT, "WHEN", 0,
     "Start FROZEN at an event (1234), a time (1.5s), start or end", 0},
    {"questions", KEY_QUESTIONS, "FILE", 0,
     "A lesson: its questions are asked in their places, before what answers "
     "them is shown",
     0},
    {"answers", KEY_ANSWERS, "FILE", 0,
     "Write each answer there, at once; those that are there stand", 0},
    {"teacher", KEY_TEACHER, NULL, 0,
     "With --questions: Enter shows an answer without one being given", 0},
    {"source-dir", KEY_SOURCE, "DIR", 0,
     "Look here first for the program's source (also: FISHBOWL_SOURCE)", 0},
    {"ascii", KEY_ASCII, NULL, 0, "Draw with ASCII characters only", 0},
    {"theme", KEY_THEME, "NAME", 0,
     "How it looks: default, dark, light, contrast, safe (for who confuses red "
     "and green) or mono (F2 turns to the next)",
     0},
    {"no-color", KEY_NO_COLOR, NULL, 0,
     "No colours (also: NO_COLOR in the environment)", 0},
    {"no-mouse", KEY_NO_MOUSE, NULL, 0,
     "Leave the mouse to the terminal, for selecting text", 0},
    {"print-config", KEY_PRINT_CONFIG, NULL, 0,
     "Print the configuration with explanations, and what is wrong with the "
     "file ~/.config/fishbowl/config",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;
    char why[200];

    switch (key) {
    case KEY_PLAIN: r->plain = true; return 0;
    case KEY_FROZEN: r->frozen = true; return 0;
    case KEY_SOURCE: r->source_dir = arg; return 0;
    case KEY_QUESTIONS: r->questions = arg; return 0;
    case KEY_ANSWERS: r->answers = arg; return 0;
    case KEY_TEACHER: r->teacher = true; return 0;
    case KEY_AT:
        r->at = arg;
        if (fb_moment_check(arg, why, sizeof(why)) < 0) {
            argp_error(state, "--at: %s", why);
        }
        return 0;
    case ARGP_KEY_END:
        if (!r->questions && (r->answers || r->teacher)) {
            argp_error(state, "--answers and --teacher go with --questions");
        }
        if (r->questions && r->at) {
            argp_error(state, "--at: questions begin at the start");
        }
        return 0;
    case KEY_ASCII: r->config.ascii = true; return 0;
    case KEY_NO_COLOR: r->no_color = true; return 0;
    case KEY_NO_MOUSE: r->config.mouse = false; return 0;
    case KEY_PRINT_CONFIG: r->print_config = true; return 0;
    case KEY_THEME:
        if (fb_theme_parse(&r->config.theme, arg)) {
            argp_error(state, "--theme: default, dark, light, contrast, safe "
                              "or mono");
        }
        r->themed = true;
        return 0;
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
           "Settings are read from $XDG_CONFIG_HOME/fishbowl/config, or "
           "~/.config/fishbowl/config: --print-config prints them.\n\n"
           "Example:\n"
           "  fishbowl serve &\n"
           "  fishbowl watch        # s stops it, p makes one poll, ? helps\n",
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static int show_plain(struct fb_session *s, const char *at) {
    struct fb_print_options print = {.follow =
                                         fb_session_life(s) == FB_LIFE_RUNNING,
                                     .out = stdout,
                                     .interrupted = &interrupted};
    struct sigaction action = {.sa_handler = on_interrupt};
    char why[200];
    int err;

    if (at && fb_moment_find(&print.from, at, fb_session_history(s), 0,
                             fb_session_facts(s)->start_time_ns, why,
                             sizeof(why)) < 0) {
        print.from = 0; // it was checked: this does not happen
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); // `watch | head` ends by EPIPE, quietly
    err = fb_print_story(s, &print);
    if (err && err != -EIO && err != -EPIPE) {
        fprintf(stderr, "fishbowl: watch: %s\n", strerror(-err));
    }
    return err ? 1 : 0;
}

// Bookmarks belong to one run of one program, wherever its file goes.
static const char *marks_path(const struct fb_session *s,
                              char out[FB_XDG_BYTES]) {
    const struct fb_session_facts *f = fb_session_facts(s);
    char name[200], program[80];

    snprintf(program, sizeof(program), "%s", f->program);
    for (char *c = program; *c; c++) {
        *c = *c == '/' || *c == '\\' || *c == ' ' ? '_' : *c;
    }
    snprintf(name, sizeof(name), "bookmarks/%s-%" PRIu32 "-%" PRIu64, program,
             f->pid, f->start_realtime_ns);
    return fb_xdg_state(out, name) == 0 ? out : NULL;
}

// On a terminal: the picture, or what can be done without one.
static int show_app(struct fb_session *s, const struct request *r,
                    struct fb_sheet *sheet) {
    const char *no_color = getenv("NO_COLOR");
    char path[FB_XDG_BYTES];
    const struct fb_tui_options tui = {
        .ascii = r->config.ascii,
        .no_color = r->no_color || !r->config.color ||
                    (no_color && no_color[0] && !r->themed),
        .no_mouse = !r->config.mouse};
    struct fb_app_options app_options = {.session = s,
                                         .source_dir = r->source_dir,
                                         .start_frozen = r->frozen,
                                         .config = &r->config,
                                         .marks_path = marks_path(s, path),
                                         .at = r->at,
                                         .sheet = sheet,
                                         .teacher = r->teacher};
    struct fb_app *app;
    int status;

    if (fb_app_create(&app, &app_options)) {
        fprintf(stderr, "fishbowl: watch: out of memory\n");
        return 1;
    }
    status = r->plain ? fb_plain_run(app) : fb_tui_run(app, &tui);
    fb_app_quiz_print(app, stdout);
    fb_app_lesson_print(app, stdout);
    fb_app_destroy(app);
    return status;
}

// Questions are asked of what is over, and whole.
static int show_lesson(struct fb_session *s, const struct request *r,
                       bool picture) {
    struct fb_sheet *sheet;
    char why[FB_SHEET_WHY];
    int status;

    if (fb_session_life(s) == FB_LIFE_RUNNING) {
        fprintf(stderr, "fishbowl: --questions: this program still runs "
                        "(record it first: fishbowl record)\n");
        return 1;
    }
    if (fb_sheet_create(&sheet, s, r->questions, r->answers, why, sizeof(why)) <
        0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (picture) {
        status = show_app(s, r, sheet);
    } else {
        status = fb_sheet_ask(sheet, s, stdin, stdout, r->teacher);
        if (status < 0) {
            fprintf(stderr, "fishbowl: %s: %s\n",
                    status == -EIO ? "output" : "answers", strerror(-status));
        }
        status = status != 1;
    }
    fb_sheet_destroy(sheet);
    return status;
}

static int print_config(const struct fb_config *c) {
    fb_config_print(c, stdout);
    for (size_t i = 0; i < c->problem_count && i < FB_CONFIG_PROBLEMS; i++) {
        fprintf(stderr, "fishbowl: %s\n", c->problems[i]);
    }
    if (c->problem_count > FB_CONFIG_PROBLEMS) {
        fprintf(stderr, "fishbowl: and %zu more\n",
                c->problem_count - FB_CONFIG_PROBLEMS);
    }
    return fflush(stdout) || c->problem_count > 0 ? 1 : 0;
}

int fb_watch_main(int argc, char **argv) {
    static struct request r; // what is wrong with a file is long
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session_options wanted = {.census_wait_ns = FB_SESSION_CENSUS_NS};
    struct fb_session *session;
    bool terminal;
    int status;

    argp_err_exit_status = 2;
    fb_config_user(&r.config);
    if (argp_parse(&argp, argc, argv, 0, NULL, &r)) {
        return 2;
    }
    if (r.print_config) {
        return print_config(&r.config);
    }
    terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    wanted.what = r.what;
    // a text waits for all of it, and so do questions
    wanted.in_slices = terminal && !r.questions;
    if (fb_session_open_with(&session, &wanted, why, sizeof(why))) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (r.questions) {
        status = show_lesson(session, &r, terminal && !r.plain);
    } else if (!terminal) {
        status = show_plain(session, r.at);
    } else {
        status = show_app(session, &r, NULL);
    }
    fb_session_close(session);
    return status;
}
