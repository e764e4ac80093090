#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct report report;

static const char some_bars[] = "# a comment\n"
                                "\n"
                                "peer ours  Our own\n"
                                "peer other The other one\n"
                                "work walk other going along\n"
                                "work size -     how large\n"
                                "bar  walk ours 1.5 other\n"
                                "bar  size ours 128 -\n";

static int read_with(int (*read)(struct report *r, FILE *in),
                     const char *text) {
    FILE *in = fmemopen((char *)text, strlen(text), "r");
    int line;

    assert_non_null(in);
    line = read(&report, in);
    (void)fclose(in);
    return line;
}

static int fresh(void **state) {
    (void)state;
    report = (struct report){0};
    assert_int_equal(read_with(report_read_bars, some_bars), 0);
    return 0;
}

static void rows(const char *text) {
    assert_int_equal(read_with(report_read_rows, text), 0);
}

static void a_ratio_is_taken_within_a_round(void **state) {
    struct stats s;

    (void)state;
    rows("walk\tours\tns\t10 40\nwalk\tother\tns\t5 10\n");
    assert_true(report_ratio(&report, 0, 0, 1, &s));
    assert_true(s.median == 3); // of 2 and 4; the medians' ratio is 3.33
}

static void a_round_that_one_of_them_lacks_gives_no_ratio(void **state) {
    struct stats s;

    (void)state;
    rows("walk\tours\tns\t10 40 -\nwalk\tother\tns\t- 10 3\n");
    assert_true(report_ratio(&report, 0, 0, 1, &s));
    assert_true(s.median == 4 && s.low == 4 && s.high == 4);
    rows("walk\tours\tns\t10 - -\n");
    assert_false(report_ratio(&report, 0, 0, 1, &s));
}

static void a_bar_is_met_at_its_limit_and_missed_above(void **state) {
    double value = 0;

    (void)state;
    assert_int_equal(report_judge(&report, &report.bar[0], &value),
                     REPORT_NOT_MEASURED);
    rows("walk\tours\tns\t15\nwalk\tother\tns\t10\n");
    assert_int_equal(report_judge(&report, &report.bar[0], &value), REPORT_MET);
    assert_true(value == 1.5);
    rows("walk\tours\tns\t15.001\n");
    assert_int_equal(report_judge(&report, &report.bar[0], &value),
                     REPORT_MISSED);
}

static void a_bar_without_a_base_judges_the_median(void **state) {
    double value = 0;

    (void)state;
    assert_int_equal(report_judge(&report, &report.bar[1], &value),
                     REPORT_NOT_MEASURED);
    rows("size\tours\tB\t127 128 900\n");
    assert_int_equal(report_judge(&report, &report.bar[1], &value), REPORT_MET);
    assert_true(value == 128);
    rows("size\tours\tB\t129\n");
    assert_int_equal(report_judge(&report, &report.bar[1], &value),
                     REPORT_MISSED);
}

static void a_cost_below_nothing_meets_no_bar(void **state) {
    double value = 0;

    (void)state;
    rows("size\tours\tB\t-3 -2 40\n");
    assert_int_equal(report_judge(&report, &report.bar[1], &value),
                     REPORT_NOT_MEASURED);
}

static void a_cost_of_nothing_meets_a_bar(void **state) {
    double value = 1;

    (void)state;
    rows("size\tours\tB\t0 0 40\n");
    assert_int_equal(report_judge(&report, &report.bar[1], &value), REPORT_MET);
    assert_true(value == 0);
}

static void a_line_that_makes_no_sense_is_named(void **state) {
    (void)state;
    assert_int_equal(read_with(report_read_bars, "\nbar walk nobody 1 -\n"), 2);
    assert_int_equal(read_with(report_read_bars, "work x nobody title\n"), 1);
    assert_int_equal(read_with(report_read_bars, "word\n"), 1);
    assert_int_equal(read_with(report_read_rows, "walk ours ns 1\n"), 1);
    assert_int_equal(read_with(report_read_rows, "walk\tours\tns\t1 two\n"), 1);
    assert_int_equal(read_with(report_read_rows, "walk\tours\tns\tnan\n"), 1);
    // of a work that nobody has named: another program's, not an error
    assert_int_equal(read_with(report_read_rows, "fly\tours\tns\t1\n"), 0);
}

static void table_and_picture_show_what_was_measured(void **state) {
    char *text = NULL;
    size_t len = 0, circles = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    rows("walk\tours\tns\t20\nwalk\tother\tns\t10\n");
    report_table(&report, out);
    (void)fclose(out);
    assert_non_null(strstr(text, "going along (ns; beside: The other one)"));
    assert_non_null(strstr(text, "bar 1.5 x other: MISSED (2.000)"));
    assert_null(strstr(text, "how large"));
    assert_non_null(strstr(text, "0 of 2 bars met, 1 missed, 1 not measured"));
    free(text);

    out = open_memstream(&text, &len);
    report_plot(&report, out);
    (void)fclose(out);
    for (const char *at = text; (at = strstr(at, "<circle")) != NULL; at++) {
        circles++;
    }
    assert_int_equal(circles, 3); // two in the legend, one ratio
    assert_non_null(strstr(text, "Our own: 2.00"));
    free(text);
}

static void the_bars_of_the_project_can_be_read(void **state) {
    static struct report real;
    FILE *in = fopen(BARS_FILE, "re");

    (void)state;
    assert_non_null(in);
    assert_int_equal(report_read_bars(&real, in), 0);
    (void)fclose(in);
    assert_true(real.works > 0 && real.bars > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_ratio_is_taken_within_a_round, fresh),
        cmocka_unit_test_setup(a_round_that_one_of_them_lacks_gives_no_ratio,
                               fresh),
        cmocka_unit_test_setup(a_bar_is_met_at_its_limit_and_missed_above,
                               fresh),
        cmocka_unit_test_setup(a_bar_without_a_base_judges_the_median, fresh),
        cmocka_unit_test_setup(a_cost_below_nothing_meets_no_bar, fresh),
        cmocka_unit_test_setup(a_cost_of_nothing_meets_a_bar, fresh),
        cmocka_unit_test_setup(a_line_that_makes_no_sense_is_named, fresh),
        cmocka_unit_test_setup(table_and_picture_show_what_was_measured, fresh),
        cmocka_unit_test(the_bars_of_the_project_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
