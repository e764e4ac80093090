// What stands out in a window of the timeline: single wakes, and who did
// something.
#include "timeline_sweep.h"
#include <errno.h>
#include <stdlib.h>

enum { LOOKED_AT = 1 << 16 }; // events read in search of wakes, at most

// Finds the one wake of a column. Returns whether it is there.
static bool find_wake(const struct fb_history *h,
                      const struct fb_timeline_column *c,
                      struct fb_timeline_wake *wake) {
    for (uint64_t n = c->first; n != 0 && n <= c->last;
         n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e != NULL && e->kind == FB_EV_WAKE) {
            wake->event = n;
            wake->task = e->subject;
            wake->cause = e->wake.cause;
            wake->party = (uint8_t)(e->flags & 0xffu);
            wake->effect = e->detail;
            return true;
        }
    }
    return false;
}

size_t fb_timeline_wakes(const struct fb_history *h,
                         const struct fb_timeline_window *w,
                         const struct fb_timeline_column *columns,
                         struct fb_timeline_wake *wakes, size_t max) {
    uint64_t budget = LOOKED_AT;
    size_t count = 0;

    for (int i = 0; i < w->cols && count < max; i++) {
        const struct fb_timeline_column *c = &columns[i];

        if (c->wakes == 1 && c->events <= budget) {
            budget -= c->events;
            wakes[count].col = i;
            count += find_wake(h, c, &wakes[count]);
        }
    }
    return count;
}

// ---- who did something ----

struct found {
    uint32_t *tasks;
    size_t count, max;
    uint32_t *set; // open addressing, 0 empty
    uint32_t mask;
};

static void note_task(struct found *f, uint32_t task) {
    uint32_t at = fb__lane_hash(f->set, task) & f->mask;

    while (f->set[at] != 0 && f->set[at] != task) {
        at = (at + 1) & f->mask;
    }
    if (f->set[at] == 0 && f->count < f->max) {
        f->set[at] = task;
        f->tasks[f->count++] = task;
    }
}

// The tasks that turn in a stretch that the window cuts.
static void note_turns(const struct fb_history *h, const struct fb_timeline *x,
                       const struct fb__stretch *t, enum fb_scale scale,
                       uint64_t from, uint64_t end, struct found *f) {
    const struct fb__turn *turns = fb__stretch_turns(x, t);
    uint64_t now = t->begin_ns, number = t->first;

    for (uint32_t i = 0; i < t->turn_count; i++) {
        uint64_t place;

        for (; number <= t->first + turns[i].offset; number++) {
            const struct fb_event *e = fb_history_event(h, number);

            now = e != NULL && e->time_ns > now ? e->time_ns : now;
        }
        place = scale == FB_SCALE_TIME ? now : t->first + turns[i].offset;
        if (place >= from && place < end) {
            note_task(f, t->tasks[turns[i].sum]);
        }
    }
}

int fb_timeline_tasks(const struct fb_history *h,
                      const struct fb_timeline_window *w, uint32_t *tasks,
                      size_t max) {
    const struct fb_timeline *x = fb__history_timeline(h);
    const uint64_t cols = w->cols < 1 ? 1 : (uint64_t)w->cols;
    const uint64_t span = w->step > (UINT64_MAX - w->from) / cols
                              ? UINT64_MAX - w->from
                              : w->step * cols;
    struct found f = {.tasks = tasks, .max = max};
    size_t room = 8;

    f.max = x->born < max ? x->born : max; // then all are found
    while (room < 2 * max + 2) {
        room *= 2;
    }
    f.set = calloc(room, sizeof *f.set);
    f.mask = (uint32_t)(room - 1);
    if (f.set == NULL) {
        return -ENOMEM;
    }
    for (size_t i = fb__timeline_stretch(x, w->scale, w->from);
         i < x->count && f.count < f.max; i++) {
        const struct fb__stretch *t = &x->stretches[i];
        const bool timed = w->scale == FB_SCALE_TIME;
        const uint64_t begin = timed ? t->begin_ns : t->first;
        const uint64_t last = timed ? t->end_ns : fb__stretch_last(t);

        if (begin - w->from >= span && begin >= w->from) {
            break;
        }
        if (begin < w->from || last - w->from >= span) {
            note_turns(h, x, t, w->scale, w->from, w->from + span, &f);
            continue;
        }
        for (uint32_t k = 0; k < t->sum_count; k++) {
            note_task(&f, t->tasks[k]);
        }
    }
    free(f.set);
    return (int)f.count;
}
