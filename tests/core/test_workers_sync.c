// What tasks share with each other, used by tasks on several workers at once:
// whatever happens in whichever order, something is conserved.
//
// Polls never assert (they run on any worker); the test looks when all is over.
#include "probe.h"

#include <errno.h>

enum { TASKS = 24, ROUNDS = 60 };

static const uint32_t counts[] = {2, 5};

#define FOR_WORKERS(w_)                                                        \
    for (size_t n_ = 0; n_ < sizeof counts / sizeof *counts; n_++)             \
        for (bool once_ = (world_begin_workers((w_), counts[n_], true), true); \
             once_; once_ = false)

// Nobody holds or waits for anything any more: the runtime can end.
static void run_to_the_end(struct world *w) {
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_stats(w->rt).live_tasks, 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// ---- a mutex: a plain number that only its holder touches ----

struct locker {
    struct fb_future future;
    int out;
    struct fb_mutex *mutex;
    int *plain;
    int i, seen;
    struct fb_mutex_guard guard;
    union {
        struct fb_lock lock;
        struct fb_yield yield;
    };
};

static enum fb_poll locker_poll(struct fb_future *f, struct fb_context *cx) {
    struct locker *self = fb_container_of(f, struct locker, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < ROUNDS; self->i++) {
        FB_AWAIT(self->lock, fb_mutex_lock(self->mutex, &self->guard));
        self->seen = *self->plain;
        if (self->i % 4 == 0) {
            FB_AWAIT(self->yield, fb_yield());
        }
        *self->plain = self->seen + 1;
        fb_mutex_unlock(&self->guard);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void locker_drop(struct fb_future *f) {
    fb_mutex_unlock(&fb_container_of(f, struct locker, future)->guard);
}

static struct fb_type locker_type =
    FB_TYPE(locker, .poll = locker_poll, .drop = locker_drop);

static void a_mutex_admits_one_task_of_all_workers(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        struct fb_mutex mutex;
        int plain = 0;

        fb_mutex_init(&mutex, w->rt);
        for (int i = 0; i < TASKS; i++) {
            struct locker l = {
                .future.type = &locker_type, .mutex = &mutex, .plain = &plain};

            assert_int_equal(FB_SPAWN(w->rt, l, NULL), 0);
        }
        run_to_the_end(w);
        assert_int_equal(plain, TASKS * ROUNDS);
        fb_mutex_deinit(&mutex);
    }
}

// ---- a semaphore: never more inside than permits ----

struct guest {
    struct fb_future future;
    int out;
    struct fb_semaphore *semaphore;
    _Atomic int *inside, *most;
    uint32_t want;
    int i, now;
    struct fb_permit permit;
    union {
        struct fb_acquire acquire;
        struct fb_yield yield;
    };
};

static enum fb_poll guest_poll(struct fb_future *f, struct fb_context *cx) {
    struct guest *self = fb_container_of(f, struct guest, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < ROUNDS; self->i++) {
        FB_AWAIT_TRY(
            self->acquire,
            fb_semaphore_acquire(self->semaphore, self->want, &self->permit));
        self->now =
            atomic_fetch_add(self->inside, (int)self->want) + (int)self->want;
        if (self->now > atomic_load(self->most)) {
            atomic_store(self->most, self->now);
        }
        FB_AWAIT(self->yield, fb_yield());
        atomic_fetch_sub(self->inside, (int)self->want);
        fb_permit_release(&self->permit);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void guest_drop(struct fb_future *f) {
    struct guest *self = fb_container_of(f, struct guest, future);

    if (self->permit.semaphore != NULL) { // aborted inside
        atomic_fetch_sub(self->inside, (int)self->want);
    }
    fb_permit_release(&self->permit);
}

static struct fb_type guest_type =
    FB_TYPE(guest, .poll = guest_poll, .drop = guest_drop);

struct house {
    struct fb_semaphore semaphore;
    _Atomic int inside, most;
    struct fb_join_handle handles[TASKS];
};

static void fill_house(struct world *w, struct house *h) {
    *h = (struct house){.inside = 0};
    fb_semaphore_init(&h->semaphore, w->rt, 5);
    for (int i = 0; i < TASKS; i++) {
        struct guest g = {.future.type = &guest_type,
                          .semaphore = &h->semaphore,
                          .inside = &h->inside,
                          .most = &h->most,
                          .want = 1 + (uint32_t)i % 3};

        assert_int_equal(FB_SPAWN(w->rt, g, &h->handles[i]), 0);
    }
}

static void empty_house(struct house *h) {
    struct fb_permit all = {0};

    for (int i = 0; i < TASKS; i++) {
        fb_task_detach(&h->handles[i]);
    }
    assert_int_equal(h->inside, 0);
    assert_in_range(h->most, 1, 5);
    assert_int_equal(fb_semaphore_try_acquire(&h->semaphore, 5, &all), 0);
    fb_permit_release(&all);
    fb_semaphore_deinit(&h->semaphore);
}

static void a_semaphore_never_admits_more_than_it_has(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        struct house h;

        fill_house(w, &h);
        run_to_the_end(w);
        empty_house(&h);
    }
}

// One task aborts the others while they wait, hold, or are told to go on.
struct killer {
    struct fb_future future;
    int out;
    struct fb_join_handle *handles;
    int i;
    struct fb_yield yield;
};

static enum fb_poll killer_poll(struct fb_future *f, struct fb_context *cx) {
    struct killer *self = fb_container_of(f, struct killer, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < TASKS; self->i += 2) {
        fb_task_abort(&self->handles[self->i]);
        FB_AWAIT(self->yield, fb_yield());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type killer_type = FB_TYPE(killer, .poll = killer_poll);

// contract 31
static void aborts_lose_no_permit(void **state) {
    struct world *w = *state;

    for (int round = 0; round < 10; round++) {
        FOR_WORKERS(w) {
            struct house h;
            struct killer k = {.future.type = &killer_type,
                               .handles = h.handles};

            fill_house(w, &h);
            assert_int_equal(FB_SPAWN(w->rt, k, NULL), 0);
            run_to_the_end(w);
            empty_house(&h);
        }
    }
}

// ---- two notifies: as many there as back ----

struct pinger {
    struct fb_future future;
    int out;
    struct fb_notify *mine, *other;
    bool begins;
    int i;
    struct fb_notified notified;
};

static enum fb_poll pinger_poll(struct fb_future *f, struct fb_context *cx) {
    struct pinger *self = fb_container_of(f, struct pinger, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < 5000; self->i++) {
        if (self->begins) {
            fb_notify_one(self->other);
        }
        FB_AWAIT(self->notified, fb_notify_wait(self->mine));
        if (!self->begins) {
            fb_notify_one(self->other);
        }
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type pinger_type = FB_TYPE(pinger, .poll = pinger_poll);

// contract 7
static void each_notification_reaches_the_other_worker_once(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        struct fb_notify there, back;
        struct pinger pingers[2] = {
            {.future.type = &pinger_type,
             .mine = &back,
             .other = &there,
             .begins = true},
            {.future.type = &pinger_type, .mine = &there, .other = &back}};

        fb_notify_init(&there, w->rt);
        fb_notify_init(&back, w->rt);
        assert_int_equal(FB_SPAWN(w->rt, pingers[0], NULL), 0);
        assert_int_equal(FB_SPAWN(w->rt, pingers[1], NULL), 0);
        run_to_the_end(w);
        assert_false(there.permit || back.permit);
        fb_notify_deinit(&there);
        fb_notify_deinit(&back);
    }
}

// ---- channels ----

static const struct fb_values numbers = {.bytes = sizeof(uint32_t)};

struct producer {
    struct fb_future future;
    int out;
    struct fb_mpsc_sender sender;
    uint32_t id, i, value;
    struct fb_mpsc_send send;
};

static enum fb_poll producer_poll(struct fb_future *f, struct fb_context *cx) {
    struct producer *self = fb_container_of(f, struct producer, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < ROUNDS; self->i++) {
        self->value = self->id << 16 | self->i;
        FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->sender, &self->value));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void producer_drop(struct fb_future *f) {
    fb_mpsc_sender_close(&fb_container_of(f, struct producer, future)->sender);
}

static struct fb_type producer_type =
    FB_TYPE(producer, .poll = producer_poll, .drop = producer_drop);

struct consumer {
    struct fb_future future;
    int out;
    struct fb_mpsc_receiver *receiver;
    uint32_t value, next[TASKS]; // of each sender
    int count, disorder;
    struct fb_mpsc_receive receive;
};

static enum fb_poll consumer_poll(struct fb_future *f, struct fb_context *cx) {
    struct consumer *self = fb_container_of(f, struct consumer, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT(self->receive, fb_mpsc_receive(self->receiver, &self->value));
        if (self->receive.out != 1) {
            break;
        }
        self->count++;
        self->disorder +=
            (self->value & 0xffff) != self->next[self->value >> 16]++;
    }
    FB_RETURN(self->receive.out);
    FB_ASYNC_END;
}

static struct fb_type consumer_type = FB_TYPE(consumer, .poll = consumer_poll);

static void a_channel_keeps_each_senders_order(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        struct fb_mpsc_sender sender;
        struct fb_mpsc_receiver receiver;
        struct consumer c = {.future.type = &consumer_type,
                             .receiver = &receiver};

        assert_int_equal(fb_mpsc_create(w->rt, numbers, 4, &sender, &receiver),
                         0);
        for (uint32_t i = 0; i < TASKS; i++) {
            struct producer p = {.future.type = &producer_type,
                                 .sender = fb_mpsc_sender_clone(&sender),
                                 .id = i};

            assert_int_equal(FB_SPAWN(w->rt, p, NULL), 0);
        }
        fb_mpsc_sender_close(&sender);
        assert_int_equal(fb_block_on(w->rt, &c.future), 0);
        assert_int_equal(c.out, 0);
        assert_int_equal(c.count, TASKS * ROUNDS);
        assert_int_equal(c.disorder, 0);
        fb_mpsc_receiver_close(&receiver);
        run_to_the_end(w);
    }
}

struct listener {
    struct fb_future future;
    int out;
    struct fb_broadcast_receiver receiver;
    _Atomic int *heard, *missed;
    uint32_t value;
    struct fb_broadcast_receive receive;
};

static enum fb_poll listener_poll(struct fb_future *f, struct fb_context *cx) {
    struct listener *self = fb_container_of(f, struct listener, future);

    FB_ASYNC(self, cx);
    do {
        FB_AWAIT(self->receive,
                 fb_broadcast_receive(&self->receiver, &self->value));
        atomic_fetch_add(self->heard, self->receive.out == 1);
    } while (self->receive.out == 1 || self->receive.out == -EOVERFLOW);
    atomic_fetch_add(self->missed, (int)self->receiver.missed);
    FB_RETURN(self->receive.out);
    FB_ASYNC_END;
}

static void listener_drop(struct fb_future *f) {
    fb_broadcast_receiver_close(
        &fb_container_of(f, struct listener, future)->receiver);
}

static struct fb_type listener_type =
    FB_TYPE(listener, .poll = listener_poll, .drop = listener_drop);

struct speaker {
    struct fb_future future;
    int out;
    struct fb_broadcast_sender sender;
    uint32_t i;
    struct fb_yield yield;
};

static enum fb_poll speaker_poll(struct fb_future *f, struct fb_context *cx) {
    struct speaker *self = fb_container_of(f, struct speaker, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < 500; self->i++) {
        FB_TRY(fb_broadcast_send(&self->sender, &self->i));
        if (self->i % 8 == 0) {
            FB_AWAIT(self->yield, fb_yield());
        }
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void speaker_drop(struct fb_future *f) {
    fb_broadcast_sender_close(
        &fb_container_of(f, struct speaker, future)->sender);
}

static struct fb_type speaker_type =
    FB_TYPE(speaker, .poll = speaker_poll, .drop = speaker_drop);

static void what_a_broadcast_sends_is_heard_or_known_as_missed(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        struct speaker s = {.future.type = &speaker_type};
        struct listener l = {.future.type = &listener_type};
        _Atomic int heard = 0, missed = 0;

        assert_int_equal(
            fb_broadcast_create(w->rt, numbers, 16, &s.sender, &l.receiver), 0);
        l.heard = &heard;
        l.missed = &missed;
        for (int i = 1; i < 6; i++) {
            struct listener more = l;

            more.receiver = fb_broadcast_subscribe(&s.sender);
            assert_int_equal(FB_SPAWN(w->rt, more, NULL), 0);
        }
        assert_int_equal(FB_SPAWN(w->rt, l, NULL), 0);
        assert_int_equal(FB_SPAWN(w->rt, s, NULL), 0);
        run_to_the_end(w);
        assert_int_equal(heard + missed, 6 * 500);
    }
}

struct follower {
    struct fb_future future;
    int out;
    struct fb_watch_receiver receiver;
    _Atomic int *last_seen;
    uint32_t value, before, backwards;
    struct fb_watch_changed changed;
};

static enum fb_poll follower_poll(struct fb_future *f, struct fb_context *cx) {
    struct follower *self = fb_container_of(f, struct follower, future);

    FB_ASYNC(self, cx);
    do {
        FB_AWAIT(self->changed, fb_watch_changed(&self->receiver));
        self->before = self->value;
        fb_watch_copy(&self->receiver, &self->value);
        self->backwards += self->value < self->before;
    } while (self->changed.out == 1);
    atomic_fetch_add(self->last_seen, self->value == 500 ? 1 : 0);
    FB_RETURN(self->backwards == 0 ? 0 : -EPROTO);
    FB_ASYNC_END;
}

static void follower_drop(struct fb_future *f) {
    fb_watch_receiver_close(
        &fb_container_of(f, struct follower, future)->receiver);
}

static struct fb_type follower_type =
    FB_TYPE(follower, .poll = follower_poll, .drop = follower_drop);

struct leader {
    struct fb_future future;
    int out;
    struct fb_watch_sender sender;
    uint32_t i;
    struct fb_yield yield;
};

static enum fb_poll leader_poll(struct fb_future *f, struct fb_context *cx) {
    struct leader *self = fb_container_of(f, struct leader, future);

    FB_ASYNC(self, cx);
    for (self->i = 1; self->i <= 500; self->i++) {
        FB_TRY(fb_watch_send(&self->sender, &self->i));
        FB_AWAIT(self->yield, fb_yield());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void leader_drop(struct fb_future *f) {
    fb_watch_sender_close(&fb_container_of(f, struct leader, future)->sender);
}

static struct fb_type leader_type =
    FB_TYPE(leader, .poll = leader_poll, .drop = leader_drop);

static void a_watch_goes_forward_and_ends_with_the_last_value(void **state) {
    struct world *w = *state;

    FOR_WORKERS(w) {
        const uint32_t zero = 0;
        struct leader l = {.future.type = &leader_type};
        struct follower f = {.future.type = &follower_type};
        struct fb_join_handle handles[6] = {{0}};
        struct fb_join_result result;
        _Atomic int last_seen = 0;

        assert_int_equal(
            fb_watch_create(w->rt, numbers, &zero, &l.sender, &f.receiver), 0);
        f.last_seen = &last_seen;
        for (int i = 0; i < 6; i++) {
            struct follower more = f;

            more.receiver = fb_watch_receiver_clone(&f.receiver);
            assert_int_equal(FB_SPAWN(w->rt, more, &handles[i]), 0);
        }
        fb_watch_receiver_close(&f.receiver);
        assert_int_equal(FB_SPAWN(w->rt, l, NULL), 0);
        run_to_the_end(w);
        assert_int_equal(last_seen, 6);
        for (int i = 0; i < 6; i++) {
            assert_true(fb_task_result(&handles[i], &result));
            assert_int_equal(result.out, 0);
            fb_task_detach(&handles[i]);
        }
    }
}

// ---- a oneshot for each of many, and a set to join them ----

struct answerer {
    struct fb_future future;
    int out;
    struct fb_oneshot_sender sender;
    int value;
    struct fb_yield yield;
};

static enum fb_poll answerer_poll(struct fb_future *f, struct fb_context *cx) {
    struct answerer *self = fb_container_of(f, struct answerer, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->yield, fb_yield());
    if (self->value % 5 == 0) {
        FB_RETURN(0); // without an answer
    }
    FB_TRY(fb_oneshot_send(&self->sender, &self->value));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void answerer_drop(struct fb_future *f) {
    fb_oneshot_sender_close(
        &fb_container_of(f, struct answerer, future)->sender);
}

static struct fb_type answerer_type =
    FB_TYPE(answerer, .poll = answerer_poll, .drop = answerer_drop);

struct asker {
    struct fb_future future;
    int out;
    struct fb_oneshot_receiver receiver;
    int value, reply;
    struct fb_oneshot_receive receive;
};

static enum fb_poll asker_poll(struct fb_future *f, struct fb_context *cx) {
    struct asker *self = fb_container_of(f, struct asker, future);
    struct answerer a;

    FB_ASYNC(self, cx);
    a = (struct answerer){.future.type = &answerer_type, .value = self->value};
    FB_TRY(fb_oneshot_create(cx->runtime,
                             (struct fb_values){.bytes = sizeof self->reply},
                             &a.sender, &self->receiver));
    FB_TRY(FB_SPAWN(cx->runtime, a, NULL));
    FB_AWAIT(self->receive, fb_oneshot_receive(&self->receiver, &self->reply));
    FB_RETURN(self->receive.out == -EPIPE ? 0 : self->reply);
    FB_ASYNC_END;
}

static void asker_drop(struct fb_future *f) {
    fb_oneshot_receiver_close(
        &fb_container_of(f, struct asker, future)->receiver);
}

static struct fb_type asker_type =
    FB_TYPE(asker, .poll = asker_poll, .drop = asker_drop);

struct summer {
    struct fb_future future;
    int out;
    int count, sum;
    struct fb_join_set set;
    struct fb_join_next next;
};

static enum fb_poll summer_poll(struct fb_future *f, struct fb_context *cx) {
    struct summer *self = fb_container_of(f, struct summer, future);

    FB_ASYNC(self, cx);
    fb_join_set_init(&self->set, cx->runtime);
    for (int i = 1; i <= 200; i++) {
        struct asker a = {.future.type = &asker_type, .value = i};

        FB_TRY(FB_JOIN_SET_SPAWN(&self->set, a));
    }
    for (;;) {
        FB_AWAIT(self->next, fb_join_next(&self->set));
        if (self->next.out == 0) {
            break;
        }
        self->count++;
        self->sum += self->next.result.out;
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void summer_drop(struct fb_future *f) {
    fb_join_set_deinit(&fb_container_of(f, struct summer, future)->set);
}

static struct fb_type summer_type =
    FB_TYPE(summer, .poll = summer_poll, .drop = summer_drop);

static void a_set_joins_all_members_wherever_they_ended(void **state) {
    struct world *w = *state;

    for (int round = 0; round < 5; round++) {
        FOR_WORKERS(w) {
            struct summer s = {.future.type = &summer_type};

            assert_int_equal(fb_block_on(w->rt, &s.future), 0);
            assert_int_equal(s.out, 0);
            assert_int_equal(s.count, 200);
            // 1 … 200 without the multiples of 5
            assert_int_equal(s.sum, 200 * 201 / 2 - 5 * (40 * 41 / 2));
            run_to_the_end(w);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_mutex_admits_one_task_of_all_workers),
        WORLD_TEST(a_semaphore_never_admits_more_than_it_has),
        WORLD_TEST(aborts_lose_no_permit),
        WORLD_TEST(each_notification_reaches_the_other_worker_once),
        WORLD_TEST(a_channel_keeps_each_senders_order),
        WORLD_TEST(what_a_broadcast_sends_is_heard_or_known_as_missed),
        WORLD_TEST(a_watch_goes_forward_and_ends_with_the_last_value),
        WORLD_TEST(a_set_joins_all_members_wherever_they_ended),
    };

    return cmocka_run_group_tests_name("workers_sync", tests, NULL, NULL);
}
