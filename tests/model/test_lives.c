// The checker: silent on legal lives, and each illegal one has its rule.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lives.h"
#include "tape.h"
#include <string.h>

static struct tape tape;
static struct moments at;

static struct tape *greeter(void) {
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    return &tape;
}

static struct tape *one_task(void) {
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 1);
    tape_scheduled(&tape, 1, 1);
    return &tape;
}

// The first fault is of this rule, at this event (0: the tape's last).
static void assert_fault(enum fb_life_rule rule, uint64_t event) {
    struct fb_life_fault fault = {.rule = FB_LIFE_RULES};

    assert_true(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_CUT, &fault) > 0);
    if (fault.rule != rule) {
        fail_msg("rule %s: %s", fb_name_life_rule(fault.rule), fault.text);
    }
    assert_int_equal(fault.event, event != 0 ? event : tape.count);
    assert_true(strlen(fault.text) > 10);
}

static void assert_legal(enum fb_lives_end end) {
    struct fb_life_fault fault = {0};
    const int found = fb_lives_check(tape.events, tape.count, 1, end, &fault);

    if (found != 0) {
        fail_msg("event %llu: %s", (unsigned long long)fault.event, fault.text);
    }
}

static void a_whole_legal_run_has_no_fault(void **s) {
    struct fb_lives *l;

    (void)s;
    greeter();
    tape_greeter_end(&tape);
    assert_legal(FB_LIVES_ENDED);
    l = tape_lives(&tape);
    fb_lives_finish(l, FB_LIVES_ENDED);
    assert_int_equal(fb_lives_lints(l), 0);
    assert_int_equal(fb_lives_model(l)->anomalies, 0);
    fb_lives_destroy(l);
}

static void a_census_of_what_is_has_no_fault(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_census_two_tasks(&tape);
    assert_legal(FB_LIVES_CUT);
}

static void a_census_that_forgets_a_task_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_END, FB_EV_FLAG_CENSUS, 0);
    assert_fault(FB_LIFE_CENSUS, 0);
}

static void a_poll_that_nobody_scheduled_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_begin(&tape, 2, 3, 2);
    assert_fault(FB_LIFE_POLL, 0);
}

static void two_polls_at_once_are_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_spawn(&tape, 2, 1, 2, 1);
    tape_scheduled(&tape, 2, 1);
    tape_begin(&tape, 2, 2, 1);
    assert_fault(FB_LIFE_POLL, 0);
}

static void a_poll_after_ready_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    assert_fault(FB_LIFE_POLL, 0);
}

static void a_poll_after_drop_is_found_even_when_the_model_forgot(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(&tape, 1, 2, FB_DROP_FINISHED);
    tape_enter(&tape, 1, 1, 3, 4, 6); // the parent goes on: 2 is forgotten
    tape_exit(&tape, 1, 1, 3, FB_RESULT_PENDING, 0);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    assert_fault(FB_LIFE_POLL, 0);
}

static void a_poll_after_the_end_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_end(&tape, 1, 1, FB_RESULT_READY, 0, 0);
    tape_drop(&tape, 1, 1, FB_DROP_FINISHED);
    tape_done(&tape, 1, FB_OUTCOME_OK, 0);
    tape_begin(&tape, 1, 1, 2);
    assert_fault(FB_LIFE_POLL, 0);
}

static void an_exit_without_its_enter_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    assert_fault(FB_LIFE_NESTING, 0);
}

static void a_poll_that_ends_inside_a_childs_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_end(&tape, 1, 1, FB_RESULT_READY, 0, 0);
    assert_fault(FB_LIFE_NESTING, 0);
}

static void a_child_below_the_wrong_parent_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_enter(&tape, 1, 1, 3, 4, 6);
    assert_fault(FB_LIFE_NESTING, 0);
}

static void a_child_that_is_lent_is_polled_below_its_parent(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_enter(&tape, 1, 1, 3, 4, 5);
    tape.events[tape.count - 1].flags = FB_ENTER_LENT;
    tape_exit(&tape, 1, 1, 3, FB_RESULT_PENDING, 0);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(&tape, 1, 2, FB_DROP_FINISHED); // future 3 stays
    assert_legal(FB_LIVES_CUT);
}

