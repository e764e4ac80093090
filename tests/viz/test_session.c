// A session knows where it may start, what it has, and what it lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scene.h"
#include "session.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene scene;
static char why[FB_SESSION_WHY_BYTES];

static struct fb_session *open_scene(bool control) {
    struct fb_session *s = NULL;

    assert_int_equal(fb_session_open(&s, scene.path, control, why, sizeof(why)),
                     0);
    return s;
}

static const struct fb_model *live(struct fb_session *s) {
    return fb_history_live(fb_session_history(s));
}

static void whole_trace_is_loaded_from_event_one(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 9, "127.0.0.1:51234");
    s = open_scene(false);
    assert_int_equal(fb_session_facts(s)->first, 1);
    assert_true(fb_session_facts(s)->exact);
    assert_true(fb_session_facts(s)->controllable);
    assert_string_equal(fb_session_facts(s)->program, "greeter");
    assert_int_equal(fb_session_facts(s)->pid, getpid());
    assert_int_equal(fb_history_last(fb_session_history(s)), scene.w.head);
    assert_int_equal(live(s)->live_tasks, 2);
    assert_int_equal(live(s)->anomalies, 0);
    fb_session_close(s);
    scene_close(&scene);
}

static void pump_takes_what_is_new_and_then_nothing(void **state) {
    struct fb_session *s;
    uint64_t before;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    s = open_scene(false);
    assert_int_equal(fb_session_pump(s), 0);
    before = scene.w.head;
    scene_connect(&scene, 9, "a");
    assert_int_equal(fb_session_pump(s), scene.w.head - before);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(live(s)->live_tasks, 2);
    fb_session_close(s);
    scene_close(&scene);
}

// A task whose only poll ends Pending, with its waker nowhere.
static void forget_a_waker(uint32_t task) {
    static const enum fb_event_kind kinds[] = {
        FB_EV_TASK_SPAWN, FB_EV_TASK_SCHEDULED, FB_EV_POLL_BEGIN,
        FB_EV_POLL_END, FB_EV_UNPARK};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        scene_put(&scene, (struct fb_event){.kind = (uint8_t)kinds[i],
                                            .subject = task,
                                            .poll.future = 10 * task});
    }
}

static void lints_come_with_the_events_and_new_ones_are_told(void **state) {
    struct fb_session *s;
    const struct fb_lints *lints;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    forget_a_waker(7);
    s = open_scene(false);
    lints = fb_session_lints(s);
    assert_int_equal(fb_lints_count(lints), 1);
    assert_int_equal(fb_lints_at(lints, 0)->event, scene.w.head);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 0);
    forget_a_waker(8);
    assert_true(fb_session_pump(s) > 0);
    assert_int_equal(fb_session_new_lints(s), 1);
    assert_int_equal(fb_lints_at(lints, 1)->task, 8);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 0);
    fb_session_close(s);
    scene_close(&scene);
}

static void
what_nobody_asked_for_is_told_when_the_trace_is_closed(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    forget_a_waker(7);
    scene_put(&scene, (struct fb_event){.kind = FB_EV_TASK_DONE,
                                        .detail = FB_OUTCOME_FAILED,
                                        .subject = 7});
    s = open_scene(false);
    assert_int_equal(fb_lints_count(fb_session_lints(s)), 1); // its wake
    scene_end(&scene);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 1);
    assert_int_equal(fb_lints_at(fb_session_lints(s), 1)->kind,
                     FB_LINT_UNJOINED_TASK);
    fb_session_close(s);
    s = open_scene(false); // and when it is opened afterwards
    assert_int_equal(fb_lints_count(fb_session_lints(s)), 2);
    fb_session_close(s);
    scene_close(&scene);
}

static struct fb_session *open_with_limit(uint64_t endless_poll_ns) {
    const struct fb_lint_options limits = {.long_poll_ns = UINT64_MAX,
                                           .endless_poll_ns = endless_poll_ns,
                                           .endless_results = UINT32_MAX,
                                           .self_wakes = UINT32_MAX,
                                           .large_bytes = UINT32_MAX};
    const struct fb_session_options options = {.what = scene.path,
                                               .lints = &limits};
    struct fb_session *s = NULL;

    assert_int_equal(fb_session_open_with(&s, &options, why, sizeof(why)), 0);
    return s;
}

