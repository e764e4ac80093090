// mpsc: bounded, in order, and neither a message nor room is ever lost.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

// Sends `count` parcels numbered from `first` on, one after the other.
struct producer {
    struct fb_future future;
    int out;
    struct fb_mpsc_sender sender; // owned
    int first, count, sent;
    int *alive;
    struct parcel parcel;
    bool packed; // `parcel` is ours still
    struct fb_mpsc_send send;
};

static enum fb_poll producer_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct producer *self = fb_container_of(future, struct producer, future);

    FB_ASYNC(self, cx);
    for (; self->sent < self->count; self->sent++) {
        self->parcel = (struct parcel){.number = self->first + self->sent,
                                       .alive = self->alive};
        ++*self->alive;
        self->packed = true;
        FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->sender, &self->parcel));
        self->packed = false;
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void producer_drop(struct fb_future *future) {
    struct producer *self = fb_container_of(future, struct producer, future);

    if (self->packed) {
        parcel_drop(&self->parcel);
    }
    fb_mpsc_sender_close(&self->sender);
}

static struct fb_type producer_type =
    FB_TYPE(producer, .poll = producer_poll, .drop = producer_drop);

static struct producer producer(struct fb_mpsc_sender sender, int first,
                                int count, int *alive) {
    return (struct producer){.future.type = &producer_type,
                             .sender = sender,
                             .first = first,
                             .count = count,
                             .alive = alive};
}

// Receives until the end, or `at_most` parcels.
struct consumer {
    struct fb_future future;
    int out;
    struct fb_mpsc_receiver receiver; // owned
    int at_most;
    struct parcel got;
    struct fb_mpsc_receive receive;
    int *order; // of numbers received; may be NULL
};

static enum fb_poll consumer_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct consumer *self = fb_container_of(future, struct consumer, future);

    FB_ASYNC(self, cx);
    self->out = 0;
    while (self->out < self->at_most) {
        FB_AWAIT(self->receive, fb_mpsc_receive(&self->receiver, &self->got));
        if (self->receive.out == 0) {
            break;
        }
        if (self->order != NULL) {
            self->order[self->out] = self->got.number;
        }
        parcel_drop(&self->got);
        self->out++;
    }
    FB_RETURN(self->out);
    FB_ASYNC_END;
}

static void consumer_drop(struct fb_future *future) {
    fb_mpsc_receiver_close(
        &fb_container_of(future, struct consumer, future)->receiver);
}

static struct fb_type consumer_type =
    FB_TYPE(consumer, .poll = consumer_poll, .drop = consumer_drop);

static struct consumer consumer(struct fb_mpsc_receiver receiver, int *order) {
    return (struct consumer){.future.type = &consumer_type,
                             .receiver = receiver,
                             .at_most = INT32_MAX,
                             .order = order};
}

struct ends {
    struct fb_mpsc_sender tx;
    struct fb_mpsc_receiver rx;
    int alive;
};

static void open_ends(struct world *w, uint32_t capacity, struct ends *e) {
    *e = (struct ends){0};
    assert_int_equal(fb_mpsc_create(w->rt, parcels, capacity, &e->tx, &e->rx),
                     0);
}

static void spawn_producer(struct world *w, struct ends *e, int first,
                           int count, struct fb_join_handle *ret_handle) {
    struct fb_mpsc_sender tx = fb_mpsc_sender_clone(&e->tx);

    assert_int_equal(
        FB_SPAWN(w->rt, producer(tx, first, count, &e->alive), ret_handle), 0);
}

static int try_send(struct ends *e, int number) {
    struct parcel p = {.number = number, .alive = &e->alive};
    int err = fb_mpsc_try_send(&e->tx, &p);

    e->alive += err == 0;
    return err;
}

static int try_receive(struct ends *e) {
    struct parcel p = {0};
    int got = fb_mpsc_try_receive(&e->rx, &p);

    if (got == 1) {
        parcel_drop(&p);
        return p.number;
    }
    return got;
}

