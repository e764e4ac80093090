// Problem: many tasks send to one that may be slower: nobody may fill the
// memory, those who wait for room are served in order, and no message and no
// room is lost when one of them is cancelled.
// Idea: a ring of slots. Room that comes free is promised to the first sender
// that waits, before it runs again.
//
//     capacity │ messages │ promised │ room │     promised: granted to a
//              └ head                             waiting sender, or a slot
//
//     sender: (1) room: so nobody waits ───────────────────► sends
//             (2) else waits ──(3) granted, woken ──(4) poll──┘
//                                   └─(5) dropped: room for the next
//
// Invariants: while a sender waits there is no room; the end is reached when
// nobody can send any more, no room is promised and no message is left. The
// block goes with the last of its ends and slots.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::mpsc.
#include "channel_impl.h"

#include <errno.h>

struct fb_mpsc {
    struct fb_channel channel;
    struct fb_values values;
    uint32_t capacity, head, count; // messages: count of them, from head on
    uint32_t promised;
    uint32_t senders;
    uint32_t refs; // ends and slots
    bool receiver; // is there
    bool closed;   // nobody else can send
    struct fb_waiter_list sending, receiving;
    _Alignas(max_align_t) unsigned char slots[];
};

static struct fb_mpsc *opened(struct fb_mpsc *c) {
    fb_assert(c != NULL, "this end of the channel is open");
    return c;
}

static void unref(struct fb_mpsc *c) {
    if (--c->refs == 0) {
        fb__sys.free(c);
    }
}

static uint32_t room(const struct fb_mpsc *c) {
    return c->capacity - c->count - c->promised;
}

static bool ended(const struct fb_mpsc *c) {
    return c->closed && c->promised == 0 && c->count == 0;
}

// Of the message that is `index` behind the oldest; no division, which would
// take longer than all the rest of a send.
static void *slot(struct fb_mpsc *c, uint32_t index) {
    const uint32_t before_end = c->capacity - c->head;
    size_t at = index < before_end ? c->head + index : index - before_end;

    return c->slots + at * c->values.bytes;
}

static void take_slot(struct fb_mpsc *c) {
    c->head = c->head + 1 < c->capacity ? c->head + 1 : 0;
    c->count--;
}

int fb_mpsc_create(struct fb_runtime *rt, struct fb_values values,
                   uint32_t capacity, struct fb_mpsc_sender *ret_sender,
                   struct fb_mpsc_receiver *ret_receiver) {
    size_t bytes = fb__slots_bytes(sizeof(struct fb_mpsc), values, capacity);
    struct fb_mpsc *c = bytes != 0 ? fb__sys.alloc(bytes) : NULL;

    fb_assert(capacity > 0, "a channel has room for a message");
    if (c == NULL) {
        return -ENOMEM;
    }
    c->values = values;
    c->capacity = capacity;
    c->senders = 1;
    c->receiver = true;
    c->refs = 2;
    fb__channel_open(&c->channel, rt, FB_CHANNEL_MPSC, 0, capacity);
    ret_sender->channel = ret_receiver->channel = c;
    return 0;
}

// ---- messages ----

// A wake goes to one receiver; whoever has no use for it passes it on.
static void wake_receiver(struct fb_mpsc *c) {
    if (c->receiving.first != NULL && (c->count > 0 || ended(c))) {
        fb__channel_wake(&c->channel, c->receiving.first);
    }
}

static void push(struct fb_mpsc *c, const void *value) {
    fb__value_copy(&c->values, slot(c, c->count), value);
    c->count++;
    fb__channel_note(&c->channel, FB_CHANNEL_GIVE, c->count, 1);
    wake_receiver(c);
}

// (3) Room comes free for one at a time, and goes to the first that waits.
static void grant_room(struct fb_mpsc *c) {
    struct fb_waiter *w = c->sending.first;

    if (w != NULL) {
        fb_container_of(w, struct fb_mpsc_turn, waiter)->granted = true;
        c->promised++;
        fb__channel_wake(&c->channel, w);
    }
}

// Room that was promised is not used.
static void give_room_back(struct fb_mpsc *c) {
    c->promised--;
    fb__channel_note(&c->channel, FB_CHANNEL_PASS, c->count, 1);
    grant_room(c);
    wake_receiver(c); // it may have been all that was still to come
}

