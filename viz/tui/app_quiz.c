// Problem: a demo that is only watched teaches little; predicting first does.
// Idea: predict mode stops before something happens, asks, and moves on only
//     after an answer. The picture is veiled meanwhile: what would tell is not
//     drawn (view.h).
//
//                      a..d, Enter           the event that decides
//     ASKS ─────────────────────► REVEALS ─────────────────────► JUDGED
//      ▲                             │ no choice came true          │
//      │ something to ask            ▼                              │ Enter
//     WAITS ◄───────────────────── VOID ◄───────────────────────────┘
//
//     Where the picture looks at events that are kept, the question comes with
//     its answer, and revealing is moving there. At the edge of a program that
//     stands still nobody knows the answer yet: revealing is stepping the
//     executor until the events tell.
// Invariants: scene.veil is set exactly while ASKS (and while a teacher's
//     questions are open: app_lesson.c). Each question is counted
//     once, and only if somebody has answered.
#include "app_state.h"
#include <errno.h>
#include <string.h>

enum {
    REVEAL_MS = 2400, // in all
    EVENT_MS = 300,   // for one event at most
    SEEK_EVENTS = 500 // that a guest's question may be away
};

static const uint64_t MS = 1000000u;

static struct fb_history *history(const struct fb_app *app) {
    return fb_session_history(app->session);
}

static const struct fb_names *names(const struct fb_app *app) {
    return fb_session_names(app->session);
}

void fb__app_quiz_stage(struct fb_app *app, enum fb_quiz_stage stage) {
    struct fb_app_quiz *z = &app->quiz;

    z->show.stage = stage;
    z->show.pane.scroll = 0;
    fb__app_changed(app); // fb_history_at has moved the world of the scene
}

// ---- asking ----

static void open_question(struct fb_app *app, const struct fb_quiz *q,
                          bool live) {
    struct fb_app_quiz *z = &app->quiz;

    z->show.quiz = *q;
    z->show.chosen = -1;
    z->show.fact_count = 0;
    z->live = live;
    if (!live) {
        fb__app_go(app, q->at);
    }
    if (q->task != 0) {
        app->scene.task = q->task;
    }
    fb__app_quiz_stage(app, FB_QUIZ_ASKS);
}

static void wait_with(struct fb_app *app, const char *note) {
    snprintf(app->quiz.show.note, sizeof(app->quiz.show.note), "%s", note);
    fb__app_quiz_stage(app, FB_QUIZ_WAITS);
}

static void ask_live(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;
    unsigned kinds = z->kinds;
    struct fb_quiz q;

    z->tried = fb_history_last(history(app));
    if (!z->once) { // who only watches cannot make a task's polls come
        kinds &= ~(1u << FB_QUIZ_POLLS);
    }
    if (fb_quiz_ask_live(history(app), names(app), kinds, &q) == 1) {
        open_question(app, &q, true);
    } else if (z->seek > 0) {
        wait_with(app, "On to the next thing to predict …");
    } else {
        wait_with(app, "Nothing to ask right here. Step on (n, p, w): the "
                       "next question comes by itself. Esc leaves.");
    }
}

// The next question: where the picture stands, or further on.
static void ask(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;
    struct fb_quiz q;

    if (app->mode == FB_MODE_STOPPED && app->at_edge) {
        ask_live(app);
    } else if (fb_quiz_find(history(app), names(app), app->at, 0, z->kinds,
                            z->show.score.asked, &q) == 1) {
        open_question(app, &q, false);
    } else if (app->mode == FB_MODE_STOPPED) {
        fb__app_to_edge(app);
        ask_live(app);
    } else {
        wait_with(app, "Nothing more to ask from here on. N, P, W and g go "
                       "back; Enter asks again, Esc leaves.");
    }
}

