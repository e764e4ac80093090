// The index behind the timeline, made while events are taken in.
//
// Problem: a picture of ten million events must not read ten million events,
// and what it says of a task must be what the model says.
//
// Idea: after each event the model is asked which state its task has now; a
// change is a turn. Events are cut into stretches, which keep the turns and,
// for each task that turned, how long it ran and was queued:
//
//     stretch │ 812 … 1835 │ 1836 … 2859 │ … gap … │ 9001 …   (open)
//     sums    │ 4, 7, 9    │ 4           │         │ 4, 12
//     turns   │ ......     │ ..          │         │ ....
//
// A column that holds whole stretches adds sums; where one ends in the middle
// of a stretch, its turns and the stamps of its events are read. What a task
// did between two stretches that name it is what it did at the end of the
// first.
//
// Invariants: stretches rise by number and by stamp and never cross a gap or
// 2^32 ns, so that a sum fits; the states in an index are those of the model
// after each event that can change them; a lane exists exactly for a task that
// is neither absent nor freed.
#include "timeline_index.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fb__timeline_create(struct fb_timeline **ret_timeline) {
    struct fb_timeline *x = calloc(1, sizeof *x);

    if (x == NULL) {
        return -ENOMEM;
    }
    fb__pool_init(&x->lanes, sizeof(struct fb__lane));
    x->serial = 1; // a new lane has a sum in none
    *ret_timeline = x;
    return 0;
}

void fb__timeline_destroy(struct fb_timeline *x) {
    if (x == NULL) {
        return;
    }
    for (size_t i = 0; i < x->count; i++) {
        if (!fb__stretch_is_open(x, &x->stretches[i])) {
            free(x->stretches[i].tasks);
        }
    }
    free(x->stretches);
    fb__pool_deinit(&x->lanes);
    fb__index_deinit(&x->lane_index);
    free(x);
}

static size_t bytes_of(const struct fb__stretch *s) {
    return s->sum_count * (sizeof(uint32_t) + sizeof(struct fb__sum)) +
           s->turn_count * sizeof(struct fb__turn);
}

static struct fb__stretch *open_stretch(struct fb_timeline *x) {
    struct fb__stretch *s = x->count == 0 ? NULL : &x->stretches[x->count - 1];

    return s != NULL && fb__stretch_is_open(x, s) ? s : NULL;
}

// ---- stretches ----

static bool is_partial(uint8_t state) {
    return state >= FB_TASK_COMPLETE;
}

// The task was in its last state until `until_ns` after the stretch began.
static void add_up(struct fb_timeline *x, uint32_t at, uint32_t until_ns) {
    struct fb__sum *sum = &x->sums[at];
    const uint32_t ns = until_ns - x->since[at];

    if (sum->last == FB_TASK_RUNNING) {
        sum->ran_ns += ns;
    } else if (sum->last == FB_TASK_SCHEDULED) {
        sum->queued_ns += ns;
    }
    sum->partly |= is_partial(sum->last);
    x->since[at] = until_ns;
}

// Gives the open stretch memory of its own. Without memory it is forgotten: a
// gap.
static void close_stretch(struct fb_timeline *x) {
    struct fb__stretch *s = open_stretch(x);
    uint32_t *own = NULL, *sums;

    if (s == NULL) {
        return;
    }
    x->serial++;
    for (uint32_t i = 0; i < s->sum_count; i++) {
        add_up(x, i, (uint32_t)(s->end_ns - s->begin_ns));
    }
    if (s->sum_count > 0) {
        own = malloc(bytes_of(s));
        if (own == NULL) {
            x->count--;
            return;
        }
        sums = own + s->sum_count;
        memcpy(own, x->tasks, s->sum_count * sizeof *own);
        memcpy(sums, x->sums, s->sum_count * sizeof *x->sums);
        memcpy(sums + s->sum_count * (sizeof *x->sums / sizeof *sums), x->turns,
               s->turn_count * sizeof *x->turns);
    }
    s->tasks = own;
    x->bytes += bytes_of(s);
}

