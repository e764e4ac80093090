// The script format: what it means, and every way to get it wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/control.h"
#include "fishbowl/trace/format.h"
#include "live.h"
#include "player.h"
#include "script.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[512];

static int parse_bytes(struct fb_script *s, const char *text, size_t len) {
    memset(why, 'x', sizeof(why));
    return fb_script_parse(s, "t.demo", text, len, why, sizeof(why));
}

static void parse(struct fb_script *s, const char *text) {
    int err = parse_bytes(s, text, strlen(text));

    if (err) {
        fail_msg("%s", why);
    }
}

// The script must be refused with exactly this complaint.
static void refuse_bytes(const char *text, size_t len, const char *complaint) {
    struct fb_script s;

    assert_int_equal(parse_bytes(&s, text, len), -EINVAL);
    assert_string_equal(why, complaint);
    assert_int_equal(s.count, 0);
    assert_null(s.steps);
    assert_null(s.file);
}

static void refuse(const char *text, const char *complaint) {
    refuse_bytes(text, strlen(text), complaint);
}

// ---- what is understood ----------------------------------------------------

static void every_command_is_understood(void **state) {
    static const struct {
        enum fb_script_verb verb;
        uint32_t line;
        const char *name, *text;
        uint64_t number;
    } want[] = {
        {FB_SCRIPT_CLIENT, 2, "Ada", NULL, 0},
        {FB_SCRIPT_WAIT, 3, "Ada", NULL, 0},
        {FB_SCRIPT_SEND, 4, "Ada", "Ada\n", 0},
        {FB_SCRIPT_HALFCLOSE, 5, "Ada", NULL, 0},
        {FB_SCRIPT_EXPECT, 7, "Ada", "ok", 0},
        {FB_SCRIPT_HANGUP, 8, "Ada", NULL, 0},
        {FB_SCRIPT_CLIENT, 9, "b-2_C", NULL, 0},
        {FB_SCRIPT_RESET, 10, "b-2_C", NULL, 0},
        {FB_SCRIPT_WAIT, 11, "", NULL, 4},
        {FB_SCRIPT_WAIT, 12, "", NULL, FB_EV_TASK_DONE},
        {FB_SCRIPT_PAUSE, 13, "", NULL, 800000000},
        {FB_SCRIPT_SAY, 14, "", "hello # not a comment", 0},
        {FB_SCRIPT_ASK, 15, "", "why?", 0},
        {FB_SCRIPT_STOP, 16, "", NULL, 0},
        {FB_SCRIPT_STEP, 17, "", NULL, FB_STEP_POLL},
        {FB_SCRIPT_RUN, 18, "", NULL, 0},
        {FB_SCRIPT_SELECT, 19, "Ada", NULL, 0},
        {FB_SCRIPT_SELECT, 20, "", NULL, 7},
        {FB_SCRIPT_END, 21, "", NULL, 0},
    };
    struct fb_script s;

    (void)state;
    parse(&s, "# a comment\n"
              "client Ada\n"
              "\twait Ada prompt   # and another\n"
              "send Ada \"Ada\\n\"\n"
              "halfclose Ada\r\n"
              "\n"
              "expect Ada \"ok\"\n"
              "hangup Ada\n"
              "client b-2_C\n"
              "reset b-2_C\n"
              "wait tasks 4\n"
              "wait event TASK_DONE\n"
              "pause 800ms\n"
              "say \"hello # not a comment\"\n"
              "ask \"why?\"\n"
              "stop\n"
              "step poll\n"
              "run\n"
              "select Ada\n"
              "select task 7\n"
              "end");
    assert_int_equal(s.count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < s.count; i++) {
        assert_int_equal(s.steps[i].verb, want[i].verb);
        assert_int_equal(s.steps[i].line, want[i].line);
        assert_string_equal(s.steps[i].name, want[i].name);
        assert_int_equal(s.steps[i].number, want[i].number);
        if (want[i].text) {
            assert_int_equal(s.steps[i].text_len, strlen(want[i].text));
            assert_string_equal(s.steps[i].text, want[i].text);
        } else {
            assert_null(s.steps[i].text);
        }
    }
    fb_script_deinit(&s);
}

