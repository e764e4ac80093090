// The one place where each event of the runtime is written.
//
// Every function does nothing for a runtime that is not traced, or while the
// global switch is off; with FB_NO_TRACE there is nothing left of it at all.
#ifndef FB_EMIT_H
#define FB_EMIT_H

#include "runtime_impl.h"

#ifdef FB_NO_TRACE
#define FB__TRACED(rt_) ((void)(rt_), false)
#else
// Not marked unlikely: compilers would write the events with the shortest code
// there is, which took three times as long, and the test costs the same.
#define FB__TRACED(rt_) ((rt_)->trace != NULL && (rt_)->trace->enabled)
#endif

// Writes one event: kind, subject, then assignments to fields of *e.
#define FB__EMIT(rt_, kind_, subject_, ...)                                    \
    do {                                                                       \
        if (FB__TRACED(rt_)) {                                                 \
            FB_TRACE_WRITE((rt_)->trace, kind_, subject_, __VA_ARGS__);        \
        }                                                                      \
    } while (0)

static inline uint32_t fb__emit_id(const struct fb_task *task) {
    return task != NULL ? task->id : 0;
}

// `census` is FB_EV_FLAG_CENSUS where the event is part of one, else 0.
static inline void fb__emit_spawn(struct fb_runtime *rt, struct fb_task *task,
                                  uint16_t census) {
    struct fb_future *root = fb__task_root(task);

    FB__EMIT(rt, FB_EV_TASK_SPAWN, task->id, {
        e->flags = census;
        e->spawn.parent = task->parent;
        e->spawn.root_future = root->id;
        e->spawn.type = fb_trace_site_index(rt->trace, &root->type->site);
        e->spawn.site = fb_trace_site_index(rt->trace, task->site);
        e->spawn.bytes = (uint32_t)sizeof *task + root->type->site.size;
    });
}

// `flags`: the worker whose queue it is, and FB_EV_FLAG_CENSUS or nothing.
static inline void fb__emit_scheduled(struct fb_runtime *rt, uint32_t task,
                                      enum fb_queue queue, uint32_t depth,
                                      unsigned flags) {
    FB__EMIT(rt, FB_EV_TASK_SCHEDULED, task, {
        e->detail = (uint8_t)queue;
        e->flags = (uint16_t)flags;
        e->scheduled.depth = depth;
    });
}

static inline void fb__emit_poll_begin(struct fb_runtime *rt,
                                       struct fb_task *task) {
    FB__EMIT(rt, FB_EV_POLL_BEGIN, task->id, {
        struct fb_future *root = fb__task_root(task);

        e->flags = rt->worker;
        e->poll.future = root->id;
        e->poll.polls = task->polls;
        e->poll.line = root->state < FB_STATE_DONE ? root->state : 0;
    });
}

static inline void fb__emit_poll_end(struct fb_runtime *rt,
                                     struct fb_task *task,
                                     enum fb_poll_result result) {
    FB__EMIT(rt, FB_EV_POLL_END, task->id, {
        struct fb_future *root = fb__task_root(task);

        e->detail = (uint8_t)result;
        e->flags = rt->worker;
        e->poll.future = root->id;
        e->poll.polls = task->polls;
        e->poll.line = root->state < FB_STATE_DONE ? root->state : 0;
        e->poll.out = result == FB_RESULT_READY ? fb_future_out(root) : 0;
    });
}

static inline void fb__emit_done(struct fb_runtime *rt, uint32_t task,
                                 enum fb_task_outcome outcome, int out) {
    FB__EMIT(rt, FB_EV_TASK_DONE, task, {
        e->detail = (uint8_t)outcome;
        e->done.out = out;
    });
}

static inline void fb__emit_free(struct fb_runtime *rt, uint32_t task) {
    FB__EMIT(rt, FB_EV_TASK_FREE, task, (void)e);
}

static inline void fb__emit_abort(struct fb_runtime *rt, uint32_t task) {
    FB__EMIT(rt, FB_EV_TASK_ABORT, task, e->by.by = fb__emit_id(rt->current));
}

static inline void fb__emit_join(struct fb_runtime *rt, uint32_t task,
                                 enum fb_join_step step) {
    FB__EMIT(rt, FB_EV_TASK_JOIN, task, {
        e->detail = (uint8_t)step;
        e->by.by = fb__emit_id(rt->current);
    });
}

