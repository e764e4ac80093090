// Choices: somebody else is polled next than the order says. What is asked is
// written to the control page as a viewer would, before a run or inside a poll,
// so that every case is exact.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the program ----

// Writes its name down with each poll.
struct named {
    struct fb_future future;
    int out;
    char name, *trail;
    struct fb_yield yield;
    int rounds, round;
};

static enum fb_poll named_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct named *self = fb_container_of(future, struct named, future);

    FB_ASYNC(self, cx);
    for (self->round = 0; self->round < self->rounds; self->round++) {
        strncat(self->trail, &self->name, 1);
        FB_AWAIT(self->yield, fb_yield());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type named_type = FB_TYPE(named, .poll = named_poll);

// Tasks 1, 2, … are called a, b, …; gives the handle of the first.
static void spawn_named(struct world *w, int tasks, int rounds, char *trail) {
    *trail = '\0';
    for (int i = 0; i < tasks; i++) {
        struct named named = {.future.type = &named_type,
                              .name = (char)('a' + i),
                              .rounds = rounds,
                              .trail = trail};

        assert_int_equal(FB_SPAWN(w->rt, named, NULL), 0);
    }
}

// ---- the viewer ----

static void choose(struct world *w, uint32_t task) {
    struct fb_trace_control *c = w->trace.control;

    atomic_store(&c->choose_task, task);
    atomic_fetch_add(&c->choose_wanted, 1);
    atomic_fetch_add(&c->sequence, 2);
}

static enum fb_choice_answer answer(const struct world *w) {
    const struct fb_trace_control *c = w->trace.control;

    assert_int_equal(atomic_load(&c->choose_done),
                     atomic_load(&c->choose_wanted));
    return (enum fb_choice_answer)atomic_load(&c->choose_answer);
}

// ---- the orders ----

static void who_is_chosen_is_polled_next_and_the_rest_in_order(void **state) {
    struct world *w = *state;
    char trail[64];

    spawn_named(w, 4, 2, trail);
    world_skip(w);
    choose(w, 3);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "cabdcabd");
    assert_int_equal(answer(w), FB_CHOICE_TAKEN);
    assert_int_equal(world_count(w, FB_EV_CHOICE, FB_CHOICE_BY_VIEWER), 1);
}

static void a_choice_is_told_directly_before_its_poll(void **state) {
    struct world *w = *state;
    struct probe_log log[2] = {{0}};
    struct probe one = probe(&log[0], 0, PROBE_SILENT);
    struct probe two = probe(&log[1], 0, PROBE_SILENT);

    assert_int_equal(FB_SPAWN(w->rt, one, NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, two, NULL), 0);
    world_skip(w);
    choose(w, 2);
    assert_int_equal(world_settle(w), 2);
    EXPECT_EVENTS(w, "CHOICE 2 instead of 1", "POLL 2", "READY 2",
                  "DROP probe finished", "DONE 2 ok", "FREE 2", "POLL 1",
                  "READY 1", "DROP probe finished", "DONE 1 ok", "FREE 1");
}

static void lifo_goes_on_as_before_after_a_choice(void **state) {
    struct world *w = *state;
    char trail[64];

    world_begin_order(w, FB_ORDER_LIFO, 0);
    spawn_named(w, 4, 1, trail);
    choose(w, 2);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "bdca");
}

static void who_was_next_anyway_is_told_so(void **state) {
    struct world *w = *state;
    char trail[64], *text;

    spawn_named(w, 2, 1, trail);
    choose(w, 1);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "ab");
    text = world_text(w, 0);
    assert_non_null(strstr(text, "CHOICE 1 instead of 1\n"));
    free(text);
}

static void seeded_run(struct world *w, uint32_t chosen, char *trail) {
    world_begin_order(w, FB_ORDER_SEEDED, 7);
    spawn_named(w, 8, 3, trail);
    if (chosen != 0) {
        choose(w, chosen);
    }
    assert_int_equal(fb_run(w->rt), 0);
}

