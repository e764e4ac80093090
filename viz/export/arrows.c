// Problem: see arrows.h. A wake sets out where the waker was: most at
//     TASK_SCHEDULED, which follows the WAKE at once; but that of a task that
//     is being polled is scheduled only after its poll has ended, so its arrow
//     sets out at the WAKE.
// Idea: an arrow is named by its place among those that set out; a bit says
//     whether it arrives. Both walks are this one function, so that they cannot
//     differ.
// Invariants: at most one arrow is on its way to a task. Where events were
//     lost, or a census tells the world anew, those on their way are lost.
#include "arrows.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int mark_room(struct fb__arrows *a) {
    const uint32_t room = a->room == 0 ? 1024 : 2 * a->room;
    uint64_t *bits;

    if (a->count < a->room * 64u) {
        return 0;
    }
    if (room > UINT32_MAX / 64) {
        return -ENOMEM;
    }
    bits = realloc(a->arrives, room * sizeof(*bits));
    if (bits == NULL) {
        return -ENOMEM;
    }
    memset(bits + a->room, 0, (room - a->room) * sizeof(*bits));
    a->arrives = bits;
    a->room = room;
    return 0;
}

static bool sets_out(const struct fb_event *e) {
    return e->kind == FB_EV_TASK_SCHEDULED ||
           (e->kind == FB_EV_WAKE && e->detail == FB_WAKE_DURING_POLL);
}

// Returns whether one set out; its id is a->count.
static int begin(struct fb__arrows *a, uint32_t task) {
    struct fb__task_track *t = fb__tracks_find(&a->on_their_way, task);
    int err;

    if (task == 0 || t != NULL) {
        return 0;
    }
    err = mark_room(a);
    t = err < 0 ? NULL : fb__tracks_add(&a->on_their_way, task);
    if (t == NULL) {
        return -ENOMEM;
    }
    t->arrow = a->count++;
    return 1;
}

static void lose_all(struct fb__arrows *a) {
    fb__tracks_deinit(&a->on_their_way);
}

// The walk: what it takes from one event.
static int step(struct fb__arrows *a, uint64_t number, const struct fb_event *e,
                enum fb__arrow_step *ret_step, uint32_t *ret_arrow) {
    const struct fb__task_track *t;
    int err;

    *ret_step = FB__ARROW_NONE;
    if ((a->last != 0 && number > a->last + 1) ||
        (e->flags & FB_EV_FLAG_CENSUS) != 0 || e->kind == FB_EV_CENSUS) {
        lose_all(a);
    }
    a->last = number;
    if ((e->flags & FB_EV_FLAG_CENSUS) != 0) {
        return 0;
    }
    if (sets_out(e)) {
        err = begin(a, e->subject);
        if (err > 0) {
            *ret_step = FB__ARROW_SETS_OUT;
            *ret_arrow = a->count - 1;
        }
        return err < 0 ? err : 0;
    }
    if (e->kind != FB_EV_POLL_BEGIN && e->kind != FB_EV_TASK_DONE &&
        e->kind != FB_EV_TASK_FREE) {
        return 0;
    }
    t = fb__tracks_find(&a->on_their_way, e->subject);
    if (t != NULL) {
        *ret_arrow = t->arrow;
        *ret_step =
            e->kind == FB_EV_POLL_BEGIN ? FB__ARROW_ARRIVES : FB__ARROW_NONE;
        fb__tracks_remove(&a->on_their_way, e->subject);
    }
    return 0;
}

int fb__arrows_step(struct fb__arrows *a, uint64_t number,
                    const struct fb_event *e, enum fb__arrow_step *ret_step,
                    uint32_t *ret_id) {
    uint32_t arrow = 0;
    const int err = step(a, number, e, ret_step, &arrow);

    if (err == 0 && *ret_step == FB__ARROW_SETS_OUT &&
        (a->arrives[arrow / 64] >> arrow % 64 & 1) == 0) {
        *ret_step = FB__ARROW_NONE;
    }
    *ret_id = arrow + 1;
    return err;
}

int fb__arrows_init(struct fb__arrows *a, const struct fb_history *h,
                    uint64_t from, uint64_t to) {
    uint64_t number =
        fb_history_event(h, from) != NULL ? from : fb_history_next(h, from);
    enum fb__arrow_step what;
    uint32_t arrow;
    int err = 0;

    *a = (struct fb__arrows){0};
    while (err == 0 && number != 0 && (to == 0 || number <= to)) {
        err = step(a, number, fb_history_event(h, number), &what, &arrow);
        if (err == 0 && what == FB__ARROW_ARRIVES) {
            a->arrives[arrow / 64] |= UINT64_C(1) << arrow % 64;
        }
        number = fb_history_next(h, number);
    }
    lose_all(a);
    a->count = 0;
    a->last = 0;
    return err;
}

void fb__arrows_deinit(struct fb__arrows *a) {
    lose_all(a);
    free(a->arrives);
    *a = (struct fb__arrows){0};
}
