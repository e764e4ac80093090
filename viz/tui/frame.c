// Draws the whole picture: header, panes with their titles, what lies over
// them, status and footer. Too small a screen gets a word instead of a ruin.
#include "app.h"
#include "session.h"
#include "story_log.h"
#include "view_quiz.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct fb_view *const views[FB_PANES] = {
    [FB_PANE_TASKS] = &fb_view_tasks,   [FB_PANE_TIMELINE] = &fb_view_timeline,
    [FB_PANE_TREE] = &fb_view_tree,     [FB_PANE_SOURCE] = &fb_view_source,
    [FB_PANE_LANES] = &fb_view_lanes,   [FB_PANE_REACTOR] = &fb_view_reactor,
    [FB_PANE_WAKERS] = &fb_view_wakers, [FB_PANE_WAITS] = &fb_view_waits,
    [FB_PANE_STORY] = &fb_view_story,   [FB_PANE_LINTS] = &fb_view_lints,
    [FB_PANE_STATS] = &fb_view_stats,
};

void fb_frame_init(struct fb_frame *f, const struct fb_view *guest_pane) {
    *f = (struct fb_frame){
        .focus = FB_PANE_TASKS,
        .shown = {FB_PANE_TASKS, FB_PANE_TREE, FB_PANE_LANES, FB_PANE_STORY},
        .side = guest_pane ? FB_PANE_GUEST : FB_PANE_LINTS};
    for (int i = 0; i < FB_PANES; i++) {
        f->panes[i].view = views[i];
    }
    if (guest_pane) { // who brings a program of its own has lines to log
        f->panes[FB_PANE_GUEST].view = guest_pane;
        f->panes[FB_PANE_LOG].view = &fb_view_log;
    }
}

bool fb_frame_has(const struct fb_frame *f, enum fb_pane_id id) {
    return id < FB_PANES && f->panes[id].view;
}

char fb_frame_digit(enum fb_pane_id id) {
    static const char digits[] = "1234567890";

    return id < sizeof(digits) - 1 ? digits[id] : '\0';
}

static int seen_panes(const struct fb_frame *f) {
    int seen = 0;

    for (int i = 0; i < FB_PANES; i++) {
        seen += f->panes[i].area.rows > 0;
    }
    return seen;
}

void fb_frame_focus_next(struct fb_frame *f, int direction) {
    const bool all = seen_panes(f) <= 1;
    const int step = direction < 0 ? FB_PANES - 1 : 1;
    int at = (int)f->focus;

    do {
        at = (at + step) % FB_PANES;
    } while (!fb_frame_has(f, (enum fb_pane_id)at) ||
             (!all && f->panes[at].area.rows <= 0));
    f->focus = (enum fb_pane_id)at;
}

void fb_frame_focus_turn(struct fb_frame *f, int direction) {
    const enum fb_slot slot = fb_frame_slot(f->focus, f->cols);
    const int step = direction < 0 ? FB_PANES - 1 : 1;
    int at = (int)f->focus;

    do {
        at = (at + step) % FB_PANES;
    } while (!fb_frame_has(f, (enum fb_pane_id)at) ||
             fb_frame_slot((enum fb_pane_id)at, f->cols) != slot);
    f->focus = (enum fb_pane_id)at;
}

void fb_frame_show(struct fb_frame *f, enum fb_pane_id id) {
    const enum fb_slot slot = fb_frame_slot(id, f->cols);

    // where the focus is, it decides what is shown
    if (fb_frame_has(f, id) && fb_frame_slot(f->focus, f->cols) != slot) {
        f->shown[slot] = id;
    }
}

enum fb_pane_id fb_frame_hit(const struct fb_frame *f, int row, int col) {
    for (int i = 0; i < FB_PANES; i++) {
        const struct fb_area *a = &f->panes[i].area;

        if (row >= a->row && row < a->row + a->rows && col >= a->col &&
            col < a->col + a->cols) {
            return (enum fb_pane_id)i;
        }
    }
    return FB_PANES;
}