static inline void fb__emit_text(struct fb_runtime *rt, enum fb_event_kind kind,
                                 uint32_t task, const char *text, size_t len,
                                 uint16_t census) {
    if (FB__TRACED(rt)) {
        fb_trace_text(rt->trace, kind, task, text, len, census);
    }
}

// `flags`: FB_EV_FLAG_CENSUS, FB_ENTER_LENT or 0.
static inline void fb__emit_enter(struct fb_runtime *rt, uint32_t task,
                                  const struct fb_future *parent,
                                  struct fb_future *f, uint16_t flags) {
    FB__EMIT(rt, FB_EV_FUTURE_ENTER, f->id, {
        e->flags = flags;
        e->enter.parent = parent != NULL ? parent->id : 0;
        e->enter.task = task;
        e->enter.type = fb_trace_site_index(rt->trace, &f->type->site);
        e->enter.parent_type =
            parent != NULL ? fb_trace_site_index(rt->trace, &parent->type->site)
                           : 0;
        // A combinator has no await lines of its own: its type's line, from
        // its first poll on.
        e->enter.line = parent == NULL || parent->state >= FB_STATE_DONE ? 0
                        : parent->state != 0 ? parent->state
                                             : parent->type->site.line;
    });
}

static inline void fb__emit_exit(struct fb_runtime *rt, uint32_t task,
                                 const struct fb_future *parent,
                                 const struct fb_future *f,
                                 enum fb_poll_result result) {
    FB__EMIT(rt, FB_EV_FUTURE_EXIT, f->id, {
        e->detail = (uint8_t)result;
        e->exit.parent = parent != NULL ? parent->id : 0;
        e->exit.task = task;
        e->exit.line = f->state < FB_STATE_DONE ? f->state : 0;
        e->exit.out = result == FB_RESULT_READY ? fb_future_out(f) : 0;
    });
}

static inline void fb__emit_drop(struct fb_runtime *rt,
                                 const struct fb_future *f,
                                 enum fb_drop_why why) {
    FB__EMIT(rt, FB_EV_FUTURE_DROP, f->id, {
        e->detail = (uint8_t)why;
        e->drop.task = fb__emit_id(rt->current);
        e->drop.line = f->state < FB_STATE_DONE ? f->state : 0;
    });
}

static inline void fb__emit_waker_clone(struct fb_runtime *rt, uint32_t task,
                                        enum fb_party party, uint32_t holder,
                                        uint32_t future, unsigned interest,
                                        uint16_t census) {
    FB__EMIT(rt, FB_EV_WAKER_CLONE, task, {
        e->detail = (uint8_t)party;
        e->flags = (uint16_t)(interest | census);
        e->waker.holder = holder;
        e->waker.future = future;
    });
}

static inline void fb__emit_waker_drop(struct fb_runtime *rt, uint32_t task,
                                       enum fb_party party, uint32_t holder,
                                       uint32_t future, unsigned interest,
                                       enum fb_waker_drop_why why) {
    FB__EMIT(rt, FB_EV_WAKER_DROP, task, {
        e->detail = (uint8_t)party;
        e->flags = (uint16_t)why;
        e->waker.holder = holder;
        e->waker.future = future;
        e->waker.interest = interest;
    });
}

static inline void fb__emit_wake(struct fb_runtime *rt, uint32_t task,
                                 enum fb_wake_effect effect,
                                 enum fb_party cause, uint32_t cause_id) {
    FB__EMIT(rt, FB_EV_WAKE, task, {
        e->detail = (uint8_t)effect;
        e->flags = (uint16_t)cause;
        e->wake.cause = cause_id;
        e->wake.interest = rt->cause_interest;
    });
}

static inline void fb__emit_source(struct fb_runtime *rt,
                                   enum fb_event_kind kind,
                                   const struct fb__entry *entry, unsigned bits,
                                   uint16_t census) {
    FB__EMIT(rt, kind, entry->id, {
        e->detail = entry->kind;
        e->flags = (uint16_t)(bits | census);
        e->source.fd = entry->fd;
        e->source.generation = entry->generation;
        e->source.tick = entry->tick;
        e->source.task = entry->task;
    });
}

// An event that came for a source which is closed by now.
static inline void fb__emit_stale(struct fb_runtime *rt, uint32_t generation,
                                  unsigned bits) {
    FB__EMIT(rt, FB_EV_SOURCE_STALE, 0, {
        e->flags = (uint16_t)bits;
        e->source.fd = -1;
        e->source.generation = generation;
    });
}

