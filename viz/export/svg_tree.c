// The tree: each task with its futures inside one another, and why each leaf is
// pending: the backtrace of a program that waits.
//
// Problem: a program may have ten thousand tasks, a hostile trace a million
//     futures inside one another.
// Idea: rows are gathered first, so that the picture's height is known, and no
//     more than fit: whole tasks while there is room. What is left out is said
//     below. Levels beyond the margin are drawn at its end, with their number.
#include "fishbowl/trace/text.h"
#include "svg.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MOST = 160, // of all tasks together
    TASK_ROWS = 60,  // of one task among others
    LEVELS = 24,     // that are indented
    INDENT = 16,
    REASON = 46,  // percent of the width: where reasons begin
    BETWEEN = 16, // names and reasons, when bare
    HEADER = 30,
    BARE_ROW = 18, // of a future, when bare
    FOOT = 10,     // below the last one
    GAP = 12,
    CLOSE = 6, // the same, when bare
};

struct card {
    const struct fb_model_task *task;
    size_t first, count; // of the rows
    bool more;           // futures than these
};

struct sheet {
    struct fb__svg svg;
    const struct fb__svg_scene *c;
    struct fb_model_row rows[ROWS_MOST + 1];
    struct card cards[ROWS_MOST];
    size_t row_count, card_count;
    uint32_t left_out; // tasks
    int reason;        // x where reasons begin
};

// ---- what is drawn ----

// False: there is no room for more.
static bool add_task(struct sheet *sh, const struct fb_model_task *t) {
    const size_t used = sh->row_count + sh->card_count;
    size_t room, count;

    if (used + 2 > ROWS_MOST) {
        return false;
    }
    room = ROWS_MOST - used - 1;
    room = sh->c->o->task == 0 && room > TASK_ROWS ? TASK_ROWS : room;
    // one more, to know whether there are more
    count = fb_model_tree(sh->c->m, t->id, &sh->rows[sh->row_count], room + 1);
    sh->cards[sh->card_count++] = (struct card){
        t, sh->row_count, count > room ? room : count, count > room};
    sh->row_count += count > room ? room : count;
    return true;
}

static int gather(struct sheet *sh) {
    const struct fb_model *m = sh->c->m;
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    if (sh->c->o->task != 0) {
        t = fb_model_task(m, sh->c->o->task);
        return t != NULL && add_task(sh, t) ? 0 : -ESRCH;
    }
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        if (!add_task(sh, t)) {
            sh->left_out++;
        }
    }
    return 0;
}

// Bare, a task and its root future share the header.
static size_t hidden_rows(const struct sheet *sh, const struct card *card) {
    return sh->c->o->bare && card->count > 0 ? 1 : 0;
}

static int gap(const struct sheet *sh) {
    return sh->c->o->bare ? CLOSE : GAP;
}

static int row_height(const struct sheet *sh) {
    return sh->c->o->bare ? BARE_ROW : FB__SVG_ROW;
}

static int height_of(const struct sheet *sh, const struct card *card) {
    const size_t count = card->count - hidden_rows(sh, card);

    return HEADER + (int)(count + card->more) * row_height(sh) +
           (count > 0 ? sh->c->o->bare ? FOOT / 2 : FOOT : 0);
}

// ---- words ----

static void say_name(const struct fb__svg_scene *c,
                     const struct fb_model_row *row, char *out,
                     size_t out_bytes) {
    const char *name = "?", *file = "";
    uint32_t line = 0, size = 0;
    int len = 0;

    if (row->depth > LEVELS) {
        len = snprintf(out, out_bytes, "(level %" PRIu32 ") ", row->depth);
    }
    c->names->place(c->names->arg, row->future->type, &name, &file, &line,
                    &size);
    fb_text_sanitise(name, strlen(name), out + len, out_bytes - (size_t)len);
}

// "○ pending: fd 7 readable", "✓ ready: 4"; bare: "○ fd 7 readable"
static void say_state(const struct fb__svg_scene *c,
                      const struct fb_model_future *f, char *out,
                      size_t out_bytes) {
    const struct fb_state_look look = fb_future_look(c->m, f);
    const bool has_out = f->state == FB_FUTURE_READY ||
                         (f->state == FB_FUTURE_DROPPED && f->polls > 0 &&
                          f->why == FB_DROP_FINISHED);
    char reason[FB__SVG_TEXT];

    if (f->state == FB_FUTURE_PENDING && f->first_child == FB_MODEL_NONE) {
        fb_say_reason(reason, sizeof(reason), c->names, c->m, f->id);
    } else if (has_out && f->out < 0) {
        snprintf(reason, sizeof(reason), "%s", fb_name_errno(f->out));
    } else if (has_out) {
        snprintf(reason, sizeof(reason), "%" PRId32, f->out);
    } else {
        reason[0] = '\0';
    }
    if (c->o->bare && f->state == FB_FUTURE_PENDING && reason[0]) {
        snprintf(out, out_bytes, "%s %s", look.symbol, reason);
    } else {
        snprintf(out, out_bytes, "%s %s%s%s", look.symbol, look.word,
                 reason[0] ? ": " : "", reason);
    }
}

