// Extract the handler: the same greeter in another shape.
#include "advice.h"
#include "evening.h"

// As the starter is handed out; what the advice compares with.
enum { LINES_BEFORE = 43 };

static int golden(struct kit_play *play) {
    return evening_golden(play, &greeter_inline);
}

static bool claim_named(struct fb_trial *t) {
    return fb_claim_must_happen(
        t, &(struct fb_wanted){
               .what = "a task of the type greet is spawned for each guest",
               .kind = FB_EV_TASK_SPAWN,
               .name = "greet",
               .at_least = 5});
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    (void)claim_named(t);
    if (kit_case_world(c) == CALM) { // all but zoe talk at the same time
        (void)fb_claim_overlap(t, "greet", 3);
    }
    (void)fb_claim_spawns_joined(t);
    (void)evening_claim_heard(c);
    (void)evening_claim_closed_once(c);
    (void)evening_claim_errors_said(c);
    (void)evening_claim_tree(c);
    advise_size(c, "serve_poll", LINES_BEFORE);
}

const struct kit_exercise kit_exercise = {.play = evening_play,
                                          .judge = judge,
                                          .golden = golden,
                                          .golden_in_one_order = true,
                                          .worlds = EVENINGS};
