// Real programs, each with one mistake: its trace, looked at from outside, says
// which, and names the events that prove it. And `print --lints` says no.
//
// Each program is a process of its own, for one of them dies of its mistake.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/async.h"
#include "fishbowl/fishbowl.h"
#include "run.h"
#include "runtime_impl.h"
#include "session.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the mistakes ----

// Pending for ever, and tells nobody whom to wake.
struct forgetful {
    struct fb_future future;
    int out;
};

static enum fb_poll forgetful_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    (void)future;
    (void)cx;
    return FB_PENDING;
}

static struct fb_type forgetful_type =
    FB_TYPE(forgetful, .poll = forgetful_poll);

static void forget_the_waker(struct fb_runtime *rt) {
    struct forgetful f = {.future.type = &forgetful_type};

    (void)!fb_block_on(rt, &f.future);
}

// Asks again and again instead of being woken.
struct impatient {
    struct fb_future future;
    int out;
    int polls;
};

static enum fb_poll impatient_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct impatient *self = fb_container_of(future, struct impatient, future);

    if (self->polls-- == 0) {
        return FB_READY;
    }
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static struct fb_type impatient_type =
    FB_TYPE(impatient, .poll = impatient_poll);

static void wake_itself_1000_times(struct fb_runtime *rt) {
    struct impatient f = {.future.type = &impatient_type, .polls = 1000};

    (void)!fb_block_on(rt, &f.future);
}

// Has 20,000 futures Ready in one poll, for nothing takes its budget.
struct greedy {
    struct fb_future future;
    int out;
    int left;
    struct fb_consume bite;
};

static enum fb_poll greedy_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct greedy *self = fb_container_of(future, struct greedy, future);

    FB_ASYNC(self, cx);
    for (self->left = 20000; self->left > 0; self->left--) {
        FB_AWAIT(self->bite, fb_consume_budget());
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type greedy_type = FB_TYPE(greedy, .poll = greedy_poll);

static void take_all_at_once(struct fb_runtime *rt) {
    struct greedy g = {.future.type = &greedy_type};
    struct fb_unconstrained f = fb_unconstrained(&g.future);

    (void)!fb_block_on(rt, &f.future);
}

// Polls its child once more after it was Ready: its program ends there.
struct unaware {
    struct fb_future future;
    int out;
    struct fb_consume child;
};

static enum fb_poll unaware_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct unaware *self = fb_container_of(future, struct unaware, future);

    self->child = fb_consume_budget();
    (void)!fb_future_poll(&self->child.future, cx);
    return fb_future_poll(&self->child.future, cx);
}

static struct fb_type unaware_type = FB_TYPE(unaware, .poll = unaware_poll);

static void poll_after_ready(struct fb_runtime *rt) {
    static const struct rlimit none = {0, 0};
    struct unaware f = {.future.type = &unaware_type};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)!freopen("/dev/null", "w", stderr); // it would name the contract
    (void)!fb_block_on(rt, &f.future);
}

// Gives its waker away, and is over before it is used.
static struct fb_waker given;

struct lender {
    struct fb_future future;
    int out;
};

static enum fb_poll lender_poll(struct fb_future *future,
                                struct fb_context *cx) {
    (void)future;
    given = fb_waker_clone(cx->waker);
    return FB_READY;
}

static struct fb_type lender_type = FB_TYPE(lender, .poll = lender_poll);

static void wake_who_is_gone(struct fb_runtime *rt) {
    struct lender f = {.future.type = &lender_type};

    (void)!fb_block_on(rt, &f.future);
    fb_waker_wake(&given);
}

// Waits in a list, and leaves its waiter there when it is dropped.
static struct fb_waiter_list bench;
static struct fb_waiter seat;

struct messy {
    struct fb_future future;
    int out;
};

static enum fb_poll messy_poll(struct fb_future *future,
                               struct fb_context *cx) {
    (void)future;
    fb_waiter_arm(&seat, cx, &bench, FB_PARTY_CHANNEL, 77, FB_AWAITS_NOTIFY);
    return FB_PENDING;
}

static struct fb_type messy_type = FB_TYPE(messy, .poll = messy_poll);

static void leave_the_waiter_behind(struct fb_runtime *rt) {
    struct messy f = {.future.type = &messy_type};
    struct fb_timeout timeout = fb_timeout(5 * FB_MS, &f.future);

    (void)!fb_block_on(rt, &timeout.future);
    fb_waiter_disarm(&seat);
}

