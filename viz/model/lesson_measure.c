// Problem: an answer that an author wrote down is wrong as soon as the program
//     changes, and nobody notices.
// Idea: a measure is one constant descriptor: how it is written, and how it is
//     taken from the world after an event, with the events that prove it. What
//     a question asks is always one of these.
// Invariants: the same events give the same value, whoever asks.
#include "lesson_parts.h"
#include "phrase.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 64 }; // levels of a tree that are looked at

// A measure that is being taken.
struct taking {
    const struct fb__lesson_look *k;
    const struct fb__lesson_measure *what;
    uint64_t event;
    const struct fb_model *m; // the world after it
    uint32_t id;              // of the task, if it is about one
    const struct fb_model_task *t;
    struct fb_quiz *facts;           // may be NULL
    uint32_t named[FB_LESSON_TASKS]; // ids of the lesson's tasks; find_named
    struct fb__phrase value;
};

static void fact(struct taking *k, uint64_t event) {
    fb__lesson_fact(k->k, k->facts, event);
}

static bool give(struct taking *k, uint64_t number) {
    fb__phrase_add(&k->value, "%" PRIu64, number);
    return true;
}

static bool give_word(struct taking *k, const char *word) {
    fb__phrase_add(&k->value, "%s", word);
    return true;
}

// Once for a measure: each is a walk over all events.
static void find_named(struct taking *k) {
    for (size_t i = 0; i < k->k->l->task_count; i++) {
        k->named[i] = fb__lesson_find_task(k->k, &k->k->l->tasks[i]);
    }
}

// The name that the lesson gave a task; NULL: none. Requires: find_named.
static const char *name_of(const struct taking *k, uint32_t task) {
    for (size_t i = 0; task != 0 && i < k->k->l->task_count; i++) {
        if (k->named[i] == task) {
            return k->k->l->tasks[i].called;
        }
    }
    return NULL;
}

// ---- of the run as a whole --------------------------------------------------

static bool take_live(struct taking *k) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    while ((t = fb_model_task_next(k->m, &cursor)) != NULL) {
        if (t->state < FB_TASK_COMPLETE) {
            fact(k, t->spawn_event);
        }
    }
    return give(k, k->m->live_tasks);
}

static bool take_in_state(struct taking *k, enum fb_task_state state) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    uint64_t n = 0;

    while ((t = fb_model_task_next(k->m, &cursor)) != NULL) {
        n += t->state == state;
    }
    return give(k, n);
}

static bool take_idle(struct taking *k) {
    return take_in_state(k, FB_TASK_IDLE);
}

static bool take_queued(struct taking *k) {
    return take_in_state(k, FB_TASK_SCHEDULED);
}

static bool take_all_polls(struct taking *k) {
    return give(k, k->m->polls);
}

static bool take_thread(struct taking *k) {
    fact(k, k->event);
    return give_word(k, k->m->parked ? "parked" : "busy");
}

static bool take_next(struct taking *k) {
    uint64_t at = fb_history_next(k->k->h, k->event);

    find_named(k);
    for (; at != 0; at = fb_history_next(k->k->h, at)) {
        const struct fb_event *e = fb_history_event(k->k->h, at);

        if (e && e->kind == FB_EV_POLL_BEGIN) {
            const char *name = name_of(k, e->subject);

            fact(k, at);
            if (name) {
                fb__phrase_add(&k->value, "%s", name);
            } else {
                fb__phrase_add(&k->value, "task %" PRIu32, e->subject);
            }
            return true;
        }
    }
    return false;
}

static bool take_order(struct taking *k) {
    uint64_t at = fb_history_first(k->k->h);
    bool any = false;

    find_named(k);
    for (; at != 0 && at <= k->event; at = fb_history_next(k->k->h, at)) {
        const struct fb_event *e = fb_history_event(k->k->h, at);

        if (e && e->kind == FB_EV_TASK_DONE &&
            !(e->flags & FB_EV_FLAG_CENSUS) && name_of(k, e->subject)) {
            fb__phrase_add(&k->value, "%s%s", any ? ", " : "",
                           name_of(k, e->subject));
            fact(k, at);
            any = true;
        }
    }
    return any;
}

