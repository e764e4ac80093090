// The lines that lead up to an event are the same whichever way one came.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random_events.h"
#include "story_log.h"
#include "tape.h"
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 60000, SEEKS = 400 };

static struct fb_history *history;

// With a gap now and then, and with stretches of a census, which is not told.
static int setup(void **state) {
    uint64_t random = 11, number = 0;

    (void)state;
    assert_int_equal(fb_history_create(&history, 0), 0);
    for (int i = 0; i < EVENTS; i++) {
        struct fb_event e = random_event(&random);

        number += random_next(&random) % 3000 == 0 ? 40 : 1;
        if (i / 700 % 5 == 0) {
            e.flags |= FB_EV_FLAG_CENSUS;
        }
        assert_int_equal(fb_history_push(history, number, &e), 0);
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_history_destroy(history);
    return 0;
}

// Of `walked` there may be older lines, too.
static void assert_same_lines(const struct fb_story_log *walked, uint64_t at) {
    struct fb_story_log *fresh = calloc(1, sizeof(*fresh));

    assert_non_null(fresh);
    assert_int_equal(fb_story_log_init(fresh), 0);
    assert_int_equal(fb_story_log_seek(fresh, history, &tape_names, at), 0);
    assert_int_equal(fresh->at, walked->at);
    for (uint64_t back = 0; back < FB_STORY_LINES; back++) {
        const struct fb_story_line *a = fb_story_log_line(walked, back);
        const struct fb_story_line *b = fb_story_log_line(fresh, back);

        if (b == NULL) {
            break;
        }
        assert_non_null(a);
        assert_int_equal(a->event, b->event);
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->text, b->text);
    }
    fb_story_log_deinit(fresh);
    free(fresh);
}

static void every_way_to_an_event_gives_its_lines(void **state) {
    // by a step, by a page, by a frame of a busy program, and far away
    static const int64_t spans[] = {3, 60, 1500, 9000, 80000};
    struct fb_story_log *log = calloc(1, sizeof(*log));
    const int64_t last = (int64_t)fb_history_last(history);
    uint64_t random = 5;
    int64_t at = 1000;

    (void)state;
    assert_non_null(log);
    assert_int_equal(fb_story_log_init(log), 0);
    for (int i = 0; i < SEEKS; i++) {
        const int64_t span = spans[random_next(&random) % 5];

        at += (int64_t)(random_next(&random) % (uint64_t)(2 * span)) -
              (random_next(&random) % 3 == 0 ? span : 0);
        at = at < 1 ? 1 : at > last + 50 ? 1 + at % last : at;
        assert_int_equal(
            fb_story_log_seek(log, history, &tape_names, (uint64_t)at), 0);
        assert_same_lines(log, (uint64_t)at);
    }
    fb_story_log_deinit(log);
    free(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_an_event_gives_its_lines),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
