// Blocking work: what is seen of it, who owns its arguments, and its end.
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- work for tests ----

// What a work shares with the test: it says that it has started, and waits
// until it may go on.
struct gate {
    sem_t started, open;
    _Atomic int runs, discards;
    _Atomic bool on_own_thread;
    pthread_t executor;
    struct gate *opens; // another one, when its arguments are discarded
};

struct job {
    struct gate *gate;
    int in, out;
};

static void gate_init(struct gate *g) {
    memset(g, 0, sizeof *g);
    assert_int_equal(sem_init(&g->started, 0, 0), 0);
    assert_int_equal(sem_init(&g->open, 0, 0), 0);
    g->executor = pthread_self();
}

static void gate_deinit(struct gate *g) {
    sem_destroy(&g->started);
    sem_destroy(&g->open);
}

static int run_job(void *args) {
    struct job *job = args;

    job->gate->on_own_thread =
        !pthread_equal(pthread_self(), job->gate->executor);
    job->gate->runs++;
    sem_post(&job->gate->started);
    sem_wait(&job->gate->open);
    job->out = job->in * 2;
    return job->in + 1;
}

static void discard_job(void *args) {
    struct job *job = args;

    assert_true(pthread_equal(pthread_self(), job->gate->executor));
    job->gate->discards++;
    if (job->gate->opens != NULL) {
        sem_post(&job->gate->opens->open);
    }
}

static struct fb_blocking spawn_job(struct world *w, struct job *job) {
    return fb_spawn_blocking(w->rt, run_job, discard_job, job, sizeof *job);
}

// Waits until some work is done and has rung.
static void await_bell(struct world *w) {
    struct pollfd bell = {.fd = w->rt->door->bell_fd, .events = POLLIN};

    assert_int_equal(poll(&bell, 1, -1), 1);
}

// Spawns a task that waits for the job, and lets it start.
static void start(struct world *w, struct job *job,
                  struct fb_join_handle *handle) {
    struct gate *gate = job->gate; // the arguments move away
    struct fb_blocking work = spawn_job(w, job);

    assert_int_equal(FB_SPAWN(w->rt, work, handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    sem_wait(&gate->started);
}

// ---- the plain course ----

static void a_work_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate, .in = 20};
    struct fb_join_handle handle;

    gate_init(&gate);
    world_skip(w);
    start(w, &job, &handle);
    EXPECT_EVENTS(w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "BLOCK_BEGIN 1 of 1",
                  "CLONE 1 work 1", "PENDING 1");
    sem_post(&gate.open);
    await_bell(w);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "BLOCK_END 1 done 21", "RELEASE 1 work 1 woken",
                  "WAKE 1 scheduled by work 1", "SCHEDULED 1", "POLL 1",
                  "READY 1", "DROP blocking finished", "DONE 1 ok 21");
    assert_true(gate.on_own_thread);
    assert_int_equal(job.out, 40);
    assert_int_equal(gate.discards, 0);
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

static int add_one(void *args) {
    return ++*(int *)args;
}

static void the_executor_waits_for_work_that_is_out(void **state) {
    struct world *w = *state;
    int number = 41;

    for (int i = 0; i < 100; i++) { // whoever is first, thread or executor
        struct fb_blocking work =
            fb_spawn_blocking(w->rt, add_one, NULL, &number, sizeof number);

        assert_int_equal(fb_block_on(w->rt, &work.future), 0);
        assert_int_equal(work.out, 42 + i);
    }
    assert_int_equal(number, 141);
}

static int give_error(void *args) {
    (void)args;
    return -ENOENT;
}

static void a_work_without_arguments_gives_its_error(void **state) {
    struct world *w = *state;
    struct fb_blocking work =
        fb_spawn_blocking(w->rt, give_error, NULL, NULL, 0);

    assert_int_equal(fb_block_on(w->rt, &work.future), 0);
    assert_int_equal(work.out, -ENOENT);
}

static void other_tasks_run_while_a_work_is_out(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate, .in = 1};
    struct fb_join_handle handle;
    struct fb_yield yield = fb_yield();

    gate_init(&gate);
    start(w, &job, &handle);
    assert_int_equal(fb_block_on(w->rt, &yield.future), 0);
    assert_false(fb_task_result(&handle, NULL));
    sem_post(&gate.open);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(fb_task_result(&handle, NULL));
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

