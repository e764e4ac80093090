// Futures: work that can be polled, nested inside its parent's memory.
//
// A future is a struct that embeds struct fb_future as its first member. It
// does nothing before its first poll, may be moved until then and not after,
// is polled until Ready and never again, and is dropped exactly once. Children
// lie inside their parents (those never alive together share a union), so the
// chain task → root → child … IS the backtrace.
//
//     enum fb_poll sleep_poll(struct fb_future *self, struct fb_context *cx);
//
// Pending is a promise: a waker is stored or a wake has been issued. A poll
// without a wake (a spurious poll) is always legal.
#ifndef FISHBOWL_FUTURE_H
#define FISHBOWL_FUTURE_H

#include "fishbowl/base.h"
#include "fishbowl/trace/writer.h"
#include "fishbowl/waker.h"

// DOC: poll-answer
enum fb_poll { FB_PENDING, FB_READY };
// END: poll-answer

// fb_future.state: 0 before the first poll, a source line while suspended.
#define FB_STATE_DONE    0xfffffffeu
#define FB_STATE_DROPPED 0xffffffffu

struct fb_type;
struct fb_context;
struct fb_runtime;
struct fb_task;

struct fb_future {
    struct fb_type *type;
    uint32_t state;
    uint32_t id;             // given at the first poll; 0 before
    struct fb_future *child; // the future being awaited, or NULL
};

typedef void fb_visit_fn(struct fb_future *child, void *arg);

// What all futures of one kind share. One static object per kind, made with
// FB_TYPE; not const only because the trace numbers it at first use.
struct fb_type {
    struct fb_trace_site site; // name, file, line, size
    // DOC: poll-function
    enum fb_poll (*poll)(struct fb_future *self, struct fb_context *cx);
    // END: poll-function
    // Releases what the future owns. Called exactly once, after the children
    // were dropped, whether it finished, was cancelled or never polled; must
    // leave `out` readable. May be NULL.
    void (*drop)(struct fb_future *self);
    // Calls visit for each child of a future with several (join, select).
    // NULL: the only child is future.child.
    void (*visit)(struct fb_future *self, fb_visit_fn *visit, void *arg);
    // Releases an output that owns something and that nobody took. May be NULL.
    void (*drop_output)(struct fb_future *self);
    uint32_t out_offset;    // of the struct's `int out`; 0: it has none
    uint32_t waiter_offset; // of a leaf's struct fb_waiter; 0: it has none
};

// Declares the type descriptor of `struct NAME`, which has the members
// `struct fb_future future` (first) and `int out` (0 or a count, or -errno).
// Further members of struct fb_type may follow.
#define FB_TYPE(name_, ...)                                                    \
    {                                                                          \
        .site = {.name = #name_,                                               \
                 .file = __FILE__,                                             \
                 .line = __LINE__,                                             \
                 .size = sizeof(struct name_)},                                \
        .out_offset = offsetof(struct name_, out), __VA_ARGS__                 \
    }

// What a poll is given. Borrowed: valid only during the poll.
struct fb_context {
    const struct fb_waker *waker;
    struct fb_runtime *runtime; // this worker's part: made by hand, copy it
    struct fb_task *task;       // NULL in a context made by hand
    struct fb_future *future;   // innermost future being polled
    uint32_t spent;             // of this poll's budget (budget.h)
    bool failed;                // fb_context_fail was called in this poll
    bool unconstrained; // inside fb_unconstrained: the budget is no limit
    bool out_of_budget; // BUDGET_OUT was told in this poll
};

// Polls `f` once. The only caller of type->poll: checks that f is neither done
// nor dropped, numbers it, and records the poll.
// Requires: f not done, not dropped, and not moved since its first poll.
// Context: executor thread. Trace: FUTURE_ENTER, FUTURE_EXIT.
FB_MUST_USE enum fb_poll fb_future_poll(struct fb_future *f,
                                        struct fb_context *cx);

// Awaits `child` on behalf of `parent` at source line `line`: polls it, and if
// it is Ready, drops it so that its memory can be used again.
// Requires: parent is being polled. Trace: as fb_future_poll; FUTURE_DROP.
FB_MUST_USE enum fb_poll fb_future_await(struct fb_future *parent,
                                         struct fb_future *child,
                                         struct fb_context *cx, uint32_t line);

// Drops `f`: its children first, then its own resources. Does nothing for a
// zeroed or already dropped future. Never runs on a future that is polling.
// Context: executor thread. Trace: FUTURE_DROP if it had been polled.
void fb_future_drop(struct fb_future *f);

// `out` of a future: its result once Ready, 0 if it has none.
static inline int fb_future_out(const struct fb_future *f) {
    const void *out = (const char *)f + f->type->out_offset;

    return f->type->out_offset != 0 ? *(const int *)out : 0;
}

// ---- waiting: what leaf futures keep while Pending ----

struct fb_waiter_list {
    struct fb_waiter *first, *last;
};

// A stored waker that knows its place. Embedded in a leaf future, linked into
// the list of what it waits for; dropping the future takes it out again.
struct fb_waiter {
    struct fb_waker waker; // ops NULL: not armed
    struct fb_waiter *next, *prev;
    struct fb_waiter_list *list;
    uint32_t future;  // id of the future that waits
    uint32_t holder;  // id within its party
    uint8_t party;    // enum fb_party
    uint8_t interest; // enum fb_ready bits or an enum fb_channel_wait, else 0
};

// Keeps cx's waker in `w` at the tail of `list`. Already armed with a waker of
// the same task: nothing is cloned, the place is kept. Else the newer waker
// replaces the older one.
// `list` may be NULL where the caller itself remembers the one waiter.
// Ownership: list outlives the waiter's arming. Context: executor thread.
// Trace: WAKER_CLONE, and WAKER_DROP of a replaced one.
void fb_waiter_arm(struct fb_waiter *w, struct fb_context *cx,
                   struct fb_waiter_list *list, enum fb_party party,
                   uint32_t holder, unsigned interest);
// Takes the waiter out of its list. Legal when not armed. Trace: WAKER_DROP.
void fb_waiter_disarm(struct fb_waiter *w);
// Takes it out and wakes its task. Trace: WAKER_DROP (woken), WAKE.
void fb_waiter_wake(struct fb_waiter *w, enum fb_party cause,
                    uint32_t cause_id);

#endif
