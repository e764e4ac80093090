// Problem: the same picture on black, on white, on a projector, for people who
//     see fewer colours, on terminals that have 256, 8 or none.
// Idea: one table; a row a style, a column a theme, each with its colours of
//     256 and of 8. The default theme leaves the background alone, so its
//     colours lie half-way between black and white and carry on both; dark,
//     light and contrast paint a background of their own. Many terminals
//     brighten what is bold, so of the eight colours those that vanish then
//     are never bold.
#include "theme.h"
#include <errno.h>
#include <string.h>

enum { D = FB_COLOR_DEFAULT, K = 0, R, G, Y, B, M, C, W };

enum {
    BOLD = FB_ATTR_BOLD,
    DIM = FB_ATTR_DIM,
    REV = FB_ATTR_REVERSE,
    LINE = FB_ATTR_UNDERLINE,
};

struct colors {
    struct fb_look many, few; // of 256, of 8
};

static const unsigned mono[FB_STYLES] = {
    [FB_STYLE_DIM] = DIM,
    [FB_STYLE_STRONG] = BOLD,
    [FB_STYLE_FOCUS] = BOLD | REV,
    [FB_STYLE_HEADING] = LINE,
    [FB_STYLE_RULE] = DIM,
    [FB_STYLE_RUNNING] = BOLD,
    [FB_STYLE_SCHEDULED] = BOLD,
    [FB_STYLE_COMPLETE] = DIM,
    [FB_STYLE_FAILED] = BOLD | LINE,
    [FB_STYLE_WAKE] = BOLD,
    [FB_STYLE_SELECTED] = REV,
    [FB_STYLE_WARNING] = REV | BOLD,
    [FB_STYLE_KEY] = BOLD,
    [FB_STYLE_SAY] = BOLD,
    [FB_STYLE_MODE_LIVE] = REV | BOLD,
    [FB_STYLE_MODE_FROZEN] = REV | BOLD,
    [FB_STYLE_MODE_STOPPED] = REV | BOLD,
    [FB_STYLE_MATCH] = REV | LINE,
};

// The terminal's own background.
static const struct colors plain[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{D, D, 0}, {D, D, 0}},
    [FB_STYLE_DIM] = {{D, D, DIM}, {D, D, DIM}},
    [FB_STYLE_STRONG] = {{D, D, BOLD}, {D, D, BOLD}},
    [FB_STYLE_TITLE] = {{31, D, 0}, {C, D, 0}},
    [FB_STYLE_FOCUS] = {{231, 24, BOLD}, {K, C, 0}},
    [FB_STYLE_HEADING] = {{D, D, DIM | LINE}, {D, D, DIM | LINE}},
    [FB_STYLE_RULE] = {{31, D, DIM}, {C, D, DIM}},
    [FB_STYLE_RUNNING] = {{28, D, BOLD}, {G, D, 0}},
    [FB_STYLE_SCHEDULED] = {{130, D, 0}, {Y, D, 0}},
    [FB_STYLE_IDLE] = {{D, D, 0}, {D, D, 0}},
    [FB_STYLE_COMPLETE] = {{D, D, DIM}, {D, D, DIM}},
    [FB_STYLE_FAILED] = {{160, D, BOLD}, {R, D, BOLD}},
    [FB_STYLE_WAKE] = {{133, D, BOLD}, {M, D, BOLD}},
    [FB_STYLE_PENDING] = {{31, D, 0}, {C, D, 0}},
    [FB_STYLE_READY] = {{28, D, 0}, {G, D, 0}},
    [FB_STYLE_SELECTED] = {{231, 24, 0}, {K, C, 0}},
    [FB_STYLE_WARNING] = {{16, 214, 0}, {K, Y, 0}},
    [FB_STYLE_KEY] = {{D, D, BOLD}, {D, D, BOLD}},
    [FB_STYLE_SAY] = {{133, D, BOLD}, {M, D, BOLD}},
    [FB_STYLE_MODE_LIVE] = {{16, 71, BOLD}, {K, G, 0}},
    [FB_STYLE_MODE_FROZEN] = {{231, 25, BOLD}, {W, B, BOLD}},
    [FB_STYLE_MODE_STOPPED] = {{231, 124, BOLD}, {W, R, BOLD}},
    [FB_STYLE_MATCH] = {{16, 220, LINE}, {K, Y, LINE}},
};

