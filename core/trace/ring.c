// Problem: copy events out of a ring that its writer overwrites meanwhile,
// without a lock, and know exactly which ones were lost.
//
// Idea: copy first, then look at head again. While head is H the writer may be
// overwriting the slot of event H + 1, which holds event H + 1 - capacity. So
// of what was copied exactly the events n > H + 1 - capacity are certain:
//
//     n:   H-capacity   H+1-capacity   H+2-capacity  …  H
//          gone         maybe torn     whole            newest
//
// Once the writer closed its trace nothing is torn and one more is whole; a
// writer that was killed may have died in the middle, so there it is not.
//
// A file cut short holds the first slots only. Then the readable events are
// those of the newest lap in these slots, so that they are still consecutive.
//
// Concurrency: pread is not promised to copy eight bytes at once, so head is
// read twice. It only grows; the smaller value says what is there, the greater
// one what is gone.
#include "fishbowl/trace/reader.h"
#include "internal.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { SCAN_EVENTS = 1024 };

struct span {
    uint64_t first, last; // numbers; first > last: none
};

static uint64_t ring_offset(const struct fb_trace_reader *r, uint32_t ring) {
    return r->header.rings_offset + ring * r->header.ring_stride;
}

static bool is_closed(const struct fb_trace_reader *r) {
    uint32_t end = FB_TRACE_OPEN;

    (void)fb__pread(r->fd, &end, sizeof end,
                    offsetof(struct fb_trace_header, end));
    return end == FB_TRACE_CLOSED || (r->header.flags & FB_TRACE_RECORDING);
}

// Reads head: *ret_low events are there, those that *ret_high outdates not.
static void head_read(const struct fb_trace_reader *r, uint32_t ring,
                      uint64_t *ret_low, uint64_t *ret_high) {
    uint64_t at = ring_offset(r, ring) + offsetof(struct fb_trace_ring, head);
    uint64_t a = 0;
    uint64_t b = 0;

    if (fb__pread(r->fd, &a, sizeof a, at) != sizeof a ||
        fb__pread(r->fd, &b, sizeof b, at) != sizeof b) {
        a = b = 0;
    }
    // Pairs with the writer's release store of head.
    atomic_thread_fence(memory_order_acquire);
    *ret_low = a < b ? a : b;
    *ret_high = a < b ? b : a;
    if (*ret_high > INT64_MAX) { // no program writes that many: damaged
        *ret_low = *ret_high = 0;
    }
}

// Slots that the file really holds.
static uint64_t slots_present(const struct fb_trace_reader *r, uint32_t ring) {
    uint64_t start = ring_offset(r, ring) + FB_TRACE_PAGE_BYTES;
    struct stat st;
    uint64_t slots;

    if (fstat(r->fd, &st) < 0 || (uint64_t)st.st_size <= start) {
        return 0;
    }
    slots = ((uint64_t)st.st_size - start) / sizeof(struct fb_event);
    return slots < r->header.ring_capacity ? slots : r->header.ring_capacity;
}

// Which events can be read now.
static struct span readable(const struct fb_trace_reader *r, uint32_t ring) {
    const uint64_t capacity = r->header.ring_capacity;
    // First look whether it is closed: a head read after that is its last.
    uint64_t torn = is_closed(r) ? 0 : 1;
    uint64_t low, high, slots;
    struct span s = {.first = 1, .last = 0};

    if (ring >= r->header.ring_count) {
        return s;
    }
    head_read(r, ring, &low, &high);
    slots = slots_present(r, ring);
    s.last = low;
    if (high + torn > capacity) {
        s.first = high + torn - capacity + 1;
    }
    if (slots < capacity) {
        uint64_t lap = low ? (low - 1) / capacity * capacity : 0;

        s.first = s.first > lap + 1 ? s.first : lap + 1;
        s.last = s.last < lap + slots ? s.last : lap + slots;
    }
    if (s.first > s.last + 1) {
        s.first = s.last + 1;
    }
    return s;
}

uint64_t fb_trace_reader_head(const struct fb_trace_reader *r, uint32_t ring) {
    return readable(r, ring).last;
}

uint64_t fb_trace_reader_tail(const struct fb_trace_reader *r, uint32_t ring) {
    return readable(r, ring).first;
}

