// Acting a script out.
//
// Problem: a script is a list of acts, but the world it acts on is a server
// that answers in its own time; shown too early, a step makes no sense, and
// in a test it would make the order of events a matter of luck.
// Idea: each step acts once and then stays the current one until its effect
// is in the model and the executor has come to rest (it is parked, with an
// empty run queue). Only then the next one acts.
//
//     act ──► wait for the effect ──► (in class: time to read) ──► next
//              │ 2 s without it: a clear error
//
// Invariants: at most one act a turn; `begun` belongs to step `next`.
#include "player.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Time that a class needs to see what an act did, and to read a line.
#define ACT_NS       450000000ull
#define READ_MIN_NS  1200000000ull
#define READ_MAX_NS  4000000000ull
#define READ_BYTE_NS 25000000ull

enum verdict { NOT_YET, SETTLED, BROKEN };

void fb_player_init(struct fb_player *p, const struct fb_script *script,
                    const struct fb_player_host *host,
                    struct fb_clients *clients, struct fb_server *server,
                    struct fb_session *session) {
    *p = (struct fb_player){.script = script,
                            .host = host,
                            .clients = clients,
                            .server = server,
                            .session = session};
}

static const struct fb_model *world(const struct fb_player *p) {
    return fb_history_live(fb_session_history(p->session));
}

static uint64_t newest(const struct fb_player *p) {
    return fb_history_last(fb_session_history(p->session));
}

static bool is_stopped(const struct fb_player *p) {
    uint64_t after;

    return fb_session_stopped(p->session, &after);
}

__attribute__((format(printf, 2, 3))) static enum verdict
broken(struct fb_player *p, const char *format, ...) {
    const struct fb_script_step *step = &p->script->steps[p->next];
    char place[300];
    int used;
    va_list args;

    fb_script_place(p->script, step, place, sizeof(place));
    used = snprintf(p->why, sizeof(p->why), "%s: ", place);
    if (used > 0 && (size_t)used < sizeof(p->why)) {
        va_start(args, format);
        vsnprintf(p->why + used, sizeof(p->why) - (size_t)used, format, args);
        va_end(args);
    }
    p->state = FB_PLAYER_FAILED;
    return BROKEN;
}

static void act(struct fb_player *p, const char *who, const char *what) {
    char line[FB_SCRIPT_NAME_BYTES + 256];

    if (p->host->act) {
        snprintf(line, sizeof(line), "%s %s", who, what);
        p->host->act(p->host->arg, line);
    }
}

// The task that serves this client is still there to notice what it does.
static bool is_served(const struct fb_player *p, const struct fb_client *c) {
    const struct fb_model_task *t = fb_model_task(world(p), c->task);

    return c->fd >= 0 && t && t->state != FB_TASK_COMPLETE &&
           t->state != FB_TASK_FREED;
}

// ---- acting ----------------------------------------------------------------

static enum verdict begin_client(struct fb_player *p,
                                 const struct fb_script_step *step) {
    struct fb_client *c;
    int err;

    act(p, step->name, "connects");
    err = fb_clients_add(p->clients, step->name, &p->server->address, &c);
    if (err) {
        return broken(p, "%s cannot connect: %s", step->name, strerror(-err));
    }
    p->effect = true;
    return NOT_YET;
}

static enum verdict begin_send(struct fb_player *p,
                               const struct fb_script_step *step,
                               struct fb_client *c) {
    char safe[200], what[240];
    int err;

    fb_text_sanitise(step->text, step->text_len, safe, sizeof(safe) - 40);
    snprintf(what, sizeof(what), "sends \"%s\"", safe);
    act(p, step->name, what);
    p->effect = is_served(p, c);
    err = fb_client_send(c, step->text, step->text_len);
    if (err == -ENOTCONN) {
        return broken(p, "%s cannot send: the connection is closed",
                      step->name);
    }
    if (err) {
        return broken(p, "%s cannot send: %s", step->name, strerror(-err));
    }
    return NOT_YET;
}

