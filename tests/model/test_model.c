// The reducer: what each event makes of the world.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tape.h"
#include "whole.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;

static struct tape *fresh_tape(void) {
    memset(&tape, 0, sizeof tape);
    return &tape;
}

static void a_spawned_task_is_polled_and_waits_for_its_source(void **state) {
    struct moments at;
    struct fb_model m;
    struct fb_model_row rows[8];
    const struct fb_model_task *t;

    (void)state;
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, at.greet_waits, &m);
    t = fb_model_task(&m, 2);
    assert_int_equal(t->state, FB_TASK_IDLE);
    assert_int_equal(t->polls, 1);
    assert_int_equal(t->parent, 1);
    assert_true(t->exact);
    assert_string_equal(t->label, "127.0.0.1:51234");
    // write_all is done and gone: its parent has gone on to another line
    assert_int_equal(fb_model_tree(&m, 2, rows, 8), 2);
    assert_int_equal(rows[0].future->id, 3);
    assert_int_equal(rows[0].future->own_line, 31);
    assert_int_equal(rows[1].future->id, 6);
    assert_int_equal(rows[1].future->line, 31);
    assert_int_equal(rows[1].future->state, FB_FUTURE_PENDING);
    assert_int_equal(rows[1].depth, 1);
    assert_true(rows[1].last_sibling);
    assert_int_equal(fb_model_future_hold(&m, 6)->holder, 2);
    assert_null(fb_model_future_hold(&m, 3));
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

static void a_budget_that_is_spent_is_counted_as_no_yield(void **state) {
    struct moments at;
    struct fb_model m;

    (void)state;
    tape_greeter(fresh_tape(), &at);
    tape.count = at.greet_waits - 1; // inside its poll
    tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, 2);
    assert_int_equal(fb_event_task(&tape.events[tape.count - 1]), 2);
    tape_play(&tape, tape.count, &m);
    assert_int_equal(fb_model_task(&m, 2)->budgets_out, 1);
    assert_int_equal(fb_model_task(&m, 2)->yields, 0);
    assert_int_equal(fb_model_task(&m, 2)->last_event, tape.count);
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

// Future 3 is the root's own and polled by 2, which ends before it does.
static void a_child_that_is_lent_stays_its_owners(void **state) {
    struct fb_model m;
    struct fb_model_row rows[8];

    (void)state;
    tape_spawn(fresh_tape(), 1, 0, 1, 1);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 5);
    tape_enter(&tape, 1, 1, 3, 4, 5);
    tape.events[tape.count - 1].flags = FB_ENTER_LENT;
    tape_exit(&tape, 1, 1, 3, FB_RESULT_PENDING, 0);
    tape_exit(&tape, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(&tape, 1, 2, FB_DROP_FINISHED);
    tape_play(&tape, tape.count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 8), 3);
    assert_int_equal(rows[1].future->state, FB_FUTURE_DROPPED);
    assert_int_equal(rows[2].future->id, 3);
    assert_int_equal(rows[2].future->state, FB_FUTURE_PENDING);
    assert_int_equal(rows[2].depth, 1);
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

static void a_wake_moves_a_task_into_the_queue_and_names_its_cause(void **s) {
    struct moments at;
    struct fb_model m;

    (void)s;
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, at.greet_woken + 1, &m);
    assert_int_equal(fb_model_task(&m, 2)->state, FB_TASK_SCHEDULED);
    assert_int_equal(m.queue_len, 1);
    assert_int_equal(fb_model_task(&m, 2)->woken_by_fd, 7);
    assert_int_equal(fb_model_task(&m, 2)->wakes_scheduled, 1);
    assert_int_equal(fb_model_task(&m, 2)->holds, FB_MODEL_NONE);
    assert_int_equal(m.recent[(m.wake_count - 1) % FB_MODEL_RECENT_WAKES].task,
                     2);
    fb_model_deinit(&m);
}

