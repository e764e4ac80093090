// `fishbowl demo` on a terminal, as a teacher uses it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"
#include "stagehand.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_up(void **state) {
    (void)state;
    private_dir();
    reap_orphans();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    private_dir_remove();
    return 0;
}

// Quits and looks whether everything is as before.
static void quit(struct fb_pty *t) {
    fb_pty_type(t, "q");
    assert_exits(t, 0);
    assert_restored(t);
    fb_pty_close(t);
    assert_true(nobody_left());
}

static void class_sees_the_answer_in_about_ten_seconds(void **state) {
    uint64_t start_ms = clock_now_ms();
    struct fb_pty *t = on_terminal("demo", NULL, 120, 34);

    (void)state;
    assert_true(fb_pty_shows(t, "Three clients connect and say nothing."));
    assert_true(fb_pty_shows(t, "Each has a task of its own"));
    assert_true(fb_pty_shows(t, "LIVE"));
    assert_true(fb_pty_shows_row(t, "1", "acceptor"));
    for (int task = 2; task <= 4; task++) {
        char id[16];
        snprintf(id, sizeof(id), " %d ", task);
        assert_true(fb_pty_shows_row(t, id, "127.0.0.1:"));
        assert_true(fb_pty_shows_row(t, id, "readable"));
    }
    // Its futures: the handler, and the read that waits.
    assert_true(fb_pty_shows(t, "Futures of task 3"));
    assert_true(fb_pty_shows_row(t, "greet", "pending"));
    assert_true(fb_pty_shows_row(t, "read", "readable"));
    assert_true(fb_pty_shows(t, "A fourth client connects"));
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_shows_row(t, " 5 ", "scheduled"));
    assert_true(fb_pty_shows(t, "The reactor wakes the fourth task"));
    assert_true(fb_pty_shows(t, "Thanks for d"));
    assert_true(fb_pty_shows(t, "Answered at once"));
    // Eight by itself; the rest is for a machine that is busy.
    assert_in_range(clock_now_ms() - start_ms, 0, 12000);
    assert_true(fb_pty_shows_row(t, " 3 ", "readable")); // still
    quit(t);
}

static void teacher_makes_clients_with_keys(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 130, 36);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    assert_true(fb_pty_shows(t, "new client")); // the footer tells the key
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Ada connects"));
    assert_true(fb_pty_shows_row(t, "▸", "127.0.0.1:")); // and is selected
    assert_true(fb_pty_shows(t, "Futures of task 2"));
    assert_true(fb_pty_shows(t, "send name"));
    fb_pty_type(t, "\r");
    assert_true(fb_pty_shows(t, "Ada sends \"Ada\\n\""));
    assert_true(fb_pty_shows(t, "Thanks for d")); // log or clients pane
    assert_true(fb_pty_shows(t, "tasks 1 "));     // only the acceptor
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Grace connects"));
    assert_true(fb_pty_shows(t, "Futures of task 3"));
    fb_pty_type(t, "x");
    assert_true(fb_pty_shows(t, "Grace hangs up"));
    assert_true(fb_pty_shows(t, "tasks 1 ")); // only the acceptor
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Alan connects"));
    assert_true(fb_pty_shows(t, "Futures of task 4"));
    fb_pty_type(t, "d");
    assert_true(fb_pty_shows(t, "Alan closes its sending half"));
    assert_true(fb_pty_shows(t, "tasks 1 "));
    quit(t);
}

// The line is read off the screen: where the first client's greeting waits.
static void a_breakpoint_on_a_line_stops_the_greeter_there(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 130, 36);
    const char *place;
    char keys[64], words[64];

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows_row(t, "greet", "named.c:"));
    place = strstr(fb_pty_screen(t), "named.c:");
    snprintf(keys, sizeof(keys), "b%.*s\r", (int)strcspn(place, " "), place);
    snprintf(words, sizeof(words), "Breakpoint: an await at %.*s",
             (int)strcspn(place, " "), place);
    fb_pty_type(t, keys);
    assert_true(fb_pty_shows(t, "The program will stop after"));
    assert_true(fb_pty_shows(t, "LIVE"));
    fb_pty_type(t, "c"); // the second one gets there
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_shows(t, words));
    assert_true(fb_pty_shows_row(t, "Task 3 polls", "awaited in named.c:"));
    fb_pty_type(t, keys); // the same again: none is left, and it stands
    assert_true(fb_pty_shows(t, "Removed: break at"));
    assert_true(fb_pty_shows(t, "STOPPED"));
    fb_pty_type(t, "s");
    assert_true(fb_pty_shows(t, "LIVE"));
    assert_true(fb_pty_shows(t, "tasks 3 "));
    quit(t);
}

