// The wakers of the selected task: where each is stored now and by whom, how
// many there were, and the wakes that came of them, the newest first.
#include "holders.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { TEXT = 500, HOLDS = 64 };

struct writer {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    int line, scroll;
};

static void write_text(struct writer *w, int col, enum fb_style style,
                       const char *text) {
    w->line += fb_grid_wrap(w->g, w->a, w->line - w->scroll, col, style, text);
}

// A line with a mark before it: colour is not the only cue.
static void write_marked(struct writer *w, const char *mark,
                         enum fb_style style, const char *text) {
    fb_grid_put(w->g, w->a, w->line - w->scroll, 1, style, mark);
    write_text(w, 3, style, text);
}

static void write_hold(struct writer *w, const struct fb_model_hold *h) {
    const struct fb_model *m = w->s->model;
    const enum fb_hold_flaw flaw = fb_hold_flaw(m, h);
    char where[TEXT / 3], origin[TEXT / 3], text[TEXT];

    fb_say_hold(where, sizeof(where), m, h);
    fb_say_hold_origin(origin, sizeof(origin), w->s->names, m, h);
    snprintf(text, sizeof(text), "%s, %s", where, origin);
    write_marked(w, flaw == FB_HOLD_SOUND ? "·" : "✗",
                 flaw == FB_HOLD_SOUND ? FB_STYLE_PENDING : FB_STYLE_FAILED,
                 text);
    if (flaw != FB_HOLD_SOUND) {
        fb_say_hold_flaw(text, sizeof(text), flaw);
        write_text(w, 3, FB_STYLE_FAILED, text);
    }
}

static void write_holds(struct writer *w, const struct fb_model_task *t) {
    const struct fb_model *m = w->s->model;
    const struct fb_model_hold *h = fb_model_hold_at(m, t->holds);
    int shown = 0;

    if (h == NULL && fb_model_task_is_lost(m, t)) {
        write_marked(w, "✗", FB_STYLE_FAILED,
                     "nobody holds its waker: it sleeps for ever");
    } else if (h == NULL) {
        write_marked(w, "·", FB_STYLE_DIM, "no waker is stored now");
    }
    for (; h != NULL && shown < HOLDS; shown++) {
        write_hold(w, h);
        h = fb_model_hold_at(m, h->next_of_task);
    }
    if (h != NULL) {
        write_text(w, 3, FB_STYLE_DIM, "… and more");
    }
}

static enum fb_style wake_style(const struct fb_wake *wake) {
    switch ((enum fb_wake_effect)wake->effect) {
    case FB_WAKE_SCHEDULED:
    case FB_WAKE_DURING_POLL: return FB_STYLE_WAKE;
    case FB_WAKE_AFTER_COMPLETE: return FB_STYLE_FAILED;
    case FB_WAKE_COALESCED:
    default: return FB_STYLE_NORMAL;
    }
}

static void write_wake(struct writer *w, const struct fb_wake *wake) {
    const uint64_t now = w->s->model->time_ns;
    const bool late = wake->effect == FB_WAKE_AFTER_COMPLETE;
    char words[TEXT / 2], ago[64], text[TEXT];

    fb_say_wake(words, sizeof(words), w->s->model, w->s->task, wake);
    fb_say_duration(ago, sizeof(ago),
                    now > wake->time_ns ? now - wake->time_ns : 0);
    if (w->s->veil & FB_VEIL_QUEUE) { // when would tell who is first in it
        snprintf(text, sizeof(text), "%s", words);
    } else {
        snprintf(text, sizeof(text), "%s (event %" PRIu64 ", %s ago)", words,
                 wake->event, ago);
    }
    write_marked(w, late ? "✗" : "→", wake_style(wake), text);
}

static void write_wakes(struct writer *w) {
    const struct fb_model *m = w->s->model;
    struct fb_wakes wakes;
    char text[TEXT];

    fb_wakes_last(w->s->history, m, w->s->task, FB_WAKES_LOOK_BACK, &wakes);
    for (size_t i = 0; i < wakes.count; i++) {
        write_wake(w, &wakes.items[i]);
    }
    if (fb_say_wakes_end(text, sizeof(text), m, w->s->task, &wakes) > 0) {
        write_text(w, 3, FB_STYLE_DIM, text);
    }
}

static void write_all(struct writer *w, const struct fb_model_task *t) {
    char text[TEXT];

    write_holds(w, t);
    fb_say_hold_balance(text, sizeof(text), w->s->model, t->id);
    write_text(w, 1, FB_STYLE_NORMAL, text);
    fb_say_wakes(text, sizeof(text), w->s->model, t->id);
    write_text(w, 1, FB_STYLE_NORMAL, text);
    write_wakes(w);
}

static void wakers_draw(const struct fb_scene *s, struct fb_pane *p,
                        struct fb_grid *g, struct fb_area a) {
    const struct fb_model_task *t = fb_model_task(s->model, s->task);
    struct writer w = {.s = s, .g = g, .a = a};

    if (!t) {
        fb_grid_putf(g, a, 0, 1, FB_STYLE_DIM, "%s",
                     s->task ? "The selected task does not exist at this event."
                             : "No task is selected.");
        p->lines = 1;
        return;
    }
    p->scroll = fb_view_scroll(p->scroll, -1, p->lines, a.rows);
    w.scroll = p->scroll;
    write_all(&w, t);
    p->lines = w.line;
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static void wakers_subtitle(const struct fb_scene *s, char *out,
                            size_t out_bytes) {
    char task[300];

    out[0] = '\0';
    if (fb_model_task(s->model, s->task)) {
        fb_view_task(s, s->task, task, sizeof(task));
        snprintf(out, out_bytes, "of task %s", task);
    }
}

static const char *const wakers_help[] = {
    "A waker is the only way back to a task that waits. Here is each one that "
    "the selected task has given away: where it is, and who stored it.",
    "· stored     it will be used when that happens",
    "✗ leaked     nobody can use it any more, or its task is complete",
    "→ by …       a wake: who caused it, and what it did",
    "coalesced    the task was scheduled already: the wake cost nothing",
    "during its poll  it will be polled once more, so that none is lost",
    ("cloned and dropped count every waker of the task that the trace has "
     "seen; "
     "those that other threads make are counted when they come back."),
    NULL};

const struct fb_view fb_view_wakers = {
    .name = "wakers",
    .title = "Wakers",
    .help = wakers_help,
    .draw = wakers_draw,
    .subtitle = wakers_subtitle,
};
