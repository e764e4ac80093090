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

// From a cold start, without a key. That it takes less than ten seconds is
// counted in tests/demo/test_script.c.
static void class_sees_the_answer(int cols, int rows) {
    struct fb_pty *t = on_terminal("demo", NULL, cols, rows);

    assert_true(fb_pty_shows(t, "Script: Three clients connect and say"));
    assert_true(fb_pty_shows(t, "Clients"));
    assert_true(fb_pty_shows_row(t, "Alan", "prompted"));
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
    assert_true(fb_pty_shows_row(t, "◆  5", "127.0.0.1:")); // look there
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_shows_row(t, " 5 ", "scheduled"));
    assert_true(fb_pty_shows(t, "The reactor wakes its task"));
    assert_true(fb_pty_shows_row(
        t, "Over: ", "three silent clients do not block a fourth"));
    assert_true(fb_pty_shows_row(t, " 3 ", "readable")); // still
    quit(t);
}

static void class_sees_the_answer_on_a_small_screen(void **state) {
    (void)state;
    class_sees_the_answer(80, 24);
}

static void class_sees_the_answer_on_a_large_screen(void **state) {
    (void)state;
    class_sees_the_answer(160, 50);
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
    assert_true(fb_pty_shows(t, "C go on")); // the footer tells it
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

static void choices_are_answered_with_a_letter_and_explained(void **state) {
    const char *play = script("choose.demo", "ask \"Who runs?\"\n"
                                             "choice \"Everybody\"\n"
                                             "choice \"Nobody\"\n"
                                             "answer 2 \"Nothing woke.\"\n"
                                             "ask \"And now?\"\n"
                                             "choice \"Somebody\"\n"
                                             "choice \"The same\"\n"
                                             "answer 2 \"As before.\"\n"
                                             "say \"Done.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 80, 24);

    (void)state;
    assert_true(fb_pty_shows(t, "Who runs?"));
    assert_true(fb_pty_shows_row(t, "a", "Everybody"));
    assert_true(fb_pty_shows_row(t, "b", "Nobody"));
    assert_true(fb_pty_hides(t, "Nothing woke")); // nothing gives it away
    fb_pty_type(t, "\t");                         // looking around is no answer
    assert_true(fb_pty_shows(t, "▸ 3 Futures"));
    fb_pty_type(t, "a");
    assert_true(fb_pty_shows(t, "No, it is b. (0 of 1 right)"));
    assert_true(fb_pty_shows_row(t, "✗ a", "Everybody")); // by more than colour
    assert_true(fb_pty_shows_row(t, "✓ b", "Nobody"));
    assert_true(fb_pty_shows(t, "Nothing woke."));
    assert_true(fb_pty_shows(t, "And now?"));
    fb_pty_type(t, "b");
    assert_true(fb_pty_shows(t, "Right, it is b. (1 of 2 right)"));
    assert_true(fb_pty_shows(t, "As before."));
    assert_true(fb_pty_shows(t, "Over: Done."));
    quit(t);
}

static void looking_around_answers_nothing(void **state) {
    const char *play = script("look.demo", "ask \"Who runs?\"\n"
                                           "choice \"Everybody\"\n"
                                           "choice \"Nobody\"\n"
                                           "answer 2 \"Nothing woke.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 160, 30);

    (void)state;
    assert_true(fb_pty_shows_row(t, "b", "Nobody"));
    assert_true(fb_pty_shows(t, "Your answer? (a or b; Enter tells"));
    assert_true(fb_pty_shows(t, "c new client"));
    assert_true(fb_pty_hides(t, "b break")); // here it is an answer
    fb_pty_type(t, "/ab");                   // words that are looked for
    assert_true(fb_pty_shows(t, "search: ab"));
    fb_pty_type(t, "\033");
    fb_pty_type(t, "?"); // a page lies over the question
    assert_true(fb_pty_shows(t, "Three modes"));
    fb_pty_type(t, "a\033");
    assert_true(fb_pty_hides(t, "Three modes"));
    assert_true(fb_pty_shows(t, "Your answer?"));
    fb_pty_type(t, "b");
    assert_true(fb_pty_shows(t, "Right, it is b. (1 of 1 right)"));
    quit(t);
}

static void a_choice_may_be_told_instead(void **state) {
    const char *play = script("tell.demo", "ask \"Who runs?\"\n"
                                           "choice \"Everybody\"\n"
                                           "choice \"Nobody\"\n"
                                           "answer 2 \"Nothing woke.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 100, 30);

    (void)state;
    assert_true(fb_pty_shows_row(t, "b", "Nobody"));
    fb_pty_type(t, " ");
    assert_true(fb_pty_shows(t, "It is b."));
    assert_true(fb_pty_shows(t, "Nothing woke."));
    quit(t);
}

static void a_script_asks_what_the_events_will_tell(void **state) {
    const char *play = script("quiz.demo", "client Ada\nclient Grace\nstop\n"
                                           "send Ada \"Ada\\n\"\n"
                                           "send Grace \"Grace\\n\"\n"
                                           "step wake\nstep wake\nstep event\n"
                                           "quiz next\nrun\n"
                                           "wait Grace closed\n"
                                           "say \"Both.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 100, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "Who is polled next?"));
    fb_pty_type(t, "b"); // an answer holds no script
    assert_true(fb_pty_hides(t, "You lead"));
    fb_pty_type(t, "\033");
    assert_true(fb_pty_shows(t, "Over: Both."));
    quit(t);
}

// ---- troubles --------------------------------------------------------------

static void no_descriptors_is_a_key_away_and_is_undone(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 80, 24);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    assert_true(fb_pty_shows(t, "! trouble")); // the footer tells the key
    fb_pty_type(t, "!");
    assert_true(fb_pty_shows(t, "what can happen now"));
    assert_true(fb_pty_shows_row(t, "e", "accept fails with EMFILE"));
    assert_true(fb_pty_shows_row(t, "c", "somebody new connects"));
    assert_true(fb_pty_hides(t, "hangs up")); // there is nobody
    fb_pty_type(t, "e");
    assert_true(fb_pty_hides(t, "what can happen now"));
    assert_true(fb_pty_shows(t, "the next accept"));
    assert_true(fb_pty_shows(t, "Clients no descriptors;"));
    fb_pty_type(t, "!c"); // as well as c
    assert_true(fb_pty_shows_row(t, "Ada", "connecting"));
    assert_true(fb_pty_shows(t, "accept() fails (EMFILE)"));
    assert_true(fb_pty_shows_row(t, "fb_sleep", "timer in")); // it rests
    assert_true(fb_pty_shows(t, "tasks 1 "));
    fb_pty_type(t, "!e");
    assert_true(fb_pty_shows_row(t, "Ada", "prompted"));
    assert_true(fb_pty_shows(t, "tasks 2 "));
    quit(t);
}

static void troubles_of_a_client_are_in_the_menu(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 160, 50);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows_row(t, "Ada", "prompted"));
    fb_pty_type(t, "!");
    assert_true(fb_pty_shows_row(t, "Enter", "Ada sends its name"));
    assert_true(fb_pty_shows_row(t, "o", "Ada stops reading"));
    assert_true(fb_pty_shows_row(t, "r", "Ada vanishes"));
    fb_pty_type(t, "l"); // one letter: the greeter takes it for the name
    assert_true(fb_pty_shows(t, "Ada sends \"A\" alone"));
    assert_true(fb_pty_shows_row(t, "Ada", "Thanks for dialing in, A!"));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows_row(t, "Grace", "prompted"));
    fb_pty_type(t, "!o");
    assert_true(fb_pty_shows_row(t, "Grace", "reads not"));
    fb_pty_type(t, "!o");
    assert_true(fb_pty_shows(t, "Grace reads on"));
    fb_pty_type(t, "!r");
    assert_true(fb_pty_shows_row(t, "Grace", "hung up"));
    fb_pty_type(t, "!\033"); // Esc leaves it, and does no more
    assert_true(fb_pty_hides(t, "what can happen now"));
    quit(t);
}

static void letters_join_while_the_executor_stands(void **state) {
    const char *play = script("stop.demo", "client Ada\nselect Ada\nstop\n"
                                           "ask \"Yours?\"\n");
    struct fb_pty *t = on_terminal("demo", play, 160, 50);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours?"));
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_hides(t, "! trouble")); // any key is for the question
    fb_pty_type(t, " ");
    assert_true(fb_pty_shows(t, "! trouble"));
    fb_pty_type(t, "!l");
    assert_true(fb_pty_shows(t, "Ada sends \"A\" alone"));
    fb_pty_type(t, "!\r");
    assert_true(fb_pty_shows(t, "Ada sends \"da\\n\""));
    fb_pty_type(t, "s");
    assert_true(fb_pty_shows_row(t, "Ada", "Thanks for dialing in, Ada!"));
    quit(t);
}

