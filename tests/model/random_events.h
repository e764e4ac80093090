// Random events from a seed: hostile ones, with ids that often meet.
#ifndef FB_TEST_RANDOM_EVENTS_H
#define FB_TEST_RANDOM_EVENTS_H

#include "fishbowl/trace/format.h"

static inline uint32_t random_next(uint64_t *state) {
    // xorshift64*, any state but 0. Source: Marsaglia 2003, Vigna 2016.
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545f4914f6cdd1dull) >> 32);
}

// Small ids mostly, so that events concern each other; wild ones at times.
static inline uint32_t random_id(uint64_t *state) {
    const uint32_t r = random_next(state);

    return r % 50 == 0 ? random_next(state) : r % 24;
}

static inline struct fb_event random_event(uint64_t *state) {
    struct fb_event e;
    uint32_t words[8];

    for (int i = 0; i < 8; i++) {
        words[i] =
            random_next(state) % 3 == 0 ? random_next(state) : random_id(state);
    }
    __builtin_memcpy(&e, words, sizeof e);
    e.kind = (uint8_t)(random_next(state) % (FB_EV_KINDS + 1));
    e.detail = (uint8_t)(random_next(state) % 16 == 0 ? random_next(state)
                                                      : random_next(state) % 4);
    e.flags = (uint16_t)(random_next(state) % 12);
    if (random_next(state) % 6 == 0) {
        e.flags = (uint16_t)random_next(state);
    }
    e.subject = random_id(state);
    return e;
}

#endif
