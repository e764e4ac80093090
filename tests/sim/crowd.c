// Problem: a million clients with a life of their own, each of which must judge
// what it hears, in a few dozen bytes each.
// Idea: a client is a slot, its number, and how far it has come; names and
// expected replies are made anew from (seed, number) when they are needed.
//
//     DIAL ──► ASKED ──► (thinks) ──► SPEAK ──► HEAR ──► end, judged
//                 └─ mute: FIN ──────────────────┘
//                                └─ leaver, breaker: gone
//
// A slot whose client has ended dials again as the next one.
// Invariants: one appointment at most a slot; whatever is new while it is
// pending is found when it comes.
// Concurrency: one thread.
#include "crowd.h"

#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char question[] = "Who are you?\n";
enum { QUESTION_BYTES = sizeof question - 1 };
#define US 1000ull // in ns

enum step { DIAL, ASKED, SPEAK, HEAR };
enum manner { TALKER, MUTE, GARBLER, LEAVER, BREAKER };

struct slot {
    struct net_end *end;
    uint64_t who;
    uint16_t heard, said;
    uint8_t step, manner;
    bool appointed; // an appointment is pending
    bool over;      // the stream ended or was reset
};

struct crowd {
    struct crowd_options options;
    struct crowd_stats stats;
    uint64_t asked; // heard the question and have not gone on
    bool released;  // hold: names may be said
    struct slot *slots;
    char failure[400];
};

// ---- appointments ----

static void act(void *arg, uint64_t index);

static void appoint(struct crowd *c, struct slot *s, uint64_t within_ns) {
    if (!s->appointed) {
        s->appointed = true;
        net_call_at(net_now_ns() + 1 + net_draw() % within_ns, act, c,
                    (uint64_t)(s - c->slots));
    }
}

// Something is new at this slot's end: it notices a little later. The end may
// be told before net_dial has even returned, so the slot is found by number.
static void notice(void *arg, uint64_t who) {
    struct crowd *c = arg;
    struct slot *s = &c->slots[who % c->options.alive];

    if (!c->options.hold || c->released || s->step != SPEAK) {
        appoint(c, s, 100 * US);
    }
}

// ---- judging ----

static void fail(struct crowd *c, const struct slot *s, const char *what,
                 int have, int want) {
    if (c->failure[0] == '\0') {
        (void)snprintf(c->failure, sizeof c->failure,
                       "client %llu: %s (%d, expected %d)",
                       (unsigned long long)s->who, what, have, want);
    }
}

// What this client must hear in all; fills `text`. A read that has not been
// made yet is the end of what can be expected.
static int expected(const struct crowd *c, const struct slot *s, char *text) {
    struct sim_name name;
    int taken = net_first_read(s->end), len = -1;

    memcpy(text, question, QUESTION_BYTES);
    if (taken >= 0) {
        sim_name_make(c->options.seed, s->who, s->manner == GARBLER, &name);
        len = sim_name_reply(&name, (size_t)taken, text + QUESTION_BYTES);
    }
    return QUESTION_BYTES + (len < 0 ? 0 : len);
}

static void judge_bytes(struct crowd *c, struct slot *s, const char *bytes,
                        int count) {
    char text[QUESTION_BYTES + NAMES_MAX_REPLY];
    int want = expected(c, s, text);

    if (s->heard + count > want) {
        fail(c, s, "heard too many bytes", s->heard + count, want);
    } else if (memcmp(text + s->heard, bytes, (size_t)count) != 0) {
        fail(c, s, "heard other bytes than the expected, after so many",
             s->heard, want);
    }
    s->heard = (uint16_t)(s->heard + count);
}

static void judge_end(struct crowd *c, struct slot *s) {
    char text[QUESTION_BYTES + NAMES_MAX_REPLY];
    int want = expected(c, s, text);

    if (s->heard == want && want > QUESTION_BYTES) {
        c->stats.thanked++;
    } else if (s->heard == want && net_first_read(s->end) >= 0) {
        c->stats.garbled++;
    } else if (c->options.lenient) {
        c->stats.cut++;
    } else {
        fail(c, s, "the conversation ended early, after so many bytes",
             s->heard, want);
    }
}

// ---- one client ----

static void begin(struct crowd *c, struct slot *s, uint64_t within_ns) {
    static const uint8_t manners[64] = {MUTE,   MUTE,    GARBLER, GARBLER,
                                        LEAVER, BREAKER, TALKER};
    uint64_t pick = c->options.seed * 0x9e3779b97f4a7c15u + s->who;

    pick = (pick ^ pick >> 32) * 0xd6e8feb86659fd93u; // neighbours differ
    pick = (pick ^ pick >> 32) * 0xd6e8feb86659fd93u;
    s->step = DIAL;
    s->manner = manners[pick >> 58];
    s->heard = s->said = 0;
    s->over = false;
    appoint(c, s, within_ns);
}

