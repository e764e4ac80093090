// Breakpoints and bookmarks, as keys set them and run to them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include "marks.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fb_trace_control *page(void) {
    return bed.trace.w.control;
}

static const struct fb_event *shown_event(void) {
    return fb_history_event(fb_session_history(bed.session),
                            bed_look(&bed)->at);
}

// ---- breakpoints in what has happened --------------------------------------

static void u_runs_from_breakpoint_to_breakpoint_both_ways(void **state) {
    uint64_t seen[3];

    (void)state;
    bed_keys(&bed, "bPOLL_END task 3\n");
    bed_expect(&bed, "Break at POLL_END of task 3: u runs there");
    bed_keys(&bed, "u");
    assert_int_equal(shown_event()->kind, FB_EV_POLL_END);
    assert_int_equal(shown_event()->subject, 3);
    bed_expect(&bed, "Breakpoint: POLL_END of task 3, event ");
    seen[0] = bed_look(&bed)->at;
    bed_keys(&bed, "bWAKE\nu");
    seen[1] = bed_look(&bed)->at;
    assert_int_equal(shown_event()->kind, FB_EV_WAKE);
    assert_true(seen[1] > seen[0]);
    bed_keys(&bed, "U");
    assert_int_equal(bed_look(&bed)->at, seen[0]);
    bed_keys(&bed, "gend\nu");
    bed_expect(&bed, "No breakpoint is met after this event");
    bed_keys(&bed, "bWAKE\n"); // the same again
    bed_expect(&bed, "Removed: break at WAKE.");
    bed_keys(&bed, "U");
    assert_int_equal(bed_look(&bed)->at, seen[0]);
}

static void a_line_is_a_breakpoint(void **state) {
    (void)state;
    bed_keys(&bed, "bnamed.c:31\nu");
    assert_int_equal(shown_event()->kind, FB_EV_FUTURE_ENTER);
    assert_int_equal(shown_event()->enter.line, 31);
    bed_expect(&bed, "Breakpoint: an await at named.c:31");
    bed_keys(&bed, "baccept.c:31\nU"); // the line is there, in another file
    bed_expect(&bed, "No breakpoint is met before this event");
}

static void what_plays_stops_at_a_breakpoint(void **state) {
    uint64_t at;

    (void)state;
    bed_keys(&bed, "bTASK_SPAWN task 3\n ");
    assert_true(bed_look(&bed)->playing);
    for (int i = 0; i < 400 && bed_look(&bed)->playing; i++) {
        bed_tick(&bed, 50);
    }
    at = bed_look(&bed)->at;
    assert_false(bed_look(&bed)->playing);
    assert_int_equal(shown_event()->kind, FB_EV_TASK_SPAWN);
    assert_int_equal(shown_event()->subject, 3);
    bed_expect(&bed, "Breakpoint: TASK_SPAWN of task 3");
    bed_keys(&bed, " "); // and goes on from there
    bed_tick(&bed, 1000);
    assert_true(bed_look(&bed)->at > at);
}

static void a_wrong_breakpoint_stays_to_be_mended(void **state) {
    (void)state;
    bed_keys(&bed, "u");
    bed_expect(&bed, "There is no breakpoint yet: b asks where.");
    bed_keys(&bed, "bWAKES");
    bed_expect(&bed, "\"WAKES\" is no kind of event");
    bed_keys(&bed, "\n");
    bed_expect(&bed, "break at: WAKES");
    bed_key(&bed, FB_KEY_BACKSPACE);
    bed_keys(&bed, "\n");
    bed_expect(&bed, "Break at WAKE");
}

static void a_step_to_a_wake_says_where_the_task_is_then(void **state) {
    (void)state;
    bed_keys(&bed, "w");
    assert_int_equal(shown_event()->kind, FB_EV_WAKE);
    bed_expect(&bed, "Task 1 is woken; with the next event it is in the run "
                     "queue.");
    bed_keys(&bed, "n");
    assert_int_equal(shown_event()->kind, FB_EV_TASK_SCHEDULED);
}

static void turns_of_the_reactor_are_a_step_both_ways(void **state) {
    uint64_t at;

    (void)state;
    bed_keys(&bed, "r");
    assert_int_equal(shown_event()->kind, FB_EV_UNPARK);
    at = bed_look(&bed)->at;
    bed_keys(&bed, "r");
    assert_true(bed_look(&bed)->at > at);
    bed_keys(&bed, "R");
    assert_int_equal(bed_look(&bed)->at, at);
}

// ---- breakpoints of a program that runs ------------------------------------

