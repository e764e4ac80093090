// Problem: a spawned task lives on when the code that spawned it is cancelled
// or fails; what it borrowed is gone, and its error reaches nobody.
// Idea: a future that owns tasks. It polls a body, which spawns; it takes the
// results from a join set; it is Ready when body and set are empty.
//
//     open ── body done, set empty ─────────────────────────► Ready
//       │  └─ an error: body dropped, members aborted ─┐         ▲
//       │                                              ▼         │
//       │                                           closed ── set empty
//       └─ dropped, at any time: body, then members, on the spot
//
// A drop cannot wait, and a member that is only asked to stop would have its
// turn after its scope is gone. So it is cancelled where it stands: it is not
// being polled, as the scope that is dropped is not its own.
// Invariants: a scope that is over has no members. While it has some and is
// not being polled, it waits in its join set.
// Concurrency: executor thread. Members may run on other workers than their
// scope: what they ask it (`awaited`, `in_body`, `closed`, the set) lies inside
// the bracket of workers.h. A member that is being polled when its scope is
// dropped ends its poll first; the drop waits for it.
#include "emit.h"

#include "fishbowl/scope.h"

#include <errno.h>

static void set_closed(struct fb_scope *self) {
    fb__shared_begin();
    self->closed = true;
    fb__shared_end();
}

static void set_in_body(struct fb_scope *self, bool in_body) {
    fb__shared_begin();
    self->in_body = in_body;
    fb__shared_end();
}

static void set_awaited(struct fb_scope *self, bool awaited) {
    fb__shared_begin();
    self->awaited = awaited;
    fb__shared_end();
}

// Takes part in no race: once it is 0 only the scope's own body spawns.
static bool has_members(const struct fb_scope *self) {
    bool has;

    fb__shared_begin();
    has = self->set.members > 0;
    fb__shared_end();
    return has;
}

static void scope_fail(struct fb_scope *self, int error) {
    if (self->error != 0) {
        return;
    }
    self->error = error;
    set_closed(self);
    fb_future_drop(self->body);
    self->body = NULL;
    fb_join_set_abort_all(&self->set);
}

static void poll_body(struct fb_scope *self, struct fb_context *cx) {
    enum fb_poll result;

    set_in_body(self, true);
    result = fb_future_poll(self->body, cx);
    set_in_body(self, false);
    if (result == FB_READY) {
        self->out = fb_future_out(self->body);
        fb_future_drop(self->body);
        self->body = NULL;
        if (self->out < 0) {
            scope_fail(self, self->out);
        }
    }
}

static void note_result(struct fb_scope *self,
                        const struct fb_join_result *result) {
    bool failed = result->outcome == FB_OUTCOME_FAILED;

    if (self->error == 0 && (failed || result->outcome == FB_OUTCOME_ERROR)) {
        self->failed = result->task;
        self->message = result->message;
        scope_fail(self, failed ? -EIO : result->out);
    }
}

// Takes the members that have ended; true when none is left.
static bool take_members(struct fb_scope *self, struct fb_context *cx) {
    while (has_members(self)) {
        if (self->next.future.type == NULL) {
            self->next = fb_join_next(&self->set);
        }
        if (fb_future_poll(&self->next.future, cx) == FB_PENDING) {
            return false;
        }
        fb_future_drop(&self->next.future);
        self->next.future = (struct fb_future){0};
        note_result(self, &self->next.result);
    }
    return true;
}

static enum fb_poll scope_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fb_scope *self = fb_container_of(future, struct fb_scope, future);

    if (self->set.runtime == NULL) {
        fb_join_set_init(&self->set, cx->runtime);
        set_awaited(self, true);
    }
    if (self->body != NULL) {
        poll_body(self, cx);
    }
    if (!take_members(self, cx) || self->body != NULL) {
        return FB_PENDING;
    }
    if (self->error != 0) {
        self->out = self->error;
    }
    set_awaited(self, false);
    return FB_READY;
}

static void scope_visit(struct fb_future *future, fb_visit_fn *visit,
                        void *arg) {
    struct fb_scope *self = fb_container_of(future, struct fb_scope, future);

    if (self->body != NULL) {
        visit(self->body, arg);
    }
    if (self->next.future.type != NULL) {
        visit(&self->next.future, arg);
    }
}

static void scope_drop(struct fb_future *future) {
    struct fb_scope *self = fb_container_of(future, struct fb_scope, future);

    set_closed(self); // destructors of members may try to spawn
    if (self->set.runtime != NULL) {
        fb__join_set_cancel(&self->set);
        fb_join_set_deinit(&self->set);
    }
}

static struct fb_type scope_type = FB_TYPE(
    fb_scope, .poll = scope_poll, .drop = scope_drop, .visit = scope_visit);

struct fb_scope fb_scope(struct fb_future *body) {
    return (struct fb_scope){.future.type = &scope_type, .body = body};
}

static void assert_open(const struct fb_scope *scope) {
    fb_assert(scope->awaited, "a scope is used while it is awaited");
    // With nobody inside, nobody would tell the scope of a new member's end.
    fb_assert(scope->in_body || scope->set.members > 0 || scope->closed,
              "a scope is used by its body and its members");
}

int fb_scope_spawn(struct fb_scope *scope, struct fb_future *future,
                   struct fb_trace_site *site) {
    int err = -ECANCELED;
    bool closed;

    fb__shared_begin(); // until it is a member: a scope may be closing
    assert_open(scope);
    closed = scope->closed;
    if (!closed) {
        err = fb_join_set_spawn(&scope->set, future, site);
    }
    fb__shared_end();
    if (closed) {
        fb_future_drop(future);
    }
    return err;
}

void fb_scope_abort(struct fb_scope *scope) {
    fb__shared_begin();
    assert_open(scope);
    scope->closed = true;
    fb_join_set_abort_all(&scope->set);
    fb__shared_end();
}
