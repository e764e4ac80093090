// The cooperative budget: a poll does so much and no more.
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

// Makes `wanted` operations, as many in one poll as its budget allows.
struct eater {
    struct fb_future future;
    int out;
    int wanted, eaten;
    int *polls; // counted there; may be NULL
};

static enum fb_poll eater_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct eater *self = fb_container_of(future, struct eater, future);

    if (self->polls != NULL) {
        ++*self->polls;
    }
    while (self->eaten != self->wanted) {
        if (!fb_budget_left(cx)) {
            return FB_PENDING;
        }
        fb_budget_spend(cx);
        self->eaten++;
    }
    self->out = self->eaten;
    return FB_READY;
}

static struct fb_type eater_type = FB_TYPE(eater, .poll = eater_poll);

static struct eater eater(int wanted, int *polls) {
    return (struct eater){
        .future.type = &eater_type, .wanted = wanted, .polls = polls};
}

// ---- what is spent, and what comes of it ----

// contract 25
// peer tokio/rt_common.budget
static void a_poll_ends_after_128_operations(void **state) {
    struct world *w = *state;
    struct eater e = eater(2 * FB_BUDGET, NULL);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &e.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "BUDGET_OUT 1 eater",
                  "WAKE 1 during poll by task 1", "PENDING 1", "SCHEDULED 1",
                  "POLL 1", "READY 1", "DROP eater finished", "DONE 1 ok 256",
                  "JOIN 1 taken", "FREE 1");
}

// contract 25
static void the_others_run_before_it_goes_on(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    int polls = 0;

    assert_int_equal(FB_SPAWN(w->rt, eater(1000, &polls), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 3, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(polls, 8); // 7 × 128 and what was left
    assert_int_equal(log.polls, 4);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 7);
}

static void children_share_their_tasks_budget_and_it_is_told_once(void **s) {
    struct world *w = *s;
    struct eater a = eater(100, NULL), b = eater(100, NULL),
                 c = eater(100, NULL);
    struct fb_join all = FB_JOIN(&a.future, &b.future, &c.future);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &all.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER eater",
                  "EXIT eater ready", "DROP eater finished", "ENTER eater",
                  "BUDGET_OUT 1 eater", "WAKE 1 during poll by task 1",
                  "EXIT eater pending", "ENTER eater", "EXIT eater pending",
                  "PENDING 1", "SCHEDULED 1", "POLL 1", "ENTER eater",
                  "EXIT eater ready", "DROP eater finished", "ENTER eater",
                  "BUDGET_OUT 1 eater", "WAKE 1 during poll by task 1",
                  "EXIT eater pending", "PENDING 1", "SCHEDULED 1", "POLL 1",
                  "ENTER eater", "EXIT eater ready", "DROP eater finished",
                  "READY 1", "DROP join finished", "DONE 1 ok", "JOIN 1 taken",
                  "FREE 1");
}

static void a_wake_that_was_there_already_is_not_doubled(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe woken = probe(&log, 1, PROBE_SELF);
    struct eater e = eater(FB_BUDGET + 1, NULL);
    struct fb_join both = FB_JOIN(&woken.future, &e.future);

    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(world_count(w, FB_EV_WAKE, FB_WAKE_DURING_POLL), 1);
    assert_int_equal(world_count(w, FB_EV_WAKE, FB_WAKE_COALESCED), 1);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 2);
}

// ---- what is not spent ----

// Polls a sleep that has far to go and a read that nothing comes for a thousand
// times, then eats.
struct waiting {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    char byte;
    struct fb_sleep nap;
    struct fb_read read;
    struct eater eater;
};

static enum fb_poll waiting_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct waiting *self = fb_container_of(future, struct waiting, future);

    if (future->state == 0) {
        self->nap = fb_sleep(FB_S);
        self->read = fb_tcp_read(self->stream, &self->byte, 1);
        self->eater = eater(FB_BUDGET, NULL);
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(fb_future_poll(&self->nap.future, cx), FB_PENDING);
        assert_int_equal(fb_future_poll(&self->read.future, cx), FB_PENDING);
    }
    if (fb_future_poll(&self->eater.future, cx) == FB_PENDING) {
        return FB_PENDING;
    }
    fb_future_drop(&self->eater.future);
    fb_future_drop(&self->read.future);
    fb_future_drop(&self->nap.future);
    return FB_READY;
}

static struct fb_type waiting_type = FB_TYPE(waiting, .poll = waiting_poll);

