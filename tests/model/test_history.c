// History: the world after any event is the world that was.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "pack.h"
#include "random_events.h"
#include "tape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;

static struct fb_history *history_of(const struct tape *t, uint64_t max) {
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, max), 0);
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &t->events[i]), 0);
    }
    return h;
}

static void assert_same_world(const struct fb_model *a,
                              const struct fb_model *b) {
    char *one, *other;

    assert_non_null(a);
    assert_non_null(b);
    one = world_text(a);
    other = world_text(b);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void any_event_gives_the_world_a_fresh_fold_gives(void **state) {
    struct moments at;
    struct fb_history *h;
    struct fb_model m;
    uint64_t random = 42;

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape_greeter_end(&tape);
    h = history_of(&tape, 0);
    for (int i = 0; i < 300; i++) {
        const size_t n = random_next(&random) % (tape.count + 1);

        tape_play(&tape, n, &m);
        assert_same_world(&m, fb_history_at(h, n));
        fb_model_deinit(&m);
    }
    assert_same_world(fb_history_live(h), fb_history_at(h, tape.count));
    assert_same_world(fb_history_live(h), fb_history_at(h, UINT64_MAX));
    fb_history_destroy(h);
}

// Enough events for many checkpoints, with a gap now and then.
static void long_histories_agree_with_a_replay_at_any_event(void **state) {
    enum { EVENTS = 120000, LOOKS = 40 };
    uint64_t random = 7, number = 0, *numbers;
    struct fb_history *h;
    struct fb_model m;
    struct fb_event *events;

    (void)state;
    numbers = malloc(EVENTS * sizeof *numbers);
    events = malloc(EVENTS * sizeof *events);
    assert_non_null(numbers);
    assert_non_null(events);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < EVENTS; i++) {
        events[i] = random_event(&random);
        number += random_next(&random) % 5000 == 0 ? 9 : 1;
        numbers[i] = number;
        assert_int_equal(fb_history_push(h, number, &events[i]), 0);
    }
    assert_true(fb_history_checkpoint_bytes(h) > 0);
    assert_true(fb_history_checkpoint_bytes(h) <=
                EVENTS * sizeof *events / 8 * 3 + (4u << 20));
    for (int look = 0; look < LOOKS; look++) {
        size_t at = random_next(&random) % EVENTS;

        // a far look, then steps back and forth around it
        for (int step = 0; step < 4; step++) {
            assert_int_equal(fb_model_init(&m), 0);
            for (size_t i = 0; i <= at; i++) {
                assert_int_equal(fb_model_feed(&m, numbers[i], &events[i]), 0);
            }
            assert_same_world(&m, fb_history_at(h, numbers[at]));
            fb_model_deinit(&m);
            at = step == 2 ? (at + 2) % EVENTS : at - (at > 0);
        }
    }
    fb_history_destroy(h);
    free(numbers);
    free(events);
}

// Both ways into a world that was something else before; and it goes on as the
// first one does.
static void a_packed_world_comes_out_as_it_went_in(void **state) {
    enum { EVENTS = 30000, EACH = 500, ON = 200 };
    uint64_t random = 99;
    struct fb__packed packed;
    struct fb_model m, other;

    (void)state;
    assert_int_equal(fb_model_init(&m), 0);
    assert_int_equal(fb_model_init(&other), 0);
    assert_int_equal(fb__pack(&packed, &m), 0); // an empty one
    assert_int_equal(fb__unpack(&other, &packed), 0);
    fb__packed_free(&packed);
    assert_same_world(&m, &other);
    for (uint64_t n = 1; n <= EVENTS; n++) {
        const struct fb_event e = random_event(&random);
        const uint64_t phase = (n - 1) % EACH;

        assert_int_equal(fb_model_feed(&m, n, &e), 0);
        if (phase >= EACH - ON) { // it was put back ON events ago
            assert_int_equal(fb_model_feed(&other, n, &e), 0);
        }
        if (phase == EACH - 1) {
            assert_same_world(&m, &other);
        } else if (phase == EACH - ON - 1) {
            assert_int_equal(fb__pack(&packed, &m), 0);
            assert_true(packed.bytes < fb_model_bytes(&m));
            assert_int_equal(fb__unpack(&other, &packed), 0);
            assert_int_equal(fb_model_bytes(&other), fb_model_bytes(&m));
            assert_memory_equal(m.tasks.items, other.tasks.items,
                                (size_t)m.tasks.used * m.tasks.item_bytes);
            assert_memory_equal(m.holds.links, other.holds.links,
                                m.holds.used * 2 * sizeof(uint32_t));
            fb__packed_free(&packed);
        }
    }
    fb_model_deinit(&m);
    fb_model_deinit(&other);
}

