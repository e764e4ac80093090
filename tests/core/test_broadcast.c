// Broadcast: every message to every receiver; who is too slow is told so.
#include "probe.h"

#include <errno.h>

static const struct fb_values ints = {.bytes = sizeof(int)};

// Receives until the end and notes all it got; -1 where it missed some.
struct listener {
    struct fb_future future;
    int out;                               // how many messages
    struct fb_broadcast_receiver receiver; // owned
    int value;
    int *heard; // into the test, in order
    int count;
    struct fb_broadcast_receive receive;
};

static enum fb_poll listener_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct listener *self = fb_container_of(future, struct listener, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT(self->receive,
                 fb_broadcast_receive(&self->receiver, &self->value));
        if (self->receive.out == 0) {
            break;
        }
        self->heard[self->count++] =
            self->receive.out == -EOVERFLOW ? -1 : self->value;
    }
    FB_RETURN(self->count);
    FB_ASYNC_END;
}

static void listener_drop(struct fb_future *future) {
    fb_broadcast_receiver_close(
        &fb_container_of(future, struct listener, future)->receiver);
}

static struct fb_type listener_type =
    FB_TYPE(listener, .poll = listener_poll, .drop = listener_drop);

static struct listener listener(struct fb_broadcast_receiver receiver,
                                int *heard) {
    return (struct listener){
        .future.type = &listener_type, .receiver = receiver, .heard = heard};
}

static void open_air(struct world *w, uint32_t capacity,
                     struct fb_broadcast_sender *tx,
                     struct fb_broadcast_receiver *rx) {
    assert_int_equal(fb_broadcast_create(w->rt, ints, capacity, tx, rx), 0);
}

static void say(struct fb_broadcast_sender *tx, int value) {
    assert_int_equal(fb_broadcast_send(tx, &value), 0);
}

static void every_receiver_gets_every_message(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    int heard[2][8] = {{0}};

    open_air(w, 4, &tx, &rx);
    assert_int_equal(
        FB_SPAWN(w->rt, listener(fb_broadcast_subscribe(&tx), heard[0]), NULL),
        0);
    assert_int_equal(FB_SPAWN(w->rt, listener(rx, heard[1]), NULL), 0);
    for (int i = 1; i <= 6; i++) {
        say(&tx, i);
        world_settle(w);
    }
    fb_broadcast_sender_close(&tx);
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(heard[0][i], 1 + i);
        assert_int_equal(heard[1][i], 1 + i);
    }
}

static void one_that_lags_is_told_how_much_it_missed(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    int value = 0;

    open_air(w, 4, &tx, &rx);
    for (int i = 1; i <= 7; i++) {
        say(&tx, i);
    }
    world_skip(w);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), -EOVERFLOW);
    assert_int_equal(rx.missed, 3);
    for (int i = 4; i <= 7; i++) {
        assert_int_equal(fb_broadcast_try_receive(&rx, &value), 1);
        assert_int_equal(value, i);
    }
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), -EAGAIN);
    EXPECT_EVENTS(w, "CHANNEL 1 lag 4", "CHANNEL 1 take 3", "CHANNEL 1 take 2",
                  "CHANNEL 1 take 1", "CHANNEL 1 take 0");
    fb_broadcast_sender_close(&tx);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), 0);
    fb_broadcast_receiver_close(&rx);
}

static void exactly_full_is_not_too_slow(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    int value = 0;

    open_air(w, 3, &tx, &rx);
    for (int i = 1; i <= 3; i++) {
        say(&tx, i);
    }
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), 1);
    assert_int_equal(value, 1);
    say(&tx, 4);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), 1);
    assert_int_equal(value, 2);
    assert_int_equal(rx.missed, 0);
    fb_broadcast_receiver_close(&rx);
    fb_broadcast_receiver_close(&rx); // legal
    fb_broadcast_sender_close(&tx);
    fb_broadcast_sender_close(&tx); // legal
}

static void a_slow_one_does_not_hold_up_the_others(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver slow;
    int heard[8] = {0}, value = 0;

    open_air(w, 2, &tx, &slow);
    assert_int_equal(
        FB_SPAWN(w->rt, listener(fb_broadcast_subscribe(&tx), heard), NULL), 0);
    for (int i = 1; i <= 8; i++) {
        say(&tx, i);
        world_settle(w);
    }
    fb_broadcast_sender_close(&tx);
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(heard[i], 1 + i);
    }
    assert_int_equal(fb_broadcast_try_receive(&slow, &value), -EOVERFLOW);
    assert_int_equal(slow.missed, 6);
    fb_broadcast_receiver_close(&slow);
}

static void a_message_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    int heard[8] = {0};

    open_air(w, 2, &tx, &rx);
    assert_int_equal(FB_SPAWN(w->rt, listener(rx, heard), NULL), 0);
    world_settle(w);
    world_skip(w);
    say(&tx, 1);
    assert_int_equal(world_settle(w), 1);
    fb_broadcast_sender_close(&tx);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "CHANNEL 1 give 1", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER broadcast_receive", "CHANNEL 1 take 0 by 1",
                  "EXIT broadcast_receive ready",
                  "DROP broadcast_receive finished", "ENTER broadcast_receive",
                  "CLONE 1 channel 1", "EXIT broadcast_receive pending",
                  "PENDING 1", "CHANNEL 1 close 1", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER broadcast_receive", "EXIT broadcast_receive ready",
                  "DROP broadcast_receive finished", "READY 1",
                  "DROP listener finished", "DONE 1 ok 1", "FREE 1");
}

