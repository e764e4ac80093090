// Problem: a program hangs although nobody made a mistake alone: who waits for
// whom, and where does that go round?
// Idea: a graph whose nodes are the slots of the tasks' pool and whose edges
// are the waits. Two questions are asked of it. Which tasks can still be woken:
// all that are not idle or wait for something outside, and then, backwards
// along the waits, all that wait for one of these. And which wait for each
// other: the strongly connected components.
//
//     waits ──► alive? ──► components of the certain ties ──► rings
//                      └─► components of all ties, closed ones ──┘
//
// Invariants: no walk recurses or is longer than the waits there are; what a
// hostile trace says only makes other waits.
// Source: Tarjan (1972), with the stack in an array.
#include "waits.h"
#include "waits_graph.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- collecting ----

struct collector {
    const struct fb_model *m;
    struct fb_waits *w;
    size_t room;
    const uint32_t *children, *siblings; // by slot: see link_children
    uint32_t parent; // the last task whose children were looked at
    int err;
};

static void add(struct collector *c, const struct fb_wait *wait) {
    struct fb_wait *grown;

    if (c->w->count == c->room) {
        c->room = c->room == 0 ? 64 : 2 * c->room;
        grown = realloc(c->w->items, c->room * sizeof *grown);
        if (grown == NULL) {
            c->err = -ENOMEM;
            return;
        }
        c->w->items = grown;
    }
    c->w->items[c->w->count++] = *wait;
}

static bool is_over(const struct fb_model *m, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(m, task);

    return t == NULL || t->state >= FB_TASK_COMPLETE;
}

// One wait for each task that would have to act; one without if none is known.
static void add_peers(struct collector *c, struct fb_wait wait,
                      const struct fb_model_peers *peers, enum fb_tie tie) {
    bool any = false;

    wait.open = wait.open || peers->more;
    for (uint32_t i = 0; i < peers->count && c->err == 0; i++) {
        const uint32_t task = peers->tasks[i].task;

        if (is_over(c->m, task)) {
            continue;
        }
        wait.on = task;
        wait.tie = (uint8_t)tie;
        wait.certain = tie == FB_TIE_OWNER && !wait.open;
        add(c, &wait);
        any = true;
    }
    if (!any) {
        wait.open = true;
        add(c, &wait);
    }
}

static void add_channel(struct collector *c, struct fb_wait wait) {
    static const struct fb_model_peers nobody = {0};
    const struct fb_model_channel *channel =
        fb_model_channel(c->m, wait.hold.holder);
    const struct fb_model_peers *givers = channel ? &channel->givers : &nobody;
    const struct fb_model_peers *takers = channel ? &channel->takers : &nobody;

    switch ((enum fb_channel_wait)wait.hold.interest) {
    case FB_AWAITS_MUTEX: add_peers(c, wait, takers, FB_TIE_OWNER); break;
    case FB_AWAITS_PERMIT: add_peers(c, wait, takers, FB_TIE_PERMITS); break;
    case FB_AWAITS_MESSAGE:
    case FB_AWAITS_CHANGE:
    case FB_AWAITS_NOTIFY: add_peers(c, wait, givers, FB_TIE_SENDS); break;
    case FB_AWAITS_ROOM:
    case FB_AWAITS_CLOSED: add_peers(c, wait, takers, FB_TIE_RECEIVES); break;
    case FB_AWAITS_OTHER:
    default: add_peers(c, wait, &nobody, FB_TIE_NONE); break;
    }
}

// The set's members are not told; those that the task has spawned itself and
// that nobody else joins are taken for them, once, whatever a file says of more
// sets of the same task.
static void add_members(struct collector *c, struct fb_wait wait,
                        uint32_t slot) {
    const bool again = c->parent == wait.task;
    const size_t first = c->w->count;

    c->parent = wait.task;
    for (uint32_t at = again ? FB_MODEL_NONE : c->children[slot];
         at != FB_MODEL_NONE && c->err == 0; at = c->siblings[at]) {
        const struct fb_model_task *t = fb_model_task_at(c->m, at);

        if (t->state < FB_TASK_COMPLETE && !t->detached && !t->join_awaited) {
            wait.on = t->id;
            wait.tie = FB_TIE_MEMBER;
            add(c, &wait);
        }
    }
    if (c->w->count == first) {
        wait.open = true;
        add(c, &wait);
    }
    for (size_t i = first; i < c->w->count; i++) {
        c->w->items[i].members = (uint32_t)(c->w->count - first);
    }
}

