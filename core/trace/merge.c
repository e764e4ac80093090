// Problem: each executor thread writes its own ring, and one picture needs all
// events in one order, while the rings are still written and overwritten.
//
// Idea: numbers are dense over all rings, and rise within each. So the event to
// give next is known by its number (`want`), and it is at the front of some
// ring or nowhere. A lane is a ring with a few events fetched from it:
//
//     lane 0:  12 13 17 18 …          want = 14: lane 1 has it.
//     lane 1:  14 16 …                then 15: nobody has it. Either its
//     lane 2:  (dry)                  writer has just taken the number and is
//                                     about to finish: it comes in lane 2; or
//                                     the writer is dead: it never comes.
//
// Where a ring was overtaken, numbers up to the first that is left in it are
// lost, whatever the other rings still hold: `floor`.
//
// Invariants: a number is given once, and none below `want` ever is. An empty
// lane was looked at after the writer was known to be dead, or its hole is not
// believed. Every event is fetched once between two seeks, so hostile numbers
// cost no more than true ones.
//
// Concurrency: one thread; writers run on. That an event was copied whole is
// ring.c's promise.
#include "fishbowl/trace/merge.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

enum { LANE_EVENTS = 1024, TRIES = 8 };

struct lane {
    uint64_t next;   // place of the first event that is not fetched
    uint64_t newest; // number of the last one that was
    size_t at, count;
    bool dry;       // in this call there was nothing to fetch
    bool overtaken; // events were lost before the next one fetched
    uint64_t numbers[LANE_EVENTS];
    struct fb_event events[LANE_EVENTS];
};

struct fb_trace_merge {
    const struct fb_trace_reader *reader;
    uint32_t count; // lanes; 0: one ring, read as it is
    uint32_t last;  // lane that gave the last event: bursts come from one
    uint64_t want;  // number to be given next
    uint64_t floor; // what is below is lost
    uint64_t refused;
    bool dead; // nobody will write any more
    struct lane lanes[];
};

int fb_trace_merge_open(struct fb_trace_merge **ret_merge,
                        const struct fb_trace_reader *r) {
    uint32_t count = r->header.ring_count > 1 ? r->header.ring_count : 0;
    struct fb_trace_merge *m =
        calloc(1, sizeof *m + count * sizeof(struct lane));

    if (!m) {
        return -ENOMEM;
    }
    m->reader = r;
    m->count = count;
    *ret_merge = m;
    return 0;
}

void fb_trace_merge_close(struct fb_trace_merge *m) {
    free(m);
}

uint64_t fb_trace_merge_refused(const struct fb_trace_merge *m) {
    return m->refused;
}

uint64_t fb_trace_merge_taken(const struct fb_trace_merge *m, uint32_t ring,
                              uint64_t next) {
    if (m->count == 0) {
        return ring == 0 && next > 0 ? next - 1 : 0;
    }
    return ring < m->count && m->lanes[ring].next > 0 ? m->lanes[ring].next - 1
                                                      : 0;
}

// Once dead, always dead: what is read after that is all there will be.
static bool writer_is_dead(struct fb_trace_merge *m) {
    if (!m->dead) {
        m->dead = fb_trace_reader_life(m->reader) != FB_LIFE_RUNNING;
    }
    return m->dead;
}

// ---- places ----------------------------------------------------------------