static enum verdict begin_leave(struct fb_player *p,
                                const struct fb_script_step *step,
                                struct fb_client *c) {
    p->effect = is_served(p, c);
    if (step->verb == FB_SCRIPT_HALFCLOSE) {
        act(p, step->name, "closes its sending half");
        if (fb_client_half_close(c) < 0) {
            return broken(p, "%s cannot half-close: the connection is closed",
                          step->name);
        }
    } else if (step->verb == FB_SCRIPT_RESET) {
        act(p, step->name, "vanishes (TCP reset)");
        fb_client_reset(c);
    } else {
        act(p, step->name, "hangs up");
        fb_client_hang_up(c);
    }
    return NOT_YET;
}

static enum verdict begin_control(struct fb_player *p,
                                  const struct fb_script_step *step) {
    const struct fb_player_host *h = p->host;
    uint64_t after;
    int err;

    if (step->verb == FB_SCRIPT_STOP) {
        err = h->stop(h->arg);
    } else if (step->verb == FB_SCRIPT_RUN) {
        err = h->run(h->arg);
    } else if (!fb_session_stopped(p->session, &after)) {
        return broken(p, "the executor runs (`stop` comes before `step`)");
    } else {
        p->mark = after;
        err = h->step(h->arg, (enum fb_control_step)step->number);
    }
    if (err) {
        return broken(p, "the executor cannot be driven: %s", strerror(-err));
    }
    return NOT_YET;
}

static enum verdict begin_select(struct fb_player *p,
                                 const struct fb_script_step *step) {
    const struct fb_client *c = fb_clients_find(p->clients, step->name);
    uint32_t task = (uint32_t)step->number;

    if (step->name[0] != '\0') {
        task = c ? c->task : 0;
    }
    if (task == 0 || !fb_model_task(world(p), task)) {
        return broken(p, "there is no task to select");
    }
    p->host->select(p->host->arg, task);
    return SETTLED;
}

static void rest(struct fb_player *p, uint64_t now_ns, uint64_t ns) {
    if (p->host->in_class) {
        p->pause_until_ns = now_ns + ns;
    }
}

static void say(struct fb_player *p, const struct fb_script_step *step,
                uint64_t now_ns) {
    uint64_t ns = step->text_len * READ_BYTE_NS;
    bool asks = step->verb == FB_SCRIPT_ASK;

    p->host->say(p->host->arg, step->text, step->text_len, asks);
    if (asks && p->host->in_class) {
        p->state = FB_PLAYER_ASKING;
        return;
    }
    ns = ns < READ_MIN_NS ? READ_MIN_NS : ns;
    rest(p, now_ns, ns > READ_MAX_NS ? READ_MAX_NS : ns);
}

// Does what the step says, once. SETTLED: there is nothing to wait for.
static enum verdict begin(struct fb_player *p,
                          const struct fb_script_step *step, uint64_t now_ns) {
    struct fb_client *c = NULL;

    p->effect = false;
    // A wait for an event looks back to the last act, not to itself.
    if (step->verb <= FB_SCRIPT_RESET || step->verb == FB_SCRIPT_RUN) {
        p->mark = newest(p);
    }
    if (step->verb != FB_SCRIPT_CLIENT && step->name[0] != '\0') {
        c = fb_clients_find(p->clients, step->name);
        if (!c) {
            return broken(p, "%s is not here any more", step->name);
        }
    }
    switch (step->verb) {
    case FB_SCRIPT_CLIENT: return begin_client(p, step);
    case FB_SCRIPT_SEND: return begin_send(p, step, c);
    case FB_SCRIPT_HANGUP:
    case FB_SCRIPT_HALFCLOSE:
    case FB_SCRIPT_RESET: return begin_leave(p, step, c);
    case FB_SCRIPT_EXPECT:
    case FB_SCRIPT_WAIT: return NOT_YET;
    case FB_SCRIPT_PAUSE: rest(p, now_ns, step->number); return SETTLED;
    case FB_SCRIPT_SAY:
    case FB_SCRIPT_ASK: say(p, step, now_ns); return SETTLED;
    case FB_SCRIPT_STOP:
    case FB_SCRIPT_RUN:
    case FB_SCRIPT_STEP: return begin_control(p, step);
    case FB_SCRIPT_SELECT: return begin_select(p, step);
    case FB_SCRIPT_END: p->state = FB_PLAYER_DONE; return SETTLED;
    }
    return SETTLED;
}

// ---- waiting for the effect ------------------------------------------------

// The act has reached the trace and everything it set off has come to rest.
// While the executor stands still there is nothing to wait for.
static enum verdict is_quiet(const struct fb_player *p) {
    const struct fb_model *m = world(p);

