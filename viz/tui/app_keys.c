// The keys, in one table: where each works, what it does, and the words for
// footer and help. The order is the footer's: what comes first stays on a
// narrow screen.
#include "app_state.h"
#include <stdlib.h>
#include <string.h>

enum { // when a key works
    LIVE = 1u << FB_MODE_LIVE,
    FROZEN = 1u << FB_MODE_FROZEN,
    STOPPED = 1u << FB_MODE_STOPPED,
    STANDING = FROZEN | STOPPED,
    ALWAYS = LIVE | STANDING,
    CONTROL = 1u << 8,   // a live program that can be controlled
    ALIVE = 1u << 9,     // its program lives
    FINISHED = 1u << 10, // its program is gone
    BEHIND = 1u << 11,   // the picture is not at the newest event
    SELECTED = 1u << 12,
    MOVED = 1u << 13, // something to come back from with Esc
    PAGE = 1u << 14,  // help or details lie over the panes
    NO_PAGE = 1u << 15,
};

struct binding {
    uint32_t key;
    unsigned when;
    const char *name, *label, *help;
    void (*run)(struct fb_app *app, int unit, int direction);
    int unit, direction;
};

static void do_quit(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->done = true;
}

static void do_freeze(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_freeze(app);
}

static void do_resume(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_resume(app);
}

static void do_play(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_toggle_play(app);
}

static void do_edge(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_to_edge(app);
}

// Both say in the status line why they could not.
static void do_stop(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    (void)fb_app_stop(app);
}

static void do_run(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    (void)fb_app_run(app);
}

static void do_step(struct fb_app *app, int unit, int direction) {
    fb__app_walk(app, (enum fb_unit)unit, direction);
}

static void do_speed(struct fb_app *app, int unit, int direction) {
    (void)unit;
    fb__app_change_speed(app, direction);
}

static void do_help(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->frame.overlay = app->frame.overlay == FB_OVERLAY_HELP
                             ? FB_OVERLAY_NONE
                             : FB_OVERLAY_HELP;
    app->frame.over.scroll = 0;
}

static void do_details(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->frame.overlay = app->frame.overlay == FB_OVERLAY_NONE
                             ? FB_OVERLAY_DETAILS
                             : FB_OVERLAY_NONE;
    app->frame.over.scroll = 0;
}

static void do_back(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    if (app->frame.overlay != FB_OVERLAY_NONE) {
        app->frame.overlay = FB_OVERLAY_NONE;
    } else {
        app->frame.zoom = false;
    }
}

static void do_pane(struct fb_app *app, int unit, int direction) {
    (void)unit;
    app->frame.overlay = FB_OVERLAY_NONE;
    fb_frame_focus_next(&app->frame, direction);
}

static void do_turn(struct fb_app *app, int unit, int direction) {
    (void)unit;
    app->frame.overlay = FB_OVERLAY_NONE;
    fb_frame_focus_turn(&app->frame, direction);
}

static void do_zoom(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->frame.zoom = !app->frame.zoom;
}

static void do_follow(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->scene.follow = !app->scene.follow;
    fb__app_changed(app);
}

static void do_choose(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_choose_open(app);
}

static void do_goto(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->asking = true;
    app->typed[0] = '\0';
}

static void do_quiz(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_quiz_begin(app);
}

