// Breakpoints and bookmarks: setting them, running to them, their page.
//
// Problem: what has happened is in the history, what will happen is up to a
//     program that must be told beforehand; a person sets one breakpoint for
//     both.
// Idea: in a picture that stands, breakpoints are looked for in the history,
//     both ways. A live program gets them on its control page and stops by
//     itself; the app notices and goes to STOPPED.
// Invariants: while there are breakpoints and the program lives, the page is
//     claimed (app_move.c gives it back when they are gone).
#include "app_state.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <string.h>

// ---- breakpoints -----------------------------------------------------------

// Tells the program. A line whose file nothing has been polled of yet cannot be
// told; it is tried again until it can.
void fb__app_arm_breaks(struct fb_app *app) {
    struct fb_trace_break list[FB_CONTROL_BREAKS];
    size_t count = 0, lints = 0;

    for (size_t i = 0; i < app->breaks.count; i++) {
        lints += app->breaks.list[i].lint;
        if (fb_break_of(&list[count], &app->breaks.list[i],
                        fb_session_names(app->session))) {
            count++;
        }
    }
    app->untold = count + lints < app->breaks.count;
    if (fb_session_claimed(app->session) &&
        (count != app->told_breaks || !app->untold)) {
        fb_session_breaks(app->session, list, count);
        app->told_breaks = count;
    }
}

int fb__app_set_break(struct fb_app *app, const char *text) {
    struct fb_break b;
    size_t before = app->breaks.count;
    char words[200];
    int err = fb_break_parse(&b, text, app->wrong, sizeof(app->wrong));

    if (err) {
        return err;
    }
    if (fb_breaks_toggle(&app->breaks, &b)) {
        snprintf(app->wrong, sizeof(app->wrong),
                 "there are %d already; B lists them and removes some",
                 FB_CONTROL_BREAKS);
        return -ENOSPC;
    }
    fb_break_say(words, sizeof(words), &b);
    if (app->breaks.count < before) {
        fb__app_status(app, FB_STYLE_NORMAL, "Removed: break at %s.", words);
    } else {
        fb__app_status(
            app, FB_STYLE_NORMAL,
            app->alive && b.lint
                ? "The program will be stopped when the viewer hears "
                  "of %s: some events later."
            : app->alive ? "The program will stop after %s."
                         : "Break at %s: u runs there, U back.",
            words);
    }
    fb__app_breaks_changed(app);
    return 0;
}

// The nearest event that meets a breakpoint; 0: none. Forwards, what is not
// loaded yet is loaded until there is one.
static uint64_t find_break(struct fb_app *app, int direction) {
    uint64_t from = app->scene.at, event, last;
    size_t which;

    do {
        last = fb_history_last(fb_session_history(app->session));
        event = fb_breaks_find(&app->breaks, fb_session_history(app->session),
                               fb_session_names(app->session),
                               fb_session_lints(app->session), from, direction,
                               &which);
        from = last;
    } while (event == 0 && direction > 0 && fb__app_load_more(app));
    app->stale = true; // the history was asked for other worlds
    return event;
}

// The next stop of a picture that plays, in what is loaded; 0: none.
static void plan_play(struct fb_app *app) {
    struct fb_history *h = fb_session_history(app->session);
    size_t which;

    app->play_known = fb_history_last(h);
    app->play_until =
        app->breaks.count == 0
            ? 0
            : fb_breaks_find(&app->breaks, h, fb_session_names(app->session),
                             fb_session_lints(app->session), app->at, 1,
                             &which);
    app->stale = true;
}

void fb__app_plan_play(struct fb_app *app) {
    if (app->playing) {
        plan_play(app);
    }
}

// Every event that meets a breakpoint would be a search through the whole trace
// for each picture; the scrubber shows those where one was met.
static void note_met(struct fb_app *app, uint64_t event) {
    for (size_t i = 0; i < app->met_count; i++) {
        if (app->met[i] == event) {
            return;
        }
    }
    if (app->met_count == FB__MET_MAX) {
        app->met_count--;
        memmove(&app->met[0], &app->met[1],
                app->met_count * sizeof(app->met[0]));
    }
    app->met[app->met_count++] = event;
}

