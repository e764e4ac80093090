// `fishbowl record`: a running program, or one that is started for it.
#include "beside.h"
#include "command.h"
#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/text.h"
#include "output.h"
#include "record.h"
#include "record_words.h"
#include "recording.h"
#include "resolve.h"
#include "session.h"
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_FOR = 0x100, KEY_EVENTS, KEY_SOURCE, KEY_FORCE };

struct request {
    const char *what;
    const char *out; // NULL: PROGRAM-PID.fish
    bool force;
    char **command;   // NULL: a program that runs
    const char *file; // what is executed for it
    struct fb_record_options options;
    struct fb_output output;
    struct fb_command child;
    uint64_t said_ns; // of the run: when its progress was told last
};

// A command may write to this terminal: between its lines there is one of ours.
#define SAY_NS 5000000000ull

static const struct argp_option OPTIONS[] = {
    {"output", 'o', "FILE", 0,
     "The recording to write (default: PROGRAM-PID.fish here)", 1},
    {"force", KEY_FORCE, NULL, 0, "Replace FILE if it exists", 1},
    {"for", KEY_FOR, "TIME", 0, "End after so long, e.g. 10s, 500ms", 2},
    {"events", KEY_EVENTS, "N", 0, "End after N events", 2},
    {"source-dir", KEY_SOURCE, "DIR", 0,
     "Look here first for the program's source (also: FISHBOWL_SOURCE)", 2},
    {0},
};

static const char DOC[] =
    "Record a program, losing no event: it waits rather than overwrite what "
    "was not taken yet.\v"
    "PID is a running program (`fishbowl list` names them); without one the "
    "newest is meant. After -- stands a command: it is started and recorded "
    "from its first event to its last. Ctrl-C ends a recording in good order: "
    "a program that ran already runs on, a command is ended first.\n\n"
    "The recording holds the names and the source text it needs; `watch`, "
    "`print` and `export` read it anywhere.\n\n"
    "Examples:\n"
    "  fishbowl record\n"
    "  fishbowl record 4711 --for 10s -o run.fish\n"
    "  fishbowl record -o run.fish -- fishbowl scene join\n";

// "250ms", "2s", "1.5s" is not needed here: whole numbers.
static uint64_t read_time(const struct argp_state *state, const char *text) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    const uint64_t unit = strcmp(end, "ms") == 0  ? 1000000u
                          : strcmp(end, "s") == 0 ? 1000000000u
                                                  : 0;

    if (text[0] < '0' || text[0] > '9' || unit == 0 || value == 0 ||
        value > 1000000) {
        argp_error(state, "--for: not a time (as in 10s or 500ms)");
    }
    return value * unit;
}

