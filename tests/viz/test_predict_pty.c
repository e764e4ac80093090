// Predict mode in the real program: on a terminal, and as a printed sheet.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "pty.h"
#include "run.h"
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene trace;
static uint64_t queued_at;

// Two of three clients are woken in one turn, and polled one after the other.
static int setup(void **state) {
    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "Ada");
    scene_connect(&trace, 8, "Grace");
    scene_connect(&trace, 9, "Alan");
    scene_wake(&trace, 3, 8);
    scene_wake(&trace, 2, 7);
    queued_at = trace.w.head;
    scene_read(&trace, 3, 8, 6);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                        .subject = 3,
                                        .poll.future = 30});
    scene_talk(&trace, 4, 9, 5);
    scene_end(&trace);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    scene_close(&trace);
    return 0;
}

static const char *program(void) {
    static char path[512];
    const char *bin = getenv("FB_BIN");

    snprintf(path, sizeof(path), "%s/fishbowl", bin ? bin : "build/bin");
    return path;
}

static void a_person_predicts_at_a_terminal(void **state) {
    const char *argv[] = {program(), "watch", trace.path, NULL};
    struct fb_pty_options options = {.argv = argv, .cols = 80, .rows = 24};
    struct fb_pty *pty;
    char go[32];
    int status;

    (void)state;
    assert_int_equal(fb_pty_open(&pty, &options), 0);
    assert_true(fb_pty_shows(pty, " FROZEN "));
    snprintf(go, sizeof(go), "g%d\r", (int)queued_at);
    fb_pty_type(pty, go);
    fb_pty_type(pty, "a");
    assert_true(fb_pty_shows(pty, "Who is polled next?"));
    assert_true(fb_pty_shows(pty, "what comes is hidden"));
    assert_true(fb_pty_shows_row(pty, "?  2 Ada", "")); // not its place
    assert_true(fb_pty_shows_row(pty, "?  3 Grace", ""));
    fb_pty_type(pty, "n"); // no way around it
    assert_true(fb_pty_shows(pty, "First predict"));
    fb_pty_type(pty, "a");
    assert_true(fb_pty_shows(pty, "The events say"));
    assert_true(fb_pty_shows(pty, "of 1 right (next "));
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "? Predict"));
    fb_pty_type(pty, "q"); // leaves the question
    assert_true(fb_pty_shows(pty, "Predicted: "));
    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fb_pty_drain(pty);
    assert_true(fb_pty_shows(pty, "of 1 right")); // on the shell's screen
    fb_pty_close(pty);
}

static void a_teacher_prints_a_sheet(void **state) {
    (void)state;
    assert_int_equal(RUN("print", trace.path, "--quiz"), 0);
    golden_check("print_quiz", run_out);
    assert_int_equal(RUN("print", trace.path, "--quiz=ask"), 0);
    golden_check("print_quiz_ask", run_out);
    assert_null(strstr(run_out, "It is"));
    assert_null(strstr(run_out, "The events say"));
}

static void one_question_can_be_asked_for(void **state) {
    char at[32], words[64];

    (void)state;
    snprintf(at, sizeof(at), "%d", (int)queued_at);
    assert_int_equal(RUN("print", trace.path, "--quiz=ask", "--at", at), 0);
    snprintf(words, sizeof(words), " 1. After event %s: 2 tasks are", at);
    assert_non_null(strstr(run_out, words));
    assert_null(strstr(run_out, " 2. After"));
    assert_int_equal(RUN("print", trace.path, "--quiz", "--to", "2"), 0);
    assert_non_null(strstr(run_out, "There is nothing to ask here."));
    assert_int_equal(RUN("print", trace.path, "--quiz", "--at", "99999"), 1);
    assert_non_null(strstr(run_err, "this trace does not hold it"));
    assert_int_equal(RUN("print", trace.path, "--quiz=why"), 2);
    assert_int_equal(RUN("print", trace.path, "--quiz", "--follow"), 2);
}

