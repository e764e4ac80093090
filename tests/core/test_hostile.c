// The hostile build is hostile, says what it did by its seed, and changes no
// result. (Built only with FISHBOWL_HOSTILE.)
#include "hostile.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUSY_POLLS = 400 };

// A task that keeps the executor busy beside one that only waits.
static void run_busy(struct world *w, struct probe_log *busy,
                     struct probe_log *idle) {
    world_mistake(w, FB_LINT_LOST_WAKE);
    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    assert_int_equal(FB_SPAWN(w->rt, probe(idle, -1, PROBE_SILENT), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(busy, BUSY_POLLS, PROBE_SELF), NULL),
                     0);
    assert_true(fb_run_until_stalled(w->rt) > BUSY_POLLS);
    assert_int_equal(busy->drops, 1);
    fb_runtime_destroy(w->rt); // while the logs are there
    w->rt = NULL;
    world_judge(w, true);
    fb_trace_close(&w->trace, false);
}

static void an_idle_task_is_polled_for_no_reason(void **state) {
    struct world *w = *state;
    struct probe_log busy = {0}, idle = {0};

    run_busy(w, &busy, &idle);
    // one look in four between polls; half of them hit the other task
    assert_in_range(idle.polls, 1 + BUSY_POLLS / 32, 1 + BUSY_POLLS);
}

static void a_quiet_runtime_polls_only_who_was_woken(void **state) {
    struct world *w = *state;
    struct probe_log busy = {0}, idle = {0};

    run_busy(w, &busy, &idle);
    assert_int_equal(idle.polls, 1);
    assert_int_equal(busy.polls, BUSY_POLLS + 1);
}

// What a sleeper that is polled at odd times says of its deadline.
static void run_sleepers(struct world *w, uint64_t *ret_ended_ns) {
    static struct fb_sleep naps[32];

    for (int i = 0; i < 32; i++) {
        uint64_t began_ns = fb_runtime_now_ns(w->rt);

        naps[i] = fb_sleep((uint64_t)(1 + i % 7) * FB_MS);
        assert_int_equal(fb_block_on(w->rt, &naps[i].future), 0);
        ret_ended_ns[i] = fb_runtime_now_ns(w->rt) - began_ns;
    }
}

static void wakes_come_twice_and_hurt_nobody(void **state) {
    struct world *w = *state;
    uint64_t ended_ns[32];

    run_sleepers(w, ended_ns);
    assert_true(world_count(w, FB_EV_WAKE, FB_WAKE_COALESCED) > 0);
    assert_int_equal(world_count(w, FB_EV_TIMER_END, FB_TIMER_FIRED), 32);
}

// contract 22
static void results_are_those_of_a_quiet_run(void **state) {
    struct world *w = *state;
    struct probe_log busy = {0};
    uint64_t hostile_ns[32], quiet_ns[32];

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    assert_int_equal(
        FB_SPAWN(w->rt, probe(&busy, BUSY_POLLS, PROBE_SELF), NULL), 0);
    run_sleepers(w, hostile_ns);
    fb__hostile_hush(true);
    world_begin_order(w, FB_ORDER_FIFO, 0);
    run_sleepers(w, quiet_ns);
    fb__hostile_hush(false);
    assert_memory_equal(hostile_ns, quiet_ns, sizeof quiet_ns);
}

static void one_seed_is_one_run(void **state) {
    struct world *w = *state;
    struct probe_log busy = {0}, idle = {0}, again = {0}, idle_again = {0};

    run_busy(w, &busy, &idle);
    world_begin_order(w, FB_ORDER_FIFO, 0);
    run_busy(w, &again, &idle_again);
    assert_int_equal(idle.polls, idle_again.polls);
}

// Reads, from a frame of its own, memory that no frame has filled since.
static __attribute__((noinline, no_sanitize("address"))) unsigned
count_scribbles(void) {
    volatile unsigned char below[1024];
    unsigned count = 0;

    __asm__ volatile("" : : "r"(below) : "memory"); // as if it were filled
    for (size_t i = 0; i < sizeof below; i++) {
        count += below[i] == 0xa5;
    }
    return count;
}

static unsigned scribbles;

static void look_below(struct probe_log *log, struct fb_context *cx) {
    (void)log;
    (void)cx;
    scribbles = count_scribbles();
}

static void the_stack_below_a_poll_is_scribbled(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = look_below};

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&log, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(scribbles > 512);
}

// ---- calls ----

static void open_pair(int pair[2]) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
}

static void close_pair(const int pair[2]) {
    close(pair[0]);
    close(pair[1]);
}

