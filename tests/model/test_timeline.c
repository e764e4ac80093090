// The timeline says of every column what the model says of every event.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "random_events.h"
#include "tape.h"
#include "timeline.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { IDS = 24, COLS = 40 }; // random events are about these tasks

// What was true after each event, as the model told it then.
struct record {
    uint64_t number, place_ns; // the greatest stamp so far
    uint8_t kind, fired;
    uint8_t state[IDS], worker[IDS];
};

struct run {
    struct fb_history *h;
    struct record *records;
    size_t count, room;
};

static struct tape tape;

static void run_begin(struct run *r, size_t room, uint64_t max_events) {
    *r = (struct run){.room = room};
    r->records = calloc(room, sizeof *r->records);
    assert_non_null(r->records);
    assert_int_equal(fb_history_create(&r->h, max_events), 0);
}

static void run_end(struct run *r) {
    fb_history_destroy(r->h);
    free(r->records);
}

static void run_push(struct run *r, uint64_t number, const struct fb_event *e) {
    const struct fb_model *m = fb_history_live(r->h);
    struct record *now = &r->records[r->count];

    assert_true(r->count < r->room);
    assert_int_equal(fb_history_push(r->h, number, e), 0);
    now->number = number;
    now->kind = e->kind;
    now->fired = e->kind == FB_EV_TIMER_END && e->detail == FB_TIMER_FIRED;
    now->place_ns = e->time_ns;
    if (r->count > 0 && now[-1].place_ns > now->place_ns) {
        now->place_ns = now[-1].place_ns;
    }
    for (uint32_t id = 0; id < IDS; id++) {
        const struct fb_model_task *t = fb_model_task(m, id);

        now->state[id] = t ? t->state : (uint8_t)FB_LANE_ABSENT;
        now->worker[id] = t ? t->worker : 0;
    }
    r->count++;
}

// ---- the oracle: one look at every event of the run ----

static uint64_t overlap(uint64_t a, uint64_t b, uint64_t from, uint64_t to) {
    a = a > from ? a : from;
    b = b < to ? b : to;
    return b > a ? b - a : 0;
}

static void oracle_worker(struct fb_timeline_cell *c, uint8_t worker) {
    if (c->worker == FB_TIMELINE_NOBODY) {
        c->worker = worker;
    } else if (c->worker != worker) {
        c->worker = FB_TIMELINE_SEVERAL;
    }
}

// Where the i-th event stands, and what comes after it.
struct oracle_step {
    uint64_t begin, after, next; // [begin, after) is as the event left it
    bool gap;                    // [after, next) is lost
};

static struct oracle_step oracle_step(const struct run *r, size_t i,
                                      enum fb_scale scale) {
    const struct record *now = &r->records[i], *next = now + 1;
    const bool last = i + 1 == r->count;
    struct oracle_step s = {.begin = now->number, .after = now->number + 1};

    s.gap = !last && next->number != now->number + 1;
    s.next = s.gap ? next->number : s.after;
    if (scale == FB_SCALE_TIME) { // what is lost begins at the event itself
        s.begin = now->place_ns;
        s.next = last ? s.begin : next->place_ns;
        s.after = s.gap ? s.begin : s.next;
    }
    return s;
}

static struct fb_timeline_column oracle_column(const struct run *r,
                                               enum fb_scale scale,
                                               uint64_t from, uint64_t to) {
    struct fb_timeline_column c = {0};

    for (size_t i = 0; i < r->count; i++) {
        const struct record *now = &r->records[i];
        const struct oracle_step s = oracle_step(r, i, scale);

        c.lost += s.gap ? overlap(s.after, s.next, from, to) : 0;
        if (s.begin >= from && s.begin < to) {
            c.events++;
            c.first = c.first ? c.first : now->number;
            c.last = now->number;
            c.wakes += now->kind == FB_EV_WAKE;
            c.ready += now->kind == FB_EV_SOURCE_READY;
            c.fired += now->fired;
        }
    }
    return c;
}

// Whether the i-th event changed what the task does.
static bool oracle_turns(const struct run *r, size_t i, uint32_t id) {
    const struct record *now = &r->records[i];

    if (i == 0) {
        return now->state[id] != FB_LANE_ABSENT;
    }
    return now->state[id] != now[-1].state[id] ||
           (now->state[id] == FB_TASK_RUNNING &&
            now->worker[id] != now[-1].worker[id]);
}

