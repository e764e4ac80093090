// What the parts of the story share.
#ifndef FISHBOWL_MODEL_STORY_PARTS_H
#define FISHBOWL_MODEL_STORY_PARTS_H

#include "phrase.h"

struct fb__telling {
    struct fb__phrase p;
    const struct fb_names *names;
    const struct fb_event *e;
    const struct fb_model *before, *after;
};

// "Task 4 (Ada 127.0.0.1:51234)", at the beginning of a sentence.
void fb__tell_task(struct fb__telling *s, uint32_t task);
// Whether the sentence should say which worker it is about.
bool fb__tell_several(const struct fb__telling *s);
// " with 4", " with ECONNRESET"; nothing for 0.
void fb__tell_out(struct fb__telling *s, int32_t out);
// " in named.c:31", " on line 31".
void fb__tell_line(struct fb__telling *s, uint32_t type, uint32_t line);
// "Events 120 to 340 were lost. "
void fb__tell_gap(struct fb__telling *s, uint64_t first, uint64_t last);

void fb__tell_of_task(struct fb__telling *s);
void fb__tell_of_future(struct fb__telling *s);
void fb__tell_of_waker(struct fb__telling *s);
void fb__tell_of_reactor(struct fb__telling *s);
void fb__tell_of_executor(struct fb__telling *s);
void fb__tell_of_channel(struct fb__telling *s);
void fb__tell_of_census(struct fb__telling *s);

#endif
