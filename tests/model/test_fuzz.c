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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 60, EVENTS = 3000 };

static uint64_t seed_of(int run) {
    const char *given = getenv("FB_SEED");

    return given != NULL ? strtoull(given, NULL, 0)
                         : 0x9e3779b97f4a7c15ull * (uint64_t)(run + 1);
}

// Every queue is one chain of its worker's scheduled tasks; all of them
// together hold what is scheduled.
static void check_queues(const struct fb_model *m) {
    uint32_t all = 0;

    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        const struct fb_model_worker *w = fb_model_worker(m, i);
        const struct fb_model_task *t;
        uint32_t prev = FB_MODEL_NONE, len = 0;

        for (uint32_t at = w->queue_head; (t = fb_model_task_at(m, at)) != NULL;
             at = t->queue_next) {
            assert_int_equal(t->state, FB_TASK_SCHEDULED);
            assert_int_equal(t->worker, i);
            assert_int_equal(t->queue_prev, prev);
            assert_true(++len <= w->queue_len);
            prev = at;
        }
        assert_int_equal(len, w->queue_len);
        assert_int_equal(prev, w->queue_tail);
        all += len;
    }
    assert_int_equal(all, m->queue_len);
}

// A task that is running is so on one worker, and that one knows.
static void check_workers(const struct fb_model *m) {
    bool parked = true;
    uint32_t running = 0;

    assert_true(fb_model_workers(m) <= FB_TRACE_RINGS_MAX);
    assert_null(fb_model_worker(m, fb_model_workers(m)));
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        const struct fb_model_worker *w = fb_model_worker(m, i);
        const struct fb_model_task *t = fb_model_task_at(m, w->running);

        assert_int_equal(w->id, i + 1);
        assert_int_equal(t == NULL, w->running == FB_MODEL_NONE);
        if (t != NULL) {
            assert_int_equal(t->state, FB_TASK_RUNNING);
            assert_int_equal(t->worker, i);
            running++;
        }
        for (uint32_t k = 0; k < w->stack_len; k++) {
            assert_int_equal(fb_model_future_at(m, w->stack[k])->state,
                             FB_FUTURE_POLLING);
        }
        parked = parked && w->parked;
    }
    assert_int_equal(parked, m->parked);
    for (uint32_t cursor = 0;;) {
        const struct fb_model_task *t = fb_model_task_next(m, &cursor);

        if (t == NULL) {
            break;
        }
        running -= t->state == FB_TASK_RUNNING;
    }
    assert_int_equal(running, 0);
}

// Every future is below one root, once; links agree both ways.
static size_t check_tree(const struct fb_model *m,
                         const struct fb_model_task *t) {
    static struct fb_model_row rows[EVENTS * 2];
    const size_t count = fb_model_tree(m, t->id, rows, EVENTS * 2);

    for (size_t i = 0; i < count; i++) {
        const struct fb_model_future *f = rows[i].future;
        const struct fb_model_future *up = fb_model_future_at(m, f->parent);
        uint32_t kept = 0;

        assert_int_equal(f->task, t->id);
        assert_ptr_equal(fb_model_future(m, f->id), f);
        assert_int_equal(up == NULL, i == 0);
        for (uint32_t at = f->first_child; at != FB_MODEL_NONE;) {
            const struct fb_model_future *c = fb_model_future_at(m, at);

            kept += c->state == FB_FUTURE_DROPPED;
            assert_ptr_equal(fb_model_future_at(m, c->parent), f);
            at = c->next_sibling;
        }
        assert_int_equal(kept, f->kept);
        assert_true(kept <= FB_MODEL_KEPT_CHILDREN);
    }
    return count;
}

static void check_world(const struct fb_model *m) {
    const struct fb_model_task *t;
    uint32_t cursor = 0, live = 0, zombies = 0;
    size_t futures = 0, holds = 0;

    check_queues(m);
    check_workers(m);
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        const struct fb_model_hold *h;

        assert_ptr_equal(fb_model_task(m, t->id), t);
        live += t->state < FB_TASK_COMPLETE;
        zombies += t->state == FB_TASK_COMPLETE;
        futures += check_tree(m, t);
        for (uint32_t at = t->holds; (h = fb_model_hold_at(m, at)) != NULL;
             at = h->next_of_task) {
            assert_int_equal(h->task, t->id);
            holds++;
        }
    }
    assert_int_equal(live, m->live_tasks);
    assert_int_equal(zombies, m->zombie_tasks);
    assert_int_equal(futures, m->futures.count);
    assert_int_equal(futures, m->future_index.count);
    assert_int_equal(holds, m->holds.count);
    assert_int_equal(m->tasks.count, m->task_index.count);
    assert_int_equal(m->sources.count, m->source_index.count);
    assert_int_equal(m->timers.count, m->timer_index.count);
}

static void check_words(const struct fb_model *before,
                        const struct fb_model *after, uint64_t number,
                        const struct fb_event *e) {
    char out[600];
    const size_t len = fb_story_sentence(out, sizeof out, &tape_names, number,
                                         e, before, after);

    assert_true(len > 5);
    for (const char *c = out; *c != '\0'; c++) {
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    assert_true(fb_story_sentence(out, 20, NULL, number, e, before, after) > 5);
    assert_true(strlen(out) < 20);
    (void)fb_say_task_waits(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_reason(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_waker(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_task(out, sizeof out, &tape_names, after, e->subject);
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
                check_world(&after);
            }
            check_words(&before, &after, number, &e);
        }
        check_world(&after);
        // what it keeps is bounded by what it was fed
        assert_true(after.tasks.count + after.futures.count +
                        after.holds.count <=
                    3 * EVENTS);
        fb_model_deinit(&before);
        fb_model_deinit(&after);
    }
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
        cmocka_unit_test(checker_and_normal_form_survive_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