// The draw is made all the same: it is the one who would have been next.
static void a_seeded_order_names_whom_it_would_have_drawn(void **state) {
    struct world *w = *state;
    char plain[64], chosen[64], again[64], *a, *b, line[64];

    seeded_run(w, 0, plain);
    seeded_run(w, plain[0] == 'a' ? 2 : 1, chosen);
    a = world_text(w, 0);
    seeded_run(w, plain[0] == 'a' ? 2 : 1, again);
    b = world_text(w, 0);
    assert_string_equal(a, b);
    assert_int_equal(chosen[0], plain[0] == 'a' ? 'b' : 'a');
    snprintf(line, sizeof line, "CHOICE %d instead of %d\n",
             chosen[0] - 'a' + 1, plain[0] - 'a' + 1);
    assert_non_null(strstr(a, line));
    free(a);
    free(b);
}

// ---- who waits is polled in vain ----

// Task 1 sleeps for a second, and was polled for it.
static void sleeper(struct world *w) {
    struct fb_sleep nap = fb_sleep(FB_S);

    assert_int_equal(FB_SPAWN(w->rt, nap, NULL), 0);
    (void)world_settle(w);
    world_skip(w);
}

static void one_that_waits_is_woken_by_nobody_and_polled(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};
    struct probe other = probe(&log, 0, PROBE_SILENT);

    sleeper(w);
    assert_int_equal(FB_SPAWN(w->rt, other, NULL), 0);
    world_skip(w);
    choose(w, 1);
    assert_int_equal(world_settle(w), 2);
    assert_int_equal(answer(w), FB_CHOICE_TAKEN);
    EXPECT_EVENTS(w, "CHOICE 1 instead of 2", "WAKE 1 scheduled by nobody",
                  "SCHEDULED 1", "POLL 1", "PENDING 1", "POLL 2", "READY 2",
                  "DROP probe finished", "DONE 2 ok", "FREE 2");
    assert_int_equal(fb_runtime_stats(w->rt).timers, 1);
    // It sleeps on, as if nothing had been.
    assert_int_equal(fb_runtime_advance(w->rt, FB_S - 1), 0);
    assert_int_equal(fb_runtime_advance(w->rt, 1), 1);
}

static void with_nobody_runnable_it_is_polled_at_once(void **state) {
    struct world *w = *state;

    sleeper(w);
    choose(w, 1);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(answer(w), FB_CHOICE_TAKEN);
    assert_int_equal(world_count(w, FB_EV_POLL_BEGIN, -1), 3);
    assert_int_equal(world_count(w, FB_EV_CHOICE, FB_CHOICE_BY_VIEWER), 1);
}

// The viewer's bell brings it back from the kernel, and is told nobody.
static void a_parked_executor_is_unparked_first(void **state) {
    struct world *w = *state;
    static const char told[] = "PARK\nUNPARK 0\nCHOICE 1 instead of 0\nWAKE 1 "
                               "scheduled by nobody\nSCHEDULED 1\nPOLL 1\n";
    char *text;

    sleeper(w);
    fb__reactor_park(w->rt, -1);
    choose(w, 1);
    assert_int_equal(fb_run(w->rt), 0);
    text = world_text(w, w->shown);
    assert_int_equal(strncmp(text, told, sizeof told - 1), 0);
    free(text);
}

static void a_list_polls_one_that_waits(void **state) {
    struct world *w = *state;
    struct fb_choice list[] = {{.poll = 2, .task = 1}, {.poll = 3, .task = 1}};
    struct fb_sleep nap = fb_sleep(FB_S);
    char trail[64];

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .choices = list,
                                               .choice_count = 2});
    assert_int_equal(FB_SPAWN(w->rt, nap, NULL), 0);
    spawn_named(w, 1, 1, trail);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(list[0].made && list[1].made);
    assert_int_equal(world_count(w, FB_EV_CHOICE, FB_CHOICE_BY_LIST), 2);
}