static int try_receive(struct fb_mpsc *c, void *ret_value) {
    if (c->count == 0) {
        return ended(c) ? 0 : -EAGAIN;
    }
    fb__value_copy(&c->values, ret_value, slot(c, 0));
    take_slot(c);
    fb__channel_note(&c->channel, FB_CHANNEL_TAKE, c->count, 1);
    grant_room(c);
    return 1;
}

// ---- ends ----

static void close_channel(struct fb_mpsc *c) {
    if (!c->closed) {
        c->closed = true;
        fb__channel_note(&c->channel, FB_CHANNEL_CLOSE, c->count, 0);
        fb__channel_wake_all(&c->channel, &c->sending);
    }
    wake_receiver(c);
}

struct fb_mpsc_sender
fb_mpsc_sender_clone(const struct fb_mpsc_sender *sender) {
    struct fb_mpsc *c = opened(sender->channel);

    fb__shared_begin();
    c->senders++;
    c->refs++;
    fb__shared_end();
    return *sender;
}

static void close_sender(struct fb_mpsc_sender *sender) {
    struct fb_mpsc *c = sender->channel;

    sender->channel = NULL;
    if (c == NULL) {
        return;
    }
    if (--c->senders == 0) {
        fb__channel_left(&c->sending);
        close_channel(c);
    }
    unref(c);
}

void fb_mpsc_sender_close(struct fb_mpsc_sender *sender) {
    fb__shared_begin();
    close_sender(sender);
    fb__shared_end();
}

void fb_mpsc_close(struct fb_mpsc_receiver *receiver) {
    fb__shared_begin();
    close_channel(opened(receiver->channel));
    fb__shared_end();
}

static void close_receiver(struct fb_mpsc_receiver *receiver) {
    struct fb_mpsc *c = receiver->channel;

    receiver->channel = NULL;
    if (c == NULL) {
        return;
    }
    fb__channel_left(&c->receiving);
    c->receiver = false;
    close_channel(c);
    while (c->count > 0) { // a value's drop may use this channel
        void *value = slot(c, 0);

        take_slot(c);
        fb__value_drop(&c->values, value);
    }
    unref(c);
}

void fb_mpsc_receiver_close(struct fb_mpsc_receiver *receiver) {
    fb__shared_begin();
    close_receiver(receiver);
    fb__shared_end();
}

int fb_mpsc_try_send(struct fb_mpsc_sender *sender, const void *value) {
    struct fb_mpsc *c = opened(sender->channel);
    int err = 0;

    fb__shared_begin();
    if (c->closed) {
        err = -EPIPE;
    } else if (room(c) == 0) {
        err = -EAGAIN;
    } else {
        push(c, value);
    }
    fb__shared_end();
    return err;
}

int fb_mpsc_try_receive(struct fb_mpsc_receiver *receiver, void *ret_value) {
    int result;

    fb__shared_begin();
    result = try_receive(opened(receiver->channel), ret_value);
    fb__shared_end();
    return result;
}

// Sends into room that was promised.
static int redeem(struct fb_mpsc *c, const void *value) {
    c->promised--;
    if (!c->receiver) {
        return -EPIPE;
    }
    push(c, value);
    return 0;
}

static int send_slot(struct fb_mpsc_slot *slot, const void *value) {
    struct fb_mpsc *c = slot->channel;
    int err;

    fb_assert(c != NULL, "the slot was reserved");
    slot->channel = NULL;
    err = redeem(c, value);
    unref(c);
    return err;
}

int fb_mpsc_slot_send(struct fb_mpsc_slot *slot, const void *value) {
    int result;

    fb__shared_begin();
    result = send_slot(slot, value);
    fb__shared_end();
    return result;
}

static void release_slot(struct fb_mpsc_slot *slot) {
    struct fb_mpsc *c = slot->channel;

    slot->channel = NULL;
    if (c != NULL) {
        give_room_back(c);
        unref(c);
    }
}

void fb_mpsc_slot_release(struct fb_mpsc_slot *slot) {
    fb__shared_begin();
    release_slot(slot);
    fb__shared_end();
}

// ---- sending ----

