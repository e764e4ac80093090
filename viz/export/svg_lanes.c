// Lanes: where every task stands on its way round. Run queue in order → polled
// now → waiting, grouped by who will wake them: from left to right is the way
// that a task goes.
//
// One worker: its queue and its poll are a column each. Several: a column each,
// as many as fit beside each other, the others below them; what waits is the
// last column.
#include "lanes.h"
#include "svg.h"
#include <inttypes.h>
#include <string.h>

enum {
    CARDS_MOST = 24, // in a queue; and in a group of those that wait
    CARD = 24,
    STEP = 28, // from a card to the next
    GAP = 24,  // between columns
    WORKER_PX = 190,
};

struct sheet {
    struct fb__svg svg;
    const struct fb__svg_scene *c;
    struct fb_lane_counts waiting;
    bool dry;   // nothing is drawn: only heights are reckoned
    int bottom; // of all that was drawn
};

static void reach(struct sheet *sh, int y) {
    sh->bottom = y > sh->bottom ? y : sh->bottom;
}

// Each of these returns the y below what it drew.
static int draw_title(struct sheet *sh, int x, int y, int room,
                      const char *title, const char *rest) {
    if (!sh->dry) {
        const int used =
            fb__svg_fit(&sh->svg, "strong", x, y + 14, room, title);

        fb__svg_fit(&sh->svg, "dim", x + used + 8, y + 14, room - used - 8,
                    rest);
        fb__svg_line(&sh->svg, "axis", x, y + 21, x + room, y + 21);
    }
    reach(sh, y + 30);
    return y + 30;
}

static int draw_words(struct sheet *sh, int x, int y, int room,
                      const char *class, const char *words) {
    if (!sh->dry) {
        fb__svg_fit(&sh->svg, class, x, y + 14, room, words);
    }
    reach(sh, y + FB__SVG_ROW);
    return y + FB__SVG_ROW;
}

static int draw_card(struct sheet *sh, int x, int y, int room,
                     const struct fb_model_task *t, const char *mark,
                     const char *reason) {
    char name[FB__SVG_TEXT], text[FB__SVG_TEXT + 24];
    int left;

    if (!sh->dry) {
        const bool picked = t->id == sh->c->o->task;

        fb__svg_say_task(sh->c, sh->c->m, t->id, name, sizeof(name));
        snprintf(text, sizeof(text), "%s%s", mark, name);
        fb__svg_rect(&sh->svg, "card", x, y, room, CARD, 6);
        left = reason[0] ? room * (sh->c->o->bare ? 55 : 38) / 100 : room - 16;
        left = fb__svg_fit(&sh->svg, picked ? "strong" : NULL, x + 8, y + 16,
                           left, text);
        if (reason[0]) {
            left = left < room * 28 / 100 ? room * 28 / 100 : left;
            fb__svg_fit(&sh->svg, "dim", x + 18 + left, y + 16,
                        room - left - 26, reason);
        }
    }
    reach(sh, y + STEP);
    return y + STEP;
}

static int draw_more(struct sheet *sh, int x, int y, int room, uint32_t more) {
    char text[40];

    if (more == 0) {
        return y;
    }
    snprintf(text, sizeof(text), "… and %" PRIu32 " more", more);
    return draw_words(sh, x, y, room, "dim", text);
}

static int draw_queue(struct sheet *sh, int x, int y, int room,
                      const struct fb_model_worker *w) {
    struct fb_lane_queue queue = fb_lane_queue(sh->c->m, w);
    const struct fb_model_task *t;
    char mark[16];

    for (int i = 1; i <= CARDS_MOST && (t = fb_lane_queue_next(&queue)); i++) {
        snprintf(mark, sizeof(mark), "%d. ", i);
        y = draw_card(sh, x, y, room, t, mark, "");
    }
    return draw_more(sh, x, y, room, queue.left);
}

static int draw_polled(struct sheet *sh, int x, int y, int room,
                       const struct fb_model_worker *w) {
    const struct fb_model_task *t = fb_model_task_at(sh->c->m, w->running);

    return t != NULL
               ? draw_card(sh, x, y, room, t, "● ", "")
               : draw_words(sh, x, y, room, "dim",
                            w->parked ? "nobody: it is parked" : "nobody");
}

