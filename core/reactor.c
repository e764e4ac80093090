// Problem: the kernel speaks of descriptors, which are reused the moment they
// are closed; tasks wait for sources. An event fetched a microsecond ago may
// belong to a descriptor that is someone else's by now.
// Idea: epoll carries a token (generation, index) into a table of entries.
//
//     token ──index──► entry: fd, generation, ready bits, tick, waiters
//                        └── generation differs? a closed source: nobody
//
// Edge-triggered and registered once for each direction, at its first
// would-block: readiness is remembered until a system call says EAGAIN. `tick`
// counts the entry's events; a clear carries the tick its attempt began with,
// so that readiness which came in between is not wiped out.
// Invariants: entries never move (waiters link into them); one entry a
// descriptor; a free entry has no waiters.
// Concurrency: executor thread. With several workers one waits for the kernel at
// a time, outside; all else is inside the bracket of workers.h.
#include "emit.h"

#include <errno.h>
#include <string.h>

int fb__reactor_init(struct fb__reactor *r) {
    *r = (struct fb__reactor){.epoll_fd = -1, .free_head = UINT32_MAX};
    r->epoll_fd = fb__sys.epoll_create(EPOLL_CLOEXEC);
    return r->epoll_fd < 0 ? -errno : 0;
}

void fb__reactor_deinit(struct fb__reactor *r) {
    for (uint32_t i = 0; i < r->chunk_count; i++) {
        fb__sys.free(r->chunks[i]);
    }
    fb__sys.free(r->chunks);
    fb__sys.free(r->by_fd);
    if (r->epoll_fd >= 0) {
        fb__sys.close(r->epoll_fd);
    }
    *r = (struct fb__reactor){.epoll_fd = -1};
}

int fb__reactor_watch(struct fb__reactor *r, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};

    return fb__sys.epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0
               ? -errno
               : 0;
}

struct fb__entry *fb__reactor_at(const struct fb__reactor *r, uint32_t index) {
    return &r->chunks[index / FB__CHUNK][index % FB__CHUNK];
}

struct fb__entry *fb__reactor_entry(const struct fb_runtime *rt,
                                    const struct fb_source *s) {
    struct fb__entry *entry = NULL;

    if (rt != NULL && s->index < rt->reactor.used) {
        entry = fb__reactor_at(&rt->reactor, s->index);
    }
    return entry != NULL && entry->fd >= 0 && entry->generation == s->generation
               ? entry
               : NULL;
}

// ---- the table ----

static int grow_by_fd(struct fb__reactor *r, uint32_t fd) {
    uint32_t len = r->by_fd_len != 0 ? r->by_fd_len : 64;
    uint32_t *wider;

    while (len <= fd) {
        len *= 2;
    }
    if (len == r->by_fd_len) {
        return 0;
    }
    wider = fb__sys.resize(r->by_fd, len * sizeof *wider);
    if (wider == NULL) {
        return -ENOMEM;
    }
    memset(wider + r->by_fd_len, 0, (len - r->by_fd_len) * sizeof *wider);
    r->by_fd = wider;
    r->by_fd_len = len;
    return 0;
}

static int grow_entries(struct fb__reactor *r) {
    struct fb__entry **chunks =
        fb__sys.resize(r->chunks, (r->chunk_count + 1) * sizeof *chunks);
    struct fb__entry *chunk;

    if (chunks == NULL) {
        return -ENOMEM;
    }
    r->chunks = chunks;
    chunk = fb__sys.alloc(FB__CHUNK * sizeof *chunk);
    if (chunk == NULL) {
        return -ENOMEM;
    }
    r->chunks[r->chunk_count++] = chunk;
    return 0;
}

static int take_entry(struct fb__reactor *r, uint32_t *ret_index) {
    if (r->free_head != UINT32_MAX) {
        *ret_index = r->free_head;
        r->free_head = fb__reactor_at(r, r->free_head)->next_free;
        return 0;
    }
    if (r->used == r->chunk_count * FB__CHUNK) {
        int err = grow_entries(r);

        if (err < 0) {
            return err;
        }
    }
    *ret_index = r->used++;
    return 0;
}

