// race: the first of equals.
#include "probe.h"

#include <errno.h>

static void the_first_to_be_ready_gives_its_out(void **state) {
    struct world *w = *state;
    struct probe_log logs[3] = {{0}};
    struct probe a = probe(&logs[0], -1, PROBE_SELF);
    struct probe b = probe(&logs[1], 2, PROBE_SELF);
    struct probe c = probe(&logs[2], 4, PROBE_SELF);
    struct fb_race r = FB_RACE(&a.future, NULL, &b.future, &c.future);

    b.result = 42;
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, 42);
    assert_int_equal(r.winner, 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(logs[i].drops, 1);
    }
}

static void an_error_wins_as_well(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe a = probe(&log, -1, PROBE_SELF);
    struct probe b = probe_ready(&log, -EIO);
    struct fb_race r = FB_RACE(&a.future, &b.future);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, -EIO);
    assert_int_equal(log.drops, 2);
}

static void without_arms_nobody_wins(void **state) {
    struct world *w = *state;
    struct fb_race r = FB_RACE(NULL, NULL, NULL);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, -ENOENT);
    assert_int_equal(r.winner, -1);
}

static void the_timers_of_losers_are_cancelled(void **state) {
    struct world *w = *state;
    struct fb_sleep naps[3] = {fb_sleep(9 * FB_MS), fb_sleep(2 * FB_MS),
                               fb_sleep(5 * FB_MS)};
    struct fb_race r =
        FB_RACE(&naps[0].future, &naps[1].future, &naps[2].future);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.winner, 1);
    assert_int_equal(fb_runtime_now_ns(w->rt), 2 * FB_MS);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// contract 57
static void each_of_equals_has_its_chance(void **state) {
    struct world *w = *state;
    int wins[3] = {0};

    for (int i = 0; i < 300; i++) {
        struct probe_log log = {0};
        struct probe arms[3] = {probe_ready(&log, 0), probe_ready(&log, 1),
                                probe_ready(&log, 2)};
        struct fb_race r =
            FB_RACE(&arms[0].future, &arms[1].future, &arms[2].future);

        assert_int_equal(fb_block_on(w->rt, &r.future), 0);
        assert_int_equal(r.out, r.winner);
        wins[r.winner]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(wins[i], 60, 140);
    }
}

static void a_cancelled_race_drops_its_arms(void **state) {
    struct probe_log logs[2] = {{0}};
    struct probe a = probe_ready(&logs[0], 0), b = probe_ready(&logs[1], 0);
    struct fb_race r = FB_RACE(&a.future, &b.future);

    (void)state;
    fb_future_drop(&r.future);
    assert_int_equal(logs[0].drops + logs[1].drops, 2);
    assert_int_equal(logs[0].polls + logs[1].polls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_first_to_be_ready_gives_its_out),
        WORLD_TEST(an_error_wins_as_well),
        WORLD_TEST(without_arms_nobody_wins),
        WORLD_TEST(the_timers_of_losers_are_cancelled),
        WORLD_TEST(each_of_equals_has_its_chance),
        WORLD_TEST(a_cancelled_race_drops_its_arms),
    };

    return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
