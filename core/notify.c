// Problem: one task must tell another "go on", whether that waits already, will
// wait later, or is dropped just then.
// Idea: a notification goes to the first waiter, or is kept as one permit.
//
//                 ┌──(1) notify, nobody waits──► permit ──(2) wait──┐
//     nothing ────┤                                                 ├─► goes on
//                 └──(3) wait ──► waiting ──(4) notify──► told ─────┘
//                                                          │
//                       another one, or permit ◄──(5) dropped unpolled
//
// Invariants: a permit is kept only while nobody waits; who was told is in no
// list any more.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::Notify, but that a waiter counts from
// its first poll on and not from its creation.
#include "channel_impl.h"

enum { TOLD_BY_NOBODY, TOLD_ALONE, TOLD_WITH_ALL };

void fb_notify_init(struct fb_notify *n, struct fb_runtime *rt) {
    *n = (struct fb_notify){0};
    fb__channel_open(&n->channel, rt, FB_CHANNEL_NOTIFY, 0, 1);
}

void fb_notify_deinit(struct fb_notify *n) {
    fb_assert(n->waiters.first == NULL, "nobody waits for a notify that ends");
    *n = (struct fb_notify){0};
}

static void tell(struct fb_notify *n, struct fb_waiter *w, uint8_t told) {
    fb_container_of(w, struct fb_notified, waiter)->told = told;
    fb__channel_wake(&n->channel, w);
}

// To the first that waits, or kept.
static void tell_one(struct fb_notify *n) {
    if (n->waiters.first != NULL) {
        tell(n, n->waiters.first, TOLD_ALONE); // (4)
    } else {
        n->permit = true; // (1)
    }
}

void fb_notify_one(struct fb_notify *n) {
    fb__shared_begin();
    fb__channel_note(&n->channel, FB_CHANNEL_GIVE, n->waiters.first == NULL, 1);
    tell_one(n);
    fb__shared_end();
}

void fb_notify_all(struct fb_notify *n) {
    const struct fb_waiter *last;

    fb__shared_begin();
    last = n->waiters.last;
    fb__channel_note(&n->channel, FB_CHANNEL_GIVE, n->permit, 0);
    while (n->waiters.first != NULL) {
        struct fb_waiter *w = n->waiters.first;

        tell(n, w, TOLD_WITH_ALL);
        if (w == last) {
            break;
        }
    }
    fb__shared_end();
}

static enum fb_poll notified_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct fb_notified *self =
        fb_container_of(future, struct fb_notified, future);
    struct fb_notify *n = self->notify;

    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    if (self->told == TOLD_BY_NOBODY && !n->permit) {
        fb__channel_wait(&n->channel, &self->waiter, cx, &n->waiters,
                         FB_AWAITS_NOTIFY); // (3)
        return FB_PENDING;
    }
    if (self->told == TOLD_BY_NOBODY) {
        n->permit = false; // (2)
    }
    self->told = TOLD_BY_NOBODY;
    fb__channel_note(&n->channel, FB_CHANNEL_TAKE, n->permit, 1);
    fb_budget_spend(cx);
    return FB_READY;
}

static void notified_drop(struct fb_future *future) {
    struct fb_notified *self =
        fb_container_of(future, struct fb_notified, future);
    struct fb_notify *n = self->notify;

    fb_waiter_disarm(&self->waiter);
    if (self->told == TOLD_ALONE) { // (5)
        self->told = TOLD_BY_NOBODY;
        fb__channel_note(&n->channel, FB_CHANNEL_PASS, n->waiters.first == NULL,
                         1);
        tell_one(n);
    }
}

static struct fb_type notified_type =
    FB_TYPE(fb_notified, .poll = notified_poll, .drop = notified_drop,
            .waiter_offset = offsetof(struct fb_notified, waiter));

struct fb_notified fb_notify_wait(struct fb_notify *n) {
    return (struct fb_notified){.future.type = &notified_type, .notify = n};
}
