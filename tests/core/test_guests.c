// Guests: other threads that bring work, wake from odd places, or wake and
// abort while a poll is under way. Clean under ThreadSanitizer.
//
// Threads never assert: they leave what they saw where the test looks.
#include "probe.h"

#include <pthread.h>
#include <string.h>

// ---- work that a thread brings ----

// Tasks are spawned on the executor's thread only. So a thread leaves its order
// on a counter under a lock and wakes the task that spawns.
struct orders {
    pthread_mutex_t lock;
    struct fb_waker clerk; // under lock
    int open, closed;      // under lock
    struct probe_log work; // executor thread
};

struct clerk {
    struct fb_future future;
    int out;
    struct orders *orders;
};

static enum fb_poll clerk_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct clerk *self = fb_container_of(future, struct clerk, future);
    struct orders *o = self->orders;
    int open, closed;

    pthread_mutex_lock(&o->lock);
    open = o->open;
    closed = o->closed;
    o->open = 0;
    if (o->clerk.ops == NULL && !closed) {
        o->clerk = fb_waker_clone(cx->waker);
    }
    pthread_mutex_unlock(&o->lock);
    for (; open > 0; open--, self->out++) {
        assert_int_equal(
            FB_SPAWN(cx->runtime, probe(&o->work, 3, PROBE_SELF), NULL), 0);
    }
    return closed ? FB_READY : FB_PENDING;
}

static struct fb_type clerk_type = FB_TYPE(clerk, .poll = clerk_poll);

enum { ORDERS = 1000 };

static void *bring_orders(void *arg) {
    struct orders *o = arg;

    for (int i = 0; i <= ORDERS; i++) {
        struct fb_waker last = {0};

        pthread_mutex_lock(&o->lock);
        if (i < ORDERS) {
            o->open++;
            fb_waker_wake_by_ref(&o->clerk); // empty until the clerk is there
        } else {
            o->closed = 1;
            last = o->clerk;
            o->clerk = (struct fb_waker){0};
        }
        pthread_mutex_unlock(&o->lock);
        fb_waker_wake(&last);
    }
    return NULL;
}

// `busy`: the executor is never idle meanwhile.
static void bring_work(struct world *w, bool busy) {
    struct orders orders = {.open = 0};
    struct clerk clerk = {.future.type = &clerk_type, .orders = &orders};
    struct fb_join_handle handle, load = {0};
    struct fb_join_task join = fb_join_task(&handle);
    struct probe_log noise = {0};
    pthread_t thread;

    pthread_mutex_init(&orders.lock, NULL);
    assert_int_equal(FB_SPAWN(w->rt, clerk, &handle), 0);
    if (busy) {
        assert_int_equal(FB_SPAWN(w->rt, probe(&noise, -1, PROBE_SELF), &load),
                         0);
    } else {
        assert_true(world_settle(w) > 0); // it waits, and then parks
    }
    assert_int_equal(pthread_create(&thread, NULL, bring_orders, &orders), 0);
    assert_int_equal(fb_block_on(w->rt, &join.future), 0);
    pthread_join(thread, NULL);
    assert_int_equal(join.result.out, ORDERS);
    if (busy) {
        fb_task_abort(&load);
        fb_task_detach(&load);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(orders.work.drops, ORDERS);
    fb_task_detach(&handle);
    pthread_mutex_destroy(&orders.lock);
}

// peer tokio/rt_common.spawn_remote
static void work_from_a_thread_is_spawned_while_the_executor_is_idle(void **s) {
    bring_work(*s, false);
}

// peer tokio/rt_common.spawn_remote
static void work_from_a_thread_is_spawned_under_load(void **state) {
    world_mistake(*state, FB_LINT_SELF_WAKE_STORM);
    bring_work(*state, true);
}

static void *spawn_there(void *rt) {
    struct probe_log log = {0};

    (void)!FB_SPAWN((struct fb_runtime *)rt, probe_ready(&log, 0), NULL);
    return NULL;
}

static void spawn_from_a_thread(void *arg) {
    struct world *w = arg;
    pthread_t thread;

    if (pthread_create(&thread, NULL, spawn_there, w->rt) == 0) {
        pthread_join(thread, NULL);
    }
}

// peer tokio/rt_local.foreign_spawn
static void a_thread_that_spawns_itself_aborts_and_is_told_why(void **state) {
    expect_death(spawn_from_a_thread, *state,
                 "spawn is called on the executor's thread");
}

// ---- wakes from odd places ----

static pthread_key_t last_words;

static void wake_by_value(void *waker) {
    fb_waker_wake(waker);
}

static void wake_by_reference(void *waker) {
    fb_waker_wake_by_ref(waker);
    fb_waker_drop(waker);
}

static void *leave_last_words(void *waker) {
    pthread_setspecific(last_words, waker);
    return NULL;
}

// peer tokio/rt_common.thread_exit
static void a_thread_may_wake_as_it_ends(void **state) {
    void (*const ways[])(void *) = {wake_by_value, wake_by_reference};
    struct world *w = *state;

    for (int i = 0; i < 2; i++) {
        struct probe_log log = {0};
        pthread_t thread;

        assert_int_equal(pthread_key_create(&last_words, ways[i]), 0);
        assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
        assert_int_equal(world_settle(w), 1);
        assert_int_equal(
            pthread_create(&thread, NULL, leave_last_words, &log.kept), 0);
        assert_int_equal(fb_run(w->rt), 0); // parks until then
        pthread_join(thread, NULL);
        assert_int_equal(log.polls, 2);
        pthread_key_delete(last_words);
    }
}

// The seam's write is the bell; it counts how often the door rings.
static _Atomic int rings;
static ssize_t (*real_write)(int fd, const void *buf, size_t len);

static ssize_t count_ring(int fd, const void *buf, size_t len) {
    rings++;
    return real_write(fd, buf, len);
}

struct batch {
    struct probe_log logs[8];
};

static void *wake_batch(void *arg) {
    struct batch *batch = arg;

    for (int i = 0; i < 8; i++) {
        fb_waker_wake_by_ref(&batch->logs[i].kept);
        fb_waker_wake_by_ref(&batch->logs[i].kept);
    }
    return NULL;
}

static void on_thread(void *(*act)(void *arg), void *arg) {
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, act, arg), 0);
    pthread_join(thread, NULL);
}

