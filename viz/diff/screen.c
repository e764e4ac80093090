// Problem: two runs that were never one program are to be stepped together.
// Idea: the cursor is a row of the comparison. It says for each side which
// event it stands at: that of its line, or of the last line before where this
// side has none. Everything above is the world of either side after its event,
// drawn by the views that `watch` has.
// Invariants: sentences are told before scenes are loaded, for both ask the
// same history, and the later answer is the valid one.
#include "screen_state.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct fb_view *const views[] = {&fb_view_tasks, &fb_view_tree,
                                              &fb_view_lanes, NULL};
enum {
    VIEWS = sizeof(views) / sizeof(views[0]),
    BACK_ROWS = 1024,
    NEAR_LINES = 4096
};

const struct fb_view *fb__diff_view(const struct fb_diff_screen *s) {
    return views[s->view];
}

// ---- where it stands -------------------------------------------------------

// The event at which a side stands whose next line is `next`.
static uint64_t event_before(const struct fb_diff *d, int side, size_t next) {
    const struct fb_transcript *t = side == FB_DIFF_A ? &d->c.a : &d->c.b;

    return next > 0 && next <= t->count
               ? t->lines[next - 1].event
               : fb_history_first(fb_session_history(d->sessions[side]));
}

// The task that the other side's line is about, on the side that has no such
// line: the one of the same rank, if a line not far before tells of it.
static uint32_t same_task(const struct fb_diff *d, int side, size_t next,
                          const struct fb_transcript_line *other) {
    const struct fb_transcript *t = side == FB_DIFF_A ? &d->c.a : &d->c.b;

    if (other == NULL || d->c.grade == FB_TRANSCRIPT_TREE) {
        return 0; // a tree has no ranks
    }
    for (size_t i = next; i > 0 && next - i < NEAR_LINES; i--) {
        if (t->lines[i - 1].words[1] == other->words[1]) {
            return t->lines[i - 1].task;
        }
    }
    return 0;
}

static void place(struct fb_diff_screen *s) {
    struct fb_comparison_cursor at;
    struct fb_comparison_row row;
    size_t next[FB_DIFF_SIDES];

    fb_comparison_seek(&s->d->c, &at, s->row);
    next[FB_DIFF_A] = at.a;
    next[FB_DIFF_B] = at.b;
    if (!fb_comparison_next(&s->d->c, &at, &row)) {
        row = (struct fb_comparison_row){0};
    }
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        const struct fb_transcript_line *line = i == FB_DIFF_A ? row.a : row.b;
        const uint32_t task =
            line != NULL
                ? line->task
                : same_task(s->d, i, next[i], i == FB_DIFF_A ? row.b : row.a);

        s->at[i] = line != NULL ? line->event : event_before(s->d, i, next[i]);
        s->task[i] = task != 0 ? task : s->task[i];
    }
    s->stale = s->dirty = true;
}

static void go(struct fb_diff_screen *s, size_t row) {
    s->row = s->rows == 0 ? 0 : row < s->rows ? row : s->rows - 1;
    place(s);
}

// ---- what is to be seen ----------------------------------------------------

static int tell_row(struct fb_diff_screen *s,
                    const struct fb_comparison_row *row,
                    struct fb__diff_shown *to) {
    int err = fb_diff_line(s->d, FB_DIFF_A, row->a, to->text[FB_DIFF_A]);

    if (err == 0) {
        err = fb_diff_line(s->d, FB_DIFF_B, row->b, to->text[FB_DIFF_B]);
    }
    to->mark = fb_diff_mark(row);
    to->differs = row->differs;
    to->first = row->differs && row->gap == 0;
    to->events[FB_DIFF_A] = row->a != NULL ? row->a->event : 0;
    to->events[FB_DIFF_B] = row->b != NULL ? row->b->event : 0;
    return err;
}

static int tell_rows(struct fb_diff_screen *s, int count) {
    struct fb_comparison_cursor at;
    struct fb_comparison_row row;
    int err = 0;

    s->shown_count = 0;
    s->shown_top = s->top;
    fb_comparison_seek(&s->d->c, &at, s->top);
    while (s->shown_count < count && err == 0 &&
           fb_comparison_next(&s->d->c, &at, &row)) {
        err = tell_row(s, &row, &s->shown[s->shown_count]);
        s->shown_count += err == 0;
    }
    return err;
}

