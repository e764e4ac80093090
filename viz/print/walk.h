// Walking through events in order, with the world before and after each.
#ifndef FISHBOWL_PRINT_WALK_H
#define FISHBOWL_PRINT_WALK_H

#include "page.h"

struct fb__step {
    uint64_t number;
    const struct fb_event *event;
    const struct fb_model *before, *after;
};

// Writes one event. Returns 0 or a negative errno, which ends the walk.
typedef int fb__walk_fn(struct fb_session *s,
                        const struct fb_print_options *options,
                        const struct fb__step *step);

// Calls `each` for the events that the options choose, says where events were
// lost, and with options->follow goes on until the program or the range ends.
// Errors: -ENOMEM, -EIO, -ERANGE, and those of `each`.
__attribute__((warn_unused_result)) int
fb__walk(struct fb_session *s, const struct fb_print_options *options,
         fb__walk_fn *each);

#endif
