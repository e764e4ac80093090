// Problem: what does a conversation cost on our runtime, and what a client
// that waits, beside plain loops, libuv, Tokio, smol and threads?
// Idea: in each round every server is started afresh, warmed up, driven by the
// same clients, and ended, in a random order, so that a machine that gets
// slower hits all alike. What counts is the server's processor time: in a
// closed loop the rate measures the clients. A first round is thrown away.
// Output: rows (rows.h).
#include "fishbowl/trace/reader.h"
#include "load.h"
#include "peer.h"
#include "place.h"
#include "rows.h"
#include "stats.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_MAX 100
#define PEERS      8
#define WATCHED    0 // indices of ours
#define UNWATCHED  1

static struct peer peers[PEERS] = {
    {.key = "fishbowl_watched", .program = "fishbowl-serve", .traced = true},
    {.key = "fishbowl", .program = "fishbowl-serve", .flag = "--no-trace"},
    {.key = "loop_fast", .program = "epoll_greeter", .flag = "--fast"},
    {.key = "loop", .program = "epoll_greeter"},
    {.key = "libuv", .program = "uv_greeter"},
    {.key = "tokio", .program = "greeter_tokio"},
    {.key = "smol", .program = "greeter_smol"},
    {.key = "threads", .program = "thread_greeter"},
};

// What a measurement of one server in one round gives.
struct figures {
    double cpu_us, p50_us, p99_us; // of a conversation
    double events;                 // of a conversation, if it is watched
    double bytes;                  // of a client that waits
};

struct bench {
    const char *bin;
    const char *only; // key of the one peer to measure, or NULL
    unsigned rounds, total, in_flight;
    unsigned connected; // clients besides those in flight, silent
    unsigned idle;      // > 0: measure what silent clients take instead
    unsigned warm_watched;
    struct place place;
    uint64_t seed;
    double *latency_us;
    int *held;
    struct figures figures[PEERS][ROUNDS_MAX];
};

__attribute__((noreturn)) static void give_up(const struct peer *p,
                                              const char *what, long err) {
    (void)fprintf(stderr, "greeter_bench: %s: %s: %s\n", p->key, what,
                  err < 0 ? strerror((int)-err) : "a reply was wrong");
    exit(1);
}

static void converse(const struct peer *p, const struct peer_run *run,
                     unsigned total, unsigned in_flight, double *latency_us) {
    long right = load_converse(run->port, total, in_flight, latency_us);

    if (right != (long)total) {
        give_up(p, "conversations", right);
    }
}

// A watched server has its ring's pages after a while; what it costs to get
// them belongs to no conversation.
static void warm_up(const struct bench *b, const struct peer *p,
                    const struct peer_run *run) {
    unsigned some = b->total / 10 + 1;

    converse(p, run,
             p->traced && b->warm_watched > some ? b->warm_watched : some,
             b->in_flight, NULL);
}

static uint64_t events_so_far(const struct peer *p,
                              const struct peer_run *run) {
    struct fb_trace_reader reader;
    uint64_t events;
    int err;

    if (!p->traced) {
        return 0;
    }
    err = fb_trace_reader_open(&reader, run->ring, false);
    if (err < 0) {
        give_up(p, "trace", err);
    }
    events = fb_trace_reader_head(&reader, 0);
    fb_trace_reader_close(&reader);
    return events;
}

static void measure_cpu(struct bench *b, const struct peer *p,
                        const struct peer_run *run, struct figures *f) {
    uint64_t cpu_ns, events;
    struct stats tail;

    events = events_so_far(p, run);
    cpu_ns = peer_cpu_ns(run);
    converse(p, run, b->total, b->in_flight, b->latency_us);
    cpu_ns = peer_cpu_ns(run) - cpu_ns;
    events = events_so_far(p, run) - events;
    f->cpu_us = (double)cpu_ns / 1e3 / b->total;
    f->events = p->traced ? (double)events / b->total : NAN;
    tail = stats_of(b->latency_us, b->total);
    f->p50_us = tail.median;
    f->p99_us = stats_quantile(b->latency_us, b->total, 0.99);
}

static void hold(struct bench *b, const struct peer *p,
                 const struct peer_run *run, unsigned count) {
    int err = load_hold(run->port, count, b->held);

    if (err < 0) {
        give_up(p, "silent clients", err);
    }
}

// Bytes of the server's own memory for each client that waits.
static double measure_idle(struct bench *b, const struct peer *p,
                           const struct peer_run *run) {
    uint64_t before, after;

    converse(p, run, 1, 1, NULL); // what the first client alone brings in
    before = peer_anonymous_bytes(run);
    hold(b, p, run, b->idle);
    after = peer_anonymous_bytes(run);
    load_release(b->idle, b->held);
    return ((double)after - (double)before) / b->idle;
}

static void measure(struct bench *b, const struct peer *p, struct figures *f) {
    struct peer_run run;
    int err = peer_start(p, b->bin, b->place.measured, &run);

    if (err < 0) {
        give_up(p, "start", err);
    }
    if (b->idle > 0) {
        f->bytes = measure_idle(b, p, &run);
    } else {
        warm_up(b, p, &run);
        hold(b, p, &run, b->connected);
        measure_cpu(b, p, &run, f);
        load_release(b->connected, b->held);
    }
    peer_stop(&run);
}

