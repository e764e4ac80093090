// One client at the real greeter. She takes her time to say her name.
#include "kit.h"

KIT_QUESTIONS(questions);

static void dial_in(struct kit_play *play) {
    static const struct kit_step name[] = {{2 * FB_MS, KIT_SAY, "Ada\n"}};

    kit_client(play, "Ada", KIT_PORT, FB_MS, name, 1);
}

static int play(struct kit_play *play) {
    return kit_greeter(play, dial_in);
}

static void judge(struct kit_case *c) {
    (void)kit_claim_questions(c, questions);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
