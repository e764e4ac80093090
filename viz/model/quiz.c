// Asking: which question, is there an answer, and which choice is it.
//
// Problem: a class learns by predicting, so the program must ask. A question
//     that is wrong, has two answers or tells its answer does harm.
// Idea: a kind of question (quiz_next.c …) is one constant descriptor. A
//     recorded question is made in the order
//
//         fits ── begin ── seek ──────────── pose ── explain
//         (place) (world)  (the truth, from  (words) (why each choice
//                           the events)               is right or wrong)
//
//     and is dropped at the first step that fails. A live one is posed first,
//     and sought when the events have come.
// Invariants: a judged question has exactly one choice whose value is the
//     truth. Choices depend on the world and on the number `at` alone, but for
//     the truth being among them: their order tells nothing.
#include "quiz_parts.h"
#include <errno.h>
#include <string.h>

static const struct fb__quiz_maker *const makers[FB_QUIZ_KINDS] = {
    [FB_QUIZ_NEXT] = &fb__quiz_next, [FB_QUIZ_RESULT] = &fb__quiz_result,
    [FB_QUIZ_WHY] = &fb__quiz_why,   [FB_QUIZ_WHO] = &fb__quiz_who,
    [FB_QUIZ_WAKE] = &fb__quiz_wake, [FB_QUIZ_POLLS] = &fb__quiz_polls,
};

// splitmix64. Source: Steele, Lea, Flood 2014.
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t fb__quiz_seed(const struct fb_quiz *q, uint64_t salt) {
    return mix(mix(q->at * FB_QUIZ_KINDS + q->kind) ^ salt);
}

// ---- making one ----

static bool has_twins(const struct fb_quiz *q) {
    for (int i = 0; i < q->count; i++) {
        for (int k = 0; k < i; k++) {
            if (strcmp(q->choices[i].text, q->choices[k].text) == 0) {
                return true;
            }
        }
    }
    return false;
}

// Fills in which choice is right, and why each is or is not.
static int settle(struct fb__desk *d) {
    struct fb_quiz *q = d->q;

    q->right = -1;
    for (int i = 0; i < q->count; i++) {
        q->right = q->choices[i].value == d->truth ? i : q->right;
    }
    if (q->right < 0) {
        return -ENODATA;
    }
    for (int i = 0; i < q->count; i++) {
        struct fb__phrase p =
            fb__phrase_begin(q->choices[i].why, sizeof(q->choices[i].why));

        makers[q->kind]->explain(d, i, &p);
        (void)fb__phrase_end(&p);
    }
    return 1;
}

static int make(struct fb__desk *d, enum fb_quiz_kind kind) {
    const struct fb__quiz_maker *maker = makers[kind];
    const uint64_t at = d->q->at;
    int err;

    *d->q = (struct fb_quiz){.kind = kind, .at = at, .right = -1};
    if (!maker->begin(d) || (!d->live && maker->seek(d) != 1)) {
        return 0;
    }
    maker->pose(d);
    if (d->q->count < 2 || has_twins(d->q)) {
        return 0; // no choice, or two that nobody can tell apart
    }
    err = d->live ? 1 : settle(d);
    return err == 1 ? 1 : 0;
}

// The world that a question at `at` is made from: only what is known for sure.
static int set_out(struct fb__desk *d) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);

    if (!e || (e->flags & FB_EV_FLAG_CENSUS)) {
        return 0;
    }
    d->m = fb_history_at(d->h, d->q->at);
    if (!d->m) {
        return -ENOMEM;
    }
    return d->m->event == d->q->at && !d->m->uncertain && !d->m->in_census;
}

// Tries the kinds in an order that the place decides.
static int ask(struct fb__desk *d, unsigned kinds) {
    const struct fb_event *e = fb_history_event(d->h, d->q->at);
    const unsigned first = (unsigned)(mix(d->q->at) % FB_QUIZ_KINDS);
    int ready = 0;

    for (unsigned i = 0; e && i < FB_QUIZ_KINDS; i++) {
        const unsigned kind = (first + i) % FB_QUIZ_KINDS;

        if (!(kinds & 1u << kind) ||
            (d->live ? !makers[kind]->can_live
                     : !makers[kind]->fits(d->h, d->q->at, e))) {
            continue;
        }
        ready = ready == 0 ? set_out(d) : ready;
        if (ready != 1) {
            return ready;
        }
        if (make(d, (enum fb_quiz_kind)kind) == 1) {
            return 1;
        }
    }
    return 0;
}

int fb_quiz_ask(struct fb_history *h, const struct fb_names *names, uint64_t at,
                unsigned kinds, struct fb_quiz *ret_quiz) {
    struct fb__desk d = {.h = h, .names = names, .q = ret_quiz};

    ret_quiz->at = at;
    return ask(&d, kinds);
}