// contract 25
static void a_leaf_that_has_to_wait_spends_nothing(void **state) {
    struct world *w = *state;
    struct fb_tcp_stream stream = {0};
    struct waiting f = {.future.type = &waiting_type, .stream = &stream};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    assert_int_equal(fb_source_open(&stream.source, w->rt, seam_adopt(ends[0]),
                                    FB_SOURCE_STREAM),
                     0);
    assert_int_equal(fb_block_on(w->rt, &f.future), 0);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 0);
    fb_tcp_close(&stream);
    close(ends[1]);
}

// contract 25
// peer tokio/rt_common.budget
static void unconstrained_opts_out_and_leaves_the_budget_whole(void **state) {
    struct world *w = *state;
    struct eater greedy = eater(1000, NULL), modest = eater(FB_BUDGET, NULL);
    struct fb_unconstrained free_one = fb_unconstrained(&greedy.future);
    struct fb_join both = fb_join_all(
        (struct fb_future *const[]){&free_one.future, &modest.future}, 2);

    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(free_one.out, 1000);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 1);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 0);
}

static void what_follows_unconstrained_is_bound_again(void **state) {
    struct world *w = *state;
    struct eater greedy = eater(1000, NULL), after = eater(FB_BUDGET + 1, NULL);
    struct fb_unconstrained free_one = fb_unconstrained(&greedy.future);
    struct fb_join both = fb_join_all(
        (struct fb_future *const[]){&free_one.future, &after.future}, 2);

    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 2);
}

static void a_cancelled_unconstrained_drops_its_inner(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log log = {0};
    struct probe p = probe(&log, -1, PROBE_SELF);
    struct fb_unconstrained u = fb_unconstrained(&p.future);

    assert_int_equal(fb_future_poll(&u.future, &cx), FB_PENDING);
    assert_false(cx.unconstrained);
    fb_future_drop(&u.future);
    assert_int_equal(log.drops, 1);
}

static void outside_any_task_there_is_no_limit(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct eater e = eater(1000, NULL);

    assert_int_equal(fb_future_poll(&e.future, &cx), FB_READY);
    fb_future_drop(&e.future);
    assert_int_equal(c.wakes_by_ref, 0);
}

// ---- the leaves pay ----

// Awaits one leaf of its kind after another, all of them ready.
enum diet { CONSUME, SLEEP, JOIN_TASK, JOIN_NEXT, TIMEOUT, READ, SIGNAL };

struct diner {
    struct fb_future future;
    int out;
    enum diet diet;
    int meals;
    struct fb_join_handle *handle;
    struct fb_join_set *set;
    struct fb_tcp_stream *stream;
    struct fb_signals *signals;
    char byte;
    struct probe_log log;
    struct probe never;
    union {
        struct fb_consume consume;
        struct fb_sleep sleep;
        struct fb_join_task join;
        struct fb_join_next next;
        struct fb_timeout timeout;
        struct fb_read read;
        struct fb_signal_wait signal;
    } u;
};

static enum fb_poll diner_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct diner *self = fb_container_of(future, struct diner, future);

    FB_ASYNC(self, cx);
    for (; self->out < self->meals; self->out++) {
        if (self->diet == CONSUME) {
            FB_AWAIT(self->u.consume, fb_consume_budget());
        } else if (self->diet == SLEEP) {
            FB_AWAIT(self->u.sleep, fb_sleep(0));
        } else if (self->diet == JOIN_TASK) {
            FB_AWAIT(self->u.join, fb_join_task(self->handle));
        } else if (self->diet == JOIN_NEXT) {
            FB_AWAIT(self->u.next, fb_join_next(self->set));
        } else if (self->diet == TIMEOUT) {
            self->never = probe(&self->log, -1, PROBE_SILENT);
            FB_AWAIT(self->u.timeout, fb_timeout(0, &self->never.future));
        } else if (self->diet == SIGNAL) {
            FB_AWAIT(self->u.signal, fb_signals_next(self->signals));
        } else {
            FB_AWAIT(self->u.read, fb_tcp_read(self->stream, &self->byte, 1));
        }
    }
    FB_RETURN(self->meals);
    FB_ASYNC_END;
}

static struct fb_type diner_type = FB_TYPE(diner, .poll = diner_poll);

// How often a diner of 300 meals is polled.
static void dine(struct world *w, struct diner d) {
    unsigned outs = world_count(w, FB_EV_BUDGET_OUT, -1);
    uint64_t polls = fb_runtime_stats(w->rt).polls;

    d.future.type = &diner_type;
    d.meals = 300;
    assert_int_equal(fb_block_on(w->rt, &d.future), 0);
    assert_int_equal(fb_runtime_stats(w->rt).polls - polls, 3);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1) - outs, 2);
}

// Signals of real time are queued, so 300 of them can wait.
static void dine_on_signals(struct world *w) {
    struct fb_signals signals;
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN);
    assert_int_equal(fb_signals_open(&signals, w->rt, &mask), 0);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(raise(SIGRTMIN), 0);
    }
    dine(w, (struct diner){.diet = SIGNAL, .signals = &signals});
    fb_signals_close(&signals);
}

