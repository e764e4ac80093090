// Searching in the pane that has the keys: tasks by their texts, the story by
// its sentences, the log by its lines.
#include "app_state.h"
#include "story_find.h"

enum { STORY_EVENTS = 20000 }; // told for one key: a fraction of a second

// Goes round the table, from the selected task on; it itself comes last.
static bool search_tasks(struct fb_app *app, int direction) {
    struct fb_scene *s = &app->scene;
    struct fb_task_list list;
    size_t at = 0;
    bool found = false;

    if (fb_task_list_init(&list, s->model, s->names, &s->query)) {
        return false;
    }
    while (at < list.count && list.ids[at] != s->task) {
        at++;
    }
    for (size_t i = 0; i < list.count && !found; i++) {
        const struct fb_model_task *t;

        at = direction > 0 ? (at + 1) % list.count
                           : (at + list.count - 1) % list.count;
        t = fb_model_task(s->model, list.ids[at]);
        if (t && fb_view_task_found(s, t)) {
            fb_app_select(app, t->id);
            found = true;
        }
    }
    fb_task_list_deinit(&list);
    return found;
}

// Goes on where the last search ended in vain.
static bool search_story(struct fb_app *app, int direction) {
    struct fb_history *h = fb_session_history(app->session);
    uint64_t from = app->searched ? app->searched : app->scene.at;
    uint64_t event, looked;

    if (direction > 0) {
        fb__app_load_to(app, from + STORY_EVENTS);
    }
    app->stale = true; // the history is asked for other worlds
    if (fb_story_find(h, app->scene.names, from, direction, app->scene.search,
                      STORY_EVENTS, &event, &looked)) {
        fb__app_status(app, FB_STYLE_WARNING, "out of memory");
        return true;
    }
    app->searched = 0;
    if (event) {
        fb__app_go(app, event);
        return true;
    }
    if (looked != 0 && looked != fb_history_first(h)) {
        char n[32];

        app->searched = looked;
        fb__app_status(app, FB_STYLE_NORMAL,
                       "\"%s\" is not in the story %s event %s; %s looks "
                       "further.",
                       app->scene.search, direction > 0 ? "up to" : "back to",
                       fb_view_count(looked, n), direction > 0 ? "]" : "[");
        return true;
    }
    return false;
}

static bool search_log(struct fb_app *app, int direction) {
    const struct fb_log *log = &app->log;
    struct fb_pane *p = &app->frame.panes[FB_PANE_LOG];
    int kept = log->count < FB_LOG_LINES ? (int)log->count : FB_LOG_LINES;

    for (int i = 1; i <= kept; i++) {
        int back = ((p->scroll - direction * i) % kept + kept) % kept;
        size_t line = (log->count - 1 - (uint64_t)back) % FB_LOG_LINES;

        if (fb_text_find(log->lines[line], app->scene.search)) {
            p->scroll = back;
            return true;
        }
    }
    return false;
}

void fb__app_search(struct fb_app *app, int direction) {
    const char *where = "the tasks";
    bool found;

    if (!app->scene.search[0]) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "Nothing is looked for yet: / asks for what.");
        return;
    }
    if (app->frame.focus == FB_PANE_STORY) {
        where = direction > 0 ? "the story after this event"
                              : "the story before this event";
        found = search_story(app, direction);
    } else if (app->frame.focus == FB_PANE_LOG) {
        where = "the log";
        found = search_log(app, direction);
    } else {
        found = search_tasks(app, direction);
    }
    if (!found) {
        fb__app_status(app, FB_STYLE_NORMAL, "\"%s\" is not in %s.",
                       app->scene.search, where);
    }
}
