// Problem: the time is by far the dearest part of an event. A step of the
// runtime takes less than clock_gettime, and asked for it would take twice as
// long.
// Idea: the processor counts ticks at one rate. The clock is asked once a turn,
// as ever, and the counter with it; in between, the ticks since then say how
// late it is. That takes a third of the time (ns_per_event measures it).
//
//     clock  ──┬──────── a turn ────────┬──────── a turn ──►
//              │  ticks × rate          │  set again: no error adds up
//     stamps   ●────●──●─────●───●──────●────●──
//
// The rate is measured against the same clock: over 10 ms at first, until which
// the clock is asked each time, then over every second anew, for what the
// kernel's clock counts is steered by its time server.
// Invariants: a stamp is wrong by the error of the rate (what held the thread up
// between two reads, in a second) over one turn, of a second at the most. Where
// it was early the next may be before it: whoever stamps keeps the later one.
// Concurrency: a stamp belongs to one thread. Who calls brings the time and the
// ticks (fb__sys.now_ns, fb__sys.ticks).
#include "stamp.h"

#define FIRST_NS  10000000u    // measured for that long before the first use
#define AGAIN_NS  1000000000u  // and from then on
#define MAX_TICKS (1u << 30)   // 0.2 to 1 s on the processors there are
#define MAX_RATE  (2ull << 32) // slower counters are too coarse to be of use

__extension__ typedef unsigned __int128 wide;

void fb__stamp_set(struct fb__stamp *s, uint64_t ns, uint64_t ticks) {
    const uint64_t passed_ns = ns - s->from_ns;
    const uint64_t passed = ticks - s->from_ticks;

    s->ticks = ticks;
    s->ns = ns;
    if (passed_ns < (s->rate != 0 ? AGAIN_NS : FIRST_NS)) {
        return;
    }
    // Nothing to go by: the first call of all; a program that slept for days,
    // whose machine may have been moved to another one.
    s->rate = 0;
    if (s->from_ticks != 0 && passed_ns < 100ull * AGAIN_NS && passed > 0) {
        uint64_t rate = (uint64_t)(((wide)passed_ns << 32) / passed);

        s->rate = rate < MAX_RATE ? rate : 0;
    }
    s->from_ticks = ticks;
    s->from_ns = ns;
}

uint64_t fb__stamp_at(const struct fb__stamp *s, uint64_t ticks) {
    const uint64_t passed = ticks - s->ticks; // huge where it went back

    // The product stays below 2^63.
    return s->rate == 0 || passed >= MAX_TICKS
               ? 0
               : s->ns + (passed * s->rate >> 32);
}
