// The model: one reducer that folds events into the world they describe.
//
// Everything a person sees and everything a check decides is read from this
// structure. It is pure: no clock, no I/O, no curses. It treats events as
// hostile: unknown ids, impossible orders and missing parents never crash it,
// they are counted in `anomalies`. All records live in flat pools and name
// each other by index (never by pointer), so a checkpoint is a plain copy.
#ifndef FISHBOWL_MODEL_H
#define FISHBOWL_MODEL_H

#include "fishbowl/trace/format.h"
#include "histogram.h"
#include <stdbool.h>
#include <stddef.h>

#define FB_MODEL_NONE UINT32_MAX // "no index"

enum fb_task_state {
    FB_TASK_SCHEDULED, // in the run queue
    FB_TASK_RUNNING,   // being polled
    FB_TASK_IDLE,      // waiting to be woken
    FB_TASK_COMPLETE,  // zombie: complete but still referenced
    FB_TASK_FREED,     // one of the last FB_MODEL_FREED that ended; a look-up
                       // by id still finds it, the iteration skips it
};

enum fb_future_state {
    FB_FUTURE_NOT_POLLED,
    FB_FUTURE_POLLING, // on the stack of the current poll
    FB_FUTURE_PENDING,
    FB_FUTURE_READY,
    FB_FUTURE_DROPPED, // finished arms stay, dimmed, until their parent goes on
};

// Where a waker sits, and for which future.
struct fb_model_hold {
    uint32_t task;         // id
    uint32_t future;       // id
    uint32_t holder;       // id of the source, timer, task …
    uint8_t party;         // enum fb_party
    uint8_t interest;      // enum fb_ready bits, or an enum fb_channel_wait
    uint64_t event;        // number of its WAKER_CLONE
    uint32_t next_of_task; // pool index, FB_MODEL_NONE ends
    uint32_t seen;         // the last census that named it
    // pool indices: the newer one of its task; of its future, if it names one,
    // the newer and the older one
    uint32_t prev_of_task, prev_of_future, next_of_future;
};

struct fb_model_task {
    uint32_t id, parent;
    uint32_t root;       // pool index of the root future, or NONE
    uint16_t type, site; // table indices
    uint32_t bytes;
    uint8_t state;   // enum fb_task_state
    uint8_t outcome; // enum fb_task_outcome
    bool aborted, detached, join_awaited, wake_during_poll;
    bool failing; // its last poll failed: its futures are being dropped
    bool taken;   // its end was taken notice of: its handle was given up after
    bool outside; // a waker of it was cloned by code that core does not know,
                  // which may clone it further on other threads, unseen
    int32_t out;
    uint32_t polls;
    uint32_t wakes; // all effects together
    uint32_t wakes_scheduled, wakes_coalesced, wakes_during_poll, wakes_late;
    uint32_t wakes_self;
    uint32_t clones, drops; // wakers
    uint32_t joiner;        // id of the task that awaits it, 0 none
    uint8_t woken_by_party; // cause of the last wake that had an effect
                            // (enum fb_party; SPAWN until the first)
    uint32_t woken_by;
    uint8_t woken_interest; // what the waiter that was used up waited for
    int32_t woken_by_fd;    // -1: not a source
    uint64_t woken_event;
    uint64_t spawn_ns, scheduled_ns, poll_begin_ns, done_ns;
    uint64_t spawn_event, last_event, done_event;
    uint64_t busy_ns;   // in polls
    uint64_t queued_ns; // scheduled, not yet polled
    uint64_t max_poll_ns;
    uint32_t queue_prev, queue_next; // run queue: pool indices
    uint8_t worker; // whose queue it is in, who polls it, or did so last
    uint32_t holds; // first fb_model_hold, pool index
    uint32_t yields;
    uint32_t budgets_out;                 // polls that ended for want of budget
    uint32_t polls_in_vain;               // see the world's
    uint64_t scheduled_event;             // its TASK_SCHEDULED; 0: not seen
    char label[FB_TRACE_LABEL_BYTES + 1]; // raw bytes, NUL-ended: sanitise
    uint8_t label_len;
    char message[FB_TRACE_MESSAGE_BYTES + 1];
    uint8_t message_len;
    uint32_t seen; // number of the last census that named it
    bool exact;    // spawned in sight, or described by a census
    bool chosen;   // while it waits: the wake that follows is nobody's
    bool unwoken;  // that wake was its last: it was polled only for the choice
};

struct fb_model_future {
    uint32_t id;
    uint32_t task;                              // id
    uint32_t parent, first_child, next_sibling; // pool indices
    uint32_t last_child, prev_sibling;
    uint32_t kept; // dropped children that are still shown
    uint16_t type;
    uint8_t state;     // enum fb_future_state
    uint8_t why;       // enum fb_drop_why, when dropped
    uint32_t line;     // the await's line in its parent's file, 0 unknown
    uint32_t own_line; // where it stands suspended itself, 0 unknown
    uint32_t polls;
    int32_t out; // valid when READY or dropped as finished
    uint64_t enter_event, last_event;
    uint64_t enter_ns;
    // the last thing it tried, for "why is it pending"
    uint8_t io_op; // enum fb_io_op, valid if io_event
    int32_t io_result;
    int32_t io_fd;
    uint64_t io_event;
    uint32_t seen;
};

