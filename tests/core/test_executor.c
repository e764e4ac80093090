// The executor: order, fairness, where runs begin and how they end.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

// ---- order ----

struct named {
    struct fb_future future;
    int out;
    char name, *trail;
    struct fb_yield yield;
    int rounds, round;
};

static enum fb_poll named_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct named *self = fb_container_of(future, struct named, future);

    FB_ASYNC(self, cx);
    for (self->round = 0; self->round < self->rounds; self->round++) {
        strncat(self->trail, &self->name, 1);
        FB_AWAIT(self->yield, fb_yield());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type named_type = FB_TYPE(named, .poll = named_poll);

static void spawn_named(struct world *w, int tasks, int rounds, char *trail) {
    for (int i = 0; i < tasks; i++) {
        struct named named = {.future.type = &named_type,
                              .name = (char)('a' + i),
                              .rounds = rounds,
                              .trail = trail};

        assert_int_equal(FB_SPAWN(w->rt, named, NULL), 0);
    }
}

// contract 23
static void fifo_polls_in_the_order_of_the_wakes(void **state) {
    struct world *w = *state;
    char trail[64] = "";

    spawn_named(w, 4, 3, trail);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "abcdabcdabcd");
}

static void lifo_polls_the_newest_first(void **state) {
    struct world *w = *state;
    char trail[64] = "";

    world_begin_order(w, FB_ORDER_LIFO, 0);
    spawn_named(w, 4, 1, trail);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "dcba");
}

static char *seeded_run(struct world *w, uint64_t seed, char *trail) {
    *trail = '\0';
    world_begin_order(w, FB_ORDER_SEEDED, seed);
    spawn_named(w, 8, 5, trail);
    assert_int_equal(fb_run(w->rt), 0);
    return world_text(w, 0);
}

static bool same_bytes(const struct fb_trace_writer *w,
                       const struct fb_event *events, uint64_t count) {
    return w->head == count &&
           memcmp(w->events, events, count * sizeof *events) == 0;
}

// contract 40
// peer tokio/rt_basic.seed, peer tokio/time_pause.deterministic
static void one_seed_gives_one_trace_byte_for_byte(void **state) {
    struct world *w = *state;
    char first[64], again[64], other[64];
    char *a = seeded_run(w, 7, first), *b, *c;
    const uint64_t count = w->trace.head;
    struct fb_event *events = malloc(count * sizeof *events);

    assert_non_null(events);
    memcpy(events, w->trace.events, count * sizeof *events);
    b = seeded_run(w, 7, again);
    assert_true(same_bytes(&w->trace, events, count));
    assert_string_equal(a, b);
    c = seeded_run(w, 8, other);
    assert_string_not_equal(first, other);
    assert_int_equal(strlen(first), strlen(other));
    assert_false(same_bytes(&w->trace, events, count));
    free(events);
    free(a);
    free(b);
    free(c);
}

// ---- fairness ----

// Wakes itself until told to stop.
struct spinner {
    struct fb_future future;
    int out;
    const bool *stop;
    uint64_t *polls;
};

static enum fb_poll spinner_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct spinner *self = fb_container_of(future, struct spinner, future);

    if (*self->stop) {
        return FB_READY;
    }
    ++*self->polls;
    fb_assert(*self->polls < 100000, "the spinners starve the others");
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static struct fb_type spinner_type = FB_TYPE(spinner, .poll = spinner_poll);

static void spawn_spinners(struct world *w, const bool *stop, uint64_t *polls) {
    for (int i = 0; i < 2; i++) {
        struct spinner s = {
            .future.type = &spinner_type, .stop = stop, .polls = polls};

        assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
    }
}

struct stopper {
    struct fb_future future;
    int out;
    bool *stop;
    struct fb_sleep nap;
    struct fb_source *source;
    struct fb_waiter waiter;
};

