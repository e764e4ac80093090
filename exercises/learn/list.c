// The list: one row an exercise, the same words on a screen and in a pipe.
#include "list.h"

#include "verdict.h"
#include "view.h"
#include "watch.h"
#include "watching.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct list_look list_look(const struct course_exercise *e,
                           const struct state_entry *entry) {
    if (entry == NULL) {
        return (struct list_look){"\u00b7", "", FB_STYLE_NORMAL};
    }
    if (entry->mark == STATE_PASSED) {
        return strcmp(entry->hash, e->hash) == 0
                   ? (struct list_look){"\u2713", "passed", FB_STYLE_READY}
                   : (struct list_look){"\u2713", "passed, has changed since",
                                        FB_STYLE_WARNING};
    }
    if (entry->given_up) {
        return (struct list_look){"-", "given up", FB_STYLE_DIM};
    }
    if (entry->mark == STATE_FAILED) {
        return (struct list_look){"\u2717", "not yet", FB_STYLE_FAILED};
    }
    return (struct list_look){"\u00b7", "looked at", FB_STYLE_NORMAL};
}

enum { TITLE_COLS = 26, ROW_BYTES = 512 };

static void say_row(const struct course_exercise *e,
                    const struct state_entry *entry, char out[ROW_BYTES]) {
    const struct list_look look = list_look(e, entry);
    const int pad = TITLE_COLS - fb_text_cols(e->title);
    char tries[16] = "", hints[16] = "";

    if (entry != NULL && entry->attempts > 0) {
        snprintf(tries, sizeof(tries), "%u", entry->attempts);
    }
    if (entry != NULL && entry->hints > 0) {
        snprintf(hints, sizeof(hints), "%u", entry->hints);
    }
    snprintf(out, ROW_BYTES, "%s %02u %s%*s %-8s %3u %5s %5s  %s%s%s",
             look.mark, e->number, e->title, pad > 0 ? pad : 0, "",
             course_kind_name(e->kind), e->minutes, tries, hints, look.word,
             entry != NULL && entry->mark == STATE_FAILED ? ": " : "",
             entry != NULL && entry->mark == STATE_FAILED ? entry->last : "");
}

static void say_head(char out[ROW_BYTES]) {
    snprintf(out, ROW_BYTES, "  no %-*s %-8s min tries hints  ", TITLE_COLS - 0,
             "title", "kind");
}

void list_table(struct page *p, const struct learn *l, const struct state *s) {
    char row[ROW_BYTES];

    say_head(row);
    page_code(p, FB_STYLE_HEADING, "%s", row);
    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);
        const struct state_entry *entry = state_find(s, e->id);

        say_row(e, entry, row);
        page_code(p, list_look(e, entry).style, "%s", row);
    }
}

// ---- on a screen ----

struct list {
    struct learn *l;
    struct state s;
    size_t at, top, room; // the row with the cursor; the first that is shown
    bool done, dirty;
    const struct course_exercise *chosen;
};

static void move(struct list *v, long by) {
    const long last = (long)course_count(v->l->course) - 1;
    long at = (long)v->at + by;

    at = at > last ? last : at;
    v->at = at < 0 ? 0 : (size_t)at;
    v->dirty = true;
}

static void key(void *arg, uint32_t code) {
    struct list *v = arg;
    const long page = v->room > 1 ? (long)v->room - 1 : 1;

    switch (code) {
    case 'j':
    case FB_KEY_DOWN: move(v, 1); break;
    case 'k':
    case FB_KEY_UP: move(v, -1); break;
    case ' ':
    case FB_KEY_PAGE_DOWN: move(v, page); break;
    case 'b':
    case FB_KEY_PAGE_UP: move(v, -page); break;
    case 'g':
    case FB_KEY_HOME: move(v, -10000); break;
    case 'G':
    case FB_KEY_END: move(v, 10000); break;
    case FB_KEY_ENTER:
    case FB_KEY_RIGHT:
        v->chosen = course_at(v->l->course, v->at);
        v->done = true;
        break;
    case 'q':
    case FB_KEY_ESC: v->done = true; break;
    default: break;
    }
}

enum { LIST_TOP = 3 };

static void click(void *arg, int row, int col) {
    struct list *v = arg;
    const size_t at = v->top + (size_t)(row - LIST_TOP);

    (void)col;
    if (row >= LIST_TOP && (size_t)(row - LIST_TOP) < v->room &&
        at < course_count(v->l->course)) {
        v->at = at;
        v->dirty = true;
    }
}

static void scroll(struct list *v) {
    if (v->at < v->top) {
        v->top = v->at;
    }
    if (v->at >= v->top + v->room) {
        v->top = v->at - v->room + 1;
    }
}

