// Problem: timers are set and cancelled far more often than they fire, fire in
// deadline order (then in the order they were set), and a poll must not
// allocate.
// Idea: a pairing heap of nodes that lie inside the sleep futures themselves.
//
//        root: earliest            child: first child
//         │child                   next:  next sibling
//         ▼        next            prev:  previous sibling, or the parent
//         a ──────► b ──► c               where the node is the first child
//         │child
//         ▼
//         d
//
// Setting links one node, cancelling cuts one subtree out and merges its
// children. Both are done without recursion: a heap may be 10^5 siblings wide.
// Invariants: a parent's key (deadline, sequence) is below its children's.
// Concurrency: executor thread; with several workers inside the bracket of
// workers.h. `rt` is the timers' home here, unless it is a context's.
// Source: Fredman, Sedgewick, Sleator, Tarjan: The pairing heap (1986).
#include "emit.h"

#include <errno.h>

_Static_assert(sizeof(struct fb_task) + sizeof(struct fb_sleep) <=
                   256 - sizeof(size_t),
               "a sleeping task fits into 256 bytes of malloc's");

static bool before(const struct fb_timer *a, const struct fb_timer *b) {
    return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns
                                            : a->sequence < b->sequence;
}

// Makes the later of two roots the first child of the earlier.
static struct fb_timer *meld(struct fb_timer *a, struct fb_timer *b) {
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    if (before(b, a)) {
        struct fb_timer *swap = a;

        a = b;
        b = swap;
    }
    b->prev = a;
    b->next = a->child;
    if (a->child != NULL) {
        a->child->prev = b;
    }
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

// Merges a list of siblings into one root: in pairs from the left, then the
// pairs from the right.
static struct fb_timer *meld_siblings(struct fb_timer *first) {
    struct fb_timer *pairs = NULL, *root = NULL;

