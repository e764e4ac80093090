// Choosing who is polled next.
//
// Problem: the program alone knows who can be polled, and it answers between
// two polls: maybe at once, maybe after the poll that it stands in.
// Idea: the list shows who is alive after the event that is shown, which is where
// the program stands. What is chosen is asked for together with a step that
// ends after the choice is told in the trace; a refusal ends the step before
// anybody is polled, and is said in the status line.
// Invariants: only while STOPPED, at the newest event.
#include "app_state.h"
#include <inttypes.h>

static const char *const reasons[FB_CHOICE_ANSWERS] = {
    [FB_CHOICE_NONE] = "the choice was taken back",
    [FB_CHOICE_WAITING] = "nobody woke it",
    [FB_CHOICE_OVER] = "it is complete",
    [FB_CHOICE_NO_TASK] = "there is no such task",
    [FB_CHOICE_UNABLE] = "this program lets nobody choose",
};

void fb__app_choose_open(struct fb_app *app) {
    struct fb_scene *s = &app->scene;
    const struct fb_model_task *t;

    fb__app_to_edge(app);
    fb__app_refresh(app);
    t = fb_model_task(s->model, s->task);
    // Enter alone never polls in vain if somebody is runnable.
    s->choice = fb_choose_move(
        s->model, t != NULL && t->state == FB_TASK_SCHEDULED ? t->id : 0, 0);
    if (s->choice == 0) {
        fb__app_status(app, FB_STYLE_NORMAL, "There is nobody to choose.");
        return;
    }
    app->frame.overlay = FB_OVERLAY_CHOOSE;
}

static void choose(struct fb_app *app) {
    const uint32_t task = app->scene.choice;

    app->frame.overlay = FB_OVERLAY_NONE;
    app->choose_task = task;
    app->scene.task = task;
    if (!fb__app_step_choice(app, task)) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "This viewer does not control the program.");
    }
}

bool fb__app_choose_key(struct fb_app *app, uint32_t key) {
    struct fb_scene *s = &app->scene;

    if (app->frame.overlay != FB_OVERLAY_CHOOSE) {
        return false;
    }
    switch (key) {
    case FB_KEY_UP:
    case 'k': s->choice = fb_choose_move(s->model, s->choice, -1); return true;
    case FB_KEY_DOWN:
    case 'j': s->choice = fb_choose_move(s->model, s->choice, 1); return true;
    case FB_KEY_ENTER: choose(app); return true;
    case FB_KEY_F10: app->done = true; return true;
    case FB_KEY_ESC:
    case 'q':
    case 'o': app->frame.overlay = FB_OVERLAY_NONE; return true;
    default: return true; // nothing else happens behind it
    }
}

void fb__app_watch_choice(struct fb_app *app) {
    enum fb_choice_answer answer;

    if (app->frame.overlay == FB_OVERLAY_CHOOSE &&
        app->mode != FB_MODE_STOPPED) {
        app->frame.overlay = FB_OVERLAY_NONE; // it has ended, or runs on
    }
    if (app->choose_token == 0 ||
        !fb_session_chosen(app->session, app->choose_token, &answer)) {
        return;
    }
    app->choose_token = 0;
    if (answer != FB_CHOICE_TAKEN) {
        app->stepping = false; // it was ended where it began
        fb__app_status(app, FB_STYLE_WARNING,
                       "Task %" PRIu32 " cannot be polled next: %s.",
                       app->choose_task, reasons[answer]);
        fb__app_changed(app);
    }
}
