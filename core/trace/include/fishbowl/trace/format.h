// The trace: the only contract between a watched program and its viewers.
//
// A trace is one file that the watched program maps and writes and that any
// number of viewers map and read. It is versioned like a file format, and
// nothing in it is private to Fishbowl's own runtime: any program may write it.
//
//     offset 0           struct fb_trace_header    one page, constant after
//                                                  open except `table_count`,
//                                                  `address`, `end`, `numbers`
//     control_offset     struct fb_trace_control   one page (control.h)
//     table_offset       struct fb_trace_entry[]   types and spawn sites
//     strings_offset     bytes                     their names, NUL-ended
//     rings_offset       ring 0: one page struct fb_trace_ring, then
//                        `ring_capacity` events of 32 bytes; ring 1 follows
//                        at + ring_stride …
//                        If ring_count > 1, each ring's slots are followed by
//                        a column of `ring_capacity` uint64_t: the number of
//                        the event in each slot
//
// Events are numbered from 1. The NUMBER orders events; the time only labels
// them. A ring has one writer, which overwrites its oldest events and is never
// blocked by a reader; what was lost is known exactly, because numbers have no
// holes and are never reused. The k-th event of a ring lies in slot
// (k - 1) & (ring_capacity - 1). In a file with one ring k is its number; with
// several, numbers are one row over all rings, and the column names them.
//
// Byte order and integer sizes are those of the writing machine; `byte_order`
// lets a reader refuse a foreign file with a clear word.
#ifndef FISHBOWL_TRACE_FORMAT_H
#define FISHBOWL_TRACE_FORMAT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FB_TRACE_MAGIC         "FISHBOWL" // 8 bytes, no NUL
#define FB_TRACE_VERSION       1u
#define FB_TRACE_BYTE_ORDER    0x01020304u
#define FB_TRACE_PAGE_BYTES    4096u
#define FB_TRACE_TABLE_MAX     4096u
#define FB_TRACE_STRINGS_MAX   0x40000u // 256 KiB
#define FB_TRACE_RINGS_MAX     64u
#define FB_TRACE_LABEL_BYTES   80u // longest label kept, without a NUL
#define FB_TRACE_MESSAGE_BYTES 80u

enum fb_trace_flag {
    FB_TRACE_VIRTUAL_CLOCK = 1u << 0, // times are virtual
    FB_TRACE_LOSSLESS = 1u << 1,      // the writer waits for its recorder
    FB_TRACE_RECORDING = 1u << 2,     // a finished file; no one writes it
    FB_TRACE_FOREIGN = 1u << 3,       // no line of Fishbowl's core wrote it
};

struct fb_trace_header {
    char magic[8];
    uint32_t version;
    uint32_t byte_order;
    uint32_t event_bytes; // 32
    uint32_t flags;       // enum fb_trace_flag
    uint64_t file_bytes;
    uint64_t control_offset;
    uint64_t table_offset;
    uint32_t table_entry_bytes;
    uint32_t table_capacity;
    uint64_t strings_offset;
    uint64_t strings_bytes;
    uint64_t rings_offset;
    uint64_t ring_stride;
    uint64_t ring_capacity; // events; a power of two
    uint32_t ring_count;
    uint32_t pid;
    uint64_t start_realtime_ns;   // wall clock when event times were 0-based at
    uint64_t start_time_ns;       // this value of the events' own clock
    char program[64];             // NUL-ended, hostile
    char address[64];             // "127.0.0.1:6142" or "", NUL-ended, hostile
    _Atomic uint32_t table_count; // entries complete, entry 0 too (release)
    _Atomic uint32_t end;         // enum fb_trace_end
    // Several rings: how many events have been given a number. On a cache line
    // of its own, for every writer adds to it; 0 in a file with one ring.
    _Atomic uint64_t numbers;
};

enum fb_trace_end {
    FB_TRACE_OPEN = 0,   // still written, or its writer was killed
    FB_TRACE_CLOSED = 1, // closed by the writer in good order
};

// Entry 0 is reserved: "unknown". A file's entries only grow.
struct fb_trace_entry {
    uint32_t name; // offset into strings: "greet", "TcpRead", "spawn"
    uint32_t file; // offset into strings
    uint32_t line;
    uint32_t size; // bytes of the future; 0 for a spawn site
};

struct fb_trace_ring {
    _Atomic uint64_t head; // how many whole events it has been given
    uint32_t worker;       // which executor thread writes it
    uint32_t pad;
};

// ---- the vocabulary --------------------------------------------------------

