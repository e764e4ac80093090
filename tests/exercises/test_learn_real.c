// `fishbowl learn` with the exercises that are shipped: a learner's way through
// 06, whose verdicts come from the kit and whose trace is a real one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn_bed.h"
#include "pty.h"
#include "run.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fb_pty *pty;

static const char FILE_06[] = "real/06_yield_once/yield.c";

static int real_setup(void **state) {
    assert_int_equal(setup(state), 0);
    (void)setenv("XDG_STATE_HOME", in("state"), 1);
    (void)unsetenv("FISHBOWL_LEARN_AS");
    assert_int_equal(RUN("learn", "init", in("real")), 0);
    return 0;
}

static int real_teardown(void **state) {
    fb_pty_close(pty);
    pty = NULL;
    return teardown(state);
}

// The starter with this in the place of its last line before the end.
static void write_06(const char *code) {
    char *text = get(FILE_06), *begin, *end, *whole = NULL;

    begin = strstr(text, "// YOURS: begin");
    end = strstr(text, "    // YOURS: end");
    assert_non_null(begin);
    assert_non_null(end);
    begin[strlen("// YOURS: begin")] = '\0';
    assert_true(asprintf(&whole,
                         "#include <stdio.h>\n#include <unistd.h>\n"
                         "%s\n%s\n%s",
                         text, code, end) > 0);
    put(FILE_06, whole);
    free(whole);
    free(text);
}

static const char SOLVED[] = "    if (y->stepped_aside) {\n"
                             "        return FB_READY;\n"
                             "    }\n"
                             "    y->stepped_aside = true;\n"
                             "    fb_waker_wake_by_ref(cx->waker);\n"
                             "    return FB_PENDING;\n";
static const char NO_WAKE[] = "    (void)cx;\n"
                              "    if (y->stepped_aside) {\n"
                              "        return FB_READY;\n"
                              "    }\n"
                              "    y->stepped_aside = true;\n"
                              "    return FB_PENDING;\n";

static void a_lost_wake_is_named_shown_and_mended(void **state) {
    (void)state;
    write_06(NO_WAKE);
    assert_int_equal(RUN("learn", "run", "6"), 1);
    assert_has(run_out, "T1 pending_has_source");
    assert_has(run_out, "no waker and woken nobody");
    assert_has(run_out, "returns Pending.");
    assert_has(run_out, "viz 06");
    assert_int_equal(RUN("learn", "viz", "6"), 0);
    assert_has(run_out, "The story around event");
    assert_has(run_out, "returns Pending.");
    assert_has(run_out, "yield_once");
    write_06(SOLVED);
    assert_int_equal(RUN("learn", "run", "6"), 0);
    assert_has(run_out, "06 Yield once  (code, 10 min): passed");
    assert_int_equal(RUN("learn", "solution", "6"), 0);
}

static void only_one_order_can_be_asked_for(void **state) {
    (void)state;
    write_06(SOLVED);
    assert_int_equal(RUN("learn", "run", "6", "--order", "seed:3"), 0);
    assert_has(run_out, "in the one run that was asked for");
    assert_int_equal(RUN("learn", "list"), 0);
    assert_has_not(run_out, "passed "); // one order is no pass
    assert_int_equal(RUN("learn", "run", "6", "--order", "sideways"), 1);
}

static void
predictions_in_the_file_are_judged_without_a_terminal(void **state) {
    (void)state;
    assert_int_equal(RUN("learn", "run", "1"), 1);
    assert_has(run_out, "T14");
    assert_has_not(run_out, "viz");
    assert_int_equal(RUN("learn", "viz", "1"), 1); // not before predicting
    assert_has(run_err, "predict first");
    assert_int_equal(RUN("learn", "solution", "1", "--give-up", "--apply"), 0);
    assert_int_equal(RUN("learn", "run", "1"), 0);
    assert_has(run_out, "01 Who is here?  (step, 8 min): passed");
}

// Writes the pid of the process that plays, and never comes back.
static const char *endless_06(void) {
    static char code[PATH_MAX + 200];

    snprintf(code, sizeof(code),
             "    (void)y; (void)cx;\n"
             "    FILE *f = fopen(\"%s\", \"w\");\n"
             "    fprintf(f, \"%%d.\", (int)getpid());\n"
             "    fclose(f);\n"
             "    for (;;) {\n    }\n    return FB_READY;\n",
             in("pid"));
    return code;
}

