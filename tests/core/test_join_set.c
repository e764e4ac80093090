// Join sets: tasks that belong together, taken in the order they finish.
#include "probe.h"

#include <errno.h>
#include <string.h>

// Takes results from a set until it is empty.
struct drain {
    struct fb_future future;
    int out;
    struct fb_join_set *set;
    struct fb_join_next next;
    int taken, cancelled, failed, sum;
    uint32_t order[32];
    int stop_after;
};

static enum fb_poll drain_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct drain *self = fb_container_of(future, struct drain, future);

    FB_ASYNC(self, cx);
    while (self->taken != self->stop_after) {
        FB_AWAIT(self->next, fb_join_next(self->set));
        if (self->next.out == 0) {
            break;
        }
        self->order[self->taken++ % 32] = self->next.result.task;
        self->cancelled += self->next.result.outcome == FB_OUTCOME_CANCELLED;
        self->failed += self->next.result.outcome == FB_OUTCOME_FAILED;
        self->sum += self->next.result.out;
    }
    FB_RETURN(self->taken);
    FB_ASYNC_END;
}

static struct fb_type drain_type = FB_TYPE(drain, .poll = drain_poll);

static struct drain drain(struct fb_join_set *set) {
    return (struct drain){
        .future.type = &drain_type, .set = set, .stop_after = -1};
}

struct napping {
    struct fb_future future;
    int out;
    uint64_t ms;
    struct fb_sleep nap;
};

static enum fb_poll napping_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct napping *self = fb_container_of(future, struct napping, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->nap, fb_sleep(self->ms * FB_MS));
    if (self->ms == 13) {
        FB_PANIC("thirteen");
    }
    FB_RETURN((int)self->ms);
    FB_ASYNC_END;
}

static struct fb_type napping_type = FB_TYPE(napping, .poll = napping_poll);

static void spawn_nap(struct fb_join_set *set, uint64_t ms) {
    struct napping n = {.future.type = &napping_type, .ms = ms};

    assert_int_equal(FB_JOIN_SET_SPAWN(set, n), 0);
}

static void members_are_taken_in_the_order_they_finish(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct drain d = drain(&set);

    fb_join_set_init(&set, w->rt);
    spawn_nap(&set, 30);
    spawn_nap(&set, 10);
    spawn_nap(&set, 20);
    assert_int_equal(set.members, 3);
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    assert_int_equal(d.out, 3);
    assert_int_equal(d.sum, 60);
    assert_int_equal(d.order[0], 2);
    assert_int_equal(d.order[1], 3);
    assert_int_equal(d.order[2], 1);
    assert_int_equal(set.members, 0);
    fb_join_set_deinit(&set);
}

static void an_empty_set_gives_zero_at_once(void **state) {
    struct world *w = *state;
    struct fb_join_set set, zeroed = {0};
    struct drain d = drain(&set);

    fb_join_set_init(&set, w->rt);
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    assert_int_equal(d.out, 0);
    fb_join_set_deinit(&set);
    fb_join_set_deinit(&set); // legal
    fb_join_set_deinit(&zeroed);
    fb_join_set_abort_all(&zeroed);
}

static void a_join_of_a_set_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct probe_log log = {0};
    struct drain d = drain(&set);

    fb_join_set_init(&set, w->rt);
    world_skip(w);
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe(&log, 1, PROBE_SELF)), 0);
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    EXPECT_EVENTS(
        w, "SPAWN 1", "SCHEDULED 1", "SPAWN 2", "SCHEDULED 2", "POLL 1",
        "WAKE 1 during poll by task 1", "PENDING 1", "SCHEDULED 1", "POLL 2",
        "ENTER join_next", "CLONE 2 join set 1", "EXIT join_next pending",
        "PENDING 2", "POLL 1", "READY 1", "DROP probe finished", "DONE 1 ok",
        "RELEASE 2 join set 1 woken", "WAKE 2 scheduled by task 1",
        "SCHEDULED 2", "POLL 2", "ENTER join_next", "EXIT join_next ready",
        "DROP join_next finished", "ENTER join_next", "EXIT join_next ready",
        "DROP join_next finished", "READY 2", "DROP drain finished",
        "DONE 2 ok 1", "JOIN 2 taken", "FREE 2");
    fb_join_set_deinit(&set);
    assert_int_equal(log.outputs_dropped, 1);
}

