// What the kinds of questions share: looking ahead, facts, choices; and the
// sentences of the facts.
#include "quiz_parts.h"
#include <errno.h>
#include <string.h>

enum { BEHIND = 5000 }; // events that are looked back at for a fact

// ---- events around a place ----

struct fb__ahead fb__ahead_of(const struct fb__desk *d) {
    return (struct fb__ahead){
        .h = d->h, .number = d->q->at, .left = FB_QUIZ_AHEAD};
}

const struct fb_event *fb__ahead_next(struct fb__ahead *a) {
    while (a->left > 0) {
        const struct fb_event *e = fb_history_event(a->h, a->number + 1);

        if (!e) {
            return NULL;
        }
        a->left--;
        a->number++;
        if (!(e->flags & FB_EV_FLAG_CENSUS)) {
            return e;
        }
    }
    return NULL;
}

int fb__ahead_none(const struct fb__ahead *a) {
    return a->left > 0 && a->number >= fb_history_last(a->h) ? 0 : -ENODATA;
}

uint64_t fb__quiz_last(const struct fb__desk *d, enum fb_event_kind kind,
                       uint32_t task) {
    uint64_t number = d->q->at;

    for (int i = 0; i < BEHIND && number > 0; i++, number--) {
        const struct fb_event *e = fb_history_event(d->h, number);

        if (!e) {
            break;
        }
        if (e->kind == kind && e->subject == task &&
            !(e->flags & FB_EV_FLAG_CENSUS)) {
            return number;
        }
    }
    return 0;
}

// Kept in order; when there are too many, the last place goes to the latest.
void fb__quiz_fact(struct fb_quiz *q, uint64_t event) {
    int at = q->fact_count;

    while (at > 0 && q->facts[at - 1] > event) {
        at--;
    }
    if (event == 0 || (at > 0 && q->facts[at - 1] == event)) {
        return;
    }
    if (q->fact_count == FB_QUIZ_FACTS) {
        if (at == FB_QUIZ_FACTS) {
            q->facts[FB_QUIZ_FACTS - 1] = event;
        }
        return;
    }
    memmove(&q->facts[at + 1], &q->facts[at],
            (size_t)(q->fact_count - at) * sizeof(q->facts[0]));
    q->facts[at] = event;
    q->fact_count++;
}

// ---- words ----

struct fb__phrase fb__quiz_choice(struct fb_quiz *q, uint64_t value) {
    struct fb_quiz_choice *c = &q->choices[q->count++];

    c->value = value;
    return fb__phrase_begin(c->text, sizeof(c->text));
}

void fb__quiz_choose(struct fb_quiz *q, uint64_t value, const char *text) {
    struct fb__phrase p = fb__quiz_choice(q, value);

    fb__phrase_add(&p, "%s", text);
    (void)fb__phrase_end(&p);
}

struct fb__phrase fb__quiz_question(struct fb_quiz *q) {
    return fb__phrase_begin(q->question, sizeof(q->question));
}

void fb__quiz_shuffle(struct fb_quiz *q) {
    for (int i = q->count - 1; i > 0; i--) {
        const int k = (int)(fb__quiz_seed(q, (uint64_t)i) % (uint64_t)(i + 1));
        const struct fb_quiz_choice moved = q->choices[i];

        q->choices[i] = q->choices[k];
        q->choices[k] = moved;
    }
}

bool fb__quiz_has(const struct fb_quiz *q, uint64_t value) {
    for (int i = 0; i < q->count; i++) {
        if (q->choices[i].value == value) {
            return true;
        }
    }
    return false;
}

// ---- the proof ----

struct walk {
    struct fb_model before, after;
    uint64_t number;
};

static int walk_begin(struct walk *w, struct fb_history *h, uint64_t number) {
    const struct fb_model *m = fb_history_at(h, number);
    int err;

    w->number = number;
    if (!m) {
        return -ENOMEM;
    }
    err = fb_model_copy(&w->before, m);
    return err ? err : fb_model_copy(&w->after, m);
}

// Goes on to `number`: `after` is the world after it, `before` before it.
static int walk_to(struct walk *w, struct fb_history *h, uint64_t number) {
    int err = 0;

    while (err == 0 && w->number < number) {
        const uint64_t next = fb_history_next(h, w->number);
        const struct fb_event *e = fb_history_event(h, next);

        if (next == 0 || !e) {
            return -ENODATA;
        }
        if (w->before.event < w->after.event) { // it is one event behind
            err = fb_model_feed(&w->before, w->number,
                                fb_history_event(h, w->number));
        }
        err = err ? err : fb_model_feed(&w->after, next, e);
        w->number = next;
    }
    return err;
}

int fb_quiz_tell(struct fb_history *h, const struct fb_names *names,
                 const struct fb_quiz *quiz,
                 struct fb_quiz_fact facts[FB_QUIZ_FACTS]) {
    struct walk w = {0};
    int told = 0, err = 0;

    if (quiz->fact_count == 0) {
        return 0;
    }
    err = walk_begin(&w, h, fb_history_prev(h, quiz->facts[0]));
    for (int i = 0; err == 0 && i < quiz->fact_count; i++) {
        const uint64_t number = quiz->facts[i];

        err = walk_to(&w, h, number);
        if (err == 0 && fb_history_event(h, number)) {
            facts[told].event = number;
            (void)fb_story_sentence(
                facts[told].sentence, sizeof(facts[told].sentence), names,
                number, fb_history_event(h, number), &w.before, &w.after);
            told++;
        }
    }
    fb_model_deinit(&w.before);
    fb_model_deinit(&w.after);
    return err == -ENOMEM ? err : told;
}
