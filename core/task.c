// Problem: a task is referred to from many sides (a queue, a join handle,
// stored wakers on any thread) and its futures must be dropped exactly once,
// on the executor's thread, as soon as it is complete.
// Idea: header and root future are one block of memory, counted in the state
// word. Completing drops the futures and leaves the block (a zombie) to those
// who still refer to it.
// Invariants: futures are dropped before TASK_DONE; `out` stays readable until
// the handle is given up; the block goes when the last reference goes.
// Concurrency: executor thread, but fb_task_abort and fb__task_unref. With
// several workers the lists and what tasks know of each other lie inside the
// bracket (workers.h), futures and outputs are dropped outside of it, and what
// only a task's own poll touches needs neither.
#include "emit.h"

#include <errno.h>
#include <string.h>

static void link_all(struct fb_runtime *rt, struct fb_task *task) {
    task->all_prev = rt->all_last;
    *(rt->all_last != NULL ? &rt->all_last->all_next : &rt->all_first) = task;
    rt->all_last = task;
    rt->tasks++;
}

static void unlink_all(struct fb_runtime *rt, struct fb_task *task) {
    for (struct fb__walk *walk = rt->walks; walk != NULL; walk = walk->outer) {
        if (walk->next == task) {
            walk->next = task->all_next;
        }
    }
    *(task->all_prev != NULL ? &task->all_prev->all_next : &rt->all_first) =
        task->all_next;
    *(task->all_next != NULL ? &task->all_next->all_prev : &rt->all_last) =
        task->all_prev;
    rt->tasks--;
}

void fb__walk_begin(struct fb_runtime *rt, struct fb__walk *walk) {
    *walk = (struct fb__walk){.next = rt->all_first, .outer = rt->walks};
    rt->walks = walk;
}

struct fb_task *fb__walk_step(struct fb__walk *walk) {
    struct fb_task *task = walk->next;

    if (task != NULL) {
        walk->next = task->all_next;
    }
    return task;
}

void fb__walk_end(struct fb_runtime *rt, struct fb__walk *walk) {
    struct fb__walk **link = &rt->walks;

    while (*link != walk) { // another worker's may have begun since
        link = &(*link)->outer;
    }
    *link = walk->outer;
}

// ---- its memory ----

static void *block_alloc(struct fb_runtime *home, size_t bytes) {
    return home->door->slab && bytes <= FB__SLAB_BLOCK
               ? fb__slab_alloc(&home->slab, bytes)
               : fb__sys.alloc(bytes);
}

// `here`: on the thread of a runtime that is still there, else of any.
static void block_free(struct fb_task *task, bool here) {
    size_t bytes = sizeof *task + (task->holder == FB__HELD_BLOCK_ON
                                       ? sizeof(struct fb__borrowed)
                                       : fb__task_root(task)->type->site.size);

    if (!task->door->slab || bytes > FB__SLAB_BLOCK) {
        fb__sys.free(task);
    } else if (here) {
        fb__slab_free(&fb__home_here->slab, task);
    } else {
        fb__slab_free_late(task);
    }
}

// ---- its beginning ----

int fb__task_create(struct fb_runtime *rt, struct fb_future *future,
                    bool borrowed, struct fb_trace_site *site,
                    struct fb_task **ret_task) {
    struct fb_runtime *home = rt->home;
    size_t root_bytes =
        borrowed ? sizeof(struct fb__borrowed) : future->type->site.size;
    struct fb_task *task;

    fb_assert(future->state == 0 && future->id == 0,
              "a future is spawned before its first poll");
    task = block_alloc(home, sizeof *task + root_bytes);
    if (task == NULL) {
        return -ENOMEM;
    }
    if (borrowed) {
        struct fb__borrowed *behind = (void *)(task + 1);

        behind->root = future;
    } else {
        memcpy(task + 1, future, root_bytes);
    }
    fb__state_init(&task->state);
    task->holder = borrowed ? FB__HELD_BLOCK_ON : FB__HELD_HANDLE;
    task->door = home->door;
    if (home->group != NULL) {
        fb__task_share(task); // all workers may know it
    }
    task->site = site;
    task->parent = fb__emit_id(rt->current);
    fb__task_root(task)->id = fb__next_future_id(rt);
    fb__shared_begin();
    task->id = ++home->next_task_id;
    link_all(home, task);
    home->spawned++;
    home->live++;
    fb__shared_end();
    *ret_task = task;
    return 0;
}

