// A demo on a terminal: the visualiser with a guest that plays the script.
//
// Problem: a teacher wants a play that runs by itself and a tool that obeys at
// once, without a switch between the two.
// Idea: the script plays until any key is pressed; that key does what it does
// and the script is held until `C`. The visualiser knows nothing of scripts:
// it waits for our descriptors, calls our tick, shows our pane and our keys.
// Concurrency: one thread; all is done from the visualiser's loop.
#include "live.h"
#include "bookmarks.h"
#include "fishbowl/trace/text.h"
#include "watch.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fb_live_log(struct fb_live *live, const char *format, ...) {
    char line[FB_LOG_BYTES];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n > 0 && live->app) {
        fb_app_log(live->app, line, strlen(line));
    }
}

void fb_live_show_question(struct fb_live *live) {
    const size_t choices = live->player.question.choice_count;
    char line[FB_LOG_BYTES + 80];

    if (choices > 0) {
        snprintf(line, sizeof(line),
                 "Your answer? (a %s %c; Enter tells; other keys look around)",
                 choices == 2 ? "or" : "to", (char)('a' + choices - 1));
    } else {
        snprintf(line, sizeof(line), "%s  [any key]", live->said);
    }
    fb_app_say(live->app, line);
}

void fb_live_say(struct fb_live *live) {
    char line[sizeof(live->player.why) + sizeof(live->said) +
              sizeof(live->acted)]; // the longest
    const char *said = live->said, *acted = live->acted;
    const char *who = live->player.state != FB_PLAYER_DONE ? "Script: "
                      : said[0]                            ? "Over: "
                                                           : "";
    const int cols = fb_app_frame(live->app)->cols;

    switch (live->player.state) {
    case FB_PLAYER_HELD: // what the teacher does says more than the script
        snprintf(line, sizeof(line), "You lead (C: script goes on)%s%s",
                 acted[0] ? " » " : ". ", acted[0] ? acted : said);
        if (fb_text_cols(line) >= cols && cols > 0) { // the footer has C
            snprintf(line, sizeof(line), "You lead: %s",
                     acted[0] ? acted : said);
        }
        break;
    case FB_PLAYER_ASKING: fb_live_show_question(live); return;
    case FB_PLAYER_FAILED:
        snprintf(line, sizeof(line), "%s%sThe script broke off: %s", acted,
                 acted[0] ? ". " : "", live->player.why);
        break;
    default:
        snprintf(line, sizeof(line), "%s%s%s%s", who, said,
                 said[0] && acted[0] ? "  » " : "", acted);
        if (acted[0] && fb_text_cols(line) >= cols && cols > 0) {
            snprintf(line, sizeof(line), "%s%s", who, acted); // the newer one
        }
    }
    fb_app_say(live->app, line);
}

void fb_live_act(struct fb_live *live, const char *format, ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(live->acted, sizeof(live->acted), format, args);
    va_end(args);
    fb_live_log(live, "%s", live->acted);
    fb_live_say(live);
}

static void hold(struct fb_live *live) {
    if (live->player.state == FB_PLAYER_PLAYING) {
        fb_player_hold(&live->player);
        fb_live_say(live);
    }
}

void fb_live_take_over(struct fb_live *live) {
    hold(live);
    if (live->player.state == FB_PLAYER_DONE && live->said[0] != '\0') {
        live->said[0] = '\0'; // the script's last word is no longer true
        live->acted[0] = '\0';
        fb_live_say(live);
    }
}

// ---- the visualiser's guest ------------------------------------------------

static size_t guest_fds(void *arg, struct pollfd *fds, size_t max) {
    struct fb_live *live = arg;
    size_t n = fb_clients_fds(&live->stage.clients, fds, max);

    if (live->stage.server.out_fd >= 0 && n < max) {
        fds[n++] =
            (struct pollfd){.fd = live->stage.server.out_fd, .events = POLLIN};
    }
    return n;
}

static void note_ends(struct fb_live *live) {
    char status[96];

    if (live->stage.server.ended && !live->noted_end) {
        fb_server_status(&live->stage.server, status, sizeof(status));
        fb_live_act(live, "the %s %s", fb_script_cast(&live->stage.script),
                    status);
        live->noted_end = true;
    }
    if (live->noted_end && !live->said_again && live->said[0] &&
        fb_app_scene(live->app)->status_style != FB_STYLE_SAY) {
        fb_live_say(live); // the end of a scene is no news to the class
        live->said_again = true;
    }
    if (live->player.state == FB_PLAYER_DONE && !live->noted_play) {
        fb_live_log(live, "the script is over; the keys are yours");
        fb_live_say(live);
        live->noted_play = true;
    } else if (live->player.state == FB_PLAYER_FAILED && !live->noted_play) {
        fb_live_log(live, "the script broke off: %s", live->player.why);
        live->acted[0] = '\0';
        fb_live_say(live);
        live->noted_play = true;
    }
}

