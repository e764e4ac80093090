// What each step of a script does, once.
//
// Acts go through real sockets and the real control page; what comes of them
// is awaited in player.c. An act is announced before it is done, so that its
// line stands before what it causes.
#include "fishbowl/trace/text.h"
#include "player_parts.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void act(struct fb_player *p, const char *who, const char *what) {
    char line[FB_SCRIPT_NAME_BYTES + 300];

    if (p->host->act) {
        snprintf(line, sizeof(line), "%s %s", who, what);
        p->host->act(p->host->arg, line);
    }
}

// The task that serves this client is still there to notice what it does.
static bool is_served(const struct fb_player *p, const struct fb_client *c) {
    const struct fb_model_task *t = fb_model_task(fb__player_world(p), c->task);

    return c->fd >= 0 && t && t->state != FB_TASK_COMPLETE &&
           t->state != FB_TASK_FREED;
}

// ---- clients ---------------------------------------------------------------

static enum fb__verdict begin_client(struct fb_player *p,
                                     const struct fb_script_step *step) {
    struct fb_client *c;
    int err;

    if (p->server->address.sin_port == 0) {
        return fb__player_broken(p,
                                 "this %s has no clients that a play can lead",
                                 fb_script_cast(p->script));
    }
    act(p, step->name, "connects");
    err = fb_clients_add(p->clients, step->name, &p->server->address, &c);
    if (err) {
        return fb__player_broken(p, "%s cannot connect: %s", step->name,
                                 strerror(-err));
    }
    p->effect = true;
    return FB__NOT_YET;
}

static enum fb__verdict begin_send(struct fb_player *p,
                                   const struct fb_script_step *step,
                                   struct fb_client *c) {
    const size_t first =
        p->in_pieces && step->text_len > 1 ? 1 : step->text_len;
    char safe[200], what[280];
    int err;

    fb_text_sanitise(step->text, step->text_len, safe, sizeof(safe) - 40);
    snprintf(what, sizeof(what), "sends \"%s\"%s", safe,
             first < step->text_len ? ", its first byte alone at first" : "");
    act(p, step->name, what);
    p->effect = is_served(p, c);
    err = fb_client_send_pieces(c, step->text, step->text_len, first);
    if (err == -ENOTCONN) {
        return fb__player_broken(p, "%s cannot send: the connection is closed",
                                 step->name);
    }
    if (err) {
        return fb__player_broken(p, "%s cannot send: %s", step->name,
                                 strerror(-err));
    }
    return FB__NOT_YET;
}

static enum fb__verdict begin_leave(struct fb_player *p,
                                    const struct fb_script_step *step,
                                    struct fb_client *c) {
    p->effect = is_served(p, c);
    if (step->verb == FB_SCRIPT_HALFCLOSE) {
        act(p, step->name, "closes its sending half");
        if (fb_client_half_close(c) < 0) {
            return fb__player_broken(
                p, "%s cannot half-close: the connection is closed",
                step->name);
        }
    } else if (step->verb == FB_SCRIPT_RESET) {
        act(p, step->name, "vanishes (TCP reset)");
        fb_client_reset(c);
    } else {
        act(p, step->name, "hangs up");
        fb_client_hang_up(c);
    }
    return FB__NOT_YET;
}

static enum fb__verdict begin_reading(struct fb_player *p,
                                      const struct fb_script_step *step,
                                      struct fb_client *c) {
    const bool reads = step->verb == FB_SCRIPT_READ;

    act(p, step->name,
        reads ? "reads on" : "stops reading: what comes stays in the kernel");
    fb_client_read(c, reads);
    // Whether the server notices is a matter of how much it has to say.
    return reads ? FB__NOT_YET : FB__SETTLED;
}

// ---- the executor ----------------------------------------------------------

