// Other threads: they wake, abort and drop while the executor polls, parks or
// is already gone. Clean under ThreadSanitizer.
//
// Threads never assert: they leave what they saw where the test looks.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

// ---- a box through which a waker is handed to a thread ----

struct box {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fb_waker waker; // under lock
    bool full, closed;
};

static void box_init(struct box *box) {
    *box = (struct box){.full = false};
    pthread_mutex_init(&box->lock, NULL);
    pthread_cond_init(&box->changed, NULL);
}

static void box_deinit(struct box *box) {
    pthread_mutex_destroy(&box->lock);
    pthread_cond_destroy(&box->changed);
}

static void box_put(struct box *box, struct fb_waker waker) {
    pthread_mutex_lock(&box->lock);
    fb_waker_drop(&box->waker); // of an earlier poll, not taken yet
    box->waker = waker;
    box->full = true;
    pthread_cond_signal(&box->changed);
    pthread_mutex_unlock(&box->lock);
}

static void box_close(struct box *box) {
    pthread_mutex_lock(&box->lock);
    box->closed = true;
    pthread_cond_signal(&box->changed);
    pthread_mutex_unlock(&box->lock);
}

// Waits for a waker; false when the box is closed and empty.
static bool box_take(struct box *box, struct fb_waker *ret_waker) {
    bool full;

    pthread_mutex_lock(&box->lock);
    while (!box->full && !box->closed) {
        pthread_cond_wait(&box->changed, &box->lock);
    }
    full = box->full;
    if (full) {
        *ret_waker = box->waker;
        box->waker = (struct fb_waker){0};
        box->full = false;
    }
    pthread_mutex_unlock(&box->lock);
    return full;
}

// ---- wakes into a parked loop ----

enum { ROUNDS = 100000 };

struct relay {
    struct fb_future future;
    int out;
    struct box *box;
    int polls;
};

static enum fb_poll relay_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct relay *self = fb_container_of(future, struct relay, future);

    if (self->polls++ == ROUNDS) {
        return FB_READY;
    }
    box_put(self->box, fb_waker_clone(cx->waker));
    return FB_PENDING;
}

static struct fb_type relay_type = FB_TYPE(relay, .poll = relay_poll);

static void *wake_each(void *arg) {
    struct fb_waker waker;

    while (box_take(arg, &waker)) {
        fb_waker_wake(&waker);
    }
    return NULL;
}

// contract 7
static void no_wake_from_a_thread_is_lost_in_100000_rounds(void **state) {
    struct world *w = *state;
    struct box box;
    struct relay relay = {.future.type = &relay_type, .box = &box};
    pthread_t thread;

    box_init(&box);
    assert_int_equal(pthread_create(&thread, NULL, wake_each, &box), 0);
    assert_int_equal(fb_block_on(w->rt, &relay.future), 0);
    box_close(&box);
    pthread_join(thread, NULL);
    assert_int_equal(relay.polls, ROUNDS + 1); // and none came twice
    box_deinit(&box);
}

// Several threads, each with a waker of its own that it uses by reference.
struct crowd {
    _Atomic uint32_t counted;
    struct fb_waker wakers[4];
    uint32_t each;
};

struct member {
    struct crowd *crowd;
    int index;
};

static void *count_and_wake(void *arg) {
    struct member *m = arg;

    for (uint32_t i = 0; i < m->crowd->each; i++) {
        m->crowd->counted++;
        fb_waker_wake_by_ref(&m->crowd->wakers[m->index]);
    }
    fb_waker_drop(&m->crowd->wakers[m->index]);
    return NULL;
}

struct tally {
    struct fb_future future;
    int out;
    struct crowd *crowd;
    pthread_t *threads;
    struct member *members;
    int failed;
};

static enum fb_poll tally_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct tally *self = fb_container_of(future, struct tally, future);

    if (future->state == 0) {
        for (int i = 0; i < 4; i++) {
            self->crowd->wakers[i] = fb_waker_clone(cx->waker);
        }
        for (int i = 0; i < 4; i++) {
            self->members[i] = (struct member){self->crowd, i};
            self->failed |= pthread_create(&self->threads[i], NULL,
                                           count_and_wake, &self->members[i]);
        }
    }
    return self->crowd->counted == 4 * self->crowd->each ? FB_READY
                                                         : FB_PENDING;
}

static struct fb_type tally_type = FB_TYPE(tally, .poll = tally_poll);

