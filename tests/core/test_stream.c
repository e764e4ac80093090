// Reading exactly, reading lines, peeking, and the last bytes before a close,
// over streams of both makes.
#include "probe.h"

#include <errno.h>
#include <linux/tcp.h> // its tcp_info counts segments
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- two ends ----

// Tests write raw bytes into `far`; the futures under test read at `near`.
struct ends {
    struct fb_unix_stream near, far;
};

static void open_ends(struct world *w, struct ends *ends) {
    struct fb_unix_stream pair[2];

    assert_int_equal(fb_unix_pair(w->rt, pair), 0);
    ends->near = pair[0];
    ends->far = pair[1];
}

static void close_ends(struct ends *ends) {
    fb_unix_close(&ends->near);
    fb_unix_close(&ends->far);
}

static void put(const struct ends *ends, const char *text) {
    assert_int_equal(
        send(ends->far.source.fd, text, strlen(text), MSG_NOSIGNAL),
        (ssize_t)strlen(text));
}

// ---- read_exact ----

static void read_exact_waits_for_the_last_byte(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_exact r;
    struct fb_join_handle handle;
    char buf[8] = "";

    open_ends(w, &ends);
    r = fb_unix_read_exact(&ends.near, buf, 6);
    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, r, &handle), 0);
    put(&ends, "abcd");
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    put(&ends, "efgh");
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "IO 1 read 4",
                  "IO 1 read EAGAIN", "SOURCE_CLEAR 1 r", "CLONE 1 source 1",
                  "PENDING 1", "PARK", "UNPARK 1", "SOURCE_READY 1 r",
                  "RELEASE 1 source 1 woken", "WAKE 1 scheduled by source 1",
                  "SCHEDULED 1", "POLL 1", "IO 1 read 2", "READY 1",
                  "DROP read_exact finished", "DONE 1 ok", "JOIN 1 taken",
                  "FREE 1");
    assert_string_equal(buf, "abcdef");
    assert_int_equal(recv(ends.near.source.fd, buf, 8, 0), 2); // "gh" is left
    close_ends(&ends);
}

static void read_exact_of_nothing_is_ready_without_a_call(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_exact r;

    open_ends(w, &ends);
    r = fb_unix_read_exact(&ends.near, NULL, 0);
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, 0);
    assert_int_equal(world_count(w, FB_EV_IO, -1), 0);
    close_ends(&ends);
}

static void read_exact_says_how_far_it_came_when_the_stream_ends(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_exact r;
    char buf[8] = "";

    open_ends(w, &ends);
    put(&ends, "abc");
    assert_int_equal(fb_unix_shutdown(&ends.far), 0);
    r = fb_unix_read_exact(&ends.near, buf, 6);
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, -ENODATA);
    assert_int_equal(r.done, 3);
    assert_string_equal(buf, "abc");
    close_ends(&ends);
}

// contract 53, contract 54
static void read_exact_dropped_early_shows_what_it_took(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_exact r;
    struct fb_timeout t;
    char buf[8] = "";

    open_ends(w, &ends);
    put(&ends, "abc");
    r = fb_unix_read_exact(&ends.near, buf, 6);
    t = fb_timeout(FB_MS, &r.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_int_equal(r.done, 3);
    assert_string_equal(buf, "abc");
    assert_null(fb__reactor_entry(w->rt, &ends.near.source)->waiters.first);
    close_ends(&ends);
}

static void read_exact_gets_its_bytes_one_at_a_time(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_exact r;
    char buf[8] = "";

    open_ends(w, &ends);
    seam.one_byte = true;
    put(&ends, "abcdef");
    r = fb_unix_read_exact(&ends.near, buf, 6);
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, 0);
    assert_string_equal(buf, "abcdef");
    assert_true(world_count(w, FB_EV_IO, FB_IO_READ) >= 6);
    close_ends(&ends);
}

// ---- read_until ----

// Reads a line; what came behind it is moved to the front of `buf`.
static int read_line(struct world *w, struct ends *ends, char *buf, size_t size,
                     size_t *filled, char *ret_line) {
    struct fb_read_until r =
        fb_unix_read_until(&ends->near, buf, size, *filled, '\n');

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    *filled = r.filled;
    if (r.out > 0) {
        memcpy(ret_line, buf, (size_t)r.out);
        ret_line[r.out] = '\0';
        *filled -= (size_t)r.out;
        memmove(buf, buf + r.out, *filled);
    }
    return r.out;
}