// One column of one task.
static struct fb_timeline_cell oracle(const struct run *r, uint32_t id,
                                      enum fb_scale scale, uint64_t from,
                                      uint64_t to) {
    struct fb_timeline_cell c = {.state = FB_LANE_ABSENT,
                                 .worker = FB_TIMELINE_NOBODY};

    for (size_t i = 0; i < r->count; i++) {
        const struct oracle_step s = oracle_step(r, i, scale);
        const uint8_t state = r->records[i].state[id];
        const uint64_t in = overlap(s.begin, s.after, from, to);
        const bool turns =
            s.begin >= from && s.begin < to && oracle_turns(r, i, id);

        c.ran += state == FB_TASK_RUNNING ? in : 0;
        c.queued += state == FB_TASK_SCHEDULED ? in : 0;
        c.waited += state == FB_TASK_IDLE ? in : 0;
        c.polls += turns && state == FB_TASK_RUNNING;
        if (turns || overlap(s.begin, s.next, from, to) > 0) {
            c.known = true;
            c.state = state;
            if (state == FB_TASK_RUNNING) {
                oracle_worker(&c, r->records[i].worker[id]);
            }
        }
    }
    return c;
}

static bool is_known_absent(const struct fb_timeline_cell *c) {
    return c->state == FB_LANE_ABSENT || c->state == FB_TASK_FREED;
}

static void assert_cell(const struct fb_timeline_cell *is,
                        const struct fb_timeline_cell *wanted, uint64_t seed,
                        int col, uint32_t id) {
    const bool same_state =
        is->state == wanted->state ||
        (is_known_absent(is) && is_known_absent(wanted)); // both are blank

    if (is->ran == wanted->ran && is->queued == wanted->queued &&
        is->waited == wanted->waited && is->polls == wanted->polls &&
        same_state &&
        (is->worker == wanted->worker || is->worker == FB_TIMELINE_SEVERAL)) {
        return;
    }
    fail_msg("seed %llu task %u column %d: ran %llu/%llu queued %llu/%llu "
             "waited %llu/%llu polls %u/%u state %u/%u worker %u/%u",
             (unsigned long long)seed, id, col, (unsigned long long)is->ran,
             (unsigned long long)wanted->ran, (unsigned long long)is->queued,
             (unsigned long long)wanted->queued, (unsigned long long)is->waited,
             (unsigned long long)wanted->waited, is->polls, wanted->polls,
             is->state, wanted->state, is->worker, wanted->worker);
}

static void assert_column(const struct fb_timeline_column *is,
                          struct fb_timeline_column wanted, uint64_t seed,
                          int col) {
    if (memcmp(is, &wanted, sizeof wanted) != 0) {
        fail_msg("seed %llu column %d: events %llu/%llu lost %llu/%llu first "
                 "%llu/%llu",
                 (unsigned long long)seed, col, (unsigned long long)is->events,
                 (unsigned long long)wanted.events,
                 (unsigned long long)is->lost, (unsigned long long)wanted.lost,
                 (unsigned long long)is->first,
                 (unsigned long long)wanted.first);
    }
}

static void assert_window(const struct run *r, enum fb_scale scale,
                          uint64_t from, uint64_t step, uint64_t seed) {
    const struct fb_timeline_window w = {scale, from, step, COLS};
    static struct fb_timeline_column columns[COLS];
    static struct fb_timeline_cell cells[IDS * COLS];
    uint32_t ids[IDS];

    for (uint32_t i = 0; i < IDS; i++) {
        ids[i] = i;
    }
    assert_int_equal(fb_timeline_read(r->h, &w, columns, ids, IDS, cells), 0);
    for (int c = 0; c < COLS; c++) {
        const uint64_t a = from + step * (uint64_t)c;

        assert_column(&columns[c], oracle_column(r, scale, a, a + step), seed,
                      c);
        for (uint32_t id = 1; id < IDS; id++) {
            const struct fb_timeline_cell cell =
                oracle(r, id, scale, a, a + step);

            assert_cell(&cells[id * COLS + (uint32_t)c], &cell, seed, c, id);
        }
    }
}

