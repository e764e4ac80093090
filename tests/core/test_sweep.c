// Every part of the runtime in a small program, and every fault at every place
// of it: the n-th allocation, the n-th system call, a drop at each suspend.
// (TCP, signals and join sets together: test_faults.c.)
#include "sweep.h"

#include "fishbowl/blocking.h"
#include "fishbowl/channel.h"
#include "fishbowl/combine.h"
#include "fishbowl/scope.h"
#include "fishbowl/udp.h"
#include "fishbowl/unix.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- UDP: a datagram to oneself ----

struct datagrams {
    struct fb_future future;
    int out;
    struct fb_runtime *rt;
    struct fb_udp near, far;
    char buf[8];
    union {
        struct fb_send_to send;
        struct fb_recv_from receive;
        struct fb_sleep nap;
    } u;
};

static int datagrams_open(struct datagrams *self) {
    struct fb_addr addr;
    int err = fb_addr_parse("127.0.0.1:0", &addr);

    err = err < 0 ? err : fb_udp_bind(self->rt, &addr, &self->near);
    err = err < 0 ? err : fb_udp_bind(self->rt, &addr, &self->far);
    return err < 0 ? err : fb_udp_connect(&self->far, &self->near.local);
}

static enum fb_poll datagrams_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct datagrams *self = fb_container_of(future, struct datagrams, future);

    FB_ASYNC(self, cx);
    FB_TRY(datagrams_open(self));
    FB_AWAIT(self->u.nap, fb_sleep(FB_MS));
    FB_AWAIT_TRY(self->u.send, fb_udp_send_to(&self->far, "ping", 4, NULL));
    FB_AWAIT_TRY(self->u.receive,
                 fb_udp_recv_from(&self->near, self->buf, sizeof self->buf));
    FB_AWAIT_TRY(self->u.send,
                 fb_udp_send_to(&self->near, "pong", 4, &self->far.local));
    FB_AWAIT_TRY(self->u.receive,
                 fb_udp_recv_from(&self->far, self->buf, sizeof self->buf));
    FB_RETURN(memcmp(self->buf, "pong", 4) == 0 ? 0 : -EBADMSG);
    FB_ASYNC_END;
}

static void datagrams_drop(struct fb_future *future) {
    struct datagrams *self = fb_container_of(future, struct datagrams, future);

    fb_udp_close(&self->near);
    fb_udp_close(&self->far);
}

static struct fb_type datagrams_type =
    FB_TYPE(datagrams, .poll = datagrams_poll, .drop = datagrams_drop);

static struct fb_future *make_datagrams(struct fb_runtime *rt) {
    static struct datagrams self;

    self = (struct datagrams){.future.type = &datagrams_type, .rt = rt};
    return &self.future;
}

// ---- Unix sockets: a path, a connection, a line ----

static char unix_path[64];

struct line {
    struct fb_future future;
    int out;
    struct fb_runtime *rt;
    struct fb_unix_listener listener;
    struct fb_unix_stream near, far;
    char buf[8];
    union {
        struct fb_unix_accept accept;
        struct fb_write_all write;
        struct fb_read_until read;
        struct fb_sleep nap;
    } u;
};

static enum fb_poll line_poll(struct fb_future *future, struct fb_context *cx) {
    struct line *self = fb_container_of(future, struct line, future);

    FB_ASYNC(self, cx);
    FB_TRY(fb_unix_listen(self->rt, unix_path, 8, &self->listener));
    FB_TRY(fb_unix_connect(self->rt, unix_path, &self->far));
    FB_AWAIT_TRY(self->u.accept, fb_unix_accept(&self->listener));
    self->near = self->u.accept.stream;
    FB_AWAIT(self->u.nap, fb_sleep(FB_MS));
    FB_AWAIT_TRY(self->u.write, fb_unix_write_all(&self->far, "Ada\n", 4));
    FB_TRY(fb_unix_shutdown(&self->far));
    FB_AWAIT_TRY(self->u.read, fb_unix_read_until(&self->near, self->buf,
                                                  sizeof self->buf, 0, '\n'));
    FB_RETURN(self->u.read.out == 4 ? 0 : -ENODATA);
    FB_ASYNC_END;
}

static void line_drop(struct fb_future *future) {
    struct line *self = fb_container_of(future, struct line, future);

    fb_unix_close(&self->near);
    fb_unix_close(&self->far);
    fb_unix_listener_close(&self->listener);
}

static struct fb_type line_type =
    FB_TYPE(line, .poll = line_poll, .drop = line_drop);

