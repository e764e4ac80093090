// Random and hostile events: the world stays whole, whatever comes.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lives.h"
#include "normal.h"
#include "random_events.h"
#include "tape.h"
#include "whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 60, EVENTS = 3000 };

static uint64_t seed_of(int run) {
    const char *given = getenv("FB_SEED");

    return given != NULL ? strtoull(given, NULL, 0)
                         : 0x9e3779b97f4a7c15ull * (uint64_t)(run + 1);
}

static void the_world_stays_whole_whatever_events_come(void **state) {
    (void)state;
    for (int run = 0; run < RUNS; run++) {
        uint64_t random = seed_of(run), number = run % 3 == 0 ? 500 : 0;
        struct fb_model before = {0}, after;

        print_message("FB_SEED=%#llx\n", (unsigned long long)random);
        assert_int_equal(fb_model_init(&after), 0);
        for (int i = 0; i < EVENTS; i++) {
            const struct fb_event e = random_event(&random);

            number += random_next(&random) % 200 == 0 ? 7 : 1;
            assert_int_equal(fb_model_copy(&before, &after), 0);
            assert_int_equal(fb_model_feed(&after, number, &e), 0);
            if (i % 16 == 0) {
                whole_world(&after);
            }
            whole_words(&before, &after, number, &e);
        }
        whole_world(&after);
        // what it keeps is bounded by what it was fed
        assert_true(after.tasks.count + after.futures.count +
                        after.holds.count <=
                    3 * EVENTS);
        fb_model_deinit(&before);
        fb_model_deinit(&after);
    }
}

static void lints_survive_anything_and_stay_within_bounds(void **state) {
    // so low that all of them fire
    const struct fb_lint_options low = {.long_poll_ns = 1,
                                        .endless_poll_ns = 1,
                                        .endless_results = 1,
                                        .self_wakes = 1,
                                        .large_bytes = 1};
    unsigned fired = 0;

    (void)state;
    for (int run = 0; run < RUNS; run++) {
        uint64_t random = seed_of(run) ^ 99, number = 0;
        struct fb_lints *lints;
        struct fb_model m;

        assert_int_equal(fb_model_init(&m), 0);
        assert_int_equal(fb_lints_create(&lints, &low), 0);
        for (int i = 0; i < EVENTS; i++) {
            const struct fb_event e = random_event(&random);

            number += run % 2 && random_next(&random) % 900 == 0 ? 7 : 1;
            assert_int_equal(fb_model_feed(&m, number, &e), 0);
            fb_lints_feed(lints, &m, number, &e);
        }
        fb_lints_end(lints, &m);
        whole_lints(lints, &m);
        for (size_t i = 0; i < fb_lints_count(lints); i++) {
            fired |= 1u << fb_lints_at(lints, i)->kind;
        }
        fb_lints_destroy(lints);
        fb_model_deinit(&m);
    }
    // a whole poll with a self-wake in it is not made by chance
    assert_int_equal(fired | 1u << FB_LINT_SELF_WAKE_STORM,
                     (1u << FB_LINTS) - 1);
}

static void checker_and_normal_form_survive_anything(void **state) {
    (void)state;
    for (int run = 0; run < RUNS; run++) {
        uint64_t random = seed_of(run) ^ 77, number = 0;
        struct fb_history *h;
        struct fb_lives *lives;
        char *text;

        assert_int_equal(fb_history_create(&h, run % 2 ? 400 : 0), 0);
        assert_int_equal(fb_lives_create(&lives), 0);
        for (int i = 0; i < EVENTS; i++) {
            const struct fb_event e = random_event(&random);

            number += random_next(&random) % 900 == 0 ? 7 : 1;
            assert_int_equal(fb_history_push(h, number, &e), 0);
            assert_int_equal(fb_lives_feed(lives, number, &e), 0);
        }
        whole_questions(h, fb_history_live(h));
        fb_lives_finish(lives, FB_LIVES_ENDED);
        assert_true(fb_lives_violations(lives) > 0);
        assert_int_equal(fb_normal_text(h, &tape_names,
                                        FB_NORMAL_TYPES | FB_NORMAL_POLLS,
                                        &text),
                         0);
        free(text);
        fb_lives_destroy(lives);
        fb_history_destroy(h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_world_stays_whole_whatever_events_come),
        cmocka_unit_test(lints_survive_anything_and_stay_within_bounds),
        cmocka_unit_test(checker_and_normal_form_survive_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
