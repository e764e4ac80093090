// The player: acts a script out, one step after the other.
//
// It knows neither screen nor text: a host shows what is said and drives the
// executor. It never waits; the host calls fb_player_turn as time goes by.
// A step is over when the model has seen its effect, so that the story has one
// order whoever plays it, however fast.
#ifndef FISHBOWL_DEMO_PLAYER_H
#define FISHBOWL_DEMO_PLAYER_H

#include "clients.h"
#include "script.h"
#include "server.h"
#include "session.h"

#define FB_PLAYER_WAIT_NS 2000000000ull // longest wait of a step

enum fb_player_state {
    FB_PLAYER_PLAYING,
    FB_PLAYER_ASKING, // a question stands until fb_player_go_on
    FB_PLAYER_HELD,   // somebody else has taken over, until fb_player_go_on
    FB_PLAYER_DONE,
    FB_PLAYER_FAILED, // `why` says it
};

struct fb_player_host {
    void *arg;
    bool in_class; // pauses, questions and time to read are real
    // What is said to the class or asked. Raw: sanitise.
    void (*say)(void *arg, const char *text, size_t len, bool asks);
    // A client is about to act: "Ada connects". Safe to print.
    void (*act)(void *arg, const char *what);
    void (*select)(void *arg, uint32_t task);
    // The executor. Errors: -ENOTSUP, -EBUSY.
    int (*stop)(void *arg);
    int (*run)(void *arg);
    int (*step)(void *arg, enum fb_control_step unit);
};

struct fb_player {
    const struct fb_script *script;
    const struct fb_player_host *host;
    struct fb_clients *clients;
    struct fb_server *server;
    struct fb_session *session; // the host pumps it
    enum fb_player_state state;
    bool ready;           // the greeter has come to rest before the first act
    size_t next;          // index of the step under way
    bool begun;           // that step has acted and waits for its effect
    bool effect;          // it will be seen in the trace
    uint64_t mark;        // newest event before the last act
    uint64_t seen;        // newest event at the last turn
    uint64_t deadline_ns; // of the wait
    uint64_t pause_until_ns;
    char why[512]; // safe to print
};

// Everything is borrowed.
void fb_player_init(struct fb_player *p, const struct fb_script *script,
                    const struct fb_player_host *host,
                    struct fb_clients *clients, struct fb_server *server,
                    struct fb_session *session);

// Plays on as far as it goes now. Requires: now_ns never falls; clients,
// server and session have been pumped.
enum fb_player_state fb_player_turn(struct fb_player *p, uint64_t now_ns);

// Holds the play: the next turns do nothing.
void fb_player_hold(struct fb_player *p);
// Ends a hold, a question, and any pause that stands before the next act.
void fb_player_go_on(struct fb_player *p, uint64_t now_ns);

// How soon the next turn should come, in ms; -1: nothing is to come.
int fb_player_wait_ms(const struct fb_player *p, uint64_t now_ns);

#endif
