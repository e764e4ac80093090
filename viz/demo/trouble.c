// The menu of troubles: all that the teacher can do to a client or to the
// server, and the card on which it stands.
//
// Problem: a class asks "and what if it reads nothing?", and the answer must be
// a key away, found without a manual, and real.
// Idea: one key opens a card that lists what would work now, in sentences about
// the client that is meant; each line is one key. The same card holds a
// question of the script with its choices.
#include "fishbowl/trace/text.h"
#include "live.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct fb_client *target(const struct fb_live *live) {
    return fb_live_target(live, live->app);
}

static struct fb_client *open_target(const struct fb_live *live) {
    struct fb_client *c = target(live);

    return c && c->fd >= 0 ? c : NULL;
}

// "Ada hangs up": a line about the client that is meant, if there is one.
static bool say_of(const struct fb_client *c, const char *what, char *out,
                   size_t out_bytes) {
    if (c) {
        snprintf(out, out_bytes, "%s %s", c->name, what);
    }
    return c != NULL;
}

static bool says_connect(struct fb_live *live, char *out, size_t out_bytes) {
    snprintf(out, out_bytes, "somebody new connects");
    return !live->stage.server.ended;
}

static bool says_send(struct fb_live *live, char *out, size_t out_bytes) {
    struct fb_client *c = target(live);

    return fb_live_can_send(c) &&
           say_of(c,
                  c->spelled > 0 ? "sends the rest of its name"
                                 : "sends its name",
                  out, out_bytes);
}

static bool says_letter(struct fb_live *live, char *out, size_t out_bytes) {
    struct fb_client *c = target(live);

    return fb_live_can_send(c) &&
           say_of(c, "sends one letter of it (a short read)", out, out_bytes);
}

static bool says_deaf(struct fb_live *live, char *out, size_t out_bytes) {
    struct fb_client *c = open_target(live);

    return say_of(c,
                  c && c->deaf ? "reads on" : "stops reading (a slow reader)",
                  out, out_bytes);
}

static bool says_half_close(struct fb_live *live, char *out, size_t out_bytes) {
    struct fb_client *c = open_target(live);

    return c && !c->half_closed &&
           say_of(c, "half-closes: sends no more, still listens", out,
                  out_bytes);
}

static bool says_hang_up(struct fb_live *live, char *out, size_t out_bytes) {
    return say_of(open_target(live), "hangs up", out, out_bytes);
}

static bool says_reset(struct fb_live *live, char *out, size_t out_bytes) {
    return say_of(open_target(live), "vanishes (TCP reset)", out, out_bytes);
}

static bool says_starve(struct fb_live *live, char *out, size_t out_bytes) {
    snprintf(out, out_bytes, "%s",
             live->stage.server.starved
                 ? "the server may have descriptors again"
                 : "no descriptors left: accept fails with EMFILE");
    return !live->stage.server.ended;
}

// ---- doing -----------------------------------------------------------------

static void send_all(struct fb_live *live) {
    fb_live_send_name(live, true);
}

static void send_letter(struct fb_live *live) {
    fb_live_send_name(live, false);
}

// The greeter does not notice: its line fits into the kernel's buffers.
static void turn_deaf(struct fb_live *live) {
    struct fb_client *c = target(live);
    const bool reads = c->deaf;

    fb_client_read(c, reads);
    fb_live_act(live, "%s %s", c->name,
                reads ? "reads on"
                      : "stops reading; what fits into the kernel's buffers "
                        "is still written");
}

static void reset(struct fb_live *live) {
    struct fb_client *c = target(live);

    fb_client_reset(c);
    fb_live_act(live, "%s vanishes (TCP reset)", c->name);
}

static void starve(struct fb_live *live) {
    struct fb_server *s = &live->stage.server;
    const int err = fb_server_starve(s, !s->starved);

    if (err) {
        fb_live_act(live, "the limit cannot be changed: %s", strerror(-err));
    } else if (s->starved) {
        fb_live_act(
            live, "no descriptor from %llu on: the next accept fails; c tries",
            (unsigned long long)s->files);
    } else {
        fb_live_act(live, "descriptors again: it accepts at its next try");
    }
}

const struct fb_live_trouble fb_live_troubles[] = {
    {'c', "c", says_connect, fb_live_connect},
    {FB_KEY_ENTER, "Enter", says_send, send_all},
    {'l', "l", says_letter, send_letter},
    {'o', "o", says_deaf, turn_deaf},
    {'d', "d", says_half_close, fb_live_half_close},
    {'x', "x", says_hang_up, fb_live_hang_up},
    {'r', "r", says_reset, reset},
    {'e', "e", says_starve, starve},
};
const size_t fb_live_trouble_count =
    sizeof(fb_live_troubles) / sizeof(fb_live_troubles[0]);

