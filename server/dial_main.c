// fishbowl-dial: scripted clients as a program.
#include "cli.h"
#include "dial_names.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_CLIENTS = 256,
    KEY_CONCURRENCY,
    KEY_NAME,
    KEY_NAMES,
    KEY_THINK,
    KEY_SLOW,
    KEY_HALF_OPEN,
    KEY_GARBAGE,
    KEY_HANG_UP,
    KEY_SILENT,
    KEY_HOLD,
    KEY_TIMEOUT,
    KEY_RING,
};

// clang-format off
static const struct argp_option option_list[] = {
    {"clients", KEY_CLIENTS, "N", 0, "How many conversations (default 1)", 0},
    {"concurrency", KEY_CONCURRENCY, "C", 0,
     "How many of them at once (default: all)", 0},
    {"name", KEY_NAME, "NAME", 0,
     "The name that all say (default: guest 1, guest 2, …)", 0},
    {"names", KEY_NAMES, "FILE", 0, "A name on each line, said in turn", 0},
    {"think", KEY_THINK, "TIME", 0,
     "Wait between the question and the name, such as 250ms", 0},
    {"timeout", KEY_TIMEOUT, "TIME", 0,
     "Give a conversation up after this time (default 30s; 0: never)", 0},
    {"slow", KEY_SLOW, NULL, 0, "Send and receive one byte at a time", 0},
    {"half-open", KEY_HALF_OPEN, NULL, 0,
     "Shut the sending side after the name; the reply must still come", 0},
    {"garbage", KEY_GARBAGE, NULL, 0,
     "Say what is not UTF-8; the greeter must hang up without a reply", 0},
    {"hang-up", KEY_HANG_UP, NULL, 0, "Close after the question", 0},
    {"silent", KEY_SILENT, NULL, 0,
     "Say nothing until --hold is over, the greeter closes, or SIGINT", 0},
    {"hold", KEY_HOLD, "TIME", 0, "How long --silent lasts", 0},
    {"ring", KEY_RING, "FILE", 0,
     "Write a trace of the clients' own runtime there", 0},
    {0}};
// clang-format on

struct dial_options {
    const char *addr, *name, *names_file, *ring;
    bool garbage, timeout_set;
    uint32_t clients, concurrency;
    struct dial_script script;
};

static void parse_duration(const char *arg, const char *name, uint64_t *ret_ns,
                           struct argp_state *state) {
    if (cli_duration(arg, ret_ns) < 0) {
        argp_error(state, "--%s: a duration such as 250ms or 2s", name);
    }
}

static void parse_count(const char *arg, const char *name, uint32_t *ret_count,
                        struct argp_state *state) {
    uint64_t n = 0;

    if (cli_number(arg, 1, 10000000, &n) < 0) {
        argp_error(state, "--%s: a number from 1 on", name);
    }
    *ret_count = (uint32_t)n;
}

static void check_together(struct dial_options *o, struct argp_state *state) {
    const bool quiet = o->script.role != DIAL_TALK;
    const bool named = o->name != NULL || o->names_file != NULL;

    if (o->name != NULL && o->names_file != NULL) {
        argp_error(state, "--name or --names, not both");
    }
    if (o->garbage && named) {
        argp_error(state, "--garbage is said instead of a name");
    }
    if (quiet && (o->garbage || named || o->script.half_open)) {
        argp_error(state, "who hangs up or is silent says nothing");
    }
    if (o->script.hold_ns > 0 && o->script.role != DIAL_SILENT) {
        argp_error(state, "--hold goes with --silent");
    }
    if (o->script.role == DIAL_SILENT && !o->timeout_set) {
        o->script.timeout_ns = 0; // silence is no failure
    }
    if (o->concurrency == 0 || o->concurrency > o->clients) {
        o->concurrency = o->clients;
    }
}

