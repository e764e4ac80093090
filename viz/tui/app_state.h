// Between the sources of the app only.
#ifndef FISHBOWL_APP_STATE_H
#define FISHBOWL_APP_STATE_H

#include "app.h"
#include "breaks.h"
#include "line_edit.h"
#include "marks.h"
#include "session.h"
#include "sheet.h"
#include "story_log.h"
#include "view_quiz.h"
#include "xdg.h"

// What is being asked at the bottom of the screen.
enum fb__question {
    FB__ASK_NOTHING,
    FB__ASK_GO,
    FB__ASK_SEARCH,
    FB__ASK_FILTER,
    FB__ASK_BREAK,
    FB__ASK_MARK,
    FB__ASK_EXPORT,
    FB__QUESTIONS
};

enum { FB__MET_MAX = 64 };

struct fb_app_quiz {
    struct fb_quiz_show show;
    unsigned kinds;           // that may be asked
    bool live;                // its answer is still to come
    bool once;                // a guest asked: one question, then leave
    int seek;                 // events that may be stepped to find one
    uint64_t tried;           // nothing could be asked live at this event
    uint64_t pace_ns, due_ns; // of the events while it reveals
};

struct fb_app {
    struct fb_session *session;
    const struct fb_app_guest *guest;
    struct fb_scene scene;
    struct fb_frame frame;
    struct fb_log log;
    struct fb_story_log story;
    // where the picture stands
    enum fb_mode mode;
    uint64_t at;  // event shown, unless at_edge
    bool at_edge; // the picture follows the newest event
    bool alive;   // the watched program is there and writes
    // how it moves
    unsigned speed; // index into the list of speeds; 0: full speed
    bool playing;
    uint64_t play_due_ns;
    bool stepping;      // a step was asked of the executor
    bool step_begun;    // and it was seen to leave the place where it stood,
    uint64_t step_from; // which was after this event
    // places to stop at and to come back to
    struct fb_breaks breaks;
    size_t told_breaks;   // to the program
    bool untold;          // some cannot be told yet
    size_t lints_seen;    // findings that were looked at
    uint64_t play_known;  // events up to here were looked at for it
    uint64_t play_until;  // the next breakpoint of what is played; 0 none
    uint64_t run_from;    // a free run began after this event,
    bool run_begun;       // and the executor was seen to leave it
    uint64_t break_event; // it stopped by itself after it: to be told; 0 no
    struct fb_marks marks;
    char marks_path[FB_XDG_BYTES]; // "" they are not kept
    bool marks_bad;                // that file has lines that mean nothing
    uint64_t met[FB__MET_MAX];     // events where a breakpoint was met, the
    size_t met_count;              // oldest first
    struct fb_spot spots[FB_MARKS_MAX + FB__MET_MAX]; // for the scrubber
    // times, all CLOCK_MONOTONIC
    uint64_t now_ns, beat_ns, life_ns, rate_ns;
    uint64_t rate_from;    // newest event when the rate was last measured
    uint32_t choose_token; // a choice that is not answered yet; 0 none
    uint32_t choose_task;
    struct fb_config config;
    bool clicked;                    // the key comes from a click on the footer
    char key_names[FB_KEY_LINES][8]; // of keys that were given another name
    enum fb_theme theme;
    enum fb__question asking;
    struct fb_line lines[FB__QUESTIONS]; // each with its own past
    char said[FB_LOG_BYTES];             // by the guest last; sanitised
    char wrong[FB_LOG_BYTES];            // with what was typed; "" nothing
    char replace[FB_LINE_BYTES];         // a file that is there: once more
    uint64_t searched; // the story was searched in vain up to here; 0 no
    int screen_cols, screen_rows; // as of the last draw
    struct fb_app_quiz quiz;      // predict mode
    struct fb_sheet *sheet;       // a teacher's questions; NULL: none
    bool teacher;                 // may see an answer without giving one
    size_t asked;                 // the question that the box is about
    bool summed_up;               // it was said how it went
    bool stale;                   // the scene must be loaded again
    bool dirty;                   // the picture must be drawn again
    bool done;
};

// Loads the scene if it is stale. After it, scene.model is valid.
void fb__app_refresh(struct fb_app *app);
void fb__app_changed(struct fb_app *app); // the scene is stale
// What was said of an earlier key is over; the guest's line is there again.
void fb__app_answered(struct fb_app *app);
__attribute__((format(printf, 3, 4))) void fb__app_status(struct fb_app *app,
                                                          enum fb_style style,
                                                          const char *format,
                                                          ...);

