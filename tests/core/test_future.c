// Futures: lazy, polled until Ready, dropped once and in order, never moved.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Awaits its two children, one after the other, by hand. `first` is dropped
// before `second` is polled.
struct pair {
    struct fb_future future;
    int out;
    struct probe first, second;
    char *trail;
};

static enum fb_poll pair_poll(struct fb_future *future, struct fb_context *cx) {
    struct pair *self = fb_container_of(future, struct pair, future);

    if (self->first.future.state < FB_STATE_DONE &&
        fb_future_await(future, &self->first.future, cx, 10) == FB_PENDING) {
        return FB_PENDING;
    }
    if (fb_future_await(future, &self->second.future, cx, 20) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = self->first.out + self->second.out;
    return FB_READY;
}

static void pair_drop(struct fb_future *future) {
    strcat(fb_container_of(future, struct pair, future)->trail, "P");
}

static struct fb_type pair_type =
    FB_TYPE(pair, .poll = pair_poll, .drop = pair_drop);

static struct pair pair(struct probe first, struct probe second, char *trail) {
    return (struct pair){.future.type = &pair_type,
                         .first = first,
                         .second = second,
                         .trail = trail};
}

// contract 1
// peer tokio/time_pause.unpolled
static void making_a_future_does_nothing(void **state) {
    struct world *w = *state;
    const struct fb_addr addr = {.u.v4.sin_family = AF_INET};
    const long calls = seam.calls, allocations = seam.allocations;
    struct probe_log log = {0};
    struct probe p = probe(&log, 1, PROBE_KEEP);
    struct fb_sleep nap = fb_sleep(5);
    struct fb_connect connect = fb_tcp_connect(&addr);
    struct fb_yield yield = fb_yield();
    struct fb_timeout timeout = fb_timeout(5, &p.future);

    world_skip(w);
    fb_future_drop(&timeout.future);
    fb_future_drop(&nap.future);
    fb_future_drop(&connect.future);
    fb_future_drop(&yield.future);
    assert_int_equal(log.polls, 0);
    assert_int_equal(log.drops, 1);
    assert_int_equal(seam.calls, calls);
    assert_int_equal(seam.allocations, allocations);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    EXPECT_NO_EVENTS(w);
}

// contract 18
// peer futures/eager_drop
static void a_child_is_dropped_before_its_parent_goes_on(void **state) {
    struct world *w = *state;
    char trail[16] = "";
    struct probe_log a = {.trail = trail, .name = 'a'};
    struct probe_log b = {.trail = trail, .name = 'b'};
    struct pair p = pair(probe_ready(&a, 3), probe(&b, 1, PROBE_SELF), trail);

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    assert_string_equal(trail, "abP");
    assert_int_equal(p.out, 3);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
                  "EXIT probe ready", "DROP probe finished", "ENTER probe",
                  "WAKE 1 during poll by task 1", "EXIT probe pending",
                  "PENDING 1", "SCHEDULED 1", "POLL 1", "ENTER probe",
                  "EXIT probe ready", "DROP probe finished", "READY 1",
                  "DROP pair finished", "DONE 1 ok 3", "JOIN 1 taken",
                  "FREE 1");
}

// contract 17
static void a_cancelled_future_drops_child_first_and_once(void **state) {
    struct world *w = *state;
    char trail[16] = "";
    struct probe_log a = {.trail = trail, .name = 'a'};
    struct probe_log b = {.trail = trail, .name = 'b'};
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct pair p = pair(probe_ready(&a, 0), probe(&b, -1, PROBE_SELF), trail);

    assert_int_equal(fb_future_poll(&p.future, &cx), FB_PENDING);
    assert_int_equal(p.future.state, 20); // where it is suspended
    assert_ptr_equal(p.future.child, &p.second.future);
    assert_int_equal(c.wakes_by_ref, 1);
    fb_future_drop(&p.future);
    fb_future_drop(&p.future); // legal, does nothing
    assert_string_equal(trail, "abP");
    assert_int_equal(p.future.state, FB_STATE_DROPPED);
}

// contract 17
static void an_unpolled_future_drops_its_own_resources_once(void **state) {
    struct probe_log log = {0};
    struct probe p = probe_ready(&log, 0);

    (void)state;
    fb_future_drop(&p.future);
    fb_future_drop(&p.future);
    assert_int_equal(log.drops, 1);
}

static void dropping_nothing_is_legal(void **state) {
    struct fb_future zeroed = {0};

    (void)state;
    fb_future_drop(NULL);
    fb_future_drop(&zeroed);
}