enum fb_pane_id fb_frame_hit_tab(const struct fb_frame *f, int row, int col) {
    for (int i = 0; i < f->tab_count; i++) {
        if (f->tabs[i].row == row && col >= f->tabs[i].col &&
            col < f->tabs[i].col + f->tabs[i].cols) {
            return f->tabs[i].id;
        }
    }
    return FB_PANES;
}

// "── ▸ 3 Futures  of task 4 Ada ─────────". The mark says in monochrome and in
// print which pane has the keys, the digit which key leads to it. The last `keep`
// columns are left alone. Returns the column after it.
static int draw_title(const struct fb_scene *s, const struct fb_view *view,
                      char digit, bool focused, struct fb_grid *g,
                      struct fb_area a, int keep) {
    const char key[] = {digit, digit ? ' ' : '\0', '\0'};
    char words[512];
    int col;

    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_RULE, 0x2500);
    col = fb_grid_putf(g, a, 0, 1, focused ? FB_STYLE_FOCUS : FB_STYLE_TITLE,
                       focused ? " ▸ %s%s " : " %s%s ", key, view->title);
    if (view->subtitle) {
        view->subtitle(s, words, sizeof(words));
        if (words[0] && a.cols - keep - col > 8) {
            const int room = a.cols - 3 - keep - col,
                      need = fb_text_cols(words);

            col = fb_grid_field(g, a, 0, col, need < room ? need : room,
                                FB_STYLE_DIM, words);
            col = fb_grid_put(g, a, 0, col, FB_STYLE_DIM, " ");
        }
    }
    return col < a.cols ? col : a.cols;
}

// Whether a pane of the same slot is shown behind this one.
static bool is_last_shown(const struct fb_frame *f, enum fb_pane_id id) {
    const enum fb_slot slot = fb_frame_slot(id, f->cols);

    for (int i = (int)id + 1; i < FB_PANES; i++) {
        if (f->panes[i].area.rows > 0 &&
            fb_frame_slot((enum fb_pane_id)i, f->cols) == slot) {
            return false;
        }
    }
    return true;
}

// The panes that the slot does not show now, at the right end of the title of
// its last pane, in the order in which `v` brings them: "7 Wakers  8 Waits for".
static void draw_hidden(struct fb_frame *f, enum fb_pane_id id, int col,
                        int end, struct fb_grid *g) {
    const enum fb_slot slot = fb_frame_slot(id, f->cols);
    char words[256] = "";
    size_t len = 0;
    const int first = f->tab_count;
    int at;

    if (!is_last_shown(f, id)) {
        return;
    }
    for (int i = 1; i < FB_PANES; i++) {
        const enum fb_pane_id other = (enum fb_pane_id)((id + i) % FB_PANES);
        const char digit = fb_frame_digit(other);
        char word[64];

        if (!fb_frame_has(f, other) || f->panes[other].area.rows > 0 ||
            fb_frame_slot(other, f->cols) != slot) {
            continue;
        }
        snprintf(word, sizeof(word), " %c %s ", digit ? digit : 'v',
                 f->panes[other].view->title);
        if (col + fb_text_cols(words) + fb_text_cols(word) >= end ||
            len + strlen(word) >= sizeof(words)) {
            break;
        }
        len += (size_t)snprintf(words + len, sizeof(words) - len, "%s", word);
        f->tabs[f->tab_count].cols = fb_text_cols(word);
        f->tabs[f->tab_count++].id = other;
    }
    fb_grid_put(g, f->panes[id].area, 0, end - fb_text_cols(words),
                FB_STYLE_DIM, words);
    at = f->panes[id].area.col + end - fb_text_cols(words);
    for (int i = first; i < f->tab_count; i++) {
        f->tabs[i].row = f->panes[id].area.row;
        f->tabs[i].col = at;
        at += f->tabs[i].cols;
    }
}

// At the right end of the title row. Returns its column.
static int draw_more(const struct fb_pane *p, const char *text,
                     struct fb_grid *g) {
    const int col = p->area.cols - 1 - fb_text_cols(text);

    if (text[0]) {
        fb_grid_put(g, p->area, 0, col, FB_STYLE_STRONG, text);
    }
    return col;
}

