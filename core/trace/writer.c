// Problem: a program tells what it does, at tens of nanoseconds per event, and
// what it has told must survive it, even `kill -9`.
//
// Idea: a shared mapping of a file. A store into it is the whole write: the
// kernel keeps the page when the process is gone. Each event goes into the next
// slot of a ring and is published by its number:
//
//     slot:   ... [n-1] [ n ] [n+1-capacity] ...
//                         ^     ^ overwritten next; readers count it as lost
//                       head    as soon as head is n
//
// Invariants: numbers have no holes. An event is whole before `ring->head`
// names it. Header fields are constant once the magic is written, which is
// written last: a half-made file is no trace.
//
// Several executor threads have a ring each. Then a number is not a place any
// more: it comes from one counter in the header, and a column beside the slots
// keeps it. Nothing else is shared by two threads that write.
//
// Concurrency: one thread writes a ring. The process-wide list of sites has a
// lock, taken only when a site is met for the first time in a file. The lock on
// the file (life.c) says that a writer is alive.
#include "fishbowl/trace/writer.h"
#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/text.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CONTROL_OFFSET = FB_TRACE_PAGE_BYTES,
    TABLE_OFFSET = CONTROL_OFFSET + FB_TRACE_PAGE_BYTES,
    STRINGS_OFFSET =
        TABLE_OFFSET + FB_TRACE_TABLE_MAX * sizeof(struct fb_trace_entry),
    RINGS_OFFSET = STRINGS_OFFSET + FB_TRACE_STRINGS_MAX,
};

_Static_assert(RINGS_OFFSET % FB_TRACE_PAGE_BYTES == 0, "rings start a page");

// ---- making the file -------------------------------------------------------

static char *text_join(const char *a, const char *b) {
    char *out = NULL;

    return asprintf(&out, "%s%s", a, b) < 0 ? NULL : out;
}

static int path_choose(struct fb_trace_writer *w,
                       const struct fb_trace_options *options) {
    char dir[4096 - 64];
    char name[4096];
    int err;

    if (options->path) {
        w->path = strdup(options->path);
    } else {
        err = fb_trace_dir(dir, sizeof dir, true);
        if (err < 0) {
            return err;
        }
        (void)snprintf(name, sizeof name, "%s/%ld.ring", dir, (long)getpid());
        w->path = strdup(name);
    }
    w->bell_path = w->path ? text_join(w->path, ".bell") : NULL;
    return w->bell_path ? 0 : -ENOMEM;
}

// Whether `fd` is a trace of ours that no one writes any more and that no one
// meant to keep (a recording was).
static bool is_stale(int fd) {
    struct fb_trace_header header;
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_uid == geteuid() &&
           fb__pread(fd, &header, sizeof header, 0) == sizeof header &&
           memcmp(header.magic, FB_TRACE_MAGIC, sizeof header.magic) == 0 &&
           !(header.flags & FB_TRACE_RECORDING) && fb__lock(fd) == 0;
}

// Removes an old trace. We hold its lock meanwhile, so of two programs that
// want the path only one removes it, and never the other one's new file.
static int stale_remove(const char *path) {
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat by_fd, by_path;
    int err = -EEXIST;

    if (fd < 0) {
        return -EEXIST;
    }
    if (is_stale(fd) && fstat(fd, &by_fd) == 0 && lstat(path, &by_path) == 0 &&
        by_fd.st_ino == by_path.st_ino && by_fd.st_dev == by_path.st_dev) {
        err = unlink(path) < 0 ? -errno : 0;
    }
    (void)close(fd);
    return err;
}

static int file_create(struct fb_trace_writer *w) {
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int err;

    w->fd = open(w->path, flags, 0600);
    if (w->fd < 0 && errno == EEXIST) {
        err = stale_remove(w->path);
        if (err < 0) {
            return err;
        }
        w->fd = open(w->path, flags, 0600);
    }
    if (w->fd < 0) {
        return -errno;
    }
    // The umask may have taken bits that we need.
    return fchmod(w->fd, 0600) < 0 ? -errno : fb__lock(w->fd);
}

static int bell_create(struct fb_trace_writer *w) {
    struct stat st;

    // A bell without its trace is of no use to anyone.
    if (lstat(w->bell_path, &st) == 0) {
        if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid()) {
            return -EEXIST;
        }
        (void)unlink(w->bell_path);
    }
    if (mkfifo(w->bell_path, 0600) < 0) {
        return -errno;
    }
    // Read and write: without viewers it must not be at its end for ever.
    w->bell_fd =
        open(w->bell_path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (w->bell_fd < 0) {
        int err = -errno;

        (void)unlink(w->bell_path);
        return err;
    }
    return 0;
}