// ---- app_move.c: modes, steps, speeds ----
void fb__app_begin(struct fb_app *app, bool start_frozen);
void fb__app_watch_life(struct fb_app *app);
void fb__app_watch_control(struct fb_app *app);
void fb__app_watch_breaks(struct fb_app *app);
void fb__app_play(struct fb_app *app);
uint32_t fb__app_events_per_second(const struct fb_app *app);
void fb__app_freeze(struct fb_app *app);
void fb__app_resume(struct fb_app *app);
void fb__app_toggle_play(struct fb_app *app);
void fb__app_to_edge(struct fb_app *app);
void fb__app_change_speed(struct fb_app *app, int by);
void fb__app_go(struct fb_app *app, uint64_t event);
void fb__app_walk(struct fb_app *app, enum fb_unit unit, int direction);

// Asks for a task to be polled next, and goes on to its next event, which tells
// so. False: the page is not ours.
bool fb__app_step_choice(struct fb_app *app, uint32_t task);

// ---- app_quiz.c: predict mode ----
void fb__app_quiz_begin(struct fb_app *app); // asks one after the other
// Returns in how many milliseconds it wants to be called again; -1: no wish.
int fb__app_quiz_tick(struct fb_app *app);
bool fb__app_quiz_key(struct fb_app *app, uint32_t key); // true: it was for it
bool fb__app_quiz_keys(struct fb_app *app); // lists them; false: the usual ones
void fb__app_quiz_show(struct fb_app *app); // fills scene.quiz and scene.veil
// For app_lesson.c: the stage; the way to the answer, or its end at once;
// whether a key scrolls the box, or only arranges the picture.
void fb__app_quiz_stage(struct fb_app *app, enum fb_quiz_stage stage);
void fb__app_quiz_reveal(struct fb_app *app);
void fb__app_quiz_reveal_now(struct fb_app *app);
bool fb__app_quiz_scrolls(struct fb_app *app, uint32_t key);
bool fb__app_quiz_looks(uint32_t key);

// ---- app_lesson.c: a teacher's questions. All are legal without any ----
void fb__app_lesson_begin(struct fb_app *app);
// The picture stands elsewhere: back to a question that it has passed.
void fb__app_lesson_moved(struct fb_app *app);
bool fb__app_lesson_open(const struct fb_app *app); // some have no answer
bool fb__app_lesson_more(const struct fb_app *app); // some are still to come
// Requires: there are questions. True: it was for them.
bool fb__app_lesson_key(struct fb_app *app, uint32_t key);

// ---- app_load.c: a long recording that is opened in slices ----
bool fb__app_load(struct fb_app *app); // a little; returns whether more is left
void fb__app_load_to(struct fb_app *app, uint64_t event); // or all there is
bool fb__app_load_more(struct fb_app *app); // false: there is no more
void fb__app_say_end(struct fb_app *app);   // if a recording is not whole

// ---- app_choose.c ----
void fb__app_choose_open(struct fb_app *app);
// A key while the list is open. True: it was for the list.
bool fb__app_choose_key(struct fb_app *app, uint32_t key);
void fb__app_watch_choice(struct fb_app *app);

void fb__app_breaks_changed(struct fb_app *app);

// ---- app_places.c: breakpoints and bookmarks ----
// Both take what was typed; less than 0: `wrong` says why not.
int fb__app_set_break(struct fb_app *app, const char *text);
int fb__app_set_mark(struct fb_app *app, const char *name);
bool fb__app_unmark(struct fb_app *app); // the event shown; false: it had none
void fb__app_load_marks(struct fb_app *app, const char *path);
void fb__app_arm_breaks(struct fb_app *app);
void fb__app_forget_met(
    struct fb_app *app); // what no breakpoint means any more
void fb__app_list_spots(struct fb_app *app); // fills scene.spots
void fb__app_plan_play(struct fb_app *app);
// A breakpoint was met at `event`. `late`: the viewer decided it (a lint, say),
// so the program, which is stopped now, stands later.
void fb__app_break_seen(struct fb_app *app, uint64_t event, const char *what,
                        bool late);
void fb__app_watch_lints(struct fb_app *app);
void fb__app_say_break(struct fb_app *app, uint64_t event);
void fb__app_to_break(struct fb_app *app, int direction);
void fb__app_to_mark(struct fb_app *app, int direction);
bool fb__app_places_key(struct fb_app *app, uint32_t key);

// ---- app_prompt.c ----
// As if these words were typed after g; chooses the task of that event.
void fb__app_open_at(struct fb_app *app, const char *text);
void fb__app_ask(struct fb_app *app, enum fb__question question,
                 const char *text);
void fb__app_type(struct fb_app *app, uint32_t key);
void fb__app_show_prompt(struct fb_app *app); // fills scene.prompt

// ---- app_export.c ----
void fb__app_ask_export(struct fb_app *app);
// Less than 0: `wrong` says why not.
int fb__app_take_export(struct fb_app *app, const char *text);

// ---- app_search.c ----
void fb__app_search(struct fb_app *app, int direction);

// ---- app_dispatch.c ----
void fb__app_go_where_wanted(struct fb_app *app); // by a view
void fb__app_list_keys(struct fb_app *app);       // fills scene.keys

#endif