static inline void fb__emit_io(struct fb_runtime *rt,
                               const struct fb_source *source,
                               const struct fb_future *future, enum fb_io_op op,
                               int result, size_t asked) {
    FB__EMIT(rt, FB_EV_IO, source->id, {
        e->detail = (uint8_t)op;
        e->flags = rt->worker;
        e->io.fd = source->fd;
        e->io.result = result;
        e->io.future = future != NULL ? future->id : 0;
        e->io.asked = asked > UINT32_MAX ? UINT32_MAX : (uint32_t)asked;
    });
}

static inline void fb__emit_timer(struct fb_runtime *rt,
                                  enum fb_event_kind kind,
                                  const struct fb_timer *t,
                                  enum fb_timer_end end, uint16_t census) {
    FB__EMIT(rt, kind, t->id, {
        const struct fb_task *task = fb__waker_task(&t->waiter.waker);

        e->detail = (uint8_t)end;
        e->flags = census;
        e->timer.deadline_ns = t->deadline_ns;
        e->timer.task = fb__emit_id(task);
        e->timer.future = t->waiter.future;
    });
}

static inline void fb__emit_channel(struct fb_runtime *rt,
                                    const struct fb_channel *channel,
                                    enum fb_channel_op op, uint32_t count,
                                    uint32_t amount) {
    FB__EMIT(rt, FB_EV_CHANNEL, channel->id, {
        e->detail = (uint8_t)op;
        e->flags = channel->kind;
        e->channel.task = fb__emit_id(rt->current);
        e->channel.count = count;
        e->channel.capacity = channel->capacity;
        e->channel.amount = amount;
    });
}

static inline void fb__emit_park(struct fb_runtime *rt, int64_t timeout_ns) {
    FB__EMIT(rt, FB_EV_PARK, rt->worker, e->park.timeout_ns = timeout_ns);
}

static inline void fb__emit_unpark(struct fb_runtime *rt, uint32_t events) {
    FB__EMIT(rt, FB_EV_UNPARK, rt->worker, e->park.events = events);
}

static inline void fb__emit_yield(struct fb_runtime *rt, uint32_t task) {
    FB__EMIT(rt, FB_EV_YIELD, task, (void)e);
}

static inline void fb__emit_budget_out(struct fb_runtime *rt, uint32_t task,
                                       const struct fb_future *future,
                                       uint32_t spent) {
    FB__EMIT(rt, FB_EV_BUDGET_OUT, task, {
        e->budget.future = future != NULL ? future->id : 0;
        e->budget.spent = spent;
    });
}

static inline void fb__emit_clock(struct fb_runtime *rt, uint64_t from_ns,
                                  uint64_t to_ns) {
    FB__EMIT(rt, FB_EV_CLOCK, 0, {
        e->detail = FB_CLOCK_ADVANCED;
        e->clock.from_ns = from_ns;
        e->clock.to_ns = to_ns;
    });
}

static inline void fb__emit_blocked(struct fb_runtime *rt,
                                    struct fb_trace_site *call,
                                    uint64_t from_ns, uint64_t to_ns) {
    FB__EMIT(rt, FB_EV_CLOCK, fb__emit_id(rt->current), {
        e->detail = FB_CLOCK_BLOCKED;
        e->flags = fb_trace_site_index(rt->trace, call);
        e->clock.from_ns = from_ns;
        e->clock.to_ns = to_ns;
    });
}

static inline void fb__emit_block_begin(struct fb_runtime *rt, uint32_t work,
                                        const struct fb_task *task,
                                        uint32_t future) {
    FB__EMIT(rt, FB_EV_BLOCK_BEGIN, work, {
        e->block.task = fb__emit_id(task);
        e->block.future = future;
    });
}

static inline void fb__emit_block_end(struct fb_runtime *rt, uint32_t work,
                                      enum fb_block_end end, int out) {
    FB__EMIT(rt, FB_EV_BLOCK_END, work, {
        e->detail = (uint8_t)end;
        e->block.out = out;
    });
}

static inline void fb__emit_choice(struct fb_runtime *rt, uint32_t task,
                                   enum fb_choice_by by, uint32_t instead) {
    FB__EMIT(rt, FB_EV_CHOICE, task, {
        e->detail = (uint8_t)by;
        e->flags = rt->worker;
        e->choice.instead = instead;
    });
}

static inline void fb__emit_stall(struct fb_runtime *rt, uint32_t tasks) {
    FB__EMIT(rt, FB_EV_STALL, 0, e->stall.tasks = tasks);
}

#endif
