// Problem: a teacher's questions must come in their places, and no key may go
//     around one: a prediction that is made after looking is none.
// Idea: a sheet (sheet.h) says what is due next: a question, or the truth about
//     one. However the picture moves, it stops there. The rest is predict
//     mode's: the veil, the box, the way to the answer.
//
//     WAITS ── a place is reached ──► ASKS ── a..d ──► REVEALS ──► JUDGED
//       ▲                              ▲  another one is  │            │
//       │                              │  to be asked     │            │
//       │                              └── first ◄────────┘            │
//       └────────────── a step, or Enter: on to the next ◄─────────────┘
//
//     After the last one: VOID, which says how it went; then nothing more.
// Invariants: the picture never stands behind what is due; an answer is in the
//     file before it is judged; what is to come stays veiled until all are
//     answered.
#include "app_state.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void say_heading(struct fb_app *app) {
    const struct fb_sheet_score score = fb_sheet_score(app->sheet);

    snprintf(app->quiz.show.heading, sizeof(app->quiz.show.heading),
             "question %zu of %zu, %zu answered", app->asked + 1,
             app->sheet->count, score.answered);
}

// The box is about question `i` from now on.
static void turn_to(struct fb_app *app, size_t i) {
    struct fb_quiz_show *show = &app->quiz.show;
    const struct fb_sheet_item *item = &app->sheet->items[i];

    app->playing = false;
    app->asked = i;
    show->quiz = item->q.quiz;
    show->chosen = fb_lesson_choice(&item->q, item->answer);
    snprintf(show->said, sizeof(show->said), "%s", item->answer);
    show->fact_count = 0;
    app->quiz.live = app->quiz.once = false;
    say_heading(app);
}

static void choose_task(struct fb_app *app) {
    if (app->quiz.show.quiz.task != 0) {
        app->scene.task = app->quiz.show.quiz.task;
    }
}

static void open_question(struct fb_app *app, const struct fb_sheet_due *due) {
    turn_to(app, due->index);
    fb__app_quiz_stage(app, FB_QUIZ_ASKS);
    fb__app_go(app, due->at);
    choose_task(app);
}

static void tell(struct fb_app *app, size_t i) {
    turn_to(app, i);
    app->sheet->items[i].told = true;
    choose_task(app);
    fb__app_quiz_reveal(app);
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

static void wait_for(struct fb_app *app, const struct fb_sheet_due *due) {
    struct fb_quiz_show *show = &app->quiz.show;

    app->asked = due->index;
    say_heading(app);
    snprintf(show->note, sizeof(show->note),
             "%s event %" PRIu64 ". Step there and look: n one event, p one "
             "poll, w one wake. Enter: at once.",
             due->tell ? "What becomes of your answer shows after"
                       : "The next question comes after",
             due->at);
    fb__app_quiz_stage(app, FB_QUIZ_WAITS);
}

static void go_on(struct fb_app *app) {
    struct fb_sheet_due due;

    if (!fb_sheet_due(app->sheet, &due)) {
        if (app->summed_up) {
            fb__app_quiz_stage(app, FB_QUIZ_OFF);
        } else {
            sum_up(app);
        }
    } else if (due.tell) {
        tell(app, due.index);
    } else {
        open_question(app, &due);
    }
}

void fb__app_lesson_begin(struct fb_app *app) {
    struct fb_sheet_due due;

    if (app->sheet && fb_sheet_due(app->sheet, &due)) {
        wait_for(app, &due);
        fb__app_lesson_moved(app);
    }
}

void fb__app_lesson_moved(struct fb_app *app) {
    struct fb_sheet_due due;

    if (!app->sheet || app->quiz.show.stage == FB_QUIZ_ASKS ||
        app->quiz.show.stage == FB_QUIZ_REVEALS ||
        !fb_sheet_due(app->sheet, &due) || app->at < due.at) {
        return;
    }
    if (due.tell) { // it is reached by steps: nothing is left to reveal
        app->quiz.show.stage = FB_QUIZ_REVEALS;
        fb__app_go(app, due.at);
        tell(app, due.index);
    } else {
        open_question(app, &due);
    }
}

bool fb__app_lesson_open(const struct fb_app *app) {
    return app->sheet && fb_sheet_open(app->sheet);
}

bool fb__app_lesson_more(const struct fb_app *app) {
    struct fb_sheet_due due;

    return fb_sheet_due(app->sheet, &due);
}

// ---- keys ----

// The answer is given. What else must be asked before it shows is asked now.
static void answered(struct fb_app *app) {
    struct fb_sheet_due due;

    if (fb_sheet_due(app->sheet, &due) && !due.tell && due.at > app->at) {
        wait_for(app, &due);
    } else {
        go_on(app);
    }
}

static void choose(struct fb_app *app, int chosen) {
    int err = fb_sheet_answer(app->sheet, app->asked, chosen);

    app->frame.overlay = FB_OVERLAY_NONE;
    if (err == -EEXIST) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "The file has an answer to this already; start again "
                       "to see it.");
    } else if (err) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "Your answer cannot be written down: %s. Nothing is "
                       "shown before it is.",
                       strerror(-err));
    } else {
        answered(app);
    }
}

// The help is for everybody: it opens, scrolls and closes, and no more.
static bool is_for_help(const struct fb_app *app, uint32_t key) {
    const bool open = app->frame.overlay == FB_OVERLAY_HELP;

    return key == '?' || key == FB_KEY_F1 ||
           (open && (key == FB_KEY_ESC || key == 'q' || key == FB_KEY_UP ||
                     key == FB_KEY_DOWN || key == FB_KEY_PAGE_UP ||
                     key == FB_KEY_PAGE_DOWN));
}

static bool key_while_asking(struct fb_app *app, uint32_t key) {
    const int chosen = (int)key - 'a';

    if (is_for_help(app, key)) {
        return false;
    }
    if (key == 'q' || key == FB_KEY_F10) {
        app->done = true;
    } else if (chosen >= 0 && chosen < app->quiz.show.quiz.count) {
        choose(app, chosen);
    } else if (app->teacher && (key == FB_KEY_ENTER || key == ' ')) {
        app->sheet->items[app->asked].passed = true;
        answered(app);
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
    struct fb_sheet_due due;

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
    if (stage == FB_QUIZ_JUDGED && key < 128 && strchr("npwtr", (int)key)) {
        if (fb_sheet_due(app->sheet, &due)) {
            wait_for(app, &due);
        } else {
            fb__app_quiz_stage(app, FB_QUIZ_OFF);
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
