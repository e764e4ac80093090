// The source around the place where the selected task stands: every await from
// its root future inwards, the lines around one of them, and below the line of
// the runtime that wrote the event which is shown.
#include "fishbowl/trace/text.h"
#include "points.h"
#include "sources.h"
#include "view.h"
#include "where.h"
#include <inttypes.h>
#include <string.h>

enum { TEXT = 512, ACTOR_ROWS = 2, ACTOR_FROM = 6 };

// Which place of the chain is looked at: the one picked, else the best.
static size_t looked_at(const struct fb_pane *p, const struct fb_where *chain,
                        size_t count, size_t best) {
    for (size_t i = 0; i < count; i++) {
        if (p->pick != 0 && chain[i].future == p->pick) {
            return i;
        }
    }
    return best;
}

static const char *base_name(const char *file) {
    const char *slash = strrchr(file, '/');

    return slash != NULL ? slash + 1 : file;
}

// "greet_named named.c:31 › read stream.c:57": the one looked at is strong.
// Returns the rows taken.
static int draw_chain(struct fb_grid *g, struct fb_area a,
                      const struct fb_where *chain, size_t count, size_t at) {
    int col = 1, row = 0;

    for (size_t i = 0; i < count && row < a.rows; i++) {
        const struct fb_where *w = &chain[i];
        char safe[128], text[TEXT];

        fb_text_sanitise(base_name(w->file), strlen(base_name(w->file)), safe,
                         sizeof(safe));
        snprintf(text, sizeof(text), "%s%s %s:%" PRIu32, i > 0 ? "› " : "",
                 w->name, safe, w->line);
        if (col > 1 && col + fb_text_cols(text) > a.cols && row + 1 < 2) {
            row++;
            col = 3;
        }
        col = fb_grid_put(g, a, row, col,
                          i == at ? FB_STYLE_STRONG : FB_STYLE_DIM, text) +
              1;
    }
    return row + 1;
}

static void draw_line(struct fb_grid *g, struct fb_area a, int row,
                      const struct fb_source_text *t, uint32_t number,
                      bool marked) {
    char text[TEXT];

    if (number < 1 || number > t->count) {
        return;
    }
    fb_source_say(&t->lines[number - 1], text, sizeof(text));
    fb_grid_putf(g, a, row, 0, marked ? FB_STYLE_STRONG : FB_STYLE_DIM,
                 "%s%5" PRIu32, marked ? "▸" : " ", number);
    fb_grid_put(g, a, row, 7, marked ? FB_STYLE_STRONG : FB_STYLE_NORMAL, text);
    if (marked) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
    }
}

// The lines around `number`, which stands in the middle unless it was
// scrolled.
static void draw_lines(struct fb_pane *p, struct fb_grid *g, struct fb_area a,
                       const struct fb_source_text *t, uint32_t number) {
    const int count = t->count > INT32_MAX ? INT32_MAX : (int)t->count;
    const int middle =
        (int)(number > INT32_MAX ? INT32_MAX : number) - (a.rows - 1) / 2;
    int first;

    if (number > t->count) {
        fb_grid_putf(g, a, 0, 1, FB_STYLE_WARNING,
                     "Line %" PRIu32 " is not in the file that was found: it "
                     "has %zu lines.",
                     number, t->count);
        return;
    }
    first = p->scroll > count    ? count
            : p->scroll < -count ? 1
                                 : middle + p->scroll;
    first = first > count - a.rows + 1 ? count - a.rows + 1 : first;
    first = first < 1 ? 1 : first;
    p->scroll = p->scroll == 0 ? 0 : first - middle;
    for (int row = 0; row < a.rows; row++) {
        draw_line(g, a, row, t, (uint32_t)(first + row),
                  (uint32_t)(first + row) == number);
    }
    fb_view_more(p, first - 1, count - first - a.rows + 1);
}