static void assert_random_windows(const struct run *r, uint64_t seed,
                                  int windows) {
    const struct record *last = &r->records[r->count - 1];
    uint64_t random = seed;

    for (int i = 0; i < windows; i++) {
        const struct record *at = &r->records[random_next(&random) % r->count];
        const unsigned zoom = random_next(&random) % 12;
        const uint64_t back = random_next(&random) % 60;
        uint64_t from = at->number > back ? at->number - back : 0;

        assert_window(r, FB_SCALE_EVENTS, from,
                      1 + random_next(&random) % (1u << zoom), seed);
        from = at->place_ns > back * 30 ? at->place_ns - back * 30 : 0;
        assert_window(r, FB_SCALE_TIME, from,
                      1 + random_next(&random) % (64u << zoom), seed);
    }
    assert_window(r, FB_SCALE_EVENTS, 0, last->number / COLS + 1, seed);
    assert_window(r, FB_SCALE_TIME, 0, last->place_ns / COLS + 1, seed);
}

// ---- runs as a runtime writes them ----

struct world {
    uint64_t random, number, now_ns;
    uint32_t workers, polled[4]; // which task a worker polls, 0 none
    uint8_t state[IDS];
};

static void world_event(struct run *r, struct world *w, enum fb_event_kind kind,
                        uint32_t task, uint32_t worker) {
    const struct fb_event e = {.time_ns = w->now_ns,
                               .kind = (uint8_t)kind,
                               .flags = (uint16_t)worker,
                               .subject = task};

    run_push(r, ++w->number, &e);
    w->now_ns +=
        random_next(&w->random) % 4 == 0 ? random_next(&w->random) % 900 : 0;
}

// One worker does one thing: polls the first scheduled task, ends its poll, or
// wakes somebody.
static void world_step(struct run *r, struct world *w) {
    const uint32_t worker = random_next(&w->random) % w->workers;
    const uint32_t task = 1 + random_next(&w->random) % (IDS - 1);

    if (w->polled[worker] != 0) {
        const uint32_t mine = w->polled[worker];

        if (random_next(&w->random) % 3 == 0) {
            world_event(r, w, FB_EV_YIELD, mine, 0);
        }
        world_event(r, w, FB_EV_POLL_END, mine, worker);
        w->state[mine] = FB_TASK_IDLE;
        w->polled[worker] = 0;
        if (random_next(&w->random) % 9 == 0) {
            world_event(r, w, FB_EV_TASK_DONE, mine, 0);
            world_event(r, w, FB_EV_TASK_FREE, mine, 0);
            w->state[mine] = FB_LANE_ABSENT;
        }
    } else if (w->state[task] == FB_LANE_ABSENT) {
        world_event(r, w, FB_EV_TASK_SPAWN, task, 0);
        world_event(r, w, FB_EV_TASK_SCHEDULED, task, worker);
        w->state[task] = FB_TASK_SCHEDULED;
    } else if (w->state[task] == FB_TASK_IDLE) {
        world_event(r, w, FB_EV_WAKE, task, 0);
        world_event(r, w, FB_EV_TASK_SCHEDULED, task, worker);
        w->state[task] = FB_TASK_SCHEDULED;
    } else if (w->state[task] == FB_TASK_SCHEDULED) {
        world_event(r, w, FB_EV_POLL_BEGIN, task, worker);
        w->state[task] = FB_TASK_RUNNING;
        w->polled[worker] = task;
    }
}

static void make_run(struct run *r, uint64_t seed, size_t events) {
    struct world w = {
        .random = seed, .now_ns = 5000, .workers = 1 + (uint32_t)(seed % 4)};

    memset(w.state, FB_LANE_ABSENT, sizeof w.state);
    run_begin(r, events + 16, 0);
    while (r->count < events) {
        world_step(r, &w);
    }
}

// ---- the tests ----

