// History: the events that are kept.
//
// Problem: a viewer has millions of events, or the last millions of a program
// that runs on, and must know which it has not.
//
// Idea: events lie in chunks of consecutive numbers; a gap begins a new chunk.
// Where only so many shall be kept, the oldest chunk goes and its effect stays
// in the world before the first kept event. Worlds: history_points.c.
//
// Invariants: numbers rise through the chunks; only the last one may be empty.
#include "history_state.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_EVENTS = 8191, // with malloc's own words they fill whole pages
    CHUNK_FIRST = 64,    // a chunk grows from this: gaps may be many
};

// The oldest go chunk by chunk: an eighth of what is kept at most.
static uint32_t chunk_size(uint64_t max_events) {
    if (max_events == 0 || max_events / 8 >= CHUNK_EVENTS) {
        return CHUNK_EVENTS;
    }
    return max_events / 8 > 1 ? (uint32_t)(max_events / 8) : 1;
}

int fb_history_create(struct fb_history **ret_history, uint64_t max_events) {
    struct fb_history *h = calloc(1, sizeof *h);

    if (h == NULL) {
        return -ENOMEM;
    }
    if (fb__timeline_create(&h->timeline) < 0) {
        free(h);
        return -ENOMEM;
    }
    h->max_events = h->expected = max_events;
    h->chunk_events = chunk_size(max_events);
    fb__points_init(h);
    *ret_history = h;
    return 0;
}

void fb_history_destroy(struct fb_history *h) {
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->chunk_count; i++) {
        free(h->chunks[i].events);
    }
    free(h->chunks);
    fb__points_deinit(h);
    fb__timeline_destroy(h->timeline);
    free(h);
}

void fb_history_expect(struct fb_history *h, uint64_t events) {
    h->expected =
        h->max_events != 0 && h->max_events < events ? h->max_events : events;
}

const struct fb_timeline *fb__history_timeline(const struct fb_history *h) {
    return h->timeline;
}

const struct fb_model *fb_history_live(const struct fb_history *h) {
    return &h->live;
}

// ---- chunks ----

static uint64_t chunk_last(const struct fb__chunk *c) {
    return c->first + c->count - 1;
}

static bool is_chunk_of(const struct fb_history *h, size_t at,
                        uint64_t number) {
    return at < h->chunk_count && h->chunks[at].first <= number &&
           (at + 1 == h->chunk_count || h->chunks[at + 1].first > number);
}

