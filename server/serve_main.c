// fishbowl-serve: the greeter as a program.
//
// Opens what the acceptor needs, in this order: trace, runtime, listener,
// signals; blocks on the acceptor; and closes everything in reverse.
#include "accept.h"
#include "cli.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

enum {
    KEY_LISTEN = 256,
    KEY_PORT_FILE,
    KEY_RING,
    KEY_RING_EVENTS,
    KEY_NO_TRACE,
    KEY_RECORD,
    KEY_STOPPED,
    KEY_HANDLER,
    KEY_ACCEPT_ERRORS,
    KEY_MAX_CLIENTS,
    KEY_IDLE_TIMEOUT,
    KEY_GRACE,
    KEY_ORDER,
    KEY_WORKERS,
    KEY_CHOOSE,
};

enum { CHOICES_MAX = 32 };

static const struct argp_option option_list[] = {
    {"listen", KEY_LISTEN, "ADDR:PORT", 0,
     "Where to listen (default " CLI_DEFAULT_ADDR "); port 0 picks one", 0},
    {"port-file", KEY_PORT_FILE, "FILE", 0,
     "Write the port there once clients can connect; removed at the end", 0},
    {"handler", KEY_HANDLER, "NAME", 0,
     "inline, named (default) or states: three ways to write the same", 0},
    {"order", KEY_ORDER, "ORDER", 0,
     "In which order woken tasks run: fifo (default), lifo or seed:N", 0},
    {"choose", KEY_CHOOSE, "POLL:TASK", 0,
     "Before poll number POLL take TASK out of the run queue, whoever is next "
     "by the order; may be given several times",
     0},
    {"workers", KEY_WORKERS, "N", 0,
     "How many threads poll tasks, 1 (default) to 64", 0},
    {"max-clients", KEY_MAX_CLIENTS, "N", 0,
     "Accept nobody while N clients are connected (default: no limit)", 0},
    {"idle-timeout", KEY_IDLE_TIMEOUT, "TIME", 0,
     "Hang up on who has not finished by then, such as 30s (default: off)", 0},
    {"grace", KEY_GRACE, "TIME", 0,
     "How long clients may go on after a stop signal (default 2s)", 0},
    {"accept-errors", KEY_ACCEPT_ERRORS, "WHAT", 0,
     "backoff (default): wait and retry; fatal: end, as a plain loop would", 0},
    {"ring", KEY_RING, "FILE", 0,
     "Write the trace there and keep it at the end", 0},
    {"ring-events", KEY_RING_EVENTS, "N", 0,
     "How many events the trace holds, a power of two", 0},
    {"no-trace", KEY_NO_TRACE, NULL, 0, "Write no trace", 0},
    {"record", KEY_RECORD, "FILE", 0,
     "Record every event, from the first to the last, as `fishbowl record` "
     "does",
     0},
    {"stopped", KEY_STOPPED, NULL, 0,
     "Stand still before the first poll until a viewer says run", 0},
    {0}};

struct serve_options {
    const char *listen, *port_file;
    struct acceptor_options acceptor;
    struct fb_runtime_options runtime;
    struct fb_trace_options trace;
    struct fb_choice choices[CHOICES_MAX];
    bool no_trace;
};

static void parse_order(const char *arg, struct fb_runtime_options *runtime,
                        struct argp_state *state) {
    if (strcmp(arg, "fifo") == 0) {
        runtime->order = FB_ORDER_FIFO;
    } else if (strcmp(arg, "lifo") == 0) {
        runtime->order = FB_ORDER_LIFO;
    } else if (strncmp(arg, "seed:", 5) == 0 &&
               cli_number(arg + 5, 0, UINT64_MAX, &runtime->seed) == 0) {
        runtime->order = FB_ORDER_SEEDED;
    } else {
        argp_error(state, "--order: fifo, lifo or seed:N");
    }
}

static uint64_t parse_duration(const char *arg, const char *name,
                               struct argp_state *state) {
    uint64_t ns = 0;

    if (cli_duration(arg, &ns) < 0) {
        argp_error(state, "--%s: a duration such as 250ms or 2s", name);
    }
    return ns;
}

