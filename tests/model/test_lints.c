// Each lint on events written by hand: that it fires on its mistake, at which
// event and with which evidence, and what comes close without being one.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lints.h"
#include "tape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;
static struct fb_model world;
static struct fb_lints *lints;
static size_t played;    // events of the tape
static uint64_t missing; // numbers that it leaves out

static int begin(void **state) {
    (void)state;
    played = 0;
    missing = 0;
    tape = (struct tape){0};
    return fb_model_init(&world) | fb_lints_create(&lints, NULL);
}

static int end(void **state) {
    (void)state;
    fb_lints_destroy(lints);
    fb_model_deinit(&world);
    return 0;
}

// Feeds what they have not been fed; `lost` numbers are left out first.
static void play_after(uint64_t lost) {
    missing += lost;
    for (; played < tape.count; played++) {
        const uint64_t number = played + 1 + missing;

        assert_int_equal(fb_model_feed(&world, number, &tape.events[played]),
                         0);
        fb_lints_feed(lints, &world, number, &tape.events[played]);
    }
}

static void play(void) {
    play_after(0);
}

static void expect(size_t index, enum fb_lint_kind kind, uint32_t task,
                   const struct fb_lint_evidence *evidence, size_t count) {
    const struct fb_finding *f = fb_lints_at(lints, index);

    assert_non_null(f);
    assert_string_equal(fb_name_lint(f->kind), fb_name_lint(kind));
    assert_int_equal(f->task, task);
    assert_int_equal(f->evidence_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(f->evidence[i].event, evidence[i].event);
        assert_string_equal(fb_name_lint_role(f->evidence[i].role),
                            fb_name_lint_role(evidence[i].role));
        assert_true(f->evidence[i].event <= f->event);
    }
}
#define EXPECT(index_, kind_, task_, ...)                                      \
    expect((index_), (kind_), (task_),                                         \
           (const struct fb_lint_evidence[]){__VA_ARGS__},                     \
           sizeof((const struct fb_lint_evidence[]){__VA_ARGS__}) /            \
               sizeof(struct fb_lint_evidence))

static void expect_none(void) {
    const struct fb_finding *f = fb_lints_at(lints, 0);
    char text[300];

    if (f != NULL) {
        fb_lint_sentence(text, sizeof text, &tape_names, f);
        fail_msg("event %llu: %s", (unsigned long long)f->event, text);
    }
    assert_int_equal(fb_lints_left_out(lints), 0);
}

static void spawn(uint32_t task) {
    tape_spawn(&tape, task, 0, 100 * task, 2);
    tape_scheduled(&tape, task, 1);
}

// The task's poll, with nothing in it. Gives the number of its POLL_END.
static uint64_t poll_once(uint32_t task, enum fb_poll_result result) {
    tape_begin(&tape, task, 100 * task, 1);
    tape_end(&tape, task, 100 * task, result, 20, 0);
    return tape.count;
}

static void on_worker(uint32_t worker) { // the last event was its
    tape.events[tape.count - 1].flags |= (uint16_t)worker;
}

static void finish(uint32_t task, enum fb_task_outcome outcome, int out) {
    tape_drop(&tape, task, 100 * task, FB_DROP_FINISHED);
    tape_done(&tape, task, outcome, out);
}

// ---- none ----

static void nothing_is_found_in_the_greeter(void **state) {
    struct moments m;

    (void)state;
    tape_greeter(&tape, &m);
    tape_greeter_end(&tape);
    play();
    fb_lints_end(lints, &world);
    expect_none();
}

// ---- lost wake ----

static void pending_without_a_waker_is_lost_at_the_next_event(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_PENDING);
    play();
    expect_none(); // it may have been woken meanwhile
    tape_park(&tape, -1);
    play();
    EXPECT(0, FB_LINT_LOST_WAKE, 1, {3, FB_LINT_ROLE_POLLED},
           {4, FB_LINT_ROLE_PENDING}, {5, FB_LINT_ROLE_WENT_ON});
    assert_int_equal(fb_lints_count(lints), 1);
}

static void a_wake_or_an_abort_right_after_the_poll_explains_it(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_PENDING);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_THREAD, 0);
    tape_scheduled(&tape, 1, 1);
    poll_once(1, FB_RESULT_PENDING);
    tape_add(&tape, FB_EV_TASK_ABORT, 0, 0, 1);
    tape_drop(&tape, 1, 100, FB_DROP_CANCELLED);
    tape_done(&tape, 1, FB_OUTCOME_CANCELLED, 0);
    tape_park(&tape, -1);
    play();
    expect_none();
}

