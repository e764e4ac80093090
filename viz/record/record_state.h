// Shared between the sources of the recorder only.
#ifndef FISHBOWL_RECORD_STATE_H
#define FISHBOWL_RECORD_STATE_H

#include "fishbowl/trace/reader.h"
#include "record.h"
#include "recording.h"

// Events of a record: what is cut off loses at most so many whole ones.
enum { FB__RECORD_BATCH = 512, FB__RECORD_FILES = 256 };

struct recorder {
    const struct fb_record_options *options;
    struct fb_trace_reader reader;
    struct fb_trace_merge *events;
    struct fb_recording_writer *out;
    struct fb_sources *sources;
    struct fb_record_result result;
    uint64_t next;  // number of the event to be taken next
    uint32_t token; // of the census that binds the program
    bool bound, has_address;
    uint64_t start_ns, flush_ns, progress_ns, bind_ns, address_ns;
    uint64_t waited_before_ns; // by the program, for recorders before us
    uint64_t pause_ns;         // between two looks
    bool named[UINT16_MAX + 1];
    char *files[FB__RECORD_FILES]; // whose text is written
    size_t file_count;
    struct fb_event batch[FB__RECORD_BATCH];
};

// Writes the table entries that these events name, with the text of their
// files, as far as that was not done.
__attribute__((warn_unused_result)) int
fb__record_names(struct recorder *r, const struct fb_event *events,
                 size_t count);

#endif
