// Wakers of another make may act at once: whoever is woken drops its future and
// closes its end, while the one who wakes is still in the call that woke it.
#include "probe.h"

#include <errno.h>

static const struct fb_values bytes = {.bytes = 1};

// Two futures of one end wait with wakers that, called, drop both and close it.
struct leaver {
    struct fb_future *futures[2];
    void (*close)(void *end);
    void *end;
    struct meddler meddler;
    struct fb_waker waker;
};

static void leave_at_once(void *arg) {
    struct leaver *l = arg;

    if (l->meddler.wakes > 1) {
        return; // passed on by the first of the two, as it went
    }
    for (int i = 0; i < 2; i++) {
        fb_future_drop(l->futures[i]);
    }
    l->close(l->end);
}

static void wait_to_leave(struct world *w, struct leaver *l,
                          struct fb_future *first, struct fb_future *second,
                          void (*close)(void *end), void *end) {
    struct fb_context cx;

    *l =
        (struct leaver){.futures = {first, second}, .close = close, .end = end};
    l->meddler = (struct meddler){.on_wake = leave_at_once, .arg = l};
    l->waker = meddler_waker(&l->meddler);
    cx = hand_context(w, &l->waker);
    assert_int_equal(fb_future_poll(first, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(second, &cx), FB_PENDING);
}

static void expect_left(const struct leaver *l, int wakes, long blocks) {
    assert_int_equal(l->meddler.wakes, wakes);
    assert_int_equal(seam.bytes_blocks, blocks);
}

// ---- oneshot ----

static void close_oneshot_receiver(void *end) {
    fb_oneshot_receiver_close(end);
}

static void close_oneshot_sender(void *end) {
    fb_oneshot_sender_close(end);
}

// contract 9
static void a_oneshot_receiver_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;

    for (int sent = 0; sent < 2; sent++) {
        struct fb_oneshot_sender sender;
        struct fb_oneshot_receiver receiver;
        struct fb_oneshot_receive a, b;
        struct leaver l;
        char got[2];

        assert_int_equal(fb_oneshot_create(w->rt, bytes, &sender, &receiver),
                         0);
        a = fb_oneshot_receive(&receiver, &got[0]);
        b = fb_oneshot_receive(&receiver, &got[1]);
        wait_to_leave(w, &l, &a.future, &b.future, close_oneshot_receiver,
                      &receiver);
        if (sent) {
            assert_int_equal(fb_oneshot_send(&sender, "x"), 0);
        } else {
            fb_oneshot_sender_close(&sender);
        }
        expect_left(&l, 1, blocks);
    }
}

// contract 9
static void a_oneshot_sender_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;
    struct fb_oneshot_sender sender;
    struct fb_oneshot_receiver receiver;
    struct fb_oneshot_closed a, b;
    struct leaver l;

    assert_int_equal(fb_oneshot_create(w->rt, bytes, &sender, &receiver), 0);
    a = fb_oneshot_closed(&sender);
    b = fb_oneshot_closed(&sender);
    wait_to_leave(w, &l, &a.future, &b.future, close_oneshot_sender, &sender);
    fb_oneshot_receiver_close(&receiver);
    expect_left(&l, 1, blocks);
}

// ---- watch, broadcast ----

static void close_watch_receiver(void *end) {
    fb_watch_receiver_close(end);
}

// contract 9
static void a_watch_receiver_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;

    for (int sent = 0; sent < 2; sent++) {
        struct fb_watch_sender sender;
        struct fb_watch_receiver receiver;
        struct fb_watch_changed a, b;
        struct leaver l;

        assert_int_equal(fb_watch_create(w->rt, bytes, "a", &sender, &receiver),
                         0);
        a = fb_watch_changed(&receiver);
        b = fb_watch_changed(&receiver);
        wait_to_leave(w, &l, &a.future, &b.future, close_watch_receiver,
                      &receiver);
        if (sent) {
            assert_int_equal(fb_watch_send(&sender, "b"), 0);
            assert_int_equal(fb_watch_send(&sender, "c"), -EPIPE);
        }
        fb_watch_sender_close(&sender);
        expect_left(&l, 1, blocks);
    }
}