static const char *class_of(enum fb_style style) {
    switch (style) {
    case FB_STYLE_RUNNING: return "good strong";
    case FB_STYLE_DIM:
    case FB_STYLE_COMPLETE: return "dim";
    default: return NULL;
    }
}

// ---- drawing ----

static void draw_rails(struct sheet *sh, const struct fb_model_row *row, int x,
                       int y) {
    const uint32_t depth = row->depth < LEVELS ? row->depth : LEVELS;
    const int high = row_height(sh);
    const int at = x + (int)depth * INDENT + 4;

    for (uint32_t d = 0; d < depth; d++) {
        if ((row->rails >> d & 1) != 0) {
            fb__svg_line(&sh->svg, "axis", x + (int)d * INDENT + 4, y,
                         x + (int)d * INDENT + 4, y + high);
        }
    }
    fb__svg_line(&sh->svg, "axis", at, y, at,
                 row->last_sibling ? y + high / 2 : y + high);
    fb__svg_line(&sh->svg, "axis", at, y + high / 2, at + 9, y + high / 2);
}

static void draw_future(struct sheet *sh, const struct fb_model_row *row,
                        int y) {
    const struct fb__svg_scene *c = sh->c;
    const struct fb_model_future *f = row->future;
    const uint32_t depth = row->depth < LEVELS ? row->depth : LEVELS;
    const int left = FB__SVG_MARGIN + 14, room = c->o->width - 2 * left;
    const int tree = c->o->bare ? left - INDENT : left; // no root is there
    const char *class = class_of(fb_future_look(c->m, f).style);
    int x = tree + (int)depth * INDENT + 18;
    char text[FB__SVG_TEXT + 40];

    draw_rails(sh, row, tree, y);
    say_name(c, row, text, sizeof(text));
    x += fb__svg_fit(&sh->svg, class, x, y + 14,
                     (c->o->bare ? sh->reason : left + room * 30 / 100) - x,
                     text);
    text[0] = '\0';
    if (!c->o->bare && f->own_line != 0 && f->state != FB_FUTURE_DROPPED) {
        fb_say_place(text, sizeof(text), c->names, f->type, f->own_line);
    }
    if (text[0]) {
        fb__svg_fit(&sh->svg, "dim", x + 12, y + 14,
                    sh->reason - room * 2 / 100 - x - 12, text);
    }
    say_state(c, f, text, sizeof(text));
    x = sh->reason;
    fb__svg_fit(&sh->svg, class, x, y + 14, left + room - x, text);
}

// Bare: "4 Ada    ○ pending", which its root future is.
static void draw_bare_header(struct sheet *sh, const struct card *card, int y) {
    const int x = FB__SVG_MARGIN + 14, end = sh->c->o->width - x;
    const struct fb_state_look look = fb_task_look(card->task);
    char text[FB__SVG_TEXT + 40];

    fb__svg_say_task(sh->c, sh->c->m, card->task->id, text, FB__SVG_TEXT);
    fb__svg_fit(&sh->svg, "strong", x, y + 19, sh->reason - x, text);
    if (card->count > 0 && card->task->state != FB_TASK_SCHEDULED) {
        say_state(sh->c, sh->rows[card->first].future, text, sizeof(text));
    } else {
        snprintf(text, sizeof(text), "%s %s", look.symbol, look.word);
    }
    fb__svg_fit(&sh->svg, class_of(look.style), sh->reason, y + 19,
                end - sh->reason, text);
}

// "4 Ada    ○ idle, 2 polls", and who will wake it.
static void draw_header(struct sheet *sh, const struct fb_model_task *t,
                        int y) {
    const struct fb__svg_scene *c = sh->c;
    const struct fb_state_look look = fb_task_look(t);
    const int left = FB__SVG_MARGIN + 14, room = c->o->width - 2 * left;
    char text[FB__SVG_TEXT], who[FB__SVG_TEXT];
    int x = left;

    fb__svg_say_task(c, c->m, t->id, text, sizeof(text));
    x += fb__svg_fit(&sh->svg, "strong", x, y + 19, room * 30 / 100, text) + 16;
    snprintf(text, sizeof(text), "%s %s, %" PRIu32 " poll%s", look.symbol,
             look.word, t->polls, t->polls == 1 ? "" : "s");
    fb__svg_fit(&sh->svg, class_of(look.style), x, y + 19,
                sh->reason - room * 2 / 100 - x, text);
    fb_say_who_wakes(who, sizeof(who), c->names, c->m, t->id);
    if (who[0]) {
        x = sh->reason;
        snprintf(text, sizeof(text), "will wake it: %.*s", FB__SVG_TEXT - 20,
                 who);
        fb__svg_fit(&sh->svg, "dim", x, y + 19, left + room - x, text);
    }
}

