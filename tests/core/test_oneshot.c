// Oneshot: one value, whoever comes first and whoever goes first.
#include "probe.h"

#include <errno.h>

// A value that owns something: counted while it exists.
struct parcel {
    int number;
    int *alive;
};

static void parcel_drop(void *value) {
    --*((struct parcel *)value)->alive;
}

static const struct fb_values parcels = {.bytes = sizeof(struct parcel),
                                         .drop = parcel_drop};

static struct parcel parcel(int number, int *alive) {
    ++*alive;
    return (struct parcel){.number = number, .alive = alive};
}

struct ends {
    struct fb_oneshot_sender sender;
    struct fb_oneshot_receiver receiver;
};

static struct ends ends(struct world *w) {
    struct ends e;

    assert_int_equal(fb_oneshot_create(w->rt, parcels, &e.sender, &e.receiver),
                     0);
    return e;
}

static void send_parcel(struct ends *e, int number, int *alive) {
    struct parcel p = parcel(number, alive);

    assert_int_equal(fb_oneshot_send(&e->sender, &p), 0);
    assert_null(e->sender.channel);
}

// Receives one parcel and unpacks it.
struct taker {
    struct fb_future future;
    int out;
    struct fb_oneshot_receiver receiver; // owned
    struct parcel got;
    struct fb_oneshot_receive receive;
};

static enum fb_poll taker_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct taker *self = fb_container_of(future, struct taker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->receive,
                 fb_oneshot_receive(&self->receiver, &self->got));
    FB_RETURN(self->got.number);
    FB_ASYNC_END;
}

static void taker_drop(struct fb_future *future) {
    struct taker *self = fb_container_of(future, struct taker, future);

    if (self->got.alive != NULL) {
        parcel_drop(&self->got); // received: it is ours
    }
    fb_oneshot_receiver_close(&self->receiver);
}

static struct fb_type taker_type =
    FB_TYPE(taker, .poll = taker_poll, .drop = taker_drop);

static struct taker taker(struct ends *e) {
    struct taker t = {.future.type = &taker_type, .receiver = e->receiver};

    e->receiver.channel = NULL; // moved
    return t;
}

static void a_value_sent_first_is_received_at_once(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    int alive = 0;
    struct taker t;

    send_parcel(&e, 7, &alive);
    t = taker(&e);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 7);
    assert_int_equal(alive, 0);
}

static void one_who_waits_is_woken_by_the_value(void **state) {
    struct world *w = *state;
    struct ends e;
    int alive = 0;

    world_skip(w);
    e = ends(w);
    assert_int_equal(FB_SPAWN(w->rt, taker(&e), NULL), 0);
    assert_int_equal(world_settle(w), 1);
    send_parcel(&e, 7, &alive);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "CHANNEL 1 open 0", "SPAWN 1", "SCHEDULED 1",
                  "JOIN 1 detach", "POLL 1", "ENTER oneshot_receive",
                  "CLONE 1 channel 1", "EXIT oneshot_receive pending",
                  "PENDING 1", "CHANNEL 1 give 1", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER oneshot_receive", "CHANNEL 1 take 0 by 1",
                  "EXIT oneshot_receive ready", "DROP oneshot_receive finished",
                  "READY 1", "DROP taker finished", "DONE 1 ok 7", "FREE 1");
    assert_int_equal(alive, 0);
}

// contract 58
static void a_sender_that_goes_is_an_error_for_the_receiver(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    struct fb_join_handle h;
    struct fb_join_result result;

    assert_int_equal(FB_SPAWN(w->rt, taker(&e), &h), 0);
    world_settle(w);
    fb_oneshot_sender_close(&e.sender);
    fb_oneshot_sender_close(&e.sender); // legal
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&h, &result));
    assert_int_equal(result.out, -EPIPE);
    fb_task_detach(&h);
}

