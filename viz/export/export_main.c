// `fishbowl export`: its options, and what they ask for.
#include "export.h"
#include "moment.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum key {
    KEY_TO = 0x100,
    KEY_FIRST,
    KEY_LAST,
    KEY_TABLE,
    KEY_VIEW,
    KEY_AT,
    KEY_TITLE,
    KEY_TASK,
    KEY_WIDTH,
    KEY_BARE,
    KEY_THEME,
    KEY_FORCE,
    KEY_SOURCE,
};

enum { TAKES = 5 };

struct request {
    const char *what, *path, *moment;
    const struct fb_export_form *form;
    // options that were given and that not every form obeys
    const char *given[TAKES]; // by the bit of enum fb_export_takes; NULL: not
    bool force;
    struct fb_export_options options;
};

static const struct argp_option OPTIONS[] = {
    {"output", 'o', "OUT", 0,
     "The file to write; - is the terminal or pipe. Its form is how it ends: "
     ".json, .csv, .svg, .html",
     1},
    {"to", KEY_TO, "FORM", 0,
     "chrome (for Perfetto and chrome://tracing), csv (for a spreadsheet), "
     "svg (a picture) or html (a page that replays it in any browser)",
     1},
    {"force", KEY_FORCE, NULL, 0, "Replace a file that is there already", 1},
    {"first", KEY_FIRST, "N", 0, "Begin with event N", 2},
    {"from", KEY_FIRST, NULL, OPTION_ALIAS, NULL, 2}, // as in `print`
    {"last", KEY_LAST, "N", 0, "End with event N", 2},
    {"table", KEY_TABLE, "WHAT", 0, "csv: events (default) or tasks", 3},
    {"view", KEY_VIEW, "VIEW", 0,
     "svg: timeline (default), tree, lanes or run (all of it as a strip)", 4},
    {"at", KEY_AT, "MOMENT", 0,
     "svg: the world after this event (1234) or time (1.5s); else the last. "
     "html: where the page opens; else at its first event",
     3},
    {"title", KEY_TITLE, "TEXT", 0,
     "svg, html: its title; else the program's name", 3},
    {"task", KEY_TASK, "ID", 0, "svg: only this task; lanes: marked", 4},
    {"width", KEY_WIDTH, "PX", 0, "svg: its width in pixels (1280)", 4},
    {"bare", KEY_BARE, NULL, 0,
     "svg: without title, margins and legend, for whoever says these beside "
     "it; "
     "may be 240 wide",
     4},
    {"theme", KEY_THEME, "THEME", 0,
     "svg: light, dark, or (the default) auto: as the reader's", 4},
    {"source-dir", KEY_SOURCE, "DIR", 0,
     "html: look here first for the program's source (also: FISHBOWL_SOURCE)",
     3},
    {0},
};

static const char DOC[] =
    "Write a trace in a form that other tools read.\v"
    "PID is a running program (`fishbowl list` names them), FILE a trace; "
    "without one, the newest running program is meant, as it is now.\n\n"
    "Examples:\n"
    "  fishbowl export -o run.json   then open it in https://ui.perfetto.dev\n"
    "  fishbowl export run.fish -o run.html   then open it in a browser\n"
    "  fishbowl export run.ring --table tasks -o tasks.csv\n"
    "  fishbowl export run.ring --view tree --at 1234 -o waits.svg\n";

static uint64_t read_number(const struct argp_state *state, const char *option,
                            const char *text, uint64_t least, uint64_t most,
                            const char *what) {
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value < least || value > most) {
        argp_error(state, "%s: %s", option, what);
    }
    return value;
}

static uint64_t read_event(const struct argp_state *state, const char *option,
                           const char *text) {
    return read_number(state, option, text, 1, UINT64_MAX,
                       "not a number from 1 on: it is an event's number");
}

// Which of the words `text` is; an error if none.
static int choose(const struct argp_state *state, const char *option,
                  const char *text, const char *const words[], int count) {
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    argp_error(state, "%s: there is no \"%s\" (see --help)", option, text);
    return 0;
}

