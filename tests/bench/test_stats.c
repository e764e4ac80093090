#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"
#include <cmocka.h>

static void median_and_quartiles_do_not_depend_on_order(void **state) {
    double values[] = {5, 1, 4, 2, 3};
    struct stats s = stats_of(values, 5);

    (void)state;
    assert_true(s.low == 2 && s.median == 3 && s.high == 4);
}

static void a_quantile_between_two_values_is_interpolated(void **state) {
    double values[] = {4, 1, 3, 2};
    struct stats s = stats_of(values, 4);

    (void)state;
    assert_true(s.low == 1.75 && s.median == 2.5 && s.high == 3.25);
}

static void one_value_is_its_own_spread(void **state) {
    double values[] = {7};
    struct stats s = stats_of(values, 1);

    (void)state;
    assert_true(s.low == 7 && s.median == 7 && s.high == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_and_quartiles_do_not_depend_on_order),
        cmocka_unit_test(a_quantile_between_two_values_is_interpolated),
        cmocka_unit_test(one_value_is_its_own_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