static int load_scene(struct fb_diff_screen *s, int side) {
    struct fb_scene *scene = &s->scenes[side];
    struct fb_session *session = s->d->sessions[side];
    int err = fb_scene_load(scene, session, &s->logs[side], s->at[side]);

    if (err == 0) {
        scene->mode = FB_MODE_FROZEN;
        scene->recording = true;
        scene->rate = -1;
        scene->task =
            s->task[side] != 0 ? s->task[side] : fb_scene_pick(scene->model);
    }
    return err;
}

int fb__diff_refresh(struct fb_diff_screen *s, int count) {
    int err = 0;

    count = count < FB_DIFF_LINES ? count : FB_DIFF_LINES;
    if (s->shown_top != s->top || s->shown_count < count) {
        s->stale = true;
        err = tell_rows(s, count);
    }
    for (int i = 0; i < FB_DIFF_SIDES && err == 0 && s->stale; i++) {
        err = load_scene(s, i);
    }
    s->stale = err != 0;
    return err;
}

// ---- keys ------------------------------------------------------------------

// Whether a line of this row is such an event.
static bool row_is(const struct fb_comparison_row *row, enum fb_event_kind k) {
    return (row->a != NULL && (row->a->words[0] & 0xff) == k) ||
           (row->b != NULL && (row->b->words[0] & 0xff) == k);
}

// The last (or, forwards, first) row from `from` to before `to` with such an
// event; SIZE_MAX: there is none.
static size_t find_kind(const struct fb_diff_screen *s, size_t from, size_t to,
                        enum fb_event_kind kind, bool forwards) {
    struct fb_comparison_cursor at;
    struct fb_comparison_row row;
    size_t found = SIZE_MAX;

    fb_comparison_seek(&s->d->c, &at, from);
    for (size_t i = from; i < to && fb_comparison_next(&s->d->c, &at, &row);
         i++) {
        if (row_is(&row, kind)) {
            found = i;
            if (forwards) {
                break;
            }
        }
    }
    return found;
}

// The next row with such an event; without one the cursor stays.
static void do_kind(struct fb_diff_screen *s, int kind, int direction) {
    const enum fb_event_kind k = (enum fb_event_kind)kind;
    size_t to = s->row, found = SIZE_MAX;

    if (direction > 0) {
        found = find_kind(s, s->row + 1, s->rows, k, true);
    }
    while (direction < 0 && to > 0 && found == SIZE_MAX) { // piece by piece
        const size_t from = to > BACK_ROWS ? to - BACK_ROWS : 0;

        found = find_kind(s, from, to, k, false);
        to = from;
    }
    if (found != SIZE_MAX) {
        go(s, found);
    }
}

static void do_line(struct fb_diff_screen *s, int lines, int direction) {
    const size_t by = lines > 0     ? (size_t)lines
                      : s->page > 1 ? (size_t)s->page - 1
                                    : 1;

    go(s, direction > 0 ? s->row + by : s->row > by ? s->row - by : 0);
}

static void do_difference(struct fb_diff_screen *s, int unused, int direction) {
    size_t to = SIZE_MAX, row;

    (void)unused;
    for (size_t gap = 0;
         (row = fb_comparison_gap_row(&s->d->c, gap)) != SIZE_MAX; gap++) {
        if (direction < 0 && row < s->row) {
            to = row; // the last one before
        } else if (direction > 0 && row > s->row) {
            to = row;
            break;
        }
    }
    if (to != SIZE_MAX) {
        go(s, to);
    }
}

static void do_end(struct fb_diff_screen *s, int unused, int direction) {
    (void)unused;
    go(s, direction > 0 ? SIZE_MAX - 1 : 0);
}

static void do_view(struct fb_diff_screen *s, int unused, int direction) {
    (void)unused;
    s->view = (s->view + VIEWS + direction) % VIEWS;
}

