// When the times of an export begin.
#ifndef FISHBOWL_EXPORT_START_H
#define FISHBOWL_EXPORT_START_H

#include "session.h"

// The events' clock at the program's start; where the first event is older (a
// clock of the program's own), then.
static inline uint64_t fb__export_start(struct fb_session *s) {
    const struct fb_history *h = fb_session_history(s);
    const struct fb_event *e = fb_history_event(h, fb_history_first(h));
    const uint64_t start = fb_session_facts(s)->start_time_ns;

    return e != NULL && e->time_ns < start ? e->time_ns : start;
}

#endif