    if (is_stopped(p)) {
        return SETTLED;
    }
    if (p->effect && newest(p) <= p->mark) {
        return NOT_YET;
    }
    return m->parked && m->queue_len == 0 && m->first.running == FB_MODEL_NONE
               ? SETTLED
               : NOT_YET;
}

static enum verdict is_connected(struct fb_player *p,
                                 const struct fb_client *c) {
    if (c->state == FB_CLIENT_CLOSED && !c->has_prompt) {
        return broken(p, "%s cannot connect: %s", c->name,
                      c->error ? strerror(c->error) : "closed at once");
    }
    if (is_stopped(p)) {
        return c->connected ? SETTLED : NOT_YET;
    }
    return c->has_prompt && c->task != 0 ? is_quiet(p) : NOT_YET;
}

static enum verdict is_as_expected(struct fb_player *p,
                                   const struct fb_script_step *step,
                                   const struct fb_client *c, bool late) {
    size_t len;
    const char *reply = fb_client_reply(c, &len);
    char got[160], wanted[160];
    size_t common = len < step->text_len ? len : step->text_len;
    bool so_far = memcmp(reply, step->text, common) == 0;

    if (so_far && len == step->text_len) {
        return SETTLED;
    }
    if (so_far && len < step->text_len && c->fd >= 0 && !late) {
        return NOT_YET;
    }
    fb_text_sanitise(reply, len, got, sizeof(got));
    fb_text_sanitise(step->text, step->text_len, wanted, sizeof(wanted));
    return broken(p, "%s got \"%s\", not \"%s\"", c->name, got, wanted);
}

static enum verdict is_awaited(struct fb_player *p,
                               const struct fb_script_step *step,
                               const struct fb_client *c) {
    const struct fb_history *h = fb_session_history(p->session);
    uint64_t n;

    switch (step->what) {
    case FB_WAIT_PROMPT:
        return c->has_prompt ? SETTLED
               : c->fd >= 0
                   ? NOT_YET
                   : broken(p, "%s was closed without a prompt", c->name);
    case FB_WAIT_REPLY:
        return c->has_reply ? SETTLED
               : c->fd >= 0
                   ? NOT_YET
                   : broken(p, "%s was closed without a reply", c->name);
    case FB_WAIT_CLOSED:
        return c->state == FB_CLIENT_CLOSED ? SETTLED : NOT_YET;
    case FB_WAIT_TASKS:
        return world(p)->live_tasks == step->number ? is_quiet(p) : NOT_YET;
    case FB_WAIT_EVENT:
        for (n = fb_history_next(h, p->mark); n != 0;
             n = fb_history_next(h, n)) {
            const struct fb_event *e = fb_history_event(h, n);
            if (e && e->kind == step->number) {
                return SETTLED;
            }
        }
        return NOT_YET;
    }
    return SETTLED;
}

// Whether the step under way has had its effect. `late`: it must have by now.
static enum verdict look(struct fb_player *p, const struct fb_script_step *step,
                         bool late) {
    const struct fb_client *c = fb_clients_find(p->clients, step->name);
    bool stopped;
    uint64_t after = 0;

    if (!c && step->name[0] != '\0') {
        return broken(p, "%s is not here any more", step->name);
    }
    switch (step->verb) {
    case FB_SCRIPT_CLIENT: return is_connected(p, c);
    case FB_SCRIPT_SEND:
    case FB_SCRIPT_HANGUP:
    case FB_SCRIPT_HALFCLOSE:
    case FB_SCRIPT_RESET: return c->unsent_len > 0 ? NOT_YET : is_quiet(p);
    case FB_SCRIPT_EXPECT: return is_as_expected(p, step, c, late);
    case FB_SCRIPT_WAIT: return is_awaited(p, step, c);
    case FB_SCRIPT_STOP: return is_stopped(p) ? SETTLED : NOT_YET;
    case FB_SCRIPT_RUN: return is_stopped(p) ? NOT_YET : is_quiet(p);
    case FB_SCRIPT_STEP:
        stopped = fb_session_stopped(p->session, &after);
        return stopped && after > p->mark && newest(p) >= after ? SETTLED
                                                                : NOT_YET;
    default: return SETTLED;
    }
}