    while (first != NULL) {
        struct fb_timer *a = first, *b = a->next, *pair;

        first = b != NULL ? b->next : NULL;
        a->next = a->prev = NULL;
        if (b != NULL) {
            b->next = b->prev = NULL;
        }
        pair = meld(a, b);
        pair->next = pairs; // a stack, through `next`
        pairs = pair;
    }
    while (pairs != NULL) {
        struct fb_timer *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        root = meld(root, pair);
    }
    return root;
}

static void heap_remove(struct fb_runtime *rt, struct fb_timer *t) {
    struct fb_timer *rest = meld_siblings(t->child);

    if (rt->timers == t) {
        rt->timers = rest;
    } else {
        *(t->prev->child == t ? &t->prev->child : &t->prev->next) = t->next;
        if (t->next != NULL) {
            t->next->prev = t->prev;
        }
        rt->timers = meld(rt->timers, rest);
    }
    t->child = t->next = t->prev = NULL;
    t->runtime = NULL;
    rt->timers_armed--;
}

static void heap_add(struct fb_runtime *rt, struct fb_timer *t,
                     uint64_t deadline_ns) {
    t->runtime = rt;
    t->deadline_ns = deadline_ns;
    t->sequence = ++rt->timer_sequence;
    t->id = ++rt->next_timer_id;
    t->child = t->next = t->prev = NULL;
    rt->timers = meld(rt->timers, t);
    rt->timers_armed++;
    if (fb__have_workers()) {
        fb__workers_note_timer(deadline_ns);
    }
}

// Arms for `deadline_ns`. Armed already for that time: only the waker is
// brought up to date. Trace: TIMER_SET, WAKER_CLONE.
void fb__timer_arm(struct fb_timer *t, struct fb_context *cx,
                   uint64_t deadline_ns) {
    struct fb_runtime *rt = cx->runtime;

    fb__shared_begin();
    if (t->runtime != NULL && t->deadline_ns != deadline_ns) {
        fb__timer_disarm(t);
    }
    if (t->runtime == NULL) {
        heap_add(rt->home, t, deadline_ns);
        FB__EMIT(rt, FB_EV_TIMER_SET, t->id, {
            e->timer.deadline_ns = deadline_ns;
            e->timer.task = fb__emit_id(cx->task);
            e->timer.future = cx->future != NULL ? cx->future->id : 0;
        });
    }
    fb_waiter_arm(&t->waiter, cx, NULL, FB_PARTY_TIMER, t->id, 0);
    fb__shared_end();
}

static void disarm(struct fb_timer *t) {
    struct fb_runtime *rt = fb__here(t->runtime);
    uint32_t task;

    task = fb__emit_id(fb__waker_task(&t->waiter.waker)); // before it goes
    heap_remove(rt->home, t);
    fb_waiter_disarm(&t->waiter);
    FB__EMIT(rt, FB_EV_TIMER_END, t->id, {
        e->detail = FB_TIMER_CANCELLED;
        e->timer.deadline_ns = t->deadline_ns;
        e->timer.task = task;
        e->timer.future = t->waiter.future;
    });
}

// Legal when not armed. Trace: WAKER_DROP, TIMER_END (cancelled).
void fb__timer_disarm(struct fb_timer *t) {
    fb__shared_begin();
    if (t->runtime != NULL) {
        disarm(t);
    }
    fb__shared_end();
}

static void move(struct fb_timer *t, uint64_t deadline_ns) {
    struct fb_runtime *rt = fb__here(t->runtime);
    const struct fb_task *task = fb__waker_task(&t->waiter.waker);

    heap_remove(rt->home, t);
    if (task != NULL) {
        fb__emit_waker_drop(rt, task->id, FB_PARTY_TIMER, t->id,
                            t->waiter.future, 0, FB_WAKER_DROPPED);
    }
    fb__emit_timer(rt, FB_EV_TIMER_END, t, FB_TIMER_CANCELLED, 0);
    heap_add(rt->home, t, deadline_ns);
    fb__emit_timer(rt, FB_EV_TIMER_SET, t, 0, 0);
    t->waiter.holder = t->id;
    if (task != NULL) {
        fb__emit_waker_clone(rt, task->id, FB_PARTY_TIMER, t->id,
                             t->waiter.future, 0, 0);
    }
}

// Moves an armed timer to another deadline under its waker. Legal when not
// armed: nothing happens. Trace: as a disarm, then an arm.
void fb__timer_move(struct fb_timer *t, uint64_t deadline_ns) {
    fb__shared_begin();
    if (t->runtime != NULL) {
        move(t, deadline_ns);
    }
    fb__shared_end();
}

// Fires all timers that are due; returns how many.
int fb__timers_fire(struct fb_runtime *rt) {
    struct fb_runtime *home = rt->home;
    int fired = 0;

    while (home->timers != NULL && home->timers->deadline_ns <= rt->now_ns) {
        struct fb_timer *t = home->timers;

        heap_remove(home, t);
        fb__emit_timer(rt, FB_EV_TIMER_END, t, FB_TIMER_FIRED, 0);
        fb_waiter_wake(&t->waiter, FB_PARTY_TIMER, t->id);
        fired++;
    }
    return fired;
}

const struct fb_timer *fb__timer_first(const struct fb_runtime *rt) {
    return rt->timers;
}

// Visits every armed timer, without recursion: down, right, or back up to the
// nearest node with an unvisited sibling.
void fb__timers_visit(const struct fb_runtime *rt,
                      void (*visit)(const struct fb_timer *t, void *arg),
                      void *arg) {
    const struct fb_timer *t = rt->timers;

    while (t != NULL) {
        visit(t, arg);
        if (t->child != NULL) {
            t = t->child;
            continue;
        }
        while (t != NULL && t->next == NULL) {
            while (t->prev != NULL && t->prev->child != t) {
                t = t->prev; // to the first of its siblings
            }
            t = t->prev; // its parent
        }
        t = t != NULL ? t->next : NULL;
    }
}

// ---- futures ----

void fb_sleep_reset(struct fb_sleep *s, uint64_t deadline_ns) {
    fb_assert(s->future.state < FB_STATE_DONE,
              "a sleep that is over is not reset");
    fb__shared_begin();
    s->relative = false;
    s->deadline_ns = deadline_ns;
    fb__timer_move(&s->timer, deadline_ns);
    fb__shared_end();
}

static enum fb_poll sleep_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fb_sleep *self = fb_container_of(future, struct fb_sleep, future);
    // The step's cached time may be old by now: a sleep must not be short by
    // what the task computed before it. Asked once: that is a third of it all.
    uint64_t now_ns = fb_runtime_now_ns(cx->runtime);