static void waits_and_steps_have_their_kinds(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "client A\nwait A prompt\nwait A reply\nwait A closed\n"
              "wait tasks 0\nwait event WAKE\n"
              "step event\nstep poll\nstep wake\nstep turn\n"
              "pause 2s\npause 1.5s\npause 0ms\n");
    assert_int_equal(s.steps[1].what, FB_WAIT_PROMPT);
    assert_int_equal(s.steps[2].what, FB_WAIT_REPLY);
    assert_int_equal(s.steps[3].what, FB_WAIT_CLOSED);
    assert_int_equal(s.steps[4].what, FB_WAIT_TASKS);
    assert_int_equal(s.steps[5].what, FB_WAIT_EVENT);
    assert_int_equal(s.steps[5].number, FB_EV_WAKE);
    assert_int_equal(s.steps[6].number, FB_STEP_EVENT);
    assert_int_equal(s.steps[7].number, FB_STEP_POLL);
    assert_int_equal(s.steps[8].number, FB_STEP_WAKE);
    assert_int_equal(s.steps[9].number, FB_STEP_TURN);
    assert_true(s.steps[10].number == 2000000000);
    assert_true(s.steps[11].number == 1500000000);
    assert_true(s.steps[12].number == 0);
    fb_script_deinit(&s);
}

static void program_and_options_stand_before_the_play(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "# a scene\nprogram scene join\nrun\nwait end\n");
    assert_string_equal(s.scene, "join");
    assert_int_equal(s.count, 2);
    assert_int_equal(s.steps[1].what, FB_WAIT_END);
    fb_script_deinit(&s);
    parse(&s, "serve --idle-timeout 2s --max-clients 3\nstop\n");
    assert_string_equal(s.scene, "");
    assert_string_equal(s.args[0], "--idle-timeout");
    assert_string_equal(s.args[3], "3");
    assert_null(s.args[4]);
    fb_script_deinit(&s);
}

static void exercises_are_played_in_any_form_world_and_order(void **state) {
    static const struct {
        const char *line, *exercise, *variant, *order;
    } want[] = {
        {"10_lost_wake", "10_lost_wake", "", "fifo"},
        {"10", "10", "", "fifo"},
        {"lost_wake solution", "lost_wake", "solution", "fifo"},
        {"10 alternatives/tea_first world 1", "10", "alternatives/tea_first",
         "fifo/1"},
        {"10 mutants/no_waker order seed:7 world 2", "10", "mutants/no_waker",
         "seed:7/2"},
        {"10 world 3 order lifo", "10", "", "lifo/3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        char text[128];
        struct fb_script s;

        snprintf(text, sizeof(text), "program exercise %s\nrun\n",
                 want[i].line);
        parse(&s, text);
        assert_string_equal(s.exercise, want[i].exercise);
        assert_string_equal(s.variant, want[i].variant);
        assert_string_equal(s.order, want[i].order);
        assert_string_equal(s.scene, "");
        assert_string_equal(fb_script_cast(&s), "exercise");
        assert_true(fb_script_has_own_program(&s));
        fb_script_deinit(&s);
    }
}

static void exercises_are_named_by_words_and_never_by_paths(void **state) {
    static const char *const bad[] = {"10 solution.patch",
                                      "10 mutants/",
                                      "10 mutants/../x",
                                      "10 mutants/a.b",
                                      "10 /etc/passwd",
                                      "10 solution solution",
                                      "10 world",
                                      "10 order",
                                      "10 order seed:",
                                      "10 order seed:x",
                                      "10 order fifo/1",
                                      "10 world 100",
                                      "../10",
                                      "10_LOST",
                                      "10 --ring",
                                      "",
                                      "10 mutants/no_tea -x",
                                      "10 solution world one"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[128];
        struct fb_script s;

        snprintf(text, sizeof(text), "program exercise %s\nrun\n", bad[i]);
        if (parse_bytes(&s, text, strlen(text)) != -EINVAL) {
            fail_msg("it is taken: %s", bad[i]);
        }
        assert_memory_equal(why, "t.demo:1: ", 10);
    }
    refuse("program exercise\n",
           "t.demo:1: an exercise's name must follow (10_lost_wake)");
    refuse("program exercise 10 nonsense\n",
           "t.demo:1: program exercise NAME [solution | alternatives/X | "
           "mutants/X] [world N] [order fifo | lifo | seed:N]");
    refuse("program film x\n", "t.demo:1: program what? (program scene NAME, "
                               "program exercise NAME)");
}

static void steps_are_made_more_than_once(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "stop\nstep poll 3\nstep wake\n");
    assert_int_equal(s.count, 5);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(s.steps[i].verb, FB_SCRIPT_STEP);
        assert_int_equal(s.steps[i].number,
                         i < 4 ? FB_STEP_POLL : FB_STEP_WAKE);
        assert_int_equal(s.steps[i].line, i < 4 ? 2 : 3);
    }
    fb_script_deinit(&s);
    refuse("stop\nstep poll 0\n", "t.demo:2: step goes on once at least");
    refuse("stop\nstep poll many\n",
           "t.demo:2: step must be a number from 0 to 99");
}

