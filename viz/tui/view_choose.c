// Who is polled next: the live tasks as a list to choose from, over the panes.
//
// First those in a run queue, in the order in which they joined it: which of
// them would be next is the program's order to know (it may be a random one), so
// the list does not say. Then those that wait: a lone worker polls them too if
// it is told to, and the list says that nothing will come of it. Several workers
// poll only who is in a run queue.
#include "view.h"
#include <inttypes.h>

enum { ROWS_MOST = 12, COLS_MOST = 72, TEXT = 400 };

// All who are in run queues, worker by worker; then all who wait.
struct choose_walk {
    const struct fb_model *m;
    uint32_t worker, index;
    uint32_t cursor; // among all tasks
};

static struct choose_walk walk_begin(const struct fb_model *m) {
    return (struct choose_walk){.m = m,
                                .index = fb_model_worker(m, 0)->queue_head};
}

static const struct fb_model_task *next_idle(struct choose_walk *w) {
    const struct fb_model_task *t = NULL;

    if (fb_model_workers(w->m) == 1) {
        while ((t = fb_model_task_next(w->m, &w->cursor)) &&
               t->state != FB_TASK_IDLE) {
        }
    }
    return t;
}

static const struct fb_model_task *walk_next(struct choose_walk *w) {
    const struct fb_model_task *t = fb_model_task_at(w->m, w->index);

    while (t == NULL && w->worker + 1 < fb_model_workers(w->m)) {
        w->index = fb_model_worker(w->m, ++w->worker)->queue_head;
        t = fb_model_task_at(w->m, w->index);
    }
    if (t == NULL) {
        return next_idle(w);
    }
    w->index = t->queue_next;
    return t;
}

static int count(const struct fb_model *m) {
    struct choose_walk w = walk_begin(m);
    int rows = 0;

    while (walk_next(&w)) {
        rows++;
    }
    return rows;
}

uint32_t fb_choose_move(const struct fb_model *m, uint32_t task, int by) {
    struct choose_walk w = walk_begin(m);
    const struct fb_model_task *t;
    uint32_t first = 0, before = 0;

    while ((t = walk_next(&w))) {
        if (first == 0) {
            first = t->id;
        }
        if (t->id == task) {
            const struct fb_model_task *after = by > 0 ? walk_next(&w) : NULL;

            return by < 0 && before != 0 ? before
                   : after != NULL       ? after->id
                                         : task;
        }
        before = t->id;
    }
    return first; // it was polled meanwhile, or nothing was chosen yet
}

static int cursor_row(const struct fb_scene *s) {
    struct choose_walk w = walk_begin(s->model);
    const struct fb_model_task *t;

    for (int row = 0; (t = walk_next(&w)); row++) {
        if (t->id == s->choice) {
            return row;
        }
    }
    return 0;
}

// Nobody has woken it, or is about to queue it.
static bool waits(const struct fb_model *m, const struct fb_model_task *t) {
    return t->state == FB_TASK_IDLE && !fb_model_task_is_waking(m, t);
}

static void draw_task(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a, int row,
                      const struct fb_model_task *t) {
    char name[TEXT], waker[TEXT], words[3 * TEXT];

    fb_view_task(s, t->id, name, sizeof(name));
    fb_say_waker(waker, sizeof(waker), s->names, s->model, t->id);
    if (waits(s->model, t)) {
        snprintf(words, sizeof(words),
                 "%s %s; nobody woke it: it will find nothing new",
                 t->id == s->choice ? "▸" : " ", name);
    } else if (fb_view_workers(s) > 1) {
        snprintf(words, sizeof(words), "%s %s, worker %u, woken by %s",
                 t->id == s->choice ? "▸" : " ", name, t->worker, waker);
    } else {
        snprintf(words, sizeof(words), "%s %s, woken by %s",
                 t->id == s->choice ? "▸" : " ", name, waker);
    }
    fb_grid_field(g, a, row, 0, a.cols,
                  waits(s->model, t) ? FB_STYLE_DIM : FB_STYLE_NORMAL, words);
    if (t->id == s->choice) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
    }
}

static void draw_list(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a) {
    struct choose_walk w = walk_begin(s->model);
    const struct fb_model_task *t;
    const int lines = count(s->model);
    const int top = fb_view_scroll(cursor_row(s) - a.rows / 2, cursor_row(s),
                                   lines, a.rows);

    for (int line = 0; line < top + a.rows && (t = walk_next(&w)); line++) {
        if (line >= top) {
            draw_task(s, g, a, line - top, t);
        }
    }
}

static void draw_box(struct fb_grid *g, struct fb_area a) {
    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_RULE, 0x2500);
    fb_grid_fill(g, a, a.rows - 1, 0, a.cols, FB_STYLE_RULE, 0x2500);
    for (int row = 0; row < a.rows; row++) {
        const bool end = row == 0 || row == a.rows - 1;

        if (!end) {
            fb_grid_fill(g, a, row, 0, a.cols, FB_STYLE_NORMAL, ' ');
        }
        fb_grid_put(g, a, row, 0, FB_STYLE_RULE, end ? "├" : "│");
        fb_grid_put(g, a, row, a.cols - 1, FB_STYLE_RULE, end ? "┤" : "│");
    }
    fb_grid_put(g, a, 0, 2, FB_STYLE_FOCUS, " Who is polled next? ");
    fb_grid_put(g, a, a.rows - 1, 2, FB_STYLE_KEY,
                " Enter chooses, Esc leaves it ");
}

// In a poll, what is chosen waits for its end.
static const struct fb_model_task *polled(const struct fb_model *m) {
    return fb_model_task_at(m, fb_model_worker(m, 0)->running);
}

void fb_choose_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    const int all = count(s->model);
    const int lines = all > ROWS_MOST ? ROWS_MOST : all;
    const bool note = polled(s->model) != NULL && fb_view_workers(s) == 1;
    struct fb_area box = {.rows = lines + 2 + note,
                          .cols = area.cols - 4 < COLS_MOST ? area.cols - 4
                                                            : COLS_MOST};
    struct fb_area list;

    box.rows = box.rows < area.rows ? box.rows : area.rows;
    box.row = area.row + (area.rows - box.rows) / 2;
    box.col = area.col + (area.cols - box.cols) / 2;
    draw_box(g, box);
    list = box;
    list.row++;
    list.col += 2;
    list.cols -= 4;
    list.rows -= 2 + note;
    draw_list(s, g, list);
    if (note) {
        fb_grid_putf(g, box, box.rows - 2, 3, FB_STYLE_DIM,
                     "when the poll of task %" PRIu32 " is over",
                     polled(s->model)->id);
    }
}