enum fb_event_kind {
    FB_EV_NONE = 0,
    FB_EV_TASK_SPAWN,
    FB_EV_TASK_SCHEDULED,
    FB_EV_POLL_BEGIN,
    FB_EV_POLL_END,
    FB_EV_TASK_DONE,
    FB_EV_TASK_FREE,
    FB_EV_TASK_ABORT,
    FB_EV_TASK_JOIN,
    FB_EV_TASK_LABEL,
    FB_EV_FUTURE_ENTER,
    FB_EV_FUTURE_EXIT,
    FB_EV_FUTURE_DROP,
    FB_EV_WAKER_CLONE,
    FB_EV_WAKER_DROP,
    FB_EV_WAKE,
    FB_EV_SOURCE_ADD,
    FB_EV_SOURCE_READY,
    FB_EV_SOURCE_CLEAR,
    FB_EV_SOURCE_STALE,
    FB_EV_SOURCE_DEL,
    FB_EV_IO,
    FB_EV_TIMER_SET,
    FB_EV_TIMER_END,
    FB_EV_PARK,
    FB_EV_UNPARK,
    FB_EV_YIELD,
    FB_EV_CLOCK,
    FB_EV_CENSUS,
    FB_EV_STALL,        // run() found that nothing can ever happen again
    FB_EV_TASK_MESSAGE, // why a task failed; text in parts like TASK_LABEL
    FB_EV_CHANNEL,
    FB_EV_BUDGET_OUT,  // a poll has done enough: the others come first
    FB_EV_BLOCK_BEGIN, // work is handed to the pool of threads
    FB_EV_BLOCK_END,
    FB_EV_CHOICE, // who is polled next was chosen, not left to the order
    FB_EV_KINDS
};

// Bit 15 of `flags` on any event: written as part of a census, so it states
// what already was, not what happened now.
#define FB_EV_FLAG_CENSUS 0x8000u

// The worker in `flags` of POLL_BEGIN, POLL_END, TASK_SCHEDULED, IO and CHOICE.
// Workers are numbered from 0; a runtime with one executor thread has worker 0.
#define FB_EV_WORKER_MASK 0x7fffu

// `flags` of FUTURE_ENTER: `parent` has lent this child to the future that
// polls it now, somewhere below `parent`, and keeps it when that one ends.
#define FB_ENTER_LENT 1u

enum fb_poll_result { FB_RESULT_PENDING, FB_RESULT_READY, FB_RESULT_FAILED };

enum fb_task_outcome {
    FB_OUTCOME_NONE, // not complete
    FB_OUTCOME_OK,
    FB_OUTCOME_ERROR,     // completed with a negative `out`
    FB_OUTCOME_FAILED,    // FB_PANIC
    FB_OUTCOME_CANCELLED, // aborted, or dropped with its runtime
};

enum fb_queue {
    FB_QUEUE_RUN,
    FB_QUEUE_INJECT,
    FB_QUEUE_DEFERRED,
    FB_QUEUE_STOLEN, // by the worker in `flags`, out of another one's queue
};

enum fb_wake_effect {
    FB_WAKE_SCHEDULED,      // was idle: now in the run queue
    FB_WAKE_COALESCED,      // was already scheduled
    FB_WAKE_DURING_POLL,    // is being polled: will be queued again after it
    FB_WAKE_AFTER_COMPLETE, // nothing to do
};

// Who woke, and who holds a waker. The number is the source's, timer's,
// task's … id; 0 where there is none.
enum fb_party {
    FB_PARTY_NONE,
    FB_PARTY_SOURCE,
    FB_PARTY_TIMER,
    FB_PARTY_TASK,     // a join waits for it; or it called wake
    FB_PARTY_JOIN_SET, // waits for the next member to finish
    FB_PARTY_CHANNEL,
    FB_PARTY_THREAD,  // another thread (its tid)
    FB_PARTY_OUTSIDE, // a clone that the program keeps itself
    FB_PARTY_SPAWN,   // the first schedule of a new task
    FB_PARTY_ABORT,
    FB_PARTY_EXECUTOR, // a deferred yield that is released
    FB_PARTY_BLOCKING, // a blocking work that finishes
};

// What a subject of party CHANNEL is.
enum fb_channel_kind {
    FB_CHANNEL_NOTIFY,
    FB_CHANNEL_SEMAPHORE,
    FB_CHANNEL_MUTEX,
    FB_CHANNEL_ONESHOT,
    FB_CHANNEL_MPSC,
    FB_CHANNEL_WATCH,
    FB_CHANNEL_BROADCAST,
    FB_CHANNEL_KINDS
};

