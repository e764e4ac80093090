// Notify: who goes on, in which order, and what becomes of a notification that
// its waiter does not live to use.
#include "probe.h"

#include <errno.h>

// Awaits `left` notifications, one after the other.
struct waiting {
    struct fb_future future;
    int out;
    struct fb_notify *notify;
    int left;
    _Atomic int *went_on; // how often, of all
    struct fb_notified wait;
};

static enum fb_poll waiting_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct waiting *self = fb_container_of(future, struct waiting, future);

    FB_ASYNC(self, cx);
    for (; self->left > 0; self->left--) {
        FB_AWAIT_TRY(self->wait, fb_notify_wait(self->notify));
        ++*self->went_on;
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type waiting_type = FB_TYPE(waiting, .poll = waiting_poll);

static struct waiting waiting(struct fb_notify *n, int times,
                              _Atomic int *went_on) {
    return (struct waiting){.future.type = &waiting_type,
                            .notify = n,
                            .left = times,
                            .went_on = went_on};
}

static void spawn_waiting(struct world *w, struct fb_notify *n,
                          _Atomic int *went_on,
                          struct fb_join_handle *ret_handle) {
    assert_int_equal(FB_SPAWN(w->rt, waiting(n, 1, went_on), ret_handle), 0);
}

// contract 13
static void a_notification_before_the_wait_is_kept(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct waiting first;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    first = waiting(&n, 1, &went_on);
    fb_notify_one(&n);
    assert_int_equal(fb_block_on(w->rt, &first.future), 0);
    assert_int_equal(went_on, 1);
    fb_notify_deinit(&n);
}

static void several_kept_notifications_are_one(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    fb_notify_one(&n);
    fb_notify_one(&n);
    assert_int_equal(FB_SPAWN(w->rt, waiting(&n, 2, &went_on), NULL), 0);
    world_settle(w);
    assert_int_equal(went_on, 1);
    fb_notify_one(&n);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(went_on, 2);
    fb_notify_deinit(&n);
}

static void a_wait_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    _Atomic int went_on = 0;

    world_skip(w);
    fb_notify_init(&n, w->rt);
    spawn_waiting(w, &n, &went_on, NULL);
    assert_int_equal(world_settle(w), 1);
    fb_notify_one(&n);
    assert_int_equal(world_settle(w), 1);
    EXPECT_EVENTS(w, "CHANNEL 1 open 0", "SPAWN 1", "SCHEDULED 1",
                  "JOIN 1 detach", "POLL 1", "ENTER notified",
                  "CLONE 1 channel 1", "EXIT notified pending", "PENDING 1",
                  "CHANNEL 1 give 0", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER notified", "CHANNEL 1 take 0 by 1",
                  "EXIT notified ready", "DROP notified finished", "READY 1",
                  "DROP waiting finished", "DONE 1 ok", "FREE 1");
    fb_notify_deinit(&n);
}

static void notify_one_goes_to_the_first_that_came(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    _Atomic int went_on[3] = {0};

    fb_notify_init(&n, w->rt);
    for (int i = 0; i < 3; i++) {
        spawn_waiting(w, &n, &went_on[i], NULL);
    }
    world_settle(w);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(went_on[i], 0);
        fb_notify_one(&n);
        assert_int_equal(world_settle(w), 1);
        assert_int_equal(went_on[i], 1);
    }
    fb_notify_deinit(&n);
}

static void notify_all_wakes_who_waits_now_and_keeps_nothing(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    for (int i = 0; i < 3; i++) {
        spawn_waiting(w, &n, &went_on, NULL);
    }
    world_settle(w);
    fb_notify_all(&n);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(went_on, 3);
    spawn_waiting(w, &n, &went_on, NULL);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    assert_int_equal(went_on, 3);
    fb_notify_one(&n);
    assert_int_equal(fb_run(w->rt), 0);
    fb_notify_deinit(&n);
}

