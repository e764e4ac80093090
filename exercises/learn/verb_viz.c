// The verb viz: the trace of the last run, at the moment that failed, on a
// screen, as text, or as a page to hand in.
#include "learn.h"

#include "neighbour.h"
#include "predict.h"
#include "show.h"
#include "work.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct shown {
    char trace[PLACE_BYTES], folder[PLACE_BYTES];
    char at[24], from[24], to[24]; // event numbers; "" there is no moment
    char learner[160];
    bool broke_a_claim; // and has not passed since
};

// Around the failing event: what led to it, and what came of it.
enum { BEFORE = 12, AFTER = 6 };

static bool find(struct learn *l, const struct course_exercise *e,
                 struct shown *ret) {
    const struct state_entry *entry;
    struct state s;

    *ret = (struct shown){0};
    if (predict_is_open(l, e)) {
        learn_fail(l,
                   "viz: predict first, then look (`%s run %02u` asks you; "
                   "or fill in %s)",
                   l->me, e->number, e->files[0]);
        return false;
    }
    if (!work_folder(l, e, ret->folder) || !work_trace(l, e, ret->trace)) {
        learn_fail(l, "viz: %s has no run yet (first `%s run %02u`)", e->id,
                   l->me, e->number);
        return false;
    }
    if (!learn_state(l, &s)) {
        return false;
    }
    entry = state_find(&s, e->id);
    if (entry != NULL && entry->at != 0) {
        const uint64_t at = entry->at;

        snprintf(ret->at, sizeof(ret->at), "%" PRIu64, at);
        snprintf(ret->from, sizeof(ret->from), "%" PRIu64,
                 at > BEFORE ? at - BEFORE : 1);
        snprintf(ret->to, sizeof(ret->to), "%" PRIu64, at + AFTER);
    }
    ret->broke_a_claim =
        entry != NULL && entry->mark != STATE_PASSED && entry->last[0] == 'T';
    snprintf(ret->learner, sizeof(ret->learner), "%s", s.learner);
    state_deinit(&s);
    return true;
}

static int cannot(const struct learn *l, int err) {
    return learn_fail(l,
                      "viz: fishbowl cannot be run: %s (it belongs beside "
                      "this program, is the installation whole?)",
                      strerror(-err));
}

int show_screen(struct learn *l, const struct course_exercise *e) {
    const char *args[12];
    struct shown s;
    int n = 0, status;

    if (!find(l, e, &s)) {
        return 1;
    }
    if (s.broke_a_claim) {
        predict_first(l, e, s.trace, s.folder);
    }
    args[n++] = "watch";
    args[n++] = s.trace;
    args[n++] = "--source-dir";
    args[n++] = s.folder;
    if (s.at[0] != '\0') {
        args[n++] = "--at";
        args[n++] = s.at;
    } else {
        args[n++] = "--frozen";
    }
    if (l->options.ascii) {
        args[n++] = "--ascii";
    }
    if (l->options.no_color) {
        args[n++] = "--no-color";
    }
    args[n] = NULL;
    status = neighbour_run(args);
    return status < 0 ? cannot(l, status) : status;
}

static int show_page(struct learn *l, const struct course_exercise *e,
                     const struct shown *s) {
    char title[COURSE_TEXT + 200];
    const char *const args[] = {
        "export",       s->trace,  "--to",
        "html",         "-o",      l->options.html,
        "--force",      "--title", title,
        "--source-dir", s->folder, s->at[0] ? "--at" : NULL,
        s->at,          NULL};
    int status;

    snprintf(title, sizeof(title), "%02u %s%s%s", e->number, e->title,
             s->learner[0] != '\0' ? ", " : "", s->learner);
    status = neighbour_run(args);
    return status < 0 ? cannot(l, status) : status;
}

static int show_text(struct learn *l, const struct shown *s) {
    const char *const whole[] = {"print", s->trace, "--story", NULL};
    const char *const story[] = {"print", s->trace, "--story", "--from",
                                 s->from, "--to",   s->to,     NULL};
    const char *const tree[] = {"print",
                                s->trace,
                                "--tree",
                                "--source-dir",
                                s->folder,
                                l->options.ascii ? "--ascii" : "--at",
                                l->options.ascii ? "--at" : s->at,
                                l->options.ascii ? s->at : NULL,
                                NULL};
    int status;

    if (s->at[0] == '\0') {
        status = neighbour_run(whole);
        return status < 0 ? cannot(l, status) : status;
    }
    printf("The story around event %s:\n\n", s->at);
    (void)fflush(stdout);
    status = neighbour_run(story);
    if (status == 0) {
        printf("\nAfter event %s, every task and what it waits for:\n\n",
               s->at);
        (void)fflush(stdout);
        status = neighbour_run(tree);
    }
    return status < 0 ? cannot(l, status) : status;
}

int learn_verb_viz(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    struct shown s;

    if (e == NULL) {
        return 1;
    }
    if (l->screen && l->options.html == NULL) {
        return show_screen(l, e);
    }
    if (!find(l, e, &s)) {
        return 1;
    }
    if (l->options.html != NULL) {
        return show_page(l, e, &s);
    }
    if (s.broke_a_claim) {
        predict_first(l, e, s.trace, s.folder);
    }
    return show_text(l, &s);
}