static void sums_of_all_columns_are_the_models_own(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const struct fb_timeline_window *w;
        struct run r;
        uint64_t begin, end;

        make_run(&r, seed, 200 + seed * 97);
        fb_timeline_range(r.h, FB_SCALE_TIME, &begin, &end);
        w = &(struct fb_timeline_window){FB_SCALE_TIME, begin - seed % 7,
                                         (end - begin) / COLS + 1 + seed % 7,
                                         COLS};
        for (uint32_t id = 1; id < IDS; id++) {
            const struct fb_model_task *t =
                fb_model_task(fb_history_live(r.h), id);
            struct fb_timeline_cell cells[COLS];
            uint64_t ran = 0, queued = 0, now = fb_history_live(r.h)->time_ns;
            const struct record *last = &r.records[r.count - 1];

            if (t == NULL || t->state == FB_TASK_FREED) {
                continue;
            }
            // lives before this one are no part of the model's sums
            assert_int_equal(fb_timeline_read(r.h, w, NULL, &id, 1, cells), 0);
            for (int c = 0; c < COLS; c++) {
                ran += cells[c].ran;
                queued += cells[c].queued;
            }
            for (size_t i = 0; i + 1 < r.count; i++) {
                const struct record *a = &r.records[i];

                if (a->number < t->spawn_event) {
                    const uint64_t ns = a[1].place_ns - a->place_ns;

                    ran -= a->state[id] == FB_TASK_RUNNING ? ns : 0;
                    queued -= a->state[id] == FB_TASK_SCHEDULED ? ns : 0;
                }
            }
            ran -=
                last->state[id] == FB_TASK_RUNNING ? now - t->poll_begin_ns : 0;
            queued -= last->state[id] == FB_TASK_SCHEDULED
                          ? now - t->scheduled_ns
                          : 0;
            if (ran != t->busy_ns || queued != t->queued_ns) {
                fail_msg("seed %llu task %u: ran %llu/%llu queued %llu/%llu",
                         (unsigned long long)seed, id, (unsigned long long)ran,
                         (unsigned long long)t->busy_ns,
                         (unsigned long long)queued,
                         (unsigned long long)t->queued_ns);
            }
        }
        run_end(&r);
    }
}

static void any_window_agrees_with_a_look_at_every_event(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct run r;

        make_run(&r, seed, seed * 500);
        assert_random_windows(&r, seed, 4);
        run_end(&r);
    }
}

// Any event, stamps that jump back and forth, gaps, censuses of nothing.
static void hostile_events_are_shown_as_the_model_takes_them(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        uint64_t random = seed, number = 0, now_ns = 1000;
        struct run r;

        run_begin(&r, 3000, 0);
        for (size_t i = 0; i < 3000; i++) {
            struct fb_event e = random_event(&random);

            now_ns += random_next(&random) % 50;
            if (seed % 4 == 1 && random_next(&random) % 200 == 0) {
                now_ns += random_next(&random); // seconds in which nothing is
            }
            e.time_ns = now_ns - random_next(&random) % 90;
            if (seed % 4 == 3 && e.kind == FB_EV_CENSUS) {
                e.detail &= 3; // begins and ends that are taken as such
            }
            number += random_next(&random) % (seed % 3 == 0 ? 9 : 700) == 0
                          ? 1 + random_next(&random) % 40
                          : 1;
            run_push(&r, number, &e);
        }
        assert_random_windows(&r, seed, 3);
        run_end(&r);
    }
}

static void no_event_and_no_window_are_legal(void **state) {
    struct fb_timeline_window w = {FB_SCALE_TIME, 0, 1, 4};
    struct fb_timeline_column columns[4];
    struct fb_timeline_cell cells[4];
    struct fb_event e = {.time_ns = UINT64_MAX, .kind = FB_EV_TASK_SPAWN};
    uint32_t task = 7;
    struct fb_history *h;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells), 0);
    assert_false(cells[3].known);
    assert_int_equal(fb_timeline_event(h, FB_SCALE_TIME, 12), 0);
    assert_int_equal(fb_timeline_place(h, FB_SCALE_TIME, 12), 0);
    e.subject = task;
    assert_int_equal(fb_history_push(h, UINT64_MAX, &e), 0);
    for (int scale = 0; scale < 2; scale++) {
        for (int i = 0; i < 64; i++) {
            w = (struct fb_timeline_window){(enum fb_scale)scale,
                                            UINT64_MAX - (1ull << i) + 1,
                                            1ull << i, 4};
            assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells),
                             0);
        }
    }
    assert_int_equal(fb_timeline_event(h, FB_SCALE_TIME, 12), UINT64_MAX);
    w.step = 0;
    assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells),
                     -EINVAL);
    w = (struct fb_timeline_window){FB_SCALE_TIME, 0, 1, 0};
    assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells),
                     -EINVAL);
    fb_history_destroy(h);
}

