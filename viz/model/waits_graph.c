// The graph of waits: who can still be woken, and the rings.
//
// Idea: a component of the graph is a set of tasks of which each waits, in the
// end, for each other. It is found by one walk over all waits (Tarjan), whose
// recursion is the array `path`; the ring that is shown is the shortest one
// through the component's first task, found by a walk in breadth.
#include "waits_graph.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OVER UINT32_MAX // `low` of a node whose component is known

// ---- the graph ----

static int allocate(struct fb__graph *g, size_t waits) {
    const size_t nodes = (size_t)g->nodes + 1;
    bool whole = true;

    whole &= (g->first = calloc(nodes, sizeof *g->first)) != NULL;
    whole &= (g->end = calloc(nodes, sizeof *g->end)) != NULL;
    whole &= (g->from = calloc(waits + 1, sizeof *g->from)) != NULL;
    whole &= (g->to = calloc(waits + 1, sizeof *g->to)) != NULL;
    whole &= (g->awaited = calloc(nodes, sizeof *g->awaited)) != NULL;
    whole &= (g->alive = calloc(nodes, sizeof *g->alive)) != NULL;
    whole &= (g->ring_of = calloc(nodes, sizeof *g->ring_of)) != NULL;
    whole &= (g->order = calloc(nodes, sizeof *g->order)) != NULL;
    whole &= (g->low = calloc(nodes, sizeof *g->low)) != NULL;
    whole &= (g->stack = calloc(nodes, sizeof *g->stack)) != NULL;
    whole &= (g->path = calloc(nodes, sizeof *g->path)) != NULL;
    whole &= (g->cursor = calloc(nodes, sizeof *g->cursor)) != NULL;
    whole &= (g->via = calloc(nodes, sizeof *g->via)) != NULL;
    whole &= (g->placed = calloc(waits + 1, sizeof *g->placed)) != NULL;
    return whole ? 0 : -ENOMEM;
}

void fb__graph_deinit(struct fb__graph *g) {
    free(g->first);
    free(g->end);
    free(g->from);
    free(g->to);
    free(g->awaited);
    free(g->alive);
    free(g->ring_of);
    free(g->order);
    free(g->low);
    free(g->stack);
    free(g->path);
    free(g->cursor);
    free(g->via);
    free(g->placed);
}

static void link_waits(struct fb__graph *g, const struct fb_waits *w,
                       const struct fb_model *m) {
    for (size_t i = 0; i < w->count; i++) {
        const uint32_t node = w->items[i].index;

        g->from[i] = node;
        g->to[i] = w->items[i].on == 0
                       ? FB_MODEL_NONE
                       : fb__index_find(&m->task_index, w->items[i].on);
        if (g->first[node] == g->end[node]) {
            g->first[node] = i;
        }
        g->end[node] = i + 1;
        if (g->to[i] != FB_MODEL_NONE && w->items[i].members <= 1) {
            g->awaited[g->to[i]] = true;
        }
    }
}

// ---- who can be woken ----

// By itself, whatever others do.
static bool is_alive(const struct fb_model *m, const struct fb_model_task *t) {
    return t->state != FB_TASK_IDLE || fb_model_task_is_waking(m, t) ||
           (t->holds == FB_MODEL_NONE && !fb_model_task_is_lost(m, t));
}

// Whom the waits of node `at` come from: lists by wait, `via` the first of each
// node, `next` the following ones.
static void link_back(struct fb__graph *g, size_t waits, size_t *next) {
    for (uint32_t i = 0; i < g->nodes; i++) {
        g->via[i] = FB__NO_WAIT;
    }
    for (size_t i = 0; i < waits; i++) {
        if (g->to[i] != FB_MODEL_NONE) {
            next[i] = g->via[g->to[i]];
            g->via[g->to[i]] = i;
        }
    }
}

static int find_alive(struct fb__graph *g, const struct fb_waits *w,
                      const struct fb_model *m) {
    size_t *next = calloc(w->count + 1, sizeof *next);
    uint32_t count = 0;

    if (next == NULL) {
        return -ENOMEM;
    }
    link_back(g, w->count, next);
    for (uint32_t i = 0; i < g->nodes; i++) {
        const struct fb_model_task *t = fb_model_task_at(m, i);

        g->alive[i] = t != NULL && is_alive(m, t);
        for (size_t k = g->first[i]; k < g->end[i]; k++) {
            g->alive[i] = g->alive[i] || w->items[k].open;
        }
        if (g->alive[i]) {
            g->stack[count++] = i;
        }
    }
    for (uint32_t done = 0; done < count; done++) { // each node comes once
        for (size_t k = g->via[g->stack[done]]; k != FB__NO_WAIT; k = next[k]) {
            if (!g->alive[g->from[k]]) {
                g->alive[g->from[k]] = true;
                g->stack[count++] = g->from[k];
            }
        }
    }
    free(next);
    return 0;
}

