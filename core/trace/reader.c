// Problem: open a file that anyone may have written, cut or damaged, or that is
// being written right now, and never trust a number in it.
//
// Idea: everything comes through pread into memory of our own, so a file that
// shrinks is merely short. The header is copied and checked once, whole: sizes,
// bounds, overflow, overlap. After that, offsets computed from the copy are
// safe by construction. Only the control page of a live program is mapped.
//
// Invariants: `table` and `strings` have their full size from the start and
// never move; `strings` ends in a NUL that no file can overwrite; bytes of
// `strings` that an entry refers to never change.
#include "fishbowl/trace/reader.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// What a reader is ready to hold in memory, or to believe.
#define TABLE_LIMIT          65536u // events name entries with 16 bits
#define STFB_TRACE_RINGS_MAX (16u << 20)
#define CAPACITY_LIMIT       (1ull << 32)

__attribute__((format(printf, 3, 4))) static int
refuse(struct fb_trace_reader *r, int err, const char *format, ...) {
    va_list args;

    va_start(args, format);
    (void)vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    return err;
}

// ---- checking the header ---------------------------------------------------

struct region {
    const char *name;
    uint64_t offset, bytes;
};

static int check_identity(struct fb_trace_reader *r) {
    const struct fb_trace_header *h = &r->header;

    if (memcmp(h->magic, FB_TRACE_MAGIC, sizeof h->magic) != 0) {
        return refuse(r, -EINVAL, "it is not a Fishbowl trace");
    }
    if (h->byte_order != FB_TRACE_BYTE_ORDER) {
        return refuse(r, -EPROTO,
                      "it was written on a machine of another byte order");
    }
    if (h->version > FB_TRACE_VERSION) {
        return refuse(r, -EPROTO,
                      "its format is version %u, this program reads up to %u",
                      h->version, FB_TRACE_VERSION);
    }
    if (h->version == 0 || h->event_bytes != sizeof(struct fb_event) ||
        h->table_entry_bytes != sizeof(struct fb_trace_entry)) {
        return refuse(r, -EINVAL,
                      "its header is damaged: version %u, events of %u bytes",
                      h->version, h->event_bytes);
    }
    return 0;
}

static int check_sizes(struct fb_trace_reader *r) {
    const struct fb_trace_header *h = &r->header;
    // With several rings, each event has its number in a column.
    const uint64_t slot =
        sizeof(struct fb_event) + (h->ring_count > 1 ? sizeof(uint64_t) : 0);

    if (h->table_capacity == 0 || h->table_capacity > TABLE_LIMIT ||
        h->strings_bytes == 0 || h->strings_bytes > STFB_TRACE_RINGS_MAX) {
        return refuse(r, -EINVAL, "its header is damaged: the table's size");
    }
    if (h->ring_count > FB_TRACE_RINGS_MAX) {
        return refuse(r, -EINVAL, "it has %u rings, more than %u cannot be",
                      h->ring_count, FB_TRACE_RINGS_MAX);
    }
    if (h->ring_count == 0 || h->ring_capacity < 2 ||
        h->ring_capacity > CAPACITY_LIMIT ||
        (h->ring_capacity & (h->ring_capacity - 1)) != 0) {
        return refuse(r, -EINVAL, "its header is damaged: the rings' size");
    }
    if (h->ring_stride % 8 != 0 ||
        h->ring_stride > INT64_MAX / FB_TRACE_RINGS_MAX ||
        h->ring_stride < FB_TRACE_PAGE_BYTES + h->ring_capacity * slot) {
        return refuse(r, -EINVAL, "its header is damaged: the rings' stride");
    }
    return 0;
}

// Inside the file that the header describes, aligned, and apart.
static int check_regions(struct fb_trace_reader *r) {
    const struct fb_trace_header *h = &r->header;
    const struct region regions[] = {
        {"header", 0, FB_TRACE_PAGE_BYTES},
        {"control page", h->control_offset,
         h->control_offset ? FB_TRACE_PAGE_BYTES : 0},
        {"table", h->table_offset,
         (uint64_t)h->table_capacity * sizeof(struct fb_trace_entry)},
        {"strings", h->strings_offset, h->strings_bytes},
        {"rings", h->rings_offset, h->ring_count * h->ring_stride},
    };
    const size_t count = sizeof regions / sizeof *regions;

    for (size_t i = 0; i < count; i++) {
        const struct region *a = &regions[i];

        if (a->offset % 8 != 0 || h->file_bytes > INT64_MAX ||
            a->bytes > h->file_bytes || a->offset > h->file_bytes - a->bytes) {
            return refuse(r, -EINVAL,
                          "its header is damaged: the place of its %s",
                          a->name);
        }
        for (size_t k = 0; k < i; k++) {
            const struct region *b = &regions[k];

            if (a->bytes && b->bytes && a->offset < b->offset + b->bytes &&
                b->offset < a->offset + a->bytes) {
                return refuse(r, -EINVAL,
                              "its header is damaged: its %s lies in its %s",
                              a->name, b->name);
            }
        }
    }
    return 0;
}

static uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

// A file may be cut short within its events, nowhere else: its tables are read
// whole, and a control page that lies beyond its end is a trap when touched.
static int check_length(struct fb_trace_reader *r, uint64_t bytes) {
    const struct fb_trace_header *h = &r->header;
    uint64_t least = h->rings_offset + FB_TRACE_PAGE_BYTES;

    least = later(least, h->table_offset + (uint64_t)h->table_capacity *
                                               sizeof(struct fb_trace_entry));
    least = later(least, h->strings_offset + h->strings_bytes);
    if (h->control_offset) {
        least = later(least, h->control_offset + FB_TRACE_PAGE_BYTES);
    }
    if (bytes < least) {
        return refuse(r, -EINVAL,
                      "it is cut short: %llu bytes, it needs %llu at least",
                      (unsigned long long)bytes, (unsigned long long)least);
    }
    return 0;
}

static int check_header(struct fb_trace_reader *r) {
    struct stat st;
    int64_t n;
    int err;

    if (fstat(r->fd, &st) < 0) {
        return refuse(r, -errno, "cannot look at it: %s", strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return refuse(r, -EINVAL, "it is not a regular file");
    }
    n = fb__pread(r->fd, &r->header, sizeof r->header, 0);
    if (n < 0) {
        return refuse(r, (int)n, "cannot read it: %s", strerror((int)-n));
    }
    if (n < (int64_t)sizeof r->header) {
        return refuse(r, -EINVAL, "it is too short for a Fishbowl trace");
    }
    r->header.program[sizeof r->header.program - 1] = '\0';
    r->header.address[sizeof r->header.address - 1] = '\0';
    err = check_identity(r);
    if (err == 0) {
        err = check_sizes(r);
    }
    if (err == 0) {
        err = check_regions(r);
    }
    return err < 0 ? err : check_length(r, (uint64_t)st.st_size);
}

// ---- open and close --------------------------------------------------------

// Without control a live program can still be read; so nothing here fails.
static void control_map(struct fb_trace_reader *r) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = r->header.control_offset / page * page;
    uint64_t inside = r->header.control_offset - start;
    void *map;

    if (r->header.control_offset == 0 ||
        fb_trace_reader_life(r) != FB_LIFE_RUNNING) {
        return;
    }
    r->control_map_bytes = (size_t)(inside + FB_TRACE_PAGE_BYTES);
    map = mmap(NULL, r->control_map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
               r->fd, (off_t)start);
    if (map == MAP_FAILED) {
        return; // opened read-only: not ours to control
    }
    r->control_map = map;
    r->control = (struct fb_trace_control *)(void *)((char *)map + inside);
}

static int tables_allocate(struct fb_trace_reader *r) {
    r->table = calloc(r->header.table_capacity, sizeof *r->table);
    r->strings = calloc(1, (size_t)r->header.strings_bytes + 1);
    r->table_count = 1; // entry 0 needs no reading
    return r->table && r->strings ? 0 : refuse(r, -ENOMEM, "out of memory");
}

// The bell lies beside the file itself, not beside a link to it.
static int bell_name(struct fb_trace_reader *r, const char *path) {
    char *real = realpath(path, NULL);
    int n = asprintf(&r->bell_path, "%s.bell", real ? real : path);

    free(real);
    if (n < 0) {
        r->bell_path = NULL;
        return refuse(r, -ENOMEM, "out of memory");
    }
    return 0;
}

