// Breakpoints: several at once, and on a line of the program.
//
// The watched program is a forked child. In each of its polls the root, `outer`
// of one.c, awaits `inner` of two.c at line 31, and that one awaits a leaf at
// line 31 of its own file, or at line 40.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static struct fb_trace_site outer = {.name = "outer", .file = "one.c"};
static struct fb_trace_site inner = {.name = "inner", .file = "two.c"};
static struct fb_trace_site leaf = {.name = "leaf", .file = "net.c"};

struct watched {
    pid_t pid;
    struct fb_trace_reader r;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signal) {
    interrupted = signal;
}

static bool was_interrupted(void *arg) {
    (void)arg;
    return interrupted != 0;
}

static void put(struct fb_trace_writer *w, struct fb_event e) {
    struct fb_event *slot;

    if (w->enabled) {
        slot = fb_trace_next(w, (enum fb_event_kind)e.kind, e.subject);
        e.time_ns = slot->time_ns;
        *slot = e;
        fb_trace_commit(w);
    }
}

static void enter(struct fb_trace_writer *w, uint32_t future,
                  struct fb_trace_site *parent, struct fb_trace_site *site,
                  uint32_t line) {
    put(w,
        (struct fb_event){.kind = FB_EV_FUTURE_ENTER,
                          .subject = future,
                          .enter.task = future / 10,
                          .enter.parent = future - 1,
                          .enter.type = fb_trace_site_index(w, site),
                          .enter.parent_type = fb_trace_site_index(w, parent),
                          .enter.line = line});
}

static void leave(struct fb_trace_writer *w, uint32_t task, uint32_t future) {
    put(w, (struct fb_event){.kind = FB_EV_FUTURE_EXIT,
                             .subject = future,
                             .exit.task = task});
}

// Polls tasks 1 to 3 in turn; their futures are 10 * task + 0, 1, 2.
static void program(const char *path) {
    const struct fb_trace_options options = {
        .path = path, .ring_events = 65536, .give_up = was_interrupted};
    struct fb_trace_writer w;

    if (fb_trace_open(&w, &options) < 0) {
        _exit(2);
    }
    (void)fb_trace_site_index(&w, &outer); // the table is whole at once
    (void)fb_trace_site_index(&w, &inner);
    (void)fb_trace_site_index(&w, &leaf);
    for (uint32_t n = 0; !interrupted; n++) {
        const uint32_t task = n % 3 + 1, future = 10 * task;

        while (fb_trace_check(&w)) {
            support_census(&w, 4);
        }
        put(&w, (struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = task});
        enter(&w, future + 1, &outer, &inner, 31);
        enter(&w, future + 2, &inner, &leaf, n % 2 ? 31 : 40);
        leave(&w, task, future + 2);
        leave(&w, task, future + 1);
        put(&w, (struct fb_event){.kind = FB_EV_POLL_END, .subject = task});
    }
    fb_trace_close(&w, true);
    _exit(0);
}

static bool can_open(void *arg) {
    struct watched *p = arg;

    return fb_trace_reader_open(&p->r, support_path("p.ring"), true) == 0;
}

static bool has_types(void *arg) {
    struct watched *p = arg;

    return strcmp(fb_trace_reader_place(&p->r, 3).name, "leaf") == 0;
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

static void start(struct watched *p) {
    struct sigaction action = {.sa_handler = on_signal};

    p->pid = support_fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        (void)sigaction(SIGTERM, &action, NULL);
        program(support_path("p.ring"));
    }
    support_wait(can_open, p);
    support_wait(has_types, p);
    assert_int_equal(fb_trace_control_claim(&p->r), 0);
    fb_trace_control_stop(&p->r);
    support_wait(is_stopped, p);
}

static void finish(struct watched *p) {
    fb_trace_control_release(&p->r);
    (void)kill(p->pid, SIGTERM);
    assert_int_equal(support_reap(p->pid), 0);
    fb_trace_reader_close(&p->r);
}

// Lets it run to its next stop; the event after which it stands.
static struct fb_event run_on(struct watched *p) {
    struct fb_event e = {0};
    uint64_t first, after;

    fb_trace_control_run(&p->r);
    support_wait(is_stopped, p);
    assert_true(fb_trace_control_stopped(&p->r, &after));
    assert_int_equal(fb_trace_reader_read(&p->r, 0, after, &e, 1, &first), 1);
    return e;
}