// So many tasks of a type were waiting at the same time, at most.
static bool take_most(struct taking *k) {
    uint64_t at = fb_history_first(k->k->h), when = 0;
    uint32_t most = 0;

    for (; at != 0 && at <= k->event; at = fb_history_next(k->k->h, at)) {
        const struct fb_event *e = fb_history_event(k->k->h, at);
        const struct fb_model *m;
        const struct fb_model_task *t;
        uint32_t cursor = 0, n = 0;

        if (!e || e->kind != FB_EV_POLL_END) {
            continue; // only then one more can be waiting
        }
        m = fb_history_at(k->k->h, at);
        while (m && (t = fb_model_task_next(m, &cursor)) != NULL) {
            n += t->state == FB_TASK_IDLE &&
                 fb__lesson_is_type(k->k->names, t->type, k->what->type);
        }
        if (n > most) {
            most = n;
            when = at;
        }
    }
    fact(k, when);
    return give(k, most);
}

static bool take_clock(struct taking *k) {
    const struct fb_event *first =
        fb_history_event(k->k->h, fb_history_first(k->k->h));
    const struct fb_event *now = fb_history_event(k->k->h, k->event);

    if (!first || !now || now->time_ns < first->time_ns) {
        return false;
    }
    fact(k, k->event);
    if (now->time_ns == first->time_ns) {
        return give_word(k, "0 s");
    }
    fb__phrase_duration(&k->value, now->time_ns - first->time_ns);
    return true;
}

static bool take_dropped(struct taking *k) {
    return give(
        k, fb__lesson_dropped_bytes(k->k, k->what->type, k->event, k->facts));
}

// ---- of one task ------------------------------------------------------------

static bool take_id(struct taking *k) {
    return k->id != 0 && give(k, k->id);
}

static bool take_polls(struct taking *k) {
    uint64_t at = fb_history_first(k->k->h);

    for (; at != 0 && at <= k->event; at = fb_history_next(k->k->h, at)) {
        const struct fb_event *e = fb_history_event(k->k->h, at);

        if (e && e->kind == FB_EV_POLL_BEGIN && e->subject == k->id) {
            fact(k, at);
        }
    }
    return k->t && give(k, k->t->polls);
}

static bool take_wakes(struct taking *k) {
    return k->t && give(k, k->t->wakes);
}

static bool take_state(struct taking *k) {
    if (!k->t) {
        return false;
    }
    fact(k, k->t->done_event != 0 ? k->t->done_event : k->t->last_event);
    // freed is what a table does not show any more: for a class it is over
    return give_word(k,
                     fb_name_task_state(k->t->state == FB_TASK_FREED
                                            ? FB_TASK_COMPLETE
                                            : (enum fb_task_state)k->t->state));
}

// The deepest future that is not done: it waits, or is being polled; and how
// deep it lies (1: the root). NULL: none.
static const struct fb_model_future *leaf(const struct taking *k,
                                          uint32_t *ret_depth) {
    struct fb_model_row rows[ROWS];
    const size_t count = k->t ? fb_model_tree(k->m, k->id, rows, ROWS) : 0;
    const struct fb_model_future *found = NULL;

    *ret_depth = 0;
    for (size_t i = 0; i < count; i++) {
        if ((rows[i].future->state == FB_FUTURE_PENDING ||
             rows[i].future->state == FB_FUTURE_POLLING) &&
            rows[i].depth + 1 > *ret_depth) {
            *ret_depth = rows[i].depth + 1;
            found = rows[i].future;
        }
    }
    return found;
}

static bool take_depth(struct taking *k) {
    uint32_t depth;
    const struct fb_model_future *f = leaf(k, &depth);

    fact(k, f ? f->last_event : 0);
    return k->t && give(k, depth);
}

