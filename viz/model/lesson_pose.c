// Problem: a question of a lesson is about traces in general; a class sees one
//     of them.
// Idea: in a trace it becomes a question of the quiz (quiz.h), with everything
//     that is known of the answer, so that whoever shows the one shows the
//     other. {…} in its texts becomes what is measured there.
// Invariants: of the choices exactly one is true, or it is not posed.
#include "fishbowl/trace/text.h"
#include "lesson_parts.h"
#include "phrase.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct posing {
    struct fb__lesson_look look;
    const struct fb__lesson_item *item;
    struct fb_lesson_question *q;
    char *why;
    size_t why_bytes;
};

static int no(const struct posing *p, const char *what) {
    snprintf(p->why, p->why_bytes, "question %s (line %u): %s", p->item->name,
             p->item->line, what);
    return -ENODATA;
}

// `text` with each {measure} replaced by what it is after `event`.
static int expand(const struct posing *p, const char *text, uint64_t event,
                  char *out, size_t out_bytes) {
    struct fb__phrase phrase = fb__phrase_begin(out, out_bytes);
    struct fb__lesson_measure m;
    char inner[FB_LESSON_VALUE], value[FB_LESSON_VALUE], why[FB_LESSON_WHY];

    while (*text) {
        const size_t plain = strcspn(text, "{");
        size_t len;
        int err;

        fb__phrase_hostile(&phrase, text, plain);
        text += plain;
        if (*text == '\0') {
            break;
        }
        len = strcspn(text + 1, "}"); // it was checked when it was read
        snprintf(inner, sizeof(inner), "%.*s", (int)len, text + 1);
        if (!fb__lesson_read_measure(p->look.l, inner, &m, why, sizeof(why))) {
            return no(p, why);
        }
        err = fb__lesson_take(&p->look, &m, event, value, NULL, 0, NULL);
        if (err < 0) {
            return err;
        }
        if (err == 0) {
            snprintf(why, sizeof(why), "{%s} has no value at event %llu", inner,
                     (unsigned long long)event);
            return no(p, why);
        }
        fb__phrase_add(&phrase, "%s", value);
        text += 1 + len + (text[1 + len] == '}');
    }
    (void)fb__phrase_end(&phrase);
    return 0;
}

static int pose_choice(struct posing *p, int i) {
    const struct fb__lesson_choice *from = &p->item->choices[i];
    struct fb_quiz *quiz = &p->q->quiz;
    struct fb_quiz_choice *to = &quiz->choices[i];
    int err = expand(p, from->value, quiz->until, p->q->values[i],
                     sizeof(p->q->values[i]));

    if (err == 0) {
        err = expand(p, from->says, quiz->until, to->text, sizeof(to->text));
    }
    if (err == 0) {
        err = expand(p, from->why, quiz->until, to->why, sizeof(to->why));
    }
    if (err < 0) {
        return err;
    }
    for (int k = 0; k < i; k++) {
        if (fb_lesson_same(p->q->values[i], p->q->values[k])) {
            return no(p, "two of its choices are the same here");
        }
    }
    to->value = (uint64_t)i;
    if (fb_lesson_same(p->q->values[i], p->q->truth)) {
        quiz->right = i;
    }
    quiz->count = i + 1;
    return 0;
}

static int find_places(struct posing *p) {
    struct fb_quiz *quiz = &p->q->quiz;

    quiz->at = fb__lesson_find_place(&p->look, &p->item->at);
    quiz->until = p->item->has_until
                      ? fb__lesson_find_place(&p->look, &p->item->until)
                      : quiz->at;
    if (quiz->at == 0) {
        return no(p, "the place that `at` names is not in this trace");
    }
    if (quiz->until == 0) {
        return no(p, "the place that `until` names is not in this trace");
    }
    return quiz->until < quiz->at ? no(p, "`until` comes before `at` here") : 0;
}

static int pose(struct posing *p) {
    struct fb_quiz *quiz = &p->q->quiz;
    char why[FB_LESSON_WHY];
    int err = find_places(p);

    if (err < 0) {
        return err;
    }
    if (p->item->truth.task.nth > 0) {
        quiz->task = fb__lesson_find_task(&p->look, &p->item->truth.task);
    }
    p->q->about_queue = fb__lesson_is_next(&p->item->truth);
    err = fb__lesson_take(&p->look, &p->item->truth, quiz->until, p->q->truth,
                          p->q->said, sizeof(p->q->said), quiz);
    if (err <= 0) {
        return err < 0 ? err : no(p, "its truth has no value in this trace");
    }
    err = expand(p, p->item->ask, quiz->at, quiz->question,
                 sizeof(quiz->question));
    for (int i = 0; err == 0 && i < p->item->count; i++) {
        err = pose_choice(p, i);
    }
    if (err == 0 && quiz->right < 0) {
        snprintf(why, sizeof(why), "the trace says \"%s\", and no choice does",
                 p->q->truth);
        err = no(p, why);
    }
    return err;
}

int fb_lesson_pose(const struct fb_lesson *l, size_t index,
                   struct fb_history *h, const struct fb_names *names,
                   struct fb_lesson_question *ret_question, char *why,
                   size_t why_bytes) {
    struct posing p = {.look = {l, h, names},
                       .item = &l->items[index],
                       .q = ret_question,
                       .why = why,
                       .why_bytes = why_bytes};

    *ret_question = (struct fb_lesson_question){
        .quiz = {.kind = FB_QUIZ_AUTHORED, .right = -1}};
    snprintf(ret_question->name, sizeof(ret_question->name), "%s",
             p.item->name);
    return pose(&p);
}
