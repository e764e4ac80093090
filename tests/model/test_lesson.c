// Lessons: a text is read or refused by its line, the truth is what the events
// say, and an answer is right however it is spelled.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lesson.h"
#include "random_events.h"
#include "tape.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;
static struct moments m;
static struct fb_history *history;
static struct fb_lesson *lesson;
static struct fb_lesson_question q;
static char why[FB_LESSON_WHY];

static int setup(void **state) {
    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &m);
    assert_int_equal(fb_history_create(&history, 0), 0);
    for (size_t n = 1; n <= tape.count; n++) {
        assert_int_equal(fb_history_push(history, n, &tape.events[n - 1]), 0);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_lesson_destroy(lesson);
    lesson = NULL;
    fb_history_destroy(history);
    history = NULL;
    return 0;
}

static int read_text(const char *text) {
    fb_lesson_destroy(lesson);
    lesson = NULL;
    return fb_lesson_read(&lesson, text, strlen(text), why, sizeof why);
}

static int pose(size_t i) {
    return fb_lesson_pose(lesson, i, history, &tape_names, &q, why, sizeof why);
}

// ---- reading ----

#define HEAD    "format: 1\ntask: server = serve 1\ntask: Ada = greet 1\n"
#define CHOICES "choice: 1\nwhy: because\nchoice: 2\nsays: two\nwhy: for that\n"

// A lesson with one question, of these three lines.
static int read_one(const char *at, const char *until, const char *truth) {
    char text[1000];

    snprintf(text, sizeof text,
             HEAD "question: q\nask: What?\nat: %s\n%s%s%struth: %s\n" CHOICES,
             at, until[0] ? "until: " : "", until, until[0] ? "\n" : "", truth);
    return read_text(text);
}

static void refuses(const char *text, const char *words) {
    assert_int_equal(read_text(text), -EINVAL);
    if (!strstr(why, words)) {
        fail_msg("\"%s\" does not say \"%s\"", why, words);
    }
}

static void a_mistake_is_told_by_its_line(void **state) {
    (void)state;
    refuses("", "line 1: it begins with format: 1");
    refuses("format: 2\n", "line 1: format: this program reads");
    refuses("format: 1\n", "there is no question");
    refuses("format: 1\n\nhallo\n", "line 3: a line is `key: value`");
    refuses("format: 1\nwhat: x\n", "line 2: what: a question begins");
    refuses("format: 1\nquestion: a\nwhat: x\n", "line 3: \"what\"");
    refuses("format: 1\nask: x\n", "line 2: ask: a question begins with");
    refuses("format: 1\ntask: Ada greet 1\n", "line 2: task: NAME = TYPE N");
    refuses("format: 1\ntask: Ada = greet\n", "line 2: task: NAME = TYPE N");
    refuses("format: 1\nquestion: a b\n", "line 2: question: its name");
    refuses("format: 1\nquestion: a\nquestion: A\n", "line 3: question: \"A\"");
    refuses("format: 1\nquestion: a\nat: noon\n", "line 3: at: a place is");
    refuses("format: 1\nquestion: a\nat: event 0\n", "a place is");
    refuses("format: 1\nquestion: a\nat: event 99999999999999999999\n",
            "a place is");
    refuses("format: 1\nquestion: a\nat: 0th WAKE\n", "a place is");
    refuses("format: 1\nquestion: a\nat: 2nd WAKE of Bob\n", "a place is");
    refuses("format: 1\nquestion: a\ntruth: luck\n",
            "line 3: truth: a measure");
    refuses("format: 1\nquestion: a\ntruth: fd of\n", "a measure is one of");
    refuses("format: 1\nquestion: a\nwhy: x\n", "line 3: why: it comes after");
    refuses("format: 1\nquestion: a\nchoice:\n", "there is nothing behind it");
    refuses("format: 1\nquestion: a\nask: a {b\n", "line 3: a { without its }");
    refuses("format: 1\nquestion: a\nask: a {b}\n", "line 3: {b}: a measure");
    refuses("format: 1\n# c\n\nquestion: a\nask: x\n y\nat: end\n",
            "line 4: question a has no truth");
    refuses(HEAD "question: a\nask: x\nat: end\ntruth: polls\nchoice: 1\n"
                 "why: x\n",
            "question a has no choice");
    refuses(HEAD "question: a\nask: x\nat: end\ntruth: polls\nchoice: 1\n"
                 "choice: 2\nwhy: x\n",
            "question a has no why");
    refuses("format: 1\nquestion: \x1b[31m\n", "line 2");
    assert_null(strchr(why, '\x1b'));
    refuses("format: 1\nask: \xff\n", "UTF-8");
}