static void a_live_program_is_told_and_its_stop_is_noticed(void **state) {
    (void)state;
    bed_keys(&bed, "bWAKE task 2\n");
    bed_expect(&bed, "The program will stop after WAKE of task 2.");
    assert_int_equal(atomic_load(&page()->viewer_pid), getpid());
    assert_int_equal(atomic_load(&page()->mode), FB_CONTROL_RUN);
    assert_int_equal(atomic_load(&page()->breaks[0].kinds), 1ull << FB_EV_WAKE);
    assert_int_equal(atomic_load(&page()->breaks[0].task), 2);
    bed_keys(&bed, "bnamed.c:31\n");
    assert_int_equal(atomic_load(&page()->breaks[1].line), 31);
    assert_true(atomic_load(&page()->breaks[1].place) > 0);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    bed_expect(&bed, "breaks 2");
    scene_wake(&bed.trace, 2, 7);
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    atomic_store(&page()->stopped_after, bed_look(&bed)->newest - 1);
    atomic_store(&page()->stopped, 1);
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_STOPPED);
    bed_expect(&bed, "Breakpoint: WAKE of task 2, event ");
    assert_int_equal(atomic_load(&page()->mode), FB_CONTROL_STOP);
    bed_keys(&bed, "btask 4\n"); // one more sets nobody free
    assert_int_equal(atomic_load(&page()->mode), FB_CONTROL_STOP);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_STOPPED);
    bed_keys(&bed, "s"); // on, with the breakpoints still set
    assert_int_equal(atomic_load(&page()->mode), FB_CONTROL_RUN);
    assert_int_equal(atomic_load(&page()->viewer_pid), getpid());
    bed_tick(&bed, 50); // it has not heard of it yet: that is no breakpoint
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    atomic_store(&page()->stopped, 0);
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
}

static void without_breakpoints_the_page_is_given_back(void **state) {
    (void)state;
    bed_keys(&bed, "bWAKE\nbWAKE\n");
    assert_int_equal(atomic_load(&page()->viewer_pid), 0);
    assert_int_equal(atomic_load(&page()->breaks[0].kinds), 0);
}

static void
a_breakpoint_behind_a_frozen_picture_leaves_it_in_place(void **state) {
    uint64_t at;

    (void)state;
    bed_keys(&bed, "bWAKE\n NNN");
    at = bed_look(&bed)->at;
    scene_wake(&bed.trace, 2, 7);
    atomic_store(&page()->stopped_after, bed.trace.w.head);
    atomic_store(&page()->stopped, 1);
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_STOPPED);
    assert_int_equal(bed_look(&bed)->at, at);
    bed_expect(&bed, "looking back");
}

static void a_file_nothing_was_polled_of_is_told_later(void **state) {
    static struct fb_trace_site late = {.name = "late", .file = "late.c"};

    (void)state;
    bed_keys(&bed, "blate.c:7\n");
    assert_int_equal(atomic_load(&page()->breaks[0].line), 0);
    fb_trace_site_index(&bed.trace.w, &late);
    bed_tick(&bed, 50);
    assert_int_equal(atomic_load(&page()->breaks[0].line), 7);
    assert_int_equal(atomic_load(&page()->breaks[0].place),
                     fb_trace_site_index(&bed.trace.w, &late));
}

// Task 2 is woken, polled, and returns Pending without storing its waker.
static void lose_a_wake(void) {
    scene_wake(&bed.trace, 2, 7);
    scene_put(&bed.trace, (struct fb_event){.kind = FB_EV_POLL_BEGIN,
                                            .subject = 2,
                                            .poll.future = 20});
    scene_put(&bed.trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                            .subject = 2,
                                            .poll.future = 20});
    scene_idle(&bed.trace, 2);
}

static void a_lint_stops_a_live_program_late_and_says_so(void **state) {
    (void)state;
    bed_keys(&bed, "blint task 9\nblint\n");
    bed_expect(&bed, "when the viewer hears of a lint: some events later");
    assert_int_equal(atomic_load(&page()->viewer_pid), getpid());
    assert_int_equal(atomic_load(&page()->breaks[0].task), 0); // not told
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    lose_a_wake();
    bed_tick(&bed, 50);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_STOPPED);
    assert_int_equal(atomic_load(&page()->mode), FB_CONTROL_STOP);
    bed_expect(&bed, "some events late: ");
}

