// Several workers: tasks run at once, none is lost, and what one worker does to
// another one's tasks is what it would have done to its own.
//
// Polls run on any worker, so they never assert: they leave what they saw where
// the test looks. Where two of them have to meet they wait for each other, but
// not for ever: a test of a runtime that cannot do it fails and does not hang.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { PATIENCE = 20000000 }; // looks at a flag

static bool await_at_least(_Atomic int *number, int least) {
    for (int i = 0; i < PATIENCE; i++) {
        if (atomic_load(number) >= least) {
            return true;
        }
        if (i % 64 == 0) {
            sched_yield();
        }
    }
    return false;
}

static void begin(struct world *w, uint32_t workers) {
    world_begin_workers(w, workers, true);
}

// ---- a future that does something to a number ----

struct act {
    struct fb_future future;
    int out;
    enum fb_poll (*act)(struct act *self, struct fb_context *cx);
    _Atomic int *number;
    _Atomic int *drops;
    void *arg;
    int goal, polls;
};

static enum fb_poll act_poll(struct fb_future *future, struct fb_context *cx) {
    struct act *self = fb_container_of(future, struct act, future);

    self->polls++;
    return self->act(self, cx);
}

static void act_drop(struct fb_future *future) {
    struct act *self = fb_container_of(future, struct act, future);

    if (self->drops != NULL) {
        atomic_fetch_add(self->drops, 1);
    }
}

static struct fb_type act_type =
    FB_TYPE(act, .poll = act_poll, .drop = act_drop);

static struct act act(enum fb_poll (*poll)(struct act *, struct fb_context *),
                      _Atomic int *number, int goal) {
    return (struct act){
        .future.type = &act_type, .act = poll, .number = number, .goal = goal};
}

static enum fb_poll count_one(struct act *self, struct fb_context *cx) {
    (void)cx;
    atomic_fetch_add(self->number, 1);
    return FB_READY;
}

// ---- at the same time ----

// Inside its poll until `goal` polls are under way at once.
static enum fb_poll meet(struct act *self, struct fb_context *cx) {
    (void)cx;
    atomic_fetch_add(self->number, 1);
    self->out = await_at_least(self->number, self->goal) ? 0 : -ETIME;
    return FB_READY;
}

static void
as_many_tasks_are_polled_at_once_as_there_are_workers(void **state) {
    struct world *w = *state;

    for (int workers = 2; workers <= 8; workers *= 2) {
        struct fb_join_handle handles[8] = {{0}};
        _Atomic int inside = 0;

        begin(w, (uint32_t)workers);
        for (int i = 0; i < workers; i++) {
            assert_int_equal(
                FB_SPAWN(w->rt, act(meet, &inside, workers), &handles[i]), 0);
        }
        assert_int_equal(fb_run(w->rt), 0);
        for (int i = 0; i < workers; i++) {
            struct fb_join_result result;

            assert_true(fb_task_result(&handles[i], &result));
            assert_int_equal(result.out, 0);
            fb_task_detach(&handles[i]);
        }
    }
}

// Spawns, and stays inside its poll until the others have done it all.
static enum fb_poll feed(struct act *self, struct fb_context *cx) {
    for (int i = 0; i < self->goal && self->out == 0; i++) {
        self->out =
            FB_SPAWN(cx->runtime, act(count_one, self->number, 0), NULL);
    }
    if (self->out == 0 && !await_at_least(self->number, self->goal)) {
        self->out = -ETIME;
    }
    return FB_READY;
}

static void what_a_busy_worker_has_queued_is_stolen(void **state) {
    struct world *w = *state;
    _Atomic int done = 0;
    struct act feeder = act(feed, &done, 2000);

    begin(w, 3);
    assert_int_equal(fb_block_on(w->rt, &feeder.future), 0);
    assert_int_equal(feeder.out, 0);
    assert_int_equal(done, 2000);
    assert_true(w->trace.header == NULL ||
                world_count(w, FB_EV_TASK_SCHEDULED, FB_QUEUE_STOLEN) > 0);
}

// ---- wakes ----

// Two tasks that wake each other in turn; each leaves its waker for the other.
struct rally {
    pthread_mutex_t lock;
    struct fb_waker waiting[2]; // under lock
    int ball, rounds;           // under lock: whose turn, and how many were
};

