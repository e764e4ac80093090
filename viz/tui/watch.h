// `fishbowl watch`, and the loop that it shares with `fishbowl demo`.
#ifndef FISHBOWL_WATCH_H
#define FISHBOWL_WATCH_H

#include "app.h"

struct fb_tui_options {
    bool ascii;    // no box drawing; also set by a terminal without UTF-8
    bool no_color; // also set by NO_COLOR
    bool no_mouse; // the terminal keeps it
};

// The verb. Returns an exit status: 0, 1, 2.
int fb_watch_main(int argc, char **argv);

// Shows the app on this terminal until it is done, and restores the terminal
// on every way out. Returns 0, or an exit status of 1 after saying on stderr
// why the terminal cannot be used.
int fb_tui_run(struct fb_app *app, const struct fb_tui_options *options);

// Any other picture on a terminal. click and tick may be NULL; what they do is as
// in app.h.
struct fb_tui_client {
    void *arg;
    void (*key)(void *arg, uint32_t key);
    void (*click)(void *arg, int row, int col);
    int (*tick)(void *arg, uint64_t now_ns);
    void (*draw)(void *arg, struct fb_grid *g);
    bool (*dirty)(void *arg);
    bool (*done)(void *arg);
    void (*touch)(void *arg); // the next look finds it dirty
    // May be NULL. Of Ctrl-C: true, it has been used for something else.
    bool (*interrupt)(void *arg);
};

// As fb_tui_run.
int fb_tui_show(const struct fb_tui_client *client,
                const struct fb_tui_options *options);

#endif
