// The timeline: a lane for each task, from left to right as time goes, and
// arrows from who woke to whom.
//
//            │120       │130       │140
//     wakes       1          1
//     reactor     r          r
//     1 accept ───▼══███───────────────
//     4 Ada       ·     ══█████──▼══███
#include "timeline_lanes.h"
#include "timeline_lens.h"
#include <stdlib.h>
#include <string.h>

enum {
    WAKES_MOST = 512,
    HEADS_ROWS = 9,    // from here, a row each for wakes, reactor and timers
    SENTENCE_ROWS = 8, // from here, a line of words below
    TEXT = 400,
};

// ---- which lanes there are ----

// The first column that may hold what comes after the event shown.
static int first_veiled(const struct fb_scene *s,
                        const struct fb_timeline_window *w) {
    const int at =
        fb_timeline_col(w, fb_timeline_place(s->history, w->scale, s->at));
    const int end = at + (w->scale == FB_SCALE_EVENTS && w->step == 1 ? 1 : 0);

    return end < 0 ? 0 : end < w->cols ? end : w->cols;
}

static int collect(const struct fb_scene *s, const struct fb_timeline_window *w,
                   struct fb_lane_ids *ids) {
    struct fb_timeline_window seen = *w;

    if (s->veil & FB_VEIL_FUTURE) { // who comes later is not known yet
        seen.cols = first_veiled(s, w);
    }
    return fb_lane_ids_collect(ids, s->history,
                               s->lens.active ? NULL : s->model, &seen);
}

// ---- the layout of the pane ----

struct plan {
    int gutter, cols; // of names, of time
    int heads, lanes; // rows
    bool sentence;
};

static struct plan make_plan(int cols, int rows) {
    struct plan p = {.heads = rows >= HEADS_ROWS ? 4
                              : rows > 3         ? 2
                                                 : 1,
                     .sentence = rows >= SENTENCE_ROWS};

    p.gutter = cols < 40 ? 5 : cols * 20 / 100;
    p.gutter = p.gutter > 26 ? 26 : p.gutter;
    p.cols = cols - p.gutter > 1 ? cols - p.gutter : 1;
    p.lanes = rows - p.heads - (p.sentence ? 1 : 0);
    p.lanes = p.lanes < 0 ? 0 : p.lanes;
    return p;
}

static struct plan plan_of(const struct fb_pane *p) {
    return make_plan(p->area.cols, p->area.rows - 1);
}

// ---- arrows ----

struct sheet {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    struct plan plan;
    struct fb_lanes lanes;         // those that are drawn
    const struct fb_lane_ids *ids; // all
    int scroll;
};

// The row that a wake comes from: of a task, or of the reactor. Outside of the
// pane it comes from its edge.
static int source_row(const struct sheet *sh,
                      const struct fb_timeline_wake *wake) {
    int row;

    switch ((enum fb_party)wake->party) {
    case FB_PARTY_SOURCE: return sh->plan.heads > 2 ? 2 : sh->plan.heads - 1;
    case FB_PARTY_TIMER: return sh->plan.heads - 1;
    case FB_PARTY_TASK: row = fb_lane_ids_find(sh->ids, wake->cause); break;
    default: return sh->plan.heads > 1 ? 1 : 0;
    }
    if (row < 0) {
        return sh->plan.heads > 1 ? 1 : 0;
    }
    row -= sh->scroll;
    row = row < -1 ? -1 : row > sh->plan.lanes ? sh->plan.lanes : row;
    return row + sh->plan.heads;
}

// Nothing is drawn over a poll, or over a number above the lanes.
static bool is_free(const struct sheet *sh, int row, int col) {
    const int lane = row - sh->plan.heads;
    const struct fb_cell *cell =
        fb_grid_at(sh->g, sh->a.row + row, sh->a.col + sh->plan.gutter + col);

    if (lane < 0) {
        return cell && cell->scalar == ' ';
    }
    return lane < (int)sh->lanes.count &&
           !fb_lanes_runs(&sh->lanes, (size_t)lane, col);
}

static void draw_arrow(const struct sheet *sh,
                       const struct fb_timeline_wake *wake) {
    const int target = fb_lane_ids_find(sh->ids, wake->task) - sh->scroll;
    const int to = target + sh->plan.heads, from = source_row(sh, wake);
    const int col = sh->plan.gutter + wake->col;
    const int step = from < to ? 1 : -1;
    const enum fb_style style =
        sh->lanes.cursor >= 0 && wake->col > sh->lanes.cursor ? FB_STYLE_DIM
                                                              : FB_STYLE_WAKE;

    if (fb_lane_ids_find(sh->ids, wake->task) < 0 || target < 0 ||
        target >= sh->plan.lanes || from == to || wake->col >= sh->lanes.end) {
        return;
    }
    for (int row = from + step; row != to; row += step) {
        if (is_free(sh, row, wake->col)) {
            fb_grid_put(sh->g, sh->a, row, col, style, "│");
        }
    }
    if (is_free(sh, to, wake->col)) {
        fb_grid_put(sh->g, sh->a, to, col, style, step > 0 ? "▼" : "▲");
    }
}

