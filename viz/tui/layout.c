// Problem: one picture for 40x10 up to 300x80, and more panes than fit.
// Idea: three bands between header and footer make four slots.
//
//     +--------------------------- header ----------------------------+
//     | TOP     tasks, timeline                                       |
//     | LEFT    futures, source       | RIGHT   lanes, reactor, ...   |
//     | BOTTOM  story                 | its others: lints, log, ...   |
//     +--------------------------- footer ----------------------------+
//
//     A slot shows as many of its panes as fit, the one last looked at among
//     them; the titles name the others. On a small screen only the focused
//     pane is shown at all. Sizes depend on the screen alone, never on the
//     data, so that nothing jumps while the class is looking.
#include "frame.h"
#include <string.h>

enum {
    LOW_ROWS = 16,    // of the body: below, one pane at a time
    NARROW_COLS = 60, // below, one pane at a time
    WIDE_COLS = 170,  // from here, the right group stands side by side
    SIDE_COLS = 100,  // from here, the story shares its band
    TASK_ROWS = 7,    // title, headings, an acceptor and four clients
    SCRUB_ROWS = 20,  // of the screen: from here, the run on one line
    PANE_ROWS = 9,    // a pane that is stacked has at least these
};

static void place(struct fb_frame *f, enum fb_pane_id id, int row, int col,
                  int rows, int cols) {
    f->panes[id].area =
        (struct fb_area){.row = row, .col = col, .rows = rows, .cols = cols};
}

enum fb_slot fb_frame_slot(enum fb_pane_id id, int cols) {
    if (id == FB_PANE_GUEST) { // beside the story, where there is room
        return cols < SIDE_COLS ? FB_SLOT_RIGHT : FB_SLOT_BOTTOM;
    }
    return id <= FB_PANE_TIMELINE ? FB_SLOT_TOP
           : id <= FB_PANE_SOURCE ? FB_SLOT_LEFT
           : id <= FB_PANE_WAITS  ? FB_SLOT_RIGHT
                                  : FB_SLOT_BOTTOM;
}

// The panes of a slot, in order.
static int in_slot(const struct fb_frame *f, enum fb_slot slot, int cols,
                   enum fb_pane_id ids[FB_PANES]) {
    int n = 0;

    for (int i = 0; i < FB_PANES; i++) {
        if (fb_frame_has(f, (enum fb_pane_id)i) &&
            fb_frame_slot((enum fb_pane_id)i, cols) == slot) {
            ids[n++] = (enum fb_pane_id)i;
        }
    }
    return n;
}

// Which of `n` panes are shown when only `room` fit: the first of a window
// that holds the one last looked at.
static int window(enum fb_pane_id wanted, const enum fb_pane_id *ids, int n,
                  int room) {
    int at = 0;

    for (int i = 0; i < n; i++) {
        if (ids[i] == wanted) {
            at = i;
        }
    }
    return at < room ? 0 : at - room + 1;
}

// Divides an area among `room` of `n` panes, side by side or one below the
// other; the last takes what is left over.
static void divide(struct fb_frame *f, struct fb_area a, bool beside,
                   const enum fb_pane_id *ids, int n, int room,
                   enum fb_pane_id wanted) {
    int first, size, used = 0;

    room = room > n ? n : room < 1 ? 1 : room;
    first = window(wanted, ids, n, room);
    size = (beside ? a.cols : a.rows) / room;
    for (int i = 0; i < room && i < n; i++) {
        int here = i == room - 1 ? (beside ? a.cols : a.rows) - used : size;

        if (beside) {
            place(f, ids[first + i], a.row, a.col + used, a.rows,
                  here - (i < room - 1 ? 1 : 0));
        } else {
            place(f, ids[first + i], a.row + used, a.col, here, a.cols);
        }
        used += here;
    }
}

static void place_slot(struct fb_frame *f, enum fb_slot slot, struct fb_area a,
                       bool beside, int cols) {
    enum fb_pane_id ids[FB_PANES];
    const int n = in_slot(f, slot, cols, ids);

    divide(f, a, beside, ids, n, beside ? a.cols / 48 : a.rows / PANE_ROWS,
           f->shown[slot]);
}

