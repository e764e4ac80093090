// The hostile build is hostile, says what it did by its seed, and changes no
// result. (Built only with FISHBOWL_HOSTILE.)
#include "hostile.h"
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUSY_POLLS = 400 };

// A task that keeps the executor busy beside one that only waits.
static void run_busy(struct world *w, struct probe_log *busy,
                     struct probe_log *idle) {
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
static __attribute__((noinline)) unsigned count_scribbles(void) {
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

static void calls_are_interrupted_and_sends_come_short(void **state) {
    unsigned interrupted = 0, shortened = 0;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
    for (int i = 0; i < 200; i++) {
        char buf[8];
        ssize_t sent = fb__sys_real.send(pair[0], "abc", 3, MSG_NOSIGNAL);

        interrupted += sent < 0 && errno == EINTR;
        shortened += sent == 1;
        (void)!read(pair[1], buf, sizeof buf);
    }
    assert_in_range(interrupted, 5, 100);
    assert_in_range(shortened, 10, 150);
    close(pair[0]);
    close(pair[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_idle_task_is_polled_for_no_reason),
        WORLD_TEST_EXACT(a_quiet_runtime_polls_only_who_was_woken),
        WORLD_TEST(wakes_come_twice_and_hurt_nobody),
        WORLD_TEST(results_are_those_of_a_quiet_run),
        WORLD_TEST(one_seed_is_one_run),
        WORLD_TEST(the_stack_below_a_poll_is_scribbled),
        WORLD_TEST(calls_are_interrupted_and_sends_come_short),
    };

    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
