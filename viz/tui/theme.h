// Themes: how a semantic style looks. Colour is never the only cue: each style
// that matters also differs in weight, or the text beside it says it in words.
#ifndef FISHBOWL_THEME_H
#define FISHBOWL_THEME_H

#include "grid.h"

// A colour: -1 the terminal's own, 0 to 7 the eight that every terminal has,
// and with 256 colours the rest of xterm's palette.
enum { FB_COLOR_DEFAULT = -1 };

enum fb_attr {
    FB_ATTR_BOLD = 1,
    FB_ATTR_DIM = 2,
    FB_ATTR_REVERSE = 4,
    FB_ATTR_UNDERLINE = 8,
};

struct fb_look {
    int fg, bg;     // colours
    unsigned attrs; // enum fb_attr
};

enum fb_theme {
    FB_THEME_COLOR,    // the terminal's own background, dark or light
    FB_THEME_DARK,     // paints a dark one
    FB_THEME_LIGHT,    // paints a white one
    FB_THEME_CONTRAST, // white and bright on black, nothing dimmed
    FB_THEME_SAFE,     // blue and orange only, for who confuses red and green
    FB_THEME_MONO,     // bold, dim, reverse and underline only
    FB_THEMES
};

// How a style looks where the terminal has that many colours: 256, 8 (any
// number from 8 on), or less (then as in FB_THEME_MONO).
struct fb_look fb_theme_look(enum fb_theme theme, enum fb_style style,
                             int colors);

// "default", "dark", "light", "contrast", "safe", "mono".
const char *fb_theme_name(enum fb_theme theme);
// Errors: -EINVAL no such theme.
__attribute__((warn_unused_result)) int fb_theme_parse(enum fb_theme *ret_theme,
                                                       const char *name);

#endif