static uint64_t read_count(const struct argp_state *state, const char *text) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (text[0] < '1' || text[0] > '9' || *end != '\0') {
        argp_error(state, "--events: not a number from 1 on");
    }
    return value;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;

    switch (key) {
    case 'o': r->out = arg; break;
    case KEY_FORCE: r->force = true; break;
    case KEY_FOR: r->options.most_ns = read_time(state, arg); break;
    case KEY_EVENTS: r->options.most_events = read_count(state, arg); break;
    case KEY_SOURCE: r->options.source_dir = arg; break;
    case ARGP_KEY_ARG:
        if (r->what != NULL) {
            argp_error(state, "one program at a time (a command stands after "
                              "--)");
        }
        r->what = arg;
        break;
    case ARGP_KEY_END:
        if (r->command != NULL && r->command[0] == NULL) {
            argp_error(state, "after -- stands a command");
        }
        if (r->command != NULL && r->what != NULL) {
            argp_error(state, "a running program or a command, not both");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// ---- recording ----

static bool go_on(void *arg) {
    struct request *r = arg;

    if (r->command == NULL) {
        return !fb_ending_wanted();
    }
    fb_command_tend(&r->child); // its end is recorded, too
    return true;
}

static void show_progress(void *arg, const struct fb_record_result *so_far) {
    struct request *r = arg;

    if (r->command == NULL) {
        fb_record_say_progress(so_far, false);
    } else if (r->said_ns == 0 || so_far->run_ns - r->said_ns >= SAY_NS) {
        r->said_ns = so_far->run_ns;
        fb_record_say_progress(so_far, true); // it writes here, too
    }
}

// A failure before anything was recorded.
static int refuse(const char *what, const char *why) {
    fb_record_say_failure(what, why);
    return 1;
}

static int open_output(struct request *r, const char *trace) {
    char why[FB_SESSION_WHY_BYTES] = "";
    struct fb_trace_reader reader;
    int err;

    if (r->out != NULL) {
        err = fb_output_open(&r->output, r->out, r->force, why, sizeof(why));
    } else if (fb_trace_reader_open(&reader, trace, false) < 0) {
        return refuse(trace, fb_recording_is(trace)
                                 ? "it is a recording already"
                                 : reader.reason);
    } else {
        err =
            fb_output_open_named(&r->output, reader.header.program,
                                 reader.header.pid, r->force, why, sizeof(why));
        fb_trace_reader_close(&reader);
    }
    return err < 0 ? refuse(r->output.path, why) : 0;
}

// Gives 0 if all that happened is in the recording.
static int record(struct request *r, const char *trace) {
    char why[FB_SESSION_WHY_BYTES] = "";
    struct fb_record_result result;
    int err;

    r->options.trace = trace;
    r->options.fd = r->output.fd;
    r->options.go_on = go_on;
    r->options.arg = r;
    r->options.progress = isatty(STDERR_FILENO) ? show_progress : NULL;
    err = fb_record(&r->options, &result, why, sizeof(why));
    r->output.fd = -1;
    fb_record_clear_progress();
    if (err < 0) {
        fb_record_say_failure(result.first == 0 ? trace : r->output.path, why);
        if (result.first == 0) {
            fb_output_drop(&r->output);
        } else {
            fb_record_say_kept(r->output.path);
        }
        return 1;
    }
    if (result.events == 0) {
        fb_output_drop(&r->output);
        return refuse(trace, "nothing happened: there is no recording");
    }
    fb_record_say_end(r->output.path, &result,
                      r->command != NULL ? &r->child : NULL);
    return result.lost == 0 ? 0 : 1;
}

static int record_running(struct request *r) {
    char path[PATH_MAX], why[FB_SESSION_WHY_BYTES];
    int status;

    if (fb_session_resolve(r->what, path, sizeof(path), why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why); // resolve has made it safe
        return 1;
    }
    status = open_output(r, path);
    return status != 0 ? status : record(r, path);
}

// ---- a command ----

// Records what the command does once it has a trace. 0: all of it.
static int record_child(struct request *r) {
    char path[PATH_MAX];
    int status = 1;

    switch (fb_command_trace(&r->child, path, sizeof(path))) {
    case 0: status = r->out == NULL ? open_output(r, path) : 0; break;
    case -ECHILD:
        fb_output_drop(&r->output);
        return refuse(r->command[0],
                      "it has ended without a trace (is it built with "
                      "Fishbowl's runtime, and traced?)");
    default: // interrupted
        fb_output_drop(&r->output);
        return refuse(r->command[0], "it was ended before it had a trace");
    }
    if (status == 0) {
        status = record(r, path);
    }
    if (status == 0 && !r->child.ended) {
        fb_command_end(&r->child); // it was started for this
    } else if (!r->child.ended) {
        fprintf(stderr, "fishbowl: the command runs on, unrecorded\n");
    }
    return status;
}

static int record_command(struct request *r) {
    char why[128];
    int err, status;

    if (r->out != NULL) { // before anything is started
        status = open_output(r, NULL);
        if (status != 0) {
            return status;
        }
    }
    err = fb_command_start(&r->child, r->file, r->command);
    if (err < 0) {
        fb_output_drop(&r->output);
        snprintf(why, sizeof(why), "it cannot be run: %s", strerror(-err));
        return refuse(r->command[0], why);
    }
    status = record_child(r);
    fb_command_wait(&r->child);
    fb_record_say_status(r->command[0], &r->child);
    return fb_command_status(&r->child) != 0 ? fb_command_status(&r->child)
                                             : status;
}

int fb_record_main(int argc, char **argv) {
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "[PID]\n-- COMMAND...",
                                     .doc = DOC};
    struct request r = {.output.fd = -1};

    for (int i = 1; i < argc; i++) { // what comes after -- is not ours to read
        if (strcmp(argv[i], "--") == 0) {
            r.command = &argv[i + 1];
            r.file = argv[i + 1];
            argc = i;
            break;
        }
    }
    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    fb_ending_catch();
    return r.command != NULL ? record_command(&r) : record_running(&r);
}

// ---- serve --record ----

// FILE of --record; NULL: there is none. What is left of the command line stays.
static const char *take_option(int *argc, char **argv) {
    static const char NAME[] = "--record";
    const size_t len = sizeof(NAME) - 1;
    const char *file = NULL;
    int kept = 1;

    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], NAME, len) == 0 && argv[i][len] == '=') {
            file = argv[i] + len + 1;
        } else if (strcmp(argv[i], NAME) == 0 && i + 1 < *argc) {
            file = argv[++i];
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    *argc = kept;
    return file;
}

int fb_record_serve(int argc, char **argv) {
    const char *file = take_option(&argc, argv);
    struct request r = {
        .out = file, .command = argv, .output.fd = -1, .file = NULL};
    char path[PATH_MAX];
    int err;

    if (file == NULL) {
        return -1;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-trace") == 0) {
            fprintf(stderr, "fishbowl: serve: --no-trace leaves nothing to "
                            "record\n");
            return 2;
        }
    }
    err = fb_beside_program("fishbowl-serve", path, sizeof(path));
    if (err < 0) {
        return refuse("fishbowl-serve", strerror(-err));
    }
    r.file = path;
    fb_ending_catch();
    return record_command(&r);
}
