// `watch --plain` on a terminal: the app without a picture, for screen readers
// and for terminals that can only print. Lines go in, sentences come out; the
// cursor is never moved.
#ifndef FISHBOWL_PLAIN_H
#define FISHBOWL_PLAIN_H

#include "app.h"

struct fb_plain {
    struct fb_app *app; // borrowed
    FILE *out;          // borrowed
    uint64_t told;      // the sentences up to this event are out
    enum fb_mode mode;  // as it was said last
    bool finished;      // likewise
    char status[FB_LOG_BYTES];
    uint32_t left; // steps that are still to be made
    char unit;     // of them: the key
};

// Says where the picture stands.
void fb_plain_begin(struct fb_plain *p, struct fb_app *app, FILE *out);
// Obeys one line.
void fb_plain_line(struct fb_plain *p, const char *line);
// Says what has happened since: sentences, a new mode, an answer. Call it after
// each line and each tick.
void fb_plain_tell(struct fb_plain *p);

// Reads standard input until it ends or somebody quits. Returns an exit status.
int fb_plain_run(struct fb_app *app);

// ---- between its two sources ----
enum { FB_PLAIN_LIVE = 2000 }; // sentences at once, at most
// Prints the sentences of events `from` to `to`.
void fb__plain_sentences(struct fb_plain *p, uint64_t from, uint64_t to);
// The event so many kept ones before `at`, or the first.
uint64_t fb__plain_before(const struct fb_history *h, uint64_t at, int many);

#endif
