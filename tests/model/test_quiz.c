// The quiz: what is asked is true, what is offered beside it is not, and what
// cannot be known is not asked.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "quiz.h"
#include "quiz_check.h"
#include "random_events.h"
#include "tape.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;
static struct moments m;
static struct fb_history *history;

static void rewind_history(uint64_t max_events) {
    fb_history_destroy(history);
    assert_int_equal(fb_history_create(&history, max_events), 0);
}

static void push_up_to(size_t count) {
    for (uint64_t n = fb_history_last(history) + 1; n <= count; n++) {
        assert_int_equal(fb_history_push(history, n, &tape.events[n - 1]), 0);
    }
}

static int setup(void **state) {
    (void)state;
    memset(&tape, 0, sizeof tape);
    rewind_history(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_history_destroy(history);
    history = NULL;
    return 0;
}

static int ask(uint64_t at, enum fb_quiz_kind kind, struct fb_quiz *q) {
    return fb_quiz_ask(history, &tape_names, at, 1u << kind, q);
}

static int choice(const struct fb_quiz *q, const char *begin) {
    for (int i = 0; i < q->count; i++) {
        if (strncmp(q->choices[i].text, begin, strlen(begin)) == 0) {
            return i;
        }
    }
    return -1;
}

// Three tasks that are spawned by nobody, and lie in the queue in this order;
// the `polled` one is polled first and waits for a source of its own.
static void three_in_a_queue(const uint32_t order[3], uint32_t polled) {
    for (uint32_t task = 1; task <= 3; task++) {
        tape_source(&tape, FB_EV_SOURCE_ADD, task, 6 + (int)task,
                    FB_SOURCE_STREAM, 0, 0);
        tape_spawn(&tape, task, 0, task * 10, 2);
    }
    for (int i = 0; i < 3; i++) {
        tape_scheduled(&tape, order[i], (uint32_t)i + 1);
    }
    tape_begin(&tape, polled, polled * 10, 1);
    tape_clone(&tape, polled, FB_PARTY_SOURCE, polled, polled * 10,
               FB_READABLE);
    tape_end(&tape, polled, polled * 10, FB_RESULT_PENDING, 3, 0);
}

enum { QUEUED_AT = 9 }; // the event after which the three of them wait

// ---- each kind, once ----

static void asks_who_is_next_where_several_can_run(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 2);
    push_up_to(tape.count);
    assert_int_equal(ask(QUEUED_AT, FB_QUIZ_NEXT, &q), 1);
    assert_int_equal(q.count, 4);
    assert_int_equal(q.right, choice(&q, "task 2"));
    assert_true(choice(&q, "task 1") >= 0 && choice(&q, "task 3") >= 0);
    assert_true(choice(&q, "all of them at once") >= 0);
    assert_int_equal(q.until, QUEUED_AT + 1);
    // the tempting one: the oldest task
    assert_non_null(strstr(q.choices[choice(&q, "task 1")].why,
                           "the age of a task does not count"));
    assert_non_null(strstr(q.choices[choice(&q, "task 3")].why,
                           "joined the run queue at event 8, behind task 2"));
}

static void other_orders_of_the_queue_are_explained(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 1);
    push_up_to(tape.count);
    assert_int_equal(ask(QUEUED_AT, FB_QUIZ_NEXT, &q), 1);
    assert_non_null(
        strstr(q.choices[q.right].why, "not served in the order of arrival"));
    assert_non_null(strstr(q.choices[choice(&q, "task 2")].why,
                           "this executor took task 1 first"));
}

// It keeps its place in the queue, and at its turn it is not polled.
static void an_aborted_task_in_the_queue_is_no_answer(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 3);
    memmove(&tape.events[QUEUED_AT], &tape.events[QUEUED_AT - 1],
            (tape.count - QUEUED_AT + 1) * sizeof tape.events[0]);
    tape.events[QUEUED_AT - 1] =
        (struct fb_event){.kind = FB_EV_TASK_ABORT, .subject = 2};
    tape.count++;
    push_up_to(tape.count);
    assert_int_equal(ask(QUEUED_AT + 1, FB_QUIZ_NEXT, &q), 1);
    assert_int_equal(q.right, choice(&q, "task 3"));
    assert_non_null(strstr(q.choices[q.right].why, "at the front"));
    assert_non_null(strstr(q.choices[choice(&q, "task 2")].why, "was aborted"));
}

