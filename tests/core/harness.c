// The world of a test: made before it, ended and judged after it.
#include "harness.h"
#include "hostile.h"

#include "linter.h"
#include "lives.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void seam_install(void);
void seam_remove(void);

enum {
    RING_EVENTS = 1 << 17,
    HANG_SECONDS = 50, // less than what ctest allows a program
};

// ---- lives ----

static void fail_on_fault(const struct fb_lives *lives) {
    const struct fb_life_fault *fault;

    for (size_t i = 0; (fault = fb_lives_fault(lives, i)) != NULL; i++) {
        if (fault->severity == FB_LIFE_VIOLATION) {
            print_error("event %llu: %s: %s\n",
                        (unsigned long long)fault->event,
                        fb_name_life_rule(fault->rule), fault->text);
        }
    }
    assert_int_equal(fb_lives_violations(lives), 0);
}

void world_mistake(struct world *w, enum fb_lint_kind kind) {
    w->mistakes |= 1u << kind;
}

void world_judge(const struct world *w, bool ended) {
    struct numbered *events;
    size_t count = world_events(w, &events);
    struct fb_lives *lives;
    struct linter linter;

    assert_true(linter_begin(
        &linter, !(w->trace.header->flags & FB_TRACE_VIRTUAL_CLOCK)));
    assert_int_equal(fb_lives_create(&lives), 0);
    if (w->trace.header->ring_count > 1) {
        fb_lives_several(lives);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(
            fb_lives_feed(lives, events[i].number, &events[i].event), 0);
        assert_true(linter_feed(&linter, events[i].number, &events[i].event));
    }
    free(events);
    fb_lives_finish(lives, ended ? FB_LIVES_ENDED : FB_LIVES_CUT);
    fail_on_fault(lives);
    fb_lives_destroy(lives);
    assert_int_equal(linter_end(&linter, ended, w->mistakes), 0);
}

// ---- hangs ----

static const struct world *here; // of the test that runs

// A lost wake shows as a test that does not end: say who waits for what before
// the program is ended from outside. Reads what the test may be changing; it is
// the last thing that happens.
static void report_hang(int signal) {
    (void)signal;
    print_error("the test does not end\n");
    if (here != NULL && here->rt != NULL) {
        fb_runtime_report(here->rt, stderr);
    }
    abort();
}

static void watch_for_hangs(const struct world *w) {
    const char *seconds = getenv("FB_TEST_SECONDS");

    here = w;
    (void)signal(SIGALRM, w != NULL ? report_hang : SIG_DFL);
    alarm(w == NULL         ? 0
          : seconds != NULL ? (unsigned)strtoul(seconds, NULL, 10)
                            : HANG_SECONDS);
}

// ---- the world ----

static uint32_t workers_wanted; // by FB_WORKERS
static bool untraced;           // by FB_UNTRACED

void world_end(struct world *w) {
    if (w->rt == NULL) {
        return;
    }
    if (w->rt->running || w->rt->reactor.open > 0) {
        // A test failed inside a poll, or before it closed its sources: to end
        // this runtime would abort, and hide why.
        w->rt = NULL;
        fb__runtime_here = fb__home_here = NULL;
        fb__thread_runs = false;
        fail_msg("the runtime cannot be ended");
    }
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    if (w->trace.header != NULL) {
        world_judge(w, true);
        fb_trace_close(&w->trace, false);
    }
}

void world_begin(struct world *w, struct fb_runtime_options options) {
    struct fb_trace_options trace = {
        .anonymous = true, .program = "test", .ring_events = RING_EVENTS};

    if (options.workers == 0) {
        options.workers = workers_wanted;
    }
    trace.rings = options.workers;
    trace.flags = options.virtual_clock ? FB_TRACE_VIRTUAL_CLOCK : 0;
    world_end(w);
    *w = (struct world){.mistakes = w->mistakes};
    if (!untraced) {
        assert_int_equal(fb_trace_open(&w->trace, &trace), 0);
        options.trace = &w->trace;
    }
    assert_int_equal(fb_runtime_create(&options, &w->rt), 0);
}

void world_begin_order(struct world *w, enum fb_order order, uint64_t seed) {
    world_begin(w, (struct fb_runtime_options){
                       .virtual_clock = true, .order = order, .seed = seed});
}

void world_begin_real(struct world *w) {
    world_begin(w, (struct fb_runtime_options){0});
}

