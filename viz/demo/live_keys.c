// The teacher's keys in a demo: new client, send, hang up, half-close, go on,
// and the menu of all that can be done to a client (trouble.c).
#include "fishbowl/trace/text.h"
#include "live.h"
#include <stdio.h>
#include <string.h>

// Names that computing remembers; after them come "guest1", "guest2" …
static const char *const names[] = {
    "Ada",      "Grace", "Alan",      "Edsger",  "Barbara", "Donald",
    "Margaret", "Linus", "Katherine", "Dennis",  "Frances", "Ken",
    "Radia",    "Tony",  "Sophie",    "Niklaus", "Hedy",    "John",
    "Leslie",   "Guido", "Annie",     "Bjarne",  "Mary",    "Evelyn",
};

static void name_of(size_t i, char *out, size_t out_bytes) {
    const size_t known = sizeof(names) / sizeof(names[0]);

    if (i < known) {
        snprintf(out, out_bytes, "%s", names[i]);
    } else {
        snprintf(out, out_bytes, "guest%zu", i - known + 1);
    }
}

struct fb_client *fb_live_target(const struct fb_live *live,
                                 const struct fb_app *app) {
    const struct fb_scene *s = fb_app_scene(app);

    if (fb_app_frame(live->app)->focus == FB_PANE_GUEST) {
        return fb_clients_find(&live->stage.clients, live->picked);
    }
    return fb_clients_of_task(&live->stage.clients, s->task);
}

static bool can_connect(void *arg, const struct fb_app *app) {
    const struct fb_live *live = arg;

    (void)app;
    return !live->stage.server.ended &&
           live->stage.server.address.sin_port != 0;
}

void fb_live_connect(struct fb_live *live) {
    char name[FB_CLIENT_NAME_BYTES + 1];
    struct fb_client *c;
    int err;

    fb_live_take_over(live);
    fb_app_show(live->app, FB_PANE_GUEST);
    do {
        name_of(live->next_name++, name, sizeof(name));
    } while (fb_clients_find(&live->stage.clients, name));
    err = fb_clients_add(&live->stage.clients, name,
                         &live->stage.server.address, &c);
    if (err) {
        fb_live_act(live, "%s cannot connect: %s", name, strerror(-err));
        return;
    }
    fb_live_act(live, "%s connects", name);
    live->tried = fb_history_last(fb_session_history(live->stage.session));
    snprintf(live->picked, sizeof(live->picked), "%s", name);
    snprintf(live->follow, sizeof(live->follow), "%s", name);
    fb_app_touch(live->app);
}

static void connect_one(void *arg, struct fb_app *app) {
    (void)app;
    fb_live_connect(arg);
}

bool fb_live_can_send(const struct fb_client *c) {
    return c && c->fd >= 0 && !c->half_closed &&
           (c->spelled > 0 ? c->spelled <= strlen(c->name) : !c->has_sent);
}

void fb_live_send_name(struct fb_live *live, bool all) {
    struct fb_client *c = fb_live_target(live, live->app);
    char line[FB_CLIENT_NAME_BYTES + 2], safe[FB_CLIENT_NAME_BYTES + 4];
    size_t len;
    int err;

    if (!c) {
        return;
    }
    fb_live_take_over(live);
    snprintf(line, sizeof(line), "%s\n", c->name);
    len = all ? strlen(line + c->spelled) : 1;
    fb_text_sanitise(line + c->spelled, len, safe, sizeof(safe));
    err = fb_client_send(c, line + c->spelled, len);
    if (err) {
        fb_live_act(live, "%s cannot send: %s", c->name, strerror(-err));
    } else {
        c->spelled += len;
        fb_live_act(live, "%s sends \"%s\"%s", c->name, safe,
                    all ? "" : " alone: a read takes what is there");
    }
    fb_app_touch(live->app);
}

static bool can_send(void *arg, const struct fb_app *app) {
    return fb_live_can_send(fb_live_target(arg, app));
}

static void send_name(void *arg, struct fb_app *app) {
    (void)app;
    fb_live_send_name(arg, true);
}

static bool can_leave(void *arg, const struct fb_app *app) {
    const struct fb_client *c = fb_live_target(arg, app);

    return c && c->fd >= 0;
}

void fb_live_hang_up(struct fb_live *live) {
    struct fb_client *c = fb_live_target(live, live->app);

    if (c) {
        fb_live_take_over(live);
        fb_client_hang_up(c);
        fb_live_act(live, "%s hangs up", c->name);
        fb_app_touch(live->app);
    }
}

static void hang_up(void *arg, struct fb_app *app) {
    (void)app;
    fb_live_hang_up(arg);
}

static bool can_half_close(void *arg, const struct fb_app *app) {
    const struct fb_client *c = fb_live_target(arg, app);

    return c && c->fd >= 0 && !c->half_closed;
}

void fb_live_half_close(struct fb_live *live) {
    struct fb_client *c = fb_live_target(live, live->app);

    if (!c) {
        return;
    }
    fb_live_take_over(live);
    if (fb_client_half_close(c) == 0) {
        fb_live_act(live, "%s closes its sending half", c->name);
    }
    fb_app_touch(live->app);
}

static void half_close(void *arg, struct fb_app *app) {
    (void)app;
    fb_live_half_close(arg);
}

static bool can_go_on(void *arg, const struct fb_app *app) {
    const struct fb_live *live = arg;

    (void)app;
    return live->player.state == FB_PLAYER_HELD ||
           live->player.state == FB_PLAYER_ASKING ||
           live->player.state == FB_PLAYER_PLAYING;
}

static void go_on(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;

    (void)app;
    live->acted[0] = '\0';
    fb_player_go_on(&live->player, live->now_ns);
    fb_live_say(live);
}

static void open_menu(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;

    fb_live_take_over(live);
    fb_app_show(app, FB_PANE_GUEST);
    live->menu = true;
    fb_app_touch(app);
}

const struct fb_guest_key fb_live_keys[] = {
    {.key = 'C',
     .name = "C",
     .label = "go on",
     .help = "The script goes on (any other key holds it), or skips a pause.",
     .works = can_go_on,
     .run = go_on},
    {.key = '!',
     .name = "!",
     .label = "trouble",
     .help = "All that a client can do, and what can go wrong: a menu.",
     .works = can_connect,
     .run = open_menu},
    {.key = 'c',
     .name = "c",
     .label = "new client",
     .help = "A new client connects and says nothing yet.",
     .works = can_connect,
     .run = connect_one},
    {.key = FB_KEY_ENTER,
     .name = "Enter",
     .label = "send name",
     .help = "The selected client (or the selected task's) sends its name.",
     .works = can_send,
     .run = send_name,
     .shows_pane = true},
    {.key = 'x',
     .name = "x",
     .label = "hang up",
     .help = "That client hangs up.",
     .works = can_leave,
     .run = hang_up,
     .shows_pane = true},
    {.key = 'd',
     .name = "d",
     .label = "half-close",
     .help = "That client sends no more, but still listens.",
     .works = can_half_close,
     .run = half_close,
     .shows_pane = true},
};
const size_t fb_live_key_count = sizeof(fb_live_keys) / sizeof(fb_live_keys[0]);