static enum fb__verdict begin_control(struct fb_player *p,
                                      const struct fb_script_step *step) {
    const struct fb_player_host *h = p->host;
    uint64_t after;
    int err;

    if (step->verb == FB_SCRIPT_STOP) {
        p->stands = true;
        err = h->stop(h->arg);
    } else if (step->verb == FB_SCRIPT_RUN) {
        p->stands = false;
        err = h->run(h->arg);
    } else if (p->server->ended) {
        return fb__player_broken(p, "the %s has ended: nothing is left to step",
                                 fb_script_cast(p->script));
    } else if (!fb_session_stopped(p->session, &after)) {
        return fb__player_broken(
            p, "the executor runs (`stop` comes before `step`)");
    } else {
        p->mark = after;
        err = h->step(h->arg, (enum fb_control_step)step->number);
    }
    if (err) {
        return fb__player_broken(p, "the executor cannot be driven: %s",
                                 strerror(-err));
    }
    return FB__NOT_YET;
}

// ---- faults ----------------------------------------------------------------

static enum fb__verdict begin_fault(struct fb_player *p,
                                    const struct fb_script_step *step) {
    char what[120];
    int err;

    if (step->what == FB_FAULT_SHORT_READ) {
        act(p, "The network", "delivers one byte first, the rest later");
        p->in_pieces = true;
        return FB__SETTLED;
    }
    err = fb_server_starve(p->server, true);
    if (err) {
        return fb__player_broken(p, "its descriptors cannot be limited: %s",
                                 strerror(-err));
    }
    snprintf(what, sizeof(what),
             "gives the greeter no descriptor from number %llu on",
             (unsigned long long)p->server->files);
    act(p, "The kernel", what);
    return FB__SETTLED;
}

static enum fb__verdict end_faults(struct fb_player *p) {
    int err = 0;

    p->in_pieces = false;
    if (p->server->starved) {
        act(p, "The kernel", "gives the greeter descriptors again");
        err = fb_server_starve(p->server, false);
    }
    return err ? fb__player_broken(p, "the limit cannot be lifted: %s",
                                   strerror(-err))
               : FB__SETTLED;
}

// ---- what the class is told and shown --------------------------------------

// Sets *ret_task to the one that is named; 0 if there is none.
static uint32_t task_of(const struct fb_player *p,
                        const struct fb_script_step *step) {
    const struct fb_client *c = fb_clients_find(p->clients, step->name);
    const uint32_t task = step->name[0] == '\0' ? (uint32_t)step->number
                          : c                   ? c->task
                                                : 0;

    return task != 0 && fb_model_task(fb__player_world(p), task) ? task : 0;
}

static enum fb__verdict begin_select(struct fb_player *p,
                                     const struct fb_script_step *step) {
    const uint32_t task = task_of(p, step);

    if (task == 0) {
        return fb__player_broken(p, "there is no task to select");
    }
    p->host->select(p->host->arg, task);
    return FB__SETTLED;
}

static enum fb__verdict begin_highlight(struct fb_player *p,
                                        const struct fb_script_step *step) {
    const uint32_t task = step->what == FB_MARK_TASK ? task_of(p, step) : 0;

    if (step->what == FB_MARK_TASK && task == 0) {
        return fb__player_broken(p, "there is no task to look at");
    }
    p->host->mark(p->host->arg, (enum fb_script_mark)step->what, task,
                  step->text ? step->text : "");
    return FB__SETTLED;
}

void fb__player_rest(struct fb_player *p, uint64_t now_ns, uint64_t ns) {
    if (p->host->in_class) {
        p->pause_until_ns = now_ns + ns;
    }
}

uint64_t fb__player_read_ns(size_t text_len) {
    const uint64_t least = 1200000000, most = 4000000000, each = 25000000;
    const uint64_t ns = text_len * each;

    return ns < least ? least : ns > most ? most : ns;
}

// The choices and the answer of a question stand behind it.
static void begin_ask(struct fb_player *p, const struct fb_script_step *step) {
    const struct fb_script_step *s = step + 1;
    const struct fb_script_step *end = p->script->steps + p->script->count;

    p->question = (struct fb_player_question){
        .text = step->text, .text_len = step->text_len, .choices = s};
    p->picked = 0;
    for (; s < end && s->verb == FB_SCRIPT_CHOICE; s++) {
        p->question.choice_count++;
    }
    if (s < end && s->verb == FB_SCRIPT_ANSWER) {
        p->question.right = (unsigned)s->number;
        p->question.because = s->text;
        p->question.because_len = s->text_len;
    }
    p->host->ask(p->host->arg, &p->question);
    if (p->host->in_class) {
        p->state = FB_PLAYER_ASKING;
    }
}

