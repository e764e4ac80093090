// Pictures of time: the lanes of the timeline, and the scrubber.
//
// What has a number for each column or cell goes into the blob, plane after
// plane, as typed arrays of JavaScript read it: little-endian, the widest first
// so that each plane is aligned.
#include "timeline.h"
#include "engine_state.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 4000, LANES_MOST = 512, WAKES_MOST = 500 };

static int no_memory(struct fb_engine *e) {
    return fb__engine_refuse(e, -ENOMEM, "no memory is left for the timeline");
}

static uint64_t divide_up(uint64_t n, uint64_t by) {
    return n / by + (n % by != 0);
}

static uint64_t origin(const struct fb_engine *e, enum fb_scale scale) {
    return scale == FB_SCALE_TIME ? e->head.start_time_ns : 0;
}

// Places as the page counts them: time since the start.
static uint64_t since(const struct fb_engine *e, enum fb_scale scale,
                      uint64_t place) {
    const uint64_t zero = origin(e, scale);

    return place > zero ? place - zero : 0;
}

static uint64_t add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// By time where it took any, unless events are wanted.
static struct fb_timeline_window whole(const struct fb_engine *e, int columns,
                                       bool by_event, uint64_t *ret_end) {
    struct fb_timeline_window w = {.scale = FB_SCALE_TIME, .cols = columns};

    fb_timeline_range(e->history, w.scale, &w.from, ret_end);
    if (by_event || *ret_end == w.from) {
        w.scale = FB_SCALE_EVENTS;
        fb_timeline_range(e->history, w.scale, &w.from, ret_end);
    }
    w.step = (*ret_end - w.from) / (uint64_t)columns + 1;
    return w;
}

static struct fb_timeline_window
window_of(const struct fb_engine *e, const struct fb_engine_window *wanted) {
    const int columns = wanted->columns < 1              ? 1
                        : wanted->columns > COLUMNS_MOST ? COLUMNS_MOST
                                                         : wanted->columns;
    uint64_t end, span;
    struct fb_timeline_window w = whole(e, columns, wanted->by_event, &end);

    if (wanted->to > wanted->from) {
        w.from = add(origin(e, w.scale), wanted->from);
        end = add(origin(e, w.scale), wanted->to);
    }
    span = end > w.from ? end - w.from : 1;
    w.step = fb_timeline_round(divide_up(span, (uint64_t)columns));
    w.cols = (int)divide_up(span, w.step);
    return w;
}

// ---- planes ----

static char *put_f64(char *at, size_t i, uint64_t value) {
    const double number = (double)value;

    memcpy(at + i * sizeof(number), &number, sizeof(number));
    return at;
}

static void put_u32(char *at, size_t i, uint64_t value) {
    const uint32_t number = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;

    memcpy(at + i * sizeof(number), &number, sizeof(number));
}

static void put_share(char *at, size_t i, uint64_t part, uint64_t of) {
    const float number = part >= of ? 1.0f : (float)((double)part / (double)of);

    memcpy(at + i * sizeof(number), &number, sizeof(number));
}

enum { HEAD_BYTES = 2 * 8 + 5 * 4, CELL_BYTES = 4 * 4 + 2 };

// first, last: f64; events, wakes, ready, fired: u32; lost: f32.
static char *put_head(char *at, const struct fb_timeline_window *w,
                      const struct fb_timeline_column *columns) {
    const size_t n = (size_t)w->cols;

    for (size_t i = 0; i < n; i++) {
        const struct fb_timeline_column *c = &columns[i];

        put_f64(at, i, c->first);
        put_f64(at + 8 * n, i, c->last);
        put_u32(at + 16 * n, i, c->events);
        put_u32(at + 20 * n, i, c->wakes);
        put_u32(at + 24 * n, i, c->ready);
        put_u32(at + 28 * n, i, c->fired);
        put_share(at + 32 * n, i, c->lost, w->step);
    }
    return at + HEAD_BYTES * n;
}

// ran, queued, waited: f32; polls: u32; look, worker: u8.
static void put_cells(char *at, const struct fb_timeline_window *w,
                      const struct fb_timeline_column *columns,
                      const struct fb_timeline_cell *cells, size_t lanes) {
    const size_t cols = (size_t)w->cols, n = lanes * cols;

    for (size_t i = 0; i < n; i++) {
        const struct fb_timeline_cell *c = &cells[i];
        const struct fb_timeline_cell *before =
            i % cols != 0 ? &cells[i - 1] : NULL;

        put_share(at, i, c->ran, w->step);
        put_share(at + 4 * n, i, c->queued, w->step);
        put_share(at + 8 * n, i, c->waited, w->step);
        put_u32(at + 12 * n, i, c->polls);
        at[16 * n + i] =
            (char)fb_timeline_look(w, &columns[i % cols], before, c);
        at[17 * n + i] = (char)c->worker;
    }
}

