// Several workers: one world, a lane for each, and what none of them may do.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lives.h"
#include "normal.h"
#include "tape.h"
#include <stdlib.h>
#include <string.h>

static struct tape tape;

// ---- events with a worker ----

static struct fb_event *last(void) {
    return &tape.events[tape.count - 1];
}

static void spawn(uint32_t task, unsigned worker, uint32_t depth) {
    tape_spawn(&tape, task, 0, 10 * task, 1);
    tape_scheduled(&tape, task, depth);
    last()->flags = (uint16_t)worker;
}

static void scheduled(uint32_t task, unsigned worker) {
    tape_scheduled(&tape, task, 1);
    last()->flags = (uint16_t)worker;
}

static void stolen(uint32_t task, unsigned thief) {
    scheduled(task, thief);
    last()->detail = FB_QUEUE_STOLEN;
}

static void begin(uint32_t task, unsigned worker, uint32_t polls) {
    tape_begin(&tape, task, 10 * task, polls);
    last()->flags = (uint16_t)worker;
}

static void end(uint32_t task, unsigned worker, enum fb_poll_result result) {
    tape_end(&tape, task, 10 * task, result, 0, 0);
    last()->flags = (uint16_t)worker;
}

static void finish(uint32_t task, unsigned worker) {
    end(task, worker, FB_RESULT_READY);
    tape_drop(&tape, task, 10 * task, FB_DROP_FINISHED);
    tape_done(&tape, task, FB_OUTCOME_OK, 0);
    tape_add(&tape, FB_EV_TASK_FREE, 0, 0, task);
}

static void park(unsigned worker, int64_t timeout_ns) {
    tape_park(&tape, timeout_ns);
    last()->subject = worker;
}

static void unpark(unsigned worker) {
    tape_unpark(&tape, 0);
    last()->subject = worker;
}

// A child future of `task`, entered.
static void enter(uint32_t task, uint32_t child) {
    tape_enter(&tape, task, 10 * task, child, 4, 7);
}

static void leave(uint32_t task, uint32_t child, enum fb_poll_result result) {
    tape_exit(&tape, task, 10 * task, child, result, 0);
}

// Tasks 1 and 2 wait in the queue of worker 0, task 3 in that of worker 1.
static struct tape *three_tasks(void) {
    memset(&tape, 0, sizeof tape);
    spawn(1, 0, 1);
    spawn(2, 0, 2);
    spawn(3, 1, 1);
    return &tape;
}

static void two_polls(void) {
    three_tasks();
    begin(1, 0, 1);
    begin(3, 1, 1);
}

static void play(struct fb_model *m) {
    tape_play(&tape, tape.count, m);
    assert_int_equal(m->anomalies, 0);
}

static uint32_t first_in(const struct fb_model *m, uint32_t worker) {
    const struct fb_model_task *t =
        fb_model_task_at(m, fb_model_worker(m, worker)->queue_head);

    return t != NULL ? t->id : 0;
}

static uint32_t polled_by(const struct fb_model *m, uint32_t worker) {
    const struct fb_model_task *t =
        fb_model_task_at(m, fb_model_worker(m, worker)->running);

    return t != NULL ? t->id : 0;
}

// ---- the model ----

static void each_worker_has_its_poll_its_stack_and_its_queue(void **s) {
    struct fb_model m;

    (void)s;
    two_polls();
    enter(3, 31);
    enter(1, 11);
    play(&m);
    assert_int_equal(fb_model_workers(&m), 2);
    assert_int_equal(polled_by(&m, 0), 1);
    assert_int_equal(polled_by(&m, 1), 3);
    assert_int_equal(fb_model_worker(&m, 0)->stack_len, 2);
    assert_int_equal(fb_model_worker(&m, 1)->stack_len, 2);
    assert_int_equal(
        fb_model_future_at(&m, fb_model_worker(&m, 1)->stack[1])->id, 31);
    assert_int_equal(first_in(&m, 0), 2);
    assert_int_equal(first_in(&m, 1), 0);
    assert_int_equal(m.queue_len, 1);
    assert_int_equal(fb_model_task(&m, 3)->worker, 1);
    assert_null(fb_model_worker(&m, 2));
    fb_model_deinit(&m);
}

static void a_poll_that_ends_leaves_the_others_alone(void **s) {
    struct fb_model m;

    (void)s;
    two_polls();
    enter(3, 31);
    enter(1, 11);
    leave(3, 31, FB_RESULT_PENDING);
    end(3, 1, FB_RESULT_PENDING);
    play(&m);
    assert_int_equal(polled_by(&m, 0), 1);
    assert_int_equal(polled_by(&m, 1), 0);
    assert_int_equal(fb_model_future(&m, 11)->state, FB_FUTURE_POLLING);
    assert_int_equal(fb_model_future(&m, 31)->state, FB_FUTURE_PENDING);
    assert_int_equal(fb_model_worker(&m, 1)->stack_len, 0);
    fb_model_deinit(&m);
}

