// History: the events that are kept, and the world after any of them.
//
// Problem: stepping back must be as easy as stepping forward, over millions of
// events, with memory that stays in proportion to them.
//
// Idea: events lie in chunks of consecutive numbers; a gap begins a new chunk.
// The world is kept at a few places and replayed from the nearest one:
//
//     base ── … ── checkpoint ── … ── checkpoint ── … ──► live
//      │before the first            near ─► cursor         after the last
//      kept event                (a recent seek)
//
// A checkpoint is a packed world (pack.c). They are taken at such distances that
// all of them together will just fit into what point_budget leaves: small worlds
// get close ones, large worlds far ones. Where worlds grow faster than that,
// every other one goes. A long seek leaves `near` a little before its target, so
// that the next steps back are short.
//
// Invariants: numbers rise through the chunks; base.event is before the first
// kept event; checkpoints rise and lie between base and live.
#include "history.h"
#include "pack.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_EVENTS = 8191,    // with malloc's own words they fill whole pages
    CHUNK_FIRST = 64,       // a chunk grows from this: gaps may be many
    CHECKPOINT_GAP = 16384, // events between two checkpoints, at least
    WORLDS = 6, // that a viewer has in full: ours, and two that tell the story
    NEAR_BEFORE = 1024, // how far before its target a seek leaves `near`
    FEED_COST = 60,     // of one replayed event, in bytes copied
};
#define CHECKPOINT_FREE (4u << 20)

struct chunk {
    uint64_t first;
    uint32_t count, capacity;
    struct fb_event *events;
};

struct checkpoint {
    struct fb__packed world;
    uint64_t number;
};

struct fb_history {
    struct chunk *chunks;
    size_t chunk_count, chunk_capacity;
    struct checkpoint *points;
    size_t point_count, point_capacity, point_bytes;
    uint64_t count, max_events;
    uint64_t expected;   // events that there will be, as far as one knows
    uint64_t next_point; // events until a checkpoint is due
    struct fb_model base, live, cursor, near;
    bool cursor_valid, near_valid;
};

int fb_history_create(struct fb_history **ret_history, uint64_t max_events) {
    struct fb_history *h = calloc(1, sizeof *h);

    if (h == NULL) {
        return -ENOMEM;
    }
    h->max_events = h->expected = max_events;
    h->next_point = CHECKPOINT_GAP;
    fb__world_init(&h->base);
    fb__world_init(&h->live);
    fb__world_init(&h->cursor);
    fb__world_init(&h->near);
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
    for (size_t i = 0; i < h->point_count; i++) {
        fb__packed_free(&h->points[i].world);
    }
    free(h->chunks);
    free(h->points);
    fb_model_deinit(&h->base);
    fb_model_deinit(&h->live);
    fb_model_deinit(&h->cursor);
    fb_model_deinit(&h->near);
    free(h);
}

// ---- chunks ----

static uint64_t chunk_last(const struct chunk *c) {
    return c->first + c->count - 1;
}