static void who_was_chosen_is_not_asked(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 3);
    memmove(&tape.events[QUEUED_AT + 1], &tape.events[QUEUED_AT],
            (tape.count - QUEUED_AT) * sizeof tape.events[0]);
    tape.events[QUEUED_AT] = (struct fb_event){
        .kind = FB_EV_CHOICE, .subject = 3, .choice.instead = 2};
    tape.count++;
    push_up_to(QUEUED_AT);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    push_up_to(QUEUED_AT + 1); // a step ends after the choice
    assert_int_not_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    push_up_to(tape.count);
    assert_int_not_equal(ask(QUEUED_AT + 1, FB_QUIZ_NEXT, &q), 1);
}

static void nobody_is_asked_about_a_queue_of_one(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    for (uint64_t n = 1; n <= tape.count; n++) {
        assert_int_equal(ask(n, FB_QUIZ_NEXT, &q), 0);
    }
}

static void asks_how_a_poll_ends(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_again, FB_QUIZ_RESULT, &q), 1);
    assert_int_equal(q.count, 3);
    assert_int_equal(q.right, choice(&q, "Ready"));
    assert_int_equal(q.task, 2);
    assert_non_null(strstr(q.question, "once more"));
}

static void asks_what_a_task_will_wait_for_and_who_will_wake_it(void **state) {
    struct fb_quiz q;
    const uint64_t first_poll = 4; // of task 1: it accepts

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    assert_int_equal(tape.events[first_poll - 1].kind, FB_EV_POLL_BEGIN);
    assert_int_equal(ask(first_poll, FB_QUIZ_WHY, &q), 1);
    assert_int_equal(q.right, choice(&q, "fd 4 readable"));
    assert_true(choice(&q, "its turn") >= 0);
    assert_int_equal(ask(first_poll, FB_QUIZ_WHO, &q), 1);
    assert_int_equal(q.right, choice(&q, "the reactor"));
    assert_true(choice(&q, "the executor") >= 0);
    // the last poll of task 2 ends Ready: it waits for nothing
    assert_int_equal(ask(m.greet_again, FB_QUIZ_WHY, &q), 0);
    assert_int_equal(ask(m.greet_again, FB_QUIZ_WHO, &q), 0);
}

static void asks_what_a_wake_does(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_woken - 2, FB_QUIZ_WAKE, &q), 1);
    assert_int_equal(q.right, choice(&q, "puts task 2 into the run queue"));
    assert_true(choice(&q, "polls task 2 at once") >= 0);
    assert_true(choice(&q, "hands task 2") >= 0);
    assert_non_null(strstr(q.question, "by reactor, fd 7"));
    // its waker is used up: what comes can be seen
    assert_int_equal(ask(m.greet_woken - 1, FB_QUIZ_WAKE, &q), 0);
}

static void a_wake_that_the_world_does_not_explain_is_not_asked(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    tape.events[m.greet_woken - 1].detail = FB_WAKE_COALESCED; // of an idle one
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_woken - 2, FB_QUIZ_WAKE, &q), 0);
}

static void asks_how_many_polls_it_takes(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_waits, FB_QUIZ_POLLS, &q), 1);
    assert_int_equal(q.count, 4);
    assert_int_equal(q.right, choice(&q, "1"));
    assert_non_null(strstr(q.question, "it next sends bytes"));
    assert_non_null(strstr(q.choices[3].text, "again and again"));
}

// ---- what cannot be known ----