static int file_map(struct fb_trace_writer *w) {
    const int prot = PROT_READ | PROT_WRITE;
    void *map;
    int err;

    if (w->fd < 0) {
        map = mmap(NULL, w->map_bytes, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    } else {
        if (ftruncate(w->fd, (off_t)w->map_bytes) < 0) {
            return -errno;
        }
        // Reserve it now: on a full disk an error here, not a SIGBUS in the
        // middle of a poll. Where that is not supported we take the risk.
        do {
            err = fallocate(w->fd, 0, 0, (off_t)w->map_bytes) < 0 ? -errno : 0;
        } while (err == -EINTR);
        if (err < 0 && err != -EOPNOTSUPP && err != -ENOSYS) {
            return err;
        }
        map = mmap(NULL, w->map_bytes, prot, MAP_SHARED, w->fd, 0);
    }
    if (map == MAP_FAILED) {
        return -errno;
    }
    w->header = map;
    return 0;
}

static uint64_t realtime_ns(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * FB__SECOND_NS + (uint64_t)now.tv_nsec;
}

// Bytes from one ring to the next. With several, each has its column, and its
// page is one in memory too: two threads never write one cache line.
static uint64_t stride_of(uint32_t rings, uint64_t capacity) {
    uint64_t bytes = FB_TRACE_PAGE_BYTES + capacity * sizeof(struct fb_event);

    if (rings > 1) {
        bytes += capacity * sizeof(uint64_t);
        bytes = (bytes + FB_TRACE_PAGE_BYTES - 1) / FB_TRACE_PAGE_BYTES *
                FB_TRACE_PAGE_BYTES;
    }
    return bytes;
}

// Points `w` at a ring of the mapped file.
static void ring_choose(struct fb_trace_writer *w, uint32_t ring) {
    struct fb_trace_header *h = w->header;
    char *at = (char *)h + h->rings_offset + ring * h->ring_stride;

    w->mask = h->ring_capacity - 1;
    w->ring = (struct fb_trace_ring *)(void *)at;
    w->events = (struct fb_event *)(void *)(at + FB_TRACE_PAGE_BYTES);
    w->numbers =
        h->ring_count > 1 ? (uint64_t *)(w->events + h->ring_capacity) : NULL;
    w->ring->worker = ring;
    w->head = atomic_load_explicit(&w->ring->head, memory_order_relaxed);
    // The beginning counts as a census: what lives before event 1 is nothing.
    // Where a ring goes on, nobody knows how far back the last one lies.
    atomic_store_explicit(&w->census_due,
                          w->head == 0 ? h->ring_capacity / 2 : w->head,
                          memory_order_relaxed);
}

// Fills the fresh, zeroed mapping.
static void lay_out(struct fb_trace_writer *w,
                    const struct fb_trace_options *options, uint64_t capacity,
                    uint32_t rings) {
    struct fb_trace_header *h = w->header;
    char *base = (char *)h;

    h->version = FB_TRACE_VERSION;
    h->byte_order = FB_TRACE_BYTE_ORDER;
    h->event_bytes = sizeof(struct fb_event);
    h->flags = options->flags;
    h->file_bytes = w->map_bytes;
    h->control_offset = CONTROL_OFFSET;
    h->table_offset = TABLE_OFFSET;
    h->table_entry_bytes = sizeof(struct fb_trace_entry);
    h->table_capacity = FB_TRACE_TABLE_MAX;
    h->strings_offset = STRINGS_OFFSET;
    h->strings_bytes = FB_TRACE_STRINGS_MAX;
    h->rings_offset = RINGS_OFFSET;
    h->ring_stride = stride_of(rings, capacity);
    h->ring_capacity = capacity;
    h->ring_count = rings;
    h->pid = (uint32_t)getpid();
    h->start_realtime_ns = realtime_ns();
    h->start_time_ns =
        options->flags & FB_TRACE_VIRTUAL_CLOCK ? 0 : fb__now_ns();
    (void)snprintf(h->program, sizeof h->program, "%s",
                   options->program ? options->program : "?");

    ring_choose(w, 0);
    w->control = (struct fb_trace_control *)(void *)(base + CONTROL_OFFSET);
    w->first = w;
    w->room = fb__recorder_room(w);
    w->attention = w->room;
    w->now_ns = h->start_time_ns;
    w->enabled = true;
    w->enabled_seen = 1;
    w->waiting = options->wait_viewer;
    w->must_look = options->wait_viewer;
    w->give_up = options->give_up;
    w->give_up_arg = options->give_up_arg;
    atomic_store_explicit(&w->control->enabled, 1, memory_order_relaxed);
    atomic_store_explicit(&w->control->wait_viewer, options->wait_viewer,
                          memory_order_relaxed);

    base[STRINGS_OFFSET] = '?'; // entry 0: name and file at offset 0
    w->strings_used = 2;
    w->entries_written = w->table_written = 1;
    atomic_store_explicit(&h->table_count, 1, memory_order_relaxed);
    // Last, so that whoever looks early sees no trace rather than half a one.
    atomic_thread_fence(memory_order_release);
    memcpy(h->magic, FB_TRACE_MAGIC, sizeof h->magic);
}

// More rings are smaller ones, so that the file is not.
static uint64_t default_capacity(uint32_t rings) {
    uint64_t capacity = FB_TRACE_RING_DEFAULT;

    while (rings > 1) {
        capacity /= 2;
        rings = (rings + 1) / 2;
    }
    return capacity;
}

int fb_trace_open(struct fb_trace_writer *w,
                  const struct fb_trace_options *options) {
    uint32_t rings = options->rings ? options->rings : 1;
    uint64_t capacity =
        options->ring_events ? options->ring_events : default_capacity(rings);
    int err = 0;

    *w = (struct fb_trace_writer){.fd = -1, .bell_fd = -1};
    if (capacity < FB_TRACE_RING_MIN || (capacity & (capacity - 1)) != 0 ||
        capacity > (1ull << 32) || rings > FB_TRACE_RINGS_MAX) {
        return -EINVAL;
    }
    w->map_bytes = (size_t)(RINGS_OFFSET + rings * stride_of(rings, capacity));
    if (!options->anonymous) {
        err = path_choose(w, options);
        if (err < 0) {
            goto fail;
        }
        err = file_create(w);
        if (err < 0) {
            goto fail;
        }
        err = bell_create(w);
        if (err < 0) {
            goto fail;
        }
    }
    err = file_map(w);
    if (err < 0) {
        goto fail;
    }
    lay_out(w, options, capacity, rings);
    if (!options->anonymous) {
        fb__recorder_await(w);
    }
    return 0;

fail:
    if (w->path && w->fd >= 0) {
        (void)unlink(w->path);
        (void)close(w->fd);
    }
    if (w->bell_path && w->bell_fd >= 0) {
        (void)unlink(w->bell_path);
        (void)close(w->bell_fd);
    }
    free(w->path);
    free(w->bell_path);
    *w = (struct fb_trace_writer){.fd = -1, .bell_fd = -1};
    return err;
}

int fb_trace_ring_open(struct fb_trace_writer *w, struct fb_trace_writer *first,
                       uint32_t ring) {
    if (ring == 0 || ring >= first->header->ring_count) {
        return -EINVAL;
    }
    for (const struct fb_trace_writer *v = first; v; v = v->next) {
        if (v->ring->worker == ring) {
            return -EINVAL;
        }
    }
    *w = (struct fb_trace_writer){
        .fd = -1,
        .bell_fd = -1,
        .header = first->header,
        .control = first->control,
        .first = first,
        .next = first->next,
        .now_ns = first->now_ns,
        .enabled = first->enabled,
        .stopped_ns = first->stopped_ns,
        .entries_written = 1, // the first site asks how many there are
    };
    ring_choose(w, ring);
    w->room = fb__recorder_room(w);
    w->attention = first->attention == 0 ? 0 : w->room;
    first->next = w;
    return 0;
}

void fb_trace_ring_close(struct fb_trace_writer *w) {
    if (!w->header) {
        return; // zeroed, or never opened
    }
    for (struct fb_trace_writer *v = w->first; v; v = v->next) {
        if (v->next == w) {
            v->next = w->next;
        }
    }
    *w = (struct fb_trace_writer){.fd = -1, .bell_fd = -1};
}

void fb_trace_close(struct fb_trace_writer *w, bool keep) {
    if (!w->header) {
        return; // zeroed, or never opened
    }
    while (w->next) {
        fb_trace_ring_close(w->next);
    }
    atomic_store_explicit(&w->header->end, FB_TRACE_CLOSED,
                          memory_order_release);
    // A viewer that waits for an answer should look at `end` at once.
    fb__wake(&w->control->sequence);
    if (w->path) {
        (void)unlink(w->bell_path);
        if (!keep) {
            (void)unlink(w->path);
        }
        (void)close(w->bell_fd);
    }
    (void)munmap(w->header, w->map_bytes);
    if (w->fd >= 0) {
        (void)close(w->fd); // and with it the writer's lock
    }
    free(w->path);
    free(w->bell_path);
    *w = (struct fb_trace_writer){.fd = -1, .bell_fd = -1};
}

void fb_trace_set_address(struct fb_trace_writer *w, const char *address) {
    char text[sizeof w->header->address] = {0};

    (void)snprintf(text, sizeof text, "%s", address);
    memcpy(w->header->address, text, sizeof text);
}

void fb_trace_bell_drain(struct fb_trace_writer *w) {
    char rings[256];

    if (w->first->bell_fd < 0) {
        return;
    }
    while (read(w->first->bell_fd, rings, sizeof rings) > 0) {
    }
}
