// Themes: how a semantic style looks. Colour is never the only cue: each style
// that matters also differs in weight, or the text beside it says it in words.
#ifndef FISHBOWL_THEME_H
#define FISHBOWL_THEME_H

#include "grid.h"

enum fb_color { // the eight every terminal has; the default may be any
    FB_COLOR_DEFAULT = -1,
    FB_COLOR_BLACK,
    FB_COLOR_RED,
    FB_COLOR_GREEN,
    FB_COLOR_YELLOW,
    FB_COLOR_BLUE,
    FB_COLOR_MAGENTA,
    FB_COLOR_CYAN,
    FB_COLOR_WHITE,
};

enum fb_attr {
    FB_ATTR_BOLD = 1,
    FB_ATTR_DIM = 2,
    FB_ATTR_REVERSE = 4,
    FB_ATTR_UNDERLINE = 8,
};

struct fb_look {
    int fg, bg;     // enum fb_color
    unsigned attrs; // enum fb_attr
};

enum fb_theme {
    FB_THEME_COLOR, // legible on dark and light backgrounds alike
    FB_THEME_MONO,  // bold, dim, reverse and underline only
};

struct fb_look fb_theme_look(enum fb_theme theme, enum fb_style style);

#endif
