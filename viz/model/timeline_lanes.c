// Lanes of a sweep: since when a task is in which state, and what that gives to
// the columns.
//
// A turn ends a piece of a lane, which is added to the columns it lies in, less
// what of them is lost. A lane is known from its first turn on, and what it was
// in before from that turn's stretch; one that never turns in the window is as
// the index has it now, or as the next stretch to name it says.
#include "timeline_sweep.h"
#include <errno.h>
#include <stdlib.h>

struct fb_timeline_cell *fb__lane_cells(const struct fb__sweep *s,
                                        uint32_t lane) {
    return s->cells + (size_t)lane * (size_t)s->w.cols;
}

void fb__cell_worker(struct fb_timeline_cell *c, uint8_t worker) {
    if (c->worker == FB_TIMELINE_NOBODY) {
        c->worker = worker;
    } else if (c->worker != worker && worker != FB_TIMELINE_NOBODY) {
        c->worker = FB_TIMELINE_SEVERAL;
    }
}

static void add_piece(struct fb_timeline_cell *c,
                      const struct fb__sweep_lane *l, uint64_t amount) {
    c->state = l->state;
    c->known = true;
    switch (l->state) {
    case FB_TASK_RUNNING:
        c->ran += amount;
        fb__cell_worker(c, l->worker);
        break;
    case FB_TASK_SCHEDULED: c->queued += amount; break;
    case FB_TASK_IDLE: c->waited += amount; break;
    default: break;
    }
}

void fb__lane_extend(struct fb__sweep *s, uint32_t lane, uint64_t place) {
    struct fb__sweep_lane *l = &s->lanes[lane];
    const uint64_t to = place < s->end ? place : s->end;
    uint64_t from = l->since;

    if (from < s->w.from) {
        from = s->w.from;
        l->lost = 0;
    }
    while (from < to) {
        const int col = fb__sweep_col(s, from);
        const uint64_t edge = fb__sweep_edge(s, col);
        const uint64_t until = edge < to ? edge : to;
        uint64_t lost = s->columns[col].lost - l->lost;

        lost = lost < until - from ? lost : until - from;
        add_piece(&fb__lane_cells(s, lane)[col], l, until - from - lost);
        l->lost = 0;
        from = until;
    }
    l->since = place;
    l->lost = fb__sweep_holds(s, place)
                  ? s->columns[fb__sweep_col(s, place)].lost
                  : 0;
}

void fb__lane_resolve(struct fb__sweep *s, uint32_t lane, uint8_t state,
                      uint8_t worker) {
    if (s->lanes[lane].state == FB__LANE_UNKNOWN) {
        s->lanes[lane].state = state;
        s->lanes[lane].worker = worker;
    }
}

void fb__lane_turn(struct fb__sweep *s, uint32_t lane, uint64_t place,
                   const struct fb__turn *turn) {
    struct fb__sweep_lane *l = &s->lanes[lane];

    fb__lane_extend(s, lane, place);
    l->state = turn->to;
    l->worker = turn->worker;
    if (fb__sweep_holds(s, place)) {
        struct fb_timeline_cell *c =
            &fb__lane_cells(s, lane)[fb__sweep_col(s, place)];

        c->state = turn->to;
        c->known = true;
        if (turn->to == FB_TASK_RUNNING) {
            c->polls++;
            fb__cell_worker(c, l->worker);
        }
    }
}

void fb__lane_reach(struct fb__sweep *s, uint32_t lane, uint64_t place, int col,
                    uint64_t begin) {
    struct fb__sweep_lane *l = &s->lanes[lane];
    const uint64_t span = place - l->since;
    const uint64_t lost = s->columns[col].lost - l->lost;

    if (l->since < begin || l->since > place) {
        fb__lane_extend(s, lane, place);
    } else if (span > 0) {
        add_piece(&fb__lane_cells(s, lane)[col], l,
                  span - (lost < span ? lost : span));
    }
}

// ---- the ends of the sweep ----

// What lanes were in that no stretch of the window names: as they are now, if
// they have not changed since; else as the next stretch to name them says.
void fb__lanes_resolve_rest(struct fb__sweep *s, size_t first, size_t next) {
    const uint64_t start =
        first < s->x->count ? s->x->stretches[first].first : UINT64_MAX;
    size_t left = 0;

    for (uint32_t i = 0; i < s->lane_count; i++) {
        const uint32_t slot =
            fb__index_find(&s->x->lane_index, s->lanes[i].task);
        const struct fb__lane *l = fb__pool_at(&s->x->lanes, slot);

        if (s->lanes[i].state == FB__LANE_UNKNOWN && l != NULL &&
            l->changed < start) {
            fb__lane_resolve(s, i, l->state, l->worker);
        }
        left += s->lanes[i].state == FB__LANE_UNKNOWN;
    }
    for (; next < s->x->count && left > 0; next++) {
        const struct fb__stretch *t = &s->x->stretches[next];

        for (uint32_t i = 0; i < t->sum_count; i++) {
            const uint32_t lane = fb__lane_find(s, t->tasks[i]);
            const struct fb__sum *sum = &fb__stretch_sums(s->x, t)[i];

            if (lane != UINT32_MAX &&
                s->lanes[lane].state == FB__LANE_UNKNOWN) {
                fb__lane_resolve(s, lane, sum->first, sum->worker);
                left--;
            }
        }
    }
    for (uint32_t i = 0; i < s->lane_count; i++) {
        fb__lane_resolve(s, i, FB_LANE_ABSENT, 0);
    }
}

int fb__lanes_make(struct fb__sweep *s, const uint32_t *tasks, size_t count) {
    size_t room = 8;

    while (room < 4 * count) {
        room *= 2;
    }
    s->lanes = calloc(count + 1, sizeof *s->lanes);
    s->map = calloc(room, sizeof *s->map);
    if (s->lanes == NULL || s->map == NULL) {
        return -ENOMEM;
    }
    s->mask = (uint32_t)(room - 1);
    s->lane_count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = fb__lane_hash(s->map, tasks[i]) & s->mask;

        s->lanes[i] = (struct fb__sweep_lane){.task = tasks[i],
                                              .state = FB__LANE_UNKNOWN};
        while (s->map[at] != 0) {
            at = (at + 1) & s->mask;
        }
        s->map[at] = i + 1;
    }
    return 0;
}
