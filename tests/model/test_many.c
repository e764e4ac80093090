// Very many of one thing: each is still found, and found at once.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "pool.h"
#include "whole.h"

enum { WAKERS = 40000, TASKS = 100000 };

static uint64_t number;

static void feed(struct fb_model *m, struct fb_event e) {
    assert_int_equal(fb_model_feed(m, ++number, &e), 0);
}

static void begin(struct fb_model *m) {
    number = 0;
    assert_int_equal(fb_model_init(m), 0);
}

static struct fb_event waker(enum fb_event_kind kind, uint32_t future,
                             uint32_t timer) {
    return (struct fb_event){.kind = (uint8_t)kind,
                             .detail = FB_PARTY_TIMER,
                             .subject = 1,
                             .waker = {.holder = timer, .future = future}};
}

// A join of forty thousand sleeps: all their wakers are of one task.
static void wakers_of_one_task_go_in_any_order(void **state) {
    struct fb_model m;

    (void)state;
    begin(&m);
    feed(&m, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                               .subject = 1,
                               .spawn.root_future = 1});
    for (uint32_t i = 0; i < WAKERS; i++) {
        feed(&m, waker(FB_EV_WAKER_CLONE, 10 + i, 1 + i));
    }
    assert_int_equal(m.holds.count, WAKERS);
    whole_world(&m);
    for (uint32_t i = 0; i < WAKERS / 2; i++) { // the oldest, the newest, …
        const uint32_t old = i, new = WAKERS - 1 - i;

        assert_int_equal(
            fb_model_hold(&m, 1, 10 + old, FB_PARTY_TIMER, 1 + old)->holder,
            1 + old);
        feed(&m, waker(FB_EV_WAKER_DROP, 10 + old, 1 + old));
        feed(&m, waker(FB_EV_WAKER_DROP, 10 + new, 1 + new));
        assert_null(fb_model_hold(&m, 1, 10 + old, FB_PARTY_TIMER, 1 + old));
    }
    assert_int_equal(m.anomalies, 0);
    assert_int_equal(m.holds.count, 0);
    whole_world(&m);
    fb_model_deinit(&m);
}

// Several clones for one future: the newest goes first, and another task's
// never, though a file may say that they are of the same future.
static void of_equal_wakers_the_newest_goes(void **state) {
    struct fb_event e = waker(FB_EV_WAKER_CLONE, 7, 3);
    struct fb_model m;

    (void)state;
    begin(&m);
    for (uint32_t task = 1; task <= 2; task++) {
        feed(&m, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                   .subject = task,
                                   .spawn.root_future = task});
    }
    feed(&m, e); // events 3, 4 and 5
    feed(&m, e);
    e.subject = 2;
    feed(&m, e);
    whole_world(&m);
    feed(&m, waker(FB_EV_WAKER_DROP, 7, 3));
    assert_int_equal(fb_model_hold(&m, 1, 7, FB_PARTY_TIMER, 3)->event, 3);
    assert_int_equal(fb_model_hold(&m, 2, 7, FB_PARTY_TIMER, 3)->event, 5);
    feed(&m, waker(FB_EV_WAKER_DROP, 7, 3));
    assert_int_equal(m.anomalies, 0);
    feed(&m, waker(FB_EV_WAKER_DROP, 7, 3));
    assert_int_equal(m.anomalies, 1);
    assert_int_equal(m.holds.count, 1);
    whole_world(&m);
    fb_model_deinit(&m);
}

// The way from an id's home to its place, at the longest.
static size_t longest_way(const struct fb_model_index *x) {
    const size_t mask = (size_t)x->capacity - 1;
    size_t longest = 0;

    for (size_t i = 0; i < x->capacity; i++) {
        if (x->slots[2 * i] != 0) {
            const size_t home = fb__index_home(x, x->slots[2 * i]);
            const size_t way = (i - home) & mask;

            longest = way > longest ? way : longest;
        }
    }
    return longest;
}

// Whatever ids a file chooses, it cannot make them meet at one place.
static void no_choice_of_ids_makes_searches_long(void **state) {
    static const uint32_t steps[] = {1,        8,     64,        4096,
                                     1u << 15, 40503, 0x9e3779b1};

    size_t longest = 0;

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct fb_model m;

        begin(&m);
        for (uint32_t k = 1; k <= TASKS; k++) {
            feed(&m, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                       .subject = k * steps[i] | 1});
        }
        assert_true(m.tasks.count > TASKS / 4);
        if (longest_way(&m.task_index) > longest) {
            longest = longest_way(&m.task_index);
        }
        for (uint32_t k = 1; k <= TASKS; k += 97) {
            const uint32_t id = k * steps[i] | 1;

            assert_int_equal(fb_model_task(&m, id)->id, id);
            fb__index_remove(&m.task_index, id);
            assert_null(fb_model_task(&m, id));
        }
        fb_model_deinit(&m);
    }
    print_message("longest way: %zu\n", longest);
    assert_true(longest < 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakers_of_one_task_go_in_any_order),
        cmocka_unit_test(of_equal_wakers_the_newest_goes),
        cmocka_unit_test(no_choice_of_ids_makes_searches_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
