// Fuzz entry: any bytes as a play of up to four clients at the real greeter,
// on the simulated kernel and in virtual time: what they say in which pieces,
// how little they hear at once, when they half-close, hang up, reset.
//
//     input: handler and order · switches · buffer · seed, then acts, two bytes
//     each: verb and client · argument; SAY is followed by what is said
//
// After the last act every client that is still there says no more and hears
// the rest. What each must hear is the question, and the thanks for what the
// server's ONE read brought (worked out by plain_utf8.h); nothing is left
// behind, and the events tell of legal lives without mistakes.
#include "fuzz.h"
#include "plain_utf8.h"
#include "run.h"

#include <errno.h>

#ifdef TEST_MODEL
#include "linter.h"
#include "lives.h"
#endif

enum { GUESTS = 4, SAID_MAX = 4096, HEARD_MAX = 2048 };
enum {
    SWITCH_FAULTS = 1,
    SWITCH_IDLE = 2,      // a conversation has a time limit
    SWITCH_CANCEL = 4,    // the acceptor is dropped early
    SWITCH_INTERRUPT = 8, // the run is
};
enum verb { SAY, SAY_MUCH, HEAR, PAUSE, FINISH, HANG_UP, RESET, VERBS };

struct guest {
    struct net_end *end; // NULL: not there (any more)
    uint8_t said[SAID_MAX], heard[HEARD_MAX];
    size_t said_len, heard_len;
    bool finished, over;
};

struct play {
    struct fuzz_input in;
    uint16_t port;
    bool lenient; // a conversation may be ended from outside
    bool closing; // no acts are left
    struct guest guests[GUESTS];
    const char *failure;
#ifdef TEST_MODEL
    struct fb_lives *lives;
    struct linter linter;
#endif
};

static void act(void *arg, uint64_t unused);
static void hear_the_rest(void *arg, uint64_t index);

// ---- judging ----

static void judge(struct play *p, bool holds, const char *what) {
    if (!holds && p->failure == NULL) {
        p->failure = what;
    }
}

// All that this guest may hear, as far as the server can know it.
static size_t expected(const struct guest *g, uint8_t *text) {
    static const char question[] = "Who are you?\n";
    static const char thanks[] = "Thanks for dialing in, ";
    int taken = net_first_read(g->end);
    size_t len = sizeof question - 1, name_len;
    const uint8_t *name;

    memcpy(text, question, len);
    if (taken < 0 || !plain_is_utf8(g->said, (size_t)taken)) {
        return len;
    }
    name = plain_trim(g->said, (size_t)taken, &name_len);
    memcpy(text + len, thanks, sizeof thanks - 1);
    len += sizeof thanks - 1;
    memcpy(text + len, name, name_len);
    memcpy(text + len + name_len, "!\n", 2);
    return len + name_len + 2;
}

static void judge_guest(struct play *p, const struct guest *g, bool at_end) {
    static uint8_t text[HEARD_MAX];
    int taken = net_first_read(g->end);
    size_t want;

    judge(p, taken <= (int)g->said_len, "more was read than was said");
    judge(p, taken <= 1024, "more was read than a name may have");
    if (p->failure != NULL) {
        return;
    }
    want = expected(g, text);
    judge(p, g->heard_len <= want, "too much was heard");
    judge(p,
          memcmp(g->heard, text, g->heard_len < want ? g->heard_len : want) ==
              0,
          "something else was heard");
    if (at_end && !p->lenient && !net_was_aborted(g->end)) {
        judge(p, g->heard_len == want && taken >= 0,
              "the conversation ended early");
    }
}

// ---- acts ----

static void notice(void *arg, uint64_t who) {
    struct play *p = arg;

    if (p->closing) { // before that only acts make anything happen
        net_call_at(net_now_ns() + 1, hear_the_rest, p, who);
    }
}

static void hear(struct guest *g, size_t most) {
    while (most > 0 && !g->over && g->heard_len < HEARD_MAX) {
        size_t room = HEARD_MAX - g->heard_len;
        int n = net_hear(g->end, g->heard + g->heard_len,
                         most < room ? most : room);

        if (n <= 0) {
            g->over = n != -EAGAIN;
            return;
        }
        g->heard_len += (size_t)n;
        most -= (size_t)n;
    }
}

static void say(struct guest *g, const uint8_t *text, size_t len) {
    int n;

    if (g->finished || len > SAID_MAX - g->said_len) {
        return;
    }
    n = net_say(g->end, text, len); // what finds no room stays unsaid
    if (n > 0) {
        memcpy(g->said + g->said_len, text, (size_t)n);
        g->said_len += (size_t)n;
    }
}

static void say_much(struct guest *g, uint8_t byte) {
    uint8_t text[256];

    memset(text, byte, sizeof text);
    for (int i = 0; i < 5; i++) {
        say(g, text, sizeof text);
    }
}

static void leave(struct play *p, struct guest *g, bool by_reset) {
    judge_guest(p, g, false);
    if (by_reset) {
        net_reset(g->end);
    } else {
        net_hang_up(g->end);
    }
    g->end = NULL;
}

static void finish(struct guest *g) {
    if (!g->finished) {
        g->finished = true;
        net_finish(g->end);
    }
}

static void do_act(struct play *p, struct guest *g, enum verb verb,
                   uint8_t argument) {
    switch (verb) {
    case SAY: {
        size_t len = argument < p->in.left ? argument : p->in.left;

        say(g, p->in.at, len);
        p->in.at += len;
        p->in.left -= len;
        break;
    }
    case SAY_MUCH: say_much(g, argument); break;
    case HEAR: hear(g, argument); break;
    case PAUSE: break; // the next act comes later
    case FINISH: finish(g); break;
    case HANG_UP: leave(p, g, false); break;
    case RESET: leave(p, g, true); break;
    case VERBS: break;
    }
}

