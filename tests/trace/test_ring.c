// Reading a ring: exact numbers, exact losses, where to start.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static void open_both(struct fb_trace_writer *w, struct fb_trace_reader *r,
                      uint64_t events) {
    support_open(w, "a.ring", events);
    assert_int_equal(fb_trace_reader_open(r, support_path("a.ring"), false), 0);
}

static void an_empty_ring_has_no_events_and_starts_at_one(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_event e;
    uint64_t first = 99;

    (void)state;
    open_both(&w, &r, 64);
    assert_int_equal(fb_trace_reader_head(&r, 0), 0);
    assert_int_equal(fb_trace_reader_tail(&r, 0), 1);
    assert_int_equal(fb_trace_reader_sync(&r, 0), 1);
    assert_int_equal(fb_trace_reader_read(&r, 0, 1, &e, 1, &first), 0);
    assert_int_equal(first, 1);
    assert_int_equal(fb_trace_reader_head(&r, 1), 0); // no such ring
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

// For every fill of a ring: which events are there is exactly known; the one
// whose slot a live writer may be overwriting counts as lost.
// contract 61
static void losses_are_exact_at_every_fill(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_event events[200];
    uint64_t first;

    (void)state;
    open_both(&w, &r, 64);
    for (uint64_t head = 1; head <= 200; head++) {
        uint64_t oldest = head < 64 ? 1 : head + 2 - 64;
        size_t n;

        support_emit(&w);
        n = fb_trace_reader_read(&r, 0, 1, events, 200, &first);
        assert_int_equal(first, oldest);
        assert_int_equal(n, head - oldest + 1);
        assert_int_equal(fb_trace_reader_tail(&r, 0), oldest);
        for (size_t i = 0; i < n; i++) {
            assert_true(support_is(&events[i], first + i));
        }
        assert_int_equal(fb_trace_reader_read(&r, 0, head, events, 200, &first),
                         1);
        assert_int_equal(first, head);
        assert_int_equal(
            fb_trace_reader_read(&r, 0, head + 1, events, 200, &first), 0);
        assert_int_equal(first, head + 1);
    }
    fb_trace_close(&w, true);
    // No one overwrites anything now: one more is whole.
    assert_int_equal(fb_trace_reader_read(&r, 0, 1, events, 200, &first), 64);
    assert_int_equal(first, 137);
    assert_true(support_is(&events[0], 137));
    fb_trace_reader_close(&r);
}

static atomic_bool enough;

static void *write_on(void *arg) {
    struct fb_trace_writer *w = arg;

    while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
        support_emit(w);
    }
    return NULL;
}

// contract 61
static void a_racing_writer_never_passes_off_a_torn_event(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_event events[256];
    uint64_t next = 1, got = 0, lost = 0;
    pthread_t thread;

    (void)state;
    open_both(&w, &r, 1024);
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    for (int rounds = 0; rounds < 20000 || got == 0; rounds++) {
        uint64_t first;
        size_t n = fb_trace_reader_read(&r, 0, next, events, 256, &first);

        if (first < next) {
            fail_msg("went back");
        }
        for (size_t i = 0; i < n; i++) {
            if (!support_is(&events[i], first + i)) {
                fail_msg("event %llu is torn", (unsigned long long)(first + i));
            }
        }
        lost += first - next;
        got += n;
        next = first + n;
    }
    atomic_store(&enough, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(got + lost, next - 1); // each number once: read or lost
    assert_true(next - 1 <= w.head);
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

static void a_file_cut_short_gives_consecutive_whole_events(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_event events[64];
    uint64_t first, start;

    (void)state;
    for (uint64_t head = 40; head <= 100; head += 60) { // one lap, and wrapped
        uint64_t lap = head > 64 ? 64 : 0;

        support_open(&w, "a.ring", 64);
        for (uint64_t i = 0; i < head; i++) {
            support_emit(&w);
        }
        start = w.header->rings_offset + FB_TRACE_PAGE_BYTES;
        fb_trace_close(&w, true);
        for (uint64_t bytes = 64 * 32; bytes-- > 0;) {
            uint64_t slots = bytes / 32;
            uint64_t want = slots < head - lap ? slots : head - lap;
            size_t n;

            assert_int_equal(
                truncate(support_path("a.ring"), (off_t)(start + bytes)), 0);
            assert_int_equal(
                fb_trace_reader_open(&r, support_path("a.ring"), false), 0);
            n = fb_trace_reader_read(&r, 0, 1, events, 64, &first);
            assert_int_equal(n, want);
            assert_int_equal(fb_trace_reader_head(&r, 0), lap + want);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(first, lap + 1);
                assert_true(support_is(&events[i], first + i));
            }
            fb_trace_reader_close(&r);
        }
        (void)unlink(support_path("a.ring"));
    }
}

// contract 61
static void a_reader_starts_at_the_oldest_whole_census(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    uint64_t begin;

    (void)state;
    open_both(&w, &r, 256);
    for (int i = 0; i < 400; i++) {
        support_emit(&w);
    }
    assert_int_equal(fb_trace_reader_sync(&r, 0), 0); // nothing to stand on
    begin = w.head + 1;
    (void)fb_trace_next(&w, FB_EV_CENSUS, 0); // begun, never ended
    fb_trace_commit(&w);
    support_emit(&w);
    assert_int_equal(fb_trace_reader_sync(&r, 0), 0);
    begin = w.head + 1;
    support_census(&w, 10);
    assert_int_equal(fb_trace_reader_sync(&r, 0), begin);
    support_emit(&w);
    support_census(&w, 10);
    assert_int_equal(fb_trace_reader_sync(&r, 0), begin);
    fb_trace_close(&w, true);
    assert_int_equal(fb_trace_reader_sync(&r, 0), begin);
    fb_trace_reader_close(&r);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_empty_ring_has_no_events_and_starts_at_one),
        TEST(losses_are_exact_at_every_fill),
        TEST(a_racing_writer_never_passes_off_a_torn_event),
        TEST(a_file_cut_short_gives_consecutive_whole_events),
        TEST(a_reader_starts_at_the_oldest_whole_census),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
