// Acting a script out.
//
// Problem: a script is a list of acts, but the world it acts on is a server
// that answers in its own time; shown too early, a step makes no sense, and
// in a test it would make the order of events a matter of luck. And a teacher
// may take over in the middle, stop what ran or run what stood.
// Idea: each step acts once and then stays the current one until its effect
// is in the model and the executor has come to rest (it is parked, with an
// empty run queue). Only then the next one acts.
//
//     act ──► wait for the effect ──► (in class: time to read) ──► next
//              │ 2 s without it: a clear error
//
//     The script remembers whether it has stopped the executor. Before a step,
//     and when it goes on, it puts the executor back into that state. What no
//     longer fits after somebody else has acted is passed over with a word.
//
// Invariants: at most one act a turn; `begun` belongs to step `next`.
#include "fishbowl/trace/text.h"
#include "player_parts.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ACT_NS  450000000ull // that a class needs to see what an act did
#define AWAY_NS 500000000ull // between two turns: somebody suspended us
#define TURN_NS 250000000ull // between two turns at most, if nobody did
#define END_NS  500000000ull // to come to rest in, when the play is over

void fb_player_init(struct fb_player *p, const struct fb_script *script,
                    const struct fb_player_host *host,
                    struct fb_clients *clients, struct fb_server *server,
                    struct fb_session *session) {
    *p = (struct fb_player){.script = script,
                            .host = host,
                            .clients = clients,
                            .server = server,
                            .session = session,
                            .stands = fb_script_has_own_program(script),
                            .limit_ns = FB_PLAYER_WAIT_NS};
}

const struct fb_model *fb__player_world(const struct fb_player *p) {
    return fb_history_live(fb_session_history(p->session));
}

uint64_t fb__player_newest(const struct fb_player *p) {
    return fb_history_last(fb_session_history(p->session));
}

bool fb__player_is_stopped(const struct fb_player *p) {
    uint64_t after;

    return !p->server->ended && fb_session_stopped(p->session, &after);
}

enum fb__verdict fb__player_broken(struct fb_player *p, const char *format,
                                   ...) {
    const struct fb_script_step *step = &p->script->steps[p->next];
    char place[300], why[400], line[sizeof(place) + sizeof(why) + 40];
    va_list args;

    fb_script_place(p->script, step, place, sizeof(place));
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    if (p->host->in_class && p->was_held) {
        snprintf(line, sizeof(line), "The script passes over %s: %s", place,
                 why);
        p->host->act(p->host->arg, line);
        return FB__SETTLED;
    }
    snprintf(line, sizeof(line), "%s: %s", place, why);
    fb_text_sanitise(line, strlen(line), p->why, sizeof(p->why));
    p->state = FB_PLAYER_FAILED;
    return FB__BROKEN;
}

// ---- waiting for the effect ------------------------------------------------

enum fb__verdict fb__player_is_quiet(const struct fb_player *p) {
    const struct fb_model *m = fb__player_world(p);

    if (p->server->ended || fb__player_is_stopped(p)) {
        return FB__SETTLED;
    }
    if (p->effect && fb__player_newest(p) <= p->mark) {
        return FB__NOT_YET;
    }
    return m->parked && m->queue_len == 0 && m->first.running == FB_MODEL_NONE
               ? FB__SETTLED
               : FB__NOT_YET;
}

// An event of this kind since the last act; of an I/O only with this result.
static bool has_happened(const struct fb_player *p, uint64_t kind,
                         const int32_t *result) {
    const struct fb_history *h = fb_session_history(p->session);

    for (uint64_t n = fb_history_next(h, p->mark); n != 0;
         n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e && e->kind == kind && (!result || e->io.result == *result)) {
            return true;
        }
    }
    return false;
}

static enum fb__verdict is_connected(struct fb_player *p,
                                     const struct fb_client *c) {
    const int32_t refused = -EMFILE;

    if (c->state == FB_CLIENT_CLOSED && !c->has_prompt) {
        return fb__player_broken(p, "%s cannot connect: %s", c->name,
                                 c->error ? strerror(c->error)
                                          : "closed at once");
    }
    if (fb__player_is_stopped(p)) {
        return c->connected ? FB__SETTLED : FB__NOT_YET;
    }
    if (p->server->starved && !c->has_prompt) { // it stays in the backlog
        return c->connected && has_happened(p, FB_EV_IO, &refused)
                   ? fb__player_is_quiet(p)
                   : FB__NOT_YET;
    }
    return c->has_prompt && c->task != 0 ? fb__player_is_quiet(p) : FB__NOT_YET;
}