struct player {
    struct fb_future future;
    int out;
    struct rally *rally;
    int side, goal;
};

static enum fb_poll player_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct player *self = fb_container_of(future, struct player, future);
    struct rally *r = self->rally;
    struct fb_waker other = {0}, old = {0};
    bool over;

    pthread_mutex_lock(&r->lock);
    if (r->ball == self->side) {
        r->ball = 1 - self->side;
        r->rounds++;
    }
    over = r->rounds >= self->goal;
    other = r->waiting[1 - self->side];
    r->waiting[1 - self->side] = (struct fb_waker){0};
    old = r->waiting[self->side];
    r->waiting[self->side] =
        over ? (struct fb_waker){0} : fb_waker_clone(cx->waker);
    pthread_mutex_unlock(&r->lock);
    fb_waker_drop(&old);
    fb_waker_wake(&other);
    return over ? FB_READY : FB_PENDING;
}

static struct fb_type player_type = FB_TYPE(player, .poll = player_poll);

static void rally_of(struct world *w, uint32_t workers, int rounds) {
    struct rally r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct player players[2] = {
        {.future.type = &player_type, .rally = &r, .goal = rounds},
        {.future.type = &player_type, .rally = &r, .side = 1, .goal = rounds}};

    begin(w, workers);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(FB_SPAWN(w->rt, players[i], NULL), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(r.rounds >= rounds);
    pthread_mutex_destroy(&r.lock);
}

// contract 7
static void no_wake_between_workers_is_lost_in_100000_rounds(void **state) {
    rally_of(*state, 2, 100000);
}

static void nor_with_more_workers_than_tasks(void **state) {
    rally_of(*state, 5, 20000);
}

// Wakes itself `goal` times; many of them keep all workers busy.
static enum fb_poll spin(struct act *self, struct fb_context *cx) {
    atomic_fetch_add(self->number, 1);
    if (self->polls >= self->goal) {
        return FB_READY;
    }
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static void every_self_wake_is_one_poll(void **state) {
    struct world *w = *state;
    _Atomic int polls = 0;

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    begin(w, 4);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(FB_SPAWN(w->rt, act(spin, &polls, 200), NULL), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(polls >= 50 * 200);
#ifndef FB_HOSTILE
    assert_int_equal(polls, 50 * 200);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 50 * 200);
#endif
}

// ---- threads that are no workers ----

struct outsiders {
    _Atomic int counted;
    int each;
    struct fb_waker wakers[4];
    pthread_t threads[4];
    struct outsider {
        struct outsiders *all;
        int index;
    } members[4];
    int failed;
};

static void *count_and_wake(void *arg) {
    struct outsider *m = arg;

    for (int i = 0; i < m->all->each; i++) {
        atomic_fetch_add(&m->all->counted, 1);
        fb_waker_wake_by_ref(&m->all->wakers[m->index]);
    }
    fb_waker_drop(&m->all->wakers[m->index]);
    return NULL;
}

static enum fb_poll tally(struct act *self, struct fb_context *cx) {
    struct outsiders *o = self->arg;

    for (int i = 0; self->polls == 1 && i < 4; i++) {
        o->members[i] = (struct outsider){o, i};
        o->wakers[i] = fb_waker_clone(cx->waker);
        o->failed |= pthread_create(&o->threads[i], NULL, count_and_wake,
                                    &o->members[i]);
    }
    return atomic_load(&o->counted) == 4 * o->each ? FB_READY : FB_PENDING;
}

// contract 4, contract 7
static void wakes_of_other_threads_reach_the_last_count(void **state) {
    struct world *w = *state;
    struct outsiders o = {.each = 10000};
    struct act tallier = act(tally, &o.counted, 0);

    begin(w, 3);
    tallier.arg = &o;
    assert_int_equal(fb_block_on(w->rt, &tallier.future), 0);
    assert_int_equal(o.failed, 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(o.threads[i], NULL);
    }
}

// ---- joins, aborts, failures ----

struct gatherer {
    struct fb_future future;
    int out;
    int count, sum, i, aborts;
    _Atomic int *number, *drops;
    struct fb_join_handle handles[64];
    struct fb_join_task join;
};

static enum fb_poll add_later(struct act *self, struct fb_context *cx) {
    if (self->polls < 3) {
        fb_waker_wake_by_ref(cx->waker);
        return FB_PENDING;
    }
    self->out = self->goal;
    return FB_READY;
}

static enum fb_poll never(struct act *self, struct fb_context *cx) {
    (void)self;
    (void)cx;
    return FB_PENDING;
}

static enum fb_poll gatherer_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct gatherer *self = fb_container_of(future, struct gatherer, future);
    struct act child;

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < self->count; self->i++) {
        child =
            act(self->i % 2 == 0 ? add_later : never, self->number, self->i);
        child.drops = self->drops;
        FB_TRY(FB_SPAWN(cx->runtime, child, &self->handles[self->i]));
    }
    for (self->i = 0; self->i < self->count; self->i++) {
        if (self->i % 2 == 1) {
            fb_task_abort(&self->handles[self->i]);
        }
        FB_AWAIT(self->join, fb_join_task(&self->handles[self->i]));
        if (self->join.out == -ECANCELED) {
            self->aborts++;
        } else {
            self->sum += self->join.result.out;
        }
        fb_task_detach(&self->handles[self->i]);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type gatherer_type = FB_TYPE(gatherer, .poll = gatherer_poll);

// contract 31
static void joins_and_aborts_reach_tasks_on_other_workers(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    for (int round = 0; round < 20; round++) {
        _Atomic int number = 0, drops = 0;
        struct gatherer g = {.future.type = &gatherer_type,
                             .count = 64,
                             .number = &number,
                             .drops = &drops};

        begin(w, 3);
        assert_int_equal(fb_block_on(w->rt, &g.future), 0);
        assert_int_equal(g.out, 0);
        assert_int_equal(g.sum, 31 * 32);
        assert_int_equal(g.aborts, 32);
        assert_int_equal(drops, 64);
    }
}

struct panicker {
    struct fb_future future;
    int out;
    struct fb_yield yield;
};

static enum fb_poll panicker_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct panicker *self = fb_container_of(future, struct panicker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->yield, fb_yield());
    FB_PANIC("no more");
    FB_ASYNC_END;
}

static struct fb_type panicker_type = FB_TYPE(panicker, .poll = panicker_poll);

static void a_task_that_fails_leaves_the_others_alone(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[20] = {{0}};
    _Atomic int polls = 0;

    begin(w, 4);
    for (int i = 0; i < 20; i++) {
        struct panicker p = {.future.type = &panicker_type};

        assert_int_equal(FB_SPAWN(w->rt, p, &handles[i]), 0);
        assert_int_equal(FB_SPAWN(w->rt, act(spin, &polls, 50), NULL), 0);
    }
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(polls >= 20 * 50);
    for (int i = 0; i < 20; i++) {
        struct fb_join_result result;

        assert_true(fb_task_result(&handles[i], &result));
        assert_int_equal(result.outcome, FB_OUTCOME_FAILED);
        assert_string_equal(result.message, "no more");
        fb_task_detach(&handles[i]);
    }
}

// ---- scopes ----

struct overseer {
    struct fb_future future;
    int out;
    struct act body;
    struct fb_scope scope;
    _Atomic int in_member, dropping, member_drops;
    int members, drops_seen;
};

// A member that is inside its poll when its scope is dropped, and stays there
// until the drop has begun.
static enum fb_poll linger(struct act *self, struct fb_context *cx) {
    struct overseer *o = self->arg;

    (void)cx;
    atomic_fetch_add(&o->in_member, 1);
    (void)await_at_least(&o->dropping, 1);
    for (int i = 0; i < 100; i++) {
        sched_yield(); // the drop is waiting by now, if it does wait
    }
    return FB_PENDING;
}

static enum fb_poll populate(struct act *self, struct fb_context *cx) {
    struct overseer *o = self->arg;

    (void)cx;
    for (int i = 0; i < o->members && self->out == 0; i++) {
        struct act member = act(i == 0 ? linger : never, NULL, 0);

        member.arg = o;
        member.drops = &o->member_drops;
        self->out = FB_SCOPE_SPAWN(&o->scope, member);
    }
    return FB_READY;
}

static enum fb_poll overseer_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct overseer *self = fb_container_of(future, struct overseer, future);

    self->body = act(populate, NULL, 0);
    self->body.arg = self;
    self->scope = fb_scope(&self->body.future);
    if (fb_future_poll(&self->scope.future, cx) == FB_READY) {
        self->out = -EPROTO;
        return FB_READY;
    }
    self->out = await_at_least(&self->in_member, 1) ? 0 : -ETIME;
    atomic_store(&self->dropping, 1);
    fb_future_drop(&self->scope.future);
    self->drops_seen = atomic_load(&self->member_drops);
    return FB_READY;
}

