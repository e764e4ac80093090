// The timeline: a row for each task, from left to right as time goes, and
// arrows from who woke to whom.
//
// Problem: ten thousand tasks and ten million events must be a picture of a
//     bounded size that does not lie.
// Idea: a column's bar is as high as the share of it that the task ran, at
//     least a pixel, as on the screen. Of many tasks those are drawn that were
//     polled most in this window; how many are not is said in words. Wakes are
//     arrows where one stands alone in its column, ticks in the rows above
//     where there are more.
#include "svg_timeline.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARROWS_MOST = 400,
    GUTTER = 190,
    SLIM = 96, // the same, when bare
    LANE = 24, // from one to the next
    BAR = 16,  // of a task that runs
    HEADS = FB_LANES_ALL,
    LEGEND = 56,
    LEGEND_PX = 800, // all of it on one line
};

// ---- lanes ----

static const struct fb_timeline_cell *cell(const struct fb__svg_timeline *sh,
                                           size_t lane, int col) {
    return &sh->lanes.cells[lane * (size_t)sh->w.cols + (size_t)col];
}

static const char RUN[] = "run", QUEUE[] = "queue", WAIT[] = "wait";

// What a column shows: the bar's height where the task ran, else how it waits.
struct look {
    const char *class; // NULL: nothing
    int height, worker;
};

static struct look look_of(const struct fb__svg_timeline *sh, size_t lane,
                           int col) {
    const struct fb_timeline_cell *c = cell(sh, lane, col);

    if (!c->known) {
        return (struct look){NULL, 0, -1};
    }
    if (c->ran > 0 || c->polls > 0) {
        const double share = (double)c->ran / (double)sh->w.step;
        const int height = share >= 1 ? BAR : (int)(share * BAR);

        return (struct look){RUN, height > 3 ? height : 3,
                             sh->workers ? c->worker : -1};
    }
    if (c->queued > c->waited ||
        (c->waited == 0 && c->state == FB_TASK_SCHEDULED)) {
        return (struct look){QUEUE, 8, -1};
    }
    if (c->waited > 0 || c->state == FB_TASK_IDLE) {
        return (struct look){WAIT, 2, -1};
    }
    return (struct look){NULL, 0, -1};
}

static int lane_y(const struct fb__svg_timeline *sh, size_t lane) {
    return sh->top + (int)lane * LANE;
}

static bool is_same(struct look a, struct look b) {
    return a.class == b.class && a.height == b.height && a.worker == b.worker;
}

// The columns from `col` on that look like it. Returns the last one.
static int alike(const struct fb__svg_timeline *sh, size_t lane, int col) {
    const struct look look = look_of(sh, lane, col);

    while (col + 1 < sh->w.cols && is_same(look, look_of(sh, lane, col + 1))) {
        col++;
    }
    return col;
}

// One class of one lane: columns that look alike are one piece.
static void draw_class(struct fb__svg_timeline *sh, size_t lane,
                       const char *class) {
    const int base = lane_y(sh, lane) + LANE - 4;

    for (int col = 0; col < sh->w.cols; col++) {
        const struct look look = look_of(sh, lane, col);
        const int from = col;

        if (look.class == class) {
            col = alike(sh, lane, col);
            fb__svg_path_rect(&sh->svg, class, sh->x + from * sh->px,
                              class == RUN ? base - look.height
                                           : base - BAR / 2 - look.height / 2,
                              (col - from + 1) * sh->px, look.height);
        }
    }
    fb__svg_path_end(&sh->svg);
}

// Which worker polls, where there is room to say it.
static void draw_workers(struct fb__svg_timeline *sh, size_t lane) {
    for (int col = 0; sh->workers && col < sh->w.cols; col++) {
        const struct look look = look_of(sh, lane, col);
        const int from = col;

        col = alike(sh, lane, col);
        if (look.class == RUN && look.height == BAR &&
            look.worker < (int)FB_TRACE_RINGS_MAX &&
            (col - from + 1) * sh->px >= 20) {
            fb__svg_textf(&sh->svg, "on mid",
                          sh->x + (from + col + 1) * sh->px / 2,
                          lane_y(sh, lane) + LANE - 8, "%d", look.worker);
        }
    }
}

// The sentence that `print --timeline` has for this task.
static void say_lane(const struct fb__svg_timeline *sh, size_t lane, char *out,
                     size_t out_bytes) {
    const struct fb_timeline_cell sum =
        fb_lanes_sum(&sh->lanes, lane, 0, sh->w.cols);
    char did[FB__SVG_TEXT];

    fb_say_lane(did, sizeof(did), sh->w.scale, &sum);
    snprintf(out, out_bytes, "Task %s: %s.", sh->names[lane], did);
}

