// The demo on a terminal: what its guest in the visualiser knows.
#ifndef FISHBOWL_DEMO_LIVE_H
#define FISHBOWL_DEMO_LIVE_H

#include "app.h"
#include "stage.h"

struct fb_live {
    struct fb_stage stage;
    struct fb_player player;
    struct fb_app *app;
    uint64_t now_ns;                       // of the last tick
    char picked[FB_CLIENT_NAME_BYTES + 1]; // in the clients pane, "" none
    char follow[FB_CLIENT_NAME_BYTES + 1]; // select its task once it has one
    uint32_t shown_task; // the app's selection that `picked` follows
    size_t next_name;
    bool menu;                // of troubles is open
    unsigned asked, right;    // questions with choices, and right answers
    bool revealed;            // the answer to the last one is on the card
    bool noted_end;           // the program's end has been logged
    uint64_t tried;           // newest event when somebody connected; 0 nobody
    bool said_again;          // our line, after the viewer told of that end
    bool noted_play;          // the play's end has been said
    char said[FB_LOG_BYTES];  // by the script, sanitised; stays while held
    char acted[FB_LOG_BYTES]; // the last act of a client; safe to print
};

// The keys of a demo, and how many there are.
extern const struct fb_guest_key fb_live_keys[];
extern const size_t fb_live_key_count;

// The pane "Clients", and the card over the panes: a question with its choices,
// or the troubles that a client can be given.
extern const struct fb_view fb_view_clients, fb_view_card;
int fb_live_card_rows(void *arg, int cols);

// What the menu of troubles offers.
struct fb_live_trouble {
    uint32_t key;
    const char *name; // of the key
    // What it would do now, for people; false: nothing.
    bool (*says)(struct fb_live *live, char *out, size_t out_bytes);
    void (*run)(struct fb_live *live);
};
extern const struct fb_live_trouble fb_live_troubles[];
extern const size_t fb_live_trouble_count;
// A key while the menu is open.
void fb_live_menu_key(struct fb_live *live, uint32_t key);

// The client that a key is about: the picked one while the clients pane has
// the focus, else that of the selected task; NULL none.
struct fb_client *fb_live_target(const struct fb_live *live,
                                 const struct fb_app *app);

// The teacher does something: the script waits until told to go on.
void fb_live_take_over(struct fb_live *live);
// That client sends as much of its name as is asked for; `all` of what is left
// or one letter.
void fb_live_send_name(struct fb_live *live, bool all);
void fb_live_connect(struct fb_live *live); // somebody new
void fb_live_hang_up(struct fb_live *live);
void fb_live_half_close(struct fb_live *live);
// Whether there is something left of its name to send.
bool fb_live_can_send(const struct fb_client *c);
// The player's host on a screen.
struct fb_player_host fb_live_host(struct fb_live *live);
// Puts what answers the question that stands into the line.
void fb_live_show_question(struct fb_live *live);
// Says the script's line and what stands beside it.
void fb_live_say(struct fb_live *live);
// A line for the log. Requires: safe to print.
__attribute__((format(printf, 2, 3))) void fb_live_log(struct fb_live *live,
                                                       const char *format, ...);
// The same for what somebody has done; it also stands in the status line.
__attribute__((format(printf, 2, 3))) void fb_live_act(struct fb_live *live,
                                                       const char *format, ...);

#endif
