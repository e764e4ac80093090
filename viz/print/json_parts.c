// print --json: statistics, and the rings of those who wait for each other.
#include "json_parts.h"
#include "stats.h"
#include "waits.h"

#include <string.h>

static json_int_t number(uint64_t value) {
    return value > INT64_MAX ? INT64_MAX : (json_int_t)value;
}

// Takes `value`, and frees it where `array` is NULL or there is no memory.
static json_t *append(json_t *array, json_t *value) {
    if (json_array_append_new(array, value) < 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

// [{"from_ns": …, "count": …}] of those that are not empty.
static json_t *buckets(const struct fb_histogram *h) {
    json_t *array = json_array();

    for (uint32_t i = 0; i < FB_HISTOGRAM_BUCKETS && array != NULL; i++) {
        if (h->buckets[i] > 0) {
            array = append(array, json_pack("{s:I, s:I}", "from_ns",
                                            number(fb_histogram_from(i)),
                                            "count", number(h->buckets[i])));
        }
    }
    return array;
}

static json_t *histogram(const struct fb_histogram *h) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "count",
                     number(h->count), "mean_ns", number(fb_histogram_mean(h)),
                     "p50_ns", number(fb_histogram_percentile(h, 50000)),
                     "p90_ns", number(fb_histogram_percentile(h, 90000)),
                     "p99_ns", number(fb_histogram_percentile(h, 99000)),
                     "p99_9_ns", number(fb_histogram_percentile(h, 99900)),
                     "max_ns", number(h->max_ns), "buckets", buckets(h));
}

static json_t *workers(const struct fb_model *m) {
    json_t *array = json_array();

    for (uint32_t i = 0; i < fb_model_workers(m) && array != NULL; i++) {
        const struct fb_worker_time t = fb_stats_worker(m, i);

        array = append(
            array, json_pack("{s:I, s:I, s:I, s:I}", "worker", (json_int_t)i,
                             "in_polls_ns", number(t.polls_ns), "parked_ns",
                             number(t.parked_ns), "own_ns", number(t.rest_ns)));
    }
    return array;
}

json_t *fb__json_stats(const struct fb_model *m) {
    return json_pack(
        "{s:o, s:o, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:I, s:o}", "poll",
        histogram(&m->durations[FB_DURATION_POLL]), "wake_to_poll",
        histogram(&m->durations[FB_DURATION_LATENCY]), "polls_in_vain",
        number(m->polls_in_vain), "wakes", "scheduled",
        number(m->wakes_scheduled), "coalesced", number(m->wakes_coalesced),
        "during_poll", number(m->wakes_during_poll), "after_complete",
        number(m->wakes_late), "by_itself", number(m->wakes_self), "yields",
        number(m->yields), "budgets_out", number(m->budgets_out), "workers",
        workers(m));
}

// ---- rings ----

static json_t *member(const struct fb_names *n, const struct fb_model *m,
                      const struct fb_waits *w,
                      const struct fb_waits_row *row) {
    const struct fb_wait *wait = &w->items[row->wait];
    char what[FB_PAGE_TEXT], at[FB_PAGE_TEXT];

    fb_say_waits_row(what, sizeof(what), m, w, row);
    fb_say_await(at, sizeof(at), n, m, wait->hold.future);
    return json_pack("{s:I, s:I, s:s, s:s}", "task", (json_int_t)wait->task,
                     "on", (json_int_t)wait->on, "for", what, "at", at);
}

// The rings come first among the rows, each with its members behind it.
static json_t *ring(const struct fb_names *n, const struct fb_model *m,
                    const struct fb_waits *w, size_t *row) {
    const struct fb_ring *r = &w->rings[w->rows[*row].ring];
    json_t *waits = json_array();
    char text[FB_PAGE_TEXT];

    fb_say_ring(text, sizeof(text), m, w, r);
    for ((*row)++; *row < w->row_count && w->rows[*row].kind == FB_WAITS_MEMBER;
         (*row)++) {
        waits = waits != NULL ? append(waits, member(n, m, w, &w->rows[*row]))
                              : NULL;
    }
    return json_pack("{s:s, s:b, s:b, s:I, s:o}", "text", text, "certain",
                     r->certain, "closed", r->closed, "tasks",
                     (json_int_t)r->tasks, "waits", waits);
}

json_t *fb__json_waits(const struct fb_names *n, const struct fb_model *m) {
    json_t *rings = json_array(), *o;
    struct fb_waits w;
    size_t row = 0;

    if (fb_waits_init(&w, m) < 0) {
        json_decref(rings);
        return NULL;
    }
    while (row < w.row_count && w.rows[row].kind == FB_WAITS_RING &&
           rings != NULL) {
        rings = append(rings, ring(n, m, &w, &row));
    }
    o = json_pack("{s:b, s:o}", "deadlock", fb_waits_deadlock(&w), "rings",
                  rings);
    fb_waits_deinit(&w);
    return o;
}