// peer embassy/one_pend, peer polling/notify_before_wait
static void a_batch_of_wakes_rings_once_and_is_not_lost(void **state) {
    struct world *w = *state;
    struct batch batch = {.logs = {{0}}};

    for (int i = 0; i < 8; i++) {
        assert_int_equal(
            FB_SPAWN(w->rt, probe(&batch.logs[i], 2, PROBE_KEEP), NULL), 0);
    }
    assert_int_equal(world_settle(w), 8);
    real_write = fb__sys.write;
    fb__sys.write = count_ring;
    for (int round = 1; round <= 2; round++) {
        rings = 0;
        on_thread(wake_batch, &batch); // nobody waits yet: it is there later
        assert_int_equal(rings, 1);
        assert_int_equal(world_settle(w), 8);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(batch.logs[i].polls, 1 + round);
        }
    }
    fb__sys.write = real_write;
    for (int i = 0; i < 8; i++) {
        fb_waker_drop(&batch.logs[i].kept);
    }
}

// ---- wakes and aborts while a poll is under way ----

struct raid {
    const char *acts; // w wake, a abort, d drop the waker
    bool by_thread;
    struct fb_join_handle handle;
    struct fb_waker waker;
};

static void *raid(void *arg) {
    struct raid *r = arg;

    for (const char *act = r->acts; *act != '\0'; act++) {
        if (*act == 'w') {
            fb_waker_wake_by_ref(&r->waker);
        } else if (*act == 'a') {
            fb_task_abort(&r->handle);
        } else {
            fb_waker_drop(&r->waker);
        }
    }
    return NULL;
}

static void raid_in_poll(struct probe_log *log, struct fb_context *cx) {
    struct raid *r = log->arg;

    r->waker = fb_waker_clone(cx->waker);
    if (r->by_thread) {
        on_thread(raid, r);
    } else {
        raid(r);
    }
    assert_int_equal(log->drops, 0);
}

// How a poll that ends `pending` goes on after these acts in it: the polls and
// schedules that it had altogether.
static void expect_raid(struct world *w, const char *acts, bool pending,
                        int polls, unsigned schedules,
                        enum fb_task_outcome outcome) {
    for (int by_thread = 0; by_thread < 2; by_thread++) {
        struct raid r = {.acts = acts, .by_thread = by_thread != 0};
        struct probe_log log = {.on_poll = raid_in_poll, .arg = &r};
        const unsigned before = world_count(w, FB_EV_TASK_SCHEDULED, -1);
        struct fb_join_result result;

        assert_int_equal(
            FB_SPAWN(w->rt, probe(&log, pending, PROBE_SILENT), &r.handle), 0);
        while (!fb_task_result(&r.handle, &result)) {
            assert_true(world_settle(w) > 0);
            fb_waker_drop(&r.waker);
        }
        fb_waker_drop(&r.waker);
        assert_int_equal(log.polls, polls);
        assert_int_equal(log.drops, 1);
        assert_int_equal(log.outputs_dropped, 0); // the handle's
        assert_int_equal(result.outcome, outcome);
        assert_int_equal(world_count(w, FB_EV_TASK_SCHEDULED, -1) - before,
                         schedules);
        fb_task_detach(&r.handle);
        assert_int_equal(log.outputs_dropped, outcome == FB_OUTCOME_OK);
        assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
    }
}

