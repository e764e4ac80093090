// Problem: one picture, fed by a program that may write a million events a
//     second, by a person, and by a clock; and a test must be able to drive it
//     without a terminal.
// Idea: keys and ticks change a few fields and mark the scene as stale; the
//     scene is loaded again only when somebody looks (draws, or presses a key
//     that depends on it). The loop asks fb_app_dirty and draws at its own
//     pace.
// Invariants: unless the scene is stale, scene.model is the world after
//     scene.at. A claimed control page gets a beat at least every 100 ms of
//     ticks.
#include "app_state.h"
#include "fishbowl/trace/text.h"
#include "sources.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PUMPS = 16 }; // per tick, so that keys stay alive under load

// What the file says that cannot be obeyed is shown, and costs nothing.
static void tell_problems(struct fb_app *app) {
    const struct fb_config *c = &app->config;
    size_t kept = c->problem_count < FB_CONFIG_PROBLEMS ? c->problem_count
                                                        : FB_CONFIG_PROBLEMS;

    for (size_t i = 0; i < kept; i++) {
        fb_app_log(app, c->problems[i], strlen(c->problems[i]));
    }
    if (c->problem_count == 1) {
        fb__app_status(app, FB_STYLE_WARNING, "%s", c->problems[0]);
    } else if (c->problem_count > 1) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "%s (and %zu more: `fishbowl watch --print-config`)",
                       c->problems[0], c->problem_count - 1);
    }
}

static void take_config(struct fb_app *app, const struct fb_config *given) {
    if (given) {
        app->config = *given;
    } else {
        fb_config_init(&app->config);
    }
    app->theme = app->config.theme;
    app->scene.query.order = (uint8_t)app->config.sort;
    app->scene.query.reverse = app->config.sort_reverse;
    fb_app_focus(app, app->config.pane);
    tell_problems(app);
}

int fb_app_create(struct fb_app **ret_app,
                  const struct fb_app_options *options) {
    struct fb_app *app = calloc(1, sizeof(*app));
    int err;

    if (!app) {
        return -ENOMEM;
    }
    err = fb_story_log_init(&app->story);
    if (err) {
        free(app);
        return err;
    }
    err = fb_scene_sources(&app->scene, options->session, options->source_dir);
    if (err) {
        fb_story_log_deinit(&app->story);
        free(app);
        return err;
    }
    app->session = options->session;
    app->guest = options->guest;
    app->scene.guest = options->guest;
    app->scene.log = &app->log;
    app->scene.breaks = &app->breaks;
    app->scene.marks = &app->marks;
    fb_frame_init(&app->frame, app->guest ? app->guest->pane : NULL);
    take_config(app, options->config);
    fb__app_begin(app, options->start_frozen);
    fb__app_load_marks(app, options->marks_path);
    fb__app_say_end(app);
    fb__app_changed(app);
    if (options->at) {
        fb__app_open_at(app, options->at);
    }
    app->sheet = options->sheet;
    app->teacher = options->teacher;
    fb__app_lesson_begin(app);
    *ret_app = app;
    return 0;
}

void fb_app_destroy(struct fb_app *app) {
    if (app) {
        fb_session_release(app->session);
        fb_story_log_deinit(&app->story);
        fb_sources_destroy(app->scene.sources);
        free(app);
    }
}

void fb__app_changed(struct fb_app *app) {
    app->stale = true;
    app->dirty = true;
}

void fb__app_status(struct fb_app *app, enum fb_style style, const char *format,
                    ...) {
    char text[4 * FB_LOG_BYTES]; // the sanitiser cuts, between characters
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb_text_sanitise(text, strlen(text), app->scene.status,
                     sizeof(app->scene.status));
    app->scene.status_style = style;
    app->dirty = true;
}

// The selection stays with its task even after it ended; only when nobody has
// chosen yet, or on request, it goes where things happen.
static void follow(struct fb_app *app) {
    struct fb_scene *s = &app->scene;
    uint32_t acts = fb_event_task(&s->model->last);

    if (s->task == 0) {
        s->task = fb_scene_pick(s->model);
    } else if (s->follow && acts != 0 && fb_model_task(s->model, acts)) {
        s->task = acts;
    }
}

void fb__app_refresh(struct fb_app *app) {
    struct fb_history *h = fb_session_history(app->session);
    struct fb_scene *s = &app->scene;

    if (!app->stale && s->model) {
        return;
    }
    if (app->at_edge) {
        app->at = fb_history_last(h);
    }
    if (app->at < fb_history_first(h)) {
        app->at = fb_history_first(h); // it slid out of what is kept
    }
    if (fb_scene_load(s, app->session, &app->story, app->at)) {
        s->model = fb_history_live(h); // out of memory: show what is there
        fb__app_status(app, FB_STYLE_WARNING, "out of memory");
    }
    s->mode = app->mode;
    s->recording = !app->alive;
    s->playing = app->playing;
    s->controllable =
        app->alive && fb_session_facts(app->session)->controllable;
    s->speed = fb__app_events_per_second(app);
    s->stepping = app->mode == FB_MODE_STOPPED && app->stepping;
    follow(app);
    app->stale = false;
}

