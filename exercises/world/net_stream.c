// Problem: a handler sees a connection through recv and send only, but what
// they say depends on what the other side did before, and in which order.
// Idea: a connection is two ends; each owns the pipe it reads from.
//
//       end ── send ──► peer's inbox ──► peer's recv
//       read_shut: the peer's FIN has come    write_shut: ours has gone
//       was_reset: both are over; `error` is told once, after what lies in
//                  the inbox
//
// As in Linux: closing with something unread is a reset, and sending to an end
// that is gone succeeds once and brings a reset back. Source: RFC 9293, 3.6;
// tcp_close and tcp_reset of Linux.
// Invariants: peer->peer == end; an end without descriptor belongs to a script
// or waits in the listener's queue.
// Concurrency: one thread.
#include "net_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- pipes ----

static uint32_t pipe_space(const struct net_pipe *p) {
    return p->limit - p->len;
}

static void pipe_put(struct net_pipe *p, const char *bytes, uint32_t len) {
    if (len == 0) {
        return;
    }
    if (p->bytes != NULL && p->at > 0) {
        memmove(p->bytes, p->bytes + p->at, p->len);
        p->at = 0;
    }
    if (p->len + len > p->room) {
        p->room = p->len + len;
        p->bytes = net_resize(p->bytes, p->room);
    }
    memcpy(p->bytes + p->len, bytes, len);
    p->len += len;
}

// An empty pipe holds no memory: a million silent clients cost nothing here.
static void pipe_take(struct net_pipe *p, char *bytes, uint32_t len) {
    if (len == 0) { // and perhaps no memory
        return;
    }
    memcpy(bytes, p->bytes + p->at, len);
    p->at += len;
    p->len -= len;
    if (p->len == 0) {
        free(p->bytes);
        p->bytes = NULL;
        p->at = p->room = 0;
    }
}

// ---- readiness ----

// Something happened at `end`: its epoll, or its script, is told.
static void tell(struct net_end *end, uint32_t events) {
    net_wake(&end->file, events);
    if (end->notify != NULL) {
        end->notify(end->arg, end->who);
    }
}

static bool has_room(const struct net_end *end) {
    return end->peer == NULL || end->write_shut || end->was_reset ||
           pipe_space(&end->peer->inbox) > 0;
}

uint32_t net_end_ready(struct net_end *end) {
    uint32_t events = 0;

    if (end->inbox.len > 0 || end->read_shut) {
        events |= EPOLLIN;
    }
    events |= end->read_shut ? EPOLLRDHUP : 0u;
    if (has_room(end)) {
        events |= EPOLLOUT;
    } else {
        end->wants_room = true; // as poll does: ask to be told
    }
    events &= ~(end->file.held & EPOLLIN ? EPOLLIN | EPOLLRDHUP : 0u);
    events &= ~(end->file.held & EPOLLOUT ? (uint32_t)EPOLLOUT : 0u);
    if (end->was_reset || (end->read_shut && end->write_shut)) {
        events |= EPOLLHUP | EPOLLIN | EPOLLOUT | EPOLLRDHUP;
    }
    events |= end->error != 0 ? EPOLLERR : 0u;
    return events;
}

// ---- what an end does ----

