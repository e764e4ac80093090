// All events of a test, in their order: those of one ring as they lie there,
// those of several merged by their numbers. Taken from the memory of an
// anonymous trace, so it also works when the runtime has ended.
#include "harness.h"

#include <stdlib.h>

struct column {
    const struct fb_event *events;
    const uint64_t *numbers; // NULL: an event's number is its place
    uint64_t at, end;        // places from 0
    uint64_t mask;
};

static struct column column_of(const struct world *w, uint32_t ring) {
    const struct fb_trace_header *h = w->trace.header;
    const char *page =
        (const char *)h + h->rings_offset + ring * h->ring_stride;
    struct column c = {.events = (const void *)(page + FB_TRACE_PAGE_BYTES),
                       .mask = h->ring_capacity - 1};

    c.end =
        atomic_load(&((const struct fb_trace_ring *)(const void *)page)->head);
    c.at = c.end > h->ring_capacity ? c.end - h->ring_capacity : 0;
    if (h->ring_count == 1) {
        c.end = w->trace.head; // the page is shared with children that died
        c.at = c.end > h->ring_capacity ? c.end - h->ring_capacity : 0;
    } else {
        c.numbers = (const void *)(c.events + h->ring_capacity);
    }
    return c;
}

static uint64_t number_of(const struct column *c, uint64_t at) {
    return c->numbers != NULL ? c->numbers[at & c->mask] : at + 1;
}

static struct column *least(struct column *columns, uint32_t count) {
    struct column *found = NULL;

    for (uint32_t i = 0; i < count; i++) {
        struct column *c = &columns[i];

        if (c->at < c->end &&
            (found == NULL ||
             number_of(c, c->at) < number_of(found, found->at))) {
            found = c;
        }
    }
    return found;
}

size_t world_events(const struct world *w, struct numbered **ret_events) {
    const uint32_t rings = w->trace.header->ring_count;
    struct column columns[FB_TRACE_RINGS_MAX], *c;
    struct numbered *events;
    size_t count = 0, room = 1;

    for (uint32_t i = 0; i < rings; i++) {
        columns[i] = column_of(w, i);
        room += columns[i].end - columns[i].at;
    }
    events = calloc(room, sizeof *events);
    assert_non_null(events);
    while ((c = least(columns, rings)) != NULL) {
        const uint64_t number = number_of(c, c->at);

        // Where a ring has wrapped, what others still hold is no picture.
        if (count > 0 && number != events[count - 1].number + 1) {
            count = 0;
        }
        events[count++] = (struct numbered){number, c->events[c->at & c->mask]};
        c->at++;
    }
    *ret_events = events;
    return count;
}