static struct fb_future *make_line(struct fb_runtime *rt) {
    static struct line self;

    (void)snprintf(unix_path, sizeof unix_path, "/tmp/fishbowl-sweep-%ld",
                   (long)getpid());
    self = (struct line){.future.type = &line_type, .rt = rt};
    return &self.future;
}

// A close whose lstat was made to fail may leave the socket's file behind.
static bool line_is_tidy(void) {
    const bool gone = access(unix_path, F_OK) != 0;

    (void)unlink(unix_path);
    return gone || seam.fail_call != 0;
}

// ---- blocking work ----

struct digest {
    int in, out;
};

static int double_it(void *arg) {
    struct digest *d = arg;

    d->out = 2 * d->in;
    return 0;
}

struct worker {
    struct fb_future future;
    int out;
    struct fb_runtime *rt;
    struct digest args[2];
    struct fb_blocking works[2];
    struct fb_join both;
};

static enum fb_poll worker_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct worker *self = fb_container_of(future, struct worker, future);

    FB_ASYNC(self, cx);
    for (int i = 0; i < 2; i++) {
        self->args[i].in = i + 1;
        self->works[i] = fb_spawn_blocking(
            self->rt, double_it, NULL, &self->args[i], sizeof self->args[i]);
    }
    FB_AWAIT(self->both,
             FB_JOIN(&self->works[0].future, &self->works[1].future));
    FB_TRY(self->works[0].out);
    FB_TRY(self->works[1].out);
    FB_RETURN(self->args[0].out + self->args[1].out == 6 ? 0 : -EBADMSG);
    FB_ASYNC_END;
}

static struct fb_type worker_type = FB_TYPE(worker, .poll = worker_poll);

static struct fb_future *make_worker(struct fb_runtime *rt) {
    static struct worker self;

    self = (struct worker){.future.type = &worker_type, .rt = rt};
    return &self.future;
}

// ---- channels: a producer in a join set, a lock that both hold ----

struct maker {
    struct fb_future future;
    int out;
    struct fb_mpsc_sender sender; // owned
    struct fb_mutex *mutex;
    struct fb_mutex_guard guard;
    int sent;
    union {
        struct fb_mpsc_send send;
        struct fb_lock lock;
        struct fb_yield yield;
    } u;
};

static enum fb_poll maker_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct maker *self = fb_container_of(future, struct maker, future);

    FB_ASYNC(self, cx);
    for (self->sent = 0; self->sent < 4; self->sent++) {
        FB_AWAIT_TRY(self->u.send, fb_mpsc_send(&self->sender, &self->sent));
        FB_AWAIT_TRY(self->u.lock, fb_mutex_lock(self->mutex, &self->guard));
        FB_AWAIT(self->u.yield, fb_yield());
        fb_mutex_unlock(&self->guard);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void maker_drop(struct fb_future *future) {
    struct maker *self = fb_container_of(future, struct maker, future);

    fb_mutex_unlock(&self->guard);
    fb_mpsc_sender_close(&self->sender);
}

static struct fb_type maker_type =
    FB_TYPE(maker, .poll = maker_poll, .drop = maker_drop);

struct eater {
    struct fb_future future;
    int out;
    struct fb_runtime *rt;
    struct fb_join_set set;
    struct fb_mutex mutex;
    struct fb_mutex_guard guard;
    struct fb_mpsc_sender sender;
    struct fb_mpsc_receiver receiver;
    int eaten, value;
    bool begun;
    union {
        struct fb_mpsc_receive receive;
        struct fb_lock lock;
        struct fb_join_next next;
    } u;
};

static int eater_begin(struct eater *self) {
    const struct fb_values ints = {.bytes = sizeof(int)};
    struct maker maker = {.future.type = &maker_type, .mutex = &self->mutex};
    int err;

    fb_join_set_init(&self->set, self->rt);
    fb_mutex_init(&self->mutex, self->rt);
    self->begun = true;
    err = fb_mpsc_create(self->rt, ints, 1, &self->sender, &self->receiver);
    if (err < 0) {
        return err;
    }
    maker.sender = self->sender;
    self->sender = (struct fb_mpsc_sender){0};
    return FB_JOIN_SET_SPAWN(&self->set, maker);
}

static enum fb_poll eater_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct eater *self = fb_container_of(future, struct eater, future);

    FB_ASYNC(self, cx);
    FB_TRY(eater_begin(self));
    for (;;) {
        FB_AWAIT(self->u.receive,
                 fb_mpsc_receive(&self->receiver, &self->value));
        if (self->u.receive.out < 0 || self->value != self->eaten) {
            break;
        }
        self->eaten++;
        FB_AWAIT_TRY(self->u.lock, fb_mutex_lock(&self->mutex, &self->guard));
        fb_mutex_unlock(&self->guard);
    }
    FB_AWAIT(self->u.next, fb_join_next(&self->set));
    FB_RETURN(self->eaten == 4 ? self->u.next.result.out : -EBADMSG);
    FB_ASYNC_END;
}