// What acted, in the runtime's own source. Returns the rows taken.
static int draw_actor(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area a) {
    const struct fb_point *points[FB_POINTS_MAX];
    const bool foreign = (s->trace_flags & FB_TRACE_FOREIGN) != 0;
    struct fb_area row = {a.row + a.rows - ACTOR_ROWS, a.col, ACTOR_ROWS,
                          a.cols};
    const struct fb_source_text *t;
    char text[TEXT];
    size_t count;

    if (a.rows < ACTOR_FROM || s->at == 0) {
        return 0;
    }
    count =
        fb_points_say(s->at, &s->model->last, foreign ? 0 : fb_view_workers(s),
                      text, sizeof(text), points);
    if (count == 1 && s->sources != NULL) {
        t = fb_sources_get(s->sources, points[0]->file);
        fb_grid_field(g, row, 0, 1, a.cols - 1, FB_STYLE_DIM, text);
        if (t->why[0] == '\0') {
            draw_line(g, row, 1, t, points[0]->line, false);
            return ACTOR_ROWS;
        }
    }
    fb_grid_wrap(g, row, 0, 1, FB_STYLE_DIM, text);
    return ACTOR_ROWS;
}

static void draw_nothing(const struct fb_scene *s, struct fb_grid *g,
                         struct fb_area a) {
    if (s->task == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "no task is selected");
    } else {
        fb_grid_wrap(g, a, 0, 1, FB_STYLE_DIM,
                     "The selected task stands nowhere now: it has no future.");
    }
}

static void draw_place(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a,
                       const struct fb_where *w) {
    const struct fb_source_text *t;

    if (s->sources == NULL) {
        fb_grid_wrap(g, a, 0, 1, FB_STYLE_DIM, "No source can be read here.");
        return;
    }
    t = fb_sources_get(s->sources, w->file);
    if (t->why[0] != '\0') {
        fb_grid_wrap(g, a, 0, 1, FB_STYLE_WARNING, t->why);
        return;
    }
    if (t->changed && a.rows > 2) {
        fb_grid_field(g, a, 0, 1, a.cols - 1, FB_STYLE_WARNING,
                      "This file was changed after the program had started: "
                      "lines may be off.");
        a.row++;
        a.rows--;
    }
    draw_lines(p, g, a, t, w->line);
}

static void source_draw(const struct fb_scene *s, struct fb_pane *p,
                        struct fb_grid *g, struct fb_area a) {
    struct fb_where chain[FB_WHERE_MAX];
    size_t best, at;
    const size_t count = fb_where(s->model, s->names, s->task, chain, &best);
    int rows;

    a.rows -= draw_actor(s, g, a);
    if (count == 0) {
        draw_nothing(s, g, a);
        return;
    }
    at = looked_at(p, chain, count, best);
    rows = draw_chain(g, a, chain, count, at);
    a.row += rows;
    a.rows -= rows;
    if (a.rows > 0) {
        draw_place(s, p, g, a, &chain[at]);
    }
}

static bool source_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    struct fb_where chain[FB_WHERE_MAX];
    size_t best, at;
    const size_t count = fb_where(s->model, s->names, s->task, chain, &best);
    const int page = p->area.rows > 6 ? p->area.rows - 5 : 1;

    switch (key) {
    case FB_KEY_PAGE_UP: p->scroll -= page; return true;
    case FB_KEY_PAGE_DOWN: p->scroll += page; return true;
    case FB_KEY_HOME: p->scroll = 0; return true;
    case FB_KEY_UP:
    case 'k':
    case FB_KEY_DOWN:
    case 'j': break;
    default: return false;
    }
    if (count > 0) {
        const bool inwards = key == FB_KEY_DOWN || key == 'j';

        at = looked_at(p, chain, count, best);
        at += inwards && at + 1 < count ? 1u : 0u;
        at -= !inwards && at > 0 ? 1u : 0u;
        p->pick = chain[at].future;
        p->scroll = 0;
    }
    return true;
}

static void source_subtitle(const struct fb_scene *s, char *out,
                            size_t out_bytes) {
    char task[TEXT / 2];

    out[0] = '\0';
    if (fb_model_task(s->model, s->task)) {
        fb_view_task(s, s->task, task, sizeof(task));
        snprintf(out, out_bytes, "of task %s", task);
    }
}

static const char *const source_help[] = {
    "Where the selected task stands, in its own source: at the top the chain",
    "of futures from its root inwards, below the lines around one of them.",
    "Up and down (k, j) move along the chain; Page keys scroll, Home returns.",
    "A line that is marked is the await where that future stands suspended;",
    "a leaf has no await: its definition is shown.",
    "At the bottom: the line of the runtime that wrote the event shown. Where",
    "several lines write the same kind of event, all of them are named.",
    NULL};

const struct fb_view fb_view_source = {
    .name = "source",
    .title = "Source",
    .help = source_help,
    .draw = source_draw,
    .subtitle = source_subtitle,
    .key = source_key,
};
