// Time: sleep, timeout, the virtual clock.
#include "probe.h"

#include <errno.h>
#include <string.h>

// contract 40
// peer tokio/rt_common.sleep, peer tokio/tracing_time
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

// One whose poll makes a call that takes 30 ms.
struct stubborn {
    struct fb_future future;
    int out;
};
static struct fb_trace_site the_call = {
    .name = "sleep", .file = __FILE__, .line = __LINE__};

static enum fb_poll stubborn_poll(struct fb_future *f, struct fb_context *cx) {
    (void)f;
    fb__clock_blocked(cx->runtime, &the_call, 30 * FB_MS);
    return FB_READY;
}

static struct fb_type stubborn_type = FB_TYPE(stubborn, .poll = stubborn_poll);

static void
a_call_that_blocks_takes_its_time_and_others_are_late(void **state) {
    struct world *w = *state;
    struct stubborn s = {.future.type = &stubborn_type};
    struct fb_sleep nap = fb_sleep(10 * FB_MS);
    unsigned told = 0;

    assert_int_equal(FB_SPAWN(w->rt, nap, NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
    fb__clock_blocked(w->rt, &the_call, FB_S); // between polls: nobody's
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 30 * FB_MS);
    for (uint64_t i = 0; i < w->trace.head; i++) {
        const struct fb_event *e = &w->trace.events[i];

        if (e->kind == FB_EV_CLOCK && e->detail == FB_CLOCK_BLOCKED) {
            told++;
            assert_int_equal(e->subject, 2);
            assert_int_equal(e->flags, the_call.index);
            assert_int_equal(e->clock.to_ns - e->clock.from_ns, 30 * FB_MS);
            assert_int_equal(e->time_ns, e->clock.to_ns);
        }
    }
#ifndef FB_NO_TRACE
    assert_int_equal(told, 1);
#endif
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
// peer tokio/time_timeout.equal
static void inner_wins_at_an_equal_deadline(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(10 * FB_MS);
    struct fb_timeout t = fb_timeout(10 * FB_MS, &nap.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
}

// contract 38
// peer tokio/time_timeout.finished
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

// peer tokio/time_pause.advance, peer fuchsia/fake_time
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

// ---- timers and those who poll them ----

// contract 11
// peer async-io/timer.two_tasks
static void a_timer_that_changes_hands_wakes_the_last_one(void **state) {
    struct world *w = *state;
    struct counter c[2] = {{0}};
    struct fb_sleep nap = fb_sleep(10 * FB_MS);

    for (int i = 0; i < 4; i++) { // to and fro: the second has it in the end
        struct fb_waker waker = counter_waker(&c[i % 2]);
        struct fb_context cx = hand_context(w, &waker);

        assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    }
    assert_int_equal(fb_runtime_advance(w->rt, 10 * FB_MS), 0);
    assert_int_equal(c[0].wakes, 0);
    assert_int_equal(c[1].wakes, 1);
    fb_future_drop(&nap.future);
    assert_int_equal(c[0].clones, c[0].drops);
    assert_int_equal(c[1].clones, c[1].drops + c[1].wakes);
}

// Ticks for ever; writes the time of each down.
struct pulse {
    struct fb_future future;
    int out;
    struct fb_interval interval;
    uint64_t at_ns[8];
    struct fb_tick tick;
};

static enum fb_poll pulse_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct pulse *self = fb_container_of(future, struct pulse, future);

    FB_ASYNC(self, cx);
    for (;; self->out++) {
        FB_AWAIT(self->tick, fb_interval_tick(&self->interval));
        self->at_ns[self->out % 8] = fb_runtime_now_ns(cx->runtime);
    }
    FB_ASYNC_END;
}

static struct fb_type pulse_type = FB_TYPE(pulse, .poll = pulse_poll);

// peer fuchsia/fake_time
static void an_advance_meets_each_tick_at_its_own_time(void **state) {
    struct world *w = *state;
    struct pulse p = {.future.type = &pulse_type};
    struct fb_join_handle handle;
    const struct pulse *live;

    assert_int_equal(fb_interval_init(10, 10, FB_MISSED_BURST, &p.interval), 0);
    assert_int_equal(FB_SPAWN(w->rt, p, &handle), 0);
    live = (const struct pulse *)(const void *)fb__task_root(handle.task);
    assert_int_equal(fb_runtime_advance(w->rt, 45), 1 + 4);
    assert_int_equal(live->out, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(live->at_ns[i], 10 * (i + 1));
    }
    assert_int_equal(fb_runtime_now_ns(w->rt), 45);
    assert_int_equal(fb_runtime_advance(w->rt, 4), 0); // 49: not yet
    assert_int_equal(fb_runtime_advance(w->rt, 1), 1);
    fb_task_abort(&handle);
    fb_task_detach(&handle);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

static void be_named(struct probe_log *log, struct fb_context *cx) {
    (void)cx;
    strncat(log->arg, &log->name, 1);
}

// What `run` polls of five tasks that wake themselves, in its order.
static void polls_by(struct world *w, bool stepping, char *order) {
    struct probe_log logs[5] = {{0}};

    for (int i = 0; i < 5; i++) {
        logs[i] = (struct probe_log){
            .on_poll = be_named, .arg = order, .name = (char)('a' + i)};
        assert_int_equal(FB_SPAWN(w->rt, probe(&logs[i], i, PROBE_SELF), NULL),
                         0);
    }
    assert_int_equal(stepping ? fb_run_until_stalled(w->rt) : fb_run(w->rt),
                     stepping ? 15 : 0);
}

// peer fuchsia/run_until_stalled
static void stepping_polls_in_the_order_of_running(void **state) {
    char order[2][16] = {"", ""};

    polls_by(*state, false, order[0]);
    polls_by(*state, true, order[1]);
    assert_string_equal(order[0], "abcdebcdecdedee");
    assert_string_equal(order[1], order[0]);
}

// peer tokio/task_yield_now
static void a_yield_outside_any_task_wakes_at_the_next_turn(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_yield yield = fb_yield();

    assert_int_equal(fb_future_poll(&yield.future, &cx), FB_PENDING);
    assert_int_equal(c.wakes, 0);
    assert_int_equal(world_settle(w), 0);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(fb_future_poll(&yield.future, &cx), FB_READY);
    fb_future_drop(&yield.future);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sleeping_an_hour_costs_no_real_time),
        WORLD_TEST_EXACT(a_call_that_blocks_takes_its_time_and_others_are_late),
        WORLD_TEST(a_late_inner_future_is_dropped_at_the_deadline),
        WORLD_TEST(an_inner_future_in_time_cancels_the_timer),
        WORLD_TEST(every_end_of_a_timer_names_its_task),
        WORLD_TEST(inner_wins_at_an_equal_deadline),
        WORLD_TEST(a_ready_inner_wins_over_a_timeout_of_zero),
        WORLD_TEST(a_cancelled_timeout_drops_both_sides),
        WORLD_TEST(advance_fires_in_order_and_stops_at_its_target),
        WORLD_TEST(time_stood_stopped_does_not_count),
        WORLD_TEST(a_timer_that_changes_hands_wakes_the_last_one),
        WORLD_TEST_EXACT(an_advance_meets_each_tick_at_its_own_time),
        WORLD_TEST_EXACT(stepping_polls_in_the_order_of_running),
        WORLD_TEST(a_yield_outside_any_task_wakes_at_the_next_turn),
    };

    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
