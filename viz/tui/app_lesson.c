// Problem: a teacher's questions must come in their places, and no key may go
//     around one: a prediction that is made after looking is none.
// Idea: a sheet (sheet.h) is a row of places in the trace. However the picture
//     moves, it stops at the first of them that has no answer, and asks. The
//     rest is predict mode's: the veil, the box, the way to the answer.
//
//     WAITS ── the place is reached ──► ASKS ── a..d ──► REVEALS ──► JUDGED
//       ▲                                                              │
//       └───────────── a step, or Enter: on to the next ◄──────────────┘
//
//     After the last one: VOID, which says how it went; then nothing more.
// Invariants: except while it reveals, the picture never stands behind a
//     question without an answer; an answer is in the file before it is judged;
//     what is to come stays veiled until all are answered.
#include "app_state.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

// "question 2 of 5, 1 right"
static void say_heading(struct fb_app *app) {
    const struct fb_sheet_score score = fb_sheet_score(app->sheet);

    snprintf(app->quiz.show.heading, sizeof(app->quiz.show.heading),
             "question %zu of %zu, %zu right", app->asked + 1,
             app->sheet->count, score.right);
}

static void wait_for(struct fb_app *app, size_t next) {
    struct fb_quiz_show *show = &app->quiz.show;
    const uint64_t at = app->sheet->items[next].q.quiz.at;

    app->asked = next;
    say_heading(app);
    snprintf(show->note, sizeof(show->note),
             "Question %zu of %zu comes after event %" PRIu64
             ". Step there and look: n event, p poll, w wake. Enter: at once.",
             next + 1, app->sheet->count, at);
    fb__app_quiz_stage(app, FB_QUIZ_WAITS);
}

// How it went. After it, the trace is free.
static void sum_up(struct fb_app *app) {
    struct fb_quiz_show *show = &app->quiz.show;
    const struct fb_sheet_score score = fb_sheet_score(app->sheet);

    app->summed_up = true;
    snprintf(show->heading, sizeof(show->heading), "%zu of %zu right",
             score.right, app->sheet->count);
    snprintf(show->note, sizeof(show->note),
             "That was the last question: %zu of %zu right.%s Look around as "
             "long as you like (N and P go back); q leaves.",
             score.right, app->sheet->count,
             app->sheet->answers ? " Your answers are kept." : "");
    fb__app_quiz_stage(app, FB_QUIZ_VOID);
}

// The place of a question is reached.
static void open_item(struct fb_app *app, size_t i) {
    struct fb_quiz_show *show = &app->quiz.show;
    const struct fb_sheet_item *item = &app->sheet->items[i];

    app->playing = false;
    app->asked = i;
    app->told_items = i + 1;
    show->quiz = item->q.quiz;
    show->chosen = -1;
    show->fact_count = 0;
    show->said[0] = '\0';
    app->quiz.live = app->quiz.once = false;
    say_heading(app);
    fb__app_quiz_stage(app, FB_QUIZ_ASKS);
    fb__app_go(app, item->q.quiz.at);
    if (item->q.quiz.task != 0) {
        app->scene.task = item->q.quiz.task;
    }
    if (item->answer[0]) { // an earlier one stands
        show->chosen = fb_lesson_choice(&item->q, item->answer);
        snprintf(show->said, sizeof(show->said), "%s", item->answer);
        fb__app_quiz_reveal(app);
    }
}

// The first question that is still to come up, or the count. Before a teacher
// each comes once; everybody else is asked until there is an answer.
static size_t next_item(const struct fb_app *app) {
    const size_t open = fb_sheet_next(app->sheet);

    return app->teacher || app->told_items < open ? app->told_items : open;
}

void fb__app_lesson_begin(struct fb_app *app) {
    if (app->sheet) {
        wait_for(app, 0);
        fb__app_lesson_moved(app);
    }
}

