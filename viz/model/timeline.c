// The timeline: rows of cells for a window, from the index and the events.
//
// Problem: see timeline_index.c; here a window cuts stretches anywhere.
//
// Idea: one sweep over the stretches that the window touches. Each lane knows
// since when it is in which state; a turn ends that piece and adds it to the
// columns it lies in. A stretch that lies in one column is taken by its sums,
// any other is walked: its turns, at the stamps of their events. Where events
// were lost, each column remembers how much of it is unknown, and a piece that
// spans it does not count that part.
//
//     column    |        c         |       c + 1      |
//     stretches | whole | whole | cut  | whole | …
//                 sums    sums   walked
//
// Invariants: a lane's pieces follow each other without overlap, so ran +
// queued + waited of a column are never more than its step.
#include "timeline_sweep.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    COARSE = 16, // stretches in a column of which one more or less is not seen
};

static uint64_t window_end(const struct fb_timeline_window *w) {
    const uint64_t cols = (uint64_t)w->cols;

    return w->step > UINT64_MAX / cols ? UINT64_MAX
                                       : fb__place_add(w->from, w->step * cols);
}

static bool by_time(const struct fb__sweep *s) {
    return s->w.scale == FB_SCALE_TIME;
}

static uint64_t begin_of(const struct fb__sweep *s,
                         const struct fb__stretch *t) {
    return by_time(s) ? t->begin_ns : t->first;
}

// The place after which nothing of the stretch lies.
static uint64_t end_of(const struct fb__sweep *s, const struct fb__stretch *t) {
    return by_time(s) ? t->end_ns : t->first + t->count;
}

static const struct fb_event *event_at(struct fb__sweep *s, uint64_t number) {
    if (s->run == NULL || number < s->run_first ||
        number - s->run_first >= s->run_count) {
        s->run = fb_history_run(s->h, number, &s->run_first, &s->run_count);
    }
    return s->run == NULL || number - s->run_first >= s->run_count
               ? NULL
               : &s->run[number - s->run_first];
}

// ---- stretches ----

// The column of an event, which is mostly that of the one before.
static int col_near(struct fb__sweep *s, uint64_t place) {
    if (place < s->near_begin || place >= s->near_edge) {
        s->near = fb__sweep_col(s, place);
        s->near_begin = s->w.from + s->w.step * (uint64_t)s->near;
        s->near_edge = fb__sweep_edge(s, s->near);
    }
    return s->near;
}

static void count_event(struct fb__sweep *s, uint64_t place, uint64_t number,
                        const struct fb_event *e) {
    struct fb_timeline_column *c;

    if (!fb__sweep_holds(s, place)) {
        return;
    }
    c = &s->columns[col_near(s, place)];
    c->events++;
    c->first = c->first == 0 ? number : c->first;
    c->last = number;
    c->wakes += e->kind == FB_EV_WAKE;
    c->ready += e->kind == FB_EV_SOURCE_READY;
    c->fired += e->kind == FB_EV_TIMER_END && e->detail == FB_TIMER_FIRED;
}

// Which lane each sum of a stretch belongs to, for one walk.
static void turn_sum(struct fb__sweep *s, const struct fb__stretch *t,
                     uint64_t place, const struct fb__turn *turn, int only) {
    const struct fb__sum *sum = &fb__stretch_sums(s->x, t)[turn->sum];
    uint32_t lane;

    if (s->lane_count == 0 || (only >= 0 && turn->sum != (uint32_t)only)) {
        return;
    }
    lane = fb__lane_find(s, t->tasks[turn->sum]);
    if (lane != UINT32_MAX) {
        fb__lane_resolve(s, lane, sum->first, sum->worker);
        fb__lane_turn(s, lane, place, turn);
    }
}

