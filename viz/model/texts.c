// Problem: lines of text are compared many times.
// Idea: each different text is kept once, one behind the other; a table with
// open addressing finds it again by its bytes. The hash only says where to look.
// Invariants: at most half of the table is taken; offsets, never pointers.
#include "texts.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint32_t at, len;
};

struct fb_texts {
    char *bytes;
    size_t used, room;
    struct entry *entries; // by number - 1
    uint32_t count, capacity;
    uint32_t *table; // numbers; 0: free
    uint32_t table_size;
    bool failed;
};

struct fb_texts *fb__texts_create(void) {
    return calloc(1, sizeof(struct fb_texts));
}

void fb__texts_destroy(struct fb_texts *t) {
    if (t != NULL) {
        free(t->bytes);
        free(t->entries);
        free(t->table);
        free(t);
    }
}

// Source: Fowler, Noll and Vo's FNV-1a.
static uint32_t hash_of(const char *text, size_t len) {
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len; i++) {
        h = (h ^ (uint8_t)text[i]) * 16777619u;
    }
    return h;
}

// The place of the text in the table, or of the free slot where it belongs.
static uint32_t slot_of(const struct fb_texts *t, const char *text,
                        size_t len) {
    uint32_t at = hash_of(text, len) & (t->table_size - 1);

    while (t->table[at] != 0) {
        const struct entry *e = &t->entries[t->table[at] - 1];

        if (e->len == len && memcmp(t->bytes + e->at, text, len) == 0) {
            break;
        }
        at = (at + 1) & (t->table_size - 1);
    }
    return at;
}

static bool grow_table(struct fb_texts *t) {
    const uint32_t size = t->table_size == 0 ? 256 : 2 * t->table_size;
    uint32_t *table = calloc(size, sizeof *table);

    if (table == NULL) {
        return false;
    }
    free(t->table);
    t->table = table;
    t->table_size = size;
    for (uint32_t n = 1; n <= t->count; n++) {
        const struct entry *e = &t->entries[n - 1];

        t->table[slot_of(t, t->bytes + e->at, e->len)] = n;
    }
    return true;
}

static bool make_room(struct fb_texts *t, size_t len) {
    if (t->count == t->capacity) {
        const uint32_t capacity = t->capacity == 0 ? 128 : 2 * t->capacity;
        struct entry *grown =
            realloc(t->entries, capacity * sizeof *t->entries);

        if (grown == NULL) {
            return false;
        }
        t->entries = grown;
        t->capacity = capacity;
    }
    if (t->used + len + 1 > t->room) {
        const size_t room = 2 * (t->room + len) + 4096;
        char *grown = room < UINT32_MAX ? realloc(t->bytes, room) : NULL;

        if (grown == NULL) {
            return false;
        }
        t->bytes = grown;
        t->room = room;
    }
    return 2 * (t->count + 1) <= t->table_size || grow_table(t);
}

uint32_t fb__texts_number(struct fb_texts *t, const char *text, size_t len) {
    uint32_t slot;

    if (t->failed || !make_room(t, len)) {
        t->failed = true;
        return 0;
    }
    slot = slot_of(t, text, len);
    if (t->table[slot] == 0) {
        t->entries[t->count] =
            (struct entry){.at = (uint32_t)t->used, .len = (uint32_t)len};
        memcpy(t->bytes + t->used, text, len);
        t->bytes[t->used + len] = '\0';
        t->used += len + 1;
        t->table[slot] = ++t->count;
    }
    return t->table[slot];
}

const char *fb__texts_at(const struct fb_texts *t, uint32_t number) {
    return number >= 1 && number <= t->count
               ? t->bytes + t->entries[number - 1].at
               : "";
}
