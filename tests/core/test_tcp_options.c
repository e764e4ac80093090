// TCP's options reach the kernel, and a reset is one.
#include "harness.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

struct dialled {
    struct fb_tcp_listener listener;
    struct fb_tcp_stream near, far; // near was accepted
    struct fb_addr near_peer;
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
    d->near_peer = accept.peer;
    d->far = connect.stream;
}

static void hang_up(struct dialled *d) {
    fb_tcp_close(&d->near);
    fb_tcp_close(&d->far);
    fb_tcp_listener_close(&d->listener);
}

static int option(const struct fb_tcp_stream *s, int level, int name) {
    int value = -1;
    socklen_t len = sizeof value;

    assert_int_equal(getsockopt(s->source.fd, level, name, &value, &len), 0);
    return value;
}

static void options_are_what_was_asked_for(void **state) {
    struct world *w = *state;
    struct dialled d;

    dial(w, &d);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_int_equal(fb_tcp_set_nodelay(&d.near, true), 0);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(fb_tcp_set_nodelay(&d.near, false), 0);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_int_equal(fb_tcp_set_keepalive(&d.near, 30, 5, 3), 0);
    assert_int_equal(option(&d.near, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_KEEPINTVL), 5);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_KEEPCNT), 3);
    assert_int_equal(fb_tcp_set_keepalive(&d.near, 0, 0, 0), 0);
    assert_int_equal(option(&d.near, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(fb_tcp_set_send_timeout(&d.near, 1500), 0);
    assert_int_equal(option(&d.near, IPPROTO_TCP, TCP_USER_TIMEOUT), 1500);
    hang_up(&d);
}

static void an_option_that_is_refused_says_so(void **state) {
    struct world *w = *state;
    struct dialled d;

    dial(w, &d);
    for (long nth = 1; nth <= 4; nth++) { // each of keepalive's four calls
        seam.calls = 0;
        seam.fail_call = nth;
        assert_int_equal(fb_tcp_set_keepalive(&d.near, 30, 5, 3), -ENOBUFS);
        assert_int_equal(seam.calls, nth);
    }
    seam.fail_call = 0;
    assert_int_equal(fb_tcp_set_keepalive(&d.near, 30, 5, 0), -EINVAL);
    hang_up(&d);
    assert_int_equal(fb_tcp_set_nodelay(&d.near, true), -EBADF);
}

static void a_reset_throws_away_what_is_in_flight(void **state) {
    struct world *w = *state;
    struct dialled d;
    struct fb_read r;
    char buf[8];

    dial(w, &d);
    assert_int_equal(fb_tcp_reset(&d.near), 0);
    r = fb_tcp_read(&d.far, buf, sizeof buf);
    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_int_equal(r.out, -ECONNRESET);
    assert_int_equal(fb_tcp_reset(&d.near), -EBADF); // closed in any case
    hang_up(&d);
}

static void the_peer_is_who_connected(void **state) {
    struct world *w = *state;
    struct dialled d;
    struct fb_addr peer, kept;

    dial(w, &d);
    assert_int_equal(fb_tcp_peer(&d.near, &peer), 0);
    assert_int_equal(fb_addr_port(&peer), fb_addr_port(&d.near_peer));
    assert_int_equal(fb_tcp_peer(&d.far, &peer), 0);
    assert_int_equal(fb_addr_port(&peer), fb_addr_port(&d.listener.local));
    kept = peer;
    seam.calls = 0;
    seam.fail_call = 1;
    assert_int_equal(fb_tcp_peer(&d.near, &peer), -ENOTCONN);
    assert_memory_equal(&peer, &kept, sizeof peer);
    hang_up(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(options_are_what_was_asked_for),
        WORLD_TEST(an_option_that_is_refused_says_so),
        WORLD_TEST(a_reset_throws_away_what_is_in_flight),
        WORLD_TEST(the_peer_is_who_connected),
    };

    return cmocka_run_group_tests_name("tcp options", tests, NULL, NULL);
}
