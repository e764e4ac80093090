// Statistics: histograms that are right to the error they name, durations that
// were seen and no others, and what is counted.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "stats.h"
#include "tape.h"
#include "whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;

static struct tape *fresh_tape(void) {
    memset(&tape, 0, sizeof tape);
    return &tape;
}

// ---- histograms ----

static void every_number_lies_in_its_bucket(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int near = -1; near <= 1; near++) {
            const uint64_t ns = (1ull << shift) + (uint64_t)(int64_t)near;
            const uint32_t bucket = fb_histogram_bucket(ns);

            assert_true(bucket < FB_HISTOGRAM_BUCKETS);
            assert_true(fb_histogram_from(bucket) <= ns);
            assert_true(ns < fb_histogram_to(bucket) || ns == UINT64_MAX);
        }
    }
    assert_int_equal(fb_histogram_bucket(UINT64_MAX), FB_HISTOGRAM_BUCKETS - 1);
    for (uint32_t i = 1; i < FB_HISTOGRAM_BUCKETS; i++) {
        assert_int_equal(fb_histogram_to(i - 1), fb_histogram_from(i));
        assert_int_equal(fb_histogram_bucket(fb_histogram_from(i)), i);
    }
}

static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

// Against the samples themselves, sorted.
static void percentiles_are_right_to_the_error_that_is_named(void **state) {
    static const uint32_t shares[] = {1, 50000, 90000, 99000, 99900, 100000};
    enum { SAMPLES = 20000 };
    static uint64_t samples[SAMPLES];
    struct fb_histogram h = {0};
    uint64_t random = 88172645463325252ull, sum = 0;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        samples[i] = random >> (20 + random % 40);
        sum += samples[i];
        fb_histogram_add(&h, samples[i]);
    }
    qsort(samples, SAMPLES, sizeof samples[0], compare);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        const size_t rank = ((uint64_t)SAMPLES * shares[i] + 99999) / 100000;
        const double is = (double)samples[rank - 1];
        const double told = (double)fb_histogram_percentile(&h, shares[i]);

        if (told > is * 1.0625 + 1 || told < is * 0.9375 - 1) {
            fail_msg("share %u: %.0f, told %.0f", shares[i], is, told);
        }
    }
    assert_int_equal(fb_histogram_percentile(&h, 100000), samples[SAMPLES - 1]);
    assert_int_equal(h.max_ns, samples[SAMPLES - 1]);
    assert_int_equal(fb_histogram_mean(&h), sum / SAMPLES);
}

static void few_samples_have_percentiles_too(void **state) {
    struct fb_histogram h = {0};

    (void)state;
    assert_int_equal(fb_histogram_percentile(&h, 50000), 0);
    assert_int_equal(fb_histogram_mean(&h), 0);
    fb_histogram_add(&h, 5);
    assert_int_equal(fb_histogram_percentile(&h, 50000), 5);
    assert_int_equal(fb_histogram_percentile(&h, 99900), 5);
    fb_histogram_add(&h, 7);
    fb_histogram_add(&h, 1000);
    assert_int_equal(fb_histogram_percentile(&h, 50000), 7); // the second of 3
    assert_int_equal(fb_histogram_percentile(&h, 90000), 1000);
}

static void sums_of_hostile_durations_stay_sums(void **state) {
    struct fb_histogram h = {0};

    (void)state;
    fb_histogram_add(&h, UINT64_MAX);
    fb_histogram_add(&h, UINT64_MAX);
    assert_int_equal(h.sum_ns, UINT64_MAX);
    assert_int_equal(h.count, 2);
    assert_true(fb_histogram_percentile(&h, 50000) > UINT64_MAX / 16 * 15);
}

static void bars_hold_every_sample_once_however_few_they_are(void **state) {
    struct fb_histogram h = {0};
    struct fb_histogram_bar bars[40];

    (void)state;
    assert_int_equal(fb_histogram_bars(&h, bars, 40), 0);
    for (uint64_t ns = 3; ns < 1ull << 40; ns = ns * 3 + 1) {
        fb_histogram_add(&h, ns);
    }
    for (size_t max = 1; max <= 40; max++) {
        const size_t count = fb_histogram_bars(&h, bars, max);
        uint64_t all = 0;

        assert_true(count >= 1 && count <= max);
        for (size_t i = 0; i < count; i++) {
            assert_true(bars[i].from_ns < bars[i].to_ns);
            assert_true(i == 0 || bars[i].from_ns == bars[i - 1].to_ns);
            all += bars[i].count;
        }
        assert_int_equal(all, h.count);
        assert_true(bars[0].from_ns <= 3);
        assert_true(bars[count - 1].to_ns > h.max_ns);
    }
    assert_int_equal(fb_histogram_bars(&h, bars, 0), 0);
}

