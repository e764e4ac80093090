// The stage: all that a play needs, set up and cleared away in one place.
#ifndef FISHBOWL_DEMO_STAGE_H
#define FISHBOWL_DEMO_STAGE_H

#include "player.h"

struct fb_demo_options {
    const char *script; // path of the script
    const char *name;   // how it was called; NULL: the play without a name
    const char *theme;  // "dark", …; NULL: the user's own
    bool plain;         // no screen even on a terminal
    bool full_story;    // headless: every event, not the telling ones
    bool ascii, no_color;
    const char *ring;     // where the greeter's trace is kept; NULL: nowhere
    const char *marks;    // where the marks of the play go; NULL: nowhere
    bool in_class;        // a scene's clock is real, else it jumps
    bool greeter_options; // server_args has some that a scene does not know
    uint16_t port;        // asked for first; 0: whichever is free
    const char *server_args[FB_SERVER_ARGS_MAX + 1]; // NULL-ended
};

struct fb_stage {
    struct fb_script script;
    const char *args[FB_SERVER_ARGS_MAX + 1]; // of the program that is played
    struct fb_server server;
    struct fb_clients clients;
    struct fb_session *session;
    char *litter; // the trace that a crash would leave behind; NULL: none
};

// Reads the script, starts the greeter, opens its trace. `line` gets what the
// greeter prints. `why` gets one sentence if it fails; nothing is left then.
// Errors: those of fb_script_read, fb_server_start, fb_session_open.
__attribute__((warn_unused_result)) int
fb_stage_open(struct fb_stage *st, const struct fb_demo_options *options,
              void (*line)(void *arg, const char *text, size_t len), void *arg,
              char *why, size_t why_bytes);
// The clients hang up, the executor runs on, the greeter ends. Legal on a
// zeroed stage.
void fb_stage_close(struct fb_stage *st);

// Takes all that has happened to server and clients (not to the session).
// Returns whether anything changed.
bool fb_stage_pump(struct fb_stage *st);

// Plays without a screen, story on stdout. Returns an exit status.
int fb_demo_headless(const struct fb_demo_options *options);
// Plays on this terminal. Returns an exit status.
int fb_demo_live(const struct fb_demo_options *options);

#endif
