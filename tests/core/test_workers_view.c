// A viewer at a program with several workers: it stops all of them, steps them
// one at a time, and asks for censuses that are exact while all are at work.
//
// The viewer is a thread of this process with a reader of its own; the program
// is worked by the test's thread and those it starts. Neither asserts while the
// other runs.
#include "harness.h"

#include "fishbowl/trace/merge.h"
#include "lives.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORKERS = 3, PATIENCE = 30000000 };

// ---- the program ----

// Waits, wakes, yields and spawns, for `rounds` rounds.
struct busy {
    struct fb_future future;
    int out;
    struct fb_semaphore *semaphore;
    int rounds, i;
    struct fb_permit permit;
    union {
        struct fb_acquire acquire;
        struct fb_yield yield;
        struct fb_sleep sleep;
        struct fb_timeout timeout;
    };
    struct fb_sleep inner;
};

static enum fb_poll busy_poll(struct fb_future *f, struct fb_context *cx) {
    struct busy *self = fb_container_of(f, struct busy, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < self->rounds; self->i++) {
        FB_AWAIT(self->acquire,
                 fb_semaphore_acquire(self->semaphore, 1, &self->permit));
        FB_AWAIT(self->yield, fb_yield());
        fb_permit_release(&self->permit);
        FB_TRY(FB_SPAWN(cx->runtime, fb_yield(), NULL));
        if (self->i % 8 == 0) {
            self->inner = fb_sleep(FB_S);
            FB_AWAIT(self->timeout, fb_timeout(10000, &self->inner.future));
        }
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void busy_drop(struct fb_future *f) {
    fb_permit_release(&fb_container_of(f, struct busy, future)->permit);
}

static struct fb_type busy_type =
    FB_TYPE(busy, .poll = busy_poll, .drop = busy_drop);

// ---- program and viewer ----

struct show {
    char dir[32], path[64];
    struct fb_trace_writer trace;
    struct fb_runtime *rt;
    struct fb_semaphore semaphore;
    // the viewer's
    pthread_t thread;
    struct fb_trace_reader reader;
    struct fb_trace_merge *rings;
    _Atomic bool over; // the program has ended
    const char *failed;
    int answers, steps;
};

static void begin_show(struct show *s, uint64_t ring_events) {
    const struct fb_trace_options trace = {
        .path = s->path, .rings = WORKERS, .ring_events = ring_events};
    const struct fb_runtime_options options = {.workers = WORKERS,
                                               .trace = &s->trace};

    *s = (struct show){.dir = "/tmp/fb-workers-XXXXXX"};
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/ring", s->dir);
    assert_int_equal(fb_trace_open(&s->trace, &trace), 0);
    assert_int_equal(fb_runtime_create(&options, &s->rt), 0);
    fb_semaphore_init(&s->semaphore, s->rt, 3);
    assert_int_equal(fb_trace_reader_open(&s->reader, s->path, true), 0);
    assert_int_equal(fb_trace_merge_open(&s->rings, &s->reader), 0);
}

static void spawn_busy(struct show *s, int tasks, int rounds) {
    for (int i = 0; i < tasks; i++) {
        struct busy b = {.future.type = &busy_type,
                         .semaphore = &s->semaphore,
                         .rounds = rounds};

        assert_int_equal(FB_SPAWN(s->rt, b, NULL), 0);
    }
}

static void feed_all(struct show *s, struct fb_lives *lives) {
    uint64_t next = fb_trace_merge_sync(s->rings), first;
    struct fb_event events[256];
    size_t count;

    assert_true(next > 0);
    while ((count = fb_trace_merge_read(s->rings, next, events, 256, &first)) >
           0) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(fb_lives_feed(lives, first + i, &events[i]), 0);
        }
        next = first + count;
    }
}

static void judge_show(struct show *s) {
    struct fb_lives *lives;

    assert_int_equal(fb_lives_create(&lives), 0);
    fb_lives_several(lives);
    feed_all(s, lives);
    fb_lives_finish(lives, FB_LIVES_ENDED);
    if (fb_lives_violations(lives) > 0) {
        fail_msg("event %llu: %s",
                 (unsigned long long)fb_lives_fault(lives, 0)->event,
                 fb_lives_fault(lives, 0)->text);
    }
    fb_lives_destroy(lives);
}

