// Key e: what is on the screen, or the whole trace, into a file.
//
// Problem: it shall be written in a moment, into no file that is there, and a
//     person shall know beforehand what it will be.
// Idea: the name's end chooses the form; a picture is of the pane that has the
//     keys. What would take long is not begun: the command that does it is said
//     instead. A file that is there needs a second Enter.
#include "app_state.h"
#include "export.h"
#include "fishbowl/trace/text.h"
#include "timeline_lens.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { LONG_MS = 1000, LANES_SHARE = 80 }; // of the pane: the rest are names

// "serve-390.svg": letters that every shell and file system takes.
void fb__app_ask_export(struct fb_app *app) {
    const char *program = fb_session_facts(app->session)->program;
    char name[FB_LINE_BYTES];
    size_t len = 0;

    for (; *program != '\0' && len < 40; program++) {
        const char c = *program;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_';

        name[len++] = plain ? c : '-';
    }
    snprintf(name + len, sizeof(name) - len, "%s%" PRIu64 ".svg",
             len > 0 ? "-" : "", app->scene.at);
    app->replace[0] = '\0';
    fb__app_ask(app, FB__ASK_EXPORT, name);
}

// The part of the run that the timeline's pane shows.
static void take_window(struct fb_app *app, struct fb_export_options *o) {
    const struct fb_scene *s = &app->scene;
    const struct fb_pane *p = &app->frame.panes[FB_PANE_TIMELINE];
    const int cols = p->area.cols * LANES_SHARE / 100;
    const struct fb_timeline_window w =
        fb_lens_window(s, cols > 0 ? cols : LANES_SHARE);

    o->from = fb_timeline_event(s->history, w.scale, w.from);
    o->to = fb_timeline_event(s->history, w.scale,
                              w.from + w.step * (uint64_t)w.cols - 1);
}

// Returns how the picture is called.
static const char *choose_view(struct fb_app *app,
                               struct fb_export_options *o) {
    switch (app->frame.focus) {
    case FB_PANE_TREE:
        o->view = FB_SVG_TREE;
        o->task = app->scene.task;
        return "the tree";
    case FB_PANE_LANES: o->view = FB_SVG_LANES; return "the lanes";
    case FB_PANE_TIMELINE: take_window(app, o); return "this timeline";
    default: o->view = FB_SVG_RUN; return "the whole run";
    }
}

// What to type instead, for the same file.
static void say_command(struct fb_app *app, const struct fb_export_form *form,
                        const struct fb_export_options *o, const char *path) {
    const struct fb_session_facts *f = fb_session_facts(app->session);
    char pid[16], view[32] = "", at[32] = "";

    snprintf(pid, sizeof(pid), "%" PRIu32, f->pid);
    if (form->takes & FB_EXPORT_TAKES_PICTURE) {
        snprintf(view, sizeof(view), " --view %s", fb_svg_view_names[o->view]);
    }
    if (form->takes & FB_EXPORT_TAKES_AT) {
        snprintf(at, sizeof(at), " --at %" PRIu64, o->at);
    }
    snprintf(app->wrong, sizeof(app->wrong),
             "so many events take a while; type: fishbowl export %s%s%s -o %s",
             app->alive ? pid : f->path, view, at, path);
}

static bool takes_long(const struct fb_app *app,
                       const struct fb_export_form *form,
                       const struct fb_export_options *o) {
    const struct fb_history *h = fb_session_history(app->session);
    const bool one_moment =
        form->write == fb_export_svg && o->view != FB_SVG_RUN;

    return !one_moment && fb_history_count(h) / LONG_MS > form->events_per_ms;
}

static void say_written(struct fb_app *app, const char *path,
                        const char *what) {
    struct stat st = {0};
    char safe[FB_LOG_BYTES / 2];

    (void)stat(path, &st);
    fb_text_sanitise(path, strlen(path), safe, sizeof(safe));
    fb__app_status(app, FB_STYLE_NORMAL, "Written: %s (%s, %lld KB).", safe,
                   what, ((long long)st.st_size + 999) / 1000);
}

int fb__app_take_export(struct fb_app *app, const char *text) {
    const struct fb_export_form *form = fb_export_form_of(text);
    const bool again = strcmp(app->replace, text) == 0;
    // A picture shows this event; a page opens at it.
    struct fb_export_options o = {.at = app->scene.at};
    const char *what = "the whole trace";
    char forms[160];
    int err;

    if (!text[0]) {
        return 0;
    }
    app->replace[0] = '\0';
    if (form == NULL) {
        fb_export_say_forms(forms, sizeof(forms));
        snprintf(app->wrong, sizeof(app->wrong), "how it ends chooses: %s",
                 forms);
        return -EINVAL;
    }
    if (fb_history_count(fb_session_history(app->session)) == 0) {
        snprintf(app->wrong, sizeof(app->wrong), "there is no event yet");
        return -ERANGE;
    }
    if (form->write == fb_export_svg) {
        what = choose_view(app, &o);
    }
    if (fb_session_missing(app->session) > 0 || takes_long(app, form, &o)) {
        say_command(app, form, &o, text);
        return -EFBIG;
    }
    err = fb_export_file(app->session, form, &o, text, again, app->wrong,
                         sizeof(app->wrong));
    if (err == -EEXIST) {
        snprintf(app->replace, sizeof(app->replace), "%s", text);
        snprintf(app->wrong, sizeof(app->wrong),
                 "it is there already; Enter again replaces it");
    }
    fb__app_changed(app); // the history's world has moved
    if (err == 0) {
        say_written(app, text, what);
    }
    return err;
}
