// The stamps of events: by the counter between two looks at the clock.
#include "harness.h"

#include "stamp.h"

#define S  1000000000ull
#define MS 1000000ull

// A counter of 3 ticks a ns that has been told of for long enough.
static struct fb__stamp measured(uint64_t ns) {
    struct fb__stamp s = {0};

    fb__stamp_set(&s, ns, 3 * ns);
    fb__stamp_set(&s, ns + 10 * MS, 3 * (ns + 10 * MS));
    return s;
}

static void the_clock_is_asked_until_the_rate_is_known(void **state) {
    struct fb__stamp s = {0};

    (void)state;
    assert_int_equal(fb__stamp_at(&s, 5000), 0);
    fb__stamp_set(&s, 7 * S, 21 * S);
    assert_int_equal(fb__stamp_at(&s, 21 * S + 5000), 0);
    fb__stamp_set(&s, 7 * S + 9 * MS, 21 * S + 27 * MS);
    assert_int_equal(fb__stamp_at(&s, 21 * S + 27 * MS), 0);
    fb__stamp_set(&s, 7 * S + 10 * MS, 21 * S + 30 * MS);
    assert_int_not_equal(fb__stamp_at(&s, 21 * S + 30 * MS), 0);
}

static void ticks_are_told_as_time(void **state) {
    struct fb__stamp s = measured(7 * S);
    uint64_t from = s.ticks;

    (void)state;
    assert_int_equal(fb__stamp_at(&s, from), s.ns);
    for (uint64_t ns = 1; ns < 300 * MS; ns = 3 * ns + 1) {
        uint64_t at = fb__stamp_at(&s, from + 3 * ns);

        // The rate is cut off to a multiple of 2^-32: late, and by very little.
        assert_in_range(at, s.ns + ns - 1, s.ns + ns);
    }
}

static void no_counter_is_no_stamp(void **state) {
    struct fb__stamp s = {0};

    (void)state;
    for (uint64_t ns = S; ns < 100 * S; ns += S / 10) {
        fb__stamp_set(&s, ns, 0);
        assert_int_equal(fb__stamp_at(&s, 0), 0);
    }
}

static void the_clock_is_asked_after_a_jump(void **state) {
    struct fb__stamp s = measured(7 * S);

    (void)state;
    assert_int_equal(fb__stamp_at(&s, s.ticks - 1), 0); // back
    assert_int_equal(fb__stamp_at(&s, 0), 0);
    assert_int_equal(fb__stamp_at(&s, s.ticks + (1u << 30)), 0); // far on
    assert_int_equal(fb__stamp_at(&s, UINT64_MAX), 0);
}

static void a_counter_that_starts_anew_is_measured_anew(void **state) {
    struct fb__stamp s = measured(7 * S);

    (void)state;
    fb__stamp_set(&s, 9 * S, 1000); // another machine's
    assert_true(s.rate < (1ull << 32) / 1000 || fb__stamp_at(&s, 1001) == 0);
    fb__stamp_set(&s, 10 * S, 1000 + 2 * S);
    fb__stamp_set(&s, 11 * S, 1000 + 4 * S);
    assert_in_range(fb__stamp_at(&s, 1000 + 4 * S + 2000), 11 * S + 999,
                    11 * S + 1000);
}

static void a_program_that_slept_for_days_measures_anew(void **state) {
    struct fb__stamp s = measured(7 * S);

    (void)state;
    fb__stamp_set(&s, 1000000 * S, 3 * 1000000 * S);
    assert_int_equal(fb__stamp_at(&s, s.ticks), 0);
    fb__stamp_set(&s, 1000000 * S + 10 * MS, s.ticks + 30 * MS);
    assert_int_equal(fb__stamp_at(&s, s.ticks), s.ns);
}

static void a_counter_too_slow_to_be_of_use_is_not_used(void **state) {
    struct fb__stamp s = {0};

    (void)state;
    for (uint64_t ns = S; ns < 20 * S; ns += S / 10) {
        fb__stamp_set(&s, ns, ns / 40); // 25 MHz
        assert_int_equal(fb__stamp_at(&s, ns / 40), 0);
    }
}

