// Idea: both halves of a pair meet the same server, warmed up, and the same
// machine; a random order keeps a drift of either from being taken for a cost.
#include "pairs.h"

#include "load.h"
#include "place.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pairs_die(const struct pairs *p, const char *what, long err) {
    (void)fprintf(stderr, "%s: %s%s%s\n", p->program, what, err < 0 ? ": " : "",
                  err < 0 ? strerror((int)-err) : "");
    exit(1);
}

double pairs_cpu_us(const struct pairs *p, unsigned total) {
    const uint64_t before = peer_cpu_ns(&p->server);
    const long right = load_converse(p->server.port, total, p->in_flight, NULL);

    if (right != (long)total) {
        pairs_die(p, "conversations", right);
    }
    return (double)(peer_cpu_ns(&p->server) - before) / 1e3 / total;
}

static void parse(struct pairs *p, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        const unsigned number = (unsigned)strtoul(value, NULL, 10);

        if (strcmp(argv[i], "--bin") == 0) {
            p->bin = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            p->rounds = number;
        } else if (strcmp(argv[i], "--conversations") == 0) {
            p->total = number;
        } else if (strcmp(argv[i], "--in-flight") == 0) {
            p->in_flight = number;
        } else if (strcmp(argv[i], "--warm") == 0) {
            p->warm = number;
        } else {
            p->rounds = 0;
        }
    }
    if (p->rounds == 0 || p->rounds > PAIRS_MAX || p->total == 0 ||
        p->in_flight == 0 || p->warm == 0) {
        (void)fprintf(stderr,
                      "usage: %s --bin DIR [--rounds 1-%d]\n"
                      "    [--conversations N] [--in-flight C] [--warm N]\n",
                      p->program, PAIRS_MAX);
        exit(2);
    }
}

void pairs_start(struct pairs *p, int argc, char **argv) {
    const struct peer server = {
        .key = "fishbowl", .program = "fishbowl-serve", .traced = true};
    const struct place place = place_find();
    int err;

    parse(p, argc, argv);
    err = peer_start(&server, p->bin, place.measured, &p->server);
    if (err < 0) {
        pairs_die(p, "start", err);
    }
    place_pin(place.driver);
    (void)pairs_cpu_us(p, p->warm);
}

void pairs_run(struct pairs *p) {
    uint64_t seed = 1;

    for (unsigned round = 0; round < p->rounds; round++) {
        unsigned order[2];

        place_shuffle(order, 2, &seed);
        for (unsigned i = 0; i < 2; i++) {
            if (order[i] == 0) {
                p->alone[round] = pairs_cpu_us(p, p->total);
            } else {
                p->beside[round] = p->with(p, round);
            }
        }
    }
}
