// The reactor: whose event it is, what is remembered, who is woken.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

// A waiter by hand on a source, whose counter tells of its wakes.
struct hand {
    struct counter counter;
    struct fb_waiter waiter;
};

static void wait_on(struct world *w, struct hand *h,
                    const struct fb_source *source, unsigned interest) {
    struct fb_waker waker = counter_waker(&h->counter);
    struct fb_context cx = hand_context(w, &waker);

    assert_int_equal(fb_source_wait(source, &h->waiter, &cx, interest), 0);
}

// What a leaf does after EAGAIN: nothing is ready any more.
static void clear_all(const struct fb_source *source) {
    uint32_t tick = 0;

    (void)fb_source_ready(source, FB_READABLE, &tick);
    fb_source_clear(source, FB_READABLE | FB_WRITABLE, tick);
}

static void turn(struct world *w) {
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
}

// Two connected sockets: `near` is the reactor's, `far` the test's.
struct wire {
    struct fb_source near;
    int far;
};

static void open_wire(struct world *w, struct wire *wire) {
    int fds[2];

    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
        0);
    assert_int_equal(fb_source_open(&wire->near, w->rt, seam_adopt(fds[0]),
                                    FB_SOURCE_STREAM),
                     0);
    wire->far = fds[1];
}

static void close_wire(struct wire *wire) {
    fb_source_close(&wire->near);
    close(wire->far);
}

// peer tokio/tcp_stream.would_block, peer tokio/io_async_fd.initial
static void a_source_is_assumed_ready_until_it_says_no(void **state) {
    struct world *w = *state;
    struct wire wire;
    uint32_t tick = 77;

    open_wire(w, &wire);
    assert_int_equal(fb_source_ready(&wire.near, FB_READABLE, &tick),
                     FB_READABLE);
    assert_int_equal(tick, 0);
    clear_all(&wire.near);
    assert_int_equal(fb_source_ready(&wire.near, FB_READABLE, &tick), 0);
    close_wire(&wire);
}

static void a_wake_by_a_source_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct hand h = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    turn(w);
    world_skip(w);
    clear_all(&wire.near);
    wait_on(w, &h, &wire.near, FB_READABLE);
    turn(w); // that it can be written is no news for a reader
    assert_int_equal(h.counter.wakes, 0);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    assert_int_equal(h.counter.wakes, 1);
    EXPECT_EVENTS(w, "SOURCE_CLEAR 1 rw", "UNPARK 1", "SOURCE_READY 1 r");
    close_wire(&wire);
}

// contract 42
static void
an_event_for_a_closed_and_reused_descriptor_hits_nobody(void **state) {
    struct world *w = *state;
    struct hand old = {.counter = {0}}, young = {.counter = {0}};
    struct fb_source source, again;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), copy, reused;
    uint32_t tick;

    assert_int_equal(
        fb_source_open(&source, w->rt, seam_adopt(fd), FB_SOURCE_OTHER), 0);
    clear_all(&source);
    wait_on(w, &old, &source, FB_READABLE);
    // A copy keeps the registration in the kernel alive: its event will come
    // for a source that is closed, and whose number is someone else's.
    copy = dup(fd);
    fb_source_close(&source);
    assert_int_equal(old.counter.wakes, 1);
    reused = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_int_equal(reused, fd);
    assert_int_equal(
        fb_source_open(&again, w->rt, seam_adopt(reused), FB_SOURCE_OTHER), 0);
    assert_int_equal(again.index, 0); // the same place in the table
    clear_all(&again);
    wait_on(w, &young, &again, FB_READABLE);
    turn(w);
    world_skip(w);
    assert_int_equal(eventfd_write(copy, 1), 0);
    turn(w);
    EXPECT_EVENTS(w, "UNPARK 1", "SOURCE_STALE 0 r");
    assert_int_equal(young.counter.wakes, 0);
    assert_int_equal(fb_source_ready(&again, FB_READABLE, &tick), 0);
    fb_source_close(&again);
    close(copy);
}

