// Signals as events: several waiters, several sets, closed in any order.
#include "harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

static sigset_t set_of(int a, int b) {
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, a);
    if (b != 0) {
        sigaddset(&mask, b);
    }
    return mask;
}

static void open_set(struct world *w, struct fb_signals *s, int a, int b) {
    sigset_t mask = set_of(a, b);

    assert_int_equal(fb_signals_open(s, w->rt, &mask), 0);
}

static bool blocked(int number) {
    sigset_t now;

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, number) == 1;
}

static int next(struct world *w, struct fb_signals *s) {
    struct fb_signal_wait wait = fb_signals_next(s);

    assert_int_equal(fb_block_on(w->rt, &wait.future), 0);
    return wait.out;
}

static void a_wait_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_signals s;
    struct fb_signal_wait wait;
    struct fb_join_handle handle;

    open_set(w, &s, SIGUSR1, 0);
    wait = fb_signals_next(&s);
    world_skip(w);
    assert_int_equal(FB_SPAWN(w->rt, wait, &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    raise(SIGUSR1);
    raise(SIGUSR1); // not taken yet: one and the same
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "IO 1 read EAGAIN",
                  "SOURCE_CLEAR 1 r", "CLONE 1 source 1", "PENDING 1", "PARK",
                  "UNPARK 1", "SOURCE_READY 1 r", "RELEASE 1 source 1 woken",
                  "WAKE 1 scheduled by source 1", "SCHEDULED 1", "POLL 1",
                  "IO 1 read 10", "READY 1", "DROP signal_wait finished",
                  "DONE 1 ok 10", "JOIN 1 taken", "FREE 1");
    fb_signals_close(&s);
    fb_signals_close(&s); // legal when closed
}

// contract 52
static void one_of_several_waiters_gets_the_signal(void **state) {
    struct world *w = *state;
    struct fb_signals s;
    struct fb_signal_wait wait;
    struct fb_join_handle handles[3];
    struct fb_join_result result;
    int done = 0;

    open_set(w, &s, SIGUSR1, SIGUSR2);
    for (int i = 0; i < 3; i++) {
        wait = fb_signals_next(&s);
        assert_int_equal(FB_SPAWN(w->rt, wait, &handles[i]), 0);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 3);
    raise(SIGUSR1);
    assert_int_equal(fb_run_until_stalled(w->rt), 3); // all look, one finds
    for (int i = 0; i < 3; i++) {
        done += fb_task_result(&handles[i], NULL);
    }
    assert_int_equal(done, 1);
    raise(SIGUSR1);
    raise(SIGUSR2); // two signals for the two that are left
    assert_int_equal(fb_run(w->rt), 0);
    done = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(fb_task_result(&handles[i], &result));
        done += result.out;
        fb_task_detach(&handles[i]);
    }
    assert_int_equal(done, SIGUSR1 + SIGUSR1 + SIGUSR2);
    fb_signals_close(&s);
}

static void sets_may_overlap_and_a_signal_is_taken_once(void **state) {
    struct world *w = *state;
    struct fb_signals a, b;
    struct fb_signal_wait wait;
    struct fb_timeout t;

    open_set(w, &a, SIGUSR1, 0);
    open_set(w, &b, SIGUSR1, SIGUSR2);
    raise(SIGUSR1);
    assert_int_equal(next(w, &b), SIGUSR1);
    wait = fb_signals_next(&a);
    t = fb_timeout(FB_MS, &wait.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT); // b has taken it
    raise(SIGUSR1);
    assert_int_equal(next(w, &a), SIGUSR1);
    fb_signals_close(&a);
    fb_signals_close(&b);
}

static void sets_are_closed_in_any_order(void **state) {
    struct world *w = *state;
    struct fb_signals a, b;

    for (int first = 0; first < 2; first++) {
        open_set(w, &a, SIGUSR1, 0);
        open_set(w, &b, SIGUSR1, SIGUSR2);
        fb_signals_close(first == 0 ? &a : &b);
        assert_true(blocked(SIGUSR1)); // the other still collects it
        assert_int_equal(blocked(SIGUSR2), first == 0);
        raise(SIGUSR1);
        assert_int_equal(next(w, first == 0 ? &b : &a), SIGUSR1);
        fb_signals_close(first == 0 ? &b : &a);
        assert_false(blocked(SIGUSR1));
        assert_false(blocked(SIGUSR2));
    }
}

static void what_was_blocked_before_stays_blocked(void **state) {
    struct world *w = *state;
    struct fb_signals s;
    sigset_t mask = set_of(SIGUSR1, 0);

    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    open_set(w, &s, SIGUSR1, SIGUSR2);
    fb_signals_close(&s);
    assert_true(blocked(SIGUSR1));
    assert_false(blocked(SIGUSR2));
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}

// contract 19
static void an_open_that_fails_unblocks_what_it_blocked(void **state) {
    struct world *w = *state;
    struct fb_signals s;
    sigset_t mask = set_of(SIGUSR1, 0);

    seam.calls = 0;
    seam.fail_call = 1;
    assert_int_equal(fb_signals_open(&s, w->rt, &mask), -EMFILE);
    assert_false(blocked(SIGUSR1));
    seam.fail_call = seam.allocations = 0;
    seam.fail_allocation = 1;
    assert_int_equal(fb_signals_open(&s, w->rt, &mask), -ENOMEM);
    assert_false(blocked(SIGUSR1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(a_wait_is_recorded_step_by_step),
        WORLD_TEST_EXACT(one_of_several_waiters_gets_the_signal),
        WORLD_TEST(sets_may_overlap_and_a_signal_is_taken_once),
        WORLD_TEST(sets_are_closed_in_any_order),
        WORLD_TEST(what_was_blocked_before_stays_blocked),
        WORLD_TEST(an_open_that_fails_unblocks_what_it_blocked),
    };

    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
