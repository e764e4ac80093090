// One way out: an error is the result of its task, and said by who joins it.
#include "advice.h"
#include "evening.h"

enum { LINES_BEFORE = 32 };

static int golden(struct kit_play *play) {
    return evening_golden(play, &greeter_named);
}

static void judge(struct kit_case *c) {
    (void)evening_claim_heard(c);
    (void)evening_claim_errors_said(c);
    (void)evening_claim_errors_given_back(c);
    (void)evening_claim_closed_once(c);
    (void)evening_claim_tree(c);
    advise_size(c, "greet_poll", LINES_BEFORE);
    advise_word(c, "greet_poll", "greeter_print_error",
                "greet_poll prints errors itself: its way out is to give them "
                "back.");
    advise_word(c, "greet_poll", "greeter_client_close",
                "greet_poll closes the connection itself: greet_drop does so "
                "however it ends.");
}

const struct kit_exercise kit_exercise = {.play = evening_play,
                                          .judge = judge,
                                          .golden = golden,
                                          .golden_in_one_order = true,
                                          .worlds = EVENINGS};