// Keeps the picked client and the selected task on the same connection.
static void follow_selection(struct fb_live *live, struct fb_app *app) {
    const struct fb_client *c =
        fb_clients_find(&live->stage.clients, live->follow);
    uint32_t task = fb_app_scene(app)->task;

    if (c && c->task) {
        fb_app_select(app, c->task);
        live->follow[0] = '\0';
        task = c->task;
    } else if (task != live->shown_task) {
        c = fb_clients_of_task(&live->stage.clients, task);
        if (c) {
            snprintf(live->picked, sizeof(live->picked), "%s", c->name);
        }
    }
    live->shown_task = task;
}

// Whoever connects while there is no descriptor is not refused: the kernel has
// taken the connection, and only accept() fails. That deserves a sentence.
static void tell_shortage(struct fb_live *live) {
    const struct fb_history *h = fb_session_history(live->stage.session);
    uint64_t n = live->tried;

    if (n == 0 || !live->stage.server.starved) {
        live->tried = 0;
        return;
    }
    for (n = fb_history_next(h, n); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e && e->kind == FB_EV_IO && e->io.result == -EMFILE) {
            fb_live_act(live, "accept() fails (EMFILE): %s waits in the kernel",
                        live->picked);
            live->tried = 0;
            return;
        }
    }
}

static void tell_news(struct fb_live *live) {
    for (size_t i = 0; i < live->stage.clients.count; i++) {
        char news[300];
        while (
            fb_client_news(live->stage.clients.items[i], news, sizeof(news))) {
            fb_live_log(live, "%s", news);
        }
    }
}

static void pump(struct fb_live *live, struct fb_app *app) {
    if (fb_stage_pump(&live->stage)) {
        tell_news(live);
        fb_app_touch(app);
    }
    fb_player_turn(&live->player, live->now_ns);
    follow_selection(live, app);
    tell_shortage(live);
    note_ends(live);
}

static int guest_tick(void *arg, struct fb_app *app, uint64_t now_ns) {
    struct fb_live *live = arg;

    live->now_ns = now_ns;
    pump(live, app);
    return fb_player_wait_ms(&live->player, now_ns);
}

static void guest_ready(void *arg, struct fb_app *app, const struct pollfd *fds,
                        size_t count) {
    struct fb_live *live = arg;

    // Who is ready does not matter: the pump tries them all.
    for (size_t i = 0; i < count; i++) {
        if (fds[i].revents) {
            pump(live, app);
            return;
        }
    }
}

// A question with choices takes a letter, as predict mode does, or a key that
// gives it up; every other key may look around meanwhile, and a page that lies
// over the question has its own keys. One without choices takes any key.
static bool is_answer(const struct fb_live *live, const struct fb_app *app,
                      uint32_t key) {
    const size_t choices = live->player.question.choice_count;

    if (live->player.state != FB_PLAYER_ASKING || key == 'q' || key == 'C' ||
        fb_app_frame(live->app)->overlay != FB_OVERLAY_NONE ||
        fb_app_quiz_is_open(app)) {
        return false;
    }
    return choices == 0 || key == ' ' || key == FB_KEY_ENTER ||
           (key >= 'a' && key < 'a' + choices);
}

static void answer(struct fb_live *live, uint32_t key) {
    if (key < 'a' || key > 'z' ||
        !fb_player_answer(&live->player, (unsigned)(key - 'a') + 1,
                          live->now_ns)) {
        fb_player_go_on(&live->player, live->now_ns);
        fb_live_say(live);
    }
}

// The scene that the script has stopped is not let run by a key that meant to
// stop it.
static bool spares_the_stop(struct fb_live *live, uint32_t key) {
    if (key != 's' || live->player.state != FB_PLAYER_PLAYING ||
        !live->player.stands) {
        return false;
    }
    fb_player_hold(&live->player);
    snprintf(live->acted, sizeof(live->acted),
             "It stands already; s again lets it run");
    fb_live_say(live);
    return true;
}

