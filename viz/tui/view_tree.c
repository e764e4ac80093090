// The future tree of the selected task: task → root future → … → leaf. Every
// level says where it stands in its source, and a leaf says why it waits. That
// chain IS the task's backtrace, read without polling anything.
#include "fishbowl/trace/text.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { ROWS = 1024, TEXT = 400, DEEPEST = 63 };

static bool has_living_child(const struct fb_model *m,
                             const struct fb_model_future *f) {
    const struct fb_model_future *child = fb_model_future_at(m, f->first_child);

    for (int i = 0; child && i < ROWS; i++) { // bounded: it is from a file
        if (child->state != FB_FUTURE_DROPPED) {
            return true;
        }
        child = fb_model_future_at(m, child->next_sibling);
    }
    return false;
}

// "│ │ └ " for a row at depth 3.
static void say_branch(const struct fb_model_row *r, char *out,
                       size_t out_bytes) {
    uint32_t depth = r->depth < DEEPEST ? r->depth : DEEPEST;
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t d = 1; d < depth && len + 8 < out_bytes; d++) {
        len += (size_t)snprintf(out + len, out_bytes - len, "%s",
                                (r->rails >> d) & 1 ? "│ " : "  ");
    }
    if (depth > 0 && len + 8 < out_bytes) {
        snprintf(out + len, out_bytes - len, "%s",
                 r->last_sibling ? "└ " : "├ ");
    }
}

// As its type is called; hostile.
static const char *name_of(const struct fb_scene *s,
                           const struct fb_model_future *f) {
    const char *name = "?", *file = "?";
    uint32_t line = 0, size = 0;

    if (s->names && s->names->place) {
        s->names->place(s->names->arg, f->type, &name, &file, &line, &size);
    }
    return name;
}

static void say_name(const struct fb_scene *s, const struct fb_model_row *r,
                     char *out, size_t out_bytes) {
    const char *name = name_of(s, r->future);
    size_t len;

    say_branch(r, out, out_bytes);
    len = strlen(out);
    if (len + 4 < out_bytes) {
        fb_text_sanitise(name, strlen(name), out + len, out_bytes - len);
    }
}

// Where it stands: its own line while suspended, else where it is awaited.
static void say_where(const struct fb_scene *s, const struct fb_model_future *f,
                      char *out, size_t out_bytes) {
    const struct fb_model_future *parent =
        fb_model_future_at(s->model, f->parent);

    out[0] = '\0';
    if (f->own_line != 0 && f->state != FB_FUTURE_DROPPED) {
        fb_say_place(out, out_bytes, s->names, f->type, f->own_line);
    } else if (parent && f->line != 0) {
        fb_say_place(out, out_bytes, s->names, parent->type, f->line);
    }
}

// "○ pending: fd 7 readable", "✓ finished: 4", "✗ cancelled". Where `room` is
// short, the reason matters more than the word.
static enum fb_style say_state(const struct fb_scene *s,
                               const struct fb_model_future *f, int room,
                               char *out, size_t out_bytes) {
    struct fb_state_look look = fb_future_look(s->model, f);
    bool has_out = f->state == FB_FUTURE_READY ||
                   (f->state == FB_FUTURE_DROPPED && f->polls > 0 &&
                    f->why == FB_DROP_FINISHED);
    char reason[TEXT - 32];

    if (f->state == FB_FUTURE_PENDING && !has_living_child(s->model, f)) {
        fb_say_reason(reason, sizeof(reason), s->names, s->model, f->id);
        snprintf(out, out_bytes, "%s pending: %s", look.symbol, reason);
        if (fb_text_cols(out) > room) {
            snprintf(out, out_bytes, "%s %s", look.symbol, reason);
        }
    } else if (has_out && f->out < 0) {
        snprintf(out, out_bytes, "%s %s: %s", look.symbol, look.word,
                 fb_name_errno(f->out));
    } else if (has_out) {
        snprintf(out, out_bytes, "%s %s: %" PRId32, look.symbol, look.word,
                 f->out);
    } else {
        snprintf(out, out_bytes, "%s %s", look.symbol, look.word);
    }
    return look.style;
}

struct columns {
    int name, where, state, polls;
};

static struct columns plan(const struct fb_scene *s, int cols,
                           const struct fb_model_row *rows, size_t count) {
    struct columns c = {.name = 6, .where = 0};
    char text[TEXT];

    for (size_t i = 0; i < count; i++) {
        int width;

        say_name(s, &rows[i], text, sizeof(text));
        width = fb_text_cols(text);
        c.name = width > c.name ? width : c.name;
        say_where(s, rows[i].future, text, sizeof(text));
        width = fb_text_cols(text);
        c.where = width > c.where ? width : c.where;
    }
    c.name = c.name > cols * 40 / 100 ? cols * 40 / 100 : c.name;
    c.where = c.where > cols * 30 / 100 ? cols * 30 / 100 : c.where;
    c.polls = cols >= 60 ? 10 : 0;
    c.state = cols - 1 - c.name - 1 - c.where - 1 - c.polls;
    return c;
}

