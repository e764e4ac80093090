// Wakers: clones and drops balance, wakes coalesce, nothing runs in a wake.
#include "probe.h"

// contract 3, contract 4
static void n_wakes_before_the_poll_cause_one_poll(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    world_skip(w);
    fb_waker_wake_by_ref(&log.kept);
    fb_waker_wake_by_ref(&log.kept);
    assert_int_equal(log.polls, 1); // contract 8
    fb_waker_wake(&log.kept);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(log.polls, 2);
    EXPECT_EVENTS(w, "WAKE 1 scheduled by nobody", "SCHEDULED 1",
                  "WAKE 1 coalesced by nobody", "RELEASE 1 outside woken",
                  "WAKE 1 coalesced by nobody", "POLL 1", "READY 1",
                  "DROP probe finished", "DONE 1 ok", "FREE 1");
}

// contract 5
static void wake_during_poll_requeues_once_at_the_tail(void **state) {
    struct world *w = *state;
    struct probe_log self = {0}, other = {0};

    assert_int_equal(FB_SPAWN(w->rt, probe(&self, 1, PROBE_SELF), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&other, 0), NULL), 0);
    world_skip(w);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "POLL 1", "WAKE 1 during poll by task 1", "PENDING 1",
                  "SCHEDULED 1", "POLL 2", "READY 2", "DROP probe finished",
                  "DONE 2 ok", "FREE 2", "POLL 1", "READY 1",
                  "DROP probe finished", "DONE 1 ok", "FREE 1");
}

static void wake_8192_times(struct probe_log *log, struct fb_context *cx) {
    (void)log;
    for (int i = 0; i < 8192; i++) {
        fb_waker_wake_by_ref(cx->waker);
    }
}

// contract 4
// peer fuchsia/self_wakes, peer embassy/double_self_wake
static void many_self_wakes_in_one_poll_are_one(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = wake_8192_times};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 2);
}

// contract 6
// peer async-task/waker_ready, peer embassy/after_exit
static void wake_after_completion_only_gives_references_back(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_waker late;

    world_mistake(w, FB_LINT_STALE_WAKER);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    late = fb_waker_clone(&log.kept);
    fb_waker_wake(&log.kept);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(log.drops, 1);
    world_skip(w);
    fb_waker_wake_by_ref(&late);
    fb_waker_wake(&late);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "WAKE 1 after complete by nobody",
                  "RELEASE 1 outside woken", "WAKE 1 after complete by nobody",
                  "FREE 1");
}

// contract 9
static void a_waker_kept_beyond_the_runtime_does_nothing(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_waker other;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    other = fb_waker_clone(&log.kept);
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    assert_int_equal(log.drops, 1);
    fb_waker_wake_by_ref(&log.kept);
    fb_waker_wake(&log.kept);
    fb_waker_drop(&other);
    assert_int_equal(log.polls, 1);
    fb_trace_close(&w->trace, false);
}

static void wake_the_kept_one(struct probe_log *log) {
    struct probe_log *other = log->arg;

    fb_waker_wake(&other->kept);
}

