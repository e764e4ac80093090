// Problem: what does a recording cost the program that is recorded, and whoever
// records it; how large is it; and is anything lost under load?
// Idea: one watched greeter, warmed up; then pairs of the same conversations,
// one recorded by the real `fishbowl record` and one alone, in random order.
// The recorder shares the clients' processor, not the server's, and is measured
// from when it has caught up with what was in the ring. Each recording is read
// back: its numbers say what is missing.
// Output: rows (rows.h).
#include "fishbowl/trace/reader.h"
#include "load.h"
#include "peer.h"
#include "place.h"
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

#define ROUNDS_MAX 100

struct bench {
    const char *bin;
    unsigned rounds, total, in_flight, warm;
    struct peer_run server;
    struct fb_trace_reader trace;
    char file[64]; // the recording
    double alone[ROUNDS_MAX], recorded[ROUNDS_MAX], recorder[ROUNDS_MAX];
    double bytes[ROUNDS_MAX], lost[ROUNDS_MAX], events[ROUNDS_MAX];
};

__attribute__((noreturn)) static void die(const char *what, long err) {
    (void)fprintf(stderr, "record_cost: %s%s%s\n", what, err < 0 ? ": " : "",
                  err < 0 ? strerror((int)-err) : "");
    exit(1);
}

static double cpu_us(const struct bench *b, unsigned total) {
    const uint64_t before = peer_cpu_ns(&b->server);
    const long right = load_converse(b->server.port, total, b->in_flight, NULL);

    if (right != (long)total) {
        die("conversations", right);
    }
    return (double)(peer_cpu_ns(&b->server) - before) / 1e3 / total;
}

// ---- the recorder -----------------------------------------------------------

__attribute__((noreturn)) static void exec_recorder(const struct bench *b) {
    const int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char path[PATH_MAX];

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(path, sizeof(path), "%s/fishbowl", b->bin);
    if (null_fd >= 0 && dup2(null_fd, STDERR_FILENO) >= 0) {
        (void)execl(path, path, "record", "--force", "-o", b->file,
                    b->server.ring, (char *)NULL);
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
            die("the recorder did not attach", 0);
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
        die(b->file, -errno);
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
        die("the recording has no end", err);
    }
    b->bytes[round] = (double)st.st_size / (double)events;
    b->lost[round] = (double)(last - first + 1 - events);
    b->events[round] = (double)events;
}

static void converse_recorded(struct bench *b, unsigned round) {
    struct peer_run as_peer = {.pid = fork()};
    uint64_t before;
    int status = 0;

    if (as_peer.pid == 0) {
        exec_recorder(b);
    }
    if (as_peer.pid < 0) {
        die("record", -errno);
    }
    await_caught_up(b, as_peer.pid);
    before = peer_cpu_ns(&as_peer);
    b->recorded[round] = cpu_us(b, b->total);
    await_caught_up(b, as_peer.pid);
    b->recorder[round] =
        (double)(peer_cpu_ns(&as_peer) - before) / 1e3 / b->total;
    (void)kill(as_peer.pid, SIGTERM);
    while (waitpid(as_peer.pid, &status, 0) < 0 && errno == EINTR) {
    }
    read_back(b, round); // a loss is told as one, not as a failure
    if (status != 0 && b->lost[round] == 0) {
        die("the recording failed", 0);
    }
    (void)unlink(b->file);
}

// ---- rounds -----------------------------------------------------------------

static void run_round(struct bench *b, unsigned round, uint64_t *seed) {
    unsigned order[2];

    place_shuffle(order, 2, seed);
    for (unsigned i = 0; i < 2; i++) {
        if (order[i] == 0) {
            b->alone[round] = cpu_us(b, b->total);
        } else {
            converse_recorded(b, round);
        }
    }
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        const unsigned number = (unsigned)strtoul(value, NULL, 10);

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
                      "usage: record_cost --bin DIR [--rounds 1-%d]\n"
                      "    [--conversations N] [--in-flight C] [--warm N]\n",
                      ROUNDS_MAX);
        exit(2);
    }
}

static void tell(const struct bench *b) {
    const struct {
        const char *work, *peer, *unit;
        const double *values;
    } rows[] = {
        {"record", "fishbowl_watched", "us", b->alone},
        {"record", "fishbowl_recorded", "us", b->recorded},
        {"record_own", "fishbowl_recorded", "us", b->recorder},
        {"record_bytes", "fishbowl_recorded", "bytes", b->bytes},
        {"record_lost", "fishbowl_recorded", "events", b->lost},
        {"record_events", "fishbowl_recorded", "events", b->events},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows_print(rows[i].work, rows[i].peer, rows[i].unit, rows[i].values,
                   b->rounds);
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.bin = ".",
                             .rounds = 10,
                             .total = 12500,
                             .in_flight = 64,
                             .warm = 15000};
    const struct peer server = {
        .key = "fishbowl", .program = "fishbowl-serve", .traced = true};
    const struct place place = place_find();
    uint64_t seed = 1;
    int err;

    parse(&b, argc, argv);
    err = peer_start(&server, b.bin, place.measured, &b.server);
    if (err < 0) {
        die("start", err);
    }
    place_pin(place.driver);
    (void)snprintf(b.file, sizeof(b.file), "%s/run.fish", b.server.dir);
    if (fb_trace_reader_open(&b.trace, b.server.ring, true) < 0) {
        die(b.trace.reason, 0);
    }
    (void)cpu_us(&b, b.warm);
    for (unsigned round = 0; round < b.rounds; round++) {
        run_round(&b, round, &seed);
    }
    fb_trace_reader_close(&b.trace);
    peer_stop(&b.server);
    tell(&b);
    return 0;
}