static void begin(struct fb_app *app, unsigned kinds, bool once) {
    struct fb_app_quiz *z = &app->quiz;

    app->playing = false;
    app->frame.overlay = FB_OVERLAY_NONE;
    z->kinds = kinds & FB_QUIZ_ALL;
    z->once = once;
    z->seek = once ? SEEK_EVENTS : 0;
    fb__app_refresh(app);
    ask(app);
}

void fb__app_quiz_begin(struct fb_app *app) {
    if (app->mode == FB_MODE_LIVE) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "Predicting needs a picture that stands: space freezes "
                       "it, s stops the program.");
    } else {
        begin(app, FB_QUIZ_ALL, false);
    }
}

int fb_app_quiz(struct fb_app *app, unsigned kinds) {
    if (app->mode == FB_MODE_LIVE) {
        return -ENOTSUP;
    }
    begin(app, kinds, true);
    return 0;
}

bool fb_app_quiz_is_open(const struct fb_app *app) {
    return app->quiz.show.stage != FB_QUIZ_OFF;
}

const struct fb_quiz_score *fb_app_quiz_score(const struct fb_app *app) {
    return &app->quiz.show.score;
}

void fb_app_quiz_print(const struct fb_app *app, FILE *out) {
    char score[200];

    if (fb_quiz_score_say(score, sizeof(score), fb_app_quiz_score(app)) > 0) {
        fprintf(out, "Predicted: %s.\n", score);
    }
}

static void leave(struct fb_app *app) {
    char score[200];

    if (!app->quiz.once && // a guest has something to say itself
        fb_quiz_score_say(score, sizeof(score), &app->quiz.show.score) > 0) {
        fb__app_status(app, FB_STYLE_STRONG, "Predicted: %s.", score);
    }
    fb__app_quiz_stage(app, FB_QUIZ_OFF);
}

// ---- revealing ----

static void judge(struct fb_app *app) {
    struct fb_quiz_show *show = &app->quiz.show;
    const int told =
        fb_quiz_tell(history(app), names(app), &show->quiz, show->facts);

    show->fact_count = told > 0 ? told : 0;
    if (show->chosen >= 0 && show->quiz.kind != FB_QUIZ_AUTHORED) {
        fb_quiz_count(&show->score, &show->quiz, show->chosen);
    }
    fb__app_quiz_stage(app, FB_QUIZ_JUDGED);
}

static void give_up(struct fb_app *app) {
    snprintf(app->quiz.show.note, sizeof(app->quiz.show.note),
             "This question came to nothing: none of the answers came true "
             "(it is not counted). Enter asks the next one.");
    fb__app_quiz_stage(app, FB_QUIZ_VOID);
}

void fb__app_quiz_reveal(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;
    const struct fb_quiz *q = &z->show.quiz;
    uint64_t pace_ns;

    fb__app_quiz_stage(app, FB_QUIZ_REVEALS);
    if (!z->live && q->until <= app->at) { // a teacher may ask what is so now
        judge(app);
    } else if (!z->live) {
        pace_ns = REVEAL_MS * MS / (q->until - app->at);
        z->pace_ns = pace_ns < EVENT_MS * MS ? pace_ns : EVENT_MS * MS;
        z->due_ns = app->now_ns + z->pace_ns;
    }
}

void fb__app_quiz_reveal_now(struct fb_app *app) {
    fb__app_go(app, app->quiz.show.quiz.until);
    judge(app);
}

static void choose(struct fb_app *app, int chosen) {
    app->quiz.show.chosen = chosen;
    fb__app_quiz_reveal(app);
}

static void reveal_kept(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;
    uint64_t to = app->at;

    while (z->due_ns <= app->now_ns && to < z->show.quiz.until) {
        to = fb_history_next(history(app), to);
        if (to == 0) {
            give_up(app); // what was to come is no longer kept
            return;
        }
        z->due_ns += z->pace_ns;
    }
    if (to != app->at) {
        fb__app_go(app, to);
    }
    if (to >= z->show.quiz.until) {
        judge(app);
    }
}

