// Problem: the executor of a stopped program must sleep until its viewer,
// which is another process, wants something, without burning a processor.
//
// Idea: `control->sequence` is a futex word in a page that both map. The
// kernel compares and sleeps in one step, so a wish that comes between our
// look and our sleep is never missed.
//
// This file is all that is Linux-only here; elsewhere a short sleep that polls
// the word keeps the contract.
#include "internal.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Not FUTEX_*_PRIVATE: the other side is another process.
void fb__wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns) {
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / FB__SECOND_NS),
        .tv_nsec = (long)(timeout_ns % FB__SECOND_NS),
    };

    // Every way out means the same to the caller: look again.
    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
}

void fb__wake(_Atomic uint32_t *word) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
