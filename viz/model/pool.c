// Pools and indices: flat memory that can be copied as it is.
//
// Problem: a checkpoint of the world must be a plain copy, and a hostile trace
// must neither make look-ups slow nor walks long.
//
// Idea: slots and slot numbers instead of pointers. Live items are linked, so a
// walk costs what is alive and not what once was. The index is open addressing
// with pairs (id, slot); removal shifts the following entries back instead of
// leaving tombstones, so probes stay short however long the run is. Its hash
// depends on an address, so a file cannot be made to collide.
//
// Invariants: an index is at most half full; an empty pair is 0. A free slot is
// zero but for the link to the next one, which is its second word.
#include "pool.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *item_at(const struct fb_model_pool *p, uint32_t slot) {
    return (char *)p->items + (size_t)slot * p->item_bytes;
}

void fb__pool_init(struct fb_model_pool *p, uint32_t item_bytes) {
    *p = (struct fb_model_pool){.free_head = FB_MODEL_NONE,
                                .first = FB_MODEL_NONE,
                                .last = FB_MODEL_NONE,
                                .item_bytes = item_bytes};
}

void fb__pool_deinit(struct fb_model_pool *p) {
    free(p->items);
    free(p->links);
    fb__pool_init(p, p->item_bytes);
}

int fb__pool_grow(struct fb_model_pool *p, uint32_t more) {
    size_t capacity = p->capacity == 0 ? 16 : 2 * (size_t)p->capacity;
    void *grown;

    if (capacity >= FB_MODEL_NONE) {
        return -ENOMEM;
    }
    if (capacity < (size_t)p->count + more) {
        capacity = (size_t)p->count + more;
    }
    grown = realloc(p->items, capacity * p->item_bytes);
    if (grown == NULL) {
        return -ENOMEM;
    }
    p->items = grown;
    grown = realloc(p->links, capacity * 2 * sizeof(uint32_t));
    if (grown == NULL) {
        return -ENOMEM; // items are larger than capacity says: harmless
    }
    p->links = grown;
    p->capacity = (uint32_t)capacity;
    return 0;
}

static void link_last(struct fb_model_pool *p, uint32_t slot) {
    p->links[2 * (size_t)slot] = p->last;
    p->links[2 * (size_t)slot + 1] = FB_MODEL_NONE;
    if (p->last != FB_MODEL_NONE) {
        p->links[2 * (size_t)p->last + 1] = slot;
    } else {
        p->first = slot;
    }
    p->last = slot;
}

static void unlink_slot(struct fb_model_pool *p, uint32_t slot) {
    const uint32_t prev = p->links[2 * (size_t)slot];
    const uint32_t next = p->links[2 * (size_t)slot + 1];

    if (prev != FB_MODEL_NONE) {
        p->links[2 * (size_t)prev + 1] = next;
    } else {
        p->first = next;
    }
    if (next != FB_MODEL_NONE) {
        p->links[2 * (size_t)next] = prev;
    } else {
        p->last = prev;
    }
}

uint32_t fb__pool_take(struct fb_model_pool *p, uint32_t id) {
    uint32_t slot = p->free_head;
    uint32_t *item;

    if (slot != FB_MODEL_NONE) {
        item = item_at(p, slot);
        p->free_head = item[1];
        item[1] = 0;
    } else {
        slot = p->used++;
        item = item_at(p, slot);
        memset(item, 0, p->item_bytes);
    }
    item[0] = id;
    link_last(p, slot);
    p->count++;
    return slot;
}

void fb__pool_give(struct fb_model_pool *p, uint32_t slot) {
    uint32_t *item = item_at(p, slot);

    unlink_slot(p, slot);
    memset(item, 0, p->item_bytes);
    memset(&p->links[2 * (size_t)slot], 0, 2 * sizeof(uint32_t));
    item[1] = p->free_head;
    p->free_head = slot;
    p->count--;
    if (p->count == 0) { // nothing lives: forget the old extent
        p->used = 0;
        p->free_head = FB_MODEL_NONE;
    }
}

void fb__pool_to_end(struct fb_model_pool *p, uint32_t slot) {
    unlink_slot(p, slot);
    link_last(p, slot);
}

int fb__pool_shape(struct fb_model_pool *to, const struct fb_model_pool *from) {
    struct fb_model_pool shaped = *from;

    shaped.items = to->items;
    shaped.links = to->links;
    shaped.capacity = to->capacity;
    if (to->capacity < from->used) {
        shaped.items = malloc((size_t)from->used * from->item_bytes);
        shaped.links = malloc((size_t)from->used * 2 * sizeof(uint32_t));
        if (shaped.items == NULL || shaped.links == NULL) {
            free(shaped.items);
            free(shaped.links);
            return -ENOMEM;
        }
        free(to->items);
        free(to->links);
        shaped.capacity = from->used;
    }
    *to = shaped;
    return 0;
}