static void whose_futures_are_being_dropped_is_not_lost(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    tape_enter(&tape, 1, 100, 7, 4, 20);
    tape_exit(&tape, 1, 100, 7, FB_RESULT_PENDING, 0);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_drop(&tape, 1, 7, FB_DROP_CANCELLED); // innermost first
    tape_drop(&tape, 1, 100, FB_DROP_CANCELLED);
    tape_park(&tape, -1);
    play();
    expect_none();
}

static void
a_task_whose_waker_was_ever_outside_is_lost_only_by_a_stall(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    tape_clone(&tape, 1, FB_PARTY_OUTSIDE, 0, 0, 0);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_waker_drop(&tape, 1, FB_PARTY_OUTSIDE, 0, 0, FB_WAKER_DROPPED);
    tape_park(&tape, -1); // a clone of the clone may be anywhere
    tape_unpark(&tape, 0);
    play();
    expect_none();
    tape_add(&tape, FB_EV_STALL, 0, 0, 0)->stall.tasks = 1;
    tape_add(&tape, FB_EV_STALL, 0, 0, 0)->stall.tasks = 1;
    play();
    EXPECT(0, FB_LINT_LOST_WAKE, 1, {3, FB_LINT_ROLE_POLLED},
           {5, FB_LINT_ROLE_PENDING}, {9, FB_LINT_ROLE_STALL});
    assert_int_equal(fb_lints_at(lints, 0)->times, 1);
}

static void a_deadlock_is_no_lost_wake(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    tape_clone(&tape, 1, FB_PARTY_CHANNEL, 3, 100, FB_AWAITS_MUTEX);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_add(&tape, FB_EV_STALL, 0, 0, 0)->stall.tasks = 1;
    play();
    expect_none();
}

static void of_several_workers_each_settles_its_own_doubts(void **state) {
    (void)state;
    spawn(1);
    on_worker(1);
    tape_begin(&tape, 1, 100, 1); // 3
    on_worker(1);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0); // 4
    on_worker(1);
    tape_park(&tape, -1); // worker 0: says nothing of worker 1's
    play();
    expect_none();
    tape_add(&tape, FB_EV_PARK, 0, 0, 1)->park.timeout_ns = -1;
    play();
    EXPECT(0, FB_LINT_LOST_WAKE, 1, {3, FB_LINT_ROLE_POLLED},
           {4, FB_LINT_ROLE_PENDING}, {6, FB_LINT_ROLE_WENT_ON});
}

// ---- never yielded ----

static void have_results(uint32_t task, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        const uint32_t future = 5000 + (uint32_t)tape.count; // a new one

        tape_enter(&tape, task, 100 * task, future, 4, 20);
        tape_exit(&tape, task, 100 * task, future, FB_RESULT_READY, 0);
        tape_drop(&tape, task, future, FB_DROP_FINISHED);
    }
}

static void one_poll_with_too_many_results_never_yields(void **state) {
    const struct fb_lint_options few = {.long_poll_ns = UINT64_MAX,
                                        .endless_poll_ns = UINT64_MAX,
                                        .endless_results = 200,
                                        .self_wakes = 10,
                                        .large_bytes = UINT32_MAX};
    uint64_t begin_event;

    (void)state;
    fb_lints_destroy(lints);
    assert_int_equal(fb_lints_create(&lints, &few), 0);
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    have_results(1, 199);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_THREAD, 0);
    tape_scheduled(&tape, 1, 1);
    play();
    expect_none();
    tape_begin(&tape, 1, 100, 2);
    begin_event = tape.count;
    have_results(1, 250);
    play();
    EXPECT(0, FB_LINT_NEVER_YIELDED, 1, {begin_event, FB_LINT_ROLE_POLLED},
           {begin_event + 199 * 3 + 2, FB_LINT_ROLE_RESULT});
    assert_int_equal(fb_lints_at(lints, 0)->times, 1); // it is one poll
}

