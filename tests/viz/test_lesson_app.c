// A teacher's questions in the picture, and without one: none can be gone
// around, an answer is in the file before it is judged, and then it stands.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "golden.h"
#include "scene.h"
#include "session.h"
#include "sheet.h"
#include "view_quiz.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t MS = 1000000u;

static const char LESSON[] =
    "format: 1\n"
    "task: acceptor = accept_loop 1\n"
    "task: Ada = greet_named 1\n"
    "task: Bob = greet_named 2\n"
    "\n"
    "question: tasks\n"
    "ask: Two clients dial in. How many tasks will there be?\n"
    "at: POLL_END of acceptor\n"
    "until: POLL_END of Bob\n"
    "truth: live tasks\n"
    "choice: 2\nwhy: Who accepts the next one?\n"
    "choice: 3\nsays: three\nwhy: One accepts, two talk.\n"
    "choice: 1\nwhy: Each client has its own.\n"
    "\n"
    "question: bob-fd\n"
    "ask: What does task {id of Bob} wait for?\n"
    "at: POLL_END of Bob\n"
    "truth: fd of Bob\n"
    "choice: {fd of Bob}\nsays: fd {fd of Bob}\nwhy: Its connection.\n"
    "choice: {fd of Ada}\nsays: fd {fd of Ada}\nwhy: Ada's connection.\n"
    "\n"
    "question: first\n"
    "ask: Bob talks now, Ada never does. Who ends first?\n"
    "at: before last WAKE of Bob\n"
    "until: end\n"
    "truth: order\n"
    "choice: Ada, Bob\nwhy: She came first, but says nothing.\n"
    "choice: Bob\nwhy: Nobody waits for Ada.\n";

static struct scene trace;
static struct fb_session *session;
static struct fb_sheet *sheet;
static struct fb_app *app;
static struct fb_grid grid;
static uint64_t now_ns;
static char questions[160], answers[160];

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *read_answers(void) {
    static char text[1000];
    FILE *file = fopen(answers, "r");

    text[0] = '\0';
    if (file) {
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
    }
    return text;
}

static int open_sheet(const char *lesson, char *why, size_t why_bytes) {
    write_file(questions, lesson);
    return fb_sheet_create(&sheet, session, questions, answers, why, why_bytes);
}

static void open_app(bool teacher) {
    struct fb_app_options options = {
        .session = session, .sheet = sheet, .teacher = teacher};

    assert_int_equal(fb_app_create(&app, &options), 0);
    now_ns = 1000 * MS;
    fb_app_tick(app, now_ns);
}

static int setup(void **state) {
    char why[FB_SESSION_WHY_BYTES];

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "Ada 127.0.0.1:50001");
    scene_connect(&trace, 8, "Bob 127.0.0.1:50002");
    scene_talk(&trace, 3, 8, 4);
    scene_end(&trace);
    snprintf(questions, sizeof(questions), "%s/questions", trace.dir);
    snprintf(answers, sizeof(answers), "%s/answers.txt", trace.dir);
    write_file(answers, "# yours\ntasks:\nbob-fd:\n");
    assert_int_equal(
        fb_session_open(&session, trace.path, false, why, sizeof(why)), 0);
    assert_int_equal(fb_grid_init(&grid, 100, 30), 0);
    if (open_sheet(LESSON, why, sizeof(why)) != 0) {
        fail_msg("%s", why);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_app_destroy(app);
    app = NULL;
    fb_sheet_destroy(sheet);
    sheet = NULL;
    fb_session_close(session);
    fb_grid_deinit(&grid);
    unlink(questions);
    unlink(answers);
    scene_close(&trace);
    return 0;
}

static const struct fb_scene *look(void) {
    fb_app_draw(app, &grid);
    return fb_app_scene(app);
}

static void shows(const char *words) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    look();
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    if (!strstr(text, words)) {
        fail_msg("no \"%s\" in\n%s", words, text);
    }
    free(text);
}

static void keys(const char *text) {
    for (; *text; text++) {
        fb_app_key(app, (uint32_t)*text);
    }
}

static uint64_t place(size_t i) {
    return sheet->items[i].q.quiz.at;
}

static enum fb_quiz_stage stage(void) {
    return look()->quiz ? look()->quiz->stage : FB_QUIZ_OFF;
}

