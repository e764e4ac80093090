// Normal form, the first pass: what each task of a run has done.
//
// Idea: one pass over the events gathers, for each task in order of its first
// appearance, who spawned it, its last label, what it did to the outside (bytes
// of consecutive reads or writes add up, so it does not matter how the kernel
// cut them; attempts that had to wait are left out, and an
// error that comes again at once is told once) and how it ended.
//
// Invariants: a task's parent has a smaller place than the task itself, so the
// tree is a tree whatever the events say; lists are bounded.
#include "normal_parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_node(struct fb__normal_table *t, uint64_t number,
                    const struct fb_event *e) {
    const uint32_t parent = fb__index_find(&t->by_id, e->spawn.parent);
    const uint32_t place = t->count;
    struct fb__normal_node *n;
    int err;

    if (place == t->capacity) {
        const size_t capacity = t->capacity == 0 ? 64 : 2 * (size_t)t->capacity;
        struct fb__normal_node *grown =
            realloc(t->nodes, capacity * sizeof *grown);

        if (grown == NULL) {
            return -ENOMEM;
        }
        t->nodes = grown;
        t->capacity = (uint32_t)capacity;
    }
    err = fb__index_reserve(&t->by_id, 1);
    if (err < 0) {
        return err;
    }
    fb__index_remove(&t->by_id, e->subject);
    fb__index_put(&t->by_id, e->subject, place);
    t->count++;
    n = &t->nodes[place];
    *n = (struct fb__normal_node){.id = e->subject,
                                  .spawn_event = number,
                                  .parent = parent,
                                  .first_child = FB_MODEL_NONE,
                                  .last_child = FB_MODEL_NONE,
                                  .next_sibling = FB_MODEL_NONE,
                                  .type = e->spawn.type};
    if (parent == FB_MODEL_NONE) {
        return 0;
    }
    if (t->nodes[parent].last_child != FB_MODEL_NONE) {
        t->nodes[t->nodes[parent].last_child].next_sibling = place;
    } else {
        t->nodes[parent].first_child = place;
    }
    t->nodes[parent].last_child = place;
    return 0;
}

static void note_step(struct fb__normal_node *n, uint64_t number, uint8_t op,
                      int32_t result) {
    struct fb__normal_step *last =
        n->step_count > 0 ? &n->steps[n->step_count - 1] : NULL;
    const bool adds = op == FB_IO_READ || op == FB_IO_WRITE;
    const int64_t amount = result < 0 || adds ? result : 1;

    if (result == -EAGAIN || result == -EINTR || result == -EINPROGRESS) {
        return; // chance: it was tried again
    }
    if (last != NULL && last->op == op && last->amount == amount &&
        amount < 0) {
        return; // the same error again: how often it is tried is chance
    }
    if (last != NULL && last->op == op && last->amount > 0 && amount > 0) {
        last->amount += amount;
        return;
    }
    if (n->step_count == FB__STEPS_MAX) {
        n->more_event = n->more_steps ? n->more_event : number;
        n->more_steps = true;
        return;
    }
    n->steps[n->step_count++] =
        (struct fb__normal_step){.op = op, .amount = amount, .event = number};
}

static void note_type(struct fb__normal_node *n, uint16_t type) {
    for (uint8_t i = 0; i < n->type_count; i++) {
        if (n->types[i] == type) {
            return;
        }
    }
    if (n->type_count < FB__TYPES_MAX) {
        n->types[n->type_count++] = type;
    }
}

static void note_label(struct fb__normal_node *n, const struct fb_event *e) {
    const size_t at = (size_t)e->detail * sizeof e->text;
    const size_t whole = e->flags & 0x7fffu;

    if (at + sizeof e->text > sizeof n->label) {
        return;
    }
    memcpy(n->label + at, e->text, sizeof e->text);
    n->label_len = (uint8_t)(whole < sizeof n->label ? whole : sizeof n->label);
}

// The entry of the worker that `e` names. Where the task runs is chance: it
// only tells whose I/O it is.
static uint32_t *running_of(struct fb__normal_table *t,
                            const struct fb_event *e) {
    return &t->running[fb_event_worker(e) % FB_TRACE_RINGS_MAX];
}

static void gather_of_task(struct fb__normal_table *t, uint64_t number,
                           const struct fb_event *e) {
    const uint32_t task =
        e->kind == FB_EV_FUTURE_ENTER ? e->enter.task : e->subject;
    const uint32_t place = fb__index_find(&t->by_id, task);
    struct fb__normal_node *n =
        place != FB_MODEL_NONE ? &t->nodes[place] : NULL;

    if (n == NULL) {
        return;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
        n->polls++;
        *running_of(t, e) = place;
        break;
    case FB_EV_POLL_END: *running_of(t, e) = FB_MODEL_NONE; break;
    case FB_EV_TASK_ABORT: n->aborted = true; break;
    case FB_EV_TASK_DONE:
        n->outcome = e->detail;
        n->out = e->done.out;
        n->done_event = number;
        break;
    case FB_EV_TASK_LABEL: note_label(n, e); break;
    case FB_EV_FUTURE_ENTER: note_type(n, e->enter.type); break;
    default: break;
    }
}

static int gather(struct fb__normal_table *t, uint64_t number,
                  const struct fb_event *e) {
    if (e->kind == FB_EV_TASK_SPAWN) {
        const bool known =
            fb__index_find(&t->by_id, e->subject) != FB_MODEL_NONE;

        if (e->subject == 0 || (known && (e->flags & FB_EV_FLAG_CENSUS) != 0)) {
            return 0;
        }
        return add_node(t, number, e);
    }
    if (e->kind == FB_EV_IO && *running_of(t, e) != FB_MODEL_NONE) {
        note_step(&t->nodes[*running_of(t, e)], number, e->detail,
                  e->io.result);
    } else {
        gather_of_task(t, number, e);
    }
    return 0;
}

int fb__normal_gather(struct fb__normal_table *t, const struct fb_history *h,
                      uint64_t until) {
    int err = 0;

    for (uint32_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        t->running[i] = FB_MODEL_NONE;
    }
    for (uint64_t at = fb_history_first(h); at != 0 && at <= until && err == 0;
         at = fb_history_next(h, at)) {
        err = gather(t, at, fb_history_event(h, at));
    }
    return err;
}

void fb__normal_deinit(struct fb__normal_table *t) {
    free(t->nodes);
    fb__index_deinit(&t->by_id);
}
