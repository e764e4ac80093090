// A time for every step of the trace, at a third of the price of a clock.
#ifndef FB_STAMP_H
#define FB_STAMP_H

#include <stdint.h>

// All zero is a stamp that has not been set yet.
struct fb__stamp {
    uint64_t ticks, ns;           // one moment, by the counter and by the clock
    uint64_t rate;                // ns a tick, in 2^-32; 0: not known
    uint64_t from_ticks, from_ns; // the moment since which it is measured
};

// The clock has just been asked, and then the counter.
void fb__stamp_set(struct fb__stamp *s, uint64_t ns, uint64_t ticks);

// The time at `ticks`, by the clock that fb__stamp_set was told of; 0 where
// that clock has to be asked: the rate is not known, or too long has passed.
uint64_t fb__stamp_at(const struct fb__stamp *s, uint64_t ticks);

#endif
