// Problem: some work cannot be split at suspend points: name resolution, files,
// hashing. On the executor's thread it would hold up every task.
// Idea: a pool of a few threads with one queue. A work travels:
//
//              first poll            a thread            it returns
//     (1) made ─────────► (2) queued ───────► (3) running ───────► (4) done
//          │ drop              │ drop              │ drop              │
//          ▼                   ▼                   ▼                   ▼
//        freed          unlinked, freed     orphan: goes on      (5) taken by
//                                           to (4), then freed   the executor
//                                                                 │ poll, drop
//                                                                 ▼ freed
//
// A thread that is done rings the door; the executor takes the works (5) in
// its next turn and wakes who waits. Events, wakes, `discard` and all memory
// thus stay on the executor's thread: a pool thread calls `run`, and no more.
// Invariants: a work is in one list; its future knows it and it its future
// until it is Ready or dropped.
// Concurrency: fields are grouped by who may touch them; what is the executor's
// lies, with several workers, inside the bracket of workers.h, and `discard`
// outside. The lock hands a work
// over: what one thread wrote before, the next sees after.
#include "emit.h"

#include "fishbowl/blocking.h"

#include <errno.h>
#include <string.h>

enum { THREADS_DEFAULT = 4, THREADS_MAX = 256 };

enum place { MADE, QUEUED, RUNNING, DONE };

struct fb__work {
    // under the pool's lock
    struct fb__work *next, *prev;
    enum place place;
    // the thread that runs it, then the executor's
    int out;
    // executor thread
    struct fb__pool *pool;
    struct fb_blocking *future; // NULL: an orphan
    uint32_t id;
    bool back; // taken from the pool: no thread touches it any more
    void (*discard)(void *args);
    // constant
    int (*run)(void *args);
    size_t args_bytes;
    _Alignas(max_align_t) char args[];
};

struct works {
    struct fb__work *first, *last;
};

struct fb__pool {
    pthread_mutex_t lock;
    pthread_cond_t news; // work, or the end
    // under lock
    struct works queued, done;
    uint32_t queued_len, idle;
    bool closed;
    // any thread
    _Atomic uint32_t done_len; // a look without the lock
    // constant
    struct fb_runtime *rt;
    struct fb__door *door;
    uint32_t limit;
    // executor thread
    uint32_t out;     // queued, running, or done and not taken
    uint32_t awaited; // of these, by a future
    uint32_t thread_count;
    pthread_t threads[];
};

// ---- lists ----

static void append(struct works *list, struct fb__work *work) {
    work->next = NULL;
    work->prev = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = work;
    list->last = work;
}

static void unlink_work(struct works *list, struct fb__work *work) {
    *(work->prev != NULL ? &work->prev->next : &list->first) = work->next;
    *(work->next != NULL ? &work->next->prev : &list->last) = work->prev;
}

// ---- a thread of the pool ----

// Requires: the lock is held. NULL: the pool is closed.
static struct fb__work *next_queued(struct fb__pool *pool) {
    struct fb__work *work;

    while (pool->queued.first == NULL) {
        if (pool->closed) {
            return NULL;
        }
        pool->idle++;
        pthread_cond_wait(&pool->news, &pool->lock);
        pool->idle--;
    }
    work = pool->queued.first;
    unlink_work(&pool->queued, work);
    pool->queued_len--;
    work->place = RUNNING;
    return work;
}

