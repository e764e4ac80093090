// Who reads the result? Each error is taken from its task, soon, and said.
#include "advice.h"
#include "evening.h"

static int golden(struct kit_play *play) {
    return evening_golden(play, &greeter_named);
}

static void judge(struct kit_case *c) {
    (void)fb_claim_spawns_joined(kit_trial(c));
    (void)evening_claim_heard(c);
    (void)evening_claim_errors_read_soon(c);
    (void)evening_claim_errors_said(c);
    advise_word(c, "greet_poll", "greeter_print_error",
                "greet_poll prints errors itself, beside giving them back.");
}

const struct kit_exercise kit_exercise = {.play = evening_play,
                                          .judge = judge,
                                          .golden = golden,
                                          .golden_in_one_order = true,
                                          .worlds = EVENINGS};