static void clients_come_up_on_a_small_screen(void **state) {
    const char *play = script("idle.demo", "say \"Yours.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 80, 24);

    (void)state;
    assert_true(fb_pty_shows(t, "Yours."));
    assert_true(fb_pty_hides(t, "0 connected"));
    fb_pty_type(t, "c");
    assert_true(fb_pty_shows(t, "Clients 1 connected"));
    assert_true(fb_pty_shows_row(t, "Ada", "prompted"));
    assert_true(fb_pty_hides(t, "task la"));   // no room: no stump of a column
    assert_true(fb_pty_shows(t, "▸ 1 Tasks")); // the keys stay where they were
    quit(t);
}

// ---- who leads -------------------------------------------------------------

static const char *standing_scene(void) {
    return script("scene.demo",
                  "client Ada\nstop\nsend Ada \"Ada\\n\"\n"
                  "say \"It stands.\"\npause 30s\n"
                  "step wake\nstep event\n"
                  "say \"Woken.\"\n"
                  "run\nwait Ada reply\n"
                  "expect Ada \"Thanks for dialing in, Ada!\\n\"\n"
                  "say \"Answered.\"\n");
}

static void s_spares_the_scene_that_the_script_has_stopped(void **state) {
    struct fb_pty *t = on_terminal("demo", standing_scene(), 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "It stands."));
    fb_pty_type(t, "s");
    assert_true(fb_pty_shows(t, "You lead (C: script goes on)"));
    assert_true(fb_pty_shows(t, "It stands already; s again lets it run"));
    assert_true(fb_pty_shows(t, "STOPPED"));
    assert_true(fb_pty_shows_row(t, " 2 ", "readable")); // not woken
    fb_pty_type(t, "C");
    assert_true(fb_pty_shows(t, "Woken."));
    assert_true(fb_pty_shows(t, "Over: Answered."));
    quit(t);
}