static void calls_are_interrupted_and_come_short(void **state) {
    unsigned interrupted = 0, deferred = 0, sent_short = 0, read_short = 0;
    char buf[8];
    int pair[2];

    (void)state;
    open_pair(pair);
    for (int i = 0; i < 200; i++) {
        ssize_t sent = fb__sys_real.send(pair[0], "abc", 3, MSG_NOSIGNAL);

        interrupted += sent < 0 && errno == EINTR;
        deferred += sent < 0 && errno == EAGAIN;
        sent_short += sent == 1;
        (void)!read(pair[1], buf, sizeof buf);
        assert_int_equal(write(pair[0], "abc", 3), 3);
        read_short += fb__sys_real.recv(pair[1], buf, sizeof buf, 0) == 1;
        (void)!read(pair[1], buf, sizeof buf);
    }
    assert_in_range(interrupted, 5, 100);
    assert_in_range(deferred, 5, 100);
    assert_in_range(sent_short, 10, 150);
    assert_in_range(read_short, 10, 150);
    close_pair(pair);
}

// The edge that an edge-triggered program waits for after "not now": there is
// no byte but the one, and so nothing else could bring it.
static void an_edge_follows_each_invented_eagain(void **state) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int epoll = fb__sys_real.epoll_create(0), pair[2], told = 0;
    char byte;

    (void)state;
    open_pair(pair);
    assert_int_equal(
        fb__sys_real.epoll_ctl(epoll, EPOLL_CTL_ADD, pair[1], &event), 0);
    for (int i = 0; i < 200; i++) {
        ssize_t got = 0;

        assert_int_equal(write(pair[0], "a", 1), 1);
        assert_int_equal(fb__sys_real.epoll_wait(epoll, &event, 1, 0), 1);
        while (got != 1) {
            got = fb__sys_real.recv(pair[1], &byte, 1, 0);
            assert_true(got == 1 || errno == EINTR || errno == EAGAIN);
            if (got < 0 && errno == EAGAIN) {
                told++;
                assert_int_equal(fb__sys_real.epoll_wait(epoll, &event, 1, 0),
                                 1);
            }
        }
    }
    assert_in_range(told, 5, 100);
    close_pair(pair);
    assert_int_equal(fb__sys_real.close(epoll), 0);
}

static void accept_says_what_it_may_say(void **state) {
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int aborted = 0, deferred = 0;

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)),
                     0); // a name of the kernel's choice
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0); // real calls would block
    for (int i = 0; i < 400; i++) {
        socklen_t len = sizeof addr;
        int client = socket(AF_UNIX, SOCK_STREAM, 0), taken;

        assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
        assert_int_equal(connect(client, (struct sockaddr *)&addr, len), 0);
        while ((taken = fb__sys_real.accept(fd, NULL, NULL, 0)) < 0) {
            aborted += errno == ECONNABORTED;
            deferred += errno == EAGAIN;
            assert_true(errno == ECONNABORTED || errno == EAGAIN ||
                        errno == EINTR); // nothing else without being asked
        }
        close(taken);
        close(client);
    }
    assert_in_range(aborted, 5, 100);
    assert_in_range(deferred, 5, 200);
    close(fd);
}

static void *wake_from_outside(void *arg) {
    for (int i = 0; i < 200; i++) {
        fb_waker_wake_by_ref(arg);
    }
    return NULL;
}

// Nobody polls meanwhile: all but the first find the task queued already.
static void wakes_from_outside_come_twice(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    pthread_t thread;
    unsigned wakes;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
    assert_true(fb_run_until_stalled(w->rt) >= 1);
    world_skip(w);
    wakes = world_count(w, FB_EV_WAKE, -1);
    assert_int_equal(
        pthread_create(&thread, NULL, wake_from_outside, &log.kept), 0);
    pthread_join(thread, NULL);
    assert_true(fb_run_until_stalled(w->rt) >= 1);
    assert_in_range(world_count(w, FB_EV_WAKE, -1) - wakes, 210, 400);
    fb_waker_drop(&log.kept);
    world_end(w); // while the log is there
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_idle_task_is_polled_for_no_reason),
        WORLD_TEST_EXACT(a_quiet_runtime_polls_only_who_was_woken),
        WORLD_TEST(wakes_come_twice_and_hurt_nobody),
        WORLD_TEST(results_are_those_of_a_quiet_run),
        WORLD_TEST(one_seed_is_one_run),
        WORLD_TEST(the_stack_below_a_poll_is_scribbled),
        WORLD_TEST(calls_are_interrupted_and_come_short),
        WORLD_TEST(an_edge_follows_each_invented_eagain),
        WORLD_TEST(accept_says_what_it_may_say),
        WORLD_TEST(wakes_from_outside_come_twice),
    };

    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