static void parse_ring_events(const char *arg, struct fb_trace_options *trace,
                              struct argp_state *state) {
    uint64_t n = 0;

    if (cli_number(arg, FB_TRACE_RING_MIN, 1u << 30, &n) < 0 ||
        (n & (n - 1)) != 0) {
        argp_error(state, "--ring-events: a power of two from %u on",
                   FB_TRACE_RING_MIN);
    }
    trace->ring_events = n;
}

static void parse_accept_errors(const char *arg,
                                struct acceptor_options *acceptor,
                                struct argp_state *state) {
    acceptor->errors_fatal = strcmp(arg, "fatal") == 0;
    if (!acceptor->errors_fatal && strcmp(arg, "backoff") != 0) {
        argp_error(state, "--accept-errors: backoff or fatal");
    }
}

static void parse_max_clients(const char *arg,
                              struct acceptor_options *acceptor,
                              struct argp_state *state) {
    uint64_t n = 0;

    if (cli_number(arg, 0, UINT32_MAX, &n) < 0) {
        argp_error(state, "--max-clients: a number, 0 for no limit");
    }
    acceptor->max_clients = (uint32_t)n;
}

static void parse_workers(const char *arg, struct serve_options *o,
                          struct argp_state *state) {
    uint64_t n = 0;

    if (cli_number(arg, 1, FB_WORKERS_MAX, &n) < 0) {
        argp_error(state, "--workers: a number from 1 to %d", FB_WORKERS_MAX);
    }
    o->runtime.workers = o->trace.rings = (uint32_t)n;
    o->acceptor.own_scratch = n > 1;
}