static void a_freed_task_leaves_the_list_but_is_remembered(void **s) {
    struct moments at;
    struct fb_model m;
    uint32_t cursor = 0;

    (void)s;
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, at.greet_free, &m);
    assert_int_equal(fb_model_task_next(&m, &cursor)->id, 1);
    assert_null(fb_model_task_next(&m, &cursor));
    cursor = 0;
    assert_int_equal(fb_model_freed_next(&m, &cursor)->id, 2);
    assert_null(fb_model_freed_next(&m, &cursor));
    assert_int_equal(fb_model_task(&m, 2)->state, FB_TASK_FREED);
    assert_int_equal(fb_model_task(&m, 2)->outcome, FB_OUTCOME_OK);
    assert_null(fb_model_future(&m, 3));
    assert_null(fb_model_source(&m, 2));
    assert_int_equal(m.live_tasks, 1);
    assert_int_equal(m.zombie_tasks, 0);
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

static void only_the_last_freed_tasks_are_remembered(void **s) {
    struct fb_model m;
    uint32_t cursor = 0, count = 0;
    struct tape *t = fresh_tape();
    const struct fb_model_task *freed;

    (void)s;
    for (uint32_t id = 1; id <= 100; id++) {
        tape_spawn(t, id, 0, id, 1);
        tape_done(t, id, FB_OUTCOME_CANCELLED, 0);
        tape_add(t, FB_EV_TASK_FREE, 0, 0, id);
    }
    tape_play(t, t->count, &m);
    while ((freed = fb_model_freed_next(&m, &cursor)) != NULL) {
        assert_int_equal(freed->id, 100 - count++);
    }
    assert_int_equal(count, FB_MODEL_FREED);
    assert_null(fb_model_task(&m, 1));
    assert_int_equal(m.tasks.count, FB_MODEL_FREED);
    assert_int_equal(m.futures.count, 0);
    fb_model_deinit(&m);
}

static void a_poll_takes_its_task_from_anywhere_in_the_queue(void **s) {
    static const uint32_t left[] = {1, 3};
    struct tape *t = fresh_tape();
    const struct fb_model_task *task;
    struct fb_model m;
    size_t i = 0;

    (void)s;
    for (uint32_t id = 1; id <= 3; id++) {
        tape_spawn(t, id, 0, id, 1);
        tape_scheduled(t, id, id);
    }
    tape_begin(t, 2, 2, 1);
    tape_play(t, t->count, &m);
    assert_int_equal(m.queue_len, 2);
    for (uint32_t at = m.first.queue_head;
         (task = fb_model_task_at(&m, at)) != NULL; at = task->queue_next) {
        assert_int_equal(task->id, left[i++]);
    }
    assert_int_equal(i, 2);
    assert_int_equal(fb_model_task_at(&m, m.first.running)->id, 2);
    fb_model_deinit(&m);
}

static void finished_arms_stay_until_their_parent_goes_on(void **s) {
    struct tape *t = fresh_tape();
    struct fb_model_row rows[8];
    struct fb_model m;

    (void)s;
    tape_spawn(t, 1, 0, 1, 1);
    tape_scheduled(t, 1, 1);
    tape_begin(t, 1, 1, 1);
    tape_enter(t, 1, 1, 2, 2, 10); // a join at line 10 with three arms
    tape_enter(t, 1, 2, 3, 4, 77);
    tape_exit(t, 1, 2, 3, FB_RESULT_READY, 5);
    tape_drop(t, 1, 3, FB_DROP_FINISHED);
    tape_enter(t, 1, 2, 4, 4, 77);
    tape_exit(t, 1, 2, 4, FB_RESULT_PENDING, 0);
    tape_enter(t, 1, 2, 5, 4, 77);
    tape_exit(t, 1, 2, 5, FB_RESULT_PENDING, 0);
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 8), 5);
    assert_int_equal(rows[2].future->state, FB_FUTURE_DROPPED);
    assert_int_equal(rows[2].future->out, 5);
    assert_false(rows[2].last_sibling);
    assert_true(rows[4].last_sibling);
    assert_int_equal(m.first.stack_len, 2);
    fb_model_deinit(&m);

    tape_exit(t, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(t, 1, 4, FB_DROP_CANCELLED);
    tape_drop(t, 1, 5, FB_DROP_CANCELLED);
    tape_drop(t, 1, 2, FB_DROP_FINISHED);
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 8), 5); // all dimmed
    fb_model_deinit(&m);

    tape_enter(t, 1, 1, 6, 4, 12);
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 8), 2); // gone on to line 12
    assert_int_equal(rows[1].future->id, 6);
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

