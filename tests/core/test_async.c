// The async macros beside their expansion by hand: the same events.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>

// Naps twice, passes an error on, returns a sum. Written with the macros …
struct twice {
    struct fb_future future;
    int out;
    int total;
    struct probe_log *log;
    int fail; // what the last child gives
    union {
        struct fb_sleep nap;
        struct probe leaf;
    } u;
};

static enum fb_poll macro_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct twice *self = fb_container_of(future, struct twice, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->u.nap, fb_sleep(5 * FB_MS));
    self->total += 1;
    FB_AWAIT(self->u.nap, fb_sleep(2 * FB_MS));
    self->total += 10;
    FB_AWAIT_TRY(self->u.leaf, probe_ready(self->log, self->fail));
    FB_RETURN(self->total);
    FB_ASYNC_END;
}

// … and by hand: a state is where it waits.
static enum fb_poll hand_poll(struct fb_future *future, struct fb_context *cx) {
    struct twice *self = fb_container_of(future, struct twice, future);

    switch (future->state) {
    case 0: self->u.nap = fb_sleep(5 * FB_MS); __attribute__((fallthrough));
    case 1:
        if (fb_future_await(future, &self->u.nap.future, cx, 1) == FB_PENDING) {
            return FB_PENDING;
        }
        self->total += 1;
        self->u.nap = fb_sleep(2 * FB_MS);
        __attribute__((fallthrough));
    case 2:
        if (fb_future_await(future, &self->u.nap.future, cx, 2) == FB_PENDING) {
            return FB_PENDING;
        }
        self->total += 10;
        self->u.leaf = probe_ready(self->log, self->fail);
        __attribute__((fallthrough));
    case 3:
        if (fb_future_await(future, &self->u.leaf.future, cx, 3) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        self->out = self->u.leaf.out < 0 ? self->u.leaf.out : self->total;
        return FB_READY;
    default: fb_async_bad_state(future);
    }
}

static struct fb_type macro_type = FB_TYPE(twice, .poll = macro_poll);
static struct fb_type hand_type = FB_TYPE(twice, .poll = hand_poll);

static int run_twice(struct world *w, struct fb_type *type, int fail) {
    struct probe_log log = {0};
    struct twice t = {.future.type = type, .log = &log, .fail = fail};

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(log.drops, 1);
    return t.out;
}

static void the_macros_and_their_expansion_give_the_same_events(void **state) {
    struct world *w = *state;
    const int fails[] = {0, -EPROTO};

    for (size_t i = 0; i < 2; i++) {
        char *macros, *hand;
        int out;

        world_begin_order(w, FB_ORDER_FIFO, 0);
        out = run_twice(w, &macro_type, fails[i]);
        assert_int_equal(out, fails[i] < 0 ? -EPROTO : 11);
        macros = world_text(w, 0);
        world_begin_order(w, FB_ORDER_FIFO, 0);
        assert_int_equal(run_twice(w, &hand_type, fails[i]), out);
        hand = world_text(w, 0);
        assert_string_equal(macros, hand);
        free(macros);
        free(hand);
    }
}

static void an_await_is_recorded_step_by_step(void **state) {
    struct world *w = *state;

    world_skip(w);
    assert_int_equal(run_twice(w, &macro_type, 0), 11);
    EXPECT_EVENTS(
        w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER sleep",
        "TIMER_SET 1 @5ms", "CLONE 1 timer 1", "EXIT sleep pending",
        "PENDING 1", "CLOCK 5ms", "TIMER_END 1 fired",
        "RELEASE 1 timer 1 woken", "WAKE 1 scheduled by timer 1", "SCHEDULED 1",
        "POLL 1", "ENTER sleep", "EXIT sleep ready", "DROP sleep finished",
        "ENTER sleep", "TIMER_SET 2 @7ms", "CLONE 1 timer 2",
        "EXIT sleep pending", "PENDING 1", "CLOCK 7ms", "TIMER_END 2 fired",
        "RELEASE 1 timer 2 woken", "WAKE 1 scheduled by timer 2", "SCHEDULED 1",
        "POLL 1", "ENTER sleep", "EXIT sleep ready", "DROP sleep finished",
        "ENTER probe", "EXIT probe ready", "DROP probe finished", "READY 1",
        "DROP twice finished", "DONE 1 ok 11", "JOIN 1 taken", "FREE 1");
}

static void the_state_is_the_source_line_of_the_await(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log log = {0};
    struct twice t = {.future.type = &macro_type, .log = &log};
    uint32_t line;

    assert_int_equal(fb_future_poll(&t.future, &cx), FB_PENDING);
    line = t.future.state;
    assert_true(line > 20 && line < 40);
    assert_int_equal(fb_runtime_advance(w->rt, 5 * FB_MS), 0);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(fb_future_poll(&t.future, &cx), FB_PENDING);
    assert_int_equal(t.future.state, line + 2);
    fb_future_drop(&t.future);
}

static void poll_in_a_bad_state(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct twice t = {.future.type = &macro_type, .future.state = 1};

    (void)!fb_future_poll(&t.future, &cx);
}

static void a_state_that_no_await_set_aborts_by_name(void **state) {
    expect_death(poll_in_a_bad_state, *state, "twice is polled in state 1");
}

// ---- failing ----

struct outer {
    struct fb_future future;
    int out;
    struct probe_log *log;
    bool went_on;
    struct inner {
        struct fb_future future;
        int out;
        struct probe_log *log;
        struct probe leaf;
    } inner;
};

static enum fb_poll inner_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct inner *self = fb_container_of(future, struct inner, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->leaf, probe(self->log, 1, PROBE_SELF));
    FB_PANIC("the sky is falling");
    FB_ASYNC_END;
}

static struct fb_type inner_type = FB_TYPE(inner, .poll = inner_poll);

static enum fb_poll outer_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct outer *self = fb_container_of(future, struct outer, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->inner,
             (struct inner){.future.type = &inner_type, .log = self->log});
    self->went_on = true;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type outer_type = FB_TYPE(outer, .poll = outer_poll);

// contract 29, contract 32
// peer tokio/rt_common.failure
static void a_panic_stops_the_task_and_drops_innermost_first(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct outer o = {.future.type = &outer_type, .log = &log};

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &o.future), -EIO);
    assert_false(o.went_on);
    EXPECT_EVENTS(
        w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER inner", "ENTER probe",
        "WAKE 1 during poll by task 1", "EXIT probe pending",
        "EXIT inner pending", "PENDING 1", "SCHEDULED 1", "POLL 1",
        "ENTER inner", "ENTER probe", "EXIT probe ready", "DROP probe finished",
        "EXIT inner failed", "FAILED 1", "MESSAGE 1 \"the sky is falling\"",
        "DROP inner cancelled", "DROP outer cancelled", "DONE 1 failed",
        "JOIN 1 taken", "FREE 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_macros_and_their_expansion_give_the_same_events),
        WORLD_TEST(an_await_is_recorded_step_by_step),
        WORLD_TEST(the_state_is_the_source_line_of_the_await),
        WORLD_TEST(a_state_that_no_await_set_aborts_by_name),
        WORLD_TEST(a_panic_stops_the_task_and_drops_innermost_first),
    };

    return cmocka_run_group_tests_name("async", tests, NULL, NULL);
}