static void what_the_class_sees_and_faults_are_understood(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "client A\nstopread A\nread A\nwait A pending\n"
              "show lanes\nwatch tree\n"
              "highlight A\nhighlight task 3\nhighlight pane story\n"
              "highlight future fb_read\nhighlight none\n"
              "slow 30\ntimeout 1.5s\n"
              "fault emfile\nfault short-read\nunfault\n");
    assert_int_equal(s.steps[1].verb, FB_SCRIPT_STOPREAD);
    assert_int_equal(s.steps[2].verb, FB_SCRIPT_READ);
    assert_int_equal(s.steps[3].what, FB_WAIT_PENDING);
    assert_string_equal(s.steps[4].text, "lanes");
    assert_int_equal(s.steps[5].verb, FB_SCRIPT_SHOW);
    assert_int_equal(s.steps[6].what, FB_MARK_TASK);
    assert_string_equal(s.steps[6].name, "A");
    assert_int_equal(s.steps[7].number, 3);
    assert_int_equal(s.steps[8].what, FB_MARK_PANE);
    assert_string_equal(s.steps[8].text, "story");
    assert_int_equal(s.steps[9].what, FB_MARK_FUTURE);
    assert_string_equal(s.steps[9].text, "fb_read");
    assert_int_equal(s.steps[10].what, FB_MARK_NOTHING);
    assert_int_equal(s.steps[11].number, 30);
    assert_int_equal(s.steps[12].number, 1500000000);
    assert_int_equal(s.steps[13].what, FB_FAULT_EMFILE);
    assert_int_equal(s.steps[14].what, FB_FAULT_SHORT_READ);
    assert_int_equal(s.steps[15].verb, FB_SCRIPT_UNFAULT);
    fb_script_deinit(&s);
}

static void questions_have_choices_and_one_answer(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "ask \"who?\"\nchoice \"a\"\nchoice \"b\"\n"
              "answer 2 \"because\"\nask \"ready?\"\nend\n");
    assert_int_equal(s.steps[1].number, 1);
    assert_int_equal(s.steps[2].number, 2);
    assert_int_equal(s.steps[3].verb, FB_SCRIPT_ANSWER);
    assert_int_equal(s.steps[3].number, 2);
    assert_string_equal(s.steps[3].text, "because");
    fb_script_deinit(&s);
}

static void quizzes_are_of_a_kind_or_of_any(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "quiz\nquiz next\nquiz polls\n");
    assert_int_equal(s.steps[0].number, FB_QUIZ_ALL);
    assert_int_equal(s.steps[1].number, 1u << FB_QUIZ_NEXT);
    assert_int_equal(s.steps[2].number, 1u << FB_QUIZ_POLLS);
    fb_script_deinit(&s);
    refuse("quiz weather\n",
           "t.demo:1: quiz about what? (next, result, why, who, wake, polls, "
           "or nothing: any of them)");
}

static void moments_get_names(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "client Ada\nmark asleep\n"
              "mark first-poll at  POLL_END of Ada   # in her own words\n"
              "mark last_wake at before last WAKE of greet 2 in fb_read\n");
    for (size_t i = 1; i < s.count; i++) {
        assert_int_equal(s.steps[i].verb, FB_SCRIPT_BOOKMARK);
    }
    assert_string_equal(s.steps[1].name, "asleep");
    assert_null(s.steps[1].text);
    assert_string_equal(s.steps[2].name, "first-poll");
    assert_string_equal(s.steps[2].text, "POLL_END of Ada");
    assert_string_equal(s.steps[3].text,
                        "before last WAKE of greet 2 in fb_read");
    fb_script_deinit(&s);
}

static void moments_that_cannot_be_named_are_refused(void **state) {
    static const char place[] =
        "t.demo:1: a place is start, end, event 12, or [before] [2nd|last] "
        "KIND [of TASK] [in TYPE], as in 2nd POLL_END of Ada";

    (void)state;
    refuse("mark\n", "t.demo:1: mark needs a name for this moment: 31 letters, "
                     "digits, - and _ at most");
    refuse("mark a/b\n", "t.demo:1: mark needs a name for this moment: 31 "
                         "letters, digits, - and _ at most");
    refuse("mark a\nmark b\nmark a\n", "t.demo:3: there is a mark a already");
    refuse("mark a when WAKE\n",
           "t.demo:1: a mark is of this moment, or `mark NAME at PLACE`");
    refuse("mark a at\n", place);
    refuse("mark a at noon\n", place);
    refuse("mark a at POLL_END of Ada\n", place); // she was never there
}

