// The tasks of a moment: as a table, as trees, as lanes.
#include "engine_state.h"
#include "lanes.h"
#include "query.h"
#include <errno.h>
#include <stdlib.h>

enum { LEVELS = 200, ROWS = 5000, TASKS = 1000 };

static void put_name(struct fb_engine *e, struct fb__answer *a,
                     const struct fb_model_task *t) {
    char text[FB__ENGINE_TEXT];

    fb_say_task(text, sizeof(text), &e->table, &e->at.now, t->id);
    fb__answer_text(a, "name", text);
}

// `ended`: as its state has it; a hostile trace may end it without a word.
static void put_outcome(struct fb__answer *a, const struct fb_model_task *t,
                        bool ended) {
    char text[FB__ENGINE_TEXT] = "";

    if (ended || t->outcome != FB_OUTCOME_NONE) {
        fb_say_outcome(text, sizeof(text), t);
    }
    fb__answer_text(a, "outcome", text);
}

// ---- the table ----

static void put_counts(struct fb__answer *a, const struct fb_model_task *t) {
    char text[64];

    fb__answer_number(a, "worker", t->worker);
    fb__answer_number(a, "polls", t->polls);
    fb__answer_number(a, "wakes", t->wakes);
    fb__answer_number(a, "busyNs", t->busy_ns);
    fb_say_duration(text, sizeof(text), t->busy_ns);
    fb__answer_text(a, "busy", text);
    fb__answer_number(a, "queuedNs", t->queued_ns);
    fb__answer_number(a, "longestPollNs", t->max_poll_ns);
}

static void put_task(struct fb_engine *e, struct fb__answer *a,
                     const struct fb_model_task *t) {
    const struct fb_model *m = &e->at.now;
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "id", t->id);
    fb__answer_number(a, "parent", t->parent);
    put_name(e, a, t);
    fb_say_label(text, sizeof(text), t);
    fb__answer_text(a, "label", text);
    fb__answer_text(a, "state",
                    fb_name_task_state((enum fb_task_state)t->state));
    put_counts(a, t);
    fb_say_task_waits(text, sizeof(text), &e->table, m, t->id);
    fb__answer_text(a, "waitsFor", text);
    put_outcome(a, t, false);
    fb_say_task_now(text, sizeof(text), &e->table, m, t);
    fb__answer_text(a, "now", text);
    fb_say_waker(text, sizeof(text), &e->table, m, t->id);
    fb__answer_text(a, "lastWake", text);
    fb__answer_number(a, "lastWakeEvent", t->woken_event);
    fb__answer_number(a, "spawnEvent", t->spawn_event);
    fb__answer_number(a, "lastEvent", t->last_event);
    fb__answer_bool(a, "lost", fb_model_task_is_lost(m, t));
    fb__answer_bool(a, "abortAsked", t->aborted);
    fb__answer_close(a, '}');
}

// Freed tasks are shown where a filter may ask for them.
static bool is_shown(const struct fb_model_task *t,
                     const struct fb_query *query) {
    return t != NULL && (t->state != FB_TASK_FREED || query->filter.count > 0);
}

static void put_rows(struct fb_engine *e, struct fb__answer *a,
                     const struct fb_task_list *list,
                     const struct fb_query *query, size_t first, size_t most) {
    size_t count = 0, all = 0;

    fb__answer_open(a, "rows", '[');
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_model_task *t = fb_model_task(&e->at.now, list->ids[i]);

        if (!is_shown(t, query)) {
            continue;
        }
        if (count >= first && count - first < most) {
            put_task(e, a, t);
        }
        count++;
    }
    fb__answer_close(a, ']');
    fb__answer_number(a, "count", count);
    for (uint32_t cursor = 0;
         fb_model_task_next(&e->at.now, &cursor) != NULL;) {
        all++;
    }
    fb__answer_number(a, "all", all);
}

static int read_query(struct fb_engine *e, const struct fb_engine_query *from,
                      struct fb_query *query) {
    *query = (struct fb_query){.reverse = from->reverse};
    if (fb_filter_parse(&query->filter, from->filter, e->why, sizeof(e->why)) <
        0) {
        return -EINVAL;
    }
    if (from->order[0] != '\0') {
        enum fb_task_order order;

        if (fb_order_parse(&order, from->order) < 0) {
            return fb__engine_refuse(e, -EINVAL,
                                     "tasks are in order of id, state, label, "
                                     "polls, busy, wake or age");
        }
        query->order = (uint8_t)order;
    }
    return 0;
}

