// Problem: one task waits for one value of another; either may be gone, or go,
// at any moment.
// Idea: one block that both ends refer to; each end that goes tells the other.
//
//                    ┌─(1) send────► full ──(2) receive──► empty, no sender
//     empty, both ───┼─(3) sender closes ──► receive gives -EPIPE
//                    └─(4) receiver closes ► send gives -EPIPE, closed Ready
//
// Invariants: full implies that the sender is gone; the block goes with the
// second end.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::oneshot.
#include "channel_impl.h"

#include <errno.h>

struct fb_oneshot {
    struct fb_channel channel;
    struct fb_values values;
    bool sender, receiver; // which ends are there
    bool full;
    bool waking; // the end that goes is telling the other
    struct fb_waiter_list receiving, closing;
    _Alignas(max_align_t) unsigned char value[];
};

int fb_oneshot_create(struct fb_runtime *rt, struct fb_values values,
                      struct fb_oneshot_sender *ret_sender,
                      struct fb_oneshot_receiver *ret_receiver) {
    size_t bytes = fb__slots_bytes(sizeof(struct fb_oneshot), values, 1);
    struct fb_oneshot *c = bytes != 0 ? fb__sys.alloc(bytes) : NULL;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->values = values;
    c->sender = c->receiver = true;
    fb__channel_open(&c->channel, rt, FB_CHANNEL_ONESHOT, 0, 1);
    ret_sender->channel = ret_receiver->channel = c;
    return 0;
}

static void free_unused(struct fb_oneshot *c) {
    if (!c->sender && !c->receiver && !c->waking) {
        fb__sys.free(c);
    }
}

// The last thing that an end does: whoever is woken may close the other one at
// once, and the channel stays until all have been.
static void wake_and_leave(struct fb_oneshot *c, struct fb_waiter_list *list) {
    c->waking = true;
    fb__channel_wake_all(&c->channel, list);
    c->waking = false;
    free_unused(c);
}

static int send_value(struct fb_oneshot_sender *sender, const void *value) {
    struct fb_oneshot *c = sender->channel;

    fb_assert(c != NULL, "a oneshot sends once");
    fb__channel_left(&c->closing);
    sender->channel = NULL;
    c->sender = false;
    if (!c->receiver) { // (4)
        free_unused(c);
        return -EPIPE;
    }
    fb__value_copy(&c->values, c->value, value); // (1)
    c->full = true;
    fb__channel_note(&c->channel, FB_CHANNEL_GIVE, 1, 1);
    wake_and_leave(c, &c->receiving);
    return 0;
}

int fb_oneshot_send(struct fb_oneshot_sender *sender, const void *value) {
    int result;

    fb__shared_begin();
    result = send_value(sender, value);
    fb__shared_end();
    return result;
}

static void close_sender(struct fb_oneshot_sender *sender) {
    struct fb_oneshot *c = sender->channel;

    sender->channel = NULL;
    if (c == NULL) {
        return;
    }
    fb__channel_left(&c->closing);
    c->sender = false; // (3)
    if (c->receiver) {
        fb__channel_note(&c->channel, FB_CHANNEL_CLOSE, 0, 0);
        wake_and_leave(c, &c->receiving);
    } else {
        free_unused(c);
    }
}

void fb_oneshot_sender_close(struct fb_oneshot_sender *sender) {
    fb__shared_begin();
    close_sender(sender);
    fb__shared_end();
}

static void close_receiver(struct fb_oneshot_receiver *receiver) {
    struct fb_oneshot *c = receiver->channel;

    receiver->channel = NULL;
    if (c == NULL) {
        return;
    }
    fb__channel_left(&c->receiving);
    if (c->full) {
        c->full = false;
        fb__value_drop(&c->values, c->value);
    }
    c->receiver = false; // (4)
    if (c->sender) {
        fb__channel_note(&c->channel, FB_CHANNEL_CLOSE, 0, 0);
        wake_and_leave(c, &c->closing);
    } else {
        free_unused(c);
    }
}

void fb_oneshot_receiver_close(struct fb_oneshot_receiver *receiver) {
    fb__shared_begin();
    close_receiver(receiver);
    fb__shared_end();
}

static int try_receive(struct fb_oneshot *c, void *ret_value) {
    if (!c->full) {
        return c->sender ? -EAGAIN : -EPIPE;
    }
    fb__value_copy(&c->values, ret_value, c->value);
    c->full = false; // (2)
    fb__channel_note(&c->channel, FB_CHANNEL_TAKE, 0, 1);
    return 0;
}

int fb_oneshot_try_receive(struct fb_oneshot_receiver *receiver,
                           void *ret_value) {
    int result;

    fb_assert(receiver->channel != NULL, "the receiver is open");
    fb__shared_begin();
    result = try_receive(receiver->channel, ret_value);
    fb__shared_end();
    return result;
}

static enum fb_poll receive_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_oneshot_receive *self =
        fb_container_of(future, struct fb_oneshot_receive, future);
    struct fb_oneshot *c = self->channel;

    return fb_budget_left(cx)
               ? fb__channel_received(
                     &c->channel, &self->waiter, cx, &c->receiving,
                     try_receive(c, self->ret_value), &self->out)
               : FB_PENDING;
}

static void receive_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_oneshot_receive, future)->waiter);
}

static struct fb_type receive_type =
    FB_TYPE(fb_oneshot_receive, .poll = receive_poll, .drop = receive_drop,
            .waiter_offset = offsetof(struct fb_oneshot_receive, waiter));

struct fb_oneshot_receive
fb_oneshot_receive(struct fb_oneshot_receiver *receiver, void *ret_value) {
    fb_assert(receiver->channel != NULL, "the receiver is open");
    return (struct fb_oneshot_receive){.future.type = &receive_type,
                                       .channel = receiver->channel,
                                       .ret_value = ret_value};
}

static enum fb_poll closed_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct fb_oneshot_closed *self =
        fb_container_of(future, struct fb_oneshot_closed, future);
    struct fb_oneshot *c = self->channel;

    if (!c->receiver) {
        return FB_READY;
    }
    fb__channel_wait(&c->channel, &self->waiter, cx, &c->closing,
                     FB_AWAITS_CLOSED);
    return FB_PENDING;
}

static void closed_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_oneshot_closed, future)->waiter);
}

static struct fb_type closed_type =
    FB_TYPE(fb_oneshot_closed, .poll = closed_poll, .drop = closed_drop,
            .waiter_offset = offsetof(struct fb_oneshot_closed, waiter));

struct fb_oneshot_closed fb_oneshot_closed(struct fb_oneshot_sender *sender) {
    fb_assert(sender->channel != NULL, "the sender is open");
    return (struct fb_oneshot_closed){.future.type = &closed_type,
                                      .channel = sender->channel};
}