static void *thread_main(void *arg) {
    struct fb__pool *pool = arg;
    struct fb__work *work;

    pthread_mutex_lock(&pool->lock);
    while ((work = next_queued(pool)) != NULL) {
        pthread_mutex_unlock(&pool->lock);
        work->out = work->run(work->args);
        pthread_mutex_lock(&pool->lock);
        work->place = DONE;
        append(&pool->done, work);
        // Release: pairs with the acquire look in fb__blocking_take.
        atomic_fetch_add_explicit(&pool->done_len, 1, memory_order_release);
        fb__door_ring(pool->door);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

// ---- the pool ----

static int create_pool(struct fb_runtime *rt) {
    uint32_t limit = rt->blocking_threads;
    struct fb__pool *pool =
        fb__sys.alloc(sizeof *pool + limit * sizeof pool->threads[0]);

    if (pool == NULL) {
        return -ENOMEM;
    }
    // Default attributes: neither can fail on Linux.
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->news, NULL);
    pool->limit = limit;
    pool->rt = rt;
    pool->door = rt->door;
    rt->pool = pool;
    return 0;
}

uint32_t fb__blocking_limit(uint32_t wanted) {
    return wanted == 0            ? THREADS_DEFAULT
           : wanted > THREADS_MAX ? THREADS_MAX
                                  : wanted;
}

// Queues the work and sees to it that a thread will come for it. An idle one
// may have been sent for another work a moment ago: hence the comparison.
static int submit(struct fb__pool *pool, struct fb__work *work) {
    int err = 0;

    pthread_mutex_lock(&pool->lock);
    work->place = QUEUED;
    append(&pool->queued, work);
    pool->queued_len++;
    if (pool->queued_len > pool->idle && pool->thread_count < pool->limit) {
        err = -fb__sys.thread_create(&pool->threads[pool->thread_count],
                                     thread_main, pool);
        pool->thread_count += err == 0;
    }
    if (err < 0 && pool->thread_count == 0) {
        unlink_work(&pool->queued, work);
        pool->queued_len--;
        work->place = MADE;
    } else {
        err = 0; // one that exists will come, sooner or later
        pthread_cond_signal(&pool->news);
    }
    pthread_mutex_unlock(&pool->lock);
    return err;
}

// Whether the work was still queued: then it will never run.
static bool recall(struct fb__pool *pool, struct fb__work *work) {
    bool queued;

    pthread_mutex_lock(&pool->lock);
    queued = work->place == QUEUED;
    if (queued) {
        unlink_work(&pool->queued, work);
        pool->queued_len--;
    }
    pthread_mutex_unlock(&pool->lock);
    return queued;
}

static struct fb__work *take_done(struct fb__pool *pool) {
    struct fb__work *work;

    pthread_mutex_lock(&pool->lock);
    work = pool->done.first;
    if (work != NULL) {
        unlink_work(&pool->done, work);
        atomic_fetch_sub_explicit(&pool->done_len, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&pool->lock);
    return work;
}

static void discard(struct fb__work *work) {
    if (work->discard != NULL) {
        uint32_t depth = fb__shared_pause();

        work->discard(work->args);
        fb__shared_resume(depth);
    }
    fb__sys.free(work);
}

// One at a time: what `discard` does may drop futures of others that are done.
void fb__blocking_take(struct fb_runtime *rt) {
    struct fb__pool *pool = rt->home->pool;
    struct fb__work *work;

    // Acquire: pairs with the release of the thread that was done.
    while (pool != NULL &&
           atomic_load_explicit(&pool->done_len, memory_order_acquire) > 0 &&
           (work = take_done(pool)) != NULL) {
        pool->out--;
        work->back = true;
        if (work->future != NULL) {
            pool->awaited--;
            fb__emit_block_end(rt, work->id, FB_BLOCK_DONE, work->out);
            fb_waiter_wake(&work->future->waiter, FB_PARTY_BLOCKING, work->id);
        } else {
            fb__emit_block_end(rt, work->id, FB_BLOCK_ORPHAN, work->out);
            discard(work);
        }
    }
}

void fb__blocking_end(struct fb_runtime *rt) {
    struct fb__pool *pool = rt->pool;

    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    pthread_cond_broadcast(&pool->news);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    fb__blocking_take(rt);
    fb_assert(pool->out == 0, "all work is back when its threads are gone");
    pthread_cond_destroy(&pool->news);
    pthread_mutex_destroy(&pool->lock);
    rt->pool = NULL;
    fb__sys.free(pool);
}

uint32_t fb__blocking_out(const struct fb_runtime *rt) {
    return rt->home->pool != NULL ? rt->home->pool->out : 0;
}

uint32_t fb__blocking_awaited(const struct fb_runtime *rt) {
    return rt->home->pool != NULL ? rt->home->pool->awaited : 0;
}

bool fb__blocking_is_done(const struct fb_runtime *rt) {
    const struct fb__pool *pool = rt->home->pool;

    return pool != NULL &&
           atomic_load_explicit(&pool->done_len, memory_order_relaxed) > 0;
}

// ---- the future ----

static void copy(void *to, const void *from, size_t bytes) {
    if (bytes > 0) { // else both may be NULL
        memcpy(to, from, bytes);
    }
}

// Moves the arguments into the work; if it cannot run, they stay.
static int begin(struct fb_blocking *self, struct fb_context *cx) {
    struct fb__work *work = self->work;
    int err;

    copy(work->args, self->args, work->args_bytes);
    err = submit(work->pool, work);
    if (err < 0) {
        return err;
    }
    if (work->args_bytes > 0) {
        memset(self->args, 0, work->args_bytes);
    }
    work->future = self;
    work->id = ++cx->runtime->home->next_work_id;
    work->pool->out++;
    work->pool->awaited++;
    fb__emit_block_begin(cx->runtime, work->id, cx->task, self->future.id);
    return 0;
}

static void finish(struct fb_blocking *self) {
    struct fb__work *work = self->work;

    self->out = work->out;
    copy(self->args, work->args, work->args_bytes);
    self->work = NULL;
    fb__sys.free(work);
}

static enum fb_poll blocking_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct fb_blocking *self =
        fb_container_of(future, struct fb_blocking, future);

    if (self->work == NULL) {
        self->out = -ENOMEM;
        return FB_READY;
    }
    if (future->state == 0) {
        self->out = begin(self, cx);
        if (self->out < 0) {
            fb__sys.free(self->work);
            self->work = NULL;
            return FB_READY;
        }
    }
    if (self->work->back) {
        finish(self);
        return FB_READY;
    }
    fb_waiter_arm(&self->waiter, cx, NULL, FB_PARTY_BLOCKING, self->work->id,
                  0);
    return FB_PENDING;
}

static void blocking_drop(struct fb_future *future) {
    struct fb_blocking *self =
        fb_container_of(future, struct fb_blocking, future);
    struct fb__work *work = self->work;

    fb_waiter_disarm(&self->waiter);
    self->work = NULL;
    if (work == NULL) {
        return;
    }
    if (future->state == 0) {
        fb__sys.free(work); // the arguments never left the caller
    } else if (work->back) {
        discard(work);
    } else {
        struct fb__pool *pool = work->pool;

        work->future = NULL;
        pool->awaited--;
        if (recall(pool, work)) {
            pool->out--;
            fb__emit_block_end(fb__here(pool->rt), work->id, FB_BLOCK_DROPPED,
                               0);
            discard(work);
        }
    }
}

static struct fb_type blocking_type =
    FB_TYPE(fb_blocking, .poll = blocking_poll, .drop = blocking_drop,
            .waiter_offset = offsetof(struct fb_blocking, waiter));

struct fb_blocking fb_spawn_blocking(struct fb_runtime *rt,
                                     int (*run)(void *args),
                                     void (*discard_args)(void *args),
                                     void *args, size_t args_bytes) {
    struct fb_blocking made = {.future.type = &blocking_type, .args = args};
    struct fb_runtime *home = rt->home;
    int err;

    fb__shared_begin();
    err = home->pool != NULL ? 0 : create_pool(home);
    fb__shared_end();
    if (err < 0) {
        return made;
    }
    made.work = fb__sys.alloc(sizeof *made.work + args_bytes);
    if (made.work != NULL) {
        made.work->pool = home->pool;
        made.work->run = run;
        made.work->discard = discard_args;
        made.work->args_bytes = args_bytes;
    }
    return made;
}