static void nobody_who_receives_is_an_error(void **state) {
    struct world *w = *state;
    struct fb_broadcast_sender tx, other;
    struct fb_broadcast_receiver rx;
    int value = 0;

    open_air(w, 2, &tx, &rx);
    fb_broadcast_receiver_close(&rx);
    assert_int_equal(fb_broadcast_send(&tx, &value), -EPIPE);
    rx = fb_broadcast_subscribe(&tx);
    other = fb_broadcast_sender_clone(&tx);
    fb_broadcast_sender_close(&tx);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), -EAGAIN);
    say(&other, 5);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), 1);
    assert_int_equal(value, 5);
    fb_broadcast_sender_close(&other);
    assert_int_equal(fb_broadcast_try_receive(&rx, &value), 0);
    fb_broadcast_receiver_close(&rx);
}

// contract 10, contract 11
static void spurious_polls_keep_one_place_and_the_latest_waker(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    struct fb_broadcast_receive r;
    int value = 0;

    open_air(w, 2, &tx, &rx);
    r = fb_broadcast_receive(&rx, &value);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(old.clones, 1);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    say(&tx, 1);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_READY);
    fb_future_drop(&r.future);
    assert_int_equal(value, 1);
    fb_broadcast_receiver_close(&rx);
    fb_broadcast_sender_close(&tx);
}

// contract 19, contract 60: a woken receive that is dropped has taken nothing
static void cancelling_a_listener_takes_no_message(void **state) {
    struct world *w = *state;

    for (int k = 0; k < 3; k++) {
        struct fb_broadcast_sender tx;
        struct fb_broadcast_receiver rx;
        struct fb_join_handle h;
        int heard[8] = {0}, other[8] = {0};

        open_air(w, 2, &tx, &rx);
        assert_int_equal(
            FB_SPAWN(w->rt, listener(fb_broadcast_subscribe(&tx), heard), &h),
            0);
        assert_int_equal(FB_SPAWN(w->rt, listener(rx, other), NULL), 0);
        if (k > 0) {
            world_settle(w);
        }
        if (k > 1) {
            say(&tx, 1);
        }
        fb_task_abort(&h);
        world_settle(w);
        say(&tx, 2);
        fb_broadcast_sender_close(&tx);
        assert_int_equal(fb_run(w->rt), 0);
        fb_task_detach(&h);
        assert_int_equal(heard[0], 0);
        assert_int_equal(other[k > 1], 2);
    }
}

// A value that owns something: counted while it exists.
struct parcel {
    int *alive;
};

static void parcel_drop(void *value) {
    --*((struct parcel *)value)->alive;
}

static void overwritten_and_left_values_are_dropped_once(void **state) {
    struct world *w = *state;
    const struct fb_values parcels = {.bytes = sizeof(struct parcel),
                                      .drop = parcel_drop};
    int alive = 0;
    struct parcel p = {&alive}, copy;
    struct fb_broadcast_sender tx = {0};
    struct fb_broadcast_receiver rx;

    seam.fail_allocation = seam.allocations + 1;
    assert_int_equal(fb_broadcast_create(w->rt, parcels, 2, &tx, &rx), -ENOMEM);
    assert_null(tx.channel);
    assert_int_equal(fb_broadcast_create(w->rt, parcels, 2, &tx, &rx), 0);
    for (int i = 0; i < 5; i++) {
        alive++;
        assert_int_equal(fb_broadcast_send(&tx, &p), 0);
        assert_int_equal(alive, i == 0 ? 1 : 2);
    }
    assert_int_equal(fb_broadcast_try_receive(&rx, &copy), -EOVERFLOW);
    assert_int_equal(fb_broadcast_try_receive(&rx, &copy), 1);
    assert_int_equal(alive, 2); // the channel's still
    fb_broadcast_sender_close(&tx);
    assert_int_equal(alive, 2);
    fb_broadcast_receiver_close(&rx);
    assert_int_equal(alive, 0);
}

static void receiver_goes_while_awaited(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;
    struct fb_broadcast_receive r;
    int value = 0;

    open_air(w, 2, &tx, &rx);
    r = fb_broadcast_receive(&rx, &value);
    if (fb_future_poll(&r.future, &cx) == FB_PENDING) {
        fb_broadcast_receiver_close(&rx);
    }
}

static void open_without_room(void *arg) {
    struct fb_broadcast_sender tx;
    struct fb_broadcast_receiver rx;

    open_air(arg, 0, &tx, &rx);
}

static void broken_contracts_abort(void **state) {
    expect_death(receiver_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
    expect_death(open_without_room, *state, "a channel has room for a message");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_receiver_gets_every_message),
        WORLD_TEST(one_that_lags_is_told_how_much_it_missed),
        WORLD_TEST(exactly_full_is_not_too_slow),
        WORLD_TEST(a_slow_one_does_not_hold_up_the_others),
        WORLD_TEST(a_message_is_recorded_step_by_step),
        WORLD_TEST(nobody_who_receives_is_an_error),
        WORLD_TEST(spurious_polls_keep_one_place_and_the_latest_waker),
        WORLD_TEST(cancelling_a_listener_takes_no_message),
        WORLD_TEST(overwritten_and_left_values_are_dropped_once),
        WORLD_TEST(broken_contracts_abort),
    };

    return cmocka_run_group_tests_name("broadcast", tests, NULL, NULL);
}
