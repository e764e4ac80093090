// Problem: how long does a person wait for the picture of a long recording, and
// how much memory does it take?
// Idea: the real runtime makes recordings of ten million events: sim_greeter
// (the real server over a simulated kernel) and many_tasks. The real session,
// model and app then open them, jump about and walk, without a terminal. What
// counts is the wall's clock, for that is what a person waits for; of the model
// alone, the processor's (on a machine that others use: --clock cpu). Each
// measurement has a process of its own, so that its peak of memory is its own.
// Output: rows (rows.h).
#include "app.h"
#include "place.h"
#include "rows.h"
#include "session.h"
#include "stats.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 50, COLS = 160, ROWS = 50, PATH = 4096 };

struct bench {
    const char *bin, *dir;
    char path[PATH]; // of the recording
    uint64_t events; // that it shall have, about
    unsigned rounds, jumps, tasks;
    double file_bytes;
};

// Two recordings that stand for many. In the first some hundred clients come and
// go all the time; in the second 10,000 tasks live from beginning to end.
struct kind {
    const char *key;
    void (*exec)(const struct bench *b); // a program that makes the file
};

__attribute__((noreturn)) static void die(const char *what, long err) {
    (void)fprintf(stderr, "viewer_speed: %s%s%s\n", what, err < 0 ? ": " : "",
                  err < 0 ? strerror((int)-err) : "");
    exit(1);
}

