// Problem: an author thinks of "the second poll of Ada's task", a trace has
//     numbers.
// Idea: a place is the n-th event of a kind about somebody; a task the n-th one
//     that was spawned to run a certain future. Both are counted in one walk
//     over the events.
// Invariants: a place that is found is an event that is kept.
#include "lesson_parts.h"
#include "phrase.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- words -----------------------------------------------------------------

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool fb__lesson_equal(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

bool fb__lesson_word(const char **text, char *out, size_t out_bytes) {
    const char *begin = *text + strspn(*text, " \t");
    const size_t len = strcspn(begin, " \t");

    *text = begin + len;
    snprintf(out, out_bytes, "%.*s",
             (int)(len < out_bytes ? len : out_bytes - 1), begin);
    return len > 0;
}

// The digits that `word` begins with, as a number from 1 on; 0: there are none,
// or too many. *ret_end is behind them.
static uint64_t read_number(const char *word, const char **ret_end) {
    uint64_t n = 0;

    for (; *word >= '0' && *word <= '9' && n <= UINT64_MAX / 100; word++) {
        n = n * 10 + (uint64_t)(*word - '0');
    }
    *ret_end = word;
    return *word >= '0' && *word <= '9' ? 0 : n;
}

// "2", "2nd"; 0: it is no such thing.
static uint32_t read_ordinal(const char *word) {
    static const char *const ends[] = {"", "st", "nd", "rd", "th"};
    const char *end;
    const uint64_t n = read_number(word, &end);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (fb__lesson_equal(end, ends[i])) {
            return n <= UINT32_MAX ? (uint32_t)n : 0;
        }
    }
    return 0;
}

// ---- reading ---------------------------------------------------------------

// The task that *text begins with; takes its words off.
static bool take_task(const struct fb_lesson *l, const char **text,
                      struct fb__lesson_task *t) {
    const char *rest = *text;
    char word[48], number[16];

    if (!fb__lesson_word(&rest, word, sizeof(word))) {
        return false;
    }
    for (size_t i = 0; i < l->task_count; i++) {
        if (fb__lesson_equal(l->tasks[i].called, word)) {
            *t = l->tasks[i];
            *text = rest;
            return true;
        }
    }
    if (!fb__lesson_word(&rest, number, sizeof(number)) ||
        read_ordinal(number) == 0) {
        return false;
    }
    *t = (struct fb__lesson_task){.nth = read_ordinal(number)};
    snprintf(t->type, sizeof(t->type), "%s", word);
    snprintf(t->called, sizeof(t->called), "%.18s %.10s", word, number);
    *text = rest;
    return true;
}

bool fb__lesson_read_task(const struct fb_lesson *l, const char *text,
                          struct fb__lesson_task *ret_task, char *why,
                          size_t why_bytes) {
    if (take_task(l, &text, ret_task) && text[strspn(text, " \t")] == '\0') {
        return true;
    }
    snprintf(why, why_bytes,
             "a task is a name from a `task:` line, or TYPE N, as in greet 2");
    return false;
}

static bool take_kind(const char **text, enum fb_event_kind *ret_kind) {
    char word[48];

    if (!fb__lesson_word(text, word, sizeof(word))) {
        return false;
    }
    for (int i = 1; i < FB_EV_KINDS; i++) {
        if (fb__lesson_equal(word, fb_name_event((enum fb_event_kind)i))) {
            *ret_kind = (enum fb_event_kind)i;
            return true;
        }
    }
    return false;
}

// "[2nd|last] KIND [of TASK] [in TYPE]"
static bool read_event(const struct fb_lesson *l, const char *text,
                       struct fb__lesson_place *p) {
    const char *rest = text;
    char word[48];

    p->spot = FB__SPOT_EVENT;
    p->nth = 1;
    if (!fb__lesson_word(&rest, word, sizeof(word))) {
        return false;
    }
    if (fb__lesson_equal(word, "last") || read_ordinal(word) > 0) {
        p->nth = read_ordinal(word);
        text = rest;
    }
    if (!take_kind(&text, &p->kind)) {
        return false;
    }
    rest = text;
    if (fb__lesson_word(&rest, word, sizeof(word)) &&
        fb__lesson_equal(word, "of")) {
        p->has_task = take_task(l, &rest, &p->task);
        if (!p->has_task) {
            return false;
        }
        text = rest;
    }
    rest = text;
    if (fb__lesson_word(&rest, word, sizeof(word)) &&
        fb__lesson_equal(word, "in")) {
        if (!fb__lesson_word(&rest, p->type, sizeof(p->type))) {
            return false;
        }
        text = rest;
    }
    return text[strspn(text, " \t")] == '\0';
}

bool fb__lesson_read_place(const struct fb_lesson *l, const char *text,
                           struct fb__lesson_place *ret_place, char *why,
                           size_t why_bytes) {
    const char *rest = text, *end;
    char word[48], number[24];

    *ret_place = (struct fb__lesson_place){0};
    if (fb__lesson_word(&rest, word, sizeof(word))) {
        if (fb__lesson_equal(word, "start") || fb__lesson_equal(word, "end")) {
            ret_place->spot =
                lower(word[0]) == 's' ? FB__SPOT_START : FB__SPOT_END;
            if (rest[strspn(rest, " \t")] == '\0') {
                return true;
            }
        } else if (fb__lesson_equal(word, "event")) {
            ret_place->spot = FB__SPOT_NUMBER;
            if (fb__lesson_word(&rest, number, sizeof(number))) {
                ret_place->nth = read_number(number, &end);
                if (ret_place->nth > 0 && *end == '\0' &&
                    rest[strspn(rest, " \t")] == '\0') {
                    return true;
                }
            }
        } else {
            ret_place->before = fb__lesson_equal(word, "before");
            if (read_event(l, ret_place->before ? rest : text, ret_place)) {
                return true;
            }
        }
    }
    snprintf(why, why_bytes,
             "a place is start, end, event 12, or [before] [2nd|last] KIND "
             "[of TASK] [in TYPE], as in 2nd POLL_END of Ada");
    return false;
}

