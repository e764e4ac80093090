// sim_greeter: any number of simulated clients at the real greeter.
//
// One line of result, exit 0; or what went wrong and the words that replay it,
// exit 1.
#include "run.h"

#include "cli.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { KEY_HANDLER = 256, KEY_ORDER, KEY_BUFFER, KEY_HOLD, KEY_KEEP, KEY_RING };

static const struct argp_option option_list[] = {
    {"clients", 'n', "N", 0, "How many dial in all (default 1000)", 0},
    {"alive", 'a', "N", 0, "At most so many at once (default 100)", 0},
    {"seed", 's', "N", 0, "Everything follows from it (default 1)", 0},
    {"trace", 't', NULL, 0, "Trace the server, and hash every event", 0},
    {"keep", KEY_KEEP, "FILE", 0, "Leave the trace there (with --trace)", 0},
    {"ring-events", KEY_RING, "N", 0,
     "The trace holds so many events: a power of two", 0},
    {"handler", KEY_HANDLER, "NAME", 0,
     "inline, named (default) or states: the server's own", 0},
    {"faults", 'f', NULL, 0,
     "The kernel misbehaves: one byte at a time, EINTR, EAGAIN, EMFILE, "
     "ECONNABORTED",
     0},
    {"order", KEY_ORDER, "ORDER", 0,
     "fifo (default), lifo or seeded: in which order woken tasks run", 0},
    {"buffer", KEY_BUFFER, "BYTES", 0,
     "What one direction of a connection holds (default 4096; 0: 1 to 64)", 0},
    {"hold", KEY_HOLD, NULL, 0,
     "Nobody says a name before --alive clients have been asked for theirs", 0},
    {0}};

struct words {
    struct run_options run;
    const char *order;
};

static uint64_t number(const char *arg, struct argp_state *state) {
    uint64_t n = 0;

    if (cli_number(arg, 0, 1u << 30, &n) < 0) {
        argp_error(state, "\"%s\" is no number from 0 to 2^30", arg);
    }
    return n;
}

static void set_order(struct words *w, const char *arg,
                      struct argp_state *state) {
    w->order = arg;
    if (strcmp(arg, "fifo") == 0) {
        w->run.order = FB_ORDER_FIFO;
    } else if (strcmp(arg, "lifo") == 0) {
        w->run.order = FB_ORDER_LIFO;
    } else if (strcmp(arg, "seeded") == 0) {
        w->run.order = FB_ORDER_SEEDED;
    } else {
        argp_error(state, "--order: fifo, lifo or seeded");
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct words *w = state->input;

    switch (key) {
    case 'n': w->run.crowd.clients = number(arg, state); break;
    case 'a': w->run.crowd.alive = number(arg, state); break;
    case 's': w->run.seed = number(arg, state); break;
    case 't': w->run.traced = true; break;
    case 'f': w->run.net.faults = run_usual_faults(); break;
    case KEY_ORDER: set_order(w, arg, state); break;
    case KEY_BUFFER:
        w->run.net.buffer_bytes = (unsigned)number(arg, state);
        break;
    case KEY_KEEP: w->run.keep = arg; break;
    case KEY_RING: w->run.ring_events = number(arg, state); break;
    case KEY_HOLD: w->run.crowd.hold = true; break;
    case KEY_HANDLER:
        w->run.handler = greeter_handler_find(arg);
        if (w->run.handler == NULL) {
            argp_error(state, "--handler: inline, named or states");
        }
        break;
    case ARGP_KEY_END:
        if (w->run.crowd.clients == 0 || w->run.crowd.alive == 0) {
            argp_error(state, "there must be a client");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "Simulated clients dial the real greeter, in one process and in "
           "virtual time."};

static double now_s(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell(const struct words *w, const struct run_result *r,
                 double seconds) {
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("%llu clients, %llu at once, handler %s, order %s, seed %llu, trace "
           "%s%s\n",
           (unsigned long long)r->crowd.ended,
           (unsigned long long)r->crowd.peak, w->run.handler->name, w->order,
           (unsigned long long)w->run.seed, w->run.traced ? "on" : "off",
           w->run.net.faults.eintr != 0 ? ", faults" : "");
    printf("  thanked %llu, garbled %llu, left %llu, broken %llu, redialled "
           "%llu\n",
           (unsigned long long)r->crowd.thanked,
           (unsigned long long)r->crowd.garbled,
           (unsigned long long)r->crowd.left,
           (unsigned long long)r->crowd.broken,
           (unsigned long long)r->crowd.redials);
    printf("  calls %llu %016llx, faults %llu, polls %llu, turns %llu, events "
           "%llu %016llx\n",
           (unsigned long long)r->net.calls,
           (unsigned long long)r->net.calls_hash,
           (unsigned long long)r->net.faults, (unsigned long long)r->polls,
           (unsigned long long)r->turns, (unsigned long long)r->events,
           (unsigned long long)r->events_hash);
    printf("  %.2f s, of them %.2f s of processor; %ld MiB; %.3f s of virtual "
           "time\n",
           seconds,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           usage.ru_maxrss / 1024, (double)r->virtual_ns / 1e9);
}

int main(int argc, char **argv) {
    struct words w = {.run = {.crowd = {.clients = 1000, .alive = 100},
                              .net = {.buffer_bytes = 4096},
                              .handler = &greeter_named,
                              .seed = 1},
                      .order = "fifo"};
    struct run_result result;
    double began_s;

    cli_setup_argp("sim_greeter " FB_VERSION);
    argp_parse(&argp, argc, argv, 0, NULL, &w);
    began_s = now_s();
    run_simulation(&w.run, &result);
    tell(&w, &result, now_s() - began_s);
    if (result.failure[0] == '\0' && result.err == 0) {
        return 0;
    }
    printf("FAILED: %s (%s)\nreplay:", result.failure,
           result.err < 0 ? strerror(-result.err) : "no error");
    for (int i = 0; i < argc; i++) {
        printf(" %s", argv[i]);
    }
    printf("\n");
    return 1;
}
