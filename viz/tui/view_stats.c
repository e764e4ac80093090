// Statistics: how long polls take and how long a woken task waits for its poll,
// for all tasks and for the selected one; then what is counted; then what limits
// the numbers.
//
// The table comes first, for in a low pane it is all there is room for. Where
// there is width the two histograms stand side by side. Bars are linear: a bar
// of twice the length is twice as many, and whatever is not nothing can be seen.
#include "stats.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum {
    TEXT = 400,
    BARS = 12, // rows of a histogram
    BARS_LOW = 8,
    LOW = 16,           // rows of a pane: below, the fewer bars
    TABLE_COLS = 74,    // from here all percentiles are in the table,
    MEDIUM_COLS = 46,   // from here most,
    NARROW_COLS = 34,   // from here some
    SIDE_COLS = 72,     // from here two histograms stand side by side
    COUNT_COLS = 9,     // of the table and of a bar
    LABEL_COLS = 7,     // of a bar
    FULL_BLOCK = 0x2588 // █; the seven parts of it follow
};

struct writer {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    int line, scroll;
};

static int row_of(const struct writer *w) {
    return w->line - w->scroll;
}

static void write_text(void *arg, const char *text) {
    struct writer *w = arg;

    w->line += fb_grid_wrap(w->g, w->a, row_of(w), 1, FB_STYLE_NORMAL, text);
}

static void write_heading(struct writer *w, const char *text) {
    w->line += w->line > 0; // a blank line before it
    fb_grid_put(w->g, w->a, row_of(w), 1, FB_STYLE_TITLE, text);
    w->line++;
}

// ---- percentiles ----

// The columns of the table: how wide a pane must be for each, and its share of
// 100,000; the last two are no percentiles.
static const struct {
    const char *name;
    uint32_t share;
    int from_cols;
} columns[] = {{"half", 50000, 0}, {"90 %", 90000, MEDIUM_COLS},
               {"99 %", 99000, 0}, {"99.9 %", 99900, TABLE_COLS},
               {"longest", 0, 0},  {"average", 0, TABLE_COLS}};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct table {
    int name, count, value; // columns of each
};

static struct table plan(int cols) {
    struct table t = {.name = cols >= TABLE_COLS ? 20 : 10,
                      .count = cols >= TABLE_COLS ? COUNT_COLS : 0};
    int values = 0;

    for (int i = 0; i < COLUMNS; i++) {
        values += cols >= columns[i].from_cols;
    }
    t.value = (cols - 1 - t.name - t.count) / values;
    t.value = t.value > 12 ? 12 : t.value;
    return t;
}

static void write_table_heading(struct writer *w) {
    const struct table t = plan(w->a.cols);
    int col = 1 + t.name;

    fb_grid_fill(w->g, w->a, row_of(w), 0, w->a.cols, FB_STYLE_HEADING, ' ');
    col = fb_grid_field(w->g, w->a, row_of(w), col, -t.count, FB_STYLE_HEADING,
                        "how many");
    for (int i = 0; i < COLUMNS; i++) {
        if (w->a.cols >= columns[i].from_cols) {
            fb_grid_field(w->g, w->a, row_of(w), col + 1, -(t.value - 1),
                          FB_STYLE_HEADING, columns[i].name);
            col += t.value;
        }
    }
    w->line++;
}

static uint64_t value_of(const struct fb_histogram *h, int column) {
    return columns[column].share != 0
               ? fb_histogram_percentile(h, columns[column].share)
           : column == COLUMNS - 1 ? fb_histogram_mean(h)
                                   : h->max_ns;
}

static void write_table_row(struct writer *w, const char *name,
                            enum fb_style style, const struct fb_histogram *h) {
    const struct table t = plan(w->a.cols);
    int col = 1;
    char text[64];

    col = fb_grid_field(w->g, w->a, row_of(w), col, t.name, style, name);
    col = fb_grid_field(w->g, w->a, row_of(w), col, -t.count, style,
                        fb_view_count(h->count, text));
    for (int i = 0; i < COLUMNS; i++) {
        if (w->a.cols < columns[i].from_cols) {
            continue;
        }
        snprintf(text, sizeof(text), "–");
        if (h->count > 0) {
            fb_say_duration(text, sizeof(text), value_of(h, i));
        }
        fb_grid_field(w->g, w->a, row_of(w), col + 1, -(t.value - 1), style,
                      text);
        col += t.value;
    }
    w->line++;
}

