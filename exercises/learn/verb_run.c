// Verbs that judge without a screen: run, check-all.
#include "learn.h"

#include "judging.h"
#include "predict.h"
#include "verdict.h"
#include "work.h"
#include <errno.h>
#include <string.h>

static int ended_by_signal(const struct learn *l, int number) {
    learn_fail(l, "run: ended by you (nothing was written down)");
    return 128 + number;
}

static int say_verdict(struct learn *l, const struct course_exercise *e,
                       const struct course_result *r) {
    struct page p = {0};
    struct state s;

    if (!learn_state(l, &s)) {
        return 1;
    }
    verdict_page(&p, l, e, r, &s);
    state_deinit(&s);
    return learn_say(l, &p, r->passed ? 0 : 1);
}

int learn_verb_run(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    struct course_result r = {0};
    char why[1600];
    int err, number = 0, status;

    if (e == NULL) {
        return 1;
    }
    if (predict_is_open(l, e)) {
        status = predict_ask(l, e);
        if (status != 0) {
            return status;
        }
    }
    err = judging_wait(l, e, &r, &number, why, sizeof(why));
    if (err == -ECANCELED) {
        return ended_by_signal(l, number);
    }
    if (err < 0) {
        return learn_fail(l, "%s", why);
    }
    status = say_verdict(l, e, &r);
    course_result_deinit(&r);
    return status;
}

// One row of check-all, written as soon as it is known.
static int check_one(struct learn *l, const struct course_exercise *e,
                     unsigned *ret_failed) {
    struct course_result r = {0};
    struct page p = {0};
    char why[1600];
    int err, number = 0;

    if (!work_is_there(l, e) || work_untouched(l, e)) {
        page_add(&p, FB_STYLE_DIM, "\u00b7 %02u %s: not begun", e->number,
                 e->title);
        return learn_say(l, &p, 0);
    }
    err = judging_wait(l, e, &r, &number, why, sizeof(why));
    if (err == -ECANCELED) {
        return ended_by_signal(l, number);
    }
    if (err < 0) {
        return learn_fail(l, "%s", why);
    }
    if (r.passed) {
        page_add(&p, FB_STYLE_READY, "\u2713 %02u %s: passed", e->number,
                 e->title);
    } else {
        page_add(&p, FB_STYLE_FAILED, "\u2717 %02u %s: %s %s", e->number,
                 e->title, r.claim, r.name);
        ++*ret_failed;
    }
    course_result_deinit(&r);
    return learn_say(l, &p, 0);
}

int learn_verb_check_all(struct learn *l) {
    struct page p = {0};
    struct state s;
    unsigned failed = 0;
    char bar[128];

    for (size_t i = 0; i < course_count(l->course); i++) {
        const int status = check_one(l, course_at(l->course, i), &failed);

        if (status != 0) {
            return status;
        }
    }
    if (!learn_state(l, &s)) {
        return 1;
    }
    learn_bar(l, &s, l->look.cols, bar, sizeof(bar));
    page_gap(&p);
    page_add(&p, FB_STYLE_NORMAL, "%s", bar);
    state_deinit(&s);
    return learn_say(l, &p, failed > 0 ? 1 : 0);
}