// contract 10
static void a_spurious_poll_neither_runs_it_twice_nor_ends_it(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate, .in = 1};
    struct fb_blocking work;
    struct counter counter = {0};
    struct fb_waker waker = counter_waker(&counter);
    struct fb_context cx = hand_context(w, &waker);

    gate_init(&gate);
    work = spawn_job(w, &job);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fb_future_poll(&work.future, &cx), FB_PENDING);
    }
    sem_wait(&gate.started);
    sem_post(&gate.open);
    await_bell(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_int_equal(counter.wakes, 1);
    assert_int_equal(fb_future_poll(&work.future, &cx), FB_READY);
    assert_int_equal(work.out, 2);
    assert_int_equal(gate.runs, 1);
    fb_future_drop(&work.future);
    assert_int_equal(gate.discards, 0);
    gate_deinit(&gate);
}

// ---- seen from outside ----

static void a_report_names_the_work_that_is_waited_for(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_join_handle handle;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    gate_init(&gate);
    start(w, &job, &handle);
    fb_runtime_report(w->rt, out);
    fclose(out);
    assert_non_null(strstr(text, "waits for blocking work 1 to finish"));
    free(text);
    sem_post(&gate.open);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

// contract 61
static void a_census_names_the_waker_that_waits_for_work(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_join_handle handle;
    unsigned named = 0;

    gate_init(&gate);
    start(w, &job, &handle);
    fb__census_write(w->rt);
    for (uint64_t i = 0; i < w->trace.head; i++) {
        const struct fb_event *e = &w->trace.events[i];

        named += e->kind == FB_EV_WAKER_CLONE &&
                 (e->flags & FB_EV_FLAG_CENSUS) != 0 &&
                 e->detail == FB_PARTY_BLOCKING && e->waker.holder == 1;
    }
    assert_int_equal(named, 1);
    sem_post(&gate.open);
    assert_int_equal(fb_run(w->rt), 0);
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

// ---- whose the arguments are ----

static void arguments_move_in_and_back(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate, .in = 3};
    struct fb_join_handle handle;
    const struct job none = {0};
    struct fb_blocking unpolled;

    gate_init(&gate);
    unpolled = spawn_job(w, &job);
    assert_int_equal(job.in, 3); // nothing happens before the first poll
    fb_future_drop(&unpolled.future);
    assert_int_equal(job.in, 3);
    assert_int_equal(gate.discards, 0); // it never had them

    start(w, &job, &handle);
    assert_memory_equal(&job, &none, sizeof job); // they are the work's
    sem_post(&gate.open);
    assert_int_equal(fb_run(w->rt), 0);
    assert_ptr_equal(job.gate, &gate);
    assert_int_equal(job.out, 6);
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

// contract 53
static void dropped_before_it_starts_it_never_runs(void **state) {
    struct world *w = *state;
    struct gate first, second;
    struct job a = {.gate = &first}, b = {.gate = &second};
    struct fb_join_handle handles[2];
    struct fb_blocking work;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .blocking_threads = 1});
    gate_init(&first);
    gate_init(&second);
    start(w, &a, &handles[0]); // the only thread is taken
    work = spawn_job(w, &b);
    assert_int_equal(FB_SPAWN(w->rt, work, &handles[1]), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_task_abort(&handles[1]), 1);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "RELEASE 2 work 2 dropped", "BLOCK_END 2 dropped 0",
                  "DROP blocking cancelled", "DONE 2 cancelled");
    assert_int_equal(second.discards, 1);
    sem_post(&first.open);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(second.runs, 0);
    fb_task_detach(&handles[0]);
    fb_task_detach(&handles[1]);
    gate_deinit(&first);
    gate_deinit(&second);
}

// contract 53
static void dropped_after_it_started_it_runs_on_for_nobody(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_join_handle handle;

    gate_init(&gate);
    start(w, &job, &handle);
    assert_int_equal(fb_task_abort(&handle), 1);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "RELEASE 1 work 1 dropped", "DROP blocking cancelled",
                  "DONE 1 cancelled");
    assert_int_equal(gate.discards, 0); // still the thread's
    assert_int_equal(fb_runtime_stats(w->rt).blocking, 1);
    sem_post(&gate.open);
    await_bell(w);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "BLOCK_END 1 orphan 1", "UNPARK 1");
    assert_int_equal(gate.discards, 1);
    assert_int_equal(fb_runtime_stats(w->rt).blocking, 0);
    fb_task_detach(&handle);
    gate_deinit(&gate);
}

