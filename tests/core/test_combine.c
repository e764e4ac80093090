// join and select: who is polled, who is dropped, and when.
#include "probe.h"

#include <errno.h>
#include <string.h>

// ---- join ----

// contract 55
// peer tokio/macros_join.once, peer futures/futures_unordered
static void join_polls_each_until_done_and_never_again(void **state) {
    struct world *w = *state;
    struct probe_log logs[3] = {{0}};
    struct probe a = probe(&logs[0], 2, PROBE_SELF);
    struct probe b = probe_ready(&logs[1], 4);
    struct probe c = probe(&logs[2], 1, PROBE_SELF);
    struct fb_join j = FB_JOIN(&a.future, &b.future, &c.future);

    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(logs[0].polls, 3);
    assert_int_equal(logs[1].polls, 1);
    assert_int_equal(logs[2].polls, 2);
    assert_int_equal(b.out, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(logs[i].drops, 1);
    }
}

// peer tokio/macros_join.outputs
static void each_arm_keeps_its_own_output(void **state) {
    struct world *w = *state;
    struct probe_log logs[3] = {{0}};
    struct probe arms[3];
    struct fb_join j;

    for (int i = 0; i < 3; i++) { // the first ends last
        arms[i] = probe(&logs[i], 2 - i, PROBE_SELF);
        arms[i].result = 10 + i;
    }
    j = FB_JOIN(&arms[0].future, &arms[1].future, &arms[2].future);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(arms[i].out, 10 + i);
    }
}

// contract 55
static void join_drops_each_arm_when_it_is_done(void **state) {
    struct world *w = *state;
    struct probe_log logs[2] = {{0}};
    struct probe a = probe(&logs[0], 1, PROBE_SELF);
    struct probe b = probe_ready(&logs[1], 0);
    struct fb_join j = FB_JOIN(&a.future, &b.future);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
                  "WAKE 1 during poll by task 1", "EXIT probe pending",
                  "ENTER probe", "EXIT probe ready", "DROP probe finished",
                  "PENDING 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
                  "EXIT probe ready", "DROP probe finished", "READY 1",
                  "DROP join finished", "DONE 1 ok", "JOIN 1 taken", "FREE 1");
}

static void a_cancelled_join_drops_what_is_left(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    char trail[8] = "";
    struct probe_log logs[3] = {{.trail = trail, .name = 'a'},
                                {.trail = trail, .name = 'b'},
                                {.trail = trail, .name = 'c'}};
    struct probe arms[3] = {probe(&logs[0], -1, PROBE_SELF),
                            probe_ready(&logs[1], 0),
                            probe(&logs[2], -1, PROBE_SELF)};
    struct fb_join j =
        FB_JOIN(&arms[0].future, &arms[1].future, &arms[2].future);

    assert_int_equal(fb_future_poll(&j.future, &cx), FB_PENDING);
    assert_string_equal(trail, "b");
    fb_future_drop(&j.future);
    assert_string_equal(trail, "bac");
}

static void a_join_of_eight_sleeps_ends_with_the_longest(void **state) {
    struct world *w = *state;
    struct fb_sleep naps[FB_ARMS_MAX];
    struct fb_future *arms[FB_ARMS_MAX];
    struct fb_join j;

    for (unsigned i = 0; i < FB_ARMS_MAX; i++) {
        naps[i] = fb_sleep((8 - i) * FB_MS);
        arms[i] = &naps[i].future;
    }
    j = fb_join_all(arms, FB_ARMS_MAX);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 8 * FB_MS);
}

static void a_join_of_nothing_is_ready(void **state) {
    struct world *w = *state;
    struct fb_join j = fb_join_all((struct fb_future *const[]){NULL}, 0);

    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
}

static void join_nine(void *arg) {
    struct fb_future *arms[9] = {0};
    struct fb_join j = fb_join_all(arms, 9);

    *(void **)arg = j.arms.arm[0];
}

static void too_many_arms_abort(void **state) {
    void *sink;

    (void)state;
    expect_death(join_nine, &sink, "a join has at most 8 arms");
}

// ---- select ----

// contract 56
// peer tokio/macros_select.biased
static void select_takes_the_first_ready_in_order(void **state) {
    struct world *w = *state;
    struct probe_log logs[3] = {{0}};
    struct probe a = probe(&logs[0], 1, PROBE_SELF);
    struct probe b = probe_ready(&logs[1], 0);
    struct probe c = probe_ready(&logs[2], 0);
    struct fb_select s = FB_SELECT(&a.future, &b.future, &c.future);

    assert_int_equal(fb_block_on(w->rt, &s.future), 0);
    assert_int_equal(s.out, 1);
    assert_int_equal(logs[0].polls, 1);
    assert_int_equal(logs[2].polls, 0); // it had lost before its turn
    for (int i = 0; i < 3; i++) {
        assert_int_equal(logs[i].drops, 1);
    }
}

