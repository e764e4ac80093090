// Views: pure functions from a scene to a rectangle of cells.
//
// A scene is all that a picture shows: the world at one event, the names, the
// mode and the selection. Views keep nothing but their pane's scroll position;
// the same scene gives the same picture, live, replayed or printed.
#ifndef FISHBOWL_VIEW_H
#define FISHBOWL_VIEW_H

#include "grid.h"
#include "history.h"
#include "lints.h"
#include "query.h"
#include "story.h"
#include "timeline.h"

struct fb_story_log;
struct fb_breaks;
struct fb_marks;
struct fb_app_guest;
struct fb_quiz_show;
struct fb_sources;

enum fb_mode {
    FB_MODE_LIVE,    // the program runs, the picture follows
    FB_MODE_FROZEN,  // the picture stands; the program runs on behind it
    FB_MODE_STOPPED, // the executor itself stands still
};

// What a picture must not show while a question is open (view_quiz.h): whoever
// looks for the answer shall not find it. Bits of scene.veil.
enum fb_veil {
    FB_VEIL_FUTURE = 1, // anything after event `at`, also in counts and marks
    FB_VEIL_QUEUE = 2,  // the order of the run queues
};

// Lines for people: what the watched program printed, what the viewer has to
// say. Bounded; the oldest go.
enum { FB_LOG_LINES = 200, FB_LOG_BYTES = 240 };
struct fb_log {
    char lines[FB_LOG_LINES][FB_LOG_BYTES]; // sanitised, NUL-ended
    uint64_t count; // ever added; newest at (count - 1) % FB_LOG_LINES
};

// A key as people read about it. Views show it; the app knows what it does.
enum { FB_KEY_LINES = 128 };
struct fb_key_line {
    uint32_t key;      // a click on it is this key
    const char *name;  // "n", "F1"
    const char *label; // footer: "event"; NULL: only in the help
    const char *help;  // one line
    bool works;        // now
};

// What a person chose to see of the timeline (timeline_lens.h); zeroed: one
// column per event, around the event shown.
struct fb_lens {
    uint64_t step; // what a column covers; 0: one event
    uint64_t from; // where the window begins, if pinned,
    uint64_t at;   // as of this event
    uint64_t mark; // the column that is being read, if marked
    uint8_t scale; // enum fb_scale
    bool pinned, marked;
    bool active; // only lanes of tasks that do something in the window
};

// Events that somebody marked; the scrubber shows where they are, as it shows
// findings of the lints.
enum fb_spot_kind { FB_SPOT_BOOKMARK, FB_SPOT_BREAKPOINT };
struct fb_spot {
    uint64_t event;
    uint8_t kind; // enum fb_spot_kind
};

// A question being typed at the bottom of the screen.
enum { FB_PROMPT_BYTES = 160 };
struct fb_prompt {
    char label[24];             // "filter: "; "" none is asked
    char text[FB_PROMPT_BYTES]; // sanitised, valid UTF-8
    int cursor;                 // columns before the cursor
    char hint[FB_LOG_BYTES];    // what may be typed, or what is wrong with it
    bool wrong;
};

// What a guest asks everybody to look at. Zeroed: nothing.
struct fb_highlight {
    const struct fb_view *view; // a pane
    uint32_t task;              // a row of the tasks
    char future[32];            // futures of the selected task, by name
};