static void parse_role(struct dial_options *o, enum dial_role role,
                       struct argp_state *state) {
    if (o->script.role != DIAL_TALK && o->script.role != role) {
        argp_error(state, "--hang-up or --silent, not both");
    }
    o->script.role = role;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct dial_options *o = state->input;

    switch (key) {
    case KEY_CLIENTS: parse_count(arg, "clients", &o->clients, state); break;
    case KEY_CONCURRENCY:
        parse_count(arg, "concurrency", &o->concurrency, state);
        break;
    case KEY_NAME: o->name = arg; break;
    case KEY_NAMES: o->names_file = arg; break;
    case KEY_THINK:
        parse_duration(arg, "think", &o->script.think_ns, state);
        break;
    case KEY_HOLD:
        parse_duration(arg, "hold", &o->script.hold_ns, state);
        break;
    case KEY_TIMEOUT:
        parse_duration(arg, "timeout", &o->script.timeout_ns, state);
        o->timeout_set = true;
        break;
    case KEY_SLOW: o->script.slow = true; break;
    case KEY_HALF_OPEN: o->script.half_open = true; break;
    case KEY_GARBAGE: o->garbage = true; break;
    case KEY_HANG_UP: parse_role(o, DIAL_HANG_UP, state); break;
    case KEY_SILENT: parse_role(o, DIAL_SILENT, state); break;
    case KEY_RING: o->ring = arg; break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one address is enough");
        }
        o->addr = arg;
        break;
    case ARGP_KEY_END: check_together(o, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "[HOST:PORT]",
    .doc = "Scripted clients that check every byte of every reply."
           "\vThe greeter is at " CLI_DEFAULT_ADDR " if no address is given. "
           "Exit status 1 if a conversation did not go as it must.\n\n"
           "Example:\n"
           "  fishbowl dial --clients 1000 --think 250ms 127.0.0.1:6142"};

static int make_names(const struct dial_options *o, struct dial_names *names) {
    static const char garbage[] = "\xff\xfe\xc0\x80";

    if (o->names_file != NULL) {
        return dial_names_file(names, o->names_file);
    }
    if (o->garbage) {
        return dial_names_one(names, garbage, sizeof garbage - 1);
    }
    if (o->name != NULL) {
        return dial_names_one(names, o->name, strlen(o->name));
    }
    return dial_names_guests(names, o->clients);
}

static void print_summary(const struct crowd *crowd, uint64_t took_ns) {
    printf("%u client%s:", crowd->finished, crowd->finished == 1 ? "" : "s");
    for (int i = 0; i < DIAL_VERDICTS; i++) {
        // the first four always, so that the line can be searched
        if (i <= DIAL_RESET || crowd->verdicts[i] > 0) {
            printf("%s %u %s", i == 0 ? "" : ",", crowd->verdicts[i],
                   dial_verdict_name(i));
        }
    }
    printf(" in %.3f s\n", (double)took_ns / (double)FB_S);
}

// Why it went wrong, once for each way in which it did.
static void print_reasons(const struct crowd *crowd, const char *addr) {
    static const char *const hints[DIAL_VERDICTS] = {
        [DIAL_REFUSED] = "is a greeter there? fishbowl serve starts one",
        [DIAL_TIMED_OUT] = "--timeout gives them more time",
    };
    char what[80];

    (void)snprintf(what, sizeof what, "dial %s", addr);
    for (int i = DIAL_WRONG; i < DIAL_CANCELLED; i++) {
        if (crowd->reasons[i] < 0) {
            cli_error(what, crowd->reasons[i], hints[i]);
        }
    }
}

static int say_not_found(const char *addr, int err) {
    if (err == -ENOENT) {
        return cli_problem(addr, "there is no host of that name", NULL);
    }
    return cli_error(addr, err,
                     err == -EINVAL ? "an address is like 127.0.0.1:6142, or "
                                      "localhost:6142"
                                    : NULL);
}

// Gives the exit status.
static int dial_crowd(const struct dial_options *o, struct fb_runtime *rt,
                      const struct dial_names *names,
                      struct fb_signals *signals) {
    static struct crowd crowd; // a future stays where it is first polled
    const uint64_t start_ns = fb_runtime_now_ns(rt);
    int err;

    crowd = (struct crowd){.script = &o->script,
                           .lines = names->lines,
                           .line_count = names->count,
                           .clients = o->clients,
                           .concurrency = o->concurrency,
                           .signals = signals,
                           .progress = isatty(STDERR_FILENO) != 0};
    crowd_init(&crowd);
    err = fb_block_on(rt, &crowd.future);
    if (err == -EDEADLK) {
        fb_runtime_report(rt, stderr);
    }
    if (err == 0) {
        err = crowd.out;
    }
    if (err < 0) {
        return cli_error("dial", err, NULL);
    }
    print_summary(&crowd, fb_runtime_now_ns(rt) - start_ns);
    print_reasons(&crowd, o->addr);
    return crowd.verdicts[DIAL_OK] == crowd.clients ? 0 : 1;
}

static int dial_runtime(struct dial_options *o, struct fb_runtime *rt,
                        const struct dial_names *names) {
    static struct dial_lookup lookup;
    struct fb_signals signals = {0};
    const sigset_t stop = cli_block_stop_signals();
    int err, status;

    err = fb_signals_open(&signals, rt, &stop);
    if (err < 0) {
        return cli_error("signals", err, NULL);
    }
    lookup = dial_lookup(o->addr, &signals, &o->script);
    err = fb_block_on(rt, &lookup.future);
    if (err == 0) {
        err = lookup.out;
    }
    status = err < 0 ? say_not_found(o->addr, err)
                     : dial_crowd(o, rt, names, &signals);
    fb_signals_close(&signals);
    return status;
}

static int dial_names(struct dial_options *o, const struct dial_names *names) {
    struct fb_trace_writer trace = {0};
    struct fb_runtime_options options = {0};
    struct fb_runtime *rt;
    int err, status;

    if (o->ring != NULL) {
        err = fb_trace_open(
            &trace, &(struct fb_trace_options){.path = o->ring,
                                               .program = "dial",
                                               .give_up = cli_stop_is_pending});
        if (err < 0) {
            return cli_error(o->ring, err, NULL);
        }
        options.trace = &trace;
    }
    err = fb_runtime_create(&options, &rt);
    if (err < 0) {
        status = cli_error("runtime", err, NULL);
    } else {
        status = dial_runtime(o, rt, names);
        fb_runtime_destroy(rt);
    }
    fb_trace_close(&trace, true);
    return status;
}

int main(int argc, char **argv) {
    struct dial_options o = {.addr = CLI_DEFAULT_ADDR,
                             .clients = 1,
                             .script = {.timeout_ns = 30 * FB_S}};
    struct dial_names names = {0};
    uint32_t explain = 3;
    int err, status;

    cli_hold_standard_files();
    cli_setup_argp("fishbowl dial " FB_VERSION);
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    cli_raise_open_files();
    (void)cli_block_stop_signals(); // from here on there are things to undo

    o.script.explain = &explain;
    err = make_names(&o, &names);
    status = err < 0
                 ? cli_error(o.names_file ? o.names_file : "names", err, NULL)
                 : dial_names(&o, &names);
    dial_names_deinit(&names);
    return status;
}