static int open_source(struct fb_source *s, struct fb_runtime *rt, int fd,
                       enum fb_source_kind kind) {
    struct fb__reactor *r = &rt->home->reactor;
    struct fb__entry *entry;
    uint32_t index = 0;
    int err;

    err = grow_by_fd(r, (uint32_t)fd);
    if (err == 0 && r->by_fd[fd] != 0) {
        err = -EEXIST;
    }
    if (err == 0) {
        err = take_entry(r, &index);
    }
    if (err < 0) {
        return err;
    }
    entry = fb__reactor_at(r, index);
    *entry = (struct fb__entry){
        .fd = fd,
        .generation = entry->generation + 1,
        .id = ++r->next_id,
        .kind = (uint8_t)kind,
        .task = fb__emit_id(rt->current),
        .ready = FB_READABLE | FB_WRITABLE, // not known: the first try tells
    };
    r->by_fd[fd] = index + 1;
    r->open++;
    *s = (struct fb_source){.runtime = rt->home,
                            .fd = fd,
                            .index = index,
                            .generation = entry->generation,
                            .id = entry->id};
    fb__emit_source(rt, FB_EV_SOURCE_ADD, entry, 0, 0);
    return 0;
}

int fb_source_open(struct fb_source *s, struct fb_runtime *rt, int fd,
                   enum fb_source_kind kind) {
    int err;

    fb_assert(fd >= 0, "a source has a descriptor");
    fb__shared_begin();
    err = open_source(s, fb__here(rt), fd, kind);
    fb__shared_end();
    return err;
}

// ---- readiness ----

static unsigned matching(unsigned interest) {
    return interest | FB_IO_ERROR |
           (interest & FB_READABLE ? FB_READ_CLOSED : 0u) |
           (interest & FB_WRITABLE ? FB_WRITE_CLOSED : 0u);
}

// Wakes all waiters that any of `bits` concerns. They are collected first:
// what a wake does may change the entry's list.
static void wake_waiters(struct fb__entry *entry, unsigned bits) {
    struct fb_waiter_list batch = {0};
    struct fb_waiter *next;

    for (struct fb_waiter *w = entry->waiters.first; w != NULL; w = next) {
        next = w->next;
        if ((matching(w->interest) & bits) != 0) {
            *(w->prev != NULL ? &w->prev->next : &entry->waiters.first) = next;
            *(next != NULL ? &next->prev : &entry->waiters.last) = w->prev;
            w->list = &batch;
            w->next = NULL;
            w->prev = batch.last;
            *(batch.last != NULL ? &batch.last->next : &batch.first) = w;
            batch.last = w;
        }
    }
    while (batch.first != NULL) {
        fb_waiter_wake(batch.first, FB_PARTY_SOURCE, entry->id);
    }
}

static unsigned ready_bits(uint32_t events) {
    unsigned bits = 0;

    bits |= events & EPOLLIN ? FB_READABLE : 0u;
    bits |= events & EPOLLOUT ? FB_WRITABLE : 0u;
    // After a hang-up or an error every call has something to say.
    bits |= events & EPOLLRDHUP ? FB_READ_CLOSED | FB_READABLE : 0u;
    bits |= events & EPOLLHUP
                ? FB_READ_CLOSED | FB_WRITE_CLOSED | FB_READABLE | FB_WRITABLE
                : 0u;
    bits |= events & EPOLLERR ? FB_IO_ERROR | FB_READABLE | FB_WRITABLE : 0u;
    return bits;
}

// Whether an event is the viewer's bell: it makes the executor look at the
// control page, but is no part of the program's life and leaves no trace.
static bool is_bell(const struct epoll_event *event) {
    return event->data.u64 == FB__TOKEN_BELL;
}

