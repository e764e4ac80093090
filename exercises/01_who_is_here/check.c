// Four clients at the real greeter: three are silent, the last one talks.
#include "kit.h"

KIT_QUESTIONS(questions);

static void dial_in(struct kit_play *play) {
    static const char *const silent[] = {"Ada", "Ben", "Cleo"};
    static const struct kit_step name[] = {{FB_MS, KIT_SAY, "Dora\n"}};

    for (size_t i = 0; i < 3; i++) {
        kit_client(play, silent[i], KIT_PORT, (i + 1) * FB_MS, NULL, 0);
    }
    kit_client(play, "Dora", KIT_PORT, 5 * FB_MS, name, 1);
}

static int play(struct kit_play *play) {
    return kit_greeter(play, dial_in);
}

static void judge(struct kit_case *c) {
    (void)kit_claim_questions(c, questions);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
