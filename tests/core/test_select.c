// select: by chance but repeatable, within the budget, and with arms that are
// kept.
#include "probe.h"

#include <errno.h>
#include <string.h>

// ---- whom a poll begins with ----

// Who wins each of 40 selects among three that are ready.
static void winners(struct world *w, uint64_t seed, bool fair, char text[41]) {
    world_begin_order(w, FB_ORDER_FIFO, seed);
    for (int i = 0; i < 40; i++) {
        struct probe_log log = {0};
        struct probe p[3] = {probe_ready(&log, 0), probe_ready(&log, 0),
                             probe_ready(&log, 0)};
        struct fb_future *const arms[] = {&p[0].future, &p[1].future,
                                          &p[2].future};
        struct fb_select s =
            fair ? fb_select_fair(arms, 3) : fb_select_of(arms, 3);

        assert_int_equal(fb_block_on(w->rt, &s.future), 0);
        assert_int_equal(log.polls, 1);
        assert_int_equal(log.drops, 3);
        text[i] = (char)('0' + s.out);
    }
    text[40] = '\0';
}

// contract 56
// peer tokio/rt_basic.seed, peer tokio/macros_select.seed
static void one_seed_gives_one_order(void **state) {
    struct world *w = *state;
    char first[41], again[41], other[41];

    winners(w, 7, true, first);
    winners(w, 7, true, again);
    winners(w, 8, true, other);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    for (const char *arm = "012"; *arm != '\0'; arm++) {
        assert_non_null(strchr(first, *arm));
    }
}

// contract 56
static void a_biased_select_knows_no_chance(void **state) {
    char text[41];

    winners(*state, 7, false, text);
    assert_int_equal(strspn(text, "0"), 40);
}

static void sign(struct probe_log *log, struct fb_context *cx) {
    (void)cx;
    strncat(log->arg, &log->name, 1);
}

// contract 57
static void a_fair_poll_goes_round_from_where_it_begins(void **state) {
    struct world *w = *state;
    char polls[64] = "";
    struct probe_log logs[3];
    struct probe p[3];
    struct fb_select s =
        FB_SELECT_FAIR(&p[0].future, &p[1].future, &p[2].future);
    bool seen[3] = {false};

    for (int i = 0; i < 3; i++) {
        logs[i] = (struct probe_log){
            .on_poll = sign, .arg = polls, .name = (char)('a' + i)};
        p[i] = probe(&logs[i], i == 0 ? 15 : -1, PROBE_SELF);
    }
    assert_int_equal(fb_block_on(w->rt, &s.future), 0);
    assert_int_equal(s.out, 0);
    for (int poll = 0; poll < 15; poll++) {
        char round[4] = "";

        memcpy(round, polls + 3 * poll, 3);
        assert_non_null(strstr("abcab", round));
        seen[round[0] - 'a'] = true;
    }
    assert_true(seen[0] && seen[1] && seen[2]);
}

// ---- the budget ----

// Gets something for ever, or `wanted` times.
struct spender {
    struct fb_future future;
    int out;
    int wanted;
};

static enum fb_poll spender_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct spender *self = fb_container_of(future, struct spender, future);

    for (; self->wanted != 0; self->wanted--) {
        if (!fb_budget_left(cx)) {
            return FB_PENDING;
        }
        fb_budget_spend(cx);
    }
    return FB_READY;
}

static struct fb_type spender_type = FB_TYPE(spender, .poll = spender_poll);

static struct spender spender(int wanted) {
    return (struct spender){.future.type = &spender_type, .wanted = wanted};
}

// contract 57
// peer tokio/macros_select.budget
static void a_busy_arm_of_a_fair_select_cannot_starve_the_others(void **s) {
    struct world *w = *s;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct spender busy = spender(-1), small = spender(10);
        struct fb_select select = FB_SELECT_FAIR(&busy.future, &small.future);

        world_begin_order(w, FB_ORDER_FIFO, seed);
        assert_int_equal(fb_block_on(w->rt, &select.future), 0);
        assert_int_equal(select.out, 1);
        assert_in_range(fb_runtime_stats(w->rt).polls, 1, 20);
    }
}

