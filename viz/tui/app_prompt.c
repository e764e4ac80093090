// Problem: several keys ask for a few words; what was typed may be wrong, and
//     the person must see why before the line is gone.
// Idea: one table of questions: what is asked, what may be answered, who looks
//     at the answer. A wrong answer leaves the line open, with the reason
//     beside it.
#include "app_state.h"
#include "fishbowl/trace/text.h"
#include "moment.h"
#include <string.h>

struct question {
    const char *label, *hint;
    // Takes the answer. Returns 0, or less than 0 with the reason in `wrong`.
    int (*take)(struct fb_app *app, const char *text);
    // Looks at what is typed so far: the same, but changes nothing. May be
    // NULL.
    int (*look)(struct fb_app *app, const char *text);
};

static int take_moment(struct fb_app *app, const char *text) {
    const struct fb_history *h = fb_session_history(app->session);
    uint64_t event;
    int err;

    if (!text[0]) {
        return 0;
    }
    do { // what lies beyond the last event may not be loaded yet
        err =
            fb_moment_find(&event, text, h, app->scene.at, app->scene.start_ns,
                           app->wrong, sizeof(app->wrong));
    } while (!err && event == fb_history_last(h) && fb__app_load_more(app));
    if (!err) {
        fb__app_go(app, event);
    }
    return err;
}

void fb__app_open_at(struct fb_app *app, const char *text) {
    const struct fb_event *e;

    fb__app_refresh(app);
    (void)take_moment(app, text); // it was checked
    fb__app_refresh(app);
    e = fb_history_event(fb_session_history(app->session), app->at);
    if (e && fb_model_task(app->scene.model, fb_event_task(e))) {
        app->scene.task = fb_event_task(e);
    }
}

static int take_search(struct fb_app *app, const char *text) {
    snprintf(app->scene.search, sizeof(app->scene.search), "%s", text);
    app->searched = 0;
    if (text[0]) {
        fb__app_search(app, 1);
    }
    return 0;
}

static int look_filter(struct fb_app *app, const char *text) {
    struct fb_filter filter;

    return fb_filter_parse(&filter, text, app->wrong, sizeof(app->wrong));
}

static int take_filter(struct fb_app *app, const char *text) {
    struct fb_scene *s = &app->scene;
    int err =
        fb_filter_parse(&s->query.filter, text, app->wrong, sizeof(app->wrong));
    struct fb_task_list list;
    char n[32], all[32];

    if (err || fb_task_list_init(&list, s->model, s->names, &s->query)) {
        return err;
    }
    if (s->query.filter.count == 0) {
        fb__app_status(app, FB_STYLE_NORMAL, "All tasks are shown.");
    } else {
        fb__app_status(
            app, FB_STYLE_NORMAL, "%s of %s tasks are shown; \\ Enter ends it.",
            fb_view_count(list.count, n), fb_view_count(list.all, all));
    }
    fb_task_list_deinit(&list);
    return 0;
}

static int look_break(struct fb_app *app, const char *text) {
    struct fb_break b;

    return text[0] ? fb_break_parse(&b, text, app->wrong, sizeof(app->wrong))
                   : 0;
}

// Nothing typed: the page of those that there are.
static int take_break(struct fb_app *app, const char *text) {
    if (!text[0]) {
        app->frame.overlay = FB_OVERLAY_PLACES;
        return 0;
    }
    return fb__app_set_break(app, text);
}

static const struct question questions[FB__QUESTIONS] = {
    [FB__ASK_GO] = {"go to: ",
                    "an event (1234, +50, -50), a time (1.5s, 12ms), start, "
                    "end",
                    take_moment, NULL},
    [FB__ASK_SEARCH] = {"search: ", "any words; nothing ends the search",
                        take_search, NULL},
    [FB__ASK_FILTER] = {"filter: ",
                        "idle, live, lost …, label:Ada, await:read, by:timer, "
                        "id:5, !not; nothing shows all",
                        take_filter, look_filter},
    [FB__ASK_BREAK] = {"break at: ",
                       "WAKE, task 5, named.c:42, several, or lint; the same "
                       "again removes it; nothing lists them",
                       take_break, look_break},
    [FB__ASK_MARK] = {"bookmark: ", "a name, or nothing", fb__app_set_mark,
                      NULL},
    [FB__ASK_EXPORT] =
        {"write to: ", ".svg this pane, .html a page, .json for Perfetto, .csv",
         fb__app_take_export, NULL},
};

void fb__app_ask(struct fb_app *app, enum fb__question question,
                 const char *text) {
    app->asking = question;
    app->wrong[0] = '\0';
    fb_line_begin(&app->lines[question], text);
    fb__app_answered(app);
}

void fb__app_type(struct fb_app *app, uint32_t key) {
    const struct question *q = &questions[app->asking];
    struct fb_line *line = &app->lines[app->asking];
    char before[FB_LINE_BYTES];

    memcpy(before, line->text, sizeof(before));
    switch (fb_line_key(line, key)) {
    case FB_LINE_LEFT: app->asking = FB__ASK_NOTHING; break;
    case FB_LINE_TAKEN:
        app->wrong[0] = '\0';
        if (q->take(app, line->text) == 0) {
            fb_line_keep(line);
            app->asking = FB__ASK_NOTHING;
            app->wrong[0] = '\0';
        }
        break;
    case FB_LINE_OPEN:
        if (strcmp(before, line->text) != 0) {
            app->wrong[0] = '\0';
            if (q->look) {
                (void)q->look(app, line->text); // it says so in `wrong`
            }
        }
        break;
    }
}

void fb__app_show_prompt(struct fb_app *app) {
    const struct question *q = &questions[app->asking];
    const struct fb_line *line = &app->lines[app->asking];
    struct fb_prompt *p = &app->scene.prompt;

    *p = (struct fb_prompt){.wrong = app->wrong[0] != '\0'};
    if (app->asking) {
        snprintf(p->label, sizeof(p->label), "%s", q->label);
        snprintf(p->text, sizeof(p->text), "%s", line->text);
        p->cursor = fb_line_cursor(line);
        fb_text_sanitise(p->wrong ? app->wrong : q->hint,
                         strlen(p->wrong ? app->wrong : q->hint), p->hint,
                         sizeof(p->hint));
    }
}