static void another_worker_sees_that_a_poll_has_no_end(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1); // 3, on worker 0
    for (int i = 0; i < 200; i++) {
        tape_add(&tape, FB_EV_PARK, 0, 0, 1)->park.timeout_ns = -1;
        tape_add(&tape, FB_EV_UNPARK, 0, 0, 1);
        if (i == 99) {
            play();
            expect_none();
            tape.now_ns += FB_LINT_ENDLESS_POLL_NS;
        }
    }
    tape_end(&tape, 1, 100, FB_RESULT_READY, 0, 0);
    play();
    assert_int_equal(fb_lints_count(lints), 1); // and no blocking call
    EXPECT(0, FB_LINT_NEVER_YIELDED, 1, {3, FB_LINT_ROLE_POLLED},
           {fb_lints_at(lints, 0)->event, FB_LINT_ROLE_STILL});
    assert_true(fb_lints_at(lints, 0)->amount >= FB_LINT_ENDLESS_POLL_NS);
}

static void quiet_is_judged_only_inside_a_poll(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_READY);
    play();
    fb_lints_quiet(lints, &world, UINT64_MAX); // nobody is being polled
    expect_none();
    spawn(2);
    tape_begin(&tape, 2, 200, 1); // 7
    play();
    fb_lints_quiet(lints, &world, FB_LINT_ENDLESS_POLL_NS - 1);
    expect_none();
    fb_lints_quiet(lints, &world, FB_LINT_ENDLESS_POLL_NS);
    fb_lints_quiet(lints, &world, 2 * FB_LINT_ENDLESS_POLL_NS);
    EXPECT(0, FB_LINT_NEVER_YIELDED, 2, {7, FB_LINT_ROLE_POLLED},
           {7, FB_LINT_ROLE_QUIET});
    assert_int_equal(fb_lints_at(lints, 0)->times, 1);
    tape.now_ns += FB_LINT_LONG_POLL_NS;
    tape_end(&tape, 2, 200, FB_RESULT_READY, 0, 0);
    play();
    assert_int_equal(fb_lints_count(lints), 1); // told already
}

// ---- self-wake storm ----

// A poll in which the task wakes itself; `also`: what else it does in it.
static void wake_itself(uint32_t task, void (*also)(uint32_t task)) {
    tape_begin(&tape, task, 100 * task, 1);
    if (also != NULL) {
        also(task);
    }
    tape_wake(&tape, task, FB_WAKE_DURING_POLL, FB_PARTY_TASK, task);
    tape_end(&tape, task, 100 * task, FB_RESULT_PENDING, 20, 0);
    tape_scheduled(&tape, task, 1);
}

static void a_hundred_idle_self_wakes_in_a_row_are_a_storm(void **state) {
    (void)state;
    spawn(1);
    for (int i = 0; i < 99; i++) {
        wake_itself(1, NULL);
    }
    play();
    expect_none();
    wake_itself(1, NULL);
    play();
    // four events a poll, the first of them event 3
    EXPECT(0, FB_LINT_SELF_WAKE_STORM, 1, {4, FB_LINT_ROLE_FIRST_WAKE},
           {399, FB_LINT_ROLE_POLLED}, {400, FB_LINT_ROLE_LAST_WAKE},
           {401, FB_LINT_ROLE_PENDING});
    assert_int_equal(fb_lints_at(lints, 0)->amount, 100);
    for (int i = 0; i < 200; i++) {
        wake_itself(1, NULL);
    }
    play();
    assert_int_equal(fb_lints_count(lints), 1);
    assert_int_equal(fb_lints_at(lints, 0)->times, 3);
}

static void get_a_result(uint32_t task) {
    have_results(task, 1);
}

static void write_a_byte(uint32_t task) {
    (void)task;
    tape_io(&tape, 1, 7, 0, FB_IO_WRITE, 1, 1);
}

static void give_way(uint32_t task) {
    tape_add(&tape, FB_EV_YIELD, 0, 0, task);
}

static void spend_all(uint32_t task) {
    tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, task);
}

static void wake_another(uint32_t task) {
    tape_wake(&tape, 2, FB_WAKE_COALESCED, FB_PARTY_TASK, task);
}

static void ask_in_vain(uint32_t task) {
    tape_enter(&tape, task, 100 * task, 7000, 4, 20);
    tape_io(&tape, 1, 7, 7000, FB_IO_READ, -EAGAIN, 1);
    tape_exit(&tape, task, 100 * task, 7000, FB_RESULT_PENDING, 0);
}

