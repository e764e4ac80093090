// The header: which mode, which program, which moment. The mode word comes
// first, in a block of its own colour: it is what must never be confused.
#include "breaks.h"
#include "marks.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { WORKER_MARKS = 16 }; // more workers are counted

static const struct {
    const char *word;
    enum fb_style style;
} modes[] = {
    [FB_MODE_LIVE] = {" LIVE ", FB_STYLE_MODE_LIVE},
    [FB_MODE_FROZEN] = {" FROZEN ", FB_STYLE_MODE_FROZEN},
    [FB_MODE_STOPPED] = {" STOPPED ", FB_STYLE_MODE_STOPPED},
};

// What the mode word leaves open: how far behind, where it stands.
static void say_mode(const struct fb_scene *s, char *out, size_t out_bytes) {
    char n[32];

    out[0] = '\0';
    if (s->mode == FB_MODE_STOPPED && (s->stopping || s->stepping)) {
        snprintf(out, out_bytes, "%s",
                 !s->stepping       ? "stopping …"
                 : s->model->parked ? "one step: awaits news from outside …"
                                    : "running one step …");
    } else if (s->mode == FB_MODE_STOPPED && s->at < s->newest &&
               !(s->veil & FB_VEIL_FUTURE)) {
        snprintf(out, out_bytes, "looking back %s",
                 fb_view_count(s->newest - s->at, n));
    } else if (s->mode == FB_MODE_STOPPED && s->at >= s->newest) {
        snprintf(out, out_bytes, "before event %s",
                 fb_view_count(s->at + 1, n));
    } else if (s->veil & FB_VEIL_FUTURE) {
        snprintf(out, out_bytes, "what comes is hidden");
    } else if (s->mode == FB_MODE_FROZEN && s->end && s->end[0]) {
        snprintf(out, out_bytes, "%s%s %s", s->playing ? "playing, " : "",
                 s->end, fb_view_count(s->newest, n));
    } else if (s->mode == FB_MODE_FROZEN && s->recording) {
        snprintf(out, out_bytes, "%s%s", s->playing ? "playing, " : "",
                 s->killed   ? "the program was killed"
                 : s->ran_on ? "the program ran on"
                             : "a finished run");
    } else if (s->mode == FB_MODE_FROZEN && s->at >= s->newest) {
        snprintf(out, out_bytes, "at the newest event");
    } else if (s->mode == FB_MODE_FROZEN) {
        snprintf(out, out_bytes, "%s behind",
                 fb_view_count(s->newest - s->at, n));
    }
}

// Right-aligned; returns the columns that are left for the rest of the line.
static int put_right(struct fb_grid *g, struct fb_area a, const char *text) {
    int col = a.cols - fb_text_cols(text) - 1;

    fb_grid_put(g, a, 0, col > 0 ? col : 0, FB_STYLE_STRONG, text);
    return col - 1 > 0 ? col - 1 : 0;
}

// In percent. Events are counted: their numbers may have great gaps.
static int loaded(const struct fb_scene *s) {
    const double there = (double)fb_history_count(s->history);

    return (int)(there * 100 / (there + (double)s->missing));
}

static void draw_first(const struct fb_scene *s, struct fb_grid *g,
                       struct fb_area a) {
    char text[160], n[32];
    int col;

    const struct fb_mark *mark = s->marks ? fb_marks_at(s->marks, s->at) : NULL;

    snprintf(text, sizeof(text), "%s%s%sevent %s", mark ? "⚑ " : "",
             mark ? mark->name : "", mark && mark->name[0] ? " " : "",
             fb_view_count(s->at, n));
    a.cols = put_right(g, a, text);
    col = fb_grid_put(g, a, 0, 0, modes[s->mode].style, modes[s->mode].word);
    say_mode(s, text, sizeof(text));
    if (text[0]) {
        col = fb_grid_put(g, a, 0, col + 1, FB_STYLE_STRONG, text) + 1;
    }
    if (s->missing > 0) {
        col = fb_grid_putf(g, a, 0, col + 1, FB_STYLE_STRONG, "loading %d %%",
                           loaded(s)) +
              1;
    }
    col = fb_grid_put(g, a, 0, col + 1, FB_STYLE_STRONG, s->program);
    col =
        fb_grid_putf(g, a, 0, col + 2, FB_STYLE_NORMAL, "pid %" PRIu32, s->pid);
    if (s->address[0]) {
        fb_grid_put(g, a, 0, col + 2, FB_STYLE_NORMAL, s->address);
    }
}

static int put_time(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area a) {
    char text[64];
    const size_t len =
        fb_say_time(text, sizeof(text), s->start_ns, s->model->time_ns);

    snprintf(text + len, sizeof(text) - len, " s");
    return put_right(g, a, text);
}

