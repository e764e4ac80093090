// Reports: what a learner hands in is what a teacher's table says; and what
// others hand in is never trusted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn_bed.h"
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int class_setup(void **state) {
    assert_int_equal(bed_setup(state), 0);
    assert_int_equal(mkdir(in("reports"), 0700), 0);
    return 0;
}

static void hand_in(const char *name, const char *file) {
    char path[64];

    assert_int_equal(LEARN("report", "--json", "--name", name), 0);
    snprintf(path, sizeof(path), "reports/%s", file);
    put(path, run_out);
}

static void a_report_comes_back_as_a_row(void **state) {
    (void)state;
    save(GIVES(3));
    assert_int_equal(LEARN("run", "7"), 1);
    assert_int_equal(LEARN("hint", "7"), 0);
    hand_in("Bob", "b.json");
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0);
    assert_int_equal(LEARN("solution", "8", "--give-up"), 0);
    hand_in("Ada", "a.json");
    assert_int_equal(LEARN("class", in("reports")), 0);
    assert_has(run_out, "who                        passed attempts  hints");
    assert_has(run_out, "Ada                           1/2        2      1");
    assert_has(run_out, "Bob                           0/2        1      1");
    assert_true(strstr(run_out, "Ada") < strstr(run_out, "Bob"));
    assert_has(run_out, "T14      2 times, by 2 of 2");
    assert_has(run_out, "07_say_seven                 by 1, 1 attempts");
}

static void as_csv_there_is_a_row_for_each_exercise(void **state) {
    (void)state;
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0);
    hand_in("=cmd|' /C calc'!A0", "a.json");
    assert_int_equal(LEARN("class", in("reports"), "--csv"), 0);
    assert_has(run_out,
               "who,exercise,state,attempts,hints,minutes,gave_up\r\n");
    // a spreadsheet must not take it for a formula
    assert_has(run_out,
               "\"'=cmd|' /C calc'!A0\",\"07_say_seven\",\"passed\",1,0,"
               "0,no\r\n");
    assert_has(run_out, "\"08_say_more\",\"new\",0,0,0,no\r\n");
}

static void what_is_no_report_is_named_and_the_rest_counts(void **state) {
    (void)state;
    hand_in("Ada", "a.json");
    put("reports/broken.json", "{\"report\": \"fishbowl");
    put("reports/other.json", "[1, 2]");
    put("reports/future.json",
        "{\"report\": \"fishbowl learn\", \"format\": 2, \"exercises\": []}");
    put("reports/notes.txt", "not looked at");
    put("reports/\033[31m.json", "{}");
    assert_int_equal(LEARN("class", in("reports")), 1);
    assert_has(run_out, "Ada");
    assert_has(run_err, "broken.json: line 1: it is no JSON");
    assert_has(run_err, "other.json: it is no report");
    assert_has(run_err, "future.json: it is no report");
    assert_has(run_err, "\\x1b[31m.json");
    assert_has_not(run_err, "\033");
    assert_has_not(run_err, "notes");
}

static void hostile_reports_harm_nobody(void **state) {
    (void)state;
    put("reports/a.json",
        "{\"report\": \"fishbowl learn\", \"format\": 1, \"learner\": "
        "\"\\u001b[2J\\u202eeve\", \"exercises\": [7, {\"id\": [], "
        "\"attempts\": -5, \"hints\": 1e300, \"minutes\": 99999999999999, "
        "\"state\": \"passed\", \"claims\": {\"a very long claim name\": "
        "\"x\", \"T1\": 3}}, null]}");
    assert_int_equal(LEARN("class", in("reports")), 0);
    assert_has(run_out, "\\x1b[2J\\u202eeve");
    assert_has_not(run_out, "\033");
    assert_has(run_out, "1/3        0      0  1000000");
    assert_has(run_out, "T1       3 times, by 1 of 1");
}

static void an_empty_class_says_what_to_collect(void **state) {
    (void)state;
    assert_int_equal(LEARN("class", in("reports")), 1);
    assert_has(run_err, "no reports (collect what");
    assert_int_equal(LEARN("class"), 2);
    assert_int_equal(LEARN("class", in("nowhere")), 1);
}

static void for_people_a_report_is_a_table(void **state) {
    (void)state;
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0);
    assert_int_equal(LEARN("report"), 0);
    assert_has(run_out, "Report of ada");
    assert_has(run_out, "1 of 2 passed");
}

static void a_new_exercise_has_all_parts_and_says_fill_in(void **state) {
    char *info;

    (void)state;
    assert_int_equal(LEARN("new", "late_wake"), 0);
    assert_has(run_out, "course/09_late_wake");
    info = get("course/09_late_wake/info");
    assert_has(info, "file: late_wake.c");
    assert_has(info, "FILL IN");
    free(info);
    info = get("course/09_late_wake/late_wake.c");
    assert_has(info, "// YOURS: begin");
    free(info);
    assert_int_equal(LEARN("new", "../evil"), 2);
    assert_int_equal(LEARN("new", "Late"), 2);
    assert_int_equal(LEARN("new"), 2);
}

#define CLASS(name)                                                            \
    cmocka_unit_test_setup_teardown(name, class_setup, bed_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CLASS(a_report_comes_back_as_a_row),
        CLASS(as_csv_there_is_a_row_for_each_exercise),
        CLASS(what_is_no_report_is_named_and_the_rest_counts),
        CLASS(hostile_reports_harm_nobody),
        CLASS(an_empty_class_says_what_to_collect),
        CLASS(for_people_a_report_is_a_table),
        CLASS(a_new_exercise_has_all_parts_and_says_fill_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