static void finish(struct crowd *c, struct slot *s) {
    if (s->manner == BREAKER) {
        net_reset(s->end);
    } else {
        net_hang_up(s->end);
    }
    s->end = NULL;
    c->stats.ended++;
    c->stats.alive--;
    s->who += c->options.alive; // slots take turns: who % alive is the slot
    if (s->who < c->options.clients && c->failure[0] == '\0') {
        begin(c, s, 1000 * US);
    }
}

static void dial(struct crowd *c, struct slot *s) {
    s->end = net_dial(c->options.port, s->who, notice, c);
    if (s->end == NULL) {
        appoint(c, s, 1000 * US); // the queue is full: as a lost SYN, again
        return;
    }
    s->step = ASKED;
    c->stats.begun++;
    c->stats.alive++;
    if (c->stats.alive > c->stats.peak) {
        c->stats.peak = c->stats.alive;
    }
}

static void redial(struct crowd *c, struct slot *s) {
    net_hang_up(s->end);
    s->end = NULL;
    c->stats.redials++;
    c->stats.begun--;
    c->stats.alive--;
    begin(c, s, 1000 * US);
}

// Takes all that has come. A reset is an end: what came before it was heard.
static void hear(struct crowd *c, struct slot *s) {
    char bytes[2048];
    int count;

    while ((count = net_hear(s->end, bytes, sizeof bytes)) > 0) {
        judge_bytes(c, s, bytes, count);
    }
    s->over = s->over || count != -EAGAIN;
}

// After `alive` clients were asked, all go on, each at its own time.
static void release_all(struct crowd *c) {
    c->released = true;
    for (uint64_t i = 0; i < c->options.alive; i++) {
        if (c->slots[i].step == SPEAK) {
            appoint(c, &c->slots[i], c->options.alive * US);
        }
    }
}

// The whole question has been heard: to think about the answer takes a while.
static void think(struct crowd *c, struct slot *s) {
    s->step = SPEAK;
    c->asked++;
    if (!c->options.hold || c->released) {
        appoint(c, s, 2000 * US);
    } else if (c->asked == c->options.alive) {
        release_all(c);
    }
}

static void speak(struct crowd *c, struct slot *s) {
    struct sim_name name;

    if (s->manner == MUTE) {
        net_finish(s->end);
        s->step = HEAR;
        return;
    }
    sim_name_make(c->options.seed, s->who, s->manner == GARBLER, &name);
    while (s->said < name.len) {
        int count =
            net_say(s->end, name.bytes + s->said, (size_t)(name.len - s->said));

        if (count == -EAGAIN) {
            return; // the rest when there is room
        }
        if (count < 0) {
            break; // it has heard enough and hung up
        }
        s->said = (uint16_t)(s->said + count);
    }
    s->step = HEAR;
}

static void act(void *arg, uint64_t index) {
    struct crowd *c = arg;
    struct slot *s = &c->slots[index];

    s->appointed = false;
    if (s->step == DIAL) {
        dial(c, s);
        return;
    }
    hear(c, s);
    if (s->step == SPEAK && (s->manner == LEAVER || s->manner == BREAKER)) {
        *(s->manner == LEAVER ? &c->stats.left : &c->stats.broken) += 1;
        finish(c, s);
    } else if (s->over && net_was_aborted(s->end)) {
        redial(c, s);
    } else if (s->over) {
        judge_end(c, s);
        finish(c, s);
    } else if (s->step == ASKED && s->heard == QUESTION_BYTES) {
        think(c, s);
    } else if (s->step == SPEAK) {
        speak(c, s);
    }
}

// ---- the crowd ----

struct crowd *crowd_open(const struct crowd_options *options) {
    struct crowd *c = calloc(1, sizeof *c);

    if (c == NULL) {
        return NULL;
    }
    c->options = *options;
    if (c->options.alive > c->options.clients) {
        c->options.alive = c->options.clients;
    }
    c->slots = calloc(c->options.alive, sizeof c->slots[0]);
    if (c->slots == NULL) {
        free(c);
        return NULL;
    }
    for (uint64_t i = 0; i < c->options.alive; i++) {
        c->slots[i].who = i;
        begin(c, &c->slots[i], c->options.alive * US);
    }
    return c;
}

void crowd_close(struct crowd *c) {
    if (c == NULL) {
        return;
    }
    for (uint64_t i = 0; i < c->options.alive; i++) {
        if (c->slots[i].end != NULL) {
            net_hang_up(c->slots[i].end);
        }
    }
    free(c->slots);
    free(c);
}

struct crowd_stats crowd_stats(const struct crowd *c) {
    return c->stats;
}

bool crowd_is_over(const struct crowd *c) {
    return c->stats.ended == c->options.clients;
}

const char *crowd_failure(const struct crowd *c) {
    return c->failure[0] != '\0' ? c->failure : NULL;
}
