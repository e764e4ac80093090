// The timer heap: order, ties, cancelling anywhere, never early.
#include "probe.h"

#include <string.h>

enum { TIMERS = 300, STEPS = 20000 };

// A sleep polled by hand; whose counter tells that it fired.
struct alarm {
    struct fb_sleep sleep;
    struct counter counter;
    bool armed;
    uint64_t order; // in which it was set
};

static void set_alarm(struct world *w, struct alarm *a, uint64_t deadline_ns,
                      uint64_t order) {
    struct fb_waker waker = counter_waker(&a->counter);
    struct fb_context cx = hand_context(w, &waker);

    a->counter = (struct counter){0};
    a->sleep = fb_sleep_until(deadline_ns);
    a->order = order;
    a->armed = fb_future_poll(&a->sleep.future, &cx) == FB_PENDING;
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

// The oracle: the armed alarm that must fire next.
static struct alarm *earliest(struct alarm *alarms) {
    struct alarm *first = NULL;

    for (int i = 0; i < TIMERS; i++) {
        struct alarm *a = &alarms[i];

        if (a->armed &&
            (first == NULL || a->sleep.deadline_ns < first->sleep.deadline_ns ||
             (a->sleep.deadline_ns == first->sleep.deadline_ns &&
              a->order < first->order))) {
            first = a;
        }
    }
    return first;
}

static unsigned count_armed(const struct alarm *alarms) {
    unsigned count = 0;

    for (int i = 0; i < TIMERS; i++) {
        count += alarms[i].armed;
    }
    return count;
}

static void check_first(struct world *w, struct alarm *alarms) {
    const struct alarm *first = earliest(alarms);

    assert_ptr_equal(fb__timer_first(w->rt),
                     first != NULL ? &first->sleep.timer : NULL);
    assert_int_equal(fb_runtime_stats(w->rt).timers, count_armed(alarms));
}

static void count_visit(const struct fb_timer *t, void *arg) {
    (void)t;
    ++*(unsigned *)arg;
}

static void fire_one(struct world *w, struct alarm *alarms) {
    struct alarm *first = earliest(alarms);

    if (first == NULL) {
        return;
    }
    // Pulls exactly the earliest one out: the heap's own order is tested.
    w->rt->virtual_now_ns = first->sleep.deadline_ns - 1;
    fb__clock_refresh(w->rt);
    assert_int_equal(fb__timers_fire(w->rt), 0); // contract 35: never early
    w->rt->virtual_now_ns++;
    fb__clock_refresh(w->rt);
    for (int fired = fb__timers_fire(w->rt); fired > 0; fired--) {
        assert_ptr_equal(earliest(alarms), first);
        assert_int_equal(first->counter.wakes, 1);
        first->armed = false;
        fb_future_drop(&first->sleep.future);
        if (fired > 1) {
            const uint64_t deadline_ns = first->sleep.deadline_ns;

            first = earliest(alarms);
            assert_int_equal(first->sleep.deadline_ns, deadline_ns);
        }
    }
}

// contract 36, contract 37
// peer tokio/time_sleep.levels
static void
any_sequence_of_set_cancel_fire_keeps_the_sorted_order(void **state) {
    struct world *w = *state;
    static struct alarm alarms[TIMERS];
    uint32_t seed = 20240607;

    print_message("seed %u\n", seed);
    memset(alarms, 0, sizeof alarms);
    for (int step = 0; step < STEPS; step++) {
        struct alarm *a = &alarms[next_random(&seed) % TIMERS];
        unsigned visited = 0;

        if (next_random(&seed) % 8 == 0) {
            fire_one(w, alarms);
        } else if (a->armed) {
            fb_future_drop(&a->sleep.future); // wherever it is in the heap
            a->armed = false;
            assert_int_equal(a->counter.wakes, 0);
            assert_int_equal(a->counter.drops, 1);
        } else {
            // few deadlines, so that many are equal
            set_alarm(w, a,
                      fb_runtime_now_ns(w->rt) + 1 + next_random(&seed) % 50,
                      (uint64_t)step);
        }
        check_first(w, alarms);
        if (step % 64 == 0) {
            fb__timers_visit(w->rt, count_visit, &visited);
            assert_int_equal(visited, count_armed(alarms));
        }
    }
    for (int i = 0; i < TIMERS; i++) {
        fb_future_drop(&alarms[i].sleep.future);
    }
    assert_null(fb__timer_first(w->rt));
}

// ---- tasks that sleep ----

struct napper {
    struct fb_future future;
    int out;
    uint64_t duration_ns;
    char name;
    char *trail;
    uint64_t *woke_ns;
    struct fb_sleep nap;
};

static enum fb_poll napper_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct napper *self = fb_container_of(future, struct napper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->nap, fb_sleep(self->duration_ns));
    strncat(self->trail, &self->name, 1);
    *self->woke_ns = fb_runtime_now_ns(cx->runtime);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type napper_type = FB_TYPE(napper, .poll = napper_poll);

static struct napper napper(uint64_t duration_ns, char name, char *trail,
                            uint64_t *woke_ns) {
    return (struct napper){.future.type = &napper_type,
                           .duration_ns = duration_ns,
                           .name = name,
                           .trail = trail,
                           .woke_ns = woke_ns};
}

// contract 36
// peer tokio/rt_common.sleep
static void tasks_wake_by_deadline_then_by_order_of_setting(void **state) {
    struct world *w = *state;
    const uint64_t ms[] = {30, 10, 20, 10, 30, 20};
    char trail[16] = "";
    uint64_t woke_ns;

    for (int i = 0; i < 6; i++) {
        assert_int_equal(
            FB_SPAWN(w->rt,
                     napper(ms[i] * FB_MS, (char)('a' + i), trail, &woke_ns),
                     NULL),
            0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "bdcfae");
    assert_int_equal(woke_ns, 30 * FB_MS);
}

// contract 35
// peer tokio/time_sleep.past
static void zero_and_past_deadlines_are_ready_at_the_first_poll(void **state) {
    struct world *w = *state;
    struct fb_sleep zero = fb_sleep(0), past = fb_sleep_until(5);

    assert_int_equal(fb_runtime_advance(w->rt, 10), 0);
    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &zero.future), 0);
    assert_int_equal(fb_block_on(w->rt, &past.future), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 10);
    assert_int_equal(world_count(w, FB_EV_TIMER_SET, -1), 0);
}