static void escapes_give_any_byte(void **state) {
    static const char want[] = "\a\b\x1b\f\n\r\t\v\\\"'?\0\1\12\377A\xff"
                               "B\xe2\x80\xae\xc3\xa9z";
    struct fb_script s;

    (void)state;
    parse(&s, "client A\n"
              "send A \"\\a\\b\\e\\f\\n\\r\\t\\v\\\\\\\"\\'\\?\\0\\1\\12\\377"
              "\\x41\\xFFB\\u202e\\u00e9\\u007a\"\n");
    assert_int_equal(s.steps[1].text_len, sizeof(want) - 1);
    assert_memory_equal(s.steps[1].text, want, sizeof(want));
    fb_script_deinit(&s);
}

static void hex_escape_ends_after_two_digits(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "client A\nsend A \"\\x41dams \\x4 \\x4g\"\n");
    assert_string_equal(s.steps[1].text, "Adams \x04 \x04g");
    fb_script_deinit(&s);
}

static void utf8_stands_for_itself(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "say \"Grüße, 世界\"\n");
    assert_string_equal(s.steps[0].text, "Grüße, 世界");
    fb_script_deinit(&s);
}

static void empty_string_is_a_string(void **state) {
    struct fb_script s;

    (void)state;
    parse(&s, "client A\nexpect A \"\"\n");
    assert_non_null(s.steps[1].text);
    assert_int_equal(s.steps[1].text_len, 0);
    fb_script_deinit(&s);
}

static void place_names_file_and_line(void **state) {
    struct fb_script s;
    char place[64];

    (void)state;
    assert_int_equal(fb_script_parse(&s, "/a/b\x1b/les\x1bson.demo",
                                     "\n\nstop\n", 7, why, sizeof(why)),
                     0);
    fb_script_place(&s, &s.steps[0], place, sizeof(place));
    assert_string_equal(place, "les\\x1bson.demo:3");
    fb_script_deinit(&s);
}

// ---- what is refused -------------------------------------------------------

static void unknown_words_are_named(void **state) {
    (void)state;
    refuse("clint Ada\n", "t.demo:1: `clint` is no command");
    refuse("stop\n\n  \xc3\xa9\xe2\x80\xae\n",
           "t.demo:3: `\xc3\xa9\\u202e` is no command");
    refuse("client A\nwait A answer\n",
           "t.demo:2: wait for what of A? (prompt, reply, closed, pending)");
    refuse("client A\nwait A\n",
           "t.demo:2: wait for what of A? (prompt, reply, closed, pending)");
    refuse("wait event LUNCH\n",
           "t.demo:1: wait event needs a kind (TASK_DONE, WAKE, …)");
    refuse("wait event\n",
           "t.demo:1: wait event needs a kind (TASK_DONE, WAKE, …)");
    refuse("step\n", "t.demo:1: step what? (event, poll, wake, turn)");
    refuse("step back\n", "t.demo:1: step what? (event, poll, wake, turn)");
}

static void names_of_clients_are_plain_words(void **state) {
    const char *plain =
        "t.demo:1: a client's name here is letters, digits, - and _ (what it "
        "sends may be anything)";

    (void)state;
    refuse("client\n", "t.demo:1: a client's name must follow");
    refuse("client # Ada\n", "t.demo:1: a client's name must follow");
    refuse("client A.B\n", plain);
    refuse("client \"Ada\"\n", plain);
    refuse("client \xc3\xa9\n", plain);
    refuse("client ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n",
           "t.demo:1: a client's name has 31 letters at most");
    refuse("client tasks\n", "t.demo:1: \"tasks\" is a word of the script and "
                             "cannot name a client");
    refuse("client task\n", "t.demo:1: \"task\" is a word of the script and "
                            "cannot name a client");
    refuse("client event\n", "t.demo:1: \"event\" is a word of the script and "
                             "cannot name a client");
}

