// Where a task stands: in which group it waits, and how a run queue is read.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lanes.h"
#include "tape.h"
#include <string.h>

static struct tape tape;
static struct fb_model m;

static void begin(void) {
    memset(&tape, 0, sizeof tape);
}

static void spawn(uint32_t task) {
    tape_spawn(&tape, task, 0, task, 1);
    tape_scheduled(&tape, task, 1);
}

// Is polled once and waits; its waker is stored with `party`.
static void wait_for(uint32_t task, enum fb_party party) {
    tape_begin(&tape, task, task, 1);
    if (party != FB_PARTY_NONE) {
        tape_clone(&tape, task, party, 9, task, 0);
    }
    tape_end(&tape, task, task, FB_RESULT_PENDING, 0, 0);
}

static void each_party_has_its_group(void **state) {
    static const struct {
        enum fb_party party;
        enum fb_lane_group group;
    } cases[] = {{FB_PARTY_SOURCE, FB_LANE_FOR_REACTOR},
                 {FB_PARTY_TIMER, FB_LANE_FOR_TIMER},
                 {FB_PARTY_TASK, FB_LANE_FOR_TASK},
                 {FB_PARTY_JOIN_SET, FB_LANE_FOR_JOIN_SET},
                 {FB_PARTY_CHANNEL, FB_LANE_FOR_CHANNEL},
                 {FB_PARTY_THREAD, FB_LANE_FOR_OUTSIDE},
                 {FB_PARTY_OUTSIDE, FB_LANE_FOR_OUTSIDE},
                 {FB_PARTY_EXECUTOR, FB_LANE_FOR_EXECUTOR},
                 {FB_PARTY_BLOCKING, FB_LANE_FOR_BLOCKING},
                 {FB_PARTY_NONE, FB_LANE_LOST}};
    const size_t count = sizeof(cases) / sizeof(cases[0]);
    struct fb_lane_counts c;

    (void)state;
    begin();
    for (size_t i = 0; i < count; i++) {
        spawn((uint32_t)i + 1);
        wait_for((uint32_t)i + 1, cases[i].party);
    }
    tape_park(&tape, -1);
    tape_play(&tape, tape.count, &m);
    for (size_t i = 0; i < count; i++) {
        const struct fb_model_task *t = fb_model_task(&m, (uint32_t)i + 1);

        assert_int_equal(fb_lane_group(&m, t), cases[i].group);
    }
    c = fb_lane_count(&m);
    assert_int_equal(c.waiting, count);
    assert_int_equal(c.groups[FB_LANE_FOR_OUTSIDE], 2);
    assert_int_equal(c.groups[FB_LANE_LOST], 1);
    assert_int_equal(c.groups[FB_LANE_WAKING], 0);
    assert_int_equal(c.only, -1);
    fb_model_deinit(&m);
}

static void a_group_gives_its_own_tasks_in_order_of_spawn(void **state) {
    uint32_t cursor = 0;

    (void)state;
    begin();
    for (uint32_t task = 1; task <= 5; task++) {
        spawn(task);
        wait_for(task, task % 2 ? FB_PARTY_SOURCE : FB_PARTY_TIMER);
    }
    tape_play(&tape, tape.count, &m);
    for (uint32_t task = 1; task <= 5; task += 2) {
        assert_int_equal(fb_lane_next(&m, FB_LANE_FOR_REACTOR, &cursor)->id,
                         task);
    }
    assert_null(fb_lane_next(&m, FB_LANE_FOR_REACTOR, &cursor));
    fb_model_deinit(&m);
}

static void one_group_alone_is_the_only_one(void **state) {
    struct fb_lane_counts c;

    (void)state;
    begin();
    spawn(1);
    tape_play(&tape, tape.count, &m);
    assert_int_equal(fb_lane_count(&m).waiting, 0);
    assert_int_equal(fb_lane_count(&m).only, -1);
    fb_model_deinit(&m);
    wait_for(1, FB_PARTY_TIMER);
    tape_play(&tape, tape.count, &m);
    c = fb_lane_count(&m);
    assert_int_equal(c.only, FB_LANE_FOR_TIMER);
    fb_model_deinit(&m);
}

static void a_queue_is_read_in_its_order(void **state) {
    struct fb_lane_queue q;

    (void)state;
    begin();
    spawn(3);
    spawn(1);
    spawn(2);
    tape_play(&tape, tape.count, &m);
    q = fb_lane_queue(&m, fb_model_worker(&m, 0));
    assert_int_equal(q.left, 3);
    assert_int_equal(fb_lane_queue_next(&q)->id, 3);
    assert_int_equal(fb_lane_queue_next(&q)->id, 1);
    assert_int_equal(fb_lane_queue_next(&q)->id, 2);
    assert_null(fb_lane_queue_next(&q));
    assert_null(fb_lane_queue_next(&q));
    q = fb_lane_queue(&m, fb_model_worker(&m, 7)); // no such worker
    assert_null(fb_lane_queue_next(&q));
    fb_model_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_party_has_its_group),
        cmocka_unit_test(a_group_gives_its_own_tasks_in_order_of_spawn),
        cmocka_unit_test(one_group_alone_is_the_only_one),
        cmocka_unit_test(a_queue_is_read_in_its_order),
    };

    return cmocka_run_group_tests_name("model/lanes", tests, NULL, NULL);
}
