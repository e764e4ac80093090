// Tasks: waking oneself, spawning, awaiting.
#include "micro.h"
#include <fishbowl/async.h>

// ---- a task that wakes itself and is polled again ----

enum { SELF_WAKES = 200000 }; // a chunk, over all its tasks

struct self_wake {
    struct fb_future future;
    int out;
    uint32_t left, polls;
    uint64_t *counter; // of all polls
};

static enum fb_poll self_wake_poll(struct fb_future *f, struct fb_context *cx) {
    struct self_wake *self = fb_container_of(f, struct self_wake, future);

    self->polls++;
    if (--self->left == 0) {
        micro_count(self->counter, self->polls);
        return FB_READY;
    }
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static struct fb_type self_wake_type =
    FB_TYPE(self_wake, .poll = self_wake_poll);

static uint64_t self_wake(struct fb_runtime *rt, uint32_t tasks) {
    uint64_t polls = 0;

    for (uint32_t i = 0; i < tasks; i++) {
        micro_must("spawn", FB_SPAWN(rt,
                                     ((struct self_wake){
                                         .future = {.type = &self_wake_type},
                                         .left = SELF_WAKES / tasks,
                                         .counter = &polls,
                                     }),
                                     NULL));
    }
    micro_must("run", fb_run(rt));
    return polls;
}

static uint64_t self_wake_1(struct fb_runtime *rt) {
    return self_wake(rt, 1);
}

static uint64_t self_wake_1000(struct fb_runtime *rt) {
    return self_wake(rt, 1000);
}

// ---- tasks that are done at their first poll ----

struct count {
    struct fb_future future;
    int out;
    uint64_t *counter;
};

static enum fb_poll count_poll(struct fb_future *f, struct fb_context *cx) {
    struct count *self = fb_container_of(f, struct count, future);

    (void)cx;
    micro_count(self->counter, 1);
    return FB_READY;
}

static struct fb_type count_type = FB_TYPE(count, .poll = count_poll);

static struct count count(uint64_t *counter) {
    return (struct count){.future = {.type = &count_type}, .counter = counter};
}

// ---- spawned by a task, a batch at a time, and nobody waits for the handles

enum { BATCH = 100, BATCHES = 500, MILLION = 1000000 };

struct batches {
    struct fb_future future;
    int out;
    uint32_t batch, left;
    uint64_t counter;
    uint64_t wanted;
    struct fb_yield yield;
};

static enum fb_poll batches_poll(struct fb_future *f, struct fb_context *cx) {
    struct batches *self = fb_container_of(f, struct batches, future);

    FB_ASYNC(self, cx);
    for (; self->left > 0; self->left--) {
        self->wanted = self->counter + self->batch;
        for (uint32_t i = 0; i < self->batch; i++) {
            FB_TRY(FB_SPAWN(cx->runtime, count(&self->counter), NULL));
        }
        while (micro_counted(&self->counter) < self->wanted) {
            FB_AWAIT(self->yield, fb_yield());
        }
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type batches_type = FB_TYPE(batches, .poll = batches_poll);

static uint64_t spawn(struct fb_runtime *rt, uint32_t batch, uint32_t batches) {
    struct batches work = {
        .future = {.type = &batches_type}, .batch = batch, .left = batches};

    micro_must("block_on", fb_block_on(rt, &work.future));
    micro_must("spawn", work.out);
    return work.counter;
}

static uint64_t spawn_100(struct fb_runtime *rt) {
    return spawn(rt, BATCH, BATCHES);
}

// As many as fit: all are alive before the first one runs.
static uint64_t spawn_million(struct fb_runtime *rt) {
    return spawn(rt, MILLION, 1);
}

// ---- one at a time, awaited ----

enum { AWAITS = 50000 };

struct awaits {
    struct fb_future future;
    int out;
    uint32_t left;
    uint64_t counter;
    struct fb_join_handle handle;
    struct fb_join_task join;
};

static enum fb_poll awaits_poll(struct fb_future *f, struct fb_context *cx) {
    struct awaits *self = fb_container_of(f, struct awaits, future);

    FB_ASYNC(self, cx);
    for (; self->left > 0; self->left--) {
        FB_TRY(FB_SPAWN(cx->runtime, count(&self->counter), &self->handle));
        FB_AWAIT_TRY(self->join, fb_join_task(&self->handle));
        fb_task_detach(&self->handle);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type awaits_type = FB_TYPE(awaits, .poll = awaits_poll);

static uint64_t spawn_await(struct fb_runtime *rt) {
    struct awaits work = {.future = {.type = &awaits_type}, .left = AWAITS};

    micro_must("block_on", fb_block_on(rt, &work.future));
    micro_must("awaits", work.out);
    return work.counter;
}

const struct micro_work micro_task_works[] = {
    {"self_wake_1", NULL, self_wake_1, SELF_WAKES},
    {"self_wake_1000", NULL, self_wake_1000, SELF_WAKES},
    {"spawn_100", NULL, spawn_100, (uint64_t)BATCH *BATCHES},
    {"spawn_million", NULL, spawn_million, MILLION},
    {"spawn_await", NULL, spawn_await, AWAITS},
    {0},
};
