// Tasks: root futures that an executor schedules.
//
// A task is one allocation: its header and, inline, its root future. Its life
// is one atomic word (task_state.h in the sources draws it).
#ifndef FISHBOWL_TASK_H
#define FISHBOWL_TASK_H

#include "fishbowl/future.h"

// Which task this is: for join, abort, labels. 0-initialised: refers to none.
struct fb_join_handle {
    struct fb_task *task;
};

// How a joined task ended. `outcome` as in the trace (enum fb_task_outcome).
struct fb_join_result {
    enum fb_task_outcome outcome;
    int out;                // of its root future, if OK or ERROR
    const char *message;    // why it failed, or NULL
    struct fb_future *root; // to read more outputs from; valid as the handle is
    uint32_t task;          // its id
};

// Spawns the future that the expression gives as a new task. It is polled
// later, never inside spawn. The handle is written to *ret_handle_; NULL
// detaches the task at once. Gives 0 or -ENOMEM (the future is dropped).
// Trace: TASK_SPAWN, TASK_SCHEDULED.
#define FB_SPAWN(runtime_, future_, ret_handle_)                               \
    __extension__({                                                            \
        static struct fb_trace_site fb_site_ = {                               \
            .name = "spawn", .file = __FILE__, .line = __LINE__};              \
        __typeof__(future_) fb_future_ = (future_);                            \
        fb_spawn((runtime_), &fb_future_.future, &fb_site_, (ret_handle_));    \
    })

// What FB_SPAWN calls: copies type->site.size bytes of an unpolled future.
// Context: executor thread (also inside polls and drops).
// Errors: -ENOMEM; the future has then been dropped.
FB_MUST_USE int fb_spawn(struct fb_runtime *rt, struct fb_future *future,
                         struct fb_trace_site *site,
                         struct fb_join_handle *ret_handle);

// Asks the task to stop: its futures are dropped at its next turn, on the
// executor's thread, never inside this call. Returns 1 if the request will
// take effect unless the task finishes first, 0 if it was complete or already
// aborted. Context: any thread. Trace: TASK_ABORT, WAKE.
int fb_task_abort(const struct fb_join_handle *handle);

// Gives the handle up without waiting; the task runs on. Empties the handle;
// legal on an empty one. An output nobody took is dropped.
// Context: executor thread. Trace: TASK_JOIN (detach).
void fb_task_detach(struct fb_join_handle *handle);

// Whether the task is complete; then *ret_result is filled (may be NULL).
bool fb_task_result(const struct fb_join_handle *handle,
                    struct fb_join_result *ret_result);
uint32_t fb_task_id(const struct fb_join_handle *handle);

// Names the task being polled for people ("Ada 127.0.0.1:51234"). At most
// FB_TRACE_LABEL_BYTES bytes are kept, cut at a whole UTF-8 sequence; the text
// may be hostile, viewers sanitise it. Trace: TASK_LABEL.
void fb_context_label(struct fb_context *cx, const char *text, size_t len);
// The same from outside its polls.
void fb_task_label(const struct fb_join_handle *handle, const char *text,
                   size_t len);

// Waits for a task to finish. out: 0 for outcome OK or ERROR, -ECANCELED for
// an aborted, -EIO for a failed task; `result` says more. The handle stays
// with the caller. Dropping this future does not abort the task.
// Trace: TASK_JOIN, WAKER_CLONE (holder: task).
struct fb_join_task {
    struct fb_future future;
    int out;
    struct fb_join_handle *handle;
    struct fb_join_result result;
    struct fb_waiter waiter;
};
FB_MUST_USE struct fb_join_task fb_join_task(struct fb_join_handle *handle);

#endif