static uint32_t place_of(struct watched *p, const char *name) {
    for (uint32_t i = 1; i < 4; i++) {
        if (strcmp(fb_trace_reader_place(&p->r, i).name, name) == 0) {
            return i;
        }
    }
    fail_msg("no type %s", name);
    return 0;
}

static void a_line_is_met_in_its_own_file_only(void **state) {
    struct watched p;
    struct fb_trace_break one = {.line = 31}, two = {.line = 31};

    (void)state;
    start(&p);
    one.place = place_of(&p, "outer");
    fb_trace_control_breaks(&p.r, &one, 1);
    for (int i = 0; i < 8; i++) { // of every task's poll the one in one.c
        struct fb_event e = run_on(&p);

        assert_int_equal(e.kind, FB_EV_FUTURE_ENTER);
        assert_int_equal(e.enter.line, 31);
        assert_int_equal(e.subject % 10, 1);
    }
    two.place = place_of(&p, "inner");
    fb_trace_control_breaks(&p.r, &two, 1);
    for (int i = 0; i < 8; i++) {
        struct fb_event e = run_on(&p);

        assert_int_equal(e.enter.line, 31);
        assert_int_equal(e.subject % 10, 2);
    }
    finish(&p);
}

static void several_breaks_hold_at_once(void **state) {
    const struct fb_trace_break breaks[] = {
        {.kinds = 1ull << FB_EV_POLL_END, .task = 2},
        {0}, // an empty one between them means nothing
        {.kinds = 1ull << FB_EV_POLL_BEGIN, .task = 3},
        {.kinds = 1ull << FB_EV_POLL_BEGIN | 1ull << FB_EV_POLL_END, .task = 1},
    };
    static const struct {
        uint32_t task;
        enum fb_event_kind kind;
    } expected[] = {{1, FB_EV_POLL_BEGIN},
                    {1, FB_EV_POLL_END},
                    {2, FB_EV_POLL_END},
                    {3, FB_EV_POLL_BEGIN}};
    struct watched p;
    struct fb_event e;
    size_t at;

    (void)state;
    start(&p);
    fb_trace_control_breaks(&p.r, breaks, 4);
    do { // wherever it stood
        e = run_on(&p);
    } while (e.subject != 1 || e.kind != FB_EV_POLL_BEGIN);
    for (at = 1; at < 20; at++) {
        e = run_on(&p);
        assert_int_equal(e.subject, expected[at % 4].task);
        assert_int_equal(e.kind, expected[at % 4].kind);
    }
    finish(&p);
}

static void a_break_on_a_place_that_is_not_there_is_never_met(void **state) {
    static const uint32_t places[] = {0, 4, 4096, UINT32_MAX};
    struct fb_trace_break breaks[FB_CONTROL_BREAKS] = {{0}};
    struct watched p;

    (void)state;
    start(&p);
    for (size_t i = 0; i < 4; i++) {
        breaks[i] = (struct fb_trace_break){.line = 31, .place = places[i]};
    }
    breaks[5].kinds = 1ull << FB_EV_POLL_END;
    fb_trace_control_breaks(&p.r, breaks, FB_CONTROL_BREAKS);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(run_on(&p).kind, FB_EV_POLL_END);
    }
    finish(&p);
}

// Breaks may be set while it stands, at the end of a step as at a break (where
// the page still says "run"): that asks nobody to move.
static void a_break_set_at_a_stop_moves_nobody(void **state) {
    const struct fb_trace_break end = {.kinds = 1ull << FB_EV_POLL_END};
    struct watched p;
    uint64_t before, after;

    (void)state;
    start(&p);
    for (int i = 0; i < 30; i++) {
        if (i % 3 == 0) {
            fb_trace_control_step(&p.r, FB_STEP_EVENT, 0);
            support_wait(is_stopped, &p);
        } else {
            fb_trace_control_breaks(&p.r, &end, 1);
            (void)run_on(&p);
        }
        assert_true(fb_trace_control_stopped(&p.r, &before));
        if (i % 2 == 0) {
            fb_trace_control_breaks(&p.r, NULL, 0);
        } else {
            fb_trace_control_break(&p.r, 1ull << FB_EV_WAKE, 77);
        }
        support_wait(is_stopped, &p);
        assert_true(fb_trace_control_stopped(&p.r, &after));
        assert_int_equal(after, before);
    }
    finish(&p);
}