int fb_quiz_ask_live(struct fb_history *h, const struct fb_names *names,
                     unsigned kinds, struct fb_quiz *ret_quiz) {
    struct fb__desk d = {.h = h, .names = names, .q = ret_quiz, .live = true};

    ret_quiz->at = fb_history_last(h);
    return ask(&d, kinds);
}

int fb_quiz_judge(struct fb_history *h, const struct fb_names *names,
                  struct fb_quiz *quiz) {
    struct fb__desk d = {.h = h, .names = names, .q = quiz, .live = true};
    int err;

    if (quiz->right >= 0) {
        return 1;
    }
    if (!fb_history_event(h, quiz->at)) {
        return -ENODATA; // it slid out of what is kept
    }
    d.m = fb_history_at(h, quiz->at);
    if (!d.m) {
        return -ENOMEM;
    }
    quiz->fact_count = 0;
    err = makers[quiz->kind]->seek(&d);
    return err == 1 ? settle(&d) : err;
}

// ---- finding one ----

// One try at each kind: what is asked at a place must not hide what is not.
static int find_here(struct fb_history *h, const struct fb_names *names,
                     uint64_t at, unsigned kinds, const uint32_t *asked,
                     struct fb_quiz *best) {
    const struct fb_event *e = fb_history_event(h, at);
    int found = 0;

    for (unsigned kind = 0; kind < FB_QUIZ_KINDS; kind++) {
        struct fb_quiz q;
        int err;

        if (!(kinds & 1u << kind) || !makers[kind]->fits(h, at, e) ||
            (best->count > 0 && asked[kind] >= asked[best->kind])) {
            continue;
        }
        err = fb_quiz_ask(h, names, at, 1u << kind, &q);
        if (err < 0) {
            return err;
        }
        if (err == 1) {
            *best = q;
            found = 1;
        }
    }
    return found;
}

int fb_quiz_find(struct fb_history *h, const struct fb_names *names,
                 uint64_t from, uint64_t to, unsigned kinds,
                 const uint32_t *asked, struct fb_quiz *ret_quiz) {
    static const uint32_t alike[FB_QUIZ_KINDS];
    uint64_t at = fb_history_event(h, from) ? from : fb_history_next(h, from);
    int left = FB_QUIZ_SEARCHED;

    *ret_quiz = (struct fb_quiz){.right = -1};
    for (; at != 0 && left > 0; left--) {
        const bool had = ret_quiz->count > 0;
        const int err = to != 0 && at > to
                            ? 0
                            : find_here(h, names, at, kinds,
                                        asked ? asked : alike, ret_quiz);

        if (err < 0) {
            return err;
        }
        if (to != 0 && at > to) {
            break;
        }
        if (!had && ret_quiz->count > 0 && left > FB_QUIZ_WINDOW) {
            left = FB_QUIZ_WINDOW;
        }
        at = fb_history_next(h, at);
    }
    return ret_quiz->count > 0;
}

// ---- names and the score ----

const char *fb_quiz_name(enum fb_quiz_kind kind) {
    return kind < FB_QUIZ_KINDS ? makers[kind]->name : "?";
}

enum fb_quiz_kind fb_quiz_kind(const char *name, size_t len) {
    int i = 0;

    while (i < FB_QUIZ_KINDS && (strlen(makers[i]->name) != len ||
                                 memcmp(makers[i]->name, name, len) != 0)) {
        i++;
    }
    return (enum fb_quiz_kind)i;
}

void fb_quiz_count(struct fb_quiz_score *score, const struct fb_quiz *quiz,
                   int chosen) {
    score->asked[quiz->kind]++;
    score->right[quiz->kind] += chosen == quiz->right;
}

uint32_t fb_quiz_asked(const struct fb_quiz_score *score) {
    uint32_t all = 0;

    for (int i = 0; i < FB_QUIZ_KINDS; i++) {
        all += score->asked[i];
    }
    return all;
}

size_t fb_quiz_score_say(char *out, size_t out_bytes,
                         const struct fb_quiz_score *score) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const uint32_t asked = fb_quiz_asked(score);
    uint32_t right = 0;
    bool first = true;

    for (int i = 0; i < FB_QUIZ_KINDS; i++) {
        right += score->right[i];
    }
    if (asked > 0) {
        fb__phrase_add(&p, "%u of %u right (", right, asked);
    }
    for (int i = 0; i < FB_QUIZ_KINDS; i++) {
        if (score->asked[i] > 0) {
            fb__phrase_add(&p, "%s%s %u/%u", first ? "" : ", ", makers[i]->name,
                           score->right[i], score->asked[i]);
            first = false;
        }
    }
    fb__phrase_add(&p, "%s", asked > 0 ? ")" : "");
    return fb__phrase_end(&p);
}