static void reveal(void) {
    for (int i = 0; i < 1000 && stage() == FB_QUIZ_REVEALS; i++) {
        now_ns += 20 * MS;
        fb_app_tick(app, now_ns);
    }
    assert_int_equal(stage(), FB_QUIZ_JUDGED);
}

// ---- the picture ----

static void it_says_when_the_first_question_comes(void **state) {
    (void)state;
    open_app(false);
    assert_int_equal(stage(), FB_QUIZ_WAITS);
    shows("The next question comes after event");
    shows("question 1 of 3, 0 answered");
    assert_int_equal(look()->at, 1);
    assert_int_equal(look()->veil, FB_VEIL_FUTURE);
}

// No way of moving goes around a question.
static void no_key_goes_past_a_question(void **state) {
    static const char *const ways[] = {
        "\n",     "gend\n", "g9999\n",
        "g10s\n", "a",      "/talk\n",
        "pppppp", "wwww",   "ttttttttttttttttttttttt"};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        open_app(false);
        keys(ways[i]);
        if (look()->at > place(0)) {
            fail_msg("%s goes to %d", ways[i], (int)look()->at);
        }
        keys("\n");
        assert_int_equal(stage(), FB_QUIZ_ASKS);
        assert_int_equal(look()->at, place(0));
        fb_app_destroy(app);
    }
    open_app(false);
    fb_app_key(app, FB_KEY_ESC); // playing stops there, too
    keys(" >>>>>>");
    assert_true(look()->playing);
    for (int i = 0; i < 400 && stage() != FB_QUIZ_ASKS; i++) {
        now_ns += 50 * MS;
        fb_app_tick(app, now_ns);
    }
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    assert_int_equal(look()->at, place(0));
    assert_false(look()->playing);
}

static void it_waits_for_an_answer_and_hides_what_comes(void **state) {
    (void)state;
    open_app(false);
    keys("\nnpw \033N");
    fb_app_key(app, FB_KEY_ESC);
    keys("\ngend\n");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    assert_int_equal(look()->at, place(0));
    shows("First predict: a to c. It is written down");
    shows("what comes is hidden");
    assert_string_equal(read_answers(), "# yours\ntasks:\nbob-fd:\n");
}

static void help_opens_over_a_question(void **state) {
    (void)state;
    open_app(false);
    keys("\n?");
    assert_int_equal(fb_app_frame(app)->overlay, FB_OVERLAY_HELP);
    keys("npwgt ");
    assert_int_equal(look()->at, place(0));
    keys("q"); // leaves the help, not the program
    assert_false(fb_app_done(app));
    assert_int_equal(fb_app_frame(app)->overlay, FB_OVERLAY_NONE);
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    keys("?b");
    assert_int_equal(fb_app_frame(app)->overlay, FB_OVERLAY_NONE);
    assert_int_equal(stage(), FB_QUIZ_REVEALS);
}

static void an_answer_is_written_before_it_is_judged(void **state) {
    (void)state;
    open_app(false);
    keys("\na");
    assert_int_equal(stage(), FB_QUIZ_REVEALS);
    assert_string_equal(read_answers(), "# yours\ntasks: 2\nbob-fd:\n");
    keys("b"); // too late
    reveal();
    assert_string_equal(read_answers(), "# yours\ntasks: 2\nbob-fd:\n");
    shows("Not a. It is b) three");
    shows("One accepts, two talk.");
    shows("Who accepts the next one?");
    shows("The events say");
    assert_int_equal(look()->at, sheet->items[0].q.quiz.until);
    assert_int_equal(fb_app_quiz_score(app)->asked[0], 0);
}

static void an_answer_that_cannot_be_written_is_not_judged(void **state) {
    (void)state;
    open_app(false);
    keys("\n");
    sheet->answers = "/nowhere/answers.txt";
    keys("b");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("cannot be written down");
    sheet->answers = answers;
    write_file(answers, "tasks: 1\n"); // by somebody else, meanwhile
    keys("b");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("has an answer to this already");
    assert_string_equal(read_answers(), "tasks: 1\n");
}