static void add_hold(struct collector *c, uint32_t slot,
                     const struct fb_model_hold *h) {
    struct fb_wait wait = {.task = h->task, .index = slot, .hold = *h};

    switch ((enum fb_party)h->party) {
    case FB_PARTY_TASK:
        wait.on = is_over(c->m, h->holder) ? 0 : h->holder;
        wait.open = wait.on == 0;
        wait.certain = wait.on != 0;
        wait.tie = wait.on != 0 ? FB_TIE_JOIN : FB_TIE_NONE;
        add(c, &wait);
        break;
    case FB_PARTY_CHANNEL: add_channel(c, wait); break;
    case FB_PARTY_JOIN_SET: add_members(c, wait, slot); break;
    default:
        wait.open = true;
        add(c, &wait);
        break;
    }
}

// Its last waker was dropped: the end of a chain, too.
static void add_lost(struct collector *c, uint32_t slot,
                     const struct fb_model_task *t) {
    const struct fb_model_future *root = fb_model_future_at(c->m, t->root);
    const struct fb_wait wait = {
        .task = t->id,
        .index = slot,
        .hold = {.task = t->id, .future = root ? root->id : 0},
        .tie = FB_TIE_LOST};

    add(c, &wait);
}

static int collect(struct collector *c) {
    const struct fb_model *m = c->m;

    for (uint32_t slot = m->tasks.first; slot != FB_MODEL_NONE && c->err == 0;
         slot = fb__pool_after(&m->tasks, slot)) {
        const struct fb_model_task *t = fb_model_task_at(m, slot);
        const struct fb_model_hold *h;

        if (t->state != FB_TASK_IDLE || fb_model_task_is_waking(m, t)) {
            continue;
        }
        if (fb_model_task_is_lost(m, t)) {
            add_lost(c, slot, t);
        }
        for (uint32_t at = t->holds;
             (h = fb_model_hold_at(m, at)) != NULL && c->err == 0;
             at = h->next_of_task) {
            add_hold(c, slot, h);
        }
    }
    return c->err;
}

// Every task's children as lists of slots: `children` the first, `siblings` the
// next.
static void link_children(const struct fb_model *m, uint32_t *children,
                          uint32_t *siblings) {
    for (uint32_t i = 0; i < m->tasks.used; i++) {
        children[i] = siblings[i] = FB_MODEL_NONE;
    }
    for (uint32_t slot = m->tasks.first; slot != FB_MODEL_NONE;
         slot = fb__pool_after(&m->tasks, slot)) {
        const struct fb_model_task *t = fb_model_task_at(m, slot);
        const uint32_t parent = fb__index_find(&m->task_index, t->parent);

        if (parent != FB_MODEL_NONE && parent != slot) {
            siblings[slot] = children[parent];
            children[parent] = slot;
        }
    }
}

static bool has_join_sets(const struct fb_model *m) {
    for (uint32_t i = 0; i < m->holds.used; i++) {
        const struct fb_model_hold *h = fb_model_hold_at(m, i);

        if (h != NULL && h->party == FB_PARTY_JOIN_SET) {
            return true;
        }
    }
    return false;
}

static int collect_all(struct fb_waits *w, const struct fb_model *m) {
    const size_t tasks = m->tasks.used;
    struct collector c = {.m = m, .w = w};
    uint32_t *lists = NULL;
    int err;

    if (has_join_sets(m)) { // else nobody asks for children
        lists = calloc(2 * tasks + 1, sizeof *lists);
        if (lists == NULL) {
            return -ENOMEM;
        }
        link_children(m, lists, lists + tasks);
        c.children = lists;
        c.siblings = lists + tasks;
    }
    err = collect(&c);
    free(lists);
    return err;
}

// ---- the whole ----

void fb_waits_deinit(struct fb_waits *w) {
    free(w->items);
    free(w->rings);
    free(w->members);
    free(w->rows);
    *w = (struct fb_waits){0};
}

bool fb_waits_deadlock(const struct fb_waits *w) {
    for (size_t i = 0; i < w->ring_count; i++) {
        if (w->rings[i].certain) {
            return true;
        }
    }
    return false;
}

int fb_waits_init(struct fb_waits *w, const struct fb_model *m) {
    struct fb__graph g;
    int err;

    *w = (struct fb_waits){.stalled = m->stalled};
    err = collect_all(w, m);
    if (err == 0) {
        err = fb__graph_init(&g, w, m);
        if (err == 0) {
            err = fb__graph_rings(&g, w);
        }
        if (err == 0) {
            err = fb__graph_rows(&g, w);
        }
        fb__graph_deinit(&g);
    }
    if (err < 0) {
        fb_waits_deinit(w);
    }
    return err;
}
