// Several rings read as one row: the order of numbers, exact losses, numbers
// that are taken and not yet written, and files that lie.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fishbowl/trace/merge.h"
#include "support.h"

enum { RINGS = 3, SLOTS = 64 };

struct bench {
    struct fb_trace_writer w[RINGS];
    struct fb_trace_reader r;
    struct fb_trace_merge *m;
};

static void writers_open(struct bench *b, uint64_t slots) {
    const struct fb_trace_options options = {.path = support_path("a.ring"),
                                             .program = "test",
                                             .ring_events = slots,
                                             .rings = RINGS};

    assert_int_equal(fb_trace_open(&b->w[0], &options), 0);
    for (uint32_t i = 1; i < RINGS; i++) {
        assert_int_equal(fb_trace_ring_open(&b->w[i], &b->w[0], i), 0);
    }
}

static void reader_open(struct bench *b) {
    assert_int_equal(fb_trace_reader_open(&b->r, support_path("a.ring"), true),
                     0);
    assert_int_equal(fb_trace_merge_open(&b->m, &b->r), 0);
}

static void reader_close(struct bench *b) {
    fb_trace_merge_close(b->m);
    fb_trace_reader_close(&b->r);
}

static void bench_open(struct bench *b, uint64_t slots) {
    writers_open(b, slots);
    reader_open(b);
}

static void bench_close(struct bench *b) {
    reader_close(b);
    fb_trace_close(&b->w[0], false);
}

// Writes one event that says `word`.
static void emit(struct fb_trace_writer *w, uint64_t word) {
    fb_trace_next(w, FB_EV_WAKE, (uint32_t)w->ring->worker)->timer.deadline_ns =
        word;
    fb_trace_commit(w);
}

static uint64_t word_of(const struct fb_event *e) {
    return e->timer.deadline_ns;
}

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

// The row from 1 on must be events first … last, each saying its number.
static void expect_row(struct bench *b, uint64_t first, uint64_t last) {
    struct fb_event events[RINGS * SLOTS + 50];
    uint64_t begin, next;
    size_t n = fb_trace_merge_read(b->m, 1, events, RINGS * SLOTS + 50, &begin);

    assert_int_equal(begin, first);
    assert_int_equal(n, last - first + 1);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(word_of(&events[i]), first + i);
    }
    assert_int_equal(fb_trace_merge_head(b->m), last);
    assert_int_equal(fb_trace_merge_read(b->m, last + 1, events, 9, &next), 0);
    assert_int_equal(next, last + 1);
}

static void an_empty_file_has_no_events_and_starts_at_one(void **state) {
    struct bench b;
    struct fb_event e;
    uint64_t first = 99;

    (void)state;
    bench_open(&b, SLOTS);
    assert_int_equal(fb_trace_merge_head(b.m), 0);
    assert_int_equal(fb_trace_merge_tail(b.m), 1);
    assert_int_equal(fb_trace_merge_sync(b.m), 1);
    assert_int_equal(fb_trace_merge_read(b.m, 1, &e, 1, &first), 0);
    assert_int_equal(first, 1);
    bench_close(&b);
}

// Random threads, every fill: the row begins where the ring that lost most
// begins, and holds everything from there on.
static void losses_are_exact_at_every_fill(void **state) {
    uint64_t seed = 0x72696e67;

    (void)state;
    for (int round = 0; round < 8; round++) {
        uint64_t given[RINGS][1000]; // numbers, by ring and place
        uint64_t counts[RINGS] = {0};
        struct bench b;

        bench_open(&b, SLOTS);
        for (uint64_t n = 1; n <= 400; n++) {
            // Some rounds favour one ring, so that others hold old events.
            const uint64_t r = next_random(&seed) % (RINGS + (uint64_t)round);
            const uint32_t ring = r < RINGS ? (uint32_t)r : 0;
            uint64_t tail = 1;

            emit(&b.w[ring], n);
            given[ring][counts[ring]++] = n;
            for (uint32_t i = 0; i < RINGS; i++) {
                if (counts[i] >= SLOTS) { // one slot may be half overwritten
                    const uint64_t t = given[i][counts[i] + 1 - SLOTS];

                    tail = t > tail ? t : tail;
                }
            }
            assert_int_equal(fb_trace_merge_tail(b.m), tail);
            expect_row(&b, tail, n);
        }
        assert_int_equal(fb_trace_merge_refused(b.m), 0);
        bench_close(&b);
    }
}