// contract 59
static void messages_come_in_the_order_they_were_sent(void **state) {
    struct world *w = *state;
    struct ends e;
    struct consumer c;
    int order[20];

    open_ends(w, 3, &e);
    spawn_producer(w, &e, 1, 20, NULL);
    fb_mpsc_sender_close(&e.tx);
    c = consumer(e.rx, order);
    assert_int_equal(fb_block_on(w->rt, &c.future), 0);
    assert_int_equal(c.out, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(order[i], 1 + i);
    }
    assert_int_equal(e.alive, 0);
}

// contract 59
// peer tokio/sync_mpsc.capacity
static void a_full_channel_makes_its_senders_wait(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_join_handle h;

    open_ends(w, 2, &e);
    spawn_producer(w, &e, 1, 4, &h);
    world_settle(w);
    assert_int_equal(e.alive, 3); // two inside, one in the producer's hands
    assert_int_equal(try_send(&e, 9), -EAGAIN);
    assert_int_equal(try_receive(&e), 1);
    assert_int_equal(try_send(&e, 9), -EAGAIN); // that room is promised
    world_settle(w);
    assert_int_equal(e.alive, 3);
    for (int i = 2; i <= 4; i++) {
        assert_int_equal(try_receive(&e), i);
        world_settle(w);
    }
    assert_true(fb_task_result(&h, NULL));
    fb_task_detach(&h);
    fb_mpsc_sender_close(&e.tx);
    assert_int_equal(try_receive(&e), 0);
    fb_mpsc_receiver_close(&e.rx);
}

static void a_message_through_a_full_channel_step_by_step(void **state) {
    struct world *w = *state;
    struct ends e;

    world_skip(w);
    open_ends(w, 1, &e);
    assert_int_equal(try_send(&e, 1), 0);
    spawn_producer(w, &e, 2, 1, NULL);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(try_receive(&e), 1);
    assert_int_equal(world_settle(w), 1);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
    EXPECT_EVENTS(
        w, "CHANNEL 1 open 0", "CHANNEL 1 give 1", "SPAWN 1", "SCHEDULED 1",
        "JOIN 1 detach", "POLL 1", "ENTER mpsc_send", "CLONE 1 channel 1",
        "EXIT mpsc_send pending", "PENDING 1", "CHANNEL 1 take 0",
        "RELEASE 1 channel 1 woken", "WAKE 1 scheduled by channel 1",
        "SCHEDULED 1", "POLL 1", "ENTER mpsc_send", "CHANNEL 1 give 1 by 1",
        "EXIT mpsc_send ready", "DROP mpsc_send finished", "READY 1",
        "DROP producer finished", "DONE 1 ok", "FREE 1", "CHANNEL 1 close 1");
    assert_int_equal(e.alive, 0);
}

// contract 59
static void senders_that_wait_are_served_in_order(void **state) {
    struct world *w = *state;
    struct ends e;

    open_ends(w, 1, &e);
    for (int i = 1; i <= 4; i++) {
        spawn_producer(w, &e, i, 1, NULL);
    }
    for (int i = 1; i <= 4; i++) {
        world_settle(w);
        assert_int_equal(try_receive(&e), i);
    }
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
}

// contract 59
// peer tokio/sync_mpsc.close
static void
closing_wakes_all_senders_and_what_is_left_is_drained(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_join_handle h[3];
    struct fb_join_result result;

    open_ends(w, 2, &e);
    assert_int_equal(try_send(&e, 1), 0);
    assert_int_equal(try_send(&e, 2), 0);
    for (int i = 0; i < 3; i++) {
        spawn_producer(w, &e, 10 + i, 1, &h[i]);
    }
    world_settle(w);
    fb_mpsc_close(&e.rx);
    fb_mpsc_close(&e.rx); // no more than once
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(fb_task_result(&h[i], &result));
        assert_int_equal(result.out, -EPIPE);
        fb_task_detach(&h[i]);
    }
    assert_int_equal(try_send(&e, 3), -EPIPE);
    assert_int_equal(try_receive(&e), 1);
    assert_int_equal(try_receive(&e), 2);
    assert_int_equal(try_receive(&e), 0);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_CLOSE), 1);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
    assert_int_equal(e.alive, 0);
}

