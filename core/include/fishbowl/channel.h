// Channels: values that go from task to task.
//
//     oneshot     one value, from one sender to one receiver
//     mpsc        a queue of bounded length, from many senders to one receiver
//     watch       the newest value only, for many receivers
//     broadcast   every value to every receiver; who is too slow misses some
//
// A channel is one allocation, made with its two first ends and gone with its
// last. An end is a small handle, zeroed when empty, that its owner closes (in
// its future's drop; legal when empty). It may be moved while no future that
// was made from it is alive, and is closed after all of them were dropped.
//
// Values are `bytes` long and are copied in and out as bytes: a sent value
// belongs to the channel, a received one to whoever received it. Those that
// nobody receives are given to `drop`. Where sending fails the value stays the
// sender's. What a future reads or fills must stay where it is until then.
//
// All receiving is cancel-safe: while Pending nothing has been taken.
//
// Context: the executor's thread of their runtime, inside its polls and drops
// or between its runs. With several workers, any of them, at the same time; a
// value's drop is then called while others cannot use a channel, so it must not
// wait for another worker.
#ifndef FISHBOWL_CHANNEL_H
#define FISHBOWL_CHANNEL_H

#include "fishbowl/sync.h"

// What a channel carries. drop releases what a value owns; it may be NULL.
struct fb_values {
    size_t bytes;
    void (*drop)(void *value);
};

// ---- oneshot ----

struct fb_oneshot;
struct fb_oneshot_sender {
    struct fb_oneshot *channel;
};
struct fb_oneshot_receiver {
    struct fb_oneshot *channel;
};

// Errors: -ENOMEM. Trace: CHANNEL (open).
FB_MUST_USE int fb_oneshot_create(struct fb_runtime *rt,
                                  struct fb_values values,
                                  struct fb_oneshot_sender *ret_sender,
                                  struct fb_oneshot_receiver *ret_receiver);
// Sends and closes the sender. Errors: -EPIPE the receiver is gone.
// Trace: CHANNEL (give), WAKE.
FB_MUST_USE int fb_oneshot_send(struct fb_oneshot_sender *sender,
                                const void *value);
// Without a value: the receiver gets -EPIPE. Trace: CHANNEL (close), WAKE.
void fb_oneshot_sender_close(struct fb_oneshot_sender *sender);
// A value that was not received is dropped. Trace: CHANNEL (close), WAKE.
void fb_oneshot_receiver_close(struct fb_oneshot_receiver *receiver);
// Errors: -EAGAIN not sent yet, -EPIPE no value will come, or it was received.
// Trace: CHANNEL (take).
FB_MUST_USE int fb_oneshot_try_receive(struct fb_oneshot_receiver *receiver,
                                       void *ret_value);

