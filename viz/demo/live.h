// The demo on a terminal: what its guest in the visualiser knows.
#ifndef FISHBOWL_DEMO_LIVE_H
#define FISHBOWL_DEMO_LIVE_H

#include "app.h"
#include "stage.h"

struct fb_live {
    struct fb_stage stage;
    struct fb_player player;
    struct fb_app *app;
    uint64_t now_ns;                       // of the last tick
    char picked[FB_CLIENT_NAME_BYTES + 1]; // in the clients pane, "" none
    char follow[FB_CLIENT_NAME_BYTES + 1]; // select its task once it has one
    uint32_t shown_task; // the app's selection that `picked` follows
    size_t next_name;
    bool noted_end;           // the greeter's end has been logged
    bool noted_play;          // the play's end has been said
    char said[FB_LOG_BYTES];  // by the script, sanitised; stays while held
    char acted[FB_LOG_BYTES]; // the last act of a client; safe to print
};

// The keys of a demo, and how many there are.
extern const struct fb_guest_key fb_live_keys[];
extern const size_t fb_live_key_count;

// The pane "Clients".
extern const struct fb_view fb_view_clients;

// The client that a key is about: the picked one while the clients pane has
// the focus, else that of the selected task; NULL none.
struct fb_client *fb_live_target(const struct fb_live *live,
                                 const struct fb_app *app);

// The teacher does something: the script waits until told to go on.
void fb_live_take_over(struct fb_live *live);
// Says the script's line and what stands beside it.
void fb_live_say(struct fb_live *live);
// A line for the log. Requires: safe to print.
__attribute__((format(printf, 2, 3))) void fb_live_log(struct fb_live *live,
                                                       const char *format, ...);
// The same for what somebody has done; it also stands in the status line.
__attribute__((format(printf, 2, 3))) void fb_live_act(struct fb_live *live,
                                                       const char *format, ...);

#endif
