// The tale: the story of a session as it grows, told to a file.
#ifndef FISHBOWL_DEMO_TALE_H
#define FISHBOWL_DEMO_TALE_H

#include "session.h"
#include <stdio.h>

struct fb_tale {
    FILE *out;
    bool full;     // every event, else those that tell something to a class
    uint64_t told; // number of the newest event told or passed over
    struct fb_model before, after; // the world before and after an event
};

// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb_tale_init(struct fb_tale *t,
                                                     FILE *out, bool full);
void fb_tale_deinit(struct fb_tale *t); // legal on a zeroed tale

// Tells the events that are new since the last call. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb_tale_tell(struct fb_tale *t,
                                                     struct fb_session *s);

// Whether a brief tale holds this event.
bool fb_tale_tells(const struct fb_event *e);

#endif