// contract 32
// peer tokio/task_join_set.failure
static void a_members_failure_is_a_result_among_others(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct drain d = drain(&set);

    fb_join_set_init(&set, w->rt);
    for (uint64_t ms = 10; ms < 16; ms++) {
        spawn_nap(&set, ms);
    }
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    assert_int_equal(d.taken, 6);
    assert_int_equal(d.failed, 1);
    fb_join_set_deinit(&set);
}

// peer tokio/task_join_set.abort_half
static void abort_all_cancels_those_that_still_run(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct drain d = drain(&set);

    fb_join_set_init(&set, w->rt);
    for (uint64_t ms = 1; ms <= 16; ms++) {
        spawn_nap(&set, ms < 13 ? ms : ms + 1);
    }
    assert_true(fb_runtime_advance(w->rt, 8 * FB_MS) > 0);
    fb_join_set_abort_all(&set);
    fb_join_set_abort_all(&set);
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    assert_int_equal(d.taken, 16);
    assert_int_equal(d.cancelled, 8);
    fb_join_set_deinit(&set);
    assert_int_equal(fb_runtime_now_ns(w->rt), 8 * FB_MS);
}

// peer tokio/task_join_set.drop
static void a_set_that_ends_aborts_its_members(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct probe_log logs[4] = {{0}};

    world_mistake(w, FB_LINT_LOST_WAKE);
    fb_join_set_init(&set, w->rt);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            FB_JOIN_SET_SPAWN(&set, probe(&logs[i], i - 1, PROBE_SILENT)), 0);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 4);
    fb_join_set_deinit(&set);
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(logs[i].drops, 1);
    }
    assert_int_equal(logs[1].outputs_dropped, 1); // it had finished
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

// Its members may be queued when the runtime ends: every one is given back.
// peer tokio/task_join_set.outlives
static void a_set_may_outlive_its_runtime(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct probe_log in = {0}, out = {0};

    fb_join_set_init(&set, w->rt);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe_ready(&in, 0)), 0);
        assert_int_equal(FB_SPAWN(w->rt, probe_ready(&out, 0), NULL), 0);
    }
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    assert_int_equal(in.drops, 3);
    assert_int_equal(out.drops, 3);
    assert_int_equal(set.members, 3);
    fb_join_set_abort_all(&set);
    fb_join_set_deinit(&set);
    fb_trace_close(&w->trace, false);
}

// contract 60
static void two_who_wait_both_see_the_set_run_empty(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct drain a = drain(&set), b = drain(&set);
    struct fb_join both = FB_JOIN(&a.future, &b.future);

    fb_join_set_init(&set, w->rt);
    spawn_nap(&set, 1);
    spawn_nap(&set, 1);
    spawn_nap(&set, 2);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(a.taken + b.taken, 3);
    fb_join_set_deinit(&set);
}

// contract 60
static void a_waiter_dropped_after_its_wake_passes_it_on(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct probe_log log = {0};
    struct fb_join_handle first, second;

    fb_join_set_init(&set, w->rt);
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe(&log, 1, PROBE_KEEP)), 0);
    assert_int_equal(FB_SPAWN(w->rt, drain(&set), &first), 0);
    assert_int_equal(FB_SPAWN(w->rt, drain(&set), &second), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 3);
    fb_waker_wake(&log.kept);
    // the member's turn comes, it wakes the first, which is aborted meanwhile
    assert_int_equal(fb_task_abort(&first), 1);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&first);
    fb_task_detach(&second);
    fb_join_set_deinit(&set);
}

static void spawning_into_a_set_without_memory_adds_no_member(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct probe_log log = {0};

    fb_join_set_init(&set, w->rt);
    seam.fail_allocation = seam.allocations + 1;
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe_ready(&log, 0)), -ENOMEM);
    assert_int_equal(set.members, 0);
    assert_int_equal(log.drops, 1);
    fb_join_set_deinit(&set);
}

