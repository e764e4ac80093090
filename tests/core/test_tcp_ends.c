// The two directions of a stream: each has an end of its own, and a task of its
// own if one likes.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- two ends ----

struct line {
    struct fb_tcp_listener listener;
    struct fb_tcp_stream near, far;
};

static void draw(struct world *w, struct line *line) {
    struct fb_addr addr;
    struct fb_connect connect;
    struct fb_accept accept;
    struct fb_join both;

    assert_int_equal(fb_addr_parse("127.0.0.1:0", &addr), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &addr, 8, &line->listener), 0);
    connect = fb_tcp_connect(&line->listener.local);
    accept = fb_tcp_accept(&line->listener);
    both = FB_JOIN(&accept.future, &connect.future);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(accept.out, 0);
    assert_int_equal(connect.out, 0);
    line->near = accept.stream;
    line->far = connect.stream;
}

static void hang_up(struct line *line) {
    fb_tcp_close(&line->near);
    fb_tcp_close(&line->far);
    fb_tcp_listener_close(&line->listener);
}

static int read_now(struct world *w, struct fb_tcp_stream *s, char *buf,
                    size_t len) {
    struct fb_read r = fb_tcp_read(s, buf, len);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    return r.out;
}

static int write_now(struct world *w, struct fb_tcp_stream *s, const char *buf,
                     size_t len) {
    struct fb_write_all wr = fb_tcp_write_all(s, buf, len);

    assert_int_equal(fb_block_on(w->rt, &wr.future), 0);
    return wr.out;
}

// ---- ends ----

// peer tokio/tcp_shutdown.repeated
static void ending_the_writing_side_again_changes_nothing(void **state) {
    struct world *w = *state;
    struct line line;
    char buf[8];

    draw(w, &line);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fb_tcp_shutdown(&line.near), 0);
        assert_int_equal(read_now(w, &line.far, buf, sizeof buf), 0);
    }
    assert_int_equal(write_now(w, &line.near, "x", 1), -EPIPE);
    // the other direction goes on
    assert_int_equal(write_now(w, &line.far, "yes", 3), 0);
    assert_int_equal(read_now(w, &line.near, buf, sizeof buf), 3);
    assert_int_equal(fb_tcp_shutdown(&line.far), 0);
    // both have ended: there is no connection any more
    assert_int_equal(fb_tcp_shutdown(&line.near), -ENOTCONN);
    assert_int_equal(read_now(w, &line.near, buf, sizeof buf), 0);
    hang_up(&line);
}

// ---- a task for each direction ----

// Reads single bytes and counts them, until the end.
struct ear {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    char byte;
    struct fb_read read;
};

static enum fb_poll ear_poll(struct fb_future *future, struct fb_context *cx) {
    struct ear *self = fb_container_of(future, struct ear, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT_TRY(self->read, fb_tcp_read(self->stream, &self->byte, 1));
        if (self->read.out == 0) {
            FB_RETURN(self->out);
        }
        self->out++;
    }
    FB_ASYNC_END;
}

static struct fb_type ear_type = FB_TYPE(ear, .poll = ear_poll);

// peer tokio/tcp_split, peer tokio/io_copy_bidirectional.blocked_side
static void a_blocked_writer_does_not_stop_the_reader_beside_it(void **state) {
    enum { LOUD = 32 << 20 }; // more than the kernel buffers
    struct world *w = *state;
    struct line line;
    struct fb_join_handle mouth, ear_handle;
    struct ear ear = {.future.type = &ear_type};
    struct fb_join_result result;
    char *words = calloc(1, LOUD);

    assert_non_null(words);
    draw(w, &line);
    ear.stream = &line.near;
    assert_int_equal(
        FB_SPAWN(w->rt, fb_tcp_write_all(&line.near, words, LOUD), &mouth), 0);
    assert_int_equal(FB_SPAWN(w->rt, ear, &ear_handle), 0);
    world_settle(w);
    assert_false(fb_task_result(&mouth, NULL)); // nobody reads what it writes
    for (int i = 0; i < 10; i++) {
        assert_int_equal(write_now(w, &line.far, "x", 1), 0);
    }
    assert_int_equal(fb_tcp_shutdown(&line.far), 0);
    while (!fb_task_result(&ear_handle, &result)) {
        assert_true(world_settle(w) >= 0);
    }
    assert_int_equal(result.out, 10);
    assert_false(fb_task_result(&mouth, NULL));
    fb_tcp_close(&line.far); // with bytes unread: a reset
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&mouth, &result));
    assert_true(result.out == -ECONNRESET || result.out == -EPIPE);
    fb_task_detach(&mouth);
    fb_task_detach(&ear_handle);
    hang_up(&line);
    free(words);
}

// Writes its pieces one after the other, each too long to go at once.
struct mouth {
    struct fb_future future;
    int out;
    struct fb_tcp_stream *stream;
    char *piece;
    size_t len;
    struct fb_write_all write;
};

static enum fb_poll mouth_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct mouth *self = fb_container_of(future, struct mouth, future);

    FB_ASYNC(self, cx);
    for (; self->out < 4; self->out++) {
        memset(self->piece, 'a' + self->out, self->len);
        FB_AWAIT_TRY(self->write,
                     fb_tcp_write_all(self->stream, self->piece, self->len));
    }
    FB_RETURN(fb_tcp_shutdown(self->stream));
    FB_ASYNC_END;
}

static struct fb_type mouth_type = FB_TYPE(mouth, .poll = mouth_poll);

// peer libuv/tcp_write_queue_order
static void writes_that_had_to_wait_arrive_in_their_order(void **state) {
    enum { PIECE = 3 << 20 };
    struct world *w = *state;
    struct line line;
    struct mouth mouth = {.future.type = &mouth_type, .len = PIECE};
    static char buf[65536];
    size_t got = 0;
    int n;

    mouth.piece = malloc(PIECE);
    assert_non_null(mouth.piece);
    draw(w, &line);
    mouth.stream = &line.near;
    assert_int_equal(FB_SPAWN(w->rt, mouth, NULL), 0);
    while ((n = read_now(w, &line.far, buf, sizeof buf)) > 0) {
        for (int i = 0; i < n; i++, got++) {
            if (buf[i] != (char)('a' + got / PIECE)) {
                fail_msg("byte %zu is of another piece", got);
            }
        }
    }
    assert_int_equal(n, 0);
    assert_int_equal(got, 4 * (size_t)PIECE);
    assert_int_equal(fb_run(w->rt), 0);
    hang_up(&line);
    free(mouth.piece);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(ending_the_writing_side_again_changes_nothing),
        WORLD_TEST(a_blocked_writer_does_not_stop_the_reader_beside_it),
        WORLD_TEST(writes_that_had_to_wait_arrive_in_their_order),
    };

    return cmocka_run_group_tests_name("tcp ends", tests, NULL, NULL);
}
