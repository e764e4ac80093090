// Tasks: spawn, the run queue, polls, the end.
//
//     spawn ─► idle ─(1)► scheduled ─(2)► running ─(3)► idle …
//                              └──(4)──► complete ─(5)► freed ─► forgotten
//
// (1) TASK_SCHEDULED appends to a worker's queue; a steal moves the task from
// one to another; (2) POLL_BEGIN takes out, wherever the task stood; (3) POLL_END; (4) TASK_DONE, which also takes an aborted task
// out of the queue; (5) TASK_FREE: its futures and holds go, its record stays
// among the last FB_MODEL_FREED so that the picture can show that it just
// ended.
#include "history.h"
#include "world.h"
#include <string.h>

static uint32_t add_task(struct fb_model *m, uint32_t id, bool exact) {
    const uint32_t slot = fb__pool_take(&m->tasks, id);
    struct fb_model_task *t = fb__task_in(m, slot);

    t->root = t->holds = FB_MODEL_NONE;
    t->queue_prev = t->queue_next = FB_MODEL_NONE;
    t->state = FB_TASK_IDLE;
    t->woken_by_fd = -1;
    t->woken_by_party = FB_PARTY_SPAWN;
    t->spawn_ns = t->scheduled_ns = m->time_ns;
    t->last_event = m->event;
    t->exact = exact;
    fb__index_put(&m->task_index, id, slot);
    m->live_tasks++;
    return slot;
}

uint32_t fb__world_task(struct fb_model *m, uint32_t id) {
    const uint32_t slot = fb__find_task(m, id);

    if (slot == FB_MODEL_NONE) {
        if (m->uncertain && id != 0) {
            return add_task(m, id, false);
        }
        m->anomalies++;
    } else if (fb__task_in(m, slot)->state == FB_TASK_FREED) {
        m->anomalies++;
        return FB_MODEL_NONE;
    }
    return slot;
}

// ---- workers ----

struct fb_model_worker *fb__world_worker(struct fb_model *m,
                                         const struct fb_event *e) {
    const uint32_t number = fb_event_worker(e);

    if (number >= FB_TRACE_RINGS_MAX) {
        m->anomalies++;
        return &m->first;
    }
    while (number > m->workers.count) { // one is heard of before those below
        const uint32_t slot = fb__pool_take(&m->workers, m->workers.count + 2);
        struct fb_model_worker *w = fb__pool_at(&m->workers, slot);

        w->running = w->queue_head = w->queue_tail = FB_MODEL_NONE;
        w->heard_ns = m->time_ns;
        w->heard_gap_ns = m->gap_ns;
        m->parked = false;
    }
    return fb__worker_at(m, number);
}

// ---- the run queues ----

static void queue_append(struct fb_model *m, struct fb_model_worker *w,
                         uint32_t slot) {
    struct fb_model_task *t = fb__task_in(m, slot);

    t->queue_prev = w->queue_tail;
    t->queue_next = FB_MODEL_NONE;
    if (w->queue_tail != FB_MODEL_NONE) {
        fb__task_in(m, w->queue_tail)->queue_next = slot;
    } else {
        w->queue_head = slot;
    }
    w->queue_tail = slot;
    w->queue_len++;
    m->queue_len++;
    t->worker = (uint8_t)(w->id - 1);
    t->state = FB_TASK_SCHEDULED;
}

void fb__queue_remove(struct fb_model *m, uint32_t slot) {
    struct fb_model_task *t = fb__task_in(m, slot);
    struct fb_model_worker *w = fb__worker_at(m, t->worker);

    if (t->state != FB_TASK_SCHEDULED) {
        return;
    }
    if (t->queue_prev != FB_MODEL_NONE) {
        fb__task_in(m, t->queue_prev)->queue_next = t->queue_next;
    } else {
        w->queue_head = t->queue_next;
    }
    if (t->queue_next != FB_MODEL_NONE) {
        fb__task_in(m, t->queue_next)->queue_prev = t->queue_prev;
    } else {
        w->queue_tail = t->queue_prev;
    }
    t->queue_prev = t->queue_next = FB_MODEL_NONE;
    w->queue_len--;
    m->queue_len--;
    t->state = FB_TASK_IDLE;
}

void fb__world_scheduled(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);
    struct fb_model_worker *w = fb__world_worker(m, e);
    const bool stolen = !fb__is_census(e) && e->detail == FB_QUEUE_STOLEN;

    if (t == NULL) {
        return;
    }
    w->census_queued += fb__is_census(e);
    if (t->state == FB_TASK_SCHEDULED && (fb__is_census(e) || stolen)) {
        m->anomalies += stolen && t->worker == w->id - 1;
        fb__queue_remove(m, slot); // the census gives the order: to the end
        queue_append(m, w, slot);
        t->last_event = stolen ? m->event : t->last_event;
        return;
    }
    if (t->state != FB_TASK_IDLE) {
        m->anomalies++;
        return;
    }
    m->anomalies += stolen && !m->uncertain;
    queue_append(m, w, slot);
    t->scheduled_ns = m->time_ns;
    t->scheduled_event = fb__is_census(e) ? 0 : m->event;
    t->wake_during_poll = false;
    t->last_event = m->event;
}

