// Work that blocks: a function that may take its time runs on a thread of a
// small pool, and a future waits for it, while the executor goes on.
#ifndef FISHBOWL_BLOCKING_H
#define FISHBOWL_BLOCKING_H

#include "fishbowl/future.h"

struct fb__work;

// Waits until `run(args)` has returned on a thread of the pool.
// out: what it returned; -ENOMEM, or -EAGAIN if there is no thread and none can
// be made: then it has not run.
//
//     struct digest args;   // a member of the caller's struct
//     FB_AWAIT_TRY(self->work, fb_spawn_blocking(cx->runtime, run_digest, NULL,
//                                                &self->args, sizeof args));
//
// The arguments move: at the first poll out of `args`, which is zeroed, into
// memory of the work's own; once Ready back into `args`. So neither a thread
// nor the caller ever sees memory that the other one uses or has given up.
//
// Dropped early: not started → it never runs; started → it runs on, nobody
// waits for it, and its result is dropped. In both cases `discard` (may be
// NULL) releases what the arguments own, once, on the executor's thread.
//
// Threads are made when work waits and none is idle, at most
// fb_runtime_options.blocking_threads, and joined by fb_runtime_destroy, which
// therefore waits for work that has started. No signal reaches them. A virtual
// clock stands still while work is out. A viewer that stops the program stops
// the executor, not the pool.
struct fb_blocking {
    struct fb_future future;
    int out;
    void *args;
    struct fb__work *work; // NULL: no memory for it
    struct fb_waiter waiter;
};

// One allocation; the future owns it from here on, so one that is never awaited
// must be dropped. Requires: `args` stays where it is until the future is
// Ready or dropped; `run` uses nothing of the runtime.
// Context: executor thread. Trace: BLOCK_BEGIN, WAKER_CLONE; BLOCK_END and
// WAKE when it is back. Source: tokio::task::spawn_blocking.
FB_MUST_USE struct fb_blocking fb_spawn_blocking(struct fb_runtime *rt,
                                                 int (*run)(void *args),
                                                 void (*discard)(void *args),
                                                 void *args, size_t args_bytes);

#endif
