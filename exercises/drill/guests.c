// Problem: an error must happen at each point of a conversation at which one
// can, and every time at the same.
// Idea: the guests do it, by when they reset their connection: before they are
// accepted (the question fails), while they are asked (the read fails), in the
// same moment as they say their name (the reply fails). Ada, Bob and Zoe come
// on every evening and suffer nothing: they are who must not notice.
#include "guests.h"

#include <string.h>

#define MS           FB_MS
#define ON(evening_) (1u << (evening_))
#define EACH         (ON(CALM) | ON(SLOW) | ON(BROKEN) | ON(ROUGH))
#define WHOLE        (ON(CALM) | ON(SLOW) | ON(ROUGH))
#define HURT         (ON(BROKEN) | ON(ROUGH))

const struct guest guests[] = {
    {"ada", EACH, false, 0, {{30 * MS, KIT_SAY, "Ada\n"}}, 1},
    {"bob", EACH, false, 1 * MS, {{50 * MS, KIT_SAY, " Bob \n"}}, 1},
    {"mute", WHOLE, false, 2 * MS, {{20 * MS, KIT_FINISH, NULL}}, 1},
    {"gil", WHOLE, false, 3 * MS, {{10 * MS, KIT_SAY, "\xff\n"}}, 1},
    // the question fails
    {"quinn", HURT, true, 4 * MS, {{0, KIT_RESET, NULL}}, 1},
    // the read fails
    {"rex", HURT, true, 5 * MS, {{10 * MS, KIT_RESET, NULL}}, 1},
    // the reply fails: ECONNRESET, and EPIPE for who had finished before
    {"rita",
     HURT,
     true,
     6 * MS,
     {{10 * MS, KIT_SAY, "Rita\n"}, {10 * MS, KIT_RESET, NULL}},
     2},
    {"pip",
     HURT,
     true,
     7 * MS,
     {{10 * MS, KIT_SAY, "Pip\n"},
      {10 * MS, KIT_FINISH, NULL},
      {10 * MS, KIT_RESET, NULL}},
     3},
    {"zoe", EACH, false, 2 * FB_S, {{5 * MS, KIT_SAY, "Zoe\n"}}, 1},
};
const size_t guest_count = sizeof guests / sizeof guests[0];

uint32_t guests_expected(enum evening evening) {
    uint32_t count = 0;

    for (size_t i = 0; i < guest_count; i++) {
        count += (guests[i].evenings & ON(evening)) != 0;
    }
    return count;
}

void guests_come(struct kit_play *play, enum evening evening, uint16_t port) {
    for (size_t i = 0; i < guest_count; i++) {
        const struct guest *g = &guests[i];

        if ((g->evenings & ON(evening)) != 0) {
            kit_client(play, g->label, port, g->at_ns, g->steps, g->step_count);
        }
    }
}

// ---- what may be heard ----

// What it says, "" for who says nothing.
static const char *speech(const struct guest *g) {
    return g->steps[0].act == KIT_SAY ? g->steps[0].text : "";
}

// The whole that a guest hears if the one read brought `taken` bytes.
static void expect(const char *said, size_t taken, char *out, size_t bytes) {
    while (taken > 0 && strchr(" \n", said[taken - 1]) != NULL) {
        taken--;
    }
    while (taken > 0 && *said == ' ') {
        said++;
        taken--;
    }
    if (taken > 0 && (unsigned char)*said >= 0x80) {
        (void)snprintf(out, bytes, PROMPT); // no UTF-8: nothing more
    } else {
        (void)snprintf(out, bytes, PROMPT THANKS "%.*s!\n", (int)taken, said);
    }
}

bool guest_may_hear(const struct guest *g, const char *heard) {
    const char *said = speech(g);
    const size_t len = strlen(said);

    for (size_t taken = len > 0 ? 1 : 0; taken <= len; taken++) {
        char whole[128];

        expect(said, taken, whole, sizeof whole);
        if (g->breaks ? strncmp(whole, heard, strlen(heard)) == 0
                      : strcmp(whole, heard) == 0) {
            return true;
        }
    }
    return false;
}
