// Channels: who has locked what, who holds permits, who sends and who receives.
//
// Problem: "waits for mutex 3" helps nobody who does not know who has it; and a
// trace neither names channels in a census nor says when one is gone.
// Idea: a small record for each channel that was heard of lately, with the few
// tasks that act on it. The record that was silent longest makes room; all go
// when events were lost, for a lock may have changed hands in them.
//
//     takers of a mutex: its owner      givers of a channel: who has sent
//            of a semaphore: who               takers: who has received
//            holds permits
//
// Invariants: at most FB_MODEL_CHANNELS records; where a list has overflowed,
// or somebody outside all tasks acted, `more` says so.
#include "world.h"

static struct fb_model_channel *channel_in(const struct fb_model *m,
                                           uint32_t slot) {
    return fb__pool_at(&m->channels, slot);
}

static void forget(struct fb_model *m, uint32_t slot) {
    fb__index_remove(&m->channel_index, channel_in(m, slot)->id);
    fb__pool_give(&m->channels, slot);
}

void fb__world_forget_channels(struct fb_model *m) {
    while (m->channels.first != FB_MODEL_NONE) {
        forget(m, m->channels.first);
    }
}

// The record of a channel, made if there is none, and the youngest from now on.
static struct fb_model_channel *channel_of(struct fb_model *m,
                                           const struct fb_event *e) {
    uint32_t slot = fb__index_find(&m->channel_index, e->subject);
    struct fb_model_channel *c;

    if (slot != FB_MODEL_NONE) {
        fb__pool_to_end(&m->channels, slot);
        return channel_in(m, slot);
    }
    if (m->channels.count >= FB_MODEL_CHANNELS) {
        forget(m, m->channels.first);
    }
    slot = fb__pool_take(&m->channels, e->subject);
    fb__index_put(&m->channel_index, e->subject, slot);
    c = channel_in(m, slot);
    c->kind = (uint8_t)(e->flags & ~FB_EV_FLAG_CENSUS);
    return c;
}

// ---- the tasks that act on it ----

static struct fb_model_peer *peer_of(struct fb_model_peers *p, uint32_t task) {
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->tasks[i].task == task) {
            return &p->tasks[i];
        }
    }
    return NULL;
}

static void peer_remove(struct fb_model_peers *p, struct fb_model_peer *peer) {
    *peer = p->tasks[--p->count];
}

static bool is_over(const struct fb_model *m, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(m, task);

    return t == NULL || t->state >= FB_TASK_COMPLETE;
}

// A place for one more: those of tasks that are over go first.
static struct fb_model_peer *peer_make(const struct fb_model *m,
                                       struct fb_model_peers *p) {
    for (uint32_t i = p->count; p->count == FB_MODEL_PEERS && i-- > 0;) {
        if (is_over(m, p->tasks[i].task)) {
            peer_remove(p, &p->tasks[i]);
        }
    }
    if (p->count == FB_MODEL_PEERS) {
        p->more = true;
        peer_remove(p, &p->tasks[0]);
    }
    return &p->tasks[p->count++];
}

static void peer_note(struct fb_model *m, struct fb_model_peers *p,
                      uint32_t task, uint32_t amount) {
    struct fb_model_peer *peer = peer_of(p, task);

    if (task == 0) {
        p->more = true; // by the program, outside all tasks
        return;
    }
    if (peer == NULL) {
        peer = peer_make(m, p);
        *peer = (struct fb_model_peer){.task = task};
    }
    if (__builtin_add_overflow(peer->amount, amount, &peer->amount)) {
        peer->amount = UINT32_MAX;
    }
    peer->event = m->event;
}

static void give_back(struct fb_model_peers *p, uint32_t task,
                      uint32_t amount) {
    struct fb_model_peer *peer = peer_of(p, task);

    if (peer == NULL) {
        return; // not all that is given was taken before
    }
    if (peer->amount <= amount) {
        peer_remove(p, peer);
    } else {
        peer->amount -= amount;
    }
}

// ---- what happens to it ----

static void note_give(struct fb_model *m, struct fb_model_channel *c,
                      const struct fb_event *e) {
    switch ((enum fb_channel_kind)c->kind) {
    case FB_CHANNEL_MUTEX: c->takers = (struct fb_model_peers){0}; break;
    case FB_CHANNEL_SEMAPHORE:
        give_back(&c->takers, e->channel.task, e->channel.amount);
        break;
    default:
        peer_note(m, &c->givers, e->channel.task, e->channel.amount);
        break;
    }
}

void fb__world_channel(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_channel *c;

    if (e->subject == 0) {
        m->anomalies++;
        return;
    }
    c = channel_of(m, e);
    c->count = e->channel.count;
    c->capacity = e->channel.capacity;
    c->last_event = m->event;
    switch ((enum fb_channel_op)e->detail) {
    case FB_CHANNEL_OPEN: c->open_event = m->event; break;
    case FB_CHANNEL_GIVE: note_give(m, c, e); break;
    case FB_CHANNEL_PASS:
        if (c->kind == FB_CHANNEL_MUTEX) {
            c->takers = (struct fb_model_peers){0};
        }
        break;
    case FB_CHANNEL_TAKE:
        if (c->kind == FB_CHANNEL_MUTEX) {
            c->takers = (struct fb_model_peers){0};
        }
        peer_note(m, &c->takers, e->channel.task, e->channel.amount);
        break;
    case FB_CHANNEL_CLOSE:
    case FB_CHANNEL_LAG:
    case FB_CHANNEL_OPS:
    default: break;
    }
}

void fb__world_granted(struct fb_model *m, uint32_t channel, uint32_t task) {
    const uint32_t slot = fb__index_find(&m->channel_index, channel);
    struct fb_model_channel *c = channel_in(m, slot);

    if (c != NULL && c->kind == FB_CHANNEL_MUTEX && c->takers.count == 0) {
        peer_note(m, &c->takers, task, 1);
    }
}