// Reads on from wherever it stands, in small pieces, while rings wrap: every
// number is read once or known to be lost.
static void a_slow_reader_knows_each_number_it_lost(void **state) {
    uint64_t seed = 0x736c6f77, next = 1, got = 0, lost = 0, number = 0;
    struct bench b;

    (void)state;
    bench_open(&b, SLOTS);
    for (int round = 0; round < 3000; round++) {
        struct fb_event events[50];
        uint64_t first;
        size_t n;

        for (uint64_t i = next_random(&seed) % 60; i > 0; i--) {
            emit(&b.w[next_random(&seed) % RINGS], ++number);
        }
        n = fb_trace_merge_read(b.m, next, events, next_random(&seed) % 50,
                                &first);
        assert_true(first >= next);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(word_of(&events[i]), first + i);
        }
        got += n;
        lost += first - next;
        next = first + n;
    }
    assert_true(got > 0 && lost > 0);
    assert_int_equal(got + lost, next - 1);
    assert_int_equal(fb_trace_merge_refused(b.m), 0);
    bench_close(&b);
}

// ---- numbers taken and not yet written ----

static void a_number_that_is_taken_holds_the_row_back(void **state) {
    struct bench b;
    uint64_t first;
    struct fb_event events[9];

    (void)state;
    bench_open(&b, SLOTS);
    emit(&b.w[0], 1);
    emit(&b.w[1], 2);
    // Thread 2 has taken number 3, and is stopped right there.
    b.w[2].numbers[0] = atomic_fetch_add(&b.w[0].header->numbers, 1) + 1;
    fb_trace_next(&b.w[2], FB_EV_WAKE, 2)->timer.deadline_ns = 3;
    emit(&b.w[0], 4);
    emit(&b.w[1], 5);
    expect_row(&b, 1, 2);
    atomic_store_explicit(&b.w[2].ring->head, ++b.w[2].head,
                          memory_order_release);
    assert_int_equal(fb_trace_merge_read(b.m, 3, events, 9, &first), 3);
    assert_int_equal(first, 3);
    expect_row(&b, 1, 5);
    bench_close(&b);
}

static void a_number_that_a_dead_writer_took_is_lost(void **state) {
    struct bench b;
    struct fb_event events[9];
    uint64_t first;
    int status;
    pid_t child = support_fork();

    (void)state;
    if (child == 0) {
        writers_open(&b, SLOTS);
        emit(&b.w[0], 1);
        atomic_fetch_add(&b.w[0].header->numbers, 1); // 2: of one that dies
        emit(&b.w[1], 3);
        emit(&b.w[2], 4);
        (void)raise(SIGKILL);
    }
    status = support_reap(child);
    assert_true(WIFSIGNALED(status));
    reader_open(&b);
    assert_int_equal(fb_trace_merge_head(b.m), 4);
    assert_int_equal(fb_trace_merge_read(b.m, 1, events, 9, &first), 1);
    assert_int_equal(first, 1);
    assert_int_equal(fb_trace_merge_read(b.m, 2, events, 9, &first), 2);
    assert_int_equal(first, 3);
    assert_int_equal(word_of(&events[1]), 4);
    assert_int_equal(fb_trace_merge_refused(b.m), 0);
    reader_close(&b);
}

// ---- threads ----

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static uint64_t turns;
static atomic_bool enough;

static void *write_in_turns(void *arg) {
    while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
        (void)pthread_mutex_lock(&turn);
        emit(arg, ++turns);
        (void)pthread_mutex_unlock(&turn);
    }
    return NULL;
}

static void *write_freely(void *arg) {
    for (uint64_t place = 1;
         !atomic_load_explicit(&enough, memory_order_relaxed); place++) {
        emit(arg, place);
    }
    return NULL;
}

