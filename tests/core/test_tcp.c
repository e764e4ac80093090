// TCP over loopback: listen, accept, connect, read, write, both families.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// ---- two ends ----

struct ends {
    struct fb_tcp_listener listener;
    struct fb_tcp_stream near, far;
};

// Accepts one connection.
struct taker {
    struct fb_future future;
    int out;
    struct ends *ends;
    struct fb_accept accept;
};

static enum fb_poll taker_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct taker *self = fb_container_of(future, struct taker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->accept, fb_tcp_accept(&self->ends->listener));
    self->ends->near = self->accept.stream;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type taker_type = FB_TYPE(taker, .poll = taker_poll);

static void listen_on(struct world *w, struct ends *ends, const char *where) {
    struct fb_addr addr;

    memset(ends, 0, sizeof *ends);
    assert_int_equal(fb_addr_parse(where, &addr), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &addr, 128, &ends->listener), 0);
    assert_int_not_equal(fb_addr_port(&ends->listener.local), 0);
}

// A connected pair: `near` was accepted, `far` connected.
static void connect_ends(struct world *w, struct ends *ends,
                         const char *where) {
    struct taker taker = {.future.type = &taker_type, .ends = ends};
    struct fb_connect connect;
    struct fb_join both;

    listen_on(w, ends, where);
    connect = fb_tcp_connect(&ends->listener.local);
    both = FB_JOIN(&taker.future, &connect.future);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(taker.out, 0);
    assert_int_equal(connect.out, 0);
    ends->far = connect.stream;
}

static void close_ends(struct ends *ends) {
    fb_tcp_close(&ends->near);
    fb_tcp_close(&ends->far);
    fb_tcp_listener_close(&ends->listener);
}

// What has come, or the end, or an error.
static int read_once(struct world *w, struct fb_tcp_stream *s, void *buf,
                     size_t len) {
    struct fb_read r;
    size_t done = 0;

    do {
        r = fb_tcp_read(s, (char *)buf + done, len - done);
        assert_int_equal(fb_block_on(w->rt, &r.future), 0);
        done += r.out > 0 ? (size_t)r.out : 0;
    } while (r.out > 0 && done < len && world_more(&s->source));
    return r.out < 0 ? r.out : (int)done;
}

static int write_once(struct world *w, struct fb_tcp_stream *s, const void *buf,
                      size_t len) {
    struct fb_write_all wr = fb_tcp_write_all(s, buf, len);

    assert_int_equal(fb_block_on(w->rt, &wr.future), 0);
    return wr.out;
}

static void bytes_go_both_ways_over(struct world *w, const char *where) {
    struct ends ends;
    char buf[16] = "", text[FB_ADDR_TEXT_BYTES];

    connect_ends(w, &ends, where);
    fb_addr_format(&ends.listener.local, text, sizeof text);
    assert_int_equal(strncmp(text, where, strlen(where) - 1), 0);
    assert_int_equal(write_once(w, &ends.far, "hello", 5), 0);
    assert_int_equal(read_once(w, &ends.near, buf, sizeof buf), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(write_once(w, &ends.near, "bye", 3), 0);
    assert_int_equal(read_once(w, &ends.far, buf, sizeof buf), 3);
    close_ends(&ends);
}

// peer tokio/tcp_connect.families
static void bytes_go_both_ways_over_ipv4(void **state) {
    bytes_go_both_ways_over(*state, "127.0.0.1:0");
}

// peer tokio/tcp_connect.families
static void bytes_go_both_ways_over_ipv6(void **state) {
    struct world *w = *state;
    struct fb_addr addr;
    struct fb_tcp_listener probe_listener;

    assert_int_equal(fb_addr_parse("[::1]:0", &addr), 0);
    if (fb_tcp_listen(w->rt, &addr, 1, &probe_listener) < 0) {
        skip(); // a machine without IPv6
    }
    fb_tcp_listener_close(&probe_listener);
    bytes_go_both_ways_over(w, "[::1]:0");
}

// ---- echo ----

struct echo {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    char buf[64];
    int got;
    size_t total;
    union {
        struct fb_read read;
        struct fb_write_all write;
    } u;
};

static enum fb_poll echo_poll(struct fb_future *future, struct fb_context *cx) {
    struct echo *self = fb_container_of(future, struct echo, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT_TRY(self->u.read,
                     fb_tcp_read(self->stream, self->buf, sizeof self->buf));
        self->got = self->u.read.out;
        if (self->got == 0) {
            break;
        }
        self->total += (size_t)self->got;
        FB_AWAIT_TRY(self->u.write, fb_tcp_write_all(self->stream, self->buf,
                                                     (size_t)self->got));
    }
    FB_RETURN(fb_tcp_shutdown(self->stream));
    FB_ASYNC_END;
}

static struct fb_type echo_type = FB_TYPE(echo, .poll = echo_poll);

// Writes a pattern, half-closes, and checks every byte that comes back.
struct talker {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    const char *data;
    size_t len, checked;
    char buf[16384];
    union {
        struct fb_read read;
        struct fb_write_all write;
    } u;
};

static enum fb_poll writer_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct talker *self = fb_container_of(future, struct talker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->u.write,
                 fb_tcp_write_all(self->stream, self->data, self->len));
    FB_RETURN(fb_tcp_shutdown(self->stream));
    FB_ASYNC_END;
}