int fb_trace_reader_open(struct fb_trace_reader *r, const char *path,
                         bool control) {
    const int flags = O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    char reason[sizeof r->reason];
    int err = 0;

    *r = (struct fb_trace_reader){.fd = -1};
    if (control) {
        r->fd = open(path, O_RDWR | flags);
    }
    // Not if it was not there just now: it may be by now, and controllable.
    if (!control || (r->fd < 0 && errno != ENOENT)) {
        r->fd = open(path, O_RDONLY | flags);
    }
    if (r->fd < 0) {
        err = refuse(r, -errno, "cannot open it: %s", strerror(errno));
        return err;
    }
    err = check_header(r);
    if (err == 0) {
        err = tables_allocate(r);
    }
    if (err == 0) {
        err = bell_name(r, path);
    }
    if (err < 0) {
        memcpy(reason, r->reason, sizeof reason);
        (void)close(r->fd);
        r->fd = -1;
        fb_trace_reader_close(r);
        memcpy(r->reason, reason, sizeof reason);
        return err;
    }
    if (control) {
        control_map(r);
    }
    return 0;
}

void fb_trace_reader_close(struct fb_trace_reader *r) {
    if (r->control_map) {
        (void)munmap(r->control_map, r->control_map_bytes);
    }
    // A zeroed reader has fd 0, which is not its own; an open one has a table
    // or was never given to anyone else.
    if (r->fd > 0 || (r->fd == 0 && r->table)) {
        (void)close(r->fd);
    }
    free(r->table);
    free(r->strings);
    free(r->bell_path);
    *r = (struct fb_trace_reader){.fd = -1};
}

// ---- names -----------------------------------------------------------------

// Marks the string at `offset` as referred to.
static void string_keep(struct fb_trace_reader *r, uint32_t offset) {
    uint64_t end;

    if (offset >= r->header.strings_bytes) {
        return;
    }
    end = offset + strlen(r->strings + offset) + 1;
    if (end > r->header.strings_bytes) {
        end = r->header.strings_bytes;
    }
    if (end > r->strings_used) {
        r->strings_used = end;
    }
}

// Takes in what a live writer has added to its table.
static void table_refresh(struct fb_trace_reader *r) {
    const struct fb_trace_header *h = &r->header;
    const uint32_t have = r->table_count;
    uint32_t count;
    int64_t n;

    if (fb__pread(r->fd, &count, sizeof count,
                  offsetof(struct fb_trace_header, table_count)) !=
        sizeof count) {
        return;
    }
    // Pairs with the writer's release store of table_count.
    atomic_thread_fence(memory_order_acquire);
    if (count > h->table_capacity) {
        count = h->table_capacity;
    }
    if (count <= have) {
        return;
    }
    n = fb__pread(r->fd, r->table + have, (count - have) * sizeof *r->table,
                  h->table_offset + have * sizeof *r->table);
    if (n < (int64_t)((count - have) * sizeof *r->table)) {
        return;
    }
    (void)fb__pread(r->fd, r->strings + r->strings_used,
                    (size_t)(h->strings_bytes - r->strings_used),
                    h->strings_offset + r->strings_used);
    for (uint32_t i = have; i < count; i++) {
        string_keep(r, r->table[i].name);
        string_keep(r, r->table[i].file);
    }
    r->table_count = count;
}

static const char *string_at(const struct fb_trace_reader *r, uint32_t offset) {
    if (offset >= r->header.strings_bytes || r->strings[offset] == '\0') {
        return "?";
    }
    return r->strings + offset;
}

struct fb_trace_place fb_trace_reader_place(const struct fb_trace_reader *r,
                                            uint32_t index) {
    if (index >= r->table_count && index < r->header.table_capacity) {
        // A cache that fills itself is not a change anyone can see.
        table_refresh((struct fb_trace_reader *)r);
    }
    if (index == 0 || index >= r->table_count) {
        return (struct fb_trace_place){.name = "?", .file = "?"};
    }
    return (struct fb_trace_place){
        .name = string_at(r, r->table[index].name),
        .file = string_at(r, r->table[index].file),
        .line = r->table[index].line,
        .size = r->table[index].size,
    };
}

enum fb_trace_life fb_trace_reader_life(const struct fb_trace_reader *r) {
    uint32_t end = FB_TRACE_OPEN;

    (void)fb__pread(r->fd, &end, sizeof end,
                    offsetof(struct fb_trace_header, end));
    if (end == FB_TRACE_CLOSED || (r->header.flags & FB_TRACE_RECORDING)) {
        return FB_LIFE_CLOSED;
    }
    return fb__pid_alive(r->header.pid) && fb__locked(r->fd) ? FB_LIFE_RUNNING
                                                             : FB_LIFE_KILLED;
}