static const char LESSON[] = "format: 1\n"
                             "task: Ada = greet_named 1\n"
                             "question: wakes\n"
                             "ask: How often is task {id of Ada} woken?\n"
                             "at: 1st PARK\nuntil: end\n"
                             "truth: wakes of Ada\n"
                             "choice: 0\nwhy: Somebody talks to it.\n"
                             "choice: 1\nwhy: Once, by the reactor.\n";

static void lesson_paths(char questions[200], char answers[200]) {
    FILE *file;

    snprintf(questions, 200, "%s/questions", trace.dir);
    snprintf(answers, 200, "%s/answers.txt", trace.dir);
    file = fopen(questions, "w");
    assert_non_null(file);
    fputs(LESSON, file);
    assert_int_equal(fclose(file), 0);
}

static void a_lesson_is_asked_at_a_terminal(void **state) {
    char questions[200], answers[200], text[100] = "";
    const char *argv[] = {program(), "watch",     trace.path, "--questions",
                          questions, "--answers", answers,    NULL};
    struct fb_pty_options options = {.argv = argv, .cols = 80, .rows = 24};
    struct fb_pty *pty;
    FILE *file;
    int status;

    (void)state;
    lesson_paths(questions, answers);
    assert_int_equal(fb_pty_open(&pty, &options), 0);
    assert_true(fb_pty_shows(pty, "The next question comes after event"));
    fb_pty_type(pty, "gend\r"); // no way around it
    assert_true(fb_pty_shows(pty, "How often is task 2 woken?"));
    assert_true(fb_pty_shows(pty, "what comes is hidden"));
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "First predict: a to b."));
    fb_pty_type(pty, "b");
    assert_true(fb_pty_shows(pty, "Right: b) 1"));
    file = fopen(answers, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, "wakes: 1\n");
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "1 of 1 right"));
    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fb_pty_drain(pty);
    assert_true(fb_pty_shows(pty, "Predicted: 1 of 1 answered, 1 right."));
    fb_pty_close(pty);
    unlink(questions);
    unlink(answers);
}

static void a_picture_opens_at_an_event(void **state) {
    const char *argv[] = {program(), "watch", trace.path, "--at", "end", NULL};
    struct fb_pty_options options = {.argv = argv, .cols = 80, .rows = 24};
    struct fb_pty *pty;
    int status;

    (void)state;
    assert_int_equal(fb_pty_open(&pty, &options), 0);
    assert_true(fb_pty_shows(pty, " FROZEN "));
    fb_pty_type(pty, "n");
    assert_true(fb_pty_shows(pty, "There is no later event"));
    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    fb_pty_close(pty);
}

static void questions_are_refused_with_a_reason(void **state) {
    char questions[200], answers[200];

    (void)state;
    lesson_paths(questions, answers);
    assert_int_equal(RUN("print", trace.path, "--questions", questions), 0);
    assert_non_null(strstr(run_out, "wakes: 1"));
    assert_int_equal(RUN("print", trace.path, "--questions", "/dev/null"), 1);
    assert_non_null(strstr(run_err, "/dev/null: line 1: it begins with"));
    assert_int_equal(RUN("watch", trace.path, "--answers", answers), 2);
    assert_int_equal(RUN("watch", trace.path, "--teacher"), 2);
    assert_int_equal(RUN("watch", trace.path, "--at", "noon"), 2);
    assert_non_null(strstr(run_err, "--at: an event (1234)"));
    assert_int_equal(
        RUN("watch", trace.path, "--questions", questions, "--at", "3"), 2);
    assert_int_equal(RUN("watch", trace.path, "--at", "end"), 0);
    assert_null(strstr(run_out, "Task 1 is spawned"));
    unlink(questions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_person_predicts_at_a_terminal, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_teacher_prints_a_sheet, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_question_can_be_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_lesson_is_asked_at_a_terminal, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_picture_opens_at_an_event, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(questions_are_refused_with_a_reason,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
