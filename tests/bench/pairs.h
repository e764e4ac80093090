// Pairs: what something beside a watched greeter costs the greeter.
//
// The same conversations, once alone and once with it, in random order, as
// often as there are rounds. What counts is the server's processor time;
// whatever stands beside it shares the clients' processor.
#ifndef FISHBOWL_BENCH_PAIRS_H
#define FISHBOWL_BENCH_PAIRS_H

#include "peer.h"

#define PAIRS_MAX 100

struct pairs {
    const char *program;                     // in messages
    const char *bin;                         // the folder of the programs
    unsigned rounds, total, in_flight, warm; // conversations: total, warm
    struct peer_run server;
    // Gives what pairs_cpu_us gave with it beside the server.
    double (*with)(struct pairs *p, unsigned round);
    double alone[PAIRS_MAX], beside[PAIRS_MAX]; // results, µs each
};

// Reads the options (--bin, --rounds, --conversations, --in-flight, --warm)
// over what is set, starts the greeter and warms it up. Ends the program on a
// mistake.
void pairs_start(struct pairs *p, int argc, char **argv);
// Fills `alone` and `beside`.
void pairs_run(struct pairs *p);
// The server's processor time of a conversation among `total`, in µs.
double pairs_cpu_us(const struct pairs *p, unsigned total);
// Says what went wrong; err: a negative errno, or 0.
__attribute__((noreturn)) void pairs_die(const struct pairs *p,
                                         const char *what, long err);

#endif