// Three threads write as `write` does, while this one reads; `check` looks at
// each event with its number.
static void race(void *(*write)(void *),
                 void (*check)(uint64_t number, const struct fb_event *e)) {
    struct bench b;
    pthread_t threads[RINGS];
    uint64_t next = 1, got = 0, lost = 0;
    struct fb_event events[256];

    bench_open(&b, 4096);
    atomic_store(&enough, false);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write, &b.w[i]), 0);
    }
    for (int rounds = 0; rounds < 3000 || got == 0; rounds++) {
        uint64_t first;
        size_t n = fb_trace_merge_read(b.m, next, events, 256, &first);

        for (size_t i = 0; i < n; i++) {
            check(first + i, &events[i]);
        }
        lost += first - next;
        got += n;
        next = first + n;
        if (rounds % 100 == 0) {
            uint64_t tail = fb_trace_merge_tail(b.m);
            uint64_t head = fb_trace_merge_head(b.m);
            uint64_t given = atomic_load(&b.w[0].header->numbers);

            if (tail > given + 1 || head > given) {
                fail_msg("tail %llu or head %llu is not written yet",
                         (unsigned long long)tail, (unsigned long long)head);
            }
        }
    }
    atomic_store(&enough, true);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(got + lost, next - 1);
    assert_int_equal(fb_trace_merge_refused(b.m), 0);
    assert_true(next - 1 <= atomic_load(&b.w[0].header->numbers));
    assert_int_equal(fb_trace_merge_head(b.m),
                     atomic_load(&b.w[0].header->numbers));
    bench_close(&b);
}

static void says_its_number(uint64_t number, const struct fb_event *e) {
    if (word_of(e) != number) {
        fail_msg("event %llu says that it is %llu", (unsigned long long)number,
                 (unsigned long long)word_of(e));
    }
}

// What happened under one lock is numbered in the order of the lock.
static void numbers_are_the_order_in_which_it_happened(void **state) {
    (void)state;
    turns = 0;
    race(write_in_turns, says_its_number);
}

static uint64_t last_place[RINGS];

static void goes_on_in_its_ring(uint64_t number, const struct fb_event *e) {
    if (e->subject >= RINGS || word_of(e) <= last_place[e->subject]) {
        fail_msg("event %llu comes after a later one of its thread",
                 (unsigned long long)number);
    }
    last_place[e->subject] = word_of(e);
}

static void racing_writers_never_hide_or_repeat_an_event(void **state) {
    (void)state;
    for (int i = 0; i < RINGS; i++) {
        last_place[i] = 0;
    }
    race(write_freely, goes_on_in_its_ring);
}

// ---- where to start ----

static void a_census_in_any_ring_is_where_to_start(void **state) {
    struct bench b;
    uint64_t begin;

    (void)state;
    bench_open(&b, 256);
    for (uint64_t i = 1; i <= 400; i++) {
        emit(&b.w[1], i);
    }
    emit(&b.w[0], 401);
    assert_int_equal(fb_trace_merge_sync(b.m), 0); // nothing to stand on
    begin = atomic_load(&b.w[0].header->numbers) + 1;
    support_census(&b.w[2], 10);
    assert_int_equal(fb_trace_merge_sync(b.m), begin);
    emit(&b.w[0], 0);
    support_census(&b.w[0], 10);
    assert_int_equal(fb_trace_merge_sync(b.m), begin); // the oldest
    // Ring 1 goes on until what is left of it begins after the first census.
    for (uint64_t i = 0; i < 300; i++) {
        emit(&b.w[1], i);
    }
    assert_int_equal(fb_trace_merge_sync(b.m), 0); // both lie before the tail
    begin = atomic_load(&b.w[0].header->numbers) + 1;
    support_census(&b.w[1], 10);
    assert_int_equal(fb_trace_merge_sync(b.m), begin);
    fb_trace_close(&b.w[0], true);
    assert_int_equal(fb_trace_merge_sync(b.m), begin);
    reader_close(&b);
}

// ---- files that lie ----

// Reads the whole row. `honest`: each event says its number.
static size_t read_all(struct bench *b, bool honest, uint64_t *ret_calls) {
    struct fb_event events[32];
    uint64_t next = 1, first;
    size_t got = 0, n;

    *ret_calls = 0;
    do {
        n = fb_trace_merge_read(b->m, next, events, 32, &first);
        assert_true(first >= next);
        for (size_t i = 0; honest && i < n; i++) {
            assert_int_equal(word_of(&events[i]), first + i);
        }
        next = first + n;
        got += n;
        ++*ret_calls;
    } while (n > 0);
    return got;
}

