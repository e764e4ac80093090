// A trace writer in one header, for programs that are not built on Fishbowl's
// runtime: it needs format.h, libc and nothing to link with. WRITING.md says
// what the tools make of it.
//
// An event loop with callbacks has tasks too: what a handle does between two
// waits is a poll, the handle's readiness is what wakes it. So:
//
//     static struct fbp_trace t;
//     fbp_open(&t, "my server", 1 << 20);       // `fishbowl list` shows it
//
//     uint32_t task = fbp_spawn(&t, 0, FBP_SITE(&t, "on_name", 0));
//     struct fbp_source fd;                     // a client's, its socket
//     fbp_source_add(&t, &fd, task, FB_SOURCE_STREAM, sock);
//     fbp_poll_begin(&t, task);                 // what is done for it at once
//     fbp_return(&t, &fd, FB_READABLE);         // and what it waits for now
//
//     fbp_park(&t, -1);                         // the loop waits
//     fbp_callback(&t, &fd, FB_READABLE);       // it has news: a callback
//     fbp_io(&t, &fd, FB_IO_READ, sizeof buf, n);
//     fbp_return(&t, &fd, 0);                   // nothing more to wait for
//     fbp_source_end(&t, &fd);
//     fbp_end(&t, task);
//     fbp_close(&t);
//
// One thread writes. What this header does not do: it cannot be stopped,
// stepped or recorded without loss (no control page), and it writes no census,
// so a viewer that comes after the ring has wrapped cannot open the trace
// exactly: choose the ring large enough. Everything else is the format of
// README.md, and a program may write any of its events with fbp_event.
//
// C11 with POSIX (gcc's and clang's own default, or -std=c11 with
// -D_POSIX_C_SOURCE=200809L), in any number of sources. A program in C++ keeps
// its tracing in a source of C.
//
// Errors: fbp_open returns a negative errno. All else never fails.
#ifndef FISHBOWL_TRACE_PLAIN_H
#define FISHBOWL_TRACE_PLAIN_H

#ifdef __cplusplus
#error "fishbowl/trace/plain.h is C: atomics are in its structures"
#endif

#include "fishbowl/trace/format.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef CLOCK_MONOTONIC
#error "plain.h needs POSIX: no -std=c11 without -D_POSIX_C_SOURCE=200809L"
#endif
// Linux has it, libc shows it only to those who ask for GNU.
#ifdef F_OFD_SETLK
#define FBP_OFD_SETLK F_OFD_SETLK
#else
#define FBP_OFD_SETLK 37
#endif

enum {
    FBP_TABLE = 4096,               // where the table begins
    FBP_ENTRIES = 256,              // that it holds
    FBP_STRINGS = FBP_TABLE + 4096, // where the strings begin
    FBP_STRINGS_BYTES = 16384,      //
    FBP_RING = FBP_STRINGS + 16384, // where the ring begins
};

// What the loop watches, and for which task. Kept by the program, best in its
// client; all zero, or ended: every call with it does nothing.
struct fbp_source {
    uint32_t id, task;
    unsigned interest; // 0: nobody waits for it
    int fd;
    uint8_t kind;
};

struct fbp_trace {
    int fd;
    struct fb_trace_header *header;
    struct fb_trace_ring *ring;
    struct fb_event *events;
    size_t bytes, strings_used;
    uint64_t mask, head;
    uint32_t tasks, sources; // ids given so far
    uint32_t queued;         // scheduled, not yet polled
    bool parked;
    char path[4096];
};