static double clock_ms(clockid_t clock) {
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static clockid_t waited_on = CLOCK_MONOTONIC;

static double now_ms(void) {
    return clock_ms(waited_on);
}

// ---- the recording ----------------------------------------------------------

__attribute__((noreturn)) static void exec_in(const struct bench *b,
                                              char **argv) {
    char program[PATH];

    (void)snprintf(program, sizeof(program), "%s/%s", b->bin, argv[0]);
    if (freopen("/dev/null", "w", stdout) != NULL) {
        (void)execv(program, argv);
    }
    perror(program);
    _exit(127);
}

static void exec_greeter(const struct bench *b) {
    char clients[32], ring[32];
    uint64_t slots = 1024;

    while (slots < b->events + b->events / 4) {
        slots *= 2;
    }
    (void)snprintf(clients, sizeof(clients), "%llu", // each makes 98 events
                   (unsigned long long)b->events / 97);
    (void)snprintf(ring, sizeof(ring), "%llu", (unsigned long long)slots);
    exec_in(b, (char *[]){"sim_greeter", "--trace", "--keep", (char *)b->path,
                          "--clients", clients, "--alive", "600",
                          "--ring-events", ring, NULL});
}

static void exec_many(const struct bench *b) {
    char events[32], tasks[32];

    (void)snprintf(events, sizeof(events), "%llu",
                   (unsigned long long)b->events);
    (void)snprintf(tasks, sizeof(tasks), "%u", b->tasks);
    exec_in(b, (char *[]){"many_tasks", (char *)b->path, events, tasks, NULL});
}

static const struct kind kinds[] = {
    {"rec_greeter", exec_greeter},
    {"rec_10000", exec_many},
};

static void record(struct bench *b, const struct kind *k) {
    struct stat st;
    int status = 0;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        k->exec(b);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (pid < 0 || status != 0 || stat(b->path, &st) < 0) {
        die("the recording could not be made", 0);
    }
    b->file_bytes = (double)st.st_size;
}

// ---- in a process of its own ------------------------------------------------

// What a measurement gives: its name, unit, and a value each round.
enum { VALUES = 24 };
struct value {
    const char *work, *unit;
    double value;
};
struct values {
    struct value all[VALUES];
    size_t count;
};

static void add(struct values *v, const char *work, const char *unit,
                double value) {
    if (v->count == VALUES) {
        die("too many values", 0);
    }
    v->all[v->count++] = (struct value){work, unit, value};
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void add_spread(struct values *v, const char *const works[3], double *ms,
                       size_t count) {
    qsort(ms, count, sizeof(*ms), compare);
    add(v, works[0], "ms", stats_quantile(ms, count, 0.5));
    add(v, works[1], "ms", stats_quantile(ms, count, 0.99));
    add(v, works[2], "ms", ms[count - 1]);
}

static struct fb_session *open_session(const struct bench *b, bool in_slices) {
    const struct fb_session_options options = {.what = b->path,
                                               .in_slices = in_slices};
    struct fb_session *s;
    char why[FB_SESSION_WHY_BYTES];

    if (fb_session_open_with(&s, &options, why, sizeof(why)) < 0) {
        die(why, 0);
    }
    return s;
}

// The reducer alone, over events that lie in memory already.
static void measure_feed(const struct bench *b, struct values *v) {
    struct fb_session *s = open_session(b, false);
    const struct fb_history *h = fb_session_history(s);
    uint64_t at = fb_history_first(h), fed = 0;
    struct fb_model m;
    double began;

    if (fb_model_init(&m) < 0) {
        die("model", -ENOMEM);
    }
    began = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    while (at != 0) {
        uint64_t first = 0;
        size_t count = 0;
        const struct fb_event *run = fb_history_run(h, at, &first, &count);

        for (size_t i = 0; i < count; i++) {
            if (fb_model_feed(&m, first + i, &run[i]) < 0) {
                die("feed", -ENOMEM);
            }
        }
        fed += count;
        at = fb_history_next(h, first + count - 1);
    }
    add(v, "view_events", "events", (double)fed);
    began = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - began;
    add(v, "view_feed", "ns", began * 1e6 / (double)fed);
    fb_model_deinit(&m);
    fb_session_close(s);
}

struct screen {
    struct fb_session *session;
    struct fb_app *app;
    struct fb_grid grid;
    uint64_t seed;
    uint64_t first, last;
};

static void show(struct screen *sc) {
    if (!fb_app_dirty(sc->app)) {
        die("a key changed nothing", 0);
    }
    fb_app_draw(sc->app, &sc->grid);
}

// From a key to its frame, in ms.
static double press(struct screen *sc, uint32_t key) {
    const double began = now_ms();

    fb_app_key(sc->app, key);
    show(sc);
    return now_ms() - began;
}

static double go_to(struct screen *sc, uint64_t event) {
    const double began = now_ms();
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)event);
    fb_app_key(sc->app, 'g');
    for (const char *c = digits; *c != '\0'; c++) {
        fb_app_key(sc->app, (uint32_t)*c);
    }
    fb_app_key(sc->app, FB_KEY_ENTER);
    show(sc);
    if (fb_app_scene(sc->app)->at != event) {
        die("a jump went elsewhere", 0);
    }
    return now_ms() - began;
}

static uint64_t chance(struct screen *sc) {
    sc->seed ^= sc->seed << 13;
    sc->seed ^= sc->seed >> 7;
    sc->seed ^= sc->seed << 17;
    return sc->seed;
}

static void measure_jumps(const struct bench *b, struct screen *sc,
                          struct values *v) {
    double *ms = calloc(b->jumps, sizeof(*ms));
    double *back = calloc(b->jumps, sizeof(*ms));
    double *on = calloc(b->jumps, sizeof(*ms));

    if (ms == NULL || back == NULL || on == NULL) {
        die("memory", -ENOMEM);
    }
    for (unsigned i = 0; i < b->jumps; i++) {
        // not at an end, so that there is a step either way
        ms[i] =
            go_to(sc, sc->first + 1 + chance(sc) % (sc->last - sc->first - 1));
        back[i] = press(sc, 'N');
        on[i] = press(sc, 'n');
    }
    add_spread(
        v,
        (const char *const[3]){"view_jump_p50", "view_jump_p99", "view_jump"},
        ms, b->jumps);
    add_spread(
        v,
        (const char *const[3]){"view_back_p50", "view_back_p99", "view_back"},
        back, b->jumps);
    add_spread(v,
               (const char *const[3]){"view_on_p50", "view_on_p99", "view_on"},
               on, b->jumps);
    free(ms);
    free(back);
    free(on);
}