// Spends the whole budget, then selects: a leaf that is ready, but has no
// budget to say so, must not lose to an arm that asks for none.
struct late {
    struct fb_future future;
    int out;
    struct probe_log log;
    struct spender spender;
    struct fb_consume first;
    struct probe second;
    struct fb_select select;
};

static enum fb_poll late_poll(struct fb_future *future, struct fb_context *cx) {
    struct late *self = fb_container_of(future, struct late, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->spender, spender(FB_BUDGET));
    self->first = fb_consume_budget();
    self->second = probe_ready(&self->log, 0);
    FB_AWAIT(self->select,
             FB_SELECT(&self->first.future, &self->second.future));
    FB_RETURN(self->select.out);
    FB_ASYNC_END;
}

static struct fb_type late_type = FB_TYPE(late, .poll = late_poll);

// contract 25, contract 56
// peer tokio/macros_select.budget
static void without_budget_nobody_wins(void **state) {
    struct world *w = *state;
    struct late l = {.future.type = &late_type};

    assert_int_equal(fb_block_on(w->rt, &l.future), 0);
    assert_int_equal(l.out, 0);
    assert_int_equal(l.log.polls, 0);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 1);
}

// peer tokio/macros_select.size
static void a_select_is_small(void **state) {
    (void)state;
    assert_in_range(sizeof(struct fb_select), 1, 120);
}

// ---- arms that are kept ----

// Ticks until `kept` is over: the same sleep is an arm of select after select.
struct ticker {
    struct fb_future future;
    int out;
    int ticks, pause_at;
    bool kept_is_over; // when the last select is
    struct fb_sleep kept;
    struct fb_sleep tick;
    struct fb_select select;
};

static enum fb_poll ticker_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct ticker *self = fb_container_of(future, struct ticker, future);

    FB_ASYNC(self, cx);
    self->kept = fb_sleep(10 * FB_MS);
    do {
        self->tick = fb_sleep(3 * FB_MS);
        FB_AWAIT(self->select, fb_select_keep(FB_SELECT(&self->tick.future,
                                                        &self->kept.future),
                                              &self->future, 1u << 1));
        self->ticks += self->select.out == 0;
        if (self->select.out == 0 && self->ticks == self->pause_at) {
            FB_AWAIT(self->tick, fb_sleep(FB_MS / 2)); // without the select
        }
    } while (self->select.out == 0);
    self->kept_is_over = self->kept.future.state == FB_STATE_DROPPED;
    FB_RETURN(self->ticks);
    FB_ASYNC_END;
}

static void ticker_visit(struct fb_future *future, fb_visit_fn *visit,
                         void *arg) {
    struct ticker *self = fb_container_of(future, struct ticker, future);

    if (future->child != NULL) {
        visit(future->child, arg);
    }
    visit(&self->kept.future, arg);
}

static struct fb_type ticker_type =
    FB_TYPE(ticker, .poll = ticker_poll, .visit = ticker_visit);

// contract 56
// peer tokio/macros_select.reuse
static void an_arm_that_is_kept_goes_on_in_the_next_select(void **state) {
    struct world *w = *state;
    struct ticker t = {.future.type = &ticker_type};

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 3);
    assert_true(t.kept_is_over); // it won: dropped as any winner
    assert_int_equal(fb_runtime_now_ns(w->rt), 10 * FB_MS);
    // the one that is kept was set once
    assert_int_equal(world_count(w, FB_EV_TIMER_SET, -1), 1 + 4);
    assert_int_equal(world_count(w, FB_EV_FUTURE_DROP, FB_DROP_CANCELLED), 1);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

