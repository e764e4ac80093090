// Pools and indices: the model's only memory.
//
// A pool is one array of slots. Live items are linked in order of creation,
// free slots in a free list, both by slot number, so that a copy of the arrays
// is a copy of everything. Each item begins with a uint32_t that is not 0 while
// it is live. An index finds a slot by id.
#ifndef FISHBOWL_MODEL_POOL_H
#define FISHBOWL_MODEL_POOL_H

#include "model.h"

void fb__pool_init(struct fb_model_pool *p, uint32_t item_bytes);
void fb__pool_deinit(struct fb_model_pool *p);
// Makes room for `more` items. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb__pool_grow(struct fb_model_pool *p,
                                                      uint32_t more);
// A zeroed item that begins with `id`, at the end of the order.
// Requires: reserved, id not 0.
uint32_t fb__pool_take(struct fb_model_pool *p, uint32_t id);
void fb__pool_give(struct fb_model_pool *p, uint32_t slot);
// Moves a live item to the end of the order.
void fb__pool_to_end(struct fb_model_pool *p, uint32_t slot);
// Makes `to` as large as `from`, with whatever is in its items.
// Errors: -ENOMEM; `to` is as before.
__attribute__((warn_unused_result)) int
fb__pool_shape(struct fb_model_pool *to, const struct fb_model_pool *from);
// Errors: -ENOMEM; `to` is as before.
__attribute__((warn_unused_result)) int
fb__pool_copy(struct fb_model_pool *to, const struct fb_model_pool *from);
size_t fb__pool_bytes(const struct fb_model_pool *p);

// The item in `slot`, or NULL if there is no live one.
static inline void *fb__pool_at(const struct fb_model_pool *p, uint32_t slot) {
    char *item;

    if (slot >= p->used) {
        return NULL;
    }
    item = (char *)p->items + (size_t)slot * p->item_bytes;
    return *(const uint32_t *)(const void *)item == 0 ? NULL : item;
}

// The live item after `slot` in order of creation, or FB_MODEL_NONE.
static inline uint32_t fb__pool_after(const struct fb_model_pool *p,
                                      uint32_t slot) {
    return p->links[2 * (size_t)slot + 1];
}

// Makes sure that `more` items can be taken without failing. Errors: -ENOMEM.
__attribute__((warn_unused_result)) static inline int
fb__pool_reserve(struct fb_model_pool *p, uint32_t more) {
    return p->capacity - p->count >= more ? 0 : fb__pool_grow(p, more);
}

void fb__index_deinit(struct fb_model_index *x);
// Makes room for `more` ids. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb__index_grow(struct fb_model_index *x,
                                                       uint32_t more);
// Makes sure that `more` ids can be put without failing. Errors: -ENOMEM.
__attribute__((warn_unused_result)) static inline int
fb__index_reserve(struct fb_model_index *x, uint32_t more) {
    return ((size_t)x->count + more) * 2 <= x->capacity
               ? 0
               : fb__index_grow(x, more);
}

// Where the search for `id` begins. Ids are given in order, and what is made
// together is looked up together: so eight neighbours share a cache line, and
// the hash chooses the line. Its multiplier is not known to a file; the second
// one breaks up the steps in which multiples would go.
static inline uint32_t fb__index_home(const struct fb_model_index *x,
                                      uint32_t id) {
    uint64_t line = id / 8 * x->multiplier;

    line = (line ^ line >> 32) * 0x9e3779b97f4a7c15u >> 32;
    return (uint32_t)(line << 3 | id % 8) & (x->capacity - 1);
}

// FB_MODEL_NONE if there is none.
static inline uint32_t fb__index_find(const struct fb_model_index *x,
                                      uint32_t id) {
    if (x->capacity == 0 || id == 0) {
        return FB_MODEL_NONE;
    }
    for (size_t i = fb__index_home(x, id);; i = (i + 1) & (x->capacity - 1)) {
        if (x->slots[2 * i] == id) {
            return x->slots[2 * i + 1];
        }
        if (x->slots[2 * i] == 0) {
            return FB_MODEL_NONE;
        }
    }
}
// Requires: reserved, id not 0 and not there.
void fb__index_put(struct fb_model_index *x, uint32_t id, uint32_t slot);
// As put, or in place of what is there. Requires: reserved, or there.
void fb__index_set(struct fb_model_index *x, uint32_t id, uint32_t slot);
void fb__index_remove(struct fb_model_index *x, uint32_t id);
// As the pool's.
__attribute__((warn_unused_result)) int
fb__index_shape(struct fb_model_index *to, const struct fb_model_index *from);
__attribute__((warn_unused_result)) int
fb__index_copy(struct fb_model_index *to, const struct fb_model_index *from);
size_t fb__index_bytes(const struct fb_model_index *x);

#endif
