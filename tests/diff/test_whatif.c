// `fishbowl whatif`: a play twice, with the real greeter.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char kept[96];

static const char *kept_ring(const char *name) {
    static char paths[2][160];
    static int turn;

    turn = !turn;
    snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", kept, name);
    return paths[turn];
}

static int setup(void **state) {
    const int failed = run_setup(state);

    snprintf(kept, sizeof(kept), "%s/kept", run_dir);
    return failed;
}

static void remove_kept(void) {
    unlink(kept_ring("as-it-was.ring"));
    unlink(kept_ring("otherwise.ring"));
    rmdir(kept);
}

static void decisions_are_listed_with_who_could_run(void **state) {
    (void)state;
    assert_int_equal(RUN("whatif", "four"), 0);
    assert_string_equal(run_err, "");
    assert_memory_equal(run_out, "poll 10, event ", 15);
    assert_non_null(strstr(run_out, ": task 2 (127.0.0.1:"));
    assert_non_null(strstr(run_out, " of 4: 2 (127.0.0.1:"));
    assert_non_null(strstr(run_out, "poll 13, event "));
    assert_null(strstr(run_out, "poll 14, event "));
    assert_non_null(strstr(run_out, "fishbowl whatif four --choose POLL:TASK"));
}

static void another_choice_is_the_first_difference(void **state) {
    (void)state;
    assert_int_equal(RUN("whatif", "four", "--choose", "10:4", "--keep", kept),
                     0);
    assert_string_equal(run_err, "");
    assert_non_null(strstr(run_out, "The first difference: A has event "));
    assert_non_null(strstr(run_out, ": Task 2 (127.0.0.1:"));
    assert_non_null(strstr(run_out, "Chosen at the start: task 4 (127.0.0.1:"));
    assert_non_null(strstr(run_out, "is polled before task 2 (127.0.0.1:"));
    // The clients heard the same: only the order was another one.
    assert_int_equal(
        RUN("diff", kept_ring("as-it-was.ring"), kept_ring("otherwise.ring")),
        0);
    assert_int_equal(RUN("print", kept_ring("otherwise.ring"), "--decisions"),
                     0);
    assert_non_null(strstr(run_out, "chosen in event "));
    remove_kept();
}

static void a_seeded_play_is_the_same_twice_and_can_be_changed(void **state) {
    (void)state;
    assert_int_equal(RUN("whatif", "four", "--order", "seed:7", "--choose",
                         "12:2", "--keep", kept),
                     0);
    assert_string_equal(run_err, ""); // the same up to the choice
    assert_non_null(strstr(run_out, "Chosen at the start: task 2"));
    assert_int_equal(RUN("demo", "four", "--plain", "--port", "0", "--order",
                         "seed:7", "--ring", kept_ring("again.ring")),
                     0);
    assert_int_equal(RUN("diff", "--by", "events", kept_ring("as-it-was.ring"),
                         kept_ring("again.ring")),
                     0);
    unlink(kept_ring("again.ring"));
    remove_kept();
}

static void what_cannot_be_chosen_is_refused_with_a_reason(void **state) {
    (void)state;
    assert_int_equal(RUN("whatif", "four", "--choose", "10:9"), 1);
    assert_non_null(strstr(run_err, "that task was not runnable then"));
    assert_int_equal(RUN("whatif", "four", "--choose", "3:1"), 1);
    assert_non_null(strstr(run_err, "there was nothing to choose"));
    assert_int_equal(RUN("whatif", "four", "--choose", "10:2"), 1);
    assert_non_null(strstr(run_err, "that task was polled anyway"));
    assert_int_equal(RUN("whatif", "four", "--choose", "ten"), 2);
    // not the number that is left when its upper half is cut off: 4
    assert_int_equal(RUN("whatif", "four", "--choose", "10:4294967300"), 2);
    assert_int_equal(RUN("whatif", "no-such-play"), 2);
    assert_int_equal(RUN("serve", "--workers", "2", "--choose", "1:1"), 2);
    assert_int_equal(RUN("serve", "--choose", "1"), 2);
}

// The check of a refactoring: three ways to write one behaviour.
static void
three_handlers_differ_in_events_and_not_in_what_they_do(void **state) {
    static const char *const handlers[] = {"inline", "named", "states"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        char path[160];

        snprintf(path, sizeof(path), "%s/%s.ring", run_dir, handlers[i]);
        assert_int_equal(RUN("demo", "four", "--plain", "--port", "0",
                             "--handler", handlers[i], "--ring", path),
                         0);
    }
    for (int i = 0; i < 3; i++) {
        char one[160], other[160];

        snprintf(one, sizeof(one), "%s/%s.ring", run_dir, handlers[i]);
        snprintf(other, sizeof(other), "%s/%s.ring", run_dir,
                 handlers[(i + 1) % 3]);
        assert_int_equal(RUN("diff", one, other), 0);
        assert_int_equal(RUN("diff", "--by", "order", one, other), 0);
        assert_int_equal(RUN("diff", "--by", "events", one, other), 1);
    }
    for (int i = 0; i < 3; i++) {
        char path[160];

        snprintf(path, sizeof(path), "%s/%s.ring", run_dir, handlers[i]);
        unlink(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_are_listed_with_who_could_run),
        cmocka_unit_test(another_choice_is_the_first_difference),
        cmocka_unit_test(a_seeded_play_is_the_same_twice_and_can_be_changed),
        cmocka_unit_test(what_cannot_be_chosen_is_refused_with_a_reason),
        cmocka_unit_test(
            three_handlers_differ_in_events_and_not_in_what_they_do),
    };

    return cmocka_run_group_tests(tests, setup, run_teardown);
}
