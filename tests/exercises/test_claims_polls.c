// T1 to T5 on real runs: right ones hold, and each mistake gets its verdict,
// word for word.
#include "claims_stage.h"

#include "fishbowl/async.h"
#include "fishbowl/combine.h"
#include "fishbowl/time.h"
#include <errno.h>

// ---- futures with and without mistakes ----

// Does as it is told at each poll; the last step is repeated.
enum step {
    SAY_READY,
    FORGET,     // Pending, and nothing
    WAKE_SELF,  // Pending after a wake of itself
    KEEP,       // Pending, keeps a clone of the waker
    STAY,       // Pending, keeps what it has kept before
    TAKE_BACK,  // Pending, keeps a clone and gives it up again
    WAKE_OTHER, // wakes by the waker that another one has kept; Ready
    STEPS_MAX = 8,
};
static struct fb_waker kept;

struct doze {
    struct fb_future future;
    int out;
    enum step steps[STEPS_MAX];
    int at;
};

static enum fb_poll doze_poll(struct fb_future *self, struct fb_context *cx) {
    struct doze *d = fb_container_of(self, struct doze, future);
    const enum step step = d->steps[d->at];

    d->at += d->at + 1 < STEPS_MAX;
    switch (step) {
    case WAKE_SELF: fb_waker_wake_by_ref(cx->waker); return FB_PENDING;
    case KEEP:
        fb_waker_drop(&kept);
        kept = fb_waker_clone(cx->waker);
        return FB_PENDING;
    case TAKE_BACK:
        kept = fb_waker_clone(cx->waker);
        fb_waker_drop(&kept);
        return FB_PENDING;
    case WAKE_OTHER: fb_waker_wake(&kept); return FB_READY;
    case FORGET:
    case STAY: return FB_PENDING;
    default: return FB_READY;
    }
}

static void doze_drop(struct fb_future *self) {
    (void)self;
}

static struct fb_type doze_type =
    FB_TYPE(doze, .poll = doze_poll, .drop = doze_drop);
#define DOZE(...)                                                              \
    (struct doze) {                                                            \
        .future.type = &doze_type, .steps = { __VA_ARGS__ }                    \
    }

// Polls its child, and gives Pending whatever that says.
struct deaf {
    struct fb_future future;
    int out;
    struct doze child;
};

static enum fb_poll deaf_poll(struct fb_future *self, struct fb_context *cx) {
    struct deaf *d = fb_container_of(self, struct deaf, future);

    self->child = &d->child.future;
    (void)!fb_future_poll(&d->child.future, cx);
    return FB_PENDING;
}

static struct fb_type deaf_type = FB_TYPE(deaf, .poll = deaf_poll);

// Both at once.
struct both {
    struct fb_future future;
    int out;
    struct doze a, b;
    struct fb_sleep nap, other;
    struct fb_join join;
    bool naps;
};

static enum fb_poll both_poll(struct fb_future *self, struct fb_context *cx) {
    struct both *x = fb_container_of(self, struct both, future);