static void begin(struct fb_diff_screen *s) {
    const size_t first = fb_comparison_gap_row(&s->d->c, 0);

    s->rows = fb_comparison_rows(&s->d->c);
    s->top = 0;
    s->shown_count = 0;
    fb_diff_verdict(s->d, s->verdict, sizeof(s->verdict));
    go(s, first != SIZE_MAX ? first : 0);
}

static void do_grade(struct fb_diff_screen *s, int unused, int direction) {
    const int grade = ((int)s->d->c.grade + FB_TRANSCRIPT_GRADES + direction) %
                      FB_TRANSCRIPT_GRADES;

    (void)unused;
    if (fb_diff_compare(s->d, (enum fb_transcript_grade)grade) == 0) {
        begin(s);
    } else {
        snprintf(s->verdict, sizeof(s->verdict), "Out of memory.");
    }
}

static void do_help(struct fb_diff_screen *s, int unused, int direction) {
    (void)unused, (void)direction;
    s->help = !s->help;
    s->help_pane.scroll = 0;
}

static void do_quit(struct fb_diff_screen *s, int unused, int direction) {
    (void)unused, (void)direction;
    if (s->help) {
        s->help = false;
    } else {
        s->done = true;
    }
}

enum { ALWAYS, DIFFERENT, ORDERED }; // when a key works

static const struct {
    uint32_t key;
    int when;
    const char *name, *label, *help;
    void (*run)(struct fb_diff_screen *s, int argument, int direction);
    int argument, direction;
} bindings[] = {
    {'d', DIFFERENT, "d", "difference", "the next difference (D: back)",
     do_difference, 0, 1},
    {'D', DIFFERENT, "D", NULL, NULL, do_difference, 0, -1},
    {'n', ALWAYS, "n", "line", "both runs one line on (also down, j)", do_line,
     1, 1},
    {'N', ALWAYS, "N", NULL, "one line back (also up, k)", do_line, 1, -1},
    {'p', ORDERED, "p", "poll", "to the end of the next poll (P: back)",
     do_kind, FB_EV_POLL_END, 1},
    {'P', ORDERED, "P", NULL, NULL, do_kind, FB_EV_POLL_END, -1},
    {'w', ORDERED, "w", "wake", "to the next wake (W: back)", do_kind,
     FB_EV_WAKE, 1},
    {'W', ORDERED, "W", NULL, NULL, do_kind, FB_EV_WAKE, -1},
    {'v', ALWAYS, "v", "view",
     "what stands above: tasks, futures, lanes or nothing (V: back)", do_view,
     0, 1},
    {'V', ALWAYS, "V", NULL, NULL, do_view, 0, -1},
    {'b', ALWAYS, "b", "by",
     "compare by tree, order or events (B: the other way)", do_grade, 0, 1},
    {'B', ALWAYS, "B", NULL, NULL, do_grade, 0, -1},
    {'?', ALWAYS, "?", "help", "this page (also F1)", do_help, 0, 0},
    {FB_KEY_F1, ALWAYS, "F1", NULL, NULL, do_help, 0, 0},
    {'q', ALWAYS, "q", "quit", "leave this page, or quit (also F10)", do_quit,
     0, 0},
    {FB_KEY_F10, ALWAYS, "F10", NULL, NULL, do_quit, 0, 0},
    {FB_KEY_DOWN, ALWAYS, "down", NULL, NULL, do_line, 1, 1},
    {'j', ALWAYS, "j", NULL, NULL, do_line, 1, 1},
    {FB_KEY_UP, ALWAYS, "up", NULL, NULL, do_line, 1, -1},
    {'k', ALWAYS, "k", NULL, NULL, do_line, 1, -1},
    {FB_KEY_PAGE_DOWN, ALWAYS, "PgDn", NULL, "a page on (PgUp: back)", do_line,
     0, 1},
    {FB_KEY_PAGE_UP, ALWAYS, "PgUp", NULL, NULL, do_line, 0, -1},
    {FB_KEY_HOME, ALWAYS, "Home", NULL, "to the beginning (End: to the end)",
     do_end, 0, -1},
    {FB_KEY_END, ALWAYS, "End", NULL, NULL, do_end, 0, 1},
};
enum { BINDINGS = sizeof(bindings) / sizeof(bindings[0]) };