static void end_show(struct show *s) {
    s->over = true;
    pthread_join(s->thread, NULL);
    fb_runtime_destroy(s->rt);
    fb_trace_close(&s->trace, true);
    judge_show(s);
    fb_trace_merge_close(s->rings);
    fb_trace_reader_close(&s->reader);
    unlink(s->path);
    rmdir(s->dir);
    if (s->failed != NULL) {
        fail_msg("%s", s->failed);
    }
}

// ---- censuses ----

static bool await_answer(struct show *s, uint32_t token) {
    for (int i = 0; i < PATIENCE && !s->over; i++) {
        if (fb_trace_census_answered(&s->reader, token)) {
            return true;
        }
        sched_yield();
    }
    return false;
}

static void *ask_again_and_again(void *arg) {
    struct show *s = arg;

    for (int i = 0; i < 50; i++) {
        s->answers += await_answer(s, fb_trace_census_ask(&s->reader));
    }
    fb_runtime_interrupt(s->rt);
    return NULL;
}

// What a census says must be what all events before it led to: the checker of
// lives compares every one of them with its own world.
static void censuses_are_exact_while_all_workers_are_busy(void **state) {
    struct show s;

    (void)state;
    begin_show(&s, 1 << 17);
    spawn_busy(&s, 20, 1 << 30);
    assert_int_equal(pthread_create(&s.thread, NULL, ask_again_and_again, &s),
                     0);
    assert_int_equal(fb_run(s.rt), -EINTR);
    end_show(&s);
    assert_int_equal(s.answers, 50);
}

static void *look_on(void *arg) {
    struct show *s = arg;

    while (!s->over) { // and ask for nothing
        (void)fb_trace_merge_head(s->rings);
        sched_yield();
    }
    return NULL;
}

// Small rings: each is due for a census by its own count, and one serves all.
static void rings_that_wrap_can_be_read_from_a_census_on(void **state) {
    struct show s;

    (void)state;
    begin_show(&s, 1 << 12);
    spawn_busy(&s, 10, 400);
    assert_int_equal(pthread_create(&s.thread, NULL, look_on, &s), 0);
    assert_int_equal(fb_run(s.rt), 0);
    end_show(&s);
}

// ---- stops and steps ----

static bool await_stop(struct show *s, uint64_t beyond, uint64_t *ret_after) {
    for (int i = 0; i < PATIENCE; i++) {
        if (fb_trace_control_stopped(&s->reader, ret_after) &&
            *ret_after > beyond) {
            return true;
        }
        fb_trace_control_beat(&s->reader);
        sched_yield();
    }
    return false;
}

// All stand still: nothing is written, by whichever worker.
static const char *all_stand(struct show *s, uint64_t after) {
    for (int i = 0; i < 200; i++) {
        fb_trace_control_beat(&s->reader);
        sched_yield();
        if (fb_trace_merge_head(s->rings) != after) {
            return "an event came while the program stood still";
        }
    }
    return NULL;
}

static unsigned polls_between(struct show *s, uint64_t from, uint64_t to) {
    struct fb_event events[4096];
    unsigned polls = 0;
    uint64_t first;
    size_t count =
        fb_trace_merge_read(s->rings, from + 1, events, 4096, &first);

    for (size_t i = 0; i < count && first + i <= to; i++) {
        polls += events[i].kind == FB_EV_POLL_END;
    }
    return polls;
}