static void who_is_polled_and_writes_no_more_has_not_yielded(void **state) {
    const struct fb_finding *f;
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    scene_put(&scene,
              (struct fb_event){.kind = FB_EV_TASK_SPAWN, .subject = 7});
    scene_put(&scene,
              (struct fb_event){.kind = FB_EV_TASK_SCHEDULED, .subject = 7});
    scene_put(&scene,
              (struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = 7});
    s = open_with_limit(1);
    atomic_store(&scene.w.control->stopped, 1); // it is held still
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 0);
    atomic_store(&scene.w.control->stopped, 0);
    atomic_store(&scene.w.control->mode, FB_CONTROL_SLOW);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 0);
    atomic_store(&scene.w.control->mode, FB_CONTROL_RUN);
    atomic_store(&scene.w.control->enabled, 0); // it writes nothing
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_new_lints(s), 0);
    atomic_store(&scene.w.control->enabled, 1);
    while (fb_session_new_lints(s) == 0) { // a nanosecond
        assert_int_equal(fb_session_pump(s), 0);
    }
    f = fb_lints_at(fb_session_lints(s), 0);
    assert_int_equal(f->kind, FB_LINT_NEVER_YIELDED);
    assert_int_equal(f->event, 3);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(f->times, 1); // it is the same poll
    fb_session_close(s);
    s = open_with_limit(FB_LINT_ENDLESS_POLL_NS);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_lints_count(fb_session_lints(s)), 0);
    fb_session_close(s);
    scene_close(&scene);
}

static void empty_trace_begins_at_event_one(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    s = open_scene(false);
    assert_true(fb_session_facts(s)->exact);
    assert_int_equal(fb_history_count(fb_session_history(s)), 0);
    scene_listen(&scene);
    assert_int_equal(fb_session_pump(s), scene.w.head);
    assert_int_equal(fb_history_first(fb_session_history(s)), 1);
    fb_session_close(s);
    scene_close(&scene);
}

static void gap_is_noted_with_its_exact_numbers(void **state) {
    const struct fb_session_gap *gaps;
    struct fb_session *s;
    uint64_t seen, lost;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    s = open_scene(false);
    seen = scene.w.head;
    scene_idle(&scene, 100); // 200 events through a ring of 64
    assert_true(fb_session_pump(s) > 0);
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), 1);
    assert_int_equal(gaps[0].first, seen + 1);
    assert_int_equal(lost, gaps[0].last - gaps[0].first + 1);
    assert_null(fb_history_event(fb_session_history(s), gaps[0].last));
    assert_non_null(fb_history_event(fb_session_history(s), gaps[0].last + 1));
    assert_int_equal(fb_history_last(fb_session_history(s)), scene.w.head);
    // a live ring of 64 whole events at most: the rest must have been lost
    assert_in_range(scene.w.head - gaps[0].last, 62, 64);
    assert_true(live(s)->uncertain);
    fb_session_close(s);
    scene_close(&scene);
}

static void loss_asks_for_one_census_that_makes_the_model_exact(void **state) {
    struct fb_session *s;
    uint32_t task;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada");
    s = open_scene(false);
    scene_idle(&scene, 100);
    assert_true(fb_session_pump(s) > 0);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(atomic_load(&scene.w.control->census_wanted), 1);
    assert_true(fb_trace_check(&scene.w));
    scene_census(&scene, task, 9, "Ada");
    assert_true(fb_session_pump(s) > 0);
    assert_false(live(s)->uncertain);
    assert_int_equal(live(s)->live_tasks, 2);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(atomic_load(&scene.w.control->census_wanted), 1);
    fb_session_close(s);
    scene_close(&scene);
}

// The executor's side: answers one request for a census.
static void *answer(void *arg) {
    const uint32_t task = *(uint32_t *)arg;

    while (!fb_trace_check(&scene.w)) {
        sched_yield();
    }
    scene_census(&scene, task, 9, "Ada");
    return NULL;
}

static void late_viewer_asks_for_a_census_and_starts_there(void **state) {
    struct fb_session *s;
    pthread_t executor;
    uint32_t task;
    uint64_t head;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada");
    scene_idle(&scene, 100);
    scene.w.census_due = UINT64_MAX; // only when asked
    head = scene.w.head;
    assert_int_equal(pthread_create(&executor, NULL, answer, &task), 0);
    s = open_scene(false);
    assert_int_equal(pthread_join(executor, NULL), 0);
    assert_int_equal(fb_session_facts(s)->first, head + 1);
    assert_true(fb_session_facts(s)->exact);
    while (fb_session_pump(s) > 0) {
    }
    assert_false(live(s)->uncertain);
    assert_int_equal(live(s)->live_tasks, 2);
    assert_string_equal(fb_model_task(live(s), task)->label, "Ada");
    fb_session_close(s);
    scene_close(&scene);
}