// contract 59
// peer tokio/sync_mpsc.senders_gone
static void the_last_sender_that_goes_ends_the_receiver(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_mpsc_sender other;
    struct fb_join_handle h;
    struct fb_join_result result;

    open_ends(w, 2, &e);
    other = fb_mpsc_sender_clone(&e.tx);
    assert_int_equal(FB_SPAWN(w->rt, consumer(e.rx, NULL), &h), 0);
    world_settle(w);
    fb_mpsc_sender_close(&e.tx);
    assert_int_equal(world_settle(w), 0); // there is another one
    fb_mpsc_sender_close(&other);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&h, &result));
    assert_int_equal(result.out, 0);
    fb_task_detach(&h);
}

// contract 59
static void unread_messages_are_dropped_with_the_receiver(void **state) {
    struct world *w = *state;
    struct ends e;

    open_ends(w, 4, &e);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_send(&e, i), 0);
    }
    assert_int_equal(try_receive(&e), 0); // number 0
    fb_mpsc_receiver_close(&e.rx);
    fb_mpsc_receiver_close(&e.rx); // legal
    assert_int_equal(e.alive, 0);
    assert_int_equal(try_send(&e, 4), -EPIPE);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_sender_close(&e.tx); // legal
}

// contract 60
static void room_of_a_sender_that_is_dropped_goes_to_the_next(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_join_handle first;

    open_ends(w, 1, &e);
    assert_int_equal(try_send(&e, 1), 0);
    spawn_producer(w, &e, 2, 1, &first);
    spawn_producer(w, &e, 3, 1, NULL);
    world_settle(w);
    assert_int_equal(try_receive(&e), 1); // room for the first
    fb_task_abort(&first);
    fb_task_detach(&first);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_PASS), 1);
    assert_int_equal(try_receive(&e), 3);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
    assert_int_equal(e.alive, 0);
}

// contract 60
static void a_woken_receive_that_is_dropped_wakes_another(void **state) {
    struct world *w = *state;
    struct counter c[2] = {{0}};
    struct fb_waker wakers[2] = {counter_waker(&c[0]), counter_waker(&c[1])};
    struct fb_context cx[2] = {hand_context(w, &wakers[0]),
                               hand_context(w, &wakers[1])};
    struct ends e;
    struct parcel got = {0};
    struct fb_mpsc_receive a, b;

    open_ends(w, 1, &e);
    a = b = fb_mpsc_receive(&e.rx, &got);
    assert_int_equal(fb_future_poll(&a.future, &cx[0]), FB_PENDING);
    assert_int_equal(fb_future_poll(&b.future, &cx[1]), FB_PENDING);
    assert_int_equal(try_send(&e, 1), 0);
    assert_int_equal(c[0].wakes, 1);
    assert_int_equal(c[1].wakes, 0);
    fb_future_drop(&a.future);
    assert_int_equal(c[1].wakes, 1);
    assert_int_equal(fb_future_poll(&b.future, &cx[1]), FB_READY);
    fb_future_drop(&b.future);
    assert_int_equal(got.number, 1);
    parcel_drop(&got);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
}

// contract 10, contract 11
static void spurious_polls_keep_one_place_and_the_latest_waker(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct ends e;
    struct parcel p = {.number = 2, .alive = &e.alive};
    struct fb_mpsc_send s;

    open_ends(w, 1, &e);
    assert_int_equal(try_send(&e, 1), 0);
    s = fb_mpsc_send(&e.tx, &p);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_PENDING);
    assert_int_equal(old.clones, 1);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_PENDING);
    assert_int_equal(try_receive(&e), 1);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_READY);
    e.alive++;
    fb_future_drop(&s.future);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
    assert_int_equal(e.alive, 0);
}

// ---- reserved room ----

struct reserver {
    struct fb_future future;
    int out;
    struct ends *ends;
    struct fb_mpsc_slot slot;
    struct fb_mpsc_reserve reserve;
};