static void it_goes_on_to_the_end_and_says_how_it_went(void **state) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    open_app(false);
    keys("\nb\n");
    assert_int_equal(stage(), FB_QUIZ_JUDGED);
    shows("Right: b) three");
    keys("n");                               // a step
    assert_int_equal(stage(), FB_QUIZ_ASKS); // the next one is due already
    shows("What does task 3 wait for?");
    shows("fd 8");
    keys("a"); // asked where it can be seen: judged at once
    assert_int_equal(stage(), FB_QUIZ_JUDGED);
    keys("p");
    assert_true(stage() == FB_QUIZ_WAITS || stage() == FB_QUIZ_ASKS);
    keys("\n");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    assert_int_equal(look()->at, place(2));
    keys("a\n");
    assert_int_equal(stage(), FB_QUIZ_JUDGED);
    assert_int_equal(look()->veil, 0);
    keys("\n");
    shows("That was the last question: 2 of 3 right.");
    keys("\n");
    assert_int_equal(stage(), FB_QUIZ_OFF);
    keys("g5\n");
    assert_int_equal(look()->at, 5);
    assert_string_equal(read_answers(),
                        "# yours\ntasks: 3\nbob-fd: 8\nfirst: Ada, Bob\n");
    assert_non_null(out);
    fb_app_lesson_print(app, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "Predicted: 3 of 3 answered, 2 right."));
    assert_non_null(strstr(text, "first: you said Ada, Bob."));
    free(text);
}

static void an_earlier_answer_stands(void **state) {
    char why[FB_SHEET_WHY];

    (void)state;
    fb_sheet_destroy(sheet);
    write_file(answers, "tasks: 3\nbob-fd: 42\n");
    assert_int_equal(open_sheet(LESSON, why, sizeof(why)), 0);
    open_app(false);
    keys("gend\n"); // what is known already is not asked, but told
    assert_int_equal(look()->at, sheet->items[0].q.quiz.until);
    shows("Right: b) three");
    keys("\n");
    assert_int_equal(stage(), FB_QUIZ_JUDGED);
    shows("Not 42. It is a) fd 8");
    assert_string_equal(read_answers(), "tasks: 3\nbob-fd: 42\n");
    keys("\n");
    assert_int_equal(stage(), FB_QUIZ_ASKS); // this one is new
}

static void a_teacher_may_see_it_without_answering(void **state) {
    (void)state;
    open_app(true);
    keys("\n\n");
    assert_int_equal(stage(), FB_QUIZ_REVEALS);
    shows("Watch.");
    reveal();
    shows("It is b) three");
    assert_string_equal(read_answers(), "# yours\ntasks:\nbob-fd:\n");
    keys("\n");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("What does task 3 wait for?");
}

static void q_always_leaves(void **state) {
    (void)state;
    open_app(false);
    keys("\nq");
    assert_true(fb_app_done(app));
}

static void any_keys_do_no_harm(void **state) {
    uint32_t random = 1;

    (void)state;
    open_app(false);
    for (int i = 0; i < 4000 && !fb_app_done(app); i++) {
        random = random * 1664525u + 1013904223u;
        if ((random >> 16) % 128 != 'q') {
            fb_app_key(app, (random >> 16) % 128);
        }
        if (i % 7 == 0) {
            now_ns += 30 * MS;
            fb_app_tick(app, now_ns);
        }
        look();
    }
}

// Questions about the same thing are all asked before any of it is seen.
static void what_would_tell_another_answer_waits(void **state) {
    char why[FB_SHEET_WHY];

    (void)state;
    fb_sheet_destroy(sheet);
    assert_int_equal(
        open_sheet("format: 1\n"
                   "question: tasks\nask: How many?\nat: start\nuntil: end\n"
                   "truth: live tasks\nchoice: 2\nwhy: x\nchoice: 9\nwhy: y\n"
                   "question: polls\nask: How often?\nat: start\nuntil: end\n"
                   "truth: polls of accept_loop 1\nchoice: 3\nwhy: x\n"
                   "choice: 1\nwhy: y\n"
                   "question: later\nask: And now?\nat: 1st PARK\nuntil: end\n"
                   "truth: idle tasks\nchoice: 2\nwhy: x\nchoice: 1\nwhy: y\n",
                   why, sizeof(why)),
        0);
    open_app(false);
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("How many?");
    keys("a");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("How often?");
    assert_int_equal(look()->at, 1);
    keys("b");
    assert_int_equal(stage(), FB_QUIZ_WAITS);
    assert_int_equal(look()->veil, FB_VEIL_FUTURE);
    keys("gend\n");
    assert_int_equal(stage(), FB_QUIZ_ASKS);
    shows("And now?");
    assert_int_equal(look()->at, place(2));
    keys("a");
    reveal();
    shows("Right: a) 2");
    keys("\n");
    shows("Not b. It is a) 3");
    keys("\n");
    shows("Right: a) 2");
    keys("\n");
    shows("2 of 3 right");
}

