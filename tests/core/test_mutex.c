// Mutex: one at a time across awaits, in order, and the lock is never lost.
#include "probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// An account whose two halves must never be seen apart.
struct account {
    struct fb_mutex mutex;
    int left, right;
    char order[16]; // names, as they got the lock
};

struct clerk {
    struct fb_future future;
    int out;
    struct account *account;
    char name;
    struct fb_mutex_guard guard;
    union {
        struct fb_lock lock;
        struct fb_yield yield;
    } u;
};

static enum fb_poll clerk_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct clerk *self = fb_container_of(future, struct clerk, future);
    struct account *a = self->account;

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->u.lock, fb_mutex_lock(&a->mutex, &self->guard));
    strncat(a->order, &self->name, 1);
    assert_int_equal(a->left, a->right);
    a->left++;
    FB_AWAIT(self->u.yield, fb_yield());
    a->right++;
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void clerk_drop(struct fb_future *future) {
    struct clerk *self = fb_container_of(future, struct clerk, future);

    if (self->guard.mutex != NULL) {
        self->account->right = self->account->left; // also when cancelled
    }
    fb_mutex_unlock(&self->guard);
}

static struct fb_type clerk_type =
    FB_TYPE(clerk, .poll = clerk_poll, .drop = clerk_drop);

static void spawn_clerk(struct world *w, struct account *a, char name,
                        struct fb_join_handle *ret_handle) {
    struct clerk c = {.future.type = &clerk_type, .account = a, .name = name};

    assert_int_equal(FB_SPAWN(w->rt, c, ret_handle), 0);
}

static void open_account(struct world *w, struct account *a) {
    *a = (struct account){0};
    fb_mutex_init(&a->mutex, w->rt);
}

static void what_it_guards_is_whole_whoever_looks(void **state) {
    struct world *w = *state;
    struct account a;

    for (uint64_t seed = 1; seed <= 8; seed++) {
        world_begin_order(w, FB_ORDER_SEEDED, seed);
        open_account(w, &a);
        for (int i = 0; i < 8; i++) {
            spawn_clerk(w, &a, (char)('a' + i), NULL);
        }
        assert_int_equal(fb_run(w->rt), 0);
        assert_int_equal(a.left, 8);
        assert_int_equal(a.right, 8);
        fb_mutex_deinit(&a.mutex);
    }
}

static void it_is_locked_in_the_order_they_came(void **state) {
    struct world *w = *state;
    struct account a;

    open_account(w, &a);
    for (int i = 0; i < 5; i++) {
        spawn_clerk(w, &a, (char)('a' + i), NULL);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(a.order, "abcde");
    fb_mutex_deinit(&a.mutex);
}

static void a_lock_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct account a;
    struct fb_mutex_guard guard = {0};

    world_skip(w);
    open_account(w, &a);
    assert_int_equal(fb_mutex_try_lock(&a.mutex, &guard), 0);
    spawn_clerk(w, &a, 'a', NULL);
    assert_int_equal(world_settle(w), 1);
    fb_mutex_unlock(&guard);
    fb_mutex_unlock(&guard); // legal
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "CHANNEL 1 open 1", "CHANNEL 1 take 0", "SPAWN 1",
                  "SCHEDULED 1", "JOIN 1 detach", "POLL 1", "ENTER lock",
                  "CLONE 1 channel 1", "EXIT lock pending", "PENDING 1",
                  "CHANNEL 1 give 0", "RELEASE 1 channel 1 woken",
                  "WAKE 1 scheduled by channel 1", "SCHEDULED 1", "POLL 1",
                  "ENTER lock", "CHANNEL 1 take 0 by 1", "EXIT lock ready",
                  "DROP lock finished", "ENTER yield", "YIELD 1",
                  "CLONE 1 executor", "EXIT yield pending", "PENDING 1",
                  "RELEASE 1 executor woken", "WAKE 1 scheduled by executor",
                  "SCHEDULED 1", "POLL 1", "ENTER yield", "EXIT yield ready",
                  "DROP yield finished", "READY 1", "CHANNEL 1 give 1 by 1",
                  "DROP clerk finished", "DONE 1 ok", "FREE 1");
    fb_mutex_deinit(&a.mutex);
}

static void nobody_takes_it_between_two_who_wait(void **state) {
    struct world *w = *state;
    struct account a;
    struct fb_mutex_guard guard = {0}, thief = {0};

    open_account(w, &a);
    assert_int_equal(fb_mutex_try_lock(&a.mutex, &guard), 0);
    spawn_clerk(w, &a, 'a', NULL);
    world_settle(w);
    fb_mutex_unlock(&guard);
    assert_int_equal(fb_mutex_try_lock(&a.mutex, &thief), -EAGAIN);
    assert_null(thief.mutex);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_mutex_try_lock(&a.mutex, &thief), 0);
    fb_mutex_unlock(&thief);
    fb_mutex_deinit(&a.mutex);
}