static void an_await_in_the_file_of_another_type_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape.events[tape.count - 1].enter.parent_type =
        tape.events[0].spawn.type; // the root's: as it is
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    assert_legal(FB_LIVES_CUT);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape.events[tape.count - 1].enter.parent_type = 77;
    assert_fault(FB_LIFE_NESTING, 0);
}

static void a_child_lent_by_a_stranger_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_enter(&tape, 1, 1, 3, 4, 5);
    tape_enter(&tape, 1, 2, 4, 4, 5); // future 2 is not being polled
    tape.events[tape.count - 1].flags = FB_ENTER_LENT;
    assert_fault(FB_LIFE_NESTING, 0);
}

static void a_budget_spent_outside_a_poll_is_found(void **s) {
    (void)s;
    tape_add(one_task(), FB_EV_BUDGET_OUT, 0, 0, 1);
    assert_fault(FB_LIFE_POLL, 0);
}

static void a_budget_spent_twice_in_one_poll_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, 1);
    assert_legal(FB_LIVES_CUT);
    tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, 1);
    assert_fault(FB_LIFE_POLL, 0);
}

static void a_budget_is_whole_again_in_the_next_poll(void **s) {
    (void)s;
    one_task();
    for (uint32_t poll = 1; poll <= 2; poll++) {
        tape_begin(&tape, 1, 1, poll);
        tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, 1);
        tape_add(&tape, FB_EV_WAKE, FB_WAKE_DURING_POLL, FB_PARTY_TASK, 1);
        tape_end(&tape, 1, 1, FB_RESULT_PENDING, 0, 0);
        tape_scheduled(&tape, 1, 1);
    }
    assert_legal(FB_LIVES_CUT);
}

static void a_second_drop_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(&tape, 1, 2, FB_DROP_FINISHED);
    tape_drop(&tape, 1, 2, FB_DROP_FINISHED);
    assert_fault(FB_LIFE_DROP, 0);
}

static void a_parent_dropped_before_its_child_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_enter(&tape, 1, 2, 3, 4, 5);
    tape_exit(&tape, 1, 2, 3, FB_RESULT_PENDING, 0);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_drop(&tape, 1, 2, FB_DROP_CANCELLED);
    assert_fault(FB_LIFE_DROP, 0);
}

static void an_end_without_ready_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_drop(&tape, 2, 6, FB_DROP_CANCELLED);
    tape_drop(&tape, 2, 3, FB_DROP_CANCELLED);
    tape_done(&tape, 2, FB_OUTCOME_OK, 0);
    assert_fault(FB_LIFE_END, 0);
}

static void an_end_with_a_living_root_is_found(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_end(&tape, 1, 1, FB_RESULT_READY, 0, 0);
    tape_done(&tape, 1, FB_OUTCOME_OK, 0);
    assert_fault(FB_LIFE_END, 0);
}

static void a_task_freed_alive_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_add(&tape, FB_EV_TASK_FREE, 0, 0, 2);
    assert_fault(FB_LIFE_END, 0);
}

static void a_waker_left_behind_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_add(&tape, FB_EV_TASK_ABORT, 0, 0, 2);
    tape_scheduled(&tape, 2, 1);
    tape_drop(&tape, 2, 6, FB_DROP_CANCELLED);
    tape_drop(&tape, 2, 3, FB_DROP_CANCELLED);
    tape_done(&tape, 2, FB_OUTCOME_CANCELLED, 0);
    tape_add(&tape, FB_EV_TASK_FREE, 0, 0, 2);
    assert_fault(FB_LIFE_WAKER, 0);
}

static void a_waker_released_but_never_stored_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_waker_drop(&tape, 2, FB_PARTY_TIMER, 4, 6, FB_WAKER_DROPPED);
    assert_fault(FB_LIFE_WAKER, 0);
}

