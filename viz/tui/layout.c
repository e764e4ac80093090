// Problem: one picture for 40x10 up to 300x80.
// Idea: three bands between header and footer.
//
//     +--------------------------- header ----------------------------+
//     | tasks                                                         |
//     | futures of the selected one   | lanes, reactor, guest         |
//     | story                         | log                           |
//     +--------------------------- footer ----------------------------+
//
//     The right group of a band shows as many panes as fit, the focused one
//     first; on a small screen only the focused pane is shown at all. Sizes
//     depend on the screen alone, never on the data, so that nothing jumps
//     while the class is looking.
#include "frame.h"
#include <string.h>

enum {
    LOW_ROWS = 16,    // of the body: below, one pane at a time
    NARROW_COLS = 60, // below, one pane at a time
    WIDE_COLS = 170,  // from here, the right group stands side by side
    SIDE_COLS = 100,  // from here, the story shares its band
    TASK_ROWS = 7,    // title, headings, an acceptor and four clients
    PANE_ROWS = 9,    // a pane that is stacked has at least these
};

static void place(struct fb_frame *f, enum fb_pane_id id, int row, int col,
                  int rows, int cols) {
    f->panes[id].area =
        (struct fb_area){.row = row, .col = col, .rows = rows, .cols = cols};
}

// The panes of the right group, in order.
static int right_group(const struct fb_frame *f, int cols,
                       enum fb_pane_id *ids) {
    static const enum fb_pane_id all[] = {FB_PANE_LANES, FB_PANE_REACTOR,
                                          FB_PANE_GUEST};
    int n = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (fb_frame_has(f, all[i]) &&
            (all[i] != FB_PANE_GUEST || cols < SIDE_COLS)) {
            ids[n++] = all[i];
        }
    }
    return n;
}

// Which of `n` panes are shown when only `room` fit: a window that holds the
// one last looked at.
static int window(const struct fb_frame *f, const enum fb_pane_id *ids, int n,
                  int room) {
    int at = 0;

    for (int i = 0; i < n; i++) {
        if (ids[i] == f->right) {
            at = i;
        }
    }
    return at < room ? 0 : at - room + 1;
}

static void place_right(struct fb_frame *f, struct fb_area a, bool beside) {
    enum fb_pane_id ids[FB_PANES] = {FB_PANE_LANES};
    int n = right_group(f, a.col + a.cols, ids);
    int room = beside ? a.cols / 48 : a.rows / PANE_ROWS;
    int first, size, used = 0;

    room = room > n ? n : room;
    room = room < 1 ? 1 : room;
    first = window(f, ids, n, room);
    size = (beside ? a.cols : a.rows) / room;
    for (int i = 0; i < room; i++) {
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

static void place_middle(struct fb_frame *f, struct fb_area a) {
    bool beside = a.cols >= WIDE_COLS && a.rows < 2 * PANE_ROWS + 2;
    int left = a.cols * (beside ? 40 : a.cols < 100 ? 58 : 54) / 100;
    struct fb_area right = {a.row, a.col + left + 1, a.rows, a.cols - left - 1};

    place(f, FB_PANE_TREE, a.row, a.col, a.rows, left);
    place_right(f, right, beside);
}

// A guest brings two panes: its own and the log. Where there is room they
// stand beside the story, the one last looked at; else the log takes the
// story's place while it is looked at.
static void place_bottom(struct fb_frame *f, struct fb_area a) {
    int side = a.cols * (a.cols < 2 * SIDE_COLS ? 36 : 28) / 100;

    if (!fb_frame_has(f, FB_PANE_LOG)) {
        place(f, FB_PANE_STORY, a.row, a.col, a.rows, a.cols);
    } else if (a.cols < SIDE_COLS) {
        place(f, f->focus == FB_PANE_LOG ? FB_PANE_LOG : FB_PANE_STORY, a.row,
              a.col, a.rows, a.cols);
    } else if (a.cols < 2 * SIDE_COLS) {
        place(f, FB_PANE_STORY, a.row, a.col, a.rows, a.cols - side - 1);
        place(f, f->bottom, a.row, a.col + a.cols - side, a.rows, side);
    } else {
        place(f, FB_PANE_STORY, a.row, a.col, a.rows, a.cols - 2 * side - 2);
        place(f, FB_PANE_GUEST, a.row, a.col + a.cols - 2 * side - 1, a.rows,
              side);
        place(f, FB_PANE_LOG, a.row, a.col + a.cols - side, a.rows, side);
    }
}

static void place_bands(struct fb_frame *f, struct fb_area body) {
    struct fb_area band = body;
    int tasks = body.rows * 30 / 100;
    int story = body.rows * 25 / 100;

    tasks = tasks > 24 ? 24 : tasks < TASK_ROWS ? TASK_ROWS : tasks;
    story = story > 18 ? 18 : story;
    place(f, FB_PANE_TASKS, body.row, body.col, tasks, body.cols);
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
    if (f->focus == FB_PANE_LANES || f->focus == FB_PANE_REACTOR ||
        f->focus == FB_PANE_GUEST) {
        f->right = f->focus;
    }
    if (f->focus == FB_PANE_LOG || f->focus == FB_PANE_GUEST) {
        f->bottom = f->focus;
    }
    // header, footer, and the line between: its own row where there is room
    f->header_rows = rows >= 12 ? 2 : 1;
    f->status_rows = rows >= 30 || s->guest ? 1 : 0;
    body.row = f->header_rows;
    body.rows = rows - f->header_rows - f->status_rows - 1;
    if (f->zoom || body.rows < LOW_ROWS || cols < NARROW_COLS) {
        f->panes[f->focus].area = body;
    } else {
        place_bands(f, body);
    }
}
