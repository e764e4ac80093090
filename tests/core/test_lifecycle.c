// Beginnings and ends: a thousand runtimes, and what a shutdown drops.
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static int open_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

// Whatever lay there before.
static void memory_is_zeroed_at_every_size(void **state) {
    (void)state;
    for (size_t bytes = 1; bytes < 3000; bytes += bytes < 300 ? 1 : 77) {
        for (int again = 0; again < 3; again++) {
            unsigned char *memory = fb__sys_real.alloc(bytes);

            assert_non_null(memory);
            for (size_t i = 0; i < bytes; i++) {
                assert_int_equal(memory[i], 0);
                memory[i] = 0xa5;
            }
            __asm__ volatile("" : : "r"(memory) : "memory"); // it is written
            fb__sys_real.free(memory);
        }
    }
}

// contract 34
// peer tokio/task.create_and_drop
static void a_thousand_runtimes_leave_nothing_behind(void **state) {
    const int before = open_descriptors();
    const long blocks = seam.bytes_blocks, descriptors = seam.descriptors;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const struct fb_runtime_options options = {.virtual_clock = true};
        struct probe_log logs[3] = {{0}};
        struct fb_runtime *rt;

        assert_int_equal(fb_runtime_create(&options, &rt), 0);
        assert_int_equal(FB_SPAWN(rt, probe_ready(&logs[0], 0), NULL), 0);
        assert_int_equal(FB_SPAWN(rt, probe(&logs[1], -1, PROBE_SILENT), NULL),
                         0);
        if (i % 2 == 0) {
            assert_int_equal(fb_run_until_stalled(rt), 2);
        }
        assert_int_equal(FB_SPAWN(rt, fb_sleep(FB_S), NULL), 0);
        fb_runtime_destroy(rt);
        assert_int_equal(logs[0].drops, 1);
        assert_int_equal(logs[1].drops, 1);
        assert_int_equal(seam.bytes_blocks, blocks);
        assert_int_equal(seam.descriptors, descriptors);
    }
    assert_int_equal(open_descriptors(), before);
    fb_runtime_destroy(NULL); // legal
}

// contract 17, contract 33
// peer tokio/rt_common.teardown, peer tokio/task.shutdown_before_run
// peer async-executor/drop
static void shutdown_drops_every_future_once_in_any_state(void **state) {
    struct world *w = *state;
    struct probe_log unpolled = {0}, idle = {0}, queued = {0}, aborted = {0},
                     done = {0}, waiting = {0};
    struct fb_join_handle handles[2];

    world_mistake(w, FB_LINT_LOST_WAKE);
    assert_int_equal(FB_SPAWN(w->rt, probe(&idle, -1, PROBE_SILENT), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&queued, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(
        FB_SPAWN(w->rt, probe(&aborted, -1, PROBE_SILENT), &handles[0]), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&done, 0), &handles[1]), 0);
    assert_int_equal(FB_SPAWN(w->rt, fb_sleep(FB_S), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, fb_join_task(&handles[0]), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&waiting, 1, PROBE_SELF), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 8);
    fb_waker_wake(&queued.kept);
    assert_int_equal(fb_task_abort(&handles[0]), 1);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&unpolled, 0), NULL), 0);
    world_end(w);
    assert_int_equal(unpolled.polls, 0);
    assert_int_equal(unpolled.drops, 1);
    assert_int_equal(idle.drops, 1);
    assert_int_equal(queued.drops, 1);
    assert_int_equal(queued.polls, 1);
    assert_int_equal(aborted.drops, 1);
    assert_int_equal(done.drops, 1);
    assert_int_equal(waiting.drops, 1);
    // handles may be given up afterwards
    assert_int_equal(done.outputs_dropped, 0);
    fb_task_detach(&handles[0]);
    fb_task_detach(&handles[1]);
    assert_int_equal(done.outputs_dropped, 1);
}

// ---- destructors that act ----

struct heir {
    struct fb_runtime *rt;
    struct probe_log *log;
    int generations;
    int refused;
};

static void spawn_heir(struct probe_log *log) {
    struct heir *heir = log->arg;

    if (heir->generations-- > 0) {
        heir->refused += FB_SPAWN(heir->rt, probe_ready(log, 0), NULL) < 0;
    }
}