// ---- finding ---------------------------------------------------------------

bool fb__lesson_is_type(const struct fb_names *names, uint32_t index,
                        const char *type) {
    char name[48];

    fb_say_type(name, sizeof(name), names, index);
    return fb__lesson_equal(name, type);
}

uint32_t fb__lesson_find_task(const struct fb__lesson_look *k,
                              const struct fb__lesson_task *t) {
    uint64_t at = fb_history_first(k->h);
    uint32_t seen = 0;

    if (t->nth == 0) {
        return t->id;
    }
    for (; at != 0; at = fb_history_next(k->h, at)) {
        const struct fb_event *e = fb_history_event(k->h, at);

        if (e && e->kind == FB_EV_TASK_SPAWN &&
            !(e->flags & FB_EV_FLAG_CENSUS) &&
            fb__lesson_is_type(k->names, e->spawn.type, t->type) &&
            ++seen == t->nth) {
            return e->subject;
        }
    }
    return 0;
}

// The type of the future that an event is about; 0: it is about none that its
// own fields tell. An exit or a drop names a future that is known before it.
static uint32_t type_of(const struct fb__lesson_look *k, uint64_t at,
                        const struct fb_event *e) {
    const uint64_t before = fb_history_prev(k->h, at);
    const struct fb_model *m;
    const struct fb_model_future *f;
    uint32_t future = 0;

    switch (e->kind) {
    case FB_EV_TASK_SPAWN: return e->spawn.type;
    case FB_EV_FUTURE_ENTER: return e->enter.type;
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: future = e->subject; break;
    case FB_EV_IO: future = e->io.future; break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP: future = e->waker.future; break;
    default: return 0;
    }
    m = before != 0 ? fb_history_at(k->h, before) : NULL;
    f = m ? fb_model_future(m, future) : NULL;
    return f ? f->type : 0;
}

static bool fits(const struct fb__lesson_look *k, uint64_t at,
                 const struct fb__lesson_place *p, uint32_t task) {
    const struct fb_event *e = fb_history_event(k->h, at);

    return e && e->kind == p->kind && !(e->flags & FB_EV_FLAG_CENSUS) &&
           (!p->has_task || fb_event_task(e) == task) &&
           (!p->type[0] ||
            fb__lesson_is_type(k->names, type_of(k, at, e), p->type));
}

uint64_t fb__lesson_find_place(const struct fb__lesson_look *k,
                               const struct fb__lesson_place *p) {
    uint64_t at = fb_history_first(k->h), found = 0, seen = 0;
    uint32_t task = 0;

    switch (p->spot) {
    case FB__SPOT_START: return at;
    case FB__SPOT_END: return fb_history_last(k->h);
    case FB__SPOT_NUMBER: return fb_history_event(k->h, p->nth) ? p->nth : 0;
    case FB__SPOT_EVENT: break;
    }
    if (p->has_task) {
        task = fb__lesson_find_task(k, &p->task);
        at = task != 0 ? at : 0;
    }
    for (; at != 0 && (p->nth == 0 || seen < p->nth);
         at = fb_history_next(k->h, at)) {
        if (fits(k, at, p, task)) {
            found = at;
            seen++;
        }
    }
    if (p->nth > seen || found == 0) {
        return 0;
    }
    return p->before ? fb_history_prev(k->h, found) : found;
}

// ---- outside of a lesson ---------------------------------------------------

static bool has_word(const char *text, const char *called) {
    char word[48];

    while (fb__lesson_word(&text, word, sizeof(word))) {
        if (fb__lesson_equal(word, called)) {
            return true;
        }
    }
    return false;
}

// A place names one task at most, so few of them can be meant.
static void know(struct fb_lesson *l, const char *text,
                 const struct fb_lesson_person *people, size_t count) {
    for (size_t i = 0; i < count && l->task_count < FB_LESSON_TASKS; i++) {
        if (has_word(text, people[i].called)) {
            struct fb__lesson_task *t = &l->tasks[l->task_count++];

            snprintf(t->called, sizeof(t->called), "%s", people[i].called);
            t->id = people[i].task;
        }
    }
}

int fb_lesson_find(struct fb_history *h, const struct fb_names *names,
                   const struct fb_lesson_person *people, size_t count,
                   const char *text, uint64_t *ret_event, char *why,
                   size_t why_bytes) {
    struct fb_lesson *l = calloc(1, sizeof(*l));
    const struct fb__lesson_look k = {.l = l, .h = h, .names = names};
    struct fb__lesson_place place;
    uint64_t event = 0;
    int err = 0;

    if (!l) {
        snprintf(why, why_bytes, "out of memory");
        return -ENOMEM;
    }
    know(l, text, people, count);
    if (!fb__lesson_read_place(l, text, &place, why, why_bytes)) {
        err = -EINVAL;
    } else if (h) {
        event = fb__lesson_find_place(&k, &place);
        err = event != 0 ? 0 : -ENODATA;
    }
    if (event != 0) {
        *ret_event = event;
    }
    if (err == -ENODATA) {
        snprintf(why, why_bytes, "there is no such event in this trace");
    }
    free(l);
    return err;
}