// What a view would silently not obey.
static void check_view(const struct argp_state *state,
                       const struct request *r) {
    const struct fb_export_options *o = &r->options;

    if (r->form->write != fb_export_svg) {
        return;
    }
    if ((o->view == FB_SVG_TREE || o->view == FB_SVG_LANES) &&
        (o->from != 0 || o->to != 0)) {
        argp_error(state,
                   "%s: this view shows one moment (choose it with "
                   "--at)",
                   o->from != 0 ? "--first" : "--last");
    }
    if (o->view == FB_SVG_RUN && o->task != 0) {
        argp_error(state, "--task: this view shows all tasks");
    }
}

static void check(const struct argp_state *state, struct request *r) {
    char forms[200];

    fb_export_say_forms(forms, sizeof(forms));
    if (r->path == NULL) {
        argp_error(state, "-o: say which file to write (- for standard "
                          "output)");
    }
    if (r->form == NULL) {
        r->form = fb_export_form_of(r->path);
    }
    if (r->form == NULL) {
        argp_error(state, "--to: say which form: %s", forms);
    }
    for (int i = 0; i < TAKES; i++) {
        if (r->given[i] != NULL && (r->form->takes >> i & 1) == 0) {
            argp_error(state, "%s: it is not for %s", r->given[i],
                       r->form->name);
        }
    }
    if (r->options.to != 0 && r->options.from > r->options.to) {
        argp_error(state, "--first: it is after --last (nothing lies between)");
    }
    if (r->options.width != 0 && r->options.width < FB_SVG_NARROW &&
        !r->options.bare) {
        argp_error(state,
                   "--width: pixels, from 480 (with --bare 240) to 8000");
    }
    check_view(state, r);
}

static void note_option(struct request *r, enum fb_export_takes option,
                        const char *name) {
    for (int i = 0; i < TAKES; i++) {
        if ((unsigned)option == 1u << i) {
            r->given[i] = name;
        }
    }
}

static void parse_form(const struct argp_state *state, struct request *r,
                       const char *arg) {
    char forms[200];

    r->form = fb_export_form(arg);
    if (r->form == NULL) {
        fb_export_say_forms(forms, sizeof(forms));
        argp_error(state, "--to: there is no form \"%s\"; there are %s", arg,
                   forms);
    }
}

static void parse_moment(const struct argp_state *state, struct request *r,
                         const char *arg) {
    char why[160];

    r->moment = arg;
    note_option(r, FB_EXPORT_TAKES_AT, "--at");
    if (arg[strspn(arg, "0123456789")] == '\0') {
        (void)read_event(state, "--at", arg);
    } else if (fb_moment_check(arg, why, sizeof(why)) < 0) {
        argp_error(state, "--at: %s", why);
    }
}