static void a_wake_that_contradicts_the_state_is_found(void **s) {
    (void)s;
    tape_wake(one_task(), 1, FB_WAKE_SCHEDULED, FB_PARTY_OUTSIDE, 0);
    assert_fault(FB_LIFE_WAKE, 0);
    tape_wake(one_task(), 1, FB_WAKE_DURING_POLL, FB_PARTY_OUTSIDE, 0);
    assert_fault(FB_LIFE_WAKE, 0);
    tape_wake(one_task(), 1, FB_WAKE_AFTER_COMPLETE, FB_PARTY_OUTSIDE, 0);
    assert_fault(FB_LIFE_WAKE, 0);
    tape_begin(one_task(), 1, 1, 1);
    tape_wake(&tape, 1, FB_WAKE_COALESCED, FB_PARTY_OUTSIDE, 0);
    assert_fault(FB_LIFE_WAKE, 0);
}

static void a_woken_task_that_is_not_queued_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_woken;
    tape_park(&tape, -1);
    assert_fault(FB_LIFE_WAKE, 0);
}

static void a_schedule_that_nobody_caused_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_park(&tape, -1);
    tape_unpark(&tape, 0);
    tape_scheduled(&tape, 2, 1);
    assert_fault(FB_LIFE_QUEUE, 0);
}

static void a_queue_of_the_wrong_length_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_woken;
    tape_scheduled(&tape, 2, 2);
    assert_fault(FB_LIFE_QUEUE, 0);
}

static void parking_with_work_is_found(void **s) {
    (void)s;
    tape_park(one_task(), -1);
    assert_fault(FB_LIFE_PARK, 0);
}

static void events_of_a_closed_source_are_found(void **s) {
    (void)s;
    greeter();
    tape_source(&tape, FB_EV_SOURCE_READY, 2, 7, FB_SOURCE_STREAM, 1, 1);
    assert_fault(FB_LIFE_SOURCE, 0);
    greeter();
    tape_io(&tape, 2, 7, 6, FB_IO_READ, 4, 4);
    assert_fault(FB_LIFE_SOURCE, 0);
}

static void an_early_timer_is_found_and_a_due_one_is_not(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_timer(&tape, FB_EV_TIMER_SET, 1, tape.now_ns + 5000, 1, 1, 0);
    tape_clone(&tape, 1, FB_PARTY_TIMER, 1, 1, 0);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
    tape_timer(&tape, FB_EV_TIMER_END, 1, 0, 1, 1, FB_TIMER_FIRED);
    assert_fault(FB_LIFE_TIMER, 0);
    tape.events[tape.count - 1].time_ns += 10000;
    assert_legal(FB_LIVES_CUT);
    tape_timer(&tape, FB_EV_TIMER_END, 1, 0, 1, 1, FB_TIMER_CANCELLED);
    tape.events[tape.count - 1].time_ns += 10000;
    assert_fault(FB_LIFE_TIMER, 0);
}

static void blocking_work_begins_and_ends_once(void **s) {
    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_add(&tape, FB_EV_BLOCK_BEGIN, 0, 0, 1);
    tape_clone(&tape, 1, FB_PARTY_BLOCKING, 1, 1, 0);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
    assert_legal(FB_LIVES_CUT);
    tape_add(&tape, FB_EV_BLOCK_END, FB_BLOCK_DONE, 0, 1);
    tape_waker_drop(&tape, 1, FB_PARTY_BLOCKING, 1, 1, FB_WAKER_WOKEN);
    assert_legal(FB_LIVES_CUT);
    tape_add(&tape, FB_EV_BLOCK_END, FB_BLOCK_DONE, 0, 1); // again
    assert_fault(FB_LIFE_BLOCK, 0);
    tape_add(one_task(), FB_EV_BLOCK_BEGIN, 0, 0, 1);
    tape_add(&tape, FB_EV_BLOCK_BEGIN, 0, 0, 1);
    assert_fault(FB_LIFE_BLOCK, 0);
    tape_add(one_task(), FB_EV_BLOCK_BEGIN, 0, 0, 1);
    tape_add(&tape, FB_EV_BLOCK_END, FB_BLOCK_ORPHAN + 1, 0, 1);
    assert_fault(FB_LIFE_NUMBERS, 0);
    tape_begin(one_task(), 1, 1, 1);
    tape_clone(&tape, 1, FB_PARTY_BLOCKING, 1, 1, 0);
    assert_fault(FB_LIFE_WAKER, 0);
}

