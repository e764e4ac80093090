// The reducer: one event in, one step of the world.
//
// Problem: live view, step back, replay, story, export and checks must agree;
// so there is one place where an event becomes knowledge.
//
// Idea: before anything is touched, the pools that this kind of event may need
// are reserved; after that no step can fail, so a feed either happens in whole
// or not at all. The rest is one function per kind, in the files beside this:
//
//     tasks.c    spawn, run queue, polls, ends      wakers.c   holds and wakes
//     futures.c  the trees and the stack of polls   reactor.c  sources, timers
//     census.c   what a census names, and forgets   view.c     how it is read
//     channels.c who locks, sends, receives         stats.c    polls in vain
//
// Invariants: a task is in the run queue exactly while its state is SCHEDULED;
// a future is on the stack only while its state is POLLING; every future hangs
// below its task's root; links are made here and never taken from an event.
#include "history.h"
#include "world.h"
#include <errno.h>
#include <string.h>

void fb__world_init(struct fb_model *m) {
    *m = (struct fb_model){.first = {.id = 1,
                                     .running = FB_MODEL_NONE,
                                     .queue_head = FB_MODEL_NONE,
                                     .queue_tail = FB_MODEL_NONE}};
    for (uint32_t i = 0; i < FB_MODEL_FREED; i++) {
        m->freed_ring[i] = FB_MODEL_NONE;
    }
    fb__pool_init(&m->tasks, sizeof(struct fb_model_task));
    fb__pool_init(&m->futures, sizeof(struct fb_model_future));
    fb__pool_init(&m->sources, sizeof(struct fb_model_source));
    fb__pool_init(&m->timers, sizeof(struct fb_model_timer));
    fb__pool_init(&m->holds, sizeof(struct fb_model_hold));
    fb__pool_init(&m->workers, sizeof(struct fb_model_worker));
    fb__pool_init(&m->channels, sizeof(struct fb_model_channel));
}

int fb_model_init(struct fb_model *m) {
    fb__world_init(m); // an empty world takes no memory yet
    return 0;
}

struct fb__memory fb__world_memory(struct fb_model *m) {
    return (struct fb__memory){
        .pools = {&m->tasks, &m->futures, &m->sources, &m->timers, &m->holds,
                  &m->workers, &m->channels},
        .indices = {&m->task_index, &m->future_index, &m->source_index,
                    &m->timer_index, &m->hold_index, &m->channel_index}};
}

void fb_model_deinit(struct fb_model *m) {
    const struct fb__memory all = fb__world_memory(m);

    for (int i = 0; i < FB__POOLS; i++) {
        fb__pool_deinit(all.pools[i]);
    }
    for (int i = 0; i < FB__INDICES; i++) {
        fb__index_deinit(all.indices[i]);
    }
}

// Makes `to` as `from`: as large, or, `whole`, with all that is in its memory.
static int become(struct fb_model *to, const struct fb_model *from,
                  bool whole) {
    const struct fb__memory own = fb__world_memory(to);
    // only read from
    const struct fb__memory other = fb__world_memory((struct fb_model *)from);
    struct fb_model_pool pools[FB__POOLS];
    struct fb_model_index indices[FB__INDICES];
    int err = 0;

    for (int i = 0; i < FB__POOLS && err == 0; i++) {
        err = whole ? fb__pool_copy(own.pools[i], other.pools[i])
                    : fb__pool_shape(own.pools[i], other.pools[i]);
        pools[i] = *own.pools[i];
    }
    for (int i = 0; i < FB__INDICES && err == 0; i++) {
        err = whole ? fb__index_copy(own.indices[i], other.indices[i])
                    : fb__index_shape(own.indices[i], other.indices[i]);
        indices[i] = *own.indices[i];
    }
    if (err < 0) {
        fb_model_deinit(to);
        fb__world_init(to);
        return err;
    }
    *to = *from;
    for (int i = 0; i < FB__POOLS; i++) {
        *own.pools[i] = pools[i];
    }
    for (int i = 0; i < FB__INDICES; i++) {
        *own.indices[i] = indices[i];
    }
    return 0;
}

int fb__world_shape(struct fb_model *to, const struct fb_model *from) {
    return become(to, from, false);
}

int fb_model_copy(struct fb_model *to, const struct fb_model *from) {
    return become(to, from, true);
}

size_t fb_model_bytes(const struct fb_model *m) {
    const struct fb__memory all = fb__world_memory((struct fb_model *)m);
    size_t bytes = sizeof *m;

    for (int i = 0; i < FB__POOLS; i++) {
        bytes += fb__pool_bytes(all.pools[i]);
    }
    for (int i = 0; i < FB__INDICES; i++) {
        bytes += fb__index_bytes(all.indices[i]);
    }
    return bytes;
}

static int reserve(struct fb_model_pool *p, struct fb_model_index *x,
                   uint32_t more) {
    const int err = fb__pool_reserve(p, more);

    return err < 0 ? err : fb__index_reserve(x, more);
}

// Room for the worker that the event names, and for those below it.
static int make_room_for_worker(struct fb_model *m, const struct fb_event *e) {
    const uint32_t number = fb_event_worker(e);

    if (number == FB_MODEL_NONE || number >= FB_TRACE_RINGS_MAX ||
        number <= m->workers.count) {
        return 0;
    }
    return fb__pool_reserve(&m->workers, number - m->workers.count);
}

