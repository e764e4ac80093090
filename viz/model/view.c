// How the world is read: look-ups, iteration, and the tree as rows.
//
// Invariants: nothing here recurses, and every walk is as long as what it
// returns: the tree is walked along its own links, so its depth costs nothing.
#include "world.h"

const struct fb_model_task *fb_model_task(const struct fb_model *m,
                                          uint32_t id) {
    return fb__task_in(m, fb__index_find(&m->task_index, id));
}

const struct fb_model_future *fb_model_future(const struct fb_model *m,
                                              uint32_t id) {
    return fb__future_in(m, fb__index_find(&m->future_index, id));
}

const struct fb_model_source *fb_model_source(const struct fb_model *m,
                                              uint32_t id) {
    return fb__pool_at(&m->sources, fb__index_find(&m->source_index, id));
}

const struct fb_model_timer *fb_model_timer(const struct fb_model *m,
                                            uint32_t id) {
    return fb__pool_at(&m->timers, fb__index_find(&m->timer_index, id));
}

const struct fb_model_channel *fb_model_channel(const struct fb_model *m,
                                                uint32_t id) {
    return fb__pool_at(&m->channels, fb__index_find(&m->channel_index, id));
}

uint32_t fb_model_workers(const struct fb_model *m) {
    return 1 + m->workers.count;
}

const struct fb_model_worker *fb_model_worker(const struct fb_model *m,
                                              uint32_t number) {
    return number <= m->workers.count ? fb__worker_at(m, number) : NULL;
}

const struct fb_model_task *fb_model_task_at(const struct fb_model *m,
                                             uint32_t index) {
    return fb__task_in(m, index);
}

const struct fb_model_future *fb_model_future_at(const struct fb_model *m,
                                                 uint32_t index) {
    return fb__future_in(m, index);
}

const struct fb_model_hold *fb_model_hold_at(const struct fb_model *m,
                                             uint32_t index) {
    return fb__hold_in(m, index);
}

// A cursor is the slot last given, plus one; 0 before the first.
static const void *next_in(const struct fb_model_pool *p, uint32_t *cursor) {
    uint32_t slot = p->first;

    if (*cursor != 0) {
        if (fb__pool_at(p, *cursor - 1) == NULL) {
            return NULL;
        }
        slot = fb__pool_after(p, *cursor - 1);
    }
    if (slot == FB_MODEL_NONE) {
        return NULL;
    }
    *cursor = slot + 1;
    return fb__pool_at(p, slot);
}

const struct fb_model_task *fb_model_task_next(const struct fb_model *m,
                                               uint32_t *cursor) {
    const struct fb_model_task *t;

    do {
        t = next_in(&m->tasks, cursor);
    } while (t != NULL && t->state == FB_TASK_FREED);
    return t;
}

const struct fb_model_source *fb_model_source_next(const struct fb_model *m,
                                                   uint32_t *cursor) {
    return next_in(&m->sources, cursor);
}

const struct fb_model_timer *fb_model_timer_next(const struct fb_model *m,
                                                 uint32_t *cursor) {
    return next_in(&m->timers, cursor);
}

const struct fb_model_task *fb_model_freed_next(const struct fb_model *m,
                                                uint32_t *cursor) {
    while (*cursor < FB_MODEL_FREED && *cursor < m->freed) {
        const uint64_t back = m->freed - 1 - (*cursor)++;
        const struct fb_model_task *t =
            fb__task_in(m, m->freed_ring[back % FB_MODEL_FREED]);

        if (t != NULL) {
            return t;
        }
    }
    return NULL;
}

const struct fb_model_hold *fb_model_future_hold(const struct fb_model *m,
                                                 uint32_t future) {
    const struct fb_model_future *f = fb_model_future(m, future);
    uint32_t at = fb__index_find(&m->hold_index, future);

    if (f == NULL || f->state != FB_FUTURE_PENDING) {
        return NULL;
    }
    while (at != FB_MODEL_NONE) {
        const struct fb_model_hold *h = fb__hold_in(m, at);

        if (h->task == f->task) { // any other is a lie of the file
            return h;
        }
        at = h->next_of_future;
    }
    return NULL;
}

// Marks in `rails` whether the ancestor at `depth` has later siblings.
static uint64_t with_rail(uint64_t rails, uint32_t depth, bool later) {
    if (depth >= 64) {
        return rails;
    }
    return later ? rails | 1ull << depth : rails & ~(1ull << depth);
}

size_t fb_model_tree(const struct fb_model *m, uint32_t task_id,
                     struct fb_model_row *rows, size_t max) {
    const struct fb_model_task *t = fb_model_task(m, task_id);
    uint32_t at = t != NULL ? t->root : FB_MODEL_NONE, depth = 0;
    uint64_t rails = 0;
    size_t count = 0;

    while (at != FB_MODEL_NONE && count < max) {
        const struct fb_model_future *f = fb__future_in(m, at);
        const bool last = f->next_sibling == FB_MODEL_NONE;

        rows[count++] = (struct fb_model_row){
            .future = f,
            .depth = depth,
            .last_sibling = last,
            // only what is above this row
            .rails = depth < 64 ? rails & ((1ull << depth) - 1) : rails};
        if (f->first_child != FB_MODEL_NONE) {
            rails = with_rail(rails, depth, !last);
            at = f->first_child;
            depth++;
            continue;
        }
        while (f->next_sibling == FB_MODEL_NONE && depth > 0) {
            f = fb__future_in(m, f->parent);
            depth--;
        }
        at = depth > 0 ? f->next_sibling : FB_MODEL_NONE;
    }
    return count;
}

bool fb_model_task_is_waking(const struct fb_model *m,
                             const struct fb_model_task *t) {
    const struct fb_event *e = &m->last;

    if (e->subject != t->id || t->state != FB_TASK_IDLE) {
        return false;
    }
    return (e->kind == FB_EV_WAKER_DROP &&
            (e->flags & ~FB_EV_FLAG_CENSUS) == FB_WAKER_WOKEN) ||
           (e->kind == FB_EV_WAKE && e->detail == FB_WAKE_SCHEDULED);
}

bool fb_model_task_is_lost(const struct fb_model *m,
                           const struct fb_model_task *t) {
    const struct fb_model_future *root = fb_model_future_at(m, t->root);

    return t->state == FB_TASK_IDLE && t->holds == FB_MODEL_NONE && root &&
           root->state == FB_FUTURE_PENDING && !t->wake_during_poll &&
           !t->aborted && !t->failing && !m->uncertain && !m->in_census &&
           !fb_model_task_is_waking(m, t);
}
