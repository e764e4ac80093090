// The teacher's keys in a demo: new client, send, hang up, half-close.
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
    return !live->stage.server.ended;
}

static void connect_one(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;
    char name[FB_CLIENT_NAME_BYTES + 1];
    struct fb_client *c;
    int err;

    (void)app;
    fb_live_take_over(live);
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
    snprintf(live->picked, sizeof(live->picked), "%s", name);
    snprintf(live->follow, sizeof(live->follow), "%s", name);
    fb_app_touch(live->app);
}

static bool can_send(void *arg, const struct fb_app *app) {
    const struct fb_client *c = fb_live_target(arg, app);

    return c && c->fd >= 0 && !c->half_closed && !c->has_sent;
}

static void send_name(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;
    struct fb_client *c = fb_live_target(live, app);
    char line[FB_CLIENT_NAME_BYTES + 2];
    int n, err;

    if (!c) {
        return;
    }
    fb_live_take_over(live);
    n = snprintf(line, sizeof(line), "%s\n", c->name);
    err = fb_client_send(c, line, (size_t)n);
    if (err) {
        fb_live_act(live, "%s cannot send: %s", c->name, strerror(-err));
    } else {
        fb_live_act(live, "%s sends \"%s\\n\"", c->name, c->name);
    }
    fb_app_touch(live->app);
}

static bool can_leave(void *arg, const struct fb_app *app) {
    const struct fb_client *c = fb_live_target(arg, app);

    return c && c->fd >= 0;
}

static void hang_up(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;
    struct fb_client *c = fb_live_target(live, app);

    if (c) {
        fb_live_take_over(live);
        fb_client_hang_up(c);
        fb_live_act(live, "%s hangs up", c->name);
        fb_app_touch(live->app);
    }
}

static bool can_half_close(void *arg, const struct fb_app *app) {
    const struct fb_client *c = fb_live_target(arg, app);

    return c && c->fd >= 0 && !c->half_closed;
}

static void half_close(void *arg, struct fb_app *app) {
    struct fb_live *live = arg;
    struct fb_client *c = fb_live_target(live, app);

    if (!c) {
        return;
    }
    fb_live_take_over(live);
    if (fb_client_half_close(c) == 0) {
        fb_live_act(live, "%s closes its sending half", c->name);
    }
    fb_app_touch(live->app);
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
    fb_player_go_on(&live->player, live->now_ns);
    fb_live_say(live);
}

const struct fb_guest_key fb_live_keys[] = {
    {.key = 'c',
     .name = "c",
     .label = "new client",
     .help = "A new client connects and says nothing yet.",
     .works = can_connect,
     .run = connect_one,
     .shows_pane = true},
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
    {.key = 'C',
     .name = "C",
     .label = "script goes on",
     .help = "The script goes on (any other key holds it), or skips a pause.",
     .works = can_go_on,
     .run = go_on},
};
const size_t fb_live_key_count = sizeof(fb_live_keys) / sizeof(fb_live_keys[0]);
