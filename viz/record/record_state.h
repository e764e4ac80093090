// Shared between the sources of the recorder only.
#ifndef FISHBOWL_RECORD_STATE_H
#define FISHBOWL_RECORD_STATE_H

#include "fishbowl/trace/reader.h"
#include "needs.h"
#include "record.h"
#include "recording.h"

// Events of a record: what is cut off loses at most so many whole ones.
enum { FB__RECORD_BATCH = 512 };

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
    struct fb_needs needs;     // names and texts, written so far
    struct fb_event batch[FB__RECORD_BATCH];
};

#endif