static void a_self_wake_that_gets_somewhere_is_no_storm(void **state) {
    void (*const deeds[])(uint32_t task) = {get_a_result, write_a_byte,
                                            give_way, spend_all, wake_another};

    (void)state;
    spawn(2);
    spawn(1);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        for (int k = 0; k < 90; k++) {
            wake_itself(1, ask_in_vain);
        }
        wake_itself(1, deeds[i]);
        play();
        expect_none();
    }
}

static void asking_in_vain_is_a_storm_too(void **state) {
    (void)state;
    spawn(1);
    for (int k = 0; k < 100; k++) {
        wake_itself(1, ask_in_vain);
    }
    play();
    assert_int_equal(fb_lints_count(lints), 1);
    assert_int_equal(fb_lints_at(lints, 0)->kind, FB_LINT_SELF_WAKE_STORM);
}

static void wake_once_more(uint32_t task) {
    tape_wake(&tape, task, FB_WAKE_DURING_POLL, FB_PARTY_TASK, task);
}

static void of_two_self_wakes_in_a_poll_the_first_counts(void **state) {
    (void)state;
    spawn(1);
    for (int k = 0; k < 100; k++) {
        wake_itself(1, wake_once_more);
    }
    play();
    // five events a poll, the first of them event 3
    EXPECT(0, FB_LINT_SELF_WAKE_STORM, 1, {4, FB_LINT_ROLE_FIRST_WAKE},
           {498, FB_LINT_ROLE_POLLED}, {499, FB_LINT_ROLE_LAST_WAKE},
           {501, FB_LINT_ROLE_PENDING});
}

static void each_task_has_its_own_row_of_self_wakes(void **state) {
    (void)state;
    spawn(1);
    spawn(2);
    for (int k = 0; k < 99; k++) {
        wake_itself(1, NULL);
        wake_itself(2, NULL);
    }
    play();
    expect_none();
}

// ---- poll after Ready ----

static void a_child_that_was_ready_is_not_polled_again(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    tape_enter(&tape, 1, 100, 7, 4, 20);              // 4
    tape_exit(&tape, 1, 100, 7, FB_RESULT_READY, 12); // 5
    tape_enter(&tape, 1, 100, 7, 4, 20);              // 6
    play();
    EXPECT(0, FB_LINT_POLL_AFTER_READY, 1, {5, FB_LINT_ROLE_READY},
           {6, FB_LINT_ROLE_AGAIN});
    assert_int_equal(fb_lints_at(lints, 0)->future, 7);
    tape_drop(&tape, 1, 7, FB_DROP_FINISHED);
    tape_enter(&tape, 1, 100, 7, 4, 20);
    play();
    assert_int_equal(fb_lints_count(lints), 1);
    assert_int_equal(fb_lints_at(lints, 0)->times, 2);
    assert_int_equal(fb_lints_at(lints, 0)->last_event, 8);
}

static void a_complete_task_is_not_polled_again(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_READY);
    finish(1, FB_OUTCOME_OK, 0);
    tape_begin(&tape, 1, 100, 2); // 7
    play();
    EXPECT(0, FB_LINT_POLL_AFTER_READY, 1, {6, FB_LINT_ROLE_COMPLETE},
           {7, FB_LINT_ROLE_AGAIN});
    assert_int_equal(fb_lints_at(lints, 0)->future, 0);
}

static void a_root_that_was_ready_is_not_polled_again(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_READY); // 4
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 2); // 6
    play();
    EXPECT(0, FB_LINT_POLL_AFTER_READY, 1, {4, FB_LINT_ROLE_READY},
           {6, FB_LINT_ROLE_AGAIN});
}

// ---- stale waker ----

static void a_wake_after_completion_is_stale(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_READY);
    finish(1, FB_OUTCOME_OK, 0); // DONE is event 6
    tape_wake(&tape, 1, FB_WAKE_AFTER_COMPLETE, FB_PARTY_TASK, 2);
    tape_wake(&tape, 1, FB_WAKE_AFTER_COMPLETE, FB_PARTY_TASK, 2);
    play();
    assert_int_equal(fb_lints_count(lints), 1);
    EXPECT(0, FB_LINT_STALE_WAKER, 1, {6, FB_LINT_ROLE_COMPLETE},
           {7, FB_LINT_ROLE_WOKEN});
    assert_int_equal(fb_lints_at(lints, 0)->times, 2);
}