// contract 33
// peer tokio/rt_basic.drop_at_shutdown, peer tokio/task.spawn_during_shutdown
// peer fuchsia/spawned_by_destructor
static void what_destructors_spawn_is_dropped_unpolled(void **state) {
    struct world *w = *state;
    struct heir heir = {.rt = w->rt, .generations = 5};
    struct probe_log log = {.on_drop = spawn_heir, .arg = &heir};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    world_end(w);
    assert_int_equal(heir.refused, 0);
    assert_int_equal(log.polls, 1);
    assert_int_equal(log.drops, 1 + 5);
}

static void detach_its_handle(struct probe_log *log) {
    fb_task_detach(log->arg);
}

// The end walks from task to task: the zombie behind the one that it cancels
// is gone with that one's handle.
// contract 33
static void a_destructor_may_free_the_next_task(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct probe_log holder = {.on_drop = detach_its_handle, .arg = &handle};
    struct probe_log zombie = {0}, last = {0};

    world_mistake(w, FB_LINT_LOST_WAKE);
    assert_int_equal(FB_SPAWN(w->rt, probe(&holder, -1, PROBE_SILENT), NULL),
                     0);
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&zombie, 0), &handle), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&last, -1, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 3);
    world_end(w);
    assert_int_equal(holder.drops, 1);
    assert_int_equal(zombie.outputs_dropped, 1);
    assert_int_equal(last.drops, 1);
}

static void wake_other(struct probe_log *log) {
    struct probe_log *other = log->arg;

    fb_waker_wake(&other->kept);
}

// contract 33
// peer tokio/rt_common.drops_wake_each_other
static void destructors_that_wake_each_other_end(void **state) {
    struct world *w = *state;
    struct probe_log a = {.on_drop = wake_other},
                     b = {.on_drop = wake_other, .arg = &a};

    world_mistake(w, FB_LINT_STALE_WAKER);
    a.arg = &b;
    assert_int_equal(FB_SPAWN(w->rt, probe(&a, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&b, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 2);
    world_end(w);
    assert_int_equal(a.drops, 1);
    assert_int_equal(b.drops, 1);
    assert_int_equal(a.polls + b.polls, 2);
}

// Holds handles of each other's tasks and its own waker: a cycle that only the
// end of the runtime breaks.
struct knot {
    struct fb_future future;
    int out;
    struct fb_join_handle *mine;
    struct fb_join_handle *other;
    struct fb_waker own;
    int *drops;
};

static enum fb_poll knot_poll(struct fb_future *future, struct fb_context *cx) {
    struct knot *self = fb_container_of(future, struct knot, future);

    fb_waker_drop(&self->own);
    self->own = fb_waker_clone(cx->waker);
    return FB_PENDING;
}

static void knot_drop(struct fb_future *future) {
    struct knot *self = fb_container_of(future, struct knot, future);

    ++*self->drops;
    if (self->other->task != NULL) {
        fb_task_abort(self->other);
        fb_task_detach(self->other);
    }
    fb_waker_wake(&self->own);
}

static struct fb_type knot_type =
    FB_TYPE(knot, .poll = knot_poll, .drop = knot_drop);

// contract 33
// peer tokio/rt_handle.cycle
static void cycles_of_references_are_broken_by_the_end(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[2];
    int drops = 0;

    for (int i = 0; i < 2; i++) {
        struct knot knot = {.future.type = &knot_type,
                            .mine = &handles[i],
                            .other = &handles[1 - i],
                            .drops = &drops};

        assert_int_equal(FB_SPAWN(w->rt, knot, &handles[i]), 0);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 2);
    world_end(w);
    assert_int_equal(drops, 2);
    assert_null(handles[0].task);
    assert_null(handles[1].task);
}

static void run_again(struct probe_log *log) {
    struct heir *heir = log->arg;

    heir->refused = fb_run(heir->rt);
}

static void a_destructor_cannot_run_the_runtime_that_ends(void **state) {
    struct world *w = *state;
    struct heir heir = {.rt = w->rt};
    struct probe_log log = {.on_drop = run_again, .arg = &heir};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_SILENT), NULL), 0);
    world_end(w);
    assert_int_equal(heir.refused, -EBUSY);
    assert_int_equal(log.polls, 0);
}

