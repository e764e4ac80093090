// Futures: the tree below each task, and the stacks of the polls under way.
//
// Problem: a trace says which future is polled below which; the picture wants
// the tree as it stands, with the arms that have just finished still visible,
// and a hostile trace must not make it a graph or let it grow without end.
//
// Idea: a future is linked below its parent once, when it is first heard of,
// and never moved. A dropped child stays, dimmed, until its parent goes on: to
// a child at another line, or to a new child at the same line in a later poll
// than its first (an await in a loop). A join or select enters all its arms at
// one line, in its first poll: those stay beside each other.
//
// Invariants: links come from here, so the tree is a tree; at most
// FB_MODEL_KEPT_CHILDREN dropped children stay below one parent.
#include "world.h"
#include <string.h>

// How many siblings a new child looks at for dropped ones: enough for any
// parent that awaits, and a bound for one with a hundred thousand arms.
enum { LOOK_BACK = 256 };

// ---- the stack ----

static struct fb_model_worker *stack_push(struct fb_model *m, uint32_t slot) {
    const struct fb_model_future *f = fb__future_in(m, slot);
    const struct fb_model_task *t = fb__task_in(m, fb__find_task(m, f->task));
    struct fb_model_worker *w = fb__worker_at(m, t->worker);

    if (w->stack_len < FB_MODEL_STACK) {
        w->stack[w->stack_len++] = slot;
    }
    return w;
}

// The worker on whose stack a future is, and where; NULL if it is on none.
static struct fb_model_worker *stack_find(struct fb_model *m, uint32_t slot,
                                          uint32_t *ret_at) {
    for (uint32_t k = 0; k < fb_model_workers(m); k++) {
        struct fb_model_worker *w = fb__worker_at(m, k);

        for (uint32_t i = w->stack_len; i-- > 0;) {
            if (w->stack[i] == slot) {
                *ret_at = i;
                return w;
            }
        }
    }
    return NULL;
}

static void stack_truncate(struct fb_model *m, struct fb_model_worker *w,
                           uint32_t len) {
    while (w->stack_len > len) {
        struct fb_model_future *f = fb__future_in(m, w->stack[--w->stack_len]);

        if (f->state == FB_FUTURE_POLLING) {
            f->state = FB_FUTURE_PENDING;
        }
    }
}

void fb__stack_clear(struct fb_model *m, struct fb_model_worker *w) {
    stack_truncate(m, w, 0);
}

void fb__stack_take_out(struct fb_model *m, uint32_t slot) {
    uint32_t at;
    struct fb_model_worker *w = stack_find(m, slot, &at);

    if (w != NULL) {
        w->stack_len--;
        memmove(&w->stack[at], &w->stack[at + 1],
                (w->stack_len - at) * sizeof *w->stack);
    }
}

// ---- the tree ----

static void link_child(struct fb_model *m, uint32_t parent, uint32_t slot) {
    struct fb_model_future *p = fb__future_in(m, parent);
    struct fb_model_future *f = fb__future_in(m, slot);

    f->parent = parent;
    f->prev_sibling = p->last_child;
    f->next_sibling = FB_MODEL_NONE;
    if (p->last_child != FB_MODEL_NONE) {
        fb__future_in(m, p->last_child)->next_sibling = slot;
    } else {
        p->first_child = slot;
    }
    p->last_child = slot;
}

static void unlink_child(struct fb_model *m, const struct fb_model_future *f) {
    struct fb_model_future *p = fb__future_in(m, f->parent);

    if (f->prev_sibling != FB_MODEL_NONE) {
        fb__future_in(m, f->prev_sibling)->next_sibling = f->next_sibling;
    } else {
        p->first_child = f->next_sibling;
    }
    if (f->next_sibling != FB_MODEL_NONE) {
        fb__future_in(m, f->next_sibling)->prev_sibling = f->prev_sibling;
    } else {
        p->last_child = f->prev_sibling;
    }
    p->kept -= f->state == FB_FUTURE_DROPPED;
}

// One future without children.
static void free_leaf(struct fb_model *m, uint32_t slot) {
    const struct fb_model_future *f = fb__future_in(m, slot);

    if (f->state == FB_FUTURE_POLLING) {
        fb__stack_take_out(m, slot);
    }
    if (f->parent != FB_MODEL_NONE) {
        unlink_child(m, f);
    } else {
        const uint32_t task = fb__index_find(&m->task_index, f->task);
        struct fb_model_task *t = fb__task_in(m, task);

        if (t != NULL && t->root == slot) {
            t->root = FB_MODEL_NONE;
        }
    }
    fb__index_remove(&m->future_index, f->id);
    fb__pool_give(&m->futures, slot);
}