static void an_await_in_a_loop_does_not_pile_up_its_past(void **s) {
    struct tape *t = fresh_tape();
    struct fb_model_row rows[64];
    struct fb_model m;

    (void)s;
    tape_spawn(t, 1, 0, 1, 1);
    for (uint32_t i = 0; i < 100; i++) {
        tape_scheduled(t, 1, 1);
        tape_begin(t, 1, 1, i + 1);
        tape_enter(t, 1, 1, 10 + i, 4, 5);
        tape_exit(t, 1, 1, 10 + i, FB_RESULT_READY, 0);
        tape_drop(t, 1, 10 + i, FB_DROP_FINISHED);
        tape_end(t, 1, 1, FB_RESULT_PENDING, 5, 0);
    }
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 64), 2);
    fb_model_deinit(&m);
}

static void kept_arms_are_bounded(void **s) {
    struct tape *t = fresh_tape();
    struct fb_model_row rows[256];
    struct fb_model m;

    (void)s;
    tape_spawn(t, 1, 0, 1, 1);
    tape_scheduled(t, 1, 1);
    tape_begin(t, 1, 1, 1);
    for (uint32_t i = 0; i < 200; i++) { // a first poll with 200 arms
        tape_enter(t, 1, 1, 10 + i, 4, 5);
        tape_exit(t, 1, 1, 10 + i, FB_RESULT_READY, 0);
        tape_drop(t, 1, 10 + i, FB_DROP_FINISHED);
    }
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, 256),
                     1 + FB_MODEL_KEPT_CHILDREN);
    fb_model_deinit(&m);
}

static void wakes_are_counted_by_their_effect(void **s) {
    struct tape *t = fresh_tape();
    struct fb_model m;
    const struct fb_model_task *task;

    (void)s;
    tape_spawn(t, 1, 0, 1, 1);
    tape_scheduled(t, 1, 1);
    tape_wake(t, 1, FB_WAKE_COALESCED, FB_PARTY_THREAD, 9);
    tape_begin(t, 1, 1, 1);
    tape_wake(t, 1, FB_WAKE_DURING_POLL, FB_PARTY_TASK, 1);
    tape_end(t, 1, 1, FB_RESULT_PENDING, 5, 0);
    tape_play(t, t->count, &m);
    assert_true(fb_model_task(&m, 1)->wake_during_poll);
    fb_model_deinit(&m);
    tape_scheduled(t, 1, 1);
    tape_begin(t, 1, 1, 2);
    tape_end(t, 1, 1, FB_RESULT_READY, 0, 0);
    tape_drop(t, 1, 1, FB_DROP_FINISHED);
    tape_done(t, 1, FB_OUTCOME_OK, 3);
    tape_wake(t, 1, FB_WAKE_AFTER_COMPLETE, FB_PARTY_OUTSIDE, 0);
    tape_play(t, t->count, &m);
    task = fb_model_task(&m, 1);
    assert_int_equal(task->wakes, 3);
    assert_int_equal(task->wakes_coalesced, 1);
    assert_int_equal(task->wakes_during_poll, 1);
    assert_int_equal(task->wakes_late, 1);
    assert_int_equal(task->wakes_self, 1);
    assert_false(task->wake_during_poll);
    assert_int_equal(task->state, FB_TASK_COMPLETE);
    assert_int_equal(task->out, 3);
    assert_int_equal(m.zombie_tasks, 1);
    fb_model_deinit(&m);
}

static void a_label_in_parts_is_put_together(void **s) {
    char text[FB_TRACE_LABEL_BYTES + 1];
    struct tape *t = fresh_tape();
    struct fb_model m;

    (void)s;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = (char)('a' + i % 26);
    }
    text[sizeof text - 1] = '\0';
    tape_spawn(t, 1, 0, 1, 1);
    tape_label(t, 1, text, sizeof text - 1);
    tape_play(t, t->count, &m);
    assert_string_equal(fb_model_task(&m, 1)->label, text);
    assert_int_equal(fb_model_task(&m, 1)->label_len, FB_TRACE_LABEL_BYTES);
    fb_model_deinit(&m);
    tape_label(t, 1, "Ada", 3); // a shorter one leaves nothing of the longer
    tape_play(t, t->count, &m);
    assert_string_equal(fb_model_task(&m, 1)->label, "Ada");
    fb_model_deinit(&m);
}

