// Lanes: where every task stands on its way round. Run queue in order → the
// one task being polled → waiting, grouped by what will wake it. A wake moves
// a task from the last lane back to the first.
//
// With several workers each has a lane: the task that it polls, and below it
// its own run queue; the last lane is still the waiting.
#include "lanes.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum {
    TEXT = 400,
    WIDE = 110,
    LANE_COLS = 24,                     // a worker beside others needs these
    LANES_MOST = FB_TRACE_RINGS_MAX + 1 // one of each worker, and the waiting
};

static enum fb_style group_style(enum fb_lane_group group) {
    return group == FB_LANE_LOST     ? FB_STYLE_WARNING
           : group == FB_LANE_WAKING ? FB_STYLE_WAKE
                                     : FB_STYLE_PENDING;
}

// How many lines there are, and on which the selected task stands.
struct tally {
    // A group that all are in is named in the lane's title: on a small screen
    // every line is a task that can be seen.
    struct fb_lane_counts waiting;
    int lanes;                  // one worker: queue, poll, waiting
    int starts[LANES_MOST + 1]; // the line of each lane's title; last: how many
    int selected;
};

// A long run queue must not push the other lanes off the screen. Several
// workers share two thirds of it.
static int queue_limit(int rows, int workers) {
    const int share = rows * 2 / 3 / workers;

    if (workers > 1) {
        return share > 2 ? share : 2;
    }
    return rows / 3 > 3 ? rows / 3 : 3;
}

// The tasks of a run queue in order; veiled, in the order of their spawn, for
// the true one would tell who is polled next.
struct queue_walk {
    const struct fb_model *m;
    const struct fb_model_worker *of;
    bool veiled;
    struct fb_lane_queue queue;
    uint32_t cursor; // veiled
};

static struct queue_walk walk_queue(const struct fb_scene *s,
                                    const struct fb_model_worker *of) {
    const bool veiled = (s->veil & FB_VEIL_QUEUE) != 0;

    return (struct queue_walk){s->model, of, veiled,
                               fb_lane_queue(s->model, of), 0};
}

static const struct fb_model_task *walk_next(struct queue_walk *w) {
    const struct fb_model_task *t;

    if (!w->veiled) {
        return fb_lane_queue_next(&w->queue);
    }
    while ((t = fb_model_task_next(w->m, &w->cursor)) &&
           (t->state != FB_TASK_SCHEDULED || t->worker + 1u != w->of->id)) {
    }
    return t;
}

// The lines of a run queue: at most `limit` tasks. Notes the selected one's.
static int tally_queue(const struct fb_scene *s,
                       const struct fb_model_worker *w, int line, int limit,
                       struct tally *all) {
    struct queue_walk walk = walk_queue(s, w);
    const struct fb_model_task *t;

    for (int i = 0; i < limit && (t = walk_next(&walk)) != NULL; i++) {
        all->selected = t->id == s->task ? line + i : all->selected;
    }
    return line + ((int)w->queue_len <= limit ? (int)w->queue_len : limit + 1);
}

// One worker: its queue and its poll are a lane each.
static int tally_one(const struct fb_scene *s, int limit, struct tally *all) {
    const struct fb_model_worker *w = fb_view_worker(s, 0);
    const struct fb_model_task *t = fb_model_task_at(s->model, w->running);
    int line = tally_queue(s, w, 1, limit, all);

    all->starts[1] = line++;
    all->selected = t && t->id == s->task ? line : all->selected;
    all->lanes = 3;
    return line + (t ? 1 : 0);
}

// Several: a lane's title line says what its worker polls.
static int tally_workers(const struct fb_scene *s, int limit,
                         struct tally *all) {
    int line = 0;

    all->lanes = (int)fb_view_workers(s) + 1;
    for (int i = 0; i < all->lanes - 1; i++) {
        const struct fb_model_worker *w = fb_view_worker(s, (uint32_t)i);
        const struct fb_model_task *t = fb_model_task_at(s->model, w->running);

        all->starts[i] = line;
        all->selected = t && t->id == s->task ? line : all->selected;
        line = tally_queue(s, w, line + 1, limit, all);
    }
    return line;
}

