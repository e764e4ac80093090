// One reading of the timeline; between its sources only.
#ifndef FISHBOWL_MODEL_TIMELINE_SWEEP_H
#define FISHBOWL_MODEL_TIMELINE_SWEEP_H

#include "timeline_index.h"

enum { FB__LANE_UNKNOWN = FB_LANE_ABSENT + 1 }; // no stretch has named it yet

struct fb__sweep_lane {
    uint64_t since;
    uint64_t lost; // of the column of `since`, when the piece began
    uint32_t task;
    uint8_t state, worker;
};

struct fb__sweep {
    const struct fb_history *h;
    const struct fb_timeline *x;
    struct fb_timeline_window w;
    uint64_t end; // of the window
    struct fb_timeline_column *columns;
    struct fb_timeline_cell *cells;
    struct fb__sweep_lane *lanes;
    size_t lane_count;
    bool coarse;   // only how dense events are: whole stretches, few columns
    uint32_t *map; // open addressing: lane + 1, by task
    uint32_t mask;
    // the column that was looked for last: mostly it is the next one, too
    int near;
    uint64_t near_begin, near_edge;
    // events that lie in one piece in memory
    const struct fb_event *run;
    uint64_t run_first;
    size_t run_count;
};

static inline uint64_t fb__place_add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// Requires: inside the window.
static inline int fb__sweep_col(const struct fb__sweep *s, uint64_t place) {
    const uint64_t col = (place - s->w.from) / s->w.step;

    return col < (uint64_t)s->w.cols ? (int)col : s->w.cols - 1;
}

// Where a column ends: beyond any place in it.
static inline uint64_t fb__sweep_edge(const struct fb__sweep *s, int col) {
    const uint64_t cols = (uint64_t)col + 1;

    return s->w.step > UINT64_MAX / cols
               ? UINT64_MAX
               : fb__place_add(s->w.from, s->w.step * cols);
}

static inline bool fb__sweep_holds(const struct fb__sweep *s, uint64_t place) {
    return place >= s->w.from && place < s->end;
}

// Seeded by where its table lies, so that a file cannot be made to collide.
static inline uint32_t fb__lane_hash(const uint32_t *table, uint32_t task) {
    uint32_t h = task ^ (uint32_t)((uintptr_t)table >> 4) * 2654435769u;

    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    return h ^ (h >> 16);
}

// The task's lane; UINT32_MAX: it has none.
static inline uint32_t fb__lane_find(const struct fb__sweep *s, uint32_t task) {
    uint32_t at = fb__lane_hash(s->map, task) & s->mask;

    while (s->map[at] != 0) {
        if (s->lanes[s->map[at] - 1].task == task) {
            return s->map[at] - 1;
        }
        at = (at + 1) & s->mask;
    }
    return UINT32_MAX;
}

// ---- timeline_lanes.c ----
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__lanes_make(struct fb__sweep *s, const uint32_t *tasks, size_t count);
struct fb_timeline_cell *fb__lane_cells(const struct fb__sweep *s,
                                        uint32_t lane);
void fb__cell_worker(struct fb_timeline_cell *c, uint8_t worker);
// Before its first turn the lane was in `state`, since the sweep began.
void fb__lane_resolve(struct fb__sweep *s, uint32_t lane, uint8_t state,
                      uint8_t worker);
// The lane was in its state until `place`. Requires: resolved.
void fb__lane_extend(struct fb__sweep *s, uint32_t lane, uint64_t place);
// As fb__lane_extend, where `place` is known to lie in column `col`, which
// begins at `begin`: most lanes are in it already.
void fb__lane_reach(struct fb__sweep *s, uint32_t lane, uint64_t place, int col,
                    uint64_t begin);
void fb__lane_turn(struct fb__sweep *s, uint32_t lane, uint64_t place,
                   const struct fb__turn *turn);
// What lanes were in that no stretch of the window (from `first` to `next` - 1)
// names.
void fb__lanes_resolve_rest(struct fb__sweep *s, size_t first, size_t next);

#endif