int fb__task_spawn(struct fb_runtime *rt, struct fb_future *future,
                   struct fb_trace_site *site, struct fb_join_set *set,
                   struct fb_task **ret_task) {
    struct fb_task *task;
    uint32_t depth;
    int err;

    fb_assert(fb__on_thread(rt), "spawn is called on the executor's thread");
    rt = fb__here(rt);
    err = fb__task_create(rt, future, false, site, &task);
    if (err < 0) {
        depth = fb__shared_pause();
        fb_future_drop(future);
        fb__shared_resume(depth);
        return err;
    }
    fb__shared_begin(); // once it is queued, another worker may end it
    if (set != NULL) {
        task->holder = FB__HELD_SET;
        task->owner.set = set;
        set->members++;
        set->running++;
    }
    fb__emit_spawn(rt, task, 0);
    fb__executor_push(rt, task, FB_QUEUE_RUN);
    *ret_task = task;
    fb__shared_end();
    return 0;
}

int fb_spawn(struct fb_runtime *rt, struct fb_future *future,
             struct fb_trace_site *site, struct fb_join_handle *ret_handle) {
    struct fb_task *task;
    int err = fb__task_spawn(rt, future, site, NULL, &task);

    if (err < 0) {
        return err;
    }
    if (ret_handle != NULL) {
        fb__task_share(task); // any thread may abort it by its handle
        ret_handle->task = task;
    } else {
        fb__task_release(task, FB_JOIN_DETACH);
    }
    return 0;
}

// ---- its end ----

static struct fb__notes *notes_resize(struct fb_task *task, size_t label_len) {
    struct fb__notes *notes =
        fb__sys.resize(task->notes, sizeof *notes + label_len);

    if (notes == NULL) {
        return NULL; // a missing label harms nobody
    }
    if (task->notes == NULL) {
        memset(notes, 0, sizeof *notes);
    }
    task->notes = notes;
    return notes;
}

void fb__task_set_message(struct fb_task *task, const char *message) {
    struct fb__notes *notes;

    fb__shared_begin();
    notes =
        notes_resize(task, task->notes != NULL ? task->notes->label_len : 0);
    if (notes != NULL) {
        notes->message = message;
    }
    fb__shared_end();
}

const char *fb__task_message(const struct fb_task *task) {
    const char *message;

    fb__shared_begin();
    message = task->notes != NULL ? task->notes->message : NULL;
    fb__shared_end();
    return message;
}

static void wake_joiner(struct fb_task *task) {
    struct fb_waiter *joiner = task->owner.joiner;

    if (task->holder == FB__HELD_SET) {
        if (task->owner.set != NULL) {
            fb__join_set_finished(task);
        }
    } else if (joiner != NULL) {
        task->owner.joiner = NULL;
        fb_waiter_wake(joiner, FB_PARTY_TASK, task->id);
    }
}

void fb__task_finish(struct fb_runtime *rt, struct fb_task *task,
                     enum fb_task_outcome outcome) {
    struct fb_runtime *home = rt->home;
    struct fb_future *root = fb__task_root(task);
    uint32_t before;

    if (outcome == FB_OUTCOME_FAILED && fb__task_message(task) != NULL) {
        const char *message = fb__task_message(task);

        fb__emit_text(rt, FB_EV_TASK_MESSAGE, task->id, message,
                      strlen(message), 0);
    }
    fb_future_drop(root);
    fb__shared_begin();
    task->outcome = (uint8_t)outcome;
    home->live--;
    home->completed++;
    fb__emit_done(rt, task->id, outcome,
                  outcome <= FB_OUTCOME_ERROR ? fb_future_out(root) : 0);
    before = fb__state_complete(&task->state, outcome == FB_OUTCOME_FAILED);
    if (before & FB__JOIN_INTEREST) {
        wake_joiner(task);
    }
    if (fb__have_workers()) {
        fb__workers_note_done(rt, task);
    }
    fb__shared_end();
    if (!(before & FB__JOIN_INTEREST) && outcome <= FB_OUTCOME_ERROR &&
        root->type->drop_output != NULL) {
        root->type->drop_output(root);
    }
    fb__task_unref(task); // the list of all tasks'
}