static void draw_arrows(const struct sheet *sh) {
    struct fb_timeline_wake *wakes = calloc(WAKES_MOST, sizeof(*wakes));
    size_t count = 0;

    if (wakes) {
        count = fb_timeline_wakes(sh->s->history, &sh->lanes.w,
                                  sh->lanes.columns, wakes, WAKES_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        draw_arrow(sh, &wakes[i]);
    }
    free(wakes);
}

// ---- words ----

// "events 120 to 131": what a column holds.
static void say_column(const struct sheet *sh, int col, char *out,
                       size_t out_bytes) {
    const struct fb_timeline_column *c = &sh->lanes.columns[col];
    const struct fb_event *e = fb_history_event(sh->s->history, c->first);
    char first[32], last[32];

    if (col >= sh->lanes.end) {
        snprintf(out, out_bytes, "what comes is not shown now");
    } else if (c->events == 0) {
        snprintf(out, out_bytes, "%s",
                 c->lost > 0 ? "events were lost here" : "no event");
    } else if (c->first == c->last) {
        snprintf(out, out_bytes, "event %s, %s", fb_view_count(c->first, first),
                 e ? fb_name_event((enum fb_event_kind)e->kind) : "?");
    } else {
        snprintf(out, out_bytes, "events %s to %s",
                 fb_view_count(c->first, first), fb_view_count(c->last, last));
    }
}

// What the selected task did in a column. Returns the column after it.
static int draw_doing(const struct sheet *sh, int row, int at, int col) {
    const struct fb_lanes *l = &sh->lanes;
    const int lane = fb_lane_ids_find(sh->ids, sh->s->task) - sh->scroll;
    struct fb_timeline_cell cell;
    char text[TEXT];

    if (lane < 0 || lane >= (int)l->count || col >= l->end ||
        l->tasks[lane] != sh->s->task) {
        return at;
    }
    cell = fb_lanes_sum(l, (size_t)lane, col, col + 1);
    fb_say_lane(text, sizeof(text), l->w.scale, &cell);
    at = fb_grid_putf(sh->g, sh->a, row, at, FB_STYLE_NORMAL, ": task %u ",
                      sh->s->task);
    fb_grid_field(sh->g, sh->a, row, at, sh->a.cols - at, FB_STYLE_NORMAL,
                  text);
    return at + fb_text_cols(text);
}

// What the column being read holds; at the right, how to go on.
static void draw_sentence(const struct sheet *sh, int row, bool focused) {
    const struct fb_lanes *l = &sh->lanes;
    const char *keys = l->w.scale == FB_SCALE_TIME
                           ? "+ - zoom  y events  f all  A active  ? more"
                           : "+ - zoom  y time  f all  A active  ? more";
    const bool marked = l->mark >= 0 && l->mark < l->w.cols;
    const int col = marked ? l->mark : l->cursor;
    const int right = sh->a.cols - fb_text_cols(keys) - 1;
    char text[TEXT];
    int at;

    if (col < 0 || col >= l->w.cols) {
        at = fb_grid_put(sh->g, sh->a, row, 1, FB_STYLE_DIM,
                         "the event shown is not here (End goes to it)");
    } else {
        at = fb_grid_put(sh->g, sh->a, row, 0, FB_STYLE_STRONG,
                         marked ? "▽" : "▼");
        say_column(sh, col, text, sizeof(text));
        at = fb_grid_put(sh->g, sh->a, row, at + 1, FB_STYLE_NORMAL, text);
        at = draw_doing(sh, row, at, col);
    }
    if (focused && at + 2 <= right) {
        fb_grid_put(sh->g, sh->a, row, right, FB_STYLE_DIM, keys);
    }
}

static void draw_name(const struct sheet *sh, int lane) {
    const uint32_t task = sh->lanes.tasks[lane];
    const int row = lane + sh->plan.heads;
    const bool selected = task == sh->s->task;
    char text[TEXT];

    if (fb_model_task(sh->s->model, task)) {
        fb_view_task(sh->s, task, text, sizeof(text));
    } else {
        snprintf(text, sizeof(text), "%u", task);
    }
    fb_grid_field(sh->g, sh->a, row, 1, sh->plan.gutter - 2,
                  selected ? FB_STYLE_STRONG : FB_STYLE_NORMAL, text);
    if (selected) {
        fb_grid_put(sh->g, sh->a, row, 0, FB_STYLE_STRONG, "▸");
    }
}

static void draw_heads(const struct sheet *sh) {
    const struct fb_lanes *l = &sh->lanes;
    const int col = sh->plan.gutter;

    fb_grid_putf(sh->g, sh->a, 0, 1, FB_STYLE_DIM, "%s%s",
                 l->w.scale == FB_SCALE_TIME ? "time" : "event",
                 sh->ids->cut ? ", not all tasks" : "");
    fb_grid_fill(sh->g, sh->a, 0, col - 1, l->w.cols + 1, FB_STYLE_NORMAL, ' ');
    fb_lanes_draw_axis(l, sh->s->start_ns, sh->g, sh->a, 0, col);
    for (int row = 1; row < sh->plan.heads; row++) {
        const enum fb_lanes_row what =
            sh->plan.heads == 2 ? FB_LANES_ALL : (enum fb_lanes_row)(row - 1);

        fb_grid_field(sh->g, sh->a, row, 1, col - 2, FB_STYLE_DIM,
                      fb_lanes_name(what));
        fb_lanes_draw_head(l, what, sh->g, sh->a, row, col);
    }
}

// ---- the view ----

static void draw_sheet(struct sheet *sh, struct fb_pane *p) {
    const uint64_t at =
        fb_timeline_place(sh->s->history, sh->lanes.w.scale, sh->s->at);
    struct fb_lanes *l = &sh->lanes;

    l->cursor = fb_timeline_col(&l->w, at);
    l->mark =
        sh->s->lens.marked ? fb_timeline_col(&l->w, sh->s->lens.mark) : -1;
    l->workers = fb_view_workers(sh->s) > 1;
    if (sh->s->veil & FB_VEIL_FUTURE) {
        l->end = first_veiled(sh->s, &l->w);
    }
    draw_heads(sh);
    for (size_t i = 0; i < l->count; i++) {
        draw_name(sh, (int)i);
        fb_lanes_draw_task(l, i, sh->g, sh->a, (int)i + sh->plan.heads,
                           sh->plan.gutter);
    }
    draw_arrows(sh);
    if (sh->plan.sentence) {
        draw_sentence(sh, sh->a.rows - 1, p->focused);
    }
    fb_view_more(p, sh->scroll,
                 (int)sh->ids->count - sh->scroll - sh->plan.lanes);
}

static void timeline_draw(const struct fb_scene *s, struct fb_pane *p,
                          struct fb_grid *g, struct fb_area a) {
    struct sheet sh = {.s = s, .g = g, .a = a};
    struct fb_timeline_window w;
    struct fb_lane_ids ids = {0};
    size_t shown;

    sh.plan = make_plan(a.cols, a.rows);
    w = fb_lens_window(s, sh.plan.cols);
    if (fb_history_count(s->history) == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "nothing has happened yet");
        return;
    }
    if (collect(s, &w, &ids)) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_WARNING, "out of memory");
        return;
    }
    p->lines = (int)ids.count;
    p->scroll = fb_view_scroll(p->scroll, fb_lane_ids_find(&ids, s->task),
                               p->lines, sh.plan.lanes);
    sh.ids = &ids;
    sh.scroll = p->scroll;
    shown = ids.count - (size_t)p->scroll;
    shown = shown < (size_t)sh.plan.lanes ? shown : (size_t)sh.plan.lanes;
    if (fb_lanes_read(&sh.lanes, s->history, &w, ids.items + p->scroll,
                      shown) == 0) {
        draw_sheet(&sh, p);
        fb_lanes_deinit(&sh.lanes);
    }
    fb_lane_ids_deinit(&ids);
}