    FB_ASYNC(x, cx);
    if (x->naps) {
        x->nap = fb_sleep(5 * FB_MS);
        x->other = fb_sleep(7 * FB_MS);
        FB_AWAIT(x->join, FB_JOIN(&x->nap.future, &x->other.future));
    } else {
        FB_AWAIT(x->join, FB_JOIN(&x->a.future, &x->b.future));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type both_type = FB_TYPE(both, .poll = both_poll);

// One after the other.
struct row {
    struct fb_future future;
    int out;
    struct fb_sleep nap;
};

static enum fb_poll row_poll(struct fb_future *self, struct fb_context *cx) {
    struct row *r = fb_container_of(self, struct row, future);

    FB_ASYNC(r, cx);
    FB_AWAIT(r->nap, fb_sleep(5 * FB_MS));
    FB_AWAIT(r->nap, fb_sleep(7 * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type row_type = FB_TYPE(row, .poll = row_poll);

// ---- T1 ----

static void pending_with_a_waker_or_a_wake_has_a_source(void **state) {
    struct stage *s = *state;
    struct row row = {.future.type = &row_type};
    struct both both = {.future.type = &both_type, .naps = true};
    struct doze self = DOZE(WAKE_SELF, WAKE_SELF, SAY_READY);
    struct doze keeps = DOZE(KEEP, SAY_READY);
    struct doze wakes = DOZE(WAKE_OTHER);

    assert_int_equal(stage_run(s, &row.future), 0);
    assert_int_equal(stage_run(s, &both.future), 0);
    assert_int_equal(stage_run(s, &self.future), 0);
    assert_int_equal(FB_SPAWN(s->rt, keeps, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, wakes, NULL), 0);
    assert_int_equal(fb_run(s->rt), 0);
    HOLDS(s, fb_claim_pending_has_source(stage_judge(s)));
}

static void a_task_that_stored_nothing_is_named(void **state) {
    struct stage *s = *state;
    struct doze d = DOZE(FORGET);

    assert_int_equal(stage_run(s, &d.future), -EDEADLK);
    FAILS(s, fb_claim_pending_has_source(stage_judge(s)), FB_T1,
          "Task 1 (doze) returned Pending at event 4, but nobody will ever "
          "wake it: its waker is stored nowhere, and it has not woken itself.",
          "3 it was polled", "4 it returned Pending, and no waker was stored",
          "5 nothing can happen any more: it waits for ever",
          "test_claims_polls.c");
    assert_int_equal(fb_trial_verdict(s->trial)->at, 4);
    assert_int_equal(fb_trial_verdict(s->trial)->task, 1);
}

static void a_child_that_stored_nothing_is_named_not_its_parent(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type,
                        .a = DOZE(SAY_READY),
                        .b = DOZE(WAKE_SELF, FORGET)};

    assert_int_equal(stage_run(s, &both.future), -EDEADLK);
    FAILS(s, fb_claim_pending_has_source(stage_judge(s)), FB_T1,
          "Task 1 (both): its future doze returned Pending at event 17, but "
          "has stored no waker and woken nobody. Nobody will ever poll it "
          "again.",
          "16 it was polled", "17 it returned Pending, and no waker was stored",
          "20 nothing can happen any more: it waits for ever",
          "test_claims_polls.c", "test_claims_polls.c");
}

static void a_siblings_waker_does_not_excuse_it(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type,
                        .a = DOZE(KEEP, SAY_READY),
                        .b = DOZE(FORGET, SAY_READY)};
    struct doze wakes = DOZE(WAKE_OTHER);

    assert_int_equal(FB_SPAWN(s->rt, both, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, wakes, NULL), 0);
    assert_int_equal(fb_run(s->rt), 0); // it came right by luck
    FAILS(s, fb_claim_pending_has_source(stage_judge(s)), FB_T1,
          "Task 1 (both): its future doze returned Pending at event 13, but "
          "has stored no waker and woken nobody. It is polled again only if "
          "something else happens to wake the task.",
          "12 it was polled", "13 it returned Pending, and no waker was stored",
          "test_claims_polls.c", "test_claims_polls.c");
}

static void a_parent_that_forgets_to_go_on_is_named(void **state) {
    struct stage *s = *state;
    struct deaf d = {.future.type = &deaf_type, .child = DOZE(SAY_READY)};

    assert_int_equal(stage_run(s, &d.future), -EDEADLK);
    FAILS(s, fb_claim_pending_has_source(stage_judge(s)), FB_T1,
          "Task 1 (deaf) returned Pending at event 6, but nobody will ever "
          "wake it: its waker is stored nowhere, and it has not woken itself.",
          "3 it was polled", "6 it returned Pending, and no waker was stored",
          "7 nothing can happen any more: it waits for ever",
          "test_claims_polls.c");
}

static void a_waker_that_is_given_up_again_is_none(void **state) {
    struct stage *s = *state;
    struct doze d = DOZE(TAKE_BACK);

    assert_int_equal(stage_run(s, &d.future), -EDEADLK);
    FAILS(s, fb_claim_pending_has_source(stage_judge(s)), FB_T1,
          "Task 1 (doze) returned Pending at event 6, but nobody will ever "
          "wake it: its waker is stored nowhere, and it has not woken itself.",
          "3 it was polled", "6 it returned Pending, and no waker was stored",
          "7 nothing can happen any more: it waits for ever",
          "test_claims_polls.c");
}

// ---- T2 ----

static void real_executors_poll_whom_they_wake(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type, .naps = true};
    struct doze self = DOZE(WAKE_SELF, SAY_READY);

    assert_int_equal(FB_SPAWN(s->rt, both, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, self, NULL), 0);
    assert_int_equal(fb_run(s->rt), 0);
    HOLDS(s, fb_claim_wake_then_poll(stage_judge(s)));
}

static void parking_over_a_queue_is_found(void **state) {
    static struct tape tape;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_park(&tape, -1);
    FAILS(*state,
          fb_claim_wake_then_poll(stage_judge_tape(*state, &tape, true, 0, 0)),
          FB_T2,
          "The executor parked at event 3, but task 1 (greet) had been woken "
          "at event 2 and was not polled since.",
          "2 it became runnable", "3 the executor parked");
}

static void a_wake_that_queues_nobody_is_found(void **state) {
    static struct tape tape;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_OUTSIDE, 0);
    tape_park(&tape, -1);
    FAILS(*state,
          fb_claim_wake_then_poll(stage_judge_tape(*state, &tape, true, 0, 0)),
          FB_T2,
          "The executor parked at event 6, but task 1 (greet) had been woken "
          "at event 5 and was not polled since.",
          "5 it became runnable", "6 the executor parked");
}

// Two wait one after the other; the waker of the first one is kept.
static void a_wake_to_who_has_waited_before_goes_astray(void **state) {
    struct stage *s = *state;
    struct both first = {.future.type = &both_type,
                         .a = DOZE(KEEP, SAY_READY),
                         .b = DOZE(WAKE_SELF, WAKE_SELF, SAY_READY)};
    struct doze second = DOZE(WAKE_SELF, WAKE_SELF, STAY);
    struct doze wakes = DOZE(WAKE_SELF, WAKE_SELF, WAKE_SELF, WAKE_OTHER);

    assert_int_equal(FB_SPAWN(s->rt, first, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, second, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, wakes, NULL), 0);
    assert_int_equal(fb_run(s->rt), -EDEADLK);
    (void)stage_judge(s);
    HOLDS(s, fb_claim_wake_then_poll(s->trial)); // the executor did its part
    FAILS(s, fb_claim_wakes_reach(s->trial, "doze"), FB_T2,
          "At event 66 task 3 (doze) woke task 1 (both), which does not wait "
          "for it any more. But task 2 (doze), whose doze returned Pending at "
          "event 59, was not woken: the stored waker was an old one.",
          "51 who is woken here has waited before",
          "59 the last who was polled, and waits now",
          "66 the wake goes astray", "test_claims_polls.c");
}

static void a_wake_to_who_waits_reaches(void **state) {
    struct stage *s = *state;
    struct doze waits = DOZE(KEEP, SAY_READY), wakes = DOZE(WAKE_OTHER);

    assert_int_equal(FB_SPAWN(s->rt, waits, NULL), 0);
    assert_int_equal(FB_SPAWN(s->rt, wakes, NULL), 0);
    assert_int_equal(fb_run(s->rt), 0);
    HOLDS(s, fb_claim_wakes_reach(stage_judge(s), "doze"));
}

// ---- T3 ----

struct greedy {
    struct fb_future future;
    int out;
    struct doze child;
    bool drops;
};

static enum fb_poll greedy_poll(struct fb_future *self, struct fb_context *cx) {
    struct greedy *g = fb_container_of(self, struct greedy, future);

