// Semaphore: never more permits out than there are, served in order, and none
// lost with those who wait for it.
#include "probe.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Takes permits, keeps them while its probe is pending, gives them back.
struct user {
    struct fb_future future;
    int out;
    struct fb_semaphore *semaphore;
    uint32_t count;
    struct fb_permit permit;
    _Atomic int *held; // permits that all users hold, and the most there were
    _Atomic int *most;
    union {
        struct fb_acquire acquire;
        struct fb_yield yield;
        struct fb_sleep nap;
    } u;
    uint64_t nap_ns;
};

static void raise_to(_Atomic int *most, int value) {
    int was = *most;

    while (was < value && !atomic_compare_exchange_weak(most, &was, value)) {
    }
}

static enum fb_poll user_poll(struct fb_future *future, struct fb_context *cx) {
    struct user *self = fb_container_of(future, struct user, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(
        self->u.acquire,
        fb_semaphore_acquire(self->semaphore, self->count, &self->permit));
    raise_to(self->most,
             atomic_fetch_add(self->held, (int)self->count) + (int)self->count);
    FB_AWAIT(self->u.yield, fb_yield());
    FB_AWAIT(self->u.nap, fb_sleep(self->nap_ns));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void user_drop(struct fb_future *future) {
    struct user *self = fb_container_of(future, struct user, future);

    if (self->permit.semaphore != NULL) {
        *self->held -= (int)self->count;
    }
    fb_permit_release(&self->permit); // legal when it is empty
}

static struct fb_type user_type =
    FB_TYPE(user, .poll = user_poll, .drop = user_drop);

struct counts {
    _Atomic int held, most;
};

static void spawn_user(struct world *w, struct fb_semaphore *s, uint32_t count,
                       uint64_t nap_ns, struct counts *c,
                       struct fb_join_handle *ret_handle) {
    struct user u = {.future.type = &user_type,
                     .semaphore = s,
                     .count = count,
                     .held = &c->held,
                     .most = &c->most,
                     .nap_ns = nap_ns};

    assert_int_equal(FB_SPAWN(w->rt, u, ret_handle), 0);
}

static void no_more_permits_are_out_than_there_are(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct counts c = {0};

    fb_semaphore_init(&s, w->rt, 3);
    for (unsigned i = 0; i < 20; i++) {
        spawn_user(w, &s, 1 + i % 3, i * FB_MS, &c, NULL);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(c.most, 3);
    assert_int_equal(c.held, 0);
    assert_int_equal(s.permits, 3);
    fb_semaphore_deinit(&s);
}

static void a_wait_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct fb_permit permit = {0};
    struct counts c = {0};

    world_skip(w);
    fb_semaphore_init(&s, w->rt, 1);
    assert_int_equal(fb_semaphore_try_acquire(&s, 1, &permit), 0);
    spawn_user(w, &s, 1, 0, &c, NULL);
    assert_int_equal(world_settle(w), 1);
    EXPECT_EVENTS(w, "CHANNEL 1 open 1", "CHANNEL 1 take 0", "SPAWN 1",
                  "SCHEDULED 1", "JOIN 1 detach", "POLL 1", "ENTER acquire",
                  "CLONE 1 channel 1", "EXIT acquire pending", "PENDING 1");
    fb_permit_release(&permit);
    fb_permit_release(&permit); // legal
    EXPECT_EVENTS(w, "CHANNEL 1 give 1", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1");
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_TAKE), 2);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_GIVE), 2);
    fb_semaphore_deinit(&s);
}

static void one_who_wants_many_is_not_overtaken(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct fb_permit two = {0}, none = {0};
    struct counts many = {0}, one = {0};

    fb_semaphore_init(&s, w->rt, 3);
    assert_int_equal(fb_semaphore_try_acquire(&s, 2, &two), 0);
    spawn_user(w, &s, 3, 0, &many, NULL);
    spawn_user(w, &s, 1, 0, &one, NULL);
    world_settle(w);
    assert_int_equal(s.permits, 1); // enough for the second, who must wait
    assert_int_equal(one.most, 0);
    assert_int_equal(fb_semaphore_try_acquire(&s, 1, &none), -EAGAIN);
    fb_permit_release(&two);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(many.most, 3);
    assert_int_equal(one.most, 1);
    fb_semaphore_deinit(&s);
}