static void blocking_work_that_never_ends_is_a_leak(void **s) {
    struct fb_life_fault fault;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_add(&tape, FB_EV_BLOCK_BEGIN, 0, 0, 1);
    assert_legal(FB_LIVES_CUT);
    assert_int_equal(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_ENDED, &fault), 1);
    assert_int_equal(fault.rule, FB_LIFE_LEAK);
    tape_add(&tape, FB_EV_BLOCK_END, FB_BLOCK_DONE, 0, 1);
    assert_legal(FB_LIVES_ENDED);
}

static void a_clock_that_runs_backwards_is_found(void **s) {
    (void)s;
    greeter()->count = at.greet_waits;
    tape_park(&tape, -1);
    tape.events[tape.count - 1].time_ns = 5;
    assert_fault(FB_LIFE_NUMBERS, 0);
}

static void a_call_that_blocks_is_somebodys_and_takes_its_time(void **s) {
    struct fb_event *e;

    (void)s;
    greeter()->count = at.greet_waits;
    e = tape_add(&tape, FB_EV_CLOCK, FB_CLOCK_BLOCKED, 4, 2);
    e->clock.to_ns = e->time_ns;
    assert_legal(FB_LIVES_CUT);
    e->clock.to_ns = e->time_ns + 1; // told of before it is over
    assert_fault(FB_LIFE_NUMBERS, 0);
    e->clock.to_ns = 0;
    e->clock.from_ns = 1;
    assert_fault(FB_LIFE_NUMBERS, 0);
    e->subject = 99; // nobody
    assert_fault(FB_LIFE_POLL, 0);
}

static void what_is_left_at_the_end_is_a_leak(void **s) {
    struct fb_life_fault fault;

    (void)s;
    greeter();
    assert_legal(FB_LIVES_CUT);
    // the acceptor, and its listener
    assert_int_equal(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_ENDED, &fault), 2);
    assert_int_equal(fault.rule, FB_LIFE_LEAK);
}

static void pending_without_a_waker_is_a_lint_not_a_violation(void **s) {
    struct fb_lives *l;

    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
    tape_park(&tape, -1);
    assert_legal(FB_LIVES_CUT);
    l = tape_lives(&tape);
    assert_int_equal(fb_lives_lints(l), 1);
    assert_int_equal(fb_lives_fault(l, 0)->event, 4);
    assert_int_equal(fb_lives_fault(l, 0)->rule, FB_LIFE_LOST_WAKE);
    assert_int_equal(fb_lives_fault(l, 0)->severity, FB_LIFE_LINT);
    assert_null(fb_lives_fault(l, 1));
    fb_lives_destroy(l);
}

static void what_other_threads_do_unseen_is_legal(void **s) {
    struct fb_lives *l;

    (void)s;
    tape_begin(one_task(), 1, 1, 1);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
    tape_scheduled(&tape, 1, 1); // woken by another thread during its poll
    tape_wake(&tape, 1, FB_WAKE_COALESCED, FB_PARTY_THREAD, 0);
    tape_begin(&tape, 1, 1, 2);
    tape_clone(&tape, 1, FB_PARTY_OUTSIDE, 0, 0, 0);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 5, 0);
    // another thread aborts: noted when the task's turn comes
    tape_add(&tape, FB_EV_TASK_SCHEDULED, FB_QUEUE_INJECT, 0, 1)
        ->scheduled.depth = 1;
    tape_add(&tape, FB_EV_TASK_ABORT, 0, 0, 1);
    tape_drop(&tape, 1, 1, FB_DROP_CANCELLED);
    tape_done(&tape, 1, FB_OUTCOME_CANCELLED, 0);
    tape_add(&tape, FB_EV_TASK_FREE, 0, 0, 1); // its clone went elsewhere
    assert_legal(FB_LIVES_ENDED);
    l = tape_lives(&tape);
    fb_lives_finish(l, FB_LIVES_ENDED);
    assert_int_equal(fb_lives_lints(l), 0);
    fb_lives_destroy(l);
}