// Else most bars would lie between nothing and the shortest duration.
static void durations_of_nothing_have_a_bar_of_their_own(void **state) {
    struct fb_histogram h = {0};
    struct fb_histogram_bar bars[8];

    (void)state;
    fb_histogram_add(&h, 0);
    assert_int_equal(fb_histogram_bars(&h, bars, 8), 1);
    assert_int_equal(bars[0].count, 1);
    fb_histogram_add(&h, 1024);
    fb_histogram_add(&h, 1152);
    assert_int_equal(fb_histogram_bars(&h, bars, 8), 3);
    assert_int_equal(bars[0].from_ns, 0);
    assert_int_equal(bars[0].to_ns, 1024);
    assert_int_equal(bars[0].count, 1);
    assert_int_equal(bars[1].from_ns, 1024);
    assert_int_equal(fb_histogram_bars(&h, bars, 1), 1);
    assert_int_equal(bars[0].count, 3);
    for (uint64_t ns = 1; ns < 5; ns++) { // close to it: as all others
        fb_histogram_add(&h, ns);
    }
    for (size_t max = 1; max <= 8; max++) {
        const size_t count = fb_histogram_bars(&h, bars, max);
        uint64_t all = 0;

        assert_true(count <= max);
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || bars[i].from_ns == bars[i - 1].to_ns);
            all += bars[i].count;
        }
        assert_int_equal(all, 7);
    }
}

// ---- the world's ----

static struct fb_event *at_ns(struct fb_event *e, uint64_t ns) {
    e->time_ns = ns;
    return e;
}

static struct fb_event *last(void) {
    return &tape.events[tape.count - 1];
}

// Task `task` waits from `woken` to `begin` and is polled until `end`.
static void add_poll(uint32_t task, uint64_t woken, uint64_t begin,
                     uint64_t end) {
    tape_scheduled(&tape, task, 1);
    at_ns(last(), woken);
    tape_begin(&tape, task, task, 1);
    at_ns(last(), begin);
    tape_end(&tape, task, task, FB_RESULT_PENDING, 0, 0);
    at_ns(last(), end);
}

static void two_tasks(void) {
    fresh_tape();
    tape_spawn(&tape, 1, 0, 1, 1);
    at_ns(last(), 1000);
    tape_spawn(&tape, 2, 1, 2, 1);
    at_ns(last(), 1000);
    add_poll(1, 1000, 1500, 2500);
    add_poll(2, 2000, 2500, 2600);
    add_poll(1, 3000, 3010, 3020);
}

static void
a_duration_is_from_schedule_to_begin_and_from_there_to_end(void **state) {
    struct fb_model m;

    (void)state;
    two_tasks();
    tape_play(&tape, tape.count, &m);
    assert_int_equal(m.durations[FB_DURATION_POLL].count, 3);
    assert_int_equal(m.durations[FB_DURATION_POLL].sum_ns, 1000 + 100 + 10);
    assert_int_equal(m.durations[FB_DURATION_POLL].max_ns, 1000);
    assert_int_equal(m.durations[FB_DURATION_LATENCY].count, 3);
    assert_int_equal(m.durations[FB_DURATION_LATENCY].sum_ns, 500 + 500 + 10);
    fb_model_deinit(&m);
}

static struct fb_history *history_of(size_t skip, size_t gap_at) {
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = skip; i < tape.count; i++) {
        const uint64_t number = i + 1 + (gap_at != 0 && i >= gap_at ? 10 : 0);

        assert_int_equal(fb_history_push(h, number, &tape.events[i]), 0);
    }
    return h;
}