// A viewer that is kept from running for most of a second loses the page, and
// the program goes on without him: then there is nothing to see.
static const char *step_polls(struct show *s, uint64_t after) {
    for (int i = 0; i < 60; i++) {
        uint64_t before = after;
        const char *failed;

        fb_trace_control_step(&s->reader, FB_STEP_POLL, 0);
        if (!await_stop(s, before, &after)) {
            return fb_trace_control_mine(&s->reader) ? "a step did not end"
                                                     : NULL;
        }
        failed = all_stand(s, after);
        if (failed == NULL && polls_between(s, before, after) != 1) {
            failed = "a step was not one poll";
        }
        if (!fb_trace_control_mine(&s->reader)) {
            return NULL;
        }
        if (failed != NULL) {
            return failed;
        }
        s->steps++;
    }
    return NULL;
}

static const char *stop_and_step(struct show *s) {
    uint64_t after = 0;
    const char *failed;

    fb_trace_control_stop(&s->reader);
    if (!await_stop(s, 0, &after)) {
        return fb_trace_control_mine(&s->reader) ? "it did not stop" : NULL;
    }
    failed = all_stand(s, after);
    if (failed == NULL || !fb_trace_control_mine(&s->reader)) {
        failed = step_polls(s, after);
    }
    fb_trace_control_run(&s->reader);
    return failed;
}

static const char *watch(struct show *s) {
    for (int tries = 0; tries < 20 && s->steps < 100; tries++) {
        const char *failed;

        if (fb_trace_control_claim(&s->reader) < 0) {
            return "the page could not be claimed";
        }
        failed = stop_and_step(s);
        if (failed != NULL) {
            return failed;
        }
        if (!await_answer(s, fb_trace_census_ask(&s->reader))) {
            return "it did not run on";
        }
    }
    return NULL;
}

static void *watch_and_interrupt(void *arg) {
    struct show *s = arg;

    s->failed = watch(s);
    fb_trace_control_release(&s->reader);
    fb_runtime_interrupt(s->rt);
    return NULL;
}

static void a_stop_stops_all_and_a_step_moves_one(void **state) {
    struct show s;

    (void)state;
    begin_show(&s, 1 << 14);
    spawn_busy(&s, 12, 1 << 30);
    assert_int_equal(pthread_create(&s.thread, NULL, watch_and_interrupt, &s),
                     0);
    assert_int_equal(fb_run(s.rt), -EINTR);
    end_show(&s);
    assert_true(s.steps >= 100);
}

// ---- choices ----

// The last in the fullest queue, seen from a world of our own; 0: none runnable.
static uint32_t pick_last(const struct fb_model *m) {
    const struct fb_model_worker *fullest = NULL;

    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        const struct fb_model_worker *w = fb_model_worker(m, i);

        if (fullest == NULL || w->queue_len > fullest->queue_len) {
            fullest = w;
        }
    }
    return fullest->queue_len > 0 ? fb_model_task_at(m, fullest->queue_tail)->id
                                  : 0;
}

static bool catch_up(struct show *s, struct fb_model *m, uint64_t after) {
    struct fb_event events[256];
    uint64_t first;
    size_t count;

    while (m->event < after &&
           (count = fb_trace_merge_read(s->rings, m->event + 1, events, 256,
                                        &first)) > 0) {
        for (size_t i = 0; i < count && first + i <= after; i++) {
            if (fb_model_feed(m, first + i, &events[i]) < 0) {
                return false;
            }
        }
    }
    return m->event == after;
}

static bool was_taken(const struct fb_trace_reader *r, uint32_t token) {
    enum fb_choice_answer answer;

    return fb_trace_control_chosen(r, token, &answer) &&
           answer == FB_CHOICE_TAKEN;
}

// Who was chosen is the one whose poll begins next, on whichever worker.
static const char *is_next(struct show *s, uint64_t from, uint64_t to,
                           uint32_t task) {
    struct fb_event events[4096];
    uint64_t first;
    size_t count =
        fb_trace_merge_read(s->rings, from + 1, events, 4096, &first);

    for (size_t i = 0; i < count && first + i <= to; i++) {
        if (events[i].kind == FB_EV_POLL_BEGIN) {
            return events[i].subject == task ? NULL : "another one was polled";
        }
    }
    return "nobody was polled";
}

