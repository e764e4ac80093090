// Points: which line of the runtime writes an event.
//
// The table is made from the runtime's own source when Fishbowl is built, so
// it is right for programs built from the same source. Where one kind of event
// is written in several places and the event does not tell them apart, all of
// them are named: nothing is guessed.
#ifndef FISHBOWL_POINTS_H
#define FISHBOWL_POINTS_H

#include "fishbowl/trace/format.h"
#include <stddef.h>

struct fb_point {
    uint8_t kind;         // enum fb_event_kind
    int16_t detail;       // only events with this detail; -1: any
    const char *file;     // "core/turn.c"
    const char *function; // "end_task"
    uint32_t line;
};

enum { FB_POINTS_MAX = 8 };

// The places that may have written `e`, at most FB_POINTS_MAX; `workers`: how
// many executor threads the program has, 0 if it is not built on this runtime
// (FB_TRACE_FOREIGN). Returns how many; 0: unknown, or an event of a newer
// version.
size_t fb_points_of(const struct fb_event *e, uint32_t workers,
                    const struct fb_point *out[FB_POINTS_MAX]);

// Says it: "Event 139 POLL_END is written by end_task() core/turn.c:98". `out`
// gets the sentence, `points` the places. Returns how many they are.
size_t fb_points_say(uint64_t number, const struct fb_event *e,
                     uint32_t workers, char *out, size_t out_bytes,
                     const struct fb_point *points[FB_POINTS_MAX]);

#endif
