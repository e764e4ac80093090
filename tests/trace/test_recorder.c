// A recorder gets every event, however slow it is; and a program never waits
// for one that is gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fishbowl/trace/merge.h"
#include "support.h"

enum { RING = 256, FEW = 7, WANTED = 8000 };

static volatile sig_atomic_t interrupted;
static bool hasty; // the program is asked to give up all the time

static void on_signal(int signal) {
    interrupted = signal;
}

static bool was_interrupted(void *arg) {
    (void)arg;
    return hasty || interrupted != 0;
}

static uint64_t now_ns(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Writes events as fast as it may.
static void program(uint32_t rings, uint32_t flags) {
    const struct fb_trace_options options = {.path = support_path("p.ring"),
                                             .ring_events = RING,
                                             .rings = rings,
                                             .flags = flags,
                                             .give_up = was_interrupted};
    struct fb_trace_writer w, others[2];

    if (fb_trace_open(&w, &options) < 0) {
        _exit(2);
    }
    for (uint32_t i = 1; i < rings; i++) {
        if (fb_trace_ring_open(&others[i - 1], &w, i) < 0) {
            _exit(3);
        }
    }
    for (uint32_t i = 0; !interrupted; i++) {
        while (fb_trace_check(&w)) {
            support_census(&w, 4);
        }
        support_emit(rings > 1 && i % rings > 0 ? &others[i % rings - 1] : &w);
    }
    fb_trace_close(&w, true);
    _exit(0);
}

struct watched {
    pid_t pid;
    struct fb_trace_reader r;
    struct fb_trace_merge *m;
    uint32_t token;
    uint64_t next; // number of the event to be taken next
    uint64_t mark;
};

static bool can_open(void *arg) {
    struct watched *p = arg;

    return fb_trace_reader_open(&p->r, support_path("p.ring"), true) == 0;
}

static pid_t running; // the program of the test under way

static void start(struct watched *p, uint32_t rings, uint32_t flags) {
    struct sigaction action = {.sa_handler = on_signal};

    running = p->pid = support_fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        (void)sigaction(SIGTERM, &action, NULL);
        program(rings, flags);
    }
    support_wait(can_open, p);
    assert_non_null(p->r.control);
    assert_int_equal(fb_trace_merge_open(&p->m, &p->r), 0);
}

static void finish(struct watched *p) {
    int status;

    (void)kill(p->pid, SIGTERM);
    status = support_reap(p->pid);
    running = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    fb_trace_merge_close(p->m);
    fb_trace_reader_close(&p->r);
    (void)unlink(support_path("p.ring"));
}

// What a failed test left behind must not fail the next one.
static int clear_away(void **state) {
    (void)state;
    if (running > 0) {
        (void)kill(running, SIGKILL);
        (void)support_reap(running);
        running = 0;
    }
    (void)unlink(support_path("p.ring"));
    return 0;
}

static void give_free(struct watched *p) {
    for (uint32_t i = 0; i < p->r.header.ring_count; i++) {
        fb_trace_recorder_took(&p->r, i,
                               fb_trace_merge_taken(p->m, i, p->next));
    }
    fb_trace_recorder_beat(&p->r);
}

// Takes what comes before the answer: until the writer is bound some may be
// lost, as this last read finds; and once it is, it may wait for us even with
// its census.
static bool is_answered(void *arg) {
    struct watched *p = arg;
    const bool answered = fb_trace_census_answered(&p->r, p->token);
    struct fb_event events[RING];
    uint64_t first;
    const size_t n = fb_trace_merge_read(p->m, p->next, events,
                                         answered ? FEW : RING, &first);

    p->next = first + n;
    give_free(p);
    return answered;
}

// From the answer on nothing is overwritten that was not taken; and we say that
// we took nothing yet, for what is there now is read as well.
static uint64_t bind_writer(struct watched *p) {
    static const uint64_t nothing[FB_TRACE_RINGS_MAX];

    p->next = 1;
    assert_int_equal(fb_trace_recorder_claim(&p->r, nothing), 0);
    p->token = fb_trace_census_ask(&p->r);
    support_wait(is_answered, p);
    return p->next;
}

// Reads on from `next`, a few events at a time; none may be missing.
static uint64_t take(struct watched *p, uint64_t next, uint64_t wanted) {
    struct fb_event events[FEW];

    for (uint64_t taken = 0; taken < wanted;) {
        uint64_t first;
        const size_t n = fb_trace_merge_read(p->m, next, events, FEW, &first);

        assert_int_equal(first, next);
        next += n;
        taken += n;
        p->next = next;
        give_free(p);
    }
    assert_true(fb_trace_recorder_mine(&p->r));
    return next;
}

static void no_event_is_lost_however_slow_the_recorder_is(void **state) {
    struct watched p;
    uint64_t next;

    (void)state;
    start(&p, 1, 0);
    next = bind_writer(&p);
    next = take(&p, next, WANTED);
    assert_true(next > WANTED);
    finish(&p);
}