int fb__pool_copy(struct fb_model_pool *to, const struct fb_model_pool *from) {
    const int err = fb__pool_shape(to, from);

    if (err == 0 && from->used > 0) {
        memcpy(to->items, from->items, (size_t)from->used * from->item_bytes);
        memcpy(to->links, from->links,
               (size_t)from->used * 2 * sizeof(uint32_t));
    }
    return err;
}

size_t fb__pool_bytes(const struct fb_model_pool *p) {
    return (size_t)p->used * (p->item_bytes + 2 * sizeof(uint32_t));
}

// ---- index ----

// An odd number that a file cannot know.
static uint64_t multiplier_of(const void *address) {
    uint64_t m = ((uint64_t)(uintptr_t)address >> 4) * 0x9e3779b97f4a7c15u;

    m = (m ^ (m >> 29)) * 0xbf58476d1ce4e5b9u;
    return m | 1;
}

void fb__index_deinit(struct fb_model_index *x) {
    free(x->slots);
    *x = (struct fb_model_index){0};
}

int fb__index_grow(struct fb_model_index *x, uint32_t more) {
    struct fb_model_index grown = {.capacity = 64};

    while (((size_t)x->count + more) * 2 > grown.capacity) {
        if (grown.capacity > UINT32_MAX / 2) {
            return -ENOMEM;
        }
        grown.capacity *= 2;
    }
    grown.slots = calloc(grown.capacity, 2 * sizeof(uint32_t));
    if (grown.slots == NULL) {
        return -ENOMEM;
    }
    grown.multiplier = multiplier_of(grown.slots);
    for (size_t i = 0; i < x->capacity; i++) {
        if (x->slots[2 * i] != 0) {
            fb__index_put(&grown, x->slots[2 * i], x->slots[2 * i + 1]);
        }
    }
    free(x->slots);
    *x = grown;
    return 0;
}

void fb__index_put(struct fb_model_index *x, uint32_t id, uint32_t slot) {
    size_t i = fb__index_home(x, id);

    while (x->slots[2 * i] != 0) {
        i = (i + 1) & (x->capacity - 1);
    }
    x->slots[2 * i] = id;
    x->slots[2 * i + 1] = slot;
    x->count++;
}

void fb__index_set(struct fb_model_index *x, uint32_t id, uint32_t slot) {
    size_t i = fb__index_home(x, id);

    while (x->slots[2 * i] != 0 && x->slots[2 * i] != id) {
        i = (i + 1) & (x->capacity - 1);
    }
    x->count += x->slots[2 * i] == 0;
    x->slots[2 * i] = id;
    x->slots[2 * i + 1] = slot;
}

void fb__index_remove(struct fb_model_index *x, uint32_t id) {
    const size_t mask = (size_t)x->capacity - 1;
    size_t hole, next;

    if (x->capacity == 0 || id == 0) {
        return;
    }
    hole = fb__index_home(x, id);
    while (x->slots[2 * hole] != id) {
        if (x->slots[2 * hole] == 0) {
            return; // it is not there
        }
        hole = (hole + 1) & mask;
    }
    // Shift back every entry that the hole would cut off from its home.
    for (next = (hole + 1) & mask; x->slots[2 * next] != 0;
         next = (next + 1) & mask) {
        const size_t home = fb__index_home(x, x->slots[2 * next]);

        if (((next - home) & mask) >= ((next - hole) & mask)) {
            x->slots[2 * hole] = x->slots[2 * next];
            x->slots[2 * hole + 1] = x->slots[2 * next + 1];
            hole = next;
        }
    }
    x->slots[2 * hole] = 0;
    x->count--;
}

int fb__index_shape(struct fb_model_index *to,
                    const struct fb_model_index *from) {
    uint32_t *slots = to->slots;

    if (to->capacity < from->capacity) {
        slots = malloc((size_t)from->capacity * 2 * sizeof(uint32_t));
        if (slots == NULL) {
            return -ENOMEM;
        }
        free(to->slots);
    }
    *to = *from;
    to->slots = slots;
    return 0;
}

int fb__index_copy(struct fb_model_index *to,
                   const struct fb_model_index *from) {
    const int err = fb__index_shape(to, from);

    if (err == 0 && from->capacity > 0) {
        memcpy(to->slots, from->slots,
               (size_t)from->capacity * 2 * sizeof(uint32_t));
    }
    return err;
}

size_t fb__index_bytes(const struct fb_model_index *x) {
    return (size_t)x->capacity * 2 * sizeof(uint32_t);
}