void fb__world_remove_future(struct fb_model *m, uint32_t slot) {
    uint32_t at = slot;

    if (fb__future_in(m, slot) == NULL) {
        return;
    }
    for (;;) {
        const struct fb_model_future *f = fb__future_in(m, at);
        const uint32_t up = f->parent;

        if (f->last_child != FB_MODEL_NONE) {
            at = f->last_child;
            continue;
        }
        free_leaf(m, at);
        if (at == slot) {
            return;
        }
        at = up;
    }
}

static uint32_t add_future(struct fb_model *m, uint32_t task_slot, uint32_t id,
                           uint32_t parent) {
    struct fb_model_task *t = fb__task_in(m, task_slot);
    const uint32_t slot = fb__pool_take(&m->futures, id);
    struct fb_model_future *f = fb__future_in(m, slot);

    f->task = t->id;
    f->parent = f->first_child = f->next_sibling = FB_MODEL_NONE;
    f->last_child = f->prev_sibling = FB_MODEL_NONE;
    f->io_fd = -1;
    f->last_event = m->event;
    fb__index_put(&m->future_index, id, slot);
    if (parent != FB_MODEL_NONE) {
        link_child(m, parent, slot);
    } else if (t->root != FB_MODEL_NONE) {
        link_child(m, t->root, slot);
    } else {
        t->root = slot;
    }
    return slot;
}

void fb__world_set_root(struct fb_model *m, uint32_t task_slot, uint32_t id,
                        uint16_t type) {
    struct fb_model_task *t = fb__task_in(m, task_slot);
    const uint32_t old = t->root;
    struct fb_model_future *root = fb__future_in(m, old);
    uint32_t slot;

    if (id == 0 || (root != NULL && root->id == id)) {
        if (root != NULL && type != 0) {
            root->type = type;
        }
        return;
    }
    if (fb__index_find(&m->future_index, id) != FB_MODEL_NONE) {
        m->anomalies++; // another task's, or one below: a root is neither
        return;
    }
    t->root = FB_MODEL_NONE;
    slot = add_future(m, task_slot, id, FB_MODEL_NONE);
    root = fb__future_in(m, slot);
    root->type = type;
    if (old != FB_MODEL_NONE) { // what was taken for the root lies below it
        link_child(m, slot, old);
        root->kept += fb__future_in(m, old)->state == FB_FUTURE_DROPPED;
    }
}

void fb__world_begin_root(struct fb_model *m, uint32_t task_slot) {
    const uint32_t slot = fb__task_in(m, task_slot)->root;
    struct fb_model_future *root = fb__future_in(m, slot);

    if (root == NULL) {
        return;
    }
    if (root->state == FB_FUTURE_READY || root->state == FB_FUTURE_DROPPED) {
        m->anomalies++;
        return;
    }
    if (root->state == FB_FUTURE_POLLING) {
        fb__stack_take_out(m, slot); // entered although nobody polled the task
    }
    root->state = FB_FUTURE_POLLING;
    root->polls++;
    root->enter_event = root->last_event = m->event;
    root->enter_ns = m->time_ns;
    (void)stack_push(m, slot);
}

// ---- polls of children ----

// The slot of the parent that an event names; one that was never seen gets a
// record while the world is uncertain.
static uint32_t parent_of(struct fb_model *m, uint32_t task_slot,
                          uint32_t parent_id, uint32_t id) {
    const struct fb_model_task *t = fb__task_in(m, task_slot);
    const uint32_t slot = fb__find_future(m, t, parent_id);
    uint32_t made;

    if (slot != FB_MODEL_NONE && fb__future_in(m, slot)->task == t->id) {
        return slot;
    }
    if (slot == FB_MODEL_NONE && m->uncertain && parent_id != 0 &&
        parent_id != id) {
        made = add_future(m, task_slot, parent_id, FB_MODEL_NONE);
        fb__future_in(m, made)->state = FB_FUTURE_PENDING;
        return made;
    }
    m->anomalies += !m->uncertain;
    return t->root;
}

static void forget_dropped(struct fb_model *m, uint32_t parent, uint32_t line) {
    const bool first_poll = fb__future_in(m, parent)->polls <= 1;
    uint32_t at = fb__future_in(m, parent)->last_child;

    for (uint32_t looked = 0; looked < LOOK_BACK && at != FB_MODEL_NONE &&
                              fb__future_in(m, parent)->kept > 0;
         looked++) {
        const struct fb_model_future *f = fb__future_in(m, at);
        const uint32_t before = f->prev_sibling;

        if (f->state == FB_FUTURE_DROPPED && (f->line != line || !first_poll)) {
            fb__world_remove_future(m, at);
        }
        at = before;
    }
}