struct fb_model_source {
    uint32_t id;
    int32_t fd;
    uint32_t generation, tick;
    uint8_t kind;   // enum fb_source_kind
    uint16_t ready; // bits known to be ready
    uint32_t task;  // the task that made it
    uint64_t add_event, last_event;
    uint64_t bytes_in, bytes_out;
    bool registered;
    uint32_t seen;
};

struct fb_model_timer {
    uint32_t id, task, future;
    uint64_t deadline_ns, set_event;
    uint32_t seen;
};

// A task that acts on a channel: the owner of a mutex, the holder of `amount`
// permits, a sender, a receiver.
enum { FB_MODEL_PEERS = 4, FB_MODEL_CHANNELS = 4096 };
struct fb_model_peer {
    uint32_t task, amount;
    uint64_t event; // the last time
};
struct fb_model_peers {
    struct fb_model_peer tasks[FB_MODEL_PEERS];
    uint8_t count;
    bool more; // there are, or were, others than these
};

// One of the FB_MODEL_CHANNELS channels (enum fb_channel_kind) that were heard
// of last since events were lost.
struct fb_model_channel {
    uint32_t id;
    uint8_t kind;
    uint32_t count, capacity; // as of the last event
    uint64_t open_event;      // 0: its beginning was not seen
    uint64_t last_event;
    struct fb_model_peers givers, takers; // mutex, semaphore: takers hold it
};

enum {
    FB_MODEL_STACK = 64, // deeper polls are known, but not listed
    FB_MODEL_RECENT_WAKES = 64,
    FB_MODEL_FREED = 32,        // freed tasks that are remembered
    FB_MODEL_KEPT_CHILDREN = 32 // dropped children shown under one parent
};

struct fb_model_wake {
    uint64_t event, time_ns;
    uint32_t task, cause;
    uint8_t effect, party;
};

// One executor thread: a runtime has worker 0, and more if it has several
// threads. Worker 0 lies in the world itself, so that one thread costs nothing;
// the others in a pool, as they are heard of.
struct fb_model_worker {
    uint32_t id;      // its number + 1
    uint32_t running; // pool index of the task that it polls, or NONE
    uint32_t stack[FB_MODEL_STACK]; // futures being polled, outermost first
    uint32_t stack_len;
    uint32_t queue_head, queue_tail, queue_len; // its run queue: tasks
    uint32_t census_queued; // tasks that the census under way found in it
    bool parked;
    bool moved; // something came of the poll under way
    int64_t park_timeout_ns;
    uint64_t park_since_ns;
    uint64_t busy_ns, parked_ns; // until the last POLL_END, the last UNPARK
    uint64_t heard_ns;           // when it was first heard of, and
    uint64_t heard_gap_ns;       // the world's gap_ns then
};

enum fb_duration {
    FB_DURATION_POLL,    // from POLL_BEGIN to POLL_END
    FB_DURATION_LATENCY, // from TASK_SCHEDULED to POLL_BEGIN
    FB_DURATIONS
};

struct fb_model_pool { // opaque to views; see pool.h
    void *items;
    uint32_t *links;         // two a slot: live items in order of creation
    uint32_t count;          // live items
    uint32_t used, capacity; // slots ever taken, slots there are
    uint32_t free_head, first, last, item_bytes;
};

struct fb_model_index { // id → pool index, open addressing; see pool.h
    uint32_t *slots;
    uint32_t capacity, count;
    uint64_t multiplier;
};

struct fb_model {
    // position
    uint64_t event;       // number of the last event fed; 0: empty world
    uint64_t first_event; // of the first; totals begin there
    uint64_t time_ns;
    struct fb_event last; // that event

    // totals
    uint64_t polls, wakes, spawned, completed, freed, parks;
    uint64_t ios, stale, lost, anomalies;
    uint64_t busy_ns, parked_ns;
    uint64_t wakes_scheduled, wakes_coalesced, wakes_during_poll, wakes_late;
    uint64_t wakes_self;
    uint64_t yields, budgets_out;
    // Polls that ended Pending and that nothing came of: no future of theirs
    // became Ready, was new or was dropped; no call moved a byte; nothing went
    // through a channel; nobody was spawned, woken, joined or aborted.
    uint64_t polls_in_vain;
    uint64_t gap_event, gap_ns; // after the last gap; time in all gaps together
    struct fb_histogram durations[FB_DURATIONS]; // of all tasks ever
    uint32_t live_tasks;                         // not complete
    uint32_t zombie_tasks;                       // complete, not freed
    uint32_t queue_len;                          // in all run queues together

    // executor
    struct fb_model_worker first; // worker 0; all: fb_model_worker
    bool parked;                  // every worker is
    bool in_census, uncertain;    // uncertain: events were lost, no census yet
    bool stalled;

    // the last wakes, newest at (wake_count - 1) % FB_MODEL_RECENT_WAKES
    struct fb_model_wake recent[FB_MODEL_RECENT_WAKES];
    uint64_t wake_count;