static void script_takes_its_scene_up_again_after_the_teacher(void **state) {
    struct fb_pty *t = on_terminal("demo", standing_scene(), 120, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "It stands."));
    fb_pty_type(t, "ss"); // the second one lets it run
    assert_true(fb_pty_shows(t, "Thanks for d"));
    assert_true(fb_pty_shows(t, "LIVE"));
    fb_pty_type(t, "C");
    assert_true(fb_pty_shows(t, "STOPPED")); // as the script had left it
    // Nothing is there to be stepped over any more: that is said, no failure.
    assert_true(fb_pty_shows(t, "The script passes over scene.demo:6"));
    assert_true(fb_pty_shows(t, "Over: Answered."));
    quit(t);
}

// What Ctrl-Z does: a viewer that is away for too long loses its hold. Nobody
// presses a key.
static void a_suspended_demo_goes_on_where_it_was(void **state) {
    const char *play = script("away.demo", "client Ada\nstop\n"
                                           "send Ada \"Ada\\n\"\n"
                                           "say \"It stands.\"\n"
                                           "step wake\nstep event\nrun\n"
                                           "wait Ada reply\n"
                                           "say \"Answered.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 120, 30);
    const char *screen, *at;
    int fd;

    (void)state;
    assert_true(fb_pty_shows(t, "It stands."));
    screen = fb_pty_screen(t);
    at = strstr(strstr(screen, "pid "), "127.0.0.1:");
    fd = dial((uint16_t)atoi(at + strlen("127.0.0.1:")));
    kill(fb_pty_pid(t), SIGSTOP);
    assert_true(hears(fd, "Who are you?\n", 10000)); // it runs without us
    kill(fb_pty_pid(t), SIGCONT);
    assert_true(fb_pty_shows(t, "The script passes over away.demo:5"));
    assert_true(fb_pty_shows(t, "Over: Answered."));
    close(fd);
    quit(t);
}

static void a_stall_stays_in_the_picture(void **state) {
    const char *play = script(
        "forks.demo", "program scene stall\ntimeout 20s\n"
                      "step poll\nstep poll\nstep poll\nstep wake\nstep wake\n"
                      "step poll\nstep poll\nstep event\nwait event STALL\n"
                      "show lanes\nstep event\nsay \"That is a stall.\"\n");
    struct fb_pty *t;

    (void)state;
    setenv("FB_HOSTILE_SEED", "0", 1); // it counts polls
    t = on_terminal("demo", play, 100, 30);
    unsetenv("FB_HOSTILE_SEED");
    assert_true(fb_pty_shows(t, "Over: That is a stall."));
    assert_true(fb_pty_shows_row(t, "Plato", "mutex 2"));
    assert_true(fb_pty_shows_row(t, "Socrates", "mutex 1"));
    assert_true(fb_pty_shows(t, "stalled: nothing can ever happe"));
    assert_true(fb_pty_hides(t, "new client")); // it never had any
    quit(t);
}

static void a_scene_that_ends_has_the_last_word(void **state) {
    const char *play = script("tea.demo", "program scene join\ntimeout 20s\n"
                                          "run\nwait end\n"
                                          "say \"Breakfast is ready.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 100, 30);

    (void)state;
    assert_true(fb_pty_shows(t, "timer in")); // real seconds for a class
    assert_true(fb_pty_shows(t, "Over: Breakfast is ready."));
    assert_true(fb_pty_shows_row(t, "FROZEN", "a finished run"));
    assert_true(fb_pty_shows(t, "Over: Breakfast is ready."));
    quit(t);
}

static void clients_pane_picks_who_is_meant(void **state) {
    const char *play = script("three.demo", "client Ada\nclient Grace\n"
                                            "client Alan\nsay \"All here.\"\n");
    struct fb_pty *t = on_terminal("demo", play, 160, 50);

    (void)state;
    assert_true(fb_pty_shows(t, "All here."));
    assert_true(fb_pty_shows(t, "3 connected"));
    fb_pty_type(t, "\033[Z"); // Shift-Tab: it is the last one
    assert_true(fb_pty_shows(t, "▸ Clients"));
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
        TEACH_TEST(class_sees_the_answer_on_a_small_screen),
        TEACH_TEST(class_sees_the_answer_on_a_large_screen),
        TEACH_TEST(teacher_makes_clients_with_keys),
        TEACH_TEST(a_breakpoint_on_a_line_stops_the_greeter_there),
        TEACH_TEST(keys_for_clients_hide_when_they_would_do_nothing),
        TEACH_TEST(any_key_holds_the_script_until_told_to_go_on),
        TEACH_TEST(question_waits_for_a_key),
        TEACH_TEST(choices_are_answered_with_a_letter_and_explained),
        TEACH_TEST(looking_around_answers_nothing),
        TEACH_TEST(a_choice_may_be_told_instead),
        TEACH_TEST(a_script_asks_what_the_events_will_tell),
        TEACH_TEST(no_descriptors_is_a_key_away_and_is_undone),
        TEACH_TEST(troubles_of_a_client_are_in_the_menu),
        TEACH_TEST(letters_join_while_the_executor_stands),
        TEACH_TEST(clients_come_up_on_a_small_screen),
        TEACH_TEST(s_spares_the_scene_that_the_script_has_stopped),
        TEACH_TEST(script_takes_its_scene_up_again_after_the_teacher),
        TEACH_TEST(a_suspended_demo_goes_on_where_it_was),
        TEACH_TEST(a_stall_stays_in_the_picture),
        TEACH_TEST(a_scene_that_ends_has_the_last_word),
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
