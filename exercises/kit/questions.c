// Problem: the answers of a lesson must be judged by what it asks, and a truth
// that is written down twice is wrong once.
// Idea: the check has the exercise's `questions` in it. What is right is
// measured in this run's trace, as the visualiser does it (viz/model/lesson.h).
// Invariants: nothing is said of any answer while one is empty.
#include "kit_impl.h"
#include "lesson.h"

#include <stdlib.h>
#include <string.h>

// Answers are about one run, and a hostile build (core/hostile.c), which polls
// for no reason, makes another one. Before main: an environment that grows in a
// run would be taken for memory that it leaks.
__attribute__((constructor)) static void keep_quiet(void) {
    (void)setenv("FB_HOSTILE_SEED", "0", 1);
}

static bool fail_author(struct kit_case *c, const char *why) {
    return fb_trial_fail(c->trial, FB_CLAIM_ANSWER, 0,
                         "The questions of this exercise are wrong, not your "
                         "answers: %s",
                         why);
}

static bool judge(struct kit_case *c, const struct fb_lesson_question *q) {
    const char *given = kit_answer(c, q->name);
    const int chosen = fb_lesson_choice(q, given);

    if (given[0] == '\0') {
        return fb_trial_fail(c->trial, FB_T14, 0,
                             "The answer to \"%s\" is still empty: predict "
                             "before you look.",
                             q->name);
    }
    if (fb_lesson_right(q, given)) {
        return true;
    }
    (void)fb_trial_fail(
        c->trial, FB_CLAIM_ANSWER, q->quiz.until,
        "To \"%s\" you answered %s. %s %s", q->name, given, q->said,
        q->quiz.choices[chosen >= 0 ? chosen : q->quiz.right].why);
    for (int i = 0; i < q->quiz.fact_count; i++) {
        fb_trial_show(c->trial, q->quiz.facts[i], "");
    }
    return false;
}

static bool look(struct kit_case *c, const struct fb_lesson *l, size_t i) {
    struct fb_lesson_question q;
    char why[FB_LESSON_WHY];
    const int err =
        fb_lesson_pose(l, i, fb_trial_history(c->trial),
                       fb_trial_names(c->trial), &q, why, sizeof why);

    return err < 0 ? fail_author(c, why) : judge(c, &q);
}

bool kit_claim_questions(struct kit_case *c, const char *questions) {
    struct fb_lesson *l;
    char why[FB_LESSON_WHY];
    bool right = true;

    if (fb_lesson_read(&l, questions, strlen(questions), why, sizeof why) < 0) {
        return fail_author(c, why);
    }
    for (size_t i = 0; right && i < fb_lesson_count(l); i++) {
        if (kit_answer(c, fb_lesson_name(l, i))[0] == '\0') {
            right = look(c, l, i); // says that it is empty
        }
    }
    for (size_t i = 0; right && i < fb_lesson_count(l); i++) {
        right = look(c, l, i);
    }
    fb_lesson_destroy(l);
    return right;
}