static void a_waker_that_outlives_its_future_is_stale(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    tape_enter(&tape, 1, 100, 7, 4, 20);
    tape_clone(&tape, 1, FB_PARTY_CHANNEL, 3, 7, FB_AWAITS_MESSAGE); // 5
    tape_exit(&tape, 1, 100, 7, FB_RESULT_PENDING, 0);
    tape_drop(&tape, 1, 7, FB_DROP_CANCELLED); // 7
    play();
    EXPECT(0, FB_LINT_STALE_WAKER, 1, {5, FB_LINT_ROLE_STORED},
           {7, FB_LINT_ROLE_DROPPED});
    assert_int_equal(fb_lints_at(lints, 0)->future, 7);
    assert_int_equal(fb_lints_at(lints, 0)->holder, 3);
}

static void a_waker_taken_out_before_the_drop_is_well(void **state) {
    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    for (uint32_t future = 7; future < 9; future++) {
        tape_enter(&tape, 1, 100, future, 4, 20);
        tape_clone(&tape, 1, FB_PARTY_CHANNEL, 3, future, FB_AWAITS_MESSAGE);
        tape_exit(&tape, 1, 100, future, FB_RESULT_PENDING, 0);
    }
    tape_waker_drop(&tape, 1, FB_PARTY_CHANNEL, 3, 7, FB_WAKER_DROPPED);
    tape_drop(&tape, 1, 7, FB_DROP_CANCELLED); // its sibling waits on
    play();
    expect_none();
}

// ---- blocking call ----

static void a_poll_blocks_from_the_limit_on(void **state) {
    (void)state;
    for (uint32_t task = 1; task <= 2; task++) {
        spawn(task);
        tape_begin(&tape, task, 100 * task, 1);
        tape.now_ns += FB_LINT_LONG_POLL_NS - 1000 - (task == 1);
        tape_end(&tape, task, 100 * task, FB_RESULT_READY, 0, 0);
    }
    play();
    assert_int_equal(fb_lints_count(lints), 1);
    EXPECT(0, FB_LINT_BLOCKING_CALL, 2, {7, FB_LINT_ROLE_POLLED},
           {8, FB_LINT_ROLE_POLL_END});
    assert_int_equal(fb_lints_at(lints, 0)->amount, FB_LINT_LONG_POLL_NS);
}

static void work_on_other_threads_and_waiting_do_not_block(void **state) {
    struct fb_event *e;

    (void)state;
    spawn(1);
    tape_begin(&tape, 1, 100, 1);
    e = tape_add(&tape, FB_EV_BLOCK_BEGIN, 0, 0, 1);
    e->block.task = 1;
    tape_clone(&tape, 1, FB_PARTY_BLOCKING, 1, 100, 0);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape.now_ns += 100 * FB_LINT_LONG_POLL_NS;
    tape_add(&tape, FB_EV_BLOCK_END, FB_BLOCK_DONE, 0, 1);
    tape_waker_drop(&tape, 1, FB_PARTY_BLOCKING, 1, 100, FB_WAKER_WOKEN);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_BLOCKING, 1);
    tape_scheduled(&tape, 1, 1);
    poll_once(1, FB_RESULT_READY);
    play();
    expect_none();
}

// ---- unjoined task ----

static void detach(uint32_t task) {
    tape_add(&tape, FB_EV_TASK_JOIN, FB_JOIN_DETACH, 0, task);
}

static void a_detached_task_that_fails_is_unjoined(void **state) {
    (void)state;
    spawn(1);
    detach(1);
    poll_once(1, FB_RESULT_FAILED);
    finish(1, FB_OUTCOME_FAILED, 0);
    play();
    EXPECT(0, FB_LINT_UNJOINED_TASK, 1, {1, FB_LINT_ROLE_SPAWNED},
           {7, FB_LINT_ROLE_FAILED});
}

static void a_detached_task_may_end_in_any_other_way(void **state) {
    static const enum fb_task_outcome outcomes[] = {
        FB_OUTCOME_OK, FB_OUTCOME_ERROR, FB_OUTCOME_CANCELLED};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        spawn(i + 1);
        detach(i + 1);
        poll_once(i + 1, FB_RESULT_READY);
        finish(i + 1, outcomes[i], -ECONNRESET);
    }
    play();
    fb_lints_end(lints, &world);
    expect_none();
}