// Everything that the event could make, before anything is changed.
static int make_room(struct fb_model *m, const struct fb_event *e) {
    int err = make_room_for_worker(m, e);

    if (err < 0) {
        return err;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_SOURCE_ADD: return reserve(&m->sources, &m->source_index, 1);
    case FB_EV_TIMER_SET: return reserve(&m->timers, &m->timer_index, 1);
    case FB_EV_WAKER_CLONE: err = reserve(&m->holds, &m->hold_index, 1); break;
    case FB_EV_CHANNEL:
        err = reserve(&m->channels, &m->channel_index, 1);
        break;
    case FB_EV_TASK_SPAWN:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
        // the future, and a parent that was never seen
        err = reserve(&m->futures, &m->future_index, 2);
        break;
    default: break;
    }
    return err < 0 ? err : reserve(&m->tasks, &m->task_index, 1);
}

static void note_gap(struct fb_model *m, uint64_t number, uint64_t now_ns) {
    if (number == m->event + 1) {
        return;
    }
    if (m->event != 0) {
        m->lost += number - m->event - 1;
        m->gap_ns += fb__since(now_ns, m->time_ns);
    }
    m->gap_event = number;
    m->uncertain = true;
    fb__world_forget_channels(m);
    m->in_census = false;
    m->parked = false;
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        fb__worker_at(m, i)->parked = false;
    }
    fb__world_stop_running(m);
}

static void fold_task(struct fb_model *m, const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN: fb__world_spawn(m, e); break;
    case FB_EV_TASK_SCHEDULED: fb__world_scheduled(m, e); break;
    case FB_EV_POLL_BEGIN: fb__world_poll_begin(m, e); break;
    case FB_EV_POLL_END: fb__world_poll_end(m, e); break;
    case FB_EV_TASK_DONE: fb__world_done(m, e); break;
    case FB_EV_TASK_FREE: fb__world_free(m, e); break;
    case FB_EV_TASK_ABORT: fb__world_abort(m, e); break;
    case FB_EV_TASK_JOIN: fb__world_join(m, e); break;
    default: fb__world_text(m, e); break; // TASK_LABEL, TASK_MESSAGE
    }
}

// A yield, or one that the budget forced. A choice moves nobody: what follows
// is a poll like any other, of one that waits after a wake that is nobody's.
static void fold_yield(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = fb__task_in(m, fb__world_task(m, e->subject));

    if (t != NULL) {
        t->yields += e->kind == FB_EV_YIELD;
        t->budgets_out += e->kind == FB_EV_BUDGET_OUT;
        m->yields += e->kind == FB_EV_YIELD;
        m->budgets_out += e->kind == FB_EV_BUDGET_OUT;
        t->chosen = e->kind == FB_EV_CHOICE && t->state == FB_TASK_IDLE;
        t->last_event = m->event;
    }
}

// Who waits for it is in the stored wakers, and only there.
static void fold_channel(struct fb_model *m, const struct fb_event *e) {
    struct fb_model_task *t = NULL;

    fb__world_channel(m, e);
    if (e->channel.task != 0) {
        t = fb__task_in(m, fb__world_task(m, e->channel.task));
    }
    if (t != NULL) {
        t->last_event = m->event;
    }
}

static void fold(struct fb_model *m, const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE:
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN:
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE: fold_task(m, e); break;
    case FB_EV_FUTURE_ENTER: fb__world_enter(m, e); break;
    case FB_EV_FUTURE_EXIT: fb__world_exit(m, e); break;
    case FB_EV_FUTURE_DROP: fb__world_drop(m, e); break;
    case FB_EV_WAKER_CLONE: fb__world_clone(m, e); break;
    case FB_EV_WAKER_DROP: fb__world_waker_drop(m, e); break;
    case FB_EV_WAKE: fb__world_wake(m, e); break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL: fb__world_source(m, e); break;
    case FB_EV_IO: fb__world_io(m, e); break;
    case FB_EV_TIMER_SET: fb__world_timer_set(m, e); break;
    case FB_EV_TIMER_END: fb__world_timer_end(m, e); break;
    case FB_EV_PARK: fb__world_park(m, e); break;
    case FB_EV_UNPARK: fb__world_unpark(m, e); break;
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT:
    case FB_EV_CHOICE: fold_yield(m, e); break;
    case FB_EV_CENSUS: fb__world_census(m, e); break;
    case FB_EV_STALL: m->stalled = true; break;
    case FB_EV_CHANNEL: fold_channel(m, e); break;
    case FB_EV_CLOCK:
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: break; // they change nothing that is kept here
    case FB_EV_NONE:
    case FB_EV_KINDS:
    default: m->anomalies++; break;
    }
}

int fb_model_feed(struct fb_model *m, uint64_t number,
                  const struct fb_event *e) {
    int err;

    if (number <= m->event) {
        return -EINVAL;
    }
    err = make_room(m, e);
    if (err < 0) {
        return err;
    }
    note_gap(m, number, e->time_ns);
    if (m->event == 0) {
        m->first.heard_ns = e->time_ns;
        m->first_event = number;
    }
    m->event = number;
    m->time_ns = e->time_ns;
    m->last = *e;
    if (e->kind == FB_EV_POLL_BEGIN) {
        m->stalled = false;
    }
    fb__world_note_move(m, e);
    fold(m, e);
    return 0;
}