enum fb_channel_op {
    FB_CHANNEL_OPEN,  // made; its number is new
    FB_CHANNEL_GIVE,  // a message, value, notification or permits go in
    FB_CHANNEL_TAKE,  // they come out, to the task that asked
    FB_CHANNEL_CLOSE, // nothing more goes in
    FB_CHANNEL_PASS,  // what a waiter was given and did not use goes to others
    FB_CHANNEL_LAG,   // a receiver was too slow: `amount` messages are gone
    FB_CHANNEL_OPS
};

// What a waiter of party CHANNEL waits for: its `interest`.
enum fb_channel_wait {
    FB_AWAITS_OTHER,
    FB_AWAITS_MESSAGE, // in a channel
    FB_AWAITS_ROOM,    // in a channel
    FB_AWAITS_CLOSED,  // the receiver of a channel to go
    FB_AWAITS_CHANGE,  // of a watch's value
    FB_AWAITS_PERMIT,  // of a semaphore
    FB_AWAITS_MUTEX,
    FB_AWAITS_NOTIFY,
};

enum fb_drop_why { FB_DROP_FINISHED, FB_DROP_CANCELLED, FB_DROP_UNPOLLED };

enum fb_join_step { FB_JOIN_AWAIT, FB_JOIN_TAKEN, FB_JOIN_DETACH };

enum fb_waker_drop_why {
    FB_WAKER_WOKEN,    // it was used
    FB_WAKER_REPLACED, // a later poll brought another one
    FB_WAKER_DROPPED,  // its future was dropped or had no more need
};

// Readiness and interest bits.
enum fb_ready {
    FB_READABLE = 1,
    FB_WRITABLE = 2,
    FB_READ_CLOSED = 4, // the peer will send no more
    FB_WRITE_CLOSED = 8,
    FB_IO_ERROR = 16,
};

enum fb_source_kind {
    FB_SOURCE_OTHER,
    FB_SOURCE_LISTENER,
    FB_SOURCE_STREAM,
    FB_SOURCE_SIGNAL,
    FB_SOURCE_DATAGRAM,
};

enum fb_io_op {
    FB_IO_ACCEPT,
    FB_IO_READ,
    FB_IO_WRITE,
    FB_IO_SHUTDOWN,
    FB_IO_CONNECT,
    FB_IO_CLOSE,
    FB_IO_PEEK,      // a read that takes nothing
    FB_IO_SEND_TO,   // one datagram
    FB_IO_RECV_FROM, // one datagram; its length, even if it was cut
};

enum fb_block_end {
    FB_BLOCK_DONE,    // it has run, and its future waits for it
    FB_BLOCK_DROPPED, // its future was dropped before it started
    FB_BLOCK_ORPHAN,  // it has run, but its future was dropped meanwhile
};

enum fb_timer_end { FB_TIMER_FIRED, FB_TIMER_CANCELLED };

enum fb_clock_step {
    FB_CLOCK_ADVANCED, // virtual: jumped to the next deadline
    FB_CLOCK_STOPPED,  // reserved: a stop writes nothing, it would be an event
    FB_CLOCK_RESUMED,  // a free run goes on: it stood still for to_ns - from_ns
                       // of real time, which `time_ns` leaves out
    FB_CLOCK_BLOCKED,  // the poll of task `subject` made a call that blocks,
                       // whose name is entry `flags` of the table: meanwhile
                       // nobody else could run
};

enum fb_choice_by {
    FB_CHOICE_BY_VIEWER, // at the control page
    FB_CHOICE_BY_LIST,   // that the program was started with
};

enum fb_census_step {
    FB_CENSUS_BEGIN, // all that follows until END is every live thing
    FB_CENSUS_TASK,  // counters of the task named by `subject`
    FB_CENSUS_END,
};

