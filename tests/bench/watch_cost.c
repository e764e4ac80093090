// Problem: what does the real screen cost the machine it runs on, and how long
// does a person wait for it?
// Idea: `fishbowl watch` on a pseudo terminal of 160x50, whose output is read
// and thrown away: beside a greeter that holds a thousand conversations a
// second, beside one that has nothing to do, and with a recording. What counts
// is the processor time of `watch`, in percent of one core, what it writes while
// nothing happens (nothing), and the time from its start to its first picture.
// Output: rows (rows.h).
#include "load.h"
#include "peer.h"
#include "place.h"
#include "rows.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 20, COLS = 160, ROWS = 50, BEAT_MS = 50 };

struct bench {
    const char *bin;
    const char *recording; // NULL: none is looked at
    unsigned rounds, seconds, per_second, settle_ms, silent;
    struct peer_run server;
};

struct watch {
    pid_t pid;
    int screen;
    double first_ms; // from its start to a whole picture
};

__attribute__((noreturn)) static void die(const char *what, long err) {
    (void)fprintf(stderr, "watch_cost: %s%s%s\n", what, err < 0 ? ": " : "",
                  err < 0 ? strerror((int)-err) : "");
    exit(1);
}

static double now_ms(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// ---- the screen -------------------------------------------------------------

// Reads what is written for `ms`. Returns how many bytes; -1: it ended.
static long drain(const struct watch *w, double ms) {
    const double until = now_ms() + ms;
    long bytes = 0;
    char buf[65536];

    for (;;) {
        struct pollfd in = {.fd = w->screen, .events = POLLIN};
        const double left = until - now_ms();
        ssize_t n;

        if (left <= 0 || poll(&in, 1, (int)left + 1) <= 0) {
            return bytes;
        }
        n = read(w->screen, buf, sizeof(buf));
        if (n <= 0) {
            return -1;
        }
        bytes += n;
    }
}

// Waits for the word that every picture has in its header.
static void await_picture(struct watch *w, const char *word) {
    const double began = now_ms();
    static char seen[1 << 20];
    size_t len = 0;

    while (memmem(seen, len, word, strlen(word)) == NULL) {
        const ssize_t n = read(w->screen, seen + len, sizeof(seen) - len);

        if (n <= 0) {
            die("no picture came", 0);
        }
        len += (size_t)n;
    }
    w->first_ms = now_ms() - began;
}

static struct watch watch_start(const struct bench *b, const char *trace,
                                const char *word) {
    struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
    char program[PATH_MAX];
    struct watch w;

    (void)snprintf(program, sizeof(program), "%s/fishbowl", b->bin);
    w.pid = forkpty(&w.screen, NULL, NULL, &size);
    if (w.pid == 0) {
        (void)setenv("TERM", "xterm-256color", 1);
        (void)setenv("LANG", "C.UTF-8", 1);
        (void)execl(program, program, "watch", trace, (char *)NULL);
        _exit(127);
    }
    if (w.pid < 0) {
        die("watch", -errno);
    }
    await_picture(&w, word);
    return w;
}

static void watch_end(struct watch *w) {
    int status = 0;

    (void)kill(w->pid, SIGTERM);
    while (drain(w, 20) >= 0) {
    }
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(w->screen);
}

static double cpu_ms(const struct watch *w) {
    const struct peer_run as_peer = {.pid = w->pid};

    return (double)peer_cpu_ns(&as_peer) / 1e6;
}

// ---- what it is measured beside ---------------------------------------------

// So many conversations a second, in small lots, while the screen is read.
static void converse(const struct bench *b, const struct watch *w, double ms) {
    const unsigned lot = b->per_second * BEAT_MS / 1000;
    const double began = now_ms();

    for (unsigned i = 1; now_ms() < began + ms; i++) {
        const long right = load_converse(b->server.port, lot, lot, NULL);

        if (right != (long)lot) {
            die("conversations", right);
        }
        if (drain(w, began + i * BEAT_MS - now_ms()) < 0) {
            die("watch ended", 0);
        }
    }
}

struct cost {
    double busy[ROUNDS_MAX], idle[ROUNDS_MAX], frozen[ROUNDS_MAX];
    double first_live[ROUNDS_MAX], first_frozen[ROUNDS_MAX];
    double idle_bytes[ROUNDS_MAX];
};

// Percent of one core over `ms` of which nothing happens. Adds what was drawn.
static double rest(const struct watch *w, double ms, double *bytes) {
    const double before = cpu_ms(w);
    const long drawn = drain(w, ms);

    if (drawn < 0) {
        die("watch ended", 0);
    }
    *bytes += (double)drawn;
    return (cpu_ms(w) - before) / ms * 100;
}

static void run_round(const struct bench *b, struct cost *c, unsigned round) {
    const double ms = b->seconds * 1000.0;
    struct watch w = watch_start(b, b->server.ring, "LIVE");
    double before, began;

    c->first_live[round] = w.first_ms;
    converse(b, &w, b->settle_ms);
    before = cpu_ms(&w);
    began = now_ms();
    converse(b, &w, ms);
    c->busy[round] = (cpu_ms(&w) - before) / (now_ms() - began) * 100;
    (void)drain(&w, b->settle_ms); // until the rate in the header is 0
    c->idle_bytes[round] = 0;
    c->idle[round] = rest(&w, ms, &c->idle_bytes[round]);
    watch_end(&w);
    if (b->recording != NULL) {
        w = watch_start(b, b->recording, "FROZEN");
        c->first_frozen[round] = w.first_ms;
        (void)drain(&w, b->settle_ms);
        c->frozen[round] = rest(&w, ms, &c->idle_bytes[round]);
        watch_end(&w);
    }
}

// Silent clients are descriptors, here and in the server.
static void raise_limits(void) {
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) {
        die("descriptors", -errno);
    }
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); // connecting says if it is too low
}

