// The judge half: what an evening is held to.
//
// Problem: a run that crashed half-way has greeted few guests and said few
// errors, and "Zoe heard nothing" would not be what the learner must know.
// Idea: claims about a whole evening are made of one that came to its end;
// else they hold, and the kit says how the run ended.
#include "errors.h"
#include "evening.h"
#include "guests.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON_NS (100 * FB_MS)
enum { MORE_POLLS = 4 }; // an arm more or less in a select

static bool came_to_its_end(struct kit_case *c) {
    const int end = kit_end(c);

    return (end == 0 || end == -EDEADLK) && fb_trial_exact(kit_trial(c));
}

// ---- T13 ----

static bool heard_what_fits(struct kit_case *c) {
    for (size_t i = 0; i < guest_count; i++) {
        const struct guest *g = &guests[i];
        const char *heard = kit_heard(c, g->label);
        char safe[200];

        (void)fb_text_sanitise(heard, strlen(heard), safe, sizeof safe);
        if ((g->evenings & 1u << ROUGH) != 0 && !guest_may_hear(g, heard)) {
            return fb_trial_fail(
                kit_trial(c), FB_T13, 0,
                "In a world of short reads and short writes %s heard \"%s\". "
                "That is nothing the greeter says to its whole name or to a "
                "part of it.",
                g->label, safe);
        }
    }
    return true;
}

bool evening_claim_heard(struct kit_case *c) {
    if (!came_to_its_end(c)) {
        return true;
    }
    return kit_case_world(c) == ROUGH ? heard_what_fits(c)
                                      : kit_same_transcript(c);
}

bool evening_claim_tree(struct kit_case *c) {
    const enum evening evening = kit_case_world(c);

    return (evening != CALM && evening != SLOW) || !came_to_its_end(c) ||
           kit_golden(c) == NULL ||
           fb_claim_same_behaviour(kit_trial(c), kit_golden(c), MORE_POLLS);
}

// ---- T10 ----

// How many lines of what was printed tell of this error; 0: of any.
static unsigned count_said(const char *printed, int error) {
    unsigned said = 0;

    while (*printed != '\0') {
        const size_t len = strcspn(printed, "\n");
        char line[200], want[40];

        (void)snprintf(line, sizeof line, "%.*s", (int)len, printed);
        (void)snprintf(want, sizeof want, "(os error %d)", error);
        said += strncmp(line, "socket error: ", 14) == 0 &&
                (error == 0 || strstr(line, want) != NULL);
        printed += len + (printed[len] == '\n');
    }
    return said;
}

// Shows the calls that failed this way.
static void show_failures(struct kit_case *c, const struct drill_errors *errors,
                          int result) {
    for (unsigned i = 0; i < errors->count; i++) {
        const struct drill_error *e = &errors->list[i];

        if (result == 0 || e->result == result) {
            fb_trial_show(kit_trial(c), e->event, "the call fails");
        }
    }
}

static unsigned count_failed(const struct drill_errors *errors, int result) {
    unsigned count = 0;

    for (unsigned i = 0; i < errors->count; i++) {
        count += errors->list[i].result == result;
    }
    return count;
}

bool evening_claim_errors_said(struct kit_case *c) {
    const char *printed = kit_text(c, "printed");
    struct drill_errors errors;

    if (!came_to_its_end(c)) {
        return true;
    }
    drill_errors_find(&errors, fb_trial_history(kit_trial(c)));
    for (unsigned i = 0; i < errors.count; i++) {
        const int result = errors.list[i].result;

        if (!fb_claim_errors_seen_once(kit_trial(c), fb_name_errno(result),
                                       count_failed(&errors, result),
                                       count_said(printed, -result))) {
            show_failures(c, &errors, result);
            return false;
        }
    }
    if (!fb_claim_errors_seen_once(kit_trial(c), "socket error", errors.count,
                                   count_said(printed, 0))) {
        show_failures(c, &errors, 0);
        return false;
    }
    return true;
}

bool evening_claim_errors_read_soon(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    struct drill_errors errors;

    if (!came_to_its_end(c)) {
        return true;
    }
    drill_errors_find(&errors, fb_trial_history(t));
    for (unsigned i = 0; i < errors.count; i++) {
        const struct drill_error *e = &errors.list[i];

        if (e->outcome == FB_OUTCOME_ERROR && e->taken_event != 0 &&
            e->taken_ns - e->done_ns > SOON_NS) {
            (void)fb_trial_fail(
                t, FB_T10, e->taken_event,
                "Task %u ended with %s at event %llu, and its result lay "
                "unread for %.1f s, until event %llu. A server that never "
                "closes would never have read it.",
                e->task, fb_name_errno(e->out),
                (unsigned long long)e->done_event,
                (double)(e->taken_ns - e->done_ns) / 1e9,
                (unsigned long long)e->taken_event);
            fb_trial_show(t, e->done_event, "the task ends with an error");
            fb_trial_show(t, e->taken_event, "its result is taken");
            return false;
        }
    }
    return true;
}

// ---- T14, T8 ----

bool evening_claim_errors_given_back(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    struct drill_errors errors;

    if (!came_to_its_end(c)) {
        return true;
    }
    drill_errors_find(&errors, fb_trial_history(t));
    for (unsigned i = 0; i < errors.count; i++) {
        const struct drill_error *e = &errors.list[i];

        if (e->done_event != 0 && e->outcome == FB_OUTCOME_OK) {
            (void)fb_trial_fail(
                t, FB_T14, e->done_event,
                "A call of task %u failed with %s at event %llu, but the task "
                "ended with %d, as if all had gone well. Its result must be "
                "the error: whoever joins it reads nothing else.",
                e->task, fb_name_errno(e->result), (unsigned long long)e->event,
                e->out);
            fb_trial_show(t, e->event, "the call fails");
            fb_trial_show(t, e->done_event, "the task ends well");
            return false;
        }
    }
    return true;
}

bool evening_claim_closed_once(struct kit_case *c) {
    const int64_t bad = kit_fact(c, "net.bad_closes", 0);
    const int64_t by_hand = kit_fact(c, "net.closed_by_hand", 0);

    if (bad > 0 && by_hand > 0) {
        return fb_trial_fail(
            kit_trial(c), FB_T8, (uint64_t)by_hand,
            "After event %llu a descriptor was closed by hand, with close. Its "
            "stream knows nothing of that, and closed it again: by then the "
            "number may be another guest's.",
            (unsigned long long)by_hand);
    }
    return fb_claim_closed_once(kit_trial(c), (uint64_t)bad);
}
