// When a census is due: any ring, at any moment, holds a whole one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support.h"

static void open_memory(struct fb_trace_writer *w, uint64_t events) {
    const struct fb_trace_options options = {.anonymous = true,
                                             .ring_events = events};

    assert_int_equal(fb_trace_open(w, &options), 0);
}

static void nothing_is_wanted_until_half_a_ring_is_written(void **state) {
    struct fb_trace_writer w;

    (void)state;
    open_memory(&w, 256);
    for (int i = 0; i < 128; i++) {
        assert_false(fb_trace_check(&w));
        support_emit(&w);
    }
    assert_true(fb_trace_check(&w));
    assert_true(fb_trace_check(&w)); // until it is written
    support_census(&w, 10);
    assert_false(fb_trace_check(&w));
    fb_trace_close(&w, false);
}

static void asked_for_it_is_wanted_once_whatever_is_due(void **state) {
    struct fb_trace_writer w;

    (void)state;
    open_memory(&w, 256);
    atomic_fetch_add(&w.control->census_wanted, 1);
    atomic_fetch_add(&w.control->census_wanted, 1);
    assert_true(fb_trace_check(&w));
    // Asked while it is being written: not answered by it.
    atomic_fetch_add(&w.control->census_wanted, 1);
    support_census(&w, 4);
    assert_int_equal(atomic_load(&w.control->census_done), 2);
    assert_true(fb_trace_check(&w));
    support_census(&w, 4);
    assert_int_equal(atomic_load(&w.control->census_done), 3);
    assert_false(fb_trace_check(&w));
    fb_trace_close(&w, false);
}

static void switched_off_none_is_wanted_and_on_again_one_is(void **state) {
    struct fb_trace_writer w;

    (void)state;
    open_memory(&w, 256);
    atomic_store(&w.control->enabled, 0);
    atomic_fetch_add(&w.control->census_wanted, 1);
    assert_false(fb_trace_check(&w));
    assert_false(w.enabled);
    atomic_store(&w.control->enabled, 1);
    assert_true(fb_trace_check(&w));
    assert_true(w.enabled);
    support_census(&w, 4);
    assert_false(fb_trace_check(&w));
    fb_trace_close(&w, false);
}

static void one_longer_than_a_quarter_is_seldom_written_unasked(void **state) {
    struct fb_trace_writer w;
    uint64_t own = 0;

    (void)state;
    open_memory(&w, 256);
    atomic_fetch_add(&w.control->census_wanted, 1);
    assert_true(fb_trace_check(&w));
    support_census(&w, 65);
    for (int i = 0; i < 100000; i++) {
        support_emit(&w);
        if (fb_trace_check(&w)) {
            own += 65;
            support_census(&w, 65);
        }
    }
    assert_true(own > 0); // it may have become short meanwhile
    assert_true(own < 100000 / 7 + 65);
    fb_trace_close(&w, false);
}

// Polls of up to a quarter of the ring, censuses of up to a quarter: after
// every event of a long run a reader finds an exact start.
// contract 61
static void any_ring_however_often_wrapped_holds_a_whole_one(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    uint32_t seed = 1;

    (void)state;
    support_open(&w, "a.ring", 64);
    assert_int_equal(fb_trace_reader_open(&r, support_path("a.ring"), false),
                     0);
    for (int polls = 0; polls < 3000; polls++) {
        seed = seed * 1664525 + 1013904223;
        for (uint32_t i = 0; i < 1 + (seed >> 16) % 15; i++) {
            support_emit(&w);
            assert_int_not_equal(fb_trace_reader_sync(&r, 0), 0);
        }
        while (fb_trace_check(&w)) {
            support_census(&w, 2 + (seed >> 8) % 15);
        }
        assert_int_not_equal(fb_trace_reader_sync(&r, 0), 0);
    }
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_wanted_until_half_a_ring_is_written),
        TEST(asked_for_it_is_wanted_once_whatever_is_due),
        TEST(switched_off_none_is_wanted_and_on_again_one_is),
        TEST(one_longer_than_a_quarter_is_seldom_written_unasked),
        TEST(any_ring_however_often_wrapped_holds_a_whole_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
