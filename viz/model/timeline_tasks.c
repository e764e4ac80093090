// Which tasks a picture of time has a lane for: those that live, and those that
// did something in its window.
#include "timeline.h"
#include <errno.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void sort(uint32_t *ids, size_t count) {
    size_t i = 1;

    while (i < count && ids[i - 1] < ids[i]) {
        i++;
    }
    if (i < count) { // else they are, as tasks mostly are by their spawn
        qsort(ids, count, sizeof(*ids), compare);
    }
}

// Two sorted lists as one, each id once. Returns how many there are.
static size_t join(uint32_t *out, const uint32_t *a, size_t a_count,
                   const uint32_t *b, size_t b_count) {
    size_t n = 0;

    for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
        const uint32_t id =
            k == b_count || (i < a_count && a[i] <= b[k]) ? a[i++] : b[k++];

        if (n == 0 || out[n - 1] != id) {
            out[n++] = id;
        }
    }
    return n;
}

int fb_lane_ids_collect(struct fb_lane_ids *ids, const struct fb_history *h,
                        const struct fb_model *m,
                        const struct fb_timeline_window *w) {
    const size_t living = m ? m->tasks.count : 0;
    const size_t room = FB_LANES_ACTIVE + living;
    uint32_t *found = calloc(room, sizeof(*found));
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    size_t live = 0;
    int got = 0;

    *ids = (struct fb_lane_ids){.items = calloc(room, sizeof(*ids->items))};
    if (found && ids->items && w->cols > 0) {
        got = fb_timeline_tasks(h, w, found, FB_LANES_ACTIVE);
    }
    if (!found || !ids->items || got < 0) {
        free(found);
        fb_lane_ids_deinit(ids);
        return -ENOMEM;
    }
    while (m && live < living && (t = fb_model_task_next(m, &cursor))) {
        found[FB_LANES_ACTIVE + live++] = t->id;
    }
    sort(found, (size_t)got);
    sort(found + FB_LANES_ACTIVE, live);
    ids->cut = got == FB_LANES_ACTIVE;
    ids->count =
        join(ids->items, found, (size_t)got, found + FB_LANES_ACTIVE, live);
    free(found);
    return 0;
}

void fb_lane_ids_deinit(struct fb_lane_ids *ids) {
    free(ids->items);
    *ids = (struct fb_lane_ids){0};
}

int fb_lane_ids_find(const struct fb_lane_ids *ids, uint32_t task) {
    const uint32_t *found =
        ids->count == 0
            ? NULL
            : bsearch(&task, ids->items, ids->count, sizeof(task), compare);

    return found ? (int)(found - ids->items) : -1;
}