static void a_steal_moves_a_task_to_the_end_of_another_queue(void **s) {
    struct fb_model m;

    (void)s;
    three_tasks();
    stolen(1, 1);
    play(&m);
    assert_int_equal(first_in(&m, 0), 2);
    assert_int_equal(fb_model_worker(&m, 0)->queue_len, 1);
    assert_int_equal(first_in(&m, 1), 3);
    assert_int_equal(fb_model_worker(&m, 1)->queue_len, 2);
    assert_int_equal(m.queue_len, 3);
    assert_int_equal(fb_model_task(&m, 1)->worker, 1);
    fb_model_deinit(&m);
}

static void all_are_parked_only_when_each_is(void **s) {
    struct fb_model m;

    (void)s;
    memset(&tape, 0, sizeof tape);
    park(2, 5000); // workers 0 and 1 are there, and not parked
    park(0, -1);
    play(&m);
    assert_int_equal(fb_model_workers(&m), 3);
    assert_false(m.parked);
    assert_true(fb_model_worker(&m, 2)->parked);
    assert_int_equal(fb_model_worker(&m, 2)->park_timeout_ns, 5000);
    fb_model_deinit(&m);
    park(1, -1);
    play(&m);
    assert_true(m.parked);
    fb_model_deinit(&m);
    unpark(2);
    play(&m);
    assert_false(m.parked);
    assert_true(fb_model_worker(&m, 0)->parked);
    fb_model_deinit(&m);
}

static void census(void) {
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    for (uint32_t task = 1; task <= 3; task++) {
        struct fb_event *e;

        tape_spawn(&tape, task, 0, 10 * task, 1);
        last()->flags = FB_EV_FLAG_CENSUS;
        e = tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_TASK, FB_EV_FLAG_CENSUS,
                     task);
        e->counts.queued = 1;
    }
    scheduled(3, FB_EV_FLAG_CENSUS | 0);
    scheduled(2, FB_EV_FLAG_CENSUS | 1);
    scheduled(1, FB_EV_FLAG_CENSUS | 1);
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_END, FB_EV_FLAG_CENSUS, 0);
}

static void a_census_gives_each_queue_in_order(void **s) {
    struct fb_model m;

    (void)s;
    three_tasks();
    census();
    play(&m);
    assert_int_equal(first_in(&m, 0), 3);
    assert_int_equal(first_in(&m, 1), 2);
    assert_int_equal(fb_model_worker(&m, 1)->queue_len, 2);
    fb_model_deinit(&m);
    // From the middle of a trace: the same world.
    assert_int_equal(fb_model_init(&m), 0);
    for (size_t i = 6; i < tape.count; i++) {
        assert_int_equal(fb_model_feed(&m, i + 1, &tape.events[i]), 0);
    }
    assert_false(m.uncertain);
    assert_int_equal(first_in(&m, 0), 3);
    assert_int_equal(fb_model_worker(&m, 1)->queue_len, 2);
    fb_model_deinit(&m);
}

static void a_copy_has_the_same_workers(void **s) {
    struct fb_model m, copy = {0};
    char *a, *b;

    (void)s;
    two_polls();
    play(&m);
    assert_int_equal(fb_model_copy(&copy, &m), 0);
    assert_int_equal(fb_model_workers(&copy), 2);
    assert_int_equal(polled_by(&copy, 1), 3);
    a = world_text(&m);
    b = world_text(&copy);
    assert_string_equal(a, b);
    free(a);
    free(b);
    fb_model_deinit(&m);
    fb_model_deinit(&copy);
}

static void one_worker_takes_no_more_memory_than_before(void **s) {
    struct fb_model one, two;

    (void)s;
    memset(&tape, 0, sizeof tape);
    spawn(1, 0, 1);
    play(&one);
    scheduled(1, 1);
    last()->detail = FB_QUEUE_STOLEN;
    play(&two);
    assert_int_equal(one.workers.used, 0);
    assert_true(fb_model_bytes(&two) - fb_model_bytes(&one) <=
                sizeof(struct fb_model_worker) + 16);
    fb_model_deinit(&one);
    fb_model_deinit(&two);
}

// ---- the checker ----

