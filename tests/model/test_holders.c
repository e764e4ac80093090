// The wakers of a task: what is wrong with a stored one, and the last wakes.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "holders.h"
#include "tape.h"
#include <string.h>

static struct tape tape;
static struct fb_model m;

static const struct fb_model_hold *hold_of(uint32_t task) {
    return fb_model_hold_at(&m, fb_model_task(&m, task)->holds);
}

static const char *flaw_of(uint32_t task) {
    static char text[200];

    fb_say_hold_flaw(text, sizeof text, fb_hold_flaw(&m, hold_of(task)));
    return text;
}

static void play(size_t count) {
    tape_play(&tape, count, &m);
}

static void a_stored_waker_says_where_it_is_and_who_stored_it(void **state) {
    struct moments at;
    char text[200];

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    play(at.greet_waits);
    fb_say_hold(text, sizeof text, &m, hold_of(2));
    assert_string_equal(text, "fd 7 readable");
    fb_say_hold_origin(text, sizeof text, &tape_names, &m, hold_of(2));
    assert_non_null(
        strstr(text, "stored by read (future 6) at named.c:31, event "));
    assert_string_equal(flaw_of(2), "");
    fb_say_hold_balance(text, sizeof text, &m, 2);
    assert_string_equal(
        text, "1 cloned, 0 dropped, 1 stored now: that is all of them");
    fb_model_deinit(&m);
}

// In no moment of an honest life is a waker called leaked.
static void an_honest_life_has_no_flaw(void **state) {
    struct moments at;

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape_greeter_end(&tape);
    for (size_t count = 1; count <= tape.count; count++) {
        uint32_t cursor = 0;
        const struct fb_model_task *t;

        play(count);
        while ((t = fb_model_task_next(&m, &cursor)) != NULL) {
            const struct fb_model_hold *h = fb_model_hold_at(&m, t->holds);

            assert_true(h == NULL || fb_hold_flaw(&m, h) == FB_HOLD_SOUND);
        }
        fb_model_deinit(&m);
    }
}

static void waiting_task(void) {
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 1);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 9);
}

static void leaks_are_named(void **state) {
    (void)state;
    waiting_task();
    tape_clone(&tape, 1, FB_PARTY_TIMER, 77, 2, 0); // of a timer that is not
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    play(tape.count);
    assert_string_equal(flaw_of(1), "leaked: who holds it is gone");
    fb_model_deinit(&m);
    waiting_task();
    tape_clone(&tape, 1, FB_PARTY_CHANNEL, 3, 2, FB_AWAITS_MESSAGE);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_drop(&tape, 1, 2, FB_DROP_CANCELLED); // and keeps its waker there
    play(tape.count);
    assert_string_equal(flaw_of(1),
                        "leaked: the future that stored it is gone");
    fb_model_deinit(&m);
    tape_end(&tape, 1, 1, FB_RESULT_READY, 0, 0);
    tape_done(&tape, 1, FB_OUTCOME_OK, 0);
    play(tape.count);
    assert_string_equal(flaw_of(1),
                        "after completion: it wakes nobody any more and keeps "
                        "the task's memory");
    fb_model_deinit(&m);
}

// A timer that fires is gone one event before its waker is.
static void a_holder_that_is_just_ending_is_no_leak(void **state) {
    (void)state;
    waiting_task();
    tape_timer(&tape, FB_EV_TIMER_SET, 5, 99, 1, 2, 0);
    tape_clone(&tape, 1, FB_PARTY_TIMER, 5, 2, 0);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 9, 0);
    tape_timer(&tape, FB_EV_TIMER_END, 5, 99, 1, 2, FB_TIMER_FIRED);
    play(tape.count);
    assert_null(fb_model_timer(&m, 5));
    assert_string_equal(flaw_of(1), "");
    fb_model_deinit(&m);
}

// After lost events nobody knows what is still there.
static void in_an_uncertain_world_nothing_is_called_leaked(void **state) {
    static const struct fb_event park = {.kind = FB_EV_PARK};

    (void)state;
    waiting_task();
    tape_clone(&tape, 1, FB_PARTY_TIMER, 77, 2, 0);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    play(tape.count);
    assert_int_equal(fb_model_feed(&m, tape.count + 1, &park), 0);
    assert_string_not_equal(flaw_of(1), "");
    assert_int_equal(fb_model_feed(&m, tape.count + 9, &park), 0);
    assert_string_equal(flaw_of(1), "");
    fb_model_deinit(&m);
}

static void clones_out_of_sight_are_said(void **state) {
    char text[200];

    (void)state;
    waiting_task();
    tape_waker_drop(&tape, 1, FB_PARTY_OUTSIDE, 0, 0, FB_WAKER_DROPPED);
    play(tape.count); // another thread had made that one
    fb_say_hold_balance(text, sizeof text, &m, 1);
    assert_string_equal(text, "0 cloned, 1 dropped, 0 stored now: the others "
                              "were stored or dropped out of sight");
    fb_model_deinit(&m);
}

