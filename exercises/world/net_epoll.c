// Problem: whether a runtime loses an edge is the question; the simulated epoll
// must neither give edges that a real one would not, nor keep one back.
// Idea: Linux's own: a file tells its epoll what happened; if the mask wants
// it, the file joins the list of candidates. Waiting takes candidates off and
// asks each how it stands NOW, which is what is reported. Edge-triggered files
// stay off the list, others go back.
//
// Time is a number. It goes on a little with every system call, and jumps to
// the next appointment when the program waits.
// Invariants: a watched file is in the list at most once; adding or changing a
// watch looks at the file at once, so nothing that came before is lost.
// Concurrency: one thread.
#include "net_internal.h"

#include <errno.h>

// ---- readiness ----

static uint32_t ready(struct net_file *file) {
    switch (file->kind) {
    case NET_STREAM: return net_end_ready((struct net_end *)file);
    case NET_LISTENER:
        return ((struct net_listener *)file)->waiting > 0 &&
                       !(file->held & EPOLLIN)
                   ? EPOLLIN
                   : 0;
    case NET_EVENT:
    case NET_SIGNAL:
        return ((struct net_counter *)file)->count > 0 ? EPOLLIN : 0;
    case NET_EPOLL: break;
    }
    return 0;
}

static void list_add(struct net_poller *p, struct net_file *file) {
    if (file->queued) {
        return;
    }
    file->queued = true;
    file->ready_next = NULL;
    file->ready_prev = p->last;
    *(p->last != NULL ? &p->last->ready_next : &p->first) = file;
    p->last = file;
}

static void list_remove(struct net_poller *p, struct net_file *file) {
    if (!file->queued) {
        return;
    }
    *(file->ready_prev != NULL ? &file->ready_prev->ready_next : &p->first) =
        file->ready_next;
    *(file->ready_next != NULL ? &file->ready_next->ready_prev : &p->last) =
        file->ready_prev;
    file->queued = false;
}

void net_wake(struct net_file *file, uint32_t events) {
    if (file->epoll != NULL && (file->mask & events) != 0) {
        list_add((struct net_poller *)file->epoll, file);
    }
}

void net_epoll_forget(struct net_file *file) {
    if (file->epoll != NULL) {
        list_remove((struct net_poller *)file->epoll, file);
        file->epoll = NULL;
    }
}

// Its watches end with it; what they watched stays open.
void net_epoll_close(struct net_file *poller) {
    for (size_t fd = 0; fd < net.files_len; fd++) {
        if (net.files[fd] != NULL && net.files[fd]->epoll == poller) {
            net_epoll_forget(net.files[fd]);
        }
    }
}

int net_epoll_control(struct net_poller *p, int op, int fd,
                      struct epoll_event *event) {
    struct net_file *file =
        fd >= 0 && (size_t)fd < net.files_len ? net.files[fd] : NULL;

    if (file == NULL) {
        return -EBADF;
    }
    if (file->epoll != NULL && file->epoll != &p->file) {
        return -ENOSYS; // see net_internal.h
    }
    if (op == EPOLL_CTL_DEL) {
        net_epoll_forget(file);
        return 0;
    }
    if ((op == EPOLL_CTL_ADD) != (file->epoll == NULL)) {
        return op == EPOLL_CTL_ADD ? -EEXIST : -ENOENT;
    }
    file->epoll = &p->file;
    file->mask = event->events | EPOLLERR | EPOLLHUP;
    file->token = event->data.u64;
    if (ready(file) & file->mask) {
        list_add(p, file);
    }
    return 0;
}

// ---- keeping readiness back ----

static void release(void *arg, uint64_t serial, uint32_t direction) {
    int fd = (int)(intptr_t)arg;
    struct net_file *file = (size_t)fd < net.files_len ? net.files[fd] : NULL;

    if (file != NULL && file->serial == serial) {
        file->held &= ~direction;
        net_wake(file, direction);
    }
}

static void release_in(void *arg, uint64_t serial) {
    release(arg, serial, EPOLLIN);
}

