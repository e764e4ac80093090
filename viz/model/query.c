// Problem: a table of ten thousand tasks is wanted in any order, at every
//     frame, by views that keep nothing.
// Idea: one pass over the model chooses the tasks and notes one number of each
//     to sort by (labels are compared as they are); equal ones stay as they
//     were spawned, so that no row jumps without a reason.
// Invariants: living tasks before freed ones, in every order and direction.
#include "query.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const struct fb_model_task *task;
    uint64_t key;
    size_t place; // as spawned
    bool by_label, reverse;
};

static const char *const order_names[FB_ORDERS] = {
    [FB_ORDER_ID] = "id",       [FB_ORDER_STATE] = "state",
    [FB_ORDER_LABEL] = "label", [FB_ORDER_POLLS] = "polls",
    [FB_ORDER_BUSY] = "busy",   [FB_ORDER_WAKE] = "wake",
    [FB_ORDER_AGE] = "age",
};

const char *fb_order_name(enum fb_task_order order) {
    return (unsigned)order < FB_ORDERS ? order_names[order] : "id";
}

int fb_order_parse(enum fb_task_order *ret_order, const char *name) {
    for (int i = 0; i < FB_ORDERS; i++) {
        if (strcmp(order_names[i], name) == 0) {
            *ret_order = (enum fb_task_order)i;
            return 0;
        }
    }
    return -EINVAL;
}

// Small keys come first.
static uint64_t key_of(const struct fb_model_task *t, enum fb_task_order order,
                       size_t place) {
    static const uint8_t ranks[] = {[FB_TASK_RUNNING] = 0,
                                    [FB_TASK_SCHEDULED] = 1,
                                    [FB_TASK_IDLE] = 2,
                                    [FB_TASK_COMPLETE] = 3,
                                    [FB_TASK_FREED] = 4};

    switch (order) {
    case FB_ORDER_STATE: return t->state < sizeof(ranks) ? ranks[t->state] : 5;
    case FB_ORDER_POLLS: return UINT64_MAX - t->polls;
    case FB_ORDER_BUSY: return UINT64_MAX - t->busy_ns;
    case FB_ORDER_WAKE: return UINT64_MAX - t->woken_event;
    case FB_ORDER_AGE: return t->spawn_event;
    case FB_ORDER_LABEL: return t->label_len == 0; // those without come last
    case FB_ORDER_ID:
    case FB_ORDERS: break;
    }
    return place;
}

static int compare(const void *one, const void *other) {
    const struct entry *a = one, *b = other;
    const bool a_freed = a->task->state == FB_TASK_FREED;
    const bool b_freed = b->task->state == FB_TASK_FREED;
    int by = a->key < b->key ? -1 : a->key > b->key;

    if (a_freed != b_freed) {
        return a_freed ? 1 : -1;
    }
    if (by == 0 && a->by_label) {
        by = strcmp(a->task->label, b->task->label);
    }
    if (by == 0) {
        return a->place < b->place ? -1 : a->place > b->place;
    }
    return a->reverse ? -by : by;
}

// Writes those that pass to `entries`. Returns how many; *ret_all counts all.
static size_t choose(struct entry *entries, const struct fb_model *m,
                     const struct fb_names *names, const struct fb_query *query,
                     struct fb_task_list *list) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    size_t n = 0;

    for (int freed = 0; freed < 2; freed++, cursor = 0) {
        while ((t = freed ? fb_model_freed_next(m, &cursor)
                          : fb_model_task_next(m, &cursor))) {
            if (fb_filter_passes(&query->filter, m, names, t)) {
                entries[n] = (struct entry){
                    .task = t,
                    .key =
                        key_of(t, (enum fb_task_order)query->order, list->all),
                    .place = n,
                    .by_label = query->order == FB_ORDER_LABEL,
                    .reverse = query->reverse};
                n++;
            }
            list->max_id = t->id > list->max_id ? t->id : list->max_id;
            list->all++;
        }
    }
    return n;
}

int fb_task_list_init(struct fb_task_list *list, const struct fb_model *m,
                      const struct fb_names *names,
                      const struct fb_query *query) {
    const size_t room = (size_t)m->tasks.count + FB_MODEL_FREED + 1;
    struct entry *entries = malloc(room * sizeof(*entries));

    *list = (struct fb_task_list){.ids = malloc(room * sizeof(*list->ids))};
    if (!entries || !list->ids) {
        free(entries);
        fb_task_list_deinit(list);
        return -ENOMEM;
    }
    list->count = choose(entries, m, names, query, list);
    if (query->order != FB_ORDER_ID || query->reverse) {
        qsort(entries, list->count, sizeof(*entries), compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        list->ids[i] = entries[i].task->id;
    }
    free(entries);
    return 0;
}

void fb_task_list_deinit(struct fb_task_list *list) {
    free(list->ids);
    *list = (struct fb_task_list){0};
}
