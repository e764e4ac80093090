// The run: all of it as a strip. How dense its events are, how many tasks live,
// how many lie in run queues, where lints fired and events were lost; and below
// it the lives of tasks.
//
// Problem: a run may have millions of tasks; a picture has some hundred pixels.
// Idea: one walk through the events beside the model. A column keeps the most
//     that it saw. A life takes a row that is free when it begins and gives it
//     back when it ends, some pixels later at the least; one that finds none is
//     counted. So rows are as many as
//     tasks that lived at once, at most ROWS.
// Invariants: a row has at most one life at a time; lives are drawn when they
//     end, so no more are remembered than there are rows and pieces drawn.
#include "fishbowl/trace/text.h"
#include "svg.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 28,
    LIVES_MOST = 4000, // drawn
    NAME_BYTES = 64,
    LIFE = 16,
    GUTTER = 110,
    STRIP = 64, // high
    SMALL = 40,
    LEGEND = 46,
    LEGEND_PX = 1000, // all of it on one line
};

struct life {
    uint32_t task; // 0: the row is free
    int from, to;  // columns
    int row;
    uint8_t outcome;
    bool open; // it has not ended, or its end was not seen
    char name[NAME_BYTES];
};

struct column {
    uint32_t live, queued;             // the most
    uint32_t live_after, queued_after; // and at its end
};

struct sheet {
    struct fb__svg svg;
    const struct fb__svg_scene *c;
    struct fb_model m; // of the walk
    struct fb_timeline_window w;
    struct fb_timeline_column *events;
    struct column *columns;
    struct life *lives; // that are over
    size_t life_count;
    struct life rows[ROWS];
    int least;           // columns that a life takes in its row, however short
    int free_from[ROWS]; // the first column in which the row is free
    uint64_t left_out;   // lives
    int rows_used;
    int x, px;
};

// ---- the walk ----

static int begin_life(struct sheet *sh, const struct fb_model_task *t,
                      int col) {
    for (int row = 0; row < ROWS; row++) {
        if (sh->rows[row].task == 0 && sh->free_from[row] <= col) {
            sh->rows[row] =
                (struct life){.task = t->id, .from = col, .row = row};
            sh->rows_used = row >= sh->rows_used ? row + 1 : sh->rows_used;
            return row;
        }
    }
    sh->left_out++;
    return -1;
}

static void end_life(struct sheet *sh, int row, int col) {
    struct life *life = &sh->rows[row];
    const struct fb_model_task *t = fb_model_task(&sh->m, life->task);
    char name[FB__SVG_TEXT];

    fb__svg_say_task(sh->c, &sh->m, life->task, name, sizeof(name));
    fb_text_sanitise(name, strlen(name), life->name, sizeof(life->name));
    life->to = col;
    life->outcome = t != NULL ? t->outcome : FB_OUTCOME_NONE;
    life->open = life->outcome == FB_OUTCOME_NONE;
    if (sh->life_count < LIVES_MOST) {
        sh->lives[sh->life_count++] = *life;
    } else {
        sh->left_out++;
    }
    sh->free_from[row] =
        col + 1 > life->from + sh->least ? col + 1 : life->from + sh->least;
    life->task = 0;
}

static void end_life_of(struct sheet *sh, uint32_t task, int col) {
    for (int row = 0; row < sh->rows_used; row++) {
        if (sh->rows[row].task == task) {
            end_life(sh, row, col);
            return;
        }
    }
}

static bool lives(const struct sheet *sh, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(&sh->m, task);

    return t != NULL && t->state < FB_TASK_COMPLETE;
}

static bool has_row(const struct sheet *sh, uint32_t task) {
    for (int row = 0; row < sh->rows_used; row++) {
        if (sh->rows[row].task == task) {
            return true;
        }
    }
    return false;
}

// The world was in the middle, or a census has told it anew.
static void look_again(struct sheet *sh, int col) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    for (int row = 0; row < sh->rows_used; row++) {
        if (sh->rows[row].task != 0 && !lives(sh, sh->rows[row].task)) {
            end_life(sh, row, col);
        }
    }
    while ((t = fb_model_task_next(&sh->m, &cursor)) != NULL) {
        if (t->state < FB_TASK_COMPLETE && !has_row(sh, t->id)) {
            (void)begin_life(sh, t, col);
        }
    }
}

