// The lints: mistakes of the program, one row each; the one that is opened
// shows its evidence, why it matters, and what to do.
//
// All that was found is listed, so that a finished run, which is opened at its
// beginning, says what lies ahead; findings after the event shown are dim.
//
//     ▸ ! lost wake         event 12  Task 3 (greet) returned Pending, …
//           event 10  it was polled                   (opened with Enter)
//           event 11  its poll returned Pending
//           …
//       · blocking call     event 90  One poll of task 5 …
//
// A row of evidence that is chosen with Enter asks the app to go to its event.
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { TEXT = 800, NAME = 17, INDENT = 6 };

static const struct fb_finding *at_index(const struct fb_scene *s, size_t i) {
    return s->lints ? fb_lints_at(s->lints, i) : NULL;
}

// All that was found; while a question hides what comes, only what was.
static size_t count_of(const struct fb_scene *s) {
    return s->lints ? fb_lints_until(s->lints, fb_view_horizon(s)) : 0;
}

// The one selected; findings only ever come, so it stays what it was.
static size_t selected(const struct fb_scene *s) {
    const size_t count = count_of(s);

    return s->lint < count ? s->lint : count > 0 ? count - 1 : 0;
}

static bool is_open(const struct fb_scene *s, size_t i) {
    return s->lint_open && i == selected(s);
}

// ---- the opened one --------------------------------------------------------

// Which of its rows hold the evidence, relative to its head.
struct body {
    int first; // row of evidence
    int rows;  // all of it, without the head
};

static void say_times(const struct fb_scene *s, const struct fb_finding *f,
                      char *out, size_t out_bytes) {
    char times[32], last[32];

    out[0] = '\0';
    if (f->times > 1 && f->last_event <= fb_view_horizon(s)) {
        snprintf(out, out_bytes, "%s times, last at event %s",
                 fb_view_count(f->times, times),
                 fb_view_count(f->last_event, last));
    }
}

static void draw_evidence(const struct fb_scene *s, struct fb_grid *g,
                          struct fb_area a, int row, const struct fb_finding *f,
                          int i) {
    const struct fb_lint_evidence *e = &f->evidence[i];
    char text[64], number[32];
    int col = INDENT;

    snprintf(text, sizeof(text), "event %s", fb_view_count(e->event, number));
    col = fb_grid_put(g, a, row, col, FB_STYLE_STRONG, text) + 2;
    fb_grid_field(g, a, row, col, a.cols - col, FB_STYLE_NORMAL,
                  fb_name_lint_role((enum fb_lint_role)e->role));
    if (i == s->lint_line) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
        fb_grid_put(g, a, row, INDENT - 2, FB_STYLE_SELECTED, "▸");
    }
}

// Draws from `row` on, which may lie outside: only counts then.
static struct body draw_body(const struct fb_scene *s, struct fb_grid *g,
                             struct fb_area a, int row,
                             const struct fb_finding *f) {
    const enum fb_lint_kind kind = (enum fb_lint_kind)f->kind;
    struct body b = {0};
    const int from = row;
    char text[TEXT];

    fb_lint_sentence(text, sizeof(text), s->names, f);
    row += fb_grid_wrap(g, a, row, INDENT - 2, FB_STYLE_STRONG, text);
    say_times(s, f, text, sizeof(text));
    row += fb_grid_wrap(g, a, row, INDENT - 2, FB_STYLE_NORMAL, text);
    b.first = row - from;
    for (int i = 0; i < f->evidence_count; i++) {
        draw_evidence(s, g, a, row++, f, i);
    }
    snprintf(text, sizeof(text), "Why it matters: %s", fb_lint_explains(kind));
    row += fb_grid_wrap(g, a, row, INDENT - 2, FB_STYLE_NORMAL, text);
    snprintf(text, sizeof(text), "Remedy: %s", fb_lint_remedy(kind));
    row += fb_grid_wrap(g, a, row, INDENT - 2, FB_STYLE_NORMAL, text);
    b.rows = row - from;
    return b;
}

static struct body measure(const struct fb_scene *s, struct fb_grid *g,
                           int cols) {
    const struct fb_area nowhere = {.cols = cols};
    const struct fb_finding *f = at_index(s, selected(s));

    return f && s->lint_open ? draw_body(s, g, nowhere, 0, f)
                             : (struct body){0};
}