    (void)!fb_future_poll(&g->child.future, cx);
    if (g->drops) {
        fb_future_drop(&g->child.future);
    }
    return fb_future_poll(&g->child.future, cx);
}

static struct fb_type greedy_type = FB_TYPE(greedy, .poll = greedy_poll);

static void ask_again(struct stage *s) {
    struct greedy g = {.future.type = &greedy_type, .child = DOZE(SAY_READY)};

    (void)!stage_run(s, &g.future);
}

static void ask_the_dropped(struct stage *s) {
    struct greedy g = {
        .future.type = &greedy_type, .child = DOZE(WAKE_SELF), .drops = true};

    (void)!stage_run(s, &g.future);
}

static void futures_that_are_done_are_left_alone(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type,
                        .a = DOZE(SAY_READY),
                        .b = DOZE(WAKE_SELF, SAY_READY)};

    assert_int_equal(stage_run(s, &both.future), 0);
    HOLDS(s, fb_claim_no_poll_after_done(stage_judge(s)));
}

static void
a_poll_after_ready_is_named_although_the_program_died(void **state) {
    FAILS(*state,
          fb_claim_no_poll_after_done(stage_judge_dead(*state, ask_again)),
          FB_T3,
          "Task 1 (greedy) polled its future doze once more at event 6, but "
          "doze had been Ready since event 5.",
          "5 it was Ready", "6 it was polled again", "test_claims_polls.c",
          "test_claims_polls.c");
}