static enum fb_poll stop_after_nap_poll(struct fb_future *future,
                                        struct fb_context *cx) {
    struct stopper *self = fb_container_of(future, struct stopper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->nap, fb_sleep(FB_MS));
    *self->stop = true;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type nap_type = FB_TYPE(stopper, .poll = stop_after_nap_poll);

// contract 24
// peer tokio/rt_common.both_complete
static void two_self_wakers_do_not_starve_a_timer(void **state) {
    struct world *w = *state;
    bool stop = false;
    uint64_t polls = 0;
    struct stopper s = {.future.type = &nap_type, .stop = &stop};

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    world_begin_real(w);
    spawn_spinners(w, &stop, &polls);
    assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(polls > 2);
}

static enum fb_poll stop_after_read_poll(struct fb_future *future,
                                         struct fb_context *cx) {
    struct stopper *self = fb_container_of(future, struct stopper, future);
    uint64_t count;
    uint32_t tick = 0;

    while (fb_source_ready(self->source, FB_READABLE, &tick) != 0) {
        if (read(self->source->fd, &count, sizeof count) > 0) {
            *self->stop = true;
            return FB_READY;
        }
        fb_source_clear(self->source, FB_READABLE, tick);
    }
    assert_int_equal(
        fb_source_wait(self->source, &self->waiter, cx, FB_READABLE), 0);
    return FB_PENDING;
}

static void stopper_drop(struct fb_future *future) {
    struct stopper *self = fb_container_of(future, struct stopper, future);

    fb_waiter_disarm(&self->waiter);
    fb_source_close(self->source);
}

static struct fb_type read_type =
    FB_TYPE(stopper, .poll = stop_after_read_poll, .drop = stopper_drop,
            .waiter_offset = offsetof(struct stopper, waiter));

// contract 24
// peer tokio/rt_common.both_complete
static void two_self_wakers_do_not_starve_io(void **state) {
    struct world *w = *state;
    bool stop = false;
    uint64_t polls = 0;
    const int fd = seam_adopt(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    struct fb_source source;
    struct stopper s = {
        .future.type = &read_type, .stop = &stop, .source = &source};

    assert_int_equal(fb_source_open(&source, w->rt, fd, FB_SOURCE_OTHER), 0);
    assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1); // it waits
    spawn_spinners(w, &stop, &polls);
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(polls <= 2 * 61); // the next turn sees it
}

// contract 24
static void a_turn_polls_at_most_61_tasks(void **state) {
    struct world *w = *state;
    bool stop = false;
    uint64_t polls = 0;
    struct fb_yield yield = fb_yield();

    spawn_spinners(w, &stop, &polls);
    // polled third, released after the first turn's 61 polls, and in the queue
    // behind both spinners again
    assert_int_equal(fb_block_on(w->rt, &yield.future), 0);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 61 + 2 + 1);
    stop = true;
    assert_int_equal(fb_run(w->rt), 0);
}

// ---- yield ----

// Yields once, then looks at what has happened meanwhile.
struct polite {
    struct fb_future future;
    int out;
    const bool *came;
    const struct probe_log *others;
    bool *ret_came;
    int *ret_polls;
    struct fb_yield yield;
};

static enum fb_poll polite_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct polite *self = fb_container_of(future, struct polite, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->yield, fb_yield());
    *self->ret_came = *self->came;
    *self->ret_polls = self->others->polls;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type polite_type = FB_TYPE(polite, .poll = polite_poll);

// contract 26
// peer tokio/rt_common.yield_drives_io
static void yield_lets_all_tasks_and_the_reactor_run_first(void **state) {
    struct world *w = *state;
    struct probe_log others = {0};
    bool came = false, saw_it = false;
    int polls_before = 0;
    const int fd = seam_adopt(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    struct fb_source source;
    struct stopper reader = {
        .future.type = &read_type, .stop = &came, .source = &source};
    struct polite polite = {.future.type = &polite_type,
                            .came = &came,
                            .others = &others,
                            .ret_came = &saw_it,
                            .ret_polls = &polls_before};

    assert_int_equal(fb_source_open(&source, w->rt, fd, FB_SOURCE_OTHER), 0);
    assert_int_equal(FB_SPAWN(w->rt, reader, NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1); // it waits
    assert_int_equal(eventfd_write(fd, 1), 0);
    assert_int_equal(FB_SPAWN(w->rt, polite, NULL), 0);
    for (int i = 0; i < 200; i++) { // more than a turn's worth
        assert_int_equal(FB_SPAWN(w->rt, probe_ready(&others, 0), NULL), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(polls_before, 200);
    assert_true(saw_it); // the reader had its turn, too
}

static void a_yield_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_yield yield = fb_yield();

    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &yield.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "YIELD 1",
                  "CLONE 1 executor", "PENDING 1", "RELEASE 1 executor woken",
                  "WAKE 1 scheduled by executor", "SCHEDULED 1", "POLL 1",
                  "READY 1", "DROP yield finished", "DONE 1 ok", "JOIN 1 taken",
                  "FREE 1");
}

// ---- where runs begin ----

static void block_inside(struct probe_log *log, struct fb_context *cx) {
    struct probe_log inner = {0};
    struct probe p = probe_ready(&inner, 0);

    assert_int_equal(fb_block_on(cx->runtime, &p.future), -EBUSY);
    assert_int_equal(inner.polls, 0);
    assert_int_equal(inner.drops, 1);
    assert_int_equal(fb_run(cx->runtime), -EBUSY);
    assert_int_equal(fb_run_until_stalled(cx->runtime), -EBUSY);
    assert_int_equal(fb_runtime_advance(cx->runtime, 1), -EBUSY);
    log->arg = log;
}

// contract 27
// peer tokio/rt_common.nested
static void block_on_inside_a_task_is_rejected(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = block_inside};
    struct probe p = probe(&log, 1, PROBE_SELF);

    assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    assert_int_equal(log.polls, 2);
    assert_ptr_equal(log.arg, &log);
}

static void nest_runtime(struct probe_log *log, struct fb_context *cx) {
    const struct fb_runtime_options options = {.virtual_clock = true};
    struct probe_log inner = {0};
    struct probe p = probe_ready(&inner, 0);
    struct fb_runtime *rt;

    (void)cx;
    assert_int_equal(fb_runtime_create(&options, &rt), 0);
    assert_int_equal(fb_block_on(rt, &p.future), -EBUSY);
    assert_int_equal(FB_SPAWN(rt, probe_ready(&inner, 0), NULL), 0);
    fb_runtime_destroy(rt);
    assert_int_equal(inner.polls, 0);
    assert_int_equal(inner.drops, 2);
    log->arg = log;
}

// contract 27
// peer tokio/rt_common.nested
static void a_nested_runtime_cannot_run_and_harms_not_the_outer(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = nest_runtime};
    struct fb_join_handle handle;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_SELF), &handle), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_ptr_equal(log.arg, &log);
    assert_int_equal(log.polls, 2);
    fb_task_detach(&handle);
}

