// Search, filter, sort, going to a moment: what a person types to find
// something.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include "line_edit.h"
#include <stdio.h>
#include <string.h>

// The row of the table that begins with these words, as it is on the screen.
static bool row_begins(const char *words) {
    char line[200];

    snprintf(line, sizeof(line), "\n%s", words);
    return bed_shows(&bed, line);
}

// ---- the line --------------------------------------------------------------

static void a_line_is_edited_by_whole_characters(void **state) {
    struct fb_line line = {0};

    (void)state;
    fb_line_begin(&line, "aé漢");
    assert_int_equal(fb_line_cursor(&line), 4);
    fb_line_key(&line, FB_KEY_BACKSPACE);
    assert_string_equal(line.text, "aé");
    fb_line_key(&line, FB_KEY_LEFT);
    fb_line_key(&line, 'x');
    assert_string_equal(line.text, "axé");
    fb_line_key(&line, FB_KEY_DELETE);
    assert_string_equal(line.text, "ax");
    fb_line_key(&line, FB_KEY_HOME);
    fb_line_key(&line, FB_KEY_DELETE);
    fb_line_key(&line, FB_KEY_BACKSPACE); // nothing is there
    assert_string_equal(line.text, "x");
    fb_line_begin(&line, "two words");
    fb_line_key(&line, 23); // Ctrl-W
    assert_string_equal(line.text, "two ");
    fb_line_key(&line, 21); // Ctrl-U
    assert_string_equal(line.text, "");
}

static void a_line_takes_nothing_that_a_terminal_would_obey(void **state) {
    static const uint32_t bad[] = {0x1b,   0x7,    0x9b,   0x202e,
                                   0x200b, 0xd800, 0xfeff, 0x110fff};
    struct fb_line line = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (bad[i] != FB_KEY_ESC) {
            fb_line_key(&line, bad[i]);
        }
    }
    assert_int_equal(line.len, 0);
    fb_line_begin(&line, "a\033[2J\xff");
    assert_string_equal(line.text, "a[2J");
    for (int i = 0; i < 500; i++) { // it is bounded
        fb_line_key(&line, 0x6f22);
    }
    assert_true(line.len < sizeof(line.text));
    assert_int_equal(strlen(line.text), line.len);
}

static void up_and_down_bring_back_what_was_typed_before(void **state) {
    struct fb_line line = {0};
    char text[16];

    (void)state;
    for (int i = 0; i < 12; i++) {
        snprintf(text, sizeof(text), "w%d", i);
        fb_line_begin(&line, text);
        fb_line_keep(&line);
        fb_line_keep(&line); // once is enough
    }
    fb_line_begin(&line, "");
    fb_line_key(&line, FB_KEY_UP);
    assert_string_equal(line.text, "w11");
    for (int i = 0; i < 20; i++) {
        fb_line_key(&line, FB_KEY_UP);
    }
    assert_string_equal(line.text, "w4"); // the oldest of eight
    for (int i = 0; i < 20; i++) {
        fb_line_key(&line, FB_KEY_DOWN);
    }
    assert_string_equal(line.text, "");
}

// ---- the filter ------------------------------------------------------------

static void a_filter_leaves_the_tasks_it_names(void **state) {
    (void)state;
    bed_keys(&bed, "\\label:ada\n");
    bed_expect(&bed, "1 of 4 tasks are shown");
    bed_expect(&bed, "only \"label:ada\"");
    assert_false(bed_shows(&bed, "2 ○ idle"));
    bed_keys(&bed, "\\await:accept\n");
    bed_keys(&bed, "\\!await:readable\n");
    bed_keys(&bed, "\\\n");
    bed_expect(&bed, "All tasks are shown");
    bed_expect(&bed, "2 ○ idle");
}

static void a_wrong_filter_says_so_while_it_is_typed(void **state) {
    (void)state;
    bed_keys(&bed, "\\colour:red");
    bed_expect(&bed, "\"colour:\" is nothing to filter by");
    bed_keys(&bed, "\n"); // and stays, to be mended
    bed_expect(&bed, "filter: colour:red");
    assert_int_equal(bed_look(&bed)->query.filter.count, 0);
    bed_key(&bed, FB_KEY_ESC);
    assert_false(bed_shows(&bed, "filter:"));
    bed_keys(&bed, "\\state:busy");
    bed_expect(&bed, "\"busy\" is no state");
    bed_key(&bed, FB_KEY_ESC);
}

static void a_filter_that_leaves_nothing_says_how_to_leave_it(void **state) {
    (void)state;
    bed_keys(&bed, "\\nobody\n");
    bed_expect(&bed, "The filter leaves none of 4 tasks: \\ Enter ends it.");
    bed_key(&bed, FB_KEY_DOWN); // there is nowhere to go
    bed_key(&bed, FB_KEY_END);
    bed_expect(&bed, "none of 4 tasks");
    bed_key(&bed, FB_KEY_ESC);
    bed_expect(&bed, "2 ○ idle");
}

// ---- the order -------------------------------------------------------------

