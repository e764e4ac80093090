// Crowds: many tasks at once, chains of them, and a newcomer who must not wait
// for ever among those who are always busy.
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- tasks that spawn tasks ----

// Spawns the next of its kind and awaits it.
struct link {
    struct fb_future future;
    int out;
    int left;
    struct fb_join_handle next;
    struct fb_join_task join;
};

static struct fb_type link_type;

static enum fb_poll link_poll(struct fb_future *future, struct fb_context *cx) {
    struct link *self = fb_container_of(future, struct link, future);

    FB_ASYNC(self, cx);
    if (self->left > 0) {
        FB_TRY(FB_SPAWN(
            cx->runtime,
            ((struct link){.future.type = &link_type, .left = self->left - 1}),
            &self->next));
        FB_AWAIT_TRY(self->join, fb_join_task(&self->next));
    }
    FB_RETURN(self->join.result.out + 1);
    FB_ASYNC_END;
}

static void link_drop(struct fb_future *future) {
    fb_task_detach(&fb_container_of(future, struct link, future)->next);
}

static struct fb_type link_type =
    FB_TYPE(link, .poll = link_poll, .drop = link_drop);

// peer tokio/rt_common.spawn_await_chain
static void a_chain_of_tasks_that_await_each_other_ends(void **state) {
    struct world *w = *state;
    struct link first = {.future.type = &link_type, .left = 1000};

    assert_int_equal(fb_block_on(w->rt, &first.future), 0);
    assert_int_equal(first.out, 1001);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 1000 + 1001);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

enum { MANY = 10000 };

static void spawn_many(struct probe_log *log, struct fb_context *cx) {
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(
            FB_SPAWN(cx->runtime, probe(log->arg, i % 2, PROBE_SELF), NULL), 0);
    }
}

// peer tokio/rt_common.many_spawns, peer async-executor/spawn_many
static void one_poll_may_spawn_ten_thousand(void **state) {
    struct world *w = *state;
    struct probe_log child = {0};
    struct probe_log mother = {.on_poll = spawn_many, .arg = &child};

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&mother, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(child.drops, MANY);
    assert_int_equal(child.polls, MANY + MANY / 2);
    assert_int_equal(child.outputs_dropped, MANY);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

// ---- those who are always busy ----

enum { PAIRS = 100, NEWCOMER_YIELDS = 50 };

// Two that answer each other for ever, or until they are told to stop.
struct player {
    struct fb_future future;
    int out;
    struct fb_notify *mine, *other;
    const _Atomic bool *stop;
    struct fb_notified wait;
};

static enum fb_poll player_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct player *self = fb_container_of(future, struct player, future);

    FB_ASYNC(self, cx);
    while (!*self->stop) {
        FB_AWAIT(self->wait, fb_notify_wait(self->mine));
        self->out++;
        fb_assert(self->out < 100000, "the players starve the newcomer");
        fb_notify_one(self->other);
    }
    FB_RETURN(self->out);
    FB_ASYNC_END;
}

static struct fb_type player_type = FB_TYPE(player, .poll = player_poll);

// Yields so often, then tells all to stop.
struct newcomer {
    struct fb_future future;
    int out;
    _Atomic bool *stop;
    struct fb_yield yield;
};

static enum fb_poll newcomer_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct newcomer *self = fb_container_of(future, struct newcomer, future);

    FB_ASYNC(self, cx);
    for (; self->out < NEWCOMER_YIELDS; self->out++) {
        FB_AWAIT(self->yield, fb_yield());
    }
    *self->stop = true;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type newcomer_type = FB_TYPE(newcomer, .poll = newcomer_poll);

