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

enum { REGIONS = 1 + 2 * FB__POOLS + FB__INDICES, BLOCK = 64 };

typedef uint64_t __attribute__((may_alias)) word;

struct region {
    word *at;
    size_t words;
};

// The world itself, and all memory that belongs to it. Its items are whole
// words.
static void list_regions(struct fb_model *m, struct region regions[REGIONS]) {
    const struct fb__memory all = fb__world_memory(m);
    size_t n = 0;

    regions[n++] = (struct region){(word *)(void *)m, sizeof *m / sizeof(word)};
    for (int i = 0; i < FB__POOLS; i++) {
        const struct fb_model_pool *p = all.pools[i];

        regions[n++] = (struct region){
            p->items, (size_t)p->used * p->item_bytes / sizeof(word)};
        regions[n++] = (struct region){(word *)(void *)p->links, p->used};
    }
    for (int i = 0; i < FB__INDICES; i++) {
        regions[n++] = (struct region){(word *)(void *)all.indices[i]->slots,
                                       all.indices[i]->capacity};
    }
}

_Static_assert(sizeof(struct fb_model) % sizeof(word) == 0 &&
                   sizeof(struct fb_model_task) % sizeof(word) == 0 &&
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
    struct region regions[REGIONS];
    size_t words = 0;
    uint64_t *at;

    list_regions((struct fb_model *)m, regions); // only read from
    for (int i = 0; i < REGIONS; i++) {
        words += packed_words(regions[i]);
    }
    *ret = (struct fb__packed){.words = malloc(words * sizeof *at),
                               .bytes = sizeof *ret + words * sizeof *at,
                               .full_bytes = fb_model_bytes(m)};
    if (ret->words == NULL) {
        return -ENOMEM;
    }
    at = ret->words;
    for (int i = 0; i < REGIONS; i++) {
        at = pack_region(at, regions[i]);
    }
    return 0;
}

int fb__unpack(struct fb_model *to, const struct fb__packed *p) {
    struct region regions[REGIONS];
    struct fb_model shape; // its pools point to where they were
    const uint64_t *at =
        unpack_region(p->words, (struct region){(word *)(void *)&shape,
                                                sizeof shape / sizeof(word)});
    const int err = fb__world_shape(to, &shape);

    if (err < 0) {
        return err;
    }
    list_regions(to, regions);
    for (int i = 1; i < REGIONS; i++) {
        at = unpack_region(at, regions[i]);
    }
    return 0;
}

void fb__packed_free(struct fb__packed *p) {
    free(p->words);
    p->words = NULL;
}