static void note(struct sheet *sh, const struct fb_event *e, int col) {
    const bool census = (e->flags & FB_EV_FLAG_CENSUS) != 0;
    struct column *c = &sh->columns[col];
    const struct fb_model_task *t;

    c->live = sh->m.live_tasks > c->live ? sh->m.live_tasks : c->live;
    c->queued = sh->m.queue_len > c->queued ? sh->m.queue_len : c->queued;
    c->live_after = sh->m.live_tasks;
    c->queued_after = sh->m.queue_len;
    if (e->kind == FB_EV_CENSUS && e->detail == FB_CENSUS_END) {
        look_again(sh, col);
    } else if (e->kind == FB_EV_TASK_SPAWN && !census) {
        t = fb_model_task(&sh->m, e->subject);
        if (t != NULL && t->state < FB_TASK_COMPLETE && !has_row(sh, t->id)) {
            (void)begin_life(sh, t, col);
        }
    } else if ((e->kind == FB_EV_TASK_DONE || e->kind == FB_EV_TASK_FREE) &&
               !census) {
        end_life_of(sh, e->subject, col);
    }
}

static int walk(struct sheet *sh) {
    const struct fb__svg_scene *c = sh->c;
    const struct fb_model *world =
        fb_history_at(c->h, c->first > 0 ? c->first - 1 : 0);
    uint64_t number = c->first, now = sh->w.from;
    int err = world == NULL ? -ENOMEM : fb_model_copy(&sh->m, world);
    int col = 0;

    if (err < 0) {
        return err;
    }
    look_again(sh, 0);
    if (fb_history_event(c->h, number) == NULL) {
        number = fb_history_next(c->h, number);
    }
    for (; number != 0 && number <= c->last;
         number = fb_history_next(c->h, number)) {
        const struct fb_event *e = fb_history_event(c->h, number);

        err = fb_model_feed(&sh->m, number, e);
        if (err < 0) {
            return err;
        }
        now = e->time_ns > now ? e->time_ns : now;
        col = fb_timeline_col(&sh->w,
                              sh->w.scale == FB_SCALE_TIME ? now : number);
        col = col < 0 ? 0 : col >= sh->w.cols ? sh->w.cols - 1 : col;
        note(sh, e, col);
    }
    for (int row = 0; row < sh->rows_used; row++) {
        if (sh->rows[row].task != 0) {
            end_life(sh, row, sh->w.cols - 1);
        }
    }
    return 0;
}

// ---- drawing ----

enum band { BAND_EVENTS, BAND_TASKS, BAND_QUEUE };

static uint64_t value_of(const struct sheet *sh, enum band band, int col) {
    switch (band) {
    case BAND_EVENTS: break;
    case BAND_TASKS: return sh->columns[col].live;
    case BAND_QUEUE: return sh->columns[col].queued;
    }
    return sh->events[col].events;
}

// What still is where nothing happens.
static uint64_t value_after(const struct sheet *sh, enum band band, int col) {
    return band == BAND_EVENTS  ? 0
           : band == BAND_TASKS ? sh->columns[col].live_after
                                : sh->columns[col].queued_after;
}

// A band of bars. Returns the y below it.
static int draw_band(struct sheet *sh, enum band band, int y, int high) {
    static const char *const classes[] = {"head", "run", "queue"};
    static const char *const names[] = {"events", "tasks", "run queue"};
    uint64_t most = 0, still = 0;
    char count[32];

    for (int col = 0; col < sh->w.cols; col++) {
        const uint64_t value = value_of(sh, band, col);

        most = value > most ? value : most;
    }
    fb__svg_text(&sh->svg, NULL, FB__SVG_MARGIN, y + 14, names[band]);
    fb__svg_textf(&sh->svg, "dim", FB__SVG_MARGIN, y + 30, "most %s",
                  fb_view_count(most, count));
    for (int col = 0; col < sh->w.cols && most > 0; col++) {
        const bool quiet = sh->events[col].events == 0;
        const uint64_t value = quiet ? still : value_of(sh, band, col);
        int px = (int)((double)value / (double)most * high);

        still = quiet ? still : value_after(sh, band, col);
        if (value > 0) {
            px = px > 0 ? px : 1;
            fb__svg_path_rect(&sh->svg, classes[band], sh->x + col * sh->px,
                              y + high - px, sh->px, px);
        }
    }
    fb__svg_path_end(&sh->svg);
    fb__svg_line(&sh->svg, "axis", sh->x, y + high, sh->x + sh->w.cols * sh->px,
                 y + high);
    return y + high + 16;
}

static void draw_life(struct sheet *sh, const struct life *life, int y) {
    const char *ended =
        life->open ? "goes on"
                   : fb_name_outcome((enum fb_task_outcome)life->outcome);
    const bool bad =
        life->outcome == FB_OUTCOME_FAILED || life->outcome == FB_OUTCOME_ERROR;
    const int x = sh->x + life->from * sh->px;
    int w = (life->to - life->from + 1) * sh->px;
    char words[NAME_BYTES + 40];

    w = w > 3 ? w - 1 : w; // a gap to the next
    snprintf(words, sizeof(words), "Task %s: %s", life->name, ended);
    fb__svg_open(&sh->svg, NULL, words);
    fb__svg_rect(&sh->svg,
                 bad          ? "warn"
                 : life->open ? "run"
                              : "wait",
                 x, y + life->row * LIFE, w, LIFE - 3, 2);
    if (w > 60) {
        snprintf(words, sizeof(words), "%s%s%s", life->name, bad ? "  " : "",
                 bad ? ended : "");
        fb__svg_fit(&sh->svg, life->open || bad ? "on" : NULL, x + 4,
                    y + life->row * LIFE + 11, w - 8, words);
    }
    fb__svg_close(&sh->svg);
}