// contract 58
// peer tokio/sync_oneshot.returned
static void a_receiver_that_goes_gives_the_value_back(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    int alive = 0;
    struct parcel p = parcel(7, &alive);

    fb_oneshot_receiver_close(&e.receiver);
    fb_oneshot_receiver_close(&e.receiver); // legal
    assert_int_equal(fb_oneshot_send(&e.sender, &p), -EPIPE);
    assert_null(e.sender.channel);
    assert_int_equal(alive, 1); // still ours
    assert_int_equal(p.number, 7);
}

static void a_value_nobody_received_is_dropped_once(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    int alive = 0;

    send_parcel(&e, 7, &alive);
    assert_int_equal(alive, 1);
    fb_oneshot_receiver_close(&e.receiver);
    assert_int_equal(alive, 0);
}

static void try_receive_tells_not_yet_from_never(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    int alive = 0;
    struct parcel got = {0};

    assert_int_equal(fb_oneshot_try_receive(&e.receiver, &got), -EAGAIN);
    send_parcel(&e, 7, &alive);
    assert_int_equal(fb_oneshot_try_receive(&e.receiver, &got), 0);
    assert_int_equal(got.number, 7);
    assert_int_equal(alive, 1);
    assert_int_equal(fb_oneshot_try_receive(&e.receiver, &got), -EPIPE);
    fb_oneshot_receiver_close(&e.receiver);
    assert_int_equal(alive, 1); // it was received, so it is not dropped again
}

static void the_sender_learns_that_nobody_will_receive(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends e = ends(w);
    struct fb_oneshot_closed closed = fb_oneshot_closed(&e.sender);

    assert_int_equal(fb_future_poll(&closed.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&closed.future, &cx), FB_PENDING);
    assert_int_equal(c.clones, 1);
    fb_oneshot_receiver_close(&e.receiver);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(fb_future_poll(&closed.future, &cx), FB_READY);
    fb_future_drop(&closed.future);
    fb_oneshot_sender_close(&e.sender);
}

// contract 11; tokio sync_oneshot: an end changes task between polls
// peer tokio/sync_oneshot.moves
static void the_latest_waker_is_the_one_that_is_woken(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct ends e = ends(w);
    struct parcel got = {0};
    struct fb_oneshot_receive r = fb_oneshot_receive(&e.receiver, &got);
    int alive = 0;

    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(old.clones, 1);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(old.drops, 1);
    send_parcel(&e, 7, &alive);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_READY);
    fb_future_drop(&r.future);
    assert_int_equal(got.number, 7);
    fb_oneshot_receiver_close(&e.receiver);
}

// contract 58: a cancelled receive has taken nothing
static void a_woken_receive_that_is_dropped_leaves_the_value(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends e = ends(w);
    struct parcel got = {0};
    struct fb_oneshot_receive first = fb_oneshot_receive(&e.receiver, &got),
                              second = first;
    int alive = 0;

    assert_int_equal(fb_future_poll(&first.future, &cx), FB_PENDING);
    send_parcel(&e, 7, &alive);
    fb_future_drop(&first.future);
    assert_int_equal(got.number, 0);
    assert_int_equal(fb_future_poll(&second.future, &cx), FB_READY);
    assert_int_equal(got.number, 7);
    fb_future_drop(&second.future);
    fb_oneshot_receiver_close(&e.receiver);
}

// peer tokio/sync_oneshot.races
static void every_order_of_the_ends_frees_all(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;

    for (int order = 0; order < 6; order++) {
        struct ends e = ends(w);
        int alive = 0;
        struct parcel p = parcel(1, &alive), got = {0};

        switch (order) {
        case 0: fb_oneshot_receiver_close(&e.receiver); break;
        case 1: fb_oneshot_sender_close(&e.sender); break;
        case 2:
        case 3:
        case 4:
            assert_int_equal(fb_oneshot_send(&e.sender, &p), 0);
            if (order == 3) {
                assert_int_equal(fb_oneshot_try_receive(&e.receiver, &got), 0);
            }
            break;
        default: break;
        }
        fb_oneshot_sender_close(&e.sender);
        fb_oneshot_receiver_close(&e.receiver);
        assert_int_equal(alive, order != 2 && order != 4);
        assert_int_equal(seam.bytes_blocks, blocks);
    }
}

