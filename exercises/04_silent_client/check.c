// Three clients at the real greeter: one is silent, the last one talks first.
#include "kit.h"

KIT_QUESTIONS(questions);

static void dial_in(struct kit_play *play) {
    static const struct kit_step ben[] = {{8 * FB_MS, KIT_SAY, "Ben\n"}};
    static const struct kit_step cleo[] = {{2 * FB_MS, KIT_SAY, "Cleo\n"}};

    kit_client(play, "Ada", KIT_PORT, 1 * FB_MS, NULL, 0);
    kit_client(play, "Ben", KIT_PORT, 2 * FB_MS, ben, 1);
    kit_client(play, "Cleo", KIT_PORT, 3 * FB_MS, cleo, 1);
}

static int play(struct kit_play *play) {
    return kit_greeter(play, dial_in);
}

static void judge(struct kit_case *c) {
    (void)kit_claim_questions(c, questions);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
