// The scripted clients: one conversation, its verdict, and a crowd of them.
#ifndef DIAL_H
#define DIAL_H

#include "fishbowl/resolve.h"
#include "greeter.h"

enum dial_verdict {
    DIAL_OK,        // every byte as the protocol says
    DIAL_WRONG,     // something else, or something less
    DIAL_REFUSED,   // nobody listens there
    DIAL_RESET,     // the connection broke before the reply was whole
    DIAL_TIMED_OUT, // --timeout
    DIAL_FAILED,    // our own trouble: out of descriptors, ports, memory
    DIAL_CANCELLED, // a signal came first
    DIAL_VERDICTS
};
const char *dial_verdict_name(enum dial_verdict verdict);

enum dial_role {
    DIAL_TALK,    // says its line, expects the reply
    DIAL_HANG_UP, // closes after the prompt
    DIAL_SILENT,  // says nothing
};

struct dial_line {
    const char *bytes;
    size_t len;
};

// What every client of a crowd does. Constant while they run.
struct dial_script {
    struct fb_addr addrs[FB_RESOLVE_MAX]; // of one host: the first that answers
    uint32_t addr_count;
    enum dial_role role;
    bool slow;      // one byte at a time, both ways
    bool half_open; // shuts its sending side after the line
    uint64_t think_ns, hold_ns, timeout_ns; // 0: none
    uint32_t *explain; // so many wrong transcripts go to stderr; may be NULL
};

// The most that a greeter may say, and a byte more to notice a longer one.
enum { HEARD_BYTES = PROMPT_BYTES + REPLY_BYTES + 1 };

// Whether `heard`, all that came until the end of the stream, is what a greeter
// says to a client that sent `sent`. With `pieces` the line went out byte by
// byte, so that the one read of the greeter may have met any first part of it.
bool dial_is_true(const char *heard, size_t heard_len, const char *sent,
                  size_t sent_len, bool pieces);

// Spawns one client; its output is an enum dial_verdict, or an -errno that
// dial_verdict_of translates. Ownership: script and line's bytes outlive it.
// Errors: -ENOMEM.
FB_MUST_USE int dial_spawn(struct fb_join_set *set,
                           const struct dial_script *script,
                           const struct dial_line *line);

enum dial_verdict dial_verdict_of(const struct fb_join_result *result);

// Finds the addresses of `text` ("127.0.0.1:6142", "localhost:6142") for a
// script. out: 0; -ECANCELED a signal came first; or that of fb_resolve.
struct dial_lookup {
    struct fb_future future;
    int out;
    const char *text;
    struct fb_signals *signals;
    struct dial_script *script;
    struct fb_select select;
    struct fb_signal_wait stop;
    struct fb_resolve resolve;
};
FB_MUST_USE struct dial_lookup dial_lookup(const char *text,
                                           struct fb_signals *signals,
                                           struct dial_script *script);

// A crowd: `clients` of them, `concurrency` at once. out: 0, or -errno if it
// could not go on. What became of each is counted in `verdicts`.
struct crowd {
    struct fb_future future;
    int out;
    const struct dial_script *script;
    const struct dial_line *lines; // client i says line i % line_count
    size_t line_count;
    uint32_t clients, concurrency;
    struct fb_signals *signals; // a signal ends it; NULL: none does
    bool progress;              // tell stderr once a second
    uint32_t started, finished;
    uint32_t verdicts[DIAL_VERDICTS];
    int reasons[DIAL_VERDICTS]; // -errno of the first of each, or 0
    uint64_t tell_ns;           // when to tell next
    struct fb_join_set members;
    struct fb_select select;
    struct fb_signal_wait stop;
    struct fb_join_next next;
    struct fb_sleep tick;
};
// Makes it a future; the caller has filled the members down to `progress`.
void crowd_init(struct crowd *crowd);

#endif
