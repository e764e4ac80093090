// What the player asks of the visualiser: words, questions, marks, steps.
//
// Whatever it says to the class is raw and sanitised here, once.
#include "fishbowl/trace/text.h"
#include "live.h"
#include <stdio.h>

static void say(void *arg, const char *text, size_t len) {
    struct fb_live *live = arg;

    fb_text_sanitise(text, len, live->said, sizeof(live->said));
    fb_live_log(live, "%s", live->said);
    live->acted[0] = '\0';
    live->revealed = false;
    fb_live_say(live);
}

static void ask(void *arg, const struct fb_player_question *q) {
    struct fb_live *live = arg;
    char choice[FB_LOG_BYTES];

    fb_text_sanitise(q->text, q->text_len, live->said, sizeof(live->said));
    fb_live_log(live, "Question: %s", live->said);
    live->revealed = false;
    for (size_t i = 0; i < q->choice_count; i++) {
        fb_text_sanitise(q->choices[i].text, q->choices[i].text_len, choice,
                         sizeof(choice));
        fb_live_log(live, "  %c) %s", (char)('a' + i), choice);
    }
    live->acted[0] = '\0';
    fb_live_show_question(live);
}

// The gap between the answer and the truth is on the card, until the play goes
// on; here stands the score.
static void reveal(void *arg, const struct fb_player_question *q,
                   unsigned picked) {
    struct fb_live *live = arg;
    const bool right = picked == q->right;
    const char letter = (char)('a' + q->right - 1);

    if (picked == 0) {
        snprintf(live->said, sizeof(live->said), "It is %c.", letter);
    } else {
        live->asked++;
        live->right += right;
        snprintf(live->said, sizeof(live->said), "%s is %c. (%u of %u right)",
                 right ? "Right, it" : "No, it", letter, live->right,
                 live->asked);
    }
    fb_live_log(live, "%s", live->said);
    live->acted[0] = '\0';
    live->revealed = true;
    fb_live_say(live);
}

static int quiz(void *arg, unsigned kinds) {
    struct fb_live *live = arg;

    return fb_app_quiz(live->app, kinds);
}

static bool quizzes(void *arg) {
    struct fb_live *live = arg;

    return fb_app_quiz_is_open(live->app);
}

static void act(void *arg, const char *what) {
    struct fb_live *live = arg;

    live->revealed = false;
    fb_live_act(live, "%s", what);
}

static void select_task(void *arg, uint32_t task) {
    struct fb_live *live = arg;

    fb_app_select(live->app, task);
}

static void show_pane(void *arg, const char *pane) {
    struct fb_live *live = arg;

    fb_app_show(live->app, fb_app_pane(live->app, pane));
}

static void mark(void *arg, enum fb_script_mark what, uint32_t task,
                 const char *name) {
    struct fb_live *live = arg;
    struct fb_highlight m = {.task = task};
    enum fb_pane_id pane = FB_PANES;

    if (what == FB_MARK_PANE) {
        pane = fb_app_pane(live->app, name);
    } else if (what == FB_MARK_FUTURE) {
        snprintf(m.future, sizeof(m.future), "%s", name);
    }
    if (pane < FB_PANES) {
        m.view = fb_app_frame(live->app)->panes[pane].view;
        fb_app_show(live->app, pane);
    }
    fb_app_mark(live->app, &m);
}

static void slow(void *arg, uint64_t events_per_second) {
    struct fb_live *live = arg;

    fb_app_slow(live->app, events_per_second);
}

static int stop(void *arg) {
    struct fb_live *live = arg;

    return fb_app_stop(live->app);
}

static int run(void *arg) {
    struct fb_live *live = arg;

    return fb_app_run(live->app);
}

static int step(void *arg, enum fb_control_step unit) {
    static const enum fb_unit units[] = {[FB_STEP_EVENT] = FB_UNIT_EVENT,
                                         [FB_STEP_POLL] = FB_UNIT_POLL,
                                         [FB_STEP_WAKE] = FB_UNIT_WAKE,
                                         [FB_STEP_TURN] = FB_UNIT_TURN};
    struct fb_live *live = arg;

    return fb_app_step(live->app, units[unit], 1);
}

struct fb_player_host fb_live_host(struct fb_live *live) {
    return (struct fb_player_host){.arg = live,
                                   .in_class = true,
                                   .say = say,
                                   .ask = ask,
                                   .reveal = reveal,
                                   .quiz = quiz,
                                   .quizzes = quizzes,
                                   .act = act,
                                   .select = select_task,
                                   .show = show_pane,
                                   .mark = mark,
                                   .slow = slow,
                                   .stop = stop,
                                   .run = run,
                                   .step = step};
}
