// The real program on a real (pseudo) terminal, as a person meets it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pty.h"
#include "scene.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene trace;
static struct fb_pty *pty;

static const char *program(void) {
    static char path[512];
    const char *bin = getenv("FB_BIN");

    snprintf(path, sizeof(path), "%s/fishbowl", bin ? bin : "build/bin");
    return path;
}

static void start_with(const char *option, const char *const *env, int cols,
                       int rows) {
    const char *argv[] = {program(), "watch", trace.path, option, NULL};
    struct fb_pty_options options = {
        .argv = argv, .env = env, .cols = cols, .rows = rows};

    assert_int_equal(fb_pty_open(&pty, &options), 0);
}

static void start(int cols, int rows) {
    start_with(NULL, NULL, cols, rows);
}

// A trace of this process: live, as long as it is not ended.
static int setup(void **state) {
    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_connect(&trace, 8, "127.0.0.1:50002");
    scene_connect(&trace, 9, "127.0.0.1:50003");
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_pty_close(pty);
    pty = NULL;
    scene_close(&trace);
    return 0;
}

static void assert_restored(void) {
    struct termios now = fb_pty_termios(pty);
    struct termios before = fb_pty_termios_before(pty);

    assert_false(fb_pty_is_alternate(pty));
    assert_true(fb_pty_cursor_shown(pty));
    assert_false(fb_pty_mouse_on(pty));
    assert_int_equal(now.c_lflag, before.c_lflag);
    assert_int_equal(now.c_iflag, before.c_iflag);
    assert_int_equal(now.c_oflag, before.c_oflag);
}

static int end_status(void) {
    int status = -1;

    assert_true(fb_pty_ends(pty, &status));
    return status;
}

static void quit(void) {
    int status;

    fb_pty_type(pty, "q");
    status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_restored();
}

// ---- a person at the keys ----

static void the_picture_answers_the_question(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    assert_true(fb_pty_is_alternate(pty));
    assert_false(fb_pty_cursor_shown(pty));
    // what tasks, what futures, what they wait for, who will wake them
    assert_true(fb_pty_shows_row(pty, "127.0.0.1:50001", "fd 7 readable"));
    assert_true(fb_pty_shows_row(pty, "accept_loop", "fd 5 readable"));
    assert_true(fb_pty_shows_row(pty, "greet_named", "named.c:31"));
    assert_true(fb_pty_shows_row(pty, "└ read", "fd 9 readable"));
    assert_true(fb_pty_shows(pty, "for the reactor"));
    fb_pty_type(pty, "k");
    assert_true(fb_pty_shows_row(pty, "└ read", "fd 8 readable"));
    fb_pty_type(pty, "\033OA"); // the cursor keys, in both of their forms
    assert_true(fb_pty_shows_row(pty, "└ read", "fd 7 readable"));
    fb_pty_type(pty, "\033[B\033[A");
    assert_true(fb_pty_shows_row(pty, "└ read", "fd 7 readable"));
    quit();
}

static void live_events_move_the_picture(void **state) {
    (void)state;
    start(100, 30);
    assert_true(fb_pty_shows(pty, "4 live"));
    scene_connect(&trace, 10, "Ada 127.0.0.1:50004");
    assert_true(fb_pty_shows_row(pty, "Ada 127.0.0.1:50004", "fd 10 readable"));
    fb_pty_type(pty, " ");
    assert_true(fb_pty_shows(pty, " FROZEN "));
    scene_talk(&trace, 5, 10, 4);
    assert_true(fb_pty_shows(pty, "20 behind"));
    assert_true(fb_pty_shows_row(pty, "Ada", "fd 10 readable"));
    fb_pty_type(pty, "NNN");
    assert_true(fb_pty_shows(pty, "23 behind"));
    fb_pty_type(pty, " ");
    assert_true(fb_pty_shows(pty, "4 live"));
    quit();
}

static void help_survives_a_resize(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, "? help"));
    fb_pty_type(pty, "?");
    assert_true(fb_pty_shows(pty, "freeze the picture"));
    fb_pty_resize(pty, 132, 43);
    assert_true(fb_pty_shows(pty, "Three modes"));
    fb_pty_resize(pty, 50, 12);
    assert_true(fb_pty_hides(pty, "Three modes"));
    fb_pty_type(pty, "\033");
    assert_true(fb_pty_hides(pty, "freeze the picture"));
    fb_pty_resize(pty, 160, 50);
    assert_true(fb_pty_shows_row(pty, "Futures", "Lanes"));
    assert_true(fb_pty_shows(pty, "Reactor"));
    quit();
}

