// The reactor's table: every source with who waits for it, and the timers in
// the order in which they will fire.
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { TEXT = 400, SHOWN = 256 };

struct source_row {
    const struct fb_model_source *source;
    uint32_t reader, writer; // tasks that wait; 0 nobody
};

// The sources in the window [from, from + max), with who waits for them: one
// pass over the stored wakers for the whole screen.
static int collect(const struct fb_model *m, int from, int max,
                   struct source_row *rows, int *ret_count) {
    const struct fb_model_source *source;
    uint32_t cursor = 0;
    int all = 0, shown = 0;

    while ((source = fb_model_source_next(m, &cursor))) {
        if (all >= from && shown < max) {
            rows[shown++] = (struct source_row){.source = source};
        }
        all++;
    }
    for (uint32_t i = 0; i < m->holds.capacity; i++) {
        const struct fb_model_hold *hold = fb_model_hold_at(m, i);

        for (int k = 0; hold && k < shown; k++) {
            if (hold->party != FB_PARTY_SOURCE ||
                hold->holder != rows[k].source->id) {
                continue;
            }
            if (hold->interest & FB_WRITABLE) {
                rows[k].writer = hold->task;
            } else {
                rows[k].reader = hold->task;
            }
        }
    }
    *ret_count = all;
    return shown;
}

static void say_waiter(const struct fb_scene *s, const struct source_row *r,
                       char *out, size_t out_bytes) {
    char task[TEXT - 48];

    if (r->reader == 0 && r->writer == 0) {
        snprintf(out, out_bytes, "–");
        return;
    }
    fb_view_task(s, r->reader ? r->reader : r->writer, task, sizeof(task));
    if (r->reader && r->writer && r->reader != r->writer) {
        snprintf(out, out_bytes, "read: %s, write: %" PRIu32, task, r->writer);
    } else {
        snprintf(out, out_bytes, "%s: %s", r->reader ? "read" : "write", task);
    }
}

struct columns {
    int fd, kind, waits, ready, generation, bytes;
};

static struct columns plan(int cols) {
    struct columns c = {.fd = 5, .kind = 8};

    c.generation = cols >= 56 ? 4 : 0;
    c.bytes = cols >= 72 ? 8 : 0;
    c.ready = cols >= 44 ? 18 : 0;
    c.waits = cols - 1 - c.fd - 1 - c.kind - 1 - (c.ready ? c.ready + 1 : 0) -
              (c.generation ? c.generation + 1 : 0) -
              (c.bytes ? 2 * (c.bytes + 1) : 0);
    return c;
}

static void draw_source(const struct fb_scene *s, struct fb_grid *g,
                        struct fb_area a, int row, struct columns c,
                        const struct source_row *r) {
    const struct fb_model_source *source = r->source;
    bool chosen =
        s->task != 0 && (r->reader == s->task || r->writer == s->task);
    enum fb_style style = chosen ? FB_STYLE_STRONG : FB_STYLE_NORMAL;
    char text[TEXT];
    int col = 1;

    snprintf(text, sizeof(text), "%" PRId32, source->fd);
    col = fb_grid_field(g, a, row, col, -c.fd, style, text) + 1;
    col = fb_grid_field(g, a, row, col, c.kind, style,
                        fb_name_source_kind(source->kind));
    say_waiter(s, r, text, sizeof(text));
    col = fb_grid_field(
        g, a, row, col + 1, c.waits,
        r->reader || r->writer ? FB_STYLE_PENDING : FB_STYLE_DIM, text);
    if (c.ready) {
        fb_say_bits(text, sizeof(text), source->ready);
        col = fb_grid_field(g, a, row, col + 1, c.ready,
                            source->ready ? FB_STYLE_READY : FB_STYLE_DIM,
                            source->ready ? text : "–");
    }
    if (c.generation) {
        snprintf(text, sizeof(text), "%" PRIu32, source->generation);
        col = fb_grid_field(g, a, row, col + 1, -c.generation, style, text);
    }
    if (c.bytes) {
        snprintf(text, sizeof(text), "%" PRIu64, source->bytes_in);
        col = fb_grid_field(g, a, row, col + 1, -c.bytes, style, text);
        snprintf(text, sizeof(text), "%" PRIu64, source->bytes_out);
        fb_grid_field(g, a, row, col + 1, -c.bytes, style, text);
    }
    if (chosen) {
        fb_grid_put(g, a, row, 0, FB_STYLE_STRONG, "▸");
    }
}