static void draw_lane(struct fb__svg_timeline *sh, size_t lane) {
    const int y = lane_y(sh, lane);
    char words[2 * FB__SVG_TEXT];

    say_lane(sh, lane, words, sizeof(words));
    fb__svg_open(&sh->svg, NULL, words);
    fb__svg_line(&sh->svg, "rule", FB__SVG_MARGIN, y + LANE - 1,
                 sh->x + sh->w.cols * sh->px, y + LANE - 1);
    fb__svg_fit(&sh->svg, NULL, FB__SVG_MARGIN, y + 16,
                sh->x - FB__SVG_MARGIN - 12, sh->names[lane]);
    draw_class(sh, lane, WAIT);
    draw_class(sh, lane, QUEUE);
    draw_class(sh, lane, RUN);
    draw_workers(sh, lane);
    fb__svg_close(&sh->svg);
}

// ---- the rows above ----

static int head_y(const struct fb__svg_timeline *sh, int what) {
    return sh->top - (HEADS - what) * FB__SVG_ROW;
}

static uint64_t head_count(const struct fb_timeline_column *c, int what) {
    return what == FB_LANES_WAKES     ? c->wakes
           : what == FB_LANES_REACTOR ? c->ready
                                      : c->fired;
}

static void draw_heads(struct fb__svg_timeline *sh) {
    for (int what = 0; what < HEADS && !sh->c->o->bare; what++) {
        const int y = head_y(sh, what);
        uint64_t all = 0;

        fb__svg_text(&sh->svg, "dim", FB__SVG_MARGIN, y + 14,
                     fb_lanes_name((enum fb_lanes_row)what));
        for (int col = 0; col < sh->w.cols; col++) {
            const uint64_t n = head_count(&sh->lanes.columns[col], what);
            const int height = n == 0 ? 0 : n == 1 ? 4 : n < 10 ? 8 : 12;

            all += n;
            if (n > 0) {
                fb__svg_path_rect(&sh->svg, "head",
                                  sh->x + col * sh->px + (sh->px - 2) / 2,
                                  y + 16 - height, 2, height);
            }
        }
        fb__svg_path_end(&sh->svg);
        fb__svg_textf(&sh->svg, "dim end", sh->x - 10, y + 14, "%" PRIu64, all);
    }
}

// ---- arrows ----

// The y from which a wake comes; below 0: nowhere in this picture.
static int source_y(const struct fb__svg_timeline *sh,
                    const struct fb_timeline_wake *wake) {
    if (sh->c->o->bare && wake->party != FB_PARTY_TASK) {
        return -1; // the rows above are not there
    }
    switch ((enum fb_party)wake->party) {
    case FB_PARTY_SOURCE: return head_y(sh, FB_LANES_REACTOR) + 16;
    case FB_PARTY_TIMER: return head_y(sh, FB_LANES_TIMERS) + 16;
    case FB_PARTY_TASK: break;
    default: return head_y(sh, FB_LANES_WAKES) + 16;
    }
    for (size_t i = 0; i < sh->lanes.count; i++) {
        if (sh->lanes.tasks[i] == wake->cause) {
            return lane_y(sh, i) + LANE / 2;
        }
    }
    return -1;
}

