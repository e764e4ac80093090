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
// Here an event is named by its place in its own ring: the k-th that the ring
// was given. In a file with one ring that is its number; with several, numbers
// lie in a column beside the slots and are copied with them (merge.c).
//
// Concurrency: pread is not promised to copy eight bytes at once, so head is
// read twice. It only grows; the smaller value says what is there, the greater
// one what is gone.
#include "fishbowl/trace/reader.h"
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SCAN_EVENTS = 1024 };

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

static uint64_t slots_offset(const struct fb_trace_reader *r, uint32_t ring) {
    return ring_offset(r, ring) + FB_TRACE_PAGE_BYTES;
}

static uint64_t column_offset(const struct fb_trace_reader *r, uint32_t ring) {
    return slots_offset(r, ring) +
           r->header.ring_capacity * sizeof(struct fb_event);
}

// How many of the ring's items from `start` on, of `bytes` each, are in a file
// of `size`.
static uint64_t present(const struct fb_trace_reader *r, uint64_t size,
                        uint64_t start, uint64_t bytes) {
    uint64_t items = size > start ? (size - start) / bytes : 0;

    return items < r->header.ring_capacity ? items : r->header.ring_capacity;
}

// Slots that the file really holds, with their numbers.
static uint64_t slots_present(const struct fb_trace_reader *r, uint32_t ring) {
    struct stat st;
    uint64_t size;

    if (fstat(r->fd, &st) < 0) {
        return 0;
    }
    size = (uint64_t)st.st_size;
    return r->header.ring_count > 1
               ? present(r, size, column_offset(r, ring), sizeof(uint64_t))
               : present(r, size, slots_offset(r, ring),
                         sizeof(struct fb_event));
}

// Which events can be read now.
struct fb__span fb__ring_span(const struct fb_trace_reader *r, uint32_t ring) {
    const uint64_t capacity = r->header.ring_capacity;
    // First look whether it is closed: a head read after that is its last.
    uint64_t torn = is_closed(r) ? 0 : 1;
    uint64_t low, high, slots;
    struct fb__span s = {.first = 1, .last = 0};

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
    return fb__ring_span(r, ring).last;
}

uint64_t fb_trace_reader_tail(const struct fb_trace_reader *r, uint32_t ring) {
    return fb__ring_span(r, ring).first;
}

// Copies the items of `bytes` each that belong to the events at places first …
// first + count - 1; they may lie around the end of what begins at `base`.
// Returns how many could be read.
static size_t copy_out(const struct fb_trace_reader *r, uint64_t base,
                       size_t bytes, uint64_t first, void *out, size_t count) {
    uint64_t slot = (first - 1) & (r->header.ring_capacity - 1);
    uint64_t straight = r->header.ring_capacity - slot;
    size_t head = count < straight ? count : (size_t)straight;
    int64_t n = fb__pread(r->fd, out, head * bytes, base + slot * bytes);
    size_t got = n < 0 ? 0 : (size_t)n / bytes;

    if (got < head || head == count) {
        return got;
    }
    n = fb__pread(r->fd, (char *)out + head * bytes, (count - head) * bytes,
                  base);
    return head + (n < 0 ? 0 : (size_t)n / bytes);
}

