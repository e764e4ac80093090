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
// Makes sure that `more` items can be taken without failing. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__pool_reserve(struct fb_model_pool *p, uint32_t more);
// A zeroed item that begins with `id`, at the end of the order.
// Requires: reserved, id not 0.
uint32_t fb__pool_take(struct fb_model_pool *p, uint32_t id);
void fb__pool_give(struct fb_model_pool *p, uint32_t slot);
// Moves a live item to the end of the order.
void fb__pool_to_end(struct fb_model_pool *p, uint32_t slot);
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

void fb__index_deinit(struct fb_model_index *x);
__attribute__((warn_unused_result)) int
fb__index_reserve(struct fb_model_index *x, uint32_t more);
// FB_MODEL_NONE if there is none.
uint32_t fb__index_find(const struct fb_model_index *x, uint32_t id);
// Requires: reserved, id not 0 and not there.
void fb__index_put(struct fb_model_index *x, uint32_t id, uint32_t slot);
void fb__index_remove(struct fb_model_index *x, uint32_t id);
__attribute__((warn_unused_result)) int
fb__index_copy(struct fb_model_index *to, const struct fb_model_index *from);
size_t fb__index_bytes(const struct fb_model_index *x);

#endif