bool fb__task_try_seize(struct fb_runtime *rt, struct fb_task *task) {
    struct fb_task *outer = rt->current;
    uint32_t depth;

    fb__shared_begin();
    if (!fb__state_try_seize(&task->state)) {
        fb__shared_end();
        return false;
    }
    fb__state_ref(&task->state);
    if (!task->abort_noted) {
        task->abort_noted = true;
        fb__emit_abort(rt, task->id);
    }
    fb__shared_end();
    depth = fb__shared_pause();
    rt->current = task;
    fb__task_finish(rt, task, FB_OUTCOME_CANCELLED);
    rt->current = outer;
    fb__task_unref(task);
    fb__shared_resume(depth);
    return true;
}

void fb__task_seize(struct fb_runtime *rt, struct fb_task *task) {
    bool seized = fb__task_try_seize(rt, task);

    fb_assert(seized, "only a waiting task is seized");
}

void fb__task_free(struct fb_task *task) {
    struct fb__door *door = task->door;
    bool here = fb__task_here(task);

    if (here) {
        fb__shared_begin();
        fb__emit_free(fb__runtime_here, task->id);
        unlink_all(fb__home_here, task);
        fb__shared_end();
    } else if (fb__door_leave(door, task)) {
        return; // the executor frees it: its lists are its own
    }
    fb__sys.free(task->notes);
    block_free(task, here);
    if (!here) {
        fb__door_unref(door); // it was cut loose from its runtime
    }
}

void fb__task_unref(struct fb_task *task) {
    if (fb__state_unref(&task->state)) {
        fb__task_free(task);
    }
}

void fb__task_enqueue(struct fb_task *task) {
    if (fb__task_here(task)) {
        fb__executor_push(fb__runtime_here, task, FB_QUEUE_RUN);
    } else if (!fb__door_leave(task->door, task)) {
        fb__task_unref(task); // the queue's: there is no queue any more
    }
}

// ---- handles ----

static struct fb_task *handle_task(const struct fb_join_handle *handle) {
    fb_assert(handle->task != NULL, "the handle refers to a task");
    return handle->task;
}

int fb_task_abort(const struct fb_join_handle *handle) {
    struct fb_task *task = handle_task(handle);
    enum fb__abort_action action;

    fb__shared_begin();
    action = fb__state_abort(&task->state);
    if (action != FB__ABORT_NOTHING && fb__task_here(task)) {
        task->abort_noted = true;
        fb__emit_abort(fb__runtime_here, task->id);
    }
    if (action == FB__ABORT_ENQUEUE) {
        fb__task_enqueue(task);
    }
    fb__shared_end();
    return action != FB__ABORT_NOTHING;
}

// Returns whether it is complete. If it is, nobody asks for the bit any more:
// left where it is it saves a locked instruction.
static bool give_interest_up(struct fb_task *task) {
    // Acquire: pairs with the completion, so that its output is seen.
    uint32_t seen = atomic_load_explicit(&task->state, memory_order_acquire);

    if (!(seen & FB__COMPLETE)) {
        seen = fb__state_drop_interest(&task->state);
    }
    return seen & FB__COMPLETE;
}

void fb__task_release(struct fb_task *task, enum fb_join_step step) {
    const struct fb_runtime *home = fb__task_runtime(task);
    struct fb_future *root = fb__task_root(task);
    uint32_t depth;
    bool complete;

    fb__shared_begin();
    complete = give_interest_up(task);
    if (home != NULL) {
        fb__emit_join(fb__here(home), task->id, step);
    }
    fb__shared_end();
    if (complete && task->holder != FB__HELD_BLOCK_ON &&
        root->type->drop_output != NULL && task->outcome <= FB_OUTCOME_ERROR) {
        depth = fb__shared_pause();
        root->type->drop_output(root);
        fb__shared_resume(depth);
    }
    fb__task_unref(task);
}

