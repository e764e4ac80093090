// Searching, filtering, breaking, marking and clicking on a real (pseudo)
// terminal, with files of its own in the XDG places.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pty.h"
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene trace;
static struct fb_pty *pty;
static char folder[64], config_home[100], state_home[100];

static const char *program(void) {
    static char path[512];
    const char *bin = getenv("FB_BIN");

    snprintf(path, sizeof(path), "%s/fishbowl", bin ? bin : "build/bin");
    return path;
}

static void start_with(const char *option, int cols, int rows) {
    const char *argv[] = {program(), "watch", trace.path, option, NULL};
    const char *env[] = {config_home, state_home, NULL};
    struct fb_pty_options options = {
        .argv = argv, .env = env, .cols = cols, .rows = rows};

    assert_int_equal(fb_pty_open(&pty, &options), 0);
}

static void start(void) {
    start_with(NULL, 100, 30);
}

static void quit(void) {
    int status = -1;

    fb_pty_type(pty, "q");
    assert_true(fb_pty_ends(pty, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(fb_pty_is_alternate(pty));
    fb_pty_close(pty);
    pty = NULL;
}

static int setup(void **state) {
    (void)state;
    strcpy(folder, "/tmp/fishbowl-keys-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(config_home, sizeof(config_home), "XDG_CONFIG_HOME=%s", folder);
    snprintf(state_home, sizeof(state_home), "XDG_STATE_HOME=%s", folder);
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "one");
    scene_connect(&trace, 8, "two");
    scene_connect(&trace, 9, "Ada");
    return 0;
}

static int teardown(void **state) {
    char command[200];

    (void)state;
    fb_pty_close(pty);
    pty = NULL;
    scene_close(&trace);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

static void write_config(const char *text) {
    char path[200];
    FILE *file;

    snprintf(path, sizeof(path), "%s/fishbowl", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/fishbowl/config", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void tasks_are_searched_filtered_and_sorted(void **state) {
    (void)state;
    start();
    assert_true(fb_pty_shows(pty, "4 live"));
    fb_pty_type(pty, "/ada\r");
    assert_true(fb_pty_shows_row(pty, "▸*", "Ada"));
    fb_pty_type(pty, "\\label:tw\r");
    assert_true(fb_pty_shows(pty, "1 of 4 tasks are shown"));
    assert_true(fb_pty_hides(pty, "2 ○ idle      one"));
    fb_pty_type(pty, "\\nobody\r");
    assert_true(fb_pty_shows(pty, "The filter leaves none of 4 tasks"));
    fb_pty_type(pty, "\\\r");
    assert_true(fb_pty_shows_row(pty, "one", "fd 7 readable"));
    fb_pty_type(pty, "\033[17~"); // F6
    assert_true(fb_pty_shows(pty, "state▼"));
    fb_pty_type(pty, "O");
    assert_true(fb_pty_shows(pty, "state▲"));
    quit();
}

static void what_is_typed_cannot_harm_the_terminal(void **state) {
    (void)state;
    start();
    fb_pty_type(pty, "/\x07\xc2\x9b\xe2\x80\xae漢é\r");
    assert_true(fb_pty_shows(pty, "漢é\" is not in the tasks"));
    assert_int_equal(fb_pty_bells(pty), 0);
    assert_string_equal(fb_pty_title(pty), "");
    quit();
}

static void breakpoints_and_bookmarks_outlive_the_viewer(void **state) {
    (void)state;
    scene_end(&trace);
    start();
    assert_true(fb_pty_shows(pty, "a finished run"));
    fb_pty_type(pty, "bPOLL_END task 3\r");
    fb_pty_type(pty, "u");
    assert_true(fb_pty_shows(pty, "Breakpoint: POLL_END of task 3"));
    fb_pty_type(pty, "mhere it waits\r");
    assert_true(fb_pty_shows(pty, "⚑ here it waits event"));
    fb_pty_type(pty, "gstart\rB");
    assert_true(fb_pty_shows_row(pty, "▸", "POLL_END of task 3"));
    assert_true(fb_pty_shows_row(pty, "⚑ event", "here it waits"));
    fb_pty_type(pty, "q");
    quit();
    start();
    assert_true(fb_pty_shows(pty, "event 1"));
    fb_pty_type(pty, ".");
    assert_true(fb_pty_shows(pty, "⚑ here it waits event"));
    quit();
}

static void e_writes_a_file_and_never_over_another(void **state) {
    char path[100], keys[120];

    (void)state;
    scene_end(&trace);
    start();
    assert_true(fb_pty_shows(pty, "a finished run"));
    fb_pty_type(pty, "e");
    assert_true(fb_pty_shows(pty, "write to: greeter-1.svg"));
    snprintf(path, sizeof(path), "%s/run.svg", folder);
    snprintf(keys, sizeof(keys), "\x15%s\r", path);
    fb_pty_type(pty, keys);
    assert_true(fb_pty_shows(pty, "Written: "));
    assert_int_equal(access(path, R_OK), 0);
    snprintf(keys, sizeof(keys), "e\x15%s\r", path);
    fb_pty_type(pty, keys);
    assert_true(fb_pty_shows(pty, "Enter again replaces it"));
    fb_pty_type(pty, "\r");
    assert_true(fb_pty_shows(pty, "Written: "));
    quit();
}

static void the_mouse_selects_shows_and_presses(void **state) {
    (void)state;
    start();
    assert_true(fb_pty_shows_row(pty, "1 Tasks", "4 live"));
    assert_true(fb_pty_mouse_on(pty));
    fb_pty_type(pty,
                "\033[<0;5;6M\033[<0;5;6m"); // column 5, row 6: the second task
    assert_true(fb_pty_shows_row(pty, "▸   2", "one"));
    fb_pty_type(pty, "\033[<65;5;6M"); // the wheel, down
    assert_true(fb_pty_shows_row(pty, "▸   4", "Ada"));
    fb_pty_type(pty,
                "\033[<0;4;30M\033[<0;4;30m"); // column 4, row 30: the footer
    assert_true(fb_pty_shows(pty, " FROZEN "));
    quit();
    start_with("--no-mouse", 100, 30);
    assert_true(fb_pty_shows(pty, "4 live"));
    assert_false(fb_pty_mouse_on(pty));
    quit();
}

static void the_users_file_is_obeyed_and_its_faults_are_shown(void **state) {
    (void)state;
    write_config("# mine\nmouse = no\nsort = label\nkey.e = n\ncolour = red\n"
                 "ascii = yes\n");
    scene_end(&trace);
    start();
    assert_true(
        fb_pty_shows(pty, "config line 5: there is no setting \"colour\""));
    assert_false(fb_pty_mouse_on(pty));
    assert_true(fb_pty_shows(pty, "labelv")); // in ASCII
    assert_true(fb_pty_shows(pty, "e event"));
    fb_pty_type(pty, "e");
    assert_true(fb_pty_shows(pty, "event 2"));
    quit();
}

static void themes_turn_with_a_key_and_colours_can_be_off(void **state) {
    (void)state;
    start_with("--theme=light", 100, 30);
    assert_true(fb_pty_shows(pty, "4 live"));
    assert_true(fb_pty_has_colour(pty));
    fb_pty_type(pty, "\033OQ"); // F2
    assert_true(fb_pty_shows(pty, "Theme: contrast."));
    fb_pty_type(pty, "\033OQ\033OQ");
    assert_true(fb_pty_shows(pty, "Theme: mono."));
    assert_false(fb_pty_has_colour(pty));
    quit();
    start_with("--theme=pink", 100, 30);
    assert_true(fb_pty_shows(pty, "--theme: default, dark, light"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tasks_are_searched_filtered_and_sorted),
        TEST(what_is_typed_cannot_harm_the_terminal),
        TEST(breakpoints_and_bookmarks_outlive_the_viewer),
        TEST(e_writes_a_file_and_never_over_another),
        TEST(the_mouse_selects_shows_and_presses),
        TEST(the_users_file_is_obeyed_and_its_faults_are_shown),
        TEST(themes_turn_with_a_key_and_colours_can_be_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