static void lines_come_whole_however_they_were_sent(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[16], line[17];
    size_t filled = 0;
    unsigned calls;
    bool is_there;

    open_ends(w, &ends);
    put(&ends, "Ada\nGrace\nBar");
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 4);
    assert_string_equal(line, "Ada\n");
    // Unless a read came short, the next line has come with the first.
    calls = world_count(w, FB_EV_IO, -1);
    is_there = filled >= 6;
    assert_true(is_there || calls > 1 || world_more(&ends.near.source));
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 6);
    assert_string_equal(line, "Grace\n");
    assert_int_equal(world_count(w, FB_EV_IO, -1) == calls, is_there);
    put(&ends, "bara\n");
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 8);
    assert_string_equal(line, "Barbara\n");
    assert_int_equal(filled, 0);
    assert_int_equal(fb_unix_shutdown(&ends.far), 0);
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 0);
    close_ends(&ends);
}

static void a_line_that_never_ends_is_an_error_with_its_bytes(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[4], line[5];
    size_t filled = 0;

    open_ends(w, &ends);
    put(&ends, "endless");
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line),
                     -EMSGSIZE);
    assert_int_equal(filled, 4);
    assert_memory_equal(buf, "endl", 4);
    // Made room, and the stream ends inside the line.
    assert_int_equal(fb_unix_shutdown(&ends.far), 0);
    filled = 0;
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line),
                     -ENODATA);
    assert_int_equal(filled, 3);
    assert_memory_equal(buf, "ess", 3);
    close_ends(&ends);
}

static void a_line_that_just_fits_is_a_line(void **state) {
    struct world *w = *state;
    struct ends ends;
    char buf[4], line[5];
    size_t filled = 0;

    open_ends(w, &ends);
    put(&ends, "abc\n");
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 4);
    assert_string_equal(line, "abc\n");
    close_ends(&ends);
}

// contract 53, contract 54
static void a_line_dropped_half_way_goes_on_where_it_was(void **state) {
    struct world *w = *state;
    struct ends ends;
    struct fb_read_until r;
    struct fb_timeout t;
    char buf[16], line[17];
    size_t filled;

    open_ends(w, &ends);
    put(&ends, "Gra");
    r = fb_unix_read_until(&ends.near, buf, sizeof buf, 0, '\n');
    t = fb_timeout(FB_MS, &r.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_int_equal(r.filled, 3);
    put(&ends, "ce\n");
    filled = r.filled;
    assert_int_equal(read_line(w, &ends, buf, sizeof buf, &filled, line), 6);
    assert_string_equal(line, "Grace\n");
    close_ends(&ends);
}

// ---- TCP: peek, and the last bytes ----

struct dialled {
    struct fb_tcp_listener listener;
    struct fb_tcp_stream near, far; // near was accepted
};

static void dial(struct world *w, struct dialled *d) {
    struct fb_addr addr;
    struct fb_connect connect;
    struct fb_accept accept;
    struct fb_join both;

    assert_int_equal(fb_addr_parse("127.0.0.1:0", &addr), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &addr, 8, &d->listener), 0);
    connect = fb_tcp_connect(&d->listener.local);
    accept = fb_tcp_accept(&d->listener);
    both = FB_JOIN(&accept.future, &connect.future);
    assert_int_equal(fb_block_on(w->rt, &both.future), 0);
    assert_int_equal(accept.out, 0);
    assert_int_equal(connect.out, 0);
    d->near = accept.stream;
    d->far = connect.stream;
}

static void hang_up(struct dialled *d) {
    fb_tcp_close(&d->near);
    fb_tcp_close(&d->far);
    fb_tcp_listener_close(&d->listener);
}

static int run_read(struct world *w, struct fb_read r) {
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    return r.out;
}

// A peek may bring less than has come, and loses nothing by it: once more.
static int peek_all(struct world *w, struct fb_tcp_stream *s, char *buf,
                    int len) {
    int got;

    do {
        got = run_read(w, fb_tcp_peek(s, buf, 8));
    } while (got > 0 && got < len);
    return got;
}

// peer tokio/tcp_peek
static void a_peek_takes_nothing(void **state) {
    struct world *w = *state;
    struct dialled d;
    char buf[8] = "";

    dial(w, &d);
    assert_int_equal(send(d.far.source.fd, "hello", 5, 0), 5);
    assert_in_range(run_read(w, fb_tcp_peek(&d.near, buf, 2)), 1, 2);
    assert_int_equal(peek_all(w, &d.near, buf, 5), 5);
    assert_memory_equal(buf, "hello", 5);
    for (int left = 5; left > 0;) {
        int got = run_read(w, fb_tcp_read(&d.near, buf, 8));

        assert_in_range(got, 1, left);
        left -= got;
    }
    fb_tcp_close(&d.far);
    assert_int_equal(run_read(w, fb_tcp_peek(&d.near, buf, 8)), 0); // the end
    hang_up(&d);
}