static void what_has_not_happened_yet_is_not_asked(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(m.greet_again); // the poll has begun
    for (uint64_t n = 1; n <= m.greet_again; n++) {
        for (int kind = 0; kind < FB_QUIZ_KINDS; kind++) {
            if (ask(n, (enum fb_quiz_kind)kind, &q) == 1) {
                assert_true(q.until <= m.greet_again);
            }
        }
    }
    assert_int_equal(ask(m.greet_again, FB_QUIZ_RESULT, &q), 0);
}

static void nothing_is_asked_across_a_gap(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    for (uint64_t n = 1; n <= tape.count; n++) {
        if (n != m.greet_again + 3) { // inside the poll
            assert_int_equal(fb_history_push(history, n, &tape.events[n - 1]),
                             0);
        }
    }
    assert_int_equal(ask(m.greet_again, FB_QUIZ_RESULT, &q), 0);
    assert_int_equal(ask(m.greet_waits, FB_QUIZ_POLLS, &q), 0);
    // nor after it, until a census tells what is
    for (uint64_t n = m.greet_again + 4; n <= tape.count; n++) {
        assert_int_equal(fb_quiz_ask(history, &tape_names, n, FB_QUIZ_ALL, &q),
                         0);
    }
}

static void a_failed_poll_is_not_asked_about(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    for (uint64_t n = m.greet_again; n < tape.count; n++) {
        if (tape.events[n].kind == FB_EV_POLL_END) {
            tape.events[n].detail = FB_RESULT_FAILED;
        }
    }
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_again, FB_QUIZ_RESULT, &q), 0);
}

static void nothing_is_asked_of_a_world_that_is_not_known(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 2);
    for (uint64_t n = 1; n <= tape.count; n++) {
        if (n != 1) { // lost: from here on the world is uncertain
            assert_int_equal(
                fb_history_push(history, n + 5, &tape.events[n - 1]), 0);
        }
    }
    assert_true(fb_history_at(history, QUEUED_AT + 5)->uncertain);
    assert_int_equal(ask(QUEUED_AT + 5, FB_QUIZ_NEXT, &q), 0);
}

// Whoever is polled of a long queue is one of those named.
static void the_right_one_of_many_is_always_named(void **state) {
    struct fb_quiz q;

    (void)state;
    for (uint32_t polled = 1; polled <= 9; polled++) {
        rewind_history(0);
        tape.count = 0;
        for (uint32_t task = 1; task <= 9; task++) {
            tape_spawn(&tape, task, 0, task * 10, 2);
            tape_scheduled(&tape, task, task);
        }
        tape_begin(&tape, polled, polled * 10, 1);
        push_up_to(tape.count);
        assert_int_equal(ask(18, FB_QUIZ_NEXT, &q), 1);
        assert_int_equal(q.count, 4);
        quiz_check(&(struct quiz_tape){tape.events, tape.count}, &q);
    }
    rewind_history(0);
    push_up_to(18); // live, nobody knows who it will be
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    assert_true(choice(&q, "another one of the queue") >= 0);
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    assert_int_equal(q.right, choice(&q, "task 9") >= 0
                                  ? choice(&q, "task 9")
                                  : choice(&q, "another"));
}

// Task 1 is polled at event 3; what is added then is its poll.
static void begin_a_poll(void) {
    rewind_history(0);
    tape.count = 0;
    tape_source(&tape, FB_EV_SOURCE_ADD, 1, 7, FB_SOURCE_STREAM, 0, 0);
    tape_spawn(&tape, 1, 0, 10, 2);
    tape_begin(&tape, 1, 10, 1);
    tape_clone(&tape, 1, FB_PARTY_SOURCE, 1, 10, FB_READABLE);
}

