// Problem: what does a conversation cost on our runtime, and what a client
// that waits, beside a plain epoll loop and beside libuv?
// Idea: in each round every server is started afresh, warmed up, driven by the
// same clients, and ended; the order rotates from round to round, so that a
// machine that gets slower hits all alike. Reported are medians and quartiles
// over the rounds, and the median of the ratios WITHIN a round.
// Output: one tab-separated row a line (tests/bench/run makes the table):
//     label, median, quartiles, ratio, ratio's quartiles
#include "load.h"
#include "peer.h"
#include "stats.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_MAX 200
#define PEERS      4
#define BASELINE   2 // index of the plain epoll loop

static struct peer peers[PEERS] = {
    {"traced", "fishbowl, trace on", "fishbowl-serve", NULL, false},
    {"untraced", "fishbowl, trace off", "fishbowl-serve", "--no-trace", false},
    {"epoll", "plain epoll loop", "epoll_greeter", NULL, false},
    {"libuv", "libuv", "uv_greeter", NULL, false},
};

struct bench {
    const char *bin;
    const char *only; // key of the one peer to measure, or NULL
    unsigned rounds, total, in_flight, idle;
    int server_cpu;
    double value[PEERS][ROUNDS_MAX];
    double ratio[PEERS][ROUNDS_MAX];
};

static void give_up(const struct peer *p, const char *what, long err) {
    (void)fprintf(stderr, "greeter_bench: %s: %s: %s\n", p->label, what,
                  err < 0 ? strerror((int)-err) : "a reply was wrong");
    exit(1);
}

static void converse(const struct peer *p, const struct peer_run *run,
                     unsigned total, unsigned in_flight) {
    long right = load_converse(run->port, total, in_flight);

    if (right != (long)total) {
        give_up(p, "conversations", right);
    }
}

// Processor time of the server, in µs a conversation.
static double measure_cpu(const struct bench *b, const struct peer *p,
                          const struct peer_run *run) {
    uint64_t before;

    converse(p, run, b->total / 10 + 1, b->in_flight);
    before = peer_cpu_ns(run);
    converse(p, run, b->total, b->in_flight);
    return (double)(peer_cpu_ns(run) - before) / 1e3 / b->total;
}

// Bytes of the server's own memory for each client that waits.
static double measure_idle(const struct bench *b, const struct peer *p,
                           const struct peer_run *run) {
    int *fds = calloc(b->idle, sizeof(*fds));
    uint64_t before, after;
    int err;

    if (fds == NULL) {
        give_up(p, "clients", -ENOMEM);
    }
    converse(p, run, 1, 1); // what the first client alone brings in
    before = peer_anonymous_bytes(run);
    err = load_hold(run->port, b->idle, fds);
    if (err < 0) {
        give_up(p, "idle clients", err);
    }
    after = peer_anonymous_bytes(run);
    load_release(b->idle, fds);
    free(fds);
    return ((double)after - (double)before) / b->idle;
}

static void measure(struct bench *b, unsigned round, unsigned which) {
    const struct peer *p = &peers[which];
    struct peer_run run;
    int err = peer_start(p, b->bin, b->server_cpu, &run);

    if (err < 0) {
        give_up(p, "start", err);
    }
    b->value[which][round] =
        b->idle > 0 ? measure_idle(b, p, &run) : measure_cpu(b, p, &run);
    peer_stop(&run);
}

static void run_rounds(struct bench *b) {
    for (unsigned round = 0; round < b->rounds; round++) {
        for (unsigned i = 0; i < PEERS; i++) {
            unsigned which = (i + round) % PEERS;

            if (peers[which].present) {
                measure(b, round, which);
            }
        }
        for (unsigned i = 0; i < PEERS; i++) {
            b->ratio[i][round] = b->value[i][round] / b->value[BASELINE][round];
        }
        if (isatty(STDERR_FILENO)) {
            (void)fprintf(stderr, "\rround %u of %u ", round + 1, b->rounds);
        }
    }
    if (isatty(STDERR_FILENO)) {
        (void)fputs("\r\033[K", stderr);
    }
}

static void print_rows(struct bench *b) {
    const char *what = b->idle > 0 ? "bytes per idle client"
                                   : "server CPU us per conversation";
    int digits = b->idle > 0 ? 0 : 2;

    for (unsigned i = 0; i < PEERS; i++) {
        struct stats v, r;

        if (!peers[i].present) {
            continue;
        }
        v = stats_of(b->value[i], b->rounds);
        printf("%s: %s\t%.*f\t%.*f-%.*f", what, peers[i].label, digits,
               v.median, digits, v.low, digits, v.high);
        r = stats_of(b->ratio[i], b->rounds);
        // No baseline measured, or one too small to divide by.
        if (!isfinite(r.low) || !isfinite(r.high)) {
            printf("\t\t\n");
            continue;
        }
        printf("\t%.2f\t%.2f-%.2f\n", r.median, r.low, r.high);
    }
}

// The clients keep to the first processor allowed, servers to the second.
static int pin(void) {
    cpu_set_t allowed, mine;
    int first = -1;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0) {
        return -1;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &allowed)) {
            continue;
        }
        if (first >= 0) {
            CPU_ZERO(&mine);
            CPU_SET((size_t)first, &mine);
            (void)sched_setaffinity(0, sizeof(mine), &mine);
            return cpu;
        }
        first = cpu;
    }
    return -1; // only one: there is nothing to separate
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
        } else if (strcmp(argv[i], "--idle") == 0) {
            b->idle = number(value);
        } else {
            (void)fprintf(
                stderr,
                "usage: greeter_bench --bin DIR [--only KEY] [--rounds N]\n"
                "    [--conversations N] [--in-flight C] | [--idle N]\n");
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

int main(int argc, char **argv) {
    static struct bench b = {
        .bin = ".", .rounds = 20, .total = 2000, .in_flight = 64};
    unsigned limit;

    parse(&b, argc, argv);
    if (find_peers(&b) == 0) {
        return 1;
    }
    b.server_cpu = pin();
    limit = raise_limit();
    if (b.idle > limit) {
        (void)fprintf(stderr, "greeter_bench: %u clients (open file limit)\n",
                      limit);
        b.idle = limit;
    }
    run_rounds(&b);
    print_rows(&b);
    return 0;
}
