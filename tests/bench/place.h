// Where programs run and in which order: processors and chance.
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include <stdint.h>

// The processors this process may use: the last one for what is measured, the
// first one for what drives it (the same one if there is only one).
struct place {
    int driver, measured;
};
struct place place_find(void);

// Keeps this process to one processor, or to two.
void place_pin(int cpu);
void place_pin_both(const struct place *p);

// A random order of 0 … count - 1; `seed` goes on from call to call.
void place_shuffle(unsigned *order, unsigned count, uint64_t *seed);

#endif
