// Every allocation and every system call fails once, at every place of a small
// program: nothing leaks, nothing crashes, the trace stays legal, and what the
// program hears is an errno that was really given.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

// ---- the program: a client asks, a server answers ----

struct server {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    struct fb_tcp_stream stream;
    char buf[16];
    union {
        struct fb_accept accept;
        struct fb_read read;
        struct fb_write_all write;
        struct fb_yield yield;
    } u;
};

static enum fb_poll server_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct server *self = fb_container_of(future, struct server, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->u.accept, fb_tcp_accept(self->listener));
    self->stream = self->u.accept.stream;
    fb_context_label(cx, "client", 6);
    FB_AWAIT_TRY(self->u.read,
                 fb_tcp_read(&self->stream, self->buf, sizeof self->buf));
    FB_AWAIT(self->u.yield, fb_yield());
    FB_AWAIT_TRY(self->u.write, fb_tcp_write_all(&self->stream, "pong", 4));
    FB_RETURN(fb_tcp_shutdown(&self->stream));
    FB_ASYNC_END;
}

static void server_drop(struct fb_future *future) {
    fb_tcp_close(&fb_container_of(future, struct server, future)->stream);
}

static struct fb_type server_type =
    FB_TYPE(server, .poll = server_poll, .drop = server_drop);

static struct server server(struct fb_tcp_listener *listener) {
    return (struct server){.future.type = &server_type, .listener = listener};
}

struct client {
    struct fb_future future;
    int out;
    struct fb_runtime *rt;
    struct fb_tcp_listener listener;
    struct fb_tcp_stream stream;
    struct fb_signals signals;
    struct fb_join_set set;
    char buf[16];
    union {
        struct fb_connect connect;
        struct fb_write_all write;
        struct fb_read read;
        struct fb_sleep nap;
        struct fb_join_next next;
        struct fb_signal_wait signal;
    } u;
};

static int client_listen(struct client *self) {
    struct fb_addr addr;
    int err = fb_addr_parse("127.0.0.1:0", &addr);

    return err < 0 ? err : fb_tcp_listen(self->rt, &addr, 8, &self->listener);
}

static int client_signals(struct client *self) {
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    return fb_signals_open(&self->signals, self->rt, &mask);
}

static enum fb_poll client_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct client *self = fb_container_of(future, struct client, future);

    FB_ASYNC(self, cx);
    fb_join_set_init(&self->set, self->rt);
    FB_TRY(client_listen(self));
    FB_TRY(client_signals(self));
    FB_TRY(FB_JOIN_SET_SPAWN(&self->set, server(&self->listener)));
    FB_AWAIT_TRY(self->u.connect, fb_tcp_connect(&self->listener.local));
    self->stream = self->u.connect.stream;
    FB_AWAIT(self->u.nap, fb_sleep(FB_MS));
    FB_AWAIT_TRY(self->u.write, fb_tcp_write_all(&self->stream, "ping", 4));
    FB_AWAIT_TRY(self->u.read,
                 fb_tcp_read(&self->stream, self->buf, sizeof self->buf));
    if (self->u.read.out == 0) {
        FB_RETURN(-EPIPE); // the server has given up
    }
    raise(SIGUSR1);
    FB_AWAIT_TRY(self->u.signal, fb_signals_next(&self->signals));
    FB_AWAIT(self->u.next, fb_join_next(&self->set));
    FB_RETURN(self->u.next.result.out);
    FB_ASYNC_END;
}

static void client_drop(struct fb_future *future) {
    struct client *self = fb_container_of(future, struct client, future);

    fb_join_set_deinit(&self->set);
    fb_tcp_close(&self->stream);
    fb_tcp_listener_close(&self->listener);
    fb_signals_close(&self->signals);
}

static struct fb_type client_type =
    FB_TYPE(client, .poll = client_poll, .drop = client_drop);

// One whole life of a runtime. A fault may leave the program waiting for what
// never comes: then the time limit ends it.
static int run_program(struct world *w, bool virtual_clock) {
    const struct fb_trace_options trace = {
        .anonymous = true, .program = "faults", .ring_events = 4096};
    struct fb_runtime_options options = {.virtual_clock = virtual_clock,
                                         .trace = &w->trace};
    struct client client = {.future.type = &client_type};
    struct fb_timeout limit;
    int err;

    assert_int_equal(fb_trace_open(&w->trace, &trace), 0);
    seam.calls = seam.allocations = 0;
    err = fb_runtime_create(&options, &w->rt);
    if (err == 0) {
        client.rt = w->rt;
        limit = fb_timeout(30 * FB_S, &client.future);
        err = fb_block_on(w->rt, &limit.future);
        err = err < 0 ? err : limit.out;
        fb_runtime_destroy(w->rt);
        w->rt = NULL;
    }
    world_judge(w, true);
    fb_trace_close(&w->trace, false);
    return err;
}