// Which of its group a waiting task is, from 0.
static int rank_of(const struct fb_model *m, const struct fb_model_task *t) {
    const enum fb_lane_group group = fb_lane_group(m, t);
    const struct fb_model_task *other;
    uint32_t cursor = 0;
    int rank = 0;

    while ((other = fb_lane_next(m, group, &cursor)) && other != t) {
        rank++;
    }
    return rank;
}

static void tally_waiting(const struct fb_scene *s, int line,
                          struct tally *all) {
    const struct fb_model *m = s->model;
    const struct fb_model_task *t = fb_model_task(m, s->task);
    const int group =
        t && t->state == FB_TASK_IDLE ? (int)fb_lane_group(m, t) : -1;

    all->starts[all->lanes - 1] = line++;
    all->waiting = fb_lane_count(m);
    for (int i = FB_LANE_GROUPS - 1; i >= 0; i--) {
        const int count = (int)all->waiting.groups[i];

        line += count > 0 && i != all->waiting.only; // its title
        if (i == group) {
            all->selected = line + rank_of(m, t);
        }
        line += count;
    }
    all->starts[all->lanes] = line;
}

static struct tally take_tally(const struct fb_scene *s, int limit) {
    struct tally all = {.selected = -1};
    int line = fb_view_workers(s) > 1 ? tally_workers(s, limit, &all)
                                      : tally_one(s, limit, &all);

    tally_waiting(s, line, &all);
    return all;
}

// A pane writes line after line; only those in its window are drawn.
struct writer {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    int line, scroll, limit;
    struct tally tally;
};

static bool is_shown(const struct writer *w) {
    return w->line >= w->scroll && w->line < w->scroll + w->a.rows;
}

static void write_task(struct writer *w, int indent, const char *mark,
                       const struct fb_model_task *t, bool with_reason) {
    enum fb_style style = fb_task_look(t).style;
    int row = w->line - w->scroll;
    char text[TEXT], reason[TEXT - 8];
    int room, need, col;

    if (is_shown(w)) {
        col = fb_grid_put(w->g, w->a, row, indent, style, mark);
        fb_view_task(w->s, t->id, text, sizeof(text));
        if (with_reason) { // it comes first; the name has the id in front
            fb_say_task_waits(reason, sizeof(reason), w->s->names, w->s->model,
                              t->id);
            room = w->a.cols - col;
            need = fb_text_cols(reason) + 1;
            need = need < room * 60 / 100 ? need : room * 60 / 100;
            col = fb_grid_field(w->g, w->a, row, col, room - need,
                                FB_STYLE_NORMAL, text);
            snprintf(text, sizeof(text), " %s", reason);
            style = FB_STYLE_PENDING;
        }
        fb_grid_field(w->g, w->a, row, col, w->a.cols - col, style, text);
        if (t->id == w->s->task) {
            fb_grid_put(w->g, w->a, row, 0, FB_STYLE_STRONG, "▸");
        }
    }
    w->line++;
}

// Returns the column after it.
static int write_title(struct writer *w, const char *title, uint32_t count) {
    char n[32];
    int col = 0;

    if (is_shown(w)) {
        col = fb_grid_put(w->g, w->a, w->line - w->scroll, 1, FB_STYLE_STRONG,
                          title);
        col = fb_grid_put(w->g, w->a, w->line - w->scroll, col + 1,
                          FB_STYLE_DIM, fb_view_count(count, n));
    }
    w->line++;
    return col;
}

// The next to be polled is drawn first, unless that is the question.
static void write_queued(struct writer *w, const struct fb_model_worker *of) {
    struct queue_walk walk = walk_queue(w->s, of);

    for (uint32_t i = 0; i < of->queue_len && (int)i < w->limit; i++) {
        const struct fb_model_task *t = walk_next(&walk);
        char mark[24];

        if (!t) {
            break;
        }
        snprintf(mark, sizeof(mark), "%" PRIu32 ". ", i + 1);
        write_task(w, 2, walk.veiled ? "?  " : mark, t, false);
    }
    if ((int)of->queue_len > w->limit) {
        if (is_shown(w)) {
            fb_grid_putf(w->g, w->a, w->line - w->scroll, 2, FB_STYLE_DIM,
                         "… and %d more", (int)of->queue_len - w->limit);
        }
        w->line++;
    }
}