static const struct binding bindings[] = {
    {' ', LIVE, "space", "freeze",
     "freeze the picture; the program runs on behind it", do_freeze, 0, 0},
    {' ', FROZEN | ALIVE, "space", "resume", "follow the program again",
     do_resume, 0, 0},
    {' ', FROZEN | FINISHED, "space", "play/pause",
     "play a finished run, event by event", do_play, 0, 0},
    {' ', STOPPED | BEHIND, "space", "newest",
     "back to the event the program stands after", do_edge, 0, 0},
    {'s', LIVE | FROZEN | CONTROL, "s", "stop",
     "stop the program: nothing is polled, its clock stands still", do_stop, 0,
     0},
    {'s', STOPPED, "s", "run", "let the program run on", do_run, 0, 0},
    {'n', STANDING, "n", "event", "one event forwards", do_step, FB_UNIT_EVENT,
     1},
    {'p', STANDING, "p", "poll", "forwards to the end of the next poll",
     do_step, FB_UNIT_POLL, 1},
    {'w', STANDING, "w", "wake", "forwards to the next wake", do_step,
     FB_UNIT_WAKE, 1},
    {'t', STANDING | SELECTED, "t", "task",
     "forwards to the next event of the selected task", do_step, FB_UNIT_TASK,
     1},
    {'a', STANDING, "a", "ask me",
     "predict mode: asks what comes next, reveals it, explains, keeps score",
     do_quiz, 0, 0},
    {'a', LIVE, "a", NULL, NULL, do_quiz, 0, 0},
    {'o', STOPPED | NO_PAGE, "o", "other",
     "choose another runnable task to be polled next", do_choose, 0, 0},
    {'?', ALWAYS, "?", "help", "this page (also F1)", do_help, 0, 0},
    {FB_KEY_F1, ALWAYS, "F1", NULL, NULL, do_help, 0, 0},
    {'q', ALWAYS | NO_PAGE, "q", "quit", "quit (also F10); the program runs on",
     do_quit, 0, 0},
    // as in every pager: a class must not lose its demo to a reader of the help
    {'q', ALWAYS | PAGE, "q", "leave", "leave this page", do_back, 0, 0},
    {FB_KEY_F10, ALWAYS, "F10", NULL, NULL, do_quit, 0, 0},
    {'N', ALWAYS, "N P W T", "back",
     "the same backwards: event, poll, wake, event of this task", do_step,
     FB_UNIT_EVENT, -1},
    {'P', ALWAYS, "P", NULL, NULL, do_step, FB_UNIT_POLL, -1},
    {'W', ALWAYS, "W", NULL, NULL, do_step, FB_UNIT_WAKE, -1},
    {'T', ALWAYS | SELECTED, "T", NULL, NULL, do_step, FB_UNIT_TASK, -1},
    {FB_KEY_TAB, ALWAYS, "Tab", "pane",
     "next pane (Shift-Tab, left, right, h, l: that way)", do_pane, 0, 1},
    {FB_KEY_BACKTAB, ALWAYS, "Shift-Tab", NULL, NULL, do_pane, 0, -1},
    {FB_KEY_RIGHT, ALWAYS, "right", NULL, NULL, do_pane, 0, 1},
    {'l', ALWAYS, "l", NULL, NULL, do_pane, 0, 1},
    {FB_KEY_LEFT, ALWAYS, "left", NULL, NULL, do_pane, 0, -1},
    {'h', ALWAYS, "h", NULL, NULL, do_pane, 0, -1},
    {'v', ALWAYS, "v", "view",
     "the next view in this place (V: back); 1 to 9, 0: the titles say",
     do_turn, 0, 1},
    {'V', ALWAYS, "V", NULL, NULL, do_turn, 0, -1},
    {FB_KEY_ESC, ALWAYS | MOVED, "Esc", "back",
     "leave help, details or a zoomed pane", do_back, 0, 0},
    {FB_KEY_ENTER, ALWAYS | SELECTED, "Enter", "details",
     "all numbers and wakers of the selected task (also i)", do_details, 0, 0},
    {'i', ALWAYS | SELECTED, "i", NULL, NULL, do_details, 0, 0},
    {'z', ALWAYS, "z", "zoom", "give the pane the whole screen", do_zoom, 0, 0},
    {'F', ALWAYS, "F", "follow", "select whatever task acts", do_follow, 0, 0},
    {'g', ALWAYS, "g", "go to", "go to an event by its number", do_goto, 0, 0},
    {'<', ALWAYS | CONTROL, "<", "slower", "slow motion: fewer events a second",
     do_speed, 0, 1},
    {'>', ALWAYS | CONTROL, ">", "faster", "more events a second", do_speed, 0,
     -1},
    {'<', FROZEN | FINISHED, "<", "slower", NULL, do_speed, 0, 1},
    {'>', FROZEN | FINISHED, ">", "faster", NULL, do_speed, 0, -1},
};