// Ready: it has been granted room, or nobody can send any more.
static enum fb_poll turn_poll(struct fb_mpsc_turn *turn,
                              struct fb_context *cx) {
    struct fb_mpsc *c = turn->channel;

    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    if (!turn->granted && !c->closed && room(c) > 0) { // (1)
        turn->granted = true;
        c->promised++;
    }
    if (turn->granted || c->closed) { // (4)
        fb_budget_spend(cx);
        return FB_READY;
    }
    fb__channel_wait(&c->channel, &turn->waiter, cx, &c->sending,
                     FB_AWAITS_ROOM); // (2)
    return FB_PENDING;
}

static void turn_drop(struct fb_mpsc_turn *turn) {
    fb_waiter_disarm(&turn->waiter);
    if (turn->granted) { // (5)
        turn->granted = false;
        give_room_back(turn->channel);
    }
}

static enum fb_poll send_poll(struct fb_future *future, struct fb_context *cx) {
    struct fb_mpsc_send *self =
        fb_container_of(future, struct fb_mpsc_send, future);

    if (turn_poll(&self->turn, cx) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = -EPIPE;
    if (self->turn.granted) {
        self->turn.granted = false;
        self->out = redeem(self->turn.channel, self->value);
    }
    return FB_READY;
}

static void send_drop(struct fb_future *future) {
    turn_drop(&fb_container_of(future, struct fb_mpsc_send, future)->turn);
}

static struct fb_type send_type =
    FB_TYPE(fb_mpsc_send, .poll = send_poll, .drop = send_drop,
            .waiter_offset = offsetof(struct fb_mpsc_send, turn.waiter));

struct fb_mpsc_send fb_mpsc_send(struct fb_mpsc_sender *sender,
                                 const void *value) {
    return (struct fb_mpsc_send){.future.type = &send_type,
                                 .turn.channel = opened(sender->channel),
                                 .value = value};
}

static enum fb_poll reserve_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_mpsc_reserve *self =
        fb_container_of(future, struct fb_mpsc_reserve, future);

    if (turn_poll(&self->turn, cx) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = -EPIPE;
    if (self->turn.granted) {
        fb_assert(self->ret_slot->channel == NULL,
                  "a slot is used before its place is used again");
        self->turn.granted = false;
        self->turn.channel->refs++;
        self->ret_slot->channel = self->turn.channel;
        self->out = 0;
    }
    return FB_READY;
}

static void reserve_drop(struct fb_future *future) {
    turn_drop(&fb_container_of(future, struct fb_mpsc_reserve, future)->turn);
}

static struct fb_type reserve_type =
    FB_TYPE(fb_mpsc_reserve, .poll = reserve_poll, .drop = reserve_drop,
            .waiter_offset = offsetof(struct fb_mpsc_reserve, turn.waiter));

struct fb_mpsc_reserve fb_mpsc_reserve(struct fb_mpsc_sender *sender,
                                       struct fb_mpsc_slot *ret_slot) {
    return (struct fb_mpsc_reserve){.future.type = &reserve_type,
                                    .turn.channel = opened(sender->channel),
                                    .ret_slot = ret_slot};
}

// ---- receiving ----

static enum fb_poll receive_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_mpsc_receive *self =
        fb_container_of(future, struct fb_mpsc_receive, future);
    struct fb_mpsc *c = self->channel;

    if (!fb_budget_left(cx) ||
        fb__channel_received(&c->channel, &self->waiter, cx, &c->receiving,
                             try_receive(c, self->ret_value),
                             &self->out) == FB_PENDING) {
        return FB_PENDING;
    }
    fb_waiter_disarm(&self->waiter);
    wake_receiver(c);
    return FB_READY;
}

static void receive_drop(struct fb_future *future) {
    struct fb_mpsc_receive *self =
        fb_container_of(future, struct fb_mpsc_receive, future);

    fb_waiter_disarm(&self->waiter);
    if (future->state != 0 && future->state != FB_STATE_DONE) {
        wake_receiver(self->channel); // it may have been woken, and not polled
    }
}

static struct fb_type receive_type =
    FB_TYPE(fb_mpsc_receive, .poll = receive_poll, .drop = receive_drop,
            .waiter_offset = offsetof(struct fb_mpsc_receive, waiter));

struct fb_mpsc_receive fb_mpsc_receive(struct fb_mpsc_receiver *receiver,
                                       void *ret_value) {
    return (struct fb_mpsc_receive){.future.type = &receive_type,
                                    .channel = opened(receiver->channel),
                                    .ret_value = ret_value};
}