static void write_queue(struct writer *w) {
    const struct fb_model_worker *of = fb_view_worker(w->s, 0);

    write_title(w, "Run queue", of->queue_len);
    write_queued(w, of);
}

// "Worker 1  ● 4 Ada", and what waits for it.
static void write_worker(struct writer *w, uint32_t number) {
    const struct fb_model_worker *of = fb_view_worker(w->s, number);
    const struct fb_model_task *t = fb_model_task_at(w->s->model, of->running);
    int row = w->line - w->scroll, col;
    char text[TEXT];

    if (is_shown(w)) {
        col = fb_grid_putf(w->g, w->a, row, 1, FB_STYLE_STRONG,
                           "Worker %" PRIu32, number) +
              1;
        if (t) {
            col = fb_grid_put(w->g, w->a, row, col, FB_STYLE_RUNNING, "● ");
            fb_view_task(w->s, t->id, text, sizeof(text));
            fb_grid_field(w->g, w->a, row, col, w->a.cols - col,
                          FB_STYLE_RUNNING, text);
        } else {
            fb_grid_put(w->g, w->a, row, col, FB_STYLE_DIM,
                        of->parked ? "parked" : "polls nobody");
        }
        if (t && t->id == w->s->task) {
            fb_grid_put(w->g, w->a, row, 0, FB_STYLE_STRONG, "▸");
        }
    }
    w->line++;
    write_queued(w, of);
}

static void write_polled(struct writer *w) {
    const struct fb_model_worker *of = fb_view_worker(w->s, 0);
    const struct fb_model_task *t = fb_model_task_at(w->s->model, of->running);

    if (t) {
        write_title(w, "Polled now", 1);
        write_task(w, 2, "● ", t, false);
        return;
    }
    if (is_shown(w)) {
        int col = fb_grid_put(w->g, w->a, w->line - w->scroll, 1,
                              FB_STYLE_STRONG, "Polled now");

        fb_grid_put(w->g, w->a, w->line - w->scroll, col + 1, FB_STYLE_DIM,
                    of->parked ? "nobody (parked)" : "nobody");
    }
    w->line++;
}

static void write_group(struct writer *w, enum fb_lane_group group,
                        uint32_t count) {
    const struct fb_model *m = w->s->model;
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    if ((int)group != w->tally.waiting.only) {
        if (is_shown(w)) {
            fb_grid_put(w->g, w->a, w->line - w->scroll, 2, group_style(group),
                        fb_lane_title(group));
        }
        w->line++;
    }
    if (w->line + (int)count <= w->scroll || w->line >= w->scroll + w->a.rows) {
        w->line += (int)count; // none of them is on the screen
        return;
    }
    while ((t = fb_lane_next(m, group, &cursor))) {
        write_task(w, 4, "", t, true);
    }
}

static void write_waiting(struct writer *w) {
    const struct fb_lane_counts *c = &w->tally.waiting;
    int row = w->line - w->scroll;
    bool shown = is_shown(w);
    int col = write_title(w, "Waiting", c->waiting);

    if (shown && c->only >= 0) {
        const enum fb_lane_group only = (enum fb_lane_group)c->only;

        fb_grid_put(w->g, w->a, row, col + 1, group_style(only),
                    fb_lane_title(only));
    }
    for (int i = FB_LANE_GROUPS - 1; i >= 0; i--) {
        if (c->groups[i] > 0) { // a lost waker comes first
            write_group(w, (enum fb_lane_group)i, c->groups[i]);
        }
    }
}

// The first line of one lane (or of all, one below the other) to be shown:
// unless somebody scrolls by hand, the selected task is in sight.
static int choose_scroll(const struct fb_pane *p, const struct tally *all,
                         int from, int to, int rows) {
    bool here = all->selected >= from && all->selected < to;

    return fb_view_scroll(p->focused ? p->scroll : 0,
                          here && !p->focused ? all->selected - from : -1,
                          to - from, rows);
}

