// The picture of a comparison, for any size of screen.
//
//     A  as-it-was.ring   event 237 of 390 │ B  otherwise.ring   event 238 of 391
//     The first of 2 differences by order: …
//     Tasks ───────────────────────────────┬ Tasks ──────────────────────────────
//      …                                   │  …
//     What happened, in A ─────────────────┼ In B ───────────────────────────────
//        236 Task 4 is woken               │    236 Task 4 is woken
//        237 Task 2 is polled              !    237 The viewer chose task 4
//     d difference  n line …
//
//     The mark between the sides says what differs: | other, < only in A, > only
//     in B, and ! the first of all. Without room for both, the lines stay.
#include "screen_state.h"
#include <inttypes.h>
#include <string.h>

enum {
    MIN_COLS = 40,
    MIN_ROWS = 10,
    VIEW_ROWS = 7,   // of a body with at least twice as many
    VERDICT_MAX = 2, // rows
    WHOLE_ROWS = 4,  // of the lines under the cursor, title included
};

static void left_and_right(const struct fb_grid *g, int row, int rows,
                           struct fb_area halves[FB_DIFF_SIDES]) {
    const int left = (g->cols - 1) / 2;

    halves[FB_DIFF_A] =
        (struct fb_area){.row = row, .rows = rows, .cols = left};
    halves[FB_DIFF_B] = (struct fb_area){
        .row = row, .col = left + 1, .rows = rows, .cols = g->cols - left - 1};
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void draw_header(const struct fb_diff_screen *s, struct fb_grid *g) {
    struct fb_area halves[FB_DIFF_SIDES];

    left_and_right(g, 0, 1, halves);
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        const struct fb_session_facts *f = fb_session_facts(s->d->sessions[i]);
        char name[300], place[80], count[2][32];
        int room;

        fb_view_count(s->at[i], count[0]);
        fb_view_count(fb_history_last(fb_session_history(s->d->sessions[i])),
                      count[1]);
        snprintf(place, sizeof(place), "event %s of %s ", count[0], count[1]);
        snprintf(name, sizeof(name), " %c  %s", 'A' + i, base_name(f->path));
        room = halves[i].cols - fb_text_cols(place) - 1;
        fb_grid_field(g, halves[i], 0, 0, room > 0 ? room : 0, FB_STYLE_STRONG,
                      name);
        fb_grid_put(g, halves[i], 0, room > 0 ? room + 1 : 0, FB_STYLE_NORMAL,
                    place);
    }
    fb_grid_put(g, fb_grid_area(g), 0, halves[FB_DIFF_A].cols, FB_STYLE_RULE,
                "│");
}

// The first difference, or that there is none. Returns the rows it takes.
static int draw_verdict(const struct fb_diff_screen *s, struct fb_grid *g) {
    const bool equal = fb_comparison_equal(&s->d->c);
    struct fb_area a = {.row = 1,
                        .col = 1,
                        .rows = g->rows < 16 ? 1 : VERDICT_MAX,
                        .cols = g->cols - 2};
    const int rows = fb_grid_wrap(
        g, a, 0, 0, equal ? FB_STYLE_READY : FB_STYLE_WARNING, s->verdict);

    return rows < a.rows ? rows : a.rows;
}

// "─ Futures of task 4 ──── 3 more ─"; each part may be "".
static void draw_title(struct fb_grid *g, struct fb_area a, const char *title,
                       const char *about, const char *more) {
    struct fb_area inner = a;
    char words[200];
    int col = 1;

    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_RULE, 0x2500);
    inner.cols -= 2;
    if (title[0] != '\0') {
        snprintf(words, sizeof(words), " %s ", title);
        col = fb_grid_put(g, inner, 0, col, FB_STYLE_TITLE, words);
    }
    if (about[0] != '\0') {
        snprintf(words, sizeof(words), "%s ", about);
        fb_grid_put(g, inner, 0, col, FB_STYLE_DIM, words);
    }
    if (more[0] != '\0') {
        snprintf(words, sizeof(words), " %s ", more);
        fb_grid_put(g, a, 0, a.cols - fb_text_cols(words) - 1, FB_STYLE_STRONG,
                    words);
    }
}

