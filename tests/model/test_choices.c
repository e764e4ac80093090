// Choices in a trace: what is told of them, and what no honest runtime does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decisions.h"
#include "tape.h"
#include <string.h>

static struct tape tape;

// Three tasks in the run queue of worker 0; their roots have the same numbers.
static void three_wait(void) {
    memset(&tape, 0, sizeof tape);
    for (uint32_t task = 1; task <= 3; task++) {
        tape_spawn(&tape, task, 0, task, 2);
        tape_scheduled(&tape, task, task);
    }
}

static struct fb_event *choice(uint32_t task, uint32_t instead) {
    struct fb_event *e =
        tape_add(&tape, FB_EV_CHOICE, FB_CHOICE_BY_VIEWER, 0, task);

    e->choice.instead = instead;
    return e;
}

// Polled once, and Ready.
static void poll_of(uint32_t task) {
    tape_begin(&tape, task, task, 1);
    tape_end(&tape, task, task, FB_RESULT_READY, 0, 0);
    tape_drop(&tape, task, task, FB_DROP_FINISHED);
    tape_done(&tape, task, FB_OUTCOME_OK, 0);
}

// ---- lives ----

static size_t violations(enum fb_life_rule *ret_rule) {
    struct fb_lives *l = tape_lives(&tape);
    size_t count;

    fb_lives_finish(l, FB_LIVES_CUT);
    count = fb_lives_violations(l);
    if (count > 0) {
        *ret_rule = fb_lives_fault(l, 0)->rule;
    }
    fb_lives_destroy(l);
    return count;
}

static void assert_legal(void) {
    enum fb_life_rule rule;

    assert_int_equal(violations(&rule), 0);
}

static void assert_queue_fault(void) {
    enum fb_life_rule rule = FB_LIFE_RULES;

    assert_int_equal(violations(&rule), 1);
    assert_int_equal(rule, FB_LIFE_QUEUE);
}

static void a_choice_and_its_poll_are_legal(void **s) {
    (void)s;
    three_wait();
    choice(3, 1);
    poll_of(3);
    poll_of(1);
    choice(2, 2); // the only one left
    poll_of(2);
    assert_legal();
}

static void an_aborted_one_ends_instead(void **s) {
    (void)s;
    three_wait();
    tape_add(&tape, FB_EV_TASK_ABORT, 0, 0, 2);
    choice(2, 1);
    tape_drop(&tape, 2, 2, FB_DROP_UNPOLLED);
    tape_done(&tape, 2, FB_OUTCOME_CANCELLED, 0);
    poll_of(1);
    assert_legal();
}

static void another_poll_than_the_chosen_is_found(void **s) {
    (void)s;
    three_wait();
    choice(3, 1);
    poll_of(1);
    assert_queue_fault();
}

static void two_choices_for_one_poll_are_found(void **s) {
    (void)s;
    three_wait();
    choice(3, 1);
    choice(2, 1);
    poll_of(2);
    assert_queue_fault();
}

static struct fb_event *wake_by_nobody(uint32_t task, uint32_t depth) {
    struct fb_event *e =
        tape_add(&tape, FB_EV_WAKE, FB_WAKE_SCHEDULED, FB_PARTY_NONE, task);

    tape_scheduled(&tape, task, depth);
    return e;
}

// Task 1 waits for a timer, 2 and 3 are in the queue.
static void one_waits(void) {
    three_wait();
    tape_begin(&tape, 1, 1, 1);
    tape_add(&tape, FB_EV_WAKER_CLONE, FB_PARTY_OUTSIDE, 0, 1);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 0, 0);
}

static void who_waits_is_chosen_and_woken_by_nobody(void **s) {
    (void)s;
    one_waits();
    choice(1, 2);
    wake_by_nobody(1, 3);
    poll_of(1);
    poll_of(2);
    assert_legal();
}

static void who_waits_and_is_chosen_is_polled_next(void **s) {
    (void)s;
    one_waits();
    choice(1, 2);
    wake_by_nobody(1, 3);
    poll_of(2);
    assert_queue_fault();
}

static void who_is_complete_is_not_chosen(void **s) {
    (void)s;
    three_wait();
    poll_of(1);
    choice(1, 2);
    assert_queue_fault();
}

static void a_choice_of_one_that_waits_elsewhere_is_found(void **s) {
    (void)s;
    three_wait();
    choice(3, 1)->flags = 1; // the queue of worker 1 is empty
    tape.events[tape.count - 1].choice.instead = 0;
    assert_queue_fault();
}

static void a_choice_instead_of_one_that_is_idle_is_found(void **s) {
    (void)s;
    three_wait();
    poll_of(1);
    tape_add(&tape, FB_EV_TASK_FREE, 0, 0, 1);
    choice(3, 1);
    poll_of(3);
    assert_queue_fault();
}

static void a_choice_inside_a_poll_is_found(void **s) {
    (void)s;
    three_wait();
    tape_begin(&tape, 1, 1, 1);
    choice(3, 2);
    assert_queue_fault();
}

// ---- the sentence, and the world ----

static const char *last_sentence(void) {
    static char out[300];
    struct fb_model before, after;

    tape_play(&tape, tape.count - 1, &before);
    tape_play(&tape, tape.count, &after);
    fb_story_sentence(out, sizeof out, &tape_names, tape.count,
                      &tape.events[tape.count - 1], &before, &after);
    assert_int_equal(after.anomalies, 0);
    assert_int_equal(after.queue_len, before.queue_len);
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    return out;
}

