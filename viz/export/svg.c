// Which picture, and what all pictures share: the moment in words, the axis of
// time, where events were lost, where lints fired.
#include "svg.h"
#include "fishbowl/trace/text.h"
#include "lints.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEN_PX = 6,   // an event of its own is at least so wide, or it is time
    DOT_PX = 2,    // a column of time
    EVENT_PX = 48, // and no event is wider than this
    TICK_PX = 110,
    LINTS_MOST = 200, // marks in a picture
};

const char *const fb_svg_view_names[FB_SVG_VIEWS] = {
    [FB_SVG_TIMELINE] = "timeline",
    [FB_SVG_TREE] = "tree",
    [FB_SVG_LANES] = "lanes",
    [FB_SVG_RUN] = "run",
};

// ---- words ----

void fb__svg_say_task(const struct fb__svg_scene *c, const struct fb_model *m,
                      uint32_t task, char *out, size_t out_bytes) {
    const int len = snprintf(out, out_bytes, "%" PRIu32 " ", task);

    if (len > 0 && (size_t)len < out_bytes && fb_model_task(m, task) != NULL) {
        fb_say_task(out + len, out_bytes - (size_t)len, c->names, m, task);
    }
}

static const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

void fb__svg_say_moment(const struct fb__svg_scene *c, char *out,
                        size_t out_bytes) {
    const struct fb_model *m = c->m;
    const struct fb_session_gap *gaps;
    char event[32], polls[32], wakes[32], time[32], lost[80] = "";
    uint64_t missing = 0, before = 0;
    const size_t count = fb_session_gaps(c->s, &gaps, &missing);

    for (size_t i = 0; i < count && gaps[i].first <= m->event; i++) {
        before += gaps[i].last - gaps[i].first + 1;
    }
    if (before > 0) {
        snprintf(lost, sizeof(lost), "; %" PRIu64 " event%s before it %s lost",
                 before, plural(before), before == 1 ? "was" : "were");
    }
    fb_say_time(time, sizeof(time), c->start_ns, m->time_ns);
    snprintf(out, out_bytes,
             "after event %s at %s s: %" PRIu32
             " task%s, %s poll%s, %s wake%s%s%s",
             fb_view_count(m->event, event), time, m->live_tasks,
             plural(m->live_tasks), fb_view_count(m->polls, polls),
             plural(m->polls), fb_view_count(m->wakes, wakes), plural(m->wakes),
             lost, m->uncertain ? "; uncertain: no census has come since" : "");
}

// ---- time ----

static uint64_t divide_up(uint64_t n, uint64_t by) {
    return n / by + (n % by != 0);
}

struct fb_timeline_window fb__svg_window(const struct fb__svg_scene *c, int px,
                                         int *ret_px) {
    const uint64_t room = (uint64_t)(px > 0 ? px : 1);
    const uint64_t first = fb_timeline_place(c->h, FB_SCALE_TIME, c->first);
    const uint64_t last = fb_timeline_place(c->h, FB_SCALE_TIME, c->last);
    struct fb_timeline_window w = {.scale = FB_SCALE_EVENTS, .from = c->first};
    uint64_t span = c->last - c->first + 1, cols = room / SEEN_PX;

    if (span > cols) {
        cols = room / DOT_PX;
        if (last > first) {
            w.scale = FB_SCALE_TIME;
            w.from = first;
            span = last - first < UINT64_MAX ? last - first + 1 : last - first;
        }
    }
    w.step = divide_up(span, cols > 0 ? cols : 1);
    w.cols = (int)divide_up(span, w.step);
    *ret_px = (int)(room / (uint64_t)w.cols);
    *ret_px = *ret_px > EVENT_PX ? EVENT_PX : *ret_px < 1 ? 1 : *ret_px;
    return w;
}

// "1,204", or in seconds with as many decimals as tell two ticks apart.
static void say_tick(const struct fb__svg_scene *c,
                     const struct fb_timeline_window *w, uint64_t place,
                     uint64_t tick, char out[64]) {
    uint64_t unit = 1000000000, since;
    int decimals = 0;
    char digits[32];

    if (w->scale == FB_SCALE_EVENTS) {
        snprintf(out, 64, "%s", fb_view_count(place, digits));
        return;
    }
    since = place > c->start_ns ? place - c->start_ns : 0;
    for (; decimals < 9 && tick < unit; decimals++) {
        unit /= 10;
    }
    snprintf(digits, sizeof(digits), "%09" PRIu64, since % 1000000000);
    snprintf(out, 64, "%" PRIu64 "%s%.*s s", since / 1000000000,
             decimals > 0 ? "." : "", decimals, digits);
}

void fb__svg_axis(struct fb__svg *s, const struct fb__svg_scene *c,
                  const struct fb_timeline_window *w, int x, int px, int y,
                  int bottom) {
    const uint64_t origin = w->scale == FB_SCALE_TIME ? c->start_ns : 0;
    const uint64_t tick =
        fb_timeline_round(w->step * (uint64_t)(TICK_PX / px + 1));
    const uint64_t into = w->from >= origin ? (w->from - origin) % tick : 0;
    uint64_t place = w->from + (into == 0 ? 0 : tick - into);
    char text[64];

    fb__svg_text(s, "dim", FB__SVG_MARGIN, y,
                 w->scale == FB_SCALE_TIME ? "time" : "event");
    for (int col; (col = fb_timeline_col(w, place)) >= 0 && col < w->cols;
         place += tick) {
        say_tick(c, w, place, tick, text);
        fb__svg_line(s, "rule", x + col * px, y - 11, x + col * px, bottom);
        if (x + col * px + fb__svg_text_width(text) < s->width) {
            fb__svg_text(s, "dim", x + col * px + 4, y, text);
        }
        if (place > UINT64_MAX - tick) {
            break;
        }
    }
}