// Holds its thread for 250 ms, by a clock that the test moves.
static uint64_t now_ns = 10000000 * FB_S; // later than any real one

static uint64_t moved_clock(void) {
    return now_ns;
}

struct blocker {
    struct fb_future future;
    int out;
};

static enum fb_poll blocker_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    (void)future;
    (void)cx;
    now_ns += 250 * FB_MS;
    return FB_READY;
}

static struct fb_type blocker_type = FB_TYPE(blocker, .poll = blocker_poll);

static void block_the_thread(struct fb_runtime *rt) {
    struct blocker f = {.future.type = &blocker_type};

    (void)!fb_block_on(rt, &f.future);
}

// Fails, and nobody holds its handle.
struct faulty {
    struct fb_future future;
    int out;
};

static enum fb_poll faulty_poll(struct fb_future *future,
                                struct fb_context *cx) {
    (void)future;
    fb_context_fail(cx, "no such table");
    return FB_PENDING;
}

static struct fb_type faulty_type = FB_TYPE(faulty, .poll = faulty_poll);

static void fail_unseen(struct fb_runtime *rt) {
    struct faulty f = {.future.type = &faulty_type};

    (void)!FB_SPAWN(rt, f, NULL);
    (void)!fb_run(rt);
}

// Carries its buffer with it.
struct bulky {
    struct fb_future future;
    int out;
    char buffer[20000];
};

static enum fb_poll bulky_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct bulky *self = fb_container_of(future, struct bulky, future);

    (void)cx;
    self->buffer[0] = 'x';
    return FB_READY;
}

static struct fb_type bulky_type = FB_TYPE(bulky, .poll = bulky_poll);

static void carry_a_buffer(struct fb_runtime *rt) {
    static struct bulky f = {.future.type = &bulky_type};

    (void)!FB_SPAWN(rt, f, NULL);
    (void)!FB_SPAWN(rt, f, NULL);
    (void)!fb_run(rt);
}

// No mistake: waits, yields, spawns, joins, hands work to the pool.
struct sound {
    struct fb_future future;
    int out;
    struct fb_join_handle handle;
    union {
        struct fb_sleep sleep;
        struct fb_yield yield;
        struct fb_join_task join;
        struct fb_consume consume;
    } u;
    int left;
};

static enum fb_poll sound_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct sound *self = fb_container_of(future, struct sound, future);

    FB_ASYNC(self, cx);
    for (self->left = 300; self->left > 0; self->left--) {
        FB_AWAIT(self->u.yield, fb_yield());
        FB_AWAIT(self->u.consume, fb_consume_budget());
    }
    (void)!FB_SPAWN(cx->runtime, fb_sleep(3 * FB_MS), &self->handle);
    FB_AWAIT(self->u.join, fb_join_task(&self->handle));
    fb_task_detach(&self->handle);
    FB_AWAIT(self->u.sleep, fb_sleep(FB_S));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type sound_type = FB_TYPE(sound, .poll = sound_poll);

static void make_no_mistake(struct fb_runtime *rt) {
    struct sound f = {.future.type = &sound_type};

    (void)!fb_block_on(rt, &f.future);
}

// ---- their traces ----

struct mistake {
    void (*make)(struct fb_runtime *rt);
    enum fb_lint_kind kind;
    const char *finding;                           // how its sentence begins
    uint32_t times;                                // 0: any
    enum fb_event_kind evidence[FB_LINT_EVIDENCE]; // FB_EV_NONE: any, or none
    bool dies;
    bool real; // on the moved clock, not the virtual one
};