// "↑ 3 ↓ 120 more", or nothing.
static void say_more(const struct fb_pane *p, char *out, size_t out_bytes) {
    char above[32] = "", below[32] = "";

    out[0] = '\0';
    if (p->above > 0) {
        snprintf(above, sizeof(above), "↑ %d ", p->above);
    }
    if (p->below > 0) {
        snprintf(below, sizeof(below), "↓ %d ", p->below);
    }
    if (above[0] || below[0]) {
        snprintf(out, out_bytes, " %s%smore ", above, below);
    }
}

static bool is_rule(const struct fb_grid *g, int row, int col) {
    const struct fb_cell *cell = fb_grid_at(g, row, col);

    return cell && cell->style == FB_STYLE_RULE;
}

// The line to the left neighbours, which are drawn already.
static void draw_border(const struct fb_pane *p, struct fb_grid *g) {
    const struct fb_area all = fb_grid_area(g);
    const int col = p->area.col - 1;

    for (int i = 0; col >= 0 && i < p->area.rows; i++) {
        const int row = p->area.row + i;
        const bool above = i > 0 || is_rule(g, row - 1, col);
        const bool left = is_rule(g, row, col - 1);

        fb_grid_put(g, all, row, col, FB_STYLE_RULE,
                    i > 0    ? (left ? "┤" : "│")
                    : !above ? "┬"
                    : left   ? "┼"
                             : "├");
    }
}

// A guest and its log are always at the newest event.
static bool is_veiled(enum fb_pane_id id, const struct fb_scene *s) {
    return fb_view_horizon(s) < s->newest &&
           (id == FB_PANE_GUEST || id == FB_PANE_LOG);
}

static void draw_pane(struct fb_frame *f, enum fb_pane_id id,
                      const struct fb_scene *s, struct fb_pane *p,
                      struct fb_grid *g) {
    struct fb_area body = {p->area.row + 1, p->area.col, p->area.rows - 1,
                           p->area.cols};
    char more[80];
    int title;

    if (p->area.rows < 2 || p->area.cols < 1) {
        return;
    }
    p->above = p->below = 0;
    if (is_veiled(id, s)) {
        fb_grid_put(g, body, 0, 1, FB_STYLE_DIM, "hidden until you answer");
    } else {
        p->view->draw(s, p, g, body);
    }
    if (s->big) {
        fb_grid_spread(g, body);
        fb_grid_strengthen(g, body);
    }
    say_more(p, more, sizeof(more));
    title = draw_title(s, p->view, fb_frame_digit(id), p->focused, g, p->area,
                       fb_text_cols(more));
    draw_border(p, g);
    if (s->mark.view == p->view) { // where no subtitle can hide it
        fb_grid_put(g, p->area, 0, 0, FB_STYLE_SAY, "◆");
        if (title + 12 < p->area.cols) {
            title =
                fb_grid_put(g, p->area, 0, title, FB_STYLE_SAY, "look here ");
        }
    }
    draw_hidden(f, id, title, draw_more(p, more, g), g);
}

static void draw_overlay(struct fb_frame *f, const struct fb_scene *s,
                         struct fb_grid *g, struct fb_area area) {
    struct fb_area body = {area.row + 1, area.col, area.rows - 1, area.cols};
    static const struct fb_view help = {.title = "Help"};
    const struct fb_view *view = f->overlay == FB_OVERLAY_HELP ? &help
                                 : f->overlay == FB_OVERLAY_PLACES
                                     ? &fb_view_places_page
                                     : &fb_view_details;
    char more[80];

    f->over.area = area;
    f->over.above = f->over.below = 0;
    draw_title(s, view, '\0', true, g, area, 0);
    if (f->overlay == FB_OVERLAY_HELP) {
        fb_help_draw(s, f->panes[f->focus].view, &f->over, g, body);
    } else {
        f->over.scroll =
            fb_view_scroll(f->over.scroll, -1, f->over.lines, body.rows);
        view->draw(s, &f->over, g, body);
    }
    say_more(&f->over, more, sizeof(more));
    (void)draw_more(&f->over, more, g);
}

