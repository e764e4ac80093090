// What this program has allocated: now, and at most since it was last asked.
// Counted are blocks as malloc gives them, whoever asked for them (zstd and the
// C library, too). Before the program's first look nothing is promised.
#ifndef FB_TEST_MEMORY_H
#define FB_TEST_MEMORY_H

#include <stdint.h>

// Begins anew: the peak is what is allocated now. Returns that.
int64_t memory_reset(void);
int64_t memory_peak(void);  // bytes, at most since the reset
int64_t memory_calls(void); // allocations since the reset

#endif
