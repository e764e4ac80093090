// The graph of waits: what waits.c asks of it. Nodes are slots of the tasks'
// pool, edges are waits, by their place in fb_waits.items.
#ifndef FISHBOWL_MODEL_WAITS_GRAPH_H
#define FISHBOWL_MODEL_WAITS_GRAPH_H

#include "waits.h"

#define FB__NO_RING SIZE_MAX
#define FB__NO_WAIT SIZE_MAX

struct fb__graph {
    uint32_t nodes;
    const uint32_t *ids;    // by node: of its task, 0 none
    size_t *first, *end;    // by node: its waits
    uint32_t *from, *to;    // by wait: nodes; to: FB_MODEL_NONE if nobody
    bool *awaited, *alive;  // by node: by somebody; it can be woken
    size_t *ring_of;        // by node: the ring that it is a member of
    uint32_t *order, *low;  // of a search: when a node was found, and the
                            // oldest that it leads to
    uint32_t *stack, *path; // of a search: nodes
    size_t *cursor, *via;   // by node: its next wait; the one that led there
    bool *placed;           // by wait: it has its row
};

// Errors: -ENOMEM. Ownership: fb__graph_deinit, in every case.
__attribute__((warn_unused_result)) int
fb__graph_init(struct fb__graph *g, const struct fb_waits *w,
               const struct fb_model *m);
void fb__graph_deinit(struct fb__graph *g);

// Finds the rings. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb__graph_rings(struct fb__graph *g,
                                                        struct fb_waits *w);
// Orders all waits for a picture; after the rings. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb__graph_rows(struct fb__graph *g,
                                                       struct fb_waits *w);

#endif