static void plays_that_cannot_work_are_refused(void **state) {
    (void)state;
    refuse("send Ada \"x\"\n",
           "t.demo:1: no client Ada yet (`client Ada` comes first)");
    refuse("wait Ada prompt\n",
           "t.demo:1: no client Ada yet (`client Ada` comes first)");
    refuse("select Ada\n",
           "t.demo:1: no client Ada yet (`client Ada` comes first)");
    refuse("client Ada\nclient Ada\n",
           "t.demo:2: there is a client Ada already");
    refuse("client Ada\nhangup Ada\nsend Ada \"x\"\n",
           "t.demo:3: Ada has hung up before this line");
    refuse("client Ada\nreset Ada\nhangup Ada\n",
           "t.demo:3: Ada has hung up before this line");
    refuse("client Ada\nhalfclose Ada\nsend Ada \"x\"\n",
           "t.demo:3: Ada has half-closed and can send no more");
    refuse("client Ada\nhalfclose Ada\nhalfclose Ada\n",
           "t.demo:3: Ada has half-closed already");
    refuse("end\nstop\n", "t.demo:2: nothing may follow `end`");
    refuse("", "t.demo:1: the script has no command");
    refuse("# nothing\n\n", "t.demo:1: the script has no command");
}

// Whoever wrote a play must not be able to start or overwrite anything.
static void what_a_play_starts_is_harmless(void **state) {
    const char *options =
        "t.demo:1: serve takes --idle-timeout, --max-clients, --handler, "
        "--order, --workers, --grace and --accept-errors, each with its value";
    const char *name =
        "t.demo:1: a scene's name must follow (small letters only)";

    (void)state;
    refuse("serve --ring /tmp/x\n", options);
    refuse("serve --listen 0.0.0.0:80\n", options);
    refuse("serve --order --ring\n", options);
    refuse("serve /bin/sh\n", options);
    refuse("serve\n", "t.demo:1: serve what? (serve --idle-timeout 2s)");
    refuse("serve --order\n",
           "t.demo:1: serve what? (serve --idle-timeout 2s)");
    refuse("program scene\n", name);
    refuse("program scene ../x\n", name);
    refuse("program scene --ring\n", name);
    refuse("program scene Join\n", name);
    refuse("program /bin/sh\n",
           "t.demo:1: program what? (program scene NAME, program "
           "exercise NAME)");
    refuse("program scene join now\n",
           "t.demo:1: nothing more may follow this `program`");
    refuse("stop\nprogram scene join\n",
           "t.demo:2: what is played is said once, before all else");
    refuse("program scene join\nserve --order lifo\n",
           "t.demo:2: what is played is said once, before all else");
}

static void questions_without_an_answer_are_refused(void **state) {
    (void)state;
    refuse("choice \"a\"\n", "t.demo:1: a choice follows an `ask`");
    refuse("ask \"q\"\nstop\nchoice \"a\"\n",
           "t.demo:3: a choice follows an `ask`");
    refuse("ask \"q\"\nchoice \"a\"\nanswer 1 \"b\"\n",
           "t.demo:3: an answer follows two choices at least");
    refuse("ask \"q\"\nchoice \"a\"\nchoice \"b\"\nanswer 3 \"c\"\n",
           "t.demo:4: the choices are 1 to 2");
    refuse("ask \"q\"\nchoice \"a\"\nchoice \"b\"\nanswer 0 \"c\"\n",
           "t.demo:4: the choices are 1 to 2");
    refuse("ask \"q\"\nchoice \"a\"\nchoice \"b\"\nrun\n",
           "t.demo:4: the choices need their `answer N \"why\"` before run");
    refuse(
        "ask \"q\"\nchoice \"a\"\nchoice \"b\"\n",
        "t.demo:3: the choices need their `answer N \"why\"` before the end");
    refuse("ask \"q\"\nchoice \"1\"\nchoice \"2\"\nchoice \"3\"\n"
           "choice \"4\"\nchoice \"5\"\nchoice \"6\"\nchoice \"7\"\n",
           "t.demo:8: a question has 6 choices at most");
}

static void unknown_panes_and_faults_are_named(void **state) {
    const char *pane = "t.demo:1: show which pane? (tasks, tree, lanes, "
                       "reactor, story, clients, …)";

    (void)state;
    refuse("show\n", pane);
    refuse("show everything\n", pane);
    refuse("highlight pane x\n", pane);
    refuse("highlight Ada\n",
           "t.demo:1: no client Ada yet (`client Ada` comes first)");
    refuse("highlight future a.b\n",
           "t.demo:1: highlight future needs its name (fb_read)");
    refuse("fault fire\n", "t.demo:1: which fault? (emfile, short-read)");
    refuse("slow fast\n", "t.demo:1: slow must be a number from 0 to 1000000");
    refuse("client A\nhangup A\nread A\n",
           "t.demo:3: A has hung up before this line");
}