// Returns how many wakes are arrows.
static size_t draw_arrows(struct fb__svg_timeline *sh) {
    struct fb_timeline_wake *wakes = calloc(ARROWS_MOST, sizeof(*wakes));
    size_t count = 0, drawn = 0;

    if (wakes != NULL) {
        count = fb_timeline_wakes(sh->c->h, &sh->w, sh->lanes.columns, wakes,
                                  ARROWS_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        const int from = source_y(sh, &wakes[i]);

        for (size_t lane = 0; from >= 0 && lane < sh->lanes.count; lane++) {
            const int y = lane_y(sh, lane);
            const int to = y > from ? y + 4 : y + LANE - 4;

            if (sh->lanes.tasks[lane] == wakes[i].task && to != from) {
                fb__svg_path_arrow(&sh->svg, "wake",
                                   sh->x + wakes[i].col * sh->px + sh->px / 2,
                                   from, to);
                drawn++;
            }
        }
    }
    fb__svg_path_end(&sh->svg);
    free(wakes);
    return drawn;
}

// ---- words ----

static uint64_t sum_of(const struct fb__svg_timeline *sh, int what) {
    uint64_t all = 0;

    for (int col = 0; col < sh->w.cols; col++) {
        all += head_count(&sh->lanes.columns[col], what);
    }
    return all;
}

static void draw_legend(struct fb__svg_timeline *sh, size_t arrows) {
    struct fb__svg_flow at = {FB__SVG_MARGIN, sh->bottom + 22};
    char words[120];

    fb__svg_key(&sh->svg, &at, "run", 12, "runs (height: share of the column)");
    fb__svg_key(&sh->svg, &at, "queue", 8, "scheduled");
    fb__svg_key(&sh->svg, &at, "wait", 2, "waits");
    fb__svg_path_arrow(&sh->svg, "wake", at.x + 4, at.y - 12, at.y);
    fb__svg_path_end(&sh->svg);
    snprintf(words, sizeof(words),
             "   wake (%zu of %" PRIu64 " drawn as arrows)", arrows,
             sum_of(sh, FB_LANES_WAKES));
    fb__svg_key(&sh->svg, &at, NULL, 0, words);
    if (sh->all > sh->lanes.count) {
        snprintf(words, sizeof(words),
                 "drawn are the %zu tasks that were polled most here; %zu "
                 "more %s left out",
                 sh->lanes.count, sh->all - sh->lanes.count,
                 sh->all - sh->lanes.count == 1 ? "is" : "are");
        at = (struct fb__svg_flow){FB__SVG_MARGIN, at.y + FB__SVG_ROW};
        fb__svg_key(&sh->svg, &at, NULL, 0, words);
    }
}

static void say_title(const struct fb__svg_timeline *sh, char *title,
                      char *subtitle, size_t bytes) {
    char first[32], last[32], step[64], moment[FB__SVG_TEXT / 2];

    snprintf(title, bytes, "%s: events %s to %s", sh->c->title,
             fb_view_count(sh->c->first, first),
             fb_view_count(sh->c->last, last));
    if (sh->w.scale == FB_SCALE_TIME) {
        fb_say_duration(step, sizeof(step), sh->w.step);
    } else {
        snprintf(step, sizeof(step), "%" PRIu64 " event%s", sh->w.step,
                 sh->w.step == 1 ? "" : "s");
    }
    fb__svg_say_moment(sh->c, moment, sizeof(moment));
    snprintf(subtitle, bytes, "%d px are %s  ·  %s", sh->px, step, moment);
}

static void draw(struct fb__svg_timeline *sh) {
    const struct fb__svg_scene *c = sh->c;
    char title[FB__SVG_TEXT], subtitle[FB__SVG_TEXT], desc[3 * FB__SVG_TEXT];
    const int axis = FB__SVG_HEAD + 16;
    size_t arrows;

    sh->lints =
        !c->o->bare && fb_lints_until(fb_session_lints(c->s), c->last) >
                           fb_lints_until(fb_session_lints(c->s), c->first - 1);
    sh->top = axis + 8 + (sh->lints || c->o->at != 0 ? FB__SVG_ROW : 0) +
              (c->o->bare ? 0 : HEADS * FB__SVG_ROW);
    sh->bottom = sh->top + (int)sh->lanes.count * LANE + 4;
    say_title(sh, title, subtitle, sizeof(title));
    snprintf(desc, sizeof(desc),
             "Timeline of %s. %s. A row for each of %zu tasks: when it ran, "
             "was scheduled and waited. Arrows are wakes.",
             title, subtitle, sh->lanes.count);
    fb__svg_begin(&sh->svg, c->o->out, c->o->width,
                  sh->bottom + (c->o->bare ? 0
                                           : LEGEND + LEGEND_PX / c->o->width *
                                                          3 * FB__SVG_ROW),
                  c->o->theme, c->o->bare, title, subtitle, desc);
    fb__svg_axis(&sh->svg, c, &sh->w, sh->x, sh->px, axis, sh->bottom);
    if (sh->lints) {
        fb__svg_text(&sh->svg, "dim", FB__SVG_MARGIN, head_y(sh, 0) - 4,
                     "lints");
        (void)fb__svg_lints(&sh->svg, c, &sh->w, sh->x, sh->px,
                            head_y(sh, 0) - 4);
    }
    draw_heads(sh);
    for (size_t i = 0; i < sh->lanes.count; i++) {
        draw_lane(sh, i);
    }
    fb__svg_lost(&sh->svg, &sh->w, sh->lanes.columns, sh->x, sh->px, sh->top,
                 sh->bottom);
    arrows = draw_arrows(sh);
    if (!c->o->bare) {
        draw_legend(sh, arrows);
    }
    fb__svg_cursor(&sh->svg, c, &sh->w, sh->x, sh->px,
                   c->o->bare ? sh->top : head_y(sh, 0), sh->bottom);
    fb__svg_end(&sh->svg);
}

int fb__svg_timeline(const struct fb__svg_scene *c) {
    struct fb__svg_timeline sh = {
        .c = c,
        .x = FB__SVG_MARGIN + (c->o->bare ? SLIM : GUTTER),
        .workers = fb_session_facts(c->s)->workers > 1};
    int err;

    sh.w = fb__svg_window(c, c->o->width - sh.x - FB__SVG_MARGIN, &sh.px);
    err = fb__svg_timeline_read(&sh);
    if (err == 0) {
        draw(&sh);
    }
    fb__svg_timeline_deinit(&sh);
    return err;
}
