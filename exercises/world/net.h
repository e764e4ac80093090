// A small kernel in memory: sockets, epoll, an eventfd, a signalfd, a clock.
//
// It stands behind core's seam (core/sys.h), so the runtime and the programs
// above it run unchanged: their descriptors, their edges and their time come
// from here. The other side of every connection is a script, which is called
// when the virtual clock has come to its appointment.
//
//     core ── fb__sys ──► net ──► conn: two pipes ◄── script
//                          └────► clock: appointments in order of (time, turn)
//
// Everything that happens follows from the seed. Concurrency: one thread, one
// net at a time.
#ifndef FISHBOWL_WORLD_NET_H
#define FISHBOWL_WORLD_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How often a call misbehaves, of 1024. All 0: a friendly kernel.
struct net_faults {
    unsigned one_byte; // recv and send move a single byte
    unsigned eintr;    // interrupted before anything happened
    unsigned eagain;   // what has come is not to be had yet; an edge follows
    unsigned emfile;   // accept: no descriptor is left; the newcomer waits
    unsigned aborted;  // accept: the newcomer is gone before it was taken
};

struct net_options {
    uint64_t seed;
    struct net_faults faults;
    unsigned buffer_bytes; // of one direction; 0: drawn for each, 1 to 64
    // A call of the program under test fails: the n-th fallible system call or
    // allocation from here on, from 1; 0: none. fail_errno 0: one that fits.
    long fail_call, fail_allocation;
    int fail_errno;
};

struct net_stats {
    uint64_t calls;       // system calls made through the seam
    long fallible_calls;  // of these, such that fail_call can hit
    long allocations;     // the same for fail_allocation
    uint64_t calls_hash;  // of every call, its descriptor and its result
    uint64_t faults;      // injected
    long descriptors;     // open now
    long blocks;          // allocated through the seam and not freed
    long bad_closes;      // close of what was not open
    uint64_t connections; // dialled in all
};

// Replaces core's seam. Requires: no runtime runs, no other net is open.
void net_open(const struct net_options *options);
// Takes the clients' ends down and gives core its seam back.
void net_close(void);
struct net_stats net_stats(void);
uint64_t net_now_ns(void);
// Lets time pass: the program under test is busy or asleep for so long.
void net_pass(uint64_t ns);
// Keeps the appointments that are due. For after the program's last call: who
// was to hear of it does so.
void net_settle(void);
// The next draw of the net's generator.
uint64_t net_draw(void);

// ---- scripts ----

// Called in the time of the virtual clock. `who` is the script's own.
typedef void net_fn(void *arg, uint64_t who);

// Calls fn(arg, who) when the clock has reached `at_ns`; equal times in the
// order of the asking.
void net_call_at(uint64_t at_ns, net_fn *fn, void *arg, uint64_t who);

// Called before every wait of the program: once a turn of its executor.
void net_on_wait(net_fn *fn, void *arg);
// Called when the program waits without limit and no appointment is left:
// nothing can ever happen again unless this makes it happen. Required.
void net_on_idle(net_fn *fn, void *arg);

struct net_end; // one side of a connection

// Dials the listener at `port` from the address 10.x.y.z:port of `who`.
// `notify` is called, synchronously, whenever something is new for this end:
// bytes, room to send, the end, a reset; it may only make appointments.
// Returns NULL when nobody listens there or the queue is full (try later).
struct net_end *net_dial(uint16_t port, uint64_t who, net_fn *notify,
                         void *arg);
// As recv: a count, 0 at the end, -EAGAIN, -ECONNRESET.
int net_hear(struct net_end *end, void *buf, size_t len);
// As send: a count, -EAGAIN, -EPIPE, -ECONNRESET.
int net_say(struct net_end *end, const void *buf, size_t len);
// No more will be said: FIN.
void net_finish(struct net_end *end);
// As close: FIN, or a reset if something was not heard.
void net_hang_up(struct net_end *end);
// As a process that dies with SO_LINGER 0: a reset at once.
void net_reset(struct net_end *end);
// What the first recv of the other side brought; -1: it has had none yet.
int net_first_read(const struct net_end *end);
// Whether accept gave this end up (ECONNABORTED).
bool net_was_aborted(const struct net_end *end);

// A signal comes: readable at the simulated signalfd.
void net_signal(int number);

#endif
