// The log: what the watched program printed and what the viewer has to say.
// Nothing else ever writes on the screen.
#include "view.h"

static void log_draw(const struct fb_scene *s, struct fb_pane *p,
                     struct fb_grid *g, struct fb_area a) {
    const struct fb_log *log = s->log;
    uint64_t kept = !log                        ? 0
                    : log->count < FB_LOG_LINES ? log->count
                                                : FB_LOG_LINES;

    p->lines = (int)kept;
    p->scroll = p->scroll > p->lines - a.rows ? p->lines - a.rows : p->scroll;
    p->scroll = p->scroll < 0 ? 0 : p->scroll;
    if (kept == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "nothing was printed yet");
        return;
    }
    for (int row = 0; row < a.rows; row++) {
        int shown = p->lines < a.rows ? p->lines : a.rows;
        int back = shown - 1 - row + p->scroll; // lines before the newest

        if (back >= 0 && back < p->lines) {
            fb_grid_field(
                g, a, row, 1, a.cols - 1,
                back == 0 ? FB_STYLE_STRONG : FB_STYLE_NORMAL,
                log->lines[(log->count - 1 - (uint64_t)back) % FB_LOG_LINES]);
            fb_view_mark(s, g, a, row, 0);
        }
    }
    fb_view_more(p, p->lines - a.rows - p->scroll, p->scroll);
}

static bool log_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    int page = p->area.rows > 3 ? p->area.rows - 2 : 1;

    (void)s;
    switch (key) { // the newest is at the bottom: up is back
    case FB_KEY_UP:
    case 'k': p->scroll++; break;
    case FB_KEY_DOWN:
    case 'j': p->scroll--; break;
    case FB_KEY_PAGE_UP: p->scroll += page; break;
    case FB_KEY_PAGE_DOWN: p->scroll -= page; break;
    case FB_KEY_HOME: p->scroll = p->lines; break;
    case FB_KEY_END: p->scroll = 0; break;
    default: return false;
    }
    return true;
}

static const char *const log_help[] = {
    "Lines that the watched program printed, and messages of the viewer.",
    "/ looks for text; * marks the lines that have it, [ and ] go to the next.",
    NULL};

const struct fb_view fb_view_log = {
    .name = "log",
    .title = "Log",
    .help = log_help,
    .draw = log_draw,
    .key = log_key,
};
