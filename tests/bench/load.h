// Clients for the benchmark: a plain epoll loop, independent of what is
// measured. Every byte of every reply is checked.
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>

// Holds `total` whole conversations with 127.0.0.1:port, `in_flight` at a time.
// How long each took, from connect to the server's end of file, goes into
// latency_us[0 … total - 1] in the order they ended (NULL: nowhere).
// Returns how many were answered byte for byte, or -errno if the load itself
// could not be made.
long load_converse(uint16_t port, unsigned total, unsigned in_flight,
                   double *latency_us);

// Connects `count` clients that say nothing, reads the question of each, and
// leaves them open in fds[]. Returns 0 or -errno (what was opened is closed).
int load_hold(uint16_t port, unsigned count, int *fds);
void load_release(unsigned count, const int *fds);

#endif
