// Tasks that wait for each other: notify, semaphore, mutex.
//
// Each is memory of the caller, made with init, and must not move after it;
// it outlives all futures that name it. Whoever waits is served in the order
// they came: a newcomer never overtakes. What a waiter was given and did not
// use, because it was dropped first, goes to the next one.
//
// A permit or a lock is a member of whoever holds it, zeroed when empty. Give
// it back in that future's drop: releasing an empty one is legal, so one line
// is right at every suspend point.
//
//     FB_AWAIT_TRY(self->u.lock, fb_mutex_lock(&bank->mutex, &self->lock));
//     …                                                  // we have it
//     fb_mutex_unlock(&self->lock);                      // and in drop
//
// Context: the executor's thread of their runtime, inside its polls and drops
// or between its runs. Other threads wake a task instead (waker.h).
#ifndef FISHBOWL_SYNC_H
#define FISHBOWL_SYNC_H

#include "fishbowl/future.h"

// What all of them have: a number for people, and who writes their events.
struct fb_channel {
    struct fb_runtime *runtime; // only compared once the runtime may be gone
    uint32_t id;
    uint32_t capacity; // for the trace; 0: no limit
    uint8_t kind;      // enum fb_channel_kind
};

// ---- notify: "go on", without a value ----

struct fb_notify {
    struct fb_channel channel;
    bool permit; // notified while nobody waited
    struct fb_waiter_list waiters;
};

// Trace: CHANNEL (open).
void fb_notify_init(struct fb_notify *n, struct fb_runtime *rt);
// Requires: nobody waits for it.
void fb_notify_deinit(struct fb_notify *n);
// Lets the first that waits go on. Nobody waits: the next that asks goes on at
// once; several such notifications are one. Trace: CHANNEL (give), WAKE.
void fb_notify_one(struct fb_notify *n);
// Lets all go on that wait now, and leaves nothing for later.
// Trace: CHANNEL (give), WAKE for each.
void fb_notify_all(struct fb_notify *n);

// Waits for a notification. out: 0. It waits from its first poll on. Dropped
// after fb_notify_one chose it and before it was polled, it passes the
// notification on. Trace: WAKER_CLONE (holder: channel), CHANNEL (take, pass).
struct fb_notified {
    struct fb_future future;
    int out;
    uint8_t told; // by whom: nobody, one, all
    struct fb_notify *notify;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_notified fb_notify_wait(struct fb_notify *n);

// ---- semaphore: at most so many at a time ----

#define FB_PERMITS_MAX 0x7fffffffu

struct fb_semaphore {
    struct fb_channel channel;
    uint32_t permits; // that can be taken
    bool closed;
    struct fb_waiter_list waiters;
};

// So many permits of a semaphore, held. Zeroed: none.
struct fb_permit {
    struct fb_semaphore *semaphore;
    uint32_t count;
};

// Trace: CHANNEL (open).
void fb_semaphore_init(struct fb_semaphore *s, struct fb_runtime *rt,
                       uint32_t permits);
// Requires: nobody waits for it, no permit of it is held.
void fb_semaphore_deinit(struct fb_semaphore *s);
// Adds permits that nobody held. Trace: CHANNEL (give), WAKE.
void fb_semaphore_add(struct fb_semaphore *s, uint32_t permits);
// Those that wait, and all that ask from now on, get -EPIPE. Permits can still
// be given back. Trace: CHANNEL (close), WAKE for each that waits.
void fb_semaphore_close(struct fb_semaphore *s);
// Takes `count` permits if that makes nobody wait longer who came before.
// Requires: *ret_permit is empty. Errors: -EAGAIN, -EPIPE closed.
// Trace: CHANNEL (take).
FB_MUST_USE int fb_semaphore_try_acquire(struct fb_semaphore *s, uint32_t count,
                                         struct fb_permit *ret_permit);
// Gives the permits back and empties *p; legal when empty.
// Trace: CHANNEL (give), WAKE.
void fb_permit_release(struct fb_permit *p);

// Waits for `count` permits at once. out: 0 with *ret_permit filled, or -EPIPE
// closed. Requires: *ret_permit is empty, and does not move while this waits.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (take, pass).
struct fb_acquire {
    struct fb_future future;
    int out;
    uint32_t count;
    bool granted;
    struct fb_semaphore *semaphore;
    struct fb_permit *ret_permit;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_acquire
fb_semaphore_acquire(struct fb_semaphore *s, uint32_t count,
                     struct fb_permit *ret_permit);

// ---- mutex: one at a time, across awaits ----

// For data that must not be touched by others while its holder is suspended.
// Without an await in between no lock is needed: tasks of one executor never
// run at the same time. It does not know its holder: a task that locks it
// twice waits for itself, and the stall report says so.
struct fb_mutex {
    struct fb_channel channel;
    bool locked;
    struct fb_waiter_list waiters;
};

// The lock, held. Zeroed: it is not.
struct fb_mutex_guard {
    struct fb_mutex *mutex;
};

// Trace: CHANNEL (open).
void fb_mutex_init(struct fb_mutex *m, struct fb_runtime *rt);
// Requires: it is not locked and nobody waits for it.
void fb_mutex_deinit(struct fb_mutex *m);
// Requires: *ret_guard is empty. Errors: -EAGAIN locked. Trace: CHANNEL (take).
FB_MUST_USE int fb_mutex_try_lock(struct fb_mutex *m,
                                  struct fb_mutex_guard *ret_guard);
// Gives the lock to the first that waits, or leaves the mutex free, and empties
// *g; legal when empty. Trace: CHANNEL (give), WAKE.
void fb_mutex_unlock(struct fb_mutex_guard *g);

// Waits for the lock. out: 0 with *ret_guard filled.
// Requires: *ret_guard is empty, and does not move while this waits.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (take, pass).
struct fb_lock {
    struct fb_future future;
    int out;
    bool granted;
    struct fb_mutex *mutex;
    struct fb_mutex_guard *ret_guard;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_lock fb_mutex_lock(struct fb_mutex *m,
                                         struct fb_mutex_guard *ret_guard);

#endif