// contract 27
// peer async-io/block_on
static void block_on_polls_only_when_woken(void **state) {
    struct world *w = *state;
    struct probe_log log = {0}, busy = {0};
    struct probe p = probe(&log, 1, PROBE_SELF);

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    assert_int_equal(FB_SPAWN(w->rt, probe(&busy, 100, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    assert_int_equal(log.polls, 2);
    assert_true(busy.polls < 5); // the rest waits for the next run
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(busy.polls, 101);
}

// Wakes the kept one at its 50th poll.
static void wake_at_50(struct probe_log *log, struct fb_context *cx) {
    struct probe_log *kept = log->arg;

    (void)cx;
    if (log->polls == 50) {
        fb_waker_wake(&kept->kept);
    }
}

// contract 27
static void block_on_does_not_poll_what_waits(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe_log busy = {.on_poll = wake_at_50, .arg = &log};
    struct probe p = probe(&log, 1, PROBE_KEEP);

    assert_int_equal(FB_SPAWN(w->rt, probe(&busy, 100, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_block_on(w->rt, &p.future), 0);
    assert_int_equal(log.polls, 2);
    assert_in_range(busy.polls, 50, 51);
    assert_int_equal(fb_run(w->rt), 0);
}

static void run_until_stalled_advances_no_clock(void **state) {
    struct world *w = *state;
    bool stop = false;
    struct stopper s = {.future.type = &nap_type, .stop = &stop};

    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_false(stop);
    assert_int_equal(fb_runtime_advance(w->rt, FB_MS), 1);
    assert_true(stop);
    assert_int_equal(fb_runtime_advance(w->rt, UINT64_MAX), -EINVAL);
    world_begin_real(w);
    assert_int_equal(fb_runtime_advance(w->rt, 1), -EINVAL);
}

static void interrupt(struct probe_log *log, struct fb_context *cx) {
    if (log->polls == 3) {
        fb_runtime_interrupt(cx->runtime);
    }
}

static void interrupt_ends_a_run_and_drops_its_future(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = interrupt};
    struct probe p = probe(&log, -1, PROBE_SELF);

    assert_int_equal(fb_block_on(w->rt, &p.future), -EINTR);
    assert_int_equal(log.drops, 1);
    assert_int_equal(fb_run(w->rt), 0);
    fb_runtime_interrupt(w->rt); // before a run: that one ends at once
    log = (struct probe_log){0};
    p = probe(&log, -1, PROBE_SELF);
    assert_int_equal(fb_block_on(w->rt, &p.future), -EINTR);
    assert_int_equal(log.drops, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(fifo_polls_in_the_order_of_the_wakes),
        WORLD_TEST(lifo_polls_the_newest_first),
        WORLD_TEST(one_seed_gives_one_trace_byte_for_byte),
        WORLD_TEST(two_self_wakers_do_not_starve_a_timer),
        WORLD_TEST(two_self_wakers_do_not_starve_io),
        WORLD_TEST_EXACT(a_turn_polls_at_most_61_tasks),
        WORLD_TEST_EXACT(yield_lets_all_tasks_and_the_reactor_run_first),
        WORLD_TEST(a_yield_is_recorded_step_by_step),
        WORLD_TEST(block_on_inside_a_task_is_rejected),
        WORLD_TEST(a_nested_runtime_cannot_run_and_harms_not_the_outer),
        WORLD_TEST_EXACT(block_on_polls_only_when_woken),
        WORLD_TEST_EXACT(block_on_does_not_poll_what_waits),
        WORLD_TEST(run_until_stalled_advances_no_clock),
        WORLD_TEST(interrupt_ends_a_run_and_drops_its_future),
    };

    return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