// contract 60
static void a_lock_granted_to_one_that_is_dropped_is_passed_on(void **state) {
    struct world *w = *state;
    struct account a;
    struct fb_mutex_guard guard = {0};
    struct fb_join_handle first;

    open_account(w, &a);
    assert_int_equal(fb_mutex_try_lock(&a.mutex, &guard), 0);
    spawn_clerk(w, &a, 'a', &first);
    spawn_clerk(w, &a, 'b', NULL);
    world_settle(w);
    fb_mutex_unlock(&guard);
    fb_task_abort(&first);
    fb_task_detach(&first);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(a.order, "b");
    assert_int_equal(world_count(w, FB_EV_CHANNEL, FB_CHANNEL_PASS), 1);
    assert_false(a.mutex.locked);
    fb_mutex_deinit(&a.mutex);
}

// contract 19: each clerk is aborted after k turns
static void cancelling_anyone_anywhere_leaves_it_free(void **state) {
    struct world *w = *state;

    for (int victim = 0; victim < 3; victim++) {
        for (int k = 0; k < 8; k++) {
            struct account a;
            struct fb_join_handle h[3];

            open_account(w, &a);
            for (int i = 0; i < 3; i++) {
                spawn_clerk(w, &a, (char)('a' + i), &h[i]);
            }
            for (int turn = 0; turn < k; turn++) {
                struct fb_yield one_turn = fb_yield();

                assert_int_equal(fb_block_on(w->rt, &one_turn.future), 0);
            }
            fb_task_abort(&h[victim]);
            assert_int_equal(fb_run(w->rt), 0);
            for (int i = 0; i < 3; i++) {
                fb_task_detach(&h[i]);
            }
            assert_int_equal(a.left, a.right);
            assert_true(strlen(a.order) >= 2);
            fb_mutex_deinit(&a.mutex); // aborts if it were locked
        }
    }
}

// tokio rt_basic: a mutex is taken in destructors at shutdown
static void the_end_of_the_runtime_unlocks_it(void **state) {
    struct world *w = *state;
    struct account a;

    open_account(w, &a);
    for (int i = 0; i < 4; i++) {
        spawn_clerk(w, &a, (char)('a' + i), NULL);
    }
    for (int turn = 0; turn < 2; turn++) {
        struct fb_yield one_turn = fb_yield();

        assert_int_equal(fb_block_on(w->rt, &one_turn.future), 0);
    }
    world_end(w);
    assert_int_equal(a.left, a.right);
    assert_false(a.mutex.locked);
    fb_mutex_deinit(&a.mutex);
}

// Locks twice: waits for itself.
struct twice {
    struct fb_future future;
    int out;
    struct fb_mutex *mutex;
    struct fb_mutex_guard first, second;
    struct fb_lock lock;
};

static enum fb_poll twice_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct twice *self = fb_container_of(future, struct twice, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->lock, fb_mutex_lock(self->mutex, &self->first));
    FB_AWAIT_TRY(self->lock, fb_mutex_lock(self->mutex, &self->second));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void twice_drop(struct fb_future *future) {
    struct twice *self = fb_container_of(future, struct twice, future);

    fb_mutex_unlock(&self->second);
    fb_mutex_unlock(&self->first);
}

static struct fb_type twice_type =
    FB_TYPE(twice, .poll = twice_poll, .drop = twice_drop);

static void stall_report(struct fb_runtime *rt, void *arg) {
    FILE *out = open_memstream(arg, &(size_t){0});

    fb_runtime_report(rt, out);
    fclose(out);
}

static void locking_it_twice_is_reported_as_a_stall(void **state) {
    struct world *w = *state;
    struct fb_mutex m;
    struct twice t = {.future.type = &twice_type, .mutex = &m};
    char *text = NULL;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .on_stall = stall_report,
                                               .on_stall_arg = &text});
    fb_mutex_init(&m, w->rt);
    assert_int_equal(fb_block_on(w->rt, &t.future), -EDEADLK);
    assert_non_null(strstr(text, ", waits for mutex 1\n"));
    free(text);
    fb_mutex_deinit(&m);
}

static void end_it_locked(void *arg) {
    struct world *w = arg;
    struct fb_mutex m;
    struct fb_mutex_guard guard = {0};

    fb_mutex_init(&m, w->rt);
    if (fb_mutex_try_lock(&m, &guard) == 0) {
        fb_mutex_deinit(&m);
    }
}

static void ending_it_locked_aborts(void **state) {
    expect_death(end_it_locked, *state,
                 "nobody holds or waits for a mutex that ends");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_it_guards_is_whole_whoever_looks),
        WORLD_TEST_EXACT(it_is_locked_in_the_order_they_came),
        WORLD_TEST(a_lock_is_recorded_step_by_step),
        WORLD_TEST(nobody_takes_it_between_two_who_wait),
        WORLD_TEST_EXACT(a_lock_granted_to_one_that_is_dropped_is_passed_on),
        WORLD_TEST(cancelling_anyone_anywhere_leaves_it_free),
        WORLD_TEST(the_end_of_the_runtime_unlocks_it),
        WORLD_TEST(locking_it_twice_is_reported_as_a_stall),
        WORLD_TEST(ending_it_locked_aborts),
    };

    return cmocka_run_group_tests_name("mutex", tests, NULL, NULL);
}