// A yield waits for one turn of the reactor and then for those before it in the
// queue: at most 61 polls and the players'.
// peer tokio/rt_common.ping_pong
static void a_hundred_pairs_cannot_starve_a_newcomer_who_yields(void **state) {
    struct world *w = *state;
    static struct fb_notify notifies[2 * PAIRS];
    _Atomic bool stop = false;
    struct newcomer n = {.future.type = &newcomer_type, .stop = &stop};
    uint64_t before;

    for (int i = 0; i < 2 * PAIRS; i++) {
        struct player p = {.future.type = &player_type, .stop = &stop};

        fb_notify_init(&notifies[i], w->rt);
        p.mine = &notifies[i];
        p.other = &notifies[i ^ 1];
        assert_int_equal(FB_SPAWN(w->rt, p, NULL), 0);
    }
    for (int i = 0; i < 2 * PAIRS; i += 2) {
        fb_notify_one(&notifies[i]);
    }
    before = fb_runtime_stats(w->rt).polls;
    assert_int_equal(fb_block_on(w->rt, &n.future), 0);
    assert_in_range(fb_runtime_stats(w->rt).polls - before, 1,
                    (NEWCOMER_YIELDS + 1) * (61 + 2 * PAIRS));
    assert_int_equal(fb_run(w->rt), 0); // who ends tells the other
    for (int i = 0; i < 2 * PAIRS; i++) {
        fb_notify_deinit(&notifies[i]);
    }
}

// Accepts one connection.
struct taker {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    _Atomic bool *taken;
    struct fb_accept accept;
};

static enum fb_poll taker_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct taker *self = fb_container_of(future, struct taker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->accept, fb_tcp_accept(self->listener));
    fb_tcp_close(&self->accept.stream);
    *self->taken = true;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type taker_type = FB_TYPE(taker, .poll = taker_poll);

// Yields until somebody was taken, and counts how often.
struct patient {
    struct fb_future future;
    int out;
    const _Atomic bool *taken;
    bool by_budget; // it spends its budget instead of yielding
    struct fb_yield yield;
    struct fb_consume bite;
};

static enum fb_poll patient_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct patient *self = fb_container_of(future, struct patient, future);

    FB_ASYNC(self, cx);
    while (!*self->taken && self->out < 100000) {
        self->out++;
        if (self->by_budget) {
            FB_AWAIT(self->bite, fb_consume_budget());
        } else {
            FB_AWAIT(self->yield, fb_yield());
        }
    }
    FB_RETURN(self->out);
    FB_ASYNC_END;
}

static struct fb_type patient_type = FB_TYPE(patient, .poll = patient_poll);

// Beside two that are always runnable, somebody connects while the future that
// is blocked on goes on yielding.
static int turns_until_taken(struct world *w, bool by_budget) {
    struct fb_tcp_listener listener;
    struct fb_addr any;
    _Atomic bool taken = false;
    struct taker taker = {.future.type = &taker_type, .taken = &taken};
    struct patient patient = {
        .future.type = &patient_type, .taken = &taken, .by_budget = by_budget};
    struct probe_log logs[2] = {{0}};
    struct fb_join_handle busy[2];
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(fb_addr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &any, 8, &listener), 0);
    taker.listener = &listener;
    assert_int_equal(FB_SPAWN(w->rt, taker, NULL), 0);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(
        connect(client, &listener.local.u.any, sizeof listener.local.u.v4), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            FB_SPAWN(w->rt, probe(&logs[i], -1, PROBE_SELF), &busy[i]), 0);
    }
    assert_int_equal(fb_block_on(w->rt, &patient.future), 0);
    assert_true(taken);
    for (int i = 0; i < 2; i++) {
        assert_true(logs[i].polls > 0);
        fb_task_abort(&busy[i]);
        fb_task_detach(&busy[i]);
    }
    assert_int_equal(fb_run(w->rt), 0);
    fb_tcp_listener_close(&listener);
    close(client);
    return patient.out;
}

// peer tokio/rt_common.yield_drives_io, peer tokio/rt_common.both_complete
static void a_yield_lets_the_reactor_run_first(void **state) {
    assert_in_range(turns_until_taken(*state, false), 1, 10);
}

// peer tokio/rt_common.yield_drives_io
static void so_does_a_poll_that_spent_its_budget(void **state) {
    // a long poll counts as 8 of a turn's 61
    assert_in_range(turns_until_taken(*state, true), 1, 10 * FB_BUDGET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(a_chain_of_tasks_that_await_each_other_ends),
        WORLD_TEST_EXACT(one_poll_may_spawn_ten_thousand),
        WORLD_TEST_EXACT(a_hundred_pairs_cannot_starve_a_newcomer_who_yields),
        WORLD_TEST_EXACT(a_yield_lets_the_reactor_run_first),
        WORLD_TEST_EXACT(so_does_a_poll_that_spent_its_budget),
    };

    return cmocka_run_group_tests_name("crowds", tests, NULL, NULL);
}