static void what_is_kept_is_seen_below_its_owner(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct ticker t = {.future.type = &ticker_type, .pause_at = 1};

    assert_int_equal(FB_SPAWN(w->rt, t, &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    world_skip(w);
    assert_int_equal(fb_runtime_advance(w->rt, 3 * FB_MS), 1);
    EXPECT_EVENTS(w, "CLOCK 3ms", "TIMER_END 1 fired",
                  "RELEASE 1 timer 1 woken", "WAKE 1 scheduled by timer 1",
                  "SCHEDULED 1", "POLL 1", "ENTER select", "ENTER sleep",
                  "EXIT sleep ready", "DROP sleep finished",
                  "EXIT select ready", "DROP select finished", "ENTER sleep",
                  "TIMER_SET 3 @3.5ms", "CLONE 1 timer 3", "EXIT sleep pending",
                  "PENDING 1");
    // Between two selects: both sleeps are its own, and so are their wakers.
    fb__census_write(w->rt);
    EXPECT_EVENTS(w, "CENSUS 0", "SPAWN 1", "CENSUS 1", "ENTER sleep",
                  "ENTER sleep", "TIMER_SET 3 @3.5ms", "TIMER_SET 2 @10ms",
                  "CLONE 1 timer 3", "CLONE 1 timer 2", "CENSUS 0");
    // Inside one: the select has one arm, its owner the other.
    assert_int_equal(fb_runtime_advance(w->rt, FB_MS), 1);
    world_skip(w);
    fb__census_write(w->rt);
    EXPECT_EVENTS(w, "CENSUS 0", "SPAWN 1", "CENSUS 1", "ENTER select",
                  "ENTER sleep", "ENTER sleep", "TIMER_SET 4 @6.5ms",
                  "TIMER_SET 2 @10ms", "CLONE 1 timer 4", "CLONE 1 timer 2",
                  "CENSUS 0");
    fb_task_detach(&handle);
}

// contract 17, contract 18
static void what_is_kept_is_dropped_with_its_owner(void **state) {
    struct world *w = *state;

    for (uint64_t ms = 0; ms < 5; ms++) { // in a select, and between two
        struct fb_join_handle handle;
        struct ticker t = {.future.type = &ticker_type, .pause_at = 1};

        assert_int_equal(FB_SPAWN(w->rt, t, &handle), 0);
        assert_true(fb_runtime_advance(w->rt, ms * FB_MS) > 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 2);
        assert_int_equal(fb_task_abort(&handle), 1);
        assert_int_equal(fb_run(w->rt), 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
        fb_task_detach(&handle);
    }
}

static void keep_without_a_visit(void *arg) {
    struct late owner = {.future.type = &late_type};
    struct fb_consume c = fb_consume_budget();
    struct fb_select s =
        fb_select_keep(FB_SELECT(&c.future), &owner.future, 1u);

    *(int *)arg = s.out;
}

static void keep_an_arm_that_is_not_there(void *arg) {
    struct ticker owner = {.future.type = &ticker_type};
    struct fb_consume c = fb_consume_budget();
    struct fb_select s =
        fb_select_keep(FB_SELECT(&c.future), &owner.future, 2u);

    *(int *)arg = s.out;
}

static void to_keep_wrongly_aborts(void **state) {
    int sink;

    (void)state;
    expect_death(keep_without_a_visit, &sink, "has a visit");
    expect_death(keep_an_arm_that_is_not_there, &sink, "that are kept exist");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(one_seed_gives_one_order),
        WORLD_TEST(a_biased_select_knows_no_chance),
        WORLD_TEST(a_fair_poll_goes_round_from_where_it_begins),
        WORLD_TEST(a_busy_arm_of_a_fair_select_cannot_starve_the_others),
        WORLD_TEST(without_budget_nobody_wins),
        WORLD_TEST(a_select_is_small),
        WORLD_TEST(an_arm_that_is_kept_goes_on_in_the_next_select),
        WORLD_TEST(what_is_kept_is_seen_below_its_owner),
        WORLD_TEST(what_is_kept_is_dropped_with_its_owner),
        WORLD_TEST(to_keep_wrongly_aborts),
    };

    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