// ---- where it opens ----

static void a_picture_can_open_at_an_event(void **state) {
    struct fb_app_options options = {.session = session, .at = "end"};
    char number[24];

    (void)state;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(look()->at, fb_history_last(fb_session_history(session)));
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    fb_app_destroy(app);
    snprintf(number, sizeof(number), "%d", (int)place(1));
    options.at = number;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(look()->at, place(1));
    assert_int_equal(look()->task, 3); // whose event it is
}

// ---- without a picture ----

static char *ask(const char *input, bool teacher, int *ret) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    FILE *in = fmemopen((void *)(uintptr_t)input, strlen(input), "r");

    assert_non_null(out);
    assert_non_null(in);
    *ret = fb_sheet_ask(sheet, session, in, out, teacher);
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void lines_do_what_keys_do(void **state) {
    int ret;
    char *text = ask("x\n\nb\na\nB\n", false, &ret);

    (void)state;
    assert_int_equal(ret, 1);
    golden_replace(text, trace.dir, "DIR");
    golden_check("lesson_asked", text);
    free(text);
    assert_string_equal(read_answers(),
                        "# yours\ntasks: 3\nbob-fd: 8\nfirst: Bob\n");
}

static void when_lines_end_nothing_more_is_told(void **state) {
    int ret;
    char *text = ask("b\n", false, &ret);

    (void)state;
    assert_int_equal(ret, 0);
    assert_non_null(strstr(text, "Right: three"));
    assert_null(strstr(text, "Its connection."));
    assert_non_null(strstr(text, "1 of 3 answered, 1 right."));
    assert_non_null(strstr(text, "goes on with the others"));
    free(text);
    text = ask("a\nb\n", false, &ret);
    assert_int_equal(ret, 1);
    assert_null(strstr(text, "Question 1 of 3"));
    free(text);
}

static void a_teacher_sees_answers_by_lines_too(void **state) {
    int ret;
    char *text = ask("\n\n\n", true, &ret);

    (void)state;
    assert_int_equal(ret, 1);
    assert_non_null(strstr(text, "It is b. One accepts, two talk."));
    assert_string_equal(read_answers(), "# yours\ntasks:\nbob-fd:\n");
    free(text);
}

static void a_teacher_lists_all_with_their_truth(void **state) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    assert_int_equal(fb_sheet_list(sheet, session, out), 0);
    assert_int_equal(fclose(out), 0);
    golden_check("lesson_list", text);
    free(text);
}

static const char *text_of(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));

    if (!text) {
        fail_msg("no text %s", key);
    }
    return text;
}

static uint64_t number_of(const json_t *o, const char *key) {
    assert_true(json_is_integer(json_object_get(o, key)));
    return (uint64_t)json_integer_value(json_object_get(o, key));
}

// One question of the document says what the sheet says.
static void assert_told(const json_t *o, const struct fb_lesson_question *q) {
    const json_t *choices = json_object_get(o, "choices");
    const json_t *events = json_object_get(o, "events");

    assert_string_equal(text_of(o, "name"), q->name);
    assert_string_equal(text_of(o, "ask"), q->quiz.question);
    assert_string_equal(text_of(o, "truth"), q->truth);
    assert_string_equal(text_of(o, "said"), q->said);
    assert_int_equal(number_of(o, "at"), q->quiz.at);
    assert_int_equal(number_of(o, "until"), q->quiz.until);
    assert_int_equal(json_array_size(choices), q->quiz.count);
    for (int i = 0; i < q->quiz.count; i++) {
        const json_t *choice = json_array_get(choices, (size_t)i);

        assert_string_equal(text_of(choice, "value"), q->values[i]);
        assert_string_equal(text_of(choice, "says"), q->quiz.choices[i].text);
        assert_string_equal(text_of(choice, "why"), q->quiz.choices[i].why);
        assert_int_equal(json_is_true(json_object_get(choice, "right")),
                         i == q->quiz.right);
    }
    assert_int_equal(json_array_size(events), q->quiz.fact_count);
    for (int i = 0; i < q->quiz.fact_count; i++) {
        const json_t *event = json_array_get(events, (size_t)i);

        assert_int_equal(number_of(event, "event"), q->quiz.facts[i]);
        assert_true(strlen(text_of(event, "says")) > 0);
    }
}