struct fb_scene {
    // the world
    const struct fb_model *model; // after event `at`
    const struct fb_names *names;
    struct fb_history *history;
    struct fb_story_log *story;   // the sentences that lead up to `at`
    const struct fb_lints *lints; // all found so far, also after `at`
    uint64_t at;                  // event number shown
    uint64_t newest;              // event number of the live edge
    uint64_t missing;             // events of a recording not loaded yet
    struct fb_sources *sources;   // the text of its files; NULL: none
    uint64_t start_ns;            // the events' clock at the program's start
    // the watched program; sanitised
    char program[140];
    char address[140];
    uint32_t pid;
    uint32_t workers;     // executor threads of the program
    uint32_t trace_flags; // enum fb_trace_flag
    bool recording;       // a finished file, or its program is gone
    bool killed;          // its program is gone without closing the trace
    bool ran_on;          // its program did, when the recording ended
    const char *end;      // of a recording that is not whole, for its last
                          // number: "cut off after event"; else "" or NULL
    // how it moves
    enum fb_mode mode;
    bool stopping;     // asked to stand still, not there yet
    bool stepping;     // runs on to the end of one step
    bool playing;      // a recording moves forward by itself
    bool controllable; // a live program whose control page we can have
    uint32_t speed;    // events per second of slow motion; 0: full speed
    double rate;       // events per second lately; below 0: untold
    uint64_t lost;     // events that were overwritten before we read them
    uint64_t lost_first, lost_last; // the newest such range; 0: none
    // the selection
    uint32_t task;  // id, 0 none; stays when the task ends
    bool follow;    // selection follows the task that acts
    size_t lint;    // which finding
    bool lint_open; // with its evidence, of which this row is chosen: -1 none,
    int lint_line;  // beyond the last the text below it
    uint64_t want_event; // a view asks the app to go there; 0: no
    uint32_t choice;     // in the list of who could be polled next: id
    // the timeline
    struct fb_lens lens;
    const struct fb_spot *spots; // borrowed; NULL with spot_count 0
    size_t spot_count;
    // what is looked at
    struct fb_query query;          // which tasks, in which order
    char search[FB_FILTER_BYTES];   // words looked for, "" none: rows mark them
    const struct fb_breaks *breaks; // breakpoints; NULL none
    const struct fb_marks *marks;   // bookmarks; NULL none
    int place;                      // the chosen row of their page
    bool big; // for a projector: only what matters, with room around it
    struct fb_highlight mark;
    // text lines
    const struct fb_log *log;
    char status[FB_LOG_BYTES]; // one line above the footer; "" none
    enum fb_style status_style;
    struct fb_prompt prompt;
    struct fb_key_line keys[FB_KEY_LINES]; // for footer and help
    size_t key_count;
    const struct fb_app_guest *guest; // NULL: none
    struct fb_quiz_show *quiz;        // the box of a question; NULL: none
    unsigned veil;                    // enum fb_veil: views must honour it
};

// What a pane remembers between frames.
struct fb_pane {
    const struct fb_view *view;
    struct fb_area area; // where it was drawn last; rows 0: hidden
    int scroll;          // first row shown
    int lines;           // rows there were to show, as of the last draw
    int above, below;    // of them hidden
    uint32_t pick;       // what was picked in it, by id; 0 nothing
    bool focused;
};

// One constant descriptor per view.
struct fb_view {
    const char *name;        // "tasks"
    const char *title;       // "Tasks"
    const char *const *help; // lines about this pane, NULL-ended
    // Draws the body (the title row is drawn by the frame).
    void (*draw)(const struct fb_scene *s, struct fb_pane *p, struct fb_grid *g,
                 struct fb_area area);
    // More words for the title row; "" none. May be NULL.
    void (*subtitle)(const struct fb_scene *s, char *out, size_t out_bytes);
    // A key while the pane has the focus. True: it was for the view. May be
    // NULL: up and down then scroll.
    bool (*key)(struct fb_scene *s, struct fb_pane *p, uint32_t key);
    // A click at row, col of the body. May be NULL.
    bool (*click)(struct fb_scene *s, struct fb_pane *p, int row, int col);
};

extern const struct fb_view fb_view_tasks, fb_view_tree, fb_view_lanes,
    fb_view_source, fb_view_story, fb_view_lints, fb_view_reactor, fb_view_log,
    fb_view_details, fb_view_places_page;
extern const struct fb_view fb_view_timeline;
extern const struct fb_view fb_view_stats, fb_view_wakers, fb_view_waits;

// Parts that are no panes: the lines at the top, the keys at the bottom, the
// line above them, and the help page about a pane.
void fb_header_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area);
void fb_footer_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area);
// The key whose name or label stands at a column of the footer; FB_KEY_NONE.
uint32_t fb_footer_hit(const struct fb_scene *s, int cols, int col);
void fb_status_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area);
// The whole run on one line: how dense its events are, what was lost, marks,
// the event shown.
void fb_scrubber_draw(const struct fb_scene *s, struct fb_grid *g,
                      struct fb_area area);
