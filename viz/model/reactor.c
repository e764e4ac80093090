// The reactor's table, the timers, and whether the executor sleeps.
#include "world.h"

static struct fb_model_source *source_of(struct fb_model *m, uint32_t id) {
    return fb__pool_at(&m->sources, fb__index_find(&m->source_index, id));
}

static void source_add(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_source *s = source_of(m, e->subject);

    if (e->subject == 0) {
        m->anomalies++;
        return;
    }
    if (s == NULL) {
        const uint32_t slot = fb__pool_take(&m->sources, e->subject);

        fb__index_put(&m->source_index, e->subject, slot);
        s = fb__pool_at(&m->sources, slot);
        s->add_event = m->event;
    } else if (!fb__is_census(e)) {
        m->anomalies += !m->uncertain;
    }
    s->fd = e->source.fd;
    s->generation = e->source.generation;
    s->tick = e->source.tick;
    s->kind = e->detail;
    s->ready = e->flags & (uint16_t)~FB_EV_FLAG_CENSUS;
    s->task = e->source.task;
    s->seen = m->census;
    s->last_event = m->event;
}

static void source_del(struct fb_model *m, uint32_t id) {
    const uint32_t slot = fb__index_find(&m->source_index, id);

    fb__index_remove(&m->source_index, id);
    fb__pool_give(&m->sources, slot);
}

void fb__world_source(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_source *s = source_of(m, e->subject);

    if (e->kind == FB_EV_SOURCE_ADD) {
        source_add(m, e);
        return;
    }
    if (e->kind == FB_EV_SOURCE_STALE) {
        m->stale++;
        return;
    }
    if (s == NULL) {
        m->anomalies += !m->uncertain;
        return;
    }
    if (e->kind == FB_EV_SOURCE_DEL) {
        source_del(m, e->subject);
        return;
    }
    if (e->kind == FB_EV_SOURCE_READY) {
        s->ready |= e->flags;
        s->registered = true;
    } else {
        s->ready &= (uint16_t)~e->flags;
    }
    s->tick = e->source.tick;
    s->last_event = m->event;
}

void fb__world_io(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_source *s = source_of(m, e->subject);
    struct fb_model_future *f =
        fb__future_in(m, fb__find_future(m, NULL, e->io.future));

    m->ios++;
    if (s != NULL) {
        s->last_event = m->event;
        if (e->io.result > 0 && e->detail == FB_IO_READ) {
            s->bytes_in += (uint64_t)e->io.result;
        } else if (e->io.result > 0 && e->detail == FB_IO_WRITE) {
            s->bytes_out += (uint64_t)e->io.result;
        }
    }
    if (f != NULL) {
        f->io_op = e->detail;
        f->io_result = e->io.result;
        f->io_fd = e->io.fd;
        f->io_event = m->event;
        f->last_event = m->event;
    }
}

// ---- timers ----

void fb__world_timer_set(struct fb_model *m, const struct fb_event *e) {
    uint32_t slot = fb__index_find(&m->timer_index, e->subject);
    struct fb_model_timer *t;

    if (e->subject == 0) {
        m->anomalies++;
        return;
    }
    if (slot == FB_MODEL_NONE) {
        slot = fb__pool_take(&m->timers, e->subject);
        fb__index_put(&m->timer_index, e->subject, slot);
    }
    t = fb__pool_at(&m->timers, slot);
    t->deadline_ns = e->timer.deadline_ns;
    t->task = e->timer.task;
    t->future = e->timer.future;
    t->set_event = fb__is_census(e) && t->set_event ? t->set_event : m->event;
    t->seen = m->census;
}

void fb__world_timer_end(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__index_find(&m->timer_index, e->subject);

    if (slot == FB_MODEL_NONE) {
        m->anomalies += !m->uncertain;
        return;
    }
    fb__index_remove(&m->timer_index, e->subject);
    fb__pool_give(&m->timers, slot);
}

// ---- idle and busy ----

void fb__world_park(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_worker *w = fb__world_worker(m, e);

    w->parked = true;
    w->park_timeout_ns = e->park.timeout_ns;
    w->park_since_ns = m->time_ns;
    m->parks++;
    m->parked = true;
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        m->parked = m->parked && fb__worker_at(m, i)->parked;
    }
}

void fb__world_unpark(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_worker *w = fb__world_worker(m, e);

    if (w->parked) {
        const uint64_t took_ns = fb__since(m->time_ns, w->park_since_ns);

        w->parked_ns += took_ns;
        m->parked_ns += took_ns;
    }
    w->parked = m->parked = false;
}
