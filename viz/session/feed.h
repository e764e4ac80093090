// Where a session's events come from: the rings of a program (feed_ring.c) or a
// recording (feed_recording.c). A session asks its feed, never which it is.
#ifndef FISHBOWL_SESSION_FEED_H
#define FISHBOWL_SESSION_FEED_H

#include "session.h"

struct fb__feed {
    // All that will ever be in it is there when it is opened.
    bool finished;
    // Opens `path`; fills names, facts and provider. Errors: with `why`.
    int (*open)(struct fb_session *s, const char *path, char *why,
                size_t why_bytes);
    void (*close)(struct fb_session *s); // legal after an open that failed
    // Finds where reading begins: next, facts.first and facts.exact. A live
    // program may be asked for a census and waited for.
    int (*begin)(struct fb_session *s, uint64_t census_wait_ns);
    // The number before which all can be read now.
    uint64_t (*end)(struct fb_session *s);
    // As fb_trace_merge_read; or a negative errno, and then nothing more.
    int (*read)(struct fb_session *s, uint64_t first, struct fb_event *events,
                size_t max, uint64_t *ret_first);
    // How many events below `end` are still to be read; of a recording about.
    uint64_t (*left)(const struct fb_session *s, uint64_t end);
    // Learns what only then is known when all has been read. Errors: -EBADMSG it
    // contradicts itself.
    int (*settle)(struct fb_session *s);
    enum fb_trace_life (*life)(const struct fb_session *s);
    void (*refresh)(struct fb_session *s); // what the head did not say at first
};

extern const struct fb__feed fb__feed_ring, fb__feed_recording;

#endif
