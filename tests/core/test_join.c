// join: whom a poll begins with, and that no arm starves.
#include "probe.h"

#include <string.h>

// Writes its name into the text at `arg` when it is polled.
static void sign(struct probe_log *log, struct fb_context *cx) {
    (void)cx;
    strncat(log->arg, &log->name, 1);
}

static void three_arms(struct probe_log logs[3], struct probe arms[3],
                       char *polls) {
    for (int i = 0; i < 3; i++) {
        logs[i] = (struct probe_log){
            .on_poll = sign, .arg = polls, .name = (char)('a' + i)};
        arms[i] = probe(&logs[i], 2, PROBE_SELF);
    }
}

// contract 57
// peer tokio/macros_join.rotates
static void each_poll_begins_with_the_next_arm(void **state) {
    struct world *w = *state;
    char polls[16] = "";
    struct probe_log logs[3];
    struct probe arms[3];
    struct fb_join j =
        FB_JOIN(&arms[0].future, &arms[1].future, &arms[2].future);

    three_arms(logs, arms, polls);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_string_equal(polls, "abcbcacab");
}

// contract 55
// peer tokio/macros_join.biased
static void a_biased_join_always_begins_with_the_first(void **state) {
    struct world *w = *state;
    char polls[16] = "";
    struct probe_log logs[3];
    struct probe arms[3];
    struct fb_join j =
        FB_JOIN_BIASED(&arms[0].future, &arms[1].future, &arms[2].future);

    three_arms(logs, arms, polls);
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_string_equal(polls, "abcabcabc");
}

// contract 55
// peer tokio/macros_join.rotates
static void an_arm_that_is_done_is_left_out_of_the_round(void **state) {
    struct world *w = *state;
    char polls[16] = "";
    struct probe_log logs[3];
    struct probe arms[3];
    struct fb_join j =
        FB_JOIN(&arms[0].future, &arms[1].future, &arms[2].future);

    three_arms(logs, arms, polls);
    arms[1].pendings = 0;
    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_string_equal(polls, "abccaca");
    assert_int_equal(logs[1].drops, 1);
}

// Spends `wanted` of the budget; notes in which poll of its task it was done.
struct spender {
    struct fb_future future;
    int out;
    int wanted, spent;
    uint64_t done_at;
};

static enum fb_poll spender_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct spender *self = fb_container_of(future, struct spender, future);

    for (; self->spent < self->wanted; self->spent++) {
        if (!fb_budget_left(cx)) {
            return FB_PENDING;
        }
        fb_budget_spend(cx);
    }
    self->done_at = fb_runtime_stats(cx->runtime).polls;
    return FB_READY;
}

static struct fb_type spender_type = FB_TYPE(spender, .poll = spender_poll);

// contract 57
// peer tokio/macros_join.not_starved
static void a_busy_first_arm_cannot_eat_the_budget(void **state) {
    struct world *w = *state;
    struct spender busy = {.future.type = &spender_type, .wanted = 1000};
    struct spender small = {.future.type = &spender_type, .wanted = 10};
    struct fb_join j = FB_JOIN(&busy.future, &small.future);

    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(small.done_at, 2);
    assert_int_equal(busy.done_at, 8);
}

// What the rotation is for: this is how it goes without.
static void in_a_biased_join_it_can(void **state) {
    struct world *w = *state;
    struct spender busy = {.future.type = &spender_type, .wanted = 1000};
    struct spender small = {.future.type = &spender_type, .wanted = 10};
    struct fb_join j = FB_JOIN_BIASED(&busy.future, &small.future);

    assert_int_equal(fb_block_on(w->rt, &j.future), 0);
    assert_int_equal(small.done_at, 8);
}

static void disabled_arms_are_not_waited_for(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe a = probe(&log, 1, PROBE_SELF);
    struct fb_join one = FB_JOIN(NULL, &a.future, NULL);
    struct fb_join none = FB_JOIN(NULL, NULL);

    assert_int_equal(fb_block_on(w->rt, &one.future), 0);
    assert_int_equal(log.polls, 2);
    assert_int_equal(fb_block_on(w->rt, &none.future), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(each_poll_begins_with_the_next_arm),
        WORLD_TEST(a_biased_join_always_begins_with_the_first),
        WORLD_TEST(an_arm_that_is_done_is_left_out_of_the_round),
        WORLD_TEST(a_busy_first_arm_cannot_eat_the_budget),
        WORLD_TEST(in_a_biased_join_it_can),
        WORLD_TEST(disabled_arms_are_not_waited_for),
    };

    return cmocka_run_group_tests_name("join", tests, NULL, NULL);
}