// ---- the last wakes ----

static struct fb_history *history(size_t gap_at) {
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(
            fb_history_push(h, i + 1 + (i >= gap_at ? 7 : 0), &tape.events[i]),
            0);
    }
    return h;
}

static void the_last_wakes_come_newest_first_with_their_cause(void **state) {
    struct fb_wakes wakes;
    struct fb_history *h;
    struct moments at;
    char text[200];

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape_wake(&tape, 2, FB_WAKE_AFTER_COMPLETE, FB_PARTY_THREAD, 99);
    h = history(SIZE_MAX);
    fb_wakes_last(h, fb_history_live(h), 1, 0, &wakes);
    assert_int_equal(wakes.count, fb_model_task(fb_history_live(h), 1)->wakes);
    assert_int_equal(wakes.from, 0);
    fb_wakes_last(h, fb_history_at(h, at.greet_free), 2, 0, &wakes);
    assert_int_equal(wakes.count, 1);
    assert_int_equal(wakes.items[0].event, at.greet_woken);
    // its source is closed by now; the SOURCE_READY before the wake knows
    fb_say_wake(text, sizeof text, fb_history_live(h), 2, &wakes.items[0]);
    assert_string_equal(text, "by reactor, fd 7; scheduled it");
    fb_wakes_last(h, fb_history_at(h, at.greet_woken - 1), 2, 0, &wakes);
    assert_int_equal(wakes.count, 0);
    fb_history_destroy(h);
}

static void many_wakes(uint32_t count) {
    waiting_task();
    for (uint32_t i = 0; i < count; i++) {
        tape_wake(&tape, 1,
                  i == 0 ? FB_WAKE_DURING_POLL : FB_WAKE_AFTER_COMPLETE,
                  FB_PARTY_TASK, 1);
    }
}

static void a_list_that_is_cut_says_how_many_came_before(void **state) {
    struct fb_wakes wakes;
    struct fb_history *h;
    const struct fb_model *live;
    char text[200];

    (void)state;
    many_wakes(40);
    h = history(SIZE_MAX);
    live = fb_history_live(h);
    fb_wakes_last(h, live, 1, 0, &wakes);
    assert_int_equal(wakes.count, FB_WAKES_KEPT);
    assert_int_equal(wakes.items[0].event, tape.count);
    fb_say_wakes_end(text, sizeof text, live, 1, &wakes);
    assert_string_equal(text, "24 before these");
    fb_say_wake(text, sizeof text, live, 1, &wakes.items[0]);
    assert_string_equal(text, "by itself; after completion: too late");
    fb_wakes_last(h, live, 1, 5, &wakes); // no time to look further
    assert_int_equal(wakes.count, 5);
    fb_say_wakes_end(text, sizeof text, live, 1, &wakes);
    assert_string_equal(text, "35 before these, before event 40");
    fb_history_destroy(h);
}

static void a_gap_is_passed_over(void **state) {
    struct fb_wakes wakes;
    struct fb_history *h;

    (void)state;
    many_wakes(9);
    h = history(tape.count - 4);
    fb_wakes_last(h, fb_history_live(h), 1, 0, &wakes);
    assert_int_equal(wakes.count, 9);
    assert_int_equal(wakes.items[0].event, tape.count + 7);
    fb_history_destroy(h);
}

static void nobody_has_no_wakes(void **state) {
    struct fb_wakes wakes;
    struct fb_history *h;
    char text[200];

    (void)state;
    many_wakes(2);
    h = history(SIZE_MAX);
    fb_wakes_last(h, fb_history_live(h), 77, 0, &wakes);
    assert_int_equal(wakes.count, 0);
    assert_int_equal(
        fb_say_wakes_end(text, sizeof text, fb_history_live(h), 77, &wakes), 0);
    assert_int_equal(
        fb_say_hold_balance(text, sizeof text, fb_history_live(h), 77), 0);
    fb_history_destroy(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_waker_says_where_it_is_and_who_stored_it),
        cmocka_unit_test(an_honest_life_has_no_flaw),
        cmocka_unit_test(leaks_are_named),
        cmocka_unit_test(a_holder_that_is_just_ending_is_no_leak),
        cmocka_unit_test(in_an_uncertain_world_nothing_is_called_leaked),
        cmocka_unit_test(clones_out_of_sight_are_said),
        cmocka_unit_test(the_last_wakes_come_newest_first_with_their_cause),
        cmocka_unit_test(a_list_that_is_cut_says_how_many_came_before),
        cmocka_unit_test(a_gap_is_passed_over),
        cmocka_unit_test(nobody_has_no_wakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
