// Between the sources of the engine only.
#ifndef FISHBOWL_ENGINE_STATE_H
#define FISHBOWL_ENGINE_STATE_H

#include "answer.h"
#include "engine.h"
#include "lints.h"
#include "pace.h"
#include "recorded.h"
#include "records.h"
#include "story.h"

enum { FB__ENGINE_TEXT = 1024 }; // room for one sentence

struct fb__engine_gap {
    uint64_t first, last;
};

enum fb__engine_how { // how the stream ended
    FB__ENGINE_CUT,   // inside a record, or without END
    FB__ENGINE_DAMAGED,
    FB__ENGINE_WHOLE,
};

struct fb_engine {
    // what was read
    struct fb__records records;
    struct fb_recording_head head; // its texts are `program` and `address`
    char *program, *address;       // sanitised
    struct fb__recorded recorded;  // names and texts
    struct fb__engine_gap *gaps;
    size_t gap_count, gap_room;
    uint64_t lost, told; // told: the last number that a GAP record names
    struct fb_history *history;
    struct fb_lints *lints;
    bool exact, begun, stopped; // stopped: no more records are read
    enum fb__engine_how how;
    enum fb_recording_end end;
    // bytes of a record that is not whole yet
    char *pending;
    size_t pending_len, pending_room;
    // where it stands
    struct fb_names table;
    struct fb__pace at, story;
    // what it says
    struct fb__answer answer;
    char why[FB__ENGINE_TEXT];
    char *blob;
    size_t blob_len, blob_room;
};

// Notes the sentence; returns `err`.
__attribute__((format(printf, 3, 4))) int
fb__engine_refuse(struct fb_engine *e, int err, const char *format, ...);
// Begins an answer, and ends it: 0 or -ENOMEM.
struct fb__answer *fb__engine_begin(struct fb_engine *e);
__attribute__((warn_unused_result)) int fb__engine_done(struct fb_engine *e);
// So many bytes for the blob, zeroed; NULL: no memory.
void *fb__engine_make_blob(struct fb_engine *e, size_t bytes);
// Time since the program's start.
uint64_t fb__engine_since(const struct fb_engine *e, uint64_t time_ns);
// "timeNs" and "time".
void fb__engine_put_time(struct fb_engine *e, uint64_t time_ns);
// "lostBefore", "marks": what stands beside event `number` in the story.
void fb__engine_put_beside(struct fb_engine *e, uint64_t number);
// The task that an event is about, in the world after it; 0 none.
uint32_t fb__engine_task_of(const struct fb_event *event,
                            const struct fb_model *after);

#endif