static void a_runner_that_is_killed_takes_the_run_along(void **state) {
    const char *const args[] = {"learn", "run", "6", NULL};
    pid_t runner, child;
    int fd, status;

    (void)state;
    write_06(endless_06());
    runner = run_start(args, &fd);
    child = endless_pid();
    assert_int_equal(kill(runner, SIGKILL), 0);
    assert_int_equal(waitpid(runner, &status, 0), runner);
    (void)close(fd);
    assert_true(is_gone(child));
}

static void an_endless_loop_is_told_with_its_last_events(void **state) {
    (void)state;
    write_06("    (void)y; (void)cx;\n    for (;;) {\n    }\n"
             "    return FB_READY;\n");
    assert_int_equal(RUN("learn", "run", "6"), 1);
    assert_has(run_out, "X3");
    assert_has(run_out, "The last that happened before it was ended");
    assert_has(run_out, "Task 1 polls yield_once");
}

static void open_viz_06(void) {
    static char path[512], folder[PATH_MAX + 16];
    const char *argv[] = {path, "learn", folder, "viz", "6", NULL};
    const struct fb_pty_options options = {
        .argv = argv, .cols = 100, .rows = 30};

    snprintf(path, sizeof(path), "%s/fishbowl", getenv("FB_BIN"));
    snprintf(folder, sizeof(folder), "--folder=%s", in("real"));
    assert_int_equal(fb_pty_open(&pty, &options), 0);
}

static void leave_the_moment(void) {
    int status;

    assert_true(fb_pty_shows(pty, "a finished run"));
    assert_true(fb_pty_shows(pty, "returns Pending"));
    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    assert_int_equal(status, 0);
    fb_pty_close(pty);
    pty = NULL;
}

static void on_a_screen_viz_asks_once_then_opens_at_the_moment(void **state) {
    (void)state;
    write_06(NO_WAKE);
    assert_int_equal(RUN("learn", "run", "6"), 1);
    open_viz_06();
    assert_true(fb_pty_shows(pty, "what comes is hidden"));
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "Walker A takes a step"));
    fb_pty_type(pty, "a");
    assert_true(fb_pty_shows(pty, "You say a)"));
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "The events say"));
    fb_pty_type(pty, "q");
    leave_the_moment();
    open_viz_06(); // has been predicted
    leave_the_moment();
}

static const char FILE_04[] = "real/04_silent_client/answers.txt";

static void
a_saved_file_with_empty_answers_is_told_and_then_judged(void **state) {
    static char path[512], folder[PATH_MAX + 16];
    const char *argv[] = {path, "learn", folder, "watch", "--no-color", NULL};
    const struct fb_pty_options options = {
        .argv = argv, .cols = 80, .rows = 24};
    int status;

    (void)state;
    put(FILE_04, "polls-ada: 1\npolls-ben: 2\ntogether: 3\norder:\n");
    snprintf(path, sizeof(path), "%s/fishbowl", getenv("FB_BIN"));
    snprintf(folder, sizeof(folder), "--folder=%s", in("real"));
    assert_int_equal(fb_pty_open(&pty, &options), 0);
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    put(FILE_04, "polls-ada: 1\npolls-ben: 3\ntogether: 3\norder:\n");
    assert_true(fb_pty_shows(pty, "Saved. Answers are still empty: Enter"));
    put(FILE_04, "polls-ada: 1\npolls-ben: 3\ntogether: 3\norder: Ben\n");
    assert_true(fb_pty_shows(pty, "a prediction that the run does not bear"));
    assert_true(fb_pty_shows(pty, "To \"polls-ben\" you answered 3."));
    put(FILE_04, "polls-ada: 1\npolls-ben: 2\ntogether: 3\norder: Cleo, Ben\n");
    assert_true(fb_pty_shows(pty, "all as you predicted"));
    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    assert_int_equal(status, 0);
}

#define REAL(name)                                                             \
    cmocka_unit_test_setup_teardown(name, real_setup, real_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        REAL(a_lost_wake_is_named_shown_and_mended),
        REAL(only_one_order_can_be_asked_for),
        REAL(predictions_in_the_file_are_judged_without_a_terminal),
        REAL(a_runner_that_is_killed_takes_the_run_along),
        REAL(an_endless_loop_is_told_with_its_last_events),
        REAL(on_a_screen_viz_asks_once_then_opens_at_the_moment),
        REAL(a_saved_file_with_empty_answers_is_told_and_then_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
