// Problem: wakes, aborts, the end of a poll and the last reference race with
// each other, from any thread, and each pair of them has one right outcome.
// Idea: one atomic word, one function per transition, each a compare-exchange
// loop that computes the next word and returns what the caller has to do.
// task_state.h draws the picture; the numbers below are its arrows.
// Invariants: RUNNING and COMPLETE never together; references never reach 0
// while RUNNING or SCHEDULED; SHARED, once set, stays.
// Concurrency: every transition is acquire-release: whoever is woken by a
// transition sees what was written before it (a wake publishes its data to the
// poll that it causes; the last unref sees all that others did to the task).
// A word without SHARED can be named by its executor's thread only: nothing
// comes between its load and its store, so that these suffice.
#include "task_state.h"

#include "fishbowl/base.h"

#define LOAD(state_) atomic_load_explicit(state_, memory_order_acquire)

// Not every word pays for the locked instruction, which takes as long as all
// the rest of a transition several times over.
static bool swap(fb__task_state *state, uint32_t *seen, uint32_t next) {
    if (!(*seen & FB__SHARED)) {
        atomic_store_explicit(state, next, memory_order_relaxed);
        return true;
    }
    return atomic_compare_exchange_weak_explicit(
        state, seen, next, memory_order_acq_rel, memory_order_acquire);
}

static uint32_t with_ref(uint32_t word) {
    fb_assert(word < UINT32_MAX - FB__REF, "too many references to one task");
    return word + FB__REF;
}

void fb__state_init(fb__task_state *state) {
    atomic_store_explicit(state,
                          FB__SCHEDULED | FB__JOIN_INTEREST | 3 * FB__REF,
                          memory_order_relaxed); // published by the queue
}

enum fb__wake_action fb__state_wake_by_ref(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    for (;;) {
        enum fb__wake_action action;
        uint32_t next = seen | FB__SCHEDULED;

        if (seen & FB__COMPLETE) {
            return FB__WAKE_LATE;
        }
        if (seen & FB__SCHEDULED) {
            action = FB__WAKE_COALESCED; // still swapped: its release matters
        } else if (seen & FB__RUNNING) {
            action = FB__WAKE_DURING_POLL; // (7)
        } else {
            action = FB__WAKE_ENQUEUE; // (2)
            next = with_ref(next);
        }
        if (swap(state, &seen, next)) {
            return action;
        }
    }
}

enum fb__wake_action fb__state_wake_by_value(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    for (;;) {
        enum fb__wake_action action;
        uint32_t next = seen - FB__REF;

        if (seen & FB__COMPLETE) {
            action = next < FB__REF ? FB__WAKE_LAST : FB__WAKE_LATE; // (8)
        } else if (seen & FB__SCHEDULED) {
            action = FB__WAKE_COALESCED;
        } else if (seen & FB__RUNNING) {
            action = FB__WAKE_DURING_POLL; // (7)
            next |= FB__SCHEDULED;
        } else {
            action = FB__WAKE_ENQUEUE; // (2) the waker's reference goes along
            next = seen | FB__SCHEDULED;
        }
        if (swap(state, &seen, next)) {
            return action;
        }
    }
}

enum fb__abort_action fb__state_abort(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    for (;;) {
        enum fb__abort_action action = FB__ABORT_MARKED;
        uint32_t next = seen | FB__CANCELLED;

        if (seen & (FB__COMPLETE | FB__CANCELLED)) {
            return FB__ABORT_NOTHING;
        }
        if (!(seen & (FB__SCHEDULED | FB__RUNNING))) {
            action = FB__ABORT_ENQUEUE;
            next = with_ref(next | FB__SCHEDULED);
        }
        if (swap(state, &seen, next)) {
            return action;
        }
    }
}

enum fb__begin_action fb__state_begin_poll(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    for (;;) {
        if (seen & FB__COMPLETE) {
            return FB__BEGIN_SKIP;
        }
        if ((seen & (FB__RUNNING | FB__CANCELLED)) ==
            (FB__RUNNING | FB__CANCELLED)) {
            return FB__BEGIN_SKIP; // (9) seized, and not complete yet
        }
        fb_assert((seen & (FB__SCHEDULED | FB__RUNNING)) == FB__SCHEDULED,
                  "a queued task is scheduled and not running");
        if (swap(state, &seen, (seen | FB__RUNNING) & ~FB__SCHEDULED)) { // (3)
            return seen & FB__CANCELLED ? FB__BEGIN_CANCEL : FB__BEGIN_POLL;
        }
    }
}

enum fb__end_action fb__state_end_pending(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    for (;;) {
        enum fb__end_action action = FB__END_REQUEUE;
        uint32_t next = seen & ~FB__RUNNING;

        if (seen & FB__CANCELLED) {
            return FB__END_CANCEL;
        }
        if (!(seen & FB__SCHEDULED)) {
            action = FB__END_IDLE; // (5)
            next -= FB__REF;
        }
        if (swap(state, &seen, next)) {
            return action; // (4)
        }
    }
}

bool fb__state_try_seize(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    do {
        if (seen & (FB__RUNNING | FB__COMPLETE)) {
            return false;
        }
    } while (!swap(state, &seen, seen | FB__RUNNING | FB__CANCELLED)); // (9)
    return true;
}

uint32_t fb__state_complete(fb__task_state *state, bool failed) {
    uint32_t seen = LOAD(state);

    for (;;) {
        uint32_t next = (seen | FB__COMPLETE) & ~(FB__RUNNING | FB__SCHEDULED);

        fb_assert(seen & FB__RUNNING, "only a running task completes");
        if (swap(state, &seen, failed ? next | FB__FAILED : next)) { // (6)
            return seen;
        }
    }
}

uint32_t fb__state_drop_interest(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    while (!swap(state, &seen, seen & ~FB__JOIN_INTEREST)) {
    }
    return seen;
}

bool fb__state_shared(const fb__task_state *state) {
    // Relaxed: set before the word was made known to the thread that asks.
    return atomic_load_explicit(state, memory_order_relaxed) & FB__SHARED;
}

void fb__state_share(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    while (!swap(state, &seen, seen | FB__SHARED)) {
    }
}

void fb__state_ref(fb__task_state *state) {
    uint32_t seen = LOAD(state);

    while (!swap(state, &seen, with_ref(seen))) {
    }
}

bool fb__state_unref(fb__task_state *state) {
    // Release: what this thread did to the task; acquire: what others did.
    uint32_t seen = LOAD(state);

    do {
        fb_assert(seen >= FB__REF, "a reference is given back once");
    } while (!swap(state, &seen, seen - FB__REF));
    return seen < 2 * FB__REF;
}
