// try_join: all, or the first error.
#include "probe.h"

#include <errno.h>

// contract 55
static void when_all_succeed_it_waits_for_all(void **state) {
    struct world *w = *state;
    struct probe_log logs[3] = {{0}};
    struct probe a = probe(&logs[0], 2, PROBE_SELF);
    struct probe b = probe_ready(&logs[1], 4);
    struct probe c = probe(&logs[2], 1, PROBE_SELF);
    struct fb_try_join t = FB_TRY_JOIN(&a.future, &b.future, &c.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 0);
    assert_int_equal(t.failed, -1);
    assert_int_equal(b.out, 4);
    assert_int_equal(logs[0].polls, 3);
    assert_int_equal(logs[1].polls, 1);
    assert_int_equal(logs[2].polls, 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(logs[i].drops, 1);
    }
}

// contract 55
// peer tokio/macros_try_join
static void the_first_error_drops_the_rest_at_once(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct probe_log logs[4] = {{.trail = trail, .name = 'a'},
                                {.trail = trail, .name = 'b'},
                                {.trail = trail, .name = 'c'},
                                {.trail = trail, .name = 'd'}};
    struct probe a = probe(&logs[0], -1, PROBE_SILENT);
    struct probe b = probe_ready(&logs[1], 1);
    struct probe c = probe_ready(&logs[2], -EIO);
    struct probe d = probe_ready(&logs[3], -EPIPE);
    struct fb_try_join t =
        FB_TRY_JOIN(&a.future, &b.future, &c.future, &d.future);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -EIO);
    assert_int_equal(t.failed, 2);
    assert_string_equal(trail, "bacd"); // b was done before
    assert_int_equal(logs[3].polls, 0); // its turn never came
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
                  "EXIT probe pending", "ENTER probe", "EXIT probe ready",
                  "DROP probe finished", "ENTER probe", "EXIT probe ready",
                  "DROP probe cancelled", "DROP probe finished", "READY 1",
                  "DROP try_join finished", "DONE 1 error -5", "JOIN 1 taken",
                  "FREE 1");
}

// contract 55
// peer tokio/macros_try_join
static void an_error_that_comes_later_ends_it_too(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(3600 * FB_S);
    struct probe_log log = {0};
    struct probe late = probe(&log, 5, PROBE_SELF);
    struct fb_try_join t = FB_TRY_JOIN(&nap.future, &late.future);

    late.result = -ECONNRESET;
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ECONNRESET);
    assert_int_equal(t.failed, 1);
    assert_int_equal(fb_runtime_now_ns(w->rt), 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

static void a_cancelled_try_join_drops_its_arms(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log logs[2] = {{0}};
    struct probe a = probe(&logs[0], -1, PROBE_SELF);
    struct probe b = probe_ready(&logs[1], 0);
    struct fb_try_join t = FB_TRY_JOIN(&a.future, NULL, &b.future);

    assert_int_equal(fb_future_poll(&t.future, &cx), FB_PENDING);
    fb_future_drop(&t.future);
    assert_int_equal(logs[0].drops, 1);
    assert_int_equal(logs[1].drops, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(when_all_succeed_it_waits_for_all),
        WORLD_TEST(the_first_error_drops_the_rest_at_once),
        WORLD_TEST(an_error_that_comes_later_ends_it_too),
        WORLD_TEST(a_cancelled_try_join_drops_its_arms),
    };

    return cmocka_run_group_tests_name("try_join", tests, NULL, NULL);
}