static const char *choose_polls(struct show *s, struct fb_model *m,
                                uint64_t after) {
    for (int i = 0; i < 60; i++) {
        const uint64_t before = after;
        uint32_t task, token;
        const char *failed;

        if (!catch_up(s, m, after)) {
            return "the world could not be followed";
        }
        task = pick_last(m);
        token = fb_trace_control_choose(&s->reader, task, FB_STEP_POLL);
        if (!await_stop(s, before, &after)) {
            return fb_trace_control_mine(&s->reader) ? "a step did not end"
                                                     : NULL;
        }
        failed = task == 0 ? NULL
                 : !was_taken(&s->reader, token)
                     ? "a choice was refused"
                     : is_next(s, before, after, task);
        if (!fb_trace_control_mine(&s->reader)) {
            return NULL;
        }
        if (failed != NULL) {
            return failed;
        }
        s->steps += task != 0;
    }
    return NULL;
}

static const char *stop_and_choose(struct show *s, struct fb_model *m) {
    uint64_t after = 0;
    const char *failed;

    fb_trace_control_stop(&s->reader);
    if (!await_stop(s, 0, &after)) {
        return fb_trace_control_mine(&s->reader) ? "it did not stop" : NULL;
    }
    failed = all_stand(s, after); // between two polls: no step is under way
    if (failed == NULL) {
        failed = choose_polls(s, m, after);
    }
    return failed;
}

static void *choose_and_interrupt(void *arg) {
    struct show *s = arg;
    struct fb_model m;

    if (fb_model_init(&m) < 0) {
        s->failed = "no memory";
    }
    for (int tries = 0; s->failed == NULL && tries < 20 && s->steps < 40;
         tries++) {
        if (fb_trace_control_claim(&s->reader) < 0) {
            s->failed = "the page could not be claimed";
        } else {
            s->failed = stop_and_choose(s, &m);
        }
    }
    fb_model_deinit(&m);
    fb_trace_control_release(&s->reader);
    fb_runtime_interrupt(s->rt);
    return NULL;
}

// Out of another worker's queue it is stolen first: the checker of lives judges
// that the choice, its queue and its poll agree.
static void who_is_chosen_is_polled_next_whatever_worker_is(void **state) {
    struct show s;

    (void)state;
    begin_show(&s, 1 << 17);
    spawn_busy(&s, 12, 1 << 30);
    assert_int_equal(pthread_create(&s.thread, NULL, choose_and_interrupt, &s),
                     0);
    assert_int_equal(fb_run(s.rt), -EINTR);
    end_show(&s);
    assert_true(s.steps >= 40);
}

// ---- at rest ----

// Nobody is runnable, all workers sleep: the bell reaches the one that drives.
static void *stop_the_sleeping(void *arg) {
    struct show *s = arg;
    uint64_t after = 0;

    if (fb_trace_control_claim(&s->reader) < 0) {
        s->failed = "the page could not be claimed";
    } else {
        fb_trace_control_stop(&s->reader);
        s->failed =
            await_stop(s, 0, &after) ? all_stand(s, after) : "it did not stop";
        s->steps++;
    }
    fb_trace_control_release(&s->reader);
    fb_runtime_interrupt(s->rt);
    return NULL;
}

static void a_stop_reaches_a_program_that_sleeps(void **state) {
    struct fb_sleep nap = fb_sleep(3600 * FB_S);
    struct show s;

    (void)state;
    begin_show(&s, 1 << 14);
    assert_int_equal(pthread_create(&s.thread, NULL, stop_the_sleeping, &s), 0);
    assert_int_equal(fb_block_on(s.rt, &nap.future), -EINTR);
    end_show(&s);
    assert_int_equal(s.steps, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(censuses_are_exact_while_all_workers_are_busy),
        cmocka_unit_test(rings_that_wrap_can_be_read_from_a_census_on),
        cmocka_unit_test(a_stop_stops_all_and_a_step_moves_one),
        cmocka_unit_test(who_is_chosen_is_polled_next_whatever_worker_is),
        cmocka_unit_test(a_stop_reaches_a_program_that_sleeps),
    };

    return cmocka_run_group_tests_name("workers_view", tests, NULL, NULL);
}