static const struct mistake mistakes[] = {
    {.make = forget_the_waker,
     .kind = FB_LINT_LOST_WAKE,
     .finding = "Task 1 (forgetful) returned Pending",
     .times = 1,
     .evidence = {FB_EV_POLL_BEGIN, FB_EV_POLL_END}},
    {.make = wake_itself_1000_times,
     .kind = FB_LINT_SELF_WAKE_STORM,
     .finding = "Task 1 (impatient) woke itself in 100 polls in a row",
     .times = 10,
     .evidence = {FB_EV_WAKE, FB_EV_POLL_BEGIN, FB_EV_WAKE, FB_EV_POLL_END}},
    {.make = take_all_at_once,
     .kind = FB_LINT_NEVER_YIELDED,
     .finding = "Task 1 (fb_unconstrained) had 10,000 futures Ready",
     .times = 1,
     .evidence = {FB_EV_POLL_BEGIN, FB_EV_FUTURE_EXIT}},
    {.make = poll_after_ready,
     .kind = FB_LINT_POLL_AFTER_READY,
     .finding = "of task 1 (unaware) was polled again after it was Ready.",
     .times = 1,
     .evidence = {FB_EV_FUTURE_EXIT, FB_EV_FUTURE_ENTER},
     .dies = true},
    {.make = wake_who_is_gone,
     .kind = FB_LINT_STALE_WAKER,
     .finding = "Task 1 (lender) was woken after it was complete",
     .evidence = {FB_EV_TASK_DONE, FB_EV_WAKE}},
    {.make = leave_the_waiter_behind,
     .kind = FB_LINT_STALE_WAKER,
     .finding = "of task 1 (fb_timeout) was dropped, but its "
                "waker is still stored: channel 77 has it",
     .times = 1,
     .evidence = {FB_EV_WAKER_CLONE, FB_EV_FUTURE_DROP}},
    {.make = block_the_thread,
     .kind = FB_LINT_BLOCKING_CALL,
     .finding = "One poll of task 1 (blocker) took 250 ms",
     .times = 1,
     .evidence = {FB_EV_POLL_BEGIN, FB_EV_POLL_END},
     .real = true},
    {.make = fail_unseen,
     .kind = FB_LINT_UNJOINED_TASK,
     .finding = "Task 1 (faulty) failed, and nobody has joined it",
     .times = 1,
     .evidence = {FB_EV_TASK_SPAWN, FB_EV_TASK_DONE}},
    {.make = carry_a_buffer,
     .kind = FB_LINT_LARGE_FUTURE,
     .finding = "Task 1 (bulky) takes 20,",
     .times = 2,
     .evidence = {FB_EV_TASK_SPAWN}},
};

static char path[128];

static void live(const struct mistake *m, uint32_t workers) {
    const struct fb_trace_options to = {
        .path = path,
        .program = "mistake",
        .rings = workers,
        .flags = m->real ? 0 : FB_TRACE_VIRTUAL_CLOCK};
    struct fb_trace_writer trace;
    struct fb_runtime_options options = {
        .virtual_clock = !m->real, .trace = &trace, .workers = workers};
    struct fb_runtime *rt;

    if (m->real) {
        fb__sys.now_ns = moved_clock;
        fb__sys.ticks = moved_clock;
    }
    if (fb_trace_open(&trace, &to) < 0 ||
        fb_runtime_create(&options, &rt) < 0) {
        _exit(3);
    }
    m->make(rt);
    fb_runtime_destroy(rt);
    fb_trace_close(&trace, true);
    _exit(0);
}

