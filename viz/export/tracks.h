// Tracks: what is open at this moment in a Chrome trace.
//
// A worker has a stack of slices, a task has one slice that says its state.
// Whoever opens must close: a trace with loose ends shows nonsense.
#ifndef FISHBOWL_TRACKS_H
#define FISHBOWL_TRACKS_H

#include "model.h"

enum fb__slice_kind {
    FB__SLICE_PARKED,
    FB__SLICE_REACTOR,  // what a worker does between a park and its polls
    FB__SLICE_EXECUTOR, // and after a poll, where it wakes somebody
    FB__SLICE_POLL,     // id: a task
    FB__SLICE_FUTURE,   // id: a future
};

struct fb__slice {
    enum fb__slice_kind kind;
    uint32_t id;
};

enum { FB__NAME_BYTES = 96 };
enum { FB__SLICES = 256 }; // deeper futures are left out, and counted

struct fb__worker_track {
    struct fb__slice open[FB__SLICES];
    uint32_t depth;
    uint32_t too_deep; // futures open beyond FB__SLICES
    bool named;        // its track has a name
};

struct fb__task_track {
    uint32_t id;
    uint8_t state; // the open state: an enum fb_task_state; FREED: none
    char name[FB__NAME_BYTES],
        state_name[FB__NAME_BYTES]; // as they were opened, so they are closed
    uint32_t arrow;                 // arrows.c: which one is on its way to it
};

// Tasks by id, in an open-addressed table.
struct fb__task_tracks {
    struct fb__task_track *slots; // id 0: free
    size_t capacity, count;
};

void fb__tracks_deinit(struct fb__task_tracks *t);
// NULL if there is none.
struct fb__task_track *fb__tracks_find(const struct fb__task_tracks *t,
                                       uint32_t id);
// Finds or adds; valid until the next add or remove. NULL: out of memory.
struct fb__task_track *fb__tracks_add(struct fb__task_tracks *t, uint32_t id);
void fb__tracks_remove(struct fb__task_tracks *t, uint32_t id);

#endif