// As a picture does that follows a program: some thousand events on, each time.
static void measure_follow(struct screen *sc, struct values *v) {
    enum { FRAMES = 200, EVENTS = 5000 };
    const uint64_t room = sc->last - sc->first;
    const uint64_t each = room / FRAMES < EVENTS ? room / FRAMES : EVENTS;
    uint64_t at = sc->first + chance(sc) % (room - each * (FRAMES - 1));
    double ms[FRAMES];

    (void)go_to(sc, at);
    for (unsigned i = 0; i < FRAMES; i++) {
        ms[i] = i == 0 ? press(sc, 'n') : go_to(sc, at += each);
    }
    add_spread(v,
               (const char *const[3]){"view_follow_p50", "view_follow_p99",
                                      "view_follow"},
               ms, FRAMES);
}

// The event at which most tasks live, of a thousand that were looked at.
static uint64_t most_alive(struct screen *sc, double *ret_tasks) {
    struct fb_history *h = fb_session_history(sc->session);
    uint64_t best = sc->first;

    *ret_tasks = 0;
    for (uint64_t i = 1; i <= 1000; i++) {
        const uint64_t at = sc->first + (sc->last - sc->first) / 1000 * i;
        const struct fb_model *m = fb_history_at(h, at);

        if (m != NULL && m->live_tasks > *ret_tasks) {
            *ret_tasks = m->live_tasks;
            best = at;
        }
    }
    return best;
}

// Keys that move the selection and the panes, where the picture is fullest.
static void measure_keys(struct screen *sc, struct values *v) {
    static const uint32_t keys[] = {
        'j', 'j',        'k', FB_KEY_TAB,  FB_KEY_PAGE_DOWN,
        'n', FB_KEY_END, 'N', FB_KEY_HOME, 'p'};
    enum { PRESSED = 400 };
    double *ms = calloc(PRESSED, sizeof(*ms)), tasks;

    if (ms == NULL) {
        die("memory", -ENOMEM);
    }
    (void)go_to(sc, most_alive(sc, &tasks));
    fb_app_focus(sc->app, FB_PANE_TASKS);
    for (unsigned i = 0; i < PRESSED; i++) {
        const double began = now_ms();

        fb_app_key(sc->app, keys[i % (sizeof(keys) / sizeof(keys[0]))]);
        fb_app_draw(sc->app, &sc->grid);
        ms[i] = now_ms() - began;
    }
    add(v, "view_tasks", "tasks", tasks);
    add_spread(
        v, (const char *const[3]){"view_key_p50", "view_key_p99", "view_key"},
        ms, PRESSED);
    free(ms);
}

// The rest comes tick by tick, each with its frame; a key waits for one of them.
static void load(struct screen *sc, struct values *v) {
    double longest = 0, began;
    int wait;

    do {
        began = now_ms();
        wait = fb_app_tick(sc->app, (uint64_t)(began * 1e6));
        fb_app_draw(sc->app, &sc->grid);
        longest = fmax(longest, now_ms() - began);
    } while (wait == 0);
    add(v, "view_load_tick", "ms", longest);
}

static void measure_screen(const struct bench *b, struct values *v) {
    struct screen sc = {.seed = 88172645463325252ull};
    const double began = now_ms();
    struct fb_app_options options;

    sc.session = open_session(b, true); // as watch does
    options = (struct fb_app_options){.session = sc.session};
    if (fb_app_create(&sc.app, &options) < 0 ||
        fb_grid_init(&sc.grid, COLS, ROWS) < 0) {
        die("screen", -ENOMEM);
    }
    fb_app_draw(sc.app, &sc.grid);
    add(v, "view_first_frame", "ms", now_ms() - began);
    load(&sc, v);
    add(v, "view_open", "ms", now_ms() - began);
    sc.first = fb_history_first(fb_session_history(sc.session));
    sc.last = fb_history_last(fb_session_history(sc.session));
    measure_jumps(b, &sc, v);
    measure_follow(&sc, v);
    measure_keys(&sc, v);
    fb_app_destroy(sc.app);
    fb_grid_deinit(&sc.grid);
    fb_session_close(sc.session);
}

