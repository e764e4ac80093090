// Finding words in the story of a trace.
#ifndef FISHBOWL_STORY_FIND_H
#define FISHBOWL_STORY_FIND_H

#include "history.h"
#include "story.h"

// Whether the story tells this event: what a census states was so before, only
// that it begins and ends is told.
bool fb_story_tells(const struct fb_event *e);

// The nearest event after `from` (direction > 0) or before it whose sentence
// has `words` in it, ASCII letters of both cases alike; *ret_event is 0 if
// there is none among at most `limit` events, and *ret_looked the last event
// that was looked at, 0 when there was no further one. What history gave by
// fb_history_at before is outdated. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_story_find(struct fb_history *h, const struct fb_names *names, uint64_t from,
              int direction, const char *words, size_t limit,
              uint64_t *ret_event, uint64_t *ret_looked);

#endif