static enum fb_poll checker_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct talker *self = fb_container_of(future, struct talker, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT_TRY(self->u.read,
                     fb_tcp_read(self->stream, self->buf, sizeof self->buf));
        if (self->u.read.out == 0) {
            break;
        }
        if (self->checked + (size_t)self->u.read.out > self->len ||
            memcmp(self->buf, self->data + self->checked,
                   (size_t)self->u.read.out) != 0) {
            FB_RETURN(-EBADMSG);
        }
        self->checked += (size_t)self->u.read.out;
    }
    FB_RETURN(self->checked == self->len ? 0 : -ENODATA);
    FB_ASYNC_END;
}

static struct fb_type writer_type = FB_TYPE(talker, .poll = writer_poll);
static struct fb_type checker_type = FB_TYPE(talker, .poll = checker_poll);

static void echo_all(struct world *w, const char *data, size_t len) {
    struct ends ends;
    struct echo echo;
    struct talker writer, checker;
    struct fb_join all;

    connect_ends(w, &ends, "127.0.0.1:0");
    echo = (struct echo){.future.type = &echo_type, .stream = &ends.near};
    writer = (struct talker){.future.type = &writer_type,
                             .stream = &ends.far,
                             .data = data,
                             .len = len};
    checker = writer;
    checker.future.type = &checker_type;
    all = FB_JOIN(&echo.future, &writer.future, &checker.future);
    assert_int_equal(fb_block_on(w->rt, &all.future), 0);
    assert_int_equal(echo.out, 0);
    assert_int_equal(writer.out, 0);
    assert_int_equal(checker.out, 0);
    assert_int_equal(echo.total, len);
    close_ends(&ends);
}

static void fill_pattern(char *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (char)(i * 7 + i / 251);
    }
}

// contract 45, contract 46
// peer tokio/tcp_echo, peer libuv/shutdown_eof
static void echo_until_end_of_file_after_a_half_close(void **state) {
    static char data[20000];

    fill_pattern(data, sizeof data);
    echo_all(*state, data, sizeof data);
}

static void every_byte_arrives_when_calls_move_one_at_a_time(void **state) {
    static char data[500];

    fill_pattern(data, sizeof data);
    seam.one_byte = true;
    echo_all(*state, data, sizeof data);
}

// contract 48
static void write_all_resumes_at_the_right_offset(void **state) {
    enum { LEN = 8 << 20 }; // more than any socket buffer takes at once
    struct world *w = *state;
    struct ends ends;
    char *data = malloc(LEN);
    struct talker writer, checker;
    struct fb_join both;

    assert_non_null(data);
    fill_pattern(data, LEN);
    connect_ends(w, &ends, "127.0.0.1:0");
    writer = (struct talker){.future.type = &writer_type,
                             .stream = &ends.far,
                             .data = data,
                             .len = LEN};
    checker = (struct talker){.future.type = &checker_type,
                              .stream = &ends.near,
                              .data = data,
                              .len = LEN};
    both = FB_JOIN(&writer.future, &checker.future);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(writer.out, 0);
    assert_int_equal(checker.out, 0);
    assert_int_equal(checker.checked, LEN);
    assert_true(w->trace.head <= w->trace.mask + 1); // all events are there
    assert_true(world_count(w, FB_EV_SOURCE_CLEAR, -1) > 2); // it was full
    close_ends(&ends);
    free(data);
}