// contract 10
static void a_spurious_poll_keeps_the_place_in_the_queue(void **state) {
    struct world *w = *state;
    struct counter c[2] = {{0}};
    struct fb_waker wakers[2] = {counter_waker(&c[0]), counter_waker(&c[1])};
    struct fb_context cx[2] = {hand_context(w, &wakers[0]),
                               hand_context(w, &wakers[1])};
    struct fb_notify n;
    struct fb_notified a, b;

    fb_notify_init(&n, w->rt);
    a = fb_notify_wait(&n);
    b = fb_notify_wait(&n);
    assert_int_equal(fb_future_poll(&a.future, &cx[0]), FB_PENDING);
    assert_int_equal(fb_future_poll(&b.future, &cx[1]), FB_PENDING);
    assert_int_equal(fb_future_poll(&a.future, &cx[0]), FB_PENDING);
    assert_int_equal(c[0].clones, 1);
    fb_notify_one(&n);
    assert_int_equal(c[0].wakes, 1);
    assert_int_equal(c[1].wakes, 0);
    assert_int_equal(fb_future_poll(&b.future, &cx[1]), FB_PENDING);
    assert_int_equal(fb_future_poll(&a.future, &cx[0]), FB_READY);
    fb_future_drop(&a.future);
    fb_future_drop(&b.future);
    assert_int_equal(c[1].drops, 1);
    fb_notify_deinit(&n);
}

// contract 11
// peer tokio/sync_semaphore.waker
static void a_later_poll_replaces_the_waker(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct fb_notify n;
    struct fb_notified a;

    fb_notify_init(&n, w->rt);
    a = fb_notify_wait(&n);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    assert_int_equal(old.drops, 1);
    fb_notify_one(&n);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    fb_future_drop(&a.future);
    assert_true(n.permit); // nobody else waits: it is kept
    fb_notify_deinit(&n);
}

// contract 60
// peer tokio/sync_notify
static void a_notified_waiter_that_is_dropped_passes_it_on(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct fb_join_handle first;
    _Atomic int went_on[2] = {0};

    fb_notify_init(&n, w->rt);
    spawn_waiting(w, &n, &went_on[0], &first);
    spawn_waiting(w, &n, &went_on[1], NULL);
    world_settle(w);
    fb_notify_one(&n);
    world_skip(w);
    assert_int_equal(fb_task_abort(&first), 1);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "ABORT 1", "CHANNEL 1 pass 0 by 1",
                  "RELEASE 2 channel 1 woken", "WAKE 2 scheduled by channel 1",
                  "SCHEDULED 2", "DROP notified cancelled",
                  "DROP waiting cancelled", "DONE 1 cancelled", "POLL 2",
                  "ENTER notified", "CHANNEL 1 take 0 by 2",
                  "EXIT notified ready", "DROP notified finished", "READY 2",
                  "DROP waiting finished", "DONE 2 ok", "FREE 2");
    assert_int_equal(went_on[0], 0);
    assert_int_equal(went_on[1], 1);
    fb_task_detach(&first);
    fb_notify_deinit(&n);
}

// contract 60
static void one_of_all_that_is_dropped_passes_nothing_on(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct fb_join_handle first;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    spawn_waiting(w, &n, &went_on, &first);
    world_settle(w);
    fb_notify_all(&n);
    assert_int_equal(fb_task_abort(&first), 1);
    assert_int_equal(fb_run(w->rt), 0);
    assert_false(n.permit);
    fb_task_detach(&first);
    fb_notify_deinit(&n);
}

// contract 53
static void a_dropped_waiter_leaves_nothing_behind(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct fb_join_handle middle;
    _Atomic int went_on[3] = {0};

    fb_notify_init(&n, w->rt);
    spawn_waiting(w, &n, &went_on[0], NULL);
    spawn_waiting(w, &n, &went_on[1], &middle);
    spawn_waiting(w, &n, &went_on[2], NULL);
    world_settle(w);
    fb_task_abort(&middle);
    fb_task_detach(&middle);
    world_settle(w);
    fb_notify_one(&n);
    fb_notify_one(&n);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(went_on[0] + went_on[2], 2);
    assert_int_equal(went_on[1], 0);
    fb_notify_deinit(&n);
}

static void the_end_of_the_runtime_drops_who_waits(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    for (int i = 0; i < 3; i++) {
        spawn_waiting(w, &n, &went_on, NULL);
    }
    world_settle(w);
    fb_notify_one(&n); // the first passes it on to the second, and so on
    world_end(w);
    assert_int_equal(went_on, 0);
    assert_true(n.permit);
    fb_notify_one(&n); // legal, and of no effect
    fb_notify_deinit(&n);
}

static void notify_again(void *arg) {
    fb_notify_one(arg);
}