static bool take_leaf(struct taking *k) {
    uint32_t depth;
    const struct fb_model_future *f = leaf(k, &depth);

    if (!f) {
        return false;
    }
    fact(k, f->last_event);
    fb__phrase_type(&k->value, k->k->names, f->type);
    return true;
}

static bool take_root(struct taking *k) {
    if (!k->t) {
        return false;
    }
    fact(k, k->t->spawn_event);
    fb__phrase_type(&k->value, k->k->names, k->t->type);
    return true;
}

static bool take_line(struct taking *k) {
    const struct fb_model_future *root =
        k->t ? fb_model_future_at(k->m, k->t->root) : NULL;
    const uint32_t line = root ? fb_future_suspended(k->k->names, root) : 0;

    if (line == 0) {
        return false;
    }
    fact(k, root->last_event);
    return give(k, line);
}

// The descriptor whose readiness will wake it: of its only one, or of the one
// that was stored last.
static bool take_fd(struct taking *k) {
    const struct fb_model_hold *newest = NULL;
    const struct fb_model_source *s;
    uint32_t at = k->t ? k->t->holds : FB_MODEL_NONE;

    for (int looked = 0; looked < ROWS && at != FB_MODEL_NONE; looked++) {
        const struct fb_model_hold *h = fb_model_hold_at(k->m, at);

        if (!h) {
            break;
        }
        if (h->party == FB_PARTY_SOURCE &&
            (!newest || h->event > newest->event)) {
            newest = h;
        }
        at = h->next_of_task;
    }
    s = newest ? fb_model_source(k->m, newest->holder) : NULL;
    if (!s || s->fd < 0) {
        return false;
    }
    fact(k, newest->event);
    return give(k, (uint64_t)s->fd);
}

static bool take_waker(struct taking *k) {
    if (!k->t || k->t->woken_event == 0) {
        return false;
    }
    fact(k, k->t->woken_event);
    if (k->t->woken_by_party == FB_PARTY_SOURCE) {
        return give_word(k, "reactor");
    }
    return give_word(k, fb_name_party((enum fb_party)k->t->woken_by_party));
}

static bool take_outcome(struct taking *k) {
    if (!k->t || k->t->outcome == FB_OUTCOME_NONE) {
        return false;
    }
    fact(k, k->t->done_event);
    return give_word(k, fb_name_outcome((enum fb_task_outcome)k->t->outcome));
}

// ---- the table --------------------------------------------------------------

static const struct {
    const char *name; // as it is written; "X of" wants a task behind it
    enum { RUN, TASK, TYPE } of;
    bool (*take)(struct taking *k);
    const char *said; // the sentence; T and V stand for task and value
} measures[] = {
    {"live tasks", RUN, take_live, "live tasks: V"},
    {"idle tasks", RUN, take_idle, "tasks that are idle, that is, wait: V"},
    {"queued tasks", RUN, take_queued, "tasks in the run queue: V"},
    {"polls", RUN, take_all_polls, "polls in all: V"},
    {"thread", RUN, take_thread, "the thread is V"},
    {"next", RUN, take_next, "V is polled next"},
    {"order", RUN, take_order, "they finish in this order: V"},
    {"clock", RUN, take_clock, "the clock says V"},
    {"bytes dropped with", TYPE, take_dropped,
     "so many bytes that were read went with futures that were dropped: V"},
    {"most", TYPE, take_most,
     "so many of them waited at the same time, at most: V"},
    {"id of", TASK, take_id, "T is task V"},
    {"polls of", TASK, take_polls, "T was polled this often: V"},
    {"wakes of", TASK, take_wakes, "T was woken this often: V"},
    {"state of", TASK, take_state, "T is V"},
    {"depth of", TASK, take_depth, "T has this many futures nested: V"},
    {"leaf of", TASK, take_leaf, "the innermost future of T is V"},
    {"root of", TASK, take_root, "T runs V"},
    {"line of", TASK, take_line, "T waits at line V"},
    {"fd of", TASK, take_fd, "T waits for fd V"},
    {"waker of", TASK, take_waker, "T was woken last by this: V"},
    {"outcome of", TASK, take_outcome, "T ended like this: V"},
};
enum { MEASURES = sizeof(measures) / sizeof(measures[0]) };