void world_begin_workers(struct world *w, uint32_t workers, bool real) {
    world_begin(w, (struct fb_runtime_options){.virtual_clock = !real,
                                               .workers = workers});
}

void world_begin_untraced(struct world *w, uint32_t workers) {
    const bool by_environment = untraced;

    untraced = true;
    world_begin(w, (struct fb_runtime_options){.workers = workers});
    untraced = by_environment;
}

int world_settle(struct world *w) {
    int polls = fb_run_until_stalled(w->rt);

    assert_true(polls >= 0);
    return polls;
}

bool world_more(const struct fb_source *s) {
    int waiting = 0;

    return ioctl(s->fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

static int enter(void **state) {
    struct world *w = calloc(1, sizeof *w);

    if (w == NULL) {
        return -1;
    }
    *state = w;
    watch_for_hangs(w);
    seam_install();
    world_begin_order(w, FB_ORDER_FIFO, 0);
    return 0;
}

int world_enter(void **state) {
    const char *text = getenv("FB_WORKERS");

    workers_wanted = text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 0;
    untraced = getenv("FB_UNTRACED") != NULL;
    return enter(state);
}

int world_leave(void **state) {
    struct world *w = *state;

    world_end(w);
    watch_for_hangs(NULL);
    free(w);
    seam_remove();
    if (seam.bytes_blocks != 0 || seam.descriptors != 0 ||
        seam.bad_closes != 0) {
        print_error("left: %ld allocations, %ld descriptors; closed what was "
                    "not open: %ld\n",
                    (long)seam.bytes_blocks, (long)seam.descriptors,
                    (long)seam.bad_closes);
        return -1;
    }
    return 0;
}

int world_enter_exact(void **state) {
    fb__hostile_hush(true);
    workers_wanted = 0;
    untraced = false;
    return enter(state);
}

int world_leave_exact(void **state) {
    int left = world_leave(state);

    fb__hostile_hush(false);
    return left;
}

// ---- wakers ----

static struct fb_waker counter_clone(void *data) {
    ((struct counter *)data)->clones++;
    return counter_waker(data);
}

static void counter_wake(void *data) {
    ((struct counter *)data)->wakes++;
}

static void counter_wake_by_ref(void *data) {
    ((struct counter *)data)->wakes_by_ref++;
}

static void counter_drop(void *data) {
    ((struct counter *)data)->drops++;
}

static const struct fb_waker_ops counter_ops = {
    .clone = counter_clone,
    .wake = counter_wake,
    .wake_by_ref = counter_wake_by_ref,
    .drop = counter_drop,
};

struct fb_waker counter_waker(struct counter *c) {
    return (struct fb_waker){.ops = &counter_ops, .data = c};
}

static struct fb_waker meddler_clone(void *data) {
    return meddler_waker(data);
}

static void meddler_wake_by_ref(void *data) {
    struct meddler *m = data;

    m->wakes++;
    if (m->on_wake != NULL) {
        m->on_wake(m->arg);
    }
}

static void meddler_drop(void *data) {
    struct meddler *m = data;

    m->drops++;
    if (m->on_drop != NULL) {
        m->on_drop(m->arg);
    }
}

static const struct fb_waker_ops meddler_ops = {
    .clone = meddler_clone,
    .wake = meddler_wake_by_ref, // it holds nothing that could be used up
    .wake_by_ref = meddler_wake_by_ref,
    .drop = meddler_drop,
};

struct fb_waker meddler_waker(struct meddler *m) {
    return (struct fb_waker){.ops = &meddler_ops, .data = m};
}

struct fb_context hand_context(struct world *w, const struct fb_waker *waker) {
    return (struct fb_context){.waker = waker, .runtime = w->rt};
}

// ---- death ----

static void die(int pipe_fd, void (*run)(void *arg), void *arg) {
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    dup2(pipe_fd, STDERR_FILENO);
    run(arg);
    _exit(0); // it lived
}

void expect_death(void (*run)(void *arg), void *arg, const char *text) {
    char said[1024] = "";
    size_t len = 0;
    ssize_t got;
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        die(ends[1], run, arg);
    }
    close(ends[1]);
    while (len < sizeof said - 1 &&
           (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    if (strstr(said, text) == NULL) {
        fail_msg("it said \"%s\", not \"%s\"", said, text);
    }
}