// ---- step by step ----

// contract 54
static void a_read_that_waits_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[8];
    struct fb_read r;
    struct fb_join_handle handle;

    connect_ends(w, &ends, "127.0.0.1:0");
    r = fb_tcp_read(&ends.near, buf, sizeof buf);
    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, r, &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(send(ends.far.source.fd, "hi", 2, 0), 2);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    EXPECT_EVENTS(w, "SPAWN 2", "SCHEDULED 2", "POLL 2", "IO 3 read EAGAIN",
                  "SOURCE_CLEAR 3 r", "CLONE 2 source 3", "PENDING 2", "PARK",
                  "UNPARK 1", "SOURCE_READY 3 r", "RELEASE 2 source 3 woken",
                  "WAKE 2 scheduled by source 3", "SCHEDULED 2", "POLL 2",
                  "IO 3 read 2", "READY 2", "DROP read finished", "DONE 2 ok 2",
                  "JOIN 2 taken", "FREE 2");
    close_ends(&ends);
}

// contract 53, contract 54
static void a_dropped_read_takes_no_byte_and_leaves_no_waiter(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[8] = "", again[8] = "";
    struct fb_read r;
    struct fb_timeout t;

    connect_ends(w, &ends, "127.0.0.1:0");
    r = fb_tcp_read(&ends.near, buf, sizeof buf);
    t = fb_timeout(FB_MS, &r.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_null(fb__reactor_entry(w->rt, &ends.near.source)->waiters.first);
    assert_int_equal(send(ends.far.source.fd, "late", 4, 0), 4);
    assert_int_equal(read_once(w, &ends.near, again, sizeof again), 4);
    assert_string_equal(buf, "");
    assert_string_equal(again, "late");
    close_ends(&ends);
}

// contract 53
static void a_dropped_accept_leaves_no_waiter_and_no_connection(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct taker taker = {.future.type = &taker_type, .ends = &ends};
    struct fb_connect connect;
    struct fb_timeout t;

    listen_on(w, &ends, "127.0.0.1:0");
    t = fb_timeout(FB_MS, &taker.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_null(fb__reactor_entry(w->rt, &ends.listener.source)->waiters.first);
    connect = fb_tcp_connect(&ends.listener.local);
    assert_int_equal(fb_block_on(w->rt, &connect.future), 0);
    assert_int_equal(connect.out, 0);
    // the connection waits in the queue for whoever accepts next
    taker = (struct taker){.future.type = &taker_type, .ends = &ends};
    assert_int_equal(fb_block_on(w->rt, &taker.future), 0);
    ends.far = connect.stream;
    close_ends(&ends);
}

// One write is one attempt: what it gives is what the kernel took, and once
// the kernel takes nothing more it waits, without having taken a byte.
static void a_write_gives_what_the_kernel_took(void **state) {
    static char bytes[1 << 16];
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    size_t sent = 0, got = 0;
    struct fb_write one;
    struct ends ends;

    connect_ends(w, &ends, "127.0.0.1:0");
    one = fb_tcp_write(&ends.far, bytes, sizeof bytes);
    // Until it is full: the first may be told to wait without need.
    for (bool ready;
         (ready = fb_future_poll(&one.future, &cx) == FB_READY) || sent == 0;) {
        if (ready) {
            assert_in_range(one.out, 1, sizeof bytes);
            sent += (size_t)one.out;
        } else {
            world_settle(w);
        }
        fb_future_drop(&one.future);
        one = fb_tcp_write(&ends.far, bytes, sizeof bytes);
    }
    fb_future_drop(&one.future);
    assert_null(fb__reactor_entry(w->rt, &ends.far.source)->waiters.first);
    fb_tcp_close(&ends.far);
    for (int n; (n = read_once(w, &ends.near, bytes, sizeof bytes)) != 0;) {
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_true(sent > 0);
    assert_int_equal(got, sent);
    close_ends(&ends);
}

// contract 19
// peer libuv/close_while_connecting
static void a_dropped_connect_closes_its_socket(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct ends ends;
    struct fb_connect connect;

    listen_on(w, &ends, "127.0.0.1:0");
    connect = fb_tcp_connect(&ends.listener.local);
    (void)!fb_future_poll(&connect.future, &cx);
    if (connect.future.state == FB_STATE_DONE) {
        fb_tcp_close(&connect.stream); // done at once: it was ours
    }
    fb_future_drop(&connect.future);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 1);
    fb_tcp_listener_close(&ends.listener);
}

// contract 52
// peer tokio/tcp_accept.fifty
static void fifty_who_accept_share_one_connection(void **state) {
    enum { TAKERS = 50 };
    struct world *w = *state;
    static struct ends ends[TAKERS];
    struct fb_join_handle handles[TAKERS];
    struct fb_connect connect;
    int taken = 0;

    listen_on(w, &ends[0], "127.0.0.1:0");
    for (int i = 0; i < TAKERS; i++) {
        struct taker taker = {.future.type = &taker_type, .ends = &ends[0]};

        assert_int_equal(FB_SPAWN(w->rt, taker, &handles[i]), 0);
    }
    connect = fb_tcp_connect(&ends[0].listener.local);
    assert_int_equal(fb_block_on(w->rt, &connect.future), 0);
    while (taken == 0) {
        taken = 0;
        assert_true(fb_run_until_stalled(w->rt) >= 0);
        for (int i = 0; i < TAKERS; i++) {
            taken += fb_task_result(&handles[i], NULL);
        }
    }
    assert_int_equal(taken, 1);
    for (int i = 0; i < TAKERS; i++) {
        fb_task_abort(&handles[i]);
        fb_task_detach(&handles[i]);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_null(
        fb__reactor_entry(w->rt, &ends[0].listener.source)->waiters.first);
    ends[0].far = connect.stream;
    close_ends(&ends[0]);
}

// ---- what goes wrong ----

// peer tokio/tcp_connect.refused
static void a_refused_connection_is_a_value_and_leaves_nothing(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_addr gone;
    struct fb_connect connect;

    listen_on(w, &ends, "127.0.0.1:0");
    gone = ends.listener.local;
    fb_tcp_listener_close(&ends.listener); // nobody listens there now
    connect = fb_tcp_connect(&gone);
    assert_int_equal(fb_block_on(w->rt, &connect.future), 0);
    assert_int_equal(connect.out, -ECONNREFUSED);
    assert_null(connect.stream.source.runtime);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
}

// contract 47
// peer tokio/tcp_shutdown.after_reset, peer libuv/half_open_write
static void writing_to_a_reset_peer_is_a_value_not_a_signal(void **state) {
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    struct world *w = *state;
    struct ends ends;
    char buf[8];
    int first, second;

    connect_ends(w, &ends, "127.0.0.1:0");
    assert_int_equal(
        setsockopt(ends.far.source.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now),
        0);
    fb_tcp_close(&ends.far); // sends RST
    first = read_once(w, &ends.near, buf, sizeof buf);
    assert_int_equal(first, -ECONNRESET);
    second = write_once(w, &ends.near, "x", 1);
    assert_int_equal(second, -EPIPE);
    assert_int_equal(fb_tcp_shutdown(&ends.near), -ENOTCONN); // contract 46
    close_ends(&ends);
}

// contract 45
// peer tokio/tcp_shutdown.fin
static void the_data_comes_before_the_end_of_file(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[8];

    connect_ends(w, &ends, "127.0.0.1:0");
    assert_int_equal(write_once(w, &ends.far, "last words", 10), 0);
    assert_int_equal(fb_tcp_shutdown(&ends.far), 0);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 8);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 2);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 0);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 0);
    // the other direction is still open
    assert_int_equal(write_once(w, &ends.near, "noted", 5), 0);
    assert_int_equal(read_once(w, &ends.far, buf, 8), 5);
    close_ends(&ends);
}