// Longer than 32 bits of nanoseconds, with other events meanwhile.
static void a_poll_of_many_seconds_keeps_its_length(void **state) {
    const uint64_t second = 1000000000;
    const struct fb_timeline_window w = {FB_SCALE_TIME, 0, 100 * second, 1};
    struct fb_timeline_cell cell;
    struct fb_history *h;
    uint32_t task = 1;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint64_t n = 1; n <= 30; n++) {
        struct fb_event e = {.time_ns = n * second, .subject = task};

        e.kind = n == 1    ? FB_EV_TASK_SPAWN
                 : n == 2  ? FB_EV_TASK_SCHEDULED
                 : n == 9  ? FB_EV_POLL_BEGIN
                 : n == 20 ? FB_EV_POLL_END
                           : FB_EV_YIELD;
        // gaps after the spawn and before the end: sums tell what lies between
        assert_int_equal(fb_history_push(h,
                                         n == 1   ? n
                                         : n < 30 ? n + 5
                                                  : 99,
                                         &e),
                         0);
    }
    assert_int_equal(fb_timeline_read(h, &w, NULL, &task, 1, &cell), 0);
    assert_int_equal(cell.queued, 7 * second);
    assert_int_equal(cell.ran, 11 * second);
    assert_int_equal(cell.waited, 9 * second); // and two gaps
    fb_history_destroy(h);
}

// Two polls of 1 us each, 10 us apart, in columns of 4 us.
static void columns_of_a_short_tape_are_exact(void **state) {
    static const struct {
        uint64_t ns;
        enum fb_event_kind kind;
        uint32_t task;
    } events[] = {
        {1000, FB_EV_TASK_SPAWN, 1},  {1000, FB_EV_TASK_SCHEDULED, 1},
        {3000, FB_EV_POLL_BEGIN, 1},  {4000, FB_EV_POLL_END, 1},
        {13500, FB_EV_WAKE, 1},       {13500, FB_EV_TASK_SCHEDULED, 1},
        {14000, FB_EV_POLL_BEGIN, 1}, {15000, FB_EV_POLL_END, 1},
        {15000, FB_EV_TASK_DONE, 1},  {19000, FB_EV_TASK_FREE, 1},
    };
    static const struct fb_timeline_cell wanted[] = {
        {1000, 2000, 0, 1, FB_TASK_RUNNING, 0, true},
        {0, 0, 4000, 0, FB_TASK_IDLE, FB_TIMELINE_NOBODY, true},
        {0, 0, 4000, 0, FB_TASK_IDLE, FB_TIMELINE_NOBODY, true},
        {1000, 500, 1500, 1, FB_TASK_COMPLETE, 0, true},
        {0, 0, 0, 0, FB_TASK_FREED, FB_TIMELINE_NOBODY, true},
        {0, 0, 0, 0, FB_LANE_ABSENT, FB_TIMELINE_NOBODY, false},
    };
    const struct fb_timeline_window w = {FB_SCALE_TIME, 0, 4000, 6};
    struct fb_timeline_column columns[6];
    struct fb_timeline_cell cells[6];
    struct fb_timeline_wake wakes[6];
    struct fb_history *h;
    uint32_t task = 1, found[4];

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const struct fb_event e = {.time_ns = events[i].ns,
                                   .kind = (uint8_t)events[i].kind,
                                   .subject = events[i].task};

        assert_int_equal(fb_history_push(h, i + 1, &e), 0);
    }
    assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells), 0);
    for (int c = 0; c < 6; c++) {
        assert_int_equal(cells[c].known, wanted[c].known);
        if (cells[c].known) {
            assert_cell(&cells[c], &wanted[c], 0, c, 1);
            assert_int_equal(cells[c].worker, wanted[c].worker);
        }
    }
    assert_int_equal(columns[3].wakes, 1);
    assert_int_equal(columns[0].events, 3);
    assert_int_equal(columns[3].first, 5);
    assert_int_equal(columns[3].last, 9);
    assert_int_equal(fb_timeline_wakes(h, &w, columns, wakes, 6), 1);
    assert_int_equal(wakes[0].event, 5);
    assert_int_equal(wakes[0].col, 3);
    assert_int_equal(fb_timeline_tasks(h, &w, found, 4), 1);
    assert_int_equal(found[0], 1);
    fb_history_destroy(h);
}