static void whose_failure_was_asked_for_is_joined(void **state) {
    (void)state;
    spawn(3); // awaited, and then left alone
    tape_add(&tape, FB_EV_TASK_JOIN, FB_JOIN_AWAIT, 0, 3);
    detach(3);
    poll_once(3, FB_RESULT_FAILED);
    finish(3, FB_OUTCOME_FAILED, 0);
    for (uint32_t i = 1; i <= 2; i++) {
        spawn(i);
        poll_once(i, FB_RESULT_FAILED);
        finish(i, FB_OUTCOME_FAILED, 0);
        tape_add(&tape, FB_EV_TASK_JOIN, i == 1 ? FB_JOIN_TAKEN : FB_JOIN_AWAIT,
                 0, i);
    }
    play();
    fb_lints_end(lints, &world);
    expect_none();
}

static void a_failure_nobody_asked_for_is_told_at_the_end(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_READY);
    finish(1, FB_OUTCOME_ERROR, -ECONNRESET); // 6
    tape_park(&tape, -1);                     // 7
    play();
    expect_none();
    fb_lints_end(lints, &world);
    fb_lints_end(lints, &world);
    EXPECT(0, FB_LINT_UNJOINED_TASK, 1, {1, FB_LINT_ROLE_SPAWNED},
           {6, FB_LINT_ROLE_FAILED}, {7, FB_LINT_ROLE_TRACE_ENDED});
    assert_int_equal(fb_lints_at(lints, 0)->times, 1);
}

// ---- large future ----

static void a_large_type_is_told_once(void **state) {
    (void)state;
    for (uint32_t task = 1; task <= 3; task++) {
        spawn(task);
        tape.events[tape.count - 2].spawn.bytes =
            FB_LINT_LARGE_BYTES - (task == 1);
    }
    play();
    EXPECT(0, FB_LINT_LARGE_FUTURE, 2, {3, FB_LINT_ROLE_SPAWNED});
    assert_int_equal(fb_lints_count(lints), 1);
    assert_int_equal(fb_lints_at(lints, 0)->times, 2);
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    tape_spawn(&tape, 2, 0, 200, 2); // names it again
    tape.events[tape.count - 1].spawn.bytes = FB_LINT_LARGE_BYTES;
    tape.events[tape.count - 1].flags = FB_EV_FLAG_CENSUS;
    play();
    assert_int_equal(fb_lints_at(lints, 0)->times, 2);
}

// ---- doubt ----

static void a_row_of_self_wakes_ends_at_a_gap(void **state) {
    (void)state;
    spawn(1);
    for (int k = 0; k < 60; k++) {
        wake_itself(1, NULL);
    }
    play();
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    tape_spawn(&tape, 1, 0, 100, 2);
    tape.events[tape.count - 1].flags = FB_EV_FLAG_CENSUS;
    tape_scheduled(&tape, 1, 1);
    tape.events[tape.count - 1].flags = FB_EV_FLAG_CENSUS;
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_END, FB_EV_FLAG_CENSUS, 0);
    play_after(5);
    for (int k = 0; k < 60; k++) {
        wake_itself(1, NULL);
    }
    play();
    expect_none();
    for (int k = 0; k < 40; k++) {
        wake_itself(1, NULL);
    }
    play();
    assert_int_equal(fb_lints_count(lints), 1);
}

static void where_events_were_lost_nothing_is_found(void **state) {
    struct moments m;

    (void)state;
    tape_greeter(&tape, &m);
    tape.count = m.greet_waits;
    play();
    tape_begin(&tape, 1, 1, 9); // after a gap: what has become of its waker?
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 20, 0);
    tape_park(&tape, -1);
    for (int i = 0; i < 200; i++) {
        wake_itself(3, NULL);
    }
    play_after(10);
    expect_none();
    tape_census_two_tasks(&tape);
    tape_unpark(&tape, 0);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 10);
    tape_waker_drop(&tape, 1, FB_PARTY_SOURCE, 1, 4, FB_WAKER_DROPPED);
    tape_drop(&tape, 1, 4, FB_DROP_CANCELLED);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 40, 0);
    tape_park(&tape, -1);
    play();
    assert_int_equal(fb_lints_count(lints), 1); // now it is known
    assert_int_equal(fb_lints_at(lints, 0)->kind, FB_LINT_LOST_WAKE);
}

