// T13: every guest heard what it has to hear.
//
// Problem: "the transcripts differ" leaves the learner with a diff. What is to
// be seen is one guest, how far its conversation came, and on which line it
// stood still.
// Idea: the first guest that heard something else is told of. Its task is found
// by its label, which begins with the address that the world gave the guest.
#include "errors.h"
#include "evening.h"
#include "guests.h"

#include "fishbowl/trace/text.h"
#include <stdio.h>
#include <string.h>

static const char *const evening_names[EVENINGS] = {
    "On a calm evening", "Where guests are slow to listen",
    "Where connections break", "Where reads and writes come short"};

// ---- the guest's task ----

// The task that took the address of guest number `who` as its label; 0: none.
static uint32_t task_of(const struct fb_history *h, unsigned who) {
    char address[20];
    size_t len;

    (void)snprintf(address, sizeof address, "10.0.0.%u:", who);
    len = strlen(address);
    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_TASK_LABEL && e->detail == 0 &&
            strncmp(e->text, address, len) == 0) {
            return e->subject;
        }
    }
    return 0;
}

// Where serve, which is task 1, ended with an error, that is why.
static void blame_serve(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const uint64_t done = kit_event(c, FB_EV_TASK_DONE, 1, 0);
    const struct fb_event *e = fb_history_event(fb_trial_history(t), done);

    if (e == NULL || e->detail != FB_OUTCOME_ERROR) {
        return;
    }
    fb_trial_show(t, done, "serve ends, and all who are still there with it");
    fb_trial_believed(t, "The error of one guest is the server's.",
                      "FB_TRY ends the function it stands in. Whoever serves "
                      "many reads a guest's result as a value, says it, and "
                      "goes on.");
}

static bool fail_heard(struct kit_case *c, const struct guest *g, unsigned who,
                       const char *should) {
    struct fb_trial *t = kit_trial(c);
    const uint32_t task = task_of(fb_trial_history(t), who);
    char heard[120];
    const char *const words = kit_heard(c, g->label);

    (void)fb_text_sanitise(words, strlen(words), heard, sizeof heard);
    (void)fb_trial_fail(t, FB_T13, drill_last_event(fb_trial_history(t), task),
                        "%s %s heard \"%s\". %s",
                        evening_names[kit_case_world(c)], g->label, heard,
                        should);
    fb_trial_show(t, fb_trial_verdict(t)->at,
                  task != 0 ? "the last of its task" : "nobody has greeted it");
    drill_place_task(t, task);
    blame_serve(c);
    return false;
}

// ---- what should have been heard ----

static bool heard_the_same(struct kit_case *c, const struct guest *g,
                           unsigned who) {
    const char *before = kit_golden_heard(c, g->label);
    char was[120], should[200];

    if (strcmp(kit_heard(c, g->label), before) == 0) {
        return true;
    }
    (void)fb_text_sanitise(before, strlen(before), was, sizeof was);
    (void)snprintf(should, sizeof should, "The shipped greeter says \"%s\".",
                   was);
    return fail_heard(c, g, who, should);
}

bool evening_claim_heard(struct kit_case *c) {
    const unsigned evening = kit_case_world(c);
    unsigned who = 0;

    if (!evening_may_claim(c)) {
        return true;
    }
    for (size_t i = 0; i < guest_count; i++) {
        const struct guest *g = &guests[i];

        if ((g->evenings & 1u << evening) == 0) {
            continue;
        }
        who++; // in order of their coming
        if (evening == ROUGH
                ? !guest_may_hear(g, kit_heard(c, g->label)) &&
                      !fail_heard(c, g, who,
                                  "The greeter says nothing like that to its "
                                  "name, nor to a part of it.")
                : !heard_the_same(c, g, who)) {
            return false;
        }
    }
    return true;
}
