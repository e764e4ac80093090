// Looking for tasks, moments and sentences: filters, orders, times, words.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "moment.h"
#include "query.h"
#include "random_events.h"
#include "story_find.h"
#include "tape.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;
static struct fb_model world;
static struct moments at;

static int setup(void **state) {
    (void)state;
    memset(&tape, 0, sizeof(tape));
    tape_greeter(&tape, &at);
    tape_play(&tape, at.greet_waits, &world);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_model_deinit(&world);
    return 0;
}

// ---- filters ---------------------------------------------------------------

static void expect_tasks(const char *filter, const char *ids) {
    struct fb_query query = {0};
    struct fb_task_list list;
    char why[FB_FILTER_WHY] = "", got[64] = "";

    if (fb_filter_parse(&query.filter, filter, why, sizeof(why))) {
        fail_msg("%s: %s", filter, why);
    }
    assert_int_equal(fb_task_list_init(&list, &world, &tape_names, &query), 0);
    for (size_t i = 0; i < list.count; i++) {
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%u",
                 i ? " " : "", list.ids[i]);
    }
    fb_task_list_deinit(&list);
    if (strcmp(got, ids) != 0) {
        fail_msg("\"%s\" gave \"%s\", not \"%s\"", filter, got, ids);
    }
}

static void filters_choose_by_state_text_and_reason(void **state) {
    (void)state;
    expect_tasks("", "1 2");
    expect_tasks("   ", "1 2");
    expect_tasks("idle", "1 2");
    expect_tasks("running", "");
    expect_tasks("!idle", "");
    expect_tasks("live !lost", "1 2");
    expect_tasks("id:2", "2");
    expect_tasks("task:1", "1");
    expect_tasks("name:GREET", "2");
    expect_tasks("greet", "2");
    expect_tasks("serve", "1");
    expect_tasks("await:\"fd 7\"", "");
    expect_tasks("await:readable idle", "1 2");
    expect_tasks("by:spawn", "2");
    expect_tasks("by:\"fd", "");
    expect_tasks("by:REACTOR", "1");
    expect_tasks("state:idle !name:serve", "2");
    expect_tasks("2", "2");
}

static void expect_wrong(const char *filter, const char *words) {
    struct fb_filter f = {.count = 7};
    char why[FB_FILTER_WHY] = "";

    assert_int_equal(fb_filter_parse(&f, filter, why, sizeof(why)), -EINVAL);
    assert_non_null(strstr(why, words));
    assert_int_equal(f.count, 7); // untouched
}

static void wrong_filters_say_what_would_be_right(void **state) {
    char longest[FB_FILTER_BYTES + 1];

    (void)state;
    expect_wrong("colour:red", "label:");
    expect_wrong("label:", "nothing follows");
    expect_wrong("state:asleep", "scheduled");
    expect_wrong("id:x", "id:5");
    expect_wrong("id:99999999999", "id:5");
    expect_wrong("!", "nothing follows");
    expect_wrong("a b c d e f g h i", "at most 8");
    memset(longest, 'x', sizeof(longest));
    longest[FB_FILTER_BYTES] = '\0';
    expect_wrong(longest, "at most");
}

// ---- orders ----------------------------------------------------------------

static int by_hand(const struct fb_model_task *a, const struct fb_model_task *b,
                   enum fb_task_order order) {
    switch (order) {
    case FB_ORDER_POLLS: return (b->polls > a->polls) - (b->polls < a->polls);
    case FB_ORDER_BUSY:
        return (b->busy_ns > a->busy_ns) - (b->busy_ns < a->busy_ns);
    case FB_ORDER_WAKE:
        return (b->woken_event > a->woken_event) -
               (b->woken_event < a->woken_event);
    case FB_ORDER_AGE:
        return (a->spawn_event > b->spawn_event) -
               (a->spawn_event < b->spawn_event);
    default: return 0;
    }
}