static void destroy_own(struct probe_log *log, struct fb_context *cx) {
    (void)log;
    fb_runtime_destroy(cx->runtime);
}

static void run_destroyer(void *arg) {
    struct world *w = arg;
    struct probe_log log = {.on_poll = destroy_own};
    struct probe p = probe_ready(&log, 0);

    (void)!fb_block_on(w->rt, &p.future);
}

// peer tokio/task_panic
static void destroying_a_runtime_from_inside_a_poll_aborts(void **state) {
    expect_death(run_destroyer, *state,
                 "a runtime is not destroyed from inside a poll");
}

// A handle kept beyond the runtime still tells how its task ended.
// peer async-executor/output_after
static void a_result_is_readable_after_the_runtime(void **state) {
    struct world *w = *state;
    struct probe_log done = {0}, cut = {0};
    struct fb_join_handle handles[2];
    struct fb_join_result result;

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&done, 12), &handles[0]), 0);
    assert_int_equal(
        FB_SPAWN(w->rt, probe(&cut, -1, PROBE_SILENT), &handles[1]), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 2);
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    assert_true(fb_task_result(&handles[0], &result));
    assert_int_equal(result.out, 12);
    assert_true(fb_task_result(&handles[1], &result));
    assert_int_equal(result.outcome, FB_OUTCOME_CANCELLED);
    assert_int_equal(fb_task_abort(&handles[1]), 0);
    fb_task_detach(&handles[0]);
    fb_task_detach(&handles[1]);
    fb_trace_close(&w->trace, false);
}

static void two_runtimes_on_one_thread_take_turns(void **state) {
    struct world *w = *state;
    const struct fb_runtime_options options = {.virtual_clock = true};
    struct fb_runtime *other;
    struct probe_log logs[2] = {{0}};

    assert_int_equal(fb_runtime_create(&options, &other), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&logs[0], 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(FB_SPAWN(other, probe(&logs[1], 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_run_until_stalled(other), 1);
    fb_waker_wake(&logs[0].kept); // of the one that ran before
    fb_waker_wake(&logs[1].kept);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_run(other), 0);
    assert_int_equal(logs[0].polls + logs[1].polls, 4);
    fb_runtime_destroy(other);
}

// peer libuv/loop_alive
static void a_run_lasts_as_long_as_a_task_lives(void **state) {
    struct world *w = *state;
    struct fb_unix_stream ends[2];
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_sleep nap = fb_sleep(FB_S);

    // Neither an open source nor an armed timer is something to wait for.
    assert_int_equal(fb_unix_pair(w->rt, ends), 0);
    assert_int_equal(fb_future_poll(&nap.future, &cx), FB_PENDING);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 0);
    assert_int_equal(c.wakes, 0);
    // A task is, until it has ended.
    assert_int_equal(FB_SPAWN(w->rt, fb_sleep(2 * FB_S), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 2 * FB_S);
    assert_int_equal(c.wakes, 1);
    fb_future_drop(&nap.future);
    fb_source_close(&ends[0].source);
    fb_source_close(&ends[1].source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_at_every_size),
        WORLD_TEST_EXACT(a_thousand_runtimes_leave_nothing_behind),
        WORLD_TEST_EXACT(shutdown_drops_every_future_once_in_any_state),
        WORLD_TEST(what_destructors_spawn_is_dropped_unpolled),
        WORLD_TEST_EXACT(a_destructor_may_free_the_next_task),
        WORLD_TEST_EXACT(destructors_that_wake_each_other_end),
        WORLD_TEST_EXACT(cycles_of_references_are_broken_by_the_end),
        WORLD_TEST(a_destructor_cannot_run_the_runtime_that_ends),
        WORLD_TEST(destroying_a_runtime_from_inside_a_poll_aborts),
        WORLD_TEST_EXACT(a_result_is_readable_after_the_runtime),
        WORLD_TEST(two_runtimes_on_one_thread_take_turns),
        WORLD_TEST(a_run_lasts_as_long_as_a_task_lives),
    };

    return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