static void what_a_poll_leaves_unclear_is_not_asked(void **state) {
    struct fb_quiz q;

    (void)state;
    begin_a_poll();
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_WHY, &q), 1);
    assert_int_equal(ask(3, FB_QUIZ_WHO, &q), 0); // nobody has, yet

    begin_a_poll(); // woken meanwhile: it waits for its turn only
    tape_wake(&tape, 1, FB_WAKE_DURING_POLL, FB_PARTY_TASK, 1);
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_WHY, &q), 0);

    begin_a_poll(); // it waits for two things
    tape_clone(&tape, 1, FB_PARTY_TIMER, 3, 10, 0);
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_WHY, &q), 0);

    begin_a_poll(); // it waits for nothing
    tape_end(&tape, 1, 10, FB_RESULT_READY, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_WHY, &q), 0);

    begin_a_poll(); // polled again without a wake: no runtime does this
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    tape_begin(&tape, 1, 10, 2);
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_SOURCE, 1);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_WHO, &q), 0);
}

// A poll that took long may have waited in a call that blocks.
static void a_long_poll_is_not_asked_about(void **state) {
    struct fb_quiz q;

    (void)state;
    begin_a_poll();
    tape.now_ns += 9000000;
    tape_end(&tape, 1, 10, FB_RESULT_READY, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_RESULT, &q), 1);
    begin_a_poll();
    tape.now_ns += 11000000;
    tape_end(&tape, 1, 10, FB_RESULT_READY, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_RESULT, &q), 0);
}

static void a_poll_ends_in_one_of_the_known_ways(void **state) {
    struct fb_quiz q;

    (void)state;
    for (unsigned result = 0; result < 256; result++) {
        begin_a_poll();
        tape_end(&tape, 1, 10, (enum fb_poll_result)result, 3, 0);
        push_up_to(tape.count);
        assert_int_equal(ask(3, FB_QUIZ_RESULT, &q), result <= FB_RESULT_READY);
    }
}

static void a_poll_ends_with_its_own_end(void **state) {
    struct fb_quiz q;

    (void)state;
    begin_a_poll();
    tape_end(&tape, 1, 10, FB_RESULT_READY, 3, 0); // of a census: what was
    tape.events[tape.count - 1].flags = FB_EV_FLAG_CENSUS;
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    push_up_to(tape.count);
    assert_int_equal(ask(3, FB_QUIZ_RESULT, &q), 1);
    assert_int_equal(q.right, choice(&q, "Pending"));
}

static void an_empty_write_is_no_reply(void **state) {
    struct fb_quiz q;

    (void)state;
    begin_a_poll();
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    tape_begin(&tape, 1, 10, 2);
    tape_io(&tape, 1, 7, 10, FB_IO_WRITE, 0, 0);
    tape_end(&tape, 1, 10, FB_RESULT_PENDING, 3, 0);
    tape_begin(&tape, 1, 10, 3);
    tape_io(&tape, 1, 7, 10, FB_IO_WRITE, 4, 4);
    push_up_to(tape.count);
    assert_int_equal(ask(5, FB_QUIZ_POLLS, &q), 1);
    assert_int_equal(q.right, choice(&q, "2"));
}

// ---- live ----

static void nobody_is_asked_who_is_next_in_the_middle_of_a_poll(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 2);
    push_up_to(QUEUED_AT + 1);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 0);
}

static void a_live_question_is_judged_by_what_comes(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q, recorded;

    (void)state;
    three_in_a_queue(order, 2);
    push_up_to(QUEUED_AT);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    assert_int_equal(q.right, -1);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 0);
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    assert_int_equal(ask(QUEUED_AT, FB_QUIZ_NEXT, &recorded), 1);
    assert_string_equal(q.choices[q.right].text,
                        recorded.choices[recorded.right].text);
    quiz_check(&(struct quiz_tape){tape.events, tape.count}, &q);
}

static void a_live_poll_and_a_live_wake_are_judged(void **state) {
    struct fb_quiz q;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(m.greet_woken - 2);
    assert_int_equal(fb_quiz_ask_live(history, &tape_names, FB_QUIZ_ALL, &q),
                     1);
    assert_int_equal(q.kind, FB_QUIZ_WAKE);
    assert_int_equal(q.task, 2);
    push_up_to(m.greet_woken);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    quiz_check(&(struct quiz_tape){tape.events, tape.count}, &q);
    push_up_to(m.greet_again);
    assert_int_equal(fb_quiz_ask_live(history, &tape_names, FB_QUIZ_ALL, &q),
                     1);
    assert_int_equal(q.kind, FB_QUIZ_RESULT);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 0);
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    quiz_check(&(struct quiz_tape){tape.events, tape.count}, &q);
}

