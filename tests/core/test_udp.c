// UDP over loopback: whole datagrams, their senders, both families.
#include "harness.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int bind_at(struct world *w, const char *where, struct fb_udp *ret) {
    struct fb_addr addr;

    assert_int_equal(fb_addr_parse(where, &addr), 0);
    return fb_udp_bind(w->rt, &addr, ret);
}

static int send_to(struct world *w, struct fb_udp *u, const char *text,
                   const struct fb_addr *to) {
    struct fb_send_to s = fb_udp_send_to(u, text, strlen(text), to);

    assert_int_equal(fb_block_on(w->rt, &s.future), 0);
    return s.out;
}

static int recv_from(struct world *w, struct fb_udp *u, char *buf, size_t len,
                     struct fb_addr *ret_from) {
    struct fb_recv_from r = fb_udp_recv_from(u, buf, len);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    if (ret_from != NULL) {
        *ret_from = r.from;
    }
    return r.out;
}

static bool same(const struct fb_addr *a, const struct fb_addr *b) {
    char texts[2][FB_ADDR_TEXT_BYTES];

    fb_addr_format(a, texts[0], sizeof texts[0]);
    fb_addr_format(b, texts[1], sizeof texts[1]);
    return strcmp(texts[0], texts[1]) == 0;
}

static void question_and_answer_over(struct world *w, const char *where) {
    struct fb_udp a, b;
    struct fb_addr from;
    char buf[16] = "";

    assert_int_equal(bind_at(w, where, &a), 0);
    assert_int_equal(bind_at(w, where, &b), 0);
    assert_int_not_equal(fb_addr_port(&a.local), 0);
    assert_int_equal(send_to(w, &a, "who?", &b.local), 4);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, &from), 4);
    assert_memory_equal(buf, "who?", 4);
    assert_true(same(&from, &a.local));
    assert_int_equal(send_to(w, &b, "me", &from), 2); // back to the sender
    assert_int_equal(recv_from(w, &a, buf, sizeof buf, &from), 2);
    assert_true(same(&from, &b.local));
    fb_udp_close(&a);
    fb_udp_close(&b);
    fb_udp_close(&b); // legal when closed
}

static void question_and_answer_over_ipv4(void **state) {
    question_and_answer_over(*state, "127.0.0.1:0");
}

static void question_and_answer_over_ipv6(void **state) {
    struct fb_udp u;

    if (bind_at(*state, "[::1]:0", &u) < 0) {
        skip(); // a machine without IPv6
    }
    fb_udp_close(&u);
    question_and_answer_over(*state, "[::1]:0");
}

static void a_datagram_is_whole_empty_or_seen_to_be_cut(void **state) {
    struct world *w = *state;
    struct fb_udp a, b;
    char buf[4] = "";

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &b), 0);
    assert_int_equal(send_to(w, &a, "", &b.local), 0);
    assert_int_equal(send_to(w, &a, "too long", &b.local), 8);
    assert_int_equal(send_to(w, &a, "next", &b.local), 4);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, NULL), 0);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, NULL), 8);
    assert_memory_equal(buf, "too ", 4);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, NULL), 4);
    assert_memory_equal(buf, "next", 4); // the rest of the long one is gone
    fb_udp_close(&a);
    fb_udp_close(&b);
}

static void a_receive_that_waits_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_udp a, b;
    struct fb_recv_from r;
    struct fb_join_handle handle;
    char buf[8];

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &b), 0);
    r = fb_udp_recv_from(&b, buf, sizeof buf);
    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, r, &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(
        sendto(a.source.fd, "hi", 2, 0, &b.local.u.any, sizeof b.local.u.v4),
        2);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1",
                  "IO 2 recv_from EAGAIN", "SOURCE_CLEAR 2 r",
                  "CLONE 1 source 2", "PENDING 1", "PARK", "UNPARK 1",
                  "SOURCE_READY 2 r", "RELEASE 1 source 2 woken",
                  "WAKE 1 scheduled by source 2", "SCHEDULED 1", "POLL 1",
                  "IO 2 recv_from 2", "READY 1", "DROP recv_from finished",
                  "DONE 1 ok 2", "JOIN 1 taken", "FREE 1");
    fb_udp_close(&a);
    fb_udp_close(&b);
}