static void be_reset(struct net_end *end) {
    end->error = end->read_shut ? EPIPE : ECONNRESET;
    end->read_shut = end->write_shut = end->was_reset = true;
    end->file.held = 0;
    tell(end, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
}

static int pending_error(struct net_end *end) {
    int error = end->error;

    end->error = 0;
    return -error;
}

int net_end_recv(struct net_end *end, void *buf, size_t len) {
    struct net_end *peer = end->peer;
    uint32_t count = end->inbox.len;

    if (count == 0) {
        if (end->error != 0) {
            return pending_error(end);
        }
        if (!end->read_shut) {
            return -EAGAIN;
        }
    }
    if (count > len) {
        count = (uint32_t)len;
    }
    if (count > 0) {
        pipe_take(&end->inbox, buf, count);
    }
    if (peer != NULL) {
        if (peer->first_read < 0) {
            peer->first_read = (int)count;
        }
        if (count > 0 && peer->wants_room) {
            peer->wants_room = false;
            tell(peer, EPOLLOUT);
        }
    }
    return (int)count;
}

int net_end_send(struct net_end *end, const void *buf, size_t len) {
    struct net_end *peer = end->peer;
    uint32_t count;

    if (end->error != 0) {
        return pending_error(end);
    }
    if (end->write_shut) {
        return -EPIPE;
    }
    if (peer == NULL) { // gone: what arrives there is answered by a reset
        be_reset(end);
        return (int)len;
    }
    count = pipe_space(&peer->inbox);
    if (count >= len) {
        count = (uint32_t)len;
    } else {
        end->wants_room = true;
    }
    if (count == 0 && len > 0) {
        return -EAGAIN;
    }
    pipe_put(&peer->inbox, buf, count);
    tell(peer, EPOLLIN);
    return (int)count;
}

void net_end_shutdown(struct net_end *end) {
    struct net_end *peer = end->peer;

    if (!end->write_shut) {
        end->write_shut = true;
        if (peer != NULL) {
            peer->read_shut = true;
            tell(peer, EPOLLIN | EPOLLRDHUP);
        }
    }
}

void net_end_close(struct net_end *end, bool by_reset) {
    struct net_end *peer = end->peer;

    end->notify = NULL;
    if (peer != NULL) {
        if (by_reset || end->inbox.len > 0) {
            peer->peer = NULL;
            be_reset(peer);
        } else {
            net_end_shutdown(end);
            peer->peer = NULL;
            if (peer->wants_room) {
                peer->wants_room = false;
                tell(peer, EPOLLOUT); // the next send says how it stands
            }
        }
    }
    free(end->inbox.bytes);
    net_file_free(&end->file);
}

// ---- dialling, and the queue before accept ----

static uint32_t draw_limit(void) {
    return net.options.buffer_bytes != 0 ? net.options.buffer_bytes
                                         : 1 + (uint32_t)(net_draw() >> 58);
}

static struct net_end *end_new(uint64_t who) {
    struct net_end *end =
        (struct net_end *)net_file_new(NET_STREAM, sizeof *end);

    end->who = who;
    end->first_read = -1;
    end->inbox.limit = draw_limit();
    return end;
}

struct net_end *net_dial(uint16_t port, uint64_t who, net_fn *notify,
                         void *arg) {
    struct net_listener *l = net.listener;
    struct net_end *ours, *theirs;

    if (l == NULL || l->port != port || l->waiting >= l->backlog) {
        return NULL;
    }
    ours = end_new(who);
    theirs = end_new(who);
    ours->peer = theirs;
    theirs->peer = ours;
    ours->notify = notify;
    ours->arg = arg;
    *(l->last != NULL ? &l->last->queue_next : &l->first) = theirs;
    l->last = theirs;
    l->waiting++;
    net.stats.connections++;
    net_wake(&l->file, EPOLLIN);
    return ours;
}

struct net_end *net_queue_take(struct net_listener *l) {
    struct net_end *end = l->first;

    if (end != NULL) {
        l->first = end->queue_next;
        l->last = l->first == NULL ? NULL : l->last;
        end->queue_next = NULL;
        l->waiting--;
    }
    return end;
}

void net_listener_close(struct net_listener *l) {
    struct net_end *end;

    while ((end = net_queue_take(l)) != NULL) {
        net_end_close(end, true);
    }
    if (net.listener == l) {
        net.listener = NULL;
    }
    net_file_free(&l->file);
}

// ---- what a script does ----

int net_hear(struct net_end *end, void *buf, size_t len) {
    return net_end_recv(end, buf, len);
}

int net_say(struct net_end *end, const void *buf, size_t len) {
    return net_end_send(end, buf, len);
}

void net_finish(struct net_end *end) {
    net_end_shutdown(end);
}

void net_hang_up(struct net_end *end) {
    net_end_close(end, false);
}

void net_reset(struct net_end *end) {
    net_end_close(end, true);
}

int net_first_read(const struct net_end *end) {
    return end->first_read;
}

bool net_was_aborted(const struct net_end *end) {
    return end->aborted;
}