// contract 35
// peer tokio/time_sleep.rounding
static void a_timer_is_never_early_by_a_nanosecond(void **state) {
    struct world *w = *state;
    char trail[4] = "";
    uint64_t woke_ns = 0;

    assert_int_equal(FB_SPAWN(w->rt, napper(1000, 'a', trail, &woke_ns), NULL),
                     0);
    assert_int_equal(fb_runtime_advance(w->rt, 999), 1);
    assert_string_equal(trail, "");
    assert_int_equal(fb_runtime_advance(w->rt, 1), 1);
    assert_string_equal(trail, "a");
    assert_int_equal(woke_ns, 1000);
}

// contract 10, contract 35
static void a_spurious_poll_before_the_deadline_is_pending(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_sleep nap = fb_sleep(1000);

    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    assert_int_equal(fb_runtime_advance(w->rt, 999), 0);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    assert_int_equal(c.wakes, 0);
    assert_int_equal(fb_runtime_advance(w->rt, 1), 0);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_READY);
    fb_future_drop(&nap.future);
}

// peer tokio/time_sleep.longest
static void a_huge_duration_is_the_end_of_time_not_the_past(void **state) {
    struct world *w = *state;
    char trail[4] = "";
    uint64_t woke_ns = 0;

    assert_int_equal(fb_runtime_advance(w->rt, 100), 0);
    assert_int_equal(
        FB_SPAWN(w->rt, napper(UINT64_MAX, 'a', trail, &woke_ns), NULL), 0);
    assert_int_equal(fb_runtime_advance(w->rt, UINT64_MAX / 2), 1);
    assert_string_equal(trail, "");
    assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    assert_int_equal(fb__timer_first(w->rt)->deadline_ns, UINT64_MAX);
}