static uint32_t add_child(struct fb_model *m, uint32_t task_slot,
                          const struct fb_event *e) {
    const uint32_t parent =
        parent_of(m, task_slot, e->enter.parent, e->subject);

    if (parent != FB_MODEL_NONE && fb__future_in(m, parent)->kept > 0) {
        forget_dropped(m, parent, e->enter.line);
    }
    return add_future(m, task_slot, e->subject, parent);
}

// The future that a poll enters, or NULL where it cannot be entered.
static struct fb_model_future *
entered(struct fb_model *m, const struct fb_event *e, uint32_t *ret_slot) {
    const uint32_t task_slot = fb__world_task(m, e->enter.task);
    const struct fb_model_task *t = fb__task_in(m, task_slot);
    uint32_t slot = fb__find_future(m, t, e->subject), at;
    struct fb_model_future *f = fb__future_in(m, slot);

    if (t == NULL || e->subject == 0) {
        m->anomalies += e->subject == 0;
        return NULL;
    }
    if (f == NULL) {
        slot = add_child(m, task_slot, e);
        f = fb__future_in(m, slot);
    } else if (f->task != e->enter.task || f->state == FB_FUTURE_READY ||
               f->state == FB_FUTURE_DROPPED || stack_find(m, slot, &at)) {
        m->anomalies++;
        return NULL;
    }
    *ret_slot = slot;
    return f;
}

void fb__world_enter(struct fb_model *m, const struct fb_event *e) {
    uint32_t slot;
    struct fb_model_future *f = entered(m, e, &slot);
    struct fb_model_worker *w;

    if (f == NULL) {
        return;
    }
    f->type = e->enter.type;
    f->line = e->enter.line;
    f->last_event = m->event;
    if (fb__is_census(e)) {
        struct fb_model_future *parent = fb__future_in(m, f->parent);

        f->seen = m->census;
        f->state = FB_FUTURE_PENDING;
        if (parent != NULL) { // a census names its line only here
            parent->own_line = f->line;
        }
        return;
    }
    f->state = FB_FUTURE_POLLING;
    f->polls++;
    f->enter_event = m->event;
    f->enter_ns = m->time_ns;
    w = stack_push(m, slot);
    w->moved = w->moved || f->polls == 1;
}

void fb__world_exit(struct fb_model *m, const struct fb_event *e) {
    const uint32_t task_slot = fb__world_task(m, e->exit.task);
    const struct fb_model_task *t = fb__task_in(m, task_slot);
    uint32_t slot = fb__find_future(m, t, e->subject), at;
    struct fb_model_future *f = fb__future_in(m, slot);
    struct fb_model_worker *w;

    if (t == NULL || e->subject == 0) {
        return;
    }
    if (f == NULL && m->uncertain) { // its ENTER was lost
        slot = add_future(m, task_slot, e->subject,
                          parent_of(m, task_slot, e->exit.parent, e->subject));
        f = fb__future_in(m, slot);
        f->polls = 1;
    } else if (f == NULL || f->task != e->exit.task ||
               f->state == FB_FUTURE_DROPPED) {
        m->anomalies++;
        return;
    }
    w = stack_find(m, slot, &at);
    if (w != NULL) {
        m->anomalies += at + 1 < w->stack_len; // polls inside it never ended
        stack_truncate(m, w, at);
        w->moved = w->moved || e->detail == FB_RESULT_READY;
    } else if (f->state != FB_FUTURE_POLLING) {
        m->anomalies += !m->uncertain;
    }
    f->own_line = e->exit.line;
    f->last_event = m->event;
    f->state = FB_FUTURE_PENDING;
    if (e->detail == FB_RESULT_READY) {
        f->state = FB_FUTURE_READY;
        f->out = e->exit.out;
    }
}

void fb__world_drop(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__find_future(
        m, fb__task_in(m, fb__find_task(m, e->drop.task)), e->subject);
    struct fb_model_future *f = fb__future_in(m, slot), *parent;

    if (f == NULL || f->state == FB_FUTURE_DROPPED) {
        m->anomalies += !m->uncertain;
        return;
    }
    if (f->state == FB_FUTURE_POLLING) {
        m->anomalies++;
        fb__stack_take_out(m, slot);
    }
    f->state = FB_FUTURE_DROPPED;
    f->why = e->detail;
    f->last_event = m->event;
    if (e->drop.line != 0) {
        f->own_line = e->drop.line;
    }
    parent = fb__future_in(m, f->parent);
    if (parent == NULL) {
        return;
    }
    parent->kept++;
    if (parent->kept > FB_MODEL_KEPT_CHILDREN) {
        fb__world_remove_future(m, slot);
    }
}
