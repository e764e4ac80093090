// The keys, in one table: where each works, what it does, and the words for
// footer and help. The order is the footer's: what comes first stays on a
// narrow screen.
#include "app_keys.h"

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
    } else if (app->frame.zoom) {
        app->frame.zoom = app->frame.big = false;
    } else if (app->scene.search[0]) {
        app->scene.search[0] = '\0';
    } else {
        app->scene.query.filter = (struct fb_filter){0};
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
    struct fb_frame *f = &app->frame;

    if (f->zoom && !f->big) {
        f->big = true;
        fb__app_status(app, FB_STYLE_NORMAL,
                       "Big, for the back row: only what matters, bold, with "
                       "room between. z: back.");
    } else {
        f->zoom = !f->zoom;
        f->big = false;
    }
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
    fb__app_ask(app, FB__ASK_GO, "");
}

static void do_search(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_ask(app, FB__ASK_SEARCH, "");
}

static void do_match(struct fb_app *app, int unit, int direction) {
    (void)unit;
    fb__app_search(app, direction);
}

static void do_filter(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_ask(app, FB__ASK_FILTER, "");
}

static void do_sort(struct fb_app *app, int unit, int direction) {
    struct fb_query *q = &app->scene.query;

    (void)unit;
    if (direction < 0) {
        q->reverse = !q->reverse;
    } else {
        q->order = (uint8_t)((q->order + 1) % FB_ORDERS);
        q->reverse = false;
    }
    fb__app_status(app, FB_STYLE_NORMAL, "Tasks are sorted by %s%s.",
                   fb_order_name((enum fb_task_order)q->order),
                   q->reverse ? ", the other way round" : "");
}

static void do_break(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_ask(app, FB__ASK_BREAK, "");
}

static void do_until(struct fb_app *app, int unit, int direction) {
    (void)unit;
    fb__app_to_break(app, direction);
}

static void do_mark(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    if (!fb__app_unmark(app)) {
        fb__app_ask(app, FB__ASK_MARK, "");
    }
}

static void do_export(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_ask_export(app);
}

static void do_beside(struct fb_app *app, int unit, int direction) {
    (void)unit;
    fb__app_to_mark(app, direction);
}

static void do_places(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->frame.overlay = app->frame.overlay == FB_OVERLAY_PLACES
                             ? FB_OVERLAY_NONE
                             : FB_OVERLAY_PLACES;
    app->frame.over.scroll = 0;
}

static void do_theme(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    app->theme = (enum fb_theme)((app->theme + 1) % FB_THEMES);
    fb__app_status(app, FB_STYLE_NORMAL, "Theme: %s.",
                   fb_theme_name(app->theme));
}

static void do_quiz(struct fb_app *app, int unit, int direction) {
    (void)unit, (void)direction;
    fb__app_quiz_begin(app);
}

