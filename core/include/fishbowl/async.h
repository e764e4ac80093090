// async fn in C: the only macros of Fishbowl that hide control flow.
//
// A future's poll function is a `switch` on the line at which it is suspended.
// Locals that must live across an await are members of the struct: the C stack
// is gone while the future waits.
//
//     written                                   what it becomes
//     ---------------------------------------   ------------------------------
//     FB_ASYNC(self, cx);                       switch (self->future.state) {
//                                               default: abort();
//                                               case 0:;
//     FB_AWAIT(self->u.nap, fb_sleep(5 * MS));      self->u.nap = fb_sleep(…);
//                                                   self->future.state = 42;
//                                                   // fall through
//                                               case 42:
//                                                   if (fb_future_await(
//                                                           &self->future,
//                                                           &self->u.nap.future,
//                                                           cx, 42) ==
//                                                           FB_PENDING)
//                                                       return FB_PENDING;
//     FB_RETURN(0);                                 self->out = 0;
//                                                   return FB_READY;
//     FB_ASYNC_END;                             }
//                                               abort();
//
// A resumed poll lands on the case of its line and polls the same child again.
// Traps: no `switch` around an await, one await a line, no initialised local
// between FB_ASYNC and an await (the compiler rejects each of them here).
#ifndef FISHBOWL_ASYNC_H
#define FISHBOWL_ASYNC_H

#include "fishbowl/future.h"

// Begins the body. `self_` points to the struct with members `future`, `out`.
#define FB_ASYNC(self_, cx_)                                                   \
    __typeof__(self_) const fb_self_ = (self_);                                \
    struct fb_context *const fb_cx_ __attribute__((unused)) = (cx_);           \
    switch (fb_self_->future.state) {                                          \
    default: fb_async_bad_state(&fb_self_->future); break;                     \
    case 0:;

// Rust: (expression).await. Moves the future that the expression gives into
// `slot_`, a member of self, and waits until it is Ready; then the slot's
// `out` is its result and its resources are released.
#define FB_AWAIT(slot_, ...)                                                   \
    do {                                                                       \
        (slot_) = __VA_ARGS__;                                                 \
        fb_self_->future.state = __LINE__;                                     \
        __attribute__((fallthrough));                                          \
    case __LINE__:                                                             \
        if (fb_future_await(&fb_self_->future, &(slot_).future, fb_cx_,        \
                            __LINE__) == FB_PENDING) {                         \
            return FB_PENDING;                                                 \
        }                                                                      \
    } while (0)

// Rust: return value.
#define FB_RETURN(value_)                                                      \
    do {                                                                       \
        fb_self_->out = (value_);                                              \
        return FB_READY;                                                       \
    } while (0)

// Rust: result?  Returns from the future if the value is a negative errno.
#define FB_TRY(value_)                                                         \
    do {                                                                       \
        const int fb_value_ = (value_);                                        \
        if (fb_value_ < 0) {                                                   \
            FB_RETURN(fb_value_);                                              \
        }                                                                      \
    } while (0)

// Rust: (expression).await?
#define FB_AWAIT_TRY(slot_, ...)                                               \
    do {                                                                       \
        FB_AWAIT(slot_, __VA_ARGS__);                                          \
        FB_TRY((slot_).out);                                                   \
    } while (0)

// Rust: panic!(message). The task fails: no more of its code runs, its futures
// are dropped innermost first, whoever joins it reads the message. Other tasks
// go on. `message_` is a string that outlives the task.
#define FB_PANIC(message_)                                                     \
    do {                                                                       \
        fb_context_fail(fb_cx_, (message_));                                   \
        return FB_PENDING;                                                     \
    } while (0)

#define FB_ASYNC_END                                                           \
    }                                                                          \
    fb_async_bad_state(&fb_self_->future)

// A poll found a state that none of its awaits has set: aborts, naming it.
__attribute__((noreturn, cold)) void
fb_async_bad_state(const struct fb_future *f);

// Marks the task being polled as failed; the poll must return FB_PENDING.
void fb_context_fail(struct fb_context *cx, const char *message);

#endif
