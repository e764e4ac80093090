// Breakpoints in what has happened: their words, and every event they mean.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "breaks.h"
#include "random_events.h"
#include "tape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char why[FB_BREAK_WHY];

static struct fb_break parse(const char *text) {
    struct fb_break b;

    if (fb_break_parse(&b, text, why, sizeof(why))) {
        fail_msg("%s: %s", text, why);
    }
    return b;
}

static void breaks_are_said_as_they_are_meant(void **state) {
    static const char *const said[][2] = {
        {"WAKE", "WAKE"},
        {"wake,poll_end", "POLL_END or WAKE"},
        {"task 5", "any event of task 5"},
        {"POLL_BEGIN task 5", "POLL_BEGIN of task 5"},
        {"named.c:42", "an await at named.c:42"},
        {"lint", "a lint"},
        {"LINT task 4", "a lint of task 4"},
        {"server/named.c:42 task 3", "an await at server/named.c:42 of task 3"},
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct fb_break b = parse(said[i][0]);

        fb_break_say(text, sizeof(text), &b);
        assert_string_equal(text, said[i][1]);
    }
}

static void wrong_breaks_say_what_would_be_right(void **state) {
    static const char *const wrong[] = {"",          "  ",
                                        "WAKES",     "task",
                                        "task x",    "task 0",
                                        "42",        "named.c:",
                                        ":42",       "a.c:0",
                                        "a.c:4x",    "task 5 6",
                                        "task -1",   "a.c:99999999999",
                                        "lint WAKE", "lint a.c:3"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fb_break b = {.meets.task = 77};

        why[0] = '\0';
        if (fb_break_parse(&b, wrong[i], why, sizeof(why)) != -EINVAL) {
            fail_msg("\"%s\" is a break", wrong[i]);
        }
        assert_true(why[0] != '\0');
        assert_int_equal(b.meets.task, 77);
    }
}

static void the_same_again_takes_it_away(void **state) {
    struct fb_breaks all = {0};
    struct fb_break b;

    (void)state;
    for (uint32_t i = 1; i <= FB_CONTROL_BREAKS; i++) {
        b = (struct fb_break){.meets.task = i};
        assert_int_equal(fb_breaks_toggle(&all, &b), 0);
    }
    b.meets.task = 99;
    assert_int_equal(fb_breaks_toggle(&all, &b), -ENOSPC);
    b.meets.task = 3;
    assert_int_equal(fb_breaks_toggle(&all, &b), 0);
    assert_int_equal(all.count, FB_CONTROL_BREAKS - 1);
    assert_int_equal(all.list[2].meets.task, 4);
    fb_breaks_remove(&all, 77); // there is none
    assert_int_equal(all.count, FB_CONTROL_BREAKS - 1);
}

// Types 1 to 3 are in dir/a.c, 4 to 6 in b.c.
static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    (void)arg;
    *ret_name = index >= 1 && index <= 6 ? "type" : "?";
    *ret_file = index >= 1 && index <= 3   ? "dir/a.c"
                : index >= 4 && index <= 6 ? "b.c"
                                           : "?";
    *ret_line = 1;
    *ret_size = 0;
}

static const struct fb_names names = {.place = place};

static bool meets_by_hand(const struct fb_break *b, const struct fb_event *e) {
    const uint16_t type = e->enter.parent_type;

    if ((e->flags & FB_EV_FLAG_CENSUS) ||
        (b->meets.kinds && !(b->meets.kinds >> e->kind & 1)) ||
        (b->meets.task && fb_event_task(e) != b->meets.task)) {
        return false;
    }
    return !b->meets.line ||
           (e->kind == FB_EV_FUTURE_ENTER && e->enter.line == b->meets.line &&
            (b->file[0] == 'b' ? type >= 4 && type <= 6
                               : type >= 1 && type <= 3));
}