static void dropped_when_it_is_back_its_result_is_dropped(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_blocking work;
    struct counter counter = {0};
    struct fb_waker waker = counter_waker(&counter);
    struct fb_context cx = hand_context(w, &waker);

    gate_init(&gate);
    work = spawn_job(w, &job);
    assert_int_equal(fb_future_poll(&work.future, &cx), FB_PENDING);
    sem_post(&gate.open);
    await_bell(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    assert_int_equal(counter.wakes, 1);
    fb_future_drop(&work.future);
    assert_int_equal(gate.discards, 1);
    assert_ptr_equal(job.gate, NULL); // what it owned is gone
    gate_deinit(&gate);
}

static void destroy_joins_what_has_started_and_drops_the_rest(void **state) {
    struct world *w = *state;
    struct gate gates[3];
    struct job jobs[3];
    struct fb_blocking work;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .blocking_threads = 1});
    for (int i = 0; i < 3; i++) {
        gate_init(&gates[i]);
        jobs[i] = (struct job){.gate = &gates[i]};
        work = spawn_job(w, &jobs[i]);
        assert_int_equal(FB_SPAWN(w->rt, work, NULL), 0);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 3);
    sem_wait(&gates[0].started);
    gates[2].opens = &gates[0]; // else destroy would wait for ever
    world_end(w);
    assert_int_equal(gates[0].runs, 1);
    assert_int_equal(gates[1].runs + gates[2].runs, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gates[i].discards, 1);
        gate_deinit(&gates[i]);
    }
}

struct heir {
    struct job job; // first: it is run as one
    struct fb_runtime *rt;
};

static void discard_heir(void *args) {
    struct heir *heir = args;

    discard_job(&heir->job);
    assert_int_equal(FB_SPAWN(heir->rt, fb_sleep(FB_S), NULL), 0);
}

// It comes back to a runtime that has cancelled all tasks already.
// contract 33
static void what_is_released_at_the_end_may_spawn_once_more(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct heir heir = {.job.gate = &gate, .rt = w->rt};
    struct fb_blocking work;

    gate_init(&gate);
    work = fb_spawn_blocking(w->rt, run_job, discard_heir, &heir, sizeof heir);
    assert_int_equal(FB_SPAWN(w->rt, work, NULL), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    sem_wait(&gate.started);
    sem_post(&gate.open);
    world_end(w); // judges the life of what was spawned, too
    assert_int_equal(gate.discards, 1);
    gate_deinit(&gate);
}

// ---- the pool ----

static void threads_are_made_as_needed_and_bounded(void **state) {
    enum { WORKS = 5, THREADS = 3 };
    struct world *w = *state;
    struct gate gate;
    struct job jobs[WORKS];
    struct fb_blocking work;

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .blocking_threads = THREADS});
    gate_init(&gate);
    for (int i = 0; i < WORKS; i++) {
        jobs[i] = (struct job){.gate = &gate, .in = i};
        work = spawn_job(w, &jobs[i]);
        assert_int_equal(FB_SPAWN(w->rt, work, NULL), 0);
    }
    seam.calls = 0;
    assert_int_equal(fb_run_until_stalled(w->rt), WORKS);
    for (int i = 0; i < THREADS; i++) {
        sem_wait(&gate.started);
    }
    assert_int_equal(gate.runs, THREADS); // the others wait for a thread
    for (int i = 0; i < WORKS; i++) {
        sem_post(&gate.open);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(gate.runs, WORKS);
    for (int i = 0; i < WORKS; i++) {
        assert_int_equal(jobs[i].out, 2 * i);
    }
    gate_deinit(&gate);
}

static int count_signals(void *args) {
    sigset_t now;
    int open = 0;

    (void)args;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    for (int n = 1; n < 32; n++) {
        open += n != SIGKILL && n != SIGSTOP && sigismember(&now, n) == 0;
    }
    return open;
}