void fb_task_detach(struct fb_join_handle *handle) {
    struct fb_task *task = handle->task;

    handle->task = NULL;
    if (task != NULL) {
        fb__task_release(task,
                         fb_task_result(&(struct fb_join_handle){task}, NULL)
                             ? FB_JOIN_TAKEN
                             : FB_JOIN_DETACH);
    }
}

void fb__task_result(struct fb_task *task, struct fb_join_result *ret_result) {
    struct fb_future *root = fb__task_root(task);

    *ret_result = (struct fb_join_result){
        .outcome = task->outcome,
        .out = task->outcome <= FB_OUTCOME_ERROR ? fb_future_out(root) : 0,
        .message = fb__task_message(task),
        .root = root,
        .task = task->id,
    };
}

bool fb_task_result(const struct fb_join_handle *handle,
                    struct fb_join_result *ret_result) {
    struct fb_task *task = handle_task(handle);

    // Acquire: pairs with the completion, so that `out` is seen.
    if (!(atomic_load_explicit(&task->state, memory_order_acquire) &
          FB__COMPLETE)) {
        return false;
    }
    if (ret_result != NULL) {
        fb__task_result(task, ret_result);
    }
    return true;
}

uint32_t fb_task_id(const struct fb_join_handle *handle) {
    return handle_task(handle)->id;
}

// ---- labels ----

static void set_label(struct fb_task *task, const char *text, size_t len) {
    const struct fb_runtime *home = fb__task_runtime(task);
    struct fb__notes *notes;

    if (len > FB_TRACE_LABEL_BYTES) {
        len = FB_TRACE_LABEL_BYTES;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
            len--; // not in the middle of a UTF-8 sequence
        }
    }
    fb__shared_begin();
    notes = notes_resize(task, len);
    if (notes != NULL) {
        notes->label_len = (uint8_t)len;
        memcpy(notes->label, text, len);
    }
    if (home != NULL) {
        fb__emit_text(fb__here(home), FB_EV_TASK_LABEL, task->id, text, len, 0);
    }
    fb__shared_end();
}

void fb_context_label(struct fb_context *cx, const char *text, size_t len) {
    if (cx->task != NULL) {
        set_label(cx->task, text, len);
    }
}

void fb_task_label(const struct fb_join_handle *handle, const char *text,
                   size_t len) {
    set_label(handle_task(handle), text, len);
}

// ---- joining one task ----

static enum fb_poll join_task_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    struct fb_join_task *self =
        fb_container_of(future, struct fb_join_task, future);
    struct fb_task *task = handle_task(self->handle);

    fb_assert(task->holder != FB__HELD_SET,
              "a join set's member is joined by its set");
    if (future->state == 0) {
        fb__emit_join(cx->runtime, task->id, FB_JOIN_AWAIT);
    }
    if (!fb_task_result(self->handle, &self->result)) {
        // One handle, one waiter: a later join takes the place of an earlier.
        if (task->owner.joiner != NULL && task->owner.joiner != &self->waiter) {
            fb_waiter_disarm(task->owner.joiner);
        }
        task->owner.joiner = &self->waiter;
        fb_waiter_arm(&self->waiter, cx, NULL, FB_PARTY_TASK, task->id, 0);
        return FB_PENDING;
    }
    if (!fb_budget_left(cx)) {
        return FB_PENDING;
    }
    fb_budget_spend(cx);
    self->out = self->result.outcome == FB_OUTCOME_CANCELLED ? -ECANCELED
                : self->result.outcome == FB_OUTCOME_FAILED  ? -EIO
                                                             : 0;
    return FB_READY;
}

static void join_task_drop(struct fb_future *future) {
    struct fb_join_task *self =
        fb_container_of(future, struct fb_join_task, future);
    struct fb_task *task = self->handle->task;

    if (task != NULL && task->holder != FB__HELD_SET &&
        task->owner.joiner == &self->waiter) {
        task->owner.joiner = NULL;
    }
    fb_waiter_disarm(&self->waiter);
}

static struct fb_type join_task_type =
    FB_TYPE(fb_join_task, .poll = join_task_poll, .drop = join_task_drop,
            .waiter_offset = offsetof(struct fb_join_task, waiter));

struct fb_join_task fb_join_task(struct fb_join_handle *handle) {
    return (struct fb_join_task){.future.type = &join_task_type,
                                 .handle = handle};
}
