// Problem: a future that only works when it is polled exactly after its wake,
// a read that brings all that was sent, a local that happens to survive on the
// stack: such code passes every friendly test.
// Idea: a build in which all that may happen does: idle tasks are polled for
// no reason, wakes come twice, runnable tasks run in any order, the stack below
// a poll is overwritten before it; and the kernel says what it may say
// (hostile_calls.c). Everything follows from one seed, FB_HOSTILE_SEED: 1 where
// it is not set, said on stderr where it is (unless FB_HOSTILE_SILENT is, too);
// 0 for none of it.
// Invariants: hostility only adds to a program that is doing something: with an
// empty run queue nothing is woken, so that a stall is still found.
// Concurrency: the runtime's generator belongs to the executor's thread; each
// thread has one of its own for system calls and wakes from outside.
#include "hostile.h"

#ifdef FB_HOSTILE

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REACH = 64, STACK_BYTES = 8192 };

// xorshift64*. Source: Vigna (2016).
static uint64_t draw(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du >> 32;
}

static uint64_t seed; // 0: off
static bool hushed;   // by a test

void fb__hostile_hush(bool hush) {
    hushed = hush;
}

static void read_seed(void) {
    const char *text = getenv("FB_HOSTILE_SEED");

    seed = text == NULL ? 1 : strtoull(text, NULL, 0);
    if (seed != 0 && text != NULL && getenv("FB_HOSTILE_SILENT") == NULL) {
        (void)fprintf(stderr,
                      "fishbowl: hostile build; replay with "
                      "FB_HOSTILE_SEED=%llu %s\n",
                      (unsigned long long)seed, program_invocation_name);
    }
}

static uint64_t hostile_seed(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, read_seed);
    return hushed ? 0 : seed;
}

// ---- the executor ----

void fb__hostile_begin(struct fb_runtime *rt) {
    if (hostile_seed() == 0) {
        return;
    }
    rt->hostile = (hostile_seed() ^ rt->random) * 0x9e3779b97f4a7c15u | 1;
    if (rt->order == FB_ORDER_FIFO) {
        rt->order = FB_ORDER_SEEDED;
        rt->random = rt->hostile;
    }
}

static void wake_anyone(struct fb_runtime *rt) {
    struct fb_task *task = rt->home->all_first;

    if (task == NULL) {
        return; // another worker has ended the last one
    }
    for (uint64_t skip = draw(&rt->hostile) % REACH; skip > 0; skip--) {
        task = task->all_next != NULL ? task->all_next : rt->home->all_first;
    }
    // Acquire: as a wake by anyone else. Only an idle task is woken.
    if ((atomic_load_explicit(&task->state, memory_order_acquire) &
         (FB__RUNNING | FB__SCHEDULED | FB__COMPLETE)) == 0) {
        const struct fb_waker waker = {.ops = &fb__task_waker_ops,
                                       .data = task};

        fb_waker_wake_by_ref(&waker);
    }
}

void fb__hostile_between_polls(struct fb_runtime *rt) {
    // One in four: each such poll brings at most a quarter of another one.
    // A worker asks only where its queue is not empty.
    // Who picks whom to poll has said all that is to be polled.
    if (rt->hostile != 0 && rt->on_pick == NULL &&
        (fb__have_workers() || rt->queue_len > 0) &&
        draw(&rt->hostile) % 4 == 0) {
        fb__shared_begin();
        wake_anyone(rt);
        fb__shared_end();
    }
}

// Not inlined: its frame is where the poll's will be. (The address sanitizer
// may keep frames elsewhere.)
__attribute__((noinline, no_sanitize("address"))) void
fb__hostile_before_poll(const struct fb_runtime *rt) {
    char below[STACK_BYTES];

    if (rt->hostile != 0) {
        memset(below, 0xa5, sizeof below);
        __asm__ volatile("" : : "r"(below) : "memory"); // it counts as read
    }
}

// ---- any thread ----

bool fb__hostile_one_in(unsigned n) {
    static _Thread_local uint64_t state;

    if (hostile_seed() == 0) {
        return false;
    }
    if (state == 0) {
        state = hostile_seed() * 0x9e3779b97f4a7c15u | 1;
    }
    return draw(&state) % n == 0;
}

bool fb__hostile_repeats(const struct fb_task *task) {
    if (!fb__task_here(task)) {
        return fb__hostile_one_in(4);
    }
    return fb__runtime_here->hostile != 0 &&
           draw(&fb__runtime_here->hostile) % 4 == 0;
}

#endif
