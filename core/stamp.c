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
// Invariants: a stamp is wrong by the error of the rate over less than half a
// second; whoever uses it keeps it from going back where it was early.
// Concurrency: a stamp belongs to one thread; the counter to all.
#include "stamp.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

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
    // A program may have slept for days, or its machine moved to another one.
    // The first moment of all lies decades back: its rate is 0.
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

// ---- the counter ----

#if defined(__x86_64__) && !defined(FB_NO_TRACE)

#include <cpuid.h>
#include <x86intrin.h>

// Whether the counter runs at one rate, whatever the processor does to save
// power. Source: AMD APM 3, Intel SDM 2: CPUID 8000_0007h, EDX bit 8.
static bool is_invariant(void) {
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx >> 8 & 1);
}

// Whether the kernel keeps its own time by it: it has found that all
// processors count alike, and goes on looking.
static bool kernel_trusts_it(void) {
    char name[8] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/"
                  "current_clocksource",
                  O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    (void)!read(fd, name, sizeof name - 1);
    (void)close(fd);
    return strcmp(name, "tsc\n") == 0;
}

uint64_t fb__stamp_ticks(void) {
    enum { NOT_ASKED, NO, YES };
    static _Atomic int trusted = NOT_ASKED;
    // Relaxed: whoever asks at the same time gets the same answer.
    int known = atomic_load_explicit(&trusted, memory_order_relaxed);

    if (__builtin_expect(known == NOT_ASKED, 0)) {
        known = is_invariant() && kernel_trusts_it() ? YES : NO;
        atomic_store_explicit(&trusted, known, memory_order_relaxed);
    }
    return known == YES ? __rdtsc() : 0;
}

#else

uint64_t fb__stamp_ticks(void) {
    return 0;
}

#endif