static void draw_rule(struct fb_grid *g, int row, int rows,
                      const char *crossing) {
    const struct fb_area all = fb_grid_area(g);
    const int col = (g->cols - 1) / 2;

    fb_grid_put(g, all, row, col, FB_STYLE_RULE, crossing);
    for (int i = 1; i < rows; i++) {
        fb_grid_put(g, all, row + i, col, FB_STYLE_RULE, "│");
    }
}

static void draw_views(struct fb_diff_screen *s, struct fb_grid *g, int row,
                       int rows) {
    const struct fb_view *view = fb__diff_view(s);
    struct fb_area halves[FB_DIFF_SIDES];

    left_and_right(g, row, rows, halves);
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        struct fb_pane *p = &s->panes[i];
        struct fb_area body = halves[i];
        char more[64] = "", about[150] = "";

        body.row++;
        body.rows--;
        p->view = view;
        p->area = halves[i];
        p->above = p->below = 0;
        view->draw(&s->scenes[i], p, g, body);
        if (p->above > 0 || p->below > 0) {
            snprintf(more, sizeof(more), "↑ %d ↓ %d more", p->above, p->below);
        }
        if (view->subtitle != NULL) {
            view->subtitle(&s->scenes[i], about, sizeof(about));
        }
        draw_title(g, halves[i], view->title, about, more);
    }
    draw_rule(g, row, rows, "┬");
}

static void draw_line(const struct fb__diff_shown *l, int side,
                      struct fb_grid *g, struct fb_area half, int row,
                      bool cursor) {
    const enum fb_style style = !l->differs ? FB_STYLE_NORMAL
                                : l->first  ? FB_STYLE_STRONG
                                            : FB_STYLE_WARNING;

    if (l->events[side] != 0) {
        const int col = fb_grid_putf(g, half, row, 1, FB_STYLE_DIM,
                                     "%6" PRIu64 " ", l->events[side]);

        fb_grid_field(g, half, row, col, half.cols - col, style, l->text[side]);
    }
    if (cursor) {
        fb_grid_put(g, half, row, 0, FB_STYLE_SELECTED, "▸");
        fb_grid_paint(g, half, row, FB_STYLE_SELECTED);
    }
}

static void draw_lines(const struct fb_diff_screen *s, struct fb_grid *g,
                       int row, int rows) {
    struct fb_area halves[FB_DIFF_SIDES];
    const struct fb_area all = fb_grid_area(g);
    char more[80];

    left_and_right(g, row, rows, halves);
    snprintf(more, sizeof(more), "by %s, line %zu of %zu",
             fb_diff_grade_name(s->d->c.grade), s->rows > 0 ? s->row + 1 : 0,
             s->rows);
    draw_title(g, halves[FB_DIFF_A], "What happened", "", "");
    draw_title(g, halves[FB_DIFF_B], "", "", more);
    draw_rule(g, row, rows, fb__diff_view(s) != NULL ? "┼" : "┬");
    for (int i = 0; i < s->shown_count && i + 1 < rows; i++) {
        const struct fb__diff_shown *l = &s->shown[i];
        const char mark[2] = {l->first ? '!' : l->mark, '\0'};
        const bool cursor = s->top + (size_t)i == s->row;

        draw_line(l, FB_DIFF_A, g, halves[FB_DIFF_A], i + 1, cursor);
        draw_line(l, FB_DIFF_B, g, halves[FB_DIFF_B], i + 1, cursor);
        if (l->differs) {
            fb_grid_put(g, all, row + i + 1, halves[FB_DIFF_A].cols,
                        l->first ? FB_STYLE_FAILED : FB_STYLE_WARNING, mark);
        }
    }
}

// The lines under the cursor once more, in full: a half is narrow.
static void draw_whole_lines(const struct fb_diff_screen *s, struct fb_grid *g,
                             int row, int rows) {
    const size_t at = s->row - s->top;
    struct fb_area halves[FB_DIFF_SIDES];

    left_and_right(g, row, rows, halves);
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        struct fb_area text = halves[i];

        draw_title(g, halves[i], i == 0 ? "Here" : "", "", "");
        text.row++;
        text.rows--;
        text.col++;
        text.cols--;
        if (at < (size_t)s->shown_count) {
            const char *line = s->shown[at].text[i];

            fb_grid_wrap(g, text, 0, 0, FB_STYLE_STRONG,
                         line + strspn(line, " "));
        }
    }
    draw_rule(g, row, rows, "┼");
}