static void lints_are_breakpoints_in_what_has_happened(void **state) {
    const struct fb_finding *f;

    (void)state;
    lose_a_wake();
    bed_tick(&bed, 50);
    f = fb_lints_at(fb_session_lints(bed.session), 0);
    assert_non_null(f);
    bed_keys(&bed, " blint task 3\nU"); // of another task
    bed_expect(&bed, "No breakpoint is met before this event");
    bed_keys(&bed, "blint task 2\nU");
    assert_int_equal(bed_look(&bed)->at, f->event);
    bed_expect(&bed, "Breakpoint: a lint of task 2, event ");
    bed_keys(&bed, "U");
    bed_expect(&bed, "No breakpoint is met before this event");
    bed_keys(&bed, "g5\nu");
    assert_int_equal(bed_look(&bed)->at, f->event);
    bed_keys(&bed, "g5\nbWAKE task 2\nu"); // which comes before it
    assert_true(bed_look(&bed)->at < f->event);
    assert_int_equal(shown_event()->kind, FB_EV_WAKE);
    bed_keys(&bed, "u");
    assert_int_equal(bed_look(&bed)->at, f->event);
    bed_keys(&bed, "U");
    assert_int_equal(shown_event()->kind, FB_EV_WAKE);
}

// ---- bookmarks -------------------------------------------------------------

static void bookmarks_are_set_named_visited_and_removed(void **state) {
    (void)state;
    bed_keys(&bed, ".");
    bed_expect(&bed, "There is no bookmark yet: m sets one.");
    bed_keys(&bed, "g12\nmthe wake\ng30\nm\n");
    bed_keys(&bed, "gstart\n.");
    assert_int_equal(bed_look(&bed)->at, 12);
    bed_expect(&bed, "⚑ the wake event 12"); // in the header
    bed_keys(&bed, ".");
    assert_int_equal(bed_look(&bed)->at, 30);
    bed_keys(&bed, ".");
    bed_expect(&bed, "There is no later bookmark.");
    bed_keys(&bed, ",m");
    bed_expect(&bed, "No bookmark at event 12 any more.");
    assert_int_equal(bed_look(&bed)->marks->count, 1);
}

static void the_page_of_places_goes_there_and_removes(void **state) {
    (void)state;
    bed_keys(&bed, "B");
    bed_expect(&bed, "none: b asks for one");
    bed_key(&bed, FB_KEY_DELETE); // nothing is there
    bed_keys(&bed, "qbWAKE task 4\ng12\nmhere\ng30\nmthere\nb\n");
    bed_expect(&bed, "▸ WAKE of task 4");
    bed_expect(&bed, "⚑ event 12  here");
    bed_key(&bed, FB_KEY_DOWN);
    bed_expect(&bed, "▸ ⚑ event 12");
    bed_keys(&bed, "\n");
    assert_int_equal(bed_look(&bed)->at, 12);
    bed_keys(&bed, "B");
    bed_key(&bed, FB_KEY_HOME);
    bed_keys(&bed, "-"); // the breakpoint goes
    assert_false(bed_shows(&bed, "WAKE of task 4"));
    bed_key(&bed, FB_KEY_END);
    bed_keys(&bed, "-");
    assert_int_equal(bed_look(&bed)->marks->count, 1);
    for (int i = 0; i < 5; i++) {
        bed_keys(&bed, "-jjkk");
    }
    assert_int_equal(fb_view_places(bed_look(&bed)), 0);
}

// How often a letter stands in the scrubber, which is the only line that begins
// and ends so.
static int on_the_scrubber(char mark) {
    struct fb_frame *f = fb_app_frame(bed.app);
    const char *line;
    int count = 0;

    (void)bed_shows(&bed, "");
    line = bed.shown;
    for (int row = 0; row < f->scrub_row; row++) {
        line = strchr(line, '\n') + 1;
    }
    for (; *line != '\n' && strncmp(line, " end", 4) != 0; line++) {
        count += *line == mark;
    }
    return count;
}

static void
the_scrubber_has_bookmarks_and_breakpoints_that_were_met(void **state) {
    (void)state;
    assert_int_equal(on_the_scrubber('b') + on_the_scrubber('B'), 0);
    bed_keys(&bed, "g12\nmhere\ng30\nmthere\ngstart\n");
    assert_int_equal(bed_look(&bed)->spot_count, 2);
    assert_true(on_the_scrubber('b') > 0);
    bed_keys(&bed, "bTASK_SPAWN task 3\n");
    assert_int_equal(on_the_scrubber('B'), 0);
    bed_keys(&bed, "ugstart\nu"); // the same place twice
    assert_int_equal(bed_look(&bed)->spot_count, 3);
    bed_keys(&bed, "gend\n");
    assert_int_equal(on_the_scrubber('B'), 1);
    bed_keys(&bed, "bTASK_SPAWN task 3\n"); // it is taken away
    assert_int_equal(on_the_scrubber('B'), 0);
    assert_int_equal(bed_look(&bed)->spot_count, 2);
}