static bool parse_picture(int key, const char *arg,
                          const struct argp_state *state, struct request *r) {
    static const char *const themes[] = {"auto", "light", "dark"};

    switch (key) {
    case KEY_VIEW:
        r->options.view = (enum fb_svg_view)choose(
            state, "--view", arg, fb_svg_view_names, FB_SVG_VIEWS);
        note_option(r, FB_EXPORT_TAKES_PICTURE, "--view");
        return true;
    case KEY_THEME:
        r->options.theme =
            (enum fb_svg_theme)choose(state, "--theme", arg, themes, 3);
        note_option(r, FB_EXPORT_TAKES_PICTURE, "--theme");
        return true;
    case KEY_AT: parse_moment(state, r, arg); return true;
    case KEY_TITLE:
        r->options.title = arg;
        note_option(r, FB_EXPORT_TAKES_TITLE, "--title");
        return true;
    case KEY_SOURCE:
        r->options.source_dir = arg;
        note_option(r, FB_EXPORT_TAKES_SOURCE, "--source-dir");
        return true;
    case KEY_TASK:
        r->options.task = (uint32_t)read_number(
            state, "--task", arg, 1, UINT32_MAX, "not a task's number");
        note_option(r, FB_EXPORT_TAKES_PICTURE, "--task");
        return true;
    case KEY_BARE:
        r->options.bare = true;
        note_option(r, FB_EXPORT_TAKES_PICTURE, "--bare");
        return true;
    case KEY_WIDTH:
        r->options.width =
            (int)read_number(state, "--width", arg, FB_SVG_BARE, FB_SVG_WIDE,
                             "pixels, from 480 (with --bare 240) to 8000");
        note_option(r, FB_EXPORT_TAKES_PICTURE, "--width");
        return true;
    default: return false;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    static const char *const tables[] = {"events", "tasks"};
    struct request *r = state->input;

    switch (key) {
    case KEY_TO: parse_form(state, r, arg); break;
    case KEY_TABLE:
        r->options.tasks = choose(state, "--table", arg, tables, 2) == 1;
        note_option(r, FB_EXPORT_TAKES_TABLE, "--table");
        break;
    case KEY_FORCE: r->force = true; break;
    case 'o': r->path = arg; break;
    case KEY_FIRST: r->options.from = read_event(state, "--first", arg); break;
    case KEY_LAST: r->options.to = read_event(state, "--last", arg); break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "more than one trace (name one PID or FILE)");
        }
        r->what = arg;
        break;
    case ARGP_KEY_END: check(state, r); break;
    default: return parse_picture(key, arg, state, r) ? 0 : ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// The event that --at means in this trace, in the ways of `print`.
static int find_moment(struct fb_session *s, struct request *r) {
    const struct fb_history *h = fb_session_history(s);
    char why[160];

    if (r->moment == NULL) {
        return 0;
    }
    if (r->moment[strspn(r->moment, "0123456789")] == '\0') {
        r->options.at = strtoull(r->moment, NULL, 10);
        return 0; // whether it is there, check_events says
    }
    if (fb_moment_find(&r->options.at, r->moment, h, fb_history_last(h),
                       fb_session_facts(s)->start_time_ns, why,
                       sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: --at: %s\n", why);
        return 1;
    }
    return 0;
}

// Whether the trace has what was asked for; says so if not.
static int check_events(struct fb_session *s, const struct request *r) {
    const struct fb_history *h = fb_session_history(s);
    const struct fb_export_options *o = &r->options;
    const uint64_t first = fb_history_first(h), last = fb_history_last(h);
    uint64_t missing = 0;

    if (last == 0) {
        fprintf(stderr, "fishbowl: %s: there is no event yet\n",
                fb_session_facts(s)->path);
        return 1;
    }
    if (r->moment != NULL && fb_history_event(h, o->at) == NULL) {
        missing = o->at;
    } else if (o->from > last) {
        missing = o->from;
    } else if (o->to != 0 && o->to < first) {
        missing = o->to;
    }
    if (missing != 0) {
        fprintf(stderr,
                "fishbowl: event %" PRIu64 ": this trace does not hold it (it "
                "holds %" PRIu64 " to %" PRIu64 ")\n",
                missing, first, last);
        return 1;
    }
    if (r->moment != NULL &&
        (o->at < o->from || (o->to != 0 && o->at > o->to))) {
        fprintf(stderr,
                "fishbowl: --at: event %" PRIu64 " is not among those "
                "from --first to --last\n",
                o->at);
        return 1;
    }
    return 0;
}

static int write_output(struct fb_session *s, struct request *r) {
    char why[FB_SESSION_WHY_BYTES];
    int err;

    if (strcmp(r->path, "-") == 0) {
        r->options.out = stdout;
        err = r->form->write(s, &r->options);
        snprintf(why, sizeof(why), "standard output: %s",
                 err == -ERANGE  ? "these events are not in the trace"
                 : err == -ESRCH ? "there is no such task then"
                                 : strerror(-err));
    } else {
        err = fb_export_file(s, r->form, &r->options, r->path, r->force, why,
                             sizeof(why));
    }
    if (err < 0) {
        fprintf(stderr, "fishbowl: %s%s\n", why,
                err == -EEXIST ? " (--force replaces it)" : "");
    }
    return err < 0;
}

int fb_export_main(int argc, char **argv) {
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "[PID|FILE]",
                                     .doc = DOC};
    struct request r = {0};
    struct fb_session *s;
    char why[FB_SESSION_WHY_BYTES];
    int status;

    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    if (r.form->ready != NULL && r.form->ready(why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (fb_session_open(&s, r.what, false, why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    status = find_moment(s, &r);
    if (status == 0) {
        status = check_events(s, &r);
    }
    if (status == 0) {
        status = write_output(s, &r);
    }
    fb_session_close(s);
    return status;
}