// One event after the other, until they tell.
static void reveal_live(struct fb_app *app) {
    int err;

    if (app->stepping) {
        return;
    }
    err = fb_quiz_judge(history(app), names(app), &app->quiz.show.quiz);
    fb__app_changed(app);
    if (err == 1) {
        judge(app);
    } else if (err < 0 || !app->alive || app->mode != FB_MODE_STOPPED ||
               fb_app_step(app, FB_UNIT_EVENT, 1)) {
        give_up(app);
    }
}

// Nothing could be asked where the program stood: has it gone on? A guest's
// question is looked for.
static void wait_live(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;

    if (app->mode != FB_MODE_STOPPED || !app->at_edge || app->stepping ||
        app->scene.stopping) {
        return;
    }
    if (fb_history_last(history(app)) != z->tried) {
        ask_live(app);
    } else if (z->seek > 0) {
        z->seek--;
        if (z->seek == 0 || fb_app_step(app, FB_UNIT_EVENT, 1)) {
            leave(app);
        }
    }
}

int fb__app_quiz_tick(struct fb_app *app) {
    struct fb_app_quiz *z = &app->quiz;

    if (z->show.stage != FB_QUIZ_OFF && app->mode == FB_MODE_LIVE) {
        leave(app);
    } else if (z->show.stage == FB_QUIZ_REVEALS && z->live) {
        reveal_live(app);
    } else if (z->show.stage == FB_QUIZ_REVEALS) {
        reveal_kept(app);
    } else if (z->show.stage == FB_QUIZ_WAITS) {
        wait_live(app);
    }
    return z->show.stage == FB_QUIZ_REVEALS ? 20 : -1;
}

// ---- keys ----

// A guest's question is the only one.
static void ask_on(struct fb_app *app) {
    if (app->quiz.once) {
        leave(app);
    } else {
        ask(app);
    }
}

// Keys that arrange the picture and let nothing happen.
bool fb__app_quiz_looks(uint32_t key) {
    static const uint32_t keys[] = {FB_KEY_TAB,
                                    FB_KEY_BACKTAB,
                                    FB_KEY_LEFT,
                                    FB_KEY_RIGHT,
                                    FB_KEY_UP,
                                    FB_KEY_DOWN,
                                    FB_KEY_PAGE_UP,
                                    FB_KEY_PAGE_DOWN,
                                    FB_KEY_HOME,
                                    FB_KEY_END,
                                    'h',
                                    'j',
                                    'k',
                                    'l',
                                    'v',
                                    'V',
                                    'z',
                                    FB_KEY_F10};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i] == key) {
            return true;
        }
    }
    return key >= '0' && key <= '9';
}

static bool goes_on(uint32_t key) {
    return key == FB_KEY_ENTER || key == ' ';
}

// Where the box is too small for its words, they must be reached first.
bool fb__app_quiz_scrolls(struct fb_app *app, uint32_t key) {
    struct fb_pane *p = &app->quiz.show.pane;

    return p->lines > p->area.rows - 1 && fb_view_scroll_key(p, key);
}

static bool key_while_asking(struct fb_app *app, uint32_t key) {
    const int chosen = (int)key - 'a';

    if (key >= 'a' && key < 'a' + (uint32_t)app->quiz.show.quiz.count) {
        choose(app, chosen);
    } else if (goes_on(key)) {
        choose(app, -1);
    } else if (fb__app_quiz_scrolls(app, key)) {
        return true;
    } else if (fb__app_quiz_looks(key)) {
        return false;
    } else {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "First predict: a to %c. Enter shows the answer "
                       "without counting it, Esc leaves.",
                       'a' + app->quiz.show.quiz.count - 1);
    }
    return true;
}

static bool key_when_judged(struct fb_app *app, uint32_t key) {
    if (goes_on(key) || key == 'n') {
        ask_on(app);
        return true;
    }
    return key == 'a' || fb__app_quiz_scrolls(app, key);
}