// ---- a program that is its own executor ----

// What it picks, one after another; 0: nobody until something has happened.
// After the last it interrupts.
struct picker {
    const uint32_t *picks;
    size_t count, next;
    uint64_t wakes; // when it began to wait
    bool waits;
    void (*first)(void *arg); // done as it is asked for the first time
    void *arg;
};

static uint32_t pick(struct fb_runtime *rt, void *arg) {
    struct picker *p = arg;
    const uint64_t wakes = fb_runtime_stats(rt).wakes;

    if (p->first != NULL) {
        p->first(p->arg);
        p->first = NULL;
    }
    if (p->waits && p->wakes == wakes) {
        return 0;
    }
    p->waits = false;
    if (p->next == p->count) {
        fb_runtime_interrupt(rt);
        return 0;
    }
    p->waits = p->picks[p->next] == 0;
    p->wakes = wakes;
    return p->picks[p->next++];
}

#define PICK_BY(w_, p_, ...)                                                   \
    const uint32_t picks_[] = {__VA_ARGS__};                                   \
    struct picker p_ = {.picks = picks_,                                       \
                        .count = sizeof picks_ / sizeof *picks_};              \
    fb_runtime_on_pick((w_)->rt, pick, &(p_))

static void nobody_is_polled_but_whom_it_picks(void **state) {
    struct world *w = *state;
    char trail[64];

    spawn_named(w, 3, 2, trail);
    {
        PICK_BY(w, p, 3, 3, 2, 3, 99);

        assert_int_equal(fb_run(w->rt), -EINTR);
        assert_int_equal(p.next, 5);
    }
    // The yield of c is not over until the executor has turned: its second poll
    // and its third come to nothing.
    assert_string_equal(trail, "cb");
    assert_int_equal(world_count(w, FB_EV_POLL_BEGIN, -1), 4);
    fb_runtime_on_pick(w->rt, NULL, NULL); // by the order again
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(strlen(trail), 6);
}

static void it_waits_though_somebody_could_run(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(FB_S);
    char trail[64];

    assert_int_equal(FB_SPAWN(w->rt, nap, NULL), 0);
    spawn_named(w, 1, 0, trail); // task 2 stays in the queue
    {
        PICK_BY(w, p, 1, 0, 1, 2);

        assert_int_equal(fb_run(w->rt), 0);
        assert_int_equal(p.next, 4);
    }
    assert_int_equal(fb_runtime_now_ns(w->rt), FB_S);
    assert_int_equal(world_count(w, FB_EV_POLL_BEGIN, -1), 3);
}

static void who_waits_for_nothing_is_told_so(void **state) {
    struct world *w = *state;
    char trail[64];

    spawn_named(w, 2, 0, trail);
    {
        PICK_BY(w, p, 1, 0);

        assert_int_equal(fb_run(w->rt), -EDEADLK);
        assert_int_equal(p.next, 2);
        assert_int_equal(fb_run_until_stalled(w->rt), 0); // it still declines
        fb_runtime_on_pick(w->rt, NULL, NULL);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
}

static void *wake_it(void *arg) {
    fb_waker_wake(arg);
    return NULL;
}

static void wake_from_another_thread(void *arg) {
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, wake_it, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

// Another thread's wake lies at the door, where the executor has not looked:
// the choice needs no wake by nobody.
static void one_at_the_door_is_polled_for_its_own_wake(void **state) {
    struct world *w = *state;
    struct probe_log log = {0};

    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_KEEP), NULL), 0);
    (void)world_settle(w);
    world_skip(w);
    {
        PICK_BY(w, p, 1);

        p.first = wake_from_another_thread;
        p.arg = &log.kept;
        assert_int_equal(fb_run(w->rt), 0);
    }
    EXPECT_EVENTS(w, "WAKE 1 scheduled by thread", "SCHEDULED 1 inject",
                  "CHOICE 1 instead of 0 by list", "POLL 1", "READY 1",
                  "DROP probe finished", "DONE 1 ok", "FREE 1");
}

