// The small works that runtimes are compared by, done with ours.
//
// A work comes in chunks of some milliseconds, the same in every peer
// (tests/bench/README.md says what one is). The harness repeats chunks until
// enough time has passed and divides; each chunk counts what it did, so that a
// runtime which does less than it should is found out, not praised.
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include <fishbowl/fishbowl.h>

struct micro_work {
    const char *key;
    // Runs before the first chunk: what must be there already. May be NULL.
    void (*prepare)(struct fb_runtime *rt);
    // Makes one chunk and returns the operations it has seen happen.
    uint64_t (*chunk)(struct fb_runtime *rt);
    uint64_t operations; // what a right chunk returns
};

extern const struct micro_work micro_task_works[];    // ends with key NULL
extern const struct micro_work micro_channel_works[]; // ends with key NULL
extern const struct micro_work micro_timer_works[];   // ends with key NULL

// Whether several workers poll the tasks of a work.
extern bool micro_several;

// Adds to a counter that all tasks of a work share. One worker needs no locked
// instruction for it.
static inline void micro_count(uint64_t *counter, uint64_t more) {
    if (micro_several) {
        __atomic_fetch_add(counter, more, __ATOMIC_RELEASE);
    } else {
        *counter += more;
    }
}
static inline uint64_t micro_counted(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

// Ends the program: the benchmark itself went wrong.
__attribute__((noreturn)) void micro_die(const char *what, int err);

// Ends the program if err is negative, naming `what`.
static inline void micro_must(const char *what, int err) {
    if (err < 0) {
        micro_die(what, err);
    }
}

#endif
