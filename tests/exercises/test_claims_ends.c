// T6 to T14: what holds on right runs, and each mistake's verdict.
#include "claims_stage.h"

#include "fishbowl/async.h"
#include "fishbowl/task.h"
#include "fishbowl/time.h"
#include <errno.h>
#include <string.h>

// ---- real runs ----

struct nap {
    struct fb_future future;
    int out;
    uint64_t ns;
    struct fb_sleep sleep;
};

static enum fb_poll nap_poll(struct fb_future *self, struct fb_context *cx) {
    struct nap *n = fb_container_of(self, struct nap, future);

    FB_ASYNC(n, cx);
    FB_AWAIT(n->sleep, fb_sleep(n->ns));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type nap_type = FB_TYPE(nap, .poll = nap_poll);

// Spawns a nap, and waits for it, lets it go, or forgets it; or waits for it and
// keeps its handle.
enum care { WAITS, LETS_GO, FORGETS, KEEPS };
struct host {
    struct fb_future future;
    int out;
    enum care care;
    uint64_t ns;
    struct fb_join_handle guest;
    struct fb_join_task join;
};

static enum fb_poll host_poll(struct fb_future *self, struct fb_context *cx) {
    struct host *h = fb_container_of(self, struct host, future);
    int err;

    FB_ASYNC(h, cx);
    err = FB_SPAWN(cx->runtime,
                   ((struct nap){.future.type = &nap_type, .ns = h->ns}),
                   h->care == LETS_GO ? NULL : &h->guest);
    FB_TRY(err);
    if (h->care == WAITS || h->care == KEEPS) {
        FB_AWAIT(h->join, fb_join_task(&h->guest));
    }
    if (h->care == WAITS) {
        fb_task_detach(&h->guest);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type host_type = FB_TYPE(host, .poll = host_poll);

static void run_host(struct stage *s, enum care care) {
    struct host h = {.future.type = &host_type, .care = care, .ns = 5 * FB_MS};

    assert_int_equal(stage_run(s, &h.future), 0);
    if (care == FORGETS || care == KEEPS) {
        assert_int_equal(fb_run(s->rt), 0);
        (void)stage_judge(s);
        fb_task_detach(&h.guest);
    } else {
        (void)stage_judge(s);
    }
}

static void right_runs_hold(void **state) {
    struct stage *s = *state;
    const struct fb_wanted wanted = {.what = "nap is polled",
                                     .kind = FB_EV_FUTURE_ENTER,
                                     .name = "nap",
                                     .at_least = 2};

    run_host(s, WAITS);
    HOLDS(s, fb_claim_poll_span(s->trial, NULL, 0));
    HOLDS(s, fb_claim_bytes_kept(s->trial, -1, 0, 0));
    HOLDS(s, fb_claim_closed_once(s->trial, 0));
    HOLDS(s, fb_claim_spawns_joined(s->trial));
    HOLDS(s, fb_claim_errors_seen_once(s->trial, "It", 2, 2));
    HOLDS(s, fb_claim_timer_exact(s->trial, 0));
    HOLDS(s, fb_claim_ready_at(s->trial, "nap", 5 * FB_MS, 0));
    HOLDS(s, fb_claim_ends_quiet(s->trial));
    HOLDS(s, fb_claim_must_happen(s->trial, &wanted));
    HOLDS(s, fb_claim_same_behaviour(s->trial, s->trial, 0));
}

static void a_guest_that_was_let_go_is_cut_short(void **state) {
    struct stage *s = *state;

    run_host(s, LETS_GO);
    FAILS(s, fb_claim_spawns_joined(s->trial), FB_T9,
          "Task 1 (host) spawned task 2 (nap) at event 4 and let it go. When "
          "the run was over, at event 12, it was not done, and was cancelled.",
          "4 it is spawned", "9 its spawner ends",
          "12 the run is over: cancelled", "test_claims_ends.c",
          "test_claims_ends.c");
    assert_false(fb_claim_ends_quiet(stage_again(s)));
    assert_int_equal(fb_trial_verdict(s->trial)->id, FB_T12);
}

static void a_guest_that_was_forgotten_is_named(void **state) {
    struct stage *s = *state;

    run_host(s, FORGETS);
    assert_false(fb_claim_spawns_joined(s->trial));
    assert_int_equal(fb_trial_verdict(s->trial)->id, FB_T9);
    assert_int_equal(fb_trial_verdict(s->trial)->task, 2);
}

static void a_guest_that_was_waited_for_and_kept_is_told_apart(void **state) {
    struct stage *s = *state;
    const struct fb_verdict *v;

    run_host(s, KEEPS);
    assert_false(fb_claim_spawns_joined(s->trial));
    v = fb_trial_verdict(s->trial);
    assert_int_equal(v->id, FB_T9);
    assert_non_null(strstr(v->text, "has waited for task 2 (nap)"));
    assert_non_null(strstr(v->truth, "fb_task_detach"));
}

static void what_is_said_of_a_later_failure_is_not_kept(void **state) {
    struct stage *s = *state;
    const struct fb_verdict *v;

    run_host(s, WAITS);
    v = fb_trial_verdict(s->trial);
    assert_false(fb_trial_fail(s->trial, FB_T14, 1, "the first"));
    fb_trial_show(s->trial, 1, "of the first");
    assert_false(fb_trial_fail(s->trial, FB_T10, 2, "the second"));
    fb_trial_show(s->trial, 2, "of the second");
    fb_trial_place(s->trial, "second.c", 2);
    fb_trial_believed(s->trial, "the second", "the second");
    assert_string_equal(v->text, "the first");
    assert_int_equal(v->event_count, 1);
    assert_int_equal(v->place_count, 0);
    assert_null(v->misconception);
}

static void too_late_never_and_not_at_all_are_told_apart(void **state) {
    struct stage *s = *state;
    const struct fb_wanted none = {
        .what = "a tea is made", .kind = FB_EV_FUTURE_ENTER, .name = "tea"};

    run_host(s, WAITS);
    assert_false(fb_claim_ready_at(s->trial, "nap", 3 * FB_MS, FB_MS));
    assert_int_equal(fb_trial_verdict(s->trial)->id, FB_T11);
    assert_false(fb_claim_must_happen(stage_again(s), &none));
    assert_int_equal(fb_trial_verdict(s->trial)->id, FB_T14);
    FAILS(s, fb_claim_errors_seen_once(stage_again(s), "A broken pipe", 2, 1),
          FB_T10,
          "A broken pipe: it happened 2 times, and was seen 1 time. Somebody "
          "has let it go by.");
}

// ---- events written by hand ----

static struct tape tape;

static struct fb_trial *judge_a_poll_without_an_end(struct stage *s,
                                                    bool ended) {
    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    return stage_judge_tape(s, &tape, ended, 0, 0);
}

static void what_might_still_have_come_is_not_missed(void **state) {
    assert_true(fb_claim_ready_at(judge_a_poll_without_an_end(*state, false),
                                  NULL, FB_MS, 0));
}

static void what_can_come_no_more_is_missed(void **state) {
    assert_false(fb_claim_ready_at(judge_a_poll_without_an_end(*state, true),
                                   NULL, FB_MS, 0));
}

static void a_timer_before_its_deadline_is_named(void **state) {
    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape_timer(&tape, FB_EV_TIMER_SET, 7, 1000000000, 1, 100, FB_TIMER_FIRED);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_timer(&tape, FB_EV_TIMER_END, 7, 1000000000, 1, 100, FB_TIMER_FIRED);
    assert_false(fb_claim_timer_exact(
        stage_judge_tape(*state, &tape, true, 0, 0), UINT64_MAX));
    assert_int_equal(fb_trial_verdict(((struct stage *)*state)->trial)->at, 6);
}

static void a_poll_that_takes_long_is_named(void **state) {
    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape.now_ns += 50 * FB_MS;
    tape_end(&tape, 1, 100, FB_RESULT_READY, 0, 0);
    assert_false(fb_claim_poll_span(stage_judge_tape(*state, &tape, true, 0, 0),
                                    "greet", FB_MS));
    assert_int_equal(fb_trial_verdict(((struct stage *)*state)->trial)->id,
                     FB_T6);
}

static void bytes_and_descriptors_that_are_gone_are_named(void **state) {
    struct stage *s = *state;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape_source(&tape, FB_EV_SOURCE_ADD, 3, 7, FB_SOURCE_STREAM, 0, 1);
    tape_io(&tape, 3, 7, 100, FB_IO_READ, 12, 64);
    (void)stage_judge_tape(s, &tape, true, 0, 0);
    HOLDS(s, fb_claim_bytes_kept(s->trial, 7, 10, 2));
    FAILS(s, fb_claim_bytes_kept(s->trial, 7, 4, 2), FB_T7,
          "Reads brought 12 bytes, but 4 were delivered and 2 are still held: "
          "6 are lost.",
          "5 the last read");
    FAILS(s, fb_claim_closed_once(stage_again(s), 0), FB_T8,
          "fd 7, which task 1 (greet) opened at event 4, was never closed.",
          "4 it was opened", "5 the end: it is open still");
    FAILS(s, fb_claim_closed_once(stage_again(s), 2), FB_T8,
          "2 closes hit a descriptor that was not open: it had been closed "
          "before.");
}

static void another_tree_is_another_behaviour(void **state) {
    struct stage *s = *state;
    struct stage golden = {0};
    static struct tape other;
    struct moments m;

    tape = (struct tape){0};
    tape_greeter(&tape, &m);
    tape_greeter_end(&tape);
    other = tape;
    for (size_t i = 0; i < other.count; i++) {
        if (other.events[i].kind == FB_EV_IO &&
            other.events[i].detail == FB_IO_WRITE) {
            other.events[i].io.result = 99; // what it answers
        }
    }
    (void)stage_judge_tape(s, &tape, true, 0, 0);
    (void)stage_judge_tape(&golden, &other, true, 0, 0);
    assert_false(fb_claim_same_behaviour(s->trial, golden.trial, 0));
    assert_int_equal(fb_trial_verdict(s->trial)->id, FB_T13);
    assert_true(fb_trial_verdict(s->trial)->at > 0);
    fb_trial_destroy(golden.trial);
    fb_history_destroy(golden.history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(right_runs_hold),
        STAGE_TEST(a_guest_that_was_let_go_is_cut_short),
        STAGE_TEST(a_guest_that_was_forgotten_is_named),
        STAGE_TEST(a_guest_that_was_waited_for_and_kept_is_told_apart),
        STAGE_TEST(what_is_said_of_a_later_failure_is_not_kept),
        STAGE_TEST(too_late_never_and_not_at_all_are_told_apart),
        STAGE_TEST(what_might_still_have_come_is_not_missed),
        STAGE_TEST(what_can_come_no_more_is_missed),
        STAGE_TEST(a_timer_before_its_deadline_is_named),
        STAGE_TEST(a_poll_that_takes_long_is_named),
        STAGE_TEST(bytes_and_descriptors_that_are_gone_are_named),
        STAGE_TEST(another_tree_is_another_behaviour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