static void run_program(const struct mistake *m, uint32_t workers) {
    int status;
    pid_t child;

    snprintf(path, sizeof(path), "%s/mistake.ring", run_dir);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        live(m, workers);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (m->dies) {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    } else {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void remove_trace(void) {
    char bell[160];

    snprintf(bell, sizeof(bell), "%s.bell", path);
    (void)unlink(bell); // of one that died
    assert_int_equal(unlink(path), 0);
}

static struct fb_session *look(void) {
    struct fb_session *s = NULL;
    char why[FB_SESSION_WHY_BYTES];

    if (fb_session_open(&s, path, false, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    return s;
}

static void check(const struct mistake *m, struct fb_session *s) {
    const struct fb_lints *l = fb_session_lints(s);
    const struct fb_finding *f = fb_lints_at(l, 0);
    char text[300];

    if (f == NULL) {
        fail_msg("nothing is found, not \"… %s …\"", m->finding);
    }
    fb_lint_sentence(text, sizeof(text), fb_session_names(s), f);
    if (strstr(text, m->finding) == NULL) {
        fail_msg("it says \"%s\", not \"… %s …\"", text, m->finding);
    }
    assert_int_equal(f->kind, m->kind);
    assert_int_equal(fb_lints_count(l), 1);
    assert_true(m->times == 0 || f->times == m->times);
    for (int i = 0; i < FB_LINT_EVIDENCE && m->evidence[i] != 0; i++) {
        assert_true(i < f->evidence_count);
        assert_int_equal(
            fb_history_event(fb_session_history(s), f->evidence[i].event)->kind,
            m->evidence[i]);
    }
}

static void every_mistake_is_found_and_no_other(void **state) {
    static const uint32_t workers[] = {1, 3};

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
        for (size_t k = 0; k < 2; k++) {
            struct fb_session *s;

            run_program(&mistakes[i], workers[k]);
            s = look();
            check(&mistakes[i], s);
            fb_session_close(s);
            remove_trace();
        }
    }
}

static void a_program_without_mistakes_has_no_lints(void **state) {
    static const struct mistake none = {.make = make_no_mistake};

    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers += 2) {
        run_program(&none, workers);
        assert_int_equal(RUN("print", path, "--lints"), 0);
        assert_non_null(strstr(run_out, "\nno lints\n"));
        remove_trace();
    }
}

static void print_says_what_it_is_about_and_answers_no(void **state) {
    (void)state;
    run_program(&mistakes[0], 1);
    assert_int_equal(RUN("print", path, "--lints"), 1);
    assert_non_null(strstr(run_out, "\n1 lint\n\nlost wake at event "));
    assert_non_null(strstr(run_out, mistakes[0].finding));
    assert_non_null(strstr(run_out, "it was polled\n"));
    assert_non_null(strstr(run_out, "\n  Why it matters: A future that"));
    assert_non_null(strstr(run_out, "\n  Remedy: Before returning"));
    assert_string_equal(run_err, "");
    assert_int_equal(RUN("print", path, "--lints", "--at", "3"), 0);
    assert_int_equal(RUN("print", path, "--lints", "--task", "1"), 1);
    assert_int_equal(RUN("print", path, "--json"), 0);
    assert_non_null(strstr(run_out, "\"lint\": \"lost wake\""));
    assert_int_equal(RUN("print", path), 0);
    assert_non_null(strstr(run_out, "  ! lost wake: Task 1 (forgetful)"));
    remove_trace();
}

static void the_limit_of_a_long_poll_can_be_chosen(void **state) {
    (void)state;
    run_program(&mistakes[6], 1);
    assert_int_equal(RUN("print", path, "--lints"), 1);
    assert_int_equal(RUN("print", path, "--lints", "--long-poll", "251"), 0);
    assert_int_equal(RUN("print", path, "--lints", "--long-poll", "250"), 1);
    assert_int_equal(RUN("print", path, "--lints", "--long-poll", "x"), 2);
    remove_trace();
}

// Serves 20 clients, three of which hang up, and ends.
static void run_greeter(const char *handler, const char *workers) {
    char address[64];
    int fd, status;
    pid_t server;

    snprintf(path, sizeof(path), "%s/greeter.ring", run_dir);
    server = run_start((const char *const[]){"serve", "--listen=127.0.0.1:0",
                                             "--handler", handler, "--workers",
                                             workers, "--ring", path, NULL},
                       &fd);
    run_read_until(fd, "\n");
    snprintf(address, sizeof(address), "127.0.0.1:%d",
             atoi(strpbrk(run_out, "0123456789")));
    assert_int_equal(RUN("dial", "--clients=17", address), 0);
    assert_int_equal(RUN("dial", "--clients=3", "--hang-up", address), 0);
    assert_int_equal(kill(server, SIGTERM), 0);
    assert_int_equal(waitpid(server, &status, 0), server);
    close(fd);
}

// A poll may take long where the machine is busy elsewhere, but not so long.
static void the_greeter_makes_no_mistake(void **state) {
    static const char *const handlers[] = {"inline", "named", "states"};
    static const char *const workers[] = {"1", "3"};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        run_greeter(handlers[i / 2], workers[i % 2]);
        assert_int_equal(RUN("print", path, "--lints", "--long-poll", "10000"),
                         0);
        assert_non_null(strstr(run_out, "\nno lints\n"));
        remove_trace();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_found_and_no_other),
        cmocka_unit_test(a_program_without_mistakes_has_no_lints),
        cmocka_unit_test(the_greeter_makes_no_mistake),
        cmocka_unit_test(print_says_what_it_is_about_and_answers_no),
        cmocka_unit_test(the_limit_of_a_long_poll_can_be_chosen),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