static void live_polls_are_counted_as_they_come(void **state) {
    struct fb_quiz q, recorded;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(m.greet_waits);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_POLLS, &q), 1);
    push_up_to(m.greet_again + 2);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 0);
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    assert_int_equal(ask(m.greet_waits, FB_QUIZ_POLLS, &recorded), 1);
    assert_string_equal(q.question, recorded.question);
    assert_int_equal(q.right, recorded.right);
    // at any other event there is nothing to count from
    rewind_history(0);
    push_up_to(m.greet_waits + 1);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_POLLS, &q), 0);
}

// Spawned, it is polled twice: once to ask, once to answer and end.
static void a_new_task_is_counted_to_its_end(void **state) {
    struct fb_quiz q;
    uint64_t spawned = 0;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    for (uint64_t n = 2; n <= m.greet_waits; n++) {
        if (tape.events[n - 2].kind == FB_EV_TASK_SPAWN &&
            tape.events[n - 1].subject == 2) {
            spawned = n;
        }
    }
    assert_int_equal(ask(spawned, FB_QUIZ_POLLS, &q), 1);
    assert_non_null(strstr(q.question, "it completes"));
    assert_int_equal(q.right, choice(&q, "2"));
}

static void a_live_question_that_comes_to_nothing_is_void(void **state) {
    const uint32_t order[] = {2, 3, 1};
    struct fb_quiz q;

    (void)state;
    three_in_a_queue(order, 2);
    push_up_to(QUEUED_AT);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    tape.events[QUEUED_AT].subject = 77; // one that came from nowhere
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), -ENODATA);
    assert_int_equal(q.right, -1);
}

// ---- several workers ----

// Worker 0 polls task 1; tasks 2 and 3 lie in the queue of worker 1. Then
// worker 0 gets task 4 and polls it, before worker 1 moves.
static void two_workers(void) {
    for (uint32_t task = 1; task <= 4; task++) {
        tape_spawn(&tape, task, 0, task * 10, 2);
        tape_scheduled(&tape, task, 1);
        tape.events[tape.count - 1].flags = task == 2 || task == 3;
    }
    tape_begin(&tape, 4, 40, 1); // by worker 0
    tape_io(&tape, 9, 9, 40, FB_IO_WRITE, 5, 5);
    tape_end(&tape, 4, 40, FB_RESULT_PENDING, 3, 0);
    tape_begin(&tape, 2, 20, 1);
    tape.events[tape.count - 1].flags = 1;
    tape_end(&tape, 2, 20, FB_RESULT_PENDING, 3, 0);
    tape.events[tape.count - 1].flags = 1;
}

static void a_queue_is_that_of_one_worker(void **state) {
    struct fb_quiz q;

    (void)state;
    two_workers();
    push_up_to(8); // live: worker 1 has as much to choose as worker 0
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    assert_int_equal(q.worker, 0);
    rewind_history(0);
    tape.events[1].flags = 1; // now it has more
    push_up_to(8);
    assert_int_equal(
        fb_quiz_ask_live(history, &tape_names, 1u << FB_QUIZ_NEXT, &q), 1);
    assert_int_equal(q.worker, 1);
    assert_non_null(strstr(q.question, "the run queue of worker 1"));
    assert_int_equal(choice(&q, "task 4"), -1);
    push_up_to(tape.count);
    assert_int_equal(fb_quiz_judge(history, &tape_names, &q), 1);
    assert_int_equal(q.right, choice(&q, "task 2")); // not 4: that is the other
    quiz_check(&(struct quiz_tape){tape.events, tape.count}, &q);
}

