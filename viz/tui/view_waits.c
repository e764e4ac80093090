// Who waits for whom: rings first, each with the lines that make it, then the
// chains, each below the task that nobody waits for.
//
//     Deadlock: tasks 2 and 3 wait for each other, …
//     ┌▸ 2 left   → task 3 finishing    pair.c:31
//     └─ 3 right  → task 2 finishing    pair.c:44
//     5 Ada       → task 7 finishing    named.c:12
//     └ 7 work    → fd 9 readable       work.c:40
//
// Where the pane is narrow a wait takes two rows: who and where, and below it
// what for.
// The selection is the task's, here as everywhere; arrows move it.
#include "view.h"
#include "waits.h"
#include <inttypes.h>
#include <string.h>

enum {
    TEXT = 400,
    WIDE = 64,       // columns from which a wait is one row
    HEAD_ROWS = 3,   // of a ring's sentence in a narrow pane
    DEEPEST = 12,    // levels that are indented
    PLACE_COLS = 20, // of a place, at most
};

static int rows_of(const struct fb_waits_row *row, int cols) {
    return cols >= WIDE ? 1 : row->kind == FB_WAITS_RING ? HEAD_ROWS : 2;
}

static uint32_t task_of(const struct fb_waits *w, size_t row) {
    return w->rows[row].kind == FB_WAITS_RING
               ? 0
               : w->items[w->rows[row].wait].task;
}

// The first row of the task, w->row_count if it has none; its line; all lines.
static size_t find_row(const struct fb_waits *w, uint32_t task, int cols,
                       int *ret_line, int *ret_lines) {
    size_t found = w->row_count;

    *ret_lines = 0;
    *ret_line = -1;
    for (size_t i = 0; i < w->row_count; i++) {
        if (found == w->row_count && task != 0 && task_of(w, i) == task) {
            found = i;
            *ret_line = *ret_lines;
        }
        *ret_lines += rows_of(&w->rows[i], cols);
    }
    return found;
}

// ---- one row ----

// The rail of a ring, the branch of a chain. Returns the columns it takes.
static int draw_rail(struct fb_grid *g, struct fb_area a, int at,
                     const struct fb_waits *w, const struct fb_waits_row *row,
                     enum fb_style style, bool below) {
    const bool member = row->kind == FB_WAITS_MEMBER;
    const int depth = row->depth < DEEPEST ? (int)row->depth : DEEPEST;

    if (member) {
        const bool first = w->rings[row->ring].first < w->member_count &&
                           w->members[w->rings[row->ring].first] == row->wait;

        fb_grid_put(g, a, at, 1, style,
                    below       ? (row->last ? "  " : "│ ")
                    : row->last ? (first ? "└▸" : "└─")
                    : first     ? "┌▸"
                                : "│ ");
    } else if (row->depth > 0 && !below) {
        fb_grid_put(g, a, at, 2 * depth - 1, style, "└");
    }
    return member ? 4 : 1 + 2 * depth;
}

static enum fb_style style_of(const struct fb_waits *w,
                              const struct fb_waits_row *row) {
    if (row->kind == FB_WAITS_CHAIN) {
        return FB_STYLE_NORMAL;
    }
    return w->rings[row->ring].certain && w->rings[row->ring].closed
               ? FB_STYLE_FAILED
               : FB_STYLE_STRONG;
}

// Where the task stands, at the right end. Returns the columns that are left.
static int draw_place(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a, int at, int col,
                      const struct fb_wait *wait) {
    const int room = a.cols - col;
    char text[TEXT];
    int place;

    fb_say_await(text, sizeof(text), s->names, s->model, wait->hold.future);
    place = fb_text_cols(text);
    place = place > PLACE_COLS ? PLACE_COLS : place;
    place = place > room * 2 / 3 ? room * 2 / 3 : place;
    if (place <= 0) {
        return room;
    }
    fb_grid_field(g, a, at, a.cols - place, -place, FB_STYLE_DIM, text);
    return room - place - 1;
}

static void draw_row(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a, int at, const struct fb_waits *w,
                     const struct fb_waits_row *row) {
    const enum fb_style style = style_of(w, row);
    const struct fb_wait *wait = &w->items[row->wait];
    const bool wide = a.cols >= WIDE;
    const bool chosen = wait->task == s->task;
    const enum fb_style how =
        wait->tie == FB_TIE_LOST ? FB_STYLE_FAILED : FB_STYLE_PENDING;
    const int what = wide ? a.cols * 36 / 100 + 1 : 0; // its column
    char words[TEXT - 8], text[TEXT];
    int col = draw_rail(g, a, at, w, row, style, false), room;

    room = draw_place(s, g, a, at, wide ? what : col, wait);
    fb_view_task(s, wait->task, text, sizeof(text));
    fb_grid_field(g, a, at, col, wide ? what - 1 - col : room,
                  chosen ? FB_STYLE_STRONG : style, text);
    fb_say_waits_row(words, sizeof(words), s->model, w, row);
    snprintf(text, sizeof(text), "→ %s", words);
    if (wide) {
        fb_grid_field(g, a, at, what, room, how, text);
    } else {
        col = draw_rail(g, a, at + 1, w, row, style, true);
        fb_grid_field(g, a, at + 1, col, a.cols - col, how, text);
    }
    if (chosen) {
        fb_grid_put(g, a, at, 0, FB_STYLE_STRONG, "▸");
    }
}

