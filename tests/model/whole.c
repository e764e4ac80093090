// What holds of the model in every world, however it came about.
#include "whole.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "holders.h"
#include "stats.h"
#include "tape.h"
#include "waits.h"
#include <string.h>

enum { WHOLE_ROWS = 6000 }; // of one task's tree; more are not looked at

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
    static struct fb_model_row rows[WHOLE_ROWS];
    const size_t count = fb_model_tree(m, t->id, rows, WHOLE_ROWS);

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

// The hold is in the list of its future, once, and its neighbours know it.
static void check_hold(const struct fb_model *m,
                       const struct fb_model_hold *h) {
    const struct fb_model_hold *newer = fb_model_hold_at(m, h->prev_of_task);
    const struct fb_model_hold *older = fb_model_hold_at(m, h->next_of_task);

    assert_true(newer == NULL || fb_model_hold_at(m, newer->next_of_task) == h);
    assert_true(older == NULL || fb_model_hold_at(m, older->prev_of_task) == h);
    newer = fb_model_hold_at(m, h->prev_of_future);
    older = fb_model_hold_at(m, h->next_of_future);
    assert_true(newer == NULL ||
                (newer->future == h->future &&
                 fb_model_hold_at(m, newer->next_of_future) == h));
    assert_true(older == NULL ||
                (older->future == h->future &&
                 fb_model_hold_at(m, older->prev_of_future) == h));
    assert_non_null(fb_model_hold(m, h->task, h->future,
                                  (enum fb_party)h->party, h->holder));
}

// Every sample lies in one bucket, and nothing is counted that nobody did.
static void check_stats(const struct fb_model *m) {
    for (int what = 0; what < FB_DURATIONS; what++) {
        uint64_t count = 0;

        for (uint32_t i = 0; i < FB_HISTOGRAM_BUCKETS; i++) {
            count += m->durations[what].buckets[i];
        }
        assert_int_equal(count, m->durations[what].count);
        assert_true(count <= m->polls);
        assert_true(m->durations[what].max_ns <= m->durations[what].sum_ns);
    }
    assert_true(m->polls_in_vain <= m->polls);
    assert_true(m->wakes_scheduled + m->wakes_coalesced + m->wakes_during_poll +
                    m->wakes_late <=
                m->wakes);
}

void whole_world(const struct fb_model *m) {
    const struct fb_model_task *t;
    uint32_t cursor = 0, live = 0, zombies = 0;
    size_t futures = 0, holds = 0, heads = 0;

    check_queues(m);
    check_workers(m);
    check_stats(m);
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        const struct fb_model_hold *h;

        assert_ptr_equal(fb_model_task(m, t->id), t);
        live += t->state < FB_TASK_COMPLETE;
        zombies += t->state == FB_TASK_COMPLETE;
        futures += check_tree(m, t);
        for (uint32_t at = t->holds; (h = fb_model_hold_at(m, at)) != NULL;
             at = h->next_of_task) {
            assert_int_equal(h->task, t->id);
            check_hold(m, h);
            heads += h->future != 0 && h->prev_of_future == FB_MODEL_NONE;
            holds++;
        }
    }
    assert_int_equal(live, m->live_tasks);
    assert_int_equal(zombies, m->zombie_tasks);
    assert_int_equal(futures, m->futures.count);
    assert_int_equal(futures, m->future_index.count);
    assert_int_equal(holds, m->holds.count);
    assert_int_equal(heads, m->hold_index.count);
    assert_int_equal(m->tasks.count, m->task_index.count);
    assert_int_equal(m->sources.count, m->source_index.count);
    assert_int_equal(m->timers.count, m->timer_index.count);
    assert_int_equal(m->channels.count, m->channel_index.count);
    assert_true(m->channels.count <= FB_MODEL_CHANNELS);
}

void whole_words(const struct fb_model *before, const struct fb_model *after,
                 uint64_t number, const struct fb_event *e) {
    char out[600];
    const size_t len = fb_story_sentence(out, sizeof out, &tape_names, number,
                                         e, before, after);

    assert_true(len > 5);
    for (const char *c = out; *c != '\0'; c++) {
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    assert_true(fb_text_is_utf8(out, len));
    assert_true(fb_story_sentence(out, 20, NULL, number, e, before, after) > 5);
    assert_true(strlen(out) < 20);
    (void)fb_say_task_waits(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_reason(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_waker(out, sizeof out, &tape_names, after, e->subject);
    (void)fb_say_task(out, sizeof out, &tape_names, after, e->subject);
}

void whole_lints(const struct fb_lints *l, const struct fb_model *m) {
    const struct fb_finding *f;
    uint64_t before = 0;
    char out[600];

    assert_true(fb_lints_count(l) <= FB_LINTS_KEPT);
    for (size_t i = 0; (f = fb_lints_at(l, i)) != NULL; i++) {
        assert_true(f->kind < FB_LINTS && f->times > 0);
        assert_true(before <= f->event && f->event <= f->last_event &&
                    f->last_event <= m->event);
        before = f->event;
        assert_in_range(f->evidence_count, 1, FB_LINT_EVIDENCE);
        for (int k = 0; k < f->evidence_count; k++) {
            assert_in_range(f->evidence[k].event, 1, f->event);
            assert_true(f->evidence[k].role < FB_LINT_ROLES);
        }
        assert_in_range(fb_lint_sentence(out, sizeof out, &tape_names, f), 10,
                        sizeof out - 1);
        assert_true(fb_text_is_utf8(out, strlen(out)));
        assert_true(fb_lints_fired(l, f->event) != NULL);
    }
    assert_int_equal(fb_lints_until(l, m->event), fb_lints_count(l));
}

void whole_questions(const struct fb_history *h, const struct fb_model *m) {
    struct fb_task_durations d;
    struct fb_wakes wakes;
    struct fb_waits w;
    char out[600];

    assert_int_equal(fb_waits_init(&w, m), 0);
    assert_true(w.row_count <= w.count + w.ring_count);
    for (size_t i = 0; i < w.row_count; i++) {
        if (w.rows[i].kind == FB_WAITS_RING) {
            fb_say_ring(out, sizeof out, m, &w, &w.rings[w.rows[i].ring]);
        } else {
            fb_say_waits_row(out, sizeof out, m, &w, &w.rows[i]);
        }
        assert_true(out[0] != '\0' && fb_text_is_utf8(out, strlen(out)));
    }
    fb_waits_deinit(&w);
    for (uint32_t task = 0; task < 24; task++) {
        fb_stats_task(h, m, task, task * 3, &d);
        assert_true(d.of[FB_DURATION_POLL].count <= m->event);
        fb_wakes_last(h, m, task, task * 3, &wakes);
        assert_true(wakes.count <= FB_WAKES_KEPT);
        (void)fb_say_hold_balance(out, sizeof out, m, task);
        assert_true(fb_text_is_utf8(out, strlen(out)));
    }
}