static void draw_heading(struct fb_grid *g, struct fb_area a,
                         struct columns c) {
    int col = 1;

    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_HEADING, ' ');
    col = fb_grid_field(g, a, 0, col, -c.fd, FB_STYLE_HEADING, "fd") + 1;
    col = fb_grid_field(g, a, 0, col, c.kind, FB_STYLE_HEADING, "source") + 1;
    col = fb_grid_field(g, a, 0, col, c.waits, FB_STYLE_HEADING, "who waits");
    if (c.ready) {
        col = fb_grid_field(g, a, 0, col + 1, c.ready, FB_STYLE_HEADING,
                            "known ready");
    }
    if (c.generation) {
        col = fb_grid_field(g, a, 0, col + 1, -c.generation, FB_STYLE_HEADING,
                            "gen");
    }
    if (c.bytes) {
        col = fb_grid_field(g, a, 0, col + 1, -c.bytes, FB_STYLE_HEADING, "in");
        fb_grid_field(g, a, 0, col + 1, -c.bytes, FB_STYLE_HEADING, "out");
    }
}

// The next `max` timers by deadline, then by id: insertion into a short list.
static int next_timers(const struct fb_model *m,
                       const struct fb_model_timer **list, int max) {
    const struct fb_model_timer *t;
    uint32_t cursor = 0;
    int count = 0;

    while ((t = fb_model_timer_next(m, &cursor))) {
        int at = count;

        while (at > 0 && (list[at - 1]->deadline_ns > t->deadline_ns ||
                          (list[at - 1]->deadline_ns == t->deadline_ns &&
                           list[at - 1]->id > t->id))) {
            at--;
        }
        if (at < max) {
            int last = count < max ? count++ : max - 1;

            for (int i = last; i > at; i--) {
                list[i] = list[i - 1];
            }
            list[at] = t;
        }
    }
    return count;
}

static void draw_timer(const struct fb_scene *s, struct fb_grid *g,
                       struct fb_area a, int row,
                       const struct fb_model_timer *t) {
    char left[64], task[TEXT];
    bool due = t->deadline_ns <= s->model->time_ns;

    fb_say_remaining(left, sizeof(left),
                     due ? 0 : t->deadline_ns - s->model->time_ns);
    fb_view_task(s, t->task, task, sizeof(task));
    fb_grid_putf(g, a, row, 1, FB_STYLE_PENDING, "timer %s%s  wakes %s",
                 due ? "is due" : "in ", due ? "" : left, task);
}

static void reactor_draw(const struct fb_scene *s, struct fb_pane *p,
                         struct fb_grid *g, struct fb_area a) {
    const struct fb_model_timer *timers[8];
    struct source_row rows[SHOWN];
    struct columns c = plan(a.cols);
    int timer_count = next_timers(s->model, timers, a.rows > 8 ? 8 : 2);
    int room = a.rows - 1 - timer_count;
    int all, shown;

    room = room < 1 ? 1 : room > SHOWN ? SHOWN : room;
    shown = collect(s->model, p->scroll, room, rows, &all);
    p->lines = all;
    if (p->scroll > 0 && shown < room) { // sources went: fill the screen again
        p->scroll = fb_view_scroll(p->scroll, -1, all, room);
        shown = collect(s->model, p->scroll, room, rows, &all);
    }
    draw_heading(g, a, c);
    for (int i = 0; i < shown; i++) {
        draw_source(s, g, a, i + 1, c, &rows[i]);
    }
    if (all == 0) {
        fb_grid_put(g, a, 1, 1, FB_STYLE_DIM, "no source is registered");
        shown = 1;
    }
    for (int i = 0; i < timer_count; i++) {
        draw_timer(s, g, a, 1 + shown + i, timers[i]);
    }
    fb_view_more(p, p->scroll, all - p->scroll - shown);
}

static void reactor_subtitle(const struct fb_scene *s, char *out,
                             size_t out_bytes) {
    const uint32_t count = fb_view_workers(s);
    int64_t timeout_ns = -1; // the shortest of those that are parked
    char wait[64], who[64] = "";
    uint32_t parked = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct fb_model_worker *w = fb_view_worker(s, i);

        parked += w->parked;
        if (w->parked && w->park_timeout_ns >= 0 &&
            (timeout_ns < 0 || w->park_timeout_ns < timeout_ns)) {
            timeout_ns = w->park_timeout_ns;
        }
    }
    if (count > 1) {
        snprintf(who, sizeof(who), "%" PRIu32 " of %" PRIu32 " workers ",
                 parked, count);
    }
    if (parked == 0) {
        snprintf(out, out_bytes,
                 count > 1 ? "no worker is parked"
                           : "the executor is not parked");
    } else if (timeout_ns < 0) {
        snprintf(out, out_bytes, "%sparked until something is ready", who);
    } else {
        fb_say_remaining(wait, sizeof(wait), (uint64_t)timeout_ns);
        snprintf(out, out_bytes, "%sparked for at most %s", who, wait);
    }
}

static const char *const reactor_help[] = {
    "Every source (descriptor) that the reactor watches.",
    "who waits    the task whose waker is stored for reading or writing",
    "known ready  what the kernel has reported and nobody used up yet",
    "gen          generation: an event for an older one hits nobody",
    "Timers stand below, the next to fire first.",
    NULL};

const struct fb_view fb_view_reactor = {
    .name = "reactor",
    .title = "Reactor",
    .help = reactor_help,
    .draw = reactor_draw,
    .subtitle = reactor_subtitle,
};