static json_t *as_json(void) {
    json_error_t error;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    json_t *whole;

    assert_non_null(out);
    assert_int_equal(fb_sheet_json(sheet, session, out), 0);
    assert_int_equal(fclose(out), 0);
    whole = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!whole) {
        fail_msg("line %d: %s in\n%s", error.line, error.text, text);
    }
    free(text);
    return whole;
}

static void a_program_gets_all_of_it_as_json(void **state) {
    json_t *whole = as_json();
    const json_t *all = json_object_get(whole, "questions");

    (void)state;
    assert_string_equal(text_of(whole, "schema"), "fishbowl.questions");
    assert_int_equal(number_of(whole, "version"), 1);
    assert_true(sheet->count > 1);
    assert_int_equal(json_array_size(all), sheet->count);
    for (size_t i = 0; i < sheet->count; i++) {
        assert_told(json_array_get(all, i), &sheet->items[i].q);
    }
    assert_int_equal(json_array_size(json_object_get(whole, "left_out")), 0);
    json_decref(whole);
}

static void what_this_trace_cannot_answer_is_left_out(void **state) {
    char why[FB_SHEET_WHY];
    json_t *whole;
    const json_t *left;

    (void)state;
    fb_sheet_destroy(sheet);
    sheet = NULL;
    assert_int_equal(open_sheet("format: 1\nquestion: a\nask: ?\nat: end\n"
                                "truth: polls of greet 9\nchoice: 1\nwhy: x\n"
                                "choice: 2\nwhy: y\n",
                                why, sizeof(why)),
                     -ENODATA);
    assert_non_null(strstr(why, "question a (line 2)"));
    assert_int_equal(open_sheet("nonsense", why, sizeof(why)), -EINVAL);
    assert_non_null(strstr(why, "questions: line 1"));
    assert_int_equal(
        open_sheet("format: 1\nquestion: a\nask: ?\nat: end\n"
                   "truth: live tasks\nchoice: 2\nwhy: x\nchoice: 9\nwhy: y\n"
                   "question: b\nask: ?\nat: STALL\ntruth: polls\nchoice: 2\n"
                   "why: x\nchoice: 9\nwhy: y\n",
                   why, sizeof(why)),
        0);
    assert_int_equal(sheet->count, 1);
    assert_int_equal(sheet->left_out, 1);
    whole = as_json();
    left = json_array_get(json_object_get(whole, "left_out"), 0);
    assert_string_equal(text_of(left, "name"), "b");
    assert_non_null(strstr(text_of(left, "why"), "not in this trace"));
    json_decref(whole);
    fb_sheet_destroy(sheet);
    sheet = NULL;
    unlink(questions);
    assert_int_equal(
        fb_sheet_create(&sheet, session, questions, NULL, why, sizeof(why)),
        -ENOENT);
}

#define LESSON_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        LESSON_TEST(it_says_when_the_first_question_comes),
        LESSON_TEST(no_key_goes_past_a_question),
        LESSON_TEST(it_waits_for_an_answer_and_hides_what_comes),
        LESSON_TEST(help_opens_over_a_question),
        LESSON_TEST(an_answer_is_written_before_it_is_judged),
        LESSON_TEST(an_answer_that_cannot_be_written_is_not_judged),
        LESSON_TEST(it_goes_on_to_the_end_and_says_how_it_went),
        LESSON_TEST(an_earlier_answer_stands),
        LESSON_TEST(a_teacher_may_see_it_without_answering),
        LESSON_TEST(q_always_leaves),
        LESSON_TEST(any_keys_do_no_harm),
        LESSON_TEST(what_would_tell_another_answer_waits),
        LESSON_TEST(a_picture_can_open_at_an_event),
        LESSON_TEST(lines_do_what_keys_do),
        LESSON_TEST(when_lines_end_nothing_more_is_told),
        LESSON_TEST(a_teacher_sees_answers_by_lines_too),
        LESSON_TEST(a_teacher_lists_all_with_their_truth),
        LESSON_TEST(a_program_gets_all_of_it_as_json),
        LESSON_TEST(what_this_trace_cannot_answer_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