static void strings_must_be_whole(void **state) {
    (void)state;
    refuse("say\n", "t.demo:1: a string in double quotes must follow");
    refuse("say hello\n", "t.demo:1: a string in double quotes must follow");
    refuse("say \"hello\n", "t.demo:1: a string is not closed with \"");
    refuse("say \"hello\\\n", "t.demo:1: the line ends after a backslash");
    refuse("say \"hello\\\"\n", "t.demo:1: a string is not closed with \"");
    refuse("say \"a\"b\n", "t.demo:1: a blank must follow a closing \"");
    refuse("say \"a\" b\n", "t.demo:1: nothing more may follow this `say`");
    refuse("stop now\n", "t.demo:1: nothing more may follow this `stop`");
}

static void bad_escapes_are_explained(void **state) {
    (void)state;
    refuse("say \"\\q\"\n", "t.demo:1: \\q is no escape (\\n, \\t, \\e, \\\", "
                            "\\\\, \\0, \\xNN, \\uNNNN are)");
    refuse("say \"\\xg\"\n", "t.demo:1: \\x needs one or two hex digits");
    refuse("say \"\\x\"\n", "t.demo:1: \\x needs one or two hex digits");
    refuse("say \"\\400\"\n",
           "t.demo:1: \\400 is no byte: \\377 is the last one");
    refuse("say \"\\u12\"\n",
           "t.demo:1: \\u needs four hex digits of a scalar value (\\u202e; "
           "surrogates are none)");
    refuse("say \"\\ud800\"\n",
           "t.demo:1: \\u needs four hex digits of a scalar value (\\u202e; "
           "surrogates are none)");
    refuse("say \"\\\xc3\xa9\"\n",
           "t.demo:1: a byte that is no escape follows \\");
}

static void numbers_and_durations_have_bounds(void **state) {
    const char *number =
        "t.demo:1: wait tasks must be a number from 0 to 4294967295";
    const char *duration = "t.demo:1: a duration reads 800ms, 2s or 1.5s";

    (void)state;
    refuse("wait tasks\n", number);
    refuse("wait tasks x\n", number);
    refuse("wait tasks -1\n", number);
    refuse("wait tasks 4294967296\n", number);
    refuse("wait tasks 99999999999999999999999999\n", number);
    refuse("wait tasks 4x\n", number);
    refuse("pause\n", duration);
    refuse("pause 5\n", duration);
    refuse("pause 5m\n", duration);
    refuse("pause 5.s\n", duration);
    refuse("pause ms\n", duration);
    refuse("pause 2sx\n", duration);
    refuse("pause 601s\n", "t.demo:1: a pause lasts 600 s at most");
    refuse("pause 999999999999999s\n", duration);
}

static void hostile_bytes_are_refused_where_they_stand(void **state) {
    (void)state;
    refuse_bytes("stop\nsay \"a\0b\"\n", 15,
                 "t.demo:2: a raw control byte 0x00 (write it as \\x00)");
    refuse("stop\nsay \"\x1b[2J\"\n",
           "t.demo:2: a raw control byte 0x1b (write it as \\x1b)");
    refuse("say \"\x7f\"\n",
           "t.demo:1: a raw control byte 0x7f (write it as \\x7f)");
    refuse("stop\rrun\n",
           "t.demo:1: a raw control byte 0x0d (write it as \\x0d)");
    refuse("say \"\xff\"\n", "t.demo:1: not UTF-8 (write odd bytes as \\xNN)");
    refuse("# \xc0\xaf\n", "t.demo:1: not UTF-8 (write odd bytes as \\xNN)");
}

// `count` times `line`, as one text of the caller's.
static char *repeat(const char *line, size_t count, const char *end) {
    size_t len = strlen(line);
    char *text = malloc(len * count + strlen(end) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * len, line, len);
    }
    strcpy(text + len * count, end);
    return text;
}