static void a_line_number_counts_lines_that_go_on(void **state) {
    (void)state;
    refuses("format: 1\nquestion: a\nask: one\n  two\n  three\nat: noon\n",
            "line 6: at:");
}

static void values_may_go_on_in_the_next_line(void **state) {
    (void)state;
    assert_int_equal(
        read_text(HEAD "question: q\nask: What\n  is\n\tit?\r\nat: start\n"
                       "truth: polls of Ada\nuntil: end\n"
                       "choice: 1\nwhy: no\nchoice: 2\nsays: two\nwhy: yes,\n"
                       " two\n"),
        0);
    assert_int_equal(pose(0), 0);
    assert_string_equal(q.quiz.question, "What is it?");
    assert_string_equal(q.quiz.choices[0].text, "1");
    assert_string_equal(q.quiz.choices[1].text, "two");
    assert_string_equal(q.quiz.choices[1].why, "yes, two");
    assert_string_equal(q.values[1], "2");
}

// ---- places ----

static void stands_at(const char *place, uint64_t event) {
    assert_int_equal(read_one(place, "end", "polls of Ada"), 0);
    assert_int_equal(pose(0), 0);
    if (q.quiz.at != event) {
        fail_msg("%s is event %d, not %d", place, (int)q.quiz.at, (int)event);
    }
}

static void places_are_found_in_the_events(void **state) {
    (void)state;
    stands_at("start", 1);
    stands_at("end", tape.count);
    stands_at("event 7", 7);
    stands_at("1st POLL_END of server", m.accept_waits);
    stands_at("POLL_END of Ada", m.greet_waits);
    stands_at("poll_end of greet 1", m.greet_waits);
    stands_at("wake of Ada", m.greet_woken);
    stands_at("2nd POLL_BEGIN of Ada", m.greet_again);
    stands_at("last POLL_BEGIN of Ada", m.greet_again);
    stands_at("before 2nd POLL_BEGIN of Ada", m.greet_again - 1);
    stands_at("TASK_DONE of Ada", m.greet_done);
    stands_at("last TASK_FREE", m.greet_free);
}

// The type of a future chooses among the events of a task.
// As plays name moments: without a lesson, and with people of their own.
static void a_place_is_found_without_a_lesson(void **state) {
    const struct fb_lesson_person people[] = {
        {"Nobody", 0}, {"Ada", 2}, {"server", 1}};
    uint64_t event = 77, other = 0;

    (void)state;
    assert_int_equal(fb_lesson_find(history, &tape_names, people, 3,
                                    "POLL_END of ada", &event, why, sizeof why),
                     0);
    stands_at("POLL_END of Ada", event);
    assert_int_equal(fb_lesson_find(history, &tape_names, NULL, 0,
                                    "POLL_END of greet 1", &other, why,
                                    sizeof why),
                     0);
    assert_int_equal(event, other);
    event = 77;
    assert_int_equal(fb_lesson_find(history, &tape_names, people, 3,
                                    "POLL_END of Nobody", &event, why,
                                    sizeof why),
                     -ENODATA);
    assert_string_equal(why, "there is no such event in this trace");
    assert_int_equal(fb_lesson_find(history, &tape_names, people, 1,
                                    "POLL_END of Ada", &event, why, sizeof why),
                     -EINVAL);
    assert_non_null(strstr(why, "a place is start, end"));
    // Only read: what is not here may still come.
    assert_int_equal(fb_lesson_find(NULL, NULL, people, 3, "9th WAKE of Ada",
                                    &event, why, sizeof why),
                     0);
    assert_int_equal(
        fb_lesson_find(NULL, NULL, people, 3, "noon", &event, why, sizeof why),
        -EINVAL);
    assert_int_equal(event, 77);
}

static void a_place_can_name_the_future(void **state) {
    const struct fb_event *e;

    (void)state;
    assert_int_equal(
        read_one("last FUTURE_EXIT of Ada in read", "end", "polls of Ada"), 0);
    assert_int_equal(pose(0), 0);
    e = fb_history_event(history, q.quiz.at);
    assert_int_equal(e->kind, FB_EV_FUTURE_EXIT);
    assert_int_equal(e->detail, FB_RESULT_READY);
    assert_true(q.quiz.at > m.greet_again && q.quiz.at < m.greet_done);
}

