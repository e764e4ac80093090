// The judge half: what an evening is held to.
//
// Problem: a run that crashed half-way has greeted few guests and said few
// errors, and "Zoe heard nothing" would not be what the learner must know.
// Idea: claims about a whole evening are made of one that came to its end;
// else they hold, and the kit says how the run ended.
#include "errors.h"
#include "evening.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SOON_NS (100 * FB_MS)
enum { MORE_POLLS = 4 }; // an arm more or less in a select

bool evening_may_claim(struct kit_case *c) {
    const int end = kit_end(c);

    return (end == 0 || end == -EDEADLK) && fb_trial_exact(kit_trial(c)) &&
           !fb_trial_verdict(kit_trial(c))->failed;
}

// ---- T13 ----

// Shows where a task that behaves differently on a SLOW evening had to wait.
static void show_wait(struct fb_trial *t, uint32_t task) {
    const struct fb_history *h = fb_trial_history(t);

    for (uint64_t n = fb_history_last(h); n != 0; n = fb_history_prev(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_POLL_END && e->subject == task &&
            e->detail == FB_RESULT_PENDING) {
            fb_trial_show(t, n, "it waits here; on a calm evening it does not");
            return;
        }
    }
}

bool evening_claim_tree(struct kit_case *c) {
    const enum evening evening = kit_case_world(c);
    struct fb_trial *t = kit_trial(c);

    if ((evening != CALM && evening != SLOW) || !evening_may_claim(c) ||
        kit_golden(c) == NULL ||
        fb_claim_same_behaviour(t, kit_golden(c), MORE_POLLS)) {
        return true;
    }
    drill_place_task(t, fb_trial_verdict(t)->task);
    if (evening == SLOW) {
        show_wait(t, fb_trial_verdict(t)->task);
    }
    return false;
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

// Shows the calls that failed this way, 0: each, and where they are awaited.
static void show_failures(struct kit_case *c, const struct drill_errors *errors,
                          int result) {
    for (unsigned i = 0; i < errors->count; i++) {
        const struct drill_error *e = &errors->list[i];

        if (result == 0 || e->result == result) {
            fb_trial_show(kit_trial(c), e->event, "a call fails");
            drill_place(kit_trial(c), e->type, e->line);
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

// Whether calls that failed with `result` were said as often as they failed;
// 0: whether nothing else was said.
static bool said_once(struct kit_case *c, const struct drill_errors *errors,
                      int result, unsigned said) {
    const unsigned failed =
        result != 0 ? count_failed(errors, result) : errors->count;
    char what[60] = "failed";

    if (failed == said) {
        return true;
    }
    if (result != 0) {
        (void)snprintf(what, sizeof what, "failed with %s",
                       fb_name_errno(result));
    }
    (void)fb_trial_fail(
        kit_trial(c), FB_T10, failed > 0 ? errors->list[0].event : 0,
        "%u call%s of reading and writing %s, and \"socket error: …\" was "
        "printed for %u of them. %s",
        failed, failed == 1 ? "" : "s", what, said,
        said < failed ? "An error was lost: nobody has said it."
        : failed == 0 ? "What was said is no error."
                      : "An error was told twice.");
    show_failures(c, errors, result);
    return false;
}

bool evening_claim_errors_said(struct kit_case *c) {
    const char *printed = kit_text(c, "printed");
    struct drill_errors errors;

    if (!evening_may_claim(c)) {
        return true;
    }
    drill_errors_find(&errors, fb_trial_history(kit_trial(c)));
    for (unsigned i = 0; i < errors.count; i++) {
        const int result = errors.list[i].result;

        if (!said_once(c, &errors, result, count_said(printed, -result))) {
            return false;
        }
    }
    return said_once(c, &errors, 0, count_said(printed, 0));
}

bool evening_claim_errors_read_soon(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    struct drill_errors errors;

    if (!evening_may_claim(c)) {
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

// ---- T10, T8 ----

bool evening_claim_errors_given_back(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    struct drill_errors errors;

    if (!evening_may_claim(c)) {
        return true;
    }
    drill_errors_find(&errors, fb_trial_history(t));
    for (unsigned i = 0; i < errors.count; i++) {
        const struct drill_error *e = &errors.list[i];

        if (e->done_event != 0 && e->outcome == FB_OUTCOME_OK) {
            (void)fb_trial_fail(
                t, FB_T10, e->done_event,
                "A call of task %u failed with %s at event %llu, but the task "
                "ended with %d, as if all had gone well. Its result must be "
                "the error: whoever joins it reads nothing else.",
                e->task, fb_name_errno(e->result), (unsigned long long)e->event,
                e->out);
            fb_trial_show(t, e->event, "the call fails");
            fb_trial_show(t, e->done_event, "the task ends well");
            drill_place(t, e->type, e->line);
            return false;
        }
    }
    return true;
}

bool evening_claim_closed_once(struct kit_case *c) {
    const int64_t bad = kit_fact(c, "net.bad_closes", 0);
    const int64_t by_hand = kit_fact(c, "net.closed_by_hand", 0);
    struct fb_trial *t = kit_trial(c);
    const struct fb_event *opened;

    if (fb_trial_verdict(t)->failed) {
        return true;
    }
    if (bad > 0 && by_hand > 0) {
        return fb_trial_fail(
            t, FB_T8, (uint64_t)by_hand,
            "After event %llu a descriptor was closed by hand, with close. Its "
            "stream knows nothing of that, and closed it again: by then the "
            "number may be another guest's.",
            (unsigned long long)by_hand);
    }
    if (fb_claim_closed_once(t, (uint64_t)bad)) {
        return true;
    }
    opened = fb_history_event(fb_trial_history(t), fb_trial_verdict(t)->at);
    if (opened != NULL && opened->kind == FB_EV_SOURCE_ADD) {
        drill_place_source(t, opened->subject);
    }
    return false;
}
