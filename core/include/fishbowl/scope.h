// A scope: tasks that cannot outlive the block of code that spawned them.
//
// Structured concurrency: whoever awaits a scope goes on when every task
// spawned into it has ended, and not before. So members may use what the
// awaiting future owns, and no error and no task is ever left behind.
//
//     self->body = serve_all(&self->scope);
//     FB_AWAIT(self->scope, fb_scope(&self->body.future));
//
//     inside body, or inside a member:
//     FB_TRY(FB_SCOPE_SPAWN(self->scope, serve_one(stream)));
//
//     body ────────────► done        the scope is Ready when all of these
//       ├─ member ──────────► done   have ended. The first error aborts the
//       └─ member ───► done          rest; so does dropping the scope.
#ifndef FISHBOWL_SCOPE_H
#define FISHBOWL_SCOPE_H

#include "fishbowl/join_set.h"

// Polls `body` (not owned by value: a sibling member of the caller's struct)
// and waits for it and for all members. out: the body's out, or the first
// error among body and members, -EIO for a member that failed (FB_PANIC). An
// error drops the body, aborts the members that still run and waits for them.
//
// Dropped early, it drops the body, then the futures of every member, before
// the drop returns: nothing of the scope is left when its owner's own
// resources go. Scopes nest: a member's own scope goes with the member.
// Trace: what a join set's futures and tasks emit.
// Source: the nursery of Smith, Notes on structured concurrency (2018).
struct fb_scope {
    struct fb_future future;
    int out;
    struct fb_future *body; // NULL once it is done
    struct fb_join_set set;
    struct fb_join_next next;
    bool awaited; // from its first poll until it is over
    bool in_body; // the body is being polled
    bool closed;  // nothing more is spawned
    int error;
    uint32_t failed;     // the member whose error it is; 0: the body, or none
    const char *message; // why that one failed, or NULL
};
FB_MUST_USE struct fb_scope fb_scope(struct fb_future *body);

// Spawns into the scope. Gives 0, -ENOMEM, or -ECANCELED after the scope was
// aborted; on an error the future is dropped.
// Requires: the scope is being awaited, and the caller is its body or, directly
// or not, one of its members. Context: executor thread.
#define FB_SCOPE_SPAWN(scope_, future_)                                        \
    __extension__({                                                            \
        static struct fb_trace_site fb_site_ = {                               \
            .name = "spawn", .file = __FILE__, .line = __LINE__};              \
        __typeof__(future_) fb_future_ = (future_);                            \
        fb_scope_spawn((scope_), &fb_future_.future, &fb_site_);               \
    })
FB_MUST_USE int fb_scope_spawn(struct fb_scope *scope, struct fb_future *future,
                               struct fb_trace_site *site);

// Asks all members to stop and lets no more in. The body goes on, and its out
// stays the scope's. Requires: as fb_scope_spawn. Trace: TASK_ABORT.
void fb_scope_abort(struct fb_scope *scope);

#endif
