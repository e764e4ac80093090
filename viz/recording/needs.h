// What events need beside themselves to be read where neither their program nor
// its sources are: the names they point at, the text of the files of those
// names, and the text of the runtime's lines that write such events.
//
// Whoever writes a recording asks here before each EVENTS: the recorder of a
// program, and the page that replays a trace.
#ifndef FISHBOWL_RECORDING_NEEDS_H
#define FISHBOWL_RECORDING_NEEDS_H

#include "recording.h"
#include "story.h"

struct fb_sources;

enum { FB_NEEDS_FILES = 256 }; // more than a person reads: they stay outside

// All borrowed, until fb_needs_deinit.
struct fb_needs_options {
    struct fb_recording_writer *out;
    struct fb_sources *sources;
    struct fb_names names;
    uint32_t flags, workers; // of the HEAD
};

struct fb_needs {
    struct fb_needs_options options;
    bool named[UINT16_MAX + 1];
    bool pointed[2][UINT8_MAX + 1][UINT8_MAX + 1]; // census, kind, detail
    char *files[FB_NEEDS_FILES];                   // that were looked for
    size_t file_count;
    size_t missing; // of them: whose text was not to be had
    size_t changed; // whose text is younger than the program's run
};

void fb_needs_init(struct fb_needs *n, const struct fb_needs_options *options);
void fb_needs_deinit(struct fb_needs *n); // legal when zeroed

// Writes what these events need, as far as that was not done. Errors: -ENOMEM,
// those of the writer.
__attribute__((warn_unused_result)) int
fb_needs_write(struct fb_needs *n, const struct fb_event *events, size_t count);

#endif
