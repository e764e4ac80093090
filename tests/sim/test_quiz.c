// Questions about real runs: every one that can be asked about many simulated
// crowds is judged by tests/model/quiz_check.c, from the bare events.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "quiz_check.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 1 << 16 };

static struct fb_event *events;
static uint64_t count;
static struct fb_history *history;

static void keep(void *arg, uint64_t number, const struct fb_event *e) {
    (void)arg;
    if (number <= EVENTS_MAX) {
        assert_int_equal(number, count + 1);
        events[count++] = *e;
        assert_int_equal(fb_history_push(history, number, e), 0);
    }
}

static void run_crowd(const struct greeter_handler *handler, uint64_t seed,
                      enum fb_order order, bool faults) {
    struct run_options o = {.crowd = {.clients = 60, .alive = 16},
                            .net = {.buffer_bytes = faults ? 0 : 4096},
                            .handler = handler,
                            .seed = seed,
                            .order = order,
                            .idle_timeout_ns = seed % 3 ? 0 : 50000000,
                            .traced = true,
                            .ring_events = 1u << 15,
                            .on_event = keep};
    struct run_result r;

    if (faults) {
        o.net.faults = run_usual_faults();
    }
    count = 0;
    assert_int_equal(fb_history_create(&history, 0), 0);
    run_simulation(&o, &r);
    if (r.failure[0] != '\0' || r.err < 0) {
        fail_msg("%s: %s (%d)", handler->name, r.failure, r.err);
    }
}

static const struct greeter_handler *const handlers[] = {
    &greeter_inline, &greeter_named, &greeter_states};

static void every_question_about_real_runs_is_true(void **state) {
    static const enum fb_order orders[] = {FB_ORDER_FIFO, FB_ORDER_LIFO,
                                           FB_ORDER_SEEDED};
    const struct fb_names nobody = {0};
    uint32_t asked[FB_QUIZ_KINDS] = {0};

    (void)state;
    for (int i = 0; i < 36; i++) {
        struct quiz_tape t = {events, 0};

        run_crowd(handlers[i % 3], (uint64_t)i + 1, orders[i / 3 % 3],
                  i % 2 == 1);
        t.count = count;
        quiz_check_all(&t, history, &nobody, asked);
        fb_history_destroy(history);
    }
    for (int kind = 0; kind < FB_QUIZ_KINDS; kind++) {
        print_message("%s: %u\n", fb_quiz_name((enum fb_quiz_kind)kind),
                      asked[kind]);
        assert_true(asked[kind] > 100); // or the claim above is empty
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_about_real_runs_is_true),
    };
    int failed;

    events = calloc(EVENTS_MAX, sizeof *events);
    failed = events ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(events);
    return failed;
}
