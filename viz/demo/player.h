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

#define FB_PLAYER_WAIT_NS 2000000000ull // longest wait unless `timeout` says so

enum fb_player_state {
    FB_PLAYER_PLAYING,
    FB_PLAYER_ASKING, // a question stands until fb_player_go_on or _answer
    FB_PLAYER_HELD,   // somebody else has taken over, until fb_player_go_on
    FB_PLAYER_DONE,
    FB_PLAYER_FAILED, // `why` says it
};

// What is asked. All texts are raw: sanitise.
struct fb_player_question {
    const char *text;
    size_t text_len;
    const struct fb_script_step *choices; // the text of each is an answer
    size_t choice_count;                  // 0: any key goes on
    unsigned right;                       // from 1; 0 without choices
    const char *because;
    size_t because_len;
};

struct fb_player_host {
    void *arg;
    bool in_class; // pauses, questions and time to read are real
    // What is said to the class. Raw: sanitise.
    void (*say)(void *arg, const char *text, size_t len);
    void (*ask)(void *arg, const struct fb_player_question *q);
    // The answer to it; `picked`: the choice that was taken, 0 none.
    void (*reveal)(void *arg, const struct fb_player_question *q,
                   unsigned picked);
    // Asks a question of `kinds` (quiz.h) where the executor stands, and whether
    // it is still open; NULL: it is not waited for. Errors: -ENOTSUP.
    int (*quiz)(void *arg, unsigned kinds);
    bool (*quizzes)(void *arg);
    // Somebody is about to act: "Ada connects". Safe to print.
    void (*act)(void *arg, const char *what);
    // Where to look. `show` and a pane's mark name one of fb_script_panes.
    void (*select)(void *arg, uint32_t task);
    void (*show)(void *arg, const char *pane);
    void (*mark)(void *arg, enum fb_script_mark what, uint32_t task,
                 const char *name);
    // The executor. Errors: -ENOTSUP, -EBUSY.
    int (*stop)(void *arg);
    int (*run)(void *arg);
    int (*step)(void *arg, enum fb_control_step unit);
    void (*slow)(void *arg, uint64_t events_per_second); // 0: full speed
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
    bool in_pieces;       // fault short-read: what is sent comes in two pieces
    bool was_held;        // somebody else has acted: lines may not fit any more
    bool stands;          // the script has stopped the executor
    bool restoring;       // it is being stopped or run again for the script
    unsigned turns_ended; // turns since the program has ended
    uint64_t mark;        // newest event before the last act
    uint64_t seen;        // newest event at the last turn
    uint64_t limit_ns;    // of a wait
    uint64_t deadline_ns; // of the wait under way
    uint64_t turn_ns;     // of the last turn
    uint64_t pause_until_ns;
    uint64_t end_by_ns; // the play is over then, at rest or not; 0: not yet
    struct fb_player_bookmark {
        const struct fb_script_step *step;
        uint64_t event; // 0: its place is looked for after the play
    } bookmarks[FB_SCRIPT_BOOKMARKS_MAX + 1]; // and "end"
    size_t bookmark_count;
    struct fb_player_question question; // the last one
    unsigned picked;                    // its answer, 0 none
    char why[512];                      // safe to print
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
// Ends a hold, a question, and any pause that stands before the next act. If
// the executor is not as the script left it, it is put back.
void fb_player_go_on(struct fb_player *p, uint64_t now_ns);
// Answers the question that stands, with a choice from 1, and goes on.
// False: there is no such choice.
bool fb_player_answer(struct fb_player *p, unsigned choice, uint64_t now_ns);

// How soon the next turn should come, in ms; -1: nothing is to come.
int fb_player_wait_ms(const struct fb_player *p, uint64_t now_ns);

// About how long a script plays for a class, questions without their thought.
uint64_t fb_player_length_ns(const struct fb_script *s);

#endif