void fb__app_forget_met(struct fb_app *app) {
    size_t kept = 0;

    for (size_t i = 0; i < app->met_count; i++) {
        if (fb_breaks_at(&app->breaks, fb_session_history(app->session),
                         fb_session_names(app->session),
                         fb_session_lints(app->session),
                         app->met[i]) < app->breaks.count) {
            app->met[kept++] = app->met[i];
        }
    }
    app->met_count = kept;
    app->stale = true;
}

static void add_spot(struct fb_app *app, uint64_t event,
                     enum fb_spot_kind kind) {
    const struct fb_history *h = fb_session_history(app->session);

    if (event >= fb_history_first(h) && event <= fb_history_last(h)) {
        app->spots[app->scene.spot_count++] =
            (struct fb_spot){event, (uint8_t)kind};
    }
}

void fb__app_list_spots(struct fb_app *app) {
    app->scene.spots = app->spots;
    app->scene.spot_count = 0;
    for (size_t i = 0; i < app->met_count && app->breaks.count > 0; i++) {
        add_spot(app, app->met[i], FB_SPOT_BREAKPOINT);
    }
    for (size_t i = 0; i < app->marks.count; i++) { // a person's is on top
        add_spot(app, app->marks.list[i].event, FB_SPOT_BOOKMARK);
    }
}

void fb__app_break_seen(struct fb_app *app, uint64_t event, const char *what,
                        bool late) {
    char n[32];

    if (late && app->alive && app->mode != FB_MODE_STOPPED &&
        fb_app_stop(app) != 0) {
        return; // it has said why
    }
    note_met(app, event);
    fb_view_count(event, n);
    if (late) {
        fb__app_status(app, FB_STYLE_STRONG,
                       "Breakpoint at event %s, some events late: %s", n, what);
    } else {
        fb__app_status(app, FB_STYLE_STRONG, "Breakpoint: %s, event %s.", what,
                       n);
    }
    fb__app_changed(app);
}

// The lints are the viewer's: it stops the program when it hears of one.
void fb__app_watch_lints(struct fb_app *app) {
    const struct fb_lints *lints = fb_session_lints(app->session);
    const size_t count = fb_lints_count(lints);

    for (; app->lints_seen < count; app->lints_seen++) {
        const struct fb_finding *f = fb_lints_at(lints, app->lints_seen);

        for (size_t i = 0; f && i < app->breaks.count; i++) {
            char words[400];

            if (app->alive && fb_break_is_found(&app->breaks.list[i], f)) {
                fb_lint_sentence(words, sizeof(words),
                                 fb_session_names(app->session), f);
                fb__app_break_seen(app, f->event, words, true);
                break;
            }
        }
    }
}

void fb__app_say_break(struct fb_app *app, uint64_t event) {
    char words[200];
    size_t which = fb_breaks_at(&app->breaks, fb_session_history(app->session),
                                fb_session_names(app->session),
                                fb_session_lints(app->session), event);

    app->stale = true;
    if (which < app->breaks.count) {
        fb_break_say(words, sizeof(words), &app->breaks.list[which]);
        fb__app_break_seen(app, event, words, false);
    }
}

void fb__app_to_break(struct fb_app *app, int direction) {
    uint64_t event;

    if (app->breaks.count == 0) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "There is no breakpoint yet: b asks where.");
        return;
    }
    if (app->mode == FB_MODE_LIVE && direction > 0) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "The program runs on to the next breakpoint.");
        return;
    }
    event = find_break(app, direction);
    if (event) {
        fb__app_go(app, event);
        fb__app_say_break(app, event);
    } else if (direction > 0 && app->mode == FB_MODE_STOPPED) {
        (void)fb_app_run(app);
        fb__app_status(app, FB_STYLE_NORMAL,
                       "The program runs on to the next breakpoint.");
    } else {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "No breakpoint is met %s this event, in what is kept.",
                       direction > 0 ? "after" : "before");
    }
}

// ---- bookmarks -------------------------------------------------------------

// Those of a finished trace are kept; a live one's events would be others the
// next time.
static void keep_marks(struct fb_app *app) {
    int err;

    if (app->alive || !app->marks_path[0]) {
        return;
    }
    err = fb_marks_save(&app->marks, app->marks_path, app->marks_bad);
    app->marks_bad = app->marks_bad && err;
    if (err) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "bookmarks: %s: %s (they stay until you quit)",
                       app->marks_path, strerror(-err));
    }
}

