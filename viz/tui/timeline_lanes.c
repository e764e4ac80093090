// Problem: a column of a picture may hold a thousandth of a poll or a thousand
//     polls, and must not lie about either.
// Idea: its height is the share of the column that the task ran, in eighths,
//     rounded down; what ran for less is a dot of its own, so that a poll is
//     never invisible and never as wide as its column. Only a column that the
//     task ran in from end to end is full, and may say which worker polled it.
//     Where it did not run at all, the longer of being scheduled and waiting
//     is shown.
// Invariants: a symbol says all that a colour says.
#include "timeline_lanes.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- reading ----

int fb_lanes_read(struct fb_lanes *l, const struct fb_history *h,
                  const struct fb_timeline_window *w, const uint32_t *tasks,
                  size_t count) {
    const size_t cols = (size_t)w->cols;
    int err;

    *l = (struct fb_lanes){
        .w = *w, .count = count, .cursor = -1, .mark = -1, .end = w->cols};
    l->columns = calloc(cols, sizeof(*l->columns));
    l->cells = calloc(cols * count + 1, sizeof(*l->cells));
    l->tasks = calloc(count + 1, sizeof(*l->tasks));
    if (!l->columns || !l->cells || !l->tasks) {
        fb_lanes_deinit(l);
        return -ENOMEM;
    }
    if (count > 0) {
        memcpy(l->tasks, tasks, count * sizeof(*tasks));
    }
    err = fb_timeline_read(h, w, l->columns, l->tasks, count, l->cells);
    if (err) {
        fb_lanes_deinit(l);
    }
    return err;
}

void fb_lanes_deinit(struct fb_lanes *l) {
    free(l->columns);
    free(l->cells);
    free(l->tasks);
    *l = (struct fb_lanes){0};
}

static const struct fb_timeline_cell *cell_at(const struct fb_lanes *l,
                                              size_t lane, int col) {
    return &l->cells[lane * (size_t)l->w.cols + (size_t)col];
}

bool fb_lanes_runs(const struct fb_lanes *l, size_t lane, int col) {
    const struct fb_timeline_cell *c = cell_at(l, lane, col);

    return c->ran > 0 || c->polls > 0;
}

struct fb_timeline_cell fb_lanes_sum(const struct fb_lanes *l, size_t lane,
                                     int from, int to) {
    struct fb_timeline_cell sum = {.state = FB_LANE_ABSENT,
                                   .worker = FB_TIMELINE_NOBODY};

    for (int col = from; col < to; col++) {
        const struct fb_timeline_cell *c = cell_at(l, lane, col);

        sum.ran += c->ran;
        sum.queued += c->queued;
        sum.waited += c->waited;
        sum.polls += c->polls;
        sum.state = c->known ? c->state : sum.state;
        sum.known |= c->known;
    }
    return sum;
}

// ---- symbols ----

struct look {
    uint32_t scalar;
    enum fb_style style;
};

// Workers differ in their digit; the colours come round.
static struct look running_look(const struct fb_lanes *l,
                                const struct fb_timeline_cell *c) {
    static const enum fb_style styles[] = {FB_STYLE_RUNNING, FB_STYLE_WAKE,
                                           FB_STYLE_PENDING, FB_STYLE_STRONG};
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    const double share = (double)c->ran / (double)l->w.step;
    const int eighths = c->ran >= l->w.step ? 8 : (int)(share * 8);
    struct look look = {'.', FB_STYLE_RUNNING};

    if (eighths > 0) {
        look.scalar = 0x2580u + (uint32_t)(eighths < 8 ? eighths : 8);
    }
    if (l->workers && c->worker < FB_TRACE_RINGS_MAX) {
        look.style = styles[c->worker % 4];
        if (eighths == 8 && c->worker < sizeof(digits) - 1) {
            look.scalar = (uint32_t)digits[c->worker];
        }
    }
    return look;
}

static struct look lane_look(const struct fb_lanes *l, size_t lane, int col) {
    const struct fb_timeline_cell *c = cell_at(l, lane, col);

    switch (fb_timeline_look(&l->w, &l->columns[col],
                             col > 0 ? cell_at(l, lane, col - 1) : NULL, c)) {
    case FB_LOOK_LOST: return (struct look){0x2591, FB_STYLE_DIM}; // ░
    case FB_LOOK_RAN: return running_look(l, c);
    case FB_LOOK_SCHEDULED:
        return (struct look){0x2550, FB_STYLE_SCHEDULED};                 // ═
    case FB_LOOK_WAITING: return (struct look){0x2500, FB_STYLE_PENDING}; // ─
    case FB_LOOK_ENDED: return (struct look){0x2524, FB_STYLE_COMPLETE};  // ┤
    case FB_LOOK_COMPLETE: return (struct look){0xb7, FB_STYLE_COMPLETE};
    case FB_LOOK_BLANK: break;
    }
    return (struct look){' ', FB_STYLE_COMPLETE};
}

static enum fb_style style_in(const struct fb_lanes *l, int col,
                              enum fb_style style) {
    if (col == l->cursor) {
        return FB_STYLE_SELECTED;
    }
    if (col == l->mark) {
        return FB_STYLE_FOCUS;
    }
    return l->cursor >= 0 && col > l->cursor ? FB_STYLE_DIM : style;
}

void fb_lanes_draw_task(const struct fb_lanes *l, size_t lane,
                        struct fb_grid *g, struct fb_area a, int row, int col) {
    for (int i = 0; i < l->w.cols && i < l->end; i++) {
        const struct look look = lane_look(l, lane, i);

        fb_grid_fill(g, a, row, col + i, 1, style_in(l, i, look.style),
                     look.scalar);
    }
}

