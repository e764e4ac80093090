// Tasks by id: linear probing, at most half full, holes closed on removal.
// Source: Knuth, The Art of Computer Programming 3, algorithm 6.4R.
#include "tracks.h"
#include <stdlib.h>

// Seeded by where the table lies, so that a file cannot be made to collide.
static size_t home_of(const struct fb__task_tracks *t, uint32_t id) {
    uint32_t h = id ^ (uint32_t)((uintptr_t)t->slots >> 4) * 2654435769u;

    h = (h ^ (h >> 16)) * 0x7feb352du;
    h = (h ^ (h >> 15)) * 0x846ca68bu;
    return (h ^ (h >> 16)) & (t->capacity - 1);
}

void fb__tracks_deinit(struct fb__task_tracks *t) {
    free(t->slots);
    *t = (struct fb__task_tracks){0};
}

static struct fb__task_track *place_of(const struct fb__task_tracks *t,
                                       uint32_t id) {
    size_t at = home_of(t, id);

    while (t->slots[at].id != 0 && t->slots[at].id != id) {
        at = (at + 1) & (t->capacity - 1);
    }
    return &t->slots[at];
}

struct fb__task_track *fb__tracks_find(const struct fb__task_tracks *t,
                                       uint32_t id) {
    struct fb__task_track *found = t->count > 0 ? place_of(t, id) : NULL;

    return found != NULL && found->id == id && id != 0 ? found : NULL;
}

static bool grow(struct fb__task_tracks *t) {
    const size_t capacity = t->capacity == 0 ? 64 : 2 * t->capacity;
    struct fb__task_tracks bigger = {
        .slots = calloc(capacity, sizeof(*bigger.slots)), .capacity = capacity};

    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].id != 0) {
            *place_of(&bigger, t->slots[i].id) = t->slots[i];
        }
    }
    bigger.count = t->count;
    free(t->slots);
    *t = bigger;
    return true;
}

struct fb__task_track *fb__tracks_add(struct fb__task_tracks *t, uint32_t id) {
    struct fb__task_track *place = fb__tracks_find(t, id);

    if (place != NULL) {
        return place;
    }
    if (2 * (t->count + 1) > t->capacity && !grow(t)) {
        return NULL;
    }
    place = place_of(t, id);
    *place = (struct fb__task_track){.id = id};
    t->count++;
    return place;
}

void fb__tracks_remove(struct fb__task_tracks *t, uint32_t id) {
    struct fb__task_track *found = fb__tracks_find(t, id);
    const size_t mask = t->capacity - 1;
    size_t hole, at;

    if (found == NULL) {
        return;
    }
    t->count--;
    hole = at = (size_t)(found - t->slots);
    for (;;) {
        t->slots[hole].id = 0;
        for (;;) {
            size_t home;

            at = (at + 1) & mask;
            if (t->slots[at].id == 0) {
                return;
            }
            home = home_of(t, t->slots[at].id);
            // it may move if its home is not between the hole and itself
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                break;
            }
        }
        t->slots[hole] = t->slots[at];
        hole = at;
    }
}