static void sizes_have_bounds(void **state) {
    char *text = repeat("x", FB_SCRIPT_LINE_BYTES + 1, "\n");
    struct fb_script s;
    char line[32];
    size_t used = 0;

    (void)state;
    refuse(text, "t.demo:1: a line has 8192 bytes at most");
    free(text);

    text = repeat("stop\n", FB_SCRIPT_STEPS_MAX, "");
    parse(&s, text);
    assert_int_equal(s.count, FB_SCRIPT_STEPS_MAX);
    fb_script_deinit(&s);
    free(text);

    text = repeat("stop\n", FB_SCRIPT_STEPS_MAX, "run\n");
    refuse(text, "t.demo:10001: a script has 10000 steps at most");
    free(text);

    text = malloc(32 * (FB_SCRIPT_CLIENTS_MAX + 1));
    assert_non_null(text);
    for (int i = 0; i <= FB_SCRIPT_CLIENTS_MAX; i++) {
        int n = snprintf(line, sizeof(line), "client c%d\n", i);
        memcpy(text + used, line, (size_t)n + 1);
        used += (size_t)n;
    }
    refuse(text, "t.demo:65: a script has 64 clients at most");
    free(text);
}

// Cuts and flips a sound script at every place: it is understood or refused
// with a place, and never harms (the sanitizers watch).
static void damaged_scripts_do_no_harm(void **state) {
    static const char sound[] =
        "client Ada # x\nsend Ada \"\\x41\\u202e\\377\\n\"\nwait tasks 4\n"
        "pause 1.5s\nexpect Ada \"\"\nwait event WAKE\nend\n";
    static const char bytes[] = {0, '"', '\\', '\n', ' ', 'u', 'x', '9', -1};
    char text[sizeof(sound)];
    struct fb_script s;

    (void)state;
    for (size_t at = 0; at < sizeof(sound) - 1; at++) {
        if (parse_bytes(&s, sound, at) == 0) {
            fb_script_deinit(&s);
        }
        for (size_t b = 0; b < sizeof(bytes); b++) {
            memcpy(text, sound, sizeof(sound));
            text[at] = bytes[b];
            if (parse_bytes(&s, text, sizeof(sound) - 1) == 0) {
                fb_script_deinit(&s);
            } else {
                assert_memory_equal(why, "t.demo:", 7);
                assert_non_null(memchr(why, '\0', sizeof(why)));
            }
        }
    }
}

// ---- files -----------------------------------------------------------------

