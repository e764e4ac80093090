// The screen of `watch`: its keys and how it looks.
#include "watching_state.h"

#include "help.h"
#include "predict.h"
#include "verdict.h"
#include "view.h"
#include "work.h"
#include <string.h>

// ---- keys ----

static void scroll(struct watching *w, int by) {
    const int most = w->rows > w->room ? w->rows - w->room : 0;

    w->top += by;
    w->top = w->top > most ? most : w->top;
    w->top = w->top < 0 ? 0 : w->top;
    w->dirty = true;
}

// Puts a page of help in the place of what is shown, unless there is none.
static void show_help(struct watching *w,
                      int (*make)(struct learn *l,
                                  const struct course_exercise *e,
                                  struct page *p)) {
    struct page p = {0};

    w->status[0] = '\0';
    w->dirty = true;
    if (make(w->l, w->exercise, &p) != 0) {
        page_deinit(&p); // the status line says why
        return;
    }
    page_deinit(&w->page);
    w->page = p;
    w->top = 0;
    w->asked = false;
}

static bool may_see_solution(const struct watching *w) {
    const struct state_entry *e = state_find(&w->s, w->exercise->id);

    return e != NULL && (e->mark == STATE_PASSED || e->given_up);
}

static void show_solution(struct watching *w) {
    if (!may_see_solution(w) && !w->asked) {
        w->asked = true;
        w->dirty = true;
        snprintf(w->status, sizeof(w->status),
                 "Not passed yet. s once more gives it up and shows a "
                 "solution; that is noted.");
        return;
    }
    w->l->options.give_up = w->asked;
    show_help(w, help_solution);
    w->l->options.give_up = false;
}

static void go_on(struct watching *w) {
    const struct course_exercise *next = learn_next(w->l, &w->s, w->exercise);

    if (next != NULL) {
        watching_turn(w, next);
    } else {
        snprintf(w->status, sizeof(w->status), "There is no other one left.");
        w->dirty = true;
    }
}

static void enter(struct watching *w) {
    if (predict_is_open(w->l, w->exercise)) {
        w->leave = WATCHING_PREDICT;
    } else if (w->passed) {
        go_on(w);
    } else {
        watching_judge(w);
    }
}

static void see(struct watching *w) {
    char path[PLACE_BYTES];

    if (work_trace(w->l, w->exercise, path)) {
        w->leave = WATCHING_VIZ;
    } else {
        snprintf(w->status, sizeof(w->status),
                 "There is no run to look at yet (r makes one).");
        w->dirty = true;
    }
}

void watching_key(void *arg, uint32_t code) {
    struct watching *w = arg;
    const int page = w->room > 1 ? w->room - 1 : 1;

    switch (code) {
    case 'j':
    case FB_KEY_DOWN: scroll(w, 1); return;
    case 'k':
    case FB_KEY_UP: scroll(w, -1); return;
    case ' ':
    case FB_KEY_PAGE_DOWN: scroll(w, page); return;
    case 'b':
    case FB_KEY_PAGE_UP: scroll(w, -page); return;
    case 'g':
    case FB_KEY_HOME: scroll(w, -w->rows); return;
    case 'G':
    case FB_KEY_END: scroll(w, w->rows); return;
    case FB_KEY_ENTER: enter(w); return;
    case 'r': watching_judge(w); return;
    case 't': watching_show_task(w); return;
    case 'h': show_help(w, help_hint); return;
    case 's': show_solution(w); return;
    case 'n': go_on(w); return;
    case 'v': see(w); return;
    case 'l': w->leave = WATCHING_LIST; return;
    case FB_KEY_ESC:
    case FB_KEY_BACKSPACE: watching_show_verdict(w); return;
    case 'q': w->leave = WATCHING_QUIT; return;
    default: return;
    }
}

// ---- the picture ----

void watching_footer(struct fb_grid *g, int row, const char *const *keys) {
    const struct fb_area a = fb_grid_area(g);
    int col = 1;

    for (; keys[0] != NULL && keys[1] != NULL; keys += 2) {
        const int width = fb_text_cols(keys[0]) + fb_text_cols(keys[1]) + 1;

        if (col + width > a.cols) {
            return; // the last ones are the least
        }
        col = fb_grid_put(g, a, row, col, FB_STYLE_KEY, keys[0]);
        col = fb_grid_put(g, a, row, col + 1, FB_STYLE_NORMAL, keys[1]) + 2;
    }
}

static void draw_header(struct watching *w, struct fb_grid *g,
                        struct fb_area a) {
    char title[COURSE_TEXT + 64], bar[128];
    int width;

    // Its kind and minutes stand in the task: here they would be cut off.
    snprintf(title, sizeof(title), "%02u %s", w->exercise->number,
             w->exercise->title);
    learn_bar(w->l, &w->s, a.cols / 2, bar, sizeof(bar));
    width = fb_text_cols(bar);
    fb_grid_field(g, a, 0, 1, a.cols - width - 4, FB_STYLE_TITLE, title);
    fb_grid_put(g, a, 0, a.cols - width - 1, FB_STYLE_NORMAL, bar);
    fb_grid_fill(g, a, 1, 0, a.cols, FB_STYLE_RULE, 0x2500);
}

static void draw_status(struct watching *w, struct fb_grid *g,
                        struct fb_area a) {
    const int row = a.rows - 2, rows_col = a.cols - 22;
    int end = 0;

    fb_grid_fill(g, a, row - 1, 0, a.cols, FB_STYLE_RULE, 0x2500);
    if (judging_busy(&w->judging)) {
        fb_grid_putf(g, a, row, 1, FB_STYLE_RUNNING, "Judging: %s", w->word);
        fb_grid_put(g, a, row, a.cols - 15, FB_STYLE_DIM, "Ctrl-C ends it");
    } else if (w->status[0] != '\0') {
        end = fb_grid_put(g, a, row, 1, FB_STYLE_WARNING, w->status);
    } else {
        end =
            fb_grid_put(g, a, row, 1, FB_STYLE_DIM, "Waiting for you to save.");
    }
    if (w->rows > w->room && !judging_busy(&w->judging) && end < rows_col) {
        fb_grid_putf(g, a, row, rows_col, FB_STYLE_DIM,
                     "\u2191\u2193 row %d to %d of %d", w->top + 1,
                     w->top + w->room < w->rows ? w->top + w->room : w->rows,
                     w->rows);
    }
}

void watching_draw(void *arg, struct fb_grid *g) {
    struct watching *w = arg;
    const struct fb_area a = fb_grid_area(g);
    const bool open = predict_is_open(w->l, w->exercise);
    const struct fb_area text = {.row = 2,
                                 .col = 1,
                                 .rows = a.rows > 6 ? a.rows - 5 : 1,
                                 .cols = a.cols > 102 ? 100 : a.cols - 2};

    fb_grid_clear(g);
    w->dirty = false;
    if (a.rows < 8 || a.cols < 40) {
        fb_grid_put(g, a, 0, 0, FB_STYLE_NORMAL, "too small; q quit");
        return;
    }
    draw_header(w, g, a);
    w->room = text.rows;
    w->rows = page_draw(&w->page, g, text, w->top);
    draw_status(w, g, a);
    watching_footer(g, a.rows - 1,
                    (const char *const[]){open || w->passed ? "Enter" : "r",
                                          open        ? "predict"
                                          : w->passed ? "go on"
                                                      : "run again",
                                          "h", "hint", "v", "viz", "l", "list",
                                          "t", "task", "s", "solution", "n",
                                          "next", "q", "quit", NULL});
}