    if (self->relative) {
        self->deadline_ns = fb__later_ns(now_ns, self->deadline_ns);
        self->relative = false;
    }
    if (now_ns >= self->deadline_ns) {
        if (!fb_budget_left(cx)) {
            return FB_PENDING;
        }
        fb_budget_spend(cx);
        fb__timer_disarm(&self->timer);
        return FB_READY;
    }
    fb__timer_arm(&self->timer, cx, self->deadline_ns);
    return FB_PENDING;
}

static void sleep_drop(struct fb_future *future) {
    fb__timer_disarm(&fb_container_of(future, struct fb_sleep, future)->timer);
}

static struct fb_type sleep_type =
    FB_TYPE(fb_sleep, .poll = sleep_poll, .drop = sleep_drop,
            .waiter_offset = offsetof(struct fb_sleep, timer.waiter));

struct fb_sleep fb_sleep(uint64_t duration_ns) {
    return (struct fb_sleep){.future.type = &sleep_type,
                             .relative = true,
                             .deadline_ns = duration_ns};
}

struct fb_sleep fb_sleep_until(uint64_t deadline_ns) {
    return (struct fb_sleep){.future.type = &sleep_type,
                             .deadline_ns = deadline_ns};
}

// A busy inner future that has spent the budget must not keep the deadline from
// being looked at. But if there was none to spend, a loop of timeouts that are
// over at once must end too.
static enum fb_poll poll_deadline(struct fb_timeout *self,
                                  struct fb_context *cx, bool had_budget) {
    const bool outer = cx->unconstrained;
    enum fb_poll result;

    cx->unconstrained = outer || had_budget;
    result = fb_future_poll(&self->sleep.future, cx);
    cx->unconstrained = outer;
    return result;
}

static enum fb_poll timeout_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct fb_timeout *self =
        fb_container_of(future, struct fb_timeout, future);
    const bool had_budget = cx->spent < FB_BUDGET;

    if (fb_future_poll(self->inner, cx) == FB_READY) {
        self->out = fb_future_out(self->inner);
    } else if (poll_deadline(self, cx, had_budget) == FB_READY) {
        self->out = -ETIMEDOUT;
    } else {
        return FB_PENDING;
    }
    fb_future_drop(&self->sleep.future);
    fb_future_drop(self->inner);
    return FB_READY;
}

static void timeout_visit(struct fb_future *future, fb_visit_fn *visit,
                          void *arg) {
    struct fb_timeout *self =
        fb_container_of(future, struct fb_timeout, future);

    visit(self->inner, arg);
    visit(&self->sleep.future, arg);
}

static struct fb_type timeout_type =
    FB_TYPE(fb_timeout, .poll = timeout_poll, .visit = timeout_visit);

struct fb_timeout fb_timeout(uint64_t duration_ns, struct fb_future *inner) {
    return (struct fb_timeout){.future.type = &timeout_type,
                               .inner = inner,
                               .sleep = fb_sleep(duration_ns)};
}

static enum fb_poll yield_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fb_yield *self = fb_container_of(future, struct fb_yield, future);

    if (self->yielded && self->waiter.waker.ops == NULL) {
        return FB_READY; // released by the executor, after everyone's turn
    }
    if (!self->yielded && cx->task != NULL) {
        fb__emit_yield(cx->runtime, cx->task->id);
    }
    self->yielded = true;
    fb_waiter_arm(&self->waiter, cx, &cx->runtime->home->deferred,
                  FB_PARTY_EXECUTOR, 0, 0);
    return FB_PENDING;
}

static void yield_drop(struct fb_future *future) {
    fb_waiter_disarm(&fb_container_of(future, struct fb_yield, future)->waiter);
}

static struct fb_type yield_type =
    FB_TYPE(fb_yield, .poll = yield_poll, .drop = yield_drop,
            .waiter_offset = offsetof(struct fb_yield, waiter));

struct fb_yield fb_yield(void) {
    return (struct fb_yield){.future.type = &yield_type};
}