static void eater_drop(struct fb_future *future) {
    struct eater *self = fb_container_of(future, struct eater, future);

    if (self->begun) {
        fb_mutex_unlock(&self->guard);
        fb_join_set_deinit(&self->set);
        fb_mpsc_receiver_close(&self->receiver);
    }
}

static struct fb_type eater_type =
    FB_TYPE(eater, .poll = eater_poll, .drop = eater_drop);

static struct fb_future *make_eater(struct fb_runtime *rt) {
    static struct eater self;

    self = (struct eater){.future.type = &eater_type, .rt = rt};
    return &self.future;
}

// ---- scopes, combinators, timers ----

struct napper {
    struct fb_future future;
    int out;
    struct fb_sleep nap;
    uint64_t ns;
};

static enum fb_poll napper_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct napper *self = fb_container_of(future, struct napper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->nap, fb_sleep(self->ns));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type napper_type = FB_TYPE(napper, .poll = napper_poll);

struct body {
    struct fb_future future;
    int out;
    struct fb_scope *scope;
    int spawned;
    struct fb_sleep naps[2];
    struct fb_race race;
    struct fb_timeout limit;
};

static enum fb_poll body_poll(struct fb_future *future, struct fb_context *cx) {
    struct body *self = fb_container_of(future, struct body, future);

    FB_ASYNC(self, cx);
    for (; self->spawned < 3; self->spawned++) {
        FB_TRY(FB_SCOPE_SPAWN(
            self->scope,
            ((struct napper){.future.type = &napper_type, .ns = 2 * FB_MS})));
    }
    self->naps[0] = fb_sleep(FB_MS);
    self->naps[1] = fb_sleep(FB_S);
    self->race = FB_RACE(&self->naps[0].future, &self->naps[1].future);
    FB_AWAIT_TRY(self->limit, fb_timeout(2 * FB_S, &self->race.future));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type body_type = FB_TYPE(body, .poll = body_poll);

static struct fb_future *make_scope(struct fb_runtime *rt) {
    static struct body body;
    static struct fb_scope scope;

    (void)rt;
    body = (struct body){.future.type = &body_type, .scope = &scope};
    scope = fb_scope(&body.future);
    return &scope.future;
}

// ---- each with each ----

static const struct scenario scenarios[] = {
    {"datagrams", make_datagrams, NULL},  {"a line", make_line, line_is_tidy},
    {"blocking work", make_worker, NULL}, {"channels", make_eater, NULL},
    {"a scope", make_scope, NULL},
};

static void for_each(void **state,
                     void (*sweep)(struct world *w, const struct scenario *s)) {
    struct world *w = *state;

    world_end(w);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        sweep(w, &scenarios[i]);
    }
}

static void untouched_they_succeed(void **state) {
    for_each(state, sweep_untouched);
}

// contract 19
static void no_failing_allocation_leaks_or_hangs(void **state) {
    for_each(state, sweep_allocations);
}

static void calls_as_usual(struct world *w, const struct scenario *s) {
    sweep_calls(w, s, 0);
}

// contract 19
static void no_failing_call_leaks_or_hangs(void **state) {
    for_each(state, calls_as_usual);
}

static void calls_interrupted(struct world *w, const struct scenario *s) {
    sweep_calls(w, s, EINTR);
}

static void no_interrupted_call_leaks_or_hangs(void **state) {
    for_each(state, calls_interrupted);
}

static void calls_deferred(struct world *w, const struct scenario *s) {
    sweep_calls(w, s, EAGAIN);
}

static void no_call_that_would_block_leaks_or_hangs(void **state) {
    for_each(state, calls_deferred);
}

// contract 19
static void a_drop_at_any_suspend_leaks_nothing(void **state) {
    for_each(state, sweep_suspends);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(untouched_they_succeed),
        WORLD_TEST(no_failing_allocation_leaks_or_hangs),
        WORLD_TEST(no_failing_call_leaks_or_hangs),
        WORLD_TEST(no_interrupted_call_leaks_or_hangs),
        WORLD_TEST(no_call_that_would_block_leaks_or_hangs),
        WORLD_TEST(a_drop_at_any_suspend_leaks_nothing),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