static void dispatch(struct fb_runtime *rt, const struct epoll_event *event) {
    uint32_t index = (uint32_t)event->data.u64;
    uint32_t generation = (uint32_t)(event->data.u64 >> 32);
    unsigned bits = ready_bits(event->events);
    struct fb__entry *entry;

    if (event->data.u64 == FB__TOKEN_DOOR) {
        fb__door_hush(rt->home->door);
        return;
    }
    if (is_bell(event)) {
        fb_trace_bell_drain(rt->home->trace);
        return;
    }
    entry = fb__reactor_at(&rt->home->reactor, index);
    if (entry->fd < 0 || entry->generation != generation) {
        fb__emit_stale(rt, generation, bits);
        return;
    }
    entry->ready |= (uint8_t)bits;
    entry->known |= (uint8_t)bits;
    entry->tick++;
    fb__emit_source(rt, FB_EV_SOURCE_READY, entry, bits, 0);
    wake_waiters(entry, bits);
}

void fb__reactor_unpark(struct fb_runtime *rt, uint32_t events) {
    if (rt->parked) {
        fb__emit_unpark(rt, events);
        rt->parked = false;
    }
}

// Counts a park, and whether the one before has led to nothing.
static void note_park(struct fb_runtime *rt) {
    uint64_t polls = atomic_load_explicit(&rt->polls, memory_order_relaxed);

    fb__count(&rt->parks);
    if (polls == rt->polls_at_park) {
        fb__count(&rt->empty_parks);
    }
    rt->polls_at_park = polls;
}

// Whether the executor has something to do that no event tells of.
static bool something_is_due(const struct fb_runtime *rt) {
    const struct fb__door *door = rt->home->door;
    const struct fb_timer *first = fb__timer_first(rt->home);

    return (first != NULL && first->deadline_ns <= rt->now_ns) ||
           atomic_load_explicit(&door->waiting, memory_order_relaxed) > 0 ||
           fb__blocking_is_done(rt->home) ||
           atomic_load_explicit(&door->interrupted, memory_order_relaxed);
}

void fb__reactor_park(struct fb_runtime *rt, int64_t timeout_ns) {
    if (timeout_ns != 0 && !rt->parked) {
        note_park(rt);
        fb__emit_park(rt, timeout_ns);
        rt->parked = true;
    }
}

int fb__reactor_wait(const struct fb_runtime *rt, struct epoll_event *events,
                     int64_t timeout_ns) {
    int count = fb__sys.epoll_wait(rt->home->reactor.epoll_fd, events,
                                   FB__REACTOR_EVENTS, timeout_ns);

    // EINTR: as if nothing had come; the turn goes round again
    return count < 0 ? 0 : count;
}

int fb__reactor_take(struct fb_runtime *rt, const struct epoll_event *events,
                     int count) {
    int bells = 0;

    for (int i = 0; i < count; i++) {
        bells += is_bell(&events[i]);
    }
    if (bells > 0 && bells == count && !something_is_due(rt)) {
        fb_trace_bell_drain(rt->home->trace);
        return 0; // still parked, as far as anyone can see
    }
    rt->parked = rt->parked || count > 0; // a look that found something
    fb__reactor_unpark(rt, (uint32_t)(count - bells));
    for (int i = 0; i < count; i++) {
        dispatch(rt, &events[i]);
    }
    return count;
}

int fb__reactor_turn(struct fb_runtime *rt, int64_t timeout_ns) {
    struct epoll_event events[FB__REACTOR_EVENTS];
    int count;

    fb__reactor_park(rt, timeout_ns);
    // A look in passing, with tasks to be polled and no source open, has only
    // bells to find. Who rings them leaves word in memory first, which is
    // looked at every turn: a fifth of a self-wake's time was this call.
    count = rt->queue_len > 0 && timeout_ns == 0 && rt->reactor.open == 0 &&
                    !fb__sys.every_turn
                ? 0
                : fb__reactor_wait(rt, events, timeout_ns);
    if (timeout_ns != 0) { // else it has just been asked
        fb__clock_refresh(rt);
    }
    return fb__reactor_take(rt, events, count);
}

unsigned fb_source_ready(const struct fb_source *s, unsigned interest,
                         uint32_t *ret_tick) {
    const struct fb__entry *entry;
    unsigned bits = matching(interest); // closed: let the attempt say EBADF

    fb__shared_begin();
    entry = fb__reactor_entry(s->runtime, s);
    if (entry != NULL) {
        *ret_tick = entry->tick;
        bits = entry->ready & matching(interest) & (FB_READABLE | FB_WRITABLE);
    }
    fb__shared_end();
    return bits;
}