// Copies events first … first + count - 1, which may lie around the ring's end.
// Returns how many could be read.
static size_t copy_out(const struct fb_trace_reader *r, uint32_t ring,
                       uint64_t first, struct fb_event *events, size_t count) {
    uint64_t base = ring_offset(r, ring) + FB_TRACE_PAGE_BYTES;
    uint64_t slot = (first - 1) & (r->header.ring_capacity - 1);
    uint64_t straight = r->header.ring_capacity - slot;
    size_t head = count < straight ? count : (size_t)straight;
    int64_t n = fb__pread(r->fd, events, head * sizeof *events,
                          base + slot * sizeof *events);
    size_t got = n < 0 ? 0 : (size_t)n / sizeof *events;

    if (got < head || head == count) {
        return got;
    }
    n = fb__pread(r->fd, events + head, (count - head) * sizeof *events, base);
    return head + (n < 0 ? 0 : (size_t)n / sizeof *events);
}

size_t fb_trace_reader_read(const struct fb_trace_reader *r, uint32_t ring,
                            uint64_t first, struct fb_event *events, size_t max,
                            uint64_t *ret_first) {
    struct span now = readable(r, ring);
    uint64_t from = first > now.first ? first : now.first;
    struct span after;
    uint64_t lost;
    size_t count;

    *ret_first = from;
    if (from > now.last || max == 0) {
        // Nothing new; but what is lost is lost whether or not more came.
        *ret_first = first > now.last + 1 ? first : from;
        return 0;
    }
    count = now.last - from + 1 < max ? (size_t)(now.last - from + 1) : max;
    count = copy_out(r, ring, from, events, count);
    // Pairs with the release fence before a slot is overwritten: had we seen
    // a byte of the new event, we would now see the head that outdates it.
    atomic_thread_fence(memory_order_acquire);
    after = readable(r, ring);
    lost = after.first > from ? after.first - from : 0;
    if (lost >= count) {
        *ret_first = after.first; // overtaken while copying: all of it
        return 0;
    }
    for (size_t i = 0; lost > 0 && i < count - lost; i++) {
        events[i] = events[i + lost];
    }
    *ret_first = from + lost;
    return count - (size_t)lost;
}

// ---- where to start --------------------------------------------------------

struct scan {
    uint64_t begin;  // of the census being read; 0 none
    uint64_t oldest; // begin of the oldest whole one from `from` on; 0 none
    uint64_t latest; // begin of the newest whole one
    uint64_t from;
};

static void scan_event(struct scan *s, uint64_t number,
                       const struct fb_event *e) {
    if (e->kind != FB_EV_CENSUS) {
        return;
    }
    if (e->detail == FB_CENSUS_BEGIN) {
        s->begin = number;
    } else if (e->detail == FB_CENSUS_END && s->begin) {
        s->latest = s->begin;
        if (!s->oldest && s->begin >= s->from) {
            s->oldest = s->begin;
        }
        s->begin = 0;
    }
}

uint64_t fb_trace_reader_sync(const struct fb_trace_reader *r, uint32_t ring) {
    struct span now = readable(r, ring);
    bool live = fb_trace_reader_life(r) == FB_LIFE_RUNNING;
    // A live writer goes on while its events are fetched: keep off its heels.
    uint64_t margin = live ? r->header.ring_capacity / 16 : 0;
    struct scan s = {.from = now.first + margin};
    struct fb_event *events;
    uint64_t at = now.first;

    if (now.last == 0) {
        return 1; // all that comes will be seen
    }
    if (now.first == 1 && now.last + margin <= r->header.ring_capacity) {
        return 1;
    }
    events = calloc(SCAN_EVENTS, sizeof *events);
    while (events && at <= now.last) {
        uint64_t first;
        size_t n =
            fb_trace_reader_read(r, ring, at, events, SCAN_EVENTS, &first);

        if (first != at) {
            s.begin = 0; // overtaken: what began before the gap is not whole
        }
        for (size_t i = 0; i < n; i++) {
            scan_event(&s, first + i, &events[i]);
        }
        if (n == 0 && first == at) {
            break; // it cannot be read any further
        }
        at = first + n;
    }
    free(events);
    if (s.oldest || s.latest) {
        return s.oldest ? s.oldest : s.latest;
    }
    return now.first == 1 ? 1 : 0;
}
