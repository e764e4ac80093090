// The graph of waits as lines: rings first, then chains as trees.
//
//     Deadlock …                        RING
//     ┌ task 2 waits for task 3         MEMBER
//     └ task 3 waits for task 2         MEMBER, last
//     task 5 waits for task 7           CHAIN, depth 0
//       task 7 waits for fd 9 readable  CHAIN, depth 1
//
// The members of a join set are one row, and chains of their own.
// Invariants: no wait has two rows, so there are no more rows than waits and
// rings, whatever hangs below what.
#include "waits_graph.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add(struct fb_waits *w, struct fb_waits_row row) {
    w->rows[w->row_count++] = row;
}

static void add_rings(struct fb__graph *g, struct fb_waits *w) {
    for (size_t i = 0; i < w->ring_count; i++) {
        const struct fb_ring *ring = &w->rings[i];

        add(w, (struct fb_waits_row){.kind = FB_WAITS_RING, .ring = i});
        for (size_t k = 0; k < ring->count; k++) {
            const size_t wait = w->members[ring->first + k];

            add(w, (struct fb_waits_row){.kind = FB_WAITS_MEMBER,
                                         .ring = i,
                                         .wait = wait,
                                         .last = k + 1 == ring->count});
            g->placed[wait] = true;
        }
    }
}

// Whose waits have been begun is marked in `order`.
static void enter(struct fb__graph *g, uint32_t *depth, uint32_t node) {
    g->order[node] = 1;
    g->cursor[node] = g->first[node];
    g->path[(*depth)++] = node;
}

// The other members of the join set whose first one has its row by now.
static void skip_members(struct fb__graph *g, const struct fb_waits *w,
                         uint32_t node) {
    while (g->cursor[node] < g->end[node] &&
           w->items[g->cursor[node]].members > 1) {
        g->placed[g->cursor[node]++] = true;
    }
}

// All waits of a node, and below each what is waited for there.
static void add_chain(struct fb__graph *g, struct fb_waits *w, uint32_t node) {
    uint32_t depth = 0;

    enter(g, &depth, node);
    while (depth > 0) {
        const uint32_t at = g->path[depth - 1];
        const size_t wait = g->cursor[at];
        struct fb_waits_row row = {.kind = FB_WAITS_CHAIN,
                                   .ring = w->ring_count,
                                   .wait = wait,
                                   .depth = depth - 1};
        uint32_t to;

        if (wait >= g->end[at]) {
            depth--;
            continue;
        }
        g->cursor[at]++;
        if (g->placed[wait]) {
            continue;
        }
        g->placed[wait] = true;
        if (w->items[wait].members > 1) {
            skip_members(g, w, at);
            add(w, row);
            continue;
        }
        to = g->to[wait];
        if (to != FB_MODEL_NONE && g->ring_of[to] != FB__NO_RING) {
            row.ring = g->ring_of[to];
        } else if (to != FB_MODEL_NONE && g->order[to] != 0) {
            row.again = g->first[to] < g->end[to];
        } else if (to != FB_MODEL_NONE) {
            enter(g, &depth, to);
        }
        add(w, row);
    }
}

// Whether who has this wait waits for any other task.
static bool awaits_any(const struct fb__graph *g, size_t wait) {
    const uint32_t node = g->from[wait];

    if (wait != g->first[node]) {
        return false; // was asked with its first
    }
    for (size_t k = g->first[node]; k < g->end[node]; k++) {
        if (g->to[k] != FB_MODEL_NONE) {
            return true;
        }
    }
    return false;
}

int fb__graph_rows(struct fb__graph *g, struct fb_waits *w) {
    w->rows = calloc(w->count + w->ring_count + 1, sizeof *w->rows);
    if (w->rows == NULL) {
        return -ENOMEM;
    }
    memset(g->order, 0, g->nodes * sizeof *g->order);
    add_rings(g, w);
    for (size_t i = 0; i < w->member_count; i++) { // what else they wait for
        add_chain(g, w, g->from[w->members[i]]);
    }
    for (size_t i = 0; i < w->count; i++) { // beginnings of chains
        if (!g->placed[i] && !g->awaited[g->from[i]] && awaits_any(g, i)) {
            add_chain(g, w, g->from[i]);
        }
    }
    for (size_t i = 0; i < w->count; i++) { // those who have nobody's
        if (!g->placed[i] && !g->awaited[g->from[i]]) {
            add_chain(g, w, g->from[i]);
        }
    }
    for (size_t i = 0; i < w->count; i++) { // in knots, but in no ring
        if (!g->placed[i]) {
            add_chain(g, w, g->from[i]);
        }
    }
    return 0;
}