// As above, but told by one event: the hang-up comes along with the data.
// contract 45
static void who_waits_reads_the_data_before_the_end_of_file(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[8];
    struct fb_join_handle handle;
    struct fb_join_result result;

    connect_ends(w, &ends, "127.0.0.1:0");
    assert_int_equal(FB_SPAWN(w->rt, fb_tcp_read(&ends.near, buf, 8), &handle),
                     0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1); // it waits
    assert_int_equal(send(ends.far.source.fd, "last words", 10, 0), 10);
    assert_int_equal(fb_tcp_shutdown(&ends.far), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(result.out, 8);
    fb_task_detach(&handle);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 2);
    assert_int_equal(read_once(w, &ends.near, buf, 8), 0);
    close_ends(&ends);
}

static void a_closed_stream_gives_ebadf_to_who_waits_on_it(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[8];
    struct fb_join_handle handle;
    struct fb_join_result result;

    connect_ends(w, &ends, "127.0.0.1:0");
    assert_int_equal(
        FB_SPAWN(w->rt, fb_tcp_read(&ends.near, buf, sizeof buf), &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    fb_tcp_close(&ends.near);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&handle, &result));
    assert_int_equal(result.out, -EBADF);
    fb_task_detach(&handle);
    assert_int_equal(fb_tcp_shutdown(&ends.near), -EBADF);
    close_ends(&ends);
}