static const char *const help[] = {
    "Two runs side by side. Lines that both have stand in one row; between the",
    "sides stands what differs: | other, < only in A, > only in B, and ! the",
    "first difference of all. The panes above are each run's world after the",
    "event of its line. The same as text: --plain, --json, --screen COLSxROWS.",
    NULL};

static void draw_help(struct fb_diff_screen *s, struct fb_grid *g, int row,
                      int rows) {
    static const struct fb_view about = {
        .name = "diff", .title = "Side by side", .help = help};
    struct fb_area a = {.row = row, .rows = rows, .cols = g->cols};

    draw_title(g, a, "Help", "", "");
    a.row++;
    a.rows--;
    // The keys of this program, on the page that `watch` has.
    memcpy(s->scenes[0].keys, s->keys, sizeof(s->keys));
    s->scenes[0].key_count = s->key_count;
    fb_help_draw(&s->scenes[0], &about, &s->help_pane, g, a);
}

static void draw_footer(struct fb_diff_screen *s, struct fb_grid *g) {
    const struct fb_area a = {.row = g->rows - 1, .rows = 1, .cols = g->cols};

    memcpy(s->scenes[0].keys, s->keys, sizeof(s->keys));
    s->scenes[0].key_count = s->key_count;
    fb_footer_draw(&s->scenes[0], g, a);
}

static void draw_too_small(struct fb_grid *g) {
    const struct fb_area a = fb_grid_area(g);
    int row =
        fb_grid_wrap(g, a, 0, 0, FB_STYLE_STRONG, "This screen is too small.");

    row += fb_grid_wrap(g, a, row, 0, FB_STYLE_NORMAL,
                        "It needs 40 columns and 10 rows.");
    if (row < a.rows) {
        fb_grid_put(g, a, a.rows - 1, 0, FB_STYLE_KEY, "q quit");
    }
}

// The cursor stays in sight, a few lines below the top where it can.
static void scroll(struct fb_diff_screen *s, int rows) {
    const size_t page = rows > 1 ? (size_t)rows : 1;
    const size_t above = page / 3;

    s->page = rows;
    if (s->row < s->top + (s->top > 0 ? 1 : 0) || s->row + 1 >= s->top + page) {
        s->top = s->row > above ? s->row - above : 0;
    }
    if (s->top + page > s->rows) {
        s->top = s->rows > page ? s->rows - page : 0;
    }
}

void fb_diff_screen_draw(struct fb_diff_screen *s, struct fb_grid *g) {
    int row, body, view, whole;

    fb_grid_clear(g);
    s->dirty = false;
    if (g->cols < MIN_COLS || g->rows < MIN_ROWS) {
        draw_too_small(g);
        return;
    }
    fb__diff_list_keys(s);
    row = 1 + draw_verdict(s, g);
    body = g->rows - row - 1;
    view = fb__diff_view(s) == NULL || body < 2 * VIEW_ROWS ? 0
           : body * 2 / 5 > VIEW_ROWS                       ? body * 2 / 5
                                                            : VIEW_ROWS;
    whole = body - view >= 12 ? WHOLE_ROWS : 0;
    scroll(s, body - view - whole - 1);
    if (fb__diff_refresh(s, body - view - whole - 1) < 0) {
        fb_grid_put(g, fb_grid_area(g), row, 0, FB_STYLE_WARNING,
                    "Out of memory.");
        return;
    }
    draw_header(s, g);
    if (s->help) {
        draw_help(s, g, row, body);
    } else {
        if (view > 0) {
            draw_views(s, g, row, view);
        }
        draw_lines(s, g, row + view, body - view - whole);
        if (whole > 0) {
            draw_whole_lines(s, g, g->rows - 1 - whole, whole);
        }
    }
    draw_footer(s, g);
}