static void one_tasks_durations_are_its_own_at_any_event(void **state) {
    struct fb_task_durations d;
    struct fb_history *h;
    const struct fb_model *m;

    (void)state;
    two_tasks();
    h = history_of(0, 0);
    fb_stats_task(h, fb_history_live(h), 1, 0, &d);
    assert_int_equal(d.of[FB_DURATION_POLL].count, 2);
    assert_int_equal(d.of[FB_DURATION_POLL].sum_ns, 1010);
    assert_int_equal(d.of[FB_DURATION_LATENCY].count, 2);
    assert_true(d.from_birth);
    assert_int_equal(d.from, 1);
    m = fb_history_at(h, tape.count - 1); // its second poll is under way
    fb_stats_task(h, m, 1, 0, &d);
    assert_int_equal(d.of[FB_DURATION_POLL].count, 1);
    assert_int_equal(d.of[FB_DURATION_LATENCY].count, 2);
    fb_stats_task(h, fb_history_live(h), 1, 3, &d); // only its last poll
    assert_int_equal(d.of[FB_DURATION_POLL].count, 1);
    assert_int_equal(d.of[FB_DURATION_POLL].sum_ns, 10);
    assert_false(d.from_birth);
    assert_int_equal(d.from, tape.count - 2);
    fb_stats_task(h, fb_history_live(h), 77, 0, &d);
    assert_int_equal(d.of[FB_DURATION_POLL].count, 0);
    fb_history_destroy(h);
}

// Over many chunks of a history and its gaps, what the tasks had is what all
// had together.
static void all_tasks_together_have_what_the_world_has(void **state) {
    enum { TASKS = 7, ROUNDS = 9000 };
    struct fb_task_durations d;
    struct fb_history *h;
    uint64_t number = 0, now = 0, sum[FB_DURATIONS] = {0};
    uint64_t count[FB_DURATIONS] = {0};
    const struct fb_model *m;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fresh_tape();
        tape.now_ns = now;
        if (round < TASKS) {
            tape_spawn(&tape, round + 1, 0, round + 1, 1);
        }
        add_poll(round % TASKS + 1, now + 10, now + 10 + round % 91,
                 now + 200 + round % 37);
        for (size_t i = 0; i < tape.count; i++) {
            // the end of a poll is lost now and then, and then a beginning
            number += round > TASKS && round % 500 == i ? 3 : 1;
            assert_int_equal(fb_history_push(h, number, &tape.events[i]), 0);
        }
        now += 1000;
    }
    m = fb_history_live(h);
    for (uint32_t task = 1; task <= TASKS; task++) {
        fb_stats_task(h, m, task, 0, &d);
        for (int what = 0; what < FB_DURATIONS; what++) {
            count[what] += d.of[what].count;
            sum[what] += d.of[what].sum_ns;
        }
    }
    assert_true(m->lost > 0);
    assert_true(count[FB_DURATION_POLL] > ROUNDS - 100);
    assert_true(count[FB_DURATION_POLL] < m->polls);
    for (int what = 0; what < FB_DURATIONS; what++) {
        assert_int_equal(count[what], m->durations[what].count);
        assert_int_equal(sum[what], m->durations[what].sum_ns);
    }
    fb_history_destroy(h);
}

static void what_a_gap_or_a_census_hides_is_no_sample(void **state) {
    const struct fb_model *m;
    struct fb_history *h;

    (void)state;
    two_tasks(); // the gap lies in the last wait
    h = history_of(0, tape.count - 2);
    m = fb_history_live(h);
    assert_int_equal(m->durations[FB_DURATION_LATENCY].count, 2);
    assert_int_equal(m->durations[FB_DURATION_POLL].count, 3);
    assert_int_equal(m->gap_ns, 10);
    assert_int_equal(fb_stats_worker(m, 0).rest_ns, 2020 - 10 - 1110);
    fb_history_destroy(h);
    two_tasks(); // and in the last poll
    h = history_of(0, tape.count - 1);
    m = fb_history_live(h);
    assert_int_equal(m->durations[FB_DURATION_LATENCY].count, 3);
    assert_int_equal(m->durations[FB_DURATION_POLL].count, 2);
    fb_history_destroy(h);
    two_tasks(); // a schedule that a census states was long ago
    tape.events[tape.count - 3].flags = FB_EV_FLAG_CENSUS;
    h = history_of(0, 0);
    m = fb_history_live(h);
    assert_int_equal(m->durations[FB_DURATION_LATENCY].count, 2);
    fb_history_destroy(h);
}