// One row of the table: of the task, or of all for task 0.
static void write_row(struct writer *w, uint32_t task, enum fb_duration what,
                      const struct fb_histogram *h) {
    const char *noun = what == FB_DURATION_POLL ? "poll" : "wait";
    char name[64];

    if (task == 0) {
        snprintf(name, sizeof(name), "all tasks %s", noun);
    } else {
        snprintf(name, sizeof(name), "task %" PRIu32 " %s", task, noun);
    }
    if (w->a.cols < TABLE_COLS) { // what it is matters more than whose
        snprintf(name, sizeof(name), "%s, %s", noun,
                 task == 0 ? "all" : "task");
    }
    write_table_row(w, name, task == 0 ? FB_STYLE_NORMAL : FB_STYLE_STRONG, h);
}

// `own`: of the selected task; NULL none.
static void write_table(struct writer *w, const struct fb_histogram *all,
                        const struct fb_histogram *own) {
    write_table_heading(w);
    for (int i = 0; i < FB_DURATIONS; i++) {
        write_row(w, 0, (enum fb_duration)i, &all[i]);
        if (own) {
            write_row(w, w->s->task, (enum fb_duration)i, &own[i]);
        }
    }
}

// What does not fit into the table, or has no table at all.
static void write_sentences(struct writer *w, const struct fb_histogram *poll,
                            const struct fb_histogram *latency) {
    const struct fb_histogram *both[] = {poll, latency};
    char words[TEXT - 64], text[TEXT];

    for (int i = 0; i < FB_DURATIONS && w->a.cols < TABLE_COLS; i++) {
        fb_say_histogram(words, sizeof(words), (enum fb_duration)i, both[i]);
        snprintf(text, sizeof(text), "%s: %s",
                 fb_name_duration((enum fb_duration)i), words);
        write_text(w, text);
    }
}

// ---- bars ----

static void draw_bar(struct writer *w, struct fb_area a, int row,
                     const struct fb_histogram_bar *bar, uint64_t most) {
    const int room = a.cols - LABEL_COLS - 1 - COUNT_COLS;
    char text[64];
    int eighths = 0, full;

    fb_say_bar(text, sizeof(text), bar);
    fb_grid_field(w->g, a, row, 0, -LABEL_COLS, FB_STYLE_NORMAL, text);
    fb_grid_field(w->g, a, row, a.cols - COUNT_COLS, -COUNT_COLS,
                  bar->count ? FB_STYLE_NORMAL : FB_STYLE_DIM,
                  fb_view_count(bar->count, text));
    if (room < 1 || bar->count == 0) {
        return;
    }
    eighths = (int)((double)bar->count / (double)most * room * 8);
    eighths = eighths < 1 ? 1 : eighths;
    full = eighths / 8;
    fb_grid_fill(w->g, a, row, LABEL_COLS + 1, full, FB_STYLE_READY,
                 FULL_BLOCK);
    if (eighths % 8 != 0) {
        fb_grid_fill(w->g, a, row, LABEL_COLS + 1 + full, 1, FB_STYLE_READY,
                     FULL_BLOCK + 8u - (uint32_t)(eighths % 8));
    }
}

// A histogram below its title; returns its lines.
static int draw_bars(struct writer *w, struct fb_area a, enum fb_duration what,
                     const struct fb_histogram *h) {
    struct fb_histogram_bar bars[BARS];
    const size_t count = fb_histogram_bars(
        h, bars, w->a.rows < LOW ? (size_t)BARS_LOW : (size_t)BARS);
    uint64_t most = 1;

    for (size_t i = 0; i < count; i++) {
        most = bars[i].count > most ? bars[i].count : most;
    }
    fb_grid_putf(w->g, a, row_of(w), 0, FB_STYLE_DIM, "%s",
                 what == FB_DURATION_POLL ? "poll time, from"
                                          : "from wake to poll, from");
    for (size_t i = 0; i < count; i++) {
        draw_bar(w, a, row_of(w) + 1 + (int)i, &bars[i], most);
    }
    if (count == 0) {
        fb_grid_put(w->g, a, row_of(w) + 1, 1, FB_STYLE_DIM, "none was timed");
        return 2;
    }
    return 1 + (int)count;
}

