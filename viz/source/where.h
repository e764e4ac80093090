// Where: the chain of places at which a task stands, from its root future to
// what it waits for. It is the task's backtrace in the source.
#ifndef FISHBOWL_WHERE_H
#define FISHBOWL_WHERE_H

#include "story.h"

enum { FB_WHERE_MAX = 64 };

struct fb_where {
    uint32_t future; // id
    char name[64];   // of the future's type; sanitised
    char file[256];  // raw: as the trace names it
    uint32_t line;   // 0 unknown
    bool awaits;     // `line` is an await; else where the future is defined:
                     // leaves and combinators have no await lines
};

// The places of `task`, outermost first, at most FB_WHERE_MAX; of several arms
// the one that is polled, else the first that is pending. *ret_best is the one
// to look at where nobody chose: the innermost that awaits something.
// Returns how many; 0: there is no such task, or it has ended.
size_t fb_where(const struct fb_model *m, const struct fb_names *names,
                uint32_t task, struct fb_where out[FB_WHERE_MAX],
                size_t *ret_best);

#endif
