// `fishbowl learn` on a terminal: the list, watch, and every way out of them.
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

static int pty_teardown(void **state) {
    fb_pty_close(pty);
    pty = NULL;
    return bed_teardown(state);
}

static void start_with(const char *const *words, const char *const *env,
                       int cols, int rows) {
    static char path[512], course[PATH_MAX + 16], folder[PATH_MAX + 16];
    const char *argv[10] = {path, "learn", course, folder};
    const struct fb_pty_options options = {
        .argv = argv, .env = env, .cols = cols, .rows = rows};
    int n = 4;

    snprintf(path, sizeof(path), "%s/fishbowl", getenv("FB_BIN"));
    snprintf(course, sizeof(course), "--course=%s", in("course"));
    snprintf(folder, sizeof(folder), "--folder=%s", in("fish"));
    for (; *words != NULL; words++) {
        argv[n++] = *words;
    }
    argv[n] = NULL;
    assert_int_equal(fb_pty_open(&pty, &options), 0);
}

#define START(...)                                                             \
    start_with((const char *const[]){__VA_ARGS__, NULL}, NULL, 80, 24)

static void assert_restored(void) {
    const struct termios now = fb_pty_termios(pty);
    const struct termios before = fb_pty_termios_before(pty);

    assert_false(fb_pty_is_alternate(pty));
    assert_true(fb_pty_cursor_shown(pty));
    assert_int_equal(now.c_lflag, before.c_lflag);
    assert_int_equal(now.c_iflag, before.c_iflag);
    assert_int_equal(now.c_oflag, before.c_oflag);
}

static void ends_with(int wanted) {
    int status;

    assert_true(fb_pty_ends(pty, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), wanted);
    assert_restored();
    fb_pty_close(pty);
    pty = NULL;
}

static void quit(void) {
    fb_pty_type(pty, "q");
    ends_with(0);
}

// ---- watch ----

static void each_save_is_judged(void **state) {
    (void)state;
    START("watch");
    assert_true(fb_pty_shows(pty, "Make it give 7."));
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    save(GIVES(3));
    assert_true(fb_pty_shows(pty, "it gave 3"));
    assert_true(fb_pty_shows(pty, "not yet"));
    save(GIVES(7));
    assert_true(fb_pty_shows(pty, "07 Say seven  (code, 5 min): passed"));
    assert_true(fb_pty_shows(pty, "1 of 2 passed"));
    fb_pty_type(pty, "\r"); // on to the next one
    assert_true(fb_pty_shows_row(pty, "08 Say seven", "1 of 2 passed"));
    quit();
}

static void saves_are_seen_without_inotify_too(void **state) {
    static const char *const env[] = {"FISHBOWL_LEARN_POLL=1", NULL};
    const char *const words[] = {"watch", NULL};

    (void)state;
    start_with(words, env, 80, 24);
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    save(GIVES(3));
    assert_true(fb_pty_shows(pty, "it gave 3"));
    // as editors do: another file takes its place
    put("fish/07_say_seven/.seven.swp", GIVES(4));
    assert_int_equal(rename(in("fish/07_say_seven/.seven.swp"),
                            in("fish/07_say_seven/seven.c")),
                     0);
    assert_true(fb_pty_shows(pty, "it gave 4"));
    quit();
}

static void a_save_of_another_exercise_turns_to_it(void **state) {
    (void)state;
    START("watch", "7");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    put("fish/08_say_more/seven.c", GIVES(9));
    assert_true(fb_pty_shows(pty, "it gave 9"));
    assert_true(fb_pty_shows_row(pty, "08 Say seven", "0 of 2 passed"));
    quit();
}

static void the_keys_do_what_the_last_row_says(void **state) {
    (void)state;
    START("watch");
    assert_true(fb_pty_shows(pty, "h hint"));
    fb_pty_type(pty, "h");
    assert_true(fb_pty_shows(pty, "What is six and one?"));
    fb_pty_type(pty, "t");
    assert_true(fb_pty_shows(pty, "Make it give 7."));
    fb_pty_type(pty, "r");
    assert_true(fb_pty_shows(pty, "it gave 0"));
    fb_pty_type(pty, "s");
    assert_true(fb_pty_shows(pty, "s once more gives it up"));
    fb_pty_type(pty, "s");
    assert_true(fb_pty_shows(pty, "+    return 7;"));
    fb_pty_type(pty, "\033");
    assert_true(fb_pty_shows(pty, "it gave 0"));
    fb_pty_type(pty, "n");
    assert_true(fb_pty_shows(pty, "08 Say seven"));
    fb_pty_type(pty, "v");
    assert_true(fb_pty_shows(pty, "There is no run to look at yet"));
    fb_pty_type(pty, "l");
    assert_true(fb_pty_shows_row(pty, "07 Say seven", "given up"));
    fb_pty_type(pty, "k\r");
    assert_true(fb_pty_shows(pty, "Make it give 7."));
    quit();
}

static void keys_work_while_a_program_runs_for_ever(void **state) {
    pid_t child;

    (void)state;
    START("watch");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    save(endless());
    child = endless_pid();
    assert_true(fb_pty_shows(pty, "Ctrl-C ends it"));
    fb_pty_type(pty, "h");
    assert_true(fb_pty_shows(pty, "What is six and one?"));
    fb_pty_type(pty, "\003"); // ends it, and not us
    assert_true(fb_pty_shows(pty, "The run was ended by you."));
    assert_true(is_gone(child));
    save(GIVES(7));
    assert_true(fb_pty_shows(pty, "1 of 2 passed"));
    fb_pty_type(pty, "\003"); // now there is only us
    ends_with(0);
}