static void durations_come_from_the_events_times(void **s) {
    struct moments at;
    struct fb_model m;
    const struct fb_model_task *t;

    (void)s;
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, at.greet_waits, &m);
    t = fb_model_task(&m, 2);
    assert_int_equal(t->busy_ns, 12000 - 1000); // 12 events, 1 µs apart
    assert_int_equal(m.parked_ns, 1000);
    assert_int_equal(t->max_poll_ns, t->busy_ns);
    fb_model_deinit(&m);
}

static void a_gap_makes_the_world_uncertain_until_a_census(void **s) {
    struct moments at;
    struct fb_model m;
    struct tape *t = fresh_tape();
    size_t waits;

    (void)s;
    tape_greeter(t, &at);
    waits = at.greet_waits;
    t->count = waits;
    tape_census_two_tasks(t);
    assert_int_equal(fb_model_init(&m), 0);
    // all of the client's life is lost but for its census
    for (size_t i = 0; i < at.accept_waits; i++) {
        assert_int_equal(fb_model_feed(&m, i + 1, &t->events[i]), 0);
    }
    assert_false(m.uncertain);
    for (size_t i = waits; i < t->count; i++) {
        assert_int_equal(fb_model_feed(&m, i + 1, &t->events[i]), 0);
        assert_int_equal(m.uncertain, i + 1 < t->count);
    }
    assert_int_equal(m.lost, waits - at.accept_waits);
    assert_int_equal(m.live_tasks, 2);
    assert_int_equal(fb_model_task(&m, 1)->polls, 2);
    assert_int_equal(fb_model_task(&m, 2)->polls, 1);
    assert_true(fb_model_task(&m, 2)->exact);
    assert_string_equal(fb_model_task(&m, 2)->label, "127.0.0.1:51234");
    assert_null(fb_model_future(&m, 2)); // the old accept is no more
    assert_non_null(fb_model_future(&m, 6));
    assert_int_equal(fb_model_future_hold(&m, 6)->party, FB_PARTY_SOURCE);
    assert_int_equal(fb_model_task(&m, 1)->spawn_event, 2); // still known
    assert_int_equal(m.holds.count, 2);
    fb_model_deinit(&m);
}

static void a_census_of_a_known_world_changes_nothing_but_memory(void **s) {
    struct moments at;
    struct fb_model before, after;
    struct tape *t = fresh_tape();

    (void)s;
    tape_greeter(t, &at);
    t->count = at.greet_waits;
    tape_census_two_tasks(t);
    tape_play(t, at.greet_waits, &before);
    tape_play(t, t->count, &after);
    assert_int_equal(after.anomalies, 0);
    assert_int_equal(after.live_tasks, before.live_tasks);
    assert_int_equal(after.holds.count, before.holds.count);
    assert_int_equal(fb_model_task(&after, 2)->clones,
                     fb_model_task(&before, 2)->clones);
    assert_int_equal(fb_model_future_hold(&after, 6)->event,
                     fb_model_future_hold(&before, 6)->event);
    assert_int_equal(fb_model_future(&after, 6)->polls, 1);
    fb_model_deinit(&before);
    fb_model_deinit(&after);
}