static const struct fb__binding bindings[] = {
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
    {'n', STANDING | SPEAKS, "n", "event", "one event forwards", do_step,
     FB_UNIT_EVENT, 1},
    {'p', STANDING | SPEAKS, "p", "poll",
     "forwards to the end of the next poll", do_step, FB_UNIT_POLL, 1},
    {'w', STANDING | SPEAKS, "w", "wake", "forwards to the next wake", do_step,
     FB_UNIT_WAKE, 1},
    {'t', STANDING | SELECTED | SPEAKS, "t", "task",
     "forwards to the next event of the selected task", do_step, FB_UNIT_TASK,
     1},
    {'a', STANDING, "a", "ask me",
     "predict mode: asks what comes next, reveals it, explains, keeps score",
     do_quiz, 0, 0},
    {'a', LIVE, "a", NULL, NULL, do_quiz, 0, 0},
    {'o', STOPPED | NO_PAGE, "o", "other",
     "choose who is polled next, woken or not", do_choose, 0, 0},
    {'?', ALWAYS, "?", "help", "this page (also F1)", do_help, 0, 0},
    {FB_KEY_F1, ALWAYS, "F1", NULL, NULL, do_help, 0, 0},
    {'q', ALWAYS | NO_PAGE, "q", "quit", "quit (also F10); the program runs on",
     do_quit, 0, 0},
    // as in every pager: a class must not lose its demo to a reader of the help
    {'q', ALWAYS | PAGE, "q", "leave", "leave this page", do_back, 0, 0},
    {FB_KEY_F10, ALWAYS, "F10", NULL, NULL, do_quit, 0, 0},
    {'N', ALWAYS, "N P W R T", "back",
     "the same backwards: event, poll, wake, turn, event of this task", do_step,
     FB_UNIT_EVENT, -1},
    {'P', ALWAYS, "P", NULL, NULL, do_step, FB_UNIT_POLL, -1},
    {'W', ALWAYS, "W", NULL, NULL, do_step, FB_UNIT_WAKE, -1},
    {'R', ALWAYS, "R", NULL, NULL, do_step, FB_UNIT_TURN, -1},
    {'T', ALWAYS | SELECTED | SPEAKS, "T", NULL, NULL, do_step, FB_UNIT_TASK,
     -1},
    {'r', STANDING | SPEAKS, "r", "turn",
     "forwards to the end of the reactor's next turn", do_step, FB_UNIT_TURN,
     1},
    {FB_KEY_TAB, ALWAYS, "Tab", "pane",
     "next pane (Shift-Tab, left, right, h, l: that way)", do_pane, 0, 1},
    {FB_KEY_BACKTAB, ALWAYS, "Shift-Tab", NULL, NULL, do_pane, 0, -1},
    {FB_KEY_RIGHT, ALWAYS, "right", NULL, NULL, do_pane, 0, 1},
    {'l', ALWAYS, "l", NULL, NULL, do_pane, 0, 1},
    {FB_KEY_LEFT, ALWAYS, "left", NULL, NULL, do_pane, 0, -1},
    {'h', ALWAYS, "h", NULL, NULL, do_pane, 0, -1},
    {FB_KEY_ESC, ALWAYS | MOVED, "Esc", "back",
     "leave a page, a zoomed pane, the search, the filter", do_back, 0, 0},
    {'/', ALWAYS, "/", "search",
     "look for text in this pane: tasks, story, log (else in the tasks)",
     do_search, 0, 0},
    {']', ALWAYS | SEARCHED | SPEAKS, "] [", "next, previous match",
     "the next, the previous match of the search", do_match, 0, 1},
    {'[', ALWAYS | SEARCHED | SPEAKS, "[", NULL, NULL, do_match, 0, -1},
    {'\\', ALWAYS, "\\", "filter",
     "show only some tasks: idle, label:Ada, await:read, !live …", do_filter, 0,
     0},
    {FB_KEY_ENTER, ALWAYS | SELECTED, "Enter", "details",
     "all numbers and wakers of the selected task (also i)", do_details, 0, 0},
    {'i', ALWAYS | SELECTED, "i", NULL, NULL, do_details, 0, 0},
    {'b', ALWAYS, "b", "break",
     "break at a kind of event, a task, a line, a lint: WAKE, task 5, "
     "named.c:42",
     do_break, 0, 0},
    {'u', STANDING | BREAKS | SPEAKS, "u", "until break",
     "on to the next breakpoint (U: back to the one before)", do_until, 0, 1},
    {'U', ALWAYS | BREAKS | SPEAKS, "U", NULL, NULL, do_until, 0, -1},
    {'g', ALWAYS, "g", "go to",
     "go to an event (1234, +50, -50), a time (1.5s, 12ms), start or end",
     do_goto, 0, 0},
    {'z', ALWAYS, "z", "zoom",
     "give the pane the whole screen; again: big, for a projector; again: back",
     do_zoom, 0, 0},
    {'v', ALWAYS, "v", "view",
     "the next view in this place (V: back); 1 to 9, 0: the titles say",
     do_turn, 0, 1},
    {'V', ALWAYS, "V", NULL, NULL, do_turn, 0, -1},
    {'<', ALWAYS | CONTROL, "<", "slower", "slow motion: fewer events a second",
     do_speed, 0, 1},
    {'<', FROZEN | FINISHED, "<", "slower", NULL, do_speed, 0, 1},
    {'>', ALWAYS | CONTROL, ">", "faster", "more events a second", do_speed, 0,
     -1},
    {'>', FROZEN | FINISHED, ">", "faster", NULL, do_speed, 0, -1},
    {'m', ALWAYS, "m", "bookmark",
     "set a bookmark at the event shown, or remove it", do_mark, 0, 0},
    {'.', ALWAYS | MARKS | SPEAKS, ". ,", "next, previous bookmark",
     "the next, the previous bookmark", do_beside, 0, 1},
    {',', ALWAYS | MARKS | SPEAKS, ",", NULL, NULL, do_beside, 0, -1},
    {'B', ALWAYS, "B", "places", "the page of breakpoints and bookmarks",
     do_places, 0, 0},
    {'M', ALWAYS, "M", NULL, NULL, do_places, 0, 0},
    {'e', ALWAYS, "e", "export",
     "write a file: .svg what this pane shows (tree, lanes, timeline; else the "
     "run), .html a page that replays all, .json for Perfetto, .csv",
     do_export, 0, 0},
    {FB_KEY_F6, ALWAYS, "F6", "sort",
     "sort the tasks by the next column (also S; O: the other way round)",
     do_sort, 0, 1},
    {'S', ALWAYS, "S", NULL, NULL, do_sort, 0, 1},
    {'O', ALWAYS, "O", NULL, NULL, do_sort, 0, -1},
    {'F', ALWAYS, "F", "follow", "select whatever task acts", do_follow, 0, 0},
    {FB_KEY_F2, ALWAYS, "F2", "theme",
     "the next theme: default, dark, light, contrast, safe, mono", do_theme, 0,
     0},
    {FB_KEY_NONE, ALWAYS, "mouse", NULL,
     "click: select, give a pane the keys, press a key of the footer, sort by "
     "a heading, show a hidden pane; wheel: turn what is below it",
     NULL, 0, 0},
};

_Static_assert(sizeof(bindings) / sizeof(bindings[0]) <= FB_KEY_LINES,
               "each has room for a name");

const struct fb__binding *fb__app_bindings(size_t *ret_count) {
    *ret_count = sizeof(bindings) / sizeof(bindings[0]);
    return bindings;
}
