// The world after any event, from a few that are kept.
//
// Problem: stepping back must be as easy as stepping forward, over millions of
// events, with memory that stays in proportion to them.
//
// Idea: the world is kept at a few places and replayed from the nearest one:
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
// Invariants: base.event is before the first kept event; checkpoints rise and
// lie between base and live.
#include "history_state.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHECKPOINT_GAP = 16384, // events between two checkpoints, at least
    WORLDS = 6, // that a viewer has in full: ours, and two that tell the story
    NEAR_BEFORE = 1024, // how far before its target a seek leaves `near`
    FEED_COST = 60,     // of one replayed event, in bytes copied
};
#define CHECKPOINT_FREE (4u << 20)

void fb__points_init(struct fb_history *h) {
    h->next_point = CHECKPOINT_GAP;
    fb__world_init(&h->base);
    fb__world_init(&h->live);
    fb__world_init(&h->cursor);
    fb__world_init(&h->near);
}

void fb__points_deinit(struct fb_history *h) {
    for (size_t i = 0; i < h->point_count; i++) {
        fb__packed_free(&h->points[i].world);
    }
    free(h->points);
    fb_model_deinit(&h->base);
    fb_model_deinit(&h->live);
    fb_model_deinit(&h->cursor);
    fb_model_deinit(&h->near);
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
    struct fb__checkpoint *grown;

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
void fb__points_take(struct fb_history *h) {
    struct fb__checkpoint *p;

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

size_t fb_history_checkpoint_bytes(const struct fb_history *h) {
    return h->point_bytes;
}

void fb__points_forget(struct fb_history *h) {
    size_t gone = 0;

    while (gone < h->point_count && h->points[gone].number <= h->base.event) {
        h->point_bytes -= h->points[gone].world.bytes;
        fb__packed_free(&h->points[gone].world);
        gone++;
    }
    h->point_count -= gone;
    if (gone > 0) {
        memmove(h->points, h->points + gone,
                h->point_count * sizeof *h->points);
    }
    h->cursor_valid &= h->cursor.event >= h->base.event;
    h->near_valid &= h->near.event >= h->base.event;
}

// ---- the world after an event ----

// What it costs to be at `number` from the world after `event`, of which
// `bytes` must be copied first; in bytes copied. UINT64_MAX: it is beyond it.
static uint64_t way(uint64_t event, uint64_t number, size_t bytes) {
    return event > number ? UINT64_MAX : (number - event) * FEED_COST + bytes;
}

static const struct fb__checkpoint *
last_point_before(const struct fb_history *h, uint64_t number) {
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
    const struct fb__checkpoint *point = last_point_before(h, number);
    const struct fb_model *const worlds[] = {
        &h->base, &h->live, h->near_valid ? &h->near : &h->base};
    const struct fb_model *from = &h->base;
    uint64_t best = UINT64_MAX, cost;
    int err;

    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        cost = way(worlds[i]->event, number, fb_model_bytes(worlds[i]));
        from = cost < best ? worlds[i] : from;
        best = cost < best ? cost : best;
    }
    if (point != NULL) {
        cost = way(point->number, number, point->world.full_bytes);
        from = cost < best ? NULL : from;
        best = cost < best ? cost : best;
    }
    if (h->cursor_valid && way(h->cursor.event, number, 0) <= best) {
        return 0;
    }
    h->cursor_valid = false;
    err = from == NULL ? fb__unpack(&h->cursor, &point->world)
                       : fb_model_copy(&h->cursor, from);
    h->cursor_valid = err == 0;
    return err;
}

// Feeds the cursor with the run of events that begins at `number`, as far as
// `to`. Returns the last one fed, or -ENOMEM.
static int64_t replay_run(struct fb_history *h, uint64_t number, uint64_t to,
                          uint64_t near_at) {
    uint64_t first = 0, last;
    size_t count = 0;
    const struct fb_event *run = fb_history_run(h, number, &first, &count);

    last = first + count - 1 < to ? first + count - 1 : to;
    for (uint64_t n = number; n <= last; n++) {
        const int err = fb_model_feed(&h->cursor, n, &run[n - first]);

        if (err < 0) {
            return err;
        }
        if (n == near_at) {
            h->near_valid = fb_model_copy(&h->near, &h->cursor) == 0;
        }
    }
    return (int64_t)last;
}

static int replay(struct fb_history *h, uint64_t number) {
    const bool far = number - h->cursor.event > 2 * (uint64_t)NEAR_BEFORE;
    uint64_t n = fb_history_next(h, h->cursor.event);

    while (n != 0 && n <= number) {
        const int64_t last =
            replay_run(h, n, number, far ? number - NEAR_BEFORE : 0);

        if (last < 0) {
            return (int)last;
        }
        n = fb_history_next(h, (uint64_t)last);
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
