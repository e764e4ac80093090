// The table of keys (app_keys.c), for whoever obeys and lists them
// (app_dispatch.c).
#ifndef FISHBOWL_APP_KEYS_H
#define FISHBOWL_APP_KEYS_H

#include "app_state.h"

enum { // when a key works
    LIVE = 1u << FB_MODE_LIVE,
    FROZEN = 1u << FB_MODE_FROZEN,
    STOPPED = 1u << FB_MODE_STOPPED,
    STANDING = FROZEN | STOPPED,
    ALWAYS = LIVE | STANDING,
    CONTROL = 1u << 8,   // a live program that can be controlled
    ALIVE = 1u << 9,     // its program lives
    FINISHED = 1u << 10, // its program is gone
    BEHIND = 1u << 11,   // the picture is not at the newest event
    SELECTED = 1u << 12,
    MOVED = 1u << 13, // something to come back from with Esc
    PAGE = 1u << 14,  // help or details lie over the panes
    NO_PAGE = 1u << 15,
    SEARCHED = 1u << 16, // something is looked for
    BREAKS = 1u << 17,   // there are breakpoints
    MARKS = 1u << 18,    // there are bookmarks
    SPEAKS = 1u << 19,   // where it does not work, it is run to say why
};

struct fb__binding {
    uint32_t key;
    unsigned when;
    const char *name, *label, *help;
    void (*run)(struct fb_app *app, int unit, int direction);
    int unit, direction;
};

// In the order of the footer.
const struct fb__binding *fb__app_bindings(size_t *ret_count);

#endif
