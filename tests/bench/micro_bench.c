// Problem: a machine gets slower and faster while it measures, and a peer that
// always comes first is measured with other caches than one that comes last.
// Idea: round by round every work is done by every peer, in a new random order,
// each time by a fresh process. Who has one thread is kept to one processor,
// who has two to two. A first round is thrown away. A peer is a row of one
// table.
// Output: rows (rows.h), in ns an operation, or in bytes a task.
#include "place.h"
#include "rows.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 100
#define PEERS      8

struct contender {
    const char *key;
    const char *program;  // "micro_…", "bytes_…": of whose works
    const char *flags[2]; // further arguments
    bool threads;         // has two of them
    bool counts;          // takes part when bytes are measured
    bool present;         // was built here
};

static struct contender peers[PEERS] = {
    {.key = "fishbowl", .program = "fishbowl", .counts = true},
    {.key = "fishbowl_watched",
     .program = "fishbowl",
     .flags = {"--watched"},
     .counts = true},
    {.key = "fishbowl_multi",
     .program = "fishbowl",
     .flags = {"--workers", "2"},
     .threads = true},
    {.key = "tokio", .program = "tokio", .counts = true},
    {.key = "tokio_recorded", .program = "tokio_recorded"},
    {.key = "tokio_recorded_lean",
     .program = "tokio_recorded",
     .flags = {"--lean"}},
    {.key = "tokio_multi",
     .program = "tokio",
     .flags = {"--workers", "2"},
     .threads = true},
    {.key = "smol", .program = "smol", .counts = true},
};

struct work {
    const char *key;
    bool bytes; // measured in bytes a task, by programs of their own
};

static const struct work works[] = {
    {"self_wake_1", false},       {"self_wake_1000", false},
    {"spawn_100", false},         {"spawn_million", false},
    {"spawn_await", false},       {"channel_round_trip", false},
    {"timer_alone", false},       {"timer_first", false},
    {"timer_later", false},       {"task_parked", true},
    {"task_parked_heap", true},   {"task_sleeping", true},
    {"task_sleeping_heap", true},
};
#define WORKS (sizeof(works) / sizeof(works[0]))

struct bench {
    const char *bin, *only_peer, *only_work, *ms;
    bool bytes; // measure those works, else the others
    unsigned rounds;
    uint64_t seed;
    struct place place;
    double value[WORKS][PEERS][ROUNDS_MAX];
};

__attribute__((noreturn)) static void die(const char *what, const char *why) {
    (void)fprintf(stderr, "micro_bench: %s: %s\n", what, why);
    exit(1);
}

static void path_of(const struct bench *b, const struct contender *p,
                    char path[PATH_MAX]) {
    (void)snprintf(path, PATH_MAX, "%s/%s_%s", b->bin,
                   b->bytes ? "bytes" : "micro", p->program);
}

__attribute__((noreturn)) static void exec_peer(const struct bench *b,
                                                const struct contender *p,
                                                const char *work, int out) {
    char path[PATH_MAX];
    const char *args[8] = {path, "--work", work};
    unsigned count = 3;

    path_of(b, p, path);
    if (!b->bytes) {
        args[count++] = "--ms";
        args[count++] = b->ms;
    }
    args[count++] = p->flags[0];
    args[count++] = p->flags[1];
    if (p->threads) {
        place_pin_both(&b->place);
    } else {
        place_pin(b->place.measured);
    }
    if (dup2(out, STDOUT_FILENO) >= 0) {
        (void)execv(path, (char *const *)args);
    }
    perror(path);
    _exit(127);
}

static double read_value(int fd) {
    FILE *in = fdopen(fd, "r");
    double value = NAN;

    if (in == NULL || fscanf(in, "%lf", &value) != 1) {
        value = NAN;
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    return value;
}

static double measure(const struct bench *b, const struct contender *p,
                      const char *work) {
    int ends[2], status = 0;
    double value;
    pid_t pid;

    if (pipe(ends) < 0 || (pid = fork()) < 0) {
        die("process", strerror(errno));
    }
    if (pid == 0) {
        close(ends[0]);
        exec_peer(b, p, work, ends[1]);
    }
    close(ends[1]);
    value = read_value(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0 || !isfinite(value)) {
        die(p->key, work);
    }
    return value;
}

static bool wanted(const char *only, const char *key) {
    return only == NULL || strcmp(only, key) == 0;
}

static void run_round(void *arg, unsigned round) {
    struct bench *b = arg;
    unsigned order[PEERS];

    for (unsigned w = 0; w < WORKS; w++) {
        const bool now =
            works[w].bytes == b->bytes && wanted(b->only_work, works[w].key);

        place_shuffle(order, PEERS, &b->seed);
        for (unsigned i = 0; i < PEERS; i++) {
            const struct contender *p = &peers[order[i]];

            b->value[w][order[i]][round] =
                p->present && now ? measure(b, p, works[w].key) : NAN;
        }
    }
}

static void find_peers(const struct bench *b) {
    char path[PATH_MAX];
    unsigned present = 0;

    for (unsigned i = 0; i < PEERS; i++) {
        struct contender *p = &peers[i];

        if (!wanted(b->only_peer, p->key) || (b->bytes && !p->counts)) {
            continue;
        }
        path_of(b, p, path);
        p->present = access(path, X_OK) == 0;
        present += p->present;
        if (!p->present) {
            (void)fprintf(stderr, "micro_bench: no %s here: %s left out\n",
                          path, p->key);
        }
    }
    if (present == 0) {
        die("peers", "none to measure");
    }
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--bytes") == 0) {
            b->bytes = true;
            i--;
        } else if (strcmp(argv[i], "--bin") == 0) {
            b->bin = value;
        } else if (strcmp(argv[i], "--only") == 0) {
            b->only_peer = value;
        } else if (strcmp(argv[i], "--work") == 0) {
            b->only_work = value;
        } else if (strcmp(argv[i], "--ms") == 0) {
            b->ms = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            b->seed = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b->rounds = (unsigned)strtoul(value, NULL, 10);
        } else {
            b->rounds = 0;
        }
        if (b->rounds == 0 || b->rounds > ROUNDS_MAX) {
            (void)fprintf(
                stderr,
                "usage: micro_bench --bin DIR [--bytes] [--only PEER]\n"
                "    [--work KEY] [--rounds 1-%d] [--ms AT-LEAST]\n"
                "    [--seed N]\n",
                ROUNDS_MAX);
            exit(2);
        }
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.bin = ".", .rounds = 10, .ms = "60", .seed = 1};

    parse(&b, argc, argv);
    b.place = place_find();
    find_peers(&b);
    rows_rounds(b.rounds, run_round, &b);
    for (unsigned w = 0; w < WORKS; w++) {
        for (unsigned i = 0; i < PEERS; i++) {
            rows_print(works[w].key, peers[i].key, b.bytes ? "B" : "ns",
                       b.value[w][i], b.rounds);
        }
    }
    return 0;
}
