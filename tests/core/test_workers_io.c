// Timers, sockets and blocking work of tasks on several workers: one worker
// listens to the kernel for all, and none misses what it said.
//
// Polls never assert; the test looks when all is over.
#include "probe.h"

#include "fishbowl/blocking.h"
#include "fishbowl/tcp.h"
#include "fishbowl/unix.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

// ---- timers ----

struct napper {
    struct fb_future future;
    int out;
    int rounds, i, early;
    uint64_t until_ns;
    struct fb_sleep sleep;
};

static enum fb_poll napper_poll(struct fb_future *f, struct fb_context *cx) {
    struct napper *self = fb_container_of(f, struct napper, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < self->rounds; self->i++) {
        for (int k = 0; k < self->i % 16; k++) {
            sched_yield(); // meanwhile another worker has gone to sleep
        }
        self->until_ns = fb_runtime_now_ns(cx->runtime) + 50000;
        FB_AWAIT(self->sleep, fb_sleep_until(self->until_ns));
        self->early += fb_runtime_now_ns(cx->runtime) < self->until_ns;
    }
    FB_RETURN(self->early);
    FB_ASYNC_END;
}

static struct fb_type napper_type = FB_TYPE(napper, .poll = napper_poll);

// Each timer is earlier than the hour that the reactor sleeps for: it is woken
// by whoever sets it, or the test never ends.
static void a_timer_set_while_another_worker_sleeps_fires(void **state) {
    struct world *w = *state;

    for (uint32_t workers = 2; workers <= 4; workers++) {
        struct fb_join_handle hour;
        struct napper n = {.future.type = &napper_type, .rounds = 300};

        world_begin_workers(w, workers, true);
        assert_int_equal(FB_SPAWN(w->rt, fb_sleep(3600 * FB_S), &hour), 0);
        assert_int_equal(fb_block_on(w->rt, &n.future), 0);
        assert_int_equal(n.out, 0);
        fb_task_abort(&hour);
        fb_task_detach(&hour);
        assert_int_equal(fb_run(w->rt), 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    }
}

static void many_timers_fire_and_none_early(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[60] = {{0}};

    world_begin_workers(w, 3, true);
    for (int i = 0; i < 60; i++) {
        struct napper n = {.future.type = &napper_type, .rounds = 20};

        assert_int_equal(FB_SPAWN(w->rt, n, &handles[i]), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 60; i++) {
        struct fb_join_result result;

        assert_true(fb_task_result(&handles[i], &result));
        assert_int_equal(result.out, 0);
        fb_task_detach(&handles[i]);
    }
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// ---- sockets ----

enum { TALKS = 16, BYTES = 400 };

struct talker {
    struct fb_future future;
    int out;
    struct fb_unix_stream stream; // owned
    bool begins;
    int i, wrong;
    char said, heard;
    union {
        struct fb_read read;
        struct fb_write_all write;
    };
};

static enum fb_poll talker_poll(struct fb_future *f, struct fb_context *cx) {
    struct talker *self = fb_container_of(f, struct talker, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < BYTES; self->i++) {
        self->said = (char)self->i;
        if (self->begins) {
            FB_AWAIT_TRY(self->write,
                         fb_unix_write_all(&self->stream, &self->said, 1));
        }
        FB_AWAIT_TRY(self->read, fb_unix_read(&self->stream, &self->heard, 1));
        self->wrong += self->read.out != 1 || self->heard != self->said;
        if (!self->begins) {
            FB_AWAIT_TRY(self->write,
                         fb_unix_write_all(&self->stream, &self->said, 1));
        }
    }
    FB_RETURN(self->wrong == 0 ? 0 : -EPROTO);
    FB_ASYNC_END;
}

static void talker_drop(struct fb_future *f) {
    fb_unix_close(&fb_container_of(f, struct talker, future)->stream);
}

static struct fb_type talker_type =
    FB_TYPE(talker, .poll = talker_poll, .drop = talker_drop);

static void each_byte_comes_back_between_tasks_of_all_workers(void **state) {
    struct world *w = *state;

    for (uint32_t workers = 2; workers <= 4; workers += 2) {
        struct fb_join_handle handles[2 * TALKS] = {{0}};

        world_begin_workers(w, workers, true);
        for (int i = 0; i < TALKS; i++) {
            struct fb_unix_stream ends[2];

            assert_int_equal(fb_unix_pair(w->rt, ends), 0);
            for (int k = 0; k < 2; k++) {
                struct talker t = {.future.type = &talker_type,
                                   .stream = ends[k],
                                   .begins = k == 0};

                assert_int_equal(FB_SPAWN(w->rt, t, &handles[2 * i + k]), 0);
            }
        }
        assert_int_equal(fb_run(w->rt), 0);
        for (int i = 0; i < 2 * TALKS; i++) {
            struct fb_join_result result;

            assert_true(fb_task_result(&handles[i], &result));
            assert_int_equal(result.out, 0);
            fb_task_detach(&handles[i]);
        }
        assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
    }
}

// A worker is inside a poll that lasts until another task has read what comes
// from outside: the kernel is heard meanwhile.
struct lull {
    _Atomic bool begun, heard;
    int fd, missed;
    pthread_t thread;
};

static void *write_once_begun(void *arg) {
    struct lull *l = arg;

    while (!l->begun) {
        sched_yield();
    }
    l->missed += write(l->fd, "x", 1) != 1;
    return NULL;
}

struct hearer {
    struct fb_future future;
    int out;
    struct lull *lull;
    struct fb_unix_stream *stream;
    char byte;
    struct fb_read read;
};

static enum fb_poll hearer_poll(struct fb_future *f, struct fb_context *cx) {
    struct hearer *self = fb_container_of(f, struct hearer, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->read, fb_unix_read(self->stream, &self->byte, 1));
    self->lull->heard = true;
    FB_RETURN(self->read.out);
    FB_ASYNC_END;
}

static struct fb_type hearer_type = FB_TYPE(hearer, .poll = hearer_poll);

struct sleeper { // sleeps, then stays inside one poll
    struct fb_future future;
    int out;
    struct lull *lull;
    struct fb_sleep sleep;
};

static enum fb_poll sleeper_poll(struct fb_future *f, struct fb_context *cx) {
    struct sleeper *self = fb_container_of(f, struct sleeper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->sleep, fb_sleep(200000)); // both workers are idle by then
    self->lull->begun = true;
    for (int i = 0; i < 20000000 && !self->lull->heard; i++) {
        sched_yield();
    }
    FB_RETURN(self->lull->heard ? 0 : -ETIME);
    FB_ASYNC_END;
}

static struct fb_type sleeper_type = FB_TYPE(sleeper, .poll = sleeper_poll);

static void the_kernel_is_heard_while_a_worker_is_in_a_long_poll(void **state) {
    struct world *w = *state;

    for (int round = 0; round < 100; round++) {
        struct fb_unix_stream ends[2];
        struct lull l = {.fd = -1};
        struct hearer h = {
            .future.type = &hearer_type, .lull = &l, .stream = &ends[0]};
        struct sleeper s = {.future.type = &sleeper_type, .lull = &l};

        world_begin_workers(w, 2, true);
        assert_int_equal(fb_unix_pair(w->rt, ends), 0);
        l.fd = ends[1].source.fd;
        assert_int_equal(FB_SPAWN(w->rt, h, NULL), 0);
        assert_int_equal(pthread_create(&l.thread, NULL, write_once_begun, &l),
                         0);
        assert_int_equal(fb_block_on(w->rt, &s.future), 0);
        pthread_join(l.thread, NULL);
        assert_int_equal(s.out, 0);
        assert_int_equal(l.missed, 0);
        assert_int_equal(fb_run(w->rt), 0);
        fb_unix_close(&ends[0]);
        fb_unix_close(&ends[1]);
    }
}

// One task reads, another one closes under its hands: it is told, and never
// reads from a descriptor that has got that number since.
struct reader {
    struct fb_future future;
    int out;
    struct fb_unix_stream *stream;
    char byte;
    struct fb_read read;
};

static enum fb_poll reader_poll(struct fb_future *f, struct fb_context *cx) {
    struct reader *self = fb_container_of(f, struct reader, future);

    FB_ASYNC(self, cx);
    do {
        FB_AWAIT(self->read, fb_unix_read(self->stream, &self->byte, 1));
    } while (self->read.out > 0);
    FB_RETURN(self->read.out);
    FB_ASYNC_END;
}

static struct fb_type reader_type = FB_TYPE(reader, .poll = reader_poll);

struct closer {
    struct fb_future future;
    int out;
    struct fb_unix_stream *ends;
    int i;
    union {
        struct fb_write_all write;
        struct fb_yield yield;
    };
};

static enum fb_poll closer_poll(struct fb_future *f, struct fb_context *cx) {
    struct closer *self = fb_container_of(f, struct closer, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < 5; self->i++) {
        FB_AWAIT_TRY(self->write, fb_unix_write_all(&self->ends[1], "x", 1));
        FB_AWAIT(self->yield, fb_yield());
    }
    fb_unix_close(&self->ends[0]);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type closer_type = FB_TYPE(closer, .poll = closer_poll);

static void closing_waits_for_a_call_of_another_worker(void **state) {
    struct world *w = *state;

    world_begin_workers(w, 3, true);
    for (int round = 0; round < 300; round++) {
        struct fb_unix_stream ends[2];
        struct reader r = {.future.type = &reader_type, .stream = &ends[0]};
        struct closer c = {.future.type = &closer_type, .ends = ends};
        struct fb_join_handle handle;
        struct fb_join_result result;

        assert_int_equal(fb_unix_pair(w->rt, ends), 0);
        assert_int_equal(FB_SPAWN(w->rt, r, &handle), 0);
        assert_int_equal(FB_SPAWN(w->rt, c, NULL), 0);
        assert_int_equal(fb_run(w->rt), 0);
        assert_true(fb_task_result(&handle, &result));
        assert_int_equal(result.out, -EBADF);
        fb_task_detach(&handle);
        fb_unix_close(&ends[1]);
    }
}

// ---- work on the pool's threads ----

static int add_one(void *args) {
    return ++*(int *)args;
}

struct worker {
    struct fb_future future;
    int out;
    int i, number;
    struct fb_blocking work;
};

static enum fb_poll worker_poll(struct fb_future *f, struct fb_context *cx) {
    struct worker *self = fb_container_of(f, struct worker, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < 30; self->i++) {
        FB_AWAIT_TRY(self->work,
                     fb_spawn_blocking(cx->runtime, add_one, NULL,
                                       &self->number, sizeof self->number));
    }
    FB_RETURN(self->number);
    FB_ASYNC_END;
}

static struct fb_type worker_type = FB_TYPE(worker, .poll = worker_poll);

static void blocking_work_comes_back_to_whichever_worker(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[20] = {{0}};

    world_begin_workers(w, 3, true);
    for (int i = 0; i < 20; i++) {
        struct worker one = {.future.type = &worker_type};

        assert_int_equal(FB_SPAWN(w->rt, one, &handles[i]), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 20; i++) {
        struct fb_join_result result;

        assert_true(fb_task_result(&handles[i], &result));
        assert_int_equal(result.out, 30);
        fb_task_detach(&handles[i]);
    }
    assert_int_equal(fb_runtime_stats(w->rt).blocking, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_timer_set_while_another_worker_sleeps_fires),
        WORLD_TEST(many_timers_fire_and_none_early),
        WORLD_TEST(each_byte_comes_back_between_tasks_of_all_workers),
        WORLD_TEST(the_kernel_is_heard_while_a_worker_is_in_a_long_poll),
        WORLD_TEST(closing_waits_for_a_call_of_another_worker),
        WORLD_TEST(blocking_work_comes_back_to_whichever_worker),
    };

    return cmocka_run_group_tests_name("workers_io", tests, NULL, NULL);
}