static void overseer_visit(struct fb_future *future, fb_visit_fn *visit,
                           void *arg) {
    visit(&fb_container_of(future, struct overseer, future)->scope.future, arg);
}

static struct fb_type overseer_type =
    FB_TYPE(overseer, .poll = overseer_poll, .visit = overseer_visit);

static void
a_dropped_scope_waits_for_a_member_that_is_being_polled(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    for (int round = 0; round < 50; round++) {
        struct overseer o = {.future.type = &overseer_type, .members = 20};

        begin(w, 3);
        assert_int_equal(fb_block_on(w->rt, &o.future), 0);
        assert_int_equal(o.out, 0);
        assert_int_equal(o.drops_seen, 20); // none was left when it returned
    }
}

// ---- the end of a run ----

struct told {
    int stalls;
    pthread_t thread;
};

static void on_stall(struct fb_runtime *rt, void *arg) {
    struct told *told = arg;

    (void)rt;
    told->stalls++;
    told->thread = pthread_self();
}

// contract 14
static void all_workers_idle_for_ever_is_a_stall(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    for (int round = 0; round < 100; round++) {
        struct told told = {0};
        struct fb_join_handle handle;

        world_begin(w, (struct fb_runtime_options){.workers = 3,
                                                   .on_stall = on_stall,
                                                   .on_stall_arg = &told});
        assert_int_equal(FB_SPAWN(w->rt, act(never, NULL, 0), &handle), 0);
        assert_int_equal(fb_run(w->rt), -EDEADLK);
        assert_int_equal(told.stalls, 1);
        assert_true(pthread_equal(told.thread, pthread_self()));
        fb_task_abort(&handle);
        fb_task_detach(&handle);
        assert_int_equal(fb_run(w->rt), 0);
    }
}