// peer tokio/task_join_set.length
static void spawning_and_joining_by_turns_keeps_the_length(void **state) {
    struct world *w = *state;
    struct fb_join_set set;

    fb_join_set_init(&set, w->rt);
    spawn_nap(&set, 1);
    for (int i = 0; i < 10; i++) {
        struct drain one = drain(&set);

        one.stop_after = 1;
        spawn_nap(&set, 2);
        assert_int_equal(set.members, 2);
        assert_int_equal(fb_block_on(w->rt, &one.future), 0);
        assert_int_equal(one.taken, 1);
        assert_int_equal(set.members, 1);
    }
    fb_join_set_deinit(&set);
}

// peer tokio/task_join_set.try_next
static void a_result_is_taken_without_waiting_if_one_is_there(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct fb_join_result result = {.task = 77};
    struct probe_log log = {0};

    fb_join_set_init(&set, w->rt);
    assert_int_equal(fb_join_set_try_next(&set, &result), 0);
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe_ready(&log, 5)), 0);
    spawn_nap(&set, 13); // it fails
    assert_int_equal(fb_join_set_try_next(&set, &result), -EAGAIN);
    assert_int_equal(result.task, 77); // untouched
    assert_int_equal(world_settle(w), 2);
    assert_int_equal(fb_join_set_try_next(&set, &result), 1);
    assert_int_equal(result.out, 5);
    assert_int_equal(log.outputs_dropped, 0); // readable until the next
    assert_int_equal(fb_join_set_try_next(&set, &result), -EAGAIN);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_join_set_try_next(&set, &result), 1);
    assert_int_equal(log.outputs_dropped, 1);
    assert_int_equal(result.outcome, FB_OUTCOME_FAILED);
    assert_string_equal(result.message, "thirteen");
    assert_int_equal(fb_join_set_try_next(&set, &result), 0);
    fb_join_set_deinit(&set);
}

// peer tokio/task_join_set.try_next
static void whoever_waits_learns_that_another_took_the_last(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct fb_join_result result;
    struct probe_log log = {0};
    struct fb_join_handle waiting[2];

    fb_join_set_init(&set, w->rt);
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe(&log, 1, PROBE_KEEP)), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(FB_SPAWN(w->rt, drain(&set), &waiting[i]), 0);
    }
    assert_int_equal(world_settle(w), 3);
    fb_waker_wake(&log.kept);
    while (set.finished_first == NULL) { // until just before they are polled
        struct probe_log ready = {0};
        struct probe p = probe_ready(&ready, 0);

        assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    }
    assert_int_equal(fb_join_set_try_next(&set, &result), 1);
    assert_int_equal(fb_run(w->rt), 0); // both end: neither is left waiting
    for (int i = 0; i < 2; i++) {
        struct fb_join_result end;

        assert_true(fb_task_result(&waiting[i], &end));
        assert_int_equal(end.out, 0);
        fb_task_detach(&waiting[i]);
    }
    fb_join_set_deinit(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(members_are_taken_in_the_order_they_finish),
        WORLD_TEST(an_empty_set_gives_zero_at_once),
        WORLD_TEST_EXACT(a_join_of_a_set_is_recorded_step_by_step),
        WORLD_TEST(a_members_failure_is_a_result_among_others),
        WORLD_TEST(abort_all_cancels_those_that_still_run),
        WORLD_TEST_EXACT(a_set_that_ends_aborts_its_members),
        WORLD_TEST(a_set_may_outlive_its_runtime),
        WORLD_TEST(two_who_wait_both_see_the_set_run_empty),
        WORLD_TEST_EXACT(a_waiter_dropped_after_its_wake_passes_it_on),
        WORLD_TEST(spawning_into_a_set_without_memory_adds_no_member),
        WORLD_TEST(spawning_and_joining_by_turns_keeps_the_length),
        WORLD_TEST_EXACT(a_result_is_taken_without_waiting_if_one_is_there),
        WORLD_TEST_EXACT(whoever_waits_learns_that_another_took_the_last),
    };

    return cmocka_run_group_tests_name("join_set", tests, NULL, NULL);
}
