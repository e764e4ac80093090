// The life of a task in one atomic word.
//
//             (1) spawn
//                │
//                ▼     (3) begin poll            (6) end poll: Ready, failed
//           ┌─────────┐ ───────────► ┌─────────┐   or cancelled  ┌──────────┐
//   (2) ┌──►│scheduled│              │ running │ ──────────────► │ complete │
//  wake │   └─────────┘ ◄─────────── └─────────┘                 └──────────┘
//       │             (4) end poll:    │    ▲ │                        │
//     ┌──────┐            woken        │    └─┘ (7) wake, abort:  (8) last
//     │ idle │ ◄───────────────────────┘        only marked      reference
//     └──────┘    (5) end poll: not woken                             ▼
//                                                                   freed
// Bits, then the reference count in the rest of the word. References: one for
// the list of all tasks (until complete), one while it sits in a queue or is
// being polled, one for the join handle, one for each stored waker.
//
// All transitions may be made by any thread once the word is SHARED. A word
// that is not shared belongs to the thread of its executor, which pays for no
// locked instruction then. It is shared before anything that names its task is
// given to where another thread could use it, and never unshared: by the one
// that gives, so that both sides of every race see the bit.
#ifndef FB_TASK_STATE_H
#define FB_TASK_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FB__RUNNING       1u
#define FB__SCHEDULED     2u // in a queue, or to be queued after this poll
#define FB__COMPLETE      4u
#define FB__CANCELLED     8u // abort was asked for
#define FB__FAILED        16u
#define FB__JOIN_INTEREST 32u
#define FB__SHARED        64u  // other threads may move it, too
#define FB__REF           128u // one reference

typedef _Atomic uint32_t fb__task_state;

enum fb__wake_action {
    FB__WAKE_ENQUEUE,     // (2) the caller puts it into a queue
    FB__WAKE_COALESCED,   // it already is in one, or will be
    FB__WAKE_DURING_POLL, // (7)
    FB__WAKE_LATE,        // complete
    FB__WAKE_LAST,        // (8) complete, and this was the last reference
};

// (1) Scheduled, with references for the list, the queue and the handle. Not
// shared.
void fb__state_init(fb__task_state *state);

// A wake that keeps its reference. Enqueue comes with a new one for the queue.
enum fb__wake_action fb__state_wake_by_ref(fb__task_state *state);
// A wake that uses its reference up: it becomes the queue's, or is given back.
enum fb__wake_action fb__state_wake_by_value(fb__task_state *state);

enum fb__abort_action {
    FB__ABORT_NOTHING, // complete, or asked before
    FB__ABORT_MARKED,  // will be seen at its turn or at the end of its poll
    FB__ABORT_ENQUEUE, // it was idle: the caller puts it into a queue
};
enum fb__abort_action fb__state_abort(fb__task_state *state);

enum fb__begin_action {
    FB__BEGIN_POLL,
    FB__BEGIN_CANCEL, // running, but to be cancelled instead of polled
    FB__BEGIN_SKIP,   // complete, or seized: only give the queue's
                      // reference back
};
// (3) The queue's reference goes over to the poll.
enum fb__begin_action fb__state_begin_poll(fb__task_state *state);

enum fb__end_action {
    FB__END_IDLE,    // (5) the poll's reference has been given back
    FB__END_REQUEUE, // (4) the poll's reference is the queue's again
    FB__END_CANCEL,  // still running: drop the futures, then complete
};
// After a poll that returned Pending.
enum fb__end_action fb__state_end_pending(fb__task_state *state);

// (9) Cancelling without a turn (a runtime that ends, a scope, a block_on that
// gives up): running, wherever it was queued; what is left of it in a queue will
// be skipped. False, and nothing is done, if it is running or complete.
bool fb__state_try_seize(fb__task_state *state);

// (6) Running to complete; returns the word before. Wakes that came during
// the poll are forgotten.
uint32_t fb__state_complete(fb__task_state *state, bool failed);

// The handle gives its interest up; returns the word before.
uint32_t fb__state_drop_interest(fb__task_state *state);

bool fb__state_shared(const fb__task_state *state);
// From here on other threads may come. Context: the executor's thread, unless
// it is shared already.
void fb__state_share(fb__task_state *state);

void fb__state_ref(fb__task_state *state);
// Gives one reference back; true if it was the last.
bool fb__state_unref(fb__task_state *state);

#endif