static void a_finished_traces_bookmarks_are_there_the_next_time(void **state) {
    char path[200];
    struct fb_app_options options = {.marks_path = path};
    char folder[] = "/tmp/fishbowl-marks-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/deep/er/marks", folder);
    bed_open_with(&bed, true, &options);
    bed_keys(&bed, "g12\nmthe \x07wake\n");
    bed_close(&bed);
    bed_open_with(&bed, true, &options);
    bed_keys(&bed, ".");
    assert_int_equal(bed_look(&bed)->at, 12);
    bed_close(&bed);
    bed_open_with(&bed, false, &options); // a live one's are its own
    bed_keys(&bed, "m\n");
    bed_close(&bed);
    bed_open_with(&bed, true, &options);
    assert_int_equal(bed_look(&bed)->marks->count, 1);
    bed_close(&bed);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/deep/er", folder);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/deep", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

// ---- their file ------------------------------------------------------------

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void a_broken_file_costs_no_bookmark(void **state) {
    char path[] = "/tmp/fishbowl-marks-XXXXXX", old[64];
    struct fb_marks marks;
    size_t bad;

    (void)state;
    close(mkstemp(path));
    snprintf(old, sizeof(old), "%s.old", path);
    write_file(path, "# ours\n12 one\nrubbish\n30\n-5 x\n\n7x\n"
                     "99999999999999999999999 y\n12 \033[2Jagain\n0 z\n");
    assert_int_equal(fb_marks_load(&marks, path, &bad), 0);
    assert_int_equal(bad, 5);
    assert_int_equal(marks.count, 2);
    assert_string_equal(marks.list[0].name, "\\x1b[2Jagain");
    assert_int_equal(marks.list[1].event, 30);
    assert_int_equal(fb_marks_save(&marks, path, true), 0);
    assert_int_equal(access(old, F_OK), 0); // what was there before
    assert_int_equal(fb_marks_load(&marks, path, &bad), 0);
    assert_int_equal(bad, 0);
    assert_int_equal(marks.count, 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(old), 0);
    assert_int_equal(fb_marks_load(&marks, path, &bad), 0); // there is none
    assert_int_equal(marks.count, 0);
}

static void there_is_an_end_to_bookmarks(void **state) {
    struct fb_marks marks = {0};

    (void)state;
    for (uint64_t i = FB_MARKS_MAX; i > 0; i--) {
        assert_int_equal(fb_marks_set(&marks, i * 3, "x"), 0);
    }
    assert_int_equal(fb_marks_set(&marks, 4, "y"), -ENOSPC);
    assert_int_equal(fb_marks_set(&marks, 6, "renamed"), 0);
    assert_string_equal(fb_marks_at(&marks, 6)->name, "renamed");
    for (size_t i = 1; i < marks.count; i++) {
        assert_true(marks.list[i - 1].event < marks.list[i].event);
    }
    assert_int_equal(fb_marks_beside(&marks, 6, 1)->event, 9);
    assert_int_equal(fb_marks_beside(&marks, 5, -1)->event, 3);
    assert_null(fb_marks_beside(&marks, 3, -1));
    assert_null(fb_marks_beside(&marks, 3ull * FB_MARKS_MAX, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST_FINISHED(u_runs_from_breakpoint_to_breakpoint_both_ways),
        BED_TEST_FINISHED(a_line_is_a_breakpoint),
        BED_TEST_FINISHED(what_plays_stops_at_a_breakpoint),
        BED_TEST_FINISHED(a_wrong_breakpoint_stays_to_be_mended),
        BED_TEST_FINISHED(a_step_to_a_wake_says_where_the_task_is_then),
        BED_TEST_FINISHED(turns_of_the_reactor_are_a_step_both_ways),
        BED_TEST(a_live_program_is_told_and_its_stop_is_noticed),
        BED_TEST(without_breakpoints_the_page_is_given_back),
        BED_TEST(a_breakpoint_behind_a_frozen_picture_leaves_it_in_place),
        BED_TEST(a_file_nothing_was_polled_of_is_told_later),
        BED_TEST(a_lint_stops_a_live_program_late_and_says_so),
        BED_TEST(lints_are_breakpoints_in_what_has_happened),
        BED_TEST_FINISHED(bookmarks_are_set_named_visited_and_removed),
        BED_TEST_FINISHED(the_page_of_places_goes_there_and_removes),
        BED_TEST_FINISHED(
            the_scrubber_has_bookmarks_and_breakpoints_that_were_met),
        cmocka_unit_test(a_finished_traces_bookmarks_are_there_the_next_time),
        cmocka_unit_test(a_broken_file_costs_no_bookmark),
        cmocka_unit_test(there_is_an_end_to_bookmarks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