static void
program_that_does_not_answer_is_an_error_with_a_remedy(void **state) {
    const struct fb_session_options options = {.what = scene.path,
                                               .census_wait_ns = 1};
    struct fb_session *s = NULL;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    scene_idle(&scene, 100);
    assert_int_equal(fb_session_open_with(&s, &options, why, sizeof(why)),
                     -ETIMEDOUT);
    assert_null(s);
    assert_non_null(strstr(why, "census"));
    assert_non_null(strstr(why, "try again"));
    scene_close(&scene);
}

static void dead_trace_without_a_start_says_what_is_missing(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    scene_idle(&scene, 100);
    scene_end(&scene);
    s = open_scene(false);
    assert_false(fb_session_facts(s)->exact);
    assert_int_equal(fb_session_facts(s)->first,
                     fb_history_first(fb_session_history(s)));
    assert_in_range(fb_session_facts(s)->first, 100, 200);
    assert_int_equal(fb_session_life(s), FB_LIFE_CLOSED);
    assert_false(fb_session_facts(s)->controllable);
    fb_session_close(s);
    scene_close(&scene);
}

static void killed_program_leaves_its_last_event(void **state) {
    struct fb_session *s;
    int status, ends[2];
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) { // writes, says where, and vanishes without closing
        scene_open(&scene, 0);
        scene_listen(&scene);
        scene_connect(&scene, 9, "Ada");
        _exit(write(ends[1], &scene, sizeof(scene)) != sizeof(scene));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &scene, sizeof(scene)), sizeof(scene));
    close(ends[0]);
    close(ends[1]);
    scene.w = (struct fb_trace_writer){0}; // it was the child's
    s = open_scene(false);
    assert_int_equal(fb_session_life(s), FB_LIFE_KILLED);
    assert_int_equal(live(s)->live_tasks, 2);
    assert_int_equal(fb_session_claim(s), -ENOTSUP);
    fb_session_close(s);
    scene_close(&scene);
}

static void address_that_comes_later_is_learned(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    s = open_scene(false);
    assert_string_equal(fb_session_facts(s)->address, "");
    fb_trace_set_address(&scene.w, "127.0.0.1:6142\x1b[2J");
    assert_int_equal(fb_session_pump(s), 0);
    assert_string_equal(fb_session_facts(s)->address, "127.0.0.1:6142\\x1b[2J");
    fb_session_close(s);
    scene_close(&scene);
}

static void live_history_keeps_only_its_limit(void **state) {
    const struct fb_session_options options = {.what = scene.path,
                                               .max_events = 4096};
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 1 << 15);
    scene_listen(&scene);
    scene_connect(&scene, 9, "Ada");
    scene_idle(&scene, 10000);
    assert_int_equal(fb_session_open_with(&s, &options, why, sizeof(why)), 0);
    assert_true(fb_history_count(fb_session_history(s)) < scene.w.head);
    assert_int_equal(fb_history_last(fb_session_history(s)), scene.w.head);
    assert_int_equal(live(s)->live_tasks, 2);
    fb_session_close(s);
    scene_close(&scene);
}

static void control_reaches_the_program_only_while_claimed(void **state) {
    struct fb_session *s;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    s = open_scene(false);
    fb_session_stop(s);
    assert_int_equal(atomic_load(&scene.w.control->mode), FB_CONTROL_RUN);
    assert_int_equal(fb_session_claim(s), 0);
    assert_true(fb_session_claimed(s));
    fb_session_stop(s);
    assert_int_equal(atomic_load(&scene.w.control->mode), FB_CONTROL_STOP);
    fb_session_step(s, FB_STEP_POLL, 0);
    assert_int_equal(atomic_load(&scene.w.control->step), FB_STEP_POLL);
    fb_session_slow(s, 5);
    assert_int_equal(atomic_load(&scene.w.control->mode), FB_CONTROL_SLOW);
    assert_int_equal(atomic_load(&scene.w.control->delay_ns), 5);
    fb_session_break(s, 1u << FB_EV_WAKE, 3);
    assert_int_equal(atomic_load(&scene.w.control->break_task), 3);
    fb_session_close(s); // lets it run on
    assert_int_equal(atomic_load(&scene.w.control->mode), FB_CONTROL_RUN);
    assert_int_equal(atomic_load(&scene.w.control->viewer_pid), 0);
    scene_close(&scene);
}