static void explain_late(struct fb_player *p,
                         const struct fb_script_step *step) {
    static const char *const waits[] = {"prompt", "reply", "end"};
    unsigned seconds = (unsigned)(FB_PLAYER_WAIT_NS / 1000000000u);

    if (step->verb == FB_SCRIPT_WAIT && step->what <= FB_WAIT_CLOSED) {
        broken(p, "no %s for %s in %u s", waits[step->what], step->name,
               seconds);
    } else if (step->verb == FB_SCRIPT_WAIT && step->what == FB_WAIT_TASKS) {
        broken(p, "there are %u tasks, not %llu, after %u s",
               world(p)->live_tasks, (unsigned long long)step->number, seconds);
    } else if (step->verb == FB_SCRIPT_WAIT) {
        broken(p, "no %s since the last act, in %u s",
               fb_name_event((enum fb_event_kind)step->number), seconds);
    } else if (step->verb == FB_SCRIPT_STEP) {
        broken(p, "the executor had nothing to step over in %u s", seconds);
    } else {
        broken(p, "the executor did not come to rest in %u s", seconds);
    }
}

// ---- turns -----------------------------------------------------------------

static void next_step(struct fb_player *p, const struct fb_script_step *step,
                      uint64_t now_ns) {
    bool acted = step->verb <= FB_SCRIPT_RESET || step->verb == FB_SCRIPT_STEP;

    p->next++;
    p->begun = false;
    if (acted) {
        rest(p, now_ns, ACT_NS);
    }
}

// In class the clock of a wait stands while the teacher holds the executor or
// moves it slowly; headless nothing but the limit ends a wait.
static void move_deadline(struct fb_player *p, uint64_t now_ns) {
    bool moves = newest(p) != p->seen || is_stopped(p);

    p->seen = newest(p);
    if (p->host->in_class && moves) {
        p->deadline_ns = now_ns + FB_PLAYER_WAIT_NS;
    }
}

// Plays one step as far as it goes. False: it must wait, or the play is over.
static bool turn_once(struct fb_player *p, uint64_t now_ns) {
    const struct fb_script_step *step = &p->script->steps[p->next];
    enum verdict v;
    bool late;

    if (!p->begun) {
        p->deadline_ns = now_ns + FB_PLAYER_WAIT_NS;
        p->begun = true;
        v = begin(p, step, now_ns);
        if (v == NOT_YET) {
            return false; // the world must be pumped before it is looked at
        }
    } else {
        move_deadline(p, now_ns);
        late = now_ns >= p->deadline_ns;
        v = look(p, step, late);
        if (v == NOT_YET && late) {
            explain_late(p, step);
        }
    }
    if (v == SETTLED) {
        next_step(p, step, now_ns);
    }
    return v == SETTLED;
}

// Else it would be luck whether the greeter's first poll meets a client already,
// and the play would not be the same each time.
static bool is_ready(struct fb_player *p, uint64_t now_ns) {
    if (!p->ready && p->deadline_ns == 0) {
        p->deadline_ns = now_ns + FB_PLAYER_WAIT_NS;
    }
    p->ready = p->ready || now_ns >= p->deadline_ns || is_quiet(p) == SETTLED;
    return p->ready;
}

enum fb_player_state fb_player_turn(struct fb_player *p, uint64_t now_ns) {
    if (!is_ready(p, now_ns)) {
        return p->state;
    }
    while (p->state == FB_PLAYER_PLAYING && now_ns >= p->pause_until_ns) {
        if (p->next == p->script->count) {
            p->state = FB_PLAYER_DONE;
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
    if (p->state == FB_PLAYER_HELD || p->state == FB_PLAYER_ASKING) {
        p->state = FB_PLAYER_PLAYING;
    }
    while (p->next < p->script->count && !p->begun &&
           p->script->steps[p->next].verb == FB_SCRIPT_PAUSE) {
        p->next++; // who says "go on" does not want to wait
    }
    p->pause_until_ns = now_ns;
    p->deadline_ns = now_ns + FB_PLAYER_WAIT_NS;
}

int fb_player_wait_ms(const struct fb_player *p, uint64_t now_ns) {
    if (p->state != FB_PLAYER_PLAYING) {
        return -1;
    }
    if (p->pause_until_ns > now_ns) {
        return (int)((p->pause_until_ns - now_ns) / 1000000) + 1;
    }
    return 10;
}