// Nor does it end the step that is under way.
static void a_break_set_during_a_step_leaves_it_be(void **state) {
    struct watched p;
    uint64_t after, first;
    struct fb_event e;

    (void)state;
    start(&p);
    for (uint32_t i = 0; i < 20; i++) {
        const struct fb_trace_break never = {.task = 77 + i};

        fb_trace_control_step(&p.r, FB_STEP_POLL, 0);
        fb_trace_control_breaks(&p.r, &never, 1);
        support_wait(is_stopped, &p);
        assert_true(fb_trace_control_stopped(&p.r, &after));
        assert_int_equal(fb_trace_reader_read(&p.r, 0, after, &e, 1, &first),
                         1);
        assert_int_equal(e.kind, FB_EV_POLL_END);
    }
    finish(&p);
}

static void who_gives_the_page_back_takes_the_breaks_with_it(void **state) {
    const struct fb_trace_break any = {.kinds = ~0ull};
    struct watched p;

    (void)state;
    start(&p);
    fb_trace_control_breaks(&p.r, &any, 1);
    (void)run_on(&p);
    fb_trace_control_release(&p.r);
    for (int i = 0; i < FB_CONTROL_BREAKS; i++) {
        assert_int_equal(atomic_load(&p.r.control->breaks[i].kinds), 0);
    }
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    finish(&p);
}

// Its process is gone, and the program, which runs, has had no reason to look.
static void a_dead_owners_breaks_are_not_inherited(void **state) {
    const struct fb_trace_break begin = {.kinds = 1ull << FB_EV_POLL_BEGIN};
    const pid_t dead = support_fork();
    struct watched p;
    uint64_t after, first;
    struct fb_event e;

    (void)state;
    if (dead == 0) {
        _exit(0);
    }
    assert_int_equal(support_reap(dead), 0);
    start(&p);
    fb_trace_control_break(&p.r, 1ull << FB_EV_FUTURE_ENTER, 0);
    fb_trace_control_breaks(&p.r, &begin, 1);
    support_wait(is_stopped, &p);
    atomic_store(&p.r.control->viewer_pid, (uint32_t)dead);
    assert_int_equal(fb_trace_control_claim(&p.r), 0);
    fb_trace_control_step(&p.r, FB_STEP_TASK, 999); // never: only a break stops
    fb_trace_control_break(&p.r, 1ull << FB_EV_POLL_END, 2);
    support_wait(is_stopped, &p);
    assert_true(fb_trace_control_stopped(&p.r, &after));
    assert_int_equal(fb_trace_reader_read(&p.r, 0, after, &e, 1, &first), 1);
    assert_int_equal(e.kind, FB_EV_POLL_END);
    finish(&p);
}

static void a_break_is_met_by_what_meets_all_of_it(void **state) {
    struct fb_event e = {.kind = FB_EV_FUTURE_ENTER,
                         .subject = 9,
                         .enter.task = 4,
                         .enter.line = 12};
    struct fb_trace_break b = {0};

    (void)state;
    assert_false(fb_trace_event_meets(&e, &b)); // names nothing
    b.line = 12;
    assert_true(fb_trace_event_meets(&e, &b));
    b.task = 5;
    assert_false(fb_trace_event_meets(&e, &b));
    b.task = 4;
    b.kinds = 1ull << FB_EV_POLL_END;
    assert_false(fb_trace_event_meets(&e, &b));
    b.kinds |= 1ull << FB_EV_FUTURE_ENTER;
    assert_true(fb_trace_event_meets(&e, &b));
    e.flags = FB_EV_FLAG_CENSUS;
    assert_false(fb_trace_event_meets(&e, &b));
    e.flags = 0;
    e.kind = 200; // no kind that could be named
    assert_false(fb_trace_event_meets(&e, &b));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_met_in_its_own_file_only),
        TEST(several_breaks_hold_at_once),
        TEST(a_break_on_a_place_that_is_not_there_is_never_met),
        TEST(a_break_set_at_a_stop_moves_nobody),
        TEST(a_break_set_during_a_step_leaves_it_be),
        TEST(who_gives_the_page_back_takes_the_breaks_with_it),
        TEST(a_dead_owners_breaks_are_not_inherited),
        cmocka_unit_test(a_break_is_met_by_what_meets_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