// contract 53, contract 54
static void a_dropped_receive_takes_no_datagram(void **state) {
    struct world *w = *state;
    struct fb_udp a, b;
    struct fb_recv_from r;
    struct fb_timeout t;
    char buf[8] = "";

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &b), 0);
    r = fb_udp_recv_from(&b, buf, sizeof buf);
    t = fb_timeout(FB_MS, &r.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_null(fb__reactor_entry(w->rt, &b.source)->waiters.first);
    assert_int_equal(send_to(w, &a, "late", &b.local), 4);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, NULL), 4);
    fb_udp_close(&a);
    fb_udp_close(&b);
}

static void a_connected_socket_hears_only_its_peer(void **state) {
    struct world *w = *state;
    struct fb_udp a, b, stranger;
    struct fb_addr from;
    char buf[8];

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &b), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &stranger), 0);
    assert_int_equal(send_to(w, &a, "x", NULL), -EDESTADDRREQ);
    assert_int_equal(fb_udp_connect(&a, &b.local), 0);
    assert_int_equal(send_to(w, &stranger, "me too", &a.local), 6);
    assert_int_equal(send_to(w, &a, "you", NULL), 3);
    assert_int_equal(recv_from(w, &b, buf, sizeof buf, &from), 3);
    assert_int_equal(send_to(w, &b, "yes", &from), 3);
    assert_int_equal(recv_from(w, &a, buf, sizeof buf, &from), 3);
    assert_true(same(&from, &b.local));
    fb_udp_close(&a);
    fb_udp_close(&b);
    fb_udp_close(&stranger);
}

static void nobody_there_is_a_value_for_a_connected_socket(void **state) {
    struct world *w = *state;
    struct fb_udp a, gone;
    char buf[8];

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(bind_at(w, "127.0.0.1:0", &gone), 0);
    assert_int_equal(fb_udp_connect(&a, &gone.local), 0);
    fb_udp_close(&gone);
    assert_int_equal(send_to(w, &a, "hello?", NULL), 6);
    assert_int_equal(recv_from(w, &a, buf, sizeof buf, NULL), -ECONNREFUSED);
    fb_udp_close(&a);
}

static void an_address_in_use_leaves_nothing_open(void **state) {
    struct world *w = *state;
    struct fb_udp a, b;

    assert_int_equal(bind_at(w, "127.0.0.1:0", &a), 0);
    assert_int_equal(fb_udp_bind(w->rt, &a.local, &b), -EADDRINUSE);
    assert_int_equal(w->rt->reactor.open, 1);
    fb_udp_close(&a);
}

// contract 19
static void every_call_of_a_bind_fails_once(void **state) {
    struct world *w = *state;
    long held = seam.descriptors, nth = 0;
    struct fb_udp u;
    int err;

    do {
        seam.calls = 0;
        seam.fail_call = ++nth;
        err = bind_at(w, "127.0.0.1:0", &u);
        if (err < 0) {
            assert_int_equal(seam.descriptors, held);
        }
    } while (err < 0);
    assert_int_equal(nth, 4); // socket, bind, getsockname
    fb_udp_close(&u);
}

// contract 19
static void every_allocation_of_a_bind_fails_once(void **state) {
    struct world *w = *state;
    // The reactor's tables: by descriptor; then the list of chunks; then, that
    // list being there, a chunk.
    static const long nth[] = {1, 2, 2};
    long held = seam.descriptors;
    struct fb_udp u;

    for (size_t i = 0; i < sizeof nth / sizeof *nth; i++) {
        seam.allocations = 0;
        seam.fail_allocation = nth[i];
        assert_int_equal(bind_at(w, "127.0.0.1:0", &u), -ENOMEM);
        assert_int_equal(seam.descriptors, held);
    }
    seam.allocations = seam.fail_allocation = 0;
    assert_int_equal(bind_at(w, "127.0.0.1:0", &u), 0);
    assert_int_equal(seam.allocations, 2); // the table by descriptor stayed
    fb_udp_close(&u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(question_and_answer_over_ipv4),
        WORLD_TEST(question_and_answer_over_ipv6),
        WORLD_TEST(a_datagram_is_whole_empty_or_seen_to_be_cut),
        WORLD_TEST_EXACT(a_receive_that_waits_is_recorded_step_by_step),
        WORLD_TEST(a_dropped_receive_takes_no_datagram),
        WORLD_TEST(a_connected_socket_hears_only_its_peer),
        WORLD_TEST(nobody_there_is_a_value_for_a_connected_socket),
        WORLD_TEST(an_address_in_use_leaves_nothing_open),
        WORLD_TEST(every_call_of_a_bind_fails_once),
        WORLD_TEST(every_allocation_of_a_bind_fails_once),
    };

    return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