void fb_source_clear(const struct fb_source *s, unsigned bits, uint32_t tick) {
    struct fb__entry *entry;

    fb__shared_begin();
    entry = fb__reactor_entry(s->runtime, s);
    if (entry != NULL && entry->tick == tick) {
        entry->ready &= (uint8_t)~bits;
        entry->known &= (uint8_t)~bits;
        fb__emit_source(fb__here(s->runtime), FB_EV_SOURCE_CLEAR, entry, bits,
                        0);
    }
    fb__shared_end();
}

// Asks epoll for the directions that someone has waited in. Most sources are
// only ever waited for in one: asking for both would wake the executor once
// for nothing, as a new socket is writable at once.
static int register_interest(const struct fb_source *s, struct fb__entry *entry,
                             unsigned interest) {
    struct epoll_event event = {
        .events = EPOLLRDHUP | EPOLLET |
                  (interest & FB_READABLE ? (uint32_t)EPOLLIN : 0) |
                  (interest & FB_WRITABLE ? (uint32_t)EPOLLOUT : 0),
        .data.u64 = (uint64_t)s->generation << 32 | s->index};

    // Readiness that came since the attempt is reported by the kernel as the
    // first edge, also after a change: nothing is lost between the two calls.
    if (fb__sys.epoll_ctl(s->runtime->reactor.epoll_fd,
                          entry->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                          entry->fd, &event) < 0) {
        return -errno;
    }
    entry->registered = (uint8_t)interest;
    return 0;
}

static int wait_source(const struct fb_source *s, struct fb_waiter *w,
                       struct fb_context *cx, unsigned interest) {
    struct fb__entry *entry = fb__reactor_entry(s->runtime, s);

    if (entry == NULL) {
        return -EBADF;
    }
    if ((entry->registered & interest) != interest) {
        int err = register_interest(s, entry, entry->registered | interest);

        if (err < 0) {
            return err;
        }
    }
    fb_waiter_arm(w, cx, &entry->waiters, FB_PARTY_SOURCE, entry->id, interest);
    return 0;
}

int fb_source_wait(const struct fb_source *s, struct fb_waiter *w,
                   struct fb_context *cx, unsigned interest) {
    int err;

    fb__shared_begin();
    err = wait_source(s, w, cx, interest);
    fb__shared_end();
    return err;
}

// The entry, once no other worker is inside a system call on its descriptor:
// that number may be a stranger's as soon as it is closed.
static struct fb__entry *quiet_entry(const struct fb_source *s) {
    struct fb__entry *entry = fb__reactor_entry(s->runtime, s);

    while (entry != NULL && entry->attempts > 0) {
        entry->closing = true;
        fb__shared_wait();
        entry = fb__reactor_entry(s->runtime, s); // closed meanwhile?
    }
    return entry;
}

void fb_source_close(struct fb_source *s) {
    struct fb_runtime *home = s->runtime;
    struct fb__entry *entry;
    uint32_t depth, index;
    int fd = -1;

    fb__shared_begin();
    entry = quiet_entry(s);
    index = s->index;
    // First: whoever is woken by the close may close *s too, or open it anew.
    *s = (struct fb_source){.fd = -1};
    if (entry != NULL) {
        // The close alone takes a descriptor without copies out of epoll; an
        // event already fetched, or one of a copy, fails the generation check.
        fb__emit_source(fb__here(home), FB_EV_SOURCE_DEL, entry, 0, 0);
        fd = entry->fd;
        home->reactor.by_fd[fd] = 0;
        entry->fd = -1;
        wake_waiters(entry, UINT8_MAX);
        entry->next_free = home->reactor.free_head;
        home->reactor.free_head = index;
        home->reactor.open--;
    }
    fb__shared_end();
    if (fd >= 0) { // nobody knows it any more, and its number is not free yet
        depth = fb__shared_pause();
        fb__sys.close(fd);
        fb__shared_resume(depth);
    }
}
