// Problem: waiters, timers, sources, channels and join sets tie tasks to each
// other, and several workers use them at once.
// Idea: one lock for all of it. Core's parts stay as they are written for one
// thread, and bracket what they do. A primitive uses others inside its bracket,
// so the lock counts how often its owner has entered.
// What it costs: with several workers, leaf futures are polled one at a time;
// their system calls (leaf.c), compound futures and users' own code are not.
// While a trace is written the steps of tasks' lives are bracketed too, as the
// picture must show an order that happened.
// Invariants: nobody waits at a gap or for the kernel inside the bracket.
// Concurrency: `owner` is equal to this thread only if this thread has set it;
// all other fields under the lock.
#include "workers_impl.h"

_Thread_local struct fb__group *fb__group_here;
_Atomic uint32_t fb__group_runs;

static bool is_inside(const struct fb__group *g) {
    return atomic_load_explicit(&g->owner, memory_order_relaxed) ==
           fb__thread();
}

static void take(struct fb__group *g, uint32_t depth) {
    atomic_store_explicit(&g->owner, fb__thread(), memory_order_relaxed);
    g->depth = depth;
}

static uint32_t give(struct fb__group *g) {
    atomic_store_explicit(&g->owner, NULL, memory_order_relaxed);
    return g->depth;
}

void fb__group_lock(struct fb__group *g) {
    if (is_inside(g)) {
        g->depth++;
        return;
    }
    pthread_mutex_lock(&g->lock);
    take(g, 1);
}

void fb__group_unlock(struct fb__group *g) {
    if (--g->depth == 0) {
        give(g);
        pthread_mutex_unlock(&g->lock);
    }
}

uint32_t fb__shared_pause(void) {
    struct fb__group *g = fb__group_here;
    uint32_t depth;

    if (g == NULL || !is_inside(g)) {
        return 0;
    }
    depth = give(g);
    pthread_mutex_unlock(&g->lock);
    return depth;
}

void fb__shared_resume(uint32_t depth) {
    if (depth > 0) {
        pthread_mutex_lock(&fb__group_here->lock);
        take(fb__group_here, depth);
    }
}

void fb__shared_wait(void) {
    struct fb__group *g = fb__group_here;
    uint32_t depth;

    fb_assert(g != NULL && is_inside(g), "one waits inside the bracket");
    depth = give(g);
    g->listeners++;
    pthread_cond_wait(&g->news, &g->lock);
    g->listeners--;
    take(g, depth);
}

void fb__shared_news(void) {
    struct fb__group *g = fb__group_here;

    if (g->listeners > 0) {
        pthread_cond_broadcast(&g->news);
    }
}