static void no_signal_reaches_a_thread_of_the_pool(void **state) {
    struct world *w = *state;
    sigset_t before, after;
    struct fb_blocking work =
        fb_spawn_blocking(w->rt, count_signals, NULL, NULL, 0);

    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(fb_block_on(w->rt, &work.future), 0);
    assert_int_equal(work.out, 0);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(sigismember(&after, SIGUSR1),
                     sigismember(&before, SIGUSR1));
}

static int poll_by_hand(struct world *w, struct fb_blocking *work) {
    struct counter counter = {0};
    struct fb_waker waker = counter_waker(&counter);
    struct fb_context cx = hand_context(w, &waker);
    int ready = fb_future_poll(&work->future, &cx);

    fb_future_drop(&work->future);
    return ready == FB_READY ? work->out : 0;
}

// contract 19
static void without_a_thread_it_is_an_error_and_nothing_moves(void **state) {
    struct world *w = *state;
    int number = 5;
    struct fb_blocking work =
        fb_spawn_blocking(w->rt, add_one, NULL, &number, sizeof number);

    seam.calls = 0;
    seam.fail_call = 1;
    assert_int_equal(poll_by_hand(w, &work), -EAGAIN);
    assert_int_equal(number, 5);
    // With one thread there, the works wait for that one.
    work = fb_spawn_blocking(w->rt, add_one, NULL, &number, sizeof number);
    seam.fail_call = 0;
    assert_int_equal(fb_block_on(w->rt, &work.future), 0);
    assert_int_equal(number, 6);
}

// contract 19
static void a_thread_that_cannot_be_made_is_done_without(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job jobs[2] = {{.gate = &gate}, {.gate = &gate, .in = 7}};
    struct fb_join_handle handles[2];
    struct fb_blocking work;

    gate_init(&gate);
    start(w, &jobs[0], &handles[0]); // the first thread is taken
    work = spawn_job(w, &jobs[1]);
    assert_int_equal(FB_SPAWN(w->rt, work, &handles[1]), 0);
    seam.calls = 0;
    seam.fail_call = 1; // the second thread
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    seam.fail_call = 0;
    assert_int_equal(gate.runs, 1);
    sem_post(&gate.open);
    sem_post(&gate.open);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(gate.runs, 2); // by the one there is
    assert_int_equal(jobs[1].out, 14);
    fb_task_detach(&handles[0]);
    fb_task_detach(&handles[1]);
    gate_deinit(&gate);
}

// contract 19
static void without_memory_it_is_an_error_and_nothing_moves(void **state) {
    struct world *w = *state;
    int number = 5;

    for (long nth = 1; nth <= 2; nth++) { // the pool's, the work's
        struct fb_blocking work;

        seam.allocations = 0;
        seam.fail_allocation = nth;
        work = fb_spawn_blocking(w->rt, add_one, NULL, &number, sizeof number);
        assert_int_equal(seam.allocations, nth);
        assert_int_equal(poll_by_hand(w, &work), -ENOMEM);
        assert_int_equal(number, 5);
    }
}

static int run_other_runtime(void *args) {
    struct fb_runtime_options options = {.virtual_clock = true};
    struct fb_runtime *rt;
    struct fb_sleep nap = fb_sleep(FB_MS);
    int err = fb_runtime_create(&options, &rt);

    (void)args;
    if (err == 0) {
        err = fb_block_on(rt, &nap.future);
        fb_runtime_destroy(rt);
    }
    return err;
}

// peer tokio/task_blocking.nested
static void a_work_may_run_a_runtime_of_its_own(void **state) {
    struct world *w = *state;
    struct fb_blocking work =
        fb_spawn_blocking(w->rt, run_other_runtime, NULL, NULL, 0);

    assert_int_equal(fb_block_on(w->rt, &work.future), 0);
    assert_int_equal(work.out, 0);
}

// ---- clock and stall ----