// contract 9, contract 12
static void a_waker_may_use_what_wakes_it(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct meddler m[2] = {{.on_wake = notify_again, .arg = &n},
                           {.on_drop = notify_again, .arg = &n}};
    struct fb_waker first = meddler_waker(&m[0]), old = meddler_waker(&m[1]);
    struct fb_context cx = hand_context(w, &first);
    struct fb_notified a, b;

    fb_notify_init(&n, w->rt);
    a = fb_notify_wait(&n);
    b = fb_notify_wait(&n);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&b.future, &cx), FB_PENDING);
    fb_notify_one(&n); // a's wake notifies b, and b's the next to come
    assert_int_equal(m[0].wakes, 2);
    assert_true(n.permit);
    assert_int_equal(fb_future_poll(&b.future, &cx), FB_READY);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_READY);
    fb_future_drop(&a.future);
    fb_future_drop(&b.future);
    a = fb_notify_wait(&n);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_READY); // the permit
    fb_future_drop(&a.future);
    // A waker that is replaced goes last: what it does finds the new one.
    a = fb_notify_wait(&n);
    cx.waker = &old;
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    cx.waker = &first;
    m[0].on_wake = NULL;
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    assert_int_equal(m[1].drops, 1);
    assert_int_equal(m[0].wakes, 3);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_READY);
    fb_future_drop(&a.future);
    fb_notify_deinit(&n);
}

// Waits once more as soon as it is woken.
struct eager {
    struct fb_notify *notify;
    struct fb_context cx;
    struct fb_notified wait;
    int woken;
};

static void wait_again(void *arg) {
    struct eager *self = arg;

    if (++self->woken > 5) {
        return; // for ever, it seems
    }
    assert_int_equal(fb_future_poll(&self->wait.future, &self->cx), FB_READY);
    fb_future_drop(&self->wait.future);
    self->wait = fb_notify_wait(self->notify);
    assert_int_equal(fb_future_poll(&self->wait.future, &self->cx), FB_PENDING);
}

// contract 9
static void
who_waits_again_inside_a_notify_all_waits_for_the_next(void **state) {
    struct world *w = *state;
    struct fb_notify n;
    struct eager eager = {.notify = &n};
    struct meddler m = {.on_wake = wait_again, .arg = &eager};
    struct fb_waker waker = meddler_waker(&m);

    fb_notify_init(&n, w->rt);
    eager.cx = hand_context(w, &waker);
    eager.wait = fb_notify_wait(&n);
    assert_int_equal(fb_future_poll(&eager.wait.future, &eager.cx), FB_PENDING);
    fb_notify_all(&n);
    assert_int_equal(eager.woken, 1);
    fb_notify_all(&n);
    assert_int_equal(eager.woken, 2);
    fb_future_drop(&eager.wait.future);
    fb_notify_deinit(&n);
}

static void deinit_waited_for(void *arg) {
    struct world *w = arg;
    struct fb_notify n;
    _Atomic int went_on = 0;

    fb_notify_init(&n, w->rt);
    spawn_waiting(w, &n, &went_on, NULL);
    world_settle(w);
    fb_notify_deinit(&n);
}

static void ending_it_while_somebody_waits_aborts(void **state) {
    expect_death(deinit_waited_for, *state,
                 "nobody waits for a notify that ends");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_notification_before_the_wait_is_kept),
        WORLD_TEST(several_kept_notifications_are_one),
        WORLD_TEST_EXACT(a_wait_is_recorded_step_by_step),
        WORLD_TEST_EXACT(notify_one_goes_to_the_first_that_came),
        WORLD_TEST(notify_all_wakes_who_waits_now_and_keeps_nothing),
        WORLD_TEST(a_spurious_poll_keeps_the_place_in_the_queue),
        WORLD_TEST(a_later_poll_replaces_the_waker),
        WORLD_TEST_EXACT(a_notified_waiter_that_is_dropped_passes_it_on),
        WORLD_TEST(one_of_all_that_is_dropped_passes_nothing_on),
        WORLD_TEST(a_dropped_waiter_leaves_nothing_behind),
        WORLD_TEST(the_end_of_the_runtime_drops_who_waits),
        WORLD_TEST(a_waker_may_use_what_wakes_it),
        WORLD_TEST(who_waits_again_inside_a_notify_all_waits_for_the_next),
        WORLD_TEST(ending_it_while_somebody_waits_aborts),
    };

    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