int fb_engine_tasks(struct fb_engine *e, const struct fb_engine_query *from) {
    struct fb__answer *a = fb__engine_begin(e);
    struct fb_task_list list;
    struct fb_query query;
    int err = read_query(e, from, &query);

    if (err < 0) {
        return err;
    }
    if (fb_task_list_init(&list, &e->at.now, &e->table, &query) < 0) {
        return fb__engine_refuse(e, -ENOMEM, "no memory is left for the table");
    }
    fb__answer_open(a, NULL, '{');
    put_rows(e, a, &list, &query, from->first,
             from->count < TASKS ? from->count : TASKS);
    fb__answer_close(a, '}');
    fb_task_list_deinit(&list);
    return fb__engine_done(e);
}

int fb_engine_task(struct fb_engine *e, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(&e->at.now, task);
    struct fb__answer *a = fb__engine_begin(e);

    if (t != NULL) {
        put_task(e, a, t);
    } else {
        fb__answer_null(a, NULL);
    }
    return fb__engine_done(e);
}

// ---- a tree ----

static uint32_t line_of(struct fb_engine *e, uint16_t type) {
    const char *name, *file;
    uint32_t line, size;

    fb__recorded_place(&e->recorded, type, &name, &file, &line, &size);
    return line;
}

static void put_future(struct fb_engine *e, struct fb__answer *a,
                       const struct fb_model_row *row) {
    const struct fb_model_future *f = row->future;
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "id", f->id);
    fb__answer_number(a, "depth", row->depth);
    fb__answer_bool(a, "last", row->last_sibling);
    fb_say_type(text, sizeof(text), &e->table, f->type);
    fb__answer_text(a, "name", text);
    fb_say_file(text, sizeof(text), &e->table, f->type);
    fb__answer_text(a, "file", text);
    fb__answer_number(a, "line", fb_future_suspended(&e->table, f));
    fb__answer_number(a, "definedLine", line_of(e, f->type));
    fb__answer_text(a, "state",
                    fb_name_future_state((enum fb_future_state)f->state));
    fb__answer_number(a, "polls", f->polls);
    fb_say_future(text, sizeof(text), &e->table, &e->at.now, f);
    fb__answer_text(a, "says", text);
    text[0] = '\0';
    if (f->state == FB_FUTURE_PENDING && f->first_child == FB_MODEL_NONE) {
        fb_say_reason(text, sizeof(text), &e->table, &e->at.now, f->id);
    }
    fb__answer_text(a, "reason", text);
    fb__answer_bool(a, "beingPolled", f->state == FB_FUTURE_POLLING);
    fb__answer_close(a, '}');
}

static void put_futures(struct fb_engine *e, struct fb__answer *a,
                        uint32_t task, struct fb_model_row *rows, size_t room) {
    const size_t count = fb_model_tree(&e->at.now, task, rows, room);
    bool cut = count == room;

    fb__answer_open(a, "rows", '[');
    for (size_t i = 0; i < count; i++) {
        if (rows[i].depth >= LEVELS) {
            cut = true;
        } else {
            put_future(e, a, &rows[i]);
        }
    }
    fb__answer_close(a, ']');
    fb__answer_bool(a, "cut", cut);
}

static void put_tree(struct fb_engine *e, struct fb__answer *a,
                     const struct fb_model_task *t, struct fb_model_row *rows,
                     size_t room) {
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "task", t->id);
    put_name(e, a, t);
    fb_say_label(text, sizeof(text), t);
    fb__answer_text(a, "label", text);
    fb__answer_text(a, "state",
                    fb_name_task_state((enum fb_task_state)t->state));
    fb__answer_number(a, "polls", t->polls);
    put_outcome(a, t,
                t->state == FB_TASK_COMPLETE || t->state == FB_TASK_FREED);
    fb__answer_bool(a, "abortAsked", t->aborted);
    fb_say_who_wakes(text, sizeof(text), &e->table, &e->at.now, t->id);
    fb__answer_text(a, "whoWakes", text);
    put_futures(e, a, t->id, rows, room);
    fb__answer_close(a, '}');
}