static void a_screen_that_is_too_small_says_so_and_q_works(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    fb_pty_resize(pty, 30, 6);
    assert_true(fb_pty_shows(pty, "too small"));
    assert_true(fb_pty_shows(pty, "q quit"));
    quit();
}

static void ctrl_l_repaints_what_others_wrote(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, "? help"));
    fb_pty_type(pty, "\014");
    assert_true(fb_pty_shows(pty, "? help"));
    quit();
}

// ---- ways out ----

static void check_signal(int number, bool exits, int wanted) {
    int status;

    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    kill(fb_pty_pid(pty), number);
    status = end_status();
    if (exits) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), wanted);
    } else {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), number);
    }
    assert_restored();
    fb_pty_close(pty);
    pty = NULL;
}

static void every_way_out_restores_the_terminal(void **state) {
    (void)state;
    check_signal(SIGINT, true, 0);
    check_signal(SIGTERM, true, 128 + SIGTERM);
    check_signal(SIGHUP, true, 128 + SIGHUP);
    check_signal(SIGQUIT, true, 128 + SIGQUIT);
    check_signal(SIGSEGV, false, 0);
    check_signal(SIGABRT, false, 0);
}

static void ctrl_c_is_a_clean_end(void **state) {
    int status;

    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    fb_pty_type(pty, "\003");
    status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_restored();
}

static void a_viewer_that_quits_lets_go_of_the_program(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, "s stop"));
    fb_pty_type(pty, "s");
    assert_true(fb_pty_shows(pty, " STOPPED "));
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_STOP);
    quit();
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_RUN);
    assert_int_equal(atomic_load(&trace.w.control->viewer_pid), 0);
}

static void a_program_that_ends_stays_on_the_screen(void **state) {
    (void)state;
    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    scene_end(&trace);
    assert_true(fb_pty_shows(pty, " FROZEN "));
    assert_true(fb_pty_shows(pty, "The program has ended"));
    fb_pty_type(pty, "P");
    assert_true(fb_pty_shows(pty, "space play/pause"));
    quit();
}

// ---- terminals ----

