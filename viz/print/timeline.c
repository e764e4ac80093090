// print --timeline: the lanes of the timeline as text, and the same numbers in
// a sentence for each task.
#include "page.h"
#include "timeline_lanes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { GUTTER = 22, COLS = 100, LEGEND_COLS = 100 };

static uint64_t divide_up(uint64_t n, uint64_t by) {
    return n / by + (n % by != 0);
}

// The events `from` to `to` in at most `cols` columns: one each if they fit,
// else of time, unless it took none or the reader wants events.
static struct fb_timeline_window choose(const struct fb_history *h,
                                        const struct fb_print_options *o,
                                        uint64_t from, uint64_t to) {
    const uint64_t cols = o->cols > 0 ? (uint64_t)o->cols : COLS;
    const uint64_t first = fb_timeline_place(h, FB_SCALE_TIME, from);
    const uint64_t last = fb_timeline_place(h, FB_SCALE_TIME, to);
    struct fb_timeline_window w = {.scale = FB_SCALE_EVENTS, .from = from};
    uint64_t span = to - from + 1;

    if (last > first && !o->by_event && (span > cols || o->by_time)) {
        w.scale = FB_SCALE_TIME;
        w.from = first;
        span = last - first + 1;
    }
    w.step = fb_timeline_round(divide_up(span, cols));
    w.cols = (int)divide_up(span, w.step);
    return w;
}

// ---- the picture ----

static void print_row(struct fb_grid *g, FILE *out) {
    fb_grid_print(g, out);
    fb_grid_clear(g);
}

static void print_lanes(struct fb_session *s, const struct fb_model *m,
                        const struct fb_lanes *l, struct fb_grid *g,
                        FILE *out) {
    const uint64_t start_ns = fb_session_facts(s)->start_time_ns;
    const struct fb_area a = fb_grid_area(g);
    char name[FB_PAGE_TEXT], id[16];
    int col;

    fb_grid_put(g, a, 0, 0, FB_STYLE_NORMAL,
                l->w.scale == FB_SCALE_TIME ? "  time" : "  event");
    fb_lanes_draw_axis(l, start_ns, g, a, 0, GUTTER);
    print_row(g, out);
    for (int what = 0; what < FB_LANES_ALL; what++) {
        fb_grid_put(g, a, 0, 2, FB_STYLE_NORMAL,
                    fb_lanes_name((enum fb_lanes_row)what));
        fb_lanes_draw_head(l, (enum fb_lanes_row)what, g, a, 0, GUTTER);
        print_row(g, out);
    }
    for (size_t i = 0; i < l->count; i++) {
        snprintf(id, sizeof(id), "%" PRIu32, l->tasks[i]);
        col = fb_grid_field(g, a, 0, 0, -6, FB_STYLE_NORMAL, id) + 1;
        if (fb_model_task(m, l->tasks[i]) != NULL) {
            fb_say_task(name, sizeof(name), fb_session_names(s), m,
                        l->tasks[i]);
            fb_grid_field(g, a, 0, col, GUTTER - 1 - col, FB_STYLE_NORMAL,
                          name);
        }
        fb_lanes_draw_task(l, i, g, a, 0, GUTTER);
        print_row(g, out);
    }
}

static int print_legend(struct fb_grid *g, bool workers, FILE *out) {
    const int err = fb_grid_resize(g, LEGEND_COLS, 4);
    const struct fb_area a = fb_grid_area(g);

    if (err < 0) {
        return err;
    }
    fb_grid_put(g, a, 1, 2, FB_STYLE_NORMAL,
                "█ ran all of the column   ▁▂▃▄▅▆▇ so many eighths of it   . "
                "less");
    fb_grid_put(g, a, 2, 2, FB_STYLE_NORMAL,
                workers ? "═ mostly scheduled   ─ mostly waiting   ┤ ended   "
                          "░ lost   0 … polled by worker 0 …"
                        : "═ mostly scheduled   ─ mostly waiting   ┤ ended   "
                          "░ lost");
    print_row(g, out);
    return 0;
}

// ---- the sentences ----

static void print_sentence(struct fb_session *s, const struct fb_model *m,
                           const struct fb_lanes *all, size_t lane, FILE *out) {
    const struct fb_model_task *t = fb_model_task(m, all->tasks[lane]);
    char text[FB_PAGE_TEXT];

    fprintf(out, "Task %" PRIu32, all->tasks[lane]);
    if (t != NULL) {
        fb_say_task(text, sizeof(text), fb_session_names(s), m, t->id);
        fprintf(out, " (%s)", text);
    }
    fb_say_lane(text, sizeof(text), all->w.scale, &all->cells[lane]);
    fprintf(out, ": %s", text);
    if (t != NULL && t->state == FB_TASK_RUNNING) {
        fputs("; it is being polled", out);
    } else if (t != NULL && t->state < FB_TASK_COMPLETE) {
        fb_say_task_waits(text, sizeof(text), fb_session_names(s), m, t->id);
        fprintf(out, "; it waits for %s", text);
    }
    fputs(".\n", out);
}