static void begin_words(struct fb_player *p, const struct fb_script_step *step,
                        uint64_t now_ns) {
    const struct fb_player_host *h = p->host;

    if (step->verb == FB_SCRIPT_ASK) {
        begin_ask(p, step);
        return;
    }
    if (step->verb == FB_SCRIPT_ANSWER) {
        h->reveal(h->arg, &p->question, p->picked);
    } else {
        h->say(h->arg, step->text, step->text_len);
    }
    fb__player_rest(p, now_ns, fb__player_read_ns(step->text_len));
}

static enum fb__verdict begin_quiz(struct fb_player *p,
                                   const struct fb_script_step *step) {
    int err;

    if (!fb__player_is_stopped(p)) {
        return fb__player_broken(
            p, "the executor runs (`stop` comes before `quiz`)");
    }
    err = p->host->quiz(p->host->arg, (unsigned)step->number);
    if (err) {
        return fb__player_broken(p, "nothing can be asked: %s", strerror(-err));
    }
    return p->host->quizzes ? FB__NOT_YET : FB__SETTLED;
}

// A wait for an event looks back to the last act, not to itself.
static void note_act(struct fb_player *p, const struct fb_script_step *step) {
    p->effect = false;
    if (step->verb <= FB_SCRIPT_READ || step->verb == FB_SCRIPT_RUN) {
        p->mark = fb__player_newest(p);
    }
}

enum fb__verdict fb__player_begin(struct fb_player *p,
                                  const struct fb_script_step *step,
                                  uint64_t now_ns) {
    struct fb_client *c = NULL;

    note_act(p, step);
    if (step->verb != FB_SCRIPT_CLIENT && step->verb != FB_SCRIPT_BOOKMARK &&
        step->name[0] != '\0') {
        c = fb_clients_find(p->clients, step->name);
        if (!c) {
            return fb__player_broken(p, "%s is not here any more", step->name);
        }
    }
    switch (step->verb) {
    case FB_SCRIPT_CLIENT: return begin_client(p, step);
    case FB_SCRIPT_SEND: return begin_send(p, step, c);
    case FB_SCRIPT_HANGUP:
    case FB_SCRIPT_HALFCLOSE:
    case FB_SCRIPT_RESET: return begin_leave(p, step, c);
    case FB_SCRIPT_STOPREAD:
    case FB_SCRIPT_READ: return begin_reading(p, step, c);
    case FB_SCRIPT_EXPECT:
    case FB_SCRIPT_WAIT: return FB__NOT_YET;
    case FB_SCRIPT_PAUSE: fb__player_rest(p, now_ns, step->number); break;
    case FB_SCRIPT_SAY:
    case FB_SCRIPT_ASK:
    case FB_SCRIPT_ANSWER: begin_words(p, step, now_ns); break;
    case FB_SCRIPT_CHOICE: break; // told with its question
    case FB_SCRIPT_QUIZ: return begin_quiz(p, step);
    case FB_SCRIPT_STOP:
    case FB_SCRIPT_RUN:
    case FB_SCRIPT_STEP: return begin_control(p, step);
    case FB_SCRIPT_SELECT: return begin_select(p, step);
    case FB_SCRIPT_SHOW: p->host->show(p->host->arg, step->text); break;
    case FB_SCRIPT_HIGHLIGHT: return begin_highlight(p, step);
    case FB_SCRIPT_SLOW: p->host->slow(p->host->arg, step->number); break;
    case FB_SCRIPT_TIMEOUT: p->limit_ns = step->number; break;
    case FB_SCRIPT_FAULT: return begin_fault(p, step);
    case FB_SCRIPT_UNFAULT: return end_faults(p);
    case FB_SCRIPT_BOOKMARK: return FB__NOT_YET;
    case FB_SCRIPT_END: break; // nothing may follow
    }
    return FB__SETTLED;
}