static void lost_events_are_a_hole_in_every_lane(void **state) {
    const struct fb_timeline_window w = {FB_SCALE_EVENTS, 1, 1, 20};
    struct fb_timeline_column columns[20];
    struct fb_timeline_cell cells[20];
    struct fb_history *h;
    uint32_t task = 1;

    (void)state;
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 1);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_unpark(&tape, 0);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    assert_int_equal(fb_history_push(h, 10, &tape.events[3]), 0);
    assert_int_equal(fb_timeline_read(h, &w, columns, &task, 1, cells), 0);
    for (int c = 0; c < 20; c++) {
        assert_int_equal(columns[c].lost, c >= 3 && c < 9);
    }
    assert_int_equal(cells[2].ran, 1);
    assert_int_equal(cells[3].ran, 0); // nobody knows
    assert_int_equal(cells[9].waited, 1);
    assert_false(cells[10].known);
    assert_int_equal(fb_timeline_place(h, FB_SCALE_EVENTS, 7), 3);
    assert_int_equal(fb_timeline_event(h, FB_SCALE_EVENTS, 7), 10);
    fb_history_destroy(h);
}

static void places_and_events_are_inverse(void **state) {
    uint64_t random = 11;
    struct run r;

    (void)state;
    make_run(&r, 3, 5000);
    for (int i = 0; i < 400; i++) {
        const struct record *at = &r.records[random_next(&random) % r.count];
        const uint64_t place =
            fb_timeline_place(r.h, FB_SCALE_TIME, at->number);
        const uint64_t first = fb_timeline_event(r.h, FB_SCALE_TIME, place);

        assert_int_equal(place, at->place_ns);
        assert_true(first <= at->number);
        assert_int_equal(r.records[first - 1].place_ns, place);
        assert_true(first == 1 || r.records[first - 2].place_ns < place);
    }
    run_end(&r);
}

// One census may end more tasks than a stretch has room for.
static void a_census_that_ends_thousands_is_taken_in_whole(void **state) {
    enum { TASKS = 9000 };
    const struct fb_timeline_window w = {FB_SCALE_EVENTS, TASKS, 1, 4};
    static struct fb_timeline_cell cells[TASKS * 4];
    struct fb_timeline_column columns[4];
    static uint32_t ids[TASKS];
    struct fb_history *h;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint32_t i = 1; i <= TASKS + 2; i++) {
        struct fb_event e = {
            .time_ns = i, .kind = FB_EV_TASK_SPAWN, .subject = i};

        if (i > TASKS) {
            e = (struct fb_event){.time_ns = i,
                                  .kind = FB_EV_CENSUS,
                                  .detail = i == TASKS + 1 ? FB_CENSUS_BEGIN
                                                           : FB_CENSUS_END,
                                  .flags = FB_EV_FLAG_CENSUS};
        } else {
            ids[i - 1] = i;
        }
        assert_int_equal(fb_history_push(h, i, &e), 0);
    }
    assert_int_equal(fb_history_live(h)->live_tasks, 0);
    assert_int_equal(fb_timeline_read(h, &w, columns, ids, TASKS, cells), 0);
    for (int i = 0; i < TASKS; i++) {
        assert_int_equal(cells[i * 4].waited, 1);
        assert_int_equal(cells[i * 4 + 1].waited, 1);
        assert_int_equal(cells[i * 4 + 2].waited, 0);
        assert_int_equal(cells[i * 4 + 2].state, FB_LANE_ABSENT);
    }
    assert_int_equal(columns[2].events, 1);
    fb_history_destroy(h);
}

// What a conversation's poll writes: a wake, and a poll that reads and waits.
static void put_poll(struct fb_history *h, uint64_t *number, uint64_t *now_ns,
                     uint32_t task) {
    static const enum fb_event_kind kinds[] = {FB_EV_UNPARK,
                                               FB_EV_SOURCE_READY,
                                               FB_EV_WAKER_DROP,
                                               FB_EV_WAKE,
                                               FB_EV_TASK_SCHEDULED,
                                               FB_EV_POLL_BEGIN,
                                               FB_EV_FUTURE_ENTER,
                                               FB_EV_IO,
                                               FB_EV_SOURCE_CLEAR,
                                               FB_EV_WAKER_CLONE,
                                               FB_EV_FUTURE_EXIT,
                                               FB_EV_POLL_END,
                                               FB_EV_PARK};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct fb_event e = {
            .time_ns = *now_ns,
            .kind = (uint8_t)kinds[i],
            .subject =
                kinds[i] == FB_EV_UNPARK || kinds[i] == FB_EV_PARK ? 0 : task};

        *now_ns += 700;
        if (kinds[i] == FB_EV_FUTURE_ENTER || kinds[i] == FB_EV_FUTURE_EXIT) {
            e.enter.task = task;
        }
        assert_int_equal(fb_history_push(h, ++*number, &e), 0);
    }
}