// Events of the last second; 0 again after a second without any.
static void measure_rate(struct fb_app *app) {
    uint64_t newest = fb_history_last(fb_session_history(app->session));
    uint64_t span = app->now_ns - app->rate_ns;
    double rate;

    if (span < 1000000000u) {
        return;
    }
    rate = app->rate_ns == 0
               ? 0
               : (double)(newest - app->rate_from) * 1e9 / (double)span;
    if ((uint64_t)(rate + 0.5) != (uint64_t)(app->scene.rate + 0.5)) {
        app->dirty = true;
    }
    app->scene.rate = rate;
    app->rate_from = newest;
    app->rate_ns = app->now_ns;
}

static void pump(struct fb_app *app) {
    for (int i = 0; i < PUMPS; i++) {
        int taken = fb_session_pump(app->session);

        if (taken < 0) {
            fb__app_status(app, FB_STYLE_WARNING,
                           "out of memory: the newest events are not shown");
            return;
        }
        if (taken > 0 || fb_session_new_lints(app->session) > 0) {
            fb__app_changed(app);
        }
        if (taken < (int)FB_SESSION_PUMP_EVENTS) {
            return;
        }
    }
}

int fb_app_tick(struct fb_app *app, uint64_t now_ns) {
    const bool loading = !app->alive && fb__app_load(app);
    int quiz;

    app->now_ns = now_ns;
    if (app->alive) {
        fb__app_watch_control(app);
        pump(app);
        fb__app_watch_breaks(app);
        fb__app_watch_lints(app);
        measure_rate(app);
        fb__app_watch_life(app);
    }
    fb__app_watch_choice(app);
    if (app->playing) {
        fb__app_play(app);
    }
    quiz = fb__app_quiz_tick(app);
    if (loading) {
        return 0;
    }
    return quiz >= 0 ? quiz : app->alive || app->playing ? 50 : -1;
}

void fb_app_draw(struct fb_app *app, struct fb_grid *g) {
    fb__app_refresh(app);
    fb__app_list_keys(app);
    fb__app_list_spots(app);
    fb__app_quiz_show(app);
    fb__app_show_prompt(app);
    app->scene.big = app->frame.zoom && app->frame.big;
    app->screen_cols = g->cols;
    app->screen_rows = g->rows;
    fb_frame_draw(&app->frame, &app->scene, g);
    app->dirty = false;
}

bool fb_app_dirty(const struct fb_app *app) {
    return app->dirty;
}

bool fb_app_done(const struct fb_app *app) {
    return app->done;
}

enum fb_theme fb_app_theme(const struct fb_app *app) {
    return app->theme;
}

const struct fb_scene *fb_app_scene(const struct fb_app *app) {
    return &app->scene;
}

struct fb_frame *fb_app_frame(struct fb_app *app) {
    return &app->frame;
}

void fb_app_touch(struct fb_app *app) {
    app->dirty = true;
}

void fb_app_say(struct fb_app *app, const char *text) {
    fb__app_status(app, FB_STYLE_SAY, "%s", text ? text : "");
    memcpy(app->said, app->scene.status, sizeof(app->said));
}

void fb__app_answered(struct fb_app *app) {
    if (app->scene.status_style != FB_STYLE_SAY) {
        memcpy(app->scene.status, app->said, sizeof(app->said));
        app->scene.status_style = app->said[0] ? FB_STYLE_SAY : FB_STYLE_NORMAL;
    }
}

void fb_app_log(struct fb_app *app, const char *text, size_t len) {
    fb_log_add(&app->log, text, len);
    app->dirty = true;
}

void fb_app_select(struct fb_app *app, uint32_t task) {
    app->scene.task = task;
    app->scene.follow = false;
    app->dirty = true;
}

void fb_app_focus(struct fb_app *app, enum fb_pane_id pane) {
    if (fb_frame_has(&app->frame, pane)) {
        app->frame.focus = pane;
        app->dirty = true;
    }
}

void fb_app_show(struct fb_app *app, enum fb_pane_id pane) {
    struct fb_frame *f = &app->frame;
    const enum fb_slot slot = fb_frame_slot(pane, f->cols);

    if (!fb_frame_has(f, pane)) {
        return;
    }
    if (fb_frame_slot(f->focus, f->cols) == slot) {
        f->focus = pane; // a slot shows the pane that has the keys
    }
    f->shown[slot] = pane;
    if (slot == FB_SLOT_BOTTOM && pane != FB_PANE_STORY) {
        f->side = pane;
    }
    app->dirty = true;
}

enum fb_pane_id fb_app_pane(const struct fb_app *app, const char *name) {
    for (int i = 0; i < FB_PANES; i++) {
        if (fb_frame_has(&app->frame, (enum fb_pane_id)i) &&
            strcmp(app->frame.panes[i].view->name, name) == 0) {
            return (enum fb_pane_id)i;
        }
    }
    return FB_PANES;
}

void fb_app_mark(struct fb_app *app, const struct fb_highlight *mark) {
    app->scene.mark = mark ? *mark : (struct fb_highlight){0};
    app->dirty = true;
}