int fb_engine_tree(struct fb_engine *e, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(&e->at.now, task);
    const size_t all = (size_t)e->at.now.futures.count + 1;
    const size_t room = all < ROWS ? all : ROWS;
    struct fb__answer *a = fb__engine_begin(e);
    struct fb_model_row *rows;

    if (t == NULL) {
        fb__answer_null(a, NULL);
        return fb__engine_done(e);
    }
    rows = calloc(room, sizeof(*rows));
    if (rows == NULL) {
        return fb__engine_refuse(e, -ENOMEM, "no memory is left for the tree");
    }
    put_tree(e, a, t, rows, room);
    free(rows);
    return fb__engine_done(e);
}

// ---- lanes ----

static void put_brief(struct fb_engine *e, struct fb__answer *a,
                      const char *key, const struct fb_model_task *t,
                      bool with_reason) {
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, key, '{');
    fb__answer_number(a, "id", t->id);
    put_name(e, a, t);
    if (with_reason) {
        fb_say_task_waits(text, sizeof(text), &e->table, &e->at.now, t->id);
        fb__answer_text(a, "waitsFor", text);
    }
    fb__answer_close(a, '}');
}

static void put_worker(struct fb_engine *e, struct fb__answer *a,
                       uint32_t number, size_t limit) {
    const struct fb_model *m = &e->at.now;
    const struct fb_model_worker *w = fb_model_worker(m, number);
    const struct fb_model_task *t = fb_model_task_at(m, w->running);
    struct fb_lane_queue queue = fb_lane_queue(m, w);

    fb__answer_open(a, NULL, '{');
    fb__answer_number(a, "worker", number);
    if (t != NULL) {
        put_brief(e, a, "running", t, false);
    } else {
        fb__answer_null(a, "running");
    }
    fb__answer_bool(a, "parked", w->parked);
    fb__answer_number(a, "queueCount", w->queue_len);
    fb__answer_open(a, "queue", '[');
    for (size_t i = 0; i < limit && (t = fb_lane_queue_next(&queue)) != NULL;
         i++) {
        put_brief(e, a, NULL, t, false);
    }
    fb__answer_close(a, ']');
    fb__answer_close(a, '}');
}

static void put_group(struct fb_engine *e, struct fb__answer *a,
                      enum fb_lane_group group, uint32_t count, size_t limit) {
    static const char *const words[FB_LANE_GROUPS] = {
        [FB_LANE_FOR_REACTOR] = "reactor",
        [FB_LANE_FOR_TIMER] = "timer",
        [FB_LANE_FOR_TASK] = "task",
        [FB_LANE_FOR_JOIN_SET] = "join-set",
        [FB_LANE_FOR_CHANNEL] = "channel",
        [FB_LANE_FOR_OUTSIDE] = "outside",
        [FB_LANE_FOR_EXECUTOR] = "executor",
        [FB_LANE_FOR_BLOCKING] = "blocking",
        [FB_LANE_WAKING] = "waking",
        [FB_LANE_LOST] = "lost"};
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    fb__answer_open(a, NULL, '{');
    fb__answer_text(a, "group", words[group]);
    fb__answer_text(a, "title", fb_lane_title(group));
    fb__answer_number(a, "count", count);
    fb__answer_open(a, "tasks", '[');
    for (size_t i = 0;
         i < limit && (t = fb_lane_next(&e->at.now, group, &cursor)) != NULL;
         i++) {
        put_brief(e, a, NULL, t, true);
    }
    fb__answer_close(a, ']');
    fb__answer_close(a, '}');
}

int fb_engine_lanes(struct fb_engine *e, size_t limit) {
    struct fb__answer *a = fb__engine_begin(e);
    const struct fb_model *m = &e->at.now;
    const struct fb_lane_counts counts = fb_lane_count(m);

    limit = limit < TASKS ? limit : TASKS;
    fb__answer_open(a, NULL, '{');
    fb__answer_open(a, "workers", '[');
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        put_worker(e, a, i, limit);
    }
    fb__answer_close(a, ']');
    fb__answer_open(a, "waiting", '[');
    for (int i = FB_LANE_GROUPS - 1; i >= 0; i--) {
        if (counts.groups[i] > 0) {
            put_group(e, a, (enum fb_lane_group)i, counts.groups[i], limit);
        }
    }
    fb__answer_close(a, ']');
    fb__answer_number(a, "waitingCount", counts.waiting);
    fb__answer_number(a, "done", m->zombie_tasks);
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}
