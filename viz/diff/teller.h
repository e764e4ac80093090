// The sentences of one run, asked for in any order; cheap when it is forwards.
#ifndef FISHBOWL_DIFF_TELLER_H
#define FISHBOWL_DIFF_TELLER_H

#include "history.h"
#include "story.h"

struct fb_teller {
    struct fb_history *history;
    const struct fb_names *names;
    struct fb_model before, after; // both after `at` between two calls
    uint64_t at;
    bool placed;
};

void fb_teller_init(struct fb_teller *t, struct fb_history *h,
                    const struct fb_names *names);
void fb_teller_deinit(struct fb_teller *t); // legal on a zeroed one
// The story's sentence for event `number`, which must be kept. What the history
// gave by fb_history_at before may be outdated. Errors: -ENOMEM, -ERANGE.
__attribute__((warn_unused_result)) int fb_teller_tell(struct fb_teller *t,
                                                       uint64_t number,
                                                       char *out,
                                                       size_t out_bytes);

#endif