// The first piece has been taken; now the rest goes on its way, if anybody is
// still there to hear it.
static enum fb__verdict is_sent(struct fb_player *p, struct fb_client *c) {
    char line[FB_SCRIPT_NAME_BYTES + 120];

    if (c->unsent_len > 0) {
        return FB__NOT_YET;
    }
    if (fb__player_is_quiet(p) == FB__NOT_YET || c->later_len == 0) {
        return fb__player_is_quiet(p);
    }
    if (c->fd >= 0) {
        p->mark = fb__player_newest(p);
        p->effect = false; // the server may have stopped listening
        fb_client_send_later(c);
        return FB__NOT_YET;
    }
    snprintf(line, sizeof(line),
             "%s cannot send the other %zu bytes: the connection is closed",
             c->name, c->later_len);
    p->host->act(p->host->arg, line);
    c->later_len = 0;
    return FB__SETTLED;
}

static enum fb__verdict is_as_expected(struct fb_player *p,
                                       const struct fb_script_step *step,
                                       const struct fb_client *c, bool late) {
    size_t len;
    const char *reply = fb_client_reply(c, &len);
    char got[160], wanted[160];
    size_t common = len < step->text_len ? len : step->text_len;
    bool so_far = memcmp(reply, step->text, common) == 0;

    if (so_far && len == step->text_len) {
        return FB__SETTLED;
    }
    if (so_far && len < step->text_len && c->fd >= 0 && !late) {
        return FB__NOT_YET;
    }
    fb_text_sanitise(reply, len, got, sizeof(got));
    fb_text_sanitise(step->text, step->text_len, wanted, sizeof(wanted));
    return fb__player_broken(p, "%s got \"%s\", not \"%s\"", c->name, got,
                             wanted);
}

// What a client waits for has come, can still come, or never will.
static enum fb__verdict has_come(struct fb_player *p, const struct fb_client *c,
                                 bool come, const char *what) {
    return come         ? FB__SETTLED
           : c->fd >= 0 ? FB__NOT_YET
                        : fb__player_broken(p, "%s was closed without a %s",
                                            c->name, what);
}

static enum fb__verdict is_awaited(struct fb_player *p,
                                   const struct fb_script_step *step,
                                   const struct fb_client *c) {
    const struct fb_model *m = fb__player_world(p);
    const struct fb_model_task *t;

    switch ((enum fb_script_wait)step->what) {
    case FB_WAIT_PROMPT: return has_come(p, c, c->has_prompt, "prompt");
    case FB_WAIT_REPLY: return has_come(p, c, c->has_reply, "reply");
    case FB_WAIT_CLOSED:
        return c->state == FB_CLIENT_CLOSED ? FB__SETTLED : FB__NOT_YET;
    case FB_WAIT_TASKS:
        return m->live_tasks == step->number ? fb__player_is_quiet(p)
                                             : FB__NOT_YET;
    case FB_WAIT_EVENT:
        return has_happened(p, step->number, NULL) ? FB__SETTLED : FB__NOT_YET;
    case FB_WAIT_PENDING:
        t = fb_model_task(m, c->task);
        return t && t->polls > 0 && t->state == FB_TASK_IDLE
                   ? fb__player_is_quiet(p)
                   : FB__NOT_YET;
    case FB_WAIT_END: // a turn later all that it wrote has been taken
        return p->turns_ended > 1 ? FB__SETTLED : FB__NOT_YET;
    }
    return FB__SETTLED;
}