// contract 4, contract 7
static void
wakes_by_reference_from_four_threads_reach_the_last_count(void **state) {
    struct world *w = *state;
    struct crowd crowd = {.each = 25000};
    struct member members[4];
    pthread_t threads[4];
    struct tally tally = {.future.type = &tally_type,
                          .crowd = &crowd,
                          .threads = threads,
                          .members = members};

    assert_int_equal(fb_block_on(w->rt, &tally.future), 0);
    assert_int_equal(tally.failed, 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}

// ---- what a thread does while a poll is under way ----

// Runs `act(arg)` on another thread, inside a poll, and waits for its end.
struct during {
    void *(*act)(void *arg);
    void *arg;
};

static void run_thread(struct probe_log *log, struct fb_context *cx) {
    struct during *during = log->arg;
    pthread_t thread;

    (void)cx;
    if (log->polls == 1) {
        assert_int_equal(
            pthread_create(&thread, NULL, during->act, during->arg), 0);
        pthread_join(thread, NULL);
    }
}

static void on_thread(void *(*act)(void *arg), void *arg) {
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, act, arg), 0);
    pthread_join(thread, NULL);
}

static void *wake_it(void *arg) {
    fb_waker_wake(arg);
    return NULL;
}

static void *wake_by_ref_twice(void *arg) {
    fb_waker_wake_by_ref(arg);
    fb_waker_wake_by_ref(arg);
    return NULL;
}

static void *drop_it(void *arg) {
    fb_waker_drop(arg);
    return NULL;
}

static void *abort_it(void *arg) {
    fb_task_abort(arg);
    return NULL;
}

// contract 5
static void a_wake_by_a_thread_during_the_poll_requeues_once(void **state) {
    struct world *w = *state;
    struct fb_waker waker;
    struct during during = {wake_by_ref_twice, &waker};
    struct probe_log log = {.arg = &during};

    // a first poll to have the waker; the thread acts in the second
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 2, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    waker = fb_waker_clone(&log.kept);
    log.on_poll = run_thread;
    log.polls = 0;
    fb_waker_wake_by_ref(&waker);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 2);
    EXPECT_EVENTS(w, "POLL 1", "RELEASE 1 outside dropped", "CLONE 1 outside",
                  "PENDING 1", "WAKE 1 scheduled by thread", "SCHEDULED 1",
                  "WAKE 1 coalesced by thread", "POLL 1", "READY 1",
                  "DROP probe finished", "DONE 1 ok");
    fb_waker_drop(&waker);
    fb_waker_drop(&log.kept);
}

// contract 31
static void an_abort_by_a_thread_during_the_poll_drops_after_it(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct during during = {abort_it, &handle};
    struct probe_log log = {.on_poll = run_thread, .arg = &during};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), &handle),
                     0);
    world_skip(w);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "POLL 1", "PENDING 1", "ABORT 1", "DROP probe cancelled",
                  "DONE 1 cancelled");
    fb_task_detach(&handle);
}

// contract 31
// peer tokio/task_abort.remote, peer async-task/cancel_last_task
static void an_abort_by_a_thread_drops_on_the_executors_turn(void **state) {
    struct world *w = *state;
    struct fb_join_handle idle, queued;
    struct probe_log logs[2] = {{0}};

    world_mistake(w, FB_LINT_LOST_WAKE);
    assert_int_equal(FB_SPAWN(w->rt, probe(&logs[0], -1, PROBE_SILENT), &idle),
                     0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(
        FB_SPAWN(w->rt, probe(&logs[1], -1, PROBE_SILENT), &queued), 0);
    world_skip(w);
    on_thread(abort_it, &idle); // nobody has ever cloned its waker
    on_thread(abort_it, &queued);
    on_thread(abort_it, &queued);
    assert_int_equal(logs[0].drops + logs[1].drops, 0);
    EXPECT_NO_EVENTS(w);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "ABORT 1", "SCHEDULED 1 inject", "ABORT 2",
                  "DROP probe unpolled", "DONE 2 cancelled",
                  "DROP probe cancelled", "DONE 1 cancelled");
    fb_task_detach(&idle);
    fb_task_detach(&queued);
}

// A join, on the real clock, of a task that a thread aborts meanwhile.
// contract 31
static void an_abort_by_a_thread_unparks_the_executor(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct probe_log log = {0};
    struct fb_join_task join;
    struct fb_timeout limit;
    pthread_t thread;

    world_mistake(w, FB_LINT_LOST_WAKE);
    world_begin_real(w);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), &handle),
                     0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    join = fb_join_task(&handle);
    limit = fb_timeout(50 * FB_S, &join.future);
    assert_int_equal(pthread_create(&thread, NULL, abort_it, &handle), 0);
    assert_int_equal(fb_block_on(w->rt, &limit.future), 0);
    pthread_join(thread, NULL);
    assert_int_equal(limit.out, -ECANCELED);
    assert_int_equal(log.drops, 1);
    fb_task_detach(&handle);
}

