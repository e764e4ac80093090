// Shared between core/trace's own sources only.
#ifndef FISHBOWL_TRACE_INTERNAL_H
#define FISHBOWL_TRACE_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FB__SECOND_NS 1000000000ull

// ---- wait_linux.c: what is Linux-only ----

// Sleeps while *word is `value`, at most `timeout_ns`; works between processes
// that map the same page. May return early (a wake, a signal, for no reason).
void fb__wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
// Wakes all who sleep on `word`.
void fb__wake(_Atomic uint32_t *word);

// ---- life.c: who is alive ----

uint64_t fb__now_ns(void); // CLOCK_MONOTONIC

// Takes the writer's lock of a trace; it lasts until `fd` is closed in every
// process that has it. Errors: -EAGAIN another one holds it.
__attribute__((warn_unused_result)) int fb__lock(int fd);
// Whether a writer other than `fd` holds the lock. A file system that cannot
// say so gives true: then only the process id decides.
bool fb__locked(int fd);
bool fb__pid_alive(uint32_t pid);

// Reads up to `len` bytes at `offset`, whatever signals come; returns how many
// there were (fewer at the end of the file) or -errno.
int64_t fb__pread(int fd, void *out, size_t len, uint64_t offset);

// ---- wish.c: what a viewer wants, as the first writer of a trace knows it ----

struct fb_trace_writer;
struct fb_trace_wish;

static inline uint32_t fb__load32(const _Atomic uint32_t *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

// Whether it is to stand still at once.
bool fb__wish_stands(const struct fb_trace_wish *wish);
// Derives what the fast paths test. Called after each change of the wish.
void fb__wish_arm(struct fb_trace_writer *f);
// Copies the wish if there is a new whole one; returns whether.
bool fb__wish_adopt(struct fb_trace_writer *f);
// Answers a choice if one was made. Context: between two polls, for only then it
// is known who is in the run queue.
void fb__wish_answer(struct fb_trace_writer *f);
// Whether the owner has shown life lately.
bool fb__wish_owner_alive(struct fb_trace_writer *f);
// Undoes the wishes of an owner that is gone, and frees the page.
void fb__wish_take_back(struct fb_trace_writer *f);

// ---- ring.c: one ring, whose events are named by their places in it ----

struct fb_trace_reader;
struct fb_event;
struct fb_trace_writer;

// The place that `head` may not reach before the recorder has taken more;
// UINT64_MAX: nobody records.
uint64_t fb__recorder_room(const struct fb_trace_writer *w);
// A recorder came or went: every ring's room. Context: exclusive. The caller
// arms the wish again.
void fb__recorder_refresh(struct fb_trace_writer *first);
// Waits until there is room, or the recorder is struck off. Context: the
// writer's thread.
void fb__recorder_wait(struct fb_trace_writer *w);
// Of a program that a recorder has started: waits for it, bounded. Context: the
// trace is open and has no event.
void fb__recorder_await(struct fb_trace_writer *w);

struct fb__span {
    uint64_t first, last; // places; first > last: none
};
// Which events of the ring can be read now.
struct fb__span fb__ring_span(const struct fb_trace_reader *r, uint32_t ring);
// As fb_trace_reader_read; `numbers` (NULL: no column) get the events' own.
size_t fb__ring_read(const struct fb_trace_reader *r, uint32_t ring,
                     uint64_t first, struct fb_event *events, uint64_t *numbers,
                     size_t max, uint64_t *ret_first);
// The number that stands at `place` of the column; UINT64_MAX if it cannot be
// read. A live writer may have overwritten it by a greater one.
uint64_t fb__ring_number(const struct fb_trace_reader *r, uint32_t ring,
                         uint64_t place);
// So many events keep a reader off a live writer's heels while it fetches.
uint64_t fb__ring_margin(const struct fb_trace_reader *r);

// Looks for whole censuses; one scan may go through several rings.
struct fb__scan {
    uint64_t from;   // to be set: the oldest one that begins before is no good
    bool numbered;   // to be set: by number, else by place
    uint64_t oldest; // begin of the oldest whole one from `from` on; 0 none
    uint64_t latest; // begin of the newest whole one; 0 none
    uint64_t begin;  // of the census being read; 0 none
};
void fb__ring_scan(const struct fb_trace_reader *r, uint32_t ring,
                   struct fb__scan *s);

#endif
