// Watch: the newest value, for all who follow it.
#include "probe.h"

#include <errno.h>

static const struct fb_values ints = {.bytes = sizeof(int)};

// Follows a watch and notes each value it sees.
struct follower {
    struct fb_future future;
    int out;
    struct fb_watch_receiver receiver; // owned
    int seen[8];
    struct fb_watch_changed changed;
    int *last; // the last value seen, of all followers
};

static enum fb_poll follower_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct follower *self = fb_container_of(future, struct follower, future);

    FB_ASYNC(self, cx);
    self->out = 0;
    for (;;) {
        FB_AWAIT(self->changed, fb_watch_changed(&self->receiver));
        if (self->changed.out == 0) {
            break;
        }
        *self->last = *(const int *)fb_watch_get(&self->receiver);
        self->seen[self->out++ % 8] = *self->last;
    }
    FB_RETURN(self->out);
    FB_ASYNC_END;
}

static void follower_drop(struct fb_future *future) {
    fb_watch_receiver_close(
        &fb_container_of(future, struct follower, future)->receiver);
}

static struct fb_type follower_type =
    FB_TYPE(follower, .poll = follower_poll, .drop = follower_drop);

static struct follower follower(struct fb_watch_receiver receiver, int *last) {
    return (struct follower){
        .future.type = &follower_type, .receiver = receiver, .last = last};
}

static void open_watch(struct world *w, int first, struct fb_watch_sender *tx,
                       struct fb_watch_receiver *rx) {
    assert_int_equal(fb_watch_create(w->rt, ints, &first, tx, rx), 0);
}

static void put(struct fb_watch_sender *tx, int value) {
    assert_int_equal(fb_watch_send(tx, &value), 0);
}

static void the_first_value_is_there_and_seen(void **state) {
    struct world *w = *state;
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;

    open_watch(w, 7, &tx, &rx);
    assert_false(fb_watch_has_changed(&rx));
    assert_int_equal(*(const int *)fb_watch_get(&rx), 7);
    put(&tx, 8);
    assert_true(fb_watch_has_changed(&rx));
    assert_int_equal(*(const int *)fb_watch_peek(&rx), 8);
    assert_true(fb_watch_has_changed(&rx)); // it only peeked
    assert_int_equal(*(const int *)fb_watch_get(&rx), 8);
    assert_false(fb_watch_has_changed(&rx));
    fb_watch_sender_close(&tx);
    fb_watch_receiver_close(&rx);
}

static void a_change_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    int last = 0;

    world_skip(w);
    open_watch(w, 1, &tx, &rx);
    assert_int_equal(FB_SPAWN(w->rt, follower(rx, &last), NULL), 0);
    assert_int_equal(world_settle(w), 1);
    world_skip(w);
    put(&tx, 2);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(last, 2);
    EXPECT_EVENTS(w, "CHANNEL 1 give 1", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER watch_changed", "CHANNEL 1 take 1 by 1",
                  "EXIT watch_changed ready", "DROP watch_changed finished",
                  "ENTER watch_changed", "CLONE 1 channel 1",
                  "EXIT watch_changed pending", "PENDING 1");
    fb_watch_sender_close(&tx);
    assert_int_equal(fb_run(w->rt), 0);
}

static void one_who_is_late_sees_the_newest_only(void **state) {
    struct world *w = *state;
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    struct follower f;
    int last = 0;

    open_watch(w, 0, &tx, &rx);
    for (int i = 1; i <= 5; i++) {
        put(&tx, i);
    }
    fb_watch_sender_close(&tx);
    f = follower(rx, &last);
    assert_int_equal(fb_block_on(w->rt, &f.future), 0);
    assert_int_equal(f.out, 1); // the newest is seen, though the sender is gone
    assert_int_equal(f.seen[0], 5);
}

static void all_who_wait_see_a_change(void **state) {
    struct world *w = *state;
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    int last[3] = {0};

    open_watch(w, 0, &tx, &rx);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            FB_SPAWN(w->rt,
                     follower(i == 0 ? fb_watch_subscribe(&tx)
                                     : fb_watch_receiver_clone(&rx),
                              &last[i]),
                     NULL),
            0);
    }
    fb_watch_receiver_close(&rx);
    world_settle(w);
    put(&tx, 4);
    assert_int_equal(world_settle(w), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(last[i], 4);
    }
    fb_watch_sender_close(&tx);
    assert_int_equal(fb_run(w->rt), 0); // and all of them end
}

static void subscribing_has_seen_the_present_value(void **state) {
    struct world *w = *state;
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx, clone, fresh;

    open_watch(w, 0, &tx, &rx);
    put(&tx, 1);
    clone = fb_watch_receiver_clone(&rx);
    fresh = fb_watch_subscribe(&tx);
    assert_true(fb_watch_has_changed(&clone));
    assert_false(fb_watch_has_changed(&fresh));
    fb_watch_receiver_close(&rx);
    fb_watch_receiver_close(&clone);
    fb_watch_receiver_close(&fresh);
    fb_watch_receiver_close(&fresh); // legal
    assert_int_equal(fb_watch_send(&tx, &(int){2}), -EPIPE);
    fresh = fb_watch_subscribe(&tx); // one may come back
    put(&tx, 3);
    assert_int_equal(*(const int *)fb_watch_get(&fresh), 3);
    fb_watch_receiver_close(&fresh);
    fb_watch_sender_close(&tx);
    fb_watch_sender_close(&tx); // legal
}

