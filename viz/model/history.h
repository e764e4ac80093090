// History: the events a viewer has, and the world after any of them.
//
// Holds a growing (or, for a long live session, sliding) window of events with
// checkpoints of the model, so that the world after event n is one copy and a
// short replay away, forwards and backwards. Pure: a source of events pushes
// them in. Gaps (lost events) are kept as gaps.
#ifndef FISHBOWL_HISTORY_H
#define FISHBOWL_HISTORY_H

#include "model.h"

struct fb_history; // opaque

// `max_events`: how many are kept (0: no limit); the oldest go in chunks, and
// their effect stays in the first checkpoint. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_history_create(struct fb_history **ret_history, uint64_t max_events);
void fb_history_destroy(struct fb_history *h);

// Appends event `number`. Errors: -EINVAL not above the last, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_history_push(struct fb_history *h, uint64_t number,
                const struct fb_event *e);

uint64_t fb_history_first(const struct fb_history *h); // 0: empty
uint64_t fb_history_last(const struct fb_history *h);
uint64_t fb_history_count(const struct fb_history *h);

// Says how many events there will be in all, where that is known (`max_events`
// is taken for it else): checkpoints are then far apart from the beginning, if
// they must be. Wrong is legal; it costs memory or time.
void fb_history_expect(struct fb_history *h, uint64_t events);

// What the kept checkpoints take: at most three eighths of the memory of the
// events, or of those expected, plus a constant (4 MiB); less where the worlds
// are large.
size_t fb_history_checkpoint_bytes(const struct fb_history *h);

// The event, or NULL if it is not kept (lost, too old or too new).
const struct fb_event *fb_history_event(const struct fb_history *h,
                                        uint64_t number);
// The events that are kept in one piece with `number`, for whoever reads many:
// the first one's place, its number and how many there are. NULL if `number` is
// not kept. Valid until the next push.
const struct fb_event *fb_history_run(const struct fb_history *h,
                                      uint64_t number, uint64_t *ret_first,
                                      size_t *ret_count);
// Nearest kept event number after / before `number`; 0 if none.
uint64_t fb_history_next(const struct fb_history *h, uint64_t number);
uint64_t fb_history_prev(const struct fb_history *h, uint64_t number);

// The world after the newest event; lives as long as the history.
const struct fb_model *fb_history_live(const struct fb_history *h);
// The world after event `number` (clamped to what is kept; 0: before the
// first). The result is owned by the history and valid until the next call.
// Errors: NULL out of memory.
const struct fb_model *fb_history_at(struct fb_history *h, uint64_t number);

// Stepping units, used by screens and by `print --at`.
enum fb_unit {
    FB_UNIT_EVENT,
    FB_UNIT_POLL, // stops after POLL_END
    FB_UNIT_WAKE, // stops after WAKE
    FB_UNIT_TASK, // stops after any event about `task`
    FB_UNIT_TURN, // stops after UNPARK
};
// The number to stand at after one step from `from` (steps < 0: backwards);
// 0 when there is no such event that way.
uint64_t fb_history_step(const struct fb_history *h, uint64_t from,
                         enum fb_unit unit, int steps, uint32_t task);
// Whether event `e` ends a unit (for the one definition of "a step").
bool fb_event_ends_unit(const struct fb_event *e, enum fb_unit unit,
                        uint32_t task);
// The task an event is about, as far as it says; 0 none.
uint32_t fb_event_task(const struct fb_event *e);
// The number of the worker that an event names, FB_MODEL_NONE if it names none:
// who polls, whose queue, who parks, who makes a system call.
uint32_t fb_event_worker(const struct fb_event *e);

#endif
