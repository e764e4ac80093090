// Time: sleep, timeout, the virtual clock.
#include "probe.h"

#include <errno.h>

// contract 40
static void sleeping_an_hour_costs_no_real_time(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(3600 * FB_S);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &nap.future), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 3600 * FB_S);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1",
                  "TIMER_SET 1 @3.6e+06ms", "CLONE 1 timer 1", "PENDING 1",
                  "CLOCK 3.6e+06ms", "TIMER_END 1 fired",
                  "RELEASE 1 timer 1 woken", "WAKE 1 scheduled by timer 1",
                  "SCHEDULED 1", "POLL 1", "READY 1", "DROP sleep finished",
                  "DONE 1 ok", "JOIN 1 taken", "FREE 1");
}

static void a_late_inner_future_is_dropped_at_the_deadline(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe p = probe(&log, -1, PROBE_SILENT);
    struct fb_timeout t = fb_timeout(10 * FB_MS, &p.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_int_equal(log.drops, 1);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

static void an_inner_future_in_time_cancels_the_timer(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe p = probe(&log, 1, PROBE_SELF);
    struct fb_timeout t = fb_timeout(10 * FB_MS, &p.future);

    p.result = 5;
    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 5);
    assert_int_equal(fb_runtime_now_ns(w->rt), 0);
    EXPECT_EVENTS(
        w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
        "WAKE 1 during poll by task 1", "EXIT probe pending", "ENTER sleep",
        "TIMER_SET 1 @10ms", "CLONE 1 timer 1", "EXIT sleep pending",
        "PENDING 1", "SCHEDULED 1", "POLL 1", "ENTER probe", "EXIT probe ready",
        "RELEASE 1 timer 1 dropped", "TIMER_END 1 cancelled",
        "DROP sleep cancelled", "DROP probe finished", "READY 1",
        "DROP timeout finished", "DONE 1 ok 5", "JOIN 1 taken", "FREE 1");
}

static void every_end_of_a_timer_names_its_task(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(FB_MS), late = fb_sleep(9 * FB_MS);
    struct fb_select s = FB_SELECT(&nap.future, &late.future);
    unsigned ends = 0;

    assert_int_equal(fb_block_on(w->rt, &s.future), 0);
    for (uint64_t i = 0; i < w->trace.head; i++) {
        const struct fb_event *e = &w->trace.events[i];

        if (e->kind == FB_EV_TIMER_END) {
            assert_int_equal(e->timer.task, 1);
            assert_int_not_equal(e->timer.future, 0);
            assert_int_equal(e->detail,
                             ends++ == 0 ? FB_TIMER_FIRED : FB_TIMER_CANCELLED);
        }
    }
    assert_int_equal(ends, 2);
}

// contract 38
static void inner_wins_at_an_equal_deadline(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(10 * FB_MS);
    struct fb_timeout t = fb_timeout(10 * FB_MS, &nap.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
}

// contract 38
static void a_ready_inner_wins_over_a_timeout_of_zero(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe ready = probe_ready(&log, 3);
    struct probe never = probe(&log, -1, PROBE_SILENT);
    struct fb_timeout t = fb_timeout(0, &ready.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 3);
    t = fb_timeout(0, &never.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_int_equal(log.polls, 2); // polled once before it was given up
    assert_int_equal(log.drops, 2);
}

static void a_cancelled_timeout_drops_both_sides(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log log = {0};
    struct probe p = probe(&log, -1, PROBE_SELF);
    struct fb_timeout t = fb_timeout(FB_S, &p.future);

    assert_int_equal(fb_future_poll(&t.future, &cx), FB_PENDING);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    fb_future_drop(&t.future);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    assert_int_equal(log.drops, 1);
    assert_int_equal(c.clones, c.drops + c.wakes);
}

static void advance_fires_in_order_and_stops_at_its_target(void **state) {
    struct world *w = *state;
    struct counter c[3] = {{0}};
    struct fb_sleep naps[3];

    for (int i = 0; i < 3; i++) {
        struct fb_waker waker = counter_waker(&c[i]);
        struct fb_context cx = hand_context(w, &waker);

        naps[i] = fb_sleep((uint64_t)(i + 1) * FB_MS);
        assert_int_equal(fb_future_poll(&naps[i].future, &cx), FB_PENDING);
    }
    assert_int_equal(fb_runtime_advance(w->rt, 2 * FB_MS), 0);
    assert_int_equal(c[0].wakes, 1);
    assert_int_equal(c[1].wakes, 1);
    assert_int_equal(c[2].wakes, 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 2 * FB_MS);
    for (int i = 0; i < 3; i++) {
        fb_future_drop(&naps[i].future);
    }
}

// The clock of a stopped program stands still: what a viewer holds up is left
// out of the runtime's time.
static void time_stood_stopped_does_not_count(void **state) {
    struct world *w = *state;
    uint64_t before;

    world_begin_real(w);
    before = fb_runtime_now_ns(w->rt);
    w->trace.stopped_ns = 3600 * FB_S < before ? 3600 * FB_S : before / 2;
    assert_true(fb_runtime_now_ns(w->rt) < before);
    w->trace.stopped_ns = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sleeping_an_hour_costs_no_real_time),
        WORLD_TEST(a_late_inner_future_is_dropped_at_the_deadline),
        WORLD_TEST(an_inner_future_in_time_cancels_the_timer),
        WORLD_TEST(every_end_of_a_timer_names_its_task),
        WORLD_TEST(inner_wins_at_an_equal_deadline),
        WORLD_TEST(a_ready_inner_wins_over_a_timeout_of_zero),
        WORLD_TEST(a_cancelled_timeout_drops_both_sides),
        WORLD_TEST(advance_fires_in_order_and_stops_at_its_target),
        WORLD_TEST(time_stood_stopped_does_not_count),
    };

    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