// "12:5": poll 12, task 5.
static void parse_choice(const char *arg, struct serve_options *o,
                         struct argp_state *state) {
    const char *colon = strchr(arg, ':');
    char poll[24] = "";
    uint64_t task = 0;
    struct fb_choice *c;

    if (o->runtime.choice_count == CHOICES_MAX) {
        argp_error(state, "--choose: at most %d choices", CHOICES_MAX);
    }
    c = &o->choices[o->runtime.choice_count++];
    if (colon != NULL && (size_t)(colon - arg) < sizeof poll) {
        memcpy(poll, arg, (size_t)(colon - arg));
    }
    if (colon == NULL || cli_number(poll, 1, UINT64_MAX, &c->poll) < 0 ||
        cli_number(colon + 1, 1, UINT32_MAX, &task) < 0) {
        argp_error(state, "--choose: POLL:TASK, such as 12:5");
    }
    c->task = (uint32_t)task;
    o->runtime.choices = o->choices;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct serve_options *o = state->input;

    switch (key) {
    case KEY_LISTEN: o->listen = arg; break;
    case KEY_PORT_FILE: o->port_file = arg; break;
    case KEY_RING: o->trace.path = arg; break;
    case KEY_RING_EVENTS: parse_ring_events(arg, &o->trace, state); break;
    case KEY_NO_TRACE: o->no_trace = true; break;
    case KEY_RECORD: // `fishbowl serve` takes it out: it records us
        argp_error(state, "--record: only of `fishbowl serve --record FILE`, "
                          "written out");
        break;
    case KEY_STOPPED: o->trace.wait_viewer = true; break;
    case KEY_HANDLER:
        o->acceptor.handler = greeter_handler_find(arg);
        if (o->acceptor.handler == NULL) {
            argp_error(state, "--handler: inline, named or states");
        }
        break;
    case KEY_ACCEPT_ERRORS:
        parse_accept_errors(arg, &o->acceptor, state);
        break;
    case KEY_MAX_CLIENTS: parse_max_clients(arg, &o->acceptor, state); break;
    case KEY_IDLE_TIMEOUT:
        o->acceptor.idle_timeout_ns =
            parse_duration(arg, "idle-timeout", state);
        break;
    case KEY_GRACE:
        o->acceptor.grace_ns = parse_duration(arg, "grace", state);
        break;
    case KEY_WORKERS: parse_workers(arg, o, state); break;
    case KEY_CHOOSE: parse_choice(arg, o, state); break;
    case KEY_ORDER: parse_order(arg, &o->runtime, state); break;
    case ARGP_KEY_END:
        if (o->no_trace && (o->trace.path != NULL || o->trace.wait_viewer)) {
            argp_error(state, "--no-trace leaves nothing to write or to stop");
        }
        if (o->runtime.workers > 1 && o->runtime.choice_count > 0) {
            argp_error(state, "--choose is for one worker: which of several "
                              "polls first is chance");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "The greeter: asks every client for its name and thanks it."
           "\vExample:\n"
           "  fishbowl serve --listen 127.0.0.1:0 --port-file port &\n"
           "  printf 'Ada\\n' | nc -q1 127.0.0.1 $(cat port)"};

static int run(struct fb_runtime *rt, struct acceptor *acceptor) {
    const int err = fb_block_on(rt, &acceptor->future);

    if (err == -EDEADLK) {
        (void)fprintf(stderr,
                      "fishbowl: stalled: nothing can ever happen again\n");
        fb_runtime_report(rt, stderr);
        return 1;
    }
    if (err < 0) {
        return cli_error("serve", err, NULL);
    }
    return acceptor->out < 0 ? cli_error("accept", acceptor->out, NULL) : 0;
}

// From the bound socket to the end of the last client. Gives the exit status.
static int serve_listener(const struct serve_options *o, struct fb_runtime *rt,
                          struct fb_tcp_listener *listener) {
    static struct acceptor root; // a future stays where it is first polled
    struct fb_signals signals = {0};
    const uint16_t port = fb_addr_port(&listener->local);
    const sigset_t stop = cli_block_stop_signals();
    int err, status;

    err = fb_signals_open(&signals, rt, &stop);
    if (err < 0) {
        return cli_error("signals", err, NULL);
    }
    printf("listening on port %u\n", port);
    if (o->port_file != NULL) {
        err = cli_port_file_write(o->port_file, port);
    }
    if (err < 0) {
        fb_signals_close(&signals);
        return cli_error(o->port_file, err, NULL);
    }
    root = acceptor(&o->acceptor, listener, &signals);
    status = run(rt, &root);
    if (o->port_file != NULL) {
        unlink(o->port_file);
    }
    fb_signals_close(&signals);
    return status;
}

static int serve_runtime(const struct serve_options *o, struct fb_runtime *rt) {
    struct fb_tcp_listener listener;
    int status =
        cli_listen(o->listen, rt, BACKLOG, o->runtime.trace, &listener);

    if (status == 0) {
        status = serve_listener(o, rt, &listener);
        fb_tcp_listener_close(&listener);
    }
    return status;
}

// Said at the end, when no poll is to come for which it could still be made.
static void name_missed_choices(const struct serve_options *o) {
    for (size_t i = 0; i < o->runtime.choice_count; i++) {
        const struct fb_choice *c = &o->choices[i];

        if (!c->made) {
            (void)fprintf(stderr,
                          "fishbowl: --choose %" PRIu64 ":%" PRIu32
                          ": that task was not in the run queue before that "
                          "poll\n",
                          c->poll, c->task);
        }
    }
}

int main(int argc, char **argv) {
    struct serve_options o = {
        .listen = CLI_DEFAULT_ADDR,
        .acceptor = {.handler = &greeter_named, .grace_ns = 2 * FB_S},
        .trace = {.program = "serve", .give_up = cli_stop_is_pending},
    };
    struct fb_trace_writer trace = {0};
    struct fb_runtime *rt;
    int err, status;

    cli_hold_standard_files();
    cli_setup_argp("fishbowl serve " FB_VERSION);
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGPIPE,
                 SIG_IGN); // a closed stdout is no reason to die either
    cli_raise_open_files();
    (void)cli_block_stop_signals(); // from here on there are things to undo

    if (!o.no_trace) {
        err = fb_trace_open(&trace, &o.trace);
        if (err < 0) {
            return cli_error(o.trace.path ? o.trace.path : "trace", err,
                             "--no-trace serves without one");
        }
        o.runtime.trace = &trace;
    }
    err = fb_runtime_create(&o.runtime, &rt);
    if (err < 0) {
        status = cli_error("runtime", err, NULL);
    } else {
        status = serve_runtime(&o, rt);
        name_missed_choices(&o);
        fb_runtime_destroy(rt);
    }
    // The trace of a finished server is of use to who asked for it by name.
    fb_trace_close(&trace, o.trace.path != NULL);
    return status;
}
