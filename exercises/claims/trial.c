// A trial: one run that is over, and the verdict on it.
//
// Idea: every claim is a walk: the run's events are folded once more into the
// one model (viz/model), and after each the claim looks at the event and at the
// world. So what a claim says of a task is what the screen shows of it.
// Invariants: the first failure stays; evidence stands in the order of events,
// each event once.
#include "claims_impl.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// From here on it is a state, not a line (fishbowl/future.h: done, dropped).
#define NO_LINE 0xfffffffeu

// No event is missing: the first is number 1, the last as many as there are.
static bool has_all(const struct fb_history *h) {
    const struct fb_model *live = fb_history_live(h);

    return fb_history_count(h) > 0 && fb_history_first(h) == 1 &&
           fb_history_last(h) == fb_history_count(h) && live->lost == 0;
}

int fb_trial_create(struct fb_history *history, const struct fb_names *names,
                    bool ended, struct fb_trial **ret_trial) {
    struct fb_trial *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return -ENOMEM;
    }
    t->history = history;
    t->names = names;
    t->ended = ended;
    t->exact = has_all(history);
    *ret_trial = t;
    return 0;
}

void fb_trial_destroy(struct fb_trial *t) {
    if (t != NULL) {
        fb_model_deinit(&t->world);
        free(t);
    }
}

struct fb_history *fb_trial_history(struct fb_trial *t) {
    return t->history;
}

const struct fb_names *fb_trial_names(const struct fb_trial *t) {
    return t->names;
}

const struct fb_verdict *fb_trial_verdict(const struct fb_trial *t) {
    return &t->verdict;
}

bool fb_trial_exact(const struct fb_trial *t) {
    return t->exact;
}

bool fb__trial_is_over(const struct fb_trial *t) {
    return t->verdict.failed || !t->exact;
}

void fb_trial_leave_out(struct fb_trial *t, enum fb_claim_id id) {
    t->left_out = id;
}

// ---- the verdict ----

bool fb_trial_fail(struct fb_trial *t, enum fb_claim_id id, uint64_t at,
                   const char *format, ...) {
    const bool left_out = id != FB_CLAIM_NONE && id == t->left_out;
    char text[2 * FB_VERDICT_BYTES];
    va_list args;
    int len;

    t->telling = !t->verdict.failed && !left_out;
    if (!t->telling) {
        return left_out;
    }
    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    len = len < 0 ? 0 : len;
    len = len < (int)sizeof text ? len : (int)sizeof text - 1;
    t->verdict = (struct fb_verdict){.failed = true, .id = id, .at = at};
    (void)fb_text_sanitise(text, (size_t)len, t->verdict.text,
                           sizeof t->verdict.text);
    return false;
}

void fb_trial_show(struct fb_trial *t, uint64_t event, const char *role) {
    struct fb_verdict *v = &t->verdict;
    int at = v->event_count;

    if (!t->telling || event == 0 || v->event_count == FB_VERDICT_EVENTS) {
        return;
    }
    for (int i = 0; i < v->event_count; i++) {
        if (v->events[i].event == event) {
            return;
        }
    }
    for (; at > 0 && v->events[at - 1].event > event; at--) {
        v->events[at] = v->events[at - 1];
    }
    v->events[at].event = event;
    (void)fb_text_sanitise(role, strlen(role), v->events[at].role,
                           sizeof v->events[at].role);
    v->event_count++;
}

void fb_trial_place(struct fb_trial *t, const char *file, uint32_t line) {
    struct fb_verdict *v = &t->verdict;
    char safe[sizeof v->places[0].file];

    if (!t->telling || line == 0 || v->place_count == FB_VERDICT_PLACES) {
        return;
    }
    (void)fb_text_sanitise(file, strlen(file), safe, sizeof safe);
    for (int i = 0; i < v->place_count; i++) {
        if (v->places[i].line == line && strcmp(v->places[i].file, safe) == 0) {
            return;
        }
    }
    memcpy(v->places[v->place_count].file, safe, sizeof safe);
    v->places[v->place_count++].line = line;
}

void fb_trial_believed(struct fb_trial *t, const char *misconception,
                       const char *truth) {
    if (t->telling) {
        t->verdict.misconception = misconception;
        t->verdict.truth = truth;
    }
}

// ---- the walk ----

bool fb__trial_walk(struct fb_trial *t, fb__look_fn *look, void *arg) {
    struct fb_history *h = t->history;
    bool more = true;

    fb_model_deinit(&t->world);
    if (fb_model_init(&t->world) < 0) {
        t->exact = false;
        return false;
    }
    for (uint64_t n = fb_history_first(h); n != 0 && more && t->exact;) {
        uint64_t first;
        size_t count;
        const struct fb_event *run = fb_history_run(h, n, &first, &count);

        for (; more && t->exact && n < first + count; n++) {
            const struct fb__look now = {t, &t->world, &run[n - first], n};

            if (fb_model_feed(&t->world, n, now.event) < 0) {
                t->exact = false;
            } else {
                more = look(arg, &now);
            }
        }
        n = fb_history_next(h, n - 1);
    }
    return t->exact;
}

uint64_t fb__stall_after(const struct fb_trial *t, uint64_t after) {
    const struct fb_history *h = t->history;

    for (uint64_t n = fb_history_next(h, after); n != 0;
         n = fb_history_next(h, n)) {
        if (fb_history_event(h, n)->kind == FB_EV_STALL) {
            return n;
        }
    }
    return 0;
}

// ---- a table ----

void fb__table_init(struct fb__table *table, uint32_t record_bytes) {
    *table = (struct fb__table){0};
    fb__pool_init(&table->pool, record_bytes);
}