// Segments that the client has received since it connected.
static unsigned segments_in(const struct fb_tcp_stream *s) {
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    assert_int_equal(
        getsockopt(s->source.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    return info.tcpi_segs_in;
}

// Sends "goodbye" and closes, one way or the other; gives the segments that it
// took until the client has read the end.
static unsigned say_goodbye(struct world *w, bool together) {
    struct dialled d;
    struct fb_write_all last;
    char buf[16] = "";
    unsigned segments;

    dial(w, &d);
    segments = segments_in(&d.far);
    last = together ? fb_tcp_write_close(&d.near, "goodbye", 7)
                    : fb_tcp_write_all(&d.near, "goodbye", 7);
    assert_int_equal(fb_block_on(w->rt, &last.future), 0);
    assert_int_equal(last.out, 0);
    assert_int_equal(d.near.source.fd == -1, together);
    fb_tcp_close(&d.near); // legal when closed
    assert_int_equal(run_read(w, fb_tcp_read(&d.far, buf, sizeof buf)), 7);
    assert_string_equal(buf, "goodbye");
    assert_int_equal(run_read(w, fb_tcp_read(&d.far, buf, sizeof buf)), 0);
    segments = segments_in(&d.far) - segments;
    hang_up(&d);
    return segments;
}

static void the_last_bytes_and_the_fin_share_a_segment(void **state) {
    assert_int_equal(say_goodbye(*state, false), 2);
    assert_int_equal(say_goodbye(*state, true), 1);
}

// A close resets the connection if input is unread, and throws away what it
// has not sent: the last bytes must be on their way by then.
static void the_last_bytes_arrive_although_input_is_unread(void **state) {
    struct world *w = *state;
    struct dialled d;
    struct fb_write_all last;
    char buf[8] = "";

    dial(w, &d);
    assert_int_equal(send(d.far.source.fd, "and more", 8, 0), 8);
    last = fb_tcp_write_close(&d.near, "bye", 3);
    assert_int_equal(fb_block_on(w->rt, &last.future), 0);
    assert_int_equal(last.out, 0);
    for (int done = 0; done < 3;) {
        int got = run_read(w, fb_tcp_read(&d.far, buf + done, sizeof buf - 3));

        assert_in_range(got, 1, 3 - done);
        done += got;
    }
    assert_string_equal(buf, "bye");
    // The FIN was there before the reset: a clean end.
    assert_int_equal(run_read(w, fb_tcp_read(&d.far, buf, sizeof buf)), 0);
    hang_up(&d);
}

static void write_close_of_nothing_closes(void **state) {
    struct world *w = *state;
    struct dialled d;
    struct fb_write_all last;
    char buf[8];

    dial(w, &d);
    last = fb_tcp_write_close(&d.near, NULL, 0);
    assert_int_equal(fb_block_on(w->rt, &last.future), 0);
    assert_int_equal(last.out, 0);
    assert_int_equal(run_read(w, fb_tcp_read(&d.far, buf, sizeof buf)), 0);
    hang_up(&d);
}

static void write_close_closes_although_it_fails(void **state) {
    struct world *w = *state;
    struct dialled d;
    struct fb_write_all last;

    dial(w, &d);
    (void)fb_tcp_reset(&d.far);
    last = fb_tcp_write_close(&d.near, "late", 4);
    assert_int_equal(fb_block_on(w->rt, &last.future), 0);
    assert_int_equal(last.out, -ECONNRESET);
    assert_int_equal(d.near.source.fd, -1);
    hang_up(&d);
}

// contract 53
static void write_close_dropped_early_leaves_the_stream_open(void **state) {
    static char much[8 << 20]; // more than any socket buffer takes
    struct world *w = *state;
    struct dialled d;
    struct fb_write_all last;
    struct fb_timeout t;

    dial(w, &d);
    last = fb_tcp_write_close(&d.near, much, sizeof much);
    t = fb_timeout(FB_MS, &last.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_in_range(last.done, 1, sizeof much - 1);
    assert_int_not_equal(d.near.source.fd, -1);
    assert_null(fb__reactor_entry(w->rt, &d.near.source)->waiters.first);
    hang_up(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(read_exact_waits_for_the_last_byte),
        WORLD_TEST(read_exact_of_nothing_is_ready_without_a_call),
        WORLD_TEST(read_exact_says_how_far_it_came_when_the_stream_ends),
        WORLD_TEST(read_exact_dropped_early_shows_what_it_took),
        WORLD_TEST(read_exact_gets_its_bytes_one_at_a_time),
        WORLD_TEST(lines_come_whole_however_they_were_sent),
        WORLD_TEST(a_line_that_never_ends_is_an_error_with_its_bytes),
        WORLD_TEST(a_line_that_just_fits_is_a_line),
        WORLD_TEST(a_line_dropped_half_way_goes_on_where_it_was),
        WORLD_TEST(a_peek_takes_nothing),
        WORLD_TEST_EXACT(the_last_bytes_and_the_fin_share_a_segment),
        WORLD_TEST(the_last_bytes_arrive_although_input_is_unread),
        WORLD_TEST(write_close_of_nothing_closes),
        WORLD_TEST(write_close_closes_although_it_fails),
        WORLD_TEST(write_close_dropped_early_leaves_the_stream_open),
    };

    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