static bool guest_any_key(void *arg, struct fb_app *app, uint32_t key) {
    struct fb_live *live = arg;

    if (key == FB_KEY_RESIZE || key == FB_KEY_NONE || key == FB_KEY_F10) {
        return false;
    }
    if (live->menu) {
        fb_live_menu_key(live, key);
        return true;
    }
    if (key == 'q' || key == 'C' || fb_app_quiz_is_open(app)) {
        return false;
    }
    if (is_answer(live, app, key)) {
        answer(live, key);
        return true;
    }
    if (spares_the_stop(live, key)) {
        return true;
    }
    hold(live);
    return false;
}

static bool guest_claims(void *arg, const struct fb_app *app, uint32_t key) {
    const struct fb_live *live = arg;

    return key != FB_KEY_F10 && (live->menu || is_answer(live, app, key));
}

// What is compiled first takes some seconds: nobody should look at nothing.
static void tell_before_screen(const char *text, size_t len) {
    char safe[FB_TEXT_SAFE_BYTES(FB_SERVER_LINE_BYTES)];

    fb_text_sanitise(text, len, safe, sizeof(safe));
    fprintf(stderr, "%s\n", safe);
}

static void hear_line(void *arg, const char *text, size_t len) {
    struct fb_live *live = arg;

    if (live->app) {
        fb_app_log(live->app, text, len);
    } else if (live->stage.script.exercise[0] != '\0') {
        tell_before_screen(text, len);
    }
}

static int show(struct fb_live *live, const struct fb_demo_options *options) {
    struct fb_app_guest guest = {.arg = live,
                                 .keys = fb_live_keys,
                                 .key_count = fb_live_key_count,
                                 .pane = &fb_view_clients,
                                 .card = &fb_view_card,
                                 .card_rows = fb_live_card_rows,
                                 .fds = guest_fds,
                                 .ready = guest_ready,
                                 .tick = guest_tick,
                                 .any_key = guest_any_key,
                                 .claims = guest_claims};
    static struct fb_config config; // the user's, as for `watch`
    struct fb_app_options app = {
        .session = live->stage.session, .guest = &guest, .config = &config};
    const char *no_color = getenv("NO_COLOR");
    struct fb_tui_options tui = {
        .ascii = options->ascii,
        .no_color =
            options->no_color || (no_color && no_color[0] && !options->theme)};
    struct fb_player_host host = fb_live_host(live);
    int status, err;

    fb_config_user(&config);
    if (options->theme) { // it was parsed before
        (void)!fb_theme_parse(&config.theme, options->theme);
    }
    tui.ascii = tui.ascii || config.ascii;
    tui.no_color = tui.no_color || !config.color;
    tui.no_mouse = !config.mouse;
    err = fb_app_create(&live->app, &app);
    if (err) {
        fprintf(stderr, "fishbowl: demo: %s\n", strerror(-err));
        return 1;
    }
    if (live->stage.server.address.sin_port != 0) {
        fb_live_log(live, "the %s listens on port %u",
                    fb_script_cast(&live->stage.script),
                    ntohs(live->stage.server.address.sin_port));
    }
    if (live->stage.server.port_taken) {
        fb_live_log(live, "port %d was in use, so another one was picked",
                    options->port);
    }
    fb_player_init(&live->player, &live->stage.script, &host,
                   &live->stage.clients, &live->stage.server,
                   live->stage.session);
    status = fb_tui_run(live->app, &tui);
    fb_app_quiz_print(live->app, stdout);
    fb_app_destroy(live->app);
    live->app = NULL;
    return status;
}

static int keep_marks(struct fb_player *p, const char *path) {
    if (p->state != FB_PLAYER_DONE) {
        fprintf(stderr, "fishbowl: demo: no marks are written: the play was "
                        "not over (C lets it go on)\n");
        return 1;
    }
    fb_bookmarks_keep(p, path);
    if (p->state != FB_PLAYER_DONE) {
        fprintf(stderr, "fishbowl: demo: %s\n", p->why);
        return 1;
    }
    return 0;
}

int fb_demo_live(const struct fb_demo_options *options) {
    static struct fb_live live; // its log lines are large for a stack
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    char why[512];
    int err, status;

    sigaction(SIGPIPE, &ignored, NULL);
    live = (struct fb_live){0};
    err =
        fb_stage_open(&live.stage, options, hear_line, &live, why, sizeof(why));
    if (err) {
        fprintf(stderr, "fishbowl: demo: %s\n", why);
        return err == -EINVAL ? 2 : 1;
    }
    status = show(&live, options);
    if (options->marks && status == 0) {
        status = keep_marks(&live.player, options->marks);
    }
    fb_stage_close(&live.stage);
    return status;
}
