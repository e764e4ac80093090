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

#endif