// Whether the step under way has had its effect. `late`: it must have by now.
static enum fb__verdict look(struct fb_player *p,
                             const struct fb_script_step *step, bool late) {
    struct fb_client *c = fb_clients_find(p->clients, step->name);
    bool stopped;
    uint64_t after = 0;

    if (step->verb == FB_SCRIPT_BOOKMARK) {
        return fb__player_bookmark(p, step);
    }
    if (!c && step->name[0] != '\0') {
        return fb__player_broken(p, "%s is not here any more", step->name);
    }
    switch (step->verb) {
    case FB_SCRIPT_CLIENT: return is_connected(p, c);
    case FB_SCRIPT_SEND: return is_sent(p, c);
    case FB_SCRIPT_HANGUP:
    case FB_SCRIPT_HALFCLOSE:
    case FB_SCRIPT_RESET:
        return c->unsent_len > 0 ? FB__NOT_YET : fb__player_is_quiet(p);
    case FB_SCRIPT_READ: return fb__player_is_quiet(p);
    case FB_SCRIPT_EXPECT: return is_as_expected(p, step, c, late);
    case FB_SCRIPT_QUIZ: // answered, judged and left; the clock stands for it
        return p->host->quizzes(p->host->arg) ? FB__NOT_YET : FB__SETTLED;
    case FB_SCRIPT_WAIT: return is_awaited(p, step, c);
    case FB_SCRIPT_STOP:
        return fb__player_is_stopped(p) ? FB__SETTLED : FB__NOT_YET;
    case FB_SCRIPT_RUN:
        return fb__player_is_stopped(p) ? FB__NOT_YET : fb__player_is_quiet(p);
    case FB_SCRIPT_STEP:
        stopped = fb_session_stopped(p->session, &after);
        return stopped && after > p->mark && fb__player_newest(p) >= after
                   ? FB__SETTLED
                   : FB__NOT_YET;
    default: return FB__SETTLED;
    }
}

// ---- turns -----------------------------------------------------------------

static bool is_visible_act(const struct fb_script_step *step) {
    return step->verb <= FB_SCRIPT_READ || step->verb == FB_SCRIPT_STEP;
}

static void next_step(struct fb_player *p, const struct fb_script_step *step,
                      uint64_t now_ns) {
    p->next++;
    p->begun = false;
    if (is_visible_act(step)) {
        fb__player_rest(p, now_ns, ACT_NS);
    }
}

// In class the clock of a wait stands while the teacher holds the executor or
// moves it slowly; headless nothing but the limit ends a wait.
static void move_deadline(struct fb_player *p, uint64_t now_ns) {
    const bool quiz = p->script->steps[p->next].verb == FB_SCRIPT_QUIZ;
    bool moves =
        quiz || fb__player_newest(p) != p->seen || fb__player_is_stopped(p);

    p->seen = fb__player_newest(p);
    if (p->host->in_class && moves) {
        p->deadline_ns = now_ns + p->limit_ns;
    }
}

// Puts the executor back as the script left it: somebody pressed a key, or we
// were suspended for so long that the program took its control page back.
// True: it is so.
static bool restore(struct fb_player *p) {
    const struct fb_player_host *h = p->host;

    if (p->server->ended || p->stands == fb__player_is_stopped(p)) {
        p->restoring = false;
        return true;
    }
    if (!p->restoring) {
        p->restoring = true;
        p->was_held = p->was_held || h->in_class;
        if ((p->stands ? h->stop(h->arg) : h->run(h->arg)) < 0) {
            p->restoring = false;
            return true; // somebody else's viewer has it: play on as it goes
        }
    }
    return false;
}

// The program has ended, and all that it wrote has been taken: what has not come
// never will. A question may still be thought about.
static bool is_over(const struct fb_player *p,
                    const struct fb_script_step *step) {
    return p->turns_ended > 2 && step->verb != FB_SCRIPT_QUIZ;
}

// Plays one step as far as it goes. False: it must wait, or the play is over.
static bool turn_once(struct fb_player *p, uint64_t now_ns) {
    const struct fb_script_step *step = &p->script->steps[p->next];
    enum fb__verdict v;
    bool late;

    if (!p->begun) {
        p->deadline_ns = now_ns + p->limit_ns;
        p->begun = true;
        v = fb__player_begin(p, step, now_ns);
        if (v == FB__NOT_YET) {
            return false; // the world must be pumped before it is looked at
        }
    } else {
        move_deadline(p, now_ns);
        late = now_ns >= p->deadline_ns || is_over(p, step);
        v = look(p, step, late);
        if (v == FB__NOT_YET && late) {
            v = fb__player_late(p, step);
        }
    }
    if (v == FB__SETTLED) {
        next_step(p, step, now_ns);
    }
    return v == FB__SETTLED;
}

