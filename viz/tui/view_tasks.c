// The task table: one row per task. Living tasks come first, in the order of
// their spawn; those that ended a moment ago stay below them for a while.
//
// The selection is a task's id, never a row: rows move, ids do not.
#include "view.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 400 };

struct walk { // all tasks in display order
    const struct fb_model *m;
    uint32_t cursor;
    bool freed; // second pass: newest first
};

static const struct fb_model_task *walk_next(struct walk *w) {
    const struct fb_model_task *t = NULL;

    if (!w->freed) {
        t = fb_model_task_next(w->m, &w->cursor);
    }
    if (!t) {
        w->cursor = w->freed ? w->cursor : 0;
        w->freed = true;
        t = fb_model_freed_next(w->m, &w->cursor);
    }
    return t;
}

struct place {
    int rows, row; // of the selected task; -1: it is not there
    uint32_t max_id;
};

static struct place find(const struct fb_model *m, uint32_t task) {
    struct walk w = {.m = m};
    struct place p = {.row = -1};
    const struct fb_model_task *t;

    while ((t = walk_next(&w))) {
        if (t->id == task) {
            p.row = p.rows;
        }
        if (t->id > p.max_id) {
            p.max_id = t->id;
        }
        p.rows++;
    }
    return p;
}

static uint32_t id_at(const struct fb_model *m, int row) {
    struct walk w = {.m = m};
    const struct fb_model_task *t;

    while ((t = walk_next(&w))) {
        if (row-- == 0) {
            return t->id;
        }
    }
    return 0;
}

// The row whose id is nearest to a task that is no longer there.
static int nearest_row(const struct fb_model *m, uint32_t task) {
    struct walk w = {.m = m};
    const struct fb_model_task *t;
    uint32_t best = UINT32_MAX;
    int row = 0, best_row = 0;

    for (; (t = walk_next(&w)); row++) {
        uint32_t away = t->id > task ? t->id - task : task - t->id;

        if (away < best) {
            best = away;
            best_row = row;
        }
    }
    return best_row;
}

// Which columns there are, and how wide; 0: left out on a narrow screen.
struct columns {
    int id, state, label, polls, busy, waker, awaits;
};

static struct columns plan(int cols, uint32_t max_id) {
    char digits[16];
    int id = snprintf(digits, sizeof(digits), "%" PRIu32, max_id);
    struct columns c = {.id = id < 3 ? 3 : id, .state = 11};
    int rest;

    c.polls = cols >= 56 ? 5 : 0;
    c.busy = cols >= 76 ? 6 : 0;
    rest = cols - 2 - c.id - 1 - c.state - 1;
    rest -= c.polls ? c.polls + 1 : 0;
    rest -= c.busy ? c.busy + 1 : 0;
    if (rest < 0) {
        rest = 0;
    }
    if (cols >= 68) { // three texts share what is left
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

static void draw_heading(struct fb_grid *g, struct fb_area a,
                         struct columns c) {
    int col = 2;

    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_HEADING, ' ');
    col = fb_grid_field(g, a, 0, col, -c.id, FB_STYLE_HEADING, "id") + 1;
    col = fb_grid_field(g, a, 0, col, c.state, FB_STYLE_HEADING, "state") + 1;
    col = fb_grid_field(g, a, 0, col, c.label, FB_STYLE_HEADING, "label") + 1;
    if (c.polls) {
        col = fb_grid_field(g, a, 0, col, -c.polls, FB_STYLE_HEADING, "polls");
        col++;
    }
    if (c.busy) {
        col = fb_grid_field(g, a, 0, col, -c.busy, FB_STYLE_HEADING, "busy");
        col++;
    }
    if (c.waker) {
        col = fb_grid_field(g, a, 0, col, c.waker, FB_STYLE_HEADING,
                            "last wake by");
        col++;
    }
    fb_grid_field(g, a, 0, col, c.awaits, FB_STYLE_HEADING, "awaits");
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
    int col = 2;

    snprintf(text, sizeof(text), "%" PRIu32, t->id);
    col = fb_grid_field(g, a, row, col, -c.id, plain, text) + 1;
    snprintf(text, sizeof(text), "%s %s", look.symbol, look.word);
    col = fb_grid_field(g, a, row, col, c.state, look.style, text) + 1;
    fb_say_task(text, sizeof(text), s->names, s->model, t->id);
    col = fb_grid_field(g, a, row, col, c.label, plain, text) + 1;
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
}

static void tasks_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    struct place at = find(s->model, s->task);
    struct columns c = plan(a.cols, at.max_id);
    struct fb_area list = {a.row + 1, a.col, a.rows - 1, a.cols};
    struct walk w = {.m = s->model};
    const struct fb_model_task *t;

    draw_heading(g, a, c);
    p->lines = at.rows;
    p->scroll = fb_view_scroll(p->scroll, at.row, at.rows, list.rows);
    for (int row = 0; (t = walk_next(&w)); row++) {
        if (row >= p->scroll + list.rows) {
            break;
        }
        if (row >= p->scroll) {
            draw_row(s, g, list, row - p->scroll, c, t);
        }
    }
    if (at.rows == 0) {
        fb_grid_put(g, list, 0, 2, FB_STYLE_DIM, "no tasks");
    }
    fb_view_more(p, p->scroll, at.rows - p->scroll - list.rows);
}

static void tasks_subtitle(const struct fb_scene *s, char *out,
                           size_t out_bytes) {
    const struct fb_model *m = s->model;
    char live[32], queued[32];

    snprintf(out, out_bytes, "%s live, %s in the run queue%s",
             fb_view_count(m->live_tasks, live),
             fb_view_count(m->queue_len, queued),
             s->follow ? ", following what acts" : "");
}

static void move(struct fb_scene *s, int by) {
    struct place at = find(s->model, s->task);
    int row = at.row;

    if (at.rows == 0) {
        return;
    }
    if (row < 0) { // it ended: its nearest neighbour is the next step
        row = nearest_row(s->model, s->task);
    } else {
        row += by;
    }
    row = row < 0 ? 0 : row >= at.rows ? at.rows - 1 : row;
    s->task = id_at(s->model, row);
    s->follow = false;
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

static bool tasks_click(struct fb_scene *s, struct fb_pane *p, int row,
                        int col) {
    uint32_t id = row > 0 ? id_at(s->model, row - 1 + p->scroll) : 0;

    (void)col;
    if (id != 0) {
        s->task = id;
        s->follow = false;
    }
    return id != 0;
}

static const char *const tasks_help[] = {
    "One row per task. Arrows or j/k choose a task; the other panes follow.",
    "● running    it is being polled right now",
    "◔ scheduled  it was woken and waits in the run queue for its poll",
    "○ idle       its last poll returned Pending; a waker will bring it back",
    "✓ complete   its root future returned Ready (zombie: still referenced)",
    "✗            it failed, ended with an error, or was aborted",
    ("\"busy\" is the time spent in its polls; \"last wake by\" names who woke "
     "it; \"awaits\" says what its innermost futures wait for."),
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
