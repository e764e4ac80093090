// Tasks: spawned, joined, aborted, detached, failed, labelled.
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// contract 2
// peer tokio/rt_basic.lazy
static void a_fresh_task_is_polled_once_and_not_inside_spawn(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};

    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), NULL), 0);
    assert_int_equal(log.polls, 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 1);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "JOIN 1 detach", "POLL 1",
                  "READY 1", "DROP probe finished", "DONE 1 ok", "FREE 1");
}

// ---- joining ----

// Joins `handle` and keeps what it got.
struct joiner {
    struct fb_future future;
    int out;
    struct fb_join_handle *handle;
    struct fb_join_task join;
};

static enum fb_poll joiner_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct joiner *self = fb_container_of(future, struct joiner, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->join, fb_join_task(self->handle));
    FB_RETURN(self->join.out);
    FB_ASYNC_END;
}

static struct fb_type joiner_type = FB_TYPE(joiner, .poll = joiner_poll);

static struct joiner joiner(struct fb_join_handle *handle) {
    return (struct joiner){.future.type = &joiner_type, .handle = handle};
}

// contract 28
// peer async-task/join.before_after
static void join_before_completion_gets_the_output(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;
    struct probe p = probe(&log, 1, PROBE_SELF);
    struct joiner j = joiner(&handle);

    p.result = 42;
    assert_int_equal(FB_SPAWN(w->rt, p, &handle), 0);
    assert_int_equal(fb_task_id(&handle), 1);
    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(j.join.result.outcome, FB_OUTCOME_OK);
    assert_int_equal(j.join.result.out, 42);
    assert_int_equal(j.join.result.task, 1);
    EXPECT_EVENTS(
        w, "SPAWN 2", "SCHEDULED 2", "POLL 1", "WAKE 1 during poll by task 1",
        "PENDING 1", "SCHEDULED 1", "POLL 2", "ENTER join_task",
        "JOIN 1 await by 2", "CLONE 2 task 1", "EXIT join_task pending",
        "PENDING 2", "POLL 1", "READY 1", "DROP probe finished", "DONE 1 ok 42",
        "RELEASE 2 task 1 woken", "WAKE 2 scheduled by task 1", "SCHEDULED 2",
        "POLL 2", "ENTER join_task", "EXIT join_task ready",
        "DROP join_task finished", "READY 2", "DROP joiner finished",
        "DONE 2 ok", "JOIN 2 taken", "FREE 2");
    assert_int_equal(log.outputs_dropped, 0); // still the handle's
    fb_task_detach(&handle);
    assert_int_equal(log.outputs_dropped, 1);
    EXPECT_EVENTS(w, "JOIN 1 taken", "FREE 1");
}

// contract 28
// peer async-task/join.before_after
static void join_after_completion_is_ready_at_once(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;
    struct fb_join_result result;
    struct joiner j = joiner(&handle);

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, -EPERM), &handle), 0);
    assert_false(fb_task_result(&handle, NULL));
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(result.outcome, FB_OUTCOME_ERROR);
    assert_int_equal(result.out, -EPERM);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(j.out, 0);
    assert_int_equal(j.join.result.out, -EPERM);
    fb_task_detach(&handle);
    assert_null(handle.task);
}

// peer async-task/join.twice
static void a_task_that_is_joined_twice_tells_the_same_twice(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 42), &handle), 0);
    for (int i = 0; i < 2; i++) {
        struct joiner j = joiner(&handle);

        assert_int_equal(fb_block_on(w->rt, &j.future), 0);
        assert_int_equal(j.join.result.out, 42);
    }
    assert_int_equal(log.outputs_dropped, 0);
    fb_task_detach(&handle);
    assert_int_equal(log.outputs_dropped, 1);
}

static void a_dropped_join_leaves_the_task_running(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle target, waiter;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), &target), 0);
    assert_int_equal(FB_SPAWN(w->rt, joiner(&target), &waiter), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 2);
    assert_int_equal(fb_task_abort(&waiter), 1);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    fb_waker_wake(&log.kept);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 2);
    fb_task_detach(&target);
    fb_task_detach(&waiter);
}

// contract 28
static void an_output_nobody_takes_is_dropped_once(void **state) {
    struct world *w = *state;
    struct probe_log before = {0}, after = {0}, never = {0};
    struct fb_join_handle handle;

    // detached before it completes
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&before, 0), NULL), 0);
    // and after
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&after, 0), &handle), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(before.outputs_dropped, 1);
    assert_int_equal(after.outputs_dropped, 0);
    fb_task_detach(&handle);
    fb_task_detach(&handle); // legal on an empty handle
    assert_int_equal(after.outputs_dropped, 1);
    // a cancelled task has no output
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&never, 0), &handle), 0);
    assert_int_equal(fb_task_abort(&handle), 1);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    assert_int_equal(never.outputs_dropped, 0);
    assert_int_equal(never.drops, 1);
}

static void the_output_of_block_on_is_the_callers(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe p = probe_ready(&log, 7);

    assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    assert_int_equal(p.out, 7);
    assert_int_equal(log.outputs_dropped, 0);
    assert_int_equal(log.drops, 1);
}

