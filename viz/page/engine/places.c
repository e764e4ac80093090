// Places: where a task stands in the source, and which line of the runtime
// wrote an event. The texts are those that the trace carries.
#include "engine_state.h"
#include "fishbowl/trace/text.h"
#include "points.h"
#include "sources.h"
#include "where.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MOST = 100000 };

static void put_file(struct fb__answer *a, const char *file) {
    char text[FB__ENGINE_TEXT];

    fb_text_sanitise(file, strlen(file), text, sizeof(text));
    fb__answer_text(a, "file", text);
}

static void put_chain(struct fb_engine *e, struct fb__answer *a,
                      uint32_t task) {
    struct fb_where chain[FB_WHERE_MAX];
    size_t best;
    const size_t count = fb_where(&e->at.now, &e->table, task, chain, &best);

    fb__answer_open(a, "places", '[');
    for (size_t i = 0; i < count; i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "future", chain[i].future);
        fb__answer_text(a, "name", chain[i].name);
        fb__answer_bool(a, "awaits", chain[i].awaits);
        put_file(a, chain[i].file);
        fb__answer_number(a, "line", chain[i].line);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    fb__answer_signed(a, "best", count > 0 ? (int)best : -1);
    put_file(a, count > 0 ? chain[best].file : "");
    fb__answer_number(a, "line", count > 0 ? chain[best].line : 0);
}

int fb_engine_source(struct fb_engine *e, uint32_t task) {
    struct fb__answer *a = fb__engine_begin(e);

    if (fb_model_task(&e->at.now, task) == NULL) {
        fb__answer_null(a, NULL);
    } else {
        fb__answer_open(a, NULL, '{');
        put_chain(e, a, task);
        fb__answer_close(a, '}');
    }
    return fb__engine_done(e);
}

int fb_engine_actor(struct fb_engine *e) {
    const struct fb_point *points[FB_POINTS_MAX];
    const struct fb_model *m = &e->at.now;
    struct fb__answer *a = fb__engine_begin(e);
    const bool foreign = (e->head.flags & FB_TRACE_FOREIGN) != 0;
    char text[FB__ENGINE_TEXT] = "";
    size_t count = 0;

    if (fb_history_event(e->history, m->event) != NULL) {
        count = fb_points_say(m->event, &m->last, foreign ? 0 : e->head.workers,
                              text, sizeof(text), points);
    }
    fb__answer_open(a, NULL, '{');
    fb__answer_text(a, "sentence", text);
    fb__answer_open(a, "places", '[');
    for (size_t i = 0; i < count; i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_text(a, "file", points[i]->file);
        fb__answer_text(a, "function", points[i]->function);
        fb__answer_number(a, "line", points[i]->line);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}

// ---- a text ----

static int put_lines(struct fb_engine *e, struct fb__answer *a,
                     const struct fb__recorded_source *s) {
    struct fb_source_line *lines;
    char text[FB__ENGINE_TEXT];
    size_t count;

    if (fb_source_split(s->text, s->len, &lines, &count) < 0) {
        return fb__engine_refuse(e, -ENOMEM, "no memory is left for the text");
    }
    fb__answer_open(a, "lines", '[');
    for (size_t i = 0; i < count && i < LINES_MOST; i++) {
        fb_source_say(&lines[i], text, sizeof(text));
        fb__answer_text(a, NULL, text);
    }
    fb__answer_close(a, ']');
    free(lines);
    return 0;
}

// A page names files as it was given them: sanitised.
static const struct fb__recorded_source *find_said(const struct fb_engine *e,
                                                   const char *file) {
    char text[FB__ENGINE_TEXT];

    for (size_t i = 0; i < e->recorded.source_count; i++) {
        const char *name = e->recorded.sources[i].file;

        fb_text_sanitise(name, strlen(name), text, sizeof(text));
        if (strcmp(text, file) == 0) {
            return &e->recorded.sources[i];
        }
    }
    return NULL;
}

int fb_engine_text(struct fb_engine *e, const char *file) {
    const struct fb__recorded_source *s = find_said(e, file);
    struct fb__answer *a = fb__engine_begin(e);
    int err = 0;

    fb__answer_open(a, NULL, '{');
    if (s == NULL || memchr(s->text, '\0', s->len) != NULL) {
        fb__answer_null(a, "lines");
        fb__answer_text(a, "why",
                        s == NULL ? "its source is not in this trace (export "
                                    "it where the source is)"
                                  : "it is no text");
    } else {
        err = put_lines(e, a, s);
        fb__answer_text(a, "why", "");
    }
    fb__answer_close(a, '}');
    return err < 0 ? err : fb__engine_done(e);
}