// Where the cursor is, relative to the head: a row of evidence, or below them
// the end of the text.
static int cursor_in(const struct fb_scene *s, struct body b) {
    const int row = 1 + b.first + s->lint_line;
    const struct fb_finding *f = at_index(s, selected(s));

    return s->lint_line < 0                    ? 0
           : s->lint_line >= f->evidence_count ? b.rows
                                               : row;
}

// ---- the list --------------------------------------------------------------

// "event 1,234": as wide as the last one, which is the greatest.
static int event_cols(const struct fb_scene *s) {
    const struct fb_finding *last = at_index(s, count_of(s) - 1);
    char number[32];

    return fb_text_cols("event ") +
           fb_text_cols(fb_view_count(last ? last->event : 0, number));
}

static void draw_head(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a, int row, const struct fb_finding *f,
                      bool chosen) {
    const bool ahead = f->event > s->at;
    const enum fb_style plain = ahead ? FB_STYLE_DIM : FB_STYLE_NORMAL;
    char text[TEXT], number[32];
    int col = 4;

    fb_grid_put(g, a, row, 2, ahead ? FB_STYLE_DIM : FB_STYLE_FAILED,
                ahead ? "·" : "!");
    col = fb_grid_field(g, a, row, col, NAME,
                        ahead ? FB_STYLE_DIM : FB_STYLE_STRONG,
                        fb_name_lint((enum fb_lint_kind)f->kind));
    snprintf(text, sizeof(text), "event %s", fb_view_count(f->event, number));
    col = fb_grid_field(g, a, row, col + 1, event_cols(s), plain, text) + 2;
    fb_lint_sentence(text, sizeof(text), s->names, f);
    if (!chosen || !s->lint_open) {
        fb_grid_field(g, a, row, col, a.cols - col, plain, text);
    }
    if (chosen && (!s->lint_open || s->lint_line < 0)) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
    }
    if (chosen) {
        fb_grid_put(g, a, row, 0,
                    s->lint_open && s->lint_line >= 0 ? FB_STYLE_NORMAL
                                                      : FB_STYLE_SELECTED,
                    "▸");
    }
}

static void say_none(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a) {
    fb_grid_wrap(g, a, 0, 1, FB_STYLE_DIM,
                 s->model->uncertain
                     ? "Events are missing: nothing is judged until the next "
                       "census has told what is alive."
                     : "No lints: what has happened so far keeps all promises "
                       "that futures make.");
}