static bool works(const struct fb_diff_screen *s, int when) {
    return when == ALWAYS ||
           (when == DIFFERENT && !fb_comparison_equal(&s->d->c)) ||
           (when == ORDERED && s->d->c.grade != FB_TRANSCRIPT_TREE);
}

void fb__diff_list_keys(struct fb_diff_screen *s) {
    s->key_count = 0;
    for (int i = 0; i < BINDINGS && s->key_count < FB_KEY_LINES; i++) {
        if (bindings[i].help != NULL) {
            s->keys[s->key_count++] =
                (struct fb_key_line){.name = bindings[i].name,
                                     .label = bindings[i].label,
                                     .help = bindings[i].help,
                                     .works = works(s, bindings[i].when)};
        }
    }
}

void fb_diff_screen_key(struct fb_diff_screen *s, uint32_t key) {
    s->dirty = s->dirty || key != FB_KEY_NONE;
    if (s->help &&
        (key == FB_KEY_ESC || fb_view_scroll_key(&s->help_pane, key))) {
        s->help = key != FB_KEY_ESC;
        return;
    }
    for (int i = 0; i < BINDINGS; i++) {
        if (bindings[i].key == key && works(s, bindings[i].when)) {
            bindings[i].run(s, bindings[i].argument, bindings[i].direction);
            return;
        }
    }
}

// ---- making it, and running it ---------------------------------------------

int fb_diff_screen_create(struct fb_diff_screen **ret, struct fb_diff *d) {
    struct fb_diff_screen *s = calloc(1, sizeof(*s));
    int err = s != NULL ? 0 : -ENOMEM;

    if (err == 0) {
        s->d = d;
        s->dirty = true;
        s->shown = calloc(FB_DIFF_LINES, sizeof(*s->shown));
        err = s->shown != NULL ? 0 : -ENOMEM;
    }
    for (int i = 0; i < FB_DIFF_SIDES && err == 0; i++) {
        err = fb_story_log_init(&s->logs[i]);
    }
    if (err < 0) {
        fb_diff_screen_destroy(s);
        return err;
    }
    begin(s);
    *ret = s;
    return 0;
}

void fb_diff_screen_destroy(struct fb_diff_screen *s) {
    if (s != NULL) {
        for (int i = 0; i < FB_DIFF_SIDES; i++) {
            fb_story_log_deinit(&s->logs[i]);
        }
        free(s->shown);
        free(s);
    }
}

int fb_diff_screen_print(struct fb_diff *d, int cols, int rows, bool ascii,
                         FILE *out) {
    struct fb_diff_screen *s;
    struct fb_grid g = {0};
    int err = fb_diff_screen_create(&s, d);

    if (err < 0) {
        return err;
    }
    err = fb_grid_init(&g, cols, rows);
    if (err == 0) {
        g.ascii = ascii;
        fb_diff_screen_draw(s, &g);
        fb_grid_print(&g, out);
        err = ferror(out) || fflush(out) != 0 ? -EIO : 0;
    }
    fb_grid_deinit(&g);
    fb_diff_screen_destroy(s);
    return err;
}

static void on_key(void *arg, uint32_t key) {
    fb_diff_screen_key(arg, key);
}

static void on_draw(void *arg, struct fb_grid *g) {
    fb_diff_screen_draw(arg, g);
}

static bool is_dirty(void *arg) {
    const struct fb_diff_screen *s = arg;

    return s->dirty;
}

static bool is_done(void *arg) {
    const struct fb_diff_screen *s = arg;

    return s->done;
}

static void touch(void *arg) {
    struct fb_diff_screen *s = arg;

    s->dirty = true;
}

int fb_diff_screen_run(struct fb_diff *d,
                       const struct fb_tui_options *options) {
    struct fb_diff_screen *s;
    int err = fb_diff_screen_create(&s, d);

    if (err == 0) {
        const struct fb_tui_client client = {.arg = s,
                                             .key = on_key,
                                             .draw = on_draw,
                                             .dirty = is_dirty,
                                             .done = is_done,
                                             .touch = touch};

        err = fb_tui_show(&client, options);
        fb_diff_screen_destroy(s);
    }
    return err;
}