static void after_lost_events_it_waits_for_a_census(void **s) {
    struct fb_lives *l;
    uint64_t n = 0;

    (void)s;
    greeter()->count = at.greet_waits;
    tape_census_two_tasks(&tape);
    tape_begin(&tape, 2, 3, 2); // illegal: not scheduled
    assert_int_equal(fb_lives_create(&l), 0);
    for (size_t i = at.accept_waits; i < tape.count; i++) {
        n = i + 1;
        assert_int_equal(fb_lives_feed(l, n, &tape.events[i]), 0);
        assert_int_equal(fb_lives_violations(l), n == tape.count);
    }
    fb_lives_destroy(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_legal_run_has_no_fault),
        cmocka_unit_test(a_census_of_what_is_has_no_fault),
        cmocka_unit_test(a_census_that_forgets_a_task_is_found),
        cmocka_unit_test(a_poll_that_nobody_scheduled_is_found),
        cmocka_unit_test(two_polls_at_once_are_found),
        cmocka_unit_test(a_poll_after_ready_is_found),
        cmocka_unit_test(a_poll_after_drop_is_found_even_when_the_model_forgot),
        cmocka_unit_test(a_poll_after_the_end_is_found),
        cmocka_unit_test(an_exit_without_its_enter_is_found),
        cmocka_unit_test(a_poll_that_ends_inside_a_childs_is_found),
        cmocka_unit_test(a_child_below_the_wrong_parent_is_found),
        cmocka_unit_test(a_child_that_is_lent_is_polled_below_its_parent),
        cmocka_unit_test(an_await_in_the_file_of_another_type_is_found),
        cmocka_unit_test(a_child_lent_by_a_stranger_is_found),
        cmocka_unit_test(a_budget_spent_outside_a_poll_is_found),
        cmocka_unit_test(a_budget_spent_twice_in_one_poll_is_found),
        cmocka_unit_test(a_budget_is_whole_again_in_the_next_poll),
        cmocka_unit_test(a_second_drop_is_found),
        cmocka_unit_test(a_parent_dropped_before_its_child_is_found),
        cmocka_unit_test(an_end_without_ready_is_found),
        cmocka_unit_test(an_end_with_a_living_root_is_found),
        cmocka_unit_test(a_task_freed_alive_is_found),
        cmocka_unit_test(a_waker_left_behind_is_found),
        cmocka_unit_test(a_waker_released_but_never_stored_is_found),
        cmocka_unit_test(a_wake_that_contradicts_the_state_is_found),
        cmocka_unit_test(a_woken_task_that_is_not_queued_is_found),
        cmocka_unit_test(a_schedule_that_nobody_caused_is_found),
        cmocka_unit_test(a_queue_of_the_wrong_length_is_found),
        cmocka_unit_test(parking_with_work_is_found),
        cmocka_unit_test(events_of_a_closed_source_are_found),
        cmocka_unit_test(an_early_timer_is_found_and_a_due_one_is_not),
        cmocka_unit_test(blocking_work_begins_and_ends_once),
        cmocka_unit_test(blocking_work_that_never_ends_is_a_leak),
        cmocka_unit_test(a_clock_that_runs_backwards_is_found),
        cmocka_unit_test(a_call_that_blocks_is_somebodys_and_takes_its_time),
        cmocka_unit_test(what_is_left_at_the_end_is_a_leak),
        cmocka_unit_test(pending_without_a_waker_is_a_lint_not_a_violation),
        cmocka_unit_test(what_other_threads_do_unseen_is_legal),
        cmocka_unit_test(after_lost_events_it_waits_for_a_census),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