// contract 44
static void a_copy_of_a_closed_descriptor_brings_no_junk(void **state) {
    struct world *w = *state;
    struct hand h = {.counter = {0}};
    struct fb_source source;
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), copy;

    assert_int_equal(
        fb_source_open(&source, w->rt, seam_adopt(fd), FB_SOURCE_OTHER), 0);
    clear_all(&source);
    wait_on(w, &h, &source, FB_READABLE);
    copy = dup(fd);
    fb_source_close(&source);
    world_skip(w);
    // The kernel still watches the file through the copy. What it says of it
    // is noted once an edge, wakes nobody, and does not keep the loop awake.
    assert_int_equal(eventfd_write(copy, 1), 0);
    for (int i = 0; i < 5; i++) {
        turn(w);
    }
    close(copy);
    turn(w);
    EXPECT_EVENTS(w, "UNPARK 1", "SOURCE_STALE 0 r");
    assert_int_equal(h.counter.wakes, 1); // by the close itself
}

// ---- close and reopen in the middle of a batch ----

// A waker that, when woken, closes one source and opens another one on the
// same descriptor number: what comes later in the batch for the old one must
// hit nobody.
struct switcher {
    struct world *w;
    struct fb_source *victim;
    int victim_fd;
    struct hand young;
    bool done;
};

static struct fb_waker switcher_clone(void *data);

static void switcher_wake(void *data) {
    struct switcher *s = data;

    if (!s->done) {
        s->done = true;
        fb_source_close(s->victim);
        assert_int_equal(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), s->victim_fd);
        assert_int_equal(fb_source_open(s->victim, s->w->rt,
                                        seam_adopt(s->victim_fd),
                                        FB_SOURCE_OTHER),
                         0);
        clear_all(s->victim);
        wait_on(s->w, &s->young, s->victim, FB_READABLE);
    }
}

static void switcher_drop(void *data) {
    (void)data;
}

static const struct fb_waker_ops switcher_ops = {.clone = switcher_clone,
                                                 .wake = switcher_wake,
                                                 .wake_by_ref = switcher_wake,
                                                 .drop = switcher_drop};

static struct fb_waker switcher_clone(void *data) {
    return (struct fb_waker){.ops = &switcher_ops, .data = data};
}

// contract 42
static void close_and_reopen_within_one_batch_hits_nobody(void **state) {
    struct world *w = *state;
    struct fb_source sources[2];
    struct fb_waiter waiters[2];
    struct switcher s[2];

    memset(waiters, 0, sizeof waiters);
    for (int i = 0; i < 2; i++) {
        const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

        assert_int_equal(
            fb_source_open(&sources[i], w->rt, seam_adopt(fd), FB_SOURCE_OTHER),
            0);
        // whichever event comes first, its wake replaces the other source
        s[1 - i] =
            (struct switcher){.w = w, .victim = &sources[i], .victim_fd = fd};
        clear_all(&sources[i]);
    }
    for (int i = 0; i < 2; i++) {
        struct fb_waker waker = switcher_clone(&s[i]);
        struct fb_context cx = hand_context(w, &waker);

        assert_int_equal(
            fb_source_wait(&sources[i], &waiters[i], &cx, FB_READABLE), 0);
        assert_int_equal(eventfd_write(sources[i].fd, 1), 0);
    }
    turn(w);
    // The close woke the second waiter too, and so both were replaced: the
    // event that was still in the batch was for a source that is gone.
    assert_int_equal(world_count(w, FB_EV_SOURCE_STALE, -1), 1);
    assert_true(s[0].done && s[1].done);
    assert_int_equal(s[0].young.counter.wakes, 0);
    fb_source_close(&sources[0]);
    fb_source_close(&sources[1]);
}

// contract 43
// peer async-io/async.twice
static void one_descriptor_is_one_source(void **state) {
    struct world *w = *state;
    struct fb_source twice = {0};
    struct hand h = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    assert_int_equal(
        fb_source_open(&twice, w->rt, wire.near.fd, FB_SOURCE_OTHER), -EEXIST);
    assert_null(twice.runtime); // untouched
    clear_all(&wire.near);
    wait_on(w, &h, &wire.near, FB_READABLE);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    assert_int_equal(h.counter.wakes, 1); // the first one works on
    close_wire(&wire);
}