static void so_is_a_poll_after_a_drop(void **state) {
    FAILS(
        *state,
        fb_claim_no_poll_after_done(stage_judge_dead(*state, ask_the_dropped)),
        FB_T3,
        "Task 1 (greedy) polled its future doze once more at event 8, but "
        "doze had been dropped since event 7.",
        "7 it was dropped", "8 it was polled again", "test_claims_polls.c",
        "test_claims_polls.c");
}

// ---- T4 ----

static void polls_that_were_asked_for_are_earned(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type, .naps = true};
    struct doze self = DOZE(WAKE_SELF, SAY_READY);

    assert_int_equal(stage_run(s, &both.future), 0);
    assert_int_equal(stage_run(s, &self.future), 0);
    (void)stage_judge(s);
    HOLDS(s, fb_claim_polls_earned(s->trial, NULL, 100));
    HOLDS(s, fb_claim_polls_earned(s->trial, "both", 0));
    HOLDS(s, fb_claim_poll_count(s->trial, "doze", 2, 2));
    HOLDS(s, fb_claim_poll_count(s->trial, "both", 3, 3));
    HOLDS(s, fb_claim_poll_count(s->trial, "nobody", 7, 7));
}

static void a_task_that_wakes_only_itself_is_named(void **state) {
    struct stage *s = *state;
    struct doze d = DOZE(WAKE_SELF, WAKE_SELF, WAKE_SELF, WAKE_SELF, SAY_READY);

    assert_int_equal(stage_run(s, &d.future), 0);
    FAILS(s, fb_claim_polls_earned(stage_judge(s), "doze", 50), FB_T4,
          "Task 1 (doze) was polled 5 times: 4 of its 4 wakes came from "
          "itself, without any news.",
          "4 it wakes itself for the first time", "16 and for the last time",
          "test_claims_polls.c");
}

static void polls_without_wakes_are_named(void **state) {
    static struct tape tape;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    for (uint32_t i = 0; i < 3; i++) {
        tape_scheduled(&tape, 1, 1);
        tape_begin(&tape, 1, 100, i + 1);
        tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    }
    FAILS(*state,
          fb_claim_polls_earned(stage_judge_tape(*state, &tape, true, 0, 0),
                                NULL, 100),
          FB_T4,
          "Task 1 (greet) was polled 3 times, but woken only 0 times: polls "
          "that nobody asked for.",
          "named.c");
}

static void too_many_and_too_few_polls_are_named(void **state) {
    struct stage *s = *state;
    struct doze d = DOZE(WAKE_SELF, WAKE_SELF, SAY_READY);

    assert_int_equal(stage_run(s, &d.future), 0);
    (void)stage_judge(s);
    FAILS(s, fb_claim_poll_count(s->trial, "doze", 2, 2), FB_T4,
          "doze in task 1 (doze) was polled 3 times; it takes exactly 2.",
          "3 its first poll", "11 its last poll", "test_claims_polls.c");
    FAILS(s, fb_claim_poll_count(stage_again(s), "doze", 4, 9), FB_T4,
          "doze in task 1 (doze) was polled 3 times; it takes at least 4.",
          "3 its first poll", "11 its last poll", "test_claims_polls.c");
    assert_string_equal(fb_trial_verdict(s->trial)->misconception,
                        "Ready can be given as soon as somebody asks.");
}