// Goes through a stretch event by event; only >= 0: for this one of its sums,
// which then is all that is wanted.
static void walk(struct fb__sweep *s, const struct fb__stretch *t, int only) {
    const struct fb__turn *turns = fb__stretch_turns(s->x, t);
    uint64_t place = begin_of(s, t);
    uint32_t next = s->lane_count == 0 ? t->turn_count : 0;

    for (uint32_t i = 0; i < t->count; i++) {
        const uint64_t number = t->first + i;
        const struct fb_event *e = event_at(s, number);

        if (!by_time(s)) {
            place = number;
        } else if (e != NULL && e->time_ns > place) {
            place = e->time_ns;
        }
        if (only < 0 && e != NULL && !(t->again && i == 0)) {
            count_event(s, place, number, e);
        }
        for (; next < t->turn_count && turns[next].offset == i; next++) {
            turn_sum(s, t, place, &turns[next], only);
        }
        if (only >= 0 && next == t->turn_count) {
            break;
        }
    }
}

// The lanes of a stretch that lies in one column.
static void take_sums(struct fb__sweep *s, const struct fb__stretch *t,
                      int col) {
    const struct fb__sum *sums = fb__stretch_sums(s->x, t);
    const uint64_t begin = s->w.from + s->w.step * (uint64_t)col;

    for (uint32_t i = 0; i < t->sum_count; i++) {
        const uint32_t lane = fb__lane_find(s, t->tasks[i]);
        const struct fb__sum *sum = &sums[i];
        struct fb_timeline_cell *c;

        if (lane == UINT32_MAX) {
            continue;
        }
        fb__lane_resolve(s, lane, sum->first, sum->worker);
        if (sum->partly || sum->worker == FB_TIMELINE_SEVERAL) {
            walk(s, t, (int)i);
            continue;
        }
        fb__lane_reach(s, lane, t->begin_ns, col, begin);
        c = &fb__lane_cells(s, lane)[col];
        c->ran += sum->ran_ns;
        c->queued += sum->queued_ns;
        c->waited += t->end_ns - t->begin_ns - sum->ran_ns - sum->queued_ns;
        c->polls += sum->polls;
        c->state = sum->last;
        c->known = true;
        fb__cell_worker(c, sum->worker);
        s->lanes[lane].state = sum->last;
        s->lanes[lane].since = t->end_ns;
        s->lanes[lane].lost = s->columns[col].lost;
        if (sum->last == FB_TASK_RUNNING) {
            s->lanes[lane].worker = sum->worker;
        }
    }
}

static void count_stretch(struct fb__sweep *s, const struct fb__stretch *t,
                          int col) {
    struct fb_timeline_column *c = &s->columns[col];
    const uint64_t first = t->first + t->again;

    if (t->count == t->again) {
        return;
    }
    c->events += t->count - t->again;
    c->first = c->first == 0 ? first : c->first;
    c->last = fb__stretch_last(t);
    c->wakes += t->wakes;
    c->ready += t->ready;
    c->fired += t->fired;
}

static void take_stretch(struct fb__sweep *s, const struct fb__stretch *t) {
    const uint64_t last = by_time(s) ? t->end_ns : fb__stretch_last(t);
    const uint64_t first = begin_of(s, t);
    const bool whole = fb__sweep_holds(s, first) && fb__sweep_holds(s, last) &&
                       fb__sweep_col(s, first) == fb__sweep_col(s, last);

    if (s->coarse && fb__sweep_holds(s, first) &&
        (!fb__sweep_holds(s, last) ||
         fb__sweep_col(s, last) - fb__sweep_col(s, first) < 2)) {
        count_stretch(s, t, fb__sweep_col(s, first));
        return;
    }
    if (!whole || fb__stretch_is_open(s->x, t)) {
        walk(s, t, -1);
        return;
    }
    count_stretch(s, t, fb__sweep_col(s, first));
    if (s->lane_count == 0) {
        return;
    }
    if (by_time(s)) {
        take_sums(s, t, fb__sweep_col(s, first));
    } else { // its sums are of time
        const struct fb__turn *turns = fb__stretch_turns(s->x, t);

        for (uint32_t i = 0; i < t->turn_count; i++) {
            turn_sum(s, t, t->first + turns[i].offset, &turns[i], -1);
        }
    }
}

