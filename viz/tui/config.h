// The user's configuration: $XDG_CONFIG_HOME/fishbowl/config, lines of
// "key = value". `fishbowl watch --print-config` prints it with explanations.
#ifndef FISHBOWL_CONFIG_H
#define FISHBOWL_CONFIG_H

#include "frame.h"
#include "theme.h"

enum {
    FB_CONFIG_KEYS = 32,
    FB_CONFIG_PROBLEMS = 8,
    FB_CONFIG_PROBLEM_BYTES = 160,
};

struct fb_config {
    enum fb_theme theme;
    bool color; // unless NO_COLOR or --no-color says otherwise
    bool mouse;
    bool ascii; // even where the terminal could do more
    enum fb_task_order sort;
    bool sort_reverse;
    uint32_t speed;       // events a second that a finished run plays at
    enum fb_pane_id pane; // that has the keys at first
    struct {
        uint32_t typed, means;
    } keys[FB_CONFIG_KEYS];
    size_t key_count;
    // What the file says that cannot be obeyed; the rest of it is.
    char problems[FB_CONFIG_PROBLEMS][FB_CONFIG_PROBLEM_BYTES]; // sanitised
    size_t problem_count; // may be more than are kept
};

// As it is without a file.
void fb_config_init(struct fb_config *c);
// Takes one line; `number` is told in problems. Empty lines and comments ("#")
// mean nothing.
void fb_config_line(struct fb_config *c, const char *line, unsigned number);
// Takes a file; one that is not there says nothing. Never fails: what goes
// wrong is a problem.
void fb_config_read(struct fb_config *c, const char *path);
// The user's own: init, then the file in the XDG place.
void fb_config_user(struct fb_config *c);
// Prints it as a file that would give the same, with explanations.
void fb_config_print(const struct fb_config *c, FILE *out);

// What key is meant by one that is typed, and how the key that means it is
// called; `name` if it is itself.
uint32_t fb_config_key(const struct fb_config *c, uint32_t typed);
const char *fb_config_key_name(const struct fb_config *c, uint32_t means,
                               const char *name, char out[8]);

// How many events a second slow motion and playing can have, 0 full speed;
// slower is further down. Returns how many speeds there are.
size_t fb_speeds(const uint32_t **ret_speeds);

#endif