// contract 60
// peer tokio/sync_semaphore
static void permits_of_a_dropped_waiter_go_to_the_next(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct fb_permit permit = {0};
    struct fb_join_handle first;
    struct counts a = {0}, b = {0};

    fb_semaphore_init(&s, w->rt, 1);
    assert_int_equal(fb_semaphore_try_acquire(&s, 1, &permit), 0);
    spawn_user(w, &s, 1, 0, &a, &first);
    spawn_user(w, &s, 1, 0, &b, NULL);
    world_settle(w);
    fb_permit_release(&permit); // granted to the first
    assert_int_equal(s.permits, 0);
    world_skip(w);
    fb_task_abort(&first);
    fb_task_detach(&first);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_PASS), 1);
    assert_int_equal(a.most, 0);
    assert_int_equal(b.most, 1);
    assert_int_equal(s.permits, 1);
    fb_semaphore_deinit(&s);
}

// contract 60
static void when_the_first_gives_up_the_next_may_want_less(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct fb_join_handle many;
    struct counts a = {0}, b = {0};

    fb_semaphore_init(&s, w->rt, 1);
    spawn_user(w, &s, 2, 0, &a, &many);
    spawn_user(w, &s, 1, 0, &b, NULL);
    world_settle(w);
    assert_int_equal(b.most, 0);
    fb_task_abort(&many);
    fb_task_detach(&many);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(b.most, 1);
    fb_semaphore_deinit(&s);
}

// contract 19: every user is aborted after k polls of the whole program
static void cancelling_anyone_anywhere_loses_no_permit(void **state) {
    struct world *w = *state;

    for (int victim = 0; victim < 4; victim++) {
        for (int k = 0; k < 12; k++) {
            struct fb_semaphore s;
            struct fb_join_handle h[4];
            struct counts c = {0};

            fb_semaphore_init(&s, w->rt, 2);
            for (unsigned i = 0; i < 4; i++) {
                spawn_user(w, &s, 1 + i % 2, i % 2 * FB_MS, &c, &h[i]);
            }
            for (int turn = 0; turn < k; turn++) {
                struct fb_yield one_turn = fb_yield();

                assert_int_equal(fb_block_on(w->rt, &one_turn.future), 0);
            }
            fb_task_abort(&h[victim]);
            assert_int_equal(fb_run(w->rt), 0);
            for (int i = 0; i < 4; i++) {
                fb_task_detach(&h[i]);
            }
            assert_int_equal(s.permits, 2);
            assert_int_equal(c.held, 0);
            assert_true(c.most <= 2);
            fb_semaphore_deinit(&s);
        }
    }
}

static void added_permits_serve_those_who_wait(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct counts c = {0};

    fb_semaphore_init(&s, w->rt, 0);
    spawn_user(w, &s, 2, 0, &c, NULL);
    spawn_user(w, &s, 1, 0, &c, NULL);
    world_settle(w);
    fb_semaphore_add(&s, 1);
    world_settle(w);
    assert_int_equal(c.most, 0);
    fb_semaphore_add(&s, 2);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(c.most, 3);
    assert_int_equal(s.permits, 3);
    fb_semaphore_deinit(&s);
}

static void closing_ends_those_who_wait_but_no_permit(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct fb_permit held = {0}, none = {0};
    struct fb_join_handle granted, waits;
    struct fb_join_result result;
    struct counts c = {0};

    fb_semaphore_init(&s, w->rt, 2);
    assert_int_equal(fb_semaphore_try_acquire(&s, 2, &held), 0);
    spawn_user(w, &s, 2, 0, &c, &granted);
    spawn_user(w, &s, 1, 0, &c, &waits);
    world_settle(w);
    fb_permit_release(&held);
    fb_semaphore_close(&s);
    fb_semaphore_close(&s);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&granted, &result));
    assert_int_equal(result.out, 0); // it had its permits already
    assert_true(fb_task_result(&waits, &result));
    assert_int_equal(result.out, -EPIPE);
    assert_int_equal(fb_semaphore_try_acquire(&s, 1, &none), -EPIPE);
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_CLOSE), 1);
    fb_task_detach(&granted);
    fb_task_detach(&waits);
    fb_semaphore_deinit(&s);
}