// ---- the timeline ----

static void put_lanes(struct fb_engine *e, const uint32_t *tasks,
                      size_t count) {
    struct fb__answer *a = &e->answer;
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, "lanes", '[');
    for (size_t i = 0; i < count; i++) {
        text[0] = '\0';
        if (fb_model_task(&e->at.now, tasks[i]) != NULL) {
            fb_say_task(text, sizeof(text), &e->table, &e->at.now, tasks[i]);
        }
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "task", tasks[i]);
        fb__answer_text(a, "name", text);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
}

static int put_wakes(struct fb_engine *e, const struct fb_timeline_window *w,
                     const struct fb_timeline_column *columns) {
    static const char *const effects[] = {[FB_WAKE_SCHEDULED] = "scheduled",
                                          [FB_WAKE_COALESCED] = "coalesced",
                                          [FB_WAKE_DURING_POLL] = "during poll",
                                          [FB_WAKE_AFTER_COMPLETE] =
                                              "after complete"};
    struct fb_timeline_wake *wakes = calloc(WAKES_MOST, sizeof(*wakes));
    struct fb__answer *a = &e->answer;
    size_t count;

    if (wakes == NULL) {
        return -ENOMEM;
    }
    count = fb_timeline_wakes(e->history, w, columns, wakes, WAKES_MOST);
    fb__answer_open(a, "wakes", '[');
    for (size_t i = 0; i < count; i++) {
        const struct fb_timeline_wake *x = &wakes[i];

        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "event", x->event);
        fb__answer_signed(a, "column", x->col);
        fb__answer_number(a, "task", x->task);
        fb__answer_number(a, "by", x->party == FB_PARTY_TASK ? x->cause : 0);
        fb__answer_text(a, "party", fb_name_party((enum fb_party)x->party));
        fb__answer_text(a, "effect",
                        x->effect < sizeof(effects) / sizeof(effects[0])
                            ? effects[x->effect]
                            : "?");
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    free(wakes);
    return 0;
}

static int column_of(const struct fb_engine *e,
                     const struct fb_timeline_window *w, uint64_t event) {
    return fb_timeline_col(w, fb_timeline_place(e->history, w->scale, event));
}

static void put_window(struct fb_engine *e,
                       const struct fb_timeline_window *w) {
    struct fb__answer *a = &e->answer;
    const uint64_t span = (uint64_t)w->cols > UINT64_MAX / w->step
                              ? UINT64_MAX
                              : w->step * (uint64_t)w->cols;

    fb__answer_text(a, "scale", w->scale == FB_SCALE_TIME ? "time" : "events");
    fb__answer_number(a, "from", since(e, w->scale, w->from));
    fb__answer_number(a, "to", since(e, w->scale, add(w->from, span)));
    fb__answer_number(a, "step", w->step);
    fb__answer_signed(a, "columns", w->cols);
    fb__answer_signed(a, "cursor", column_of(e, w, e->at.now.event));
}

static int draw(struct fb_engine *e, const struct fb_timeline_window *w,
                const uint32_t *tasks, size_t lanes) {
    const size_t cols = (size_t)w->cols;
    struct fb_timeline_column *columns = calloc(cols, sizeof(*columns));
    struct fb_timeline_cell *cells = calloc(cols * lanes + 1, sizeof(*cells));
    char *planes =
        fb__engine_make_blob(e, HEAD_BYTES * cols + CELL_BYTES * cols * lanes);
    int err = -ENOMEM;

    if (columns != NULL && cells != NULL && planes != NULL) {
        err = fb_timeline_read(e->history, w, columns, tasks, lanes, cells);
    }
    if (err == 0) {
        put_cells(put_head(planes, w, columns), w, columns, cells, lanes);
        err = put_wakes(e, w, columns);
    }
    free(columns);
    free(cells);
    return err;
}

// Tasks that are named twice, as a page might, have one lane.
static size_t copy_once(uint32_t *to, const uint32_t *tasks, size_t count) {
    size_t kept = 0;

    for (size_t i = 0; i < count && kept < LANES_MOST; i++) {
        bool is_there = false;

        for (size_t k = 0; k < kept; k++) {
            is_there |= to[k] == tasks[i];
        }
        if (!is_there) {
            to[kept++] = tasks[i];
        }
    }
    return kept;
}