static struct fb_trace_reader *newcomer;
static uint32_t newcomers_token;

// Called while the program stands: a recorder comes just then.
static bool somebody_comes(void *arg) {
    (void)arg;
    if (newcomer) {
        assert_int_equal(fb_trace_recorder_claim(newcomer, NULL), 0);
        newcomers_token = fb_trace_census_ask(newcomer);
        newcomer = NULL;
    }
    return false;
}

// Whoever is told by the census that the program heard it is waited for, also
// if it came in the middle of a look.
static void no_census_answers_before_the_writer_is_bound(void **state) {
    const struct fb_trace_options options = {.path = support_path("p.ring"),
                                             .ring_events = RING,
                                             .give_up = somebody_comes};
    struct fb_trace_writer w;
    struct fb_trace_reader r;

    (void)state;
    assert_int_equal(fb_trace_open(&w, &options), 0);
    assert_int_equal(fb_trace_reader_open(&r, support_path("p.ring"), true), 0);
    assert_int_equal(fb_trace_control_claim(&r), 0);
    fb_trace_control_stop(&r);
    newcomer = &r;
    assert_true(fb_trace_check(&w)); // it stands, and is asked meanwhile
    support_census(&w, 4);
    assert_null(newcomer);
    assert_true(fb_trace_census_answered(&r, newcomers_token));
    assert_true(w.room < UINT64_MAX);
    fb_trace_recorder_release(&r);
    fb_trace_control_release(&r);
    fb_trace_close(&w, true);
    fb_trace_reader_close(&r);
}

static void several_rings_wait_each_for_itself(void **state) {
    struct watched p;

    (void)state;
    start(&p, 3, 0);
    (void)take(&p, bind_writer(&p), WANTED);
    finish(&p);
}

// The flag binds the writer before its first event.
static void a_lossless_program_loses_not_even_its_first_event(void **state) {
    struct watched p;

    (void)state;
    start(&p, 1, FB_TRACE_LOSSLESS);
    assert_int_equal(fb_trace_recorder_claim(&p.r, (uint64_t[]){0}), 0);
    assert_true(take(&p, 1, WANTED) > WANTED);
    finish(&p);
}

static void a_program_that_waits_in_vain_can_be_ended(void **state) {
    struct watched p;

    (void)state;
    start(&p, 1, FB_TRACE_LOSSLESS); // nobody records
    finish(&p);
}

static bool has_moved_on(void *arg) {
    struct watched *p = arg;

    return fb_trace_reader_head(&p->r, 0) > p->mark;
}

// Told to end, a program still waits for a recorder that lives.
static void who_is_told_to_end_still_loses_nothing(void **state) {
    struct watched p;

    (void)state;
    hasty = true;
    start(&p, 1, FB_TRACE_LOSSLESS);
    hasty = false;
    (void)take(&p, bind_writer(&p), WANTED);
    finish(&p);
}

static bool waits(void *arg) {
    struct watched *p = arg;
    uint64_t ns;

    return fb_trace_recorder_awaited(&p->r, &ns);
}

static void a_program_that_waits_says_so(void **state) {
    struct watched p;
    uint64_t ns;

    (void)state;
    start(&p, 1, FB_TRACE_LOSSLESS);
    support_wait(waits, &p);
    assert_int_equal(fb_trace_recorder_claim(&p.r, (uint64_t[]){0}), 0);
    (void)take(&p, 1, WANTED);
    (void)fb_trace_recorder_awaited(&p.r, &ns);
    assert_true(ns > 0);
    finish(&p);
}