// The first place in `span` whose number is at least `number`; its end + 1 if
// there is none. What a live writer overwrites meanwhile only gets greater
// numbers, so the answer errs towards older places, never past the true one.
static uint64_t place_of(const struct fb_trace_merge *m, uint32_t ring,
                         struct fb__span span, uint64_t number) {
    uint64_t low = span.first;
    uint64_t high = number > 1 ? span.last + 1 : low; // all are at least 1

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (fb__ring_number(m->reader, ring, middle) < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The number at the first readable place plus `margin`, or at the last one; 0
// if the ring is empty. While a fast writer is at that place's heels, each try
// looks further ahead.
static uint64_t oldest_number(const struct fb_trace_merge *m, uint32_t ring,
                              uint64_t margin) {
    struct fb__span span = fb__ring_span(m->reader, ring);

    for (int i = 0; i < TRIES && span.first <= span.last; i++) {
        uint64_t ahead = span.first + margin +
                         (uint64_t)i * m->reader->header.ring_capacity / TRIES;
        uint64_t place = ahead < span.last ? ahead : span.last;
        uint64_t number = fb__ring_number(m->reader, ring, place);

        span = fb__ring_span(m->reader, ring);
        // Still readable after it was read: so it was this place's.
        if (span.first <= place) {
            return number > INT64_MAX ? 0 : number;
        }
    }
    return 0;
}

uint64_t fb_trace_merge_tail(struct fb_trace_merge *m) {
    uint64_t tail = 1;

    if (m->count == 0) {
        return fb_trace_reader_tail(m->reader, 0);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        if (fb__ring_span(m->reader, i).first > 1) {
            uint64_t number = oldest_number(m, i, 0);

            tail = number > tail ? number : tail;
        }
    }
    return tail;
}

// How many events with numbers first … last the rings hold within `spans`.
static uint64_t events_among(const struct fb_trace_merge *m,
                             const struct fb__span *spans, uint64_t first,
                             uint64_t last) {
    uint64_t events = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        uint64_t from = place_of(m, i, spans[i], first);
        uint64_t to = place_of(m, i, spans[i], last + 1);

        events += to > from ? to - from : 0;
    }
    return events;
}

// Numbers are dense: from the tail on, as many events as numbers means that
// none is missing. The more numbers, the more may miss, so it can be halved.
uint64_t fb_trace_merge_head(struct fb_trace_merge *m) {
    struct fb__span spans[FB_TRACE_RINGS_MAX];
    uint64_t low, high = 0, tail;
    bool dead;

    if (m->count == 0) {
        return fb_trace_reader_head(m->reader, 0);
    }
    dead = writer_is_dead(m);
    tail = fb_trace_merge_tail(m);
    for (uint32_t i = 0; i < m->count; i++) {
        uint64_t number = 0;

        spans[i] = fb__ring_span(m->reader, i);
        if (spans[i].first <= spans[i].last) {
            number = fb__ring_number(m->reader, i, spans[i].last);
        }
        high = number > high && number <= INT64_MAX ? number : high;
    }
    low = tail - 1;
    if (dead || high <= low ||
        events_among(m, spans, tail, high) == high - low) {
        return high > low ? high : low;
    }
    while (high - low > 1) { // all up to `low`, not all up to `high`
        uint64_t middle = low + (high - low) / 2;

        if (events_among(m, spans, tail, middle) == middle - tail + 1) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

// ---- lanes -----------------------------------------------------------------

// Keeps of `n` fetched events those whose numbers can be true.
static void sift(struct fb_trace_merge *m, struct lane *l, size_t n) {
    l->at = l->count = 0;
    for (size_t i = 0; i < n; i++) {
        if (l->numbers[i] <= l->newest || l->numbers[i] > INT64_MAX) {
            m->refused++;
            continue;
        }
        l->newest = l->numbers[i];
        l->numbers[l->count] = l->numbers[i];
        l->events[l->count] = l->events[i];
        l->count++;
    }
}

// Fetches what comes next in a lane that has given all it had.
static void fill(struct fb_trace_merge *m, uint32_t ring) {
    struct lane *l = &m->lanes[ring];
    int tries = TRIES;

    l->at = l->count = 0;
    while (l->count == 0 && !l->dry) {
        uint64_t first;
        size_t n = fb__ring_read(m->reader, ring, l->next, l->events,
                                 l->numbers, LANE_EVENTS, &first);

        l->overtaken |= first > l->next;
        l->dry = n == 0 && (first == l->next || tries-- == 0);
        l->next = first + n;
        sift(m, l, n);
    }
    if (l->overtaken && l->count > 0) {
        l->overtaken = false;
        m->floor = l->numbers[0] > m->floor ? l->numbers[0] : m->floor;
    }
}

// Brings a lane's front to `want` or above; false if it has nothing there.
static bool bring(struct fb_trace_merge *m, uint32_t ring) {
    struct lane *l = &m->lanes[ring];

    for (;;) {
        if (l->at == l->count) {
            if (l->dry) {
                return false;
            }
            fill(m, ring);
        } else if (l->numbers[l->at] >= m->want) {
            return true;
        } else {
            // Nothing from the floor on is passed over but what was given.
            m->refused += l->numbers[l->at] >= m->floor;
            l->at++;
        }
    }
}

// The lane with the smallest number in front; NULL if all are dry.
static struct lane *lowest(struct fb_trace_merge *m) {
    struct lane *best = NULL;

    if (bring(m, m->last) &&
        m->lanes[m->last].numbers[m->lanes[m->last].at] == m->want) {
        return &m->lanes[m->last];
    }
    for (uint32_t i = 0; i < m->count; i++) {
        struct lane *l = &m->lanes[i];

        if (bring(m, i) &&
            (!best || l->numbers[l->at] < best->numbers[best->at])) {
            best = l;
            m->last = i;
        }
    }
    return best;
}

// Starts anew at number `first`.
static void seek(struct fb_trace_merge *m, uint64_t first) {
    m->want = m->floor = first;
    for (uint32_t i = 0; i < m->count; i++) {
        struct lane *l = &m->lanes[i];
        struct fb__span span = fb__ring_span(m->reader, i);

        l->next = place_of(m, i, span, first);
        l->newest = 0;
        l->dry = false;
        // What was lost here may have been wanted: nobody knows its numbers.
        l->overtaken = span.first > 1 && l->next == span.first;
        fill(m, i); // all of them, so that the floor is known
    }
}

// ---- the row ---------------------------------------------------------------

// Gives what follows `want` without a break.
static size_t give(struct fb_trace_merge *m, struct fb_event *events,
                   size_t max, uint64_t *ret_first) {
    size_t n = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        m->lanes[i].dry = false;
    }
    while (n < max) {
        struct lane *l = lowest(m);

        if (m->floor > m->want) {
            if (n > 0) {
                break; // the loss is told by the next call
            }
            m->want = m->floor;
            continue;
        }
        if (l && l->numbers[l->at] > m->want && m->dead && n == 0) {
            m->want = l->numbers[l->at]; // it will never come
        }
        if (!l || l->numbers[l->at] != m->want) {
            break;
        }
        events[n++] = l->events[l->at++];
        m->want++;
    }
    *ret_first = m->want - n;
    return n;
}

size_t fb_trace_merge_read(struct fb_trace_merge *m, uint64_t first,
                           struct fb_event *events, size_t max,
                           uint64_t *ret_first) {
    size_t n;

    if (m->count == 0) {
        return fb_trace_reader_read(m->reader, 0, first, events, max,
                                    ret_first);
    }
    first = first ? first : 1;
    if (first != m->want) {
        seek(m, first);
    }
    n = give(m, events, max, ret_first);
    if (n == 0 && max > 0 && !m->dead && writer_is_dead(m)) {
        // What it wrote last may have come after we looked.
        n = give(m, events, max, ret_first);
    }
    return n;
}

// ---- where to start --------------------------------------------------------

uint64_t fb_trace_merge_sync(struct fb_trace_merge *m) {
    struct fb__scan s = {.numbered = true};
    uint64_t margin = fb__ring_margin(m->reader);
    uint64_t tail;
    bool whole = true;

    if (m->count == 0) {
        return fb_trace_reader_sync(m->reader, 0);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        struct fb__span span = fb__ring_span(m->reader, i);

        if (span.first > 1 ||
            span.last + margin > m->reader->header.ring_capacity) {
            uint64_t number = oldest_number(m, i, margin);

            whole = false;
            s.from = number > s.from ? number : s.from;
        }
    }
    if (whole) {
        return 1;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        fb__ring_scan(m->reader, i, &s);
    }
    if (s.oldest) {
        return s.oldest;
    }
    tail = fb_trace_merge_tail(m);
    if (s.latest >= tail) {
        return s.latest;
    }
    return tail == 1 ? 1 : 0;
}
