// The task table: one row per task. Living tasks come first, in the order of
// their spawn; those that ended a moment ago stay below them for a while.
//
// The selection is a task's id, never a row: rows move, ids do not.
#include "view.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 };

// A view keeps nothing: the list is made for each frame and each key.
static struct fb_task_list list_of(const struct fb_scene *s) {
    struct fb_task_list list;

    // without memory there is nothing to show but the words "no tasks"
    if (fb_task_list_init(&list, s->model, s->names, &s->query)) {
        list.count = 0;
    }
    return list;
}

// The row of a task; -1: it is not there.
static int row_of(const struct fb_task_list *list, uint32_t task) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i] == task) {
            return (int)i;
        }
    }
    return -1;
}

// The row whose id is nearest to a task that is no longer there.
static int nearest_row(const struct fb_task_list *list, uint32_t task) {
    uint32_t best = UINT32_MAX;
    int row = 0;

    for (size_t i = 0; i < list->count; i++) {
        uint32_t id = list->ids[i];
        uint32_t away = id > task ? id - task : task - id;

        if (away < best) {
            best = away;
            row = (int)i;
        }
    }
    return row;
}

// Which columns there are, and how wide; 0: left out on a narrow screen.
struct columns {
    int id, state, label, polls, busy, waker, awaits;
};

static struct columns plan(const struct fb_scene *s, int cols,
                           uint32_t max_id) {
    const bool big = s->big;
    char digits[16];
    int id = snprintf(digits, sizeof(digits), "%" PRIu32, max_id);
    struct columns c = {.id = id < 3 ? 3 : id, .state = 11};
    int rest;

    c.polls = cols < 56 || big                   ? 0
              : s->query.order == FB_ORDER_POLLS ? 6 // its arrow
                                                 : 5;
    c.busy = cols >= 76 && !big ? 6 : 0;
    rest = cols - 2 - c.id - 1 - c.state - 1;
    rest -= c.polls ? c.polls + 1 : 0;
    rest -= c.busy ? c.busy + 1 : 0;
    if (rest < 0) {
        rest = 0;
    }
    if (cols >= 68 && !big) { // three texts share what is left
        c.waker = rest * 30 / 100 > 30 ? 30 : rest * 30 / 100;
        c.label = (rest - c.waker) * 56 / 100;
    } else {
        c.label = rest * 50 / 100;
    }
    if (c.label > 44) {
        c.label = 44;
    }
    c.awaits = rest - c.label - c.waker - (c.waker ? 2 : 1);
    return c;
}

// "polls▼": the column that the table is sorted by, and where it begins.
static int put_heading(const struct fb_scene *s, struct fb_grid *g,
                       struct fb_area a, int col, int width, const char *name,
                       enum fb_task_order order) {
    char text[32];

    if (width == 0) {
        return col;
    }
    snprintf(text, sizeof(text), "%s%s", name,
             s->query.order != order                     ? ""
             : order == FB_ORDER_ID && !s->query.reverse ? ""
             : s->query.reverse                          ? "▲"
                                                         : "▼");
    return fb_grid_field(g, a, 0, col, width, FB_STYLE_HEADING, text) + 1;
}

static void draw_heading(const struct fb_scene *s, struct fb_grid *g,
                         struct fb_area a, struct columns c) {
    int col = 2;

    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_HEADING, ' ');
    col = put_heading(s, g, a, col, -c.id, "id", FB_ORDER_ID);
    col = put_heading(s, g, a, col, c.state, "state", FB_ORDER_STATE);
    col = put_heading(s, g, a, col, c.label, "label", FB_ORDER_LABEL);
    col = put_heading(s, g, a, col, -c.polls, "polls", FB_ORDER_POLLS);
    col = put_heading(s, g, a, col, -c.busy, "busy", FB_ORDER_BUSY);
    col = put_heading(s, g, a, col, c.waker, "last wake by", FB_ORDER_WAKE);
    put_heading(s, g, a, col, c.awaits, "awaits", FB_ORDERS);
}