void fb__table_deinit(struct fb__table *table) {
    fb__pool_deinit(&table->pool);
    fb__index_deinit(&table->index);
}

void *fb__table_find(const struct fb__table *table, uint32_t id) {
    return fb__pool_at(&table->pool, fb__index_find(&table->index, id));
}

void *fb__table_make(struct fb__table *table, uint32_t id) {
    void *record = fb__table_find(table, id);
    uint32_t slot;

    if (record != NULL || id == 0 || fb__pool_reserve(&table->pool, 1) < 0 ||
        fb__index_reserve(&table->index, 1) < 0) {
        return record;
    }
    slot = fb__pool_take(&table->pool, id);
    fb__index_put(&table->index, id, slot);
    return fb__pool_at(&table->pool, slot);
}

void fb__table_remove(struct fb__table *table, uint32_t id) {
    const uint32_t slot = fb__index_find(&table->index, id);

    if (slot != FB_MODEL_NONE) {
        fb__index_remove(&table->index, id);
        fb__pool_give(&table->pool, slot);
    }
}

// The cursor is the slot of the record before, and 1 more.
void *fb__table_next(const struct fb__table *table, uint32_t *cursor) {
    const struct fb_model_pool *p = &table->pool;
    const uint32_t slot =
        *cursor == 0 ? p->first : fb__pool_after(p, *cursor - 1);

    if (slot == FB_MODEL_NONE) {
        return NULL;
    }
    *cursor = slot + 1;
    return fb__pool_at(p, slot);
}

// ---- names and places ----

static const char *place_of(const struct fb_trial *t, uint32_t type,
                            const char **ret_file, uint32_t *ret_line) {
    const char *name = NULL;
    uint32_t size;

    *ret_file = NULL;
    *ret_line = 0;
    t->names->place(t->names->arg, type, &name, ret_file, ret_line, &size);
    return name != NULL ? name : "?";
}

bool fb__type_is(const struct fb_trial *t, uint32_t type, const char *name) {
    const char *file;
    uint32_t line;

    return name == NULL || strcmp(place_of(t, type, &file, &line), name) == 0;
}

static void say_who(const struct fb_trial *t, const struct fb_model *m,
                    uint32_t task, const char *word, char *out,
                    size_t out_bytes) {
    char name[FB__NAME], none[24]; // what one without a name is called

    (void)snprintf(none, sizeof none, "task %u", task);
    if (fb_say_task(name, sizeof name, t->names, m, task) > 0 &&
        strcmp(name, none) != 0) {
        (void)snprintf(out, out_bytes, "%s %u (%s)", word, task, name);
    } else {
        (void)snprintf(out, out_bytes, "%s %u", word, task);
    }
}

void fb__say_who(const struct fb_trial *t, const struct fb_model *m,
                 uint32_t task, char *out, size_t out_bytes) {
    say_who(t, m, task, "task", out, out_bytes);
}

void fb__say_Who(const struct fb_trial *t, const struct fb_model *m,
                 uint32_t task, char *out, size_t out_bytes) {
    say_who(t, m, task, "Task", out, out_bytes);
}

const char *fb__plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

// A line of the runtime itself teaches nobody anything: its names say fb_.
static void place(struct fb_trial *t, uint32_t type, uint32_t line) {
    const char *file;
    uint32_t declared;
    const char *name = place_of(t, type, &file, &declared);

    if (file != NULL && type != 0 && strncmp(name, "fb_", 3) != 0) {
        fb_trial_place(t, file, line != 0 ? line : declared);
    }
}

void fb__place_type(struct fb_trial *t, uint32_t type) {
    place(t, type, 0);
}

void fb__place_line(struct fb_trial *t, uint32_t type, uint32_t line) {
    if (line != 0 && line < NO_LINE) {
        place(t, type, line);
    }
}

void fb__place_future(struct fb_trial *t, const struct fb_model *m,
                      const struct fb_model_future *f) {
    fb__place_line(t, f->type, fb_future_suspended(t->names, f));
    fb__place_type(t, f->type);
    for (int up = 0; up < FB_VERDICT_PLACES; up++) {
        const uint32_t line = f->line;

        f = fb_model_future_at(m, f->parent);
        if (f == NULL) {
            return;
        }
        fb__place_line(t, f->type, line);
    }
}

void fb_trial_place_await(struct fb_trial *t, uint64_t event) {
    const struct fb_history *h = t->history;
    const struct fb_event *e = fb_history_event(h, event);

    while (e != NULL && e->kind != FB_EV_FUTURE_ENTER) {
        event = fb_history_prev(h, event);
        e = fb_history_event(h, event);
    }
    if (e != NULL) {
        fb__place_line(t, e->enter.parent_type, e->enter.line);
    }
}

// ---- events ----

const struct fb_model_future *fb__entered(const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *t;

    if (e->kind == FB_EV_FUTURE_ENTER) {
        return fb_model_future(look->world, e->subject);
    }
    t = e->kind == FB_EV_POLL_BEGIN ? fb_model_task(look->world, e->subject)
                                    : NULL;
    return t != NULL ? fb_model_future_at(look->world, t->root) : NULL;
}

const struct fb_model_future *fb__left(const struct fb__look *look,
                                       enum fb_poll_result *ret_result) {
    const struct fb_event *e = look->event;
    const struct fb_model_task *t;

    *ret_result = (enum fb_poll_result)e->detail;
    if (e->kind == FB_EV_FUTURE_EXIT) {
        return fb_model_future(look->world, e->subject);
    }
    t = e->kind == FB_EV_POLL_END ? fb_model_task(look->world, e->subject)
                                  : NULL;
    return t != NULL ? fb_model_future_at(look->world, t->root) : NULL;
}