static void draw_row(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a, int row, struct columns c,
                     const struct fb_model_row *r) {
    const struct fb_model_future *f = r->future;
    bool gone = f->state == FB_FUTURE_DROPPED;
    bool polling = f->state == FB_FUTURE_POLLING;
    enum fb_style plain = gone      ? FB_STYLE_DIM
                          : polling ? FB_STYLE_STRONG
                                    : FB_STYLE_NORMAL;
    enum fb_style style;
    char text[TEXT];
    int col = 1;

    say_name(s, r, text, sizeof(text));
    col = fb_grid_field(g, a, row, col, c.name, plain, text) + 1;
    say_where(s, f, text, sizeof(text));
    col = fb_grid_field(g, a, row, col, c.where, gone ? plain : FB_STYLE_DIM,
                        text);
    col++;
    style = say_state(s, f, c.state, text, sizeof(text));
    col = fb_grid_field(g, a, row, col, c.state, style, text);
    if (c.polls) {
        snprintf(text, sizeof(text), "%" PRIu32 " poll%s", f->polls,
                 f->polls == 1 ? "" : "s");
        fb_grid_field(g, a, row, col, -c.polls, FB_STYLE_DIM, text);
    }
    if (s->mark.future[0] && strcmp(name_of(s, f), s->mark.future) == 0) {
        fb_grid_put(g, a, row, 0, FB_STYLE_SAY, "◆");
    }
}

// Below the tree, the last of the questions: who will wake the task. Returns
// how many rows the answer takes.
static int say_who_wakes(const struct fb_scene *s, struct fb_grid *g,
                         struct fb_area a, char out[TEXT]) {
    int len = snprintf(out, TEXT, "Who will wake it: ");

    a.rows = 0; // only counted
    return fb_say_who_wakes(out + len, TEXT - (size_t)len, s->names, s->model,
                            s->task) > 0
               ? fb_grid_wrap(g, a, 0, 1, FB_STYLE_NORMAL, out)
               : 0;
}

static void draw_nothing(const struct fb_scene *s, struct fb_grid *g,
                         struct fb_area a) {
    const struct fb_model_task *t = fb_model_task(s->model, s->task);

    if (s->task == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "no task is selected");
    } else if (!t) {
        fb_grid_putf(g, a, 0, 1, FB_STYLE_DIM,
                     "task %" PRIu32 " does not exist at this event", s->task);
    } else {
        fb_grid_wrap(g, a, 0, 1, FB_STYLE_DIM,
                     t->message_len > 0
                         ? "It failed; its futures are dropped."
                         : "Its futures are dropped: the task has ended.");
    }
}

static void tree_draw(const struct fb_scene *s, struct fb_pane *p,
                      struct fb_grid *g, struct fb_area a) {
    struct fb_model_row rows[ROWS];
    size_t count = fb_model_tree(s->model, s->task, rows, ROWS);
    char who[TEXT];
    int who_rows, tree_rows;
    struct columns c;

    count = count < ROWS ? count : ROWS;
    if (count == 0) {
        p->lines = 0;
        draw_nothing(s, g, a);
        return;
    }
    tree_rows = (int)count;
    who_rows = say_who_wakes(s, g, a, who);
    if (who_rows > 0 && tree_rows + 1 + who_rows <= a.rows) {
        tree_rows++; // a blank row between, where there is room
    }
    p->lines = tree_rows + who_rows;
    p->scroll = fb_view_scroll(p->scroll, -1, p->lines, a.rows);
    c = plan(s, a.cols, rows, count);
    for (int i = 0; i < a.rows && p->scroll + i < (int)count; i++) {
        draw_row(s, g, a, i, c, &rows[p->scroll + i]);
    }
    if (who_rows > 0) {
        fb_grid_wrap(g, a, tree_rows - p->scroll, 1, FB_STYLE_NORMAL, who);
    }
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static void tree_subtitle(const struct fb_scene *s, char *out,
                          size_t out_bytes) {
    char task[TEXT];

    out[0] = '\0';
    if (fb_model_task(s->model, s->task)) {
        fb_view_task(s, s->task, task, sizeof(task));
        snprintf(out, out_bytes, "of task %s", task);
    }
}

static const char *const tree_help[] = {
    "The futures of the selected task, each inside the one that awaits it.",
    "The place (file:line) is where that future stands suspended.",
    "The innermost pending one says why it waits. Below stands who holds the",
    "task's waker, and so will wake it: \"fd 7 readable\" is what the reactor",
    "watches for, and read() has bytes then.",
    ("Finished arms of a join or select stay, dimmed, until their parent goes "
     "on."),
    "Nothing is polled to draw this: the tree is rebuilt from the trace.",
    NULL};

const struct fb_view fb_view_tree = {
    .name = "tree",
    .title = "Futures",
    .help = tree_help,
    .draw = tree_draw,
    .subtitle = tree_subtitle,
};