// contract 9
static void wake_is_legal_inside_a_drop(void **state) {
    struct world *w = *state;
    struct probe_log sleeper = {0};
    struct probe_log waker = {.on_drop = wake_the_kept_one, .arg = &sleeper};

    assert_int_equal(FB_SPAWN(w->rt, probe(&sleeper, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&waker, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(sleeper.polls, 2);
}

static void clone_and_wake_own(struct probe_log *log) {
    (void)log;
    fb_waker_wake(&log->kept);
}

// contract 9
static void a_future_may_wake_its_own_task_from_its_drop(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_drop = clone_and_wake_own};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    fb_waker_wake_by_ref(&log.kept);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.drops, 1);
    assert_int_equal(log.polls, 2);
}

// contract 10, contract 11
// peer tokio/io_async_fd.last_waker, peer futures/task_atomic_waker
static void
a_waiter_keeps_the_latest_waker_and_clones_no_equal_one(void **state) {
    struct world *w = *state;
    struct counter first = {0}, second = {0};
    struct fb_waker a = counter_waker(&first), b = counter_waker(&second);
    struct fb_context cx = hand_context(w, &a);
    struct fb_waiter_list list = {0};
    struct fb_waiter waiter = {0};

    fb_waiter_arm(&waiter, &cx, &list, FB_PARTY_CHANNEL, 1, 0);
    fb_waiter_arm(&waiter, &cx, &list, FB_PARTY_CHANNEL, 1, 0);
    assert_int_equal(first.clones, 1);
    cx.waker = &b;
    fb_waiter_arm(&waiter, &cx, &list, FB_PARTY_CHANNEL, 1, 0);
    assert_int_equal(second.clones, 1);
    assert_int_equal(first.drops, 1);
    assert_ptr_equal(list.first, &waiter);
    assert_ptr_equal(list.last, &waiter);
    fb_waiter_wake(&waiter, FB_PARTY_CHANNEL, 1);
    assert_int_equal(second.wakes, 1);
    assert_int_equal(first.wakes, 0);
    assert_int_equal(second.drops, 0); // the wake used it up
    assert_null(list.first);
    fb_waiter_wake(&waiter, FB_PARTY_CHANNEL, 1);
    assert_int_equal(second.wakes, 1);
}

static void waiters_leave_a_list_from_any_place(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_waiter_list list = {0};
    static struct fb_waiter waiters[4];

    for (int i = 0; i < 4; i++) {
        fb_waiter_arm(&waiters[i], &cx, &list, FB_PARTY_CHANNEL, 1, 0);
    }
    fb_waiter_disarm(&waiters[1]); // the middle
    fb_waiter_disarm(&waiters[0]); // the head
    fb_waiter_disarm(&waiters[3]); // the tail
    assert_ptr_equal(list.first, &waiters[2]);
    assert_ptr_equal(list.last, &waiters[2]);
    assert_null(waiters[2].next);
    assert_null(waiters[2].prev);
    fb_waiter_disarm(&waiters[2]);
    fb_waiter_disarm(&waiters[2]); // legal when not armed
    assert_null(list.first);
    assert_null(list.last);
    assert_int_equal(c.clones, 4);
    assert_int_equal(c.drops, 4);
}

static void an_empty_waker_does_nothing(void **state) {
    struct fb_waker none = {0}, copy;

    (void)state;
    copy = fb_waker_clone(&none);
    assert_null(copy.ops);
    fb_waker_wake_by_ref(&none);
    fb_waker_wake(&none);
    fb_waker_drop(&copy);
}

// contract 15
static void clones_and_drops_balance(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_waker copies[10];

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    for (int i = 0; i < 10; i++) {
        copies[i] = fb_waker_clone(&log.kept);
        assert_true(fb_waker_same(&copies[i], &log.kept));
    }
    assert_int_equal(fb_runtime_stats(w->rt).outside_wakers, 11);
    for (int i = 0; i < 10; i++) {
        fb_waker_drop(&copies[i]);
        assert_null(copies[i].ops);
    }
    assert_int_equal(fb_runtime_stats(w->rt).outside_wakers, 1);
    fb_waker_drop(&log.kept);
    world_end(w); // while what its futures point to is there
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(n_wakes_before_the_poll_cause_one_poll),
        WORLD_TEST_EXACT(wake_during_poll_requeues_once_at_the_tail),
        WORLD_TEST(many_self_wakes_in_one_poll_are_one),
        WORLD_TEST(wake_after_completion_only_gives_references_back),
        WORLD_TEST(a_waker_kept_beyond_the_runtime_does_nothing),
        WORLD_TEST_EXACT(wake_is_legal_inside_a_drop),
        WORLD_TEST(a_future_may_wake_its_own_task_from_its_drop),
        WORLD_TEST(a_waiter_keeps_the_latest_waker_and_clones_no_equal_one),
        WORLD_TEST(waiters_leave_a_list_from_any_place),
        WORLD_TEST(an_empty_waker_does_nothing),
        WORLD_TEST(clones_and_drops_balance),
    };

    return cmocka_run_group_tests_name("waker", tests, NULL, NULL);
}