// contract 41
// peer tokio/io_async_fd.refires
static void readiness_between_eagain_and_clear_is_not_lost(void **state) {
    struct world *w = *state;
    struct hand h = {.counter = {0}};
    struct wire wire;
    uint32_t tick, later;

    open_wire(w, &wire);
    clear_all(&wire.near);
    wait_on(w, &h, &wire.near, FB_READABLE);
    turn(w);
    // An attempt begins at `tick` and says EAGAIN; the data comes before the
    // clear of that attempt does.
    (void)fb_source_ready(&wire.near, FB_READABLE, &tick);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    fb_source_clear(&wire.near, FB_READABLE, tick);
    assert_int_equal(fb_source_ready(&wire.near, FB_READABLE, &later),
                     FB_READABLE);
    assert_int_equal(later, tick + 1);
    fb_source_clear(&wire.near, FB_READABLE, later);
    assert_int_equal(fb_source_ready(&wire.near, FB_READABLE, &later), 0);
    close_wire(&wire);
}

// contract 13
// peer tokio/io_async_fd.refires
static void
data_between_the_attempt_and_the_registration_is_not_lost(void **state) {
    struct world *w = *state;
    struct hand h = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    clear_all(&wire.near);                        // EAGAIN …
    assert_int_equal(write(wire.far, "x", 1), 1); // … data …
    wait_on(w, &h, &wire.near, FB_READABLE);      // … and only now epoll_ctl
    turn(w);
    assert_int_equal(h.counter.wakes, 1);
    close_wire(&wire);
}

// Fills the near end's buffer until the kernel takes no more.
static void fill(const struct wire *wire) {
    char block[4096] = {0};

    while (send(wire->near.fd, block, sizeof block, 0) > 0) {
    }
    while (send(wire->near.fd, block, 1, 0) > 0) {
    }
}

static void drain(int fd) {
    char block[65536];

    while (recv(fd, block, sizeof block, MSG_DONTWAIT) > 0) {
    }
}

// contract 51
// peer tokio/tcp_split
static void reader_and_writer_wake_independently(void **state) {
    struct world *w = *state;
    struct hand reader = {.counter = {0}}, writer = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    fill(&wire);
    clear_all(&wire.near);
    wait_on(w, &reader, &wire.near, FB_READABLE);
    wait_on(w, &writer, &wire.near, FB_WRITABLE);
    turn(w);
    assert_int_equal(reader.counter.wakes + writer.counter.wakes, 0);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    assert_int_equal(reader.counter.wakes, 1);
    assert_int_equal(writer.counter.wakes, 0);
    drain(wire.far);
    turn(w);
    assert_int_equal(reader.counter.wakes, 1);
    assert_int_equal(writer.counter.wakes, 1);
    close_wire(&wire);
}

// contract 50, contract 52
// peer tokio/io_async_fd.several
static void all_who_wait_in_one_direction_are_woken_once(void **state) {
    struct world *w = *state;
    static struct hand hands[50];
    struct wire wire;

    memset(hands, 0, sizeof hands);
    open_wire(w, &wire);
    clear_all(&wire.near);
    for (int i = 0; i < 50; i++) {
        wait_on(w, &hands[i], &wire.near, FB_READABLE);
    }
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(hands[i].counter.wakes, 1);
        assert_int_equal(hands[i].counter.clones, 1);
    }
    close_wire(&wire);
}

// peer tokio/io_async_fd.drop
static void close_wakes_all_waiters_and_leaves_none(void **state) {
    struct world *w = *state;
    struct hand reader = {.counter = {0}}, writer = {.counter = {0}};
    struct fb_source kept;
    struct wire wire;
    uint32_t tick;

    open_wire(w, &wire);
    clear_all(&wire.near);
    wait_on(w, &reader, &wire.near, FB_READABLE);
    wait_on(w, &writer, &wire.near, FB_WRITABLE);
    kept = wire.near;
    close_wire(&wire);
    assert_int_equal(reader.counter.wakes, 1);
    assert_int_equal(writer.counter.wakes, 1);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
    fb_source_close(&wire.near); // legal when closed
    // A copy of the closed source refers to nothing: the attempt must say so.
    assert_true(fb_source_ready(&kept, FB_READABLE, &tick) != 0);
    fb_source_clear(&kept, FB_READABLE, 0);
    {
        struct fb_waker waker = counter_waker(&reader.counter);
        struct fb_context cx = hand_context(w, &waker);

        assert_int_equal(
            fb_source_wait(&kept, &reader.waiter, &cx, FB_READABLE), -EBADF);
    }
    fb_source_close(&kept);
}

