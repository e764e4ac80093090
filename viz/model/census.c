// A census: what it names is, with its history if that is known; what a whole
// one does not name is not.
//
// Idea: BEGIN starts a new census number, every event of the census stamps what
// it names, END removes what lacks the stamp. So a begin costs nothing, and an
// end costs what is alive. The run queue is not emptied at the beginning: each
// scheduled task moves to the end as it is named, and comes out in order.
//
// Dropped futures that were still shown go at the END: they were a memory, and
// a census has none.
#include "world.h"

static void census_task(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);
    struct fb_model_future *root;

    if (t == NULL) {
        return;
    }
    t->seen = m->census;
    t->exact = true;
    t->polls = e->counts.polls;
    t->wakes = e->counts.wakes;
    if (e->counts.queued == 0) {
        fb__queue_remove(m, slot);
    }
    root = fb__future_in(m, t->root);
    if (root != NULL) {
        root->seen = m->census;
        root->polls = t->polls;
        if (t->polls > 0 && root->state == FB_FUTURE_NOT_POLLED) {
            root->state = FB_FUTURE_PENDING;
        }
    }
    if (e->counts.outcome == FB_OUTCOME_NONE || t->state == FB_TASK_COMPLETE) {
        return;
    }
    if (t->state == FB_TASK_RUNNING) {
        fb__world_stop_worker(m, fb__worker_at(m, t->worker));
    }
    fb__queue_remove(m, slot);
    t->state = FB_TASK_COMPLETE;
    t->outcome = (uint8_t)e->counts.outcome;
    m->live_tasks--;
    m->zombie_tasks++;
    if (root != NULL) {
        fb__stack_take_out(m, t->root);
        root->state = FB_FUTURE_DROPPED;
    }
}

static void sweep_tasks(struct fb_model *m) {
    uint32_t next;

    for (uint32_t at = m->tasks.first; at != FB_MODEL_NONE; at = next) {
        const struct fb_model_task *t = fb__task_in(m, at);

        next = fb__pool_after(&m->tasks, at);
        if (t->seen != m->census && t->state != FB_TASK_FREED) {
            m->anomalies += !m->uncertain;
            fb__world_forget_task(m, at);
        }
    }
}

// Parents may go before their children do: what is removed below is taken out
// of the order, so the walk starts again from a place that still is.
static void sweep_futures(struct fb_model *m) {
    uint32_t at = m->futures.first, kept = FB_MODEL_NONE;

    while (at != FB_MODEL_NONE) {
        const struct fb_model_future *f = fb__future_in(m, at);
        const struct fb_model_task *t =
            fb__task_in(m, fb__index_find(&m->task_index, f->task));
        const bool is_root = t != NULL && t->root == at;

        if (is_root ||
            (f->seen == m->census && f->state != FB_FUTURE_DROPPED)) {
            kept = at;
        } else {
            m->anomalies += !m->uncertain && f->state == FB_FUTURE_PENDING;
            fb__world_remove_future(m, at);
            if (fb__future_in(m, kept) == NULL) {
                kept = FB_MODEL_NONE;
            }
        }
        at = kept == FB_MODEL_NONE ? m->futures.first
                                   : fb__pool_after(&m->futures, kept);
    }
}

static void sweep_sources(struct fb_model *m) {
    uint32_t next;

    for (uint32_t at = m->sources.first; at != FB_MODEL_NONE; at = next) {
        const struct fb_model_source *s = fb__pool_at(&m->sources, at);

        next = fb__pool_after(&m->sources, at);
        if (s->seen != m->census) {
            m->anomalies += !m->uncertain;
            fb__index_remove(&m->source_index, s->id);
            fb__pool_give(&m->sources, at);
        }
    }
}

static void sweep_timers(struct fb_model *m) {
    uint32_t next;

    for (uint32_t at = m->timers.first; at != FB_MODEL_NONE; at = next) {
        const struct fb_model_timer *t = fb__pool_at(&m->timers, at);

        next = fb__pool_after(&m->timers, at);
        if (t->seen != m->census) {
            m->anomalies += !m->uncertain;
            fb__index_remove(&m->timer_index, t->id);
            fb__pool_give(&m->timers, at);
        }
    }
}

static void sweep_holds_of(struct fb_model *m, struct fb_model_task *t) {
    uint32_t next;

    for (uint32_t at = t->holds; at != FB_MODEL_NONE; at = next) {
        const struct fb_model_hold *h = fb__hold_in(m, at);

        next = h->next_of_task;
        if (h->seen != m->census) {
            fb__world_release_hold(m, t, at);
        }
    }
}

// Those that were named stand at the end of their queue by now.
static void sweep_queue(struct fb_model *m, const struct fb_model_worker *w) {
    while (w->queue_len > w->census_queued) {
        m->anomalies += !m->uncertain;
        fb__queue_remove(m, w->queue_head);
    }
}

static void census_end(struct fb_model *m) {
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        sweep_queue(m, fb__worker_at(m, i));
    }
    sweep_tasks(m);
    sweep_futures(m);
    sweep_sources(m);
    sweep_timers(m);
    for (uint32_t at = m->tasks.first; at != FB_MODEL_NONE;
         at = fb__pool_after(&m->tasks, at)) {
        sweep_holds_of(m, fb__task_in(m, at));
    }
    m->in_census = m->uncertain = false;
}

void fb__world_census(struct fb_model *m, const struct fb_event *e) {
    if (e->detail == FB_CENSUS_BEGIN) {
        for (uint32_t i = 0; i < fb_model_workers(m); i++) {
            m->anomalies += fb__worker_at(m, i)->running != FB_MODEL_NONE;
            fb__worker_at(m, i)->census_queued = 0;
        }
        fb__world_stop_running(m); // it is written between two polls
        m->census++;
        m->in_census = true;
    } else if (!m->in_census) {
        m->anomalies += !m->uncertain;
    } else if (e->detail == FB_CENSUS_TASK) {
        census_task(m, e);
    } else if (e->detail == FB_CENSUS_END) {
        census_end(m);
    } else {
        m->anomalies++;
    }
}