// peer async-task/waker_pending
static void
a_wake_and_an_abort_in_one_poll_end_it_without_a_schedule(void **s) {
    struct world *w = *s;

    expect_raid(w, "wa", true, 1, 1, FB_OUTCOME_CANCELLED);
    expect_raid(w, "aw", true, 1, 1, FB_OUTCOME_CANCELLED);
    expect_raid(w, "wda", true, 1, 1, FB_OUTCOME_CANCELLED);
    expect_raid(w, "daa", true, 1, 1, FB_OUTCOME_CANCELLED);
}

// peer async-task/ready, peer async-task/waker_ready
static void a_poll_that_is_ready_is_so_whatever_happened_in_it(void **state) {
    struct world *w = *state;

    expect_raid(w, "w", false, 1, 1, FB_OUTCOME_OK);
    expect_raid(w, "a", false, 1, 1, FB_OUTCOME_OK);
    expect_raid(w, "wa", false, 1, 1, FB_OUTCOME_OK);
    expect_raid(w, "awwd", false, 1, 1, FB_OUTCOME_OK);
}

static void *wake_and_drop(void *waker) {
    fb_waker_wake_by_ref(waker);
    fb_waker_drop(waker);
    return NULL;
}

static void wake_once(struct probe_log *log, struct fb_context *cx) {
    struct fb_waker waker = fb_waker_clone(cx->waker);

    if (log->polls == 1) {
        on_thread(wake_and_drop, &waker);
    } else {
        fb_waker_drop(&waker);
    }
}

// peer async-task/waker_pending
static void a_wake_in_the_poll_schedules_once_after_it(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = wake_once};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(log.polls, 2);
    assert_int_equal(world_count(w, FB_EV_TASK_SCHEDULED, -1), 2);
}

static void *abort_and_wake(void *arg) {
    struct raid *r = arg;

    fb_task_abort(&r->handle);
    fb_waker_wake(&r->waker);
    return NULL;
}

// Even rounds end the runtime while the thread acts, odd ones run it.
// contract 31
// peer tokio/task_abort.remote
static void an_abort_by_a_thread_races_with_the_end_of_all(void **state) {
    struct world *w = *state;

    for (int i = 0; i < 600; i++) {
        struct raid r = {.acts = ""};
        struct probe_log log = {0};
        struct fb_join_result result;
        pthread_t thread;

        world_begin_order(w, FB_ORDER_FIFO, 0);
        assert_int_equal(
            FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), &r.handle), 0);
        assert_int_equal(world_settle(w), 1);
        r.waker = fb_waker_clone(&log.kept);
        assert_int_equal(pthread_create(&thread, NULL, abort_and_wake, &r), 0);
        if (i % 2 == 0) {
            fb_runtime_destroy(w->rt);
            w->rt = NULL;
        } else {
            assert_int_equal(fb_run(w->rt), 0);
        }
        pthread_join(thread, NULL);
        assert_int_equal(log.drops, 1);
        assert_true(fb_task_result(&r.handle, &result));
        assert_int_equal(result.outcome, FB_OUTCOME_CANCELLED);
        fb_waker_drop(&log.kept);
        fb_task_detach(&r.handle);
        if (w->rt == NULL) {
            world_judge(w, true);
            fb_trace_close(&w->trace, false);
        } else {
            world_end(w);
        }
        assert_int_equal(seam.bytes_blocks, 0);
        assert_int_equal(seam.descriptors, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(work_from_a_thread_is_spawned_while_the_executor_is_idle),
        WORLD_TEST(work_from_a_thread_is_spawned_under_load),
        WORLD_TEST(a_thread_that_spawns_itself_aborts_and_is_told_why),
        WORLD_TEST_EXACT(a_thread_may_wake_as_it_ends),
        WORLD_TEST_EXACT(a_batch_of_wakes_rings_once_and_is_not_lost),
        WORLD_TEST_EXACT(
            a_wake_and_an_abort_in_one_poll_end_it_without_a_schedule),
        WORLD_TEST_EXACT(a_poll_that_is_ready_is_so_whatever_happened_in_it),
        WORLD_TEST_EXACT(a_wake_in_the_poll_schedules_once_after_it),
        WORLD_TEST_EXACT(an_abort_by_a_thread_races_with_the_end_of_all),
    };

    return cmocka_run_group_tests_name("guests", tests, NULL, NULL);
}
