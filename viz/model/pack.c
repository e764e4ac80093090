// A world put away.
//
// Problem: how far a seek must replay depends on how many worlds can be kept,
// and a world of ten thousand tasks takes megabytes.
//
// Idea: most of a world is zeros: labels that end, messages that never came,
// counters that never rose, places that are free. So a region of memory is
// kept as blocks of 64 words, each as a mask of those that are not zero, and
// those. Both ways cost about what a copy costs.
//
// Invariants: what comes out is the world that went in, to the byte.
#include "pack.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS = 6, INDICES = 5, REGIONS = 2 * POOLS + INDICES, BLOCK = 64 };

typedef uint64_t __attribute__((may_alias)) word;

struct region {
    word *at;
    size_t words;
};

static void list_pools(struct fb_model *m, struct fb_model_pool *pools[POOLS]) {
    struct fb_model_pool *const all[POOLS] = {
        &m->tasks, &m->futures, &m->sources, &m->timers, &m->holds, &m->workers,
    };

    memcpy(pools, all, sizeof all);
}

static void list_indices(struct fb_model *m,
                         struct fb_model_index *indices[INDICES]) {
    struct fb_model_index *const all[INDICES] = {
        &m->task_index, &m->future_index, &m->source_index, &m->timer_index,
        &m->hold_index};

    memcpy(indices, all, sizeof all);
}

// All memory that belongs to a world. Its items are whole words.
static void list_regions(struct fb_model *m, struct region regions[REGIONS]) {
    struct fb_model_pool *pools[POOLS];
    struct fb_model_index *indices[INDICES];
    size_t n = 0;

    list_pools(m, pools);
    list_indices(m, indices);
    for (int i = 0; i < POOLS; i++) {
        const struct fb_model_pool *p = pools[i];

        regions[n++] = (struct region){
            p->items, (size_t)p->used * p->item_bytes / sizeof(word)};
        regions[n++] = (struct region){(word *)(void *)p->links, p->used};
    }
    for (int i = 0; i < INDICES; i++) {
        regions[n++] = (struct region){(word *)(void *)indices[i]->slots,
                                       indices[i]->capacity};
    }
}

_Static_assert(sizeof(struct fb_model_task) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_future) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_source) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_timer) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_hold) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_worker) % sizeof(word) == 0,
               "records are whole words");

// ---- one region -------------------------------------------------------------

static size_t packed_words(struct region r) {
    size_t words = (r.words + BLOCK - 1) / BLOCK;

    for (size_t i = 0; i < r.words; i++) {
        words += r.at[i] != 0;
    }
    return words;
}

// Returns where the next region goes.
static uint64_t *pack_region(uint64_t *out, struct region r) {
    for (size_t from = 0; from < r.words; from += BLOCK) {
        const size_t n = r.words - from < BLOCK ? r.words - from : BLOCK;
        uint64_t *const mask = out++;

        *mask = 0;
        for (size_t i = 0; i < n; i++) {
            const uint64_t value = r.at[from + i];

            if (value != 0) {
                *mask |= 1ull << i;
                *out++ = value;
            }
        }
    }
    return out;
}

// Returns where the next region was put.
static const uint64_t *unpack_region(const uint64_t *in, struct region r) {
    for (size_t from = 0; from < r.words; from += BLOCK) {
        const size_t n = r.words - from < BLOCK ? r.words - from : BLOCK;
        uint64_t mask = *in++;

        memset(r.at + from, 0, n * sizeof(word));
        for (; mask != 0; mask &= mask - 1) {
            r.at[from + (size_t)__builtin_ctzll(mask)] = *in++;
        }
    }
    return in;
}

// ---- a world ----------------------------------------------------------------

int fb__pack(struct fb__packed *ret, const struct fb_model *m) {
    struct fb_model_pool *pools[POOLS];
    struct fb_model_index *indices[INDICES];
    struct region regions[REGIONS];
    size_t words = 0;
    uint64_t *at;

    *ret = (struct fb__packed){.flat = *m};
    list_regions(&ret->flat, regions);
    for (int i = 0; i < REGIONS; i++) {
        words += packed_words(regions[i]);
    }
    ret->bytes = sizeof(*ret) + words * sizeof(*at);
    ret->words = at = malloc(words * sizeof(*at) + 1); // an empty one has none
    if (at == NULL) {
        return -ENOMEM;
    }
    for (int i = 0; i < REGIONS; i++) {
        at = pack_region(at, regions[i]);
    }
    list_pools(&ret->flat, pools);
    list_indices(&ret->flat, indices);
    for (int i = 0; i < POOLS; i++) { // it was the other's
        pools[i]->items = NULL;
        pools[i]->links = NULL;
    }
    for (int i = 0; i < INDICES; i++) {
        indices[i]->slots = NULL;
    }
    return 0;
}

int fb__unpack(struct fb_model *to, const struct fb__packed *p) {
    struct region regions[REGIONS];
    const uint64_t *at = p->words;
    const int err = fb__world_shape(to, &p->flat);

    if (err < 0) {
        return err;
    }
    list_regions(to, regions);
    for (int i = 0; i < REGIONS; i++) {
        at = unpack_region(at, regions[i]);
    }
    return 0;
}

void fb__packed_free(struct fb__packed *p) {
    free(p->words);
    p->words = NULL;
}