// What one worker does right after another one's wake is no effect of it.
static void a_wake_that_seems_to_poll_is_not_asked_about(void **state) {
    struct fb_quiz q;

    (void)state;
    two_workers();
    tape_wake(&tape, 3, FB_WAKE_COALESCED, FB_PARTY_TASK, 4);
    tape_scheduled(&tape, 1, 1);
    push_up_to(tape.count);
    assert_int_equal(ask(tape.count - 2, FB_QUIZ_WAKE, &q), 1);
    rewind_history(0);
    tape.count--;
    tape_begin(&tape, 3, 30, 1); // by its own worker
    tape.events[tape.count - 1].flags = 1;
    push_up_to(tape.count);
    assert_int_equal(ask(tape.count - 2, FB_QUIZ_WAKE, &q), 0);
}

static void a_call_of_another_worker_is_no_reply(void **state) {
    struct fb_quiz q;

    (void)state;
    two_workers();
    for (int i = 0; i < 2; i++) { // in its first poll worker 0 sends, not it
        tape_begin(&tape, 2, 20, 2);
        tape.events[tape.count - 1].flags = 1;
        tape_io(&tape, 9, 9, 20, FB_IO_WRITE, 5, 5);
        tape.events[tape.count - 1].flags = (uint16_t)i;
        tape_end(&tape, 2, 20, FB_RESULT_PENDING, 3, 0);
        tape.events[tape.count - 1].flags = 1;
    }
    push_up_to(tape.count);
    assert_int_equal(ask(13, FB_QUIZ_POLLS, &q), 1); // it waits
    assert_int_equal(q.task, 2);
    assert_int_equal(q.right, choice(&q, "2"));
}

// ---- all of it, by another judge ----

static void every_question_about_the_greeter_is_true(void **state) {
    struct quiz_tape t = {tape.events, 0};
    uint32_t asked[FB_QUIZ_KINDS] = {0};

    (void)state;
    tape_greeter(&tape, &m);
    tape_greeter_end(&tape);
    t.count = tape.count;
    push_up_to(tape.count);
    quiz_check_all(&t, history, &tape_names, asked);
    assert_int_equal(asked[FB_QUIZ_RESULT], 4);
    assert_int_equal(asked[FB_QUIZ_WAKE], 2);
    assert_true(asked[FB_QUIZ_WHY] == 3 && asked[FB_QUIZ_WHO] == 2);
    assert_int_equal(asked[FB_QUIZ_POLLS], 2);
}

static void the_same_place_gives_the_same_question(void **state) {
    struct fb_quiz one, two;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    for (uint64_t n = 1; n <= tape.count; n++) {
        memset(&one, 0x11, sizeof one);
        memset(&two, 0xee, sizeof two);
        assert_int_equal(
            fb_quiz_ask(history, &tape_names, n, FB_QUIZ_ALL, &one),
            fb_quiz_ask(history, &tape_names, n, FB_QUIZ_ALL, &two));
        if (one.count == two.count && one.at == two.at) {
            assert_string_equal(one.question, two.question);
            assert_int_equal(one.right, two.right);
        }
    }
}

// The choices may not tell which order the queue has, nor who will be polled.
static void choices_do_not_depend_on_the_answer(void **state) {
    static const uint32_t orders[][3] = {{1, 2, 3}, {3, 2, 1}, {2, 3, 1}};
    struct fb_quiz first, q;

    (void)state;
    for (int i = 0; i < 9; i++) {
        rewind_history(0);
        tape.count = 0;
        three_in_a_queue(orders[i / 3], (uint32_t)(i % 3) + 1);
        push_up_to(tape.count);
        assert_int_equal(ask(QUEUED_AT, FB_QUIZ_NEXT, &q), 1);
        first = i == 0 ? q : first;
        assert_string_equal(q.question, first.question);
        assert_int_equal(q.count, first.count);
        for (int k = 0; k < q.count; k++) {
            assert_string_equal(q.choices[k].text, first.choices[k].text);
        }
        assert_int_equal(q.right, choice(&q, i % 3 == 0   ? "task 1"
                                             : i % 3 == 1 ? "task 2"
                                                          : "task 3"));
    }
}