// contract 10, contract 11
// peer tokio/sync_semaphore.waker
static void spurious_polls_keep_one_place_and_the_latest_waker(void **state) {
    struct world *w = *state;
    struct counter old = {0}, new = {0};
    struct fb_waker old_waker = counter_waker(&old),
                    new_waker = counter_waker(&new);
    struct fb_context cx = hand_context(w, &old_waker);
    struct fb_semaphore s;
    struct fb_permit permit = {0};
    struct fb_acquire a;

    fb_semaphore_init(&s, w->rt, 0);
    a = fb_semaphore_acquire(&s, 1, &permit);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    assert_int_equal(old.clones, 1);
    cx.waker = &new_waker;
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_PENDING);
    fb_semaphore_add(&s, 1);
    assert_int_equal(old.wakes, 0);
    assert_int_equal(new.wakes, 1);
    assert_int_equal(fb_future_poll(&a.future, &cx), FB_READY);
    fb_future_drop(&a.future);
    assert_int_equal(permit.count, 1); // it is ours, whatever is dropped
    fb_permit_release(&permit);
    assert_int_equal(s.permits, 1);
    fb_semaphore_deinit(&s);
}

static void the_end_of_the_runtime_gives_all_permits_back(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct counts c = {0};

    fb_semaphore_init(&s, w->rt, 2);
    for (int i = 0; i < 5; i++) {
        spawn_user(w, &s, 2, FB_S, &c, NULL);
    }
    world_settle(w);
    assert_int_equal(c.held, 2);
    world_end(w);
    assert_int_equal(c.held, 0);
    assert_int_equal(s.permits, 2);
    fb_semaphore_deinit(&s);
}

static void stall_report(struct fb_runtime *rt, void *arg) {
    FILE *out = open_memstream(arg, &(size_t){0});

    fb_runtime_report(rt, out);
    fclose(out);
}

static void the_stall_report_names_the_semaphore(void **state) {
    struct world *w = *state;
    struct fb_semaphore s;
    struct counts c = {0};
    char *text = NULL;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .on_stall = stall_report,
                                               .on_stall_arg = &text});
    fb_semaphore_init(&s, w->rt, 0);
    spawn_user(w, &s, 1, 0, &c, NULL);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    assert_non_null(strstr(text, "fb_acquire, awaited at test_semaphore.c:"));
    assert_non_null(strstr(text, ", waits for a permit of semaphore 1\n"));
    free(text);
    world_end(w);
    fb_semaphore_deinit(&s);
}

static void count_too_far(void *arg) {
    struct world *w = arg;
    struct fb_semaphore s;

    fb_semaphore_init(&s, w->rt, FB_PERMITS_MAX);
    fb_semaphore_add(&s, 1);
}

static void take_twice(void *arg) {
    struct world *w = arg;
    struct fb_semaphore s;
    struct fb_permit p = {0};

    fb_semaphore_init(&s, w->rt, 2);
    if (fb_semaphore_try_acquire(&s, 1, &p) == 0) {
        (void)!fb_semaphore_try_acquire(&s, 1, &p); // the first would be lost
    }
}

static void broken_contracts_abort(void **state) {
    expect_death(count_too_far, *state, "a semaphore counts to 2^31 - 1");
    expect_death(take_twice, *state,
                 "a permit is released before its place is used again");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(no_more_permits_are_out_than_there_are),
        WORLD_TEST_EXACT(a_wait_is_recorded_step_by_step),
        WORLD_TEST_EXACT(one_who_wants_many_is_not_overtaken),
        WORLD_TEST_EXACT(permits_of_a_dropped_waiter_go_to_the_next),
        WORLD_TEST_EXACT(when_the_first_gives_up_the_next_may_want_less),
        WORLD_TEST(cancelling_anyone_anywhere_loses_no_permit),
        WORLD_TEST_EXACT(added_permits_serve_those_who_wait),
        WORLD_TEST_EXACT(closing_ends_those_who_wait_but_no_permit),
        WORLD_TEST(spurious_polls_keep_one_place_and_the_latest_waker),
        WORLD_TEST(the_end_of_the_runtime_gives_all_permits_back),
        WORLD_TEST(the_stall_report_names_the_semaphore),
        WORLD_TEST(broken_contracts_abort),
    };

    return cmocka_run_group_tests_name("semaphore", tests, NULL, NULL);
}
