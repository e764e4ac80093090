// Choices in a trace: what is told of them, and what no honest runtime does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_and_its_poll_are_legal),
        cmocka_unit_test(an_aborted_one_ends_instead),
        cmocka_unit_test(another_poll_than_the_chosen_is_found),
        cmocka_unit_test(two_choices_for_one_poll_are_found),
        cmocka_unit_test(a_choice_of_one_that_waits_elsewhere_is_found),
        cmocka_unit_test(a_choice_instead_of_one_that_is_idle_is_found),
        cmocka_unit_test(a_choice_inside_a_poll_is_found),
        cmocka_unit_test(the_story_says_who_chose_whom_before_whom),
        cmocka_unit_test(of_several_workers_the_story_says_which),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