static void draw_head(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a, int at, const struct fb_waits *w,
                      const struct fb_waits_row *row) {
    struct fb_area head = {a.row + at, a.col, rows_of(row, a.cols), a.cols};
    char text[TEXT];

    if (at < 0) { // its first rows are scrolled away
        head.row = a.row;
        head.rows += at;
    }
    head.rows = head.rows > a.rows - at ? a.rows - at : head.rows;
    fb_say_ring(text, sizeof(text), s->model, w, &w->rings[row->ring]);
    if (a.cols >= WIDE) {
        fb_grid_field(g, head, at < 0 ? at : 0, 1, a.cols - 1, style_of(w, row),
                      text);
    } else {
        fb_grid_wrap(g, head, at < 0 ? at : 0, 1, style_of(w, row), text);
    }
}

// ---- the pane ----

static void draw_rows(const struct fb_scene *s, const struct fb_pane *p,
                      struct fb_grid *g, struct fb_area a,
                      const struct fb_waits *w) {
    int line = 0;

    for (size_t i = 0; i < w->row_count && line - p->scroll < a.rows; i++) {
        const struct fb_waits_row *row = &w->rows[i];
        const int rows = rows_of(row, a.cols);

        if (line + rows > p->scroll) {
            if (row->kind == FB_WAITS_RING) {
                draw_head(s, g, a, line - p->scroll, w, row);
            } else {
                draw_row(s, g, a, line - p->scroll, w, row);
            }
        }
        line += rows;
    }
}

static void waits_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    struct fb_waits w;
    int line;

    if (fb_waits_init(&w, s->model) < 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_FAILED, "there is no memory for it");
        return;
    }
    (void)find_row(&w, s->task, a.cols, &line, &p->lines);
    if (line >= 0) { // all of it, and of the first also the heading
        p->scroll = fb_view_scroll(p->scroll, line + 1, p->lines, a.rows);
        line = line <= HEAD_ROWS && line + 2 <= a.rows ? 0 : line;
    }
    p->scroll = fb_view_scroll(p->scroll, line, p->lines, a.rows);
    draw_rows(s, p, g, a, &w);
    if (w.row_count == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "no task waits for anything");
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
    fb_waits_deinit(&w);
}

// A ring that is scrolled away is said here.
static void waits_subtitle(const struct fb_scene *s, char *out,
                           size_t out_bytes) {
    struct fb_waits w;

    out[0] = '\0';
    if (fb_waits_init(&w, s->model) == 0) {
        fb_say_waits(out, out_bytes, &w);
        fb_waits_deinit(&w);
    }
}

// The next row of another task.
static uint32_t next_task(const struct fb_waits *w, uint32_t task, int by) {
    int line, lines;
    size_t at = find_row(w, task, WIDE, &line, &lines);
    uint32_t found = task;

    if (at == w->row_count) { // it waits for nothing: begin before the first
        at = SIZE_MAX;
        by = 1;
    }
    for (; by != 0; by -= by > 0 ? 1 : -1) {
        size_t next = at;

        do {
            next = by > 0 ? next + 1 : next - 1; // below 0: as past the end
        } while (next < w->row_count &&
                 (task_of(w, next) == 0 || task_of(w, next) == found));
        if (next >= w->row_count) {
            break;
        }
        at = next;
        found = task_of(w, at);
    }
    return found;
}

static bool waits_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    const int page = p->area.rows > 4 ? p->area.rows - 3 : 1;
    struct fb_waits w;
    int by;

    switch (key) {
    case FB_KEY_UP:
    case 'k': by = -1; break;
    case FB_KEY_DOWN:
    case 'j': by = 1; break;
    case FB_KEY_PAGE_UP: by = -page; break;
    case FB_KEY_PAGE_DOWN: by = page; break;
    case FB_KEY_HOME: by = -(1 << 29); break;
    case FB_KEY_END: by = 1 << 29; break;
    default: return false;
    }
    if (fb_waits_init(&w, s->model) == 0) {
        s->task = next_task(&w, s->task, by);
        s->follow = false;
        fb_waits_deinit(&w);
    }
    return true;
}

static bool waits_click(struct fb_scene *s, struct fb_pane *p, int row,
                        int col) {
    struct fb_waits w;
    uint32_t task = 0;
    int line = 0;

    (void)col;
    if (fb_waits_init(&w, s->model) < 0) {
        return false;
    }
    for (size_t i = 0; i < w.row_count && line <= row + p->scroll; i++) {
        task = task_of(&w, i);
        line += rows_of(&w.rows[i], p->area.cols);
    }
    if (line <= row + p->scroll) {
        task = 0; // below the last one
    }
    fb_waits_deinit(&w);
    if (task != 0) {
        s->task = task;
        s->follow = false;
    }
    return task != 0;
}

static const char *const waits_help[] = {
    "Who waits for whom, and what each chain ends in. Arrows or j/k choose a "
    "task; the other panes follow.",
    "→            what it waits for, and the line where it stands",
    "Deadlock     the tasks wait for each other, and nothing else wakes them",
    "A ring       they do, but one of them also waits for something else",
    "Maybe …      a ring through channels: who sends is known only from before",
    "locked by    who has the mutex; holds: who has permits of the semaphore",
    NULL};

const struct fb_view fb_view_waits = {
    .name = "waits",
    .title = "Waits for",
    .help = waits_help,
    .draw = waits_draw,
    .subtitle = waits_subtitle,
    .key = waits_key,
    .click = waits_click,
};
