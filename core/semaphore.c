// Problem: at most so many tasks may do something at once; those who wait
// should be served in order, also one who wants many permits among those who
// want few.
// Idea: permits that come free go to the first waiter as soon as they are
// enough for it, before it runs again; nobody behind it is looked at before.
//
//     (1) asks, enough, nobody waits ─────────────────────────► holds
//     (2) asks, else ──► waits ──(3) granted, woken ──(4) poll──┘
//                          │               │
//     (6) closed: -EPIPE ◄─┘               └─(5) dropped: passed on
//
// Invariants: the first waiter wants more than there is; granted permits are
// in no count but their future's.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::Semaphore.
#include "channel_impl.h"

#include <errno.h>

void fb_semaphore_init(struct fb_semaphore *s, struct fb_runtime *rt,
                       uint32_t permits) {
    fb_assert(permits <= FB_PERMITS_MAX, "a semaphore counts to 2^31 - 1");
    *s = (struct fb_semaphore){.permits = permits};
    fb__channel_open(&s->channel, rt, FB_CHANNEL_SEMAPHORE, permits, 0);
}

void fb_semaphore_deinit(struct fb_semaphore *s) {
    fb_assert(s->waiters.first == NULL,
              "nobody waits for a semaphore that ends");
    *s = (struct fb_semaphore){0};
}

// (3) While there are enough for the first.
static void grant(struct fb_semaphore *s) {
    while (s->waiters.first != NULL) {
        struct fb_acquire *first =
            fb_container_of(s->waiters.first, struct fb_acquire, waiter);

        if (first->count > s->permits) {
            return;
        }
        s->permits -= first->count;
        first->granted = true;
        fb__channel_wake(&s->channel, &first->waiter);
    }
}

static void put(struct fb_semaphore *s, enum fb_channel_op op, uint32_t count) {
    fb__shared_begin();
    fb_assert(count <= FB_PERMITS_MAX - s->permits,
              "a semaphore counts to 2^31 - 1");
    s->permits += count;
    fb__channel_note(&s->channel, op, s->permits, count);
    grant(s);
    fb__shared_end();
}

void fb_semaphore_add(struct fb_semaphore *s, uint32_t permits) {
    put(s, FB_CHANNEL_GIVE, permits);
}

void fb_semaphore_close(struct fb_semaphore *s) {
    fb__shared_begin();
    if (!s->closed) {
        s->closed = true;
        fb__channel_note(&s->channel, FB_CHANNEL_CLOSE, s->permits, 0);
        fb__channel_wake_all(&s->channel, &s->waiters);
    }
    fb__shared_end();
}

static void hold(struct fb_semaphore *s, uint32_t count,
                 struct fb_permit *ret_permit) {
    fb_assert(ret_permit->semaphore == NULL,
              "a permit is released before its place is used again");
    *ret_permit = (struct fb_permit){.semaphore = s, .count = count};
    fb__channel_note(&s->channel, FB_CHANNEL_TAKE, s->permits, count);
}

static int try_acquire(struct fb_semaphore *s, uint32_t count,
                       struct fb_permit *ret_permit) {
    if (s->closed) {
        return -EPIPE;
    }
    if (s->waiters.first != NULL || s->permits < count) {
        return -EAGAIN;
    }
    s->permits -= count;
    hold(s, count, ret_permit);
    return 0;
}

int fb_semaphore_try_acquire(struct fb_semaphore *s, uint32_t count,
                             struct fb_permit *ret_permit) {
    int result;

    fb__shared_begin();
    result = try_acquire(s, count, ret_permit);
    fb__shared_end();
    return result;
}

void fb_permit_release(struct fb_permit *p) {
    struct fb_permit held = *p;

    *p = (struct fb_permit){0};
    if (held.semaphore != NULL) {
        put(held.semaphore, FB_CHANNEL_GIVE, held.count);
    }
}

static enum fb_poll acquire_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_acquire *self =
        fb_container_of(future, struct fb_acquire, future);
    struct fb_semaphore *s = self->semaphore;

    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    if (self->granted) { // (4)
        self->granted = false;
        hold(s, self->count, self->ret_permit);
        fb_budget_spend(cx);
        return FB_READY;
    }
    self->out = try_acquire(s, self->count, self->ret_permit);
    if (self->out == -EAGAIN) { // (2)
        self->out = 0;
        fb__channel_wait(&s->channel, &self->waiter, cx, &s->waiters,
                         FB_AWAITS_PERMIT);
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    return FB_READY; // (1), (6)
}

static void acquire_drop(struct fb_future *future) {
    struct fb_acquire *self =
        fb_container_of(future, struct fb_acquire, future);

    if (self->granted) { // (5)
        self->granted = false;
        put(self->semaphore, FB_CHANNEL_PASS, self->count);
    } else if (self->waiter.waker.ops != NULL) {
        fb_waiter_disarm(&self->waiter);
        grant(self->semaphore); // the next may want less
    }
}

static struct fb_type acquire_type =
    FB_TYPE(fb_acquire, .poll = acquire_poll, .drop = acquire_drop,
            .waiter_offset = offsetof(struct fb_acquire, waiter));

struct fb_acquire fb_semaphore_acquire(struct fb_semaphore *s, uint32_t count,
                                       struct fb_permit *ret_permit) {
    return (struct fb_acquire){.future.type = &acquire_type,
                               .semaphore = s,
                               .count = count,
                               .ret_permit = ret_permit};
}