enum { BINDINGS = sizeof(bindings) / sizeof(bindings[0]) };

static bool is_too_small(const struct fb_app *app) {
    return app->screen_cols > 0 && (app->screen_cols < FB_FRAME_MIN_COLS ||
                                    app->screen_rows < FB_FRAME_MIN_ROWS);
}

static bool works(const struct fb_app *app, unsigned when) {
    const struct fb_scene *s = &app->scene;
    bool over = app->frame.overlay != FB_OVERLAY_NONE && !is_too_small(app);

    if (over && app->frame.overlay == FB_OVERLAY_CHOOSE &&
        !(when & (MOVED | PAGE))) {
        return false; // the list has all keys
    }
    return (when & (1u << app->mode)) &&
           (!(when & CONTROL) || s->controllable) &&
           (!(when & ALIVE) || app->alive) &&
           (!(when & FINISHED) || !app->alive) &&
           (!(when & BEHIND) || s->at < s->newest) &&
           (!(when & SELECTED) || s->task != 0) && (!(when & PAGE) || over) &&
           (!(when & NO_PAGE) || !over) &&
           (!(when & MOVED) || app->frame.zoom ||
            app->frame.overlay != FB_OVERLAY_NONE);
}

static const struct fb_guest_key *guest_key(const struct fb_app *app,
                                            uint32_t key) {
    const struct fb_app_guest *guest = app->guest;

    for (size_t i = 0; guest && i < guest->key_count; i++) {
        const struct fb_guest_key *k = &guest->keys[i];

        if (k->key == key && (!k->works || k->works(guest->arg, app))) {
            return k;
        }
    }
    return NULL;
}

// A key without words is an alias that another line tells of.
static void add_line(struct fb_scene *s, struct fb_key_line line) {
    if (s->key_count < FB_KEY_LINES && (line.label || line.help)) {
        s->keys[s->key_count++] = line;
    }
}

static void add_guest_lines(struct fb_app *app) {
    const struct fb_app_guest *guest = app->guest;

    for (size_t i = 0; guest && i < guest->key_count; i++) {
        const struct fb_guest_key *k = &guest->keys[i];

        add_line(&app->scene,
                 (struct fb_key_line){.name = k->name,
                                      .label = k->label,
                                      .help = k->help,
                                      .works = !k->works ||
                                               k->works(guest->arg, app)});
    }
}

void fb__app_list_keys(struct fb_app *app) {
    if (fb__app_quiz_keys(app)) {
        return;
    }
    app->scene.key_count = 0;
    for (size_t i = 0; i < BINDINGS; i++) {
        const struct binding *b = &bindings[i];

        add_line(&app->scene,
                 (struct fb_key_line){.name = b->name,
                                      .label = b->label,
                                      .help = b->help,
                                      .works = works(app, b->when) &&
                                               !guest_key(app, b->key)});
        if (b->key == FB_KEY_F10) { // after what moves, before what arranges
            add_guest_lines(app);
        }
    }
}

// ---- the prompt ----

static void type(struct fb_app *app, uint32_t key) {
    size_t len = strlen(app->typed);

    if (key == FB_KEY_ESC) {
        app->asking = false;
    } else if (key == FB_KEY_ENTER) {
        app->asking = false;
        if (len > 0) {
            fb__app_go(app, strtoull(app->typed, NULL, 10));
        }
    } else if (key == FB_KEY_BACKSPACE && len > 0) {
        app->typed[len - 1] = '\0';
    } else if (key >= '0' && key <= '9' && len < 18) {
        app->typed[len] = (char)key;
        app->typed[len + 1] = '\0';
    }
}