// The first fault is of this rule, at the tape's last event; without that event
// there is none.
static void assert_fault(enum fb_life_rule rule, const char *words) {
    struct fb_life_fault fault = {.rule = FB_LIFE_RULES};

    assert_int_equal(
        fb_lives_check(tape.events, tape.count - 1, 1, FB_LIVES_CUT, NULL), 0);
    assert_true(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_CUT, &fault) > 0);
    if (fault.rule != rule || !strstr(fault.text, words)) {
        fail_msg("rule %s: %s", fb_name_life_rule(fault.rule), fault.text);
    }
    assert_int_equal(fault.event, tape.count);
}

static void assert_legal(void) {
    struct fb_life_fault fault = {0};
    const int found =
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_ENDED, &fault);

    if (found != 0) {
        fail_msg("event %llu: %s", (unsigned long long)fault.event, fault.text);
    }
}

// Polls that overlap, a wake across workers whose two events are apart, a
// steal, a wake during a poll: all that is legal.
static void a_legal_run_of_two_workers_has_no_fault(void **s) {
    struct fb_lives *l;

    (void)s;
    two_polls();
    enter(1, 11);
    enter(3, 31);
    tape_clone(&tape, 3, FB_PARTY_CHANNEL, 1, 31, FB_AWAITS_MESSAGE);
    leave(3, 31, FB_RESULT_PENDING);
    end(3, 1, FB_RESULT_PENDING);
    stolen(2, 1);
    begin(2, 1, 1);
    tape_waker_drop(&tape, 3, FB_PARTY_CHANNEL, 1, 31, FB_WAKER_WOKEN);
    tape_wake(&tape, 3, FB_WAKE_SCHEDULED, FB_PARTY_CHANNEL, 1);
    enter(2, 21); // worker 1 does not wait for worker 0's next event
    tape_wake(&tape, 2, FB_WAKE_DURING_POLL, FB_PARTY_TASK, 1);
    scheduled(3, 0);
    leave(1, 11, FB_RESULT_READY);
    tape_drop(&tape, 1, 11, FB_DROP_FINISHED);
    leave(2, 21, FB_RESULT_PENDING);
    end(2, 1, FB_RESULT_PENDING);
    finish(1, 0);
    scheduled(2, 1);
    begin(3, 0, 2);
    tape.now_ns -= 1500; // worker 1 has a clock of its own
    begin(2, 1, 2);
    tape.now_ns += 5000;
    enter(3, 31);
    leave(3, 31, FB_RESULT_READY);
    enter(2, 21);
    tape_drop(&tape, 3, 31, FB_DROP_FINISHED);
    leave(2, 21, FB_RESULT_READY);
    tape_drop(&tape, 2, 21, FB_DROP_FINISHED);
    finish(3, 0);
    park(0, -1);
    finish(2, 1);
    park(1, -1);
    unpark(0);
    unpark(1);
    assert_legal();
    l = tape_lives(&tape);
    fb_lives_finish(l, FB_LIVES_ENDED);
    assert_int_equal(fb_lives_lints(l), 0);
    assert_int_equal(fb_lives_model(l)->anomalies, 0);
    fb_lives_destroy(l);
}

static void a_task_polled_by_two_workers_is_found(void **s) {
    (void)s;
    two_polls();
    begin(1, 2, 2);
    assert_fault(FB_LIFE_POLL, "by worker 2 while worker 0 polls it");
}

static void a_worker_that_polls_two_tasks_is_found(void **s) {
    (void)s;
    two_polls();
    begin(2, 0, 1);
    assert_fault(FB_LIFE_POLL, "while task 1 is");
}

static void a_poll_out_of_anothers_queue_is_found(void **s) {
    (void)s;
    three_tasks();
    begin(1, 1, 1);
    assert_fault(FB_LIFE_QUEUE, "in the run queue of worker 0");
}

static void a_poll_that_ends_on_another_worker_is_found(void **s) {
    (void)s;
    two_polls();
    end(1, 1, FB_RESULT_PENDING);
    assert_fault(FB_LIFE_POLL, "ends on worker 1, but worker 0");
}

static void a_steal_of_what_is_not_queued_is_found(void **s) {
    (void)s;
    two_polls();
    stolen(1, 1);
    assert_fault(FB_LIFE_QUEUE, "in no run queue");
}

static void a_steal_from_oneself_is_found(void **s) {
    (void)s;
    three_tasks();
    stolen(3, 1);
    assert_fault(FB_LIFE_QUEUE, "in whose queue it is");
}

static void a_task_in_two_queues_is_found(void **s) {
    (void)s;
    three_tasks();
    scheduled(1, 1);
    assert_fault(FB_LIFE_QUEUE, "in it");
}