// ---- aborting ----

// contract 30
// peer async-task/join.cancelled
static void abort_of_an_unpolled_task_drops_without_polling(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;
    struct joiner j = joiner(&handle);

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), &handle), 0);
    assert_int_equal(fb_task_abort(&handle), 1);
    assert_int_equal(fb_task_abort(&handle), 0); // contract 29
    assert_int_equal(log.drops, 0);              // not inside abort
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "ABORT 1", "DROP probe unpolled",
                  "DONE 1 cancelled");
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(j.out, -ECANCELED);
    assert_int_equal(log.polls, 0);
    assert_int_equal(log.drops, 1);
    fb_task_detach(&handle);
}

// contract 29
// peer tokio/task_abort.idle
static void abort_of_an_idle_task_drops_it_at_its_turn(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;

    world_mistake(w, FB_LINT_STALE_WAKER);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    world_skip(w);
    assert_int_equal(fb_task_abort(&handle), 1);
    assert_int_equal(log.drops, 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_int_equal(log.drops, 1);
    fb_waker_wake(&log.kept);
    fb_task_detach(&handle);
    EXPECT_EVENTS(w, "ABORT 1", "SCHEDULED 1", "DROP probe cancelled",
                  "DONE 1 cancelled", "RELEASE 1 outside woken",
                  "WAKE 1 after complete by nobody", "JOIN 1 taken", "FREE 1");
}

static void abort_handle(struct probe_log *log, struct fb_context *cx) {
    (void)cx;
    assert_int_equal(fb_task_abort(log->arg), 1);
    assert_int_equal(log->drops, 0);
}

// contract 29
static void abort_during_its_own_poll_drops_after_it(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct probe_log log = {.on_poll = abort_handle, .arg = &handle};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 5, PROBE_SELF), &handle), 0);
    world_skip(w);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 1);
    EXPECT_EVENTS(w, "POLL 1", "ABORT 1 by 1", "WAKE 1 during poll by task 1",
                  "PENDING 1", "DROP probe cancelled", "DONE 1 cancelled");
    fb_task_detach(&handle);
}

// contract 29
static void finishing_before_the_abort_lands_is_ok(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct fb_join_result result;
    struct probe_log log = {.on_poll = abort_handle, .arg = &handle};

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 9), &handle), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(result.outcome, FB_OUTCOME_OK);
    assert_int_equal(result.out, 9);
    assert_int_equal(fb_task_abort(&handle), 0);
    fb_task_detach(&handle);
}

// contract 29
static void abort_after_the_end_does_nothing(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;
    struct fb_join_result result;

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 9), &handle), 0);
    assert_int_equal(fb_run(w->rt), 0);
    world_skip(w);
    assert_int_equal(fb_task_abort(&handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_NO_EVENTS(w);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(result.outcome, FB_OUTCOME_OK);
    fb_task_detach(&handle);
}

// peer tokio/task_abort.detached
static void abort_works_though_the_handle_goes_at_once(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), &handle),
                     0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_task_abort(&handle), 1);
    fb_task_detach(&handle);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.drops, 1);
}

// Abort at each moment of a life × handle given up at each moment.
// contract 17, contract 29
// peer async-task/basic.orders
static void abort_and_detach_at_every_moment_drop_once(void **state) {
    struct world *w = *state;

    for (int abort_at = 0; abort_at < 6; abort_at++) {
        for (int detach_at = abort_at; detach_at < 7; detach_at++) {
            struct probe_log log = {0};
            struct fb_join_handle handle;

            assert_int_equal(
                FB_SPAWN(w->rt, probe(&log, 2, PROBE_KEEP), &handle), 0);
            for (int at = 0; at < 7; at++) {
                if (at == abort_at) {
                    fb_task_abort(&handle);
                }
                if (at == detach_at) {
                    fb_task_detach(&handle);
                }
                if (at % 2 == 0) {
                    assert_true(fb_run_until_stalled(w->rt) >= 0);
                } else {
                    fb_waker_wake(&log.kept);
                }
            }
            assert_int_equal(log.drops, 1);
            assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
        }
    }
}

// ---- failing ----

struct failing {
    struct fb_future future;
    int out;
};

static enum fb_poll failing_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct failing *self = fb_container_of(future, struct failing, future);

    FB_ASYNC(self, cx);
    FB_PANIC("out of luck");
    FB_ASYNC_END;
}

static struct fb_type failing_type = FB_TYPE(failing, .poll = failing_poll);

// contract 29, contract 32
// peer tokio/rt_common.failure, peer tokio/task_abort.message
// peer tokio/join_handle_panic, peer async-executor/panic_prop
static void a_failed_task_gives_its_message_and_harms_no_other(void **state) {
    struct world *w = *state;
    struct probe_log other = {0};
    struct fb_join_handle handle;
    struct joiner j = joiner(&handle);
    struct failing failing = {.future.type = &failing_type};

    world_mistake(w, FB_LINT_UNJOINED_TASK);
    assert_int_equal(FB_SPAWN(w->rt, failing, &handle), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&other, 3, PROBE_SELF), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, failing, NULL), 0); // stays silent
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(other.polls, 4);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(j.out, -EIO);
    assert_int_equal(j.join.result.outcome, FB_OUTCOME_FAILED);
    assert_string_equal(j.join.result.message, "out of luck");
    assert_int_equal(j.join.result.task, fb_task_id(&handle));
    fb_task_detach(&handle);
}