static void what_a_trace_has_not_is_said(void **state) {
    (void)state;
    assert_int_equal(read_one("3rd POLL_END of Ada", "end", "polls"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_non_null(strstr(why, "question q (line 4): the place that `at`"));
    assert_int_equal(read_one("WAKE of greet 2", "end", "polls"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_int_equal(read_one("start", "event 9999", "polls"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_int_equal(read_one("end", "start", "polls of Ada"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_non_null(strstr(why, "`until` comes before"));
    assert_int_equal(read_one("start", "start", "polls of Ada"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_non_null(strstr(why, "no value"));
}

// ---- measures ----

static void measures(const char *measure, const char *until, const char *value,
                     uint64_t fact) {
    char text[600];
    bool proves = fact == 0;

    snprintf(text, sizeof text,
             HEAD "question: q\nask: ?\nat: start\nuntil: %s\ntruth: %s\n"
                  "choice: {%s}\nwhy: x\nchoice: nothing of it\nwhy: y\n",
             until, measure, measure);
    assert_int_equal(read_text(text), 0);
    if (pose(0) != 0) {
        fail_msg("%s: %s", measure, why);
    }
    assert_string_equal(q.truth, value);
    assert_string_equal(q.values[0], value);
    assert_int_equal(q.quiz.right, 0);
    assert_non_null(strstr(q.said, value));
    for (int i = 0; i < q.quiz.fact_count; i++) {
        proves = proves || q.quiz.facts[i] == fact;
        assert_true(i == 0 || q.quiz.facts[i - 1] < q.quiz.facts[i]);
    }
    if (!proves) {
        fail_msg("%s: event %d is not among its facts", measure, (int)fact);
    }
}

static void a_measure_is_what_the_events_say(void **state) {
    (void)state;
    measures("live tasks", "POLL_END of Ada", "2", 0);
    measures("live tasks", "end", "1", 0);
    measures("idle tasks", "POLL_END of Ada", "2", 0);
    measures("queued tasks", "before 2nd POLL_BEGIN of Ada", "1", 0);
    measures("polls of Ada", "end", "2", m.greet_again);
    measures("wakes of Ada", "end", "1", 0);
    measures("id of Ada", "end", "2", 0);
    measures("state of Ada", "POLL_END of Ada", "idle", m.greet_waits);
    measures("state of Ada", "2nd POLL_BEGIN of Ada", "running", 0);
    measures("state of Ada", "end", "complete", m.greet_done);
    measures("fd of Ada", "POLL_END of Ada", "7", 0);
    measures("fd of server", "POLL_END of server", "4", 0);
    measures("leaf of Ada", "POLL_END of Ada", "read", 0);
    measures("root of Ada", "POLL_END of Ada", "greet", 0);
    measures("depth of Ada", "POLL_END of Ada", "2", 0);
    measures("waker of Ada", "2nd POLL_BEGIN of Ada", "reactor", m.greet_woken);
    measures("outcome of Ada", "end", "ok", m.greet_done);
    measures("thread", "1st PARK", "parked", 0);
    measures("thread", "POLL_BEGIN of Ada", "busy", 0);
    measures("leaf of Ada", "FUTURE_ENTER of Ada", "write_all", 0);
    measures("next", "WAKE of Ada", "Ada", m.greet_again);
    measures("order", "end", "Ada", m.greet_done);
    measures("most greet", "end", "1", m.greet_waits);
    measures("polls", "POLL_END of server", "1", 0);
}

// The clock begins with the first event, whatever it says then.
static void the_clock_is_counted_from_the_first_event(void **state) {
    (void)state;
    tape.now_ns = tape.events[0].time_ns + 5000000000;
    tape_park(&tape, -1);
    assert_int_equal(
        fb_history_push(history, tape.count, &tape.events[tape.count - 1]), 0);
    measures("clock", "start", "0 s", 1);
    measures("clock", "end", "5 s", tape.count);
}

// Two bytes are read by greet itself, then 5 and 4 inside of its read; only the
// first read is cancelled, and the greet at the very end.
static void bytes_go_with_the_future_that_had_read_them(void **state) {
    const size_t from = tape.count;
    size_t first;

    (void)state;
    tape_spawn(&tape, 3, 0, 20, 2);
    tape_scheduled(&tape, 3, 1);
    tape_begin(&tape, 3, 20, 1);
    tape_io(&tape, 3, 8, 20, FB_IO_READ, 2, 1024);
    tape_enter(&tape, 3, 20, 21, 4, 31);
    tape_io(&tape, 3, 8, 21, FB_IO_READ, 5, 1024);
    first = tape.count;
    tape_io(&tape, 3, 8, 21, FB_IO_READ, -EAGAIN, 1024);
    tape_io(&tape, 3, 8, 21, FB_IO_WRITE, 100, 100);
    tape_exit(&tape, 3, 20, 21, FB_RESULT_PENDING, 0);
    tape_drop(&tape, 3, 21, FB_DROP_CANCELLED);
    tape_enter(&tape, 3, 20, 22, 4, 31);
    tape_io(&tape, 3, 8, 22, FB_IO_READ, 4, 1024);
    tape_exit(&tape, 3, 20, 22, FB_RESULT_READY, 4);
    tape_drop(&tape, 3, 22, FB_DROP_FINISHED);
    tape_end(&tape, 3, 20, FB_RESULT_PENDING, 31, 0);
    tape_drop(&tape, 3, 20, FB_DROP_CANCELLED);
    for (size_t n = from; n < tape.count; n++) {
        assert_int_equal(fb_history_push(history, n + 1, &tape.events[n]), 0);
    }
    measures("bytes dropped with read", "last FUTURE_EXIT in read", "5", first);
    measures("bytes dropped with read", "end", "5", first);
    measures("bytes dropped with greet", "last FUTURE_EXIT in read", "0", 0);
    measures("bytes dropped with greet", "end", "11", first);
    measures("bytes dropped with write_all", "end", "0", 0);
    // before the drop nothing is lost yet
    measures("bytes dropped with read", "2nd POLL_END of Ada", "0", 0);
}

static void the_line_is_the_one_it_waits_at(void **state) {
    const struct fb_model *w = fb_history_at(history, m.greet_waits);
    const struct fb_model_task *t = fb_model_task(w, 2);
    char line[16];

    (void)state;
    snprintf(line, sizeof line, "%u", fb_model_future_at(w, t->root)->own_line);
    measures("line of Ada", "POLL_END of Ada", line, 0);
}

static void one_choice_must_be_true(void **state) {
    (void)state;
    assert_int_equal(read_one("start", "end", "fd of server"), 0);
    assert_int_equal(pose(0), -ENODATA);
    assert_non_null(strstr(why, "the trace says \"4\", and no choice does"));
    assert_int_equal(
        read_text(HEAD "question: q\nask: ?\nat: end\ntruth: live tasks\n"
                       "choice: 1\nwhy: x\nchoice: {live tasks}\nwhy: y\n"),
        0);
    assert_int_equal(pose(0), -ENODATA);
    assert_non_null(strstr(why, "two of its choices are the same"));
}

// A question shows the world where it is asked, never the one that is to come.
static void braces_in_a_question_are_of_where_it_is_asked(void **state) {
    (void)state;
    assert_int_equal(
        read_text(HEAD "question: q\nask: {polls of Ada} now; later?\n"
                       "at: POLL_END of Ada\nuntil: end\ntruth: polls of Ada\n"
                       "choice: {polls of Ada}\nwhy: {wakes of Ada} wake\n"
                       "choice: 9\nwhy: no\n"),
        0);
    assert_int_equal(pose(0), 0);
    assert_string_equal(q.quiz.question, "1 now; later?");
    assert_string_equal(q.values[0], "2");
    assert_string_equal(q.quiz.choices[0].why, "1 wake");
}

// ---- answers ----

static void spelling_does_not_decide(void **state) {
    (void)state;
    assert_true(fb_lesson_same("4", "04"));
    assert_true(fb_lesson_same("04", "4"));
    assert_true(fb_lesson_same("Ada, Bob", "ada > BOB"));
    assert_true(fb_lesson_same("Ada Bob", " Ada -> Bob "));
    assert_true(fb_lesson_same("0", "00"));
    assert_true(fb_lesson_same("2", "Twice"));
    assert_true(fb_lesson_same("3", "three times"));
    assert_true(fb_lesson_same("Cleo, Ben", "Cleo and then Ben"));
    assert_false(fb_lesson_same("1", "twice"));
    assert_false(fb_lesson_same("Cleo, Ben", "Cleo and"));
    assert_false(fb_lesson_same("4", "40"));
    assert_false(fb_lesson_same("4", ""));
    assert_false(fb_lesson_same("Ada Bob", "Bob Ada"));
    assert_false(fb_lesson_same("Ada", "Ada Bob"));
    assert_false(fb_lesson_same("Ada", "Adam"));
}

static void an_answer_is_a_value_or_a_letter(void **state) {
    (void)state;
    assert_int_equal(read_one("start", "end", "polls of Ada"), 0);
    assert_int_equal(pose(0), 0);
    assert_int_equal(fb_lesson_choice(&q, "2"), 1);
    assert_int_equal(fb_lesson_choice(&q, "B"), 1);
    assert_int_equal(fb_lesson_choice(&q, "c"), -1);
    assert_int_equal(fb_lesson_choice(&q, ""), -1);
    assert_true(fb_lesson_right(&q, "02"));
    assert_true(fb_lesson_right(&q, "b"));
    assert_false(fb_lesson_right(&q, "1"));
    assert_false(fb_lesson_right(&q, "7"));
    assert_false(fb_lesson_right(&q, ""));
}

static void answers_are_found_and_put_in_their_lines(void **state) {
    static const char text[] = "# my answers\ntasks:\nfd :  7  \r\nlast: x";
    char answer[80], *more;

    (void)state;
    assert_int_equal(fb_lesson_answer(text, "tasks", answer, sizeof answer), 0);
    assert_int_equal(fb_lesson_answer(text, "fd", answer, sizeof answer), 1);
    assert_string_equal(answer, "7");
    assert_int_equal(fb_lesson_answer(text, "las", answer, sizeof answer), 0);
    more = fb_lesson_put_answer(text, "tasks", "4");
    assert_string_equal(more, "# my answers\ntasks: 4\nfd :  7  \r\nlast: x");
    free(more);
    more = fb_lesson_put_answer(text, "new", "Ada");
    assert_string_equal(
        more, "# my answers\ntasks:\nfd :  7  \r\nlast: x\nnew: Ada\n");
    free(more);
    more = fb_lesson_put_answer("", "a", "b");
    assert_string_equal(more, "a: b\n");
    free(more);
    assert_int_equal(fb_lesson_answer("a: \x1b[2J", "a", answer, sizeof answer),
                     7);
    assert_string_equal(answer, "\\x1b[2J");
}

// ---- what is hostile ----

static void any_events_and_any_text_do_no_harm(void **state) {
    static const char all[] = HEAD
        "question: q\nask: {polls of Ada}\nat: 2nd POLL_END\nuntil: end\n"
        "truth: most greet\nchoice: {live tasks}\nwhy: {order}\n"
        "choice: {fd of Ada}\nwhy: {next} {leaf of Ada} {line of server}\n";
    char text[sizeof all];

    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed;

        fb_history_destroy(history);
        assert_int_equal(fb_history_create(&history, 0), 0);
        for (uint64_t n = 1; n <= 200; n++) {
            const struct fb_event e = random_event(&random);

            assert_int_equal(fb_history_push(history, n, &e), 0);
        }
        memcpy(text, all, sizeof all);
        assert_int_equal(read_text(text), 0);
        (void)pose(0);
        for (uint64_t i = 0; i < 1 + seed % 4; i++) {
            text[(seed * 7919 + i * 104729) % (sizeof all - 1)] =
                "{}:\n \t#Z"[(seed + i) % 8];
        }
        if (read_text(text) == 0) {
            for (size_t i = 0; i < fb_lesson_count(lesson); i++) {
                (void)pose(i);
            }
        }
    }
}

#define LESSON_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        LESSON_TEST(a_mistake_is_told_by_its_line),
        LESSON_TEST(a_line_number_counts_lines_that_go_on),
        LESSON_TEST(values_may_go_on_in_the_next_line),
        LESSON_TEST(places_are_found_in_the_events),
        LESSON_TEST(a_place_is_found_without_a_lesson),
        LESSON_TEST(a_place_can_name_the_future),
        LESSON_TEST(what_a_trace_has_not_is_said),
        LESSON_TEST(a_measure_is_what_the_events_say),
        LESSON_TEST(the_clock_is_counted_from_the_first_event),
        LESSON_TEST(bytes_go_with_the_future_that_had_read_them),
        LESSON_TEST(the_line_is_the_one_it_waits_at),
        LESSON_TEST(one_choice_must_be_true),
        LESSON_TEST(braces_in_a_question_are_of_where_it_is_asked),
        LESSON_TEST(spelling_does_not_decide),
        LESSON_TEST(an_answer_is_a_value_or_a_letter),
        LESSON_TEST(answers_are_found_and_put_in_their_lines),
        LESSON_TEST(any_events_and_any_text_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