// contract 10, contract 11
static void spurious_polls_keep_one_place_and_the_latest_waker(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    struct fb_watch_changed c;

    open_watch(w, 0, &tx, &rx);
    c = fb_watch_changed(&rx);
    assert_int_equal(fb_future_poll(&c.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&c.future, &cx), FB_PENDING);
    assert_int_equal(old.clones, 1);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&c.future, &cx), FB_PENDING);
    put(&tx, 1);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    assert_int_equal(fb_future_poll(&c.future, &cx), FB_READY);
    fb_future_drop(&c.future);
    fb_watch_receiver_close(&rx);
    fb_watch_sender_close(&tx);
}

// contract 60: a change is a state, so one that was woken for it takes none
static void a_woken_waiter_that_is_dropped_has_seen_nothing(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    struct fb_watch_changed changed;

    open_watch(w, 0, &tx, &rx);
    changed = fb_watch_changed(&rx);
    assert_int_equal(fb_future_poll(&changed.future, &cx), FB_PENDING);
    put(&tx, 1);
    fb_future_drop(&changed.future);
    assert_true(fb_watch_has_changed(&rx));
    fb_watch_receiver_close(&rx);
    fb_watch_sender_close(&tx);
}

// contract 19
static void cancelling_a_follower_leaves_the_others(void **state) {
    struct world *w = *state;

    for (int k = 0; k < 3; k++) {
        struct fb_watch_sender tx;
        struct fb_watch_receiver rx;
        struct fb_join_handle h;
        int last = 0, other = 0;

        open_watch(w, 0, &tx, &rx);
        assert_int_equal(
            FB_SPAWN(w->rt, follower(fb_watch_subscribe(&tx), &last), &h), 0);
        assert_int_equal(FB_SPAWN(w->rt, follower(rx, &other), NULL), 0);
        if (k > 0) {
            world_settle(w);
        }
        if (k > 1) {
            put(&tx, 1); // it is woken, and dropped unpolled
        }
        fb_task_abort(&h);
        world_settle(w);
        put(&tx, 2);
        world_settle(w);
        assert_int_equal(last, 0);
        assert_int_equal(other, 2);
        fb_watch_sender_close(&tx);
        assert_int_equal(fb_run(w->rt), 0);
        fb_task_detach(&h);
    }
}

// A value that owns something: counted while it exists.
struct parcel {
    int *alive;
};

static void parcel_drop(void *value) {
    --*((struct parcel *)value)->alive;
}

static void each_value_is_dropped_once(void **state) {
    struct world *w = *state;
    const struct fb_values parcels = {.bytes = sizeof(struct parcel),
                                      .drop = parcel_drop};
    int alive = 1;
    struct parcel p = {&alive};
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;

    seam.fail_allocation = seam.allocations + 1;
    assert_int_equal(fb_watch_create(w->rt, parcels, &p, &tx, &rx), -ENOMEM);
    assert_int_equal(alive, 1); // it stays ours
    assert_int_equal(fb_watch_create(w->rt, parcels, &p, &tx, &rx), 0);
    for (int i = 0; i < 3; i++) {
        alive++;
        assert_int_equal(fb_watch_send(&tx, &p), 0);
        assert_int_equal(alive, 1);
    }
    fb_watch_sender_close(&tx);
    assert_int_equal(alive, 1); // it can still be read
    fb_watch_receiver_close(&rx);
    assert_int_equal(alive, 0);
}

static void receiver_goes_while_awaited(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_watch_sender tx;
    struct fb_watch_receiver rx;
    struct fb_watch_changed changed;

    open_watch(w, 0, &tx, &rx);
    changed = fb_watch_changed(&rx);
    if (fb_future_poll(&changed.future, &cx) == FB_PENDING) {
        fb_watch_receiver_close(&rx);
    }
}

static void closing_what_a_future_still_waits_for_aborts(void **state) {
    expect_death(receiver_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(the_first_value_is_there_and_seen),
        WORLD_TEST_EXACT(a_change_is_recorded_step_by_step),
        WORLD_TEST(one_who_is_late_sees_the_newest_only),
        WORLD_TEST_EXACT(all_who_wait_see_a_change),
        WORLD_TEST(subscribing_has_seen_the_present_value),
        WORLD_TEST(spurious_polls_keep_one_place_and_the_latest_waker),
        WORLD_TEST(a_woken_waiter_that_is_dropped_has_seen_nothing),
        WORLD_TEST(cancelling_a_follower_leaves_the_others),
        WORLD_TEST(each_value_is_dropped_once),
        WORLD_TEST(closing_what_a_future_still_waits_for_aborts),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