// ---- spawn ----

static void forget_freed(struct fb_model *m, uint32_t slot) {
    for (uint32_t i = 0; i < FB_MODEL_FREED; i++) {
        if (m->freed_ring[i] == slot) {
            m->freed_ring[i] = FB_MODEL_NONE;
        }
    }
}

void fb__world_forget_task(struct fb_model *m, uint32_t slot) {
    struct fb_model_task *t = fb__task_in(m, slot);

    if (t->state == FB_TASK_RUNNING) {
        fb__world_stop_worker(m, fb__worker_at(m, t->worker));
    }
    fb__queue_remove(m, slot);
    fb__world_remove_future(m, t->root);
    fb__world_release_holds(m, t);
    if (t->state == FB_TASK_FREED) {
        forget_freed(m, slot);
    } else if (t->state == FB_TASK_COMPLETE) {
        m->zombie_tasks--;
    } else {
        m->live_tasks--;
    }
    fb__index_remove(&m->task_index, t->id);
    fb__pool_give(&m->tasks, slot);
}

static uint32_t spawned_slot(struct fb_model *m, const struct fb_event *e) {
    uint32_t slot = fb__index_find(&m->task_index, e->subject);
    const struct fb_model_task *old = fb__task_in(m, slot);

    if (old == NULL) {
        return add_task(m, e->subject, true);
    }
    if (fb__is_census(e)) {
        if (old->state != FB_TASK_FREED) {
            // a census names tasks in the order of their spawns
            fb__pool_to_end(&m->tasks, slot);
            return slot;
        }
        m->anomalies += !m->uncertain;
    } else if (old->state < FB_TASK_COMPLETE && !m->uncertain) {
        m->anomalies++; // still alive: the id is not free to be used again
        return FB_MODEL_NONE;
    }
    fb__world_forget_task(m, slot);
    return add_task(m, e->subject, true);
}

void fb__world_spawn(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t;
    uint32_t slot;

    if (e->subject == 0) {
        m->anomalies++;
        return;
    }
    slot = spawned_slot(m, e);
    if (slot == FB_MODEL_NONE) {
        return;
    }
    t = fb__task_in(m, slot);
    t->parent = e->spawn.parent;
    t->type = e->spawn.type;
    t->site = e->spawn.site;
    t->bytes = e->spawn.bytes;
    t->exact = true;
    t->last_event = m->event;
    fb__world_set_root(m, slot, e->spawn.root_future, e->spawn.type);
    if (fb__is_census(e)) {
        t->seen = m->census;
    } else {
        t->spawn_event = m->event;
        m->spawned++;
    }
}

// ---- polls ----

void fb__world_stop_worker(struct fb_model *m, struct fb_model_worker *w) {
    struct fb_model_task *t = fb__task_in(m, w->running);

    fb__stack_clear(m, w);
    if (t != NULL && t->state == FB_TASK_RUNNING) {
        t->state = FB_TASK_IDLE;
    }
    w->running = FB_MODEL_NONE;
}

void fb__world_stop_running(struct fb_model *m) {
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        fb__world_stop_worker(m, fb__worker_at(m, i));
    }
}

// Nobody else polls `t`, and `w` nobody else: what an event contradicts ends.
static void clear_way(struct fb_model *m, struct fb_model_worker *w,
                      const struct fb_model_task *t) {
    if (w->running != FB_MODEL_NONE) {
        m->anomalies++;
        fb__world_stop_worker(m, w);
    }
    if (t->state == FB_TASK_RUNNING) { // by another worker
        m->anomalies++;
        fb__world_stop_worker(m, fb__worker_at(m, t->worker));
    }
}

void fb__world_poll_begin(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);
    struct fb_model_worker *w = fb__world_worker(m, e);

    if (t == NULL) {
        return;
    }
    clear_way(m, w, t);
    fb__stack_clear(m, w); // of a poll whose ends were both lost
    if (t->state == FB_TASK_COMPLETE) {
        m->anomalies++;
        return;
    }
    if (t->state == FB_TASK_SCHEDULED) {
        m->anomalies += t->worker != w->id - 1 && !m->uncertain;
        fb__world_note_wait(m, t);
        fb__queue_remove(m, slot);
    } else {
        m->anomalies += !m->uncertain;
    }
    t->state = FB_TASK_RUNNING;
    t->worker = (uint8_t)(w->id - 1);
    t->wake_during_poll = false;
    t->polls++;
    t->poll_begin_ns = m->time_ns;
    t->last_event = m->event;
    w->running = slot;
    w->moved = t->polls == 1; // its first poll: there was nothing before
    m->polls++;
    fb__world_set_root(m, slot, e->poll.future, t->type);
    fb__world_begin_root(m, slot);
}