bool fb__app_quiz_key(struct fb_app *app, uint32_t key) {
    struct fb_app_quiz *z = &app->quiz;

    if (app->sheet) {
        fb__app_answered(app);
        return fb__app_lesson_key(app, key);
    }
    if (z->show.stage == FB_QUIZ_OFF) {
        return false;
    }
    fb__app_answered(app);
    if (key == FB_KEY_ESC || key == 'q') {
        leave(app);
        return true;
    }
    switch (z->show.stage) {
    case FB_QUIZ_ASKS: return key_while_asking(app, key);
    case FB_QUIZ_REVEALS:
        if (goes_on(key) && !z->live) {
            fb__app_quiz_reveal_now(app);
        }
        return !z->live &&
               !fb__app_quiz_looks(key); // live: somebody must send …
    case FB_QUIZ_JUDGED: return key_when_judged(app, key);
    case FB_QUIZ_VOID:
    case FB_QUIZ_WAITS:
        if (goes_on(key)) {
            ask_on(app);
        } else if (key == 'a') {
            leave(app);
        }
        return goes_on(key) || key == 'a';
    case FB_QUIZ_OFF: break;
    }
    return false;
}

static void add(struct fb_scene *s, const char *name, const char *label,
                const char *help) {
    s->keys[s->key_count++] = (struct fb_key_line){
        .name = name, .label = label, .help = help, .works = true};
}

bool fb__app_quiz_keys(struct fb_app *app) {
    struct fb_scene *s = &app->scene;

    s->key_count = 0;
    switch (app->quiz.show.stage) {
    case FB_QUIZ_ASKS:
        add(s,
            app->quiz.show.quiz.count == 4   ? "a b c d"
            : app->quiz.show.quiz.count == 3 ? "a b c"
                                             : "a b",
            "predict", "your answer");
        if (!app->sheet || app->teacher) {
            add(s, "Enter", "show", "the answer, without counting it");
        }
        if (app->sheet) {
            add(s, "?", "help", "what the panes and keys mean");
            add(s, "q", "quit", "what is answered is kept");
        } else {
            add(s, "Esc", "leave", "leave predict mode");
        }
        add(s, "Tab", "pane", "next pane");
        add(s, "arrows", "look around", "choose and scroll in the pane");
        return true;
    case FB_QUIZ_REVEALS:
        if (!app->quiz.live) {
            add(s, "Enter", "at once", "go to the answer at once");
        }
        if (!app->sheet) {
            add(s, "Esc", "leave", "leave predict mode");
        }
        return true;
    case FB_QUIZ_JUDGED:
        add(s, "Enter",
            app->quiz.once || (app->sheet && !fb__app_lesson_more(app))
                ? "go on"
                : "next question",
            "the next question, or back to the play");
        if (app->sheet) {
            add(s, "n p w", "step", "on from here, step by step");
            add(s, "Esc", "close", "close this box");
        } else {
            add(s, "Esc", "leave", "leave predict mode");
        }
        add(s, "arrows", "scroll", "scroll the explanation");
        add(s, "N P W", "look back", "back in time; the box stays");
        return true;
    case FB_QUIZ_OFF:
    case FB_QUIZ_WAITS:
    case FB_QUIZ_VOID: break;
    }
    return false; // all keys work
}

static bool hides_queue(const struct fb_app *app) {
    return app->quiz.show.quiz.kind == FB_QUIZ_NEXT ||
           (app->sheet && app->sheet->items[app->asked].q.about_queue);
}

// What the scene says of it.
void fb__app_quiz_show(struct fb_app *app) {
    struct fb_quiz_show *show = &app->quiz.show;

    app->scene.quiz = show->stage == FB_QUIZ_OFF ? NULL : show;
    app->scene.veil = 0;
    if (show->stage == FB_QUIZ_ASKS) {
        app->scene.veil =
            FB_VEIL_FUTURE | (hides_queue(app) ? FB_VEIL_QUEUE : 0);
    } else if (fb__app_lesson_open(app)) {
        app->scene.veil = FB_VEIL_FUTURE;
    }
}