// A long tape with gaps: what is found is what a walk over all events finds.
static void every_break_is_found_both_ways(void **state) {
    enum { EVENTS = 200000 };
    static const char *const words[] = {
        "WAKE",    "task 7",          "b.c:3", "a.c:2 task 4",
        "r/a.c:1", "POLL_END task 2", "STALL", "dir/a.c:5"};
    struct fb_event *events = calloc(EVENTS, sizeof(*events));
    uint64_t *numbers = calloc(EVENTS, sizeof(*numbers)), random = 3;
    struct fb_history *h;
    uint64_t number = 0;

    (void)state;
    assert_non_null(events);
    assert_non_null(numbers);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < EVENTS; i++) {
        events[i] = random_event(&random);
        if (events[i].kind == FB_EV_FUTURE_ENTER) {
            events[i].enter.parent_type = (uint16_t)(random % 8 + 1);
            events[i].enter.line = (uint32_t)(random >> 8) % 2000;
        }
        number += random_next(&random) % 4000 == 0 ? 200000 : 1;
        numbers[i] = number;
        assert_int_equal(fb_history_push(h, number, &events[i]), 0);
    }
    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        struct fb_breaks one = {.count = 1, .list = {parse(words[w])}};
        // "r/a.c" is no whole name of a folder
        const bool none = strcmp(words[w], "r/a.c:1") == 0;

        for (int i = 0; i < 20; i++) {
            size_t at = random_next(&random) % EVENTS, which;
            uint64_t after = 0, before = 0;

            for (size_t k = at + 1; k < EVENTS && !after && !none; k++) {
                after =
                    meets_by_hand(&one.list[0], &events[k]) ? numbers[k] : 0;
            }
            for (size_t k = at; k > 0 && !before && !none; k--) {
                before = meets_by_hand(&one.list[0], &events[k - 1])
                             ? numbers[k - 1]
                             : 0;
            }
            assert_int_equal(
                fb_breaks_find(&one, h, &names, NULL, numbers[at], 1, &which),
                after);
            assert_int_equal(
                fb_breaks_find(&one, h, &names, NULL, numbers[at], -1, &which),
                before);
        }
    }
    fb_history_destroy(h);
    free(events);
    free(numbers);
}

static void no_gap_is_walked_through(void **state) {
    struct fb_breaks one = {.count = 1, .list = {parse("STALL")}};
    struct fb_event e = {.kind = FB_EV_YIELD, .subject = 1};
    struct fb_history *h;
    size_t which;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    assert_int_equal(fb_history_push(h, 5, &e), 0);
    assert_int_equal(fb_history_push(h, UINT64_MAX / 2, &e), 0);
    assert_int_equal(
        fb_breaks_find(&one, h, &names, NULL, UINT64_MAX / 2, -1, &which), 0);
    assert_int_equal(fb_breaks_find(&one, h, &names, NULL, 0, 1, &which), 0);
    fb_history_destroy(h);
}

// A trace whose awaits do not name the type whose file they are in.
static void without_a_type_the_model_is_asked(void **state) {
    static struct tape tape;
    struct fb_breaks one = {.count = 1, .list = {parse("named.c:31")}};
    struct moments at;
    struct fb_history *h;
    uint64_t found;
    size_t which;

    (void)state;
    tape_greeter(&tape, &at);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        if (tape.events[i].kind == FB_EV_FUTURE_ENTER) {
            tape.events[i].enter.line = 31;
        }
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    found = fb_breaks_find(&one, h, &tape_names, NULL, 0, 1, &which);
    assert_true(found > 0);
    assert_int_equal(tape.events[found - 1].enter.task,
                     2); // greet's, not serve's
    assert_int_equal(fb_breaks_at(&one, h, &tape_names, NULL, found), 0);
    assert_int_equal(fb_breaks_at(&one, h, &tape_names, NULL, found - 1),
                     SIZE_MAX);
    fb_history_destroy(h);
}

static void a_place_for_the_program_is_one_of_its_file(void **state) {
    struct fb_break b = parse("a.c:9");
    struct fb_trace_break meets;

    (void)state;
    assert_true(fb_break_of(&meets, &b, &names));
    assert_int_equal(meets.place, 1);
    assert_int_equal(meets.line, 9);
    b = parse("c.c:9");
    assert_false(fb_break_of(&meets, &b, &names));
    b = parse("task 4");
    assert_true(fb_break_of(&meets, &b, &names));
    assert_int_equal(meets.task, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breaks_are_said_as_they_are_meant),
        cmocka_unit_test(wrong_breaks_say_what_would_be_right),
        cmocka_unit_test(the_same_again_takes_it_away),
        cmocka_unit_test(every_break_is_found_both_ways),
        cmocka_unit_test(no_gap_is_walked_through),
        cmocka_unit_test(without_a_type_the_model_is_asked),
        cmocka_unit_test(a_place_for_the_program_is_one_of_its_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