static enum fb_poll reserver_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct reserver *self = fb_container_of(future, struct reserver, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->reserve, fb_mpsc_reserve(&self->ends->tx, &self->slot));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type reserver_type = FB_TYPE(reserver, .poll = reserver_poll);

static int reserve(struct world *w, struct ends *e,
                   struct fb_mpsc_slot *ret_slot) {
    struct reserver r = {.future.type = &reserver_type, .ends = e};
    int err = fb_block_on(w->rt, &r.future);

    *ret_slot = r.slot;
    return err < 0 ? err : r.out;
}

// peer tokio/sync_mpsc.reserve
static void reserved_room_is_nobody_elses(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_mpsc_slot slot, none;
    struct parcel p = {.number = 5, .alive = &e.alive};

    open_ends(w, 1, &e);
    assert_int_equal(reserve(w, &e, &slot), 0);
    assert_int_equal(try_send(&e, 1), -EAGAIN);
    assert_int_equal(reserve(w, &e, &none), -EDEADLK); // and it waits in vain
    e.alive++;
    assert_int_equal(fb_mpsc_slot_send(&slot, &p), 0);
    assert_int_equal(try_receive(&e), 5);
    assert_int_equal(reserve(w, &e, &slot), 0);
    fb_mpsc_slot_release(&slot);
    fb_mpsc_slot_release(&slot); // legal
    assert_int_equal(try_send(&e, 2), 0);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
}

static void released_room_goes_to_who_waits(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_mpsc_slot slot;

    open_ends(w, 1, &e);
    assert_int_equal(reserve(w, &e, &slot), 0);
    spawn_producer(w, &e, 1, 1, NULL);
    world_settle(w);
    fb_mpsc_slot_release(&slot);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(try_receive(&e), 1);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
}

// A slot outlives the sender that it came from, and a close.
// peer tokio/sync_mpsc.reserve
static void the_end_waits_for_what_was_reserved(void **state) {
    struct world *w = *state;

    for (int sends = 0; sends < 2; sends++) {
        struct ends e;
        struct fb_mpsc_slot slot;
        struct fb_join_handle h;
        struct fb_join_result result;
        struct parcel p = {.number = 5, .alive = &e.alive};

        open_ends(w, 2, &e);
        assert_int_equal(reserve(w, &e, &slot), 0);
        fb_mpsc_sender_close(&e.tx);
        assert_int_equal(FB_SPAWN(w->rt, consumer(e.rx, NULL), &h), 0);
        world_settle(w);
        assert_false(fb_task_result(&h, NULL));
        if (sends) {
            e.alive++;
            assert_int_equal(fb_mpsc_slot_send(&slot, &p), 0);
        } else {
            fb_mpsc_slot_release(&slot);
        }
        assert_int_equal(fb_run(w->rt), 0);
        assert_true(fb_task_result(&h, &result));
        assert_int_equal(result.out, sends);
        fb_task_detach(&h);
        assert_int_equal(e.alive, 0);
    }
}

static void a_slot_without_a_receiver_gives_the_message_back(void **state) {
    struct world *w = *state;
    struct ends e;
    struct fb_mpsc_slot slot;
    struct parcel p = {.number = 5, .alive = &e.alive};

    open_ends(w, 1, &e);
    assert_int_equal(reserve(w, &e, &slot), 0);
    fb_mpsc_receiver_close(&e.rx);
    fb_mpsc_sender_close(&e.tx);
    assert_int_equal(fb_mpsc_slot_send(&slot, &p), -EPIPE);
    assert_int_equal(p.number, 5);
    assert_null(slot.channel);
}

// contract 25
// peer tokio/rt_common.budget
static void messages_that_are_all_there_still_cost_budget(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct ends e;
    struct consumer c;
    uint64_t polls;

    open_ends(w, 1000, &e);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(try_send(&e, i), 0);
    }
    fb_mpsc_sender_close(&e.tx);
    c = consumer(e.rx, NULL);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 20, PROBE_SELF), NULL), 0);
    polls = fb_runtime_stats(w->rt).polls;
    assert_int_equal(fb_block_on(w->rt, &c.future), 0);
    assert_int_equal(c.out, 1000);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 7);
    assert_int_equal(log.polls, 8); // one before each of the consumer's
    assert_int_equal(fb_runtime_stats(w->rt).polls - polls, 8 + 8);
    assert_int_equal(e.alive, 0);
    assert_int_equal(fb_run(w->rt), 0);
}