// ---- dispatch ----

// Moving inside a pane, or inside what lies over the panes.
static bool pane_key(struct fb_app *app, uint32_t key) {
    struct fb_frame *f = &app->frame;
    struct fb_pane *p = &f->panes[f->focus];

    if (f->overlay != FB_OVERLAY_NONE) {
        return fb_view_scroll_key(&f->over, key);
    }
    if (p->view->key) {
        return p->view->key(&app->scene, p, key);
    }
    return fb_view_scroll_key(p, key);
}

// The digit in a pane's title.
static bool digit_key(struct fb_app *app, uint32_t key) {
    for (int i = 0; i < FB_PANES; i++) {
        const enum fb_pane_id id = (enum fb_pane_id)i;

        if (fb_frame_has(&app->frame, id) && fb_frame_digit(id) != '\0' &&
            key == (unsigned char)fb_frame_digit(id)) {
            app->frame.overlay = FB_OVERLAY_NONE;
            app->frame.focus = id;
            return true;
        }
    }
    return false;
}

static void own_key(struct fb_app *app, uint32_t key) {
    if (digit_key(app, key)) {
        return;
    }
    for (size_t i = 0; i < BINDINGS; i++) {
        if (bindings[i].key == key && works(app, bindings[i].when)) {
            bindings[i].run(app, bindings[i].unit, bindings[i].direction);
            return;
        }
    }
    // a forward step that does not work now deserves a word
    for (size_t i = 0; i < BINDINGS; i++) {
        if (bindings[i].key == key && bindings[i].run == do_step) {
            do_step(app, bindings[i].unit, bindings[i].direction);
            return;
        }
    }
}

// A view may have asked for an event. A question moves the picture by itself.
static void go_where_wanted(struct fb_app *app) {
    const uint64_t event = app->scene.want_event;

    app->scene.want_event = 0;
    if (event != 0 && app->scene.quiz == NULL) {
        fb__app_go(app, event);
    }
}

void fb_app_key(struct fb_app *app, uint32_t key) {
    const struct fb_guest_key *extra;

    if (key == FB_KEY_NONE) {
        return;
    }
    fb__app_refresh(app);
    app->dirty = true;
    if (is_too_small(app) && key != 'q' && key != FB_KEY_F10) {
        return;
    }
    if (app->guest && app->guest->any_key &&
        app->guest->any_key(app->guest->arg, app, key)) {
        return;
    }
    if (app->asking) {
        type(app, key);
        return;
    }
    if (fb__app_quiz_key(app, key)) {
        return;
    }
    if (app->scene.status_style != FB_STYLE_SAY) {
        app->scene.status[0] = '\0'; // an answer to an earlier key
    }
    if (!is_too_small(app) && fb__app_choose_key(app, key)) {
        return;
    }
    if (pane_key(app, key)) {
        go_where_wanted(app);
        return;
    }
    extra = app->frame.overlay == FB_OVERLAY_NONE ? guest_key(app, key) : NULL;
    if (extra) {
        extra->run(app->guest->arg, app);
        return;
    }
    own_key(app, key);
}

void fb_app_click(struct fb_app *app, int row, int col) {
    struct fb_frame *f = &app->frame;
    enum fb_pane_id id = fb_frame_hit(f, row, col);
    struct fb_pane *p;

    app->dirty = true;
    if (f->overlay != FB_OVERLAY_NONE ||
        (id == FB_PANES && row != f->scrub_row)) {
        return;
    }
    fb__app_refresh(app);
    if (id == FB_PANES) {
        app->scene.want_event =
            fb_scrubber_event(&app->scene, col, app->screen_cols);
        go_where_wanted(app);
        return;
    }
    p = &f->panes[id];
    f->focus = id;
    if (p->view->click && row > p->area.row) {
        p->view->click(&app->scene, p, row - p->area.row - 1,
                       col - p->area.col);
        go_where_wanted(app);
    }
}