static void unreadable_files_are_errors(void **state) {
    char dir[] = "/tmp/fishbowl-script-XXXXXX", path[64];
    struct fb_script s;
    char *text;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/no\x1b.demo", dir);
    assert_int_equal(fb_script_read(&s, path, why, sizeof(why)), -ENOENT);
    assert_non_null(strstr(why, "no\\x1b.demo: No such file"));
    assert_null(strchr(why, '\x1b'));

    assert_int_equal(fb_script_read(&s, dir, why, sizeof(why)), -EISDIR);

    snprintf(path, sizeof(path), "%s/fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(fb_script_read(&s, path, why, sizeof(why)), -EINVAL);
    unlink(path);

    snprintf(path, sizeof(path), "%s/big.demo", dir);
    text = repeat("# comment\n", FB_SCRIPT_FILE_BYTES / 10 + 1, "");
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(fb_script_read(&s, path, why, sizeof(why)), -EFBIG);
    free(text);
    unlink(path);
    rmdir(dir);
}

// One of the plays that come with Fishbowl.
static void read_shipped(struct fb_script *s, const char *name) {
    const char *source = getenv("FB_SOURCE");
    char path[1024];

    assert_non_null(source);
    snprintf(path, sizeof(path), "%s/viz/demo/scripts/%s", source, name);
    if (fb_script_read(s, path, why, sizeof(why)) != 0) {
        fail_msg("%s", why);
    }
}

// All that a class reads fits into a line of 80 columns, with who says it.
static void assert_readable(const char *play, const struct fb_script_step *s) {
    const size_t most = s->verb == FB_SCRIPT_ASK ? 78 : 71;

    if ((s->verb == FB_SCRIPT_SAY || s->verb == FB_SCRIPT_ASK ||
         s->verb == FB_SCRIPT_CHOICE || s->verb == FB_SCRIPT_ANSWER) &&
        (s->text_len < 1 || s->text_len > most)) {
        fail_msg("%s:%u: %zu bytes, at most %zu", play, s->line, s->text_len,
                 most);
    }
}

static int is_play(const struct dirent *entry) {
    return strstr(entry->d_name, ".demo") != NULL;
}

static void shipped_plays_are_sound(void **state) {
    const char *source = getenv("FB_SOURCE");
    struct dirent **plays;
    char dir[1024];
    int count;

    (void)state;
    assert_non_null(source);
    snprintf(dir, sizeof(dir), "%s/viz/demo/scripts", source);
    count = scandir(dir, &plays, is_play, alphasort);
    assert_in_range(count, 8, 100);
    for (int i = 0; i < count; i++) {
        struct fb_script s;

        read_shipped(&s, plays[i]->d_name);
        // What --list shows of it.
        assert_int_equal(s.steps[0].verb, FB_SCRIPT_SAY);
        assert_int_equal(s.steps[s.count - 1].verb, FB_SCRIPT_END);
        for (size_t k = 0; k < s.count; k++) {
            assert_readable(plays[i]->d_name, &s.steps[k]);
        }
        // Long enough to be read, short enough to be watched.
        assert_in_range(fb_player_length_ns(&s) / 1000000000, 5, 60);
        fb_script_deinit(&s);
        free(plays[i]);
    }
    free(plays);
}

// The bar of the whole: from a cold start to the sentence in ten seconds. What
// is counted is the time that a class is given to read and to look; the machine
// adds the start of the greeter.
static void the_answer_comes_within_ten_seconds(void **state) {
    struct fb_script s;
    size_t answer = 0;
    uint64_t ns;

    (void)state;
    read_shipped(&s, "default.demo");
    for (size_t i = 0; i < s.count; i++) {
        if (s.steps[i].text &&
            strstr(s.steps[i].text,
                   "three silent clients do not block a fourth")) {
            assert_int_equal(s.steps[i].verb, FB_SCRIPT_SAY);
            answer = i;
        }
    }
    assert_true(answer > 0);
    for (size_t i = 0; i < answer; i++) { // nothing before waits for a key
        assert_int_not_equal(s.steps[i].verb, FB_SCRIPT_ASK);
    }
    assert_true(answer + 1 < s.count);
    ns = fb_player_length_ns(&s);
    assert_in_range(ns, 5000000000, 10000000000); // with time to read it
    fb_script_deinit(&s);
}

static void show_knows_every_pane(void **state) {
    struct fb_frame f;

    (void)state;
    fb_frame_init(&f, &fb_view_clients);
    for (int i = 0; i < FB_PANES; i++) {
        char line[64];
        struct fb_script s;

        if (f.panes[i].view) {
            snprintf(line, sizeof(line), "show %s\n", f.panes[i].view->name);
            parse(&s, line);
            fb_script_deinit(&s);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_understood),
        cmocka_unit_test(waits_and_steps_have_their_kinds),
        cmocka_unit_test(program_and_options_stand_before_the_play),
        cmocka_unit_test(exercises_are_played_in_any_form_world_and_order),
        cmocka_unit_test(exercises_are_named_by_words_and_never_by_paths),
        cmocka_unit_test(steps_are_made_more_than_once),
        cmocka_unit_test(what_the_class_sees_and_faults_are_understood),
        cmocka_unit_test(questions_have_choices_and_one_answer),
        cmocka_unit_test(quizzes_are_of_a_kind_or_of_any),
        cmocka_unit_test(moments_get_names),
        cmocka_unit_test(moments_that_cannot_be_named_are_refused),
        cmocka_unit_test(escapes_give_any_byte),
        cmocka_unit_test(hex_escape_ends_after_two_digits),
        cmocka_unit_test(utf8_stands_for_itself),
        cmocka_unit_test(empty_string_is_a_string),
        cmocka_unit_test(place_names_file_and_line),
        cmocka_unit_test(unknown_words_are_named),
        cmocka_unit_test(names_of_clients_are_plain_words),
        cmocka_unit_test(plays_that_cannot_work_are_refused),
        cmocka_unit_test(what_a_play_starts_is_harmless),
        cmocka_unit_test(questions_without_an_answer_are_refused),
        cmocka_unit_test(unknown_panes_and_faults_are_named),
        cmocka_unit_test(strings_must_be_whole),
        cmocka_unit_test(bad_escapes_are_explained),
        cmocka_unit_test(numbers_and_durations_have_bounds),
        cmocka_unit_test(hostile_bytes_are_refused_where_they_stand),
        cmocka_unit_test(sizes_have_bounds),
        cmocka_unit_test(damaged_scripts_do_no_harm),
        cmocka_unit_test(unreadable_files_are_errors),
        cmocka_unit_test(shipped_plays_are_sound),
        cmocka_unit_test(the_answer_comes_within_ten_seconds),
        cmocka_unit_test(show_knows_every_pane),
    };

    return cmocka_run_group_tests_name("demo/script", tests, NULL, NULL);
}