// ---- what cannot be chosen ----

static void who_is_not_alive_is_refused_and_nothing_is_told(void **state) {
    struct world *w = *state;
    struct fb_sleep nap = fb_sleep(FB_S);
    struct fb_join_handle over;
    struct probe_log log = {0};
    struct probe done = probe(&log, 0, PROBE_SILENT);
    char trail[64];

    assert_int_equal(FB_SPAWN(w->rt, nap, NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, done, &over), 0);
    (void)world_settle(w);
    choose(w, 2);
    spawn_named(w, 2, 1, trail);
    (void)world_settle(w);
    assert_int_equal(answer(w), FB_CHOICE_OVER);
    choose(w, 77);
    spawn_named(w, 2, 1, trail);
    (void)world_settle(w);
    assert_int_equal(answer(w), FB_CHOICE_NO_TASK);
    assert_string_equal(trail, "ab");
    assert_int_equal(world_count(w, FB_EV_CHOICE, -1), 0);
    fb_task_detach(&over);
}

static void an_aborted_one_can_still_be_ended_first(void **state) {
    struct world *w = *state;
    struct fb_join_handle handle;
    struct probe_log log[2] = {{0}};
    struct probe one = probe(&log[0], 0, PROBE_SILENT);
    struct probe two = probe(&log[1], 0, PROBE_SILENT);

    assert_int_equal(FB_SPAWN(w->rt, one, NULL), 0);
    assert_int_equal(FB_SPAWN(w->rt, two, &handle), 0);
    assert_int_equal(fb_task_abort(&handle), 1);
    fb_task_detach(&handle);
    world_skip(w);
    choose(w, 2);
    (void)world_settle(w);
    assert_int_equal(answer(w), FB_CHOICE_TAKEN);
    EXPECT_EVENTS(w, "CHOICE 2 instead of 1", "DROP probe unpolled",
                  "DONE 2 cancelled", "FREE 2", "POLL 1", "READY 1",
                  "DROP probe finished", "DONE 1 ok", "FREE 1");
}

// ---- when ----

static void choose_again(struct probe_log *log) {
    choose(log->arg, 4);
    choose(log->arg, 3);
}

static void in_poll(struct probe_log *log, struct fb_context *cx) {
    (void)cx;
    choose_again(log);
}

// Asked inside a poll, it is heard when that is over; of two, the last counts.
static void a_choice_inside_a_poll_is_the_next_ones(void **state) {
    struct world *w = *state;
    struct probe_log log[4] = {{.on_poll = in_poll, .arg = w}};
    char trail[64] = "";

    for (int i = 0; i < 4; i++) {
        struct probe p = probe(&log[i], 0, PROBE_SILENT);

        log[i].name = (char)('a' + i);
        log[i].trail = trail;
        assert_int_equal(FB_SPAWN(w->rt, p, NULL), 0);
    }
    (void)world_settle(w);
    assert_string_equal(trail, "acbd");
    assert_int_equal(answer(w), FB_CHOICE_TAKEN);
    assert_int_equal(world_count(w, FB_EV_CHOICE, -1), 1);
}

static void a_choice_can_be_taken_back(void **state) {
    struct world *w = *state;
    char trail[64];

    spawn_named(w, 3, 1, trail);
    assert_int_equal(w->trace.choose(w->trace.choose_arg, 3), FB_CHOICE_TAKEN);
    choose(w, 0);
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(answer(w), FB_CHOICE_NONE);
    assert_string_equal(trail, "abc");
    assert_int_equal(world_count(w, FB_EV_CHOICE, -1), 0);
}

static uint32_t pid_of_the_dead(void) {
    const pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return (uint32_t)pid;
}

