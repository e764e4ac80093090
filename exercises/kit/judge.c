// Problem: a run must be judged from what it left, also if it was cut short.
// Idea: the exercise's claims are asked first, for what a trace shows is what
// there is to learn. Then the end of the process: a crash, a limit, a leak.
//
// A run that was cut short lacks its later events, so a claim that something is
// missing says nothing about it: there the way it ended comes first.
// Invariants: the judge never runs the learner's code; without a trace (no
// runtime was made) the trial is of an empty history.
#include "kit_impl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// By its own mistake, by a limit, or because it would never have ended: what
// has not happened in it might still have come.
static bool was_cut_short(const struct kit_case *c) {
    return c->board->phase != KIT_CLOSED || c->board->stop == KIT_STOP_ENDLESS;
}

// ---- opening ----

static void no_place(void *arg, uint32_t index, const char **ret_name,
                     const char **ret_file, uint32_t *ret_line,
                     uint32_t *ret_size) {
    (void)arg;
    (void)index;
    *ret_name = *ret_file = "?";
    *ret_line = *ret_size = 0;
}

static const struct fb_names no_names = {.place = no_place};

static int open_trial(const char *path, bool ended,
                      struct fb_session **ret_session,
                      struct fb_history **ret_empty,
                      struct fb_trial **ret_trial, char *why,
                      size_t why_bytes) {
    int err = fb_session_open(ret_session, path, false, why, why_bytes);

    if (err == 0) {
        return fb_trial_create(
            fb_session_history(*ret_session), fb_session_names(*ret_session),
            ended && fb_session_life(*ret_session) == FB_LIFE_CLOSED,
            ret_trial);
    }
    *ret_session = NULL;
    if (err != -ENOENT) {
        return err;
    }
    err = fb_history_create(ret_empty, 0);
    return err < 0 ? err
                   : fb_trial_create(*ret_empty, &no_names, false, ret_trial);
}

int kit_case_open(struct kit_case *c, const char *trace, const char *golden,
                  char *why, size_t why_bytes) {
    int err = open_trial(trace, !was_cut_short(c), &c->session, &c->empty,
                         &c->trial, why, why_bytes);

    if (err == 0 && golden != NULL) {
        err = open_trial(golden, true, &c->golden_session, &c->golden_empty,
                         &c->golden, why, why_bytes);
    }
    return err;
}

void kit_case_close(struct kit_case *c) {
    fb_trial_destroy(c->trial);
    fb_trial_destroy(c->golden);
    fb_history_destroy(c->empty);
    fb_history_destroy(c->golden_empty);
    fb_session_close(c->session);
    fb_session_close(c->golden_session);
    free(c->answers);
    free(c->source);
    *c = (struct kit_case){0};
}

// ---- what the judge of an exercise asks ----

struct fb_trial *kit_trial(struct kit_case *c) {
    return c->trial;
}

struct fb_trial *kit_golden(struct kit_case *c) {
    return c->golden;
}

unsigned kit_case_world(const struct kit_case *c) {
    return c->round->world;
}

int kit_end(const struct kit_case *c) {
    return c->board->ran ? c->board->end : INT_MIN;
}

int64_t kit_fact(const struct kit_case *c, const char *name,
                 int64_t otherwise) {
    const struct kit_fact *fact = kit_board_find(c->board, name);

    return fact != NULL ? fact->value : otherwise;
}

const char *kit_text(const struct kit_case *c, const char *name) {
    return kit_board_text(c->board, name);
}

uint64_t kit_event(struct kit_case *c, enum fb_event_kind kind,
                   uint32_t subject, uint64_t after) {
    const struct fb_history *h = fb_trial_history(c->trial);
    const uint64_t first = fb_history_first(h), last = fb_history_last(h);
    uint64_t n = after < first ? first : after + 1;

    for (; n != 0 && n <= last; n++) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e != NULL && e->kind == kind &&
            (subject == 0 || e->subject == subject)) {
            return n;
        }
    }
    return 0;
}

