// What may happen while something ends: in destructors, in wakes that close
// what woke them, and to those who come when it is over.
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// ---- destructors ----

static void fail_it(struct probe_log *log, struct fb_context *cx) {
    if (log->polls == 2) {
        fb_context_fail(cx, "enough");
    }
}

static void wake_it_and_the_other(struct probe_log *log) {
    struct probe_log *other = log->arg;

    fb_waker_wake(&log->kept);
    fb_waker_wake(&other->kept);
}

// peer tokio/rt_basic.wake_in_drop
static void what_a_failed_task_wakes_in_its_drop_runs(void **state) {
    struct world *w = *state;
    struct probe_log other = {0};
    struct probe_log failing = {
        .on_poll = fail_it, .on_drop = wake_it_and_the_other, .arg = &other};

    world_mistake(w, FB_LINT_UNJOINED_TASK);
    assert_int_equal(FB_SPAWN(w->rt, probe(&failing, 5, PROBE_KEEP), NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, probe(&other, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(world_settle(w), 2);
    fb_waker_wake_by_ref(&failing.kept);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(failing.polls, 2);
    assert_int_equal(failing.drops, 1);
    assert_int_equal(other.polls, 2);
}

struct treasury {
    struct fb_mutex mutex;
    struct fb_mutex_guard guard;
    struct fb_runtime *rt;
    struct probe_log *heir;
    int locked;
};

static void lock_and_spawn(struct probe_log *log) {
    struct treasury *t = log->arg;

    t->locked += fb_mutex_try_lock(&t->mutex, &t->guard) == 0;
    assert_int_equal(FB_SPAWN(t->rt, probe_ready(t->heir, 0), NULL), 0);
    fb_mutex_unlock(&t->guard);
}

// peer tokio/rt_basic.drop_at_shutdown
static void destructors_lock_and_spawn_while_the_runtime_ends(void **state) {
    struct world *w = *state;
    struct probe_log heir = {0};
    struct treasury t = {.rt = w->rt, .heir = &heir};
    struct probe_log logs[3] = {{0}};

    world_mistake(w, FB_LINT_LOST_WAKE);
    fb_mutex_init(&t.mutex, w->rt);
    for (int i = 0; i < 3; i++) {
        logs[i].on_drop = lock_and_spawn;
        logs[i].arg = &t;
        assert_int_equal(
            FB_SPAWN(w->rt, probe(&logs[i], -1, PROBE_SILENT), NULL), 0);
    }
    assert_int_equal(world_settle(w), 3);
    world_end(w);
    assert_int_equal(t.locked, 3);
    assert_int_equal(heir.polls, 0);
    assert_int_equal(heir.drops, 3);
    fb_mutex_deinit(&t.mutex);
}

struct witness {
    struct fb_runtime *rt;
    uint32_t polled, dropped;
};

static void note_in_poll(struct probe_log *log, struct fb_context *cx) {
    struct witness *witness = log->arg;

    witness->polled = fb_runtime_current_task(cx->runtime);
}

static void note_in_drop(struct probe_log *log) {
    struct witness *witness = log->arg;

    witness->dropped = fb_runtime_current_task(witness->rt);
}

// Done, aborted before and after its first poll, ended with the runtime: four
// lives, told apart by the pendings of their future.
// peer tokio/task_id
static void a_task_is_known_in_its_polls_and_drops(void **state) {
    struct world *w = *state;
    const int pendings[] = {0, 0, -1, -1};
    struct witness witnesses[4];
    struct probe_log logs[4] = {{0}};
    struct fb_join_handle handles[4];

    world_mistake(w, FB_LINT_LOST_WAKE);
    assert_int_equal(fb_runtime_current_task(w->rt), 0);
    for (int i = 0; i < 4; i++) {
        witnesses[i] = (struct witness){.rt = w->rt};
        logs[i] = (struct probe_log){.on_poll = note_in_poll,
                                     .on_drop = note_in_drop,
                                     .arg = &witnesses[i]};
        assert_int_equal(FB_SPAWN(w->rt,
                                  probe(&logs[i], pendings[i], PROBE_SILENT),
                                  &handles[i]),
                         0);
    }
    fb_task_abort(&handles[1]);
    assert_int_equal(world_settle(w), 3);
    fb_task_abort(&handles[2]);
    assert_int_equal(world_settle(w), 0);
    assert_int_equal(fb_runtime_current_task(w->rt), 0);
    world_end(w);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(witnesses[i].polled, i == 1 ? 0 : i + 1);
        assert_int_equal(witnesses[i].dropped, i + 1);
        assert_int_equal(fb_task_id(&handles[i]), i + 1);
        fb_task_detach(&handles[i]);
    }
}

// Polls a future of its own, by hand, while it is dropped.
struct late {
    struct world *w;
    struct probe inner;
    struct counter counter;
    enum fb_poll result;
};

static void poll_in_drop(struct probe_log *log) {
    struct late *late = log->arg;
    struct fb_waker waker = counter_waker(&late->counter);
    struct fb_context cx = hand_context(late->w, &waker);

    late->result = fb_future_poll(&late->inner.future, &cx);
    fb_future_drop(&late->inner.future);
}

// peer async-backtrace/poll_in_drop, peer futures/future_shared
static void a_future_may_be_polled_while_another_is_dropped(void **state) {
    struct world *w = *state;
    struct probe_log inner = {0};
    struct late late = {.w = w, .inner = probe_ready(&inner, 0)};
    struct probe_log outer = {.on_drop = poll_in_drop, .arg = &late};

    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&outer, 0), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(late.result, FB_READY);
    assert_int_equal(inner.polls, 1);
    assert_int_equal(inner.drops, 1);
}

// ---- those who come when it is over ----

// peer embassy/respawn
static void the_waker_of_an_ended_task_wakes_no_other(void **state) {
    struct world *w = *state;
    struct probe_log old = {0}, young = {0};

    world_mistake(w, FB_LINT_STALE_WAKER);
    assert_int_equal(FB_SPAWN(w->rt, probe(&old, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(world_settle(w), 1);
    fb_waker_wake_by_ref(&old.kept);
    assert_int_equal(fb_run(w->rt), 0);
    // the same future again: it would lie where the old one lay, were that free
    assert_int_equal(FB_SPAWN(w->rt, probe(&young, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(world_settle(w), 1);
    fb_waker_wake(&old.kept);
    assert_int_equal(world_settle(w), 0);
    assert_int_equal(young.polls, 1);
    fb_waker_wake(&young.kept);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(young.polls, 2);
    assert_int_equal(old.polls, 2);
}

// peer tokio/sync_mpsc.stored_waker
static void a_receiver_that_goes_gives_its_waker_back(void **state) {
    struct world *w = *state;
    struct counter c = {0};
    struct fb_waker waker = counter_waker(&c);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_mpsc_sender sender;
    struct fb_mpsc_receiver inbox;
    struct fb_mpsc_receive receive;
    char got;

    assert_int_equal(fb_mpsc_create(w->rt, (struct fb_values){.bytes = 1}, 1,
                                    &sender, &inbox),
                     0);
    receive = fb_mpsc_receive(&inbox, &got);
    assert_int_equal(fb_future_poll(&receive.future, &cx), FB_PENDING);
    assert_int_equal(c.clones, 1);
    assert_int_equal(c.drops, 0);
    fb_future_drop(&receive.future);
    fb_mpsc_receiver_close(&inbox);
    assert_int_equal(c.drops, 1); // though the channel is there still
    assert_int_equal(fb_mpsc_try_send(&sender, "x"), -EPIPE);
    fb_mpsc_sender_close(&sender);
    assert_int_equal(c.wakes, 0);
}

// ---- sources ----

static void open_pair(struct world *w, struct fb_source *near, int *far) {
    int fds[2];

    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
        0);
    assert_int_equal(
        fb_source_open(near, w->rt, seam_adopt(fds[0]), FB_SOURCE_STREAM), 0);
    *far = fds[1];
}

static void forget_readiness(const struct fb_source *source) {
    uint32_t tick = 0;

    (void)fb_source_ready(source, FB_READABLE, &tick);
    fb_source_clear(source, FB_READABLE | FB_WRITABLE, tick);
}

static void wait_with(struct world *w, const struct fb_source *source,
                      struct fb_waiter *waiter, struct meddler *meddler,
                      unsigned interest) {
    struct fb_waker waker = meddler_waker(meddler);
    struct fb_context cx = hand_context(w, &waker);

    assert_int_equal(fb_source_wait(source, waiter, &cx, interest), 0);
}

static void close_source(void *arg) {
    fb_source_close(arg);
}

// Whoever waits on the middle one of three sources closes it in its wake, be it
// woken by an event or by a close. A table damaged on the way shows in the two
// sources that come next.
static void close_in_wakes(struct world *w, bool by_event) {
    struct fb_source sources[5];
    int far[5];
    struct fb_waiter waiters[2];
    struct meddler meddlers[2];

    world_begin_order(w, FB_ORDER_FIFO, 0); // a table with no gaps
    memset(waiters, 0, sizeof waiters);
    for (int i = 0; i < 3; i++) {
        open_pair(w, &sources[i], &far[i]);
    }
    forget_readiness(&sources[1]);
    for (int i = 0; i < 2; i++) {
        meddlers[i] =
            (struct meddler){.on_wake = close_source, .arg = &sources[1]};
        wait_with(w, &sources[1], &waiters[i], &meddlers[i],
                  i == 0 ? FB_READABLE : FB_WRITABLE);
    }
    if (by_event) {
        assert_int_equal(write(far[1], "x", 1), 1);
        assert_int_equal(world_settle(w), 0);
    } else {
        fb_source_close(&sources[1]);
    }
    assert_int_equal(meddlers[0].wakes, 1);
    assert_int_equal(meddlers[1].wakes, 1);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 2);
    open_pair(w, &sources[3], &far[3]);
    open_pair(w, &sources[4], &far[4]);
    for (int i = 0; i < 5; i++) {
        assert_true((fb__reactor_entry(w->rt, &sources[i]) != NULL) ==
                    (i != 1));
        fb_source_close(&sources[i]);
        close(far[i]);
    }
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
}

// peer tokio/io_driver.closed_in_wake, peer libuv/poll_close
static void a_source_may_be_closed_inside_its_own_wake(void **state) {
    close_in_wakes(*state, true);
    close_in_wakes(*state, false);
}

struct reopening {
    struct world *w;
    struct fb_source *source;
    int far;
};

static void open_anew(void *arg) {
    struct reopening *r = arg;

    open_pair(r->w, r->source, &r->far);
}

// peer tokio/io_driver.closed_in_wake
static void a_wake_of_the_close_may_open_the_source_anew(void **state) {
    struct world *w = *state;
    struct fb_source source;
    struct reopening r = {.w = w, .source = &source};
    struct meddler meddler = {.on_wake = open_anew, .arg = &r};
    struct fb_waiter waiter = {0};
    int far;

    open_pair(w, &source, &far);
    forget_readiness(&source);
    wait_with(w, &source, &waiter, &meddler, FB_READABLE);
    fb_source_close(&source);
    assert_int_equal(meddler.wakes, 1);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 1); // the new one
    assert_non_null(fb__reactor_entry(w->rt, &source));
    fb_source_close(&source);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
    close(far);
    close(r.far);
}

// Owns the source that keeps its waker.
struct owner {
    struct fb_future future;
    int out;
    struct fb_unix_stream stream;
    char byte;
    struct fb_read read;
};

static enum fb_poll owner_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct owner *self = fb_container_of(future, struct owner, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->read, fb_unix_read(&self->stream, &self->byte, 1));
    FB_RETURN(self->read.out);
    FB_ASYNC_END;
}

static void owner_drop(struct fb_future *future) {
    fb_source_close(
        &fb_container_of(future, struct owner, future)->stream.source);
}

static struct fb_type owner_type =
    FB_TYPE(owner, .poll = owner_poll, .drop = owner_drop);

// peer tokio/io_driver.cycle
static void a_task_and_the_source_that_wakes_it_end_together(void **state) {
    struct world *w = *state;

    for (int i = 0; i < 2; i++) { // by the end of the runtime, and by an abort
        struct owner o = {.future.type = &owner_type};
        struct fb_unix_stream ends[2];
        struct fb_join_handle handle;

        world_begin_order(w, FB_ORDER_FIFO, 0);
        assert_int_equal(fb_unix_pair(w->rt, ends), 0);
        o.stream = ends[0];
        assert_int_equal(FB_SPAWN(w->rt, o, &handle), 0);
        assert_int_equal(world_settle(w), 1);
        assert_int_equal(fb_runtime_stats(w->rt).sources, 2);
        if (i == 1) {
            fb_task_abort(&handle);
            assert_int_equal(world_settle(w), 0);
            assert_int_equal(fb_runtime_stats(w->rt).sources, 1);
        }
        fb_task_detach(&handle);
        fb_source_close(&ends[1].source);
        fb_runtime_destroy(w->rt); // asserts that no source is left
        w->rt = NULL;
        world_judge(w, true);
        fb_trace_close(&w->trace, false);
        assert_int_equal(seam.bytes_blocks, 0);
        assert_int_equal(seam.descriptors, 0);
    }
}

// peer fuchsia/packets
static void no_source_ever_has_the_number_of_another(void **state) {
    struct world *w = *state;
    struct fb_source source, stays;
    uint32_t last = 0;
    int far, far_stays;

    open_pair(w, &stays, &far_stays);
    last = stays.id;
    for (int i = 0; i < 1000; i++) {
        const struct fb_source before = i > 0 ? source : stays;

        open_pair(w, &source, &far);
        assert_int_equal(source.id, last + 1);
        if (i > 0) {
            assert_null(fb__reactor_entry(w->rt, &before));
        }
        last = source.id;
        {
            struct fb_source copy = source; // a token that outlives it

            fb_source_close(&source);
            source = copy;
        }
        close(far);
    }
    fb_source_close(&stays);
    close(far_stays);
}

// peer tokio/io_async_fd.matching_bits
static void only_the_bits_that_are_named_are_cleared(void **state) {
    struct world *w = *state;
    struct fb_source source;
    uint32_t tick = 0;
    int far;

    open_pair(w, &source, &far);
    assert_int_equal(fb_source_ready(&source, FB_READABLE | FB_WRITABLE, &tick),
                     FB_READABLE | FB_WRITABLE);
    fb_source_clear(&source, FB_READABLE, tick);
    assert_int_equal(fb_source_ready(&source, FB_READABLE | FB_WRITABLE, &tick),
                     FB_WRITABLE);
    fb_source_clear(&source, FB_WRITABLE, tick);
    assert_int_equal(fb_source_ready(&source, FB_READABLE | FB_WRITABLE, &tick),
                     0);
    fb_source_close(&source);
    close(far);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(what_a_failed_task_wakes_in_its_drop_runs),
        WORLD_TEST_EXACT(destructors_lock_and_spawn_while_the_runtime_ends),
        WORLD_TEST_EXACT(a_task_is_known_in_its_polls_and_drops),
        WORLD_TEST(a_future_may_be_polled_while_another_is_dropped),
        WORLD_TEST_EXACT(the_waker_of_an_ended_task_wakes_no_other),
        WORLD_TEST(a_receiver_that_goes_gives_its_waker_back),
        WORLD_TEST(a_source_may_be_closed_inside_its_own_wake),
        WORLD_TEST(a_wake_of_the_close_may_open_the_source_anew),
        WORLD_TEST_EXACT(a_task_and_the_source_that_wakes_it_end_together),
        WORLD_TEST(no_source_ever_has_the_number_of_another),
        WORLD_TEST(only_the_bits_that_are_named_are_cleared),
    };

    return cmocka_run_group_tests_name("endings", tests, NULL, NULL);
}