static void sorting_marks_its_column_and_keeps_the_selection(void **state) {
    (void)state;
    scene_talk(&bed.trace, 3, 8, 4); // task 3 is polled again, and freed
    bed_tick(&bed, 50);
    fb_app_select(bed.app, 2);
    bed_key(&bed, FB_KEY_F6);
    bed_expect(&bed, "state▼");
    bed_keys(&bed, "S");
    bed_expect(&bed, "label▼");
    bed_expect(&bed, "▸   2 ○ idle");
    bed_keys(&bed, "S");
    bed_expect(&bed, "polls▼");
    bed_keys(&bed, "O");
    bed_expect(&bed, "polls▲");
    assert_int_equal(bed_look(&bed)->task, 2);
    bed_keys(&bed, "SSSS"); // busy, wake, age, and back to the first
    assert_int_equal(bed_look(&bed)->query.order, FB_ORDER_ID);
}

static void labels_sort_by_their_letters(void **state) {
    (void)state;
    bed_key(&bed, FB_KEY_HOME);
    bed_keys(&bed, "SS");
    bed_key(&bed, FB_KEY_HOME);
    assert_int_equal(bed_look(&bed)->task, 4); // Ada
    bed_key(&bed, FB_KEY_DOWN);
    assert_int_equal(bed_look(&bed)->task, 2); // one
    bed_key(&bed, FB_KEY_END);
    assert_int_equal(bed_look(&bed)->task, 1); // no label
}

// ---- the search ------------------------------------------------------------

static void a_search_goes_round_the_tasks_and_marks_them(void **state) {
    (void)state;
    fb_app_select(bed.app, 1);
    bed_keys(&bed, "/greet\n"); // the root future of every client
    assert_int_equal(bed_look(&bed)->task, 2);
    assert_true(row_begins("▸*  2 ○ idle"));
    bed_keys(&bed, "]");
    assert_int_equal(bed_look(&bed)->task, 3);
    bed_keys(&bed, "]]");
    assert_int_equal(bed_look(&bed)->task, 2); // past the acceptor
    bed_keys(&bed, "[");
    assert_int_equal(bed_look(&bed)->task, 4);
    bed_keys(&bed, "/zebra\n");
    bed_expect(&bed, "\"zebra\" is not in the tasks.");
    assert_int_equal(bed_look(&bed)->task, 4);
    bed_key(&bed, FB_KEY_ESC); // ends it
    assert_false(row_begins("▸*"));
}

static void a_search_in_the_story_goes_to_the_event(void **state) {
    uint64_t at;

    (void)state;
    fb_app_focus(bed.app, FB_PANE_STORY);
    bed_keys(&bed, "/fd 8\n");
    bed_expect(&bed, "\"fd 8\" is not in the story after this event.");
    bed_keys(&bed, "[");
    at = bed_look(&bed)->at;
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_FROZEN);
    assert_true(at < bed_look(&bed)->newest);
    bed_expect(&bed, "*"); // the sentence that has it
    bed_keys(&bed, "[");
    assert_true(bed_look(&bed)->at < at);
    bed_keys(&bed, "]");
    assert_int_equal(bed_look(&bed)->at, at);
}

static void without_a_search_there_is_no_next_match(void **state) {
    (void)state;
    assert_false(bed_shows(&bed, "next, previous match"));
    bed_keys(&bed, "]");
    bed_keys(&bed, "/\n");
    assert_string_equal(bed_look(&bed)->search, "");
}

// ---- going somewhere -------------------------------------------------------

static void g_goes_to_numbers_distances_and_times(void **state) {
    const struct fb_scene *s = bed_look(&bed);

    (void)state;
    bed_keys(&bed, "g17\n");
    assert_int_equal(bed_look(&bed)->at, 17);
    bed_keys(&bed, "g+3\n");
    assert_int_equal(bed_look(&bed)->at, 20);
    bed_keys(&bed, "g-5\n");
    assert_int_equal(bed_look(&bed)->at, 15);
    bed_keys(&bed, "gend\n");
    assert_int_equal(bed_look(&bed)->at, s->newest);
    bed_keys(&bed, "g0.000001s\n");
    assert_true(bed_look(&bed)->model->time_ns <= s->start_ns + 1000);
    bed_keys(&bed, "g60s\n");
    assert_int_equal(bed_look(&bed)->at, s->newest);
    bed_keys(&bed, "gstart\n");
    assert_int_equal(bed_look(&bed)->at, 1);
    bed_keys(&bed, "gyesterday\n");
    bed_expect(&bed, "a time (1.5s, 12ms, -2s)");
    assert_int_equal(bed_look(&bed)->at, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_edited_by_whole_characters),
        cmocka_unit_test(a_line_takes_nothing_that_a_terminal_would_obey),
        cmocka_unit_test(up_and_down_bring_back_what_was_typed_before),
        BED_TEST(a_filter_leaves_the_tasks_it_names),
        BED_TEST(a_wrong_filter_says_so_while_it_is_typed),
        BED_TEST(a_filter_that_leaves_nothing_says_how_to_leave_it),
        BED_TEST(sorting_marks_its_column_and_keeps_the_selection),
        BED_TEST(labels_sort_by_their_letters),
        BED_TEST(a_search_goes_round_the_tasks_and_marks_them),
        BED_TEST(a_search_in_the_story_goes_to_the_event),
        BED_TEST(without_a_search_there_is_no_next_match),
        BED_TEST_FINISHED(g_goes_to_numbers_distances_and_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