static void timeline_subtitle(const struct fb_scene *s, char *out,
                              size_t out_bytes) {
    char step[64];

    fb_say_step(step, sizeof(step), (enum fb_scale)s->lens.scale,
                fb_lens_step(&s->lens));
    snprintf(out, out_bytes, "%s%s", step,
             s->lens.active ? ", only tasks that do something here" : "");
}

// ---- keys ----

static void select_lane(struct fb_scene *s, struct fb_pane *p, int by) {
    const struct fb_timeline_window w = fb_lens_window(s, plan_of(p).cols);
    struct fb_lane_ids ids = {0};
    int row;

    if (collect(s, &w, &ids) == 0 && ids.count > 0) {
        row = fb_lane_ids_find(&ids, s->task);
        for (size_t i = 0; row < 0 && i < ids.count; i++) { // its neighbour
            row = ids.items[i] > s->task ? (int)i : row;
            by = row >= 0 && by > 0 ? by - 1 : by;
        }
        row = row < 0 ? (int)ids.count - 1 : row + by;
        row = row < 0 ? 0 : row >= (int)ids.count ? (int)ids.count - 1 : row;
        s->task = ids.items[row];
        s->follow = false;
    }
    fb_lane_ids_deinit(&ids);
}

// To the event in the column that is being read.
static bool go_to_mark(struct fb_scene *s, int cols) {
    const struct fb_timeline_window w = fb_lens_window(s, cols);
    struct fb_timeline_window one = w;
    struct fb_timeline_column c;
    uint64_t next;

    if (!s->lens.marked) {
        return false;
    }
    one.from = s->lens.mark;
    one.cols = 1;
    if (fb_timeline_read(s->history, &one, &c, NULL, 0, NULL) == 0) {
        s->want_event = c.first;
    }
    if (s->want_event == 0) { // nothing there: what led up to it
        next = fb_timeline_event(s->history, w.scale, one.from);
        s->want_event = fb_timeline_place(s->history, w.scale, next) < one.from
                            ? next
                            : fb_history_prev(s->history, next);
    }
    s->lens.from = w.from; // the window stays
    s->lens.pinned = true;
    s->lens.at = s->want_event;
    s->lens.marked = false;
    return true;
}

