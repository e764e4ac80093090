// Watching without a picture: lines in, sentences out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include "plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fb_plain plain;
static FILE *out;
static char *text;
static size_t text_len;

static void begin(bool finished) {
    bed_open(&bed, finished);
    out = open_memstream(&text, &text_len);
    assert_non_null(out);
    fb_plain_begin(&plain, bed.app, out);
}

static int setup(void **state) {
    (void)state;
    begin(false);
    return 0;
}

static int setup_finished(void **state) {
    (void)state;
    begin(true);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fclose(out);
    free(text);
    text = NULL;
    bed_close(&bed);
    return 0;
}

// Says a line; `text` is then what came in answer.
static const char *say(const char *line) {
    assert_int_equal(fflush(out), 0);
    assert_int_equal(fseek(out, 0, SEEK_SET), 0);
    fb_plain_line(&plain, line);
    fb_plain_tell(&plain);
    assert_int_equal(fflush(out), 0);
    text[ftell(out)] = '\0';
    return text;
}

static void expect(const char *line, const char *words) {
    if (!strstr(say(line), words)) {
        fail_msg("\"%s\": no \"%s\" in\n%s", line, words, text);
    }
}

static int count_lines(const char *s) {
    int lines = 0;

    for (; *s; s++) {
        lines += *s == '\n';
    }
    return lines;
}

static void it_begins_with_where_it_stands(void **state) {
    (void)state;
    assert_int_equal(fflush(out), 0);
    assert_non_null(strstr(text, "* greeter, pid "));
    assert_non_null(strstr(text, "event 1 of "));
    assert_non_null(strstr(text, "* FROZEN: a finished run"));
    assert_non_null(strstr(text, "* help lists the commands."));
}

static void steps_tell_the_sentences_they_pass(void **state) {
    (void)state;
    assert_int_equal(count_lines(say("n")), 1);
    assert_non_null(strstr(text, "      2  "));
    assert_int_equal(count_lines(say("n 5")), 5);
    assert_non_null(strstr(text, "      7  "));
    expect("back 3", "      4  "); // where it stands then, and nothing else
    assert_int_equal(count_lines(text), 1);
    expect("poll", "returns Pending"); // and what led to it
    expect("back 9999", "There is no earlier event");
}

static void a_long_way_says_what_it_leaves_out(void **state) {
    (void)state;
    expect("at end", "… events 2 to ");
    assert_non_null(strstr(text, "are passed over"));
    assert_int_equal(count_lines(text), 6);
    expect("at 12", "     12  ");
    expect("at nowhere", "a time (1.5s, 12ms, -2s)");
    expect("at", "");
}

static void live_sentences_come_by_themselves(void **state) {
    (void)state;
    say("where");
    scene_connect(&bed.trace, 12, "Grace");
    bed_tick(&bed, 50);
    expect("", "Grace");
    expect("freeze", "* FROZEN: the program runs on");
    scene_connect(&bed.trace, 13, "Alan");
    bed_tick(&bed, 50);
    assert_null(strstr(say(""), "Alan"));
    expect("run", "Alan");
    assert_non_null(strstr(text, "* LIVE"));
    expect("stop", "* STOPPED: the program stands still");
    expect("s", "stands already");
}

static void pages_are_printed_when_they_are_asked_for(void **state) {
    (void)state;
    expect("at end", "passed over");
    expect("tasks", "accept_loop");
    assert_non_null(strstr(text, "Ada"));
    assert_null(strstr(say("tasks label:ada"), "accept_loop"));
    assert_non_null(strstr(text, "Ada"));
    expect("tasks nobody", "no tasks: the filter leaves none");
    expect("tasks colour:red", "nothing to filter by");
    expect("sort -label", "Ada");
    expect("sort size", "polls, busy");
    expect("task 4", "* Task 4 Ada is chosen.");
    expect("tree", "named.c:31");
    expect("tree 99", "There is no task 99");
    expect("task 99", "There is no task 99");
    expect("reactor", "     9  stream");
    expect("story 3", "");
    assert_int_equal(count_lines(text), 3);
}

static void breakpoints_bookmarks_and_searches_work_by_words(void **state) {
    (void)state;
    expect("break", "0 breakpoints");
    expect("break WAKES", "no kind of event");
    expect("break WAKE task 3", "Break at WAKE of task 3");
    expect("u", "No breakpoint is met");
    expect("break POLL_END task 3", "Break at");
    expect("u", "Breakpoint: POLL_END of task 3");
    expect("break", "2 breakpoints:");
    expect("mark here", "Bookmark at event");
    expect("at start", "      1  ");
    expect(".", "here");
    expect("marks", "1 bookmark:");
    expect("rfind fd 7", "fd 7");
    expect("find zebra", "\"zebra\" is not in the story");
}

static void what_it_does_not_know_is_said_safely(void **state) {
    (void)state;
    expect("jump\033[2J", "There is no \"jump\\x1b[2J\"; help lists");
    expect("help", "n next [N]: one event on, or N");
    expect("   ", "");
    assert_int_equal(text[0], '\0');
    say("q");
    assert_true(fb_app_done(bed.app));
}

// Any words at all, in any order.
static void no_line_breaks_it(void **state) {
    static const char *const words[] = {
        "n",          "p 3",     "w",          "r",
        "t",          "back 2",  "P",          "W 9",
        "R",          "T",       "s",          "run",
        "freeze",     "at 5",    "at -3",      "at end",
        "break WAKE", "break",   "u",          "U",
        "mark x",     "marks",   ".",          ",",
        "find fd",    "rfind",   "tasks idle", "sort age",
        "task 2",     "tree",    "reactor",    "story 99999",
        "where",      "slower",  "faster",     "n 99999999999999",
        "story -5",   "task -1", "n -4",       "tree x"};
    uint32_t seed = 7;

    (void)state;
    for (int i = 0; i < 1500; i++) {
        seed = seed * 1664525u + 1013904223u;
        say(words[(seed >> 10) % (sizeof(words) / sizeof(words[0]))]);
        if (seed % 11 == 0) {
            scene_connect(&bed.trace, 20 + i, "somebody");
        }
        bed_tick(&bed, seed % 60);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define FINISHED(name)                                                         \
    cmocka_unit_test_setup_teardown(name, setup_finished, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        FINISHED(it_begins_with_where_it_stands),
        FINISHED(steps_tell_the_sentences_they_pass),
        FINISHED(a_long_way_says_what_it_leaves_out),
        TEST(live_sentences_come_by_themselves),
        FINISHED(pages_are_printed_when_they_are_asked_for),
        FINISHED(breakpoints_bookmarks_and_searches_work_by_words),
        FINISHED(what_it_does_not_know_is_said_safely),
        TEST(no_line_breaks_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
