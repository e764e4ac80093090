// Problem: many tasks follow a value (a setting, a state) and care for its
// newest form only.
// Idea: one value with a version; each receiver remembers the version that it
// has seen. Sending never waits.
// Invariants: whoever waits has seen the present version; the block goes with
// the last end.
// Concurrency: executor thread; with several workers inside their bracket.
// Source: the behaviour of tokio::sync::watch.
#include "channel_impl.h"

#include <errno.h>

struct fb_watch {
    struct fb_channel channel;
    struct fb_values values;
    uint64_t version; // of the value; the first is 1
    uint32_t receivers;
    bool sender; // is there
    struct fb_waiter_list waiters;
    _Alignas(max_align_t) unsigned char value[];
};

static struct fb_watch *opened(struct fb_watch *c) {
    fb_assert(c != NULL, "this end of the watch is open");
    return c;
}

static void free_unused(struct fb_watch *c) {
    if (!c->sender && c->receivers == 0) {
        fb__value_drop(&c->values, c->value);
        fb__sys.free(c);
    }
}

// Whoever is woken may close its end at once: the channel stays until all are.
static void wake_all(struct fb_watch *c) {
    c->receivers++;
    fb__channel_wake_all(&c->channel, &c->waiters);
    c->receivers--;
    free_unused(c);
}

int fb_watch_create(struct fb_runtime *rt, struct fb_values values,
                    const void *value, struct fb_watch_sender *ret_sender,
                    struct fb_watch_receiver *ret_receiver) {
    size_t bytes = fb__slots_bytes(sizeof(struct fb_watch), values, 1);
    struct fb_watch *c = bytes != 0 ? fb__sys.alloc(bytes) : NULL;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->values = values;
    c->version = 1;
    c->sender = true;
    c->receivers = 1;
    fb__value_copy(&c->values, c->value, value);
    fb__channel_open(&c->channel, rt, FB_CHANNEL_WATCH, 1, 1);
    ret_sender->channel = c;
    *ret_receiver = (struct fb_watch_receiver){.channel = c, .seen = 1};
    return 0;
}

static int send_value(struct fb_watch_sender *sender, const void *value) {
    struct fb_watch *c = opened(sender->channel);

    if (c->receivers == 0) {
        return -EPIPE;
    }
    fb__value_drop(&c->values, c->value);
    fb__value_copy(&c->values, c->value, value);
    c->version++;
    fb__channel_note(&c->channel, FB_CHANNEL_GIVE, 1, 1);
    wake_all(c);
    return 0;
}

int fb_watch_send(struct fb_watch_sender *sender, const void *value) {
    int result;

    fb__shared_begin();
    result = send_value(sender, value);
    fb__shared_end();
    return result;
}

static void close_sender(struct fb_watch_sender *sender) {
    struct fb_watch *c = sender->channel;

    sender->channel = NULL;
    if (c == NULL) {
        return;
    }
    c->sender = false;
    fb__channel_note(&c->channel, FB_CHANNEL_CLOSE, 1, 0);
    wake_all(c);
}

void fb_watch_sender_close(struct fb_watch_sender *sender) {
    fb__shared_begin();
    close_sender(sender);
    fb__shared_end();
}

struct fb_watch_receiver fb_watch_subscribe(struct fb_watch_sender *sender) {
    struct fb_watch *c = opened(sender->channel);

    struct fb_watch_receiver made = {.channel = c};

    fb__shared_begin();
    c->receivers++;
    made.seen = c->version;
    fb__shared_end();
    return made;
}

struct fb_watch_receiver
fb_watch_receiver_clone(const struct fb_watch_receiver *receiver) {
    fb__shared_begin();
    opened(receiver->channel)->receivers++;
    fb__shared_end();
    return *receiver;
}

static void close_receiver(struct fb_watch_receiver *receiver) {
    struct fb_watch *c = receiver->channel;

    *receiver = (struct fb_watch_receiver){0};
    if (c != NULL) {
        if (--c->receivers == 0) {
            fb__channel_left(&c->waiters);
        }
        free_unused(c);
    }
}

void fb_watch_receiver_close(struct fb_watch_receiver *receiver) {
    fb__shared_begin();
    close_receiver(receiver);
    fb__shared_end();
}

bool fb_watch_has_changed(const struct fb_watch_receiver *receiver) {
    bool changed;

    fb__shared_begin();
    changed = opened(receiver->channel)->version != receiver->seen;
    fb__shared_end();
    return changed;
}

const void *fb_watch_peek(const struct fb_watch_receiver *receiver) {
    return opened(receiver->channel)->value;
}

const void *fb_watch_get(struct fb_watch_receiver *receiver) {
    struct fb_watch *c = opened(receiver->channel);

    fb__shared_begin();
    if (receiver->seen != c->version) {
        receiver->seen = c->version;
        fb__channel_note(&c->channel, FB_CHANNEL_TAKE, 1, 1);
    }
    fb__shared_end();
    return c->value;
}

void fb_watch_copy(struct fb_watch_receiver *receiver, void *ret_value) {
    struct fb_watch *c = opened(receiver->channel);

    fb__shared_begin();
    fb__value_copy(&c->values, ret_value, fb_watch_get(receiver));
    fb__shared_end();
}

static enum fb_poll changed_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_watch_changed *self =
        fb_container_of(future, struct fb_watch_changed, future);
    struct fb_watch *c = self->receiver->channel;

    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    if (fb_watch_has_changed(self->receiver)) {
        (void)fb_watch_get(self->receiver);
        self->out = 1;
        fb_budget_spend(cx);
    } else if (c->sender) {
        fb__channel_wait(&c->channel, &self->waiter, cx, &c->waiters,
                         FB_AWAITS_CHANGE);
        return FB_PENDING;
    }
    return FB_READY;
}

static void changed_drop(struct fb_future *future) {
    fb_waiter_disarm(
        &fb_container_of(future, struct fb_watch_changed, future)->waiter);
}

static struct fb_type changed_type =
    FB_TYPE(fb_watch_changed, .poll = changed_poll, .drop = changed_drop,
            .waiter_offset = offsetof(struct fb_watch_changed, waiter));

struct fb_watch_changed fb_watch_changed(struct fb_watch_receiver *receiver) {
    return (struct fb_watch_changed){.future.type = &changed_type,
                                     .receiver = receiver};
}