void fb__app_load_marks(struct fb_app *app, const char *path) {
    size_t bad = 0;
    int err;

    if (!path || strlen(path) >= sizeof(app->marks_path)) {
        return;
    }
    snprintf(app->marks_path, sizeof(app->marks_path), "%s", path);
    err = fb_marks_load(&app->marks, path, &bad);
    app->marks_bad = bad > 0;
    if (err) {
        fb__app_status(app, FB_STYLE_WARNING, "bookmarks: %s: %s", path,
                       strerror(-err));
    } else if (bad > 0) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "bookmarks: %zu lines of %s mean nothing and are left "
                       "out (the file is kept)",
                       bad, path);
    }
}

int fb__app_set_mark(struct fb_app *app, const char *name) {
    char n[32];

    if (fb_marks_set(&app->marks, app->scene.at, name)) {
        snprintf(app->wrong, sizeof(app->wrong),
                 "there are %d already; B lists them and removes some",
                 FB_MARKS_MAX);
        return -ENOSPC;
    }
    fb__app_status(app, FB_STYLE_NORMAL,
                   "Bookmark at event %s: , and . go from one to the next.",
                   fb_view_count(app->scene.at, n));
    keep_marks(app);
    return 0;
}

bool fb__app_unmark(struct fb_app *app) {
    char n[32];

    if (!fb_marks_remove(&app->marks, app->scene.at)) {
        return false;
    }
    fb__app_status(app, FB_STYLE_NORMAL, "No bookmark at event %s any more.",
                   fb_view_count(app->scene.at, n));
    keep_marks(app);
    return true;
}

void fb__app_to_mark(struct fb_app *app, int direction) {
    const struct fb_mark *mark =
        fb_marks_beside(&app->marks, app->scene.at, direction);

    if (!mark) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       app->marks.count == 0
                           ? "There is no bookmark yet: m sets one."
                       : direction > 0 ? "There is no later bookmark."
                                       : "There is no earlier bookmark.");
        return;
    }
    fb__app_go(app, mark->event);
    fb__app_status(app, FB_STYLE_NORMAL, "⚑ %s", mark->name);
}

// ---- their page ------------------------------------------------------------

static void remove_place(struct fb_app *app, size_t place) {
    size_t breaks = app->breaks.count;

    if (place < breaks) {
        fb_breaks_remove(&app->breaks, place);
        fb__app_breaks_changed(app);
    } else if (place - breaks < app->marks.count) {
        fb_marks_remove(&app->marks, app->marks.list[place - breaks].event);
        keep_marks(app);
    }
}

static void go_to_place(struct fb_app *app, size_t place) {
    size_t breaks = app->breaks.count;

    app->frame.overlay = FB_OVERLAY_NONE;
    if (place < breaks) {
        struct fb_breaks all = app->breaks;

        // the next event of this one alone
        app->breaks = (struct fb_breaks){.list = {all.list[place]}, .count = 1};
        fb__app_to_break(app, 1);
        app->breaks = all;
    } else if (place - breaks < app->marks.count) {
        fb__app_go(app, app->marks.list[place - breaks].event);
    }
}

bool fb__app_places_key(struct fb_app *app, uint32_t key) {
    struct fb_scene *s = &app->scene;
    const int count = fb_view_places(s);
    const int page = app->frame.over.area.rows - 4;

    switch (key) {
    case FB_KEY_UP:
    case 'k': s->place--; break;
    case FB_KEY_DOWN:
    case 'j': s->place++; break;
    case FB_KEY_PAGE_UP: s->place -= page; break;
    case FB_KEY_PAGE_DOWN: s->place += page; break;
    case FB_KEY_HOME: s->place = 0; break;
    case FB_KEY_END: s->place = count - 1; break;
    case FB_KEY_DELETE:
    case '-': remove_place(app, (size_t)s->place); break;
    case FB_KEY_ENTER: go_to_place(app, (size_t)s->place); return true;
    default: return false;
    }
    s->place = s->place >= fb_view_places(s) ? fb_view_places(s) - 1 : s->place;
    s->place = s->place < 0 ? 0 : s->place;
    return true;
}
