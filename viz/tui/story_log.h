// The sentences that lead up to an event, newest last.
#ifndef FISHBOWL_STORY_LOG_H
#define FISHBOWL_STORY_LOG_H

#include "history.h"
#include "story.h"

enum { FB_STORY_LINES = 128, FB_STORY_BYTES = 360 };

struct fb_story_line {
    uint64_t event;
    uint8_t kind; // enum fb_event_kind
    char text[FB_STORY_BYTES];
};

struct fb_story_log {
    struct fb_story_line lines[FB_STORY_LINES];
    uint64_t count; // ever added; newest at (count - 1) % FB_STORY_LINES
    uint64_t at;    // they lead up to this event
    struct fb_model before, after; // both after `at` between two calls
};

// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_story_log_init(struct fb_story_log *log);
void fb_story_log_deinit(struct fb_story_log *log);

// Makes the lines lead up to event `at`. Events of a census are told by its
// begin and end only. What history gave by fb_history_at before is outdated.
// Errors: -ENOMEM (the lines are then those of no event).
__attribute__((warn_unused_result)) int
fb_story_log_seek(struct fb_story_log *log, struct fb_history *h,
                  const struct fb_names *names, uint64_t at);

// The line `back` lines before the newest; NULL if there is none.
const struct fb_story_line *fb_story_log_line(const struct fb_story_log *log,
                                              uint64_t back);

#endif