static int draw_group(struct sheet *sh, int x, int y, int room,
                      enum fb_lane_group group) {
    const uint32_t count = sh->waiting.groups[group];
    const struct fb_model_task *t;
    char words[80], reason[FB__SVG_TEXT];
    uint32_t cursor = 0, drawn = 0;

    snprintf(words, sizeof(words), "%s  %" PRIu32, fb_lane_title(group), count);
    y = draw_words(sh, x, y, room,
                   group == FB_LANE_LOST ? "warn strong" : "dim", words);
    while (drawn < CARDS_MOST &&
           (t = fb_lane_next(sh->c->m, group, &cursor)) != NULL) {
        fb_say_task_waits(reason, sizeof(reason), sh->c->names, sh->c->m,
                          t->id);
        y = draw_card(sh, x, y, room, t, "", reason);
        drawn++;
    }
    return draw_more(sh, x, y, room, count - drawn) + 6;
}

static void draw_waiting(struct sheet *sh, int x, int y, int room) {
    char count[24];

    snprintf(count, sizeof(count), "%" PRIu32, sh->waiting.waiting);
    y = draw_title(sh, x, y, room, "Waiting", count);
    for (int i = FB_LANE_GROUPS - 1; i >= 0; i--) { // a lost waker comes first
        if (sh->waiting.groups[i] > 0) {
            y = draw_group(sh, x, y, room, (enum fb_lane_group)i);
        }
    }
}

static void draw_arrow(struct sheet *sh, int x, int y) {
    if (!sh->dry) {
        fb__svg_text(&sh->svg, "dim strong mid", x - GAP / 2, y + 14, "→");
    }
}

static void draw_one(struct sheet *sh, int y) {
    const struct fb_model_worker *w = fb_model_worker(sh->c->m, 0);
    const int all = sh->c->o->width - 2 * FB__SVG_MARGIN - 2 * GAP;
    const int side = all * 27 / 100;
    int x = FB__SVG_MARGIN;
    char count[24];

    snprintf(count, sizeof(count), "%" PRIu32, w->queue_len);
    draw_queue(sh, x, draw_title(sh, x, y, side, "Run queue", count), side, w);
    x += side + GAP;
    draw_arrow(sh, x, y);
    draw_polled(sh, x, draw_title(sh, x, y, side, "Polled now", ""), side, w);
    x += side + GAP;
    draw_arrow(sh, x, y);
    draw_waiting(sh, x, y, all - 2 * side);
}

// Workers take three fifths; below each other where they do not fit.
static void draw_several(struct sheet *sh, int y) {
    const int workers = (int)fb_model_workers(sh->c->m);
    const int all = sh->c->o->width - 2 * FB__SVG_MARGIN;
    const int left = all * 60 / 100 - GAP;
    int beside = (left + GAP) / (WORKER_PX + GAP), room, top = y;
    char title[32];

    beside = beside < 1 ? 1 : beside > workers ? workers : beside;
    room = (left - (beside - 1) * GAP) / beside;
    for (int i = 0; i < workers; i++) {
        const struct fb_model_worker *w =
            fb_model_worker(sh->c->m, (uint32_t)i);
        const int x = FB__SVG_MARGIN + i % beside * (room + GAP);
        int at;

        if (i > 0 && i % beside == 0) {
            top = sh->bottom + 16;
        }
        snprintf(title, sizeof(title), "Worker %d", i);
        at = draw_title(sh, x, top, room, title, "polls, then its queue");
        at = draw_polled(sh, x, at, room, w);
        draw_queue(sh, x, at + 6, room, w);
    }
    draw_arrow(sh, FB__SVG_MARGIN + left + GAP, y);
    draw_waiting(sh, FB__SVG_MARGIN + left + GAP, y, all - left - GAP);
}

static void draw_all(struct sheet *sh) {
    const int y = FB__SVG_HEAD + 8;

    sh->bottom = y;
    if (fb_model_workers(sh->c->m) > 1) {
        draw_several(sh, y);
    } else {
        draw_one(sh, y);
    }
}

int fb__svg_lanes(const struct fb__svg_scene *c) {
    struct sheet sh = {.c = c, .dry = true, .waiting = fb_lane_count(c->m)};
    char title[FB__SVG_TEXT], subtitle[FB__SVG_TEXT / 2],
        desc[3 * FB__SVG_TEXT];

    draw_all(&sh); // how high it will be
    snprintf(title, sizeof(title), "%s: where each task stands", c->title);
    fb__svg_say_moment(c, subtitle, sizeof(subtitle));
    snprintf(desc, sizeof(desc),
             "%s, %s. From left to right: run queue in order, polled now, "
             "waiting, grouped by who will wake them.",
             title, subtitle);
    fb__svg_begin(&sh.svg, c->o->out, c->o->width, sh.bottom + 20, c->o->theme,
                  c->o->bare, title, subtitle, desc);
    sh.dry = false;
    draw_all(&sh);
    fb__svg_end(&sh.svg);
    return 0;
}