static void the_story_says_who_chose_whom_before_whom(void **s) {
    (void)s;
    three_wait();
    tape_label(&tape, 3, "Ada", 3);
    choice(3, 1);
    assert_string_equal(last_sentence(),
                        "The viewer chose task 3 (Ada) to be polled before "
                        "task 1 (greet).");
    choice(3, 3);
    assert_string_equal(last_sentence(),
                        "The viewer chose task 3 (Ada) to be polled, which "
                        "was next anyway.");
    choice(3, 0)->detail = FB_CHOICE_BY_LIST;
    assert_string_equal(last_sentence(),
                        "Chosen at the start: task 3 (Ada) is polled next.");
}

// A wake from outside all polls has no cause either; only a choice's is nobody's.
static void the_story_says_when_nobody_woke_it(void **s) {
    struct fb_model m;
    char waker[64];

    (void)s;
    one_waits();
    choice(1, 2);
    assert_string_equal(last_sentence(),
                        "The viewer chose task 1 (greet) to be polled before "
                        "task 2 (greet), though nobody woke it.");
    tape_add(&tape, FB_EV_WAKE, FB_WAKE_SCHEDULED, FB_PARTY_NONE, 1);
    assert_string_equal(last_sentence(),
                        "Nobody wakes task 1 (greet): it goes to the run queue "
                        "only because it was chosen.");
    tape_scheduled(&tape, 1, 3);
    tape_play(&tape, tape.count, &m);
    fb_say_waker(waker, sizeof waker, &tape_names, &m, 1);
    assert_string_equal(waker, "nobody");
    fb_model_deinit(&m);
    tape_begin(&tape, 1, 1, 1);
    tape_play(&tape, tape.count, &m);
    {
        char out[300];
        struct fb_model before;

        tape_play(&tape, tape.count - 1, &before);
        fb_story_sentence(out, sizeof out, &tape_names, tape.count,
                          &tape.events[tape.count - 1], &before, &m);
        assert_string_equal(out, "Task 1 (greet) is polled for the 2nd time, "
                                 "though nobody woke it.");
        fb_model_deinit(&before);
    }
    fb_model_deinit(&m);
    one_waits();
    tape_add(&tape, FB_EV_WAKE, FB_WAKE_SCHEDULED, FB_PARTY_NONE, 1);
    assert_string_equal(last_sentence(),
                        "Somebody unknown wakes task 1 (greet), which goes to "
                        "the run queue.");
}

static void of_several_workers_the_story_says_which(void **s) {
    (void)s;
    three_wait();
    tape_add(&tape, FB_EV_TASK_SCHEDULED, FB_QUEUE_STOLEN, 1, 3);
    choice(3, 0)->flags = 1;
    assert_string_equal(last_sentence(),
                        "The viewer chose task 3 (greet) to be polled next, by "
                        "worker 1.");
    assert_int_equal(fb_event_worker(&tape.events[tape.count - 1]), 1);
    assert_int_equal(fb_event_task(&tape.events[tape.count - 1]), 3);
}

// ---- decisions ----

static int keep_last(void *arg, const struct fb_decision *d) {
    *(struct fb_decision *)arg = *d;
    return 0;
}

static struct fb_decision last_decision(void) {
    struct fb_decision d = {.poll = 0};
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    assert_int_equal(fb_decisions(h, keep_last, &d), 0);
    fb_history_destroy(h);
    return d;
}

// Task 1 could not run: it was not one of those that the order chose from.
static void a_decision_for_one_that_waits_counts_the_others(void **s) {
    struct fb_decision d;

    (void)s;
    one_waits();
    choice(1, 2);
    wake_by_nobody(1, 3);
    tape_begin(&tape, 1, 1, 2);
    d = last_decision();
    assert_true(d.unwoken);
    assert_int_equal(d.task, 1);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.tasks[0], 2);
    assert_int_equal(d.tasks[1], 3);
}

static void with_nobody_else_it_is_a_decision_all_the_same(void **s) {
    struct fb_decision d;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 0, 0);
    choice(1, 0);
    wake_by_nobody(1, 1);
    tape_begin(&tape, 1, 1, 2);
    d = last_decision();
    assert_int_equal(d.poll, 2);
    assert_true(d.unwoken);
    assert_int_equal(d.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_and_its_poll_are_legal),
        cmocka_unit_test(an_aborted_one_ends_instead),
        cmocka_unit_test(another_poll_than_the_chosen_is_found),
        cmocka_unit_test(two_choices_for_one_poll_are_found),
        cmocka_unit_test(who_waits_is_chosen_and_woken_by_nobody),
        cmocka_unit_test(who_waits_and_is_chosen_is_polled_next),
        cmocka_unit_test(who_is_complete_is_not_chosen),
        cmocka_unit_test(a_choice_of_one_that_waits_elsewhere_is_found),
        cmocka_unit_test(a_choice_instead_of_one_that_is_idle_is_found),
        cmocka_unit_test(a_choice_inside_a_poll_is_found),
        cmocka_unit_test(the_story_says_who_chose_whom_before_whom),
        cmocka_unit_test(the_story_says_when_nobody_woke_it),
        cmocka_unit_test(of_several_workers_the_story_says_which),
        cmocka_unit_test(a_decision_for_one_that_waits_counts_the_others),
        cmocka_unit_test(with_nobody_else_it_is_a_decision_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
