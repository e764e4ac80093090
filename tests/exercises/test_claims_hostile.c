// Claims on events that nobody honest has written: no crash, no endless work,
// and where events are lost nothing is claimed.
#include "claims_stage.h"

#include "random_events.h"
#include <string.h>
#include <time.h>

// Asks every claim; each on a trial of its own. Gives how many failed.
static unsigned ask_all(struct stage *s) {
    const struct fb_wanted wanted = {
        .what = "a park", .kind = FB_EV_PARK, .at_least = 3};
    unsigned failed = 0;

    for (int claim = 0; claim < 17; claim++) {
        struct fb_trial *t = stage_again(s);
        bool held = true;

        switch (claim) {
        case 0: held = fb_claim_pending_has_source(t); break;
        case 1: held = fb_claim_wake_then_poll(t); break;
        case 2: held = fb_claim_wakes_reach(t, NULL); break;
        case 3: held = fb_claim_no_poll_after_done(t); break;
        case 4: held = fb_claim_polls_earned(t, NULL, 50); break;
        case 5: held = fb_claim_poll_count(t, "greet", 1, 1); break;
        case 6: held = fb_claim_overlap(t, NULL, 1000); break;
        case 7: held = fb_claim_poll_span(t, NULL, 10); break;
        case 8: held = fb_claim_bytes_kept(t, -1, 1, 2); break;
        case 9: held = fb_claim_closed_once(t, 1); break;
        case 10: held = fb_claim_spawns_joined(t); break;
        case 11: held = fb_claim_errors_seen_once(t, "It", 1, 2); break;
        case 12: held = fb_claim_timer_exact(t, 0); break;
        case 13: held = fb_claim_ready_at(t, "greet", 5, 1); break;
        case 14: held = fb_claim_ends_quiet(t); break;
        case 15: held = fb_claim_same_behaviour(t, t, 0); break;
        default: held = fb_claim_must_happen(t, &wanted); break;
        }
        failed += !held;
        assert_int_equal(fb_trial_verdict(t)->failed, !held);
        assert_true(held || strlen(fb_trial_verdict(t)->text) > 10);
    }
    return failed;
}

static void random_events_are_survived(void **state) {
    static struct tape tape;
    unsigned failed = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct stage s = {0};
        uint64_t at = seed;

        tape = (struct tape){0};
        while (tape.count < 300) {
            tape.events[tape.count++] = random_event(&at);
        }
        (void)stage_judge_tape(&s, &tape, true, 0, 0);
        failed += ask_all(&s);
        fb_trial_destroy(s.trial);
        fb_history_destroy(s.history);
    }
    assert_true(failed > 60); // they were looked at
    (void)state;
}

// A real life of which one event after the other is damaged.
static void damaged_events_are_survived(void **state) {
    static struct tape whole, tape;
    struct moments m;

    whole = (struct tape){0};
    tape_greeter(&whole, &m);
    tape_greeter_end(&whole);
    for (size_t i = 0; i < whole.count; i++) {
        struct stage s = {0};

        tape = whole;
        memset((char *)&tape.events[i] + 8 + i % 8, (int)(0x5a + i), 9);
        (void)stage_judge_tape(&s, &tape, true, 0, 0);
        (void)ask_all(&s);
        fb_trial_destroy(s.trial);
        fb_history_destroy(s.history);
    }
    (void)state;
}

static void where_events_are_lost_nothing_is_claimed(void **state) {
    static struct tape tape;
    struct stage *s = *state;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_park(&tape, -1);
    (void)stage_judge_tape(s, &tape, true, 0, 0);
    assert_true(fb_trial_exact(s->trial));
    assert_false(fb_claim_pending_has_source(s->trial));
    fb_trial_destroy(s->trial);
    fb_history_destroy(s->history);
    (void)stage_judge_tape(s, &tape, true, 3, 5);
    assert_false(fb_trial_exact(s->trial));
    assert_int_equal(ask_all(s), 0);
}

// 100,000 events of one task that waits and of many that come and go. The bound
// is far above what it takes: work that grows with the square does not keep it.
static void a_long_run_is_judged_in_time(void **state) {
    static struct tape tape;
    struct stage *s = *state;
    uint64_t number = 0;
    clock_t begin;

    s->names = tape_names;
    assert_int_equal(fb_history_create(&s->history, 0), 0);
    for (uint32_t task = 1; number < 100000; task++) {
        tape = (struct tape){0};
        tape.now_ns = number * 1000;
        tape_spawn(&tape, task, task > 1 ? 1 : 0, 10 * task, 2);
        tape_scheduled(&tape, task, 1);
        tape_begin(&tape, task, 10 * task, 1);
        tape_clone(&tape, task, FB_PARTY_OUTSIDE, 0, 0, 0);
        tape_end(&tape, task, 10 * task, FB_RESULT_PENDING, 20, 0);
        for (size_t i = 0; i < tape.count; i++) {
            assert_int_equal(
                fb_history_push(s->history, ++number, &tape.events[i]), 0);
        }
    }
    assert_int_equal(fb_trial_create(s->history, &s->names, true, &s->trial),
                     0);
    begin = clock();
    assert_true(ask_all(s) > 0);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 20); // all 18 together
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(random_events_are_survived),
        STAGE_TEST(damaged_events_are_survived),
        STAGE_TEST(where_events_are_lost_nothing_is_claimed),
        STAGE_TEST(a_long_run_is_judged_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
