// Problem: does a program run slower because somebody looks at it?
// Idea: one watched greeter, warmed up; then pairs of the same conversations,
// one with a viewer (viewer.c) attached and one without, in random order. The
// viewer shares the clients' processor, not the server's. What counts is the
// server's processor time.
// Output: rows (rows.h).
#include "load.h"
#include "peer.h"
#include "place.h"
#include "rows.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 100

struct viewer {
    pid_t pid;
    int in;    // its stdin: closed, it ends
    FILE *out; // its stdout
};

struct bench {
    const char *bin;
    unsigned rounds, total, in_flight, warm;
    struct peer_run server;
    double alone[ROUNDS_MAX], viewed[ROUNDS_MAX];
};

__attribute__((noreturn)) static void die(const char *what, long err) {
    (void)fprintf(stderr, "viewer_cost: %s%s%s\n", what, err < 0 ? ": " : "",
                  err < 0 ? strerror((int)-err) : "");
    exit(1);
}

static double cpu_us(const struct bench *b, unsigned total,
                     unsigned in_flight) {
    uint64_t before = peer_cpu_ns(&b->server);
    long right = load_converse(b->server.port, total, in_flight, NULL);

    if (right != (long)total) {
        die("conversations", right);
    }
    return (double)(peer_cpu_ns(&b->server) - before) / 1e3 / total;
}

__attribute__((noreturn)) static void exec_viewer(const struct bench *b, int in,
                                                  int out) {
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/viewer", b->bin);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
        (void)execl(path, path, b->server.ring, (char *)NULL);
    }
    perror(path);
    _exit(127);
}

// Returns when the viewer has taken in what there was and goes along.
static struct viewer viewer_start(const struct bench *b) {
    struct viewer v;
    int to[2], from[2];
    char line[128];

    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
        (v.pid = fork()) < 0) {
        die("viewer", -errno);
    }
    if (v.pid == 0) {
        exec_viewer(b, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    v.in = to[1];
    v.out = fdopen(from[0], "r");
    if (v.out == NULL || fgets(line, sizeof(line), v.out) == NULL) {
        die("the viewer did not attach", 0);
    }
    return v;
}

static void viewer_end(struct viewer *v) {
    int status = 0;

    close(v->in);
    while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)fclose(v->out);
    if (status != 0) {
        die("the viewer saw nothing", 0);
    }
}

static double cpu_us_viewed(const struct bench *b) {
    struct viewer v = viewer_start(b);
    double us = cpu_us(b, b->total, b->in_flight);

    viewer_end(&v);
    return us;
}

static void run_round(struct bench *b, unsigned round, uint64_t *seed) {
    unsigned order[2];

    place_shuffle(order, 2, seed);
    for (unsigned i = 0; i < 2; i++) {
        if (order[i] == 0) {
            b->alone[round] = cpu_us(b, b->total, b->in_flight);
        } else {
            b->viewed[round] = cpu_us_viewed(b);
        }
    }
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        unsigned number = (unsigned)strtoul(value, NULL, 10);

        if (strcmp(argv[i], "--bin") == 0) {
            b->bin = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b->rounds = number;
        } else if (strcmp(argv[i], "--conversations") == 0) {
            b->total = number;
        } else if (strcmp(argv[i], "--in-flight") == 0) {
            b->in_flight = number;
        } else if (strcmp(argv[i], "--warm") == 0) {
            b->warm = number;
        } else {
            b->rounds = 0;
        }
    }
    if (b->rounds == 0 || b->rounds > ROUNDS_MAX || b->total == 0 ||
        b->in_flight == 0 || b->warm == 0) {
        (void)fprintf(stderr,
                      "usage: viewer_cost --bin DIR [--rounds 1-%d]\n"
                      "    [--conversations N] [--in-flight C] [--warm N]\n",
                      ROUNDS_MAX);
        exit(2);
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.bin = ".",
                             .rounds = 20,
                             .total = 4000,
                             .in_flight = 64,
                             .warm = 15000};
    const struct peer server = {
        .key = "fishbowl", .program = "fishbowl-serve", .traced = true};
    struct place place = place_find();
    uint64_t seed = 1;
    int err;

    parse(&b, argc, argv);
    err = peer_start(&server, b.bin, place.measured, &b.server);
    if (err < 0) {
        die("start", err);
    }
    place_pin(place.driver);
    (void)cpu_us(&b, b.warm, 64);
    for (unsigned round = 0; round < b.rounds; round++) {
        run_round(&b, round, &seed);
    }
    peer_stop(&b.server);
    rows_print("viewer", "fishbowl_watched", "us", b.alone, b.rounds);
    rows_print("viewer", "fishbowl_viewed", "us", b.viewed, b.rounds);
    return 0;
}