static void draw_card(struct sheet *sh, const struct card *card, int y) {
    fb__svg_open(&sh->svg, NULL, NULL);
    fb__svg_rect(&sh->svg, "card", FB__SVG_MARGIN, y,
                 sh->c->o->width - 2 * FB__SVG_MARGIN, height_of(sh, card), 8);
    if (sh->c->o->bare) {
        draw_bare_header(sh, card, y);
    } else {
        draw_header(sh, card->task, y);
    }
    y += HEADER;
    for (size_t i = hidden_rows(sh, card); i < card->count;
         i++, y += row_height(sh)) {
        draw_future(sh, &sh->rows[card->first + i], y);
    }
    if (card->more) {
        fb__svg_text(&sh->svg, "dim", FB__SVG_MARGIN + 14, y + 14,
                     "… its other futures are left out");
    }
    fb__svg_close(&sh->svg);
}

// Where reasons begin: bare, close behind the longest name, but not beyond two
// thirds.
static int place_reasons(const struct sheet *sh) {
    const int left = FB__SVG_MARGIN + 14, room = sh->c->o->width - 2 * left;
    char text[FB__SVG_TEXT];
    int names = 0, end;

    if (!sh->c->o->bare) {
        return left + room * REASON / 100;
    }
    for (size_t i = 0; i < sh->card_count; i++) {
        const struct card *card = &sh->cards[i];

        fb__svg_say_task(sh->c, sh->c->m, card->task->id, text, sizeof(text));
        end = fb__svg_text_width(text);
        names = end > names ? end : names;
        for (size_t k = card->first + hidden_rows(sh, card);
             k < card->first + card->count; k++) {
            const uint32_t depth = sh->rows[k].depth;

            say_name(sh->c, &sh->rows[k], text, sizeof(text));
            end = (int)(depth < LEVELS ? depth : LEVELS) * INDENT - INDENT +
                  18 + fb__svg_text_width(text);
            names = end > names ? end : names;
        }
    }
    end = room * 2 / 3 - BETWEEN;
    return left + (names < end ? names : end) + BETWEEN;
}

static void draw(struct sheet *sh) {
    const struct fb__svg_scene *c = sh->c;
    char title[FB__SVG_TEXT], subtitle[FB__SVG_TEXT / 2],
        desc[3 * FB__SVG_TEXT];
    int height = FB__SVG_HEAD + 8, y = height;

    sh->reason = place_reasons(sh);
    for (size_t i = 0; i < sh->card_count; i++) {
        height += height_of(sh, &sh->cards[i]) + gap(sh);
    }
    height += sh->left_out > 0 || sh->card_count == 0 ? 30
              : c->o->bare                            ? 2 - CLOSE
                                                      : 12;
    snprintf(title, sizeof(title), "%s: what waits where", c->title);
    fb__svg_say_moment(c, subtitle, sizeof(subtitle));
    snprintf(desc, sizeof(desc),
             "%s, %s. A card for each of %zu tasks: its futures inside one "
             "another, and why each leaf is pending.",
             title, subtitle, sh->card_count);
    fb__svg_begin(&sh->svg, c->o->out, c->o->width, height, c->o->theme,
                  c->o->bare, title, subtitle, desc);
    for (size_t i = 0; i < sh->card_count; i++) {
        draw_card(sh, &sh->cards[i], y);
        y += height_of(sh, &sh->cards[i]) + gap(sh);
    }
    if (sh->left_out > 0) {
        fb__svg_textf(&sh->svg, "sub dim", FB__SVG_MARGIN, y + 12,
                      "… and %" PRIu32 " more tasks; --task shows one of them.",
                      sh->left_out);
    } else if (sh->card_count == 0) {
        fb__svg_text(&sh->svg, "sub dim", FB__SVG_MARGIN, y + 12,
                     "There is no task.");
    }
    fb__svg_end(&sh->svg);
}

int fb__svg_tree(const struct fb__svg_scene *c) {
    struct sheet *sh = calloc(1, sizeof(*sh));
    int err;

    if (sh == NULL) {
        return -ENOMEM;
    }
    sh->c = c;
    err = gather(sh);
    if (err == 0) {
        draw(sh);
    }
    free(sh);
    return err;
}