static void a_port_in_use_is_an_error_and_leaves_nothing(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_tcp_listener second;

    listen_on(w, &ends, "127.0.0.1:0");
    assert_int_equal(fb_tcp_listen(w->rt, &ends.listener.local, 8, &second),
                     -EADDRINUSE);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 1);
    fb_tcp_listener_close(&ends.listener);
}

// ---- accept's errors, through the seam ----

static const int *accept_errors;

static int (*next_accept)(int fd, struct sockaddr *addr, socklen_t *len,
                          int flags);

static int failing_accept(int fd, struct sockaddr *addr, socklen_t *len,
                          int flags) {
    if (*accept_errors != 0) {
        errno = *accept_errors++;
        return -1;
    }
    return next_accept(fd, addr, len, flags);
}

static int accept_after(struct world *w, const int *errors) {
    struct ends ends;
    struct taker taker = {.future.type = &taker_type, .ends = &ends};
    struct fb_connect connect;
    struct fb_join both;

    listen_on(w, &ends, "127.0.0.1:0");
    accept_errors = errors;
    next_accept = fb__sys.accept;
    fb__sys.accept = failing_accept;
    connect = fb_tcp_connect(&ends.listener.local);
    both = FB_JOIN(&taker.future, &connect.future);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    fb__sys.accept = next_accept;
    ends.far = connect.stream;
    close_ends(&ends);
    return taker.out;
}

// contract 49
static void errors_of_one_connection_are_retried(void **state) {
    const int errors[] = {ECONNABORTED, EINTR,       EPROTO,       ENETDOWN,
                          EHOSTDOWN,    ENETUNREACH, EHOSTUNREACH, ENONET,
                          EOPNOTSUPP,   ENOPROTOOPT, EINTR,        0};

    assert_int_equal(accept_after(*state, errors), 0);
    assert_int_equal(*accept_errors, 0); // all of them were met
}

// contract 49
static void errors_of_the_listener_are_given_to_the_caller(void **state) {
    const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const int one[] = {errors[i], 0};

        assert_int_equal(accept_after(*state, one), -errors[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(bytes_go_both_ways_over_ipv4),
        WORLD_TEST(bytes_go_both_ways_over_ipv6),
        WORLD_TEST(echo_until_end_of_file_after_a_half_close),
        WORLD_TEST(every_byte_arrives_when_calls_move_one_at_a_time),
        WORLD_TEST(write_all_resumes_at_the_right_offset),
        WORLD_TEST_EXACT(a_read_that_waits_is_recorded_step_by_step),
        WORLD_TEST(a_dropped_read_takes_no_byte_and_leaves_no_waiter),
        WORLD_TEST(a_dropped_accept_leaves_no_waiter_and_no_connection),
        WORLD_TEST(a_write_gives_what_the_kernel_took),
        WORLD_TEST(a_dropped_connect_closes_its_socket),
        WORLD_TEST(fifty_who_accept_share_one_connection),
        WORLD_TEST(a_refused_connection_is_a_value_and_leaves_nothing),
        WORLD_TEST(writing_to_a_reset_peer_is_a_value_not_a_signal),
        WORLD_TEST(the_data_comes_before_the_end_of_file),
        WORLD_TEST_EXACT(who_waits_reads_the_data_before_the_end_of_file),
        WORLD_TEST(a_closed_stream_gives_ebadf_to_who_waits_on_it),
        WORLD_TEST(a_port_in_use_is_an_error_and_leaves_nothing),
        WORLD_TEST(errors_of_one_connection_are_retried),
        WORLD_TEST(errors_of_the_listener_are_given_to_the_caller),
    };

    return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
