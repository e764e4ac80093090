// The timeline: what each task did in a window of time, column by column.
//
// A column of a picture covers a piece of time or a number of events. For each
// task it says how long the task ran, lay in a run queue and waited in that
// piece: sums, never a sample, so that a poll of a microsecond is neither lost
// nor drawn as long as its column. States are the model's own.
//
// The time of an event is here the greatest stamp so far: lanes never run
// backwards, though the stamps of several workers may step back a little.
#ifndef FISHBOWL_TIMELINE_H
#define FISHBOWL_TIMELINE_H

#include "history.h"

enum fb_scale {
    FB_SCALE_EVENTS, // positions are event numbers
    FB_SCALE_TIME,   // positions are nanoseconds of the events' clock
};

// Columns [from + c * step, from + (c + 1) * step), c from 0 to cols - 1.
struct fb_timeline_window {
    enum fb_scale scale;
    uint64_t from, step;
    int cols;
};

// What a task's lane may hold besides an enum fb_task_state.
enum { FB_LANE_ABSENT = FB_TASK_FREED + 1 }; // not yet, or forgotten

enum {
    FB_TIMELINE_NOBODY = 0xff,  // no worker polled it in this column
    FB_TIMELINE_SEVERAL = 0xfe, // more than one did
};

// One task in one column. In nanoseconds, or in events: after how many of the
// column's events the task was so.
struct fb_timeline_cell {
    uint64_t ran, queued, waited;
    uint32_t polls; // that began here
    uint8_t state;  // at the column's end: enum fb_task_state, or absent
    uint8_t worker; // who polled it, or one of the two above
    bool known;     // some of the column lies between first and last event
};

// What a column holds, whoever's it is.
struct fb_timeline_column {
    uint64_t events;
    uint64_t first, last;         // numbers of its events; 0: it has none
    uint64_t wakes, ready, fired; // WAKE, SOURCE_READY, timers that fired
    uint64_t lost;                // how much of it lies where events were lost
};

// Reads columns (w->cols of them) and, for each of `task_count` different
// tasks, a row of cells: task i has cells[i * w->cols] and on. Both may be
// NULL: not wanted (cells: with task_count 0). Costs about what the window has
// of stretches and columns, not what it has of events.
// Errors: -EINVAL no columns or a step of 0, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_timeline_read(const struct fb_history *h, const struct fb_timeline_window *w,
                 struct fb_timeline_column *columns, const uint32_t *tasks,
                 size_t task_count, struct fb_timeline_cell *cells);

// The columns alone, for a picture that shows how dense events are: where there
// are many, a stretch of a thousand counts in the column in which it begins.
// `first` and `last` are then as coarse. Errors: as above.
__attribute__((warn_unused_result)) int
fb_timeline_density(const struct fb_history *h,
                    const struct fb_timeline_window *w,
                    struct fb_timeline_column *columns);

// Where the kept events begin and end: [*ret_begin, *ret_end]; both 0 if there
// are none. By events: *ret_end is the last number + 1.
void fb_timeline_range(const struct fb_history *h, enum fb_scale scale,
                       uint64_t *ret_begin, uint64_t *ret_end);
// Where an event stands; one that is not kept: where its neighbour before it
// does.
uint64_t fb_timeline_place(const struct fb_history *h, enum fb_scale scale,
                           uint64_t number);
// The first event that stands at or after `place`; the last one if none does,
// 0 if there are no events.
uint64_t fb_timeline_event(const struct fb_history *h, enum fb_scale scale,
                           uint64_t place);
// The column of a place: below 0, or cols and above, outside of the window.
int fb_timeline_col(const struct fb_timeline_window *w, uint64_t place);

// A step that is good to read: the least 1, 2 or 5 times a power of ten that is
// at least `n`, and at most 10^18.
uint64_t fb_timeline_round(uint64_t n);

// The wakes that are alone in their column, in order: at most `max`, and none
// from columns that hold too many events to be looked through. `columns` are
// those of the window.
struct fb_timeline_wake {
    uint64_t event;
    uint32_t task, cause;
    int col;
    uint8_t party, effect; // enum fb_party, enum fb_wake_effect
};
size_t fb_timeline_wakes(const struct fb_history *h,
                         const struct fb_timeline_window *w,
                         const struct fb_timeline_column *columns,
                         struct fb_timeline_wake *wakes, size_t max);

// The tasks that changed their state in the window, each once, as they first
// did; at most `max`. Returns how many were written; a full array may mean
// that there are more. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_timeline_tasks(const struct fb_history *h,
                  const struct fb_timeline_window *w, uint32_t *tasks,
                  size_t max);

// Which tasks have a lane, by id.
struct fb_lane_ids {
    uint32_t *items;
    size_t count;
    bool cut; // more did something than there are lanes for
};
// Those that live in `m` (NULL: none), and those that did something in the
// window; of these at most FB_LANES_ACTIVE. Ownership: fb_lane_ids_deinit.
// Errors: -ENOMEM.
enum { FB_LANES_ACTIVE = 4096 };
__attribute__((warn_unused_result)) int
fb_lane_ids_collect(struct fb_lane_ids *ids, const struct fb_history *h,
                    const struct fb_model *m,
                    const struct fb_timeline_window *w);
void fb_lane_ids_deinit(struct fb_lane_ids *ids); // legal on a zeroed one
// Which of them `task` is, or -1.
int fb_lane_ids_find(const struct fb_lane_ids *ids, uint32_t task);

// What a cell shows, where it can show one thing only: what ran is never hidden.
enum fb_timeline_look {
    FB_LOOK_BLANK,     // not known, or no such task
    FB_LOOK_LOST,      // most of the column's events were lost
    FB_LOOK_RAN,       // for however short
    FB_LOOK_SCHEDULED, // longer than it waited
    FB_LOOK_WAITING,
    FB_LOOK_ENDED,    // it lived in the column before
    FB_LOOK_COMPLETE, // it is complete, and still referenced
};
// `before`: the lane's cell to the left, NULL in the first column.
enum fb_timeline_look fb_timeline_look(const struct fb_timeline_window *w,
                                       const struct fb_timeline_column *column,
                                       const struct fb_timeline_cell *before,
                                       const struct fb_timeline_cell *cell);

// What a lane did in a column, or in several that were added up: "ran 3 µs in
// 2 polls, was scheduled 12 µs, waited 1.2 s". Returns bytes as snprintf does.
size_t fb_say_lane(char *out, size_t out_bytes, enum fb_scale scale,
                   const struct fb_timeline_cell *c);
// "1 col = 20 µs"
size_t fb_say_step(char *out, size_t out_bytes, enum fb_scale scale,
                   uint64_t step);

// What the index of the timeline takes: about a tenth of the events' memory.
size_t fb_timeline_bytes(const struct fb_history *h);

#endif