// contract 45
// peer async-io/async.hangup
static void hanging_up_wakes_reader_and_writer(void **state) {
    struct world *w = *state;
    struct hand reader = {.counter = {0}}, writer = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    fill(&wire);
    clear_all(&wire.near);
    wait_on(w, &reader, &wire.near, FB_READABLE);
    wait_on(w, &writer, &wire.near, FB_WRITABLE);
    turn(w);
    close(wire.far);
    turn(w);
    assert_int_equal(reader.counter.wakes, 1);
    assert_int_equal(writer.counter.wakes, 1);
    fb_source_close(&wire.near);
}

// peer tokio/tcp_stream.closed_flags
static void the_peers_half_close_wakes_the_reader_only(void **state) {
    struct world *w = *state;
    struct hand reader = {.counter = {0}}, writer = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    fill(&wire);
    clear_all(&wire.near);
    wait_on(w, &reader, &wire.near, FB_READABLE);
    wait_on(w, &writer, &wire.near, FB_WRITABLE);
    turn(w);
    assert_int_equal(shutdown(wire.far, SHUT_WR), 0);
    turn(w);
    assert_int_equal(reader.counter.wakes, 1);
    assert_int_equal(writer.counter.wakes, 0);
    close_wire(&wire);
    assert_int_equal(writer.counter.wakes, 1);
}

// contract 53
// peer tokio/io_async_fd.drop
static void a_disarmed_waiter_is_not_woken(void **state) {
    struct world *w = *state;
    struct hand h = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    clear_all(&wire.near);
    wait_on(w, &h, &wire.near, FB_READABLE);
    fb_waiter_disarm(&h.waiter);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    assert_int_equal(h.counter.wakes, 0);
    assert_int_equal(h.counter.drops, 1);
    close_wire(&wire);
}

static void entries_never_move_while_the_table_grows(void **state) {
    enum { SOURCES = 600 }; // three chunks
    struct world *w = *state;
    static struct fb_source sources[SOURCES];
    struct hand h = {.counter = {0}};
    struct wire wire;

    open_wire(w, &wire);
    clear_all(&wire.near);
    wait_on(w, &h, &wire.near, FB_READABLE);
    for (int i = 0; i < SOURCES; i++) {
        assert_int_equal(
            fb_source_open(&sources[i], w->rt,
                           seam_adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
                           FB_SOURCE_OTHER),
            0);
    }
    assert_int_equal(fb_runtime_stats(w->rt).sources, SOURCES + 1);
    assert_int_equal(write(wire.far, "x", 1), 1);
    turn(w);
    assert_int_equal(h.counter.wakes, 1);
    for (int i = 0; i < SOURCES; i++) {
        fb_source_close(&sources[i]);
    }
    close_wire(&wire);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
}

static void more_events_than_one_batch_all_arrive(void **state) {
    enum { SOURCES = 300 };
    struct world *w = *state;
    static struct fb_source sources[SOURCES];
    static struct hand hands[SOURCES];

    memset(hands, 0, sizeof hands);
    for (int i = 0; i < SOURCES; i++) {
        assert_int_equal(
            fb_source_open(&sources[i], w->rt,
                           seam_adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
                           FB_SOURCE_OTHER),
            0);
        clear_all(&sources[i]);
        wait_on(w, &hands[i], &sources[i], FB_READABLE);
        assert_int_equal(eventfd_write(sources[i].fd, 1), 0);
    }
    turn(w);
    for (int i = 0; i < SOURCES; i++) {
        assert_int_equal(hands[i].counter.wakes, 1);
        fb_source_close(&sources[i]);
    }
}

static void
a_registration_that_fails_is_an_error_and_leaves_nothing(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_waiter waiter = {.waker = {0}};
    struct wire wire;

    open_wire(w, &wire);
    clear_all(&wire.near);
    seam.fail_call = seam.calls + 1;
    assert_int_equal(fb_source_wait(&wire.near, &waiter, &cx, FB_READABLE),
                     -ENOSPC);
    assert_int_equal(c.clones, 0);
    assert_null(waiter.waker.ops);
    assert_int_equal(fb_source_wait(&wire.near, &waiter, &cx, FB_READABLE), 0);
    fb_waiter_disarm(&waiter);
    close_wire(&wire);
}