// ---- whole programs ----

// Three producers and a consumer; one of them is aborted after k turns.
static void run_cancelled(struct world *w, int victim, int k) {
    struct ends e;
    struct fb_join_handle h[4];

    open_ends(w, 2, &e);
    for (int i = 0; i < 3; i++) {
        spawn_producer(w, &e, 10 * i, 4, &h[i]);
    }
    fb_mpsc_sender_close(&e.tx);
    assert_int_equal(FB_SPAWN(w->rt, consumer(e.rx, NULL), &h[3]), 0);
    for (int turn = 0; turn < k; turn++) {
        struct fb_yield one_turn = fb_yield();

        assert_int_equal(fb_block_on(w->rt, &one_turn.future), 0);
    }
    fb_task_abort(&h[victim]);
    assert_int_equal(fb_run(w->rt), 0); // nobody waits for ever
    for (int i = 0; i < 4; i++) {
        fb_task_detach(&h[i]);
    }
    assert_int_equal(e.alive, 0);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

// contract 19
static void cancelling_anyone_anywhere_leaks_nothing(void **state) {
    for (int victim = 0; victim < 4; victim++) {
        for (int k = 0; k < 12; k++) {
            run_cancelled(*state, victim, k);
        }
    }
}

// contract 59: in every order of polls each message comes once, in its order
static void seeded_orders_lose_and_double_nothing(void **state) {
    struct world *w = *state;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct ends e;
        struct consumer c;
        int order[24], next[4] = {0};

        world_begin_order(w, FB_ORDER_SEEDED, seed);
        open_ends(w, 1 + seed % 4, &e);
        for (int i = 0; i < 4; i++) {
            spawn_producer(w, &e, 100 * i, 6, NULL);
        }
        fb_mpsc_sender_close(&e.tx);
        c = consumer(e.rx, order);
        assert_int_equal(fb_block_on(w->rt, &c.future), 0);
        assert_int_equal(c.out, 24);
        for (int i = 0; i < 24; i++) {
            assert_int_equal(order[i] % 100, next[order[i] / 100]++);
        }
        assert_int_equal(e.alive, 0);
    }
}

// A runtime of its own, and as much of the program as there is memory for.
static int run_starved(struct world *w) {
    struct ends e = {0};
    struct fb_runtime_options options = {.virtual_clock = true};
    struct consumer c;
    int err;

    err = fb_runtime_create(&options, &w->rt);
    if (err < 0) {
        w->rt = NULL;
        return err;
    }
    err = fb_mpsc_create(w->rt, parcels, 1, &e.tx, &e.rx);
    if (err == 0) {
        err = FB_SPAWN(
            w->rt, producer(fb_mpsc_sender_clone(&e.tx), 0, 3, &e.alive), NULL);
        fb_mpsc_sender_close(&e.tx);
        c = consumer(e.rx, NULL);
        if (err == 0) {
            err = fb_block_on(w->rt, &c.future);
        } else {
            fb_future_drop(&c.future);
        }
    }
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    assert_int_equal(e.alive, 0);
    return err;
}

static void every_allocation_may_fail(void **state) {
    struct world *w = *state;
    long n = 0;
    int err;

    world_end(w);
    do {
        seam.allocations = 0;
        seam.fail_allocation = ++n;
        err = run_starved(w);
        assert_true(err == 0 || err == -ENOMEM);
        assert_int_equal(seam.bytes_blocks, 0);
        assert_int_equal(seam.descriptors, 0);
    } while (err < 0);
    assert_true(n > 4); // runtime, door, channel, two tasks
}