size_t fb__ring_read(const struct fb_trace_reader *r, uint32_t ring,
                     uint64_t first, struct fb_event *events, uint64_t *numbers,
                     size_t max, uint64_t *ret_first) {
    struct fb__span now = fb__ring_span(r, ring);
    uint64_t from = first > now.first ? first : now.first;
    struct fb__span after;
    uint64_t lost;
    size_t count;

    *ret_first = from;
    if (from > now.last || max == 0) {
        // Nothing new; but what is lost is lost whether or not more came.
        *ret_first = first > now.last + 1 ? first : from;
        return 0;
    }
    count = now.last - from + 1 < max ? (size_t)(now.last - from + 1) : max;
    count =
        copy_out(r, slots_offset(r, ring), sizeof *events, from, events, count);
    if (numbers) {
        count = copy_out(r, column_offset(r, ring), sizeof *numbers, from,
                         numbers, count);
    }
    // Pairs with the release fence before a slot is overwritten: had we seen
    // a byte of the new event, we would now see the head that outdates it.
    atomic_thread_fence(memory_order_acquire);
    after = fb__ring_span(r, ring);
    lost = after.first > from ? after.first - from : 0;
    if (lost >= count) {
        *ret_first = after.first; // overtaken while copying: all of it
        return 0;
    }
    if (lost > 0) {
        memmove(events, events + lost, (count - lost) * sizeof *events);
        if (numbers) {
            memmove(numbers, numbers + lost, (count - lost) * sizeof *numbers);
        }
    }
    *ret_first = from + lost;
    return count - (size_t)lost;
}

size_t fb_trace_reader_read(const struct fb_trace_reader *r, uint32_t ring,
                            uint64_t first, struct fb_event *events, size_t max,
                            uint64_t *ret_first) {
    return fb__ring_read(r, ring, first, events, NULL, max, ret_first);
}

uint64_t fb__ring_number(const struct fb_trace_reader *r, uint32_t ring,
                         uint64_t place) {
    uint64_t number;

    return copy_out(r, column_offset(r, ring), sizeof number, place, &number,
                    1) == 1
               ? number
               : UINT64_MAX;
}

// ---- where to start --------------------------------------------------------

static void scan_event(struct fb__scan *s, uint64_t number,
                       const struct fb_event *e) {
    if (e->kind != FB_EV_CENSUS || number > INT64_MAX) {
        return;
    }
    if (e->detail == FB_CENSUS_BEGIN) {
        s->begin = number;
    } else if (e->detail == FB_CENSUS_END && s->begin) {
        if (s->begin > s->latest) {
            s->latest = s->begin;
        }
        if (s->begin >= s->from && (!s->oldest || s->begin < s->oldest)) {
            s->oldest = s->begin;
        }
        s->begin = 0;
    }
}

void fb__ring_scan(const struct fb_trace_reader *r, uint32_t ring,
                   struct fb__scan *s) {
    struct fb_event *events = calloc(SCAN_EVENTS, sizeof *events);
    uint64_t *numbers = calloc(SCAN_EVENTS, sizeof *numbers);
    struct fb__span now = fb__ring_span(r, ring);
    uint64_t at = now.first;

    s->begin = 0;
    while (events && numbers && at <= now.last) {
        uint64_t first;
        size_t n =
            fb__ring_read(r, ring, at, events, s->numbered ? numbers : NULL,
                          SCAN_EVENTS, &first);

        if (first != at) {
            s->begin = 0; // overtaken: what began before the gap is not whole
        }
        for (size_t i = 0; i < n; i++) {
            scan_event(s, s->numbered ? numbers[i] : first + i, &events[i]);
        }
        if (n == 0 && first == at) {
            break; // it cannot be read any further
        }
        at = first + n;
    }
    free(events);
    free(numbers);
}

uint64_t fb__ring_margin(const struct fb_trace_reader *r) {
    bool live = fb_trace_reader_life(r) == FB_LIFE_RUNNING;

    return live ? r->header.ring_capacity / 16 : 0;
}

uint64_t fb_trace_reader_sync(const struct fb_trace_reader *r, uint32_t ring) {
    struct fb__span now = fb__ring_span(r, ring);
    uint64_t margin = fb__ring_margin(r);
    struct fb__scan s = {.from = now.first + margin};

    if (now.last == 0) {
        return 1; // all that comes will be seen
    }
    if (now.first == 1 && now.last + margin <= r->header.ring_capacity) {
        return 1;
    }
    fb__ring_scan(r, ring, &s);
    if (s.oldest || s.latest) {
        return s.oldest ? s.oldest : s.latest;
    }
    return now.first == 1 ? 1 : 0;
}
