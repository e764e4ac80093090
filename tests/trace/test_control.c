// A viewer runs, slows, stops and steps another process, and may die doing so.
//
// The watched program is a forked child that polls in a circle; the viewer is
// this process, or a child of its own where it must die.
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
#include <unistd.h>

#include "support.h"

#define RING 65536

// One program under watch, and our view of it.
struct watched {
    pid_t pid;
    struct fb_trace_reader r;
    uint64_t mark; // for conditions
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal) {
    interrupted = signal;
}

static bool was_interrupted(void *arg) {
    (void)arg;
    return interrupted != 0;
}

static void emit(struct fb_trace_writer *w, enum fb_event_kind kind,
                 uint32_t task) {
    if (w->enabled) {
        w->now_ns += 1000;
        (void)fb_trace_next(w, kind, task);
        fb_trace_commit(w);
    }
}

// Polls tasks 1 to 3 in turn until interrupted. Each poll is BEGIN, WAKE of the
// next task, YIELD, END; after the third comes a turn of the reactor.
static void program(const char *path, uint32_t flags, bool wait_viewer) {
    const struct fb_trace_options options = {.path = path,
                                             .ring_events = RING,
                                             .flags = flags,
                                             .wait_viewer = wait_viewer,
                                             .give_up = was_interrupted};
    struct fb_trace_writer w;

    if (fb_trace_open(&w, &options) < 0) {
        _exit(2);
    }
    for (uint32_t task = 1; !interrupted; task = task % 3 + 1) {
        while (fb_trace_check(&w)) {
            support_census(&w, 4);
        }
        emit(&w, FB_EV_POLL_BEGIN, task);
        emit(&w, FB_EV_WAKE, task % 3 + 1);
        emit(&w, FB_EV_YIELD, task);
        emit(&w, FB_EV_POLL_END, task);
        if (task == 3) {
            emit(&w, FB_EV_PARK, 0);
            emit(&w, FB_EV_UNPARK, 0);
        }
    }
    fb_trace_close(&w, true);
    _exit(0);
}

static bool can_open(void *arg) {
    struct watched *p = arg;

    return fb_trace_reader_open(&p->r, support_path("p.ring"), true) == 0;
}

static void start(struct watched *p, uint32_t flags, bool wait_viewer) {
    struct sigaction action = {.sa_handler = on_signal};

    p->pid = support_fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        (void)sigaction(SIGTERM, &action, NULL);
        program(support_path("p.ring"), flags, wait_viewer);
    }
    support_wait(can_open, p);
    assert_non_null(p->r.control);
}

// Asks it to end and expects that it does so in good order.
static void finish(struct watched *p) {
    int status;

    (void)kill(p->pid, SIGTERM);
    status = support_reap(p->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(fb_trace_reader_life(&p->r), FB_LIFE_CLOSED);
    fb_trace_reader_close(&p->r);
    (void)unlink(support_path("p.ring")); // a second start is a new program
}

static uint64_t head(struct watched *p) {
    return fb_trace_reader_head(&p->r, 0);
}

static bool is_stopped(void *arg) {
    struct watched *p = arg;
    uint64_t after;

    fb_trace_control_beat(&p->r);
    // In this order: what it heard first, then whether it stands after that.
    return atomic_load(&p->r.control->sequence_seen) ==
               atomic_load(&p->r.control->sequence) &&
           fb_trace_control_stopped(&p->r, &after);
}

static bool is_running(void *arg) {
    struct watched *p = arg;

    return head(p) > p->mark + 100;
}

static uint64_t stop(struct watched *p) {
    uint64_t after = 0;

    fb_trace_control_stop(&p->r);
    support_wait(is_stopped, p);
    assert_true(fb_trace_control_stopped(&p->r, &after));
    assert_int_equal(head(p), after);
    return after;
}

// Steps, waits until it stands again; returns the events in between.
static size_t step(struct watched *p, enum fb_control_step unit, uint32_t task,
                   struct fb_event *events, size_t max) {
    uint64_t before = head(p);
    uint64_t first;

    fb_trace_control_step(&p->r, unit, task);
    p->mark = before;
    support_wait(is_stopped, p);
    return fb_trace_reader_read(&p->r, 0, before + 1, events, max, &first);
}

static void
a_stopped_program_stands_between_two_polls_and_runs_on(void **state) {
    struct watched p;
    struct fb_event last;
    uint64_t first, after;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    for (int i = 0; i < 20; i++) {
        after = stop(&p);
        if (after > 0) {
            assert_int_equal(
                fb_trace_reader_read(&p.r, 0, after, &last, 1, &first), 1);
            assert_true(last.kind == FB_EV_POLL_END ||
                        last.kind == FB_EV_UNPARK || last.kind == FB_EV_CLOCK ||
                        last.kind == FB_EV_CENSUS);
        }
        p.mark = after;
        fb_trace_control_run(&p.r);
        support_wait(is_running, &p);
    }
    fb_trace_control_release(&p.r);
    finish(&p);
}

// Without a census, which is due at every half ring, wherever that falls.
static size_t of_the_step(const struct fb_event *events, size_t n) {
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += (events[i].flags & FB_EV_FLAG_CENSUS) == 0;
    }
    return count;
}

