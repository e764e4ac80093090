// Between the sources of a session only.
#ifndef FISHBOWL_SESSION_STATE_H
#define FISHBOWL_SESSION_STATE_H

#include "feed.h"
#include "sources.h"

#include "fishbowl/trace/text.h"
#include <sys/types.h>

enum { FB__SESSION_BATCH = 4096, FB__SESSION_PATH_BYTES = 4096 };

struct fb__tape; // feed_recording.c

struct fb_session {
    const struct fb__feed *feed;
    struct fb_trace_reader reader; // a recording has none: fd -1, no control
    struct fb_trace_merge *events; // all rings of it, in one row
    struct fb__tape *tape;         // of a recording
    struct fb_source_provider provider; // of a recording: its own texts
    struct fb_history *history;
    struct fb_lints *lints;
    size_t lints_before; // findings there were before the last pump
    uint64_t news_ns;    // CLOCK_MONOTONIC: since when no event has come
    struct fb_names names;
    struct fb_session_facts facts;
    uint64_t next;       // number of the next event to read
    uint64_t kept;       // events, at most
    uint64_t most_bytes; // that all may take together
    struct fb_session_gap *gaps;
    size_t gap_count, gap_room;
    uint64_t lost;
    uint32_t census; // token of the census asked for, if `asked`
    bool asked, claimed;
    bool in_slices;      // a long trace may be opened so,
    uint64_t slices_end; // and is until a pump finds nothing more below this
    char path[FB_TEXT_SAFE_BYTES(FB__SESSION_PATH_BYTES)];
    struct {
        dev_t device;
        ino_t inode; // 0: not known
    } file;
    char program[FB_TEXT_SAFE_BYTES(
        sizeof(((struct fb_trace_header *)0)->program))];
    char address[FB_TEXT_SAFE_BYTES(
        sizeof(((struct fb_trace_header *)0)->address))];
    struct fb_event batch[FB__SESSION_BATCH];
};

// Reads events below `end`, at most `max`, and gives how many. Where it fails,
// `next` names the first event that is not in the history, so that a later call
// goes on there.
__attribute__((warn_unused_result)) int
fb__session_take(struct fb_session *s, size_t max, uint64_t end);

// `life` was read before the last events were, and no more were found.
void fb__session_end_lints(struct fb_session *s, enum fb_trace_life life);

// Tells the history how many events it will have, if `end` is where they end.
void fb__session_expect(struct fb_session *s, uint64_t end);

// How many events more may be kept beside those that are there.
uint64_t fb__session_room(const struct fb_session *s);

// CLOCK_MONOTONIC.
uint64_t fb__session_now_ns(void);

// Text of the trace, at most `max` bytes of it, as it may be shown.
void fb__session_safe(char *out, size_t out_bytes, const char *text,
                      size_t max);

#endif