struct fb_event {
    uint64_t time_ns; // the runtime's clock; taken once per step
    uint8_t kind;     // enum fb_event_kind
    uint8_t detail;   // see each kind below
    uint16_t flags;   // FB_EV_FLAG_CENSUS, else see each kind
    uint32_t subject; // id of the task, future, source, timer or channel
    union {
        // TASK_SPAWN: subject task; sites index the table
        struct {
            uint32_t parent, root_future;
            uint16_t type, site;
            uint32_t bytes;
        } spawn;
        // TASK_SCHEDULED: detail fb_queue; flags worker whose queue it joins;
        // depth of that queue after the push. A steal moves a task that lay in
        // another worker's queue
        struct {
            uint32_t depth;
        } scheduled;
        // POLL_BEGIN / POLL_END: subject task; flags worker; END detail
        // fb_poll_result; `line`: where the root future stands suspended
        struct {
            uint32_t future, polls, line;
            int32_t out;
        } poll;
        // TASK_DONE: detail fb_task_outcome
        struct {
            int32_t out;
        } done;
        // TASK_ABORT, TASK_JOIN (detail fb_join_step): by which task; 0 none
        struct {
            uint32_t by;
        } by;
        // TASK_LABEL, TASK_MESSAGE: detail part (0, 1, …); flags bits 0-14
        // whole length in bytes; 16 bytes a part, zero padded
        char text[16];
        // FUTURE_ENTER: subject future; a poll of it begins. `line`: the
        // await's line in its parent, 0 if not known; `parent_type` the
        // parent's type, whose file that line is in, 0 if it has none
        struct {
            uint32_t parent, task;
            uint16_t type, parent_type;
            uint32_t line;
        } enter;
        // FUTURE_EXIT: detail fb_poll_result; `line` where it is suspended
        struct {
            uint32_t parent, task, line;
            int32_t out;
        } exit;
        // FUTURE_DROP: detail fb_drop_why
        struct {
            uint32_t parent, task, line;
        } drop;
        // WAKER_CLONE / WAKER_DROP: subject task; detail fb_party (holder);
        // flags: CLONE interest, DROP fb_waker_drop_why. Interest: enum
        // fb_ready bits; for party CHANNEL an enum fb_channel_wait
        struct {
            uint32_t holder, future, interest;
        } waker;
        // WAKE: subject task; detail fb_wake_effect; flags fb_party (cause);
        // interest of the waiter that was used up, 0 if there was none
        struct {
            uint32_t cause, interest;
        } wake;
        // CHANNEL: subject channel; detail fb_channel_op; flags
        // fb_channel_kind; by which task, 0 none; `count` what can be taken
        // after it (messages, permits; 1 for a mutex that is free), of at most
        // `capacity` (0: no limit); `amount` how much went in or out
        struct {
            uint32_t task, count, capacity, amount;
        } channel;
        // SOURCE_*: subject source; detail fb_source_kind; flags readiness
        // bits (READY, CLEAR: those bits; ADD: known ready bits);
        // SOURCE_STALE: subject 0, an event for a closed source hit nobody
        struct {
            int32_t fd;
            uint32_t generation, tick, task;
        } source;
        // IO: subject source; detail fb_io_op; flags worker (a close names no
        // future whose task would tell); result bytes (accept: the new
        // source's fd) or -errno; `asked` bytes asked for
        struct {
            int32_t fd, result;
            uint32_t future, asked;
        } io;
        // TIMER_SET, TIMER_END (detail fb_timer_end): subject timer
        struct {
            uint64_t deadline_ns;
            uint32_t task, future;
        } timer;
        // PARK, UNPARK: subject worker (0 the first). PARK: timeout (-1 for
        // ever); UNPARK: events taken
        struct {
            int64_t timeout_ns;
            uint32_t events;
        } park;
        // YIELD: subject task
        // BUDGET_OUT: subject task; which future was refused, and how many
        // operations the poll had made
        struct {
            uint32_t future, spent;
        } budget;
        // CLOCK: detail fb_clock_step
        struct {
            uint64_t from_ns, to_ns;
        } clock;
        // CENSUS BEGIN / END: how many of each; TASK: subject task
        struct {
            uint32_t tasks, futures, sources, timers;
        } census;
        struct {
            uint32_t polls, wakes, queued, outcome;
        } counts;
        // BLOCK_BEGIN, BLOCK_END (detail fb_block_end): subject blocking work;
        // BEGIN: for which future of which task; END: what it returned
        struct {
            uint32_t task, future;
            int32_t out;
        } block;
        // CHOICE: subject the task that worker `flags` takes out of its queue
        // next; detail fb_choice_by. `instead` of which, as its order goes:
        // the same if it was next anyway, 0 if its own queue held no other
        struct {
            uint32_t instead;
        } choice;
        // STALL: tasks that wait for ever
        struct {
            uint32_t tasks;
        } stall;
    };
};

_Static_assert(sizeof(struct fb_event) == 32, "an event is 32 bytes");
_Static_assert(sizeof(struct fb_trace_header) <= FB_TRACE_PAGE_BYTES,
               "the header is one page");
_Static_assert(offsetof(struct fb_trace_header, numbers) % 64 == 0,
               "what every event touches shares its line with nothing");

#endif