static void print_count(FILE *out, uint64_t count, const char *one,
                        const char *many) {
    fprintf(out, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

static void print_sums(const struct fb_lanes *all, FILE *out) {
    const struct fb_timeline_column *c = &all->columns[0];
    char lost[64];

    print_count(out, c->events, "event: ", "events: ");
    print_count(out, c->wakes, "wake, ", "wakes, ");
    print_count(out, c->ready, "time ", "times ");
    fputs("a source became ready, ", out);
    print_count(out, c->fired, "timer fired.\n", "timers fired.\n");
    if (c->lost > 0 && all->w.scale == FB_SCALE_EVENTS) {
        print_count(out, c->lost, "event was lost.\n", "events were lost.\n");
    } else if (c->lost > 0) {
        fb_say_duration(lost, sizeof(lost), c->lost);
        fprintf(out, "Events were lost: nothing is known of %s.\n", lost);
    }
}

// All of the window as one column: the last one of the picture may go beyond.
// A stamp is where a nanosecond begins, so by time the lanes end before the
// last one, in which the last event lies.
static int print_words(struct fb_session *s, const struct fb_model *m,
                       const struct fb_lanes *l, uint64_t end, FILE *out) {
    const struct fb_history *h = fb_session_history(s);
    const bool timed = l->w.scale == FB_SCALE_TIME;
    struct fb_timeline_window w = l->w;
    struct fb_lanes all = {0};
    int err;

    w.cols = 1;
    w.step = end - w.from;
    err = fb_lanes_read(&all, h, &w, NULL, 0);
    if (err < 0) {
        return err;
    }
    print_sums(&all, out);
    fb_lanes_deinit(&all);
    w.step -= timed && w.step > 1 ? 1 : 0;
    err = fb_lanes_read(&all, h, &w, l->tasks, l->count);
    for (size_t i = 0; err == 0 && i < all.count; i++) {
        print_sentence(s, m, &all, i, out);
    }
    fb_lanes_deinit(&all);
    return err;
}

static int print_page(struct fb_session *s, const struct fb_model *m,
                      const struct fb_lanes *l, uint64_t from, uint64_t to,
                      bool cut, const struct fb_print_options *o) {
    const uint64_t end =
        fb_timeline_place(fb_session_history(s), l->w.scale, to) + 1;
    struct fb_grid g;
    char step[64];
    int err = fb_grid_init(&g, GUTTER + l->w.cols, 1);

    if (err < 0) {
        return err;
    }
    g.ascii = o->ascii;
    fb__page_head(s, m, o->out);
    fb_say_step(step, sizeof(step), l->w.scale, l->w.step);
    fprintf(o->out, "\ntimeline of events %" PRIu64 " to %" PRIu64 ", %s\n\n",
            from, to, step);
    print_lanes(s, m, l, &g, o->out);
    err = print_legend(&g, l->workers, o->out);
    fb_grid_deinit(&g);
    if (cut) {
        fprintf(o->out,
                "Of the tasks that did something, the first %d are shown.\n",
                FB_LANES_ACTIVE);
    }
    return err < 0 ? err : print_words(s, m, l, end, o->out);
}

// Only the task that was asked for, whether or not it has a lane else.
static void keep_task(struct fb_lane_ids *ids, uint32_t task) {
    if (task != 0) { // there is room for thousands
        ids->items[0] = task;
        ids->count = 1;
        ids->cut = false;
    }
}

static bool is_there(const struct fb_lanes *l) {
    const struct fb_timeline_cell sum = fb_lanes_sum(l, 0, 0, l->w.cols);

    return sum.ran > 0 || sum.queued > 0 || sum.waited > 0 || sum.polls > 0 ||
           (sum.known && sum.state != FB_LANE_ABSENT);
}

int fb_print_timeline(struct fb_session *s,
                      const struct fb_print_options *options) {
    const struct fb_history *h = fb_session_history(s);
    struct fb_print_options o = *options;
    uint64_t from = fb_history_first(h), to = fb_history_last(h);
    struct fb_timeline_window w;
    struct fb_lane_ids ids = {0};
    const struct fb_model *m;
    struct fb_lanes l = {0};
    int err;

    o.task = 0; // it may have ended by then
    o.at = o.at == 0 || (o.to != 0 && o.to < o.at) ? o.to : o.at;
    o.at = options->at == 0 && o.at > to ? 0 : o.at; // to the end, then
    err = fb__page_world(s, &o, &m);
    if (err < 0) {
        return err;
    }
    if (to == 0) {
        fb__page_head(s, m, o.out);
        fputs("\nno events\n", o.out);
        return fb__page_end(o.out);
    }
    to = o.at != 0 ? o.at : to;
    from = o.from > from ? o.from : from;
    if (from > to) {
        return -ERANGE;
    }
    w = choose(h, &o, from, to);
    err = fb_lane_ids_collect(&ids, h, m, &w);
    if (err == 0) {
        keep_task(&ids, options->task);
        err = fb_lanes_read(&l, h, &w, ids.items, ids.count);
    }
    if (err == 0 && options->task != 0 && !is_there(&l)) {
        err = -ESRCH;
    }
    if (err == 0) {
        l.workers = fb_session_facts(s)->workers > 1;
        err = print_page(s, m, &l, from, to, ids.cut, &o);
    }
    fb_lanes_deinit(&l);
    fb_lane_ids_deinit(&ids);
    return err < 0 ? err : fb__page_end(o.out);
}