// What the last column says: what a living task waits for, how another ended.
static enum fb_style say_awaits(const struct fb_scene *s,
                                const struct fb_model_task *t, char *out,
                                size_t out_bytes) {
    fb_say_task_waits(out, out_bytes, s->names, s->model, t->id);
    switch ((enum fb_task_state)t->state) {
    case FB_TASK_SCHEDULED: return FB_STYLE_SCHEDULED;
    case FB_TASK_RUNNING: return FB_STYLE_RUNNING;
    case FB_TASK_IDLE:
        return fb_model_task_is_lost(s->model, t) ? FB_STYLE_WARNING
                                                  : FB_STYLE_PENDING;
    case FB_TASK_COMPLETE:
    case FB_TASK_FREED: break;
    }
    if (t->out < 0) {
        snprintf(out, out_bytes, "%s: %s",
                 fb_name_outcome((enum fb_task_outcome)t->outcome),
                 fb_name_errno(t->out));
    } else {
        snprintf(out, out_bytes, "%s",
                 fb_name_outcome((enum fb_task_outcome)t->outcome));
    }
    return FB_STYLE_COMPLETE;
}

static void draw_row(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a, int row, struct columns c,
                     const struct fb_model_task *t) {
    struct fb_state_look look = fb_task_look(t);
    bool ended = t->state == FB_TASK_COMPLETE || t->state == FB_TASK_FREED;
    enum fb_style plain = ended ? FB_STYLE_DIM : FB_STYLE_NORMAL;
    enum fb_style waits;
    char text[TEXT];
    int col = 2, label_end;

    snprintf(text, sizeof(text), "%" PRIu32, t->id);
    col = fb_grid_field(g, a, row, col, -c.id, plain, text) + 1;
    snprintf(text, sizeof(text), "%s %s", look.symbol, look.word);
    col = fb_grid_field(g, a, row, col, c.state, look.style, text) + 1;
    fb_say_task(text, sizeof(text), s->names, s->model, t->id);
    col = fb_grid_field(g, a, row, col, c.label, plain, text) + 1;
    label_end = col < a.cols ? col : a.cols;
    if (c.polls) {
        snprintf(text, sizeof(text), "%" PRIu32, t->polls);
        col = fb_grid_field(g, a, row, col, -c.polls, plain, text) + 1;
    }
    if (c.busy) {
        fb_say_duration(text, sizeof(text), t->busy_ns);
        col = fb_grid_field(g, a, row, col, -c.busy, plain, text) + 1;
    }
    if (c.waker) {
        fb_say_waker(text, sizeof(text), s->names, s->model, t->id);
        col = fb_grid_field(g, a, row, col, c.waker, plain, text) + 1;
    }
    waits = say_awaits(s, t, text, sizeof(text));
    fb_grid_field(g, a, row, col, c.awaits, waits, text);
    if (t->id == s->task) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
        fb_grid_put(g, a, row, 0, FB_STYLE_SELECTED, "▸");
    }
    if (fb_view_task_found(s, t)) { // by a name, maybe, that is not shown
        a.cols = label_end;
        fb_view_mark(s, g, a, row, 1);
        fb_grid_put(g, a, row, 1, FB_STYLE_MATCH, "*");
    }
    if (t->id == s->mark.task) {
        fb_grid_put(g, a, row, 1, FB_STYLE_SAY, "◆");
    }
}

// Why there is nothing to see, and how to leave it.
static void draw_empty(struct fb_grid *g, struct fb_area a,
                       const struct fb_task_list *list) {
    char n[32];

    if (list->all == 0) {
        fb_grid_put(g, a, 0, 2, FB_STYLE_DIM, "no tasks");
    } else {
        fb_grid_putf(g, a, 0, 2, FB_STYLE_WARNING,
                     " The filter leaves none of %s task%s: \\ Enter ends it. ",
                     fb_view_count(list->all, n), list->all == 1 ? "" : "s");
    }
}

static void tasks_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    struct fb_task_list tasks = list_of(s);
    struct columns c = plan(s, a.cols, tasks.max_id);
    struct fb_area list = {a.row + 1, a.col, a.rows - 1, a.cols};

    if (s->big) { // they will be moved apart
        list.rows = (a.rows + 1) / 2 - 1;
    }
    draw_heading(s, g, a, c);
    p->lines = (int)tasks.count;
    p->scroll =
        fb_view_scroll(p->scroll, row_of(&tasks, s->task), p->lines, list.rows);
    for (int row = 0; row < list.rows; row++) {
        int at = row + p->scroll;
        const struct fb_model_task *t =
            at < p->lines ? fb_model_task(s->model, tasks.ids[at]) : NULL;

        if (t) {
            draw_row(s, g, list, row, c, t);
        }
    }
    if (tasks.count == 0) {
        draw_empty(g, list, &tasks);
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - list.rows);
    fb_task_list_deinit(&tasks);
}