static int begin_stretch(struct fb_timeline *x, uint64_t number, bool again) {
    const size_t capacity = x->capacity == 0 ? 16 : 2 * x->capacity;
    struct fb__stretch *grown;

    if (x->count == x->capacity) {
        grown = realloc(x->stretches, capacity * sizeof *grown);
        if (grown == NULL) {
            return -ENOMEM;
        }
        x->stretches = grown;
        x->capacity = capacity;
    }
    x->stretches[x->count++] = (struct fb__stretch){.first = number,
                                                    .begin_ns = x->now_ns,
                                                    .end_ns = x->now_ns,
                                                    .tasks = x->tasks,
                                                    .count = again ? 1 : 0,
                                                    .again = again};
    return 0;
}

static bool is_full(const struct fb__stretch *s, uint64_t number,
                    uint64_t now_ns) {
    return number != s->first + s->count || s->count == FB__STRETCH_EVENTS ||
           now_ns - s->begin_ns > UINT32_MAX;
}

// ---- turns ----

static struct fb__lane *lane_at(struct fb_timeline *x, uint32_t slot) {
    return fb__pool_at(&x->lanes, slot);
}

// The lane's sum in the open stretch.
static uint32_t sum_of(struct fb_timeline *x, struct fb__stretch *s,
                       struct fb__lane *l) {
    if (l->sum < s->sum_count && l->stretch == x->serial) {
        return l->sum;
    }
    l->sum = s->sum_count++;
    l->stretch = x->serial;
    x->since[l->sum] = 0;
    x->tasks[l->sum] = l->id;
    x->sums[l->sum] = (struct fb__sum){
        .worker = l->state == FB_TASK_RUNNING ? l->worker
                                              : (uint8_t)FB_TIMELINE_NOBODY,
        .first = l->state & 7u,
        .last = l->state & 7u};
    return l->sum;
}

static void note_turn(struct fb_timeline *x, struct fb__lane *l, uint8_t to,
                      uint8_t worker) {
    struct fb__stretch *s = open_stretch(x);
    struct fb__sum *sum;
    uint32_t at;

    if (s != NULL && (s->sum_count == FB__STRETCH_SUMS ||
                      s->turn_count == FB__STRETCH_TURNS)) {
        close_stretch(x); // one event changed many tasks
        s = begin_stretch(x, x->last, true) == 0 ? open_stretch(x) : NULL;
    }
    if (s != NULL) {
        at = sum_of(x, s, l);
        sum = &x->sums[at];
        add_up(x, at, (uint32_t)(x->now_ns - s->begin_ns));
        sum->last = to & 7u;
        sum->partly |= is_partial(to);
        if (to == FB_TASK_RUNNING) {
            sum->polls++;
            sum->worker =
                sum->worker == FB_TIMELINE_NOBODY || sum->worker == worker
                    ? worker
                    : (uint8_t)FB_TIMELINE_SEVERAL;
        }
        x->turns[s->turn_count++] =
            (struct fb__turn){.offset = (uint32_t)(x->last - s->first) & 0x3ffu,
                              .sum = at & 0x3ffu,
                              .to = to & 7u,
                              .worker = worker & 0x3fu};
    }
    l->state = to;
    l->worker = worker;
    l->changed = x->last;
}

static uint32_t make_lane(struct fb_timeline *x, uint32_t id) {
    uint32_t slot;

    if (fb__pool_reserve(&x->lanes, 1) < 0 ||
        fb__index_reserve(&x->lane_index, 1) < 0) {
        return FB_MODEL_NONE;
    }
    slot = fb__pool_take(&x->lanes, id);
    fb__index_put(&x->lane_index, id, slot);
    lane_at(x, slot)->state = FB_LANE_ABSENT;
    x->born++;
    return slot;
}

