// Walking through events in order, with the world before and after each.
#ifndef FISHBOWL_PRINT_WALK_H
#define FISHBOWL_PRINT_WALK_H

#include "page.h"

struct fb__step {
    uint64_t number;
    const struct fb_event *event;
    const struct fb_model *before, *after;
    uint64_t lost_from; // events from here to number - 1 were lost; 0: none
};

// Writes one event. Returns 0 or a negative errno, which ends the walk.
typedef int fb__walk_fn(struct fb_session *s,
                        const struct fb_print_options *options,
                        const struct fb__step *step);

// "… events 5 to 9 were lost", if some were just before this step.
void fb__walk_say_lost(FILE *out, const struct fb__step *step);

// Calls `each` for the events that the options choose, and says where events
// were lost before one that they do not. With options->follow it goes on until
// the program or the range ends.
// Errors: -ENOMEM, -EIO, -ERANGE, and those of `each`.
__attribute__((warn_unused_result)) int
fb__walk(struct fb_session *s, const struct fb_print_options *options,
         fb__walk_fn *each);

#endif