    // pool indices of tasks that were freed last, oldest at `freed` modulo
    // FB_MODEL_FREED when the ring is full; NONE where one went
    uint32_t freed_ring[FB_MODEL_FREED];
    uint32_t census;    // how many censuses have begun
    uint32_t seen_last; // pool index of the task that an event named last:
                        // the next one is likely to name it again

    // pools; iterate with fb_model_*_next
    struct fb_model_pool tasks, futures, sources, timers, holds;
    struct fb_model_pool workers; // from worker 1 on, in order
    struct fb_model_pool channels;
    struct fb_model_index task_index, future_index, source_index, timer_index;
    struct fb_model_index hold_index; // by future: its newest hold
    struct fb_model_index channel_index;
};

// An empty world. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int fb_model_init(struct fb_model *m);
// Legal on a zeroed model.
void fb_model_deinit(struct fb_model *m);
// Replaces `to` (initialised or zeroed) by a copy of `from`, in the memory that
// `to` has already where that is enough. Errors: -ENOMEM; `to` is then empty.
__attribute__((warn_unused_result)) int
fb_model_copy(struct fb_model *to, const struct fb_model *from);
size_t fb_model_bytes(const struct fb_model *m); // what a copy takes

// Folds event `number` into the world. Numbers rise; a jump is a gap: the
// model counts the lost events and is `uncertain` until the next census ends.
// So it is when the first event is not number 1 (nothing counts as lost then);
// while uncertain, tasks and futures that are first heard of in the middle of
// their lives get a record that is not `exact`.
// Errors: -ENOMEM (the world is as before), -EINVAL number not above the last.
__attribute__((warn_unused_result)) int
fb_model_feed(struct fb_model *m, uint64_t number, const struct fb_event *e);

// Look-ups by id; NULL if not in the world now. A task that was freed a short
// while ago is found, with state FB_TASK_FREED.
const struct fb_model_task *fb_model_task(const struct fb_model *m,
                                          uint32_t id);
const struct fb_model_future *fb_model_future(const struct fb_model *m,
                                              uint32_t id);
const struct fb_model_source *fb_model_source(const struct fb_model *m,
                                              uint32_t id);
const struct fb_model_timer *fb_model_timer(const struct fb_model *m,
                                            uint32_t id);
const struct fb_model_channel *fb_model_channel(const struct fb_model *m,
                                                uint32_t id);
// How many workers have been heard of, at least 1; each by its number, NULL
// beyond the last.
uint32_t fb_model_workers(const struct fb_model *m);
const struct fb_model_worker *fb_model_worker(const struct fb_model *m,
                                              uint32_t number);
// By pool index; NULL for FB_MODEL_NONE or a free slot.
const struct fb_model_task *fb_model_task_at(const struct fb_model *m,
                                             uint32_t index);
const struct fb_model_future *fb_model_future_at(const struct fb_model *m,
                                                 uint32_t index);
const struct fb_model_hold *fb_model_hold_at(const struct fb_model *m,
                                             uint32_t index);
// Iteration in order of creation (tasks: as they were spawned; freed ones are
// left out): start with *cursor = 0; NULL at the end.
const struct fb_model_task *fb_model_task_next(const struct fb_model *m,
                                               uint32_t *cursor);
const struct fb_model_source *fb_model_source_next(const struct fb_model *m,
                                                   uint32_t *cursor);
const struct fb_model_timer *fb_model_timer_next(const struct fb_model *m,
                                                 uint32_t *cursor);

// The tasks that were freed last, newest first; in the same manner.
const struct fb_model_task *fb_model_freed_next(const struct fb_model *m,
                                                uint32_t *cursor);

// The hold (stored waker) that future `id` waits on, or NULL: not pending, or
// nobody holds its waker.
const struct fb_model_hold *fb_model_future_hold(const struct fb_model *m,
                                                 uint32_t future);

// The newest stored waker of `task` for `future` that is held so, or NULL. Of
// those that name no future (0) only the newest thousand are looked at.
const struct fb_model_hold *fb_model_hold(const struct fb_model *m,
                                          uint32_t task, uint32_t future,
                                          enum fb_party party, uint32_t holder);

// Whether the last event is in the middle of a wake of `t`: its waker is used
// up, and its TASK_SCHEDULED is still to come.
bool fb_model_task_is_waking(const struct fb_model *m,
                             const struct fb_model_task *t);
// Whether nobody will ever wake `t`: it is idle, none of its wakers is stored
// anywhere, and no wake, first poll, abort, gap or census explains that.
bool fb_model_task_is_lost(const struct fb_model *m,
                           const struct fb_model_task *t);

// The future tree of a task as rows in display order, without recursion.
// Returns how many rows were written: at most `max`, so a full array may mean
// that there are more.
struct fb_model_row {
    const struct fb_model_future *future;
    uint32_t depth;
    bool last_sibling; // draw └ instead of ├
    uint64_t rails;    // bit d: an ancestor at depth d has later siblings
                       // (depths from 64 on have no bit)
};
size_t fb_model_tree(const struct fb_model *m, uint32_t task_id,
                     struct fb_model_row *rows, size_t max);

#endif