// ---- finding, telling, counting ----

static void finding_prefers_what_was_asked_least(void **state) {
    uint32_t asked[FB_QUIZ_KINDS] = {0};
    uint64_t from = 1;
    struct fb_quiz q;
    int kinds = 0;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    while (fb_quiz_find(history, &tape_names, from, 0, FB_QUIZ_ALL, asked,
                        &q) == 1) {
        assert_true(q.at >= from);
        kinds += asked[q.kind]++ == 0;
        from = q.at + 1;
    }
    assert_true(kinds >= 3);
    // the first poll is the first thing to ask about
    assert_int_equal(
        fb_quiz_find(history, &tape_names, 1, 4, FB_QUIZ_ALL, NULL, &q), 1);
    assert_int_equal(q.at, 4);
    assert_int_equal(
        fb_quiz_find(history, &tape_names, 1, 3, FB_QUIZ_ALL, NULL, &q), 0);
}

static void facts_are_told_in_the_storys_words(void **state) {
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    struct fb_model before, after;
    char sentence[FB_QUIZ_BYTES];
    struct fb_quiz q;
    int told;

    (void)state;
    tape_greeter(&tape, &m);
    push_up_to(tape.count);
    assert_int_equal(ask(m.greet_waits, FB_QUIZ_POLLS, &q), 1);
    told = fb_quiz_tell(history, &tape_names, &q, facts);
    assert_int_equal(told, q.fact_count);
    for (int i = 0; i < told; i++) {
        tape_play(&tape, facts[i].event - 1, &before);
        tape_play(&tape, facts[i].event, &after);
        fb_story_sentence(sentence, sizeof sentence, &tape_names,
                          facts[i].event, &tape.events[facts[i].event - 1],
                          &before, &after);
        assert_string_equal(facts[i].sentence, sentence);
        fb_model_deinit(&before);
        fb_model_deinit(&after);
    }
}

static void the_score_counts_by_kind(void **state) {
    struct fb_quiz_score score = {{0}, {0}};
    struct fb_quiz q = {.kind = FB_QUIZ_NEXT, .right = 1};
    char text[200];

    (void)state;
    assert_int_equal(fb_quiz_score_say(text, sizeof text, &score), 0);
    fb_quiz_count(&score, &q, 1);
    fb_quiz_count(&score, &q, 0);
    q.kind = FB_QUIZ_WAKE;
    fb_quiz_count(&score, &q, 1);
    fb_quiz_score_say(text, sizeof text, &score);
    assert_string_equal(text, "2 of 3 right (next 1/2, wake 1/1)");
    assert_int_equal(fb_quiz_asked(&score), 3);
    assert_int_equal(fb_quiz_kind("polls", 5), FB_QUIZ_POLLS);
    assert_int_equal(fb_quiz_kind("poll", 4), FB_QUIZ_KINDS);
}

// ---- hostile events ----

static void ask_everything(void) {
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    uint64_t n = fb_history_first(history);
    struct fb_quiz q;

    for (; n != 0; n = fb_history_next(history, n)) {
        for (int kind = 0; kind < FB_QUIZ_KINDS; kind++) {
            if (ask(n, (enum fb_quiz_kind)kind, &q) == 1) {
                assert_in_range(q.right, 0, q.count - 1);
                assert_in_range(fb_quiz_tell(history, &tape_names, &q, facts),
                                0, FB_QUIZ_FACTS);
            }
        }
    }
    assert_in_range(fb_quiz_ask_live(history, &tape_names, FB_QUIZ_ALL, &q), 0,
                    1);
}