static void impossible_numbers_are_refused_and_counted(void **state) {
    static const uint64_t lies[] = {0, 2, 5, INT64_MAX, UINT64_MAX};
    struct bench b;
    uint64_t calls;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        writers_open(&b, SLOTS);
        for (uint64_t n = 1; n <= 9; n++) {
            emit(&b.w[n % RINGS], n);
        }
        b.w[1].numbers[1] = lies[i]; // it was 4, between 1 and 7
        fb_trace_close(&b.w[0], true);
        reader_open(&b);
        (void)read_all(&b, false, &calls);
        assert_true(calls < 9);
        // INT64_MAX might be true; then what follows it in its ring is not.
        assert_int_equal(fb_trace_merge_refused(b.m), 1);
        reader_close(&b);
        (void)unlink(support_path("a.ring"));
    }
}

// How many of the ring's 30 events have their slots and numbers in a file of
// `size` bytes.
static size_t left_of(const struct fb_trace_header *h, uint64_t ring,
                      uint64_t size) {
    const uint64_t column = h->rings_offset + ring * h->ring_stride +
                            FB_TRACE_PAGE_BYTES +
                            SLOTS * sizeof(struct fb_event);
    const uint64_t numbers = size > column ? (size - column) / 8 : 0;

    return numbers < 30 ? numbers : 30;
}

static void a_file_cut_short_gives_what_has_slot_and_number(void **state) {
    struct fb_trace_header h;
    struct bench b;
    uint64_t calls;

    (void)state;
    writers_open(&b, SLOTS);
    for (uint64_t n = 1; n <= 90; n++) {
        emit(&b.w[n % RINGS], n);
    }
    fb_trace_close(&b.w[0], true);
    reader_open(&b);
    h = b.r.header;
    reader_close(&b);
    for (uint64_t cut = h.file_bytes; cut > h.rings_offset + h.ring_stride;
         cut -= 8) {
        assert_int_equal(truncate(support_path("a.ring"), (off_t)cut), 0);
        reader_open(&b);
        assert_int_equal(read_all(&b, true, &calls), left_of(&h, 0, cut) +
                                                         left_of(&h, 1, cut) +
                                                         left_of(&h, 2, cut));
        assert_true(calls <= 91); // each hole ends a piece
        assert_int_equal(fb_trace_merge_refused(b.m), 0);
        reader_close(&b);
    }
}

// ---- writers ----

static void a_ring_has_one_writer_and_goes_on_where_it_stood(void **state) {
    struct bench b;
    struct fb_trace_writer again = {0};

    (void)state;
    bench_open(&b, SLOTS);
    assert_int_equal(fb_trace_ring_open(&again, &b.w[0], 0), -EINVAL);
    assert_int_equal(fb_trace_ring_open(&again, &b.w[0], 1), -EINVAL);
    assert_int_equal(fb_trace_ring_open(&again, &b.w[0], RINGS), -EINVAL);
    fb_trace_ring_close(&again); // legal: it was never opened
    emit(&b.w[1], 1);
    emit(&b.w[2], 2);
    fb_trace_ring_close(&b.w[1]);
    assert_int_equal(fb_trace_ring_open(&again, &b.w[0], 1), 0);
    assert_int_equal(again.head, 1);
    emit(&again, 3);
    expect_row(&b, 1, 3);
    bench_close(&b);
    assert_null(again.header);
    assert_null(b.w[2].header);
}

static void a_census_is_due_by_any_ring_and_serves_all(void **state) {
    struct bench b;

    (void)state;
    bench_open(&b, SLOTS);
    for (uint64_t i = 0; i < SLOTS / 2; i++) {
        assert_false(fb_trace_wanted(&b.w[2]));
        assert_false(fb_trace_check(&b.w[2]));
        emit(&b.w[2], i);
    }
    assert_true(fb_trace_wanted(&b.w[2]));
    assert_false(fb_trace_wanted(&b.w[1])); // it has written nothing
    assert_true(fb_trace_check(&b.w[2]));
    support_census(&b.w[2], 4);
    for (int i = 0; i < RINGS; i++) {
        assert_false(fb_trace_wanted(&b.w[i]));
    }
    (void)fb_trace_census_ask(&b.r);
    for (int i = 0; i < RINGS; i++) {
        assert_true(fb_trace_wanted(&b.w[i]));
    }
    assert_true(fb_trace_check(&b.w[1]));
    support_census(&b.w[1], 4);
    for (int i = 0; i < RINGS; i++) {
        assert_false(fb_trace_wanted(&b.w[i]));
        assert_false(fb_trace_check(&b.w[i]));
    }
    bench_close(&b);
}

