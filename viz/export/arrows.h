// Arrows: which wakes lead to a poll, and to which.
//
// A viewer binds an arrow's beginning to the slice that is open when it is read,
// so it must be written where it sets out; but one that never arrives must not
// be written at all. So the events are gone through twice: first to find those
// that arrive, then, in the same way, while writing.
#ifndef FISHBOWL_ARROWS_H
#define FISHBOWL_ARROWS_H

#include "history.h"
#include "tracks.h"

struct fb__arrows {
    struct fb__task_tracks on_their_way; // by the task they lead to
    uint64_t last;                       // event
    uint32_t count;                      // that have set out
    // a bit for each that arrives, as they set out
    uint64_t *arrives;
    uint32_t room;
};

enum fb__arrow_step {
    FB__ARROW_NONE,
    FB__ARROW_SETS_OUT,
    FB__ARROW_ARRIVES,
};

// Goes through the events `from` to `to` (0: to the end), and stands before the
// first of them again. Ownership: fb__arrows_deinit. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__arrows_init(struct fb__arrows *a, const struct fb_history *h, uint64_t from,
                uint64_t to);
void fb__arrows_deinit(struct fb__arrows *a); // legal on a zeroed one

// Takes one event, in order. *ret_id names the arrow that sets out here, or
// that arrives. An arrow that never arrives does not set out.
__attribute__((warn_unused_result)) int
fb__arrows_step(struct fb__arrows *a, uint64_t number, const struct fb_event *e,
                enum fb__arrow_step *ret_step, uint32_t *ret_id);

#endif