static void each_step_ends_after_exactly_its_event(void **state) {
    struct watched p;
    struct fb_event e[64];
    size_t n;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(step(&p, FB_STEP_EVENT, 0, e, 64), 1);
    }
    for (int i = 0; i < 10; i++) {
        n = step(&p, FB_STEP_POLL, 0, e, 64);
        assert_in_range(of_the_step(e, n), 1, 6);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(e[k].kind == FB_EV_POLL_END, k == n - 1);
        }
        n = step(&p, FB_STEP_WAKE, 0, e, 64);
        assert_in_range(of_the_step(e, n), 1, 6);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(e[k].kind == FB_EV_WAKE, k == n - 1);
        }
        n = step(&p, FB_STEP_TASK, 2, e, 64);
        assert_in_range(of_the_step(e, n), 1, 14);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(fb_trace_event_task(&e[k]) == 2, k == n - 1);
        }
        n = step(&p, FB_STEP_TURN, 0, e, 64);
        assert_in_range(of_the_step(e, n), 1, 14);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(e[k].kind == FB_EV_UNPARK, k == n - 1);
        }
    }
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void a_break_stops_after_that_event_until_it_is_lifted(void **state) {
    struct watched p;
    struct fb_event e;
    uint64_t first, after;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    fb_trace_control_break(&p.r, 1ull << FB_EV_WAKE, 3);
    for (int i = 0; i < 5; i++) {
        fb_trace_control_run(&p.r);
        support_wait(is_stopped, &p);
        assert_true(fb_trace_control_stopped(&p.r, &after));
        assert_int_equal(fb_trace_reader_read(&p.r, 0, after, &e, 1, &first),
                         1);
        assert_int_equal(e.kind, FB_EV_WAKE);
        assert_int_equal(e.subject, 3);
    }
    p.mark = after;
    fb_trace_control_break(&p.r, 0, 0);
    fb_trace_control_run(&p.r);
    support_wait(is_running, &p);
    fb_trace_control_release(&p.r);
    finish(&p);
}

// This program has no queue to choose from: it says so, and stays where it is
// although a step was asked for in the same breath.
static bool is_chosen(void *arg) {
    enum fb_choice_answer answer;
    struct watched *p = arg;

    fb_trace_control_beat(&p->r);
    return fb_trace_control_chosen(&p->r, (uint32_t)p->mark, &answer);
}