// Random events are soon nonsense; a real run with a few lies in it goes on.
static void a_run_with_lies_in_it_does_no_harm(void **state) {
    (void)state;
    for (int run = 0; run < 300; run++) {
        uint64_t random = 0x9e3779b97f4a7c15ull * (uint64_t)(run + 1);

        tape.count = 0;
        tape_greeter(&tape, &m);
        tape_greeter_end(&tape);
        for (int i = 0; i < run % 7 + 1; i++) {
            struct fb_event *e =
                &tape.events[random_next(&random) % tape.count];

            switch (random_next(&random) % 4) {
            case 0: *e = random_event(&random); break;
            case 1: e->subject = random_id(&random); break;
            case 2: e->detail = (uint8_t)random_next(&random); break;
            default: *e = tape.events[random_next(&random) % tape.count]; break;
            }
        }
        rewind_history(0);
        push_up_to(tape.count);
        ask_everything();
    }
}

static void hostile_events_ask_nothing_wild(void **state) {
    (void)state;
    for (int run = 0; run < 20; run++) {
        uint64_t random = 0x9e3779b97f4a7c15ull * (uint64_t)(run + 1);
        uint64_t number = 0;

        rewind_history(run % 2 ? 400 : 0);
        for (int i = 0; i < 3000; i++) {
            struct fb_event e = random_event(&random);

            e.flags &= 0x7fff;
            number += random_next(&random) % 900 == 0 ? 7 : 1;
            assert_int_equal(fb_history_push(history, number, &e), 0);
        }
        ask_everything();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define QUIZ_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        QUIZ_TEST(asks_who_is_next_where_several_can_run),
        QUIZ_TEST(other_orders_of_the_queue_are_explained),
        QUIZ_TEST(an_aborted_task_in_the_queue_is_no_answer),
        QUIZ_TEST(who_was_chosen_is_not_asked),
        QUIZ_TEST(nobody_is_asked_about_a_queue_of_one),
        QUIZ_TEST(asks_how_a_poll_ends),
        QUIZ_TEST(asks_what_a_task_will_wait_for_and_who_will_wake_it),
        QUIZ_TEST(asks_what_a_wake_does),
        QUIZ_TEST(a_wake_that_the_world_does_not_explain_is_not_asked),
        QUIZ_TEST(asks_how_many_polls_it_takes),
        QUIZ_TEST(what_has_not_happened_yet_is_not_asked),
        QUIZ_TEST(nothing_is_asked_across_a_gap),
        QUIZ_TEST(a_failed_poll_is_not_asked_about),
        QUIZ_TEST(nothing_is_asked_of_a_world_that_is_not_known),
        QUIZ_TEST(the_right_one_of_many_is_always_named),
        QUIZ_TEST(what_a_poll_leaves_unclear_is_not_asked),
        QUIZ_TEST(a_long_poll_is_not_asked_about),
        QUIZ_TEST(a_poll_ends_in_one_of_the_known_ways),
        QUIZ_TEST(a_poll_ends_with_its_own_end),
        QUIZ_TEST(an_empty_write_is_no_reply),
        QUIZ_TEST(nobody_is_asked_who_is_next_in_the_middle_of_a_poll),
        QUIZ_TEST(a_live_question_is_judged_by_what_comes),
        QUIZ_TEST(a_live_poll_and_a_live_wake_are_judged),
        QUIZ_TEST(live_polls_are_counted_as_they_come),
        QUIZ_TEST(a_new_task_is_counted_to_its_end),
        QUIZ_TEST(a_live_question_that_comes_to_nothing_is_void),
        QUIZ_TEST(a_queue_is_that_of_one_worker),
        QUIZ_TEST(a_wake_that_seems_to_poll_is_not_asked_about),
        QUIZ_TEST(a_call_of_another_worker_is_no_reply),
        QUIZ_TEST(every_question_about_the_greeter_is_true),
        QUIZ_TEST(the_same_place_gives_the_same_question),
        QUIZ_TEST(choices_do_not_depend_on_the_answer),
        QUIZ_TEST(finding_prefers_what_was_asked_least),
        QUIZ_TEST(facts_are_told_in_the_storys_words),
        QUIZ_TEST(the_score_counts_by_kind),
        QUIZ_TEST(a_run_with_lies_in_it_does_no_harm),
        QUIZ_TEST(hostile_events_ask_nothing_wild),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