static int put_count(struct fb_grid *g, struct fb_area a, int col,
                     const char *name, uint64_t n) {
    char text[32];

    col = fb_grid_put(g, a, 0, col, FB_STYLE_DIM, name);
    col =
        fb_grid_put(g, a, 0, col + 1, FB_STYLE_NORMAL, fb_view_count(n, text));
    return col + 2;
}

// One mark for each worker: who polls, who is parked.
static int put_workers(const struct fb_scene *s, struct fb_grid *g,
                       struct fb_area a, int col) {
    const uint32_t count = fb_view_workers(s);
    uint32_t polling = 0, parked = 0;

    if (count == 1) {
        return col;
    }
    col = fb_grid_put(g, a, 0, col, FB_STYLE_DIM, "workers") + 1;
    for (uint32_t i = 0; i < count; i++) {
        const struct fb_model_worker *w = fb_view_worker(s, i);
        const bool polls = w->running != FB_MODEL_NONE;

        polling += polls;
        parked += w->parked;
        if (count <= WORKER_MARKS) {
            col = fb_grid_put(g, a, 0, col,
                              polls       ? FB_STYLE_RUNNING
                              : w->parked ? FB_STYLE_IDLE
                                          : FB_STYLE_DIM,
                              polls       ? "●"
                              : w->parked ? "○"
                                          : "·");
        }
    }
    if (count > WORKER_MARKS) {
        col = fb_grid_putf(g, a, 0, col, FB_STYLE_NORMAL,
                           "%" PRIu32 ": %" PRIu32 " poll, %" PRIu32 " parked",
                           count, polling, parked);
    }
    return col + 2;
}

static void say_lost(const struct fb_scene *s, char *out, size_t out_bytes) {
    char n[32], first[32], last[32];

    if (s->lost_last > 0) {
        snprintf(out, out_bytes, " lost %s events, last %s to %s ",
                 fb_view_count(s->lost, n), fb_view_count(s->lost_first, first),
                 fb_view_count(s->lost_last, last));
    } else {
        snprintf(out, out_bytes, " lost %s events ", fb_view_count(s->lost, n));
    }
}

// Mistakes that were found up to this moment; else those that lie ahead.
static int put_lints(const struct fb_scene *s, struct fb_grid *g,
                     struct fb_area a, int col) {
    const size_t count =
        s->lints ? fb_lints_until(s->lints, fb_view_horizon(s)) : 0;
    const size_t until = s->lints ? fb_lints_until(s->lints, s->at) : 0;
    const size_t shown = until > 0 ? until : count;

    if (count == 0) {
        return col;
    }
    return fb_grid_putf(g, a, 0, col,
                        until > 0 ? FB_STYLE_WARNING : FB_STYLE_NORMAL,
                        until > 0 ? " %zu lint%s " : "%zu lint%s ahead", shown,
                        shown == 1 ? "" : "s") +
           1;
}

static void draw_second(const struct fb_scene *s, struct fb_grid *g,
                        struct fb_area a) {
    const struct fb_model *m = s->model;
    char text[128];
    int col = 1;

    a.row++;
    a.rows--;
    a.cols = put_time(s, g, a);
    col = put_count(g, a, col, "tasks", m->live_tasks);
    if (m->zombie_tasks > 0) {
        col = put_count(g, a, col, "zombies", m->zombie_tasks);
    }
    col = put_workers(s, g, a, col);
    col = put_count(g, a, col, "polls", m->polls);
    col = put_count(g, a, col, "wakes", m->wakes);
    if (!s->recording && s->rate >= 0) {
        col = put_count(g, a, col, "events/s", (uint64_t)(s->rate + 0.5));
    }
    if (s->speed > 0) {
        char n[32];

        snprintf(text, sizeof(text), "%s: %s events/s",
                 s->recording ? "plays" : "slow motion",
                 fb_view_count(s->speed, n));
        col = fb_grid_put(g, a, 0, col, FB_STYLE_STRONG, text) + 2;
    }
    if (s->breaks && s->breaks->count > 0) {
        col = put_count(g, a, col, "breaks", s->breaks->count);
    }
    if (s->veil & FB_VEIL_FUTURE) {
        // some of them may be yet to come
    } else if (s->lost > 0) {
        say_lost(s, text, sizeof(text));
        col = fb_grid_put(g, a, 0, col, FB_STYLE_WARNING, text) + 1;
    } else {
        col = put_count(g, a, col, "lost", 0);
    }
    col = put_lints(s, g, a, col);
    if (m->uncertain) {
        fb_grid_put(g, a, 0, col, FB_STYLE_WARNING,
                    " incomplete until the next census ");
    } else if (m->stalled) {
        const char *whole = " stalled: nothing can ever happen again ";

        fb_grid_put(g, a, 0, col, FB_STYLE_WARNING,
                    col + fb_text_cols(whole) <= a.cols ? whole : " stalled ");
    }
}

void fb_header_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area) {
    draw_first(s, g, area);
    if (area.rows > 1) {
        draw_second(s, g, area);
    }
}
