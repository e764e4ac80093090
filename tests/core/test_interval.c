// Intervals: when ticks come, what becomes of those that were missed, and how
// sleeps and intervals are set anew.
#include "probe.h"

#include <errno.h>

// Takes ticks; after the second it is busy for 25 ms.
struct metronome {
    struct fb_future future;
    int out;
    struct world *world;
    struct fb_interval interval;
    int ticks, busy_after;
    uint64_t busy_ns;
    uint64_t taken_ms[8], due_ms[8];
    struct fb_tick tick;
};

static enum fb_poll metronome_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct metronome *self = fb_container_of(future, struct metronome, future);

    FB_ASYNC(self, cx);
    for (; self->out < self->ticks; self->out++) {
        FB_AWAIT(self->tick, fb_interval_tick(&self->interval));
        self->taken_ms[self->out] = fb_runtime_now_ns(cx->runtime) / FB_MS;
        self->due_ms[self->out] = self->tick.deadline_ns / FB_MS;
        if (self->out == self->busy_after) {
            self->world->rt->virtual_now_ns += self->busy_ns;
        }
    }
    FB_RETURN(self->out);
    FB_ASYNC_END;
}

static struct fb_type metronome_type =
    FB_TYPE(metronome, .poll = metronome_poll);

static struct metronome metronome(struct world *w, enum fb_missed missed) {
    struct metronome m = {.future.type = &metronome_type,
                          .world = w,
                          .ticks = 6,
                          .busy_after = 1,
                          .busy_ns = 25 * FB_MS};

    assert_int_equal(fb_interval_init(0, 10 * FB_MS, missed, &m.interval), 0);
    return m;
}

static void expect_ticks(struct world *w, struct metronome *m,
                         const uint64_t taken_ms[6], const uint64_t due_ms[6]) {
    assert_int_equal(fb_block_on(w->rt, &m->future), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(m->taken_ms[i], taken_ms[i]);
        assert_int_equal(m->due_ms[i], due_ms[i]);
    }
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// contract 39
static void ticks_come_a_period_apart(void **state) {
    static const uint64_t grid[] = {0, 10, 20, 30, 40, 50};

    for (int missed = FB_MISSED_BURST; missed <= FB_MISSED_SKIP; missed++) {
        struct metronome m = metronome(*state, (enum fb_missed)missed);

        m.busy_ns = 0;
        world_begin_order(*state, FB_ORDER_FIFO, 0);
        expect_ticks(*state, &m, grid, grid);
    }
}

// contract 39
// peer tokio/time_interval.catch_up
static void burst_catches_up_at_once(void **state) {
    struct metronome m = metronome(*state, FB_MISSED_BURST);

    expect_ticks(*state, &m, (const uint64_t[]){0, 10, 35, 35, 40, 50},
                 (const uint64_t[]){0, 10, 20, 30, 40, 50});
}

// contract 39
// peer tokio/time_interval.catch_up
static void delay_leaves_a_period_between_any_two(void **state) {
    struct metronome m = metronome(*state, FB_MISSED_DELAY);

    expect_ticks(*state, &m, (const uint64_t[]){0, 10, 35, 45, 55, 65},
                 (const uint64_t[]){0, 10, 20, 45, 55, 65});
}

// contract 39
// peer tokio/time_interval.catch_up
static void skip_stays_on_the_grid(void **state) {
    struct metronome m = metronome(*state, FB_MISSED_SKIP);

    expect_ticks(*state, &m, (const uint64_t[]){0, 10, 35, 40, 50, 60},
                 (const uint64_t[]){0, 10, 20, 40, 50, 60});
}

// Late by whole periods: the tick that is due now must not come twice.
// peer tokio/time_interval.catch_up
static void skip_counts_whole_periods_right(void **state) {
    struct metronome m = metronome(*state, FB_MISSED_SKIP);

    m.busy_ns = 30 * FB_MS; // until 40: the one of 20 is late by two periods
    expect_ticks(*state, &m, (const uint64_t[]){0, 10, 40, 50, 60, 70},
                 (const uint64_t[]){0, 10, 20, 50, 60, 70});
}

// contract 39
// peer tokio/time_interval.zero
static void a_period_of_zero_is_rejected(void **state) {
    struct fb_interval i = {.period_ns = 42};

    (void)state;
    assert_int_equal(fb_interval_init(0, 0, FB_MISSED_SKIP, &i), -EINVAL);
    assert_int_equal(i.period_ns, 42);
}

static void an_endless_period_never_ticks_again(void **state) {
    struct world *w = *state;
    struct metronome m = metronome(w, FB_MISSED_DELAY);

    assert_int_equal(
        fb_interval_init(5, UINT64_MAX, FB_MISSED_SKIP, &m.interval), 0);
    m.ticks = 1;
    assert_int_equal(fb_block_on(w->rt, &m.future), 0);
    assert_int_equal(m.interval.next_ns, UINT64_MAX);
}

// peer tokio/time_interval.waker
static void a_tick_that_is_due_keeps_no_waker(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_interval i;
    struct fb_tick tick;

    assert_int_equal(fb_interval_init(FB_MS, FB_MS, FB_MISSED_BURST, &i), 0);
    assert_int_equal(fb_runtime_advance(w->rt, 2 * FB_MS), 0);
    for (int n = 0; n < 2; n++) {
        tick = fb_interval_tick(&i);
        assert_int_equal(fb_future_poll(&tick.future, &cx), FB_READY);
        fb_future_drop(&tick.future);
        assert_int_equal(c.clones, 0);
    }
    tick = fb_interval_tick(&i); // not due: now it has to wait
    assert_int_equal(fb_future_poll(&tick.future, &cx), FB_PENDING);
    assert_int_equal(c.clones, 1);
    fb_future_drop(&tick.future);
}

static void a_tick_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_interval i;
    struct fb_tick tick;

    assert_int_equal(fb_interval_init(FB_MS, FB_MS, FB_MISSED_SKIP, &i), 0);
    tick = fb_interval_tick(&i);
    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &tick.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "TIMER_SET 1 @1ms",
                  "CLONE 1 timer 1", "PENDING 1", "CLOCK 1ms",
                  "TIMER_END 1 fired", "RELEASE 1 timer 1 woken",
                  "WAKE 1 scheduled by timer 1", "SCHEDULED 1", "POLL 1",
                  "READY 1", "DROP tick finished", "DONE 1 ok", "JOIN 1 taken",
                  "FREE 1");
}