static void missing_file_is_named_with_a_remedy(void **state) {
    struct fb_session *s = NULL;

    (void)state;
    assert_int_equal(
        fb_session_open(&s, "/nowhere/\x1b[31m.ring", false, why, sizeof(why)),
        -ENOENT);
    assert_null(s);
    assert_non_null(strstr(why, "/nowhere/\\x1b[31m.ring: "));
    assert_non_null(strstr(why, "fishbowl list"));
}

static void file_that_is_no_trace_is_refused(void **state) {
    struct fb_session *s = NULL;

    (void)state;
    assert_int_equal(
        fb_session_open(&s, "/proc/self/exe", false, why, sizeof(why)),
        -EINVAL);
    assert_null(s);
    assert_non_null(strstr(why, "/proc/self/exe: "));
}

static void nothing_live_is_said_and_what_to_do(void **state) {
    struct fb_session *s = NULL;
    char dir[] = "/tmp/fishbowl-test-XXXXXX", own[64];

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
    assert_int_equal(fb_session_open(&s, NULL, false, why, sizeof(why)),
                     -ENOENT);
    assert_non_null(strstr(why, "fishbowl serve"));
    assert_int_equal(fb_session_open(&s, "4294967296", false, why, sizeof(why)),
                     -ENOENT);
    assert_non_null(strstr(why, "pid 4294967296"));
    snprintf(own, sizeof(own), "%s/fishbowl", dir);
    (void)rmdir(own);
    assert_int_equal(rmdir(dir), 0);
}

static void pid_and_nothing_find_the_running_program(void **state) {
    const struct fb_trace_options options = {.program = "found",
                                             .ring_events = 64};
    char dir[] = "/tmp/fishbowl-test-XXXXXX", own[64], pid[32];
    struct fb_trace_writer w;
    struct fb_session *s;

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
    assert_int_equal(fb_trace_open(&w, &options), 0);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(fb_session_open(&s, pid, false, why, sizeof(why)), 0);
    assert_string_equal(fb_session_facts(s)->program, "found");
    fb_session_close(s);
    assert_int_equal(fb_session_open(&s, NULL, true, why, sizeof(why)), 0);
    assert_true(fb_session_claimed(s));
    fb_session_close(s);
    fb_trace_close(&w, false);
    assert_int_equal(fb_session_open(&s, NULL, false, why, sizeof(why)),
                     -ENOENT);
    snprintf(own, sizeof(own), "%s/fishbowl", dir);
    assert_int_equal(rmdir(own), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_trace_is_loaded_from_event_one),
        cmocka_unit_test(pump_takes_what_is_new_and_then_nothing),
        cmocka_unit_test(lints_come_with_the_events_and_new_ones_are_told),
        cmocka_unit_test(
            what_nobody_asked_for_is_told_when_the_trace_is_closed),
        cmocka_unit_test(who_is_polled_and_writes_no_more_has_not_yielded),
        cmocka_unit_test(empty_trace_begins_at_event_one),
        cmocka_unit_test(gap_is_noted_with_its_exact_numbers),
        cmocka_unit_test(loss_asks_for_one_census_that_makes_the_model_exact),
        cmocka_unit_test(late_viewer_asks_for_a_census_and_starts_there),
        cmocka_unit_test(
            program_that_does_not_answer_is_an_error_with_a_remedy),
        cmocka_unit_test(dead_trace_without_a_start_says_what_is_missing),
        cmocka_unit_test(killed_program_leaves_its_last_event),
        cmocka_unit_test(address_that_comes_later_is_learned),
        cmocka_unit_test(live_history_keeps_only_its_limit),
        cmocka_unit_test(control_reaches_the_program_only_while_claimed),
        cmocka_unit_test(missing_file_is_named_with_a_remedy),
        cmocka_unit_test(file_that_is_no_trace_is_refused),
        cmocka_unit_test(nothing_live_is_said_and_what_to_do),
        cmocka_unit_test(pid_and_nothing_find_the_running_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