// ---- counts ----

static void a_poll_that_nothing_comes_of_is_in_vain(void **state) {
    struct fb_model m;

    (void)state;
    two_tasks(); // task 1 was polled twice, the second time for nothing
    tape_play(&tape, tape.count, &m);
    assert_int_equal(m.polls_in_vain, 1);
    assert_int_equal(fb_model_task(&m, 1)->polls_in_vain, 1);
    assert_int_equal(fb_model_task(&m, 2)->polls_in_vain, 0);
    fb_model_deinit(&m);
}

// Each of these, in the middle of task 1's second poll, is a result.
static void a_poll_that_did_something_is_not(void **state) {
    for (int deed = 0; deed < 9; deed++) {
        struct fb_event end;
        struct fb_model m;

        (void)state;
        two_tasks();
        end = tape.events[--tape.count];
        switch (deed) {
        case 0: tape_io(&tape, 1, 7, 1, FB_IO_READ, 3, 10); break;
        case 1: tape_spawn(&tape, 3, 1, 3, 1); break;
        case 2: tape_enter(&tape, 1, 1, 9, 4, 5); break;
        case 3:
            tape_add(&tape, FB_EV_CHANNEL, FB_CHANNEL_GIVE, 0, 1)
                ->channel.task = 1;
            break;
        case 4: tape_wake(&tape, 2, FB_WAKE_SCHEDULED, FB_PARTY_TASK, 1); break;
        case 5: tape_add(&tape, FB_EV_YIELD, 0, 0, 1); break;
        case 6:
            tape_timer(&tape, FB_EV_TIMER_SET, 1, 99, 1, 1, FB_TIMER_FIRED);
            break;
        case 7: tape_io(&tape, 1, 7, 1, FB_IO_READ, -11, 10); break; // not this
        default:
            tape_wake(&tape, 1, FB_WAKE_DURING_POLL, FB_PARTY_SOURCE, 1);
            break; // nor this
        }
        tape.events[tape.count++] = end;
        tape_play(&tape, tape.count, &m);
        assert_int_equal(m.polls_in_vain, deed >= 7);
        fb_model_deinit(&m);
    }
}

// One that was polled before, and whose parent then waits for something else.
static void a_future_that_becomes_ready_is_a_result(void **state) {
    struct moments at;
    struct fb_model m;

    (void)state;
    for (int ready = 0; ready < 2; ready++) {
        fresh_tape();
        tape_spawn(&tape, 1, 0, 1, 1);
        for (int poll = 0; poll < 2; poll++) {
            tape_scheduled(&tape, 1, 1);
            tape_begin(&tape, 1, 1, 1);
            tape_enter(&tape, 1, 1, 9, 4, 5);
            tape_exit(&tape, 1, 1, 9,
                      poll && ready ? FB_RESULT_READY : FB_RESULT_PENDING, 0);
            tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
        }
        tape_play(&tape, tape.count, &m);
        assert_int_equal(m.polls_in_vain, !ready);
        fb_model_deinit(&m);
    }
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, tape.count, &m);
    assert_int_equal(m.polls_in_vain, 0);
    assert_true(m.polls > 2);
    assert_int_equal(m.wakes_scheduled, m.wakes);
    fb_model_deinit(&m);
}

static void a_workers_time_is_polls_parks_and_its_own(void **state) {
    struct fb_worker_time t;
    struct fb_model m;

    (void)state;
    two_tasks(); // from 1000 to 3020, of which 1110 in polls
    tape_park(&tape, -1);
    at_ns(last(), 3030);
    tape_play(&tape, tape.count, &m);
    t = fb_stats_worker(&m, 0);
    assert_int_equal(t.polls_ns, 1110);
    assert_int_equal(t.parked_ns, 0);
    assert_int_equal(t.rest_ns, 2030 - 1110);
    fb_model_deinit(&m);
    tape_unpark(&tape, 1);
    at_ns(last(), 5030);
    tape_begin(&tape, 1, 1, 3);
    at_ns(last(), 5030);
    tape_add(&tape, FB_EV_YIELD, 0, 0, 1);
    at_ns(last(), 5130); // the poll is under way: it counts
    tape_play(&tape, tape.count, &m);
    t = fb_stats_worker(&m, 0);
    assert_int_equal(t.polls_ns, 1210);
    assert_int_equal(t.parked_ns, 2000);
    assert_int_equal(t.polls_ns + t.parked_ns + t.rest_ns, 4130);
    t = fb_stats_worker(&m, 5);
    assert_int_equal(t.rest_ns, 0);
    fb_model_deinit(&m);
}