static struct fb_trace_site site_a = {.name = "a", .file = "f.c", .line = 1};
static struct fb_trace_site site_b = {.name = "b", .file = "f.c", .line = 2};

static void sites_are_one_table_for_all_rings(void **state) {
    struct bench b;
    uint16_t a, second;

    (void)state;
    bench_open(&b, SLOTS);
    a = fb_trace_site_index(&b.w[1], &site_a);
    second = fb_trace_site_index(&b.w[2], &site_b);
    assert_int_not_equal(a, second);
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(fb_trace_site_index(&b.w[i], &site_a), a);
        assert_int_equal(fb_trace_site_index(&b.w[i], &site_b), second);
    }
    assert_string_equal(fb_trace_reader_place(&b.r, second).name, "b");
    assert_int_equal(atomic_load(&b.w[0].header->table_count), second + 1);
    bench_close(&b);
}

// A step counts the events of whichever thread writes next, and where the
// program stands is a number of the row.
static void a_step_ends_in_whichever_ring_writes(void **state) {
    struct bench b;
    uint64_t after = 0;

    (void)state;
    bench_open(&b, SLOTS);
    emit(&b.w[0], 1);
    emit(&b.w[1], 2);
    assert_int_equal(fb_trace_control_claim(&b.r), 0);
    fb_trace_control_step(&b.r, FB_STEP_EVENT, 0);
    for (int i = 0; i < RINGS; i++) {
        assert_true(fb_trace_wanted(&b.w[i]));
    }
    assert_false(fb_trace_check(&b.w[1]));
    for (int i = 0; i < RINGS; i++) {
        assert_int_equal(b.w[i].attention, 0); // whoever is next
    }
    // The step would stand now: slow motion instead tells the same and ends.
    fb_trace_control_slow(&b.r, 1000);
    emit(&b.w[2], 3);
    assert_int_equal(b.w[0].wish.mode, FB_CONTROL_SLOW);
    emit(&b.w[2], 4);
    for (int i = 0; i < RINGS; i++) {
        assert_true(b.w[i].stopped_ns >= 1000);
        assert_int_equal(b.w[i].stopped_ns, b.w[0].stopped_ns);
    }
    assert_false(fb_trace_control_stopped(&b.r, &after));
    fb_trace_control_run(&b.r);
    assert_false(fb_trace_check(&b.w[0]));
    assert_int_equal(b.w[2].attention, UINT64_MAX);
    // A wish half written, maybe by a viewer that died, holds nobody up.
    atomic_fetch_add(&b.r.control->sequence, 1);
    assert_false(fb_trace_wanted(&b.w[2]));
    atomic_fetch_add(&b.r.control->sequence, 1);
    assert_true(fb_trace_wanted(&b.w[2]));
    assert_false(fb_trace_check(&b.w[2]));
    // The switch, too, is thrown for all at once.
    fb_trace_control_enable(&b.r, false);
    assert_false(fb_trace_check(&b.w[2]));
    for (int i = 0; i < RINGS; i++) {
        assert_false(b.w[i].enabled);
    }
    // Off, nothing is wanted that cannot be had: the threads are not held up.
    (void)fb_trace_census_ask(&b.r);
    for (int i = 0; i < RINGS; i++) {
        assert_false(fb_trace_wanted(&b.w[i]));
    }
    fb_trace_control_enable(&b.r, true);
    assert_true(fb_trace_check(&b.w[1])); // a census first
    assert_true(b.w[0].enabled && b.w[2].enabled);
    bench_close(&b);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_empty_file_has_no_events_and_starts_at_one),
        TEST(losses_are_exact_at_every_fill),
        TEST(a_slow_reader_knows_each_number_it_lost),
        TEST(a_number_that_is_taken_holds_the_row_back),
        TEST(a_number_that_a_dead_writer_took_is_lost),
        TEST(numbers_are_the_order_in_which_it_happened),
        TEST(racing_writers_never_hide_or_repeat_an_event),
        TEST(a_census_in_any_ring_is_where_to_start),
        TEST(impossible_numbers_are_refused_and_counted),
        TEST(a_file_cut_short_gives_what_has_slot_and_number),
        TEST(a_ring_has_one_writer_and_goes_on_where_it_stood),
        TEST(a_census_is_due_by_any_ring_and_serves_all),
        TEST(sites_are_one_table_for_all_rings),
        TEST(a_step_ends_in_whichever_ring_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