static int choose_lanes(struct fb_engine *e, const struct fb_timeline_window *w,
                        const struct fb_engine_window *wanted, uint32_t *to,
                        size_t *ret_lanes) {
    const size_t most = wanted->lanes < LANES_MOST ? wanted->lanes : LANES_MOST;
    struct fb__answer *a = &e->answer;
    struct fb_lane_ids ids = {0};
    size_t first = wanted->first_lane;

    if (wanted->tasks != NULL) {
        *ret_lanes = copy_once(to, wanted->tasks, wanted->task_count);
        fb__answer_number(a, "laneCount", *ret_lanes);
        fb__answer_bool(a, "cut", false);
        return 0;
    }
    if (fb_lane_ids_collect(&ids, e->history, &e->at.now, w) < 0) {
        return -ENOMEM;
    }
    first = first < ids.count ? first : ids.count;
    *ret_lanes = ids.count - first < most ? ids.count - first : most;
    if (*ret_lanes > 0) {
        memcpy(to, ids.items + first, *ret_lanes * sizeof(*to));
    }
    fb__answer_number(a, "laneCount", ids.count);
    fb__answer_bool(a, "cut", ids.cut);
    fb_lane_ids_deinit(&ids);
    return 0;
}

int fb_engine_timeline(struct fb_engine *e,
                       const struct fb_engine_window *wanted) {
    const struct fb_timeline_window w = window_of(e, wanted);
    struct fb__answer *a = fb__engine_begin(e);
    uint32_t tasks[LANES_MOST];
    size_t lanes = 0;
    int err;

    fb__answer_open(a, NULL, '{');
    put_window(e, &w);
    err = choose_lanes(e, &w, wanted, tasks, &lanes);
    if (err == 0) {
        put_lanes(e, tasks, lanes);
        err = draw(e, &w, tasks, lanes);
    }
    fb__answer_close(a, '}');
    return err < 0 ? no_memory(e) : fb__engine_done(e);
}

// ---- the scrubber ----

static struct fb_timeline_window scrubber(const struct fb_engine *e,
                                          int columns) {
    uint64_t end;

    return whole(e,
                 columns < 1              ? 1
                 : columns > COLUMNS_MOST ? COLUMNS_MOST
                                          : columns,
                 false, &end);
}

static void put_lint_marks(struct fb_engine *e,
                           const struct fb_timeline_window *w) {
    struct fb__answer *a = &e->answer;
    const struct fb_finding *f;

    fb__answer_open(a, "marks", '[');
    for (size_t i = 0; (f = fb_lints_at(e->lints, i)) != NULL; i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "event", f->event);
        fb__answer_signed(a, "column", column_of(e, w, f->event));
        fb__answer_text(a, "kind", fb_name_lint((enum fb_lint_kind)f->kind));
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
}

int fb_engine_density(struct fb_engine *e, int wanted) {
    const struct fb_timeline_window w = scrubber(e, wanted);
    const size_t n = (size_t)w.cols;
    struct fb__answer *a = fb__engine_begin(e);
    struct fb_timeline_column *columns = calloc(n, sizeof(*columns));
    char *planes = fb__engine_make_blob(e, 8 * n);

    if (columns == NULL || planes == NULL ||
        fb_timeline_density(e->history, &w, columns) < 0) {
        free(columns);
        return no_memory(e);
    }
    for (size_t i = 0; i < n; i++) { // events: u32; lost: f32
        put_u32(planes, i, columns[i].events);
        put_share(planes + 4 * n, i, columns[i].lost, w.step);
    }
    free(columns);
    fb__answer_open(a, NULL, '{');
    put_window(e, &w);
    put_lint_marks(e, &w);
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}

int fb_engine_column_of(struct fb_engine *e, uint64_t event, int columns) {
    const struct fb_timeline_window w = scrubber(e, columns);

    fb__answer_signed(fb__engine_begin(e), NULL, column_of(e, &w, event));
    return fb__engine_done(e);
}

int fb_engine_event_at(struct fb_engine *e, int column, int columns) {
    const struct fb_timeline_window w = scrubber(e, columns);
    const uint64_t by = (uint64_t)(column > 0 ? column : 0);
    const uint64_t far = by > UINT64_MAX / w.step ? UINT64_MAX : by * w.step;

    fb__answer_number(fb__engine_begin(e), NULL,
                      fb_timeline_event(e->history, w.scale, add(w.from, far)));
    return fb__engine_done(e);
}