// ---- words ----

static void collect(void *arg, const char *text) {
    fprintf(arg, "%s\n", text);
}

static void the_words_name_counts_percentiles_and_limits(void **state) {
    static const struct fb_event spawn = {.kind = FB_EV_TASK_SPAWN,
                                          .subject = 9};
    char out[400], *text = NULL;
    struct fb_model m;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    assert_non_null(f);
    two_tasks();
    tape_play(&tape, tape.count, &m);
    assert_int_equal(fb_model_feed(&m, tape.count + 5, &spawn), 0);
    fb_say_histogram(out, sizeof out, FB_DURATION_POLL,
                     &m.durations[FB_DURATION_POLL]);
    assert_string_equal(out, "3 polls: half took at most 100 ns, 90 % 1 µs, "
                             "99 % 1 µs, 99.9 % 1 µs, the longest 1 µs; "
                             "370 ns on average");
    fb_tell_stats(&m, 0, collect, f);
    fb_tell_stats(&m, 1, collect, f);
    fb_tell_stats(&m, 77, collect, f);
    fb_tell_stats_limits(&m, FB_TRACE_VIRTUAL_CLOCK, collect, f);
    assert_int_equal(fclose(f), 0);
    assert_string_equal(
        text,
        "Polls: 3; 1 in vain (Pending, and nothing came of it)\n"
        "Wakes: 0\n"
        "Stopped by the budget: 0; yielded: 0\n"
        "Executor: in polls 100 % (1.1 µs), parked 0 % (0 ns), its own work "
        "0 % (0 ns)\n"
        "Polls: 2; 1 in vain (Pending, and nothing came of it)\n"
        "Wakes: 0\n"
        "Stopped by the budget: 0; yielded: 0\n"
        "The clock is virtual: it stands still in polls, so they take no time "
        "on it\n"
        "Percentiles are right to 6.25 %; number, longest and average are "
        "exact\n"
        "4 events were lost: what happened in them is not counted\n");
    free(text);
    fb_model_deinit(&m);
}

static void a_trace_read_from_its_middle_says_so(void **state) {
    const struct fb_event park = {.kind = FB_EV_PARK};
    char *text = NULL;
    struct fb_model m;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    (void)state;
    assert_non_null(f);
    assert_int_equal(fb_model_init(&m), 0);
    assert_int_equal(fb_model_feed(&m, 500, &park), 0);
    fb_tell_stats_limits(&m, 0, collect, f);
    assert_int_equal(fclose(f), 0);
    assert_non_null(
        strstr(text, "What happened before event 500 is not counted\n"));
    assert_non_null(strstr(text, "Times are taken after each poll"));
    free(text);
    fb_model_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_lies_in_its_bucket),
        cmocka_unit_test(percentiles_are_right_to_the_error_that_is_named),
        cmocka_unit_test(few_samples_have_percentiles_too),
        cmocka_unit_test(sums_of_hostile_durations_stay_sums),
        cmocka_unit_test(bars_hold_every_sample_once_however_few_they_are),
        cmocka_unit_test(durations_of_nothing_have_a_bar_of_their_own),
        cmocka_unit_test(
            a_duration_is_from_schedule_to_begin_and_from_there_to_end),
        cmocka_unit_test(one_tasks_durations_are_its_own_at_any_event),
        cmocka_unit_test(all_tasks_together_have_what_the_world_has),
        cmocka_unit_test(what_a_gap_or_a_census_hides_is_no_sample),
        cmocka_unit_test(a_poll_that_nothing_comes_of_is_in_vain),
        cmocka_unit_test(a_poll_that_did_something_is_not),
        cmocka_unit_test(a_future_that_becomes_ready_is_a_result),
        cmocka_unit_test(a_workers_time_is_polls_parks_and_its_own),
        cmocka_unit_test(the_words_name_counts_percentiles_and_limits),
        cmocka_unit_test(a_trace_read_from_its_middle_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
