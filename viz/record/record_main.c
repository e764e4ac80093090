// `fishbowl record`: a running program, or one that is started for it.
#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/text.h"
#include "record.h"
#include "resolve.h"
#include "session.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEY_FOR = 0x100, KEY_EVENTS, KEY_SOURCE };
enum { APPEAR_TRIES = 1000 }; // 5 ms each

struct request {
    const char *what;
    char **command; // NULL: a program that runs
    struct fb_record_options options;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

static const struct argp_option OPTIONS[] = {
    {"output", 'o', "FILE", 0, "The recording to write", 1},
    {"for", KEY_FOR, "TIME", 0, "End after so long, e.g. 10s, 500ms", 2},
    {"events", KEY_EVENTS, "N", 0, "End after N events", 2},
    {"source", KEY_SOURCE, "DIR", 0,
     "Look here first for the program's source (also: FISHBOWL_SOURCE)", 2},
    {0},
};

static const char DOC[] =
    "Record a program, losing no event: it waits rather than overwrite what "
    "was not taken yet.\v"
    "PID is a running program (`fishbowl list` names them); without one the "
    "newest is meant. After -- stands a command: it is started and recorded "
    "until it ends. Ctrl-C ends a recording in good order; the program runs "
    "on.\n\n"
    "The recording holds the names and the source text it needs; `watch`, "
    "`print` and `export` read it anywhere.\n\n"
    "Examples:\n"
    "  fishbowl record -o run.fish\n"
    "  fishbowl record 4711 --for 10s -o run.fish\n"
    "  fishbowl record -o run.fish -- fishbowl serve --max-clients 3\n";

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
    case 'o': r->options.out = arg; break;
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
        if (r->options.out == NULL) {
            argp_error(state, "-o: say which file to write");
        }
        if (r->command != NULL && r->what != NULL) {
            argp_error(state, "a running program or a command, not both");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// ---- a command ----

static pid_t start(char **command) {
    const pid_t pid = fork();

    if (pid == 0) {
        execvp(command[0], command);
        fprintf(stderr, "fishbowl: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    return pid;
}

// Its trace lies where every traced program's does, once it has opened one.
static int wait_for_trace(pid_t pid, char *path, size_t path_bytes) {
    const struct timespec pause = {.tv_nsec = 5000000};
    char digits[24], why[FB_SESSION_WHY_BYTES];
    siginfo_t end = {0};

    snprintf(digits, sizeof(digits), "%ld", (long)pid);
    for (int i = 0; i < APPEAR_TRIES && !interrupted; i++) {
        if (fb_session_resolve(digits, path, path_bytes, why, sizeof(why)) ==
            0) {
            return 0;
        }
        // WNOWAIT: its status is somebody else's to take
        if (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOHANG | WNOWAIT) < 0 ||
            end.si_pid != 0) {
            return -ECHILD;
        }
        nanosleep(&pause, NULL);
    }
    return -ETIMEDOUT;
}

// ---- what is said ----

static void show_progress(void *arg, uint64_t events, uint64_t bytes) {
    (void)arg;
    fprintf(stderr, "\rfishbowl: recording: %" PRIu64 " events, %.1f MB ",
            events, (double)bytes / 1e6);
}

static int tell(const struct request *r, const struct fb_record_result *result,
                int err, const char *why) {
    char safe[FB_SESSION_WHY_BYTES];

    if (r->options.progress != NULL) {
        fprintf(stderr, "\r");
    }
    if (err < 0) {
        fb_text_sanitise(why, strlen(why), safe, sizeof(safe));
        fprintf(stderr, "fishbowl: record: %s\n", safe);
        if (result->events > 0) {
            fprintf(stderr,
                    "fishbowl: %s holds events %" PRIu64 " to %" PRIu64 "\n",
                    r->options.out, result->first, result->last);
        }
        return 1;
    }
    fprintf(stderr,
            "fishbowl: %s: %" PRIu64 " events (%" PRIu64 " to %" PRIu64
            ") in %.2f MB, ",
            r->options.out, result->events, result->first, result->last,
            (double)result->bytes / 1e6);
    if (result->lost == 0) {
        fprintf(stderr, "none lost%s\n",
                result->program_ended ? "" : "; the program runs on");
        return 0;
    }
    fprintf(stderr,
            "%" PRIu64 " LOST: it was overwritten before it could be "
            "read\n",
            result->lost);
    return 1;
}

static int record(struct request *r, const char *path) {
    struct fb_record_result result;
    char why[FB_SESSION_WHY_BYTES] = "";
    int err;

    r->options.trace = path;
    r->options.interrupted = &interrupted;
    if (isatty(STDERR_FILENO)) {
        r->options.progress = show_progress;
    }
    err = fb_record(&r->options, &result, why, sizeof(why));
    return tell(r, &result, err, why);
}

static int record_command(struct request *r) {
    char path[PATH_MAX];
    const pid_t pid = start(r->command);
    int status = 1, err;

    if (pid < 0) {
        fprintf(stderr, "fishbowl: record: %s\n", strerror(errno));
        return 1;
    }
    err = wait_for_trace(pid, path, sizeof(path));
    if (err == 0) {
        status = record(r, path);
    } else {
        fprintf(stderr,
                "fishbowl: %s: it wrote no trace%s (is it built with "
                "Fishbowl's runtime, and traced?)\n",
                r->command[0], err == -ECHILD ? " and has ended" : "");
    }
    if (interrupted || r->options.most_ns != 0 || r->options.most_events != 0) {
        (void)kill(pid, SIGTERM); // it was started for this
    }
    (void)waitpid(pid, NULL, 0);
    return status;
}

int fb_record_main(int argc, char **argv) {
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "[PID] | -- COMMAND...",
                                     .doc = DOC};
    const struct sigaction action = {.sa_handler = on_interrupt};
    struct request r = {0};
    char path[PATH_MAX], why[FB_SESSION_WHY_BYTES];

    for (int i = 1; i < argc; i++) { // what comes after -- is not ours to read
        if (strcmp(argv[i], "--") == 0) {
            r.command = argv[i + 1] != NULL ? &argv[i + 1] : NULL;
            argc = i;
            break;
        }
    }
    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (r.command != NULL) {
        return record_command(&r);
    }
    if (fb_session_resolve(r.what, path, sizeof(path), why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    return record(&r, path);
}