// contract 10
static void a_spurious_poll_does_nothing_twice(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_sleep nap = fb_sleep(FB_MS);

    for (int i = 0; i < 5; i++) {
        assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    }
    assert_int_equal(c.clones, 1);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    fb_future_drop(&nap.future);
    assert_int_equal(c.drops, 1);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// ---- broken promises ----

struct misuse {
    struct world *w;
    bool dropped;
};

static void poll_again(void *arg) {
    struct misuse *m = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(m->w, &waker);
    struct probe_log log = {0};
    struct probe p = probe_ready(&log, 0);

    (void)!fb_future_poll(&p.future, &cx);
    if (m->dropped) {
        fb_future_drop(&p.future);
    }
    (void)!fb_future_poll(&p.future, &cx);
}

// contract 16
// peer tokio/task_panic
static void polling_after_ready_or_drop_aborts(void **state) {
    struct misuse m = {.w = *state};

    expect_death(poll_again, &m, "a future is not polled after Ready");
    m.dropped = true;
    expect_death(poll_again, &m, "a future is not polled after Ready");
}

static void spawn_polled(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct probe_log log = {0};
    struct probe p = probe(&log, -1, PROBE_SELF);

    (void)!fb_future_poll(&p.future, &cx);
    (void)!FB_SPAWN(w->rt, p, NULL);
}

// contract 20
static void moving_a_polled_future_into_a_task_aborts(void **state) {
    expect_death(spawn_polled, *state,
                 "a future is spawned before its first poll");
}

// ---- depth ----

enum { DEPTH = 1000 };

// A link of a chain: awaits the next one.
struct nest {
    struct fb_future future;
    int out;
    struct nest *next;
    struct probe leaf; // of the last one
    int *drops;
};

static enum fb_poll nest_poll(struct fb_future *future, struct fb_context *cx) {
    struct nest *self = fb_container_of(future, struct nest, future);
    struct fb_future *child =
        self->next != NULL ? &self->next->future : &self->leaf.future;

    if (fb_future_await(future, child, cx, 7) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = fb_future_out(child) + 1;
    return FB_READY;
}

static void nest_drop(struct fb_future *future) {
    ++*fb_container_of(future, struct nest, future)->drops;
}

static struct fb_type nest_type =
    FB_TYPE(nest, .poll = nest_poll, .drop = nest_drop);

static struct nest *make_nest(struct probe leaf, int *drops) {
    struct nest *nest = calloc(DEPTH, sizeof *nest);

    assert_non_null(nest);
    for (int i = 0; i < DEPTH; i++) {
        nest[i] = (struct nest){.future.type = &nest_type,
                                .next = i < DEPTH - 1 ? &nest[i + 1] : NULL,
                                .leaf = leaf,
                                .drops = drops};
    }
    return nest;
}

// contract 21
static void a_thousand_nested_children_finish(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    int drops = 0;
    struct nest *nest = make_nest(probe(&log, 2, PROBE_SELF), &drops);

    assert_int_equal(fb_block_on(w->rt, &nest[0].future), 0);
    assert_int_equal(nest[0].out, DEPTH);
    assert_int_equal(drops, DEPTH);
    assert_int_equal(log.polls, 3);
    assert_int_equal(log.drops, 1);
    assert_false(log.moved); // contract 20
    free(nest);
}

// contract 21
static void a_thousand_nested_children_are_cancelled(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    int drops = 0;
    struct nest *nest = make_nest(probe(&log, -1, PROBE_SILENT), &drops);

    world_mistake(w, FB_LINT_LOST_WAKE);
    assert_int_equal(fb_block_on(w->rt, &nest[0].future), -EDEADLK);
    assert_int_equal(drops, DEPTH);
    assert_int_equal(log.drops, 1);
    free(nest);
}

static void wake_kept(struct probe_log *log, struct fb_context *cx) {
    (void)log;
    fb_waker_wake_by_ref(cx->waker);
}

// contract 20
static void a_spawned_future_stays_where_it_was_polled_first(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = wake_kept}, others = {0};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 3, PROBE_SILENT), NULL), 0);
    for (int i = 0; i < 200; i++) { // others come and go around it
        assert_int_equal(FB_SPAWN(w->rt, probe_ready(&others, 0), NULL), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 4);
    assert_int_equal(others.polls, 200);
    assert_false(log.moved);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(making_a_future_does_nothing),
        WORLD_TEST(a_child_is_dropped_before_its_parent_goes_on),
        WORLD_TEST(a_cancelled_future_drops_child_first_and_once),
        WORLD_TEST(an_unpolled_future_drops_its_own_resources_once),
        WORLD_TEST(dropping_nothing_is_legal),
        WORLD_TEST(a_spurious_poll_does_nothing_twice),
        WORLD_TEST(polling_after_ready_or_drop_aborts),
        WORLD_TEST(moving_a_polled_future_into_a_task_aborts),
        WORLD_TEST(a_thousand_nested_children_finish),
        WORLD_TEST(a_thousand_nested_children_are_cancelled),
        WORLD_TEST(a_spawned_future_stays_where_it_was_polled_first),
    };

    return cmocka_run_group_tests_name("future", tests, NULL, NULL);
}