static void a_dead_viewers_choice_is_forgotten(void **state) {
    struct world *w = *state;
    struct fb_trace_control *c = w->trace.control;
    char trail[64];

    spawn_named(w, 3, 1, trail);
    atomic_store(&c->viewer_pid, pid_of_the_dead());
    atomic_store(&c->mode, FB_CONTROL_STOP);
    atomic_fetch_add(&c->move_wanted, 1);
    choose(w, 3);
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "abc");
    assert_int_equal(world_count(w, FB_EV_CHOICE, -1), 0);
}

static void nobody_chooses_where_no_runtime_is(void **state) {
    struct world *w = *state;

    assert_non_null(w->trace.choose);
    fb_runtime_destroy(w->rt);
    w->rt = NULL;
    assert_null(w->trace.choose);
    choose(w, 1);
    assert_false(fb_trace_check(&w->trace));
    assert_int_equal(answer(w), FB_CHOICE_UNABLE);
}

// ---- a list of choices ----

static void a_list_is_kept_to_and_says_what_was_not_possible(void **state) {
    struct world *w = *state;
    struct fb_choice list[] = {{.poll = 2, .task = 4},
                               {.poll = 3, .task = 99},
                               {.poll = 10, .task = 1}};
    char trail[64];

    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .choices = list,
                                               .choice_count = 3});
    spawn_named(w, 4, 2, trail);
    assert_int_equal(fb_run(w->rt), 0);
    // Polls 1 to 4: a, then d instead of b, b, c. Poll 5: a … 10: a is over.
    assert_string_equal(trail, "adbcadbc");
    assert_true(list[0].made);
    assert_false(list[1].made);
    assert_false(list[2].made);
    assert_int_equal(world_count(w, FB_EV_CHOICE, FB_CHOICE_BY_LIST), 1);
}

static void a_list_is_for_one_worker(void **state) {
    struct fb_choice list[] = {{.poll = 2, .task = 4}};
    const struct fb_runtime_options options = {
        .workers = 2, .choices = list, .choice_count = 1};
    struct fb_runtime *rt;

    (void)state;
    assert_int_equal(fb_runtime_create(&options, &rt), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(who_is_chosen_is_polled_next_and_the_rest_in_order),
        WORLD_TEST_EXACT(a_choice_is_told_directly_before_its_poll),
        WORLD_TEST_EXACT(lifo_goes_on_as_before_after_a_choice),
        WORLD_TEST_EXACT(who_was_next_anyway_is_told_so),
        WORLD_TEST_EXACT(a_seeded_order_names_whom_it_would_have_drawn),
        WORLD_TEST_EXACT(one_that_waits_is_woken_by_nobody_and_polled),
        WORLD_TEST_EXACT(with_nobody_runnable_it_is_polled_at_once),
        WORLD_TEST_EXACT(a_parked_executor_is_unparked_first),
        WORLD_TEST_EXACT(a_list_polls_one_that_waits),
        WORLD_TEST(nobody_is_polled_but_whom_it_picks),
        WORLD_TEST(it_waits_though_somebody_could_run),
        WORLD_TEST(who_waits_for_nothing_is_told_so),
        WORLD_TEST_EXACT(one_at_the_door_is_polled_for_its_own_wake),
        WORLD_TEST_EXACT(who_is_not_alive_is_refused_and_nothing_is_told),
        WORLD_TEST_EXACT(an_aborted_one_can_still_be_ended_first),
        WORLD_TEST_EXACT(a_choice_inside_a_poll_is_the_next_ones),
        WORLD_TEST_EXACT(a_choice_can_be_taken_back),
        WORLD_TEST_EXACT(a_dead_viewers_choice_is_forgotten),
        WORLD_TEST_EXACT(nobody_chooses_where_no_runtime_is),
        WORLD_TEST_EXACT(a_list_is_kept_to_and_says_what_was_not_possible),
        WORLD_TEST(a_list_is_for_one_worker),
    };

    return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