static inline uint64_t fbp_now(clockid_t clock) {
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- one event ----

// The next slot, to be filled; it counts with fbp_commit.
static inline struct fb_event *
fbp_event(struct fbp_trace *t, enum fb_event_kind kind, uint32_t subject) {
    struct fb_event *e = &t->events[t->head & t->mask];

    // What is overwritten must not be seen before the head that outdates it.
    atomic_thread_fence(memory_order_release);
    *e = (struct fb_event){.time_ns = fbp_now(CLOCK_MONOTONIC),
                           .kind = (uint8_t)kind,
                           .subject = subject};
    return e;
}

static inline void fbp_commit(struct fbp_trace *t) {
    t->head++;
    atomic_store_explicit(&t->ring->head, t->head, memory_order_release);
}

// ---- open and close ----

// Where `fishbowl list` looks: $XDG_RUNTIME_DIR/fishbowl, or /tmp/fishbowl-UID.
static inline int fbp_choose_path(char *out, size_t room) {
    const char *dir = getenv("XDG_RUNTIME_DIR");
    struct stat st;
    int len;

    if (dir != NULL && dir[0] == '/' && stat(dir, &st) == 0 &&
        S_ISDIR(st.st_mode) && st.st_uid == geteuid()) {
        len = snprintf(out, room, "%s/fishbowl", dir);
    } else {
        len =
            snprintf(out, room, "/tmp/fishbowl-%lu", (unsigned long)geteuid());
    }
    if (len < 0 || (size_t)len + 32 > room) {
        return -ENAMETOOLONG;
    }
    if (mkdir(out, 0700) < 0 && errno != EEXIST) {
        return -errno;
    }
    if (lstat(out, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 0777) != 0700) {
        return -EPERM; // somebody else could read it, or planted it
    }
    (void)snprintf(out + len, room - (size_t)len, "/%ld.ring", (long)getpid());
    return 0;
}

static inline void fbp_lay_out(struct fbp_trace *t, const char *program,
                               uint64_t ring_events) {
    struct fb_trace_header *h = t->header;

    h->version = FB_TRACE_VERSION;
    h->byte_order = FB_TRACE_BYTE_ORDER;
    h->event_bytes = sizeof(struct fb_event);
    h->flags = FB_TRACE_FOREIGN;
    h->file_bytes = t->bytes;
    h->table_offset = FBP_TABLE;
    h->table_entry_bytes = sizeof(struct fb_trace_entry);
    h->table_capacity = FBP_ENTRIES;
    h->strings_offset = FBP_STRINGS;
    h->strings_bytes = FBP_STRINGS_BYTES;
    h->rings_offset = FBP_RING;
    h->ring_stride =
        FB_TRACE_PAGE_BYTES + ring_events * sizeof(struct fb_event);
    h->ring_capacity = ring_events;
    h->ring_count = 1;
    h->pid = (uint32_t)getpid();
    h->start_realtime_ns = fbp_now(CLOCK_REALTIME);
    h->start_time_ns = fbp_now(CLOCK_MONOTONIC);
    (void)snprintf(h->program, sizeof(h->program), "%s", program);
    ((char *)h)[FBP_STRINGS] = '?'; // entry 0: unknown
    t->strings_used = 2;
    atomic_store(&h->table_count, 1);
    // Last: whoever looks early sees no trace rather than half a one.
    atomic_thread_fence(memory_order_release);
    memcpy(h->magic, FB_TRACE_MAGIC, sizeof(h->magic));
}

// `ring_events`: a power of two, at least 64. Errors: -EINVAL, -EPERM the
// directory is not this user's alone, those of open and mmap.
static inline int fbp_open(struct fbp_trace *t, const char *program,
                           uint64_t ring_events) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    void *map = MAP_FAILED;
    int err;

    memset(t, 0, sizeof(*t));
    t->fd = -1;
    if (ring_events < 64 || (ring_events & (ring_events - 1)) != 0) {
        return -EINVAL;
    }
    err = fbp_choose_path(t->path, sizeof(t->path));
    if (err < 0) {
        return err;
    }
    t->bytes = FBP_RING + FB_TRACE_PAGE_BYTES +
               (size_t)ring_events * sizeof(struct fb_event);
    (void)unlink(t->path); // of a dead process that had our id
    t->fd =
        open(t->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    // The lock says that the writer lives; the kernel takes it back.
    if (t->fd >= 0 && fcntl(t->fd, FBP_OFD_SETLK, &lock) == 0 &&
        ftruncate(t->fd, (off_t)t->bytes) == 0) {
        map =
            mmap(NULL, t->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
    }
    if (map == MAP_FAILED) {
        err = -errno;
        if (t->fd >= 0) {
            (void)unlink(t->path);
            (void)close(t->fd);
        }
        t->fd = -1;
        return err;
    }
    t->header = (struct fb_trace_header *)map;
    t->ring = (struct fb_trace_ring *)(void *)((char *)map + FBP_RING);
    t->events = (struct fb_event *)(void *)((char *)map + FBP_RING +
                                            FB_TRACE_PAGE_BYTES);
    t->mask = ring_events - 1;
    fbp_lay_out(t, program, ring_events);
    return 0;
}

// The file stays, and can be looked at.
static inline void fbp_close(struct fbp_trace *t) {
    if (t->fd >= 0) {
        atomic_store(&t->header->end, (uint32_t)FB_TRACE_CLOSED);
        (void)munmap(t->header, t->bytes);
        (void)close(t->fd);
        t->fd = -1;
    }
}

// Where it listens, for header and list: "127.0.0.1:%d", port.
__attribute__((format(printf, 2, 3))) static inline void
fbp_address(struct fbp_trace *t, const char *format, ...) {
    va_list args;

    va_start(args, format);
    (void)vsnprintf(t->header->address, sizeof(t->header->address), format,
                    args);
    va_end(args);
}

static inline uint32_t fbp_string(struct fbp_trace *t, const char *text) {
    const size_t len = strlen(text) + 1;
    const size_t at = t->strings_used;

    if (len > FBP_STRINGS_BYTES - at) {
        return 0; // "?"
    }
    memcpy((char *)t->header + FBP_STRINGS + at, text, len);
    t->strings_used += len;
    return (uint32_t)at;
}

// A name with a place: a type of task or future. The same one twice gives the
// same index; 0 ("?") when the table is full. `size`: bytes of its state, 0 not
// known.
static inline uint16_t fbp_site(struct fbp_trace *t, const char *name,
                                const char *file, uint32_t line,
                                uint32_t size) {
    const uint32_t count = atomic_load(&t->header->table_count);
    char *base = (char *)t->header;
    struct fb_trace_entry *table =
        (struct fb_trace_entry *)(void *)(base + FBP_TABLE);

    for (uint32_t i = 1; i < count; i++) {
        if (table[i].line == line &&
            strcmp(base + FBP_STRINGS + table[i].name, name) == 0 &&
            strcmp(base + FBP_STRINGS + table[i].file, file) == 0) {
            return (uint16_t)i;
        }
    }
    if (count >= FBP_ENTRIES) {
        return 0;
    }
    table[count].name = fbp_string(t, name);
    table[count].file = fbp_string(t, file);
    table[count].line = line;
    table[count].size = size;
    atomic_store_explicit(&t->header->table_count, count + 1,
                          memory_order_release);
    return (uint16_t)count;
}

// The place where this stands.
#define FBP_SITE(t_, name_, size_)                                             \
    fbp_site(t_, name_, __FILE__, __LINE__, (uint32_t)(size_))

// ---- tasks ----
//
// A task's root future has the task's own id.

static inline void fbp_scheduled(struct fbp_trace *t, uint32_t task) {
    fbp_event(t, FB_EV_TASK_SCHEDULED, task)->scheduled.depth = ++t->queued;
    fbp_commit(t);
}

// A new task, made by task `parent` (0: by none), about to run for the first
// time. Returns its id.
static inline uint32_t fbp_spawn(struct fbp_trace *t, uint32_t parent,
                                 uint16_t type) {
    const struct fb_trace_entry *table =
        (const struct fb_trace_entry *)(void *)((char *)t->header + FBP_TABLE);
    const uint32_t task = ++t->tasks;
    struct fb_event *e = fbp_event(t, FB_EV_TASK_SPAWN, task);

    e->spawn.parent = parent;
    e->spawn.root_future = task;
    e->spawn.type = type;
    e->spawn.site = type;
    e->spawn.bytes = table[type].size;
    fbp_commit(t);
    fbp_scheduled(t, task);
    return task;
}

// A name for people.
static inline void fbp_label(struct fbp_trace *t, uint32_t task,
                             const char *text) {
    size_t len = strlen(text), at = 0;

    len = len < FB_TRACE_LABEL_BYTES ? len : FB_TRACE_LABEL_BYTES;
    do {
        struct fb_event *e = fbp_event(t, FB_EV_TASK_LABEL, task);
        const size_t part =
            len - at < sizeof(e->text) ? len - at : sizeof(e->text);

        e->detail = (uint8_t)(at / sizeof(e->text));
        e->flags = (uint16_t)len;
        memcpy(e->text, text + at, part);
        fbp_commit(t);
        at += sizeof(e->text);
    } while (at < len);
}

// The task runs: it was spawned, or woken by fbp_ready.
static inline void fbp_poll_begin(struct fbp_trace *t, uint32_t task) {
    t->queued -= t->queued > 0;
    fbp_event(t, FB_EV_POLL_BEGIN, task)->poll.future = task;
    fbp_commit(t);
}

// `ready`: it is through; fbp_end follows.
static inline void fbp_poll_end(struct fbp_trace *t, uint32_t task,
                                bool ready) {
    struct fb_event *e = fbp_event(t, FB_EV_POLL_END, task);

    e->detail = ready ? FB_RESULT_READY : FB_RESULT_PENDING;
    e->poll.future = task;
    fbp_commit(t);
}

static inline void fbp_gone(struct fbp_trace *t, uint32_t task,
                            enum fb_drop_why why,
                            enum fb_task_outcome outcome) {
    struct fb_event *e = fbp_event(t, FB_EV_FUTURE_DROP, task);

    e->detail = (uint8_t)why;
    e->drop.task = task;
    fbp_commit(t);
    fbp_event(t, FB_EV_TASK_DONE, task)->detail = (uint8_t)outcome;
    fbp_commit(t);
    (void)fbp_event(t, FB_EV_TASK_FREE, task);
    fbp_commit(t);
}

// After the poll that was its last.
static inline void fbp_end(struct fbp_trace *t, uint32_t task) {
    fbp_gone(t, task, FB_DROP_FINISHED, FB_OUTCOME_OK);
}

// The program gives up a task that waits.
static inline void fbp_cancel(struct fbp_trace *t, uint32_t task) {
    (void)fbp_event(t, FB_EV_TASK_ABORT, task);
    fbp_commit(t);
    fbp_scheduled(t, task);
    t->queued--;
    fbp_gone(t, task, FB_DROP_CANCELLED, FB_OUTCOME_CANCELLED);
}

// ---- the loop ----

// It waits for news, at most `timeout_ns` (-1: for ever).
static inline void fbp_park(struct fbp_trace *t, int64_t timeout_ns) {
    fbp_event(t, FB_EV_PARK, 0)->park.timeout_ns = timeout_ns;
    fbp_commit(t);
    t->parked = true;
}

// It waits no more and has `events` news. Nothing if it did not wait, so a loop
// that tells only afterwards may leave it to the first fbp_ready.
static inline void fbp_unpark(struct fbp_trace *t, uint32_t events) {
    if (t->parked) {
        fbp_event(t, FB_EV_UNPARK, 0)->park.events = events;
        fbp_commit(t);
        t->parked = false;
    }
}

// ---- sources: what the loop watches ----

static inline void fbp_put_source(struct fbp_trace *t, enum fb_event_kind kind,
                                  const struct fbp_source *s, unsigned bits) {
    struct fb_event *e = fbp_event(t, kind, s->id);

    e->detail = s->kind;
    e->flags = (uint16_t)bits;
    e->source.fd = s->fd;
    e->source.generation = 1;
    e->source.task = s->task;
    fbp_commit(t);
}

// The loop begins to watch a descriptor for `task`.
static inline void fbp_source_add(struct fbp_trace *t, struct fbp_source *s,
                                  uint32_t task, enum fb_source_kind kind,
                                  int fd) {
    memset(s, 0, sizeof(*s));
    s->id = ++t->sources;
    s->task = task;
    s->fd = fd;
    s->kind = (uint8_t)kind;
    fbp_put_source(t, FB_EV_SOURCE_ADD, s, 0);
}

// From now on its task waits for it (enum fb_ready bits).
static inline void fbp_wait_for(struct fbp_trace *t, struct fbp_source *s,
                                unsigned interest) {
    struct fb_event *e;

    if (s->id == 0 || s->interest != 0) {
        return; // it waits already
    }
    s->interest = interest;
    e = fbp_event(t, FB_EV_WAKER_CLONE, s->task);
    e->detail = FB_PARTY_SOURCE;
    e->flags = (uint16_t)interest;
    e->waker.holder = s->id;
    e->waker.future = s->task;
    fbp_commit(t);
}

static inline void fbp_drop_waker(struct fbp_trace *t, struct fbp_source *s,
                                  enum fb_waker_drop_why why) {
    struct fb_event *e = fbp_event(t, FB_EV_WAKER_DROP, s->task);

    e->detail = FB_PARTY_SOURCE;
    e->flags = (uint16_t)why;
    e->waker.holder = s->id;
    e->waker.future = s->task;
    e->waker.interest = s->interest;
    fbp_commit(t);
    s->interest = 0;
}

// The loop says that it is ready: its task, if that waits, is woken and will
// be polled.
static inline void fbp_ready(struct fbp_trace *t, struct fbp_source *s,
                             unsigned bits) {
    const unsigned interest = s->interest;
    struct fb_event *e;

    fbp_unpark(t, 1);
    if (s->id == 0) {
        return;
    }
    fbp_put_source(t, FB_EV_SOURCE_READY, s, bits);
    if (interest == 0) {
        return;
    }
    fbp_drop_waker(t, s, FB_WAKER_WOKEN);
    e = fbp_event(t, FB_EV_WAKE, s->task);
    e->detail = FB_WAKE_SCHEDULED;
    e->flags = FB_PARTY_SOURCE;
    e->wake.cause = s->id;
    e->wake.interest = interest;
    fbp_commit(t);
    fbp_scheduled(t, s->task);
}

// A system call on it: how many bytes were asked for, and bytes or -errno.
static inline void fbp_io(struct fbp_trace *t, const struct fbp_source *s,
                          enum fb_io_op op, size_t asked, int result) {
    struct fb_event *e;

    if (s->id != 0) {
        e = fbp_event(t, FB_EV_IO, s->id);
        e->detail = (uint8_t)op;
        e->io.fd = s->fd;
        e->io.result = result;
        e->io.asked = (uint32_t)asked;
        e->io.future = s->task;
        fbp_commit(t);
    }
}

static inline void fbp_source_end(struct fbp_trace *t, struct fbp_source *s) {
    if (s->id != 0) {
        if (s->interest != 0) {
            fbp_drop_waker(t, s, FB_WAKER_DROPPED);
        }
        fbp_put_source(t, FB_EV_SOURCE_DEL, s, 0);
        s->id = 0;
    }
}

// ---- a callback: the loop has found a source ready ----

// It begins, for the task that waits for `s`: the last fbp_return said so.
static inline void fbp_callback(struct fbp_trace *t, struct fbp_source *s,
                                unsigned bits) {
    if (s->id != 0) {
        fbp_ready(t, s, bits);
        fbp_poll_begin(t, s->task);
    }
}

// It is over, and its task waits for `s` again; with interest 0 the task has
// nothing more to wait for, and fbp_end follows.
static inline void fbp_return(struct fbp_trace *t, struct fbp_source *s,
                              unsigned interest) {
    if (s->id != 0) {
        if (interest != 0) {
            fbp_wait_for(t, s, interest);
        }
        fbp_poll_end(t, s->task, interest == 0);
    }
}

#endif
