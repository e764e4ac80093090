// Problem: an exercise with a server needs callers, and what each has heard.
// Idea: a caller is a script on the world's clock. It dials, does its steps at
// their times, and takes down all that comes until the other side ends.
// Concurrency: called by the world, on the child's one thread.
#include "kit_impl.h"
#include "net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 1000, RETRY_NS = 1000000 };

struct kit_client {
    struct kit_client *next;
    struct kit_ear *ear; // NULL: there were too many
    struct net_end *end; // NULL: not connected, or over
    uint16_t port;
    unsigned tries;
    uint64_t dialled_ns;
    size_t done, count; // steps
    size_t said;        // bytes of the step under way
    bool over;          // has hung up, or heard the end
    struct kit_step steps[];
};

static void go_on(void *arg, uint64_t unused);

static void notify(void *arg, uint64_t unused) {
    (void)unused;
    net_call_at(net_now_ns(), go_on, arg, 0);
}

// ---- hearing ----

static void hear(struct kit_client *c) {
    char bytes[512];
    int len;

    while (!c->over && (len = net_hear(c->end, bytes, sizeof bytes)) != 0) {
        size_t room;

        if (len == -EAGAIN) {
            return;
        }
        if (len < 0) {
            break;
        }
        if (c->ear == NULL) {
            continue;
        }
        room = sizeof c->ear->heard - 1 - c->ear->len;
        room = room < (size_t)len ? room : (size_t)len;
        memcpy(c->ear->heard + c->ear->len, bytes, room);
        c->ear->len += (uint32_t)room;
    }
    if (!c->over) { // the other side has ended: so do we
        c->over = true;
        net_hang_up(c->end);
        c->end = NULL;
    }
}

// ---- doing ----

// False: it must wait for room.
static bool say(struct kit_client *c, const char *text) {
    const size_t len = strlen(text);

    while (c->said < len) {
        int sent = net_say(c->end, text + c->said, len - c->said);

        if (sent == -EAGAIN) {
            return false;
        }
        if (sent < 0) {
            break; // the other side is gone: hearing will tell
        }
        c->said += (size_t)sent;
    }
    c->said = 0;
    return true;
}

static bool act(struct kit_client *c, const struct kit_step *step) {
    switch (step->act) {
    case KIT_SAY: return say(c, step->text != NULL ? step->text : "");
    case KIT_FINISH: net_finish(c->end); break;
    case KIT_HANG_UP:
        c->over = true;
        net_hang_up(c->end);
        break;
    case KIT_RESET:
        c->over = true;
        net_reset(c->end);
        break;
    }
    return true;
}

// What is due is done; then it listens.
static void go_on(void *arg, uint64_t unused) {
    struct kit_client *c = arg;

    (void)unused;
    while (!c->over && c->done < c->count &&
           c->dialled_ns + c->steps[c->done].at_ns <= net_now_ns()) {
        if (!act(c, &c->steps[c->done])) {
            break;
        }
        c->done++;
    }
    if (!c->over) {
        hear(c);
    }
}

static void dial(void *arg, uint64_t who) {
    struct kit_client *c = arg;

    c->end = net_dial(c->port, who, notify, c);
    if (c->end == NULL) {
        if (++c->tries < TRIES) {
            net_call_at(net_now_ns() + RETRY_NS, dial, c, who);
        }
        return;
    }
    c->dialled_ns = net_now_ns();
    for (size_t i = 0; i < c->count; i++) {
        net_call_at(c->dialled_ns + c->steps[i].at_ns, go_on, c, 0);
    }
}

void kit_client(struct kit_play *play, const char *label, uint16_t port,
                uint64_t at_ns, const struct kit_step *steps, size_t count) {
    struct kit_client *c = calloc(1, sizeof *c + count * sizeof c->steps[0]);
    uint64_t who = 1;

    if (c == NULL) {
        abort(); // of a few bytes: this machine is out of memory
    }
    c->ear = kit_board_ear(play->board, label);
    c->port = port;
    c->count = count;
    for (size_t i = 0; i < count; i++) {
        c->steps[i] = steps[i];
        if (steps[i].text != NULL &&
            (c->steps[i].text = strdup(steps[i].text)) == NULL) {
            abort();
        }
    }
    for (const struct kit_client *other = play->clients; other != NULL;
         other = other->next) {
        who++;
    }
    c->next = play->clients;
    play->clients = c;
    net_call_at(at_ns, dial, c, who);
}

void kit_clients_hang_up(struct kit_play *play) {
    for (struct kit_client *c = play->clients; c != NULL; c = c->next) {
        if (c->end != NULL && !c->over) {
            c->over = true;
            net_hang_up(c->end);
        }
    }
}

void kit_clients_close(struct kit_play *play) {
    struct kit_client *next;

    for (struct kit_client *c = play->clients; c != NULL; c = next) {
        next = c->next;
        for (size_t i = 0; i < c->count; i++) {
            free((void *)(uintptr_t)c->steps[i].text);
        }
        free(c);
    }
    play->clients = NULL;
}