static void tasks_subtitle(const struct fb_scene *s, char *out,
                           size_t out_bytes) {
    const struct fb_model *m = s->model;
    char live[32], queued[32], filter[FB_FILTER_BYTES + 16] = "";

    if (s->query.filter.count > 0) {
        snprintf(filter, sizeof(filter), ", only \"%s\"", s->query.filter.text);
    }
    snprintf(out, out_bytes, "%s live, %s in the run queue%s%s%s",
             fb_view_count(m->live_tasks, live),
             fb_view_count(m->queue_len, queued), filter,
             s->query.order != FB_ORDER_AGE ? ""
             : s->query.reverse             ? ", youngest first"
                                            : ", oldest first",
             s->follow ? ", following what acts" : "");
}

static void move(struct fb_scene *s, int by) {
    struct fb_task_list list = list_of(s);
    int row = row_of(&list, s->task);
    int last = (int)list.count - 1;

    if (row < 0) { // it ended: its nearest neighbour is the next step
        row = nearest_row(&list, s->task);
    } else {
        row += by;
    }
    if (list.count > 0) {
        s->task = list.ids[row < 0 ? 0 : row > last ? last : row];
        s->follow = false;
    }
    fb_task_list_deinit(&list);
}

static bool tasks_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    int page = p->area.rows > 4 ? p->area.rows - 3 : 1;

    switch (key) {
    case FB_KEY_UP:
    case 'k': move(s, -1); return true;
    case FB_KEY_DOWN:
    case 'j': move(s, 1); return true;
    case FB_KEY_PAGE_UP: move(s, -page); return true;
    case FB_KEY_PAGE_DOWN: move(s, page); return true;
    case FB_KEY_HOME: move(s, -(1 << 29)); return true;
    case FB_KEY_END: move(s, 1 << 29); return true;
    default: return false;
    }
}

// A click on a heading sorts by it; again: the other way round.
static void click_heading(struct fb_scene *s, struct columns c, int col) {
    const struct {
        int width;
        enum fb_task_order order;
    } columns[] = {{c.id, FB_ORDER_ID},       {c.state, FB_ORDER_STATE},
                   {c.label, FB_ORDER_LABEL}, {c.polls, FB_ORDER_POLLS},
                   {c.busy, FB_ORDER_BUSY},   {c.waker, FB_ORDER_WAKE}};
    int from = 2;

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        const int width = columns[i].width;

        if (width > 0 && col >= from && col < from + width) {
            s->query.reverse =
                s->query.order == columns[i].order && !s->query.reverse;
            s->query.order = (uint8_t)columns[i].order;
            return;
        }
        from += width > 0 ? width + 1 : 0;
    }
}

static bool tasks_click(struct fb_scene *s, struct fb_pane *p, int row,
                        int col) {
    struct fb_task_list list = list_of(s);
    int at = row - 1 + p->scroll;
    bool hit = row > 0 && at >= 0 && at < (int)list.count;

    if (row == 0) {
        click_heading(s, plan(s, p->area.cols, list.max_id), col);
    } else if (hit) {
        s->task = list.ids[at];
        s->follow = false;
    }
    fb_task_list_deinit(&list);
    return hit;
}

static const char *const tasks_help[] = {
    "One row per task. Arrows or j/k choose a task; the other panes follow.",
    "● running    it is being polled right now",
    "◔ scheduled  it was woken and waits in the run queue for its poll",
    "○ idle       its last poll returned Pending; a waker will bring it back",
    "✓ complete   its root future returned Ready (zombie: still referenced)",
    "✗            it failed, ended with an error, or was aborted",
    "busy: time in its polls; awaits: what its innermost futures wait for.",
    "\\ shows only some: idle, lost, label:Ada, await:read, by:timer, !not …",
    "F6 or S sorts by the next column, O the other way round; ▼ marks it.",
    "/ searches; * marks the rows that have it, [ and ] go to the next.",
    NULL};

const struct fb_view fb_view_tasks = {
    .name = "tasks",
    .title = "Tasks",
    .help = tasks_help,
    .draw = tasks_draw,
    .subtitle = tasks_subtitle,
    .key = tasks_key,
    .click = tasks_click,
};