// peer tokio/task.create_and_drop
static void spawn_without_memory_drops_the_future(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle = {0};

    seam.fail_allocation = seam.allocations + 1;
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), &handle), -ENOMEM);
    assert_int_equal(log.drops, 1);
    assert_null(handle.task);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 0);
}

// ---- the spawn tree, labels ----

static void spawn_child(struct probe_log *log, struct fb_context *cx) {
    if (log->polls == 1) {
        assert_int_equal(FB_SPAWN(cx->runtime, probe_ready(log->arg, 0), NULL),
                         0);
    }
}

static void a_task_spawned_inside_a_poll_names_its_parent(void **state) {
    struct world *w = *state;
    struct probe_log child = {0};
    struct probe_log log = {.on_poll = spawn_child, .arg = &child};

    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "JOIN 1 detach", "POLL 1",
                  "SPAWN 2 by 1", "SCHEDULED 2", "JOIN 2 detach by 1",
                  "READY 1", "DROP probe finished", "DONE 1 ok", "FREE 1",
                  "POLL 2", "READY 2", "DROP probe finished", "DONE 2 ok",
                  "FREE 2");
}

static void label_self(struct probe_log *log, struct fb_context *cx) {
    fb_context_label(cx, log->arg, strlen(log->arg));
}

static void a_label_names_the_task_being_polled(void **state) {
    struct world *w = *state;
    char name[] = "Ada 127.0.0.1:51234";
    struct probe_log log = {.on_poll = label_self, .arg = name};

    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "JOIN 1 detach", "POLL 1",
                  "LABEL 1 \"Ada 127.0.0.1:51234\"", "READY 1",
                  "DROP probe finished", "DONE 1 ok", "FREE 1");
}

static void a_long_label_is_cut_at_a_whole_sequence(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;
    char text[FB_TRACE_LABEL_BYTES + 8], kept[FB_TRACE_LABEL_BYTES] = "";
    char expected[128];

    // 78 letters and a sign of 3 bytes: it would end at byte 81
    memset(text, 'x', 78);
    memcpy(text + 78, "\xe2\x82\xac…", 6);
    memset(kept, 'x', 78);
    snprintf(expected, sizeof expected, "LABEL 1 \"%s\"", kept);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), &handle), 0);
    world_skip(w);
    fb_task_label(&handle, text, 84);
    fb_task_label(&handle, "\x80\x80", 2); // broken bytes are kept as they are
    fb_task_label(&handle, "", 0);
    EXPECT_EVENTS(w, expected, "LABEL 1 \"\x80\x80\"", "LABEL 1 \"\"");
    assert_int_equal(handle.task->notes->label_len, 0);
    memset(text, 0x80, sizeof text); // nothing whole to keep
    fb_task_label(&handle, text, sizeof text);
    assert_int_equal(handle.task->notes->label_len, 0);
    fb_task_detach(&handle);
    assert_int_equal(fb_run(w->rt), 0);
}

static void a_label_without_memory_is_not_fatal(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_join_handle handle;

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), &handle), 0);
    seam.fail_allocation = seam.allocations + 1;
    fb_task_label(&handle, "Ada", 3);
    fb_task_detach(&handle);
    assert_int_equal(fb_run(w->rt), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_fresh_task_is_polled_once_and_not_inside_spawn),
        WORLD_TEST_EXACT(join_before_completion_gets_the_output),
        WORLD_TEST(join_after_completion_is_ready_at_once),
        WORLD_TEST(a_task_that_is_joined_twice_tells_the_same_twice),
        WORLD_TEST_EXACT(a_dropped_join_leaves_the_task_running),
        WORLD_TEST(an_output_nobody_takes_is_dropped_once),
        WORLD_TEST(the_output_of_block_on_is_the_callers),
        WORLD_TEST(abort_of_an_unpolled_task_drops_without_polling),
        WORLD_TEST(abort_of_an_idle_task_drops_it_at_its_turn),
        WORLD_TEST(abort_during_its_own_poll_drops_after_it),
        WORLD_TEST(finishing_before_the_abort_lands_is_ok),
        WORLD_TEST(abort_after_the_end_does_nothing),
        WORLD_TEST(abort_works_though_the_handle_goes_at_once),
        WORLD_TEST(abort_and_detach_at_every_moment_drop_once),
        WORLD_TEST(a_failed_task_gives_its_message_and_harms_no_other),
        WORLD_TEST(spawn_without_memory_drops_the_future),
        WORLD_TEST(a_task_spawned_inside_a_poll_names_its_parent),
        WORLD_TEST(a_label_names_the_task_being_polled),
        WORLD_TEST(a_long_label_is_cut_at_a_whole_sequence),
        WORLD_TEST(a_label_without_memory_is_not_fatal),
    };

    return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