// Whoever was away for a while has not seen that while pass; and the program
// may have taken its control page back and run on.
static void note_time(struct fb_player *p, uint64_t now_ns) {
    const uint64_t gap = p->turn_ns == 0 ? 0 : now_ns - p->turn_ns;

    if (p->host->in_class && gap > AWAY_NS) {
        p->deadline_ns += gap;
        p->pause_until_ns += gap;
        p->was_held = true;
    }
    p->turn_ns = now_ns;
    p->turns_ended += p->server->ended;
}

// Else it would be luck whether the greeter's first poll meets a client already,
// and the play would not be the same each time.
static bool is_ready(struct fb_player *p, uint64_t now_ns) {
    if (!p->ready && p->deadline_ns == 0) {
        p->deadline_ns = now_ns + FB_PLAYER_WAIT_NS;
    }
    p->ready = p->ready || now_ns >= p->deadline_ns ||
               fb__player_is_quiet(p) == FB__SETTLED;
    return p->ready;
}

// Nothing is left to play; what it has set off may still go on.
static void end(struct fb_player *p, uint64_t now_ns) {
    p->end_by_ns = p->end_by_ns ? p->end_by_ns : now_ns + END_NS;
    if (fb__player_bookmark_end(p, now_ns >= p->end_by_ns) == FB__SETTLED) {
        p->state = FB_PLAYER_DONE;
    }
}

enum fb_player_state fb_player_turn(struct fb_player *p, uint64_t now_ns) {
    note_time(p, now_ns);
    if (!is_ready(p, now_ns)) {
        return p->state;
    }
    while (p->state == FB_PLAYER_PLAYING && now_ns >= p->pause_until_ns) {
        if (p->next == p->script->count) {
            end(p, now_ns);
            break;
        }
        if ((!p->begun || p->restoring) && !restore(p)) {
            break;
        }
        if (!turn_once(p, now_ns)) {
            break;
        }
    }
    return p->state;
}

void fb_player_hold(struct fb_player *p) {
    if (p->state == FB_PLAYER_PLAYING) {
        p->state = FB_PLAYER_HELD;
    }
}

void fb_player_go_on(struct fb_player *p, uint64_t now_ns) {
    if (p->state == FB_PLAYER_HELD) {
        p->was_held = true;
        (void)restore(p);
    }
    if (p->state == FB_PLAYER_HELD || p->state == FB_PLAYER_ASKING) {
        p->state = FB_PLAYER_PLAYING;
    }
    while (p->next < p->script->count && !p->begun &&
           p->script->steps[p->next].verb == FB_SCRIPT_PAUSE) {
        p->next++; // who says "go on" does not want to wait
    }
    p->pause_until_ns = now_ns;
    p->deadline_ns = now_ns + p->limit_ns;
}

bool fb_player_answer(struct fb_player *p, unsigned choice, uint64_t now_ns) {
    if (p->state != FB_PLAYER_ASKING || choice == 0 ||
        choice > p->question.choice_count) {
        return false;
    }
    p->picked = choice;
    fb_player_go_on(p, now_ns);
    return true;
}

int fb_player_wait_ms(const struct fb_player *p, uint64_t now_ns) {
    if (p->state != FB_PLAYER_PLAYING) {
        return -1;
    }
    if (p->pause_until_ns > now_ns + TURN_NS) {
        return (int)(TURN_NS / 1000000);
    }
    if (p->pause_until_ns > now_ns) {
        return (int)((p->pause_until_ns - now_ns) / 1000000) + 1;
    }
    return 10;
}

uint64_t fb_player_length_ns(const struct fb_script *s) {
    uint64_t ns = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct fb_script_step *step = &s->steps[i];

        if (step->text && !is_visible_act(step) &&
            step->verb >= FB_SCRIPT_SAY && step->verb <= FB_SCRIPT_ANSWER) {
            ns += fb__player_read_ns(step->text_len);
        }
        ns += is_visible_act(step) ? ACT_NS : 0;
        ns += step->verb == FB_SCRIPT_PAUSE ? step->number : 0;
    }
    return ns;
}