static void tell(const struct bench *b, const struct cost *c) {
    const char *beside = b->silent > 0 ? "rec_10000" : "fishbowl_watched";

    rows_print("watch_busy", beside, "%", c->busy, b->rounds);
    rows_print("watch_idle", beside, "%", c->idle, b->rounds);
    rows_print("watch_idle_bytes", beside, "bytes", c->idle_bytes, b->rounds);
    rows_print("watch_first", beside, "ms", c->first_live, b->rounds);
    if (b->recording != NULL) {
        rows_print("watch_idle", "rec_greeter", "%", c->frozen, b->rounds);
        rows_print("watch_first", "rec_greeter", "ms", c->first_frozen,
                   b->rounds);
    }
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        const unsigned number = (unsigned)strtoul(value, NULL, 10);

        if (strcmp(argv[i], "--bin") == 0) {
            b->bin = value;
        } else if (strcmp(argv[i], "--recording") == 0) {
            b->recording = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b->rounds = number;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            b->seconds = number;
        } else if (strcmp(argv[i], "--silent") == 0) {
            b->silent = number;
        } else if (strcmp(argv[i], "--settle-ms") == 0) {
            b->settle_ms = number;
        } else if (strcmp(argv[i], "--per-second") == 0) {
            b->per_second = number;
        } else {
            b->rounds = 0;
        }
    }
    if (b->rounds == 0 || b->rounds > ROUNDS_MAX || b->seconds == 0 ||
        b->per_second < 1000 / BEAT_MS) {
        (void)fprintf(stderr,
                      "usage: watch_cost --bin DIR [--recording FILE]\n"
                      "    [--rounds 1-%d] [--seconds S] [--per-second N] "
                      "[--settle-ms N]\n"
                      "    [--silent CLIENTS]\n",
                      ROUNDS_MAX);
        exit(2);
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.bin = ".",
                             .rounds = 5,
                             .seconds = 5,
                             .per_second = 1000,
                             .settle_ms = 2500};
    const struct peer server = {
        .key = "fishbowl", .program = "fishbowl-serve", .traced = true};
    static struct cost c;
    int err, *fds;

    parse(&b, argc, argv);
    raise_limits();
    err = peer_start(&server, b.bin, place_find().measured, &b.server);
    if (err < 0) {
        die("start", err);
    }
    fds = calloc(b.silent + 1u, sizeof(*fds));
    err = fds == NULL ? -ENOMEM : load_hold(b.server.port, b.silent, fds);
    if (err < 0) {
        die("silent clients", err);
    }
    for (unsigned round = 0; round < b.rounds; round++) {
        run_round(&b, &c, round);
    }
    load_release(b.silent, fds);
    peer_stop(&b.server);
    free(fds);
    tell(&b, &c);
    return 0;
}