static void end_root(struct fb_model *m, const struct fb_model_task *t,
                     const struct fb_event *e) {
    struct fb_model_future *root = fb__future_in(m, t->root);

    if (root == NULL) {
        return;
    }
    fb__stack_take_out(m, t->root); // entered although nobody polled the task
    root->own_line = e->poll.line;
    root->last_event = m->event;
    if (e->detail == FB_RESULT_READY) {
        root->state = FB_FUTURE_READY;
        root->out = e->poll.out;
    } else if (root->state != FB_FUTURE_DROPPED) {
        root->state = FB_FUTURE_PENDING;
    }
}

void fb__world_poll_end(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);
    struct fb_model_worker *w = fb__world_worker(m, e);

    if (t == NULL) {
        return;
    }
    t->last_event = m->event;
    t->failing = e->detail == FB_RESULT_FAILED;
    if (w->running == slot) {
        fb__world_note_poll(m, w, t, e);
        fb__world_stop_worker(m, w);
    } else if (m->uncertain && t->state != FB_TASK_RUNNING) {
        fb__stack_clear(m, w);     // its beginning was lost,
        fb__queue_remove(m, slot); // but not those of futures in it
        fb__world_set_root(m, slot, e->poll.future, t->type);
        m->polls++;
        t->polls++;
    } else {
        m->anomalies++;
        return;
    }
    if (!t->exact && e->poll.polls > t->polls) {
        t->polls = e->poll.polls;
    }
    end_root(m, t, e);
}

// ---- the end ----

void fb__world_done(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);

    if (t == NULL) {
        return;
    }
    if (t->state == FB_TASK_COMPLETE) {
        m->anomalies++;
        return;
    }
    if (t->state == FB_TASK_RUNNING) {
        m->anomalies++;
        fb__world_stop_worker(m, fb__worker_at(m, t->worker));
    }
    fb__queue_remove(m, slot);
    t->state = FB_TASK_COMPLETE;
    t->outcome = e->detail;
    t->out = e->done.out;
    t->done_ns = m->time_ns;
    t->done_event = t->last_event = m->event;
    m->completed++;
    m->live_tasks--;
    m->zombie_tasks++;
}

void fb__world_free(struct fb_model *m, const struct fb_event *e) {
    const uint32_t slot = fb__world_task(m, e->subject);
    struct fb_model_task *t = fb__task_in(m, slot);
    uint32_t *place = &m->freed_ring[m->freed % FB_MODEL_FREED];

    if (t == NULL) {
        return;
    }
    if (t->state == FB_TASK_RUNNING) {
        m->anomalies++;
        fb__world_stop_worker(m, fb__worker_at(m, t->worker));
    }
    fb__queue_remove(m, slot);
    if (t->state == FB_TASK_COMPLETE) {
        m->zombie_tasks--;
    } else {
        m->anomalies += !m->uncertain;
        m->live_tasks--;
    }
    fb__world_remove_future(m, t->root);
    t->root = FB_MODEL_NONE;
    fb__world_release_holds(m, t);
    t->state = FB_TASK_FREED;
    t->last_event = m->event;
    if (fb__task_in(m, *place) != NULL) {
        fb__world_forget_task(m, *place);
    }
    *place = slot;
    m->freed++;
}

void fb__world_abort(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    if (t != NULL) {
        t->aborted = true;
        t->last_event = m->event;
    }
}

void fb__world_join(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    if (t == NULL) {
        return;
    }
    t->last_event = m->event;
    switch ((enum fb_join_step)e->detail) {
    case FB_JOIN_AWAIT:
        t->join_awaited = true;
        t->joiner = e->by.by;
        break;
    case FB_JOIN_TAKEN:
        t->taken = true;
        t->joiner = 0;
        break;
    case FB_JOIN_DETACH:
        t->detached = true;
        t->joiner = 0;
        break;
    default: m->anomalies++; break;
    }
}

// ---- names ----

// Text comes in parts of 16 bytes; what has come so far is what is shown.
static void take_part(struct fb_model *m, char *text, size_t max,
                      uint8_t *ret_len, const struct fb_event *e) {
    const size_t at = (size_t)e->detail * sizeof e->text;
    size_t whole = e->flags & 0x7fffu, end = at + sizeof e->text;

    if (at >= max) {
        m->anomalies++;
        return;
    }
    if (at == 0) {
        memset(text, 0, max + 1);
    }
    whole = whole < max ? whole : max;
    end = end < whole ? end : whole;
    if (end > at) {
        memcpy(text + at, e->text, end - at);
    }
    if (at == 0 || end > at) {
        *ret_len = (uint8_t)end;
    }
}

void fb__world_text(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    if (t == NULL) {
        return;
    }
    if (e->kind == FB_EV_TASK_LABEL) {
        take_part(m, t->label, FB_TRACE_LABEL_BYTES, &t->label_len, e);
    } else {
        take_part(m, t->message, FB_TRACE_MESSAGE_BYTES, &t->message_len, e);
    }
    t->last_event = m->event;
}