static void a_census_removes_ghosts_and_keeps_the_queues_order(void **s) {
    struct tape *t = fresh_tape();
    const struct fb_model_task *task;
    struct fb_model m;
    size_t from;

    (void)s;
    for (uint32_t id = 1; id <= 4; id++) {
        tape_spawn(t, id, 0, id, 1);
        tape_scheduled(t, id, id);
    }
    from = t->count;
    tape_add(t, FB_EV_CENSUS, FB_CENSUS_BEGIN, 0, 0);
    for (uint32_t id = 1; id <= 3; id++) { // task 4 is a ghost
        tape_spawn(t, id, 0, id, 1);
        tape_add(t, FB_EV_CENSUS, FB_CENSUS_TASK, 0, id)->counts.queued =
            id != 2;
    }
    tape_scheduled(t, 3, 1);
    tape_scheduled(t, 1, 2);
    tape_add(t, FB_EV_CENSUS, FB_CENSUS_END, 0, 0);
    for (size_t i = from; i < t->count; i++) {
        t->events[i].flags |= FB_EV_FLAG_CENSUS;
    }
    tape_play(t, t->count, &m);
    assert_null(fb_model_task(&m, 4));
    assert_int_equal(fb_model_task(&m, 2)->state, FB_TASK_IDLE);
    assert_int_equal(m.queue_len, 2);
    task = fb_model_task_at(&m, m.first.queue_head);
    assert_int_equal(task->id, 3);
    assert_int_equal(fb_model_task_at(&m, task->queue_next)->id, 1);
    assert_int_equal(m.live_tasks, 3);
    fb_model_deinit(&m);
}

static void a_late_start_makes_inexact_records(void **s) {
    struct moments at;
    struct fb_model m;
    struct fb_model_row rows[8];

    (void)s;
    tape_greeter(fresh_tape(), &at);
    assert_int_equal(fb_model_init(&m), 0);
    // from the middle of the client's second poll on
    for (size_t i = at.greet_again; i < at.greet_again + 3; i++) {
        assert_int_equal(fb_model_feed(&m, i + 1, &tape.events[i]), 0);
    }
    assert_true(m.uncertain);
    assert_int_equal(m.lost, 0);
    assert_false(fb_model_task(&m, 2)->exact);
    assert_int_equal(fb_model_tree(&m, 2, rows, 8), 2);
    assert_int_equal(rows[0].future->id, 3);
    assert_int_equal(rows[1].future->id, 6);
    assert_int_equal(rows[1].future->state, FB_FUTURE_READY);
    fb_model_deinit(&m);
}

static void a_copy_is_the_same_world_and_independent(void **s) {
    struct moments at;
    struct fb_model m, copy = {0};
    char *one, *other;

    (void)s;
    tape_greeter(fresh_tape(), &at);
    tape_play(&tape, at.greet_waits, &m);
    assert_int_equal(fb_model_copy(&copy, &m), 0);
    one = world_text(&m);
    other = world_text(&copy);
    assert_string_equal(one, other);
    free(other);
    for (size_t i = at.greet_waits; i < tape.count; i++) {
        assert_int_equal(fb_model_feed(&copy, i + 1, &tape.events[i]), 0);
    }
    other = world_text(&m);
    assert_string_equal(one, other); // the original did not move
    free(one);
    free(other);
    assert_int_equal(fb_model_copy(&m, &copy), 0); // and back, in its memory
    one = world_text(&m);
    other = world_text(&copy);
    assert_string_equal(one, other);
    free(one);
    free(other);
    fb_model_deinit(&m);
    fb_model_deinit(&copy);
}

static void a_number_that_does_not_rise_is_refused(void **s) {
    struct fb_model m;
    struct fb_event e = {.kind = FB_EV_STALL};

    (void)s;
    assert_int_equal(fb_model_init(&m), 0);
    assert_int_equal(fb_model_feed(&m, 0, &e), -EINVAL);
    assert_int_equal(fb_model_feed(&m, 5, &e), 0);
    assert_int_equal(fb_model_feed(&m, 5, &e), -EINVAL);
    assert_int_equal(fb_model_feed(&m, 4, &e), -EINVAL);
    assert_int_equal(m.event, 5);
    fb_model_deinit(&m);
}