// Any events at all: every order is an order, and shows each task once.
static void every_order_holds_whatever_the_events(void **state) {
    struct fb_model m;
    uint64_t random = 99;

    (void)state;
    assert_int_equal(fb_model_init(&m), 0);
    for (uint64_t n = 1; n <= 20000; n++) {
        struct fb_event e = random_event(&random);

        assert_int_equal(fb_model_feed(&m, n, &e), 0);
        if (n % 2500 != 0) {
            continue;
        }
        for (unsigned o = 0; o < 2 * FB_ORDERS; o++) {
            struct fb_query q = {.order = (uint8_t)(o / 2), .reverse = o % 2};
            struct fb_task_list list;
            bool freed = false;

            assert_int_equal(fb_task_list_init(&list, &m, &tape_names, &q), 0);
            assert_int_equal(list.count, list.all);
            for (size_t i = 0; i < list.count; i++) {
                const struct fb_model_task *t = fb_model_task(&m, list.ids[i]);
                const struct fb_model_task *before =
                    i ? fb_model_task(&m, list.ids[i - 1]) : NULL;
                int by;

                assert_non_null(t);
                assert_true(t->state == FB_TASK_FREED || !freed);
                if (before && freed == (t->state == FB_TASK_FREED)) {
                    by = by_hand(before, t, (enum fb_task_order)q.order);
                    assert_true(q.reverse ? by >= 0 : by <= 0);
                }
                freed = t->state == FB_TASK_FREED;
            }
            fb_task_list_deinit(&list);
        }
    }
    fb_model_deinit(&m);
}

static void orders_are_called_by_their_names(void **state) {
    enum fb_task_order order = FB_ORDERS;

    (void)state;
    for (int i = 0; i < FB_ORDERS; i++) {
        assert_int_equal(
            fb_order_parse(&order, fb_order_name((enum fb_task_order)i)), 0);
        assert_int_equal(order, i);
    }
    assert_int_equal(fb_order_parse(&order, "size"), -EINVAL);
}

// ---- moments ---------------------------------------------------------------

// Events 1 to 9 and 20 to 29, 10 ms apart, from 1 s on.
static struct fb_history *moments_of(void) {
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint64_t n = 1; n < 30; n++) {
        struct fb_event e = {.kind = FB_EV_YIELD,
                             .subject = 1,
                             .time_ns = 1000000000u + n * 10000000u};

        if (n < 10 || n >= 20) {
            assert_int_equal(fb_history_push(h, n, &e), 0);
        }
    }
    return h;
}

static void moments_are_found_in_words(void **state) {
    static const struct {
        const char *words;
        uint64_t event;
    } right[] = {
        {"7", 7},     {"15", 9},       {"0", 1},           {"1,000", 29},
        {"+1", 6},    {"-2", 3},       {"-99", 1},         {"+4", 9},
        {"+10", 9},   {"+99", 29},     {"1.05s", 5},       {"1055ms", 5},
        {"1.1s", 9},  {"1.205 s", 20}, {"0.3s", 1},        {"90min", 29},
        {"+20ms", 7}, {"-0.03s", 2},   {"start", 1},       {"end", 29},
        {" 8", 8},    {"+1us", 5},     {"1050000000ns", 5}};
    static const char *const wrong[] = {"",       "x",
                                        "+",      "1.5",
                                        "5 days", "--3",
                                        "1e5",    "99999999999999999999999",
                                        "1.5.2s", "18446744073s5",
                                        "-s"};
    struct fb_history *h = moments_of();
    char why[200];
    uint64_t event;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        if (fb_moment_find(&event, right[i].words, h, 5, 0, why, sizeof(why)) ||
            event != right[i].event) {
            fail_msg("\"%s\" gave %d", right[i].words, (int)event);
        }
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        event = 4711;
        why[0] = '\0';
        if (fb_moment_find(&event, wrong[i], h, 5, 0, why, sizeof(why)) == 0) {
            fail_msg("\"%s\" is a moment", wrong[i]);
        }
        assert_non_null(strstr(why, "1.5s"));
        assert_int_equal(event, 4711);
    }
    fb_history_destroy(h);
}

