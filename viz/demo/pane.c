// The pane "Clients": who is connected, how far the conversation is, and what
// the server said last.
//
// One row each, in the order of their coming. The picked row is what the
// demo's keys are about while the pane has the focus; picking a client selects
// its task, so that both sides of one connection are seen together.
#include "fishbowl/trace/text.h"
#include "live.h"
#include <stdio.h>
#include <string.h>

struct look {
    const char *symbol;
    enum fb_style style;
};

static struct look look_of(const struct fb_client *c) {
    switch (c->state) {
    case FB_CLIENT_CONNECTING: return (struct look){"…", FB_STYLE_DIM};
    case FB_CLIENT_PROMPTED: return (struct look){"?", FB_STYLE_PENDING};
    case FB_CLIENT_SENT: return (struct look){"→", FB_STYLE_SCHEDULED};
    case FB_CLIENT_REPLIED: return (struct look){"←", FB_STYLE_READY};
    case FB_CLIENT_CLOSED: break;
    }
    return (struct look){c->error ? "!" : "×",
                         c->error ? FB_STYLE_FAILED : FB_STYLE_COMPLETE};
}

// The last line that came, without its end.
static void last_line(const struct fb_client *c, char *out, size_t out_bytes) {
    const char *text = c->received, *start;
    size_t len = c->received_len;

    if (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    start = len > 0 ? memrchr(text, '\n', len) : NULL;
    if (start) {
        len -= (size_t)(start + 1 - text);
        text = start + 1;
    }
    fb_text_sanitise(text ? text : "", len, out, out_bytes);
}

static int picked_row(const struct fb_live *live) {
    for (size_t i = 0; i < live->stage.clients.count; i++) {
        if (strcmp(live->stage.clients.items[i]->name, live->picked) == 0) {
            return (int)i;
        }
    }
    return -1;
}

enum {
    NAME_COLS = 9,
    STATE_COLS = 11,
    TASK_COLS = 4,
    SAID_COL = 3 + NAME_COLS + 1 + STATE_COLS + 1 + TASK_COLS + 1,
    SAID_MIN = 8, // fewer columns say nothing: names get them
};

// Where the server's last word begins; beyond the pane: there is no room.
static int said_col(int cols) {
    return cols - SAID_COL < SAID_MIN ? cols : SAID_COL;
}

static int name_cols(int cols) {
    return NAME_COLS + (said_col(cols) > SAID_COL ? cols - SAID_COL : 0);
}

static void draw_row(const struct fb_client *c, struct fb_grid *g,
                     struct fb_area a, int row, bool picked, bool focused) {
    struct look look = look_of(c);
    char said[300], task[24] = "-";
    int col = 2;

    if (c->task) {
        snprintf(task, sizeof(task), "%u", c->task);
    }
    last_line(c, said, sizeof(said));
    fb_grid_put(g, a, row, 0, look.style, picked ? "▸" : " ");
    fb_grid_put(g, a, row, 1, look.style, look.symbol);
    col = fb_grid_field(g, a, row, col + 1, name_cols(a.cols), FB_STYLE_STRONG,
                        c->name) +
          1;
    col = fb_grid_field(g, a, row, col, STATE_COLS, look.style,
                        fb_client_state_name(c)) +
          1;
    col = fb_grid_field(g, a, row, col, -TASK_COLS, FB_STYLE_NORMAL, task) + 1;
    if (c->state == FB_CLIENT_CLOSED && c->error) {
        snprintf(said, sizeof(said), "%s", strerror(c->error));
    }
    if (said_col(a.cols) < a.cols) {
        fb_grid_field(g, a, row, col, a.cols - col, FB_STYLE_DIM, said);
    }
    if (picked && focused) {
        fb_grid_paint(g, a, row, FB_STYLE_SELECTED);
    }
}

static void clients_draw(const struct fb_scene *s, struct fb_pane *p,
                         struct fb_grid *g, struct fb_area a) {
    const struct fb_live *live = s->guest->arg;
    int count = (int)live->stage.clients.count;
    int picked = picked_row(live), state;

    p->lines = count;
    if (count == 0) {
        fb_grid_put(g, a, 0, 1, FB_STYLE_DIM, "nobody yet: c brings one");
        return;
    }
    fb_grid_fill(g, a, 0, 0, a.cols, FB_STYLE_HEADING, ' ');
    state = 3 + name_cols(a.cols) + 1;
    fb_grid_put(g, a, 0, 3, FB_STYLE_HEADING, "name");
    fb_grid_put(g, a, 0, state, FB_STYLE_HEADING, "state       task");
    fb_grid_put(g, a, 0, said_col(a.cols), FB_STYLE_HEADING,
                "last word of the server");
    a.row++;
    a.rows--;
    // Nobody picked: the newest clients are the interesting ones.
    p->scroll = fb_view_scroll(p->scroll, picked < 0 ? count - 1 : picked,
                               count, a.rows);
    for (int i = 0; i < a.rows && p->scroll + i < count; i++) {
        draw_row(live->stage.clients.items[p->scroll + i], g, a, i,
                 p->scroll + i == picked, p->focused);
    }
    fb_view_more(p, p->scroll, count - p->scroll - a.rows);
}

static void clients_subtitle(const struct fb_scene *s, char *out,
                             size_t out_bytes) {
    const struct fb_live *live = s->guest->arg;
    size_t open = 0;

    for (size_t i = 0; i < live->stage.clients.count; i++) {
        open += live->stage.clients.items[i]->fd >= 0;
    }
    snprintf(out, out_bytes, "%s%zu connected, %zu gone",
             live->stage.server.starved ? "no descriptors; " : "", open,
             live->stage.clients.count - open);
}

static void pick(struct fb_live *live, int row) {
    const struct fb_clients *cs = &live->stage.clients;

    if (row < 0 || row >= (int)cs->count) {
        return;
    }
    snprintf(live->picked, sizeof(live->picked), "%s", cs->items[row]->name);
    if (cs->items[row]->task) {
        fb_app_select(live->app, cs->items[row]->task);
        live->shown_task = cs->items[row]->task;
    }
    fb_app_touch(live->app);
}

static bool clients_key(struct fb_scene *s, struct fb_pane *p, uint32_t key) {
    struct fb_live *live = s->guest->arg;
    int row = picked_row(live), last = (int)live->stage.clients.count - 1;

    (void)p;
    switch (key) {
    case FB_KEY_UP:
    case 'k': row = row < 0 ? last : row - 1; break;
    case FB_KEY_DOWN:
    case 'j': row = row < 0 ? last : row + 1; break;
    case FB_KEY_HOME: row = 0; break;
    case FB_KEY_END: row = last; break;
    default: return false;
    }
    row = row > last ? last : row;
    pick(live, row < 0 ? 0 : row);
    return true;
}

static bool clients_click(struct fb_scene *s, struct fb_pane *p, int row,
                          int col) {
    (void)col;
    pick(s->guest->arg, row - 1 + p->scroll);
    return row > 0;
}

static const char *const clients_help[] = {
    "The demo's own clients: real sockets, played by the script or by you.",
    "Each has a name, its state, the server's task that serves it, and what",
    "the server said to it last. Up and down pick one.",
    "",
    "…  connecting     ?  was asked for its name   →  has sent",
    "←  was answered   ×  closed                   !  ended by an error",
    NULL};

const struct fb_view fb_view_clients = {
    .name = "clients",
    .title = "Clients",
    .help = clients_help,
    .draw = clients_draw,
    .subtitle = clients_subtitle,
    .key = clients_key,
    .click = clients_click,
};
