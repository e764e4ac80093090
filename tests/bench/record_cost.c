// Problem: what does a recording cost the program that is recorded, and whoever
// records it; how large is it; and is anything lost under load?
// Idea: one watched greeter, warmed up; then pairs of the same conversations,
// one recorded by the real `fishbowl record` and one alone, in random order.
// The recorder shares the clients' processor, not the server's, and is measured
// from when it has caught up with what was in the ring. Each recording is read
// back: its numbers say what is missing.
// Output: rows (rows.h).
#include "fishbowl/trace/reader.h"
#include "pairs.h"
#include "recording.h"
#include "rows.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct bench {
    struct pairs pairs; // first: it stands for the whole
    struct fb_trace_reader trace;
    char file[64]; // the recording
    double recorder[PAIRS_MAX], bytes[PAIRS_MAX];
    double lost[PAIRS_MAX], events[PAIRS_MAX];
};

// ---- the recorder -----------------------------------------------------------

__attribute__((noreturn)) static void exec_recorder(const struct bench *b) {
    const int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char path[PATH_MAX];

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(path, sizeof(path), "%s/fishbowl", b->pairs.bin);
    if (null_fd >= 0 && dup2(null_fd, STDERR_FILENO) >= 0) {
        (void)execl(path, path, "record", "--force", "-o", b->file,
                    b->pairs.server.ring, (char *)NULL);
    }
    _exit(127);
}

// Until it has taken all that there is now.
static void await_caught_up(const struct bench *b, pid_t pid) {
    const struct timespec pause = {.tv_nsec = 1000000};
    const struct fb_trace_control *c = b->trace.control;

    while (atomic_load(&c->recorder_pid) != (uint32_t)pid ||
           atomic_load(&c->census_done) != atomic_load(&c->census_wanted) ||
           atomic_load(&c->taken[0]) < fb_trace_reader_head(&b->trace, 0)) {
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            pairs_die(&b->pairs, "the recorder did not attach", 0);
        }
        (void)nanosleep(&pause, NULL);
    }
}

// What is in the file, and what is missing in it.
static void read_back(struct bench *b, unsigned round) {
    char why[FB_RECORDING_WHY_BYTES];
    struct fb_recording_reader *r;
    struct fb_recording_head head;
    struct fb_record record;
    uint64_t events = 0, first = 0, last = 0;
    struct stat st;
    int err;

    if (fb_recording_open(&r, b->file, &head, why, sizeof(why)) < 0 ||
        stat(b->file, &st) < 0) {
        pairs_die(&b->pairs, b->file, -errno);
    }
    while ((err = fb_recording_read(r, &record)) == 1) {
        if (record.kind == FB_RECORD_EVENTS) {
            first = first != 0 ? first : record.first;
            last = record.last;
            events += record.count;
        }
    }
    fb_recording_close(r);
    if (err < 0 || events == 0) {
        pairs_die(&b->pairs, "the recording has no end", err);
    }
    b->bytes[round] = (double)st.st_size / (double)events;
    b->lost[round] = (double)(last - first + 1 - events);
    b->events[round] = (double)events;
}

static double converse_recorded(struct pairs *p, unsigned round) {
    struct bench *b = (struct bench *)p;
    struct peer_run as_peer = {.pid = fork()};
    uint64_t before;
    double us;
    int status = 0;

    if (as_peer.pid == 0) {
        exec_recorder(b);
    }
    if (as_peer.pid < 0) {
        pairs_die(&b->pairs, "record", -errno);
    }
    await_caught_up(b, as_peer.pid);
    before = peer_cpu_ns(&as_peer);
    us = pairs_cpu_us(p, p->total);
    await_caught_up(b, as_peer.pid);
    b->recorder[round] =
        (double)(peer_cpu_ns(&as_peer) - before) / 1e3 / p->total;
    (void)kill(as_peer.pid, SIGTERM);
    while (waitpid(as_peer.pid, &status, 0) < 0 && errno == EINTR) {
    }
    read_back(b, round); // a loss is told as one, not as a failure
    if (status != 0 && b->lost[round] == 0) {
        pairs_die(&b->pairs, "the recording failed", 0);
    }
    (void)unlink(b->file);
    return us;
}

// ---- the figures ------------------------------------------------------------

static void tell(const struct bench *b) {
    const struct {
        const char *work, *peer, *unit;
        const double *values;
    } rows[] = {
        {"record", "fishbowl_watched", "us", b->pairs.alone},
        {"record", "fishbowl_recorded", "us", b->pairs.beside},
        {"record_own", "fishbowl_recorded", "us", b->recorder},
        {"record_bytes", "fishbowl_recorded", "bytes", b->bytes},
        {"record_lost", "fishbowl_recorded", "events", b->lost},
        {"record_events", "fishbowl_recorded", "events", b->events},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows_print(rows[i].work, rows[i].peer, rows[i].unit, rows[i].values,
                   b->pairs.rounds);
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.pairs = {.program = "record_cost",
                                       .bin = ".",
                                       .rounds = 10,
                                       .total = 12500,
                                       .in_flight = 64,
                                       .warm = 15000,
                                       .with = converse_recorded}};
    struct pairs *p = &b.pairs;

    pairs_start(p, argc, argv);
    (void)snprintf(b.file, sizeof(b.file), "%s/run.fish", p->server.dir);
    if (fb_trace_reader_open(&b.trace, p->server.ring, true) < 0) {
        pairs_die(p, b.trace.reason, 0);
    }
    pairs_run(p);
    fb_trace_reader_close(&b.trace);
    peer_stop(&p->server);
    tell(&b);
    return 0;
}