static void *interrupt_it(void *arg) {
    fb_runtime_interrupt(arg);
    return NULL;
}

static void an_interrupt_by_a_thread_ends_a_parked_run(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe p = probe(&log, -1, PROBE_KEEP);
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, interrupt_it, w->rt), 0);
    assert_int_equal(fb_block_on(w->rt, &p.future), -EINTR);
    pthread_join(thread, NULL);
    fb_waker_drop(&log.kept);
}

// ---- a stall is proved, not guessed ----

// contract 14
static void the_last_waker_dropped_by_a_thread_is_a_stall(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    for (int i = 0; i < 200; i++) {
        struct probe_log log = {0};
        struct fb_join_handle handle;
        pthread_t thread;

        assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), &handle),
                         0);
        assert_int_equal(fb_run_until_stalled(w->rt), 1);
        assert_int_equal(pthread_create(&thread, NULL, drop_it, &log.kept), 0);
        assert_int_equal(fb_run(w->rt), -EDEADLK);
        pthread_join(thread, NULL);
        fb_task_abort(&handle);
        fb_task_detach(&handle);
        assert_int_equal(fb_run(w->rt), 0);
    }
}

// contract 7
static void a_wake_that_uses_the_last_waker_up_is_no_stall(void **state) {
    struct world *w = *state;

    for (int i = 0; i < 500; i++) {
        struct probe_log log = {0};
        pthread_t thread;

        assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
        assert_int_equal(fb_run_until_stalled(w->rt), 1);
        assert_int_equal(pthread_create(&thread, NULL, wake_it, &log.kept), 0);
        assert_int_equal(fb_run(w->rt), 0);
        pthread_join(thread, NULL);
        assert_int_equal(log.polls, 2);
    }
}

// A thread between its wake and the door: the waker is gone, the task is
// scheduled, and in no queue yet. Seen from the executor, frame by frame.
static struct {
    struct fb_task *task;
    int (*wait)(int epoll, struct epoll_event *events, int max,
                int64_t timeout_ns);
    bool parked;
} half_way;

static int arrive_while_parked(int epoll, struct epoll_event *events, int max,
                               int64_t timeout_ns) {
    if (timeout_ns < 0 && !half_way.parked) {
        half_way.parked = true;
        fb__door_leave(half_way.task->door, half_way.task);
    }
    return half_way.wait(epoll, events, max, timeout_ns);
}

// contract 7
static void a_wake_on_its_way_to_the_door_is_no_stall(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_task *task;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    task = half_way.task = fb__waker_task(&log.kept);
    half_way.wait = fb__sys.epoll_wait;
    half_way.parked = false;
    fb__sys.epoll_wait = arrive_while_parked;
    assert_int_equal(fb__state_wake_by_ref(&task->state), FB__WAKE_ENQUEUE);
    task->outside--;
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(half_way.parked);
    assert_int_equal(log.polls, 2);
    task->outside++;
    fb_waker_drop(&log.kept);
}

// Only what other threads may have pays for them: a task is shared before
// something that names it is given away, and not else.
static void a_task_is_shared_with_what_can_name_it(void **state) {
    struct world *w = *state;
    struct probe_log quiet = {0}, handled = {0}, kept = {0}, member = {0};
    struct fb_join_handle handle;
    struct fb_join_set set;

    fb_join_set_init(&set, w->rt);
    assert_int_equal(FB_SPAWN(w->rt, probe(&quiet, 9, PROBE_SELF), NULL), 0);
    assert_false(fb__state_shared(&w->rt->all_last->state));
    assert_int_equal(FB_SPAWN(w->rt, probe(&handled, 9, PROBE_SELF), &handle),
                     0);
    assert_true(fb__state_shared(&w->rt->all_last->state));
    fb_task_detach(&handle);
    assert_true(fb__state_shared(&w->rt->all_last->state));
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, probe(&member, 9, PROBE_SELF)), 0);
    assert_false(fb__state_shared(&w->rt->all_last->state));
    assert_int_equal(FB_SPAWN(w->rt, probe(&kept, 1, PROBE_KEEP), NULL), 0);
    assert_false(fb__state_shared(&w->rt->all_last->state));
    assert_true(fb_run_until_stalled(w->rt) > 0);
    assert_true(fb__state_shared(&fb__waker_task(&kept.kept)->state));
    fb_waker_drop(&kept.kept);
    fb_join_set_deinit(&set);
    world_end(w); // before the logs go
}