static void lints_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    const int count = (int)count_of(s), chosen = (int)selected(s);
    const struct body b = measure(s, g, a.cols);
    const int cursor = chosen + (b.rows > 0 ? cursor_in(s, b) : 0);

    p->lines = count + b.rows;
    if (count == 0) {
        say_none(s, g, a);
        return;
    }
    // as much of what is opened as fits, and the cursor in any case
    p->scroll = fb_view_scroll(p->scroll, chosen + b.rows, p->lines, a.rows);
    p->scroll = fb_view_scroll(p->scroll, chosen, p->lines, a.rows);
    p->scroll = fb_view_scroll(p->scroll, cursor, p->lines, a.rows);
    for (int i = 0; i < count; i++) {
        const int row = i + (i > chosen ? b.rows : 0) - p->scroll;

        if (row >= a.rows) {
            break;
        }
        if (row >= 0) {
            draw_head(s, g, a, row, at_index(s, (size_t)i), i == chosen);
        }
        if (is_open(s, (size_t)i)) {
            draw_body(s, g, a, row + 1, at_index(s, (size_t)i));
        }
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static void lints_subtitle(const struct fb_scene *s, char *out,
                           size_t out_bytes) {
    const size_t count = count_of(s);
    const size_t until = s->lints ? fb_lints_until(s->lints, s->at) : 0;
    const uint64_t more = s->lints && fb_view_horizon(s) >= s->newest
                              ? fb_lints_left_out(s->lints)
                              : 0;
    char left[48] = "", n[32];

    if (more > 0) {
        snprintf(left, sizeof(left), ", %s more not kept",
                 fb_view_count(more, n));
    }
    if (count == 0) {
        snprintf(out, out_bytes, "none");
    } else if (count == until) {
        snprintf(out, out_bytes, "%zu found%s", count, left);
    } else {
        snprintf(out, out_bytes, "%zu found, %zu ahead%s", until, count - until,
                 left);
    }
}

// ---- keys ------------------------------------------------------------------

static void choose(struct fb_scene *s, int64_t index) {
    const int64_t count = (int64_t)count_of(s);
    const struct fb_finding *f;

    index = index >= count ? count - 1 : index;
    s->lint = index < 0 ? 0 : (size_t)index;
    s->lint_line = -1;
    f = at_index(s, s->lint);
    if (f && fb_model_task(s->model, f->task)) {
        s->task = f->task; // the other panes show whom it is about
        s->follow = false;
    }
}

static void move(struct fb_scene *s, int by) {
    const struct fb_finding *f = at_index(s, selected(s));
    const int last = s->lint_open && f ? f->evidence_count : -1; // the text

    if (by > 0 && s->lint_open && s->lint_line < last) {
        s->lint_line++;
    } else if (by < 0 && s->lint_open && s->lint_line >= 0) {
        s->lint_line--;
    } else if (selected(s) + 1 < count_of(s) || by < 0) {
        choose(s, (int64_t)selected(s) + by);
    }
}

static void enter(struct fb_scene *s) {
    const struct fb_finding *f = at_index(s, selected(s));

    if (!f) {
        return;
    }
    if (!s->lint_open) {
        choose(s, (int64_t)selected(s));
        s->lint_open = true;
    } else if (s->lint_line >= 0 && s->lint_line < f->evidence_count) {
        s->want_event = f->evidence[s->lint_line].event;
        s->task = f->task; // it is there then
        s->follow = false;
    } else {
        s->lint_open = false;
    }
}

static bool lints_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    const int page = p->area.rows > 3 ? p->area.rows - 2 : 1;
    const int64_t at = (int64_t)selected(s);

    switch (key) {
    case FB_KEY_UP:
    case 'k': move(s, -1); return true;
    case FB_KEY_DOWN:
    case 'j': move(s, 1); return true;
    case FB_KEY_PAGE_UP: choose(s, at - page); return true;
    case FB_KEY_PAGE_DOWN: choose(s, at + page); return true;
    case FB_KEY_HOME: choose(s, 0); return true;
    case FB_KEY_END: choose(s, INT32_MAX); return true;
    case FB_KEY_ENTER: enter(s); return count_of(s) > 0;
    case FB_KEY_ESC:
        if (s->lint_open) {
            s->lint_open = false;
            return true;
        }
        return false;
    default: return false;
    }
}

static bool lints_click(struct fb_scene *s, struct fb_pane *p, int row,
                        int col) {
    struct fb_grid none = {0};
    const struct body b = measure(s, &none, p->area.cols);
    const int line = row + p->scroll, chosen = (int)selected(s);
    const int below = line - chosen - 1 - b.first; // which evidence

    (void)col;
    if (line <= chosen || line > chosen + b.rows) {
        choose(s, line > chosen ? line - b.rows : line);
        return count_of(s) > 0;
    }
    if (below >= 0 && below < at_index(s, selected(s))->evidence_count) {
        s->lint_line = below;
        enter(s);
    }
    return true;
}

static const char *const lints_help[] = {
    "Mistakes of the program, each proved by its events. Enter opens one: its "
    "evidence, why it matters, what to do. Enter on a row of evidence goes to "
    "that event.",
    "! found up to the event shown     · ahead of it",
    "lost wake          Pending, and nobody holds its waker",
    "never yielded      one poll without an end",
    "self-wake storm    it wakes itself poll after poll, for nothing",
    "poll after Ready   a future is polled that has given its result",
    "stale waker        used after its task, or kept after its future",
    "blocking call      a poll that took 100 ms or more",
    "unjoined task      it failed, and nobody learns of it",
    "large future       a task of 16 KiB or more",
    "Where events are missing nothing is judged: no alarm is false.",
    NULL};

const struct fb_view fb_view_lints = {
    .name = "lints",
    .title = "Lints",
    .help = lints_help,
    .draw = lints_draw,
    .subtitle = lints_subtitle,
    .key = lints_key,
    .click = lints_click,
};