// Lanes from … to - 1, one below the other.
static void write_lanes(struct writer *w, int from, int to) {
    static void (*const write[])(struct writer *) = {write_queue, write_polled};

    for (int i = from; i < to; i++) {
        if (i == w->tally.lanes - 1) {
            write_waiting(w);
        } else if (fb_view_workers(w->s) > 1) {
            write_worker(w, (uint32_t)i);
        } else {
            write[i](w);
        }
    }
}

// One column of a wide pane: so many columns for these lanes.
struct part {
    int cols, from, to;
};

// How a wide pane is divided; workers that do not fit beside each other share
// a column. Returns how many parts there are.
static int divide(const struct tally *all, bool several, int cols,
                  struct part *parts) {
    const int workers = all->lanes - 1, left = cols * 54 / 100;
    int n = 0;

    if (!several) {
        parts[n++] = (struct part){cols * 26 / 100, 0, 1};
        parts[n++] = (struct part){cols * 28 / 100, 1, 2};
    } else if (left / workers >= LANE_COLS) {
        for (; n < workers; n++) {
            parts[n] = (struct part){left / workers, n, n + 1};
        }
    } else {
        parts[n++] = (struct part){left, 0, workers};
    }
    for (int i = 0; i < n; i++) {
        cols -= parts[i].cols;
    }
    parts[n++] = (struct part){cols, workers, all->lanes};
    return n;
}

// Lanes beside each other where there is room: left to right is the way a task
// goes.
static void draw_wide(struct writer *w, struct fb_pane *p, struct fb_area a) {
    struct part parts[LANES_MOST];
    const int *starts = w->tally.starts;
    const bool several = fb_view_workers(w->s) > 1;
    const int n = divide(&w->tally, several, a.cols, parts);
    int col = a.col;

    for (int i = 0; i < n; i++) {
        w->a = a;
        w->a.col = col;
        w->a.cols = parts[i].cols - (i < n - 1 ? 3 : 0);
        w->line = starts[parts[i].from];
        w->scroll = w->line + choose_scroll(p, &w->tally, w->line,
                                            starts[parts[i].to], a.rows);
        col += parts[i].cols;
        write_lanes(w, parts[i].from, parts[i].to);
        if (i < n - 1 && (!several || i == n - 2)) {
            fb_grid_put(w->g, a, 0, col - a.col - 2, FB_STYLE_DIM, "→");
        }
    }
    // the longest, or it is not what must be scrolled
    p->lines = starts[parts[n - 1].to] - starts[parts[n - 1].from];
    p->scroll = w->scroll - starts[parts[n - 1].from];
}

static void draw_narrow(struct writer *w, struct fb_pane *p) {
    p->lines = w->tally.starts[w->tally.lanes];
    p->scroll = choose_scroll(p, &w->tally, 0, p->lines, w->a.rows);
    w->scroll = p->scroll;
    write_lanes(w, 0, w->tally.lanes);
}

static void lanes_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    bool wide = a.cols >= WIDE;
    struct writer w = {.s = s,
                       .g = g,
                       .a = a,
                       .limit = queue_limit(wide ? 3 * a.rows - 6 : a.rows,
                                            (int)fb_view_workers(s))};

    w.tally = take_tally(s, w.limit);
    if (wide) {
        draw_wide(&w, p, a);
    } else {
        draw_narrow(&w, p);
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static const char *const lanes_help[] = {
    "Where every task stands on its way round:",
    "Run queue    woken, in the order in which they will be polled",
    "Polled now   the one task whose poll is under way",
    ("Waiting      idle tasks, grouped by who holds their waker and will wake "
     "them"),
    "A wake moves a task from the waiting lane to the end of the run queue.",
    ("With several workers each has a lane: the task that it polls, and its "
     "own "
     "run queue below."),
    NULL};

const struct fb_view fb_view_lanes = {
    .name = "lanes",
    .title = "Lanes",
    .help = lanes_help,
    .draw = lanes_draw,
};