static bool blocks(int signal_number) {
    sigset_t now;

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal_number) == 1;
}

static void must_be_clean(long nth) {
    const struct timespec none = {0, 0};
    sigset_t mask;

    if (seam.bytes_blocks != 0 || seam.descriptors != 0 ||
        seam.bad_closes != 0) {
        fail_msg("fault %ld: %ld allocations, %ld descriptors are left", nth,
                 (long)seam.bytes_blocks, (long)seam.descriptors);
    }
    assert_false(blocks(SIGUSR1));
    // a signal raised and not taken must not hit the next run
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    (void)sigtimedwait(&mask, NULL, &none);
}

static void a_run_without_a_fault_succeeds(void **state) {
    struct world *w = *state;

    world_end(w);
    assert_int_equal(run_program(w, false), 0);
    must_be_clean(0);
    assert_true(seam.calls > 20);
    assert_true(seam.allocations > 5);
}

static bool is_one_of(int err, const int *errors) {
    for (; *errors != 0; errors++) {
        if (err == -*errors) {
            return true;
        }
    }
    return err == 0;
}

// A raised signal that nobody waits for would end the test: ignored, it stays
// pending only while it is blocked.
static void ignore_signal(void) {
    signal(SIGUSR1, SIG_IGN);
}

// contract 19
static void the_nth_allocation_fails_for_every_n(void **state) {
    static const int expected[] = {ENOMEM, ETIMEDOUT, EPIPE, 0};
    struct world *w = *state;
    unsigned failures = 0;
    long nth = 0;

    world_end(w);
    ignore_signal();
    do {
        int err;

        seam.fail_allocation = ++nth;
        err = run_program(w, true);
        if (!is_one_of(err, expected)) {
            fail_msg("allocation %ld: %d is none of the errors", nth, err);
        }
        failures += err < 0;
        must_be_clean(nth);
    } while (seam.allocations >= nth);
    assert_true(nth > 5);
    assert_true(failures > 4);
}

static unsigned fail_calls(struct world *w, int with_errno,
                           const int *expected) {
    unsigned failures = 0;
    long nth = 0;

    ignore_signal();
    do {
        int err;

        seam.fail_call = ++nth;
        seam.fail_errno = with_errno;
        err = run_program(w, true);
        if (!is_one_of(err, expected)) {
            fail_msg("call %ld: %d is none of the errors", nth, err);
        }
        failures += err < 0;
        must_be_clean(nth);
    } while (seam.calls >= nth);
    assert_true(nth > 20);
    return failures;
}

// contract 19
static void the_nth_system_call_fails_for_every_n(void **state) {
    static const int expected[] = {
        EMFILE,       ENOSPC, EADDRINUSE, ENOBUFS,  ECONNRESET,
        ECONNREFUSED, EPIPE,  ETIMEDOUT,  ENOTCONN, 0};
    struct world *w = *state;

    world_end(w);
    assert_true(fail_calls(w, 0, expected) > 10);
}

// Being interrupted is no failure for calls that can be: they are made again.
static void an_interrupted_call_is_made_again(void **state) {
    // what never comes back interrupted may say so here: epoll_create …
    static const int expected[] = {EINTR, ETIMEDOUT, EPIPE, ECONNRESET, 0};
    struct world *w = *state;

    world_end(w);
    (void)fail_calls(w, EINTR, expected);
}

// A call that says "not now" once too often only waits.
static void a_call_that_would_block_is_made_later(void **state) {
    static const int expected[] = {EAGAIN, ETIMEDOUT, EPIPE, ECONNRESET, 0};
    struct world *w = *state;

    world_end(w);
    (void)fail_calls(w, EAGAIN, expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_run_without_a_fault_succeeds),
        WORLD_TEST(the_nth_allocation_fails_for_every_n),
        WORLD_TEST(the_nth_system_call_fails_for_every_n),
        WORLD_TEST(an_interrupted_call_is_made_again),
        WORLD_TEST(a_call_that_would_block_is_made_later),
    };

    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