// contract 25
// peer tokio/rt_common.budget, peer tokio/task_join_set.cooperative
static void every_kind_of_leaf_pays(void **state) {
    struct world *w = *state;
    struct fb_join_set set;
    struct fb_join_handle done;
    struct fb_tcp_stream stream = {0};
    char bytes[300] = "";
    int ends[2];

    dine(w, (struct diner){.diet = CONSUME});
    dine(w, (struct diner){.diet = SLEEP});
    dine(w, (struct diner){.diet = TIMEOUT});
    assert_int_equal(FB_SPAWN(w->rt, fb_sleep(0), &done), 0);
    assert_int_equal(fb_run(w->rt), 0);
    dine(w, (struct diner){.diet = JOIN_TASK, .handle = &done});
    fb_task_detach(&done);
    fb_join_set_init(&set, w->rt);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(FB_JOIN_SET_SPAWN(&set, fb_sleep(0)), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    dine(w, (struct diner){.diet = JOIN_NEXT, .set = &set});
    fb_join_set_deinit(&set);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    assert_int_equal(write(ends[1], bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(fb_source_open(&stream.source, w->rt, seam_adopt(ends[0]),
                                    FB_SOURCE_STREAM),
                     0);
    dine(w, (struct diner){.diet = READ, .stream = &stream});
    fb_tcp_close(&stream);
    close(ends[1]);
    dine_on_signals(w);
}

// ---- the rest of the world ----

// Eats for ever, and every operation takes a millisecond.
struct slow {
    struct fb_future future;
    int out;
    struct world *world;
    int polls;
};

static enum fb_poll slow_poll(struct fb_future *future, struct fb_context *cx) {
    struct slow *self = fb_container_of(future, struct slow, future);

    self->polls++;
    while (fb_budget_left(cx)) {
        fb_budget_spend(cx);
        self->world->rt->virtual_now_ns += FB_MS;
        fb__clock_refresh(self->world->rt);
    }
    return FB_PENDING;
}

static struct fb_type slow_type = FB_TYPE(slow, .poll = slow_poll);

// contract 38
// peer tokio/time_timeout.busy
static void a_timeout_ends_an_inner_that_is_always_busy(void **state) {
    struct world *w = *state;
    struct slow s = {.future.type = &slow_type, .world = w};
    struct fb_timeout t = fb_timeout(10 * FB_MS, &s.future);

    world_mistake(w, FB_LINT_BLOCKING_CALL);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_int_equal(s.polls, 2);
}

// contract 24
static void one_busy_task_keeps_the_reactor_waiting_10_polls_at_most(void **s) {
    struct world *w = *s;
    int polls = 0;
    struct fb_tcp_stream stream = {0};
    struct diner reader = {
        .future.type = &diner_type, .diet = READ, .meals = 1};
    struct fb_join_handle busy, read;
    struct fb_join_task join = fb_join_task(&read);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    assert_int_equal(fb_source_open(&stream.source, w->rt, seam_adopt(ends[0]),
                                    FB_SOURCE_STREAM),
                     0);
    reader.stream = &stream;
    assert_int_equal(FB_SPAWN(w->rt, reader, &read), 0);
    assert_true(fb_run_until_stalled(w->rt) == 1); // it waits
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(FB_SPAWN(w->rt, eater(-1, &polls), &busy), 0);
    assert_int_equal(fb_block_on(w->rt, &join.future), 0);
    assert_in_range(polls, 2, 10); // 8, and until the reader had its turn
    assert_int_equal(fb_task_abort(&busy), 1);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&busy);
    fb_task_detach(&read);
    fb_tcp_close(&stream);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_poll_ends_after_128_operations),
        WORLD_TEST(the_others_run_before_it_goes_on),
        WORLD_TEST(children_share_their_tasks_budget_and_it_is_told_once),
        WORLD_TEST_EXACT(a_wake_that_was_there_already_is_not_doubled),
        WORLD_TEST(a_leaf_that_has_to_wait_spends_nothing),
        WORLD_TEST(unconstrained_opts_out_and_leaves_the_budget_whole),
        WORLD_TEST(what_follows_unconstrained_is_bound_again),
        WORLD_TEST(a_cancelled_unconstrained_drops_its_inner),
        WORLD_TEST(outside_any_task_there_is_no_limit),
        WORLD_TEST_EXACT(every_kind_of_leaf_pays),
        WORLD_TEST(a_timeout_ends_an_inner_that_is_always_busy),
        WORLD_TEST_EXACT(
            one_busy_task_keeps_the_reactor_waiting_10_polls_at_most),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