static void run_round(void *arg, unsigned round) {
    struct bench *b = arg;
    unsigned order[PEERS];

    place_shuffle(order, PEERS, &b->seed);
    for (unsigned i = 0; i < PEERS; i++) {
        struct figures *f = &b->figures[order[i]][round];

        *f = (struct figures){NAN, NAN, NAN, NAN, NAN};
        if (peers[order[i]].present) {
            measure(b, &peers[order[i]], f);
        }
    }
}

// One row a peer of one figure.
static void print_figure(const struct bench *b, const char *work,
                         const char *unit,
                         double (*figure)(const struct figures *f)) {
    double values[ROUNDS_MAX];

    for (unsigned i = 0; i < PEERS; i++) {
        for (unsigned round = 0; round < b->rounds; round++) {
            values[round] = figure(&b->figures[i][round]);
        }
        rows_print(work, peers[i].key, unit, values, b->rounds);
    }
}

static double cpu_us(const struct figures *f) {
    return f->cpu_us;
}

static double p50_us(const struct figures *f) {
    return f->p50_us;
}

static double p99_us(const struct figures *f) {
    return f->p99_us;
}

static double events(const struct figures *f) {
    return f->events;
}

static double bytes(const struct figures *f) {
    return f->bytes;
}

// What one event of a real run costs: what watching adds to a conversation,
// divided by its events.
static void print_event_cost(const struct bench *b) {
    double values[ROUNDS_MAX];

    for (unsigned round = 0; round < b->rounds; round++) {
        const struct figures *on = &b->figures[WATCHED][round];
        const struct figures *off = &b->figures[UNWATCHED][round];

        values[round] = (on->cpu_us - off->cpu_us) * 1e3 / on->events;
    }
    rows_print("event_in_greeter", peers[WATCHED].key, "ns", values, b->rounds);
}

static void print_rows(const struct bench *b) {
    char work[64];
    unsigned clients =
        b->connected > 0 ? b->connected + b->in_flight : b->in_flight;

    if (b->idle > 0) {
        print_figure(b, "greeter_idle", "B", bytes);
        return;
    }
    (void)snprintf(work, sizeof(work), "greeter_%u", clients);
    print_figure(b, work, "us", cpu_us);
    (void)snprintf(work, sizeof(work), "greeter_%u_p50", clients);
    print_figure(b, work, "us", p50_us);
    (void)snprintf(work, sizeof(work), "greeter_%u_p99", clients);
    print_figure(b, work, "us", p99_us);
    if (clients == 64) {
        print_figure(b, "greeter_events", "events", events);
        print_event_cost(b);
    }
}

// Children inherit the limit. Returns how many clients may be held.
static unsigned raise_limit(void) {
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) {
        return 256;
    }
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur < 100 || files.rlim_cur > 1000000
               ? 1000
               : (unsigned)files.rlim_cur - 64;
}

static unsigned number(const char *text) {
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (*end != '\0' || end == text || value == 0 || value > 1000000) {
        (void)fprintf(stderr, "greeter_bench: %s: no number\n", text);
        exit(2);
    }
    return (unsigned)value;
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--bin") == 0) {
            b->bin = value;
        } else if (strcmp(argv[i], "--only") == 0) {
            b->only = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b->rounds = number(value);
        } else if (strcmp(argv[i], "--conversations") == 0) {
            b->total = number(value);
        } else if (strcmp(argv[i], "--in-flight") == 0) {
            b->in_flight = number(value);
        } else if (strcmp(argv[i], "--silent") == 0) {
            b->connected = number(value);
        } else if (strcmp(argv[i], "--idle") == 0) {
            b->idle = number(value);
        } else if (strcmp(argv[i], "--warm-watched") == 0) {
            b->warm_watched = number(value);
        } else {
            (void)fprintf(
                stderr,
                "usage: greeter_bench --bin DIR [--only KEY] [--rounds N]\n"
                "    [--conversations N] [--in-flight C] [--silent N]\n"
                "    [--warm-watched N] | [--idle N]\n");
            exit(2);
        }
    }
    if (b->rounds > ROUNDS_MAX) {
        b->rounds = ROUNDS_MAX;
    }
}

static unsigned find_peers(const struct bench *b) {
    unsigned present = 0;
    char path[PATH_MAX];

    for (unsigned i = 0; i < PEERS; i++) {
        if (b->only != NULL && strcmp(b->only, peers[i].key) != 0) {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/%s", b->bin, peers[i].program);
        peers[i].present = access(path, X_OK) == 0;
        present += peers[i].present;
        if (!peers[i].present) {
            (void)fprintf(stderr, "greeter_bench: no %s here: left out\n",
                          peers[i].program);
        }
    }
    return present;
}

static unsigned at_most(unsigned wanted, unsigned limit) {
    if (wanted > limit) {
        (void)fprintf(stderr, "greeter_bench: %u clients (open file limit)\n",
                      limit);
        return limit;
    }
    return wanted;
}

int main(int argc, char **argv) {
    static struct bench b = {
        .bin = ".", .rounds = 20, .total = 2000, .in_flight = 64, .seed = 1};
    unsigned limit = raise_limit();

    parse(&b, argc, argv);
    b.idle = at_most(b.idle, limit);
    b.connected = at_most(b.connected, limit - b.in_flight);
    b.held = calloc(b.idle + b.connected + 1, sizeof(*b.held));
    b.latency_us = calloc(b.total, sizeof(*b.latency_us));
    if (find_peers(&b) == 0 || b.held == NULL || b.latency_us == NULL) {
        return 1;
    }
    b.place = place_find();
    place_pin(b.place.driver);
    rows_rounds(b.rounds, run_round, &b);
    print_rows(&b);
    return 0;
}