// Between two stretches nothing changed, unless events were lost there.
static void note_lost(struct fb__sweep *s, const struct fb__stretch *before,
                      const struct fb__stretch *t) {
    uint64_t from, to;

    if (fb__stretch_last(before) + 1 >= t->first) {
        return;
    }
    from = end_of(s, before);
    to = begin_of(s, t);
    from = from < s->w.from ? s->w.from : from;
    to = to > s->end ? s->end : to;
    while (from < to) {
        const int col = fb__sweep_col(s, from);
        const uint64_t edge = fb__sweep_edge(s, col);
        const uint64_t until = edge < to ? edge : to;

        s->columns[col].lost += until - from;
        from = until;
    }
}

// ---- the sweep ----

static void sweep(struct fb__sweep *s) {
    const struct fb_timeline *x = s->x;
    const size_t first = fb__timeline_stretch(x, s->w.scale, s->w.from);
    size_t at = first;
    uint64_t begin, end;

    fb_timeline_range(s->h, s->w.scale, &begin, &end);
    if (x->count == 0 || begin >= s->end || end < s->w.from) {
        return;
    }
    for (uint32_t i = 0; i < s->lane_count; i++) {
        s->lanes[i].since = begin > s->w.from ? begin : s->w.from;
    }
    for (; at < x->count && begin_of(s, &x->stretches[at]) < s->end; at++) {
        if (at > 0) {
            note_lost(s, &x->stretches[at - 1], &x->stretches[at]);
        }
        take_stretch(s, &x->stretches[at]);
    }
    if (at > 0 && at < x->count) { // it begins beyond the window
        note_lost(s, &x->stretches[at - 1], &x->stretches[at]);
    }
    fb__lanes_resolve_rest(s, first, at);
    for (uint32_t i = 0; i < s->lane_count; i++) {
        fb__lane_extend(s, i, end < s->end ? end : s->end);
    }
}

// ---- reading ----

static int read_window(struct fb__sweep *s, struct fb_timeline_column *columns,
                       const uint32_t *tasks, size_t task_count) {
    const struct fb_timeline_window *w = &s->w;
    int err = 0;

    if (w->cols < 1 || w->step == 0) {
        return -EINVAL;
    }
    s->end = window_end(w);
    s->columns = calloc((size_t)w->cols, sizeof *s->columns);
    if (s->columns == NULL) {
        return -ENOMEM;
    }
    if (task_count > 0) {
        err = fb__lanes_make(s, tasks, task_count);
        for (size_t i = 0; i < task_count * (size_t)w->cols; i++) {
            s->cells[i] = (struct fb_timeline_cell){
                .state = FB_LANE_ABSENT, .worker = FB_TIMELINE_NOBODY};
        }
    }
    if (err == 0) {
        sweep(s);
    }
    if (err == 0 && columns != NULL) {
        memcpy(columns, s->columns, (size_t)w->cols * sizeof *columns);
    }
    free(s->columns);
    free(s->lanes);
    free(s->map);
    return err;
}

int fb_timeline_read(const struct fb_history *h,
                     const struct fb_timeline_window *w,
                     struct fb_timeline_column *columns, const uint32_t *tasks,
                     size_t task_count, struct fb_timeline_cell *cells) {
    struct fb__sweep s = {
        .h = h, .x = fb__history_timeline(h), .w = *w, .cells = cells};

    return read_window(&s, columns, tasks, task_count);
}

int fb_timeline_density(const struct fb_history *h,
                        const struct fb_timeline_window *w,
                        struct fb_timeline_column *columns) {
    const struct fb_timeline *x = fb__history_timeline(h);
    struct fb__sweep s = {.h = h, .x = x, .w = *w};

    s.coarse = w->cols > 0 && x->count / COARSE >= (size_t)w->cols;
    return read_window(&s, columns, NULL, 0);
}