// contract 56
// peer tokio/macros_select.disabled
static void a_disabled_arm_is_not_polled(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe a = probe(&log, 1, PROBE_SELF);
    struct fb_select s = FB_SELECT(NULL, &a.future, NULL);
    struct fb_select none = FB_SELECT(NULL, NULL);

    assert_int_equal(fb_block_on(w->rt, &s.future), 0);
    assert_int_equal(s.out, 1);
    assert_int_equal(fb_block_on(w->rt, &none.future), 0);
    assert_int_equal(none.out, -ENOENT);
}

// Selects, then runs its arm's body: the trail shows what came first.
struct chooser {
    struct fb_future future;
    int out;
    char *trail;
    struct probe_log *logs;
    struct probe slow, quick;
    struct fb_select select;
};

static enum fb_poll chooser_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct chooser *self = fb_container_of(future, struct chooser, future);

    FB_ASYNC(self, cx);
    self->slow = probe(&self->logs[0], -1, PROBE_SELF);
    self->quick = probe(&self->logs[1], 2, PROBE_SELF);
    FB_AWAIT(self->select, FB_SELECT(&self->slow.future, &self->quick.future));
    strcat(self->trail, "!");
    FB_RETURN(self->select.out);
    FB_ASYNC_END;
}

static struct fb_type chooser_type = FB_TYPE(chooser, .poll = chooser_poll);

// contract 56, contract 17
// peer tokio/macros_select.losers
static void losers_are_dropped_before_the_arm_body_runs(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct probe_log logs[2] = {{.trail = trail, .name = 's'},
                                {.trail = trail, .name = 'q'}};
    struct chooser c = {
        .future.type = &chooser_type, .trail = trail, .logs = logs};

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &c.future), 0);
    assert_int_equal(c.out, 1);
    assert_string_equal(trail, "sq!");
    assert_int_equal(logs[0].polls, 3);
    assert_int_equal(world_count(w, FB_EV_FUTURE_DROP, FB_DROP_CANCELLED), 1);
}

// contract 56
// peer futures/future_shared
static void losers_are_dropped_inside_the_winning_poll(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log logs[2] = {{0}};
    struct probe a = probe(&logs[0], -1, PROBE_SELF);
    struct probe b = probe(&logs[1], 1, PROBE_SELF);
    struct fb_select s = FB_SELECT(&a.future, &b.future);

    assert_int_equal(fb_future_poll(&s.future, &cx), FB_PENDING);
    assert_int_equal(logs[0].drops + logs[1].drops, 0);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_READY);
    assert_int_equal(logs[0].drops, 1);
    assert_int_equal(logs[1].drops, 1);
    fb_future_drop(&s.future);
    assert_int_equal(logs[0].drops + logs[1].drops, 2);
}

// peer tokio/macros_select.nested
static void selects_nest(void **state) {
    struct world *w = *state;
    struct fb_sleep a = fb_sleep(9 * FB_MS), b = fb_sleep(3 * FB_MS),
                    c = fb_sleep(5 * FB_MS);
    struct fb_select inner = FB_SELECT(&a.future, &b.future);
    struct fb_join both = FB_JOIN(&inner.future, &c.future);
    struct fb_timeout outer = fb_timeout(FB_S, &both.future);

    assert_int_equal(fb_block_on(w->rt, &outer.future), 0);
    assert_int_equal(inner.out, 1);
    assert_int_equal(outer.out, 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 5 * FB_MS);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// contract 30
static void a_select_never_polled_drops_its_arms(void **state) {
    struct probe_log logs[2] = {{0}};
    struct probe a = probe_ready(&logs[0], 0), b = probe_ready(&logs[1], 0);
    struct fb_select s = FB_SELECT(&a.future, NULL, &b.future);

    (void)state;
    fb_future_drop(&s.future);
    assert_int_equal(logs[0].drops, 1);
    assert_int_equal(logs[1].drops, 1);
    assert_int_equal(logs[0].polls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_arm_keeps_its_own_output),
        WORLD_TEST(join_polls_each_until_done_and_never_again),
        WORLD_TEST(join_drops_each_arm_when_it_is_done),
        WORLD_TEST(a_cancelled_join_drops_what_is_left),
        WORLD_TEST(a_join_of_eight_sleeps_ends_with_the_longest),
        WORLD_TEST(a_join_of_nothing_is_ready),
        WORLD_TEST(too_many_arms_abort),
        WORLD_TEST(select_takes_the_first_ready_in_order),
        WORLD_TEST(a_disabled_arm_is_not_polled),
        WORLD_TEST(losers_are_dropped_before_the_arm_body_runs),
        WORLD_TEST(losers_are_dropped_inside_the_winning_poll),
        WORLD_TEST(selects_nest),
        WORLD_TEST(a_select_never_polled_drops_its_arms),
    };

    return cmocka_run_group_tests_name("combine", tests, NULL, NULL);
}