static void a_save_while_it_runs_begins_anew(void **state) {
    pid_t child;

    (void)state;
    START("watch");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    save(endless());
    child = endless_pid();
    save(GIVES(7));
    assert_true(fb_pty_shows(pty, "07 Say seven  (code, 5 min): passed"));
    assert_true(is_gone(child));
    quit();
}

static void check_way_out(int number) {
    char *text;
    pid_t child;

    (void)unlink(in("pid"));
    save(STARTER);
    START("watch", "7");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    save(endless());
    child = endless_pid();
    assert_int_equal(kill(fb_pty_pid(pty), number), 0);
    ends_with(128 + number);
    assert_true(is_gone(child));
    text = get("fish/progress.txt");
    assert_has(text, "format: 1");
    assert_has_not(text, "attempts"); // the run was not finished
    free(text);
}

static void every_way_out_ends_the_program_and_restores(void **state) {
    (void)state;
    check_way_out(SIGHUP);
    check_way_out(SIGTERM);
}

static void a_runner_that_crashes_restores_the_terminal(void **state) {
    int status;

    (void)state;
    START("watch", "7");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    assert_int_equal(kill(fb_pty_pid(pty), SIGSEGV), 0);
    assert_true(fb_pty_ends(pty, &status));
    assert_true(WIFSIGNALED(status));
    assert_restored();
}

static void small_and_large_screens_show_what_fits(void **state) {
    (void)state;
    START("watch");
    assert_true(fb_pty_shows(pty, "h hint"));
    fb_pty_resize(pty, 30, 6);
    assert_true(fb_pty_shows(pty, "too small; q quit"));
    fb_pty_resize(pty, 160, 50);
    assert_true(fb_pty_shows(pty, "q quit"));
    assert_true(fb_pty_shows(pty, "Make it give 7."));
    quit();
}

// ---- list ----

static void the_list_goes_to_the_chosen_one(void **state) {
    (void)state;
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0);
    START("list");
    assert_true(fb_pty_shows_row(pty, "07 Say seven", "passed"));
    assert_true(fb_pty_shows(pty, "1 of 2 passed"));
    fb_pty_type(pty, "G\r");
    assert_true(fb_pty_shows(pty, "Waiting for you to save."));
    assert_true(fb_pty_shows(pty, "08 Say seven"));
    quit();
}

// ---- terminals ----

static void plain_moves_no_cursor_and_takes_lines(void **state) {
    const char *const words[] = {"watch", "--plain", NULL};

    (void)state;
    start_with(words, NULL, 100, 60);
    assert_true(fb_pty_shows(pty, "It is judged each time you save."));
    assert_false(fb_pty_is_alternate(pty));
    fb_pty_type(pty, "h\n");
    assert_true(fb_pty_shows(pty, "What is six and one?"));
    save(GIVES(3));
    assert_true(fb_pty_shows(pty, "it gave 3"));
    assert_false(fb_pty_has_colour(pty));
    fb_pty_type(pty, "q\n");
    ends_with(0);
}

static void no_colour_means_none(void **state) {
    static const char *const env[] = {"NO_COLOR=1", NULL};
    const char *const words[] = {"run", "7", NULL};

    (void)state;
    start_with(words, env, 80, 40);
    assert_true(fb_pty_shows(pty, "it gave 0"));
    assert_false(fb_pty_has_colour(pty));
    ends_with(1);
    start_with(words, NULL, 80, 40);
    assert_true(fb_pty_shows(pty, "it gave 0"));
    assert_true(fb_pty_has_colour(pty)); // so that the test can fail
    ends_with(1);
}

static void hostile_words_stay_text(void **state) {
    (void)state;
    put("course/07_say_seven/README.md", "# x\n\n\033]0;owned\007\033[2Jhi\n");
    save("#error \"\033]0;owned\007\033[41m\"\n");
    START("watch");
    assert_true(fb_pty_shows(pty, "X1"));
    fb_pty_type(pty, "t");
    assert_true(fb_pty_shows(pty, "\\x1b]0;owned\\x07\\x1b[2Jhi"));
    assert_string_equal(fb_pty_title(pty), "");
    assert_int_equal(fb_pty_bells(pty), 0);
    quit();
}

#define PTY(name) cmocka_unit_test_setup_teardown(name, bed_setup, pty_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PTY(each_save_is_judged),
        PTY(saves_are_seen_without_inotify_too),
        PTY(a_save_of_another_exercise_turns_to_it),
        PTY(the_keys_do_what_the_last_row_says),
        PTY(keys_work_while_a_program_runs_for_ever),
        PTY(a_save_while_it_runs_begins_anew),
        PTY(every_way_out_ends_the_program_and_restores),
        PTY(a_runner_that_crashes_restores_the_terminal),
        PTY(small_and_large_screens_show_what_fits),
        PTY(the_list_goes_to_the_chosen_one),
        PTY(plain_moves_no_cursor_and_takes_lines),
        PTY(no_colour_means_none),
        PTY(hostile_words_stay_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