static void place_middle(struct fb_frame *f, struct fb_area a) {
    bool beside = a.cols >= WIDE_COLS && a.rows < 2 * PANE_ROWS + 2;
    int left = a.cols * (beside ? 40 : a.cols < 100 ? 58 : 54) / 100;
    struct fb_area right = {a.row, a.col + left + 1, a.rows, a.cols - left - 1};

    place_slot(f, FB_SLOT_RIGHT, right, beside, a.cols);
    right = (struct fb_area){a.row, a.col, a.rows, left};
    place_slot(f, FB_SLOT_LEFT, right, false, a.cols);
}

// The story stays wherever there is room for a second pane beside it.
static void place_bottom(struct fb_frame *f, struct fb_area a) {
    enum fb_pane_id ids[FB_PANES];
    const int n = in_slot(f, FB_SLOT_BOTTOM, a.cols, ids);
    const int others = a.cols < 2 * SIDE_COLS ? 1 : 2;
    const int side =
        others == 1 ? a.cols * 36 / 100 : 2 * (a.cols * 28 / 100) + 1;
    struct fb_area rest = {a.row, a.col + a.cols - side, a.rows, side};

    if (n < 2 || a.cols < SIDE_COLS) {
        divide(f, a, false, ids, n, 1, f->shown[FB_SLOT_BOTTOM]);
        return;
    }
    divide(f, rest, true, ids + 1, n - 1, others, f->side);
    rest = (struct fb_area){a.row, a.col, a.rows, a.cols - side - 1};
    if (n == 2 && others == 2) { // one neighbour needs no room for two
        rest.cols = a.cols - a.cols * 28 / 100 - 1;
        place(f, ids[1], a.row, rest.cols + 1, a.rows, a.cols - rest.cols - 1);
    }
    place(f, ids[0], rest.row, rest.col, rest.rows, rest.cols);
}

// Remembers what was looked at in each slot.
static void note_focus(struct fb_frame *f, int cols) {
    const enum fb_slot slot = fb_frame_slot(f->focus, cols);

    f->shown[slot] = f->focus;
    if (slot == FB_SLOT_BOTTOM && f->focus != FB_PANE_STORY) {
        f->side = f->focus;
    }
    f->cols = cols;
}

static void place_bands(struct fb_frame *f, struct fb_area body) {
    struct fb_area band = body;
    int tasks = body.rows * 30 / 100;
    int story = body.rows * 25 / 100;

    tasks = tasks > 24 ? 24 : tasks < TASK_ROWS ? TASK_ROWS : tasks;
    story = story > 18 ? 18 : story;
    band.rows = tasks;
    place_slot(f, FB_SLOT_TOP, band, body.cols >= WIDE_COLS, body.cols);
    band.row = body.row + tasks;
    band.rows = body.rows - tasks - story;
    place_middle(f, band);
    band.row += band.rows;
    band.rows = story;
    place_bottom(f, band);
}

void fb_frame_layout(struct fb_frame *f, const struct fb_scene *s, int cols,
                     int rows) {
    struct fb_area body = {.cols = cols};

    for (int i = 0; i < FB_PANES; i++) {
        f->panes[i].area = (struct fb_area){0};
        f->panes[i].focused = (int)f->focus == i;
    }
    note_focus(f, cols);
    // header, footer, and the line between: its own row where there is room
    f->header_rows = rows >= 12 ? 2 : 1;
    f->status_rows = rows >= 30 || s->guest ? 1 : 0;
    f->scrub_row = rows >= SCRUB_ROWS ? rows - f->status_rows - 2 : -1;
    body.row = f->header_rows;
    body.rows = rows - f->header_rows - f->status_rows - 1;
    body.rows -= f->scrub_row < 0 ? 0 : 1;
    if (f->zoom || body.rows < LOW_ROWS || cols < NARROW_COLS) {
        f->panes[f->focus].area = body;
    } else {
        place_bands(f, body);
    }
}