static void the_end_of_the_runtime_frees_what_is_on_its_way(void **state) {
    struct world *w = *state;
    struct ends e;

    open_ends(w, 2, &e);
    for (int i = 0; i < 3; i++) {
        spawn_producer(w, &e, 10 * i, 4, NULL);
    }
    fb_mpsc_sender_close(&e.tx);
    world_settle(w);
    assert_int_equal(FB_SPAWN(w->rt, consumer(e.rx, NULL), NULL), 0);
    world_end(w);
    assert_int_equal(e.alive, 0);
}

// A message may hold an end of the channel that it is in.
struct loop {
    struct fb_mpsc_sender back;
};

static void loop_drop(void *value) {
    fb_mpsc_sender_close(&((struct loop *)value)->back);
}

static void a_message_may_hold_its_own_channel(void **state) {
    struct world *w = *state;
    struct fb_mpsc_sender tx;
    struct fb_mpsc_receiver rx;
    struct loop l;
    const struct fb_values loops = {.bytes = sizeof l, .drop = loop_drop};

    assert_int_equal(fb_mpsc_create(w->rt, loops, 1, &tx, &rx), 0);
    l.back = fb_mpsc_sender_clone(&tx);
    assert_int_equal(fb_mpsc_try_send(&tx, &l), 0);
    fb_mpsc_sender_close(&tx);
    fb_mpsc_receiver_close(&rx);
}

static void take_one(void *arg) {
    (void)try_receive(arg);
}

// contract 9, contract 12
static void a_waker_may_use_the_channel_that_wakes_it(void **state) {
    struct world *w = *state;
    struct ends e;
    struct meddler m = {.on_wake = take_one, .arg = &e};
    struct fb_waker waker = meddler_waker(&m);
    struct fb_context cx = hand_context(w, &waker);
    struct parcel got = {0}, p = {.number = 9, .alive = &e.alive};
    struct fb_mpsc_receive r;
    struct fb_mpsc_send s;

    open_ends(w, 1, &e);
    r = fb_mpsc_receive(&e.rx, &got);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING);
    assert_int_equal(try_send(&e, 1), 0);
    assert_int_equal(m.wakes, 1);
    assert_int_equal(fb_future_poll(&r.future, &cx), FB_PENDING); // stolen
    fb_future_drop(&r.future);
    assert_int_equal(try_send(&e, 2), 0);
    s = fb_mpsc_send(&e.tx, &p);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_PENDING);
    assert_int_equal(try_receive(&e), 2); // its wake finds nothing to take
    assert_int_equal(m.wakes, 2);
    assert_int_equal(fb_future_poll(&s.future, &cx), FB_READY);
    e.alive++;
    fb_future_drop(&s.future);
    fb_mpsc_sender_close(&e.tx);
    fb_mpsc_receiver_close(&e.rx);
    assert_int_equal(e.alive, 0);
}

static void receiver_goes_while_awaited(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends e;
    struct parcel got;
    struct fb_mpsc_receive r;

    open_ends(w, 1, &e);
    r = fb_mpsc_receive(&e.rx, &got);
    if (fb_future_poll(&r.future, &cx) == FB_PENDING) {
        fb_mpsc_receiver_close(&e.rx);
    }
}

static void sender_goes_while_awaited(void *arg) {
    struct world *w = arg;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends e;
    struct parcel p = {0};
    struct fb_mpsc_send s;

    open_ends(w, 1, &e);
    s = fb_mpsc_send(&e.tx, &p);
    if (try_send(&e, 1) == 0 && fb_future_poll(&s.future, &cx) == FB_PENDING) {
        fb_mpsc_sender_close(&e.tx);
    }
}

static void open_without_room(void *arg) {
    struct ends e;

    open_ends(arg, 0, &e);
}