uint64_t kit_last_event(struct kit_case *c, enum fb_event_kind kind,
                        uint32_t subject) {
    uint64_t last = 0;

    for (uint64_t n = 0; (n = kit_event(c, kind, subject, n)) != 0;) {
        last = n;
    }
    return last;
}

const char *kit_heard(const struct kit_case *c, const char *label) {
    return kit_board_heard(c->board, label);
}

const char *kit_golden_heard(const struct kit_case *c, const char *label) {
    return c->golden_board != NULL ? kit_board_heard(c->golden_board, label)
                                   : "";
}

// Enough of a text for a sentence, with what cannot be seen made visible (the
// claims' printf does the rest of the sanitising).
static const char *excerpt(const char *text, size_t from, char *out,
                           size_t out_bytes) {
    const size_t len = strlen(text);

    from = from < len ? from : len;
    (void)fb_text_sanitise(text + from, strlen(text + from), out, out_bytes);
    return out;
}

bool kit_same_transcript(struct kit_case *c) {
    const unsigned count = c->golden_board == NULL ? 0
                           : c->golden_board->ear_count < KIT_EARS
                               ? c->golden_board->ear_count
                               : KIT_EARS;

    for (unsigned i = 0; i < count; i++) {
        const struct kit_ear *before = &c->golden_board->ears[i];
        const char *now = kit_board_heard(c->board, before->label);
        char was[60], is[60];
        size_t same = 0;

        while (before->heard[same] != '\0' &&
               before->heard[same] == now[same]) {
            same++;
        }
        if (before->heard[same] == now[same]) {
            continue;
        }
        return fb_trial_fail(
            c->trial, FB_T13, 0,
            "Client %s hears something else than before: from byte %zu on "
            "\"%s\", and it was \"%s\".",
            before->label, same, excerpt(now, same, is, sizeof is),
            excerpt(before->heard, same, was, sizeof was));
    }
    return true;
}

// ---- judging ----

// Claims that a run fails by what is in its trace, not by what is not.
static bool is_evidence(enum fb_claim_id id) {
    return id == FB_T1 || id == FB_T2 || id == FB_T3 || id == FB_T4 ||
           id == FB_T6 || id == FB_T8 || id == FB_T11;
}

static int begin_again(struct kit_case *c) {
    struct fb_history *history = fb_trial_history(c->trial);
    const struct fb_names *names = fb_trial_names(c->trial);

    fb_trial_destroy(c->trial);
    c->trial = NULL;
    return fb_trial_create(history, names, false, &c->trial);
}

// Of a run whose first events were overwritten no claim says anything: without
// this it would pass unseen.
static bool has_lost_events(const struct kit_case *c) {
    return fb_history_count(fb_trial_history(c->trial)) > 0 &&
           !fb_trial_exact(c->trial);
}

static int judge_what_is_left(struct kit_case *c) {
    struct fb_history *h = fb_trial_history(c->trial);

    if (c->board->stop != KIT_STOP_ENDLESS) {
        kit_judge_ending(c);
    }
    (void)fb_trial_fail(c->trial, FB_X3, fb_history_last(h),
                        "So much happened in a few polls that only the last "
                        "%llu of %llu events are kept, and the run cannot be "
                        "judged by them.",
                        (unsigned long long)fb_history_count(h),
                        (unsigned long long)fb_history_last(h));
    return 0;
}

int kit_case_judge(struct kit_case *c) {
    const struct fb_verdict *v;
    int err = 0;

    if (has_lost_events(c)) {
        return judge_what_is_left(c);
    }
    fb_trial_leave_out(c->trial, c->options->without);
    kit_exercise.judge(c);
    v = fb_trial_verdict(c->trial);
    if (!v->failed && has_lost_events(c)) {
        return -ENOMEM; // to look at it took more memory than there was
    }
    if (v->failed && was_cut_short(c) && !is_evidence(v->id)) {
        err = begin_again(c);
    }
    if (err == 0) {
        kit_judge_ending(c);
    }
    return err;
}