int fb__graph_init(struct fb__graph *g, const struct fb_waits *w,
                   const struct fb_model *m) {
    int err;

    *g = (struct fb__graph){.nodes = m->tasks.used};
    err = allocate(g, w->count);
    if (err < 0) {
        return err;
    }
    for (uint32_t i = 0; i < g->nodes; i++) {
        g->ring_of[i] = FB__NO_RING;
    }
    link_waits(g, w, m);
    return find_alive(g, w, m);
}

// ---- rings ----

// A search goes along all waits, or along the certain ones only.
static bool counts(const struct fb__graph *g, const struct fb_waits *w,
                   size_t wait, bool certain) {
    return g->to[wait] != FB_MODEL_NONE && (!certain || w->items[wait].certain);
}

// Room for `more` items behind `count`; doubled, so that many additions cost
// as much as their number. NULL out of memory, and `items` is as before.
static void *with_room(void *items, size_t count, size_t more, size_t bytes) {
    size_t before = 1, after = 1;

    while (before < count) {
        before *= 2;
    }
    while (after < count + more) {
        after *= 2;
    }
    return count > 0 && before == after ? items : realloc(items, after * bytes);
}

static int push_ring(struct fb_waits *w, const struct fb_ring *ring) {
    struct fb_ring *grown =
        with_room(w->rings, w->ring_count, 1, sizeof *grown);

    if (grown == NULL) {
        return -ENOMEM;
    }
    w->rings = grown;
    w->rings[w->ring_count++] = *ring;
    return 0;
}

// Appends the waits that lead from `start` to the one that closes the ring.
static int push_members(struct fb__graph *g, struct fb_waits *w,
                        struct fb_ring *ring, uint32_t start, size_t closing) {
    size_t count = 1, *grown;

    for (size_t k = closing; g->from[k] != start; k = g->via[g->from[k]]) {
        count++;
    }
    grown = with_room(w->members, w->member_count, count, sizeof *grown);
    if (grown == NULL) {
        return -ENOMEM;
    }
    w->members = grown;
    ring->first = w->member_count;
    ring->count = count;
    w->member_count += count;
    for (size_t i = ring->first + count, k = closing;; k = g->via[g->from[k]]) {
        w->members[--i] = k;
        g->ring_of[g->from[k]] = w->ring_count;
        if (i == ring->first) {
            return 0;
        }
    }
}

// The wait that closes the shortest ring through `start`, along nodes that
// have the new ring's number.
static size_t find_closing(struct fb__graph *g, const struct fb_waits *w,
                           uint32_t *queue, uint32_t start, bool certain) {
    uint32_t count = 0;

    queue[count++] = start;
    for (uint32_t done = 0; done < count; done++) {
        const uint32_t node = queue[done];

        for (size_t k = g->first[node]; k < g->end[node]; k++) {
            const uint32_t to = g->to[k];

            if (!counts(g, w, k, certain) || g->ring_of[to] != w->ring_count) {
                continue;
            }
            if (to == start) {
                return k;
            }
            if (g->via[to] == FB__NO_WAIT) {
                g->via[to] = k;
                queue[count++] = to;
            }
        }
    }
    return FB__NO_WAIT;
}

// A wait by which one of these may come free; w->count if there is none.
static size_t find_way_out(const struct fb__graph *g, const struct fb_waits *w,
                           const uint32_t *nodes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        for (size_t k = g->first[nodes[i]]; k < g->end[nodes[i]]; k++) {
            if (w->items[k].open ||
                (g->to[k] != FB_MODEL_NONE && g->alive[g->to[k]] &&
                 g->ring_of[g->to[k]] != w->ring_count)) {
                return k;
            }
        }
    }
    return w->count;
}

static bool goes_round(const struct fb__graph *g, const struct fb_waits *w,
                       const uint32_t *nodes, uint32_t count, bool certain) {
    if (count > 1) {
        return true;
    }
    for (size_t k = g->first[nodes[0]]; k < g->end[nodes[0]]; k++) {
        if (counts(g, w, k, certain) && g->to[k] == nodes[0]) {
            return true;
        }
    }
    return false;
}

