// Who waits for whom, and where that goes in a ring.
//
// Built from a world when somebody asks: every stored waker of an idle task is
// something that it waits for, and for some of these it is known which task
// would have to act. Chains end at a descriptor, a timer, the outside, a waker
// that is lost; or they come back to where they began.
#ifndef FISHBOWL_WAITS_H
#define FISHBOWL_WAITS_H

#include "story.h"

// How it is known that a task would have to act.
enum fb_tie {
    FB_TIE_NONE,     // no task, or nobody knows which
    FB_TIE_LOST,     // nobody at all: its waker is stored nowhere
    FB_TIE_JOIN,     // it is awaited itself
    FB_TIE_OWNER,    // it has locked the mutex
    FB_TIE_PERMITS,  // it holds permits of the semaphore; others may give some
    FB_TIE_SENDS,    // it has sent before; others may
    FB_TIE_RECEIVES, // it has received before; others may
    FB_TIE_MEMBER,   // it was spawned by who waits for a join set
};

// One thing that one task waits for. A channel with two known senders makes
// two of them.
struct fb_wait {
    uint32_t task, on; // ids; on: who would have to act, 0 nobody known
    uint32_t index;    // pool index of `task`
    struct fb_model_hold hold;
    uint32_t members; // MEMBER: how many such waits there are side by side
    uint8_t tie;      // enum fb_tie
    bool certain;     // `on` and nobody else can end it: a join, a mutex
    bool open;        // somebody who is not known may end it
};

// Tasks that wait for each other, from the one with the least id on.
struct fb_ring {
    size_t first, count; // in fb_waits.members
    uint32_t tasks;      // that are tied together; more than count: a knot
    bool certain;        // every tie is, or the program has stalled
    bool closed;         // nothing outside wakes any of them
    size_t way_out;      // not closed: a wait that may end it; else items.count
};

// What a picture shows, line by line.
struct fb_waits_row {
    enum fb_waits_row_kind {
        FB_WAITS_RING,   // its heading
        FB_WAITS_MEMBER, // a wait that the ring is made of
        FB_WAITS_CHAIN,  // any other wait
    } kind;
    size_t ring;    // RING, MEMBER; CHAIN: one that `on` is in, or ring_count
    size_t wait;    // MEMBER, CHAIN
    uint32_t depth; // CHAIN: below which wait it hangs; 0 a task nobody awaits
    bool again;     // CHAIN: what `on` waits for stands above already
    bool last;      // MEMBER: the ring closes here
};

struct fb_waits {
    struct fb_wait *items; // a task's stand side by side, tasks by their spawn
    size_t count;
    struct fb_ring *rings;
    size_t ring_count;
    size_t *members; // places in items
    size_t member_count;
    struct fb_waits_row *rows; // rings first; members as one
    size_t row_count;
    bool stalled; // the program says itself that nothing can happen any more
};

// Takes time and memory in proportion to the tasks and stored wakers there are.
// Rings that are neither certain nor closed are left out: two tasks that have
// sent to each other before and both wait now are nothing strange.
// Ownership: fb_waits_deinit. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb_waits_init(struct fb_waits *w,
                                                      const struct fb_model *m);
void fb_waits_deinit(struct fb_waits *w); // legal on a zeroed one
// Whether there is a ring that is certain.
bool fb_waits_deadlock(const struct fb_waits *w);

// ---- in words; as those of story.h ----

// What the row's task waits for: "task 7 finishing", "mutex 3, locked by task 7",
// "fd 9 readable". Not for RING.
size_t fb_say_waits_row(char *out, size_t out_bytes, const struct fb_model *m,
                        const struct fb_waits *w,
                        const struct fb_waits_row *row);
// "Deadlock: tasks 2 and 3 wait for each other, and nothing else wakes them".
size_t fb_say_ring(char *out, size_t out_bytes, const struct fb_model *m,
                   const struct fb_waits *w, const struct fb_ring *ring);
// "1 ring; 3 tasks wait for others": all of it in a few words.
size_t fb_say_waits(char *out, size_t out_bytes, const struct fb_waits *w);

#endif
