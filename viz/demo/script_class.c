// The grammar of what the class is shown or asked.
//
// Problem: a question without its answer would leave a class waiting.
// Idea: choices belong to the `ask` before them and end with their `answer`.
#include "quiz.h"
#include "script_verbs.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- questions -------------------------------------------------------------

int fb_script_check_choices(struct fb_script_parser *p, const char *next) {
    if (p->choices == 0) {
        return 0;
    }
    return fb_script_complain(
        &p->cursor, "the choices need their `answer N \"why\"` before %s",
        next);
}

int fb__script_ask(struct fb_script_parser *p, struct fb_script_step *step) {
    p->asked = true;
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

int fb__script_choice(struct fb_script_parser *p, struct fb_script_step *step) {
    if (!p->asked) {
        return fb_script_complain(&p->cursor, "a choice follows an `ask`");
    }
    if (p->choices == FB_SCRIPT_CHOICES_MAX) {
        return fb_script_complain(&p->cursor,
                                  "a question has %d choices at most",
                                  FB_SCRIPT_CHOICES_MAX);
    }
    step->number = ++p->choices;
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

int fb__script_answer(struct fb_script_parser *p, struct fb_script_step *step) {
    int err;

    if (p->choices < 2) {
        return fb_script_complain(&p->cursor,
                                  "an answer follows two choices at least");
    }
    err = fb_script_number(&p->cursor, "answer", 99, &step->number);
    if (err) {
        return err;
    }
    if (step->number == 0 || step->number > p->choices) {
        return fb_script_complain(&p->cursor, "the choices are 1 to %u",
                                  p->choices);
    }
    p->choices = 0;
    p->asked = false;
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

// Without a kind: any.
int fb__script_quiz(struct fb_script_parser *p, struct fb_script_step *step) {
    const char *word;
    const size_t len = fb_script_word(&p->cursor, &word);
    const enum fb_quiz_kind kind = fb_quiz_kind(word, len);

    step->number = len == 0 ? FB_QUIZ_ALL : 1u << kind;
    if (len > 0 && kind == FB_QUIZ_KINDS) {
        return fb_script_complain(
            &p->cursor, "quiz about what? (next, result, why, who, wake, "
                        "polls, or nothing: any of them)");
    }
    return 0;
}

// ---- what the class looks at -----------------------------------------------

const char *const fb_script_panes[] = {
    "tasks", "timeline", "tree",  "source", "lanes", "reactor", "wakers",
    "waits", "story",    "lints", "stats",  "log",   "clients", NULL};

static int take_text(struct fb_script_step *step, const char *word,
                     size_t len) {
    step->text = fb__script_copy(word, len);
    step->text_len = len;
    return step->text ? 0 : -ENOMEM;
}

static bool is_pane(const char *word, size_t len) {
    for (size_t i = 0; fb_script_panes[i]; i++) {
        if (fb__script_is(word, len, fb_script_panes[i])) {
            return true;
        }
    }
    return false;
}

int fb__script_show(struct fb_script_parser *p, struct fb_script_step *step) {
    const char *word;
    const size_t len = fb_script_word(&p->cursor, &word);

    if (!is_pane(word, len)) {
        return fb_script_complain(
            &p->cursor, "show which pane? (tasks, tree, lanes, reactor, story, "
                        "clients, …)");
    }
    return take_text(step, word, len);
}

static bool is_future_name(const char *word, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (word[i] != '_' && (word[i] < 'a' || word[i] > 'z') &&
            (word[i] < 'A' || word[i] > 'Z') &&
            (word[i] < '0' || word[i] > '9')) {
            return false;
        }
    }
    return len > 0 && len <= FB_SCRIPT_NAME_BYTES;
}

// highlight pane P | future F | task N | NAME | none
int fb__script_highlight(struct fb_script_parser *p,
                         struct fb_script_step *step) {
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    size_t len = fb_script_word(&ahead, &word);

    if (fb__script_is(word, len, "none")) {
        p->cursor = ahead;
        step->what = FB_MARK_NOTHING;
        return 0;
    }
    if (fb__script_is(word, len, "pane")) {
        p->cursor = ahead;
        step->what = FB_MARK_PANE;
        return fb__script_show(p, step);
    }
    if (fb__script_is(word, len, "future")) {
        p->cursor = ahead;
        step->what = FB_MARK_FUTURE;
        len = fb_script_word(&p->cursor, &word);
        if (!is_future_name(word, len)) {
            return fb_script_complain(
                &p->cursor, "highlight future needs its name (fb_read)");
        }
        return take_text(step, word, len);
    }
    step->what = FB_MARK_TASK;
    return fb__script_task(p, step);
}

// ---- pace and faults -------------------------------------------------------

int fb__script_slow(struct fb_script_parser *p, struct fb_script_step *step) {
    return fb_script_number(&p->cursor, "slow", FB_SCRIPT_SPEED_MAX,
                            &step->number);
}

int fb__script_timeout(struct fb_script_parser *p,
                       struct fb_script_step *step) {
    return fb_script_duration(&p->cursor, FB_SCRIPT_PAUSE_MAX_S * 1000000000ull,
                              &step->number);
}

int fb__script_fault(struct fb_script_parser *p, struct fb_script_step *step) {
    const char *word;
    const size_t len = fb_script_word(&p->cursor, &word);

    if (fb__script_is(word, len, "emfile")) {
        step->what = FB_FAULT_EMFILE;
        return 0;
    }
    if (fb__script_is(word, len, "short-read")) {
        step->what = FB_FAULT_SHORT_READ;
        return 0;
    }
    return fb_script_complain(&p->cursor, "which fault? (emfile, short-read)");
}

int fb__script_unfault(struct fb_script_parser *p,
                       struct fb_script_step *step) {
    (void)p, (void)step;
    return 0;
}
