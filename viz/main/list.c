// `fishbowl list`: the traced programs of this user, and their clearing away.
//
// The kernel keeps a trace after its program was killed: that is how a crash
// is looked at afterwards, and why there is --clean. Only traces in the
// per-user folder whose program is gone are removed, with their bell.
//
// How many tasks a program has is read from its trace, as every other number;
// a program that does not answer for a census in a moment shows "?", because a
// list must not hang on one of its rows.
#include "list.h"

#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/text.h"
#include "session.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_ALL = 0x100, KEY_CLEAN };

#define CENSUS_WAIT_NS 300000000ull

struct request {
    bool all, clean;
};

static const struct argp_option OPTIONS[] = {
    {"all", KEY_ALL, NULL, 0, "Also the traces of programs that have ended", 0},
    {"clean", KEY_CLEAN, NULL, 0, "Remove the traces of ended programs", 0},
    {0},
};

static const char DOC[] =
    "List the traced programs of this user, newest first.\v"
    "Examples:\n"
    "  fishbowl list            what runs now\n"
    "  fishbowl list --all      also what has ended or was killed\n"
    "  fishbowl list --clean    remove the traces of those\n";

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;
    char safe[128];

    switch (key) {
    case KEY_ALL: r->all = true; break;
    case KEY_CLEAN: r->clean = true; break;
    case ARGP_KEY_ARG:
        fb_text_sanitise(arg, strlen(arg), safe, sizeof(safe));
        argp_error(state, "%s: it takes no arguments", safe);
        break;
    case ARGP_KEY_END:
        if (r->all && r->clean) {
            argp_error(state, "--all and --clean: one at a time");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// "12s", "5m", "3h", "2d": how long ago `start_ns` was.
static void say_age(char *out, size_t out_bytes, uint64_t start_ns) {
    static const struct {
        uint64_t seconds;
        char unit;
    } UNITS[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
    const uint64_t start = start_ns / 1000000000u;
    const uint64_t now = (uint64_t)time(NULL);
    const uint64_t age = now > start ? now - start : 0;

    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (age >= UNITS[i].seconds) {
            snprintf(out, out_bytes, "%" PRIu64 "%c", age / UNITS[i].seconds,
                     UNITS[i].unit);
            return;
        }
    }
    snprintf(out, out_bytes, "%" PRIu64 "s", age);
}

struct row {
    char tasks[16], age[32];
    char program[FB_TEXT_SAFE_BYTES(64)], address[FB_TEXT_SAFE_BYTES(64)];
    char path[FB_TEXT_SAFE_BYTES(256)];
    const char *state;
};

// Its ring is full of what a recorder has not taken; or it was started to be
// recorded, and nobody does.
static bool waits_for_recorder(const char *path) {
    struct fb_trace_reader reader;
    uint64_t waited_ns;
    bool waits = false;

    if (fb_trace_reader_open(&reader, path, true) == 0) {
        waits = fb_trace_reader_life(&reader) == FB_LIFE_RUNNING &&
                fb_trace_recorder_awaited(&reader, &waited_ns);
        fb_trace_reader_close(&reader);
    }
    return waits;
}

static void look_inside(const char *path, struct row *row) {
    const struct fb_session_options options = {
        .what = path, .max_events = 4096, .census_wait_ns = CENSUS_WAIT_NS};
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    uint64_t after;

    row->state = waits_for_recorder(path) ? "waiting" : "?";
    snprintf(row->tasks, sizeof(row->tasks), "?");
    if (fb_session_open_with(&s, &options, why, sizeof(why)) < 0) {
        return;
    }
    switch (fb_session_life(s)) {
    case FB_LIFE_RUNNING:
        row->state = fb_session_stopped(s, &after)  ? "stopped"
                     : strcmp(row->state, "?") != 0 ? row->state
                                                    : "running";
        break;
    case FB_LIFE_CLOSED: row->state = "ended"; break;
    case FB_LIFE_KILLED: row->state = "killed"; break;
    case FB_LIFE_LEFT: break; // no recordings lie there
    }
    snprintf(row->tasks, sizeof(row->tasks), "%" PRIu32,
             fb_history_live(fb_session_history(s))->live_tasks);
    fb_session_close(s);
}

static void make_row(const struct fb_trace_found *found, struct row *row) {
    fb_text_sanitise(found->program,
                     strnlen(found->program, sizeof(found->program)),
                     row->program, sizeof(row->program));
    fb_text_sanitise(found->address,
                     strnlen(found->address, sizeof(found->address)),
                     row->address, sizeof(row->address));
    fb_text_sanitise(found->path, strnlen(found->path, sizeof(found->path)),
                     row->path, sizeof(row->path));
    say_age(row->age, sizeof(row->age), found->start_realtime_ns);
    look_inside(found->path, row);
    if (!found->alive && strcmp(row->state, "?") == 0) {
        row->state = "dead";
    }
}

static void print_list(const struct fb_trace_found *found, size_t count,
                       bool all) {
    size_t shown = 0;
    struct row row;

    for (size_t i = 0; i < count; i++) {
        if (!found[i].alive && !all) {
            continue;
        }
        if (shown++ == 0) {
            printf("%7s  %-16s  %-21s  %6s  %4s  %-8s  %s\n", "pid", "program",
                   "address", "tasks", "age", "state", "trace");
        }
        make_row(&found[i], &row);
        printf("%7" PRIu32 "  %-16s  %-21s  %6s  %4s  %-8s  %s\n", found[i].pid,
               row.program, row.address[0] != '\0' ? row.address : "-",
               row.tasks, row.age, row.state, row.path);
    }
    if (shown == 0) {
        fprintf(stderr,
                "fishbowl: list: no traced program %s (start one with "
                "`fishbowl serve`)\n",
                all ? "has left a trace" : "is running");
    }
}

static int clean(const struct fb_trace_found *found, size_t count) {
    size_t removed = 0;
    int status = 0;

    for (size_t i = 0; i < count; i++) {
        char bell[sizeof(found[i].path) + 8];

        if (found[i].alive) {
            continue;
        }
        if (unlink(found[i].path) < 0 && errno != ENOENT) {
            fprintf(stderr,
                    "fishbowl: trace of pid %" PRIu32 ": %s (remove "
                    "it by hand)\n",
                    found[i].pid, strerror(errno));
            status = 1;
            continue;
        }
        snprintf(bell, sizeof(bell), "%s.bell", found[i].path);
        (void)unlink(bell); // gone already if the program ended in good order
        removed++;
    }
    printf("removed %zu trace%s\n", removed, removed == 1 ? "" : "s");
    return status;
}

int fb_list_main(int argc, char **argv) {
    static const struct argp ARGP = {
        .options = OPTIONS, .parser = parse, .doc = DOC};
    enum { MOST = 4096 };
    struct request r = {0};
    struct fb_trace_found *found;
    int count, status = 0;

    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    found = calloc(MOST, sizeof(*found));
    count = found == NULL ? -ENOMEM : fb_trace_list(found, MOST);
    if (count < 0 && count != -ENOENT) {
        fprintf(stderr,
                "fishbowl: trace directory: %s (it must be yours "
                "alone, mode 0700)\n",
                strerror(-count));
        free(found);
        return 1;
    }
    count = count < 0 ? 0 : count < MOST ? count : MOST;
    if (r.clean) {
        status = clean(found, (size_t)count);
    } else {
        print_list(found, (size_t)count, r.all);
    }
    free(found);
    return status;
}