static void close_broadcast_receiver(void *end) {
    fb_broadcast_receiver_close(end);
}

// contract 9
static void a_broadcast_receiver_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;

    for (int sent = 0; sent < 2; sent++) {
        struct fb_broadcast_sender sender;
        struct fb_broadcast_receiver receiver;
        struct fb_broadcast_receive a, b;
        struct leaver l;
        char got[2];

        assert_int_equal(
            fb_broadcast_create(w->rt, bytes, 2, &sender, &receiver), 0);
        a = fb_broadcast_receive(&receiver, &got[0]);
        b = fb_broadcast_receive(&receiver, &got[1]);
        wait_to_leave(w, &l, &a.future, &b.future, close_broadcast_receiver,
                      &receiver);
        if (sent) {
            assert_int_equal(fb_broadcast_send(&sender, "b"), 0);
            assert_int_equal(fb_broadcast_send(&sender, "c"), -EPIPE);
        }
        fb_broadcast_sender_close(&sender);
        expect_left(&l, 1, blocks);
    }
}

// ---- mpsc ----

static void close_mpsc_receiver(void *end) {
    fb_mpsc_receiver_close(end);
}

static void close_mpsc_sender(void *end) {
    fb_mpsc_sender_close(end);
}

// contract 9
static void an_mpsc_receiver_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;

    for (int sent = 0; sent < 2; sent++) {
        struct fb_mpsc_sender sender;
        struct fb_mpsc_receiver receiver;
        struct fb_mpsc_receive a, b;
        struct leaver l;
        char got[2];

        assert_int_equal(fb_mpsc_create(w->rt, bytes, 2, &sender, &receiver),
                         0);
        a = fb_mpsc_receive(&receiver, &got[0]);
        b = fb_mpsc_receive(&receiver, &got[1]);
        wait_to_leave(w, &l, &a.future, &b.future, close_mpsc_receiver,
                      &receiver);
        if (sent) {
            assert_int_equal(fb_mpsc_try_send(&sender, "x"), 0);
            assert_int_equal(fb_mpsc_try_send(&sender, "y"), -EPIPE);
        }
        fb_mpsc_sender_close(&sender);
        expect_left(&l, 2, blocks);
    }
}

// contract 9
static void an_mpsc_sender_may_go_while_it_is_woken(void **state) {
    struct world *w = *state;
    const long blocks = seam.bytes_blocks;
    struct fb_mpsc_sender sender;
    struct fb_mpsc_receiver receiver;
    struct fb_mpsc_send a, b;
    struct leaver l;

    assert_int_equal(fb_mpsc_create(w->rt, bytes, 1, &sender, &receiver), 0);
    assert_int_equal(fb_mpsc_try_send(&sender, "x"), 0);
    a = fb_mpsc_send(&sender, "y");
    b = fb_mpsc_send(&sender, "z");
    wait_to_leave(w, &l, &a.future, &b.future, close_mpsc_sender, &sender);
    fb_mpsc_receiver_close(&receiver);
    expect_left(&l, 1, blocks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_oneshot_receiver_may_go_while_it_is_woken),
        WORLD_TEST(a_oneshot_sender_may_go_while_it_is_woken),
        WORLD_TEST(a_watch_receiver_may_go_while_it_is_woken),
        WORLD_TEST(a_broadcast_receiver_may_go_while_it_is_woken),
        WORLD_TEST(an_mpsc_receiver_may_go_while_it_is_woken),
        WORLD_TEST(an_mpsc_sender_may_go_while_it_is_woken),
    };

    return cmocka_run_group_tests_name("meddling", tests, NULL, NULL);
}
