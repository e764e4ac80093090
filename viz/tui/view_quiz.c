// The box of a question: it lies over the lower part of the picture, so that
// what the answer can be worked out from stays in sight. While the answer is
// revealed it is two rows high: then the picture is what matters.
//
// Content is written once to be counted and once to be drawn, by the same
// function: rows outside the area are clipped by the grid.
#include "view_quiz.h"
#include <inttypes.h>
#include <string.h>

enum { WIDEST = 100, KEPT_ROWS = 7 }; // rows of the picture above a verdict

// Writes lines from `row` on; the area may lie nowhere.
struct writer {
    struct fb_grid *g;
    struct fb_area a;
    int row;
};

static void write_at(struct writer *w, int col, enum fb_style style,
                     const char *text) {
    w->row += fb_grid_wrap(w->g, w->a, w->row, col, style, text);
}

// "b  task 3 (two)", the letter in a style of its own.
static void write_choice(struct writer *w, const struct fb_quiz_show *show,
                         int i, enum fb_style style, const char *mark) {
    const char letter[] = {(char)('a' + i), '\0'};

    fb_grid_put(w->g, w->a, w->row, 1, style, mark);
    fb_grid_put(w->g, w->a, w->row, 3, FB_STYLE_KEY, letter);
    write_at(w, 6, style, show->quiz.choices[i].text);
}

static void write_question(struct writer *w, const struct fb_quiz_show *show) {
    write_at(w, 1, FB_STYLE_STRONG, show->quiz.question);
    for (int i = 0; i < show->quiz.count; i++) {
        write_choice(w, show, i, FB_STYLE_NORMAL, " ");
    }
}

static void write_reveal(struct writer *w, const struct fb_quiz_show *show) {
    char text[FB_QUIZ_CHOICE_BYTES + 64];

    if (show->chosen < 0 && show->said[0]) {
        snprintf(text, sizeof(text), "You say %s. Watch.", show->said);
    } else if (show->chosen < 0) {
        snprintf(text, sizeof(text), "Watch.");
    } else {
        snprintf(text, sizeof(text), "You say %c) %s. Watch.",
                 'a' + show->chosen, show->quiz.choices[show->chosen].text);
    }
    write_at(w, 1, FB_STYLE_STRONG, text);
}

static void write_verdict(struct writer *w, const struct fb_quiz_show *show) {
    const struct fb_quiz *q = &show->quiz;
    const struct fb_quiz_choice *right = &q->choices[q->right];
    char text[FB_QUIZ_CHOICE_BYTES + 64];

    if (show->chosen == q->right) {
        snprintf(text, sizeof(text), "✓ Right: %c) %s", 'a' + q->right,
                 right->text);
    } else if (show->chosen < 0 && show->said[0]) {
        snprintf(text, sizeof(text), "✗ Not %s. It is %c) %s", show->said,
                 'a' + q->right, right->text);
    } else if (show->chosen < 0) {
        snprintf(text, sizeof(text), "It is %c) %s", 'a' + q->right,
                 right->text);
    } else {
        snprintf(text, sizeof(text), "✗ Not %c. It is %c) %s",
                 'a' + show->chosen, 'a' + q->right, right->text);
    }
    write_at(w, 1,
             show->chosen == q->right ? FB_STYLE_READY
             : show->chosen < 0       ? FB_STYLE_STRONG
                                      : FB_STYLE_WARNING,
             text);
    write_at(w, 3, FB_STYLE_NORMAL, right->why);
    if (show->chosen >= 0 && show->chosen != q->right) {
        write_choice(w, show, show->chosen, FB_STYLE_STRONG, "✗");
        write_at(w, 6, FB_STYLE_NORMAL, q->choices[show->chosen].why);
    }
}

static void write_facts(struct writer *w, const struct fb_quiz_show *show) {
    char number[32];

    write_at(w, 1, FB_STYLE_TITLE, "The events say");
    for (int i = 0; i < show->fact_count; i++) {
        fb_grid_field(w->g, w->a, w->row, 1, -9, FB_STYLE_DIM,
                      fb_view_count(show->facts[i].event, number));
        write_at(w, 12, FB_STYLE_NORMAL, show->facts[i].sentence);
    }
}

static void write_others(struct writer *w, const struct fb_quiz_show *show) {
    const struct fb_quiz *q = &show->quiz;

    write_at(w, 1, FB_STYLE_TITLE, "And the other answers");
    for (int i = 0; i < q->count; i++) {
        if (i != q->right && i != show->chosen) {
            write_choice(w, show, i, FB_STYLE_NORMAL, "✗");
            write_at(w, 6, FB_STYLE_DIM, q->choices[i].why);
        }
    }
}