// Inside a poll nobody can say yet whether the choice is taken: the step is one
// from where it is.
static void a_choices_step_begins_after_the_poll_under_way(void **state) {
    static const enum fb_control_step units[] = {FB_STEP_EVENT, FB_STEP_TASK,
                                                 FB_STEP_POLL};
    struct watched p;
    struct fb_event e[64];
    uint64_t after, first;
    size_t n;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        do { // not a poll of task 3, which a turn of the reactor follows
            n = step(&p, FB_STEP_WAKE, 0, e, 64);
            assert_in_range(n, 1, 64);
        } while (e[n - 1].subject == 1);
        after = head(&p);
        p.mark = fb_trace_control_choose(&p.r, 2, units[i]);
        support_wait(is_chosen, &p);
        support_wait(is_stopped, &p);
        // YIELD, POLL_END; refused in the gap, so nothing more
        assert_int_equal(
            fb_trace_reader_read(&p.r, 0, after + 1, e, 64, &first), 2);
        assert_int_equal(e[1].kind, FB_EV_POLL_END);
    }
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void a_refused_choice_ends_the_step_before_it_begins(void **state) {
    enum fb_choice_answer answer = FB_CHOICE_NONE;
    struct watched p;
    struct fb_event e[64];
    uint64_t after;
    uint32_t token;
    size_t n;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_choose(&p.r, 2, FB_STEP_POLL), 0);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    after = stop(&p);
    token = fb_trace_control_choose(&p.r, 2, FB_STEP_POLL);
    assert_int_not_equal(token, 0);
    support_wait(is_stopped, &p);
    assert_int_equal(head(&p), after);
    assert_true(fb_trace_control_chosen(&p.r, token, &answer));
    assert_int_equal(answer, FB_CHOICE_UNABLE);
    assert_false(fb_trace_control_chosen(&p.r, token + 1, &answer));
    // Inside a poll it is asked, and answered when that is over. Not inside one
    // of task 3, which a turn of the reactor follows.
    do {
        n = step(&p, FB_STEP_WAKE, 0, e, 64);
        assert_in_range(n, 1, 64);
    } while (e[n - 1].subject == 1);
    after = head(&p);
    token = fb_trace_control_choose(&p.r, 2, FB_STEP_NONE);
    support_wait(is_stopped, &p);
    assert_false(fb_trace_control_chosen(&p.r, token, &answer));
    token = fb_trace_control_choose(&p.r, 3, FB_STEP_TURN);
    support_wait(is_stopped, &p);
    assert_int_equal(head(&p), after + 2); // YIELD, POLL_END
    assert_true(fb_trace_control_chosen(&p.r, token, &answer));
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void
slow_motion_waits_before_each_event_and_slows_the_clock(void **state) {
    struct watched p;
    uint64_t before, stood, events;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    before = head(&p);
    stood = atomic_load(&p.r.control->stopped_ns);
    fb_trace_control_slow(&p.r, 1000000);
    p.mark = before;
    for (p.mark = before; head(&p) < before + 30;) {
        fb_trace_control_beat(&p.r);
    }
    (void)stop(&p);
    // The note of the resumption comes at once, and what is left of the poll
    // that the stop came into runs freely: at most 8 did not wait.
    events = head(&p) - before - 8;
    stood = atomic_load(&p.r.control->stopped_ns) - stood;
    assert_true(stood >= events * 1000000);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static size_t count_resumed(struct watched *p, uint64_t from,
                            uint64_t *ret_ns) {
    struct fb_event *events = calloc(RING, sizeof *events);
    uint64_t first;
    size_t n = fb_trace_reader_read(&p->r, 0, from, events, RING, &first);
    size_t count = 0;

    assert_non_null(events);
    assert_int_equal(first, from);
    for (size_t i = 0; i < n; i++) {
        if (events[i].kind == FB_EV_CLOCK) {
            assert_int_equal(events[i].detail, FB_CLOCK_RESUMED);
            *ret_ns = events[i].clock.to_ns - events[i].clock.from_ns;
            count++;
        }
    }
    free(events);
    return count;
}

static void
a_free_run_after_stops_and_steps_is_noted_once_with_its_time(void **state) {
    struct watched p;
    struct fb_event e[64];
    uint64_t from, ns = 0;

    (void)state;
    start(&p, 0, true); // stands from the start: its first event is our step's
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    support_wait(is_stopped, &p);
    from = head(&p) + 1;
    for (int i = 0; i < 5; i++) {
        (void)step(&p, FB_STEP_POLL, 0, e, 64);
    }
    fb_trace_control_slow(&p.r, 100000); // so that little runs before the stop
    p.mark = head(&p);
    while (head(&p) < p.mark + 10) {
        fb_trace_control_beat(&p.r);
    }
    (void)stop(&p);
    assert_int_equal(count_resumed(&p, from, &ns), 1);
    assert_true(ns > 0);
    assert_true(atomic_load(&p.r.control->stopped_ns) >= ns);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void a_virtual_clock_writes_no_word_of_stops(void **state) {
    struct watched p;
    struct fb_event e[64];
    uint64_t ns;

    (void)state;
    start(&p, FB_TRACE_VIRTUAL_CLOCK, true);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    support_wait(is_stopped, &p);
    (void)step(&p, FB_STEP_POLL, 0, e, 64);
    fb_trace_control_slow(&p.r, 100000);
    p.mark = head(&p);
    while (head(&p) < p.mark + 10) {
        fb_trace_control_beat(&p.r);
    }
    (void)stop(&p);
    assert_int_equal(count_resumed(&p, 1, &ns), 0);
    fb_trace_control_release(&p.r);
    finish(&p);
}

// A viewer in a process of its own that claims, stops the program, says so
// through a pipe, and then never beats again.
static pid_t viewer_that_will_die(void) {
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = support_fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct watched p;

        if (!can_open(&p) || fb_trace_control_claim(&p.r) < 0) {
            _exit(1);
        }
        fb_trace_control_stop(&p.r);
        while (!is_stopped(&p)) {
        }
        (void)!write(ready[1], "!", 1);
        for (;;) {
            (void)pause();
        }
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return pid;
}

static void a_killed_viewer_leaves_the_program_running(void **state) {
    struct watched p;
    pid_t viewer;

    (void)state;
    start(&p, 0, false);
    viewer = viewer_that_will_die();
    assert_int_equal(kill(viewer, SIGKILL), 0);
    (void)support_reap(viewer);
    p.mark = head(&p);
    support_wait(is_running, &p);
    assert_int_equal(atomic_load(&p.r.control->viewer_pid), 0);
    assert_int_equal(fb_trace_control_claim(&p.r), 0); // and may be had again
    (void)stop(&p);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void
a_viewer_that_no_longer_beats_loses_the_page_in_a_second(void **state) {
    struct watched p;
    uint64_t stood;
    pid_t viewer;

    (void)state;
    start(&p, 0, false);
    viewer = viewer_that_will_die(); // alive, but silent
    p.mark = head(&p);
    support_wait(is_running, &p);
    assert_int_equal(atomic_load(&p.r.control->viewer_pid), 0);
    stood = atomic_load(&p.r.control->stopped_ns);
    assert_true(stood >= FB_CONTROL_BEAT_LIMIT_NS);
    (void)kill(viewer, SIGKILL);
    (void)support_reap(viewer);
    finish(&p);
}

static void a_page_has_one_owner_and_others_wishes_are_ignored(void **state) {
    struct watched p, other;
    pid_t viewer;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    assert_int_equal(fb_trace_control_claim(&p.r), 0); // again is no error
    assert_true(fb_trace_control_mine(&p.r));
    viewer = support_fork();
    if (viewer == 0) {
        uint32_t sequence = atomic_load(&p.r.control->sequence);

        if (!can_open(&other)) {
            _exit(1);
        }
        fb_trace_control_stop(&other.r);
        fb_trace_control_break(&other.r, ~0ull, 0);
        fb_trace_control_release(&other.r);
        _exit(fb_trace_control_claim(&other.r) == -EBUSY &&
                      !fb_trace_control_mine(&other.r) &&
                      atomic_load(&p.r.control->sequence) == sequence
                  ? 0
                  : 2);
    }
    // Beats, as an owner must, until the other one is done.
    for (int status = 0;;) {
        fb_trace_control_beat(&p.r);
        if (waitpid(viewer, &status, WNOHANG) == viewer) {
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
    }
    assert_true(fb_trace_control_mine(&p.r));
    fb_trace_control_release(&p.r);
    assert_false(fb_trace_control_mine(&p.r));
    finish(&p);
}

static void
started_stopped_it_waits_for_a_viewers_word_not_for_a_viewer(void **state) {
    struct watched p;
    pid_t viewer;

    (void)state;
    start(&p, 0, true);
    assert_int_equal(atomic_load(&p.r.control->wait_viewer), 1);
    viewer = viewer_that_will_die();
    (void)kill(viewer, SIGKILL);
    (void)support_reap(viewer);
    while (atomic_load(&p.r.control->viewer_pid) != 0) {
    }
    assert_int_equal(head(&p), 0);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    fb_trace_control_break(&p.r, 0, 77); // what it is to stop at is not "go"
    support_wait(is_stopped, &p);
    assert_int_equal(atomic_load(&p.r.control->wait_viewer), 1);
    assert_int_equal(head(&p), 0);
    fb_trace_control_run(&p.r);
    p.mark = 0;
    support_wait(is_running, &p);
    assert_int_equal(atomic_load(&p.r.control->wait_viewer), 0);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void a_signal_ends_every_wait(void **state) {
    struct watched p;

    (void)state;
    start(&p, 0, true);
    support_wait(is_stopped, &p);
    finish(&p); // it waited for its first viewer

    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    finish(&p); // it was stopped
}

static bool is_answered(void *arg) {
    struct watched *p = arg;

    fb_trace_control_beat(&p->r);
    return fb_trace_census_answered(&p->r, (uint32_t)p->mark);
}

static void a_stopped_program_answers_a_census_and_stands_on(void **state) {
    struct watched p;
    struct fb_event e;
    uint64_t before, after, first;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    before = stop(&p);
    for (int i = 0; i < 3; i++) {
        p.mark = fb_trace_census_ask(&p.r);
        support_wait(is_answered, &p);
    }
    support_wait(is_stopped, &p);
    // Each is four events; nothing else has happened.
    assert_int_equal(head(&p), before + 12);
    assert_true(fb_trace_control_stopped(&p.r, &after));
    assert_int_equal(fb_trace_reader_read(&p.r, 0, before + 1, &e, 1, &first),
                     1);
    assert_int_equal(e.kind, FB_EV_CENSUS);
    assert_int_equal(e.detail, FB_CENSUS_BEGIN);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static bool stands_still(void *arg) {
    struct watched *p = arg;
    uint64_t now = head(p);
    bool same = now == p->mark && !atomic_load(&p->r.control->stopped);

    p->mark = now;
    return same;
}

static void
switched_off_it_writes_nothing_and_on_again_a_census_first(void **state) {
    struct watched p;
    struct fb_event e;
    uint64_t last, first;

    (void)state;
    start(&p, 0, false);
    p.mark = 0;
    support_wait(is_running, &p);
    fb_trace_control_enable(&p.r, false);
    support_wait(stands_still, &p);
    // It may have been between two events; ask twice.
    support_wait(stands_still, &p);
    // Stopping shows that it has looked at the page since.
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    last = stop(&p);
    fb_trace_control_enable(&p.r, true);
    fb_trace_control_step(&p.r, FB_STEP_POLL, 0);
    support_wait(is_stopped, &p);
    while (head(&p) == last) {
        fb_trace_control_beat(&p.r);
    }
    assert_int_equal(fb_trace_reader_read(&p.r, 0, last + 1, &e, 1, &first), 1);
    assert_int_equal(first, last + 1);
    assert_int_equal(e.kind, FB_EV_CENSUS);
    assert_int_equal(e.detail, FB_CENSUS_BEGIN);
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void a_wish_half_written_by_one_who_died_is_never_obeyed(void **state) {
    struct watched p;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    // What a viewer killed in the middle of a wish leaves behind.
    atomic_fetch_or(&p.r.control->sequence, 1);
    atomic_store(&p.r.control->mode, FB_CONTROL_STOP);
    atomic_fetch_add(&p.r.control->move_wanted, 1);
    p.mark = head(&p);
    support_wait(is_running, &p);
    assert_int_equal(atomic_load(&p.r.control->stopped), 0);
    (void)stop(&p); // and the next wish is whole again
    fb_trace_control_release(&p.r);
    finish(&p);
}

static void senseless_words_on_the_page_mean_run(void **state) {
    struct watched p;

    (void)state;
    start(&p, 0, false);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    (void)stop(&p);
    p.mark = head(&p);
    fb_trace_control_step(&p.r, (enum fb_control_step)77, 0);
    support_wait(is_running, &p);
    finish(&p);
}

static void a_recording_or_a_dead_program_cannot_be_controlled(void **state) {
    struct watched p;
    uint64_t after;

    (void)state;
    start(&p, 0, false);
    (void)kill(p.pid, SIGKILL);
    (void)support_reap(p.pid);
    fb_trace_reader_close(&p.r);
    assert_true(can_open(&p));
    assert_null(p.r.control);
    assert_int_equal(fb_trace_control_claim(&p.r), -ENOTSUP);
    fb_trace_control_stop(&p.r);
    fb_trace_control_enable(&p.r, false);
    assert_int_equal(fb_trace_census_ask(&p.r), 0);
    assert_false(fb_trace_census_answered(&p.r, 0));
    assert_false(fb_trace_control_stopped(&p.r, &after));
    fb_trace_reader_close(&p.r);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_stopped_program_stands_between_two_polls_and_runs_on),
        TEST(each_step_ends_after_exactly_its_event),
        TEST(a_break_stops_after_that_event_until_it_is_lifted),
        TEST(a_choices_step_begins_after_the_poll_under_way),
        TEST(a_refused_choice_ends_the_step_before_it_begins),
        TEST(slow_motion_waits_before_each_event_and_slows_the_clock),
        TEST(a_free_run_after_stops_and_steps_is_noted_once_with_its_time),
        TEST(a_virtual_clock_writes_no_word_of_stops),
        TEST(a_killed_viewer_leaves_the_program_running),
        TEST(a_viewer_that_no_longer_beats_loses_the_page_in_a_second),
        TEST(a_page_has_one_owner_and_others_wishes_are_ignored),
        TEST(started_stopped_it_waits_for_a_viewers_word_not_for_a_viewer),
        TEST(a_signal_ends_every_wait),
        TEST(a_stopped_program_answers_a_census_and_stands_on),
        TEST(switched_off_it_writes_nothing_and_on_again_a_census_first),
        TEST(a_wish_half_written_by_one_who_died_is_never_obeyed),
        TEST(senseless_words_on_the_page_mean_run),
        TEST(a_recording_or_a_dead_program_cannot_be_controlled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