static const struct colors dark[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{252, 234, 0}, {W, K, 0}},
    [FB_STYLE_DIM] = {{245, 234, 0}, {W, K, DIM}},
    [FB_STYLE_STRONG] = {{231, 234, BOLD}, {W, K, BOLD}},
    [FB_STYLE_TITLE] = {{116, 234, 0}, {C, K, 0}},
    [FB_STYLE_FOCUS] = {{234, 116, BOLD}, {K, C, 0}},
    [FB_STYLE_HEADING] = {{250, 234, LINE}, {W, K, LINE}},
    [FB_STYLE_RULE] = {{243, 234, 0}, {C, K, DIM}},
    [FB_STYLE_RUNNING] = {{120, 234, BOLD}, {G, K, BOLD}},
    [FB_STYLE_SCHEDULED] = {{221, 234, 0}, {Y, K, 0}},
    [FB_STYLE_IDLE] = {{252, 234, 0}, {W, K, 0}},
    [FB_STYLE_COMPLETE] = {{245, 234, 0}, {W, K, DIM}},
    [FB_STYLE_FAILED] = {{210, 234, BOLD}, {R, K, BOLD}},
    [FB_STYLE_WAKE] = {{213, 234, BOLD}, {M, K, BOLD}},
    [FB_STYLE_PENDING] = {{117, 234, 0}, {C, K, 0}},
    [FB_STYLE_READY] = {{114, 234, 0}, {G, K, 0}},
    [FB_STYLE_SELECTED] = {{16, 117, 0}, {K, C, 0}},
    [FB_STYLE_WARNING] = {{16, 221, 0}, {K, Y, 0}},
    [FB_STYLE_KEY] = {{231, 234, BOLD}, {W, K, BOLD}},
    [FB_STYLE_SAY] = {{213, 234, BOLD}, {M, K, BOLD}},
    [FB_STYLE_MODE_LIVE] = {{16, 114, BOLD}, {K, G, 0}},
    [FB_STYLE_MODE_FROZEN] = {{231, 25, BOLD}, {W, B, BOLD}},
    [FB_STYLE_MODE_STOPPED] = {{231, 124, BOLD}, {W, R, BOLD}},
    [FB_STYLE_MATCH] = {{16, 220, LINE}, {K, Y, LINE}},
};

// Of the eight, green, yellow and cyan vanish on white.
static const struct colors light[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{235, 231, 0}, {K, W, 0}},
    [FB_STYLE_DIM] = {{242, 231, 0}, {K, W, DIM}},
    [FB_STYLE_STRONG] = {{16, 231, BOLD}, {K, W, LINE}},
    [FB_STYLE_TITLE] = {{24, 231, 0}, {B, W, 0}},
    [FB_STYLE_FOCUS] = {{231, 24, BOLD}, {W, B, BOLD}},
    [FB_STYLE_HEADING] = {{238, 231, LINE}, {K, W, LINE}},
    [FB_STYLE_RULE] = {{244, 231, 0}, {K, W, DIM}},
    [FB_STYLE_RUNNING] = {{22, 231, BOLD}, {B, W, LINE}},
    [FB_STYLE_SCHEDULED] = {{94, 231, 0}, {M, W, 0}},
    [FB_STYLE_IDLE] = {{235, 231, 0}, {K, W, 0}},
    [FB_STYLE_COMPLETE] = {{242, 231, 0}, {K, W, DIM}},
    [FB_STYLE_FAILED] = {{124, 231, BOLD}, {R, W, LINE}},
    [FB_STYLE_WAKE] = {{90, 231, BOLD}, {M, W, LINE}},
    [FB_STYLE_PENDING] = {{25, 231, 0}, {B, W, 0}},
    [FB_STYLE_READY] = {{22, 231, 0}, {B, W, 0}},
    [FB_STYLE_SELECTED] = {{231, 25, 0}, {W, B, BOLD}},
    [FB_STYLE_WARNING] = {{16, 221, BOLD}, {K, Y, 0}},
    [FB_STYLE_KEY] = {{16, 231, BOLD}, {K, W, LINE}},
    [FB_STYLE_SAY] = {{90, 231, BOLD}, {M, W, 0}},
    [FB_STYLE_MODE_LIVE] = {{231, 22, BOLD}, {K, G, 0}},
    [FB_STYLE_MODE_FROZEN] = {{231, 25, BOLD}, {W, B, BOLD}},
    [FB_STYLE_MODE_STOPPED] = {{231, 124, BOLD}, {W, R, BOLD}},
    [FB_STYLE_MATCH] = {{16, 220, LINE}, {K, Y, LINE}},
};

static const struct colors contrast[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{231, 16, 0}, {W, K, BOLD}},
    [FB_STYLE_DIM] = {{231, 16, 0}, {W, K, BOLD}},
    [FB_STYLE_STRONG] = {{231, 16, BOLD}, {W, K, BOLD}},
    [FB_STYLE_TITLE] = {{226, 16, BOLD}, {Y, K, BOLD}},
    [FB_STYLE_FOCUS] = {{16, 226, BOLD}, {K, Y, 0}},
    [FB_STYLE_HEADING] = {{231, 16, BOLD | LINE}, {W, K, BOLD | LINE}},
    [FB_STYLE_RULE] = {{231, 16, 0}, {W, K, BOLD}},
    [FB_STYLE_RUNNING] = {{46, 16, BOLD}, {G, K, BOLD}},
    [FB_STYLE_SCHEDULED] = {{226, 16, BOLD}, {Y, K, BOLD}},
    [FB_STYLE_IDLE] = {{231, 16, 0}, {W, K, BOLD}},
    [FB_STYLE_COMPLETE] = {{231, 16, 0}, {W, K, BOLD}},
    [FB_STYLE_FAILED] = {{16, 231, BOLD}, {K, W, 0}},
    [FB_STYLE_WAKE] = {{213, 16, BOLD}, {M, K, BOLD}},
    [FB_STYLE_PENDING] = {{51, 16, 0}, {C, K, BOLD}},
    [FB_STYLE_READY] = {{46, 16, 0}, {G, K, BOLD}},
    [FB_STYLE_SELECTED] = {{16, 226, BOLD}, {K, Y, 0}},
    [FB_STYLE_WARNING] = {{16, 226, BOLD | LINE}, {K, Y, LINE}},
    [FB_STYLE_KEY] = {{226, 16, BOLD}, {Y, K, BOLD}},
    [FB_STYLE_SAY] = {{213, 16, BOLD}, {M, K, BOLD}},
    [FB_STYLE_MODE_LIVE] = {{16, 46, BOLD}, {K, G, 0}},
    [FB_STYLE_MODE_FROZEN] = {{16, 51, BOLD}, {K, C, 0}},
    [FB_STYLE_MODE_STOPPED] = {{16, 231, BOLD}, {K, W, 0}},
    [FB_STYLE_MATCH] = {{16, 51, BOLD | LINE}, {K, C, LINE}},
};