static int write_all(struct fb_grid *g, struct fb_area a, int row,
                     const struct fb_quiz_show *show) {
    struct writer w = {.g = g, .a = a, .row = row};

    switch (show->stage) {
    case FB_QUIZ_OFF: break;
    case FB_QUIZ_WAITS:
    case FB_QUIZ_VOID: write_at(&w, 1, FB_STYLE_NORMAL, show->note); break;
    case FB_QUIZ_ASKS: write_question(&w, show); break;
    case FB_QUIZ_REVEALS: write_reveal(&w, show); break;
    case FB_QUIZ_JUDGED:
        write_verdict(&w, show);
        write_facts(&w, show);
        write_others(&w, show);
        break;
    }
    return w.row;
}

static void draw_title(const struct fb_quiz_show *show, struct fb_grid *g,
                       struct fb_area box) {
    static const char *const words[] = {
        [FB_QUIZ_OFF] = "",
        [FB_QUIZ_WAITS] = "Predict",
        [FB_QUIZ_ASKS] = "Predict",
        [FB_QUIZ_REVEALS] = "Watch",
        [FB_QUIZ_JUDGED] = "Explained",
        [FB_QUIZ_VOID] = "Predict",
    };
    const struct fb_pane *p = &show->pane;
    char score[200], more[80] = "";
    int col;

    fb_grid_fill(g, box, 0, show->pane.area.col > 0, box.cols, FB_STYLE_RULE,
                 0x2500);
    col = fb_grid_putf(g, box, 0, 1, FB_STYLE_FOCUS, " ? %s ",
                       words[show->stage]);
    snprintf(score, sizeof(score), "%s", show->heading);
    if (score[0] || fb_quiz_score_say(score, sizeof(score), &show->score) > 0) {
        struct fb_area rest = box;

        rest.cols -= 2;
        col = fb_grid_putf(g, rest, 0, col, FB_STYLE_STRONG, " %s ", score);
    }
    if (p->above > 0 && p->below > 0) {
        snprintf(more, sizeof(more), " ↑ %d ↓ %d more ", p->above, p->below);
    } else if (p->above > 0 || p->below > 0) {
        snprintf(more, sizeof(more), " %s %d more ", p->above > 0 ? "↑" : "↓",
                 p->above + p->below);
    }
    if (more[0] && col + fb_text_cols(more) < box.cols) {
        fb_grid_put(g, box, 0, box.cols - fb_text_cols(more) - 1,
                    FB_STYLE_STRONG, more);
    }
}

// As high as its content, but not over the task table where that can be; a
// question must be seen as a whole before that.
static struct fb_area place(const struct fb_quiz_show *show, struct fb_grid *g,
                            struct fb_area area, int *ret_lines) {
    struct fb_area box = area, nowhere = {0};
    int most = area.rows;

    box.cols = area.cols < WIDEST ? area.cols : WIDEST;
    box.col = area.col + area.cols - box.cols; // a story is read from the left
    nowhere.cols = box.cols - 2;
    *ret_lines = write_all(g, nowhere, 0, show);
    if (show->stage == FB_QUIZ_JUDGED && most > 2 * KEPT_ROWS) {
        most -= KEPT_ROWS;
    }
    box.rows = *ret_lines + 1 < most ? *ret_lines + 1 : most;
    box.row = area.row + area.rows - box.rows;
    return box;
}

void fb_quiz_draw(const struct fb_scene *s, struct fb_quiz_show *show,
                  struct fb_grid *g, struct fb_area area) {
    struct fb_pane *p = &show->pane;
    struct fb_area box, body;
    int lines;

    (void)s;
    if (area.rows < 2 || area.cols < 10) {
        return;
    }
    box = place(show, g, area, &lines);
    body = (struct fb_area){box.row + 1, box.col, box.rows - 1, box.cols};
    for (int row = 0; row < box.rows; row++) {
        fb_grid_fill(g, box, row, 0, box.cols, FB_STYLE_NORMAL, ' ');
        if (box.cols < area.cols) {
            fb_grid_put(g, box, row, 0, FB_STYLE_RULE, row ? "│" : "┬");
        }
    }
    p->area = box;
    p->lines = lines;
    p->scroll = fb_view_scroll(p->scroll, -1, lines, body.rows);
    fb_view_more(p, p->scroll, lines - p->scroll - body.rows);
    draw_title(show, g, box);
    body.col++;
    body.cols -= 2;
    (void)write_all(g, body, -p->scroll, show);
}