// The last chunk that begins at or before `number`; count if there is none.
static size_t chunk_of(const struct fb_history *h, uint64_t number) {
    size_t low = 0, high = h->chunk_count;

    if (high == 0 || number < h->chunks[0].first) {
        return high;
    }
    // where it is if all are full, as they are unless events were lost
    low = (size_t)((number - h->chunks[0].first) / h->chunk_events);
    if (is_chunk_of(h, low, number)) {
        return low;
    }
    for (low = 0; low < high;) {
        const size_t mid = low + (high - low) / 2;

        if (h->chunks[mid].first <= number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low - 1;
}

uint64_t fb_history_first(const struct fb_history *h) {
    return h->chunk_count == 0 ? 0 : h->chunks[0].first;
}

uint64_t fb_history_last(const struct fb_history *h) {
    return h->chunk_count == 0 ? 0 : chunk_last(&h->chunks[h->chunk_count - 1]);
}

uint64_t fb_history_count(const struct fb_history *h) {
    return h->count;
}

const struct fb_event *fb_history_event(const struct fb_history *h,
                                        uint64_t number) {
    const size_t at = chunk_of(h, number);

    if (at == h->chunk_count || number > chunk_last(&h->chunks[at])) {
        return NULL;
    }
    return &h->chunks[at].events[number - h->chunks[at].first];
}

const struct fb_event *fb_history_run(const struct fb_history *h,
                                      uint64_t number, uint64_t *ret_first,
                                      size_t *ret_count) {
    const size_t at = chunk_of(h, number);

    if (at == h->chunk_count || number > chunk_last(&h->chunks[at])) {
        return NULL;
    }
    *ret_first = h->chunks[at].first;
    *ret_count = h->chunks[at].count;
    return h->chunks[at].events;
}

uint64_t fb_history_next(const struct fb_history *h, uint64_t number) {
    const size_t at = chunk_of(h, number);

    if (at == h->chunk_count) {
        return fb_history_first(h);
    }
    if (number < chunk_last(&h->chunks[at])) {
        return number + 1;
    }
    return at + 1 < h->chunk_count ? h->chunks[at + 1].first : 0;
}

uint64_t fb_history_prev(const struct fb_history *h, uint64_t number) {
    const size_t at = number == 0 ? h->chunk_count : chunk_of(h, number - 1);

    if (at == h->chunk_count) {
        return 0;
    }
    return number - 1 < chunk_last(&h->chunks[at]) ? number - 1
                                                   : chunk_last(&h->chunks[at]);
}

static int begin_chunk(struct fb_history *h, uint64_t number) {
    size_t capacity = h->chunk_capacity == 0 ? 64 : 2 * h->chunk_capacity;
    struct fb__chunk *last, *grown;

    if (h->chunk_count == h->chunk_capacity) {
        grown = realloc(h->chunks, capacity * sizeof *grown);
        if (grown == NULL) {
            return -ENOMEM;
        }
        h->chunks = grown;
        h->chunk_capacity = capacity;
    }
    last = h->chunk_count > 0 ? &h->chunks[h->chunk_count - 1] : NULL;
    if (last != NULL && last->count < last->capacity) {
        // it is closed: give back what it does not use
        struct fb_event *events =
            realloc(last->events, last->count * sizeof *events);

        if (events != NULL) {
            last->events = events;
            last->capacity = last->count;
        }
    }
    h->chunks[h->chunk_count++] = (struct fb__chunk){.first = number};
    return 0;
}

static int grow_chunk(struct fb_history *h, struct fb__chunk *c) {
    const uint32_t limit = h->chunk_events;
    const bool goes_on = h->chunk_count > 1 && c[-1].count == limit &&
                         c->first == c[-1].first + limit;
    uint32_t capacity = c->capacity == 0 ? CHUNK_FIRST : 2 * c->capacity;
    struct fb_event *grown;

    capacity = goes_on ? limit : capacity; // after a full one: full as well
    capacity = capacity < limit ? capacity : limit;
    grown = realloc(c->events, capacity * sizeof *grown);
    if (grown == NULL) {
        return -ENOMEM;
    }
    c->events = grown;
    c->capacity = capacity;
    return 0;
}

// Makes sure that event `number` has a place at the end.
static int make_place(struct fb_history *h, uint64_t number) {
    struct fb__chunk *last =
        h->chunk_count == 0 ? NULL : &h->chunks[h->chunk_count - 1];
    int err;

    if (last == NULL || number != last->first + last->count ||
        last->count >= h->chunk_events) {
        if (last != NULL && last->count == 0) {
            last->first = number; // left empty by a push that failed
        } else {
            err = begin_chunk(h, number);
            if (err < 0) {
                return err;
            }
        }
        last = &h->chunks[h->chunk_count - 1];
    }
    return last->count < last->capacity ? 0 : grow_chunk(h, last);
}

// ---- the window ----

// The oldest chunk goes; its effect stays in `base`.
static int drop_chunk(struct fb_history *h) {
    const struct fb__chunk gone = h->chunks[0];

    for (uint32_t i = 0; i < gone.count; i++) {
        if (gone.first + i <= h->base.event) {
            continue; // fed by an earlier try that ran out of memory
        }
        const int err =
            fb_model_feed(&h->base, gone.first + i, &gone.events[i]);

        if (err < 0) {
            return err;
        }
    }
    free(gone.events);
    h->chunk_count--;
    memmove(h->chunks, h->chunks + 1, h->chunk_count * sizeof *h->chunks);
    h->count -= gone.count;
    fb__points_forget(h);
    fb__timeline_drop(h->timeline, h->base.event + 1);
    return 0;
}

int fb_history_push(struct fb_history *h, uint64_t number,
                    const struct fb_event *e) {
    struct fb__chunk *last;
    int err;

    if (number == 0 || number <= h->live.event) {
        return -EINVAL;
    }
    while (h->max_events != 0 && h->count >= h->max_events &&
           h->chunk_count > 1) {
        err = drop_chunk(h);
        if (err < 0) {
            return err;
        }
    }
    err = make_place(h, number);
    if (err < 0) {
        return err;
    }
    err = fb_model_feed(&h->live, number, e);
    if (err < 0) {
        if (h->chunks[h->chunk_count - 1].count == 0) {
            free(h->chunks[--h->chunk_count].events);
        }
        return err;
    }
    last = &h->chunks[h->chunk_count - 1];
    last->events[last->count++] = *e;
    fb__timeline_note(h->timeline, &h->live, number, e);
    h->count++;
    if (--h->next_point == 0) {
        fb__points_take(h);
    }
    return 0;
}
