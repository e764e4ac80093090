// One table. The background stays the terminal's own except where a word must
// not be missed; foregrounds are those that carry on black and on white. Many
// terminals brighten what is bold: black turns grey on a colour, and green and
// yellow vanish on white, so those are never bold.
#include "theme.h"

#define D FB_COLOR_DEFAULT
#define K FB_COLOR_BLACK
#define R FB_COLOR_RED
#define G FB_COLOR_GREEN
#define Y FB_COLOR_YELLOW
#define B FB_COLOR_BLUE
#define M FB_COLOR_MAGENTA
#define C FB_COLOR_CYAN
#define W FB_COLOR_WHITE

enum {
    BOLD = FB_ATTR_BOLD,
    DIM = FB_ATTR_DIM,
    REV = FB_ATTR_REVERSE,
    LINE = FB_ATTR_UNDERLINE,
};

static const struct {
    struct fb_look color;
    unsigned mono;
} looks[FB_STYLES] = {
    [FB_STYLE_NORMAL] = {{D, D, 0}, 0},
    [FB_STYLE_DIM] = {{D, D, DIM}, DIM},
    [FB_STYLE_STRONG] = {{D, D, BOLD}, BOLD},
    [FB_STYLE_TITLE] = {{C, D, 0}, 0},
    [FB_STYLE_FOCUS] = {{K, C, 0}, BOLD | REV},
    [FB_STYLE_HEADING] = {{D, D, DIM | LINE}, LINE},
    [FB_STYLE_RULE] = {{C, D, DIM}, DIM},
    [FB_STYLE_RUNNING] = {{G, D, 0}, BOLD},
    [FB_STYLE_SCHEDULED] = {{Y, D, 0}, BOLD},
    [FB_STYLE_IDLE] = {{D, D, 0}, 0},
    [FB_STYLE_COMPLETE] = {{D, D, DIM}, DIM},
    [FB_STYLE_FAILED] = {{R, D, BOLD}, BOLD | LINE},
    [FB_STYLE_WAKE] = {{M, D, BOLD}, BOLD},
    [FB_STYLE_PENDING] = {{C, D, 0}, 0},
    [FB_STYLE_READY] = {{G, D, 0}, 0},
    [FB_STYLE_SELECTED] = {{K, C, 0}, REV},
    [FB_STYLE_WARNING] = {{K, Y, 0}, REV | BOLD},
    [FB_STYLE_KEY] = {{D, D, BOLD}, BOLD},
    [FB_STYLE_SAY] = {{M, D, BOLD}, BOLD},
    [FB_STYLE_MODE_LIVE] = {{K, G, 0}, REV | BOLD},
    [FB_STYLE_MODE_FROZEN] = {{W, B, BOLD}, REV | BOLD},
    [FB_STYLE_MODE_STOPPED] = {{W, R, BOLD}, REV | BOLD},
};

struct fb_look fb_theme_look(enum fb_theme theme, enum fb_style style) {
    unsigned i = (unsigned)style < FB_STYLES ? (unsigned)style : 0;

    if (theme == FB_THEME_MONO) {
        return (struct fb_look){.fg = D, .bg = D, .attrs = looks[i].mono};
    }
    return looks[i].color;
}
