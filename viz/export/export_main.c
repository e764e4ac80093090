// `fishbowl export`: its options, and the file that it writes.
//
// The file appears whole or not at all: it is written beside its name first.
#include "export.h"
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum key { KEY_TO = 0x100, KEY_FIRST, KEY_LAST, KEY_TABLE, KEY_TITLE, KEY_AT };

typedef int export_fn(struct fb_session *s,
                      const struct fb_export_options *options);

struct request {
    const char *what, *to, *table, *path;
    struct fb_export_options options;
};

static const struct argp_option OPTIONS[] = {
    {"to", KEY_TO, "FORM", 0,
     "chrome (for Perfetto and chrome://tracing), csv (for a spreadsheet) or "
     "html (a page that replays it in any browser)",
     1},
    {"output", 'o', "OUT", 0, "The file to write; - is the terminal or pipe",
     1},
    {"table", KEY_TABLE, "WHAT", 0, "csv: events (default) or tasks", 2},
    {"first", KEY_FIRST, "N", 0, "Begin with event N", 2},
    {"last", KEY_LAST, "N", 0, "End with event N", 2},
    {"at", KEY_AT, "N", 0, "html: open the page at event N", 2},
    {"title", KEY_TITLE, "TEXT", 0, "html: the page's title", 2},
    {0},
};

static const char DOC[] =
    "Write a trace in a form that other tools read.\v"
    "PID is a running program (`fishbowl list` names them), FILE a trace; "
    "without one, the newest running program is meant, as it is now.\n\n"
    "Examples:\n"
    "  fishbowl export --to chrome -o run.json   then open it in "
    "https://ui.perfetto.dev\n"
    "  fishbowl export run.fish --to html -o run.html   then open it\n"
    "  fishbowl export run.ring --to csv --table tasks -o tasks.csv\n";

static uint64_t read_number(const struct argp_state *state, const char *option,
                            const char *text) {
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value == 0) {
        argp_error(state, "%s: not a number from 1 on: it is an event's number",
                   option);
    }
    return value;
}

static export_fn *choose(const struct request *r) {
    if (strcmp(r->to, "chrome") == 0) {
        return fb_export_chrome;
    }
    if (strcmp(r->to, "html") == 0) {
        return fb_export_html;
    }
    if (strcmp(r->to, "csv") != 0) {
        return NULL;
    }
    return r->table != NULL && strcmp(r->table, "tasks") == 0
               ? fb_export_csv_tasks
               : fb_export_csv_events;
}

static void check(const struct argp_state *state, const struct request *r) {
    if (r->to == NULL || choose(r) == NULL) {
        argp_error(state, "--to: say which form (chrome, csv or html)");
    }
    if (r->path == NULL) {
        argp_error(state, "-o: say which file to write (- for standard "
                          "output)");
    }
    if (r->table != NULL &&
        (strcmp(r->to, "csv") != 0 ||
         (strcmp(r->table, "events") != 0 && strcmp(r->table, "tasks") != 0))) {
        argp_error(state, "--table: events or tasks, with --to csv");
    }
    if ((r->options.at != 0 || r->options.title != NULL) &&
        strcmp(r->to, "html") != 0) {
        argp_error(state, "--at, --title: only with --to html");
    }
    if (r->options.to != 0 && r->options.from > r->options.to) {
        argp_error(state, "--first: it is after --last (nothing lies between)");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;

    switch (key) {
    case KEY_TO: r->to = arg; break;
    case KEY_TABLE: r->table = arg; break;
    case 'o': r->path = arg; break;
    case KEY_FIRST: r->options.from = read_number(state, "--first", arg); break;
    case KEY_AT: r->options.at = read_number(state, "--at", arg); break;
    case KEY_TITLE: r->options.title = arg; break;
    case KEY_LAST: r->options.to = read_number(state, "--last", arg); break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "more than one trace (name one PID or FILE)");
        }
        r->what = arg;
        break;
    case ARGP_KEY_END: check(state, r); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int complain(const char *path, int err) {
    fprintf(stderr,
            "fishbowl: %s: %s (is there room, and may you write "
            "there?)\n",
            path, strerror(-err));
    return 1;
}

static int write_file(struct fb_session *s, struct request *r) {
    char *temporary = NULL;
    int fd, err;

    if (asprintf(&temporary, "%s.XXXXXX", r->path) < 0) {
        return complain(r->path, -ENOMEM);
    }
    fd = mkstemp(temporary);
    if (fd >= 0) { // as any file of this user, not private as a trace is
        const mode_t mask = umask(0);

        (void)umask(mask);
        (void)fchmod(fd, 0666 & ~mask);
    }
    r->options.out = fd < 0 ? NULL : fdopen(fd, "w");
    if (r->options.out == NULL) {
        err = complain(r->path, -errno);
        free(temporary);
        return err;
    }
    err = choose(r)(s, &r->options);
    if (fclose(r->options.out) != 0 && err == 0) {
        err = -EIO;
    }
    if (err == 0 && rename(temporary, r->path) < 0) {
        err = -errno;
    }
    if (err < 0) {
        (void)unlink(temporary);
    }
    free(temporary);
    return err < 0 ? complain(r->path, err) : 0;
}

static int write_output(struct fb_session *s, struct request *r) {
    int err;

    if (strcmp(r->path, "-") != 0) {
        return write_file(s, r);
    }
    r->options.out = stdout;
    err = choose(r)(s, &r->options);
    return err < 0 ? complain("standard output", err) : 0;
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
    if (strcmp(r.to, "html") == 0 &&
        fb_export_html_check(why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (fb_session_open(&s, r.what, false, why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    status = write_output(s, &r);
    fb_session_close(s);
    return status;
}