static int draw_lives(struct sheet *sh, int y) {
    fb__svg_text(&sh->svg, NULL, FB__SVG_MARGIN, y + 12, "tasks' lives");
    for (size_t i = 0; i < sh->life_count; i++) {
        draw_life(sh, &sh->lives[i], y);
    }
    return y + sh->rows_used * LIFE + 8;
}

static void draw_legend(struct sheet *sh, int y, bool lints) {
    struct fb__svg_flow at = {FB__SVG_MARGIN, y};
    char count[32], words[64];

    fb__svg_key(&sh->svg, &at, "run", 12, "lives on at the end");
    fb__svg_key(&sh->svg, &at, "wait", 12, "ended");
    fb__svg_key(&sh->svg, &at, "warn", 12, "failed, or ended with an error");
    if (lints) {
        fb__svg_key(&sh->svg, &at, NULL, 0, "!  a lint fired");
    }
    if (sh->left_out > 0) {
        snprintf(words, sizeof(words), "%s more %s left out",
                 fb_view_count(sh->left_out, count),
                 sh->left_out == 1 ? "life is" : "lives are");
        fb__svg_key(&sh->svg, &at, NULL, 0, words);
    }
}

static void draw(struct sheet *sh) {
    const struct fb__svg_scene *c = sh->c;
    const int axis = FB__SVG_HEAD + 16, top = axis + 28;
    const int lives = top + STRIP + 2 * SMALL + 3 * 16;
    const int legend =
        c->o->bare ? 0 : LEGEND + LEGEND_PX / c->o->width * 2 * FB__SVG_ROW;
    const int height = lives + sh->rows_used * LIFE + 8 + legend;
    char title[FB__SVG_TEXT], subtitle[FB__SVG_TEXT / 2],
        desc[3 * FB__SVG_TEXT], first[32], last[32];
    int y = top, lints;

    snprintf(title, sizeof(title), "%s: the run, events %s to %s", c->title,
             fb_view_count(c->first, first), fb_view_count(c->last, last));
    fb__svg_say_moment(c, subtitle, sizeof(subtitle));
    snprintf(desc, sizeof(desc),
             "%s; %s. Bands: events, living tasks, run queue. Below: lives of "
             "tasks.",
             title, subtitle);
    fb__svg_begin(&sh->svg, c->o->out, c->o->width, height, c->o->theme,
                  c->o->bare, title, subtitle, desc);
    fb__svg_axis(&sh->svg, c, &sh->w, sh->x, sh->px, axis,
                 lives + sh->rows_used * LIFE);
    lints = fb__svg_lints(&sh->svg, c, &sh->w, sh->x, sh->px, axis + 18);
    y = draw_band(sh, BAND_EVENTS, y, STRIP);
    y = draw_band(sh, BAND_TASKS, y, SMALL);
    y = draw_band(sh, BAND_QUEUE, y, SMALL);
    y = draw_lives(sh, y);
    fb__svg_lost(&sh->svg, &sh->w, sh->events, sh->x, sh->px, top, y - 8);
    fb__svg_cursor(&sh->svg, c, &sh->w, sh->x, sh->px, top, y - 8);
    if (!c->o->bare) {
        draw_legend(sh, y + 22, lints > 0);
    }
    fb__svg_end(&sh->svg);
}

int fb__svg_run(const struct fb__svg_scene *c) {
    struct sheet *sh = calloc(1, sizeof(*sh));
    int err = -ENOMEM;

    if (sh == NULL) {
        return err;
    }
    sh->c = c;
    sh->x = FB__SVG_MARGIN + GUTTER;
    sh->w = fb__svg_window(c, c->o->width - sh->x - FB__SVG_MARGIN, &sh->px);
    sh->least = ROWS * sh->w.cols / LIVES_MOST + 1;
    sh->events = calloc((size_t)sh->w.cols, sizeof(*sh->events));
    sh->columns = calloc((size_t)sh->w.cols, sizeof(*sh->columns));
    sh->lives = calloc(LIVES_MOST, sizeof(*sh->lives));
    if (sh->events != NULL && sh->columns != NULL && sh->lives != NULL) {
        err = fb_timeline_read(c->h, &sh->w, sh->events, NULL, 0, NULL);
        if (err == 0) {
            err = walk(sh);
        }
    }
    if (err == 0) {
        draw(sh);
    }
    fb_model_deinit(&sh->m);
    free(sh->events);
    free(sh->columns);
    free(sh->lives);
    free(sh);
    return err;
}
