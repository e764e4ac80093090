// The story: a sentence for each event, and what the lints say of it.
#include "engine_state.h"
#include <errno.h>

enum { SENTENCES = 1000 };

// The gap that ends right before event `number`, or NULL. Gaps rise.
static const struct fb__engine_gap *gap_before(const struct fb_engine *e,
                                               uint64_t number) {
    size_t low = 0, high = e->gap_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (e->gaps[middle].last < number - 1) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < e->gap_count && e->gaps[low].last == number - 1 ? &e->gaps[low]
                                                                 : NULL;
}

static void put_marks(struct fb_engine *e, uint64_t number) {
    struct fb__answer *a = &e->answer;
    const struct fb_finding *f;
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, "marks", '[');
    for (size_t i = fb_lints_until(e->lints, number - 1);
         number > 0 && (f = fb_lints_at(e->lints, i)) != NULL &&
         f->event == number;
         i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_text(a, "kind", fb_name_lint((enum fb_lint_kind)f->kind));
        fb_lint_sentence(text, sizeof(text), &e->table, f);
        fb__answer_text(a, "sentence", text);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
}

void fb__engine_put_beside(struct fb_engine *e, uint64_t number) {
    const struct fb__engine_gap *gap =
        number > 0 ? gap_before(e, number) : NULL;
    struct fb__answer *a = &e->answer;

    if (gap != NULL) {
        fb__answer_open(a, "lostBefore", '{');
        fb__answer_number(a, "first", gap->first);
        fb__answer_number(a, "last", gap->last);
        fb__answer_close(a, '}');
    } else {
        fb__answer_null(a, "lostBefore");
    }
    put_marks(e, number);
}

static void put_sentence(struct fb_engine *e, struct fb__answer *a,
                         uint64_t number) {
    const struct fb_event *event = fb_history_event(e->history, number);
    char text[FB__ENGINE_TEXT];

    fb_story_sentence(text, sizeof(text), &e->table, number, event,
                      &e->story.before, &e->story.now);
    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "event", number);
    fb__engine_put_time(e, event->time_ns);
    fb__answer_text(a, "kind", fb_name_event((enum fb_event_kind)event->kind));
    fb__answer_number(a, "task", fb__engine_task_of(event, &e->story.now));
    fb__answer_text(a, "text", text);
    fb__engine_put_beside(e, number);
    fb__answer_close(a, '}');
}

int fb_engine_story(struct fb_engine *e, uint64_t from, size_t count) {
    struct fb__answer *a = fb__engine_begin(e);
    uint64_t number = fb_history_event(e->history, from) != NULL
                          ? from
                          : fb_history_next(e->history, from);

    count = count < SENTENCES ? count : SENTENCES;
    fb__answer_open(a, NULL, '[');
    for (size_t i = 0; i < count && number != 0; i++) {
        if (fb__pace_go(&e->story, e->history, number) < 0) {
            return fb__engine_refuse(e, -ENOMEM,
                                     "no memory is left for the story");
        }
        put_sentence(e, a, number);
        number = fb_history_next(e->history, number);
    }
    fb__answer_close(a, ']');
    return fb__engine_done(e);
}

// ---- what the lints found ----

static void put_evidence(struct fb__answer *a, const struct fb_finding *f) {
    fb__answer_open(a, "evidence", '[');
    for (int i = 0; i < f->evidence_count; i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "event", f->evidence[i].event);
        fb__answer_text(
            a, "shows",
            fb_name_lint_role((enum fb_lint_role)f->evidence[i].role));
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
}

static void put_finding(struct fb_engine *e, struct fb__answer *a,
                        const struct fb_finding *f) {
    const enum fb_lint_kind kind = (enum fb_lint_kind)f->kind;
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, NULL, '{');
    fb__answer_text(a, "kind", fb_name_lint(kind));
    fb__answer_number(a, "event", f->event);
    fb__answer_number(a, "lastEvent", f->last_event);
    fb__answer_number(a, "times", f->times);
    fb__answer_number(a, "task", f->task);
    fb__answer_number(a, "future", f->future);
    fb_lint_sentence(text, sizeof(text), &e->table, f);
    fb__answer_text(a, "sentence", text);
    fb__answer_text(a, "explanation", fb_lint_explains(kind));
    fb__answer_text(a, "remedy", fb_lint_remedy(kind));
    put_evidence(a, f);
    fb__answer_close(a, '}');
}

int fb_engine_lints(struct fb_engine *e) {
    struct fb__answer *a = fb__engine_begin(e);
    const struct fb_finding *f;

    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "leftOut", fb_lints_left_out(e->lints));
    fb__answer_open(a, "findings", '[');
    for (size_t i = 0; (f = fb_lints_at(e->lints, i)) != NULL; i++) {
        put_finding(e, a, f);
    }
    fb__answer_close(a, ']');
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}
