// Between the two sources of the history only: history.c keeps events,
// history_points.c the world after any of them.
#ifndef FISHBOWL_MODEL_HISTORY_STATE_H
#define FISHBOWL_MODEL_HISTORY_STATE_H

#include "history.h"
#include "pack.h"
#include "timeline_index.h"

struct fb__chunk {
    uint64_t first;
    uint32_t count, capacity;
    struct fb_event *events;
};

struct fb__checkpoint {
    struct fb__packed world;
    uint64_t number;
};

struct fb_history {
    // events
    struct fb__chunk *chunks;
    size_t chunk_count, chunk_capacity;
    uint32_t chunk_events; // in a full chunk
    uint64_t count, max_events;
    uint64_t expected; // events that there will be, as far as one knows
    struct fb_timeline *timeline; // of the same events
    // worlds
    struct fb__checkpoint *points;
    size_t point_count, point_capacity, point_bytes;
    uint64_t next_point; // events until a checkpoint is due
    struct fb_model base, live, cursor, near;
    bool cursor_valid, near_valid;
};

void fb__points_init(struct fb_history *h);
void fb__points_deinit(struct fb_history *h);
// The live world has come to where a checkpoint is due.
void fb__points_take(struct fb_history *h);
// `base` has gone on: what lies before it is no way to any kept event.
void fb__points_forget(struct fb_history *h);

#endif