// Worlds that grow all the time, and twice as many events as one was told: what
// checkpoints take stays within bounds, and the world is right in between.
static void checkpoints_make_room_where_worlds_grow(void **state) {
    enum { EVENTS = 100000, TOLD = EVENTS / 2, LOOKS = 8 };
    const struct fb_event none = {.kind = FB_EV_CLOCK};
    struct fb_history *h;
    uint64_t random = 3;
    size_t most = 0;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    fb_history_expect(h, TOLD);
    for (uint64_t n = 1; n <= EVENTS; n++) {
        struct fb_event e = {.kind = FB_EV_TASK_SPAWN, .subject = (uint32_t)n};
        const uint64_t events = n > TOLD ? n : TOLD;

        e.spawn.root_future = (uint32_t)n;
        e.spawn.bytes = random_next(&random);
        assert_int_equal(fb_history_push(h, n, n % 2 ? &e : &none), 0);
        most = events * sizeof e / 8 * 3 + (4u << 20);
        assert_true(fb_history_checkpoint_bytes(h) <= most);
    }
    assert_true(fb_history_checkpoint_bytes(h) > most / 8);
    for (int look = 0; look < LOOKS; look++) {
        const uint64_t n = 1 + random_next(&random) % EVENTS;
        const struct fb_model *m = fb_history_at(h, n);

        assert_int_equal(m->event, n);
        assert_int_equal(m->live_tasks, (n + 1) / 2);
        assert_non_null(fb_model_task(m, (uint32_t)(n - 1) | 1));
        assert_null(fb_model_task(m, (uint32_t)((n - 1) | 1) + 2));
    }
    fb_history_destroy(h);
}

static void the_window_slides_and_its_past_stays_in_effect(void **state) {
    struct fb_history *h;
    struct fb_model m;
    struct moments at;

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    h = history_of(&tape, 20);
    assert_true(fb_history_count(h) <= 20);
    assert_int_equal(fb_history_last(h), tape.count);
    assert_int_equal(fb_history_first(h), tape.count - fb_history_count(h) + 1);
    assert_null(fb_history_event(h, fb_history_first(h) - 1));
    for (uint64_t n = fb_history_first(h) - 1; n <= tape.count; n++) {
        tape_play(&tape, n, &m);
        assert_same_world(&m, fb_history_at(h, n));
        fb_model_deinit(&m);
    }
    tape_play(&tape, fb_history_first(h) - 1, &m); // before it: clamped
    assert_same_world(&m, fb_history_at(h, 0));
    fb_model_deinit(&m);
    fb_history_destroy(h);
}

static void gaps_are_kept_as_gaps(void **state) {
    struct fb_event e = {.kind = FB_EV_STALL};
    struct fb_history *h;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    assert_int_equal(fb_history_first(h), 0);
    assert_int_equal(fb_history_next(h, 0), 0);
    assert_int_equal(fb_history_prev(h, 9), 0);
    for (uint64_t n = 10; n <= 12; n++) {
        assert_int_equal(fb_history_push(h, n, &e), 0);
    }
    assert_int_equal(fb_history_push(h, 20, &e), 0);
    assert_int_equal(fb_history_push(h, 20, &e), -EINVAL);
    assert_int_equal(fb_history_push(h, 3, &e), -EINVAL);
    assert_int_equal(fb_history_count(h), 4);
    assert_int_equal(fb_history_next(h, 0), 10);
    assert_int_equal(fb_history_next(h, 12), 20);
    assert_int_equal(fb_history_next(h, 15), 20);
    assert_int_equal(fb_history_next(h, 20), 0);
    assert_int_equal(fb_history_prev(h, 99), 20);
    assert_int_equal(fb_history_prev(h, 20), 12);
    assert_int_equal(fb_history_prev(h, 16), 12);
    assert_int_equal(fb_history_prev(h, 10), 0);
    assert_null(fb_history_event(h, 15));
    assert_non_null(fb_history_event(h, 12));
    assert_int_equal(fb_history_at(h, 15)->event, 12);
    assert_int_equal(fb_history_at(h, 20)->lost, 7);
    assert_true(fb_history_at(h, 20)->uncertain);
    fb_history_destroy(h);
}

static void steps_stop_where_their_unit_ends(void **state) {
    struct moments at;
    struct fb_history *h;
    uint64_t n;

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    h = history_of(&tape, 0);
    n = fb_history_step(h, 0, FB_UNIT_POLL, 1, 0);
    assert_int_equal(n, at.accept_waits);
    n = fb_history_step(h, n, FB_UNIT_POLL, 2, 0);
    assert_int_equal(n, at.greet_waits);
    n = fb_history_step(h, n, FB_UNIT_WAKE, 1, 0);
    assert_int_equal(n, at.greet_woken);
    n = fb_history_step(h, n, FB_UNIT_TASK, 2, 2);
    assert_int_equal(n, at.greet_again);
    n = fb_history_step(h, n, FB_UNIT_WAKE, -1, 0);
    assert_int_equal(n, at.greet_woken);
    n = fb_history_step(h, n, FB_UNIT_TURN, -1, 0);
    assert_int_equal(tape.events[n - 1].kind, FB_EV_UNPARK);
    assert_int_equal(fb_history_step(h, n, FB_UNIT_EVENT, -3, 0), n - 3);
    assert_int_equal(fb_history_step(h, 1, FB_UNIT_EVENT, -1, 0), 0);
    assert_int_equal(fb_history_step(h, tape.count, FB_UNIT_EVENT, 1, 0), 0);
    assert_int_equal(fb_history_step(h, 0, FB_UNIT_TASK, 1, 99), 0);
    assert_int_equal(fb_history_step(h, 5, FB_UNIT_EVENT, 0, 0), 5);
    fb_history_destroy(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_event_gives_the_world_a_fresh_fold_gives),
        cmocka_unit_test(long_histories_agree_with_a_replay_at_any_event),
        cmocka_unit_test(a_packed_world_comes_out_as_it_went_in),
        cmocka_unit_test(checkpoints_make_room_where_worlds_grow),
        cmocka_unit_test(the_window_slides_and_its_past_stays_in_effect),
        cmocka_unit_test(gaps_are_kept_as_gaps),
        cmocka_unit_test(steps_stop_where_their_unit_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