// contract 19
static void a_receiver_cancelled_before_or_after_the_value(void **state) {
    struct world *w = *state;

    for (int k = 0; k < 4; k++) {
        struct ends e = ends(w);
        int alive = 0;
        struct fb_join_handle h;
        struct parcel p = parcel(1, &alive);

        assert_int_equal(FB_SPAWN(w->rt, taker(&e), &h), 0);
        if (k > 0) {
            world_settle(w);
        }
        if (k < 3) {
            fb_task_abort(&h);
        }
        if (k == 1) {
            world_settle(w);
        }
        if (fb_oneshot_send(&e.sender, &p) < 0) {
            parcel_drop(&p);
        }
        world_settle(w);
        fb_task_detach(&h);
        assert_int_equal(alive, 0);
    }
}

static void the_end_of_the_runtime_frees_a_value_on_its_way(void **state) {
    struct world *w = *state;
    struct ends e = ends(w);
    int alive = 0;

    assert_int_equal(FB_SPAWN(w->rt, taker(&e), NULL), 0);
    world_settle(w);
    send_parcel(&e, 7, &alive); // and its task is not polled any more
    world_end(w);
    assert_int_equal(alive, 0);
}

static void without_memory_there_is_no_channel(void **state) {
    struct world *w = *state;
    struct ends e = {0};
    const struct fb_values endless = {.bytes = SIZE_MAX - 8};

    seam.fail_allocation = seam.allocations + 1;
    assert_int_equal(fb_oneshot_create(w->rt, parcels, &e.sender, &e.receiver),
                     -ENOMEM);
    assert_int_equal(fb_oneshot_create(w->rt, endless, &e.sender, &e.receiver),
                     -ENOMEM);
    assert_null(e.sender.channel);
    assert_null(e.receiver.channel);
}

static void end_goes_while_awaited(struct world *w, bool sender) {
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends e = ends(w);
    struct parcel got;
    struct fb_oneshot_receive r = fb_oneshot_receive(&e.receiver, &got);
    struct fb_oneshot_closed closed = fb_oneshot_closed(&e.sender);

    if (fb_future_poll(&r.future, &cx) == FB_PENDING &&
        fb_future_poll(&closed.future, &cx) == FB_PENDING) {
        if (sender) {
            fb_oneshot_sender_close(&e.sender);
        } else {
            fb_oneshot_receiver_close(&e.receiver);
        }
    }
}

static void sender_goes_while_awaited(void *arg) {
    end_goes_while_awaited(arg, true);
}

static void receiver_goes_while_awaited(void *arg) {
    end_goes_while_awaited(arg, false);
}

static void closing_what_a_future_still_waits_for_aborts(void **state) {
    expect_death(sender_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
    expect_death(receiver_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_value_sent_first_is_received_at_once),
        WORLD_TEST(one_who_waits_is_woken_by_the_value),
        WORLD_TEST(a_sender_that_goes_is_an_error_for_the_receiver),
        WORLD_TEST(a_receiver_that_goes_gives_the_value_back),
        WORLD_TEST(a_value_nobody_received_is_dropped_once),
        WORLD_TEST(try_receive_tells_not_yet_from_never),
        WORLD_TEST(the_sender_learns_that_nobody_will_receive),
        WORLD_TEST(the_latest_waker_is_the_one_that_is_woken),
        WORLD_TEST(a_woken_receive_that_is_dropped_leaves_the_value),
        WORLD_TEST(every_order_of_the_ends_frees_all),
        WORLD_TEST(a_receiver_cancelled_before_or_after_the_value),
        WORLD_TEST(the_end_of_the_runtime_frees_a_value_on_its_way),
        WORLD_TEST(without_memory_there_is_no_channel),
        WORLD_TEST(closing_what_a_future_still_waits_for_aborts),
    };

    return cmocka_run_group_tests_name("oneshot", tests, NULL, NULL);
}
