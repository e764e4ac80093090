// Problem: futures nest inside each other's memory; whoever looks must be able
// to see the whole chain at any moment, and each must be polled only while it
// may be and dropped exactly once.
// Idea: one function polls, one awaits, one drops. They keep the links
// (future.child), the states and the trace; poll functions of futures stay
// free of bookkeeping.
// Invariants: state 0 → line → done → dropped, never back; a child is dropped
// before its parent goes on, and before its parent's own resources.
// Concurrency: executor thread only. Of several workers one polls or drops a
// future at a time; leaf futures (their types have a waiter_offset) are polled
// and dropped inside the bracket of workers.h, as their waiters are shared.
#include "emit.h"

#include "fishbowl/async.h"

#include <stdio.h>
#include <stdlib.h>

_Thread_local struct fb_runtime *fb__runtime_here, *fb__home_here;
_Thread_local bool fb__thread_runs;
_Thread_local char fb__thread_mark;

void fb_assert_failed(const char *what, const char *condition, const char *file,
                      int line) {
    fprintf(stderr, "fishbowl: broken contract: %s (%s, %s:%d)\n", what,
            condition, file, line);
    abort();
}

void fb_async_bad_state(const struct fb_future *f) {
    char what[128];

    snprintf(what, sizeof what, "%s is polled in state %u, which no await set",
             f->type->site.name, f->state);
    fb_assert_failed(what, "switch", f->type->site.file,
                     (int)f->type->site.line);
}

enum fb_poll fb__future_call_poll(struct fb_future *f, struct fb_context *cx) {
    enum fb_poll result;

    if (!fb__have_workers() || f->type->waiter_offset == 0) {
        return f->type->poll(f, cx);
    }
    fb__shared_begin();
    result = f->type->poll(f, cx);
    fb__shared_end();
    return result;
}

static inline void call_drop(struct fb_future *f) {
    if (f->id == 0 || f->type->waiter_offset == 0) {
        f->type->drop(f); // without an id it was not polled: it waits nowhere
        return;
    }
    fb__shared_begin();
    f->type->drop(f);
    fb__shared_end();
}

// `parent` is whose child it is in the trace; `flags` as FUTURE_ENTER has them.
static inline enum fb_poll poll_below(struct fb_future *parent,
                                      struct fb_future *f,
                                      struct fb_context *cx, uint16_t flags) {
    struct fb_future *outer = cx->future;
    uint32_t task = fb__emit_id(cx->task);
    enum fb_poll result;

    if (__builtin_expect(f->state >= FB_STATE_DONE, 0)) {
        // The last word of the trace: whose poll the program dies of.
        fb__emit_enter(cx->runtime, task, parent, f, flags);
    }
    fb_assert(f->state < FB_STATE_DONE, "a future is not polled after Ready");
    if (__builtin_expect(cx->failed, 0)) {
        return FB_PENDING; // the task has failed: none of its code runs
    }
    if (f->id == 0) {
        f->id = fb__next_future_id(cx->runtime);
    }
    fb__emit_enter(cx->runtime, task, parent, f, flags);
    cx->future = f;
    result = fb__future_call_poll(f, cx);
    cx->future = outer;
    if (result == FB_READY) {
        f->state = FB_STATE_DONE;
    } else if (f->state == 0) {
        f->state = f->type->site.line; // polled: a leaf has no await of its own
    }
    fb__emit_exit(cx->runtime, task, parent, f,
                  cx->failed           ? FB_RESULT_FAILED
                  : result == FB_READY ? FB_RESULT_READY
                                       : FB_RESULT_PENDING);
    return result;
}

enum fb_poll fb_future_poll(struct fb_future *f, struct fb_context *cx) {
    return poll_below(cx->future, f, cx, 0);
}

enum fb_poll fb__future_poll_lent(struct fb_future *f, struct fb_future *owner,
                                  struct fb_context *cx) {
    return poll_below(owner, f, cx, FB_ENTER_LENT);
}

enum fb_poll fb_future_await(struct fb_future *parent, struct fb_future *child,
                             struct fb_context *cx, uint32_t line) {
    parent->child = child;
    parent->state = line;
    if (fb_future_poll(child, cx) == FB_PENDING) {
        return FB_PENDING;
    }
    fb_future_drop(child);
    parent->child = NULL;
    return FB_READY;
}

void fb_context_fail(struct fb_context *cx, const char *message) {
    fb_assert(cx->task != NULL, "only code inside a task can fail it");
    if (!cx->failed) {
        cx->failed = true;
        fb__task_set_message(cx->task, message);
    }
}

void fb__future_children(struct fb_future *f, fb_visit_fn *visit, void *arg) {
    if (f->type->visit != NULL) {
        f->type->visit(f, visit, arg);
    } else if (f->child != NULL) {
        visit(f->child, arg);
    }
}

static void drop_child(struct fb_future *child, void *arg) {
    (void)arg;
    fb_future_drop(child);
}

void fb_future_drop(struct fb_future *f) {
    struct fb_runtime *rt = fb__runtime_here;
    enum fb_drop_why why;

    if (f == NULL || f->type == NULL || f->state == FB_STATE_DROPPED) {
        return;
    }
    why = f->state == FB_STATE_DONE ? FB_DROP_FINISHED
          : f->state == 0           ? FB_DROP_UNPOLLED
                                    : FB_DROP_CANCELLED;
    fb__future_children(f, drop_child, NULL);
    if (f->type->drop != NULL) {
        call_drop(f);
    }
    if (rt != NULL && f->id != 0) {
        fb__emit_drop(rt, f, why);
    }
    f->state = FB_STATE_DROPPED;
    f->child = NULL;
}

struct fb_waiter *fb__future_waiter(struct fb_future *f) {
    struct fb_waiter *w;

    if (f->type->waiter_offset == 0 || f->state >= FB_STATE_DONE) {
        return NULL;
    }
    w = (struct fb_waiter *)(void *)((char *)f + f->type->waiter_offset);
    return w->waker.ops != NULL ? w : NULL;
}