// contract 14
static void the_last_waker_dropped_by_a_thread_is_a_stall(void **state);

static void *drop_it(void *arg) {
    fb_waker_drop(arg);
    return NULL;
}

static void the_last_waker_dropped_by_a_thread_is_a_stall(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    begin(w, 3);
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

static void *interrupt_it(void *arg) {
    fb_runtime_interrupt(arg);
    return NULL;
}

static void an_interrupt_ends_the_run_idle_or_busy(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    for (int round = 0; round < 100; round++) {
        struct probe_log log = {0};
        _Atomic int polls = 0;
        pthread_t thread;

        begin(w, 3);
        assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
        for (int i = 0; round % 2 == 0 && i < 10; i++) {
            assert_int_equal(FB_SPAWN(w->rt, act(spin, &polls, 1 << 30), NULL),
                             0);
        }
        assert_int_equal(pthread_create(&thread, NULL, interrupt_it, w->rt), 0);
        assert_int_equal(fb_run(w->rt), -EINTR);
        pthread_join(thread, NULL);
        fb_waker_drop(&log.kept);
        world_end(w); // while what the tasks refer to is there
    }
}

static void what_was_left_by_a_run_goes_on_in_the_next(void **state) {
    struct world *w = *state;
    _Atomic int polls = 0, done = 0;

    begin(w, 4);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(FB_SPAWN(w->rt, act(spin, &polls, 100), NULL), 0);
    }
    for (int i = 0; i < 10; i++) {
        struct act one = act(count_one, &done, 0);

        assert_int_equal(fb_block_on(w->rt, &one.future), 0);
    }
    assert_int_equal(done, 10);
    assert_true(fb_run_until_stalled(w->rt) >= 0);
    assert_int_equal(fb_runtime_stats(w->rt).live_tasks, 0);
    assert_true(polls >= 40 * 100);
}