// ---- the viewer's bell ----

static struct { uint64_t now_ns; } fake;

static uint64_t fake_now_ns(void) {
    return fake.now_ns;
}

// Parked for a deadline, the executor is rung by a viewer just when the time
// has come.
static int bell_at_the_deadline(int epoll, struct epoll_event *events, int max,
                                int64_t timeout_ns) {
    (void)epoll;
    (void)max;
    if (timeout_ns <= 0) {
        return 0;
    }
    fake.now_ns += (uint64_t)timeout_ns;
    events[0] =
        (struct epoll_event){.events = EPOLLIN, .data.u64 = FB__TOKEN_BELL};
    return 1;
}

// The bell leaves no trace of its own, but a timer that fires unparks.
static void a_timer_that_fires_with_the_bell_unparks_first(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(FB_MS);

    world_begin_real(w);
    fake.now_ns = FB_S;
    fb__sys.now_ns = fake_now_ns;
    fb__sys.epoll_wait = bell_at_the_deadline;
    world_skip(w);
    assert_int_equal(fb_block_on(w->rt, &nap.future), 0);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "TIMER_SET 1 @1001ms",
                  "CLONE 1 timer 1", "PENDING 1", "PARK", "UNPARK 0",
                  "TIMER_END 1 fired", "RELEASE 1 timer 1 woken",
                  "WAKE 1 scheduled by timer 1", "SCHEDULED 1", "POLL 1",
                  "READY 1", "DROP sleep finished", "DONE 1 ok", "JOIN 1 taken",
                  "FREE 1");
}

// ---- a look in passing ----

static struct {
    int (*wait)(int epoll, struct epoll_event *events, int max,
                int64_t timeout_ns);
    int calls;
} looks;

static int counted_wait(int epoll, struct epoll_event *events, int max,
                        int64_t timeout_ns) {
    looks.calls++;
    return looks.wait(epoll, events, max, timeout_ns);
}

// A busy runtime looks at the reactor after at most 61 polls, where a source
// is open; with none it has nothing to ask the kernel for.
static void the_kernel_is_asked_in_passing_only_for_sources(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct wire wire;

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    looks.wait = fb__sys.epoll_wait;
    fb__sys.epoll_wait = counted_wait;
    looks.calls = 0;
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 609, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(looks.calls, 0);
    open_wire(w, &wire);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 609, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(looks.calls, 9); // the tenth turn is the last
    close_wire(&wire);
    assert_int_equal(log.polls, 2 * 610);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_source_is_assumed_ready_until_it_says_no),
        WORLD_TEST_EXACT(a_wake_by_a_source_is_recorded_step_by_step),
        WORLD_TEST(an_event_for_a_closed_and_reused_descriptor_hits_nobody),
        WORLD_TEST(a_copy_of_a_closed_descriptor_brings_no_junk),
        WORLD_TEST_EXACT(close_and_reopen_within_one_batch_hits_nobody),
        WORLD_TEST(one_descriptor_is_one_source),
        WORLD_TEST(readiness_between_eagain_and_clear_is_not_lost),
        WORLD_TEST(data_between_the_attempt_and_the_registration_is_not_lost),
        WORLD_TEST(reader_and_writer_wake_independently),
        WORLD_TEST(all_who_wait_in_one_direction_are_woken_once),
        WORLD_TEST(close_wakes_all_waiters_and_leaves_none),
        WORLD_TEST(hanging_up_wakes_reader_and_writer),
        WORLD_TEST(the_peers_half_close_wakes_the_reader_only),
        WORLD_TEST(a_disarmed_waiter_is_not_woken),
        WORLD_TEST(entries_never_move_while_the_table_grows),
        WORLD_TEST(more_events_than_one_batch_all_arrive),
        WORLD_TEST(a_registration_that_fails_is_an_error_and_leaves_nothing),
        WORLD_TEST(a_timer_that_fires_with_the_bell_unparks_first),
        WORLD_TEST_EXACT(a_timer_that_fires_with_the_bell_unparks_first),
        WORLD_TEST_EXACT(the_kernel_is_asked_in_passing_only_for_sources),
    };

    return cmocka_run_group_tests_name("reactor", tests, NULL, NULL);
}