// ---- a round ----------------------------------------------------------------

static void run_apart(const struct bench *b,
                      void (*measure)(const struct bench *, struct values *),
                      struct values *v, double *ret_peak_bytes) {
    struct rusage usage;
    int ends[2], status = 0;
    pid_t pid;

    (void)fflush(stdout); // or the child would print it again
    if (pipe(ends) < 0 || (pid = fork()) < 0) {
        die("process", -errno);
    }
    if (pid == 0) {
        // names and units are literals: the same addresses in the parent
        measure(b, v);
        _exit(write(ends[1], v, sizeof(*v)) != (ssize_t)sizeof(*v));
    }
    close(ends[1]);
    if (read(ends[0], v, sizeof(*v)) != (ssize_t)sizeof(*v)) {
        die("a measurement gave nothing", 0);
    }
    close(ends[0]);
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        die("a measurement failed", 0);
    }
    *ret_peak_bytes = (double)usage.ru_maxrss * 1024;
}

static void measure_kind(struct bench *b, const struct kind *k) {
    static double table[VALUES][ROUNDS_MAX];
    struct values v = {0};
    double peak;

    record(b, k);
    for (unsigned round = 0; round < b->rounds; round++) {
        v = (struct values){0};
        run_apart(b, measure_feed, &v, &peak);
        run_apart(b, measure_screen, &v, &peak);
        add(&v, "view_memory", "x file", peak / b->file_bytes);
        for (size_t i = 0; i < v.count; i++) {
            table[i][round] = v.all[i].value;
        }
    }
    for (size_t i = 0; i < v.count; i++) {
        rows_print(v.all[i].work, k->key, v.all[i].unit, table[i], b->rounds);
    }
    (void)unlink(b->path);
}

static void parse(struct bench *b, int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        const unsigned long number = strtoul(value, NULL, 10);

        if (strcmp(argv[i], "--bin") == 0) {
            b->bin = value;
        } else if (strcmp(argv[i], "--dir") == 0) {
            b->dir = value;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b->rounds = (unsigned)number;
        } else if (strcmp(argv[i], "--events") == 0) {
            b->events = number;
        } else if (strcmp(argv[i], "--tasks") == 0) {
            b->tasks = (unsigned)number;
        } else if (strcmp(argv[i], "--clock") == 0) {
            waited_on = strcmp(value, "cpu") == 0 ? CLOCK_PROCESS_CPUTIME_ID
                                                  : CLOCK_MONOTONIC;
        } else if (strcmp(argv[i], "--jumps") == 0) {
            b->jumps = (unsigned)number;
        } else {
            b->rounds = 0;
        }
    }
    if (b->rounds == 0 || b->rounds > ROUNDS_MAX || b->events < 10000 ||
        b->events > 100000000 || b->jumps == 0 || b->tasks == 0) {
        (void)fprintf(stderr,
                      "usage: viewer_speed --bin DIR [--dir DIR]\n"
                      "    [--rounds 1-%d] [--events 10000-100000000] "
                      "[--jumps N] [--tasks N] [--clock cpu]\n",
                      ROUNDS_MAX);
        exit(2);
    }
}

int main(int argc, char **argv) {
    static struct bench b = {.bin = ".",
                             .dir = "/dev/shm",
                             .rounds = 5,
                             .events = 10000000,
                             .jumps = 1000,
                             .tasks = 10000};

    parse(&b, argc, argv);
    (void)snprintf(b.path, sizeof(b.path), "%s/viewer_speed.%ld.ring",
                   access(b.dir, W_OK) == 0 ? b.dir : "/tmp", (long)getpid());
    place_pin(place_find().measured);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        measure_kind(&b, &kinds[i]);
    }
    return 0;
}
