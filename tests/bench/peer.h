// A server that is measured: starting it, its port, its costs, ending it.
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
    const char *key; // in rows and for --only
    const char *program;
    const char *flag; // one more argument, or NULL
    bool traced;      // writes a trace
    bool present;     // its program was built
};

struct peer_run {
    pid_t pid;
    uint16_t port;
    int pid_fd;
    char dir[32];  // its own: port file and trace
    char ring[40]; // where its trace is, if it writes one
};

// Starts `program` of folder `bin` on a free port, on processor `cpu` (-1:
// any), its output to /dev/null. The trace lies in memory (a tmpfs) where there
// is one, as in the folder that a user's session has for such files.
// Returns 0 or -errno; -ECHILD it ended before it had a port, -ETIMEDOUT it
// said none within ten seconds.
int peer_start(const struct peer *p, const char *bin, int cpu,
               struct peer_run *ret);
// SIGTERM, and SIGKILL if that does not end it within ten seconds.
void peer_stop(struct peer_run *run);

// Processor time it has used, user and system, all threads, in ns.
// 0 if it is gone.
uint64_t peer_cpu_ns(const struct peer_run *run);
// Bytes of memory of its own: private pages that are no file's. A trace ring
// is a file, so it is not counted; nor is what the kernel keeps for sockets.
// 0 if it is gone.
uint64_t peer_anonymous_bytes(const struct peer_run *run);

#endif