static void a_census_neither_settles_a_doubt_nor_makes_one(void **state) {
    (void)state;
    spawn(1);
    poll_once(1, FB_RESULT_PENDING);
    for (int i = 0; i < 2; i++) { // begin and end of a census
        tape_add(&tape, FB_EV_CENSUS, i == 0 ? FB_CENSUS_BEGIN : FB_CENSUS_END,
                 FB_EV_FLAG_CENSUS, 0);
        if (i == 0) {
            tape_spawn(&tape, 1, 0, 100, 2);
            tape.events[tape.count - 1].flags = FB_EV_FLAG_CENSUS;
        }
    }
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_THREAD, 0);
    tape_scheduled(&tape, 1, 1);
    play();
    expect_none();
}

// ---- bounds and order ----

static void many_findings_are_counted_not_kept(void **state) {
    enum { TASKS = 700 };

    (void)state;
    for (uint32_t task = 1; task <= TASKS; task++) {
        spawn(task);
        poll_once(task, FB_RESULT_PENDING);
    }
    tape_park(&tape, -1);
    play();
    assert_int_equal(fb_lints_count(lints), FB_LINTS_KEPT);
    assert_int_equal(fb_lints_left_out(lints), TASKS - FB_LINTS_KEPT);
    // four events a task; it fires at the first of the next one's
    assert_int_equal(fb_lints_until(lints, 4), 0);
    assert_int_equal(fb_lints_until(lints, 5), 1);
    assert_int_equal(fb_lints_until(lints, 9), 2);
    assert_int_equal(fb_lints_until(lints, UINT64_MAX), FB_LINTS_KEPT);
    assert_ptr_equal(fb_lints_fired(lints, 9), fb_lints_at(lints, 1));
    assert_null(fb_lints_fired(lints, 8));
    assert_null(fb_lints_fired(lints, 0));
    assert_null(fb_lints_at(lints, FB_LINTS_KEPT));
}

static void a_namesake_in_the_next_runtime_is_another_task(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        spawn(1);
        poll_once(1, FB_RESULT_READY);
        finish(1, FB_OUTCOME_OK, 0);
        tape_wake(&tape, 1, FB_WAKE_AFTER_COMPLETE, FB_PARTY_TASK, 2);
        tape_add(&tape, FB_EV_TASK_FREE, 0, 0, 1);
    }
    play();
    assert_int_equal(fb_lints_count(lints), 2);
}

// ---- words ----

static void every_lint_and_role_has_words(void **state) {
    (void)state;
    for (int i = 0; i < FB_LINTS; i++) {
        const char *why = fb_lint_explains(i), *remedy = fb_lint_remedy(i);

        assert_true(strlen(fb_name_lint(i)) > 4);
        assert_int_equal(why[strlen(why) - 1], '.');
        assert_int_equal(remedy[strlen(remedy) - 1], '.');
    }
    for (int i = 0; i < FB_LINT_ROLES; i++) {
        assert_true(strlen(fb_name_lint_role(i)) > 4);
    }
    assert_string_equal(fb_name_lint(FB_LINTS), "?");
    assert_string_equal(fb_lint_explains(FB_LINTS), "");
    assert_string_equal(fb_lint_remedy(FB_LINTS), "");
    assert_string_equal(fb_name_lint_role(FB_LINT_ROLES), "?");
}