static void draw_rows(struct list *v, struct fb_grid *g, struct fb_area a) {
    char row[ROW_BYTES];

    for (size_t i = 0; i < v->room; i++) {
        const struct course_exercise *e;
        const struct state_entry *entry;

        if (v->top + i >= course_count(v->l->course)) {
            return;
        }
        e = course_at(v->l->course, v->top + i);
        entry = state_find(&v->s, e->id);
        say_row(e, entry, row);
        fb_grid_put(g, a, LIST_TOP + (int)i, 2, list_look(e, entry).style, row);
        if (v->top + i == v->at) {
            fb_grid_put(g, a, LIST_TOP + (int)i, 0, FB_STYLE_STRONG, "\u25b8");
            fb_grid_paint(g, (struct fb_area){a.row, a.col, a.rows, a.cols},
                          LIST_TOP + (int)i, FB_STYLE_SELECTED);
        }
    }
}

// What the exercise under the cursor is about: its concept is often the answer,
// so before it is passed only what there is to do.
static void draw_about(const struct list *v, struct fb_grid *g,
                       struct fb_area a) {
    static const char *const todo[COURSE_KINDS] = {
        [COURSE_STEP] = "look, say what comes next, and see",
        [COURSE_PREDICT] = "say what will come of a whole run, and see",
        [COURSE_PARSONS] = "the lines are there; put them in order",
        [COURSE_CODE] = "write the missing lines",
        [COURSE_FADED] = "write it by hand, a little more each time",
        [COURSE_HUNT] = "something is wrong; find it in the picture",
        [COURSE_DRILL] = "change its shape and nothing else",
    };
    const struct course_exercise *e = course_at(v->l->course, v->at);
    const struct state_entry *entry = state_find(&v->s, e->id);
    const bool passed = entry != NULL && entry->mark == STATE_PASSED;

    fb_grid_fill(g, a, a.rows - 3, 0, a.cols, FB_STYLE_RULE, 0x2500);
    fb_grid_putf(g, a, a.rows - 2, 1, FB_STYLE_NORMAL, "%s",
                 passed ? e->concept : todo[e->kind]);
}

static void draw(void *arg, struct fb_grid *g) {
    struct list *v = arg;
    const struct fb_area a = fb_grid_area(g);
    char bar[128], head[ROW_BYTES];

    fb_grid_clear(g);
    v->dirty = false;
    v->room = a.rows > LIST_TOP + 4 ? (size_t)(a.rows - LIST_TOP - 3) : 1;
    scroll(v);
    learn_bar(v->l, &v->s, a.cols - 24, bar, sizeof(bar));
    fb_grid_putf(g, a, 0, 1, FB_STYLE_TITLE, "Exercises");
    fb_grid_put(g, a, 0, 14, FB_STYLE_NORMAL, bar);
    say_head(head);
    fb_grid_put(g, a, 2, 2, FB_STYLE_HEADING, head);
    draw_rows(v, g, a);
    draw_about(v, g, a);
    watching_footer(g, a.rows - 1,
                    (const char *const[]){"\u2191\u2193", "move", "Enter",
                                          "work on it", "q", "quit", NULL});
}

static bool dirty(void *arg) {
    const struct list *v = arg;

    return v->dirty;
}

static bool done(void *arg) {
    const struct list *v = arg;

    return v->done;
}

static void touch(void *arg) {
    struct list *v = arg;

    v->dirty = true;
}

int list_show(struct learn *l, const struct course_exercise *here,
              const struct course_exercise **ret_chosen) {
    struct list v = {.l = l, .dirty = true};
    const struct fb_tui_client client = {.arg = &v,
                                         .key = key,
                                         .click = click,
                                         .draw = draw,
                                         .dirty = dirty,
                                         .done = done,
                                         .touch = touch};
    const struct fb_tui_options options = {.ascii = l->options.ascii,
                                           .no_color = l->options.no_color};
    int status;

    *ret_chosen = NULL;
    if (!learn_state(l, &v.s)) {
        return 1;
    }
    here = here != NULL ? here : learn_current(l, &v.s);
    for (size_t i = 0; i < course_count(l->course); i++) {
        v.at = course_at(l->course, i) == here ? i : v.at;
    }
    status = fb_tui_show(&client, &options);
    state_deinit(&v.s);
    *ret_chosen = status == 0 ? v.chosen : NULL;
    return status;
}

int learn_verb_list(struct learn *l) {
    const struct course_exercise *chosen = NULL;
    struct page p = {0};
    struct state s;
    char bar[128];
    int status;

    if (l->screen && course_count(l->course) > 0) {
        status = list_show(l, NULL, &chosen);
        return chosen == NULL ? status : watching_run(l, chosen);
    }
    if (!learn_state(l, &s)) {
        return 1;
    }
    list_table(&p, l, &s);
    learn_bar(l, &s, l->look.cols, bar, sizeof(bar));
    page_gap(&p);
    page_add(&p, FB_STYLE_NORMAL, "%s", bar);
    state_deinit(&s);
    return learn_say(l, &p, 0);
}