// contract 35
// peer tokio/time_sleep.rounding
static void on_the_real_clock_a_timer_is_not_early(void **state) {
    struct world *w = *state;
    char trail[4] = "";
    uint64_t begin_ns, woke_ns = 0;

    world_begin_real(w);
    begin_ns = fb_runtime_now_ns(w->rt);
    assert_int_equal(
        FB_SPAWN(w->rt, napper(2 * FB_MS, 'a', trail, &woke_ns), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(woke_ns - begin_ns >= 2 * FB_MS);
}

// A kernel whose time passes only while one waits for it.
static struct {
    uint64_t now_ns;
    int64_t waits[4];
    int count;
} patient;

static uint64_t patient_now(void) {
    return patient.now_ns;
}

static int patient_wait(int epoll, struct epoll_event *events, int max,
                        int64_t timeout_ns) {
    (void)epoll, (void)events, (void)max;
    if (timeout_ns > 0) {
        patient.waits[patient.count++ % 4] = timeout_ns;
        patient.now_ns += (uint64_t)timeout_ns;
    }
    return 0;
}

// peer polling/sub_ms
static void a_wait_of_less_than_a_millisecond_is_that_short(void **state) {
    struct world *w = *state;
    char trail[4] = "";
    uint64_t woke_ns = 0;

    patient.now_ns = FB_S;
    patient.count = 0;
    fb__sys.now_ns = patient_now;
    world_begin_real(w);
    fb__sys.epoll_wait = patient_wait;
    assert_int_equal(FB_SPAWN(w->rt, napper(1501, 'a', trail, &woke_ns), NULL),
                     0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(patient.count, 1);
    assert_int_equal(patient.waits[0], 1501);
    assert_int_equal(woke_ns, FB_S + 1501);
}

// ---- cancelled from inside a wake ----

static struct fb_waker cancel_clone(void *data);
static void cancel_other(void *data) {
    struct alarm *other = data;

    fb_future_drop(&other->sleep.future);
    other->armed = false;
}
static void cancel_drop(void *data) {
    (void)data;
}
static const struct fb_waker_ops cancel_ops = {.clone = cancel_clone,
                                               .wake = cancel_other,
                                               .wake_by_ref = cancel_other,
                                               .drop = cancel_drop};
static struct fb_waker cancel_clone(void *data) {
    return (struct fb_waker){.ops = &cancel_ops, .data = data};
}

// contract 37
// peer tokio/time_sleep.drop_in_wake
static void a_timer_may_be_cancelled_from_inside_a_firing_wake(void **state) {
    struct world *w = *state;
    static struct alarm alarms[100];

    memset(alarms, 0, sizeof alarms);
    for (int i = 0; i < 100; i++) {
        set_alarm(w, &alarms[i], 5 + (uint64_t)i % 3, (uint64_t)i);
    }
    for (int i = 0; i < 100; i += 2) { // each wake cancels one, due or not
        struct fb_waker waker = cancel_clone(&alarms[(i + 7) % 100]);
        struct fb_context cx = hand_context(w, &waker);

        assert_int_equal(fb_future_poll(&alarms[i].sleep.future, &cx),
                         FB_PENDING);
    }
    assert_int_equal(fb_runtime_advance(w->rt, 10), 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    for (int i = 0; i < 100; i++) {
        fb_future_drop(&alarms[i].sleep.future);
    }
}

// contract 37
static void a_firing_wake_may_drop_its_own_sleep(void **state) {
    struct world *w = *state;
    struct alarm alarms[5] = {{.counter = {0}}};

    for (int i = 0; i < 5; i++) {
        struct fb_waker waker = cancel_clone(&alarms[i]);
        struct fb_context cx = hand_context(w, &waker);

        set_alarm(w, &alarms[i], 5, (uint64_t)i);
        assert_int_equal(fb_future_poll(&alarms[i].sleep.future, &cx),
                         FB_PENDING);
    }
    assert_int_equal(fb_runtime_advance(w->rt, 5), 0);
    for (int i = 0; i < 5; i++) {
        assert_false(alarms[i].armed);
    }
    assert_int_equal(world_count(w, FB_EV_TIMER_END, FB_TIMER_FIRED), 5);
    assert_int_equal(world_count(w, FB_EV_TIMER_END, -1), 5);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// contract 37
static void a_sleep_dropped_and_set_anew_keeps_one_timer(void **state) {
    struct world *w = *state;
    struct alarm a = {.counter = {0}};

    for (uint64_t deadline_ns = 100; deadline_ns > 50; deadline_ns--) {
        set_alarm(w, &a, deadline_ns, 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
        if (deadline_ns > 51) {
            fb_future_drop(&a.sleep.future);
        }
    }
    assert_int_equal(fb_runtime_advance(w->rt, 50), 0);
    assert_int_equal(a.counter.wakes, 0);
    assert_int_equal(fb_runtime_advance(w->rt, 1), 0);
    assert_int_equal(a.counter.wakes, 1);
    fb_future_drop(&a.sleep.future);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(any_sequence_of_set_cancel_fire_keeps_the_sorted_order),
        WORLD_TEST_EXACT(tasks_wake_by_deadline_then_by_order_of_setting),
        WORLD_TEST(zero_and_past_deadlines_are_ready_at_the_first_poll),
        WORLD_TEST(a_timer_is_never_early_by_a_nanosecond),
        WORLD_TEST(a_spurious_poll_before_the_deadline_is_pending),
        WORLD_TEST(a_huge_duration_is_the_end_of_time_not_the_past),
        WORLD_TEST(on_the_real_clock_a_timer_is_not_early),
        WORLD_TEST_EXACT(a_wait_of_less_than_a_millisecond_is_that_short),
        WORLD_TEST(a_timer_may_be_cancelled_from_inside_a_firing_wake),
        WORLD_TEST(a_firing_wake_may_drop_its_own_sleep),
        WORLD_TEST(a_sleep_dropped_and_set_anew_keeps_one_timer),
    };

    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
