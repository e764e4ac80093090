// Problem: does a program run slower because somebody looks at it?
// Idea: one watched greeter, warmed up; then pairs of the same conversations,
// one with a viewer (viewer.c) attached and one without, in random order. The
// viewer shares the clients' processor, not the server's. What counts is the
// server's processor time.
// Output: rows (rows.h).
#include "pairs.h"
#include "rows.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct viewer {
    pid_t pid;
    int in;    // its stdin: closed, it ends
    FILE *out; // its stdout
};

__attribute__((noreturn)) static void exec_viewer(const struct pairs *p, int in,
                                                  int out) {
    char path[PATH_MAX];

    (void)snprintf(path, sizeof(path), "%s/viewer", p->bin);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
        (void)execl(path, path, p->server.ring, (char *)NULL);
    }
    perror(path);
    _exit(127);
}

// Returns when the viewer has taken in what there was and goes along.
static struct viewer viewer_start(const struct pairs *p) {
    struct viewer v;
    int to[2], from[2];
    char line[128];

    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
        (v.pid = fork()) < 0) {
        pairs_die(p, "viewer", -errno);
    }
    if (v.pid == 0) {
        exec_viewer(p, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    v.in = to[1];
    v.out = fdopen(from[0], "r");
    if (v.out == NULL || fgets(line, sizeof(line), v.out) == NULL) {
        pairs_die(p, "the viewer did not attach", 0);
    }
    return v;
}

static void viewer_end(const struct pairs *p, struct viewer *v) {
    int status = 0;

    close(v->in);
    while (waitpid(v->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)fclose(v->out);
    if (status != 0) {
        pairs_die(p, "the viewer saw nothing", 0);
    }
}

static double converse_viewed(struct pairs *p, unsigned round) {
    struct viewer v = viewer_start(p);
    const double us = pairs_cpu_us(p, p->total);

    (void)round;
    viewer_end(p, &v);
    return us;
}

int main(int argc, char **argv) {
    static struct pairs p = {.program = "viewer_cost",
                             .bin = ".",
                             .rounds = 20,
                             .total = 4000,
                             .in_flight = 64,
                             .warm = 15000,
                             .with = converse_viewed};

    pairs_start(&p, argc, argv);
    pairs_run(&p);
    peer_stop(&p.server);
    rows_print("viewer", "fishbowl_watched", "us", p.alone, p.rounds);
    rows_print("viewer", "fishbowl_viewed", "us", p.beside, p.rounds);
    return 0;
}