static void times_in_disorder_still_end_somewhere(void **state) {
    struct fb_history *h;
    uint64_t random = 5, event;
    char why[200];

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint64_t n = 1, number = 0; n < 5000; n++) {
        struct fb_event e = random_event(&random);

        number += 1 + random_next(&random) % 3;
        e.time_ns = random_next(&random);
        assert_int_equal(fb_history_push(h, number, &e), 0);
    }
    for (int i = 0; i < 2000; i++) {
        char words[40];

        snprintf(words, sizeof(words), "%dms",
                 (int)(random_next(&random) % 1000000));
        assert_int_equal(
            fb_moment_find(&event, words, h, 1, 0, why, sizeof(why)), 0);
        assert_non_null(fb_history_event(h, event));
    }
    fb_history_destroy(h);
}

// ---- sentences -------------------------------------------------------------

// The event that a walk over all sentences finds.
static uint64_t walk_for(const struct fb_event *events, size_t count,
                         uint64_t from, int direction, const char *words) {
    struct fb_model before = {0}, after = {0};
    uint64_t found = 0;
    char text[1024];

    assert_int_equal(fb_model_init(&before), 0);
    assert_int_equal(fb_model_init(&after), 0);
    for (uint64_t n = 1; n <= count; n++) {
        const struct fb_event *e = &events[n - 1];

        assert_int_equal(fb_model_feed(&after, n, e), 0);
        fb_story_sentence(text, sizeof(text), &tape_names, n, e, &before,
                          &after);
        assert_int_equal(fb_model_feed(&before, n, e), 0);
        if (fb_story_tells(e) && fb_text_find(text, words) &&
            (direction > 0 ? n > from && found == 0 : n < from)) {
            found = n;
        }
    }
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    return found;
}

static void sentences_are_found_in_both_directions(void **state) {
    enum { EVENTS = 4000 };
    struct fb_event *events = malloc(EVENTS * sizeof(*events));
    static const char *const words[] = {"task 7", "timer", "WOKEN", "zebra"};
    uint64_t random = 11, event, looked;
    struct fb_history *h;

    (void)state;
    assert_non_null(events);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < EVENTS; i++) {
        events[i] = random_event(&random);
        assert_int_equal(fb_history_push(h, i + 1, &events[i]), 0);
    }
    for (int i = 0; i < 12; i++) {
        uint64_t from = 1 + random_next(&random) % EVENTS;
        int direction = i % 2 ? 1 : -1;

        assert_int_equal(fb_story_find(h, &tape_names, from, direction,
                                       words[i % 4], EVENTS, &event, &looked),
                         0);
        assert_int_equal(
            event, walk_for(events, EVENTS, from, direction, words[i % 4]));
    }
    // from a hit on, the hit itself is not found again
    event = walk_for(events, EVENTS, 0, 1, "timer");
    for (int direction = -1; direction <= 1; direction += 2) {
        uint64_t from = walk_for(events, EVENTS, event, 1, "timer");

        assert_int_equal(fb_story_find(h, &tape_names, from, direction, "timer",
                                       EVENTS, &event, &looked),
                         0);
        assert_int_equal(event,
                         walk_for(events, EVENTS, from, direction, "timer"));
        assert_true(event != from);
    }
    // a limit ends it, and says where
    assert_int_equal(
        fb_story_find(h, &tape_names, 10, 1, "zebra", 100, &event, &looked), 0);
    assert_int_equal(event, 0);
    assert_int_equal(looked, 110);
    fb_history_destroy(h);
    free(events);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(filters_choose_by_state_text_and_reason),
        TEST(wrong_filters_say_what_would_be_right),
        cmocka_unit_test(every_order_holds_whatever_the_events),
        cmocka_unit_test(orders_are_called_by_their_names),
        cmocka_unit_test(moments_are_found_in_words),
        cmocka_unit_test(times_in_disorder_still_end_somewhere),
        cmocka_unit_test(sentences_are_found_in_both_directions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
