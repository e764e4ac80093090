// Which tasks a timeline has rows for, and how they are called.
#include "svg_timeline.h"
#include <errno.h>
#include <stdlib.h>

enum { LOOKED_AT = 1 << 16 }; // events, in search of a task that is gone

// ---- which tasks ----

struct rank {
    uint32_t task, polls;
    uint64_t ran;
};

static int busiest_first(const void *a, const void *b) {
    const struct rank *x = a, *y = b;

    if (x->polls != y->polls) {
        return x->polls > y->polls ? -1 : 1;
    }
    if (x->ran != y->ran) {
        return x->ran > y->ran ? -1 : 1;
    }
    return x->task < y->task ? -1 : x->task > y->task;
}

static int by_id(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

// Leaves the busiest FB__SVG_LANES_MOST of `ids`, in the order of their ids.
static int keep_busiest(const struct fb_history *h, struct fb_lane_ids *ids,
                        const struct fb_timeline_window *w) {
    const struct fb_timeline_window whole = {w->scale, w->from,
                                             w->step * (uint64_t)w->cols, 1};
    struct rank *ranks;
    struct fb_lanes all;
    int err;

    if (ids->count <= FB__SVG_LANES_MOST) {
        return 0;
    }
    err = fb_lanes_read(&all, h, &whole, ids->items, ids->count);
    if (err < 0) {
        return err;
    }
    ranks = calloc(ids->count, sizeof(*ranks));
    for (size_t i = 0; ranks != NULL && i < ids->count; i++) {
        ranks[i] =
            (struct rank){ids->items[i], all.cells[i].polls, all.cells[i].ran};
    }
    fb_lanes_deinit(&all);
    if (ranks == NULL) {
        return -ENOMEM;
    }
    qsort(ranks, ids->count, sizeof(*ranks), busiest_first);
    for (size_t i = 0; i < FB__SVG_LANES_MOST; i++) {
        ids->items[i] = ranks[i].task;
    }
    ids->count = FB__SVG_LANES_MOST;
    qsort(ids->items, ids->count, sizeof(*ids->items), by_id);
    free(ranks);
    return 0;
}

static int read_lanes(struct fb__svg_timeline *sh) {
    const struct fb__svg_scene *c = sh->c;
    struct fb_lane_ids ids = {0};
    int err = fb_lane_ids_collect(&ids, c->h, c->m, &sh->w);

    if (err == 0 && c->o->task != 0) {
        ids.count = fb_lane_ids_find(&ids, c->o->task) >= 0 ? 1 : 0;
        ids.items[0] = c->o->task;
        err = ids.count == 0 ? -ESRCH : 0;
    }
    sh->all = ids.count;
    if (err == 0) {
        err = keep_busiest(c->h, &ids, &sh->w);
    }
    if (err == 0) {
        err = fb_lanes_read(&sh->lanes, c->h, &sh->w, ids.items, ids.count);
    }
    fb_lane_ids_deinit(&ids);
    return err;
}

// ---- names ----

// The last event of the window that is about the task, or 0. It lies in the
// last column in which the task did something.
static uint64_t last_sign(const struct fb__svg_timeline *sh, size_t lane) {
    const uint32_t task = sh->lanes.tasks[lane];
    uint64_t left = LOOKED_AT;

    for (int col = sh->w.cols - 1; col >= 0; col--) {
        const struct fb_timeline_cell *cell =
            &sh->lanes.cells[lane * (size_t)sh->w.cols + (size_t)col];
        const struct fb_timeline_column *c = &sh->lanes.columns[col];

        if (cell->polls == 0 && cell->ran == 0) {
            continue;
        }
        for (uint64_t n = c->last; n >= c->first && n != 0 && left > 0;
             n = fb_history_prev(sh->c->h, n), left--) {
            if (fb_event_task(fb_history_event(sh->c->h, n)) == task) {
                return n;
            }
        }
        return 0;
    }
    return 0;
}

// A task that has ended is called as it was while it lived.
static int name_lanes(struct fb__svg_timeline *sh) {
    const struct fb_model *m;

    sh->names = calloc(sh->lanes.count + 1, sizeof(*sh->names));
    if (sh->names == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < sh->lanes.count; i++) {
        const uint32_t task = sh->lanes.tasks[i];
        const uint64_t sign =
            fb_model_task(sh->c->m, task) == NULL ? last_sign(sh, i) : 0;

        m = fb_history_at(sh->c->h, sign != 0 ? sign : sh->c->at);
        if (m == NULL) {
            return -ENOMEM;
        }
        fb__svg_say_task(sh->c, m, task, sh->names[i], FB__SVG_NAME_BYTES);
    }
    return 0;
}

int fb__svg_timeline_read(struct fb__svg_timeline *sh) {
    const int err = read_lanes(sh);

    return err < 0 ? err : name_lanes(sh);
}

void fb__svg_timeline_deinit(struct fb__svg_timeline *sh) {
    fb_lanes_deinit(&sh->lanes);
    free(sh->names);
    sh->names = NULL;
}
