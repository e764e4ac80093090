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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_person_predicts_at_a_terminal, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_teacher_prints_a_sheet, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_question_can_be_asked_for, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