// The event that a click in this column of it goes to; 0: none.
uint64_t fb_scrubber_event(const struct fb_scene *s, int col, int cols);
// Whether there is something to say or to ask.
bool fb_status_any(const struct fb_scene *s);
// The list of who could be polled next, over a part of the area.
void fb_choose_draw(const struct fb_scene *s, struct fb_grid *g,
                    struct fb_area area);
// The task before (by < 0) or after (by > 0) `task` in that list, else `task`
// itself; the first of all if it is not in it. 0: the list is empty.
uint32_t fb_choose_move(const struct fb_model *m, uint32_t task, int by);
void fb_help_draw(const struct fb_scene *s, const struct fb_view *about,
                  struct fb_pane *p, struct fb_grid *g, struct fb_area area);

// ---- shared by views ----

// Keys, as curses.c decodes them: a Unicode scalar, or one of these.
enum fb_key {
    FB_KEY_NONE = 0,
    FB_KEY_TAB = 9,
    FB_KEY_ENTER = 10,
    FB_KEY_ESC = 27,
    FB_KEY_BACKSPACE = 127,
    FB_KEY_UP = 0x110000,
    FB_KEY_DOWN,
    FB_KEY_LEFT,
    FB_KEY_RIGHT,
    FB_KEY_PAGE_UP,
    FB_KEY_PAGE_DOWN,
    FB_KEY_HOME,
    FB_KEY_END,
    FB_KEY_BACKTAB,
    FB_KEY_F1,
    FB_KEY_F10,
    FB_KEY_RESIZE,
    FB_KEY_CLICK, // fb_app_click carries the place
    FB_KEY_F2,
    FB_KEY_F3,
    FB_KEY_F4,
    FB_KEY_F5,
    FB_KEY_F6,
    FB_KEY_F7,
    FB_KEY_F8,
    FB_KEY_F9,
    FB_KEY_DELETE,
    FB_KEY_WHEEL_UP, // fb_app_wheel carries the place
    FB_KEY_WHEEL_DOWN,
};

// How a task's state is shown: a symbol, a word and a style, never one alone.
struct fb_state_look {
    const char *symbol, *word;
    enum fb_style style;
};
struct fb_state_look fb_task_look(const struct fb_model_task *t);
struct fb_state_look fb_future_look(const struct fb_model *m,
                                    const struct fb_model_future *f);
// "12,345"
const char *fb_view_count(uint64_t n, char out[32]);
// Says how many rows are hidden above and below; the title row shows it.
void fb_view_more(struct fb_pane *p, int above, int below);
// "4 Ada 127.0.0.1:51234": id and name of a task.
void fb_view_task(const struct fb_scene *s, uint32_t task, char *out,
                  size_t out_bytes);
// Scrolls a pane without a cursor. True: it was such a key.
bool fb_view_scroll_key(struct fb_pane *p, uint32_t key);
// How many breakpoints and bookmarks there are together.
int fb_view_places(const struct fb_scene *s);
// The newest event that a view may tell of: while a question is open, none that
// comes after the picture.
uint64_t fb_view_horizon(const struct fb_scene *s);
// How many workers the program has: what its trace says, or more if more were
// heard of.
uint32_t fb_view_workers(const struct fb_scene *s);
// One of them; an idle one if it was never heard of.
const struct fb_model_worker *fb_view_worker(const struct fb_scene *s,
                                             uint32_t number);
// Keeps `scroll` so that row `cursor` of `lines` is inside `rows`.
int fb_view_scroll(int scroll, int cursor, int lines, int rows);
// Marks what the search looks for in a row that has been drawn, and puts "*"
// at `col` of it. True: it was there.
bool fb_view_mark(const struct fb_scene *s, struct fb_grid *g, struct fb_area a,
                  int row, int col);
// Whether the search finds this task: in its id, label or name.
bool fb_view_task_found(const struct fb_scene *s,
                        const struct fb_model_task *t);
void fb_log_add(struct fb_log *log, const char *text, size_t len);

#endif