// It is there before the first event, though the ring is small and nothing in
// the program knows of it.
static void who_is_started_by_its_recorder_waits_for_it(void **state) {
    char pid[24];
    struct watched p;

    (void)state;
    (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_int_equal(setenv(FB_RECORDER_VARIABLE, pid, 1), 0);
    start(&p, 3, 0);
    assert_int_equal(unsetenv(FB_RECORDER_VARIABLE), 0);
    assert_int_equal(fb_trace_merge_head(p.m), 0);
    assert_int_equal(fb_trace_recorder_claim(&p.r, NULL), 0);
    assert_true(take(&p, 1, WANTED) > WANTED);
    finish(&p);
}

static void another_ones_recorder_is_not_waited_for(void **state) {
    struct watched p;

    (void)state;
    assert_int_equal(setenv(FB_RECORDER_VARIABLE, "1", 1), 0);
    start(&p, 1, 0);
    assert_int_equal(unsetenv(FB_RECORDER_VARIABLE), 0);
    p.mark = 4 * RING;
    support_wait(has_moved_on, &p);
    finish(&p);
}

// The same process: the writer sees the same id as before.
static void who_was_released_can_be_bound_again(void **state) {
    struct watched p;

    (void)state;
    start(&p, 3, 0);
    for (int i = 0; i < 3; i++) {
        (void)take(&p, bind_writer(&p), WANTED / 4);
        fb_trace_recorder_release(&p.r);
        p.mark = fb_trace_reader_head(&p.r, 0) + 4 * RING;
        support_wait(has_moved_on, &p);
    }
    finish(&p);
}

// An idle program never looks; and an id may be used again.
static void a_silent_recorder_is_put_aside_by_the_next(void **state) {
    struct watched p;

    (void)state;
    start(&p, 1, 0);
    atomic_store(&p.r.control->recorder_beat_ns, now_ns());
    atomic_store(&p.r.control->recorder_pid, (uint32_t)getppid());
    assert_int_equal(fb_trace_recorder_claim(&p.r, NULL), -EBUSY);
    atomic_store(&p.r.control->recorder_beat_ns,
                 now_ns() - 2 * FB_RECORDER_LIMIT_NS);
    assert_int_equal(fb_trace_recorder_claim(&p.r, NULL), 0);
    fb_trace_recorder_release(&p.r);
    finish(&p);
}

static bool stands(void *arg) {
    struct watched *p = arg;
    struct fb_event events[FEW];
    uint64_t first;
    const size_t n = fb_trace_merge_read(p->m, p->next, events, FEW, &first);

    assert_int_equal(first, p->next);
    p->next += n;
    give_free(p);
    fb_trace_control_beat(&p->r);
    return n == 0 && fb_trace_control_stopped(&p->r, &p->mark);
}

// A viewer stops and steps it meanwhile: nothing is lost, nobody is stuck.
static void a_viewer_may_stop_what_is_recorded(void **state) {
    struct watched p;

    (void)state;
    start(&p, 3, 0);
    (void)bind_writer(&p);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    for (int i = 0; i < 20; i++) {
        fb_trace_control_stop(&p.r);
        support_wait(stands, &p);
        assert_int_equal(p.next, p.mark + 1); // all up to where it stands
        fb_trace_control_step(&p.r, FB_STEP_WAKE, 0);
        (void)take(&p, p.next, 1);
        support_wait(stands, &p);
        fb_trace_control_run(&p.r);
        (void)take(&p, p.next, 3 * RING);
    }
    fb_trace_control_release(&p.r);
    (void)take(&p, p.next, WANTED);
    finish(&p);
}

static void a_dead_recorder_is_struck_off(void **state) {
    struct watched p;
    pid_t recorder;

    (void)state;
    start(&p, 1, 0);
    recorder = support_fork();
    if (recorder == 0) {
        (void)bind_writer(&p);
        _exit(0); // without a word
    }
    assert_int_equal(support_reap(recorder), 0);
    p.mark = fb_trace_reader_head(&p.r, 0) + 4 * RING;
    support_wait(has_moved_on, &p);
    assert_int_equal(atomic_load(&p.r.control->recorder_pid), 0);
    finish(&p);
}

static void a_released_program_runs_on_at_once(void **state) {
    struct watched p;
    uint64_t next;

    (void)state;
    start(&p, 1, 0);
    next = bind_writer(&p);
    (void)take(&p, next, 3 * RING);
    fb_trace_recorder_release(&p.r);
    assert_false(fb_trace_recorder_mine(&p.r));
    p.mark = fb_trace_reader_head(&p.r, 0) + 4 * RING;
    support_wait(has_moved_on, &p);
    finish(&p);
}

static void there_is_one_recorder_at_a_time(void **state) {
    struct watched p;
    pid_t other;

    (void)state;
    start(&p, 1, 0);
    (void)bind_writer(&p);
    assert_int_equal(fb_trace_recorder_claim(&p.r, NULL), 0); // it is us
    other = support_fork();
    if (other == 0) {
        _exit(fb_trace_recorder_claim(&p.r, NULL) == -EBUSY ? 0 : 1);
    }
    assert_int_equal(support_reap(other), 0);
    fb_trace_recorder_release(&p.r);
    finish(&p);
}

#define TEST(name_) cmocka_unit_test_teardown(name_, clear_away)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_census_answers_before_the_writer_is_bound),
        TEST(no_event_is_lost_however_slow_the_recorder_is),
        TEST(several_rings_wait_each_for_itself),
        TEST(a_lossless_program_loses_not_even_its_first_event),
        TEST(a_program_that_waits_in_vain_can_be_ended),
        TEST(who_is_told_to_end_still_loses_nothing),
        TEST(a_program_that_waits_says_so),
        TEST(who_is_started_by_its_recorder_waits_for_it),
        TEST(another_ones_recorder_is_not_waited_for),
        TEST(who_was_released_can_be_bound_again),
        TEST(a_silent_recorder_is_put_aside_by_the_next),
        TEST(a_viewer_may_stop_what_is_recorded),
        TEST(a_dead_recorder_is_struck_off),
        TEST(a_released_program_runs_on_at_once),
        TEST(there_is_one_recorder_at_a_time),
    };

    return cmocka_run_group_tests_name("trace/recorder", tests, support_enter,
                                       support_leave);
}
