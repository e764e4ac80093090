// Who comes on which evening.
#ifndef DRILL_GUESTS_H
#define DRILL_GUESTS_H

#include "evening.h"

enum { GUEST_STEPS = 3 };

struct guest {
    const char *label;
    unsigned evenings; // bit per enum evening
    bool breaks;       // its connection: it may hear less
    uint64_t at_ns;
    struct kit_step steps[GUEST_STEPS];
    size_t step_count;
};

extern const struct guest guests[];
extern const size_t guest_count;

// In order of their coming.
uint32_t guests_expected(enum evening evening);
void guests_come(struct kit_play *play, enum evening evening, uint16_t port);
// Whether `heard` is what a greeter may say to that guest, whatever its one
// read has brought.
bool guest_may_hear(const struct guest *g, const char *heard);

#endif