static void a_worker_that_parks_with_work_is_found(void **s) {
    (void)s;
    two_polls();
    end(3, 1, FB_RESULT_READY);
    park(1, -1); // its own queue is empty, whatever the others have
    end(1, 0, FB_RESULT_READY);
    park(0, -1);
    assert_fault(FB_LIFE_PARK, "1 tasks are in the run queue");
}

static void a_poll_by_a_parked_worker_is_found(void **s) {
    (void)s;
    memset(&tape, 0, sizeof tape);
    park(1, -1);
    spawn(1, 1, 1);
    begin(1, 1, 1);
    assert_fault(FB_LIFE_POLL, "parked");
}

static void a_census_while_any_worker_polls_is_found(void **s) {
    (void)s;
    three_tasks();
    begin(3, 1, 1);
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    assert_fault(FB_LIFE_CENSUS, "inside a poll");
}

static void a_child_polled_below_another_workers_future_is_found(void **s) {
    (void)s;
    two_polls();
    tape_enter(&tape, 1, 30, 11, 4, 7); // 30 is polled, but by worker 1
    assert_fault(FB_LIFE_NESTING, "future 10 is the one being polled");
}

static void a_woken_task_that_is_polled_unqueued_is_found(void **s) {
    (void)s;
    two_polls();
    enter(3, 31);
    tape_clone(&tape, 3, FB_PARTY_CHANNEL, 1, 31, FB_AWAITS_MESSAGE);
    leave(3, 31, FB_RESULT_PENDING);
    end(3, 1, FB_RESULT_PENDING);
    tape_waker_drop(&tape, 3, FB_PARTY_CHANNEL, 1, 31, FB_WAKER_WOKEN);
    tape_wake(&tape, 3, FB_WAKE_SCHEDULED, FB_PARTY_CHANNEL, 1);
    begin(3, 1, 2);
    assert_fault(FB_LIFE_WAKE, "did not join the run queue");
}

static void a_clock_of_one_worker_that_runs_backwards_is_found(void **s) {
    (void)s;
    two_polls();
    tape.now_ns -= 5000;
    end(1, 0, FB_RESULT_READY);
    assert_fault(FB_LIFE_NUMBERS, "backwards");
}

// Worker 1 has not looked at its clock since: that is how a census names it.
static void a_census_is_written_by_one_clock(void **s) {
    struct fb_life_fault fault = {0};

    (void)s;
    three_tasks();
    tape.now_ns += 9000;
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_BEGIN, FB_EV_FLAG_CENSUS, 0);
    for (uint32_t task = 1; task <= 3; task++) {
        tape_spawn(&tape, task, 0, 10 * task, 1);
        last()->flags = FB_EV_FLAG_CENSUS;
        tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_TASK, FB_EV_FLAG_CENSUS, task)
            ->counts.queued = 1;
    }
    scheduled(1, FB_EV_FLAG_CENSUS | 0);
    scheduled(2, FB_EV_FLAG_CENSUS | 0);
    scheduled(3, FB_EV_FLAG_CENSUS | 1);
    tape_add(&tape, FB_EV_CENSUS, FB_CENSUS_END, FB_EV_FLAG_CENSUS, 0);
    tape.now_ns -= 15000;
    begin(3, 1, 1);
    assert_int_equal(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_CUT, &fault), 0);
}

static void a_worker_that_cannot_be_is_found(void **s) {
    (void)s;
    three_tasks();
    scheduled(1, 64);
    last()->detail = FB_QUEUE_STOLEN;
    assert_fault(FB_LIFE_NUMBERS, "no worker 64");
}

// Two workers, each with a task that returned Pending with nobody to wake it.
static void a_lost_wake_is_told_of_each_worker(void **s) {
    struct fb_lives *l;

    (void)s;
    two_polls();
    end(3, 1, FB_RESULT_PENDING);
    end(1, 0, FB_RESULT_PENDING);
    begin(2, 0, 1);
    park(1, -1);
    l = tape_lives(&tape);
    assert_int_equal(fb_lives_lints(l), 2);
    assert_int_equal(fb_lives_violations(l), 0);
    assert_int_equal(fb_lives_fault(l, 0)->event, tape.count - 2);
    assert_int_equal(fb_lives_fault(l, 1)->event, tape.count - 3);
    fb_lives_destroy(l);
}

// ---- the story, and the normal form ----

static void assert_tells(const char *words) {
    struct fb_model before, after;
    char text[400];

    tape_play(&tape, tape.count - 1, &before);
    tape_play(&tape, tape.count, &after);
    fb_story_sentence(text, sizeof text, &tape_names, tape.count, last(),
                      &before, &after);
    assert_string_equal(text, words);
    fb_model_deinit(&before);
    fb_model_deinit(&after);
}

