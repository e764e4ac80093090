// The app: what keys and time do to the picture. No terminal in here.
//
// watch.c and tests drive it alike: feed keys and ticks, then draw. A guest
// (the demo) may add keys, a pane, descriptors to wait for and lines to say.
#ifndef FISHBOWL_APP_H
#define FISHBOWL_APP_H

#include "config.h"
#include "frame.h"
#include "quiz.h"
#include <poll.h>

struct fb_app;
struct fb_session;
struct fb_sheet;

// A key that a guest adds. It works in every mode; it wins over the app's own.
struct fb_guest_key {
    uint32_t key;      // a scalar or an enum fb_key
    const char *name;  // "c", "Enter": how it is called
    const char *label; // footer: "new client"
    const char *help;  // one line for the help page
    // NULL: always works; else false hides it from the footer.
    bool (*works)(void *arg, const struct fb_app *app);
    void (*run)(void *arg, struct fb_app *app);
    bool shows_pane; // what it does is to be seen in the guest's pane
};

// Everything may be NULL or 0.
struct fb_app_guest {
    void *arg;
    const struct fb_guest_key *keys;
    size_t key_count;
    const struct fb_view *pane; // draws with scene->guest->arg
    // Lies over the lower panes while card_rows, at this width, is above 0.
    const struct fb_view *card;
    int (*card_rows)(void *arg, int cols);
    // Descriptors to wait for besides the terminal: fills at most `max`,
    // returns how many.
    size_t (*fds)(void *arg, struct pollfd *fds, size_t max);
    // After each wait, with revents filled in (the same order and count).
    void (*ready)(void *arg, struct fb_app *app, const struct pollfd *fds,
                  size_t count);
    // Called at each turn of the loop; now_ns is CLOCK_MONOTONIC. Returns in
    // how many milliseconds it wants the next one at the latest; -1: no wish.
    int (*tick)(void *arg, struct fb_app *app, uint64_t now_ns);
    // Every key but those of a line being typed, before all else, for "any key
    // takes over". True: swallowed.
    bool (*any_key)(void *arg, struct fb_app *app, uint32_t key);
    // Whether any_key would swallow it now: then it means nothing else, and
    // the footer does not promise it.
    bool (*claims)(void *arg, const struct fb_app *app, uint32_t key);
};

struct fb_app_options {
    struct fb_session *session;       // borrowed
    const struct fb_app_guest *guest; // borrowed; NULL none
    const char *source_dir;           // searched first for source; NULL none
    bool start_frozen; // at the first event; a finished trace always does
    const struct fb_config *config; // borrowed; NULL: as without a file
    const char *marks_path; // the trace's bookmarks; NULL: they are not kept
    // Where the picture opens, FROZEN, as key g takes it (moment.h), with the
    // task of that event; NULL: as said above. Requires: it was checked.
    const char *at;
    // Questions that are asked in their places, of a trace that is loaded and
    // whose program has ended; borrowed. NULL: none.
    struct fb_sheet *sheet;
    bool teacher; // an answer may be shown without one being given
};

// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_app_create(struct fb_app **ret_app, const struct fb_app_options *options);
// Gives the control page back (the program runs on). NULL is legal.
void fb_app_destroy(struct fb_app *app);

// ---- the three things that happen to it ----
void fb_app_key(struct fb_app *app, uint32_t key);
void fb_app_click(struct fb_app *app, int row, int col);
// The wheel was turned over this cell: up (-1) or down (1).
void fb_app_wheel(struct fb_app *app, int row, int col, int direction);
// Takes new events, keeps the control beat. Requires: now_ns never falls.
// Returns the milliseconds until it wants to be called again (at most 50 while
// the program lives, 0 while a long recording is loaded, else -1: nothing will
// change by itself).
int fb_app_tick(struct fb_app *app, uint64_t now_ns);
// Draws into the grid, whatever its size.
void fb_app_draw(struct fb_app *app, struct fb_grid *g);

// Whether the picture would differ from the last one drawn.
bool fb_app_dirty(const struct fb_app *app);
bool fb_app_done(const struct fb_app *app); // the user has quit
// The theme that is asked for; how it looks is the terminal's affair.
enum fb_theme fb_app_theme(const struct fb_app *app);

// ---- for guests and tests ----
// What the last draw showed (model, mode, selection …).
const struct fb_scene *fb_app_scene(const struct fb_app *app);
struct fb_frame *fb_app_frame(struct fb_app *app);
void fb_app_touch(struct fb_app *app); // something of the guest's changed
// One line above the footer until replaced; NULL or "" clears it. What the app
// has to say of a key hides it until the next key. Sanitised.
void fb_app_say(struct fb_app *app, const char *text);
// A line for the log pane. Sanitised.
void fb_app_log(struct fb_app *app, const char *text, size_t len);
void fb_app_select(struct fb_app *app, uint32_t task);
void fb_app_focus(struct fb_app *app, enum fb_pane_id pane);
// Brings a pane up in its place; the keys stay where they are.
void fb_app_show(struct fb_app *app, enum fb_pane_id pane);
// The pane whose view is called so, or FB_PANES.
enum fb_pane_id fb_app_pane(const struct fb_app *app, const char *name);
// What everybody shall look at; NULL or zeroed: nothing.
void fb_app_mark(struct fb_app *app, const struct fb_highlight *mark);
// Slow motion of about so many events a second, as the keys < and > do it; 0:
// full speed. Nothing happens if the program cannot be controlled.
void fb_app_slow(struct fb_app *app, uint64_t events_per_second);
// The executor, as the keys s, n, p, w do it. Errors: -ENOTSUP, -EBUSY.
int fb_app_stop(struct fb_app *app);
int fb_app_run(struct fb_app *app);
int fb_app_step(struct fb_app *app, enum fb_unit unit, int direction);

// ---- predict mode (app_quiz.c) ----
// Asks one question of one of `kinds` (bits 1 << enum fb_quiz_kind), where the
// picture stands or at the next place where there is one; a program that stands
// still is stepped until then. It is open until somebody has seen the answer.
// Errors: -ENOTSUP the picture is LIVE.
int fb_app_quiz(struct fb_app *app, unsigned kinds);
// Whether a question, or what became of it, is on the screen.
bool fb_app_quiz_is_open(const struct fb_app *app);
const struct fb_quiz_score *fb_app_quiz_score(const struct fb_app *app);
// "Predicted: 3 of 5 right (…).", a line for whoever has left the picture;
// nothing if nobody was asked.
void fb_app_quiz_print(const struct fb_app *app, FILE *out);
// The same of the sheet: the score, what was not right, how to go on.
void fb_app_lesson_print(const struct fb_app *app, FILE *out);

#endif
