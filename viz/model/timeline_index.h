// The index behind the timeline; between the sources of the model only.
#ifndef FISHBOWL_MODEL_TIMELINE_INDEX_H
#define FISHBOWL_MODEL_TIMELINE_INDEX_H

#include "pool.h"
#include "timeline.h"

enum {
    FB__STRETCH_EVENTS = 1024, // bounded by the bits of a turn
    FB__STRETCH_SUMS = 1024,
    FB__STRETCH_TURNS = 4096,
};

// What one task did in a stretch. Only tasks that changed their state there
// have a sum: all others were the same from its first to its last event.
struct fb__sum {
    uint32_t ran_ns, queued_ns;
    uint16_t polls;     // that began
    uint8_t worker;     // as in struct fb_timeline_cell
    uint8_t first : 3;  // state when the stretch began
    uint8_t last : 3;   // and when it ended
    uint8_t partly : 1; // it was absent or complete in a part of it
};

// One change of one task's state.
struct fb__turn {
    uint32_t offset : 10; // of the event, from the stretch's first
    uint32_t sum : 10;    // whose
    uint32_t to : 3;      // enum fb_task_state or FB_LANE_ABSENT
    uint32_t worker : 6;
};

// Consecutive events, not many and not long: `count` from number `first` on.
struct fb__stretch {
    uint64_t first, begin_ns, end_ns; // stamps of its first and last event
    uint32_t *tasks; // whose sums; then the sums, then the turns. Of the open
                     // stretch: the index's own arrays
    uint16_t count, sum_count, turn_count;
    uint16_t wakes, ready, fired;
    bool again; // its first event is the last of the stretch before
};

// A task as of the newest event.
struct fb__lane {
    uint32_t id, sum;
    uint64_t stretch; // `sum` is of the stretch with this serial number
    uint64_t changed; // the event of its last turn
    uint8_t state, worker;
};

struct fb_timeline {
    struct fb__stretch *stretches; // the last one is open
    size_t count, capacity;
    uint64_t serial; // of the open stretch
    size_t bytes;    // of the sums and turns of the others
    // the open one
    uint32_t tasks[FB__STRETCH_SUMS];
    struct fb__sum sums[FB__STRETCH_SUMS];
    uint32_t since[FB__STRETCH_SUMS]; // ns from begin_ns, of the last turn
    struct fb__turn turns[FB__STRETCH_TURNS];
    // the world as of the last event noted
    struct fb_model_pool lanes;
    struct fb_model_index lane_index;
    uint32_t running[FB_TRACE_RINGS_MAX]; // task ids
    uint64_t last, now_ns;
    uint64_t born;   // lanes that were ever made
    uint32_t census; // the last one whose end was taken in
};

__attribute__((warn_unused_result)) int
fb__timeline_create(struct fb_timeline **ret_timeline);
void fb__timeline_destroy(struct fb_timeline *x); // NULL is legal

// Takes in event `number`, after which the world is `m`. Without memory the
// event is left out, as if it were lost.
void fb__timeline_note(struct fb_timeline *x, const struct fb_model *m,
                       uint64_t number, const struct fb_event *e);
// Events before `first` are not kept any more.
void fb__timeline_drop(struct fb_timeline *x, uint64_t first);

// timeline.c: the first stretch that ends at or after `place`; count if none.
size_t fb__timeline_stretch(const struct fb_timeline *x, enum fb_scale scale,
                            uint64_t place);

// history.c
const struct fb_timeline *fb__history_timeline(const struct fb_history *h);

static inline bool fb__stretch_is_open(const struct fb_timeline *x,
                                       const struct fb__stretch *s) {
    return s->tasks == x->tasks;
}
// NULL where the stretch has none.
static inline const struct fb__sum *
fb__stretch_sums(const struct fb_timeline *x, const struct fb__stretch *s) {
    if (s->tasks == NULL || fb__stretch_is_open(x, s)) {
        return s->tasks == NULL ? NULL : x->sums;
    }
    return (const struct fb__sum *)(const void *)(s->tasks + s->sum_count);
}
static inline const struct fb__turn *
fb__stretch_turns(const struct fb_timeline *x, const struct fb__stretch *s) {
    if (s->tasks == NULL || fb__stretch_is_open(x, s)) {
        return s->tasks == NULL ? NULL : x->turns;
    }
    return (const struct fb__turn *)(const void *)(fb__stretch_sums(x, s) +
                                                   s->sum_count);
}
static inline uint64_t fb__stretch_last(const struct fb__stretch *s) {
    return s->first + s->count - 1;
}

#endif