// Makes the task's lane what the model says of it.
static void sync_task(struct fb_timeline *x, const struct fb_model *m,
                      uint32_t id) {
    const struct fb_model_task *t = id == 0 ? NULL : fb_model_task(m, id);
    const uint8_t now = t == NULL ? (uint8_t)FB_LANE_ABSENT : t->state;
    uint32_t slot = fb__index_find(&x->lane_index, id);
    struct fb__lane *l;

    if (slot == FB_MODEL_NONE && now < FB_TASK_FREED) {
        slot = make_lane(x, id);
    }
    if (slot == FB_MODEL_NONE) {
        return;
    }
    l = lane_at(x, slot);
    if (l->state == now &&
        (now != FB_TASK_RUNNING || t == NULL || l->worker == t->worker)) {
        return; // a poll that another worker takes over is a turn, too
    }
    note_turn(x, l, now, t == NULL ? 0 : t->worker);
    if (now >= FB_TASK_FREED) {
        fb__index_remove(&x->lane_index, id);
        fb__pool_give(&x->lanes, slot);
    }
}

// Who is being polled may change without an event about it: a worker that
// begins another poll, a gap, a census.
static void sync_workers(struct fb_timeline *x, const struct fb_model *m) {
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        const struct fb_model_task *t =
            fb_model_task_at(m, fb_model_worker(m, i)->running);
        const uint32_t id = t == NULL ? 0 : t->id;

        if (id != x->running[i]) {
            sync_task(x, m, x->running[i]);
            sync_task(x, m, id);
            x->running[i] = id;
        }
    }
}

// A census is the whole truth about all tasks.
static void sync_all(struct fb_timeline *x, const struct fb_model *m) {
    uint32_t next;

    for (uint32_t at = x->lanes.first; at != FB_MODEL_NONE; at = next) {
        next = fb__pool_after(&x->lanes, at);
        sync_task(x, m, lane_at(x, at)->id);
    }
}

static void sync_event(struct fb_timeline *x, const struct fb_model *m,
                       const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SCHEDULED: sync_task(x, m, e->subject); break;
    case FB_EV_TASK_SPAWN:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE:
        sync_task(x, m, e->subject);
        sync_workers(x, m);
        break;
    case FB_EV_CENSUS:
        sync_task(x, m, fb_event_task(e));
        sync_workers(x, m);
        if (e->detail == FB_CENSUS_END && x->census != m->census) {
            x->census = m->census;
            sync_all(x, m);
        }
        break;
    default:
        if (m->uncertain) { // any event may be the first word of a task
            sync_task(x, m, fb_event_task(e));
        }
        break;
    }
}

static void count_event(struct fb__stretch *s, const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_WAKE: s->wakes++; break;
    case FB_EV_SOURCE_READY: s->ready++; break;
    case FB_EV_TIMER_END:
        if (e->detail == FB_TIMER_FIRED) {
            s->fired++;
        }
        break;
    default: break;
    }
}

void fb__timeline_note(struct fb_timeline *x, const struct fb_model *m,
                       uint64_t number, const struct fb_event *e) {
    const bool gap = x->last != 0 && number != x->last + 1;
    struct fb__stretch *s = open_stretch(x);

    x->now_ns = e->time_ns > x->now_ns ? e->time_ns : x->now_ns;
    x->last = number;
    if (s != NULL && is_full(s, number, x->now_ns)) {
        close_stretch(x);
        s = NULL;
    }
    if (s == NULL) {
        if (begin_stretch(x, number, false) < 0) {
            return;
        }
        s = open_stretch(x);
    }
    s->count++;
    s->end_ns = x->now_ns;
    count_event(s, e);
    if (gap) {
        sync_workers(x, m);
    }
    sync_event(x, m, e);
}

void fb__timeline_drop(struct fb_timeline *x, uint64_t first) {
    size_t gone = 0;

    while (gone < x->count && x->stretches[gone].first < first &&
           !fb__stretch_is_open(x, &x->stretches[gone])) {
        x->bytes -= bytes_of(&x->stretches[gone]);
        free(x->stretches[gone].tasks);
        gone++;
    }
    x->count -= gone;
    if (gone > 0) {
        memmove(x->stretches, x->stretches + gone,
                x->count * sizeof *x->stretches);
    }
}

size_t fb_timeline_bytes(const struct fb_history *h) {
    const struct fb_timeline *x = fb__history_timeline(h);

    return sizeof *x + x->capacity * sizeof *x->stretches + x->bytes +
           fb__pool_bytes(&x->lanes) + fb__index_bytes(&x->lane_index);
}