static void a_tick_dropped_early_is_not_lost(void **state) {
    struct world *w = *state;
    struct fb_interval i;
    struct fb_tick tick;
    struct fb_timeout t;

    assert_int_equal(fb_interval_init(10 * FB_MS, FB_S, FB_MISSED_SKIP, &i), 0);
    tick = fb_interval_tick(&i);
    t = fb_timeout(5 * FB_MS, &tick.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_null(i.pending);
    tick = fb_interval_tick(&i);
    assert_int_equal(fb_block_on(w->rt, &tick.future), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
    assert_int_equal(i.next_ns, FB_S + 10 * FB_MS);
}

// contract 10
static void a_spurious_poll_of_a_tick_changes_nothing(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_interval i;
    struct fb_tick tick;

    assert_int_equal(fb_interval_init(FB_MS, FB_MS, FB_MISSED_BURST, &i), 0);
    tick = fb_interval_tick(&i);
    for (int poll = 0; poll < 3; poll++) {
        assert_int_equal(fb_future_poll(&tick.future, &cx), FB_PENDING);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    }
    assert_int_equal(c.clones, 1);
    assert_int_equal(i.next_ns, FB_MS);
    fb_future_drop(&tick.future);
    assert_int_equal(c.drops, 1);
}

static void two_pending_ticks(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_interval i;
    struct fb_tick a, b;

    if (fb_interval_init(FB_MS, FB_MS, FB_MISSED_BURST, &i) == 0) {
        a = fb_interval_tick(&i);
        b = fb_interval_tick(&i);
        (void)!fb_future_poll(&a.future, &cx);
        (void)!fb_future_poll(&b.future, &cx);
    }
}

static void a_second_pending_tick_aborts(void **state) {
    expect_death(two_pending_ticks, *state, "one pending tick at a time");
}

// ---- set anew ----

// contract 39
// peer tokio/time_interval.reset
static void each_form_of_reset_moves_the_grid(void **state) {
    struct world *w = *state;
    struct fb_interval i;

    assert_int_equal(fb_interval_init(0, 10 * FB_MS, FB_MISSED_SKIP, &i), 0);
    assert_int_equal(fb_runtime_advance(w->rt, 33 * FB_MS), 0);
    fb_interval_reset(&i, w->rt);
    assert_int_equal(i.next_ns, 43 * FB_MS);
    fb_interval_reset_now(&i, w->rt);
    assert_int_equal(i.next_ns, 33 * FB_MS);
    fb_interval_reset_after(&i, w->rt, 2 * FB_MS);
    assert_int_equal(i.next_ns, 35 * FB_MS);
    fb_interval_reset_after(&i, w->rt, UINT64_MAX);
    assert_int_equal(i.next_ns, UINT64_MAX);
    fb_interval_reset_at(&i, 7 * FB_MS);
    assert_int_equal(i.next_ns, 7 * FB_MS);
}

// contract 37
// peer tokio/time_interval.reset
static void a_reset_moves_a_pending_tick(void **state) {
    struct world *w = *state;
    struct fb_interval i;
    struct fb_join_handle handle;

    assert_int_equal(fb_interval_init(FB_S, 10 * FB_MS, FB_MISSED_SKIP, &i), 0);
    assert_int_equal(FB_SPAWN(w->rt, fb_interval_tick(&i), &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    world_skip(w);
    fb_interval_reset(&i, w->rt);
    EXPECT_EVENTS(w, "RELEASE 1 timer 1 dropped", "TIMER_END 1 cancelled",
                  "TIMER_SET 2 @10ms", "CLONE 1 timer 2");
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
    assert_null(i.pending);
    fb_task_detach(&handle);
}

// The deadlines that a sleep of 10 ms is given, one after the other, before
// the clock runs.
static void expect_end(struct world *w, uint64_t reset_ms, uint64_t end_ms) {
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_sleep nap = fb_sleep_until(10 * FB_MS);

    world_begin_order(w, FB_ORDER_FIFO, 0);
    cx.runtime = w->rt;
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    fb_sleep_reset(&nap, reset_ms * FB_MS);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    assert_int_equal(fb_runtime_advance(w->rt, end_ms * FB_MS - 1), 0);
    assert_int_equal(c.wakes, 0);
    assert_int_equal(fb_runtime_advance(w->rt, 1), 0);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_READY);
    fb_future_drop(&nap.future);
    assert_int_equal(c.clones, c.wakes + c.drops);
}

// peer tokio/time_sleep.drop_after_reset
static void a_sleep_dropped_after_a_reset_leaves_no_timer(void **state) {
    struct world *w = *state;

    for (uint64_t to = 1; to <= 20; to += 19) { // earlier, and later
        struct counter c = {0};
        struct fb_waker waker = counter_waker(&c);
        struct fb_context cx = hand_context(w, &waker);
        struct fb_sleep nap = fb_sleep(10 * FB_MS);

        assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
        fb_sleep_reset(&nap, fb_runtime_now_ns(w->rt) + to * FB_MS);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
        fb_future_drop(&nap.future);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
        assert_int_equal(fb_runtime_advance(w->rt, 30 * FB_MS), 0);
        assert_int_equal(c.wakes, 0);
        assert_int_equal(c.clones, c.drops);
    }
}

// contract 37
// peer tokio/time_sleep.reset
static void a_sleep_is_reset_earlier_and_later(void **state) {
    expect_end(*state, 5, 5);
    expect_end(*state, 20, 20);
    expect_end(*state, 10, 10);
}

// contract 37
// peer tokio/time_sleep.reset
static void a_sleep_reset_into_the_past_ends_in_the_same_turn(void **state) {
    struct world *w = *state;
    struct fb_sleep *nap;
    struct fb_join_handle handle;
    struct fb_join_result result;

    assert_int_equal(fb_runtime_advance(w->rt, FB_S), 0);
    assert_int_equal(FB_SPAWN(w->rt, fb_sleep(FB_S), &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    nap = fb_container_of(fb__task_root(handle.task), struct fb_sleep, future);
    fb_sleep_reset(nap, 1);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(fb_runtime_now_ns(w->rt), FB_S);
    fb_task_detach(&handle);
}

// contract 37
// peer tokio/time_sleep.reset
static void a_sleep_whose_timer_has_fired_can_be_reset(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_sleep nap = fb_sleep(FB_MS);

    assert_int_equal(fb_runtime_advance(w->rt, FB_MS), 0);
    fb_sleep_reset(&nap, 2 * FB_MS); // before its first poll: nothing is armed
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    assert_int_equal(nap.timer.deadline_ns, 2 * FB_MS); // no duration any more
    assert_int_equal(fb_runtime_advance(w->rt, FB_MS), 0);
    assert_int_equal(c.wakes, 1);
    fb_sleep_reset(&nap, 5 * FB_MS);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    assert_int_equal(fb_runtime_advance(w->rt, 3 * FB_MS), 0);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_READY);
    fb_future_drop(&nap.future);
}

static void reset_what_is_over(void *arg) {
    struct world *w = arg;
    struct fb_sleep nap = fb_sleep(0);

    if (fb_block_on(w->rt, &nap.future) == 0) {
        fb_sleep_reset(&nap, FB_S);
    }
}

static void to_reset_a_sleep_that_is_over_aborts(void **state) {
    expect_death(reset_what_is_over, *state, "that is over is not reset");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(ticks_come_a_period_apart),
        WORLD_TEST(burst_catches_up_at_once),
        WORLD_TEST(delay_leaves_a_period_between_any_two),
        WORLD_TEST(skip_stays_on_the_grid),
        WORLD_TEST(skip_counts_whole_periods_right),
        WORLD_TEST(a_period_of_zero_is_rejected),
        WORLD_TEST(an_endless_period_never_ticks_again),
        WORLD_TEST(a_tick_that_is_due_keeps_no_waker),
        WORLD_TEST(a_sleep_dropped_after_a_reset_leaves_no_timer),
        WORLD_TEST(a_tick_is_recorded_step_by_step),
        WORLD_TEST(a_tick_dropped_early_is_not_lost),
        WORLD_TEST(a_spurious_poll_of_a_tick_changes_nothing),
        WORLD_TEST(a_second_pending_tick_aborts),
        WORLD_TEST(each_form_of_reset_moves_the_grid),
        WORLD_TEST(a_reset_moves_a_pending_tick),
        WORLD_TEST(a_sleep_is_reset_earlier_and_later),
        WORLD_TEST(a_sleep_reset_into_the_past_ends_in_the_same_turn),
        WORLD_TEST(a_sleep_whose_timer_has_fired_can_be_reset),
        WORLD_TEST(to_reset_a_sleep_that_is_over_aborts),
    };

    return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