// What is known of the component is worth showing.
static bool is_worth(const struct fb__graph *g, const struct fb_waits *w,
                     const uint32_t *nodes, uint32_t count, bool certain) {
    if (!goes_round(g, w, nodes, count, certain)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (g->ring_of[nodes[i]] != FB__NO_RING) {
            return false; // it has a certain one
        }
    }
    return certain || !g->alive[nodes[0]] || w->stalled;
}

// A component's ring. While it is looked for, its nodes have the number that it
// will have in `ring_of`; in the end only the ring's own have. `queue` has room
// for all of them.
static int add_ring(struct fb__graph *g, struct fb_waits *w,
                    const uint32_t *nodes, uint32_t count, uint32_t *queue,
                    bool certain) {
    struct fb_ring ring = {.tasks = count, .certain = certain || w->stalled};
    uint32_t start = nodes[0];
    size_t closing;
    int err;

    for (uint32_t i = 0; i < count; i++) {
        g->ring_of[nodes[i]] = w->ring_count;
        g->via[nodes[i]] = FB__NO_WAIT;
        if (w->items[g->first[nodes[i]]].task <
            w->items[g->first[start]].task) {
            start = nodes[i];
        }
    }
    ring.closed = !g->alive[start] || w->stalled;
    ring.way_out = ring.closed ? w->count : find_way_out(g, w, nodes, count);
    closing = find_closing(g, w, queue, start, certain);
    for (uint32_t i = 0; i < count; i++) {
        g->ring_of[nodes[i]] = FB__NO_RING;
    }
    if (closing == FB__NO_WAIT) {
        return 0; // never: each node of a component leads to each other
    }
    err = push_members(g, w, &ring, start, closing);
    return err < 0 ? err : push_ring(w, &ring);
}

// ---- components ----

struct search {
    struct fb__graph *g;
    struct fb_waits *w;
    bool certain;
    uint32_t found, depth, height; // nodes found; of path; of stack
};

static void enter(struct search *s, uint32_t node) {
    struct fb__graph *g = s->g;

    g->order[node] = g->low[node] = ++s->found;
    g->cursor[node] = g->first[node];
    g->stack[s->height++] = node;
    g->path[s->depth++] = node;
}

// All waits of the innermost node were followed. Errors: -ENOMEM.
static int leave(struct search *s) {
    struct fb__graph *g = s->g;
    const uint32_t node = g->path[--s->depth], top = s->height;

    if (s->depth > 0) {
        uint32_t *up = &g->low[g->path[s->depth - 1]];

        *up = g->low[node] < *up ? g->low[node] : *up;
    }
    if (g->low[node] != g->order[node]) {
        return 0;
    }
    do { // a component: all that was found since
        g->low[g->stack[--s->height]] = OVER;
    } while (g->stack[s->height] != node);
    if (!is_worth(g, s->w, &g->stack[s->height], top - s->height, s->certain)) {
        return 0;
    }
    // the rest of the path has room for its nodes: they are not on it
    return add_ring(g, s->w, &g->stack[s->height], top - s->height,
                    &g->path[s->depth], s->certain);
}

static int search_from(struct search *s, uint32_t node) {
    struct fb__graph *g = s->g;
    int err = 0;

    enter(s, node);
    while (s->depth > 0 && err == 0) {
        const uint32_t at = g->path[s->depth - 1];
        const size_t wait = g->cursor[at];

        if (wait >= g->end[at]) {
            err = leave(s);
            continue;
        }
        g->cursor[at]++;
        if (!counts(g, s->w, wait, s->certain)) {
            continue;
        }
        if (g->order[g->to[wait]] == 0) {
            enter(s, g->to[wait]);
        } else if (g->low[g->to[wait]] != OVER &&
                   g->order[g->to[wait]] < g->low[at]) {
            g->low[at] = g->order[g->to[wait]];
        }
    }
    return err;
}

static int find_rings(struct fb__graph *g, struct fb_waits *w, bool certain) {
    struct search s = {.g = g, .w = w, .certain = certain};

    memset(g->order, 0, g->nodes * sizeof *g->order);
    for (size_t i = 0; i < w->count; i++) {
        if (g->order[g->from[i]] == 0) {
            const int err = search_from(&s, g->from[i]);

            if (err < 0) {
                return err;
            }
        }
    }
    return 0;
}

int fb__graph_rings(struct fb__graph *g, struct fb_waits *w) {
    bool any = false;
    int err;

    for (size_t i = 0; i < w->count && !any; i++) {
        any = g->to[i] != FB_MODEL_NONE;
    }
    if (!any) { // as in most programs at most times
        return 0;
    }
    err = find_rings(g, w, true);
    return err < 0 ? err : find_rings(g, w, false);
}