// A day of turns of 10 ms, with a clock that is steered by 500 ppm, now faster
// and now slower than the counter: no error adds up.
static void stamps_follow_a_steered_clock_for_a_day(void **state) {
    struct fb__stamp s = {0};
    uint64_t ticks = 12345, ns = 99 * S;

    (void)state;
    for (uint64_t turn = 0; turn < 8640000; turn++) {
        bool fast = turn / 500000 % 2 == 0;
        uint64_t at;

        fb__stamp_set(&s, ns, ticks);
        ticks += 30 * MS;
        ns += 10 * MS + (fast ? 5000 : 0) - (fast ? 0 : 5000);
        at = fb__stamp_at(&s, ticks);
        if (turn > 1) { // steered the other way, that is seen within a second
            assert_in_range(at, ns - 10001, ns + 10001);
        }
    }
}

// ---- in a runtime ----

static struct {
    uint64_t ns, ticks;
    long asked;
} fake;

static uint64_t fake_now_ns(void) {
    fake.asked++;
    return fake.ns;
}

static uint64_t fake_ticks(void) {
    return fake.ticks;
}

enum { POLLS = 6100 }; // a hundred turns

// Polled again and again; each poll takes 100 µs, and as many ticks as that
// until half of them are over.
struct worker {
    struct fb_future future;
    int out;
    int polls;
    uint64_t ticks_then; // of a poll, from the middle on
};

static enum fb_poll worker_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct worker *self = fb_container_of(future, struct worker, future);

    fake.ns += MS / 10;
    fake.ticks += self->polls > POLLS / 2 ? MS / 10 : self->ticks_then;
    if (self->polls-- == 0) {
        return FB_READY;
    }
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static struct fb_type worker_type = FB_TYPE(worker, .poll = worker_poll);

static long run_worker(struct world *w, uint64_t ticks_then) {
    struct worker worker = {
        .future.type = &worker_type, .polls = POLLS, .ticks_then = ticks_then};

    fake.ns = fake.ticks = 10000000 * S; // later than any real one
    fb__sys.now_ns = fake_now_ns;
    fb__sys.ticks = fake_ticks;
    world_begin_real(w);
    fake.asked = 0;
    assert_int_equal(fb_block_on(w->rt, &worker.future), 0);
    return fake.asked;
}

static void expect_times_in_order(const struct world *w) {
    uint64_t last_ns = 0;

    for (uint64_t i = 0; i < w->trace.head; i++) {
        const struct fb_event *e = &w->trace.events[i & w->trace.mask];

        assert_true(e->time_ns >= last_ns);
        last_ns = e->time_ns;
    }
}

static void events_are_stamped_by_the_counter(void **state) {
    struct world *w = *state;
    long asked = run_worker(w, MS / 10);

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    // A few times a turn, not once a poll; more only until it is measured.
    assert_in_range(asked, 100, 700);
    expect_times_in_order(w);
    assert_in_range(w->trace.now_ns, fake.ns - 1000, fake.ns);
    world_end(w);
}

static void stamps_never_go_back_where_the_counter_runs_ahead(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    for (unsigned times = 0; times < 4; times++) {
        run_worker(w, times * MS / 10);
        expect_times_in_order(w);
        assert_in_range(w->trace.now_ns, fake.ns - MS, fake.ns + 20 * MS);
        world_end(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_is_asked_until_the_rate_is_known),
        cmocka_unit_test(ticks_are_told_as_time),
        cmocka_unit_test(no_counter_is_no_stamp),
        cmocka_unit_test(the_clock_is_asked_after_a_jump),
        cmocka_unit_test(a_counter_that_starts_anew_is_measured_anew),
        cmocka_unit_test(a_program_that_slept_for_days_measures_anew),
        cmocka_unit_test(a_counter_too_slow_to_be_of_use_is_not_used),
        cmocka_unit_test(stamps_follow_a_steered_clock_for_a_day),
        WORLD_TEST_EXACT(events_are_stamped_by_the_counter),
        WORLD_TEST_EXACT(stamps_never_go_back_where_the_counter_runs_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