static void release_out(void *arg, uint64_t serial) {
    release(arg, serial, EPOLLOUT);
}

void net_hold(struct net_file *file, uint32_t direction) {
    file->held |= direction;
    net_call_at(net.now_ns + 1 + (net_draw() >> 48),
                direction == EPOLLIN ? release_in : release_out,
                (void *)(intptr_t)file->fd, file->serial);
}

// ---- the clock ----

static bool earlier(const struct net_appointment *a,
                    const struct net_appointment *b) {
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->turn < b->turn;
}

enum { WAYS = 4 }; // flat: fewer cache lines on the way down

void net_call_at(uint64_t at_ns, net_fn *fn, void *arg, uint64_t who) {
    const struct net_appointment made = {.at_ns = at_ns,
                                         .turn = ++net.next_turn,
                                         .fn = fn,
                                         .arg = arg,
                                         .who = who};
    size_t at = net.heap_len++;

    if (net.heap_len > net.heap_room) {
        net.heap_room = net.heap_room == 0 ? 1024 : net.heap_room * 2;
        net.heap = net_resize(net.heap, net.heap_room * sizeof net.heap[0]);
    }
    while (at > 0 && earlier(&made, &net.heap[(at - 1) / WAYS])) {
        net.heap[at] = net.heap[(at - 1) / WAYS];
        at = (at - 1) / WAYS;
    }
    net.heap[at] = made;
}

static struct net_appointment take_first(void) {
    const struct net_appointment first = net.heap[0],
                                 moved = net.heap[--net.heap_len];
    size_t at = 0;

    for (;;) {
        size_t child = at * WAYS + 1, best = child;

        if (child >= net.heap_len) {
            break;
        }
        for (size_t i = child + 1; i < child + WAYS && i < net.heap_len; i++) {
            best = earlier(&net.heap[i], &net.heap[best]) ? i : best;
        }
        if (!earlier(&net.heap[best], &moved)) {
            break;
        }
        net.heap[at] = net.heap[best];
        at = best;
    }
    net.heap[at] = moved;
    return first;
}

static void keep_appointments(void) {
    while (net.heap_len > 0 && net.heap[0].at_ns <= net.now_ns) {
        const struct net_appointment due = take_first();

        due.fn(due.arg, due.who);
    }
}

void net_settle(void) {
    keep_appointments();
}

// ---- waiting ----

static int collect(struct net_poller *p, struct epoll_event *events, int max) {
    struct net_file *last = p->last; // those that go back wait for next time
    int count = 0;

    while (p->first != NULL && count < max) {
        struct net_file *file = p->first;
        uint32_t now;

        list_remove(p, file);
        now = ready(file) & file->mask;
        if (now != 0) {
            events[count++] =
                (struct epoll_event){.events = now, .data.u64 = file->token};
            if (!(file->mask & EPOLLET)) {
                list_add(p, file);
            }
        }
        if (file == last) {
            break;
        }
    }
    return count;
}

// Goes to the next appointment, at most to `until_ns`. False: time is up.
static bool pass_time(uint64_t until_ns) {
    if (net.heap_len == 0 || net.heap[0].at_ns > until_ns) {
        if (until_ns != UINT64_MAX) {
            net.now_ns = until_ns;
            return false;
        }
        net.on_idle(net.on_idle_arg, 0);
        return true;
    }
    if (net.heap[0].at_ns > net.now_ns) {
        net.now_ns = net.heap[0].at_ns;
    }
    return true;
}

int net_epoll_wait_for(struct net_poller *p, struct epoll_event *events,
                       int max, int64_t timeout_ns) {
    uint64_t until_ns =
        timeout_ns < 0 ? UINT64_MAX : net.now_ns + (uint64_t)timeout_ns;

    for (;;) {
        int count;

        keep_appointments();
        count = collect(p, events, max);
        if (count > 0 || net.now_ns >= until_ns || !pass_time(until_ns)) {
            return count;
        }
    }
}