static void write_bars(struct writer *w, const struct fb_histogram *poll,
                       const struct fb_histogram *latency) {
    struct fb_area left = w->a, right;
    int a, b;

    left.col++;
    left.cols -= 2;
    right = left;
    if (w->a.cols < SIDE_COLS) {
        w->line += draw_bars(w, left, FB_DURATION_POLL, poll);
        w->line += draw_bars(w, right, FB_DURATION_LATENCY, latency);
        return;
    }
    left.cols = (left.cols - 3) / 2;
    right.col += left.cols + 3;
    right.cols -= left.cols + 3;
    a = draw_bars(w, left, FB_DURATION_POLL, poll);
    b = draw_bars(w, right, FB_DURATION_LATENCY, latency);
    w->line += a > b ? a : b;
}

// ---- the whole ----

static void write_task(struct writer *w, const struct fb_task_durations *d) {
    char name[TEXT / 2], range[64], text[TEXT];

    fb_view_task(w->s, w->s->task, name, sizeof(name));
    fb_say_stats_range(range, sizeof(range), d);
    snprintf(text, sizeof(text), "Task %s: %s", name, range);
    write_heading(w, text);
    write_sentences(w, &d->of[FB_DURATION_POLL], &d->of[FB_DURATION_LATENCY]);
    write_bars(w, &d->of[FB_DURATION_POLL], &d->of[FB_DURATION_LATENCY]);
    fb_tell_stats(w->s->model, w->s->task, write_text, w);
}

static void stats_draw(const struct fb_scene *s, struct fb_pane *p,
                       struct fb_grid *g, struct fb_area a) {
    const struct fb_histogram *all = s->model->durations;
    const bool task = fb_model_task(s->model, s->task) != NULL;
    struct writer w = {.s = s, .g = g, .a = a};
    struct fb_task_durations own;

    p->scroll = fb_view_scroll(p->scroll, -1, p->lines, a.rows);
    w.scroll = p->scroll;
    if (task) {
        fb_stats_task(s->history, s->model, s->task, FB_STATS_LOOK_BACK, &own);
    }
    if (a.cols >= NARROW_COLS) {
        write_table(&w, all, task ? own.of : NULL);
    }
    write_heading(&w, "All tasks");
    write_sentences(&w, &all[FB_DURATION_POLL], &all[FB_DURATION_LATENCY]);
    write_bars(&w, &all[FB_DURATION_POLL], &all[FB_DURATION_LATENCY]);
    fb_tell_stats(s->model, 0, write_text, &w);
    if (task) {
        write_task(&w, &own);
    }
    write_heading(&w, "What these numbers can tell");
    fb_tell_stats_limits(s->model, s->trace_flags, write_text, &w);
    p->lines = w.line;
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static void stats_subtitle(const struct fb_scene *s, char *out,
                           size_t out_bytes) {
    char polls[32], vain[32];

    snprintf(out, out_bytes, "%s polls, %s of them in vain",
             fb_view_count(s->model->polls, polls),
             fb_view_count(s->model->polls_in_vain, vain));
}

static const char *const stats_help[] = {
    "How long polls take, and how long a woken task waits for its poll: of all "
    "tasks until this event, and of the selected one.",
    "half         half of them took at most so long; 90 % … alike",
    "0 ns         shorter than the steps in which times are taken",
    "bars         each is as long as it has many; its label is where it begins",
    "in vain      the poll ended Pending, and nothing came of it",
    "coalesced    the wake found the task scheduled already",
    "its own work the executor's: reactor, queues, timers",
    ("A long poll is a task that keeps the thread from all others: look for "
     "blocking calls. A long wait with short polls: too many tasks are ready."),
    NULL};

const struct fb_view fb_view_stats = {
    .name = "stats",
    .title = "Statistics",
    .help = stats_help,
    .draw = stats_draw,
    .subtitle = stats_subtitle,
};