// Blue and orange, the terminal's own background; brightness and weight tell
// what hue cannot.
static const struct colors safe[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{D, D, 0}, {D, D, 0}},
    [FB_STYLE_DIM] = {{D, D, DIM}, {D, D, DIM}},
    [FB_STYLE_STRONG] = {{D, D, BOLD}, {D, D, BOLD}},
    [FB_STYLE_TITLE] = {{32, D, 0}, {C, D, 0}},
    [FB_STYLE_FOCUS] = {{231, 25, BOLD}, {K, C, 0}},
    [FB_STYLE_HEADING] = {{D, D, DIM | LINE}, {D, D, DIM | LINE}},
    [FB_STYLE_RULE] = {{32, D, DIM}, {C, D, DIM}},
    [FB_STYLE_RUNNING] = {{166, D, BOLD}, {Y, D, 0}},
    [FB_STYLE_SCHEDULED] = {{166, D, LINE}, {Y, D, LINE}},
    [FB_STYLE_IDLE] = {{D, D, 0}, {D, D, 0}},
    [FB_STYLE_COMPLETE] = {{D, D, DIM}, {D, D, DIM}},
    [FB_STYLE_FAILED] = {{16, 208, BOLD}, {K, Y, LINE}},
    [FB_STYLE_WAKE] = {{166, D, BOLD}, {Y, D, 0}},
    [FB_STYLE_PENDING] = {{32, D, 0}, {C, D, 0}},
    [FB_STYLE_READY] = {{32, D, BOLD}, {C, D, LINE}},
    [FB_STYLE_SELECTED] = {{231, 25, 0}, {K, C, 0}},
    [FB_STYLE_WARNING] = {{16, 208, 0}, {K, Y, 0}},
    [FB_STYLE_KEY] = {{D, D, BOLD}, {D, D, BOLD}},
    [FB_STYLE_SAY] = {{32, D, BOLD}, {C, D, LINE}},
    [FB_STYLE_MODE_LIVE] = {{16, 75, BOLD}, {K, C, 0}},
    [FB_STYLE_MODE_FROZEN] = {{231, 25, BOLD}, {W, B, BOLD}},
    [FB_STYLE_MODE_STOPPED] = {{16, 208, BOLD}, {K, Y, LINE}},
    [FB_STYLE_MATCH] = {{16, 214, LINE}, {K, Y, LINE}},
};

static const struct {
    const char *name;
    const struct colors *looks; // NULL: without colours
} themes[FB_THEMES] = {
    [FB_THEME_COLOR] = {"default", plain},
    [FB_THEME_DARK] = {"dark", dark},
    [FB_THEME_LIGHT] = {"light", light},
    [FB_THEME_CONTRAST] = {"contrast", contrast},
    [FB_THEME_SAFE] = {"safe", safe},
    [FB_THEME_MONO] = {"mono", NULL},
};

struct fb_look fb_theme_look(enum fb_theme theme, enum fb_style style,
                             int colors) {
    unsigned i = (unsigned)style < FB_STYLES ? (unsigned)style : 0;
    const struct colors *looks =
        (unsigned)theme < FB_THEMES ? themes[theme].looks : NULL;

    if (!looks || colors < 8) {
        return (struct fb_look){.fg = D, .bg = D, .attrs = mono[i]};
    }
    if (looks[i].many.fg == looks[i].many.bg && looks[i].many.fg != D) {
        i = FB_STYLE_NORMAL; // a style that this theme does not know
    }
    return colors >= 256 ? looks[i].many : looks[i].few;
}

const char *fb_theme_name(enum fb_theme theme) {
    return (unsigned)theme < FB_THEMES ? themes[theme].name : "mono";
}

int fb_theme_parse(enum fb_theme *ret_theme, const char *name) {
    for (int i = 0; i < FB_THEMES; i++) {
        if (strcmp(themes[i].name, name) == 0) {
            *ret_theme = (enum fb_theme)i;
            return 0;
        }
    }
    return -EINVAL;
}