// Whoever looks on may have any task polled: nobody's mistake.
static void polls_in_nobodys_name_are_not_counted(void **state) {
    static struct tape tape;

    tape = (struct tape){0};
    tape_spawn(&tape, 1, 0, 100, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 1);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_NONE, 0);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 2);
    tape_end(&tape, 1, 100, FB_RESULT_PENDING, 20, 0);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_TIMER, 1);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 100, 3);
    tape_end(&tape, 1, 100, FB_RESULT_READY, 0, 0);
    (void)stage_judge_tape(*state, &tape, true, 0, 0);
    HOLDS(*state,
          fb_claim_poll_count(((struct stage *)*state)->trial, "greet", 3, 2));
}

// ---- T5 ----

static void two_that_are_joined_overlap(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type, .naps = true};

    assert_int_equal(stage_run(s, &both.future), 0);
    HOLDS(s, fb_claim_overlap(stage_judge(s), "fb_sleep", 2));
}

static void two_in_a_row_do_not(void **state) {
    struct stage *s = *state;
    struct row row = {.future.type = &row_type};

    assert_int_equal(stage_run(s, &row.future), 0);
    (void)stage_judge(s);
    HOLDS(s, fb_claim_overlap(s->trial, "fb_sleep", 1));
    FAILS(s, fb_claim_overlap(s->trial, "fb_sleep", 2), FB_T5,
          "Of 2 futures fb_sleep that waited, at most 1 was Pending at a time "
          "(event 7); 2 should be.",
          "7 the first one is Pending", "16 it is over",
          "18 only then the next one begins");
}

static void none_at_all_do_not_either(void **state) {
    struct stage *s = *state;
    struct both both = {.future.type = &both_type, .naps = true};
    struct doze d = DOZE(SAY_READY);

    assert_int_equal(stage_run(s, &d.future), 0);
    assert_int_equal(stage_run(s, &both.future), 0);
    (void)stage_judge(s);
    FAILS(s, fb_claim_overlap(s->trial, "fb_sleep", 3), FB_T5,
          "Of 2 futures fb_sleep that waited, at most 2 were Pending at a time "
          "(event 20); 3 should be.",
          "20 so many are Pending here");
    FAILS(s, fb_claim_overlap(stage_again(s), "doze", 2), FB_T5,
          "No future doze was ever Pending; 2 of them should wait at the same "
          "time.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        STAGE_TEST(pending_with_a_waker_or_a_wake_has_a_source),
        STAGE_TEST(a_task_that_stored_nothing_is_named),
        STAGE_TEST(a_child_that_stored_nothing_is_named_not_its_parent),
        STAGE_TEST(a_siblings_waker_does_not_excuse_it),
        STAGE_TEST(a_parent_that_forgets_to_go_on_is_named),
        STAGE_TEST(a_waker_that_is_given_up_again_is_none),
        STAGE_TEST(real_executors_poll_whom_they_wake),
        STAGE_TEST(parking_over_a_queue_is_found),
        STAGE_TEST(a_wake_that_queues_nobody_is_found),
        STAGE_TEST(a_wake_to_who_has_waited_before_goes_astray),
        STAGE_TEST(a_wake_to_who_waits_reaches),
        STAGE_TEST(futures_that_are_done_are_left_alone),
        STAGE_TEST(a_poll_after_ready_is_named_although_the_program_died),
        STAGE_TEST(so_is_a_poll_after_a_drop),
        STAGE_TEST(polls_that_were_asked_for_are_earned),
        STAGE_TEST(a_task_that_wakes_only_itself_is_named),
        STAGE_TEST(polls_without_wakes_are_named),
        STAGE_TEST(too_many_and_too_few_polls_are_named),
        STAGE_TEST(polls_in_nobodys_name_are_not_counted),
        STAGE_TEST(two_that_are_joined_overlap),
        STAGE_TEST(two_in_a_row_do_not),
        STAGE_TEST(none_at_all_do_not_either),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