// Where panes are; they are placed although an overlay may hide them.
static struct fb_area panes_area(const struct fb_frame *f, int cols) {
    struct fb_area all = {.row = f->header_rows, .cols = cols};

    for (int i = 0; i < FB_PANES; i++) {
        const struct fb_area *a = &f->panes[i].area;

        if (a->rows > 0 && a->row + a->rows - all.row > all.rows) {
            all.rows = a->row + a->rows - all.row;
        }
    }
    return all;
}

// What a guest lays over the lower panes: a question, a list to pick from.
static void draw_card(const struct fb_frame *f, const struct fb_scene *s,
                      struct fb_grid *g) {
    const struct fb_app_guest *guest = s->guest;
    const struct fb_area panes = panes_area(f, g->cols);
    int rows = guest && guest->card_rows
                   ? guest->card_rows(guest->arg, g->cols) + 1
                   : 0;
    struct fb_pane pane = {.view = guest ? guest->card : NULL};
    struct fb_area a = {.cols = g->cols};

    rows = rows < panes.rows ? rows : panes.rows;
    if (rows < 2 || !pane.view) {
        return;
    }
    a.rows = rows;
    a.row = panes.row + panes.rows - rows;
    for (int row = 0; row < rows; row++) {
        fb_grid_fill(g, a, row, 0, a.cols, FB_STYLE_NORMAL, ' ');
    }
    (void)draw_title(s, pane.view, '\0', true, g, a, 0);
    a.row++;
    a.rows--;
    pane.view->draw(s, &pane, g, a);
}

static void draw_too_small(struct fb_grid *g) {
    struct fb_area a = fb_grid_area(g);
    int row = 0;

    row += fb_grid_wrap(g, a, row, 0, FB_STYLE_STRONG,
                        "This screen is too small.");
    row += fb_grid_wrap(g, a, row, 0, FB_STYLE_NORMAL,
                        "It needs 40 columns and 10 rows.");
    if (row < a.rows) {
        fb_grid_put(g, a, a.rows - 1, 0, FB_STYLE_KEY, "q quit");
    }
}

void fb_frame_draw(struct fb_frame *f, const struct fb_scene *s,
                   struct fb_grid *g) {
    struct fb_area line = {.rows = 1, .cols = g->cols};
    struct fb_area body = {.cols = g->cols};

    fb_grid_clear(g);
    f->tab_count = 0;
    if (g->cols < FB_FRAME_MIN_COLS || g->rows < FB_FRAME_MIN_ROWS) {
        draw_too_small(g);
        return;
    }
    fb_frame_layout(f, s, g->cols, g->rows);
    line.rows = f->header_rows;
    fb_header_draw(s, g, line);
    body.row = f->header_rows;
    body.rows = g->rows - f->header_rows - f->status_rows - 1 -
                (f->scrub_row < 0 ? 0 : 1);
    if (f->overlay == FB_OVERLAY_HELP || f->overlay == FB_OVERLAY_DETAILS ||
        f->overlay == FB_OVERLAY_PLACES) {
        draw_overlay(f, s, g, body);
    } else {
        for (int i = 0; i < FB_PANES; i++) {
            draw_pane(f, (enum fb_pane_id)i, s, &f->panes[i], g);
        }
        draw_card(f, s, g);
    }
    if (s->quiz) {
        fb_quiz_draw(s, s->quiz, g, panes_area(f, g->cols));
    }
    if (f->overlay == FB_OVERLAY_CHOOSE) {
        fb_choose_draw(s, g, body);
    }
    line.rows = 1;
    line.row = f->scrub_row;
    if (f->scrub_row >= 0) {
        fb_scrubber_draw(s, g, line);
    }
    line.row = g->rows - 1;
    if (f->status_rows == 0 && fb_status_any(s)) {
        fb_status_draw(s, g, line);
        return;
    }
    fb_footer_draw(s, g, line);
    line.row--;
    if (fb_status_any(s)) {
        fb_status_draw(s, g, line);
    }
}