static void ten_thousand_tasks_take_a_tenth_of_their_events(void **state) {
    enum { TASKS = 10000, POLLS = 60000 };
    struct fb_timeline_window w = {FB_SCALE_TIME, 0, 0, 120};
    static struct fb_timeline_cell cells[50 * 120];
    uint64_t number = 0, now_ns = 1, ran = 0, end;
    uint32_t ids[50];
    struct fb_history *h;

    (void)state;
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint32_t i = 1; i <= TASKS; i++) {
        const struct fb_event e = {
            .time_ns = now_ns, .kind = FB_EV_TASK_SPAWN, .subject = i};

        assert_int_equal(fb_history_push(h, ++number, &e), 0);
    }
    for (uint32_t i = 0; i < POLLS; i++) {
        put_poll(h, &number, &now_ns, 1 + i % TASKS);
    }
    for (uint32_t i = 0; i < 50; i++) {
        ids[i] = 1 + i * 200;
    }
    fb_timeline_range(h, FB_SCALE_TIME, &w.from, &end);
    w.step = (end - w.from) / 120 + 1;
    assert_int_equal(fb_timeline_read(h, &w, NULL, ids, 50, cells), 0);
    for (int i = 0; i < 50 * 120; i++) {
        ran += cells[i].ran;
    }
    assert_int_equal(ran, 50 * (POLLS / TASKS) * 6 * 700);
    assert_true(fb_timeline_bytes(h) <=
                fb_history_count(h) * sizeof(struct fb_event) / 10 +
                    TASKS * 64 + (1u << 18));
    fb_history_destroy(h);
}

// A coarse picture counts each event once, at most a stretch beside its place.
static void density_counts_each_event_once(void **state) {
    enum { COARSE_COLS = 10 };
    struct fb_timeline_window w = {FB_SCALE_TIME, 0, 0, COARSE_COLS};
    struct fb_timeline_column exact[COARSE_COLS], coarse[COARSE_COLS];
    uint64_t end, all = 0, exact_all = 0;
    struct run r;

    (void)state;
    make_run(&r, 2, 200000);
    fb_timeline_range(r.h, w.scale, &w.from, &end);
    w.step = (end - w.from) / COARSE_COLS + 1;
    assert_int_equal(fb_timeline_read(r.h, &w, exact, NULL, 0, NULL), 0);
    assert_int_equal(fb_timeline_density(r.h, &w, coarse), 0);
    for (int c = 0; c < COARSE_COLS; c++) {
        all += coarse[c].events;
        exact_all += exact[c].events;
        assert_true(all >= exact_all && all <= exact_all + 1024);
    }
    assert_int_equal(all, fb_history_count(r.h));
    run_end(&r);
}

// What slid out of the history is out of its index, too.
static void a_sliding_window_keeps_what_it_shows_exact(void **state) {
    struct world w = {.random = 5, .now_ns = 5000, .workers = 2};
    struct run r;
    size_t gone;

    (void)state;
    memset(w.state, FB_LANE_ABSENT, sizeof w.state);
    run_begin(&r, 60000, 20000);
    while (r.count < 59000) {
        world_step(&r, &w);
    }
    gone = fb_history_first(r.h) - 1 + 1100; // the oldest stretch may be cut
    for (int i = 0; i < 3; i++) {
        const struct record *at = &r.records[gone + (size_t)i * 5000];

        assert_window(&r, FB_SCALE_EVENTS, at->number, 3, 5);
        assert_window(&r, FB_SCALE_TIME, at->place_ns, 400, 5);
    }
    run_end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_a_short_tape_are_exact),
        cmocka_unit_test(a_poll_of_many_seconds_keeps_its_length),
        cmocka_unit_test(no_event_and_no_window_are_legal),
        cmocka_unit_test(lost_events_are_a_hole_in_every_lane),
        cmocka_unit_test(any_window_agrees_with_a_look_at_every_event),
        cmocka_unit_test(hostile_events_are_shown_as_the_model_takes_them),
        cmocka_unit_test(sums_of_all_columns_are_the_models_own),
        cmocka_unit_test(places_and_events_are_inverse),
        cmocka_unit_test(a_census_that_ends_thousands_is_taken_in_whole),
        cmocka_unit_test(ten_thousand_tasks_take_a_tenth_of_their_events),
        cmocka_unit_test(density_counts_each_event_once),
        cmocka_unit_test(a_sliding_window_keeps_what_it_shows_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