// Whether `text` begins with the words of `name`; *ret_rest is behind them.
static bool begins(const char *text, const char *name, const char **ret_rest) {
    char want[24], word[24];
    const char *rest = text;

    while (fb__lesson_word(&name, want, sizeof(want))) {
        if (!fb__lesson_word(&rest, word, sizeof(word)) ||
            !fb__lesson_equal(want, word)) {
            return false;
        }
    }
    *ret_rest = rest + strspn(rest, " \t");
    return true;
}

static bool read_one(const struct fb_lesson *l, unsigned kind, const char *rest,
                     struct fb__lesson_measure *m) {
    char why[FB_LESSON_WHY];

    *m = (struct fb__lesson_measure){.kind = kind};
    switch (measures[kind].of) {
    case RUN: return rest[0] == '\0';
    case TYPE:
        return fb__lesson_word(&rest, m->type, sizeof(m->type)) &&
               rest[strspn(rest, " \t")] == '\0';
    case TASK: return fb__lesson_read_task(l, rest, &m->task, why, sizeof(why));
    default: return false;
    }
}

bool fb__lesson_read_measure(const struct fb_lesson *l, const char *text,
                             struct fb__lesson_measure *ret_measure, char *why,
                             size_t why_bytes) {
    struct fb__phrase p;
    const char *rest;

    for (unsigned i = 0; i < MEASURES; i++) {
        if (begins(text, measures[i].name, &rest) &&
            read_one(l, i, rest, ret_measure)) {
            return true;
        }
    }
    p = fb__phrase_begin(why, why_bytes);
    fb__phrase_add(&p, "a measure is one of");
    for (unsigned i = 0; i < MEASURES; i++) {
        fb__phrase_add(&p, "%s %s%s", i > 0 ? "," : "", measures[i].name,
                       measures[i].of == TASK   ? " T"
                       : measures[i].of == TYPE ? " TYPE"
                                                : "");
    }
    fb__phrase_end(&p);
    return false;
}

bool fb__lesson_is_next(const struct fb__lesson_measure *m) {
    return measures[m->kind].take == take_next;
}

// "T was polled this often: V" with T and V put in.
static void say(const struct taking *k, const char *value, char *out,
                size_t out_bytes) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_add(&p, "After event %" PRIu64 ": ", k->event);
    for (const char *c = measures[k->what->kind].said; *c; c++) {
        const bool alone = c[1] == ' ' || c[1] == '\0';

        if (*c == 'T' && alone) {
            fb__phrase_add(&p, "%s", k->what->task.called);
        } else if (*c == 'V' && alone) {
            fb__phrase_add(&p, "%s", value);
        } else {
            fb__phrase_add(&p, "%c", *c);
        }
    }
    fb__phrase_add(&p, ".");
    fb__phrase_end(&p);
}

int fb__lesson_take(const struct fb__lesson_look *k,
                    const struct fb__lesson_measure *m, uint64_t event,
                    char value[FB_LESSON_VALUE], char *said, size_t said_bytes,
                    struct fb_quiz *facts) {
    struct taking t = {.k = k, .what = m, .event = event, .facts = facts};

    if (measures[m->kind].of == TASK) {
        t.id = fb__lesson_find_task(k, &m->task);
    }
    t.m = fb_history_at(k->h, event);
    if (!t.m) {
        return -ENOMEM;
    }
    t.t = t.id != 0 ? fb_model_task(t.m, t.id) : NULL;
    t.value = fb__phrase_begin(value, FB_LESSON_VALUE);
    if (!measures[m->kind].take(&t)) {
        value[0] = '\0';
        return 0;
    }
    (void)fb__phrase_end(&t.value);
    if (said) {
        say(&t, value, said, said_bytes);
    }
    return 1;
}