// Waits for the value. out: 0 with *ret_value filled, or -EPIPE.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (take).
struct fb_oneshot_receive {
    struct fb_future future;
    int out;
    struct fb_oneshot *channel;
    void *ret_value;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_oneshot_receive
fb_oneshot_receive(struct fb_oneshot_receiver *receiver, void *ret_value);

// Waits until nobody can receive any more: work for it may stop. out: 0.
struct fb_oneshot_closed {
    struct fb_future future;
    int out;
    struct fb_oneshot *channel;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_oneshot_closed
fb_oneshot_closed(struct fb_oneshot_sender *sender);

// ---- mpsc ----

struct fb_mpsc;
struct fb_mpsc_sender {
    struct fb_mpsc *channel;
};
struct fb_mpsc_receiver {
    struct fb_mpsc *channel;
};
// Room for one message that nobody else can take.
struct fb_mpsc_slot {
    struct fb_mpsc *channel;
};

// Requires: capacity > 0. Errors: -ENOMEM. Trace: CHANNEL (open).
FB_MUST_USE int fb_mpsc_create(struct fb_runtime *rt, struct fb_values values,
                               uint32_t capacity,
                               struct fb_mpsc_sender *ret_sender,
                               struct fb_mpsc_receiver *ret_receiver);
FB_MUST_USE struct fb_mpsc_sender
fb_mpsc_sender_clone(const struct fb_mpsc_sender *sender);
// After the last one the receiver gets what is left, then 0.
// Trace: CHANNEL (close) for the last one, WAKE.
void fb_mpsc_sender_close(struct fb_mpsc_sender *sender);
// Senders get -EPIPE; what is left can be received, and what was reserved can
// be sent. Trace: CHANNEL (close), WAKE.
void fb_mpsc_close(struct fb_mpsc_receiver *receiver);
// Closes, and drops what is left. Trace: CHANNEL (close), WAKE.
void fb_mpsc_receiver_close(struct fb_mpsc_receiver *receiver);

// Errors: -EAGAIN no room, or others wait for it; -EPIPE closed.
// Trace: CHANNEL (give), WAKE.
FB_MUST_USE int fb_mpsc_try_send(struct fb_mpsc_sender *sender,
                                 const void *value);
// 1 with *ret_value filled, 0 all were received and no more will come, or
// -EAGAIN. Trace: CHANNEL (take), WAKE of a sender.
FB_MUST_USE int fb_mpsc_try_receive(struct fb_mpsc_receiver *receiver,
                                    void *ret_value);
// Sends into the slot and empties it. Errors: -EPIPE the receiver is gone; the
// slot is empty all the same. Trace: CHANNEL (give), WAKE.
FB_MUST_USE int fb_mpsc_slot_send(struct fb_mpsc_slot *slot, const void *value);
// Gives the room back; legal when empty. Trace: CHANNEL (pass), WAKE.
void fb_mpsc_slot_release(struct fb_mpsc_slot *slot);

// A sender's place in the queue for room.
struct fb_mpsc_turn {
    struct fb_mpsc *channel;
    bool granted; // it has room that is counted as taken
    struct fb_waiter waiter;
};

// Waits for room, first come, first served, and sends. out: 0, or -EPIPE.
// Dropped before it was Ready it has sent nothing, and room that came for it
// goes to the next. Requires: the sender is closed after this is dropped.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (give, pass).
struct fb_mpsc_send {
    struct fb_future future;
    int out;
    const void *value;
    struct fb_mpsc_turn turn;
};
FB_MUST_USE struct fb_mpsc_send fb_mpsc_send(struct fb_mpsc_sender *sender,
                                             const void *value);

// Waits for room and keeps it: for a value that is made only when it can be
// sent. out: 0 with *ret_slot filled, or -EPIPE.
// Requires: *ret_slot is empty. Else as fb_mpsc_send.
struct fb_mpsc_reserve {
    struct fb_future future;
    int out;
    struct fb_mpsc_slot *ret_slot;
    struct fb_mpsc_turn turn;
};
FB_MUST_USE struct fb_mpsc_reserve
fb_mpsc_reserve(struct fb_mpsc_sender *sender, struct fb_mpsc_slot *ret_slot);

// Waits for a message. out: 1 with *ret_value filled, or 0: all were received
// and no more will come. Trace: WAKER_CLONE (holder: channel), CHANNEL (take).
struct fb_mpsc_receive {
    struct fb_future future;
    int out;
    struct fb_mpsc *channel;
    void *ret_value;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_mpsc_receive
fb_mpsc_receive(struct fb_mpsc_receiver *receiver, void *ret_value);

// ---- watch ----

struct fb_watch;
struct fb_watch_sender {
    struct fb_watch *channel;
};
struct fb_watch_receiver {
    struct fb_watch *channel;
    uint64_t seen; // the version that it has looked at
};

// `value` is the first one, seen already. Errors: -ENOMEM; it stays the
// caller's. Trace: CHANNEL (open).
FB_MUST_USE int fb_watch_create(struct fb_runtime *rt, struct fb_values values,
                                const void *value,
                                struct fb_watch_sender *ret_sender,
                                struct fb_watch_receiver *ret_receiver);
// Replaces the value; the old one is dropped. Errors: -EPIPE nobody receives.
// Trace: CHANNEL (give), WAKE for each that waits.
FB_MUST_USE int fb_watch_send(struct fb_watch_sender *sender,
                              const void *value);
void fb_watch_sender_close(struct fb_watch_sender *sender);
// A further receiver, which has seen the present value.
FB_MUST_USE struct fb_watch_receiver
fb_watch_subscribe(struct fb_watch_sender *sender);
// A further receiver, which has seen what this one has.
FB_MUST_USE struct fb_watch_receiver
fb_watch_receiver_clone(const struct fb_watch_receiver *receiver);
void fb_watch_receiver_close(struct fb_watch_receiver *receiver);
// The present value, borrowed: valid until the next send, so not across an
// await. `get` takes note that it was seen, `peek` does not.
// Trace: CHANNEL (take) for a value that this receiver had not seen.
const void *fb_watch_get(struct fb_watch_receiver *receiver);
const void *fb_watch_peek(const struct fb_watch_receiver *receiver);
// As `get`, but copies the bytes: with several workers the next send may come
// while a borrowed value is being read. Trace: as `get`.
void fb_watch_copy(struct fb_watch_receiver *receiver, void *ret_value);
// Whether there is a value that this receiver has not seen.
bool fb_watch_has_changed(const struct fb_watch_receiver *receiver);

// Waits for a value that the receiver has not seen, and takes note of it.
// out: 1, or 0: there is none, and the sender is gone.
// Requires: the receiver does not move while this waits.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (take).
struct fb_watch_changed {
    struct fb_future future;
    int out;
    struct fb_watch_receiver *receiver;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_watch_changed
fb_watch_changed(struct fb_watch_receiver *receiver);

// ---- broadcast ----

struct fb_broadcast;
struct fb_broadcast_sender {
    struct fb_broadcast *channel;
};
struct fb_broadcast_receiver {
    struct fb_broadcast *channel;
    uint64_t next;   // number of the message it reads next
    uint64_t missed; // messages that it was too slow for, all together
};

// Keeps the last `capacity` messages. Each receiver gets its own copy of the
// bytes; what they refer to stays the channel's, which drops it when the
// message is overwritten, or with the last end.
// Requires: capacity > 0. Errors: -ENOMEM. Trace: CHANNEL (open).
FB_MUST_USE int fb_broadcast_create(struct fb_runtime *rt,
                                    struct fb_values values, uint32_t capacity,
                                    struct fb_broadcast_sender *ret_sender,
                                    struct fb_broadcast_receiver *ret_receiver);
// Never waits: the oldest message is overwritten. Errors: -EPIPE nobody
// receives. Trace: CHANNEL (give), WAKE for each that waits.
FB_MUST_USE int fb_broadcast_send(struct fb_broadcast_sender *sender,
                                  const void *value);
FB_MUST_USE struct fb_broadcast_sender
fb_broadcast_sender_clone(const struct fb_broadcast_sender *sender);
void fb_broadcast_sender_close(struct fb_broadcast_sender *sender);
// A further receiver, for messages that are sent from now on.
FB_MUST_USE struct fb_broadcast_receiver
fb_broadcast_subscribe(struct fb_broadcast_sender *sender);
void fb_broadcast_receiver_close(struct fb_broadcast_receiver *receiver);
// 1 with *ret_value filled; 0 all were received and no more will come; -EAGAIN;
// -EOVERFLOW it was too slow: `missed` says more, and the next receive gives
// the oldest message that is left. Trace: CHANNEL (take, lag).
FB_MUST_USE int fb_broadcast_try_receive(struct fb_broadcast_receiver *receiver,
                                         void *ret_value);

// Waits for the next message. out: as fb_broadcast_try_receive, but -EAGAIN.
// Requires: the receiver does not move while this waits.
// Trace: WAKER_CLONE (holder: channel), CHANNEL (take, lag).
struct fb_broadcast_receive {
    struct fb_future future;
    int out;
    struct fb_broadcast_receiver *receiver;
    void *ret_value;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_broadcast_receive
fb_broadcast_receive(struct fb_broadcast_receiver *receiver, void *ret_value);

#endif