void fb__app_lesson_moved(struct fb_app *app) {
    size_t next;

    if (!app->sheet || app->quiz.show.stage == FB_QUIZ_ASKS ||
        app->quiz.show.stage == FB_QUIZ_REVEALS) {
        return;
    }
    next = next_item(app);
    if (next < app->sheet->count &&
        app->at >= app->sheet->items[next].q.quiz.at) {
        open_item(app, next);
    }
}

bool fb__app_lesson_open(const struct fb_app *app) {
    return app->sheet && next_item(app) < app->sheet->count;
}

bool fb__app_lesson_more(const struct fb_app *app) {
    return next_item(app) < app->sheet->count;
}

static void go_on(struct fb_app *app) {
    const size_t next = next_item(app);

    if (next < app->sheet->count) {
        open_item(app, next);
    } else if (!app->summed_up) {
        sum_up(app);
    } else {
        fb__app_quiz_stage(app, FB_QUIZ_OFF);
    }
}

// ---- keys ----

static void choose(struct fb_app *app, int chosen) {
    int err = fb_sheet_answer(app->sheet, app->asked, chosen);

    if (err == -EEXIST) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "The file has an answer to this already; start again "
                       "to see it.");
        return;
    }
    if (err) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "Your answer cannot be written down: %s. Nothing is "
                       "shown before it is.",
                       strerror(-err));
        return;
    }
    app->quiz.show.chosen = chosen;
    say_heading(app);
    fb__app_quiz_reveal(app);
}

static bool key_while_asking(struct fb_app *app, uint32_t key) {
    const int chosen = (int)key - 'a';

    if (key == 'q' || key == FB_KEY_F10) {
        app->done = true;
    } else if (chosen >= 0 && chosen < app->quiz.show.quiz.count) {
        choose(app, chosen);
    } else if (app->teacher && (key == FB_KEY_ENTER || key == ' ')) {
        fb__app_quiz_reveal(app);
    } else if (fb__app_quiz_scrolls(app, key)) {
        return true;
    } else if (fb__app_quiz_looks(key)) {
        return false;
    } else {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "First predict: a to %c. It is written down, and then "
                       "it stands.%s",
                       'a' + app->quiz.show.quiz.count - 1,
                       app->teacher ? " Enter shows the answer." : "");
    }
    return true;
}

// What is shown of a question that is over gives way to a step.
static bool key_between(struct fb_app *app, uint32_t key) {
    const enum fb_quiz_stage stage = app->quiz.show.stage;

    if (key == FB_KEY_ENTER || key == ' ' || key == 'a') {
        go_on(app);
        return true;
    }
    if (key == FB_KEY_ESC) {
        fb__app_quiz_stage(app, FB_QUIZ_OFF);
        return true;
    }
    if (stage == FB_QUIZ_JUDGED && fb__app_quiz_scrolls(app, key)) {
        return true;
    }
    if (stage == FB_QUIZ_JUDGED && strchr("npwtr", (int)key)) {
        const size_t next = next_item(app);

        if (next == app->sheet->count) {
            fb__app_quiz_stage(app, FB_QUIZ_OFF);
        } else {
            wait_for(app, next);
        }
    }
    return false;
}

bool fb__app_lesson_key(struct fb_app *app, uint32_t key) {
    switch (app->quiz.show.stage) {
    case FB_QUIZ_ASKS: return key_while_asking(app, key);
    case FB_QUIZ_REVEALS:
        if (key == 'q' || key == FB_KEY_F10) {
            app->done = true;
        } else if (key == FB_KEY_ENTER || key == ' ') {
            fb__app_quiz_reveal_now(app);
        }
        return !fb__app_quiz_looks(key);
    case FB_QUIZ_JUDGED:
    case FB_QUIZ_VOID:
    case FB_QUIZ_WAITS: return key_between(app, key);
    case FB_QUIZ_OFF:
        if (key == 'a') {
            go_on(app);
            return true;
        }
        break;
    }
    return false;
}

void fb_app_lesson_print(const struct fb_app *app, FILE *out) {
    if (app->sheet) {
        fb_sheet_print(app->sheet, out);
    }
}