static bool timeline_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    const int cols = plan_of(p).cols;
    const int page = plan_of(p).lanes > 2 ? plan_of(p).lanes - 1 : 1;

    switch (key) {
    case '+':
    case '=': fb_lens_zoom(s, cols, 1); return true;
    case '-': fb_lens_zoom(s, cols, -1); return true;
    case '[': fb_lens_pan(s, cols, -(cols / 2)); return true;
    case ']': fb_lens_pan(s, cols, cols / 2); return true;
    case FB_KEY_LEFT: fb_lens_mark(s, cols, -1); return true;
    case FB_KEY_RIGHT: fb_lens_mark(s, cols, 1); return true;
    case 'y': fb_lens_turn(s, cols); return true;
    case 'f': fb_lens_fit(s, cols); return true;
    case 'A': s->lens.active = !s->lens.active; return true;
    case FB_KEY_ESC:
        if (!s->lens.marked) {
            return false;
        }
        s->lens.marked = false;
        return true;
    case FB_KEY_ENTER:
    case 'g': return go_to_mark(s, cols);
    case FB_KEY_UP:
    case 'k': select_lane(s, p, -1); return true;
    case FB_KEY_DOWN:
    case 'j': select_lane(s, p, 1); return true;
    case FB_KEY_PAGE_UP: select_lane(s, p, -page); return true;
    case FB_KEY_PAGE_DOWN: select_lane(s, p, page); return true;
    case FB_KEY_HOME: fb_lens_pan(s, cols, INT64_MIN / 2); return true;
    case FB_KEY_END: fb_lens_home(s); return true;
    default: return false;
    }
}

// A click on a lane selects its task, and goes to the column's event.
static bool timeline_click(struct fb_scene *s, struct fb_pane *p, int row,
                           int col) {
    const struct plan plan = plan_of(p);
    const struct fb_timeline_window w = fb_lens_window(s, plan.cols);
    const int lane = row - plan.heads + p->scroll;
    struct fb_lane_ids ids = {0};

    if (row >= plan.heads && row < plan.heads + plan.lanes &&
        collect(s, &w, &ids) == 0 && lane < (int)ids.count) {
        s->task = ids.items[lane];
        s->follow = false;
    }
    fb_lane_ids_deinit(&ids);
    if (col >= plan.gutter) {
        const uint64_t far = (uint64_t)(col - plan.gutter);
        const uint64_t last = fb_timeline_place(s->history, w.scale, s->newest);

        s->lens.mark =
            far > (last - w.from) / w.step ? last : w.from + w.step * far;
        s->lens.marked = last >= w.from;
        return go_to_mark(s, plan.cols);
    }
    return true;
}

static const char *const timeline_help[] = {
    "A lane for each task; a column is an event, or a piece of time.",
    "█ ran all of the column   ▁ to ▇ ran so many eighths of it   . ran less",
    "═ mostly scheduled   ─ mostly waiting   ┤ ended   · complete, not freed",
    "░ events were lost   digits: which worker polled it",
    ("▼ ▲ end arrows from who woke to whom; where several wakes share a column "
     "their number stands in the row \"wakes\". Nothing is drawn over a poll."),
    "+ - closer, farther   y by event, or real time   f the whole run   [ ] "
    "pan",
    "left, right: read a column (▽), Enter or g goes to its event",
    "End back to the event shown   A only lanes that do something here",
    "What is dimmed lies after the event shown. Steps as in `print "
    "--timeline`.",
    NULL};

const struct fb_view fb_view_timeline = {
    .name = "timeline",
    .title = "Timeline",
    .help = timeline_help,
    .draw = timeline_draw,
    .subtitle = timeline_subtitle,
    .key = timeline_key,
    .click = timeline_click,
};