void fb__svg_lost(struct fb__svg *s, const struct fb_timeline_window *w,
                  const struct fb_timeline_column *columns, int x, int px,
                  int y, int bottom) {
    for (int i = 0; i < w->cols; i++) {
        const int from = i;

        if (columns[i].lost == 0) {
            continue;
        }
        while (i + 1 < w->cols && columns[i + 1].lost > 0) {
            i++;
        }
        fb__svg_open(s, NULL, "Events were lost here.");
        for (int at = x + from * px; at <= x + i * px; at += 4) {
            fb__svg_line(s, "lost", at, y, at, bottom);
        }
        fb__svg_text(s, "dim", x + from * px + 2, bottom - 2, "lost");
        fb__svg_close(s);
    }
}

int fb__svg_lints(struct fb__svg *s, const struct fb__svg_scene *c,
                  const struct fb_timeline_window *w, int x, int px, int y) {
    const struct fb_lints *lints = fb_session_lints(c->s);
    char words[FB__SVG_TEXT], text[FB__SVG_TEXT + 40];
    int count = 0, last = -1;

    for (size_t i = 0; i < fb_lints_until(lints, c->last); i++) {
        const struct fb_finding *f = fb_lints_at(lints, i);
        const int col =
            fb_timeline_col(w, fb_timeline_place(c->h, w->scale, f->event));

        if (f->event < c->first || col < 0 || col >= w->cols) {
            continue;
        }
        count++;
        if (count > LINTS_MOST || (last >= 0 && (col - last) * px < 8)) {
            continue; // it would lie on the one before
        }
        last = col;
        fb_lint_sentence(words, sizeof(words), c->names, f);
        snprintf(text, sizeof(text), "Event %" PRIu64 ": %s", f->event, words);
        fb__svg_open(s, NULL, text);
        fb__svg_text(s, "warn strong mid", x + col * px + px / 2, y, "!");
        fb__svg_close(s);
    }
    return count;
}

void fb__svg_cursor(struct fb__svg *s, const struct fb__svg_scene *c,
                    const struct fb_timeline_window *w, int x, int px, int y,
                    int bottom) {
    const int col =
        fb_timeline_col(w, fb_timeline_place(c->h, w->scale, c->at));
    char words[40];

    if (c->o->at == 0 || col < 0 || col >= w->cols) {
        return;
    }
    x += col * px + px / 2;
    fb__svg_line(s, "at", x, y, x, bottom);
    snprintf(words, sizeof(words), "event %" PRIu64, c->at);
    if (x + fb__svg_text_width(words) / 2 > s->width) {
        x = s->width - fb__svg_text_width(words) / 2;
    }
    fb__svg_text(s, "strong mid", x, y - 4, words);
}

// ---- which picture ----

static bool is_kept(const struct fb_history *h, uint64_t event) {
    return event == 0 || fb_history_event(h, event) != NULL;
}

static int look(struct fb__svg_scene *c, struct fb_model *world) {
    const struct fb_export_options *o = c->o;
    const uint64_t first = fb_history_first(c->h), last = fb_history_last(c->h);
    const struct fb_model *m;

    c->first = o->from > first ? o->from : first;
    c->last = o->to != 0 && o->to < last ? o->to : last;
    if (last == 0 || c->first > c->last || !is_kept(c->h, o->at)) {
        return -ERANGE;
    }
    c->at = o->at != 0 ? o->at : c->last;
    c->m = world;
    m = fb_history_at(c->h, c->at);
    return m == NULL ? -ENOMEM : fb_model_copy(world, m);
}

int fb_export_svg(struct fb_session *s,
                  const struct fb_export_options *options) {
    static int (*const draw[FB_SVG_VIEWS])(const struct fb__svg_scene *) = {
        [FB_SVG_TIMELINE] = fb__svg_timeline,
        [FB_SVG_TREE] = fb__svg_tree,
        [FB_SVG_LANES] = fb__svg_lanes,
        [FB_SVG_RUN] = fb__svg_run};
    struct fb_export_options o = *options;
    struct fb__svg_scene c = {.s = s,
                              .h = fb_session_history(s),
                              .names = fb_session_names(s),
                              .start_ns = fb_session_facts(s)->start_time_ns,
                              .o = &o};
    struct fb_model world = {0}; // its own: pictures look at other moments, too
    int err;

    if (o.title != NULL) {
        fb_text_sanitise(o.title, strlen(o.title), c.title, sizeof(c.title));
    } else {
        snprintf(c.title, sizeof(c.title), "%s", fb_session_facts(s)->program);
    }
    o.width = o.width > 0 ? o.width : FB_SVG_WIDTH;
    o.width += o.bare ? 2 * FB__SVG_SHORN : 0; // the margins are shorn off
    err = look(&c, &world);
    if (err == 0) {
        err = draw[o.view](&c);
    }
    fb_model_deinit(&world);
    return err < 0 ? err : fflush(o.out) != 0 || ferror(o.out) ? -EIO : 0;
}