static void the_story_says_which_worker(void **s) {
    (void)s;
    three_tasks();
    stolen(1, 1);
    assert_tells(
        "Task 1 (serve) is stolen by worker 1 from worker 0's run queue.");
    begin(3, 1, 1);
    assert_tells("Worker 1: Task 3 (serve) is polled for the 1st time.");
    enter(3, 31);
    assert_tells("Worker 1: Task 3 polls read (future 31), awaited in "
                 "serve.c:7: its first poll.");
    leave(3, 31, FB_RESULT_PENDING);
    tape_io(&tape, 0, 7, 31, FB_IO_READ, 5, 64);
    last()->flags = 1;
    end(3, 1, FB_RESULT_READY);
    assert_tells("Worker 1: Task 3 (serve) returns Ready: it is done.");
    spawn(4, 1, 2);
    assert_tells("Task 4 (serve) joins worker 1's run queue (2 waiting).");
    park(1, -1);
    assert_tells("Worker 1 has nothing to run: it parks until there is news.");
    unpark(1);
    assert_tells("Worker 1 goes on.");
    park(1, 5000000);
    assert_tells("Worker 1 has nothing to run: it parks, for 5 ms at most.");
    tape_unpark(&tape, 2);
    last()->subject = 1;
    assert_tells("Worker 1 goes on: the reactor brings 2 events.");
}

// The same work, done by one worker, and shared by two.
static char *normal_of(unsigned second) {
    struct fb_history *h;
    char *text;

    memset(&tape, 0, sizeof tape);
    spawn(1, 0, 1);
    spawn(2, second, second ? 1 : 2);
    begin(1, 0, 1);
    if (second) {
        begin(2, second, 1); // at the same time
    }
    tape_io(&tape, 0, 7, 0, FB_IO_READ, 5, 64);
    if (second) {
        tape_io(&tape, 0, 8, 0, FB_IO_WRITE, 9, 9);
        last()->flags = (uint16_t)second;
    }
    finish(1, 0);
    if (!second) {
        begin(2, 0, 1);
        tape_io(&tape, 0, 8, 0, FB_IO_WRITE, 9, 9);
    }
    finish(2, second);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    assert_int_equal(fb_normal_text(h, &tape_names, 0, &text), 0);
    fb_history_destroy(h);
    return text;
}

static void the_normal_form_does_not_depend_on_workers(void **s) {
    char *one = normal_of(0), *two = normal_of(1);

    (void)s;
    assert_string_equal(one, two);
    assert_non_null(strstr(one, "5"));
    assert_non_null(strstr(one, "9"));
    free(one);
    free(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_has_its_poll_its_stack_and_its_queue),
        cmocka_unit_test(a_poll_that_ends_leaves_the_others_alone),
        cmocka_unit_test(a_steal_moves_a_task_to_the_end_of_another_queue),
        cmocka_unit_test(all_are_parked_only_when_each_is),
        cmocka_unit_test(a_census_gives_each_queue_in_order),
        cmocka_unit_test(a_copy_has_the_same_workers),
        cmocka_unit_test(one_worker_takes_no_more_memory_than_before),
        cmocka_unit_test(a_legal_run_of_two_workers_has_no_fault),
        cmocka_unit_test(a_task_polled_by_two_workers_is_found),
        cmocka_unit_test(a_worker_that_polls_two_tasks_is_found),
        cmocka_unit_test(a_poll_out_of_anothers_queue_is_found),
        cmocka_unit_test(a_poll_that_ends_on_another_worker_is_found),
        cmocka_unit_test(a_steal_of_what_is_not_queued_is_found),
        cmocka_unit_test(a_steal_from_oneself_is_found),
        cmocka_unit_test(a_task_in_two_queues_is_found),
        cmocka_unit_test(a_worker_that_parks_with_work_is_found),
        cmocka_unit_test(a_poll_by_a_parked_worker_is_found),
        cmocka_unit_test(a_census_while_any_worker_polls_is_found),
        cmocka_unit_test(a_child_polled_below_another_workers_future_is_found),
        cmocka_unit_test(a_woken_task_that_is_polled_unqueued_is_found),
        cmocka_unit_test(a_clock_of_one_worker_that_runs_backwards_is_found),
        cmocka_unit_test(a_census_is_written_by_one_clock),
        cmocka_unit_test(a_worker_that_cannot_be_is_found),
        cmocka_unit_test(a_lost_wake_is_told_of_each_worker),
        cmocka_unit_test(the_story_says_which_worker),
        cmocka_unit_test(the_normal_form_does_not_depend_on_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