void fb_live_menu_key(struct fb_live *live, uint32_t key) {
    char line[120];

    live->menu = false; // any other key leaves it
    for (size_t i = 0; i < fb_live_trouble_count; i++) {
        const struct fb_live_trouble *t = &fb_live_troubles[i];

        if (t->key == key && t->says(live, line, sizeof(line))) {
            t->run(live);
        }
    }
    fb_app_touch(live->app);
}

// ---- the card --------------------------------------------------------------

static bool is_question(const struct fb_live *live) {
    return live->player.question.choice_count > 0 &&
           (live->revealed || live->player.state == FB_PLAYER_ASKING);
}

// The mark before a choice, once the answer is known.
static const char *verdict(const struct fb_live *live, unsigned choice,
                           enum fb_style *ret_style) {
    *ret_style = FB_STYLE_KEY;
    if (live->revealed && choice == live->player.question.right) {
        *ret_style = FB_STYLE_READY;
        return "✓";
    }
    if (live->revealed && choice == live->player.picked) {
        *ret_style = FB_STYLE_FAILED;
        return "✗";
    }
    return " ";
}

static int draw_text(struct fb_grid *g, struct fb_area a, int row, int col,
                     enum fb_style style, const char *text, size_t len) {
    char safe[FB_LOG_BYTES];

    fb_text_sanitise(text, len, safe, sizeof(safe));
    return fb_grid_wrap(g, a, row, col, style, safe);
}

static int draw_question(const struct fb_live *live, struct fb_grid *g,
                         struct fb_area a) {
    const struct fb_player_question *q = &live->player.question;
    int row = draw_text(g, a, 0, 1, FB_STYLE_SAY, q->text, q->text_len);

    for (size_t i = 0; i < q->choice_count; i++) {
        const unsigned choice = (unsigned)i + 1;
        enum fb_style style;
        const char *mark = verdict(live, choice, &style);

        fb_grid_putf(g, a, row, 1, style, "%s %c", mark,
                     (char)('a' + choice - 1));
        row += draw_text(g, a, row, 6, FB_STYLE_NORMAL, q->choices[i].text,
                         q->choices[i].text_len);
    }
    if (live->revealed) {
        row += draw_text(g, a, row, 1, FB_STYLE_STRONG, q->because,
                         q->because_len);
    }
    return row;
}

static int draw_menu(struct fb_live *live, struct fb_grid *g,
                     struct fb_area a) {
    char line[120];
    int row = 0;

    for (size_t i = 0; i < fb_live_trouble_count; i++) {
        const struct fb_live_trouble *t = &fb_live_troubles[i];

        if (t->says(live, line, sizeof(line))) {
            fb_grid_put(g, a, row, 2, FB_STYLE_KEY, t->name);
            fb_grid_put(g, a, row++, 9, FB_STYLE_NORMAL, line);
        }
    }
    fb_grid_put(g, a, row, 2, FB_STYLE_KEY, "Esc");
    fb_grid_put(g, a, row++, 9, FB_STYLE_NORMAL, "leave this menu");
    return row;
}

static int draw(struct fb_live *live, struct fb_grid *g, struct fb_area a) {
    return is_question(live) && !live->menu ? draw_question(live, g, a)
           : live->menu                     ? draw_menu(live, g, a)
                                            : 0;
}

static void card_draw(const struct fb_scene *s, struct fb_pane *p,
                      struct fb_grid *g, struct fb_area a) {
    (void)p;
    draw(s->guest->arg, g, a);
}

// Drawn on nothing, only to be counted.
int fb_live_card_rows(void *arg, int cols) {
    struct fb_grid none = {0};
    struct fb_area a = {.cols = cols};

    return draw(arg, &none, a);
}

static void card_subtitle(const struct fb_scene *s, char *out,
                          size_t out_bytes) {
    const struct fb_live *live = s->guest->arg;

    if (live->menu) {
        snprintf(out, out_bytes, "what can happen now; one key each");
    } else if (live->asked > 0) {
        snprintf(out, out_bytes, "%u of %u right", live->right, live->asked);
    } else {
        out[0] = '\0';
    }
}

const struct fb_view fb_view_card = {
    .name = "card",
    .title = "Your turn",
    .draw = card_draw,
    .subtitle = card_subtitle,
};