static void close_play(struct play *p) {
    p->closing = true;
    for (uint64_t i = 0; i < GUESTS; i++) {
        if (p->guests[i].end != NULL) {
            net_call_at(net_now_ns() + 1 + i, hear_the_rest, p, i);
        }
    }
}

static void act(void *arg, uint64_t unused) {
    struct play *p = arg;
    uint8_t what = fuzz_byte(&p->in), argument = fuzz_byte(&p->in);
    enum verb verb = (enum verb)(what / GUESTS % VERBS);
    uint64_t index = what % GUESTS;
    struct guest *g = &p->guests[index];

    (void)unused;
    if (g->end == NULL) { // its first act, or it comes again
        *g = (struct guest){0};
        g->end = net_dial(p->port, index, notice, p);
    }
    if (g->end != NULL) {
        do_act(p, g, verb, argument);
    }
    if (p->in.left == 0) {
        close_play(p);
    } else {
        uint64_t us = verb == PAUSE ? 100u * argument : 1 + argument % 8u;

        net_call_at(net_now_ns() + 1000 * us, act, p, 0);
    }
}

static void hear_the_rest(void *arg, uint64_t index) {
    struct play *p = arg;
    struct guest *g = &p->guests[index];

    if (g->end == NULL) {
        return;
    }
    finish(g);
    hear(g, HEARD_MAX);
    judge(p, g->heard_len < HEARD_MAX, "too much was heard");
    if (g->over) {
        judge_guest(p, g, true);
        net_hang_up(g->end);
        g->end = NULL;
    }
}

// ---- the guests of a run ----

static void guests_open(void *arg, uint16_t port) {
    struct play *p = arg;

    p->port = port;
    net_call_at(1, act, p, 0);
}

static void guests_close(void *arg) {
    struct play *p = arg;

    for (int i = 0; i < GUESTS; i++) {
        if (p->guests[i].end != NULL) {
            leave(p, &p->guests[i], false);
        }
    }
}

static const char *guests_failure(void *arg) {
    return ((struct play *)arg)->failure;
}

static bool guests_are_over(void *arg) {
    struct play *p = arg;

    for (int i = 0; i < GUESTS; i++) {
        if (p->guests[i].end != NULL) {
            return false;
        }
    }
    return p->closing;
}

// ---- a run ----

static struct run_options read_options(struct fuzz_input *in) {
    static const struct greeter_handler *const handlers[] = {
        &greeter_inline, &greeter_named, &greeter_states};
    uint8_t what = fuzz_byte(in), switches = fuzz_byte(in);
    struct run_options o = {
        .handler = handlers[what % 3],
        .order = (enum fb_order)(what / 3 % 3),
        .ring_events = 1u << 12,
        .aloud = true,
    };

    o.net.buffer_bytes = fuzz_byte(in);
    o.seed = fuzz_byte(in);
    if (switches & SWITCH_FAULTS) {
        o.net.faults = run_usual_faults();
    }
    o.idle_timeout_ns = switches & SWITCH_IDLE ? 2 * FB_MS : 0;
    o.cancel_poll = switches & SWITCH_CANCEL ? 1 + o.seed % 64 : 0;
    o.interrupt_turn = switches & SWITCH_INTERRUPT ? 1 + o.seed % 64 : 0;
    return o;
}

#ifdef TEST_MODEL
static void feed(void *arg, uint64_t number, const struct fb_event *e) {
    struct play *p = arg;

    FUZZ_REQUIRE(fb_lives_feed(p->lives, number, e) == 0);
    FUZZ_REQUIRE(linter_feed(&p->linter, number, e));
}

static void check_lives(struct play *p, const struct run_result *r) {
    FUZZ_REQUIRE(!r->events_missed && r->events > 0);
    fb_lives_finish(p->lives, FB_LIVES_ENDED);
    if (fb_lives_violations(p->lives) > 0) {
        fprintf(stderr, "event %llu: %s\n",
                (unsigned long long)fb_lives_fault(p->lives, 0)->event,
                fb_lives_fault(p->lives, 0)->text);
        abort();
    }
    fb_lives_destroy(p->lives);
    FUZZ_REQUIRE(linter_end(&p->linter, true, 0) == 0);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct play play;
    const struct run_guests guests = {&play, guests_open, guests_close,
                                      guests_failure, guests_are_over};
    struct run_options o;
    struct run_result r;

    play = (struct play){.in = {data, size}};
    o = read_options(&play.in);
    o.guests = &guests;
    play.lenient =
        o.idle_timeout_ns != 0 || o.cancel_poll != 0 || o.interrupt_turn != 0;
#ifdef TEST_MODEL
    FUZZ_REQUIRE(fb_lives_create(&play.lives) == 0);
    FUZZ_REQUIRE(linter_begin(&play.linter, false));
    o.traced = true;
    o.on_event = feed;
    o.on_event_arg = &play;
#endif
    run_simulation(&o, &r);
    if (r.failure[0] == '\0' && play.failure != NULL) { // said as they left
        (void)snprintf(r.failure, sizeof r.failure, "%s", play.failure);
    }
    if (r.failure[0] != '\0') {
        fprintf(stderr, "%s: %s\n", o.handler->name, r.failure);
        abort();
    }
    FUZZ_REQUIRE(r.err == 0 || play.lenient);
#ifdef TEST_MODEL
    check_lives(&play, &r);
#endif
    return 0;
}