static bool is_ascii(const char *text) {
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

static void check_plain_glyphs(const char *option, const char *const *env) {
    start_with(option, env, 80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    assert_true(fb_pty_shows_row(pty, "` read", "fd 9 readable"));
    assert_true(fb_pty_shows(pty, "o idle"));
    assert_true(is_ascii(fb_pty_screen(pty)));
    quit();
    fb_pty_close(pty);
    pty = NULL;
}

static void terminals_without_unicode_get_ascii(void **state) {
    static const char *const c_locale[] = {"LANG=C", "LC_ALL=C", NULL};
    static const char *const linux_console[] = {"TERM=linux", NULL};
    static const char *const vt100[] = {"TERM=vt100", NULL};

    (void)state;
    check_plain_glyphs("--ascii", NULL);
    check_plain_glyphs(NULL, c_locale);
    check_plain_glyphs(NULL, linux_console);
    check_plain_glyphs(NULL, vt100);
}

static void check_refusal(const char *const *env, const char *words) {
    int status;

    start_with(NULL, env, 80, 24);
    assert_true(fb_pty_shows(pty, words));
    status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_restored();
    fb_pty_close(pty);
    pty = NULL;
}

static void unusable_terminals_are_refused_with_a_remedy(void **state) {
    static const char *const dumb[] = {"TERM=dumb", NULL};
    static const char *const unknown[] = {"TERM=no-such-thing", NULL};
    static const char *const unset[] = {"TERM", NULL};

    (void)state;
    check_refusal(dumb, "fishbowl: terminal: this one cannot move its cursor");
    check_refusal(unknown, "fishbowl: terminal: $TERM names an unknown");
    check_refusal(unset, "fishbowl: terminal: $TERM is not set");
}

static void colour_can_be_turned_off_and_the_words_remain(void **state) {
    static const char *const no_color[] = {"NO_COLOR=1", NULL};

    (void)state;
    for (int i = 0; i < 2; i++) {
        start_with(i == 0 ? "--no-color" : NULL, i == 0 ? NULL : no_color, 80,
                   24);
        assert_true(fb_pty_shows(pty, " LIVE "));
        assert_false(fb_pty_has_colour(pty));
        quit();
        fb_pty_close(pty);
        pty = NULL;
    }
    start(80, 24);
    assert_true(fb_pty_shows(pty, " LIVE "));
    assert_true(fb_pty_has_colour(pty)); // so that the test can fail
    quit();
}

// ---- traces ----

static void hostile_labels_stay_text(void **state) {
    (void)state;
    scene_connect(&trace, 10, "\033]0;owned\007\033[2J\033[41m\007");
    scene_connect(&trace, 11,
                  "\xe2\x80\xae"
                  "evil \xff\xfe");
    start(120, 40);
    assert_true(fb_pty_shows(pty, "\\x1b]0;owned\\x07\\x1b[2J"));
    assert_true(fb_pty_shows(pty, "\\u202eevil"));
    assert_string_equal(fb_pty_title(pty), "");
    assert_int_equal(fb_pty_bells(pty), 0);
    quit();
}

static void no_task_and_ten_thousand_are_both_fine(void **state) {
    char label[32];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(label, sizeof(label), "client %d", i);
        scene_connect(&trace, 10 + i, label);
    }
    start(100, 30);
    assert_true(fb_pty_shows(pty, "10,004 live"));
    assert_true(fb_pty_shows_row(pty, "client 9999", "fd 10009 readable"));
    fb_pty_type(pty, "\033[H"); // Home
    assert_true(fb_pty_shows_row(pty, "accept_loop", "fd 5 readable"));
    assert_true(fb_pty_shows(pty, "↓ 9999 more"));
    quit();
    fb_pty_close(pty);
    pty = NULL;

    scene_close(&trace);
    scene_open(&trace, 0);
    start(80, 24);
    assert_true(fb_pty_shows(pty, "no tasks"));
    fb_pty_type(pty, "jjkk\tjj\t\r\033NPWTz");
    assert_true(fb_pty_shows(pty, "nothing has happened yet"));
    quit();
}

static void
what_is_no_trace_is_refused_before_the_screen_changes(void **state) {
    int status;
    const char *argv[] = {program(), "watch", "/dev/null", NULL};
    struct fb_pty_options options = {.argv = argv};

    (void)state;
    assert_int_equal(fb_pty_open(&pty, &options), 0);
    assert_true(fb_pty_shows(pty, "fishbowl: "));
    status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_restored();
}

static void plain_tells_the_story_without_moving_the_cursor(void **state) {
    int status;

    (void)state;
    start_with("--plain", NULL, 120, 200);
    assert_true(fb_pty_shows(pty, "* LIVE: the program runs"));
    scene_connect(&trace, 10, "Ada");
    assert_true(fb_pty_shows(pty, "the executor parks"));
    fb_pty_type(pty, "tasks label:ada\n");
    assert_true(fb_pty_shows_row(pty, "Ada", "fd 10 readable"));
    fb_pty_type(pty, "freeze\nback 2\n");
    assert_true(fb_pty_shows(pty, "* FROZEN: the program runs on"));
    scene_end(&trace);
    fb_pty_type(pty, "quit\n");
    status = end_status();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(fb_pty_is_alternate(pty));
    assert_true(fb_pty_cursor_shown(pty));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_picture_answers_the_question),
        TEST(live_events_move_the_picture),
        TEST(help_survives_a_resize),
        TEST(a_screen_that_is_too_small_says_so_and_q_works),
        TEST(ctrl_l_repaints_what_others_wrote),
        TEST(every_way_out_restores_the_terminal),
        TEST(ctrl_c_is_a_clean_end),
        TEST(a_viewer_that_quits_lets_go_of_the_program),
        TEST(a_program_that_ends_stays_on_the_screen),
        TEST(terminals_without_unicode_get_ascii),
        TEST(unusable_terminals_are_refused_with_a_remedy),
        TEST(colour_can_be_turned_off_and_the_words_remain),
        TEST(hostile_labels_stay_text),
        TEST(no_task_and_ten_thousand_are_both_fine),
        TEST(what_is_no_trace_is_refused_before_the_screen_changes),
        TEST(plain_tells_the_story_without_moving_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