static void a_sentence_says_who_did_what(void **state) {
    static const struct {
        struct fb_finding f;
        const char *sentence;
    } rows[] = {
        {{.kind = FB_LINT_LOST_WAKE},
         "Task 4 (greet) returned Pending, and nobody holds its waker: only "
         "an abort can end its wait."},
        {{.kind = FB_LINT_NEVER_YIELDED,
          .amount = 10000,
          .evidence_count = 1,
          .evidence = {{1, FB_LINT_ROLE_RESULT}}},
         "Task 4 (greet) had 10,000 futures Ready in one poll, which had not "
         "ended."},
        {{.kind = FB_LINT_NEVER_YIELDED,
          .amount = 1200000000,
          .evidence_count = 1,
          .evidence = {{1, FB_LINT_ROLE_STILL}}},
         "Task 4 (greet) had been in one poll for 1.2 s, which had not ended."},
        {{.kind = FB_LINT_SELF_WAKE_STORM, .amount = 100},
         "Task 4 (greet) woke itself in 100 polls in a row, and none of them "
         "got anywhere."},
        {{.kind = FB_LINT_POLL_AFTER_READY, .future = 7, .future_type = 4},
         "read (future 7) of task 4 (greet) was polled again after it was "
         "Ready."},
        {{.kind = FB_LINT_POLL_AFTER_READY,
          .future = 7,
          .evidence = {{1, FB_LINT_ROLE_DROPPED}}},
         "Future 7 of task 4 (greet) was polled again after it was dropped."},
        {{.kind = FB_LINT_POLL_AFTER_READY},
         "Task 4 (greet) was polled although it was complete."},
        {{.kind = FB_LINT_STALE_WAKER},
         "Task 4 (greet) was woken after it was complete: somebody still had "
         "a waker of it."},
        {{.kind = FB_LINT_STALE_WAKER,
          .future = 7,
          .future_type = 4,
          .party = FB_PARTY_CHANNEL,
          .holder = 3},
         "read (future 7) of task 4 (greet) was dropped, but its waker is "
         "still stored: channel 3 has it."},
        {{.kind = FB_LINT_BLOCKING_CALL, .amount = 250000000},
         "One poll of task 4 (greet) took 250 ms: its thread did nothing else "
         "meanwhile."},
        {{.kind = FB_LINT_UNJOINED_TASK, .outcome = FB_OUTCOME_FAILED},
         "Task 4 (greet) failed, and nobody has joined it: no one learns of "
         "that."},
        {{.kind = FB_LINT_UNJOINED_TASK,
          .outcome = FB_OUTCOME_ERROR,
          .out = -ECONNRESET},
         "Task 4 (greet) ended with error ECONNRESET, and nobody has joined "
         "it: no one learns of that."},
        {{.kind = FB_LINT_LARGE_FUTURE, .amount = 70000},
         "Task 4 (greet) takes 70,000 bytes."},
    };
    char text[300], cut[24];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fb_finding f = rows[i].f;

        f.task = 4;
        f.type = 2;
        fb_lint_sentence(text, sizeof text, &tape_names, &f);
        assert_string_equal(text, rows[i].sentence);
        assert_int_equal(fb_lint_sentence(cut, sizeof cut, &tape_names, &f),
                         strlen(text));
        assert_int_equal(strncmp(cut, text, sizeof cut - 1), 0);
    }
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_found_in_the_greeter),
        TEST(pending_without_a_waker_is_lost_at_the_next_event),
        TEST(a_wake_or_an_abort_right_after_the_poll_explains_it),
        TEST(whose_futures_are_being_dropped_is_not_lost),
        TEST(a_task_whose_waker_was_ever_outside_is_lost_only_by_a_stall),
        TEST(a_deadlock_is_no_lost_wake),
        TEST(of_several_workers_each_settles_its_own_doubts),
        TEST(one_poll_with_too_many_results_never_yields),
        TEST(another_worker_sees_that_a_poll_has_no_end),
        TEST(quiet_is_judged_only_inside_a_poll),
        TEST(a_hundred_idle_self_wakes_in_a_row_are_a_storm),
        TEST(a_self_wake_that_gets_somewhere_is_no_storm),
        TEST(asking_in_vain_is_a_storm_too),
        TEST(of_two_self_wakes_in_a_poll_the_first_counts),
        TEST(each_task_has_its_own_row_of_self_wakes),
        TEST(a_child_that_was_ready_is_not_polled_again),
        TEST(a_complete_task_is_not_polled_again),
        TEST(a_root_that_was_ready_is_not_polled_again),
        TEST(a_wake_after_completion_is_stale),
        TEST(a_waker_that_outlives_its_future_is_stale),
        TEST(a_waker_taken_out_before_the_drop_is_well),
        TEST(a_poll_blocks_from_the_limit_on),
        TEST(work_on_other_threads_and_waiting_do_not_block),
        TEST(a_detached_task_that_fails_is_unjoined),
        TEST(a_detached_task_may_end_in_any_other_way),
        TEST(whose_failure_was_asked_for_is_joined),
        TEST(a_failure_nobody_asked_for_is_told_at_the_end),
        TEST(a_large_type_is_told_once),
        TEST(a_row_of_self_wakes_ends_at_a_gap),
        TEST(where_events_were_lost_nothing_is_found),
        TEST(a_census_neither_settles_a_doubt_nor_makes_one),
        TEST(many_findings_are_counted_not_kept),
        TEST(a_namesake_in_the_next_runtime_is_another_task),
        TEST(every_lint_and_role_has_words),
        TEST(a_sentence_says_who_did_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