static void keys_for_clients_hide_when_they_would_do_nothing(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 130, 36);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    assert_true(fb_pty_shows(t, "new client"));
    assert_true(fb_pty_hides(t, "hang up")); // the acceptor is no client
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "hang up"));
    assert_true(fb_pty_shows(t, "half-close"));
    fb_pty_type(t, "x");
    assert_true(fb_pty_hides(t, "hang up"));
    assert_true(fb_pty_hides(t, "half-close"));
    quit(t);
}

static void any_key_holds_the_script_until_told_to_go_on(void **state) {
    const char *play = script("long.demo", "say \"First.\"\n"
                                           "pause 30s\n"
                                           "say \"Second.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "First."));
    fb_pty_type(t, "\t");
    assert_true(fb_pty_shows(t, "You lead (C: script goes on)"));
    assert_true(fb_pty_shows(t, "script goes on"));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Ada connects"));
    fb_pty_type(t, "C");
    assert_true(fb_pty_shows(t, "Second.")); // and the pause is over
    assert_true(fb_pty_hides(t, "You lead (C: script goes on)"));
    quit(t);
}

static void question_waits_for_a_key(void **state) {
    const char *play = script("ask.demo", "ask \"Who runs?\"\n"
                                          "say \"Nobody.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);

    (void)state;
    assert_true(fb_pty_shows_row(t, "Who runs?", "[any key]"));
    fb_pty_type(t, " ");
    assert_true(fb_pty_shows(t, "Nobody."));
    assert_true(fb_pty_shows(t, "LIVE")); // the key answered and did no more
    quit(t);
}

static void clients_pane_picks_who_is_meant(void **state) {
    static const char *const panes[] = {"▸ 3 Futures", "▸ 4 Source",
                                        "▸ 5 Lanes",   "▸ 6 Reactor",
                                        "▸ 9 Story",   "▸ Clients"};
    const char *play = script("three.demo", "client Ada\nclient Grace\n"
                                            "client Alan\nsay \"All here.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 160, 50);

    (void)state;
    assert_true(fb_pty_shows(t, "All here."));
    assert_true(fb_pty_shows(t, "3 connected"));
    for (size_t i = 0; i < sizeof(panes) / sizeof(panes[0]); i++) {
        fb_pty_type(t, "\t");
        assert_true(fb_pty_shows(t, panes[i]));
    }
    fb_pty_type(t, "j"); // nobody was picked: the last one
    assert_true(fb_pty_shows(t, "Futures of task 4"));
    fb_pty_type(t, "k");
    assert_true(fb_pty_shows(t, "Futures of task 3"));
    fb_pty_type(t, "x");
    assert_true(fb_pty_shows(t, "Grace hangs up"));
    assert_true(fb_pty_shows_row(t, "Grace", "hung up"));
    assert_true(fb_pty_shows(t, "2 connected, 1 gone"));
    quit(t);
}

static void failed_script_is_said_and_the_demo_goes_on(void **state) {
    const char *play = script("bad.demo", "client Ada\n"
                                          "expect Ada \"Go away\\n\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "The script broke off: bad.demo:2: Ada got"));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Grace connects. The script broke off"));
    quit(t);
}

static void script_drives_the_executor_on_the_screen(void **state) {
    const char *play = script("stop.demo", "client Ada\nstop\n"
                                           "send Ada \"Ada\\n\"\n"
                                           "say \"It stands.\"\n"
                                           "ask \"Shall it run?\"\n"
                                           "run\n"
                                           "wait Ada reply\n"
                                           "say \"It ran.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_shows(t, "Shall it run?"));
    assert_true(fb_pty_shows_row(t, " 2 ", "idle")); // bytes wait, task waits
    fb_pty_type(t, " ");
    assert_true(fb_pty_shows(t, "It ran."));
    assert_true(fb_pty_shows(t, "LIVE"));
    assert_true(fb_pty_shows(t, "Thanks for d"));
    quit(t);
}

static void hostile_names_do_no_harm_to_the_screen(void **state) {
    struct fb_pty *t = on_terminal("demo", "hostile", 130, 40);

    (void)state;
    // About twenty seconds at class speed, so a bounded wait for each name.
    assert_true(fb_pty_shows(t, "\\x1b[2J\\x1b]0;owned"));
    assert_true(fb_pty_shows(t, "\\u202eelbatsnoc"));
    assert_true(fb_pty_shows(t, "a\\x00b\\x00c"));
    assert_true(fb_pty_shows(t, "Liar sends \"Admin 127.0.0.1:1"));
    assert_true(fb_pty_shows(t, "not UTF-8"));
    assert_true(fb_pty_shows(t, "The neighbour noticed nothing."));
    assert_true(fb_pty_shows(t, "Tasks"));
    assert_int_equal(fb_pty_bells(t), 0);
    assert_null(strstr(fb_pty_title(t), "owned"));
    assert_null(strstr(fb_pty_screen(t), "\xe2\x80\xae"));
    quit(t);
}

static void resizing_keeps_the_picture(void **state) {
    const char *play = script("idle.demo", "client Ada\nsay \"Here.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "Here."));
    fb_pty_resize(t, 80, 24);
    assert_true(fb_pty_shows_row(t, "LIVE", "serve"));
    assert_true(fb_pty_shows_row(t, " 2 ", "127.0.0.1:"));
    fb_pty_resize(t, 20, 5);
    assert_true(fb_pty_hides(t, "127.0.0.1:"));
    fb_pty_resize(t, 160, 50);
    assert_true(fb_pty_shows(t, "1 connected"));
    quit(t);
}

static void signals_restore_the_terminal_and_end_the_server(void **state) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        const char *play = script("idle.demo", "say \"Yours.\"\n");
        struct fb_pty *t = on_terminal("demo", play, 120, 30);
        pid_t server;
        int status;

        assert_true(fb_pty_shows(t, "Yours."));
        server = child_of(fb_pty_pid(t));
        assert_true(server > 0);
        kill(fb_pty_pid(t), signals[i]);
        assert_true(fb_pty_ends(t, &status));
        assert_restored(t);
        // It may be ended by the demo, or by the kernel after it.
        assert_true(nobody_left() || orphan_ends(server));
        fb_pty_close(t);
    }
}

static void killed_demo_leaves_no_server(void **state) {
    const char *play = script("idle.demo", "stop\nsay \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);
    pid_t server;
    int status;

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    server = child_of(fb_pty_pid(t));
    assert_true(server > 0);
    kill(fb_pty_pid(t), SIGKILL);
    assert_true(fb_pty_ends(t, &status));
    assert_true(orphan_ends(server));
    assert_true(nobody_left());
    fb_pty_close(t);
}

static void dead_server_is_shown(void **state) {
    const char *play = script("idle.demo", "client Ada\nsay \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 130, 36);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    kill(child_of(fb_pty_pid(t)), SIGKILL);
    assert_true(fb_pty_shows(t, "program was killed"));
    assert_true(fb_pty_shows_row(t, " 2 ", "127.0.0.1:")); // its last picture
    assert_true(fb_pty_hides(t, "new client"));
    quit(t);
}

// After a test that failed: the next one must not find its children.
static int sweep(void **state) {
    pid_t child;

    (void)state;
    while ((child = child_of(getpid())) > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return 0;
}

#define TEACH_TEST(name_) cmocka_unit_test_teardown(name_, sweep)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEACH_TEST(class_sees_the_answer_in_about_ten_seconds),
        TEACH_TEST(teacher_makes_clients_with_keys),
        TEACH_TEST(a_breakpoint_on_a_line_stops_the_greeter_there),
        TEACH_TEST(keys_for_clients_hide_when_they_would_do_nothing),
        TEACH_TEST(any_key_holds_the_script_until_told_to_go_on),
        TEACH_TEST(question_waits_for_a_key),
        TEACH_TEST(clients_pane_picks_who_is_meant),
        TEACH_TEST(failed_script_is_said_and_the_demo_goes_on),
        TEACH_TEST(script_drives_the_executor_on_the_screen),
        TEACH_TEST(hostile_names_do_no_harm_to_the_screen),
        TEACH_TEST(resizing_keeps_the_picture),
        TEACH_TEST(signals_restore_the_terminal_and_end_the_server),
        TEACH_TEST(killed_demo_leaves_no_server),
        TEACH_TEST(dead_server_is_shown),
    };

    return cmocka_run_group_tests_name("end/teach", tests, set_up, tear_down);
}