// ---- the end of the runtime ----

// contract 9
static void wakers_outlive_the_runtime_on_another_thread(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct fb_waker other;

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    other = fb_waker_clone(&log.kept);
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    on_thread(wake_by_ref_twice, &log.kept);
    on_thread(wake_it, &log.kept);
    on_thread(drop_it, &other);
    assert_int_equal(log.polls, 1);
    assert_int_equal(log.drops, 1);
    fb_trace_close(&w->trace, false);
}

// contract 15
static void the_last_waker_of_a_zombie_may_go_on_a_thread(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    fb_waker_wake_by_ref(&log.kept);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 1);
    world_skip(w);
    on_thread(drop_it, &log.kept);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 1); // its lists are its own
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
    assert_int_equal(world_count(w, FB_EV_TASK_FREE, -1), 1);
}

// contract 9, contract 15
static void destroy_races_with_the_last_waker_on_a_thread(void **state) {
    struct world *w = *state;

    for (int i = 0; i < 600; i++) {
        struct probe_log zombie = {0}, live = {0};
        pthread_t threads[2];

        world_begin(w, (struct fb_runtime_options){.virtual_clock = true});
        assert_int_equal(FB_SPAWN(w->rt, probe(&zombie, 1, PROBE_KEEP), NULL),
                         0);
        assert_int_equal(fb_run_until_stalled(w->rt), 1);
        fb_waker_wake_by_ref(&zombie.kept);
        assert_int_equal(FB_SPAWN(w->rt, probe(&live, -1, PROBE_KEEP), NULL),
                         0);
        assert_true(fb_run_until_stalled(w->rt) >= 2);
        assert_int_equal(
            pthread_create(&threads[0], NULL, drop_it, &zombie.kept), 0);
        assert_int_equal(pthread_create(&threads[1], NULL,
                                        i % 2 ? drop_it : wake_it, &live.kept),
                         0);
        fb_runtime_destroy(w->rt);
        w->rt = NULL;
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        assert_int_equal(live.drops, 1);
        fb_trace_close(&w->trace, false);
    }
}

// A runtime made here, run and ended there; its wakers stay here.
static void *run_and_end(void *arg) {
    struct world *w = arg;

    if (fb_run_until_stalled(w->rt) == 1) {
        fb_runtime_destroy(w->rt);
        w->rt = NULL;
    }
    return NULL;
}

static void a_runtime_may_be_run_and_ended_on_another_thread(void **state) {
    struct world *w = *state;

    for (int i = 0; i < 200; i++) {
        struct probe_log log = {0};
        pthread_t thread;

        world_begin(w, (struct fb_runtime_options){.virtual_clock = true});
        assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), NULL),
                         0);
        assert_int_equal(pthread_create(&thread, NULL, run_and_end, w), 0);
        pthread_join(thread, NULL);
        assert_null(w->rt);
        assert_int_equal(log.drops, 1);
        fb_trace_close(&w->trace, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(no_wake_from_a_thread_is_lost_in_100000_rounds),
        WORLD_TEST(wakes_by_reference_from_four_threads_reach_the_last_count),
        WORLD_TEST(a_wake_by_a_thread_during_the_poll_requeues_once),
        WORLD_TEST_EXACT(an_abort_by_a_thread_during_the_poll_drops_after_it),
        WORLD_TEST_EXACT(an_abort_by_a_thread_drops_on_the_executors_turn),
        WORLD_TEST(an_abort_by_a_thread_unparks_the_executor),
        WORLD_TEST(an_interrupt_by_a_thread_ends_a_parked_run),
        WORLD_TEST(the_last_waker_dropped_by_a_thread_is_a_stall),
        WORLD_TEST(a_wake_that_uses_the_last_waker_up_is_no_stall),
        WORLD_TEST(a_wake_on_its_way_to_the_door_is_no_stall),
        WORLD_TEST_EXACT(a_task_is_shared_with_what_can_name_it),
        WORLD_TEST(wakers_outlive_the_runtime_on_another_thread),
        WORLD_TEST(the_last_waker_of_a_zombie_may_go_on_a_thread),
        WORLD_TEST(destroy_races_with_the_last_waker_on_a_thread),
        WORLD_TEST(a_runtime_may_be_run_and_ended_on_another_thread),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
