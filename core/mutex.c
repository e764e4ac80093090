// Problem: a task works on shared data across awaits; the others must wait
// until it is done, in order, and whichever of them is cancelled.
// Idea: unlocking hands the lock to the first waiter, which thereby holds it
// before it runs: nobody can take it in between, and a waiter that is dropped
// in between hands it on.
//
//     free ──(1) lock──► locked ──(2) unlock, nobody waits──► free
//                          │ ▲
//        (3) unlock ──► granted to the first ──(4) its poll: locked
//                              └──(5) dropped unpolled: as (2) or (3)
//
// Invariants: while somebody waits, it is locked or granted.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::Mutex.
#include "channel_impl.h"

#include <errno.h>

void fb_mutex_init(struct fb_mutex *m, struct fb_runtime *rt) {
    *m = (struct fb_mutex){0};
    fb__channel_open(&m->channel, rt, FB_CHANNEL_MUTEX, 1, 1);
}

void fb_mutex_deinit(struct fb_mutex *m) {
    fb_assert(!m->locked && m->waiters.first == NULL,
              "nobody holds or waits for a mutex that ends");
    *m = (struct fb_mutex){0};
}

static void hold(struct fb_mutex *m, struct fb_mutex_guard *ret_guard) {
    fb_assert(ret_guard->mutex == NULL,
              "a lock is released before its place is used again");
    ret_guard->mutex = m;
    fb__channel_note(&m->channel, FB_CHANNEL_TAKE, 0, 1);
}

static int try_lock(struct fb_mutex *m, struct fb_mutex_guard *ret_guard) {
    if (m->locked) {
        return -EAGAIN;
    }
    m->locked = true; // (1)
    hold(m, ret_guard);
    return 0;
}

int fb_mutex_try_lock(struct fb_mutex *m, struct fb_mutex_guard *ret_guard) {
    int result;

    fb__shared_begin();
    result = try_lock(m, ret_guard);
    fb__shared_end();
    return result;
}

static void let_go(struct fb_mutex *m, enum fb_channel_op op) {
    struct fb_waiter *first = m->waiters.first;

    m->locked = first != NULL; // (2)
    fb__channel_note(&m->channel, op, !m->locked, 1);
    if (first != NULL) { // (3)
        fb_container_of(first, struct fb_lock, waiter)->granted = true;
        fb__channel_wake(&m->channel, first);
    }
}

void fb_mutex_unlock(struct fb_mutex_guard *g) {
    struct fb_mutex *m = g->mutex;

    g->mutex = NULL;
    if (m != NULL) {
        fb__shared_begin();
        let_go(m, FB_CHANNEL_GIVE);
        fb__shared_end();
    }
}

static enum fb_poll lock_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_lock *self = fb_container_of(future, struct fb_lock, future);
    struct fb_mutex *m = self->mutex;

    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    if (self->granted) { // (4)
        self->granted = false;
        hold(m, self->ret_guard);
        fb_budget_spend(cx);
        return FB_READY;
    }
    if (try_lock(m, self->ret_guard) == 0) {
        fb_budget_spend(cx);
        return FB_READY;
    }
    fb__channel_wait(&m->channel, &self->waiter, cx, &m->waiters,
                     FB_AWAITS_MUTEX);
    return FB_PENDING;
}

static void lock_drop(struct fb_future *future) {
    struct fb_lock *self = fb_container_of(future, struct fb_lock, future);

    fb_waiter_disarm(&self->waiter);
    if (self->granted) { // (5)
        self->granted = false;
        let_go(self->mutex, FB_CHANNEL_PASS);
    }
}

static struct fb_type lock_type =
    FB_TYPE(fb_lock, .poll = lock_poll, .drop = lock_drop,
            .waiter_offset = offsetof(struct fb_lock, waiter));

struct fb_lock fb_mutex_lock(struct fb_mutex *m,
                             struct fb_mutex_guard *ret_guard) {
    return (struct fb_lock){
        .future.type = &lock_type, .mutex = m, .ret_guard = ret_guard};
}