// peer tokio/task_blocking.clock
static void a_virtual_clock_stands_still_while_work_is_out(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_join_handle handles[2];
    struct fb_sleep nap = fb_sleep(FB_S);

    gate_init(&gate);
    start(w, &job, &handles[0]);
    assert_int_equal(FB_SPAWN(w->rt, nap, &handles[1]), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    sem_post(&gate.open);
    await_bell(w);
    world_skip(w);
    assert_int_equal(fb_run(w->rt), 0);
    // The work is back at time 0; only then does the clock go on.
    EXPECT_EVENTS(w, "BLOCK_END 1 done 1", "RELEASE 1 work 1 woken",
                  "WAKE 1 scheduled by work 1", "SCHEDULED 1", "POLL 1",
                  "READY 1", "DROP blocking finished", "DONE 1 ok 1",
                  "UNPARK 1", "CLOCK 1000ms", "TIMER_END 1 fired",
                  "RELEASE 2 timer 1 woken", "WAKE 2 scheduled by timer 1",
                  "SCHEDULED 2", "POLL 2", "READY 2", "DROP sleep finished",
                  "DONE 2 ok");
    fb_task_detach(&handles[0]);
    fb_task_detach(&handles[1]);
    gate_deinit(&gate);
}

static void *open_later(void *arg) {
    struct gate *gate = arg;

    sem_wait(&gate->started);
    sem_post(&gate->open);
    return NULL;
}

// A run parks for it, timer or not, and calls neither a stall.
static void a_run_waits_for_work_and_is_not_stalled(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate, .in = 1};
    struct fb_blocking work;
    struct fb_timeout t;
    pthread_t thread;

    gate_init(&gate);
    assert_int_equal(pthread_create(&thread, NULL, open_later, &gate), 0);
    work = spawn_job(w, &job);
    t = fb_timeout(FB_S, &work.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, 2); // and no timeout: its clock stood still
    assert_int_equal(fb_runtime_now_ns(w->rt), 0);
    pthread_join(thread, NULL);
    gate_deinit(&gate);
}

static void an_orphan_is_no_hope(void **state) {
    struct world *w = *state;
    struct gate gate;
    struct job job = {.gate = &gate};
    struct fb_join_handle handle, forever;
    struct fb_join_task wait;

    gate_init(&gate);
    start(w, &job, &handle);
    assert_int_equal(fb_task_abort(&handle), 1);
    // A task that waits for itself to end waits for ever.
    wait = fb_join_task(&forever);
    assert_int_equal(FB_SPAWN(w->rt, wait, &forever), 0);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    sem_post(&gate.open);
    fb_task_detach(&handle);
    fb_task_detach(&forever);
    world_end(w);
    assert_int_equal(gate.discards, 1);
    gate_deinit(&gate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_work_is_recorded_step_by_step),
        WORLD_TEST(the_executor_waits_for_work_that_is_out),
        WORLD_TEST(a_work_without_arguments_gives_its_error),
        WORLD_TEST(other_tasks_run_while_a_work_is_out),
        WORLD_TEST(a_spurious_poll_neither_runs_it_twice_nor_ends_it),
        WORLD_TEST(a_report_names_the_work_that_is_waited_for),
        WORLD_TEST(a_census_names_the_waker_that_waits_for_work),
        WORLD_TEST(arguments_move_in_and_back),
        WORLD_TEST_EXACT(dropped_before_it_starts_it_never_runs),
        WORLD_TEST_EXACT(dropped_after_it_started_it_runs_on_for_nobody),
        WORLD_TEST(dropped_when_it_is_back_its_result_is_dropped),
        WORLD_TEST_EXACT(destroy_joins_what_has_started_and_drops_the_rest),
        WORLD_TEST(what_is_released_at_the_end_may_spawn_once_more),
        WORLD_TEST_EXACT(threads_are_made_as_needed_and_bounded),
        WORLD_TEST(no_signal_reaches_a_thread_of_the_pool),
        WORLD_TEST(without_a_thread_it_is_an_error_and_nothing_moves),
        WORLD_TEST_EXACT(a_thread_that_cannot_be_made_is_done_without),
        WORLD_TEST(without_memory_it_is_an_error_and_nothing_moves),
        WORLD_TEST(a_work_may_run_a_runtime_of_its_own),
        WORLD_TEST_EXACT(a_virtual_clock_stands_still_while_work_is_out),
        WORLD_TEST(a_run_waits_for_work_and_is_not_stalled),
        WORLD_TEST(an_orphan_is_no_hope),
    };

    return cmocka_run_group_tests_name("blocking", tests, NULL, NULL);
}