// ---- the rows above ----

const char *fb_lanes_name(enum fb_lanes_row what) {
    static const char *const names[] = {"wakes", "reactor", "timers", "wakes"};

    return names[what];
}

static struct look count_look(uint64_t count, char one, enum fb_style style) {
    struct look look = {' ', style};

    if (count == 1) {
        look.scalar = (uint32_t)one;
    } else if (count > 1) {
        look.scalar = count < 10 ? '0' + (uint32_t)count : '+';
    }
    return look;
}

static struct look head_look(const struct fb_timeline_column *c,
                             enum fb_lanes_row what) {
    struct look look = {' ', FB_STYLE_NORMAL};

    switch (what) {
    case FB_LANES_WAKES: return count_look(c->wakes, '1', FB_STYLE_WAKE);
    case FB_LANES_REACTOR: return count_look(c->ready, 'r', FB_STYLE_READY);
    case FB_LANES_TIMERS: return count_look(c->fired, 't', FB_STYLE_READY);
    case FB_LANES_ALL: break;
    }
    look = count_look(c->wakes, '1', FB_STYLE_WAKE);
    if (c->wakes == 0 && c->ready > 0) {
        look = (struct look){'r', FB_STYLE_READY};
    } else if (c->wakes == 0 && c->fired > 0) {
        look = (struct look){'t', FB_STYLE_READY};
    }
    return look;
}

void fb_lanes_draw_head(const struct fb_lanes *l, enum fb_lanes_row what,
                        struct fb_grid *g, struct fb_area a, int row, int col) {
    for (int i = 0; i < l->w.cols && i < l->end; i++) {
        struct look look = head_look(&l->columns[i], what);

        if (look.scalar == ' ' && l->columns[i].lost > 0) {
            look = (struct look){0x2591, FB_STYLE_DIM};
        }
        fb_grid_fill(g, a, row, col + i, 1, style_in(l, i, look.style),
                     look.scalar);
    }
}

// ---- the axis ----

// "1,204" or, in seconds with as many decimals as tell two ticks apart,
// "1.2040s".
static void say_tick(const struct fb_lanes *l, uint64_t start_ns,
                     uint64_t place, uint64_t tick, char *out,
                     size_t out_bytes) {
    uint64_t unit = 1000000000;
    char count[32], fraction[16];
    int decimals = 0;

    if (l->w.scale == FB_SCALE_EVENTS) {
        snprintf(out, out_bytes, "%s", fb_view_count(place, count));
        return;
    }
    place = place > start_ns ? place - start_ns : 0;
    while (decimals < 9 && tick < unit) {
        unit /= 10;
        decimals++;
    }
    if (decimals == 0) {
        snprintf(out, out_bytes, "%" PRIu64 "s", place / 1000000000);
    } else {
        snprintf(fraction, sizeof(fraction), "%09" PRIu64, place % 1000000000);
        snprintf(out, out_bytes, "%" PRIu64 ".%.*ss", place / 1000000000,
                 decimals, fraction);
    }
}

// The distance of ticks: 10, 20 or 50 columns, such that a label fits.
static int tick_cols(const struct fb_lanes *l, uint64_t start_ns) {
    static const int wide[] = {10, 20, 50};
    const uint64_t end = l->w.from + l->w.step * (uint64_t)l->w.cols;
    char text[64];

    for (int i = 0; i < 2; i++) {
        say_tick(l, start_ns, end, l->w.step * (uint64_t)wide[i], text,
                 sizeof(text));
        if (fb_text_cols(text) + 2 < wide[i]) {
            return wide[i];
        }
    }
    return wide[2];
}

static bool is_between(int col, int from, int to) {
    return col >= from && col < to;
}

void fb_lanes_draw_axis(const struct fb_lanes *l, uint64_t start_ns,
                        struct fb_grid *g, struct fb_area a, int row, int col) {
    const uint64_t origin = l->w.scale == FB_SCALE_TIME ? start_ns : 0;
    const int wide = tick_cols(l, start_ns);
    const uint64_t most = UINT64_MAX / (uint64_t)wide; // of a hostile clock
    const uint64_t tick =
        (l->w.step < most ? l->w.step : most) * (uint64_t)wide;
    const uint64_t into = l->w.from >= origin ? (l->w.from - origin) % tick : 0;
    uint64_t place = l->w.from + (into == 0 ? 0 : tick - into);
    struct fb_area here = a;
    char text[64];

    here.cols = col + l->w.cols < a.cols ? col + l->w.cols : a.cols;
    for (int at; (at = fb_timeline_col(&l->w, place)) >= 0 && at < l->w.cols;
         place += tick) {
        int end;

        say_tick(l, start_ns, place, tick, text, sizeof(text));
        end = at + 1 + fb_text_cols(text);
        fb_grid_put(g, here, row, col + at, FB_STYLE_DIM, "│");
        if (end <= l->w.cols && !is_between(l->cursor, at, end) &&
            !is_between(l->mark, at, end)) {
            fb_grid_put(g, here, row, col + at + 1, FB_STYLE_DIM, text);
        }
        if (place > UINT64_MAX - tick) {
            break;
        }
    }
    if (l->mark >= 0 && l->mark < l->w.cols) {
        fb_grid_put(g, here, row, col + l->mark, FB_STYLE_FOCUS, "▽");
    }
    if (l->cursor >= 0 && l->cursor < l->w.cols) {
        fb_grid_put(g, here, row, col + l->cursor, FB_STYLE_SELECTED, "▼");
    }
}