static void broken_contracts_abort(void **state) {
    expect_death(receiver_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
    expect_death(sender_goes_while_awaited, *state,
                 "futures go before the ends they were made from");
    expect_death(open_without_room, *state, "a channel has room for a message");
}

static void a_channel_of_signals_carries_no_bytes(void **state) {
    struct world *w = *state;
    struct fb_mpsc_sender tx;
    struct fb_mpsc_receiver rx;

    assert_int_equal(
        fb_mpsc_create(w->rt, (struct fb_values){0}, UINT32_MAX, &tx, &rx), 0);
    assert_int_equal(fb_mpsc_try_send(&tx, NULL), 0);
    assert_int_equal(fb_mpsc_try_receive(&rx, NULL), 1);
    assert_int_equal(fb_mpsc_try_receive(&rx, NULL), -EAGAIN);
    fb_mpsc_sender_close(&tx);
    assert_int_equal(fb_mpsc_try_receive(&rx, NULL), 0);
    fb_mpsc_receiver_close(&rx);
}

static void a_channel_too_large_for_memory_is_refused(void **state) {
    struct world *w = *state;
    struct fb_mpsc_sender tx;
    struct fb_mpsc_receiver rx;

    assert_int_equal(fb_mpsc_create(w->rt,
                                    (struct fb_values){.bytes = SIZE_MAX / 4},
                                    UINT32_MAX, &tx, &rx),
                     -ENOMEM);
}

static void stall_report(struct fb_runtime *rt, void *arg) {
    FILE *out = open_memstream(arg, &(size_t){0});

    fb_runtime_report(rt, out);
    fclose(out);
}

static void the_stall_report_says_who_waits_for_what(void **state) {
    struct world *w = *state;
    struct ends full, empty;
    char *text = NULL;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .on_stall = stall_report,
                                               .on_stall_arg = &text});
    open_ends(w, 1, &full);
    open_ends(w, 1, &empty);
    spawn_producer(w, &full, 0, 2, NULL);
    assert_int_equal(FB_SPAWN(w->rt, consumer(empty.rx, NULL), NULL), 0);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    assert_non_null(strstr(text, ", waits for room in channel 1\n"));
    assert_non_null(strstr(text, ", waits for a message in channel 2\n"));
    free(text);
    fb_mpsc_receiver_close(&full.rx);
    fb_mpsc_sender_close(&full.tx);
    fb_mpsc_sender_close(&empty.tx);
    world_end(w);
    assert_int_equal(full.alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(messages_come_in_the_order_they_were_sent),
        WORLD_TEST(a_full_channel_makes_its_senders_wait),
        WORLD_TEST(a_message_through_a_full_channel_step_by_step),
        WORLD_TEST_EXACT(senders_that_wait_are_served_in_order),
        WORLD_TEST(closing_wakes_all_senders_and_what_is_left_is_drained),
        WORLD_TEST(the_last_sender_that_goes_ends_the_receiver),
        WORLD_TEST(unread_messages_are_dropped_with_the_receiver),
        WORLD_TEST_EXACT(room_of_a_sender_that_is_dropped_goes_to_the_next),
        WORLD_TEST(a_woken_receive_that_is_dropped_wakes_another),
        WORLD_TEST(spurious_polls_keep_one_place_and_the_latest_waker),
        WORLD_TEST(reserved_room_is_nobody_elses),
        WORLD_TEST(released_room_goes_to_who_waits),
        WORLD_TEST(the_end_waits_for_what_was_reserved),
        WORLD_TEST(a_slot_without_a_receiver_gives_the_message_back),
        WORLD_TEST_EXACT(messages_that_are_all_there_still_cost_budget),
        WORLD_TEST(cancelling_anyone_anywhere_leaks_nothing),
        WORLD_TEST(seeded_orders_lose_and_double_nothing),
        WORLD_TEST(every_allocation_may_fail),
        WORLD_TEST(the_end_of_the_runtime_frees_what_is_on_its_way),
        WORLD_TEST(a_message_may_hold_its_own_channel),
        WORLD_TEST(a_channel_of_signals_carries_no_bytes),
        WORLD_TEST(a_channel_too_large_for_memory_is_refused),
        WORLD_TEST(a_waker_may_use_the_channel_that_wakes_it),
        WORLD_TEST(broken_contracts_abort),
        WORLD_TEST(the_stall_report_says_who_waits_for_what),
    };

    return cmocka_run_group_tests_name("mpsc", tests, NULL, NULL);
}