static void futures_deeper_than_the_stack_are_still_known(void **s) {
    enum { DEEP = 500 };
    static struct fb_model_row rows[DEEP + 2];
    struct tape *t = fresh_tape();
    struct fb_model m;

    (void)s;
    tape_spawn(t, 1, 0, 1, 1);
    tape_scheduled(t, 1, 1);
    tape_begin(t, 1, 1, 1);
    for (uint32_t i = 2; i <= DEEP; i++) {
        tape_enter(t, 1, i - 1, i, 4, 5);
    }
    for (uint32_t i = DEEP; i >= 2; i--) {
        tape_exit(t, 1, i - 1, i, FB_RESULT_PENDING, 0);
    }
    tape_end(t, 1, 1, FB_RESULT_PENDING, 5, 0);
    tape_play(t, t->count, &m);
    assert_int_equal(fb_model_tree(&m, 1, rows, DEEP + 2), DEEP);
    assert_int_equal(rows[DEEP - 1].depth, DEEP - 1);
    for (size_t i = 0; i < DEEP; i++) {
        assert_int_equal(rows[i].future->state, FB_FUTURE_PENDING);
    }
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

// Found by fuzz_model: futures of that poll stayed on the stack.
static void
a_poll_whose_beginning_was_lost_leaves_no_future_polling(void **state) {
    struct tape *t = fresh_tape();
    struct fb_model m;

    (void)state;
    tape_enter(t, 1, 2, 3, 4, 9);
    tape_enter(t, 1, 3, 4, 5, 12);
    tape_exit(t, 1, 2, 3, FB_RESULT_PENDING, 0);
    tape_end(t, 1, 2, FB_RESULT_PENDING, 9, 0);
    tape_enter(t, 1, 2, 3, 4, 9);
    tape_end(t, 1, 2, FB_RESULT_PENDING, 9, 0);
    assert_int_equal(fb_model_init(&m), 0);
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(fb_model_feed(&m, 500 + i, &t->events[i]), 0);
        whole_world(&m);
    }
    assert_int_equal(fb_model_worker(&m, 0)->stack_len, 0);
    assert_int_equal(fb_model_future(&m, 3)->state, FB_FUTURE_PENDING);
    fb_model_deinit(&m);
}

// Found by fuzz_model: a root was on the stack twice, and stayed there dropped.
static void a_new_poll_begins_with_an_empty_stack(void **state) {
    struct tape *t = fresh_tape();
    struct fb_model m;

    (void)state;
    tape_enter(t, 1, 26, 27, 4, 9); // 26 is taken for the root
    tape_exit(t, 1, 26, 27, FB_RESULT_PENDING, 0);
    tape_enter(t, 1, 2, 26, 4, 9);
    tape_begin(t, 1, 26, 5);
    tape_drop(t, 1, 26, FB_DROP_FINISHED);
    assert_int_equal(fb_model_init(&m), 0);
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(fb_model_feed(&m, 500 + i, &t->events[i]), 0);
        whole_world(&m);
    }
    fb_model_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_poll_begins_with_an_empty_stack),
        cmocka_unit_test(
            a_poll_whose_beginning_was_lost_leaves_no_future_polling),
        cmocka_unit_test(a_spawned_task_is_polled_and_waits_for_its_source),
        cmocka_unit_test(a_budget_that_is_spent_is_counted_as_no_yield),
        cmocka_unit_test(a_child_that_is_lent_stays_its_owners),
        cmocka_unit_test(
            a_wake_moves_a_task_into_the_queue_and_names_its_cause),
        cmocka_unit_test(a_freed_task_leaves_the_list_but_is_remembered),
        cmocka_unit_test(only_the_last_freed_tasks_are_remembered),
        cmocka_unit_test(a_poll_takes_its_task_from_anywhere_in_the_queue),
        cmocka_unit_test(finished_arms_stay_until_their_parent_goes_on),
        cmocka_unit_test(an_await_in_a_loop_does_not_pile_up_its_past),
        cmocka_unit_test(kept_arms_are_bounded),
        cmocka_unit_test(wakes_are_counted_by_their_effect),
        cmocka_unit_test(a_label_in_parts_is_put_together),
        cmocka_unit_test(durations_come_from_the_events_times),
        cmocka_unit_test(a_gap_makes_the_world_uncertain_until_a_census),
        cmocka_unit_test(a_census_of_a_known_world_changes_nothing_but_memory),
        cmocka_unit_test(a_census_removes_ghosts_and_keeps_the_queues_order),
        cmocka_unit_test(a_late_start_makes_inexact_records),
        cmocka_unit_test(a_copy_is_the_same_world_and_independent),
        cmocka_unit_test(a_number_that_does_not_rise_is_refused),
        cmocka_unit_test(futures_deeper_than_the_stack_are_still_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