// The last chunk that begins at or before `number`; count if there is none.
static size_t chunk_of(const struct fb_history *h, uint64_t number) {
    size_t low = 0, high = h->chunk_count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (h->chunks[mid].first <= number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low == 0 ? h->chunk_count : low - 1;
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

static uint32_t chunk_limit(const struct fb_history *h) {
    if (h->max_events == 0 || h->max_events / 8 >= CHUNK_EVENTS) {
        return CHUNK_EVENTS;
    }
    return h->max_events / 8 > 1 ? (uint32_t)(h->max_events / 8) : 1;
}

static int begin_chunk(struct fb_history *h, uint64_t number) {
    size_t capacity = h->chunk_capacity == 0 ? 64 : 2 * h->chunk_capacity;
    struct chunk *last, *grown;

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
    h->chunks[h->chunk_count++] = (struct chunk){.first = number};
    return 0;
}

static int grow_chunk(struct fb_history *h, struct chunk *c) {
    const uint32_t limit = chunk_limit(h);
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
    struct chunk *last =
        h->chunk_count == 0 ? NULL : &h->chunks[h->chunk_count - 1];
    int err;

    if (last == NULL || number != last->first + last->count ||
        last->count >= chunk_limit(h)) {
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

// ---- checkpoints ----

static uint64_t events_in_the_end(const struct fb_history *h) {
    return h->count > h->expected ? h->count : h->expected;
}

// What checkpoints may take: with the events, and with the worlds that are there
// in full, a viewer shall stay below one and a half times its recording.
static size_t point_budget(const struct fb_history *h) {
    const size_t events =
        (size_t)events_in_the_end(h) * sizeof(struct fb_event);
    const size_t worlds = WORLDS * fb_model_bytes(&h->live);
    const size_t least = events / 8, room = events / 8 * 3;

    return CHECKPOINT_FREE + (room > worlds + least ? room - worlds : least);
}

// How many events after a checkpoint of so many bytes the next one is due.
static uint64_t point_gap(const struct fb_history *h, size_t bytes) {
    const uint64_t gap = events_in_the_end(h) * bytes / point_budget(h);
    const uint64_t wide = gap + gap / 8; // worlds may grow a little

    return wide > CHECKPOINT_GAP ? wide : CHECKPOINT_GAP;
}

// Takes every other checkpoint away, the oldest first: at least one.
static void thin_points(struct fb_history *h) {
    size_t kept = 0;

    for (size_t i = 0; i < h->point_count; i++) {
        if (i % 2 == 1) {
            h->points[kept++] = h->points[i];
        } else {
            h->point_bytes -= h->points[i].world.bytes;
            fb__packed_free(&h->points[i].world);
        }
    }
    h->point_count = kept;
}

static int make_point_place(struct fb_history *h) {
    const size_t capacity = h->point_capacity == 0 ? 16 : 2 * h->point_capacity;
    struct checkpoint *grown;

    if (h->point_count < h->point_capacity) {
        return 0;
    }
    grown = realloc(h->points, capacity * sizeof *grown);
    if (grown == NULL) {
        return -ENOMEM;
    }
    h->points = grown;
    h->point_capacity = capacity;
    return 0;
}

// A missing checkpoint costs time and nothing else, so failing is silent.
static void take_checkpoint(struct fb_history *h) {
    struct checkpoint *p;

    h->next_point = CHECKPOINT_GAP;
    if (make_point_place(h) < 0) {
        return;
    }
    p = &h->points[h->point_count];
    p->number = h->live.event;
    if (fb__pack(&p->world, &h->live) < 0) {
        return;
    }
    h->next_point = point_gap(h, p->world.bytes);
    h->point_count++;
    h->point_bytes += p->world.bytes;
    while (h->point_bytes > point_budget(h)) {
        thin_points(h);
    }
}

void fb_history_expect(struct fb_history *h, uint64_t events) {
    h->expected = events;
}

size_t fb_history_checkpoint_bytes(const struct fb_history *h) {
    return h->point_bytes;
}

static void drop_points_before(struct fb_history *h, uint64_t first) {
    size_t gone = 0;

    while (gone < h->point_count && h->points[gone].number < first) {
        h->point_bytes -= h->points[gone].world.bytes;
        fb__packed_free(&h->points[gone].world);
        gone++;
    }
    h->point_count -= gone;
    if (gone > 0) {
        memmove(h->points, h->points + gone,
                h->point_count * sizeof *h->points);
    }
}

// ---- the window ----

// The oldest chunk goes; its effect stays in `base`.
static int drop_chunk(struct fb_history *h) {
    const struct chunk gone = h->chunks[0];

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
    drop_points_before(h, h->base.event + 1);
    h->cursor_valid &= h->cursor.event >= h->base.event;
    h->near_valid &= h->near.event >= h->base.event;
    return 0;
}

int fb_history_push(struct fb_history *h, uint64_t number,
                    const struct fb_event *e) {
    struct chunk *last;
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
    h->count++;
    if (--h->next_point == 0) {
        take_checkpoint(h);
    }
    return 0;
}

// ---- the world after an event ----

const struct fb_model *fb_history_live(const struct fb_history *h) {
    return &h->live;
}

// What it costs to be at `number` from `m`, in bytes copied; `copy`: m must be
// copied first. UINT64_MAX: m is beyond it.
static uint64_t way(const struct fb_model *m, uint64_t number, bool copy) {
    if (m->event > number) {
        return UINT64_MAX;
    }
    return (number - m->event) * FEED_COST + (copy ? fb_model_bytes(m) : 0);
}

static const struct checkpoint *last_point_before(const struct fb_history *h,
                                                  uint64_t number) {
    size_t low = 0, high = h->point_count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (h->points[mid].number <= number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low == 0 ? NULL : &h->points[low - 1];
}

// Brings the cursor to a known world at or before `number`, the cheapest way.
static int start_near(struct fb_history *h, uint64_t number) {
    const struct checkpoint *point = last_point_before(h, number);
    const struct fb_model *from = point ? &point->world.flat : &h->base;
    const struct fb_model *const others[] = {h->near_valid ? &h->near : NULL,
                                             &h->live};
    uint64_t best = way(from, number, true);
    int err;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (others[i] != NULL && way(others[i], number, true) < best) {
            from = others[i];
            best = way(from, number, true);
            point = NULL;
        }
    }
    if (h->cursor_valid && way(&h->cursor, number, false) <= best) {
        return 0;
    }
    h->cursor_valid = false;
    err = point != NULL ? fb__unpack(&h->cursor, &point->world)
                        : fb_model_copy(&h->cursor, from);
    h->cursor_valid = err == 0;
    return err;
}

static int replay(struct fb_history *h, uint64_t number) {
    const bool far = number - h->cursor.event > 2 * (uint64_t)NEAR_BEFORE;
    uint64_t n = fb_history_next(h, h->cursor.event);
    size_t at = chunk_of(h, n);

    while (n != 0 && n <= number) {
        const struct chunk *c = &h->chunks[at];
        const int err = fb_model_feed(&h->cursor, n, &c->events[n - c->first]);

        if (err < 0) {
            return err;
        }
        if (far && n == number - NEAR_BEFORE) {
            h->near_valid = fb_model_copy(&h->near, &h->cursor) == 0;
        }
        if (n == chunk_last(c)) {
            at++;
            n = at < h->chunk_count ? h->chunks[at].first : 0;
        } else {
            n++;
        }
    }
    return 0;
}

const struct fb_model *fb_history_at(struct fb_history *h, uint64_t number) {
    const uint64_t last = fb_history_last(h);

    number = number < last ? number : last;
    if (number < fb_history_first(h)) {
        number = h->base.event;
    }
    if (start_near(h, number) < 0 || replay(h, number) < 0) {
        return NULL;
    }
    return &h->cursor;
}
