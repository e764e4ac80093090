// Problem: a picture of time that moves with each event cannot be read, and one
//     that never moves loses the event that everybody talks about.
// Idea: unless somebody chose a window (pinned), it begins at a multiple of
//     half its width, such that the event shown is in its right half: the
//     picture stands while the cursor walks through half of it, then moves by
//     half. It is a function of the event and the width alone, so the way there
//     does not matter.
// Invariants: steps are 1, 2 or 5 times a power of ten; a window never begins
//     before the first event that is kept.
#include "timeline_lens.h"

enum { EVENTS_MOST = 1000 }; // a column of events; farther away there is time

static uint64_t add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b) {
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t round_step(uint64_t n, uint64_t most) {
    const uint64_t step = fb_timeline_round(n);

    return step < most ? step : most;
}

static uint64_t most_of(uint8_t scale) {
    return scale == FB_SCALE_EVENTS ? EVENTS_MOST : 1000000000000000000u;
}

uint64_t fb_lens_step(const struct fb_lens *l) {
    return l->step == 0 ? 1 : l->step;
}

static uint64_t place_of(const struct fb_scene *s, uint64_t event) {
    return fb_timeline_place(s->history, (enum fb_scale)s->lens.scale, event);
}

static uint64_t first_place(const struct fb_scene *s) {
    uint64_t begin, end;

    fb_timeline_range(s->history, (enum fb_scale)s->lens.scale, &begin, &end);
    return begin;
}

// Where the window begins if nobody moved it.
static uint64_t follow(const struct fb_scene *s, int cols) {
    const uint64_t half = cols > 1 ? (uint64_t)cols / 2 : 1;
    const uint64_t unit = multiply(fb_lens_step(&s->lens), half);
    // not from where the kept events begin: that moves while one looks
    const uint64_t origin = s->lens.scale == FB_SCALE_TIME ? s->start_ns : 0;
    const uint64_t begin = first_place(s);
    const uint64_t place = place_of(s, s->at);
    uint64_t halves, from;

    if (place <= begin || place < origin) {
        return begin;
    }
    halves = (place - origin) / unit;
    from = origin + (halves == 0 ? 0 : (halves - 1) * unit);
    return from > begin ? from : begin;
}

struct fb_timeline_window fb_lens_window(const struct fb_scene *s, int cols) {
    struct fb_timeline_window w = {.scale = (enum fb_scale)s->lens.scale,
                                   .step = fb_lens_step(&s->lens),
                                   .cols = cols};
    const uint64_t begin = first_place(s);
    int col;

    w.from = s->lens.from > begin ? s->lens.from : begin;
    if (!s->lens.pinned) {
        w.from = follow(s, cols);
    } else if (s->mode != FB_MODE_LIVE && s->at != s->lens.at) {
        col = fb_timeline_col(&w, place_of(s, s->at)); // it moved: stay with it
        w.from = col < 0 || col >= cols ? follow(s, cols) : w.from;
    }
    return w;
}

static void pin(struct fb_scene *s, uint64_t from) {
    s->lens.from = from;
    s->lens.at = s->at;
    s->lens.pinned = true;
}

// What stays where it is while the window changes around it.
static uint64_t anchor(const struct fb_scene *s,
                       const struct fb_timeline_window *w) {
    const uint64_t at = s->lens.marked ? s->lens.mark : place_of(s, s->at);
    const int col = fb_timeline_col(w, at);

    return col < 0 || col >= w->cols
               ? add(w->from, multiply(w->step, (uint64_t)w->cols / 2))
               : at;
}

void fb_lens_zoom(struct fb_scene *s, int cols, int direction) {
    const struct fb_timeline_window w = fb_lens_window(s, cols);
    const uint64_t most = most_of(s->lens.scale);
    const uint64_t stays = anchor(s, &w);
    const bool follows = !s->lens.pinned && !s->lens.marked;
    uint64_t step, before;

    if (direction > 0) { // 50 → 20 → 10
        step = w.step <= 1 ? 1 : round_step((w.step + 2) / 3, most);
    } else {
        step = w.step >= most ? w.step : round_step(w.step + 1, most);
    }
    before = multiply((stays - w.from) / w.step, step);
    s->lens.step = step;
    pin(s, stays > before ? stays - before : 0);
    if (follows && (s->mode == FB_MODE_LIVE || step == w.step)) {
        s->lens.pinned = false; // it would run out of the picture
    }
}

static void set_scale(struct fb_scene *s, enum fb_scale scale, uint64_t first,
                      uint64_t last, int cols) {
    uint64_t from, to;

    s->lens.scale = (uint8_t)scale;
    from = place_of(s, first);
    to = place_of(s, last);
    s->lens.step =
        round_step((to - from) / (uint64_t)cols + 1, most_of(s->lens.scale));
    pin(s, from);
}

void fb_lens_turn(struct fb_scene *s, int cols) {
    const struct fb_timeline_window w = fb_lens_window(s, cols);
    const enum fb_scale other =
        w.scale == FB_SCALE_TIME ? FB_SCALE_EVENTS : FB_SCALE_TIME;
    const uint64_t end = add(w.from, multiply(w.step, (uint64_t)cols));
    const bool pinned = s->lens.pinned;
    uint64_t mark = 0;

    if (s->lens.marked) {
        mark = fb_timeline_event(s->history, w.scale, s->lens.mark);
    }
    set_scale(s, other, fb_timeline_event(s->history, w.scale, w.from),
              fb_timeline_event(s->history, w.scale, end), cols);
    s->lens.pinned = pinned;
    s->lens.mark = s->lens.marked ? place_of(s, mark) : 0;
}

void fb_lens_fit(struct fb_scene *s, int cols) {
    const uint64_t first = fb_history_first(s->history);
    const uint64_t last = fb_history_last(s->history);
    uint64_t begin, end;

    fb_timeline_range(s->history, FB_SCALE_TIME, &begin, &end);
    set_scale(s,
              end > begin && last - first >= (uint64_t)cols ? FB_SCALE_TIME
                                                            : FB_SCALE_EVENTS,
              first, last, cols);
    s->lens.marked = false;
}

void fb_lens_pan(struct fb_scene *s, int cols, int64_t by) {
    const struct fb_timeline_window w = fb_lens_window(s, cols);
    const uint64_t far = multiply(w.step, (uint64_t)(by < 0 ? -by : by));
    uint64_t begin, end, from;

    fb_timeline_range(s->history, w.scale, &begin, &end);
    if (by < 0) {
        from = w.from - begin > far ? w.from - far : begin;
    } else {
        from = add(w.from, far);
        from = from < end ? from : w.from; // something stays to be seen
    }
    pin(s, from);
}

void fb_lens_mark(struct fb_scene *s, int cols, int by) {
    struct fb_timeline_window w = fb_lens_window(s, cols);
    const uint64_t at = s->lens.marked ? s->lens.mark : place_of(s, s->at);
    const uint64_t last = place_of(s, fb_history_last(s->history));
    int col = fb_timeline_col(&w, at);

    col = col < 0 || col >= cols ? cols / 2 : col + by;
    if (col < 0 || col >= cols) {
        fb_lens_pan(s, cols, col < 0 ? -(cols / 4 + 1) : cols / 4 + 1);
        col -= (s->lens.from < w.from ? -1 : 1) *
               (int)((s->lens.from < w.from ? w.from - s->lens.from
                                            : s->lens.from - w.from) /
                     w.step);
        w = fb_lens_window(s, cols);
    }
    col = col < 0 ? 0 : col >= cols ? cols - 1 : col;
    s->lens.mark = add(w.from, multiply(w.step, (uint64_t)col));
    s->lens.mark = s->lens.mark < last ? s->lens.mark : last;
    s->lens.marked = true;
}

void fb_lens_home(struct fb_scene *s) {
    s->lens.pinned = s->lens.marked = false;
}
