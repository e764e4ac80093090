// Problem: every receiver gets every message, but a slow one must neither hold
// up the others nor make the channel grow.
// Idea: a ring of the last messages, numbered without end; each receiver keeps
// the number it reads next. One that was overtaken is told how far.
//
//     number:   … 5   6 │ 7   8   9  10 │ 11          capacity 4
//                 ▲     └ kept ─────────┘ └ next sent
//                 a receiver that lags: it missed 5 and 6 and goes on with 7
//
// Invariants: message n lies in slot n % capacity; whoever waits has read all.
// A value is dropped when its slot is used again, or with the last end.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::broadcast.
#include "channel_impl.h"

#include <errno.h>

struct fb_broadcast {
    struct fb_channel channel;
    struct fb_values values;
    uint64_t next; // number of the message that is sent next, from 0
    uint32_t capacity;
    uint32_t senders, receivers;
    struct fb_waiter_list waiters;
    _Alignas(max_align_t) unsigned char slots[];
};

static struct fb_broadcast *opened(struct fb_broadcast *c) {
    fb_assert(c != NULL, "this end of the channel is open");
    return c;
}

static void *slot(struct fb_broadcast *c, uint64_t number) {
    return c->slots + (size_t)(number % c->capacity) * c->values.bytes;
}

// The oldest message that is kept.
static uint64_t oldest(const struct fb_broadcast *c) {
    return c->next > c->capacity ? c->next - c->capacity : 0;
}

static void free_unused(struct fb_broadcast *c) {
    if (c->senders > 0 || c->receivers > 0) {
        return;
    }
    for (uint64_t n = oldest(c); n < c->next; n++) {
        fb__value_drop(&c->values, slot(c, n));
    }
    fb__sys.free(c);
}

// Whoever is woken may close its end at once: the channel stays until all are.
static void wake_all(struct fb_broadcast *c) {
    c->receivers++;
    fb__channel_wake_all(&c->channel, &c->waiters);
    c->receivers--;
    free_unused(c);
}

int fb_broadcast_create(struct fb_runtime *rt, struct fb_values values,
                        uint32_t capacity,
                        struct fb_broadcast_sender *ret_sender,
                        struct fb_broadcast_receiver *ret_receiver) {
    size_t bytes =
        fb__slots_bytes(sizeof(struct fb_broadcast), values, capacity);
    struct fb_broadcast *c = bytes != 0 ? fb__sys.alloc(bytes) : NULL;

    fb_assert(capacity > 0, "a channel has room for a message");
    if (c == NULL) {
        return -ENOMEM;
    }
    c->values = values;
    c->capacity = capacity;
    c->senders = c->receivers = 1;
    fb__channel_open(&c->channel, rt, FB_CHANNEL_BROADCAST, 0, capacity);
    ret_sender->channel = c;
    *ret_receiver = (struct fb_broadcast_receiver){.channel = c};
    return 0;
}

static int send_value(struct fb_broadcast_sender *sender, const void *value) {
    struct fb_broadcast *c = opened(sender->channel);
    void *place = slot(c, c->next);

    if (c->receivers == 0) {
        return -EPIPE;
    }
    if (c->next >= c->capacity) {
        fb__value_drop(&c->values, place);
    }
    fb__value_copy(&c->values, place, value);
    c->next++;
    fb__channel_note(&c->channel, FB_CHANNEL_GIVE,
                     (uint32_t)(c->next - oldest(c)), 1);
    wake_all(c);
    return 0;
}

int fb_broadcast_send(struct fb_broadcast_sender *sender, const void *value) {
    int result;

    fb__shared_begin();
    result = send_value(sender, value);
    fb__shared_end();
    return result;
}

struct fb_broadcast_sender
fb_broadcast_sender_clone(const struct fb_broadcast_sender *sender) {
    fb__shared_begin();
    opened(sender->channel)->senders++;
    fb__shared_end();
    return *sender;
}

static void close_sender(struct fb_broadcast_sender *sender) {
    struct fb_broadcast *c = sender->channel;

    sender->channel = NULL;
    if (c == NULL) {
        return;
    }
    if (--c->senders == 0) {
        fb__channel_note(&c->channel, FB_CHANNEL_CLOSE,
                         (uint32_t)(c->next - oldest(c)), 0);
        wake_all(c);
    } else {
        free_unused(c);
    }
}

void fb_broadcast_sender_close(struct fb_broadcast_sender *sender) {
    fb__shared_begin();
    close_sender(sender);
    fb__shared_end();
}

struct fb_broadcast_receiver
fb_broadcast_subscribe(struct fb_broadcast_sender *sender) {
    struct fb_broadcast *c = opened(sender->channel);

    struct fb_broadcast_receiver made = {.channel = c};

    fb__shared_begin();
    c->receivers++;
    made.next = c->next;
    fb__shared_end();
    return made;
}

static void close_receiver(struct fb_broadcast_receiver *receiver) {
    struct fb_broadcast *c = receiver->channel;

    receiver->channel = NULL;
    if (c != NULL) {
        if (--c->receivers == 0) {
            fb__channel_left(&c->waiters);
        }
        free_unused(c);
    }
}

void fb_broadcast_receiver_close(struct fb_broadcast_receiver *receiver) {
    fb__shared_begin();
    close_receiver(receiver);
    fb__shared_end();
}

static int try_receive(struct fb_broadcast_receiver *receiver,
                       void *ret_value) {
    struct fb_broadcast *c = opened(receiver->channel);
    const uint64_t first = oldest(c);

    if (receiver->next < first) {
        const uint64_t missed = first - receiver->next;

        receiver->missed += missed;
        receiver->next = first;
        fb__channel_note(&c->channel, FB_CHANNEL_LAG,
                         (uint32_t)(c->next - first),
                         missed < UINT32_MAX ? (uint32_t)missed : UINT32_MAX);
        return -EOVERFLOW;
    }
    if (receiver->next == c->next) {
        return c->senders > 0 ? -EAGAIN : 0;
    }
    fb__value_copy(&c->values, ret_value, slot(c, receiver->next));
    receiver->next++;
    fb__channel_note(&c->channel, FB_CHANNEL_TAKE,
                     (uint32_t)(c->next - receiver->next), 1);
    return 1;
}

int fb_broadcast_try_receive(struct fb_broadcast_receiver *receiver,
                             void *ret_value) {
    int result;

    fb__shared_begin();
    result = try_receive(receiver, ret_value);
    fb__shared_end();
    return result;
}

static enum fb_poll receive_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_broadcast_receive *self =
        fb_container_of(future, struct fb_broadcast_receive, future);
    struct fb_broadcast *c = self->receiver->channel;

    return fb_budget_left(cx)
               ? fb__channel_received(
                     &c->channel, &self->waiter, cx, &c->waiters,
                     try_receive(self->receiver, self->ret_value), &self->out)
               : FB_PENDING;
}

static void receive_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_broadcast_receive, future)->waiter);
}

static struct fb_type receive_type =
    FB_TYPE(fb_broadcast_receive, .poll = receive_poll, .drop = receive_drop,
            .waiter_offset = offsetof(struct fb_broadcast_receive, waiter));

struct fb_broadcast_receive
fb_broadcast_receive(struct fb_broadcast_receiver *receiver, void *ret_value) {
    return (struct fb_broadcast_receive){.future.type = &receive_type,
                                         .receiver = receiver,
                                         .ret_value = ret_value};
}