static void destroy_finds_tasks_everywhere(void **state) {
    struct world *w = *state;

    world_mistake(w, FB_LINT_LOST_WAKE);
    world_mistake(w, FB_LINT_SELF_WAKE_STORM);
    for (int round = 0; round < 30; round++) {
        _Atomic int polls = 0, drops = 0, done = 0;
        struct act one = act(count_one, &done, 0);

        begin(w, 4);
        for (int i = 0; i < 40; i++) {
            struct act member = act(i % 2 ? spin : never, &polls, 1 << 30);

            member.drops = &drops;
            assert_int_equal(FB_SPAWN(w->rt, member, NULL), 0);
        }
        assert_int_equal(fb_block_on(w->rt, &one.future), 0);
        world_end(w);
        assert_int_equal(drops, 40);
    }
}

// ---- virtual time ----

static void a_virtual_clock_jumps_when_the_last_worker_is_idle(void **state) {
    struct world *w = *state;
    struct fb_sleep nap;

    world_begin_workers(w, 3, false);
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(
            FB_SPAWN(w->rt, fb_sleep((uint64_t)i * 60 * FB_S), NULL), 0);
    }
    nap = fb_sleep(3600 * FB_S);
    assert_int_equal(fb_block_on(w->rt, &nap.future), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 3600 * FB_S);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_now_ns(w->rt), 6000 * FB_S);
}

// ---- what cannot be had ----

static int threads_left;
static int (*real_thread_create)(pthread_t *thread, void *(*run)(void *arg),
                                 void *arg);

static int thread_create_some(pthread_t *thread, void *(*run)(void *arg),
                              void *arg) {
    return threads_left-- > 0 ? real_thread_create(thread, run, arg) : EAGAIN;
}

static void
a_thread_that_cannot_be_made_is_an_error_before_any_poll(void **state) {
    struct world *w = *state;

    real_thread_create = fb__sys.thread_create;
    for (int n = 0; n < 3; n++) {
        _Atomic int done = 0;
        struct act one = act(count_one, &done, 0);

        begin(w, 4);
        threads_left = n;
        fb__sys.thread_create = thread_create_some;
        assert_int_equal(fb_block_on(w->rt, &one.future), -EAGAIN);
        fb__sys.thread_create = real_thread_create;
        assert_int_equal(done, 0);
        assert_int_equal(fb_runtime_stats(w->rt).polls, 0);
        assert_int_equal(fb_runtime_stats(w->rt).live_tasks, 0);
    }
}

static void options_that_make_no_sense_are_refused(void **state) {
    struct world *w = *state;
    struct fb_runtime_options options = {.workers = FB_WORKERS_MAX + 1};
    struct fb_runtime *rt = NULL;

    assert_int_equal(fb_runtime_create(&options, &rt), -EINVAL);
    world_begin_workers(w, 2, true); // a trace with two rings
    if (w->trace.header == NULL) {
        return;
    }
    options = (struct fb_runtime_options){.workers = 3, .trace = &w->trace};
    assert_int_equal(fb_runtime_create(&options, &rt), -EINVAL);
    assert_null(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(as_many_tasks_are_polled_at_once_as_there_are_workers),
        WORLD_TEST(what_a_busy_worker_has_queued_is_stolen),
        WORLD_TEST(no_wake_between_workers_is_lost_in_100000_rounds),
        WORLD_TEST(nor_with_more_workers_than_tasks),
        WORLD_TEST(every_self_wake_is_one_poll),
        WORLD_TEST(wakes_of_other_threads_reach_the_last_count),
        WORLD_TEST(joins_and_aborts_reach_tasks_on_other_workers),
        WORLD_TEST(a_task_that_fails_leaves_the_others_alone),
        WORLD_TEST(a_dropped_scope_waits_for_a_member_that_is_being_polled),
        WORLD_TEST(all_workers_idle_for_ever_is_a_stall),
        WORLD_TEST(the_last_waker_dropped_by_a_thread_is_a_stall),
        WORLD_TEST(an_interrupt_ends_the_run_idle_or_busy),
        WORLD_TEST(what_was_left_by_a_run_goes_on_in_the_next),
        WORLD_TEST(destroy_finds_tasks_everywhere),
        WORLD_TEST(a_virtual_clock_jumps_when_the_last_worker_is_idle),
        WORLD_TEST(a_thread_that_cannot_be_made_is_an_error_before_any_poll),
        WORLD_TEST(options_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
